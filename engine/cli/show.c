/* `tradewind dags show`, `dags show-dependencies`: a DAG as a tree of text, as dot, as SVG. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/draw.h"
#include "cli/row.h"
#include "io/file.h"
#include "model/dag.h"
#include "store/dags.h"

/* ── text ─────────────────────────────────────────────────────────────────────────────── */

static void put_line(struct tw_buf *out, const struct tw_dag *dag, int i, const char *indent,
		     const char *arm, bool again)
{
	const struct tw_task *t = &dag->tasks[i];
	struct tw_str op = tw_task_operator(t);

	tw_buf_printf(out, "%s%s" TW_STR_FMT " [" TW_STR_FMT "]", indent, arm,
		      TW_STR_ARG(t->task_id), TW_STR_ARG(op));
	if (t->map || t->mapped_group >= 0)
		tw_buf_adds(out, " mapped");
	if (t->is_setup)
		tw_buf_adds(out, " setup");
	if (t->is_teardown)
		tw_buf_adds(out, " teardown");
	if (t->trigger_rule != TW_RULE_ALL_SUCCESS && !t->is_teardown)
		tw_buf_printf(out, " %s", tw_trigger_rule_name(t->trigger_rule));
	tw_buf_adds(out, again && t->ndownstream ? " (see above)\n" : "\n");
}

/* Below each task those behind it; one that was there already is named, not drawn again. Chains do
 * not recurse. */
struct branch {
	int task, next;
	char *indent;
};

static void put_tree(struct tw_buf *out, const struct tw_dag *dag, int root, bool *seen)
{
	TW_VEC(struct branch) stack = {0};

	put_line(out, dag, root, "", "", seen[root]);
	if (!seen[root])
		tw_vec_push(&stack, ((struct branch){root, 0, tw_strdup("")}));
	seen[root] = true;
	while (stack.n) {
		struct branch *b = &stack.v[stack.n - 1];
		const struct tw_task *t = &dag->tasks[b->task];
		int child;
		bool last, again;

		if (b->next == t->ndownstream) {
			free(b->indent);
			stack.n--;
			continue;
		}
		child = t->downstream[b->next++];
		last = b->next == t->ndownstream;
		again = seen[child];
		put_line(out, dag, child, b->indent, last ? "└── " : "├── ", again);
		if (!again) {
			char *indent = tw_asprintf("%s%s", b->indent, last ? "    " : "│   ");

			seen[child] = true;
			tw_vec_push(&stack, ((struct branch){child, 0, indent}));
		}
	}
	tw_vec_release(&stack);
}

static void write_text(struct tw_buf *out, const struct tw_dag *dag)
{
	bool *seen = tw_zalloc((size_t)dag->ntasks + 1);

	tw_buf_printf(out, TW_STR_FMT " (" TW_STR_FMT ", %d tasks)\n\n", TW_STR_ARG(dag->dag_id),
		      TW_STR_ARG(dag->timetable_summary.p ? dag->timetable_summary
							  : TW_STR("no schedule")),
		      dag->ntasks);
	for (int i = 0; i < dag->ntasks; i++)
		if (!dag->tasks[i].nupstream)
			put_tree(out, dag, i, seen);
	free(seen);
}

/* ── dot ──────────────────────────────────────────────────────────────────────────────── */

static void dot_id(struct tw_buf *out, struct tw_str s)
{
	tw_buf_addc(out, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			tw_buf_addc(out, '\\');
		tw_buf_addc(out, s.p[i]);
	}
	tw_buf_addc(out, '"');
}

static const char *task_fill(const struct tw_task *t)
{
	struct tw_str colour = tw_map_str(t->raw, "ui_color", NULL);

	return colour.p && colour.n && colour.p[0] == '#'
		       ? tw_arena_strndup(&tw_cli()->arena, colour.p, colour.n)
		       : "#f4f7fb";
}

static void dot_group(struct tw_buf *out, const struct tw_dag *dag, int group, int depth)
{
	for (int g = 0; g < dag->ngroups; g++) {
		const struct tw_group *in = &dag->groups[g];

		if (in->parent != group || (int)g == group)
			continue;
		tw_buf_printf(out, "%*ssubgraph ", depth * 2, "");
		dot_id(out, tw_str(tw_arena_printf(&tw_cli()->arena, "cluster_" TW_STR_FMT,
						   TW_STR_ARG(in->group_id))));
		tw_buf_printf(out, " {\n%*slabel=", depth * 2 + 2, "");
		dot_id(out, in->label);
		tw_buf_addc(out, '\n');
		dot_group(out, dag, g, depth + 1);
		tw_buf_printf(out, "%*s}\n", depth * 2, "");
	}
	for (int i = 0; i < dag->ntasks; i++) {
		const struct tw_task *t = &dag->tasks[i];

		if (t->group != group)
			continue;
		tw_buf_printf(out, "%*s", depth * 2, "");
		dot_id(out, t->task_id);
		tw_buf_adds(out, " [label=");
		dot_id(out, t->label.n ? t->label : t->task_id);
		tw_buf_printf(out, " fillcolor=\"%s\"%s]\n", task_fill(t),
			      t->map ? " peripheries=2" : "");
	}
}

static void write_dot(struct tw_buf *out, const struct tw_dag *dag)
{
	tw_buf_adds(out, "digraph ");
	dot_id(out, dag->dag_id);
	tw_buf_adds(out, " {\n  graph [labelloc=t rankdir=LR label=");
	dot_id(out, dag->dag_id);
	tw_buf_adds(out, "]\n  node [shape=rectangle style=\"filled,rounded\"]\n");
	dot_group(out, dag, -1, 1);
	for (int i = 0; i < dag->ntasks; i++)
		for (int d = 0; d < dag->tasks[i].ndownstream; d++) {
			tw_buf_adds(out, "  ");
			dot_id(out, dag->tasks[i].task_id);
			tw_buf_adds(out, " -> ");
			dot_id(out, dag->tasks[dag->tasks[i].downstream[d]].task_id);
			tw_buf_addc(out, '\n');
		}
	tw_buf_adds(out, "}\n");
}

/* ── SVG ──────────────────────────────────────────────────────────────────────────────── */

static void write_svg(struct tw_buf *out, const struct tw_dag *dag)
{
	struct tw_draw_node *nodes = tw_zalloc(sizeof *nodes * (size_t)(dag->ntasks + 1));
	TW_VEC(struct tw_draw_edge) edges = {0};

	for (int i = 0; i < dag->ntasks; i++) {
		const struct tw_task *t = &dag->tasks[i];

		nodes[i] = (struct tw_draw_node){t->task_id, tw_task_operator(t), task_fill(t)};
		for (int d = 0; d < t->ndownstream; d++)
			tw_vec_push(&edges, ((struct tw_draw_edge){i, t->downstream[d]}));
	}
	tw_draw_svg(out, dag->dag_id, nodes, dag->ntasks, edges.v, (int)edges.n);
	free(nodes);
	tw_vec_release(&edges);
}

/* ── what goes where ──────────────────────────────────────────────────────────────────── */

/* Standard output, or the file; ".png" and the like need graphviz, which makes them of the dot
 * file. */
static void deliver(const char *path, struct tw_buf *out)
{
	struct tw_err err = {0};

	if (!path)
		fputs(tw_buf_cstr(out), stdout);
	else if (tw_file_write(path, tw_buf_str(out), 0644, &err) < 0)
		tw_cli_die(&err);
	else
		printf("File %s saved\n", path);
	tw_buf_release(out);
}

enum format { AS_TEXT, AS_DOT, AS_SVG };

static enum format format_of(const struct tw_args *args)
{
	const char *path = tw_arg(args, "save");

	if (tw_arg_flag(args, "imgcat"))
		tw_cli_dief("--imgcat is not supported; use --save FILE.svg");
	if (!path || tw_str_ends(tw_str(path), ".txt"))
		return AS_TEXT;
	if (tw_str_ends(tw_str(path), ".dot") || tw_str_ends(tw_str(path), ".gv"))
		return AS_DOT;
	if (tw_str_ends(tw_str(path), ".svg"))
		return AS_SVG;
	tw_cli_dief("'%s': .svg, .dot and .txt can be written (`dot -Tpng -O FILE.dot` makes other "
		    "formats)",
		    path);
}

static int cmd_show(const struct tw_args *args)
{
	static void (*const writers[])(struct tw_buf *,
				       const struct tw_dag *) = {write_text, write_dot, write_svg};
	enum format format = format_of(args);
	struct tw_dag *dag = cli_dag(tw_arg_pos(args, 0));
	struct tw_buf out = {0};

	writers[format](&out, dag);
	deliver(tw_arg(args, "save"), &out);
	tw_dag_unref(dag);
	return 0;
}

/* ── between DAGs ─────────────────────────────────────────────────────────────────────── */

struct links {
	TW_VEC(struct tw_draw_node) nodes;
	TW_VEC(struct tw_draw_edge) edges;
	TW_VEC(const char *) why;
	struct tw_map by_id; /* index + 1 */
};

static int link_node(struct links *l, struct tw_str id)
{
	uintptr_t at = (uintptr_t)tw_map_get(&l->by_id, id);

	if (!at) {
		tw_vec_push(&l->nodes,
			    ((struct tw_draw_node){tw_str_copy(&tw_cli()->arena, id), {0}, NULL}));
		at = l->nodes.n;
		tw_map_set(&l->by_id, id, (void *)at);
	}
	return (int)at - 1;
}

/* {"kind", "source", "target", "id"} */
static void add_link(struct links *l, struct tw_value d)
{
	struct tw_str source = tw_map_str(d, "source", NULL),
		      target = tw_map_str(d, "target", NULL), kind = tw_map_str(d, "kind", "");

	if (!source.p || !target.p)
		return;
	tw_vec_push(&l->edges, ((struct tw_draw_edge){link_node(l, source), link_node(l, target)}));
	tw_vec_push(&l->why, tw_arena_strndup(&tw_cli()->arena, kind.p, kind.n));
}

static void links_text(const struct links *l, struct tw_buf *out)
{
	if (!l->edges.n)
		tw_buf_adds(out, "No DAG starts or waits for another.\n");
	for (size_t i = 0; i < l->edges.n; i++)
		tw_buf_printf(out, TW_STR_FMT " -> " TW_STR_FMT "%s%s%s\n",
			      TW_STR_ARG(l->nodes.v[l->edges.v[i].from].label),
			      TW_STR_ARG(l->nodes.v[l->edges.v[i].to].label),
			      *l->why.v[i] ? " (" : "", l->why.v[i], *l->why.v[i] ? ")" : "");
}

static void links_dot(const struct links *l, struct tw_buf *out)
{
	tw_buf_adds(out, "digraph dependencies {\n  graph [rankdir=LR]\n  node [shape=rectangle "
			 "style=rounded]\n");
	for (size_t i = 0; i < l->edges.n; i++) {
		tw_buf_adds(out, "  ");
		dot_id(out, l->nodes.v[l->edges.v[i].from].label);
		tw_buf_adds(out, " -> ");
		dot_id(out, l->nodes.v[l->edges.v[i].to].label);
		tw_buf_addc(out, '\n');
	}
	tw_buf_adds(out, "}\n");
}

static int cmd_show_dependencies(const struct tw_args *args)
{
	struct tw_cli *c = tw_cli();
	enum format format = format_of(args);
	struct tw_cond fresh = {.field = "is_stale", .op = TW_OP_EQ, .num = 0};
	struct tw_ask ask = {.conds = &fresh, .nconds = 1, .limit = -1};
	struct links l = {0};
	struct tw_buf out = {0};
	struct tw_dag_row *dags;
	struct tw_err err = {0};
	size_t n;
	int64_t total;

	if (tw_store_dags(tw_cli_store(), &ask, &c->arena, &dags, &n, &total, &err) < 0)
		tw_cli_die(&err);
	for (size_t i = 0; i < n; i++) {
		char *id = tw_str_dup(dags[i].dag_id);
		struct tw_dag *dag = cli_dag(id);

		for (size_t k = 0; k < tw_value_len(dag->dependencies); k++)
			add_link(&l, tw_value_copy(&c->arena, dag->dependencies.list->v[k]));
		tw_dag_unref(dag);
		free(id);
	}
	if (format == AS_SVG)
		tw_draw_svg(&out, TW_STR("DAG dependencies"), l.nodes.v, (int)l.nodes.n, l.edges.v,
			    (int)l.edges.n);
	else if (format == AS_DOT)
		links_dot(&l, &out);
	else
		links_text(&l, &out);
	deliver(tw_arg(args, "save"), &out);
	tw_vec_release(&l.nodes);
	tw_vec_release(&l.edges);
	tw_vec_release(&l.why);
	tw_map_release(&l.by_id);
	return 0;
}

static const struct tw_opt show_opts[] = {
	{"save", 's', TW_OPT_STR, "write it into this file: .svg, .dot or .txt", NULL, NULL, NULL},
	{"imgcat", 0, TW_OPT_FLAG, "accepted; says what to use instead", NULL, NULL, NULL},
	{0},
};

const struct tw_verb tw_dags_show_verbs[] = {
	{"dags", "show", "Draw a DAG: as text, or as SVG or dot into a file.", "dag_id", show_opts,
	 cmd_show, false},
	{"dags", "show-dependencies", "Which DAG waits for or starts which.", NULL, show_opts,
	 cmd_show_dependencies, false},
	{0},
};
