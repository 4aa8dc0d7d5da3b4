#include "io/jws.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "value/json.h"

#define TOKEN_MAX (64u << 10)
#define RSA_BITS_MIN 2048 /* RFC 7518, 3.3 */

enum family { RSA_PKCS1, RSA_PSS, EC, EDDSA };

struct alg {
	const char *name, *kty, *crv, *group;
	const EVP_MD *(*digest)(void);
	enum family family;
	size_t half; /* EC: bytes of each of the signature's two numbers */
};

static const struct alg algs[] = {
	{"RS256", "RSA", NULL, NULL, EVP_sha256, RSA_PKCS1, 0},
	{"RS384", "RSA", NULL, NULL, EVP_sha384, RSA_PKCS1, 0},
	{"RS512", "RSA", NULL, NULL, EVP_sha512, RSA_PKCS1, 0},
	{"PS256", "RSA", NULL, NULL, EVP_sha256, RSA_PSS, 0},
	{"PS384", "RSA", NULL, NULL, EVP_sha384, RSA_PSS, 0},
	{"PS512", "RSA", NULL, NULL, EVP_sha512, RSA_PSS, 0},
	{"ES256", "EC", "P-256", "prime256v1", EVP_sha256, EC, 32},
	{"ES384", "EC", "P-384", "secp384r1", EVP_sha384, EC, 48},
	{"ES512", "EC", "P-521", "secp521r1", EVP_sha512, EC, 66},
	{"EdDSA", "OKP", "Ed25519", NULL, NULL, EDDSA, 0},
};

static const struct alg *alg_of(struct tw_value header, struct tw_value allowed)
{
	struct tw_str name = tw_map_str(header, "alg", "");
	bool listed = allowed.kind == TW_V_NULL;

	for (size_t i = 0; allowed.kind == TW_V_LIST && i < allowed.list->n; i++)
		listed |= allowed.list->v[i].kind == TW_V_STR && tw_str_eq(allowed.list->v[i].s, name);
	for (size_t i = 0; listed && i < sizeof algs / sizeof *algs; i++)
		if (tw_str_is(name, algs[i].name))
			return &algs[i];
	return NULL;
}

/* ── keys ─────────────────────────────────────────────────────────────────────────────── */

/* A member of the key that is base64url; false: it is not there, or is none. */
static bool member(struct tw_value jwk, const char *name, struct tw_buf *out)
{
	struct tw_str text = tw_map_str(jwk, name, "");

	return text.n && tw_base64url_decode(out, text) && out->n;
}

static EVP_PKEY *key_from(const char *type, OSSL_PARAM_BLD *parts)
{
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(parts);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *key = NULL;

	if (params && ctx && EVP_PKEY_fromdata_init(ctx) == 1 &&
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	return key;
}

static EVP_PKEY *rsa_key(struct tw_value jwk)
{
	TW_AUTO(tw_buf_release) struct tw_buf n = {0}, e = {0};
	OSSL_PARAM_BLD *parts = OSSL_PARAM_BLD_new();
	BIGNUM *bn = NULL, *be = NULL;
	EVP_PKEY *key = NULL;

	if (member(jwk, "n", &n) && member(jwk, "e", &e)) {
		bn = BN_bin2bn((const unsigned char *)n.p, (int)n.n, NULL);
		be = BN_bin2bn((const unsigned char *)e.p, (int)e.n, NULL);
		OSSL_PARAM_BLD_push_BN(parts, OSSL_PKEY_PARAM_RSA_N, bn);
		OSSL_PARAM_BLD_push_BN(parts, OSSL_PKEY_PARAM_RSA_E, be);
		key = key_from("RSA", parts);
	}
	BN_free(bn);
	BN_free(be);
	OSSL_PARAM_BLD_free(parts);
	if (key && EVP_PKEY_get_bits(key) < RSA_BITS_MIN) {
		EVP_PKEY_free(key);
		key = NULL;
	}
	return key;
}

static EVP_PKEY *ec_key(struct tw_value jwk, const struct alg *alg)
{
	TW_AUTO(tw_buf_release) struct tw_buf x = {0}, y = {0}, point = {0};
	OSSL_PARAM_BLD *parts;
	EVP_PKEY *key;

	if (!member(jwk, "x", &x) || !member(jwk, "y", &y) || x.n != alg->half || y.n != alg->half)
		return NULL;
	tw_buf_addc(&point, 4); /* both coordinates follow */
	tw_buf_addstr(&point, tw_buf_str(&x));
	tw_buf_addstr(&point, tw_buf_str(&y));
	parts = OSSL_PARAM_BLD_new();
	OSSL_PARAM_BLD_push_utf8_string(parts, OSSL_PKEY_PARAM_GROUP_NAME, alg->group, 0);
	OSSL_PARAM_BLD_push_octet_string(parts, OSSL_PKEY_PARAM_PUB_KEY, point.p, point.n);
	key = key_from("EC", parts);
	OSSL_PARAM_BLD_free(parts);
	return key;
}

static EVP_PKEY *ed_key(struct tw_value jwk)
{
	TW_AUTO(tw_buf_release) struct tw_buf x = {0};

	return member(jwk, "x", &x) ? EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, (const unsigned char *)x.p, x.n)
				    : NULL;
}

/* Is this the kind of key that signs so? What the key says of itself must allow it. */
static bool key_suits(struct tw_value jwk, const struct alg *alg, struct tw_str kid)
{
	struct tw_str own = tw_map_str(jwk, "kid", NULL), only = tw_map_str(jwk, "alg", NULL),
		      use = tw_map_str(jwk, "use", "sig");

	return tw_str_is(tw_map_str(jwk, "kty", ""), alg->kty) && tw_str_is(use, "sig") &&
	       (!alg->crv || tw_str_is(tw_map_str(jwk, "crv", ""), alg->crv)) &&
	       (!only.p || tw_str_is(only, alg->name)) && (!kid.p || (own.p && tw_str_eq(own, kid)));
}

static EVP_PKEY *key_of(struct tw_value jwk, const struct alg *alg)
{
	switch (alg->family) {
	case RSA_PKCS1:
	case RSA_PSS:
		return rsa_key(jwk);
	case EC:
		return ec_key(jwk, alg);
	case EDDSA:
		return ed_key(jwk);
	}
	return NULL;
}

/* ── the signature ────────────────────────────────────────────────────────────────────── */

/* A token has the two numbers side by side, OpenSSL wants them in DER. */
static bool as_der(const struct alg *alg, struct tw_buf *sig)
{
	ECDSA_SIG *pair;
	unsigned char *der = NULL;
	const unsigned char *p = (const unsigned char *)sig->p;
	int n;

	if (sig->n != 2 * alg->half)
		return false;
	pair = ECDSA_SIG_new();
	ECDSA_SIG_set0(pair, BN_bin2bn(p, (int)alg->half, NULL), BN_bin2bn(p + alg->half, (int)alg->half, NULL));
	n = i2d_ECDSA_SIG(pair, &der);
	ECDSA_SIG_free(pair);
	if (n <= 0)
		return false;
	tw_buf_clear(sig);
	tw_buf_add(sig, der, (size_t)n);
	OPENSSL_free(der);
	return true;
}

static bool signed_with(EVP_PKEY *key, const struct alg *alg, struct tw_str text, struct tw_str sig)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *how;
	bool ok = EVP_DigestVerifyInit(ctx, &how, alg->digest ? alg->digest() : NULL, NULL, key) == 1;

	if (ok && alg->family == RSA_PSS)
		ok = EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING) == 1 &&
		     EVP_PKEY_CTX_set_rsa_pss_saltlen(how, RSA_PSS_SALTLEN_DIGEST) == 1;
	ok = ok && EVP_DigestVerify(ctx, (const unsigned char *)sig.p, sig.n, (const unsigned char *)text.p, text.n) == 1;
	EVP_MD_CTX_free(ctx);
	return ok;
}

/* By one of the keys that suit: a set may hold several when none has a name. */
static enum tw_rc check_signature(struct tw_value keys, const struct alg *alg, struct tw_str kid, struct tw_str text,
				  struct tw_str part, struct tw_err *err)
{
	TW_AUTO(tw_buf_release) struct tw_buf sig = {0};
	struct tw_value list = tw_map_value(keys, "keys");
	bool suits = false, fits = false, read = tw_base64url_decode(&sig, part);

	if (read && alg->family == EC)
		read = as_der(alg, &sig);
	for (size_t i = 0; !fits && list.kind == TW_V_LIST && i < list.list->n; i++) {
		EVP_PKEY *key = key_suits(list.list->v[i], alg, kid) ? key_of(list.list->v[i], alg) : NULL;

		suits |= key != NULL;
		fits = key && read && signed_with(key, alg, text, tw_buf_str(&sig));
		EVP_PKEY_free(key);
	}
	if (fits)
		return TW_OK;
	if (!suits)
		return tw_err_set(err, TW_ERR_NOT_FOUND, "the token is signed with a key that its issuer does not publish");
	return tw_err_set(err, TW_ERR_DENIED, "the token's signature does not fit");
}

enum tw_rc tw_jws_verify(struct tw_arena *a, const struct tw_jws_check *c, struct tw_str token,
			 struct tw_value *ret_claims, struct tw_err *err)
{
	struct tw_str rest, header = tw_str_cut(token, '.', &rest), claims, sig = {0};
	struct tw_value h, v;
	const struct alg *alg;
	enum tw_rc rc;

	claims = rest.p ? tw_str_cut(rest, '.', &sig) : rest;
	if (token.n > TOKEN_MAX)
		return tw_err_set(err, TW_ERR_LIMIT, "the token is too long");
	if (!rest.p || !sig.p || !tw_jwt_part(a, header, &h))
		return tw_err_set(err, TW_ERR_INVALID, "this is no token");
	alg = tw_map_findc(h, "crit") ? NULL : alg_of(h, c->algs); /* crit: extensions that must be understood */
	if (!alg)
		return tw_err_set(err, TW_ERR_DENIED, "the token is not signed in a way that its issuer signs");
	rc = check_signature(c->keys, alg, tw_map_str(h, "kid", NULL), tw_strn(token.p, header.n + 1 + claims.n), sig, err);
	if (rc < 0)
		return rc;
	if (!tw_jwt_part(a, claims, &v))
		return tw_err_set(err, TW_ERR_INVALID, "the token's claims are no JSON object");
	rc = tw_jwt_claims_fit(&c->claims, v, err);
	if (rc == TW_OK)
		*ret_claims = v;
	return rc;
}
