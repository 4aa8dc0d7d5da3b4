#include "base/testing.h"

#include "api/trigger.h"
#include "store/dags.h"
#include "store/runs.h"
#include "store/tis.h"
#include "time/zone.h"
#include "value/json.h"

#define T0 1767225600000000LL /* 2026-01-01 00:00 UTC */
#define NOW (T0 + 10 * TW_US_DAY + 12345)

static struct tw_err err;
static struct tw_arena arena;
static struct tw_zones zones;
static struct tw_store *store;

static void put_dag(const char *dag_id, const char *more, bool broken)
{
	char doc[600];
	struct tw_dag_put dag = {.dag = {.dag_id = tw_str(dag_id),
					 .display_name = tw_str(dag_id),
					 .bundle_name = TW_STR("b"),
					 .last_parsed_time = T0,
					 .last_expired = TW_TIME_NONE},
				 .hash = tw_str(dag_id),
				 .source = TW_STR("#")};
	struct tw_file_put file = {.bundle_name = TW_STR("b"),
				   .fileloc = tw_str(dag_id),
				   .relative_fileloc = tw_str(dag_id),
				   .dags = &dag,
				   .ndags = 1,
				   .parsed_at = T0};

	snprintf(doc, sizeof doc,
		 "{\"format\":1,\"dag_id\":\"%s\",\"tasks\":[{\"task_id\":\"t\",\"native\":"
		 "\"empty\"}]%s}",
		 dag_id, more);
	dag.document = tw_str(doc);
	assert_int_equal(tw_store_files_put(store, &file, 1, &arena, &err), TW_OK);
	if (broken) {
		file.ndags = 0;
		file.error = TW_STR("boom");
		assert_int_equal(tw_store_files_put(store, &file, 1, &arena, &err), TW_OK);
	}
}

static int setup(void **state)
{
	struct tw_store_opts o = {.url = "sqlite://", .mode = TW_STORE_MIGRATE};

	assert_int_equal(tw_store_open(&o, &store, &err), TW_OK);
	assert_int_equal(
		tw_store_bundle_put(store, TW_STR("b"), true, (struct tw_str){0}, T0, &err), TW_OK);
	return 0;
}

static int teardown(void **state)
{
	tw_store_close(store);
	tw_arena_release(&arena);
	return 0;
}

static struct tw_trigger_opts opts(const char *dag_id)
{
	return (struct tw_trigger_opts){
		.dag_id = tw_str(dag_id),
		.logical_date = TW_TIME_NONE,
		.run_after = TW_TIME_NONE,
		.interval_start = TW_TIME_NONE,
		.interval_end = TW_TIME_NONE,
		.conf = TW_NULL,
		.type = TW_RUNTYPE_MANUAL,
		.triggered_by = TW_STR("cli"),
		.now = NOW,
		.zones = &zones,
	};
}

#define DAILY ",\"schedule\":{\"type\":\"cron_interval\",\"expression\":\"@daily\"}"

static void test_dates(void **state)
{
	struct tw_trigger_opts o = opts("d");
	struct tw_run_row run;

	put_dag("d", DAILY, false);
	assert_int_equal(tw_trigger_run(store, &o, &arena, &run, &err), TW_OK);
	tw_assert_str(run.run_id, "manual__2026-01-11T00:00:00.012345+00:00");
	assert_int_equal(run.logical_date, TW_TIME_NONE);
	assert_int_equal(run.interval_start, TW_TIME_NONE);
	assert_int_equal(run.run_after, NOW);
	assert_true(run.version_id.n > 0);
	/* the CLI and operators infer from run_after, the API from the logical date */
	o.logical_date = T0 + 3 * TW_US_DAY + TW_US_HOUR;
	o.run_id = TW_STR("of_run_after");
	assert_int_equal(tw_trigger_run(store, &o, &arena, &run, &err), TW_OK);
	assert_int_equal(run.interval_start, T0 + 9 * TW_US_DAY);
	o.logical_date += 1;
	o.interval_of_logical_date = true;
	o.run_id = TW_STR("of_logical_date");
	assert_int_equal(tw_trigger_run(store, &o, &arena, &run, &err), TW_OK);
	assert_int_equal(run.interval_start, T0 + 2 * TW_US_DAY);
	assert_int_equal(run.interval_end, T0 + 3 * TW_US_DAY);
	o.logical_date += 1;
	o.interval_start = T0;
	o.interval_end = T0 + 5;
	o.run_id = TW_STR("given");
	assert_int_equal(tw_trigger_run(store, &o, &arena, &run, &err), TW_OK);
	assert_int_equal(run.interval_end, T0 + 5);
	o.run_id = TW_STR("same_date");
	assert_int_equal(tw_trigger_run(store, &o, &arena, &run, &err), TW_ERR_EXISTS);
}

static void test_second_generation(void **state)
{
	struct tw_trigger_opts o = opts("old");
	struct tw_run_row run;

	put_dag("old", DAILY ",\"compat\":2", false);
	assert_int_equal(tw_trigger_run(store, &o, &arena, &run, &err), TW_OK);
	assert_int_equal(run.logical_date, NOW);
	assert_int_equal(run.interval_end, T0 + 10 * TW_US_DAY);
	tw_assert_str(run.run_id, "manual__2026-01-11T00:00:00.012345+00:00");
	/* the CLI, too, infers from the date that was given */
	o.logical_date = T0 + 3 * TW_US_DAY + TW_US_HOUR;
	assert_int_equal(tw_trigger_run(store, &o, &arena, &run, &err), TW_OK);
	assert_int_equal(run.interval_start, T0 + 2 * TW_US_DAY);
	assert_int_equal(run.interval_end, T0 + 3 * TW_US_DAY);
}

static void test_refused(void **state)
{
	struct tw_trigger_opts o = opts("none");
	struct tw_run_row run;

	assert_int_equal(tw_trigger_run(store, &o, &arena, &run, &err), TW_ERR_NOT_FOUND);
	put_dag("broken", "", true);
	o = opts("broken");
	assert_int_equal(tw_trigger_run(store, &o, &arena, &run, &err), TW_ERR_INVALID);
	assert_non_null(strstr(err.msg, "import errors"));
	put_dag("picky", ",\"allowed_run_types\":[\"scheduled\"]", false);
	o = opts("picky");
	assert_int_equal(tw_trigger_run(store, &o, &arena, &run, &err), TW_ERR_INVALID);
	assert_non_null(strstr(err.msg, "does not allow manual runs"));
	put_dag("p",
		",\"params\":{\"n\":{\"value\":1,\"schema\":{\"type\":\"integer\"},\"required\":"
		"false}}",
		false);
	o = opts("p");
	o.conf = tw_v_map(&arena);
	tw_map_putc(&arena, o.conf, "n", tw_v_cstr("x"));
	assert_int_equal(tw_trigger_run(store, &o, &arena, &run, &err), TW_ERR_INVALID);
	o.conf = tw_v_cstr("no object");
	assert_int_equal(tw_trigger_run(store, &o, &arena, &run, &err), TW_ERR_INVALID);
	o.conf = TW_NULL;
	o.run_id = TW_STR("a/../b");
	assert_int_equal(tw_trigger_run(store, &o, &arena, &run, &err), TW_ERR_INVALID);
	o.run_id = TW_STR("backfill__x");
	assert_int_equal(tw_trigger_run(store, &o, &arena, &run, &err), TW_ERR_INVALID);
	o.run_id = TW_STR("operator_triggered__x");
	o.type = TW_RUNTYPE_OPERATOR_TRIGGERED;
	assert_int_equal(tw_trigger_run(store, &o, &arena, &run, &err), TW_OK);
}

/* Before the start_date of default_args there are no tasks: no run by hand of an empty day. The API takes it, as Airflow's does. */
static void test_before_the_start(void **state)
{
	struct tw_trigger_opts o;
	struct tw_run_row run;

	put_dag("late", ",\"default_start_date\":\"2026-06-01T00:00:00+00:00\"", false);
	o = opts("late");
	o.logical_date = T0;
	assert_int_equal(tw_trigger_run(store, &o, &arena, &run, &err), TW_ERR_INVALID);
	assert_non_null(strstr(err.msg, "should be >= start_date [2026-06-01T00:00:00"));
	o.interval_of_logical_date = true;
	assert_int_equal(tw_trigger_run(store, &o, &arena, &run, &err), TW_OK);
}

static void test_announced(void **state)
{
	struct tw_trigger_opts o = opts("d");
	struct tw_inbox_row *rows;
	struct tw_run_row run;
	struct tw_ti_row ti = {.dag_id = TW_STR("d"),
			       .run_id = TW_STR("r"),
			       .task_id = TW_STR("t"),
			       .pool = TW_STR("default_pool"),
			       .map_index = -1,
			       .id = {{1}},
			       .scheduled_dttm = TW_TIME_NONE,
			       .queued_dttm = TW_TIME_NONE,
			       .start_date = TW_TIME_NONE,
			       .end_date = TW_TIME_NONE,
			       .last_heartbeat = TW_TIME_NONE,
			       .next_retry = TW_TIME_NONE,
			       .reschedule_start = TW_TIME_NONE,
			       .updated_at = TW_TIME_NONE,
			       .trigger_timeout = TW_TIME_NONE};
	struct tw_batch b = {0};
	size_t n;

	put_dag("d", "", false);
	o.run_id = TW_STR("r");
	assert_int_equal(tw_trigger_reset(store, &o, &arena, &run, &err), TW_ERR_NOT_FOUND);
	assert_int_equal(tw_trigger_run(store, &o, &arena, &run, &err), TW_OK);
	assert_int_equal(tw_trigger_run(store, &o, &arena, &run, &err), TW_ERR_EXISTS);
	tw_batch_ti_new(&b, &ti);
	ti.map_index = -1;
	assert_int_equal(tw_store_commit(store, &b, &err), TW_OK);
	tw_batch_release(&b);
	assert_int_equal(tw_trigger_reset(store, &o, &arena, &run, &err), TW_OK);
	assert_int_equal(tw_store_inbox_take(store, 0, 100, &arena, &rows, &n, &err), TW_OK);
	assert_true(n >= 2);
	tw_assert_str(rows[n - 2].kind, "run_new");
	tw_assert_str(rows[n - 2].run_id, "r");
	tw_assert_str(rows[n - 1].kind, "clear");
	tw_assert_str(rows[n - 1].payload, "{\"tasks\":[[\"t\",null]],\"reset_run\":true}");
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {CASE(test_dates), CASE(test_second_generation),
					   CASE(test_refused), CASE(test_before_the_start), CASE(test_announced)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
