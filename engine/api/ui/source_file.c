#include "api/ui/source_file.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

#define PIECE_MAX 200

const char *tw_source_path_fault(struct tw_str path)
{
	struct tw_str rest = path, one;

	if (!tw_str_ends(path, ".yaml") && !tw_str_ends(path, ".yml"))
		return "its name has to end with .yaml or .yml";
	do {
		one = tw_str_cut(rest, '/', &rest);
		if (!one.n || one.n > PIECE_MAX || one.p[0] == '.')
			return "no piece of it may be empty, long or begin with a dot";
		for (size_t i = 0; i < one.n; i++)
			if ((unsigned char)one.p[i] < ' ' || one.p[i] == 0x7f || one.p[i] == '\\')
				return "it has a letter that names of files should not have";
	} while (rest.p);
	return NULL;
}

/* The folder that the file is in; name: its last piece. -1: errno. */
static int open_folder(const char *folder, struct tw_str path, char name[PIECE_MAX + 1])
{
	int at = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct tw_str rest = path;

	while (at >= 0) {
		struct tw_str one = tw_str_cut(rest, '/', &rest);
		int next;

		memcpy(name, one.p, one.n);
		name[one.n] = '\0';
		if (!rest.p)
			return at;
		next = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
		close(at);
		at = next;
	}
	return -1;
}

static enum tw_rc fault(struct tw_err *err, struct tw_str path, const char *what)
{
	int e = errno;

	if (e == ENOENT)
		return tw_err_set(err, TW_ERR_NOT_FOUND, "there is no " TW_STR_FMT, TW_STR_ARG(path));
	if (e == ELOOP || e == ENOTDIR)
		return tw_err_set(err, TW_ERR_DENIED, TW_STR_FMT " is a link or leads through one: it is left alone",
				  TW_STR_ARG(path));

	return tw_err_errno(err, e, TW_STR_FMT " cannot be %s", TW_STR_ARG(path), what);
}

static enum tw_rc read_at(int folder, const char *name, struct tw_str path, struct tw_buf *out, struct tw_err *err)
{
	int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;
	ssize_t n = 0;

	if (fd < 0)
		return fault(err, path, "read");
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > TW_SOURCE_MAX) {
		close(fd);
		return tw_err_set(err, TW_ERR_INVALID, TW_STR_FMT " is no file of at most %u bytes", TW_STR_ARG(path),
				  TW_SOURCE_MAX);
	}
	do {
		tw_buf_reserve(out, 65536);
		n = read(fd, out->p + out->n, 65536);
		if (n > 0)
			out->n += (size_t)n;
	} while (n > 0 || (n < 0 && errno == EINTR));
	out->p[out->n] = '\0';
	close(fd);
	return n < 0 ? fault(err, path, "read") : TW_OK;
}

enum tw_rc tw_source_read(const char *folder, struct tw_str path, struct tw_buf *out, struct tw_err *err)
{
	char name[PIECE_MAX + 1];
	enum tw_rc rc;
	int at = open_folder(folder, path, name);

	if (at < 0)
		return fault(err, path, "read");
	rc = read_at(at, name, path, out, err);
	close(at);
	return rc;
}

void tw_source_etag(struct tw_str content, char ret_etag[TW_ETAG_MAX])
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	EVP_Digest(content.p ? content.p : "", content.n, md, &n, EVP_sha256(), NULL);
	for (unsigned i = 0; i < n && i < 32; i++)
		snprintf(ret_etag + 2 * i, 3, "%02x", md[i]);
}

/* Is there what the etag says? */
static enum tw_rc as_expected(int at, const char *name, struct tw_str path, struct tw_str etag, struct tw_err *err)
{
	struct tw_buf now TW_AUTO(tw_buf_release) = {0};
	char is[TW_ETAG_MAX];
	enum tw_rc rc = read_at(at, name, path, &now, err);

	if (rc == TW_ERR_NOT_FOUND)
		return etag.p ? tw_err_set(err, TW_ERR_CONFLICT, TW_STR_FMT " is not there any more", TW_STR_ARG(path)) : TW_OK;
	if (rc < 0)
		return rc;
	tw_source_etag(tw_buf_str(&now), is);
	if (etag.p && tw_str_is(etag, is))
		return TW_OK;
	return tw_err_set(err, TW_ERR_CONFLICT,
			  etag.p ? TW_STR_FMT " has been changed by somebody else" : TW_STR_FMT " is there already",
			  TW_STR_ARG(path));
}

static bool write_all(int fd, struct tw_str content)
{
	while (content.n) {
		ssize_t n = write(fd, content.p, content.n);

		if (n < 0 && errno != EINTR)
			return false;
		content = n > 0 ? tw_strn(content.p + n, content.n - (size_t)n) : content;
	}
	return fsync(fd) == 0;
}

/* Beside it first, under a name that no DAG file has. */
static enum tw_rc replace(int at, const char *name, struct tw_str path, struct tw_str content, struct tw_str etag,
			  struct tw_err *err)
{
	char beside[64];
	struct stat st;
	enum tw_rc rc = TW_OK;
	int fd;

	snprintf(beside, sizeof beside, ".tradewind-edit-%ld", (long)getpid());
	unlinkat(at, beside, 0);
	fd = openat(at, beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return fault(err, path, "written");
	if (fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		fchmod(fd, st.st_mode & 0777);
	if (!write_all(fd, content))
		rc = fault(err, path, "written");
	close(fd);
	if (rc == TW_OK)
		rc = as_expected(at, name, path, etag, err);
	if (rc == TW_OK && renameat(at, beside, at, name) < 0)
		rc = fault(err, path, "written");
	if (rc < 0)
		unlinkat(at, beside, 0);
	else
		fsync(at);
	return rc;
}

enum tw_rc tw_source_write(const char *folder, struct tw_str path, struct tw_str content, struct tw_str etag,
			   struct tw_err *err)
{
	static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
	char name[PIECE_MAX + 1];
	enum tw_rc rc;
	int at = open_folder(folder, path, name);

	if (at < 0)
		return fault(err, path, "written");
	pthread_mutex_lock(&one_at_a_time);
	rc = as_expected(at, name, path, etag, err);
	if (rc == TW_OK)
		rc = replace(at, name, path, content, etag, err);
	pthread_mutex_unlock(&one_at_a_time);
	close(at);
	return rc;
}
