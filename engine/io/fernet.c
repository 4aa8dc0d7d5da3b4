/* Fernet: version, time, IV, AES-128-CBC with PKCS #7 padding, HMAC-SHA256 over all of it. */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "io/token.h"

#define VERSION 0x80
#define HEAD 25 /* version, 8 bytes of time, 16 of IV */
#define MAC 32
#define BLOCK 16

static void add_key(struct tw_fernet *f, const char *key)
{
	memcpy(f->key[f->n++], key, 32);
}

enum tw_rc tw_fernet_init(struct tw_fernet *f, struct tw_str keys, struct tw_err *err)
{
	struct tw_fernet made = {0};
	keys = tw_str_trim(keys);
	for (size_t i = 1; keys.n; i++) {
		TW_AUTO(tw_buf_release) struct tw_buf raw = {0};
		struct tw_str key = tw_str_trim(tw_str_cut(keys, ',', &keys));
		if (made.n == TW_FERNET_KEYS)
			return tw_err_set(err, TW_ERR_LIMIT, "more than %d fernet keys",
					  TW_FERNET_KEYS);
		bool ok = tw_base64url_decode(&raw, key) || tw_base64_decode(&raw, key);
		if (!ok || raw.n != 32)
			return tw_err_set(err, TW_ERR_INVALID,
					  "fernet key %zu is not 32 bytes in base64url", i);
		add_key(&made, raw.p);
	}
	*f = made;
	return TW_OK;
}

static void mac_of(const unsigned char *key, struct tw_str s, unsigned char mac[MAC])
{
	const unsigned char *ok =
		HMAC(EVP_sha256(), key, 16, (const unsigned char *)s.p, s.n, mac, NULL);
	TW_ASSERT(ok);
}

/* Appends; false when the padding is wrong. */
static bool aes(struct tw_buf *out, const unsigned char *key, const unsigned char *iv,
		struct tw_str in, int encrypt)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	TW_ASSERT(ctx && in.n < INT32_MAX - BLOCK);
	tw_buf_reserve(out, in.n + BLOCK);
	unsigned char *to = (unsigned char *)out->p + out->n;
	int n = 0, last = 0;
	int ok = EVP_CipherInit_ex(ctx, EVP_aes_128_cbc(), NULL, key, iv, encrypt);
	if (ok && in.n)
		ok = EVP_CipherUpdate(ctx, to, &n, (const unsigned char *)in.p, (int)in.n);
	if (ok)
		ok = EVP_CipherFinal_ex(ctx, to + n, &last);
	EVP_CIPHER_CTX_free(ctx);
	if (ok)
		out->n += (size_t)(n + last);
	out->p[out->n] = 0;
	return ok;
}

void tw_fernet_encrypt(const struct tw_fernet *f, struct tw_str plain, int64_t now_us,
		       struct tw_buf *out)
{
	if (!f->n) {
		tw_buf_addstr(out, plain);
		return;
	}
	TW_AUTO(tw_buf_release) struct tw_buf raw = {0};
	unsigned char head[HEAD] = {VERSION}, mac[MAC];
	uint64_t seconds = (uint64_t)(now_us / 1000000);
	for (int i = 0; i < 8; i++)
		head[1 + i] = (unsigned char)(seconds >> (56 - 8 * i));
	tw_random(head + 9, 16);
	tw_buf_add(&raw, head, HEAD);
	bool ok = aes(&raw, f->key[0] + 16, head + 9, plain, 1);
	TW_ASSERT(ok);
	mac_of(f->key[0], tw_buf_str(&raw), mac);
	tw_buf_add(&raw, mac, MAC);
	tw_base64url(out, tw_buf_str(&raw), true);
}

enum tw_rc tw_fernet_decrypt(const struct tw_fernet *f, struct tw_str token, struct tw_buf *out,
			     struct tw_err *err)
{
	if (!f->n) {
		tw_buf_addstr(out, token);
		return TW_OK;
	}
	TW_AUTO(tw_buf_release) struct tw_buf raw = {0};
	if (!tw_base64url_decode(&raw, token) || raw.n < HEAD + BLOCK + MAC ||
	    (raw.n - HEAD - MAC) % BLOCK || (unsigned char)raw.p[0] != VERSION)
		return tw_err_set(err, TW_ERR_DENIED, "this is not encrypted with fernet");
	struct tw_str body = tw_strn(raw.p, raw.n - MAC);
	for (size_t i = 0; i < f->n; i++) {
		unsigned char mac[MAC];
		mac_of(f->key[i], body, mac);
		if (CRYPTO_memcmp(mac, raw.p + body.n, MAC) != 0)
			continue;
		struct tw_str cipher = tw_strn(raw.p + HEAD, body.n - HEAD);
		if (aes(out, f->key[i] + 16, (unsigned char *)raw.p + 9, cipher, 0))
			return TW_OK;
	}
	return tw_err_set(err, TW_ERR_DENIED, "none of the fernet keys fits");
}

void tw_fernet_generate(char out[45])
{
	TW_AUTO(tw_buf_release) struct tw_buf text = {0};
	char raw[32];
	tw_random(raw, sizeof raw);
	tw_base64url(&text, tw_strn(raw, sizeof raw), true);
	memcpy(out, text.p, 45);
}
