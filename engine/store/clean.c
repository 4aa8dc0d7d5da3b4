/* `db clean`: old rows go, a batch at a time, kept in an archive table when asked. */
#include "store/house.h"

#include "store/feed_write.h"
#include "store/write.h"

struct cleaning {
	const char *table, *key, *recency, *dag; /* dag NULL: rows belong to no DAG */
	const char *keep; /* rows that stay whatever their age: a condition */
	bool past;        /* what is still to come stays, too */
};

#define LIVE_RUN "r.state in ('queued', 'running')"
#define LIVE_TI(id)                                                                                \
	"exists (select 1 from task_instance ti where ti.id = " id " and (ti.state is null or"     \
	" ti.state not in ('success', 'failed', 'skipped', 'upstream_failed', 'removed')))"

static const struct cleaning all_tables[] = {
	{"dag_run", "id", "run_after", "dag_id",
	 "state in ('queued', 'running') or id in (select l.id from dag_run l where l.dag_id = t.dag_id"
	 " order by l.run_after desc limit 1)"},
	{"task_instance", "seq", "start_date", "dag_id",
	 "exists (select 1 from dag_run r where r.dag_id = t.dag_id and r.run_id = t.run_id)"},
	{"task_instance_history", "seq", "start_date", "dag_id", NULL},
	{"xcom", "seq", "timestamp", "dag_id", NULL},
	/* An event that a partition still waits with must not go by its age. */
	{"asset_event", "id", "timestamp", NULL,
	 "exists (select 1 from partitioned_asset_key_log l join asset_partition_dag_run p"
	 " on p.id = l.asset_partition_dag_run_id where l.asset_event_id = t.id and p.created_dag_run_id is null)"},
	{"partitioned_asset_key_log", "id", "created_at", "target_dag_id",
	 "exists (select 1 from asset_partition_dag_run p where p.id = t.asset_partition_dag_run_id"
	 " and p.created_dag_run_id is null)"},
	/* A sensor that waits counts them. */
	{"task_reschedule", "id", "start_date", NULL, LIVE_TI("t.ti_id")},
	{"hitl_detail", "ti_id", "created_at", NULL, LIVE_TI("t.ti_id")},
	{"sla_miss", "(dag_id || '/' || task_id || '/' || execution_date)", "timestamp", "dag_id", NULL},
	{"\"trigger\"", "id", "created_date", NULL,
	 "exists (select 1 from task_instance ti where ti.trigger_id = t.id)"
	 " or exists (select 1 from asset_watcher w where w.trigger_id = t.id)"
	 " or exists (select 1 from callback c where c.trigger_id = t.id)"},
	{"revoked_token", "jti", "exp", NULL, NULL, true},
	{"task_state_store", "id", "expires_at", "dag_id", NULL},
	{"deadline", "id", "deadline_time", "dag_id",
	 "exists (select 1 from dag_run r where r.id = t.dagrun_id and " LIVE_RUN ")"},
	/* Those without a state, or with another, are still to be run. */
	{"callback", "id", "created_at", NULL,
	 "t.state is null or t.state not in ('success', 'failed')"
	 " or exists (select 1 from deadline d where d.callback_id = t.id)"},
	{"log", "id", "dttm", "dag_id", NULL},
	{"job", "id", "latest_heartbeat", "dag_id", "state = 'running'"},
	{"import_error", "id", "timestamp", NULL, NULL},
	{"dag_version", "id", "created_at", "dag_id",
	 "exists (select 1 from dag_run r where r.created_dag_version_id = t.id) or not exists"
	 " (select 1 from dag_version n where n.dag_id = t.dag_id and n.version_number > t.version_number)"},
	{"dag", "dag_id", "last_parsed_time", "dag_id",
	 "is_stale = 0 or exists"
	 " (select 1 from dag_run r where r.dag_id = t.dag_id)"},
};

/* Names that Airflow has and this metastore has otherwise, or has not: NULL, then there is never a row. */
static const struct {
	const char *name, *table;
} other_names[] = {
	{"trigger", "\"trigger\""},      {"dataset_event", "asset_event"}, {"callback_request", "callback"},
	{"_xcom_archive", NULL},	 {"celery_taskmeta", NULL},	   {"celery_tasksetmeta", NULL},
	{"connection_test_request", NULL}, {"session", NULL},		   {"task_fail", NULL},
};

/* ret NULL: a table of Airflow's that is not here. */
static bool find_table(struct tw_str name, const struct cleaning **ret)
{
	*ret = NULL;
	for (size_t i = 0; i < TW_COUNT(other_names); i++) {
		if (!tw_str_is(name, other_names[i].name))
			continue;
		if (!other_names[i].table)
			return true;
		name = tw_str(other_names[i].table);
	}
	for (size_t i = 0; i < TW_COUNT(all_tables) && !*ret; i++)
		if (tw_str_is(name, all_tables[i].table))
			*ret = &all_tables[i];
	return *ret;
}

static struct tw_str plain_name(const struct cleaning *c)
{
	struct tw_str name = tw_str(c->table);

	return name.p[0] == '"' ? tw_strn(name.p + 1, name.n - 2) : name;
}

static void name_list(struct tw_buf *sql, const char *column, const char *op, size_t n)
{
	if (!n)
		return;
	tw_buf_printf(sql, " and t.%s %s (", column, op);
	for (size_t i = 0; i < n; i++)
		tw_buf_adds(sql, i ? ",?" : "?");
	tw_buf_addc(sql, ')');
}

/* "from … where …" of the rows that go. */
static void victims(const struct cleaning *c, const struct tw_clean_opts *o, struct tw_buf *sql)
{
	tw_buf_printf(sql, " from %s t where t.%s < ?", c->table, c->recency);
	if (c->keep)
		tw_buf_printf(sql, " and not (%s)", c->keep);
	if (c->dag) {
		name_list(sql, c->dag, "in", o->ndag_ids);
		name_list(sql, c->dag, "not in", o->nexclude);
	}
}

static void bind_victims(struct tw_q *q, const struct cleaning *c, const struct tw_clean_opts *o)
{
	tw_time now = tw_store_now(q->s);

	tw_q_put_time(q, c->past && o->before > now ? now : o->before);
	for (size_t i = 0; c->dag && i < o->ndag_ids; i++)
		tw_q_put_str(q, o->dag_ids[i]);
	for (size_t i = 0; c->dag && i < o->nexclude; i++)
		tw_q_put_str(q, o->exclude_dag_ids[i]);
}

static enum tw_rc run_sql(struct tw_store *s, const struct cleaning *c,
			  const struct tw_clean_opts *o, struct tw_buf *sql, int64_t limit,
			  int64_t *ret_n, struct tw_err *err)
{
	struct tw_q q;

	tw_q_once(&q, s, tw_buf_str(sql));
	bind_victims(&q, c, o);
	if (limit)
		tw_q_put_int(&q, limit);
	return tw_q_run(&q, ret_n, err);
}

static enum tw_rc count_victims(struct tw_store *s, const struct cleaning *c,
				const struct tw_clean_opts *o, int64_t *ret_n, struct tw_err *err)
{
	struct tw_buf sql TW_AUTO(tw_buf_release) = {0};
	struct tw_q q;
	int rc;

	tw_buf_adds(&sql, "select count(*)");
	victims(c, o, &sql);
	tw_q_once(&q, s, tw_buf_str(&sql));
	bind_victims(&q, c, o);
	rc = tw_q_next(&q, err);
	if (rc > 0)
		*ret_n = tw_q_get_int(&q);
	tw_q_done(&q);
	return rc < 0 ? rc : TW_OK;
}

/* ── archives ───────────────────────────────────────────────────────────────────────── */

static struct tw_str archive_name(struct tw_store *s, const struct cleaning *c, struct tw_arena *a)
{
	struct tw_buf b TW_AUTO(tw_buf_release) = {0};

	tw_buf_printf(&b, TW_ARCHIVE_PREFIX TW_STR_FMT "__", TW_STR_ARG(plain_name(c)));
	tw_strftime(&b, TW_STR("%Y%m%d%H%M%S"), tw_store_now(s), NULL);
	return tw_str_copy(a, tw_buf_str(&b));
}

static enum tw_rc keep_rows(struct tw_store *s, const struct cleaning *c,
			    const struct tw_clean_opts *o, struct tw_str archive, int64_t limit,
			    struct tw_err *err)
{
	struct tw_buf sql TW_AUTO(tw_buf_release) = {0};

	tw_buf_printf(&sql,
		      "create table if not exists \"" TW_STR_FMT
		      "\" as select * from %s where 1 = 0",
		      TW_STR_ARG(archive), c->table);
	TW_TRY(s->ops->exec(s->db, tw_buf_cstr(&sql), err));
	tw_buf_clear(&sql);
	tw_buf_printf(&sql, "insert into \"" TW_STR_FMT "\" select t.*", TW_STR_ARG(archive));
	victims(c, o, &sql);
	tw_buf_printf(&sql, " order by %s limit ?", c->key);
	return run_sql(s, c, o, &sql, limit, NULL, err);
}

/* ── deleting ───────────────────────────────────────────────────────────────────────── */

/* Rows below these tables. */
static const struct {
	const char *above, *sql;
} hanging[] = {
	{"dag_run", "delete from xcom where dag_run_id in (select p.k from victims p)"},
	{"dag_run",
	 "delete from task_reschedule where ti_id in (select ti.id from task_instance ti join dag_run r"
	 " on r.dag_id = ti.dag_id and r.run_id = ti.run_id where r.id in (select p.k from victims p))"},
#define OF_RUNS                                                                                    \
	"(dag_id, run_id) in (select r.dag_id, r.run_id from dag_run r where r.id in (select p.k from victims p))"
	{"dag_run", "delete from dagrun_asset_event where dag_run_id in (select p.k from victims p)"},
	{"dag_run", "delete from task_state_store where dag_run_id in (select p.k from victims p)"},
	{"asset_event", "delete from dagrun_asset_event where event_id in (select p.k from victims p)"},
	{"asset_event", "delete from asset_alias_asset_event where event_id in (select p.k from victims p)"},
	{"asset_event", "delete from partitioned_asset_key_log where asset_event_id in (select p.k from victims p)"},
	{"dag_run",
	 "delete from hitl_detail where ti_id in (select ti.id from task_instance ti join dag_run r"
	 " on r.dag_id = ti.dag_id and r.run_id = ti.run_id where r.id in (select p.k from victims p))"
	 " or ti_id in (select h.task_instance_id from task_instance_history h join dag_run r"
	 " on r.dag_id = h.dag_id and r.run_id = h.run_id where r.id in (select p.k from victims p))"},
	{"dag_run", "delete from task_map where " OF_RUNS},
	{"dag_run", "delete from rendered_task_instance_fields where " OF_RUNS},
	{"dag_run", "delete from task_instance_history where " OF_RUNS},
	{"dag_run", "delete from task_instance where " OF_RUNS},
	{"dag_version",
	 "delete from serialized_dag where dag_version_id in (select p.k from victims p)"},
	{"dag_version", "delete from dag_code where dag_version_id in (select p.k from victims p)"},
	{"dag", "delete from dag_schedule_asset_reference where dag_id in (select p.k from victims p)"},
	{"dag", "delete from dag_schedule_asset_alias_reference where dag_id in (select p.k from victims p)"},
	{"dag", "delete from dag_schedule_asset_name_reference where dag_id in (select p.k from victims p)"},
	{"dag", "delete from dag_schedule_asset_uri_reference where dag_id in (select p.k from victims p)"},
	{"dag", "delete from task_outlet_asset_reference where dag_id in (select p.k from victims p)"},
	{"dag", "delete from task_inlet_asset_reference where dag_id in (select p.k from victims p)"},
	{"dag", "delete from asset_dag_run_queue where target_dag_id in (select p.k from victims p)"},
	{"dag", "delete from dag_tag where dag_id in (select p.k from victims p)"},
	{"dag", "delete from dag_warning where dag_id in (select p.k from victims p)"},
	{"dag", "delete from serialized_dag where dag_id in (select p.k from victims p)"},
	{"dag", "delete from dag_code where dag_id in (select p.k from victims p)"},
	{"dag", "delete from dag_version where dag_id in (select p.k from victims p)"},
};

/* The feed hears of DAGs that lose runs, or go. */
static enum tw_rc tell_of_dags(struct tw_store *s, const struct cleaning *c, struct tw_err *err)
{
	struct tw_buf sql TW_AUTO(tw_buf_release) = {0};
	struct tw_arena a = {0};
	struct tw_q q;
	int rc;

	if (strcmp(c->table, "dag_run") != 0 && strcmp(c->table, "dag") != 0)
		return TW_OK;
	tw_buf_printf(&sql, "select distinct dag_id from %s where %s in (select p.k from victims p)", c->table, c->key);
	tw_q_once(&q, s, tw_buf_str(&sql));
	while ((rc = tw_q_next(&q, err)) > 0)
		tw_feed_dag(s, tw_q_get_str(&q, &a));
	tw_arena_release(&a);
	return rc < 0 ? rc : TW_OK;
}

static enum tw_rc delete_some(struct tw_store *s, const struct cleaning *c,
			      const struct tw_clean_opts *o, struct tw_str archive, int64_t limit,
			      int64_t *ret_n, struct tw_err *err)
{
	struct tw_buf sql TW_AUTO(tw_buf_release) = {0};

	if (archive.p)
		TW_TRY(keep_rows(s, c, o, archive, limit, err));
	TW_TRY(s->ops->exec(
		s->db, "drop table if exists victims; create temporary table victims (k)", err));
	tw_buf_printf(&sql, "insert into victims select %s", c->key);
	victims(c, o, &sql);
	tw_buf_printf(&sql, " order by %s limit ?", c->key);
	TW_TRY(run_sql(s, c, o, &sql, limit, NULL, err));
	TW_TRY(tell_of_dags(s, c, err));
	for (size_t i = 0; i < TW_COUNT(hanging); i++)
		if (strcmp(hanging[i].above, c->table) == 0)
			TW_TRY(s->ops->exec(s->db, hanging[i].sql, err));
	tw_buf_clear(&sql);
	tw_buf_printf(&sql, "delete from %s where %s in (select p.k from victims p)", c->table,
		      c->key);
	{
		struct tw_q q;

		tw_q_once(&q, s, tw_buf_str(&sql));
		TW_TRY(tw_q_run(&q, ret_n, err));
	}
	return s->ops->exec(s->db, "drop table victims", err);
}

static enum tw_rc clean_table(struct tw_store *s, const struct cleaning *c,
			      const struct tw_clean_opts *o, struct tw_arena *a,
			      struct tw_clean_result *ret, struct tw_err *err)
{
	int64_t limit = o->batch > 0 ? o->batch : 10000, n;

	TW_TRY(count_victims(s, c, o, &n, err));
	*ret = (struct tw_clean_result){.table = plain_name(c)};
	if (o->dry_run || n == 0) {
		ret->rows = n;
		return TW_OK;
	}
	if (o->archive)
		ret->archive = archive_name(s, c, a);
	do {
		enum tw_rc rc;
		bool own;

		TW_TRY(tw_tx_enter(s, &own, err));
		rc = delete_some(s, c, o, ret->archive, limit, &n, err);
		TW_TRY(tw_tx_leave(s, own, rc, err));
		ret->rows += n;
	} while (n == limit);
	return TW_OK;
}

enum tw_rc tw_store_clean(struct tw_store *s, const struct tw_clean_opts *o, struct tw_arena *a,
			  struct tw_clean_result **ret_v, size_t *ret_n, struct tw_err *err)
{
	size_t n = o->ntables ? o->ntables : TW_COUNT(all_tables);
	struct tw_clean_result *v = tw_arena_array(a, struct tw_clean_result, n);

	const struct cleaning *c;

	for (size_t i = 0; i < o->ntables; i++)
		if (!find_table(o->tables[i], &c))
			return tw_err_set(err, TW_ERR_INVALID,
					  "the table '" TW_STR_FMT "' cannot be cleaned",
					  TW_STR_ARG(o->tables[i]));
	for (size_t i = 0; i < n; i++) {
		c = &all_tables[i];
		v[i].table = o->ntables ? o->tables[i] : tw_str(c->table);
		v[i].absent = o->ntables && find_table(o->tables[i], &c) && !c;
		if (c)
			TW_TRY(clean_table(s, c, o, a, &v[i], err));
	}
	*ret_v = v;
	*ret_n = n;
	return TW_OK;
}
