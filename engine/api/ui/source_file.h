/*
 * A source file below a folder, read and written so that no path and no link leads out of it: each folder on the way is
 * opened by itself, links are refused. A version is told by an etag of what stands in the file.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"

#define TW_SOURCE_MAX (1u << 20) /* bytes */
#define TW_ETAG_MAX 65

/* NULL, or why this is no path of a YAML file below a folder. */
const char *tw_source_path_fault(struct tw_str path);
/* TW_ERR_NOT_FOUND: there is none. out is appended to. */
enum tw_rc tw_source_read(const char *folder, struct tw_str path, struct tw_buf *out, struct tw_err *err);
void tw_source_etag(struct tw_str content, char ret_etag[TW_ETAG_MAX]);
/*
 * Puts the content there in one step; its folder has to be there. etag: of what is to be replaced, p NULL: nothing is
 * there yet. TW_ERR_CONFLICT: something else is.
 */
enum tw_rc tw_source_write(const char *folder, struct tw_str path, struct tw_str content, struct tw_str etag,
			   struct tw_err *err);
