#include "io/passhash.h"

#include <openssl/evp.h>
#include <openssl/kdf.h>

#include "io/token.h"

#define SALT_LEN 16
#define SCRYPT_LEN 64
#define MEMORY_MAX (256ll << 20)
#define WORK_MAX (8ll << 20) /* N·r·p */
#define ROUNDS_MAX 10000000

static void add_hex(struct tw_buf *out, const unsigned char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		tw_buf_printf(out, "%02x", p[i]);
}

/* The next number of "32768:8:1"; 0: there is none, or it is too large for anything. */
static int64_t number(struct tw_str *rest)
{
	int64_t i;

	if (!rest->p || !tw_str_to_int(tw_str_cut(*rest, ':', rest), &i) || i < 1 || i > ROUNDS_MAX)
		return 0;
	return i;
}

static bool scrypt(struct tw_str args, struct tw_str salt, struct tw_str password, struct tw_buf *out)
{
	int64_t n = number(&args), r = number(&args), p = number(&args);
	unsigned char key[SCRYPT_LEN];

	if (!n || !r || !p || args.p || 128 * n * r > MEMORY_MAX || n * r * p > WORK_MAX)
		return false;
	if (EVP_PBE_scrypt(password.p, password.n, (const unsigned char *)salt.p, salt.n, (uint64_t)n, (uint64_t)r,
			   (uint64_t)p, (uint64_t)(132 * n * r * p), key, sizeof key) != 1)
		return false;
	add_hex(out, key, sizeof key);
	return true;
}

static bool pbkdf2(struct tw_str args, struct tw_str salt, struct tw_str password, struct tw_buf *out)
{
	static const char *const digests[] = {"sha256", "sha512", "sha1"};
	struct tw_str name = tw_str_cut(args, ':', &args);
	int64_t rounds = number(&args);
	unsigned char key[EVP_MAX_MD_SIZE];

	for (size_t i = 0; rounds && !args.p && i < sizeof digests / sizeof *digests; i++) {
		const EVP_MD *md = EVP_get_digestbyname(digests[i]);
		int len = EVP_MD_get_size(md);

		if (!tw_str_is(name, digests[i]))
			continue;
		if (PKCS5_PBKDF2_HMAC(password.p, (int)password.n, (const unsigned char *)salt.p, (int)salt.n, (int)rounds,
				      md, len, key) != 1)
			return false;
		add_hex(out, key, (size_t)len);
		return true;
	}
	return false;
}

bool tw_passhash_fits(struct tw_str hash, struct tw_str password)
{
	struct tw_str rest, method = tw_str_cut(hash, '$', &rest), salt = rest, wanted, args;
	struct tw_buf found TW_AUTO(tw_buf_release) = {0};
	struct tw_str kind = tw_str_cut(method, ':', &args);
	bool ok;

	if (rest.p)
		salt = tw_str_cut(rest, '$', &wanted);
	if (!rest.p || !wanted.p || !args.p)
		return false;
	ok = tw_str_is(kind, "scrypt")	 ? scrypt(args, salt, password, &found)
	     : tw_str_is(kind, "pbkdf2") ? pbkdf2(args, salt, password, &found)
					 : false;
	return ok && tw_const_eq(tw_buf_str(&found), wanted);
}

void tw_passhash_make(struct tw_str password, struct tw_buf *out)
{
	char salt[SALT_LEN + 1];
	bool ok;

	tw_password(salt, SALT_LEN);
	tw_buf_printf(out, "scrypt:32768:8:1$%s$", salt);
	ok = scrypt(TW_STR("32768:8:1"), tw_str(salt), password, out);
	TW_ASSERT(ok);
}
