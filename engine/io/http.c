/*
 * libcurl's multi interface in a uv loop: curl says which sockets and which timeout it waits for,
 * the loop tells it when they are ready. Requests are taken out of curl only outside of its
 * callbacks.
 */
#include "io/http.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>
#include <strings.h>

#define BODY_LIMIT ((size_t)64 << 20)
#define HEADER_LIMIT ((size_t)256 << 10)
#define CONNECT_TIMEOUT_MS 10000

struct tw_http {
	uv_loop_t *loop;
	uv_timer_t timer;
	CURLM *multi;
	int open_handles;
	bool in_curl; /* curl runs: nothing may be added or removed */
	bool in_done; /* on_done runs: the client must stay */
	bool freed;
	struct tw_http_req *first; /* all requests under way */
};

struct tw_http_req {
	struct tw_http *http;
	struct tw_http_req *prev, *next;
	CURL *easy;
	struct curl_slist *headers_out;
	struct tw_buf body_out, body, headers;
	size_t limit;
	struct tw_http_opts opts; /* only what the callbacks need is still valid */
	struct tw_err err;	  /* why we broke off, or no code */
	char why[CURL_ERROR_SIZE];
	bool cancelled;
};

struct socket {
	uv_poll_t poll;
	struct tw_http *http;
	curl_socket_t fd;
	int events;
};

static void check_done(struct tw_http *h);
static void on_poll(uv_poll_t *p, int status, int events);

/* The loop's side ---------------------------------------------------------------------------- */

static void act(struct tw_http *h, curl_socket_t fd, int events)
{
	int running;
	h->in_curl = true;
	curl_multi_socket_action(h->multi, fd, events, &running);
	h->in_curl = false;
	check_done(h);
}

static void on_poll(uv_poll_t *p, int status, int events)
{
	struct socket *s = p->data;
	int flags = 0;
	if (status < 0) {
		/* The loop gave the socket up. What came before the error is still to be read: curl
		 * finds both when it tries. */
		flags = CURL_CSELECT_IN | CURL_CSELECT_OUT;
		uv_poll_start(&s->poll, s->events, on_poll);
	}
	if (events & UV_READABLE)
		flags |= CURL_CSELECT_IN;
	if (events & UV_WRITABLE)
		flags |= CURL_CSELECT_OUT;
	act(s->http, s->fd, flags);
}

static void on_timer(uv_timer_t *t)
{
	act(t->data, CURL_SOCKET_TIMEOUT, 0);
}

static void handle_closed(struct tw_http *h)
{
	if (--h->open_handles == 0)
		free(h);
}

static void socket_closed(uv_handle_t *handle)
{
	struct socket *s = handle->data;
	handle_closed(s->http);
	free(s);
}

static void timer_closed(uv_handle_t *handle)
{
	handle_closed(handle->data);
}

static int want_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *sock_arg)
{
	struct tw_http *h = arg;
	struct socket *s = sock_arg;
	if (what == CURL_POLL_REMOVE) {
		if (s) {
			uv_poll_stop(&s->poll);
			uv_close((uv_handle_t *)&s->poll, socket_closed);
			curl_multi_assign(h->multi, fd, NULL);
		}
		return 0;
	}
	if (!s) {
		s = tw_new(struct socket);
		s->http = h;
		s->fd = fd;
		if (uv_poll_init_socket(h->loop, &s->poll, fd) != 0) {
			free(s);
			return -1;
		}
		s->poll.data = s;
		h->open_handles++;
		curl_multi_assign(h->multi, fd, s);
	}
	s->events =
		(what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);
	uv_poll_start(&s->poll, s->events, on_poll);
	return 0;
}

static int want_timer(CURLM *multi, long ms, void *arg)
{
	struct tw_http *h = arg;
	if (ms < 0) {
		uv_timer_stop(&h->timer);
		return 0;
	}
	/*
	 * Never early: curl would find nothing due, and not ask again. The loop's time is that of the
	 * turn's begin, in whole milliseconds.
	 */
	uv_update_time(h->loop);
	uv_timer_start(&h->timer, on_timer, ms ? (uint64_t)ms + 1 : 0, 0);
	return 0;
}

/* One request -------------------------------------------------------------------------------- */

static int status_of(struct tw_http_req *r)
{
	long status = 0;
	curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &status);
	return (int)status;
}

static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
	struct tw_http_req *r = arg;
	n *= size;
	if (r->cancelled)
		return 0;
	if (r->opts.on_data) {
		if (r->opts.on_data(r->opts.arg, status_of(r), tw_strn(p, n)) && !r->cancelled)
			return n;
		tw_err_set(&r->err, TW_ERR_LIMIT, "the answer's reader broke off");
		return 0;
	}
	if (r->body.n + n > r->limit) {
		tw_err_set(&r->err, TW_ERR_LIMIT, "the answer has more than %zu bytes", r->limit);
		return 0;
	}
	tw_buf_add(&r->body, p, n);
	return n;
}

/* One line. A status line begins a new answer, after a redirect or a 100. */
static size_t on_header(char *p, size_t size, size_t n, void *arg)
{
	struct tw_http_req *r = arg;
	n *= size;
	struct tw_str line = tw_str_trim(tw_strn(p, n)), value;
	if (tw_str_starts(line, "HTTP/")) {
		tw_buf_clear(&r->headers);
		return n;
	}
	struct tw_str name = tw_str_trim(tw_str_cut(line, ':', &value));
	if (!value.p)
		return n;
	if (r->headers.n + line.n > HEADER_LIMIT) {
		tw_err_set(&r->err, TW_ERR_LIMIT, "the answer's headers are too long");
		return 0;
	}
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		tw_buf_addc(&r->headers, c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c);
	}
	tw_buf_adds(&r->headers, ": ");
	tw_buf_addstr(&r->headers, tw_str_trim(value));
	tw_buf_addc(&r->headers, '\n');
	return n;
}

struct tw_str tw_http_header(const struct tw_http_result *r, const char *name)
{
	struct tw_str rest = r->headers;
	while (rest.n) {
		struct tw_str value, line = tw_str_cut(rest, '\n', &rest);
		if (tw_str_is(tw_str_cut(line, ':', &value), name))
			return tw_str_trim(value);
	}
	return (struct tw_str){0};
}

static void req_free(struct tw_http_req *r)
{
	struct tw_http *h = r->http;
	curl_multi_remove_handle(h->multi, r->easy);
	curl_easy_cleanup(r->easy);
	curl_slist_free_all(r->headers_out);
	tw_buf_release(&r->body_out);
	tw_buf_release(&r->body);
	tw_buf_release(&r->headers);
	if (r->prev)
		r->prev->next = r->next;
	else
		h->first = r->next;
	if (r->next)
		r->next->prev = r->prev;
	free(r);
}

static void explain(struct tw_http_req *r, CURLcode code)
{
	const char *why = r->why[0] ? r->why : curl_easy_strerror(code);
	enum tw_rc rc = code == CURLE_OPERATION_TIMEDOUT ? TW_ERR_TIMEOUT : TW_ERR_IO;
	char *url = NULL;
	curl_easy_getinfo(r->easy, CURLINFO_EFFECTIVE_URL, &url);
	tw_err_set(&r->err, rc, "%s: %s", url ? url : "request", why);
}

static void finish(struct tw_http_req *r, CURLcode code)
{
	if (!r->cancelled) {
		if (code != CURLE_OK && r->err.rc == TW_OK)
			explain(r, code);
		struct tw_http_result result = {
			.err = code != CURLE_OK ? &r->err : NULL,
			.status = status_of(r),
			.body = tw_buf_str(&r->body),
			.headers = tw_buf_str(&r->headers),
		};
		r->cancelled = true; /* a tw_http_cancel from inside has nothing to do */
		r->opts.on_done(r->opts.arg, &result);
	}
	req_free(r);
}

static void destroy(struct tw_http *h)
{
	while (h->first)
		req_free(h->first);
	curl_multi_cleanup(h->multi); /* closes its connections: their sockets are removed here */
	uv_timer_stop(&h->timer);
	uv_close((uv_handle_t *)&h->timer, timer_closed);
}

/* Those cancelled while curl ran. */
static void sweep(struct tw_http *h)
{
	for (struct tw_http_req *next, *r = h->first; r; r = next) {
		next = r->next;
		if (r->cancelled)
			req_free(r);
	}
}

static void check_done(struct tw_http *h)
{
	CURLMsg *msg;
	int left;
	sweep(h);
	h->in_done = true;
	while (!h->freed && (msg = curl_multi_info_read(h->multi, &left))) {
		struct tw_http_req *r;
		if (msg->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)&r);
		finish(r, msg->data.result);
	}
	h->in_done = false;
	if (h->freed)
		destroy(h);
}

void tw_http_cancel(struct tw_http_req *r)
{
	if (!r || r->cancelled)
		return;
	r->cancelled = true;
	if (!r->http->in_curl)
		req_free(r);
}

/* Starting ----------------------------------------------------------------------------------- */

static void add_options(struct tw_http_req *r, const struct tw_http_opts *o)
{
	CURL *e = r->easy;
	curl_easy_setopt(e, CURLOPT_PRIVATE, r);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, r->why);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(e, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, r);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, r);
	curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)o->timeout_ms);
	curl_easy_setopt(
		e, CURLOPT_CONNECTTIMEOUT_MS,
		(long)(o->connect_timeout_ms ? o->connect_timeout_ms : CONNECT_TIMEOUT_MS));
	curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, (long)o->follow_redirects);
	curl_easy_setopt(e, CURLOPT_MAXREDIRS, 20L);
	curl_easy_setopt(e, CURLOPT_USERAGENT, "tradewind/" TW_VERSION);
	if (o->unix_path) {
		curl_easy_setopt(e, CURLOPT_UNIX_SOCKET_PATH, o->unix_path);
		curl_easy_setopt(e, CURLOPT_PROXY, "");
	}
	if (o->insecure) {
		curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	if (o->ca_file)
		curl_easy_setopt(e, CURLOPT_CAINFO, o->ca_file);
	if (o->cert_file)
		curl_easy_setopt(e, CURLOPT_SSLCERT, o->cert_file);
	if (o->key_file)
		curl_easy_setopt(e, CURLOPT_SSLKEY, o->key_file);
	if (o->user) {
		curl_easy_setopt(e, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
		curl_easy_setopt(e, CURLOPT_USERNAME, o->user);
		curl_easy_setopt(e, CURLOPT_PASSWORD, o->password ? o->password : "");
	}
}

static void add_body(struct tw_http_req *r, const struct tw_http_opts *o)
{
	if (o->body.p) {
		tw_buf_addstr(&r->body_out, o->body);
		curl_easy_setopt(r->easy, CURLOPT_POSTFIELDS, tw_buf_cstr(&r->body_out));
		curl_easy_setopt(r->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)o->body.n);
	}
	if (o->method && strcmp(o->method, "HEAD") == 0)
		curl_easy_setopt(r->easy, CURLOPT_NOBODY, 1L);
	else if (o->method)
		curl_easy_setopt(r->easy, CURLOPT_CUSTOMREQUEST, o->method);
}

static void add_headers(struct tw_http_req *r, const struct tw_http_opts *o)
{
	bool has_type = false;
	for (size_t i = 0; o->headers && o->headers[i]; i++) {
		r->headers_out = curl_slist_append(r->headers_out, o->headers[i]);
		has_type |= strncasecmp(o->headers[i], "content-type:", 13) == 0;
	}
	/* curl would wait a second for a 100, and call every body a form. */
	r->headers_out = curl_slist_append(r->headers_out, "Expect:");
	if (!has_type)
		r->headers_out = curl_slist_append(r->headers_out, "Content-Type:");
	curl_easy_setopt(r->easy, CURLOPT_HTTPHEADER, r->headers_out);
}

enum tw_rc tw_http_start(struct tw_http *h, const struct tw_http_opts *o,
			 struct tw_http_req **ret_req, struct tw_err *err)
{
	CURLU *u = curl_url();
	CURLUcode bad = curl_url_set(u, CURLUPART_URL, o->url, CURLU_NON_SUPPORT_SCHEME);
	curl_url_cleanup(u);
	bool http =
		strncasecmp(o->url, "http://", 7) == 0 || strncasecmp(o->url, "https://", 8) == 0;
	if (bad || !http)
		return tw_err_set(err, TW_ERR_INVALID, "'%s' is no http or https URL", o->url);
	struct tw_http_req *r = tw_new(struct tw_http_req);
	r->http = h;
	r->easy = curl_easy_init();
	TW_ASSERT(r->easy && !h->freed);
	r->limit = o->body_limit ? o->body_limit : BODY_LIMIT;
	r->opts.on_data = o->on_data;
	r->opts.on_done = o->on_done;
	r->opts.arg = o->arg;
	curl_easy_setopt(r->easy, CURLOPT_URL, o->url);
	add_options(r, o);
	add_body(r, o);
	add_headers(r, o);
	r->next = h->first;
	if (h->first)
		h->first->prev = r;
	h->first = r;
	CURLMcode rc = curl_multi_add_handle(h->multi, r->easy);
	TW_ASSERT(rc == CURLM_OK); /* it is not inside of one of curl's callbacks */
	if (ret_req)
		*ret_req = r;
	return TW_OK;
}

static void curl_init(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

enum tw_rc tw_http_new(uv_loop_t *loop, struct tw_http **ret_h, struct tw_err *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, curl_init);
	struct tw_http *h = tw_new(struct tw_http);
	h->loop = loop;
	h->multi = curl_multi_init();
	TW_ASSERT(h->multi);
	uv_timer_init(loop, &h->timer);
	h->timer.data = h;
	h->open_handles = 1;
	curl_multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, want_socket);
	curl_multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h);
	curl_multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, want_timer);
	curl_multi_setopt(h->multi, CURLMOPT_TIMERDATA, h);
	*ret_h = h;
	return TW_OK;
}

void tw_http_free(struct tw_http *h)
{
	if (!h || h->freed)
		return;
	h->freed = true;
	for (struct tw_http_req *r = h->first; r; r = r->next)
		r->cancelled = true;
	if (!h->in_curl && !h->in_done)
		destroy(h);
}
