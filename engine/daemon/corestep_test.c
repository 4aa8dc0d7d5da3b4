/* The core as a coprocess: what is said over its two descriptors. */
#include "base/testing.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/corestep.h"
#include "value/json.h"

struct peer {
	int fd;
	pthread_t thread;
	int theirs, status;
	struct tw_arena arena;
};

static void *serve(void *arg)
{
	struct peer *p = arg;

	p->status = tw_corestep_run(p->theirs, p->theirs);
	close(p->theirs);
	return NULL;
}

static struct peer *open_peer(void)
{
	struct peer *p = tw_new(struct peer);
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	p->fd = fds[0];
	p->theirs = fds[1];
	assert_int_equal(pthread_create(&p->thread, NULL, serve, p), 0);
	return p;
}

static int close_peer(struct peer *p)
{
	int status;

	close(p->fd);
	pthread_join(p->thread, NULL);
	status = p->status;
	tw_arena_release(&p->arena);
	free(p);
	return status;
}

static void put_frame(struct peer *p, const char *json)
{
	uint32_t size = htonl((uint32_t)strlen(json));

	assert_int_equal(write(p->fd, &size, 4), 4);
	assert_int_equal(write(p->fd, json, strlen(json)), (ssize_t)strlen(json));
}

/* The answer; ' in the question stands for ". */
static struct tw_value ask(struct peer *p, const char *fmt, ...) TW_PRINTF(2, 3);

static struct tw_value ask(struct peer *p, const char *fmt, ...)
{
	struct tw_buf text = {0};
	struct tw_value v;
	uint32_t size;
	va_list ap;
	char *body;

	va_start(ap, fmt);
	tw_buf_vprintf(&text, fmt, ap);
	va_end(ap);
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] == '\'')
			text.p[i] = '"';
	put_frame(p, tw_buf_cstr(&text));
	tw_buf_release(&text);
	assert_int_equal(recv(p->fd, &size, 4, MSG_WAITALL), 4);
	size = ntohl(size);
	body = tw_arena_alloc(&p->arena, size);
	assert_int_equal(recv(p->fd, body, size, MSG_WAITALL), (ssize_t)size);
	assert_int_equal(tw_json_parse(&p->arena, tw_strn(body, size), &v, NULL), TW_OK);
	return v;
}

static bool op_is(struct tw_value v, const char *op)
{
	return tw_str_is(tw_map_str(v, "op", ""), op);
}

#define TASK(id, up, more)                                                                         \
	"{'task_id':'" id "','operator':{'module':'m','class':'C'},'args':{},'upstream':[" up      \
	"]" more "}"
#define BEGIN(tasks, more)                                                                         \
	"{'op':'begin','virtual_time':true,'document':{'format':1,'dag_id':'d','fileloc':'/d.py'," \
	"'schedule':{'type':'null'},'start_date':'2026-01-01T00:00:00+00:00','tasks':[" tasks      \
	"]}," more "'run':{'conf':{'a':1},'logical_date':'2026-01-02T00:00:00+00:00'}}"

static void finish(struct peer *p, struct tw_value workload, const char *state)
{
	struct tw_str id = tw_map_str(workload, "attempt", "");
	struct tw_value v = ask(p, "{'op':'finished','attempt':'" TW_STR_FMT "','state':'%s'}",
				TW_STR_ARG(id), state);

	assert_true(op_is(v, "ok"));
	assert_true(tw_map_bool(v, "accepted", false));
}

static void begin(struct peer *p, const char *question)
{
	struct tw_value v = ask(p, "%s", question);

	if (!op_is(v, "begun"))
		fail_msg("%s", tw_map_str(v, "message", "?").p);
}

static void runs_tasks_in_order_and_retries(void **state)
{
	struct peer *p = open_peer();
	struct tw_value v, run;

	begin(p,
	      BEGIN(TASK("a", "", ",'retries':1,'retry_delay':600") "," TASK("b", "'a'", ""), ""));
	for (int attempt = 1; attempt <= 2;
	     attempt++) { /* the ten minutes between them pass in no time */
		v = ask(p, "{'op':'next'}");
		assert_true(op_is(v, "run"));
		assert_true(tw_str_is(tw_map_str(v, "task_id", ""), "a"));
		assert_int_equal(tw_map_int(v, "try_number", 0), attempt);
		assert_true(op_is(ask(p, "{'op':'next'}"), "busy"));
		finish(p, v, attempt == 1 ? "failed" : "success");
	}
	v = ask(p, "{'op':'next'}");
	assert_true(tw_str_is(tw_map_str(v, "task_id", ""), "b"));
	finish(p, v, "skipped");
	v = ask(p, "{'op':'next'}");
	assert_true(op_is(v, "ended"));
	run = tw_map_value(v, "run");
	assert_true(tw_str_is(tw_map_str(run, "state", ""), "success"));
	assert_int_equal(tw_map_int(tw_map_value(run, "conf"), "a", 0), 1);
	assert_int_equal(tw_value_len(tw_map_value(v, "tis")), 2);
	assert_int_equal(close_peer(p), 0);
}

static void a_failed_task_fails_the_run(void **state)
{
	struct peer *p = open_peer();
	struct tw_value v;

	begin(p, BEGIN(TASK("a", "", "") "," TASK("b", "'a'", ""), ""));
	finish(p, ask(p, "{'op':'next'}"), "failed_final");
	v = ask(p, "{'op':'next'}");
	assert_true(op_is(v, "ended"));
	assert_true(tw_str_is(tw_map_str(tw_map_value(v, "run"), "state", ""), "failed"));
	assert_int_equal(close_peer(p), 0);
}

static void an_end_counts_once(void **state)
{
	struct peer *p = open_peer();
	struct tw_value v, again;
	struct tw_str id;

	begin(p, BEGIN(TASK("a", "", ""), ""));
	v = ask(p, "{'op':'next'}");
	id = tw_map_str(v, "attempt", "");
	finish(p, v, "success");
	again = ask(p, "{'op':'finished','attempt':'" TW_STR_FMT "','state':'failed'}",
		    TW_STR_ARG(id));
	assert_false(op_is(again, "ok") && tw_map_bool(again, "accepted", false));
	v = ask(p, "{'op':'next'}");
	assert_true(tw_str_is(tw_map_str(tw_map_value(v, "run"), "state", ""), "success"));
	assert_int_equal(close_peer(p), 0);
}

static void what_is_wrong_is_said(void **state)
{
	struct peer *p = open_peer();

	assert_true(op_is(ask(p, "{'op':'next'}"), "error"));
	assert_true(op_is(ask(p, "no JSON"), "error"));
	assert_true(op_is(ask(p, "[]"), "error"));
	begin(p, BEGIN(TASK("a", "", ""), ""));
	assert_true(op_is(ask(p, BEGIN(TASK("a", "", ""), "")), "error"));
	assert_true(op_is(ask(p, "{'op':'finished','attempt':'x','state':'success'}"), "error"));
	assert_true(op_is(ask(p, "{'op':'trigger','trigger':7,'what':'fired'}"), "error"));
	assert_true(op_is(ask(p, "{'op':'skip','attempt':'x','tasks':[1,[],['a']]}"), "error"));
	assert_true(op_is(ask(p, "{'op':'nonsense'}"), "error"));
	assert_true(op_is(ask(p, "{'op':'next'}"), "run"));
	assert_int_equal(close_peer(p), 0);
}

static void a_bad_document_ends_it(void **state)
{
	struct peer *p = open_peer();
	struct tw_value v = ask(p, BEGIN(TASK("a", "'b'", "") "," TASK("b", "'a'", ""), ""));

	assert_true(op_is(v, "error"));
	assert_true(tw_str_find(tw_map_str(v, "message", ""), TW_STR("cycle"), 0) >= 0);
	assert_int_equal(close_peer(p), 1);
}

static void a_torn_stream_ends_it(void **state)
{
	struct peer *p = open_peer();

	assert_int_equal(write(p->fd, "\0\0\1\0{\"op\"", 9), 9);
	assert_int_equal(close_peer(p), 0);
	p = open_peer();
	assert_int_equal(write(p->fd, "\377\377\377\377", 4), 4);
	assert_int_equal(close_peer(p), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_tasks_in_order_and_retries),
		cmocka_unit_test(a_failed_task_fails_the_run),
		cmocka_unit_test(an_end_counts_once),
		cmocka_unit_test(what_is_wrong_is_said),
		cmocka_unit_test(a_bad_document_ends_it),
		cmocka_unit_test(a_torn_stream_ends_it),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
