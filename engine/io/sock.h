/*
 * Unix sockets by path. Paths may be longer than an address holds (108 bytes): then the
 * folder is reached through a descriptor. All descriptors are close-on-exec and non-blocking.
 */
#pragma once

#include <uv.h>

#include "base/err.h"

/* A connected pair: for a child, whose end is mapped with tw_fd_map. */
enum tw_rc tw_sock_pair(int ret_fds[2], struct tw_err *err);

/* Connects to a stream socket; TW_ERR_NOT_FOUND when nobody listens there. */
enum tw_rc tw_sock_connect(const char *path, int *ret_fd, struct tw_err *err);

/*
 * Binds a stream (SOCK_STREAM) or datagram (SOCK_DGRAM) socket at path, mode 0600. A socket a dead
 * process left there is replaced; one that answers is TW_ERR_EXISTS.
 */
enum tw_rc tw_sock_bind(const char *path, int type, int *ret_fd, struct tw_err *err);

/* Sends one datagram to path; never waits. TW_ERR_NOT_FOUND, TW_ERR_AGAIN when its queue is full. */
enum tw_rc tw_sock_sendto(int fd, const char *path, const void *p, size_t n, struct tw_err *err);

/* A listening stream socket: fn gets each new connection, whose descriptor it owns. */
struct tw_listener;
typedef void (*tw_accept_fn)(void *arg, int fd);
enum tw_rc tw_listener_new(uv_loop_t *loop, const char *path, tw_accept_fn fn, void *arg,
			   struct tw_listener **ret_l, struct tw_err *err);
void tw_listener_free(struct tw_listener *l); /* closes, and removes the path */
