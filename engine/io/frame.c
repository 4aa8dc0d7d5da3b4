#include "io/frame.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/vec.h"
#include "value/json.h"

#define HEADER 4
#define FDS_WAITING 64 /* descriptors of frames that have not come whole */
#define READ_SIZE ((size_t)128 << 10)
#define DRAIN_READS 64

/* What is still to be written: frames in a row, with descriptors only at its very first byte. */
struct chunk {
	struct chunk *next;
	struct tw_buf bytes;
	size_t sent;
	int fds[TW_FRAME_FDS];
	size_t nfds;
};

/* A descriptor that came, and how many bytes of the stream had come by then. */
struct arrival {
	int fd;
	uint64_t at;
};

struct tw_link {
	uv_poll_t poll;
	int fd;
	const struct tw_link_ops *ops;
	void *arg;

	struct tw_buf in;
	uint64_t in_start; /* position in the stream of in's first byte */
	TW_VEC(struct arrival) arrived;

	struct chunk *head, *tail;
	size_t queued;
	int corked;

	bool paused, closed, ended, finishing;
	bool pending; /* read while pausing: to be delivered without anything new to read */
};

static void update_poll(struct tw_link *link);

static void close_fds(struct chunk *c)
{
	for (size_t i = 0; i < c->nfds; i++)
		close(c->fds[i]);
	c->nfds = 0;
}

static void chunk_free(struct chunk *c)
{
	close_fds(c);
	tw_buf_release(&c->bytes);
	free(c);
}

static void drop_queue(struct tw_link *link)
{
	while (link->head) {
		struct chunk *c = link->head;
		link->head = c->next;
		chunk_free(c);
	}
	link->tail = NULL;
	link->queued = 0;
}

/* From the loop, never inside of one of our callbacks: what they hold stays valid until they
 * return. */
static void on_gone(uv_handle_t *h)
{
	struct tw_link *link = h->data;
	tw_buf_release(&link->in);
	tw_vec_release(&link->arrived);
	free(link);
}

void tw_link_close(struct tw_link *link)
{
	if (!link || link->closed)
		return;
	link->closed = true;
	drop_queue(link);
	for (size_t i = 0; i < link->arrived.n; i++)
		close(link->arrived.v[i].fd);
	tw_vec_clear(&link->arrived);
	uv_poll_stop(&link->poll);
	close(link->fd);
	uv_close((uv_handle_t *)&link->poll, on_gone);
}

void tw_link_finish(struct tw_link *link)
{
	if (!link || link->closed)
		return;
	link->finishing = true;
	link->corked = 0;
	update_poll(link);
	if (!link->head || link->ended)
		tw_link_close(link);
}

/* The peer is gone or the stream is broken: told once, and nothing more is read or written. */
static void end(struct tw_link *link, enum tw_rc rc, const char *msg, int errnum)
{
	if (link->ended || link->closed)
		return;
	struct tw_err why = {.rc = rc};
	if (errnum)
		tw_err_errno(&why, errnum, "%s", msg);
	else if (rc != TW_OK)
		tw_err_set(&why, rc, "%s", msg);
	link->ended = true;
	drop_queue(link);
	uv_poll_stop(&link->poll);
	if (link->finishing) {
		tw_link_close(link);
		return;
	}
	link->ops->on_end(link->arg, link, &why);
}

/* Writing ------------------------------------------------------------------------------------ */

/* Writes what the socket takes of one chunk. Returns 1 when all of it went, 0 when it is full, or
 * -errno. */
static int write_chunk(struct tw_link *link, struct chunk *c)
{
	union {
		char space[CMSG_SPACE(sizeof(int) * TW_FRAME_FDS)];
		struct cmsghdr align;
	} control;
	while (c->sent < c->bytes.n) {
		struct iovec iov = {c->bytes.p + c->sent, c->bytes.n - c->sent};
		struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
		if (c->nfds) {
			memset(&control, 0, sizeof control);
			msg.msg_control = control.space;
			msg.msg_controllen = CMSG_SPACE(sizeof(int) * c->nfds);
			struct cmsghdr *cm = CMSG_FIRSTHDR(&msg);
			cm->cmsg_level = SOL_SOCKET;
			cm->cmsg_type = SCM_RIGHTS;
			cm->cmsg_len = CMSG_LEN(sizeof(int) * c->nfds);
			memcpy(CMSG_DATA(cm), c->fds, sizeof(int) * c->nfds);
		}
		ssize_t n = sendmsg(link->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0) {
			if (errno == EINTR)
				continue;
			return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
		}
		close_fds(c); /* they went with the first byte */
		c->sent += (size_t)n;
		link->queued -= (size_t)n;
	}
	return 1;
}

/*
 * Writes what can be written. When the peer is gone the queue is dropped; that it is gone is told
 * by the reading side, after what it said before it went.
 */
static void flush(struct tw_link *link)
{
	while (link->head && !link->corked) {
		struct chunk *c = link->head;
		int rc = write_chunk(link, c);
		if (rc < 0)
			drop_queue(link);
		if (rc <= 0)
			return;
		link->head = c->next;
		if (!link->head)
			link->tail = NULL;
		chunk_free(c);
	}
}

static struct chunk *chunk_add(struct tw_link *link)
{
	struct chunk *c = tw_new(struct chunk);
	if (link->tail)
		link->tail->next = c;
	else
		link->head = c;
	link->tail = c;
	return c;
}

static enum tw_rc take_fds(struct chunk *c, const int *fds, size_t nfds, struct tw_err *err)
{
	for (; c->nfds < nfds; c->nfds++) {
		int fd = fcntl(fds[c->nfds], F_DUPFD_CLOEXEC, 3);
		if (fd < 0)
			return tw_err_errno(err, errno, "cannot duplicate descriptor %d",
					    fds[c->nfds]);
		c->fds[c->nfds] = fd;
	}
	return TW_OK;
}

static void add_frame(struct tw_link *link, struct chunk *c, struct tw_str body)
{
	unsigned char header[HEADER] = {(unsigned char)(body.n >> 24),
					(unsigned char)(body.n >> 16), (unsigned char)(body.n >> 8),
					(unsigned char)body.n};
	tw_buf_add(&c->bytes, header, HEADER);
	tw_buf_addstr(&c->bytes, body);
	link->queued += HEADER + body.n;
}

enum tw_rc tw_link_send_fds(struct tw_link *link, struct tw_str body, const int *fds, size_t nfds,
			    struct tw_err *err)
{
	if (link->closed || link->ended || link->finishing)
		return tw_err_set(err, TW_ERR_IO, "the link has ended");
	if (body.n > TW_FRAME_MAX || nfds > TW_FRAME_FDS)
		return tw_err_set(err, TW_ERR_LIMIT,
				  "a frame of %zu bytes and %zu descriptors is too large", body.n,
				  nfds);
	if (link->queued + body.n > TW_LINK_QUEUE)
		return tw_err_set(err, TW_ERR_LIMIT, "the peer does not read: %zu bytes wait",
				  link->queued);
	struct chunk *c = link->tail;
	if (nfds) {
		struct chunk own = {0};
		enum tw_rc rc = take_fds(&own, fds, nfds, err);
		if (rc < 0) {
			close_fds(&own);
			return rc;
		}
		c = chunk_add(link);
		memcpy(c->fds, own.fds, sizeof c->fds);
		c->nfds = nfds;
	} else if (!c || c->nfds || c->bytes.n > READ_SIZE) {
		c = chunk_add(link);
	}
	add_frame(link, c, body);
	flush(link);
	update_poll(link);
	return TW_OK;
}

enum tw_rc tw_link_send(struct tw_link *link, struct tw_str body, struct tw_err *err)
{
	return tw_link_send_fds(link, body, NULL, 0, err);
}

enum tw_rc tw_link_send_json(struct tw_link *link, struct tw_value v, struct tw_err *err)
{
	TW_AUTO(tw_buf_release) struct tw_buf text = {0};
	tw_json_write(&text, v, TW_JSON_COMPACT);
	return tw_link_send(link, tw_buf_str(&text), err);
}

void tw_link_cork(struct tw_link *link)
{
	link->corked++;
}

void tw_link_uncork(struct tw_link *link)
{
	TW_ASSERT(link->corked > 0 || link->finishing || link->closed);
	if (link->closed || link->ended || link->corked == 0 || --link->corked)
		return;
	flush(link);
	update_poll(link);
}

size_t tw_link_queued(const struct tw_link *link)
{
	return link->queued;
}

/* Reading ------------------------------------------------------------------------------------ */

/* Takes the descriptors that belong to the frame that ends at `stop` in the stream. */
static size_t fds_of_frame(struct tw_link *link, uint64_t stop, int fds[TW_FRAME_FDS])
{
	size_t n = 0, took = 0;
	for (; took < link->arrived.n && link->arrived.v[took].at <= stop; took++) {
		if (n < TW_FRAME_FDS)
			fds[n++] = link->arrived.v[took].fd;
		else
			close(link->arrived.v[took].fd);
	}
	link->arrived.n -= took;
	if (took)
		memmove(link->arrived.v, link->arrived.v + took,
			link->arrived.n * sizeof *link->arrived.v);
	return n;
}

static void deliver(struct tw_link *link, struct tw_str body, uint64_t stop)
{
	int fds[TW_FRAME_FDS];
	size_t n = fds_of_frame(link, stop, fds);
	link->ops->on_frame(link->arg, link, body, fds, n);
	for (size_t i = 0; i < n; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

static uint32_t length_at(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;
	return (uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 | (uint32_t)u[2] << 8 | u[3];
}

/* Hands out the whole frames there are. */
static void deliver_all(struct tw_link *link)
{
	size_t at = 0;
	while (!link->closed && !link->ended && !link->finishing && !link->paused &&
	       link->in.n - at >= HEADER) {
		uint32_t len = length_at(link->in.p + at);
		if (len > TW_FRAME_MAX) {
			end(link, TW_ERR_LIMIT, "the peer sent a frame that is too large", 0);
			break;
		}
		if (link->in.n - at - HEADER < len)
			break;
		struct tw_str body = tw_strn(link->in.p + at + HEADER, len);
		at += HEADER + len;
		deliver(link, body, link->in_start + at);
	}
	if (at)
		tw_buf_consume(&link->in, at);
	link->in_start += at;
	/* One large frame must not cost its memory for ever. */
	if (link->in.n == 0 && link->in.cap > 4 * READ_SIZE)
		tw_buf_release(&link->in);
}

static void take_control(struct tw_link *link, struct msghdr *msg, uint64_t at)
{
	for (struct cmsghdr *cm = CMSG_FIRSTHDR(msg); cm; cm = CMSG_NXTHDR(msg, cm)) {
		if (cm->cmsg_level != SOL_SOCKET || cm->cmsg_type != SCM_RIGHTS)
			continue;
		size_t n = (cm->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < n; i++) {
			int fd;
			memcpy(&fd, CMSG_DATA(cm) + i * sizeof fd, sizeof fd);
			tw_vec_push(&link->arrived, ((struct arrival){fd, at}));
		}
	}
}

/* Reads once. Returns bytes read, 0 at the end, or -errno. */
static ssize_t read_some(struct tw_link *link)
{
	union {
		char space[CMSG_SPACE(sizeof(int) * TW_FRAME_FDS)];
		struct cmsghdr align;
	} control;
	/* Of a large frame the rest in one go, within reason. */
	size_t want = READ_SIZE;
	if (link->in.n >= HEADER && length_at(link->in.p) > want)
		want = (size_t)1 << 20;
	tw_buf_reserve(&link->in, want);
	struct iovec iov = {link->in.p + link->in.n, want};
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.space,
		.msg_controllen = sizeof control.space,
	};
	ssize_t n = recvmsg(link->fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n < 0)
		return -errno;
	link->in.n += (size_t)n;
	link->in.p[link->in.n] = 0;
	take_control(link, &msg, link->in_start + link->in.n);
	return n;
}

/* False: there was nothing. */
static bool on_readable(struct tw_link *link)
{
	ssize_t n = read_some(link);
	if (n == -EAGAIN || n == -EINTR)
		return false;
	if (n < 0)
		end(link, TW_ERR_IO, "the link broke", (int)-n);
	else if (n == 0)
		end(link, link->in.n ? TW_ERR_IO : TW_OK, "the peer closed inside of a frame", 0);
	else if (link->arrived.n > FDS_WAITING)
		end(link, TW_ERR_LIMIT, "the peer sent too many descriptors", 0);
	else
		deliver_all(link);
	return true;
}

static void on_writable(struct tw_link *link)
{
	bool had = link->head != NULL;
	flush(link);
	if (link->head)
		return;
	if (link->finishing)
		tw_link_close(link);
	else if (had && link->ops->on_drain)
		link->ops->on_drain(link->arg, link);
}

static bool alive(const struct tw_link *link)
{
	return !link->closed && !link->ended;
}

void tw_link_drain(struct tw_link *link)
{
	/* Many times what a socket holds; a peer that lives may answer faster than we read. */
	for (int i = 0; i < DRAIN_READS; i++)
		if (!link || !alive(link) || link->paused || link->finishing || !on_readable(link))
			return;
}

static void on_poll(uv_poll_t *h, int status, int events)
{
	struct tw_link *link = h->data;
	if (link->pending && !link->paused) {
		link->pending = false;
		deliver_all(link);
	}
	/* An error of the socket: reading tells, after what there is left to read. */
	if (status < 0)
		drop_queue(link);
	bool read = (status < 0 || events & UV_READABLE) && !link->paused && !link->finishing;
	if (read && alive(link))
		on_readable(link);
	if ((status < 0 || events & UV_WRITABLE) && alive(link))
		on_writable(link);
	update_poll(link);
}

static void update_poll(struct tw_link *link)
{
	if (link->closed || link->ended)
		return;
	int want = link->paused || link->finishing ? 0 : UV_READABLE;
	if ((link->head && !link->corked) || (link->pending && !link->paused))
		want |= UV_WRITABLE;
	if (want)
		uv_poll_start(&link->poll, want, on_poll);
	else
		uv_poll_stop(&link->poll);
}

void tw_link_pause(struct tw_link *link, bool paused)
{
	if (link->paused == paused || link->closed)
		return;
	link->paused = paused;
	link->pending = link->in.n > 0;
	update_poll(link);
}

struct tw_link *tw_link_new(uv_loop_t *loop, int fd, const struct tw_link_ops *ops, void *arg)
{
	struct tw_link *link = tw_new(struct tw_link);
	link->fd = fd;
	link->ops = ops;
	link->arg = arg;
	int rc = uv_poll_init(loop, &link->poll, fd); /* makes it non-blocking */
	TW_ASSERT(rc == 0);
	link->poll.data = link;
	update_poll(link);
	return link;
}

void tw_link_set_arg(struct tw_link *link, const struct tw_link_ops *ops, void *arg)
{
	link->ops = ops;
	link->arg = arg;
}

int tw_link_fd(const struct tw_link *link)
{
	return link->fd;
}
