#include "api/auth/auth.h"

#include <stdlib.h>

#include "base/log.h"
#include "io/file.h"

#define PASSWORD_LEN 16
#define PASSWORDS_MAX (1u << 20)

/* "name:role" or, with teams, "name:role:team|team"; returns false at the end. */
static bool next_user(struct tw_str *rest, struct tw_str *ret_name, struct tw_str *ret_role)
{
	while (rest->p) {
		struct tw_str one = tw_str_trim(tw_str_cut(*rest, ',', rest)), more;

		*ret_name = tw_str_trim(tw_str_cut(one, ':', &more));
		*ret_role = more.p ? tw_str_trim(tw_str_cut(more, ':', &more)) : (struct tw_str){0};
		if (ret_name->n)
			return true;
	}
	return false;
}

bool tw_auth_role(struct tw_str users, struct tw_str name, struct tw_str *ret_role)
{
	struct tw_str found, role;

	while (next_user(&users, &found, &role))
		if (tw_str_eq(found, name)) {
			*ret_role = role;
			return true;
		}
	return false;
}

static bool role_ok(struct tw_str role)
{
	return tw_str_caseeq(role, "viewer") || tw_str_caseeq(role, "user") ||
	       tw_str_caseeq(role, "op") || tw_str_caseeq(role, "admin");
}

static struct tw_value read_passwords(const char *path, struct tw_arena *a, enum tw_rc *ret_rc,
				      struct tw_err *err)
{
	struct tw_buf text TW_AUTO(tw_buf_release) = {0};
	struct tw_value v = TW_NULL;
	enum tw_rc rc = tw_file_read(path, PASSWORDS_MAX, &text, err);

	if (rc == TW_OK && tw_str_trim(tw_buf_str(&text)).n)
		rc = tw_json_parse(a, tw_buf_str(&text), &v, err);
	if (rc == TW_ERR_NOT_FOUND)
		rc = TW_OK;
	*ret_rc = rc;
	return v.kind == TW_V_MAP ? v : tw_v_map(a);
}

enum tw_rc tw_auth_passwords_make(struct tw_str users, const char *path,
				  void (*fn)(void *arg, struct tw_str name, const char *password),
				  void *arg, struct tw_err *err)
{
	struct tw_arena a = {0};
	struct tw_str name, role;
	enum tw_rc rc;
	struct tw_value map = read_passwords(path, &a, &rc, err);
	bool fresh = false;

	while (rc == TW_OK && next_user(&users, &name, &role)) {
		char password[PASSWORD_LEN + 1];

		if (!role_ok(role))
			rc = tw_err_set(err, TW_ERR_INVALID,
					"[core] simple_auth_manager_users: user '" TW_STR_FMT
					"' needs a role: viewer, user, op or admin",
					TW_STR_ARG(name));
		if (rc < 0 || tw_map_find(map, name))
			continue;
		tw_password(password, PASSWORD_LEN);
		tw_map_put(&a, map, name, tw_v_cstr(tw_arena_strdup(&a, password)));
		fn(arg, name, password);
		fresh = true;
	}
	if (rc == TW_OK && fresh) {
		char *text = tw_json_dump(map, TW_JSON_PYTHON);

		rc = tw_file_write(path, tw_str(text), 0600, err);
		free(text);
	}
	tw_arena_release(&a);
	return rc;
}

bool tw_auth_check(const struct tw_api_auth *auth, struct tw_str name, struct tw_str password,
		   struct tw_str *ret_role, struct tw_arena *a)
{
	struct tw_err err = {0};
	enum tw_rc rc;
	struct tw_value map = read_passwords(auth->passwords_file, a, &rc, &err);
	const struct tw_value *stored = tw_map_find(map, name);
	struct tw_str right = stored && stored->kind == TW_V_STR ? stored->s : TW_STR("");
	bool same = tw_const_eq(right, password);

	if (rc < 0)
		tw_error("passwords: %s", err.msg);
	return tw_auth_role(auth->users, name, ret_role) && right.n && same;
}
