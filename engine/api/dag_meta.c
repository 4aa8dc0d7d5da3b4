/* What there is about DAGs besides themselves: versions, source, tags, warnings, import
 * errors. */
#include "api/ask.h"
#include "api/auth/fab.h"
#include "api/tables.h"

/* ── versions ─────────────────────────────────────────────────────────────────────────── */

void tw_jw_version_row(struct tw_jw *w, const struct tw_version_row *v)
{
	tw_jw_obj(w);
	tw_jw_str_at(w, "id", v->id);
	tw_jw_int_at(w, "version_number", v->number);
	tw_jw_str_at(w, "dag_id", v->dag_id);
	tw_jw_str_at(w, "bundle_name", v->bundle_name);
	tw_jw_str_at(w, "bundle_version", v->bundle_version);
	tw_jw_time(w, "created_at", v->created_at);
	tw_jw_str_at(w, "dag_display_name",
		     v->dag_display_name.p ? v->dag_display_name : v->dag_id);
	tw_jw_null_at(w, "bundle_url");
	tw_jw_end(w);
}

static bool listed(const struct tw_str *ids, size_t n, struct tw_str id)
{
	for (size_t i = 0; i < n; i++)
		if (tw_str_eq(ids[i], id))
			return true;
	return false;
}

void tw_versions_load(struct tw_store *s, const struct tw_str *ids, size_t n, struct tw_arena *a,
		      struct tw_versions *ret)
{
	struct tw_str *distinct = tw_arena_array(a, struct tw_str, n + 1);
	struct tw_cond cond = {.field = "id", .op = TW_OP_IN, .list = distinct};
	struct tw_ask ask = {.conds = &cond, .nconds = 1, .limit = -1};

	*ret = (struct tw_versions){0};
	for (size_t i = 0; i < n; i++)
		if (ids[i].n && !listed(distinct, cond.nlist, ids[i]))
			distinct[cond.nlist++] = ids[i];
	if (!cond.nlist || tw_store_versions(s, &ask, a, &ret->v, &ret->n, NULL, NULL) < 0)
		*ret = (struct tw_versions){0};
}

void tw_jw_version(struct tw_jw *w, const struct tw_versions *versions, struct tw_str id)
{
	for (size_t i = 0; id.n && i < versions->n; i++)
		if (tw_str_eq(versions->v[i].id, id)) {
			tw_jw_version_row(w, &versions->v[i]);
			return;
		}
	tw_jw_null(w);
}

static const struct tw_param version_params[] = {
	{"version_number", TW_P_INT, NULL},
	{"bundle_name", TW_P_EQ, NULL},
	{"bundle_version", TW_P_EQ, NULL},
	{"", TW_P_READABLE, NULL},
	{0},
};
static const char *const version_names[] = {"id", "version_number", "bundle_name", "bundle_version",
					    NULL};
static const struct tw_sort version_sort = {version_names, NULL, NULL};

/*
 * How many DAGs are of a file, and how many of them the user may read: what one DAG's reader is told of the
 * file must not be about the others. Nobody is asked about when all may be read.
 */
static bool file_dags(struct tw_request *req, struct tw_store *s, struct tw_str bundle, struct tw_str file, size_t *ret_n,
		      size_t *ret_read)
{
	struct tw_cond conds[] = {{.field = "bundle_name", .op = TW_OP_EQ, .text = bundle},
				  {.field = "relative_fileloc", .op = TW_OP_EQ, .text = file}};
	struct tw_ask ask = {.conds = conds, .nconds = 2, .limit = -1};
	struct tw_dag_row *v;

	*ret_n = *ret_read = 0;
	if (!req->user.grants || tw_fab_reads_all(req->user.grants))
		return true;
	if (tw_store_dags(s, &ask, req->arena, &v, ret_n, NULL, NULL) < 0)
		return false;
	for (size_t i = 0; i < *ret_n; i++)
		*ret_read += tw_may(req, TW_ON_DAG, TW_READ, v[i].dag_id);
	return true;
}

static bool reads_whole_file(struct tw_request *req, struct tw_store *s, struct tw_str bundle, struct tw_str file)
{
	size_t n, read;

	return file_dags(req, s, bundle, file, &n, &read) && read == n;
}

static bool dag_there(struct tw_request *req, struct tw_response *resp, struct tw_store *s,
		      struct tw_str dag_id)
{
	struct tw_dag_row d;
	struct tw_err err = {0};
	enum tw_rc rc = tw_store_dag(s, dag_id, req->arena, &d, &err);

	if (rc == TW_ERR_NOT_FOUND)
		tw_reply_error(resp, 404, "The Dag with ID: `" TW_STR_FMT "` was not found",
			       TW_STR_ARG(dag_id));
	else if (rc < 0)
		tw_reply_err(resp, &err);
	return rc == TW_OK;
}

static void get_dag_versions(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_jw w = {.out = &resp->body};
	struct tw_version_row *v;
	struct tw_asker q;
	struct tw_ask ask;
	struct tw_err err = {0};
	int64_t total;
	size_t n;

	if (!s || (!tw_str_is(req->params[0], "~") && !dag_there(req, resp, s, req->params[0])))
		return;
	tw_asker_init(&q, req, resp);
	tw_asker_path(&q, "dag_id", req->params[0]);
	tw_asker_params(&q, version_params);
	tw_asker_page(&q);
	if (!tw_asker_order(&q, &version_sort) || !tw_asker_done(&q, &ask))
		return;
	if (tw_store_versions(s, &ask, req->arena, &v, &n, &total, &err) < 0) {
		tw_reply_err(resp, &err);
		return;
	}
	tw_jw_page(&w, "dag_versions");
	for (size_t i = 0; i < n; i++)
		tw_jw_version_row(&w, &v[i]);
	tw_jw_page_end(&w, total);
}

static void get_dag_version(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_jw w = {.out = &resp->body};
	struct tw_version_row v;
	struct tw_err err = {0};
	enum tw_rc rc;
	int64_t number;

	if (!s || !tw_path_int(req, resp, 1, "version_number", &number))
		return;
	rc = number > 0 && number <= INT32_MAX
		     ? tw_store_version(s, req->params[0], (int)number, req->arena, &v, &err)
		     : TW_ERR_NOT_FOUND;
	if (rc == TW_ERR_NOT_FOUND)
		tw_reply_error(resp, 404,
			       "The DagVersion with dag_id: `" TW_STR_FMT
			       "` and version_number: `%lld` was not found",
			       TW_STR_ARG(req->params[0]), (long long)number);
	else if (rc < 0)
		tw_reply_err(resp, &err);
	else
		tw_jw_version_row(&w, &v);
}

/* ── source ───────────────────────────────────────────────────────────────────────────── */

static void get_dag_source(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_jw w = {.out = &resp->body};
	struct tw_version_row version = {0};
	struct tw_str id = req->params[0], source;
	struct tw_dag_row dag;
	struct tw_asker q;
	struct tw_err err = {0};
	int64_t number;
	enum tw_rc rc;
	bool text;

	if (!s || !tw_accepts(req, resp, "text/plain", &text))
		return;
	tw_asker_init(&q, req, resp);
	number = tw_asker_int(&q, "version_number", 0, INT32_MIN);
	if (tw_faults_any(&q.faults))
		return;
	rc = tw_store_version(s, id, (int)number, req->arena, &version, &err);
	if (rc == TW_OK)
		rc = tw_store_source(s, id, (int)number, req->arena, &source, &err);
	if (rc == TW_OK && tw_store_dag(s, id, req->arena, &dag, NULL) == TW_OK &&
	    !reads_whole_file(req, s, dag.bundle_name, dag.relative_fileloc))
		source = TW_STR("REDACTED - you do not have read permission on all Dags in the file");
	if (rc == TW_ERR_NOT_FOUND) {
		const char *of = number ? tw_arena_printf(req->arena, "%lld", (long long)number) : "None";

		tw_reply_error(resp, 404,
			       "The source code of the Dag " TW_STR_FMT
			       ", version_number %s was not found",
			       TW_STR_ARG(id), of);
	} else if (rc < 0) {
		tw_reply_err(resp, &err);
	} else if (text) {
		resp->content_type = "text/plain; charset=utf-8";
		tw_buf_addstr(&resp->body, source);
	} else {
		tw_jw_obj(&w);
		tw_jw_str_at(&w, "content", source);
		tw_jw_str_at(&w, "dag_id", id);
		tw_jw_int_at(&w, "version_number", version.number);
		tw_jw_str_at(&w, "dag_display_name",
			     version.dag_display_name.p ? version.dag_display_name : id);
		tw_jw_end(&w);
	}
}

/* ── tags ─────────────────────────────────────────────────────────────────────────────── */

static void dag_tags_now(struct tw_request *req, struct tw_response *resp)
{
	static const struct tw_param params[] = {
		{"tag_name_pattern", TW_P_LIKE, "name"},
		{"tag_name_prefix_pattern", TW_P_PREFIX, "name"},
		{"", TW_P_READABLE, NULL},
		{0},
	};
	static const char *const names[] = {"name", NULL};
	static const struct tw_sort sort = {names, NULL, "name"};
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_jw w = {.out = &resp->body};
	struct tw_asker q;
	struct tw_ask ask;
	struct tw_err err = {0};
	struct tw_str *v;
	int64_t total;
	size_t n;

	if (!s || !tw_asker_list(&q, req, resp, params, &sort, &ask))
		return;
	if (tw_store_tags(s, &ask, req->arena, &v, &n, &total, &err) < 0) {
		tw_reply_err(resp, &err);
		return;
	}
	tw_jw_page(&w, "tags");
	for (size_t i = 0; i < n; i++)
		tw_jw_str(&w, v[i]);
	tw_jw_page_end(&w, total);
}

static void get_dag_tags(struct tw_request *req, struct tw_response *resp)
{
	tw_api_list(req, resp, dag_tags_now);
}

/* ── warnings and import errors ───────────────────────────────────────────────────────── */

static const struct tw_param warning_params[] = {
	{"dag_id", TW_P_EQ, NULL},
	{"", TW_P_READABLE, NULL},
	{0},
};
static const char *const warning_names[] = {"dag_id", "warning_type", "message", "timestamp", NULL};
static const struct tw_sort warning_sort = {warning_names, NULL, "dag_id"};

/*
 * Airflow has no word for what parsing noticed, and its clients refuse others than theirs: it goes
 * under their word for what a file does at each parse.
 */
static const struct tw_str own_word = TW_STR("runtime varying value");
static struct tw_str own_types[] = {TW_STR("parse"), TW_STR("timetable"), TW_STR("runtime varying value")};

static bool is_own(struct tw_str type)
{
	return tw_str_eq(type, own_types[0]) || tw_str_eq(type, own_types[1]);
}

static void add_type(struct tw_asker *q, struct tw_str type)
{
	if (tw_str_eq(type, own_word))
		tw_asker_add(q, (struct tw_cond){.field = "warning_type",
						 .op = TW_OP_IN,
						 .list = own_types,
						 .nlist = sizeof own_types / sizeof *own_types});
	else if (type.p)
		tw_asker_add(q, (struct tw_cond){.field = "warning_type", .op = TW_OP_EQ, .text = type});
}

static void list_dag_warnings(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_jw w = {.out = &resp->body};
	struct tw_warning_row *v;
	struct tw_asker q;
	struct tw_ask ask;
	struct tw_err err = {0};
	int64_t total;
	size_t n;

	if (!s)
		return;
	tw_asker_init(&q, req, resp);
	tw_asker_params(&q, warning_params);
	add_type(&q, tw_query(req, "warning_type"));
	tw_asker_page(&q);
	if (!tw_asker_order(&q, &warning_sort) || !tw_asker_done(&q, &ask))
		return;
	if (tw_store_warnings(s, &ask, req->arena, &v, &n, &total, &err) < 0) {
		tw_reply_err(resp, &err);
		return;
	}
	tw_jw_page(&w, "dag_warnings");
	for (size_t i = 0; i < n; i++) {
		tw_jw_obj(&w);
		tw_jw_str_at(&w, "dag_id", v[i].dag_id);
		tw_jw_str_at(&w, "warning_type", is_own(v[i].warning_type) ? own_word : v[i].warning_type);
		tw_jw_str_at(&w, "message", v[i].message);
		tw_jw_time(&w, "timestamp", v[i].timestamp);
		tw_jw_str_at(&w, "dag_display_name", v[i].dag_id);
		tw_jw_end(&w);
	}
	tw_jw_page_end(&w, total);
}

static void import_error(struct tw_jw *w, const struct tw_import_error_row *e)
{
	tw_jw_obj(w);
	tw_jw_int_at(w, "import_error_id", e->id);
	tw_jw_time(w, "timestamp", e->timestamp);
	tw_jw_str_at(w, "filename", e->filename.p ? e->filename : TW_STR(""));
	tw_jw_str_at(w, "bundle_name", e->bundle_name);
	tw_jw_str_at(w, "stack_trace", e->stacktrace.p ? e->stacktrace : TW_STR(""));
	tw_jw_end(w);
}

static const struct tw_param import_error_params[] = {
	{"filename_pattern", TW_P_LIKE, "filename"},
	{"filename_prefix_pattern", TW_P_PREFIX, "filename"},
	{"filename", TW_P_EQ, NULL},
	{"bundle_name", TW_P_EQ, NULL},
	{"", TW_P_READABLE, NULL},
	{0},
};
static const char *const import_error_names[] = {"id",		"timestamp",  "filename",
						 "bundle_name", "stacktrace", NULL};
static const char *const import_error_fields[] = {"import_error_id", "id", "stack_trace",
						  "stacktrace", NULL};
static const struct tw_sort import_error_sort = {import_error_names, import_error_fields, NULL};

static void redact(struct tw_request *req, struct tw_store *s, struct tw_import_error_row *e)
{
	if (!reads_whole_file(req, s, e->bundle_name, e->filename))
		e->stacktrace = TW_STR("REDACTED - you do not have read permission on all Dags in the file");
}

static void get_import_errors(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_jw w = {.out = &resp->body};
	struct tw_import_error_row *v;
	struct tw_asker q;
	struct tw_ask ask;
	struct tw_err err = {0};
	int64_t total;
	size_t n;

	if (!s)
		return;
	if (!tw_asker_list(&q, req, resp, import_error_params, &import_error_sort, &ask))
		return;
	if (tw_store_import_errors(s, &ask, req->arena, &v, &n, &total, &err) < 0) {
		tw_reply_err(resp, &err);
		return;
	}
	tw_jw_page(&w, "import_errors");
	for (size_t i = 0; i < n; i++) {
		redact(req, s, &v[i]);
		import_error(&w, &v[i]);
	}
	tw_jw_page_end(&w, total);
}

static bool may_see(struct tw_request *req, struct tw_response *resp, struct tw_store *s,
		    const struct tw_import_error_row *e)
{
	size_t n, read;

	if (file_dags(req, s, e->bundle_name, e->filename, &n, &read) && (read || !n))
		return true;
	tw_reply_error(resp, 403, "You do not have read permission on any of the Dags in the file");
	return false;
}

static void get_import_error(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_jw w = {.out = &resp->body};
	struct tw_cond cond = {.field = "id", .op = TW_OP_EQ};
	struct tw_ask ask = {.conds = &cond, .nconds = 1, .limit = 1};
	struct tw_import_error_row *v;
	struct tw_err err = {0};
	size_t n;

	if (!s || !tw_path_int(req, resp, 0, "import_error_id", &cond.num))
		return;
	if (tw_store_import_errors(s, &ask, req->arena, &v, &n, NULL, &err) < 0)
		tw_reply_err(resp, &err);
	else if (!n)
		tw_reply_error(resp, 404,
			       "The ImportError with import_error_id: `%lld` was not found",
			       (long long)cond.num);
	else if (may_see(req, resp, s, &v[0])) {
		redact(req, s, &v[0]);
		import_error(&w, &v[0]);
	}
}

const struct tw_route tw_routes_dag_meta[] = {
	{"GET", "/api/v2/dags/{dag_id}/dagVersions", {TW_ON_VERSION}, get_dag_versions},
	{"GET", "/api/v2/dags/{dag_id}/dagVersions/{version_number}", {TW_ON_VERSION},
	 get_dag_version},
	{"GET", "/api/v2/dagSources/{dag_id}", {TW_ON_CODE}, get_dag_source},
	{"GET", "/api/v2/dagTags", {TW_ON_DAG}, get_dag_tags},
	{"GET", "/api/v2/dagWarnings", {TW_ON_WARNING}, list_dag_warnings},
	{"GET", "/api/v2/importErrors", {TW_ON_IMPORT_ERROR}, get_import_errors},
	{"GET", "/api/v2/importErrors/{import_error_id}", {TW_ON_IMPORT_ERROR}, get_import_error},
	{0},
};
