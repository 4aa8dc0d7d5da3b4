/* Partition keys against Airflow's own answers (tests/compat/time/make_partition_dates.py). */
#include "model/partition.h"
#include "time/testing.h"

static enum tw_rc date_of(struct golden *g, struct tw_zones *zones, tw_time *ret, struct tw_err *err)
{
	struct tw_value doc = tw_v_map(&g->arena), assets = tw_v_list(&g->arena), tasks = tw_v_list(&g->arena);
	struct tw_dag *dag;
	enum tw_rc rc;

	for (const char *name = "a"; *name; name = *name == 'a' ? "b" : "") {
		struct tw_value asset = tw_v_map(&g->arena);

		tw_map_putc(&g->arena, asset, "key", tw_v_cstr(name));
		tw_map_putc(&g->arena, asset, "name", tw_v_cstr(name));
		tw_map_putc(&g->arena, asset, "uri", tw_v_cstr(name));
		tw_list_push(&g->arena, assets, asset);
	}
	tw_map_putc(&g->arena, doc, "dag_id", tw_v_cstr("d"));
	tw_map_putc(&g->arena, doc, "assets", assets);
	tw_map_putc(&g->arena, doc, "schedule", tw_map_value(g->row, "schedule"));
	tw_map_putc(&g->arena, doc, "tasks", tasks);
	if (tw_dag_parse(doc, zones, &dag, err) < 0)
		fail_msg("line %d: %s", g->line, err->msg);
	rc = tw_dag_partition_date(dag, tw_map_str(g->row, "key", ""), ret, err);
	tw_dag_unref(dag);
	return rc;
}

static void dates(void **state)
{
	struct golden g = golden_open("partition_dates.jsonl");
	struct tw_zones zones = { .load = test_zone_load };

	while (golden_next(&g)) {
		struct tw_str want = tw_map_str(g.row, "date", NULL), key = tw_map_str(g.row, "key", "");
		TW_AUTO(tw_buf_release) struct tw_buf got = { 0 };
		bool refused = tw_map_bool(g.row, "refused", false);
		struct tw_err err = { 0 };
		tw_time at;

		if (date_of(&g, &zones, &at, &err) < 0) {
			if (!refused)
				golden_bad(&g, "'" TW_STR_FMT "': %s", TW_STR_ARG(key), err.msg);
			continue;
		}
		if (at != TW_TIME_NONE)
			tw_time_iso(&got, at, NULL);
		if (refused || !tw_str_eq(tw_buf_str(&got), want.p ? want : tw_str("")))
			golden_bad(&g, "'" TW_STR_FMT "': '%s', Airflow: %s" TW_STR_FMT, TW_STR_ARG(key), tw_buf_cstr(&got),
				   refused ? "refused" : "", TW_STR_ARG(want));
	}
	golden_close(&g, 900);
	tw_zones_release(&zones);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(dates) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
