/* The run before, as depends_on_past looks at it. */
#include "store/query.h"
#include "store/runs.h"
#include "store/tis.h"

static enum tw_rc instances(struct tw_store *s, const struct tw_run_row *prev, struct tw_arena *a,
			    struct tw_ev_past *ret, struct tw_err *err)
{
	struct tw_ti_row *tis;
	struct tw_past_ti *out;
	size_t n;

	TW_TRY(tw_store_tis_of_run(s, prev->dag_id, prev->run_id, a, &tis, &n, err));
	out = tw_arena_array(a, struct tw_past_ti, n + 1);
	for (size_t i = 0; i < n; i++)
		out[i] = (struct tw_past_ti){tis[i].task_id, tis[i].map_index, tis[i].state};
	ret->tis = out;
	ret->ntis = (int)n;
	return TW_OK;
}

/* Tasks with ignore_first_depends_on_past that have run at all before. */
static enum tw_rc ever(struct tw_store *s, const struct tw_dag *dag, tw_time before,
		       struct tw_arena *a, struct tw_ev_past *ret, struct tw_err *err)
{
	size_t n = (size_t)dag->ntasks, k = 0;
	struct tw_str *ids = tw_arena_array(a, struct tw_str, n + 1);
	struct tw_str *names = tw_arena_array(a, struct tw_str, n + 1);
	bool *has = tw_arena_array(a, bool, n + 1);

	for (size_t i = 0; i < n; i++)
		if (dag->tasks[i].ignore_first_depends_on_past)
			ids[k++] = dag->tasks[i].task_id;
	ret->ever = names;
	if (k)
		TW_TRY(tw_store_tasks_ever(s, dag->dag_id, ids, k, before, has, err));
	for (size_t i = 0; i < k; i++)
		if (has[i])
			names[ret->never++] = ids[i];
	return TW_OK;
}

enum tw_rc tw_store_past(struct tw_store *s, const struct tw_dag *dag, const struct tw_run_row *run,
			 struct tw_arena *a, struct tw_ev_past *ret, struct tw_err *err)
{
	struct tw_ev_past past = {.run = {run->dag_id, run->run_id},
				  .prev_logical_date = TW_TIME_NONE};
	struct tw_run_row prev = {0};
	enum tw_rc rc = tw_store_run_before(s, run->dag_id,
					    dag->catchup ? TW_PREV_SCHEDULED : TW_PREV_ANY,
					    run->logical_date, TW_TIME_NONE, a, &prev, err);

	if (rc < 0 && rc != TW_ERR_NOT_FOUND)
		return rc;
	past.exists = rc == TW_OK;
	if (past.exists) {
		past.prev = (struct tw_run_ref){prev.dag_id, prev.run_id};
		past.prev_logical_date = prev.logical_date;
		TW_TRY(instances(s, &prev, a, &past, err));
		TW_TRY(ever(s, dag, run->logical_date, a, &past, err));
	}
	if (run->backfill_id)
		TW_TRY(tw_store_backfill_before(s, run->backfill_id, run->logical_date,
						&past.backfill_before, err));
	*ret = past;
	return TW_OK;
}
