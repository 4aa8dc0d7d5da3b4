#include "api/auth/access.h"

#include "api/app.h"
#include "api/auth/fab.h"
#include "api/route.h"

const char *const tw_on_names[TW_ON_N] = {
	[TW_OPEN] = "",
	[TW_SIGNED_IN] = "Website",
	[TW_ON_DAG] = "DAGs",
	[TW_ON_DAG_RUN] = "DAG Runs",
	[TW_ON_TASK] = "Task Instances", /* FAB never told the two apart */
	[TW_ON_TI] = "Task Instances",
	[TW_ON_TASK_LOG] = "Task Logs",
	[TW_ON_XCOM] = "XComs",
	[TW_ON_HITL] = "HITL Detail",
	[TW_ON_CODE] = "DAG Code",
	[TW_ON_VERSION] = "DAG Versions",
	[TW_ON_WARNING] = "DAG Warnings",
	[TW_ON_DEPENDENCIES] = "DAG Dependencies",
	[TW_ON_AUDIT_LOG] = "Audit Logs",
	[TW_ON_ASSET] = "Assets",
	[TW_ON_ASSET_ALIAS] = "Asset Aliases",
	[TW_ON_POOL] = "Pools",
	[TW_ON_CONNECTION] = "Connections",
	[TW_ON_VARIABLE] = "Variables",
	[TW_ON_CONFIG] = "Configurations",
	[TW_ON_IMPORT_ERROR] = "ImportError",
	[TW_ON_JOB] = "Jobs",
	[TW_ON_PLUGIN] = "Plugins",
	[TW_ON_PROVIDER] = "Providers",
	[TW_ON_DOCS] = "Documentation",
	[TW_ON_USER] = "Users",
	[TW_ON_ROLE] = "Roles",
};

enum rank { NOBODY, VIEWER, USER, OP, ADMIN };

static enum rank rank_of(struct tw_str role)
{
	static const char *const names[] = {[VIEWER] = "viewer", [USER] = "user", [OP] = "op", [ADMIN] = "admin"};

	for (enum rank i = VIEWER; i <= ADMIN; i++)
		if (tw_str_caseeq(role, names[i]))
			return i;
	return NOBODY;
}

/* The simple auth manager: from which role on something may be read, and changed. */
static const struct {
	enum rank read, change;
} simple[TW_ON_N] = {
	[TW_SIGNED_IN] = {VIEWER, VIEWER},
	[TW_ON_DAG] = {VIEWER, USER},
	[TW_ON_DAG_RUN] = {VIEWER, USER},
	[TW_ON_TASK] = {VIEWER, USER},
	[TW_ON_TI] = {VIEWER, USER},
	[TW_ON_TASK_LOG] = {VIEWER, USER},
	[TW_ON_XCOM] = {VIEWER, USER},
	[TW_ON_HITL] = {VIEWER, USER},
	[TW_ON_CODE] = {VIEWER, USER},
	[TW_ON_VERSION] = {VIEWER, USER},
	[TW_ON_WARNING] = {VIEWER, USER},
	[TW_ON_DEPENDENCIES] = {VIEWER, USER},
	[TW_ON_AUDIT_LOG] = {VIEWER, USER},
	[TW_ON_ASSET] = {VIEWER, OP},
	[TW_ON_ASSET_ALIAS] = {VIEWER, OP},
	[TW_ON_POOL] = {VIEWER, OP},
	[TW_ON_CONNECTION] = {OP, OP},
	[TW_ON_VARIABLE] = {OP, OP},
	[TW_ON_CONFIG] = {VIEWER, OP},
	[TW_ON_IMPORT_ERROR] = {VIEWER, ADMIN},
	[TW_ON_JOB] = {VIEWER, ADMIN},
	[TW_ON_PLUGIN] = {VIEWER, ADMIN},
	[TW_ON_PROVIDER] = {VIEWER, ADMIN},
	[TW_ON_DOCS] = {VIEWER, ADMIN},
	[TW_ON_USER] = {ADMIN, ADMIN},
	[TW_ON_ROLE] = {ADMIN, ADMIN},
};

static bool simple_may(struct tw_str role, enum tw_on on, enum tw_act act)
{
	enum rank needed = act == TW_MENU   ? VIEWER
			   : act == TW_READ ? simple[on].read
					    : simple[on].change;

	return rank_of(role) >= needed;
}

bool tw_may(const struct tw_request *req, enum tw_on on, enum tw_act act, struct tw_str dag_id)
{
	if (req->user.grants)
		return tw_fab_may(req->user.grants, on, act, dag_id);
	return simple_may(req->user.role, on, act);
}

bool tw_need(struct tw_request *req, struct tw_response *resp, enum tw_on on, enum tw_act act, struct tw_str dag_id)
{
	if (tw_may(req, on, act, dag_id))
		return true;
	tw_reply_error(resp, 403, "Forbidden");
	return false;
}

static enum tw_act act_of(enum tw_act act, const char *method)
{
	if (act != TW_BY_METHOD)
		return act;
	if (strcmp(method, "POST") == 0)
		return TW_CREATE;
	if (strcmp(method, "PUT") == 0 || strcmp(method, "PATCH") == 0)
		return TW_EDIT;
	return strcmp(method, "DELETE") == 0 ? TW_DELETE : TW_READ;
}

static struct tw_str dag_in_body(const struct tw_request *req)
{
	struct tw_value body;

	if (tw_json_parse(req->arena, req->body, &body, NULL) < 0 || body.kind != TW_V_MAP)
		return (struct tw_str){0};
	return tw_map_str(body, "dag_id", NULL);
}

/* The DAG in the path, else in the query; "~" is no one. */
static struct tw_str dag_of(const struct tw_request *req)
{
	struct tw_str dag_id = tw_route_param(req, "dag_id");

	if (req->route->access.dag_in_body)
		dag_id = dag_in_body(req);
	else if (!dag_id.p)
		dag_id = tw_query(req, "dag_id");
	return tw_str_is(dag_id, "~") ? (struct tw_str){0} : dag_id;
}

bool tw_api_may_route(const struct tw_request *req)
{
	const struct tw_access *a = &req->route->access;
	struct tw_str dag_id = dag_of(req);

	return tw_may(req, a->on, act_of(a->act, req->method), dag_id) &&
	       (a->also == TW_OPEN || tw_may(req, a->also, act_of(a->also_act, req->method), dag_id));
}

bool tw_api_authorize(struct tw_request *req, struct tw_response *resp)
{
	if (req->route->access.on == TW_OPEN)
		return true;
	if (!req->user.name.n) {
		int status = req->denied ? req->denied_status : 401;

		tw_reply_error(resp, status, "%s", req->denied ? req->denied : "Not authenticated");
		if (status == 401)
			tw_reply_header(resp, TW_STR("WWW-Authenticate"), TW_STR("Bearer"));
		return false;
	}
	if (!tw_api_admit_change(req, resp))
		return false;
	if (tw_api_may_route(req))
		return true;
	tw_reply_error(resp, 403, "Forbidden");
	return false;
}
