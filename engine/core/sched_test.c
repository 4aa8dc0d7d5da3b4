/* The scheduler's parts one by one: limits, retries, schedules, actions, what comes late. */
#include "core/testing.h"

#define DAG(keys, tasks) "{'dag_id':'d'" keys ",'tasks':[" tasks "]}"

static void setup(struct world *w, const char *json, const struct script *script)
{
	world_open(w);
	w->script = script;
	world_pool(w, "default_pool", 128, false);
	world_dag(w, json, false);
}

static void test_chain(void **state)
{
	struct world w;

	setup(&w, DAG("", "{'task_id':'a'},{'task_id':'b','upstream':['a']},{'task_id':'c','upstream':['b']}"), NULL);
	world_run(&w, "d", "r");
	assert_run(&w, "r", "running");
	assert_int_equal(w.dispatched, 1);
	assert_ti(&w, "r", "a", -1, "queued");
	assert_ti(&w, "r", "b", -1, "none");
	world_go(&w, false);
	assert_run(&w, "r", "success");
	assert_ti(&w, "r", "c", -1, "success");
	assert_int_equal(ti_try(&w, "r", "c", -1), 1);
	world_later(&w, 1);
	struct tw_sched_stats st;
	tw_sched_stats(w.s, &st);
	assert_int_equal(st.tis, 0); /* it has left memory */
	world_close(&w);
}

static void test_priority_and_parallelism(void **state)
{
	struct world w;

	world_open(&w);
	tw_sched_free(w.s);
	w.cfg.parallelism = 2;
	w.s = tw_sched_new(&w.cfg);
	world_pool(&w, "default_pool", 128, false);
	world_dag(&w, DAG("", "{'task_id':'low'},{'task_id':'mid','priority_weight':5},{'task_id':'top','priority_weight':9},"
			      "{'task_id':'root','priority_weight':2},{'task_id':'below','upstream':['root'],'priority_weight':50}"),
		  false);
	w.hold = true;
	world_run(&w, "d", "r");
	w.hold = false;
	world_go(&w, false);
	assert_int_equal(w.max_open, 2);
	const char *want[] = { "root", "top", "below", "mid", "low" };
	for (int i = 0; i < 5; i++)
		assert_string_equal(w.order.v[i], want[i]);
	world_close(&w);
}

static void test_pools(void **state)
{
	struct world w;
	struct tw_pool_use use;

	world_open(&w);
	w.hold = true;
	world_pool(&w, "p", 3, false);
	world_dag(&w, DAG("", "{'task_id':'big','pool':'p','pool_slots':2,'priority_weight':9},{'task_id':'huge','pool':'p','pool_slots':4,'priority_weight':10},"
			      "{'task_id':'also','pool':'p','pool_slots':2,'priority_weight':8},{'task_id':'small','pool':'p'},"
			      "{'task_id':'nowhere','pool':'unknown'}"),
		  false);
	world_run(&w, "d", "r");
	/* huge never fits, big does, also waits for two, small may pass it */
	assert_int_equal(w.open.n, 2);
	assert_ti(&w, "r", "big", -1, "queued");
	assert_ti(&w, "r", "small", -1, "queued");
	assert_true(tw_sched_pool_use(w.s, tw_str("p"), &use));
	assert_int_equal(use.open, 0);
	assert_int_equal(use.queued, 3);
	struct open_attempt small = w.open.v[1];
	world_start(&w, &small);
	world_end(&w, &small, NULL);
	assert_int_equal(w.dispatched, 2); /* one open slot is not enough */
	world_pool(&w, "p", 4, false);
	assert_ti(&w, "r", "also", -1, "queued");
	world_pool(&w, "p", -1, false);
	assert_ti(&w, "r", "huge", -1, "queued");
	assert_ti(&w, "r", "nowhere", -1, "scheduled");
	world_pool(&w, "unknown", 1, false);
	assert_ti(&w, "r", "nowhere", -1, "queued");
	world_close(&w);
}

static void test_limits(void **state)
{
	struct world w;

	/* of a run, and each task's of one run and of all */
	setup(&w, DAG(",'max_active_tasks':3", "{'task_id':'a','max_active_tis_per_dag':1,'priority_weight':9},{'task_id':'b'},{'task_id':'c'},{'task_id':'e'}"), NULL);
	w.hold = true;
	world_run(&w, "d", "r1");
	assert_int_equal(w.open.n, 3);
	world_run(&w, "d", "r2");
	assert_int_equal(w.open.n, 6); /* a of r2 waits, three others go */
	assert_ti(&w, "r2", "a", -1, "scheduled");
	assert_ti(&w, "r1", "e", -1, "scheduled");
	w.hold = false;
	world_go(&w, false);
	assert_run(&w, "r1", "success");
	assert_run(&w, "r2", "success");
	world_close(&w);
	/* 2.x: over all runs */
	setup(&w, DAG(",'max_active_tasks':3,'max_active_tasks_scope':'dag'", "{'task_id':'a'},{'task_id':'b'}"), NULL);
	w.hold = true;
	world_run(&w, "d", "r1");
	world_run(&w, "d", "r2");
	assert_int_equal(w.open.n, 3);
	w.hold = false;
	world_go(&w, false);
	assert_run(&w, "r2", "success");
	assert_int_equal(w.max_open, 3);
	world_close(&w);
	/* mapped instances of a run */
	setup(&w, DAG("", "{'task_id':'m','max_active_tis_per_dagrun':2,'map':{'kind':'expand','over':[{'arg':'x','value':{'literal':[1,2,3,4,5]}}]}}"), NULL);
	w.hold = true;
	world_run(&w, "d", "r");
	assert_int_equal(w.open.n, 2);
	w.hold = false;
	world_go(&w, false);
	assert_int_equal(w.max_open, 2);
	assert_run(&w, "r", "success");
	world_close(&w);
}

static void test_max_active_runs(void **state)
{
	struct world w;

	setup(&w, DAG(",'max_active_runs':1", "{'task_id':'a'}"), NULL);
	w.hold = true;
	world_run(&w, "d", "r1");
	world_run(&w, "d", "r2");
	assert_run(&w, "r2", "queued");
	w.hold = false;
	world_go(&w, false);
	assert_run(&w, "r1", "success");
	assert_run(&w, "r2", "success");
	assert_int_equal(w.max_open, 1);
	step(&w, (struct tw_event){ .type = TW_EV_RUN_NEW, .run_new = { .row = blank_run("d", "scheduled__x") } });
	assert_int_equal(w.rc, TW_ERR_INVALID);
	step(&w, (struct tw_event){ .type = TW_EV_RUN_NEW, .run_new = { .row = blank_run("nope", "x") } });
	assert_int_equal(w.rc, TW_ERR_NOT_FOUND);
	world_close(&w);
}

static void test_retries(void **state)
{
	static const struct script s[] = { { "a", ANY, 2, TW_OUT_FAILED }, { 0 } };
	struct world w;
	struct tw_ti_row row;

	setup(&w, DAG("", "{'task_id':'a','retries':2,'retry_delay':500,'max_retry_delay':400}"), s);
	world_run(&w, "d", "r");
	world_go(&w, false);
	assert_ti(&w, "r", "a", -1, "up_for_retry");
	assert_int_equal(w.history, 1);
	assert_true(tw_sched_ti(w.s, (struct tw_run_ref){ tw_str("d"), tw_str("r") }, tw_str("a"), -1, &row));
	assert_int_equal(row.next_retry - row.end_date, 500 * TW_US_SEC);
	world_later(&w, 499 * TW_US_SEC);
	assert_ti(&w, "r", "a", -1, "up_for_retry");
	world_go(&w, true);
	assert_ti(&w, "r", "a", -1, "success");
	assert_int_equal(ti_try(&w, "r", "a", -1), 3);
	assert_int_equal(w.history, 2);
	world_close(&w);
}

/* The formula of states.md §5, worked out with Python's hashlib for these names. */
static void test_backoff(void **state)
{
	static const struct script s[] = { { "a", ANY, 3, TW_OUT_FAILED }, { 0 } };
	static const int64_t want[] = { 480, 1037, 2020 };
	struct world w;
	struct tw_ti_row row;
	struct tw_run_row run = blank_run("d", "r");

	setup(&w, DAG("", "{'task_id':'a','retries':3,'retry_delay':300,'retry_exponential_backoff':true}"), s);
	run.logical_date = T0;
	step(&w, (struct tw_event){ .type = TW_EV_RUN_NEW, .run_new = { .row = run } });
	for (int i = 0; i < 3; i++) {
		world_go(&w, false);
		assert_true(tw_sched_ti(w.s, (struct tw_run_ref){ tw_str("d"), tw_str("r") }, tw_str("a"), -1, &row));
		assert_int_equal(row.next_retry - row.end_date, want[i] * TW_US_SEC);
		w.now = row.next_retry;
		world_later(&w, 0);
	}
	world_close(&w);
}

static void test_schedule(void **state)
{
	struct world w;

	world_open(&w);
	world_pool(&w, "default_pool", 128, false);
	world_dag(&w, DAG(",'schedule':{'type':'cron_trigger','expression':'0 * * * *'},'start_date':'2026-01-01T00:00:00+00:00'", "{'task_id':'a','native':'empty'}"), true);
	world_later(&w, TW_US_HOUR);
	assert_int_equal(w.runs.len, 0); /* paused */
	step(&w, (struct tw_event){ .type = TW_EV_DAG_PAUSED, .paused = { tw_str("d"), false } });
	assert_run(&w, "scheduled__2026-01-01T01:00:00+00:00", "success");
	assert_int_equal(w.next.run_after, T0 + 2 * TW_US_HOUR);
	assert_int_equal(tw_sched_next_time(w.s), T0 + 2 * TW_US_HOUR);
	world_later(&w, 5 * TW_US_HOUR); /* the clock jumps: the one that was to come, and the last tick */
	assert_int_equal(w.runs.len, 3);
	assert_run(&w, "scheduled__2026-01-01T06:00:00+00:00", "success");
	world_close(&w);
	/* one after the other, though each ends in the instant it began */
	world_open(&w);
	world_pool(&w, "default_pool", 128, false);
	world_dag(&w, DAG(",'max_active_runs':1,'schedule':{'type':'continuous'},'start_date':'2026-01-01T00:00:00+00:00'", "{'task_id':'a','native':'empty'}"), false);
	assert_int_equal(w.next.run_after, T0 + 1);
	for (int i = 0; i < 3; i++)
		world_later(&w, 1);
	assert_true(w.runs.len >= 3);
	assert_run(&w, "scheduled__2026-01-01T00:00:00.000002+00:00", "success");
	world_close(&w);
	/* catchup, two at a time */
	world_open(&w);
	w.hold = true;
	w.now = T0 + 3 * TW_US_DAY;
	world_pool(&w, "default_pool", 128, false);
	world_dag(&w, DAG(",'catchup':true,'max_active_runs':2,'schedule':{'type':'cron_interval','expression':'@daily'},'start_date':'2026-01-01T00:00:00+00:00'", "{'task_id':'a'}"), false);
	assert_int_equal(w.runs.len, 2);
	assert_run(&w, "scheduled__2026-01-02T00:00:00+00:00", "running");
	w.hold = false;
	world_go(&w, false);
	assert_int_equal(w.runs.len, 3);
	assert_run(&w, "scheduled__2026-01-04T00:00:00+00:00", "success");
	world_close(&w);
}

static void test_pause(void **state)
{
	struct world w;

	setup(&w, DAG("", "{'task_id':'a'},{'task_id':'b','upstream':['a']},{'task_id':'x','upstream':['a'],'trigger_rule':'all_failed'}"), NULL);
	w.hold = true;
	world_run(&w, "d", "r");
	step(&w, (struct tw_event){ .type = TW_EV_DAG_PAUSED, .paused = { tw_str("d"), true } });
	w.hold = false;
	world_go(&w, false);
	assert_ti(&w, "r", "a", -1, "success"); /* what runs ends */
	assert_ti(&w, "r", "b", -1, "none");
	assert_ti(&w, "r", "x", -1, "skipped");
	assert_run(&w, "r", "running");
	world_run(&w, "d", "r2");
	assert_run(&w, "r2", "queued");
	step(&w, (struct tw_event){ .type = TW_EV_DAG_PAUSED, .paused = { tw_str("d"), false } });
	world_go(&w, false);
	assert_run(&w, "r", "success");
	assert_run(&w, "r2", "success");
	world_close(&w);
}

static void test_timeout(void **state)
{
	static const struct script s[] = { { "a", ANY, .hang = true }, { 0 } };
	struct world w;

	setup(&w, DAG(",'dagrun_timeout':60,'callbacks':['failure']", "{'task_id':'a'},{'task_id':'b','upstream':['a']}"), s);
	world_run(&w, "d", "r");
	world_go(&w, false);
	world_later(&w, 59 * TW_US_SEC);
	assert_run(&w, "r", "running");
	world_later(&w, TW_US_SEC);
	assert_run(&w, "r", "failed");
	assert_ti(&w, "r", "a", -1, "skipped");
	assert_ti(&w, "r", "b", -1, "skipped");
	assert_int_equal(w.kills, 1);
	assert_string_equal(w.last_reason, "timed_out");
	assert_string_equal(w.last_about, "a"); /* the unfinished one that started last */
	world_close(&w);
}

static void test_deadlock(void **state)
{
	struct world w;

	/* a has no instance in this run: what is below waits for ever */
	setup(&w, DAG("", "{'task_id':'a','start_date':'2027-01-01T00:00:00+00:00'},{'task_id':'b','upstream':['a']}"), NULL);
	struct tw_run_row run = blank_run("d", "r");
	run.logical_date = T0;
	step(&w, (struct tw_event){ .type = TW_EV_RUN_NEW, .run_new = { .row = run } });
	assert_run(&w, "r", "failed");
	assert_ti(&w, "r", "a", -1, "absent");
	assert_ti(&w, "r", "b", -1, "none");
	world_close(&w);
}

static void test_lost_and_late(void **state)
{
	struct world w;
	struct open_attempt first;

	setup(&w, DAG("", "{'task_id':'a','retries':1,'retry_delay':1,'callbacks':['retry']}"), NULL);
	w.hold = true;
	world_run(&w, "d", "r");
	first = w.open.v[0];
	world_start(&w, &first);
	world_later(&w, 200 * TW_US_SEC);
	step(&w, (struct tw_event){ .type = TW_EV_BEAT, .attempt = { first.id } });
	world_later(&w, 299 * TW_US_SEC);
	assert_ti(&w, "r", "a", -1, "running");
	world_later(&w, TW_US_SEC);
	assert_ti(&w, "r", "a", -1, "up_for_retry");
	assert_int_equal(w.callbacks, 1); /* its own process cannot call back any more */
	world_later(&w, TW_US_SEC);
	assert_ti(&w, "r", "a", -1, "queued");
	world_end(&w, &first, NULL); /* the dead speak */
	assert_ti(&w, "r", "a", -1, "queued");
	w.hold = false;
	world_go(&w, false);
	assert_run(&w, "r", "success");
	world_close(&w);
}

static void test_stuck(void **state)
{
	struct world w;

	setup(&w, DAG("", "{'task_id':'a'}"), NULL);
	w.hold = true;
	world_run(&w, "d", "r");
	for (int i = 0; i < 2; i++) {
		struct tw_id id = w.open.v[0].id;
		world_later(&w, 600 * TW_US_SEC);
		assert_ti(&w, "r", "a", -1, "queued");
		assert_false(tw_id_eq(id, w.open.v[0].id));
	}
	world_later(&w, 600 * TW_US_SEC);
	assert_ti(&w, "r", "a", -1, "failed");
	assert_int_equal(w.kills, 3);
	world_close(&w);
}

static void test_clear(void **state)
{
	static const struct script s[] = { { "b", ANY, 1, TW_OUT_FAILED }, { 0 } };
	struct world w;

	setup(&w, DAG("", "{'task_id':'a'},{'task_id':'b','upstream':['a']},{'task_id':'c','upstream':['b']},{'task_id':'h'}"), s);
	world_run(&w, "d", "r");
	world_go(&w, false);
	assert_run(&w, "r", "failed");
	assert_ti(&w, "r", "c", -1, "upstream_failed");
	struct tw_ti_key keys[] = { { tw_str("b"), TW_MAP_ALL }, { tw_str("c"), -1 } };
	struct tw_ev_clear clear = { .run = { tw_str("d"), tw_str("r") }, .tis = keys, .ntis = 2 };
	step(&w, (struct tw_event){ .type = TW_EV_CLEAR, .clear = clear });
	assert_int_equal(w.rc, TW_ERR_AGAIN); /* it has left memory: the shell loads it (test_reload) */
	world_close(&w);

	setup(&w, DAG("", "{'task_id':'a'},{'task_id':'b','upstream':['a']},{'task_id':'c','upstream':['b']},{'task_id':'h'}"),
	      (const struct script[]){ { "b", ANY, 1, TW_OUT_FAILED }, { "h", ANY, 1, .hang = true }, { 0 } });
	world_run(&w, "d", "r");
	world_go(&w, false);
	step(&w, (struct tw_event){ .type = TW_EV_CLEAR, .clear = clear });
	assert_int_equal(w.rc, 0);
	world_go(&w, false);
	assert_ti(&w, "r", "c", -1, "success");
	assert_int_equal(ti_try(&w, "r", "b", -1), 2);
	assert_int_equal(ti_max_tries(&w, "r", "b", -1), 1);
	/* one that runs is told to stop, and starts over when it has */
	struct open_attempt h = w.open.v[0];
	keys[0].task_id = tw_str("h");
	clear.ntis = 1;
	step(&w, (struct tw_event){ .type = TW_EV_CLEAR, .clear = clear });
	assert_ti(&w, "r", "h", -1, "restarting");
	assert_int_equal(w.kills, 1);
	world_end(&w, &h, &(struct script){ "h", .outcome = TW_OUT_FAILED });
	world_go(&w, false);
	assert_ti(&w, "r", "h", -1, "success");
	assert_run(&w, "r", "success");
	keys[0].task_id = tw_str("zz");
	world_close(&w);
}

static void test_mark(void **state)
{
	static const struct script s[] = { { "a", ANY, 1, .hang = true }, { "h", ANY, .hang = true }, { 0 } };
	struct world w;
	struct tw_ti_key key = { tw_str("a"), -1 };
	struct tw_ev_mark mark = { { tw_str("d"), tw_str("r") }, &key, 1, TW_TI_FAILED, TW_STR("me") };

	setup(&w, DAG("", "{'task_id':'a','retries':3},{'task_id':'b','upstream':['a']},{'task_id':'h'},{'task_id':'t','is_teardown':true,'trigger_rule':'all_done_setup_success','upstream':['b']}"), s);
	world_run(&w, "d", "r");
	world_go(&w, false);
	struct open_attempt a = w.open.v[0];
	step(&w, (struct tw_event){ .type = TW_EV_MARK, .mark = mark });
	assert_ti(&w, "r", "a", -1, "failed"); /* no retry */
	assert_ti(&w, "r", "b", -1, "upstream_failed");
	assert_int_equal(w.kills, 1);
	world_end(&w, &a, NULL);
	assert_ti(&w, "r", "a", -1, "failed");
	mark.state = TW_TI_SUCCESS;
	step(&w, (struct tw_event){ .type = TW_EV_MARK, .mark = mark });
	world_go(&w, false);
	assert_ti(&w, "r", "b", -1, "success"); /* it gets its chance */
	/* the run by hand */
	step(&w, (struct tw_event){ .type = TW_EV_RUN_STATE,
				    .run_state = { { tw_str("d"), tw_str("r") }, TW_RUN_FAILED, TW_STR("me") } });
	assert_ti(&w, "r", "h", -1, "failed");
	assert_run(&w, "r", "failed");
	world_close(&w);
}

static void test_callbacks_name_the_instance_that_decided(void **state)
{
	static const struct script fails[] = { { "b", ANY, .outcome = TW_OUT_FAILED }, { 0 } };
	static const struct script own[] = { { "a", ANY, .outcome = TW_OUT_FAILED, .calls_back = true }, { 0 } };
	struct world w;

	setup(&w, DAG(",'callbacks':['success','failure']", "{'task_id':'a'},{'task_id':'b','upstream':['a']}"), NULL);
	world_run(&w, "d", "r");
	world_go(&w, true);
	assert_string_equal(w.last_reason, "success");
	assert_string_equal(w.last_about, "b");
	w.script = fails;
	world_run(&w, "d", "r2");
	world_go(&w, true);
	assert_string_equal(w.last_reason, "task_failure");
	assert_string_equal(w.last_about, "b");
	world_close(&w);

	/* A task that lives to call back itself, and one with mail that does not. */
	setup(&w, DAG("", "{'task_id':'a','callbacks':['failure']}"), own);
	world_run(&w, "d", "r");
	world_go(&w, true);
	assert_int_equal(w.callbacks, 0);
	world_close(&w);
	setup(&w, DAG("", "{'task_id':'b','email':'x@y','email_on_failure':true,'native':'bash'}"), fails);
	world_run(&w, "d", "r");
	world_go(&w, true);
	assert_int_equal(w.callbacks, 1);
	world_close(&w);
}

static void test_a_run_that_a_person_ends_calls_nobody(void **state)
{
	struct world w;

	setup(&w, DAG(",'callbacks':['success','failure']", "{'task_id':'a'}"), NULL);
	w.hold = true;
	world_run(&w, "d", "r");
	step(&w, (struct tw_event){ .type = TW_EV_RUN_STATE,
				    .run_state = { { tw_str("d"), tw_str("r") }, TW_RUN_FAILED, TW_STR("me") } });
	assert_run(&w, "r", "failed");
	assert_int_equal(w.callbacks, 0);
	world_close(&w);
}

static void test_run_state_leaves_teardowns(void **state)
{
	static const struct script s[] = { { "a", ANY, 1, .hang = true }, { 0 } };
	struct world w;

	setup(&w, DAG("", "{'task_id':'s','is_setup':true},{'task_id':'a','upstream':['s']},{'task_id':'b','upstream':['a']},{'task_id':'t','is_teardown':true,'trigger_rule':'all_done_setup_success','upstream':['s','b']}"), s);
	world_run(&w, "d", "r");
	world_go(&w, false);
	step(&w, (struct tw_event){ .type = TW_EV_RUN_STATE,
				    .run_state = { { tw_str("d"), tw_str("r") }, TW_RUN_FAILED, TW_STR("me") } });
	assert_ti(&w, "r", "a", -1, "failed");
	assert_ti(&w, "r", "b", -1, "skipped");
	assert_run(&w, "r", "running");
	world_go(&w, false);
	assert_ti(&w, "r", "t", -1, "success");
	assert_true(strcmp(run_state(&w, "r"), "running"));
	world_close(&w);
}

static void test_delete(void **state)
{
	struct world w;
	struct tw_run_ref ref = { tw_str("d"), tw_str("r") };

	setup(&w, DAG(",'max_active_runs':1", "{'task_id':'a'}"), NULL);
	w.hold = true;
	world_run(&w, "d", "r");
	world_run(&w, "d", "r2");
	step(&w, (struct tw_event){ .type = TW_EV_RUN_DELETE, .ref = ref });
	assert_run(&w, "r", "absent");
	assert_run(&w, "r2", "running");
	assert_int_equal(w.kills, 1);
	step(&w, (struct tw_event){ .type = TW_EV_RUN_DELETE, .ref = ref });
	assert_int_equal(w.rc, TW_ERR_NOT_FOUND); /* no reason to load it, however long the commit takes */
	world_run(&w, "d", "r");
	ref.run_id = tw_str("other");
	step(&w, (struct tw_event){ .type = TW_EV_RUN_DELETE, .ref = ref });
	assert_int_equal(w.rc, TW_ERR_AGAIN);
	world_close(&w);
}

static void test_deferral(void **state)
{
	struct world w;
	struct tw_pool_use use;

	setup(&w, DAG("", "{'task_id':'a'}"), NULL);
	world_pool(&w, "default_pool", 1, true);
	w.hold = true;
	world_run(&w, "d", "r");
	struct open_attempt a = w.open.v[0];
	world_start(&w, &a);
	w.open.n = 0;
	step(&w, (struct tw_event){ .type = TW_EV_FINISHED,
				    .finished = { .attempt = a.id, .outcome = TW_OUT_DEFERRED, .trigger_id = 5,
						  .trigger_timeout = TW_TIME_NONE, .next_method = TW_STR("go_on") } });
	assert_ti(&w, "r", "a", -1, "deferred");
	assert_true(tw_sched_pool_use(w.s, tw_str("default_pool"), &use));
	assert_int_equal(use.open, 0);
	step(&w, (struct tw_event){ .type = TW_EV_TRIGGER, .trigger = { .trigger_id = 6 } });
	assert_int_equal(w.rc, TW_ERR_NOT_FOUND);
	step(&w, (struct tw_event){ .type = TW_EV_TRIGGER, .trigger = { .trigger_id = 5, .next_kwargs = TW_STR("{}") } });
	assert_ti(&w, "r", "a", -1, "queued");
	step(&w, (struct tw_event){ .type = TW_EV_TRIGGER, .trigger = { .trigger_id = 5 } });
	assert_int_equal(w.rc, TW_ERR_NOT_FOUND); /* the first counts */
	assert_int_equal(w.open.n, 1);
	assert_true(tw_id_eq(w.open.v[0].id, a.id)); /* the same attempt goes on */
	w.hold = false;
	world_go(&w, false);
	assert_run(&w, "r", "success");
	assert_int_equal(ti_try(&w, "r", "a", -1), 1);
	world_close(&w);
}

/* Defers the one task that runs, with trigger 5, and has that trigger end it so. */
static void end_in_trigger(struct world *w, enum tw_outcome outcome)
{
	static struct tw_ev_finished end;
	struct open_attempt a = w->open.v[0];

	end = (struct tw_ev_finished){ .outcome = outcome, .reason = TW_STR("because"), .has_return = true,
				       .mapped_length = 3, .retry_delay = -1 };
	world_start(w, &a);
	w->open.n = 0;
	step(w, (struct tw_event){ .type = TW_EV_FINISHED,
				   .finished = { .attempt = a.id, .outcome = TW_OUT_DEFERRED, .trigger_id = 5,
						 .trigger_timeout = TW_TIME_NONE } });
	step(w, (struct tw_event){ .type = TW_EV_TRIGGER,
				   .trigger = { .trigger_id = 5, .what = TW_TRIGGER_ENDED, .end = &end,
						.next_kwargs = TW_STR("{\"state\":\"x\"}") } });
	assert_int_equal(w->rc, TW_OK);
	step(w, (struct tw_event){ .type = TW_EV_TRIGGER,
				   .trigger = { .trigger_id = 5, .what = TW_TRIGGER_ENDED, .end = &end } });
	assert_int_equal(w->rc, TW_ERR_NOT_FOUND); /* the first counts */
}

static void test_end_in_trigger(void **state)
{
	static const struct {
		const char *task;
		enum tw_outcome outcome;
		const char *end;
	} cases[] = {
		{ "{'task_id':'a'}", TW_OUT_SUCCESS, "success" },
		{ "{'task_id':'a'}", TW_OUT_SKIPPED, "skipped" },
		{ "{'task_id':'a'}", TW_OUT_FAILED, "failed" },
		{ "{'task_id':'a','retries':1}", TW_OUT_FAILED, "up_for_retry" },
		{ "{'task_id':'a','retries':1}", TW_OUT_FAILED_FINAL, "failed" },
		/* Python has to hear of it: the attempt goes back there. */
		{ "{'task_id':'a','callbacks':['success']}", TW_OUT_SUCCESS, "queued" },
		{ "{'task_id':'a','callbacks':['success']}", TW_OUT_FAILED, "failed" },
		{ "{'task_id':'a','callbacks':['retry']}", TW_OUT_FAILED, "queued" },
		{ "{'task_id':'a','callbacks':['skipped']}", TW_OUT_SKIPPED, "queued" },
		{ "{'task_id':'a','email':'me@x.org','email_on_failure':true,'email_on_retry':true}", TW_OUT_FAILED,
		  "queued" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct world w;
		char doc[400];

		snprintf(doc, sizeof doc, "{'dag_id':'d','tasks':[%s]}", cases[i].task);
		setup(&w, doc, NULL);
		w.hold = true;
		world_run(&w, "d", "r");
		end_in_trigger(&w, cases[i].outcome);
		assert_ti(&w, "r", "a", -1, cases[i].end);
		world_close(&w);
	}
}

static void test_reschedule(void **state)
{
	struct world w;

	setup(&w, DAG("", "{'task_id':'a'}"), NULL);
	w.hold = true;
	world_run(&w, "d", "r");
	struct open_attempt a = w.open.v[0];
	world_start(&w, &a);
	w.open.n = 0;
	world_end(&w, &a, &(struct script){ "a", .outcome = TW_OUT_RESCHEDULE });
	assert_ti(&w, "r", "a", -1, "up_for_reschedule");
	world_later(&w, TW_US_MIN);
	assert_ti(&w, "r", "a", -1, "queued");
	assert_int_equal(ti_try(&w, "r", "a", -1), 1);
	w.hold = false;
	world_go(&w, false);
	assert_run(&w, "r", "success");
	world_close(&w);
}

static void test_failed_streak(void **state)
{
	static const struct script s[] = { { "a", ANY, .outcome = TW_OUT_FAILED }, { 0 } };
	struct world w;

	setup(&w, DAG(",'max_consecutive_failed_dag_runs':2", "{'task_id':'a'}"), s);
	world_run(&w, "d", "r1");
	world_go(&w, false);
	assert_false(w.set_paused);
	world_run(&w, "d", "r2");
	world_go(&w, false);
	assert_true(w.set_paused);
	world_run(&w, "d", "r3");
	assert_run(&w, "r3", "queued");
	world_close(&w);
}

static void test_past(void **state)
{
	static const struct script s[] = { { "a", ANY, 1, TW_OUT_FAILED }, { 0 } };
	struct world w;
	struct tw_run_row run = blank_run("d", "r1");

	setup(&w, DAG("", "{'task_id':'a','depends_on_past':true},{'task_id':'h'}"),
	      (const struct script[]){ { "h", ANY, .hang = true }, { 0 } });
	(void)s;
	w.hold = true;
	run.logical_date = T0;
	step(&w, (struct tw_event){ .type = TW_EV_RUN_NEW, .run_new = { .row = run } });
	assert_ti(&w, "r1", "a", -1, "queued"); /* nothing before */
	run.logical_date = T0 + TW_US_DAY;
	run.run_id = tw_str("r2");
	step(&w, (struct tw_event){ .type = TW_EV_RUN_NEW, .run_new = { .row = run } });
	assert_ti(&w, "r2", "a", -1, "none");
	assert_run(&w, "r2", "running");
	w.hold = false;
	world_go(&w, false);
	assert_ti(&w, "r1", "a", -1, "success");
	assert_ti(&w, "r2", "a", -1, "success");
	world_close(&w);
}

static void because(struct world *w, const char *task, const char *want)
{
	struct tw_reasons why = { 0 };
	bool found = false;

	assert_int_equal(tw_sched_why(w->s, (struct tw_run_ref){ tw_str("d"), tw_str("r") }, tw_str(task), -1, &why, NULL), 0);
	for (size_t i = 0; i < why.v.n; i++)
		found |= tw_str_is(why.v.v[i], want);
	if (!found)
		fail_msg("%s: not '%s' but '%s'", task, want, why.v.n ? why.v.v[0].p : "nothing");
	tw_reasons_release(&why);
}

static void test_why(void **state)
{
	static const struct script s[] = { { "f", ANY, .outcome = TW_OUT_FAILED }, { "a", ANY, .hang = true }, { 0 } };
	struct world w;

	setup(&w, DAG(",'max_active_tasks':2", "{'task_id':'a','priority_weight':9},{'task_id':'b','upstream':['a']},{'task_id':'e','pool':'none','priority_weight':5},"
					       "{'task_id':'p','pool':'full'},{'task_id':'q','pool':'full','pool_slots':3},{'task_id':'f','retries':1,'priority_weight':8}"),
	      s);
	world_pool(&w, "full", 2, false);
	world_run(&w, "d", "r");
	world_go(&w, false);
	because(&w, "b", "trigger rule all_success waits: 0 of 1 upstream instances have ended (0 success, 0 failed, 0 skipped, 0 upstream_failed, 0 removed)");
	because(&w, "b", "upstream 'a' is running");
	because(&w, "e", "there is no pool 'none'");
	because(&w, "q", "it needs 3 slots and pool 'full' has only 2");
	because(&w, "f", "try 2 of 2 is due at 2026-01-01T00:05:01+00:00");
	step(&w, (struct tw_event){ .type = TW_EV_DAG_PAUSED, .paused = { tw_str("d"), true } });
	because(&w, "b", "the DAG is paused");
	world_close(&w);
}

static void test_time_never_goes_back(void **state)
{
	struct world w;

	setup(&w, DAG("", "{'task_id':'a'}"), NULL);
	w.hold = true;
	w.now -= TW_US_DAY;
	world_run(&w, "d", "r");
	struct tw_ti_row row;
	assert_true(tw_sched_ti(w.s, (struct tw_run_ref){ tw_str("d"), tw_str("r") }, tw_str("a"), -1, &row));
	assert_int_equal(row.queued_dttm, T0);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chain),
		cmocka_unit_test(test_priority_and_parallelism),
		cmocka_unit_test(test_pools),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_max_active_runs),
		cmocka_unit_test(test_retries),
		cmocka_unit_test(test_backoff),
		cmocka_unit_test(test_schedule),
		cmocka_unit_test(test_pause),
		cmocka_unit_test(test_timeout),
		cmocka_unit_test(test_deadlock),
		cmocka_unit_test(test_lost_and_late),
		cmocka_unit_test(test_stuck),
		cmocka_unit_test(test_clear),
		cmocka_unit_test(test_mark),
		cmocka_unit_test(test_run_state_leaves_teardowns),
		cmocka_unit_test(test_callbacks_name_the_instance_that_decided),
		cmocka_unit_test(test_a_run_that_a_person_ends_calls_nobody),
		cmocka_unit_test(test_delete),
		cmocka_unit_test(test_deferral),
		cmocka_unit_test(test_end_in_trigger),
		cmocka_unit_test(test_reschedule),
		cmocka_unit_test(test_failed_streak),
		cmocka_unit_test(test_past),
		cmocka_unit_test(test_why),
		cmocka_unit_test(test_time_never_goes_back),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
