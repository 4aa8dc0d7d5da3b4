#include "cli/draw.h"

#include <stdlib.h>

#include "base/vec.h"

#define CHAR_W 7.4
#define BOX_H 38.0
#define GAP_X 54.0
#define GAP_Y 18.0
#define MARGIN 24.0
#define TITLE_H 30.0
#define SWEEPS 8

/* A node, or a point where a long arrow passes a layer. */
struct point {
	int node; /* -1: passing */
	int layer;
	double order;	/* where it wants to be among its layer */
	double x, y, w; /* left, middle, width */
};

/* An arrow's path: points in order of layers. */
struct path {
	TW_VEC(int) via;
};

struct picture {
	const struct tw_draw_node *nodes;
	const struct tw_draw_edge *edges;
	int n, nedges, nlayers;
	TW_VEC(struct point) points; /* the first n are the nodes */
	struct path *paths;	     /* one an edge */
	int **layers;		     /* points of each, in order */
	int *sizes;
};

/* ── layers: one more than the furthest of those before ─────────────────────────────── */

static void find_layers(struct picture *p)
{
	int *waiting = tw_zalloc(sizeof(int) * (size_t)(p->n + 1)),
	    *queue = tw_zalloc(sizeof(int) * (size_t)(p->n + 1));
	bool *done = tw_zalloc((size_t)p->n + 1);
	int head = 0, tail = 0, next = 0;

	for (int e = 0; e < p->nedges; e++)
		waiting[p->edges[e].to]++;
	for (int i = 0; i < p->n; i++)
		if (!waiting[i])
			queue[tail++] = i;
	while (tail < p->n || head < tail) {
		if (head == tail) { /* a cycle: begin somewhere */
			while (done[next] || waiting[next] <= 0)
				next++;
			waiting[next] = 0;
			queue[tail++] = next;
		}
		done[queue[head]] = true;
		for (int e = 0; e < p->nedges; e++) {
			int to = p->edges[e].to;

			if (p->edges[e].from != queue[head] || done[to] || waiting[to] <= 0)
				continue;
			if (p->points.v[to].layer < p->points.v[queue[head]].layer + 1)
				p->points.v[to].layer = p->points.v[queue[head]].layer + 1;
			if (--waiting[to] == 0)
				queue[tail++] = to;
		}
		head++;
	}
	free(waiting);
	free(queue);
	free(done);
}

static void make_points(struct picture *p)
{
	for (int i = 0; i < p->n; i++) {
		const struct tw_draw_node *node = &p->nodes[i];
		size_t chars = node->label.n > node->sub.n ? node->label.n : node->sub.n;

		tw_vec_push(
			&p->points,
			((struct point){.node = i, .w = (double)chars * CHAR_W + 24, .order = i}));
	}
	find_layers(p);
	p->paths = tw_zalloc(sizeof *p->paths * (size_t)(p->nedges + 1));
	for (int e = 0; e < p->nedges; e++) {
		int from = p->edges[e].from, to = p->edges[e].to, a = p->points.v[from].layer,
		    b = p->points.v[to].layer;

		tw_vec_push(&p->paths[e].via, from);
		for (int l = a + 1; l < b; l++) {
			tw_vec_push(&p->paths[e].via, (int)p->points.n);
			tw_vec_push(&p->points, ((struct point){.node = -1,
								.layer = l,
								.order = p->points.v[from].order}));
		}
		tw_vec_push(&p->paths[e].via, to);
	}
}

static void fill_layers(struct picture *p)
{
	for (size_t i = 0; i < p->points.n; i++)
		if (p->points.v[i].layer >= p->nlayers)
			p->nlayers = p->points.v[i].layer + 1;
	p->layers = tw_zalloc(sizeof *p->layers * (size_t)(p->nlayers + 1));
	p->sizes = tw_zalloc(sizeof *p->sizes * (size_t)(p->nlayers + 1));
	for (size_t i = 0; i < p->points.n; i++)
		p->sizes[p->points.v[i].layer]++;
	for (int l = 0; l < p->nlayers; l++) {
		p->layers[l] = tw_zalloc(sizeof(int) * (size_t)(p->sizes[l] + 1));
		p->sizes[l] = 0;
	}
	for (size_t i = 0; i < p->points.n; i++) {
		int l = p->points.v[i].layer;

		p->layers[l][p->sizes[l]++] = (int)i;
	}
}

/* ── order within layers ────────────────────────────────────────────────────────────── */

static const struct point *sort_points;

static int by_order(const void *a, const void *b)
{
	double x = sort_points[*(const int *)a].order, y = sort_points[*(const int *)b].order;

	if (x < y)
		return -1;
	if (x > y)
		return 1;
	return *(const int *)a - *(const int *)b;
}

/* Each point of the even (down) or odd (up) sweep goes to the middle of its neighbours before
 * (behind) it. */
static void sweep(struct picture *p, bool down, double *sum, int *count)
{
	for (int k = 0; k < p->nlayers; k++) {
		int l = down ? k : p->nlayers - 1 - k;

		for (size_t i = 0; i < p->points.n; i++) {
			sum[i] = 0;
			count[i] = 0;
		}
		for (int e = 0; e < p->nedges; e++)
			for (size_t j = 1; j < p->paths[e].via.n; j++) {
				int a = p->paths[e].via.v[j - 1], b = p->paths[e].via.v[j];
				int me = down ? b : a, other = down ? a : b;

				if (p->points.v[me].layer != l)
					continue;
				sum[me] += p->points.v[other].order;
				count[me]++;
			}
		for (int i = 0; i < p->sizes[l]; i++) {
			int me = p->layers[l][i];

			if (count[me])
				p->points.v[me].order = sum[me] / count[me];
		}
		sort_points = p->points.v;
		qsort(p->layers[l], (size_t)p->sizes[l], sizeof(int), by_order);
		for (int i = 0; i < p->sizes[l]; i++)
			p->points.v[p->layers[l][i]].order = i - (p->sizes[l] - 1) / 2.0;
	}
}

static void order_layers(struct picture *p)
{
	double *sum = tw_zalloc(sizeof *sum * (p->points.n + 1));
	int *count = tw_zalloc(sizeof *count * (p->points.n + 1));
	int sweeps = p->points.n > 3000 ? 1 : SWEEPS;

	for (int i = 0; i < sweeps; i++)
		sweep(p, i % 2 == 0, sum, count);
	free(sum);
	free(count);
}

static void place(struct picture *p, double *ret_w, double *ret_h)
{
	double x = MARGIN, height = 0;

	for (int l = 0; l < p->nlayers; l++) {
		double h = p->sizes[l] * (BOX_H + GAP_Y);

		if (h > height)
			height = h;
	}
	for (int l = 0; l < p->nlayers; l++) {
		double widest = 0,
		       top = TITLE_H + MARGIN + (height - p->sizes[l] * (BOX_H + GAP_Y)) / 2;

		for (int i = 0; i < p->sizes[l]; i++) {
			struct point *q = &p->points.v[p->layers[l][i]];

			q->x = x;
			q->y = top + i * (BOX_H + GAP_Y) + BOX_H / 2;
			if (q->w > widest)
				widest = q->w;
		}
		for (int i = 0; i < p->sizes[l]; i++)
			p->points.v[p->layers[l][i]].w = widest;
		x += widest + GAP_X;
	}
	*ret_w = x - (p->nlayers ? GAP_X : 0) + MARGIN;
	*ret_h = height + TITLE_H + 2 * MARGIN;
}

/* ── SVG ────────────────────────────────────────────────────────────────────────────── */

static void xml_text(struct tw_buf *out, struct tw_str s)
{
	for (size_t i = 0; i < s.n; i++)
		switch (s.p[i]) {
		case '&':
			tw_buf_adds(out, "&amp;");
			break;
		case '<':
			tw_buf_adds(out, "&lt;");
			break;
		case '>':
			tw_buf_adds(out, "&gt;");
			break;
		default:
			tw_buf_addc(out, s.p[i]);
		}
}

static void put_text(struct tw_buf *out, double x, double y, const char *class, struct tw_str text)
{
	tw_buf_printf(out, "<text class=\"%s\" x=\"%.0f\" y=\"%.0f\">", class, x, y);
	xml_text(out, text);
	tw_buf_adds(out, "</text>\n");
}

static void put_path(const struct picture *p, const struct path *path, struct tw_buf *out)
{
	const struct point *a = &p->points.v[path->via.v[0]];

	tw_buf_printf(out, "<path d=\"M%.0f %.0f", a->x + a->w, a->y);
	for (size_t i = 1; i < path->via.n; i++) {
		const struct point *b = &p->points.v[path->via.v[i]];
		double x1 = a->x + a->w, mid = (x1 + b->x) / 2;

		tw_buf_printf(out, " C%.0f %.0f %.0f %.0f %.0f %.0f", mid, a->y, mid, b->y, b->x,
			      b->y);
		if (b->node < 0)
			tw_buf_printf(out, " H%.0f", b->x + b->w);
		a = b;
	}
	tw_buf_adds(out, "\"/>\n");
}

static void put_node(const struct picture *p, int i, struct tw_buf *out)
{
	const struct tw_draw_node *node = &p->nodes[i];
	const struct point *q = &p->points.v[i];
	bool two = node->sub.n > 0;

	tw_buf_printf(out,
		      "<rect x=\"%.0f\" y=\"%.0f\" width=\"%.0f\" height=\"%.0f\" rx=\"5\" "
		      "fill=\"%s\"/>\n",
		      q->x, q->y - BOX_H / 2, q->w, BOX_H, node->fill ? node->fill : "#fff");
	put_text(out, q->x + q->w / 2, q->y + (two ? -2 : 4), "n", node->label);
	if (two)
		put_text(out, q->x + q->w / 2, q->y + 12, "s", node->sub);
}

void tw_draw_svg(struct tw_buf *out, struct tw_str title, const struct tw_draw_node *nodes, int n,
		 const struct tw_draw_edge *edges, int nedges)
{
	struct picture p = {.nodes = nodes, .edges = edges, .n = n, .nedges = nedges};
	double w, h;

	make_points(&p);
	fill_layers(&p);
	order_layers(&p);
	place(&p, &w, &h);
	tw_buf_printf(out,
		      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
		      "viewBox=\"0 0 %.0f %.0f\">\n"
		      "<style>text{font:13px "
		      "sans-serif;text-anchor:middle;fill:#222}.s{font-size:10px;fill:#666}"
		      ".t{font-weight:bold;text-anchor:start}rect{stroke:#667}path{fill:none;"
		      "stroke:#889;stroke-width:1.3;"
		      "marker-end:url(#a)}</style>\n<defs><marker id=\"a\" viewBox=\"0 0 8 8\" "
		      "refX=\"8\" refY=\"4\" "
		      "markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><polygon points=\"0 0 "
		      "8 4 0 8\" fill=\"#889\"/>"
		      "</marker></defs>\n<rect x=\"0\" y=\"0\" width=\"100%%\" height=\"100%%\" "
		      "fill=\"#fff\" "
		      "style=\"stroke:none\"/>\n",
		      w, h, w, h);
	put_text(out, MARGIN, TITLE_H, "t", title);
	for (int e = 0; e < nedges; e++)
		put_path(&p, &p.paths[e], out);
	for (int i = 0; i < n; i++)
		put_node(&p, i, out);
	tw_buf_adds(out, "</svg>\n");
	for (int e = 0; e < nedges; e++)
		tw_vec_release(&p.paths[e].via);
	for (int l = 0; l < p.nlayers; l++)
		free(p.layers[l]);
	free(p.paths);
	free(p.layers);
	free(p.sizes);
	tw_vec_release(&p.points);
}
