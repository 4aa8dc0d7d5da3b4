#include "io/doorbell.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/sock.h"

struct tw_bell {
	uv_poll_t poll;
	int fd;
	char *path;
	tw_bell_fn fn;
	void *arg;
};

static void on_ring(uv_poll_t *h, int status, int events)
{
	struct tw_bell *bell = h->data;
	char byte[16];
	while (recv(bell->fd, byte, sizeof byte, MSG_DONTWAIT) >= 0)
		;
	bell->fn(bell->arg);
}

enum tw_rc tw_bell_new(uv_loop_t *loop, const char *path, tw_bell_fn fn, void *arg,
		       struct tw_bell **ret_bell, struct tw_err *err)
{
	int fd;
	enum tw_rc rc = tw_sock_bind(path, SOCK_DGRAM, &fd, err);
	if (rc < 0)
		return rc;
	struct tw_bell *bell = tw_new(struct tw_bell);
	bell->fd = fd;
	bell->path = tw_strdup(path);
	bell->fn = fn;
	bell->arg = arg;
	int uvrc = uv_poll_init(loop, &bell->poll, fd);
	TW_ASSERT(uvrc == 0);
	bell->poll.data = bell;
	uv_poll_start(&bell->poll, UV_READABLE, on_ring);
	*ret_bell = bell;
	return TW_OK;
}

static void bell_gone(uv_handle_t *h)
{
	free(h->data);
}

void tw_bell_free(struct tw_bell *bell)
{
	if (!bell)
		return;
	uv_poll_stop(&bell->poll);
	unlink(bell->path);
	close(bell->fd);
	free(bell->path);
	uv_close((uv_handle_t *)&bell->poll, bell_gone);
}

/* One socket for all rings of the process, made by the first. */
static int ringing_fd(void)
{
	static atomic_int shared = -1;
	int fd = atomic_load(&shared);
	if (fd >= 0)
		return fd;
	int mine = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (mine < 0)
		return -1;
	if (atomic_compare_exchange_strong(&shared, &fd, mine))
		return mine;
	close(mine); /* another thread was first */
	return fd;
}

void tw_bell_ring(const char *path)
{
	int fd = ringing_fd();
	/* A full queue is a bell that rings already; nobody there is nobody to wake. */
	if (fd >= 0)
		(void)tw_sock_sendto(fd, path, "!", 1, NULL);
}
