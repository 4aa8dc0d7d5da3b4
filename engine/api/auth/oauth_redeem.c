/* The second half of the authorization code flow (OpenID Connect Core 1.0, 3.1.3): the code for tokens, the tokens for claims. */
#include "api/auth/oauth.h"

#include "io/clock.h"
#include "io/jws.h"
#include "value/json.h"

#define LEEWAY_US (60 * TW_US_SEC) /* their clock is not ours */

void tw_oauth_param(struct tw_buf *out, const char *name, struct tw_str value)
{
	tw_buf_printf(out, "%s%s=", out->n && out->p[out->n - 1] != '?' && out->p[out->n - 1] != '&' ? "&" : "", name);
	for (size_t i = 0; i < value.n; i++) {
		unsigned char c = (unsigned char)value.p[i];

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || tw_is_digit((char)c) || (c && strchr("-._~", c)))
			tw_buf_addc(out, (char)c);
		else
			tw_buf_printf(out, "%%%02X", c);
	}
}

/* ── the code for tokens ──────────────────────────────────────────────────────────────── */

/* RFC 6749, 2.3.1: both are escaped as in a form before they are joined. */
static const char *basic_header(const struct tw_oauth_provider *p, struct tw_arena *a)
{
	TW_AUTO(tw_buf_release) struct tw_buf id = {0}, secret = {0}, coded = {0};

	tw_oauth_param(&id, "", tw_str(p->client_id));
	tw_oauth_param(&secret, "", tw_str(p->client_secret));
	tw_buf_consume(&id, 1);
	tw_buf_addc(&id, ':');
	tw_buf_add(&id, secret.p + 1, secret.n - 1);
	tw_base64(&coded, tw_buf_str(&id));
	return tw_arena_printf(a, "Authorization: Basic %s", coded.p);
}

static void add_params(struct tw_buf *out, struct tw_value params)
{
	for (size_t i = 0; params.kind == TW_V_MAP && i < params.map->n; i++)
		if (params.map->v[i].value.kind == TW_V_STR)
			tw_oauth_param(out, params.map->v[i].key.s.p, params.map->v[i].value.s);
}

static enum tw_rc ask_tokens(const struct tw_oauth_provider *p, const struct tw_oauth_places *at, const struct tw_oauth_code *c,
			     struct tw_arena *a, struct tw_value *ret, const char **ret_detail, struct tw_err *err)
{
	TW_AUTO(tw_buf_release) struct tw_buf form = {0};
	const char *headers[] = {"Accept: application/json", "Content-Type: application/x-www-form-urlencoded", NULL, NULL};
	struct tw_str fault;
	int status;
	enum tw_rc rc;

	tw_oauth_param(&form, "grant_type", TW_STR("authorization_code"));
	tw_oauth_param(&form, "code", c->code);
	tw_oauth_param(&form, "redirect_uri", c->redirect_uri);
	if (at->challenge)
		tw_oauth_param(&form, "code_verifier", c->verifier);
	if (p->client_secret && at->basic) {
		headers[2] = basic_header(p, a);
	} else {
		tw_oauth_param(&form, "client_id", tw_str(p->client_id));
		if (p->client_secret)
			tw_oauth_param(&form, "client_secret", tw_str(p->client_secret));
	}
	add_params(&form, p->token_params);
	rc = tw_oauth_fetch(p, tw_str_copy(a, at->token).p, headers, tw_buf_str(&form), a, &status, ret, err);
	if (rc < 0) {
		*ret_detail = tw_arena_strdup(a, err->msg);
		return tw_err_set(err, rc, "'%s' cannot be reached at this moment.", p->label);
	}
	fault = tw_map_str(*ret, "error", "");
	if (status == 200 && !fault.n && tw_map_str(*ret, "access_token", "").n)
		return TW_OK;
	*ret_detail = tw_arena_printf(a, "the token endpoint answered %d, " TW_STR_FMT ": " TW_STR_FMT, status, TW_STR_ARG(fault),
				      TW_STR_ARG(tw_map_str(*ret, "error_description", "")));
	if (tw_str_is(fault, "invalid_client") || tw_str_is(fault, "unauthorized_client") || status == 401)
		return tw_err_set(err, TW_ERR_IO, "'%s' does not accept this server's client id and secret: tell who runs it.",
				  p->label);
	if (fault.n)
		return tw_err_set(err, TW_ERR_DENIED, "'%s' did not accept this sign-in (" TW_STR_FMT "). Begin again.", p->label,
				  TW_STR_ARG(fault));
	return tw_err_set(err, TW_ERR_IO, "'%s' gave an answer that is none.", p->label);
}

/* ── the id token ─────────────────────────────────────────────────────────────────────── */

/* Azure's endpoints are of one tenant, and its tokens say of which they are. */
static bool tenant_fits(const struct tw_oauth_provider *p, struct tw_value claims)
{
	struct tw_str tid = tw_map_str(claims, "tid", NULL);

	return !p->tenant || strlen(p->tenant) != 36 || !tid.p || tw_str_caseeq(tid, p->tenant);
}

static enum tw_rc check_claims(const struct tw_oauth_provider *p, const struct tw_oauth_code *c, struct tw_value claims,
			       struct tw_err *err)
{
	struct tw_value aud = tw_map_value(claims, "aud");
	struct tw_str azp = tw_map_str(claims, "azp", NULL), nonce = tw_map_str(claims, "nonce", "");

	if (!tw_map_str(claims, "sub", "").n)
		return tw_err_set(err, TW_ERR_DENIED, "the id token has no sub");
	if ((azp.p || (aud.kind == TW_V_LIST && aud.list->n > 1)) && !tw_str_is(azp, p->client_id))
		return tw_err_set(err, TW_ERR_DENIED, "the id token was given to another client (azp)");
	if (!tw_const_eq(nonce, c->nonce))
		return tw_err_set(err, TW_ERR_DENIED, "the id token is of another sign-in (nonce)");
	if (!tenant_fits(p, claims))
		return tw_err_set(err, TW_ERR_DENIED, "the id token is of another tenant (tid)");
	return TW_OK;
}

/* A key that is not among those that we keep may be a new one: they are asked for once more. */
static enum tw_rc verify(struct tw_oauth_provider *p, const struct tw_oauth_places *at, const struct tw_oauth_code *c,
			 struct tw_str token, struct tw_arena *a, struct tw_value *ret_claims, struct tw_err *err)
{
	struct tw_jws_check check = {
		.algs = at->algs,
		.claims = {.audience = p->client_id,
			   .issuer = at->issuer.n ? tw_str_copy(a, at->issuer).p : NULL,
			   .now_us = tw_now(),
			   .leeway_us = LEEWAY_US,
			   .need_exp = true},
	};
	enum tw_rc rc = TW_ERR_NOT_FOUND;

	for (int newer = 0; newer <= 1 && rc == TW_ERR_NOT_FOUND; newer++) {
		rc = tw_oauth_keys(p, at, newer, a, &check.keys, err);
		if (rc == TW_OK)
			rc = tw_jws_verify(a, &check, token, ret_claims, err);
	}
	return rc < 0 ? rc : check_claims(p, c, *ret_claims, err);
}

/* ── what else it tells ───────────────────────────────────────────────────────────────── */

/* The answer must be about whom the id token is about (Core, 5.3.2). */
static enum tw_rc ask_userinfo(const struct tw_oauth_provider *p, const struct tw_oauth_places *at, struct tw_value response,
			       struct tw_arena *a, struct tw_value claims, struct tw_err *err)
{
	struct tw_str token = tw_map_str(response, "access_token", ""), sub = tw_map_str(claims, "sub", NULL);
	const char *headers[] = {"Accept: application/json",
				 tw_arena_printf(a, "Authorization: Bearer " TW_STR_FMT, TW_STR_ARG(token)), NULL};
	struct tw_value more;
	int status;
	enum tw_rc rc;

	for (size_t i = 0; i < token.n; i++)
		if ((unsigned char)token.p[i] <= ' ')
			return tw_err_set(err, TW_ERR_DENIED, "the access token is none");
	rc = tw_oauth_fetch(p, tw_str_copy(a, at->userinfo).p, headers, (struct tw_str){0}, a, &status, &more, err);
	if (rc < 0)
		return rc;
	if (status != 200 || more.kind != TW_V_MAP)
		return tw_err_set(err, TW_ERR_IO, TW_STR_FMT " answered %d", TW_STR_ARG(at->userinfo), status);
	if (sub.p && !tw_str_eq(sub, tw_map_str(more, "sub", "")))
		return tw_err_set(err, TW_ERR_DENIED, "the userinfo is about somebody else than the id token");
	for (size_t i = 0; i < more.map->n; i++)
		tw_map_put_key(a, claims, more.map->v[i].key, more.map->v[i].value);
	return TW_OK;
}

static enum tw_rc ask_who(struct tw_oauth_provider *p, const struct tw_oauth_places *at, const struct tw_oauth_code *c,
			  struct tw_arena *a, struct tw_oauth_told *told, struct tw_err *err)
{
	struct tw_str token = tw_map_str(told->response, "id_token", "");
	enum tw_rc rc;

	told->claims = tw_v_map(a);
	if (token.n && at->keys.n) {
		rc = verify(p, at, c, token, a, &told->claims, err);
		if (rc < 0)
			return rc;
		told->id_token = token;
		if (!at->userinfo.n || tw_oauth_enough(p, told->claims))
			return TW_OK;
	} else if (c->nonce.n && at->keys.n) {
		return tw_err_set(err, TW_ERR_DENIED, "openid was asked for, and there is no id token");
	}
	if (!at->userinfo.n)
		return tw_err_set(err, TW_ERR_INVALID, "it gives no id token that can be checked, and there is no userinfo endpoint");
	return ask_userinfo(p, at, told->response, a, told->claims, err);
}

enum tw_rc tw_oauth_redeem(struct tw_oauth_provider *p, const struct tw_oauth_code *c, struct tw_arena *a,
			   struct tw_oauth_told *ret, const char **ret_detail, struct tw_err *err)
{
	struct tw_oauth_places at;
	enum tw_rc rc = tw_oauth_learn(p, a, &at, err);

	*ret_detail = "";
	if (rc < 0) {
		*ret_detail = tw_arena_strdup(a, err->msg);
		return tw_err_set(err, rc, "'%s' cannot be reached at this moment.", p->label);
	}
	*ret = (struct tw_oauth_told){.claims = TW_NULL, .id_token = TW_STR(""), .at = at};
	if (rc == TW_OK && c->issuer.p && at.issuer.n && !tw_str_eq(c->issuer, at.issuer)) /* RFC 9207 */
		return tw_err_set(err, TW_ERR_DENIED, "The answer is not '%s''s own.", p->label);
	rc = ask_tokens(p, &at, c, a, &ret->response, ret_detail, err);
	if (rc < 0)
		return rc;
	rc = ask_who(p, &at, c, a, ret, err);
	if (rc < 0) {
		*ret_detail = tw_arena_strdup(a, err->msg);
		return tw_err_set(err, rc, "What '%s' says of you could not be verified.", p->label);
	}
	return TW_OK;
}
