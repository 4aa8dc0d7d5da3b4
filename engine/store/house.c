#include "store/house.h"

#include "store/write.h"

/* ── pools ──────────────────────────────────────────────────────────────────────────── */

#define SLOTS(state)                                                                               \
	"(select coalesce(sum(ti.pool_slots), 0) from task_instance ti where ti.state = '" state   \
	"' and ti.pool = p.pool)"
#define POOL                                                                                       \
	"p.id, p.pool, p.description, p.slots, p.include_deferred, " SLOTS("running") ", " SLOTS(  \
		"queued") ", " SLOTS("scheduled") ", " SLOTS("deferred")

static void read_pool(struct tw_q *q, struct tw_arena *a, void *row)
{
	struct tw_pool_view *p = row;

	p->id = tw_q_get_int(q);
	p->pool.name = tw_q_get_str(q, a);
	p->pool.description = tw_q_get_str(q, a);
	p->pool.slots = tw_q_get_int(q);
	p->pool.include_deferred = tw_q_get_int(q);
	p->running = tw_q_get_int(q);
	p->queued = tw_q_get_int(q);
	p->scheduled = tw_q_get_int(q);
	p->deferred = tw_q_get_int(q);
	p->occupied = p->running + p->queued + (p->pool.include_deferred ? p->deferred : 0);
	p->open = p->pool.slots < 0 ? INT64_MAX : p->pool.slots - p->occupied;
}

enum tw_rc tw_store_pools(struct tw_store *s, const struct tw_ask *ask, struct tw_arena *a,
			  struct tw_pool_view **ret_v, size_t *ret_n, int64_t *ret_total,
			  struct tw_err *err)
{
	static const struct tw_field fields[] = {
		{"id", "p.id", TW_F_INT},
		{"name", "p.pool", TW_F_TEXT},
		{"pool", "p.pool", TW_F_TEXT},
		{"slots", "p.slots", TW_F_INT},
		{"description", "p.description", TW_F_TEXT},
		{"include_deferred", "p.include_deferred", TW_F_BOOL},
	};
	static const struct tw_list_def def = {"pool", POOL,   "slot_pool p", "",
					       NULL,   "p.id", fields,	      TW_COUNT(fields)};

	return TW_LIST(s, &def, ask, struct tw_pool_view, read_pool, a, ret_v, ret_n, ret_total,
		       err);
}

static enum tw_rc no_pool(struct tw_str name, struct tw_err *err)
{
	return tw_err_set(err, TW_ERR_NOT_FOUND, "there is no pool '" TW_STR_FMT "'",
			  TW_STR_ARG(name));
}

enum tw_rc tw_store_pool(struct tw_store *s, struct tw_str name, struct tw_arena *a,
			 struct tw_pool_view *ret_pool, struct tw_err *err)
{
	struct tw_q q;
	enum tw_rc rc;

	tw_q(&q, s, "select " POOL " from slot_pool p where p.pool = ?");
	tw_q_put_str(&q, name);
	rc = tw_q_one(&q, err);
	if (rc == TW_ERR_NOT_FOUND)
		return no_pool(name, err);
	if (rc < 0)
		return rc;
	read_pool(&q, a, ret_pool);
	tw_q_done(&q);
	return TW_OK;
}

/* A write and the inbox row that tells of it. */
static enum tw_rc tell(struct tw_store *s, bool own, enum tw_rc rc, struct tw_err *err)
{
	if (rc == TW_OK)
		rc = tw_write_post(s, "pools_changed", (struct tw_str){0}, err);
	return tw_tx_leave(s, own, rc, err);
}

#define POOL_NEW                                                                                   \
	"insert into slot_pool (slots, description, include_deferred, pool) values (?, ?, ?, ?)"

enum tw_rc tw_store_pool_put(struct tw_store *s, const struct tw_pool_row *p, enum tw_put how,
			     struct tw_err *err)
{
	static const char *const sql[] = {
		[TW_PUT_INSERT] = POOL_NEW,
		[TW_PUT_UPSERT] =
			POOL_NEW " on conflict (pool) do update set slots = excluded.slots,"
				 " description = excluded.description,"
				 " include_deferred = excluded.include_deferred",
		[TW_PUT_UPDATE] =
			"update slot_pool set slots = ?, description = ?, include_deferred = ? where pool = ?",
	};
	int64_t n = 0;
	enum tw_rc rc;
	bool own;

	TW_TRY(tw_tx_enter(s, &own, err));
	rc = tw_q_exec(s, &n, err, sql[how], "isis", p->slots, p->description,
		       (int64_t)p->include_deferred, p->name);
	if (rc == TW_ERR_EXISTS)
		tw_err_set(err, rc, "the pool '" TW_STR_FMT "' exists already",
			   TW_STR_ARG(p->name));
	else if (rc == TW_OK && n == 0)
		rc = no_pool(p->name, err);
	return tell(s, own, rc, err);
}

enum tw_rc tw_store_pool_delete(struct tw_store *s, struct tw_str name, struct tw_err *err)
{
	int64_t n = 0;
	enum tw_rc rc;
	bool own;

	if (tw_str_is(name, "default_pool"))
		return tw_err_set(err, TW_ERR_INVALID, "default_pool cannot be deleted");
	TW_TRY(tw_tx_enter(s, &own, err));
	rc = tw_q_exec(s, &n, err, "delete from slot_pool where pool = ?", "s", name);
	if (rc == TW_OK && n == 0)
		rc = no_pool(name, err);
	return tell(s, own, rc, err);
}

/* The first start sets what the configuration says; afterwards the table is the truth. */
enum tw_rc tw_store_pool_default(struct tw_store *s, int64_t slots, struct tw_err *err)
{
	int64_t n;
	enum tw_rc rc;
	bool own;

	TW_TRY(tw_tx_enter(s, &own, err));
	rc = tw_q_exec(s, &n, err,
		       "insert into meta (key, value) values ('default_pool', 'set')"
		       " on conflict (key) do nothing",
		       "");
	if (rc == TW_OK && n)
		rc = tw_q_exec(s, NULL, err,
			       "update slot_pool set slots = ? where pool = 'default_pool'", "i",
			       slots);
	return tw_tx_leave(s, own, rc, err);
}

/* ── the audit log ──────────────────────────────────────────────────────────────────── */

enum tw_rc tw_write_audit(struct tw_store *s, const struct tw_audit_row *r, struct tw_err *err)
{
	struct tw_q q;

	tw_q(&q, s,
	     "insert into log (dttm, dag_id, task_id, run_id, event, owner, owner_display_name, extra, map_index,"
	     " try_number, logical_date) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
	tw_q_put_time(&q, r->at > 0 ? r->at : tw_store_now(s));
	tw_q_put_str(&q, r->dag_id);
	tw_q_put_str(&q, r->task_id);
	tw_q_put_str(&q, r->run_id);
	tw_q_put_str(&q, r->event);
	tw_q_put_str(&q, r->owner);
	tw_q_put_str(&q, r->owner_display_name);
	tw_q_put_str(&q, r->extra);
	if (r->map_index >= 0)
		tw_q_put_int(&q, r->map_index);
	else
		tw_q_put_null(&q);
	if (r->try_number >= 0)
		tw_q_put_int(&q, r->try_number);
	else
		tw_q_put_null(&q);
	tw_q_put_time(&q, r->logical_date > 0 ? r->logical_date : TW_TIME_NONE);
	return tw_q_run(&q, NULL, err);
}

enum tw_rc tw_store_audit(struct tw_store *s, const struct tw_audit_row *row, struct tw_err *err)
{
	return tw_write_audit(s, row, err);
}

static int get_or_none(struct tw_q *q)
{
	bool null = tw_q_is_null(q);
	int v = (int)tw_q_get_int(q);

	return null ? -1 : v;
}

static void read_audit(struct tw_q *q, struct tw_arena *a, void *row)
{
	struct tw_audit_row *r = row;

	r->id = tw_q_get_int(q);
	r->at = tw_q_get_time(q);
	r->dag_id = tw_q_get_str(q, a);
	r->task_id = tw_q_get_str(q, a);
	r->run_id = tw_q_get_str(q, a);
	r->event = tw_q_get_str(q, a);
	r->owner = tw_q_get_str(q, a);
	r->owner_display_name = tw_q_get_str(q, a);
	r->extra = tw_q_get_str(q, a);
	r->map_index = get_or_none(q);
	r->try_number = get_or_none(q);
	r->logical_date = tw_q_get_time(q);
}

enum tw_rc tw_store_audits(struct tw_store *s, const struct tw_ask *ask, struct tw_arena *a,
			   struct tw_audit_row **ret_v, size_t *ret_n, int64_t *ret_total,
			   struct tw_err *err)
{
	static const struct tw_field fields[] = {
		{"id", "l.id", TW_F_INT, .walks = true},
		{"event_log_id", "l.id", TW_F_INT, .walks = true},
		{"dttm", "l.dttm", TW_F_TIME, .walks = true},
		{"when", "l.dttm", TW_F_TIME, .walks = true},
		{"dag_id", "l.dag_id", TW_F_TEXT, .walks = true, .scope = true},
		{"task_id", "l.task_id", TW_F_TEXT},
		{"run_id", "l.run_id", TW_F_TEXT},
		{"map_index", "l.map_index", TW_F_INT},
		{"try_number", "l.try_number", TW_F_INT},
		{"event", "l.event", TW_F_TEXT, .walks = true},
		{"owner", "l.owner", TW_F_TEXT, .walks = true},
		{"owner_display_name", "l.owner_display_name", TW_F_TEXT},
		{"logical_date", "l.logical_date", TW_F_TIME},
		{"extra", "l.extra", TW_F_TEXT},
		TW_READABLE_OR("l.dag_id is null or ", "l.dag_id", ""),
	};
	static const struct tw_list_def def = {
		"log entry",
		"l.id, l.dttm, l.dag_id, l.task_id, l.run_id, l.event, l.owner, l.owner_display_name, l.extra,"
		" l.map_index, l.try_number, l.logical_date",
		"log l",
		"",
		NULL,
		"l.id",
		fields,
		TW_COUNT(fields),
	};

	return TW_LIST(s, &def, ask, struct tw_audit_row, read_audit, a, ret_v, ret_n, ret_total,
		       err);
}

/* ── counts ─────────────────────────────────────────────────────────────────────────── */

static enum tw_rc count_states(struct tw_store *s, struct tw_store_stats *st, struct tw_err *err)
{
	struct tw_arena a = {0};
	struct tw_q q;
	int rc;

	tw_q(&q, s, "select state, count(*) from dag_run group by state");
	while ((rc = tw_q_next(&q, err)) > 0) {
		enum tw_run_state state;

		if (tw_run_state_parse(tw_q_get_str(&q, &a), &state))
			st->runs[state] = tw_q_get_int(&q);
	}
	if (rc == 0) {
		tw_q(&q, s, "select state, count(*) from task_instance group by state");
		while ((rc = tw_q_next(&q, err)) > 0) {
			enum tw_ti_state state;

			if (tw_ti_state_parse(tw_q_get_str(&q, &a), &state))
				st->tis[state] = tw_q_get_int(&q);
		}
	}
	tw_arena_release(&a);
	return rc;
}

enum tw_rc tw_store_stats(struct tw_store *s, struct tw_store_stats *ret, struct tw_err *err)
{
	struct tw_store_stats st = {0};
	const struct {
		int64_t *to;
		const char *sql;
	} numbers[] = {
		{&st.dags, "select count(*) from dag"},
		{&st.dags_active, "select count(*) from dag where is_stale = 0"},
		{&st.dags_paused, "select count(*) from dag where is_paused = 1"},
		{&st.import_errors, "select count(*) from import_error"},
		{&st.inbox, "select count(*) from inbox"},
		{&st.connections, "select count(*) from connection"},
		{&st.variables, "select count(*) from variable"},
		{&st.pools, "select count(*) from slot_pool"},
	};

	for (size_t i = 0; i < TW_COUNT(numbers); i++)
		TW_TRY(tw_q_number(s, numbers[i].to, err, numbers[i].sql, ""));
	TW_TRY(count_states(s, &st, err));
	st.bytes = s->ops->size(s->db);
	*ret = st;
	return TW_OK;
}

enum tw_rc tw_store_tidy(struct tw_store *s, struct tw_err *err)
{
	return s->ops->tidy(s->db, err);
}
