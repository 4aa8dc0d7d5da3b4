/* DAGs that somebody has marked as favourites; each user has their own. */
#include "api/app.h"
#include "api/tables.h"

static bool dag_there(struct tw_request *req, struct tw_response *resp, struct tw_store *s)
{
	struct tw_dag_row d;
	struct tw_err err = {0};
	enum tw_rc rc = tw_store_dag(s, req->params[0], req->arena, &d, &err);

	if (rc == TW_ERR_NOT_FOUND)
		tw_reply_error(resp, 404, "Dag with id '" TW_STR_FMT "' not found", TW_STR_ARG(req->params[0]));
	else if (rc < 0)
		tw_reply_err(resp, &err);
	return rc == TW_OK;
}

static void set(struct tw_request *req, struct tw_response *resp, bool on)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_err err = {0};
	enum tw_rc rc;

	if (!s || !dag_there(req, resp, s))
		return;
	rc = tw_store_dag_favourite_set(s, req->params[0], req->user.name, on, &err);
	if (rc == TW_ERR_EXISTS) {
		tw_reply_unique(resp);
	} else if (rc == TW_ERR_NOT_FOUND) {
		tw_reply_error(resp, 409, "Dag is not marked as favorite");
	} else if (rc < 0) {
		tw_reply_err(resp, &err);
	} else {
		tw_reply_none(resp);
	}
}

static void favorite_dag(struct tw_request *req, struct tw_response *resp)
{
	set(req, resp, true);
}

static void unfavorite_dag(struct tw_request *req, struct tw_response *resp)
{
	set(req, resp, false);
}

const struct tw_route tw_routes_favourites[] = {
	{"POST", "/api/v2/dags/{dag_id}/favorite", {TW_ON_DAG, TW_READ}, favorite_dag},
	{"POST", "/api/v2/dags/{dag_id}/unfavorite", {TW_ON_DAG, TW_READ}, unfavorite_dag},
	{0},
};
