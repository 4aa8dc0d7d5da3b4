#include "daemon/healthport.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

#define ASK_MAX 4096
#define CALLERS_MAX 64
#define PATIENCE_MS 5000 /* for a caller to ask and to take the answer */

struct tw_healthport {
	uv_tcp_t listener;
	tw_healthy_fn fn;
	void *arg;
	struct caller *callers; /* the newest first */
	size_t ncallers, handles; /* handles: that are not closed yet; with the last one it goes */
};

struct caller {
	uv_tcp_t tcp;
	uv_timer_t patience;
	uv_write_t write;
	struct tw_healthport *port;
	struct caller *next, *prev;
	int handles;
	size_t n;
	char text[ASK_MAX];
};

static void handle_gone(struct tw_healthport *p)
{
	if (--p->handles == 0)
		free(p);
}

static void on_caller_closed(uv_handle_t *h)
{
	struct caller *c = h->data;
	struct tw_healthport *p = c->port;

	if (--c->handles == 0)
		free(c);
	handle_gone(p);
}

static void hang_up(struct caller *c)
{
	if (uv_is_closing((uv_handle_t *)&c->tcp))
		return;
	if (c->prev)
		c->prev->next = c->next;
	else
		c->port->callers = c->next;
	if (c->next)
		c->next->prev = c->prev;
	c->port->ncallers--;
	uv_close((uv_handle_t *)&c->tcp, on_caller_closed);
	uv_close((uv_handle_t *)&c->patience, on_caller_closed);
}

static void on_patience(uv_timer_t *t)
{
	hang_up(t->data);
}

static void on_written(uv_write_t *w, int status)
{
	hang_up(w->data);
}

static bool asks_for_health(struct tw_str line)
{
	return tw_str_starts(line, "GET /health ") || tw_str_starts(line, "GET /health?") ||
	       tw_str_starts(line, "HEAD /health ");
}

static void answer(struct caller *c)
{
	static const char *const answers[] = {
		"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
		"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
		"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
	};
	const char *text = answers[2];
	uv_buf_t buf;

	if (asks_for_health((struct tw_str){ c->text, c->n }))
		text = answers[c->port->fn(c->port->arg) ? 0 : 1];
	buf = uv_buf_init((char *)text, (unsigned)strlen(text));
	c->write.data = c;
	uv_read_stop((uv_stream_t *)&c->tcp);
	uv_write(&c->write, (uv_stream_t *)&c->tcp, &buf, 1, on_written);
}

static void give_room(uv_handle_t *h, size_t suggested, uv_buf_t *buf)
{
	struct caller *c = h->data;

	*buf = uv_buf_init(c->text + c->n, (unsigned)(ASK_MAX - c->n));
}

static void on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *buf)
{
	struct caller *c = s->data;

	if (n > 0)
		c->n += (size_t)n;
	if (n > 0 && tw_str_find((struct tw_str){ c->text, c->n }, TW_STR("\r\n\r\n"), 0) >= 0)
		answer(c);
	else if (n < 0 || c->n == ASK_MAX)
		hang_up(c);
}

/* The oldest makes room: who only holds the line keeps nobody else from asking. */
static void make_room(struct tw_healthport *p)
{
	struct caller *oldest = p->callers;

	if (p->ncallers < CALLERS_MAX)
		return;
	while (oldest->next)
		oldest = oldest->next;
	hang_up(oldest);
}

static void on_connection(uv_stream_t *listener, int status)
{
	struct tw_healthport *p = listener->data;
	struct caller *c;

	if (status < 0)
		return;
	make_room(p);
	c = tw_new(struct caller);
	c->port = p;
	c->handles = 2;
	p->handles += 2;
	uv_tcp_init(listener->loop, &c->tcp);
	uv_timer_init(listener->loop, &c->patience);
	c->tcp.data = c->patience.data = c;
	c->next = p->callers;
	if (c->next)
		c->next->prev = c;
	p->callers = c;
	p->ncallers++;
	uv_timer_start(&c->patience, on_patience, PATIENCE_MS, 0);
	if (uv_accept(listener, (uv_stream_t *)&c->tcp) < 0 || uv_read_start((uv_stream_t *)&c->tcp, give_room, on_read) < 0)
		hang_up(c);
}

static void on_closed(uv_handle_t *h)
{
	handle_gone(h->data);
}

static int bind_to(struct tw_healthport *p, const char *host, int port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE }, *found;
	char service[16];
	int rc;

	snprintf(service, sizeof service, "%d", port);
	if (getaddrinfo(*host ? host : NULL, service, &hints, &found) != 0)
		return UV_EAI_NONAME;
	rc = uv_tcp_bind(&p->listener, found->ai_addr, 0);
	freeaddrinfo(found);
	return rc < 0 ? rc : uv_listen((uv_stream_t *)&p->listener, 16, on_connection);
}

enum tw_rc tw_healthport_new(uv_loop_t *loop, const char *host, int port, tw_healthy_fn fn, void *arg,
			     struct tw_healthport **ret_port, struct tw_err *err)
{
	struct tw_healthport *p = tw_new(struct tw_healthport);
	int rc;

	p->fn = fn;
	p->arg = arg;
	p->handles = 1;
	uv_tcp_init(loop, &p->listener);
	p->listener.data = p;
	rc = bind_to(p, host, port);
	if (rc < 0) {
		tw_healthport_free(p);
		return tw_err_set(err, TW_ERR_IO,
				  "cannot listen on %s port %d ([scheduler] scheduler_health_check_server_host, …_port): %s", host,
				  port, uv_strerror(rc));
	}
	*ret_port = p;
	return TW_OK;
}

int tw_healthport_number(const struct tw_healthport *p)
{
	struct sockaddr_storage a;
	int n = sizeof a;

	if (uv_tcp_getsockname(&p->listener, (struct sockaddr *)&a, &n) < 0)
		return 0;
	return ntohs(a.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&a)->sin6_port : ((struct sockaddr_in *)&a)->sin_port);
}

void tw_healthport_free(struct tw_healthport *p)
{
	if (!p)
		return;
	while (p->callers)
		hang_up(p->callers);
	uv_close((uv_handle_t *)&p->listener, on_closed);
}
