#include "io/proc.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/loop_testing.h"

struct seen {
	int n;
	struct tw_exit last;
};

static void on_exit_seen(void *arg, const struct tw_exit *e)
{
	struct seen *s = arg;
	s->n++;
	s->last = *e;
}

static pid_t spawn(const struct tw_proc_opts *o)
{
	struct tw_err err = {0};
	pid_t pid = -1;
	if (tw_proc_spawn(o, &pid, &err) < 0)
		fail_msg("%s", err.msg);
	return pid;
}

/* Runs a shell script to its end with its output read through a pipe; returns the output. */
static char *run(const char *script, struct tw_proc_opts o, const struct tw_fd_map *more,
		 size_t nmore)
{
	int fds[2];
	struct tw_fd_map maps[10] = {0};
	const char *const argv[] = {"sh", "-c", script, NULL};
	assert_int_equal(tw_proc_pipe(fds, NULL), TW_OK);
	maps[0] = (struct tw_fd_map){fds[1], 1};
	if (nmore)
		memcpy(maps + 1, more, nmore * sizeof *more);
	o.argv = argv;
	o.fds = maps;
	o.nfds = nmore + 1;
	pid_t pid = spawn(&o);
	close(fds[1]);
	struct tw_buf out = {0};
	char chunk[512];
	for (ssize_t n; (n = read(fds[0], chunk, sizeof chunk)) > 0;)
		tw_buf_add(&out, chunk, (size_t)n);
	close(fds[0]);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	return tw_buf_steal(&out);
}

static void gives_env_and_folder(void **state)
{
	const char *const env[] = {"A=1", "PATH=/usr/bin:/bin", NULL};
	char *out = run("pwd; echo $A; exit 0", (struct tw_proc_opts){.cwd = "/usr", .envp = env},
			NULL, 0);
	assert_string_equal(out, "/usr\n1\n");
	free(out);
}

static void maps_descriptors(void **state)
{
	/* 8 and 9 swapped, 6 from another, standard input from nowhere; nothing else comes
	 * along. */
	int a[2], b[2], loose = open("/dev/null", O_RDONLY); /* not close-on-exec */
	assert_int_equal(pipe(a) | pipe(b), 0);
	assert_int_equal(write(a[1], "from-a\n", 7), 7);
	assert_int_equal(write(b[1], "from-b\n", 7), 7);
	int three = dup2(a[0], 8), four = dup2(b[0], 9); /* one digit: the shell wants it */
	const struct tw_fd_map maps[] = {{three, four}, {four, three}, {a[0], 6}, {-1, 0}};
	char script[300];
	snprintf(script, sizeof script,
		 "read x <&%d; read y <&%d; echo $x $y; cat; cd /proc/self/fd; "
		 "for f in *; do case $f in 0|1|2|6|%d|%d) ;; *) readlink $f ;; esac; done",
		 three, four, three, four);
	char *out = run(script, (struct tw_proc_opts){0}, maps, 4);
	/* The shell's own descriptor of the folder may show; ours may not. */
	assert_memory_equal(out, "from-b from-a\n", 14);
	assert_null(strstr(out, "pipe"));
	assert_null(strstr(out, "/dev/null"));
	free(out);
	close(loose);
	close(three);
	close(four);
	for (int i = 0; i < 2; i++) {
		close(a[i]);
		close(b[i]);
	}
}

static void resets_signals(void **state)
{
	sigset_t block, old;
	sigemptyset(&block);
	sigaddset(&block, SIGTERM);
	sigprocmask(SIG_BLOCK, &block, &old);
	signal(SIGPIPE, SIG_IGN);
	char *out =
		run("grep -E '^Sig(Blk|Ign)' /proc/self/status", (struct tw_proc_opts){0}, NULL, 0);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &old, NULL);
	unsigned long long blocked, ignored;
	assert_int_equal(sscanf(out, "SigBlk: %llx SigIgn: %llx", &blocked, &ignored), 2);
	assert_int_equal(blocked, 0);
	assert_int_equal(ignored & 0x7FFFFFFF, 0); /* 32 and 33 are the C library's own */
	free(out);
}

static void makes_groups(void **state)
{
	const char *script = "ps -o pid=,pgid=,sid= -p $$";
	int pid, pgid, sid;
	char *out = run(script, (struct tw_proc_opts){.group = TW_PROC_OWN_GROUP}, NULL, 0);
	assert_int_equal(sscanf(out, "%d %d %d", &pid, &pgid, &sid), 3);
	free(out);
	assert_int_equal(pid, pgid);
	assert_int_equal(sid, getsid(0));
	out = run(script, (struct tw_proc_opts){.group = TW_PROC_OWN_SESSION}, NULL, 0);
	assert_int_equal(sscanf(out, "%d %d %d", &pid, &pgid, &sid), 3);
	free(out);
	assert_int_equal(pid, sid);
}

static void says_why_not(void **state)
{
	struct tw_err err;
	pid_t pid;
	const char *const absent[] = {"/no/such/program", NULL};
	const char *const denied[] = {"/etc/passwd", NULL};
	const char *const fine[] = {"true", NULL};
	struct tw_proc_opts o = {.argv = absent};
	assert_int_equal(tw_proc_spawn(&o, &pid, &err), TW_ERR_NOT_FOUND);
	assert_string_equal(err.msg, "cannot start '/no/such/program': No such file or directory");
	o.argv = denied;
	assert_int_equal(tw_proc_spawn(&o, &pid, &err), TW_ERR_DENIED);
	o.argv = fine;
	o.cwd = "/no/such/folder";
	assert_int_equal(tw_proc_spawn(&o, &pid, &err), TW_ERR_NOT_FOUND);
	assert_string_equal(err.msg, "cannot start 'true' in folder '/no/such/folder': "
				     "No such file or directory");
}

static void reaps(void **state)
{
	uv_loop_t loop;
	struct tw_reaper *r;
	uv_loop_init(&loop);
	assert_int_equal(tw_reaper_new(&loop, &r, NULL), TW_OK);
	struct seen s[30] = {0};
	int n = 0;
	for (int i = 0; i < 30; i++) {
		char script[40];
		snprintf(script, sizeof script, i == 29 ? "kill -9 $$" : "exit %d", i);
		const char *const argv[] = {"sh", "-c", script, NULL};
		pid_t pid = spawn(&(struct tw_proc_opts){.argv = argv});
		tw_reaper_watch(r, pid, 0, on_exit_seen, &s[i]);
	}
	assert_int_equal(tw_reaper_count(r), 30);
	uv_run(&loop, UV_RUN_DEFAULT); /* ends by itself when nobody is waited for */
	assert_int_equal(tw_reaper_count(r), 0);
	for (int i = 0; i < 30; i++) {
		assert_int_equal(s[i].n, 1);
		assert_int_equal(s[i].last.code, i == 29 ? -1 : i);
		assert_int_equal(s[i].last.signal, i == 29 ? SIGKILL : 0);
		assert_true(s[i].last.usage.ru_maxrss > 0);
		n++;
	}
	tw_reaper_free(r);
	tw_test_close_loop(&loop);
}

static void hears_of_orphans(void **state)
{
	uv_loop_t loop;
	struct tw_reaper *r;
	struct seen unknown = {0}, known = {0};
	uv_loop_init(&loop);
	assert_int_equal(tw_proc_become_subreaper(NULL), TW_OK);
	assert_int_equal(tw_reaper_new(&loop, &r, NULL), TW_OK);
	tw_reaper_on_unknown(r, on_exit_seen, &unknown);
	const char *const argv[] = {"sh", "-c", "(sleep 0.05; exit 7) & exit 0", NULL};
	tw_reaper_watch(r, spawn(&(struct tw_proc_opts){.argv = argv}), 0, on_exit_seen, &known);
	/* A handle for somebody who waits keeps the loop going. */
	tw_test_run_until(&loop, &known.n, 1);
	tw_test_run_until(&loop, &unknown.n, 1);
	assert_int_equal(unknown.last.code, 7);
	assert_int_equal(known.n, 1);
	tw_reaper_free(r);
	tw_test_close_loop(&loop);
}

/* A pipe both ends of whose children's copies are closed once the whole group is dead. */
static void await_closed(int fd)
{
	char c;
	assert_int_equal(read(fd, &c, 1), 0);
	close(fd);
}

static void terminates(const char *script, int flags, bool terminate, int want_signal,
		       int want_code)
{
	uv_loop_t loop;
	struct tw_reaper *r;
	struct seen s = {0};
	int fds[2];
	char c;
	uv_loop_init(&loop);
	assert_int_equal(tw_reaper_new(&loop, &r, NULL), TW_OK);
	assert_int_equal(tw_proc_pipe(fds, NULL), TW_OK);
	const struct tw_fd_map map = {fds[1], 3};
	const char *const argv[] = {"sh", "-c", script, NULL};
	pid_t pid = spawn(&(struct tw_proc_opts){
		.argv = argv, .fds = &map, .nfds = 1, .group = TW_PROC_OWN_GROUP});
	close(fds[1]);
	tw_reaper_watch(r, pid, flags, on_exit_seen, &s);
	assert_int_equal(read(fds[0], &c, 1), 1); /* its traps are set */
	if (terminate) {
		tw_reaper_terminate(r, pid, 60000);
		tw_reaper_terminate(r, pid, 100);
		tw_reaper_terminate(r, pid, 60000);
	}
	tw_test_run_until(&loop, &s.n, 1);
	assert_int_equal(s.last.signal, want_signal);
	assert_int_equal(s.last.code, want_code);
	await_closed(fds[0]);
	tw_reaper_free(r);
	tw_test_close_loop(&loop);
}

static void terminates_groups(void **state)
{
	/* Obeys TERM; its child does not, and dies with it. */
	terminates("trap 'exit 3' TERM; (trap '' TERM; printf x >&3; sleep 100; sleep 100) & wait",
		   0, true, 0, 3);
	/* Deaf to TERM. */
	terminates("trap '' TERM; printf x >&3; sleep 100; sleep 100", 0, true, SIGKILL, -1);
	/* Ends by itself and leaves a child behind. */
	terminates("sleep 100 & printf x >&3; exit 4", TW_REAP_SWEEP, false, 0, 4);
}

static void free_and_spawn(void *arg, const struct tw_exit *e)
{
	struct tw_reaper **r = arg;
	tw_reaper_free(*r);
	*r = NULL;
}

static void may_be_freed_by_a_callback(void **state)
{
	uv_loop_t loop;
	struct tw_reaper *r;
	struct seen s = {0};
	uv_loop_init(&loop);
	assert_int_equal(tw_reaper_new(&loop, &r, NULL), TW_OK);
	const char *const argv[] = {"true", NULL}, *const slow[] = {"sleep", "0.2", NULL};
	pid_t late = spawn(&(struct tw_proc_opts){.argv = slow, .group = TW_PROC_OWN_GROUP});
	tw_reaper_watch(r, spawn(&(struct tw_proc_opts){.argv = argv}), 0, free_and_spawn, &r);
	tw_reaper_watch(r, late, 0, on_exit_seen, &s);
	tw_reaper_terminate(r, late, 1000);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_null(r);
	waitpid(late, NULL, 0);
	tw_test_close_loop(&loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_env_and_folder),
		cmocka_unit_test(maps_descriptors),
		cmocka_unit_test(resets_signals),
		cmocka_unit_test(makes_groups),
		cmocka_unit_test(says_why_not),
		cmocka_unit_test(reaps),
		cmocka_unit_test(hears_of_orphans),
		cmocka_unit_test(terminates_groups),
		cmocka_unit_test(may_be_freed_by_a_callback),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
