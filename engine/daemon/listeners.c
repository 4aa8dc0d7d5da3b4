#include "daemon/listeners.h"

#include "daemon/shell.h"
#include "store/store.h"

static bool hears(const struct tw_dag *dag, const char *what)
{
	struct tw_value list = tw_map_value(dag->doc, "listeners");

	for (size_t i = 0; list.kind == TW_V_LIST && i < list.list->n; i++)
		if (list.list->v[i].kind == TW_V_STR && tw_str_is(list.list->v[i].s, what))
			return true;
	return false;
}

static bool anybody(const struct tw_dag *dag)
{
	return tw_value_len(tw_map_value(dag->doc, "listeners")) > 0;
}

static void key_of(struct tw_buf *key, const struct tw_run_row *run)
{
	tw_buf_printf(key, TW_STR_FMT "\n" TW_STR_FMT, TW_STR_ARG(run->dag_id), TW_STR_ARG(run->run_id));
}

void listeners_release(struct listeners *l)
{
	tw_map_release(&l->told);
}

/* Keeps a live run's state; gives back what it was, or -1. One that has ended is forgotten. */
static int note(struct shell *sh, const struct tw_run_row *run)
{
	struct tw_buf key TW_AUTO(tw_buf_release) = { 0 };
	void *was;

	key_of(&key, run);
	if (tw_run_finished(run->state))
		was = tw_map_del(&sh->listeners.told, tw_buf_str(&key));
	else
		was = tw_map_set(&sh->listeners.told, tw_buf_str(&key), (void *)(uintptr_t)(run->state + 1));
	return was ? (int)(uintptr_t)was - 1 : -1;
}

void listeners_run_held(struct shell *sh, const struct tw_dag *dag, const struct tw_run_row *run)
{
	if (anybody(dag) && !tw_run_finished(run->state))
		note(sh, run);
}

static void leave(struct shell *sh, struct turn *t, const struct tw_dag *dag, const struct tw_run_row *run,
		  enum tw_run_state state, const char *message)
{
	struct tw_callback_row *row = tw_arena_new(&t->arena, struct tw_callback_row);
	struct tw_buf json TW_AUTO(tw_buf_release) = { 0 };
	char kind[40];
	struct workload_call call = { .kind = kind, .request = "DagRunListener", .reason = message, .dag = dag, .run = run };

	snprintf(kind, sizeof kind, "dag_run_%s", tw_run_state_name(state));
	if (!hears(dag, kind))
		return;
	workload_callback(sh, &call, &json);
	turn_callback(sh, t, row, tw_buf_str(&json));
}

/* The DAG's own callback is called about this end; the listeners are told by the same process. */
static bool has_callback(const struct turn *t, const struct tw_run_row *run)
{
	for (size_t i = 0; i < t->fx->callbacks.n; i++) {
		const struct tw_fx_callback *c = &t->fx->callbacks.v[i];

		if ((c->kind == TW_CALL_DAG_SUCCESS || c->kind == TW_CALL_DAG_FAILURE) &&
		    tw_str_eq(c->run.dag_id, run->dag_id) && tw_str_eq(c->run.run_id, run->run_id))
			return true;
	}
	return false;
}

static void tell(struct shell *sh, struct turn *t, const struct tw_fx_run *r, const struct tw_dag *dag)
{
	const struct tw_run_row *run = &r->row;
	int was = note(sh, run);

	/* One that had ended before, and one that nobody knows: it has not changed. */
	if (was == (int)run->state || (was < 0 && r->op != TW_FX_INSERT))
		return;
	if (was != TW_RUN_RUNNING && run->start_date != TW_TIME_NONE && run->state != TW_RUN_QUEUED)
		leave(sh, t, dag, run, TW_RUN_RUNNING, "started");
	if (tw_run_finished(run->state) && !has_callback(t, run))
		leave(sh, t, dag, run, run->state, "");
}

void listeners_of_turn(struct shell *sh, struct turn *t)
{
	for (size_t i = 0; i < t->fx->runs.n; i++) {
		const struct tw_fx_run *r = &t->fx->runs.v[i];
		struct tw_dag *dag;

		if (r->op == TW_FX_NONE || r->op == TW_FX_DELETE || !r->row.version_id.n ||
		    boot_version(sh, r->row.version_id, &dag, NULL) < 0 || !anybody(dag))
			continue;
		tell(sh, t, r, dag);
	}
}
