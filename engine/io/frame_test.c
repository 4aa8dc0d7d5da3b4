#include "io/frame.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/loop_testing.h"
#include "io/sock.h"

struct side {
	struct tw_link *link;
	int frames, ends, drains, fds;
	size_t bytes;
	struct tw_buf text; /* of the frames that are short, with ',' behind each */
	int keep[64];
	size_t nkeep;
	struct tw_err why;
	bool echo, pause_after_each;
};

static void on_frame(void *arg, struct tw_link *link, struct tw_str body, int *fds, size_t nfds)
{
	struct side *s = arg;
	s->frames++;
	s->bytes += body.n;
	s->fds += (int)nfds;
	if (body.n < 100) {
		tw_buf_addstr(&s->text, body);
		for (size_t i = 0; i < nfds; i++)
			tw_buf_addc(&s->text, '+');
		tw_buf_addc(&s->text, ',');
	}
	if (nfds && s->nkeep < 64) {
		s->keep[s->nkeep++] = fds[0];
		fds[0] = -1;
	}
	if (s->echo)
		assert_int_equal(tw_link_send(link, body, NULL), TW_OK);
	if (s->pause_after_each)
		tw_link_pause(link, true);
	if (tw_str_is(body, "close"))
		tw_link_close(link);
}

static void on_end(void *arg, struct tw_link *link, const struct tw_err *why)
{
	struct side *s = arg;
	s->ends++;
	s->why = *why;
}

static void on_drain(void *arg, struct tw_link *link)
{
	((struct side *)arg)->drains++;
}

static const struct tw_link_ops ops = {on_frame, on_end, on_drain};

struct pair {
	uv_loop_t loop;
	struct side a, b;
};

static void pair_init(struct pair *p)
{
	int fds[2];
	memset(p, 0, sizeof *p);
	uv_loop_init(&p->loop);
	assert_int_equal(tw_sock_pair(fds, NULL), TW_OK);
	p->a.link = tw_link_new(&p->loop, fds[0], &ops, &p->a);
	p->b.link = tw_link_new(&p->loop, fds[1], &ops, &p->b);
}

static void side_release(struct side *s)
{
	tw_link_close(s->link);
	tw_buf_release(&s->text);
	for (size_t i = 0; i < s->nkeep; i++)
		close(s->keep[i]);
}

static void pair_release(struct pair *p)
{
	side_release(&p->a);
	side_release(&p->b);
	tw_test_close_loop(&p->loop);
}

static void send_text(struct side *s, const char *text)
{
	assert_int_equal(tw_link_send(s->link, tw_str(text), NULL), TW_OK);
}

static void carries_frames(void **state)
{
	struct pair p;
	pair_init(&p);
	p.b.echo = true;
	send_text(&p.a, "one");
	send_text(&p.a, "");
	struct tw_arena arena = {0};
	struct tw_value v = tw_v_map(&arena);
	tw_map_putc(&arena, v, "op", tw_v_cstr("run"));
	assert_int_equal(tw_link_send_json(p.a.link, v, NULL), TW_OK);
	tw_arena_release(&arena);
	tw_test_run_until(&p.loop, &p.a.frames, 3);
	assert_string_equal(p.a.text.p, "one,,{\"op\":\"run\"},");
	assert_int_equal(p.a.ends + p.b.ends, 0);
	pair_release(&p);
}

static void carries_much(void **state)
{
	struct pair p;
	pair_init(&p);
	size_t n = 5 << 20;
	char *big = tw_zalloc(n);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(tw_link_send(p.a.link, tw_strn(big, n), NULL), TW_OK);
		send_text(&p.a, "x");
	}
	assert_true(tw_link_queued(p.a.link) > 15 << 20);
	tw_test_run_until(&p.loop, &p.b.frames, 8);
	assert_int_equal(p.b.bytes, 4 * n + 4);
	assert_string_equal(p.b.text.p, "x,x,x,x,");
	assert_int_equal(tw_link_queued(p.a.link), 0);
	assert_int_equal(p.a.drains, 1);
	free(big);
	pair_release(&p);
}

/* Descriptors come with the frame they were sent with, however the bytes are cut. */
static void carries_descriptors(void **state)
{
	struct pair p;
	int before = tw_test_open_fds();
	pair_init(&p);
	int fds[2], many[TW_FRAME_FDS];
	assert_int_equal(pipe(fds), 0);
	for (size_t i = 0; i < TW_FRAME_FDS; i++)
		many[i] = fds[0];
	tw_link_cork(p.a.link);
	for (int i = 0; i < 20; i++) {
		send_text(&p.a, "plain");
		assert_int_equal(tw_link_send_fds(p.a.link, TW_STR("one"), fds + 1, 1, NULL),
				 TW_OK);
		assert_int_equal(
			tw_link_send_fds(p.a.link, TW_STR("all"), many, TW_FRAME_FDS, NULL), TW_OK);
	}
	char *big = tw_zalloc(1 << 20);
	assert_int_equal(tw_link_send_fds(p.a.link, tw_strn(big, 1 << 20), fds, 2, NULL), TW_OK);
	send_text(&p.a, "last");
	tw_link_uncork(p.a.link);
	close(fds[1]);
	tw_test_run_until(&p.loop, &p.b.frames, 62);
	struct tw_buf want = {0};
	for (int i = 0; i < 20; i++)
		tw_buf_adds(&want, "plain,one+,all++++++++++++++++,");
	tw_buf_adds(&want, "last,");
	assert_string_equal(p.b.text.p, want.p);
	assert_int_equal(p.b.fds, 20 * 17 + 2);
	/* They work, are close-on-exec, and ours are no longer needed. */
	assert_int_equal(write(p.b.keep[0], "z", 1), 1);
	assert_int_equal(fcntl(p.b.keep[0], F_GETFD), FD_CLOEXEC);
	char c;
	assert_int_equal(read(fds[0], &c, 1), 1);
	close(fds[0]);
	assert_int_equal(tw_link_send_fds(p.a.link, TW_STR("x"), fds, 1, NULL), TW_ERR_IO);
	tw_buf_release(&want);
	free(big);
	pair_release(&p);
	assert_int_equal(tw_test_open_fds(), before);
}

static void pauses(void **state)
{
	struct pair p;
	pair_init(&p);
	p.b.pause_after_each = true;
	for (int i = 0; i < 5; i++)
		send_text(&p.a, "x");
	tw_link_finish(p.a.link);
	p.a.link = NULL;
	for (int i = 1; i <= 5; i++) {
		tw_test_run_until(&p.loop, &p.b.frames, i);
		tw_test_run_for(&p.loop, 5);
		assert_int_equal(p.b.frames, i);
		tw_link_pause(p.b.link, false);
	}
	tw_test_run_until(&p.loop, &p.b.ends, 1);
	assert_int_equal(p.b.why.rc, TW_OK);
	pair_release(&p);
}

static void ends(void **state)
{
	struct pair p;
	pair_init(&p);
	/* b does not read while a sends a lot, and finishes: all arrives, then the end. */
	char *big = tw_zalloc(3 << 20);
	assert_int_equal(tw_link_send(p.a.link, tw_strn(big, 3 << 20), NULL), TW_OK);
	send_text(&p.a, "bye");
	tw_link_finish(p.a.link);
	p.a.link = NULL;
	tw_test_run_until(&p.loop, &p.b.ends, 1);
	assert_int_equal(p.b.why.rc, TW_OK);
	assert_int_equal(p.b.frames, 2);
	struct tw_err err;
	assert_int_equal(tw_link_send(p.b.link, TW_STR("x"), &err), TW_ERR_IO);
	free(big);
	pair_release(&p);
}

static void tells_what_the_peer_said_before_it_went(void **state)
{
	struct pair p;
	pair_init(&p);
	send_text(&p.a, "result");
	tw_link_close(p.a.link);
	p.a.link = NULL;
	send_text(&p.b, "never read"); /* EPIPE */
	tw_test_run_until(&p.loop, &p.b.ends, 1);
	assert_string_equal(p.b.text.p, "result,");
	pair_release(&p);

	/* The peer goes with our bytes unread: the socket is in error, its last words are there. */
	pair_init(&p);
	send_text(&p.b, "unread");
	send_text(&p.a, "result");
	tw_link_close(p.a.link);
	p.a.link = NULL;
	tw_test_run_until(&p.loop, &p.b.ends, 1);
	assert_string_equal(p.b.text.p, "result,");
	pair_release(&p);
}

static void drains_at_once(void **state)
{
	struct pair p;
	pair_init(&p);
	send_text(&p.a, "one");
	send_text(&p.a, "two");
	tw_link_drain(p.b.link);
	assert_string_equal(p.b.text.p, "one,two,");
	assert_int_equal(p.b.ends, 0);
	send_text(&p.a, "last");
	tw_link_close(p.a.link);
	p.a.link = NULL;
	tw_link_drain(p.b.link);
	assert_string_equal(p.b.text.p, "one,two,last,");
	assert_int_equal(p.b.ends, 1);
	tw_link_drain(p.b.link);
	tw_link_drain(NULL);
	assert_int_equal(p.b.ends, 1);
	pair_release(&p);
}

static void may_be_closed_by_its_callback(void **state)
{
	struct pair p;
	pair_init(&p);
	send_text(&p.a, "close");
	send_text(&p.a, "not seen");
	p.b.link = NULL; /* on_frame closes it */
	tw_test_run_until(&p.loop, &p.a.ends, 1);
	assert_int_equal(p.b.frames, 1);
	assert_int_equal(p.b.ends, 0);
	pair_release(&p);
}

static void refuses_the_oversized(void **state)
{
	struct pair p;
	struct tw_err err;
	int fds[2];
	pair_init(&p);
	char *big = calloc(1, TW_FRAME_MAX + 1);
	assert_int_equal(tw_link_send(p.a.link, tw_strn(big, TW_FRAME_MAX + 1), &err),
			 TW_ERR_LIMIT);
	for (int i = 0; i < 4; i++)
		tw_link_send(p.a.link, tw_strn(big, TW_FRAME_MAX - 100000), &err);
	assert_int_equal(tw_link_send(p.a.link, tw_strn(big, TW_FRAME_MAX), &err), TW_ERR_LIMIT);
	free(big);
	pair_release(&p);

	pair_init(&p);
	assert_int_equal(tw_sock_pair(fds, NULL), TW_OK);
	tw_link_close(p.b.link);
	p.b.link = tw_link_new(&p.loop, fds[0], &ops, &p.b);
	assert_int_equal(write(fds[1], "\x04\x00\x00\x01", 4), 4);
	tw_test_run_until(&p.loop, &p.b.ends, 1);
	assert_int_equal(p.b.why.rc, TW_ERR_LIMIT);
	close(fds[1]);
	pair_release(&p);

	pair_init(&p);
	assert_int_equal(tw_sock_pair(fds, NULL), TW_OK);
	tw_link_close(p.b.link);
	p.b.link = tw_link_new(&p.loop, fds[0], &ops, &p.b);
	assert_int_equal(write(fds[1],
			       "\0\0\0\x05"
			       "ab",
			       6),
			 6);
	close(fds[1]);
	tw_test_run_until(&p.loop, &p.b.ends, 1);
	assert_int_equal(p.b.why.rc, TW_ERR_IO);
	pair_release(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(carries_frames),
		cmocka_unit_test(carries_much),
		cmocka_unit_test(carries_descriptors),
		cmocka_unit_test(pauses),
		cmocka_unit_test(ends),
		cmocka_unit_test(tells_what_the_peer_said_before_it_went),
		cmocka_unit_test(drains_at_once),
		cmocka_unit_test(may_be_closed_by_its_callback),
		cmocka_unit_test(refuses_the_oversized),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
