/* What the two halves of the parser share: statements in parse.c, expressions in parse_expr.c. */
#pragma once

#include "template/ast.h"
#include "template/lex.h"

#define TW_PARSE_DEPTH 150 /* nesting of expressions and of blocks */

struct tw_parser {
	struct tw_template *tpl;
	struct tw_arena *a;
	struct tw_tok *tok; /* the current token; the last one is TOK_EOF or TOK_ERROR */
	struct tw_tpl_fault *fault;
	struct tw_err *err;
	const char *const *ends[TW_PARSE_DEPTH]; /* which tags close the open blocks */
	const char *tags[TW_PARSE_DEPTH];
	int nends, ntags;
	int depth;
	int in_loop;
	struct tw_macro_def *macro; /* the innermost one, which learns what its body uses */
	bool soft;		    /* inside an if: an unknown filter fails only when reached */
	/* The first unknown filter or test outside of any condition: fails when all is parsed. */
	struct tw_node *unknown;
};

enum tw_rc tw_parse_fail(struct tw_parser *p, int line, const char *fmt, ...) TW_PRINTF(3, 4);
enum tw_rc tw_parse_unsupported(struct tw_parser *p, int line, const char *fmt, ...)
	TW_PRINTF(3, 4);
struct tw_node *tw_parse_node(struct tw_parser *p, enum tw_node_kind kind, int line);
void tw_nodes_push(struct tw_parser *p, struct tw_nodes *l, struct tw_node *n);

static inline bool tw_parse_is_op(const struct tw_parser *p, int op)
{
	return p->tok->kind == TOK_OP && p->tok->op == op;
}
bool tw_parse_is_name(const struct tw_parser *p, const char *name);
bool tw_parse_skip_op(struct tw_parser *p, int op);
bool tw_parse_skip_name(struct tw_parser *p, const char *name);
enum tw_rc tw_parse_expect_op(struct tw_parser *p, int op);
enum tw_rc tw_parse_expect_name(struct tw_parser *p, const char *name);
enum tw_rc tw_parse_expect(struct tw_parser *p, enum tw_tok_kind kind);
/* Any name; into *ret. */
enum tw_rc tw_parse_ident(struct tw_parser *p, struct tw_str *ret);
/* How Jinja names a token in messages. */
const char *tw_parse_describe(struct tw_parser *p, const struct tw_tok *tok);

/* cond: a conditional expression is allowed at this level. */
enum tw_rc tw_parse_expr(struct tw_parser *p, bool cond, struct tw_node **ret);
/* `a, b` is a tuple. simple: for targets. */
enum tw_rc tw_parse_tuple(struct tw_parser *p, bool simple, bool cond, bool parens, bool ns,
			  struct tw_node **ret);
enum tw_rc tw_parse_target(struct tw_parser *p, bool tuple, bool ns, struct tw_node **ret);
enum tw_rc tw_parse_primary(struct tw_parser *p, bool ns, struct tw_node **ret);
/* Filters behind node; inline: the first name has no `|` before it. */
enum tw_rc tw_parse_filters(struct tw_parser *p, struct tw_node *node, bool start_inline,
			    struct tw_node **ret);
/* Notes that the name is used, for macros. */
void tw_parse_uses(struct tw_parser *p, struct tw_str name);
