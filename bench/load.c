/*
 * Asks a server the same over and over, from as many connections as are wanted, each with one question under way:
 *
 *	load HOST PORT CONNECTIONS SECONDS PATH [HEADER: VALUE …]
 *
 * A PATH with {n} in it is another one each time: there stands a number of four digits that grows, from 0000 to 9899 and again. It
 * prints as JSON how many answers came a second, their times, and how many were no 200.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ROOM (1 << 16)

struct conn {
	int fd;
	int64_t asked;
	bool answering;		/* the header has come */
	bool chunked, good;
	int64_t left;		/* of the body; of the header nothing is known */
	char buf[ROOM];		/* the header, then the tail of a chunked body */
	size_t n;
};

static struct sockaddr_in addr;
static char question[1 << 14];
static size_t nquestion;
static char *number; /* where in it {n} was; NULL: nowhere */
static unsigned asked;
static double *times;
static size_t ntimes, captimes;
static uint64_t bad, bytes;

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static void die(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void ask(struct conn *c)
{
	c->n = 0;
	c->answering = false;
	c->asked = now_us();
	if (number) {
		char digits[5];

		snprintf(digits, sizeof digits, "%04u", asked++ % 9900);
		memcpy(number, digits, 4);
	}
	if (write(c->fd, question, nquestion) != (ssize_t)nquestion)
		die("write");
}

static void open_conn(struct conn *c, int ep)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = c};
	int one = 1;

	c->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&addr, sizeof addr) < 0)
		die("connect");
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &ev);
	ask(c);
}

static void took(double us)
{
	if (ntimes == captimes) {
		captimes = captimes ? captimes * 2 : 1 << 16;
		times = realloc(times, captimes * sizeof *times);
	}
	times[ntimes++] = us;
}

/* The header's end, or nothing. */
static void read_header(struct conn *c)
{
	char *end = memmem(c->buf, c->n, "\r\n\r\n", 4), *length;
	size_t head;

	if (!end)
		return;
	*end = '\0';
	head = (size_t)(end - c->buf) + 4;
	length = strcasestr(c->buf, "\r\ncontent-length:");
	c->good = strncmp(c->buf, "HTTP/1.1 200", 12) == 0;
	c->chunked = strcasestr(c->buf, "\r\ntransfer-encoding: chunked") != NULL;
	c->left = (length ? atoll(length + 17) : 0) - (int64_t)(c->n - head);
	memmove(c->buf, c->buf + head, c->n - head);
	c->n -= head;
	c->answering = true;
}

static bool done(struct conn *c)
{
	size_t keep;

	if (!c->answering)
		return false;
	if (!c->chunked)
		return c->left <= 0;
	if (c->n >= 5 && memcmp(c->buf + c->n - 5, "0\r\n\r\n", 5) == 0)
		return true;
	keep = c->n < 5 ? c->n : 5;
	memmove(c->buf, c->buf + c->n - keep, keep);
	c->n = keep;
	return false;
}

static void on_ready(struct conn *c, int ep)
{
	char *to = c->answering && !c->chunked ? c->buf : c->buf + c->n;
	ssize_t got = read(c->fd, to, (size_t)(c->buf + ROOM - to));

	if (got <= 0) {
		bad++;
		close(c->fd);
		open_conn(c, ep);
		return;
	}
	bytes += (uint64_t)got;
	if (c->answering && !c->chunked)
		c->left -= got;
	else
		c->n += (size_t)got;
	if (!c->answering)
		read_header(c);
	if (done(c)) {
		took((double)(now_us() - c->asked));
		bad += !c->good;
		ask(c);
	}
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double at(double part)
{
	return ntimes ? times[(size_t)((double)(ntimes - 1) * part)] / 1000 : 0;
}

int main(int argc, char **argv)
{
	int n = argc > 3 ? atoi(argv[3]) : 0, ep = epoll_create1(0);
	struct epoll_event evs[256];
	struct conn *conns;
	int64_t begin, end;

	if (argc < 6 || n < 1) {
		fprintf(stderr, "load HOST PORT CONNECTIONS SECONDS PATH [HEADER: VALUE ...]\n");
		return 2;
	}
	addr = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[2]))};
	inet_pton(AF_INET, argv[1], &addr.sin_addr);
	nquestion = (size_t)snprintf(question, sizeof question, "GET %s HTTP/1.1\r\nHost: %s:%s\r\n", argv[5], argv[1], argv[2]);
	for (int i = 6; i < argc; i++)
		nquestion += (size_t)snprintf(question + nquestion, sizeof question - nquestion, "%s\r\n", argv[i]);
	nquestion += (size_t)snprintf(question + nquestion, sizeof question - nquestion, "\r\n");
	number = strstr(question, "{n}");
	if (number) { /* one more digit than the mark has characters */
		memmove(number + 4, number + 3, strlen(number + 3) + 1);
		nquestion++;
	}
	conns = calloc((size_t)n, sizeof *conns);
	begin = now_us();
	end = begin + (int64_t)(atof(argv[4]) * 1e6);
	for (int i = 0; i < n; i++)
		open_conn(&conns[i], ep);
	while (now_us() < end) {
		int ready = epoll_wait(ep, evs, 256, 100);

		for (int i = 0; i < ready; i++)
			on_ready(evs[i].data.ptr, ep);
	}
	qsort(times, ntimes, sizeof *times, by_size);
	printf("{\"answers\": %zu, \"bad\": %llu, \"per_second\": %.1f, \"p50_ms\": %.3f, \"p99_ms\": %.3f, \"max_ms\": %.3f, "
	       "\"bytes\": %llu}\n",
	       ntimes, (unsigned long long)bad, (double)ntimes / ((double)(now_us() - begin) / 1e6), at(0.5), at(0.99), at(1),
	       (unsigned long long)bytes);
	return 0;
}
