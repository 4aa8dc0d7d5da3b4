/*
 * /ui/needs: what goes on only when a person does something, of the DAGs and things that the reader may see: approvals
 * that wait, failures and missed deadlines nobody has looked at, files that do not load, pools and queues that starve, what is stuck or late,
 * components that are not well. Most urgent kinds first; of each kind at most KIND_MAX.
 */
#include "api/ask.h"
#include "api/auth/fab.h"
#include "api/tables.h"
#include "io/clock.h"
#include "store/deadline.h"
#include "store/hitl.h"
#include "store/house.h"
#include "store/needs.h"

#define KIND_MAX 50
#define FAILURES_SINCE (7 * TW_US_DAY)
#define HEARD_OF (10 * TW_US_MIN) /* who runs and is not heard of for so long is stuck */

static const struct tw_str none = {0};

struct needs {
	struct tw_request *req;
	struct tw_store *s;
	struct tw_jw w;
	tw_time now, before; /* what waits since before then waits too long */
	int64_t total;
	struct tw_err err;
};

static bool sees(const struct needs *n, enum tw_on on, struct tw_str dag_id)
{
	return tw_may(n->req, on, TW_READ, dag_id);
}

/* Of all DAGs together: not for who may see some only. */
static bool sees_all(const struct needs *n)
{
	return !n->req->user.grants || tw_fab_reads_all(n->req->user.grants);
}

static void open_item(struct needs *n, const char *kind, tw_time since)
{
	n->total++;
	tw_jw_obj(&n->w);
	tw_jw_str_at(&n->w, "kind", tw_str(kind));
	tw_jw_time(&n->w, "since", since);
}

static void name_item(struct needs *n, const char *kind, struct tw_str name, int64_t count, tw_time since)
{
	open_item(n, kind, since);
	tw_jw_str_at(&n->w, "name", name);
	tw_jw_int_at(&n->w, "n", count);
	tw_jw_end(&n->w);
}

/* ── components ───────────────────────────────────────────────────────────────────────── */

static enum tw_rc components(struct needs *n)
{
	static const char *const beats[] = {"latest_scheduler_heartbeat", "latest_triggerer_heartbeat",
					    "latest_dag_processor_heartbeat"};
	static const char *const names[] = {"scheduler", "triggerer", "dag_processor"};
	struct tw_buf json TW_AUTO(tw_buf_release) = {0}, statuses TW_AUTO(tw_buf_release) = {0};
	struct tw_value health;
	int64_t deferred = 0;

	tw_api_health(tw_api_of(n->req), n->s, &json, &statuses);
	if (tw_json_parse(n->req->arena, tw_buf_str(&json), &health, &n->err) < 0)
		return n->err.rc;
	for (size_t i = 0; i < 3; i++) {
		struct tw_value part = tw_map_value(health, names[i]);
		struct tw_str status = tw_map_str(part, "status", "");
		bool absent = !status.n && i == 1;
		tw_time beat = tw_body_time(part, beats[i]);

		if (absent && tw_store_needs_deferred(n->s, &deferred, &n->err) < 0)
			return n->err.rc;
		if (tw_str_is(status, "unhealthy") || (absent && deferred))
			name_item(n, "component", tw_str(names[i]), absent ? deferred : 0, beat);
	}
	return TW_OK;
}

/* ── of DAGs ──────────────────────────────────────────────────────────────────────────── */

static void dag_of(struct needs *n, struct tw_str dag_id, struct tw_str display, struct tw_str run_id)
{
	tw_jw_str_at(&n->w, "dag_id", dag_id);
	tw_jw_str_at(&n->w, "dag_display_name", display.p ? display : dag_id);
	tw_jw_str_at(&n->w, "run_id", run_id.n ? run_id : none);
}

static struct tw_str last_line(struct tw_str trace)
{
	struct tw_str text = tw_str_trim(trace);
	size_t from = text.n;

	while (from && text.p[from - 1] != '\n')
		from--;
	return tw_strn(text.p + from, text.n - from);
}

static enum tw_rc imports(struct needs *n)
{
	static const char *const order[] = {"-timestamp"};
	struct tw_ask ask = {.order_by = order, .norder = 1, .limit = KIND_MAX};
	struct tw_import_error_row *v;
	size_t k;

	if (!sees(n, TW_ON_IMPORT_ERROR, none) || !sees_all(n))
		return TW_OK;
	if (tw_store_import_errors(n->s, &ask, n->req->arena, &v, &k, NULL, &n->err) < 0)
		return n->err.rc;
	for (size_t i = 0; i < k; i++) {
		open_item(n, "import_error", v[i].timestamp);
		tw_jw_str_at(&n->w, "name", v[i].filename);
		tw_jw_int_at(&n->w, "id", v[i].id);
		tw_jw_str_at(&n->w, "text", last_line(v[i].stacktrace));
		tw_jw_end(&n->w);
	}
	return TW_OK;
}

static enum tw_rc approvals(struct needs *n)
{
	static const char *const order[] = {"created_at"};
	const struct tw_cond open = {.field = "response_received", .op = TW_OP_EQ, .num = 0};
	struct tw_ask ask = {.conds = &open, .nconds = 1, .order_by = order, .norder = 1, .limit = KIND_MAX};
	struct tw_hitl_row *v;
	struct tw_ti_view ti;
	size_t k;

	if (tw_store_hitls(n->s, &ask, n->req->arena, &v, &k, NULL, &n->err) < 0)
		return n->err.rc;
	for (size_t i = 0; i < k; i++) {
		if (tw_store_ti_by_id(n->s, v[i].ti_id, n->req->arena, &ti, NULL) < 0 ||
		    tw_ti_finished(ti.ti.state) || !sees(n, TW_ON_HITL, ti.ti.dag_id))
			continue;
		open_item(n, "approval", v[i].created_at);
		dag_of(n, ti.ti.dag_id, none, ti.ti.run_id);
		tw_jw_str_at(&n->w, "task_id", ti.ti.task_id);
		tw_jw_int_at(&n->w, "map_index", ti.ti.map_index);
		tw_jw_str_at(&n->w, "text", v[i].subject);
		tw_jw_end(&n->w);
	}
	return TW_OK;
}

/* "airflow" is what owner is when nobody has named one. */
static bool owned(struct tw_str owners)
{
	return owners.n && !tw_str_is(owners, "airflow");
}

/* One item for each DAG: its newest failure, and how many there are. */
static enum tw_rc failures(struct needs *n)
{
	struct tw_need_run *v;
	size_t k, shown = 0;

	if (tw_store_needs_failures(n->s, n->now - FAILURES_SINCE, 500, n->req->arena, &v, &k, &n->err) < 0)
		return n->err.rc;
	for (size_t i = 0; i < k && shown < KIND_MAX; i++) {
		int64_t same = 1;
		bool told = false;

		for (size_t j = 0; j < i && !told; j++)
			told = tw_str_eq(v[j].dag_id, v[i].dag_id);
		if (told || !sees(n, TW_ON_DAG_RUN, v[i].dag_id))
			continue;
		for (size_t j = i + 1; j < k; j++)
			same += tw_str_eq(v[j].dag_id, v[i].dag_id);
		shown++;
		open_item(n, "failure", v[i].at);
		dag_of(n, v[i].dag_id, v[i].display, v[i].run_id);
		tw_jw_str_at(&n->w, "owners", owned(v[i].owners) ? v[i].owners : none);
		tw_jw_int_at(&n->w, "n", same);
		tw_jw_end(&n->w);
	}
	return TW_OK;
}

static enum tw_rc deadlines(struct needs *n)
{
	static const char *const order[] = {"-deadline_time"};
	const struct tw_cond conds[] = {{.field = "missed", .op = TW_OP_EQ, .num = 1},
					{.field = "unseen", .op = TW_OP_EQ, .num = 1},
					{.field = "deadline_time", .op = TW_OP_GE, .time = n->now - FAILURES_SINCE}};
	struct tw_ask ask = {.conds = conds, .nconds = 3, .order_by = order, .norder = 1, .limit = KIND_MAX};
	struct tw_deadline_row *v;
	size_t k;

	if (tw_store_deadlines(n->s, &ask, n->req->arena, &v, &k, NULL, &n->err) < 0)
		return n->err.rc;
	for (size_t i = 0; i < k; i++) {
		if (!sees(n, TW_ON_DAG_RUN, v[i].dag_id))
			continue;
		open_item(n, "deadline", v[i].deadline_time);
		dag_of(n, v[i].dag_id, none, v[i].run_id);
		tw_jw_int_at(&n->w, "id", v[i].alert);
		tw_jw_str_at(&n->w, "name", v[i].name);
		tw_jw_end(&n->w);
	}
	return TW_OK;
}

static enum tw_rc slas(struct needs *n)
{
	static const char *const order[] = {"-timestamp"};
	const struct tw_cond conds[] = {{.field = "unseen", .op = TW_OP_EQ, .num = 1},
					{.field = "timestamp", .op = TW_OP_GE, .time = n->now - FAILURES_SINCE}};
	struct tw_ask ask = {.conds = conds, .nconds = 2, .order_by = order, .norder = 1, .limit = KIND_MAX};
	struct tw_sla_row *v;
	size_t k;

	if (tw_store_sla_misses(n->s, &ask, n->req->arena, &v, &k, NULL, &n->err) < 0)
		return n->err.rc;
	for (size_t i = 0; i < k; i++) {
		if (!sees(n, TW_ON_TI, v[i].dag_id))
			continue;
		open_item(n, "sla", v[i].timestamp);
		dag_of(n, v[i].dag_id, none, v[i].run_id);
		tw_jw_str_at(&n->w, "task_id", v[i].task_id);
		tw_jw_end(&n->w);
	}
	return TW_OK;
}

static void waiting(struct needs *n, const char *kind, const struct tw_need_run *v, size_t k)
{
	for (size_t i = 0; i < k; i++) {
		if (!sees(n, TW_ON_DAG_RUN, v[i].dag_id))
			continue;
		open_item(n, kind, v[i].at);
		dag_of(n, v[i].dag_id, v[i].display, v[i].run_id);
		tw_jw_end(&n->w);
	}
}

static enum tw_rc late(struct needs *n)
{
	struct tw_need_run *v;
	size_t k;

	if (tw_store_needs_late(n->s, n->before, KIND_MAX, n->req->arena, &v, &k, &n->err) < 0)
		return n->err.rc;
	waiting(n, "late", v, k);
	if (tw_store_needs_queued_runs(n->s, n->before, KIND_MAX, n->req->arena, &v, &k, &n->err) < 0)
		return n->err.rc;
	waiting(n, "queued_run", v, k);
	return TW_OK;
}

static enum tw_rc stuck(struct needs *n)
{
	tw_time heard = n->now - HEARD_OF;
	struct tw_need_ti *v;
	size_t k;

	if (tw_store_needs_stuck(n->s, n->before, heard < n->before ? heard : n->before, KIND_MAX, n->req->arena, &v, &k,
				 &n->err) < 0)
		return n->err.rc;
	for (size_t i = 0; i < k; i++) {
		if (!sees(n, TW_ON_TI, v[i].dag_id))
			continue;
		open_item(n, "stuck", v[i].since);
		dag_of(n, v[i].dag_id, none, v[i].run_id);
		tw_jw_str_at(&n->w, "task_id", v[i].task_id);
		tw_jw_int_at(&n->w, "map_index", v[i].map_index);
		tw_jw_str_at(&n->w, "state", tw_str(tw_ti_state_name(v[i].state)));
		tw_jw_end(&n->w);
	}
	return TW_OK;
}

/* ── pools and queues ─────────────────────────────────────────────────────────────────── */

static enum tw_rc pools(struct needs *n)
{
	struct tw_ask ask = {.limit = 1000};
	struct tw_pool_view *v;
	size_t k;

	if (!sees(n, TW_ON_POOL, none))
		return TW_OK;
	if (tw_store_pools(n->s, &ask, n->req->arena, &v, &k, NULL, &n->err) < 0)
		return n->err.rc;
	for (size_t i = 0; i < k; i++) {
		tw_time since = TW_TIME_NONE;

		if (!v[i].scheduled || v[i].open > 0)
			continue;
		if (tw_store_needs_pool_since(n->s, v[i].pool.name, &since, &n->err) < 0)
			return n->err.rc;
		if (tw_time_ok(since) && since < n->before)
			name_item(n, "pool", v[i].pool.name, v[i].scheduled, since);
	}
	return TW_OK;
}

static enum tw_rc queues(struct needs *n)
{
	struct tw_need_queue *v;
	size_t k;

	if (!sees(n, TW_ON_TI, none))
		return TW_OK;
	if (tw_store_needs_queues(n->s, n->before, n->req->arena, &v, &k, &n->err) < 0)
		return n->err.rc;
	for (size_t i = 0; i < k && i < KIND_MAX; i++)
		name_item(n, "queue", v[i].queue, v[i].n, v[i].since);
	return TW_OK;
}

/* ?after=: seconds that something may wait before it is told of. */
static void get_needs(struct tw_request *req, struct tw_response *resp)
{
	static enum tw_rc (*const kinds[])(struct needs *n) = {components, imports, approvals, queues, stuck,
							       late,	   pools,   deadlines, slas, failures};
	struct needs n = {.req = req, .s = tw_api_store(req, resp), .w = {.out = &resp->body}, .now = tw_now()};
	struct tw_asker q;
	int64_t after;

	if (!n.s)
		return;
	tw_asker_init(&q, req, resp);
	after = tw_asker_int(&q, "after", 300, 0);
	if (tw_faults_any(&q.faults))
		return;
	n.before = n.now - (after < 86400 * 365 ? after : 86400 * 365) * TW_US_SEC;
	tw_jw_obj(&n.w);
	tw_jw_key(&n.w, "items");
	tw_jw_list(&n.w);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (kinds[i](&n) < 0) {
			tw_buf_clear(&resp->body);
			tw_reply_err(resp, &n.err);
			return;
		}
	tw_jw_end(&n.w);
	tw_jw_int_at(&n.w, "total", n.total);
	tw_jw_end(&n.w);
}

const struct tw_route tw_routes_needs[] = {
	{"GET", "/ui/needs", {TW_SIGNED_IN}, get_needs},
	{0},
};
