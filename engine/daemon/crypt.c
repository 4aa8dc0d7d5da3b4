#include "daemon/crypt.h"

#include "io/clock.h"

enum tw_rc tw_crypt_init(struct tw_crypt *c, struct tw_str keys, struct tw_err *err)
{
	enum tw_rc rc = tw_fernet_init(&c->fernet, keys, err);

	return rc < 0 ? tw_err_wrap(err, "[core] fernet_key") : TW_OK;
}

enum tw_rc tw_crypt_encrypt(void *arg, struct tw_str in, struct tw_buf *out, struct tw_err *err)
{
	struct tw_crypt *c = arg;

	tw_fernet_encrypt(&c->fernet, in, tw_now(), out);
	return TW_OK;
}

enum tw_rc tw_crypt_decrypt(void *arg, struct tw_str in, struct tw_buf *out, struct tw_err *err)
{
	struct tw_crypt *c = arg;

	return tw_fernet_decrypt(&c->fernet, in, out, err);
}

bool tw_crypt_has_key(void *arg)
{
	return ((struct tw_crypt *)arg)->fernet.n > 0;
}
