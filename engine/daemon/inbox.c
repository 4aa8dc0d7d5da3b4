/* What people and programs ask: rows of the inbox become events of the core (docs/inbox.md). */
#include <stdlib.h>

#include "base/log.h"
#include "daemon/shell.h"
#include "store/backfill.h"
#include "store/dags.h"
#include "store/runs.h"
#include "store/tis.h"
#include "value/json.h"

#define ROWS_A_TURN 500

typedef enum tw_rc (*inbox_fn)(struct shell *sh, const struct tw_inbox_row *row, struct tw_value payload,
			       struct tw_arena *a, struct tw_err *err);

/* Steps an event about a run; loads the run first when the core does not hold it. */
static enum tw_rc step_run(struct shell *sh, const struct tw_event *ev, const struct tw_inbox_row *row,
			   struct tw_err *err)
{
	size_t asks = sh->gathering->fx->asks.n;
	enum tw_rc rc = shell_step(sh, ev, err);

	if (rc != TW_ERR_AGAIN)
		return rc;
	sh->gathering->fx->asks.n = asks;
	rc = boot_run(sh, row->dag_id, row->run_id, 0, err);
	return rc < 0 ? rc : shell_step(sh, ev, err);
}

static enum tw_rc take_dag_changed(struct shell *sh, const struct tw_inbox_row *row, struct tw_value payload,
				   struct tw_arena *a, struct tw_err *err)
{
	return boot_dag(sh, row->dag_id, err);
}

static enum tw_rc take_pools(struct shell *sh, const struct tw_inbox_row *row, struct tw_value payload,
			     struct tw_arena *a, struct tw_err *err)
{
	return boot_pools(sh, err);
}

static enum tw_rc take_run_new(struct shell *sh, const struct tw_inbox_row *row, struct tw_value payload,
			       struct tw_arena *a, struct tw_err *err)
{
	struct tw_run_row run;
	struct tw_dag *dag;
	enum tw_rc rc = boot_run(sh, row->dag_id, row->run_id, row->id, err);

	/* Held already: loaded when the scheduler began, before this row was seen. */
	if ((rc == TW_OK || rc == TW_ERR_EXISTS) &&
	    tw_sched_run(sh->core, (struct tw_run_ref){ row->dag_id, row->run_id }, &run) &&
	    boot_version(sh, run.version_id, &dag, NULL) == TW_OK)
		alarms_run_made(sh, dag, &run);
	return rc == TW_ERR_EXISTS ? TW_OK : rc;
}

static enum tw_rc take_run_state(struct shell *sh, const struct tw_inbox_row *row, struct tw_value payload,
				 struct tw_arena *a, struct tw_err *err)
{
	struct tw_event ev = { .type = TW_EV_RUN_STATE, .at = shell_now(sh) };

	ev.run_state.run = (struct tw_run_ref){ row->dag_id, row->run_id };
	ev.run_state.by = tw_map_str(payload, "by", NULL);
	if (!tw_run_state_parse(tw_map_str(payload, "state", ""), &ev.run_state.state))
		return tw_err_set(err, TW_ERR_INVALID, "unknown run state");
	return step_run(sh, &ev, row, err);
}

static enum tw_rc take_run_delete(struct shell *sh, const struct tw_inbox_row *row, struct tw_value payload,
				  struct tw_arena *a, struct tw_err *err)
{
	struct tw_event ev = { .type = TW_EV_RUN_DELETE, .at = shell_now(sh), .ref = { row->dag_id, row->run_id } };
	enum tw_rc rc = shell_step(sh, &ev, err);

	return rc == TW_ERR_AGAIN || rc == TW_ERR_NOT_FOUND ? TW_OK : rc;
}

/* [["task", index or null], …] */
static struct tw_ti_key *read_keys(struct tw_value list, struct tw_arena *a, int *ret_n)
{
	size_t n = tw_value_len(list);
	struct tw_ti_key *keys = tw_arena_array(a, struct tw_ti_key, n + 1);

	*ret_n = 0;
	for (size_t i = 0; i < n; i++) {
		struct tw_value item = list.list->v[i];

		if (tw_value_len(item) != 2 || item.list->v[0].kind != TW_V_STR)
			continue;
		keys[(*ret_n)++] = (struct tw_ti_key){
			item.list->v[0].s,
			item.list->v[1].kind == TW_V_INT ? (int)item.list->v[1].i : TW_MAP_ALL,
		};
	}
	return keys;
}

static struct tw_str *read_names(struct tw_value list, struct tw_arena *a, int *ret_n)
{
	struct tw_str *names = tw_arena_array(a, struct tw_str, tw_value_len(list) + 1);

	*ret_n = 0;
	for (size_t i = 0; i < tw_value_len(list); i++)
		if (list.list->v[i].kind == TW_V_STR)
			names[(*ret_n)++] = list.list->v[i].s;
	return names;
}

/* Every instance that the run has. */
static struct tw_ti_key *all_keys(struct shell *sh, const struct tw_inbox_row *row, struct tw_arena *a, int *ret_n)
{
	struct tw_ti_row *tis;
	struct tw_ti_key *keys;
	size_t n;

	*ret_n = 0;
	if (tw_store_tis_of_run(sh->reader, row->dag_id, row->run_id, a, &tis, &n, NULL) < 0)
		return NULL;
	keys = tw_arena_array(a, struct tw_ti_key, n + 1);
	for (size_t i = 0; i < n; i++)
		keys[(*ret_n)++] = (struct tw_ti_key){ tis[i].task_id, tis[i].map_index };
	return keys;
}

/* ── backfills ────────────────────────────────────────────────────────────────────────── */

static void load_queued(struct shell *sh, const struct tw_backfill_row *b, struct tw_arena *a)
{
	struct tw_err err = { 0 };
	struct tw_str *ids;
	size_t n = 0;

	if (tw_store_backfill_queued(sh->reader, b->id, a, &ids, &n, &err) < 0)
		tw_error("runs of backfill %lld: %s", (long long)b->id, err.msg);
	for (size_t i = 0; i < n; i++)
		if (boot_run(sh, b->dag_id, ids[i], 0, &err) < 0 && err.rc != TW_ERR_EXISTS && err.rc != TW_ERR_AGAIN)
			tw_error("not loaded: %s", err.msg);
}

enum tw_rc backfill_load(struct shell *sh, int64_t id, bool with_runs, struct tw_err *err)
{
	struct tw_event ev = { .type = TW_EV_BACKFILL, .at = shell_now(sh) };
	struct tw_backfill_row b;
	struct tw_arena a = { 0 };
	enum tw_rc rc = tw_store_backfill(sh->reader, id, &a, &b, err);

	if (rc == TW_OK) {
		ev.backfill = (struct tw_ev_backfill){ b.dag_id, b.id, b.max_active_runs, b.is_paused };
		rc = shell_step(sh, &ev, err);
	}
	if (rc == TW_OK && with_runs && b.completed_at == TW_TIME_NONE)
		load_queued(sh, &b, &a);
	tw_arena_release(&a);
	return rc;
}

static enum tw_rc take_backfill(struct shell *sh, const struct tw_inbox_row *row, struct tw_value payload,
				struct tw_arena *a, struct tw_err *err)
{
	return backfill_load(sh, tw_map_int(payload, "id", 0), true, err);
}

/* Its queued runs fail, what runs goes on. */
static enum tw_rc take_backfill_cancel(struct shell *sh, const struct tw_inbox_row *row, struct tw_value payload,
				       struct tw_arena *a, struct tw_err *err)
{
	int64_t id = tw_map_int(payload, "id", 0);
	struct tw_str *ids;
	size_t n;
	enum tw_rc rc = backfill_load(sh, id, false, err);

	if (rc == TW_OK)
		rc = tw_store_backfill_queued(sh->reader, id, a, &ids, &n, err);
	for (size_t i = 0; rc == TW_OK && i < n; i++) {
		struct tw_inbox_row run = { .dag_id = row->dag_id, .run_id = ids[i] };
		struct tw_event ev = { .type = TW_EV_RUN_STATE, .at = shell_now(sh) };
		struct tw_err why = { 0 };

		ev.run_state = (struct tw_ev_run_state){ .run = { row->dag_id, ids[i] }, .state = TW_RUN_FAILED, .bare = true };
		if (step_run(sh, &ev, &run, &why) < 0)
			tw_warn("not cancelled: %s", why.msg);
	}
	return rc;
}

/* The clear of a run that a backfill takes over. */
static void read_backfill(struct tw_value v, struct tw_arena *a, struct tw_ev_clear *ret)
{
	struct tw_value conf = tw_map_value(v, "conf");
	struct tw_buf text = { 0 };

	if (v.kind != TW_V_MAP)
		return;
	ret->backfill_id = tw_map_int(v, "id", 0);
	ret->backfill_ordinal = (int)tw_map_int(v, "ordinal", 0);
	if (conf.kind == TW_V_MAP) {
		tw_json_write(&text, conf, TW_JSON_COMPACT);
		ret->conf = tw_str_copy(a, tw_buf_str(&text));
		tw_buf_release(&text);
	}
}

static enum tw_rc take_clear(struct shell *sh, const struct tw_inbox_row *row, struct tw_value payload,
			     struct tw_arena *a, struct tw_err *err)
{
	struct tw_event ev = { .type = TW_EV_CLEAR, .at = shell_now(sh) };
	struct tw_version_row newest;

	ev.clear.run = (struct tw_run_ref){ row->dag_id, row->run_id };
	if (tw_map_value(payload, "tasks").kind == TW_V_NULL)
		ev.clear.tis = all_keys(sh, row, a, &ev.clear.ntis);
	else
		ev.clear.tis = read_keys(tw_map_value(payload, "tasks"), a, &ev.clear.ntis);
	ev.clear.run_state = TW_RUN_QUEUED;
	ev.clear.keep_run_state = !tw_map_bool(payload, "reset_run", true);
	ev.clear.by = tw_map_str(payload, "by", NULL);
	read_backfill(tw_map_value(payload, "backfill"), a, &ev.clear);
	if (tw_map_bool(payload, "newest_version", false)) {
		struct tw_dag *dag;
		enum tw_rc rc = tw_store_version(sh->reader, row->dag_id, 0, a, &newest, err);

		if (rc == TW_OK)
			rc = boot_version(sh, newest.id, &dag, err);
		if (rc < 0)
			return rc;
		ev.clear.dag = dag;
		ev.clear.version_id = newest.id;
	}
	return step_run(sh, &ev, row, err);
}

static enum tw_rc take_mark(struct shell *sh, const struct tw_inbox_row *row, struct tw_value payload,
			    struct tw_arena *a, struct tw_err *err)
{
	struct tw_event ev = { .type = TW_EV_MARK, .at = shell_now(sh) };

	ev.mark.run = (struct tw_run_ref){ row->dag_id, row->run_id };
	ev.mark.tis = read_keys(tw_map_value(payload, "tasks"), a, &ev.mark.ntis);
	ev.mark.named = read_names(tw_map_value(payload, "named"), a, &ev.mark.nnamed);
	ev.mark.by = tw_map_str(payload, "by", NULL);
	if (!tw_ti_state_parse(tw_map_str(payload, "state", ""), &ev.mark.state))
		return tw_err_set(err, TW_ERR_INVALID, "unknown task instance state");
	return step_run(sh, &ev, row, err);
}

/* The trigger ended its task: what it says is what a runner's `finished` says. */
static enum tw_rc trigger_ended(struct shell *sh, struct tw_event *ev, struct tw_value end, struct tw_err *err)
{
	struct tw_effects *fx = sh->gathering->fx;
	struct tw_ev_finished f;
	enum tw_end how;
	size_t acks = fx->acks.n;
	enum tw_rc rc;

	if (!tw_end_parse(tw_map_str(end, "state", ""), &how))
		return tw_err_set(err, TW_ERR_INVALID, "a trigger that ends its task in no known state");
	f = news_finished((struct tw_id){ { 0 } }, how, tw_map_str(end, "reason", NULL), end);
	ev->trigger.end = &f;
	rc = shell_step(sh, ev, err);
	if (rc == TW_OK && fx->acks.n > acks && fx->acks.v[fx->acks.n - 1].accepted)
		news_keep(sh, &fx->acks.v[fx->acks.n - 1], end, &f);
	return rc;
}

/* A trigger fired, failed, timed out or ended its task: the triggerer says so. */
static enum tw_rc take_trigger(struct shell *sh, const struct tw_inbox_row *row, struct tw_value payload,
			       struct tw_arena *a, struct tw_err *err)
{
	static const struct {
		const char *what, *key;
	} words[] = {
		[TW_TRIGGER_FIRED] = { "fired", "event" },
		[TW_TRIGGER_FAILED] = { "failed", "next_kwargs" },
		[TW_TRIGGER_TIMEOUT] = { "timeout", "next_kwargs" },
		[TW_TRIGGER_ENDED] = { "ended", "end" },
	};
	struct tw_event ev = { .type = TW_EV_TRIGGER, .at = shell_now(sh) };
	struct tw_str what = tw_map_str(payload, "what", "fired");
	TW_AUTO(tw_buf_release) struct tw_buf kwargs = { 0 };
	struct tw_value said;
	size_t i = 0, n = sizeof words / sizeof *words;
	enum tw_rc rc;

	while (i < n && !tw_str_is(what, words[i].what))
		i++;
	if (i == n)
		return tw_err_set(err, TW_ERR_INVALID, "a trigger neither fired, failed, timed out nor ended its task");
	said = tw_map_value(payload, words[i].key);
	ev.trigger.trigger_id = tw_map_int(payload, "trigger_id", 0);
	ev.trigger.what = i;
	if (said.kind != TW_V_NULL) {
		tw_json_write(&kwargs, said, TW_JSON_COMPACT);
		ev.trigger.next_kwargs = tw_buf_str(&kwargs);
	}
	rc = i == TW_TRIGGER_ENDED ? trigger_ended(sh, &ev, said, err) : shell_step(sh, &ev, err);
	return rc == TW_ERR_NOT_FOUND ? TW_OK : rc;
}

static enum tw_rc take_skip(struct shell *sh, const struct tw_inbox_row *row, struct tw_value payload,
			    struct tw_arena *a, struct tw_err *err)
{
	struct tw_event ev = { .type = TW_EV_SKIP, .at = shell_now(sh) };

	if (!tw_id_parse(tw_map_str(payload, "attempt", ""), &ev.skip.attempt))
		return tw_err_set(err, TW_ERR_INVALID, "no attempt");
	ev.skip.tis = read_keys(tw_map_value(payload, "tasks"), a, &ev.skip.ntis);
	return shell_step(sh, &ev, err);
}

/* A person has answered an attempt's question. */
static enum tw_rc take_answered(struct shell *sh, const struct tw_inbox_row *row, struct tw_value payload,
				struct tw_arena *a, struct tw_err *err)
{
	struct tw_id attempt;

	if (!tw_id_parse(tw_map_str(payload, "attempt", ""), &attempt))
		return tw_err_set(err, TW_ERR_INVALID, "no attempt");
	return hitl_answered(sh, attempt, err);
}

static enum tw_rc take_asset_event(struct shell *sh, const struct tw_inbox_row *row, struct tw_value payload,
				   struct tw_arena *a, struct tw_err *err)
{
	return assets_take_event(sh, payload, a, err);
}

static enum tw_rc take_asset_unmark(struct shell *sh, const struct tw_inbox_row *row, struct tw_value payload,
				    struct tw_arena *a, struct tw_err *err)
{
	return assets_take_unmark(sh, row->dag_id, payload, err);
}

/* Python's answer: what a deadline of the DAG's own kind counts from. */
static enum tw_rc take_deadline(struct shell *sh, const struct tw_inbox_row *row, struct tw_value payload,
				struct tw_arena *a, struct tw_err *err)
{
	struct tw_str text = tw_map_str(payload, "base", "");
	tw_time base;

	if (tw_time_parse(text, NULL, &base, err) < 0)
		return tw_err_wrap(err, "deadline");
	return alarms_answered(sh, (struct tw_run_ref){ row->dag_id, row->run_id },
			       (int)tw_map_int(payload, "alert", 0), base, err);
}

static enum tw_rc take_started(struct shell *sh, const struct tw_inbox_row *row, struct tw_value payload,
			       struct tw_arena *a, struct tw_err *err)
{
	return remote_take_started(sh, payload, err);
}

static enum tw_rc take_finished(struct shell *sh, const struct tw_inbox_row *row, struct tw_value payload,
				struct tw_arena *a, struct tw_err *err)
{
	return remote_take_finished(sh, payload, err);
}

static enum tw_rc take_gone(struct shell *sh, const struct tw_inbox_row *row, struct tw_value payload,
			    struct tw_arena *a, struct tw_err *err)
{
	return remote_take_gone(sh, payload, err);
}

static const struct {
	const char *kind;
	inbox_fn take;
} kinds[] = {
	{ "dag_changed", take_dag_changed }, { "dag_deleted", take_dag_changed },
	{ "pools_changed", take_pools },
	{ "run_new", take_run_new },	     { "run_state", take_run_state },	  { "run_delete", take_run_delete },
	{ "clear", take_clear },	     { "ti_state", take_mark },		  { "trigger", take_trigger },
	{ "skip", take_skip },		     { "answered", take_answered },
	{ "backfill", take_backfill },	  { "backfill_cancel", take_backfill_cancel },
	{ "asset_event", take_asset_event }, { "asset_unmark", take_asset_unmark },
	{ "deadline", take_deadline },
	{ "started", take_started },	     { "finished", take_finished },	  { "gone", take_gone },
};

/*
 * Nothing of a bad row is applied; it is logged and done with, so that it holds up nobody. When an event needs a
 * run that is not held while this turn already has effects, the rest waits for their commit. False: it is not done with
 * yet, Python is asked first (timetable.h).
 */
static bool take_row(struct shell *sh, const struct tw_inbox_row *row)
{
	struct tw_arena a = { 0 };
	struct tw_value payload = TW_NULL;
	struct tw_err err = { 0 };
	enum tw_rc rc = TW_ERR_INVALID;
	size_t i, n = sizeof kinds / sizeof *kinds;

	if (row->payload.n)
		tw_json_parse(&a, row->payload, &payload, &err);
	for (i = 0; i < n && !tw_str_is(row->kind, kinds[i].kind); i++)
		;
	if (i < n)
		rc = kinds[i].take(sh, row, payload, &a, &err);
	else
		tw_err_set(&err, TW_ERR_INVALID, "unknown kind");
	if (rc < 0 && rc != TW_ERR_AGAIN)
		tw_warn("inbox row %lld (" TW_STR_FMT ") not applied: %s dag=" TW_STR_FMT " run=" TW_STR_FMT,
			(long long)row->id, TW_STR_ARG(row->kind), err.msg, TW_STR_ARG(row->dag_id),
			TW_STR_ARG(row->run_id));
	tw_arena_release(&a);
	return rc != TW_ERR_AGAIN || !tw_str_is(row->kind, "run_new");
}

void inbox_take(struct shell *sh)
{
	struct tw_inbox_row *rows;
	struct tw_arena a = { 0 };
	struct tw_err err = { 0 };
	size_t n = 0;

	sh->inbox_rung = false;
	if (tw_store_inbox_take(sh->reader, sh->inbox_seen, ROWS_A_TURN, &a, &rows, &n, &err) < 0) {
		tw_error("inbox: %s", err.msg);
		n = 0;
	}
	for (size_t i = 0; i < n; i++) {
		bool done = take_row(sh, &rows[i]);

		sh->inbox_seen = rows[i].id;
		if (done)
			tw_batch_inbox_done(&sh->gathering->batch, rows[i].id);
	}
	if (n == ROWS_A_TURN)
		sh->inbox_rung = true;
	tw_arena_release(&a);
}

/* ── the run before ───────────────────────────────────────────────────────────────────── */

void inbox_answer_past(struct shell *sh, const struct tw_fx_ask *ask)
{
	struct tw_arena a = { 0 };
	struct tw_err err = { 0 };
	struct tw_event ev = { .type = TW_EV_PAST, .at = shell_now(sh) };
	struct tw_run_row run = { .dag_id = ask->dag_id, .run_id = ask->run_id, .logical_date = ask->logical_date,
				  .backfill_id = ask->backfill_id };

	if (tw_store_past(sh->reader, ask->dag, &run, &a, &ev.past, &err) < 0 || shell_step(sh, &ev, &err) < 0)
		tw_warn("the run before is not told: %s dag=" TW_STR_FMT, err.msg, TW_STR_ARG(ask->dag_id));
	tw_arena_release(&a);
}
