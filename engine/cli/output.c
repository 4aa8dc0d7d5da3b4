#include "cli/output.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "value/json.h"

#include <utf8proc.h>

/* Columns on screen that the text takes. */
static size_t display_width(struct tw_str s)
{
	size_t width = 0;

	for (size_t i = 0; i < s.n;) {
		utf8proc_int32_t cp;
		utf8proc_ssize_t step = utf8proc_iterate((const utf8proc_uint8_t *)s.p + i,
							 (utf8proc_ssize_t)(s.n - i), &cp);

		if (step <= 0) {
			i++;
			width++;
			continue;
		}
		i += (size_t)step;
		width += (size_t)utf8proc_charwidth(cp);
	}
	return width;
}

static bool is_list(struct tw_value v)
{
	return v.kind == TW_V_LIST || v.kind == TW_V_TUPLE;
}

static char *cell_text(struct tw_value v);

/* a,b,c: in tables only. */
static char *list_text(struct tw_value v)
{
	struct tw_buf b = {0};

	tw_buf_adds(&b, "");
	for (size_t i = 0; i < v.list->n; i++) {
		char *item = cell_text(v.list->v[i]);

		if (i)
			tw_buf_addc(&b, ',');
		tw_buf_adds(&b, item);
		free(item);
	}
	return tw_buf_steal(&b);
}

/* A cell as people read it: no quotes, Python's spelling of the constants. */
static char *cell_text(struct tw_value v)
{
	switch (v.kind) {
	case TW_V_NULL:
		return tw_strdup("None");
	case TW_V_BOOL:
		return tw_strdup(v.b ? "True" : "False");
	case TW_V_STR:
		return tw_str_dup(v.s);
	case TW_V_LIST:
	case TW_V_TUPLE:
		return list_text(v);
	default:
		return tw_json_dump(v, TW_JSON_PYTHON);
	}
}

struct grid {
	size_t nrows, ncols;
	char **cells; /* row-major; row 0 is the head */
	size_t *widths;
};

static void grid_fill(struct grid *g, struct tw_value rows)
{
	struct tw_vmap *head = rows.list->v[0].map;

	g->nrows = rows.list->n + 1;
	g->ncols = head->n;
	g->cells = tw_reallocarray(NULL, g->nrows * g->ncols, sizeof *g->cells);
	g->widths = tw_zalloc(g->ncols * sizeof *g->widths);
	for (size_t c = 0; c < g->ncols; c++)
		g->cells[c] = tw_str_dup(head->v[c].key.s);
	for (size_t r = 1; r < g->nrows; r++)
		for (size_t c = 0; c < g->ncols; c++) {
			const struct tw_value *v =
				tw_map_find(rows.list->v[r - 1], head->v[c].key.s);

			g->cells[r * g->ncols + c] = cell_text(v ? *v : TW_NULL);
		}
	for (size_t i = 0; i < g->nrows * g->ncols; i++) {
		size_t w;

		for (char *p = g->cells[i]; *p; p++)
			if (*p == '\n' || *p == '\r' || *p == '\t')
				*p = ' ';
		w = display_width(tw_str(g->cells[i]));
		if (w > g->widths[i % g->ncols])
			g->widths[i % g->ncols] = w;
	}
}

static void grid_release(struct grid *g)
{
	for (size_t i = 0; i < g->nrows * g->ncols; i++)
		free(g->cells[i]);
	free(g->cells);
	free(g->widths);
}

static size_t terminal_width(void)
{
	struct winsize ws;

	if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) == 0 && ws.ws_col > 20)
		return ws.ws_col;
	return 0;
}

/* Takes width from the widest columns until the line fits the terminal. */
static void grid_squeeze(struct grid *g, size_t limit)
{
	for (;;) {
		size_t total = 3 * (g->ncols - 1), widest = 0;

		for (size_t c = 0; c < g->ncols; c++) {
			total += g->widths[c];
			if (g->widths[c] > g->widths[widest])
				widest = c;
		}
		if (total <= limit || g->widths[widest] <= 8)
			return;
		g->widths[widest]--;
	}
}

/* Text cut to width columns, with an ellipsis when cut, padded unless last. */
static void put_cell(const char *text, size_t width, bool last)
{
	struct tw_str s = tw_str(text);
	size_t w = display_width(s);

	if (w <= width) {
		fwrite(s.p, 1, s.n, stdout);
	} else {
		while (s.n && display_width(s) > width - 1) {
			s.n--;
			while (s.n && ((unsigned char)s.p[s.n] & 0xC0) == 0x80)
				s.n--;
		}
		fwrite(s.p, 1, s.n, stdout);
		fputs("…", stdout);
		w = display_width(s) + 1;
	}
	for (; !last && w < width; w++)
		putchar(' ');
}

static void print_grid(struct tw_value rows, bool borders)
{
	struct grid g = {0};
	size_t limit = terminal_width();

	grid_fill(&g, rows);
	if (limit && borders)
		grid_squeeze(&g, limit);
	for (size_t r = 0; r < g.nrows; r++) {
		for (size_t c = 0; c < g.ncols; c++) {
			if (c)
				fputs(borders ? " | " : "  ", stdout);
			put_cell(g.cells[r * g.ncols + c], g.widths[c], c + 1 == g.ncols);
		}
		putchar('\n');
		if (r || !borders)
			continue;
		for (size_t c = 0; c < g.ncols; c++) {
			if (c)
				fputs("=+=", stdout);
			for (size_t i = 0; i < g.widths[c]; i++)
				putchar('=');
		}
		putchar('\n');
	}
	grid_release(&g);
}

/* A YAML scalar stays bare only when it cannot be read as anything but that string. */
static bool yaml_bare(struct tw_str s)
{
	double f;

	if (!s.n || s.p[0] == ' ' || s.p[s.n - 1] == ' ' ||
	    strchr("-?:,[]{}#&*!|>'\"%@`=~<", s.p[0]) || (s.p[0] >= '0' && s.p[0] <= '9') ||
	    s.p[0] == '.' || s.p[0] == '+')
		return false;
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == ':' || s.p[i] == '#' || s.p[i] == '"')
			return false;
	for (const char *const *w = (const char *const[]){"true", "false", "null", "yes", "no",
							  "on", "off", "y", "n", NULL};
	     *w; w++)
		if (tw_str_caseeq(s, *w))
			return false;
	return !tw_str_to_double(s, &f);
}

/* Quoted with ' as long as it is one line of text. */
static bool yaml_single(struct tw_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f || s.p[i] == '\'')
			return false;
	return true;
}

static void yaml_scalar(struct tw_buf *out, struct tw_value v)
{
	if (v.kind == TW_V_STR && yaml_bare(v.s))
		tw_buf_addstr(out, v.s);
	else if (v.kind == TW_V_STR && yaml_single(v.s))
		tw_buf_printf(out, "'" TW_STR_FMT "'", TW_STR_ARG(v.s));
	else
		tw_json_write(out, v, TW_JSON_PYTHON);
}

static bool is_block(struct tw_value v)
{
	return (is_list(v) || v.kind == TW_V_MAP) && tw_value_len(v) > 0;
}

static void yaml_spaces(struct tw_buf *out, int n)
{
	while (n-- > 0)
		tw_buf_addc(out, ' ');
}

static void yaml_map(struct tw_buf *out, struct tw_value v, int indent, bool first_inline)
{
	for (size_t i = 0; i < v.map->n; i++) {
		struct tw_pair *p = &v.map->v[i];

		if (i || !first_inline)
			yaml_spaces(out, indent);
		yaml_scalar(out, p->key);
		tw_buf_addc(out, ':');
		if (is_block(p->value)) {
			tw_buf_addc(out, '\n');
			tw_yaml_write(out, p->value,
				      p->value.kind == TW_V_MAP ? indent + 2 : indent);
		} else {
			tw_buf_addc(out, ' ');
			yaml_scalar(out, p->value);
			tw_buf_addc(out, '\n');
		}
	}
}

void tw_yaml_write(struct tw_buf *out, struct tw_value v, int indent)
{
	if (!is_block(v)) {
		yaml_spaces(out, indent);
		yaml_scalar(out, v);
		tw_buf_addc(out, '\n');
		return;
	}
	if (v.kind == TW_V_MAP) {
		yaml_map(out, v, indent, false);
		return;
	}
	for (size_t i = 0; i < v.list->n; i++) {
		struct tw_value item = v.list->v[i];

		yaml_spaces(out, indent);
		tw_buf_adds(out, "- ");
		if (item.kind == TW_V_MAP && is_block(item)) {
			yaml_map(out, item, indent + 2, true);
		} else if (is_block(item)) {
			tw_buf_addc(out, '\n');
			tw_yaml_write(out, item, indent + 2);
		} else {
			yaml_scalar(out, item);
			tw_buf_addc(out, '\n');
		}
	}
}

static int compare_keys(const void *a, const void *b)
{
	return tw_str_cmp(((const struct tw_pair *)a)->key.s, ((const struct tw_pair *)b)->key.s);
}

/* Scalars as strings; with sort the keys in order. */
static struct tw_value as_strings(struct tw_arena *a, struct tw_value v, bool sort)
{
	struct tw_value out;
	char *text;

	if (v.kind == TW_V_NULL || v.kind == TW_V_STR)
		return v;
	if (is_list(v)) {
		out = tw_v_list(a);
		for (size_t i = 0; i < v.list->n; i++)
			tw_list_push(a, out, as_strings(a, v.list->v[i], sort));
		return out;
	}
	if (v.kind == TW_V_MAP) {
		struct tw_pair *pairs = tw_arena_array(a, struct tw_pair, v.map->n + 1);

		if (v.map->n)
			memcpy(pairs, v.map->v, v.map->n * sizeof *pairs);
		if (sort)
			qsort(pairs, v.map->n, sizeof *pairs, compare_keys);
		out = tw_v_map(a);
		for (size_t i = 0; i < v.map->n; i++)
			tw_map_put(a, out, pairs[i].key.s, as_strings(a, pairs[i].value, sort));
		return out;
	}
	text = cell_text(v);
	out = tw_v_cstr(tw_arena_strdup(a, text));
	free(text);
	return out;
}

void tw_output_rows(const struct tw_args *args, struct tw_value rows)
{
	const char *how = tw_arg(args, "output");
	struct tw_buf out = {0};
	struct tw_arena a = {0};

	if (how && strcmp(how, "json") == 0) {
		tw_json_write(&out, as_strings(&a, rows, false), TW_JSON_PYTHON);
		puts(tw_buf_cstr(&out));
	} else if (how && strcmp(how, "yaml") == 0) {
		tw_yaml_write(&out, as_strings(&a, rows, true), 0);
		puts(tw_buf_cstr(&out));
	} else if (!tw_value_len(rows)) {
		puts("No data found");
	} else {
		print_grid(rows, !how || strcmp(how, "table") == 0);
	}
	tw_buf_release(&out);
	tw_arena_release(&a);
}

void tw_output_one(const struct tw_args *args, struct tw_value row)
{
	const char *how = tw_arg(args, "output");
	bool program = how && (strcmp(how, "json") == 0 || strcmp(how, "yaml") == 0);
	struct tw_arena a = {0};
	struct tw_value rows = tw_v_list(&a);

	if (program)
		tw_list_push(&a, rows, row);
	for (size_t i = 0; !program && i < row.map->n; i++) {
		struct tw_value line = tw_v_map(&a);

		tw_map_putc(&a, line, "property_name", row.map->v[i].key);
		tw_map_putc(&a, line, "property_value", row.map->v[i].value);
		tw_list_push(&a, rows, line);
	}
	tw_output_rows(args, rows);
	tw_arena_release(&a);
}
