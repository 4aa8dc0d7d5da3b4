/*
 * /ui/editor: YAML DAGs written in the browser: checked by the parser that reads them from the folder, shown as what
 * they would be, saved. A YAML DAG may name any function of Python, so that whoever checks one runs code as the server:
 * it is off where people sign in, until [api] yaml_editor says otherwise, and then for those who may change both DAGs
 * and connections.
 */
#include <stdatomic.h>
#include <sys/stat.h>

#include "api/ask.h"
#include "api/ui/source_file.h"
#include "api/tables.h"
#include "io/file.h"
#include "model/dag.h"

#define FILES_MAX 2000

enum mode { OFF, CHECK, WRITE };

static const char *const mode_names[] = {"off", "check", "write"};
static const struct tw_str none = {0};
static atomic_flag busy = ATOMIC_FLAG_INIT; /* one check at a time: each holds a thread of the server */

static enum mode mode_of(const struct tw_api *api)
{
	struct tw_str how = tw_str(api->yaml_editor ? api->yaml_editor : "off");

	if (!api->dags_folder || !api->ask_python)
		return OFF;
	if (tw_str_caseeq(how, "auto"))
		return api->auth.all_admins ? WRITE : OFF;
	return tw_str_caseeq(how, "write") ? WRITE : tw_str_caseeq(how, "check") ? CHECK : OFF;
}

/* What is no folder of DAGs' owner's: false, and it has replied 403. */
static bool may(struct tw_request *req, struct tw_response *resp, enum mode needed)
{
	enum mode mode = mode_of(tw_api_of(req));

	if (mode < needed) {
		tw_reply_error(resp, 403, "The editor is %s here: [api] yaml_editor = %s allows it",
			       mode == OFF ? "switched off" : "for checking only", mode_names[needed]);
		return false;
	}
	return tw_need(req, resp, TW_ON_DAG, TW_EDIT, none) && tw_need(req, resp, TW_ON_CODE, TW_READ, none) &&
	       tw_need(req, resp, TW_ON_CONNECTION, TW_EDIT, none);
}

static bool path_ok(struct tw_request *req, struct tw_response *resp, const char *where, struct tw_str path)
{
	const char *fault = tw_source_path_fault(path);

	if (fault)
		tw_reply_invalid(resp, "value_error", where, "path", fault, tw_v_str(path));
	return !fault;
}

/* ── files ────────────────────────────────────────────────────────────────────────────── */

struct listing {
	struct tw_jw w;
	int n;
};

static enum tw_walk list_one(void *arg, const struct tw_walk_entry *e)
{
	struct listing *l = arg;
	struct tw_str path = tw_str(e->relative);

	if (S_ISDIR(e->st->st_mode))
		return tw_str_ends(path, "__pycache__") || tw_str_find(path, TW_STR("/."), 0) >= 0 || e->relative[0] == '.'
			       ? TW_WALK_SKIP
			       : TW_WALK_ON;
	if (!S_ISREG(e->st->st_mode) || tw_source_path_fault(path))
		return TW_WALK_ON;
	tw_jw_obj(&l->w);
	tw_jw_str_at(&l->w, "path", path);
	tw_jw_int_at(&l->w, "bytes", e->st->st_size);
	tw_jw_time(&l->w, "changed", (tw_time)e->st->st_mtim.tv_sec * TW_US_SEC);
	tw_jw_end(&l->w);
	return ++l->n < FILES_MAX ? TW_WALK_ON : TW_WALK_STOP;
}

/* {"mode", "files": […]}; mode tells a page also where it is off. */
static void get_editor(struct tw_request *req, struct tw_response *resp)
{
	const struct tw_api *api = tw_api_of(req);
	enum mode mode = mode_of(api);
	struct listing l = {.w = {.out = &resp->body}};
	struct tw_err err = {0};

	if (mode != OFF && !may(req, resp, CHECK))
		return;
	tw_jw_obj(&l.w);
	tw_jw_str_at(&l.w, "mode", tw_str(mode_names[mode]));
	tw_jw_key(&l.w, "files");
	tw_jw_list(&l.w);
	if (mode != OFF)
		tw_file_walk(api->dags_folder, list_one, &l, &err);
	tw_jw_end(&l.w);
	tw_jw_end(&l.w);
}

static void write_file(struct tw_jw *w, struct tw_str path, struct tw_str text)
{
	char etag[TW_ETAG_MAX];

	tw_source_etag(text, etag);
	tw_jw_obj(w);
	tw_jw_str_at(w, "path", path);
	tw_jw_str_at(w, "text", text);
	tw_jw_str_at(w, "etag", tw_str(etag));
	tw_jw_end(w);
}

static void get_file(struct tw_request *req, struct tw_response *resp)
{
	struct tw_buf text TW_AUTO(tw_buf_release) = {0};
	struct tw_str path = tw_query(req, "path");
	struct tw_jw w = {.out = &resp->body};
	struct tw_err err = {0};

	if (!may(req, resp, CHECK) || !path_ok(req, resp, "query", path))
		return;
	if (tw_source_read(tw_api_of(req)->dags_folder, path, &text, &err) < 0)
		tw_reply_err(resp, &err);
	else
		write_file(&w, path, tw_buf_str(&text));
}

static void put_file(struct tw_request *req, struct tw_response *resp)
{
	struct tw_str path = tw_map_str(req->json, "path", ""), text = tw_map_str(req->json, "text", ""),
		      etag = tw_map_str(req->json, "etag", "");
	struct tw_jw w = {.out = &resp->body};
	struct tw_err err = {0};

	if (!may(req, resp, WRITE) || !path_ok(req, resp, "body", path))
		return;
	if (tw_source_write(tw_api_of(req)->dags_folder, path, text, etag.n ? etag : none, &err) < 0)
		tw_reply_err(resp, &err);
	else
		write_file(&w, path, text);
}

/* ── what it would be ─────────────────────────────────────────────────────────────────── */

static struct tw_str question(struct tw_request *req)
{
	struct tw_buf text TW_AUTO(tw_buf_release) = {0};
	struct tw_jw w = {.out = &text};

	tw_jw_obj(&w);
	tw_jw_str_at(&w, "op", TW_STR("yaml"));
	tw_jw_int_at(&w, "timeout", 60);
	tw_jw_str_at(&w, "folder", tw_str(tw_api_of(req)->dags_folder));
	tw_jw_str_at(&w, "path", tw_map_str(req->json, "path", ""));
	tw_jw_str_at(&w, "text", tw_map_str(req->json, "text", ""));
	tw_jw_end(&w);
	return tw_str_copy(req->arena, tw_buf_str(&text));
}

static void write_error(struct tw_jw *w, const char *message)
{
	tw_jw_obj(w);
	tw_jw_str_at(w, "message", tw_str(message));
	tw_jw_null_at(w, "line");
	tw_jw_null_at(w, "column");
	tw_jw_end(w);
}

/* Python has read it; the engine has the last word on its document. */
static void write_dag(struct tw_jw *w, struct tw_request *req, struct tw_value v)
{
	struct tw_dag *dag = NULL;
	struct tw_err err = {0};

	tw_jw_obj(w);
	tw_jw_str_at(w, "dag_id", tw_map_str(v, "dag_id", ""));
	tw_jw_key(w, "structure");
	if (tw_dag_parse(tw_map_value(v, "document"), tw_api_zones(req), &dag, &err) < 0)
		tw_jw_null(w);
	else
		tw_jw_structure(w, dag);
	tw_jw_str_at(w, "error", dag ? none : tw_str(err.msg));
	for (size_t i = 0; i < 3; i++) {
		static const char *const keys[] = {"runs", "runs_error", "rendered"};

		tw_jw_key(w, keys[i]);
		tw_jw_value(w, tw_map_value(v, keys[i]));
	}
	tw_jw_end(w);
	tw_dag_unref(dag);
}

static void write_check(struct tw_jw *w, struct tw_request *req, struct tw_value answer)
{
	struct tw_value dags = tw_map_value(answer, "dags");

	tw_jw_obj(w);
	tw_jw_key(w, "errors");
	tw_jw_value(w, tw_map_value(answer, "errors"));
	tw_jw_key(w, "dags");
	tw_jw_list(w);
	for (size_t i = 0; dags.kind == TW_V_LIST && i < dags.list->n; i++)
		write_dag(w, req, dags.list->v[i]);
	tw_jw_end(w);
	tw_jw_end(w);
}

/* A file that ends Python, or keeps it for ever, is a mistake of the file. */
static void write_failure(struct tw_jw *w, const char *message)
{
	tw_jw_obj(w);
	tw_jw_key(w, "errors");
	tw_jw_list(w);
	write_error(w, message);
	tw_jw_end(w);
	tw_jw_key(w, "dags");
	tw_jw_list(w);
	tw_jw_end(w);
	tw_jw_end(w);
}

static void check(struct tw_request *req, struct tw_response *resp)
{
	const struct tw_api *api = tw_api_of(req);
	struct tw_jw w = {.out = &resp->body};
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_value answer;
	struct tw_err err = {0};
	enum tw_rc rc;

	if (!s || !may(req, resp, CHECK) || !path_ok(req, resp, "body", tw_map_str(req->json, "path", "")))
		return;
	if (atomic_flag_test_and_set(&busy)) {
		req->memo = req;
		resp->again_ms = 100;
		return;
	}
	rc = api->ask_python(api->ask_arg, s, question(req), req->arena, &answer, &err);
	atomic_flag_clear(&busy);
	if (rc < 0)
		write_failure(&w, err.msg);
	else
		write_check(&w, req, answer);
}

const struct tw_route tw_routes_editor[] = {
	{"GET", "/ui/editor", {TW_ON_CODE}, get_editor},
	{"GET", "/ui/editor/file", {TW_ON_CODE}, get_file},
	{"PUT", "/ui/editor/file", {TW_ON_DAG}, put_file},
	{"POST", "/ui/editor/check", {TW_ON_DAG, TW_EDIT}, check},
	{0},
};
