/* Mapped tasks get their instances (states.md §9). */
#include "core/core.h"

#define MAX_INSTANCES 1000000

static const struct tw_task *task_at(const struct run *r, int task)
{
	return &r->dag->tasks[task];
}

struct tw_mapping *tw_core_group_map(const struct run *r, const struct tw_task *t)
{
	return t->mapped_group >= 0 ? r->dag->groups[t->mapped_group].map : NULL;
}

bool tw_core_is_mapped(const struct tw_dag *dag, const struct tw_task *t)
{
	return t->map || t->mapped_group >= 0;
}

/* ── lengths ────────────────────────────────────────────────────────────────────────────── */

static int64_t xcom_length(const struct run *r, int task)
{
	const struct tstate *ts = &r->tasks[task];

	if (!ts->n || ts->ended < ts->n)
		return -1;
	if (tw_core_is_mapped(r->dag, task_at(r, task)))
		return ts->returned;
	int n = ts->tis[0]->mapped_length; /* the task that returned too much should have failed for it */
	return n > r->s->cfg.max_map_length ? -1 : n;
}

int64_t tw_core_length(const struct run *r, const struct tw_source *src)
{
	int64_t sum = 0;

	switch (src->kind) {
	case TW_SRC_LITERAL:
		return src->length;
	case TW_SRC_XCOM:
		return r ? xcom_length(r, src->task) : -1;
	case TW_SRC_MAP:
		return tw_core_length(r, src->inner);
	case TW_SRC_ZIP:
	case TW_SRC_CONCAT:
		for (int i = 0; i < src->n; i++) {
			int64_t n = tw_core_length(r, &src->inner[i]);
			if (n < 0)
				return -1;
			if (src->kind == TW_SRC_CONCAT)
				sum += n;
			else if (!i || (src->fill ? n > sum : n < sum))
				sum = n;
		}
		return sum;
	}
	return -1;
}

static int64_t mapping_length(const struct run *r, const struct tw_mapping *m)
{
	int64_t n = 1;

	for (int i = 0; m && i < m->n; i++) {
		int64_t k = tw_core_length(r, &m->over[i].source);
		if (k < 0)
			return -1;
		n *= k;
		if (n > MAX_INSTANCES)
			return -1;
	}
	return n;
}

int tw_core_parse_time_count(const struct tw_dag *dag, const struct tw_task *t)
{
	const struct tw_mapping *g = t->mapped_group >= 0 ? dag->groups[t->mapped_group].map : NULL;
	int64_t a = mapping_length(NULL, g), b = mapping_length(NULL, t->map);

	if (a < 0 || b < 0 || a * b > MAX_INSTANCES)
		return -1;
	return (int)(a * b);
}

static bool source_uses(const struct tw_source *src, int task)
{
	if (src->kind == TW_SRC_XCOM)
		return src->task == task;
	for (int i = 0; i < src->n; i++)
		if (source_uses(&src->inner[i], task))
			return true;
	return false;
}

/* ── may it be expanded? ────────────────────────────────────────────────────────────────── */

static enum verdict worse(enum verdict a, enum verdict b)
{
	static const int rank[] = { [READY] = 0, [WAIT] = 1, [SET_REMOVED] = 1, [SET_SKIPPED] = 2, [SET_UPSTREAM_FAILED] = 3 };

	return rank[b] > rank[a] ? b : a;
}

/* A source that never was expanded itself, or is not mapped, must have succeeded. */
static enum verdict source_verdict(const struct run *r, const struct tw_source *src)
{
	enum verdict v = READY;

	if (src->kind == TW_SRC_XCOM) {
		const struct tstate *ts = &r->tasks[src->task];
		if (!ts->n || ts->ended < ts->n)
			return WAIT;
		if (ts->expanded)
			return READY;
		switch ((enum tw_ti_state)ts->tis[0]->state) {
		case TW_TI_SUCCESS:
			return READY;
		case TW_TI_SKIPPED:
			return SET_SKIPPED;
		case TW_TI_FAILED:
		case TW_TI_UPSTREAM_FAILED:
			return SET_UPSTREAM_FAILED;
		default:
			return WAIT;
		}
	}
	for (int i = 0; i < src->n; i++)
		v = worse(v, source_verdict(r, &src->inner[i]));
	return v;
}

static enum verdict mapping_verdict(const struct run *r, const struct tw_mapping *m)
{
	enum verdict v = READY;

	for (int i = 0; m && i < m->n; i++)
		v = worse(v, source_verdict(r, &m->over[i].source));
	return v;
}

enum verdict tw_core_mapped_verdict(const struct ti *ti)
{
	const struct run *r = ti->run;
	const struct tw_task *t = task_at(r, ti->task);

	if (ti->map_index >= 0 || !tw_core_is_mapped(r->dag, t))
		return READY;
	return worse(mapping_verdict(r, tw_core_group_map(r, t)), mapping_verdict(r, t->map));
}

/* ── instances ──────────────────────────────────────────────────────────────────────────── */

/* How many instances a task has, as its downstreams count them: one that was not made counts as one. */
static uint32_t shown(const struct tstate *ts)
{
	return ts->n ? (uint32_t)ts->n : 1;
}

static void count_instances(struct counts *c, const struct tstate *u, int first, int last)
{
	for (int i = first; i < last; i++) {
		c->u++;
		if (tw_ti_finished(u->tis[i]->state))
			tw_core_count(c, u->tis[i]->state, 1);
	}
}

static void recount_one(struct run *r, struct ti *ti, const struct tw_edge *e)
{
	const struct tstate *u = &r->tasks[e->task], *d = &r->tasks[ti->task];
	struct counts *c = &ti->own[e->kind];

	if (!u->n) {
		c->u++;
	} else if (!u->expanded) {
		count_instances(c, u, 0, u->n);
	} else if (d->expanded) {
		int group = ti->map_index / (d->per ? d->per : 1), per = u->per ? u->per : 1;
		int first = group * per < u->n ? group * per : u->n;
		count_instances(c, u, first, first + per < u->n ? first + per : u->n);
	}
}

void tw_core_recount(struct run *r, int task)
{
	const struct tw_task *t = task_at(r, task);
	struct tstate *ts = &r->tasks[task];

	for (int i = 0; i < ts->n; i++) {
		struct ti *ti = ts->tis[i];
		if (!ti->own)
			continue;
		memset(ti->own, 0, TW_EDGE_NKINDS * sizeof *ti->own);
		for (int k = 0; k < t->nin; k++)
			if (t->in[k].same_index)
				recount_one(r, ti, &t->in[k]);
	}
}

void tw_core_count_all(struct run *r)
{
	struct counts *sum = tw_zalloc(((size_t)r->ntasks + 1) * sizeof *sum);

	for (int i = 0; i < r->ntasks; i++) {
		sum[i].u = r->tasks[i].n ? 0 : 1;
		count_instances(&sum[i], &r->tasks[i], 0, r->tasks[i].n);
	}
	for (int i = 0; i < r->ntasks; i++) {
		const struct tw_task *t = task_at(r, i);
		struct tstate *ts = &r->tasks[i];
		memset(ts->in, 0, sizeof ts->in);
		for (int k = 0; k < t->nin; k++) {
			const struct counts *u = &sum[t->in[k].task];
			struct counts *c = &ts->in[t->in[k].kind];
			if (t->in[k].same_index)
				continue;
			c->u += u->u;
			c->s += u->s;
			c->k += u->k;
			c->f += u->f;
			c->uf += u->uf;
			c->r += u->r;
		}
		if (t->mapped_group >= 0)
			tw_core_recount(r, i);
	}
	free(sum);
}

/* The number of instances of a task changed: those downstream learn of it. */
static void tell_count(struct run *r, int task, uint32_t was)
{
	const struct tw_task *t = task_at(r, task);
	uint32_t is = shown(&r->tasks[task]);

	for (int k = 0; k < t->nout; k++) {
		const struct tw_edge *e = &t->out[k];
		struct tstate *d = &r->tasks[e->task];
		if (e->same_index)
			tw_core_recount(r, e->task);
		else
			d->in[e->kind].u += is - was;
		for (int i = 0; i < d->n; i++)
			if (tw_core_schedulable(d->tis[i]))
				tw_core_work(d->tis[i]);
	}
}

/* Appends instances so that there are n, all expanded; the counters of others are not told. */
void tw_core_add_instances(struct run *r, int task, int n, bool stored)
{
	struct tstate *ts = &r->tasks[task];
	struct ti **v;

	if (ts->n >= n)
		return;
	v = tw_arena_array(&r->arena, struct ti *, (size_t)n);
	if (ts->n)
		memcpy(v, ts->tis, (size_t)ts->n * sizeof *v);
	int had = ts->n;
	ts->tis = v;
	for (int i = had; i < n; i++) {
		v[i] = tw_core_new_ti(r, task, i);
		v[i]->stored = stored;
		ts->n = i + 1;
		if (!stored)
			tw_core_touch(v[i]);
	}
}

static void end_unrun(struct ti *ti, enum tw_ti_state state)
{
	ti->start = ti->end = ti->run->s->now;
	tw_core_move(ti, state);
}

/* The others of a task start where its single one stood: a backfill may have given that a pool and tries of its own. */
static void be_like(struct ti *ti, const struct ti *one)
{
	tw_core_account(ti, ti->state, -1);
	ti->pool = one->pool;
	ti->pool_slots = one->pool_slots;
	ti->executor = one->executor;
	ti->max_tries = one->max_tries - one->try_number;
	tw_core_account(ti, ti->state, 1);
}

/*
 * In a mapped group those above come first: a new index must not be there before the one that it waits for. Of one that has ended unrun
 * there are no more, as in Airflow: whoever is below it may have begun.
 */
static void revise_above(struct run *r, const struct tw_task *t)
{
	for (int i = 0; i < t->nin; i++) {
		const struct tstate *u = &r->tasks[t->in[i].task];
		if (t->in[i].same_index && u->revise && u->ended < u->n)
			tw_core_revise(r, t->in[i].task);
	}
}

/* Makes the instances of a task whose single one is map_index -1 and whose lengths are known. */
void tw_core_expand(struct ti *ti)
{
	struct run *r = ti->run;
	const struct tw_task *t = task_at(r, ti->task);
	struct tstate *ts = &r->tasks[ti->task];
	int64_t groups = mapping_length(r, tw_core_group_map(r, t)), each = mapping_length(r, t->map);
	uint32_t was = shown(ts);

	if (groups < 0 || each < 0 || groups * each > MAX_INSTANCES) {
		end_unrun(ti, TW_TI_UPSTREAM_FAILED);
		return;
	}
	if (groups * each == 0) {
		end_unrun(ti, TW_TI_SKIPPED);
		return;
	}
	revise_above(r, t);
	ti->map_index = 0;
	tw_core_touch(ti);
	ts->expanded = r->has_mapped = true;
	ts->revise = false;
	ts->per = (int)each;
	tw_core_add_instances(r, ti->task, (int)(groups * each), false);
	for (int i = 1; i < ts->n; i++)
		be_like(ts->tis[i], ti);
	if (t->mapped_group >= 0)
		tw_core_recount(r, ti->task);
	tell_count(r, ti->task, was);
	for (int i = 0; i < ts->n; i++)
		tw_core_work(ts->tis[i]);
	tw_core_run_work(r); /* each instance for itself, from the work list */
}

/* What is too much is removed, what is missing made, and who waits is looked at again. */
bool tw_core_revise(struct run *r, int task)
{
	const struct tw_task *t = task_at(r, task);
	struct tstate *ts = &r->tasks[task];
	int64_t groups, each, n;
	uint32_t was = shown(ts);

	if (!ts->expanded || !tw_core_is_mapped(r->dag, t))
		return false; /* of a task that is mapped no more each instance runs, as in Airflow */
	groups = mapping_length(r, tw_core_group_map(r, t));
	each = mapping_length(r, t->map);
	n = groups * each;
	if (groups < 0 || each < 0 || n > MAX_INSTANCES)
		return false; /* asked again when one of its instances is next to run */
	ts->revise = false;
	revise_above(r, t);
	ts->per = (int)(each ? each : 1);
	if (n > ts->n) {
		tw_core_add_instances(r, task, (int)n, false);
		if (t->mapped_group >= 0)
			tw_core_recount(r, task);
		tell_count(r, task, was);
	}
	for (int i = 0; i < ts->n; i++) {
		struct ti *x = ts->tis[i];
		if (i >= n && x->state == TW_TI_NONE)
			end_unrun(x, TW_TI_REMOVED);
		else if (tw_core_schedulable(x))
			tw_core_work(x);
	}
	return true;
}

/* ── which item is whose ────────────────────────────────────────────────────────────────── */

static int place_args(const struct run *r, const struct tw_mapping *m, int64_t index, bool of_group,
		      struct tw_fx_arg *out)
{
	for (int i = m->n - 1; i >= 0; i--) {
		int64_t n = tw_core_length(r, &m->over[i].source);
		out[i] = (struct tw_fx_arg){
			.name = m->over[i].name,
			.source = &m->over[i].source,
			.index = n > 0 ? index % n : 0,
			.of_group = of_group,
		};
		index = n > 0 ? index / n : 0;
	}
	return m->n;
}

void tw_core_map_args(const struct ti *ti, struct tw_arena *a, struct tw_fx_dispatch *d)
{
	const struct run *r = ti->run;
	const struct tw_task *t = task_at(r, ti->task);
	const struct tw_mapping *g = tw_core_group_map(r, t);
	int per = r->tasks[ti->task].per;

	if (ti->map_index < 0 || (!g && !t->map))
		return;
	struct tw_fx_arg *args = tw_arena_array(a, struct tw_fx_arg, (size_t)(g ? g->n : 0) + (size_t)(t->map ? t->map->n : 0));
	if (per < 1)
		per = 1;
	if (g)
		d->nargs += place_args(r, g, ti->map_index / per, true, args);
	if (t->map)
		d->nargs += place_args(r, t->map, g ? ti->map_index % per : ti->map_index, false, args + d->nargs);
	d->args = args;
}

/* Whoever maps over this task looks at its length again. */
static bool mapping_uses(const struct tw_mapping *m, int task)
{
	for (int i = 0; m && i < m->n; i++)
		if (source_uses(&m->over[i].source, task))
			return true;
	return false;
}

/* The members of a mapped group that are not right below what it maps over hear of its end, too. */
void tw_core_length_known(struct run *r, int task)
{
	for (int g = 0; r->dag->has_mapped_groups && g < r->dag->ngroups; g++) {
		if (!mapping_uses(r->dag->groups[g].map, task))
			continue;
		for (int i = 0; i < r->ntasks; i++) {
			const struct tstate *d = &r->tasks[i];
			if (task_at(r, i)->mapped_group == g && d->n && !d->expanded && tw_core_schedulable(d->tis[0]))
				tw_core_work(d->tis[0]);
		}
	}
}

void tw_core_length_changes(struct run *r, int task)
{
	for (int i = 0; r->has_mapped && i < r->ntasks; i++) {
		const struct tw_task *d = task_at(r, i);
		if (r->tasks[i].expanded &&
		    (mapping_uses(d->map, task) || mapping_uses(tw_core_group_map(r, d), task)))
			r->tasks[i].revise = true;
	}
}
