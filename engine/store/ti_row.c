#include "store/rows.h"

static const char *const names[TW_TICOL_N] = {
#define X(id, name) name,
	TW_TI_COLUMNS(X)
#undef X
};

void tw_ti_read(struct tw_q *q, struct tw_arena *a, struct tw_ti_row *t)
{
	t->id = tw_q_get_uuid(q);
	t->dag_id = tw_q_get_str(q, a);
	t->run_id = tw_q_get_str(q, a);
	t->task_id = tw_q_get_str(q, a);
	t->map_index = (int)tw_q_get_int(q);
	tw_ti_state_parse(tw_q_get_str(q, a), &t->state);
	t->try_number = (int)tw_q_get_int(q);
	t->max_tries = (int)tw_q_get_int(q);
	t->scheduled_dttm = tw_q_get_time(q);
	t->queued_dttm = tw_q_get_time(q);
	t->start_date = tw_q_get_time(q);
	t->end_date = tw_q_get_time(q);
	t->last_heartbeat = tw_q_get_time(q);
	t->next_retry = tw_q_get_time(q);
	t->reschedule_start = tw_q_get_time(q);
	t->updated_at = tw_q_get_time(q);
	t->pool_slots = (int)tw_q_get_int(q);
	t->priority_weight = (int)tw_q_get_int(q);
	t->pool = tw_q_get_str(q, a);
	t->queue = tw_q_get_str(q, a);
	t->executor = tw_q_get_str(q, a);
	t->operator_name = tw_q_get_str(q, a);
	t->custom_operator_name = tw_q_get_str(q, a);
	t->hostname = tw_q_get_str(q, a);
	t->unixname = tw_q_get_str(q, a);
	t->external_executor_id = tw_q_get_str(q, a);
	t->pid = (int)tw_q_get_int(q);
	t->version_id = tw_q_get_uuid_text(q, a);
	t->rendered_map_index = tw_q_get_str(q, a);
	t->task_display_name = tw_q_get_str(q, a);
	t->next_method = tw_q_get_str(q, a);
	t->next_kwargs = tw_q_get_str(q, a);
	t->trigger_id = tw_q_get_int(q);
	t->trigger_timeout = tw_q_get_time(q);
	t->note = tw_q_get_str(q, a);
	t->reason = tw_q_get_str(q, a);
}

static void put_text(struct tw_q *q, const struct tw_ti_row *t, int col)
{
	switch (col) {
	case TW_TICOL_NO_POOL:
		tw_q_put_str(q, t->pool.p ? t->pool : TW_STR("default_pool"));
		break;
	case TW_TICOL_NO_QUEUE:
		tw_q_put_str(q, t->queue);
		break;
	case TW_TICOL_NO_EXECUTOR:
		tw_q_put_str(q, t->executor);
		break;
	case TW_TICOL_NO_OPERATOR:
		tw_q_put_str(q, t->operator_name);
		break;
	case TW_TICOL_NO_CUSTOM_OPERATOR:
		tw_q_put_str(q, t->custom_operator_name);
		break;
	case TW_TICOL_NO_HOSTNAME:
		tw_q_put_str(q, t->hostname);
		break;
	case TW_TICOL_NO_UNIXNAME:
		tw_q_put_str(q, t->unixname);
		break;
	case TW_TICOL_NO_EXTERNAL_ID:
		tw_q_put_str(q, t->external_executor_id);
		break;
	case TW_TICOL_NO_RENDERED_INDEX:
		tw_q_put_str(q, t->rendered_map_index);
		break;
	case TW_TICOL_NO_DISPLAY_NAME:
		tw_q_put_str(q, t->task_display_name);
		break;
	case TW_TICOL_NO_NEXT_METHOD:
		tw_q_put_str(q, t->next_method);
		break;
	case TW_TICOL_NO_NEXT_KWARGS:
		tw_q_put_str(q, t->next_kwargs);
		break;
	case TW_TICOL_NO_REASON:
		tw_q_put_str(q, t->reason);
		break;
	case TW_TICOL_NO_NOTE:
		tw_q_put_str(q, t->note);
		break;
	default:
		TW_ASSERT(!"known column");
	}
}

static void put_col(struct tw_q *q, const struct tw_ti_row *t, int col)
{
	switch (col) {
	case TW_TICOL_NO_ID:
		tw_q_put_uuid(q, t->id);
		break;
	case TW_TICOL_NO_STATE:
		tw_q_put_cstr(q, tw_ti_state_name(t->state));
		break;
	case TW_TICOL_NO_TRY_NUMBER:
		tw_q_put_int(q, t->try_number);
		break;
	case TW_TICOL_NO_MAX_TRIES:
		tw_q_put_int(q, t->max_tries);
		break;
	case TW_TICOL_NO_SCHEDULED_DTTM:
		tw_q_put_time(q, t->scheduled_dttm);
		break;
	case TW_TICOL_NO_QUEUED_DTTM:
		tw_q_put_time(q, t->queued_dttm);
		break;
	case TW_TICOL_NO_START_DATE:
		tw_q_put_time(q, t->start_date);
		break;
	case TW_TICOL_NO_END_DATE:
		tw_q_put_time(q, t->end_date);
		break;
	case TW_TICOL_NO_HEARTBEAT:
		tw_q_put_time(q, t->last_heartbeat);
		break;
	case TW_TICOL_NO_NEXT_RETRY:
		tw_q_put_time(q, t->next_retry);
		break;
	case TW_TICOL_NO_RESCHEDULE_START:
		tw_q_put_time(q, t->reschedule_start);
		break;
	case TW_TICOL_NO_POOL_SLOTS:
		tw_q_put_int(q, t->pool_slots);
		break;
	case TW_TICOL_NO_PRIORITY:
		tw_q_put_int(q, t->priority_weight);
		break;
	case TW_TICOL_NO_PID:
		tw_q_put_id(q, t->pid);
		break;
	case TW_TICOL_NO_VERSION:
		tw_q_put_uuid_text(q, t->version_id);
		break;
	case TW_TICOL_NO_TRIGGER:
		tw_q_put_id(q, t->trigger_id);
		break;
	case TW_TICOL_NO_TRIGGER_TIMEOUT:
		tw_q_put_time(q, t->trigger_timeout);
		break;
	case TW_TICOL_NO_MAP_INDEX:
		tw_q_put_int(q, t->map_index);
		break;
	default:
		put_text(q, t, col);
	}
}

static void put_duration(struct tw_q *q, const struct tw_ti_row *t)
{
	if (tw_time_ok(t->start_date) && tw_time_ok(t->end_date))
		tw_q_put_real(q, (double)(t->end_date - t->start_date) / TW_US_SEC);
	else
		tw_q_put_null(q);
}

static void put_updated(struct tw_q *q, const struct tw_ti_row *t)
{
	tw_q_put_time(q, tw_time_ok(t->updated_at) ? t->updated_at : tw_store_now(q->s));
}

#define COLS                                                                                        \
	", state, try_number, max_tries, scheduled_dttm, queued_dttm, start_date, end_date,"        \
	" last_heartbeat_at, next_retry_at, reschedule_start, pool, pool_slots, priority_weight,"   \
	" queue, executor, operator, custom_operator_name, hostname, unixname,"                     \
	" external_executor_id, pid, dag_version_id, rendered_map_index, task_display_name,"        \
	" next_method, next_kwargs, trigger_id, trigger_timeout, state_reason, map_index, note,"    \
	" duration, updated_at, dag_id, run_id, task_id)"                                           \
	" values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?," \
	" ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

static enum tw_rc insert(struct tw_store *s, const char *sql, const struct tw_ti_row *t,
			 struct tw_err *err)
{
	struct tw_q q;
	enum tw_rc rc;

	tw_q(&q, s, sql);
	for (int i = 0; i < TW_TICOL_N; i++)
		put_col(&q, t, i);
	put_duration(&q, t);
	put_updated(&q, t);
	tw_q_put_str(&q, t->dag_id);
	tw_q_put_str(&q, t->run_id);
	tw_q_put_str(&q, t->task_id);
	rc = tw_q_run(&q, NULL, err);
	if (rc == TW_ERR_EXISTS)
		return tw_err_set(err, rc,
				  "the task instance '" TW_STR_FMT "' [%d] of run '" TW_STR_FMT
				  "' exists already",
				  TW_STR_ARG(t->task_id), t->map_index, TW_STR_ARG(t->run_id));
	return rc;
}

enum tw_rc tw_ti_insert(struct tw_store *s, const struct tw_ti_row *t, struct tw_err *err)
{
	return insert(s, "insert into task_instance (id" COLS, t, err);
}

enum tw_rc tw_ti_archive(struct tw_store *s, const struct tw_ti_row *t, struct tw_err *err)
{
	return insert(s,
		      "insert into task_instance_history (task_instance_id" COLS
		      " on conflict (task_instance_id) do nothing",
		      t, err);
}

#define DATES (TW_TICOL(START_DATE) | TW_TICOL(END_DATE))

/* The text of an update for a set of columns: made once. */
static const char *update_text(struct tw_store *s, uint64_t cols)
{
	struct tw_str key = tw_strn((const char *)&cols, sizeof cols);
	char *text = tw_map_get(&s->texts, key);
	struct tw_buf sql = {0};

	if (text)
		return text;
	tw_buf_adds(&sql, "update task_instance set ");
	for (int i = 0; i < TW_TICOL_N; i++)
		if (cols & 1ull << i)
			tw_buf_printf(&sql, "%s = ?, ", names[i]);
	if (cols & DATES)
		tw_buf_adds(&sql, "duration = ?, ");
	tw_buf_adds(
		&sql,
		"updated_at = ? where dag_id = ? and run_id = ? and task_id = ? and map_index = ?");
	text = tw_buf_steal(&sql);
	tw_map_set(&s->texts, key, text);
	return text;
}

enum tw_rc tw_ti_update(struct tw_store *s, const struct tw_ti_row *t, int was, uint64_t cols,
			int64_t *ret_changes, struct tw_err *err)
{
	struct tw_q q;

	if (was == t->map_index)
		cols &= ~TW_TICOL(MAP_INDEX);
	tw_q(&q, s, update_text(s, cols));
	for (int i = 0; i < TW_TICOL_N; i++)
		if (cols & 1ull << i)
			put_col(&q, t, i);
	if (cols & DATES)
		put_duration(&q, t);
	put_updated(&q, t);
	tw_q_put_str(&q, t->dag_id);
	tw_q_put_str(&q, t->run_id);
	tw_q_put_str(&q, t->task_id);
	tw_q_put_int(&q, was);
	return tw_q_run(&q, ret_changes, err);
}
