/* The spec as an OpenAPI 3.1 document. */
#include <stdio.h>
#include <stdlib.h>

#include "api/app.h"
#include "api/spec/spec.h"

static void schema(struct tw_jw *w, const struct tw_type *t);

/* ── schemas ──────────────────────────────────────────────────────────────────────────── */

static void ref(struct tw_jw *w, struct tw_str name)
{
	char path[160];

	snprintf(path, sizeof path, "#/components/schemas/" TW_STR_FMT, TW_STR_ARG(name));
	tw_jw_str_at(w, "$ref", tw_str(path));
}

static void is(struct tw_jw *w, const char *type, const char *format)
{
	tw_jw_str_at(w, "type", tw_str(type));
	if (format)
		tw_jw_str_at(w, "format", tw_str(format));
}

static void bound(struct tw_jw *w, const struct tw_bound *b, const char *key, const char *open_key)
{
	if (b->set)
		tw_jw_int_at(w, b->open ? open_key : key, b->at);
}

static void several(struct tw_jw *w, const char *key, const struct tw_type *t)
{
	tw_jw_key(w, key);
	tw_jw_list(w);
	for (size_t i = 0; i < t->n; i++)
		schema(w, t->of[i]);
	tw_jw_end(w);
}

static void among(struct tw_jw *w, const struct tw_type *t)
{
	tw_jw_key(w, "enum");
	tw_jw_list(w);
	for (size_t i = 0; i < t->n; i++)
		tw_jw_str(w, t->words[i]);
	tw_jw_end(w);
}

static void words(struct tw_jw *w, const struct tw_type *t)
{
	is(w, "string", NULL);
	if (t->n == 1)
		tw_jw_str_at(w, "const", t->words[0]);
	else
		among(w, t);
}

static void map(struct tw_jw *w, const struct tw_type *t)
{
	is(w, "object", NULL);
	tw_jw_key(w, "additionalProperties");
	if (t->n)
		schema(w, t->of[0]);
	else
		tw_jw_bool(w, true);
}

static void tuple(struct tw_jw *w, const struct tw_type *t)
{
	is(w, "array", NULL);
	several(w, "prefixItems", t);
	tw_jw_int_at(w, "minItems", (int64_t)t->n);
	tw_jw_int_at(w, "maxItems", (int64_t)t->n);
}

static void list(struct tw_jw *w, const struct tw_type *t)
{
	is(w, "array", NULL);
	tw_jw_key(w, "items");
	schema(w, t->of[0]);
	bound(w, &t->min, "minItems", "minItems");
	bound(w, &t->max, "maxItems", "maxItems");
}

static void text(struct tw_jw *w, const struct tw_type *t, const char *format)
{
	is(w, "string", format);
	bound(w, &t->min, "minLength", "minLength");
	bound(w, &t->max, "maxLength", "maxLength");
	if (t->pattern.p)
		tw_jw_str_at(w, "pattern", t->pattern);
}

static void number(struct tw_jw *w, const struct tw_type *t)
{
	is(w, t->kind == TW_T_INT ? "integer" : "number", NULL);
	bound(w, &t->min, "minimum", "exclusiveMinimum");
	bound(w, &t->max, "maximum", "exclusiveMaximum");
}

/* What is in the schema's object, null set aside. */
static void inside(struct tw_jw *w, const struct tw_type *t)
{
	switch (t->kind) {
	case TW_T_STR:
		text(w, t, NULL);
		break;
	case TW_T_TIME:
		text(w, t, "date-time");
		break;
	case TW_T_DATE:
		text(w, t, "date");
		break;
	case TW_T_UUID:
		text(w, t, "uuid");
		break;
	case TW_T_DURATION:
		text(w, t, "duration");
		break;
	case TW_T_INT:
	case TW_T_NUM:
		number(w, t);
		break;
	case TW_T_BOOL:
		is(w, "boolean", NULL);
		break;
	case TW_T_MAP:
		map(w, t);
		break;
	case TW_T_LIST:
		list(w, t);
		break;
	case TW_T_TUPLE:
		tuple(w, t);
		break;
	case TW_T_UNION:
		several(w, tw_type_tag(t->of[0]) ? "oneOf" : "anyOf", t);
		break;
	case TW_T_ENUM:
		words(w, t);
		break;
	case TW_T_MODEL:
		ref(w, t->model->name);
		if (t->n)
			among(w, t);
		break;
	case TW_T_ANY:
		break;
	}
}

static void schema_with(struct tw_jw *w, const struct tw_type *t, const struct tw_field *field)
{
	tw_jw_obj(w);
	if (t->nullable) {
		tw_jw_key(w, "anyOf");
		tw_jw_list(w);
		tw_jw_obj(w);
		inside(w, t);
		tw_jw_end(w);
		tw_jw_obj(w);
		is(w, "null", NULL);
		tw_jw_end(w);
		tw_jw_end(w);
	} else {
		inside(w, t);
	}
	if (field && field->dflt.p) {
		tw_jw_key(w, "default");
		tw_jw_raw(w, field->dflt);
	}
	if (field && field->read_only)
		tw_jw_bool_at(w, "readOnly", true);
	tw_jw_end(w);
}

static void schema(struct tw_jw *w, const struct tw_type *t)
{
	schema_with(w, t, NULL);
}

static void model(struct tw_jw *w, const struct tw_model *m)
{
	if (m->alias) {
		schema(w, m->alias);
		return;
	}
	tw_jw_obj(w);
	is(w, "object", NULL);
	tw_jw_str_at(w, "title", m->name);
	tw_jw_key(w, "properties");
	tw_jw_obj(w);
	for (size_t i = 0; i < m->fields.n; i++) {
		tw_jw_keyn(w, m->fields.v[i].name);
		schema_with(w, m->fields.v[i].type, &m->fields.v[i]);
	}
	tw_jw_end(w);
	tw_jw_key(w, "required");
	tw_jw_list(w);
	for (size_t i = 0; i < m->fields.n; i++)
		if (m->fields.v[i].required)
			tw_jw_str(w, m->fields.v[i].name);
	tw_jw_end(w);
	if (m->closed)
		tw_jw_bool_at(w, "additionalProperties", false);
	tw_jw_end(w);
}

/* ── operations ───────────────────────────────────────────────────────────────────────── */

static void params(struct tw_jw *w, const char *in, const struct tw_fields *f)
{
	for (size_t i = 0; i < f->n; i++) {
		tw_jw_obj(w);
		tw_jw_str_at(w, "name", f->v[i].name);
		tw_jw_str_at(w, "in", tw_str(in));
		tw_jw_bool_at(w, "required", f->v[i].required);
		tw_jw_key(w, "schema");
		schema_with(w, f->v[i].type, &f->v[i]);
		tw_jw_end(w);
	}
}

static void content(struct tw_jw *w, struct tw_str media, const struct tw_type *t)
{
	tw_jw_keyn(w, media.p ? media : TW_STR("application/json"));
	tw_jw_obj(w);
	tw_jw_key(w, "schema");
	schema(w, t);
	tw_jw_end(w);
}

static void body(struct tw_jw *w, const struct tw_operation *op)
{
	if (!op->body)
		return;
	tw_jw_key(w, "requestBody");
	tw_jw_obj(w);
	tw_jw_bool_at(w, "required", !op->body_optional);
	tw_jw_key(w, "content");
	tw_jw_obj(w);
	content(w, (struct tw_str){0}, op->body);
	if (op->body_form)
		content(w, TW_STR("application/x-www-form-urlencoded"), op->body);
	tw_jw_end(w);
	tw_jw_end(w);
}

static const char *reason(int status)
{
	switch (status) {
	case 200:
	case 201:
	case 202:
	case 204:
		return "Done";
	case 307:
		return "Look there";
	case 400:
		return "Bad Request";
	case 401:
		return "Unauthorized";
	case 403:
		return "Forbidden";
	case 404:
		return "Not Found";
	case 406:
		return "Not Acceptable";
	case 409:
		return "Conflict";
	case 415:
		return "Unsupported Media Type";
	case 422:
		return "Validation Error";
	default:
		return "Error";
	}
}

/* Those of one status are one answer with several contents. */
static void answer(struct tw_jw *w, const struct tw_operation *op, size_t first)
{
	int status = op->answers[first].status;
	char key[8];

	for (size_t i = 0; i < first; i++)
		if (op->answers[i].status == status)
			return;
	snprintf(key, sizeof key, "%d", status);
	tw_jw_key(w, key);
	tw_jw_obj(w);
	tw_jw_str_at(w, "description", tw_str(reason(status)));
	if (op->answers[first].type) {
		tw_jw_key(w, "content");
		tw_jw_obj(w);
		for (size_t i = first; i < op->nanswers; i++)
			if (op->answers[i].status == status && op->answers[i].type)
				content(w, op->answers[i].media, op->answers[i].type);
		tw_jw_end(w);
	}
	tw_jw_end(w);
}

static void failure(struct tw_jw *w, int status, const char *model_name)
{
	char key[8];

	snprintf(key, sizeof key, "%d", status);
	tw_jw_key(w, key);
	tw_jw_obj(w);
	tw_jw_str_at(w, "description", tw_str(reason(status)));
	tw_jw_key(w, "content");
	tw_jw_obj(w);
	tw_jw_key(w, "application/json");
	tw_jw_obj(w);
	tw_jw_key(w, "schema");
	tw_jw_obj(w);
	ref(w, tw_str(model_name));
	tw_jw_end(w);
	tw_jw_end(w);
	tw_jw_end(w);
	tw_jw_end(w);
}

static bool fails_with(const struct tw_operation *op, int status)
{
	for (size_t i = 0; i < op->nfails; i++)
		if (op->fails[i] == status)
			return true;
	return false;
}

static void answers(struct tw_jw *w, const struct tw_operation *op, bool open)
{
	bool asks = op->query.n || op->params.n || op->body;

	tw_jw_key(w, "responses");
	tw_jw_obj(w);
	for (size_t i = 0; i < op->nanswers; i++)
		answer(w, op, i);
	/* A query that cannot be read at all is 400, whatever is asked. */
	if (!fails_with(op, 400))
		failure(w, 400, "HTTPExceptionResponse");
	if (!open && !fails_with(op, 401))
		failure(w, 401, "HTTPExceptionResponse");
	if (!open && !fails_with(op, 403))
		failure(w, 403, "HTTPExceptionResponse");
	for (size_t i = 0; i < op->nfails; i++)
		failure(w, op->fails[i], "HTTPExceptionResponse");
	if (asks)
		failure(w, 422, "HTTPValidationError");
	tw_jw_end(w);
}

/* "get_dag_runs" as "Get dag runs" */
static void summary(struct tw_jw *w, struct tw_str id)
{
	char line[100];
	size_t n = id.n < sizeof line ? id.n : sizeof line - 1;

	for (size_t i = 0; i < n; i++)
		line[i] = id.p[i] == '_' ? ' ' : id.p[i];
	line[0] = (char)(line[0] & ~0x20);
	tw_jw_str_at(w, "summary", tw_strn(line, n));
}

static void operation(struct tw_jw *w, const struct tw_operation *op, bool open)
{
	struct tw_str tag, rest = op->tags;

	tw_jw_obj(w);
	tw_jw_key(w, "tags");
	tw_jw_list(w);
	while (rest.p) {
		tag = tw_str_trim(tw_str_cut(rest, ',', &rest));
		tw_jw_str(w, tag);
	}
	tw_jw_end(w);
	summary(w, op->id);
	tw_jw_str_at(w, "operationId", op->id);
	if (!open) {
		tw_jw_key(w, "security");
		tw_jw_raw(w, TW_STR("[{\"OAuth2PasswordBearer\":[]},{\"HTTPBearer\":[]}]"));
	}
	tw_jw_key(w, "parameters");
	tw_jw_list(w);
	params(w, "path", &op->params);
	params(w, "query", &op->query);
	params(w, "header", &op->headers);
	tw_jw_end(w);
	body(w, op);
	answers(w, op, open);
	tw_jw_end(w);
}

/* ── the document ─────────────────────────────────────────────────────────────────────── */

static bool same_path(const struct tw_operation *a, const struct tw_operation *b)
{
	return tw_str_eq(a->path, b->path);
}

/* All methods of a path stand together, wherever their routes are. */
static void path_item(struct tw_jw *w, const struct tw_operation *const *ops, const bool *open, size_t n, size_t first)
{
	for (size_t i = 0; i < first; i++)
		if (same_path(ops[i], ops[first]))
			return;
	tw_jw_keyn(w, ops[first]->path);
	tw_jw_obj(w);
	for (size_t i = first; i < n; i++)
		if (same_path(ops[i], ops[first])) {
			char method[8] = "";

			for (size_t k = 0; k < ops[i]->method.n && k < sizeof method - 1; k++)
				method[k] = (char)(ops[i]->method.p[k] | 0x20);
			tw_jw_key(w, method);
			operation(w, ops[i], open[i]);
		}
	tw_jw_end(w);
}

static void paths(struct tw_jw *w, const struct tw_spec *spec, const struct tw_route *const *tables)
{
	size_t n = 0, cap = spec->ops.len;
	const struct tw_operation **ops = tw_zalloc(cap * sizeof *ops + 1);
	bool *open = tw_zalloc(cap * sizeof *open + 1);

	for (; *tables; tables++)
		for (const struct tw_route *r = *tables; r->method; r++) {
			const struct tw_operation *op = tw_spec_op(spec, r);

			if (op && n < cap) {
				ops[n] = op;
				open[n++] = r->access.on == TW_OPEN;
			}
		}
	tw_jw_key(w, "paths");
	tw_jw_obj(w);
	for (size_t i = 0; i < n; i++)
		path_item(w, ops, open, n, i);
	tw_jw_end(w);
	free(ops);
	free(open);
}

void tw_spec_openapi(const struct tw_spec *spec, const struct tw_route *const *tables, struct tw_buf *out)
{
	struct tw_jw w = {.out = out};

	tw_jw_obj(&w);
	tw_jw_str_at(&w, "openapi", TW_STR("3.1.0"));
	tw_jw_key(&w, "info");
	tw_jw_obj(&w);
	tw_jw_str_at(&w, "title", TW_STR("Tradewind API"));
	tw_jw_str_at(&w, "version", TW_STR("2"));
	tw_jw_end(&w);
	paths(&w, spec, tables);
	tw_jw_key(&w, "components");
	tw_jw_obj(&w);
	tw_jw_key(&w, "schemas");
	tw_jw_obj(&w);
	tw_map_foreach(&spec->models, e)
	{
		const struct tw_model *m = e->value;

		if (m->parts)
			continue;
		tw_jw_keyn(&w, m->name);
		model(&w, m);
	}
	tw_jw_end(&w);
	tw_jw_key(&w, "securitySchemes");
	tw_jw_raw(&w, TW_STR("{\"OAuth2PasswordBearer\":{\"type\":\"oauth2\",\"flows\":{\"password\":{\"scopes\":{},"
			     "\"tokenUrl\":\"/auth/token\"}}},\"HTTPBearer\":{\"type\":\"http\",\"scheme\":\"bearer\"}}"));
	tw_jw_end(&w);
	tw_jw_end(&w);
}
