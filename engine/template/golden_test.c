/* Replays tests/compat/template/golden.jsonl: what the real Jinja2 made of some 3,000 templates. */
#include "template/testing.h"

static struct tw_buf allowed_text;

/* TW_GOLDEN=below/the/root.jsonl replays other rows; there, anything may be unsupported. */
static const char *other;

/* A row may be unsupported only when its template stands in unsupported.txt. */
static bool allowed(struct tw_str tpl)
{
	struct tw_str rest = tw_buf_str(&allowed_text), line;

	while (!other && rest.p && rest.n) {
		line = tw_str_cut(rest, '\n', &rest);
		if (line.n && tw_str_eq(line, tpl))
			return true;
	}
	return other != NULL;
}

struct run {
	struct tw_arena arena;
	struct tw_value row;
	struct tw_buf out;
	struct tw_err err;
	struct tw_tpl_fault fault;
	enum tw_rc rc;
	int unsupported, bad, rows, messages;
};

static unsigned flags_of(struct tw_value row)
{
	static const struct {
		const char *name;
		unsigned flag;
	} known[] = {
		{"trim_blocks", TW_TPL_TRIM_BLOCKS},
		{"lstrip_blocks", TW_TPL_LSTRIP_BLOCKS},
		{"keep_trailing_newline", TW_TPL_KEEP_NEWLINE},
		{"loopcontrols", TW_TPL_LOOPCONTROLS},
		{"autoescape", TW_TPL_AUTOESCAPE},
	};
	struct tw_value o = tw_map_value(row, "o");
	unsigned flags = 0;

	for (size_t i = 0; i < tw_value_len(o); i++)
		for (size_t k = 0; k < sizeof(known) / sizeof(*known); k++)
			if (tw_str_is(o.list->v[i].s, known[k].name))
				flags |= known[k].flag;
	return flags;
}

static enum tw_rc lookup_x(void *ud, struct tw_tpl *t, struct tw_str name, struct tw_value *ret,
			   struct tw_err *err)
{
	(void)t;
	(void)err;
	if (!tw_str_is(name, "x"))
		return TW_ERR_NOT_FOUND;
	*ret = *(struct tw_value *)ud;
	return TW_OK;
}

/* The row holds the repr of a list of the value, which a template makes too. */
static void render_native(struct run *r, struct tw_template *tpl, struct tw_tpl_env *env)
{
	struct tw_template *repr = NULL;
	struct tw_tpl_env one = {.lookup = lookup_x};
	struct tw_value v;

	r->rc = tw_template_render_native(tpl, env, &r->arena, &v, &r->err);
	if (r->rc != TW_OK)
		return;
	one.ud = &v;
	assert_int_equal(
		tw_template_compile(TW_STR(""), TW_STR("{{ [x] }}"), 0, &repr, NULL, &r->err),
		TW_OK);
	r->rc = tw_template_render(repr, &one, &r->arena, &r->out, &r->err);
	tw_template_unref(repr);
}

static void render(struct run *r, struct test_names *names, struct tw_str text)
{
	struct tw_template *tpl = NULL;
	struct tw_tpl_env env = {.ud = names, .lookup = test_lookup, .zones = names->zones};

	if (names->files.kind == TW_V_MAP)
		env.load = test_load;
	tw_buf_clear(&r->out);
	r->err = (struct tw_err){0};
	r->fault = (struct tw_tpl_fault){0};
	r->rc = tw_template_compile(TW_STR(""), text, flags_of(r->row), &tpl, &r->fault, &r->err);
	if (r->rc != TW_OK)
		return;
	if (tw_map_bool(r->row, "n", false))
		render_native(r, tpl, &env);
	else
		r->rc = tw_template_render(tpl, &env, &r->arena, &r->out, &r->err);
	r->fault = env.fault;
	tw_template_unref(tpl);
}

static const char *kind_name(const struct run *r)
{
	static const char *const names[] = {"none", "syntax", "undefined", "security", "runtime"};

	return r->rc == TW_ERR_INVALID ? names[r->fault.kind] : tw_kind_name(TW_V_NULL);
}

static void bad(struct run *r, struct tw_str text, const char *why)
{
	struct tw_value ok = tw_map_value(r->row, "ok");
	char *got = r->rc == TW_OK
			    ? tw_strndup(r->out.p ? r->out.p : "", r->out.n)
			    : tw_asprintf("rc %d %s %s: %s", r->rc, kind_name(r),
					  r->fault.exception ? r->fault.exception : "", r->err.msg);

	if (r->bad++ < 100)
		print_error("%s: " TW_STR_FMT "\n   want: " TW_STR_FMT "%s " TW_STR_FMT
			    "\n    got: %s\n",
			    why, TW_STR_ARG(text), TW_STR_ARG(tw_map_str(r->row, "ok", "")),
			    ok.kind == TW_V_STR ? "" : tw_map_str(r->row, "exc", "address").p,
			    TW_STR_ARG(tw_map_str(r->row, "msg", "")), got);
	free(got);
}

static void check_error(struct run *r, struct tw_str text)
{
	struct tw_str kind = tw_map_str(r->row, "err", ""), msg = tw_map_str(r->row, "msg", "");

	if (r->rc != TW_ERR_INVALID) {
		bad(r, text, "an error is expected");
		return;
	}
	if (other)
		return; /* constants are folded early: another failure may come first */
	if (!tw_str_is(kind, kind_name(r))) {
		bad(r, text, "another kind of error");
		return;
	}
	if (r->fault.kind == TW_TPL_FAULT_RUNTIME &&
	    !tw_str_is(tw_map_str(r->row, "exc", ""), r->fault.exception)) {
		bad(r, text, "another exception");
		return;
	}
	if (tw_str_is(tw_map_str(r->row, "exc", ""), "SyntaxError"))
		return; /* Python's own words */
	if ((r->fault.kind == TW_TPL_FAULT_SYNTAX || r->fault.kind == TW_TPL_FAULT_UNDEFINED) &&
	    !tw_str_is(msg, r->err.msg))
		bad(r, text, "another message");
	if (r->fault.kind == TW_TPL_FAULT_SYNTAX && tw_map_int(r->row, "line", 0) != r->fault.line)
		bad(r, text, "another line");
}

static void check(struct run *r, struct tw_str text)
{
	r->rows++;
	if (r->rc == TW_ERR_UNSUPPORTED) {
		if (tw_map_findc(r->row, "addr"))
			return;
		r->unsupported++;
		if (!allowed(text))
			bad(r, text, "unsupported");
		return;
	}
	if (tw_map_findc(r->row, "addr"))
		bad(r, text, "should be unsupported");
	else if (tw_map_findc(r->row, "err"))
		check_error(r, text);
	else if (r->rc != TW_OK || !tw_str_eq(tw_buf_str(&r->out), tw_map_str(r->row, "ok", "")))
		bad(r, text, "another text");
}

static void test_golden(void **state)
{
	struct tw_buf data = tw_test_read(other ? other : "tests/compat/template/golden.jsonl");
	struct tw_buf ctx_text = tw_test_read("tests/compat/template/contexts.json");
	struct tw_str rest = tw_buf_str(&data), line;
	struct tw_arena keep = {0};
	struct tw_zones zones = {.load = test_zone_load};
	struct tw_value contexts;
	struct run r = {0};

	allowed_text = tw_test_read("tests/compat/template/unsupported.txt");
	assert_int_equal(tw_json_parse(&keep, tw_buf_str(&ctx_text), &contexts, &r.err), TW_OK);
	while (rest.p && rest.n) {
		struct test_names names = {.zones = &zones};

		line = tw_str_cut(rest, '\n', &rest);
		tw_arena_clear(&r.arena);
		assert_int_equal(tw_json_parse(&r.arena, line, &r.row, &r.err), TW_OK);
		names.vars = test_decode(&r.arena, &names,
					 tw_map_value(contexts, tw_map_str(r.row, "c", "").p));
		names.files = tw_map_value(r.row, "f");
		render(&r, &names, tw_map_str(r.row, "t", ""));
		check(&r, tw_map_str(r.row, "t", ""));
	}
	print_message("%d templates, %d unsupported\n", r.rows, r.unsupported);
	tw_arena_release(&r.arena);
	tw_arena_release(&keep);
	tw_buf_release(&r.out);
	tw_buf_release(&data);
	tw_buf_release(&ctx_text);
	tw_buf_release(&allowed_text);
	tw_zones_release(&zones);
	assert_true(other || r.rows > 3000);
	assert_int_equal(r.bad, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_golden)};

	other = getenv("TW_GOLDEN");
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
