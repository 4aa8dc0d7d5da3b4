/* /tradewind/tokens: tokens with a name, for programs: to be seen and revoked. Ours, Airflow has none. */
#include "api/ask.h"
#include "api/auth/session.h"
#include "api/tables.h"
#include "io/clock.h"
#include "store/tokens.h"

static void token_object(struct tw_jw *w, const struct tw_token_row *t, struct tw_str text)
{
	tw_jw_obj(w);
	tw_jw_int_at(w, "id", t->id);
	tw_jw_str_at(w, "name", t->name);
	tw_jw_str_at(w, "owner", t->owner);
	tw_jw_time(w, "created_at", t->created_at);
	tw_jw_time(w, "expires_at", t->expires_at);
	tw_jw_time(w, "revoked_at", t->revoked_at);
	if (text.p)
		tw_jw_str_at(w, "access_token", text);
	tw_jw_end(w);
}

/* Others' tokens are seen by who may see users. */
static void get_tokens(struct tw_request *req, struct tw_response *resp)
{
	static const struct tw_param params[] = {{"owner", TW_P_EQ, NULL}, {0}};
	static const char *const names[] = {"id", "name", "owner", "created_at", "expires_at", NULL};
	static const struct tw_sort sort = {names, NULL, "id"};
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_jw w = {.out = &resp->body};
	struct tw_token_row *v;
	struct tw_asker q;
	struct tw_ask ask;
	struct tw_err err = {0};
	int64_t total;
	size_t n;

	if (!s)
		return;
	tw_asker_init(&q, req, resp);
	tw_asker_params(&q, params);
	if (!tw_may(req, TW_ON_USER, TW_READ, (struct tw_str){0}))
		tw_asker_add(&q, (struct tw_cond){.field = "owner", .op = TW_OP_EQ, .text = req->user.id});
	tw_asker_page(&q);
	if (!tw_asker_order(&q, &sort) || !tw_asker_done(&q, &ask))
		return;
	if (tw_store_tokens(s, &ask, req->arena, &v, &n, &total, &err) < 0) {
		tw_reply_err(resp, &err);
		return;
	}
	tw_jw_page(&w, "tokens");
	for (size_t i = 0; i < n; i++)
		token_object(&w, &v[i], (struct tw_str){0});
	tw_jw_page_end(&w, total);
}

/* The token is shown this once; what is kept cannot be signed in with. */
static void create_token(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	int64_t days = tw_map_int(req->json, "days", 90);
	struct tw_jw w = {.out = &resp->body};
	struct tw_buf text TW_AUTO(tw_buf_release) = {0};
	struct tw_token_row t = {
		.name = tw_map_str(req->json, "name", ""),
		.owner = req->user.id,
		.created_at = tw_now(),
		.expires_at = tw_now() + days * TW_US_DAY,
	};
	struct tw_err err = {0};

	if (!s)
		return;
	if (!req->user.jti.n) {
		tw_reply_error(resp, 409, "Nobody has to sign in here, so there is nobody to make a token for");
		return;
	}
	if (tw_session_token(req, &req->user, days * 86400, &text, &t.jti, &err) < 0 ||
	    tw_store_token_add(s, &t, &t.id, &err) < 0) {
		tw_reply_err(resp, &err);
		return;
	}
	t.revoked_at = TW_TIME_NONE;
	token_object(&w, &t, tw_buf_str(&text));
	resp->status = 201;
}

static void revoke_token(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_token_row t;
	struct tw_err err = {0};
	int64_t id;
	enum tw_rc rc;

	if (!s || !tw_path_int(req, resp, 0, "token_id", &id))
		return;
	rc = tw_store_token(s, id, req->arena, &t, &err);
	if (rc == TW_ERR_NOT_FOUND ||
	    (rc == TW_OK && !tw_str_eq(t.owner, req->user.id) && !tw_may(req, TW_ON_USER, TW_EDIT, (struct tw_str){0})))
		tw_reply_error(resp, 404, "The token with id: `%lld` was not found", (long long)id);
	else if (rc < 0 || tw_store_token_end(s, id, &err) < 0)
		tw_reply_err(resp, &err);
	else
		tw_reply_none(resp);
}

const struct tw_route tw_routes_api_tokens[] = {
	{"GET", "/tradewind/tokens", {TW_SIGNED_IN}, get_tokens},
	{"POST", "/tradewind/tokens", {TW_SIGNED_IN}, create_token},
	{"DELETE", "/tradewind/tokens/{token_id}", {TW_SIGNED_IN}, revoke_token},
	{0},
};
