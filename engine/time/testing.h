/* What this folder's tests share: golden rows, and the zone files kept beside them. */
#pragma once

#include "base/testing.h"

#include "time/instant.h"
#include "time/zone.h"
#include "value/json.h"

struct golden {
	struct tw_buf text;
	struct tw_str rest;
	struct tw_arena arena;
	struct tw_value row;
	int line, bad;
};

static inline struct golden golden_open(const char *name)
{
	char path[200];
	struct golden g = {0};

	snprintf(path, sizeof path, "tests/compat/time/%s", name);
	g.text = tw_test_read(path);
	g.rest = tw_buf_str(&g.text);
	return g;
}

static inline bool golden_next(struct golden *g)
{
	struct tw_err err = {0};
	struct tw_str line;

	tw_arena_clear(&g->arena);
	do {
		if (!g->rest.p || !g->rest.n)
			return false;
		line = tw_str_cut(g->rest, '\n', &g->rest);
		g->line++;
	} while (!line.n);
	if (tw_json_parse(&g->arena, line, &g->row, &err) < 0)
		fail_msg("golden line %d: %s", g->line, err.msg);
	return true;
}

/* Releases, and fails when golden_bad was called; `least` rows must have been there. */
static inline void golden_close(struct golden *g, int least)
{
	int line = g->line, bad = g->bad;

	tw_arena_release(&g->arena);
	tw_buf_release(&g->text);
	assert_true(line >= least);
	assert_int_equal(bad, 0);
}

#define golden_bad(g, fmt, ...)                                                                    \
	do {                                                                                       \
		if ((g)->bad++ < 40)                                                               \
			print_error("line %d: " fmt "\n", (g)->line, __VA_ARGS__);                 \
	} while (0)

static inline enum tw_rc test_zone_load(void *ctx, const char *name, struct tw_buf *ret,
					struct tw_err *err)
{
	char *below = tw_asprintf("tests/compat/time/zoneinfo/%s", name);
	char *path = tw_test_path(below);
	FILE *f = fopen(path, "rb");
	char chunk[4096];

	(void)ctx;
	free(below);
	free(path);
	if (!f)
		return tw_err_set(err, TW_ERR_NOT_FOUND, "no %s", name);
	for (size_t n; (n = fread(chunk, 1, sizeof chunk, f)) > 0;)
		tw_buf_add(ret, chunk, n);
	fclose(f);
	return TW_OK;
}

/* A naive or UTC reading of a row; fails the test when it is none. */
static inline int64_t row_us(struct tw_value v)
{
	struct tw_iso iso;
	struct tw_err err = {0};

	if (v.kind == TW_V_NULL)
		return TW_TIME_NONE;
	if (v.kind != TW_V_STR || tw_iso_parse(v.s, &iso, &err) < 0)
		fail_msg("golden row: %s", err.msg);
	return iso.local_us - iso.offset * TW_US_SEC;
}
