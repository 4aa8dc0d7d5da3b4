#include "store/secret.h"

enum tw_rc tw_secret_put(struct tw_store *s, struct tw_str plain, struct tw_buf *out,
			 bool *ret_crypted, struct tw_err *err)
{
	bool has_key =
		s->opts.encrypt && (!s->opts.encrypts || s->opts.encrypts(s->opts.crypt_arg));

	*ret_crypted = false;
	if (!plain.p)
		return TW_OK;
	tw_buf_adds(out, "");
	if (!has_key || !plain.n) {
		tw_buf_addstr(out, plain);
		return TW_OK;
	}
	TW_TRY(s->opts.encrypt(s->opts.crypt_arg, plain, out, err));
	*ret_crypted = true;
	return TW_OK;
}

enum tw_rc tw_secret_get(struct tw_store *s, struct tw_str stored, bool crypted, struct tw_arena *a,
			 struct tw_str *ret_plain, struct tw_err *err)
{
	struct tw_buf plain TW_AUTO(tw_buf_release) = {0};

	if (!crypted || !stored.n) {
		*ret_plain = stored.p ? tw_str_copy(a, stored) : stored;
		return TW_OK;
	}
	if (!s->opts.decrypt)
		return tw_err_set(err, TW_ERR_DENIED,
				  "the value is encrypted and there is no key ([core] fernet_key)");
	if (s->opts.decrypt(s->opts.crypt_arg, stored, &plain, err) < 0)
		return tw_err_set(err, TW_ERR_DENIED,
				  "no key of [core] fernet_key decrypts the value");
	*ret_plain = tw_str_copy(a, tw_buf_str(&plain));
	return TW_OK;
}
