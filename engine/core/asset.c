/*
 * Assets: what happened to one is told to the DAGs whose schedule names it, each of them keeps a mark per
 * asset, and when its condition holds over the marks a run is made of them (states.md §10).
 */
#include <stdlib.h>

#include "core/core.h"

struct listeners {
	TW_VEC(struct dagent *) v;
};

/* ── keys ───────────────────────────────────────────────────────────────────────────────── */

static struct tw_str join(struct tw_buf *b, char kind, struct tw_str x, struct tw_str y)
{
	tw_buf_clear(b);
	tw_buf_addc(b, kind);
	tw_buf_addstr(b, x);
	tw_buf_addc(b, '\0');
	tw_buf_addstr(b, y);
	return tw_buf_str(b);
}

static struct tw_str leaf_key(struct tw_buf *b, const struct tw_asset_term *leaf)
{
	static const char kinds[] = { [TW_ASSET_EXACT] = 'e', [TW_ASSET_NAME_REF] = 'n',
				      [TW_ASSET_URI_REF] = 'u', [TW_ASSET_ALIAS] = 'a' };

	return join(b, kinds[leaf->kind], leaf->key.name, leaf->key.uri);
}

static struct tw_str behind_key(struct tw_buf *b, struct tw_str alias, struct tw_str name, struct tw_str uri)
{
	join(b, 'b', alias, name);
	tw_buf_addc(b, '\0');
	tw_buf_addstr(b, uri);
	return tw_buf_str(b);
}

static bool is_behind(const struct tw_sched *s, struct tw_str alias, struct tw_str name, struct tw_str uri)
{
	struct tw_buf b = { 0 };
	bool is = tw_map_get(&s->behind, behind_key(&b, alias, name, uri)) != NULL;

	tw_buf_release(&b);
	return is;
}

static void put_behind(struct tw_sched *s, struct tw_str alias, struct tw_str name, struct tw_str uri)
{
	struct tw_buf b = { 0 };

	tw_map_set(&s->behind, behind_key(&b, alias, name, uri), s);
	tw_buf_release(&b);
}

/* ── who listens ────────────────────────────────────────────────────────────────────────── */

static void hear(void *arg, const struct tw_asset_term *leaf)
{
	struct dagent *d = arg;
	struct tw_buf b = { 0 };
	struct tw_str key = leaf_key(&b, leaf);
	struct listeners *l = tw_map_get(&d->s->listeners, key);

	if (!l) {
		l = tw_new(struct listeners);
		tw_map_set(&d->s->listeners, key, l);
	}
	tw_vec_push(&l->v, d);
	tw_buf_release(&b);
}

static void hear_no_more(void *arg, const struct tw_asset_term *leaf)
{
	struct dagent *d = arg;
	struct tw_buf b = { 0 };
	struct tw_str key = leaf_key(&b, leaf);
	struct listeners *l = tw_map_get(&d->s->listeners, key);

	for (size_t i = 0; l && i < l->v.n; i++)
		if (l->v.v[i] == d)
			l->v.v[i--] = l->v.v[--l->v.n];
	if (l && !l->v.n) {
		tw_map_del(&d->s->listeners, key);
		tw_vec_release(&l->v);
		free(l);
	}
	tw_buf_release(&b);
}

void tw_core_asset_listen(struct dagent *d, bool on)
{
	if (d->dag->asset_condition)
		tw_asset_term_each(d->dag->asset_condition, on ? hear : hear_no_more, d);
}

/* ── marks ──────────────────────────────────────────────────────────────────────────────── */

static struct tw_str owned(struct tw_str s)
{
	return (struct tw_str){ tw_str_dup(s), s.n };
}

static void free_mark(struct asset_mark *m)
{
	free((char *)m->name.p);
	free((char *)m->uri.p);
}

static struct asset_mark *find_mark(struct dagent *d, struct tw_str name, struct tw_str uri)
{
	for (size_t i = 0; i < d->marks.n; i++)
		if (tw_str_eq(d->marks.v[i].name, name) && tw_str_eq(d->marks.v[i].uri, uri))
			return &d->marks.v[i];
	return NULL;
}

static void add_mark(struct dagent *d, struct tw_str name, struct tw_str uri, tw_time at)
{
	struct asset_mark m = { .name = owned(name), .uri = owned(uri), .at = at };

	tw_vec_push(&d->marks, m);
}

/* A copy: the mark may go before the effects are written. */
static void tell_mark(struct dagent *d, enum tw_fx_asset_op op, struct tw_str name, struct tw_str uri, tw_time at)
{
	struct tw_effects *fx = d->s->fx;
	struct tw_fx_asset e = { .op = op, .dag_id = d->dag_id, .at = at };

	e.event.name = tw_core_keep(&fx->arena, name);
	e.event.uri = tw_core_keep(&fx->arena, uri);
	tw_vec_push(&fx->assets, e);
}

static void drop_mark(struct dagent *d, size_t i)
{
	struct asset_mark m = d->marks.v[i];

	tell_mark(d, TW_FX_ASSET_UNMARK, m.name, m.uri, TW_TIME_NONE);
	free_mark(&m);
	d->marks.v[i] = d->marks.v[--d->marks.n];
}

static void forget_marks(struct dagent *d)
{
	for (size_t i = 0; i < d->marks.n; i++)
		free_mark(&d->marks.v[i]);
	tw_vec_clear(&d->marks);
	d->span_start = d->span_end = TW_TIME_NONE;
}

struct about {
	const struct tw_sched *s;
	struct tw_str name, uri;
};

/* Is the leaf about this asset? */
static bool is_about(void *arg, const struct tw_asset_term *leaf)
{
	const struct about *a = arg;

	switch (leaf->kind) {
	case TW_ASSET_EXACT:
		return tw_str_eq(leaf->key.name, a->name) && tw_str_eq(leaf->key.uri, a->uri);
	case TW_ASSET_NAME_REF:
		return tw_str_eq(leaf->key.name, a->name);
	case TW_ASSET_URI_REF:
		return tw_str_eq(leaf->key.uri, a->uri);
	default:
		return is_behind(a->s, leaf->key.name, a->name, a->uri);
	}
}

bool tw_core_asset_is_about(const struct tw_sched *s, const struct tw_asset_term *leaf, struct tw_str name,
			    struct tw_str uri)
{
	struct about a = { s, name, uri };

	return is_about(&a, leaf);
}

static bool any_about(const struct tw_asset_term *t, struct about *a)
{
	bool found = t->kind < TW_ASSET_ALL && is_about(a, t);

	for (int i = 0; !found && i < t->n; i++)
		found = any_about(&t->of[i], a);
	return found;
}

void tw_core_asset_marks_check(struct dagent *d)
{
	for (size_t i = d->marks.n; i-- > 0;) {
		struct about a = { d->s, d->marks.v[i].name, d->marks.v[i].uri };
		if (!d->dag->asset_condition || !any_about(d->dag->asset_condition, &a))
			drop_mark(d, i);
	}
}

/* ── something happened ─────────────────────────────────────────────────────────────────── */

static void widen(struct dagent *d, const struct run *source, tw_time at)
{
	tw_time start = at, end = at;

	if (source && source->row.interval_start != TW_TIME_NONE) {
		start = source->row.interval_start;
		end = source->row.interval_end;
	}
	if (d->span_start == TW_TIME_NONE || start < d->span_start)
		d->span_start = start;
	if (d->span_end == TW_TIME_NONE || end > d->span_end)
		d->span_end = end;
}

/* One DAG hears of it, once however often its condition names the asset. An event of a partition is for those who ask for them. */
static void tell(struct dagent *d, const struct tw_asset_said *said, const struct run *source, tw_time at)
{
	struct tw_str key = said->partition_key.p || !source ? said->partition_key : source->row.partition_key;

	if (d->asset_seen == at)
		return;
	d->asset_seen = at;
	widen(d, source, at);
	if (d->paused)
		return;
	if (d->dag->timetable->type == TW_TT_PARTITIONED_ASSET) {
		/* The date of a run is that of its own key, not of another one that its task has named. */
		tw_time date = source && key.n && tw_str_eq(key, source->row.partition_key) ? source->row.partition_date : TW_TIME_NONE;
		tw_core_partition_heard(d, said->name, said->uri, key, date, at);
		return;
	}
	if (key.n)
		return;
	if (!find_mark(d, said->name, said->uri)) {
		add_mark(d, said->name, said->uri, at);
		tell_mark(d, TW_FX_ASSET_MARK, said->name, said->uri, at);
	}
	tw_core_dag_work(d);
}

static void tell_all(struct tw_sched *s, struct tw_asset_term leaf, const struct tw_asset_said *said,
		     const struct run *source, tw_time at)
{
	struct tw_buf b = { 0 };
	const struct listeners *l = tw_map_get(&s->listeners, leaf_key(&b, &leaf));

	for (size_t i = 0; l && i < l->v.n; i++)
		tell(l->v.v[i], said, source, at);
	tw_buf_release(&b);
}

static void tell_event(struct tw_sched *s, const struct tw_asset_said *said, const struct ti *source, int64_t event_id,
		       struct tw_str partition_key)
{
	struct tw_arena *a = &s->fx->arena;
	struct tw_str *aliases = tw_arena_array(a, struct tw_str, (size_t)said->naliases + 1);
	struct tw_fx_asset e = { .op = TW_FX_ASSET_EVENT, .at = s->now };

	for (int i = 0; i < said->naliases; i++)
		aliases[i] = tw_core_keep(a, said->aliases[i]);
	e.event = (struct tw_asset_event_row){
		.id = event_id,
		.name = tw_core_keep(a, said->name),
		.uri = tw_core_keep(a, said->uri),
		.asset_extra = tw_core_keep(a, said->asset_extra),
		.extra = tw_core_keep(a, said->extra),
		.source_map_index = -1,
		.timestamp = s->now,
		.partition_key = tw_core_keep(a, partition_key),
		.aliases = aliases,
		.naliases = said->naliases,
	};
	if (source) {
		e.event.source_dag_id = source->run->row.dag_id;
		e.event.source_run_id = source->run->row.run_id;
		e.event.source_task_id = source->run->dag->tasks[source->task].task_id;
		e.event.source_map_index = source->map_index;
	}
	tw_vec_push(&s->fx->assets, e);
}

void tw_core_asset_happened(struct tw_sched *s, const struct tw_asset_said *said, const struct ti *source,
			    int64_t event_id)
{
	const struct run *run = source ? source->run : NULL;
	struct tw_str partition_key = said->partition_key.p || !run ? said->partition_key : run->row.partition_key;

	if (s->now <= s->asset_clock)
		s->now = s->asset_clock + 1;
	s->asset_clock = s->now;
	tell_event(s, said, source, event_id, partition_key);
	for (int i = 0; i < said->naliases; i++)
		put_behind(s, said->aliases[i], said->name, said->uri);
	tell_all(s, (struct tw_asset_term){ .kind = TW_ASSET_EXACT, .key = { said->name, said->uri } }, said, run, s->now);
	tell_all(s, (struct tw_asset_term){ .kind = TW_ASSET_NAME_REF, .key.name = said->name }, said, run, s->now);
	tell_all(s, (struct tw_asset_term){ .kind = TW_ASSET_URI_REF, .key.uri = said->uri }, said, run, s->now);
	for (int i = 0; i < said->naliases; i++)
		tell_all(s, (struct tw_asset_term){ .kind = TW_ASSET_ALIAS, .key.name = said->aliases[i] }, said, run,
			 s->now);
}

/* ── the run that follows ───────────────────────────────────────────────────────────────── */

static bool is_marked(void *arg, const struct tw_asset_term *leaf)
{
	const struct dagent *d = arg;

	for (size_t i = 0; i < d->marks.n; i++) {
		struct about a = { d->s, d->marks.v[i].name, d->marks.v[i].uri };
		if (is_about(&a, leaf))
			return true;
	}
	return false;
}

static bool may_run(const struct dagent *d)
{
	return d->marks.n && d->dag && d->dag->asset_condition && !d->removed && !d->paused && !d->import_error &&
	       !d->dag->timetable->partitioned && d->s->cfg.use_job_schedule && !tw_core_dag_full(d);
}

static void consume(struct dagent *d, struct tw_str run_id, tw_time upto)
{
	struct tw_effects *fx = d->s->fx;
	struct tw_fx_asset e = { .op = TW_FX_ASSET_CONSUME, .dag_id = d->dag_id, .at = upto,
				 .run_id = tw_core_keep(&fx->arena, run_id),
				 .all_before = d->dag->catchup || d->dag->compat == 2 };

	tw_vec_push(&fx->assets, e);
	tell_mark(d, TW_FX_ASSET_UNMARK, tw_str(NULL), tw_str(NULL), TW_TIME_NONE);
}

struct tw_run_row tw_core_asset_run_row(const struct dagent *d, struct tw_str run_id, const struct tw_run_info *info)
{
	return (struct tw_run_row){
		.dag_id = d->dag_id,
		.run_id = run_id,
		.type = TW_RUNTYPE_ASSET_TRIGGERED,
		.state = TW_RUN_QUEUED,
		.triggered_by = TW_STR("asset"),
		.logical_date = info->logical_date,
		.interval_start = info->interval.start,
		.interval_end = info->interval.end,
		.run_after = info->run_after,
		.queued_at = d->s->now,
		.start_date = TW_TIME_NONE,
		.end_date = TW_TIME_NONE,
		.last_scheduling_decision = TW_TIME_NONE,
		.version_id = d->version_id,
		.bundle_version = d->bundle_version,
	};
}

/*
 * Of dates before the last scheduled run's the core does not know any more which have a run (tw_core_note_taken). Those that
 * schedules and people give are whole seconds, so an event at a whole second may meet one.
 */
static bool may_be_taken(const struct dagent *d, tw_time date)
{
	if (d->has_last && date < d->last.logical_date && date % TW_US_SEC == 0)
		return true;
	return tw_core_run_exists(d, TW_STR(""), date);
}

void tw_core_asset_run(struct dagent *d)
{
	struct tw_buf id = { 0 };
	tw_time newest = TW_TIME_MIN;

	tw_core_partition_runs(d);
	if (!may_run(d) || !tw_asset_term_met(d->dag->asset_condition, is_marked, d))
		return;
	for (size_t i = 0; i < d->marks.n; i++)
		if (d->marks.v[i].at > newest)
			newest = d->marks.v[i].at;
	bool dated = d->dag->compat == 2; /* 2.x knows no run without a logical date, and no two of one */
	while (dated && may_be_taken(d, newest))
		newest++;
	if (newest > d->s->asset_clock)
		d->s->asset_clock = newest; /* what happens next is not this run's */
	struct tw_run_info info = { .run_after = newest, .logical_date = dated ? newest : TW_TIME_NONE,
				    .interval = { TW_TIME_NONE, TW_TIME_NONE } };
	if (dated)
		info.interval = d->span_start == TW_TIME_NONE ? (struct tw_interval){ newest, newest } :
								(struct tw_interval){ d->span_start, d->span_end };
	tw_core_run_id(d, TW_RUNTYPE_ASSET_TRIGGERED, &info, d->dag, &id);
	struct tw_run_row row = tw_core_asset_run_row(d, tw_buf_str(&id), &info);
	tw_core_make_run(d, d->dag, &row, NULL);
	consume(d, row.run_id, newest);
	forget_marks(d);
	tw_buf_release(&id);
}

/* ── from the store, and by hand ────────────────────────────────────────────────────────── */

enum tw_rc tw_core_on_asset_load(struct tw_sched *s, const struct tw_ev_asset_load *ev, struct tw_err *err)
{
	struct dagent *d = ev->dag_id.p ? tw_core_dag(s, ev->dag_id, true) : NULL;

	if (ev->at != TW_TIME_NONE && ev->at > s->asset_clock)
		s->asset_clock = ev->at;
	if (ev->alias.p) {
		put_behind(s, ev->alias, ev->name, ev->uri);
		return TW_OK;
	}
	if (!d)
		return TW_OK;
	if (ev->partition_key.p) {
		tw_core_partition_load(d, ev->partition_key, ev->partition_date, ev->name, ev->uri, ev->source_key);
		return TW_OK;
	}
	if (ev->span_start != TW_TIME_NONE) {
		d->span_start = ev->span_start;
		d->span_end = ev->span_end;
	}
	if (ev->at == TW_TIME_NONE || find_mark(d, ev->name, ev->uri))
		return TW_OK;
	add_mark(d, ev->name, ev->uri, ev->at);
	if (d->dag)
		tw_core_asset_marks_check(d);
	tw_core_dag_work(d);
	return TW_OK;
}

static void unmark(struct dagent *d, const struct tw_ev_asset_unmark *ev)
{
	for (size_t i = d->marks.n; i-- > 0;) {
		const struct asset_mark *m = &d->marks.v[i];
		if (ev->name.p && !(tw_str_eq(m->name, ev->name) && tw_str_eq(m->uri, ev->uri)))
			continue;
		if (ev->before == TW_TIME_NONE || m->at < ev->before)
			drop_mark(d, i);
	}
}

enum tw_rc tw_core_on_asset_unmark(struct tw_sched *s, const struct tw_ev_asset_unmark *ev)
{
	struct dagent *one = ev->dag_id.p ? tw_core_dag(s, ev->dag_id, false) : NULL;

	if (one)
		unmark(one, ev);
	else if (!ev->dag_id.p)
		tw_map_foreach(&s->dags, e)
			unmark(e->value, ev);
	return TW_OK;
}

void tw_sched_each_asset_mark(const struct tw_sched *s, struct tw_str dag_id, tw_mark_visit visit, void *ctx)
{
	const struct dagent *d = tw_map_get(&s->dags, dag_id);

	for (size_t i = 0; d && i < d->marks.n; i++)
		visit(ctx, d->marks.v[i].name, d->marks.v[i].uri, d->marks.v[i].at);
}

void tw_core_asset_free_dag(struct dagent *d)
{
	forget_marks(d);
	tw_vec_release(&d->marks);
	tw_core_partition_free_dag(d);
}

void tw_core_asset_free(struct tw_sched *s)
{
	tw_map_foreach(&s->listeners, e) {
		struct listeners *l = e->value;
		tw_vec_release(&l->v);
		free(l);
	}
	tw_map_release(&s->listeners);
	tw_map_release(&s->behind);
}
