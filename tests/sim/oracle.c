/*
 * What the contract says (docs/airflow's states: trigger rules, setups, skips, past, limits), asked of the store's rows in
 * the plainest way: everything is looked up and counted each time, nothing is remembered. No function of the core is used.
 */
#include "sim/sim.h"

/* ── what follows from the written arrows ───────────────────────────────────────────────── */

static void add_below(const struct tw_dag *d, int t, tw_bits *set)
{
	for (int i = 0; i < d->ntasks; i++)
		for (int k = 0; k < d->tasks[i].nupstream; k++)
			if (d->tasks[i].upstream[k] == t && !tw_bit(set, i)) {
				tw_bit_set(set, i);
				add_below(d, i, set);
			}
}

static bool directly(const struct tw_dag *d, int up, int down)
{
	for (int k = 0; k < d->tasks[down].nupstream; k++)
		if (d->tasks[down].upstream[k] == up)
			return true;
	return false;
}

static void add(int **v, int *n, int x)
{
	*v = tw_reallocarray(*v, (size_t)*n + 1, sizeof **v);
	(*v)[(*n)++] = x;
}

/* A setup's scope reaches to its teardowns; without any, to everything below it. */
static bool in_scope(const struct doc *doc, int setup, int t)
{
	const struct tw_dag *d = doc->dag;
	bool any = false;

	if (!tw_bit(doc->facts[setup].below, t))
		return false;
	for (int i = 0; i < d->ntasks; i++)
		if (d->tasks[i].is_teardown && directly(d, setup, i)) {
			any = true;
			if (tw_bit(doc->facts[t].below, i))
				return true;
		}
	return !any;
}

static void learn_scope(struct doc *doc, int teardown, int setup)
{
	struct fact *f = &doc->facts[teardown];

	for (int i = 0; i < doc->dag->ntasks; i++)
		if (tw_bit(doc->facts[setup].below, i) && tw_bit(doc->facts[i].below, teardown) &&
		    !directly(doc->dag, i, teardown))
			add(&f->scope, &f->nscope, i);
}

void oracle_learn(struct sim *m, struct doc *doc)
{
	const struct tw_dag *d = doc->dag;

	doc->facts = tw_zalloc(((size_t)d->ntasks + 1) * sizeof *doc->facts);
	for (int t = 0; t < d->ntasks; t++) {
		doc->facts[t].below = tw_bits_new(d->ntasks);
		add_below(d, t, doc->facts[t].below);
	}
	for (int t = 0; t < d->ntasks; t++)
		for (int s = 0; s < d->ntasks; s++) {
			if (!d->tasks[s].is_setup)
				continue;
			if (d->tasks[t].is_teardown && directly(d, s, t))
				learn_scope(doc, t, s);
			else if (!d->tasks[t].is_teardown && !directly(d, s, t) && in_scope(doc, s, t))
				add(&doc->facts[t].setups, &doc->facts[t].nsetups, s);
		}
}

void oracle_forget(struct doc *doc)
{
	for (int t = 0; t < doc->dag->ntasks; t++) {
		free(doc->facts[t].setups);
		free(doc->facts[t].scope);
		free(doc->facts[t].below);
	}
	free(doc->facts);
	free(doc->text);
	tw_dag_unref(doc->dag);
}

/* ── counting upstreams ─────────────────────────────────────────────────────────────────── */

struct tally {
	int u, s, k, f, uf, r, moved;
};

static void tally_row(struct sim *m, struct tally *c, const struct srow *t)
{
	c->u++;
	c->moved += t->moved_turn == m->turns;
	c->s += t->l.row.state == TW_TI_SUCCESS;
	c->k += t->l.row.state == TW_TI_SKIPPED;
	c->f += t->l.row.state == TW_TI_FAILED;
	c->uf += t->l.row.state == TW_TI_UPSTREAM_FAILED;
	c->r += t->l.row.state == TW_TI_REMOVED;
}

static bool done(const struct tally *c)
{
	return c->s + c->k + c->f + c->uf + c->r >= c->u;
}

static struct stask *task_in(const struct srun *r, int task)
{
	return tw_map_get(&r->tasks, r->doc->dag->tasks[task].task_id);
}

static bool expanded(const struct stask *s)
{
	return s && s->tis.n && s->tis.v[0]->l.row.map_index >= 0;
}

/* The instances of one upstream that instance t looks at: of its own mapped group those of its own index. */
static void tally_task(struct sim *m, struct tally *c, const struct srow *t, int task, int up)
{
	const struct tw_dag *d = t->run->doc->dag;
	const struct stask *s = task_in(t->run, up);
	int group = d->tasks[task].mapped_group, index = t->l.row.map_index;
	bool slice = group >= 0 && group == d->tasks[up].mapped_group && index >= 0 && expanded(s);

	if (!s || !s->tis.n)
		c->u++; /* never made, never done */
	for (size_t i = 0; s && i < s->tis.n; i++)
		if (!slice || s->tis.v[i]->l.row.map_index == index)
			tally_row(m, c, s->tis.v[i]);
}

static unsigned set_when(bool yes, unsigned state)
{
	return yes ? state : 0;
}

static unsigned ready_when(bool yes)
{
	return yes ? O_RUN : O_WAIT;
}

/* The table of trigger rules, row by row. */
static unsigned by_rule(enum tw_trigger_rule rule, const struct tally *c, int index)
{
	bool failed = c->f + c->uf > 0, all = done(c);
	unsigned set;

	switch (rule) {
	case TW_RULE_ALL_SUCCESS:
		set = failed ? O_UPSTREAM_FAILED : c->k ? O_SKIPPED : set_when(c->r && c->s && index > -1 && index >= c->s, O_REMOVED);
		return set ? set : ready_when(c->s + c->r == c->u);
	case TW_RULE_ALL_FAILED:
		return c->s + c->k ? O_SKIPPED : ready_when(c->f + c->uf + c->r == c->u);
	case TW_RULE_ALL_DONE:
	case TW_RULE_ALL_DONE_SETUP_SUCCESS:
		return ready_when(all);
	case TW_RULE_ALL_DONE_MIN_ONE_SUCCESS:
		set = c->k ? O_SKIPPED : set_when(all && !c->s, O_UPSTREAM_FAILED);
		return set ? set : ready_when(c->s + c->f + c->uf >= c->u - c->r && c->s);
	case TW_RULE_ONE_SUCCESS:
		set = all && !c->s ? c->k == c->u ? O_SKIPPED : O_UPSTREAM_FAILED : 0;
		return set ? set : ready_when(c->s >= 1);
	case TW_RULE_ONE_FAILED:
		return failed ? O_RUN : all ? O_SKIPPED : O_WAIT;
	case TW_RULE_ONE_DONE:
		return c->s + c->f ? O_RUN : all ? O_SKIPPED : O_WAIT;
	case TW_RULE_NONE_FAILED:
		return failed ? O_UPSTREAM_FAILED : ready_when(c->s + c->k + c->r == c->u);
	case TW_RULE_NONE_FAILED_MIN_ONE_SUCCESS:
		set = failed ? O_UPSTREAM_FAILED : c->k == c->u ? O_SKIPPED : set_when(all && !c->s, O_UPSTREAM_FAILED);
		return set ? set : ready_when(c->s + c->k + c->r == c->u && c->s >= 1);
	case TW_RULE_NONE_SKIPPED:
		return c->k ? O_SKIPPED : ready_when(all);
	case TW_RULE_ALL_SKIPPED:
		return c->s + c->f + c->uf ? O_SKIPPED : ready_when(c->k == c->u);
	case TW_RULE_ALWAYS:
	case TW_RULE_N:
		return O_RUN;
	}
	return O_RUN;
}

/* ── the other dependencies ─────────────────────────────────────────────────────────────── */

static unsigned by_own_setups(struct sim *m, const struct srow *t, const struct tw_task *task)
{
	struct tally c = { 0 };

	for (int i = 0; i < task->nupstream; i++)
		if (t->run->doc->dag->tasks[task->upstream[i]].is_setup)
			tally_task(m, &c, t, task->index, task->upstream[i]);
	if (!c.u || c.s)
		return O_RUN;
	return c.k == c.u ? O_SKIPPED : O_UPSTREAM_FAILED;
}

static unsigned by_scope(struct sim *m, const struct srow *t, const struct tw_task *task, int *moved)
{
	const struct fact *f = &t->run->doc->facts[task->index];
	struct tally c = { 0 };

	for (int i = 0; i < f->nscope; i++)
		tally_task(m, &c, t, task->index, f->scope[i]);
	*moved += c.moved;
	return ready_when(done(&c));
}

static unsigned by_indirect_setups(struct sim *m, const struct srow *t, const struct tw_task *task, int *moved)
{
	const struct fact *f = &t->run->doc->facts[task->index];
	struct tally c = { 0 };

	for (int i = 0; i < f->nsetups; i++)
		tally_task(m, &c, t, task->index, f->setups[i]);
	*moved += c.moved;
	if (c.f + c.uf)
		return O_UPSTREAM_FAILED;
	if (c.k)
		return O_SKIPPED;
	if (c.r)
		return O_ANY; /* the contract has nothing about removed setups */
	return ready_when(c.s == c.u);
}

static bool named(const struct srow *by, struct tw_str task_id)
{
	for (int i = 0; i < by->nskips; i++)
		if (tw_str_eq(by->skips[i], task_id))
			return true;
	return false;
}

static bool follows(const struct srow *by, const struct tw_task *task)
{
	const struct doc *doc = by->run->doc;

	for (int i = 0; i < by->nskips; i++) {
		int t = tw_dag_task(doc->dag, by->skips[i]);
		if (t == task->index || (t >= 0 && tw_bit(doc->facts[t].below, task->index)))
			return true;
	}
	return false;
}

/* Has a branch right above decided against it? A mapped one speaks for its own index. */
static bool skipped_by_branch(const struct srow *t, const struct tw_task *task)
{
	const struct tw_dag *d = t->run->doc->dag;

	for (int i = 0; i < task->nupstream && !task->is_teardown; i++) {
		const struct stask *s = task_in(t->run, task->upstream[i]);
		if (!d->tasks[task->upstream[i]].can_skip || !s)
			continue;
		for (size_t k = 0; k < s->tis.n; k++) {
			const struct srow *by = s->tis.v[k];
			if (!by->l.skip_record.p || !tw_ti_finished(by->l.row.state) ||
			    (expanded(s) && by->l.row.map_index != t->l.row.map_index))
				continue;
			if (by->skips_followed ? !follows(by, task) : named(by, task->task_id))
				return true;
		}
	}
	return false;
}

static bool source_waits(const struct srun *r, const struct tw_source *src)
{
	if (src->kind == TW_SRC_XCOM) {
		const struct stask *s = task_in(r, src->task);
		for (size_t i = 0; s && i < s->tis.n; i++)
			if (!tw_ti_finished(s->tis.v[i]->l.row.state))
				return true;
		/* One that was removed before it was expanded never has a length. */
		return !s || !s->tis.n || (!expanded(s) && s->tis.v[0]->l.row.state == TW_TI_REMOVED);
	}
	for (int i = 0; i < src->n; i++)
		if (source_waits(r, &src->inner[i]))
			return true;
	return false;
}

static bool mapping_waits(const struct srun *r, const struct tw_mapping *map)
{
	for (int i = 0; map && i < map->n; i++)
		if (source_waits(r, &map->over[i].source))
			return true;
	return false;
}

/* ── the run before ─────────────────────────────────────────────────────────────────────── */

static bool by_schedule(const struct srun *r)
{
	return r->row.type == TW_RUNTYPE_SCHEDULED || r->row.type == TW_RUNTYPE_BACKFILL;
}

static const struct srun *run_before(const struct srun *r, bool *ret_first_of_backfill)
{
	const struct srun *best = NULL;
	bool backfill = r->row.type == TW_RUNTYPE_BACKFILL;

	*ret_first_of_backfill = backfill;
	for (size_t i = 0; i < r->d->all.n; i++) {
		const struct srun *p = r->d->all.v[i];
		if (p->gone || p->row.logical_date == TW_TIME_NONE || p->row.logical_date >= r->row.logical_date)
			continue;
		if (backfill && p->row.type == TW_RUNTYPE_BACKFILL && p->row.backfill_id == r->row.backfill_id)
			*ret_first_of_backfill = false;
		if (r->doc->dag->catchup && !by_schedule(p))
			continue;
		if (!best || p->row.logical_date > best->row.logical_date)
			best = p;
	}
	return best;
}

static bool ever_before(const struct srun *r, struct tw_str task_id)
{
	for (size_t i = 0; i < r->d->all.n; i++) {
		const struct srun *p = r->d->all.v[i];
		const struct stask *s = p->gone || p->row.logical_date == TW_TIME_NONE || p->row.logical_date >= r->row.logical_date ?
						NULL :
						tw_map_get(&p->tasks, task_id);
		if (s && s->tis.n)
			return true;
	}
	return false;
}

static bool went_well(const struct stask *s)
{
	for (size_t i = 0; s && i < s->tis.n; i++)
		if (s->tis.v[i]->l.row.state != TW_TI_SUCCESS && s->tis.v[i]->l.row.state != TW_TI_SKIPPED)
			return false;
	return true;
}

static bool past_waits(const struct srow *t, const struct tw_task *task, const struct srun **ret_prev)
{
	const struct srun *r = t->run, *prev;
	bool first;

	if (!task->depends_on_past || r->row.logical_date == TW_TIME_NONE)
		return false;
	prev = *ret_prev = run_before(r, &first);
	if (!prev || first)
		return false;
	if (r->doc->dag->catchup && task->start_date != TW_TIME_NONE && prev->row.logical_date < task->start_date)
		return false;
	const struct stask *s = tw_map_get(&prev->tasks, task->task_id);
	if (!s || !s->tis.n)
		return !task->ignore_first_depends_on_past || ever_before(r, task->task_id);
	if (!went_well(s))
		return true;
	for (int i = 0; task->wait_for_downstream && i < task->ndownstream; i++)
		if (!went_well(tw_map_get(&prev->tasks, r->doc->dag->tasks[task->downstream[i]].task_id)))
			return true;
	return false;
}

static bool moved_now(const struct sim *m, const struct stask *s)
{
	for (size_t i = 0; s && i < s->tis.n; i++)
		if (s->tis.v[i]->moved_turn == m->turns)
			return true;
	return false;
}

static bool past_moved(const struct sim *m, const struct srun *prev, const struct tw_dag *d, const struct tw_task *task)
{
	if (!prev)
		return false;
	if (prev->gone || moved_now(m, tw_map_get(&prev->tasks, task->task_id)))
		return true;
	for (int i = 0; task->wait_for_downstream && i < task->ndownstream; i++)
		if (moved_now(m, tw_map_get(&prev->tasks, d->tasks[task->downstream[i]].task_id)))
			return true;
	return false;
}

/* ── the answer ─────────────────────────────────────────────────────────────────────────── */

/* What is certain is set, whatever else is not; it runs when all agree. */
static void agree(struct ruling *r, unsigned says)
{
	unsigned sets = O_SKIPPED | O_UPSTREAM_FAILED | O_REMOVED;

	if (r->may & sets || says & sets)
		r->may = (r->may & sets) | (says & sets);
	else if (says == O_WAIT)
		r->may = O_WAIT;
}

struct ruling oracle_ask(struct sim *m, const struct srow *t)
{
	const struct tw_dag *d = t->run->doc->dag;
	int n = tw_dag_task(d, t->task->task_id), index = t->l.row.map_index;
	struct ruling r = { .may = O_RUN };

	if (n < 0)
		return (struct ruling){ .may = O_ANY };
	const struct tw_task *task = &d->tasks[n];
	if (index < 0 && task->mapped_group >= 0)
		return (struct ruling){ .may = O_ANY }; /* the group's members are judged once they have their index */
	struct tally c = { 0 };
	for (int i = 0; i < task->nupstream; i++)
		tally_task(m, &c, t, n, task->upstream[i]);
	r.upstreams_moved = c.moved;
	r.past_waits = past_waits(t, task, &r.past);
	r.past_moved = past_moved(m, r.past, d, task);
	if (skipped_by_branch(t, task))
		agree(&r, O_SKIPPED);
	/* always is always: Airflow does not look at setups then. */
	bool looks = !task->is_teardown && task->trigger_rule != TW_RULE_ALWAYS;
	unsigned setups = !looks ? O_RUN : by_indirect_setups(m, t, task, &r.upstreams_moved);
	if (setups == O_ANY)
		return (struct ruling){ .may = O_ANY };
	agree(&r, setups);
	if (task->nupstream) {
		unsigned says = by_rule(task->trigger_rule, &c, index);
		if (says == O_RUN && task->trigger_rule == TW_RULE_ALL_DONE_SETUP_SUCCESS)
			says = by_own_setups(m, t, task);
		agree(&r, says);
	}
	if (task->is_teardown)
		agree(&r, by_scope(m, t, task, &r.upstreams_moved));
	r.unexpanded = index < 0 && task->map;
	if (r.unexpanded && mapping_waits(t->run, task->map))
		agree(&r, O_WAIT);
	return r;
}

/* ── limits ─────────────────────────────────────────────────────────────────────────────── */

static int executing_of_dag(const struct sdag *d)
{
	int n = 0;

	for (size_t i = 0; i < d->all.n; i++)
		n += !d->all.v[i]->gone && d->all.v[i]->doc->dag->max_active_tasks_of_dag ? d->all.v[i]->executing : 0;
	return n;
}

bool oracle_blocked(struct sim *m, const struct srow *t)
{
	const struct tw_ti_row *row = &t->l.row;
	const struct tw_dag *d = t->run->doc->dag;
	const struct spool *p = &m->pools[row->pool.n == 2 ? row->pool.p[1] - '0' : NPOOLS];
	const struct sexec *e = &m->execs[row->executor.n == 2 ? row->executor.p[1] - '0' : 0];
	int64_t open = p->slots - p->used - (p->include_deferred ? p->deferred : 0);
	int n = tw_dag_task(d, row->task_id);

	if (n < 0)
		return true;
	if (m->cfg.parallelism && m->executing >= m->cfg.parallelism)
		return true;
	if (e->slots < 0 || (e->slots && e->used >= e->slots))
		return true;
	if (!p->known || (p->slots >= 0 && (open <= 0 || row->pool_slots > open)))
		return true;
	if (d->max_active_tasks_of_dag ? executing_of_dag(t->run->d) >= m->docs[t->run->d->doc].dag->max_active_tasks :
					 t->run->executing >= d->max_active_tasks)
		return true;
	const struct tw_task *task = &d->tasks[n];
	if (task->max_active_per_run >= 0 && t->task->active >= task->max_active_per_run)
		return true;
	return task->max_active_per_dag >= 0 && *t->task->of_dag >= task->max_active_per_dag;
}

bool oracle_before(const struct srow *a, const struct srow *b)
{
	const struct tw_run_row *ra = &a->run->row, *rb = &b->run->row;
	tw_time la = ra->logical_date != TW_TIME_NONE ? ra->logical_date : ra->run_after;
	tw_time lb = rb->logical_date != TW_TIME_NONE ? rb->logical_date : rb->run_after;

	if (a->l.row.priority_weight != b->l.row.priority_weight)
		return a->l.row.priority_weight > b->l.row.priority_weight;
	if (la != lb)
		return la < lb;
	return a->l.row.map_index < b->l.row.map_index;
}
