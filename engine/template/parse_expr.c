#include "template/parse.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static enum tw_rc parse_unary(struct tw_parser *p, bool with_filter, struct tw_node **ret);

static enum tw_rc enter(struct tw_parser *p)
{
	if (++p->depth > TW_PARSE_DEPTH)
		return tw_err_set(p->err, TW_ERR_LIMIT,
				  "line %d: the expression is nested too deeply", p->tok->line);
	return TW_OK;
}

static enum tw_rc unexpected(struct tw_parser *p)
{
	if (p->tok->kind == TOK_ERROR)
		return tw_parse_fail(p, p->tok->line, TW_STR_FMT, TW_STR_ARG(p->tok->text));
	return tw_parse_fail(p, p->tok->line, "unexpected '%s'", tw_parse_describe(p, p->tok));
}

/* ---- primaries ---- */

static enum tw_rc parse_int(struct tw_parser *p, struct tw_value *ret)
{
	struct tw_str s = p->tok->text;
	int base = 10;
	size_t skip = 0;
	char *end;
	unsigned long long v;

	if (s.n > 2 && s.p[0] == '0' && (s.p[1] | 32) > 'a') {
		base = (s.p[1] | 32) == 'x' ? 16 : (s.p[1] | 32) == 'o' ? 8 : 2;
		skip = 2;
	}
	errno = 0;
	v = strtoull(s.p + skip, &end, base);
	if (errno || v > INT64_MAX)
		return tw_parse_unsupported(p, p->tok->line, "an integer beyond 64 bits");
	*ret = tw_v_int((int64_t)v);
	return TW_OK;
}

static enum tw_rc parse_list(struct tw_parser *p, struct tw_node *n)
{
	struct tw_node *item;

	p->tok++;
	while (!tw_parse_is_op(p, ']')) {
		if (n->kids.n)
			TW_TRY(tw_parse_expect_op(p, ','));
		if (tw_parse_is_op(p, ']'))
			break;
		TW_TRY(tw_parse_expr(p, true, &item));
		tw_nodes_push(p, &n->kids, item);
	}
	return tw_parse_expect_op(p, ']');
}

static enum tw_rc parse_dict(struct tw_parser *p, struct tw_node *n)
{
	struct tw_node *key, *value;

	p->tok++;
	while (!tw_parse_is_op(p, '}')) {
		if (n->kids.n)
			TW_TRY(tw_parse_expect_op(p, ','));
		if (tw_parse_is_op(p, '}'))
			break;
		TW_TRY(tw_parse_expr(p, true, &key));
		TW_TRY(tw_parse_expect_op(p, ':'));
		TW_TRY(tw_parse_expr(p, true, &value));
		tw_nodes_push(p, &n->kids, key);
		tw_nodes_push(p, &n->kids, value);
	}
	return tw_parse_expect_op(p, '}');
}

static bool valid_ident(struct tw_str s)
{
	size_t i = 0;

	return s.n && ((unsigned char)s.p[0] >= 0x80 || s.p[i] < '0' || s.p[i] > '9');
}

static enum tw_rc parse_name(struct tw_parser *p, bool ns, struct tw_node **ret)
{
	struct tw_str s = p->tok->text;
	struct tw_node *n = tw_parse_node(p, N_CONST, p->tok->line);

	if (!valid_ident(s))
		return tw_parse_fail(p, n->line, "Invalid character in identifier");
	p->tok++;
	*ret = n;
	if (tw_str_is(s, "true") || tw_str_is(s, "True") || tw_str_is(s, "false") ||
	    tw_str_is(s, "False")) {
		n->value = tw_v_bool((s.p[0] | 32) == 't');
	} else if (tw_str_is(s, "none") || tw_str_is(s, "None")) {
		n->value = TW_NULL;
	} else if (ns && tw_parse_is_op(p, '.')) {
		p->tok++;
		n->kind = N_NSREF;
		n->name = s;
		return tw_parse_ident(p, &n->text);
	} else {
		n->kind = N_NAME;
		n->name = s;
		tw_parse_uses(p, s);
	}
	return TW_OK;
}

static enum tw_rc parse_string(struct tw_parser *p, struct tw_node **ret)
{
	struct tw_node *n = tw_parse_node(p, N_CONST, p->tok->line);
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};

	*ret = n;
	if (p->tok[1].kind != TOK_STR) {
		n->value = tw_v_str(p->tok->text);
		p->tok++;
		return TW_OK;
	}
	while (p->tok->kind == TOK_STR) {
		tw_buf_addstr(&b, p->tok->text);
		p->tok++;
	}
	n->value = tw_v_str(tw_str_copy(p->a, tw_buf_str(&b)));
	return TW_OK;
}

enum tw_rc tw_parse_primary(struct tw_parser *p, bool ns, struct tw_node **ret)
{
	int line = p->tok->line;
	double f;

	switch (p->tok->kind) {
	case TOK_NAME:
		return parse_name(p, ns, ret);
	case TOK_STR:
		return parse_string(p, ret);
	case TOK_INT:
		*ret = tw_parse_node(p, N_CONST, line);
		TW_TRY(parse_int(p, &(*ret)->value));
		p->tok++;
		return TW_OK;
	case TOK_FLOAT:
		*ret = tw_parse_node(p, N_CONST, line);
		f = strtod(p->tok->text.p, NULL);
		(*ret)->value = tw_v_float(f);
		p->tok++;
		return TW_OK;
	case TOK_OP:
		if (p->tok->op == '(') {
			p->tok++;
			TW_TRY(tw_parse_tuple(p, false, true, true, false, ret));
			return tw_parse_expect_op(p, ')');
		}
		if (p->tok->op == '[') {
			*ret = tw_parse_node(p, N_LIST, line);
			return parse_list(p, *ret);
		}
		if (p->tok->op == '{') {
			*ret = tw_parse_node(p, N_DICT, line);
			return parse_dict(p, *ret);
		}
		return unexpected(p);
	default:
		return unexpected(p);
	}
}

static bool tuple_end(const struct tw_parser *p)
{
	return p->tok->kind == TOK_VAR_END || p->tok->kind == TOK_BLOCK_END ||
	       tw_parse_is_op(p, ')');
}

enum tw_rc tw_parse_tuple(struct tw_parser *p, bool simple, bool cond, bool parens, bool ns,
			  struct tw_node **ret)
{
	struct tw_node *n = tw_parse_node(p, N_TUPLE, p->tok->line), *item;
	bool is_tuple = false;

	for (;;) {
		if (n->kids.n)
			TW_TRY(tw_parse_expect_op(p, ','));
		if (tuple_end(p))
			break;
		if (simple)
			TW_TRY(tw_parse_primary(p, ns, &item));
		else
			TW_TRY(tw_parse_expr(p, cond, &item));
		tw_nodes_push(p, &n->kids, item);
		if (!tw_parse_is_op(p, ','))
			break;
		is_tuple = true;
	}
	*ret = n;
	if (is_tuple)
		return TW_OK;
	if (n->kids.n) {
		*ret = n->kids.v[0];
		return TW_OK;
	}
	if (parens)
		return TW_OK;
	if (p->tok->kind == TOK_ERROR)
		return unexpected(p);
	return tw_parse_fail(p, p->tok->line, "Expected an expression, got '%s'",
			     tw_parse_describe(p, p->tok));
}

static const char *node_name(const struct tw_node *n)
{
	static const char *const names[] = {
		[N_CONST] = "const",   [N_LIST] = "list",	[N_DICT] = "dict",
		[N_COND] = "condexpr", [N_GETATTR] = "getattr", [N_GETITEM] = "getitem",
		[N_CALL] = "call",     [N_FILTER] = "filter",	[N_NAME] = "name",
	};

	return n->kind < sizeof(names) / sizeof(*names) && names[n->kind] ? names[n->kind] : "expr";
}

static enum tw_rc can_assign(struct tw_parser *p, const struct tw_node *n, const char *as)
{
	if (n->kind == N_NAME || n->kind == N_NSREF)
		return TW_OK;
	if (n->kind == N_TUPLE) {
		for (size_t i = 0; i < n->kids.n; i++)
			TW_TRY(can_assign(p, n->kids.v[i], "tuple"));
		return TW_OK;
	}
	return tw_parse_fail(p, n->line, "can't assign to '%s'", as ? as : node_name(n));
}

enum tw_rc tw_parse_target(struct tw_parser *p, bool tuple, bool ns, struct tw_node **ret)
{
	if (tuple)
		TW_TRY(tw_parse_tuple(p, true, true, false, ns, ret));
	else
		TW_TRY(tw_parse_primary(p, ns, ret));
	return can_assign(p, *ret, NULL);
}

/* ---- what may follow a primary ---- */

/* One subscript: an expression or a slice. */
static enum tw_rc subscript(struct tw_parser *p, struct tw_node **ret)
{
	struct tw_node *n = tw_parse_node(p, N_SLICE, p->tok->line), *first = NULL;

	if (!tw_parse_is_op(p, ':')) {
		TW_TRY(tw_parse_expr(p, true, &first));
		if (!tw_parse_is_op(p, ':')) {
			*ret = first;
			return TW_OK;
		}
	}
	p->tok++;
	n->a = first;
	*ret = n;
	if (!tw_parse_is_op(p, ':') && !tw_parse_is_op(p, ']') && !tw_parse_is_op(p, ','))
		TW_TRY(tw_parse_expr(p, true, &n->b));
	if (!tw_parse_skip_op(p, ':'))
		return TW_OK;
	if (!tw_parse_is_op(p, ']') && !tw_parse_is_op(p, ','))
		TW_TRY(tw_parse_expr(p, true, &n->c));
	return TW_OK;
}

static enum tw_rc parse_dot(struct tw_parser *p, struct tw_node *left, struct tw_node **ret)
{
	struct tw_node *n = tw_parse_node(p, N_GETATTR, p->tok->line);

	p->tok++;
	n->a = left;
	*ret = n;
	if (p->tok->kind == TOK_NAME) {
		n->name = p->tok->text;
		p->tok++;
		return TW_OK;
	}
	if (p->tok->kind == TOK_ERROR)
		return unexpected(p);
	if (p->tok->kind != TOK_INT)
		return tw_parse_fail(p, p->tok->line, "expected name or number");
	n->kind = N_GETITEM;
	n->b = tw_parse_node(p, N_CONST, n->line);
	TW_TRY(parse_int(p, &n->b->value));
	p->tok++;
	return TW_OK;
}

static enum tw_rc parse_subscript(struct tw_parser *p, struct tw_node *left, struct tw_node **ret)
{
	struct tw_node *n = tw_parse_node(p, N_GETITEM, p->tok->line), *item;
	struct tw_node *tuple = tw_parse_node(p, N_TUPLE, n->line);

	p->tok++;
	n->a = left;
	while (!tw_parse_is_op(p, ']')) {
		if (tuple->kids.n)
			TW_TRY(tw_parse_expect_op(p, ','));
		TW_TRY(subscript(p, &item));
		tw_nodes_push(p, &tuple->kids, item);
	}
	p->tok++;
	n->b = tuple->kids.n == 1 ? tuple->kids.v[0] : tuple;
	*ret = n;
	return TW_OK;
}

static enum tw_rc call_syntax(struct tw_parser *p)
{
	return tw_parse_fail(p, p->tok->line, "invalid syntax for function call expression");
}

static enum tw_rc call_kwarg(struct tw_parser *p, struct tw_call_args *args)
{
	struct tw_node *name = tw_parse_node(p, N_CONST, p->tok->line), *value;

	name->value = tw_v_str(p->tok->text);
	for (size_t i = 0; i < args->kw.n; i += 2)
		if (tw_str_eq(args->kw.v[i]->value.s, name->value.s))
			return tw_parse_fail(p, name->line,
					     "keyword argument repeated: " TW_STR_FMT,
					     TW_STR_ARG(name->value.s));
	p->tok += 2;
	TW_TRY(tw_parse_expr(p, true, &value));
	tw_nodes_push(p, &args->kw, name);
	tw_nodes_push(p, &args->kw, value);
	return TW_OK;
}

static enum tw_rc call_args(struct tw_parser *p, struct tw_call_args **ret)
{
	struct tw_call_args *args = tw_arena_new(p->a, struct tw_call_args);
	struct tw_node *value;
	bool comma = false;

	*ret = args;
	TW_TRY(tw_parse_expect_op(p, '('));
	while (!tw_parse_is_op(p, ')')) {
		if (comma) {
			TW_TRY(tw_parse_expect_op(p, ','));
			if (tw_parse_is_op(p, ')'))
				break;
		}
		if (tw_parse_is_op(p, '*')) {
			if (args->star || args->starstar)
				return call_syntax(p);
			p->tok++;
			TW_TRY(tw_parse_expr(p, true, &args->star));
		} else if (tw_parse_is_op(p, TW_OP2('*', '*'))) {
			if (args->starstar)
				return call_syntax(p);
			p->tok++;
			TW_TRY(tw_parse_expr(p, true, &args->starstar));
		} else if (p->tok->kind == TOK_NAME && p->tok[1].kind == TOK_OP &&
			   p->tok[1].op == '=') {
			if (args->starstar)
				return call_syntax(p);
			TW_TRY(call_kwarg(p, args));
		} else {
			if (args->star || args->starstar || args->kw.n)
				return call_syntax(p);
			TW_TRY(tw_parse_expr(p, true, &value));
			tw_nodes_push(p, &args->pos, value);
		}
		comma = true;
	}
	return tw_parse_expect_op(p, ')');
}

static enum tw_rc parse_call(struct tw_parser *p, struct tw_node *left, struct tw_node **ret)
{
	struct tw_node *n = tw_parse_node(p, N_CALL, p->tok->line);

	n->a = left;
	*ret = n;
	return call_args(p, &n->args);
}

/* "a.b.c": a name with dots, as filters and tests may have. */
static enum tw_rc dotted(struct tw_parser *p, struct tw_str *ret)
{
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	struct tw_str s;

	TW_TRY(tw_parse_ident(p, ret));
	if (!tw_parse_is_op(p, '.'))
		return TW_OK;
	tw_buf_addstr(&b, *ret);
	while (tw_parse_skip_op(p, '.')) {
		TW_TRY(tw_parse_ident(p, &s));
		tw_buf_addc(&b, '.');
		tw_buf_addstr(&b, s);
	}
	*ret = tw_str_copy(p->a, tw_buf_str(&b));
	return TW_OK;
}

/* Does what n is applied to hold other? The outermost is the first that Jinja names. */
static bool within(const struct tw_node *n, const struct tw_node *other)
{
	while (n && (n->kind == N_FILTER || n->kind == N_TEST)) {
		n = n->a;
		if (n == other)
			return true;
	}
	return false;
}

/* A filter or test that is not to be had: a fault, or (in a condition) only when it is reached. */
static enum tw_rc unknown(struct tw_parser *p, struct tw_node *n, bool known)
{
	const char *what = n->kind == N_FILTER ? "filter" : "test";

	if (known)
		return tw_parse_unsupported(p, n->line, "the %s '" TW_STR_FMT "'", what,
					    TW_STR_ARG(n->name));
	if (p->tpl->flags & TW_TPL_OPEN)
		return tw_parse_unsupported(p, n->line,
					    "the %s '" TW_STR_FMT "' is not a built-in one", what,
					    TW_STR_ARG(n->name));
	if (!p->soft && (!p->unknown || within(n, p->unknown)))
		p->unknown = n;
	return TW_OK;
}

enum tw_rc tw_parse_filters(struct tw_parser *p, struct tw_node *node, bool start_inline,
			    struct tw_node **ret)
{
	while (start_inline || tw_parse_is_op(p, '|')) {
		struct tw_node *n;

		if (!start_inline)
			p->tok++;
		start_inline = false;
		n = tw_parse_node(p, N_FILTER, p->tok->line);
		n->a = node;
		TW_TRY(dotted(p, &n->name));
		if (tw_parse_is_op(p, '('))
			TW_TRY(call_args(p, &n->args));
		n->filter = tw_filter_find(n->name);
		if (!n->filter || !n->filter->fn)
			TW_TRY(unknown(p, n, n->filter));
		node = n;
	}
	*ret = node;
	return TW_OK;
}

static bool starts_test_arg(const struct tw_parser *p)
{
	switch (p->tok->kind) {
	case TOK_NAME:
		return !tw_parse_is_name(p, "else") && !tw_parse_is_name(p, "or") &&
		       !tw_parse_is_name(p, "and");
	case TOK_STR:
	case TOK_INT:
	case TOK_FLOAT:
		return true;
	default:
		return tw_parse_is_op(p, '[') || tw_parse_is_op(p, '{');
	}
}

static enum tw_rc parse_postfix(struct tw_parser *p, struct tw_node *n, struct tw_node **ret);

static enum tw_rc parse_test(struct tw_parser *p, struct tw_node *left, struct tw_node **ret)
{
	struct tw_node *n = tw_parse_node(p, N_TEST, p->tok->line), *arg, *not_node;
	bool negated;

	p->tok++;
	negated = tw_parse_skip_name(p, "not");
	n->a = left;
	TW_TRY(dotted(p, &n->name));
	if (tw_parse_is_op(p, '(')) {
		TW_TRY(call_args(p, &n->args));
	} else if (starts_test_arg(p)) {
		if (tw_parse_is_name(p, "is"))
			return tw_parse_fail(p, p->tok->line,
					     "You cannot chain multiple tests with is");
		TW_TRY(tw_parse_primary(p, false, &arg));
		TW_TRY(parse_postfix(p, arg, &arg));
		n->args = tw_arena_new(p->a, struct tw_call_args);
		tw_nodes_push(p, &n->args->pos, arg);
	}
	n->test = tw_test_find(n->name);
	if (!n->test || !n->test->fn)
		TW_TRY(unknown(p, n, n->test));
	*ret = n;
	if (negated) {
		not_node = tw_parse_node(p, N_NOT, n->line);
		not_node->a = n;
		*ret = not_node;
	}
	return TW_OK;
}

static enum tw_rc parse_postfix(struct tw_parser *p, struct tw_node *n, struct tw_node **ret)
{
	for (;;) {
		if (tw_parse_is_op(p, '.'))
			TW_TRY(parse_dot(p, n, &n));
		else if (tw_parse_is_op(p, '['))
			TW_TRY(parse_subscript(p, n, &n));
		else if (tw_parse_is_op(p, '('))
			TW_TRY(parse_call(p, n, &n));
		else
			break;
	}
	*ret = n;
	return TW_OK;
}

static enum tw_rc parse_filter_expr(struct tw_parser *p, struct tw_node *n, struct tw_node **ret)
{
	for (;;) {
		if (tw_parse_is_op(p, '|'))
			TW_TRY(tw_parse_filters(p, n, false, &n));
		else if (tw_parse_is_name(p, "is"))
			TW_TRY(parse_test(p, n, &n));
		else if (tw_parse_is_op(p, '('))
			TW_TRY(parse_call(p, n, &n));
		else
			break;
	}
	*ret = n;
	return TW_OK;
}

/* ---- operators, from the tightest ---- */

static struct tw_node *binary(struct tw_parser *p, enum tw_node_kind kind, int op, int line,
			      struct tw_node *a, struct tw_node *b)
{
	struct tw_node *n = tw_parse_node(p, kind, line);

	n->op = op;
	n->a = a;
	n->b = b;
	return n;
}

static enum tw_rc parse_unary(struct tw_parser *p, bool with_filter, struct tw_node **ret)
{
	struct tw_node *n;
	int line = p->tok->line;

	TW_TRY(enter(p));
	if (tw_parse_is_op(p, '-') || tw_parse_is_op(p, '+')) {
		int op = p->tok->op;

		p->tok++;
		TW_TRY(parse_unary(p, false, &n));
		n = binary(p, N_UNARY, op, line, n, NULL);
	} else {
		TW_TRY(tw_parse_primary(p, false, &n));
	}
	TW_TRY(parse_postfix(p, n, &n));
	if (with_filter)
		TW_TRY(parse_filter_expr(p, n, &n));
	*ret = n;
	p->depth--;
	return TW_OK;
}

static enum tw_rc parse_pow(struct tw_parser *p, struct tw_node **ret)
{
	struct tw_node *left, *right;

	TW_TRY(parse_unary(p, true, &left));
	while (tw_parse_is_op(p, TW_OP2('*', '*'))) {
		int line = p->tok->line;

		p->tok++;
		TW_TRY(parse_unary(p, true, &right));
		left = binary(p, N_BIN, TW_OP2('*', '*'), line, left, right);
	}
	*ret = left;
	return TW_OK;
}

static enum tw_rc parse_math2(struct tw_parser *p, struct tw_node **ret)
{
	struct tw_node *left, *right;

	TW_TRY(parse_pow(p, &left));
	while (tw_parse_is_op(p, '*') || tw_parse_is_op(p, '/') ||
	       tw_parse_is_op(p, TW_OP2('/', '/')) || tw_parse_is_op(p, '%')) {
		int line = p->tok->line, op = p->tok->op;

		p->tok++;
		TW_TRY(parse_pow(p, &right));
		left = binary(p, N_BIN, op, line, left, right);
	}
	*ret = left;
	return TW_OK;
}

static enum tw_rc parse_concat(struct tw_parser *p, struct tw_node **ret)
{
	struct tw_node *n = NULL, *left, *right;

	TW_TRY(parse_math2(p, &left));
	while (tw_parse_is_op(p, '~')) {
		if (!n) {
			n = tw_parse_node(p, N_CONCAT, p->tok->line);
			tw_nodes_push(p, &n->kids, left);
		}
		p->tok++;
		TW_TRY(parse_math2(p, &right));
		tw_nodes_push(p, &n->kids, right);
	}
	*ret = n ? n : left;
	return TW_OK;
}

static enum tw_rc parse_math1(struct tw_parser *p, struct tw_node **ret)
{
	struct tw_node *left, *right;

	TW_TRY(parse_concat(p, &left));
	while (tw_parse_is_op(p, '+') || tw_parse_is_op(p, '-')) {
		int line = p->tok->line, op = p->tok->op;

		p->tok++;
		TW_TRY(parse_concat(p, &right));
		left = binary(p, N_BIN, op, line, left, right);
	}
	*ret = left;
	return TW_OK;
}

/* The comparison at the current token as one character, moving behind it; 0 = none. */
static int compare_op(struct tw_parser *p)
{
	static const struct {
		int op;
		char c;
	} ops[] = {{TW_OP2('=', '='), '='},
		   {TW_OP2('!', '='), '!'},
		   {'<', '<'},
		   {TW_OP2('<', '='), 'l'},
		   {'>', '>'},
		   {TW_OP2('>', '='), 'g'}};

	if (p->tok->kind == TOK_OP)
		for (size_t i = 0; i < sizeof(ops) / sizeof(*ops); i++)
			if (p->tok->op == ops[i].op) {
				p->tok++;
				return ops[i].c;
			}
	if (tw_parse_skip_name(p, "in"))
		return 'i';
	if (tw_parse_is_name(p, "not") && p->tok[1].kind == TOK_NAME &&
	    tw_str_is(p->tok[1].text, "in")) {
		p->tok += 2;
		return 'n';
	}
	return 0;
}

static enum tw_rc parse_compare(struct tw_parser *p, struct tw_node **ret)
{
	struct tw_node *n = NULL, *left, *right;
	TW_AUTO(tw_buf_release) struct tw_buf ops = {0};
	int op, line;

	TW_TRY(parse_math1(p, &left));
	while (line = p->tok->line, (op = compare_op(p)) != 0) {
		if (!n) {
			n = tw_parse_node(p, N_COMPARE, line);
			tw_nodes_push(p, &n->kids, left);
		}
		TW_TRY(parse_math1(p, &right));
		tw_nodes_push(p, &n->kids, right);
		tw_buf_addc(&ops, (char)op);
	}
	if (n)
		n->text = tw_str_copy(p->a, tw_buf_str(&ops));
	*ret = n ? n : left;
	return TW_OK;
}

static enum tw_rc parse_not(struct tw_parser *p, struct tw_node **ret)
{
	int line = p->tok->line;

	if (!tw_parse_skip_name(p, "not"))
		return parse_compare(p, ret);
	TW_TRY(enter(p));
	TW_TRY(parse_not(p, ret));
	p->depth--;
	*ret = binary(p, N_NOT, 0, line, *ret, NULL);
	return TW_OK;
}

static enum tw_rc parse_and(struct tw_parser *p, struct tw_node **ret)
{
	struct tw_node *left, *right;

	TW_TRY(parse_not(p, &left));
	while (tw_parse_is_name(p, "and")) {
		int line = p->tok++->line;

		TW_TRY(parse_not(p, &right));
		left = binary(p, N_AND, 0, line, left, right);
	}
	*ret = left;
	return TW_OK;
}

static enum tw_rc parse_or(struct tw_parser *p, struct tw_node **ret)
{
	struct tw_node *left, *right;

	TW_TRY(parse_and(p, &left));
	while (tw_parse_is_name(p, "or")) {
		int line = p->tok++->line;

		TW_TRY(parse_and(p, &right));
		left = binary(p, N_OR, 0, line, left, right);
	}
	*ret = left;
	return TW_OK;
}

/* Inside a conditional expression an unknown filter fails only when it is reached. */
static enum tw_rc parse_cond(struct tw_parser *p, struct tw_node **ret)
{
	struct tw_node *left, *n, *before = p->unknown;
	bool soft = p->soft;

	TW_TRY(parse_or(p, &left));
	while (tw_parse_is_name(p, "if")) {
		p->unknown = before;
		p->soft = true;
		n = tw_parse_node(p, N_COND, p->tok++->line);
		n->a = left;
		TW_TRY(parse_or(p, &n->b));
		if (tw_parse_skip_name(p, "else")) {
			TW_TRY(enter(p));
			TW_TRY(parse_cond(p, &n->c));
			p->depth--;
		}
		left = n;
	}
	p->soft = soft;
	*ret = left;
	return TW_OK;
}

enum tw_rc tw_parse_expr(struct tw_parser *p, bool cond, struct tw_node **ret)
{
	TW_TRY(enter(p));
	if (cond)
		TW_TRY(parse_cond(p, ret));
	else
		TW_TRY(parse_or(p, ret));
	p->depth--;
	return TW_OK;
}
