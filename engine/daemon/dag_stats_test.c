/* /dagStats against what happens to runs and DAGs. */
#include "daemon/apiserver_testing.h"

#include "store/house.h"

#define DAGS_MANY 2200 /* more than fit into pieces of the usual width */

static int setup(void **state)
{
	*state = world_new(true);
	return 0;
}

static int teardown(void **state)
{
	world_free(*state);
	return 0;
}

static struct tw_run_row run_of(const char *dag_id, const char *run_id, enum tw_run_state state)
{
	return (struct tw_run_row){
		.dag_id = tw_str(dag_id),
		.run_id = tw_str(run_id),
		.type = TW_RUNTYPE_MANUAL,
		.state = state,
		.logical_date = TW_TIME_NONE,
		.interval_start = TW_TIME_NONE,
		.interval_end = TW_TIME_NONE,
		.run_after = T0,
		.queued_at = T0,
		.start_date = TW_TIME_NONE,
		.end_date = TW_TIME_NONE,
		.updated_at = T0,
		.last_scheduling_decision = TW_TIME_NONE,
		.triggered_by = TW_STR("rest_api"),
	};
}

static void new_run(struct world *w, const char *dag_id, const char *run_id)
{
	struct tw_run_row run = run_of(dag_id, run_id, TW_RUN_QUEUED);
	int64_t id;

	ok(tw_store_run_new(w->store, &run, NULL, &id, &test_err));
}

static void run_is(struct world *w, const char *dag_id, const char *run_id, enum tw_run_state state)
{
	struct tw_run_row run = run_of(dag_id, run_id, state);
	struct tw_batch b = {0};

	tw_batch_run(&b, &run, TW_RUNCOL(STATE));
	ok(tw_store_commit(w->store, &b, &test_err));
	tw_batch_release(&b);
}

/* "etl 0 0 0 1, plain 1 0 0 0": queued, running, success, failed. */
static void tells(struct world *w, const char *query, const char *want)
{
	char *path = tw_asprintf("/api/v2/dagStats%s", query);
	struct tw_buf text TW_AUTO(tw_buf_release) = {0};

	expect(w, "GET", path, NULL, 200);
	for (size_t i = 0; i < tw_value_len(at(w, "dags")); i++) {
		struct tw_value dag = at(w, "dags").list->v[i], stats = *tw_map_find(dag, TW_STR("stats"));

		tw_buf_adds(&text, i ? ", " : "");
		tw_buf_addstr(&text, tw_map_find(dag, TW_STR("dag_id"))->s);
		for (size_t k = 0; k < tw_value_len(stats); k++)
			tw_buf_printf(&text, " %lld", (long long)tw_map_find(stats.list->v[k], TW_STR("count"))->i);
	}
	assert_string_equal(tw_buf_cstr(&text), want);
	assert_int_equal(at(w, "total_entries").i, tw_value_len(at(w, "dags")));
	free(path);
}

static void what_happens_to_runs_is_seen_at_once(void **state)
{
	struct world *w = *state;
	int64_t n;

	tells(w, "", "etl 0 0 0 1");
	new_run(w, "etl", "one");
	tells(w, "", "etl 1 0 0 1");
	tells(w, "?dag_ids=etl&dag_ids=nobody", "etl 1 0 0 1");
	run_is(w, "etl", "one", TW_RUN_SUCCESS);
	new_run(w, "plain", "first");
	tells(w, "", "etl 0 0 1 1, plain 1 0 0 0");
	tells(w, "?dag_ids=plain", "plain 1 0 0 0");
	ok(tw_store_run_delete(w->store, TW_STR("etl"), TW_STR("one"), NULL, &test_err));
	tells(w, "", "etl 0 0 0 1, plain 1 0 0 0");
	ok(tw_store_dag_delete(w->store, TW_STR("etl"), &n, &test_err));
	tells(w, "", "plain 1 0 0 0");
	ok(tw_store_run_delete(w->store, TW_STR("plain"), TW_STR("first"), NULL, &test_err));
	tells(w, "", "");
	tells(w, "?dag_ids=plain", "");
}

static void what_is_cleaned_is_seen(void **state)
{
	struct world *w = *state;
	struct tw_clean_opts o = {.before = T0 + 400 * TW_US_DAY, .batch = 100};
	struct tw_clean_result *v;
	size_t n;

	new_run(w, "etl", "one");
	run_is(w, "etl", "one", TW_RUN_SUCCESS);
	tells(w, "", "etl 0 0 1 1");
	ok(tw_store_clean(w->store, &o, &w->arena, &v, &n, &test_err));
	tells(w, "", "etl 0 0 0 1"); /* the last scheduled one stays */
}

/* What the feed forgets before anybody asks again is counted. */
static void who_was_away_for_long_misses_nothing(void **state)
{
	struct world *w = *state;

	tells(w, "", "etl 0 0 0 1");
	new_run(w, "plain", "first");
	for (int i = 0; i < 4400; i++)
		run_is(w, "etl", "scheduled__2026-01-01T00:00:00+00:00", i % 2 ? TW_RUN_SUCCESS : TW_RUN_RUNNING);
	tells(w, "", "etl 0 0 1 0, plain 1 0 0 0");
}

/* name, name0000 … of a file of their own, with a run each. */
static void many_dags(struct world *w, const char *name, size_t n)
{
	struct tw_dag_put *dags = tw_arena_array(&w->arena, struct tw_dag_put, n);
	struct tw_file_put file = {
		.bundle_name = TW_STR("dags-folder"),
		.fileloc = tw_str(tw_arena_printf(&w->arena, "/dags/%s.py", name)),
		.relative_fileloc = tw_str(tw_arena_printf(&w->arena, "%s.py", name)),
		.dags = dags,
		.ndags = n,
		.parsed_at = T0,
	};
	struct tw_batch b = {0};

	for (size_t i = 0; i < n; i++) {
		const char *id = tw_arena_printf(&w->arena, "%s%04zu", name, i);
		struct tw_run_row *run = tw_arena_new(&w->arena, struct tw_run_row);

		dags[i] = world_dag(id, tw_arena_printf(&w->arena, "{\"format\":1,\"dag_id\":\"%s\",\"tasks\":[]}", id), NULL, 0);
		*run = run_of(id, "first", TW_RUN_RUNNING);
		tw_batch_run_new(&b, run);
	}
	ok(tw_store_files_put(w->store, &file, 1, &w->arena, &test_err));
	ok(tw_store_commit(w->store, &b, &test_err));
	tw_batch_release(&b);
}

static void is_whole(struct world *w, size_t total)
{
	struct tw_str last = TW_STR("");

	expect(w, "GET", "/api/v2/dagStats", NULL, 200);
	assert_int_equal(at(w, "total_entries").i, total);
	assert_int_equal(tw_value_len(at(w, "dags")), total);
	for (size_t i = 0; i < total; i++) {
		struct tw_str id = tw_map_find(at(w, "dags").list->v[i], TW_STR("dag_id"))->s;

		assert_true(tw_str_cmp(last, id) < 0);
		last = id;
	}
}

static void many_are_told_in_pieces(void **state)
{
	struct world *w = *state;

	many_dags(w, "m", 40);
	is_whole(w, 41);
	many_dags(w, "z", DAGS_MANY);
	is_whole(w, 41 + DAGS_MANY);
	many_dags(w, "a", 3); /* before all others */
	is_whole(w, 44 + DAGS_MANY);
	new_run(w, "z1234", "second");
	is_whole(w, 44 + DAGS_MANY);
	tells(w, "?dag_ids=z1234&dag_ids=a0000", "a0000 0 1 0 0, z1234 1 1 0 0");
	expect_str(w, "dags.0.dag_display_name", "a0000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_happens_to_runs_is_seen_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_cleaned_is_seen, setup, teardown),
		cmocka_unit_test_setup_teardown(who_was_away_for_long_misses_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(many_are_told_in_pieces, setup, teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	curl_global_init(CURL_GLOBAL_ALL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
