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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_limit_of_the_run),	   cmocka_unit_test(a_limit_of_the_dag),
		cmocka_unit_test(a_full_pool),		   cmocka_unit_test(a_pool_that_is_not_there),
		cmocka_unit_test(more_slots_than_there_are), cmocka_unit_test(no_slot_is_free),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
