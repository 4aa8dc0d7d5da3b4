#include "store/xcoms.h"

#include <inttypes.h>

#include "store/write.h"

enum tw_rc tw_write_xcom(struct tw_store *s, const struct tw_xcom_row *x, int64_t *ret_changes,
			 struct tw_err *err)
{
	return tw_q_exec(
		s, ret_changes, err,
		"insert into xcom (dag_run_id, task_id, map_index, key, dag_id, run_id, value, timestamp)"
		" select r.id, ?, ?, ?, r.dag_id, r.run_id, ?, ? from dag_run r where r.dag_id = ? and r.run_id = ?"
		" on conflict (dag_run_id, task_id, map_index, key) do update set value = excluded.value,"
		" timestamp = excluded.timestamp",
		"sisstss", x->task_id, (int64_t)x->map_index, x->key, x->value,
		x->timestamp > 0 ? x->timestamp : (tw_time)tw_store_now(s), x->dag_id, x->run_id);
}

#define OF_TI                                                                                      \
	"dag_run_id = (select id from dag_run where dag_id = ? and run_id = ?) and task_id = ? and map_index = ?"

enum tw_rc tw_write_xcom_clear(struct tw_store *s, const struct tw_xcom_row *x,
			       int64_t *ret_changes, struct tw_err *err)
{
	if (x->key.p)
		return tw_q_exec(s, ret_changes, err,
				 "delete from xcom where " OF_TI " and key = ?", "sssis", x->dag_id,
				 x->run_id, x->task_id, (int64_t)x->map_index, x->key);
	return tw_q_exec(s, ret_changes, err, "delete from xcom where " OF_TI, "sssi", x->dag_id,
			 x->run_id, x->task_id, (int64_t)x->map_index);
}

enum tw_rc tw_store_xcom_put(struct tw_store *s, const struct tw_xcom_row *x, struct tw_err *err)
{
	int64_t n;

	TW_TRY(tw_write_xcom(s, x, &n, err));
	if (n == 0)
		return tw_err_set(err, TW_ERR_NOT_FOUND,
				  "dag '" TW_STR_FMT "' has no run '" TW_STR_FMT "'",
				  TW_STR_ARG(x->dag_id), TW_STR_ARG(x->run_id));
	return TW_OK;
}

#define COLS "x.dag_id, x.run_id, x.task_id, x.map_index, x.key, x.timestamp"

static void read_head(struct tw_q *q, struct tw_arena *a, struct tw_xcom_row *x)
{
	x->dag_id = tw_q_get_str(q, a);
	x->run_id = tw_q_get_str(q, a);
	x->task_id = tw_q_get_str(q, a);
	x->map_index = (int)tw_q_get_int(q);
	x->key = tw_q_get_str(q, a);
	x->timestamp = tw_q_get_time(q);
}

static void read_xcom(struct tw_q *q, struct tw_arena *a, void *row)
{
	struct tw_xcom_row *x = row;

	read_head(q, a, x);
	x->value = tw_q_get_str(q, a);
}

enum tw_rc tw_store_xcom(struct tw_store *s, struct tw_str dag_id, struct tw_str run_id,
			 struct tw_str task_id, int map_index, struct tw_str key,
			 struct tw_arena *a, struct tw_xcom_row *ret_x, struct tw_err *err)
{
	struct tw_q q;
	enum tw_rc rc;

	tw_q(&q, s, "select " COLS ", x.value from xcom x where " OF_TI " and key = ?");
	tw_q_put_str(&q, dag_id);
	tw_q_put_str(&q, run_id);
	tw_q_put_str(&q, task_id);
	tw_q_put_int(&q, map_index);
	tw_q_put_str(&q, key);
	rc = tw_q_one(&q, err);
	if (rc == TW_ERR_NOT_FOUND)
		return tw_err_set(err, rc, "there is no XCom with key '" TW_STR_FMT "'",
				  TW_STR_ARG(key));
	if (rc < 0)
		return rc;
	*ret_x = (struct tw_xcom_row){0};
	read_xcom(&q, a, ret_x);
	tw_q_done(&q);
	return TW_OK;
}

/* ── pulling ────────────────────────────────────────────────────────────────────────── */

/* The run and those before it by logical date, newest first: a run without a date has only itself.
 */
#define PRIOR                                                                                      \
	" x.dag_run_id in (select p.id from dag_run p join dag_run r on r.dag_id = p.dag_id"       \
	" where r.dag_id = ? and r.run_id = ? and (p.id = r.id or p.logical_date < r.logical_date))"

/* Rows come from the database in the order that is asked for: it may count them, too. */
static bool pages_itself(const struct tw_xcom_pull *p)
{
	return p->ntasks == 1 && !p->include_prior_dates && (p->offset || p->limit);
}

static void pull_sql(struct tw_buf *sql, const struct tw_xcom_pull *p)
{
	tw_buf_adds(sql, "select " COLS ", x.value from xcom x");
	if (p->include_prior_dates)
		tw_buf_adds(sql, " join dag_run d on d.id = x.dag_run_id where" PRIOR);
	else
		tw_buf_adds(
			sql,
			" where x.dag_run_id = (select id from dag_run where dag_id = ? and run_id = ?)");
	if (p->key.p)
		tw_buf_adds(sql, " and x.key = ?");
	for (size_t i = 0; i < p->ntasks; i++)
		tw_buf_adds(sql, i ? ",?" : " and x.task_id in (?");
	if (p->ntasks)
		tw_buf_addc(sql, ')');
	for (size_t i = 0; i < p->nmaps; i++)
		tw_buf_printf(sql, "%s%d", i ? "," : " and x.map_index in (", p->map_indexes[i]);
	if (p->nmaps)
		tw_buf_addc(sql, ')');
	tw_buf_adds(sql, " order by x.task_id,");
	if (p->include_prior_dates)
		tw_buf_adds(sql, " d.logical_date desc, d.id desc,");
	tw_buf_adds(sql, " x.map_index, x.timestamp desc");
	if (pages_itself(p))
		tw_buf_printf(sql, " limit %" PRId64 " offset %" PRId64, p->limit ? p->limit : -1, p->offset);
}

struct found {
	struct tw_xcom_row *v;
	size_t n, cap;
};

/* Of each task only its first run (the newest), tasks in the order asked for. */
static void arrange(const struct tw_xcom_pull *p, const struct tw_xcom_row *in, size_t n,
		    struct found *out)
{
	for (size_t t = 0; t < (p->ntasks ? p->ntasks : 1); t++) {
		const struct tw_xcom_row *first = NULL;

		for (size_t i = 0; i < n; i++) {
			if (p->ntasks && !tw_str_eq(in[i].task_id, p->task_ids[t]))
				continue;
			if (!first || !tw_str_eq(in[i].task_id, first->task_id))
				first = &in[i];
			if (!p->include_prior_dates || tw_str_eq(in[i].run_id, first->run_id))
				tw_vec_push(out, in[i]);
		}
	}
}

static void cut_page(const struct tw_xcom_pull *p, struct found *rows)
{
	size_t from = (size_t)p->offset < rows->n ? (size_t)p->offset : rows->n;

	rows->n -= from;
	if (rows->n && from)
		memmove(rows->v, rows->v + from, rows->n * sizeof *rows->v);
	if (p->limit && rows->n > (size_t)p->limit)
		rows->n = (size_t)p->limit;
}

enum tw_rc tw_store_xcom_pull(struct tw_store *s, const struct tw_xcom_pull *p, struct tw_arena *a,
			      struct tw_xcom_row **ret_v, size_t *ret_n, struct tw_err *err)
{
	struct tw_buf sql TW_AUTO(tw_buf_release) = {0};
	struct found out = {0};
	struct tw_xcom_row *rows;
	struct tw_q q;
	size_t n;

	pull_sql(&sql, p);
	tw_q(&q, s, tw_buf_cstr(&sql));
	tw_q_put_str(&q, p->dag_id);
	tw_q_put_str(&q, p->run_id);
	if (p->key.p)
		tw_q_put_str(&q, p->key);
	for (size_t i = 0; i < p->ntasks; i++)
		tw_q_put_str(&q, p->task_ids[i]);
	TW_TRY(TW_Q_ALL(&q, struct tw_xcom_row, read_xcom, a, &rows, &n, err));
	arrange(p, rows, n, &out);
	if (!pages_itself(p))
		cut_page(p, &out);
	*ret_v = tw_arena_array(a, struct tw_xcom_row, out.n);
	if (out.n)
		memcpy(*ret_v, out.v, out.n * sizeof *out.v);
	*ret_n = out.n;
	tw_vec_release(&out);
	return TW_OK;
}

enum tw_rc tw_store_xcom_count(struct tw_store *s, struct tw_str dag_id, struct tw_str run_id,
			       struct tw_str task_id, struct tw_str key, int64_t *ret_n,
			       struct tw_err *err)
{
	return tw_q_number(
		s, ret_n, err,
		"select count(*) from xcom where dag_run_id = (select id from dag_run where dag_id = ?"
		" and run_id = ?) and task_id = ? and key = ?",
		"ssss", dag_id, run_id, task_id, key);
}

/* ── lists ──────────────────────────────────────────────────────────────────────────── */

static void read_view(struct tw_q *q, struct tw_arena *a, void *row)
{
	struct tw_xcom_view *v = row;

	read_head(q, a, &v->xcom);
	v->logical_date = tw_q_get_time(q);
	v->run_after = tw_q_get_time(q);
	v->dag_display_name = tw_q_get_str(q, a);
	v->task_display_name = tw_q_get_str(q, a);
}

enum tw_rc tw_store_xcoms(struct tw_store *s, const struct tw_ask *ask, struct tw_arena *a,
			  struct tw_xcom_view **ret_v, size_t *ret_n, int64_t *ret_total,
			  struct tw_err *err)
{
	static const struct tw_field fields[] = {
		{"dag_id", "x.dag_id", TW_F_TEXT, .walks = true, .scope = true, .lead = "r.dag_id"},
		{"run_id", "x.run_id", TW_F_TEXT, .lead = "r.run_id"},
		{"dag_run_id", "x.run_id", TW_F_TEXT},
		{"task_id", "x.task_id", TW_F_TEXT},
		{"map_index", "x.map_index", TW_F_INT},
		{"key", "x.key", TW_F_TEXT},
		{"xcom_key", "x.key", TW_F_TEXT},
		{"timestamp", "x.timestamp", TW_F_TIME},
		{"logical_date", "r.logical_date", TW_F_TIME, true},
		{"run_after", "r.run_after", TW_F_TIME, true},
		{"dag_display_name", "d.dag_display_name", TW_F_TEXT, true},
		TW_READABLE("x.dag_id", false),
	};
	static const struct tw_list_def def = {
		"XCom",
		COLS ", r.logical_date, r.run_after, coalesce(d.dag_display_name, x.dag_id),"
		     " coalesce(ti.task_display_name, x.task_id)",
		"xcom x",
		"cross join dag_run r on r.id = x.dag_run_id left join dag d on d.dag_id = x.dag_id left join task_instance ti"
		" on ti.dag_id = x.dag_id and ti.run_id = x.run_id and ti.task_id = x.task_id"
		" and ti.map_index = x.map_index",
		NULL,
		"x.seq",
		fields,
		TW_COUNT(fields),
		.from_parent = "dag_run r cross join xcom x on x.dag_run_id = r.id",
		.parent_key = "r.id",
	};

	return TW_LIST(s, &def, ask, struct tw_xcom_view, read_view, a, ret_v, ret_n, ret_total,
		       err);
}

enum tw_rc tw_store_xcom_delete(struct tw_store *s, struct tw_str dag_id, struct tw_str run_id,
				struct tw_str task_id, int map_index, struct tw_str key,
				int64_t *ret_n, struct tw_err *err)
{
	struct tw_xcom_row x = {.dag_id = dag_id,
				.run_id = run_id,
				.task_id = task_id,
				.map_index = map_index,
				.key = key};

	return tw_write_xcom_clear(s, &x, ret_n, err);
}

enum tw_rc tw_store_task_map(struct tw_store *s, struct tw_str dag_id, struct tw_str run_id,
			     struct tw_str task_id, int map_index, int64_t *ret_length,
			     struct tw_err *err)
{
	int64_t n;

	TW_TRY(tw_q_number(s, &n, err,
			   "select length + 1 from task_map where dag_id = ? and run_id = ? and task_id = ?"
			   " and map_index = ?",
			   "sssi", dag_id, run_id, task_id, (int64_t)map_index));
	*ret_length = n - 1;
	return TW_OK;
}
