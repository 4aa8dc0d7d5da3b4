/* Two processes, and one that is killed. */
#include "store/testing.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/file.h"
#include "store/query.h"

static char dir[64], url[128];

static int make_dir(void **state)
{
	strcpy(dir, "/tmp/tw-crash-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(url, sizeof url, "sqlite:///%s/t.db", dir);
	return 0;
}

static int drop_dir(void **state)
{
	return tw_file_remove_tree(dir, NULL);
}

static struct tw_store *open_file(bool read_only)
{
	return test_open_with((struct tw_store_opts){
		.url = url, .mode = TW_STORE_MIGRATE, .read_only = read_only});
}

#define PER_BATCH 4

/* Commits run after run, each with its instances, and says over the pipe which is on the disk. */
static void write_until_killed(int fd)
{
	struct tw_store *s = open_file(false);

	for (int n = 1;; n++) {
		char id[16];
		struct tw_run_row run;
		struct tw_ti_row tis[PER_BATCH];

		snprintf(id, sizeof id, "r%d", n);
		run = test_run("d", id, TW_RUN_RUNNING, T0 + n);
		for (int i = 0; i < PER_BATCH; i++) {
			static const char *const names[PER_BATCH] = {"a", "b", "c", "d"};

			tis[i] = test_ti(n * PER_BATCH + i, "d", id, names[i], TW_TI_NONE);
		}
		test_commit_run(s, &run, tis, PER_BATCH);
		if (write(fd, &n, sizeof n) != sizeof n)
			_exit(1);
	}
}

static void what_was_committed_survives_kill(void **state)
{
	tw_store_close(open_file(false));
	for (int round = 0; round < 3; round++) {
		int fds[2], n = 0, last = 0;
		struct tw_store *s;
		int64_t runs, tis, halves;
		struct tw_arena a = {0};
		struct tw_q q;
		pid_t pid;

		drop_dir(NULL);
		make_dir(NULL);
		tw_store_close(open_file(false));
		assert_int_equal(pipe(fds), 0);
		pid = fork();
		if (pid == 0) {
			close(fds[0]);
			write_until_killed(fds[1]);
		}
		close(fds[1]);
		while (last < 20 * (round + 1) && read(fds[0], &n, sizeof n) == sizeof n)
			last = n;
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		while (read(fds[0], &n, sizeof n) == sizeof n)
			last = n; /* acknowledged before the signal came through */
		close(fds[0]);

		s = open_file(false);
		ok(tw_q_number(s, &runs, &test_err, "select count(*) from dag_run", ""));
		ok(tw_q_number(s, &tis, &test_err, "select count(*) from task_instance", ""));
		ok(tw_q_number(
			s, &halves, &test_err,
			"select count(*) from dag_run r where 4 <> (select count(*) from task_instance t"
			" where t.dag_id = r.dag_id and t.run_id = r.run_id)",
			""));
		assert_true(runs == last ||
			    runs == last + 1); /* the one that was committed but not yet told */
		assert_int_equal(tis, runs * PER_BATCH);
		assert_int_equal(halves, 0);
		tw_q(&q, s, "pragma integrity_check");
		assert_int_equal(tw_q_next(&q, &test_err), 1);
		tw_assert_str(tw_q_get_str(&q, &a), "ok");
		tw_q_done(&q);
		tw_arena_release(&a);
		tw_store_close(s);
	}
}

static void readers_see_whole_commits_and_never_wait(void **state)
{
	struct tw_store *w = open_file(false), *r = open_file(true);
	struct tw_run_row run = test_run("d", "r1", TW_RUN_RUNNING, T0);
	struct tw_ti_row ti = test_ti(1, "d", "r1", "a", TW_TI_NONE);
	struct tw_run_view v;
	struct tw_arena a = {0};
	int64_t n;

	ok(tw_store_begin(w, &test_err));
	test_commit_run(w, &run, &ti, 1); /* joins the open transaction */
	assert_int_equal(tw_store_run(r, S("d"), S("r1"), &a, &v, &test_err), TW_ERR_NOT_FOUND);
	ok(tw_store_end(w, &test_err));
	ok(tw_store_run(r, S("d"), S("r1"), &a, &v, &test_err));

	/* a reader's transaction stays at its moment */
	ok(tw_store_begin_read(r, &test_err));
	ok(tw_q_number(r, &n, &test_err, "select count(*) from dag_run", ""));
	run.run_id = S("r2");
	run.logical_date = TW_TIME_NONE;
	test_commit_run(w, &run, NULL, 0);
	ok(tw_q_number(r, &n, &test_err, "select count(*) from dag_run", ""));
	assert_int_equal(n, 1);
	ok(tw_store_end(r, &test_err));
	ok(tw_q_number(r, &n, &test_err, "select count(*) from dag_run", ""));
	assert_int_equal(n, 2);
	assert_int_equal(tw_store_run_note(r, S("d"), S("r1"), S("x"), S("me"), &test_err),
			 TW_ERR_IO);
	tw_arena_release(&a);
	tw_store_close(r);
	tw_store_close(w);
}

static void a_second_writer_waits_and_then_gives_up(void **state)
{
	struct tw_store *one = open_file(false);
	struct tw_store *two = test_open_with(
		(struct tw_store_opts){.url = url, .mode = TW_STORE_CHECK, .busy_ms = 30});
	struct tw_run_row run = test_run("d", "r1", TW_RUN_RUNNING, T0);

	ok(tw_store_begin(one, &test_err));
	assert_int_equal(tw_store_run_new(two, &run, NULL, NULL, &test_err), TW_ERR_TIMEOUT);
	tw_store_rollback(one);
	ok(tw_store_run_new(two, &run, NULL, NULL, &test_err));
	tw_store_close(two);
	tw_store_close(one);
}

static int64_t synchronous_of(const char *suffix)
{
	char with[160];
	struct tw_store *s;
	int64_t v;

	snprintf(with, sizeof with, "%s%s", url, suffix);
	s = test_open_with((struct tw_store_opts){.url = with, .mode = TW_STORE_MIGRATE});
	ok(tw_q_number(s, &v, &test_err, "pragma synchronous", ""));
	tw_store_close(s);
	return v;
}

static void commits_are_on_the_disk_unless_told_otherwise(void **state)
{
	char path[128];

	assert_int_equal(synchronous_of(""), 2);
	assert_int_equal(synchronous_of("?timeout=30"), 2);
	assert_int_equal(synchronous_of("?timeout=30&synchronous=normal"), 1);
	snprintf(path, sizeof path, "%s/t.db", dir);
	assert_true(tw_file_exists(path));
}

/* Two processes that write at once: neither loses a row. */
static void writers_take_turns(void **state)
{
	enum { ROWS = 60 };
	struct tw_store *s;
	int64_t n;
	pid_t pid;
	int status;

	tw_store_close(open_file(false));
	pid = fork();
	s = open_file(false);
	for (int i = 0; i < ROWS; i++) {
		struct tw_inbox_row row = {.at = TW_TIME_NONE, .kind = S("x")};

		ok(tw_store_inbox_post(s, &row, 1, NULL, &test_err));
	}
	tw_store_close(s);
	if (pid == 0)
		_exit(0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	s = open_file(false);
	ok(tw_q_number(s, &n, &test_err, "select count(*) from inbox", ""));
	assert_int_equal(n, 2 * ROWS);
	tw_store_close(s);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, make_dir, drop_dir)
	const struct CMUnitTest tests[] = {
		T(what_was_committed_survives_kill),
		T(readers_see_whole_commits_and_never_wait),
		T(a_second_writer_waits_and_then_gives_up),
		T(commits_are_on_the_disk_unless_told_otherwise),
		T(writers_take_turns),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
