#include "io/sock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"

#define FLAGS (SOCK_CLOEXEC | SOCK_NONBLOCK)

/* An address for a path; dir_fd is open as long as the address is used when the path is a long one.
 */
struct address {
	struct sockaddr_un un;
	int dir_fd;
};

static void address_release(struct address *a)
{
	if (a->dir_fd >= 0)
		close(a->dir_fd);
	a->dir_fd = -1;
}

static enum tw_rc address_init(struct address *a, const char *path, struct tw_err *err)
{
	memset(a, 0, sizeof *a);
	a->dir_fd = -1;
	a->un.sun_family = AF_UNIX;
	size_t n = strlen(path);
	if (n == 0)
		return tw_err_set(err, TW_ERR_INVALID, "a socket needs a path");
	if (n < sizeof a->un.sun_path) {
		memcpy(a->un.sun_path, path, n + 1);
		return TW_OK;
	}
	const char *base = strrchr(path, '/');
	if (!base)
		return tw_err_set(err, TW_ERR_LIMIT, "the socket's name is too long: %s", path);
	TW_AUTO(tw_freep) char *dir = tw_strndup(path, (size_t)(base - path) + 1);
	a->dir_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (a->dir_fd < 0) {
		int e = errno;
		tw_err_errno(err, e, "cannot open folder %s", dir);
		if (e == ENOENT && err)
			err->rc = TW_ERR_NOT_FOUND;
		return e == ENOENT ? TW_ERR_NOT_FOUND : TW_ERR_IO;
	}
	int m = snprintf(a->un.sun_path, sizeof a->un.sun_path, "/proc/self/fd/%d/%s", a->dir_fd,
			 base + 1);
	if (m >= (int)sizeof a->un.sun_path) {
		address_release(a);
		return tw_err_set(err, TW_ERR_LIMIT, "the socket's name is too long: %s", path);
	}
	return TW_OK;
}

static const struct sockaddr *sa(const struct address *a)
{
	return (const struct sockaddr *)&a->un;
}

enum tw_rc tw_sock_pair(int ret_fds[2], struct tw_err *err)
{
	if (socketpair(AF_UNIX, SOCK_STREAM | FLAGS, 0, ret_fds) == 0)
		return TW_OK;
	return tw_err_errno(err, errno, "cannot make a socket pair");
}

static enum tw_rc peer_error(struct tw_err *err, int errnum, const char *path)
{
	enum tw_rc rc = TW_ERR_IO;
	if (errnum == ENOENT || errnum == ECONNREFUSED)
		rc = TW_ERR_NOT_FOUND;
	else if (errnum == EAGAIN || errnum == ENOBUFS)
		rc = TW_ERR_AGAIN;
	else if (errnum == EACCES || errnum == EPERM)
		rc = TW_ERR_DENIED;
	tw_err_errno(err, errnum, "cannot reach %s", path);
	if (err)
		err->rc = rc;
	return rc;
}

enum tw_rc tw_sock_connect(const char *path, int *ret_fd, struct tw_err *err)
{
	TW_AUTO(address_release) struct address a;
	enum tw_rc rc = address_init(&a, path, err);
	if (rc < 0)
		return rc;
	int fd = socket(AF_UNIX, SOCK_STREAM | FLAGS, 0);
	if (fd < 0)
		return tw_err_errno(err, errno, "cannot make a socket");
	if (connect(fd, sa(&a), sizeof a.un) != 0) {
		rc = peer_error(err, errno, path);
		close(fd);
		return rc;
	}
	*ret_fd = fd;
	return TW_OK;
}

/* Does a living process listen at this address? */
static bool answers(const struct address *a, int type)
{
	int fd = socket(AF_UNIX, type | FLAGS, 0);
	if (fd < 0)
		return true; /* unknown: leave what is there alone */
	int rc = connect(fd, sa(a), sizeof a->un);
	bool dead = rc != 0 && errno == ECONNREFUSED;
	close(fd);
	return !dead;
}

enum tw_rc tw_sock_bind(const char *path, int type, int *ret_fd, struct tw_err *err)
{
	TW_AUTO(address_release) struct address a;
	enum tw_rc code = address_init(&a, path, err);
	if (code < 0)
		return code;
	int fd = socket(AF_UNIX, type | FLAGS, 0);
	if (fd < 0)
		return tw_err_errno(err, errno, "cannot make a socket");
	fchmod(fd, 0600); /* before it has a name: nobody else ever sees it open */
	int rc = bind(fd, sa(&a), sizeof a.un);
	if (rc != 0 && errno == EADDRINUSE) {
		struct stat st;
		if (stat(path, &st) == 0 && !S_ISSOCK(st.st_mode)) {
			close(fd);
			return tw_err_set(err, TW_ERR_EXISTS, "%s is there and no socket", path);
		}
		if (answers(&a, type)) {
			close(fd);
			return tw_err_set(err, TW_ERR_EXISTS, "somebody listens at %s already",
					  path);
		}
		unlink(path);
		rc = bind(fd, sa(&a), sizeof a.un);
	}
	if (rc != 0) {
		code = tw_err_errno(err, errno, "cannot listen at %s", path);
		close(fd);
		return code;
	}
	*ret_fd = fd;
	return TW_OK;
}

enum tw_rc tw_sock_sendto(int fd, const char *path, const void *p, size_t n, struct tw_err *err)
{
	TW_AUTO(address_release) struct address a;
	enum tw_rc rc = address_init(&a, path, err);
	if (rc < 0)
		return rc;
	if (sendto(fd, p, n, MSG_DONTWAIT | MSG_NOSIGNAL, sa(&a), sizeof a.un) < 0)
		return peer_error(err, errno, path);
	return TW_OK;
}

struct tw_listener {
	uv_poll_t poll;
	int fd;
	char *path;
	tw_accept_fn fn;
	void *arg;
	bool closed;
};

static void on_connection(uv_poll_t *h, int status, int events)
{
	struct tw_listener *l = h->data;
	/* A few at a time; the rest in the next turn. */
	for (int i = 0; i < 64 && !l->closed; i++) {
		int fd = accept4(l->fd, NULL, NULL, FLAGS);
		if (fd < 0)
			break;
		l->fn(l->arg, fd);
	}
}

enum tw_rc tw_listener_new(uv_loop_t *loop, const char *path, tw_accept_fn fn, void *arg,
			   struct tw_listener **ret_l, struct tw_err *err)
{
	int fd;
	enum tw_rc rc = tw_sock_bind(path, SOCK_STREAM, &fd, err);
	if (rc < 0)
		return rc;
	if (listen(fd, 128) != 0) {
		rc = tw_err_errno(err, errno, "cannot listen at %s", path);
		close(fd);
		unlink(path);
		return rc;
	}
	struct tw_listener *l = tw_new(struct tw_listener);
	l->fd = fd;
	l->path = tw_strdup(path);
	l->fn = fn;
	l->arg = arg;
	int uvrc = uv_poll_init(loop, &l->poll, fd);
	TW_ASSERT(uvrc == 0);
	l->poll.data = l;
	uv_poll_start(&l->poll, UV_READABLE, on_connection);
	*ret_l = l;
	return TW_OK;
}

static void listener_gone(uv_handle_t *h)
{
	struct tw_listener *l = h->data;
	free(l->path);
	free(l);
}

void tw_listener_free(struct tw_listener *l)
{
	if (!l || l->closed)
		return;
	l->closed = true;
	uv_poll_stop(&l->poll);
	unlink(l->path);
	close(l->fd);
	uv_close((uv_handle_t *)&l->poll, listener_gone);
}
