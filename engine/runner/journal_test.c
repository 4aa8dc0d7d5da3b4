#include "runner/journal.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/testing.h"
#include "io/file.h"

static char dir[] = "/tmp/tradewind-journal-XXXXXX";
static char *path;

static int setup(void **state)
{
	strcpy(dir + sizeof dir - 7, "XXXXXX");
	assert_non_null(mkdtemp(dir));
	path = tw_asprintf("%s/journal", dir);
	return 0;
}

static int teardown(void **state)
{
	free(path);
	return tw_file_remove_tree(dir, NULL);
}

static void open_journal(struct tw_journal *j)
{
	struct tw_err err = {0};
	if (tw_journal_open(j, path, &err) < 0)
		fail_msg("%s", err.msg);
}

static enum tw_journal_state state_of(struct tw_journal *j, const char *attempt)
{
	struct tw_journal_entry *e = tw_journal_find(j, tw_str(attempt));
	assert_non_null(e);
	return e->state;
}

static void remembers(void **state)
{
	struct tw_journal j;
	open_journal(&j);
	assert_null(tw_journal_find(&j, TW_STR("a")));
	tw_journal_start(&j, TW_STR("a"), 1234567);
	tw_journal_process(&j, TW_STR("a"), getpid());
	tw_journal_start(&j, TW_STR("b"), 1234567);
	tw_journal_finish(&j, TW_STR("b"), TW_STR("{\"x\":1}"));
	tw_journal_start(&j, TW_STR("c"), 1234567);
	tw_journal_finish(&j, TW_STR("c"), TW_STR("{}"));
	tw_journal_ack(&j, TW_STR("c"));
	assert_int_equal(state_of(&j, "a"), TW_JOURNAL_STARTED);
	tw_journal_close(&j);

	for (int i = 0; i < 2; i++) {
		open_journal(&j);
		struct tw_journal_entry *a = tw_journal_find(&j, TW_STR("a"));
		assert_int_equal(state_of(&j, "a"), TW_JOURNAL_LOST);
		assert_int_equal(a->pid, getpid());
		assert_int_equal(a->started, 1234567);
		assert_true(tw_journal_same_process(a));
		a->pid = 1;
		assert_false(tw_journal_same_process(a));
		a->pid = getppid(); /* began long before, or after */
		a->ticks += 100000;
		assert_false(tw_journal_same_process(a));
		assert_int_equal(state_of(&j, "b"), TW_JOURNAL_FINISHED);
		assert_string_equal(tw_buf_cstr(&tw_journal_find(&j, TW_STR("b"))->result),
				    "{\"x\":1}");
		assert_null(tw_journal_find(&j, TW_STR("c")));
		tw_journal_close(&j);
	}
}

static void append_raw(const char *text)
{
	int fd = open(path, O_WRONLY | O_APPEND);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void torn_and_garbage(void **state)
{
	struct tw_journal j;
	open_journal(&j);
	tw_journal_start(&j, TW_STR("a"), 1234567);
	tw_journal_close(&j);
	append_raw("\nX\nP\nP a\nP a x y\nP nobody 1 2\nF a\nF \nA zzz\nS b\nF a {\"torn\":");
	open_journal(&j);
	assert_int_equal(state_of(&j, "a"), TW_JOURNAL_LOST);
	assert_int_equal(state_of(&j, "b"), TW_JOURNAL_LOST);
	tw_journal_close(&j);

	int fd = open(path, O_WRONLY | O_TRUNC);
	close(fd);
	append_raw("something else\nS a\n");
	open_journal(&j);
	assert_null(tw_journal_find(&j, TW_STR("a")));
	tw_journal_close(&j);
}

static void another_boot(void **state)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0600);
	close(fd);
	append_raw("tradewind-journal 1 other\nS a\nP a 4711 99\n");
	for (int i = 0; i < 2; i++) {
		struct tw_journal j;
		open_journal(&j);
		assert_int_equal(state_of(&j, "a"), TW_JOURNAL_LOST);
		assert_int_equal(tw_journal_find(&j, TW_STR("a"))->pid, 0);
		tw_journal_close(&j);
	}
}

static void stays_small(void **state)
{
	struct tw_journal j;
	open_journal(&j);
	tw_journal_start(&j, TW_STR("old"), 1234567);
	char big[2000];
	memset(big, 'x', sizeof big);
	for (int i = 0; i < 5000; i++) {
		char id[32];
		snprintf(id, sizeof id, "attempt-%d", i);
		tw_journal_start(&j, tw_str(id), 1234567);
		tw_journal_finish(&j, tw_str(id), tw_strn(big, sizeof big));
		tw_journal_ack(&j, tw_str(id));
	}
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	assert_true(st.st_size < 2 << 20);
	tw_journal_close(&j);
	open_journal(&j);
	assert_int_equal(j.entries.len, 1);
	tw_journal_close(&j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(remembers, setup, teardown),
		cmocka_unit_test_setup_teardown(torn_and_garbage, setup, teardown),
		cmocka_unit_test_setup_teardown(another_boot, setup, teardown),
		cmocka_unit_test_setup_teardown(stays_small, setup, teardown),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
