/*
 * Assets: what happens to them, told by tasks that end and by others; the DAGs that wait for it; and what must hold:
 * each DAG that listens is marked for what happened, once and never for nothing; a run is made of the marks when the condition
 * holds over them, once, and at once when there is room; no two things happen at one time; and no mark is lost, whatever dies.
 *
 * The condition is read from the document as it is written, not as the model has it.
 */
#include "sim/sim.h"

static struct tw_str uri_of(struct sim *m, int asset)
{
	return sim_printf(m, "a%d", asset);
}

static struct tw_str name_of(struct sim *m, int asset)
{
	return sim_printf(m, "n%d", asset);
}

static int number_of(struct sim *m, struct tw_str uri)
{
	int n = uri.n == 2 ? uri.p[1] - '0' : -1;

	if (n < 0 || n >= NASSETS)
		sim_fail(m, "an asset that nobody knows: " TW_STR_FMT, TW_STR_ARG(uri));
	return n;
}

/* ── conditions ─────────────────────────────────────────────────────────────────────────── */

static struct tw_value condition_of(const struct sim *m, const struct sdag *d)
{
	return tw_map_value(m->docs[d->doc].dag->schedule, "condition");
}

static bool names(struct tw_value leaf, int asset)
{
	struct tw_str key = tw_map_str(leaf, "asset", "");

	return key.n && key.p[key.n - 1] == '0' + asset;
}

static struct tw_value below(struct tw_value v)
{
	struct tw_value all = tw_map_value(v, "all");

	return all.kind == TW_V_LIST ? all : tw_map_value(v, "any");
}

/* Does the DAG want to hear of it? By its alias, if it came by it. */
static bool listens(struct tw_value v, int asset, bool by_alias)
{
	struct tw_value of = below(v);

	if (of.kind != TW_V_LIST)
		return names(v, asset) || (by_alias && tw_map_str(v, "alias", NULL).p);
	for (size_t i = 0; i < of.list->n; i++)
		if (listens(of.list->v[i], asset, by_alias))
			return true;
	return false;
}

static bool met(const struct sim *m, const struct sdag *d, struct tw_value v)
{
	struct tw_value of = below(v);
	bool all = tw_map_value(v, "all").kind == TW_V_LIST;

	if (of.kind == TW_V_LIST) {
		for (size_t i = 0; i < of.list->n; i++)
			if (met(m, d, of.list->v[i]) != all)
				return !all;
		return all;
	}
	for (int i = 0; i < NASSETS; i++)
		if (d->marks[i] != TW_TIME_NONE && listens(v, i, m->behind[i]))
			return true;
	return false;
}

static tw_time newest_mark(const struct sdag *d)
{
	tw_time newest = TW_TIME_NONE;

	for (int i = 0; i < NASSETS; i++)
		newest = d->marks[i] > newest ? d->marks[i] : newest;
	return newest;
}

/* ── what a commit says ─────────────────────────────────────────────────────────────────── */

static void note_event(struct sim *m, const struct tw_fx_asset *e)
{
	struct happened h = { .at = e->at, .asset = number_of(m, e->event.uri), .by_alias = e->event.naliases > 0 };

	if (e->at <= m->asset_clock)
		sim_fail(m, "two things happened to assets at one time");
	m->asset_clock = e->at;
	m->behind[h.asset] |= h.by_alias;
	if (e->event.source_run_id.p)
		h.source = store_run(m, (struct tw_run_ref){ e->event.source_dag_id, e->event.source_run_id });
	tw_vec_push(&m->happened, h);
	for (size_t i = 0; e->event.id && i < m->posted.n; i++) {
		struct posted *p = &m->posted.v[i];
		if (p->id != e->event.id)
			continue;
		if (p->done)
			sim_fail(m, "what was posted about a%d is told twice", h.asset);
		p->done = true;
	}
}

/* Everybody who listened has its mark now. */
static void check_heard(struct sim *m, const struct happened *h)
{
	for (int i = 0; i < m->ndags; i++) {
		const struct sdag *d = &m->dags[i];
		if (d->assets_changed || d->paused || !listens(condition_of(m, d), h->asset, h->by_alias))
			continue;
		if (d->marks[h->asset] == TW_TIME_NONE)
			sim_fail(m, "what happened to a%d is lost on " TW_STR_FMT, h->asset, TW_STR_ARG(d->dag_id));
	}
}

static void note_mark(struct sim *m, const struct tw_fx_asset *e)
{
	struct sdag *d = store_dag(m, e->dag_id);
	int asset = number_of(m, e->event.uri);
	const struct happened *h = m->happened.n ? &m->happened.v[m->happened.n - 1] : NULL;

	if (!h || h->asset != asset || h->at != e->at)
		sim_fail(m, TW_STR_FMT " is marked for a%d, to which nothing happened", TW_STR_ARG(d->dag_id), asset);
	if (!d->assets_changed && (d->paused || !listens(condition_of(m, d), asset, h->by_alias)))
		sim_fail(m, TW_STR_FMT " is marked for a%d, and does not listen", TW_STR_ARG(d->dag_id), asset);
	if (d->marks[asset] == TW_TIME_NONE)
		d->marks[asset] = e->at;
}

static void note_unmark(struct sim *m, const struct tw_fx_asset *e)
{
	struct sdag *d = store_dag(m, e->dag_id);

	if (e->event.name.p && !d->assets_changed)
		sim_fail(m, TW_STR_FMT " loses a mark, and nobody took it back", TW_STR_ARG(d->dag_id));
	for (int i = 0; i < NASSETS; i++)
		if (!e->event.name.p || i == number_of(m, e->event.uri))
			d->marks[i] = TW_TIME_NONE;
}

static void note_consume(struct sim *m, const struct tw_fx_asset *e)
{
	struct sdag *d = store_dag(m, e->dag_id);
	const struct srun *r = store_run(m, (struct tw_run_ref){ e->dag_id, e->run_id });

	if (!r || r->made_turn != m->turns || r->row.type != TW_RUNTYPE_ASSET_TRIGGERED)
		sim_fail(m, "events are taken by " TW_STR_FMT ", which is no run for assets", TW_STR_ARG(e->run_id));
	if (!d->assets_changed && !met(m, d, condition_of(m, d)))
		sim_fail(m, "run " TW_STR_FMT " is made, and the condition does not hold", TW_STR_ARG(e->run_id));
	bool dated = m->docs[d->doc].dag->compat == 2; /* its date may be another run's: then the next one */
	if (!d->assets_changed && newest_mark(d) != e->at && !(dated && newest_mark(d) < e->at))
		sim_fail(m, "run " TW_STR_FMT " does not take what it is made of", TW_STR_ARG(e->run_id));
	if (e->at <= d->consumed)
		sim_fail(m, "run " TW_STR_FMT " takes what another one has taken", TW_STR_ARG(e->run_id));
	d->consumed = e->at;
}

static int told(const struct turn *t)
{
	int n = 0;

	for (size_t i = 0; i < t->evs.n; i++) {
		const struct stepped *s = &t->evs.v[i];
		if (s->ev.type == TW_EV_ASSET)
			n++;
		else if (s->ev.type == TW_EV_FINISHED && s->ev.finished.outcome == TW_OUT_SUCCESS &&
			 t->fx->acks.v[s->ack].accepted)
			n += s->ev.finished.nassets;
	}
	return n;
}

void assets_apply(struct sim *m, const struct turn *t)
{
	const struct happened *open = NULL;
	size_t before = m->happened.n;
	int runs = 0;

	for (size_t i = 0; i < t->fx->assets.n; i++) {
		const struct tw_fx_asset *e = &t->fx->assets.v[i];
		if (open && e->op != TW_FX_ASSET_MARK) {
			check_heard(m, open);
			open = NULL;
		}
		switch (e->op) {
		case TW_FX_ASSET_EVENT:
			note_event(m, e);
			open = &m->happened.v[m->happened.n - 1];
			break;
		case TW_FX_ASSET_MARK:
			note_mark(m, e);
			break;
		case TW_FX_ASSET_UNMARK:
			note_unmark(m, e);
			break;
		case TW_FX_ASSET_CONSUME:
			note_consume(m, e);
			runs++;
			break;
		default:
			sim_fail(m, "a partition, and no DAG has any");
		}
	}
	if (open)
		check_heard(m, open);
	for (size_t i = 0; i < t->fx->runs.n; i++)
		runs -= t->fx->runs.v[i].op == TW_FX_INSERT && t->fx->runs.v[i].row.type == TW_RUNTYPE_ASSET_TRIGGERED;
	if (runs)
		sim_fail(m, "a run for assets takes no events");
	if ((int)(m->happened.n - before) != told(t))
		sim_fail(m, "%d things were told of assets, and %d are kept", told(t), (int)(m->happened.n - before));
}

/* ── what must hold ─────────────────────────────────────────────────────────────────────── */

struct seen {
	struct sim *m;
	tw_time marks[NASSETS];
};

static void see_mark(void *ctx, struct tw_str name, struct tw_str uri, tw_time at)
{
	struct seen *s = ctx;

	s->marks[number_of(s->m, uri)] = at;
}

static void same_marks(struct sim *m, const struct sdag *d)
{
	struct seen s = { .m = m };

	for (int i = 0; i < NASSETS; i++)
		s.marks[i] = TW_TIME_NONE;
	tw_sched_each_asset_mark(m->s, d->dag_id, see_mark, &s);
	if (memcmp(s.marks, d->marks, sizeof s.marks))
		sim_fail(m, "the marks of " TW_STR_FMT " are others in the core and in the store", TW_STR_ARG(d->dag_id));
}

static bool has_room(const struct sim *m, const struct sdag *d)
{
	int live = 0;

	for (size_t i = 0; i < d->all.n; i++)
		live += !d->all.v[i]->gone && !tw_run_finished(d->all.v[i]->row.state) &&
			d->all.v[i]->row.type != TW_RUNTYPE_BACKFILL;
	return live < m->docs[d->doc].dag->max_active_runs;
}

void assets_check(struct sim *m)
{
	for (int i = 0; m->with_assets && i < m->ndags; i++) {
		const struct sdag *d = &m->dags[i];
		struct tw_value c = condition_of(m, d);

		same_marks(m, d);
		if (c.kind != TW_V_MAP || newest_mark(d) == TW_TIME_NONE || d->paused || d->removed || d->import_error)
			continue;
		if (met(m, d, c) && has_room(m, d))
			sim_fail(m, "the condition of " TW_STR_FMT " holds, and no run is made", TW_STR_ARG(d->dag_id));
	}
}

void assets_check_end(struct sim *m)
{
	for (size_t i = 0; i < m->posted.n; i++)
		if (!m->posted.v[i].done)
			sim_fail(m, "what was posted about a%d is lost", m->posted.v[i].asset);
}

/* ── what happens ───────────────────────────────────────────────────────────────────────── */

static struct tw_asset_said said(struct sim *m, int asset, bool by_alias)
{
	struct tw_asset_said s = { .name = name_of(m, asset), .uri = uri_of(m, asset) };

	if (by_alias) {
		struct tw_str *alias = tw_arena_new(&m->arena, struct tw_str);
		*alias = TW_STR("al");
		s.aliases = alias;
		s.naliases = 1;
	}
	return s;
}

static void post(struct sim *m, const struct posted *p)
{
	sim_post(m, (struct tw_event){ .type = TW_EV_ASSET,
				       .asset = { .said = said(m, p->asset, false), .event_id = p->id } });
}

/* Whoever posts it has put it into the inbox: it comes again until a commit has taken it out. */
void assets_post_again(struct sim *m)
{
	for (size_t i = 0; i < m->posted.n; i++)
		if (!m->posted.v[i].done)
			post(m, &m->posted.v[i]);
}

static void take_back(struct sim *m)
{
	int asset = (int)sim_random(m, NASSETS);
	struct tw_ev_asset_unmark u = { .before = sim_chance(m, 300) ? m->now - TW_US_MIN : TW_TIME_NONE };

	if (sim_chance(m, 800))
		u.dag_id = m->dags[sim_random(m, (uint64_t)m->ndags)].dag_id;
	if (sim_chance(m, 600)) {
		u.name = name_of(m, asset);
		u.uri = uri_of(m, asset);
	}
	sim_post(m, (struct tw_event){ .type = TW_EV_ASSET_UNMARK, .asset_unmark = u });
}

void assets_act(struct sim *m)
{
	int r = m->with_assets ? (int)sim_random(m, 1000) : 1000;

	if (r < 40) {
		struct posted p = { .id = (int64_t)m->posted.n + 1, .asset = (int)sim_random(m, NASSETS) };
		tw_vec_push(&m->posted, p);
		post(m, &p);
	} else if (r < 43) {
		take_back(m);
	}
}

/* A task that ends well says what it did to its outlets: to some of them, or to one twice. */
void assets_of_end(struct sim *m, const struct tw_task *task, struct tw_ev_finished *end)
{
	struct tw_asset_said *v;

	if (!m->with_assets || !task || !task->noutlets)
		return;
	v = tw_arena_array(&m->arena, struct tw_asset_said, (size_t)task->noutlets * 2);
	for (int i = 0; i < task->noutlets * 2; i++) {
		const struct tw_asset_term *o = &task->outlets[i / 2];
		bool alias = o->kind == TW_ASSET_ALIAS;
		if (sim_chance(m, i % 2 ? 100 : 900))
			v[end->nassets++] = said(m, alias ? (int)sim_random(m, NASSETS) : number_of(m, o->key.uri), alias);
	}
	end->assets = v;
}

/* ── after a crash ──────────────────────────────────────────────────────────────────────── */

/* The span of what happened since the DAG's last run for assets: 2.x's data interval. */
static void span_of(const struct sim *m, const struct sdag *d, struct tw_ev_asset_load *ret)
{
	ret->span_start = ret->span_end = TW_TIME_NONE;
	for (size_t i = 0; i < m->happened.n; i++) {
		const struct happened *h = &m->happened.v[i];
		tw_time start = h->at, end = h->at;
		if (h->at <= d->consumed || !listens(condition_of(m, d), h->asset, h->by_alias))
			continue;
		if (h->source && h->source->row.interval_start != TW_TIME_NONE) {
			start = h->source->row.interval_start;
			end = h->source->row.interval_end;
		}
		ret->span_start = ret->span_start == TW_TIME_NONE || start < ret->span_start ? start : ret->span_start;
		ret->span_end = end > ret->span_end ? end : ret->span_end;
	}
}

/* After the DAGs, as a shell says it. */
void assets_boot(struct sim *m, void (*say)(struct sim *m, struct tw_event ev))
{
	struct tw_event ev = { .type = TW_EV_ASSET_LOAD, .at = m->now, .asset_load = { .alias = TW_STR("al"), .at = TW_TIME_NONE } };

	for (int i = 0; m->with_assets && i < NASSETS; i++) {
		ev.asset_load.name = name_of(m, i);
		ev.asset_load.uri = uri_of(m, i);
		if (m->behind[i])
			say(m, ev);
	}
	ev.asset_load = (struct tw_ev_asset_load){ .at = m->asset_clock };
	if (m->happened.n)
		say(m, ev);
	for (int k = 0; m->with_assets && k < m->ndags; k++) {
		const struct sdag *d = &m->dags[k];
		ev.asset_load.dag_id = d->dag_id;
		span_of(m, d, &ev.asset_load);
		for (int i = 0; i < NASSETS; i++) {
			ev.asset_load.name = name_of(m, i);
			ev.asset_load.uri = uri_of(m, i);
			ev.asset_load.at = d->marks[i];
			if (d->marks[i] != TW_TIME_NONE || !i)
				say(m, ev);
		}
	}
}
