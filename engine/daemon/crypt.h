/* The metastore's encryption hooks (store.h) on Fernet keys. Empty keys: secrets are stored as they are. */
#pragma once

#include "io/token.h"

struct tw_crypt {
	struct tw_fernet fernet;
};

enum tw_rc tw_crypt_init(struct tw_crypt *c, struct tw_str keys, struct tw_err *err);
enum tw_rc tw_crypt_encrypt(void *arg, struct tw_str in, struct tw_buf *out, struct tw_err *err);
enum tw_rc tw_crypt_decrypt(void *arg, struct tw_str in, struct tw_buf *out, struct tw_err *err);
bool tw_crypt_has_key(void *arg);
