/* Questions about DAGs. */
#include "store/dags.h"

#include "store/write.h"

#define NEWEST(col)                                                                                \
	"(select v." col                                                                           \
	" from dag_version v where v.dag_id = d.dag_id order by v.version_number desc limit 1)"
#define LAST_RUN(col)                                                                              \
	"(select r." col                                                                           \
	" from dag_run r where r.dag_id = d.dag_id order by r.run_after desc limit 1)"
#define DAG                                                                                           \
	"d.dag_id, d.dag_display_name, d.description, d.is_paused, d.is_stale, d.has_import_errors,"  \
	" d.has_task_concurrency_limits, d.fail_fast, d.timetable_periodic, d.timetable_partitioned," \
	" d.exceeds_max_non_backfill, d.last_parsed_time, d.last_expired, d.last_parse_duration,"     \
	" d.bundle_name, d.bundle_version, d.fileloc, d.relative_fileloc, d.owners,"                  \
	" d.timetable_type, d.timetable_summary, d.timetable_description, d.max_active_tasks,"        \
	" d.max_active_runs, d.max_consecutive_failed_dag_runs, d.next_dagrun,"                       \
	" d.next_dagrun_data_interval_start, d.next_dagrun_data_interval_end,"                        \
	" d.next_dagrun_create_after, d.next_dagrun_partition_key, d.next_dagrun_partition_date,"     \
	" d.asset_expression, d.allowed_run_types, d.owner_links, " NEWEST("id") ", " NEWEST(         \
		"version_number")

static void read_next(struct tw_q *q, struct tw_arena *a, struct tw_dag_row *d)
{
	d->next.dag_id = d->dag_id;
	d->next.logical_date = tw_q_get_time(q);
	d->next.interval_start = tw_q_get_time(q);
	d->next.interval_end = tw_q_get_time(q);
	d->next.create_after = tw_q_get_time(q);
	d->next.partition_key = tw_q_get_str(q, a);
	d->next.partition_date = tw_q_get_time(q);
	d->next.exceeds_max_active = d->exceeds_max_active;
}

static void read_dag(struct tw_q *q, struct tw_arena *a, void *row)
{
	struct tw_dag_row *d = row;

	d->dag_id = tw_q_get_str(q, a);
	d->display_name = tw_q_get_str(q, a);
	d->description = tw_q_get_str(q, a);
	d->is_paused = tw_q_get_int(q);
	d->is_stale = tw_q_get_int(q);
	d->has_import_errors = tw_q_get_int(q);
	d->has_task_concurrency_limits = tw_q_get_int(q);
	d->fail_fast = tw_q_get_int(q);
	d->timetable_periodic = tw_q_get_int(q);
	d->timetable_partitioned = tw_q_get_int(q);
	d->exceeds_max_active = tw_q_get_int(q);
	d->last_parsed_time = tw_q_get_time(q);
	d->last_expired = tw_q_get_time(q);
	d->last_parse_duration = tw_q_get_real(q, -1);
	d->bundle_name = tw_q_get_str(q, a);
	d->bundle_version = tw_q_get_str(q, a);
	d->fileloc = tw_q_get_str(q, a);
	d->relative_fileloc = tw_q_get_str(q, a);
	d->owners = tw_q_get_str(q, a);
	d->timetable_type = tw_q_get_str(q, a);
	d->timetable_summary = tw_q_get_str(q, a);
	d->timetable_description = tw_q_get_str(q, a);
	d->max_active_tasks = (int)tw_q_get_int(q);
	d->max_active_runs = (int)tw_q_get_int(q);
	d->max_consecutive_failed = (int)tw_q_get_int(q);
	read_next(q, a, d);
	d->asset_expression = tw_q_get_str(q, a);
	d->allowed_run_types = tw_q_get_str(q, a);
	d->owner_links = tw_q_get_str(q, a);
	d->version_id = tw_q_get_uuid_text(q, a);
	d->version_number = (int)tw_q_get_int(q);
}

static void read_str(struct tw_q *q, struct tw_arena *a, void *row)
{
	*(struct tw_str *)row = tw_q_get_str(q, a);
}

static enum tw_rc add_tags(struct tw_store *s, struct tw_dag_row *d, struct tw_arena *a,
			   struct tw_err *err)
{
	struct tw_q q;

	tw_q(&q, s, "select name from dag_tag where dag_id = ? order by name");
	tw_q_put_str(&q, d->dag_id);
	return TW_Q_ALL(&q, struct tw_str, read_str, a, &d->tags, &d->ntags, err);
}

static enum tw_rc no_dag(struct tw_str dag_id, struct tw_err *err)
{
	return tw_err_set(err, TW_ERR_NOT_FOUND, "there is no dag '" TW_STR_FMT "'",
			  TW_STR_ARG(dag_id));
}

static const struct tw_field dag_fields[] = {
	{"dag_id", "d.dag_id", TW_F_TEXT},
	{"dag_display_name", "d.dag_display_name", TW_F_TEXT},
	{"is_paused", "d.is_paused", TW_F_BOOL},
	{"is_stale", "d.is_stale", TW_F_BOOL},
	{"has_import_errors", "d.has_import_errors", TW_F_BOOL},
	{"has_warnings", "(exists (select 1 from dag_warning w where w.dag_id = d.dag_id))", TW_F_BOOL},
	{"bundle_name", "d.bundle_name", TW_F_TEXT},
	{"bundle_version", "d.bundle_version", TW_F_TEXT},
	{"fileloc", "d.fileloc", TW_F_TEXT},
	{"relative_fileloc", "d.relative_fileloc", TW_F_TEXT},
	{"owners", "d.owners", TW_F_TEXT},
	{"last_parsed_time", "d.last_parsed_time", TW_F_TIME},
	{"last_expired", "d.last_expired", TW_F_TIME},
	{"next_dagrun", "d.next_dagrun", TW_F_TIME},
	{"next_dagrun_run_after", "d.next_dagrun_create_after", TW_F_TIME},
	{"timetable_type", "d.timetable_type", TW_F_TEXT},
	{"last_run_state", LAST_RUN("state"), TW_F_STATE},
	{"last_run_end_date", LAST_RUN("end_date"), TW_F_TIME},
	{.name = "favourite_of",
	 .expr = "f.user_id",
	 .type = TW_F_TEXT,
	 .within = "exists (select 1 from dag_favorite f where f.dag_id = d.dag_id and %s)"},
	{.name = "no_favourite_of",
	 .expr = "f.user_id",
	 .type = TW_F_TEXT,
	 .within = "not exists (select 1 from dag_favorite f where f.dag_id = d.dag_id and %s)"},
	{"last_run_start_date", LAST_RUN("start_date"), TW_F_TIME},
	{"has_asset_schedule", "(d.asset_expression is not null)", TW_F_BOOL},
	{.name = "asset_dependency",
	 .expr = "(a.name || ' ' || a.uri)",
	 .type = TW_F_TEXT,
	 .within = "exists (select 1 from dag_schedule_asset_reference r join asset a on a.id = r.asset_id"
		   " where r.dag_id = d.dag_id and %s)"},
	TW_READABLE("d.dag_id", false),
	{.name = "tag",
	 .expr = "t.name",
	 .type = TW_F_TEXT,
	 .within = "d.dag_id in (select t.dag_id from dag_tag t where %s)"},
};

enum tw_rc tw_store_dags(struct tw_store *s, const struct tw_ask *ask, struct tw_arena *a,
			 struct tw_dag_row **ret_v, size_t *ret_n, int64_t *ret_total,
			 struct tw_err *err)
{
	static const struct tw_list_def def = {"dag", DAG, "dag d", "", NULL, "d.dag_id", dag_fields, TW_COUNT(dag_fields),
					       .text_key = true};

	TW_TRY(TW_LIST(s, &def, ask, struct tw_dag_row, read_dag, a, ret_v, ret_n, ret_total, err));
	for (size_t i = 0; i < *ret_n; i++)
		TW_TRY(add_tags(s, &(*ret_v)[i], a, err));
	return TW_OK;
}

static void read_name(struct tw_q *q, struct tw_arena *a, void *row)
{
	struct tw_dag_row *d = row;

	d->dag_id = tw_q_get_str(q, a);
	d->display_name = tw_q_get_str(q, a);
}

enum tw_rc tw_store_dag_names(struct tw_store *s, const struct tw_ask *ask, struct tw_arena *a, struct tw_dag_row **ret_v,
			      size_t *ret_n, struct tw_err *err)
{
	static const struct tw_list_def def = {"dag", "d.dag_id, d.dag_display_name", "dag d", "", NULL, "d.dag_id", dag_fields,
					       TW_COUNT(dag_fields), .text_key = true};

	return TW_LIST(s, &def, ask, struct tw_dag_row, read_name, a, ret_v, ret_n, NULL, err);
}

enum tw_rc tw_store_dag_favourite_set(struct tw_store *s, struct tw_str dag_id, struct tw_str user, bool on,
				      struct tw_err *err)
{
	int64_t n;

	if (on)
		return tw_q_exec(s, NULL, err, "insert into dag_favorite (user_id, dag_id) values (?, ?)", "ss", user, dag_id);
	TW_TRY(tw_q_exec(s, &n, err, "delete from dag_favorite where user_id = ? and dag_id = ?", "ss", user, dag_id));
	return n ? TW_OK : tw_err_set(err, TW_ERR_NOT_FOUND, "dag '" TW_STR_FMT "' is no favourite", TW_STR_ARG(dag_id));
}

enum tw_rc tw_store_dag_favourite(struct tw_store *s, struct tw_str dag_id, struct tw_str user, bool *ret_on,
				  struct tw_err *err)
{
	int64_t n;

	TW_TRY(tw_q_number(s, &n, err, "select count(*) from dag_favorite where user_id = ? and dag_id = ?", "ss", user,
			   dag_id));
	*ret_on = n > 0;
	return TW_OK;
}

enum tw_rc tw_store_dag(struct tw_store *s, struct tw_str dag_id, struct tw_arena *a,
			struct tw_dag_row *ret_dag, struct tw_err *err)
{
	struct tw_dag_row d = {0};
	struct tw_q q;
	enum tw_rc rc;

	tw_q(&q, s, "select " DAG " from dag d where d.dag_id = ?");
	tw_q_put_str(&q, dag_id);
	rc = tw_q_one(&q, err);
	if (rc == TW_ERR_NOT_FOUND)
		return no_dag(dag_id, err);
	if (rc < 0)
		return rc;
	read_dag(&q, a, &d);
	tw_q_done(&q);
	TW_TRY(add_tags(s, &d, a, err));
	*ret_dag = d;
	return TW_OK;
}

static enum tw_rc pause(struct tw_store *s, struct tw_str dag_id, bool paused, struct tw_str user,
			bool *ret_changed, struct tw_err *err)
{
	struct tw_audit_row log = {.at = TW_TIME_NONE,
				   .dag_id = dag_id,
				   .owner = user,
				   .map_index = -1,
				   .try_number = -1,
				   .event = paused ? TW_STR("paused") : TW_STR("unpaused"),
				   .logical_date = TW_TIME_NONE};
	int64_t there, n;

	TW_TRY(tw_q_number(s, &there, err, "select 1 from dag where dag_id = ?", "s", dag_id));
	if (!there)
		return no_dag(dag_id, err);
	TW_TRY(tw_q_exec(s, &n, err,
			 "update dag set is_paused = ? where dag_id = ? and is_paused <> ?", "isi",
			 (int64_t)paused, dag_id, (int64_t)paused));
	*ret_changed = n > 0;
	if (user.p)
		TW_TRY(tw_write_audit(s, &log, err));
	return n ? tw_write_post(s, "dag_changed", dag_id, err) : TW_OK;
}

enum tw_rc tw_store_dag_pause(struct tw_store *s, struct tw_str dag_id, bool paused,
			      struct tw_str user, bool *ret_changed, struct tw_err *err)
{
	bool own, changed = false;
	enum tw_rc rc;

	TW_TRY(tw_tx_enter(s, &own, err));
	rc = pause(s, dag_id, paused, user, &changed, err);
	TW_TRY(tw_tx_leave(s, own, rc, err));
	if (ret_changed)
		*ret_changed = changed;
	return TW_OK;
}

static enum tw_rc delete (struct tw_store *s, struct tw_str dag_id, int64_t *ret_rows,
			  struct tw_err *err) {
	int64_t there, running;

	TW_TRY(tw_q_number(s, &there, err, "select 1 from dag where dag_id = ?", "s", dag_id));
	if (!there) return no_dag(dag_id, err);
	TW_TRY(tw_q_number(
		s, &running, err,
		"select count(*) from task_instance where state = 'running' and dag_id = ?", "s",
		dag_id));
	if (running) return tw_err_set(err, TW_ERR_CONFLICT,
				       "%lld task instance%s of dag '" TW_STR_FMT "' still run%s",
				       (long long)running, running == 1 ? "" : "s",
				       TW_STR_ARG(dag_id), running == 1 ? "s" : "");
	TW_TRY(tw_purge_dag(s, dag_id, ret_rows, err));
	return tw_write_post(s, "dag_changed", dag_id, err);
}

enum tw_rc tw_store_dag_delete(struct tw_store *s, struct tw_str dag_id, int64_t *ret_rows,
			       struct tw_err *err)
{
	int64_t rows = 0;
	enum tw_rc rc;
	bool own;

	TW_TRY(tw_tx_enter(s, &own, err));
	rc = delete (s, dag_id, &rows, err);
	TW_TRY(tw_tx_leave(s, own, rc, err));
	if (ret_rows)
		*ret_rows = rows;
	return TW_OK;
}

/* Each name once: from one to the next that is greater, so that it does not matter how many DAGs have it. */
#define TAGS                                                                                                  \
	"(with recursive x(name) as (select min(name) from dag_tag union all"                                 \
	" select (select min(g.name) from dag_tag g where g.name > x.name) from x where x.name is not null)"  \
	" select name from x where name is not null)"

enum tw_rc tw_store_tags(struct tw_store *s, const struct tw_ask *ask, struct tw_arena *a, struct tw_str **ret_v,
			 size_t *ret_n, int64_t *ret_total, struct tw_err *err)
{
	static const struct tw_field fields[] = {
		{"name", "t.name", TW_F_TEXT},
		TW_READABLE_OR("exists (select 1 from dag_tag g where g.name = t.name and ", "g.dag_id", ")"),
	};
	static const struct tw_list_def def = {
		"tag", "t.name", TAGS " t", "", NULL, "t.name", fields, TW_COUNT(fields), .text_key = true};

	return TW_LIST(s, &def, ask, struct tw_str, read_str, a, ret_v, ret_n, ret_total, err);
}

/* ── for the scheduler ──────────────────────────────────────────────────────────────── */

#define DOC                                                                                        \
	"select " DAG ", s.dag_version_id, s.data from dag d join serialized_dag s"                \
	" on s.dag_version_id = " NEWEST("id")

static void read_doc(struct tw_q *q, struct tw_arena *a, struct tw_dag_doc *doc)
{
	*doc = (struct tw_dag_doc){0};
	read_dag(q, a, &doc->dag);
	doc->version_id = tw_q_get_uuid_text(q, a);
	doc->document = tw_q_get_str(q, a);
}

enum tw_rc tw_store_documents(struct tw_store *s, tw_dag_doc_fn fn, void *arg, struct tw_err *err)
{
	struct tw_arena a = {0};
	struct tw_q q;
	int rc;

	tw_q(&q, s, DOC " where d.is_stale = 0 order by d.dag_id");
	while ((rc = tw_q_next(&q, err)) > 0) {
		struct tw_dag_doc doc;

		read_doc(&q, &a, &doc);
		rc = fn(arg, &doc, err);
		if (rc < 0)
			break;
		tw_arena_clear(&a);
	}
	tw_q_done(&q);
	tw_arena_release(&a);
	return rc;
}

enum tw_rc tw_store_dag_doc(struct tw_store *s, struct tw_str dag_id, struct tw_arena *a,
			    struct tw_dag_doc *ret_doc, struct tw_err *err)
{
	struct tw_q q;
	enum tw_rc rc;

	tw_q(&q, s, DOC " where d.dag_id = ?");
	tw_q_put_str(&q, dag_id);
	rc = tw_q_one(&q, err);
	if (rc == TW_ERR_NOT_FOUND)
		return no_dag(dag_id, err);
	if (rc < 0)
		return rc;
	read_doc(&q, a, ret_doc);
	tw_q_done(&q);
	return TW_OK;
}

bool tw_dag_row_backfillable(const struct tw_dag_row *d)
{
	return d->timetable_periodic &&
	       (!d->allowed_run_types.p || tw_str_find(d->allowed_run_types, TW_STR("\"backfill\""), 0) >= 0);
}
