/*
 * Task logs: JSON lines of a file, streamed out as they are read, so that a log of any size takes
 * no memory. While the attempt runs the answer ends with a token that says where to go on.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/ask.h"
#include "api/log_merge.h"
#include "api/tables.h"
#include "base/log.h"
#include "io/clock.h"
#include "store/tis.h"
#include "template/log_name.h"

#define CHUNK 65536
#define LINE_MAX_BYTES (8u << 20) /* a longer line is cut */
#define LATE_US (5 * TW_US_SEC)	  /* how long after its end an attempt's last lines may come */

struct reading {
	int fd;		  /* -1: there is no file */
	int64_t pos, end; /* of the file: read up to here, and where it ended when we began */
	bool ended;	  /* no more will come: a last line without newline counts */
	bool ndjson, closed, first;
	struct tw_buf raw, out;
	size_t sent;
	struct tw_arena arena; /* of one line */
	const struct tw_api *api;
	struct tw_value claims; /* of the token; in keep */
	struct tw_arena keep;
};

struct wanted {
	struct tw_ti_row ti;
	tw_time logical_date;
	int number;
	bool over; /* this attempt writes no more */
	int64_t pos;
	bool follows; /* a page after the first */
};

/* ── where the file is ────────────────────────────────────────────────────────────────── */

static bool piece_ok(struct tw_str s)
{
	return s.n && tw_str_find(s, TW_STR("/"), 0) < 0 && tw_str_find(s, TW_STR(".."), 0) < 0 &&
	       !memchr(s.p, '\0', s.n);
}

/* The ids come from rows of the metastore; they are looked at all the same. */
static char *log_path(const struct tw_api *api, const struct wanted *w, struct tw_arena *a)
{
	const struct tw_ti_row *t = &w->ti;
	struct tw_log_of of = {t->dag_id, t->run_id, t->task_id, t->map_index, w->number, w->logical_date};
	struct tw_buf path = {0};
	char *p;

	if (!piece_ok(t->dag_id) || !piece_ok(t->run_id) || !piece_ok(t->task_id))
		return NULL;
	tw_buf_printf(&path, "%s/", api->log_folder);
	tw_log_name(api->log_name, &of, &path);
	p = tw_arena_strdup(a, path.p);
	tw_buf_release(&path);
	return p;
}

/* The attempt's file; with those of its triggers, when there are any, as one. */
static int open_log(const struct tw_log_files *files, int64_t *ret_size)
{
	int fd = -1;
	struct stat st;

	if (files->v.n == 1)
		fd = open(files->v.v[0], O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	else if (files->v.n)
		fd = tw_log_merge(files);

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return -1;
	}
	*ret_size = st.st_size;
	return fd;
}

/* ── lines ────────────────────────────────────────────────────────────────────────────── */

static void separate(struct reading *r)
{
	if (!r->ndjson && !r->first)
		tw_buf_addc(&r->out, ',');
	r->first = false;
}

static void event(struct reading *r, struct tw_str text)
{
	struct tw_jw w = {.out = &r->out};

	separate(r);
	tw_jw_obj(&w);
	tw_jw_null_at(&w, "timestamp");
	tw_jw_str_at(&w, "event", text);
	tw_jw_end(&w);
	if (r->ndjson)
		tw_buf_addc(&r->out, '\n');
}

/* What is no object with an event (somebody wrote into the file) becomes the text of one. */
static void line(struct reading *r, struct tw_str text)
{
	struct tw_value v;

	while (text.n && (text.p[text.n - 1] == '\r' || text.p[text.n - 1] == '\0'))
		text.n--;
	if (!text.n)
		return;
	tw_arena_clear(&r->arena);
	if (tw_json_parse(&r->arena, text, &v, NULL) < 0 || v.kind != TW_V_MAP ||
	    tw_map_value(v, "event").kind != TW_V_STR) {
		event(r, text);
		return;
	}
	separate(r);
	tw_json_write(&r->out, v, TW_JSON_COMPACT);
	if (r->ndjson)
		tw_buf_addc(&r->out, '\n');
}

static void lines(struct reading *r)
{
	size_t from = 0;

	for (size_t i = 0; i < r->raw.n; i++)
		if (r->raw.p[i] == '\n') {
			line(r, tw_strn(r->raw.p + from, i - from));
			from = i + 1;
		}
	tw_buf_consume(&r->raw, from);
	if (r->raw.n > LINE_MAX_BYTES) {
		line(r, tw_buf_str(&r->raw));
		tw_buf_clear(&r->raw);
	}
}

/* ── the stream ───────────────────────────────────────────────────────────────────────── */

static char *make_token(struct reading *r)
{
	struct tw_buf token = {0};
	/* What is left over is half a line: it is read again. */
	int64_t pos = r->pos - (int64_t)r->raw.n;

	tw_map_putc(&r->keep, r->claims, "pos", tw_v_int(pos));
	if (tw_jwt_make(&token, TW_JWT_HS256, r->api->secret_key, r->claims, NULL) < 0)
		tw_buf_clear(&token);
	return tw_buf_steal(&token);
}

static void finish(struct reading *r)
{
	struct tw_jw w = {.out = &r->out};

	r->closed = true;
	if (r->ended && r->raw.n) {
		line(r, tw_buf_str(&r->raw));
		tw_buf_clear(&r->raw);
	}
	if (r->ndjson)
		return;
	tw_buf_adds(&r->out, "],\"continuation_token\":");
	if (r->ended) {
		tw_jw_null(&w);
	} else {
		char *token = make_token(r);

		tw_jw_cstr(&w, token);
		free(token);
	}
	tw_buf_addc(&r->out, '}');
}

static void read_more(struct reading *r)
{
	size_t want = r->end - r->pos < CHUNK ? (size_t)(r->end - r->pos) : CHUNK;
	ssize_t n = 0;

	if (r->fd >= 0 && want) {
		tw_buf_reserve(&r->raw, want);
		do
			n = pread(r->fd, r->raw.p + r->raw.n, want, r->pos);
		while (n < 0 && errno == EINTR);
	}
	if (n <= 0) {
		finish(r);
		return;
	}
	r->raw.n += (size_t)n;
	r->pos += n;
	lines(r);
}

static int64_t stream(void *arg, void *thread, char *buf, size_t max)
{
	struct reading *r = arg;
	size_t n;

	if (r->sent == r->out.n) {
		tw_buf_clear(&r->out);
		r->sent = 0;
		while (!r->out.n && !r->closed)
			read_more(r);
		if (!r->out.n)
			return -1;
	}
	n = r->out.n - r->sent < max ? r->out.n - r->sent : max;
	memcpy(buf, r->out.p + r->sent, n);
	r->sent += n;
	return (int64_t)n;
}

static void stream_free(void *arg)
{
	struct reading *r = arg;

	if (r->fd >= 0)
		close(r->fd);
	tw_buf_release(&r->raw);
	tw_buf_release(&r->out);
	tw_arena_release(&r->arena);
	tw_arena_release(&r->keep);
	free(r);
}

/* ── the request ──────────────────────────────────────────────────────────────────────── */


static struct tw_value token_claims(struct tw_arena *a, const struct tw_request *req,
				    const struct wanted *w)
{
	struct tw_value claims = tw_v_map(a);

	tw_map_putc(a, claims, "dag", tw_v_str(tw_str_copy(a, req->params[0])));
	tw_map_putc(a, claims, "run", tw_v_str(tw_str_copy(a, req->params[1])));
	tw_map_putc(a, claims, "task", tw_v_str(tw_str_copy(a, req->params[2])));
	tw_map_putc(a, claims, "map", tw_v_int(w->ti.map_index));
	tw_map_putc(a, claims, "try", tw_v_int(w->number));
	return claims;
}

static bool read_token(struct tw_request *req, struct tw_response *resp, struct wanted *w)
{
	struct tw_str token = tw_query(req, "token");
	struct tw_jwt_check check = {
		.alg = TW_JWT_HS256, .key = tw_api_of(req)->secret_key, .now_us = tw_now()};
	struct tw_value claims;

	if (!token.n)
		return true;
	w->follows = true;
	if (tw_jwt_verify(req->arena, &check, token, &claims, NULL) == TW_OK &&
	    tw_str_eq(tw_map_str(claims, "dag", ""), req->params[0]) &&
	    tw_str_eq(tw_map_str(claims, "run", ""), req->params[1]) &&
	    tw_str_eq(tw_map_str(claims, "task", ""), req->params[2]) &&
	    tw_map_int(claims, "try", -1) == w->number &&
	    tw_map_int(claims, "map", -9) == w->ti.map_index) {
		w->pos = tw_map_int(claims, "pos", 0);
		if (w->pos >= 0)
			return true;
	}
	tw_reply_error(resp, 400, "Bad Signature. Please use only the tokens provided by the API.");
	return false;
}

/* The attempt of that number: the present one or one of the history. */
static bool find_attempt(struct tw_request *req, struct tw_response *resp, int64_t index,
			 int64_t number, struct wanted *w)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_ti_view present, *v = NULL;
	struct tw_err err = {0};
	size_t n = 0;
	enum tw_rc rc;

	if (!s)
		return false;
	rc = tw_store_ti(s, req->params[0], req->params[1], req->params[2], (int)index, req->arena,
			 &present, &err);
	if (rc == TW_OK && present.ti.try_number != number)
		rc = tw_store_ti_tries(s, req->params[0], req->params[1], req->params[2],
				       (int)index, req->arena, &v, &n, &err);
	if (rc < 0 && rc != TW_ERR_NOT_FOUND) {
		tw_reply_err(resp, &err);
		return false;
	}
	while (n && v[n - 1].ti.try_number != number)
		n--;
	if (rc == TW_ERR_NOT_FOUND || (present.ti.try_number != number && !n)) {
		tw_reply_error(resp, 404, "TaskInstance not found");
		return false;
	}
	w->number = (int)number;
	w->ti = n ? v[n - 1].ti : present.ti;
	w->logical_date = n ? v[n - 1].logical_date : present.logical_date;
	/* The runner's last lines may come a little after the word that the attempt has ended. */
	w->over = n || ((tw_ti_finished(w->ti.state) || w->ti.state == TW_TI_UP_FOR_RETRY) &&
			(w->ti.end_date == TW_TIME_NONE || w->ti.end_date + LATE_US < tw_now()));
	return true;
}

/* Where the last whole line ends. */
static int64_t whole_lines(int fd, int64_t size)
{
	char tail[4096];

	while (size > 0) {
		int64_t from = size > (int64_t)sizeof tail ? size - (int64_t)sizeof tail : 0;
		ssize_t n = pread(fd, tail, (size_t)(size - from), from);
		const char *at = n > 0 ? memrchr(tail, '\n', (size_t)n) : NULL;

		if (at)
			return from + (at - tail) + 1;
		size = from;
	}
	return 0;
}

static void start(struct tw_request *req, struct tw_response *resp, const struct wanted *w,
		  const char *path)
{
	struct reading *r = tw_new(struct reading);
	struct tw_log_files files = {0};
	bool finished = tw_ti_finished(w->ti.state) || w->ti.state == TW_TI_UP_FOR_RETRY;

	r->api = tw_api_of(req);
	r->ndjson = tw_str_starts(req->accept, "application/x-ndjson");
	r->first = true;
	r->pos = w->pos;
	if (path)
		tw_log_files_find(path, &files);
	r->fd = open_log(&files, &r->end);
	/* A finished attempt whose file ends with a whole line has nothing more to say. */
	r->ended = w->over || (finished && r->fd >= 0 && whole_lines(r->fd, r->end) == r->end);
	r->claims = token_claims(&r->keep, req, w);
	if (!r->ndjson)
		tw_buf_adds(&r->out, "{\"content\":[");
	if (!w->follows && r->fd >= 0) {
		event(r, TW_STR("::group::Log message source details"));
		for (size_t i = 0; i < files.v.n; i++)
			event(r, tw_str(files.v.v[i]));
		event(r, TW_STR("::endgroup::"));
	} else if (!w->follows && r->ended) {
		event(r, TW_STR("This attempt has left no log."));
	}
	tw_log_files_release(&files);
	resp->stream = stream;
	resp->stream_free = stream_free;
	resp->stream_arg = r;
	if (!r->ndjson)
		return;
	resp->content_type = "application/x-ndjson";
	if (!r->ended) {
		struct tw_str token;
		int64_t pos = r->pos;
		char *text;

		/* The header goes first: it tells where the last whole line ends now. */
		r->pos = r->fd >= 0 ? whole_lines(r->fd, r->end) : pos;
		text = make_token(r);
		r->pos = pos;
		token = tw_str_copy(req->arena, tw_str(text));
		free(text);
		tw_reply_header(resp, TW_STR("Airflow-Continuation-Token"), token);
	}
}

static void get_log(struct tw_request *req, struct tw_response *resp)
{
	struct wanted w = {0};
	struct tw_asker q;
	int64_t index, number;

	tw_asker_init(&q, req, resp);
	index = tw_asker_int(&q, "map_index", -1, INT32_MIN);
	tw_asker_bool(&q, "full_content", false);
	if (tw_faults_any(&q.faults) || !tw_path_int(req, resp, 3, "try_number", &number))
		return;
	if (number < 0) {
		tw_reply_invalid(resp, "greater_than_equal", "path", "try_number",
				 "Input should be greater than or equal to 0",
				 tw_v_str(req->params[3]));
		return;
	}
	if (number > INT32_MAX || index > INT32_MAX) {
		tw_reply_error(resp, 404, "TaskInstance not found");
		return;
	}
	if (find_attempt(req, resp, index, number, &w) && read_token(req, resp, &w))
		start(req, resp, &w, log_path(tw_api_of(req), &w, req->arena));
}

static void get_external_log_url(struct tw_request *req, struct tw_response *resp)
{
	tw_reply_error(resp, 400, "Task log handler does not support external logs.");
}

const struct tw_route tw_routes_logs[] = {
	{"GET",
	 "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/logs/{try_number}",
	 {TW_ON_TASK_LOG}, get_log},
	{"GET",
	 "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/externalLogUrl/"
	 "{try_number}",
	 {TW_ON_TASK_LOG}, get_external_log_url},
	{0},
};
