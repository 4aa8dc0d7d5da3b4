#include "io/watch.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/file.h"
#include "io/loop_testing.h"

struct seen {
	int n, lost;
	struct tw_buf names; /* what is behind the test's folder, sorted by time */
	struct tw_watch *w;
	bool free_it;
};

static char *dir;
static uv_loop_t loop;
static struct seen seen;
static struct tw_watch *watch;

static void on_change(void *arg, const char *path)
{
	struct seen *s = arg;
	s->n++;
	tw_buf_printf(&s->names, "%s ", path + strlen(dir));
	if (s->free_it)
		tw_watch_free(watch);
}

static void on_lost(void *arg)
{
	((struct seen *)arg)->lost++;
}

static const struct tw_watch_ops ops = {on_change, on_lost};

static const char *at(const char *name)
{
	static char paths[16][300];
	static int next;
	char *p = paths[next++ % 16];
	snprintf(p, 300, "%s/%s", dir, name);
	return p;
}

static void put(const char *name, const char *text)
{
	FILE *f = fopen(at(name), "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static int setup(void **state)
{
	dir = tw_test_folder();
	uv_loop_init(&loop);
	memset(&seen, 0, sizeof seen);
	assert_int_equal(tw_watch_new(&loop, 30, &ops, &seen, &watch, NULL), TW_OK);
	return 0;
}

static int teardown(void **state)
{
	if (!seen.free_it)
		tw_watch_free(watch);
	tw_test_close_loop(&loop);
	tw_buf_release(&seen.names);
	assert_int_equal(tw_file_remove_tree(dir, NULL), TW_OK);
	free(dir);
	return 0;
}

/* What was told since the last time, after all is quiet. */
static void expect(const char *names)
{
	tw_test_run_for(&loop, 120);
	assert_string_equal(tw_buf_cstr(&seen.names), names);
	tw_buf_clear(&seen.names);
	seen.n = 0;
}

static void follows_a_folder(void **state)
{
	assert_int_equal(tw_watch_add(watch, dir, NULL), TW_OK);
	assert_int_equal(tw_watch_add(watch, dir, NULL), TW_OK);
	expect("");
	put("a", "1");
	put("a", "22");
	put("b", "1");
	put("a", "333");
	expect("/b /a ");
	rename(at("a"), at("c"));
	expect("/a /c ");
	unlink(at("c"));
	chmod(at("b"), 0600);
	expect("/c /b ");
	mkdir(at("sub"), 0700);
	expect("/sub ");
	put("sub/inside", "not watched");
	expect("");
	tw_watch_remove(watch, dir);
	put("d", "1");
	expect("");
	assert_int_equal(tw_watch_add(watch, dir, NULL), TW_OK);
	put("d", "2");
	expect("/d ");
}

static void waits_for_quiet(void **state)
{
	assert_int_equal(tw_watch_add(watch, dir, NULL), TW_OK);
	for (int i = 0; i < 8; i++) {
		put("busy", "x");
		tw_test_run_for(&loop, 10);
	}
	assert_int_equal(seen.n, 0);
	expect("/busy ");
}

static void follows_single_files(void **state)
{
	put("a", "1");
	assert_int_equal(tw_watch_add(watch, at("a"), NULL), TW_OK);
	assert_int_equal(tw_watch_add(watch, at("absent"), NULL), TW_OK);
	assert_int_equal(tw_watch_add(watch, at("no/such"), NULL), TW_ERR_NOT_FOUND);
	put("other", "1");
	expect("");
	put("a", "2");
	expect("/a ");
	/* As editors do. */
	put("a.tmp", "3");
	rename(at("a.tmp"), at("a"));
	expect("/a ");
	put("a", "4");
	expect("/a ");
	unlink(at("a"));
	expect("/a ");
	put("absent", "now");
	expect("/absent ");
	tw_watch_remove(watch, at("a"));
	put("a", "5");
	put("absent", "again");
	expect("/absent ");
}

static void follows_links(void **state)
{
	mkdir(at("real"), 0700);
	put("real/f", "1");
	assert_int_equal(symlink("real/f", at("link")), 0);
	assert_int_equal(symlink("real", at("alias")), 0);
	assert_int_equal(tw_watch_add(watch, at("link"), NULL), TW_OK);
	/* Two paths to one folder. */
	assert_int_equal(tw_watch_add(watch, at("real"), NULL), TW_OK);
	assert_int_equal(tw_watch_add(watch, at("alias"), NULL), TW_OK);
	put("real/g", "1");
	expect("/real/g /alias/g ");
	put("real/f", "2");
	expect("/real/f /link /alias/f ");
	tw_watch_remove(watch, at("real"));
	tw_watch_remove(watch, at("alias"));
	put("real/f", "3");
	expect("/link ");
	tw_watch_remove(watch, at("link"));
	put("real/f", "4");
	expect("");
}

static void tells_when_a_folder_goes(void **state)
{
	mkdir(at("one"), 0700);
	mkdir(at("two"), 0700);
	put("two/f", "");
	assert_int_equal(tw_watch_add(watch, at("one"), NULL), TW_OK);
	assert_int_equal(tw_watch_add(watch, at("two/f"), NULL), TW_OK);
	rmdir(at("one"));
	expect("/one ");
	rename(at("two"), at("three"));
	expect("/two/f ");
	/* They come back, and are watched anew when asked. */
	mkdir(at("one"), 0700);
	assert_int_equal(tw_watch_add(watch, at("one"), NULL), TW_OK);
	put("one/x", "");
	expect("/one/x ");
}

static void may_be_freed_by_its_callback(void **state)
{
	assert_int_equal(tw_watch_add(watch, dir, NULL), TW_OK);
	seen.free_it = true;
	put("a", "");
	put("b", "");
	expect("/a ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(follows_a_folder, setup, teardown),
		cmocka_unit_test_setup_teardown(waits_for_quiet, setup, teardown),
		cmocka_unit_test_setup_teardown(follows_single_files, setup, teardown),
		cmocka_unit_test_setup_teardown(follows_links, setup, teardown),
		cmocka_unit_test_setup_teardown(tells_when_a_folder_goes, setup, teardown),
		cmocka_unit_test_setup_teardown(may_be_freed_by_its_callback, setup, teardown),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
