/* May this instance run, must it be skipped, or does it wait? (states.md §4) */
#include "core/core.h"

/*
 * A trigger rule over the ends of the direct upstream instances. What is set is set as soon as it
 * is certain; the order of the questions is the rule's.
 */
enum verdict tw_rule_verdict(enum tw_trigger_rule rule, const struct counts *c, int map_index)
{
	uint32_t ended = c->s + c->k + c->f + c->uf + c->r;
	bool done = ended >= c->u, failed = c->f || c->uf;

	switch (rule) {
	case TW_RULE_ALL_SUCCESS:
		if (failed)
			return SET_UPSTREAM_FAILED;
		if (c->k)
			return SET_SKIPPED;
		if (c->r && c->s && map_index > -1 && (uint32_t)map_index >= c->s)
			return SET_REMOVED;
		return c->s + c->r >= c->u ? READY : WAIT;
	case TW_RULE_ALL_FAILED:
		if (c->s || c->k)
			return SET_SKIPPED;
		return c->f + c->uf + c->r >= c->u ? READY : WAIT;
	case TW_RULE_ALL_DONE:
	case TW_RULE_ALL_DONE_SETUP_SUCCESS: /* its setups: tw_core_rule_of */
		return done ? READY : WAIT;
	case TW_RULE_ALL_DONE_MIN_ONE_SUCCESS:
		if (c->k)
			return SET_SKIPPED;
		if (!done)
			return WAIT;
		return c->s ? READY : SET_UPSTREAM_FAILED;
	case TW_RULE_ONE_SUCCESS:
		if (c->s)
			return READY;
		if (!done)
			return WAIT;
		return ended == c->k ? SET_SKIPPED : SET_UPSTREAM_FAILED;
	case TW_RULE_ONE_FAILED:
		return failed ? READY : done ? SET_SKIPPED : WAIT;
	case TW_RULE_ONE_DONE:
		return c->s + c->f ? READY : done ? SET_SKIPPED : WAIT;
	case TW_RULE_NONE_FAILED:
		if (failed)
			return SET_UPSTREAM_FAILED;
		return c->s + c->k + c->r >= c->u ? READY : WAIT;
	case TW_RULE_NONE_FAILED_MIN_ONE_SUCCESS:
		if (failed)
			return SET_UPSTREAM_FAILED;
		if (c->k == c->u)
			return SET_SKIPPED;
		if (done && !c->s)
			return SET_UPSTREAM_FAILED;
		return c->s + c->k + c->r >= c->u ? READY : WAIT;
	case TW_RULE_NONE_SKIPPED:
		return c->k ? SET_SKIPPED : done ? READY : WAIT;
	case TW_RULE_ALL_SKIPPED:
		if (c->s || failed)
			return SET_SKIPPED;
		return c->k >= c->u ? READY : WAIT;
	case TW_RULE_ALWAYS:
		return READY;
	case TW_RULE_N:
		break;
	}
	return WAIT;
}

struct counts tw_core_total(const struct ti *ti, enum tw_edge_kind kind)
{
	struct counts c = ti->run->tasks[ti->task].in[kind];

	if (ti->own) {
		const struct counts *o = &ti->own[kind];
		c.u += o->u;
		c.s += o->s;
		c.k += o->k;
		c.f += o->f;
		c.uf += o->uf;
		c.r += o->r;
	}
	return c;
}

/* ── setups ─────────────────────────────────────────────────────────────────────────────── */

enum verdict tw_core_setup_verdict(const struct ti *ti)
{
	const struct tw_task *t = &ti->run->dag->tasks[ti->task];

	if (t->is_teardown || !t->nin_kind[TW_EDGE_SETUP])
		return READY;
	struct counts c = tw_core_total(ti, TW_EDGE_SETUP);
	if (c.f || c.uf)
		return SET_UPSTREAM_FAILED;
	if (c.k)
		return SET_SKIPPED;
	if (c.r && c.s && ti->map_index > -1 && (uint32_t)ti->map_index >= c.s)
		return SET_REMOVED;
	return c.s + (ti->map_index > -1 ? c.r : 0) >= c.u ? READY : WAIT;
}

static const struct tw_edge *arrow(const struct tw_dag *dag, int from, int to)
{
	const struct tw_task *t = &dag->tasks[from];

	for (int i = 0; i < t->nout; i++)
		if (t->out[i].task == to && t->out[i].kind == TW_EDGE_DIRECT)
			return &t->out[i];
	return NULL;
}

/* Of a setup in its own mapped group a teardown looks at its own index. */
static bool is_of(const struct ti *setup, const struct ti *ti, const struct tw_edge *e)
{
	int first, last;

	if (!e || !e->same_index || ti->map_index < 0)
		return true;
	tw_core_reach(ti->run, setup, e, &first, &last);
	return ti->map_index >= first && ti->map_index < last;
}

/* A teardown's direct setups, once all its upstreams have ended. */
static enum verdict teardown_verdict(const struct ti *ti)
{
	const struct run *r = ti->run;
	const struct tw_task *t = &r->dag->tasks[ti->task];
	int setups = 0, succeeded = 0, skipped = 0;

	for (int i = 0; i < t->nupstream; i++) {
		const struct tstate *u = &r->tasks[t->upstream[i]];
		const struct tw_edge *e = arrow(r->dag, t->upstream[i], ti->task);
		if (!r->dag->tasks[t->upstream[i]].is_setup)
			continue;
		for (int k = 0; k < u->n; k++) {
			if (!is_of(u->tis[k], ti, e))
				continue;
			setups++;
			succeeded += u->tis[k]->state == TW_TI_SUCCESS;
			skipped += u->tis[k]->state == TW_TI_SKIPPED;
		}
	}
	if (!setups || succeeded)
		return READY;
	return skipped >= setups ? SET_SKIPPED : SET_UPSTREAM_FAILED;
}

/* ── the rule of one instance ───────────────────────────────────────────────────────────── */

/* Rules that would decide for a whole mapped group by what some of its indexes did. */
static bool decides_early(enum tw_trigger_rule r)
{
	return r == TW_RULE_ONE_SUCCESS || r == TW_RULE_ONE_FAILED || r == TW_RULE_ONE_DONE ||
	       r == TW_RULE_NONE_FAILED_MIN_ONE_SUCCESS || r == TW_RULE_ALL_DONE_MIN_ONE_SUCCESS ||
	       r == TW_RULE_ALL_DONE_SETUP_SUCCESS;
}

static bool has_expanded_sibling(const struct ti *ti)
{
	const struct run *r = ti->run;
	const struct tw_task *t = &r->dag->tasks[ti->task];

	for (int i = 0; i < t->nin; i++)
		if (t->in[i].kind == TW_EDGE_DIRECT && t->in[i].same_index && r->tasks[t->in[i].task].expanded)
			return true;
	return false;
}

enum verdict tw_core_rule_of(const struct ti *ti)
{
	const struct run *r = ti->run;
	const struct tw_task *t = &r->dag->tasks[ti->task];
	struct counts c = tw_core_total(ti, TW_EDGE_DIRECT);
	bool done = c.s + c.k + c.f + c.uf + c.r >= c.u;

	if (!t->nupstream)
		return READY;
	if (ti->map_index < 0 && t->mapped_group >= 0 && decides_early(t->trigger_rule) &&
	    has_expanded_sibling(ti))
		return done ? READY : WAIT; /* to expand: then each index decides for itself */
	enum verdict v = tw_rule_verdict(t->trigger_rule, &c, ti->map_index);
	if (v == READY && t->trigger_rule == TW_RULE_ALL_DONE_SETUP_SUCCESS)
		v = teardown_verdict(ti);
	if (v == READY && t->is_teardown && t->nin_kind[TW_EDGE_SCOPE]) {
		c = tw_core_total(ti, TW_EDGE_SCOPE);
		if (c.s + c.k + c.f + c.uf + c.r < c.u)
			return WAIT;
	}
	return v;
}

/* Has a branch above, which has ended, decided against this task? */
bool tw_core_skip_record_says(const struct ti *ti)
{
	const struct run *r = ti->run;
	const struct tw_task *t = &r->dag->tasks[ti->task];

	for (int i = 0; i < t->nupstream; i++) {
		const struct tstate *u = &r->tasks[t->upstream[i]];
		if (!r->dag->tasks[t->upstream[i]].can_skip || t->is_teardown)
			continue;
		int at = u->expanded ? ti->map_index : 0;
		if (at < 0 || at >= u->n || !tw_ti_finished(u->tis[at]->state) || !u->tis[at]->x)
			continue;
		struct tw_value rec = u->tis[at]->x->skip;
		struct tw_value followed = tw_map_value(rec, "followed");
		struct tw_value skipped = tw_map_value(rec, "skipped");
		const struct tw_value *list = followed.kind == TW_V_LIST ? &followed :
					      skipped.kind == TW_V_LIST  ? &skipped :
									   NULL;
		bool named = false;
		for (size_t k = 0; list && k < list->list->n && !named; k++)
			named = list->list->v[k].kind == TW_V_STR &&
				tw_str_eq(list->list->v[k].s, t->task_id);
		if (list && named == (list == &skipped))
			return true;
	}
	return false;
}

/* ── the decision ───────────────────────────────────────────────────────────────────────── */

static enum verdict decide(const struct ti *ti)
{
	enum verdict v = tw_core_skip_record_says(ti) ? SET_SKIPPED : READY;

	if (v == READY && ti->run->dag->tasks[ti->task].trigger_rule != TW_RULE_ALWAYS)
		v = tw_core_setup_verdict(ti);
	if (v == READY || v == WAIT) {
		enum verdict rule = tw_core_rule_of(ti);
		if (v == READY || rule >= SET_SKIPPED)
			v = rule;
	}
	if (v == READY || v == WAIT) {
		enum verdict map = tw_core_mapped_verdict(ti);
		if (v == READY || map >= SET_SKIPPED)
			v = map;
	}
	return v;
}

static void set_unrun(struct ti *ti, enum verdict v)
{
	static const enum tw_ti_state to[] = {
		[SET_SKIPPED] = TW_TI_SKIPPED,
		[SET_UPSTREAM_FAILED] = TW_TI_UPSTREAM_FAILED,
		[SET_REMOVED] = TW_TI_REMOVED,
	};

	ti->end = ti->run->s->now;
	if (ti->start == TW_TIME_NONE || ti->state == TW_TI_NONE)
		ti->start = ti->end;
	tw_core_move(ti, to[v]);
}

static void schedule(struct ti *ti)
{
	const struct tw_task *t = &ti->run->dag->tasks[ti->task];
	tw_time now = ti->run->s->now;

	if (ti->state != TW_TI_UP_FOR_RESCHEDULE)
		ti->try_number++;
	ti->due = TW_TIME_NONE;
	if (t->scheduler_only) {
		ti->start = ti->end = now;
		tw_core_move(ti, TW_TI_SUCCESS);
		return;
	}
	ti->scheduled = now;
	ti->queued = ti->end = TW_TIME_NONE;
	tw_core_move(ti, TW_TI_SCHEDULED);
}

/* Ready, and its DAG stands: a run in which somebody is, is not stuck. */
static void hold(struct ti *ti, bool held)
{
	ti->run->nheld += held - ti->held;
	ti->held = held;
}

void tw_core_evaluate(struct ti *ti)
{
	struct run *r = ti->run;
	const struct tw_task *t = &r->dag->tasks[ti->task];

	hold(ti, false); /* it may not be ready any more */
	if (r->row.state != TW_RUN_RUNNING || !tw_core_schedulable(ti))
		return;
	if (ti->state != TW_TI_NONE && ti->due != TW_TIME_NONE && ti->due > r->s->now)
		return;
	enum verdict v = decide(ti);
	if (v == WAIT)
		return;
	if (v == SET_SKIPPED && t->wait_past_skip && t->depends_on_past && !tw_core_past_met(ti))
		return;
	if (v != READY) {
		set_unrun(ti, v);
		return;
	}
	if (t->depends_on_past && !tw_core_past_met(ti))
		return;
	if (ti->map_index < 0 && tw_core_is_mapped(r->dag, t)) {
		tw_core_expand(ti);
		return;
	}
	if (r->tasks[ti->task].revise && tw_core_revise(r, ti->task))
		return; /* from the work list again: what it waits for may have come with it */
	if (tw_core_stands(r->d))
		hold(ti, true);
	else
		schedule(ti);
}
