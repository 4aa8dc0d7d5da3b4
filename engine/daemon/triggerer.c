#include "daemon/triggerer.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

#include "api/exec/execution.h"
#include "base/log.h"
#include "base/map.h"
#include "daemon/crypt.h"
#include "daemon/job.h"
#include "daemon/pychild.h"
#include "daemon/waits.h"
#include "io/clock.h"
#include "io/doorbell.h"
#include "io/frame.h"
#include "io/proc.h"
#include "io/zoneinfo.h"
#include "store/assets.h"
#include "store/runs.h"
#include "store/tis.h"
#include "template/log_name.h"
#include "time/zone.h"
#include "value/json.h"

#define LOOK_MS 1000 /* between two looks for new triggers; the scheduler's bell comes first */
#define TAKE_AT_ONCE 2000 /* native waits: so that several triggerers share them */

/* Of a trigger that is ours. */
enum place {
	NEW,          /* Python has not heard of it yet */
	IN_PYTHON,
	WATCHING,     /* in Python, over an asset: it speaks as often as it likes */
	NATIVE,       /* among the waits */
	DONE,         /* it has spoken: its row goes with the commit that hears it */
};

struct known {
	int64_t id;
	enum place place;
	bool seen;                     /* its row is still there */
	tw_time timeout;               /* of the task that waits; TW_TIME_NONE: none */
};

struct triggerer {
	const struct tw_triggerer_options *opts;
	uv_loop_t loop;
	struct tw_reaper *reaper;
	struct tw_link *link;
	pid_t pid;
	bool ready;
	struct tw_store *store;
	struct tw_zones zones;
	struct tw_map known;           /* the id's 8 bytes → struct known */
	size_t in_python;
	struct waits *waits;
	struct tw_arena said;          /* rows for the inbox, posted together before the loop waits */
	TW_VEC(struct tw_inbox_row) rows;
	struct tw_bell *bell;
	uv_timer_t look, beat;
	uv_prepare_t post;
	uv_signal_t term, intr;
	int64_t job_id;
	bool stopping;
	int status;
};

static struct tw_str key_of(const int64_t *id)
{
	return tw_strn((const char *)id, sizeof *id);
}

static void look(uv_timer_t *timer);

/* ── what a trigger said ──────────────────────────────────────────────────────────────── */

static void spoken(struct triggerer *t, int64_t id)
{
	struct known *k = tw_map_get(&t->known, key_of(&id));

	if (!k)
		return;
	if (k->place == IN_PYTHON)
		t->in_python--;
	k->place = DONE;
}

/* Keeps it for the inbox: what is said in one round of the loop is one commit. */
static void say(struct triggerer *t, int64_t id, const char *what, const char *key, struct tw_value v)
{
	struct tw_value payload = tw_v_map(&t->said);
	struct tw_inbox_row row = { .at = TW_TIME_NONE, .kind = TW_STR("trigger") };
	char *json;

	tw_map_putc(&t->said, payload, "trigger_id", tw_v_int(id));
	tw_map_putc(&t->said, payload, "what", tw_v_cstr(what));
	tw_map_putc(&t->said, payload, key, v);
	json = tw_json_dump(payload, TW_JSON_COMPACT);
	row.payload = tw_str_copy(&t->said, tw_str(json));
	free(json);
	tw_vec_push(&t->rows, row);
	spoken(t, id);
}

static void on_prepare(uv_prepare_t *handle)
{
	struct triggerer *t = handle->data;
	struct tw_err err = { 0 };

	if (!t->rows.n)
		return;
	/* What cannot be posted now is not lost: it is tried again with the next round. */
	if (tw_store_inbox_post(t->store, t->rows.v, t->rows.n, NULL, &err) < 0) {
		tw_error("what %zu triggers said cannot be posted: %s", t->rows.n, err.msg);
		return;
	}
	tw_bell_ring(t->opts->paths->bell);
	tw_vec_clear(&t->rows);
	tw_arena_release(&t->said);
}

static void wait_said(void *arg, int64_t id, const char *what, struct tw_value v)
{
	const char *key = tw_str_is(tw_str(what), "fired") ? "event" : tw_str_is(tw_str(what), "ended") ? "end" : "next_kwargs";

	say(arg, id, what, key, v);
}

static void failed(struct triggerer *t, int64_t id, struct tw_value traceback, struct tw_arena *a)
{
	struct tw_value kwargs = tw_v_map(a);

	tw_map_putc(a, kwargs, "error", tw_v_cstr("Trigger failure"));
	tw_map_putc(a, kwargs, "traceback", traceback);
	say(t, id, "failed", "next_kwargs", kwargs);
}

/* A Python trigger's event: it may end the task by itself. */
static void on_event(struct triggerer *t, int64_t id, struct tw_value v, struct tw_arena *a)
{
	struct tw_value state = tw_map_value(v, "task_state"), end;

	if (state.kind != TW_V_STR) {
		say(t, id, "fired", "event", tw_map_value(v, "payload"));
		return;
	}
	end = tw_v_map(a);
	/* Airflow tries such a failure no second time. */
	tw_map_putc(a, end, "state", tw_str_is(state.s, "failed") ? tw_v_cstr("failed_final") : state);
	tw_map_putc(a, end, "xcoms", tw_map_value(v, "xcoms"));
	say(t, id, "ended", "end", end);
}

/* An event of a trigger that watches assets is an event of each of them; the trigger goes on. */
static void post_asset_events(struct triggerer *t, int64_t id, struct tw_value payload, struct tw_arena *a)
{
	struct tw_value extra = tw_v_map(a);
	struct tw_asset_event_row e = { .source_map_index = -1 };
	struct tw_watcher_row *watched;
	struct tw_err err = { 0 };
	int64_t event_id, inbox_id;
	size_t n = 0;
	char *json;

	tw_map_putc(a, extra, "from_trigger", tw_v_bool(true));
	tw_map_putc(a, extra, "payload", payload);
	json = tw_json_dump(extra, TW_JSON_COMPACT);
	e.extra = tw_str(json);
	if (tw_store_watchers(t->store, 0, a, &watched, &n, &err) < 0)
		tw_error("what trigger %lld saw cannot be posted: %s", (long long)id, err.msg);
	for (size_t i = 0; i < n; i++) {
		if (watched[i].trigger_id != id)
			continue;
		e.asset_id = watched[i].asset_id;
		if (tw_store_asset_event_post(t->store, &e, &event_id, &inbox_id, &err) < 0)
			tw_error("what trigger %lld saw cannot be posted: %s", (long long)id, err.msg);
	}
	tw_bell_ring(t->opts->paths->bell);
	free(json);
}

static struct known *watcher(struct triggerer *t, int64_t id)
{
	struct known *k = tw_map_get(&t->known, key_of(&id));

	return k && k->place == WATCHING ? k : NULL;
}

/* It ended by itself, or failed: it is started again when the table is looked at next. */
static void watcher_ended(struct triggerer *t, struct known *k, struct tw_str why)
{
	if (why.n)
		tw_error("a trigger that watches an asset failed and is started again: trigger=%lld " TW_STR_FMT,
			 (long long)k->id, TW_STR_ARG(why));
	t->in_python--;
	k->place = NEW;
}

static void answer(struct triggerer *t, struct tw_value v, struct tw_arena *a)
{
	struct tw_execution_caller who = { .now = tw_now(), .map_index = -1, .zones = &t->zones };
	struct tw_value result = TW_NULL;
	struct tw_err err = { 0 };
	bool ring = false;
	enum tw_rc rc = tw_execution_do(t->store, &who, tw_map_str(v, "do", ""), v, a, &result, &ring, &err);

	tw_link_send_json(t->link, tw_execution_reply(a, tw_map_value(v, "id"), result, rc, &err), NULL);
}

static void on_said(struct triggerer *t, struct tw_value v, struct tw_arena *a)
{
	struct tw_str op = tw_map_str(v, "op", "");
	int64_t id = tw_map_int(v, "id", 0);

	if (tw_str_is(op, "hello")) {
		t->ready = true;
		look(&t->look);
	} else if (tw_str_is(op, "request")) {
		answer(t, v, a);
	} else if (watcher(t, id) && tw_str_is(op, "event")) {
		post_asset_events(t, id, tw_map_value(v, "plain"), a);
	} else if (watcher(t, id) && (tw_str_is(op, "failed") || tw_str_is(op, "ended"))) {
		watcher_ended(t, watcher(t, id), tw_map_str(v, "error", ""));
	} else if (tw_str_is(op, "event")) {
		on_event(t, id, v, a);
	} else if (tw_str_is(op, "failed")) {
		failed(t, id, tw_map_value(v, "error"), a);
	}
}

static void on_frame(void *arg, struct tw_link *link, struct tw_str body, int *fds, size_t nfds)
{
	struct tw_arena a = { 0 };
	struct tw_value v;
	struct tw_err err = { 0 };

	if (tw_json_parse(&a, body, &v, &err) < 0)
		tw_error("the Python process sent no JSON: %s", err.msg);
	else
		on_said(arg, v, &a);
	tw_arena_release(&a);
}

static void on_link_end(void *arg, struct tw_link *link, const struct tw_err *why)
{
	struct triggerer *t = arg;

	tw_link_close(t->link);
	t->link = NULL;
	t->ready = false;
}

/* ── which triggers run here ──────────────────────────────────────────────────────────── */

static enum tw_rc start_python(struct triggerer *t, struct tw_err *err);

static bool watches(struct triggerer *t, int64_t id, struct tw_arena *a)
{
	struct tw_watcher_row *v;
	bool does = false;
	size_t n = 0;

	if (tw_store_watchers(t->store, 0, a, &v, &n, NULL) < 0)
		return false;
	for (size_t i = 0; i < n; i++)
		does |= v[i].trigger_id == id;
	return does;
}

/* The log of the waiting task's attempt, and whose it is: what the trigger logs goes beside it. */
static void put_waiter(struct triggerer *t, const struct tw_trigger_waiter *who, struct tw_value v, struct tw_arena *a)
{
	struct tw_run_view run;
	struct tw_log_of of = { who->dag_id, who->run_id, who->task_id, who->map_index, who->try_number, TW_TIME_NONE };
	struct tw_value about = tw_v_map(a);
	struct tw_buf path = { 0 };

	if (tw_store_run(t->store, who->dag_id, who->run_id, a, &run, NULL) == TW_OK)
		of.logical_date = run.run.logical_date;
	tw_buf_printf(&path, "%s/", t->opts->log_folder);
	tw_log_name(t->opts->log_name, &of, &path);
	tw_buf_printf(&path, ".trigger.%lld.log", (long long)t->job_id);
	tw_map_putc(a, v, "log_path", tw_v_str(tw_str_copy(a, tw_buf_str(&path))));
	tw_buf_release(&path);
	tw_map_putc(a, about, "dag_id", tw_v_str(who->dag_id));
	tw_map_putc(a, about, "run_id", tw_v_str(who->run_id));
	tw_map_putc(a, about, "task_id", tw_v_str(who->task_id));
	tw_map_putc(a, about, "map_index", tw_v_int(who->map_index));
	tw_map_putc(a, about, "try_number", tw_v_int(who->try_number));
	tw_map_putc(a, v, "context", about);
}

/* With what is known of the task that waits for it, if one does: until when, where its log is. */
static void start_in_python(struct triggerer *t, struct known *k, const struct tw_trigger_row *row,
			    struct tw_value kwargs, bool watcher, struct tw_arena *a)
{
	struct tw_value v = tw_v_map(a);
	struct tw_trigger_waiter who;

	tw_map_putc(a, v, "op", tw_v_cstr("start"));
	tw_map_putc(a, v, "id", tw_v_int(row->id));
	tw_map_putc(a, v, "classpath", tw_v_str(row->classpath));
	tw_map_putc(a, v, "kwargs", kwargs);
	k->timeout = TW_TIME_NONE;
	if (tw_store_trigger_waiter(t->store, k->id, a, &who, NULL) == TW_OK) {
		k->timeout = who.timeout;
		put_waiter(t, &who, v, a);
	}
	if (watcher)
		tw_map_putc(a, v, "watcher", tw_v_bool(true));
	tw_link_send_json(t->link, v, NULL);
	k->place = watcher ? WATCHING : IN_PYTHON;
	t->in_python++;
}

static void start(struct triggerer *t, struct known *k)
{
	struct tw_arena a = { 0 };
	struct tw_trigger_row row;
	struct tw_value kwargs;
	struct tw_err err = { 0 };
	enum tw_rc rc = tw_store_trigger(t->store, k->id, &a, &row, &err);
	bool watcher = rc == TW_OK && !waits_knows(row.classpath, false) && watches(t, k->id, &a);

	if (rc == TW_OK && tw_json_parse(&a, row.kwargs, &kwargs, NULL) < 0)
		kwargs = tw_v_map(&a);
	if (rc == TW_ERR_NOT_FOUND) {
		k->place = DONE; /* gone between two questions */
	} else if (rc < 0) {
		tw_error("trigger %lld: %s", (long long)k->id, err.msg);
	} else if (!watcher && waits_knows(row.classpath, t->opts->native)) {
		k->place = NATIVE;
		if (waits_add(t->waits, k->id, row.classpath, kwargs, &err) < 0)
			failed(t, k->id, tw_v_cstr(err.msg), &a);
	} else if (t->ready) {
		start_in_python(t, k, &row, kwargs, watcher, &a);
	} else if (!t->pid && start_python(t, &err) < 0) {
		tw_error("%s", err.msg);
		t->status = 1;
		uv_stop(&t->loop);
	}
	tw_arena_release(&a);
}

/*
 * Its row is gone: nobody waits any more. Unless the time was up, a person did that (cleared it, marked it, deleted
 * the run), and the trigger may end what it has begun elsewhere.
 */
static void stop(struct triggerer *t, struct known *k)
{
	struct tw_arena a = { 0 };
	struct tw_value v = tw_v_map(&a);
	bool timed_out = k->timeout != TW_TIME_NONE && tw_now() >= k->timeout;

	if (k->place == NATIVE)
		waits_remove(t->waits, k->id);
	if (k->place == IN_PYTHON || k->place == WATCHING) {
		t->in_python--;
		tw_map_putc(&a, v, "op", tw_v_cstr("stop"));
		tw_map_putc(&a, v, "id", tw_v_int(k->id));
		tw_map_putc(&a, v, "user_action", tw_v_bool(!timed_out));
		tw_link_send_json(t->link, v, NULL);
	}
	tw_arena_release(&a);
}

static struct known *know(struct triggerer *t, int64_t id)
{
	struct known *k = tw_map_get(&t->known, key_of(&id));

	if (!k) {
		k = tw_new(struct known);
		*k = (struct known){ .id = id, .timeout = TW_TIME_NONE };
		tw_map_set(&t->known, key_of(&id), k);
	}
	k->seen = true;
	return k;
}

static void stop_gone(struct triggerer *t)
{
	TW_VEC(struct known *) gone = { 0 };

	tw_map_foreach(&t->known, e) {
		struct known *k = e->value;

		if (!k->seen)
			tw_vec_push(&gone, k);
		k->seen = false;
	}
	for (size_t i = 0; i < gone.n; i++) {
		stop(t, gone.v[i]);
		tw_map_del(&t->known, key_of(&gone.v[i]->id));
		free(gone.v[i]);
	}
	tw_vec_release(&gone);
}

/* Those that nobody has: native waits as they come, Python's up to the capacity. */
static enum tw_rc take(struct triggerer *t, size_t *ret_native, struct tw_err *err)
{
	size_t room = (size_t)t->opts->capacity, python = t->in_python, n = 0;
	struct tw_trigger_take want = {
		.triggerer_id = t->job_id,
		.classes = waits_classes(),
		.queues = t->opts->queues,
		.nqueues = t->opts->nqueues,
		.these = true,
		.limit = TAKE_AT_ONCE,
	};
	enum tw_rc rc = TW_OK;

	*ret_native = 0;
	want.nclasses = t->opts->native ? SIZE_MAX : 1;
	if (!t->opts->nqueues)
		rc = tw_store_triggers_take(t->store, &want, ret_native, err);
	tw_map_foreach(&t->known, e)
		python += ((struct known *)e->value)->place == NEW;
	want.these = false;
	want.limit = room > python ? room - python : 0;
	if (rc == TW_OK && want.limit)
		rc = tw_store_triggers_take(t->store, &want, &n, err);
	return rc;
}

static void look(uv_timer_t *timer)
{
	struct triggerer *t = timer->data;
	struct tw_arena a = { 0 };
	struct tw_err err = { 0 };
	int64_t *ids;
	size_t n = 0, taken = 0;

	if (t->stopping)
		return;
	if (take(t, &taken, &err) < 0 || tw_store_trigger_ids(t->store, t->job_id, &a, &ids, &n, &err) < 0) {
		tw_error("triggers: %s", err.msg);
	} else {
		for (size_t i = 0; i < n; i++) {
			struct known *k = know(t, ids[i]);

			if (k->place == NEW)
				start(t, k);
		}
		stop_gone(t);
	}
	tw_arena_release(&a);
	uv_timer_start(&t->look, look, taken == TAKE_AT_ONCE ? 0 : LOOK_MS, 0);
}

static void on_bell(void *arg)
{
	struct triggerer *t = arg;

	uv_timer_start(&t->look, look, 0, 0);
}

/* ── the Python process ───────────────────────────────────────────────────────────────── */

static void on_exit_of_python(void *arg, const struct tw_exit *e)
{
	struct triggerer *t = arg;

	t->pid = 0;
	if (t->stopping)
		return;
	tw_error("the Python process of the triggers ended (status %d, signal %d)", e->code, e->signal);
	t->status = 1; /* supervision starts this daemon again, and its triggers with it */
	t->stopping = true;
	uv_stop(&t->loop);
}

static enum tw_rc start_python(struct triggerer *t, struct tw_err *err)
{
	static const struct tw_link_ops ops = { on_frame, on_link_end, NULL };
	int fd;
	enum tw_rc rc = tw_pychild_start(t->opts->paths, t->opts->dags_folder, t->opts->plugins_folder,
					 "tradewind.triggers_main", &t->pid, &fd, err);

	if (rc < 0)
		return rc;
	t->link = tw_link_new(&t->loop, fd, &ops, t);
	tw_reaper_watch(t->reaper, t->pid, TW_REAP_SWEEP, on_exit_of_python, t);
	return TW_OK;
}

static void on_beat(uv_timer_t *timer)
{
	struct triggerer *t = timer->data;
	struct tw_err err = { 0 };

	if (tw_store_job_beat(t->store, t->job_id, tw_now(), &err) < 0 ||
	    tw_store_triggers_orphaned(t->store, tw_now() - t->opts->health_timeout, &err) < 0)
		tw_error("heartbeat: %s", err.msg);
}

static void on_signal(uv_signal_t *sig, int signum)
{
	struct triggerer *t = sig->data;

	tw_info("stopping");
	t->stopping = true;
	uv_stop(&t->loop);
}

/* ── the daemon ───────────────────────────────────────────────────────────────────────── */

static enum tw_rc set_up(struct triggerer *t, struct tw_crypt *crypt, struct tw_err *err)
{
	struct tw_store_opts store = { .url = t->opts->store_url, .mode = TW_STORE_CHECK };
	enum tw_rc rc = tw_crypt_init(crypt, tw_str(t->opts->fernet_keys), err);

	tw_crypt_hook(crypt, &store);
	if (rc == TW_OK)
		rc = tw_store_open(&store, &t->store, err);
	if (rc == TW_OK)
		rc = tw_job_begin(t->store, "TriggererJob", NULL, &t->job_id, err);
	if (rc == TW_OK)
		rc = tw_reaper_new(&t->loop, &t->reaper, err);
	if (rc == TW_OK)
		rc = tw_bell_new(&t->loop, t->opts->paths->triggerer_bell, on_bell, t, &t->bell, err);
	/* The bell of this home is another triggerer's: this one only looks. */
	if (rc == TW_ERR_EXISTS)
		rc = TW_OK;
	return rc;
}

static void set_handles(struct triggerer *t)
{
	uv_timer_init(&t->loop, &t->look);
	uv_timer_init(&t->loop, &t->beat);
	uv_prepare_init(&t->loop, &t->post);
	uv_signal_init(&t->loop, &t->term);
	uv_signal_init(&t->loop, &t->intr);
	t->look.data = t->beat.data = t->post.data = t->term.data = t->intr.data = t;
	t->waits = waits_new(&t->loop, t->store, &t->zones, wait_said, t);
	uv_timer_start(&t->look, look, 0, 0);
	uv_timer_start(&t->beat, on_beat, 0, (uint64_t)t->opts->beat_ms);
	uv_prepare_start(&t->post, on_prepare);
	uv_signal_start(&t->term, on_signal, SIGTERM);
	uv_signal_start(&t->intr, on_signal, SIGINT);
}

static void close_handle(uv_handle_t *h, void *arg)
{
	if (!uv_is_closing(h))
		uv_close(h, NULL);
}

static void tear_down(struct triggerer *t)
{
	tw_link_close(t->link);
	if (t->pid)
		tw_reaper_terminate(t->reaper, t->pid, 3000);
	for (int i = 0; t->pid && i < 400; i++) {
		uv_run(&t->loop, UV_RUN_NOWAIT);
		usleep(10000);
	}
	tw_reaper_free(t->reaper);
	tw_bell_free(t->bell);
	waits_free(t->waits);
	if (t->rows.n)
		on_prepare(&t->post);
	if (t->store && t->job_id)
		tw_store_job_end(t->store, t->job_id, t->status ? "failed" : "success", tw_now(), NULL);
	tw_store_close(t->store);
	tw_map_foreach(&t->known, e)
		free(e->value);
	tw_map_release(&t->known);
	tw_vec_release(&t->rows);
	tw_arena_release(&t->said);
	uv_walk(&t->loop, close_handle, NULL);
	uv_run(&t->loop, UV_RUN_DEFAULT);
	uv_loop_close(&t->loop);
	tw_zones_release(&t->zones);
}

int tw_triggerer_run(const struct tw_triggerer_options *opts, struct tw_err *err)
{
	struct triggerer t = { .opts = opts, .zones = { .load = tw_zoneinfo_load } };
	struct tw_crypt crypt = { 0 };

	tw_log_component("triggerer");
	uv_loop_init(&t.loop);
	if (set_up(&t, &crypt, err) < 0) {
		t.status = 1;
		t.stopping = true;
	} else {
		set_handles(&t);
		tw_info("ready capacity=%d", opts->capacity);
		uv_run(&t.loop, UV_RUN_DEFAULT);
		t.stopping = true;
	}
	tear_down(&t);
	return t.status;
}
