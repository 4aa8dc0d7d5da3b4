/* XComs: the key is the rest of the path, slashes too. Values are kept as the worker has serialised them. */
#include "api/exec/exec.h"

#include <stdlib.h>

#include "store/xcoms.h"

#define EXECUTION TW_SCOPE_EXECUTION
#define OF "/xcoms/{dag_id}/{run_id}/{task_id}/"
#define XCOM OF "{key...}"

/* Whose: of the path. */
struct of {
	struct tw_str dag_id, run_id, task_id, key;
};

static struct of of_path(const struct tw_exec *x)
{
	return (struct of){ tw_exec_param(x, 0), tw_exec_param(x, 1), tw_exec_param(x, 2), tw_exec_param(x, 3) };
}

static bool pull(struct tw_exec *x, const struct of *of, struct tw_xcom_pull p, struct tw_xcom_row **ret_v, size_t *ret_n)
{
	struct tw_err err = { 0 };

	p.dag_id = of->dag_id;
	p.run_id = of->run_id;
	p.key = of->key;
	p.task_ids = &of->task_id;
	p.ntasks = 1;
	if (tw_store_xcom_pull(x->store, &p, x->req->arena, ret_v, ret_n, &err) == TW_OK)
		return true;
	tw_exec_fail(x, &err);
	return false;
}

static void missing(struct tw_exec *x, const struct of *of, const char *which, int64_t n)
{
	tw_exec_refuse(x, 404, "not_found",
		       "XCom with key='" TW_STR_FMT "' %s%lld not found for task '" TW_STR_FMT "' in DAG run '" TW_STR_FMT
		       "' of '" TW_STR_FMT "'",
		       TW_STR_ARG(of->key), which, (long long)n, TW_STR_ARG(of->task_id), TW_STR_ARG(of->run_id),
		       TW_STR_ARG(of->dag_id));
}

static struct tw_str value_of(const struct tw_xcom_row *row)
{
	return row->value.p ? row->value : TW_STR("null");
}

/* ── a mapped task's values as a sequence ─────────────────────────────────────────────── */

/* The nth of them, from the end when negative; NULL: there are not so many. */
static const struct tw_xcom_row *nth(const struct tw_xcom_row *v, size_t n, int64_t i)
{
	if (i < 0)
		i += (int64_t)n;
	return i >= 0 && i < (int64_t)n ? &v[i] : NULL;
}

static void get_item(struct tw_exec *x, struct of of, struct tw_str text)
{
	struct tw_xcom_row *v;
	const struct tw_xcom_row *row;
	int64_t offset = 0;
	size_t n;

	x->req->params[3] = of.key;
	x->req->params[4] = text;
	if (!tw_exec_admits(x, "GET", OF "{key}/item/{offset}") || !pull(x, &of, (struct tw_xcom_pull){ 0 }, &v, &n))
		return;
	tw_str_to_int(tw_str_trim(text), &offset);
	row = nth(v, n, offset);
	if (row)
		tw_buf_addstr(&x->resp->body, value_of(row));
	else
		missing(x, &of, "offset=", offset);
}

/* Python's slice.indices: where it begins, where it ends and by how much it goes on. */
static void slice_of(int64_t n, const int64_t *start, const int64_t *stop, int64_t step, int64_t *ret_from, int64_t *ret_to)
{
	int64_t low = step < 0 ? -1 : 0, high = step < 0 ? n - 1 : n;
	int64_t from = step < 0 ? high : low, to = step < 0 ? low : high;

	if (start) {
		from = *start < 0 ? *start + n : *start;
		from = from < low ? low : from > high ? high : from;
	}
	if (stop) {
		to = *stop < 0 ? *stop + n : *stop;
		to = to < low ? low : to > high ? high : to;
	}
	*ret_from = from;
	*ret_to = to;
}

static void get_slice(struct tw_exec *x, struct of of)
{
	struct tw_xcom_pull p = { 0 };
	struct tw_jw w = { .out = &x->resp->body };
	struct tw_xcom_row *v;
	int64_t start, stop, step = 1, from, to;
	bool has_start, has_stop;
	size_t n;

	tw_exec_bool(x, "include_prior_dates", &p.include_prior_dates);
	if (!tw_exec_admits(x, "GET", OF "{key}/slice") || !pull(x, &of, p, &v, &n))
		return;
	has_start = tw_exec_int(x, "start", &start);
	has_stop = tw_exec_int(x, "stop", &stop);
	tw_exec_int(x, "step", &step);
	step = step ? step : 1;
	slice_of((int64_t)n, has_start ? &start : NULL, has_stop ? &stop : NULL, step, &from, &to);
	tw_jw_list(&w);
	for (int64_t i = from; step > 0 ? i < to : i > to; i += step)
		tw_jw_raw(&w, value_of(&v[i]));
	tw_jw_end(&w);
}

/* ── one value ────────────────────────────────────────────────────────────────────────── */

static void reply_value(struct tw_exec *x, struct tw_str key, const struct tw_xcom_row *row)
{
	struct tw_jw w = { .out = &x->resp->body };

	tw_jw_obj(&w);
	tw_jw_str_at(&w, "key", key);
	tw_jw_key(&w, "value");
	tw_jw_raw(&w, value_of(row));
	tw_jw_end(&w);
}

static void get_one(struct tw_exec *x, struct of of)
{
	struct tw_xcom_pull p = { 0 };
	struct tw_xcom_row *v;
	const struct tw_xcom_row *row;
	int64_t map_index = -1, offset;
	bool has_offset;
	int index;
	size_t n, kept = 0;

	tw_exec_int(x, "map_index", &map_index);
	has_offset = tw_exec_int(x, "offset", &offset);
	tw_exec_bool(x, "include_prior_dates", &p.include_prior_dates);
	index = (int)map_index;
	if (!has_offset) {
		p.map_indexes = &index;
		p.nmaps = 1;
	}
	if (!pull(x, &of, p, &v, &n))
		return;
	for (size_t i = 0; has_offset && i < n; i++)
		if (v[i].value.p) /* nothing at all; null is a value */
			v[kept++] = v[i];
	row = has_offset ? nth(v, kept, offset) : nth(v, n, 0);
	if (row)
		reply_value(x, of.key, row);
	else
		missing(x, &of, has_offset ? "offset=" : "map_index=", has_offset ? offset : map_index);
}

/* "key", "key/slice", "key/item/3" */
static void get(struct tw_exec *x)
{
	struct of of = of_path(x);
	size_t at = of.key.n;

	if (of.key.n > 6 && tw_str_ends(of.key, "/slice")) {
		of.key.n -= 6;
		get_slice(x, of);
		return;
	}
	while (at && of.key.p[at - 1] != '/')
		at--;
	if (at > 6 && tw_str_ends(tw_strn(of.key.p, at), "/item/")) {
		struct tw_str offset = tw_strn(of.key.p + at, of.key.n - at);

		of.key.n = at - 6;
		get_item(x, of, offset);
		return;
	}
	get_one(x, of);
}

static void head(struct tw_exec *x)
{
	struct of of = of_path(x);
	struct tw_err err = { 0 };
	int64_t n;

	if (tw_query(x->req, "map_index").p)
		tw_exec_refuse(x, 400, "invalid_request", "Cannot specify map_index in a HEAD request");
	else if (tw_store_xcom_count(x->store, of.dag_id, of.run_id, of.task_id, of.key, &n, &err) < 0)
		tw_exec_fail(x, &err);
	else
		tw_reply_header(x->resp, TW_STR("Content-Range"), tw_str(tw_arena_printf(x->req->arena, "map_indexes %lld", (long long)n)));
}

/* Stored with the length that a downstream maps over, in one transaction. */
static void set(struct tw_exec *x)
{
	struct of of = of_path(x);
	struct tw_value v = TW_NULL;
	struct tw_xcom_row row = { of.dag_id, of.run_id, of.task_id, -1, of.key, TW_STR("null"), TW_TIME_NONE };
	TW_AUTO(tw_batch_release) struct tw_batch batch = { 0 };
	struct tw_task_map_row map;
	struct tw_run_view run;
	struct tw_err err = { 0 };
	int64_t map_index = -1, length = -1;

	tw_exec_int(x, "map_index", &map_index);
	tw_exec_int(x, "mapped_length", &length);
	if (x->req->body.n && tw_json_parse(x->req->arena, x->req->body, &v, &err) < 0) {
		tw_reply_invalid(x->resp, "json_invalid", "body", NULL, err.msg, TW_NULL);
		return;
	}
	if (length > tw_api_of(x->req)->max_map_length) {
		tw_exec_refuse(x, 400, "unmappable_return_value_length",
			       "pushed value is too large to map as a downstream's dependency");
		return;
	}
	if (tw_store_run(x->store, of.dag_id, of.run_id, x->req->arena, &run, &err) == TW_ERR_NOT_FOUND) {
		tw_reply_error(x->resp, 404, "DAG run not found on DAG '" TW_STR_FMT "' with ID '" TW_STR_FMT "'",
			       TW_STR_ARG(of.dag_id), TW_STR_ARG(of.run_id));
		return;
	}
	row.map_index = (int)map_index;
	row.value = x->req->body.n ? x->req->body : TW_STR("null");
	map = (struct tw_task_map_row){ of.dag_id, of.run_id, of.task_id, row.map_index, length, { 0 } };
	tw_batch_xcom_put(&batch, &row);
	if (length >= 0)
		tw_batch_task_map(&batch, &map);
	if (tw_store_commit(x->store, &batch, &err) < 0)
		tw_exec_fail(x, &err);
	else
		tw_exec_message(x, 201, "XCom successfully set");
}

static void delete(struct tw_exec *x)
{
	struct of of = of_path(x);
	struct tw_err err = { 0 };
	int64_t map_index = -1, n;

	tw_exec_int(x, "map_index", &map_index);
	if (tw_store_xcom_delete(x->store, of.dag_id, of.run_id, of.task_id, (int)map_index, of.key, &n, &err) < 0)
		tw_exec_fail(x, &err);
	else
		tw_exec_message(x, 200, tw_arena_printf(x->req->arena, "XCom with key: " TW_STR_FMT " successfully deleted.",
						      TW_STR_ARG(of.key)));
}

const struct tw_exec_route tw_exec_xcom[] = {
	{ "HEAD", XCOM, head, EXECUTION, false, 0, 0 },
	{ "GET", XCOM, get, EXECUTION, false, 0, 0 },
	{ "POST", XCOM, set, EXECUTION, false, 0, 0 },
	{ "DELETE", XCOM, delete, EXECUTION, false, 0, 0 },
	{ 0 },
};
