#include "store/feed.h"

#include "store/feed_write.h"
#include "value/json.h"

#define ROWS_KEPT 4096
#define BYTES_KEPT (4 << 20)
#define TIDY_EVERY 256 /* rows */
#define MANY_AT_ONCE 256 /* task instances in one commit */
#define MANY_OF_RUN 64	 /* of these one run's that are not told one by one */

/* ── lines ──────────────────────────────────────────────────────────────────────────── */

static struct tw_jw line(struct tw_store *s, const char *kind)
{
	struct tw_jw w = {.out = &s->said};

	TW_ASSERT(s->in_tx && s->tx_writes);
	tw_jw_obj(&w);
	tw_jw_key(&w, "kind");
	tw_jw_cstr(&w, kind);
	return w;
}

static void line_end(struct tw_jw *w)
{
	tw_jw_end(w);
	tw_buf_addc(w->out, '\n');
}

void tw_feed_run_gone(struct tw_store *s, struct tw_str dag_id, struct tw_str run_id)
{
	struct tw_jw w = line(s, "run");

	tw_jw_str_at(&w, "dag_id", dag_id);
	tw_jw_str_at(&w, "run_id", run_id);
	tw_jw_bool_at(&w, "deleted", true);
	line_end(&w);
}

void tw_feed_run(struct tw_store *s, const struct tw_run_row *r)
{
	struct tw_jw w = line(s, "run");

	tw_jw_str_at(&w, "dag_id", r->dag_id);
	tw_jw_str_at(&w, "run_id", r->run_id);
	tw_jw_key(&w, "state");
	tw_jw_cstr(&w, tw_run_state_name(r->state));
	tw_jw_key(&w, "run_type");
	tw_jw_cstr(&w, tw_run_type_name(r->type));
	tw_jw_time(&w, "logical_date", r->logical_date);
	tw_jw_time(&w, "run_after", r->run_after);
	tw_jw_time(&w, "queued_at", r->queued_at);
	tw_jw_time(&w, "start_date", r->start_date);
	tw_jw_time(&w, "end_date", r->end_date);
	line_end(&w);
}

static void task(struct tw_store *s, const struct tw_ti_row *t, bool deleted)
{
	struct tw_jw w = line(s, "task");

	tw_jw_str_at(&w, "dag_id", t->dag_id);
	tw_jw_str_at(&w, "run_id", t->run_id);
	tw_jw_str_at(&w, "task_id", t->task_id);
	tw_jw_int_at(&w, "map_index", t->map_index);
	if (deleted) {
		tw_jw_bool_at(&w, "deleted", true);
	} else {
		tw_jw_key(&w, "state");
		tw_jw_cstr(&w, tw_ti_state_name(t->state));
		tw_jw_int_at(&w, "try_number", t->try_number);
		tw_jw_time(&w, "queued_at", t->queued_dttm);
		tw_jw_time(&w, "start_date", t->start_date);
		tw_jw_time(&w, "end_date", t->end_date);
	}
	line_end(&w);
}

void tw_feed_dag(struct tw_store *s, struct tw_str dag_id)
{
	struct tw_jw w = line(s, "dag");

	tw_jw_str_at(&w, "dag_id", dag_id);
	line_end(&w);
}

void tw_feed_pools(struct tw_store *s)
{
	struct tw_jw w = line(s, "pool");

	line_end(&w);
}

void tw_feed_backfill(struct tw_store *s, struct tw_str dag_id, int64_t id, bool is_paused, tw_time completed_at)
{
	struct tw_jw w = line(s, "backfill");

	tw_jw_str_at(&w, "dag_id", dag_id);
	tw_jw_int_at(&w, "id", id);
	tw_jw_bool_at(&w, "is_paused", is_paused);
	tw_jw_time(&w, "completed_at", completed_at);
	line_end(&w);
}

void tw_feed_import_error(struct tw_store *s, struct tw_str bundle_name, struct tw_str filename)
{
	struct tw_jw w = line(s, "import_error");

	tw_jw_str_at(&w, "bundle_name", bundle_name);
	tw_jw_str_at(&w, "filename", filename);
	line_end(&w);
}

static void asset(struct tw_store *s, const struct tw_asset_event_row *e)
{
	struct tw_jw w = line(s, "asset");

	tw_jw_str_at(&w, "name", e->name);
	tw_jw_str_at(&w, "uri", e->uri);
	line_end(&w);
}

/* The string that follows ,"key": at the beginning of *rest, if it does; *rest goes behind it. */
static struct tw_str string_at(struct tw_str *rest, const char *key)
{
	size_t from = strlen(key), i;
	struct tw_str found;

	if (!tw_str_starts(*rest, key) || from >= rest->n || rest->p[from] != '"')
		return (struct tw_str){0};
	for (i = from + 1; i < rest->n && rest->p[i] != '"'; i++)
		if (rest->p[i] == '\\')
			i++;
	if (i >= rest->n)
		return (struct tw_str){0};
	found = tw_strn(rest->p + from, i + 1 - from);
	*rest = tw_strn(rest->p + i + 1, rest->n - i - 1);
	return found;
}

/* The keys come in the order in which they are written above. */
bool tw_feed_line_read(struct tw_str line, struct tw_feed_line *ret)
{
	struct tw_str kind = string_at(&line, "{\"kind\":");

	if (kind.n < 2)
		return false;
	*ret = (struct tw_feed_line){.kind = tw_strn(kind.p + 1, kind.n - 2)};
	ret->dag_id = string_at(&line, ",\"dag_id\":");
	ret->run_id = string_at(&line, ",\"run_id\":");
	ret->task_id = string_at(&line, ",\"task_id\":");
	return true;
}

/* ── a batch ────────────────────────────────────────────────────────────────────────── */

struct count {
	struct tw_str dag_id, run_id;
	int64_t n;
};

static const struct tw_ti_row *instance_of(const struct tw_change *c)
{
	bool is = c->kind == TW_CH_TI_NEW || c->kind == TW_CH_TI || c->kind == TW_CH_TI_DELETE;

	return is ? c->ti : NULL;
}

static struct count *count_of(struct tw_feed_tally *t, const struct tw_ti_row *ti, bool make)
{
	struct tw_buf key TW_AUTO(tw_buf_release) = {0};
	struct count *c;

	tw_buf_addstr(&key, ti->dag_id);
	tw_buf_addc(&key, '\n');
	tw_buf_addstr(&key, ti->run_id);
	c = tw_map_get(&t->counts, tw_buf_str(&key));
	if (!c && make) {
		c = tw_new(struct count);
		*c = (struct count){.dag_id = ti->dag_id, .run_id = ti->run_id};
		tw_map_set(&t->counts, tw_buf_str(&key), c);
	}
	return c;
}

void tw_feed_tally(struct tw_feed_tally *t, const struct tw_batch *b)
{
	size_t n = 0;

	*t = (struct tw_feed_tally){0};
	for (size_t i = 0; i < b->changes.n; i++)
		n += instance_of(&b->changes.v[i]) != NULL;
	if (n <= MANY_AT_ONCE)
		return;
	for (size_t i = 0; i < b->changes.n; i++) {
		const struct tw_ti_row *ti = instance_of(&b->changes.v[i]);

		if (ti)
			count_of(t, ti, true)->n++;
	}
}

static void backfill_of(struct tw_feed_tally *t, int64_t id)
{
	for (size_t i = 0; i < t->backfills.n; i++)
		if (t->backfills.v[i] == id)
			return;
	if (id)
		tw_vec_push(&t->backfills, id);
}

void tw_feed_change(struct tw_store *s, struct tw_feed_tally *t, const struct tw_change *c)
{
	const struct tw_ti_row *ti = instance_of(c);

	if (ti) {
		struct count *many = t->counts.len ? count_of(t, ti, false) : NULL;

		if (!many || many->n <= MANY_OF_RUN)
			task(s, ti, c->kind == TW_CH_TI_DELETE);
	} else if (c->kind == TW_CH_RUN || c->kind == TW_CH_RUN_NEW) {
		tw_feed_run(s, c->run);
		backfill_of(t, c->run->backfill_id);
	} else if (c->kind == TW_CH_RUN_DELETE) {
		tw_feed_run_gone(s, c->run->dag_id, c->run->run_id);
	} else if (c->kind == TW_CH_NEXT_RUN) {
		tw_feed_dag(s, c->next_run->dag_id);
	} else if (c->kind == TW_CH_DAG_PAUSED) {
		tw_feed_dag(s, c->text);
	} else if (c->kind == TW_CH_DAG_WARNING) {
		tw_feed_dag(s, c->warning->dag_id);
	} else if (c->kind == TW_CH_ASSET_EVENT) {
		asset(s, c->asset_event);
	}
}

void tw_feed_tally_end(struct tw_store *s, const struct tw_feed_tally *t)
{
	tw_map_foreach(&t->counts, e)
	{
		struct count *c = e->value;

		if (c->n > MANY_OF_RUN) {
			struct tw_jw w = line(s, "tasks");

			tw_jw_str_at(&w, "dag_id", c->dag_id);
			tw_jw_str_at(&w, "run_id", c->run_id);
			tw_jw_int_at(&w, "count", c->n);
			line_end(&w);
		}
	}
}

void tw_feed_tally_release(struct tw_feed_tally *t)
{
	tw_map_foreach(&t->counts, e)
		free(e->value);
	tw_map_release(&t->counts);
	tw_vec_release(&t->backfills);
}

/* ── rows ───────────────────────────────────────────────────────────────────────────── */

/* `total` counts all bytes ever told, so that the oldest rows above the limit are found without adding up. */
static enum tw_rc tidy(struct tw_store *s, int64_t seq, struct tw_err *err)
{
	int64_t total;

	TW_TRY(tw_q_number(s, &total, err, "select total from change_feed where seq = ?", "i", seq));
	return tw_q_exec(s, NULL, err, "delete from change_feed where seq <= ? or (total < ? and seq < ?)", "iii",
			 seq - ROWS_KEPT, total - BYTES_KEPT, seq);
}

enum tw_rc tw_feed_flush(struct tw_store *s, struct tw_err *err)
{
	int64_t seq;

	TW_TRY(tw_q_exec(s, NULL, err,
			 "insert into change_feed (total, at, text) values"
			 " (coalesce((select total from change_feed order by seq desc limit 1), 0) + ?, ?, ?)",
			 "its", (int64_t)s->said.n, (tw_time)tw_store_now(s), tw_buf_str(&s->said)));
	seq = s->ops->last_id(s->db);
	return seq % TIDY_EVERY ? TW_OK : tidy(s, seq, err);
}

enum tw_rc tw_store_feed_span(struct tw_store *s, int64_t *ret_first, int64_t *ret_last, struct tw_err *err)
{
	TW_TRY(tw_q_number(s, ret_first, err, "select min(seq) from change_feed", ""));
	return tw_q_number(s, ret_last, err, "select max(seq) from change_feed", "");
}

static void read_row(struct tw_q *q, struct tw_arena *a, void *row)
{
	struct tw_feed_row *r = row;

	r->seq = tw_q_get_int(q);
	r->text = tw_q_get_str(q, a);
}

enum tw_rc tw_store_feed_after(struct tw_store *s, int64_t seq, int64_t limit, struct tw_arena *a,
			       struct tw_feed_row **ret_v, size_t *ret_n, struct tw_err *err)
{
	struct tw_q q;

	tw_q(&q, s, "select seq, text from change_feed where seq > ? order by seq limit ?");
	tw_q_put_int(&q, seq);
	tw_q_put_int(&q, limit);
	return TW_Q_ALL(&q, struct tw_feed_row, read_row, a, ret_v, ret_n, err);
}

const char *tw_store_feed_file(struct tw_store *s)
{
	return s->ops->feed_file(s->db);
}
