/* Assets: who is told, when a run is made of it, what is kept over a reload. */
#include "core/testing.h"

#define CONSUMER(id, condition, more)                                                                               \
	"{'dag_id':'" id "','schedule':{'type':'asset','condition':" condition "}" more ",'tasks':[{'task_id':'t'}]}"
#define AB "'assets':[{'key':'a','name':'a','uri':'a'},{'key':'b','name':'bee','uri':'b'}]"
#define A "{'asset':'a'}"
#define B "{'asset':'b','name':'bee'}"

struct seen {
	const char *dag_id;
	int runs;
	struct tw_run_row last;
};

static void see_run(void *ctx, const struct tw_run_row *row)
{
	struct seen *s = ctx;

	if (!tw_str_is(row->dag_id, s->dag_id))
		return;
	s->runs++;
	s->last = *row;
}

static int runs_of(struct world *w, const char *dag_id)
{
	struct seen s = { .dag_id = dag_id };

	tw_sched_each_run(w->s, see_run, &s);
	return s.runs;
}

static void count_mark(void *ctx, struct tw_str name, struct tw_str uri, tw_time at)
{
	++*(int *)ctx;
}

static int marks_of(struct world *w, const char *dag_id)
{
	int n = 0;

	tw_sched_each_asset_mark(w->s, tw_str(dag_id), count_mark, &n);
	return n;
}

static void setup(struct world *w)
{
	world_open(w);
	world_pool(w, "default_pool", 128, false);
	w->hold = true;
}

static void happened(struct world *w, const char *name, const char *uri, const char *alias)
{
	struct tw_str al = tw_str(alias);

	step(w, (struct tw_event){ .type = TW_EV_ASSET,
				   .asset.said = { .name = tw_str(name), .uri = tw_str(uri), .aliases = &al,
						   .naliases = alias != NULL } });
}

static void test_conditions(void **state)
{
	struct world w;

	setup(&w);
	world_dag(&w, CONSUMER("all", "{'all':[" A "," B "]}", "," AB), false);
	world_dag(&w, CONSUMER("any", "{'any':[" A "," B "]}", "," AB), false);
	world_dag(&w, CONSUMER("ref", "{'all':[{'asset':'name:bee'}]}", ""), false);
	world_dag(&w, CONSUMER("uri", "{'asset':'b'}", ""), false);
	world_dag(&w, CONSUMER("deep", "{'any':[{'all':[" A "," B "]},{'asset':'c'}]}", "," AB), false);
	happened(&w, "a", "a", NULL);
	assert_int_equal(runs_of(&w, "all"), 0);
	assert_int_equal(marks_of(&w, "all"), 1);
	assert_int_equal(runs_of(&w, "any"), 1);
	assert_int_equal(marks_of(&w, "any"), 0);
	assert_int_equal(runs_of(&w, "ref"), 0);
	happened(&w, "a", "a", NULL); /* one mark, however many events */
	assert_int_equal(marks_of(&w, "all"), 1);
	happened(&w, "bee", "b", NULL);
	assert_int_equal(runs_of(&w, "all"), 1);
	assert_int_equal(runs_of(&w, "any"), 3);
	assert_int_equal(runs_of(&w, "ref"), 1);
	assert_int_equal(runs_of(&w, "uri"), 1);
	assert_int_equal(runs_of(&w, "deep"), 1);
	assert_int_equal(marks_of(&w, "all"), 0);
	happened(&w, "other", "b", NULL); /* the same URI under another name is another asset */
	assert_int_equal(marks_of(&w, "all"), 0);
	assert_int_equal(runs_of(&w, "uri"), 2);
	world_close(&w);
}

static void test_alias(void **state)
{
	struct world w;

	setup(&w);
	world_dag(&w, CONSUMER("d", "{'alias':'x'}", ""), false);
	happened(&w, "a", "a", NULL);
	assert_int_equal(runs_of(&w, "d"), 0);
	happened(&w, "a", "a", "x");
	assert_int_equal(runs_of(&w, "d"), 1);
	/* The alias is told of what comes by it alone, also of an asset that came by it before. */
	happened(&w, "a", "a", NULL);
	assert_int_equal(runs_of(&w, "d"), 1);
	world_close(&w);
}

static void test_paused(void **state)
{
	struct world w;

	setup(&w);
	world_dag(&w, CONSUMER("d", "{'all':[" A "," B "]}", "," AB), false);
	happened(&w, "a", "a", NULL);
	step(&w, (struct tw_event){ .type = TW_EV_DAG_PAUSED, .paused = { TW_STR("d"), true } });
	happened(&w, "bee", "b", NULL);
	assert_int_equal(marks_of(&w, "d"), 1); /* what happens while it is paused leaves no mark */
	step(&w, (struct tw_event){ .type = TW_EV_DAG_PAUSED, .paused = { TW_STR("d"), false } });
	assert_int_equal(runs_of(&w, "d"), 0);
	happened(&w, "bee", "b", NULL);
	assert_int_equal(runs_of(&w, "d"), 1);
	world_close(&w);
}

static void test_max_active_runs(void **state)
{
	struct world w;

	setup(&w);
	world_dag(&w, CONSUMER("d", A, ",'max_active_runs':1," AB), false);
	happened(&w, "a", "a", NULL);
	happened(&w, "a", "a", NULL);
	happened(&w, "a", "a", NULL);
	assert_int_equal(runs_of(&w, "d"), 1);
	assert_int_equal(marks_of(&w, "d"), 1);
	w.hold = false;
	world_go(&w, false);
	assert_int_equal(marks_of(&w, "d"), 0);
	assert_int_equal(w.dispatched, 2);
	world_close(&w);
}

static void test_asset_or_time(void **state)
{
	struct world w;

	setup(&w);
	world_dag(&w,
		  "{'dag_id':'d','start_date':'2026-01-01T00:00:00+00:00','schedule':{'type':'asset_or_time','condition':" A
		  ",'timetable':{'type':'cron_trigger','expression':'0 6 * * *','timezone':'UTC'}}," AB
		  ",'tasks':[{'task_id':'t'}]}",
		  false);
	happened(&w, "a", "a", NULL);
	assert_int_equal(runs_of(&w, "d"), 1);
	world_later(&w, 7 * TW_US_HOUR);
	struct seen s = { .dag_id = "d" };
	tw_sched_each_run(w.s, see_run, &s);
	assert_int_equal(s.runs, 2);
	assert_int_equal(s.last.type, TW_RUNTYPE_SCHEDULED);
	world_close(&w);
}

static void test_of_a_task(void **state)
{
	struct world w;
	struct tw_effects *fx = tw_effects_new();
	struct tw_asset_said said[] = { { .name = TW_STR("a"), .uri = TW_STR("a"), .extra = TW_STR("{\"n\":1}") },
					{ .name = TW_STR("bee"), .uri = TW_STR("b") } };

	setup(&w);
	world_dag(&w, "{'dag_id':'p','tasks':[{'task_id':'t'}]}", false);
	world_dag(&w, CONSUMER("any", "{'any':[" A "," B "]}", "," AB), false);
	world_run(&w, "p", "r");
	struct open_attempt a = w.open.v[0];
	world_start(&w, &a);
	struct tw_event ev = { .type = TW_EV_FINISHED, .at = w.now,
			       .finished = { .attempt = a.id, .outcome = TW_OUT_SUCCESS, .mapped_length = -1,
					     .retry_delay = -1, .assets = said, .nassets = 2 } };
	assert_int_equal(tw_sched_step(w.s, &ev, fx, &w.err), TW_OK);
	/* Two events, two marks, one run that takes both, all in the effects of the end itself. */
	int ops[4] = { 0 };
	tw_time last = 0;
	for (size_t i = 0; i < fx->assets.n; i++) {
		const struct tw_fx_asset *e = &fx->assets.v[i];
		ops[e->op]++;
		if (e->op != TW_FX_ASSET_EVENT)
			continue;
		assert_true(e->event.timestamp > last);
		last = e->event.timestamp;
		assert_true(tw_str_is(e->event.source_task_id, "t"));
		assert_true(tw_str_is(e->event.source_run_id, "r"));
	}
	assert_int_equal(ops[TW_FX_ASSET_EVENT], 2);
	assert_int_equal(ops[TW_FX_ASSET_MARK], 2);
	assert_int_equal(ops[TW_FX_ASSET_CONSUME], 1);
	assert_int_equal(ops[TW_FX_ASSET_UNMARK], 1);
	struct seen s = { .dag_id = "any" };
	tw_sched_each_run(w.s, see_run, &s);
	assert_int_equal(s.runs, 1);
	assert_int_equal(s.last.run_after, last);
	assert_int_equal(s.last.logical_date, TW_TIME_NONE);
	assert_true(tw_str_starts(s.last.run_id, "asset_triggered__2026-01-01T00:00:00"));
	/* Told twice it counts once. */
	assert_int_equal(tw_sched_step(w.s, &ev, fx, &w.err), TW_OK);
	assert_int_equal(runs_of(&w, "any"), 1);
	tw_effects_free(fx);
	world_close(&w);
}

static void test_reload_and_change(void **state)
{
	struct world w;

	setup(&w);
	world_dag(&w, CONSUMER("d", "{'all':[" A "," B "]}", "," AB), false);
	step(&w, (struct tw_event){ .type = TW_EV_ASSET_LOAD,
				    .asset_load = { .dag_id = TW_STR("d"), .name = TW_STR("a"), .uri = TW_STR("a"),
						    .at = T0 - 5, .span_start = TW_TIME_NONE } });
	step(&w, (struct tw_event){ .type = TW_EV_ASSET_LOAD,
				    .asset_load = { .dag_id = TW_STR("d"), .name = TW_STR("gone"), .uri = TW_STR("gone"),
						    .at = T0 - 5, .span_start = TW_TIME_NONE } });
	assert_int_equal(marks_of(&w, "d"), 1); /* what the condition does not name is dropped */
	happened(&w, "bee", "b", NULL);
	assert_int_equal(runs_of(&w, "d"), 1);
	happened(&w, "a", "a", NULL);
	world_dag(&w, CONSUMER("d", B, "," AB), false);
	assert_int_equal(marks_of(&w, "d"), 0);
	happened(&w, "a", "a", NULL);
	assert_int_equal(marks_of(&w, "d"), 0);
	happened(&w, "bee", "b", NULL);
	assert_int_equal(runs_of(&w, "d"), 2);
	world_close(&w);
}

static void test_taken_back(void **state)
{
	struct world w;

	setup(&w);
	world_dag(&w, CONSUMER("d", "{'all':[" A "," B "]}", "," AB), false);
	happened(&w, "a", "a", NULL);
	step(&w, (struct tw_event){ .type = TW_EV_ASSET_UNMARK,
				    .asset_unmark = { .dag_id = TW_STR("d"), .before = TW_TIME_NONE } });
	happened(&w, "bee", "b", NULL);
	assert_int_equal(runs_of(&w, "d"), 0);
	assert_int_equal(marks_of(&w, "d"), 1);
	world_close(&w);
}

static void test_partition_is_for_others(void **state)
{
	struct world w;

	setup(&w);
	world_dag(&w, CONSUMER("d", A, "," AB), false);
	step(&w, (struct tw_event){ .type = TW_EV_ASSET,
				    .asset.said = { .name = TW_STR("a"), .uri = TW_STR("a"),
						    .partition_key = TW_STR("2026-01-01") } });
	assert_int_equal(marks_of(&w, "d"), 0);
	assert_int_equal(runs_of(&w, "d"), 0);
	world_close(&w);
}

static tw_time at(const char *text)
{
	struct tw_err err = { 0 };
	tw_time t = TW_TIME_NONE;

	assert_int_equal(tw_time_parse(tw_str(text), NULL, &t, &err), TW_OK);
	return t;
}

static void partition(struct world *w, const char *name, const char *key)
{
	step(w, (struct tw_event){ .type = TW_EV_ASSET,
				   .asset.said = { .name = tw_str(name), .uri = tw_str(name), .partition_key = tw_str(key) } });
}

#define PARTITIONED(id, more)                                                                                       \
	"{'dag_id':'" id "','assets':[{'key':'a','name':'a','uri':'a'},{'key':'b','name':'b','uri':'b'}],"         \
	"'schedule':{'type':'partitioned_asset'," more "},'tasks':[{'task_id':'t'}]}"

static void test_partitions(void **state)
{
	struct world w;
	struct seen s = { .dag_id = "both" };

	setup(&w);
	world_dag(&w, PARTITIONED("both", "'condition':{'all':[{'asset':'a'},{'asset':'b'}]},'default_mapper':"
					  "{'type':'StartOfHourMapper'}"), false);
	world_dag(&w, PARTITIONED("same", "'condition':{'asset':'a'}"), false);
	world_dag(&w, PARTITIONED("split", "'condition':{'asset':'b'},'default_mapper':{'type':'ProductMapper','mappers':["
					   "{'type':'IdentityMapper'},{'type':'StartOfQuarterMapper'}]}"), false);
	partition(&w, "a", "2026-03-01T10:05:00");
	assert_int_equal(runs_of(&w, "both"), 0);
	assert_int_equal(runs_of(&w, "same"), 1);
	partition(&w, "b", "2026-03-01T11:00:00"); /* another hour */
	assert_int_equal(runs_of(&w, "both"), 0);
	partition(&w, "b", "2026-03-01T10:59:59");
	tw_sched_each_run(w.s, see_run, &s);
	assert_int_equal(s.runs, 1);
	assert_true(tw_str_is(s.last.partition_key, "2026-03-01T10"));
	assert_int_equal(s.last.partition_date, at("2026-03-01T10:00:00Z"));
	assert_int_equal(s.last.logical_date, TW_TIME_NONE);
	happened(&w, "a", "a", NULL); /* without a key there is no partition to run */
	assert_int_equal(runs_of(&w, "same"), 1);
	partition(&w, "b", "us|2026-05-07T00:00:00");
	s = (struct seen){ .dag_id = "split" };
	tw_sched_each_run(w.s, see_run, &s);
	assert_int_equal(s.runs, 1);
	assert_true(tw_str_is(s.last.partition_key, "us|2026-Q2"));
	assert_int_equal(s.last.partition_date, at("2026-04-01T00:00:00Z"));
	world_close(&w);
}

static void load_partition(struct world *w, const char *name, tw_time date)
{
	step(w, (struct tw_event){ .type = TW_EV_ASSET_LOAD,
				   .asset_load = { .dag_id = TW_STR("pair"), .name = tw_str(name), .uri = tw_str(name),
						   .partition_key = TW_STR("us"), .source_key = TW_STR("us"), .partition_date = date,
						   .at = TW_TIME_NONE, .span_start = TW_TIME_NONE } });
}

/* What a key does not say is what the producers' runs were of; that is kept over a reload. */
static void test_a_date_is_carried(void **state)
{
	struct world w;
	struct seen s = { .dag_id = "pair" };

	setup(&w);
	world_dag(&w, PARTITIONED("pair", "'condition':{'all':[{'asset':'a'},{'asset':'b'}]}"), false);
	load_partition(&w, "a", at("2026-03-01T00:00:00Z"));
	partition(&w, "b", "us"); /* by hand: of no run, and of no date */
	tw_sched_each_run(w.s, see_run, &s);
	assert_int_equal(s.runs, 1);
	assert_int_equal(s.last.partition_date, at("2026-03-01T00:00:00Z"));
	world_close(&w);
}

/* A run of the partition makes the asset; its task may name another key. */
static void made_by_run(struct world *w, const char *run_id, const char *key, tw_time date, const char *asset,
			const char *other_key)
{
	struct tw_asset_said said = { .name = tw_str(asset), .uri = tw_str(asset), .partition_key = tw_str(other_key) };
	struct tw_run_row row = blank_run("p", run_id);

	row.partition_key = tw_str(key);
	row.partition_date = date;
	step(w, (struct tw_event){ .type = TW_EV_RUN_NEW, .run_new = { .row = row } });
	struct open_attempt a = w->open.v[w->open.n - 1];
	world_start(w, &a);
	step(w, (struct tw_event){ .type = TW_EV_FINISHED,
				   .finished = { .attempt = a.id, .outcome = TW_OUT_SUCCESS, .mapped_length = -1,
						 .retry_delay = -1, .assets = &said, .nassets = 1 } });
}

static tw_time date_of_pair(struct world *w, int runs)
{
	struct seen s = { .dag_id = "pair" };

	tw_sched_each_run(w->s, see_run, &s);
	assert_int_equal(s.runs, runs);
	return s.last.partition_date;
}

static void test_producers_say_the_date(void **state)
{
	const tw_time first = at("2026-03-01T00:00:00Z"), second = at("2026-03-02T00:00:00Z");
	struct world w;

	setup(&w);
	world_dag(&w, "{'dag_id':'p','max_active_runs':20,'tasks':[{'task_id':'t'}]}", false);
	world_dag(&w, PARTITIONED("pair", "'condition':{'all':[{'asset':'a'},{'asset':'b'}]}"), false);
	made_by_run(&w, "1", "us", first, "a", NULL);
	made_by_run(&w, "2", "us", first, "b", NULL);
	assert_int_equal(date_of_pair(&w, 1), first);
	made_by_run(&w, "3", "us", first, "a", NULL);
	made_by_run(&w, "4", "us", second, "b", NULL); /* they disagree */
	assert_int_equal(date_of_pair(&w, 2), TW_TIME_NONE);
	made_by_run(&w, "5", "us", first, "a", "eu"); /* the run's date is not that of another key */
	made_by_run(&w, "6", "us", first, "b", "eu");
	assert_int_equal(date_of_pair(&w, 3), TW_TIME_NONE);
	world_close(&w);
}

static void test_rollup_and_fan_out(void **state)
{
	struct world w;
	char key[40];

	setup(&w);
	world_dag(&w, PARTITIONED("day", "'condition':{'asset':'a'},'default_mapper':{'type':'RollupMapper','upstream_mapper':"
					 "{'type':'StartOfDayMapper'},'window':{'type':'DayWindow'}}"), false);
	world_dag(&w, PARTITIONED("early", "'condition':{'asset':'a'},'default_mapper':{'type':'RollupMapper','upstream_mapper':"
					   "{'type':'StartOfDayMapper'},'window':{'type':'DayWindow'},'wait_policy':"
					   "{'type':'MinimumCount','n':-20}}"), false);
	world_dag(&w, PARTITIONED("week", "'condition':{'asset':'b'},'default_mapper':{'type':'FanOutMapper','upstream_mapper':"
					  "{'type':'StartOfWeekMapper'},'window':{'type':'WeekWindow'},'downstream_mapper':"
					  "{'type':'StartOfDayMapper'}}"), false);
	for (int hour = 0; hour < 24; hour++) {
		assert_int_equal(runs_of(&w, "day"), 0);
		assert_int_equal(runs_of(&w, "early"), hour >= 4 ? 1 : 0);
		snprintf(key, sizeof key, "2026-03-01T%02d:00:00", hour);
		partition(&w, "a", key);
		partition(&w, "a", key);
		if (hour == 4)
			break;
	}
	for (int hour = 5; hour < 24; hour++) {
		snprintf(key, sizeof key, "2026-03-01T%02d:00:00", hour);
		partition(&w, "a", key);
	}
	assert_int_equal(runs_of(&w, "day"), 1);
	partition(&w, "b", "2026-03-04T09:00:00");
	assert_int_equal(runs_of(&w, "week"), 7);
	partition(&w, "b", "not a date");
	assert_int_equal(runs_of(&w, "week"), 7);
	world_close(&w);
}

static void test_2x(void **state)
{
	struct world w;

	setup(&w);
	world_dag(&w, CONSUMER("d", A, ",'compat':2," AB), false);
	happened(&w, "a", "a", NULL);
	struct seen s = { .dag_id = "d" };
	tw_sched_each_run(w.s, see_run, &s);
	assert_true(tw_str_starts(s.last.run_id, "dataset_triggered__2026-01-01T00:00:00"));
	assert_int_equal(s.last.logical_date, s.last.run_after);
	assert_int_equal(s.last.interval_start, s.last.run_after);
	world_close(&w);
}

/* 2.x: the date of what happened has a run already. What happened is not lost: its run has the next date. */
static void test_2x_date_is_taken(void **state)
{
	struct world w;
	struct seen s = { .dag_id = "d" };
	struct tw_run_row by_hand = blank_run("d", "by_hand");

	setup(&w);
	world_dag(&w, CONSUMER("d", A, ",'compat':2," AB), false);
	by_hand.logical_date = T0;
	step(&w, (struct tw_event){ .type = TW_EV_RUN_NEW, .run_new = { .row = by_hand } });
	happened(&w, "a", "a", NULL);
	tw_sched_each_run(w.s, see_run, &s);
	assert_int_equal(s.runs, 2);
	assert_int_equal(marks_of(&w, "d"), 0);
	world_close(&w);
}

/* A scheduler begins anew, and the clock was set back: an event later than the last one, which a run has taken, is later for it. */
static void test_clock_set_back(void **state)
{
	struct world w;
	struct seen s = { .dag_id = "d" };

	setup(&w);
	world_dag(&w, CONSUMER("d", A, "," AB), false);
	step(&w, (struct tw_event){ .type = TW_EV_ASSET_LOAD, .asset_load.at = T0 + TW_US_HOUR });
	happened(&w, "a", "a", NULL);
	tw_sched_each_run(w.s, see_run, &s);
	assert_int_equal(s.runs, 1);
	assert_true(s.last.run_after > T0 + TW_US_HOUR);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conditions),
		cmocka_unit_test(test_alias),
		cmocka_unit_test(test_2x_date_is_taken),
		cmocka_unit_test(test_clock_set_back),
		cmocka_unit_test(test_paused),
		cmocka_unit_test(test_max_active_runs),
		cmocka_unit_test(test_asset_or_time),
		cmocka_unit_test(test_of_a_task),
		cmocka_unit_test(test_reload_and_change),
		cmocka_unit_test(test_taken_back),
		cmocka_unit_test(test_partition_is_for_others),
		cmocka_unit_test(test_partitions),
		cmocka_unit_test(test_a_date_is_carried),
		cmocka_unit_test(test_producers_say_the_date),
		cmocka_unit_test(test_rollup_and_fan_out),
		cmocka_unit_test(test_2x),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
