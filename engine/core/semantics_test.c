/* The probe DAGs of golden/semantics_dag.py as documents, run to the ends that real Airflow gave them. */
#include "core/testing.h"

struct probe {
	const char *dag; /* with ' for " */
	const struct script *script;
};

#define OVER(arg, src) "'map':{'kind':'expand','over':[{'arg':'" arg "','value':" src "}]}"
#define X(task) "{'xcom':{'task':'" task "'}}"
#define T(id, up, more) "{'task_id':'" id "','upstream':[" up "]" more "},"
#define END "{'task_id':'zz_none','native':'empty','trigger_rule':'always'}]}"
#define TEARDOWN ",'is_teardown':true,'trigger_rule':'all_done_setup_success'"

static const struct script branch[] = {
	{ "pick", ANY, 0, TW_OUT_SUCCESS, .skip = "{\"followed\":[\"a\"]}" },
	{ 0 },
};
static const struct script mapped[] = {
	{ "empty", ANY, .length = 0, .has_return = true },
	{ "three", ANY, .length = 3, .has_return = true },
	{ "tail", ANY, .length = 1, .has_return = true },
	{ "as_dict", ANY, .length = 2, .has_return = true },
	{ "m_fail", 1, .outcome = TW_OUT_FAILED },
	{ "m_fail", ANY, .length = -1, .has_return = true },
	{ "m_skip", 1, .outcome = TW_OUT_SKIPPED },
	{ "grp.first", 1, .outcome = TW_OUT_FAILED },
	{ "grp.first", ANY, .length = -1, .has_return = true },
	{ 0 },
};
static const struct script setup[] = {
	{ "w1", ANY, .outcome = TW_OUT_FAILED },
	{ "s2_bad", ANY, .outcome = TW_OUT_FAILED },
	{ "s3_skip", ANY, .outcome = TW_OUT_SKIPPED },
	{ 0 },
};
static const struct script t_fails[] = { { "t", ANY, .outcome = TW_OUT_FAILED }, { 0 } };
static const struct script boom_fails[] = { { "boom", ANY, .outcome = TW_OUT_FAILED }, { 0 } };
static const struct script retry[] = {
	{ "twice", ANY, .outcome = TW_OUT_FAILED },
	{ "no_retry", ANY, .outcome = TW_OUT_FAILED_FINAL },
	{ "second_time", ANY, 1, .outcome = TW_OUT_FAILED },
	{ 0 },
};
static const struct script shorted[] = {
	{ "stop", ANY, .skip = "{\"skipped\":[\"h1\",\"h_end\"]}" },
	{ "stop_soft", ANY, .skip = "{\"skipped\":[\"s1\"]}" },
	{ 0 },
};
static const struct script sensor[] = {
	{ "soft", ANY, .outcome = TW_OUT_SKIPPED },
	{ "hard", ANY, .outcome = TW_OUT_FAILED_FINAL },
	{ "resched", ANY, .outcome = TW_OUT_FAILED_FINAL },
	{ "hard_retry", ANY, .outcome = TW_OUT_FAILED_FINAL },
	{ 0 },
};
static const struct script failfast[] = {
	{ "slow", ANY, .hang = true },
	{ "bad", ANY, .outcome = TW_OUT_FAILED },
	{ 0 },
};

static const struct probe probes[] = {
	{ "{'dag_id':'g_branch','tasks':[" T("pick", "", ",'skip_kind':'branch'") T("a", "'pick'", "")
		  T("b", "'pick'", "") T("b2", "'b'", "")
		  T("join", "'a','b2'", ",'trigger_rule':'none_failed_min_one_success'")
		  T("join_default", "'a','b2'", "") T("join_all_done", "'a','b2'", ",'trigger_rule':'all_done'") END,
	  branch },
	{ "{'dag_id':'g_map','groups':[{'group_id':'grp'," OVER("x", X("three")) "}],'tasks':["
		  T("empty", "", "") T("three", "", "") T("tail", "", "") T("as_dict", "", "")
		  T("m_empty", "'empty'", "," OVER("x", X("empty"))) T("after_empty", "'m_empty'", "")
		  T("after_empty_done", "'m_empty'", ",'trigger_rule':'all_done'")
		  T("m_literal_empty", "", "," OVER("x", "{'literal':[]}")) T("after_literal_empty", "'m_literal_empty'", "")
		  T("m_fail", "'three'", "," OVER("x", X("three"))) T("after_fail", "'m_fail'", "")
		  T("after_fail_done", "'m_fail'", ",'trigger_rule':'all_done'")
		  T("any_ok", "'m_fail'", ",'trigger_rule':'one_success'")
		  T("m_after_fail", "'m_fail'", "," OVER("x", X("m_fail")))
		  T("m_skip", "'three'", "," OVER("x", X("three"))) T("after_skip", "'m_skip'", "")
		  T("after_skip_nf", "'m_skip'", ",'trigger_rule':'none_failed'")
		  T("pair", "'three'", ",'map':{'kind':'expand','over':[{'arg':'i','value':" X("three") "},"
						"{'arg':'j','value':{'literal':['x','y']}}]}")
		  T("after_cross", "'pair'", "") T("m_dict", "'as_dict'", "," OVER("x", X("as_dict")))
		  T("m_zip", "'three'", "," OVER("x", "{'zip':[" X("three") ",{'map':" X("three") ",'calls':1}]}"))
		  T("after_zip", "'m_zip'", "")
		  T("m_concat", "'three','tail'", "," OVER("x", "{'concat':[" X("three") "," X("tail") "]}"))
		  T("after_concat", "'m_concat'", "")
		  T("m_kwargs", "", ",'map':{'kind':'expand_kwargs','value':{'literal':[{'x':1},{'x':2}]}}")
		  T("grp.first", "'three'", ",'group':'grp'") T("grp.second", "'grp.first'", ",'group':'grp'")
		  T("after_group", "'grp.second'", "") END,
	  mapped },
	{ "{'dag_id':'g_setup','tasks':[" T("s1", "", ",'is_setup':true") T("w1", "'s1'", "") T("t1", "'s1','w1'", TEARDOWN)
		  T("s2_bad", "", ",'is_setup':true") T("w2", "'s2_bad'", "") T("t2", "'s2_bad','w2'", TEARDOWN)
		  T("s3_skip", "", ",'is_setup':true") T("w3", "'s3_skip'", "") T("t3", "'s3_skip','w3'", TEARDOWN) END,
	  setup },
	{ "{'dag_id':'g_teardown_fails','tasks':[" T("s", "", ",'is_setup':true") T("w", "'s'", "") T("t", "'s','w'", TEARDOWN) END,
	  t_fails },
	{ "{'dag_id':'g_teardown_fails_run','tasks':[" T("s", "", ",'is_setup':true") T("w", "'s'", "")
		  T("t", "'s','w'", TEARDOWN ",'on_failure_fail_dagrun':true") END,
	  t_fails },
	{ "{'dag_id':'g_leaf','tasks':[" T("boom", "", "") T("last", "'boom'", ",'trigger_rule':'all_done'") END, boom_fails },
	{ "{'dag_id':'g_retry','tasks':[" T("twice", "", ",'retries':1,'retry_delay':2") T("no_retry", "", ",'retries':3,'retry_delay':2")
		  T("second_time", "", ",'retries':2,'retry_delay':2") END,
	  retry },
	{ "{'dag_id':'g_short','tasks':[" T("stop", "", ",'skip_kind':'short_circuit'") T("stop_soft", "", ",'skip_kind':'short_circuit'")
		  T("h1", "'stop'", "") T("h_end", "'h1'", ",'trigger_rule':'all_done'") T("s1", "'stop_soft'", "")
		  T("s_end", "'s1'", ",'trigger_rule':'all_done'") END,
	  shorted },
	{ "{'dag_id':'g_sensor','tasks':[" T("soft", "", "") T("after_soft", "'soft'", "") T("hard", "", "") T("resched", "", "")
		  T("hard_retry", "", ",'retries':2") END,
	  sensor },
	{ "{'dag_id':'g_failfast','fail_fast':true,'tasks':[" T("slow", "", "") T("bad", "", "")
		  "{'task_id':'after_slow','upstream':['slow']}]}",
	  failfast },
};

static void run_probe(struct world *w, const struct probe *p)
{
	const struct tw_dag *d;

	world_open(w);
	w->script = p->script;
	world_pool(w, "default_pool", 128, false);
	d = world_dag(w, p->dag, false);
	char id[64];
	snprintf(id, sizeof id, TW_STR_FMT, TW_STR_ARG(d->dag_id));
	world_run(w, id, id);
	world_go(w, true);
}

static void test_golden(void **state)
{
	enum { N = sizeof probes / sizeof *probes };
	struct world *w = calloc(N, sizeof *w);
	struct tw_buf text = tw_test_read("tests/compat/core/end-states.tsv");
	struct tw_str rest = tw_buf_str(&text), col[6];
	int rows = 0, bad = 0, instances = 0;

	for (int i = 0; i < N; i++) {
		run_probe(&w[i], &probes[i]);
		tw_map_foreach(&w[i].tis, e)
			instances += tw_str_find(e->key, TW_STR("zz_none"), 0) < 0;
	}
	while (rest.n) {
		struct tw_str line = tw_str_cut(rest, '\n', &rest);
		if (!line.n || line.p[0] == '#' || tw_str_starts(line, "dag\t"))
			continue;
		for (int i = 0; i < 6; i++)
			col[i] = tw_str_cut(line, '\t', &line);
		char dag[64], task[64], want[64], got[80], expect[100];
		snprintf(dag, sizeof dag, TW_STR_FMT, TW_STR_ARG(col[0]));
		snprintf(task, sizeof task, TW_STR_FMT, TW_STR_ARG(col[1]));
		snprintf(want, sizeof want, TW_STR_FMT, TW_STR_ARG(col[3]));
		char quoted[80];
		snprintf(quoted, sizeof quoted, "'%s'", dag);
		int k = 0;
		while (k < N && !strstr(probes[k].dag, quoted))
			k++;
		assert_true(k < N);
		rows++;
		if (!strcmp(task, "RUN")) {
			snprintf(expect, sizeof expect, "%s", want);
			snprintf(got, sizeof got, "%s", run_state(&w[k], dag));
		} else {
			int index = atoi(col[2].p);
			snprintf(expect, sizeof expect, "%s try %d of %d", want, atoi(col[4].p), atoi(col[5].p));
			snprintf(got, sizeof got, "%s try %d of %d", ti_state(&w[k], dag, task, index),
				 ti_try(&w[k], dag, task, index), ti_max_tries(&w[k], dag, task, index));
			instances--;
		}
		if (strcmp(got, expect)) {
			bad++;
			print_error("%s %s[" TW_STR_FMT "]: %s, not %s\n", dag, task, TW_STR_ARG(col[2]), got, expect);
		}
	}
	assert_int_equal(bad, 0);
	assert_int_equal(rows, 99);
	assert_int_equal(instances, 0); /* none that Airflow has not */
	for (int i = 0; i < N; i++)
		world_close(&w[i]);
	free(w);
	tw_buf_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_golden) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
