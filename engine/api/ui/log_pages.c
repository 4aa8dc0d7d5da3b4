/*
 * A log of any size in parts, for the page that shows it: below /ui, where the public API has the log. `scan` goes through the
 * file once, counts the rows that the page shows its lines as, tells where every so many of them begin and finds words;
 * `lines` gives what lies between two such places, or the last few; `text` is all of it to keep. While a file only grows,
 * places stay what they are.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "api/ask.h"
#include "api/log_attempt.h"
#include "api/log_match.h"
#include "api/log_path.h"
#include "api/tables.h"

#define CHUNK 262144
#define LINE_MAX_BYTES (8u << 20) /* a longer line is cut, as the public API does */
#define BLOCK 500		  /* rows from one place to the next */
#define STEP (4 << 20)		  /* bytes after which there is a word, so that nobody waits for this thread */
#define HITS_MAX 10000		  /* those behind are only counted */
#define HITS_AT_ONCE 500
#define LEVELS_MAX 8
#define LAST_BYTES (256 << 10)
#define LAST_MAX 500

enum what { LOG_SCAN, LOG_LINES_OF, LOG_TEXT };

/* A line of the file at hand. */
struct at_hand {
	struct tw_str raw;
	struct tw_value v; /* TW_NULL: no object with an event, or nobody had to know */
	int64_t height;	   /* in rows of the page */
	struct tw_str level;
};

struct walk {
	enum what what;
	int fd;
	bool over;		 /* a last line without its end is one, too */
	int64_t pos, end;	 /* read up to pos */
	int64_t row, n;		 /* of the line at hand: among those whose level is wanted, and among all; from 0 and from 1 */
	struct tw_str levels[LEVELS_MAX];
	size_t nlevels;
	char level[16];		 /* of the line before: one without an instant is of the same */
	int64_t marked;		 /* row of the last place that was told; -1: none was */
	int64_t quiet;		 /* bytes since something was told */

	bool searched;
	bool may_match, may_be_high; /* some line of what was read now */
	struct tw_log_query query;
	int64_t found;
	size_t nhits;
	struct tw_buf hits;

	struct tw_buf raw, out;
	size_t sent;
	bool closed;
	struct tw_arena arena; /* of one line */
};

/* ── a line ───────────────────────────────────────────────────────────────────────────── */

static bool has(struct tw_str raw, const char *what, size_t n)
{
	return memmem(raw.p, raw.n, what, n) != NULL;
}
#define HAS(raw, what) has(raw, what, sizeof what - 1)

static bool may_be_high(struct tw_str raw)
{
	return HAS(raw, "\\n") || HAS(raw, "\"error_detail\"");
}

/* Is it one row, whose level is told by a quick look? */
static bool is_plain_object(const struct walk *k, struct tw_str raw)
{
	if (raw.p[0] != '{' || (k->may_be_high && may_be_high(raw)))
		return false;
	return !k->nlevels || !memchr(raw.p + 1, '{', raw.n - 1);
}

static struct tw_str quick_level(struct tw_str raw)
{
	static const char key[] = "\"level\":\"";
	const char *at = memmem(raw.p, raw.n, key, sizeof key - 1), *end;

	if (!at)
		return (struct tw_str){0};
	at += sizeof key - 1;
	end = memchr(at, '"', (size_t)(raw.p + raw.n - at));
	return end ? tw_strn(at, (size_t)(end - at)) : (struct tw_str){0};
}

static void keep_level(struct walk *k, struct tw_str level)
{
	size_t n = level.n < sizeof k->level ? level.n : sizeof k->level - 1;

	if (n)
		memcpy(k->level, level.p, n);
	k->level[n] = '\0';
}

/* Reads as much of the line as is asked for. */
static void look_at(struct walk *k, struct at_hand *l)
{
	bool found = k->may_match && tw_log_may_match(&k->query, l->raw);
	bool stamped;

	l->v = TW_NULL;
	l->height = 1;
	l->level = (struct tw_str){0};
	if (k->what == LOG_SCAN && !found && is_plain_object(k, l->raw)) {
		if (!k->nlevels) /* nobody asks, but of the last line: keep_last_level */
			return;
		l->level = quick_level(l->raw);
		stamped = l->level.n || HAS(l->raw, "\"timestamp\":\"");
	} else {
		tw_arena_clear(&k->arena);
		l->v = tw_log_parse(&k->arena, l->raw);
		l->height = tw_log_height(l->v);
		l->level = tw_map_str(l->v, "level", "");
		stamped = tw_map_value(l->v, "timestamp").kind == TW_V_STR;
	}
	if (!l->level.n && !stamped)
		l->level = tw_str(k->level);
	else
		keep_level(k, l->level);
}

static bool is_wanted(const struct walk *k, struct tw_str level)
{
	for (size_t i = 0; i < k->nlevels; i++)
		if (tw_str_eq(k->levels[i], level))
			return true;
	return k->nlevels == 0;
}

/* ── what is told of it ───────────────────────────────────────────────────────────────── */

/* {"mark": [row, n, offset, level]}: a place that `lines` may begin at. */
static void tell_mark(struct walk *k, int64_t offset, struct tw_str level)
{
	struct tw_jw w = {.out = &k->out};

	k->marked = k->row;
	tw_jw_obj(&w);
	tw_jw_key(&w, "mark");
	tw_jw_list(&w);
	tw_jw_int(&w, k->row);
	tw_jw_int(&w, k->n);
	tw_jw_int(&w, offset);
	tw_jw_str(&w, level);
	tw_jw_end(&w);
	tw_jw_end(&w);
	tw_buf_addc(&k->out, '\n');
}

/* {"hits": [[row, n], …]} */
static void tell_hits(struct walk *k)
{
	if (k->nhits)
		tw_buf_printf(&k->out, "{\"hits\":[%.*s]}\n", (int)k->hits.n, k->hits.p);
	tw_buf_clear(&k->hits);
	k->nhits = 0;
}

struct hitting {
	struct walk *k;
	int64_t row, n;
};

static void look_for_hit(void *ctx, struct tw_str text)
{
	struct hitting *h = ctx;
	struct walk *k = h->k;

	if (tw_log_match(&k->query, text) >= 0 && k->found++ < HITS_MAX) {
		tw_buf_printf(&k->hits, "%s[%lld,%lld]", k->nhits++ ? "," : "", (long long)h->row, (long long)h->n);
		if (k->nhits == HITS_AT_ONCE)
			tell_hits(k);
	}
	h->row++;
	h->n++;
}

static void scan_line(struct walk *k, const struct at_hand *l)
{
	if (k->may_match && (l->v.kind == TW_V_MAP || tw_log_may_match(&k->query, l->raw)))
		tw_log_rows(l->v, l->raw, &k->arena, look_for_hit, &(struct hitting){k, k->row, k->n});
}

/* {"n", "line": as the file has it} */
static void tell_line(struct walk *k, const struct at_hand *l)
{
	struct tw_jw w = {.out = &k->out};

	tw_jw_obj(&w);
	tw_jw_int_at(&w, "n", k->n);
	tw_jw_key(&w, "line");
	if (l->v.kind == TW_V_MAP) {
		tw_json_write(&k->out, l->v, TW_JSON_COMPACT);
		tw_buf_addc(&k->out, '}');
	} else {
		tw_jw_obj(&w);
		tw_jw_null_at(&w, "timestamp");
		tw_jw_str_at(&w, "event", l->raw);
		tw_jw_end(&w);
		tw_jw_end(&w);
	}
	tw_buf_addc(&k->out, '\n');
}

struct writing {
	struct walk *k;
	const struct at_hand *l;
	bool below; /* not the first row */
};

/* Without the colours of a terminal. */
static void add_plain(struct tw_buf *out, struct tw_str text)
{
	for (size_t i = 0; i < text.n; i++) {
		size_t to = i + 2;

		if (text.p[i] != '\x1b' || i + 1 >= text.n || text.p[i + 1] != '[') {
			tw_buf_addc(out, text.p[i]);
			continue;
		}
		while (to < text.n && (isdigit((unsigned char)text.p[to]) || text.p[to] == ';'))
			to++;
		i = to;
	}
}

static void write_row(void *ctx, struct tw_str text)
{
	struct writing *x = ctx;
	struct tw_buf *out = &x->k->out;
	struct tw_str at = tw_map_str(x->l->v, "timestamp", "");

	if (at.n && !x->below)
		tw_buf_printf(out, "[" TW_STR_FMT "] ", TW_STR_ARG(at));
	for (size_t i = 0; i < x->l->level.n; i++)
		tw_buf_addc(out, (char)toupper((unsigned char)x->l->level.p[i]));
	tw_buf_adds(out, x->l->level.n ? " - " : "");
	add_plain(out, text);
	tw_buf_addc(out, '\n');
	x->below = true;
}

/*
 * Does a part begin here? Best with a line that says its own level: which one was before it is known only when somebody
 * asked for levels.
 */
static bool is_place(const struct walk *k, struct tw_str raw)
{
	int64_t rows = k->row - k->marked;

	return k->marked < 0 || rows >= 4 * BLOCK || (rows >= BLOCK && (k->nlevels || HAS(raw, "\"timestamp\":\"")));
}

/* ── going through ────────────────────────────────────────────────────────────────────── */

static void take(struct walk *k, struct tw_str raw, int64_t begin)
{
	struct at_hand l = {.raw = tw_log_trim(raw)};
	char before[sizeof k->level];

	if (!l.raw.n)
		return;
	memcpy(before, k->level, sizeof before);
	look_at(k, &l);
	if (is_wanted(k, l.level)) {
		if (k->what == LOG_SCAN && is_place(k, l.raw))
			tell_mark(k, begin, tw_str(before));
		if (k->what == LOG_SCAN)
			scan_line(k, &l);
		else if (k->what == LOG_LINES_OF)
			tell_line(k, &l);
		else
			tw_log_rows(l.v, l.raw, &k->arena, write_row, &(struct writing){k, &l, false});
		k->row += l.height;
	}
	k->n += l.height;
}

/* What is written from now on may go on from the last line. */
static void keep_last_level(struct walk *k, struct tw_str lines)
{
	const char *nl = memrchr(lines.p, '\n', lines.n);
	size_t from = nl ? (size_t)(nl + 1 - lines.p) : 0;
	struct tw_str raw = tw_strn(lines.p + from, lines.n - from), level;

	if (k->what != LOG_SCAN || k->nlevels || !raw.n || raw.p[0] != '{')
		return;
	level = quick_level(raw);
	if (level.n || HAS(raw, "\"timestamp\":\""))
		keep_level(k, level);
}

static void take_all(struct walk *k)
{
	int64_t begin = k->pos - (int64_t)k->raw.n;
	size_t from = 0;

	k->may_be_high = may_be_high(tw_buf_str(&k->raw));
	k->may_match = k->searched && (k->may_be_high || tw_log_may_match(&k->query, tw_buf_str(&k->raw)));
	for (const char *nl; (nl = memchr(k->raw.p + from, '\n', k->raw.n - from));) {
		size_t i = (size_t)(nl - k->raw.p);

		take(k, tw_strn(k->raw.p + from, i - from), begin + (int64_t)from);
		from = i + 1;
	}
	if (from > 1)
		keep_last_level(k, tw_strn(k->raw.p, from - 1));
	tw_buf_consume(&k->raw, from);
	if (k->raw.n > LINE_MAX_BYTES) {
		k->may_be_high = true;
		k->may_match = k->searched;
		take(k, tw_buf_str(&k->raw), k->pos - (int64_t)k->raw.n);
		tw_buf_clear(&k->raw);
	}
}

static void finish(struct walk *k)
{
	struct tw_jw w = {.out = &k->out};

	k->closed = true;
	if (k->over && k->raw.n) {
		k->may_be_high = true;
		k->may_match = k->searched;
		take(k, tw_buf_str(&k->raw), k->pos - (int64_t)k->raw.n);
		tw_buf_clear(&k->raw);
	}
	if (k->what != LOG_SCAN)
		return;
	tell_hits(k);
	tw_jw_obj(&w);
	tw_jw_key(&w, "end");
	tw_jw_obj(&w);
	tw_jw_int_at(&w, "rows", k->row);
	tw_jw_int_at(&w, "n", k->n);
	tw_jw_int_at(&w, "offset", k->pos - (int64_t)k->raw.n); /* half a line is read again */
	tw_jw_str_at(&w, "level", tw_str(k->level));
	tw_jw_int_at(&w, "hits", k->found);
	tw_jw_bool_at(&w, "file", k->fd >= 0);
	tw_jw_bool_at(&w, "over", k->over);
	tw_jw_end(&w);
	tw_jw_end(&w);
	tw_buf_addc(&k->out, '\n');
}

/* false: there is no more. */
static bool read_more(struct walk *k)
{
	size_t want = k->end - k->pos < CHUNK ? (size_t)(k->end - k->pos) : CHUNK;
	ssize_t n = 0;

	if (k->fd >= 0 && want) {
		tw_buf_reserve(&k->raw, want);
		do
			n = pread(k->fd, k->raw.p + k->raw.n, want, k->pos);
		while (n < 0 && errno == EINTR);
	}
	if (n <= 0)
		return false;
	k->raw.n += (size_t)n;
	k->pos += n;
	k->quiet += n;
	take_all(k);
	if (!k->out.n && k->quiet >= STEP && k->what == LOG_SCAN)
		tw_buf_printf(&k->out, "{\"at\":%lld}\n", (long long)k->pos);
	if (k->out.n)
		k->quiet = 0;
	return true;
}

static int64_t stream(void *arg, void *thread, char *buf, size_t max)
{
	struct walk *k = arg;
	size_t n;

	if (k->sent == k->out.n) {
		tw_buf_clear(&k->out);
		k->sent = 0;
		while (!k->out.n && !k->closed)
			if (!read_more(k))
				finish(k);
		if (!k->out.n)
			return -1;
	}
	n = k->out.n - k->sent < max ? k->out.n - k->sent : max;
	memcpy(buf, k->out.p + k->sent, n);
	k->sent += n;
	return (int64_t)n;
}

static void walk_free(void *arg)
{
	struct walk *k = arg;

	if (k->fd >= 0)
		close(k->fd);
	tw_log_query_release(&k->query);
	tw_buf_release(&k->hits);
	tw_buf_release(&k->raw);
	tw_buf_release(&k->out);
	tw_arena_release(&k->arena);
	free(k);
}

/* ── the request ──────────────────────────────────────────────────────────────────────── */

/* The first rows, as the public API has them, say which files these are. They are of no level. */
static void opening(struct walk *k, const struct tw_log_files *files)
{
	if (k->fd < 0 && k->over) {
		take(k, TW_STR("This attempt has left no log."), 0);
	} else if (k->fd >= 0) {
		take(k, TW_STR("::group::Log message source details"), 0);
		for (size_t i = 0; i < files->v.n; i++)
			take(k, tw_str(files->v.v[i]), 0);
	}
}

/* Where the last lines begin. */
static int64_t last_lines(const struct walk *k, int64_t want)
{
	int64_t end = tw_log_whole_lines(k->fd, k->end), from = end > LAST_BYTES ? end - LAST_BYTES : 0;
	size_t n = (size_t)(end - from);
	char *text = tw_alloc(n + 1);
	ssize_t got = pread(k->fd, text, n, from);

	n = got > 0 ? (size_t)got : 0;
	for (int64_t seen = 0; n; n--)
		if (text[n - 1] == '\n' && seen++ == want)
			break;
	free(text);
	return from + (int64_t)n;
}

static bool read_levels(struct tw_request *req, struct tw_response *resp, struct walk *k)
{
	size_t n = tw_query_all(req, "level", k->levels, LEVELS_MAX);
	struct tw_err err = {0};

	k->nlevels = n < LEVELS_MAX ? n : LEVELS_MAX;
	if (!tw_query(req, "q").n)
		return true;
	k->searched = true;
	if (tw_log_query_init(&k->query, tw_query(req, "q"), false, (struct tw_str){0}, req->arena, &err) == TW_OK)
		return true;
	tw_reply_invalid(resp, "value_error", "query", "q", tw_arena_strdup(req->arena, err.msg), tw_v_str(tw_query(req, "q")));
	return false;
}

struct place {
	int64_t map_index, number, to, last;
};

/* false: it has replied. */
static bool read_place(struct tw_request *req, struct tw_response *resp, struct walk *k, struct place *p)
{
	struct tw_asker q;

	tw_asker_init(&q, req, resp);
	p->map_index = tw_asker_int(&q, "map_index", -1, INT32_MIN);
	p->to = tw_asker_int(&q, "to", INT64_MAX, 0);
	p->last = tw_asker_int(&q, "last", 0, 0);
	k->pos = tw_asker_int(&q, "from", 0, 0);
	k->n = tw_asker_int(&q, "n", 1, 1);
	keep_level(k, tw_query(req, "after"));
	if (tw_faults_any(&q.faults) || !tw_path_int(req, resp, 3, "try_number", &p->number))
		return false;
	if (p->number >= 0 && p->number <= INT32_MAX && p->map_index <= INT32_MAX)
		return true;
	tw_reply_error(resp, 404, "TaskInstance not found");
	return false;
}

static bool open_walk(struct tw_request *req, struct tw_response *resp, struct walk *k)
{
	struct tw_log_attempt at;
	struct tw_log_files files = {0};
	struct place p;
	char *path;

	if (!read_place(req, resp, k, &p) || !read_levels(req, resp, k) ||
	    !tw_log_attempt_find(req, resp, p.map_index, p.number, &at))
		return false;
	path = tw_log_path(tw_api_of(req), &at.ti, at.number, at.logical_date, req->arena);
	if (path)
		tw_log_files_find(path, &files);
	k->fd = tw_log_open(&files, &k->end);
	k->may_match = k->searched;
	k->over = tw_log_attempt_ended(&at, k->fd, k->end);
	if (p.last && k->fd >= 0)
		k->pos = last_lines(k, p.last < LAST_MAX ? p.last : LAST_MAX);
	else if (p.to < k->end)
		k->end = p.to;
	if (k->pos == 0 && !p.last)
		opening(k, &files);
	tw_log_files_release(&files);
	return true;
}

static void answer(struct tw_request *req, struct tw_response *resp, enum what what)
{
	struct walk *k = tw_new(struct walk);

	k->what = what;
	k->fd = -1;
	k->marked = -1;
	if (!open_walk(req, resp, k)) {
		walk_free(k);
		return;
	}
	resp->stream = stream;
	resp->stream_free = walk_free;
	resp->stream_arg = k;
	resp->content_type = what == LOG_TEXT ? "text/plain; charset=utf-8" : "application/x-ndjson";
}

/*
 * ?level= (several): only those; ?q=: words to find. {"mark"}, {"hits"}, {"at"} now and then, at last {"end": {"rows", "n",
 * "offset", "level", "hits", "file", "over"}}: how many rows there are, and where the whole lines end.
 */
static void get_scan(struct tw_request *req, struct tw_response *resp)
{
	answer(req, resp, LOG_SCAN);
}

/* ?from= ?to=, of marks; ?n= ?after=: number and level of the mark; ?level=; or ?last=: so many. {"n", "line"} each. */
static void get_lines(struct tw_request *req, struct tw_response *resp)
{
	answer(req, resp, LOG_LINES_OF);
}

static void get_text(struct tw_request *req, struct tw_response *resp)
{
	answer(req, resp, LOG_TEXT);
}

#define AT "/ui/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/logs/{try_number}"
const struct tw_route tw_routes_log_pages[] = {
	{"GET", AT "/scan", {TW_ON_TASK_LOG}, get_scan},
	{"GET", AT "/lines", {TW_ON_TASK_LOG}, get_lines},
	{"GET", AT "/text", {TW_ON_TASK_LOG}, get_text},
	{0},
};
