#include "store/metrics.h"

#include "store/query.h"

static enum tw_rc by_state(struct tw_store *s, const char *sql, const char *const *states, size_t nstates, struct tw_arena *a,
			   struct tw_counted **ret_v, size_t *ret_n, struct tw_err *err)
{
	struct tw_counted *v = tw_arena_array(a, struct tw_counted, nstates);

	for (size_t i = 0; i < nstates; i++) {
		v[i].what = tw_str(states[i]);
		TW_TRY(tw_q_number(s, &v[i].n, err, sql, "c", states[i]));
	}
	*ret_v = v;
	*ret_n = nstates;
	return TW_OK;
}

enum tw_rc tw_store_figures(struct tw_store *s, struct tw_arena *a, struct tw_figures *ret, struct tw_err *err)
{
	static const char *const runs[] = {"queued", "running"};
	static const char *const tis[] = {"scheduled", "queued", "running", "restarting", "deferred", "awaiting_input",
					  "up_for_retry", "up_for_reschedule"};
	const struct {
		int64_t *to;
		const char *sql;
	} plain[] = {
		{&ret->dags_paused, "select count(*) from dag where is_stale = 0 and is_paused = 1"},
		{&ret->dags_active, "select count(*) from dag where is_stale = 0 and is_paused = 0"},
		{&ret->import_errors, "select count(*) from import_error"},
		{&ret->inbox, "select count(*) from inbox"},
		{&ret->triggers, "select count(*) from \"trigger\""},
		{&ret->feed, "select max(seq) from change_feed"},
	};

	TW_TRY(by_state(s, "select count(*) from dag_run where state = ?", runs, TW_COUNT(runs), a, &ret->runs, &ret->nruns, err));
	TW_TRY(by_state(s, "select count(*) from task_instance where state = ?", tis, TW_COUNT(tis), a, &ret->tis, &ret->ntis, err));
	for (size_t i = 0; i < TW_COUNT(plain); i++)
		TW_TRY(tw_q_number(s, plain[i].to, err, plain[i].sql, ""));
	return TW_OK;
}
