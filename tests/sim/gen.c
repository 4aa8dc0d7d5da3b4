/* Random DAG documents: everything that a document can say to the core. */
#include "sim/sim.h"

enum kind { PLAIN, EMPTY, BRANCH, SHORT_CIRCUIT, LITERAL, MAPPED, IN_GROUP, SETUP, TEARDOWN };

struct gen {
	struct sim *m;
	struct tw_buf b;
	int n, first[2];             /* what the groups map over */
	int scope;                   /* the group that the setup under way is in, with all up to its teardown; -1 = none */
	enum kind *kind;
	bool fail_fast, past;
};

static uint64_t roll(struct gen *g, uint64_t below)
{
	return sim_random(g->m, below);
}

static bool chance(struct gen *g, int in_1000)
{
	return sim_chance(g->m, in_1000);
}

/* Mostly from not far above, so that large graphs are deep as well as wide. */
static int some_upstream(struct gen *g, int i)
{
	int reach = chance(g, 800) && i > 12 ? 12 : i;

	return i - 1 - (int)roll(g, (uint64_t)reach);
}

static void upstreams(struct gen *g, int i, int at_least)
{
	int n = 0, want = i ? (int)roll(g, 4) : 0;

	tw_buf_adds(&g->b, ",\"upstream\":[");
	if (at_least >= 0)
		tw_buf_printf(&g->b, "%s\"t%d\"", n++ ? "," : "", at_least);
	for (int k = 0; k < want; k++)
		tw_buf_printf(&g->b, "%s\"t%d\"", n++ ? "," : "", some_upstream(g, i));
	tw_buf_adds(&g->b, "]");
}

static void rule(struct gen *g, int i)
{
	if (g->fail_fast || chance(g, 400))
		return;
	enum tw_trigger_rule r = (enum tw_trigger_rule)roll(g, TW_RULE_N);
	if (r == TW_RULE_ALWAYS && (g->kind[i] == IN_GROUP || g->scope >= 0))
		return;
	tw_buf_printf(&g->b, ",\"trigger_rule\":\"%s\"", tw_trigger_rule_name(r));
}

static void retries(struct gen *g)
{
	if (chance(g, 400))
		tw_buf_printf(&g->b, ",\"retries\":%d,\"retry_delay\":%d", (int)roll(g, 3), (int)roll(g, 400));
	if (chance(g, 200))
		tw_buf_printf(&g->b, ",\"retry_exponential_backoff\":%s", chance(g, 500) ? "1.5" : "2");
	if (chance(g, 100))
		tw_buf_adds(&g->b, ",\"max_retry_delay\":900");
}

static void limits(struct gen *g)
{
	static const char *const weights[] = { "downstream", "upstream", "absolute" };

	if (chance(g, 500))
		tw_buf_printf(&g->b, ",\"pool\":\"p%d\",\"pool_slots\":%d", (int)roll(g, NPOOLS),
			      chance(g, 900) ? 1 + (int)roll(g, 2) : 3 + (int)roll(g, 3));
	if (chance(g, 300))
		tw_buf_printf(&g->b, ",\"priority_weight\":%d,\"weight_rule\":\"%s\"", (int)roll(g, 20) - 5,
			      weights[roll(g, 3)]);
	if (chance(g, 200))
		tw_buf_printf(&g->b, ",\"executor\":\"x%d\"", 1 + (int)roll(g, NEXECS - 1));
	if (chance(g, 80))
		tw_buf_printf(&g->b, ",\"max_active_tis_per_dag\":%d", 1 + (int)roll(g, 3));
	if (chance(g, 80))
		tw_buf_printf(&g->b, ",\"max_active_tis_per_dagrun\":%d", 1 + (int)roll(g, 2));
}

/* A leaf of a condition, in each of its ways; or what a task does something to. */
static void asset(struct gen *g, bool outlet)
{
	int i = (int)roll(g, NASSETS), way = outlet ? 0 : (int)roll(g, 3);

	if (chance(g, 150))
		tw_buf_adds(&g->b, "{\"alias\":\"al\"}");
	else if (way == 0)
		tw_buf_printf(&g->b, "{\"asset\":\"a%d\",\"name\":\"n%d\"}", i, i);
	else
		tw_buf_printf(&g->b, way == 1 ? "{\"asset\":\"a%d\"}" : "{\"asset\":\"name:n%d\"}", i);
}

static void outlets(struct gen *g)
{
	if (!g->m->with_assets || !chance(g, 200))
		return;
	tw_buf_adds(&g->b, ",\"outlets\":[");
	asset(g, true);
	if (chance(g, 300)) {
		tw_buf_addc(&g->b, ',');
		asset(g, true);
	}
	tw_buf_addc(&g->b, ']');
}

static void settings(struct gen *g)
{
	outlets(g);
	retries(g);
	limits(g);
	if (g->past && chance(g, 150))
		tw_buf_adds(&g->b, ",\"depends_on_past\":true");
	else if (g->past && chance(g, 80))
		tw_buf_adds(&g->b, ",\"wait_for_downstream\":true");
	if (g->past && chance(g, 200))
		tw_buf_adds(&g->b, ",\"wait_for_past_depends_before_skipping\":true");
	if (g->past && chance(g, 200))
		tw_buf_adds(&g->b, ",\"ignore_first_depends_on_past\":true");
	if (chance(g, 20))
		tw_buf_adds(&g->b, ",\"end_date\":\"2026-03-29T00:00:00+00:00\"");
	else if (chance(g, 20))
		tw_buf_adds(&g->b, ",\"start_date\":\"2026-01-10T00:00:00+00:00\"");
	if (chance(g, 50))
		tw_buf_adds(&g->b, ",\"callbacks\":[\"failure\",\"retry\",\"success\"]");
}

static void source(struct gen *g, int task)
{
	int n = (int)roll(g, 10);

	if (task < 0 || n == 0)
		tw_buf_printf(&g->b, "{\"literal\":[%s]}", n % 2 ? "1" : "1,2,3");
	else if (n == 1)
		tw_buf_printf(&g->b, "{\"zip\":[{\"xcom\":{\"task\":\"t%d\"}},{\"literal\":[1,2]}],\"fill\":%s}", task,
			      chance(g, 500) ? "true" : "false");
	else if (n == 2)
		tw_buf_printf(&g->b, "{\"concat\":[{\"literal\":[1]},{\"xcom\":{\"task\":\"t%d\"}}]}", task);
	else
		tw_buf_printf(&g->b, "{\"map\":{\"xcom\":{\"task\":\"t%d\"}},\"calls\":1}", task);
}

static void over(struct gen *g, int task)
{
	tw_buf_adds(&g->b, ",\"map\":{\"kind\":\"expand\",\"over\":[{\"arg\":\"x\",\"value\":");
	source(g, task);
	if (chance(g, 200))
		tw_buf_adds(&g->b, "},{\"arg\":\"y\",\"value\":{\"literal\":[1,2]}");
	tw_buf_adds(&g->b, "}]}");
}

static enum kind choose_kind(struct gen *g, int i)
{
	int r = (int)roll(g, 100);

	if (i && g->kind[i - 1] == SETUP)
		return PLAIN;
	if (i > 1 && g->kind[i - 2] == SETUP)
		return PLAIN; /* in the scope, and not right below the setup */
	if (i > 2 && g->kind[i - 3] == SETUP)
		return TEARDOWN;
	if (r < 45)
		return PLAIN;
	if (r < 55)
		return EMPTY;
	if (r < 62)
		return BRANCH;
	if (r < 66)
		return SHORT_CIRCUIT;
	if (r < 72)
		return LITERAL;
	if (r < 84)
		return i ? MAPPED : PLAIN;
	if (r < 94)
		return i > 1 ? IN_GROUP : PLAIN;
	return i < g->n - 3 ? SETUP : PLAIN;
}

/* A setup, its teardown and what is between them may be in a mapped group, where each index has its own. */
static void scope(struct gen *g, int i)
{
	if (g->kind[i] == SETUP)
		g->scope = g->m->with_scoped_groups && i > 1 && chance(g, 500) ? (int)roll(g, 2) : -1;
	if (g->scope < 0)
		return;
	tw_buf_printf(&g->b, ",\"group\":\"%c\"", "gh"[g->scope]);
	if (g->kind[i] == TEARDOWN)
		g->scope = -1;
}

static void task(struct gen *g, int i)
{
	int from = -1;

	g->kind[i] = choose_kind(g, i);
	tw_buf_printf(&g->b, "%s{\"task_id\":\"t%d\"", i ? "," : "", i);
	scope(g, i);
	switch (g->kind[i]) {
	case PLAIN:
		if (chance(g, 50))
			tw_buf_adds(&g->b, ",\"start_from_trigger\":{\"classpath\":\"a.B\",\"kwargs\":{},\"next_method\":\"go\"}");
		break;
	case EMPTY:
		tw_buf_adds(&g->b, ",\"native\":\"empty\"");
		break;
	case BRANCH:
		tw_buf_adds(&g->b, ",\"skip_kind\":\"branch\"");
		break;
	case SHORT_CIRCUIT:
		tw_buf_adds(&g->b, ",\"skip_kind\":\"short_circuit\"");
		break;
	case LITERAL:
		tw_buf_printf(&g->b, ",\"map\":{\"kind\":\"expand_kwargs\",\"value\":{\"literal\":[{}%s]}}",
			      chance(g, 500) ? ",{}" : chance(g, 500) ? ",{},{},{},{},{},{},{}" : "");
		break;
	case MAPPED:
		from = some_upstream(g, i);
		over(g, from);
		break;
	case IN_GROUP: {
		int which = (int)roll(g, 2);
		tw_buf_printf(&g->b, ",\"group\":\"%c\"", "gh"[which]);
		from = g->first[which];
		break;
	}
	case SETUP:
		tw_buf_adds(&g->b, ",\"is_setup\":true");
		from = g->scope >= 0 ? g->first[g->scope] : -1;
		break;
	case TEARDOWN:
		tw_buf_printf(&g->b, ",\"is_teardown\":true,\"trigger_rule\":\"all_done_setup_success\",\"upstream\":[\"t%d\",\"t%d\"%s]",
			      i - 1, i - 3, i > 5 && chance(g, 200) ? ",\"t0\"" : "");
		if (chance(g, 300))
			tw_buf_adds(&g->b, ",\"on_failure_fail_dagrun\":true");
		break;
	}
	if (g->kind[i] != TEARDOWN) {
		bool scoped = i && (g->kind[i - 1] == SETUP || (i > 1 && g->kind[i - 2] == SETUP));
		upstreams(g, i, scoped ? i - 1 : from);
		rule(g, i);
	}
	settings(g);
	tw_buf_adds(&g->b, "}");
}

static void schedule(struct gen *g)
{
	static const char *const zones[] = { "UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu" };
	static const char *const crons[] = { "@hourly", "0 */2 * * *", "30 2 * * *", "@daily", "*/20 * * * *", "0 1,2,3 * * *" };
	const char *zone = zones[roll(g, 5)], *cron = crons[roll(g, 6)];

	tw_buf_printf(&g->b, ",\"timezone\":\"%s\",\"catchup\":%s,\"start_date\":\"%s\",\"schedule\":", zone,
		      chance(g, 300) ? "true" : "false", chance(g, 500) ? "2026-01-01T00:00:00+00:00" : "2026-03-27T00:00:00+00:00");
	switch (roll(g, 7)) {
	case 0:
	case 1:
		tw_buf_printf(&g->b, "{\"type\":\"cron_trigger\",\"expression\":\"%s\",\"timezone\":\"%s\"}", cron, zone);
		break;
	case 2:
		tw_buf_printf(&g->b, "{\"type\":\"cron_interval\",\"expression\":\"%s\",\"timezone\":\"%s\"}", cron, zone);
		break;
	case 3:
		tw_buf_printf(&g->b, "{\"type\":\"%s\",\"delta\":%d}", chance(g, 500) ? "delta_trigger" : "delta_interval",
			      600 * (1 + (int)roll(g, 40)));
		break;
	case 4:
		tw_buf_adds(&g->b, "{\"type\":\"once\"}");
		break;
	case 5:
		tw_buf_printf(&g->b, "{\"type\":\"multiple_cron\",\"expressions\":[\"%s\",\"15 * * * *\"],\"timezone\":\"%s\"}", cron, zone);
		break;
	default:
		tw_buf_adds(&g->b, "{\"type\":\"events\",\"events\":[\"2026-01-01T05:00:00+00:00\",\"2026-01-02T00:00:00+00:00\","
				   "\"2026-03-29T01:30:00+00:00\",\"2026-10-25T01:30:00+00:00\"]}");
	}
}

static void condition(struct gen *g, int depth)
{
	if (depth == 2 || chance(g, 400)) {
		asset(g, false);
		return;
	}
	tw_buf_printf(&g->b, "{\"%s\":[", chance(g, 600) ? "all" : "any");
	for (uint64_t i = 0, n = 1 + roll(g, 3); i < n; i++) {
		tw_buf_adds(&g->b, i ? "," : "");
		condition(g, depth + 1);
	}
	tw_buf_adds(&g->b, "]}");
}

static void asset_schedule(struct gen *g)
{
	tw_buf_printf(&g->b, ",\"catchup\":%s,\"start_date\":\"2026-01-01T00:00:00+00:00\",\"schedule\":{",
		      chance(g, 300) ? "true" : "false");
	if (chance(g, 300))
		tw_buf_adds(&g->b, "\"type\":\"asset_or_time\",\"timetable\":{\"type\":\"cron_trigger\","
				   "\"expression\":\"@hourly\",\"timezone\":\"UTC\"},\"condition\":");
	else
		tw_buf_adds(&g->b, "\"type\":\"asset\",\"condition\":");
	condition(g, 0);
	tw_buf_addc(&g->b, '}');
}

static void head(struct gen *g, int number)
{
	bool continuous = chance(g, 40);

	tw_buf_printf(&g->b, "{\"dag_id\":\"d%d\",\"max_active_tasks\":%d,\"max_active_runs\":%d", number,
		      1 + (int)roll(g, g->m->size > 20 ? 64 : 8), continuous ? 1 : 1 + (int)roll(g, 3));
	if (g->fail_fast)
		tw_buf_adds(&g->b, ",\"fail_fast\":true");
	if (chance(g, 200))
		tw_buf_adds(&g->b, ",\"max_active_tasks_scope\":\"dag\"");
	if (chance(g, 200))
		tw_buf_printf(&g->b, ",\"dagrun_timeout\":%d", 600 + (int)roll(g, 7200));
	if (chance(g, 150))
		tw_buf_printf(&g->b, ",\"max_consecutive_failed_dag_runs\":%d", 2 + (int)roll(g, 3));
	if (chance(g, 200))
		tw_buf_adds(&g->b, ",\"callbacks\":[\"success\",\"failure\"]");
	if (chance(g, 200))
		tw_buf_adds(&g->b, ",\"compat\":2");
	if (continuous)
		tw_buf_adds(&g->b, ",\"start_date\":\"2026-01-01T00:00:00+00:00\",\"schedule\":{\"type\":\"continuous\"}");
	else if (g->m->with_assets && chance(g, 500))
		asset_schedule(g);
	else if (chance(g, 500))
		schedule(g);
}

static int take_text(struct sim *m, char *text)
{
	struct doc *d = &m->docs[m->ndocs];
	struct tw_err err = { 0 };

	d->text = text;
	if (tw_dag_parse_json(tw_str(text), &m->zones, &d->dag, &err) < 0)
		sim_fail(m, "%s\n%s", err.msg, text);
	if (getenv("SIM_VERBOSE"))
		fprintf(stderr, "%s\n", text);
	oracle_learn(m, d);
	return m->ndocs++;
}

int gen_dag(struct sim *m, int number)
{
	struct gen g = { .m = m, .n = 1 + (int)sim_random(m, (uint64_t)m->size), .fail_fast = sim_chance(m, 80),
			 .past = sim_chance(m, 400), .scope = -1 };

	g.kind = tw_zalloc((size_t)g.n * sizeof *g.kind);
	g.first[1] = g.n > 1 ? 1 : 0;
	head(&g, number);
	tw_buf_adds(&g.b, ",\"tasks\":[");
	for (int i = 0; i < g.n; i++)
		task(&g, i);
	tw_buf_printf(&g.b, "],\"groups\":[{\"group_id\":\"g\"");
	over(&g, 0);
	tw_buf_adds(&g.b, "},{\"group_id\":\"h\"");
	over(&g, g.first[1]);
	tw_buf_adds(&g.b, "}]}");
	free(g.kind);
	return take_text(m, tw_buf_steal(&g.b));
}

int gen_unscheduled(struct sim *m, int doc)
{
	char *text = tw_strdup(m->docs[doc].text), *from = strstr(text, "\"schedule\":");
	int depth = 0;

	if (from) {
		char *to = from + strlen("\"schedule\":");
		do
			depth += (*to == '{') - (*to == '}');
		while (to++, depth);
		if (*to == ',')
			to++;
		memset(from, ' ', (size_t)(to - from));
	}
	return take_text(m, text);
}
