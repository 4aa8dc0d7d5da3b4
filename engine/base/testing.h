/*
 * What every unit test includes: cmocka with the headers it wants before it, and a way to the
 * checkout's data files. Only x_test.c files include this.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"

/* A path below the checkout's root; the caller frees. */
static inline char *tw_test_path(const char *below)
{
	const char *root = getenv("TW_SOURCE_ROOT");
	return tw_asprintf("%s/%s", root ? root : ".", below);
}

/* A whole data file below the checkout's root; fails the test when it cannot be read. */
static inline struct tw_buf tw_test_read(const char *below)
{
	struct tw_buf b = { 0 };
	char chunk[16384], *path = tw_test_path(below);
	FILE *f = fopen(path, "rb");
	if (!f)
		fail_msg("cannot open %s", path);
	for (size_t n; (n = fread(chunk, 1, sizeof chunk, f)) > 0;)
		tw_buf_add(&b, chunk, n);
	fclose(f);
	free(path);
	return b;
}

#define tw_assert_str(s, cstr)                                                                     \
	do {                                                                                       \
		struct tw_str tw_s_ = (s);                                                         \
		assert_int_equal(tw_s_.n, strlen(cstr));                                           \
		if (tw_s_.n)                                                                       \
			assert_memory_equal(tw_s_.p, cstr, tw_s_.n);                               \
	} while (0)
