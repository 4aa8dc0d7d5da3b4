#include "base/testing.h"

#include "model/dag.h"
#include "model/graph.h"
#include "model/params.h"
#include "model/record.h"
#include "value/json.h"

static struct tw_zones zones;

static struct tw_dag *parse(const char *json)
{
	struct tw_err err = { 0 };
	struct tw_dag *d = NULL;

	if (tw_dag_parse_json(tw_str(json), &zones, &d, &err) < 0)
		fail_msg("%s", err.msg);
	return d;
}

static void refused(const char *json, const char *message)
{
	struct tw_err err = { 0 };
	struct tw_dag *d = NULL;

	if (tw_dag_parse_json(tw_str(json), &zones, &d, &err) == TW_OK)
		fail_msg("accepted: %s", json);
	assert_null(d);
	assert_string_equal(err.msg, message);
}

#define DAG(tasks) "{\"dag_id\":\"x\",\"tasks\":[" tasks "]}"
#define DAG_(keys, tasks) "{\"dag_id\":\"x\"," keys ",\"tasks\":[" tasks "]}"
#define TASK(id, more) "{\"task_id\":\"" id "\"" more "}"
#define UP(list) ",\"upstream\":[" list "]"

static void test_small(void **state)
{
	struct tw_dag *d = parse(DAG_("\"catchup\":true,\"dagrun_timeout\":1.5,"
				      "\"start_date\":\"2026-01-01T00:00:00+00:00\","
				      "\"schedule\":{\"type\":\"cron_trigger\",\"expression\":\"@daily\"}",
				      TASK("a", ",\"native\":\"empty\"") ","
				      TASK("b", ",\"retries\":2,\"retry_exponential_backoff\":true,"
						"\"pool\":\"p\"" UP("\"a\",\"a\"")) ","
				      TASK("c", UP("\"b\",\"a\""))));

	assert_int_equal(d->ntasks, 3);
	assert_int_equal(d->dagrun_timeout, 1500000);
	assert_true(d->catchup);
	assert_true(d->tasks[0].scheduler_only);
	assert_int_equal(d->tasks[1].nupstream, 1);
	assert_int_equal(d->tasks[0].ndownstream, 2);
	assert_int_equal(d->tasks[0].weight_total, 3);
	assert_int_equal(d->tasks[1].weight_total, 2);
	assert_true(d->tasks[1].retry_backoff == 2);
	assert_true(d->tasks[2].leaf && !d->tasks[1].leaf);
	assert_int_equal(d->topo[0], 0);
	assert_int_equal(tw_dag_task(d, tw_str("c")), 2);
	assert_int_equal(tw_dag_task(d, tw_str("d")), -1);
	assert_int_equal(strlen(d->hash), 64);
	assert_int_equal(d->bounds.earliest, d->start_date);
	tw_assert_str(d->timetable_summary, "0 0 * * *");
	tw_dag_unref(d);
}

static void test_messages(void **state)
{
	refused("[]", "a DAG document is an object, not array");
	refused("{}", "a DAG document without 'dag_id'");
	refused("{\"dag_id\":\"a b\"}",
		"dag_id 'a b' has to be made of alphanumeric characters, dashes, dots and underscores exclusively");
	refused("{\"dag_id\":\"x\",\"format\":2}",
		"dag 'x': the document has format 2; this engine reads up to 1");
	refused(DAG(TASK("a", ",\"retires\":1")), "dag 'x': unknown key 'tasks[0].retires'");
	refused(DAG(TASK("a", ",\"retries\":\"1\"")), "dag 'x': key 'tasks[0].retries' must be an integer, not string");
	refused(DAG(TASK("a", "") "," TASK("a", "")), "dag 'x': duplicate task_id 'a'");
	refused(DAG(TASK("a", UP("\"b\""))), "dag 'x': task 'a': unknown upstream 'b'");
	refused(DAG(TASK("a", UP("\"c\"")) "," TASK("b", UP("\"a\"")) "," TASK("c", UP("\"b\"")) ","
		    TASK("d", UP("\"c\""))),
		"dag 'x': cycle: a >> b >> c >> a");
	refused(DAG(TASK("a", UP("\"a\""))), "dag 'x': cycle: a >> a");
	refused(DAG(TASK("a", ",\"is_setup\":true,\"is_teardown\":true")),
		"dag 'x': task 'a': a setup cannot be a teardown");
	refused(DAG(TASK("a", ",\"is_teardown\":true")),
		"dag 'x': task 'a': a teardown's trigger rule is 'all_done_setup_success', not 'all_success'");
	refused(DAG_("\"fail_fast\":true", TASK("a", ",\"trigger_rule\":\"all_done\"")),
		"dag 'x': task 'a': a DAG with fail_fast allows only the trigger rule 'all_success', not 'all_done'");
	refused(DAG_("\"schedule\":{\"type\":\"continuous\"}", ""),
		"dag 'x': ContinuousTimetable needs max_active_runs=1, not 16");
	refused(DAG(TASK("a", ",\"trigger_rule\":\"sometimes\"")), "dag 'x': task 'a': unknown trigger rule 'sometimes'");
	refused(DAG(TASK("a", ",\"group\":\"g\"")), "dag 'x': task 'a': unknown group 'g'");
	refused(DAG_("\"timezone\":\"Mars/Olympus\"", ""), "dag 'x': unknown time zone 'Mars/Olympus'");
}

static void test_schedule_messages(void **state)
{
	struct tw_err err = { 0 };
	struct tw_dag *d;

	assert_true(tw_dag_parse_json(tw_str(DAG_("\"schedule\":{\"type\":\"cron_trigger\",\"expression\":\"0 25 * * *\"}", "")),
				      &zones, &d, &err) < 0);
	assert_non_null(strstr(err.msg, "dag 'x': schedule: "));
	assert_non_null(strstr(err.msg, "hour: '25' is out of range (0-23)"));
	refused(DAG_("\"schedule\":{\"type\":\"once\"},\"params\":{\"n\":{\"value\":0,\"schema\":{\"type\":\"integer\",\"minimum\":1}}}", ""),
		"dag 'x': a DAG with a schedule needs valid defaults: Invalid input for param n: 0 is less than the minimum of 1");
}

static void test_hash(void **state)
{
	struct tw_dag *a = parse("{\"dag_id\":\"x\",\"fileloc\":\"/a\",\"catchup\":true}");
	struct tw_dag *b = parse("{\"catchup\":true,\"dag_id\":\"x\",\"fileloc\":\"/b\",\"unsafe_to_fork\":true}");
	struct tw_dag *c = parse("{\"dag_id\":\"x\"}");

	assert_string_equal(a->hash, b->hash);
	assert_string_not_equal(a->hash, c->hash);
	/* sha256 of {"dag_id":"x"} */
	assert_string_equal(c->hash, "236b1d4f02ff9c54fdee09810ed054f6927d8392a2f6a42319ae44eacedbad52");
	tw_dag_unref(a);
	tw_dag_unref(b);
	tw_dag_unref(c);
}

/* The fast sums against a plain walk, on random graphs wide and deep. */
static void test_weights(void **state)
{
	unsigned seed = 7;

	for (int round = 0; round < 12; round++) {
		struct tw_buf j = { 0 };
		int n = 3 + round * 120;
		tw_buf_adds(&j, "{\"dag_id\":\"x\",\"tasks\":[");
		for (int i = 0; i < n; i++) {
			tw_buf_printf(&j, "%s{\"task_id\":\"t%d\",\"priority_weight\":%d,\"weight_rule\":\"%s\",\"upstream\":[",
				      i ? "," : "", i, round % 2 ? 1 : rand_r(&seed) % 50 - 5,
				      (const char *[]){ "upstream", "downstream", "absolute" }[rand_r(&seed) % 3]);
			int ups = i ? rand_r(&seed) % (round % 3 == 0 ? 2 : 4) : 0;
			for (int k = 0; k < ups; k++)
				tw_buf_printf(&j, "%s\"t%d\"", k ? "," : "", (int)(rand_r(&seed) % (unsigned)i));
			tw_buf_adds(&j, "]}");
		}
		tw_buf_adds(&j, "]}");
		struct tw_dag *d = parse(tw_buf_cstr(&j));
		for (int i = 0; i < n; i++) {
			const struct tw_task *t = &d->tasks[i];
			tw_bits *set = tw_bits_new(n);
			int64_t sum = t->priority_weight;
			if (t->weight_rule == TW_WEIGHT_UPSTREAM)
				tw_dag_ancestors(d, i, set);
			else if (t->weight_rule == TW_WEIGHT_DOWNSTREAM)
				tw_dag_descendants(d, i, set);
			for (int k = 0; k < n; k++)
				sum += tw_bit(set, k) ? d->tasks[k].priority_weight : 0;
			assert_int_equal(t->weight_total, sum);
			free(set);
		}
		tw_dag_unref(d);
		tw_buf_release(&j);
	}
}

static void test_weight_clamp(void **state)
{
	struct tw_dag *d = parse(DAG(TASK("a", ",\"priority_weight\":2147483647") ","
				     TASK("b", ",\"priority_weight\":2147483647" UP("\"a\""))));
	assert_int_equal(d->tasks[0].weight_total, 2147483647);
	tw_dag_unref(d);
}

#define SETUP ",\"is_setup\":true"
#define TEARDOWN ",\"is_teardown\":true,\"trigger_rule\":\"all_done_setup_success\""

static int arrows(const struct tw_dag *d, const char *from, const char *to, enum tw_edge_kind kind)
{
	const struct tw_task *f = &d->tasks[tw_dag_task(d, tw_str(from))];
	int n = 0;

	for (int i = 0; i < f->nout; i++)
		n += f->out[i].kind == kind && f->out[i].task == tw_dag_task(d, tw_str(to));
	return n;
}

static void test_scopes(void **state)
{
	struct tw_dag *d = parse(DAG(TASK("s", SETUP) "," TASK("a", UP("\"s\"")) "," TASK("b", UP("\"a\"")) ","
				     TASK("t", TEARDOWN UP("\"s\",\"b\"")) "," TASK("after", UP("\"b\""))));
	tw_bits *set = tw_bits_new(5), *got = tw_bits_new(5);

	assert_int_equal(arrows(d, "s", "a", TW_EDGE_DIRECT), 1);
	assert_int_equal(arrows(d, "s", "a", TW_EDGE_SETUP), 0);
	assert_int_equal(arrows(d, "s", "b", TW_EDGE_SETUP), 1);
	assert_int_equal(arrows(d, "s", "after", TW_EDGE_SETUP), 0);
	assert_int_equal(arrows(d, "a", "t", TW_EDGE_SCOPE), 1);
	assert_int_equal(arrows(d, "b", "t", TW_EDGE_SCOPE), 0);
	assert_true(d->tasks[4].leaf);
	assert_false(d->tasks[3].leaf);
	assert_false(d->tasks[2].leaf);
	tw_bit_set(set, 2);
	tw_dag_select(d, set, false, false, got);
	assert_int_equal(got[0], 1 << 0 | 1 << 2 | 1 << 3);
	free(set);
	free(got);
	tw_dag_unref(d);
}

static void test_mapping(void **state)
{
	struct tw_dag *d = parse(
		"{\"dag_id\":\"x\",\"groups\":[{\"group_id\":\"g\",\"map\":{\"kind\":\"expand\",\"over\":"
		"[{\"arg\":\"x\",\"value\":{\"xcom\":{\"task\":\"a\"}}}]}},{\"group_id\":\"g.h\",\"parent\":\"g\"}],\"tasks\":["
		"{\"task_id\":\"a\"},{\"task_id\":\"g.b\",\"group\":\"g\",\"upstream\":[\"a\"]},"
		"{\"task_id\":\"g.h.c\",\"group\":\"g.h\",\"upstream\":[\"g.b\"],\"map\":{\"kind\":\"expand_kwargs\",\"value\":"
		"{\"zip\":[{\"literal\":[1,2]},{\"map\":{\"xcom\":{\"task\":\"a\",\"key\":\"return_value\"}},\"calls\":1}],\"fill\":true}}}]}");

	assert_int_equal(d->tasks[1].mapped_group, 0);
	assert_int_equal(d->tasks[2].mapped_group, 0);
	assert_int_equal(d->tasks[2].group, 1);
	assert_true(d->tasks[1].out[0].same_index);
	assert_false(d->tasks[0].out[0].same_index);
	const struct tw_source *z = &d->tasks[2].map->over[0].source;
	assert_int_equal(z->kind, TW_SRC_ZIP);
	assert_true(z->fill);
	assert_int_equal(z->inner[0].length, 2);
	assert_int_equal(z->inner[1].inner->task, 0);
	tw_dag_unref(d);
	refused("{\"dag_id\":\"x\",\"tasks\":[{\"task_id\":\"a\",\"map\":{\"kind\":\"expand\",\"over\":[{\"arg\":\"v\",\"value\":{\"xcom\":{\"task\":\"q\"}}}]}}]}",
		"dag 'x': task 'a': its mapping maps over unknown task 'q'");
}

static void schema(const char *s, const char *v, const char *message)
{
	struct tw_arena a = { 0 };
	struct tw_value sv, vv;
	struct tw_err err = { 0 };

	assert_int_equal(tw_json_parse(&a, tw_str(s), &sv, &err), 0);
	assert_int_equal(tw_json_parse(&a, tw_str(v), &vv, &err), 0);
	enum tw_rc rc = tw_schema_check(sv, vv, &err);
	if (!message && rc < 0)
		fail_msg("%s %s: %s", s, v, err.msg);
	if (message) {
		assert_true(rc < 0);
		assert_string_equal(err.msg, message);
	}
	tw_arena_release(&a);
}

static void test_schema(void **state)
{
	schema("{\"type\":\"integer\"}", "3.0", NULL);
	schema("{\"type\":\"integer\"}", "true", "True is not of type 'integer'");
	schema("{\"type\":[\"null\",\"string\"]}", "null", NULL);
	schema("{\"type\":[\"null\",\"string\"]}", "5", "5 is not of type 'null', 'string'");
	schema("{\"enum\":[1,\"a\"]}", "\"b\"", "'b' is not one of [1, \"a\"]");
	schema("{\"minimum\":1,\"maximum\":5}", "9", "9 is greater than the maximum of 5");
	schema("{\"exclusiveMaximum\":5}", "5", "5 is greater than or equal to the maximum of 5");
	schema("{\"multipleOf\":0.1}", "0.3", NULL);
	schema("{\"minLength\":2}", "\"ä\"", "'ä' is too short");
	schema("{\"pattern\":\"^\\\\d{3}-[\\\\w.]+$\"}", "\"123-a.b\"", NULL);
	schema("{\"pattern\":\"^\\\\d{3}$\"}", "\"12\"", "'12' does not match '^\\d{3}$'");
	schema("{\"format\":\"date\"}", "\"2026-02-29\"", "'2026-02-29' is not a 'date'");
	schema("{\"format\":\"date-time\"}", "\"2026-02-28T10:00:00+01:00\"", NULL);
	schema("{\"format\":\"time\"}", "\"10:00:61\"", "'10:00:61' is not a 'time'");
	schema("{\"items\":{\"type\":\"string\"},\"minItems\":1}", "[]", "[] should be non-empty");
	schema("{\"items\":{\"type\":\"string\"}}", "[1]", "1 is not of type 'string'");
	schema("{\"uniqueItems\":true}", "[1,2,1]", "[1, 2, 1] has non-unique elements");
	schema("{\"properties\":{\"a\":{\"type\":\"null\"}},\"required\":[\"b\"]}", "{\"a\":null}", "'b' is a required property");
	schema("{\"properties\":{},\"additionalProperties\":false}", "{\"a\":1}",
	       "Additional properties are not allowed ('a' was unexpected)");
	schema("{\"anyOf\":[{\"type\":\"null\"},{\"minimum\":3}]}", "2", "2 is not valid under any of the given schemas");
	schema("{\"oneOf\":[{\"minimum\":1},{\"minimum\":3}]}", "4", "4 is valid under each of 2 of the given schemas");
	schema("{\"not\":{\"const\":1}}", "1", "1 should not be valid under the given schema");
	schema("{\"if\":{\"minimum\":3},\"then\":{\"maximum\":4},\"else\":false}", "9", "9 is greater than the maximum of 4");
}

static void test_ids(void **state)
{
	struct tw_err err = { 0 };
	struct tw_id id, back;
	char text[37];

	for (int i = 0; i < 16; i++)
		id.b[i] = (uint8_t)(i * 17);
	tw_id_text(id, text);
	assert_string_equal(text, "00112233-4455-6677-8899-aabbccddeeff");
	assert_true(tw_id_parse(tw_str(text), &back) && tw_id_eq(id, back));
	assert_false(tw_id_parse(tw_str("00112233-4455-6677-8899-aabbccddeefg"), &back));
	assert_int_equal(tw_id_check("task_id", tw_str("größe.1-2_x"), &err), 0);
	assert_true(tw_id_check("task_id", tw_str("a/b"), &err) < 0);
	assert_true(tw_id_check("task_id", tw_str("\xff"), &err) < 0);
	assert_int_equal(tw_run_id_check(tw_str("manual__2026-01-01T00:00:00+00:00"), TW_RUNTYPE_MANUAL, &err), 0);
	assert_true(tw_run_id_check(tw_str("scheduled__x"), TW_RUNTYPE_MANUAL, &err) < 0);
	assert_true(tw_run_id_check(tw_str("a..b"), TW_RUNTYPE_MANUAL, &err) < 0);
	assert_true(tw_run_id_check(tw_str("a/b"), TW_RUNTYPE_MANUAL, &err) < 0);
	assert_int_equal(tw_run_id_allowed(tw_str("a_b.c~:+-9"), NULL, &err), 0);
	assert_true(tw_run_id_allowed(tw_str("a b"), NULL, &err) < 0);
	assert_string_equal(err.msg, "The run_id provided 'a b' does not match regex pattern '^[A-Za-z0-9_.~:+-]+$' or "
				     "'^(?:manual|scheduled|asset_triggered)__(?:\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}"
				     "\\+00:00)$'");
	assert_int_equal(tw_run_id_allowed(tw_str("team 7"), "team \\d", &err), 0);
	assert_true(tw_run_id_allowed(tw_str("a team 7"), "team \\d", &err) < 0);
	assert_int_equal(tw_run_id_allowed(tw_str("manual__2026-01-01T00:00:00+00:00"), "x", &err), 0);
	assert_int_equal(tw_run_type_of_id(tw_str("asset_triggered__2")), TW_RUNTYPE_ASSET_TRIGGERED);
}

/* A reader survives every prefix and every one-byte change of a document. */
static void test_damage(void **state)
{
	const char *good = "{\"dag_id\":\"x\",\"schedule\":{\"type\":\"delta_trigger\",\"delta\":60},\"params\":{\"p\":{\"value\":1,\"schema\":{}}},"
			   "\"tasks\":[{\"task_id\":\"a\",\"callbacks\":[\"retry\"],\"sensor\":{\"mode\":\"poke\"}},"
			   "{\"task_id\":\"b\",\"upstream\":[\"a\"],\"map\":{\"kind\":\"expand\",\"over\":[{\"arg\":\"v\",\"value\":{\"xcom\":{\"task\":\"a\"}}}]}}]}";
	size_t n = strlen(good);
	char *text = tw_strdup(good);

	for (size_t i = 0; i < n; i++)
		for (int k = 0; k < 6; k++) {
			struct tw_dag *d = NULL;
			text[i] = "{[1\"x:"[k];
			if (tw_dag_parse_json(tw_strn(text, k ? n : i), &zones, &d, NULL) == TW_OK)
				tw_dag_unref(d);
			text[i] = good[i];
		}
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_small),	cmocka_unit_test(test_messages),
		cmocka_unit_test(test_schedule_messages), cmocka_unit_test(test_hash),
		cmocka_unit_test(test_weights),	cmocka_unit_test(test_weight_clamp),
		cmocka_unit_test(test_scopes),	cmocka_unit_test(test_mapping),
		cmocka_unit_test(test_schema),	cmocka_unit_test(test_ids),
		cmocka_unit_test(test_damage),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	int rc = cmocka_run_group_tests(tests, NULL, NULL);
	tw_zones_release(&zones);
	return rc;
}
