#include "api/http.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/route.h"
#include "base/log.h"
#include "io/clock.h"
#include "time/instant.h"

#define IDLE_SECONDS 60
#define CONNECTIONS_MAX 4000
#define FILES_BESIDE 256      /* what else the process has open */
#define ASK_US (30 * TW_US_SEC) /* for the header to come, and again for the body, and more for what comes of it: */
#define SLOWEST 1024	      /* a second for as many bytes */
#define ROUND_US (5 * TW_US_SEC)

struct tw_http_server {
	struct tw_http_server_opts opts;
	struct MHD_Daemon *daemon;
	pthread_key_t thread_key;
	pthread_t waiter;
	pthread_mutex_t lock;
	pthread_cond_t
		earlier;      /* the first of those put aside has changed, or it is time to stop */
	struct guest *guests; /* under lock */
	unsigned nguests;     /* under lock */
	unsigned crowd;	      /* from so many on who comes takes the place of who has been silent for longest */
	struct tw_heap aside; /* under lock: struct tw_http_nap by due */
	bool stopping;	      /* under lock */
};

/* A connection. Who has not asked by its time is hung up on, however little he sends meanwhile. */
struct guest {
	struct guest *next, *prev;
	int fd;
	_Atomic int64_t due; /* µs, monotonic; INT64_MAX: it is being answered */
};

/* One request from its first header to its end. */
struct exchange {
	struct tw_http_server *server;
	atomic_int holders; /* the library, and the stream that answers it */
	struct tw_arena arena;
	struct tw_request req;
	struct tw_buf body;
	bool too_large, malformed, ready;
	struct tw_http_nap nap;
};

struct stream {
	struct tw_http_server *server;
	struct exchange *of;
	struct tw_http_nap own, *nap;
	int64_t (*read)(void *arg, void *thread, char *buf, size_t max);
	void (*free)(void *arg);
	void *arg;
	unsigned pause_ms;
};

static struct tw_str header(struct MHD_Connection *conn, const char *name)
{
	const char *v = MHD_lookup_connection_value(conn, MHD_HEADER_KIND, name);

	return v ? tw_str(v) : (struct tw_str){0};
}

struct tw_str tw_request_header(const struct tw_request *req, const char *name)
{
	return req->conn ? header(req->conn, name) : (struct tw_str){0};
}

struct tw_str tw_header(const struct tw_request *req, const char *name)
{
	return header(req->conn, name);
}

struct tw_str tw_peer(const struct tw_request *req)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(req->conn, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	char text[NI_MAXHOST];
	socklen_t len;

	if (!info || !info->client_addr)
		return TW_STR("");
	len = info->client_addr->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
	if (getnameinfo(info->client_addr, len, text, sizeof text, NULL, 0, NI_NUMERICHOST) != 0)
		return TW_STR("");
	return tw_str_copy(req->arena, tw_str(text));
}

struct tw_str tw_query(const struct tw_request *req, const char *name)
{
	for (size_t i = req->nquery; i-- > 0;)
		if (tw_str_is(req->query[i].name, name))
			return req->query[i].value;
	return (struct tw_str){0};
}

size_t tw_query_all(const struct tw_request *req, const char *name, struct tw_str *ret_v,
		    size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < req->nquery && n < max; i++)
		if (tw_str_is(req->query[i].name, name))
			ret_v[n++] = req->query[i].value;
	return n;
}

void tw_reply_error(struct tw_response *resp, int status, const char *fmt, ...)
{
	struct tw_jw w = {.out = &resp->body};
	struct tw_buf text = {0};
	va_list ap;

	va_start(ap, fmt);
	tw_buf_vprintf(&text, fmt, ap);
	va_end(ap);
	resp->status = status;
	tw_buf_clear(&resp->body);
	tw_jw_obj(&w);
	tw_jw_key(&w, "detail");
	tw_jw_str(&w, tw_buf_str(&text));
	tw_jw_end(&w);
	tw_buf_release(&text);
}

void tw_reply_err(struct tw_response *resp, const struct tw_err *err)
{
	static const struct {
		enum tw_rc rc;
		int status;
	} statuses[] = {
		{TW_ERR_NOT_FOUND, 404}, {TW_ERR_EXISTS, 409},	    {TW_ERR_CONFLICT, 409},
		{TW_ERR_INVALID, 400},	 {TW_ERR_DENIED, 403},	    {TW_ERR_LIMIT, 400},
		{TW_ERR_TIMEOUT, 503},	 {TW_ERR_UNSUPPORTED, 503},
	};

	for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
		if (statuses[i].rc == err->rc) {
			tw_reply_error(resp, statuses[i].status, "%s", err->msg);
			return;
		}
	tw_error("request failed: %s", err->msg);
	tw_reply_error(resp, 500, "Internal Server Error");
}

void tw_reply_invalid(struct tw_response *resp, const char *type, const char *where,
		      const char *name, const char *msg, struct tw_value input)
{
	struct tw_jw w = {.out = &resp->body};

	resp->status = 422;
	tw_buf_clear(&resp->body);
	tw_jw_obj(&w);
	tw_jw_key(&w, "detail");
	tw_jw_list(&w);
	tw_jw_obj(&w);
	tw_jw_key(&w, "type");
	tw_jw_cstr(&w, type);
	tw_jw_key(&w, "loc");
	tw_jw_list(&w);
	tw_jw_cstr(&w, where);
	if (name)
		tw_jw_cstr(&w, name);
	tw_jw_end(&w);
	tw_jw_key(&w, "msg");
	tw_jw_cstr(&w, msg);
	tw_jw_key(&w, "input");
	tw_jw_value(&w, input);
	if (strcmp(type, "value_error") == 0) {
		tw_jw_key(&w, "ctx");
		tw_jw_obj(&w);
		tw_jw_key(&w, "error");
		tw_jw_obj(&w);
		tw_jw_end(&w);
		tw_jw_end(&w);
	}
	tw_jw_end(&w);
	tw_jw_end(&w);
	tw_jw_end(&w);
}

void tw_reply_value(struct tw_response *resp, struct tw_value v)
{
	tw_buf_clear(&resp->body);
	tw_json_write(&resp->body, v, TW_JSON_COMPACT);
}

void tw_reply_header(struct tw_response *resp, struct tw_str name, struct tw_str value)
{
	TW_ASSERT(resp->nheaders < sizeof resp->headers / sizeof *resp->headers);
	resp->headers[resp->nheaders++] = (struct tw_http_pair){name, value};
}

void tw_reply_none(struct tw_response *resp)
{
	resp->status = 204;
	tw_buf_clear(&resp->body);
}

void tw_reply_pieces(struct tw_response *resp, struct tw_blob *const *v, size_t n)
{
	TW_ASSERT(!resp->pieces && n && n <= TW_HTTP_PIECES);
	tw_buf_clear(&resp->body);
	resp->pieces = tw_reallocarray(NULL, n, sizeof(struct tw_blob *));
	for (size_t i = 0; i < n; i++)
		resp->pieces[i] = tw_blob_ref(v[i]);
	resp->npieces = n;
}

/* application/json, …+json; no Content-Type counts as JSON, a form does not: it is what foreign
 * pages can send. */
bool tw_request_is_json(const struct tw_request *req)
{
	struct tw_str rest, kind = tw_str_trim(tw_str_cut(req->content_type, ';', &rest));

	return !kind.n || tw_str_caseeq(kind, "application/json") ||
	       (tw_str_starts(kind, "application/") && tw_str_ends(kind, "+json"));
}

bool tw_request_is_form(const struct tw_request *req)
{
	struct tw_str rest, kind = tw_str_trim(tw_str_cut(req->content_type, ';', &rest));

	return tw_str_caseeq(kind, "application/x-www-form-urlencoded");
}

struct tw_value tw_request_form(struct tw_request *req)
{
	struct tw_value form = tw_v_map(req->arena);
	struct tw_str rest = req->body;

	while (rest.p && rest.n) {
		struct tw_str pair = tw_str_cut(rest, '&', &rest), value, name, decoded;

		name = tw_str_cut(pair, '=', &value);
		if (tw_url_decode(req->arena, name, true, &name) && value.p &&
		    tw_url_decode(req->arena, value, true, &decoded))
			tw_map_put(req->arena, form, name, tw_v_str(decoded));
	}
	return form;
}

bool tw_request_json(struct tw_request *req, struct tw_response *resp, struct tw_value *ret_v)
{
	struct tw_err err = {0};

	if (!req->body.n) {
		tw_reply_invalid(resp, "missing", "body", NULL, "Field required", TW_NULL);
		return false;
	}
	if (!tw_request_is_json(req)) {
		tw_reply_invalid(
			resp, "model_attributes_type", "body", NULL,
			"Input should be a valid dictionary or object to extract fields from",
			tw_v_str(req->body));
		return false;
	}
	if (tw_json_parse(req->arena, req->body, ret_v, &err) < 0) {
		tw_reply_invalid(resp, "json_invalid", "body", NULL, err.msg, TW_NULL);
		return false;
	}
	if (ret_v->kind != TW_V_MAP) {
		tw_reply_invalid(
			resp, "model_attributes_type", "body", NULL,
			"Input should be a valid dictionary or object to extract fields from",
			*ret_v);
		return false;
	}
	return true;
}

static enum MHD_Result take_query(void *arg, enum MHD_ValueKind kind, const char *name,
				  size_t nname, const char *value, size_t nvalue)
{
	struct exchange *x = arg;
	struct tw_request *req = &x->req;

	if (req->nquery == TW_HTTP_QUERY_MAX) {
		x->malformed = true;
		return MHD_NO;
	}
	struct tw_http_pair *pair = &req->query[req->nquery];

	if (!tw_url_decode(&x->arena, tw_strn(name, nname), true, &pair->name) ||
	    !tw_url_decode(&x->arena, tw_strn(value ? value : "", value ? nvalue : 0), true,
			   &pair->value)) {
		x->malformed = true;
		return MHD_NO;
	}
	req->nquery++;
	return MHD_YES;
}

static void not_found(struct tw_str path, struct tw_response *resp)
{
	resp->status = 404;
	tw_buf_clear(&resp->body);
	if (tw_str_starts(path, "/api/v1/"))
		tw_buf_adds(&resp->body, "{\"error\":\"/api/v1 has been removed in Airflow 3, please use its upgraded version /api/v2 instead.\"}");
	else if (tw_str_starts(path, "/api/"))
		tw_buf_adds(&resp->body, "{\"error\":\"API route not found\"}");
	else
		tw_buf_adds(&resp->body, "{\"detail\":\"Not Found\"}");
}

static void dispatch(struct exchange *x, struct tw_response *resp)
{
	struct tw_request *req = &x->req;

	if (x->too_large) {
		tw_reply_error(resp, 413, "The body is larger than %u bytes", TW_HTTP_BODY_MAX);
		return;
	}
	if (x->malformed) {
		tw_reply_error(resp, 400,
			       "Malformed query: too many parameters, or a bad %% escape");
		return;
	}
	if (x->server->opts.admit && !x->server->opts.admit(req, resp))
		return;
	switch (tw_route_find(&x->arena, x->server->opts.routes, req->method, req->path,
			      &req->route, req->params)) {
	case TW_MATCH_NONE:
		if (!x->server->opts.stray || !x->server->opts.stray(req, resp))
			not_found(req->path, resp);
		return;
	case TW_MATCH_OTHER_METHOD:
		tw_reply_error(resp, 405, "Method Not Allowed");
		tw_reply_header(resp, TW_STR("Allow"),
				tw_route_methods(&x->arena, x->server->opts.routes, req->path));
		return;
	case TW_MATCH_FOUND:
		break;
	}
	if (!req->memo)
		x->server->opts.authenticate(req);
	if (!x->server->opts.authorize(req, resp))
		return;
	if (!req->memo)
		x->server->opts.audit(req);
	if (req->memo || x->server->opts.check(req, resp))
		req->route->handler(req, resp);
	if (x->server->opts.finish)
		x->server->opts.finish(req);
}

/* ── putting aside ────────────────────────────────────────────────────────────────────── */

static bool due_before(const struct tw_heap_node *a, const struct tw_heap_node *b)
{
	return tw_container_of(a, struct tw_http_nap, node)->due <
	       tw_container_of(b, struct tw_http_nap, node)->due;
}

enum aside {
	ASIDE_SLEEPS,
	ASIDE_WAKED, /* somebody woke it before it slept: there is something */
	ASIDE_OVER,  /* the server stops, nobody waits any more */
};

/* Called by the connection's own thread, which then lets go of it. */
static enum aside put_aside(struct tw_http_server *s, struct tw_http_nap *nap, struct MHD_Connection *conn,
			    unsigned ms)
{
	enum aside how = ASIDE_SLEEPS;

	pthread_mutex_lock(&s->lock);
	if (s->stopping) {
		how = ASIDE_OVER;
	} else if (nap->waked) {
		nap->waked = false;
		how = ASIDE_WAKED;
	} else {
		nap->conn = conn;
		nap->due = tw_monotonic() + (int64_t)ms * 1000;
		MHD_suspend_connection(conn);
		tw_heap_push(&s->aside, &nap->node);
		if (tw_heap_min(&s->aside) == &nap->node)
			pthread_cond_signal(&s->earlier);
	}
	pthread_mutex_unlock(&s->lock);
	return how;
}

void tw_http_wake(struct tw_http_nap *nap)
{
	struct tw_http_server *s = nap->server;

	if (!s)
		return;
	pthread_mutex_lock(&s->lock);
	if (nap->node.pos) {
		tw_heap_remove(&s->aside, &nap->node);
		MHD_resume_connection(nap->conn);
	} else {
		nap->waked = true;
	}
	pthread_mutex_unlock(&s->lock);
}

static void resume_due(struct tw_http_server *s, int64_t now)
{
	struct tw_heap_node *first;

	while ((first = tw_heap_min(&s->aside))) {
		struct tw_http_nap *nap = tw_container_of(first, struct tw_http_nap, node);

		if (nap->due > now && !s->stopping)
			return;
		tw_heap_pop(&s->aside);
		MHD_resume_connection(nap->conn);
	}
}

static void hang_up_on_slow(struct tw_http_server *s)
{
	int64_t now = tw_monotonic();

	for (struct guest *g = s->guests; g; g = g->next)
		if (g->due < now)
			shutdown(g->fd, SHUT_RDWR);
}

/* Thousands that come and say nothing must not keep out who has something to ask. */
static void make_room(struct tw_http_server *s)
{
	struct guest *silent = NULL;

	for (struct guest *g = s->guests; g; g = g->next)
		if (!silent || g->due < silent->due)
			silent = g;
	if (!silent || silent->due == INT64_MAX)
		return;
	silent->due = INT64_MAX;
	shutdown(silent->fd, SHUT_RDWR);
}

static void *keep_time(void *arg)
{
	struct tw_http_server *s = arg;
	int64_t round = 0;

	pthread_mutex_lock(&s->lock);
	while (!s->stopping) {
		struct tw_heap_node *first = tw_heap_min(&s->aside);
		int64_t due = first ? tw_container_of(first, struct tw_http_nap, node)->due : INT64_MAX;

		if (s->guests && round < due)
			due = round;
		if (due < INT64_MAX) {
			struct timespec at = {due / 1000000, due % 1000000 * 1000};

			pthread_cond_timedwait(&s->earlier, &s->lock, &at);
		} else {
			pthread_cond_wait(&s->earlier, &s->lock);
		}
		if (tw_monotonic() >= round) {
			hang_up_on_slow(s);
			round = tw_monotonic() + ROUND_US;
		}
		resume_due(s, tw_monotonic());
	}
	resume_due(s, 0);
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

static void waiter_start(struct tw_http_server *s)
{
	pthread_condattr_t attr;

	s->aside.before = due_before;
	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&s->earlier, &attr);
	pthread_condattr_destroy(&attr);
	TW_ASSERT(pthread_create(&s->waiter, NULL, keep_time, s) == 0);
}

/* Whoever is put aside goes on and finds that there is no more waiting. */
static void waiter_stop(struct tw_http_server *s)
{
	pthread_mutex_lock(&s->lock);
	s->stopping = true;
	pthread_cond_signal(&s->earlier);
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->waiter, NULL);
}

static void waiter_release(struct tw_http_server *s)
{
	tw_heap_release(&s->aside);
	pthread_cond_destroy(&s->earlier);
	pthread_mutex_destroy(&s->lock);
}

static void *thread_data(struct tw_http_server *s)
{
	void *data = pthread_getspecific(s->thread_key);

	if (!data && s->opts.thread_new) {
		data = s->opts.thread_new(s->opts.app);
		pthread_setspecific(s->thread_key, data);
	}
	return data;
}

/* ── answers ──────────────────────────────────────────────────────────────────────────── */

static ssize_t stream_read(void *arg, uint64_t pos, char *buf, size_t max)
{
	struct stream *s = arg;
	enum aside how = ASIDE_WAKED;
	int64_t n = 0;

	while (n == 0 && how == ASIDE_WAKED) {
		n = s->read(s->arg, thread_data(s->server), buf, max);
		if (n == 0)
			how = put_aside(s->server, s->nap, s->nap->conn,
					s->nap->pause_ms ? s->nap->pause_ms : s->pause_ms);
	}
	return n < 0 || how == ASIDE_OVER ? MHD_CONTENT_READER_END_OF_STREAM : (ssize_t)n;
}

static void let_go(struct exchange *x)
{
	if (atomic_fetch_sub(&x->holders, 1) > 1)
		return;
	if (x->server->opts.release)
		x->server->opts.release(&x->req);
	tw_buf_release(&x->body);
	tw_arena_release(&x->arena);
	free(x);
}

static void stream_free(void *arg)
{
	struct stream *s = arg;

	if (s->free)
		s->free(s->arg);
	let_go(s->of);
	free(s);
}

/* What a response that consists of pieces holds until it is sent. */
struct pieces {
	struct tw_blob **v;
	size_t n;
};

static void pieces_free(void *arg)
{
	struct pieces *p = arg;

	for (size_t i = 0; i < p->n; i++)
		tw_blob_unref(p->v[i]);
	free(p->v);
	free(p);
}

static struct MHD_Response *piecewise(struct tw_response *resp)
{
	struct MHD_IoVec iov[TW_HTTP_PIECES];
	struct pieces *p = tw_new(struct pieces);

	*p = (struct pieces){resp->pieces, resp->npieces};
	for (size_t i = 0; i < p->n; i++)
		iov[i] = (struct MHD_IoVec){p->v[i]->p, p->v[i]->n};
	return MHD_create_response_from_iovec(iov, (unsigned)p->n, pieces_free, p);
}

static struct MHD_Response *make_response(struct exchange *x, struct tw_response *resp)
{
	if (resp->stream) {
		struct stream *s = tw_new(struct stream);

		*s = (struct stream){
			.server = x->server,
			.of = x,
			.nap = resp->nap,
			.read = resp->stream,
			.free = resp->stream_free,
			.arg = resp->stream_arg,
			.pause_ms = resp->stream_pause_ms ? resp->stream_pause_ms : 50,
		};
		if (!s->nap)
			s->nap = &s->own;
		atomic_fetch_add(&x->holders, 1);
		s->nap->conn = x->req.conn;
		s->nap->server = x->server;
		return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, resp->nap ? 2048 : 32768, stream_read,
							 s, stream_free);
	}
	if (resp->pieces)
		return piecewise(resp);
	if (resp->fixed.p)
		return MHD_create_response_from_buffer(resp->fixed.n, (void *)resp->fixed.p, MHD_RESPMEM_PERSISTENT);
	size_t n = resp->body.n;
	return MHD_create_response_from_buffer(n, tw_buf_steal(&resp->body), MHD_RESPMEM_MUST_FREE);
}

static void add_header(struct MHD_Response *r, const char *name, const char *value)
{
	MHD_add_response_header(r, name, value);
}

/* What every answer says unless its handler says something else: pages do. */
static const struct {
	const char *name, *value;
} standing[] = {
	{"X-Content-Type-Options", "nosniff"},
	{"X-Frame-Options", "DENY"},
	{"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
	{"Referrer-Policy", "same-origin"},
	{"Cross-Origin-Resource-Policy", "same-origin"},
	{"Cross-Origin-Opener-Policy", "same-origin"},
	{"Cache-Control", "no-store"},
};

static bool has_header(const struct tw_response *resp, const char *name)
{
	for (size_t i = 0; i < resp->nheaders; i++)
		if (tw_str_caseeq(resp->headers[i].name, name))
			return true;
	return false;
}

static enum MHD_Result send_response(struct exchange *x, struct tw_response *resp)
{
	bool empty = !resp->stream && !resp->fixed.p && !resp->pieces && !resp->body.n;
	struct MHD_Response *r = make_response(x, resp);
	enum MHD_Result ok;

	if (resp->content_type || !empty)
		add_header(r, "Content-Type", resp->content_type ? resp->content_type : "application/json");
	for (size_t i = 0; i < sizeof standing / sizeof *standing; i++)
		if (!has_header(resp, standing[i].name))
			add_header(r, standing[i].name, standing[i].value);
	if (x->server->opts.cert_pem || x->server->opts.https)
		add_header(r, "Strict-Transport-Security", "max-age=31536000");
	for (size_t i = 0; i < resp->nheaders; i++) {
		char *name = tw_str_dup(resp->headers[i].name),
		     *value = tw_str_dup(resp->headers[i].value);

		add_header(r, name, value);
		free(name);
		free(value);
	}
	ok = MHD_queue_response(x->req.conn, (unsigned)(resp->status ? resp->status : 200), r);
	MHD_destroy_response(r);
	tw_buf_release(&resp->body);
	return ok;
}

static void come_or_go(void *arg, struct MHD_Connection *conn, void **ctx, enum MHD_ConnectionNotificationCode what)
{
	struct tw_http_server *s = arg;
	struct guest *g = *ctx;

	pthread_mutex_lock(&s->lock);
	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		g = tw_new(struct guest);
		g->fd = MHD_get_connection_info(conn, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
		g->due = tw_monotonic() + ASK_US;
		g->next = s->guests;
		if (g->next)
			g->next->prev = g;
		else
			pthread_cond_signal(&s->earlier);
		s->guests = g;
		if (++s->nguests > s->crowd)
			make_room(s);
		*ctx = g;
	} else if (g) {
		if (g->prev)
			g->prev->next = g->next;
		else
			s->guests = g->next;
		if (g->next)
			g->next->prev = g->prev;
		s->nguests--;
		free(g);
		*ctx = NULL;
	}
	pthread_mutex_unlock(&s->lock);
}

static struct guest *guest_of(struct MHD_Connection *conn)
{
	return MHD_get_connection_info(conn, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

static struct exchange *begin(struct tw_http_server *s, struct MHD_Connection *conn, const char *url, const char *method)
{
	struct exchange *x = tw_new(struct exchange);

	x->server = s;
	x->holders = 1;
	x->req = (struct tw_request){
		.arena = &x->arena,
		.method = method,
		.path = tw_str_copy(&x->arena, tw_str(url)),
		.conn = conn,
		.app = s->opts.app,
		.began = tw_monotonic(),
	};
	guest_of(conn)->due = x->req.began + ASK_US;
	return x;
}

/* Headers by which servers on the way could disagree about where a request ends, or whom it is for. */
struct framing {
	unsigned lengths, codings, hosts;
	bool odd;
};

static enum MHD_Result look_at(void *arg, enum MHD_ValueKind kind, const char *key, size_t nkey, const char *value, size_t nvalue)
{
	struct tw_str name = tw_strn(key, nkey), said = tw_strn(value, value ? nvalue : 0);
	struct framing *f = arg;

	f->lengths += tw_str_caseeq(name, "Content-Length");
	f->hosts += tw_str_caseeq(name, "Host");
	f->odd |= !nkey || key[nkey - 1] == ' ' || key[nkey - 1] == '\t';
	if (tw_str_caseeq(name, "Transfer-Encoding")) {
		f->codings++;
		f->odd |= !tw_str_caseeq(said, "chunked");
	}
	return MHD_YES;
}

/* RFC 9112, 3.2 and 6.3: what to refuse, so that no second request hides in the first. */
static bool is_smuggled(struct MHD_Connection *conn, const char *version)
{
	struct framing f = {0};

	MHD_get_connection_values_n(conn, MHD_HEADER_KIND, look_at, &f);
	return f.odd || f.lengths + f.codings > 1 || f.hosts > 1 || (!f.hosts && !strcmp(version, MHD_HTTP_VERSION_1_1));
}

static enum MHD_Result refuse(struct exchange *x)
{
	struct tw_response resp = {0};

	tw_reply_error(&resp, 400, "Malformed request: its length, its encoding or its host is not said, or is said twice");
	tw_reply_header(&resp, TW_STR("Connection"), TW_STR("close"));
	return send_response(x, &resp);
}

static void take_request(struct exchange *x, struct MHD_Connection *conn)
{
	struct tw_request *req = &x->req;
	int nquery;

	nquery = MHD_get_connection_values_n(conn, MHD_GET_ARGUMENT_KIND, NULL, NULL);
	req->query = tw_arena_array(&x->arena, struct tw_http_pair,
				    (size_t)(nquery < TW_HTTP_QUERY_MAX ? nquery : TW_HTTP_QUERY_MAX) + 1);
	MHD_get_connection_values_n(conn, MHD_GET_ARGUMENT_KIND, take_query, x);
	req->body = tw_buf_str(&x->body);
	req->authorization = header(conn, "Authorization");
	req->accept = header(conn, "Accept");
	req->accept_encoding = header(conn, "Accept-Encoding");
	req->content_type = header(conn, "Content-Type");
	req->cookie = header(conn, "Cookie");
	req->range = header(conn, "Range");
	req->host = header(conn, "Host");
	req->origin = header(conn, "Origin");
	req->referer = header(conn, "Referer");
	req->last_event_id = header(conn, "Last-Event-ID");
	x->ready = true;
}

static enum MHD_Result handle(void *arg, struct MHD_Connection *conn, const char *url,
			      const char *method, const char *version, const char *data,
			      size_t *ndata, void **ctx)
{
	struct exchange *x = *ctx;
	struct tw_response resp = {0};

	if (!x) {
		x = *ctx = begin(arg, conn, url, method);
		return is_smuggled(conn, version) ? refuse(x) : MHD_YES;
	}
	if (*ndata) {
		if (x->body.n + *ndata > TW_HTTP_BODY_MAX)
			x->too_large = true;
		else
			tw_buf_add(&x->body, data, *ndata);
		guest_of(conn)->due += (int64_t)(*ndata * TW_US_SEC / SLOWEST);
		*ndata = 0;
		return MHD_YES;
	}
	guest_of(conn)->due = INT64_MAX;
	if (!x->ready)
		take_request(x, conn);
	x->req.thread = thread_data(x->server);
	dispatch(x, &resp);
	if (resp.again_ms) {
		tw_buf_release(&resp.body);
		if (put_aside(x->server, &x->nap, conn, resp.again_ms) != ASIDE_OVER)
			return MHD_YES;
		resp = (struct tw_response){0};
		tw_reply_error(&resp, 503, "The server is stopping");
	}
	return send_response(x, &resp);
}

static void completed(void *arg, struct MHD_Connection *conn, void **ctx,
		      enum MHD_RequestTerminationCode why)
{
	struct exchange *x = *ctx;

	guest_of(conn)->due = tw_monotonic() + IDLE_SECONDS * TW_US_SEC + ASK_US;
	if (x)
		let_go(x);
	*ctx = NULL;
}

/* The library decodes nothing: the router decodes each piece of a path, so that %2F is no slash. */
static size_t keep_escapes(void *arg, struct MHD_Connection *conn, char *s)
{
	return strlen(s);
}

static void library_log(void *arg, const char *fmt, va_list ap)
{
	char text[500];

	vsnprintf(text, sizeof text, fmt, ap);
	tw_debug("http: %s", text);
}

static enum tw_rc resolve(const struct tw_http_server_opts *opts, struct addrinfo **ret_ai,
			  struct tw_err *err)
{
	struct addrinfo hints = {
		.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
	char port[12];
	int rc;

	snprintf(port, sizeof port, "%u", opts->port);
	rc = getaddrinfo(opts->host, port, &hints, ret_ai);
	if (rc)
		return tw_err_set(err, TW_ERR_INVALID, "cannot listen on '%s': %s", opts->host,
				  gai_strerror(rc));
	return TW_OK;
}

/* As many as there may be files. */
static unsigned connections_max(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		return CONNECTIONS_MAX;
	if (files.rlim_cur < CONNECTIONS_MAX + FILES_BESIDE && files.rlim_cur < files.rlim_max) {
		files.rlim_cur = files.rlim_max < CONNECTIONS_MAX + FILES_BESIDE ? files.rlim_max : CONNECTIONS_MAX + FILES_BESIDE;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	if (files.rlim_cur >= CONNECTIONS_MAX + FILES_BESIDE)
		return CONNECTIONS_MAX;
	return files.rlim_cur > 2 * FILES_BESIDE ? (unsigned)files.rlim_cur - FILES_BESIDE : FILES_BESIDE;
}

enum tw_rc tw_http_server_start(const struct tw_http_server_opts *opts,
				struct tw_http_server **ret_s, struct tw_err *err)
{
	struct tw_http_server *s;
	struct addrinfo *ai;
	unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_EPOLL | MHD_USE_ERROR_LOG |
			 MHD_ALLOW_SUSPEND_RESUME;
	enum tw_rc rc = resolve(opts, &ai, err);
	unsigned max = connections_max();

	if (rc < 0)
		return rc;
	s = tw_new(struct tw_http_server);
	s->crowd = max / 4 * 3;
	s->opts = *opts;
	pthread_key_create(&s->thread_key, opts->thread_free);
	if (opts->cert_pem)
		flags |= MHD_USE_TLS;
	if (ai->ai_family == AF_INET6)
		flags |= MHD_USE_DUAL_STACK;
	waiter_start(s);
	s->daemon = MHD_start_daemon(
		flags, (uint16_t)opts->port, NULL, NULL, handle, s, MHD_OPTION_EXTERNAL_LOGGER,
		library_log, NULL, MHD_OPTION_SOCK_ADDR, ai->ai_addr, MHD_OPTION_THREAD_POOL_SIZE,
		opts->threads ? opts->threads : 2u, MHD_OPTION_NOTIFY_COMPLETED, completed, NULL,
		MHD_OPTION_NOTIFY_CONNECTION, come_or_go, s,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS, MHD_OPTION_CONNECTION_LIMIT,
		max, MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL,
		opts->cert_pem ? MHD_OPTION_HTTPS_MEM_CERT : MHD_OPTION_END, opts->cert_pem,
		MHD_OPTION_HTTPS_MEM_KEY, opts->key_pem, MHD_OPTION_END);
	freeaddrinfo(ai);
	if (!s->daemon) {
		rc = tw_err_set(
			err, TW_ERR_IO,
			"cannot listen on %s port %u: is another server there? (set [api] port)",
			opts->host, opts->port);
		waiter_stop(s);
		waiter_release(s);
		pthread_key_delete(s->thread_key);
		free(s);
		return rc;
	}
	*ret_s = s;
	return TW_OK;
}

unsigned tw_http_server_port(const struct tw_http_server *s)
{
	const union MHD_DaemonInfo *info =
		MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_BIND_PORT);

	return info ? info->port : s->opts.port;
}

void tw_http_server_stop(struct tw_http_server *s)
{
	if (!s)
		return;
	waiter_stop(s);
	MHD_stop_daemon(s->daemon);
	waiter_release(s);
	pthread_key_delete(s->thread_key);
	free(s);
}
