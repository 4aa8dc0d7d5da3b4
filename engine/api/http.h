/*
 * The HTTP face: libmicrohttpd with a pool of threads, a table of routes, JSON in and out.
 * A handler runs in one thread from start to end, with that thread's own data (its store handle),
 * an arena that lives as long as the request, and a response that it fills. It never sees the
 * library.
 *
 * Nobody waits in a server thread: a handler that has to wait sets again_ms and is called anew
 * after that time, with what it left in req->memo; a stream that has nothing yet is put aside and
 * asked again. A thread of the server's own keeps the time of both; who knows that there is
 * something wakes the stream earlier (tw_http_nap).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "api/auth/access.h"
#include "base/blob.h"
#include "base/heap.h"
#include "base/mem.h"
#include "base/str.h"
#include "value/json.h"
#include "value/value.h"

#define TW_HTTP_PARAMS 8
#define TW_HTTP_BODY_MAX (16u << 20) /* bytes; a larger body is answered 413 */
#define TW_HTTP_QUERY_MAX 256	     /* parameters of one request */
#define TW_HTTP_PIECES 300	     /* of one body: the library makes a list of them for each connection */

struct tw_http_pair {
	struct tw_str name, value; /* decoded */
};

struct tw_grants;
struct tw_errand;
struct tw_http_user {
	struct tw_str name;    /* empty: nobody */
	struct tw_str role;    /* viewer user op admin */
	struct tw_str id;      /* what the token calls the user by */
	struct tw_str display; /* for people; p NULL: the name */
	struct tw_str jti;     /* of the token; p NULL: none was needed */
	int64_t until;	       /* seconds since 1970: so long it counts; 0: without end */
	bool by_cookie;	       /* the token came by itself, in a cookie */
	const struct tw_grants *grants; /* what FAB lets them; NULL: the role says it */
};

struct tw_request {
	struct tw_arena *arena;
	const char *method;
	struct tw_str path;
	const struct tw_route *route;
	struct tw_str
		params[TW_HTTP_PARAMS]; /* what stood for {…} in the pattern, decoded, in order */
	struct tw_http_pair *query;
	size_t nquery;
	struct tw_str body;
	struct tw_value json; /* the body, read and checked; null when the route takes none */
	struct tw_str authorization, accept, accept_encoding, content_type, cookie, range, host, origin, referer, last_event_id;
	struct tw_http_user user;
	const char *denied; /* why a token that was shown is no good; NULL: none was, or it is */
	int denied_status;  /* 401 or 403 */
	void *thread;	    /* the thread's own data; another one after again_ms, perhaps */
	void *app;	    /* shared by all */
	void *memo;	    /* of a handler that waits: NULL on the first call */
	struct tw_errand *errand; /* what it asks of others (api/errand.h); NULL: nothing */
	int64_t began;	    /* microseconds, monotonic */
	struct MHD_Connection *conn;
};

/* A stream's sleep. It lives in the stream's own data, until stream_free. */
struct tw_http_nap {
	struct tw_heap_node node; /* the server's from here on */
	int64_t due;		  /* microseconds, monotonic */
	struct MHD_Connection *conn;
	_Atomic(struct tw_http_server *) server; /* NULL: its stream has not begun */
	bool waked;
	unsigned pause_ms; /* the stream's: 0 is stream_pause_ms */
};
/* Any thread: the stream is asked again at once; if it does not sleep just now, before it would. */
void tw_http_wake(struct tw_http_nap *nap);

struct tw_response {
	int status;		  /* 200 unless set */
	const char *content_type; /* application/json unless set */
	struct tw_buf body;
	struct tw_str fixed;	  /* instead of body: bytes that outlive the server */
	struct tw_blob **pieces;  /* instead of body: see tw_reply_pieces */
	size_t npieces;
	unsigned again_ms; /* no answer yet: call the handler again after so long */
	/*
	 * Streaming instead of body: asked for the next bytes whenever there is room. Returns how
	 * many it wrote, 0 for nothing yet (asked again after stream_pause_ms), -1 for the end.
	 * thread: the data of the thread that asks, which may be another one each time. The request and
	 * its arena live until stream_free; what it has of the library (its headers) does not.
	 */
	int64_t (*stream)(void *arg, void *thread, char *buf, size_t max);
	unsigned stream_pause_ms;
	struct tw_http_nap *nap; /* NULL: nobody wakes it */
	void (*stream_free)(void *arg);
	void *stream_arg;
	struct tw_http_pair headers[8];
	size_t nheaders;
};

typedef void (*tw_http_handler)(struct tw_request *req, struct tw_response *resp);

struct tw_route {
	const char *method;
	const char *
		pattern; /* "/api/v2/dags/{dag_id}"; a last {name...} takes the rest, slashes too, or nothing */
	struct tw_access access;
	tw_http_handler handler;
};

struct tw_http_server_opts {
	const char *host; /* "127.0.0.1", "::", "0.0.0.0" */
	unsigned port;	  /* 0: any; see tw_http_server_port */
	unsigned threads;
	const char *cert_pem, *key_pem; /* both or neither: contents, not paths */
	bool https; /* what stands before us speaks TLS: browsers are told to keep to it */
	const struct tw_route *const
		*routes; /* tables, each ended by a zeroed row; the list by NULL */
	void *app;
	void *(*thread_new)(void *app); /* each thread's own data */
	void (*thread_free)(void *thread);
	/* Fills req->user from the request; leaves it empty for nobody, and says in req->denied
	 * what is wrong. */
	void (*authenticate)(struct tw_request *req);
	/* May that user take req->route? false: it has replied. */
	bool (*authorize)(struct tw_request *req, struct tw_response *resp);
	/* Writes down that somebody asks for it, once. */
	void (*audit)(struct tw_request *req);
	/* Is what was sent what req->route takes (api/spec/spec.h)? false: it has replied. */
	bool (*check)(struct tw_request *req, struct tw_response *resp);
	/* Answers what no request may pass, whatever its path (a foreign Host); NULL: all pass. */
	bool (*admit)(struct tw_request *req, struct tw_response *resp);
	/* Answers a path that no route has; false, NULL: it is 404 as JSON. */
	bool (*stray)(struct tw_request *req, struct tw_response *resp);
	void (*finish)(
		struct tw_request *req); /* after each handler, in its thread; NULL: nothing */
	void (*release)(struct tw_request *req); /* the request has ended; NULL: nothing */
};

struct tw_http_server;
enum tw_rc tw_http_server_start(const struct tw_http_server_opts *opts,
				struct tw_http_server **ret_s, struct tw_err *err);
unsigned tw_http_server_port(const struct tw_http_server *s);
void tw_http_server_stop(struct tw_http_server *s); /* ends requests under way; NULL is fine */

/* --- for handlers --- */

/* p NULL when absent. */
struct tw_str tw_header(const struct tw_request *req, const char *name);
/* The address at the other end, as text, in the arena. */
struct tw_str tw_peer(const struct tw_request *req);
struct tw_str tw_query(const struct tw_request *req, const char *name); /* p NULL when absent */
size_t tw_query_all(const struct tw_request *req, const char *name, struct tw_str *ret_v,
		    size_t max);
/* {"detail": text}, as every error of the API looks. */
void tw_reply_error(struct tw_response *resp, int status, const char *fmt, ...) TW_PRINTF(3, 4);
/* 404, 409, 400, 403, 503 or 500 by the error's code; the message is its detail. */
void tw_reply_err(struct tw_response *resp, const struct tw_err *err);
/* 422 with pydantic's list shape: [{"type","loc":[where,name],"msg","input"}]. name may be NULL,
 * input TW_NULL. */
void tw_reply_invalid(struct tw_response *resp, const char *type, const char *where,
		      const char *name, const char *msg, struct tw_value input);
void tw_reply_value(struct tw_response *resp, struct tw_value v);
void tw_reply_header(struct tw_response *resp, struct tw_str name,
		     struct tw_str value);    /* borrowed until sent */
void tw_reply_none(struct tw_response *resp); /* 204 */
/* The body is these, one after the other (at most TW_HTTP_PIECES): what many are told is not held once for each of them. Takes references of its own. */
void tw_reply_pieces(struct tw_response *resp, struct tw_blob *const *v, size_t n);
/* name=value&…: an HTML form as a map of texts. */
/* A header that few ask for; p NULL: it was not sent. */
struct tw_str tw_request_header(const struct tw_request *req, const char *name);
bool tw_request_is_json(const struct tw_request *req);
bool tw_request_is_form(const struct tw_request *req);
struct tw_value tw_request_form(struct tw_request *req);
/* Parses the body as a JSON object; on failure it has replied 422 and returns false. */
bool tw_request_json(struct tw_request *req, struct tw_response *resp, struct tw_value *ret_v);
