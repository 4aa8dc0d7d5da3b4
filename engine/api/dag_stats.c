#include "api/dag_stats.h"

#include <pthread.h>
#include <stdlib.h>

#include "api/ask.h"
#include "api/auth/fab.h"
#include "api/tables.h"
#include "base/blob.h"
#include "io/clock.h"
#include "store/feed.h"

#define PIECE_MIN 16			/* DAGs */
#define PIECES_MAX 128
#define AGAIN_US (30 * TW_US_SEC)	/* all are counted again: what was changed past the engine told nobody */
#define STEP 256			/* rows of the feed read at once */

_Static_assert(PIECES_MAX + 2 <= TW_HTTP_PIECES, "with head and tail these are too many pieces");

/* A DAG that has runs: its id, then its object. */
struct entry {
	size_t nid, ntext;
	char p[];
};

struct table {
	TW_VEC(struct entry *) dags;	 /* in the order of their ids */
	TW_VEC(struct tw_blob *) pieces; /* of `width` DAGs each; NULL: to be written */
	size_t width;
	int64_t seq; /* of the feed's last row that it knows */
};

struct tw_dag_stats {
	pthread_mutex_t lock;
	struct table *now; /* NULL: nobody has asked yet */
	bool counting;	   /* somebody counts all, to replace it */
	int64_t due;	   /* µs, monotonic: all are counted again */
};

/* ── one DAG ──────────────────────────────────────────────────────────────────────────── */

static struct tw_str id_of(const struct entry *e)
{
	return tw_strn(e->p, e->nid);
}

static struct tw_str text_of(const struct entry *e)
{
	return tw_strn(e->p + e->nid, e->ntext);
}

static void write_stats(struct tw_jw *w, const struct tw_dag_row *d, const int64_t counts[TW_RUN_NSTATES])
{
	tw_jw_obj(w);
	tw_jw_str_at(w, "dag_id", d->dag_id);
	tw_jw_str_at(w, "dag_display_name", d->display_name.p ? d->display_name : d->dag_id);
	tw_jw_key(w, "stats");
	tw_jw_list(w);
	for (int i = 0; i < TW_RUN_NSTATES; i++) {
		tw_jw_obj(w);
		tw_jw_key(w, "state");
		tw_jw_cstr(w, tw_run_state_name(i));
		tw_jw_int_at(w, "count", counts[i]);
		tw_jw_end(w);
	}
	tw_jw_end(w);
	tw_jw_end(w);
}

static struct entry *entry_new(const struct tw_dag_row *d, const int64_t counts[TW_RUN_NSTATES])
{
	struct tw_buf text TW_AUTO(tw_buf_release) = {0};
	struct tw_jw w = {.out = &text};
	struct entry *e;

	write_stats(&w, d, counts);
	e = tw_alloc(sizeof *e + d->dag_id.n + text.n);
	*e = (struct entry){.nid = d->dag_id.n, .ntext = text.n};
	memcpy(e->p, d->dag_id.p, d->dag_id.n);
	memcpy(e->p + e->nid, text.p, text.n);
	return e;
}

/* ── all of them ──────────────────────────────────────────────────────────────────────── */

static void table_free(struct table *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->dags.n; i++)
		free(t->dags.v[i]);
	for (size_t i = 0; i < t->pieces.n; i++)
		tw_blob_unref(t->pieces.v[i]);
	tw_vec_release(&t->dags);
	tw_vec_release(&t->pieces);
	free(t);
}

/* The first one whose id is not smaller. */
static size_t place_of(const struct table *t, struct tw_str dag_id)
{
	size_t from = 0, to = t->dags.n;

	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (tw_str_cmp(id_of(t->dags.v[mid]), dag_id) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

static struct entry *find(const struct table *t, struct tw_str dag_id)
{
	size_t at = place_of(t, dag_id);

	return at < t->dags.n && tw_str_eq(id_of(t->dags.v[at]), dag_id) ? t->dags.v[at] : NULL;
}

static void piece_drop(struct table *t, size_t i)
{
	if (i < t->pieces.n) {
		tw_blob_unref(t->pieces.v[i]);
		t->pieces.v[i] = NULL;
	}
}

/* Makes room for one more at the place, or closes the gap of the one there. */
static void shift(struct table *t, size_t at, bool in)
{
	if (in)
		tw_vec_push(&t->dags, NULL);
	memmove(t->dags.v + at + in, t->dags.v + at + !in, (t->dags.n - at - 1) * sizeof *t->dags.v);
	if (!in)
		t->dags.n--;
	for (size_t i = at / t->width; i < t->pieces.n; i++)
		piece_drop(t, i);
}

/* e: the table's from now on; NULL: the DAG is not there, or has no runs. */
static void put(struct table *t, struct tw_str dag_id, struct entry *e)
{
	size_t at = place_of(t, dag_id);
	bool there = at < t->dags.n && tw_str_eq(id_of(t->dags.v[at]), dag_id);

	if (there)
		free(t->dags.v[at]);
	if (there != (e != NULL))
		shift(t, at, e != NULL);
	if (e) {
		t->dags.v[at] = e;
		piece_drop(t, at / t->width);
	}
}

/* ── counting ─────────────────────────────────────────────────────────────────────────── */

/* Those of `dags` that have runs, both in the order of the names. */
static size_t add_counted(struct table *t, const struct tw_dag_row *dags, size_t ndags, const struct tw_run_count *counts,
			  size_t ncounts)
{
	size_t added = 0, k = 0;

	for (size_t i = 0; i < ndags; i++) {
		int64_t of_dag[TW_RUN_NSTATES] = {0};
		bool any = false;

		for (; k < ncounts && tw_str_cmp(counts[k].dag_id, dags[i].dag_id) <= 0; k++)
			if (tw_str_eq(counts[k].dag_id, dags[i].dag_id)) {
				of_dag[counts[k].state] += counts[k].n;
				any = true;
			}
		if (any)
			put(t, dags[i].dag_id, entry_new(&dags[i], of_dag));
		added += any;
	}
	return added;
}

/* The DAGs that ask means, counted into the table: how many of them have runs. */
static enum tw_rc count(struct table *t, struct tw_store *s, const struct tw_ask *ask, size_t *ret_n, struct tw_err *err)
{
	struct tw_run_count *counts = NULL;
	struct tw_arena a = {0};
	struct tw_dag_row *v;
	size_t n, ncounts = 0;
	enum tw_rc rc = tw_store_dag_names(s, ask, &a, &v, &n, err);

	if (rc == TW_OK && n)
		rc = tw_store_run_counts(s, v[0].dag_id, v[n - 1].dag_id, &a, &counts, &ncounts, err);
	if (rc == TW_OK)
		*ret_n = add_counted(t, v, n, counts, ncounts);
	tw_arena_release(&a);
	return rc;
}

static enum tw_rc count_all(struct tw_store *s, struct table **ret_t, struct tw_err *err)
{
	struct tw_ask all = {.limit = -1};
	struct table *t = tw_new(struct table);
	int64_t first;
	enum tw_rc rc;
	size_t n;

	t->width = PIECE_MIN;
	rc = tw_store_feed_span(s, &first, &t->seq, err);
	if (rc == TW_OK)
		rc = count(t, s, &all, &n, err);
	if (rc < 0) {
		table_free(t);
		return rc;
	}
	*ret_t = t;
	return TW_OK;
}

static enum tw_rc count_one(struct table *t, struct tw_store *s, struct tw_str dag_id, struct tw_err *err)
{
	struct tw_cond is = {.field = "dag_id", .op = TW_OP_EQ, .text = dag_id};
	struct tw_ask ask = {.conds = &is, .nconds = 1, .limit = -1};
	size_t n;

	TW_TRY(count(t, s, &ask, &n, err));
	if (!n)
		put(t, dag_id, NULL);
	return TW_OK;
}

/* ── following ────────────────────────────────────────────────────────────────────────── */

/* The DAGs of which the text tells that they, or runs of theirs, have changed. */
static void note_changed(struct tw_map *changed, struct tw_str text, struct tw_arena *a)
{
	struct tw_str rest = text, line;
	struct tw_feed_line l;

	while (rest.p && rest.n) {
		struct tw_value id = TW_NULL;

		line = tw_str_cut(rest, '\n', &rest);
		if (tw_feed_line_read(line, &l) && l.dag_id.p && (tw_str_is(l.kind, "run") || tw_str_is(l.kind, "dag")) &&
		    tw_json_parse(a, l.dag_id, &id, NULL) == TW_OK)
			tw_map_set(changed, id.s, changed);
	}
}

static enum tw_rc read_feed(struct tw_store *s, int64_t after, struct tw_map *changed, struct tw_err *err)
{
	struct tw_arena a = {0};
	struct tw_feed_row *v;
	enum tw_rc rc = TW_OK;
	size_t n = STEP;

	while (rc == TW_OK && n == STEP) {
		rc = tw_store_feed_after(s, after, STEP, &a, &v, &n, err);
		for (size_t i = 0; rc == TW_OK && i < n; i++) {
			note_changed(changed, v[i].text, &a);
			after = v[i].seq;
		}
		tw_arena_clear(&a);
	}
	tw_arena_release(&a);
	return rc;
}

/* Of the DAGs that have changed since. A table that failed half way is of no use. */
static enum tw_rc follow(struct table *t, struct tw_store *s, int64_t last, struct tw_err *err)
{
	struct tw_map changed = {0};
	enum tw_rc rc = read_feed(s, t->seq, &changed, err);

	tw_map_foreach(&changed, e)
		if (rc == TW_OK)
			rc = count_one(t, s, e->key, err);
	tw_map_release(&changed);
	t->seq = last;
	return rc;
}

/* Brings the table to what s sees, or later: under the lock. */
static enum tw_rc catch_up(struct tw_dag_stats *st, struct tw_store *s, struct tw_err *err)
{
	int64_t first, last;
	enum tw_rc rc;

	TW_TRY(tw_store_feed_span(s, &first, &last, err));
	if (st->now && last <= st->now->seq)
		return TW_OK;
	if (st->now && first <= st->now->seq + 1) {
		rc = follow(st->now, s, last, err);
		if (rc == TW_OK)
			return TW_OK;
	}
	table_free(st->now);
	st->now = NULL;
	st->due = tw_monotonic() + AGAIN_US;
	return count_all(s, &st->now, err);
}

/* Counts all again while others go on with what there is. */
static void count_again(struct tw_dag_stats *st, struct tw_store *s)
{
	struct table *t = NULL;

	st->counting = true;
	pthread_mutex_unlock(&st->lock);
	count_all(s, &t, NULL);
	pthread_mutex_lock(&st->lock);
	st->counting = false;
	st->due = tw_monotonic() + AGAIN_US;
	if (t) {
		table_free(st->now);
		st->now = t;
	}
}

/* true: locked, and the table is at least as new as what s sees. */
static bool lock_fresh(struct tw_dag_stats *st, struct tw_store *s, struct tw_response *resp)
{
	struct tw_err err = {0};

	pthread_mutex_lock(&st->lock);
	if (st->now && !st->counting && tw_monotonic() >= st->due)
		count_again(st, s);
	if (catch_up(st, s, &err) == TW_OK)
		return true;
	pthread_mutex_unlock(&st->lock);
	tw_reply_err(resp, &err);
	return false;
}

/* ── telling ──────────────────────────────────────────────────────────────────────────── */

static struct tw_blob *piece_of(struct table *t, size_t i)
{
	struct tw_buf text TW_AUTO(tw_buf_release) = {0};
	size_t from = i * t->width, to = from + t->width < t->dags.n ? from + t->width : t->dags.n;

	while (t->pieces.n <= i)
		tw_vec_push(&t->pieces, NULL);
	if (!t->pieces.v[i]) {
		for (size_t k = from; k < to; k++) {
			if (k)
				tw_buf_addc(&text, ',');
			tw_buf_addstr(&text, text_of(t->dags.v[k]));
		}
		t->pieces.v[i] = tw_blob_new(tw_buf_str(&text));
	}
	return t->pieces.v[i];
}

/* The DAGs have become so many that they are too many pieces. */
static void widen(struct table *t)
{
	t->width = 2 * t->dags.n / PIECES_MAX;
	for (size_t i = 0; i < t->pieces.n; i++)
		piece_drop(t, i);
}

static void tell_all(struct table *t, struct tw_response *resp)
{
	struct tw_blob *v[PIECES_MAX + 2];
	size_t n, k = 0;
	struct tw_buf tail TW_AUTO(tw_buf_release) = {0};

	if (t->dags.n > t->width * PIECES_MAX)
		widen(t);
	n = (t->dags.n + t->width - 1) / t->width;
	tw_buf_printf(&tail, "],\"total_entries\":%zu}", t->dags.n);
	v[k++] = tw_blob_new(TW_STR("{\"dags\":["));
	for (size_t i = 0; i < n; i++)
		v[k++] = piece_of(t, i);
	v[k++] = tw_blob_new(tw_buf_str(&tail));
	tw_reply_pieces(resp, v, k);
	tw_blob_unref(v[0]);
	tw_blob_unref(v[k - 1]);
}

static void tell_some(const struct table *t, const struct tw_dag_row *dags, size_t n, struct tw_buf *out)
{
	size_t listed = 0;

	tw_buf_adds(out, "{\"dags\":[");
	for (size_t i = 0; i < n; i++) {
		const struct entry *e = find(t, dags[i].dag_id);

		if (!e)
			continue;
		if (listed++)
			tw_buf_addc(out, ',');
		tw_buf_addstr(out, text_of(e));
	}
	tw_buf_printf(out, "],\"total_entries\":%zu}", listed);
}

static bool of_all(const struct tw_request *req)
{
	return !tw_query(req, "dag_ids").p && (!req->user.grants || tw_fab_reads_all(req->user.grants));
}

/* Those that are asked for, of those that the user may read. */
static void stats_of_some(struct tw_request *req, struct tw_response *resp)
{
	static const struct tw_param params[] = {{"dag_ids", TW_P_IN, "dag_id"}, {"", TW_P_READABLE, NULL}, {0}};
	struct tw_dag_stats *st = tw_api_of(req)->dag_stats;
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_dag_row *v;
	struct tw_err err = {0};
	struct tw_asker q;
	struct tw_ask ask;
	size_t n;

	if (!s)
		return;
	tw_asker_init(&q, req, resp);
	tw_asker_params(&q, params);
	if (!tw_asker_done(&q, &ask))
		return;
	ask.count = false;
	if (tw_store_dag_names(s, &ask, req->arena, &v, &n, &err) < 0) {
		tw_reply_err(resp, &err);
	} else if (lock_fresh(st, s, resp)) {
		tell_some(st->now, v, n, &resp->body);
		pthread_mutex_unlock(&st->lock);
	}
}

static void get_dag_stats(struct tw_request *req, struct tw_response *resp)
{
	struct tw_dag_stats *st = tw_api_of(req)->dag_stats;
	struct tw_store *s = tw_api_store(req, resp);

	if (!s)
		return;
	if (!of_all(req)) {
		tw_api_list(req, resp, stats_of_some);
	} else if (lock_fresh(st, s, resp)) {
		tell_all(st->now, resp);
		pthread_mutex_unlock(&st->lock);
	}
}

struct tw_dag_stats *tw_dag_stats_new(void)
{
	struct tw_dag_stats *st = tw_new(struct tw_dag_stats);

	pthread_mutex_init(&st->lock, NULL);
	return st;
}

void tw_dag_stats_free(struct tw_dag_stats *st)
{
	if (!st)
		return;
	table_free(st->now);
	pthread_mutex_destroy(&st->lock);
	free(st);
}

const struct tw_route tw_routes_dag_stats[] = {
	{"GET", "/api/v2/dagStats", {TW_ON_DAG_RUN}, get_dag_stats},
	{0},
};
