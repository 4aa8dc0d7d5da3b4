/* What a provider publishes: its discovery document (OpenID Connect Discovery 1.0) and its keys. */
#include "api/auth/oauth.h"

#include <stdlib.h>

#include "api/route.h"
#include "base/log.h"
#include "io/clock.h"
#include "io/http.h"
#include "value/json.h"

#define TIMEOUT_MS 10000
#define ANSWER_MAX (1u << 20)
#define KEPT_US (3600 * TW_US_SEC)
#define AGAIN_US (5 * TW_US_SEC) /* keys that did not fit are not asked for more often */

/* ── asking ───────────────────────────────────────────────────────────────────────────── */

/* a=b&c=d, as some answer to whom they are to answer in JSON. */
static struct tw_value read_form(struct tw_str body, struct tw_arena *a)
{
	struct tw_value v = tw_v_map(a);

	while (body.p && body.n) {
		struct tw_str value, name = tw_str_cut(tw_str_cut(body, '&', &body), '=', &value), decoded;

		if (value.p && tw_url_decode(a, value, true, &decoded))
			tw_map_put(a, v, name, tw_v_str(decoded));
	}
	return v;
}

enum tw_rc tw_oauth_fetch(const struct tw_oauth_provider *p, const char *url, const char *const *headers, struct tw_str form,
			  struct tw_arena *a, int *ret_status, struct tw_value *ret_v, struct tw_err *err)
{
	struct tw_http_opts o = {
		.url = url,
		.headers = headers,
		.body = form,
		.timeout_ms = TIMEOUT_MS,
		.connect_timeout_ms = TIMEOUT_MS / 2,
		.body_limit = ANSWER_MAX,
		.follow_redirects = !form.p,
		.insecure = p->insecure,
		.ca_file = p->ca_file,
	};
	struct tw_http_result r;
	enum tw_rc rc = tw_http_wait(&o, a, &r, err);

	if (rc < 0)
		return rc;
	*ret_status = r.status;
	if (tw_json_parse(a, r.body, ret_v, NULL) < 0)
		*ret_v = tw_str_find(r.body, TW_STR("="), 0) > 0 ? read_form(r.body, a) : TW_NULL;
	return TW_OK;
}

/* A public document as text. */
static enum tw_rc fetch_document(const struct tw_oauth_provider *p, const char *url, struct tw_arena *a, struct tw_value *ret_v,
				 struct tw_err *err)
{
	struct tw_value v;
	int status;
	enum tw_rc rc = tw_oauth_fetch(p, url, (const char *const[]){"Accept: application/json", NULL}, (struct tw_str){0}, a,
				       &status, &v, err);

	if (rc < 0)
		return rc;
	if (status != 200 || v.kind != TW_V_MAP)
		return tw_err_set(err, TW_ERR_IO, "%s: no JSON document there (HTTP status %d)", url, status);
	*ret_v = v;
	return TW_OK;
}

/* ── keeping ──────────────────────────────────────────────────────────────────────────── */

/* A copy of what is kept, if it is; its age in microseconds. */
static bool kept(struct tw_oauth_provider *p, char *const *where, const int64_t *at, struct tw_arena *a, struct tw_value *ret_v,
		 int64_t *ret_age)
{
	char *copy = NULL;

	pthread_mutex_lock(&p->lock);
	if (*where) {
		copy = tw_arena_strdup(a, *where);
		*ret_age = tw_monotonic() - *at;
	}
	pthread_mutex_unlock(&p->lock);
	return copy && tw_json_parse(a, tw_str(copy), ret_v, NULL) == TW_OK;
}

static void keep(struct tw_oauth_provider *p, char **where, int64_t *at, struct tw_value v)
{
	struct tw_buf text = {0};

	tw_json_write(&text, v, TW_JSON_COMPACT);
	pthread_mutex_lock(&p->lock);
	free(*where);
	*where = tw_buf_steal(&text);
	*at = tw_monotonic();
	pthread_mutex_unlock(&p->lock);
}

/* ── the document ─────────────────────────────────────────────────────────────────────── */

static struct tw_str place(const char *given, struct tw_value doc, const char *key)
{
	return given ? tw_str(given) : tw_map_str(doc, key, "");
}

static bool lists(struct tw_value doc, const char *key, const char *name, bool dflt)
{
	struct tw_value v = tw_map_value(doc, key);

	if (v.kind != TW_V_LIST)
		return dflt;
	for (size_t i = 0; i < v.list->n; i++)
		if (v.list->v[i].kind == TW_V_STR && tw_str_is(v.list->v[i].s, name))
			return true;
	return false;
}

/* Where FAB asks who somebody is. */
static struct tw_str api_userinfo(const struct tw_oauth_provider *p, struct tw_arena *a)
{
	const char *path = tw_oauth_userinfo_path(p), *base = p->api_base_url;

	if (!base || !path)
		return TW_STR("");
	return tw_str(tw_arena_printf(a, "%s%s%s", base, tw_str_ends(tw_str(base), "/") ? "" : "/", path));
}

static struct tw_oauth_places places_of(const struct tw_oauth_provider *p, struct tw_value doc, struct tw_arena *a)
{
	struct tw_oauth_places at = {
		.authorize = place(p->authorize_url, doc, "authorization_endpoint"),
		.token = place(p->token_url, doc, "token_endpoint"),
		.userinfo = place(p->userinfo_url, doc, "userinfo_endpoint"),
		.keys = place(p->keys_url, doc, "jwks_uri"),
		.logout = place(p->logout_url, doc, "end_session_endpoint"),
		.issuer = place(p->issuer, doc, "issuer"),
		.algs = tw_map_value(doc, "id_token_signing_alg_values_supported"),
		.challenge = lists(doc, "code_challenge_methods_supported", "S256", true),
	};
	ptrdiff_t tenant = tw_str_find(at.issuer, TW_STR("{tenantid}"), 0);

	if (!at.userinfo.n)
		at.userinfo = api_userinfo(p, a);
	if (tenant >= 0 && p->tenant)
		at.issuer = tw_str(tw_arena_printf(a, "%.*s%s%s", (int)tenant, at.issuer.p, p->tenant, at.issuer.p + tenant + 10));
	at.basic = p->auth_method ? strcmp(p->auth_method, "client_secret_basic") == 0
				  : lists(doc, "token_endpoint_auth_methods_supported", "client_secret_basic", true);
	return at;
}

/* What lies at the URL must be of the issuer that it says (Discovery, 4.3), and name where to go. */
static enum tw_rc check_document(const struct tw_oauth_provider *p, const struct tw_oauth_places *at, struct tw_err *err)
{
	ptrdiff_t known = tw_str_find(tw_str(p->metadata_url), TW_STR("/.well-known/"), 0);
	struct tw_str issuer = at->issuer, base = tw_strn(p->metadata_url, known < 0 ? 0 : (size_t)known);

	if (!at->authorize.n || !at->token.n || !issuer.n)
		return tw_err_set(err, TW_ERR_INVALID, "%s: issuer, authorization_endpoint or token_endpoint is missing there",
				  p->metadata_url);
	if (tw_str_find(issuer, TW_STR("{tenantid}"), 0) >= 0)
		return tw_err_set(err, TW_ERR_INVALID,
				  "%s is for every tenant: name yours in the URL, or as tenant_id in client_kwargs",
				  p->metadata_url);
	if (tw_str_ends(issuer, "/"))
		issuer.n--;
	if (base.n && !p->issuer && !p->tenant && !tw_str_eq(issuer, base) && !tw_str_ends(base, "/.well-known"))
		return tw_err_set(err, TW_ERR_INVALID, "%s: the document there is of another issuer, " TW_STR_FMT
				  ": set issuer in remote_app if that is right",
				  p->metadata_url, TW_STR_ARG(at->issuer));
	return TW_OK;
}

bool tw_oauth_known(struct tw_oauth_provider *p, struct tw_arena *a, struct tw_oauth_places *ret)
{
	struct tw_value doc = TW_NULL;
	int64_t age = 0;

	if (p->metadata_url && (!kept(p, &p->metadata, &p->metadata_at, a, &doc, &age) || age > KEPT_US))
		return false;
	*ret = places_of(p, doc, a);
	return true;
}

enum tw_rc tw_oauth_learn(struct tw_oauth_provider *p, struct tw_arena *a, struct tw_oauth_places *ret, struct tw_err *err)
{
	struct tw_value doc;
	struct tw_oauth_places at;
	int64_t age;
	enum tw_rc rc;

	if (tw_oauth_known(p, a, ret))
		return TW_OK;
	rc = fetch_document(p, p->metadata_url, a, &doc, err);
	if (rc < 0) {
		if (!kept(p, &p->metadata, &p->metadata_at, a, &doc, &age))
			return rc;
		tw_warn("provider '%s': %s: what it said before still counts", p->name, err->msg);
		*ret = places_of(p, doc, a);
		return TW_OK;
	}
	at = places_of(p, doc, a);
	rc = check_document(p, &at, err);
	if (rc < 0)
		return rc;
	keep(p, &p->metadata, &p->metadata_at, doc);
	*ret = at;
	return TW_OK;
}

enum tw_rc tw_oauth_keys(struct tw_oauth_provider *p, const struct tw_oauth_places *at, bool newer, struct tw_arena *a,
			 struct tw_value *ret_keys, struct tw_err *err)
{
	struct tw_value keys;
	int64_t age = 0;
	bool there = kept(p, &p->keys, &p->keys_at, a, &keys, &age);
	enum tw_rc rc;

	if (there && age < (newer ? AGAIN_US : KEPT_US)) {
		*ret_keys = keys;
		return TW_OK;
	}
	rc = fetch_document(p, tw_str_copy(a, at->keys).p, a, &keys, err);
	if (rc < 0)
		return rc;
	keep(p, &p->keys, &p->keys_at, keys);
	*ret_keys = keys;
	return TW_OK;
}
