/*
 * Tokens that others sign: JWT with a public key out of a JWK set (RFC 7515, 7517, 7518, 8037). Nothing but public-key
 * signatures is known here: a token that says "none", or that was signed with a shared key, fits no key.
 */
#pragma once

#include "io/token.h"

struct tw_jws_check {
	struct tw_value keys;	    /* the JWK set: {"keys": […]} */
	struct tw_value algs;	    /* names of those that the issuer signs with; null: all that are known here */
	struct tw_jwt_check claims; /* alg and key are not looked at */
};

/*
 * Checks the signature, then the claims as tw_jwt_verify does, and with its codes; TW_ERR_NOT_FOUND: no key of
 * the set is the token's, a newer set may have it.
 */
enum tw_rc tw_jws_verify(struct tw_arena *a, const struct tw_jws_check *check, struct tw_str token,
			 struct tw_value *ret_claims, struct tw_err *err);
