#include "api/exec/exec_token.h"

#include "time/instant.h"

#define WORKER_TTL 600
#define RENEW_LEAST 30 /* seconds */

static const struct {
	enum tw_exec_scope scope;
	const char *name;
} scopes[] = {
	{ TW_SCOPE_EXECUTION, "execution" },
	{ TW_SCOPE_WORKLOAD, "workload" },
	{ TW_SCOPE_WORKER, "worker" },
};

static const char *scope_name(enum tw_exec_scope scope)
{
	for (size_t i = 0; i < sizeof scopes / sizeof *scopes; i++)
		if (scopes[i].scope == scope)
			return scopes[i].name;
	return "";
}

static int64_t lifetime(const struct tw_exec_keys *k, enum tw_exec_scope scope)
{
	switch (scope) {
	case TW_SCOPE_EXECUTION:
		return k->ttl;
	case TW_SCOPE_WORKLOAD:
		return k->queued_ttl;
	case TW_SCOPE_WORKER:
		return WORKER_TTL;
	}
	return 0;
}

/* The nth audience; p NULL after the last. */
static struct tw_str audience(const struct tw_exec_keys *k, int n)
{
	struct tw_str rest = k->audiences;

	while (rest.p) {
		struct tw_str one = tw_str_trim(tw_str_cut(rest, ',', &rest));

		if (one.n && n-- == 0)
			return one;
	}
	return (struct tw_str){ 0 };
}

enum tw_rc tw_exec_token_make(const struct tw_exec_keys *k, struct tw_str sub, enum tw_exec_scope scope, struct tw_str jti,
			      int64_t now_us, struct tw_buf *out, struct tw_err *err)
{
	TW_AUTO(tw_arena_release) struct tw_arena a = { 0 };
	struct tw_value claims = tw_v_map(&a);
	int64_t now = now_us / TW_US_SEC;
	char drawn[TW_UUID_LEN + 1];

	tw_uuid7(drawn, now_us);
	tw_map_putc(&a, claims, "sub", tw_v_str(sub));
	tw_map_putc(&a, claims, "scope", tw_v_cstr(scope_name(scope)));
	tw_map_putc(&a, claims, "jti", jti.p ? tw_v_str(jti) : tw_v_cstr(drawn));
	tw_map_putc(&a, claims, "aud", tw_v_str(audience(k, 0)));
	if (k->issuer)
		tw_map_putc(&a, claims, "iss", tw_v_cstr(k->issuer));
	tw_map_putc(&a, claims, "nbf", tw_v_int(now));
	tw_map_putc(&a, claims, "iat", tw_v_int(now));
	tw_map_putc(&a, claims, "exp", tw_v_int(now + lifetime(k, scope)));
	return tw_jwt_make(out, k->alg, k->secret, claims, err);
}

static enum tw_rc verify(const struct tw_exec_keys *k, struct tw_str token, int64_t now_us, struct tw_arena *a,
			 struct tw_value *ret, struct tw_err *err)
{
	struct tw_jwt_check check = {
		.alg = k->alg,
		.key = k->secret,
		.issuer = k->issuer,
		.now_us = now_us,
		.leeway_us = k->leeway * TW_US_SEC,
		.need_exp = true,
	};
	enum tw_rc rc = TW_ERR_DENIED;

	for (int i = 0; audience(k, i).p && rc == TW_ERR_DENIED; i++) {
		struct tw_str aud = audience(k, i);

		check.audience = tw_arena_printf(a, TW_STR_FMT, TW_STR_ARG(aud));
		rc = tw_jwt_verify(a, &check, token, ret, err);
	}
	return rc;
}

static bool read_scope(struct tw_value claims, enum tw_exec_scope *ret)
{
	struct tw_value scope = tw_map_value(claims, "scope");

	*ret = TW_SCOPE_EXECUTION;
	if (!tw_map_findc(claims, "scope"))
		return true;
	for (size_t i = 0; scope.kind == TW_V_STR && i < sizeof scopes / sizeof *scopes; i++) {
		if (!tw_str_is(scope.s, scopes[i].name))
			continue;
		*ret = scopes[i].scope;
		return true;
	}
	return false;
}

enum tw_rc tw_exec_token_check(const struct tw_exec_keys *k, struct tw_str token, int64_t now_us, struct tw_arena *a,
			       struct tw_exec_claims *ret, struct tw_err *err)
{
	struct tw_value claims;
	struct tw_exec_claims c = { 0 };
	enum tw_rc rc = verify(k, token, now_us, a, &claims, err);

	if (rc < 0)
		return rc;
	c.sub = tw_map_str(claims, "sub", "");
	c.jti = tw_map_str(claims, "jti", NULL);
	c.iat = tw_map_int(claims, "iat", -1);
	c.exp = tw_map_int(claims, "exp", 0);
	if (!read_scope(claims, &c.scope))
		return tw_err_set(err, TW_ERR_DENIED, "the token's scope is none of this API");
	if (c.iat < 0 || !c.sub.n || (c.scope != TW_SCOPE_WORKER && !tw_id_parse(c.sub, &c.id)))
		return tw_err_set(err, TW_ERR_DENIED, "the token names no task instance");
	*ret = c;
	return TW_OK;
}

bool tw_exec_token_wanes(const struct tw_exec_claims *c, int64_t now_us)
{
	int64_t renew = (c->exp - c->iat) / 5;

	return c->scope == TW_SCOPE_EXECUTION && c->exp - now_us / TW_US_SEC <= (renew > RENEW_LEAST ? renew : RENEW_LEAST);
}
