/* What the scheduler loads: unfinished runs with their instances. */
#include "store/runs.h"

#include "store/rows.h"

struct loading {
	TW_VEC(struct tw_run_row) runs;
	TW_VEC(struct tw_ti_load) tis;
	TW_VEC(size_t) first;
	TW_VEC(struct tw_str) versions;
};

static void release(struct loading *l)
{
	tw_vec_release(&l->runs);
	tw_vec_release(&l->tis);
	tw_vec_release(&l->first);
	tw_vec_release(&l->versions);
}

static void note_version(struct loading *l, struct tw_str id)
{
	if (!id.n)
		return;
	for (size_t i = l->versions.n; i-- > 0;)
		if (tw_str_eq(l->versions.v[i], id))
			return;
	tw_vec_push(&l->versions, id);
}

static enum tw_rc load_runs(struct tw_store *s, struct loading *l, struct tw_q *q,
			    struct tw_arena *a, struct tw_err *err)
{
	int rc;

	while ((rc = tw_q_next(q, err)) > 0) {
		struct tw_run_row row = {0};

		tw_run_read(q, a, &row);
		tw_vec_push(&l->runs, row);
		note_version(l, row.version_id);
	}
	return rc;
}

/* What only matters once an instance has ended is looked up only then. */
#define LOOKUPS                                                                                       \
	", case when ti.state = 'success' then (select 1 from xcom x where x.dag_run_id = ?"          \
	" and x.task_id = ti.task_id and x.map_index = ti.map_index and x.key = 'return_value') end," \
	" case when ti.state = 'success' then (select m.length from task_map m"                       \
	" where m.dag_id = ti.dag_id and m.run_id = ti.run_id and m.task_id = ti.task_id"             \
	" and m.map_index = ti.map_index) end,"                                                       \
	" (select x.value from xcom x where x.dag_run_id = ? and x.task_id = ti.task_id"              \
	" and x.map_index = ti.map_index and x.key = 'skipmixin_key')"

static enum tw_rc load_tis(struct tw_store *s, struct loading *l, const struct tw_run_row *run,
			   struct tw_arena *a, struct tw_err *err)
{
	struct tw_q q;
	int rc;

	tw_q(&q, s,
	     "select ti.id, " TW_TI_SELECT LOOKUPS
	     " from task_instance ti where ti.dag_id = ? and ti.run_id = ?"
	     " order by ti.task_id, ti.map_index");
	tw_q_put_int(&q, run->id);
	tw_q_put_int(&q, run->id);
	tw_q_put_str(&q, run->dag_id);
	tw_q_put_str(&q, run->run_id);
	while ((rc = tw_q_next(&q, err)) > 0) {
		struct tw_ti_load t = {.mapped_length = -1};

		tw_ti_read(&q, a, &t.row);
		t.has_return = tw_q_get_int(&q);
		if (!tw_q_is_null(&q))
			t.mapped_length = (int)tw_q_get_int(&q);
		else
			tw_q_skip(&q);
		t.skip_record = tw_q_get_str(&q, a);
		tw_vec_push(&l->tis, t);
	}
	return rc;
}

static void hand_over(const struct loading *l, struct tw_arena *a, struct tw_live *ret)
{
#define COPY(to, from, type)                                                                       \
	do {                                                                                       \
		ret->to = tw_arena_array(a, type, l->from.n);                                      \
		if (l->from.n)                                                                     \
			memcpy(ret->to, l->from.v, l->from.n * sizeof(type));                      \
	} while (0)
	COPY(runs, runs, struct tw_run_row);
	COPY(tis, tis, struct tw_ti_load);
	COPY(first, first, size_t);
	COPY(versions, versions, struct tw_str);
#undef COPY
	ret->nruns = l->runs.n;
	ret->nversions = l->versions.n;
}

static enum tw_rc load(struct tw_store *s, struct tw_q *q, struct tw_arena *a, struct tw_live *ret,
		       struct tw_err *err)
{
	struct loading l = {0};
	enum tw_rc rc = load_runs(s, &l, q, a, err);

	for (size_t i = 0; rc == TW_OK && i < l.runs.n; i++) {
		tw_vec_push(&l.first, l.tis.n);
		rc = load_tis(s, &l, &l.runs.v[i], a, err);
	}
	tw_vec_push(&l.first, l.tis.n);
	if (rc == TW_OK)
		hand_over(&l, a, ret);
	release(&l);
	return rc;
}

enum tw_rc tw_store_live(struct tw_store *s, struct tw_arena *a, struct tw_live *ret_live,
			 struct tw_err *err)
{
	enum tw_rc rc;
	struct tw_q q;
	bool own;

	TW_TRY(tw_tx_enter_read(s, &own, err));
	tw_q(&q, s,
	     "select " TW_RUN_SELECT
	     " from dag_run r where r.state in ('queued', 'running') order by r.id");
	rc = load(s, &q, a, ret_live, err);
	return tw_tx_leave(s, own, rc, err);
}

enum tw_rc tw_store_live_run(struct tw_store *s, struct tw_str dag_id, struct tw_str run_id,
			     struct tw_arena *a, struct tw_live *ret_live, struct tw_err *err)
{
	struct tw_live live = {0};
	enum tw_rc rc;
	struct tw_q q;
	bool own;

	TW_TRY(tw_tx_enter_read(s, &own, err));
	tw_q(&q, s, "select " TW_RUN_SELECT " from dag_run r where r.dag_id = ? and r.run_id = ?");
	tw_q_put_str(&q, dag_id);
	tw_q_put_str(&q, run_id);
	rc = load(s, &q, a, &live, err);
	if (rc == TW_OK && live.nruns == 0)
		rc = tw_err_set(err, TW_ERR_NOT_FOUND,
				"dag '" TW_STR_FMT "' has no run '" TW_STR_FMT "'",
				TW_STR_ARG(dag_id), TW_STR_ARG(run_id));
	TW_TRY(tw_tx_leave(s, own, rc, err));
	*ret_live = live;
	return TW_OK;
}
