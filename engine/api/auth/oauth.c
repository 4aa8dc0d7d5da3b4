#include "api/auth/oauth.h"

#include <regex.h>
#include <stdlib.h>

#include "io/clock.h"
#include "io/token.h"
#include "value/json.h"

/* ── the configuration ────────────────────────────────────────────────────────────────── */

static const char *text(struct tw_value map, const char *key)
{
	struct tw_str s = tw_map_str(map, key, "");

	return s.n ? s.p : NULL;
}

/* client_kwargs has what authlib hands on: the scope, how the secret is shown, and requests' verify. */
static void read_kwargs(struct tw_oauth_provider *p, struct tw_value kwargs)
{
	const struct tw_value *verify = tw_map_findc(kwargs, "verify");

	p->scope = text(kwargs, "scope");
	p->auth_method = text(kwargs, "token_endpoint_auth_method");
	p->tenant = text(kwargs, "tenant_id");
	if (verify && verify->kind == TW_V_BOOL)
		p->insecure = !verify->b;
	else
		p->ca_file = text(kwargs, "verify");
}

/* Whose tokens Azure's endpoints give: it is a piece of their path. */
static const char *azure_tenant(struct tw_oauth *o, const struct tw_oauth_provider *p)
{
	const char *const urls[] = {p->metadata_url, p->token_url, p->authorize_url, p->api_base_url};

	for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
		const char *host = urls[i] ? strstr(urls[i], "://login.microsoftonline.com/") : NULL, *from = host ? host + 29 : NULL;
		size_t n = from ? strcspn(from, "/") : 0;

		if (n == 36) /* common, organizations … are no tenant */
			return tw_arena_strndup(&o->arena, from, n);
	}
	return NULL;
}

static const char *secret_of(const char *name, struct tw_value secrets, const char *plain)
{
	return secrets.kind == TW_V_MAP ? text(secrets, name) : plain && *plain ? plain : NULL;
}

static enum tw_rc check(const struct tw_oauth_provider *p, struct tw_err *err)
{
	const char *missing = !p->client_id			       ? "client_id"
			      : p->metadata_url			       ? NULL
			      : !p->authorize_url		       ? "authorize_url (or server_metadata_url)"
			      : !p->token_url			       ? "access_token_url (or server_metadata_url)"
			      : !p->userinfo_url && !p->keys_url &&
					!(p->api_base_url && tw_oauth_userinfo_path(p)) ?
				      "jwks_uri, userinfo_endpoint or server_metadata_url" :
				      NULL;
	const char *const urls[] = {p->metadata_url, p->authorize_url, p->token_url,  p->userinfo_url,
				    p->keys_url,     p->logout_url,    p->api_base_url};

	if (missing)
		return tw_err_set(err, TW_ERR_INVALID, "OAUTH_PROVIDERS: provider '%s' needs %s in its remote_app", p->name,
				  missing);
	for (size_t i = 0; i < sizeof urls / sizeof *urls; i++)
		if (urls[i] && strncmp(urls[i], "https://", 8) != 0 && strncmp(urls[i], "http://", 7) != 0)
			return tw_err_set(err, TW_ERR_INVALID, "OAUTH_PROVIDERS: provider '%s': '%s' is no http or https URL",
					  p->name, urls[i]);
	if (p->auth_method && strcmp(p->auth_method, "client_secret_basic") != 0 &&
	    strcmp(p->auth_method, "client_secret_post") != 0 && strcmp(p->auth_method, "none") != 0)
		return tw_err_set(err, TW_ERR_INVALID,
				  "OAUTH_PROVIDERS: provider '%s': token_endpoint_auth_method '%s' is not one of "
				  "client_secret_basic, client_secret_post, none",
				  p->name, p->auth_method);
	for (size_t i = 0; i < tw_value_len(p->whitelist); i++) {
		const struct tw_value *v = p->whitelist.kind == TW_V_LIST ? &p->whitelist.list->v[i] : NULL;
		regex_t re;

		if (!v || v->kind != TW_V_STR || regcomp(&re, v->s.p, REG_EXTENDED | REG_NOSUB) != 0)
			return tw_err_set(err, TW_ERR_INVALID,
					  "OAUTH_PROVIDERS: provider '%s': whitelist must be a list of patterns", p->name);
		regfree(&re);
	}
	return TW_OK;
}

/* A name is a piece of paths, ours and FAB's. */
static bool name_ok(struct tw_str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.", name.p[i]))
			return false;
	return name.n > 0 && name.n < 100 && name.p[0] != '.';
}

static enum tw_rc read_provider(struct tw_oauth *o, struct tw_oauth_provider *p, struct tw_value v, struct tw_value secrets,
				const char *plain, struct tw_err *err)
{
	struct tw_value app = tw_map_value(v, "remote_app");

	if (!name_ok(tw_map_str(v, "name", "")))
		return tw_err_set(err, TW_ERR_INVALID,
				  "OAUTH_PROVIDERS: each provider needs a name, of letters, digits, '_', '-' and '.'");
	pthread_mutex_init(&p->lock, NULL);
	p->name = text(v, "name");
	p->label = text(v, "label") ? text(v, "label") : p->name;
	p->app = app;
	p->client_id = text(app, "client_id");
	p->client_secret = text(app, "client_secret");
	if (!p->client_secret)
		p->client_secret = secret_of(p->name, secrets, plain);
	p->metadata_url = text(app, "server_metadata_url");
	p->authorize_url = text(app, "authorize_url");
	p->token_url = text(app, "access_token_url");
	p->userinfo_url = text(app, "userinfo_endpoint");
	p->keys_url = text(app, "jwks_uri");
	p->logout_url = text(app, "end_session_endpoint");
	p->issuer = text(app, "issuer");
	p->api_base_url = text(app, "api_base_url");
	p->authorize_params = tw_map_value(app, "authorize_params");
	p->token_params = tw_map_value(app, "access_token_params");
	p->whitelist = tw_map_value(v, "whitelist");
	p->claims = tw_map_value(v, "claims");
	p->logout = tw_map_bool(v, "logout", false);
	read_kwargs(p, tw_map_value(app, "client_kwargs"));
	if (!p->tenant && strcmp(p->name, "azure") == 0)
		p->tenant = azure_tenant(o, p);
	if (!p->scope && (p->metadata_url || p->keys_url))
		p->scope = "openid email profile";
	return check(p, err);
}

/* {"azure": "groups"}: which claim has the groups. */
static enum tw_rc read_role_keys(struct tw_oauth *o, const char *json, struct tw_err *err)
{
	struct tw_value keys = TW_NULL;

	if (!json || !*json)
		return TW_OK;
	if (tw_json_parse(&o->arena, tw_str(json), &keys, err) < 0)
		return tw_err_wrap(err, "AUTH_OAUTH_ROLE_KEYS");
	for (size_t i = 0; i < o->n; i++) {
		struct tw_str claim = tw_map_str(keys, o->v[i].name, "");

		if (!claim.n)
			continue;
		if (o->v[i].claims.kind != TW_V_MAP)
			o->v[i].claims = tw_v_map(&o->arena);
		tw_map_putc(&o->arena, o->v[i].claims, "role_keys", tw_v_str(claim));
	}
	return TW_OK;
}

static enum tw_rc read_all(struct tw_oauth *o, const struct tw_oauth_opts *opts, struct tw_err *err)
{
	struct tw_value list, copy, secrets = TW_NULL;
	enum tw_rc rc = tw_json_parse(&o->arena, tw_str(opts->providers), &list, err);

	if (rc < 0)
		return tw_err_wrap(err, "OAUTH_PROVIDERS");
	if (list.kind != TW_V_LIST || !list.list->n)
		return tw_err_set(err, TW_ERR_INVALID,
				  "OAUTH_PROVIDERS must be a list of providers: [{\"name\": …, \"remote_app\": {…}}]");
	if (opts->client_secret && opts->client_secret[0] == '{' &&
	    tw_json_parse(&o->arena, tw_str(opts->client_secret), &secrets, NULL) < 0)
		return tw_err_set(err, TW_ERR_INVALID,
				  "[fab] oauth_client_secret begins with '{' and is no JSON object {\"provider\": \"secret\"}");
	copy = tw_value_copy(&o->arena, list); /* with ends to its texts */
	secrets = tw_value_copy(&o->arena, secrets);
	o->v = tw_arena_array(&o->arena, struct tw_oauth_provider, copy.list->n);
	for (size_t i = 0; rc == TW_OK && i < copy.list->n; i++) {
		rc = read_provider(o, &o->v[i], copy.list->v[i], secrets, opts->client_secret, err);
		if (rc == TW_OK && tw_oauth_find(o, tw_str(o->v[i].name)))
			rc = tw_err_set(err, TW_ERR_INVALID, "OAUTH_PROVIDERS: there are two of the name '%s'", o->v[i].name);
		o->n += rc == TW_OK;
	}
	return rc < 0 ? rc : read_role_keys(o, opts->role_keys, err);
}

enum tw_rc tw_oauth_new(const struct tw_oauth_opts *opts, struct tw_oauth **ret_oauth, struct tw_err *err)
{
	struct tw_oauth *o = tw_new(struct tw_oauth);
	TW_AUTO(tw_buf_release) struct tw_buf key = {0};
	enum tw_rc rc;

	o->python_file = opts->python_file;
	o->old_paths = opts->old_paths;
	tw_buf_adds(&key, "what a browser keeps while it signs in\n");
	tw_buf_addstr(&key, opts->secret_key);
	tw_sha256(tw_buf_str(&key), o->key);
	rc = read_all(o, opts, err);
	if (rc < 0) {
		tw_oauth_free(o);
		return rc;
	}
	*ret_oauth = o;
	return TW_OK;
}

void tw_oauth_free(struct tw_oauth *o)
{
	if (!o)
		return;
	for (size_t i = 0; i < o->n; i++) {
		pthread_mutex_destroy(&o->v[i].lock);
		free(o->v[i].metadata);
		free(o->v[i].keys);
	}
	tw_arena_release(&o->arena);
	free(o);
}

struct tw_oauth_provider *tw_oauth_find(const struct tw_oauth *o, struct tw_str name)
{
	for (size_t i = 0; o && i < o->n; i++)
		if (tw_str_is(name, o->v[i].name))
			return &o->v[i];
	return NULL;
}

/* ── what a browser keeps ─────────────────────────────────────────────────────────────── */

static struct tw_fernet fernet_of(const struct tw_oauth *o)
{
	struct tw_fernet f = {.n = 1};

	memcpy(f.key[0], o->key, sizeof f.key[0]);
	return f;
}

void tw_oauth_seal(const struct tw_oauth *o, struct tw_value v, struct tw_buf *out)
{
	TW_AUTO(tw_buf_release) struct tw_buf plain = {0};
	struct tw_fernet f = fernet_of(o);

	tw_json_write(&plain, v, TW_JSON_COMPACT);
	tw_fernet_encrypt(&f, tw_buf_str(&plain), tw_now(), out);
}

bool tw_oauth_unseal(const struct tw_oauth *o, struct tw_str sealed, int64_t age_max_us, struct tw_arena *a,
		     struct tw_value *ret_v)
{
	TW_AUTO(tw_buf_release) struct tw_buf plain = {0};
	struct tw_fernet f = fernet_of(o);
	struct tw_value v;

	if (!sealed.n || tw_fernet_decrypt(&f, sealed, &plain, NULL) < 0 ||
	    tw_json_parse(a, tw_buf_str(&plain), &v, NULL) < 0 || v.kind != TW_V_MAP ||
	    tw_map_int(v, "at", 0) + age_max_us < tw_now())
		return false;
	*ret_v = tw_value_copy(a, v);
	return true;
}
