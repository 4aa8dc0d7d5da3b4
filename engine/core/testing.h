/*
 * What the core's tests share: a scheduler with a shell around it that runs nothing. What is dispatched
 * is started and ends as a script says; rows are mirrored by key; the clock jumps to the next deadline.
 */
#pragma once

#include "base/testing.h"

#include "core/sched.h"
#include "value/json.h"

#define T0 (1767225600 * TW_US_SEC) /* 2026-01-01 */
#define ANY (-9)

struct script {
	const char *task;
	int map_index;               /* ANY */
	int tries;                   /* for tries up to this; 0 = all */
	enum tw_outcome outcome;
	int length;                  /* of its return value; with has_return */
	bool has_return;
	const char *skip;            /* JSON */
	bool hang;                   /* started, and never ends */
	bool calls_back;             /* its process runs its callbacks itself */
};

struct open_attempt {
	struct tw_id id;
	char task[64];
	int map_index, try_number;
	bool started;
};

struct world {
	struct tw_sched *s;
	struct tw_zones zones;
	struct tw_sched_config cfg;
	tw_time now;
	const struct script *script;
	TW_VEC(struct open_attempt) open;
	struct tw_map tis, runs;     /* the mirror: "run task[index]" → state + 1, "run" → state + 1 */
	int dispatched, kills, callbacks, history, max_open;
	bool hold;                   /* dispatched attempts stay open */
	struct tw_arena arena;
	struct tw_run_info next;     /* the last dag effect */
	bool set_paused;
	const struct tw_ev_past *past; /* what the store says of the run before; NULL = there is none */
	TW_VEC(char *) order;        /* tasks in the order of their dispatch */
	struct tw_str last_args;
	enum tw_rc rc;
	struct tw_err err;
	char last_reason[100], last_about[64]; /* of the last callback: why, and the task it names */
};

static inline void world_open(struct world *w)
{
	memset(w, 0, sizeof *w);
	w->cfg = tw_sched_config_default();
	w->cfg.parallelism = 0;
	w->now = T0;
	w->s = tw_sched_new(&w->cfg);
}

static inline void world_close(struct world *w)
{
	tw_sched_free(w->s);
	tw_map_release(&w->tis);
	tw_map_release(&w->runs);
	tw_vec_release(&w->open);
	for (size_t i = 0; i < w->order.n; i++)
		free(w->order.v[i]);
	tw_vec_release(&w->order);
	tw_arena_release(&w->arena);
	tw_zones_release(&w->zones);
}

static inline void mirror_key(char key[300], const struct tw_ti_row *row, int map_index)
{
	snprintf(key, 300, TW_STR_FMT " " TW_STR_FMT "[%d]", TW_STR_ARG(row->run_id), TW_STR_ARG(row->task_id),
		 map_index);
}

static inline void mirror(struct world *w, const struct tw_effects *fx)
{
	char key[300];

	for (size_t i = 0; i < fx->runs.n; i++) {
		const struct tw_fx_run *r = &fx->runs.v[i];
		snprintf(key, sizeof key, TW_STR_FMT, TW_STR_ARG(r->row.run_id));
		if (r->op == TW_FX_NONE)
			continue;
		if (r->op == TW_FX_DELETE) {
			tw_map_del(&w->runs, tw_str(key));
			strcat(key, " ");
			tw_map_foreach(&w->tis, e)
				if (tw_str_starts(e->key, key))
					tw_map_del(&w->tis, e->key);
			continue;
		}
		tw_map_set(&w->runs, tw_str(key), (void *)(uintptr_t)(r->row.state + 1));
	}
	for (size_t i = 0; i < fx->tis.n; i++) {
		const struct tw_fx_ti *t = &fx->tis.v[i];
		if (t->op == TW_FX_NONE)
			continue;
		if (t->op == TW_FX_UPDATE && t->was != t->row.map_index) {
			mirror_key(key, &t->row, t->was);
			if (!tw_map_del(&w->tis, tw_str(key)))
				fail_msg("update of %s, which is not there", key);
		}
		mirror_key(key, &t->row, t->row.map_index);
		bool there = tw_map_get(&w->tis, tw_str(key)) != NULL;
		if (t->op == TW_FX_INSERT && there)
			fail_msg("insert of %s, which is there", key);
		if (t->op == TW_FX_UPDATE && !there && t->was == t->row.map_index)
			fail_msg("update of %s, which is not there", key);
		uintptr_t v = (uintptr_t)t->row.state + 1 + (uintptr_t)t->row.try_number * 100 +
			      (uintptr_t)t->row.max_tries * 100000;
		tw_map_set(&w->tis, tw_str(key), (void *)v);
	}
}

static inline void step(struct world *w, struct tw_event ev);

static inline void answer_past(struct world *w, struct tw_run_ref run)
{
	struct tw_event ev = { .type = TW_EV_PAST };

	if (w->past)
		ev.past = *w->past;
	ev.past.run = run;
	step(w, ev);
}

static inline void perform(struct world *w, struct tw_effects *fx)
{
	mirror(w, fx);
	w->kills += (int)fx->kills.n;
	w->callbacks += (int)fx->callbacks.n;
	w->history += (int)fx->history.n;
	for (size_t i = 0; i < fx->callbacks.n; i++) {
		struct tw_str about = fx->callbacks.v[i].ti.task_id;

		snprintf(w->last_reason, sizeof w->last_reason, "%s", fx->callbacks.v[i].reason);
		snprintf(w->last_about, sizeof w->last_about, TW_STR_FMT, TW_STR_ARG(about));
	}
	for (size_t i = 0; i < fx->dags.n; i++) {
		w->next = fx->dags.v[i].next;
		w->set_paused |= fx->dags.v[i].set_paused;
	}
	for (size_t i = 0; i < fx->dispatch.n; i++) {
		const struct tw_fx_dispatch *d = &fx->dispatch.v[i];
		if (d->dropped)
			continue;
		struct open_attempt a = { .id = d->ti.id, .map_index = d->ti.map_index,
					  .try_number = d->ti.try_number };
		snprintf(a.task, sizeof a.task, TW_STR_FMT, TW_STR_ARG(d->ti.task_id));
		tw_vec_push(&w->open, a);
		tw_vec_push(&w->order, tw_strdup(a.task));
		w->dispatched++;
	}
	for (size_t i = 0; i < fx->kills.n; i++)
		for (size_t k = 0; k < w->open.n; k++)
			if (tw_id_eq(w->open.v[k].id, fx->kills.v[i].attempt))
				w->open.v[k--] = w->open.v[--w->open.n];
	if ((int)w->open.n > w->max_open)
		w->max_open = (int)w->open.n;
	for (size_t i = 0; i < fx->asks.n; i++) {
		const struct tw_fx_ask *a = &fx->asks.v[i];
		if (a->kind == TW_ASK_PAST)
			answer_past(w, (struct tw_run_ref){ a->dag_id, a->run_id });
	}
}

static inline void step(struct world *w, struct tw_event ev)
{
	struct tw_effects *fx = tw_effects_new();

	if (!ev.at)
		ev.at = w->now;
	w->rc = tw_sched_step(w->s, &ev, fx, &w->err);
	perform(w, fx);
	tw_effects_free(fx);
}

static inline const struct tw_dag *world_dag(struct world *w, const char *json, bool paused)
{
	struct tw_dag *d = NULL;
	struct tw_err err = { 0 };
	char *text = tw_strdup(json);

	for (char *c = text; *c; c++) /* readable in C: ' for " */
		*c = *c == '\'' ? '"' : *c;
	if (tw_dag_parse_json(tw_str(text), &w->zones, &d, &err) < 0)
		fail_msg("%s", err.msg);
	free(text);
	step(w, (struct tw_event){ .type = TW_EV_DAG,
				   .dag = { .dag = d, .paused = paused, .version_id = TW_STR("v1"),
					    .last_run = { .run_after = TW_TIME_NONE } } });
	tw_dag_unref(d); /* the core keeps one */
	return d;
}

static inline void world_pool(struct world *w, const char *name, int64_t slots, bool deferred)
{
	step(w, (struct tw_event){ .type = TW_EV_POOL, .pool = { .name = tw_str(name), .slots = slots,
								 .include_deferred = deferred } });
}

static inline struct tw_run_row blank_run(const char *dag_id, const char *run_id)
{
	return (struct tw_run_row){
		.dag_id = tw_str(dag_id), .run_id = tw_str(run_id), .logical_date = TW_TIME_NONE,
		.interval_start = TW_TIME_NONE, .interval_end = TW_TIME_NONE, .run_after = TW_TIME_NONE,
	};
}

static inline void world_run(struct world *w, const char *dag_id, const char *run_id)
{
	step(w, (struct tw_event){ .type = TW_EV_RUN_NEW, .run_new = { .row = blank_run(dag_id, run_id) } });
	if (w->rc < 0)
		fail_msg("%s", w->err.msg);
}

static inline const struct script *scripted(const struct world *w, const struct open_attempt *a)
{
	for (const struct script *s = w->script; s && s->task; s++)
		if (!strcmp(s->task, a->task) && (s->map_index == ANY || s->map_index == a->map_index) &&
		    (!s->tries || a->try_number <= s->tries))
			return s;
	return NULL;
}

static inline void world_start(struct world *w, const struct open_attempt *a)
{
	step(w, (struct tw_event){ .type = TW_EV_STARTED,
				   .started = { .attempt = a->id, .hostname = TW_STR("h"), .pid = 7 } });
}

static inline void world_end(struct world *w, const struct open_attempt *a, const struct script *s)
{
	struct tw_arena arena = { 0 };
	struct tw_ev_finished f = {
		.attempt = a->id, .outcome = s ? s->outcome : TW_OUT_SUCCESS, .has_return = s && s->has_return,
		.mapped_length = s && s->has_return ? s->length : -1, .retry_delay = -1, .calls_back = s && s->calls_back,
		.reschedule_at = w->now + TW_US_MIN,
	};
	if (s && s->skip && tw_json_parse(&arena, tw_str(s->skip), &f.skip, NULL) < 0)
		fail_msg("script: %s", s->skip);
	step(w, (struct tw_event){ .type = TW_EV_FINISHED, .finished = f });
	tw_arena_release(&arena);
}

/* Runs everything that can run now, first dispatched first ended; then, if later, at later times. */
static inline void world_go(struct world *w, bool later)
{
	for (int guard = 0; guard < 2000000; guard++) {
		size_t i = 0;
		while (i < w->open.n && w->open.v[i].started)
			i++;
		if (i < w->open.n && !w->hold) {
			struct open_attempt a = w->open.v[i];
			const struct script *s = scripted(w, &a);
			w->open.v[i].started = true;
			world_start(w, &a);
			if (s && s->hang)
				continue;
			for (size_t k = 0; k < w->open.n; k++)
				if (tw_id_eq(w->open.v[k].id, a.id)) {
					memmove(&w->open.v[k], &w->open.v[k + 1], (w->open.n - k - 1) * sizeof a);
					w->open.n--;
					break;
				}
			w->now += TW_US_SEC;
			world_end(w, &a, s);
			continue;
		}
		tw_time next = tw_sched_next_time(w->s);
		if (!later || next == TW_TIME_NONE || next > w->now + 400 * TW_US_DAY)
			return;
		if (next > w->now)
			w->now = next;
		step(w, (struct tw_event){ .type = TW_EV_TICK });
	}
	fail_msg("it never ends");
}

static inline void world_later(struct world *w, int64_t us)
{
	w->now += us;
	step(w, (struct tw_event){ .type = TW_EV_TICK });
}

static inline const char *ti_state(struct world *w, const char *run, const char *task, int map_index)
{
	char key[300];

	snprintf(key, sizeof key, "%s %s[%d]", run, task, map_index);
	uintptr_t v = (uintptr_t)tw_map_get(&w->tis, tw_str(key));
	if (!v)
		return "absent";
	const char *name = tw_ti_state_name((enum tw_ti_state)(v % 100 - 1));
	return name ? name : "none";
}

static inline int ti_try(struct world *w, const char *run, const char *task, int map_index)
{
	char key[300];

	snprintf(key, sizeof key, "%s %s[%d]", run, task, map_index);
	return (int)((uintptr_t)tw_map_get(&w->tis, tw_str(key)) / 100 % 1000);
}

static inline int ti_max_tries(struct world *w, const char *run, const char *task, int map_index)
{
	char key[300];

	snprintf(key, sizeof key, "%s %s[%d]", run, task, map_index);
	return (int)((uintptr_t)tw_map_get(&w->tis, tw_str(key)) / 100000);
}

static inline const char *run_state(struct world *w, const char *run)
{
	uintptr_t v = (uintptr_t)tw_map_get(&w->runs, tw_str(run));

	return v ? tw_run_state_name((enum tw_run_state)(v - 1)) : "absent";
}

#define assert_ti(w, run, task, index, state) assert_string_equal(ti_state(w, run, task, index), state)
#define assert_run(w, run, state) assert_string_equal(run_state(w, run), state)
