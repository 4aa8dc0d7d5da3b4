/*
 * Signed and encrypted tokens: JWT with a shared key (RFC 7519, HS256 and HS512 only; those of others, with
 * public keys, are io/jws.h's), Fernet, and what they stand on: random bytes, base64url, UUIDv7.
 */
#pragma once

#include "base/str.h"
#include "value/value.h"

/* From the kernel; cannot fail. */
void tw_random(void *p, size_t n);
/* So many of its bytes (at most 64) as base64url without padding. */
struct tw_str tw_random_text(struct tw_arena *a, size_t bytes);
/* Same length and content, in a time that does not tell where they differ. */
bool tw_const_eq(struct tw_str a, struct tw_str b);

void tw_sha256(struct tw_str bytes, unsigned char out[32]);
void tw_base64url(struct tw_buf *out, struct tw_str bytes, bool pad);
/* Takes padded and unpadded text; false when it is no base64url. Appends. */
bool tw_base64url_decode(struct tw_buf *out, struct tw_str text);
void tw_base64(struct tw_buf *out, struct tw_str bytes);
bool tw_base64_decode(struct tw_buf *out, struct tw_str text);

/* RFC 9562, version 7: 36 characters. Ids of one process grow; now_us is the wall clock. */
#define TW_UUID_LEN 36
void tw_uuid7(char out[TW_UUID_LEN + 1], int64_t now_us);
/* The wall clock inside, in microseconds (millisecond steps), or -1 when it is no UUIDv7. */
int64_t tw_uuid7_time(struct tw_str uuid);

enum tw_jwt_alg { TW_JWT_HS256, TW_JWT_HS512 };
bool tw_jwt_alg_parse(const char *name, enum tw_jwt_alg *ret_alg); /* "HS256", "HS512" */

/* Signs claims, a map, and appends the token. The key is bytes, as PyJWT takes them; an empty one is refused. */
enum tw_rc tw_jwt_make(struct tw_buf *out, enum tw_jwt_alg alg, struct tw_str key,
		       struct tw_value claims, struct tw_err *err);

struct tw_jwt_check {
	enum tw_jwt_alg alg; /* the only one accepted, whatever the token says */
	struct tw_str key;
	const char *audience; /* required to be among "aud"; NULL: "aud" must be absent */
	const char *issuer;   /* required "iss"; NULL: not looked at */
	int64_t now_us;
	int64_t leeway_us;
	bool need_exp; /* without "exp" it is refused */
};

/*
 * Checks signature, then exp, nbf, iat, aud, iss. Claims go into the arena.
 * TW_ERR_INVALID: no JWT; TW_ERR_DENIED: signature or claims; TW_ERR_TIMEOUT: expired.
 */
enum tw_rc tw_jwt_verify(struct tw_arena *a, const struct tw_jwt_check *check, struct tw_str token,
			 struct tw_value *ret_claims, struct tw_err *err);

/*
 * The claims alone, as above: for who has checked the signature by other means. c's alg and key are not looked at.
 */
enum tw_rc tw_jwt_claims_fit(const struct tw_jwt_check *c, struct tw_value claims, struct tw_err *err);
/* One of the parts between the dots as a JSON object; false: it is none. */
bool tw_jwt_part(struct tw_arena *a, struct tw_str part, struct tw_value *ret_v);

/* Fernet keys as configuration gives them: base64 of 32 bytes, several separated by commas. */
#define TW_FERNET_KEYS 16
struct tw_fernet {
	unsigned char key[TW_FERNET_KEYS][32]; /* signing half, encrypting half */
	size_t n;
};
/* Empty text gives no keys: then encrypting keeps the text as it is, as Airflow does. */
enum tw_rc tw_fernet_init(struct tw_fernet *f, struct tw_str keys, struct tw_err *err);
/* With the first key. */
void tw_fernet_encrypt(const struct tw_fernet *f, struct tw_str plain, int64_t now_us, struct tw_buf *out);
/* With whichever key fits; TW_ERR_DENIED when none does. Appends to out. */
enum tw_rc tw_fernet_decrypt(const struct tw_fernet *f, struct tw_str token, struct tw_buf *out,
			     struct tw_err *err);
void tw_fernet_generate(char out[45]); /* a new key, terminated */

/*
 * A secret kept in a file of mode 0600: read when it is there, else made of `bytes` random bytes as
 * base64url and written. Two processes starting at once end with the same one.
 */
enum tw_rc tw_secret_file(const char *path, size_t bytes, struct tw_buf *out, struct tw_err *err);
/* Characters people can type, without look-alikes. */
void tw_password(char *out, size_t len); /* writes len characters and a NUL */
