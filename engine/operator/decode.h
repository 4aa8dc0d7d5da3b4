/*
 * bytes.decode(encoding, errors="backslashreplace").rstrip(), as BashOperator does with each line.
 */
#pragma once

#include "base/str.h"

struct tw_decoder;

/* encoding is Python's name for it; TW_ERR_UNSUPPORTED when it is not known here. */
enum tw_rc tw_decoder_new(struct tw_str encoding, struct tw_decoder **ret_d, struct tw_err *err);
void tw_decoder_free(struct tw_decoder *d);
/* Appends the text. */
void tw_decoder_line(struct tw_decoder *d, struct tw_str bytes, struct tw_buf *out);
