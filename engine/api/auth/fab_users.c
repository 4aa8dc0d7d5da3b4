/* /auth/fab/v1/users: the users of FAB's auth manager, as its own API has them. */
#include "api/ask.h"
#include "api/auth/fab.h"
#include "api/tables.h"
#include "io/passhash.h"

struct tw_store *tw_fab_store(struct tw_request *req, struct tw_response *resp)
{
	if (tw_api_of(req)->auth.fab)
		return tw_api_store(req, resp);
	tw_reply_error(resp, 404, "Not Found");
	return NULL;
}

static bool order(struct tw_asker *q, const char *const *names, const char *dflt)
{
	struct tw_str text = tw_query(q->req, "order_by"), key;
	const char *by = text.n ? tw_arena_printf(q->req->arena, TW_STR_FMT, TW_STR_ARG(text)) : dflt;

	key = tw_str(by + (*by == '-'));
	for (; *names; names++)
		if (tw_str_is(key, *names)) {
			q->order[q->norder++] = by;
			return true;
		}
	tw_reply_error(q->resp, 400, "Ordering with '%s' is disallowed or the attribute does not exist on the model", by);
	return false;
}

bool tw_fab_list(struct tw_asker *q, struct tw_request *req, struct tw_response *resp, const char *const *names,
		 const char *dflt, struct tw_ask *ret_ask)
{
	tw_asker_init(q, req, resp);
	tw_asker_page(q);
	return order(q, names, dflt) && tw_asker_done(q, ret_ask);
}

static void user_object(struct tw_jw *w, const struct tw_user_row *u)
{
	tw_jw_obj(w);
	tw_jw_str_at(w, "username", u->username);
	tw_jw_str_at(w, "email", u->email);
	tw_jw_str_at(w, "first_name", u->first_name);
	tw_jw_str_at(w, "last_name", u->last_name);
	tw_jw_key(w, "roles");
	tw_jw_list(w);
	for (size_t i = 0; i < u->nroles; i++) {
		tw_jw_obj(w);
		tw_jw_str_at(w, "name", u->roles[i]);
		tw_jw_end(w);
	}
	tw_jw_end(w);
	tw_jw_bool_at(w, "active", u->active);
	tw_jw_time(w, "last_login", u->last_login);
	tw_jw_int_at(w, "login_count", u->login_count);
	tw_jw_int_at(w, "fail_login_count", u->fail_login_count);
	tw_jw_time(w, "created_on", u->created_on);
	tw_jw_time(w, "changed_on", u->changed_on);
	tw_jw_end(w);
}

static void get_users(struct tw_request *req, struct tw_response *resp)
{
	static const char *const names[] = {"id",	 "user_id", "first_name", "last_name",
					    "username", "email",   "active",	  NULL};
	struct tw_store *s = tw_fab_store(req, resp);
	struct tw_jw w = {.out = &resp->body};
	struct tw_user_row *v;
	struct tw_asker q;
	struct tw_ask ask;
	struct tw_err err = {0};
	int64_t total;
	size_t n;

	if (!s)
		return;
	if (!tw_fab_list(&q, req, resp, names, "id", &ask))
		return;
	if (tw_store_users(s, &ask, req->arena, &v, &n, &total, &err) < 0) {
		tw_reply_err(resp, &err);
		return;
	}
	tw_jw_page(&w, "users");
	for (size_t i = 0; i < n; i++)
		user_object(&w, &v[i]);
	tw_jw_page_end(&w, total);
}

static bool find(struct tw_request *req, struct tw_response *resp, struct tw_user_row *ret)
{
	struct tw_store *s = tw_fab_store(req, resp);
	struct tw_err err = {0};
	enum tw_rc rc;

	if (!s)
		return false;
	rc = tw_store_user(s, req->params[0], req->arena, ret, &err);
	if (rc == TW_ERR_NOT_FOUND)
		tw_reply_error(resp, 404, "The User with username `" TW_STR_FMT "` was not found",
			       TW_STR_ARG(req->params[0]));
	else if (rc < 0)
		tw_reply_err(resp, &err);
	return rc == TW_OK;
}

static void reply_user(struct tw_request *req, struct tw_response *resp, int64_t id)
{
	struct tw_jw w = {.out = &resp->body};
	struct tw_user_row u;
	struct tw_err err = {0};

	if (tw_store_user_by_id(tw_api_store(req, resp), id, req->arena, &u, &err) < 0)
		tw_reply_err(resp, &err);
	else
		user_object(&w, &u);
}

static void get_user(struct tw_request *req, struct tw_response *resp)
{
	struct tw_user_row u;

	if (find(req, resp, &u))
		reply_user(req, resp, u.id);
}

/* ── changes ──────────────────────────────────────────────────────────────────────────── */

static bool taken(struct tw_request *req, struct tw_response *resp, const struct tw_user_row *u, const char *name_words,
		  const char *email_words)
{
	struct tw_store *s = tw_api_store(req, resp);
	struct tw_user_row other;

	if (tw_store_user(s, u->username, req->arena, &other, NULL) == TW_OK && other.id != u->id)
		tw_reply_error(resp, 409, "%s `" TW_STR_FMT "` %s", "Username", TW_STR_ARG(u->username), name_words);
	else if (tw_store_user_by_email(s, u->email, req->arena, &other, NULL) == TW_OK && other.id != u->id)
		tw_reply_error(resp, 409, "The email `" TW_STR_FMT "` %s", TW_STR_ARG(u->email), email_words);
	else
		return false;
	return true;
}

/* [{"name": …}] into the row, each once; false: it has replied 400 with those that are not there. */
static bool take_roles(struct tw_request *req, struct tw_response *resp, struct tw_value list, struct tw_user_row *u)
{
	struct tw_buf missing TW_AUTO(tw_buf_release) = {0};

	u->roles = tw_arena_array(req->arena, struct tw_str, tw_value_len(list) + 1);
	u->nroles = 0;
	for (size_t i = 0; i < tw_value_len(list); i++) {
		struct tw_str name = tw_map_str(list.list->v[i], "name", "");
		struct tw_role_row r;
		bool again = false;

		for (size_t k = 0; k < u->nroles; k++)
			again |= tw_str_eq(u->roles[k], name);
		if (again)
			continue;
		if (tw_store_role(tw_api_store(req, resp), name, req->arena, &r, NULL) < 0)
			tw_buf_printf(&missing, "%s'" TW_STR_FMT "'", missing.n ? ", " : "", TW_STR_ARG(name));
		u->roles[u->nroles++] = name;
	}
	if (missing.n)
		tw_reply_error(resp, 400, "Unknown roles: %s", tw_buf_cstr(&missing));
	return !missing.n;
}

static struct tw_str hashed(struct tw_request *req, struct tw_str password)
{
	struct tw_buf hash TW_AUTO(tw_buf_release) = {0};

	tw_passhash_make(password, &hash);
	return tw_str_copy(req->arena, tw_buf_str(&hash));
}

static void create_user(struct tw_request *req, struct tw_response *resp)
{
	struct tw_store *s = tw_fab_store(req, resp);
	struct tw_value body = req->json;
	struct tw_user_row u = {
		.username = tw_map_str(body, "username", ""),
		.email = tw_map_str(body, "email", ""),
		.first_name = tw_map_str(body, "first_name", ""),
		.last_name = tw_map_str(body, "last_name", ""),
		.active = true,
	};
	struct tw_err err = {0};

	if (!s || taken(req, resp, &u, "already exists. Use PATCH to update.", "is already taken.") ||
	    !take_roles(req, resp, tw_map_value(body, "roles"), &u))
		return;
	if (!u.nroles) {
		u.roles[0] = TW_STR("Public"); /* AUTH_USER_REGISTRATION_ROLE */
		u.nroles = 1;
	}
	u.password = hashed(req, tw_map_str(body, "password", ""));
	if (tw_store_user_put(s, &u, &err) < 0) {
		tw_reply_err(resp, &err);
		return;
	}
	reply_user(req, resp, u.id);
}

static const char *const patchable[] = {"username", "email", "first_name", "last_name", "roles", "password", "active", NULL};

/* "a, b" of update_mask: is the field in it? Without a mask every one is. */
bool tw_fab_masked(struct tw_request *req, const char *field)
{
	struct tw_str mask = tw_query(req, "update_mask");

	if (!mask.p)
		return true;
	while (mask.p)
		if (tw_str_is(tw_str_trim(tw_str_cut(mask, ',', &mask)), field))
			return true;
	return false;
}

bool tw_fab_mask_ok(struct tw_request *req, struct tw_response *resp, const char *const *fields)
{
	struct tw_str mask = tw_query(req, "update_mask");

	while (mask.p) {
		struct tw_str one = tw_str_trim(tw_str_cut(mask, ',', &mask));
		bool known = !one.n;

		for (const char *const *f = fields; *f && !known; f++)
			known = tw_str_is(one, *f);
		if (!known) {
			tw_reply_error(resp, 400, "Unknown update masks: '" TW_STR_FMT "'", TW_STR_ARG(one));
			return false;
		}
	}
	return true;
}

/* Ours, FAB's API cannot: who leaves stays in the list and comes in no more. false: it has replied 409. */
static bool take_active(struct tw_request *req, struct tw_response *resp, struct tw_user_row *u)
{
	struct tw_value active = tw_map_value(req->json, "active");

	if (!tw_fab_masked(req, "active") || active.kind != TW_V_BOOL)
		return true;
	if (!active.b && req->user.grants && req->user.grants->id == u->id) {
		tw_reply_error(resp, 409, "You cannot deactivate yourself: nobody could undo it from here");
		return false;
	}
	u->active = active.b;
	return true;
}

static void update_user(struct tw_request *req, struct tw_response *resp)
{
	struct tw_value body = req->json;
	struct tw_user_row u;
	struct tw_str *into[] = {&u.username, &u.email, &u.first_name, &u.last_name};
	struct tw_err err = {0};

	if (!find(req, resp, &u) || !tw_fab_mask_ok(req, resp, patchable))
		return;
	for (size_t i = 0; i < 4; i++)
		if (tw_fab_masked(req, patchable[i]) && tw_map_value(body, patchable[i]).kind == TW_V_STR)
			*into[i] = tw_map_str(body, patchable[i], "");
	if (taken(req, resp, &u, "already exists", "already exists"))
		return;
	if (tw_fab_masked(req, "roles") && tw_map_value(body, "roles").kind == TW_V_LIST &&
	    !take_roles(req, resp, tw_map_value(body, "roles"), &u))
		return;
	if (tw_fab_masked(req, "password") && tw_map_value(body, "password").kind == TW_V_STR)
		u.password = hashed(req, tw_map_str(body, "password", ""));
	if (!take_active(req, resp, &u))
		return;
	if (tw_store_user_put(tw_api_store(req, resp), &u, &err) < 0) {
		tw_reply_err(resp, &err);
		return;
	}
	reply_user(req, resp, u.id);
}

static void delete_user(struct tw_request *req, struct tw_response *resp)
{
	struct tw_user_row u;
	struct tw_err err = {0};

	if (!find(req, resp, &u))
		return;
	if (tw_store_user_delete(tw_api_store(req, resp), u.id, &err) < 0) {
		tw_reply_err(resp, &err);
		return;
	}
	tw_reply_none(resp);
}

const struct tw_route tw_routes_fab_users[] = {
	{"GET", "/auth/fab/v1/users", {TW_ON_USER}, get_users},
	{"POST", "/auth/fab/v1/users", {TW_ON_USER}, create_user},
	{"GET", "/auth/fab/v1/users/{username}", {TW_ON_USER}, get_user},
	{"PATCH", "/auth/fab/v1/users/{username}", {TW_ON_USER}, update_user},
	{"DELETE", "/auth/fab/v1/users/{username}", {TW_ON_USER}, delete_user},
	{0},
};
