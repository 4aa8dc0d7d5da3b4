#include "runner/tasklog.h"

#include "base/utf8.h"
#include "io/file.h"
#include "io/loop_testing.h"
#include "value/json.h"

struct fixture {
	uv_loop_t loop;
	struct tw_logs logs;
	struct tw_masker masker;
	struct tw_tasklog *log;
	struct tw_arena arena;
	char *dir, *path;
};

static void on_written(void *arg)
{
	++*(int *)arg;
}

static int setup(void **state)
{
	struct fixture *f = tw_new(struct fixture);
	*state = f;
	uv_loop_init(&f->loop);
	f->dir = tw_test_folder();
	f->path = tw_asprintf("%s/dag_id=a/run_id=b/attempt=1.log", f->dir);
	tw_logs_init(&f->logs, &f->loop);
	f->log = tw_tasklog_open(&f->logs, f->path, &f->masker);
	int open = 0;
	tw_tasklog_when_written(f->log, on_written, &open);
	assert_int_equal(open, 0);
	tw_test_run_until(&f->loop, &open, 1);
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	tw_tasklog_close(f->log);
	tw_logs_release(&f->logs);
	tw_test_close_loop(&f->loop);
	tw_masker_release(&f->masker);
	tw_arena_release(&f->arena);
	tw_file_remove_tree(f->dir, NULL);
	free(f->dir);
	free(f->path);
	free(f);
	return 0;
}

/* The file's lines, as values. */
static struct tw_value lines(struct fixture *f)
{
	struct tw_buf text = {0};
	assert_int_equal(tw_file_read(f->path, 64 << 20, &text, NULL), TW_OK);
	assert_int_equal(tw_utf8_valid(tw_buf_str(&text)), text.n);
	struct tw_value list = tw_v_list(&f->arena);
	for (struct tw_str rest = tw_buf_str(&text); rest.n;) {
		struct tw_value v;
		struct tw_err err = {0};
		struct tw_str line = tw_str_cut(rest, '\n', &rest);
		assert_non_null(rest.p);
		if (tw_json_parse(&f->arena, line, &v, &err) < 0)
			fail_msg("%s", err.msg);
		tw_list_push(&f->arena, list, v);
	}
	tw_buf_release(&text);
	return list;
}

static struct tw_str event(struct tw_value all, size_t i)
{
	assert_true(i < all.list->n);
	return tw_map_str(all.list->v[i], "event", "");
}

static void expect_event(struct tw_value all, size_t i, const char *want)
{
	char *got = tw_str_dup(event(all, i));
	assert_string_equal(got, want);
	free(got);
}

static void own_lines(void **state)
{
	struct fixture *f = *state;
	tw_tasklog_printf(f->log, TW_LOG_INFO, "task", "hello %d \"x\"\n", 1);
	tw_tasklog_exception(f->log, "Task failed with exception", "AirflowException",
			     TW_STR("no"));
	assert_int_equal(lines(f).list->n, 0);
	tw_test_run_for(&f->loop, TW_LOG_FLUSH_MS + 50);
	struct tw_value all = lines(f);
	assert_int_equal(all.list->n, 2);
	expect_event(all, 0, "hello 1 \"x\"\n");
	assert_true(tw_str_is(tw_map_str(all.list->v[0], "level", ""), "info"));
	struct tw_value detail = tw_map_value(all.list->v[1], "error_detail");
	assert_true(tw_str_is(tw_map_str(detail.list->v[0], "exc_value", ""), "no"));
}

static void raw_stream(void **state)
{
	struct fixture *f = *state;
	struct tw_logstream s;
	tw_masker_add(&f->masker, TW_STR("hunter22"));
	tw_logstream_init(&s, f->log, TW_LOG_ERROR, "task.stderr");
	const char text[] = "one \r\n\ntw\xffo hunter22\nthree hunter2";
	for (size_t i = 0; i < sizeof text - 1; i++)
		tw_logstream_feed(&s, tw_strn(text + i, 1));
	tw_tasklog_flush(f->log);
	assert_int_equal(lines(f).list->n, 3);
	tw_logstream_end(&s);
	tw_tasklog_flush(f->log);
	struct tw_value all = lines(f);
	assert_int_equal(all.list->n, 4);
	expect_event(all, 0, "one");
	expect_event(all, 1, "");
	expect_event(all, 2, "tw\xef\xbf\xbdo ***");
	expect_event(all, 3, "three hunter2");
	assert_true(tw_str_is(tw_map_str(all.list->v[3], "logger", ""), "task.stderr"));
}

static void long_lines(void **state)
{
	struct fixture *f = *state;
	struct tw_logstream s;
	struct tw_buf big = {0};
	for (size_t i = 0; i < TW_LOG_LINE * 2 + 10; i++)
		tw_buf_addc(&big, 'x');
	tw_buf_adds(&big, "\nend\n");
	tw_logstream_init(&s, f->log, TW_LOG_INFO, "task.stdout");
	tw_logstream_feed(&s, tw_buf_str(&big));
	tw_logstream_end(&s);
	tw_tasklog_flush(f->log);
	struct tw_value all = lines(f);
	assert_int_equal(all.list->n, 4);
	assert_int_equal(event(all, 0).n, TW_LOG_LINE);
	assert_int_equal(event(all, 2).n, 10);
	expect_event(all, 3, "end");
	tw_buf_release(&big);
}

static void json_stream(void **state)
{
	struct fixture *f = *state;
	struct tw_logstream s;
	tw_masker_add(&f->masker, TW_STR("level"));
	tw_logstream_init(&s, f->log, TW_LOG_INFO, "task");
	s.json = true;
	tw_logstream_feed(&s, TW_STR("{\"level\":\"info\",\"event\":\"a "));
	tw_logstream_feed(&s,
			  TW_STR("level\",\"n\":1,\"x\":[\"level2\"]}\n\nplain level\n{broken\n"));
	tw_logstream_feed(&s, TW_STR("{\"event\":\"\xff\"}\n{\"event\":\"last\"}"));
	tw_logstream_end(&s);
	tw_tasklog_flush(f->log);
	struct tw_value all = lines(f);
	assert_int_equal(all.list->n, 5);
	expect_event(all, 0, "a ***");
	assert_int_equal(tw_map_int(all.list->v[0], "n", 0), 1);
	expect_event(all, 1, "plain ***");
	expect_event(all, 2, "{broken");
	expect_event(all, 3, "{\"event\":\"\xef\xbf\xbd\"}");
	expect_event(all, 4, "last");
}

/* Closed before it is open: what was said is written all the same. */
static void closed_early(void **state)
{
	struct fixture *f = *state;
	free(f->path);
	f->path = tw_asprintf("%s/other/early.log", f->dir);
	struct tw_tasklog *log = tw_tasklog_open(&f->logs, f->path, &f->masker);
	tw_tasklog_printf(log, TW_LOG_INFO, "task", "quick");
	tw_tasklog_close(log);
	tw_test_run_for(&f->loop, 100);
	expect_event(lines(f), 0, "quick");
	tw_tasklog_close(tw_tasklog_open(&f->logs, "/proc/nowhere/x.log", &f->masker));
	tw_test_run_for(&f->loop, 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(own_lines, setup, teardown),
		cmocka_unit_test_setup_teardown(raw_stream, setup, teardown),
		cmocka_unit_test_setup_teardown(long_lines, setup, teardown),
		cmocka_unit_test_setup_teardown(json_stream, setup, teardown),
		cmocka_unit_test_setup_teardown(closed_early, setup, teardown),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
