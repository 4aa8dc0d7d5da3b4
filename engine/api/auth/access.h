/*
 * What a request touches, in the words of Airflow's auth managers, and what it does to it. Each
 * route names that; who may is asked of the auth manager in use.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum tw_on {
	TW_OPEN,      /* no sign-in: health, version, tokens */
	TW_SIGNED_IN, /* whoever has signed in; the handler may ask for more */
	/* A DAG and what belongs to one. */
	TW_ON_DAG,
	TW_ON_DAG_RUN,
	TW_ON_TASK,
	TW_ON_TI,
	TW_ON_TASK_LOG,
	TW_ON_XCOM,
	TW_ON_HITL,
	TW_ON_CODE,
	TW_ON_VERSION,
	TW_ON_WARNING,
	TW_ON_DEPENDENCIES,
	TW_ON_AUDIT_LOG,
	/* What all DAGs share. */
	TW_ON_ASSET,
	TW_ON_ASSET_ALIAS,
	TW_ON_POOL,
	TW_ON_CONNECTION,
	TW_ON_VARIABLE,
	TW_ON_CONFIG,
	/* Views, that are only read. */
	TW_ON_IMPORT_ERROR,
	TW_ON_JOB,
	TW_ON_PLUGIN,
	TW_ON_PROVIDER,
	TW_ON_DOCS, /* of the menu only */
	/* Of the auth manager itself. */
	TW_ON_USER,
	TW_ON_ROLE,
	TW_ON_N,
};

enum tw_act { TW_BY_METHOD, TW_READ, TW_CREATE, TW_EDIT, TW_DELETE, TW_MENU /* shown in the menu */, TW_ACT_N };

/* One thing, and perhaps another that has to be allowed, too. */
struct tw_access {
	enum tw_on on;
	enum tw_act act; /* TW_BY_METHOD: GET reads, POST creates, PUT and PATCH edit, DELETE deletes */
	enum tw_on also; /* TW_OPEN: nothing */
	enum tw_act also_act;
	bool dag_in_body; /* the DAG is the body's dag_id */
};

/* "DAG Runs": what FAB calls it. */
extern const char *const tw_on_names[TW_ON_N];

struct tw_request;
struct tw_response;

/* May the user of the request do that? dag_id: p NULL when it is about no one DAG. */
bool tw_may(const struct tw_request *req, enum tw_on on, enum tw_act act, struct tw_str dag_id);
/* The same; false: it has replied 403. For what the route does not name: a DAG in the body, each item of many. */
bool tw_need(struct tw_request *req, struct tw_response *resp, enum tw_on on, enum tw_act act, struct tw_str dag_id);
/* The same for the route that was found. */
bool tw_api_may_route(const struct tw_request *req);
/* The same; false: it has replied 401 or 403. */
bool tw_api_authorize(struct tw_request *req, struct tw_response *resp);
