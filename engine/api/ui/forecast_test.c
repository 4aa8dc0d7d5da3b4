/* What decided a run's end, and when another will end. Seconds after the run's start, written small. */
#include "api/ui/forecast.h"

#include <math.h>

#include "base/testing.h"
#include "time/zone.h"

#define T0 (1767225600 * TW_US_SEC)

static struct tw_zones zones;
static struct tw_arena arena;
static struct tw_dag *dag;
static struct tw_forecast fc;

static tw_time at(double seconds)
{
	return isnan(seconds) ? TW_TIME_NONE : T0 + (tw_time)(seconds * 1e6);
}
#define NOT NAN

static void use(const char *tasks)
{
	char *text = tw_asprintf("{'dag_id':'d',%s}", tasks);
	struct tw_err err = {0};

	for (char *c = text; *c; c++)
		*c = *c == '\'' ? '"' : *c;
	tw_dag_unref(dag);
	dag = NULL;
	if (tw_dag_parse_json(tw_str(text), &zones, &dag, &err) < 0)
		fail_msg("%s", err.msg);
	free(text);
}
#define TASKS(list) "'tasks':[" list "]"

/* Instances in the order of definition. */
struct given {
	const char *task;
	enum tw_ti_state state;
	double start, end;
	int map_index, tries;
};
#define TI(task, state, ...) {task, TW_TI_##state, __VA_ARGS__}

static struct tw_fc_run run_of(double end, const struct given *g, size_t n)
{
	struct tw_fc_ti *v = tw_arena_array(&arena, struct tw_fc_ti, n + 1);

	for (size_t i = 0; i < n; i++)
		v[i] = (struct tw_fc_ti){.task = tw_dag_task(dag, tw_str(g[i].task)),
					 .map_index = g[i].map_index,
					 .state = g[i].state,
					 .try_number = g[i].tries,
					 .scheduled = TW_TIME_NONE,
					 .queued = TW_TIME_NONE,
					 .start = at(g[i].start),
					 .end = at(g[i].end)};
	return (struct tw_fc_run){.start = T0, .end = at(end), .v = v, .n = n};
}
#define RUN(end, ...)                                                                                             \
	({                                                                                                        \
		const struct given g_[] = {__VA_ARGS__};                                                          \
		run_of(end, g_, sizeof g_ / sizeof *g_);                                                          \
	})

static void ask(struct tw_fc_run run, const struct tw_fc_run *past, size_t npast, double now)
{
	tw_forecast(dag, &run, past, npast, at(now), &arena, &fc);
}

/* "a b[2] c?" : c is only expected. */
static void assert_path(const char *want)
{
	struct tw_buf got = {0};

	for (size_t i = 0; i < fc.npath; i++) {
		const struct tw_fc_step *s = &fc.path[i];

		tw_buf_printf(&got, "%s" TW_STR_FMT, i ? " " : "", TW_STR_ARG(dag->tasks[s->task].task_id));
		if (s->map_index > 0)
			tw_buf_printf(&got, "[%d]", s->map_index);
		tw_buf_adds(&got, s->expected ? "?" : "");
	}
	assert_string_equal(tw_buf_cstr(&got), want);
	tw_buf_release(&got);
}
#define assert_seconds(time, seconds) assert_int_equal(((time) - T0) / 1000, (int64_t)((seconds) * 1000))

#define DIAMOND TASKS("{'task_id':'a'},{'task_id':'b','upstream':['a']},{'task_id':'c','upstream':['a']},{'task_id':'d','upstream':['b','c']}")

static void the_longer_branch_decides(void **state)
{
	use(DIAMOND);
	ask(RUN(20, TI("a", SUCCESS, 1, 3), TI("b", SUCCESS, 3, 5), TI("c", SUCCESS, 6, 15), TI("d", SUCCESS, 16, 20)), NULL, 0, 99);
	assert_path("a c d");
	assert_seconds(fc.path[0].ready, 0);
	assert_seconds(fc.path[1].ready, 3); /* and began at 6: it waited */
	assert_seconds(fc.path[1].start, 6);
	assert_seconds(fc.path[2].ready, 15);
	assert_int_equal(fc.ended, 4);
	assert_int_equal(fc.open, 0);
	assert_int_equal(fc.end.n, 0);
	assert_int_equal(fc.slow, -1);
}

static void a_rule_that_waits_for_one_is_let_go_by_the_first(void **state)
{
	use(TASKS("{'task_id':'a'},{'task_id':'b'},{'task_id':'c'},{'task_id':'d','upstream':['a','b','c'],'trigger_rule':'one_success'}"));
	ask(RUN(40, TI("a", FAILED, 0, 2), TI("b", SUCCESS, 0, 5), TI("c", SUCCESS, 0, 30), TI("d", SUCCESS, 6, 40)), NULL, 0, 99);
	assert_path("b d");
	assert_seconds(fc.path[1].ready, 5);
	/* None has succeeded: it waited for all. */
	ask(RUN(30, TI("a", FAILED, 0, 2), TI("b", FAILED, 0, 5), TI("c", FAILED, 0, 30), TI("d", UPSTREAM_FAILED, NOT, 30)), NULL, 0, 99);
	assert_path("c d");
}

static void a_rule_that_waits_for_none_begins_with_the_run(void **state)
{
	use(TASKS("{'task_id':'a'},{'task_id':'d','upstream':['a'],'trigger_rule':'always'}"));
	ask(RUN(40, TI("a", SUCCESS, 0, 2), TI("d", SUCCESS, 0, 40)), NULL, 0, 99);
	assert_path("d");
}

static void skipped_ones_take_no_time_but_pass_it_on(void **state)
{
	use(DIAMOND);
	ask(RUN(12, TI("a", SUCCESS, 0, 10), TI("b", SKIPPED, NOT, 10.5), TI("c", SKIPPED, NOT, 10), TI("d", SKIPPED, NOT, NOT)), NULL, 0, 99);
	assert_path("a b d");
	ask(RUN(12, TI("a", SUCCESS, 0, 10), TI("b", SKIPPED, NOT, NOT), TI("c", REMOVED, NOT, 50), TI("d", SUCCESS, 11, 12)), NULL, 0, 99);
	assert_path("a b d");
	assert_seconds(fc.path[1].end, 10);
}

static void of_a_mapped_task_its_last_instance_decides(void **state)
{
	use(TASKS("{'task_id':'a'},{'task_id':'m','upstream':['a'],'map':{'kind':'expand','over':[{'arg':'x','value':{'literal':[1,2,3]}}]}},"
		  "{'task_id':'z','upstream':['m']}"));
	ask(RUN(20, TI("a", SUCCESS, 0, 1, -1), TI("m", SUCCESS, 1, 4, 0), TI("m", SUCCESS, 2, 9, 1), TI("m", SUCCESS, 1, 5, 2),
		TI("z", SUCCESS, 9, 20, -1)),
	    NULL, 0, 99);
	assert_path("a m[1] z");
	assert_int_equal(fc.ended, 3);
	/* Half of them have ended: the task has not. */
	ask(RUN(NOT, TI("a", SUCCESS, 0, 1, -1), TI("m", SUCCESS, 1, 4, 0), TI("m", RUNNING, 2, NOT, 1), TI("m", NONE, NOT, NOT, 2),
		TI("z", NONE, NOT, NOT, -1)),
	    NULL, 0, 10);
	assert_path("a m? z?");
	assert_int_equal(fc.path[1].state, TW_TI_RUNNING);
	assert_int_equal(fc.path[1].map_index, -1);
	assert_seconds(fc.path[1].end, 10);
	assert_int_equal(fc.unknown, 2);
}

static void within_a_mapped_group_an_instance_waits_for_its_own(void **state)
{
	use("'groups':[{'group_id':'g','map':{'kind':'expand','over':[{'arg':'x','value':{'literal':[1,2]}}]}}],"
	    TASKS("{'task_id':'g.a','group':'g'},{'task_id':'g.b','group':'g','upstream':['g.a']}"));
	ask(RUN(30, TI("g.a", SUCCESS, 0, 3, 0), TI("g.a", SUCCESS, 0, 10, 1), TI("g.b", SUCCESS, 3, 30, 0), TI("g.b", SUCCESS, 10, 12, 1)),
	    NULL, 0, 99);
	assert_path("g.a g.b");
	assert_seconds(fc.path[0].end, 3);
	assert_seconds(fc.path[1].ready, 3);
}

static void retries_are_in_the_span(void **state)
{
	struct tw_fc_run past;

	use(TASKS("{'task_id':'a'}"));
	past = RUN(60, TI("a", SUCCESS, 50, 60, -1, 3));
	ask(RUN(NOT, TI("a", UP_FOR_RETRY, 0, NOT, -1, 1)), &past, 1, 20);
	assert_path("a?");
	assert_seconds(fc.end.p50, 60);
	assert_int_equal(fc.path[0].try_number, 1);
	assert_int_equal(fc.path[0].span.p50, 60 * TW_US_SEC);
}

#define CHAIN TASKS("{'task_id':'a'},{'task_id':'b','upstream':['a']}")
#define PAST(a, b) RUN((a) + (b), TI("a", SUCCESS, 0, a), TI("b", SUCCESS, a, (a) + (b)))

static void the_rest_takes_as_long_as_it_took(void **state)
{
	struct tw_fc_run past[5];

	use(CHAIN);
	for (int i = 0; i < 5; i++)
		past[i] = PAST(10, 20 + i); /* b: 20 … 24 */
	ask(RUN(NOT, TI("a", SUCCESS, 0, 30), TI("b", RUNNING, 31, NOT)), past, 5, 40);
	assert_path("a b?");
	assert_int_equal(fc.end.n, 5);
	assert_seconds(fc.end.p50, 30 + 22);
	assert_seconds(fc.end.p10, 30 + 20.4);
	assert_seconds(fc.end.p90, 30 + 23.6);
	assert_int_equal(fc.usual.p50, 32 * TW_US_SEC);
	assert_int_equal(fc.slow, 1); /* 52 seconds against 32 */
	/* It has taken 22.5 already: only those that took longer count. */
	ask(RUN(NOT, TI("a", SUCCESS, 0, 30), TI("b", RUNNING, 31, NOT)), past, 5, 52.5);
	assert_seconds(fc.end.p10, 30 + 23);
	assert_seconds(fc.end.p90, 30 + 24);
	/* Longer than ever: it may end now. */
	ask(RUN(NOT, TI("a", SUCCESS, 0, 30), TI("b", RUNNING, 31, NOT)), past, 5, 500);
	assert_seconds(fc.end.p50, 500);
	assert_seconds(fc.path[1].end, 500);
}

static void what_is_slow_together_stays_together(void **state)
{
	struct tw_fc_run both[] = {{0}, {0}, {0}, {0}, {0}}, turns[5];

	use(CHAIN);
	for (int i = 0; i < 5; i++) {
		both[i] = PAST(i == 4 ? 100 : 10, i == 4 ? 100 : 10);
		turns[i] = PAST(10 + i * 5, 30 - i * 5);
	}
	ask(RUN(NOT, TI("a", RUNNING, 0, NOT), TI("b", NONE, NOT, NOT)), both, 5, 0);
	assert_seconds(fc.end.p10, 20);
	assert_seconds(fc.end.p90, 20 + 0.6 * 180);
	/* When one is slow the other is fast: the end does not move. */
	ask(RUN(NOT, TI("a", RUNNING, 0, NOT), TI("b", NONE, NOT, NOT)), turns, 5, 0);
	assert_seconds(fc.end.p10, 40);
	assert_seconds(fc.end.p90, 40);
}

static void a_run_that_waits_begins_now(void **state)
{
	struct tw_fc_run past, run;

	use(CHAIN);
	past = PAST(3, 4);
	run = RUN(NOT, TI("a", NONE, NOT, NOT), TI("b", NONE, NOT, NOT));
	run.start = TW_TIME_NONE;
	ask(run, &past, 1, 100);
	assert_path("a? b?");
	assert_seconds(fc.end.p50, 107);
	assert_int_equal(fc.slow, -1); /* one run is no custom */
	run.n = 0;
	ask(run, &past, 1, 100);
	assert_path("");
}

static void without_a_past_nothing_is_expected(void **state)
{
	struct tw_fc_run past;

	use(CHAIN);
	ask(RUN(NOT, TI("a", RUNNING, 0, NOT), TI("b", NONE, NOT, NOT)), NULL, 0, 7);
	assert_path("a? b?");
	assert_int_equal(fc.end.n, 0);
	assert_int_equal(fc.unknown, 2);
	assert_int_equal(fc.slow, -1);
	/* b is new. */
	past = RUN(5, TI("a", SUCCESS, 0, 5));
	ask(RUN(NOT, TI("a", RUNNING, 0, NOT), TI("b", NONE, NOT, NOT)), &past, 1, 1);
	assert_seconds(fc.end.p50, 5);
	assert_int_equal(fc.unknown, 1);
}

static void slow_is_by_more_than_a_moment(void **state)
{
	struct tw_fc_run past[6];

	use(CHAIN);
	for (int i = 0; i < 6; i++)
		past[i] = PAST(0.1, 0.1);
	ask(RUN(0.9, TI("a", SUCCESS, 0, 0.1), TI("b", SUCCESS, 0.1, 0.9)), past, 6, 99);
	assert_int_equal(fc.slow, 0);
	ask(RUN(9, TI("a", SUCCESS, 0, 0.1), TI("b", SUCCESS, 0.1, 9)), past, 6, 99);
	assert_int_equal(fc.slow, 1);
	ask(RUN(9, TI("a", SUCCESS, 0, 0.1), TI("b", SUCCESS, 0.1, 9)), past, 4, 99);
	assert_int_equal(fc.slow, -1);
}

static void bands(void **state)
{
	int64_t one[] = {7}, ten[] = {10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0};
	struct tw_band b = tw_band_of(NULL, 0);

	assert_int_equal(b.n, 0);
	b = tw_band_of(one, 1);
	assert_true(b.p10 == 7 && b.p50 == 7 && b.p90 == 7 && b.n == 1);
	b = tw_band_of(ten, 11);
	assert_true(b.p10 == 1 && b.p50 == 5 && b.p90 == 9);
}

static int teardown(void **state)
{
	tw_dag_unref(dag);
	tw_arena_release(&arena);
	tw_zones_release(&zones);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_longer_branch_decides),
		cmocka_unit_test(a_rule_that_waits_for_one_is_let_go_by_the_first),
		cmocka_unit_test(a_rule_that_waits_for_none_begins_with_the_run),
		cmocka_unit_test(skipped_ones_take_no_time_but_pass_it_on),
		cmocka_unit_test(of_a_mapped_task_its_last_instance_decides),
		cmocka_unit_test(within_a_mapped_group_an_instance_waits_for_its_own),
		cmocka_unit_test(retries_are_in_the_span),
		cmocka_unit_test(the_rest_takes_as_long_as_it_took),
		cmocka_unit_test(what_is_slow_together_stays_together),
		cmocka_unit_test(a_run_that_waits_begins_now),
		cmocka_unit_test(without_a_past_nothing_is_expected),
		cmocka_unit_test(slow_is_by_more_than_a_moment),
		cmocka_unit_test(bands),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
