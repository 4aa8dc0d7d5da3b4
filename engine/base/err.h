/*
 * Errors. A function that can fail returns TW_OK (0) or one of the negative
 * codes below, and writes the reader's message where the fault is known.
 * The last parameter is a `struct tw_err *`; NULL means "I don't care".
 * Outputs are named ret_x and stay untouched on failure.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>

enum tw_rc {
	TW_OK = 0,
	TW_ERR_INVALID = -1,     /* the input is wrong; the message says what to do */
	TW_ERR_NOT_FOUND = -2,
	TW_ERR_EXISTS = -3,      /* unique violation */
	TW_ERR_IO = -4,          /* the operating system or a peer failed */
	TW_ERR_LIMIT = -5,       /* a documented limit was reached */
	TW_ERR_UNSUPPORTED = -6, /* legal, but not something this engine does; a fallback may */
	TW_ERR_CONFLICT = -7,    /* somebody else changed it first */
	TW_ERR_DENIED = -8,
	TW_ERR_TIMEOUT = -9,
	TW_ERR_AGAIN = -10,      /* more input is needed before an answer exists */
};

struct tw_err {
	enum tw_rc rc;
	char msg[1000];
};

#define TW_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define TW_UNUSED __attribute__((unused))

/* Sets code and message; returns rc, so that `return tw_err_set(...)` reads well. */
enum tw_rc tw_err_set(struct tw_err *err, enum tw_rc rc, const char *fmt, ...) TW_PRINTF(3, 4);

/* Sets TW_ERR_IO with the message followed by ": " and strerror(errnum). */
enum tw_rc tw_err_errno(struct tw_err *err, int errnum, const char *fmt, ...) TW_PRINTF(3, 4);

/* Puts "context: " before the message there is; returns the code there is. */
enum tw_rc tw_err_wrap(struct tw_err *err, const char *fmt, ...) TW_PRINTF(2, 3);

/* Hands an error on. */
#define TW_TRY(call)                                                                               \
	do {                                                                                       \
		enum tw_rc tw_try_rc_ = (call);                                                    \
		if (tw_try_rc_ < 0)                                                                \
			return tw_try_rc_;                                                         \
	} while (0)

/* What cannot happen. Stays on in release builds: prints where and aborts. */
#define TW_ASSERT(cond)                                                                            \
	do {                                                                                       \
		if (__builtin_expect(!(cond), 0))                                                  \
			tw_assert_failed(#cond, __FILE__, __LINE__);                               \
	} while (0)
__attribute__((noreturn)) void tw_assert_failed(const char *cond, const char *file, int line);

/* Called once by tw_assert_failed before aborting (to dump the last trace records). May be NULL. */
extern void (*tw_assert_hook)(void);

/* Releases at scope end: TW_AUTO(tw_buf_release) struct tw_buf b = {0}; fn takes a pointer to the variable. */
#define TW_AUTO(fn) __attribute__((cleanup(fn)))
