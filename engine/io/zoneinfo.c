#include "io/zoneinfo.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_BYTES (1 << 20)

static const char *const directories[] = {"/usr/share/zoneinfo", "/usr/lib/zoneinfo",
					  "/usr/share/lib/zoneinfo", "/etc/zoneinfo"};

/* NOT_FOUND when there is no such regular file. */
static enum tw_rc read_file(struct tw_str dir, const char *name, struct tw_buf *ret,
			    struct tw_err *err)
{
	TW_AUTO(tw_freep) char *path = tw_asprintf(TW_STR_FMT "/%s", TW_STR_ARG(dir), name);
	struct stat st;
	char chunk[4096];
	size_t n;
	FILE *f;
	bool failed;

	if (dir.n == 0 || stat(path, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > MAX_BYTES)
		return TW_ERR_NOT_FOUND;
	f = fopen(path, "rbe");
	if (!f)
		return errno == ENOENT ? TW_ERR_NOT_FOUND
				       : tw_err_errno(err, errno, "cannot open %s", path);
	tw_buf_clear(ret);
	while (ret->n <= MAX_BYTES && (n = fread(chunk, 1, sizeof chunk, f)) > 0)
		tw_buf_add(ret, chunk, n);
	failed = ferror(f);
	fclose(f);
	return failed ? tw_err_set(err, TW_ERR_IO, "cannot read %s", path) : TW_OK;
}

/* Each directory of a list parted by colons. */
static enum tw_rc try_list(const char *list, const char *name, struct tw_buf *ret,
			   struct tw_err *err)
{
	struct tw_str rest = tw_str(list);
	enum tw_rc rc = TW_ERR_NOT_FOUND;

	while (rest.p && rc == TW_ERR_NOT_FOUND)
		rc = read_file(tw_str_cut(rest, ':', &rest), name, ret, err);
	return rc;
}

enum tw_rc tw_zoneinfo_load(void *ctx, const char *name, struct tw_buf *ret_bytes,
			    struct tw_err *err)
{
	enum tw_rc rc;

	if (ctx) {
		rc = read_file(tw_str(ctx), name, ret_bytes, err);
	} else {
		rc = try_list(getenv("PYTHONTZPATH"), name, ret_bytes, err);
		if (rc == TW_ERR_NOT_FOUND)
			rc = try_list(getenv("TZDIR"), name, ret_bytes, err);
		for (size_t i = 0; rc == TW_ERR_NOT_FOUND && i < 4; i++)
			rc = read_file(tw_str(directories[i]), name, ret_bytes, err);
	}
	if (rc == TW_ERR_NOT_FOUND)
		return tw_err_set(err, rc, "no time zone file '%s'", name);
	return rc;
}

/* What follows "zoneinfo/" in a path, or NULL. */
static const char *below_zoneinfo(const char *path)
{
	const char *p = strstr(path, "zoneinfo/");

	return p ? p + strlen("zoneinfo/") : NULL;
}

void tw_zoneinfo_system(struct tw_buf *ret_name)
{
	TW_AUTO(tw_buf_release) struct tw_buf file = {0};
	const char *tz = getenv("TZ"), *below;
	char link[PATH_MAX];
	ssize_t n;

	tw_buf_clear(ret_name);
	if (tz && *tz) {
		tz += *tz == ':';
		below = below_zoneinfo(tz);
		tw_buf_adds(ret_name, below ? below : tz);
		return;
	}
	n = readlink("/etc/localtime", link, sizeof link - 1);
	if (n > 0) {
		link[n] = '\0';
		below = below_zoneinfo(link);
		if (below) {
			tw_buf_adds(ret_name, below);
			return;
		}
	}
	if (read_file(TW_STR("/etc"), "timezone", &file, NULL) == TW_OK && file.n)
		tw_buf_addstr(ret_name, tw_str_trim(tw_buf_str(&file)));
	if (ret_name->n == 0)
		tw_buf_adds(ret_name, "UTC");
}
