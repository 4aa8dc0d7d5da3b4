#include "store/rows.h"

static const char *const names[TW_RUNCOL_N] = {
#define X(id, name) name,
	TW_RUN_COLUMNS(X)
#undef X
};

void tw_run_read(struct tw_q *q, struct tw_arena *a, struct tw_run_row *r)
{
	r->id = tw_q_get_int(q);
	r->dag_id = tw_q_get_str(q, a);
	r->run_id = tw_q_get_str(q, a);
	tw_run_type_parse(tw_q_get_str(q, a), &r->type);
	tw_run_state_parse(tw_q_get_str(q, a), &r->state);
	r->triggered_by = tw_q_get_str(q, a);
	r->triggering_user = tw_q_get_str(q, a);
	r->logical_date = tw_q_get_time(q);
	r->interval_start = tw_q_get_time(q);
	r->interval_end = tw_q_get_time(q);
	r->run_after = tw_q_get_time(q);
	r->queued_at = tw_q_get_time(q);
	r->start_date = tw_q_get_time(q);
	r->end_date = tw_q_get_time(q);
	r->updated_at = tw_q_get_time(q);
	r->last_scheduling_decision = tw_q_get_time(q);
	r->conf = tw_q_get_str(q, a);
	r->version_id = tw_q_get_uuid_text(q, a);
	r->note = tw_q_get_str(q, a);
	r->partition_key = tw_q_get_str(q, a);
	r->partition_date = tw_q_get_time(q);
	r->backfill_id = tw_q_get_int(q);
	r->clear_number = (int)tw_q_get_int(q);
	r->bundle_version = tw_q_get_str(q, a);
	r->backfill_ordinal = (int)tw_q_get_int(q);
}

static void put_col(struct tw_q *q, const struct tw_run_row *r, int col)
{
	switch (col) {
	case TW_RUNCOL_NO_STATE:
		tw_q_put_cstr(q, tw_run_state_name(r->state));
		break;
	case TW_RUNCOL_NO_LOGICAL_DATE:
		tw_q_put_time(q, r->logical_date);
		break;
	case TW_RUNCOL_NO_INTERVAL_START:
		tw_q_put_time(q, r->interval_start);
		break;
	case TW_RUNCOL_NO_INTERVAL_END:
		tw_q_put_time(q, r->interval_end);
		break;
	case TW_RUNCOL_NO_RUN_AFTER:
		tw_q_put_time(q, r->run_after);
		break;
	case TW_RUNCOL_NO_QUEUED_AT:
		tw_q_put_time(q, r->queued_at);
		break;
	case TW_RUNCOL_NO_START_DATE:
		tw_q_put_time(q, r->start_date);
		break;
	case TW_RUNCOL_NO_END_DATE:
		tw_q_put_time(q, r->end_date);
		break;
	case TW_RUNCOL_NO_LAST_DECISION:
		tw_q_put_time(q, r->last_scheduling_decision);
		break;
	case TW_RUNCOL_NO_CONF:
		tw_q_put_str(q, r->conf);
		break;
	case TW_RUNCOL_NO_VERSION:
		tw_q_put_uuid_text(q, r->version_id);
		break;
	case TW_RUNCOL_NO_CLEAR_NUMBER:
		tw_q_put_int(q, r->clear_number);
		break;
	case TW_RUNCOL_NO_BACKFILL:
		tw_q_put_id(q, r->backfill_id);
		break;
	case TW_RUNCOL_NO_BUNDLE_VERSION:
		tw_q_put_str(q, r->bundle_version);
		break;
	case TW_RUNCOL_NO_TYPE:
		tw_q_put_cstr(q, tw_run_type_name(r->type));
		break;
	case TW_RUNCOL_NO_TRIGGERED_BY:
		tw_q_put_str(q, r->triggered_by);
		break;
	case TW_RUNCOL_NO_NOTE:
		tw_q_put_str(q, r->note);
		break;
	default:
		TW_ASSERT(!"known column");
	}
}

static void put_duration(struct tw_q *q, const struct tw_run_row *r)
{
	if (tw_time_ok(r->start_date) && tw_time_ok(r->end_date))
		tw_q_put_real(q, (double)(r->end_date - r->start_date) / TW_US_SEC);
	else
		tw_q_put_null(q);
}

static int64_t stamp_of(const struct tw_store *s, tw_time given)
{
	return tw_time_ok(given) ? given : tw_store_now(s);
}

/* All mutable columns but the note, in the order of the list, for inserts. */
#define INSERT                                                                                     \
	"insert into dag_run (state, logical_date, data_interval_start, data_interval_end,"        \
	" run_after, queued_at, start_date, end_date, last_scheduling_decision, conf,"             \
	" created_dag_version_id, clear_number, backfill_id, bundle_version, note, run_type,"      \
	" triggered_by, duration, dag_id, run_id, triggering_user_name, partition_key,"            \
	" partition_date, updated_at, created_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

#define TAKE_OVER                                                                                    \
	" on conflict (dag_id, run_id) do update set state = excluded.state,"                        \
	" logical_date = excluded.logical_date, data_interval_start = excluded.data_interval_start," \
	" data_interval_end = excluded.data_interval_end, run_after = excluded.run_after,"           \
	" queued_at = excluded.queued_at, start_date = excluded.start_date,"                         \
	" end_date = excluded.end_date, duration = excluded.duration,"                               \
	" last_scheduling_decision = excluded.last_scheduling_decision, conf = excluded.conf,"       \
	" created_dag_version_id = excluded.created_dag_version_id,"                                 \
	" bundle_version = excluded.bundle_version, updated_at = excluded.updated_at"                \
	" where dag_run.state = 'queued'"

/* Says in the reader's words which of the two unique keys it was. */
static enum tw_rc taken(struct tw_store *s, const struct tw_run_row *r, struct tw_err *err)
{
	char iso[TW_ISO_MAX];
	int64_t there = 0;

	TW_TRY(tw_q_number(s, &there, err, "select 1 from dag_run where dag_id = ? and run_id = ?",
			   "ss", r->dag_id, r->run_id));
	if (there || !tw_time_ok(r->logical_date))
		return tw_err_set(err, TW_ERR_EXISTS,
				  "the run '" TW_STR_FMT "' of dag '" TW_STR_FMT "' exists already",
				  TW_STR_ARG(r->run_id), TW_STR_ARG(r->dag_id));
	return tw_err_set(err, TW_ERR_EXISTS,
			  "the dag '" TW_STR_FMT "' has a run with the logical date %s already",
			  TW_STR_ARG(r->dag_id), tw_time_iso_utc(iso, r->logical_date));
}

enum tw_rc tw_run_insert(struct tw_store *s, const struct tw_run_row *r, bool take_over,
			 struct tw_err *err)
{
	tw_time at = stamp_of(s, r->updated_at);
	int64_t n = 0;
	struct tw_q q;
	enum tw_rc rc;

	tw_q(&q, s, take_over ? INSERT TAKE_OVER : INSERT);
	for (int i = 0; i < TW_RUNCOL_N; i++)
		put_col(&q, r, i);
	put_duration(&q, r);
	tw_q_put_str(&q, r->dag_id);
	tw_q_put_str(&q, r->run_id);
	tw_q_put_str(&q, r->triggering_user);
	tw_q_put_str(&q, r->partition_key);
	tw_q_put_time(&q, r->partition_key.p ? r->partition_date : TW_TIME_NONE);
	tw_q_put_time(&q, at);
	tw_q_put_time(&q, at);
	rc = tw_q_run(&q, &n, err);
	if (rc == TW_ERR_EXISTS || (rc == TW_OK && n == 0))
		return taken(s, r, err);
	return rc;
}

#define DATES (TW_RUNCOL(START_DATE) | TW_RUNCOL(END_DATE))

enum tw_rc tw_run_update(struct tw_store *s, const struct tw_run_row *r, uint32_t cols,
			 int64_t *ret_changes, struct tw_err *err)
{
	struct tw_buf sql TW_AUTO(tw_buf_release) = {0};
	struct tw_q q;

	tw_buf_adds(&sql, "update dag_run set ");
	for (int i = 0; i < TW_RUNCOL_N; i++)
		if (cols & 1u << i)
			tw_buf_printf(&sql, "%s = ?, ", names[i]);
	tw_buf_adds(&sql, cols & DATES ? "duration = ?, " : "");
	tw_buf_adds(&sql, "updated_at = ? where dag_id = ? and run_id = ?");
	tw_q(&q, s, tw_buf_cstr(&sql));
	for (int i = 0; i < TW_RUNCOL_N; i++)
		if (cols & 1u << i)
			put_col(&q, r, i);
	if (cols & DATES)
		put_duration(&q, r);
	tw_q_put_time(&q, stamp_of(s, r->updated_at));
	tw_q_put_str(&q, r->dag_id);
	tw_q_put_str(&q, r->run_id);
	return tw_q_run(&q, ret_changes, err);
}
