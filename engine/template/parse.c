#include "template/parse.h"

#include "template/names.h"

#include <stdio.h>

enum tw_rc tw_parse_fail(struct tw_parser *p, int line, const char *fmt, ...)
{
	va_list ap;
	char msg[600];

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	if (p->fault)
		*p->fault = (struct tw_tpl_fault){TW_TPL_FAULT_SYNTAX, "TemplateSyntaxError", line};
	return tw_err_set(p->err, TW_ERR_INVALID, "%s", msg);
}

enum tw_rc tw_parse_unsupported(struct tw_parser *p, int line, const char *fmt, ...)
{
	va_list ap;
	char msg[400];

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	if (p->fault)
		*p->fault = (struct tw_tpl_fault){TW_TPL_FAULT_NONE, NULL, line};
	return tw_err_set(p->err, TW_ERR_UNSUPPORTED, "line %d: %s", line, msg);
}

struct tw_node *tw_parse_node(struct tw_parser *p, enum tw_node_kind kind, int line)
{
	struct tw_node *n = tw_arena_new(p->a, struct tw_node);

	n->kind = kind;
	n->line = line;
	return n;
}

void tw_nodes_push(struct tw_parser *p, struct tw_nodes *l, struct tw_node *n)
{
	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 4;
		struct tw_node **v = tw_arena_alloc(p->a, cap * sizeof(*v));

		if (l->n)
			memcpy(v, l->v, l->n * sizeof(*v));
		l->v = v;
		l->cap = cap;
	}
	l->v[l->n++] = n;
}

const char *tw_parse_describe(struct tw_parser *p, const struct tw_tok *tok)
{
	switch (tok->kind) {
	case TOK_NAME:
	case TOK_OP:
		return tw_arena_strndup(p->a, tok->text.p, tok->text.n);
	case TOK_DATA:
		return "template data / text";
	case TOK_VAR_BEGIN:
		return "begin of print statement";
	case TOK_VAR_END:
		return "end of print statement";
	case TOK_BLOCK_BEGIN:
		return "begin of statement block";
	case TOK_BLOCK_END:
		return "end of statement block";
	case TOK_INT:
		return "integer";
	case TOK_FLOAT:
		return "float";
	case TOK_STR:
		return "string";
	case TOK_EOF:
	case TOK_ERROR:
		break;
	}
	return "end of template";
}

bool tw_parse_is_name(const struct tw_parser *p, const char *name)
{
	return p->tok->kind == TOK_NAME && tw_str_is(p->tok->text, name);
}

bool tw_parse_skip_op(struct tw_parser *p, int op)
{
	if (!tw_parse_is_op(p, op))
		return false;
	p->tok++;
	return true;
}

bool tw_parse_skip_name(struct tw_parser *p, const char *name)
{
	if (!tw_parse_is_name(p, name))
		return false;
	p->tok++;
	return true;
}

/* The lexer's own failure comes before any of the parser's at the same place. */
static enum tw_rc lex_error(struct tw_parser *p)
{
	return tw_parse_fail(p, p->tok->line, TW_STR_FMT, TW_STR_ARG(p->tok->text));
}

static enum tw_rc expected(struct tw_parser *p, const char *what)
{
	if (p->tok->kind == TOK_ERROR)
		return lex_error(p);
	if (p->tok->kind == TOK_EOF)
		return tw_parse_fail(p, p->tok->line, "unexpected end of template, expected '%s'.",
				     what);
	return tw_parse_fail(p, p->tok->line, "expected token '%s', got %s%s%s", what,
			     tw_parse_is_op(p, '\'') ? "\"" : "'", tw_parse_describe(p, p->tok),
			     "'");
}

enum tw_rc tw_parse_expect_op(struct tw_parser *p, int op)
{
	char what[3] = {op > 255 ? (char)(op >> 8) : (char)op, op > 255 ? (char)op : 0, 0};

	if (!tw_parse_is_op(p, op))
		return expected(p, what);
	p->tok++;
	return TW_OK;
}

enum tw_rc tw_parse_expect_name(struct tw_parser *p, const char *name)
{
	if (!tw_parse_is_name(p, name))
		return expected(p, name);
	p->tok++;
	return TW_OK;
}

enum tw_rc tw_parse_expect(struct tw_parser *p, enum tw_tok_kind kind)
{
	struct tw_tok want = {.kind = kind};

	if (p->tok->kind != kind)
		return expected(p, kind == TOK_NAME ? "name" : tw_parse_describe(p, &want));
	p->tok++;
	return TW_OK;
}

enum tw_rc tw_parse_ident(struct tw_parser *p, struct tw_str *ret)
{
	struct tw_str s = p->tok->text;

	TW_TRY(tw_parse_expect(p, TOK_NAME));
	*ret = s;
	return TW_OK;
}

void tw_parse_uses(struct tw_parser *p, struct tw_str name)
{
	if (!p->macro)
		return;
	if (tw_str_is(name, "varargs"))
		p->macro->uses_varargs = true;
	else if (tw_str_is(name, "kwargs"))
		p->macro->uses_kwargs = true;
	else if (tw_str_is(name, "caller"))
		p->macro->uses_caller = true;
}

/* ---- blocks ---- */

static enum tw_rc subparse(struct tw_parser *p, const char *const *ends, struct tw_nodes *ret);

static bool is_end(const struct tw_parser *p, const char *const *ends)
{
	for (; ends && *ends; ends++)
		if (tw_parse_is_name(p, *ends))
			return true;
	return false;
}

/* Jinja's long message for a tag that is not known here, or for a missing end. */
static enum tw_rc unknown_tag(struct tw_parser *p, const struct tw_tok *tag, int line)
{
	TW_AUTO(tw_buf_release) struct tw_buf m = {0};
	TW_AUTO(tw_buf_release) struct tw_buf looking = {0};
	bool nesting = false;

	if (tag)
		tw_buf_printf(&m, "Encountered unknown tag '" TW_STR_FMT "'.",
			      TW_STR_ARG(tag->text));
	else
		tw_buf_adds(&m, "Unexpected end of template.");
	if (p->nends)
		for (const char *const *e = p->ends[p->nends - 1]; *e; e++)
			tw_buf_printf(&looking, "%s'%s'", looking.n ? " or " : "", *e);
	for (int i = 0; tag && i < p->nends; i++)
		for (const char *const *e = p->ends[i]; *e; e++)
			if (tw_str_is(tag->text, *e))
				nesting = true;
	if (nesting)
		tw_buf_printf(&m,
			      " You probably made a nesting mistake. Jinja is expecting this tag, "
			      "but currently looking for %s.",
			      tw_buf_cstr(&looking));
	else if (looking.n)
		tw_buf_printf(&m, " Jinja was looking for the following tags: %s.",
			      tw_buf_cstr(&looking));
	if (p->ntags)
		tw_buf_printf(&m, " The innermost block that needs to be closed is '%s'.",
			      p->tags[p->ntags - 1]);
	return tw_parse_fail(p, line, "%s", tw_buf_cstr(&m));
}

/* The body of a block up to one of the ends, which is left (or, with drop, passed). */
static enum tw_rc body(struct tw_parser *p, const char *const *ends, bool drop,
		       struct tw_nodes *ret)
{
	tw_parse_skip_op(p, ':');
	TW_TRY(tw_parse_expect(p, TOK_BLOCK_END));
	if (p->nends == TW_PARSE_DEPTH)
		return tw_err_set(p->err, TW_ERR_LIMIT, "line %d: blocks are nested too deeply",
				  p->tok->line);
	p->ends[p->nends++] = ends;
	TW_TRY(subparse(p, ends, ret));
	if (p->tok->kind == TOK_ERROR)
		return lex_error(p);
	if (p->tok->kind == TOK_EOF)
		return unknown_tag(p, NULL, p->tok->line);
	p->nends--;
	if (drop)
		p->tok++;
	return TW_OK;
}

static enum tw_rc parse_if(struct tw_parser *p, int line, struct tw_node **ret)
{
	static const char *const ends[] = {"elif", "else", "endif", NULL};
	static const char *const last[] = {"endif", NULL};
	struct tw_node *first = tw_parse_node(p, N_IF, line), *n = first;
	bool soft = p->soft;

	p->soft = true;
	for (;;) {
		TW_TRY(tw_parse_tuple(p, false, false, false, false, &n->a));
		TW_TRY(body(p, ends, false, &n->body));
		if (tw_parse_is_name(p, "elif")) {
			struct tw_node *next = tw_parse_node(p, N_IF, p->tok->line);

			next->op = 1;
			p->tok++;
			tw_nodes_push(p, &n->other, next);
			n = next;
			continue;
		}
		if (tw_parse_skip_name(p, "else"))
			TW_TRY(body(p, last, true, &n->other));
		else
			p->tok++;
		break;
	}
	p->soft = soft;
	*ret = first;
	return TW_OK;
}

static bool target_names(const struct tw_node *n, const char *name)
{
	if (n->kind == N_NAME)
		return tw_str_is(n->name, name);
	if (n->kind == N_TUPLE)
		for (size_t i = 0; i < n->kids.n; i++)
			if (target_names(n->kids.v[i], name))
				return true;
	return false;
}

static enum tw_rc parse_for(struct tw_parser *p, int line, struct tw_node **ret)
{
	static const char *const ends[] = {"endfor", "else", NULL};
	static const char *const last[] = {"endfor", NULL};
	struct tw_node *n = tw_parse_node(p, N_FOR, line);

	TW_TRY(tw_parse_target(p, true, false, &n->a));
	if (target_names(n->a, "loop"))
		return tw_parse_fail(p, line,
				     "Can't assign to special loop variable in for-loop target");
	TW_TRY(tw_parse_expect_name(p, "in"));
	TW_TRY(tw_parse_tuple(p, false, false, false, false, &n->b));
	if (tw_parse_skip_name(p, "if"))
		TW_TRY(tw_parse_expr(p, true, &n->c));
	n->op = tw_parse_skip_name(p, "recursive");
	p->in_loop++;
	TW_TRY(body(p, ends, false, &n->body));
	p->in_loop--;
	if (tw_parse_is_name(p, "endfor")) {
		p->tok++;
	} else {
		p->tok++;
		TW_TRY(body(p, last, true, &n->other));
	}
	*ret = n;
	return TW_OK;
}

static enum tw_rc parse_set(struct tw_parser *p, int line, struct tw_node **ret)
{
	static const char *const ends[] = {"endset", NULL};
	struct tw_node *n = tw_parse_node(p, N_SET, line);

	TW_TRY(tw_parse_target(p, true, true, &n->a));
	if (tw_parse_skip_op(p, '=')) {
		TW_TRY(tw_parse_tuple(p, false, true, false, false, &n->b));
	} else {
		n->kind = N_SETBLOCK;
		TW_TRY(tw_parse_filters(p, NULL, false, &n->b));
		TW_TRY(body(p, ends, true, &n->body));
	}
	*ret = n;
	return TW_OK;
}

static enum tw_rc parse_with(struct tw_parser *p, int line, struct tw_node **ret)
{
	static const char *const ends[] = {"endwith", NULL};
	struct tw_node *n = tw_parse_node(p, N_WITH, line);

	while (p->tok->kind != TOK_BLOCK_END) {
		struct tw_node *target, *value;

		if (n->kids.n)
			TW_TRY(tw_parse_expect_op(p, ','));
		TW_TRY(tw_parse_target(p, true, false, &target));
		TW_TRY(tw_parse_expect_op(p, '='));
		TW_TRY(tw_parse_expr(p, true, &value));
		tw_nodes_push(p, &n->kids, target);
		tw_nodes_push(p, &n->kids, value);
	}
	TW_TRY(body(p, ends, true, &n->body));
	*ret = n;
	return TW_OK;
}

static enum tw_rc parse_autoescape(struct tw_parser *p, int line, struct tw_node **ret)
{
	static const char *const ends[] = {"endautoescape", NULL};
	struct tw_node *n = tw_parse_node(p, N_AUTOESCAPE, line);

	TW_TRY(tw_parse_expr(p, true, &n->a));
	TW_TRY(body(p, ends, true, &n->body));
	*ret = n;
	return TW_OK;
}

static bool only_space(const struct tw_nodes *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i]->kind != N_DATA || tw_str_trim(l->v[i]->text).n)
			return false;
	return true;
}

static enum tw_rc parse_block(struct tw_parser *p, int line, struct tw_node **ret)
{
	static const char *const ends[] = {"endblock", NULL};
	struct tw_node *n = tw_parse_node(p, N_BLOCK, line);
	char name[100];

	TW_TRY(tw_parse_ident(p, &n->name));
	if (tw_parse_skip_name(p, "scoped"))
		n->op |= 1;
	if (tw_parse_skip_name(p, "required"))
		n->op |= 2;
	if (tw_parse_is_op(p, '-'))
		return tw_parse_fail(p, p->tok->line,
				     "Block names in Jinja have to be valid Python identifiers and "
				     "may not contain hyphens, use an underscore instead.");
	TW_TRY(body(p, ends, true, &n->body));
	if ((n->op & 2) && !only_space(&n->body))
		return tw_parse_fail(p, p->tok->line,
				     "Required blocks can only contain comments or whitespace");
	snprintf(name, sizeof(name), TW_STR_FMT, TW_STR_ARG(n->name));
	tw_parse_skip_name(p, name);
	for (size_t i = 0; i < p->tpl->blocks.n; i++)
		if (tw_str_eq(p->tpl->blocks.v[i]->name, n->name))
			return tw_parse_fail(p, line, "block '%s' defined twice", name);
	tw_nodes_push(p, &p->tpl->blocks, n);
	*ret = n;
	return TW_OK;
}

/* [with|without] context; false when neither is there. */
static bool import_context(struct tw_parser *p, struct tw_node *n)
{
	bool with = tw_parse_is_name(p, "with");

	if (!with && !tw_parse_is_name(p, "without"))
		return false;
	if (p->tok[1].kind != TOK_NAME || !tw_str_is(p->tok[1].text, "context"))
		return false;
	n->ctx = with;
	p->tok += 2;
	return true;
}

static enum tw_rc parse_include(struct tw_parser *p, int line, struct tw_node **ret)
{
	struct tw_node *n = tw_parse_node(p, N_INCLUDE, line);

	TW_TRY(tw_parse_expr(p, true, &n->a));
	if (tw_parse_is_name(p, "ignore") && p->tok[1].kind == TOK_NAME &&
	    tw_str_is(p->tok[1].text, "missing")) {
		n->op = 1;
		p->tok += 2;
	}
	n->ctx = 1;
	import_context(p, n);
	*ret = n;
	return TW_OK;
}

static enum tw_rc parse_import(struct tw_parser *p, int line, struct tw_node **ret)
{
	struct tw_node *n = tw_parse_node(p, N_IMPORT, line);

	TW_TRY(tw_parse_expr(p, true, &n->a));
	TW_TRY(tw_parse_expect_name(p, "as"));
	TW_TRY(tw_parse_ident(p, &n->name));
	import_context(p, n);
	*ret = n;
	return TW_OK;
}

static void push_name(struct tw_parser *p, struct tw_nodes *l, struct tw_str name, int line)
{
	struct tw_node *n = tw_parse_node(p, N_CONST, line);

	n->value = tw_v_str(name);
	tw_nodes_push(p, l, n);
}

static enum tw_rc parse_from(struct tw_parser *p, int line, struct tw_node **ret)
{
	struct tw_node *n = tw_parse_node(p, N_FROM, line);

	TW_TRY(tw_parse_expr(p, true, &n->a));
	TW_TRY(tw_parse_expect_name(p, "import"));
	for (;;) {
		struct tw_str name, alias;

		if (n->kids.n)
			TW_TRY(tw_parse_expect_op(p, ','));
		if (p->tok->kind == TOK_NAME && import_context(p, n))
			break;
		TW_TRY(tw_parse_ident(p, &name));
		if (name.n && name.p[0] == '_')
			return tw_parse_fail(
				p, p->tok->line,
				"names starting with an underline can not be imported");
		alias = name;
		if (tw_parse_skip_name(p, "as"))
			TW_TRY(tw_parse_ident(p, &alias));
		push_name(p, &n->kids, name, line);
		push_name(p, &n->kids, alias, line);
		if (import_context(p, n) || !tw_parse_is_op(p, ','))
			break;
	}
	*ret = n;
	return TW_OK;
}

static enum tw_rc signature(struct tw_parser *p, struct tw_macro_def *m)
{
	struct tw_str names[64];

	TW_TRY(tw_parse_expect_op(p, '('));
	while (!tw_parse_is_op(p, ')')) {
		struct tw_node *dflt;
		struct tw_str name;

		if (m->nparams)
			TW_TRY(tw_parse_expect_op(p, ','));
		TW_TRY(tw_parse_ident(p, &name));
		if (m->nparams == 64)
			return tw_parse_unsupported(p, p->tok->line,
						    "a macro of over 64 parameters");
		for (size_t i = 0; i < m->nparams; i++)
			if (tw_str_eq(names[i], name))
				return tw_parse_fail(p, p->tok->line,
						     "duplicate argument '" TW_STR_FMT "'",
						     TW_STR_ARG(name));
		if (tw_parse_skip_op(p, '=')) {
			TW_TRY(tw_parse_expr(p, true, &dflt));
			tw_nodes_push(p, &m->defaults, dflt);
		} else if (m->defaults.n) {
			return tw_parse_fail(p, p->tok->line,
					     "non-default argument follows default argument");
		}
		if (tw_str_is(name, "caller")) {
			m->explicit_caller = true;
			if (!m->defaults.n)
				return tw_parse_fail(p, p->tok->line,
						     "When defining macros or call blocks the "
						     "special \"caller\" argument must be omitted "
						     "or be given a default.");
		}
		names[m->nparams++] = name;
	}
	m->params = tw_arena_alloc(p->a, sizeof(*m->params) * (m->nparams + 1));
	memcpy(m->params, names, sizeof(*names) * m->nparams);
	return tw_parse_expect_op(p, ')');
}

/* The body of a macro learns whether it uses varargs, kwargs and caller. */
static enum tw_rc macro_body(struct tw_parser *p, struct tw_macro_def *m, const char *const *ends)
{
	struct tw_macro_def *outer = p->macro;
	int in_loop = p->in_loop;

	p->macro = m;
	p->in_loop = 0;
	TW_TRY(body(p, ends, true, &m->body));
	p->macro = outer;
	p->in_loop = in_loop;
	for (size_t i = 0; i < m->nparams; i++) {
		if (tw_str_is(m->params[i], "varargs"))
			m->uses_varargs = false;
		if (tw_str_is(m->params[i], "kwargs"))
			m->uses_kwargs = false;
	}
	if (outer) { /* a nested macro's use is its own, but Jinja counts it for both */
		outer->uses_caller |= m->uses_caller;
	}
	return TW_OK;
}

static enum tw_rc parse_macro(struct tw_parser *p, int line, struct tw_node **ret)
{
	static const char *const ends[] = {"endmacro", NULL};
	struct tw_node *n = tw_parse_node(p, N_MACRO, line);

	n->macro = tw_arena_new(p->a, struct tw_macro_def);
	TW_TRY(tw_parse_ident(p, &n->macro->name));
	TW_TRY(signature(p, n->macro));
	TW_TRY(macro_body(p, n->macro, ends));
	*ret = n;
	return TW_OK;
}

static enum tw_rc parse_call_block(struct tw_parser *p, int line, struct tw_node **ret)
{
	static const char *const ends[] = {"endcall", NULL};
	struct tw_node *n = tw_parse_node(p, N_CALLBLOCK, line);

	n->macro = tw_arena_new(p->a, struct tw_macro_def);
	n->macro->name = TW_STR("caller");
	if (tw_parse_is_op(p, '('))
		TW_TRY(signature(p, n->macro));
	TW_TRY(tw_parse_expr(p, true, &n->a));
	if (n->a->kind != N_CALL)
		return tw_parse_fail(p, n->line, "expected call");
	TW_TRY(macro_body(p, n->macro, ends));
	*ret = n;
	return TW_OK;
}

static enum tw_rc parse_filter_block(struct tw_parser *p, int line, struct tw_node **ret)
{
	static const char *const ends[] = {"endfilter", NULL};
	struct tw_node *n = tw_parse_node(p, N_FILTERBLOCK, line);

	TW_TRY(tw_parse_filters(p, NULL, true, &n->b));
	TW_TRY(body(p, ends, true, &n->body));
	*ret = n;
	return TW_OK;
}

static enum tw_rc parse_print(struct tw_parser *p, int line, struct tw_node **ret)
{
	struct tw_node *n = tw_parse_node(p, N_OUTPUT, line), *e;

	while (p->tok->kind != TOK_BLOCK_END) {
		if (n->kids.n)
			TW_TRY(tw_parse_expect_op(p, ','));
		TW_TRY(tw_parse_expr(p, true, &e));
		tw_nodes_push(p, &n->kids, e);
	}
	*ret = n;
	return TW_OK;
}

static enum tw_rc parse_extends(struct tw_parser *p, int line, struct tw_node **ret)
{
	struct tw_node *n = tw_parse_node(p, N_EXTENDS, line);

	TW_TRY(tw_parse_expr(p, true, &n->a));
	*ret = n;
	return TW_OK;
}

static enum tw_rc parse_do(struct tw_parser *p, int line, struct tw_node **ret)
{
	struct tw_node *n = tw_parse_node(p, N_DO, line);

	TW_TRY(tw_parse_tuple(p, false, true, false, false, &n->a));
	*ret = n;
	return TW_OK;
}

static enum tw_rc parse_loop_control(struct tw_parser *p, int line, struct tw_node **ret)
{
	bool brk = tw_str_is(p->tok[-1].text, "break");

	if (!p->in_loop)
		return tw_parse_fail(p, line, "'%s' outside loop", brk ? "break" : "continue");
	*ret = tw_parse_node(p, brk ? N_BREAK : N_CONTINUE, line);
	return TW_OK;
}

typedef enum tw_rc parse_fn(struct tw_parser *p, int line, struct tw_node **ret);

static const struct {
	const char *tag;
	parse_fn *fn;
	unsigned flag; /* needs this one */
} statements[] = {
	{"if", parse_if, 0},
	{"for", parse_for, 0},
	{"set", parse_set, 0},
	{"do", parse_do, 0},
	{"with", parse_with, 0},
	{"macro", parse_macro, 0},
	{"call", parse_call_block, 0},
	{"filter", parse_filter_block, 0},
	{"block", parse_block, 0},
	{"extends", parse_extends, 0},
	{"include", parse_include, 0},
	{"import", parse_import, 0},
	{"from", parse_from, 0},
	{"print", parse_print, 0},
	{"autoescape", parse_autoescape, 0},
	{"break", parse_loop_control, TW_TPL_LOOPCONTROLS},
	{"continue", parse_loop_control, TW_TPL_LOOPCONTROLS},
};

static enum tw_rc statement(struct tw_parser *p, struct tw_node **ret)
{
	const struct tw_tok *tag = p->tok;

	if (tag->kind == TOK_ERROR)
		return lex_error(p);
	if (tag->kind != TOK_NAME)
		return tw_parse_fail(p, tag->line, "tag name expected");
	for (size_t i = 0; i < sizeof(statements) / sizeof(*statements); i++) {
		if (!tw_str_is(tag->text, statements[i].tag) ||
		    (statements[i].flag & p->tpl->flags) != statements[i].flag)
			continue;
		if (p->ntags == TW_PARSE_DEPTH)
			return tw_err_set(p->err, TW_ERR_LIMIT,
					  "line %d: blocks are nested too deeply", tag->line);
		p->tags[p->ntags++] = statements[i].tag;
		p->tok++;
		TW_TRY(statements[i].fn(p, tag->line, ret));
		p->ntags--;
		return TW_OK;
	}
	return unknown_tag(p, tag, tag->line);
}

static enum tw_rc output(struct tw_parser *p, struct tw_nodes *ret)
{
	struct tw_node *n = tw_parse_node(p, N_OUTPUT, p->tok->line), *e;

	p->tok++;
	TW_TRY(tw_parse_tuple(p, false, true, false, false, &e));
	tw_nodes_push(p, &n->kids, e);
	TW_TRY(tw_parse_expect(p, TOK_VAR_END));
	tw_nodes_push(p, ret, n);
	return TW_OK;
}

static enum tw_rc subparse(struct tw_parser *p, const char *const *ends, struct tw_nodes *ret)
{
	struct tw_node *n;

	for (;;) {
		switch (p->tok->kind) {
		case TOK_DATA:
			n = tw_parse_node(p, N_DATA, p->tok->line);
			n->text = p->tok->text;
			tw_nodes_push(p, ret, n);
			p->tok++;
			break;
		case TOK_VAR_BEGIN:
			TW_TRY(output(p, ret));
			break;
		case TOK_BLOCK_BEGIN:
			p->tok++;
			if (is_end(p, ends))
				return TW_OK;
			TW_TRY(statement(p, &n));
			tw_nodes_push(p, ret, n);
			TW_TRY(tw_parse_expect(p, TOK_BLOCK_END));
			break;
		default:
			return TW_OK;
		}
	}
}

enum tw_rc tw_tpl_parse(struct tw_template *tpl, struct tw_str text, struct tw_tpl_fault *fault,
			struct tw_err *err)
{
	struct tw_lexer lex;
	struct tw_parser p = {.tpl = tpl, .a = &tpl->arena, .fault = fault, .err = err};

	tw_tpl_lex(&tpl->arena, text, tpl->flags, &lex);
	p.tok = lex.v;
	tpl->plain =
		lex.n == 1 || (lex.n == 2 && lex.v[0].kind == TOK_DATA && lex.v[1].kind == TOK_EOF);
	TW_TRY(subparse(&p, NULL, &tpl->root));
	if (p.tok->kind == TOK_ERROR)
		return lex_error(&p);
	TW_ASSERT(p.tok->kind == TOK_EOF);
	if (p.unknown) {
		tw_parse_fail(&p, p.unknown->line, "No %s named '" TW_STR_FMT "'.",
			      p.unknown->kind == N_FILTER ? "filter" : "test",
			      TW_STR_ARG(p.unknown->name));
		if (fault)
			fault->exception = "TemplateAssertionError";
		return TW_ERR_INVALID;
	}
	tw_names_find(tpl);
	return TW_OK;
}
