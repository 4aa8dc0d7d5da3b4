/* A live run goes by its file, as tests/compat/acts saw it of Airflow: what is in it now, and what when it is not there. */
#include "core/testing.h"

#define DAG(tasks) "{'dag_id':'d','tasks':[" tasks "]}"
#define LIST(items) "'map':{'kind':'expand','over':[{'arg':'x','value':{'literal':[" items "]}}]}"

/* `k` keeps the run in memory. */
static const struct script hangs[] = { { "h", ANY, .hang = true }, { "k", ANY, .hang = true }, { 0 } };

static void told(struct world *w, const char *version, const char *json, bool import_error)
{
	struct tw_dag *d = NULL;
	struct tw_err err = { 0 };
	char *text = tw_strdup(json);

	for (char *c = text; *c; c++)
		*c = *c == '\'' ? '"' : *c;
	if (tw_dag_parse_json(tw_str(text), &w->zones, &d, &err) < 0)
		fail_msg("%s", err.msg);
	free(text);
	step(w, (struct tw_event){ .type = TW_EV_DAG,
				   .dag = { .dag = d, .version_id = tw_str(version), .import_error = import_error,
					    .last_run = { .run_after = TW_TIME_NONE } } });
	tw_dag_unref(d);
}

static void setup(struct world *w, const char *json, const struct script *script)
{
	world_open(w);
	w->script = script;
	world_pool(w, "default_pool", 128, false);
	told(w, "v1", json, false);
	world_run(w, "d", "r");
	world_go(w, false);
}

static void finish_as(struct world *w, const char *task, int map_index, const struct script *end)
{
	for (size_t i = 0; i < w->open.n; i++) {
		struct open_attempt a = w->open.v[i];
		if (strcmp(a.task, task) || a.map_index != map_index)
			continue;
		w->open.v[i] = w->open.v[--w->open.n];
		if (!a.started)
			world_start(w, &a);
		world_end(w, &a, end);
		return;
	}
	fail_msg("%s[%d] does not run", task, map_index);
}

static void finish(struct world *w, const char *task, int map_index, enum tw_outcome outcome)
{
	finish_as(w, task, map_index, &(struct script){ task, .outcome = outcome });
}

static void clear(struct world *w, const struct tw_ti_key *keys, int n)
{
	step(w, (struct tw_event){ .type = TW_EV_CLEAR,
				   .clear = { .run = { tw_str("d"), tw_str("r") }, .tis = keys, .ntis = n } });
	assert_int_equal(w->rc, 0);
}

static void test_a_list_becomes_shorter(void **state)
{
	struct world w;

	setup(&w, DAG("{'task_id':'h'," LIST("1,2,3") "},{'task_id':'m','upstream':['h']," LIST("1,2,3") "},{'task_id':'e','upstream':['m']}"), hangs);
	int kills = w.kills;
	told(&w, "v2", DAG("{'task_id':'h'," LIST("1,2") "},{'task_id':'m','upstream':['h']," LIST("1") "},{'task_id':'e','upstream':['m']}"), false);
	assert_ti(&w, "r", "h", 2, "removed");
	assert_int_equal(w.kills, kills + 1);
	assert_ti(&w, "r", "m", 2, "removed");
	finish(&w, "h", 0, TW_OUT_SUCCESS);
	finish(&w, "h", 1, TW_OUT_SUCCESS);
	world_go(&w, false);
	assert_ti(&w, "r", "m", 0, "success");
	assert_ti(&w, "r", "m", 1, "removed");
	assert_ti(&w, "r", "e", -1, "success");
	assert_run(&w, "r", "success");
	world_close(&w);
}

static void test_a_list_becomes_longer(void **state)
{
	struct world w;

	setup(&w, DAG("{'task_id':'h'},{'task_id':'m','upstream':['h']," LIST("1") "},{'task_id':'e','upstream':['m']}"), hangs);
	told(&w, "v2", DAG("{'task_id':'h'},{'task_id':'m','upstream':['h']," LIST("1,2,3") "},{'task_id':'e','upstream':['m']}"), false);
	finish(&w, "h", -1, TW_OUT_SUCCESS);
	world_go(&w, false);
	assert_ti(&w, "r", "m", 2, "success");
	assert_run(&w, "r", "success");
	world_close(&w);
}

/* Each instance of a task that is mapped no more runs, also when the run is cleared. */
static void test_mapped_no_more(void **state)
{
	struct tw_ti_key m = { tw_str("m"), TW_MAP_ALL };
	struct world w;

	setup(&w, DAG("{'task_id':'h'},{'task_id':'k'},{'task_id':'m','upstream':['h']," LIST("1,2") "}"), hangs);
	told(&w, "v2", DAG("{'task_id':'h'},{'task_id':'k'},{'task_id':'m','upstream':['h']}"), false);
	finish(&w, "h", -1, TW_OUT_SUCCESS);
	world_go(&w, false);
	assert_ti(&w, "r", "m", 1, "success");
	clear(&w, &m, 1);
	world_go(&w, false);
	assert_ti(&w, "r", "m", 1, "success");
	assert_int_equal(ti_try(&w, "r", "m", 1), 2);
	world_close(&w);
}

/* A whole run is cleared, and some of it is of tasks that are gone. */
static void test_clear_with_what_is_gone(void **state)
{
	struct tw_ti_key keys[] = { { tw_str("h"), -1 }, { tw_str("old"), -1 } };
	struct world w;

	setup(&w, DAG("{'task_id':'h'},{'task_id':'k'},{'task_id':'old','upstream':['h']}"), hangs);
	told(&w, "v2", DAG("{'task_id':'h'},{'task_id':'k'}"), false);
	finish(&w, "h", -1, TW_OUT_SUCCESS);
	clear(&w, keys, 2);
	world_go(&w, false);
	assert_ti(&w, "r", "h", -1, "running");
	assert_ti(&w, "r", "old", -1, "removed");
	world_close(&w);
}

static void test_file_does_not_load(void **state)
{
	const char *json = DAG("{'task_id':'h'},{'task_id':'a','upstream':['h']},{'task_id':'b','upstream':['a']}");
	struct world w;

	setup(&w, json, hangs);
	told(&w, "v1", json, true);
	finish(&w, "h", -1, TW_OUT_SUCCESS); /* what runs ends as it does */
	world_go(&w, true);
	assert_ti(&w, "r", "a", -1, "none");
	assert_run(&w, "r", "running");
	world_run(&w, "d", "next");
	assert_run(&w, "next", "queued");
	told(&w, "v1", json, false);
	world_go(&w, false);
	assert_run(&w, "r", "success");
	assert_run(&w, "next", "running");
	world_close(&w);
}

static void test_dag_is_gone_and_back(void **state)
{
	const char *json = DAG("{'task_id':'h'},{'task_id':'a','upstream':['h']}");
	struct world w;

	setup(&w, json, hangs);
	world_pool(&w, "default_pool", 1, false);
	step(&w, (struct tw_event){ .type = TW_EV_DAG_REMOVED, .name = tw_str("d") });
	finish(&w, "h", -1, TW_OUT_SUCCESS);
	world_go(&w, true);
	assert_ti(&w, "r", "a", -1, "none");
	assert_run(&w, "r", "running");
	told(&w, "v1", json, false);
	world_go(&w, false);
	assert_run(&w, "r", "success");
	world_close(&w);
}

/* An attempt that failed is in history once, also when its retry is cleared before it comes. */
static void test_history_of_a_cleared_retry(void **state)
{
	struct tw_ti_key h = { tw_str("h"), -1 };
	struct world w;

	setup(&w, DAG("{'task_id':'h','retries':1,'retry_delay':600}"), hangs);
	finish(&w, "h", -1, TW_OUT_FAILED);
	assert_ti(&w, "r", "h", -1, "up_for_retry");
	assert_int_equal(w.history, 1);
	clear(&w, &h, 1);
	assert_int_equal(w.history, 1);
	world_close(&w);
}

/* A branch that ended in another version: whom it follows is found in the document that the run goes by. */
static void test_branch_of_another_version(void **state)
{
	static const struct script s[] = { { "b", ANY, .skip = "{\"followed\":[\"x\"]}" }, { "h", ANY, .hang = true }, { 0 } };
	struct world w;

	setup(&w, DAG("{'task_id':'h'},{'task_id':'b','skip_kind':'branch'},{'task_id':'x','upstream':['b','h']},{'task_id':'y','upstream':['b','x']}"), s);
	assert_ti(&w, "r", "y", -1, "none");
	told(&w, "v2", DAG("{'task_id':'h'},{'task_id':'b','skip_kind':'branch'},{'task_id':'x','upstream':['b','h']},{'task_id':'y','upstream':['b','h']}"), false);
	assert_ti(&w, "r", "y", -1, "skipped");
	world_close(&w);
}

/* A branch that was gone from a version and comes back: what it decided still holds, as its XCom is still there. */
static void test_branch_is_gone_and_back(void **state)
{
	static const struct script s[] = { { "b", ANY, .skip = "{\"followed\":[\"x\"]}" }, { "f", ANY, .outcome = TW_OUT_FAILED }, { "h", ANY, .hang = true }, { 0 } };
	struct world w;

	setup(&w, DAG("{'task_id':'f'},{'task_id':'h'},{'task_id':'b','skip_kind':'branch'},{'task_id':'x','upstream':['b','h']}"), s);
	assert_ti(&w, "r", "b", -1, "success");
	told(&w, "v2", DAG("{'task_id':'f'},{'task_id':'h'}"), false);
	told(&w, "v3", DAG("{'task_id':'f'},{'task_id':'h'},{'task_id':'b','skip_kind':'branch','upstream':['f']},{'task_id':'x','upstream':['b']},"
			   "{'task_id':'y','upstream':['b'],'trigger_rule':'all_done'}"), false);
	world_go(&w, false);
	assert_ti(&w, "r", "b", -1, "upstream_failed");
	assert_ti(&w, "r", "y", -1, "skipped");
	world_close(&w);
}

/* A branch that decided, was cleared and did not run again, decides for the mapped ones below it as for others. */
static void test_branch_not_run_again(void **state)
{
	struct script s[] = { { "b", ANY, .skip = "{\"followed\":[]}" }, { "f", ANY }, { "h", ANY, .hang = true }, { 0 } };
	struct tw_ti_key keys[] = { { tw_str("f"), -1 }, { tw_str("b"), -1 }, { tw_str("m"), 0 }, { tw_str("m"), 1 } };
	struct world w;

	setup(&w, DAG("{'task_id':'f'},{'task_id':'h'},{'task_id':'b','skip_kind':'branch','upstream':['f']},"
		      "{'task_id':'m','upstream':['b','h'],'trigger_rule':'all_done'," LIST("1,2") "}"), s);
	assert_ti(&w, "r", "m", 1, "skipped");
	s[1].outcome = TW_OUT_FAILED;
	clear(&w, keys, 4);
	world_go(&w, false);
	assert_ti(&w, "r", "b", -1, "upstream_failed");
	assert_ti(&w, "r", "m", 0, "skipped");
	assert_ti(&w, "r", "m", 1, "skipped");
	world_close(&w);
}

/* Cleared, then the file changes, then the list is longer: each of it has its instance. */
static void test_a_list_becomes_longer_in_another_version(void **state)
{
	struct script s[] = { { "s", ANY, .has_return = true, .length = 1 }, { "k", ANY, .hang = true }, { 0 } };
	struct tw_ti_key keys[] = { { tw_str("s"), -1 }, { tw_str("m"), 0 } };
	struct world w;
#define M "{'task_id':'s'},{'task_id':'m','upstream':['s'],'map':{'kind':'expand','over':[{'arg':'x','value':{'xcom':{'task':'s'}}}]}},{'task_id':'k'}"

	setup(&w, DAG(M), s);
	assert_ti(&w, "r", "m", 0, "success");
	s[0].hang = true;
	clear(&w, keys, 2);
	world_go(&w, false);
	told(&w, "v2", DAG(M ",{'task_id':'n'}"), false);
	finish_as(&w, "s", -1, &(struct script){ "s", .has_return = true, .length = 3 });
	world_go(&w, false);
	assert_ti(&w, "r", "m", 0, "success");
	assert_ti(&w, "r", "m", 2, "success");
#undef M
	world_close(&w);
}

/* A list is longer, and one further down in the group gets its instances first: each still waits for its own above it. */
static void test_a_longer_list_in_a_group(void **state)
{
	struct script s[] = { { "src", ANY, .has_return = true, .length = 1 }, { "h", ANY }, { "k", ANY, .hang = true }, { 0 } };
	struct tw_ti_key keys[] = { { tw_str("src"), -1 }, { tw_str("h"), -1 }, { tw_str("a"), 0 } };
	struct world w;
#define G(more) "{'dag_id':'d','groups':[{'group_id':'g','map':{'kind':'expand','over':[{'arg':'x','value':{'xcom':{'task':'src'}}}]}}]," \
		"'tasks':[{'task_id':'src'},{'task_id':'h'},{'task_id':'k'},{'task_id':'a','group':'g','upstream':['src','h']}" more "]}"

	setup(&w, G(""), s);
	assert_ti(&w, "r", "a", 0, "success");
	s[0].hang = s[1].hang = true;
	clear(&w, keys, 3);
	world_go(&w, false);
	told(&w, "v2", G(",{'task_id':'b','group':'g','upstream':['a','src']}"), false);
	finish_as(&w, "src", -1, &(struct script){ "src", .has_return = true, .length = 3 });
	world_go(&w, false);
	assert_ti(&w, "r", "b", 0, "none");
	assert_ti(&w, "r", "b", 2, "none");
	finish(&w, "h", -1, TW_OUT_SUCCESS);
	world_go(&w, false);
	assert_ti(&w, "r", "a", 2, "success");
	assert_ti(&w, "r", "b", 2, "success");
#undef G
	world_close(&w);
}

/* One runs again before its list is there: when it is looked at the next time, the list's length counts. */
static void test_runs_before_its_list_is_there(void **state)
{
	struct script s[] = { { "src", ANY, .has_return = true, .length = 1 }, { "h", ANY }, { "a", ANY }, { "k", ANY, .hang = true }, { 0 } };
	struct tw_ti_key keys[] = { { tw_str("src"), -1 }, { tw_str("h"), -1 }, { tw_str("a"), 0 } };
	struct world w;

	setup(&w, "{'dag_id':'d','groups':[{'group_id':'g','map':{'kind':'expand','over':[{'arg':'x','value':{'xcom':{'task':'src'}}}]}}],"
		  "'tasks':[{'task_id':'src'},{'task_id':'h'},{'task_id':'k'},"
		  "{'task_id':'a','group':'g','upstream':['src','h'],'trigger_rule':'one_done'}]}", s);
	assert_ti(&w, "r", "a", 0, "success");
	s[0].hang = s[2].hang = true;
	clear(&w, keys, 3);
	world_go(&w, false);
	assert_ti(&w, "r", "a", 0, "running");
	finish_as(&w, "src", -1, &(struct script){ "src", .has_return = true, .length = 3 });
	finish(&w, "a", 0, TW_OUT_RESCHEDULE);
	s[2].hang = false;
	world_go(&w, true);
	assert_ti(&w, "r", "a", 0, "success");
	assert_ti(&w, "r", "a", 2, "success");
	world_close(&w);
}

/* A member of a group is skipped before its list is asked for: whoever is below has begun, and it gets no more instances. */
static void test_a_longer_list_of_one_that_was_skipped(void **state)
{
	struct script s[] = { { "src", ANY, .has_return = true, .length = 1 }, { "h", ANY }, { "k", ANY, .hang = true }, { 0 } };
	struct tw_ti_key keys[] = { { tw_str("src"), -1 }, { tw_str("h"), -1 }, { tw_str("a"), 0 }, { tw_str("b"), 0 }, { tw_str("x"), -1 } };
	struct world w;

	setup(&w, "{'dag_id':'d','groups':[{'group_id':'g','map':{'kind':'expand','over':[{'arg':'x','value':{'xcom':{'task':'src'}}}]}}],"
		  "'tasks':[{'task_id':'src'},{'task_id':'h'},{'task_id':'k'},{'task_id':'a','group':'g','upstream':['src','h']},"
		  "{'task_id':'b','group':'g','upstream':['src','a'],'trigger_rule':'all_done'},"
		  "{'task_id':'x','upstream':['a'],'trigger_rule':'none_failed'}]}", s);
	assert_ti(&w, "r", "x", -1, "success");
	s[0].hang = s[1].hang = true;
	clear(&w, keys, 5);
	world_go(&w, false);
	finish_as(&w, "src", -1, &(struct script){ "src", .has_return = true, .length = 3 });
	finish(&w, "h", -1, TW_OUT_SKIPPED);
	world_go(&w, false);
	assert_ti(&w, "r", "a", 0, "skipped");
	assert_ti(&w, "r", "a", 1, "absent");
	assert_ti(&w, "r", "b", 2, "success");
	assert_ti(&w, "r", "x", -1, "success");
	world_close(&w);
}

/* Marked with what is below it: below the named one what has failed gets another chance, also what was marked with it. */
static void test_marked_failed_with_downstream(void **state)
{
	struct tw_ti_key keys[] = { { tw_str("a"), -1 }, { tw_str("b"), -1 } };
	struct tw_str named = tw_str("a");
	struct world w;

	setup(&w, DAG("{'task_id':'a'},{'task_id':'b','upstream':['a']},{'task_id':'k'}"), hangs);
	assert_ti(&w, "r", "b", -1, "success");
	step(&w, (struct tw_event){ .type = TW_EV_MARK,
				    .mark = { .run = { tw_str("d"), tw_str("r") }, .tis = keys, .ntis = 2, .state = TW_TI_FAILED,
					      .named = &named, .nnamed = 1 } });
	assert_ti(&w, "r", "a", -1, "failed");
	assert_ti(&w, "r", "b", -1, "upstream_failed");
	world_close(&w);
}

/* A run goes to a version with a task more: only that runs. */
static void test_only_what_is_new(void **state)
{
	struct tw_ev_clear c = { .run = { tw_str("d"), tw_str("r") }, .version_id = tw_str("v2") };
	struct world w;

	setup(&w, DAG("{'task_id':'a'},{'task_id':'k'}"), hangs);
	c.dag = world_dag(&w, DAG("{'task_id':'a'},{'task_id':'k'},{'task_id':'new'}"), false);
	step(&w, (struct tw_event){ .type = TW_EV_CLEAR, .clear = c });
	world_go(&w, false);
	assert_ti(&w, "r", "new", -1, "success");
	assert_int_equal(ti_try(&w, "r", "a", -1), 1);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_list_becomes_shorter),
		cmocka_unit_test(test_a_list_becomes_longer),
		cmocka_unit_test(test_mapped_no_more),
		cmocka_unit_test(test_clear_with_what_is_gone),
		cmocka_unit_test(test_file_does_not_load),
		cmocka_unit_test(test_dag_is_gone_and_back),
		cmocka_unit_test(test_history_of_a_cleared_retry),
		cmocka_unit_test(test_branch_of_another_version),
		cmocka_unit_test(test_branch_is_gone_and_back),
		cmocka_unit_test(test_branch_not_run_again),
		cmocka_unit_test(test_a_list_becomes_longer_in_another_version),
		cmocka_unit_test(test_a_longer_list_in_a_group),
		cmocka_unit_test(test_runs_before_its_list_is_there),
		cmocka_unit_test(test_a_longer_list_of_one_that_was_skipped),
		cmocka_unit_test(test_marked_failed_with_downstream),
		cmocka_unit_test(test_only_what_is_new),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
