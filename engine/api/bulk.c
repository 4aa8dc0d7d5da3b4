#include "api/bulk.h"

#define CREATE TW_BULK_CREATE
#define UPDATE TW_BULK_UPDATE
#define DELETE TW_BULK_DELETE
#define NVERBS TW_BULK_NVERBS

static const char *const verbs[] = {"create", "update", "delete", NULL};

void tw_bulk_success(struct tw_bulk_outcome *o, struct tw_str id)
{
	if (o->success.n)
		tw_buf_addc(&o->success, ',');
	tw_json_write_str(&o->success, id, TW_JSON_COMPACT);
}

void tw_bulk_error(struct tw_bulk_outcome *o, int status, const char *text)
{
	struct tw_jw w = {.out = &o->errors};

	if (o->errors.n)
		tw_buf_addc(&o->errors, ',');
	tw_jw_obj(&w);
	tw_jw_key(&w, "error");
	tw_jw_cstr(&w, text);
	tw_jw_int_at(&w, "status_code", status);
	tw_jw_end(&w);
}

static struct tw_str id_of(const struct tw_bulk *b, struct tw_value entity)
{
	return entity.kind == TW_V_STR ? entity.s : tw_map_str(entity, b->key, "");
}

/* The ids that are there (want) or are not, as "{'a', 'b'}"; NULL: none. */
static const char *ids_that(struct tw_request *req, struct tw_store *s, const struct tw_bulk *b,
			    struct tw_value list, bool want)
{
	struct tw_buf text TW_AUTO(tw_buf_release) = {0};

	for (size_t i = 0; i < tw_value_len(list); i++) {
		struct tw_str id = id_of(b, list.list->v[i]);

		if (b->there(req, s, id) == want)
			tw_buf_printf(&text, "%s'" TW_STR_FMT "'", text.n ? ", " : "{",
				      TW_STR_ARG(id));
	}
	return text.n ? tw_arena_printf(req->arena, "%s}", tw_buf_cstr(&text)) : NULL;
}

static void one(struct tw_request *req, struct tw_store *s, const struct tw_bulk *b, enum tw_bulk_verb verb,
		struct tw_value action, struct tw_value entity, struct tw_bulk_outcome *o)
{
	struct tw_str on = tw_map_str(
		action, verb == CREATE ? "action_on_existence" : "action_on_non_existence", "fail");
	struct tw_str id = id_of(b, entity);
	bool there = b->there(req, s, id);
	struct tw_err err = {0};
	enum tw_rc rc;

	if (tw_str_is(on, "skip") && there == (verb == CREATE))
		return;
	if (verb == CREATE)
		rc = b->create(req, s, entity, there, &err);
	else if (verb == UPDATE)
		rc = b->update(req, s, entity, tw_map_value(action, "update_mask"), &err);
	else
		rc = b->remove(req, s, id, &err);
	if (rc == TW_OK)
		tw_bulk_success(o, id);
	else
		tw_bulk_error(o,
			  rc == TW_ERR_NOT_FOUND ? 404
			  : rc == TW_ERR_EXISTS	 ? 409
						 : 400,
			  err.msg);
}

static void act(struct tw_request *req, struct tw_store *s, const struct tw_bulk *b, enum tw_bulk_verb verb,
		struct tw_value action, struct tw_bulk_outcome *o)
{
	struct tw_str on = tw_map_str(
		action, verb == CREATE ? "action_on_existence" : "action_on_non_existence", "fail");
	struct tw_value list = tw_map_value(action, "entities");
	const char *wrong =
		tw_str_is(on, "fail") ? ids_that(req, s, b, list, verb == CREATE) : NULL;

	if (wrong) {
		tw_bulk_error(o, verb == CREATE ? 409 : 404,
			  tw_arena_printf(req->arena, "The %s: %s %s.", b->plural, wrong,
					  verb == CREATE ? "already exist" : "were not found"));
		return;
	}
	for (size_t i = 0; i < tw_value_len(list); i++)
		one(req, s, b, verb, action, list.list->v[i], o);
}

static int verb_of(struct tw_value action)
{
	struct tw_str name = tw_map_str(action, "action", "");

	for (int i = 0; i < NVERBS; i++)
		if (tw_str_is(name, verbs[i]))
			return i;
	return -1;
}

void tw_bulk_reply(struct tw_buf *out, struct tw_bulk_outcome *o)
{
	tw_buf_addc(out, '{');
	for (int i = 0; i < NVERBS; i++) {
		tw_buf_printf(out, "%s\"%s\":", i ? "," : "", verbs[i]);
		if (o[i].asked)
			tw_buf_printf(out, "{\"success\":[%s],\"errors\":[%s]}", tw_buf_cstr(&o[i].success),
				      tw_buf_cstr(&o[i].errors));
		else
			tw_buf_adds(out, "null");
		tw_buf_release(&o[i].success);
		tw_buf_release(&o[i].errors);
	}
	tw_buf_addc(out, '}');
}

enum tw_bulk_verb tw_bulk_verb(struct tw_value action)
{
	return (enum tw_bulk_verb)verb_of(action);
}

bool tw_bulk_skips(struct tw_value action)
{
	return tw_str_is(tw_map_str(action, "action_on_non_existence", "fail"), "skip");
}

size_t tw_bulk_acts(struct tw_value action, enum tw_act ret_acts[2])
{
	static const enum tw_act acts[] = {[CREATE] = TW_CREATE, [UPDATE] = TW_EDIT, [DELETE] = TW_DELETE};
	enum tw_bulk_verb verb = tw_bulk_verb(action);

	ret_acts[0] = acts[verb];
	ret_acts[1] = TW_EDIT;
	return verb == CREATE && tw_str_is(tw_map_str(action, "action_on_existence", "fail"), "overwrite") ? 2 : 1;
}

/* Everything that is asked for must be allowed; who asks for nothing must be allowed to change something. */
static bool may_all(struct tw_request *req, struct tw_response *resp, enum tw_on on, struct tw_value actions)
{
	struct tw_str none = {0};

	if (!tw_value_len(actions))
		return tw_need(req, resp, on, TW_EDIT, none);
	for (size_t i = 0; i < tw_value_len(actions); i++) {
		enum tw_act acts[2];

		for (size_t n = tw_bulk_acts(actions.list->v[i], acts); n-- > 0;)
			if (!tw_need(req, resp, on, acts[n], none))
				return false;
	}
	return true;
}

void tw_bulk_run(struct tw_request *req, struct tw_response *resp, const struct tw_bulk *b)
{
	struct tw_bulk_outcome o[NVERBS] = {0};
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_value actions = tw_map_value(req->json, "actions");

	if (!s || !may_all(req, resp, b->on, actions))
		return;
	for (size_t i = 0; i < tw_value_len(actions); i++) {
		int verb = verb_of(actions.list->v[i]);

		o[verb].asked = true;
		act(req, s, b, verb, actions.list->v[i], &o[verb]);
	}
	tw_bulk_reply(&resp->body, o);
}

bool tw_bulk_changes(struct tw_value body, struct tw_value mask, const char *field)
{
	if (!tw_body_has(body, field))
		return false;
	for (size_t i = 0; i < tw_value_len(mask); i++)
		if (mask.list->v[i].kind == TW_V_STR && tw_str_is(mask.list->v[i].s, field))
			return true;
	return mask.kind != TW_V_LIST || !tw_value_len(mask);
}

struct tw_value tw_query_mask(struct tw_request *req)
{
	struct tw_str mask[32];
	size_t n = tw_query_all(req, "update_mask", mask, 32);
	struct tw_value list = tw_v_list(req->arena);

	for (size_t i = 0; i < n; i++)
		tw_list_push(req->arena, list, tw_v_str(mask[i]));
	return list;
}
