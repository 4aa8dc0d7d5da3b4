/*
 * Framed messages over a unix stream socket: 4 bytes big-endian length, then that many bytes
 * (docs/runner-protocol.md: JSON). Descriptors may travel with a frame.
 *
 * On the wire the descriptors of a frame go with its first byte, and a frame that carries some
 * is sent by a sendmsg of its own. The receiver gives what one recvmsg brings to the last
 * frame that has begun by then.
 */
#pragma once

#include <stddef.h>
#include <uv.h>

#include "base/str.h"
#include "value/value.h"

#define TW_FRAME_MAX (64u << 20)  /* bytes of one body */
#define TW_FRAME_FDS 16           /* descriptors of one frame */
#define TW_LINK_QUEUE (256u << 20) /* bytes waiting for a peer that does not read */

struct tw_link;

struct tw_link_ops {
	/*
	 * One frame. body is only borrowed. A descriptor is taken by setting its place to -1;
	 * the others are closed on return. May send on the link and close it.
	 */
	void (*on_frame)(void *arg, struct tw_link *link, struct tw_str body, int *fds, size_t nfds);
	/*
	 * The peer closed (why->rc TW_OK) or the link broke. Called once, from the loop, after the last
	 * frame, and not after tw_link_close. The link is still to be closed by its owner.
	 */
	void (*on_end)(void *arg, struct tw_link *link, const struct tw_err *why);
	void (*on_drain)(void *arg, struct tw_link *link); /* the queue is empty again; may be NULL */
};

/* Takes the connected socket over (closes it, makes it non-blocking). ops and arg are borrowed. */
struct tw_link *tw_link_new(uv_loop_t *loop, int fd, const struct tw_link_ops *ops, void *arg);

/* At once; what is queued is dropped. The memory goes in a later turn of the loop. NULL is fine. */
void tw_link_close(struct tw_link *link);
/* Closes as soon as the queue is written; until then no callbacks. */
void tw_link_finish(struct tw_link *link);
/* Takes what has come by now, the end too, before it returns. NULL is fine. */
void tw_link_drain(struct tw_link *link);

/*
 * Sends or queues a frame. Descriptors are duplicated as needed: the caller's stay its own.
 * TW_ERR_LIMIT for a frame or queue too large; TW_ERR_IO when the link has ended (on_end also comes).
 */
enum tw_rc tw_link_send(struct tw_link *link, struct tw_str body, struct tw_err *err);
enum tw_rc tw_link_send_fds(struct tw_link *link, struct tw_str body, const int *fds, size_t nfds,
			    struct tw_err *err);
enum tw_rc tw_link_send_json(struct tw_link *link, struct tw_value v, struct tw_err *err);

/* Between the two, frames gather, and go out together. Calls nest. */
void tw_link_cork(struct tw_link *link);
void tw_link_uncork(struct tw_link *link);

size_t tw_link_queued(const struct tw_link *link); /* bytes waiting */
void tw_link_pause(struct tw_link *link, bool paused); /* stops or resumes reading: back-pressure */
void tw_link_set_arg(struct tw_link *link, const struct tw_link_ops *ops, void *arg);
int tw_link_fd(const struct tw_link *link);
