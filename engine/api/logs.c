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
#include "api/hub.h"
#include "api/auth/session.h"
#include "api/log_attempt.h"
#include "api/log_match.h"
#include "api/log_path.h"
#include "api/tables.h"
#include "base/log.h"
#include "io/clock.h"
#include "store/tis.h"

#define CHUNK 65536
#define LINE_MAX_BYTES (8u << 20) /* a longer line is cut */
#define BEAT_US (15 * TW_US_SEC)
#define LIFE_US (600 * TW_US_SEC) /* of an event stream: then the client comes back, and its sign-in is looked at again */
#define LOOK_US (5 * TW_US_SEC)	  /* so long an attempt is not asked after again */

struct wanted {
	struct tw_log_attempt at;
	int64_t pos;
	bool follows; /* a page after the first */
};

enum form { LOG_JSON, LOG_LINES, LOG_EVENTS };

/* What an event stream needs beyond: it goes on as the file grows, until the attempt is over. */
struct following {
	struct tw_listener listener;
	struct tw_request *req; /* lives as long as its answer is being sent */
	struct tw_hub *hub;
	struct wanted *w;
	struct tw_log_files files;
	char *path;
	uint32_t heard;
	int64_t beat, look, over; /* µs, monotonic */
};

struct reading {
	int fd;		  /* -1: there is no file */
	int64_t pos, end; /* of the file: read up to here, and where it ended when we began */
	bool ended;	  /* no more will come: a last line without newline counts */
	enum form form;
	bool closed, first;
	int64_t line_end; /* where the line that is being told ends */
	struct tw_buf raw, out;
	size_t sent;
	struct tw_arena arena; /* of one line */
	const struct tw_api *api;
	struct tw_value claims; /* of the token; in keep */
	struct tw_arena keep;
	struct following *f; /* LOG_EVENTS */
};

/* ── where the file is ────────────────────────────────────────────────────────────────── */

static char *log_path(const struct tw_api *api, const struct wanted *w, struct tw_arena *a)
{
	return tw_log_path(api, &w->at.ti, w->at.number, w->at.logical_date, a);
}

/* ── lines ────────────────────────────────────────────────────────────────────────────── */

static void open_line(struct reading *r)
{
	if (r->form == LOG_EVENTS)
		tw_buf_printf(&r->out, "id: %lld\nevent: log\ndata: ", (long long)r->line_end);
	else if (r->form == LOG_JSON && !r->first)
		tw_buf_addc(&r->out, ',');
	r->first = false;
}

static void close_line(struct reading *r)
{
	tw_buf_adds(&r->out, r->form == LOG_EVENTS ? "\n\n" : r->form == LOG_LINES ? "\n" : "");
}

static void event(struct reading *r, struct tw_str text)
{
	struct tw_jw w = {.out = &r->out};

	open_line(r);
	tw_jw_obj(&w);
	if (r->form != LOG_JSON) /* there Airflow leaves out what there is not */
		tw_jw_null_at(&w, "timestamp");
	tw_jw_str_at(&w, "event", text);
	tw_jw_end(&w);
	close_line(r);
}

/* What is no object with an event (somebody wrote into the file) becomes the text of one. */
static void line(struct reading *r, struct tw_str text)
{
	struct tw_value v;

	text = tw_log_trim(text);
	if (!text.n)
		return;
	tw_arena_clear(&r->arena);
	v = tw_log_parse(&r->arena, text);
	if (v.kind != TW_V_MAP) {
		event(r, text);
		return;
	}
	open_line(r);
	tw_json_write(&r->out, v, TW_JSON_COMPACT);
	close_line(r);
}

static void lines(struct reading *r)
{
	int64_t begin = r->pos - (int64_t)r->raw.n;
	size_t from = 0;

	for (size_t i = 0; i < r->raw.n; i++)
		if (r->raw.p[i] == '\n') {
			r->line_end = begin + (int64_t)i + 1;
			line(r, tw_strn(r->raw.p + from, i - from));
			from = i + 1;
		}
	tw_buf_consume(&r->raw, from);
	if (r->raw.n > LINE_MAX_BYTES) {
		r->line_end = r->pos;
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
		r->line_end = r->pos;
		line(r, tw_buf_str(&r->raw));
		tw_buf_clear(&r->raw);
	}
	if (r->form == LOG_EVENTS)
		tw_buf_printf(&r->out, "id: %lld\nevent: end\ndata: {}\n\n", (long long)r->pos);
	if (r->form != LOG_JSON)
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

/* false: there is no more. */
static bool read_more(struct reading *r)
{
	size_t want = r->end - r->pos < CHUNK ? (size_t)(r->end - r->pos) : CHUNK;
	ssize_t n = 0;

	if (r->fd >= 0 && want) {
		tw_buf_reserve(&r->raw, want);
		do
			n = pread(r->fd, r->raw.p + r->raw.n, want, r->pos);
		while (n < 0 && errno == EINTR);
	}
	if (n <= 0)
		return false;
	r->raw.n += (size_t)n;
	r->pos += n;
	lines(r);
	return true;
}

static int64_t give(struct reading *r, char *buf, size_t max)
{
	size_t n = r->out.n - r->sent < max ? r->out.n - r->sent : max;

	memcpy(buf, r->out.p + r->sent, n);
	r->sent += n;
	return (int64_t)n;
}

static int64_t stream(void *arg, void *thread, char *buf, size_t max)
{
	struct reading *r = arg;

	if (r->sent == r->out.n) {
		tw_buf_clear(&r->out);
		r->sent = 0;
		while (!r->out.n && !r->closed)
			if (!read_more(r))
				finish(r);
		if (!r->out.n)
			return -1;
	}
	return give(r, buf, max);
}

static void stream_free(void *arg)
{
	struct reading *r = arg;

	if (r->fd >= 0)
		close(r->fd);
	if (r->f) {
		tw_hub_leave(r->f->hub, &r->f->listener);
		tw_log_files_release(&r->f->files);
	}
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
	tw_map_putc(a, claims, "map", tw_v_int(w->at.ti.map_index));
	tw_map_putc(a, claims, "try", tw_v_int(w->at.number));
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
	    tw_map_int(claims, "try", -1) == w->at.number &&
	    tw_map_int(claims, "map", -9) == w->at.ti.map_index) {
		w->pos = tw_map_int(claims, "pos", 0);
		if (w->pos >= 0)
			return true;
	}
	tw_reply_error(resp, 400, "Bad Signature. Please use only the tokens provided by the API.");
	return false;
}

/* Where the lines come from, or that there are none. */
static void opening(struct reading *r, const struct tw_log_files *files)
{
	if (r->fd >= 0) {
		event(r, TW_STR("::group::Log message source details"));
		for (size_t i = 0; i < files->v.n; i++)
			event(r, tw_str(files->v.v[i]));
		event(r, TW_STR("::endgroup::"));
	} else if (r->ended) {
		event(r, TW_STR("This attempt has left no log."));
	}
}

static struct reading *reading_new(struct tw_request *req, const struct wanted *w, const char *path, enum form form)
{
	struct reading *r = tw_new(struct reading);
	struct tw_log_files files = {0};

	r->api = tw_api_of(req);
	r->form = form;
	r->first = true;
	r->pos = r->line_end = w->pos;
	r->claims = token_claims(&r->keep, req, w);
	if (path)
		tw_log_files_find(path, &files);
	r->fd = tw_log_open(&files, &r->end);
	r->ended = tw_log_attempt_ended(&w->at, r->fd, r->end);
	if (form == LOG_JSON)
		tw_buf_adds(&r->out, "{\"content\":[");
	if (!w->follows)
		opening(r, &files);
	tw_log_files_release(&files);
	return r;
}

/* The header goes first: it tells where the last whole line ends now. */
static void say_where_it_goes_on(struct tw_request *req, struct tw_response *resp, struct reading *r)
{
	struct tw_str token;
	int64_t pos = r->pos;
	char *text;

	r->pos = r->fd >= 0 ? tw_log_whole_lines(r->fd, r->end) : pos;
	text = make_token(r);
	r->pos = pos;
	token = tw_str_copy(req->arena, tw_str(text));
	free(text);
	tw_reply_header(resp, TW_STR("Airflow-Continuation-Token"), token);
}

static void start(struct tw_request *req, struct tw_response *resp, const struct wanted *w,
		  const char *path)
{
	bool by_line = tw_str_starts(req->accept, "application/x-ndjson");
	struct reading *r = reading_new(req, w, path, by_line ? LOG_LINES : LOG_JSON);

	resp->stream = stream;
	resp->stream_free = stream_free;
	resp->stream_arg = r;
	if (by_line)
		resp->content_type = "application/x-ndjson";
	if (by_line && !r->ended)
		say_where_it_goes_on(req, resp, r);
}

/* ── as it is written: text/event-stream ──────────────────────────────────────────────── */

/* How far the log goes by now: it has grown, or a trigger has begun to write beside it. */
static void look_at_files(struct reading *r)
{
	struct following *f = r->f;
	struct tw_log_files files = {0};
	struct stat st;

	tw_log_files_find(f->path, &files);
	if (files.v.n != f->files.v.n || files.v.n > 1) {
		if (r->fd >= 0)
			close(r->fd);
		r->fd = tw_log_open(&files, &r->end);
	} else if (r->fd >= 0 && fstat(r->fd, &st) == 0) {
		r->end = st.st_size;
	}
	tw_log_files_release(&f->files);
	f->files = files;
	if (r->first && !f->w->follows)
		opening(r, &files);
	if (files.v.n)
		tw_hub_watch(f->hub, &f->listener, files.v.v[files.v.n - 1]);
}

/* Has the attempt ended meanwhile? Asked when something was told of it, and now and then. */
static void look_at_attempt(struct reading *r, void *thread)
{
	struct following *f = r->f;
	struct tw_request *req = f->req;
	struct tw_arena a = {0}, *own = req->arena;
	struct tw_response none = {0};
	struct wanted now = {0};
	uint32_t heard = f->listener.heard;

	if (heard == f->heard && tw_monotonic() < f->look)
		return;
	f->heard = heard;
	f->look = tw_monotonic() + LOOK_US;
	req->thread = thread;
	req->arena = &a;
	/* Nobody there any more is an end, too. */
	r->ended = !tw_log_attempt_find(req, &none, f->w->at.ti.map_index, f->w->at.number, &now.at) || tw_log_attempt_ended(&now.at, r->fd, r->end);
	tw_api_finish(req);
	req->arena = own;
	tw_buf_release(&none.body);
	tw_arena_release(&a);
}

static void follow(struct reading *r, void *thread)
{
	while (!r->out.n && !r->closed) {
		bool was_ended = r->ended;

		if (read_more(r))
			continue;
		look_at_files(r);
		if (r->pos < r->end)
			continue;
		if (was_ended) {
			finish(r);
			return;
		}
		look_at_attempt(r, thread);
		if (!r->ended)
			return;
	}
}

static int64_t events(void *arg, void *thread, char *buf, size_t max)
{
	struct reading *r = arg;
	int64_t now = tw_monotonic();

	if (r->sent < r->out.n)
		return give(r, buf, max);
	tw_buf_clear(&r->out);
	r->sent = 0;
	r->f->req->thread = thread;
	if (now >= r->f->over || (tw_hub_look_again(r->f->hub, &r->f->listener) && !tw_session_still(r->f->req)))
		return -1;
	follow(r, thread);
	if (!r->out.n && now >= r->f->beat)
		tw_buf_adds(&r->out, ":\n\n");
	if (r->out.n)
		r->f->beat = now + BEAT_US;
	/* Until there is a file nobody tells of its lines. */
	r->f->listener.nap.pause_ms = r->fd >= 0 ? 5000 : 250;
	return r->out.n ? give(r, buf, max) : r->closed ? -1 : 0;
}

static void start_events(struct tw_request *req, struct tw_response *resp, struct wanted *w, char *path)
{
	struct reading *r;
	struct following *f = tw_arena_new(req->arena, struct following);
	struct tw_str *dag = tw_arena_new(req->arena, struct tw_str);

	struct tw_str heard = req->last_event_id.p ? req->last_event_id : tw_query(req, "last_event_id");

	if (tw_str_to_int(heard, &w->pos) && w->pos >= 0)
		w->follows = true;
	else
		w->pos = 0;
	r = reading_new(req, w, path, LOG_EVENTS);
	if (w->follows && r->ended && r->pos >= r->end) {
		tw_reply_none(resp);
		stream_free(r);
		return;
	}
	*dag = req->params[0];
	*f = (struct following){
		.listener = {.kinds = TW_HUB_TASK, .dags = dag, .ndags = 1, .run_id = req->params[1],
			     .task_id = req->params[2], .arena = req->arena},
		.req = req,
		.hub = tw_api_of(req)->hub,
		.w = w,
		.path = path,
		.beat = tw_monotonic() + BEAT_US,
		.over = tw_monotonic() + LIFE_US,
	};
	r->f = f;
	tw_hub_join(f->hub, &f->listener, tw_api_thread_store(req->thread), -1);
	resp->content_type = "text/event-stream";
	resp->stream = events;
	resp->stream_free = stream_free;
	resp->stream_arg = r;
	resp->stream_pause_ms = 5000;
	resp->nap = &f->listener.nap;
}

static void get_log(struct tw_request *req, struct tw_response *resp)
{
	struct wanted *w = tw_arena_new(req->arena, struct wanted);
	struct tw_asker q;
	int64_t index, number;
	char *path;

	if (!tw_str_starts(req->accept, "text/event-stream") && !tw_accepts(req, resp, "application/x-ndjson", NULL))
		return;
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
	if (!tw_log_attempt_find(req, resp, index, number, &w->at) || !read_token(req, resp, w))
		return;
	path = log_path(tw_api_of(req), w, req->arena);
	if (path && tw_str_starts(req->accept, "text/event-stream"))
		start_events(req, resp, w, path);
	else
		start(req, resp, w, path);
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
