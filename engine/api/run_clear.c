/* Clearing whole runs: one, or many at once. */
#include "api/change.h"
#include "model/dag.h"
#include "value/json.h"

#define NOTE_MAX 1000

static const struct tw_str none = {0};

struct clearing {
	bool dry_run, only_failed, only_new;
	struct tw_value body;
	TW_VEC(struct tw_run_view) runs;
	TW_VEC(struct tw_ti_view) tis; /* dry run: what would be cleared */
	struct tw_posts posts;
};

static void release(struct clearing *c)
{
	tw_vec_release(&c->runs);
	tw_vec_release(&c->tis);
	tw_vec_release(&c->posts.rows);
}

/* false: it has replied. */
static bool read_flags(struct clearing *c, struct tw_response *resp)
{
	if (tw_map_bool(c->body, "only_new", false) && tw_map_bool(c->body, "only_failed", false)) {
		tw_reply_invalid(resp, "value_error", "body", NULL, "Value error, only_new and only_failed are mutually exclusive", c->body);
		return false;
	}
	c->dry_run = tw_map_bool(c->body, "dry_run", true);
	c->only_new = tw_map_bool(c->body, "only_new", false);
	c->only_failed = tw_map_bool(c->body, "only_failed", false);
	return true;
}

/* The request's word, else the DAG's, else the configuration's, else not. */
bool tw_run_on_latest(struct tw_request *req, struct tw_value body, struct tw_str dag_id, bool dflt)
{
	struct tw_value said = tw_map_value(body, "run_on_latest_version");
	struct tw_dag_doc doc;
	struct tw_value v;

	if (said.kind == TW_V_BOOL)
		return said.b;
	if (tw_store_dag_doc(tw_api_store(req, NULL), dag_id, req->arena, &doc, NULL) == TW_OK &&
	    tw_json_parse(req->arena, doc.document, &v, NULL) == TW_OK &&
	    tw_map_value(v, "rerun_with_latest_version").kind == TW_V_BOOL)
		return tw_map_bool(v, "rerun_with_latest_version", dflt);
	return tw_api_of(req)->rerun_latest ? tw_api_of(req)->rerun_latest > 0 : dflt;
}

static bool choose(struct tw_request *req, struct tw_response *resp, const struct clearing *c,
		   const struct tw_run_row *run, struct tw_chosen *ret)
{
	static const struct tw_str failed[] = {{"failed", 6}, {"upstream_failed", 15}};
	struct tw_asker q;

	tw_asker_init(&q, req, resp);
	tw_asker_path(&q, "dag_id", run->dag_id);
	tw_asker_path(&q, "run_id", run->run_id);
	if (c->only_failed)
		tw_asker_add(&q, (struct tw_cond){
					 .field = "state", .op = TW_OP_IN, .list = failed, .nlist = 2});
	return tw_choose(req, resp, &q, ret);
}

/* ── dry run ──────────────────────────────────────────────────────────────────────────── */

static bool has_task(const struct tw_chosen *all, struct tw_str task_id)
{
	for (size_t k = 0; k < all->n; k++)
		if (tw_str_eq(all->v[k].ti.task_id, task_id))
			return true;
	return false;
}

/* Tasks that the newest document has and the run has not: what only_new is about. */
static bool write_new_tasks(struct tw_request *req, struct tw_response *resp, struct tw_jw *w,
			    struct tw_str dag_id, const struct tw_chosen *all, int64_t *n)
{
	const struct tw_dag *dag;

	if (!tw_dag_load(req, resp, dag_id, none, &dag))
		return false;
	for (int i = 0; i < dag->ntasks; i++) {
		if (has_task(all, dag->tasks[i].task_id))
			continue;
		(*n)++;
		tw_jw_obj(w);
		tw_jw_str_at(w, "task_id", dag->tasks[i].task_id);
		tw_jw_str_at(w, "task_display_name", dag->tasks[i].display_name);
		tw_jw_end(w);
	}
	tw_dag_unref(dag);
	return true;
}

/* As every list of task instances, but without cursors. */
static void reply_cleared(struct tw_request *req, struct tw_response *resp, const struct clearing *c)
{
	struct tw_jw w = {.out = &resp->body};

	tw_jw_page(&w, "task_instances");
	tw_jw_tis(&w, tw_api_store(req, resp), c->tis.v, c->tis.n, false, req->arena);
	tw_jw_page_end(&w, (int64_t)c->tis.n);
}

static void reply_dry(struct tw_request *req, struct tw_response *resp, struct clearing *c)
{
	struct tw_buf list = {0};
	struct tw_jw w = {.out = &list};
	int64_t n = 0;
	bool ok = true;

	tw_jw_page(&w, "task_instances");
	for (size_t i = 0; ok && i < c->runs.n; i++) {
		struct tw_chosen chosen;

		ok = choose(req, resp, c, &c->runs.v[i].run, &chosen);
		if (ok && c->only_new)
			ok = write_new_tasks(req, resp, &w, c->runs.v[i].run.dag_id, &chosen, &n);
		for (size_t k = 0; ok && !c->only_new && k < chosen.n; k++)
			tw_vec_push(&c->tis, chosen.v[k]);
	}
	tw_jw_page_end(&w, n);
	if (ok && c->only_new)
		tw_buf_addstr(&resp->body, tw_buf_str(&list));
	else if (ok)
		reply_cleared(req, resp, c);
	tw_buf_release(&list);
}

/* ── clearing ─────────────────────────────────────────────────────────────────────────── */

static bool set_note(struct tw_request *req, struct tw_response *resp, const struct clearing *c,
		     const struct tw_run_row *run)
{
	struct tw_value note = tw_map_value(c->body, "note");
	struct tw_err err = {0};

	if (note.kind != TW_V_STR)
		return true;
	if (tw_store_run_note(tw_api_store(req, resp), run->dag_id, run->run_id, note.s.n ? note.s : none,
			      req->user.name, &err) < 0) {
		tw_reply_err(resp, &err);
		return false;
	}
	return true;
}

static bool clear_one(struct tw_request *req, struct tw_response *resp, struct clearing *c,
		      const struct tw_run_row *run)
{
	bool latest = c->only_new || tw_run_on_latest(req, c->body, run->dag_id, false);
	struct tw_chosen chosen;

	if (!choose(req, resp, c, run, &chosen) || !set_note(req, resp, c, run))
		return false;
	if (c->only_new)
		tw_vec_push(&c->posts.rows, ((struct tw_inbox_row){
						    .at = TW_TIME_NONE,
						    .kind = TW_STR("clear"),
						    .dag_id = run->dag_id,
						    .run_id = run->run_id,
						    .payload = TW_STR("{\"tasks\":[],\"newest_version\":true}"),
					    }));
	else
		tw_posts_add(req, &c->posts, "clear", &chosen,
			     latest ? "\"reset_run\":true,\"newest_version\":true"
				    : "\"reset_run\":true,\"newest_version\":false");
	return true;
}

/* false: it has replied. */
static bool clear_all(struct tw_request *req, struct tw_response *resp, struct clearing *c)
{
	for (size_t i = 0; i < c->runs.n; i++)
		if (!clear_one(req, resp, c, &c->runs.v[i].run))
			return false;
	return tw_api_post(req, resp, c->posts.rows.v, c->posts.rows.n);
}

/* ── one run ──────────────────────────────────────────────────────────────────────────── */

static bool begin_one(struct tw_request *req, struct tw_response *resp)
{
	struct clearing c = {0};
	struct tw_run_view run;
	bool posted = false;

	c.body = req->json;
	if (!tw_api_store(req, resp) ||
	    !tw_run_find(req, resp, req->params[0], req->params[1], &run))
		return false;
	if (!read_flags(&c, resp))
		return false;
	tw_vec_push(&c.runs, run);
	if (c.dry_run)
		reply_dry(req, resp, &c);
	else
		posted = clear_all(req, resp, &c);
	release(&c);
	return posted;
}

static void clear_dag_run(struct tw_request *req, struct tw_response *resp)
{
	struct tw_jw w = {.out = &resp->body};
	struct tw_run_view run;

	if (!req->memo && !begin_one(req, resp))
		return;
	if (tw_api_settled(req, resp) && tw_run_find(req, resp, req->params[0], req->params[1], &run))
		tw_jw_runs(&w, tw_api_store(req, resp), &run, 1, req->arena);
}

/* ── many ─────────────────────────────────────────────────────────────────────────────── */

/* An entry's DAG: its own, or the path's, which must not be another. */
static bool entry_dag(struct tw_response *resp, struct tw_str path, struct tw_str own, struct tw_str run_id,
		      struct tw_str *ret)
{
	bool any = tw_str_is(path, "~");

	*ret = own.p ? own : path;
	if (any && (!own.n || tw_str_is(own, "~")))
		tw_reply_error(resp, 400,
			       "When the URL dag_id is '~', every entry must provide a concrete dag_id (missing on "
			       "dag_run_id: '" TW_STR_FMT "').",
			       TW_STR_ARG(run_id));
	else if (!any && !tw_str_eq(*ret, path))
		tw_reply_error(resp, 400, "Entry dag_id '" TW_STR_FMT "' does not match the URL dag_id '" TW_STR_FMT "'.",
			       TW_STR_ARG(*ret), TW_STR_ARG(path));
	else
		return true;
	return false;
}

static bool add_run(struct tw_request *req, struct tw_response *resp, struct clearing *c, struct tw_str dag_id,
		    struct tw_str run_id)
{
	struct tw_run_view run;

	for (size_t i = 0; i < c->runs.n; i++)
		if (tw_str_eq(c->runs.v[i].run.dag_id, dag_id) && tw_str_eq(c->runs.v[i].run.run_id, run_id))
			return true;
	if (!tw_run_find(req, resp, dag_id, run_id, &run))
		return false;
	tw_vec_push(&c->runs, run);
	return true;
}

static bool add_listed(struct tw_request *req, struct tw_response *resp, struct clearing *c, struct tw_value list)
{
	for (size_t i = 0; i < tw_value_len(list); i++) {
		struct tw_str run_id = tw_map_str(list.list->v[i], "dag_run_id", NULL), dag_id;

		if (!run_id.p) {
			tw_reply_invalid(resp, "missing", "body", "dag_runs", "Field required", list.list->v[i]);
			return false;
		}
		if (!entry_dag(resp, req->params[0], tw_map_str(list.list->v[i], "dag_id", NULL), run_id, &dag_id) ||
		    !tw_need(req, resp, TW_ON_DAG_RUN, TW_EDIT, dag_id) ||
		    !add_run(req, resp, c, dag_id, run_id))
			return false;
	}
	return true;
}

static bool partition_dates_asked(struct tw_value body)
{
	return tw_body_time(body, "partition_date_start") != TW_TIME_NONE || tw_body_time(body, "partition_date_end") != TW_TIME_NONE;
}

/* A bound is read as wall time of a cron's zone, whatever offset it has (Airflow's localize_partition_datetime). */
static tw_time bound_of(struct tw_value body, const char *name, const struct tw_dag *dag)
{
	struct tw_iso iso;

	if (dag->timetable->type != TW_TT_CRON_PARTITION || tw_iso_parse(tw_map_str(body, name, ""), &iso, NULL) < 0)
		return tw_body_time(body, name);
	return tw_zone_aware(dag->timetable->zone, iso.local_us);
}

/* The runs of a partition's key, or of the partitions that begin between two dates, both included. */
static bool add_partitions(struct tw_request *req, struct tw_response *resp, struct clearing *c, const struct tw_dag *dag)
{
	tw_time from = bound_of(c->body, "partition_date_start", dag), to = bound_of(c->body, "partition_date_end", dag);
	struct tw_str key = tw_map_str(c->body, "partition_key", NULL);
	const char *order[] = {"partition_date", "run_id"};
	struct tw_cond conds[4] = {{.field = "dag_id", .op = TW_OP_EQ, .text = req->params[0]}};
	struct tw_ask ask = {.conds = conds, .nconds = 1, .order_by = order, .norder = 2, .limit = -1};
	struct tw_run_view *v;
	struct tw_err err = {0};
	int64_t total;
	size_t n;

	if (key.p)
		conds[ask.nconds++] = (struct tw_cond){.field = "partition_key", .op = TW_OP_EQ, .text = key};
	if (from != TW_TIME_NONE)
		conds[ask.nconds++] = (struct tw_cond){.field = "partition_date", .op = TW_OP_GE, .time = from};
	if (to != TW_TIME_NONE)
		conds[ask.nconds++] = (struct tw_cond){.field = "partition_date", .op = TW_OP_LE, .time = to};
	if (tw_store_runs(tw_api_store(req, resp), &ask, req->arena, &v, &n, &total, &err) < 0) {
		tw_reply_err(resp, &err);
		return false;
	}
	for (size_t i = 0; i < n; i++)
		tw_vec_push(&c->runs, v[i]);
	return true;
}

/* Either runs by name, or the runs of a partition. */
static bool find_runs(struct tw_request *req, struct tw_response *resp, struct clearing *c)
{
	struct tw_value list = tw_map_value(c->body, "dag_runs");
	struct tw_str key = tw_map_str(c->body, "partition_key", NULL);
	const struct tw_dag *dag;
	bool ok;

	if ((tw_value_len(list) > 0) + (key.p != NULL) + partition_dates_asked(c->body) != 1) {
		tw_reply_invalid(resp, "value_error", "body", NULL,
				 "Value error, Exactly one of dag_runs (non-empty), partition_key, or a partition date window "
				 "(partition_date_start / partition_date_end) must be provided.",
				 c->body);
		return false;
	}
	if (tw_value_len(list))
		return add_listed(req, resp, c, list);
	if (tw_str_is(req->params[0], "~")) {
		tw_reply_error(resp, 400, "Partition selectors require a concrete dag_id; '~' is not supported.");
		return false;
	}
	if (!tw_need(req, resp, TW_ON_DAG_RUN, TW_EDIT, req->params[0]) || !tw_dag_load(req, resp, req->params[0], none, &dag))
		return false;
	ok = add_partitions(req, resp, c, dag);
	tw_dag_unref(dag);
	return ok;
}

static bool begin_many(struct tw_request *req, struct tw_response *resp)
{
	struct clearing c = {0};
	bool posted = false;

	c.body = req->json;
	if (!tw_api_store(req, resp))
		return false;
	if (read_flags(&c, resp) && find_runs(req, resp, &c)) {
		if (c.dry_run)
			reply_dry(req, resp, &c);
		else
			posted = clear_all(req, resp, &c);
	}
	if (posted) {
		struct clearing *kept = tw_arena_new(req->arena, struct clearing);

		kept->runs.n = c.runs.n;
		kept->runs.v = tw_arena_array(req->arena, struct tw_run_view, c.runs.n + 1);
		for (size_t i = 0; i < c.runs.n; i++)
			kept->runs.v[i] = c.runs.v[i];
		tw_api_keep(req, kept);
	}
	release(&c);
	return posted;
}

static void clear_dag_runs(struct tw_request *req, struct tw_response *resp)
{
	struct tw_jw w = {.out = &resp->body};
	struct clearing *c;

	if (!req->memo && !begin_many(req, resp))
		return;
	if (!tw_api_settled(req, resp))
		return;
	c = tw_api_kept(req);
	for (size_t i = 0; i < c->runs.n; i++)
		if (!tw_run_find(req, resp, c->runs.v[i].run.dag_id, c->runs.v[i].run.run_id, &c->runs.v[i]))
			return;
	tw_jw_page(&w, "dag_runs");
	tw_jw_runs(&w, tw_api_store(req, resp), c->runs.v, c->runs.n, req->arena);
	tw_jw_page_end(&w, (int64_t)c->runs.n);
}

/* ── partitions: runs forget which one they are of ────────────────────────────────────── */

static bool find_partitions(struct tw_request *req, struct tw_response *resp, struct clearing *c, const struct tw_dag *dag)
{
	struct tw_str key = tw_map_str(c->body, "partition_key", NULL), run_id = tw_map_str(c->body, "run_id", NULL);
	struct tw_run_view run;

	if ((run_id.p != NULL) + (key.p != NULL) + partition_dates_asked(c->body) != 1) {
		tw_reply_invalid(resp, "value_error", "body", NULL,
				 "Value error, Exactly one of run_id, partition_key, or a partition date window "
				 "(partition_date_start / partition_date_end) must be provided.",
				 c->body);
		return false;
	}
	if (run_id.p && tw_store_run(tw_api_store(req, resp), req->params[0], run_id, req->arena, &run, NULL) == TW_OK)
		tw_vec_push(&c->runs, run);
	return run_id.p || add_partitions(req, resp, c, dag);
}

/* Counts what is meant; not a rehearsal: forgets the keys, and gathers what clears the task instances. */
static bool forget(struct tw_request *req, struct tw_response *resp, struct clearing *c, int64_t *runs, int64_t *tis)
{
	bool too = tw_map_bool(c->body, "clear_task_instances", false);
	struct tw_err err = {0};

	for (size_t i = 0; i < c->runs.n; i++) {
		const struct tw_run_row *run = &c->runs.v[i].run;
		struct tw_chosen chosen = {0};

		*runs += run->partition_key.p != NULL;
		if (too && !choose(req, resp, c, run, &chosen))
			return false;
		*tis += (int64_t)chosen.n;
		if (c->dry_run)
			continue;
		if (tw_store_run_no_partition(tw_api_store(req, resp), run->dag_id, run->run_id, &err) < 0) {
			tw_reply_err(resp, &err);
			return false;
		}
		tw_posts_add(req, &c->posts, "clear", &chosen, "\"reset_run\":true,\"newest_version\":false");
	}
	return true;
}

struct forgotten {
	int64_t runs, tis;
	bool dry_run;
};

static bool begin_partitions(struct tw_request *req, struct tw_response *resp)
{
	struct forgotten *f = tw_arena_new(req->arena, struct forgotten);
	struct clearing c = {0};
	const struct tw_dag *dag;
	bool ok;

	c.body = req->json;
	if (!tw_api_store(req, resp) ||
	    !tw_dag_load(req, resp, req->params[0], none, &dag))
		return false;
	c.dry_run = f->dry_run = tw_map_bool(c.body, "dry_run", true);
	ok = find_partitions(req, resp, &c, dag) && forget(req, resp, &c, &f->runs, &f->tis) &&
	     tw_api_post(req, resp, c.posts.rows.v, c.posts.rows.n);
	tw_dag_unref(dag);
	release(&c);
	if (ok)
		tw_api_keep(req, f);
	return ok;
}

static void clear_dag_run_partitions(struct tw_request *req, struct tw_response *resp)
{
	struct tw_jw w = {.out = &resp->body};
	const struct forgotten *f;

	if ((!req->memo && !begin_partitions(req, resp)) || !tw_api_settled(req, resp))
		return;
	f = tw_api_kept(req);
	tw_jw_obj(&w);
	tw_jw_int_at(&w, "dag_runs_cleared", f->runs);
	tw_jw_int_at(&w, "task_instances_cleared", f->tis);
	tw_jw_bool_at(&w, "dry_run", f->dry_run);
	tw_jw_end(&w);
}

const struct tw_route tw_routes_run_clear[] = {
	{"POST", "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/clear", {TW_ON_DAG_RUN, TW_EDIT}, clear_dag_run},
	{"POST", "/api/v2/dags/{dag_id}/clearDagRuns", {TW_SIGNED_IN}, clear_dag_runs},
	{"POST", "/api/v2/dags/{dag_id}/clearPartitions", {TW_ON_DAG_RUN, TW_EDIT}, clear_dag_run_partitions},
	{0},
};
