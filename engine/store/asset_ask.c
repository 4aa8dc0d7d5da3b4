/* Questions about assets, their events and who waits for them. */
#include "store/assets.h"

#include "store/rows.h"
#include "store/secret.h"

/* ── assets ─────────────────────────────────────────────────────────────────────────── */

#define NAMED_BY(table) "select asset_id, dag_id from " table

static const struct tw_field asset_fields[] = {
	{"id", "a.id", TW_F_INT, false, NULL},
	{"name", "a.name", TW_F_TEXT, false, NULL},
	{"uri", "a.uri", TW_F_TEXT, false, NULL},
	{"group", "a.\"group\"", TW_F_TEXT, false, NULL},
	{"created_at", "a.created_at", TW_F_TIME, false, NULL},
	{"updated_at", "a.updated_at", TW_F_TIME, false, NULL},
	{"active", "exists (select 1 from asset_active x where x.name = a.name and x.uri = a.uri)", TW_F_BOOL, false,
	 NULL},
	{"dag_id", "n.dag_id", TW_F_TEXT, false,
	 "exists (select 1 from (" NAMED_BY("dag_schedule_asset_reference") " union all "
		NAMED_BY("task_outlet_asset_reference") " union all " NAMED_BY("task_inlet_asset_reference")
		") n where n.asset_id = a.id and %s)"},
};

#define ASSET_COLS                                                                                                  \
	"a.id, a.name, a.uri, a.\"group\", a.extra, a.created_at, a.updated_at,"                                    \
	" (select 1 from asset_active x where x.name = a.name and x.uri = a.uri),"                                  \
	" (select e.id from asset_event e where e.asset_id = a.id order by e.timestamp desc, e.id desc limit 1),"   \
	" (select max(e.timestamp) from asset_event e where e.asset_id = a.id)"

static const struct tw_list_def asset_list = {
	.what = "asset", .cols = ASSET_COLS, .table = "asset a", .joins = "", .key = "a.id",
	.fields = asset_fields, .nfields = TW_COUNT(asset_fields),
};

static void read_asset(struct tw_q *q, struct tw_arena *a, void *row)
{
	struct tw_asset_row *r = row;

	r->id = tw_q_get_int(q);
	r->name = tw_q_get_str(q, a);
	r->uri = tw_q_get_str(q, a);
	r->group = tw_q_get_str(q, a);
	r->extra = tw_q_get_str(q, a);
	r->created_at = tw_q_get_time(q);
	r->updated_at = tw_q_get_time(q);
	r->active = tw_q_get_int(q);
	r->last_event_id = tw_q_get_int(q);
	r->last_event_at = tw_q_get_time(q);
}

enum tw_rc tw_store_assets(struct tw_store *s, const struct tw_ask *ask, struct tw_arena *a, struct tw_asset_row **ret_v,
			   size_t *ret_n, int64_t *ret_total, struct tw_err *err)
{
	return TW_LIST(s, &asset_list, ask, struct tw_asset_row, read_asset, a, ret_v, ret_n, ret_total, err);
}

static enum tw_rc one_asset(struct tw_q *q, struct tw_arena *a, struct tw_asset_row *ret, struct tw_err *err)
{
	TW_TRY(tw_q_one(q, err));
	read_asset(q, a, ret);
	tw_q_done(q);
	return TW_OK;
}

enum tw_rc tw_store_asset(struct tw_store *s, int64_t id, struct tw_arena *a, struct tw_asset_row *ret, struct tw_err *err)
{
	struct tw_q q;
	enum tw_rc rc;

	tw_q(&q, s, "select " ASSET_COLS " from asset a where a.id = ?");
	tw_q_put_int(&q, id);
	rc = one_asset(&q, a, ret, err);
	if (rc == TW_ERR_NOT_FOUND)
		return tw_err_set(err, rc, "The Asset with ID: `%lld` was not found", (long long)id);
	return rc;
}

enum tw_rc tw_store_asset_find(struct tw_store *s, struct tw_str name, struct tw_str uri, bool active, struct tw_arena *a,
			       struct tw_asset_row *ret, struct tw_err *err)
{
	struct tw_q q;
	enum tw_rc rc;

	tw_q(&q, s,
	     "select " ASSET_COLS " from asset a where (? is null or a.name = ?) and (? is null or a.uri = ?)"
	     " and (? = 0 or exists (select 1 from asset_active x where x.name = a.name and x.uri = a.uri))"
	     " order by a.id limit 1");
	tw_q_put_str(&q, name);
	tw_q_put_str(&q, name);
	tw_q_put_str(&q, uri);
	tw_q_put_str(&q, uri);
	tw_q_put_int(&q, active);
	rc = one_asset(&q, a, ret, err);
	if (rc == TW_ERR_NOT_FOUND)
		return tw_err_set(err, rc, "there is no %sasset with %s '" TW_STR_FMT "'", active ? "active " : "",
				  name.p ? "name" : "uri", TW_STR_ARG(name.p ? name : uri));
	return rc;
}

/* ── aliases ────────────────────────────────────────────────────────────────────────── */

static const struct tw_field alias_fields[] = {
	{"id", "l.id", TW_F_INT, false, NULL},
	{"name", "l.name", TW_F_TEXT, false, NULL},
	{"group", "l.\"group\"", TW_F_TEXT, false, NULL},
};

static const struct tw_list_def alias_list = {
	.what = "asset alias", .cols = "l.id, l.name, l.\"group\"", .table = "asset_alias l", .joins = "", .key = "l.id",
	.fields = alias_fields, .nfields = TW_COUNT(alias_fields),
};

static void read_alias(struct tw_q *q, struct tw_arena *a, void *row)
{
	struct tw_alias_row *r = row;

	r->id = tw_q_get_int(q);
	r->name = tw_q_get_str(q, a);
	r->group = tw_q_get_str(q, a);
}

enum tw_rc tw_store_asset_aliases(struct tw_store *s, const struct tw_ask *ask, struct tw_arena *a,
				  struct tw_alias_row **ret_v, size_t *ret_n, int64_t *ret_total, struct tw_err *err)
{
	return TW_LIST(s, &alias_list, ask, struct tw_alias_row, read_alias, a, ret_v, ret_n, ret_total, err);
}

enum tw_rc tw_store_aliases_of(struct tw_store *s, int64_t asset_id, struct tw_arena *a, struct tw_alias_row **ret_v,
			       size_t *ret_n, struct tw_err *err)
{
	struct tw_q q;

	tw_q(&q, s,
	     "select l.id, l.name, l.\"group\" from asset_alias l join asset_alias_asset x on x.alias_id = l.id"
	     " where x.asset_id = ? order by l.id");
	tw_q_put_int(&q, asset_id);
	return TW_Q_ALL(&q, struct tw_alias_row, read_alias, a, ret_v, ret_n, err);
}

enum tw_rc tw_store_assets_behind(struct tw_store *s, struct tw_str alias, struct tw_arena *a,
				  struct tw_asset_row **ret_v, size_t *ret_n, struct tw_err *err)
{
	struct tw_q q;

	tw_q(&q, s,
	     "select " ASSET_COLS " from asset a join asset_alias_asset x on x.asset_id = a.id"
	     " join asset_alias l on l.id = x.alias_id where l.name = ? order by a.id");
	tw_q_put_str(&q, alias);
	return TW_Q_ALL(&q, struct tw_asset_row, read_asset, a, ret_v, ret_n, err);
}

static void read_pair(struct tw_q *q, struct tw_arena *a, void *row)
{
	struct tw_alias_pair *r = row;

	r->alias = tw_q_get_str(q, a);
	r->name = tw_q_get_str(q, a);
	r->uri = tw_q_get_str(q, a);
}

enum tw_rc tw_store_alias_pairs(struct tw_store *s, struct tw_arena *a, struct tw_alias_pair **ret_v, size_t *ret_n,
				struct tw_err *err)
{
	struct tw_q q;

	tw_q(&q, s,
	     "select l.name, a.name, a.uri from asset_alias_asset x join asset_alias l on l.id = x.alias_id"
	     " join asset a on a.id = x.asset_id");
	return TW_Q_ALL(&q, struct tw_alias_pair, read_pair, a, ret_v, ret_n, err);
}

/* ── who names an asset ─────────────────────────────────────────────────────────────── */

static void read_ref(struct tw_q *q, struct tw_arena *a, void *row)
{
	struct tw_asset_ref_row *r = row;

	r->dag_id = tw_q_get_str(q, a);
	r->task_id = tw_q_get_str(q, a);
	r->created_at = tw_q_get_time(q);
	r->updated_at = tw_q_get_time(q);
}

enum tw_rc tw_store_asset_refs(struct tw_store *s, int64_t asset_id, enum tw_asset_ref_kind kind, struct tw_arena *a,
			       struct tw_asset_ref_row **ret_v, size_t *ret_n, struct tw_err *err)
{
	static const char *const sql[] = {
		[TW_REF_SCHEDULE] = "select dag_id, null, created_at, updated_at from dag_schedule_asset_reference"
				    " where asset_id = ? order by dag_id",
		[TW_REF_OUTLET] = "select dag_id, task_id, created_at, updated_at from task_outlet_asset_reference"
				  " where asset_id = ? order by dag_id, task_id",
		[TW_REF_INLET] = "select dag_id, task_id, created_at, updated_at from task_inlet_asset_reference"
				 " where asset_id = ? order by dag_id, task_id",
	};
	struct tw_q q;

	tw_q(&q, s, sql[kind]);
	tw_q_put_int(&q, asset_id);
	return TW_Q_ALL(&q, struct tw_asset_ref_row, read_ref, a, ret_v, ret_n, err);
}

enum tw_rc tw_store_asset_heard(struct tw_store *s, int64_t asset_id, bool *ret, struct tw_err *err)
{
	int64_t n;

	TW_TRY(tw_q_number(s, &n, err,
			   "select count(*) from dag_schedule_asset_reference r join dag d on d.dag_id = r.dag_id"
			   " where r.asset_id = ? and d.is_paused = 0 and d.is_stale = 0",
			   "i", asset_id));
	*ret = n > 0;
	return TW_OK;
}

enum tw_rc tw_store_watchers(struct tw_store *s, int64_t asset_id, struct tw_arena *a, struct tw_watcher_row **ret_v,
			     size_t *ret_n, struct tw_err *err)
{
	TW_VEC(struct tw_watcher_row) v = {0};
	struct tw_q q;
	int rc;

	tw_q(&q, s,
	     "select w.asset_id, w.trigger_id, w.name, t.classpath, t.kwargs, t.created_date from asset_watcher w"
	     " left join \"trigger\" t on t.id = w.trigger_id where ? = 0 or w.asset_id = ?"
	     " order by w.asset_id, w.trigger_id");
	tw_q_put_int(&q, asset_id);
	tw_q_put_int(&q, asset_id);
	while ((rc = tw_q_next(&q, err)) > 0) {
		struct tw_watcher_row w = {.asset_id = tw_q_get_int(&q), .trigger_id = tw_q_get_int(&q)};

		w.name = tw_q_get_str(&q, a);
		w.classpath = tw_q_get_str(&q, a);
		rc = tw_secret_get(s, tw_q_get_str(&q, a), s->opts.decrypt != NULL, a, &w.kwargs, err);
		w.created_date = tw_q_get_time(&q);
		if (rc < 0) {
			tw_q_done(&q);
			break;
		}
		tw_vec_push(&v, w);
	}
	if (rc == 0) {
		*ret_v = tw_arena_array(a, struct tw_watcher_row, v.n + 1);
		if (v.n)
			memcpy(*ret_v, v.v, v.n * sizeof *v.v);
		*ret_n = v.n;
	}
	tw_vec_release(&v);
	return rc;
}

/* ── events ─────────────────────────────────────────────────────────────────────────── */

static const struct tw_field event_fields[] = {
	{"id", "e.id", TW_F_INT, false, NULL},
	{"asset_id", "e.asset_id", TW_F_INT, false, NULL},
	{"timestamp", "e.timestamp", TW_F_TIME, false, NULL},
	{"source_dag_id", "e.source_dag_id", TW_F_TEXT, false, NULL},
	{"source_task_id", "e.source_task_id", TW_F_TEXT, false, NULL},
	{"source_run_id", "e.source_run_id", TW_F_TEXT, false, NULL},
	{"source_map_index", "e.source_map_index", TW_F_INT, false, NULL},
	{"partition_key", "e.partition_key", TW_F_TEXT, false, NULL},
	{"name", "a.name", TW_F_TEXT, true, NULL},
	{"uri", "a.uri", TW_F_TEXT, true, NULL},
	TW_READABLE_OR("e.source_dag_id is null or ", "e.source_dag_id", ""),
	{"alias", "l.name", TW_F_TEXT, false,
	 "exists (select 1 from asset_alias_asset_event x join asset_alias l on l.id = x.alias_id"
	 " where x.event_id = e.id and %s)"},
	{"consumer", "x.dag_run_id", TW_F_INT, false,
	 "exists (select 1 from dagrun_asset_event x where x.event_id = e.id and %s)"},
};

#define EVENT_COLS                                                                                                  \
	"e.id, e.asset_id, a.name, a.uri, a.\"group\", a.extra, e.extra, e.source_dag_id, e.source_task_id,"        \
	" e.source_run_id, e.source_map_index, e.timestamp, e.partition_key"

static const struct tw_list_def event_list = {
	.what = "asset event", .cols = EVENT_COLS, .table = "asset_event e", .joins = "left join asset a on a.id = e.asset_id",
	.key = "e.id", .fields = event_fields, .nfields = TW_COUNT(event_fields),
};

static void read_event(struct tw_q *q, struct tw_arena *a, void *row)
{
	struct tw_asset_event_row *e = row;

	e->id = tw_q_get_int(q);
	e->asset_id = tw_q_get_int(q);
	e->name = tw_q_get_str(q, a);
	e->uri = tw_q_get_str(q, a);
	e->group = tw_q_get_str(q, a);
	e->asset_extra = tw_q_get_str(q, a);
	e->extra = tw_q_get_str(q, a);
	e->source_dag_id = tw_q_get_str(q, a);
	e->source_task_id = tw_q_get_str(q, a);
	e->source_run_id = tw_q_get_str(q, a);
	e->source_map_index = (int)tw_q_get_int(q);
	e->timestamp = tw_q_get_time(q);
	e->partition_key = tw_q_get_str(q, a);
}

enum tw_rc tw_store_asset_events(struct tw_store *s, const struct tw_ask *ask, struct tw_arena *a,
				 struct tw_asset_event_row **ret_v, size_t *ret_n, int64_t *ret_total,
				 struct tw_err *err)
{
	return TW_LIST(s, &event_list, ask, struct tw_asset_event_row, read_event, a, ret_v, ret_n, ret_total, err);
}

enum tw_rc tw_store_asset_event(struct tw_store *s, int64_t id, struct tw_arena *a, struct tw_asset_event_row *ret,
				struct tw_err *err)
{
	struct tw_q q;
	enum tw_rc rc;

	tw_q(&q, s, "select " EVENT_COLS " from asset_event e left join asset a on a.id = e.asset_id where e.id = ?");
	tw_q_put_int(&q, id);
	rc = tw_q_one(&q, err);
	if (rc == TW_ERR_NOT_FOUND)
		return tw_err_set(err, rc, "there is no asset event %lld", (long long)id);
	if (rc < 0)
		return rc;
	read_event(&q, a, ret);
	tw_q_done(&q);
	return TW_OK;
}

static void read_text(struct tw_q *q, struct tw_arena *a, void *row)
{
	*(struct tw_str *)row = tw_q_get_str(q, a);
}

enum tw_rc tw_store_event_aliases(struct tw_store *s, int64_t event_id, struct tw_arena *a, struct tw_str **ret_v,
				  size_t *ret_n, struct tw_err *err)
{
	struct tw_q q;

	tw_q(&q, s,
	     "select l.name from asset_alias_asset_event x join asset_alias l on l.id = x.alias_id"
	     " where x.event_id = ? order by l.name");
	tw_q_put_int(&q, event_id);
	return TW_Q_ALL(&q, struct tw_str, read_text, a, ret_v, ret_n, err);
}

static void read_run(struct tw_q *q, struct tw_arena *a, void *row)
{
	tw_run_read(q, a, row);
}

enum tw_rc tw_store_event_runs(struct tw_store *s, int64_t event_id, struct tw_arena *a, struct tw_run_row **ret_v,
			       size_t *ret_n, struct tw_err *err)
{
	struct tw_q q;

	tw_q(&q, s,
	     "select " TW_RUN_SELECT " from dag_run r join dagrun_asset_event x on x.dag_run_id = r.id"
	     " where x.event_id = ? order by r.id");
	tw_q_put_int(&q, event_id);
	return TW_Q_ALL(&q, struct tw_run_row, read_run, a, ret_v, ret_n, err);
}

enum tw_rc tw_store_run_events(struct tw_store *s, struct tw_str dag_id, struct tw_str run_id, struct tw_arena *a,
			       struct tw_asset_event_row **ret_v, size_t *ret_n, struct tw_err *err)
{
	struct tw_q q;

	tw_q(&q, s,
	     "select " EVENT_COLS " from dag_run r join dagrun_asset_event x on x.dag_run_id = r.id"
	     " join asset_event e on e.id = x.event_id left join asset a on a.id = e.asset_id"
	     " where r.dag_id = ? and r.run_id = ? order by e.timestamp, e.id");
	tw_q_put_str(&q, dag_id);
	tw_q_put_str(&q, run_id);
	TW_TRY(TW_Q_ALL(&q, struct tw_asset_event_row, read_event, a, ret_v, ret_n, err));
	for (size_t i = 0; i < *ret_n; i++) {
		struct tw_str *names;
		size_t n;

		TW_TRY(tw_store_event_aliases(s, (*ret_v)[i].id, a, &names, &n, err));
		(*ret_v)[i].aliases = names;
		(*ret_v)[i].naliases = (int)n;
	}
	return TW_OK;
}

/* ── who waits ──────────────────────────────────────────────────────────────────────── */

static void read_wait(struct tw_q *q, struct tw_arena *a, void *row)
{
	struct tw_asset_wait_row *r = row;

	r->asset_id = tw_q_get_int(q);
	r->dag_id = tw_q_get_str(q, a);
	r->dag_display_name = tw_q_get_str(q, a);
	r->name = tw_q_get_str(q, a);
	r->uri = tw_q_get_str(q, a);
	r->created_at = tw_q_get_time(q);
}

enum tw_rc tw_store_asset_waits(struct tw_store *s, int64_t asset_id, struct tw_str dag_id, tw_time before,
				struct tw_arena *a, struct tw_asset_wait_row **ret_v, size_t *ret_n,
				struct tw_err *err)
{
	struct tw_q q;

	tw_q(&q, s,
	     "select k.asset_id, k.target_dag_id, coalesce(d.dag_display_name, k.target_dag_id), a.name, a.uri,"
	     " k.created_at from asset_dag_run_queue k join asset a on a.id = k.asset_id"
	     " left join dag d on d.dag_id = k.target_dag_id where (? = 0 or k.asset_id = ?)"
	     " and (? is null or k.target_dag_id = ?) and (? is null or k.created_at < ?)"
	     " order by k.created_at, k.target_dag_id");
	tw_q_put_int(&q, asset_id);
	tw_q_put_int(&q, asset_id);
	tw_q_put_str(&q, dag_id);
	tw_q_put_str(&q, dag_id);
	tw_q_put_time(&q, before);
	tw_q_put_time(&q, before);
	return TW_Q_ALL(&q, struct tw_asset_wait_row, read_wait, a, ret_v, ret_n, err);
}

static void read_partition(struct tw_q *q, struct tw_arena *a, void *row)
{
	struct tw_partition_row *r = row;

	r->dag_id = tw_q_get_str(q, a);
	r->partition_key = tw_q_get_str(q, a);
	r->name = tw_q_get_str(q, a);
	r->uri = tw_q_get_str(q, a);
	r->source_key = tw_q_get_str(q, a);
	r->partition_date = tw_q_get_time(q);
}

enum tw_rc tw_store_partitions(struct tw_store *s, struct tw_arena *a, struct tw_partition_row **ret_v, size_t *ret_n,
			       struct tw_err *err)
{
	struct tw_q q;

	tw_q(&q, s,
	     "select p.target_dag_id, p.partition_key, a.name, a.uri, l.source_partition_key, p.partition_date"
	     " from asset_partition_dag_run p join partitioned_asset_key_log l on l.asset_partition_dag_run_id = p.id"
	     " join asset a on a.id = l.asset_id where p.created_dag_run_id is null order by p.id, l.id");
	return TW_Q_ALL(&q, struct tw_partition_row, read_partition, a, ret_v, ret_n, err);
}
