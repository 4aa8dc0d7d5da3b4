#include "api/ui/forecast.h"

#include <stdlib.h>
#include <string.h>

/* Slower than nine of ten is slow, when it is so by a fifth and by a second at least. */
#define SLOW_BY_PARTS 5
#define SLOW_BY_US TW_US_SEC

#define NO_SPAN (-1)

/* ── bands ────────────────────────────────────────────────────────────────────────────── */

static int by_size(const void *x, const void *y)
{
	int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;

	return (a > b) - (a < b);
}

/* Of sorted ones, between its neighbours. */
static int64_t quantile(const int64_t *v, size_t n, int hundredths)
{
	size_t scaled = (n - 1) * (size_t)hundredths, i = scaled / 100;
	int64_t part = (int64_t)(scaled % 100);

	return i + 1 < n ? v[i] + (v[i + 1] - v[i]) / 100 * part + (v[i + 1] - v[i]) % 100 * part / 100 : v[i];
}

static struct tw_band band_of_sorted(const int64_t *v, size_t n)
{
	if (!n)
		return (struct tw_band){0};
	return (struct tw_band){.p10 = quantile(v, n, 10), .p50 = quantile(v, n, 50), .p90 = quantile(v, n, 90), .n = n};
}

struct tw_band tw_band_of(const int64_t *v, size_t n)
{
	int64_t *sorted = tw_reallocarray(NULL, n ? n : 1, sizeof *sorted);
	struct tw_band b;

	for (size_t i = 0; i < n; i++)
		sorted[i] = v[i];
	qsort(sorted, n, sizeof *sorted, by_size);
	b = band_of_sorted(sorted, n);
	free(sorted);
	return b;
}

/* ── what a run's instances say of its tasks ──────────────────────────────────────────── */

struct task {
	const struct tw_fc_ti *v; /* its instances */
	size_t n;
	bool open;          /* one has not ended */
	bool begun;
	enum tw_ti_state state; /* of the one that ended last */
	tw_time end;        /* of the last; NONE: unknown, or open */
	/* the forecast's */
	tw_time ready, expected;
	const int64_t *spans; /* sorted */
	size_t nspans;
};

static void look(struct task *t, const struct tw_fc_ti *ti)
{
	t->begun = t->begun || tw_time_ok(ti->start);
	if (!tw_ti_finished(ti->state))
		t->open = true;
	else if (tw_time_ok(ti->end) && (!tw_time_ok(t->end) || ti->end > t->end)) {
		t->end = ti->end;
		t->state = ti->state;
	}
}

static void tasks_of(const struct tw_dag *dag, const struct tw_fc_run *run, struct task *t)
{
	for (int i = 0; i < dag->ntasks; i++)
		t[i] = (struct task){.end = TW_TIME_NONE, .ready = TW_TIME_NONE, .expected = TW_TIME_NONE};
	for (size_t i = 0; i < run->n; i++) {
		struct task *of = &t[run->v[i].task];

		if (run->v[i].state == TW_TI_REMOVED)
			continue;
		if (!of->n)
			of->v = &run->v[i];
		of->n = (size_t)(&run->v[i] - of->v) + 1;
		look(of, &run->v[i]);
	}
	for (int i = 0; i < dag->ntasks; i++)
		if (t[i].open)
			t[i].end = TW_TIME_NONE;
}

/* ── whose end a task waits for ───────────────────────────────────────────────────────── */

/* Does the rule go on with the first that has such an end? */
static bool first_counts(enum tw_trigger_rule rule, enum tw_ti_state state)
{
	switch (rule) {
	case TW_RULE_ONE_SUCCESS:
		return state == TW_TI_SUCCESS;
	case TW_RULE_ONE_FAILED:
		return state == TW_TI_FAILED || state == TW_TI_UPSTREAM_FAILED;
	case TW_RULE_ONE_DONE:
		return state == TW_TI_SUCCESS || state == TW_TI_FAILED;
	default:
		return false;
	}
}

struct upstream {
	int task; /* -1: none, the run's start */
	tw_time end;
};

/*
 * The upstream whose end let this task go. open ones end when they are expected to, in success. A rule
 * that goes on with the first one that fits waits for all of them when none does.
 */
static struct upstream decider(const struct tw_dag *dag, const struct task *t, int task, tw_time run_start)
{
	const struct tw_task *def = &dag->tasks[task];
	struct upstream last = {-1, run_start}, first = {-1, TW_TIME_MAX};

	if (def->trigger_rule == TW_RULE_ALWAYS)
		return last;
	for (int i = 0; i < def->nin; i++) {
		const struct task *up = &t[def->in[i].task];
		tw_time end = tw_time_ok(up->end) ? up->end : up->expected;

		if (!up->n || !tw_time_ok(end))
			continue;
		if (end >= last.end)
			last = (struct upstream){def->in[i].task, end};
		if (first_counts(def->trigger_rule, up->open ? TW_TI_SUCCESS : up->state) && end < first.end)
			first = (struct upstream){def->in[i].task, end};
	}
	if (first.task < 0)
		return last;
	return first.end >= run_start ? first : (struct upstream){-1, run_start};
}

/* ── spans of past runs ───────────────────────────────────────────────────────────────── */

struct past {
	const struct tw_fc_run *runs;
	size_t n;
	int ntasks;
	int64_t *span; /* [run * ntasks + task]; NO_SPAN: it was not there */
};

static void spans_of_run(const struct tw_dag *dag, const struct tw_fc_run *run, struct task *t, int64_t *span)
{
	tasks_of(dag, run, t);
	for (int i = 0; i < dag->ntasks; i++) {
		tw_time ready;

		span[i] = NO_SPAN;
		if (!t[i].n || !tw_time_ok(t[i].end) || !tw_time_ok(run->start))
			continue;
		ready = decider(dag, t, i, run->start).end;
		/* One that was ended by hand before it was its turn took no time of the run's. */
		span[i] = t[i].end > ready ? t[i].end - ready : 0;
	}
}

static struct past past_of(const struct tw_dag *dag, const struct tw_fc_run *runs, size_t n, struct task *t, struct tw_arena *a)
{
	struct past p = {.runs = runs, .n = n, .ntasks = dag->ntasks};

	p.span = tw_arena_array(a, int64_t, n * (size_t)dag->ntasks + 1);
	for (size_t i = 0; i < n; i++)
		spans_of_run(dag, &runs[i], t, p.span + i * (size_t)dag->ntasks);
	return p;
}

static void sort_spans(const struct past *p, struct task *t, struct tw_arena *a)
{
	for (int i = 0; i < p->ntasks; i++) {
		int64_t *v = tw_arena_array(a, int64_t, p->n + 1);
		size_t n = 0;

		for (size_t r = 0; r < p->n; r++)
			if (p->span[r * (size_t)p->ntasks + (size_t)i] != NO_SPAN)
				v[n++] = p->span[r * (size_t)p->ntasks + (size_t)i];
		qsort(v, n, sizeof *v, by_size);
		t[i].spans = v;
		t[i].nspans = n;
	}
}

/* ── forward: when everything will have ended ─────────────────────────────────────────── */

#define MEDIAN SIZE_MAX

/* How long the task takes in all, in this scenario, when it has taken so long already. */
static int64_t span_in(const struct past *p, const struct task *t, int task, size_t scenario, int64_t elapsed)
{
	int64_t span = scenario == MEDIAN ? NO_SPAN : p->span[scenario * (size_t)p->ntasks + (size_t)task];
	size_t longer = 0;

	if (!t->nspans)
		return elapsed > 0 ? elapsed : 0;
	if (elapsed > 0)
		while (longer < t->nspans && t->spans[longer] <= elapsed)
			longer++;
	if (longer == t->nspans)
		return elapsed; /* longer than ever: it may end now */
	if (span == NO_SPAN)
		return quantile(t->spans + longer, t->nspans - longer, 50);
	if (span > elapsed)
		return span;
	return t->spans[longer + scenario % (t->nspans - longer)];
}

/* Fills ready and expected of all tasks; the run's end. */
static tw_time forward(const struct tw_dag *dag, const struct past *p, struct task *t, tw_time start, tw_time now, size_t scenario)
{
	tw_time last = start;

	for (int k = 0; k < dag->ntasks; k++) {
		int i = dag->topo[k];

		if (!t[i].n)
			continue;
		t[i].ready = decider(dag, t, i, start).end;
		if (t[i].open) {
			t[i].expected = t[i].ready + span_in(p, &t[i], i, scenario, now - t[i].ready);
			if (t[i].expected < now)
				t[i].expected = now;
		} else {
			t[i].expected = tw_time_ok(t[i].end) ? t[i].end : t[i].ready;
		}
		if (t[i].expected > last)
			last = t[i].expected;
	}
	return last;
}

static void expect(const struct tw_dag *dag, const struct past *p, struct task *t, tw_time start, tw_time now, struct tw_arena *a,
		   struct tw_forecast *ret)
{
	int64_t *ends = tw_arena_array(a, int64_t, p->n + 1);

	for (size_t i = 0; i < p->n; i++)
		ends[i] = forward(dag, p, t, start, now, i);
	ret->end = tw_band_of(ends, p->n);
}

/* ── back: what it hung on ────────────────────────────────────────────────────────────── */

/* The one that ended last; of an upstream in the same mapped group the one with the same index. */
static const struct tw_fc_ti *instance(const struct task *t, int map_index, bool same_index)
{
	const struct tw_fc_ti *last = NULL;

	for (size_t i = 0; i < t->n; i++) {
		const struct tw_fc_ti *ti = &t->v[i];

		if (ti->state == TW_TI_REMOVED)
			continue;
		if (same_index && ti->map_index == map_index)
			return ti;
		if (!last || (tw_time_ok(ti->end) && (!tw_time_ok(last->end) || ti->end > last->end)))
			last = ti;
	}
	return last;
}

static bool same_index(const struct tw_task *def, int upstream)
{
	for (int i = 0; i < def->nin; i++)
		if (def->in[i].task == upstream)
			return def->in[i].same_index;
	return false;
}

static struct tw_fc_step step_of(const struct task *t, int task, const struct tw_fc_ti *ti)
{
	struct tw_fc_step s = {.task = task,
			       .map_index = t->open && t->n > 1 ? -1 : ti->map_index,
			       .state = ti->state,
			       .try_number = ti->try_number,
			       .scheduled = ti->scheduled,
			       .queued = ti->queued,
			       .start = ti->start,
			       .expected = t->open,
			       .span = band_of_sorted(t->spans, t->nspans)};

	if (t->open && t->n > 1)
		for (size_t i = 0; i < t->n; i++)
			if (!tw_ti_finished(t->v[i].state) && t->v[i].state != TW_TI_NONE)
				s.state = t->v[i].state;
	s.end = t->open ? t->expected : tw_time_ok(ti->end) ? ti->end : t->ready;
	return s;
}

static void reverse(struct tw_fc_step *v, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		struct tw_fc_step other = v[i];

		v[i] = v[n - 1 - i];
		v[n - 1 - i] = other;
	}
}

/* From the task that ends last, to the one that nothing but the run's start let go. */
static void trace(const struct tw_dag *dag, const struct task *t, tw_time start, struct tw_arena *a, struct tw_forecast *ret)
{
	const struct tw_fc_ti *ti;
	int at = -1;

	for (int k = 0; k < dag->ntasks; k++) /* of equals the last in line */
		if (t[dag->topo[k]].n && (at < 0 || t[dag->topo[k]].expected >= t[at].expected))
			at = dag->topo[k];
	ret->path = tw_arena_array(a, struct tw_fc_step, (size_t)dag->ntasks + 1);
	if (at < 0)
		return;
	for (ti = instance(&t[at], -1, false); ti;) {
		struct upstream up = decider(dag, t, at, start);
		struct tw_fc_step *s = &ret->path[ret->npath++];
		bool same = up.task >= 0 && same_index(&dag->tasks[at], up.task);

		*s = step_of(&t[at], at, ti);
		ti = up.task >= 0 ? instance(&t[up.task], s->map_index, same) : NULL;
		s->ready = same && ti && tw_time_ok(ti->end) ? ti->end : up.end;
		at = up.task;
	}
	reverse(ret->path, ret->npath);
}

/* ── all of it ────────────────────────────────────────────────────────────────────────── */

static void count(const struct tw_dag *dag, const struct task *t, struct tw_forecast *ret)
{
	for (int i = 0; i < dag->ntasks; i++) {
		ret->ended += t[i].n && !t[i].open;
		ret->open += t[i].open;
		ret->unknown += t[i].open && !t[i].nspans;
	}
}

static struct tw_band usual(const struct tw_fc_run *past, size_t n, struct tw_arena *a)
{
	int64_t *v = tw_arena_array(a, int64_t, n + 1);
	size_t found = 0;

	for (size_t i = 0; i < n; i++)
		if (tw_time_ok(past[i].start) && tw_time_ok(past[i].end))
			v[found++] = past[i].end - past[i].start;
	return tw_band_of(v, found);
}

static int slow(const struct tw_band *usual, int64_t takes)
{
	if (usual->n < TW_FORECAST_FEW)
		return -1;
	return takes > usual->p90 && takes - usual->p50 > usual->p50 / SLOW_BY_PARTS && takes - usual->p50 > SLOW_BY_US;
}

void tw_forecast(const struct tw_dag *dag, const struct tw_fc_run *run, const struct tw_fc_run *past, size_t npast, tw_time now,
		 struct tw_arena *a, struct tw_forecast *ret)
{
	struct task *t = tw_arena_array(a, struct task, (size_t)dag->ntasks + 1);
	tw_time start = tw_time_ok(run->start) ? run->start : now, end = run->end;
	struct past p = past_of(dag, past, npast, t, a);

	*ret = (struct tw_forecast){.usual = usual(past, npast, a)};
	tasks_of(dag, run, t);
	sort_spans(&p, t, a);
	count(dag, t, ret);
	if (!tw_time_ok(end)) {
		expect(dag, &p, t, start, now, a, ret);
		end = ret->end.n ? ret->end.p50 : now;
	}
	forward(dag, &p, t, start, now, MEDIAN);
	trace(dag, t, start, a, ret);
	ret->slow = slow(&ret->usual, end - start);
}
