/*
 * Tokens of a template. The whole text is cut at once; an error becomes a last token of
 * kind TOK_ERROR, so that the parser meets it where a reader would.
 */
#pragma once

#include "base/mem.h"
#include "base/str.h"
#include "template/ast.h"

enum tw_tok_kind {
	TOK_DATA,
	TOK_VAR_BEGIN,
	TOK_VAR_END,
	TOK_BLOCK_BEGIN,
	TOK_BLOCK_END,
	TOK_NAME,
	TOK_INT,
	TOK_FLOAT,
	TOK_STR,
	TOK_OP, /* op holds the operator, TW_OP2 for two characters */
	TOK_EOF,
	TOK_ERROR, /* text is the message */
};

struct tw_tok {
	enum tw_tok_kind kind;
	int op;
	int line;
	struct tw_str text; /* name, digits, decoded string, data */
};

struct tw_lexer {
	struct tw_tok *v;
	size_t n, cap;
};

/* Tokens point into arena memory. flags are tw_tpl_flags. */
void tw_tpl_lex(struct tw_arena *a, struct tw_str text, unsigned flags, struct tw_lexer *ret_lex);
