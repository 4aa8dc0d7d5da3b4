#include "daemon/timetable.h"

#include <stdlib.h>
#include <string.h>

#include "api/coming.h"
#include "base/log.h"
#include "daemon/pyask.h"

#define AT_ONCE 2         /* processes */
#define AHEAD 50          /* runs of one answer, when they cannot depend on the present */
#define PAUSE_FIRST_S 30
#define PAUSE_MAX_S 600

struct question {
	struct shell *sh;
	char *dag_id, *hash, *run_id; /* run_id NULL: the next scheduled run */
	int64_t inbox_id;
	struct tw_buf text;
	struct tw_run_info after;
	struct tw_pyask *ask;         /* under way */
	tw_time due;                  /* it failed: when to ask again */
	unsigned pause_s;
};

/* Answers that were given ahead, for a DAG that catches up. */
struct coming {
	char *hash;
	struct tw_run_info after;     /* the run before the first of them */
	tw_run_infos runs;
	size_t head;
};

struct timetables {
	struct tw_pyask_env env;
	TW_VEC(struct question *) questions;
	struct tw_map coming;         /* dag_id → struct coming */
	struct tw_map intervals;      /* "dag_id\nrun_id" → struct tw_interval: answered, the run is about to be loaded */
	struct tw_map warned;         /* dag_ids with a warning of ours; NULL value: none, and the store was told so */
	int running;
	uv_timer_t timer;
};

static void go_on(struct shell *sh);

static void on_timer(uv_timer_t *t)
{
	go_on(t->data);
}

static struct timetables *tables(struct shell *sh)
{
	struct timetables *t = sh->timetables;

	if (t)
		return t;
	t = sh->timetables = tw_new(struct timetables);
	t->env = (struct tw_pyask_env){
		.paths = sh->opts->paths,
		.dags_folder = sh->opts->dags_folder,
		.plugins_folder = sh->opts->plugins_folder,
		.store = sh->reader,
		.zones = &sh->zones,
		.timeout_s = sh->opts->timetable_timeout_s,
	};
	uv_timer_init(&sh->loop, &t->timer);
	t->timer.data = sh;
	return t;
}

static void coming_free(struct coming *c)
{
	if (!c)
		return;
	free(c->hash);
	tw_vec_release(&c->runs);
	free(c);
}

static void question_free(struct question *q)
{
	tw_pyask_cancel(q->ask);
	free(q->dag_id);
	free(q->hash);
	free(q->run_id);
	tw_buf_release(&q->text);
	free(q);
}

static void on_closed(uv_handle_t *h)
{
	free(h->data);
}

void timetables_free(struct timetables *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->questions.n; i++)
		question_free(t->questions.v[i]);
	tw_vec_release(&t->questions);
	tw_map_foreach(&t->coming, e)
		coming_free(e->value);
	tw_map_foreach(&t->intervals, e)
		free(e->value);
	tw_map_release(&t->coming);
	tw_map_release(&t->intervals);
	tw_map_release(&t->warned);
	t->timer.data = t;
	uv_timer_stop(&t->timer);
	uv_close((uv_handle_t *)&t->timer, on_closed);
}

static void forget(struct timetables *t, struct question *q)
{
	for (size_t i = 0; i < t->questions.n; i++)
		if (t->questions.v[i] == q)
			t->questions.v[i--] = t->questions.v[--t->questions.n];
	t->running -= q->ask != NULL;
	question_free(q);
}

/* ── what the user sees ───────────────────────────────────────────────────────────────── */

/* message NULL: all is well again. */
static void warn(struct shell *sh, struct tw_str dag_id, const char *message)
{
	struct timetables *t = tables(sh);
	struct turn *turn = sh->gathering;
	struct tw_warning_row *row;

	if (!message && tw_map_get(&t->warned, dag_id) == (void *)t)
		return;
	tw_map_set(&t->warned, dag_id, message ? sh : (void *)t);
	row = tw_arena_new(&turn->arena, struct tw_warning_row);
	*row = (struct tw_warning_row){ tw_str_copy(&turn->arena, dag_id), TW_STR("timetable"),
					message ? tw_str_copy(&turn->arena, tw_str(message)) : (struct tw_str){ 0 },
					shell_now(sh) };
	tw_batch_dag_warning(&turn->batch, row);
}

static void failed(struct question *q, const struct tw_err *err)
{
	struct shell *sh = q->sh;
	char *text = tw_asprintf("its timetable failed: %s", err->msg);

	tw_warn("%.*s dag=%s", (int)strcspn(text, "\n"), text, q->dag_id);
	warn(sh, tw_str(q->dag_id), text);
	free(text);
}

/* ── answers ──────────────────────────────────────────────────────────────────────────── */

static void tell(struct shell *sh, struct tw_str dag_id, const struct tw_run_info *next)
{
	struct tw_event ev = { .type = TW_EV_NEXT_RUN, .at = shell_now(sh), .next_run = { dag_id, *next } };
	struct tw_err err = { 0 };

	if (shell_step(sh, &ev, &err) < 0)
		tw_debug("answer of a timetable not wanted: %s", err.msg);
}

static void tell_none(struct shell *sh, struct tw_str dag_id, enum tw_no_run why)
{
	struct tw_run_info none = { .why = why, .run_after = TW_TIME_NONE, .logical_date = TW_TIME_NONE,
				    .interval = { TW_TIME_NONE, TW_TIME_NONE }, .partition_date = TW_TIME_NONE };

	tell(sh, dag_id, &none);
}

static void keep_coming(struct timetables *t, struct question *q, tw_run_infos *runs)
{
	struct coming *c = tw_new(struct coming);

	c->hash = tw_strdup(q->hash);
	c->after = runs->v[0];
	c->runs = *runs;
	c->head = 1;
	*runs = (tw_run_infos){ 0 };
	coming_free(tw_map_set(&t->coming, tw_str(q->dag_id), c));
}

static void answer_next(struct question *q, struct tw_value answer, const struct tw_err *err)
{
	struct shell *sh = q->sh;
	tw_run_infos runs = { 0 };
	struct tw_err why = { 0 };

	if (!err && tw_coming_read(answer, &runs, &why) < 0)
		err = &why;
	if (err) {
		failed(q, err);
		tell_none(sh, tw_str(q->dag_id), TW_NO_RUN_FAILED);
		q->pause_s = !q->pause_s ? PAUSE_FIRST_S : q->pause_s * 2 > PAUSE_MAX_S ? PAUSE_MAX_S : q->pause_s * 2;
		q->due = shell_now(sh) + q->pause_s * TW_US_SEC;
		tw_vec_release(&runs);
		return;
	}
	warn(sh, tw_str(q->dag_id), NULL);
	if (runs.n)
		tell(sh, tw_str(q->dag_id), &runs.v[0]);
	else
		tell_none(sh, tw_str(q->dag_id), TW_NO_RUN_CUSTOM);
	if (runs.n > 1)
		keep_coming(tables(sh), q, &runs);
	tw_vec_release(&runs);
	forget(tables(sh), q);
}

static char *run_key(const char *dag_id, const char *run_id)
{
	return tw_asprintf("%s\n%s", dag_id, run_id);
}

static void answer_manual(struct question *q, struct tw_value answer, const struct tw_err *err)
{
	struct shell *sh = q->sh;
	struct timetables *t = tables(sh);
	struct tw_interval *iv = tw_new(struct tw_interval);
	char *key = run_key(q->dag_id, q->run_id);
	struct tw_err why = { 0 };

	*iv = (struct tw_interval){ TW_TIME_NONE, TW_TIME_NONE };
	if (!err && tw_coming_read_interval(answer, iv, &why) < 0)
		err = &why;
	if (err)
		failed(q, err);
	free(tw_map_set(&t->intervals, tw_str(key), iv));
	if (boot_run(sh, tw_str(q->dag_id), tw_str(q->run_id), 0, &why) < 0 && why.rc != TW_ERR_EXISTS)
		tw_warn("not loaded: %s", why.msg);
	free(tw_map_del(&t->intervals, tw_str(key)));
	if (q->inbox_id)
		tw_batch_inbox_done(&sh->gathering->batch, q->inbox_id);
	free(key);
	forget(t, q);
}

static void on_answer(void *arg, struct tw_value answer, const struct tw_err *err)
{
	struct question *q = arg;
	struct shell *sh = q->sh;

	q->ask = NULL;
	tables(sh)->running--;
	if (q->run_id)
		answer_manual(q, answer, err);
	else
		answer_next(q, answer, err);
	go_on(sh);
}

/* ── asking ───────────────────────────────────────────────────────────────────────────── */

static void start(struct question *q)
{
	struct timetables *t = tables(q->sh);
	struct tw_err err = { 0 };

	q->due = 0;
	t->running++;
	if (tw_pyask_start(&q->sh->loop, &t->env, tw_buf_str(&q->text), on_answer, q, &q->ask, &err) < 0)
		on_answer(q, TW_NULL, &err);
}

static void go_on(struct shell *sh)
{
	struct timetables *t = tables(sh);
	tw_time soonest = TW_TIME_NONE, now = shell_now(sh);

	for (size_t i = 0; i < t->questions.n && t->running < AT_ONCE; i++) {
		struct question *q = t->questions.v[i];

		if (q->ask)
			continue;
		if (q->due <= now) {
			start(q);
			i = (size_t)-1; /* the list may be another now */
		} else if (soonest == TW_TIME_NONE || q->due < soonest) {
			soonest = q->due;
		}
	}
	if (soonest != TW_TIME_NONE)
		uv_timer_start(&t->timer, on_timer, (uint64_t)((soonest - now) / 1000) + 1, 0);
}

static struct question *add(struct shell *sh, const struct tw_dag *dag, const struct tw_coming_ask *ask)
{
	struct question *q = tw_new(struct question);

	*q = (struct question){ .sh = sh, .dag_id = tw_str_dup(dag->dag_id), .hash = tw_strdup(dag->hash) };
	tw_coming_write(&q->text, ask);
	tw_vec_push(&tables(sh)->questions, q);
	return q;
}

static struct question *find(struct timetables *t, struct tw_str dag_id, struct tw_str run_id)
{
	for (size_t i = 0; i < t->questions.n; i++) {
		struct question *q = t->questions.v[i];

		if (tw_str_is(dag_id, q->dag_id) && (q->run_id ? tw_str_is(run_id, q->run_id) : !run_id.p))
			return q;
	}
	return NULL;
}

static bool same_run(const struct tw_run_info *a, const struct tw_run_info *b)
{
	return a->run_after == b->run_after && a->interval.start == b->interval.start &&
	       a->interval.end == b->interval.end;
}

static bool known(struct shell *sh, const struct tw_fx_ask *ask)
{
	struct coming *c = tw_map_get(&tables(sh)->coming, ask->dag_id);

	if (!c || c->head == c->runs.n || strcmp(c->hash, ask->dag->hash) != 0 || !same_run(&c->after, &ask->last))
		return false;
	c->after = c->runs.v[c->head++];
	tell(sh, ask->dag_id, &c->after);
	return true;
}

void timetable_next(struct shell *sh, const struct tw_fx_ask *ask)
{
	bool has_last = ask->last.run_after != TW_TIME_NONE;
	struct tw_coming_ask what = {
		.what = "next",
		.dag = ask->dag,
		.dags_folder = sh->opts->dags_folder,
		.last = has_last ? &ask->last : NULL,
		.bounds = ask->bounds,
		.run_after = TW_TIME_NONE,
		.now = TW_TIME_NONE,
		.count = ask->bounds.catchup ? AHEAD : 1,
		.timeout_s = sh->opts->timetable_timeout_s,
	};
	struct question *old = find(tables(sh), ask->dag_id, (struct tw_str){ 0 });

	if (old)
		forget(tables(sh), old);
	if (known(sh, ask))
		return;
	add(sh, ask->dag, &what);
	go_on(sh);
}

/* As for other timetables: the API infers from the logical date, operators and the command line from run_after. */
static bool by_date(const struct tw_run_row *row)
{
	return tw_str_is(row->triggered_by, "rest_api") || tw_str_is(row->triggered_by, "ui");
}

enum tw_rc timetable_manual(struct shell *sh, const struct tw_dag *dag, struct tw_run_row *row, int64_t inbox_id,
			    bool *ret_changed)
{
	struct tw_coming_ask what = {
		.what = "manual",
		.dag = dag,
		.dags_folder = sh->opts->dags_folder,
		.run_after = by_date(row) ? row->logical_date : row->run_after,
		.now = TW_TIME_NONE,
		.timeout_s = sh->opts->timetable_timeout_s,
	};
	struct timetables *t;
	struct tw_interval *iv;
	struct question *q;
	char *key;

	*ret_changed = false;
	if (!tw_coming_is_custom(dag->timetable) || row->state != TW_RUN_QUEUED || row->logical_date == TW_TIME_NONE ||
	    row->interval_start != TW_TIME_NONE)
		return TW_OK;
	t = tables(sh);
	key = tw_asprintf(TW_STR_FMT "\n" TW_STR_FMT, TW_STR_ARG(row->dag_id), TW_STR_ARG(row->run_id));
	iv = tw_map_get(&t->intervals, tw_str(key));
	free(key);
	if (iv) {
		/* Without an answer it is the moment itself. */
		row->interval_start = iv->start == TW_TIME_NONE ? row->logical_date : iv->start;
		row->interval_end = iv->end == TW_TIME_NONE ? row->logical_date : iv->end;
		*ret_changed = true;
		return TW_OK;
	}
	q = find(t, row->dag_id, row->run_id);
	if (!q) {
		q = add(sh, dag, &what);
		q->run_id = tw_str_dup(row->run_id);
	}
	if (inbox_id)
		q->inbox_id = inbox_id;
	go_on(sh);
	return TW_ERR_AGAIN;
}
