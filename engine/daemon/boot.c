/* What the scheduler reads before it decides anything: the lease, documents, pools, live runs. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "daemon/shell.h"
#include "daemon/timetable.h"
#include "io/clock.h"
#include "io/file.h"
#include "io/token.h"
#include "store/backfill.h"
#include "store/dags.h"
#include "store/house.h"
#include "store/runs.h"
#include "store/tis.h"

#define LEASE_NAME "scheduler"

/* Gone, or dead and not reaped yet. */
static bool process_is_dead(pid_t pid)
{
	char *path = tw_asprintf("/proc/%d/stat", (int)pid);
	struct tw_buf text = { 0 };
	const char *state;
	bool dead = kill(pid, 0) < 0 && errno == ESRCH;

	if (!dead && tw_file_read(path, 4096, &text, NULL) == TW_OK) {
		state = strrchr(tw_buf_cstr(&text), ')');
		dead = state && state[1] && state[2] == 'Z';
	}
	tw_buf_release(&text);
	free(path);
	return dead;
}

/* "host:pid:random" of a process of this host that is gone. */
static bool owner_is_dead(struct tw_str owner)
{
	struct tw_str rest, host = tw_str_cut(owner, ':', &rest), pid;
	char here[256] = "";
	int64_t n;

	gethostname(here, sizeof here - 1);
	pid = rest.p ? tw_str_cut(rest, ':', &rest) : (struct tw_str){ 0 };
	return tw_str_is(host, here) && pid.p && tw_str_to_int(pid, &n) && process_is_dead((pid_t)n);
}

enum tw_rc boot_lease(struct shell *sh, struct tw_err *err)
{
	char host[256] = "localhost", id[TW_UUID_LEN + 1];
	struct tw_str owner;
	bool said = false;

	gethostname(host, sizeof host - 1);
	tw_uuid7(id, tw_now());
	owner = tw_str(tw_arena_printf(&sh->lease_arena, "%s:%d:%s", host, (int)getpid(), id));
	for (;;) {
		enum tw_rc rc = tw_store_lease_take(sh->reader, TW_STR(LEASE_NAME), owner, tw_now(),
						    tw_now() + sh->opts->health_timeout, &sh->lease,
						    &sh->lease_arena, err);

		if (rc != TW_ERR_CONFLICT)
			return rc;
		if (owner_is_dead(sh->lease.owner))
			return tw_store_lease_seize(sh->reader, TW_STR(LEASE_NAME), owner,
						    tw_now() + sh->opts->health_timeout, &sh->lease,
						    &sh->lease_arena, err);
		if (!said)
			tw_info("another scheduler is at work; waiting for it to end owner=" TW_STR_FMT,
				TW_STR_ARG(sh->lease.owner));
		said = true;
		usleep(50000);
	}
}

/* A document is held once: the core and the table of versions share what was read. */
static void remember_version(struct shell *sh, struct tw_str version_id, struct tw_dag *dag)
{
	struct version *v = tw_new(struct version);

	snprintf(v->id, sizeof v->id, TW_STR_FMT, TW_STR_ARG(version_id));
	v->dag = dag;
	tw_map_set(&sh->versions, version_id, v);
}

enum tw_rc boot_version(struct shell *sh, struct tw_str version_id, struct tw_dag **ret_dag, struct tw_err *err)
{
	struct version *v = tw_map_get(&sh->versions, version_id);
	struct tw_arena a = { 0 };
	struct tw_str json;
	struct tw_dag *dag;
	enum tw_rc rc = TW_OK;

	if (v) {
		*ret_dag = v->dag;
		return TW_OK;
	}
	rc = tw_store_document(sh->reader, version_id, &a, &json, err);
	if (rc == TW_OK)
		rc = tw_dag_parse_json(json, &sh->zones, &dag, err);
	tw_arena_release(&a);
	if (rc < 0)
		return rc;
	remember_version(sh, version_id, dag);
	*ret_dag = dag;
	return TW_OK;
}

/* A version that may be overwritten in place must not be remembered by its id alone. */
static void forget_version(struct shell *sh, struct tw_str version_id)
{
	struct version *v = tw_map_del(&sh->versions, version_id);

	if (!v)
		return;
	tw_dag_unref(v->dag);
	free(v);
}

/* Old versions that no run goes by any more leave when the table has doubled since it was looked through last. */
static void forget_unused(struct shell *sh)
{
	if (sh->versions.len < sh->versions_full)
		return;
	tw_map_foreach(&sh->versions, e) {
		struct version *v = e->value;

		if (!tw_dag_shared(v->dag))
			forget_version(sh, tw_str(v->id));
	}
	sh->versions_full = 2 * sh->versions.len + 64;
}

static void last_run(struct shell *sh, struct tw_str dag_id, struct tw_arena *a, struct tw_run_info *ret)
{
	struct tw_run_row row;

	*ret = (struct tw_run_info){ .run_after = TW_TIME_NONE, .logical_date = TW_TIME_NONE,
				     .interval = { TW_TIME_NONE, TW_TIME_NONE }, .partition_date = TW_TIME_NONE };
	if (tw_store_run_last_automated(sh->reader, dag_id, a, &row, NULL) < 0)
		return;
	ret->run_after = row.run_after;
	ret->logical_date = row.logical_date;
	ret->interval = (struct tw_interval){ row.interval_start, row.interval_end };
	if (row.run_id.n < sizeof ret->run_id)
		snprintf(ret->run_id, sizeof ret->run_id, TW_STR_FMT, TW_STR_ARG(row.run_id));
}

/* What a schedule may still come to and must not make again. */
static void taken_dates(struct shell *sh, struct tw_ev_dag *ev, struct tw_arena *a)
{
	tw_time *v = NULL, from = ev->last_run.logical_date;
	size_t n = 0;

	tw_store_run_dates(sh->reader, ev->dag->dag_id, from == TW_TIME_NONE ? TW_TIME_MIN : from, a, &v, &n, NULL);
	ev->taken = v;
	ev->ntaken = (int)n;
}

static enum tw_rc tell_dag(struct shell *sh, const struct tw_dag_doc *doc, struct tw_err *err)
{
	struct tw_arena a = { 0 };
	struct tw_dag *dag = NULL;
	struct tw_recent_run *recent = NULL;
	size_t nrecent = 0;
	struct tw_event ev = { .type = TW_EV_DAG, .at = shell_now(sh) };
	enum tw_rc rc;

	rc = tw_dag_parse_json(doc->document, &sh->zones, &dag, err);
	if (rc < 0)
		return rc;
	forget_version(sh, doc->version_id);
	forget_unused(sh);
	remember_version(sh, doc->version_id, dag);
	filekey_told(sh, dag->dag_id, dag);
	ev.dag = (struct tw_ev_dag){
		.dag = dag,
		.version_id = doc->version_id,
		.bundle_version = doc->dag.bundle_version,
		.paused = doc->dag.is_paused,
		.import_error = doc->dag.has_import_errors,
	};
	if (dag->max_consecutive_failed > 0)
		tw_store_run_recent(sh->reader, dag->dag_id, (size_t)dag->max_consecutive_failed, &a, &recent, &nrecent,
				    NULL);
	ev.dag.recent = recent;
	ev.dag.nrecent = (int)nrecent;
	last_run(sh, dag->dag_id, &a, &ev.dag.last_run);
	if (dag->timetable->can_be_scheduled)
		taken_dates(sh, &ev.dag, &a);
	rc = shell_step(sh, &ev, err);
	assets_sync_watchers(sh, dag);
	tw_arena_release(&a);
	return rc;
}

/* One bad document must not keep the others from running. */
static enum tw_rc each_document(void *arg, const struct tw_dag_doc *doc, struct tw_err *err)
{
	struct tw_err why = { 0 };

	if (tell_dag(arg, doc, &why) < 0)
		tw_error("document not taken: %s", why.msg);
	return TW_OK;
}

enum tw_rc boot_dag(struct shell *sh, struct tw_str dag_id, struct tw_err *err)
{
	struct tw_arena a = { 0 };
	struct tw_dag_doc doc;
	struct tw_event gone = { .type = TW_EV_DAG_REMOVED, .at = shell_now(sh), .name = dag_id };
	enum tw_rc rc = tw_store_dag_doc(sh->reader, dag_id, &a, &doc, err);

	if (rc == TW_ERR_NOT_FOUND || (rc == TW_OK && doc.dag.is_stale)) {
		struct tw_event unmark = { .type = TW_EV_ASSET_UNMARK, .at = shell_now(sh) };

		unmark.asset_unmark = (struct tw_ev_asset_unmark){ .dag_id = dag_id, .before = TW_TIME_NONE };
		if (rc == TW_ERR_NOT_FOUND)
			shell_step(sh, &unmark, NULL);
		filekey_told(sh, dag_id, NULL);
		shell_step(sh, &gone, NULL);
		rc = TW_OK;
	} else if (rc == TW_OK) {
		rc = tell_dag(sh, &doc, err);
	}
	assets_drop_watchers(sh);
	tw_arena_release(&a);
	return rc;
}

/* Those that the last reading did not see are gone. */
static void drop_gone_pools(struct shell *sh)
{
	tw_map_foreach(&sh->pools, e) {
		struct tw_event ev = { .type = TW_EV_POOL_REMOVED, .at = shell_now(sh), .name = e->key };

		if ((uintptr_t)e->value == sh->pools_round)
			continue;
		shell_step(sh, &ev, NULL);
		tw_map_del(&sh->pools, e->key);
	}
}

enum tw_rc boot_pools(struct shell *sh, struct tw_err *err)
{
	struct tw_arena a = { 0 };
	struct tw_pool_view *pools;
	size_t n;
	int64_t total;
	enum tw_rc rc = tw_store_pools(sh->reader, &TW_ASK_ALL, &a, &pools, &n, &total, err);

	sh->pools_round++;
	for (size_t i = 0; rc == TW_OK && i < n; i++) {
		struct tw_event ev = { .type = TW_EV_POOL, .at = shell_now(sh), .pool = pools[i].pool };

		tw_map_set(&sh->pools, pools[i].pool.name, (void *)sh->pools_round);
		rc = shell_step(sh, &ev, err);
	}
	if (rc == TW_OK)
		drop_gone_pools(sh);
	tw_arena_release(&a);
	return rc;
}

enum tw_rc boot_backfills(struct shell *sh, struct tw_err *err)
{
	struct tw_arena a = { 0 };
	struct tw_cond open = { .field = "completed_at", .op = TW_OP_NULL };
	struct tw_ask ask = { .conds = &open, .nconds = 1, .limit = -1 };
	struct tw_backfill_row *v;
	size_t n = 0;
	int64_t total;
	enum tw_rc rc = tw_store_backfills(sh->reader, &ask, &a, &v, &n, &total, err);

	for (size_t i = 0; rc == TW_OK && i < n; i++)
		rc = backfill_load(sh, v[i].id, false, err);
	tw_arena_release(&a);
	return rc;
}

/* ── live runs ────────────────────────────────────────────────────────────────────────── */

static enum tw_rc load_run(struct shell *sh, struct tw_run_row *run, const struct tw_ti_load *tis, size_t n,
			   int64_t inbox_id, struct tw_err *err)
{
	struct tw_dag *dag;
	struct tw_arena a = { 0 };
	struct tw_event ev = { .type = TW_EV_RUN_LOAD, .at = shell_now(sh) };
	bool changed = false;
	enum tw_rc rc;

	if (run->version_id.n) {
		rc = boot_version(sh, run->version_id, &dag, err);
	} else {
		struct tw_version_row v;

		rc = tw_store_version(sh->reader, run->dag_id, 0, &a, &v, err);
		if (rc == TW_OK)
			rc = boot_version(sh, v.id, &dag, err);
	}
	if (rc == TW_OK)
		rc = timetable_manual(sh, dag, run, inbox_id, &changed);
	if (rc == TW_OK) {
		ev.run_load = (struct tw_ev_run_load){ .row = *run, .dag = dag, .tis = tis, .ntis = (int)n,
						       .changed = changed };
		rc = shell_step(sh, &ev, err);
		if (rc == TW_OK && !tw_run_finished(run->state))
			alarms_run_held(sh, dag, run);
		if (rc == TW_OK)
			listeners_run_held(sh, dag, run);
	}
	tw_arena_release(&a);
	return rc < 0 ? tw_err_wrap(err, "run '" TW_STR_FMT "' of '" TW_STR_FMT "'", TW_STR_ARG(run->run_id),
				    TW_STR_ARG(run->dag_id))
		      : TW_OK;
}

static void load_live(struct shell *sh, const struct tw_live *live)
{
	struct tw_err err = { 0 };

	for (size_t i = 0; i < live->nruns; i++)
		if (load_run(sh, &live->runs[i], live->tis + live->first[i], live->first[i + 1] - live->first[i], 0,
			     &err) < 0 && err.rc != TW_ERR_AGAIN)
			tw_error("not loaded: %s", err.msg);
}

enum tw_rc boot_run(struct shell *sh, struct tw_str dag_id, struct tw_str run_id, int64_t inbox_id, struct tw_err *err)
{
	struct tw_arena a = { 0 };
	struct tw_live live;
	enum tw_rc rc = tw_store_live_run(sh->reader, dag_id, run_id, &a, &live, err);

	if (rc == TW_OK)
		rc = load_run(sh, &live.runs[0], live.tis, live.first[1], inbox_id, err);
	tw_arena_release(&a);
	return rc;
}

static void note_adoption(struct shell *sh, const struct tw_live *live)
{
	for (size_t i = 0; i < live->first[live->nruns]; i++) {
		const struct tw_ti_row *ti = &live->tis[i].row;
		struct tw_executor *ex;
		struct attempt *a;

		if (ti->state != TW_TI_QUEUED && ti->state != TW_TI_RUNNING && ti->state != TW_TI_RESTARTING)
			continue;
		ex = tw_executors_find(&sh->executors, ti->executor);
		if (!ex)
			ex = sh->executors.v[0];
		a = attempt_add(sh, ti, ex);
		a->adopting = true;
		a->was_running = ti->state != TW_TI_QUEUED;
	}
}

void boot_adopt(struct shell *sh)
{
	for (size_t x = 0; x < sh->executors.n; x++) {
		TW_VEC(struct tw_id) ids = { 0 };

		tw_map_foreach(&sh->attempts, e) {
			struct attempt *a = e->value;

			if (a->adopting && a->ex == sh->executors.v[x])
				tw_vec_push(&ids, a->id);
		}
		if (ids.n)
			tw_executor_adopt(sh->executors.v[x], ids.v, ids.n);
		tw_vec_release(&ids);
	}
}

enum tw_rc boot_load(struct shell *sh, struct tw_err *err)
{
	struct tw_arena a = { 0 };
	struct tw_live live;
	enum tw_rc rc = boot_pools(sh, err);

	if (rc == TW_OK)
		rc = tw_store_trigger_next_id(sh->reader, &sh->next_trigger_id, err);
	for (size_t i = 0; rc == TW_OK && i < sh->executors.n; i++) {
		struct tw_event ev = { .type = TW_EV_EXECUTOR, .at = shell_now(sh) };

		ev.executor = (struct tw_ev_executor){ tw_str(sh->executors.v[i]->name),
						       sh->executors.v[i]->parallelism };
		rc = shell_step(sh, &ev, err);
	}
	if (rc == TW_OK)
		rc = tw_store_documents(sh->reader, each_document, sh, err);
	if (rc == TW_OK)
		rc = boot_backfills(sh, err);
	if (rc == TW_OK)
		rc = assets_load(sh, err);
	if (rc == TW_OK)
		rc = tw_store_live(sh->reader, &a, &live, err);
	if (rc == TW_OK) {
		struct tw_event all = { .type = TW_EV_LOADED, .at = shell_now(sh) };

		load_live(sh, &live);
		note_adoption(sh, &live);
		rc = shell_step(sh, &all, err);
	}
	tw_arena_release(&a);
	if (rc == TW_OK)
		rc = alarms_load(sh, err);
	return rc;
}
