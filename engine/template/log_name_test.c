/* Where logs are, by the default and by templates of people's own. */
#include "template/log_name.h"

#include "base/testing.h"

static const struct tw_log_of plain = { { "d", 1 }, { "r+1", 3 }, { "g.t", 3 }, -1, 2, TW_TIME_NONE };
static const struct tw_log_of mapped = { { "d", 1 }, { "r+1", 3 }, { "g.t", 3 }, 7, 1, 1767225600000000 };

static void is(const char *text, const struct tw_log_of *of, const char *expected)
{
	struct tw_log_name *n;
	struct tw_buf b = { 0 };
	struct tw_err err = { 0 };

	if (tw_log_name_new(tw_str(text), &n, &err) < 0)
		fail_msg("%s: %s", text, err.msg);
	tw_log_name(n, of, &b);
	assert_string_equal(b.p, expected);
	tw_buf_release(&b);
	tw_log_name_free(n);
}

static void by_default(void **state)
{
	is("", &plain, "dag_id=d/run_id=r+1/task_id=g.t/attempt=2.log");
	is(TW_LOG_NAME, &mapped, "dag_id=d/run_id=r+1/task_id=g.t/map_index=7/attempt=1.log");
	/* The same rendered: a space more makes it somebody's own. */
	is(TW_LOG_NAME "{# #}", &mapped, "dag_id=d/run_id=r+1/task_id=g.t/map_index=7/attempt=1.log");
	is(TW_LOG_NAME "{# #}", &plain, "dag_id=d/run_id=r+1/task_id=g.t/attempt=2.log");
}

static void by_a_template(void **state)
{
	is("{{ ti.dag_id }}/{{ ti.task_id }}/{{ ts }}/{{ try_number }}.log", &mapped,
	   "d/g.t/2026-01-01T00:00:00+00:00/1.log");
	is("{{ dag_id }}/{{ ds_nodash }}/{{ task_id }}.{{ map_index }}.log", &mapped, "d/20260101/g.t.7.log");
	/* What a run without a logical date cannot fill in gives the default. */
	is("{{ ti.dag_id }}/{{ ts[:4] }}.log", &plain, "dag_id=d/run_id=r+1/task_id=g.t/attempt=2.log");
}

static void refused(const char *text, const char *why)
{
	struct tw_log_name *n;
	struct tw_err err = { 0 };

	assert_true(tw_log_name_new(tw_str(text), &n, &err) < 0);
	if (!strstr(err.msg, why))
		fail_msg("%s: %s", text, err.msg);
}

static void what_cannot_be_is_said(void **state)
{
	refused("{{ ti.dag_id", "log_filename_template");
	refused("/var/log/{{ ti.dag_id }}.log", "no path below the log folder");
	refused("../{{ ti.dag_id }}.log", "no path below the log folder");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_default),
		cmocka_unit_test(by_a_template),
		cmocka_unit_test(what_cannot_be_is_said),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
