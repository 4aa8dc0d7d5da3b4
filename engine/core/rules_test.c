/* Every trigger rule against every mix of ends, as real Airflow decided (golden/trigger-rules.tsv). */
#include "core/testing.h"

#include "model/dag.h"

static const char *const wanted[] = { ['S'] = "success", ['F'] = "failed", ['K'] = "skipped",
				      ['U'] = "upstream_failed" };

/*
 * One upstream for each letter: S, F, K are attempts that end so; U follows from a failed one. They
 * end in the order in which the columns are to be read: K before U, F before K.
 */
static void one_cell(const char *rule, const char *mix, char expect)
{
	struct world w;
	struct tw_buf json = { 0 }, ups = { 0 };
	struct script script[16] = { 0 };
	int n = 0;

	tw_buf_adds(&json, "{\"dag_id\":\"m\",\"tasks\":[");
	static const char order[] = "SFKU";
	for (const char *k = order; *k; k++)
		for (const char *c = mix; *c; c++) {
			char name[8];
			if (*c != *k)
				continue;
			snprintf(name, sizeof name, "%c%d", *c, (int)(c - mix));
			if (*c == 'U') {
				tw_buf_printf(&json, "{\"task_id\":\"f%s\",\"priority_weight\":-9,\"weight_rule\":\"absolute\"},", name);
				tw_buf_printf(&json, "{\"task_id\":\"%s\",\"upstream\":[\"f%s\"]},", name, name);
			} else {
				tw_buf_printf(&json, "{\"task_id\":\"%s\",\"weight_rule\":\"absolute\"},", name);
			}
			script[n].task = tw_asprintf("%s%s", *c == 'U' ? "f" : "", name);
			script[n].map_index = ANY;
			script[n++].outcome = *c == 'S' ? TW_OUT_SUCCESS : *c == 'K' ? TW_OUT_SKIPPED : TW_OUT_FAILED;
			tw_buf_printf(&ups, "%s\"%s\"", ups.n ? "," : "", name);
		}
	tw_buf_printf(&json, "{\"task_id\":\"t\",\"native\":\"empty\",\"trigger_rule\":\"%s\",\"upstream\":[%s]}]}",
		      rule, tw_buf_cstr(&ups));
	world_open(&w);
	w.script = script;
	world_pool(&w, "default_pool", 128, false);
	world_dag(&w, tw_buf_cstr(&json), false);
	world_run(&w, "m", "r");
	world_go(&w, true);
	if (strcmp(ti_state(&w, "r", "t", -1), wanted[(int)expect]))
		fail_msg("%s over %s: %s, not %s", rule, mix, ti_state(&w, "r", "t", -1), wanted[(int)expect]);
	world_close(&w);
	for (int i = 0; i < n; i++)
		free((char *)script[i].task);
	tw_buf_release(&json);
	tw_buf_release(&ups);
}

static void test_golden(void **state)
{
	struct tw_buf text = tw_test_read("tests/compat/core/trigger-rules.tsv");
	struct tw_str rest = tw_buf_str(&text), head[20];
	int ncols = 0, rows = 0;

	while (rest.n) {
		struct tw_str line = tw_str_cut(rest, '\n', &rest), cell, more = line;
		if (!line.n || line.p[0] == '#')
			continue;
		cell = tw_str_cut(more, '\t', &more);
		if (!ncols) {
			while (more.p)
				head[ncols++] = tw_str_cut(more, '\t', &more);
			continue;
		}
		char rule[64], mix[8];
		snprintf(rule, sizeof rule, TW_STR_FMT, TW_STR_ARG(cell));
		for (int i = 0; i < ncols; i++) {
			struct tw_str v = tw_str_cut(more, '\t', &more);
			snprintf(mix, sizeof mix, TW_STR_FMT, TW_STR_ARG(head[i]));
			assert_int_equal(v.n, 1);
			one_cell(rule, mix, v.p[0]);
		}
		rows++;
	}
	assert_int_equal(rows, 13);
	assert_int_equal(ncols, 15);
	tw_buf_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_golden) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
