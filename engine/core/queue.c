/*
 * Who is next (states.md §6). Scheduled instances of one run (2.x: of one DAG) for one pool wait in a bucket,
 * ordered. A DAG's share of a pool holds the buckets whose run may start more, a pool the shares, the scheduler the
 * pools that have an open slot: what is blocked is in none of these heaps and costs nothing until its limit gives a
 * slot back. Instances that only their own limit blocks (their task's, the executor's, too many slots) are parked there.
 *
 * Among DAGs whose first ones weigh the same, the DAG that has the fewest queued and running goes first, then the one
 * that has waited longest for a slot, so that none waits until a larger one is through. Airflow asks for the date alone.
 */
#include <limits.h>

#include "core/core.h"

static const struct tw_task *task_of(const struct ti *ti)
{
	return &ti->run->dag->tasks[ti->task];
}

int tw_core_weight(const struct ti *ti)
{
	const struct tw_task *t = task_of(ti);
	bool counted = ti->state != TW_TI_NONE && ti->state != TW_TI_UP_FOR_RETRY;
	int made = ti->try_number - (counted && ti->try_number > 0);

	if (!t->nweights)
		return t->weight_total;
	return t->weights[made < t->nweights ? made : t->nweights - 1];
}

static bool before(const struct ti *a, const struct ti *b)
{
	int wa = tw_core_weight(a), wb = tw_core_weight(b);
	const struct tw_run_row *ra = &a->run->row, *rb = &b->run->row;
	tw_time la = ra->logical_date != TW_TIME_NONE ? ra->logical_date : ra->run_after;
	tw_time lb = rb->logical_date != TW_TIME_NONE ? rb->logical_date : rb->run_after;

	if (wa != wb)
		return wa > wb;
	if (la != lb)
		return la < lb;
	if (a->map_index != b->map_index)
		return a->map_index < b->map_index;
	if (a->run != b->run)
		return a->run->seq < b->run->seq;
	return a->task < b->task;
}

static bool goes_first(const struct ti *a, const struct ti *b)
{
	const struct dagent *da = a->run->d, *db = b->run->d;

	if (da == db || tw_core_weight(a) != tw_core_weight(b))
		return before(a, b);
	if (da->active != db->active)
		return da->active < db->active;
	return da->served != db->served ? da->served < db->served : before(a, b);
}

int tw_core_before(const struct ti *ti, int *ret_all)
{
	int n = 0;

	*ret_all = 0;
	tw_map_foreach(&ti->run->s->dags, e) {
		const struct dagent *d = e->value;
		for (size_t k = 0; k < d->nruns; k++) {
			const struct run *r = d->runs[k];
			for (int t = 0; r->nstate[TW_TI_SCHEDULED] && t < r->ntasks; t++)
				for (int i = 0; i < r->tasks[t].n; i++) {
					const struct ti *x = r->tasks[t].tis[i];
					if (x->pool != ti->pool || x->state != TW_TI_SCHEDULED)
						continue;
					++*ret_all;
					n += x != ti && goes_first(x, ti);
				}
		}
	}
	return n;
}

static struct ti *queued_ti(const struct tw_heap_node *n)
{
	return tw_container_of(n, struct ti, queue);
}

static bool ti_before(const struct tw_heap_node *a, const struct tw_heap_node *b)
{
	return before(queued_ti(a), queued_ti(b));
}

/* Smallest first: what fits is found at the top. */
static bool smaller_before(const struct tw_heap_node *a, const struct tw_heap_node *b)
{
	int sa = queued_ti(a)->pool_slots, sb = queued_ti(b)->pool_slots;

	return sa != sb ? sa < sb : ti_before(a, b);
}

/* The widest limit first: versions of a DAG may differ in it, and who may go by his own must not wait behind who may not. */
static bool wider_before(const struct tw_heap_node *a, const struct tw_heap_node *b)
{
	int la = task_of(queued_ti(a))->max_active_per_dag, lb = task_of(queued_ti(b))->max_active_per_dag;

	return la != lb ? la > lb : ti_before(a, b);
}

static struct bucket *bucket_of(const struct tw_heap_node *n)
{
	return tw_container_of(n, struct bucket, node);
}

static struct share *share_of(const struct tw_heap_node *n)
{
	return tw_container_of(n, struct share, node);
}

static struct ti *first_of_bucket(const struct tw_heap_node *n)
{
	return queued_ti(tw_heap_min(&bucket_of(n)->tis));
}

static struct ti *first_of_share(const struct tw_heap_node *n)
{
	return first_of_bucket(tw_heap_min(&share_of(n)->buckets));
}

static struct ti *first_of_pool(const struct tw_heap_node *n)
{
	return first_of_share(tw_heap_min(&tw_container_of(n, struct pool, node)->shares));
}

static bool bucket_before(const struct tw_heap_node *a, const struct tw_heap_node *b)
{
	return before(first_of_bucket(a), first_of_bucket(b));
}

static bool share_before(const struct tw_heap_node *a, const struct tw_heap_node *b)
{
	return goes_first(first_of_share(a), first_of_share(b));
}

bool tw_pool_before(const struct tw_heap_node *a, const struct tw_heap_node *b)
{
	return goes_first(first_of_pool(a), first_of_pool(b));
}

/* In the heap or not, and at its place there. */
static void settle_in(struct tw_heap *h, struct tw_heap_node *n, bool in)
{
	if (!in)
		tw_heap_remove(h, n);
	else if (n->pos)
		tw_heap_moved(h, n);
	else
		tw_heap_push(h, n);
}

static void unpark_one(struct tw_heap *parked);

/* ── pools ──────────────────────────────────────────────────────────────────────────────── */

struct pool *tw_core_pool(struct tw_sched *s, struct tw_str name)
{
	struct pool *p = tw_map_get(&s->pools, name);

	if (!p) {
		p = tw_new(struct pool);
		p->name = tw_str(tw_str_dup(name));
		p->name.n = name.n;
		p->shares.before = share_before;
		p->big.before = smaller_before;
		tw_map_set(&s->pools, name, p);
	}
	return p;
}

int64_t tw_core_pool_open(const struct pool *p)
{
	if (!p->known)
		return 0;
	if (p->slots < 0)
		return INT64_MAX;
	int64_t open = p->slots - p->running - p->queued - (p->include_deferred ? p->deferred : 0);
	return open > 0 ? open : 0;
}

static void pool_fix(struct tw_sched *s, struct pool *p)
{
	settle_in(&s->ready_pools, &p->node, p->shares.n && tw_core_pool_open(p) > 0);
}

static void share_fix(struct tw_sched *s, struct share *sh)
{
	settle_in(&sh->pool->shares, &sh->node, sh->buckets.n > 0);
	pool_fix(s, sh->pool);
}

/* Out of those that are compared, as long as what it is compared by changes; share_fix puts it back. */
static void share_out(struct tw_sched *s, struct share *sh)
{
	tw_heap_remove(&s->ready_pools, &sh->pool->node);
	tw_heap_remove(&sh->pool->shares, &sh->node);
}

static void bucket_fix(struct tw_sched *s, struct bucket *b)
{
	settle_in(&b->share->buckets, &b->node, b->tis.n && b->limit->active < b->max);
	share_fix(s, b->share);
}

void tw_core_pool_changed(struct tw_sched *s, struct pool *p)
{
	int64_t open = tw_core_pool_open(p);
	struct tw_heap_node *top;

	/* What has become small enough goes back to its bucket, and is looked at in its turn. */
	while (open > 0 && (top = tw_heap_min(&p->big)) && queued_ti(top)->pool_slots <= open)
		unpark_one(&p->big);
	pool_fix(s, p);
}

void tw_core_limit_changed(struct cgroup *g)
{
	for (size_t i = 0; i < g->n; i++) {
		struct bucket *b = g->buckets[i];
		struct tw_heap_node *top = tw_heap_min(&b->tis);
		if (top)
			bucket_fix(queued_ti(top)->run->s, b);
	}
}

void tw_cgroup_release(struct cgroup *g)
{
	for (size_t i = 0; i < g->n; i++) {
		tw_heap_release(&g->buckets[i]->tis);
		free(g->buckets[i]);
	}
	free(g->buckets);
}

/* ── executors and the limits of a task ─────────────────────────────────────────────────── */

struct executor *tw_core_executor(struct tw_sched *s, struct tw_str name)
{
	struct executor *e = tw_map_get(&s->executors, name);

	if (!e) {
		e = tw_new(struct executor);
		e->name = tw_str(tw_str_dup(name));
		e->name.n = name.n;
		e->parked.before = ti_before;
		tw_map_set(&s->executors, name, e);
	}
	return e;
}

struct tw_str tw_core_executor_name(const struct ti *ti)
{
	struct tw_str name = ti->executor ? ti->executor->name : ti->run->s->cfg.default_executor;

	return name.p ? name : TW_STR("");
}

static struct executor *executor_of(const struct ti *ti)
{
	return ti->executor ? ti->executor : tw_core_executor(ti->run->s, tw_core_executor_name(ti));
}

static bool executor_full(const struct executor *e)
{
	return e->slots < 0 || (e->slots > 0 && e->active >= e->slots);
}

/* A limit has a slot to give: whoever is parked there is looked at before this step is over. */
static void opened(struct tw_sched *s, struct tw_heap *parked)
{
	if (parked->n)
		tw_vec_push(&s->opened, parked);
}

void tw_core_executor_changed(struct tw_sched *s, struct executor *e)
{
	opened(s, &e->parked);
}

static bool counts_for_task(enum tw_ti_state s)
{
	return tw_ti_executing(s) || s == TW_TI_DEFERRED || s == TW_TI_AWAITING_INPUT;
}

/* All instances of the task count, also those of runs whose version does not limit it. */
static int count_active(const struct dagent *d, struct tw_str task_id)
{
	int n = 0;

	for (size_t i = 0; i < d->nruns; i++) {
		const struct run *r = d->runs[i];
		int t = tw_dag_task(r->dag, task_id);
		for (int k = 0; t >= 0 && t < r->ntasks && k < r->tasks[t].n; k++)
			n += counts_for_task(r->tasks[t].tis[k]->state);
	}
	return n;
}

/* NULL when no version that is held limits the task. */
struct dag_task *tw_core_dag_task(struct ti *ti, bool *ret_new)
{
	const struct tw_task *t = task_of(ti);
	struct dagent *d = ti->run->d;

	*ret_new = false;
	if (t->max_active_per_dag < 0 && !d->tasks.len)
		return NULL;
	struct dag_task *x = tw_map_get(&d->tasks, t->task_id);
	if (!x && t->max_active_per_dag >= 0) {
		*ret_new = true;
		x = tw_new(struct dag_task);
		x->parked.before = wider_before;
		x->active = count_active(d, t->task_id);
		tw_map_set(&d->tasks, t->task_id, x);
	}
	return x;
}

/* ── in and out ─────────────────────────────────────────────────────────────────────────── */

static struct share *find_share(struct dagent *d, struct pool *p)
{
	for (size_t i = 0; i < d->shares.n; i++)
		if (d->shares.v[i]->pool == p)
			return d->shares.v[i];
	struct share *sh = tw_new(struct share);
	sh->pool = p;
	sh->buckets.before = bucket_before;
	tw_vec_push(&d->shares, sh);
	return sh;
}

void tw_core_free_shares(struct dagent *d)
{
	for (size_t i = 0; i < d->shares.n; i++) {
		tw_heap_release(&d->shares.v[i]->buckets);
		free(d->shares.v[i]);
	}
	tw_vec_release(&d->shares);
}

static struct bucket *find_bucket(struct ti *ti)
{
	struct cgroup *g = ti->run->limit;

	for (size_t i = 0; i < g->n; i++)
		if (g->buckets[i]->share->pool == ti->pool)
			return g->buckets[i];
	struct bucket *b = tw_new(struct bucket);
	b->limit = g;
	b->share = find_share(ti->run->d, ti->pool);
	b->tis.before = ti_before;
	struct { struct bucket **v; size_t n, cap; } vec = { g->buckets, g->n, g->cap };
	tw_vec_push(&vec, b);
	g->buckets = vec.v;
	g->n = vec.n;
	g->cap = vec.cap;
	return b;
}

static void put(struct ti *ti, struct tw_heap *h, enum place place)
{
	TW_ASSERT(ti->place == NOWHERE);
	tw_heap_push(h, &ti->queue);
	ti->in_heap = h;
	ti->place = (uint8_t)place;
}

static void take_out(struct ti *ti)
{
	struct tw_heap *h = ti->in_heap;
	bool in_bucket = ti->place == IN_BUCKET;

	/* A bucket's place among others hangs on its top: out first, then in again. */
	if (in_bucket) {
		struct bucket *b = tw_container_of(h, struct bucket, tis);
		struct tw_sched *s = ti->run->s;
		share_out(s, b->share);
		tw_heap_remove(&b->share->buckets, &b->node);
		tw_heap_remove(h, &ti->queue);
		bucket_fix(s, b);
	} else {
		tw_heap_remove(h, &ti->queue);
	}
	ti->in_heap = NULL;
	ti->place = NOWHERE;
}

void tw_core_enqueue(struct ti *ti)
{
	struct run *r = ti->run;

	if (ti->place != NOWHERE || ti->state != TW_TI_SCHEDULED || tw_core_stands(r->d) ||
	    r->row.state != TW_RUN_RUNNING)
		return;
	struct bucket *b = find_bucket(ti);
	const struct tw_dag *limits = r->limit == &r->d->limit && r->d->dag ? r->d->dag : r->dag;
	b->max = limits->max_active_tasks;
	put(ti, &b->tis, IN_BUCKET);
	bucket_fix(r->s, b);
}

static void unpark_one(struct tw_heap *parked)
{
	struct tw_heap_node *top = tw_heap_min(parked);

	if (top) {
		struct ti *ti = queued_ti(top);
		take_out(ti);
		tw_core_enqueue(ti);
	}
}

void tw_core_dequeue(struct ti *ti)
{
	if (ti->place != NOWHERE)
		take_out(ti);
}

void tw_core_requeue(struct run *r)
{
	if (!r->nstate[TW_TI_SCHEDULED])
		return;
	for (int t = 0; t < r->ntasks; t++)
		for (int i = 0; i < r->tasks[t].n; i++) {
			struct ti *ti = r->tasks[t].tis[i];
			if (ti->state != TW_TI_SCHEDULED)
				continue;
			tw_core_dequeue(ti);
			tw_core_enqueue(ti);
		}
}

/* ── slots ──────────────────────────────────────────────────────────────────────────────── */

static void pool_slots(struct ti *ti, enum tw_ti_state state, int64_t by)
{
	struct tw_sched *s = ti->run->s;
	struct pool *p = ti->pool;

	by *= ti->pool_slots;
	if (state == TW_TI_QUEUED)
		p->queued += by;
	else if (state == TW_TI_RUNNING)
		p->running += by;
	else if (state == TW_TI_DEFERRED)
		p->deferred += by;
	else
		p->scheduled += by;
	if (state != TW_TI_SCHEDULED)
		tw_core_pool_changed(s, p);
}

static void task_slots(struct ti *ti, int by)
{
	const struct tw_task *t = task_of(ti);
	struct tstate *ts = &ti->run->tasks[ti->task];

	if (t->max_active_per_run >= 0) {
		ts->active += by;
		ts->parked.before = ti_before;
		if (by < 0)
			opened(ti->run->s, &ts->parked);
	}
	bool is_new;
	struct dag_task *x = tw_core_dag_task(ti, &is_new);
	if (!x)
		return;
	if (!is_new || by < 0) /* a new one has counted this instance in the state that it has */
		x->active += by;
	if (by < 0)
		opened(ti->run->s, &x->parked);
}

/* The DAG's place among others hangs on how many slots it has, and since when. */
static void dag_slots(struct dagent *d, int by)
{
	for (size_t i = 0; i < d->shares.n; i++)
		share_out(d->s, d->shares.v[i]);
	d->active += by;
	if (by > 0)
		d->served = ++d->s->served;
	for (size_t i = 0; i < d->shares.n; i++)
		share_fix(d->s, d->shares.v[i]);
}

/* What a state takes, given (by = 1) or given back (-1). */
void tw_core_slots(struct ti *ti, enum tw_ti_state state, int by)
{
	struct run *r = ti->run;

	if (tw_ti_executing(state) || state == TW_TI_SCHEDULED || state == TW_TI_DEFERRED)
		pool_slots(ti, state, by);
	if (counts_for_task(state))
		task_slots(ti, by);
	if (!tw_ti_executing(state))
		return;
	struct executor *e = executor_of(ti);
	r->s->active += by;
	e->active += by;
	dag_slots(r->d, by);
	r->limit->active += by;
	tw_core_limit_changed(r->limit);
	if (by < 0)
		opened(r->s, &e->parked);
}

/* ── handing out ────────────────────────────────────────────────────────────────────────── */

static void hand_out(struct ti *ti)
{
	struct run *r = ti->run;
	struct tw_sched *s = r->s;
	const struct tw_task *t = task_of(ti);

	ti->queued = ti->beat = s->now;
	take_out(ti);
	tw_core_move(ti, TW_TI_QUEUED);
	tw_core_clean_slate(ti);
	ti->dispatch_turn = s->fx->turn;
	ti->fx_dispatch = s->fx->dispatch.n;
	struct tw_fx_dispatch d = {
		.dag = tw_dag_ref(r->dag),
		.task = ti->task,
		.run = r->row,
		.executor = tw_core_executor_name(ti),
		.start_trigger = t->start_from_trigger && !(ti->x && ti->x->next_method.p),
	};
	tw_core_ti_row(ti, &d.ti);
	tw_core_map_args(ti, &s->fx->arena, &d);
	tw_vec_push(&s->fx->dispatch, d);
}

/* The limit of its own that blocks an instance, and where it is parked then. */
static struct tw_heap *own_block(struct ti *ti, const struct pool *p, enum place *ret_place)
{
	const struct tw_task *t = task_of(ti);
	struct tstate *ts = &ti->run->tasks[ti->task];
	struct executor *e = executor_of(ti);
	bool is_new;
	struct dag_task *x = tw_core_dag_task(ti, &is_new);

	if (ti->pool_slots > tw_core_pool_open(p)) {
		*ret_place = PARKED_POOL;
		return (struct tw_heap *)&p->big;
	}
	if (t->max_active_per_run >= 0 && ts->active >= t->max_active_per_run) {
		ts->parked.before = ti_before;
		*ret_place = PARKED_RUN_LIMIT;
		return &ts->parked;
	}
	if (t->max_active_per_dag >= 0 && x->active >= t->max_active_per_dag) {
		*ret_place = PARKED_DAG_LIMIT;
		return &x->parked;
	}
	if (executor_full(e)) {
		*ret_place = PARKED_EXECUTOR;
		return &e->parked;
	}
	return NULL;
}

static void hand_out_all(struct tw_sched *s)
{
	struct tw_heap_node *top;

	while ((!s->cfg.parallelism || s->active < s->cfg.parallelism) &&
	       (top = tw_heap_min(&s->ready_pools))) {
		struct pool *p = tw_container_of(top, struct pool, node);
		struct ti *ti = first_of_pool(top);
		enum place place;
		struct tw_heap *parked = own_block(ti, p, &place);
		if (parked) {
			take_out(ti);
			put(ti, parked, place);
		} else {
			hand_out(ti);
		}
	}
}

/* How many of those parked here their limit has room for. Whether pool and run let them is their bucket's question. */
static int room(const struct tw_heap *parked)
{
	struct tw_heap_node *top = tw_heap_min(parked);

	if (!top)
		return 0;
	struct ti *ti = queued_ti(top);
	const struct tw_task *t = task_of(ti);
	const struct dag_task *x;
	const struct executor *e;
	switch ((enum place)ti->place) {
	case PARKED_RUN_LIMIT:
		return t->max_active_per_run - ti->run->tasks[ti->task].active;
	case PARKED_DAG_LIMIT:
		x = tw_map_get(&ti->run->d->tasks, t->task_id);
		return t->max_active_per_dag - x->active;
	case PARKED_EXECUTOR:
		e = executor_of(ti);
		return executor_full(e) ? 0 : e->slots ? e->slots - e->active : INT_MAX;
	default:
		return 0;
	}
}

static bool may_go(const struct ti *ti)
{
	if (ti->place != IN_BUCKET)
		return false;
	const struct bucket *b = tw_container_of(ti->in_heap, struct bucket, tis);
	return b->node.pos && b->share->pool->node.pos;
}

/*
 * Limits that opened let out as many as they have room for, before anything is given out: among all who wait the first in
 * order goes first. Who is let out may be blocked elsewhere; then the room is the next one's.
 */
static void let_out(struct tw_sched *s)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->opened.n; i++) {
		struct tw_heap *parked = s->opened.v[i];
		int n = room(parked);
		if (n > 0)
			s->opened.v[kept++] = parked;
		while (n > 0 && parked->n) {
			struct ti *ti = queued_ti(tw_heap_min(parked));
			unpark_one(parked);
			n -= may_go(ti);
		}
	}
	s->opened.n = kept;
}

void tw_core_dispatch(struct tw_sched *s)
{
	do {
		let_out(s);
		hand_out_all(s);
	} while (s->opened.n);
}
