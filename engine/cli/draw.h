/*
 * Pictures of graphs without help from outside: layers from left to right, dummy points where an arrow passes a layer,
 * a few sweeps by the middle of the neighbours against crossings. Text as SVG; arrows that close a cycle go backwards.
 */
#pragma once

#include "base/str.h"

struct tw_draw_node {
	struct tw_str label, sub; /* sub: a second, smaller line; may be empty */
	const char *fill;         /* "#fff" */
};

struct tw_draw_edge {
	int from, to;
};

/* Appends a whole SVG document. */
void tw_draw_svg(struct tw_buf *out, struct tw_str title, const struct tw_draw_node *nodes, int n,
		 const struct tw_draw_edge *edges, int nedges);
