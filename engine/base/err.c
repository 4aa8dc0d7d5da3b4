#include "base/err.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void (*tw_assert_hook)(void);

/* Puts ": tail" behind what msg holds, as far as there is room. */
static void append(char *msg, size_t size, const char *tail)
{
	size_t n = strlen(msg), m = strlen(tail);
	if (n + 3 > size)
		return;
	memcpy(msg + n, ": ", 3);
	n += 2;
	if (m > size - n - 1)
		m = size - n - 1;
	memcpy(msg + n, tail, m);
	msg[n + m] = 0;
}

enum tw_rc tw_err_set(struct tw_err *err, enum tw_rc rc, const char *fmt, ...)
{
	if (err) {
		/* A message may quote the one that is already there, so it is built aside. */
		char msg[sizeof err->msg];
		va_list ap;
		va_start(ap, fmt);
		vsnprintf(msg, sizeof msg, fmt, ap);
		va_end(ap);
		err->rc = rc;
		memcpy(err->msg, msg, sizeof msg);
	}
	return rc;
}

enum tw_rc tw_err_errno(struct tw_err *err, int errnum, const char *fmt, ...)
{
	if (err) {
		char msg[sizeof err->msg], reason[128];
		va_list ap;
		va_start(ap, fmt);
		vsnprintf(msg, sizeof msg, fmt, ap);
		va_end(ap);
		append(msg, sizeof msg, strerror_r(errnum, reason, sizeof reason));
		err->rc = TW_ERR_IO;
		memcpy(err->msg, msg, sizeof msg);
	}
	return TW_ERR_IO;
}

enum tw_rc tw_err_wrap(struct tw_err *err, const char *fmt, ...)
{
	if (!err)
		return TW_ERR_INVALID;
	char msg[sizeof err->msg];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(msg, sizeof msg, fmt, ap);
	va_end(ap);
	append(msg, sizeof msg, err->msg);
	memcpy(err->msg, msg, sizeof msg);
	return err->rc;
}

void tw_assert_failed(const char *cond, const char *file, int line)
{
	fprintf(stderr, "%s:%d: cannot happen: !(%s)\n", file, line, cond);
	void (*hook)(void) = tw_assert_hook;
	tw_assert_hook = NULL; /* a hook that asserts must not come back here */
	if (hook)
		hook();
	abort();
}
