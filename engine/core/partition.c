/*
 * Partitions: an event with a partition key goes to the DAGs whose schedule asks for partitions of the asset. Their mappers say
 * which of the DAG's own keys it belongs to; a run is made of a key when all that the condition asks for has come for it.
 */
#include <stdlib.h>

#include "core/core.h"
#include "model/partition.h"
#include "value/json.h"

struct partition {
	struct tw_str key;           /* owned */
	tw_time date;                /* what its producers' runs are of, if they agree; where the key does not say it */
	TW_VEC(struct asset_mark) seen; /* at: when the event was; source: its key upstream */
};

static struct tw_str owned(struct tw_str s)
{
	return (struct tw_str){ tw_str_dup(s), s.n };
}

static void free_partition(struct partition *p)
{
	for (size_t i = 0; i < p->seen.n; i++) {
		free((char *)p->seen.v[i].name.p);
		free((char *)p->seen.v[i].uri.p);
		free((char *)p->seen.v[i].source.p);
	}
	tw_vec_release(&p->seen);
	free((char *)p->key.p);
	free(p);
}

void tw_core_partition_free_dag(struct dagent *d)
{
	for (size_t i = 0; i < d->partitions.n; i++)
		free_partition(d->partitions.v[i]);
	tw_vec_release(&d->partitions);
}

static void complain(struct dagent *d, const char *event, const char *why)
{
	struct tw_effects *fx = d->s->fx;
	struct tw_fx_audit a = { .dag_id = d->dag_id, .map_index = -1, .event = event,
				 .extra = tw_str_copy(&fx->arena, tw_str(why)) };

	tw_vec_push(&fx->audit, a);
}

/* ── what has come ──────────────────────────────────────────────────────────────────────── */

static struct partition *find(struct dagent *d, struct tw_str key, bool make)
{
	for (size_t i = 0; i < d->partitions.n; i++)
		if (tw_str_eq(d->partitions.v[i]->key, key))
			return d->partitions.v[i];
	if (!make)
		return NULL;
	struct partition *p = tw_new(struct partition);
	p->key = owned(key);
	p->date = TW_TIME_NONE;
	tw_vec_push(&d->partitions, p);
	return p;
}

static void note(struct partition *p, struct tw_str name, struct tw_str uri, struct tw_str source, tw_time at)
{
	struct asset_mark m = { .at = at };

	for (size_t i = 0; i < p->seen.n; i++)
		if (tw_str_eq(p->seen.v[i].name, name) && tw_str_eq(p->seen.v[i].uri, uri) &&
		    tw_str_eq(p->seen.v[i].source, source))
			return;
	m.name = owned(name);
	m.uri = owned(uri);
	m.source = owned(source);
	tw_vec_push(&p->seen, m);
}

void tw_core_partition_load(struct dagent *d, struct tw_str key, tw_time date, struct tw_str name, struct tw_str uri,
			    struct tw_str source)
{
	struct partition *p = find(d, key, true);

	note(p, name, uri, source, TW_TIME_NONE);
	p->date = date;
	tw_core_dag_work(d);
}

/* Two producers that disagree leave it unsaid, until another one says it (Airflow's _get_or_create_apdr). */
static void carry(struct partition *p, tw_time date)
{
	if (date != TW_TIME_NONE)
		p->date = p->date == TW_TIME_NONE || p->date == date ? date : TW_TIME_NONE;
}

/* Every event is kept in the store's log; here it counts once. */
void tw_core_partition_heard(struct dagent *d, struct tw_str name, struct tw_str uri, struct tw_str source, tw_time date,
			     tw_time at)
{
	struct tw_value mapper = tw_partition_mapper(d->dag, name, uri);
	struct tw_effects *fx = d->s->fx;
	struct tw_keys keys = { 0 };
	struct tw_err err = { 0 };

	if (!source.n) {
		complain(d, "missing partition key", "Listening Dags are partition-aware but the run has no partition key");
		return;
	}
	if (tw_partition_map(mapper, source, &fx->arena, &keys, &err) < 0) {
		complain(d, "failed to map partition_key", err.msg);
		return;
	}
	for (size_t i = 0; i < keys.n; i++) {
		struct tw_fx_asset e = { .op = TW_FX_ASSET_PARTITION, .dag_id = d->dag_id, .at = at };
		struct partition *p = find(d, keys.v[i], true);
		carry(p, tw_partition_is_identity(mapper) ? date : TW_TIME_NONE);
		e.event.name = tw_core_keep(&fx->arena, name);
		e.event.uri = tw_core_keep(&fx->arena, uri);
		e.event.partition_key = tw_core_keep(&fx->arena, source);
		e.partition_key = keys.v[i];
		e.partition_date = p->date;
		tw_vec_push(&fx->assets, e);
		note(p, name, uri, source, at);
	}
	tw_core_dag_work(d);
}

/* Another schedule: what has come was mapped by other rules. */
void tw_core_partition_check(struct dagent *d, const struct tw_dag *before)
{
	char *was, *is;

	if (!d->partitions.n)
		return;
	was = tw_json_dump(before->schedule, TW_JSON_COMPACT | TW_JSON_SORT);
	is = tw_json_dump(d->dag->schedule, TW_JSON_COMPACT | TW_JSON_SORT);
	if (strcmp(was, is) != 0) {
		struct tw_fx_asset e = { .op = TW_FX_ASSET_PARTITIONS_DROP, .dag_id = d->dag_id };
		tw_vec_push(&d->s->fx->assets, e);
		tw_core_partition_free_dag(d);
	}
	free(was);
	free(is);
}

/* ── the run of a key ───────────────────────────────────────────────────────────────────── */

struct judging {
	const struct dagent *d;
	const struct partition *p;
};

/* Of a rollup: are enough of the keys there that this one is made of? */
static bool rolled_up(const struct judging *j, struct tw_value mapper, const struct asset_mark *of)
{
	struct tw_arena a = { 0 };
	struct tw_keys keys = { 0 };
	size_t enough = 0, there = 0;
	bool ok = tw_partition_needs(mapper, j->p->key, &a, &keys, &enough, NULL) == TW_OK;

	for (size_t k = 0; ok && k < keys.n; k++)
		for (size_t i = 0; i < j->p->seen.n; i++) {
			const struct asset_mark *m = &j->p->seen.v[i];
			if (tw_str_eq(m->name, of->name) && tw_str_eq(m->uri, of->uri) && tw_str_eq(m->source, keys.v[k])) {
				there++;
				break;
			}
		}
	tw_arena_release(&a);
	return ok && enough <= keys.n && there >= enough;
}

static bool holds(void *arg, const struct tw_asset_term *leaf)
{
	const struct judging *j = arg;

	for (size_t i = 0; i < j->p->seen.n; i++) {
		const struct asset_mark *m = &j->p->seen.v[i];
		struct tw_value mapper = tw_partition_mapper(j->d->dag, m->name, m->uri);
		if (tw_core_asset_is_about(j->d->s, leaf, m->name, m->uri) &&
		    (!tw_partition_is_rollup(mapper) || rolled_up(j, mapper, m)))
			return true;
	}
	return false;
}

/* By the mappers of what has come, if they agree; where none reads a date, what the producers were of (_resolve_partition_date). */
static tw_time date_of(const struct dagent *d, const struct partition *p)
{
	tw_time found = TW_TIME_NONE, at;

	for (size_t i = 0; i < p->seen.n; i++) {
		const struct asset_mark *m = &p->seen.v[i];
		struct tw_value mapper = tw_partition_mapper(d->dag, m->name, m->uri);
		if (tw_partition_anchor(d->dag->timetable, mapper, p->key, &at, NULL) < 0)
			return TW_TIME_NONE;
		if (at != TW_TIME_NONE && found != TW_TIME_NONE && at != found)
			return TW_TIME_NONE;
		found = at != TW_TIME_NONE ? at : found;
	}
	return found != TW_TIME_NONE ? found : p->date;
}

static void make_run(struct dagent *d, const struct partition *p)
{
	struct tw_effects *fx = d->s->fx;
	struct tw_buf id = { 0 };
	struct tw_run_info info = { .run_after = d->s->now, .logical_date = TW_TIME_NONE,
				    .interval = { TW_TIME_NONE, TW_TIME_NONE } };
	struct tw_fx_asset e = { .op = TW_FX_ASSET_PARTITION_RUN, .dag_id = d->dag_id, .at = d->s->now };

	tw_core_run_id(d, TW_RUNTYPE_ASSET_TRIGGERED, &info, d->dag, &id);
	struct tw_run_row row = tw_core_asset_run_row(d, tw_buf_str(&id), &info);
	row.partition_key = p->key;
	row.partition_date = date_of(d, p);
	tw_core_make_run(d, d->dag, &row, NULL);
	e.run_id = tw_core_keep(&fx->arena, tw_buf_str(&id));
	e.partition_key = tw_core_keep(&fx->arena, p->key);
	tw_vec_push(&fx->assets, e);
	tw_buf_release(&id);
}

void tw_core_partition_runs(struct dagent *d)
{
	if (!d->partitions.n || !d->dag || !d->dag->asset_condition || d->removed || d->paused || d->import_error ||
	    !d->s->cfg.use_job_schedule)
		return;
	for (size_t i = 0; i < d->partitions.n; i++) {
		struct judging j = { d, d->partitions.v[i] };
		if (!tw_asset_term_met(d->dag->asset_condition, holds, &j))
			continue;
		make_run(d, d->partitions.v[i]);
		free_partition(d->partitions.v[i]);
		for (size_t k = i + 1; k < d->partitions.n; k++)
			d->partitions.v[k - 1] = d->partitions.v[k];
		d->partitions.n--;
		i--;
	}
}
