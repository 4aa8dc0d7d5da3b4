/*
 * Signing in where somebody else knows who one is: /auth/login/NAME leads to the provider, who sends the browser back to
 * /auth/oauth-authorized/NAME with a code. Between the two the browser keeps a sealed cookie with the state, the nonce and the
 * PKCE verifier: what comes back without it was not begun in this browser.
 */
#include "api/ask.h"
#include "api/errand.h"
#include "api/auth/cookie.h"
#include "api/auth/login.h"
#include "api/auth/oauth.h"
#include "api/route.h"
#include "api/auth/session.h"
#include "api/tables.h"
#include "api/auth/throttle.h"
#include "base/log.h"
#include "io/clock.h"
#include "store/tokens.h"

#define BEGUN_US (600 * TW_US_SEC) /* so long one may take at the provider */
#define COOKIE "_oauth_"	   /* and the first letters of the state: there may be several tabs */
#define COOKIE_BY "_signed_in_by"
#define ID_TOKEN_MAX 2600 /* a longer one is not kept: browsers keep 4,096 bytes, sealed */

static struct tw_oauth_provider *provider_of(struct tw_request *req, struct tw_response *resp)
{
	struct tw_oauth_provider *p = tw_oauth_find(tw_api_of(req)->auth.oauth, tw_route_param(req, "provider"));

	if (!p)
		tw_reply_error(resp, 404, "There is no provider of sign-ins of that name");
	return p;
}

/* What we are called by, as browsers see it. */
static struct tw_str own_url(struct tw_request *req, const char *path)
{
	const struct tw_api *api = tw_api_of(req);
	struct tw_str base = api->base_url && strstr(api->base_url, "://") ? tw_str(api->base_url) : (struct tw_str){0};

	while (tw_str_ends(base, "/"))
		base.n--;
	if (base.n)
		return tw_str(tw_arena_printf(req->arena, TW_STR_FMT "%s", TW_STR_ARG(base), path));
	return tw_str(tw_arena_printf(req->arena, "%s://" TW_STR_FMT "%s", api->auth.secure_cookie ? "https" : "http",
				      TW_STR_ARG(req->host), path));
}

static struct tw_str redirect_uri(struct tw_request *req, const struct tw_oauth_provider *p)
{
	return own_url(req, tw_arena_printf(req->arena, "%s/oauth-authorized/%s",
					    tw_api_of(req)->auth.oauth->old_paths ? "" : "/auth", p->name));
}

/* ── cookies ──────────────────────────────────────────────────────────────────────────── */

static struct tw_str begun_name(struct tw_request *req, struct tw_str state)
{
	return tw_str(tw_arena_printf(req->arena, COOKIE "%.*s", (int)(state.n < 8 ? state.n : 8), state.p));
}

static struct tw_str sealed(struct tw_request *req, struct tw_value v)
{
	TW_AUTO(tw_buf_release) struct tw_buf out = {0};

	tw_map_putc(req->arena, v, "at", tw_v_int(tw_now()));
	tw_oauth_seal(tw_api_of(req)->auth.oauth, v, &out);
	return tw_str_copy(req->arena, tw_buf_str(&out));
}

/* ── to the provider ──────────────────────────────────────────────────────────────────── */

struct learn {
	struct tw_oauth_provider *p;
	struct tw_oauth_places at;
	enum tw_rc rc;
	struct tw_err err;
};

static void learn(void *what, struct tw_arena *a)
{
	struct learn *l = what;

	l->rc = tw_oauth_learn(l->p, a, &l->at, &l->err);
}

/* Where the provider's doors are. false: it is being asked, or (ret_gone) it cannot be. */
static bool places_of(struct tw_request *req, struct tw_response *resp, struct tw_oauth_provider *p, struct tw_oauth_places *ret,
		      bool *ret_gone)
{
	struct learn *l;
	struct tw_errand *e;

	*ret_gone = false;
	if (tw_errand_out(req, resp))
		return false;
	l = tw_errand_back(req);
	if (!l && tw_oauth_known(p, req->arena, ret))
		return true;
	if (!l) {
		e = tw_errand_new();
		l = tw_arena_new(tw_errand_arena(e), struct learn);
		l->p = p;
		tw_errand_send(req, resp, e, learn, l);
		return false;
	}
	if (l->rc < 0) {
		tw_error("sign-in by %s: %s", p->name, l->err.msg);
		*ret_gone = true;
		return false;
	}
	*ret = l->at;
	return true;
}

static bool asks_openid(const struct tw_oauth_provider *p)
{
	struct tw_str rest = tw_str(p->scope);

	while (rest.p)
		if (tw_str_is(tw_str_trim(tw_str_cut(rest, ' ', &rest)), "openid"))
			return true;
	return false;
}

static struct tw_str challenge_of(struct tw_arena *a, struct tw_str verifier)
{
	unsigned char digest[32];
	TW_AUTO(tw_buf_release) struct tw_buf text = {0};

	tw_sha256(verifier, digest);
	tw_base64url(&text, tw_strn((const char *)digest, sizeof digest), false);
	return tw_str_copy(a, tw_buf_str(&text));
}

static struct tw_str authorize_url(struct tw_request *req, const struct tw_oauth_provider *p, const struct tw_oauth_places *at,
				   struct tw_value begun)
{
	TW_AUTO(tw_buf_release) struct tw_buf url = {0};

	tw_buf_addstr(&url, at->authorize);
	if (tw_str_find(at->authorize, TW_STR("?"), 0) < 0)
		tw_buf_addc(&url, '?');
	tw_oauth_param(&url, "response_type", TW_STR("code"));
	tw_oauth_param(&url, "client_id", tw_str(p->client_id));
	tw_oauth_param(&url, "redirect_uri", tw_map_str(begun, "uri", ""));
	if (p->scope)
		tw_oauth_param(&url, "scope", tw_str(p->scope));
	tw_oauth_param(&url, "state", tw_map_str(begun, "state", ""));
	if (tw_map_findc(begun, "nonce"))
		tw_oauth_param(&url, "nonce", tw_map_str(begun, "nonce", ""));
	if (at->challenge) {
		tw_oauth_param(&url, "code_challenge", challenge_of(req->arena, tw_map_str(begun, "verifier", "")));
		tw_oauth_param(&url, "code_challenge_method", TW_STR("S256"));
	}
	for (size_t i = 0; i < tw_value_len(p->authorize_params); i++)
		if (p->authorize_params.map->v[i].value.kind == TW_V_STR)
			tw_oauth_param(&url, p->authorize_params.map->v[i].key.s.p, p->authorize_params.map->v[i].value.s);
	return tw_str_copy(req->arena, tw_buf_str(&url));
}

static void begin(struct tw_request *req, struct tw_response *resp)
{
	struct tw_oauth_provider *p = provider_of(req, resp);
	struct tw_str next = tw_next_path(tw_query(req, "next")), state = tw_random_text(req->arena, 32);
	struct tw_value begun = tw_v_map(req->arena);
	struct tw_oauth_places at;
	bool gone;

	if (!p)
		return;
	if (!places_of(req, resp, p, &at, &gone)) {
		if (gone)
			tw_login_page(req, resp, next, TW_STR(""), 503,
				      tw_arena_printf(req->arena, "'%s' cannot be reached at this moment.", p->label));
		return;
	}
	if (next.n > 1000)
		next = TW_STR("/");
	tw_map_putc(req->arena, begun, "by", tw_v_cstr(p->name));
	tw_map_putc(req->arena, begun, "state", tw_v_str(state));
	tw_map_putc(req->arena, begun, "verifier", tw_v_str(tw_random_text(req->arena, 32)));
	if (asks_openid(p))
		tw_map_putc(req->arena, begun, "nonce", tw_v_str(tw_random_text(req->arena, 32)));
	tw_map_putc(req->arena, begun, "uri", tw_v_str(redirect_uri(req, p)));
	tw_map_putc(req->arena, begun, "next", tw_v_str(next));
	tw_cookie_put(req, resp, begun_name(req, state), sealed(req, begun), "/", BEGUN_US / TW_US_SEC);
	resp->status = 302;
	tw_reply_header(resp, TW_STR("Location"), authorize_url(req, p, &at, begun));
}

/* ── and back ─────────────────────────────────────────────────────────────────────────── */

static void refuse(struct tw_request *req, struct tw_response *resp, struct tw_value begun, int status, const char *fault)
{
	tw_cookie_put(req, resp, begun_name(req, tw_query(req, "state")), TW_STR(""), "/", 0);
	tw_login_page(req, resp, tw_next_path(tw_map_str(begun, "next", "/")), TW_STR(""), status, fault);
}

/* Was it begun in this browser, at this provider, not long ago? */
static bool find_begun(struct tw_request *req, const struct tw_oauth_provider *p, struct tw_value *ret)
{
	struct tw_str state = tw_query(req, "state");

	return state.n && tw_oauth_unseal(tw_api_of(req)->auth.oauth, tw_cookie(req, begun_name(req, state)), BEGUN_US,
					  req->arena, ret) &&
	       tw_const_eq(tw_map_str(*ret, "state", ""), state) && tw_str_is(tw_map_str(*ret, "by", ""), p->name);
}

/* Each that was begun ends once, whoever has copied its cookie. */
static bool first_time(struct tw_request *req, struct tw_store *s, struct tw_err *err)
{
	struct tw_str mark = tw_str(tw_arena_printf(req->arena, "oauth:" TW_STR_FMT, TW_STR_ARG(tw_query(req, "state"))));
	bool used = true;

	return tw_store_token_revoked(s, mark, &used, err) == TW_OK && !used &&
	       tw_store_token_revoke(s, mark, tw_now() + 2 * BEGUN_US, err) == TW_OK;
}

/* What the provider says instead of a code. Its words are shown, as words. */
static const char *their_fault(struct tw_request *req, const struct tw_oauth_provider *p)
{
	struct tw_str error = tw_query(req, "error"), more = tw_query(req, "error_description");

	if (tw_str_is(error, "access_denied"))
		return tw_arena_printf(req->arena, "'%s' did not let you in, or you have declined.", p->label);
	if (more.n > 200)
		more.n = 200;
	return tw_arena_printf(req->arena, "'%s' says: %.*s%s" TW_STR_FMT, p->label, (int)(error.n < 60 ? error.n : 60), error.p,
			       more.n ? ": " : "", TW_STR_ARG(more));
}

struct redeem {
	struct tw_api *api;
	struct tw_oauth_provider *p;
	struct tw_oauth_code code;
	struct tw_oauth_told told;
	struct tw_newcomer who;
	const char *detail;
	enum tw_rc rc;
	struct tw_err err;
};

/* A security manager of the team's own says who it is. */
static enum tw_rc ask_team(struct redeem *r, struct tw_arena *a)
{
	const struct tw_api *api = r->api;
	struct tw_value answer = TW_NULL;
	struct tw_store *s;
	enum tw_rc rc = tw_store_open(&api->store, &s, &r->err);

	if (rc < 0)
		return rc;
	rc = api->ask_python(api->ask_arg, s, tw_oauth_question(api->auth.oauth, r->p, &r->told, &r->who, a), a, &answer, &r->err);
	tw_store_close(s);
	if (rc < 0)
		return tw_err_wrap(&r->err, "webserver_config.py");
	return tw_oauth_answer(tw_map_value(answer, "info"), &r->who, &r->err);
}

static void redeem(void *what, struct tw_arena *a)
{
	struct redeem *r = what;

	r->rc = tw_oauth_redeem(r->p, &r->code, a, &r->told, &r->detail, &r->err);
	if (r->rc < 0)
		return;
	r->rc = tw_oauth_who(r->p, r->told.claims, a, &r->who, &r->err);
	if (r->api->auth.oauth->python_file)
		r->rc = ask_team(r, a);
	if (r->rc < 0) {
		r->detail = tw_arena_strdup(a, r->err.msg);
		tw_err_set(&r->err, r->rc, "What '%s' says of you names no user.", r->p->label);
	}
}

static void send_code(struct tw_request *req, struct tw_response *resp, struct tw_oauth_provider *p, struct tw_value begun)
{
	struct tw_errand *e = tw_errand_new();
	struct tw_arena *a = tw_errand_arena(e);
	struct redeem *r = tw_arena_new(a, struct redeem);

	r->api = req->app;
	r->p = p;
	r->detail = "";
	r->code.code = tw_str_copy(a, tw_query(req, "code"));
	r->code.redirect_uri = tw_str_copy(a, tw_map_str(begun, "uri", ""));
	r->code.verifier = tw_str_copy(a, tw_map_str(begun, "verifier", ""));
	if (tw_query(req, "iss").p)
		r->code.issuer = tw_str_copy(a, tw_query(req, "iss"));
	r->code.nonce = tw_str_copy(a, tw_map_str(begun, "nonce", ""));
	tw_errand_send(req, resp, e, redeem, r);
}

/* What signing out at the provider needs to know. */
static void remember_provider(struct tw_request *req, struct tw_response *resp, const struct redeem *r)
{
	struct tw_value by = tw_v_map(req->arena);

	tw_map_putc(req->arena, by, "by", tw_v_cstr(r->p->name));
	if (r->told.id_token.n <= ID_TOKEN_MAX)
		tw_map_putc(req->arena, by, "id_token", tw_v_str(r->told.id_token));
	tw_cookie_put(req, resp, TW_STR(COOKIE_BY), sealed(req, by), "/auth/logout", tw_api_of(req)->auth.ttl);
}

static void welcome(struct tw_request *req, struct tw_response *resp, struct redeem *r, struct tw_value begun)
{
	struct tw_store *s = tw_api_thread_store(req->thread);
	struct tw_http_user user;
	struct tw_user_row u;
	struct tw_err err = {0};
	enum tw_rc rc;

	if (!tw_oauth_listed(r->p, r->told.claims, r->who.email)) {
		tw_warn("sign-in by %s: the address of '" TW_STR_FMT "' is not on the whitelist", r->p->name,
			TW_STR_ARG(r->who.username));
		refuse(req, resp, begun, 403, "You may not sign in here.");
		return;
	}
	rc = tw_newcomer_take(tw_api_of(req)->auth.newcomers, s, &r->who, req->arena, &u, &err);
	if (rc < 0) {
		tw_warn("sign-in by %s: '" TW_STR_FMT "': %s", r->p->name, TW_STR_ARG(r->who.username), err.msg);
		refuse(req, resp, begun, rc == TW_ERR_DENIED ? 403 : 500,
		       rc == TW_ERR_DENIED ? tw_arena_printf(req->arena,
							     "'%s' knows you as '" TW_STR_FMT "', and there is no such user here, or "
							     "it is not active.",
							     r->p->label, TW_STR_ARG(r->who.username)) :
		       rc == TW_ERR_EXISTS ? "Another user has your address already: tell who runs this server." :
					     "You could not be made a user: tell who runs this server.");
		return;
	}
	tw_sign_in_known(req, s, &u, &user);
	if (tw_session_cookie(req, resp, &user, &err) < 0) {
		tw_reply_err(resp, &err);
		return;
	}
	if (tw_api_of(req)->auth.throttle)
		tw_throttle_passed(tw_api_of(req)->auth.throttle, tw_client_address(req), tw_str(r->p->name));
	tw_cookie_put(req, resp, begun_name(req, tw_query(req, "state")), TW_STR(""), "/", 0);
	remember_provider(req, resp, r);
	resp->status = 303;
	tw_reply_header(resp, TW_STR("Location"), tw_next_location(req, tw_map_str(begun, "next", "/")));
}

/* Before anybody is asked: may this be tried? false: it has replied. */
static bool admit(struct tw_request *req, struct tw_response *resp, const struct tw_oauth_provider *p, struct tw_value begun)
{
	struct tw_store *s = tw_api_thread_store(req->thread);
	struct tw_throttle *t = tw_api_of(req)->auth.throttle;
	struct tw_err err = {0};
	int64_t wait;

	if (tw_query(req, "error").p) {
		tw_info("sign-in by %s: the provider answered '" TW_STR_FMT "'", p->name, TW_STR_ARG(tw_query(req, "error")));
		refuse(req, resp, begun, 403, their_fault(req, p));
		return false;
	}
	wait = t ? tw_throttle_try(t, tw_client_address(req), tw_str(p->name), tw_monotonic()) : 0;
	if (wait) {
		refuse(req, resp, begun, 429,
		       tw_arena_printf(req->arena, "Too many failed sign-ins: try again in %lld s.",
				       (long long)((wait + TW_US_SEC - 1) / TW_US_SEC)));
		return false;
	}
	if (!s || !tw_query(req, "code").n || !first_time(req, s, &err)) {
		if (err.msg[0])
			tw_error("sign-in by %s: %s", p->name, err.msg);
		refuse(req, resp, begun, 400, "This sign-in is over already. Begin again.");
		return false;
	}
	return true;
}

static void come_back(struct tw_request *req, struct tw_response *resp)
{
	struct tw_oauth_provider *p = provider_of(req, resp);
	struct tw_value begun = TW_NULL;
	struct redeem *r;

	if (!p || tw_errand_out(req, resp))
		return;
	if (!find_begun(req, p, &begun)) {
		refuse(req, resp, TW_NULL, 400,
		       "This sign-in was not begun in this browser, or it took longer than ten minutes. Begin again.");
		return;
	}
	r = tw_errand_back(req);
	if (!r) {
		if (admit(req, resp, p, begun))
			send_code(req, resp, p, begun);
	} else if (r->rc < 0) {
		tw_warn("sign-in by %s from " TW_STR_FMT " failed: %s %s", p->name, TW_STR_ARG(tw_client_address(req)), r->err.msg,
			r->detail);
		refuse(req, resp, begun, r->rc == TW_ERR_DENIED ? 401 : 502, r->err.msg);
	} else {
		welcome(req, resp, r, begun);
	}
}

/* ── and out ──────────────────────────────────────────────────────────────────────────── */

void tw_logout_forget(struct tw_request *req, struct tw_response *resp)
{
	if (tw_api_of(req)->auth.oauth)
		tw_cookie_put(req, resp, TW_STR(COOKIE_BY), TW_STR(""), "/auth/logout", 0);
}

bool tw_logout_at_provider(struct tw_request *req, struct tw_response *resp)
{
	const struct tw_api_auth *auth = &tw_api_of(req)->auth;
	TW_AUTO(tw_buf_release) struct tw_buf url = {0};
	struct tw_oauth_provider *p;
	struct tw_oauth_places at;
	struct tw_value by;
	bool gone;

	if (!auth->oauth || !tw_oauth_unseal(auth->oauth, tw_cookie(req, TW_STR(COOKIE_BY)), auth->ttl * TW_US_SEC, req->arena, &by))
		return false;
	p = tw_oauth_find(auth->oauth, tw_map_str(by, "by", ""));
	if (!p || !(p->logout || tw_str_is(tw_query(req, "provider"), "1")))
		return false;
	if (!places_of(req, resp, p, &at, &gone))
		return !gone;
	if (!at.logout.n)
		return false;
	tw_buf_addstr(&url, at.logout);
	if (tw_str_find(at.logout, TW_STR("?"), 0) < 0)
		tw_buf_addc(&url, '?');
	tw_oauth_param(&url, "client_id", tw_str(p->client_id));
	tw_oauth_param(&url, "post_logout_redirect_uri", own_url(req, "/auth/login"));
	if (tw_map_str(by, "id_token", "").n)
		tw_oauth_param(&url, "id_token_hint", tw_map_str(by, "id_token", ""));
	tw_reply_header(resp, TW_STR("Location"), tw_str_copy(req->arena, tw_buf_str(&url)));
	return true;
}

/* ── the ways in ──────────────────────────────────────────────────────────────────────── */

const char *const *tw_login_providers(struct tw_request *req, struct tw_str next)
{
	const struct tw_oauth *o = tw_api_of(req)->auth.oauth;
	TW_AUTO(tw_buf_release) struct tw_buf query = {0};
	const char **v;

	if (!o)
		return NULL;
	tw_oauth_param(&query, "next", next);
	v = tw_arena_array(req->arena, const char *, 2 * o->n + 1);
	for (size_t i = 0; i < o->n; i++) {
		v[2 * i] = tw_arena_printf(req->arena, "%sauth/login/%s?%s", tw_base_path(req), o->v[i].name, query.p);
		v[2 * i + 1] = tw_arena_printf(req->arena, "Sign in with %s", o->v[i].label);
	}
	return v;
}

/* For the pages with script: is there a password to be asked for, and who else knows people? */
static void ways(struct tw_request *req, struct tw_response *resp)
{
	const struct tw_oauth *o = tw_api_of(req)->auth.oauth;
	struct tw_jw w = {.out = &resp->body};

	tw_jw_obj(&w);
	tw_jw_bool_at(&w, "password", !o);
	tw_jw_bool_at(&w, "proxy", tw_api_of(req)->auth.remote_header != NULL);
	tw_jw_key(&w, "providers");
	tw_jw_list(&w);
	for (size_t i = 0; o && i < o->n; i++) {
		tw_jw_obj(&w);
		tw_jw_str_at(&w, "name", tw_str(o->v[i].name));
		tw_jw_str_at(&w, "label", tw_str(o->v[i].label));
		tw_jw_end(&w);
	}
	tw_jw_end(&w);
	tw_jw_end(&w);
}

const struct tw_route tw_routes_login_oauth[] = {
	{"GET", "/auth/login/{provider}", {TW_OPEN}, begin},
	{"GET", "/auth/oauth-authorized/{provider}", {TW_OPEN}, come_back},
	{"GET", "/oauth-authorized/{provider}", {TW_OPEN}, come_back},
	{"GET", "/ui/auth/ways", {TW_OPEN}, ways},
	{0},
};
