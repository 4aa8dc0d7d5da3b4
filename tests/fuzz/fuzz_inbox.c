/*
 * A row of the inbox, whatever somebody wrote into it: "kind", "dag_id", "run_id", a line each, then the payload. It is applied or
 * left out, and the scheduler goes on: the rows after it are taken, and what it decided is one batch.
 */
#include "fuzz.h"

#include "base/log.h"
#include "daemon/shell.h"
#include "metastore.h"
#include "store/runs.h"

static struct tw_scheduler_options opts;
static struct shell sh = { .opts = &opts, .next_trigger_id = 1 };

static void leave(void)
{
	tw_store_close(sh.reader);
	tw_map_foreach(&sh.versions, e) {
		struct version *v = e->value;
		tw_dag_unref(v->dag);
		free(v);
	}
	tw_map_release(&sh.versions);
	filekey_release(&sh);
	tw_map_release(&sh.pools);
	tw_zones_release(&sh.zones);
	metastore_remove();
}

static void put_run(struct tw_store *s)
{
	struct tw_version_row version;
	struct tw_arena a = { 0 };
	struct tw_batch b = { 0 };
	tw_time day = 1767225600 * TW_US_SEC;

	TW_ASSERT(tw_store_version(s, TW_STR("d"), 0, &a, &version, NULL) == TW_OK);
	struct tw_run_row run = { .dag_id = TW_STR("d"), .run_id = TW_STR("r"), .state = TW_RUN_QUEUED, .logical_date = day,
				  .interval_start = day, .interval_end = day, .run_after = day, .queued_at = day,
				  .start_date = TW_TIME_NONE, .end_date = TW_TIME_NONE, .updated_at = day,
				  .last_scheduling_decision = TW_TIME_NONE, .version_id = version.id };
	tw_batch_run_new(&b, &run);
	TW_ASSERT(tw_store_commit(s, &b, NULL) == TW_OK);
	tw_batch_release(&b);
	tw_arena_release(&a);
}

static void begin(void)
{
	tw_log_min = TW_LOG_CRITICAL;
	sh.reader = metastore_new();
	put_run(sh.reader);
	atexit(leave);
}

/* Each row meets the same scheduler: the DAG is known, its run is live. */
static void boot(void)
{
	struct tw_sched_config core = tw_sched_config_default();

	sh.core = tw_sched_new(&core);
	sh.gathering = turn_new(&sh);
	TW_ASSERT(boot_pools(&sh, NULL) == TW_OK);
	TW_ASSERT(boot_dag(&sh, TW_STR("d"), NULL) == TW_OK);
	TW_ASSERT(boot_run(&sh, TW_STR("d"), TW_STR("r"), 0, NULL) == TW_OK);
}

static void end(void)
{
	tw_batch_effects(&sh.gathering->batch, sh.gathering->fx, &sh.gathering->arena);
	turn_free(sh.gathering);
	tw_sched_free(sh.core);
	alarms_release(&sh.alarms);
	sh.alarms = (struct alarms){ 0 };
	tw_map_clear(&sh.pools);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tw_str rest, kind = tw_str_cut(tw_strn((const char *)data, size), '\n', &rest);
	struct tw_inbox_row rows[2] = { { .at = TW_TIME_NONE, .kind = kind }, { .at = TW_TIME_NONE, .kind = TW_STR("pools_changed") } };
	int64_t last = 0;

	if (!sh.reader)
		begin();
	if (rest.p)
		rows[0].dag_id = tw_str_cut(rest, '\n', &rest);
	if (rest.p)
		rows[0].run_id = tw_str_cut(rest, '\n', &rest);
	if (rest.p)
		rows[0].payload = rest;
	if (tw_store_inbox_post(sh.reader, rows, 2, &last, NULL) < 0)
		return 0; /* the metastore refuses it */
	boot();
	inbox_take(&sh);
	TW_ASSERT(sh.inbox_seen == last);
	end();
	return 0;
}
