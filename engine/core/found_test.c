/* What the simulation found, each as the shortest story that shows it. */
#include "core/testing.h"

#define DAG(keys, tasks) "{'dag_id':'d'" keys ",'tasks':[" tasks "]}"

static void setup(struct world *w, const char *json)
{
	world_open(w);
	w->hold = true;
	world_pool(w, "default_pool", 128, false);
	world_dag(w, json, false);
}

static void finish(struct world *w, size_t i, enum tw_outcome outcome)
{
	struct open_attempt a = w->open.v[i];

	w->open.v[i] = w->open.v[--w->open.n];
	world_start(w, &a);
	world_end(w, &a, &(struct script){ a.task, .outcome = outcome });
}

/* A pause that is told twice is one, also when what it waited for has come in between. */
static void test_awaiting_input_told_twice(void **state)
{
	struct world w;
	struct tw_ti_row row;
	struct tw_run_ref ref = { tw_str("d"), tw_str("r") };

	setup(&w, DAG("", "{'task_id':'a'}"));
	world_run(&w, "d", "r");
	struct open_attempt a = w.open.v[0];
	struct tw_event pause = { .type = TW_EV_FINISHED,
				  .finished = { .attempt = a.id, .outcome = TW_OUT_AWAITING_INPUT, .retry_delay = -1,
						.trigger_id = 5, .trigger_timeout = TW_TIME_NONE } };
	world_start(&w, &a);
	step(&w, pause);
	assert_ti(&w, "r", "a", -1, "awaiting_input");
	step(&w, (struct tw_event){ .type = TW_EV_TRIGGER, .trigger = { .trigger_id = 5, .next_kwargs = TW_STR("{}") } });
	assert_ti(&w, "r", "a", -1, "queued");
	step(&w, pause);
	assert_true(tw_sched_ti(w.s, ref, tw_str("a"), -1, &row));
	assert_int_equal(row.state, TW_TI_QUEUED);
	world_close(&w);
}

#define HOURLY ",'schedule':{'type':'cron_trigger','expression':'0 * * * *'},'start_date':'2026-01-01T00:00:00+00:00'"

/* Somebody has made, and run, the run of a coming hour: the schedule goes past it instead of making a second one. */
static void test_a_date_has_one_run(void **state)
{
	struct world w;
	struct tw_run_row early = blank_run("d", "early");

	setup(&w, DAG(HOURLY, "{'task_id':'a','native':'empty'}"));
	early.logical_date = T0 + 2 * TW_US_HOUR;
	step(&w, (struct tw_event){ .type = TW_EV_RUN_NEW, .run_new = { .row = early } });
	assert_run(&w, "early", "success");
	world_later(&w, TW_US_HOUR);
	assert_run(&w, "scheduled__2026-01-01T01:00:00+00:00", "success");
	world_later(&w, TW_US_HOUR);
	world_later(&w, TW_US_HOUR);
	assert_run(&w, "scheduled__2026-01-01T02:00:00+00:00", "absent");
	assert_run(&w, "scheduled__2026-01-01T03:00:00+00:00", "success");
	world_close(&w);
}

/* The same when the scheduler has begun since: the store says which dates have a run. */
static void test_dates_that_the_store_has(void **state)
{
	struct world w;
	tw_time taken = T0 + TW_US_HOUR;
	struct tw_dag *d = NULL;
	char doc[] = DAG(HOURLY, "{'task_id':'a','native':'empty'}");

	world_open(&w);
	world_pool(&w, "default_pool", 128, false);
	for (char *p = doc; *p; p++)
		*p = *p == '\'' ? '"' : *p;
	assert_int_equal(tw_dag_parse_json(tw_str(doc), &w.zones, &d, &w.err), TW_OK);
	step(&w, (struct tw_event){ .type = TW_EV_DAG,
				    .dag = { .dag = d, .last_run.run_after = TW_TIME_NONE, .taken = &taken, .ntaken = 1 } });
	tw_dag_unref(d);
	world_later(&w, TW_US_HOUR);
	assert_run(&w, "scheduled__2026-01-01T01:00:00+00:00", "absent");
	world_later(&w, TW_US_HOUR);
	assert_run(&w, "scheduled__2026-01-01T02:00:00+00:00", "success");
	world_close(&w);
}

/* The clock was set back: @continuous does not make the run of that instant again. */
static void test_continuous_while_the_clock_stands(void **state)
{
	struct world w;

	setup(&w, DAG(",'schedule':{'type':'continuous'},'max_active_runs':1,'start_date':'2026-01-01T00:00:00+00:00'",
		      "{'task_id':'a'}"));
	assert_int_equal(w.runs.len, 1);
	for (int i = 0; i < 3; i++) {
		if (w.open.n)
			finish(&w, 0, TW_OUT_SUCCESS);
		step(&w, (struct tw_event){ .type = TW_EV_TICK });
		assert_int_equal(w.runs.len, 1); /* a second row of that id would be refused by the store */
	}
	world_later(&w, TW_US_SEC);
	assert_int_equal(w.runs.len, 2);
	world_close(&w);
}

/* A task that a version took away and the next one has again is the same row, and runs. */
static void test_removed_and_back(void **state)
{
	struct world w;

	setup(&w, DAG("", "{'task_id':'a'},{'task_id':'b'}"));
	world_run(&w, "d", "r");
	const struct tw_dag *without = world_dag(&w, DAG("", "{'task_id':'a'}"), false);
	struct tw_ti_key a = { tw_str("a"), -1 };
	struct tw_ev_clear clear = { .run = { tw_str("d"), tw_str("r") }, .tis = &a, .ntis = 1, .dag = without,
				     .version_id = tw_str("v2") };
	step(&w, (struct tw_event){ .type = TW_EV_CLEAR, .clear = clear });
	assert_ti(&w, "r", "b", -1, "removed");
	clear.dag = world_dag(&w, DAG("", "{'task_id':'a'},{'task_id':'b','retries':1}"), false);
	clear.version_id = tw_str("v3");
	step(&w, (struct tw_event){ .type = TW_EV_CLEAR, .clear = clear }); /* the mirror refuses a second insert */
	assert_int_equal(w.rc, 0);
	assert_ti(&w, "r", "b", -1, "queued");
	world_close(&w);
}

static struct tw_run_row backfill_run(const char *id, int day)
{
	struct tw_run_row row = blank_run("d", id);

	row.type = TW_RUNTYPE_BACKFILL;
	row.backfill_id = 1;
	row.logical_date = row.run_after = T0 - (100 - day) * TW_US_DAY;
	return row;
}

/* Only the first run of a backfill may go without the one before, and a run that has left memory was there. */
static void test_second_of_a_backfill(void **state)
{
	struct world w;

	struct tw_past_ti failed = { tw_str("a"), -1, TW_TI_FAILED };
	struct tw_ev_past past = { .exists = true, .prev = { tw_str("d"), tw_str("backfill__1") },
				   .prev_logical_date = T0 - 99 * TW_US_DAY, .backfill_before = true, .tis = &failed, .ntis = 1 };

	setup(&w, DAG("", "{'task_id':'a','depends_on_past':true}"));
	w.past = &past;
	step(&w, (struct tw_event){ .type = TW_EV_RUN_NEW, .run_new = { .row = backfill_run("backfill__2", 2) } });
	assert_ti(&w, "backfill__2", "a", -1, "none");
	world_close(&w);
}

/* Nobody waits for ever because some task has a limit of its own. */
static void test_deadlock_with_a_limit(void **state)
{
	struct world w;

	setup(&w, DAG("", "{'task_id':'a','end_date':'2025-01-01T00:00:00+00:00'},"
			  "{'task_id':'b','upstream':['a'],'max_active_tis_per_dag':1}"));
	struct tw_run_row run = blank_run("d", "r");
	run.logical_date = T0;
	step(&w, (struct tw_event){ .type = TW_EV_RUN_NEW, .run_new = { .row = run } });
	assert_run(&w, "r", "failed");
	world_close(&w);
}

/* When a limit and a slot of the pool open in one step, who is first in order goes first. */
static void test_order_when_two_limits_open(void **state)
{
	struct world w;

	world_open(&w);
	w.hold = true;
	world_pool(&w, "default_pool", 128, false);
	world_pool(&w, "one", 1, false);
	step(&w, (struct tw_event){ .type = TW_EV_EXECUTOR, .executor = { TW_STR("x"), 1 } });
	world_dag(&w, DAG("", "{'task_id':'first','pool':'one','executor':'x','priority_weight':9},"
			      "{'task_id':'high','executor':'x','pool':'one','priority_weight':5},"
			      "{'task_id':'low','pool':'one'}"), false);
	world_run(&w, "d", "r");
	assert_int_equal(w.open.n, 1);
	finish(&w, 0, TW_OUT_SUCCESS);
	assert_int_equal(w.open.n, 1);
	assert_string_equal(w.open.v[0].task, "high");
	world_close(&w);
}

/* A version says how long its runs may take, also when a run comes to it later. */
static void test_timeout_of_a_newer_version(void **state)
{
	struct world w;
	struct tw_ti_key a = { tw_str("a"), -1 };

	setup(&w, DAG("", "{'task_id':'a'}"));
	world_run(&w, "d", "r");
	struct tw_ev_clear clear = { .run = { tw_str("d"), tw_str("r") }, .tis = &a, .ntis = 1, .version_id = tw_str("v2") };
	clear.dag = world_dag(&w, DAG(",'dagrun_timeout':600", "{'task_id':'a'}"), false);
	step(&w, (struct tw_event){ .type = TW_EV_CLEAR, .clear = clear });
	assert_run(&w, "r", "running");
	world_later(&w, 11 * TW_US_MIN);
	assert_run(&w, "r", "failed");
	world_close(&w);
}

static void assert_taken(struct world *w, const char *pool, int64_t slots)
{
	struct tw_pool_use use;

	assert_true(tw_sched_pool_use(w->s, tw_str(pool), &use));
	assert_int_equal(use.running + use.queued, slots);
}

/* A running task keeps the slots it took, wherever its file puts it meanwhile; when it is cleared it goes there. */
static void test_a_pool_of_another_version(void **state)
{
	struct world w;
	struct tw_ti_key a = { tw_str("a"), -1 };

	world_open(&w);
	w.hold = true;
	world_pool(&w, "default_pool", 128, false);
	world_pool(&w, "one", 2, false);
	world_pool(&w, "two", 0, false);
	world_dag(&w, DAG("", "{'task_id':'a','pool':'one','pool_slots':2}"), false);
	world_run(&w, "d", "r");
	assert_taken(&w, "one", 2);
	struct tw_ev_clear clear = { .run = { tw_str("d"), tw_str("r") }, .version_id = tw_str("v2"), .keep_run_state = true };
	clear.dag = world_dag(&w, DAG("", "{'task_id':'a','pool':'two'},{'task_id':'b','pool':'one'}"), false);
	step(&w, (struct tw_event){ .type = TW_EV_CLEAR, .clear = clear });
	assert_taken(&w, "one", 2);
	assert_taken(&w, "two", 0);
	assert_ti(&w, "r", "b", -1, "scheduled");
	finish(&w, 0, TW_OUT_SUCCESS);
	assert_taken(&w, "one", 1);
	clear = (struct tw_ev_clear){ .run = clear.run, .tis = &a, .ntis = 1 };
	step(&w, (struct tw_event){ .type = TW_EV_CLEAR, .clear = clear });
	assert_ti(&w, "r", "a", -1, "scheduled");
	world_pool(&w, "two", 1, false);
	assert_taken(&w, "two", 1);
	world_close(&w);
}

#define INTERVALS ",'schedule':{'type':'cron_interval','expression':'0 * * * *'},'start_date':'2026-01-01T00:00:00+00:00'"

/* From one generation's names to the other's: the run that would have the last one's name gets another. */
static void test_names_of_two_generations(void **state)
{
	struct world w;

	setup(&w, DAG(INTERVALS, "{'task_id':'a','native':'empty'}"));
	world_later(&w, TW_US_HOUR);
	assert_run(&w, "scheduled__2026-01-01T01:00:00+00:00", "success");
	world_dag(&w, DAG(INTERVALS ",'compat':2", "{'task_id':'a','native':'empty'}"), false);
	size_t before = w.runs.len;
	world_later(&w, TW_US_HOUR);
	assert_int_equal(w.runs.len, before + 1);
	world_close(&w);
}

static void end_next(struct world *w, const char *task, enum tw_outcome outcome)
{
	for (size_t i = 0; i < w->open.n; i++)
		if (!strcmp(w->open.v[i].task, task)) {
			finish(w, i, outcome);
			return;
		}
	fail_msg("%s was not given out", task);
}

static void run_at(struct world *w, const char *id, tw_time logical_date)
{
	struct tw_run_row run = blank_run("d", id);

	run.logical_date = logical_date;
	step(w, (struct tw_event){ .type = TW_EV_RUN_NEW, .run_new = { .row = run } });
}

static void clear_one(struct world *w, const char *run, const char *task)
{
	struct tw_ti_key key = { tw_str(task), -1 };

	step(w, (struct tw_event){ .type = TW_EV_CLEAR,
				   .clear = { .run = { tw_str("d"), tw_str(run) }, .tis = &key, .ntis = 1 } });
}

static void pause(struct world *w, bool paused)
{
	step(w, (struct tw_event){ .type = TW_EV_DAG_PAUSED, .paused = { tw_str("d"), paused } });
}

/* 'gone' has no instance in runs of today: what waits for it as well can only be decided by 'a'. */
#define ONE_OF_TWO                                                                     \
	DAG("", "{'task_id':'gone','end_date':'2025-01-01T00:00:00+00:00'},{'task_id':'a'}," \
		"{'task_id':'b','upstream':['gone','a'],'trigger_rule':'one_success'}")

/* Ready while the DAG was paused, and not any more when it goes on: the run is stuck, and ends. */
static void test_ready_only_while_paused(void **state)
{
	struct world w;

	setup(&w, ONE_OF_TWO);
	run_at(&w, "r", T0);
	pause(&w, true);
	end_next(&w, "a", TW_OUT_SUCCESS);
	assert_ti(&w, "r", "b", -1, "none");
	clear_one(&w, "r", "a");
	pause(&w, false);
	end_next(&w, "a", TW_OUT_FAILED);
	assert_ti(&w, "r", "b", -1, "none");
	assert_run(&w, "r", "failed");
	world_close(&w);
}

/* A poke is due again, and what allowed it has been taken back: nothing else will happen in the run. */
static void test_stuck_when_a_poke_is_due(void **state)
{
	struct world w;
	struct tw_ti_key a = { tw_str("a"), -1 };

	setup(&w, ONE_OF_TWO);
	run_at(&w, "r", T0);
	end_next(&w, "a", TW_OUT_SUCCESS);
	end_next(&w, "b", TW_OUT_RESCHEDULE);
	step(&w, (struct tw_event){ .type = TW_EV_MARK, .mark = { .run = { tw_str("d"), tw_str("r") }, .tis = &a,
								   .ntis = 1, .state = TW_TI_FAILED } });
	assert_run(&w, "r", "running");
	world_later(&w, 2 * TW_US_MIN);
	assert_run(&w, "r", "failed");
	world_close(&w);
}

/* The store was asked for the run before, and that was deleted before it answered. */
static void test_run_before_is_deleted(void **state)
{
	struct world w;
	struct tw_past_ti failed = { tw_str("a"), -1, TW_TI_FAILED };
	struct tw_event past = { .type = TW_EV_PAST,
				 .past = { .run = { tw_str("d"), tw_str("r2") }, .exists = true,
					   .prev = { tw_str("d"), tw_str("r1") }, .prev_logical_date = T0,
					   .tis = &failed, .ntis = 1 } };
	struct tw_effects *fx = tw_effects_new();
	struct tw_event second = { .type = TW_EV_RUN_NEW, .at = T0, .run_new = { .row = blank_run("d", "r2") } };

	setup(&w, DAG("", "{'task_id':'a','depends_on_past':true}"));
	run_at(&w, "r1", T0);
	second.run_new.row.logical_date = T0 + TW_US_HOUR;
	assert_int_equal(tw_sched_step(w.s, &second, fx, &w.err), TW_OK);
	mirror(&w, fx);
	assert_int_equal(fx->asks.n, 1); /* its answer is on its way */
	step(&w, (struct tw_event){ .type = TW_EV_RUN_DELETE, .ref = { tw_str("d"), tw_str("r1") } });
	step(&w, past); /* asked again: now there is none */
	assert_ti(&w, "r2", "a", -1, "queued");
	tw_effects_free(fx);
	world_close(&w);
}

/* Only the first instance ever may go without one before it; the one run that had another is deleted: now this is the first. */
static void test_all_that_were_before_are_deleted(void **state)
{
	struct world w;
	struct tw_str ever = tw_str("a");
	struct tw_ev_past past = { .exists = true, .prev = { tw_str("d"), tw_str("r2") },
				   .prev_logical_date = T0 + TW_US_HOUR, .ever = &ever, .never = 1 };

	setup(&w, DAG("", "{'task_id':'a','depends_on_past':true,'ignore_first_depends_on_past':true}"));
	run_at(&w, "r1", T0);
	w.past = &past; /* of another version, that had no 'a' */
	run_at(&w, "r3", T0 + 2 * TW_US_HOUR);
	assert_ti(&w, "r3", "a", -1, "none");
	past.never = 0;
	step(&w, (struct tw_event){ .type = TW_EV_RUN_DELETE, .ref = { tw_str("d"), tw_str("r1") } });
	assert_ti(&w, "r3", "a", -1, "queued");
	world_close(&w);
}

/* To a version with catchup: the run before is one of the schedule now, and there is none. */
static void test_run_before_of_another_version(void **state)
{
	struct world w;
	struct tw_ti_key a = { tw_str("a"), -1 };
	struct tw_past_ti failed = { tw_str("a"), -1, TW_TI_FAILED };
	struct tw_ev_past past = { .exists = true, .prev = { tw_str("d"), tw_str("r1") }, .prev_logical_date = T0,
				   .tis = &failed, .ntis = 1 };

	setup(&w, DAG("", "{'task_id':'a','depends_on_past':true}"));
	w.past = &past; /* somebody's by hand */
	run_at(&w, "r2", T0 + TW_US_HOUR);
	assert_ti(&w, "r2", "a", -1, "none");
	w.past = NULL;
	struct tw_ev_clear clear = { .run = { tw_str("d"), tw_str("r2") }, .tis = &a, .ntis = 1, .version_id = tw_str("v2") };
	clear.dag = world_dag(&w, DAG(",'catchup':true,'start_date':'2026-01-01T00:00:00+00:00'",
				      "{'task_id':'a','depends_on_past':true}"), false);
	step(&w, (struct tw_event){ .type = TW_EV_CLEAR, .clear = clear });
	assert_ti(&w, "r2", "a", -1, "queued");
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_awaiting_input_told_twice),
		cmocka_unit_test(test_a_date_has_one_run),
		cmocka_unit_test(test_dates_that_the_store_has),
		cmocka_unit_test(test_continuous_while_the_clock_stands),
		cmocka_unit_test(test_removed_and_back),
		cmocka_unit_test(test_second_of_a_backfill),
		cmocka_unit_test(test_deadlock_with_a_limit),
		cmocka_unit_test(test_order_when_two_limits_open),
		cmocka_unit_test(test_timeout_of_a_newer_version),
		cmocka_unit_test(test_a_pool_of_another_version),
		cmocka_unit_test(test_names_of_two_generations),
		cmocka_unit_test(test_ready_only_while_paused),
		cmocka_unit_test(test_stuck_when_a_poke_is_due),
		cmocka_unit_test(test_run_before_is_deleted),
		cmocka_unit_test(test_all_that_were_before_are_deleted),
		cmocka_unit_test(test_run_before_of_another_version),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
