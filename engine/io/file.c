#include "io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static enum tw_rc fail(struct tw_err *err, int errnum, const char *what, const char *path)
{
	enum tw_rc rc = TW_ERR_IO;
	if (errnum == ENOENT || errnum == ENOTDIR)
		rc = TW_ERR_NOT_FOUND;
	else if (errnum == EACCES || errnum == EPERM || errnum == EROFS)
		rc = TW_ERR_DENIED;
	else if (errnum == EEXIST)
		rc = TW_ERR_EXISTS;
	tw_err_errno(err, errnum, "cannot %s %s", what, path);
	if (err)
		err->rc = rc;
	return rc;
}

static enum tw_rc read_all(int fd, const char *path, size_t limit, struct tw_buf *out,
			   struct tw_err *err)
{
	struct stat st;
	if (fstat(fd, &st) != 0)
		return fail(err, errno, "read", path);
	if (S_ISDIR(st.st_mode))
		return tw_err_set(err, TW_ERR_INVALID, "%s is a folder", path);
	size_t start = out->n;
	if (st.st_size > 0 && (size_t)st.st_size <= limit)
		tw_buf_reserve(out, (size_t)st.st_size + 1);
	for (;;) {
		tw_buf_reserve(out, 4096);
		ssize_t n = read(fd, out->p + out->n, out->cap - out->n - 1);
		if (n < 0 && errno == EINTR)
			continue;
		enum tw_rc rc = TW_OK;
		if (n < 0)
			rc = fail(err, errno, "read", path);
		else if (out->n + (size_t)n - start > limit)
			rc = tw_err_set(err, TW_ERR_LIMIT, "%s has more than %zu bytes", path,
					limit);
		out->n = rc < 0 ? start : out->n + (size_t)n;
		out->p[out->n] = 0;
		if (rc < 0 || n == 0)
			return rc;
	}
}

enum tw_rc tw_file_read(const char *path, size_t limit, struct tw_buf *out, struct tw_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail(err, errno, "open", path);
	enum tw_rc rc = read_all(fd, path, limit, out, err);
	close(fd);
	return rc;
}

static int write_all(int fd, struct tw_str s)
{
	while (s.n) {
		ssize_t n = write(fd, s.p, s.n);
		if (n < 0) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		s.p += n;
		s.n -= (size_t)n;
	}
	return 0;
}

/* A name in the same folder that no other call uses. */
static char *beside(const char *path)
{
	static atomic_uint counter;
	struct tw_str p = tw_str(path), dir = tw_path_dir(p), base = tw_path_base(p);
	return tw_asprintf(TW_STR_FMT "/." TW_STR_FMT ".%d-%u.tmp", TW_STR_ARG(dir),
			   TW_STR_ARG(base), (int)getpid(), atomic_fetch_add(&counter, 1));
}

static void sync_folder_of(const char *path)
{
	TW_AUTO(tw_freep) char *dir = tw_str_dup(tw_path_dir(tw_str(path)));
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

/* The content, durable, in a file of its own. The caller frees *ret_tmp and removes the file. */
static enum tw_rc write_beside(const char *path, struct tw_str content, mode_t mode, char **ret_tmp,
			       struct tw_err *err)
{
	char *tmp = beside(path);
	int fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0) {
		enum tw_rc rc = fail(err, errno, "write", path);
		free(tmp);
		return rc;
	}
	int rc = write_all(fd, content);
	if (rc == 0)
		rc = fchmod(fd, mode);
	if (rc == 0)
		rc = fsync(fd);
	int e = errno;
	if (close(fd) != 0 && rc == 0) {
		rc = -1;
		e = errno;
	}
	if (rc != 0) {
		unlink(tmp);
		free(tmp);
		return fail(err, e, "write", path);
	}
	*ret_tmp = tmp;
	return TW_OK;
}

enum tw_rc tw_file_write(const char *path, struct tw_str content, mode_t mode, struct tw_err *err)
{
	TW_AUTO(tw_freep) char *tmp = NULL;
	enum tw_rc rc = write_beside(path, content, mode, &tmp, err);
	if (rc < 0)
		return rc;
	if (rename(tmp, path) != 0) {
		rc = fail(err, errno, "write", path);
		unlink(tmp);
		return rc;
	}
	sync_folder_of(path);
	return TW_OK;
}

enum tw_rc tw_file_create(const char *path, struct tw_str content, mode_t mode, struct tw_err *err)
{
	TW_AUTO(tw_freep) char *tmp = NULL;
	enum tw_rc rc = write_beside(path, content, mode, &tmp, err);
	if (rc < 0)
		return rc;
	if (link(tmp, path) != 0)
		rc = fail(err, errno, "create", path);
	unlink(tmp);
	if (rc == TW_OK)
		sync_folder_of(path);
	return rc;
}

enum tw_rc tw_file_mkdirs(const char *path, mode_t mode, struct tw_err *err)
{
	if (mkdir(path, mode) == 0 || (errno == EEXIST && tw_file_is_dir(path)))
		return TW_OK;
	if (errno != ENOENT)
		return fail(err, errno, "make folder", path);
	enum tw_rc rc = tw_file_mkdirs_for(path, mode, err);
	if (rc < 0)
		return rc;
	if (mkdir(path, mode) != 0 && errno != EEXIST)
		return fail(err, errno, "make folder", path);
	return TW_OK;
}

enum tw_rc tw_file_mkdirs_for(const char *path, mode_t mode, struct tw_err *err)
{
	struct tw_str p = tw_str(path);
	while (p.n > 1 && p.p[p.n - 1] == '/')
		p.n--;
	TW_AUTO(tw_freep) char *dir = tw_str_dup(tw_path_dir(p));
	if (strcmp(dir, path) == 0)
		return fail(err, ENOENT, "make folder", path);
	return tw_file_mkdirs(dir, mode, err);
}

bool tw_file_exists(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0;
}

bool tw_file_is_dir(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}
