/* Any bytes on a link: whole frames come out as they went in, the rest ends it. */
#include "fuzz.h"

#include <sys/socket.h>
#include <unistd.h>

#include "io/frame.h"
#include "io/sock.h"

struct sink {
	struct tw_buf again; /* the frames, framed anew */
	bool ended;
};

static void on_frame(void *arg, struct tw_link *link, struct tw_str body, int *fds, size_t nfds)
{
	struct sink *s = arg;
	const unsigned char header[4] = {(unsigned char)(body.n >> 24),
					 (unsigned char)(body.n >> 16),
					 (unsigned char)(body.n >> 8), (unsigned char)body.n};
	tw_buf_add(&s->again, header, 4);
	tw_buf_addstr(&s->again, body);
	tw_link_pause(link, body.n % 3 == 0);
}

static void on_end(void *arg, struct tw_link *link, const struct tw_err *why)
{
	((struct sink *)arg)->ended = true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct tw_link_ops ops = {.on_frame = on_frame, .on_end = on_end};
	struct sink sink = {0};
	uv_loop_t loop;
	int fds[2];
	if (size > 8192)
		return 0;
	uv_loop_init(&loop);
	TW_ASSERT(tw_sock_pair(fds, NULL) == TW_OK);
	struct tw_link *link = tw_link_new(&loop, fds[0], &ops, &sink);
	for (size_t at = 0, n; at < size; at += n) {
		n = size - at < 700 ? size - at : 700; /* in pieces, so that frames are cut */
		TW_ASSERT(send(fds[1], data + at, n, MSG_NOSIGNAL) == (ssize_t)n);
		uv_run(&loop, UV_RUN_NOWAIT);
		if (sink.ended)
			break;
	}
	close(fds[1]);
	for (int i = 0; i < 10000 && !sink.ended; i++) {
		tw_link_pause(link, false);
		uv_run(&loop, UV_RUN_NOWAIT);
	}
	TW_ASSERT(sink.ended);
	TW_ASSERT(sink.again.n <= size);
	TW_ASSERT(sink.again.n == 0 || memcmp(sink.again.p, data, sink.again.n) == 0);
	tw_link_close(link);
	uv_run(&loop, UV_RUN_DEFAULT);
	TW_ASSERT(uv_loop_close(&loop) == 0);
	tw_buf_release(&sink.again);
	return 0;
}
