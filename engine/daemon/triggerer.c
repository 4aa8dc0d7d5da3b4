#include "daemon/triggerer.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

#include "api/execution.h"
#include "base/log.h"
#include "base/map.h"
#include "daemon/crypt.h"
#include "daemon/job.h"
#include "daemon/pychild.h"
#include "io/clock.h"
#include "io/doorbell.h"
#include "io/frame.h"
#include "io/proc.h"
#include "io/zoneinfo.h"
#include "store/assets.h"
#include "store/tis.h"
#include "time/zone.h"
#include "value/json.h"

#define LOOK_MS 1000
#define IDLE_LOOK_MS 500
#define BEAT_MS 5000

struct triggerer {
	const struct tw_triggerer_options *opts;
	uv_loop_t loop;
	struct tw_reaper *reaper;
	struct tw_link *link;
	pid_t pid;
	bool ready;
	struct tw_store *store;
	struct tw_zones zones;
	struct tw_map running;         /* id as text → itself */
	struct tw_bell *bell;
	uv_timer_t look, beat;
	uv_signal_t term, intr;
	int64_t job_id;
	bool stopping;
	int status;
};

static char present, watching;

static struct tw_str id_text(char out[24], int64_t id)
{
	snprintf(out, 24, "%lld", (long long)id);
	return tw_str(out);
}

static void look(uv_timer_t *timer);

/* ── what a trigger said ──────────────────────────────────────────────────────────────── */

static void post(struct triggerer *t, int64_t id, const char *what, const char *key, struct tw_value v,
		 struct tw_arena *a)
{
	struct tw_value payload = tw_v_map(a);
	char *json, text[24];
	struct tw_inbox_row row = { .at = TW_TIME_NONE, .kind = TW_STR("trigger") };
	struct tw_err err = { 0 };

	tw_map_putc(a, payload, "trigger_id", tw_v_int(id));
	tw_map_putc(a, payload, "what", tw_v_cstr(what));
	tw_map_putc(a, payload, key, v);
	json = tw_json_dump(payload, TW_JSON_COMPACT);
	row.payload = tw_str(json);
	if (tw_store_inbox_post(t->store, &row, 1, NULL, &err) < 0)
		tw_error("what trigger %lld said cannot be posted: %s", (long long)id, err.msg);
	else
		tw_bell_ring(t->opts->paths->bell);
	free(json);
	tw_map_del(&t->running, id_text(text, id));
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

static bool is_watching(struct triggerer *t, int64_t id)
{
	char text[24];

	return tw_map_get(&t->running, id_text(text, id)) == &watching;
}

/* It ended by itself, or failed: it is started again when the table is looked at next. */
static void watcher_ended(struct triggerer *t, int64_t id, struct tw_str why)
{
	char text[24];

	if (why.n)
		tw_error("a trigger that watches an asset failed and is started again: trigger=%lld " TW_STR_FMT,
			 (long long)id, TW_STR_ARG(why));
	tw_map_del(&t->running, id_text(text, id));
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
		uv_timer_start(&t->look, look, 0, LOOK_MS);
	} else if (tw_str_is(op, "request")) {
		answer(t, v, a);
	} else if (is_watching(t, id) && tw_str_is(op, "event")) {
		post_asset_events(t, id, tw_map_value(v, "plain"), a);
	} else if (is_watching(t, id) && (tw_str_is(op, "failed") || tw_str_is(op, "ended"))) {
		watcher_ended(t, id, tw_map_str(v, "error", ""));
	} else if (tw_str_is(op, "event")) {
		post(t, id, "fired", "event", tw_map_value(v, "payload"), a);
	} else if (tw_str_is(op, "failed")) {
		struct tw_value kwargs = tw_v_map(a);

		tw_map_putc(a, kwargs, "error", tw_v_cstr("Trigger failure"));
		tw_map_putc(a, kwargs, "traceback", tw_map_value(v, "error"));
		post(t, id, "failed", "next_kwargs", kwargs, a);
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

static void start_trigger(struct triggerer *t, const struct tw_trigger_row *row, struct tw_arena *a)
{
	struct tw_value v = tw_v_map(a), kwargs;
	bool watcher;
	char text[24];

	if (tw_map_get(&t->running, id_text(text, row->id)))
		return;
	if (tw_json_parse(a, row->kwargs, &kwargs, NULL) < 0)
		kwargs = tw_v_map(a);
	tw_map_putc(a, v, "op", tw_v_cstr("start"));
	tw_map_putc(a, v, "id", tw_v_int(row->id));
	tw_map_putc(a, v, "classpath", tw_v_str(row->classpath));
	tw_map_putc(a, v, "kwargs", kwargs);
	watcher = watches(t, row->id, a);
	if (watcher)
		tw_map_putc(a, v, "watcher", tw_v_bool(true));
	tw_link_send_json(t->link, v, NULL);
	tw_map_set(&t->running, id_text(text, row->id), watcher ? &watching : &present);
}

static bool still_there(const struct tw_trigger_row *rows, size_t n, struct tw_str id)
{
	char text[24];

	for (size_t i = 0; i < n; i++)
		if (tw_str_eq(id_text(text, rows[i].id), id))
			return true;
	return false;
}

/* Those that nobody waits for any more. */
static void stop_gone(struct triggerer *t, const struct tw_trigger_row *rows, size_t n, struct tw_arena *a)
{
	TW_VEC(struct tw_str) gone = { 0 };

	tw_map_foreach(&t->running, e)
		if (!still_there(rows, n, e->key))
			tw_vec_push(&gone, tw_str_copy(a, e->key));
	for (size_t i = 0; i < gone.n; i++) {
		struct tw_value v = tw_v_map(a);
		int64_t id = 0;

		tw_str_to_int(gone.v[i], &id);
		tw_map_putc(a, v, "op", tw_v_cstr("stop"));
		tw_map_putc(a, v, "id", tw_v_int(id));
		tw_link_send_json(t->link, v, NULL);
		tw_map_del(&t->running, gone.v[i]);
	}
	tw_vec_release(&gone);
}

static void look(uv_timer_t *timer)
{
	struct triggerer *t = timer->data;
	struct tw_arena a = { 0 };
	struct tw_trigger_row *rows;
	struct tw_err err = { 0 };
	size_t n = 0, room = (size_t)t->opts->capacity;

	if (!t->ready)
		return;
	room = room > t->running.len ? room - t->running.len : 0;
	if ((room && tw_store_triggers_take(t->store, t->job_id, room, tw_now() - t->opts->health_timeout, &n, &err) < 0) ||
	    tw_store_triggers(t->store, t->job_id, &a, &rows, &n, &err) < 0) {
		tw_error("triggers: %s", err.msg);
	} else {
		for (size_t i = 0; i < n; i++)
			start_trigger(t, &rows[i], &a);
		if (t->running.len > n)
			stop_gone(t, rows, n, &a);
	}
	tw_arena_release(&a);
}

static void on_bell(void *arg)
{
	struct triggerer *t = arg;

	t->look.timer_cb(&t->look);
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

/* Idle, there is no Python: it starts with the first trigger. */
static void first_look(uv_timer_t *timer)
{
	struct triggerer *t = timer->data;
	struct tw_arena a = { 0 };
	struct tw_trigger_row *rows;
	struct tw_err err = { 0 };
	size_t n = 0;

	if (tw_store_triggers(t->store, 0, &a, &rows, &n, &err) < 0)
		tw_error("triggers: %s", err.msg);
	tw_arena_release(&a);
	if (!n)
		return;
	uv_timer_start(&t->look, look, LOOK_MS, LOOK_MS);
	if (start_python(t, &err) < 0) {
		tw_error("%s", err.msg);
		t->status = 1;
		uv_stop(&t->loop);
	}
}

static void on_beat(uv_timer_t *timer)
{
	struct triggerer *t = timer->data;
	struct tw_err err = { 0 };

	if (tw_store_job_beat(t->store, t->job_id, tw_now(), &err) < 0)
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
	char *bell = tw_asprintf("%s/triggerer.bell", t->opts->paths->run_dir);
	enum tw_rc rc = tw_crypt_init(crypt, tw_str(t->opts->fernet_keys), err);

	tw_crypt_hook(crypt, &store);
	if (rc == TW_OK)
		rc = tw_store_open(&store, &t->store, err);
	if (rc == TW_OK)
		rc = tw_job_begin(t->store, "TriggererJob", NULL, &t->job_id, err);
	if (rc == TW_OK)
		rc = tw_reaper_new(&t->loop, &t->reaper, err);
	if (rc == TW_OK)
		rc = tw_bell_new(&t->loop, bell, on_bell, t, &t->bell, err);
	free(bell);
	return rc;
}

static void set_handles(struct triggerer *t)
{
	uv_timer_init(&t->loop, &t->look);
	uv_timer_init(&t->loop, &t->beat);
	uv_signal_init(&t->loop, &t->term);
	uv_signal_init(&t->loop, &t->intr);
	t->look.data = t->beat.data = t->term.data = t->intr.data = t;
	uv_timer_start(&t->look, first_look, 0, IDLE_LOOK_MS);
	uv_timer_start(&t->beat, on_beat, BEAT_MS, BEAT_MS);
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
	if (t->store && t->job_id)
		tw_store_job_end(t->store, t->job_id, t->status ? "failed" : "success", tw_now(), NULL);
	tw_store_close(t->store);
	tw_map_release(&t->running);
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
