/* Ten thousand instances that wait delay nobody else: another DAG's first task goes out in the step that makes it ready. */
#include "core/testing.h"

#define CROWD 10000

/* A DAG "crowd" of 10,000 tasks, each with `keys`, under a parallelism of 32. */
static void crowd(struct world *w, const char *dag_keys, const char *keys)
{
	struct tw_buf json = {0};

	world_open(w);
	tw_sched_free(w->s);
	w->cfg.parallelism = 32;
	w->s = tw_sched_new(&w->cfg);
	world_pool(w, "default_pool", 128, false);
	world_pool(w, "narrow", 4, false);
	tw_buf_printf(&json, "{'dag_id':'crowd'%s,'tasks':[", dag_keys);
	for (int i = 0; i < CROWD; i++)
		tw_buf_printf(&json, "%s{'task_id':'t%d'%s}", i ? "," : "", i, keys);
	tw_buf_adds(&json, "]}");
	world_dag(w, json.p, false);
	tw_buf_release(&json);
	world_dag(w, "{'dag_id':'other','tasks':[{'task_id':'first'},{'task_id':'second','upstream':['first']}]}", false);
	w->hold = true;
	world_run(w, "crowd", "r");
}

static void other_goes_at_once(struct world *w, int crowd_open)
{
	assert_int_equal(w->open.n, crowd_open);
	world_run(w, "other", "o");
	assert_int_equal(w->open.n, crowd_open + 1);
	assert_ti(w, "o", "first", -1, "queued");
	assert_string_equal(w->order.v[w->order.n - 1], "first");
	/* and its second, though the crowd still waits */
	struct open_attempt first = w->open.v[w->open.n - 1];
	world_start(w, &first);
	world_end(w, &first, NULL);
	assert_ti(w, "o", "second", -1, "queued");
	world_close(w);
}

static void a_limit_of_the_run(void **state)
{
	struct world w;

	crowd(&w, ",'max_active_tasks':16", "");
	other_goes_at_once(&w, 16);
}

static void a_limit_of_the_dag(void **state)
{
	struct world w;

	crowd(&w, ",'max_active_tasks':16,'max_active_tasks_scope':'dag'", "");
	other_goes_at_once(&w, 16);
}

static void a_full_pool(void **state)
{
	struct world w;

	crowd(&w, ",'max_active_tasks':10000", ",'pool':'narrow','priority_weight':100");
	other_goes_at_once(&w, 4);
}

static void a_pool_that_is_not_there(void **state)
{
	struct world w;

	crowd(&w, ",'max_active_tasks':10000", ",'pool':'unknown','priority_weight':100");
	other_goes_at_once(&w, 0);
}

static void more_slots_than_there_are(void **state)
{
	struct world w;

	crowd(&w, ",'max_active_tasks':10000", ",'pool':'narrow','pool_slots':5,'priority_weight':100");
	other_goes_at_once(&w, 0);
}

/* No slot is free: the next one that is goes by weight, not to who has waited longest. */
static void no_slot_is_free(void **state)
{
	struct world w;

	crowd(&w, ",'max_active_tasks':10000", "");
	assert_int_equal(w.open.n, 32);
	world_run(&w, "other", "o");
	assert_int_equal(w.open.n, 32);
	assert_ti(&w, "o", "first", -1, "scheduled");
	struct open_attempt one = w.open.v[0];
	world_start(&w, &one);
	world_end(&w, &one, NULL);
	assert_ti(&w, "o", "first", -1, "queued");
	world_close(&w);
}

/* Nobody weighs more: the DAG that has the fewest goes first, though its run is the later one. */
static void all_weigh_the_same(void **state)
{
	struct world w;

	crowd(&w, ",'max_active_tasks':10000", "");
	world_dag(&w, "{'dag_id':'even','tasks':[{'task_id':'one'}]}", false);
	world_run(&w, "even", "e");
	assert_ti(&w, "e", "one", -1, "scheduled");
	struct open_attempt first = w.open.v[0];
	world_start(&w, &first);
	world_end(&w, &first, NULL);
	assert_ti(&w, "e", "one", -1, "queued");
	world_close(&w);
}

/* Who comes later has half of the slots as soon as they are given back, and no more than half. */
static void two_crowds_share(void **state)
{
	struct world w;
	struct tw_buf json = {0};
	int late = 0;

	crowd(&w, ",'max_active_tasks':10000", "");
	tw_buf_adds(&json, "{'dag_id':'late','max_active_tasks':10000,'tasks':[");
	for (int i = 0; i < 100; i++)
		tw_buf_printf(&json, "%s{'task_id':'l%d','pool':'%s'}", i ? "," : "", i, i % 2 ? "wide" : "default_pool");
	tw_buf_adds(&json, "]}");
	world_pool(&w, "wide", 128, false);
	world_dag(&w, json.p, false);
	tw_buf_release(&json);
	world_run(&w, "late", "l");
	for (int i = 0; i < 60; i++) {
		struct open_attempt a = w.open.v[0];
		memmove(w.open.v, w.open.v + 1, --w.open.n * sizeof a);
		world_start(&w, &a);
		world_end(&w, &a, NULL);
	}
	assert_int_equal(w.open.n, 32);
	for (size_t i = 0; i < w.open.n; i++)
		late += w.open.v[i].task[0] == 'l';
	assert_int_equal(late, 16);
	world_close(&w);
}

/* One slot for all: they take turns. */
static void one_slot_is_shared(void **state)
{
	struct world w;

	crowd(&w, ",'max_active_tasks':10000", ",'pool':'single'");
	world_pool(&w, "single", 1, false);
	world_dag(&w, "{'dag_id':'even','tasks':[{'task_id':'one','pool':'single'},{'task_id':'two','pool':'single'}]}", false);
	world_run(&w, "even", "e");
	assert_int_equal(w.open.n, 1);
	for (int i = 0; i < 4; i++) {
		struct open_attempt a = w.open.v[0];
		assert_string_equal(a.task, i == 1 ? "one" : i == 3 ? "two" : i ? "t1" : "t0");
		w.open.n = 0;
		world_start(&w, &a);
		world_end(&w, &a, NULL);
	}
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_limit_of_the_run),	   cmocka_unit_test(a_limit_of_the_dag),
		cmocka_unit_test(a_full_pool),		   cmocka_unit_test(a_pool_that_is_not_there),
		cmocka_unit_test(more_slots_than_there_are), cmocka_unit_test(no_slot_is_free),
		cmocka_unit_test(all_weigh_the_same),	   cmocka_unit_test(two_crowds_share),
		cmocka_unit_test(one_slot_is_shared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
