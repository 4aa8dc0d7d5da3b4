#include "io/http.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/file.h"
#include "io/loop_testing.h"
#include "io/sock.h"

/* A server in threads of its own ------------------------------------------------------------- */

static struct MHD_Daemon *server, *unix_server;
static char base[60], *dir, *unix_path;

struct upload {
	struct tw_buf body;
};

static ssize_t drip(void *arg, uint64_t pos, char *out, size_t max)
{
	if (pos >= 50)
		return MHD_CONTENT_READER_END_OF_STREAM;
	usleep(2000);
	memset(out, 'd', 10);
	return 10;
}

static ssize_t never(void *arg, uint64_t pos, char *out, size_t max)
{
	if (pos > 0) {
		usleep(20000);
		return 0;
	}
	out[0] = 'x';
	return 1;
}

static enum MHD_Result reply(struct MHD_Connection *c, int status, struct MHD_Response *r)
{
	MHD_add_response_header(r, "X-Test-Header", " some value ");
	enum MHD_Result rc = MHD_queue_response(c, (unsigned)status, r);
	MHD_destroy_response(r);
	return rc;
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *c, const char *url,
				  const char *method, const char *version, const char *data,
				  size_t *size, void **state)
{
	struct upload *up = *state;
	if (!up) {
		*state = tw_new(struct upload);
		return MHD_YES;
	}
	if (*size) {
		tw_buf_add(&up->body, data, *size);
		*size = 0;
		return MHD_YES;
	}
	if (strcmp(url, "/drip") == 0)
		return reply(
			c, 200,
			MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 10, drip, NULL, NULL));
	if (strcmp(url, "/never") == 0)
		return reply(
			c, 200,
			MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 10, never, NULL, NULL));
	struct tw_buf out = {0};
	int status = 200;
	if (strcmp(url, "/big") == 0) {
		tw_buf_reserve(&out, 3 << 20);
		memset(out.p, 'b', 3 << 20);
		out.n = 3 << 20;
	} else if (strcmp(url, "/missing") == 0) {
		tw_buf_adds(&out, "no such thing");
		status = 404;
	} else if (strcmp(url, "/moved") == 0) {
		struct MHD_Response *r =
			MHD_create_response_from_buffer(0, "", MHD_RESPMEM_PERSISTENT);
		MHD_add_response_header(r, "Location", "/missing");
		return reply(c, 302, r);
	} else {
		const char *type = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Content-Type");
		const char *auth = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Authorization");
		const char *mine = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "X-Mine");
		tw_buf_printf(&out, "%s %s type=%s auth=%s mine=%s body=%zu:%.20s", method, url,
			      type ? type : "", auth ? auth : "", mine ? mine : "", up->body.n,
			      tw_buf_cstr(&up->body));
	}
	size_t n = out.n;
	return reply(c, status,
		     MHD_create_response_from_buffer(n, tw_buf_steal(&out), MHD_RESPMEM_MUST_FREE));
}

static void on_complete(void *arg, struct MHD_Connection *c, void **state,
			enum MHD_RequestTerminationCode how)
{
	struct upload *up = *state;
	if (up)
		tw_buf_release(&up->body);
	free(up);
}

static struct MHD_Daemon *serve(int fd)
{
	struct MHD_Daemon *d =
		MHD_start_daemon(MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD, 0,
				 NULL, NULL, on_request, NULL, MHD_OPTION_LISTEN_SOCKET, fd,
				 MHD_OPTION_NOTIFY_COMPLETED, on_complete, NULL, MHD_OPTION_END);
	assert_non_null(d);
	return d;
}

static int start_servers(void **state)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof in;
	int fd = socket(AF_INET, SOCK_STREAM, 0), ufd;
	assert_int_equal(bind(fd, (struct sockaddr *)&in, len) | listen(fd, 50), 0);
	getsockname(fd, (struct sockaddr *)&in, &len);
	snprintf(base, sizeof base, "http://127.0.0.1:%d", ntohs(in.sin_port));
	server = serve(fd);
	dir = tw_test_folder();
	unix_path = tw_asprintf("%s/http", dir);
	assert_int_equal(tw_sock_bind(unix_path, SOCK_STREAM, &ufd, NULL), TW_OK);
	assert_int_equal(listen(ufd, 10), 0);
	unix_server = serve(ufd);
	unsetenv("http_proxy");
	return 0;
}

static int stop_servers(void **state)
{
	MHD_stop_daemon(server);
	MHD_stop_daemon(unix_server);
	tw_file_remove_tree(dir, NULL);
	free(dir);
	free(unix_path);
	return 0;
}

/* The client --------------------------------------------------------------------------------- */

struct answer {
	int done, status, pieces;
	struct tw_err err;
	struct tw_buf body, headers;
	size_t stop_after; /* bytes; 0: never */
	struct tw_http_req *cancel_on_data;
	struct tw_http *free_on_data, *free_on_done;
};

static void on_done(void *arg, const struct tw_http_result *r)
{
	struct answer *a = arg;
	a->done++;
	a->status = r->status;
	if (r->err)
		a->err = *r->err;
	tw_buf_addstr(&a->body, r->body);
	tw_buf_addstr(&a->headers, r->headers);
	if (!r->err)
		tw_assert_str(tw_http_header(r, "x-test-header"), "some value");
	assert_null(tw_http_header(r, "x-none").p);
	if (a->free_on_done)
		tw_http_free(a->free_on_done);
}

static bool on_data(void *arg, int status, struct tw_str piece)
{
	struct answer *a = arg;
	a->pieces++;
	a->status = status;
	tw_buf_addstr(&a->body, piece);
	tw_http_cancel(a->cancel_on_data);
	if (a->free_on_data)
		tw_http_free(a->free_on_data);
	return !a->stop_after || a->body.n < a->stop_after;
}

static uv_loop_t loop;
static struct tw_http *http;

static int open_client(void **state)
{
	uv_loop_init(&loop);
	return tw_http_new(&loop, &http, NULL);
}

static int close_client(void **state)
{
	tw_http_free(http);
	tw_test_close_loop(&loop);
	return 0;
}

static void answer_release(struct answer *a)
{
	tw_buf_release(&a->body);
	tw_buf_release(&a->headers);
}

static struct tw_http_req *start(struct answer *a, const char *path, struct tw_http_opts o)
{
	char url[200];
	struct tw_err err;
	struct tw_http_req *req = NULL;
	snprintf(url, sizeof url, "%s%s", base, path);
	o.url = o.url ? o.url : url;
	o.on_done = on_done;
	o.arg = a;
	if (tw_http_start(http, &o, &req, &err) < 0)
		fail_msg("%s", err.msg);
	return req;
}

static struct answer fetch(const char *path, struct tw_http_opts o)
{
	struct answer a = {0};
	start(&a, path, o);
	tw_test_run_until(&loop, &a.done, 1);
	return a;
}

static void check(const char *path, struct tw_http_opts o, int status, const char *body)
{
	struct answer a = fetch(path, o);
	assert_string_equal(a.err.msg, "");
	assert_int_equal(a.status, status);
	assert_string_equal(tw_buf_cstr(&a.body), body);
	answer_release(&a);
}

static void asks(void **state)
{
	const char *const headers[] = {"X-Mine: yes", "Content-Type: text/plain", NULL};
	check("/a", (struct tw_http_opts){0}, 200, "GET /a type= auth= mine= body=0:");
	check("/a", (struct tw_http_opts){.body = TW_STR("hello")}, 200,
	      "POST /a type= auth= mine= body=5:hello");
	check("/a",
	      (struct tw_http_opts){.method = "PATCH", .body = TW_STR("x"), .headers = headers},
	      200, "PATCH /a type=text/plain auth= mine=yes body=1:x");
	check("/a", (struct tw_http_opts){.method = "DELETE"}, 200,
	      "DELETE /a type= auth= mine= body=0:");
	check("/a", (struct tw_http_opts){.method = "HEAD"}, 200, "");
	check("/a", (struct tw_http_opts){.user = "me", .password = "pw"}, 200,
	      "GET /a type= auth=Basic bWU6cHc= mine= body=0:");
	check("/missing", (struct tw_http_opts){0}, 404, "no such thing");
	check("/moved", (struct tw_http_opts){0}, 302, "");
	check("/moved", (struct tw_http_opts){.follow_redirects = true}, 404, "no such thing");
	struct answer moved = fetch("/moved", (struct tw_http_opts){.follow_redirects = true});
	assert_null(strstr(moved.headers.p, "location")); /* the last answer's headers only */
	answer_release(&moved);
	check("/u", (struct tw_http_opts){.url = "http://any/u", .unix_path = unix_path}, 200,
	      "GET /u type= auth= mine= body=0:");
	struct tw_buf big = {0};
	tw_buf_reserve(&big, 2 << 20);
	memset(big.p, 'u', 2 << 20);
	big.n = 2 << 20;
	check("/a", (struct tw_http_opts){.body = tw_buf_str(&big)}, 200,
	      "POST /a type= auth= mine= body=2097152:uuuuuuuuuuuuuuuuuuuu");
	tw_buf_release(&big);
}

static void many_at_once(void **state)
{
	struct answer a[30] = {0};
	for (int i = 0; i < 30; i++)
		start(&a[i], i % 3 ? "/x" : "/drip", (struct tw_http_opts){0});
	for (int i = 0; i < 30; i++) {
		tw_test_run_until(&loop, &a[i].done, 1);
		assert_int_equal(a[i].status, 200);
		assert_int_equal(a[i].body.n,
				 i % 3 ? strlen("GET /x type= auth= mine= body=0:") : 50);
		answer_release(&a[i]);
	}
}

static void streams(void **state)
{
	struct answer a = fetch("/drip", (struct tw_http_opts){.on_data = on_data});
	assert_int_equal(a.body.n, 50);
	assert_true(a.pieces > 1);
	assert_int_equal(a.err.rc, TW_OK);
	answer_release(&a);
	a = (struct answer){.stop_after = 20};
	start(&a, "/drip", (struct tw_http_opts){.on_data = on_data});
	tw_test_run_until(&loop, &a.done, 1);
	assert_int_equal(a.err.rc, TW_ERR_LIMIT);
	answer_release(&a);
}

static void fails_well(void **state)
{
	struct tw_err err;
	struct tw_http_opts o = {.url = "ftp://x/", .on_done = on_done};
	assert_int_equal(tw_http_start(http, &o, NULL, &err), TW_ERR_INVALID);
	o.url = "not a url";
	assert_int_equal(tw_http_start(http, &o, NULL, &err), TW_ERR_INVALID);
	o.url = "http://host:port/";
	assert_int_equal(tw_http_start(http, &o, NULL, &err), TW_ERR_INVALID);

	struct answer a = fetch("", (struct tw_http_opts){.url = "http://127.0.0.1:1/"});
	assert_int_equal(a.err.rc, TW_ERR_IO);
	assert_non_null(strstr(a.err.msg, "127.0.0.1"));
	assert_int_equal(a.status, 0);
	answer_release(&a);
	a = fetch("/never", (struct tw_http_opts){.timeout_ms = 100});
	assert_int_equal(a.err.rc, TW_ERR_TIMEOUT);
	answer_release(&a);
	a = fetch("/big", (struct tw_http_opts){.body_limit = 1 << 20});
	assert_int_equal(a.err.rc, TW_ERR_LIMIT);
	answer_release(&a);
	a = fetch("/u", (struct tw_http_opts){.unix_path = "/no/such/socket"});
	assert_int_equal(a.err.rc, TW_ERR_IO);
	answer_release(&a);
}

static void cancels(void **state)
{
	struct answer a = {0}, b = {0}, c = {0};
	struct tw_http_req *r = start(&a, "/never", (struct tw_http_opts){.on_data = on_data});
	tw_test_run_until(&loop, &a.pieces, 1);
	tw_http_cancel(r);
	/* From inside of another's callback, and of its own. */
	b.cancel_on_data = start(&c, "/never", (struct tw_http_opts){.on_data = on_data});
	tw_test_run_until(&loop, &c.pieces, 1);
	check("/missing", (struct tw_http_opts){0}, 404,
	      "no such thing"); /* b takes its connection */
	int open = tw_test_open_fds();
	start(&b, "/drip", (struct tw_http_opts){.on_data = on_data});
	tw_test_run_until(&loop, &b.pieces, 1);
	b.cancel_on_data = NULL;
	tw_test_run_until(&loop, &b.done, 1);
	tw_test_run_for(&loop, 50);
	assert_true(tw_test_open_fds() < open); /* c's connection is closed */
	assert_int_equal(b.body.n, 50);
	assert_int_equal(a.done + c.done, 0);
	answer_release(&c);
	c = (struct answer){0};
	c.cancel_on_data = start(&c, "/drip", (struct tw_http_opts){.on_data = on_data});
	tw_test_run_until(&loop, &c.pieces, 1);
	c.cancel_on_data = NULL;
	tw_test_run_for(&loop, 20);
	assert_int_equal(c.done, 0);
	answer_release(&a);
	answer_release(&b);
	answer_release(&c);
}

static void freed_by_callbacks(void **state)
{
	struct answer a = {.free_on_done = http}, other = {0};
	start(&other, "/never", (struct tw_http_opts){0});
	start(&a, "/x", (struct tw_http_opts){0});
	tw_test_run_until(&loop, &a.done, 1);
	answer_release(&a);

	assert_int_equal(tw_http_new(&loop, &http, NULL), TW_OK);
	a = (struct answer){.free_on_data = http};
	start(&a, "/never", (struct tw_http_opts){.on_data = on_data});
	tw_test_run_until(&loop, &a.pieces, 1);
	assert_int_equal(a.done + other.done, 0);
	answer_release(&a);
	http = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(asks, open_client, close_client),
		cmocka_unit_test_setup_teardown(many_at_once, open_client, close_client),
		cmocka_unit_test_setup_teardown(streams, open_client, close_client),
		cmocka_unit_test_setup_teardown(fails_well, open_client, close_client),
		cmocka_unit_test_setup_teardown(cancels, open_client, close_client),
		cmocka_unit_test_setup_teardown(freed_by_callbacks, open_client, close_client),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, start_servers, stop_servers);
}
