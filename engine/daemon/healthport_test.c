#include "daemon/healthport.h"

#include <arpa/inet.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "io/loop_testing.h"

static struct tw_err test_err;

struct world {
	uv_loop_t loop;
	bool healthy;
	struct tw_healthport *port;
};

static bool is_healthy(void *arg)
{
	return ((struct world *)arg)->healthy;
}

struct client {
	uv_poll_t poll;
	int fd, done;
	char text[256];
	size_t n;
};

static void on_bytes(uv_poll_t *p, int status, int events)
{
	struct client *c = p->data;
	ssize_t n = read(c->fd, c->text + c->n, sizeof c->text - 1 - c->n);

	if (n > 0)
		c->n += (size_t)n;
	else
		c->done = 1;
}

static void asks(struct world *w, const char *request, const char *answer)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)tw_healthport_number(w->port)) };
	struct client c = { .fd = socket(AF_INET, SOCK_STREAM, 0) };

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(connect(c.fd, (struct sockaddr *)&to, sizeof to), 0);
	assert_int_equal(write(c.fd, request, strlen(request)), (ssize_t)strlen(request));
	uv_poll_init(&w->loop, &c.poll, c.fd);
	c.poll.data = &c;
	uv_poll_start(&c.poll, UV_READABLE, on_bytes);
	tw_test_run_until(&w->loop, &c.done, 1);
	uv_close((uv_handle_t *)&c.poll, NULL);
	uv_run(&w->loop, UV_RUN_NOWAIT);
	close(c.fd);
	assert_true(tw_str_starts((struct tw_str){ c.text, c.n }, answer));
}

static void set_up(struct world *w)
{
	uv_loop_init(&w->loop);
	w->healthy = true;
	assert_int_equal(tw_healthport_new(&w->loop, "127.0.0.1", 0, is_healthy, w, &w->port, &test_err), TW_OK);
}

static void tear_down(struct world *w)
{
	tw_healthport_free(w->port);
	tw_test_close_loop(&w->loop);
}

static void it_says_how_the_scheduler_is(void **state)
{
	struct world w;

	set_up(&w);
	asks(&w, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 ");
	w.healthy = false;
	asks(&w, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 503 ");
	asks(&w, "GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 404 ");
	asks(&w, "nonsense\r\n\r\n", "HTTP/1.1 404 ");
	tear_down(&w);
}

static void a_port_in_use_is_told_of(void **state)
{
	struct world w;
	struct tw_healthport *other;

	set_up(&w);
	assert_int_equal(tw_healthport_new(&w.loop, "127.0.0.1", tw_healthport_number(w.port), is_healthy, &w,
					   &other, &test_err),
			 TW_ERR_IO);
	assert_non_null(strstr(test_err.msg, "scheduler_health_check_server_host"));
	tear_down(&w);
}

static int silent_caller(struct world *w)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)tw_healthport_number(w->port)) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
	uv_run(&w->loop, UV_RUN_NOWAIT);
	return fd;
}

/* Callers that never ask: the oldest make room, and the port may go while they hold on. */
static void who_says_nothing_keeps_nobody_out(void **state)
{
	struct world w;
	int silent[200];
	char byte;

	set_up(&w);
	for (int i = 0; i < 200; i++)
		silent[i] = silent_caller(&w);
	asks(&w, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 ");
	assert_int_equal(recv(silent[0], &byte, 1, MSG_DONTWAIT), 0);
	assert_int_equal(recv(silent[199], &byte, 1, MSG_DONTWAIT), -1);
	tear_down(&w);
	for (int i = 0; i < 200; i++)
		close(silent[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_says_how_the_scheduler_is),
		cmocka_unit_test(a_port_in_use_is_told_of),
		cmocka_unit_test(who_says_nothing_keeps_nobody_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
