/*
 * Does a connection work? Its hook's test_connection() knows, in a Python process of its own. Off
 * unless [core] test_connection is Enabled: whoever may ask can have the server reach any host.
 */
#include <stdatomic.h>

#include "api/connections.h"
#include "api/mask.h"
#include "api/tables.h"
#include "io/clock.h"
#include "io/token.h"

#define KEPT_US (3600 * TW_US_SEC) /* so long an outcome may be asked for */

static const struct tw_str none = {0};
static atomic_flag busy = ATOMIC_FLAG_INIT; /* one at a time: each holds a thread of the server */

static bool enabled(struct tw_request *req, struct tw_response *resp)
{
	const char *how = tw_api_of(req)->test_connection;

	if (how && tw_str_caseeq(tw_str(how), "enabled"))
		return true;
	tw_reply_error(resp, 403,
		       "Testing connections is disabled in Airflow configuration. Contact your deployment admin to enable it.");
	return false;
}

/* ── which connection ─────────────────────────────────────────────────────────────────── */

/* Does the body go elsewhere than what is stored? An empty host is none. */
static bool elsewhere(struct tw_value body, const struct tw_connection_row *row)
{
	struct tw_str host = tw_map_str(body, "host", "");

	return (tw_body_has(body, "host") && !(host.n == row->host.n && tw_str_eq(host, row->host)) &&
		(host.n || row->host.n)) ||
	       (tw_body_has(body, "port") && tw_map_int(body, "port", 0) != row->port);
}

/*
 * What is masked in the body is taken from the stored connection, if there is one that the user may
 * see; but stored secrets go to no other host than their own. false: it has replied.
 */
static bool meant(struct tw_request *req, struct tw_response *resp, struct tw_store *s, struct tw_connection_row *ret)
{
	struct tw_str id = tw_map_str(req->json, "connection_id", ""), password = tw_map_str(req->json, "password", "");
	struct tw_connection_row stored = {0};
	bool there = tw_may(req, TW_ON_CONNECTION, TW_READ, none) &&
		     tw_store_connection(s, id, req->arena, &stored, NULL) == TW_OK;

	if (!tw_connection_ok(req, resp, req->json))
		return false;
	if (there && elsewhere(req->json, &stored)) {
		if (!password.n || tw_str_is(password, TW_MASK)) {
			tw_reply_error(resp, 400,
				       "The host or port to test differs from the stored connection. Include the credentials "
				       "to test in the request body.");
			return false;
		}
		there = false;
	}
	*ret = there ? stored : (struct tw_connection_row){0};
	ret->conn_id = id;
	tw_connection_apply(req, ret, req->json, TW_NULL);
	return true;
}

/* ── trying it ────────────────────────────────────────────────────────────────────────── */

static struct tw_str question(struct tw_arena *a, const struct tw_connection_row *c)
{
	struct tw_buf text TW_AUTO(tw_buf_release) = {0};
	struct tw_jw w = {.out = &text};

	tw_jw_obj(&w);
	tw_jw_str_at(&w, "op", TW_STR("connection"));
	tw_jw_int_at(&w, "timeout", 60);
	tw_jw_key(&w, "connection");
	tw_jw_obj(&w);
	tw_jw_str_at(&w, "conn_type", c->conn_type);
	tw_jw_str_at(&w, "host", c->host);
	tw_jw_str_at(&w, "login", c->login);
	tw_jw_str_at(&w, "password", c->password);
	tw_jw_str_at(&w, "schema", c->schema);
	if (c->port)
		tw_jw_int_at(&w, "port", c->port);
	tw_jw_str_at(&w, "extra", c->extra);
	tw_jw_end(&w);
	tw_jw_end(&w);
	return tw_str_copy(a, tw_buf_str(&text));
}

struct outcome {
	bool good;
	struct tw_str message;
};

/* false: it has replied. A hook that hangs, crashes or is not there is an outcome, too. */
static bool attempt(struct tw_request *req, struct tw_response *resp, struct tw_store *s, struct outcome *ret)
{
	const struct tw_api *api = tw_api_of(req);
	struct tw_connection_row c;
	struct tw_value answer;
	struct tw_err err = {0};

	if (!meant(req, resp, s, &c))
		return false;
	if (!api->ask_python || atomic_flag_test_and_set(&busy)) {
		tw_reply_error(resp, 503, "Another connection is being tested; try again in a moment.");
		return false;
	}
	if (api->ask_python(api->ask_arg, s, question(req->arena, &c), req->arena, &answer, &err) < 0)
		*ret = (struct outcome){false, tw_str(tw_arena_strdup(req->arena, err.msg))};
	else
		*ret = (struct outcome){tw_map_bool(answer, "good", false), tw_map_str(answer, "message", "")};
	atomic_flag_clear(&busy);
	return true;
}

static void test_connection(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_jw w = {.out = &resp->body};
	struct outcome o;

	if (!s || !enabled(req, resp) || !attempt(req, resp, s, &o))
		return;
	tw_jw_obj(&w);
	tw_jw_bool_at(&w, "status", o.good);
	tw_jw_str_at(&w, "message", o.message);
	tw_jw_end(&w);
}

/* ── asked for later ──────────────────────────────────────────────────────────────────── */

/* The outcome is in the token, signed: any api-server can tell it. */
static void token_of(struct tw_request *req, struct tw_str id, const struct outcome *o, struct tw_buf *out)
{
	struct tw_value claims = tw_v_map(req->arena);

	tw_map_putc(req->arena, claims, "tested", tw_v_str(id));
	tw_map_putc(req->arena, claims, "good", tw_v_bool(o->good));
	tw_map_putc(req->arena, claims, "message", tw_v_str(o->message));
	tw_map_putc(req->arena, claims, "at", tw_v_int(tw_now()));
	tw_jwt_make(out, TW_JWT_HS256, tw_api_of(req)->secret_key, claims, NULL);
}

static bool keep(struct tw_request *req, struct tw_response *resp, struct tw_store *s)
{
	struct tw_connection_row c;
	struct tw_err err = {0};

	if (!meant(req, resp, s, &c))
		return false;
	if (tw_store_connection_put(s, &c, TW_PUT_UPSERT, &err) == TW_OK)
		return true;
	tw_reply_err(resp, &err);
	return false;
}

static void enqueue_connection_test(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_str id = tw_map_str(req->json, "connection_id", "");
	bool commit = tw_map_bool(req->json, "commit_on_success", false);
	struct tw_buf token TW_AUTO(tw_buf_release) = {0};
	struct tw_jw w = {.out = &resp->body};
	struct outcome o;

	if (!s || !enabled(req, resp))
		return;
	if (commit && !tw_may(req, TW_ON_CONNECTION, TW_EDIT, none)) {
		tw_reply_error(resp, 403, "You are not authorized to test connection `" TW_STR_FMT "`.", TW_STR_ARG(id));
		return;
	}
	if (!attempt(req, resp, s, &o) || (commit && o.good && !keep(req, resp, s)))
		return;
	token_of(req, id, &o, &token);
	resp->status = 202;
	tw_jw_obj(&w);
	tw_jw_str_at(&w, "token", tw_buf_str(&token));
	tw_jw_str_at(&w, "connection_id", id);
	tw_jw_str_at(&w, "state", TW_STR("pending"));
	tw_jw_end(&w);
}

static void get_connection_test(struct tw_request *req, struct tw_response *resp)
{
	struct tw_str token = tw_request_header(req, "Airflow-Connection-Test-Token");
	struct tw_jwt_check check = {.alg = TW_JWT_HS256, .key = tw_api_of(req)->secret_key, .now_us = tw_now()};
	struct tw_jw w = {.out = &resp->body};
	struct tw_value claims;

	if (tw_jwt_verify(req->arena, &check, token, &claims, NULL) < 0 || !tw_map_findc(claims, "tested") ||
	    tw_map_int(claims, "at", 0) + KEPT_US < tw_now()) {
		tw_reply_error(resp, 404, "No connection test found for token: `" TW_STR_FMT "`", TW_STR_ARG(token));
		return;
	}
	tw_jw_obj(&w);
	tw_jw_str_at(&w, "token", token);
	tw_jw_str_at(&w, "connection_id", tw_map_str(claims, "tested", ""));
	tw_jw_str_at(&w, "state", tw_map_bool(claims, "good", false) ? TW_STR("success") : TW_STR("failed"));
	tw_jw_str_at(&w, "result_message", tw_map_str(claims, "message", ""));
	tw_jw_time(&w, "created_at", tw_map_int(claims, "at", 0));
	tw_jw_end(&w);
}

const struct tw_route tw_routes_connection_try[] = {
	{"POST", "/api/v2/connections/test", {TW_ON_CONNECTION}, test_connection},
	{"GET", "/api/v2/connections/enqueue-test", {TW_ON_CONNECTION}, get_connection_test},
	{"POST", "/api/v2/connections/enqueue-test", {TW_ON_CONNECTION}, enqueue_connection_test},
	{0},
};
