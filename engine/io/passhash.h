/*
 * Hashes of passwords as werkzeug (and so Airflow's FAB) writes them: "scrypt:32768:8:1$salt$hex" and
 * "pbkdf2:sha256:600000$salt$hex". Both are checked, new ones are scrypt. It takes tens of milliseconds
 * and 32 MiB on purpose: who serves others meanwhile does it one at a time.
 */
#pragma once

#include "base/str.h"

void tw_passhash_make(struct tw_str password, struct tw_buf *out);
/* false also for a hash of another kind, or one that asks for more work than anybody should do. */
bool tw_passhash_fits(struct tw_str hash, struct tw_str password);
