/*
 * Providers of sign-ins: OpenID Connect, and OAuth 2 where the provider tells who somebody is by an API of its own. FAB's
 * OAUTH_PROVIDERS. Authorization code flow with PKCE; what a provider publishes of itself (discovery document, keys) is kept for an
 * hour. A provider is shared by the server's threads; whatever talks to it is for a thread that may wait (api/errand.h).
 */
#pragma once

#include <pthread.h>

#include "api/auth/newcomer.h"

struct tw_oauth_provider {
	const char *name, *label;
	const char *client_id, *client_secret; /* no secret: a public client */
	const char *scope;
	/* Given, or NULL: what its document says. */
	const char *metadata_url, *authorize_url, *token_url, *userinfo_url, *keys_url, *logout_url, *issuer;
	const char *api_base_url;
	const char *auth_method; /* client_secret_basic, client_secret_post, none; NULL: as its document has it */
	const char *tenant;	 /* Azure's */
	struct tw_value authorize_params, token_params, whitelist, claims;
	struct tw_value app; /* remote_app as it was given, for Python */
	const char *ca_file;
	bool insecure; /* its certificate is not verified */
	bool logout;   /* signing out here signs out there */
	/* oauth_learn.c's */
	pthread_mutex_t lock;
	char *metadata, *keys;
	int64_t metadata_at, keys_at; /* µs, monotonic */
};

struct tw_oauth_opts {
	const char *providers;	   /* JSON: FAB's OAUTH_PROVIDERS */
	const char *client_secret; /* of a provider whose entry has none: the text, or JSON {"name": "text"}; NULL or "": none */
	const char *role_keys;	   /* JSON: FAB's AUTH_OAUTH_ROLE_KEYS, {"name": "claim"}; NULL or "": none */
	struct tw_str secret_key;
	const char *python_file;   /* webserver_config.py, when its SECURITY_MANAGER_CLASS says who somebody is; NULL: not asked */
	bool old_paths;		   /* /oauth-authorized/NAME, as Airflow 2 has it, is where providers send people back to */
};

struct tw_oauth {
	struct tw_arena arena;
	struct tw_oauth_provider *v;
	size_t n;
	bool old_paths;
	const char *python_file;
	unsigned char key[32]; /* seals what a browser keeps for us */
};

/* TW_ERR_INVALID: the message names the provider and what is missing. */
enum tw_rc tw_oauth_new(const struct tw_oauth_opts *o, struct tw_oauth **ret_oauth, struct tw_err *err);
void tw_oauth_free(struct tw_oauth *o); /* NULL is fine */
struct tw_oauth_provider *tw_oauth_find(const struct tw_oauth *o, struct tw_str name); /* NULL: there is none */

/* What a browser keeps for us and cannot read or change. false: it is not ours, or older than that. */
void tw_oauth_seal(const struct tw_oauth *o, struct tw_value v, struct tw_buf *out);
bool tw_oauth_unseal(const struct tw_oauth *o, struct tw_str sealed, int64_t age_max_us, struct tw_arena *a,
		     struct tw_value *ret_v);

/* ── what a provider publishes (oauth_learn.c) ────────────────────────────────────────── */

struct tw_oauth_places {
	struct tw_str authorize, token, userinfo, keys, logout, issuer; /* n 0: there is none */
	struct tw_value algs;						/* of its id tokens; null: it does not say */
	bool basic;							/* the secret goes into a header */
	bool challenge;							/* it has not said that it knows no S256 */
};

/* As far as it is known without asking; false: it has to be asked. */
bool tw_oauth_known(struct tw_oauth_provider *p, struct tw_arena *a, struct tw_oauth_places *ret);
enum tw_rc tw_oauth_learn(struct tw_oauth_provider *p, struct tw_arena *a, struct tw_oauth_places *ret, struct tw_err *err);
/* Its keys. newer: those that are kept do not fit. */
enum tw_rc tw_oauth_keys(struct tw_oauth_provider *p, const struct tw_oauth_places *at, bool newer, struct tw_arena *a,
			 struct tw_value *ret_keys, struct tw_err *err);
/* An answer of the provider's in JSON, or as a form has it. headers, form: NULL or p NULL: none. */
enum tw_rc tw_oauth_fetch(const struct tw_oauth_provider *p, const char *url, const char *const *headers, struct tw_str form,
			  struct tw_arena *a, int *ret_status, struct tw_value *ret_v, struct tw_err *err);

/* ── signing in (oauth_redeem.c) ──────────────────────────────────────────────────────── */

struct tw_oauth_code {
	struct tw_str code, redirect_uri, verifier, nonce;
	struct tw_str issuer; /* who says that the code is theirs; p NULL: it is not said */
};
struct tw_oauth_told {
	struct tw_value claims;	  /* of the id token, and what else it tells of the person */
	struct tw_value response; /* of the token endpoint */
	struct tw_str id_token;	  /* n 0: there was none */
	struct tw_oauth_places at;
};
/*
 * Trades the code in and asks who it is. The message of an error is for people, and holds no secret; detail, in the arena, is for
 * the log.
 */
enum tw_rc tw_oauth_redeem(struct tw_oauth_provider *p, const struct tw_oauth_code *c, struct tw_arena *a,
			   struct tw_oauth_told *ret, const char **ret_detail, struct tw_err *err);
/* name=value& with what might end it escaped. */
void tw_oauth_param(struct tw_buf *out, const char *name, struct tw_str value);

/* ── who that is (oauth_who.c) ────────────────────────────────────────────────────────── */

/* Below api_base_url, where FAB asks this provider; NULL: FAB does not know it by name. */
const char *tw_oauth_userinfo_path(const struct tw_oauth_provider *p);
/* Do the id token's claims say all that is asked for? */
bool tw_oauth_enough(const struct tw_oauth_provider *p, struct tw_value claims);
/* By FAB's rules for the providers that it knows, by OpenID Connect's claims for others. TW_ERR_DENIED: it names nobody. */
enum tw_rc tw_oauth_who(const struct tw_oauth_provider *p, struct tw_value claims, struct tw_arena *a,
			struct tw_newcomer *ret_who, struct tw_err *err);
/* What Python is asked, if it is (docs/runner-protocol.md, "A question"). by_rule: who it is by the above; username n 0: nobody. */
struct tw_str tw_oauth_question(const struct tw_oauth *o, const struct tw_oauth_provider *p, const struct tw_oauth_told *told,
				const struct tw_newcomer *by_rule, struct tw_arena *a);
/* What it answers, FAB's userinfo. */
enum tw_rc tw_oauth_answer(struct tw_value info, struct tw_newcomer *ret_who, struct tw_err *err);
/* FAB's whitelist, if the provider has one: patterns that the end of the address must fit. */
bool tw_oauth_listed(const struct tw_oauth_provider *p, struct tw_value claims, struct tw_str email);
