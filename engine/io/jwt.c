#include <math.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <pthread.h>

#include "io/token.h"
#include "value/json.h"

#define TOKEN_MAX (64u << 10)

static const struct {
	const char *name;
	const EVP_MD *(*digest)(void);
} algs[] = {
	[TW_JWT_HS256] = {"HS256", EVP_sha256},
	[TW_JWT_HS512] = {"HS512", EVP_sha512},
};

bool tw_jwt_alg_parse(const char *name, enum tw_jwt_alg *ret_alg)
{
	for (size_t i = 0; i < sizeof algs / sizeof *algs; i++) {
		if (strcmp(name, algs[i].name) == 0) {
			*ret_alg = (enum tw_jwt_alg)i;
			return true;
		}
	}
	return false;
}

/* A thread signs with one key for each algorithm, mostly: what comes of the key alone is made once. */
struct signer {
	struct {
		EVP_MAC_CTX *keyed; /* NULL: not yet */
		struct tw_buf key;
	} by[sizeof algs / sizeof *algs];
};

static pthread_key_t signers;
static pthread_once_t signers_once = PTHREAD_ONCE_INIT;

static void signer_free(void *arg)
{
	struct signer *s = arg;

	for (size_t i = 0; i < sizeof algs / sizeof *algs; i++) {
		EVP_MAC_CTX_free(s->by[i].keyed);
		if (s->by[i].key.p)
			OPENSSL_cleanse(s->by[i].key.p, s->by[i].key.n);
		tw_buf_release(&s->by[i].key);
	}
	free(s);
}

static void make_signers(void)
{
	TW_ASSERT(pthread_key_create(&signers, signer_free) == 0);
}

static EVP_MAC_CTX *key_for(enum tw_jwt_alg alg, struct tw_str key)
{
	const OSSL_PARAM digest[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)EVP_MD_get0_name(algs[alg].digest()), 0),
		OSSL_PARAM_construct_end()};
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(hmac);

	TW_ASSERT(ctx && EVP_MAC_init(ctx, (const unsigned char *)key.p, key.n, digest));
	EVP_MAC_free(hmac);
	return ctx;
}

static EVP_MAC_CTX *keyed(enum tw_jwt_alg alg, struct tw_str key)
{
	struct signer *s;

	pthread_once(&signers_once, make_signers);
	s = pthread_getspecific(signers);
	if (!s) {
		s = tw_new(struct signer);
		pthread_setspecific(signers, s);
	}
	if (!s->by[alg].keyed || !tw_str_eq(tw_buf_str(&s->by[alg].key), key)) {
		EVP_MAC_CTX_free(s->by[alg].keyed);
		s->by[alg].keyed = key_for(alg, key);
		tw_buf_clear(&s->by[alg].key);
		tw_buf_addstr(&s->by[alg].key, key);
	}
	return s->by[alg].keyed;
}

void tw_sha256(struct tw_str bytes, unsigned char out[32])
{
	TW_ASSERT(EVP_Digest(bytes.p, bytes.n, out, NULL, EVP_sha256(), NULL) == 1);
}

static struct tw_str sign(enum tw_jwt_alg alg, struct tw_str key, struct tw_str text,
			  unsigned char mac[EVP_MAX_MD_SIZE])
{
	EVP_MAC_CTX *ctx = keyed(alg, key);
	size_t n = 0;

	/* without a key: from the beginning, with the one that it has */
	TW_ASSERT(EVP_MAC_init(ctx, NULL, 0, NULL) && EVP_MAC_update(ctx, (const unsigned char *)text.p, text.n) &&
		  EVP_MAC_final(ctx, mac, &n, EVP_MAX_MD_SIZE));
	return tw_strn((const char *)mac, n);
}

enum tw_rc tw_jwt_make(struct tw_buf *out, enum tw_jwt_alg alg, struct tw_str key,
		       struct tw_value claims, struct tw_err *err)
{
	if (!key.n)
		return tw_err_set(err, TW_ERR_INVALID,
				  "a token cannot be signed with an empty key");
	TW_AUTO(tw_buf_release) struct tw_buf text = {0};
	size_t start = out->n;
	tw_buf_printf(&text, "{\"alg\":\"%s\",\"typ\":\"JWT\"}", algs[alg].name);
	tw_base64url(out, tw_buf_str(&text), false);
	tw_buf_addc(out, '.');
	tw_buf_clear(&text);
	tw_json_write(&text, claims, TW_JSON_COMPACT);
	tw_base64url(out, tw_buf_str(&text), false);

	unsigned char mac[EVP_MAX_MD_SIZE];
	struct tw_str sig = sign(alg, key, tw_strn(out->p + start, out->n - start), mac);
	tw_buf_addc(out, '.');
	tw_base64url(out, sig, false);
	return TW_OK;
}

bool tw_jwt_part(struct tw_arena *a, struct tw_str part, struct tw_value *ret_v)
{
	TW_AUTO(tw_buf_release) struct tw_buf text = {0};
	return tw_base64url_decode(&text, part) &&
	       tw_json_parse(a, tw_buf_str(&text), ret_v, NULL) == TW_OK && ret_v->kind == TW_V_MAP;
}

static bool signature_fits(const struct tw_jwt_check *c, struct tw_str text, struct tw_str part)
{
	TW_AUTO(tw_buf_release) struct tw_buf given = {0};
	unsigned char mac[EVP_MAX_MD_SIZE];
	if (!c->key.n || !tw_base64url_decode(&given, part))
		return false;
	return tw_const_eq(sign(c->alg, c->key, text, mac), tw_buf_str(&given));
}

/*
 * A time claim in microseconds, whole seconds as PyJWT takes it. Returns 0 when it is absent, 1
 * when there, -1 when it is no time.
 */
static int time_claim(struct tw_value claims, const char *name, int64_t *ret_us)
{
	const struct tw_value *v = tw_map_findc(claims, name);
	const double limit = 1e12; /* seconds: far past any year a date can name */
	if (!v)
		return 0;
	double s = v->kind == TW_V_INT ? (double)v->i : v->kind == TW_V_FLOAT ? v->f : NAN;
	if (!(s > -limit && s < limit))
		return -1;
	*ret_us = (int64_t)s * 1000000;
	return 1;
}

static enum tw_rc check_times(const struct tw_jwt_check *c, struct tw_value claims,
			      struct tw_err *err)
{
	int64_t exp = 0, nbf = 0, iat = 0;
	int has_exp = time_claim(claims, "exp", &exp), has_nbf = time_claim(claims, "nbf", &nbf),
	    has_iat = time_claim(claims, "iat", &iat);
	if (has_exp < 0 || has_nbf < 0 || has_iat < 0)
		return tw_err_set(err, TW_ERR_DENIED,
				  "exp, nbf and iat must be seconds since 1970");
	if (!has_exp && c->need_exp)
		return tw_err_set(err, TW_ERR_DENIED, "the token has no exp");
	if ((has_iat && iat > c->now_us + c->leeway_us) ||
	    (has_nbf && nbf > c->now_us + c->leeway_us))
		return tw_err_set(err, TW_ERR_DENIED, "the token is not valid yet");
	if (has_exp && exp <= c->now_us - c->leeway_us)
		return tw_err_set(err, TW_ERR_TIMEOUT, "the token has expired");
	return TW_OK;
}

static bool audience_fits(struct tw_value claims, const char *want)
{
	struct tw_value aud = tw_map_value(claims, "aud");
	if (!want) /* an empty one names nobody, as PyJWT has it */
		return aud.kind == TW_V_NULL || (aud.kind == TW_V_STR && !aud.s.n) ||
		       (aud.kind == TW_V_LIST && !aud.list->n);
	if (aud.kind == TW_V_STR)
		return tw_str_is(aud.s, want);
	bool hit = false;
	for (size_t i = 0; aud.kind == TW_V_LIST && i < aud.list->n; i++) {
		if (aud.list->v[i].kind != TW_V_STR)
			return false;
		hit = hit || tw_str_is(aud.list->v[i].s, want);
	}
	return hit;
}

enum tw_rc tw_jwt_claims_fit(const struct tw_jwt_check *c, struct tw_value claims, struct tw_err *err)
{
	enum tw_rc rc = check_times(c, claims, err);
	if (rc < 0)
		return rc;
	if (!audience_fits(claims, c->audience))
		return tw_err_set(err, TW_ERR_DENIED, "the token is for another audience");
	if (c->issuer && !tw_str_is(tw_map_str(claims, "iss", ""), c->issuer))
		return tw_err_set(err, TW_ERR_DENIED, "the token is from another issuer");
	return TW_OK;
}

static bool header_fits(const struct tw_jwt_check *c, struct tw_value header)
{
	return tw_str_is(tw_map_str(header, "alg", ""), algs[c->alg].name) &&
	       !tw_map_findc(header, "crit"); /* extensions that must be understood: none is */
}

enum tw_rc tw_jwt_verify(struct tw_arena *a, const struct tw_jwt_check *c, struct tw_str token,
			 struct tw_value *ret_claims, struct tw_err *err)
{
	struct tw_str rest, header = tw_str_cut(token, '.', &rest), claims, sig;
	struct tw_value h, v;
	claims = rest.p ? tw_str_cut(rest, '.', &sig) : rest;
	if (token.n > TOKEN_MAX)
		return tw_err_set(err, TW_ERR_LIMIT, "the token is too long");
	if (!rest.p || !sig.p || !tw_jwt_part(a, header, &h))
		return tw_err_set(err, TW_ERR_INVALID, "this is no token");
	if (!header_fits(c, h))
		return tw_err_set(err, TW_ERR_DENIED, "the token is not signed with %s",
				  algs[c->alg].name);
	if (!signature_fits(c, tw_strn(token.p, header.n + 1 + claims.n), sig))
		return tw_err_set(err, TW_ERR_DENIED, "the token's signature does not fit");
	if (!tw_jwt_part(a, claims, &v))
		return tw_err_set(err, TW_ERR_INVALID, "the token's claims are no JSON object");
	enum tw_rc rc = tw_jwt_claims_fit(c, v, err);
	if (rc == TW_OK)
		*ret_claims = v;
	return rc;
}
