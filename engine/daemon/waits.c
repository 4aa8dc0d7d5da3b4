#include "daemon/waits.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "api/exec/execution.h"
#include "base/heap.h"
#include "base/log.h"
#include "base/map.h"
#include "io/clock.h"
#include "operator/wait.h"
#include "runner/logline.h"
#include "value/json.h"

#define DAG_STATE_TRIGGER "airflow.providers.standard.triggers.external_task.DagStateTrigger"
#define LONGEST_SLEEP_MS 60000 /* the wall clock may be set meanwhile */

struct wait {
	struct waits *w;
	int64_t id;
	struct tw_heap_node node;
	tw_time at;            /* next poke or alarm */
	tw_time alarm;         /* TW_TIME_NONE: none */
	tw_time next;          /* next poke */
	int count;             /* pokes so far */
	bool looking;          /* the thread pool is at it */
	bool gone;             /* removed meanwhile */
	char *spec;            /* JSON */
};

struct waits {
	uv_loop_t *loop;
	struct tw_store *store;
	struct tw_zones *zones;
	waits_said said;
	void *arg;
	struct tw_map by_id;   /* 8 bytes of the id → struct wait */
	struct tw_heap due;
	uv_timer_t timer;
	size_t looking;
};

static struct tw_str key_of(const int64_t *id)
{
	return tw_strn((const char *)id, sizeof *id);
}

/* ── the heap and its one timer ───────────────────────────────────────────────────────── */

static bool before(const struct tw_heap_node *a, const struct tw_heap_node *b)
{
	return tw_container_of(a, struct wait, node)->at < tw_container_of(b, struct wait, node)->at;
}

static void on_timer(uv_timer_t *timer);

static void arm(struct waits *w)
{
	struct tw_heap_node *top = tw_heap_min(&w->due);
	int64_t ms;

	if (!top) {
		uv_timer_stop(&w->timer);
		return;
	}
	ms = (tw_container_of(top, struct wait, node)->at - tw_now() + 999) / 1000;
	ms = ms < 0 ? 0 : ms > LONGEST_SLEEP_MS ? LONGEST_SLEEP_MS : ms;
	uv_update_time(w->loop);
	uv_timer_start(&w->timer, on_timer, (uint64_t)ms, 0);
}

static void put_due(struct wait *x)
{
	x->at = x->alarm != TW_TIME_NONE && x->alarm < x->next ? x->alarm : x->next;
	tw_heap_push(&x->w->due, &x->node);
}

static void wait_free(struct wait *x)
{
	free(x->spec);
	free(x);
}

/* ── the log ──────────────────────────────────────────────────────────────────────────── */

/* Into the attempt's own log, where the sensor's runner has begun it. */
static void log_write(struct tw_value spec, const struct tw_buf *line)
{
	struct tw_str path = tw_map_str(spec, "log", "");
	int fd = path.n ? open(path.p, O_WRONLY | O_APPEND | O_CLOEXEC) : -1;

	if (fd < 0)
		return;
	if (write(fd, line->p, line->n) < 0)
		tw_warn("cannot write to the log %s", path.p);
	close(fd);
}

static void log_line(struct tw_value spec, struct tw_str event)
{
	TW_AUTO(tw_buf_release) struct tw_buf line = { 0 };

	if (!event.n)
		return;
	tw_logline(&line, TW_LOG_INFO, tw_map_str(spec, "logger", "task").p, event);
	log_write(spec, &line);
}

static void log_error(struct tw_value spec, const char *event, const char *type, struct tw_str text)
{
	TW_AUTO(tw_buf_release) struct tw_buf line = { 0 };

	tw_logline_exception(&line, event, type, text);
	log_write(spec, &line);
}

static void log_end(struct tw_value spec, const struct tw_wait_end *e)
{
	if (strcmp(e->state, "success") == 0)
		log_line(spec, TW_STR("Success criteria met. Exiting."));
	else if (e->exception)
		log_error(spec, "Task failed with exception", e->exception, tw_buf_str(&e->reason));
	else
		log_line(spec, tw_buf_str(&e->reason));
}

/* ── asking the metastore ─────────────────────────────────────────────────────────────── */

static enum tw_rc ask(void *arg, const char *what, struct tw_value body, struct tw_arena *a, struct tw_value *ret,
		      struct tw_err *err)
{
	struct waits *w = arg;
	struct tw_execution_caller who = { .now = tw_now(), .map_index = -1, .zones = w->zones };
	bool ring;

	return tw_execution_do(w->store, &who, tw_str(what), body, a, ret, &ring, err);
}

/* ── over ─────────────────────────────────────────────────────────────────────────────── */

static void forget(struct wait *x)
{
	tw_map_del(&x->w->by_id, key_of(&x->id));
	tw_heap_remove(&x->w->due, &x->node);
	wait_free(x);
}

/* The runs' states beside the trigger's own arguments: what DagStateTrigger tells. */
static struct tw_value run_states(struct waits *w, struct tw_value kwargs, struct tw_arena *a)
{
	struct tw_value event = tw_v_map(a), pair = tw_v_list(a), told = tw_value_copy(a, kwargs), run;
	struct tw_value run_ids = tw_map_value(kwargs, "run_ids");

	for (size_t i = 0; run_ids.kind == TW_V_LIST && i < run_ids.list->n; i++) {
		struct tw_value body = tw_v_map(a);

		tw_map_putc(a, body, "dag_id", tw_map_value(kwargs, "dag_id"));
		tw_map_putc(a, body, "run_id", run_ids.list->v[i]);
		if (ask(w, "dag_run_get", body, a, &run, NULL) == TW_OK && run_ids.list->v[i].kind == TW_V_STR)
			tw_map_put(a, told, run_ids.list->v[i].s, tw_map_value(run, "state"));
	}
	tw_list_push(a, pair, tw_v_cstr(DAG_STATE_TRIGGER));
	tw_list_push(a, pair, told);
	tw_map_putc(a, event, "__type", tw_v_cstr("tuple"));
	tw_map_putc(a, event, "__var", pair);
	return event;
}

/* The event a shipped trigger fires at this end; NULL kind: none, the task itself ends. */
static struct tw_value event_of(struct waits *w, struct tw_value spec, const struct tw_wait_end *e, struct tw_arena *a)
{
	struct tw_value event = tw_v_map(a), kwargs = tw_map_value(spec, "dag_states");

	if (tw_map_bool(spec, "tells_status", false)) {
		tw_map_putc(a, event, "status", tw_v_cstr(strcmp(e->state, "failed_final") == 0 ? "failed" : e->state));
		return event;
	}
	if (strcmp(e->state, "success") != 0)
		return TW_NULL;
	return kwargs.kind == TW_V_MAP ? run_states(w, kwargs, a) : tw_map_value(spec, "fire");
}

static void finish(struct wait *x, struct tw_value spec, const struct tw_wait_end *e, struct tw_arena *a)
{
	struct waits *w = x->w;
	struct tw_value event = event_of(w, spec, e, a);
	int64_t id = x->id;
	struct tw_value end = tw_v_map(a);

	log_end(spec, e);
	if (event.kind != TW_V_NULL) {
		w->said(w->arg, id, "fired", event);
	} else {
		tw_map_putc(a, end, "state", tw_v_cstr(e->state));
		if (e->reason.n)
			tw_map_putc(a, end, "reason", tw_v_str(tw_buf_str(&e->reason)));
		if (e->exception)
			tw_map_putc(a, end, "exception", tw_v_cstr(e->exception));
		w->said(w->arg, id, "ended", end);
	}
	forget(x);
}

/* What came of a poke: over, or again later. */
static void judge(struct wait *x, struct tw_value spec, const struct tw_poked *poked, struct tw_arena *a)
{
	struct tw_wait_end end = { 0 };

	tw_wait_judge(spec, tw_now(), ++x->count, poked, &end);
	if (poked->what == TW_POKE_YES)
		log_line(spec, tw_buf_str(&poked->text));
	if (end.over) {
		finish(x, spec, &end, a);
	} else {
		if (poked->what == TW_POKE_FAIL)
			log_error(spec, "Sensor poke failed", poked->exception, tw_buf_str(&poked->text));
		x->next = end.next;
		put_due(x);
	}
	tw_wait_end_release(&end);
}

/* ── looking at files, in the thread pool ─────────────────────────────────────────────── */

struct look {
	uv_work_t work;
	struct wait *x;
	char *spec;
	struct tw_poked poked;
};

static void look_at_file(uv_work_t *work)
{
	struct look *l = work->data;
	struct tw_arena a = { 0 };
	struct tw_value spec;

	if (tw_json_parse(&a, tw_str(l->spec), &spec, NULL) == TW_OK)
		(void)tw_wait_poke(spec, tw_now(), NULL, &l->poked, NULL);
	tw_arena_release(&a);
}

static void on_looked(uv_work_t *work, int status)
{
	struct look *l = work->data;
	struct wait *x = l->x;
	struct waits *w = x->w;
	struct tw_arena a = { 0 };
	struct tw_value spec;

	w->looking--;
	x->looking = false;
	if (x->gone || status < 0) {
		wait_free(x);
	} else if (tw_json_parse(&a, tw_str(x->spec), &spec, NULL) == TW_OK) {
		judge(x, spec, &l->poked, &a);
		arm(w);
	}
	tw_arena_release(&a);
	tw_poked_release(&l->poked);
	free(l->spec);
	free(l);
}

static void look_later(struct wait *x)
{
	struct look *l = tw_new(struct look);

	l->x = x;
	l->spec = tw_strdup(x->spec);
	l->work.data = l;
	x->looking = true;
	x->w->looking++;
	uv_queue_work(x->w->loop, &l->work, look_at_file, on_looked);
}

/* ── pokes ────────────────────────────────────────────────────────────────────────────── */

static bool is_kind(struct tw_value spec, const char *kind)
{
	return tw_str_is(tw_map_str(spec, "kind", ""), kind);
}

static void poke(struct wait *x, struct tw_value spec, struct tw_arena *a)
{
	struct tw_poked poked = { 0 };
	struct tw_err err = { 0 };
	enum tw_rc rc;

	log_line(spec, tw_map_str(spec, "say", NULL));
	if (is_kind(spec, "file")) {
		look_later(x);
		return;
	}
	if (is_kind(spec, "external"))
		rc = tw_wait_poke_others(spec, ask, x->w, a, &poked, &err);
	else
		rc = tw_wait_poke(spec, tw_now(), x->w->zones, &poked, &err);
	if (rc == TW_ERR_NOT_FOUND) {
		poked.what = TW_POKE_FAIL;
		poked.exception = "AirflowRuntimeError";
		tw_buf_adds(&poked.text, err.msg);
		judge(x, spec, &poked, a);
	} else if (rc < 0) {
		/* The metastore was busy, say: no poke at all. */
		tw_warn("wait %lld: %s", (long long)x->id, err.msg);
		x->next = tw_now() + TW_US_SEC;
		put_due(x);
	} else {
		judge(x, spec, &poked, a);
	}
	tw_poked_release(&poked);
}

static void wake(struct wait *x)
{
	struct tw_arena a = { 0 };
	struct tw_wait_end end = { 0 };
	struct tw_value spec;
	tw_time now = tw_now();

	if (tw_json_parse(&a, tw_str(x->spec), &spec, NULL) < 0)
		forget(x);
	else if (x->next > now && tw_wait_expired(spec, now, &end))
		finish(x, spec, &end, &a);
	else
		poke(x, spec, &a);
	tw_wait_end_release(&end);
	tw_arena_release(&a);
}

static void on_timer(uv_timer_t *timer)
{
	struct waits *w = timer->data;
	struct tw_heap_node *top;
	tw_time now = tw_now();

	while ((top = tw_heap_min(&w->due))) {
		struct wait *x = tw_container_of(top, struct wait, node);

		if (x->at > now)
			break;
		tw_heap_remove(&w->due, top);
		wake(x);
	}
	arm(w);
}

/* ── the shipped triggers as waits ────────────────────────────────────────────────────── */

static struct tw_value spec_base(struct tw_arena *a, const char *kind, struct tw_value kwargs, double interval)
{
	struct tw_value spec = tw_v_map(a);
	char now[TW_ISO_MAX];

	tw_map_putc(a, spec, "kind", tw_v_cstr(kind));
	tw_map_putc(a, spec, "started", tw_v_cstr(tw_arena_strdup(a, tw_time_iso_utc(now, tw_now()))));
	tw_map_putc(a, spec, "poke_interval", tw_v_float(tw_map_num(kwargs, "poke_interval", interval)));
	return spec;
}

/* A datetime encoded, or text. */
static struct tw_value moment_of(struct tw_value v)
{
	if (tw_str_is(tw_map_str(v, "__type", ""), "datetime"))
		return tw_map_value(v, "__var");
	return v.kind == TW_V_STR ? v : TW_NULL;
}

static enum tw_rc moment_spec(struct tw_value kwargs, struct tw_arena *a, struct tw_value *ret, struct tw_err *err)
{
	struct tw_value at = moment_of(tw_map_value(kwargs, "moment")), event = tw_v_map(a);
	char text[TW_ISO_MAX];
	tw_time t;

	if (at.kind == TW_V_NULL)
		at = moment_of(tw_map_value(kwargs, "target_time"));
	if (at.kind != TW_V_STR || tw_time_parse(at.s, NULL, &t, NULL) < 0)
		return tw_err_set(err, TW_ERR_INVALID, "DateTimeTrigger has neither a 'moment' nor a usable 'target_time'");
	*ret = spec_base(a, "moment", kwargs, 3600);
	/* It fires when the moment has come, a sensor when it is over. */
	tw_map_putc(a, *ret, "at", tw_v_cstr(tw_arena_strdup(a, tw_time_iso_utc(text, t - 1))));
	tw_map_putc(a, event, "__type", tw_v_cstr("datetime"));
	tw_map_putc(a, event, "__var", tw_v_cstr(tw_arena_strdup(a, tw_time_iso_utc(text, t))));
	if (!tw_map_bool(kwargs, "end_from_trigger", false))
		tw_map_putc(a, *ret, "fire", event);
	return TW_OK;
}

static enum tw_rc file_spec(struct tw_value kwargs, struct tw_arena *a, struct tw_value *ret, struct tw_err *err)
{
	if (tw_map_value(kwargs, "filepath").kind != TW_V_STR)
		return tw_err_set(err, TW_ERR_INVALID, "FileTrigger needs a filepath that is text");
	*ret = spec_base(a, "file", kwargs, 5);
	tw_map_putc(a, *ret, "path", tw_map_value(kwargs, "filepath"));
	tw_map_putc(a, *ret, "recursive", tw_map_value(kwargs, "recursive"));
	tw_map_putc(a, *ret, "fire", tw_v_bool(true));
	return TW_OK;
}

/* A list encoded, tuples and sets too; instants become text. */
static struct tw_value plain_list(struct tw_value v, struct tw_arena *a)
{
	struct tw_value out = tw_v_list(a);

	if (v.kind == TW_V_MAP)
		v = tw_map_value(v, "__var");
	for (size_t i = 0; v.kind == TW_V_LIST && i < v.list->n; i++)
		tw_list_push(a, out, v.list->v[i].kind == TW_V_MAP ? moment_of(v.list->v[i]) : v.list->v[i]);
	return out;
}

static struct tw_value others_spec(struct tw_value kwargs, struct tw_arena *a, const char *dag, const char *dates)
{
	struct tw_value spec = spec_base(a, "external", kwargs, 2), ids = plain_list(tw_map_value(kwargs, "run_ids"), a);
	struct tw_value when = plain_list(tw_map_value(kwargs, dates), a);

	tw_map_putc(a, spec, "dag_id", tw_map_value(kwargs, dag));
	tw_map_putc(a, spec, "run_ids", ids);
	tw_map_putc(a, spec, "dates", when);
	tw_map_putc(a, spec, "wanted", tw_v_int((int64_t)(tw_value_len(ids) ? tw_value_len(ids) : tw_value_len(when))));
	return spec;
}

static enum tw_rc workflow_spec(struct tw_value kwargs, struct tw_arena *a, struct tw_value *ret, struct tw_err *err)
{
	bool dated = tw_value_len(tw_map_value(kwargs, "logical_dates"));

	*ret = others_spec(kwargs, a, "external_dag_id", dated ? "logical_dates" : "execution_dates");
	if (tw_map_value(kwargs, "external_dag_id").kind != TW_V_STR)
		return tw_err_set(err, TW_ERR_INVALID, "WorkflowTrigger needs an external_dag_id");
	tw_map_putc(a, *ret, "task_ids", plain_list(tw_map_value(kwargs, "external_task_ids"), a));
	tw_map_putc(a, *ret, "group_id", tw_map_value(kwargs, "external_task_group_id"));
	tw_map_putc(a, *ret, "allowed", plain_list(tw_map_value(kwargs, "allowed_states"), a));
	tw_map_putc(a, *ret, "skipped", plain_list(tw_map_value(kwargs, "skipped_states"), a));
	tw_map_putc(a, *ret, "failed", plain_list(tw_map_value(kwargs, "failed_states"), a));
	tw_map_putc(a, *ret, "tells_status", tw_v_bool(true));
	return TW_OK;
}

static enum tw_rc dag_state_spec(struct tw_value kwargs, struct tw_arena *a, struct tw_value *ret, struct tw_err *err)
{
	if (tw_map_value(kwargs, "dag_id").kind != TW_V_STR)
		return tw_err_set(err, TW_ERR_INVALID, "DagStateTrigger needs a dag_id");
	*ret = others_spec(kwargs, a, "dag_id", "execution_dates");
	tw_map_putc(a, *ret, "poke_interval", tw_v_float(tw_map_num(kwargs, "poll_interval", 5)));
	tw_map_putc(a, *ret, "allowed", plain_list(tw_map_value(kwargs, "states"), a));
	tw_map_putc(a, *ret, "dag_states", kwargs);
	return TW_OK;
}

static enum tw_rc native_spec(struct tw_value kwargs, struct tw_arena *a, struct tw_value *ret, struct tw_err *err)
{
	if (kwargs.kind != TW_V_MAP || tw_map_value(kwargs, "kind").kind != TW_V_STR)
		return tw_err_set(err, TW_ERR_INVALID, "a native wait without a kind");
	*ret = kwargs;
	return TW_OK;
}

static const struct {
	const char *classpath;
	enum tw_rc (*spec)(struct tw_value kwargs, struct tw_arena *a, struct tw_value *ret, struct tw_err *err);
} kinds[] = {
	{ "tradewind.native.Wait", native_spec },
	{ "airflow.providers.standard.triggers.temporal.DateTimeTrigger", moment_spec },
	{ "airflow.triggers.temporal.DateTimeTrigger", moment_spec },
	{ "airflow.providers.standard.triggers.file.FileTrigger", file_spec },
	{ "airflow.triggers.file.FileTrigger", file_spec },
	{ "airflow.providers.standard.triggers.external_task.WorkflowTrigger", workflow_spec },
	{ "airflow.triggers.external_task.WorkflowTrigger", workflow_spec },
	{ DAG_STATE_TRIGGER, dag_state_spec },
	{ "airflow.triggers.external_task.DagStateTrigger", dag_state_spec },
};
#define NKINDS (sizeof kinds / sizeof *kinds)

static size_t kind_of(struct tw_str classpath)
{
	size_t i = 0;

	while (i < NKINDS && !tw_str_is(classpath, kinds[i].classpath))
		i++;
	return i;
}

bool waits_knows(struct tw_str classpath, bool native)
{
	return kind_of(classpath) < (native ? NKINDS : 1);
}

const char *const *waits_classes(void)
{
	static const char *names[NKINDS + 1];

	for (size_t i = 0; i < NKINDS; i++)
		names[i] = kinds[i].classpath;
	return names;
}

/* ── in and out ───────────────────────────────────────────────────────────────────────── */

enum tw_rc waits_add(struct waits *w, int64_t id, struct tw_str classpath, struct tw_value kwargs, struct tw_err *err)
{
	size_t kind = kind_of(classpath);
	struct tw_arena a = { 0 };
	struct tw_value spec;
	struct tw_str next;
	struct wait *x;
	enum tw_rc rc;

	TW_ASSERT(kind < NKINDS);
	if (tw_map_get(&w->by_id, key_of(&id)))
		return TW_OK;
	rc = kinds[kind].spec(kwargs, &a, &spec, err);
	if (rc == TW_OK) {
		x = tw_new(struct wait);
		*x = (struct wait){ .w = w, .id = id, .alarm = tw_wait_alarm(spec), .next = tw_now() };
		x->spec = tw_json_dump(spec, TW_JSON_COMPACT);
		x->count = (int)tw_map_int(spec, "count", 0);
		next = tw_map_str(spec, "next", NULL);
		if (next.p)
			(void)tw_time_parse(next, NULL, &x->next, NULL);
		tw_wait_resume(spec, tw_now(), &x->count, &x->next);
		tw_map_set(&w->by_id, key_of(&id), x);
		put_due(x);
		arm(w);
	}
	tw_arena_release(&a);
	return rc;
}

void waits_remove(struct waits *w, int64_t id)
{
	struct wait *x = tw_map_del(&w->by_id, key_of(&id));

	if (!x)
		return;
	tw_heap_remove(&w->due, &x->node);
	if (x->looking)
		x->gone = true;
	else
		wait_free(x);
}

size_t waits_count(const struct waits *w)
{
	return w->by_id.len;
}

struct waits *waits_new(uv_loop_t *loop, struct tw_store *store, struct tw_zones *zones, waits_said said, void *arg)
{
	struct waits *w = tw_new(struct waits);

	*w = (struct waits){ .loop = loop, .store = store, .zones = zones, .said = said, .arg = arg };
	w->due.before = before;
	uv_timer_init(loop, &w->timer);
	w->timer.data = w;
	return w;
}

void waits_free(struct waits *w)
{
	if (!w)
		return;
	while (w->looking)
		uv_run(w->loop, UV_RUN_ONCE);
	tw_heap_release(&w->due);
	tw_map_foreach(&w->by_id, e)
		wait_free(e->value);
	tw_map_release(&w->by_id);
	uv_close((uv_handle_t *)&w->timer, NULL);
	uv_run(w->loop, UV_RUN_NOWAIT);
	free(w);
}
