#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "io/file.h"

static pid_t read_pid(int fd)
{
	char text[32];
	int64_t pid;
	ssize_t n = pread(fd, text, sizeof text, 0);
	if (n <= 0 || !tw_str_to_int(tw_str_trim(tw_strn(text, (size_t)n)), &pid) || pid <= 0 ||
	    pid > INT32_MAX)
		return 0;
	return (pid_t)pid;
}

/* Is the file we locked still the one the path names? Its last owner may have removed it meanwhile.
 */
static bool still_there(int fd, const char *path)
{
	struct stat mine, named;
	return fstat(fd, &mine) == 0 && stat(path, &named) == 0 && mine.st_ino == named.st_ino &&
	       mine.st_dev == named.st_dev;
}

static enum tw_rc try_lock(const char *path, int *ret_fd, struct tw_err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0)
		return tw_err_errno(err, errno, "cannot open %s", path);
	enum tw_rc rc = TW_ERR_AGAIN;
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno == EWOULDBLOCK)
			rc = tw_err_set(err, TW_ERR_EXISTS, "it runs already, as process %d (%s)",
					(int)read_pid(fd), path);
		else
			rc = tw_err_errno(err, errno, "cannot lock %s", path);
	} else if (still_there(fd, path)) {
		char text[32];
		int n = snprintf(text, sizeof text, "%d\n", (int)getpid());
		if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)n, 0) != n)
			rc = tw_err_errno(err, errno, "cannot write %s", path);
		else
			rc = TW_OK;
	}
	if (rc == TW_OK)
		*ret_fd = fd;
	else
		close(fd);
	return rc;
}

enum tw_rc tw_pidfile_lock(const char *path, int *ret_fd, struct tw_err *err)
{
	enum tw_rc rc;
	do
		rc = try_lock(path, ret_fd, err);
	while (rc == TW_ERR_AGAIN);
	return rc;
}

void tw_pidfile_unlock(const char *path, int fd)
{
	unlink(path);
	close(fd);
}

pid_t tw_pidfile_owner(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	bool free_lock = flock(fd, LOCK_SH | LOCK_NB) == 0;
	pid_t pid = free_lock ? 0 : read_pid(fd);
	close(fd);
	return pid;
}
