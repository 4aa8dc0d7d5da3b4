/* What native sensors look for, and by which rules: as Python's glob and Airflow's BaseSensorOperator do. */
#include "operator/wait.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/testing.h"
#include "io/file.h"
#include "operator/glob.h"
#include "value/json.h"

/* ── glob ─────────────────────────────────────────────────────────────────────────────── */

/* What Python's glob.glob finds in the tree below: pattern, recursive, paths in order without a slash at the end. */
static const struct {
	const char *pattern;
	bool recursive;
	const char *found;
} globs[] = {
	{"*.csv", false, "[x].csv a.csv é.csv"},
	{"?.csv", false, "a.csv é.csv"},
	{"[ab].*", false, "a.csv b.txt"},
	{"[!a]*.csv", false, "[x].csv é.csv"},
	{".*.csv", false, ".hidden.csv"},
	{"d/*.csv", false, "d/c.csv"},
	{"*/c.csv", false, "d/c.csv link/c.csv"},
	{"**/*.csv", false, "d/c.csv link/c.csv"},
	{"**", false, "[x].csv a.csv b.txt d dangling deep empty link é.csv"},
	{"d/**", false, "d/c.csv d/e"},
	{"[[]x].csv", false, "[x].csv"},
	{"a.csv", false, "a.csv"},
	{"nothing", false, ""},
	{"d/", false, "d"},
	{"d/*/", false, "d/e"},
	{"*/", false, "d deep empty link"},
	{"dangling", false, "dangling"},
	{"*.t[!x]t", false, ""},
	{"[a", false, ""},
	{"d//c.csv", false, "d//c.csv"},
	{"**/e/*", false, "d/e/f.csv link/e/f.csv"},
	{"link/**/*.csv", false, "link/e/f.csv"},
	{"a*v", false, "a.csv"},
	{"*a*s*v", false, "a.csv"},
	{"é*", false, "é.csv"},
	{"d/./c.csv", false, "d/./c.csv"},
	{"**/*.csv", true, "[x].csv a.csv d/c.csv d/e/f.csv link/c.csv link/e/f.csv é.csv"},
	{"**", true, "[x].csv a.csv b.txt d d/c.csv d/e d/e/f.csv dangling deep deep/empty empty link link/c.csv link/e link/e/f.csv é.csv"},
	{"d/**", true, "d d/c.csv d/e d/e/f.csv"},
	{"**/e/*", true, "d/e/f.csv link/e/f.csv"},
	{"link/**/*.csv", true, "link/c.csv link/e/f.csv"},
};

static void make(const char *path)
{
	tw_file_mkdirs_for(path, 0700, NULL);
	if (path[strlen(path) - 1] == '/')
		tw_file_mkdirs(path, 0700, NULL);
	else
		fclose(fopen(path, "w"));
}

static char old_cwd[4096], tree[64];

static int grow_tree(void **state)
{
	static const char *const files[] = {"a.csv",	  "b.txt",	"[x].csv",	 ".hidden.csv", "d/c.csv", "d/e/f.csv",
					    "d/.h/g.csv", "\xc3\xa9.csv", "empty/", "deep/empty/", "d/e/.z"};

	assert_non_null(getcwd(old_cwd, sizeof old_cwd));
	strcpy(tree, "/tmp/tw-glob-XXXXXX");
	assert_non_null(mkdtemp(tree));
	assert_int_equal(chdir(tree), 0);
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		make(files[i]);
	return symlink("d", "link") || symlink("nowhere", "dangling");
}

static int fell_tree(void **state)
{
	assert_int_equal(chdir(old_cwd), 0);
	return tw_file_remove_tree(tree, NULL);
}

struct found {
	char *v[64];
	size_t n;
};

static bool keep(void *arg, const char *path)
{
	struct found *f = arg;
	size_t n = strlen(path);

	while (n > 1 && path[n - 1] == '/')
		n--;
	f->v[f->n++] = strndup(path, n);
	return true;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void test_glob(void **state)
{
	for (size_t i = 0; i < sizeof globs / sizeof *globs; i++) {
		struct found f = {0};
		struct tw_buf got = {0};

		assert_true(tw_glob(tw_str(globs[i].pattern), globs[i].recursive, keep, &f));
		qsort(f.v, f.n, sizeof *f.v, by_name);
		tw_buf_adds(&got, "");
		for (size_t k = 0; k < f.n; k++) {
			tw_buf_printf(&got, "%s%s", k ? " " : "", f.v[k]);
			free(f.v[k]);
		}
		if (strcmp(got.p, globs[i].found) != 0)
			fail_msg("%s: %s, not %s", globs[i].pattern, got.p, globs[i].found);
		tw_buf_release(&got);
	}
}

static void expect_file(const char *pattern, const char *want)
{
	struct tw_buf path = {0};
	int64_t mtime = 0;

	assert_int_equal(tw_glob_find_file(tw_str(pattern), false, &path, &mtime), want != NULL);
	if (want)
		assert_string_equal(path.p, want);
	tw_buf_release(&path);
}

static void test_find_file(void **state)
{
	expect_file("a.csv", "a.csv");
	expect_file("nothing*", NULL);
	expect_file("empty", NULL);     /* a folder needs a file in it */
	expect_file("deep", NULL);
	expect_file("d", "d");
	expect_file("dangling", NULL);
	expect_file("link", "link");
	make("deep/empty/x");
	expect_file("deep", "deep");
}

/* ── rules ────────────────────────────────────────────────────────────────────────────── */

#define T0 1767225600000000LL /* 2026-01-01 */
#define STARTED "'started':'2026-01-01T00:00:00+00:00'"

static struct tw_value read_spec(struct tw_arena *a, const char *json)
{
	struct tw_value spec;
	char *text = tw_strdup(json);

	for (char *c = text; *c; c++)
		if (*c == '\'')
			*c = '"';
	assert_int_equal(tw_json_parse(a, tw_str(text), &spec, NULL), TW_OK);
	free(text);
	return spec;
}

static struct tw_wait_end judge(const char *json, double after, int n, enum tw_poke what)
{
	struct tw_arena a = {0};
	struct tw_wait_end end = {0};
	struct tw_poked p = {.what = what, .exception = "ValueError"};
	struct tw_value spec = read_spec(&a, json);

	tw_buf_adds(&p.text, "why");
	if (!tw_wait_expired(spec, T0 + (int64_t)(after * 1e6), &end))
		tw_wait_judge(spec, T0 + (int64_t)(after * 1e6), n, &p, &end);
	tw_poked_release(&p);
	tw_arena_release(&a);
	return end;
}

static void expect_end(const char *json, double after, enum tw_poke what, const char *state, const char *reason)
{
	struct tw_wait_end end = judge(json, after, 1, what);

	assert_true(end.over);
	assert_string_equal(end.state, state);
	assert_string_equal(tw_buf_cstr(&end.reason), reason);
	tw_wait_end_release(&end);
}

static void expect_next(const char *json, double after, int n, double next)
{
	struct tw_wait_end end = judge(json, after, n, TW_POKE_NO);

	assert_false(end.over);
	if (end.next != T0 + (int64_t)((after + next) * 1e6))
		fail_msg("%s: %g s, not %g", json, (double)(end.next - T0) / 1e6 - after, next);
	tw_wait_end_release(&end);
}

static void test_ends(void **state)
{
#define PLAIN "{" STARTED ",'poke_interval':60,'timeout':100"
	expect_end(PLAIN "}", 5, TW_POKE_YES, "success", "");
	expect_end(PLAIN "}", 5, TW_POKE_SKIP, "skipped", "why");
	expect_end(PLAIN "}", 5, TW_POKE_FAIL, "failed", "why");
	expect_end(PLAIN ",'never_fail':true}", 5, TW_POKE_FAIL, "skipped", "Skipping due to never_fail is set to True.");
	/* soft_fail is for timeouts and the like, not for any exception */
	expect_end(PLAIN ",'soft_fail':true}", 5, TW_POKE_FAIL, "failed", "why");
	/* one more poke after the time: it may still be there */
	expect_end(PLAIN "}", 120, TW_POKE_YES, "success", "");
	expect_end(PLAIN "}", 120, TW_POKE_NO, "failed_final",
		   "Sensor has timed out; run duration of 120.0 seconds exceeds the specified timeout of 100.0.");
	expect_end(PLAIN ",'soft_fail':true}", 120, TW_POKE_NO, "skipped",
		   "Sensor has timed out; run duration of 120.0 seconds exceeds the specified timeout of 100.0.");
	/* never_fail does not make a timeout a skip; of a deferred sensor it does */
	expect_end(PLAIN ",'never_fail':true}", 120, TW_POKE_NO, "failed_final",
		   "Sensor has timed out; run duration of 120.0 seconds exceeds the specified timeout of 100.0.");
	expect_end(PLAIN ",'never_fail':true,'exact':true}", 100, TW_POKE_NO, "skipped",
		   "Skipping due to never_fail is set to True.");
	expect_end(PLAIN ",'exact':true}", 100, TW_POKE_NO, "failed_final", "Trigger timeout");
	/* a silent one that fails at every poke times out in the end */
	expect_end(PLAIN ",'silent_fail':true}", 120, TW_POKE_FAIL, "failed_final",
		   "Sensor has timed out; run duration of 120.0 seconds exceeds the specified timeout of 100.0.");
	expect_end(PLAIN ",'limit':30}", 30, TW_POKE_NO, "failed", "Timeout");
}

/* Figures of Airflow 3.3.2's BaseSensorOperator._get_next_poke_interval for the same key. */
static void test_intervals(void **state)
{
#define BACKOFF "{" STARTED ",'poke_interval':60,'timeout':100000,'backoff':{'key':'d#t#2026-01-01 00:00:00+00:00#'"
	expect_next(PLAIN "}", 5, 1, 60);
	expect_next("{" STARTED ",'poke_interval':0}", 5, 1, 0.1);
	expect_next(BACKOFF "}}", 5, 1, 59);
	expect_next(BACKOFF "}}", 5, 2, 95);
	expect_next(BACKOFF "}}", 5, 3, 218);
	expect_next(BACKOFF "}}", 5, 5, 630);
	expect_next(BACKOFF "}}", 5, 8, 6190);
	expect_next(BACKOFF "}}", 5, 20, 99995);
	expect_next(BACKOFF ",'max_wait':500}}", 5, 8, 500);
	expect_next(BACKOFF ",'reschedule':true}}", 0.5, 1, 59);
	expect_next(BACKOFF ",'reschedule':true}}", 70, 1, 95);
	expect_next(BACKOFF ",'reschedule':true}}", 400, 1, 473);
	expect_next(BACKOFF ",'reschedule':true}}", 5000.25, 1, 2869);
}

static void expect_resumed(const char *json, double passed, int count, double next)
{
	struct tw_arena a = {0};
	struct tw_value spec = read_spec(&a, json);
	int n = 1;
	tw_time at = T0 + (tw_time)(59e6);

	tw_wait_resume(spec, T0 + (tw_time)(passed * 1e6), &n, &at);
	assert_int_equal(n, count);
	assert_int_equal(at, T0 + (tw_time)(next * 1e6));
	tw_arena_release(&a);
}

/* Pokes came at 0, 59, 154 and 372 s. */
static void test_resumed(void **state)
{
	expect_resumed(BACKOFF "}}", 30, 1, 59);
	expect_resumed(BACKOFF "}}", 100, 1, 100);
	expect_resumed(BACKOFF "}}", 200, 2, 200);
	expect_resumed(BACKOFF "}}", 400, 3, 400);
	expect_resumed(BACKOFF ",'max_wait':60}}", 400, 6, 400);
	expect_resumed(BACKOFF ",'reschedule':true}}", 400, 1, 59);
	expect_resumed("{" STARTED ",'poke_interval':60}", 400, 1, 59);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_glob, grow_tree, fell_tree),
		cmocka_unit_test_setup_teardown(test_find_file, grow_tree, fell_tree),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_intervals),
		cmocka_unit_test(test_resumed),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
