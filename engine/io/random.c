#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>

#include "io/file.h"
#include "io/token.h"

void tw_random(void *p, size_t n)
{
	char *at = p;
	while (n) {
		ssize_t got = getrandom(at, n, 0);
		TW_ASSERT(got > 0 || errno == EINTR);
		if (got > 0) {
			at += got;
			n -= (size_t)got;
		}
	}
}

struct tw_str tw_random_text(struct tw_arena *a, size_t bytes)
{
	char raw[64];
	TW_AUTO(tw_buf_release) struct tw_buf text = {0};
	TW_ASSERT(bytes <= sizeof raw);
	tw_random(raw, bytes);
	tw_base64url(&text, tw_strn(raw, bytes), false);
	return tw_str_copy(a, tw_buf_str(&text));
}

bool tw_const_eq(struct tw_str a, struct tw_str b)
{
	if (a.n != b.n)
		return false;
	volatile unsigned char diff = 0;
	for (size_t i = 0; i < a.n; i++)
		diff = (unsigned char)(diff | (a.p[i] ^ b.p[i]));
	return diff == 0;
}

/*
 * 48 bits of milliseconds, and 12 bits of the millisecond's fraction, as one counter that never
 * stands still or goes back in this process; then 62 random bits.
 */
static uint64_t next_tick(int64_t now_us)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static uint64_t last;
	uint64_t us = now_us > 0 ? (uint64_t)now_us : 0;
	uint64_t tick = us / 1000 << 12 | us % 1000 * 4096 / 1000;
	pthread_mutex_lock(&lock);
	if (tick <= last)
		tick = last + 1;
	last = tick;
	pthread_mutex_unlock(&lock);
	return tick;
}

void tw_uuid7(char out[TW_UUID_LEN + 1], int64_t now_us)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char b[16];
	uint64_t tick = next_tick(now_us), ms = tick >> 12;
	tw_random(b + 8, 8);
	for (int i = 0; i < 6; i++)
		b[i] = (unsigned char)(ms >> (40 - 8 * i));
	b[6] = (unsigned char)(0x70 | (tick >> 8 & 0x0F));
	b[7] = (unsigned char)tick;
	b[8] = (unsigned char)(0x80 | (b[8] & 0x3F));
	char *q = out;
	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*q++ = '-';
		*q++ = hex[b[i] >> 4];
		*q++ = hex[b[i] & 15];
	}
	*q = 0;
}

static int hex_digit(char c)
{
	if (tw_is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int64_t tw_uuid7_time(struct tw_str uuid)
{
	if (uuid.n != TW_UUID_LEN || uuid.p[14] != '7')
		return -1;
	int64_t ms = 0;
	for (size_t i = 0; i < TW_UUID_LEN; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		int d = hex_digit(uuid.p[i]);
		if (dash ? uuid.p[i] != '-' : d < 0)
			return -1;
		if (i < 13 && !dash)
			ms = ms << 4 | d;
	}
	return ms * 1000;
}

void tw_password(char *out, size_t len)
{
	static const char abc[] = "ABCDEFGHJKMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz23456789";
	const unsigned n = sizeof abc - 1;
	for (size_t i = 0; i < len;) {
		unsigned char r;
		tw_random(&r, 1);
		if (r < 256 / n * n) /* the rest would favour the first letters */
			out[i++] = abc[r % n];
	}
	out[len] = 0;
}

static enum tw_rc read_secret(const char *path, struct tw_buf *out, struct tw_err *err)
{
	TW_AUTO(tw_buf_release) struct tw_buf text = {0};
	enum tw_rc rc = tw_file_read(path, 65536, &text, err);
	if (rc < 0)
		return rc;
	struct tw_str secret = tw_str_trim(tw_buf_str(&text));
	if (!secret.n)
		return tw_err_set(err, TW_ERR_INVALID, "%s is empty; remove it to get a new secret",
				  path);
	tw_buf_addstr(out, secret);
	return TW_OK;
}

enum tw_rc tw_secret_file(const char *path, size_t bytes, struct tw_buf *out, struct tw_err *err)
{
	enum tw_rc rc = read_secret(path, out, err);
	if (rc != TW_ERR_NOT_FOUND)
		return rc;
	TW_AUTO(tw_freep) char *raw = tw_alloc(bytes);
	TW_AUTO(tw_buf_release) struct tw_buf text = {0};
	tw_random(raw, bytes);
	tw_base64url(&text, tw_strn(raw, bytes), true);
	tw_buf_addc(&text, '\n');
	rc = tw_file_create(path, tw_buf_str(&text), 0600, err);
	if (rc < 0 && rc != TW_ERR_EXISTS)
		return rc;
	return read_secret(path, out, err); /* ours, or that of who was first */
}
