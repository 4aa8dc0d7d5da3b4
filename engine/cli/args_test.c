/* Command lines: what is taken, and what is refused with status 2. */
#include "base/testing.h"

#include <unistd.h>

#include "cli/args.h"

static int run_nothing(const struct tw_args *args)
{
	return 0;
}

static const struct tw_opt opts[] = {
	{"output", 'o', TW_OPT_STR, "how", "table|json", "table", NULL},
	{"limit", 0, TW_OPT_INT, "how many", NULL, "5", NULL},
	{"yes", 'y', TW_OPT_FLAG, "do not ask", NULL, NULL, NULL},
	{"keep", 'k', TW_OPT_FLAG, "keep", NULL, NULL, NULL},
	{"tag", 't', TW_OPT_APPEND, "tags", NULL, NULL, NULL},
	{"logical-date", 'l', TW_OPT_STR, "date", NULL, NULL, "exec-date"},
	{0},
};
static const struct tw_verb verb = {"g", "v", "A verb.", "one [two]", opts, run_nothing, false};
static const struct tw_verb rest = {NULL, "r",	       "A verb.", "one [more...]",
				    NULL, run_nothing, false};
static const struct tw_verb raw = {NULL, "python", "A verb.", NULL, NULL, run_nothing, true};

/* The words are copied: -yk is taken apart in place. What the parser prints goes nowhere. */
static int parse(struct tw_args *a, const struct tw_verb *v, const char *line)
{
	static char text[400];
	static char *argv[20];
	int n = 0, saved_out = dup(1), saved_err = dup(2), status;

	snprintf(text, sizeof text, "%s", line);
	for (char *w = strtok(text, " "); w; w = strtok(NULL, " "))
		argv[n++] = w;
	argv[n] = NULL;
	fflush(NULL);
	assert_non_null(freopen("/dev/null", "w", stderr));
	assert_true(dup2(fileno(stderr), 1) >= 0);
	status = tw_args_parse(a, v, argv);
	fflush(NULL);
	dup2(saved_out, 1);
	dup2(saved_err, 2);
	close(saved_out);
	close(saved_err);
	return status;
}

static void takes_options_in_every_spelling(void **state)
{
	static const char *const lines[] = {
		"a -o json --limit 7 -y", "--output json a --limit=7 --yes",
		"-ojson a --limit 7 -yk", "-ky --limit 7 -o json a", NULL};

	for (const char *const *l = lines; *l; l++) {
		struct tw_args a;

		assert_int_equal(parse(&a, &verb, *l), -1);
		assert_string_equal(tw_arg(&a, "output"), "json");
		assert_int_equal(tw_arg_int(&a, "limit", 0), 7);
		assert_true(tw_arg_flag(&a, "yes"));
		assert_string_equal(tw_arg_pos(&a, 0), "a");
		assert_null(tw_arg_pos(&a, 1));
		tw_args_release(&a);
	}
}

static void defaults_aliases_and_repeats(void **state)
{
	struct tw_args a;
	const char *tags[4];

	assert_int_equal(parse(&a, &verb, "a b -t x --tag y --exec-date 2026-01-01 --limit -3"),
			 -1);
	assert_string_equal(tw_arg(&a, "output"), "table");
	assert_int_equal(tw_arg_int(&a, "limit", 0), -3);
	assert_string_equal(tw_arg(&a, "logical-date"), "2026-01-01");
	assert_int_equal(tw_arg_all(&a, "tag", tags, 4), 2);
	assert_string_equal(tags[1], "y");
	assert_false(tw_arg_flag(&a, "yes"));
	assert_string_equal(tw_arg_pos(&a, 1), "b");
	tw_args_release(&a);
}

static void everything_behind_two_dashes_is_positional(void **state)
{
	struct tw_args a;

	assert_int_equal(parse(&a, &verb, "-- -y -o"), -1);
	assert_false(tw_arg_flag(&a, "yes"));
	assert_string_equal(tw_arg_pos(&a, 1), "-o");
	tw_args_release(&a);
	assert_int_equal(parse(&a, &rest, "a b c d"), -1);
	assert_string_equal(tw_arg_pos(&a, 3), "d");
	tw_args_release(&a);
}

static void a_negative_number_is_a_value(void **state)
{
	struct tw_args a;

	assert_int_equal(parse(&a, &verb, "a -1"), -1);
	assert_string_equal(tw_arg_pos(&a, 1), "-1");
	tw_args_release(&a);
}

static void spellings_of_2x_are_taken(void **state)
{
	struct tw_args a;

	assert_int_equal(parse(&a, &verb, "a -S /dags -v"), -1);
	tw_args_release(&a);
	assert_int_equal(parse(&a, &verb, "a --subdir=/dags"), -1);
	tw_args_release(&a);
}

static void faults_end_with_status_2(void **state)
{
	static const char *const lines[] = {"",		 "a b c",    "a --nope",       "a -x",
					    "a -o",	 "a -o xml", "a --limit many", "a --yes=1",
					    "a --limit", NULL};

	for (const char *const *l = lines; *l; l++) {
		struct tw_args a;

		if (parse(&a, &verb, *l) != 2)
			fail_msg("'%s' was taken", *l);
		tw_args_release(&a);
	}
}

static void help_ends_with_status_0(void **state)
{
	struct tw_args a;

	assert_int_equal(parse(&a, &verb, "-h"), 0);
	tw_args_release(&a);
	assert_int_equal(parse(&a, &verb, "a --help"), 0);
	tw_args_release(&a);
}

static void raw_verbs_get_everything(void **state)
{
	struct tw_args a;

	assert_int_equal(parse(&a, &raw, "-c print(1) --help"), -1);
	assert_string_equal(a.raw[0], "-c");
	assert_string_equal(a.raw[2], "--help");
	assert_null(a.raw[3]);
	tw_args_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_options_in_every_spelling),
		cmocka_unit_test(defaults_aliases_and_repeats),
		cmocka_unit_test(everything_behind_two_dashes_is_positional),
		cmocka_unit_test(a_negative_number_is_a_value),
		cmocka_unit_test(spellings_of_2x_are_taken),
		cmocka_unit_test(faults_end_with_status_2),
		cmocka_unit_test(help_ends_with_status_0),
		cmocka_unit_test(raw_verbs_get_everything),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
