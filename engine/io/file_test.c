#include "io/file.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/loop_testing.h"

static char *dir;

static int setup(void **state)
{
	dir = tw_test_folder();
	return 0;
}

static int teardown(void **state)
{
	assert_int_equal(tw_file_remove_tree(dir, NULL), TW_OK);
	assert_false(tw_file_exists(dir));
	free(dir);
	return 0;
}

/* A path below the test's folder, good for a while. */
static const char *at(const char *name)
{
	static char paths[32][400];
	static int next;
	char *p = paths[next++ % 32];
	snprintf(p, 400, "%s/%s", dir, name);
	return p;
}

static mode_t mode_of(const char *path)
{
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}

static void expect(const char *path, const char *content)
{
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	assert_int_equal(tw_file_read(path, 1000, &b, NULL), TW_OK);
	assert_string_equal(tw_buf_cstr(&b), content);
}

static void reads_and_writes(void **state)
{
	struct tw_err err;
	struct tw_buf b = {0};
	const char *path = at("f");
	assert_int_equal(tw_file_read(path, 10, &b, &err), TW_ERR_NOT_FOUND);
	assert_int_equal(tw_file_write(path, TW_STR("one"), 0640, &err), TW_OK);
	assert_int_equal(mode_of(path), 0640);
	expect(path, "one");
	assert_int_equal(tw_file_write(path, TW_STR("two"), 0600, &err), TW_OK);
	assert_int_equal(mode_of(path), 0600);
	expect(path, "two");
	assert_int_equal(tw_file_create(path, TW_STR("three"), 0600, &err), TW_ERR_EXISTS);
	expect(path, "two");
	assert_int_equal(tw_file_create(at("new"), TW_STR(""), 0666, &err), TW_OK);
	expect(at("new"), "");
	assert_int_equal(tw_file_write(at("no/such/f"), TW_STR(""), 0600, &err), TW_ERR_NOT_FOUND);
	assert_int_equal(tw_file_read(dir, 10, &b, &err), TW_ERR_INVALID);
	assert_int_equal(tw_file_write(at("sub"), TW_STR(""), 0600, &err), TW_OK);

	tw_buf_adds(&b, "kept");
	assert_int_equal(tw_file_read(path, 2, &b, &err), TW_ERR_LIMIT);
	assert_string_equal(b.p, "kept");
	assert_int_equal(tw_file_read(path, 3, &b, &err), TW_OK);
	assert_string_equal(b.p, "kepttwo");
	/* A file whose size the system does not say. */
	assert_int_equal(tw_file_read("/proc/self/status", 100000, &b, &err), TW_OK);
	assert_int_equal(tw_file_read("/proc/self/status", 20, &b, &err), TW_ERR_LIMIT);
	size_t before = b.n;
	assert_int_equal(tw_file_read("/dev/zero", 100000, &b, &err), TW_ERR_LIMIT);
	assert_int_equal(b.n, before);
	tw_buf_release(&b);
}

static void makes_folders(void **state)
{
	struct tw_err err;
	assert_int_equal(tw_file_mkdirs(at("a/b/c/"), 0755, &err), TW_OK);
	assert_int_equal(tw_file_mkdirs(at("a/b/c"), 0755, &err), TW_OK);
	assert_int_equal(tw_file_mkdirs_for(at("x/y/file"), 0700, &err), TW_OK);
	assert_true(tw_file_is_dir(at("x/y")));
	assert_false(tw_file_exists(at("x/y/file")));
	assert_int_equal(tw_file_write(at("f"), TW_STR(""), 0600, &err), TW_OK);
	assert_true(tw_file_mkdirs(at("f"), 0700, &err) < 0);
	assert_true(tw_file_mkdirs(at("f/g"), 0700, &err) < 0);
	assert_true(tw_file_mkdirs("", 0700, &err) < 0);
}

static void normal(const char *path, const char *want)
{
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	tw_path_normalise(&b, tw_str(path));
	assert_string_equal(b.p, want);
}

static void joined(const char *a, const char *b, const char *want)
{
	TW_AUTO(tw_buf_release) struct tw_buf out = {0};
	tw_path_join(&out, tw_str(a), tw_str(b));
	assert_string_equal(tw_buf_cstr(&out), want);
}

static void expanded(const char *path, const char *want)
{
	TW_AUTO(tw_buf_release) struct tw_buf out = {0};
	tw_path_expand(&out, tw_str(path));
	assert_string_equal(tw_buf_cstr(&out), want);
}

static void paths(void **state)
{
	normal("", ".");
	normal("/", "/");
	normal("//a//b/", "/a/b");
	normal("a/./b/../c", "a/c");
	normal("a/..", ".");
	normal("a/../..", "..");
	normal("../../a", "../../a");
	normal("../a/../..", "../..");
	normal("/..//../a", "/a");
	normal("/a/..", "/");
	normal("...", "...");
	joined("a", "b", "a/b");
	joined("a/", "b", "a/b");
	joined("a", "/b", "/b");
	joined("", "b", "b");
	joined("/", "b", "/b");
	assert_true(tw_path_below(tw_str("/a/b"), tw_str("/a")));
	assert_true(tw_path_below(tw_str("/a"), tw_str("/a")));
	assert_false(tw_path_below(tw_str("/ab"), tw_str("/a")));
	assert_true(tw_path_below(tw_str("/ab"), tw_str("/")));
	tw_assert_str(tw_path_base(tw_str("/a/b.py")), "b.py");
	tw_assert_str(tw_path_base(tw_str("b")), "b");
	tw_assert_str(tw_path_dir(tw_str("/a/b.py")), "/a");
	tw_assert_str(tw_path_dir(tw_str("/b")), "/");
	tw_assert_str(tw_path_dir(tw_str("b")), ".");
	setenv("HOME", "/home/me", 1);
	setenv("TW_A", "<$TW_B>", 1);
	setenv("TW_B", "b", 1);
	setenv("TW_LOOP", "x$TW_LOOP", 1);
	expanded("~/dags", "/home/me/dags");
	expanded("~", "/home/me");
	expanded("~other/x", "~other/x");
	expanded("/x/$TW_B/${TW_A}y", "/x/b/<b>y");
	expanded("$TW_NONE ${TW_NONE} ${ $", "$TW_NONE ${TW_NONE} ${ $");
	expanded("$TW_LOOP", "xxxxxxxx$TW_LOOP");
	expanded("", "");
}

static enum tw_walk note(void *arg, const struct tw_walk_entry *e)
{
	struct tw_buf *out = arg;
	tw_buf_printf(out, "%s%s ", e->relative, S_ISDIR(e->st->st_mode) ? "/" : "");
	if (strcmp(e->relative, "skipped") == 0)
		return TW_WALK_SKIP;
	return strcmp(e->relative, "z-stop") == 0 ? TW_WALK_STOP : TW_WALK_ON;
}

static void walks(void **state)
{
	static const char *const files[] = {"b/two.py", "b/one.py", "a.py", "skipped/x",
					    "b/c/d/e",	"z-stop",   "z-zz"};
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		assert_int_equal(tw_file_mkdirs_for(at(files[i]), 0700, NULL), TW_OK);
		assert_int_equal(tw_file_write(at(files[i]), TW_STR(""), 0600, NULL), TW_OK);
	}
	assert_int_equal(symlink("..", at("b/c/loop")), 0);
	assert_int_equal(symlink("b/c/d", at("link")), 0);
	assert_int_equal(symlink("nowhere", at("broken")), 0);
	TW_AUTO(tw_buf_release) struct tw_buf out = {0};
	assert_int_equal(tw_file_walk(dir, note, &out, NULL), TW_OK);
	assert_string_equal(out.p, "a.py b/ b/c/ b/c/d/ b/c/d/e b/one.py b/two.py broken skipped/ "
				   "z-stop ");
	struct tw_err err;
	assert_int_equal(tw_file_walk(at("none"), note, &out, &err), TW_ERR_NOT_FOUND);
	assert_int_equal(tw_file_walk(at("a.py"), note, &out, &err), TW_ERR_NOT_FOUND);
	/* Removing does not follow links. */
	assert_int_equal(tw_file_remove_tree(at("link"), NULL), TW_OK);
	assert_true(tw_file_exists(at("b/c/d/e")));
	assert_int_equal(tw_file_remove_tree(at("none"), NULL), TW_OK);
}

static void pid_files(void **state)
{
	const char *path = at("x.pid");
	struct tw_err err;
	int fd, other;
	assert_int_equal(tw_pidfile_owner(path), 0);
	assert_int_equal(tw_pidfile_lock(path, &fd, &err), TW_OK);
	assert_int_equal(tw_pidfile_owner(path), getpid());
	assert_int_equal(tw_pidfile_lock(path, &other, &err), TW_ERR_EXISTS);
	char want[40];
	snprintf(want, sizeof want, "as process %d", (int)getpid());
	assert_non_null(strstr(err.msg, want));
	tw_pidfile_unlock(path, fd);
	assert_false(tw_file_exists(path));

	/* A file a dead process left is nobody's. */
	assert_int_equal(tw_file_write(path, TW_STR("12345678\n"), 0644, NULL), TW_OK);
	assert_int_equal(tw_pidfile_owner(path), 0);
	assert_int_equal(tw_pidfile_lock(path, &fd, &err), TW_OK);
	expect(path, (snprintf(want, sizeof want, "%d\n", (int)getpid()), want));
	tw_pidfile_unlock(path, fd);
	assert_int_equal(tw_pidfile_lock(at("no/such/x.pid"), &fd, &err), TW_ERR_IO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reads_and_writes, setup, teardown),
		cmocka_unit_test_setup_teardown(makes_folders, setup, teardown),
		cmocka_unit_test(paths),
		cmocka_unit_test_setup_teardown(walks, setup, teardown),
		cmocka_unit_test_setup_teardown(pid_files, setup, teardown),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
