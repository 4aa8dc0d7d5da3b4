/*
 * HTTP client in the loop. One tw_http holds the connections and reuses them.
 */
#pragma once

#include <uv.h>

#include "base/str.h"

struct tw_http;
struct tw_http_req;

enum tw_rc tw_http_new(uv_loop_t *loop, struct tw_http **ret_h, struct tw_err *err);
void tw_http_free(struct tw_http *h); /* cancels what is under way, without callbacks */

struct tw_http_result {
	const struct tw_err *err; /* NULL, or why there is no answer: TW_ERR_TIMEOUT, TW_ERR_IO, TW_ERR_LIMIT */
	int status;               /* 200; 0 without an answer */
	struct tw_str body;       /* empty when it was streamed */
	struct tw_str headers;    /* "name: value\n" lines of the last answer, names in lower case */
};

struct tw_http_opts {
	const char *method; /* NULL: GET, or POST with a body */
	const char *url;
	const char *const *headers; /* "Name: value", NULL-terminated; may be NULL */
	struct tw_str body;         /* copied; p NULL: none */
	const char *unix_path;      /* connect here, whatever the URL's host */
	unsigned timeout_ms;        /* of the whole exchange; 0: none (for streams) */
	unsigned connect_timeout_ms; /* 0: 10 s */
	size_t body_limit;          /* 0: 64 MiB; more is TW_ERR_LIMIT */
	bool follow_redirects;
	bool insecure;             /* don't verify the server's certificate */
	const char *ca_file, *cert_file, *key_file; /* PEM; NULL: the system's, none */
	const char *user, *password;                /* basic auth; NULL: none */
	/*
	 * Streaming: each piece as it comes. Returning false ends the exchange with TW_ERR_LIMIT. May
	 * cancel requests, but not start one.
	 */
	bool (*on_data)(void *arg, int status, struct tw_str piece);
	/* Once, from the loop; the request is gone after it. Its strings are borrowed. */
	void (*on_done)(void *arg, const struct tw_http_result *r);
	void *arg;
};

/* Bad options (a URL that is none) are an error at once, and on_done is not called. ret_req may be NULL. */
enum tw_rc tw_http_start(struct tw_http *h, const struct tw_http_opts *opts,
			 struct tw_http_req **ret_req, struct tw_err *err);
void tw_http_cancel(struct tw_http_req *req); /* no callback comes any more */
/*
 * The same in a loop of its own, and waited for: for threads that may wait. Body and headers go into the arena; o's
 * callbacks are not called.
 */
enum tw_rc tw_http_wait(const struct tw_http_opts *o, struct tw_arena *a, struct tw_http_result *ret, struct tw_err *err);
/* A header's value in r->headers (lower-case name), p NULL when absent. */
struct tw_str tw_http_header(const struct tw_http_result *r, const char *name);
