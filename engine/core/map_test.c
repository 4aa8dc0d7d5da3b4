/* Mapping, branches, setups, other versions, backfills, custom timetables: what needs more than one task or run. */
#include "core/testing.h"

#define DAG(keys, tasks) "{'dag_id':'d'" keys ",'tasks':[" tasks "]}"
#define EXPAND(task) "'map':{'kind':'expand','over':[{'arg':'x','value':{'xcom':{'task':'" task "'}}}]}"
#define RUN(id) ((struct tw_run_ref){ tw_str("d"), tw_str(id) })

static void setup(struct world *w, const char *json, const struct script *script)
{
	world_open(w);
	w->script = script;
	world_pool(w, "default_pool", 128, false);
	world_dag(w, json, false);
}

static void clear(struct world *w, const char *run, const char *a, const char *b, const struct tw_dag *dag)
{
	struct tw_ti_key keys[] = { { tw_str(a), TW_MAP_ALL }, { tw_str(b), TW_MAP_ALL } };
	struct tw_ev_clear c = { .run = RUN(run), .tis = keys, .ntis = b ? 2 : 1, .dag = dag, .version_id = TW_STR("v2") };

	step(w, (struct tw_event){ .type = TW_EV_CLEAR, .clear = c });
	if (w->rc < 0)
		fail_msg("%s", w->err.msg);
}

static void test_shrink_and_grow(void **state)
{
	struct script s[] = { { "a", ANY, .length = 3, .has_return = true }, { "h", ANY, .hang = true }, { 0 } };
	struct world w;

	setup(&w, DAG("", "{'task_id':'a'},{'task_id':'m','upstream':['a']," EXPAND("a") "},{'task_id':'e','upstream':['m']},{'task_id':'h'}"), s);
	world_run(&w, "d", "r");
	world_go(&w, false);
	assert_ti(&w, "r", "m", 2, "success");
	assert_ti(&w, "r", "m", -1, "absent");
	s[0].length = 1;
	clear(&w, "r", "a", "m", NULL);
	world_go(&w, false);
	assert_ti(&w, "r", "m", 0, "success");
	assert_ti(&w, "r", "m", 1, "removed");
	assert_ti(&w, "r", "m", 2, "removed");
	s[0].length = 5;
	clear(&w, "r", "a", "m", NULL);
	world_go(&w, false);
	for (int i = 0; i < 5; i++)
		assert_ti(&w, "r", "m", i, "success");
	clear(&w, "r", "e", NULL, NULL);
	world_go(&w, false);
	assert_ti(&w, "r", "e", -1, "success");
	world_close(&w);
}

static void test_unknown_length(void **state)
{
	static const struct script s[] = { { "a", ANY, .length = -1, .has_return = true }, { 0 } };
	struct world w;

	setup(&w, DAG("", "{'task_id':'a'},{'task_id':'m','upstream':['a']," EXPAND("a") "}"), s);
	world_run(&w, "d", "r");
	world_go(&w, false);
	assert_ti(&w, "r", "m", -1, "upstream_failed");
	assert_run(&w, "r", "failed");
	world_close(&w);
}

/* A group of two, a task in it mapped over three more: six instances, each on its slice. */
static void test_mapped_in_group(void **state)
{
	static const struct script s[] = { { "one", 1, .outcome = TW_OUT_FAILED }, { 0 } };
	struct world w;

	setup(&w, "{'dag_id':'d','groups':[{'group_id':'g','map':{'kind':'expand','over':[{'arg':'x','value':{'literal':[1,2]}}]}}],'tasks':["
		  "{'task_id':'one','group':'g'},{'task_id':'six','group':'g','upstream':['one'],'map':{'kind':'expand','over':[{'arg':'y','value':{'literal':[1,2,3]}}]}},"
		  "{'task_id':'two','group':'g','upstream':['six'],'trigger_rule':'all_success'},{'task_id':'end','upstream':['two'],'trigger_rule':'all_done'}]}",
	      s);
	world_run(&w, "d", "r");
	world_go(&w, false);
	for (int i = 0; i < 3; i++)
		assert_ti(&w, "r", "six", i, "success");
	for (int i = 3; i < 6; i++)
		assert_ti(&w, "r", "six", i, "upstream_failed");
	assert_ti(&w, "r", "two", 0, "success");
	assert_ti(&w, "r", "two", 1, "upstream_failed");
	assert_ti(&w, "r", "end", -1, "success");
	world_close(&w);
}

static void test_fast_rules_in_group(void **state)
{
	static const struct script s[] = { { "a", ANY, .length = 2, .has_return = true },
					   { "one", 0, .outcome = TW_OUT_FAILED },
					   { 0 } };
	struct world w;

	setup(&w, "{'dag_id':'d','groups':[{'group_id':'g'," EXPAND("a") "}],'tasks':[{'task_id':'a'},"
		  "{'task_id':'one','group':'g','upstream':['a']},{'task_id':'alarm','group':'g','upstream':['one'],'trigger_rule':'one_failed'},"
		  "{'task_id':'fine','group':'g','upstream':['one'],'trigger_rule':'one_success'}]}",
	      s);
	world_run(&w, "d", "r");
	world_go(&w, false);
	assert_ti(&w, "r", "alarm", 0, "success");
	assert_ti(&w, "r", "alarm", 1, "skipped");
	assert_ti(&w, "r", "fine", 0, "upstream_failed");
	assert_ti(&w, "r", "fine", 1, "success");
	world_close(&w);
}

/* What a branch decided still holds when a task below it is cleared, and no more when the branch is. */
static void test_branch_survives_clear(void **state)
{
	struct script s[] = { { "b", ANY, .skip = "{\"followed\":[\"x\"]}" }, { "h", ANY, .hang = true }, { 0 } };
	struct world w;

	setup(&w, DAG("", "{'task_id':'b','skip_kind':'branch'},{'task_id':'x','upstream':['b']},{'task_id':'y','upstream':['b']},"
			  "{'task_id':'z','upstream':['b','x'],'trigger_rule':'none_failed'},{'task_id':'h'}"),
	      s);
	world_run(&w, "d", "r");
	world_go(&w, false);
	assert_ti(&w, "r", "x", -1, "success");
	assert_ti(&w, "r", "y", -1, "skipped");
	assert_ti(&w, "r", "z", -1, "success"); /* below what is followed */
	clear(&w, "r", "y", NULL, NULL);
	world_go(&w, false);
	assert_ti(&w, "r", "y", -1, "skipped");
	s[0].skip = "{\"followed\":[\"y\"]}";
	clear(&w, "r", "b", "y", NULL);
	world_go(&w, false);
	assert_ti(&w, "r", "y", -1, "success");
	world_close(&w);
}

static void test_setup_scope(void **state)
{
	static const struct script s[] = { { "s", ANY, .hang = true }, { 0 } };
	struct world w;

	/* w2 waits for the setup although only w1 is below it; the teardown waits for w2 */
	setup(&w, DAG("", "{'task_id':'s','is_setup':true},{'task_id':'w1','upstream':['s'],'trigger_rule':'always'},{'task_id':'w2','upstream':['w1']},"
			  "{'task_id':'t','is_teardown':true,'trigger_rule':'all_done_setup_success','upstream':['s','w2']}"),
	      s);
	world_run(&w, "d", "r");
	world_go(&w, false);
	assert_ti(&w, "r", "w1", -1, "success");
	assert_ti(&w, "r", "w2", -1, "none");
	struct open_attempt a = w.open.v[0];
	world_end(&w, &a, NULL);
	world_go(&w, false);
	assert_ti(&w, "r", "t", -1, "success");
	assert_string_equal(w.order.v[w.order.n - 1], "t");
	assert_run(&w, "r", "success");
	world_close(&w);
}

/* Each index of a mapped group has a setup and a teardown of its own. */
static void test_setup_in_group(void **state)
{
	static const struct script s[] = { { "s", 1, .outcome = TW_OUT_FAILED }, { "s", 2, .outcome = TW_OUT_SKIPPED }, { 0 } };
	struct world w;

	setup(&w, "{'dag_id':'d','groups':[{'group_id':'g','map':{'kind':'expand','over':[{'arg':'x','value':{'literal':[1,2,3]}}]}}],'tasks':["
		  "{'task_id':'s','group':'g','is_setup':true},{'task_id':'w','group':'g','upstream':['s']},"
		  "{'task_id':'t','group':'g','is_teardown':true,'trigger_rule':'all_done_setup_success','upstream':['s','w']},"
		  "{'task_id':'end','upstream':['w'],'trigger_rule':'all_done'}]}",
	      s);
	world_run(&w, "d", "r");
	world_go(&w, false);
	assert_ti(&w, "r", "t", 0, "success");
	assert_ti(&w, "r", "t", 1, "upstream_failed");
	assert_ti(&w, "r", "t", 2, "skipped");
	assert_ti(&w, "r", "end", -1, "success");
	world_close(&w);
}

/* The same where the length comes from a task: the teardown is not judged before it has its indexes, though its setups have theirs. */
static void test_setup_in_group_of_unknown_length(void **state)
{
	static const struct script s[] = { { "n", ANY, .length = 2, .has_return = true }, { "s", 1, .outcome = TW_OUT_FAILED }, { 0 } };
	struct world w;

	setup(&w,
	      "{'dag_id':'d','groups':[{'group_id':'g','map':{'kind':'expand','over':[{'arg':'x','value':{'xcom':{'task':'n'}}}]}}],'tasks':["
	      "{'task_id':'n'},{'task_id':'s','group':'g','is_setup':true,'upstream':['n']},"
	      "{'task_id':'w','group':'g','upstream':['s']},"
	      "{'task_id':'t','group':'g','is_teardown':true,'trigger_rule':'all_done_setup_success','upstream':['s','w']}]}",
	      s);
	world_run(&w, "d", "r");
	world_go(&w, false);
	assert_ti(&w, "r", "t", -1, "absent");
	assert_ti(&w, "r", "t", 0, "success");
	assert_ti(&w, "r", "t", 1, "upstream_failed"); /* its own setup failed */
	world_close(&w);
}

/* Who is in a mapped group hears of the end of what it maps over, also when that is not right above. */
static void test_list_of_a_group_ends(void **state)
{
	static const struct script s[] = { { "src", ANY, .hang = true }, { "h", ANY, .hang = true }, { 0 } };
	struct world w;

	setup(&w, "{'dag_id':'d','groups':[{'group_id':'g','map':{'kind':'expand','over':[{'arg':'x','value':{'xcom':{'task':'src'}}}]}}],'tasks':["
		  "{'task_id':'src'},{'task_id':'e'},{'task_id':'h'},{'task_id':'b','group':'g','upstream':['e']}]}",
	      s);
	world_run(&w, "d", "r");
	world_go(&w, false);
	assert_ti(&w, "r", "b", -1, "none");
	for (size_t i = 0; i < w.open.n; i++) {
		struct open_attempt a = w.open.v[i];
		if (strcmp(a.task, "src"))
			continue;
		w.open.v[i] = w.open.v[--w.open.n];
		world_end(&w, &a, &(struct script){ "src", .outcome = TW_OUT_FAILED });
		break;
	}
	assert_ti(&w, "r", "b", -1, "upstream_failed");
	world_close(&w);
}

static void test_other_version(void **state)
{
	static const struct script s[] = { { "h", ANY, 1, .hang = true }, { 0 } };
	struct tw_err err;
	struct tw_dag *next;
	struct world w;

	setup(&w, DAG("", "{'task_id':'a'},{'task_id':'old','upstream':['a']},{'task_id':'h'}"), s);
	world_run(&w, "d", "r");
	world_go(&w, false);
	assert_int_equal(tw_dag_parse_json(tw_str("{\"dag_id\":\"d\",\"tasks\":[{\"task_id\":\"h\"},{\"task_id\":\"new\",\"upstream\":[\"a\"]},{\"task_id\":\"a\"}]}"),
					   &w.zones, &next, &err), 0);
	clear(&w, "r", "a", "old", next); /* a task that the new version has no more is no fault */
	tw_dag_unref(next);
	assert_int_equal(w.rc, 0);
	world_go(&w, false);
	assert_ti(&w, "r", "old", -1, "removed");
	assert_ti(&w, "r", "new", -1, "success");
	assert_ti(&w, "r", "h", -1, "running");
	assert_int_equal(w.open.n, 1); /* what ran goes on under its id */
	struct open_attempt h = w.open.v[0];
	world_end(&w, &h, NULL);
	assert_run(&w, "r", "success");
	world_close(&w);
}

static void test_backfill(void **state)
{
	struct world w;
	struct tw_run_row run = blank_run("d", "");

	setup(&w, DAG(",'max_active_runs':1", "{'task_id':'a'}"), NULL);
	step(&w, (struct tw_event){ .type = TW_EV_BACKFILL, .backfill = { .dag_id = tw_str("d"), .id = 7, .max_active_runs = 2 } });
	w.hold = true;
	run.type = TW_RUNTYPE_BACKFILL;
	run.backfill_id = 7;
	for (int i = 0; i < 3; i++) {
		run.logical_date = run.run_after = T0 - (10 - i) * TW_US_DAY;
		step(&w, (struct tw_event){ .type = TW_EV_RUN_NEW, .run_new = { .row = run } });
		assert_int_equal(w.rc, 0);
	}
	world_run(&w, "d", "r");
	assert_run(&w, "r", "running"); /* counted apart */
	assert_run(&w, "backfill__2025-12-23T00:00:00+00:00", "running");
	assert_run(&w, "backfill__2025-12-24T00:00:00+00:00", "queued");
	w.hold = false;
	world_go(&w, false);
	assert_run(&w, "backfill__2025-12-24T00:00:00+00:00", "success");
	world_close(&w);
}

static void end_by_hand(struct world *w, const char *run, bool bare)
{
	step(w, (struct tw_event){ .type = TW_EV_RUN_STATE,
				   .run_state = { .run = RUN(run), .state = TW_RUN_FAILED, .bare = bare } });
	assert_int_equal(w->rc, 0);
}

/* Its own order, not that of the dates; a cancelled one's queued run ends as it is; a run that is taken over changes its type. */
static void test_backfill_order(void **state)
{
	struct world w;
	struct tw_run_row run = blank_run("d", ""), row;
	struct tw_ti_key key = { TW_STR("a"), TW_MAP_ALL };

	setup(&w, DAG("", "{'task_id':'a'}"), NULL);
	step(&w, (struct tw_event){ .type = TW_EV_BACKFILL, .backfill = { .dag_id = tw_str("d"), .id = 7, .max_active_runs = 1 } });
	w.hold = true;
	run.type = TW_RUNTYPE_BACKFILL;
	run.backfill_id = 7;
	for (int i = 0; i < 3; i++) {
		run.logical_date = run.run_after = T0 - (10 - i) * TW_US_DAY;
		run.backfill_ordinal = 3 - i;
		step(&w, (struct tw_event){ .type = TW_EV_RUN_NEW, .run_new = { .row = run } });
	}
	assert_run(&w, "backfill__2025-12-22T00:00:00+00:00", "running");
	end_by_hand(&w, "backfill__2025-12-22T00:00:00+00:00", false);
	assert_run(&w, "backfill__2025-12-24T00:00:00+00:00", "running");
	end_by_hand(&w, "backfill__2025-12-23T00:00:00+00:00", true);
	assert_run(&w, "backfill__2025-12-23T00:00:00+00:00", "failed");
	assert_ti(&w, "backfill__2025-12-23T00:00:00+00:00", "a", -1, "none");
	world_run(&w, "d", "old");
	step(&w, (struct tw_event){ .type = TW_EV_CLEAR,
				    .clear = { .run = RUN("old"), .tis = &key, .ntis = 1, .backfill_id = 7,
					       .backfill_ordinal = 4, .conf = TW_STR("{\"n\":1}") } });
	assert_int_equal(w.rc, 0);
	assert_true(tw_sched_run(w.s, RUN("old"), &row));
	assert_int_equal(row.type, TW_RUNTYPE_BACKFILL);
	assert_true(tw_str_is(row.conf, "{\"n\":1}"));
	w.hold = false;
	world_go(&w, false);
	assert_run(&w, "old", "success");
	world_close(&w);
}

static void test_custom_timetable(void **state)
{
	struct world w;
	struct tw_run_info next = { .run_after = T0 + TW_US_HOUR, .logical_date = T0, .interval = { T0, T0 + TW_US_HOUR } };

	setup(&w, DAG(",'schedule':{'type':'custom','classpath':'my.Table','data':{}}", "{'task_id':'a'}"), NULL);
	assert_int_equal(tw_sched_next_time(w.s), TW_TIME_NONE);
	step(&w, (struct tw_event){ .type = TW_EV_NEXT_RUN, .next_run = { tw_str("d"), next } });
	assert_int_equal(tw_sched_next_time(w.s), T0 + TW_US_HOUR);
	world_later(&w, TW_US_HOUR);
	assert_run(&w, "scheduled__2026-01-01T01:00:00+00:00", "running");
	world_close(&w);
}

static void test_only_some_tasks(void **state)
{
	struct tw_str only[] = { TW_STR("b") };
	struct world w;

	setup(&w, DAG("", "{'task_id':'a'},{'task_id':'b','upstream':['a']},{'task_id':'c','upstream':['b']}"), NULL);
	step(&w, (struct tw_event){ .type = TW_EV_RUN_NEW,
				    .run_new = { .row = blank_run("d", "r"), .only_tasks = only, .nonly = 1 } });
	world_go(&w, false);
	assert_ti(&w, "r", "a", -1, "removed");
	assert_ti(&w, "r", "b", -1, "success");
	assert_run(&w, "r", "success");
	world_close(&w);
}

static void test_executor_slots(void **state)
{
	struct world w;

	setup(&w, DAG("", "{'task_id':'a','executor':'K','priority_weight':9},{'task_id':'b','executor':'K'},{'task_id':'c'}"), NULL);
	step(&w, (struct tw_event){ .type = TW_EV_EXECUTOR, .executor = { TW_STR("K"), 1 } });
	w.hold = true;
	world_run(&w, "d", "r");
	assert_int_equal(w.open.n, 2);
	assert_ti(&w, "r", "b", -1, "scheduled");
	assert_ti(&w, "r", "c", -1, "queued"); /* a full executor blocks only its own */
	struct open_attempt a = w.open.v[0];
	step(&w, (struct tw_event){ .type = TW_EV_REFUSED, .refused = { .attempt = a.id, .final = true, .reason = TW_STR("no such image") } });
	assert_ti(&w, "r", "a", -1, "failed");
	assert_ti(&w, "r", "b", -1, "queued");
	world_close(&w);
}

/* Loaded again in the middle, a run goes on as if nothing had been. */
static struct tw_ti_load loads[20];
static int nloads;

static void collect(void *ctx, const struct tw_ti_row *row)
{
	(void)ctx;
	loads[nloads] = (struct tw_ti_load){ .row = *row, .mapped_length = -1 };
	if (tw_str_is(row->task_id, "a")) {
		loads[nloads].has_return = true;
		loads[nloads].mapped_length = 2;
	}
	if (tw_str_is(row->task_id, "b"))
		loads[nloads].skip_record = TW_STR("{\"skipped\": [\"c\"]}");
	nloads++;
}

static void test_reload(void **state)
{
	static const char json[] = DAG("", "{'task_id':'a'},{'task_id':'b','skip_kind':'branch'},{'task_id':'h'},"
				       "{'task_id':'m','upstream':['a','h']," EXPAND("a") "},{'task_id':'c','upstream':['b','h'],'trigger_rule':'all_done'}");
	static const struct script s[] = { { "a", ANY, .length = 2, .has_return = true }, { "h", ANY, .hang = true },
					   { "b", ANY, .skip = "{\"skipped\":[]}" }, { 0 } };
	struct world w, v;
	struct tw_run_row row;

	setup(&w, json, s);
	world_run(&w, "d", "r");
	world_go(&w, false);
	nloads = 0;
	tw_sched_each_ti(w.s, RUN("r"), collect, NULL);
	assert_true(tw_sched_run(w.s, RUN("r"), &row));

	world_open(&v);
	tw_sched_free(v.s);
	v.cfg.loading = true;
	v.s = tw_sched_new(&v.cfg);
	v.now = w.now;
	world_pool(&v, "default_pool", 128, false);
	const struct tw_dag *dag = world_dag(&v, json, false);
	for (int i = 0; i < nloads; i++) { /* as the store has them */
		char key[300];
		mirror_key(key, &loads[i].row, loads[i].row.map_index);
		tw_map_set(&v.tis, tw_str(key), &v);
	}
	step(&v, (struct tw_event){ .type = TW_EV_RUN_LOAD, .run_load = { row, dag, loads, nloads } });
	assert_int_equal(v.rc, 0);
	step(&v, (struct tw_event){ .type = TW_EV_RUN_LOAD, .run_load = { row, dag, loads, nloads } });
	assert_int_equal(v.rc, TW_ERR_EXISTS);
	step(&v, (struct tw_event){ .type = TW_EV_LOADED });
	struct open_attempt h = { .id = w.open.v[0].id };
	step(&v, (struct tw_event){ .type = TW_EV_ADOPTED, .attempt = { h.id } });
	world_end(&v, &h, NULL);
	world_go(&v, false);
	assert_ti(&v, "r", "m", 1, "success");
	assert_ti(&v, "r", "c", -1, "skipped"); /* by the record */
	assert_run(&v, "r", "success");
	world_close(&v);
	world_close(&w);
}

/* A row that somebody made ahead has a pool and tries of its own; so have all that it expands to. */
static void test_made_ahead(void **state)
{
	static const char json[] = DAG("", "{'task_id':'a'},{'task_id':'m','upstream':['a'],'retries':2," EXPAND("a") "},{'task_id':'left'}");
	static const struct script s[] = { { "a", ANY, .length = 3, .has_return = true }, { "m", ANY, .outcome = TW_OUT_FAILED }, { 0 } };
	struct tw_run_row row = blank_run("d", "r");
	struct tw_ti_load made[2] = { { .mapped_length = -1 }, { .mapped_length = -1 } };
	struct world w;
	char key[300];

	setup(&w, json, s);
	world_pool(&w, "small", 1, false);
	row.state = TW_RUN_QUEUED;
	for (int i = 0; i < 2; i++) {
		made[i].row = (struct tw_ti_row){ .id = { .b = { (uint8_t)(i + 1) } }, .dag_id = row.dag_id, .run_id = row.run_id,
						  .task_id = tw_str(i ? "left" : "m"), .map_index = -1, .state = i ? TW_TI_REMOVED : TW_TI_NONE,
						  .scheduled_dttm = TW_TIME_NONE, .queued_dttm = TW_TIME_NONE, .start_date = TW_TIME_NONE,
						  .end_date = TW_TIME_NONE, .next_retry = TW_TIME_NONE, .updated_at = TW_TIME_NONE,
						  .last_heartbeat = TW_TIME_NONE, .reschedule_start = TW_TIME_NONE,
						  .trigger_timeout = TW_TIME_NONE, .pool = TW_STR("small"), .pool_slots = 1 };
		mirror_key(key, &made[i].row, -1);
		tw_map_set(&w.tis, tw_str(key), &w);
	}
	step(&w, (struct tw_event){ .type = TW_EV_RUN_LOAD, .run_load = { row, world_dag(&w, json, false), made, 2 } });
	assert_int_equal(w.rc, 0);
	world_go(&w, false);
	for (int i = 0; i < 3; i++)
		assert_ti(&w, "r", "m", i, "failed");
	assert_int_equal(w.dispatched, 4);
	assert_int_equal(w.max_open, 1);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shrink_and_grow),
		cmocka_unit_test(test_unknown_length),
		cmocka_unit_test(test_mapped_in_group),
		cmocka_unit_test(test_fast_rules_in_group),
		cmocka_unit_test(test_branch_survives_clear),
		cmocka_unit_test(test_setup_scope),
		cmocka_unit_test(test_setup_in_group),
		cmocka_unit_test(test_setup_in_group_of_unknown_length),
		cmocka_unit_test(test_list_of_a_group_ends),
		cmocka_unit_test(test_other_version),
		cmocka_unit_test(test_backfill),
		cmocka_unit_test(test_backfill_order),
		cmocka_unit_test(test_custom_timetable),
		cmocka_unit_test(test_only_some_tasks),
		cmocka_unit_test(test_executor_slots),
		cmocka_unit_test(test_reload),
		cmocka_unit_test(test_made_ahead),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
