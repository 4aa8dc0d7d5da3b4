/* Random DAG documents: every trigger rule, mapping, groups, branches, retries, pools, limits, setups. */
#include "sim/sim.h"

struct gen {
	struct sim *m;
	struct tw_buf b;
	int n;
	int kind[40];                /* of each task */
	bool fail_fast;
};

enum { PLAIN, EMPTY, BRANCH, LITERAL, MAPPED, IN_GROUP, SETUP, TEARDOWN };

static void upstreams(struct gen *g, int i, int at_least)
{
	int n = 0, want = i ? (int)sim_random(g->m, 4) : 0;

	tw_buf_adds(&g->b, ",\"upstream\":[");
	if (at_least >= 0) {
		tw_buf_printf(&g->b, "\"t%d\"", at_least);
		n++;
	}
	for (int k = 0; k < want; k++) {
		int u = (int)sim_random(g->m, (uint64_t)i);
		tw_buf_printf(&g->b, "%s\"t%d\"", n++ ? "," : "", u);
	}
	tw_buf_adds(&g->b, "]");
}

static void rule(struct gen *g, int i)
{
	bool grouped = g->kind[i] == IN_GROUP;

	if (g->fail_fast || sim_chance(g->m, 400))
		return;
	enum tw_trigger_rule r = (enum tw_trigger_rule)sim_random(g->m, TW_RULE_N);
	if (r == TW_RULE_ALWAYS && grouped)
		return;
	tw_buf_printf(&g->b, ",\"trigger_rule\":\"%s\"", tw_trigger_rule_name(r));
}

static void settings(struct gen *g)
{
	struct sim *m = g->m;

	if (sim_chance(m, 400))
		tw_buf_printf(&g->b, ",\"retries\":%d,\"retry_delay\":%d", (int)sim_random(m, 3), (int)sim_random(m, 400));
	if (sim_chance(m, 200))
		tw_buf_adds(&g->b, ",\"retry_exponential_backoff\":1.5,\"max_retry_delay\":900");
	if (sim_chance(m, 500))
		tw_buf_printf(&g->b, ",\"pool\":\"p%d\",\"pool_slots\":%d", (int)sim_random(m, NPOOLS),
			      1 + (int)sim_random(m, 2));
	if (sim_chance(m, 300))
		tw_buf_printf(&g->b, ",\"priority_weight\":%d", (int)sim_random(m, 20) - 5);
	if (sim_chance(m, 80))
		tw_buf_printf(&g->b, ",\"max_active_tis_per_dag\":%d", 1 + (int)sim_random(m, 2));
	if (sim_chance(m, 80))
		tw_buf_printf(&g->b, ",\"max_active_tis_per_dagrun\":%d", 1 + (int)sim_random(m, 2));
	if (sim_chance(m, 60))
		tw_buf_adds(&g->b, ",\"depends_on_past\":true");
	else if (sim_chance(m, 30))
		tw_buf_adds(&g->b, ",\"wait_for_downstream\":true,\"wait_for_past_depends_before_skipping\":true");
}

static int source_task(struct gen *g, int i)
{
	return i ? (int)sim_random(g->m, (uint64_t)i) : -1;
}

static void source(struct gen *g, int task)
{
	int n = (int)sim_random(g->m, 10);

	if (task < 0 || n == 0)
		tw_buf_printf(&g->b, "{\"literal\":[%s]}", n % 2 ? "1" : "1,2,3");
	else if (n == 1)
		tw_buf_printf(&g->b, "{\"zip\":[{\"xcom\":{\"task\":\"t%d\"}},{\"literal\":[1,2]}],\"fill\":true}", task);
	else if (n == 2)
		tw_buf_printf(&g->b, "{\"concat\":[{\"literal\":[1]},{\"xcom\":{\"task\":\"t%d\"}}]}", task);
	else
		tw_buf_printf(&g->b, "{\"map\":{\"xcom\":{\"task\":\"t%d\"}},\"calls\":1}", task);
}

static int choose_kind(struct gen *g, int i)
{
	int r = (int)sim_random(g->m, 100);

	if (i && g->kind[i - 1] == SETUP)
		return PLAIN;
	if (i > 1 && g->kind[i - 2] == SETUP)
		return TEARDOWN;
	if (r < 45)
		return PLAIN;
	if (r < 55)
		return EMPTY;
	if (r < 65)
		return BRANCH;
	if (r < 72)
		return LITERAL;
	if (r < 84)
		return i ? MAPPED : PLAIN;
	if (r < 94)
		return i ? IN_GROUP : PLAIN;
	return i < g->n - 2 ? SETUP : PLAIN;
}

static void task(struct gen *g, int i)
{
	int from = -1;

	g->kind[i] = choose_kind(g, i);
	tw_buf_printf(&g->b, "%s{\"task_id\":\"t%d\"", i ? "," : "", i);
	switch (g->kind[i]) {
	case EMPTY:
		tw_buf_adds(&g->b, ",\"native\":\"empty\"");
		break;
	case BRANCH:
		tw_buf_adds(&g->b, ",\"skip_kind\":\"branch\"");
		break;
	case LITERAL:
		tw_buf_adds(&g->b, ",\"map\":{\"kind\":\"expand_kwargs\",\"value\":{\"literal\":[{},{}]}}");
		break;
	case MAPPED:
		from = source_task(g, i);
		tw_buf_adds(&g->b, ",\"map\":{\"kind\":\"expand\",\"over\":[{\"arg\":\"x\",\"value\":");
		source(g, from);
		tw_buf_adds(&g->b, "}]}");
		break;
	case IN_GROUP:
		tw_buf_adds(&g->b, ",\"group\":\"g\"");
		from = 0; /* what the group maps over */
		break;
	case SETUP:
		tw_buf_adds(&g->b, ",\"is_setup\":true");
		break;
	case TEARDOWN:
		tw_buf_printf(&g->b, ",\"is_teardown\":true,\"trigger_rule\":\"all_done_setup_success\",\"upstream\":[\"t%d\",\"t%d\"]",
			      i - 1, i - 2);
		break;
	}
	if (g->kind[i] == TEARDOWN) {
		if (sim_chance(g->m, 300))
			tw_buf_adds(&g->b, ",\"on_failure_fail_dagrun\":true");
	} else {
		upstreams(g, i, i && g->kind[i - 1] == SETUP ? i - 1 : from);
		rule(g, i);
	}
	settings(g);
	tw_buf_adds(&g->b, "}");
}

struct tw_dag *sim_random_dag(struct sim *m, int number)
{
	struct gen g = { .m = m, .n = 1 + (int)sim_random(m, 14), .fail_fast = sim_chance(m, 80) };
	struct tw_dag *d = NULL;
	struct tw_err err = { 0 };

	tw_buf_printf(&g.b, "{\"dag_id\":\"d%d\",\"max_active_tasks\":%d,\"max_active_runs\":%d", number,
		      1 + (int)sim_random(m, 8), 1 + (int)sim_random(m, 3));
	if (g.fail_fast)
		tw_buf_adds(&g.b, ",\"fail_fast\":true");
	if (sim_chance(m, 200))
		tw_buf_adds(&g.b, ",\"max_active_tasks_scope\":\"dag\"");
	if (sim_chance(m, 200))
		tw_buf_printf(&g.b, ",\"dagrun_timeout\":%d", 600 + (int)sim_random(m, 7200));
	if (sim_chance(m, 400))
		tw_buf_printf(&g.b, ",\"catchup\":%s,\"start_date\":\"2026-01-01T00:00:00+00:00\",\"schedule\":{\"type\":\"%s\",\"expression\":\"@hourly\"}",
			      sim_chance(m, 300) ? "true" : "false", sim_chance(m, 500) ? "cron_trigger" : "cron_interval");
	tw_buf_adds(&g.b, ",\"tasks\":[");
	for (int i = 0; i < g.n; i++)
		task(&g, i);
	tw_buf_adds(&g.b, "],\"groups\":[{\"group_id\":\"g\",\"map\":{\"kind\":\"expand\",\"over\":[{\"arg\":\"x\",\"value\":{\"xcom\":{\"task\":\"t0\"}}}]}}]}");
	if (tw_dag_parse_json(tw_buf_str(&g.b), &m->zones, &d, &err) < 0)
		sim_fail(m, "%s\n%s", err.msg, tw_buf_cstr(&g.b));
	if (getenv("SIM_VERBOSE"))
		fprintf(stderr, "%s\n", tw_buf_cstr(&g.b));
	tw_buf_release(&g.b);
	return d;
}
