#include "store/tis.h"

#include "store/list_way.h"
#include "store/rows.h"

/* The history has no `id`; everything else is the same. */
#define VIEW_OF(id)                                                                                 \
	id ", " TW_TI_SELECT                                                                        \
	   ", coalesce(d.dag_display_name, ti.dag_id), r.logical_date, r.run_after, r.run_type,"    \
	   " v.version_number, v.bundle_name, v.bundle_version, t.id, t.classpath, t.created_date," \
	   " t.triggerer_id, t.queue"
/* "cross": the instance leads; who wants to be led by the run says so (from_parent). */
#define JOINS                                                                                          \
	"cross join dag_run r on r.dag_id = ti.dag_id and r.run_id = ti.run_id"                              \
	" left join dag d on d.dag_id = ti.dag_id left join dag_version v on v.id = ti.dag_version_id" \
	" left join \"trigger\" t on t.id = ti.trigger_id"

static void read_view(struct tw_q *q, struct tw_arena *a, void *row)
{
	struct tw_ti_view *v = row;

	tw_ti_read(q, a, &v->ti);
	v->dag_display_name = tw_q_get_str(q, a);
	v->logical_date = tw_q_get_time(q);
	v->run_after = tw_q_get_time(q);
	tw_run_type_parse(tw_q_get_str(q, a), &v->run_type);
	v->version_number = (int)tw_q_get_int(q);
	v->bundle_name = tw_q_get_str(q, a);
	v->bundle_version = tw_q_get_str(q, a);
	v->trigger.id = tw_q_get_int(q);
	v->trigger.classpath = tw_q_get_str(q, a);
	v->trigger.created_date = tw_q_get_time(q);
	v->trigger.triggerer_id = v->triggerer_job_id = tw_q_get_int(q);
	v->trigger.queue = tw_q_get_str(q, a);
}

static const struct tw_field fields[] = {
	{"id", "ti.id", TW_F_UUID, .walks = true},
	{"dag_id", "ti.dag_id", TW_F_TEXT, .sure = true, .walks = true, .scope = true, .lead = "r.dag_id"},
	{"run_id", "ti.run_id", TW_F_TEXT, .sure = true, .lead = "r.run_id", .leads = true},
	{"dag_run_id", "ti.run_id", TW_F_TEXT},
	{"task_id", "ti.task_id", TW_F_TEXT, .sure = true},
	{"task_display_name", "ti.task_display_name", TW_F_TEXT},
	{"map_index", "ti.map_index", TW_F_INT, .sure = true, .walks = true, .walks_scope = true},
	{"state", "ti.state", TW_F_STATE, .walks = true},
	{"try_number", "ti.try_number", TW_F_INT},
	{"max_tries", "ti.max_tries", TW_F_INT},
	{"start_date", "ti.start_date", TW_F_TIME, .walks = true, .walks_scope = true},
	{"end_date", "ti.end_date", TW_F_TIME, .walks = true},
	{"duration", "ti.duration", TW_F_REAL},
	{"updated_at", "ti.updated_at", TW_F_TIME},
	{"queued_when", "ti.queued_dttm", TW_F_TIME},
	{"queued_dttm", "ti.queued_dttm", TW_F_TIME},
	{"scheduled_when", "ti.scheduled_dttm", TW_F_TIME},
	{"scheduled_dttm", "ti.scheduled_dttm", TW_F_TIME},
	{"pool", "ti.pool", TW_F_TEXT},
	{"queue", "ti.queue", TW_F_TEXT},
	{"executor", "ti.executor", TW_F_TEXT},
	{"operator", "ti.operator", TW_F_TEXT},
	{"operator_name", "coalesce(ti.custom_operator_name, ti.operator)", TW_F_TEXT},
	{"hostname", "ti.hostname", TW_F_TEXT},
	{"priority_weight", "ti.priority_weight", TW_F_INT},
	{"rendered_map_index", "ti.rendered_map_index", TW_F_TEXT},
	{"dag_version", "v.version_number", TW_F_INT, true},
	{.name = "of_version",
	 .expr = "w.version_number",
	 .type = TW_F_INT,
	 .within = "ti.dag_version_id in (select w.id from dag_version w where %s)"},
	{"logical_date", "r.logical_date", TW_F_TIME, true},
	{"run_after", "r.run_after", TW_F_TIME, true, .sure = true},
	{"data_interval_start", "r.data_interval_start", TW_F_TIME, true},
	{"data_interval_end", "r.data_interval_end", TW_F_TIME, true},
	{"run_type", "r.run_type", TW_F_TEXT, true},
	TW_READABLE("ti.dag_id", false),
};

static const struct tw_list_def list = {
	"task instance",
	VIEW_OF("ti.id"),
	"task_instance ti",
	JOINS,
	NULL,
	"ti.seq",
	fields,
	TW_COUNT(fields),
	.from_parent = "dag_run r cross join task_instance ti on ti.dag_id = r.dag_id and ti.run_id = r.run_id",
	.parent_key = "r.id",
	.by_parent = (const char *const[]){"dag_id", "task_id", NULL},
};

enum tw_rc tw_store_tis(struct tw_store *s, const struct tw_ask *ask, struct tw_arena *a,
			struct tw_ti_view **ret_v, size_t *ret_n, int64_t *ret_total,
			struct tw_err *err)
{
	return TW_LIST(s, &list, ask, struct tw_ti_view, read_view, a, ret_v, ret_n, ret_total,
		       err);
}

static void put_key(struct tw_q *q, struct tw_str dag_id, struct tw_str run_id,
		    struct tw_str task_id, int map_index)
{
	tw_q_put_str(q, dag_id);
	tw_q_put_str(q, run_id);
	tw_q_put_str(q, task_id);
	tw_q_put_int(q, map_index);
}

#define OF_TI " where ti.dag_id = ? and ti.run_id = ? and ti.task_id = ? and ti.map_index = ?"

enum tw_rc tw_store_ti(struct tw_store *s, struct tw_str dag_id, struct tw_str run_id,
		       struct tw_str task_id, int map_index, struct tw_arena *a,
		       struct tw_ti_view *ret_ti, struct tw_err *err)
{
	struct tw_q q;
	enum tw_rc rc;

	tw_q(&q, s, "select " VIEW_OF("ti.id") " from task_instance ti " JOINS OF_TI);
	put_key(&q, dag_id, run_id, task_id, map_index);
	rc = tw_q_one(&q, err);
	if (rc == TW_ERR_NOT_FOUND)
		return tw_err_set(err, rc,
				  "run '" TW_STR_FMT "' of dag '" TW_STR_FMT
				  "' has no task instance '" TW_STR_FMT "' with map_index %d",
				  TW_STR_ARG(run_id), TW_STR_ARG(dag_id), TW_STR_ARG(task_id),
				  map_index);
	if (rc < 0)
		return rc;
	*ret_ti = (struct tw_ti_view){0};
	read_view(&q, a, ret_ti);
	tw_q_done(&q);
	return TW_OK;
}

enum tw_rc tw_store_ti_by_id(struct tw_store *s, struct tw_id id, struct tw_arena *a,
			     struct tw_ti_view *ret_ti, struct tw_err *err)
{
	char text[37];
	struct tw_q q;
	enum tw_rc rc;

	tw_q(&q, s, "select " VIEW_OF("ti.id") " from task_instance ti " JOINS " where ti.id = ?");
	tw_q_put_uuid(&q, id);
	rc = tw_q_one(&q, err);
	if (rc == TW_OK) {
		*ret_ti = (struct tw_ti_view){0};
		read_view(&q, a, ret_ti);
		tw_q_done(&q);
		return TW_OK;
	}
	if (rc != TW_ERR_NOT_FOUND)
		return rc;
	tw_id_text(id, text);
	tw_q(&q, s, "select dag_id, run_id, task_id, map_index, try_number from task_instance_history where task_instance_id = ?");
	tw_q_put_uuid(&q, id);
	rc = tw_q_one(&q, err);
	if (rc == TW_OK) {
		*ret_ti = (struct tw_ti_view){0};
		ret_ti->ti.id = id;
		ret_ti->ti.dag_id = tw_q_get_str(&q, a);
		ret_ti->ti.run_id = tw_q_get_str(&q, a);
		ret_ti->ti.task_id = tw_q_get_str(&q, a);
		ret_ti->ti.map_index = (int)tw_q_get_int(&q);
		ret_ti->ti.try_number = (int)tw_q_get_int(&q);
	}
	tw_q_done(&q);
	if (rc == TW_OK)
		return tw_err_set(err, TW_ERR_CONFLICT,
				  "the attempt %s is over: it was retried or cleared", text);
	if (rc == TW_ERR_NOT_FOUND)
		return tw_err_set(err, rc, "there is no task instance %s", text);
	return rc;
}

static void read_row(struct tw_q *q, struct tw_arena *a, void *row)
{
	tw_ti_read(q, a, row);
}

enum tw_rc tw_store_tis_of_run(struct tw_store *s, struct tw_str dag_id, struct tw_str run_id,
			       struct tw_arena *a, struct tw_ti_row **ret_v, size_t *ret_n,
			       struct tw_err *err)
{
	struct tw_q q;

	tw_q(&q, s,
	     "select ti.id, " TW_TI_SELECT
	     " from task_instance ti where ti.dag_id = ? and ti.run_id = ?"
	     " order by ti.task_id, ti.map_index");
	tw_q_put_str(&q, dag_id);
	tw_q_put_str(&q, run_id);
	return TW_Q_ALL(&q, struct tw_ti_row, read_row, a, ret_v, ret_n, err);
}

enum tw_rc tw_store_ti_tries(struct tw_store *s, struct tw_str dag_id, struct tw_str run_id,
			     struct tw_str task_id, int map_index, struct tw_arena *a,
			     struct tw_ti_view **ret_v, size_t *ret_n, struct tw_err *err)
{
	struct tw_q q;

	tw_q(&q, s,
	     "select " VIEW_OF(
		     "ti.task_instance_id") ", ti.seq as attempt, 0 as present"
					    " from task_instance_history ti " JOINS OF_TI
					    " union all select " VIEW_OF(
						    "ti.id") ", ti.seq as attempt, 1 as present from task_instance ti " JOINS
						    OF_TI " and ti.try_number > 0 order by present, attempt");
	put_key(&q, dag_id, run_id, task_id, map_index);
	put_key(&q, dag_id, run_id, task_id, map_index);
	return TW_Q_ALL(&q, struct tw_ti_view, read_view, a, ret_v, ret_n, err);
}

static enum tw_rc no_ti(struct tw_id id, struct tw_err *err)
{
	char text[37];

	tw_id_text(id, text);
	return tw_err_set(err, TW_ERR_NOT_FOUND, "there is no task instance %s", text);
}

enum tw_rc tw_store_ti_note(struct tw_store *s, struct tw_id id, struct tw_str note,
			    struct tw_str user, struct tw_err *err)
{
	struct tw_q q;
	int64_t n;

	tw_q(&q, s,
	     "update task_instance set note = ?, note_user_id = ?, updated_at = ? where id = ?");
	tw_q_put_str(&q, note);
	tw_q_put_str(&q, user);
	tw_q_put_time(&q, tw_store_now(s));
	tw_q_put_uuid(&q, id);
	TW_TRY(tw_q_run(&q, &n, err));
	return n ? TW_OK : no_ti(id, err);
}

enum tw_rc tw_store_ti_delete(struct tw_store *s, const struct tw_ti_row *ti, struct tw_err *err)
{
	int64_t live = 0, n;
	enum tw_rc rc;
	bool own;

	TW_TRY(tw_tx_enter(s, &own, err));
	rc = tw_q_number(s, &live, err,
			 "select count(*) from dag_run where dag_id = ? and run_id = ? and state in ('queued', 'running')",
			 "ss", ti->dag_id, ti->run_id);
	if (rc == TW_OK && live)
		rc = tw_err_set(err, TW_ERR_CONFLICT,
				"Task instances of a run that is queued or running cannot be deleted: end the run first");
	if (rc == TW_OK)
		rc = tw_purge_ti(s, ti, &n, err);
	return tw_tx_leave(s, own, rc, err);
}

static void read_id(struct tw_q *q, struct tw_arena *a, void *row)
{
	*(struct tw_id *)row = tw_q_get_uuid(q);
}

enum tw_rc tw_store_tis_beaten(struct tw_store *s, tw_time after, struct tw_arena *a,
			       struct tw_id **ret_v, size_t *ret_n, struct tw_err *err)
{
	struct tw_q q;

	tw_q(&q, s,
	     "select id from task_instance where state = 'running' and last_heartbeat_at > ?");
	tw_q_put_time(&q, after);
	return TW_Q_ALL(&q, struct tw_id, read_id, a, ret_v, ret_n, err);
}

enum tw_rc tw_store_ti_beat(struct tw_store *s, const struct tw_id *ids, size_t n, tw_time at,
			    struct tw_err *err)
{
	enum tw_rc rc = TW_OK;
	bool own;

	TW_TRY(tw_tx_enter(s, &own, err));
	for (size_t i = 0; rc == TW_OK && i < n; i++) {
		struct tw_q q;

		tw_q(&q, s, "update task_instance set last_heartbeat_at = ? where id = ?");
		tw_q_put_time(&q, at);
		tw_q_put_uuid(&q, ids[i]);
		rc = tw_q_run(&q, NULL, err);
	}
	return tw_tx_leave(s, own, rc, err);
}

/* ── counts ─────────────────────────────────────────────────────────────────────────── */

static void read_count(struct tw_q *q, struct tw_arena *a, void *row)
{
	struct tw_ti_count *c = row;

	c->dag_id = tw_q_get_str(q, a);
	c->run_id = tw_q_get_str(q, a);
	c->task_id = tw_q_get_str(q, a);
	tw_ti_state_parse(tw_q_get_str(q, a), &c->state);
	c->n = tw_q_get_int(q);
}

enum tw_rc tw_store_ti_counts(struct tw_store *s, const struct tw_ask *ask, int group,
			      struct tw_arena *a, struct tw_ti_count **ret_v, size_t *ret_n,
			      struct tw_err *err)
{
	struct tw_buf sql TW_AUTO(tw_buf_release) = {0}, where TW_AUTO(tw_buf_release) = {0};
	bool far = false;
	struct tw_q q;

	tw_buf_adds(&where, "");
	TW_TRY(tw_list_where(&list, ask, "", &where, &far, err));
	tw_buf_printf(
		&sql,
		"select %s, %s, %s, ti.state, count(*) from ",
		group & TW_BY_DAG ? "ti.dag_id" : "null", group & TW_BY_RUN ? "ti.run_id" : "null",
		group & TW_BY_TASK ? "ti.task_id" : "null");
	tw_list_from(&list, ask, TW_WAY_OPEN, far, &sql);
	tw_buf_printf(&sql, "%s group by ti.state", tw_buf_cstr(&where));
	tw_buf_adds(&sql, group & TW_BY_DAG ? ", ti.dag_id" : "");
	tw_buf_adds(&sql, group & TW_BY_RUN ? ", ti.run_id" : "");
	tw_buf_adds(&sql, group & TW_BY_TASK ? ", ti.task_id" : "");
	tw_q(&q, s, tw_buf_cstr(&sql));
	tw_list_bind(&list, ask, &q, a);
	return TW_Q_ALL(&q, struct tw_ti_count, read_count, a, ret_v, ret_n, err);
}

/* ── what hangs on an attempt ───────────────────────────────────────────────────────── */

enum tw_rc tw_store_rendered(struct tw_store *s, struct tw_str dag_id, struct tw_str run_id,
			     struct tw_str task_id, int map_index, struct tw_arena *a,
			     struct tw_rendered_row *ret_row, struct tw_err *err)
{
	struct tw_q q;
	enum tw_rc rc;

	tw_q(&q, s,
	     "select dag_id, run_id, task_id, map_index, rendered_fields, k8s_pod_yaml"
	     " from rendered_task_instance_fields ti" OF_TI);
	put_key(&q, dag_id, run_id, task_id, map_index);
	rc = tw_q_one(&q, err);
	if (rc == TW_ERR_NOT_FOUND)
		return tw_err_set(err, rc, "nothing was rendered for '" TW_STR_FMT "' in this run",
				  TW_STR_ARG(task_id));
	if (rc < 0)
		return rc;
	ret_row->dag_id = tw_q_get_str(&q, a);
	ret_row->run_id = tw_q_get_str(&q, a);
	ret_row->task_id = tw_q_get_str(&q, a);
	ret_row->map_index = (int)tw_q_get_int(&q);
	ret_row->fields = tw_q_get_str(&q, a);
	ret_row->pod_yaml = tw_q_get_str(&q, a);
	tw_q_done(&q);
	return TW_OK;
}

enum tw_rc tw_store_rendered_trim(struct tw_store *s, struct tw_str dag_id, int64_t runs,
				  struct tw_err *err)
{
	return tw_q_exec(
		s, NULL, err,
		"delete from rendered_task_instance_fields where dag_id = ? and run_id not in"
		" (select run_id from dag_run where dag_id = ? order by run_after desc limit ?)",
		"ssi", dag_id, dag_id, runs);
}

static void read_reschedule(struct tw_q *q, struct tw_arena *a, void *row)
{
	struct tw_reschedule_row *r = row;

	r->ti_id = tw_q_get_uuid(q);
	r->start_date = tw_q_get_time(q);
	r->end_date = tw_q_get_time(q);
	r->reschedule_date = tw_q_get_time(q);
}

enum tw_rc tw_store_reschedules(struct tw_store *s, struct tw_id ti_id, struct tw_arena *a,
				struct tw_reschedule_row **ret_v, size_t *ret_n, struct tw_err *err)
{
	struct tw_q q;

	tw_q(&q, s,
	     "select ti_id, start_date, end_date, reschedule_date from task_reschedule where ti_id = ? order by id");
	tw_q_put_uuid(&q, ti_id);
	return TW_Q_ALL(&q, struct tw_reschedule_row, read_reschedule, a, ret_v, ret_n, err);
}
