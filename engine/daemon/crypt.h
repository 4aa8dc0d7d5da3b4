/* The metastore's encryption hooks (store.h) on Fernet keys. Empty keys: secrets are stored as they are. */
#pragma once

#include "io/token.h"
#include "store/store.h"

struct tw_crypt {
	struct tw_fernet fernet;
};

enum tw_rc tw_crypt_init(struct tw_crypt *c, struct tw_str keys, struct tw_err *err);
/* Puts the four hooks into a store's options. c must outlive the handle. */
void tw_crypt_hook(struct tw_crypt *c, struct tw_store_opts *opts);
