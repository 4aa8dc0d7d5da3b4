/*
 * /ui/logs/search: what stands in the logs of many attempts, newest first, as lines of JSON while it is found. A thread
 * of its own reads the files, so that no thread of the server waits for them; it stops at so many hits, bytes or
 * seconds, and tells where to go on.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/ask.h"
#include "api/log_attempt.h"
#include "api/log_match.h"
#include "api/log_path.h"
#include "api/tables.h"
#include "io/clock.h"

#define BATCH 1000		    /* task instances of one request */
#define HITS_MAX 200		    /* of one request; */
#define HITS_OF_ATTEMPT 20	    /* of one attempt: the rest is behind its link */
#define BYTES_MAX (256ll << 20)
#define BYTES_OF_ATTEMPT (64ll << 20)
#define TIME_US (20 * TW_US_SEC)
#define SEARCHES_MAX 2		    /* at the same time */
#define PROGRESS_US 250000
#define CHUNK 262144
#define LINE_BYTES (1u << 20)	    /* a longer line is cut */
#define SHOWN 400		    /* bytes of a line that are told */

static atomic_int searches;

struct attempt {
	const struct tw_ti_row *ti;
	tw_time logical_date;
	bool last; /* of its instance */
	int number; /* 0: not for this reader */
};

struct search {
	const struct tw_api *api;
	struct tw_log_query query;
	struct attempt *v;
	size_t n;
	tw_time until;	/* started then or before; */
	int64_t offset; /* so many instances were searched by requests before */
	bool more;	/* instances behind these */

	struct tw_http_nap nap;
	pthread_t thread;
	pthread_mutex_t lock;
	struct tw_buf out; /* below lock, as is over */
	bool over;
	atomic_bool stop;

	/* The thread's own. */
	struct tw_buf said; /* goes out with the next hand-over */
	struct tw_arena arena;
	const struct attempt *now;
	int64_t line, found, of_attempt, bytes, told, began;
};

/* ── telling ──────────────────────────────────────────────────────────────────────────── */

static void hand_over(struct search *s, bool over)
{
	pthread_mutex_lock(&s->lock);
	tw_buf_add(&s->out, s->said.p, s->said.n);
	s->over = over;
	pthread_mutex_unlock(&s->lock);
	tw_buf_clear(&s->said);
	s->told = tw_monotonic();
	tw_http_wake(&s->nap);
}

static void progress(struct search *s, size_t done)
{
	struct tw_jw w = {.out = &s->said};

	if (tw_monotonic() - s->told < PROGRESS_US)
		return;
	tw_jw_obj(&w);
	tw_jw_key(&w, "progress");
	tw_jw_obj(&w);
	tw_jw_int_at(&w, "attempts", (int64_t)done);
	tw_jw_int_at(&w, "of", (int64_t)s->n);
	tw_jw_int_at(&w, "bytes", s->bytes);
	tw_jw_time(&w, "at", s->now ? s->now->ti->start_date : TW_TIME_NONE);
	tw_jw_end(&w);
	tw_jw_end(&w);
	tw_buf_addc(&s->said, '\n');
	hand_over(s, false);
}

/* From a little before the hit on; not through the middle of a letter. */
static struct tw_str around(struct tw_str text, ptrdiff_t at)
{
	size_t from = at > 100 ? (size_t)at - 100 : 0, to;

	while (from < text.n && ((unsigned char)text.p[from] & 0xc0) == 0x80)
		from++;
	to = text.n - from > SHOWN ? from + SHOWN : text.n;
	while (to > from && to < text.n && ((unsigned char)text.p[to] & 0xc0) == 0x80)
		to--;
	return tw_strn(text.p + from, to - from);
}

static void hit(struct search *s, struct tw_value line, struct tw_str text, ptrdiff_t at, int64_t number)
{
	struct tw_jw w = {.out = &s->said};
	const struct tw_ti_row *t = s->now->ti;

	s->found++;
	s->of_attempt++;
	tw_jw_obj(&w);
	tw_jw_key(&w, "hit");
	tw_jw_obj(&w);
	tw_jw_str_at(&w, "dag_id", t->dag_id);
	tw_jw_str_at(&w, "run_id", t->run_id);
	tw_jw_str_at(&w, "task_id", t->task_id);
	tw_jw_int_at(&w, "map_index", t->map_index);
	tw_jw_int_at(&w, "try_number", s->now->number);
	tw_jw_int_at(&w, "line", number);
	tw_jw_str_at(&w, "timestamp", tw_map_str(line, "timestamp", NULL));
	tw_jw_str_at(&w, "level", tw_map_str(line, "level", NULL));
	tw_jw_str_at(&w, "text", around(text, at));
	tw_jw_time(&w, "start_date", t->start_date);
	tw_jw_end(&w);
	tw_jw_end(&w);
	tw_buf_addc(&s->said, '\n');
}

/* ── looking ──────────────────────────────────────────────────────────────────────────── */

struct looking {
	struct search *s;
	struct tw_value line;
};

static void look(void *ctx, struct tw_str text)
{
	struct looking *l = ctx;
	struct search *s = l->s;
	ptrdiff_t at = s->of_attempt < HITS_OF_ATTEMPT ? tw_log_match(&s->query, text) : -1;

	s->line++;
	if (at >= 0)
		hit(s, l->line, text, at, s->line);
}

static void look_at_line(struct search *s, struct tw_str raw)
{
	bool faults = tw_str_find(raw, TW_STR("\"error_detail\""), 0) >= 0;
	struct tw_value v;

	raw = tw_log_trim(raw);
	if (!raw.n)
		return;
	if (!faults && !tw_log_may_match(&s->query, raw) && tw_str_find(raw, TW_STR("\\n"), 0) < 0) {
		s->line++;
		return;
	}
	tw_arena_clear(&s->arena);
	v = tw_log_parse(&s->arena, raw);
	if (!tw_log_level_fits(&s->query, tw_map_str(v, "level", "")))
		s->line += tw_log_height(v);
	else
		tw_log_rows(v, raw, &s->arena, look, &(struct looking){s, v});
}

/* Of the bytes read so far those lines that are whole; what is left over stays. */
static void look_at(struct search *s, struct tw_buf *raw, bool end)
{
	size_t from = 0;

	for (size_t i = 0; i < raw->n && !atomic_load(&s->stop); i++)
		if (raw->p[i] == '\n') {
			look_at_line(s, tw_strn(raw->p + from, i - from));
			from = i + 1;
		}
	tw_buf_consume(raw, from);
	if (raw->n > LINE_BYTES || (end && raw->n)) {
		look_at_line(s, tw_buf_str(raw));
		tw_buf_clear(raw);
	}
}

static bool enough(const struct search *s)
{
	return atomic_load(&s->stop) || s->found >= HITS_MAX || s->bytes >= BYTES_MAX ||
	       tw_monotonic() - s->began > TIME_US;
}

static void read_attempt(struct search *s, int fd, size_t done)
{
	struct tw_buf raw TW_AUTO(tw_buf_release) = {0};
	int64_t bytes = 0;
	ssize_t n;

	while (!atomic_load(&s->stop) && s->of_attempt < HITS_OF_ATTEMPT && bytes < BYTES_OF_ATTEMPT) {
		tw_buf_reserve(&raw, CHUNK);
		n = read(fd, raw.p + raw.n, CHUNK);
		if (n < 0 && errno == EINTR)
			continue;
		if (n > 0)
			raw.n += (size_t)n;
		look_at(s, &raw, n <= 0);
		if (n <= 0)
			break;
		bytes += n;
		s->bytes += n;
		progress(s, done);
	}
}

static void search_attempt(struct search *s, size_t i)
{
	struct tw_log_files files = {0};
	int64_t size;
	char *path;
	int fd;

	s->now = &s->v[i];
	s->of_attempt = 0;
	tw_arena_clear(&s->arena);
	path = s->now->number ? tw_log_path(s->api, s->now->ti, s->now->number, s->now->logical_date, &s->arena) : NULL;
	if (!path)
		return;
	tw_log_files_find(path, &files);
	/* The page of a log says first which files these are. */
	s->line = 1 + (int64_t)files.v.n;
	fd = tw_log_open(&files, &size);
	if (fd >= 0) {
		read_attempt(s, fd, i);
		close(fd);
	}
	tw_log_files_release(&files);
	if (s->said.n)
		hand_over(s, false);
	else
		progress(s, i + 1);
}

static void *run(void *arg)
{
	struct search *s = arg;
	struct tw_jw w = {.out = &s->said};
	int64_t instances = 0;
	size_t i = 0;

	/* An instance is searched whole: going on begins with the next one. */
	while (i < s->n && (!enough(s) || (i && !s->v[i - 1].last)) && !atomic_load(&s->stop)) {
		search_attempt(s, i);
		instances += s->v[i++].last;
	}
	tw_jw_obj(&w);
	tw_jw_key(&w, "end");
	tw_jw_obj(&w);
	tw_jw_int_at(&w, "attempts", (int64_t)i);
	tw_jw_int_at(&w, "bytes", s->bytes);
	tw_jw_int_at(&w, "hits", s->found);
	tw_jw_key(&w, "token");
	if (i < s->n || s->more)
		tw_jw_cstr(&w, tw_arena_printf(&s->arena, "%lld.%lld", (long long)s->until, (long long)(s->offset + instances)));
	else
		tw_jw_null(&w);
	tw_jw_end(&w);
	tw_jw_end(&w);
	tw_buf_addc(&s->said, '\n');
	hand_over(s, true);
	return NULL;
}

/* ── the answer ───────────────────────────────────────────────────────────────────────── */

static int64_t send_on(void *arg, void *thread, char *buf, size_t max)
{
	struct search *s = arg;
	int64_t n;

	pthread_mutex_lock(&s->lock);
	n = (int64_t)(s->out.n < max ? s->out.n : max);
	if (n) {
		memcpy(buf, s->out.p, (size_t)n);
		tw_buf_consume(&s->out, (size_t)n);
	} else if (s->over) {
		n = -1;
	}
	pthread_mutex_unlock(&s->lock);
	return n;
}

static void search_free(void *arg)
{
	struct search *s = arg;

	atomic_store(&s->stop, true);
	pthread_join(s->thread, NULL);
	atomic_fetch_sub(&searches, 1);
	pthread_mutex_destroy(&s->lock);
	tw_log_query_release(&s->query);
	tw_buf_release(&s->out);
	tw_buf_release(&s->said);
	tw_arena_release(&s->arena);
	free(s);
}

static const struct tw_param params[] = {
	{"dag_id", TW_P_IN, NULL},	  {"run_id", TW_P_EQ, NULL},	  {"task_id", TW_P_EQ, NULL},
	{"state", TW_P_TI_STATES, NULL}, {"start_date", TW_P_TIME, NULL}, {"", TW_P_READABLE, NULL},
	{0},
};

/* "until.offset", as the end of another answer told it. */
static bool read_token(struct tw_request *req, struct search *s)
{
	struct tw_str offset, until = tw_str_cut(tw_query(req, "token"), '.', &offset);

	s->until = tw_now();
	if (!tw_query(req, "token").n)
		return true;
	return tw_str_to_int(until, &s->until) && offset.p && tw_str_to_int(offset, &s->offset) && s->offset >= 0;
}

/* Those that have begun, the latest first, each with its attempts. false: it has replied. */
static bool find_attempts(struct tw_request *req, struct tw_response *resp, struct tw_store *store, struct search *s)
{
	static const char *const order[] = {"-start_date"};
	struct tw_ti_view *v;
	struct tw_asker q;
	struct tw_ask ask;
	struct tw_err err = {0};
	size_t n, all = 0;

	tw_asker_init(&q, req, resp);
	tw_asker_params(&q, params);
	tw_asker_add(&q, (struct tw_cond){.field = "start_date", .op = TW_OP_LE, .time = s->until});
	if (!tw_asker_done(&q, &ask))
		return false;
	ask.order_by = order;
	ask.norder = 1;
	ask.limit = BATCH;
	ask.offset = s->offset;
	if (tw_store_tis(store, &ask, req->arena, &v, &n, NULL, &err) < 0) {
		tw_reply_err(resp, &err);
		return false;
	}
	s->more = n == BATCH;
	for (size_t i = 0; i < n; i++)
		all += v[i].ti.try_number > 0 ? (size_t)v[i].ti.try_number : 1;
	s->v = tw_arena_array(req->arena, struct attempt, all + 1);
	for (size_t i = 0; i < n; i++) {
		bool may = tw_may(req, TW_ON_TASK_LOG, TW_READ, v[i].ti.dag_id);
		int tries = may && v[i].ti.try_number > 0 ? v[i].ti.try_number : 1;

		/* What may not be read still counts for where to go on. */
		for (int k = tries; k > 0; k--)
			s->v[s->n++] = (struct attempt){.ti = &v[i].ti,
							.logical_date = v[i].logical_date,
							.last = k == 1,
							.number = may ? k : 0};
	}
	return true;
}

static bool prepare(struct tw_request *req, struct tw_response *resp, struct tw_store *store, struct search *s)
{
	bool regex = false;
	struct tw_str q = tw_query(req, "q");
	struct tw_err err = {0};

	if (tw_query(req, "regex").n && !tw_truth(tw_query(req, "regex"), &regex))
		regex = false;
	if (!q.n) {
		tw_reply_invalid(resp, "missing", "query", "q", "Field required", TW_NULL);
		return false;
	}
	if (!read_token(req, s)) {
		tw_reply_invalid(resp, "value_error", "query", "token", "Use only the tokens that an answer has given",
				 tw_v_str(tw_query(req, "token")));
		return false;
	}
	if (tw_log_query_init(&s->query, q, regex, tw_query(req, "level"), req->arena, &err) < 0) {
		tw_reply_invalid(resp, "value_error", "query", "q", tw_arena_strdup(req->arena, err.msg), tw_v_str(q));
		return false;
	}
	return find_attempts(req, resp, store, s);
}

/*
 * ?q=: words, or with ?regex=true an expression; ?level=: at least; dag_id, run_id, task_id, state, start_date_gte …;
 * ?token=: where another answer ended. Lines {"hit"}, {"progress"}, at last {"end": {"token"}}.
 */
static void get_search(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *store = tw_api_store(req, resp);
	struct search *s;

	if (!store)
		return;
	if (atomic_fetch_add(&searches, 1) >= SEARCHES_MAX) {
		atomic_fetch_sub(&searches, 1);
		tw_reply_error(resp, 503, "Others are searching logs just now; try again in a moment.");
		tw_reply_header(resp, TW_STR("Retry-After"), TW_STR("2"));
		return;
	}
	s = tw_new(struct search);
	s->api = tw_api_of(req);
	s->began = s->told = tw_monotonic();
	pthread_mutex_init(&s->lock, NULL);
	if (!prepare(req, resp, store, s) || pthread_create(&s->thread, NULL, run, s) != 0) {
		if (!resp->status)
			tw_reply_error(resp, 503, "No thread could be started for the search.");
		atomic_fetch_sub(&searches, 1);
		pthread_mutex_destroy(&s->lock);
		tw_log_query_release(&s->query);
		free(s);
		return;
	}
	resp->content_type = "application/x-ndjson";
	resp->stream = send_on;
	resp->stream_pause_ms = 1000;
	resp->stream_free = search_free;
	resp->stream_arg = s;
	resp->nap = &s->nap;
}

const struct tw_route tw_routes_log_search[] = {
	{"GET", "/ui/logs/search", {TW_ON_TASK_LOG}, get_search},
	{0},
};
