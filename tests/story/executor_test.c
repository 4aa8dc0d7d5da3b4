/* Executors against a real runner. */
#include <signal.h>
#include <unistd.h>

#include "executor/executor.h"
#include "io/clock.h"
#include "io/file.h"
#include "io/loop_testing.h"
#include "io/token.h"
#include "value/json.h"

struct fixture {
	uv_loop_t loop;
	char *home;
	const char *argv[2];
	struct tw_executor_opts opts;
	struct tw_executors xs;
	int started, finished, strangers, requests, beats;
	int ends[TW_END_N];
	int pid; /* of the last that started */
	char reason[200];
	struct tw_id last, stranger;
};

static void on_started(void *arg, struct tw_executor *ex, const struct tw_exec_started *s)
{
	struct fixture *f = arg;
	f->started++;
	f->pid = s->pid;
	f->last = s->attempt;
}

static void on_finished(void *arg, struct tw_executor *ex, const struct tw_exec_finished *r)
{
	struct fixture *f = arg;
	f->finished++;
	f->ends[r->end]++;
	snprintf(f->reason, sizeof f->reason, TW_STR_FMT, TW_STR_ARG(r->reason));
	tw_executor_ack(ex, r->attempt);
}

static void on_request(void *arg, struct tw_executor *ex, const struct tw_exec_request *q)
{
	struct fixture *f = arg;
	f->requests++;
	if (q->id)
		tw_executor_reply(ex, q->id, tw_v_cstr("the answer"), NULL, NULL);
}

static void on_beat(void *arg, struct tw_executor *ex, const struct tw_id *ids, size_t n)
{
	((struct fixture *)arg)->beats += (int)n;
}

static void on_stranger(void *arg, struct tw_executor *ex, struct tw_id attempt)
{
	struct fixture *f = arg;
	f->strangers++;
	f->stranger = attempt;
	tw_executor_kill(ex, attempt, "nobody wants it");
}

static void make(struct fixture *f, const char *spec)
{
	struct tw_err err = {0};
	if (tw_executors_new(&f->opts, tw_str(spec), &f->xs, &err) < 0 ||
	    tw_executor_start(f->xs.v[0], &err) < 0)
		fail_msg("%s", err.msg);
}

static int setup(void **state)
{
	struct fixture *f = tw_new(struct fixture);
	*state = f;
	uv_loop_init(&f->loop);
	f->home = tw_test_folder();
	setenv("TRADEWIND_HOME", f->home, 1);
	setenv("TW_TEST_IDLE_EXIT", "1", 1);
	setenv("TW_TEST_BEAT", "1", 1);
	f->argv[0] = getenv("TW_RUNNER");
	f->opts = (struct tw_executor_opts){
		.loop = &f->loop,
		.sink = {f, on_started, on_finished, on_request, on_beat, on_stranger},
		.home = f->home,
		.runner_argv = f->argv,
		.parallelism = 8,
	};
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	tw_executors_free(&f->xs, true);
	tw_test_run_for(&f->loop, 300);
	tw_test_close_loop(&f->loop);
	tw_file_remove_tree(f->home, NULL);
	free(f->home);
	free(f);
	return 0;
}

static struct tw_id new_id(void)
{
	char text[TW_UUID_LEN + 1];
	struct tw_id id;
	tw_uuid7(text, tw_now());
	assert_true(tw_id_parse(tw_str(text), &id));
	return id;
}

static void dispatch(struct fixture *f, struct tw_id id, const char *command)
{
	char text[37];
	tw_id_text(id, text);
	struct tw_buf b = {0};
	tw_buf_printf(&b,
		      "{\"op\":\"run\",\"attempt\":\"%s\",\"native\":\"bash\",\"task\":{\"args\":"
		      "{\"bash_command\":",
		      text);
	tw_json_write_str(&b, tw_str(command), 0);
	tw_buf_printf(&b, "}},\"log_path\":\"%s/logs/%s.log\"}", f->home, text);
	const struct tw_workload w = {.attempt = id, .json = tw_buf_str(&b)};
	tw_executor_dispatch(f->xs.v[0], &w, 1);
	tw_buf_release(&b);
}

static void runs(void **state)
{
	struct fixture *f = *state;
	make(f, "LocalExecutor");
	for (int i = 0; i < 20; i++)
		dispatch(f, new_id(), i % 2 ? "exit 1" : "true");
	assert_int_equal(f->xs.v[0]->held, 20);
	assert_int_equal(tw_executor_free_slots(f->xs.v[0]), 0);
	tw_test_run_until(&f->loop, &f->finished, 20);
	assert_int_equal(f->started, 20);
	assert_int_equal(f->ends[TW_END_SUCCESS], 10);
	assert_int_equal(f->ends[TW_END_FAILED], 10);
	assert_int_equal(tw_executor_free_slots(f->xs.v[0]), 8);
}

static void kills(void **state)
{
	struct fixture *f = *state;
	struct tw_id early = new_id(), late = new_id();
	make(f, "LocalExecutor");
	dispatch(f, early, "sleep 60");
	tw_executor_kill(f->xs.v[0], early, "too early");
	dispatch(f, late, "sleep 60");
	assert_int_equal(f->finished, 0);
	tw_test_run_until(&f->loop, &f->started, 1);
	assert_int_equal(f->finished, 1);
	assert_string_equal(f->reason, "too early");
	tw_executor_kill(f->xs.v[0], late, "too late");
	tw_test_run_until(&f->loop, &f->finished, 2);
	assert_string_equal(f->reason, "too late");
	assert_int_equal(f->ends[TW_END_FAILED], 2);
}

/* The runner is killed: what had started is lost, the next runner goes on. */
static void runner_dies(void **state)
{
	struct fixture *f = *state;
	make(f, "LocalExecutor");
	dispatch(f, new_id(), "sleep 60");
	tw_test_run_until(&f->loop, &f->started, 1);
	char *lock = tw_asprintf("%s/run/runner.journal.lock", f->home);
	assert_int_equal(kill(tw_pidfile_owner(lock), SIGKILL), 0);
	free(lock);
	dispatch(f, new_id(), "true");
	tw_test_run_until(&f->loop, &f->finished, 2);
	assert_int_equal(f->ends[TW_END_LOST], 1);
	assert_int_equal(f->ends[TW_END_SUCCESS], 1);
}

/* The scheduler dies: its successor adopts one, and hears of another as a stranger. */
static void scheduler_dies(void **state)
{
	struct fixture *f = *state;
	struct tw_id wanted = new_id(), unwanted = new_id(), unknown = new_id();
	make(f, "LocalExecutor");
	dispatch(f, wanted, "sleep 1.5");
	dispatch(f, unwanted, "sleep 60");
	tw_test_run_until(&f->loop, &f->started, 2);
	tw_executors_free(&f->xs, false);
	f->started = 0;
	make(f, "LocalExecutor");
	tw_executor_adopt(f->xs.v[0], &wanted, 1);
	tw_executor_adopt(f->xs.v[0], &unknown, 1);
	tw_test_run_until(&f->loop, &f->finished, 2);
	assert_int_equal(f->started, 1);
	assert_true(tw_id_eq(f->last, wanted));
	assert_int_equal(f->strangers, 1);
	assert_true(tw_id_eq(f->stranger, unwanted));
	assert_int_equal(f->ends[TW_END_LOST], 1);
	assert_int_equal(f->ends[TW_END_SUCCESS], 1);
	assert_true(f->beats >= 1);
}

static void null_executor(void **state)
{
	struct fixture *f = *state;
	make(f, "NullExecutor");
	dispatch(f, new_id(), "false");
	dispatch(f, new_id(), "false");
	assert_int_equal(f->started, 0);
	tw_test_run_until(&f->loop, &f->finished, 2);
	assert_int_equal(f->ends[TW_END_SUCCESS], 2);
}

static void expect_refused(struct fixture *f, const char *spec, const char *message)
{
	struct tw_err err = {0};
	assert_true(tw_executors_new(&f->opts, tw_str(spec), &f->xs, &err) < 0);
	if (!strstr(err.msg, message))
		fail_msg("'%s' is not in '%s'", message, err.msg);
}

static void names(void **state)
{
	struct fixture *f = *state;
	expect_refused(f, "", "names none");
	expect_refused(f, "FooExecutor", "there is no executor 'FooExecutor'");
	expect_refused(f, "LocalExecutor,CeleryExecutor", "does not have CeleryExecutor yet");
	expect_refused(f, "a:LocalExecutor,a:NullExecutor", "'a' is named twice");
	expect_refused(f, "LocalExecutor,SequentialExecutor", "share one runner");
	struct tw_err err = {0};
	assert_int_equal(
		tw_executors_new(
			&f->opts,
			TW_STR("airflow.executors.local_executor.LocalExecutor, n:NullExecutor"),
			&f->xs, &err),
		TW_OK);
	assert_int_equal(f->xs.n, 2);
	assert_ptr_equal(tw_executors_find(&f->xs, TW_STR("")), f->xs.v[0]);
	assert_ptr_equal(tw_executors_find(&f->xs, TW_STR("LocalExecutor")), f->xs.v[0]);
	assert_ptr_equal(tw_executors_find(&f->xs, TW_STR("n")), f->xs.v[1]);
	assert_ptr_equal(tw_executors_find(&f->xs, TW_STR("NullExecutor")), f->xs.v[1]);
	assert_null(tw_executors_find(&f->xs, TW_STR("CeleryExecutor")));
	tw_executors_free(&f->xs, false);
	assert_int_equal(tw_executors_new(&f->opts, TW_STR("SequentialExecutor"), &f->xs, &err),
			 TW_OK);
	assert_int_equal(f->xs.v[0]->parallelism, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(runs, setup, teardown),
		cmocka_unit_test_setup_teardown(kills, setup, teardown),
		cmocka_unit_test_setup_teardown(runner_dies, setup, teardown),
		cmocka_unit_test_setup_teardown(scheduler_dies, setup, teardown),
		cmocka_unit_test_setup_teardown(null_executor, setup, teardown),
		cmocka_unit_test_setup_teardown(names, setup, teardown),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
