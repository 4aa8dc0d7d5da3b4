#include "daemon/crypt.h"

#include "io/clock.h"

enum tw_rc tw_crypt_init(struct tw_crypt *c, struct tw_str keys, struct tw_err *err)
{
	enum tw_rc rc = tw_fernet_init(&c->fernet, keys, err);

	return rc < 0 ? tw_err_wrap(err, "[core] fernet_key") : TW_OK;
}

static enum tw_rc encrypt(void *arg, struct tw_str in, struct tw_buf *out, struct tw_err *err)
{
	struct tw_crypt *c = arg;

	tw_fernet_encrypt(&c->fernet, in, tw_now(), out);
	return TW_OK;
}

static enum tw_rc decrypt(void *arg, struct tw_str in, struct tw_buf *out, struct tw_err *err)
{
	struct tw_crypt *c = arg;

	return tw_fernet_decrypt(&c->fernet, in, out, err);
}

static bool has_key(void *arg)
{
	return ((struct tw_crypt *)arg)->fernet.n > 0;
}

void tw_crypt_hook(struct tw_crypt *c, struct tw_store_opts *opts)
{
	opts->encrypt = encrypt;
	opts->decrypt = decrypt;
	opts->encrypts = has_key;
	opts->crypt_arg = c;
}
