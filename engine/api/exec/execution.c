#include "api/exec/execution_ask.h"
#include "api/exec/task_assets.h"
#include "api/trigger.h"
#include "store/hitl.h"
#include "model/dag.h"
#include "model/graph.h"
#include "store/dags.h"
#include "store/runs.h"
#include "store/tis.h"
#include "store/vault.h"
#include "store/xcoms.h"
#include "time/instant.h"
#include "value/json.h"

/* A list of strings, or one string, at key; NULL and 0 when absent. */
static struct tw_str *str_list(struct ask *q, const char *key, size_t *ret_n)
{
	struct tw_value v = tw_map_value(q->body, key);
	size_t n = v.kind == TW_V_STR ? 1 : tw_value_len(v);
	struct tw_str *out = tw_arena_array(q->a, struct tw_str, n + 1);

	*ret_n = 0;
	if (v.kind == TW_V_STR)
		out[(*ret_n)++] = v.s;
	else if (v.kind == TW_V_LIST)
		for (size_t i = 0; i < n; i++)
			if (v.list->v[i].kind == TW_V_STR)
				out[(*ret_n)++] = v.list->v[i].s;
	return out;
}

/* ── XCom ─────────────────────────────────────────────────────────────────────────────── */

static enum tw_rc xcom_push(struct ask *q, struct tw_err *err)
{
	struct tw_str key = tw_map_str(q->body, "key", NULL);
	struct tw_xcom_row row = {
		q->who->dag_id, q->who->run_id, q->who->task_id,
		(int)tw_map_int(q->body, "map_index", q->who->map_index), key,
		dump(q->a, tw_map_value(q->body, "value")), TW_TIME_NONE,
	};
	struct tw_task_map_row map = { row.dag_id, row.run_id, row.task_id, row.map_index,
				       tw_map_int(q->body, "mapped_length", -1), { 0 } };
	TW_AUTO(tw_batch_release) struct tw_batch batch = { 0 };

	if (!key.n)
		return tw_err_set(err, TW_ERR_INVALID, "xcom_push needs a key");
	tw_batch_xcom_put(&batch, &row);
	if (map.length >= 0)
		tw_batch_task_map(&batch, &map);
	return tw_store_commit(q->s, &batch, err);
}

static void pull_terms(struct ask *q, struct tw_xcom_pull *pull)
{
	struct tw_value maps = tw_map_value(q->body, "map_indexes");
	size_t n = maps.kind == TW_V_INT ? 1 : tw_value_len(maps);
	int *indexes = tw_arena_array(q->a, int, n + 1);
	const struct tw_value *key = tw_map_findc(q->body, "key");

	*pull = (struct tw_xcom_pull){
		.offset = tw_map_int(q->body, "offset", 0),
		.limit = tw_map_int(q->body, "limit", 0),
		.dag_id = str_or(q->body, "dag_id", q->who->dag_id),
		.run_id = str_or(q->body, "run_id", q->who->run_id),
		.key = str_or(q->body, "key", TW_STR("return_value")),
		.include_prior_dates = tw_map_bool(q->body, "include_prior_dates", false),
	};
	if (key && key->kind == TW_V_NULL)
		pull->key = (struct tw_str){ 0 }; /* of any key */
	pull->task_ids = str_list(q, "task_ids", &pull->ntasks);
	if (maps.kind == TW_V_INT)
		indexes[pull->nmaps++] = (int)maps.i;
	else if (maps.kind == TW_V_LIST)
		for (size_t i = 0; i < n; i++)
			if (maps.list->v[i].kind == TW_V_INT)
				indexes[pull->nmaps++] = (int)maps.list->v[i].i;
	pull->map_indexes = indexes;
}

static struct tw_value xcom_value(struct ask *q, const struct tw_xcom_row *row, struct tw_str value)
{
	struct tw_value v = tw_v_map(q->a);

	tw_map_putc(q->a, v, "task_id", tw_v_str(row->task_id));
	tw_map_putc(q->a, v, "map_index", tw_v_int(row->map_index));
	tw_map_putc(q->a, v, "value", load(q->a, value));
	if (!tw_map_str(q->body, "key", NULL).n)
		tw_map_putc(q->a, v, "key", tw_v_str(row->key));
	return v;
}

/*
 * Item n of what a task is mapped over: of the list that another left, or of the values that another's instances left.
 * What is neither comes whole. So a list of 10,000 is not read 10,000 times.
 */
static enum tw_rc xcom_item(struct ask *q, struct tw_xcom_pull pull, int64_t n, struct tw_err *err)
{
	static const int unmapped = -1;
	struct tw_xcom_row *rows;
	struct tw_str item = { 0 };
	size_t nrows;
	struct tw_value v;
	enum tw_rc rc;

	if (n < 0 || pull.ntasks != 1 || pull.include_prior_dates)
		return tw_err_set(err, TW_ERR_INVALID, "xcom_pull: an item is of one task's value in one run, from 0");
	pull.map_indexes = &unmapped;
	pull.nmaps = 1;
	pull.offset = pull.limit = 0;
	rc = tw_store_xcom_pull(q->s, &pull, q->a, &rows, &nrows, err);
	if (rc == TW_OK && !nrows) {
		pull.nmaps = 0;
		pull.offset = n;
		pull.limit = 1;
		rc = tw_store_xcom_pull(q->s, &pull, q->a, &rows, &nrows, err);
		if (rc == TW_OK && nrows)
			item = rows[0].value;
	} else if (rc == TW_OK) {
		tw_json_item(rows[0].value, (size_t)n, &item);
	}
	q->result = tw_v_list(q->a);
	if (rc < 0 || !nrows)
		return rc;
	v = xcom_value(q, &rows[0], item.p ? item : rows[0].value);
	if (item.p)
		tw_map_putc(q->a, v, "item", tw_v_int(n));
	tw_list_push(q->a, q->result, v);
	return TW_OK;
}

static enum tw_rc xcom_pull(struct ask *q, struct tw_err *err)
{
	struct tw_xcom_pull pull;
	struct tw_xcom_row *rows;
	size_t n;
	enum tw_rc rc;

	pull_terms(q, &pull);
	if (tw_map_findc(q->body, "item"))
		return xcom_item(q, pull, tw_map_int(q->body, "item", -1), err);
	rc = tw_store_xcom_pull(q->s, &pull, q->a, &rows, &n, err);
	if (rc < 0)
		return rc;
	q->result = tw_v_list(q->a);
	for (size_t i = 0; i < n; i++)
		tw_list_push(q->a, q->result, xcom_value(q, &rows[i], rows[i].value));
	return TW_OK;
}

static enum tw_rc xcom_count(struct ask *q, struct tw_err *err)
{
	struct tw_xcom_pull pull;
	int64_t total = 0;

	pull_terms(q, &pull);
	for (size_t i = 0; i < pull.ntasks; i++) {
		int64_t n;
		enum tw_rc rc = tw_store_xcom_count(q->s, pull.dag_id, pull.run_id, pull.task_ids[i], pull.key, &n, err);

		if (rc < 0)
			return rc;
		total += n;
	}
	q->result = tw_v_int(total);
	return TW_OK;
}

static enum tw_rc xcom_delete(struct ask *q, struct tw_err *err)
{
	int64_t n;

	return tw_store_xcom_delete(q->s, q->who->dag_id, q->who->run_id, q->who->task_id, q->who->map_index,
				    tw_map_str(q->body, "key", NULL), &n, err);
}

/* ── Variables and Connections ────────────────────────────────────────────────────────── */

static enum tw_rc variable_get(struct ask *q, struct tw_err *err)
{
	struct tw_variable_row row;
	enum tw_rc rc = tw_store_variable(q->s, tw_map_str(q->body, "key", ""), q->a, &row, err);

	if (rc == TW_OK)
		q->result = str_value(row.value);
	return rc == TW_ERR_NOT_FOUND ? TW_OK : rc;
}

static enum tw_rc variable_set(struct ask *q, struct tw_err *err)
{
	struct tw_value value = tw_map_value(q->body, "value");
	struct tw_variable_row row = {
		.key = tw_map_str(q->body, "key", ""),
		.value = value.kind == TW_V_STR ? value.s : value.kind == TW_V_NULL ? TW_STR("None") : dump(q->a, value),
		.description = tw_map_str(q->body, "description", NULL),
	};

	if (!row.key.n)
		return tw_err_set(err, TW_ERR_INVALID, "a Variable needs a key");
	return tw_store_variable_put(q->s, &row, TW_PUT_UPSERT, err);
}

static enum tw_rc variable_delete(struct ask *q, struct tw_err *err)
{
	enum tw_rc rc = tw_store_variable_delete(q->s, tw_map_str(q->body, "key", ""), err);

	q->result = tw_v_bool(rc == TW_OK);
	return rc == TW_ERR_NOT_FOUND ? TW_OK : rc;
}

static enum tw_rc variable_keys(struct ask *q, struct tw_err *err)
{
	struct tw_str prefix = tw_map_str(q->body, "prefix", NULL);
	struct tw_cond cond = { .field = "key", .op = TW_OP_PREFIX, .text = prefix };
	struct tw_ask list = { .conds = &cond, .nconds = prefix.n ? 1 : 0, .limit = tw_map_int(q->body, "limit", -1),
			       .offset = tw_map_int(q->body, "offset", 0) };
	struct tw_variable_row *rows;
	size_t n;
	int64_t total;
	enum tw_rc rc = tw_store_variables(q->s, &list, q->a, &rows, &n, &total, err);

	q->result = tw_v_list(q->a);
	for (size_t i = 0; rc == TW_OK && i < n; i++)
		tw_list_push(q->a, q->result, tw_v_str(rows[i].key));
	return rc;
}

static enum tw_rc connection_get(struct ask *q, struct tw_err *err)
{
	struct tw_connection_row c;
	enum tw_rc rc = tw_store_connection(q->s, tw_map_str(q->body, "conn_id", ""), q->a, &c, err);
	struct tw_value v;

	if (rc < 0)
		return rc == TW_ERR_NOT_FOUND ? TW_OK : rc;
	v = tw_v_map(q->a);
	tw_map_putc(q->a, v, "conn_id", tw_v_str(c.conn_id));
	tw_map_putc(q->a, v, "conn_type", str_value(c.conn_type));
	tw_map_putc(q->a, v, "description", str_value(c.description));
	tw_map_putc(q->a, v, "host", str_value(c.host));
	tw_map_putc(q->a, v, "schema", str_value(c.schema));
	tw_map_putc(q->a, v, "login", str_value(c.login));
	tw_map_putc(q->a, v, "password", str_value(c.password));
	tw_map_putc(q->a, v, "port", c.port ? tw_v_int(c.port) : TW_NULL);
	tw_map_putc(q->a, v, "extra", str_value(c.extra));
	q->result = v;
	return TW_OK;
}

/* ── what a task says of itself ───────────────────────────────────────────────────────── */

static enum tw_rc rendered(struct ask *q, struct tw_err *err)
{
	struct tw_rendered_row row = { q->who->dag_id, q->who->run_id, q->who->task_id, q->who->map_index,
				       dump(q->a, tw_map_value(q->body, "fields")), { 0 } };
	TW_AUTO(tw_batch_release) struct tw_batch batch = { 0 };

	tw_batch_rendered(&batch, &row);
	return tw_store_commit(q->s, &batch, err);
}

static enum tw_rc map_index_label(struct ask *q, struct tw_err *err)
{
	struct tw_ti_row row = { .dag_id = q->who->dag_id, .run_id = q->who->run_id, .task_id = q->who->task_id,
				 .map_index = q->who->map_index,
				 .rendered_map_index = tw_map_str(q->body, "label", NULL) };
	TW_AUTO(tw_batch_release) struct tw_batch batch = { 0 };

	tw_batch_ti(&batch, &row, row.map_index, TW_TICOL(RENDERED_INDEX));
	return tw_store_commit(q->s, &batch, err);
}

static enum tw_rc reschedule_start(struct ask *q, struct tw_err *err)
{
	struct tw_ti_view ti;
	enum tw_rc rc = tw_store_ti_by_id(q->s, q->who->attempt, q->a, &ti, err);

	if (rc == TW_OK)
		q->result = time_value(q->a, ti.ti.reschedule_start);
	return rc;
}

/* "task" or ["task", map_index] */
static bool is_task_key(struct tw_value v)
{
	return v.kind == TW_V_STR || (v.kind == TW_V_LIST && v.list->n >= 1 && v.list->n <= 2 && v.list->v[0].kind == TW_V_STR &&
				      (v.list->n == 1 || v.list->v[1].kind == TW_V_INT || v.list->v[1].kind == TW_V_NULL));
}

static enum tw_rc skip_downstream(struct ask *q, struct tw_err *err)
{
	struct tw_value tasks = tw_map_value(q->body, "tasks"), keys = tw_v_list(q->a), payload = tw_v_map(q->a);
	struct tw_inbox_row row = { .at = TW_TIME_NONE, .kind = TW_STR("skip"), .dag_id = q->who->dag_id,
				    .run_id = q->who->run_id };
	char id[37];

	for (size_t i = 0; tasks.kind == TW_V_LIST && i < tasks.list->n; i++) {
		struct tw_value item = tasks.list->v[i], pair = tw_v_list(q->a);
		bool named = item.kind == TW_V_STR;

		if (!is_task_key(item))
			return tw_err_set(err, TW_ERR_INVALID, "skip_downstream: a task is its id, or its id and a map index");
		tw_list_push(q->a, pair, named ? item : item.list->v[0]);
		tw_list_push(q->a, pair, named || tw_value_len(item) < 2 ? TW_NULL : item.list->v[1]);
		tw_list_push(q->a, keys, pair);
	}
	tw_id_text(q->who->attempt, id);
	tw_map_putc(q->a, payload, "attempt", tw_v_cstr(id));
	tw_map_putc(q->a, payload, "tasks", keys);
	row.payload = dump(q->a, payload);
	q->ring = true;
	return tw_store_inbox_post(q->s, &row, 1, NULL, err);
}

/* A list or object at key as JSON; p NULL where there is none. */
static struct tw_str dump_at(struct ask *q, const char *key)
{
	struct tw_value v = tw_map_value(q->body, key);

	return v.kind == TW_V_NULL ? (struct tw_str){ 0 } : dump(q->a, v);
}

static enum tw_rc hitl_ask(struct ask *q, struct tw_err *err)
{
	struct tw_hitl_row row = {
		.ti_id = q->who->attempt,
		.subject = tw_map_str(q->body, "subject", ""),
		.body = tw_map_str(q->body, "body", NULL),
		.options = dump_at(q, "options"),
		.defaults = dump_at(q, "defaults"),
		.params = dump_at(q, "params"),
		.assignees = dump_at(q, "assigned_users"),
		.multiple = tw_map_bool(q->body, "multiple", false),
		.created_at = q->who->now,
	};

	if (!tw_value_len(tw_map_value(q->body, "options")))
		return tw_err_set(err, TW_ERR_INVALID, "a question needs options");
	if (!row.params.p)
		row.params = TW_STR("{}");
	return tw_store_hitl_ask(q->s, &row, err);
}

/* From a callback's process: what a deadline of the DAG's own kind counts from. */
static enum tw_rc deadline_set(struct ask *q, struct tw_err *err)
{
	struct tw_value payload = tw_v_map(q->a);
	struct tw_inbox_row row = { .at = TW_TIME_NONE, .kind = TW_STR("deadline"), .dag_id = q->who->dag_id,
				    .run_id = q->who->run_id };

	tw_map_putc(q->a, payload, "alert", tw_map_value(q->body, "alert"));
	tw_map_putc(q->a, payload, "base", tw_map_value(q->body, "base"));
	row.payload = dump(q->a, payload);
	q->ring = true;
	return tw_store_inbox_post(q->s, &row, 1, NULL, err);
}

/* ── other runs ───────────────────────────────────────────────────────────────────────── */

static struct tw_value run_value(struct ask *q, const struct tw_run_row *r)
{
	struct tw_value v = tw_v_map(q->a);

	tw_map_putc(q->a, v, "dag_id", tw_v_str(r->dag_id));
	tw_map_putc(q->a, v, "run_id", tw_v_str(r->run_id));
	tw_map_putc(q->a, v, "run_type", tw_v_cstr(tw_run_type_name(r->type)));
	tw_map_putc(q->a, v, "state", tw_v_cstr(tw_run_state_name(r->state)));
	tw_map_putc(q->a, v, "logical_date", time_value(q->a, r->logical_date));
	tw_map_putc(q->a, v, "data_interval_start", time_value(q->a, r->interval_start));
	tw_map_putc(q->a, v, "data_interval_end", time_value(q->a, r->interval_end));
	tw_map_putc(q->a, v, "run_after", time_value(q->a, r->run_after));
	tw_map_putc(q->a, v, "start_date", time_value(q->a, r->start_date));
	tw_map_putc(q->a, v, "end_date", time_value(q->a, r->end_date));
	tw_map_putc(q->a, v, "queued_at", time_value(q->a, r->queued_at));
	tw_map_putc(q->a, v, "conf", r->conf.n ? load(q->a, r->conf) : tw_v_map(q->a));
	tw_map_putc(q->a, v, "clear_number", tw_v_int(r->clear_number));
	tw_map_putc(q->a, v, "note", str_value(r->note));
	tw_map_putc(q->a, v, "triggering_user_name", str_value(r->triggering_user));
	tw_map_putc(q->a, v, "partition_key", str_value(r->partition_key));
	tw_map_putc(q->a, v, "partition_date", time_value(q->a, r->partition_date));
	return v;
}

static enum tw_rc dag_run_get(struct ask *q, struct tw_err *err)
{
	struct tw_run_view run;
	enum tw_rc rc = tw_store_run(q->s, str_or(q->body, "dag_id", q->who->dag_id),
				     str_or(q->body, "run_id", q->who->run_id), q->a, &run, err);

	if (rc == TW_OK)
		q->result = run_value(q, &run.run);
	return rc == TW_ERR_NOT_FOUND ? TW_OK : rc;
}

static enum tw_rc dag_run_previous(struct ask *q, struct tw_err *err)
{
	struct tw_run_row run;
	bool success = tw_str_is(tw_map_str(q->body, "state", ""), "success");
	enum tw_rc rc = tw_store_run_before(q->s, str_or(q->body, "dag_id", q->who->dag_id),
					    success ? TW_PREV_SUCCESS : TW_PREV_ANY, body_time(q, "logical_date"),
					    q->who->now, q->a, &run, err);

	if (rc == TW_OK)
		q->result = run_value(q, &run);
	return rc == TW_ERR_NOT_FOUND ? TW_OK : rc;
}

static enum tw_rc previous_successful(struct ask *q, struct tw_err *err)
{
	struct tw_run_view self;
	struct tw_run_row run;
	enum tw_rc rc = tw_store_run(q->s, q->who->dag_id, q->who->run_id, q->a, &self, err);

	q->result = tw_v_map(q->a);
	if (rc == TW_OK)
		rc = tw_store_run_before(q->s, q->who->dag_id, TW_PREV_SUCCESS, self.run.logical_date,
					 self.run.run_after, q->a, &run, err);
	if (rc < 0)
		return rc == TW_ERR_NOT_FOUND ? TW_OK : rc;
	tw_map_putc(q->a, q->result, "data_interval_start", time_value(q->a, run.interval_start));
	tw_map_putc(q->a, q->result, "data_interval_end", time_value(q->a, run.interval_end));
	tw_map_putc(q->a, q->result, "start_date", time_value(q->a, run.start_date));
	tw_map_putc(q->a, q->result, "end_date", time_value(q->a, run.end_date));
	return TW_OK;
}

/* Conditions that several questions share: dag_id, run_ids, logical_dates, task_ids, states. */
struct terms {
	struct tw_cond v[8];
	size_t n;
};

static void add_list(struct ask *q, struct terms *t, const char *key, const char *field)
{
	size_t n;
	struct tw_str *list = str_list(q, key, &n);

	if (n)
		t->v[t->n++] = (struct tw_cond){ .field = field, .op = TW_OP_IN, .list = list, .nlist = n };
}

static void shared_terms(struct ask *q, struct terms *t)
{
	struct tw_value map = tw_map_value(q->body, "map_index");

	*t = (struct terms){ .n = 1 };
	t->v[0] = (struct tw_cond){ .field = "dag_id", .op = TW_OP_EQ,
				    .text = str_or(q->body, "dag_id", q->who->dag_id) };
	add_list(q, t, "run_ids", "run_id");
	add_list(q, t, "task_ids", "task_id");
	add_list(q, t, "states", "state");
	if (map.kind == TW_V_INT)
		t->v[t->n++] = (struct tw_cond){ .field = "map_index", .op = TW_OP_EQ, .num = map.i };
}

/* Logical dates become the runs that have them. False: none has, there is nothing to look for. */
static bool add_dates(struct ask *q, struct terms *t, struct tw_err *err, enum tw_rc *ret_rc)
{
	struct tw_value dates = tw_map_value(q->body, "logical_dates");
	struct tw_str *ids = tw_arena_array(q->a, struct tw_str, tw_value_len(dates) + 1);
	size_t n = 0;

	*ret_rc = TW_OK;
	if (dates.kind != TW_V_LIST || !dates.list->n)
		return true;
	for (size_t i = 0; i < dates.list->n; i++) {
		struct tw_run_view run;
		tw_time when;

		if (dates.list->v[i].kind != TW_V_STR || tw_time_parse(dates.list->v[i].s, NULL, &when, err) < 0)
			continue;
		*ret_rc = tw_store_run_by_date(q->s, t->v[0].text, when, q->a, &run, err);
		if (*ret_rc == TW_OK)
			ids[n++] = run.run.run_id;
		else if (*ret_rc != TW_ERR_NOT_FOUND)
			return false;
	}
	*ret_rc = TW_OK;
	if (n)
		t->v[t->n++] = (struct tw_cond){ .field = "run_id", .op = TW_OP_IN, .list = ids, .nlist = n };
	return n > 0;
}

static enum tw_rc newest_dag(struct ask *q, struct tw_str dag_id, struct tw_dag **ret_dag, struct tw_dag_row *ret_row,
			     struct tw_err *err)
{
	struct tw_dag_doc doc;
	enum tw_rc rc = tw_store_dag_doc(q->s, dag_id, q->a, &doc, err);

	if (rc == TW_OK)
		rc = tw_dag_parse_json(doc.document, q->who->zones, ret_dag, err);
	if (rc == TW_OK && ret_row)
		*ret_row = doc.dag;
	return rc;
}

/* The tasks of a group, however they are called. */
static enum tw_rc add_group(struct ask *q, struct terms *t, struct tw_err *err)
{
	struct tw_str group = tw_map_str(q->body, "task_group_id", NULL), *ids;
	struct tw_dag *dag = NULL;
	tw_bits *set;
	size_t n = 0;
	enum tw_rc rc;

	if (!group.n)
		return TW_OK;
	rc = newest_dag(q, t->v[0].text, &dag, NULL, err);
	if (rc < 0)
		return rc;
	set = tw_bits_new(dag->ntasks);
	ids = tw_arena_array(q->a, struct tw_str, (size_t)dag->ntasks + 1);
	if (!tw_dag_group_tasks(dag, group, set))
		rc = tw_err_set(err, TW_ERR_NOT_FOUND, "Task group " TW_STR_FMT " not found in DAG " TW_STR_FMT,
				TW_STR_ARG(group), TW_STR_ARG(t->v[0].text));
	for (int i = 0; i < dag->ntasks; i++)
		if (tw_bit(set, i))
			ids[n++] = tw_str_copy(q->a, dag->tasks[i].task_id);
	free(set);
	tw_dag_unref(dag);
	if (rc == TW_OK)
		t->v[t->n++] = (struct tw_cond){ .field = "task_id", .op = TW_OP_IN, .list = ids, .nlist = n };
	return rc;
}

static enum tw_rc each_ti(struct ask *q, void (*fn)(struct ask *q, const struct tw_ti_view *ti), struct tw_err *err)
{
	struct terms t;
	struct tw_ti_view *rows;
	size_t n;
	int64_t total;
	struct tw_ask list = { .limit = -1 };
	enum tw_rc rc;

	shared_terms(q, &t);
	if (!add_dates(q, &t, err, &rc))
		return rc;
	rc = add_group(q, &t, err);
	if (rc < 0)
		return rc;
	list.conds = t.v;
	list.nconds = t.n;
	rc = tw_store_tis(q->s, &list, q->a, &rows, &n, &total, err);
	for (size_t i = 0; rc == TW_OK && i < n; i++)
		fn(q, &rows[i]);
	return rc;
}

static void add_state(struct ask *q, const struct tw_ti_view *ti)
{
	const struct tw_value *run = tw_map_find(q->result, ti->ti.run_id);
	struct tw_value states = run ? *run : tw_v_map(q->a);
	struct tw_str key = ti->ti.task_id;

	if (!run)
		tw_map_put(q->a, q->result, ti->ti.run_id, states);
	if (ti->ti.map_index >= 0)
		key = tw_str(tw_arena_printf(q->a, TW_STR_FMT "_%d", TW_STR_ARG(key), ti->ti.map_index));
	tw_map_put(q->a, states, key, tw_v_cstr(tw_ti_state_name(ti->ti.state)));
}

static enum tw_rc task_states(struct ask *q, struct tw_err *err)
{
	q->result = tw_v_map(q->a);
	return each_ti(q, add_state, err);
}

static void add_instance(struct ask *q, const struct tw_ti_view *view)
{
	const struct tw_ti_row *ti = &view->ti;
	struct tw_value v = tw_v_map(q->a);

	tw_map_putc(q->a, v, "run_id", tw_v_str(ti->run_id));
	tw_map_putc(q->a, v, "task_id", tw_v_str(ti->task_id));
	tw_map_putc(q->a, v, "map_index", tw_v_int(ti->map_index));
	tw_map_putc(q->a, v, "state", ti->state ? tw_v_cstr(tw_ti_state_name(ti->state)) : TW_NULL);
	tw_map_putc(q->a, v, "try_number", tw_v_int(ti->try_number));
	tw_map_putc(q->a, v, "max_tries", tw_v_int(ti->max_tries));
	tw_map_putc(q->a, v, "start_date", time_value(q->a, ti->start_date));
	tw_map_putc(q->a, v, "end_date", time_value(q->a, ti->end_date));
	tw_map_putc(q->a, v, "queued_dttm", time_value(q->a, ti->queued_dttm));
	tw_map_putc(q->a, v, "logical_date", time_value(q->a, view->logical_date));
	tw_map_putc(q->a, v, "operator", str_value(ti->operator_name));
	tw_map_putc(q->a, v, "pool", str_value(ti->pool));
	tw_map_putc(q->a, v, "pool_slots", tw_v_int(ti->pool_slots));
	tw_map_putc(q->a, v, "queue", str_value(ti->queue));
	tw_map_putc(q->a, v, "priority_weight", tw_v_int(ti->priority_weight));
	tw_map_putc(q->a, v, "hostname", str_value(ti->hostname));
	tw_map_putc(q->a, v, "note", str_value(ti->note));
	tw_list_push(q->a, q->result, v);
}

static enum tw_rc task_instances(struct ask *q, struct tw_err *err)
{
	q->result = tw_v_list(q->a);
	return each_ti(q, add_instance, err);
}

static void count_one(struct ask *q, const struct tw_ti_view *ti)
{
	q->result.i++;
}

static enum tw_rc ti_count(struct ask *q, struct tw_err *err)
{
	q->result = tw_v_int(0);
	return each_ti(q, count_one, err);
}

static enum tw_rc each_run(struct ask *q, void (*fn)(struct ask *q, const struct tw_run_view *run), struct tw_err *err)
{
	static const char *const by_date[] = { "logical_date" };
	struct terms t;
	struct tw_run_view *rows;
	size_t n;
	int64_t total;
	struct tw_ask list = { .limit = -1, .order_by = by_date, .norder = 1 };
	enum tw_rc rc;

	shared_terms(q, &t);
	if (!add_dates(q, &t, err, &rc))
		return rc;
	list.conds = t.v;
	list.nconds = t.n;
	rc = tw_store_runs(q->s, &list, q->a, &rows, &n, &total, err);
	for (size_t i = 0; rc == TW_OK && i < n; i++)
		fn(q, &rows[i]);
	return rc;
}

static void count_run(struct ask *q, const struct tw_run_view *run)
{
	q->result.i++;
}

static enum tw_rc dag_run_count(struct ask *q, struct tw_err *err)
{
	q->result = tw_v_int(0);
	return each_run(q, count_run, err);
}

static void add_run(struct ask *q, const struct tw_run_view *run)
{
	tw_list_push(q->a, q->result, run_value(q, &run->run));
}

static enum tw_rc dag_runs(struct ask *q, struct tw_err *err)
{
	q->result = tw_v_list(q->a);
	return each_run(q, add_run, err);
}

/* What a task may know of a DAG; which of the tasks and whether the group asked for are missing in it. */
static enum tw_rc dag_get(struct ask *q, struct tw_err *err)
{
	struct tw_str dag_id = str_or(q->body, "dag_id", q->who->dag_id), group = tw_map_str(q->body, "task_group_id", NULL);
	struct tw_value v = tw_v_map(q->a), missing = tw_v_list(q->a);
	struct tw_dag_row row = { 0 };
	struct tw_dag *dag;
	size_t n;
	struct tw_str *ids = str_list(q, "task_ids", &n);
	enum tw_rc rc = newest_dag(q, dag_id, &dag, &row, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < n; i++)
		if (tw_dag_task(dag, ids[i]) < 0)
			tw_list_push(q->a, missing, tw_v_str(ids[i]));
	tw_map_putc(q->a, v, "dag_id", tw_v_str(dag_id));
	tw_map_putc(q->a, v, "is_paused", tw_v_bool(row.is_paused));
	tw_map_putc(q->a, v, "is_stale", tw_v_bool(row.is_stale));
	tw_map_putc(q->a, v, "bundle_name", str_value(row.bundle_name));
	tw_map_putc(q->a, v, "bundle_version", str_value(row.bundle_version));
	tw_map_putc(q->a, v, "relative_fileloc", str_value(row.relative_fileloc));
	tw_map_putc(q->a, v, "owners", str_value(row.owners));
	tw_map_putc(q->a, v, "next_dagrun", time_value(q->a, row.next.logical_date));
	tw_map_putc(q->a, v, "missing_task_ids", missing);
	if (group.n) {
		tw_bits *set = tw_bits_new(dag->ntasks);

		tw_map_putc(q->a, v, "missing_group", tw_v_bool(!tw_dag_group_tasks(dag, group, set)));
		free(set);
	}
	tw_dag_unref(dag);
	q->result = v;
	return TW_OK;
}

/* Of the asking task's own inlets and outlets. */
static enum tw_rc inactive_assets(struct ask *q, struct tw_err *err)
{
	struct tw_dag *dag;
	int task;
	enum tw_rc rc = newest_dag(q, q->who->dag_id, &dag, NULL, err);

	if (rc < 0)
		return rc;
	task = tw_dag_task(dag, q->who->task_id);
	q->result = tw_v_list(q->a);
	if (task >= 0 && dag->compat != 2)
		rc = tw_inactive_assets(q->s, &dag->tasks[task], q->a, &q->result, err);
	tw_dag_unref(dag);
	return rc;
}

static enum tw_rc previous_ti(struct ask *q, struct tw_err *err)
{
	struct tw_run_view self;
	struct tw_run_row run;
	struct tw_ti_view ti;
	struct tw_value v = tw_v_map(q->a);
	enum tw_rc rc = tw_store_run(q->s, q->who->dag_id, q->who->run_id, q->a, &self, err);

	if (rc == TW_OK)
		rc = tw_store_run_before(q->s, q->who->dag_id, TW_PREV_ANY, self.run.logical_date, self.run.run_after,
					 q->a, &run, err);
	if (rc == TW_OK)
		rc = tw_store_ti(q->s, run.dag_id, run.run_id, str_or(q->body, "task_id", q->who->task_id),
				 q->who->map_index, q->a, &ti, err);
	if (rc < 0)
		return rc == TW_ERR_NOT_FOUND ? TW_OK : rc;
	tw_map_putc(q->a, v, "task_id", tw_v_str(ti.ti.task_id));
	tw_map_putc(q->a, v, "run_id", tw_v_str(ti.ti.run_id));
	tw_map_putc(q->a, v, "map_index", tw_v_int(ti.ti.map_index));
	tw_map_putc(q->a, v, "try_number", tw_v_int(ti.ti.try_number));
	tw_map_putc(q->a, v, "state", tw_v_cstr(tw_ti_state_name(ti.ti.state)));
	tw_map_putc(q->a, v, "start_date", time_value(q->a, ti.ti.start_date));
	tw_map_putc(q->a, v, "end_date", time_value(q->a, ti.ti.end_date));
	q->result = v;
	return TW_OK;
}

static enum tw_rc trigger_dag_run(struct ask *q, struct tw_err *err)
{
	struct tw_value conf = tw_map_value(q->body, "conf");
	struct tw_trigger_opts opts = {
		.dag_id = tw_map_str(q->body, "dag_id", ""),
		.run_id = tw_map_str(q->body, "run_id", NULL),
		.run_id_pattern = q->who->run_id_pattern,
		.logical_date = body_time(q, "logical_date"),
		.run_after = body_time(q, "run_after"),
		.conf = conf.kind == TW_V_MAP ? conf : tw_v_map(q->a),
		.note = tw_map_str(q->body, "note", NULL),
		.partition_key = tw_map_str(q->body, "partition_key", NULL),
		.triggering_user = tw_map_str(q->body, "triggering_user", NULL),
		.type = TW_RUNTYPE_OPERATOR_TRIGGERED,
		.triggered_by = TW_STR("operator"),
		.now = q->who->now,
		.zones = q->who->zones,
	};
	struct tw_run_row run;
	enum tw_rc rc = tw_trigger_run(q->s, &opts, q->a, &run, err);

	if (rc == TW_ERR_EXISTS && tw_map_bool(q->body, "reset", false))
		rc = tw_trigger_reset(q->s, &opts, q->a, &run, err);
	if (rc < 0)
		return rc;
	q->ring = true;
	q->result = run_value(q, &run);
	return TW_OK;
}

/* ── the table ────────────────────────────────────────────────────────────────────────── */

static const struct {
	const char *what;
	enum tw_rc (*fn)(struct ask *q, struct tw_err *err);
	bool writes;
} words[] = {
	{ "xcom_push", xcom_push, true },
	{ "xcom_pull", xcom_pull, false },
	{ "xcom_count", xcom_count, false },
	{ "xcom_delete", xcom_delete, true },
	{ "variable_get", variable_get, false },
	{ "variable_set", variable_set, true },
	{ "variable_delete", variable_delete, true },
	{ "variable_keys", variable_keys, false },
	{ "connection_get", connection_get, false },
	{ "rendered", rendered, true },
	{ "map_index_label", map_index_label, true },
	{ "trigger_dag_run", trigger_dag_run, true },
	{ "dag_get", dag_get, false },
	{ "dag_run_get", dag_run_get, false },
	{ "dag_run_count", dag_run_count, false },
	{ "dag_run_previous", dag_run_previous, false },
	{ "dag_runs", dag_runs, false },
	{ "task_instances", task_instances, false },
	{ "task_states", task_states, false },
	{ "ti_count", ti_count, false },
	{ "skip_downstream", skip_downstream, true },
	{ "reschedule_start", reschedule_start, false },
	{ "hitl_ask", hitl_ask, true },
	{ "deadline_set", deadline_set, true },
	{ "previous_successful", previous_successful, false },
	{ "previous_ti", previous_ti, false },
	{ "inactive_assets", inactive_assets, false },
	{ "asset_get", tw_task_asset_get, false },
	{ "asset_events", tw_task_asset_events, false },
	{ "assets_by_alias", tw_task_assets_by_alias, false },
	{ "task_state_get", tw_task_state_get, false },
	{ "task_state_set", tw_task_state_set, true },
	{ "task_state_delete", tw_task_state_delete, true },
	{ "task_state_clear", tw_task_state_clear, true },
	{ "asset_state_get", tw_asset_state_get, false },
	{ "asset_state_set", tw_asset_state_set, true },
	{ "asset_state_delete", tw_asset_state_delete, true },
	{ "asset_state_clear", tw_asset_state_clear, true },
};

enum tw_rc tw_execution_do(struct tw_store *s, const struct tw_execution_caller *who, struct tw_str what,
			   struct tw_value body, struct tw_arena *a, struct tw_value *ret_result, bool *ret_ring,
			   struct tw_err *err)
{
	struct ask q = { .s = s, .who = who, .body = body, .a = a, .result = TW_NULL };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		enum tw_rc rc;

		if (!tw_str_is(what, words[i].what))
			continue;
		rc = words[i].fn(&q, err);
		if (rc < 0)
			return rc;
		*ret_result = q.result;
		*ret_ring = q.ring;
		return TW_OK;
	}
	return tw_err_set(err, TW_ERR_UNSUPPORTED, "the engine does not know the request '" TW_STR_FMT "'",
			  TW_STR_ARG(what));
}

bool tw_execution_writes(struct tw_str what)
{
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (tw_str_is(what, words[i].what))
			return words[i].writes;
	return false;
}

const char *tw_execution_fault(enum tw_rc rc)
{
	switch (rc) {
	case TW_ERR_NOT_FOUND:
		return "not_found";
	case TW_ERR_EXISTS:
	case TW_ERR_CONFLICT:
		return "conflict";
	case TW_ERR_INVALID:
	case TW_ERR_LIMIT:
		return "invalid";
	case TW_ERR_DENIED:
		return "denied";
	case TW_ERR_UNSUPPORTED:
		return "unknown_do";
	default:
		return "unavailable";
	}
}

struct tw_value tw_execution_reply(struct tw_arena *a, struct tw_value id, struct tw_value result, enum tw_rc rc,
				   const struct tw_err *err)
{
	struct tw_value v = tw_v_map(a), e = tw_v_map(a);

	tw_map_putc(a, v, "op", tw_v_cstr("reply"));
	tw_map_putc(a, v, "id", id);
	if (rc < 0) {
		tw_map_putc(a, e, "kind", tw_v_cstr(tw_execution_fault(rc)));
		tw_map_putc(a, e, "message", tw_v_cstr(err->msg));
		tw_map_putc(a, v, "error", e);
	} else {
		tw_map_putc(a, v, "result", result);
	}
	return v;
}
