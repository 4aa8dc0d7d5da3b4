/* /auth/fab/v1/roles and permissions, as FAB's own API has them. */
#include "api/ask.h"
#include "api/auth/fab.h"
#include "api/tables.h"

static void perm_object(struct tw_jw *w, const struct tw_perm *p)
{
	tw_jw_obj(w);
	tw_jw_key(w, "action");
	tw_jw_obj(w);
	tw_jw_str_at(w, "name", p->action);
	tw_jw_end(w);
	tw_jw_key(w, "resource");
	tw_jw_obj(w);
	tw_jw_str_at(w, "name", p->resource);
	tw_jw_end(w);
	tw_jw_end(w);
}

static void role_object(struct tw_jw *w, const struct tw_role_row *r)
{
	tw_jw_obj(w);
	tw_jw_str_at(w, "name", r->name);
	tw_jw_key(w, "actions");
	tw_jw_list(w);
	for (size_t i = 0; i < r->nperms; i++)
		perm_object(w, &r->perms[i]);
	tw_jw_end(w);
	tw_jw_end(w);
}

static void get_roles(struct tw_request *req, struct tw_response *resp)
{
	static const char *const names[] = {"name", "role_id", NULL};
	struct tw_store *s = tw_fab_store(req, resp);
	struct tw_jw w = {.out = &resp->body};
	struct tw_role_row *v;
	struct tw_asker q;
	struct tw_ask ask;
	struct tw_err err = {0};
	int64_t total;
	size_t n;

	if (!s)
		return;
	if (!tw_fab_list(&q, req, resp, names, "name", &ask))
		return;
	if (tw_store_roles(s, &ask, true, req->arena, &v, &n, &total, &err) < 0) {
		tw_reply_err(resp, &err);
		return;
	}
	tw_jw_page(&w, "roles");
	for (size_t i = 0; i < n; i++)
		role_object(&w, &v[i]);
	tw_jw_page_end(&w, total);
}

static void get_permissions(struct tw_request *req, struct tw_response *resp)
{
	static const char *const names[] = {"id", "action_id", "resource_id", NULL};
	struct tw_store *s = tw_fab_store(req, resp);
	struct tw_jw w = {.out = &resp->body};
	struct tw_perm *v;
	struct tw_asker q;
	struct tw_ask ask;
	struct tw_err err = {0};
	int64_t total;
	size_t n;

	if (!s)
		return;
	if (!tw_fab_list(&q, req, resp, names, "id", &ask))
		return;
	if (tw_store_perms(s, &ask, req->arena, &v, &n, &total, &err) < 0) {
		tw_reply_err(resp, &err);
		return;
	}
	tw_jw_page(&w, "actions");
	for (size_t i = 0; i < n; i++)
		perm_object(&w, &v[i]);
	tw_jw_page_end(&w, total);
}

static bool find(struct tw_request *req, struct tw_response *resp, struct tw_str name, struct tw_role_row *ret)
{
	struct tw_store *s = tw_fab_store(req, resp);
	struct tw_err err = {0};
	enum tw_rc rc;

	if (!s)
		return false;
	rc = tw_store_role(s, name, req->arena, ret, &err);
	if (rc == TW_ERR_NOT_FOUND)
		tw_reply_error(resp, 404, "Role with name '" TW_STR_FMT "' does not exist.", TW_STR_ARG(name));
	else if (rc < 0)
		tw_reply_err(resp, &err);
	return rc == TW_OK;
}

static void reply_role(struct tw_request *req, struct tw_response *resp, struct tw_str name)
{
	struct tw_jw w = {.out = &resp->body};
	struct tw_role_row r;

	if (find(req, resp, name, &r))
		role_object(&w, &r);
}

static void get_role(struct tw_request *req, struct tw_response *resp)
{
	reply_role(req, resp, req->params[0]);
}

/* ── changes ──────────────────────────────────────────────────────────────────────────── */

static struct tw_perm perm_of(struct tw_value v)
{
	return (struct tw_perm){tw_map_str(tw_map_value(v, "action"), "name", ""),
				tw_map_str(tw_map_value(v, "resource"), "name", "")};
}

/* "DAG:etl", "DAG Run:etl" of a DAG that is there: the words are made when first somebody is given something. */
static bool of_dag(struct tw_store *s, struct tw_str resource, struct tw_arena *a)
{
	struct tw_str dag_id, kind = tw_str_cut(resource, ':', &dag_id);
	struct tw_dag_row row;

	return (tw_str_is(kind, "DAG") || tw_str_is(kind, "DAG Run")) && dag_id.n &&
	       tw_store_dag(s, dag_id, a, &row, NULL) == TW_OK;
}

/* Only of words that are there already; false: it has replied 400. */
static bool known(struct tw_request *req, struct tw_response *resp, struct tw_value list)
{
	struct tw_store *s = tw_api_store(req, resp);

	for (size_t i = 0; i < tw_value_len(list); i++) {
		struct tw_perm p = perm_of(list.list->v[i]);
		bool action = false, resource = false;

		tw_store_action_there(s, p.action, &action, NULL);
		tw_store_resource_there(s, p.resource, &resource, NULL);
		resource = resource || of_dag(s, p.resource, req->arena);
		if (action && resource)
			continue;
		tw_reply_error(resp, 400, "The specified %s: '" TW_STR_FMT "' was not found", action ? "resource" : "action",
			       TW_STR_ARG(action ? p.resource : p.action));
		return false;
	}
	return true;
}

static bool among(struct tw_value list, const struct tw_perm *p)
{
	for (size_t i = 0; i < tw_value_len(list); i++) {
		struct tw_perm q = perm_of(list.list->v[i]);

		if (tw_str_eq(q.action, p->action) && tw_str_eq(q.resource, p->resource))
			return true;
	}
	return false;
}

static enum tw_rc grant_all(struct tw_store *s, int64_t role, struct tw_value list, struct tw_err *err)
{
	enum tw_rc rc = TW_OK;

	for (size_t i = 0; rc == TW_OK && i < tw_value_len(list); i++)
		rc = tw_store_role_grant(s, role, perm_of(list.list->v[i]), NULL, err);
	return rc;
}

static enum tw_rc create(struct tw_store *s, struct tw_value body, struct tw_err *err)
{
	int64_t id;
	enum tw_rc rc = tw_store_begin(s, err);

	if (rc == TW_OK)
		rc = tw_store_role_add(s, tw_map_str(body, "name", ""), &id, err);
	if (rc == TW_OK)
		rc = grant_all(s, id, tw_map_value(body, "actions"), err);
	if (rc == TW_OK)
		return tw_store_end(s, err);
	tw_store_rollback(s);
	return rc;
}

static void create_role(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_fab_store(req, resp);
	struct tw_str name = tw_map_str(req->json, "name", "");
	struct tw_role_row r;
	struct tw_err err = {0};

	if (!s)
		return;
	if (tw_store_role(s, name, req->arena, &r, NULL) == TW_OK) {
		tw_reply_error(resp, 409,
			       "Role with name '" TW_STR_FMT "' already exists; please update with the PATCH endpoint",
			       TW_STR_ARG(name));
		return;
	}
	if (!known(req, resp, tw_map_value(req->json, "actions")))
		return;
	if (create(s, req->json, &err) < 0) {
		tw_reply_err(resp, &err);
		return;
	}
	reply_role(req, resp, name);
}

static enum tw_rc replace(struct tw_store *s, const struct tw_role_row *r, struct tw_value list, struct tw_err *err)
{
	enum tw_rc rc = grant_all(s, r->id, list, err);

	for (size_t i = 0; rc == TW_OK && i < r->nperms; i++)
		if (!among(list, &r->perms[i]))
			rc = tw_store_role_revoke(s, r->id, r->perms[i], NULL, err);
	return rc;
}

static enum tw_rc patch(struct tw_request *req, struct tw_store *s, const struct tw_role_row *r, struct tw_str *name,
			struct tw_err *err)
{
	struct tw_value actions = tw_map_value(req->json, "actions");
	enum tw_rc rc = tw_store_begin(s, err);

	if (rc == TW_OK && tw_fab_masked(req, "actions") && actions.kind == TW_V_LIST)
		rc = replace(s, r, actions, err);
	if (rc == TW_OK && tw_fab_masked(req, "name") && !tw_str_eq(*name, r->name))
		rc = tw_store_role_rename(s, r->id, *name, err);
	else
		*name = r->name;
	if (rc == TW_OK)
		return tw_store_end(s, err);
	tw_store_rollback(s);
	return rc;
}

static void patch_role(struct tw_request *req, struct tw_response *resp)
{
	static const char *const fields[] = {"name", "actions", NULL};
	struct tw_str name = tw_map_str(req->json, "name", "");
	struct tw_role_row r;
	struct tw_err err = {0};

	if (!find(req, resp, req->params[0], &r) || !tw_fab_mask_ok(req, resp, fields) ||
	    !known(req, resp, tw_map_value(req->json, "actions")))
		return;
	if (patch(req, tw_api_store(req, resp), &r, &name, &err) < 0) {
		tw_reply_err(resp, &err);
		return;
	}
	reply_role(req, resp, name);
}

static void delete_role(struct tw_request *req, struct tw_response *resp)
{
	struct tw_role_row r;
	struct tw_err err = {0};

	if (!find(req, resp, req->params[0], &r))
		return;
	if (tw_store_role_delete(tw_api_store(req, resp), r.id, &err) < 0) {
		tw_reply_err(resp, &err);
		return;
	}
	tw_buf_adds(&resp->body, "null");
}

const struct tw_route tw_routes_fab_roles[] = {
	{"GET", "/auth/fab/v1/roles", {TW_ON_ROLE}, get_roles},
	{"POST", "/auth/fab/v1/roles", {TW_ON_ROLE}, create_role},
	{"GET", "/auth/fab/v1/roles/{name}", {TW_ON_ROLE}, get_role},
	{"PATCH", "/auth/fab/v1/roles/{name}", {TW_ON_ROLE}, patch_role},
	{"DELETE", "/auth/fab/v1/roles/{name}", {TW_ON_ROLE}, delete_role},
	{"GET", "/auth/fab/v1/permissions", {TW_ON_ROLE}, get_permissions},
	{0},
};
