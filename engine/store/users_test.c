#include "store/testing.h"

#include "store/users.h"
#include "value/json.h"

static struct tw_store *s;
static struct tw_arena a;

static int open_store(void **state)
{
	s = test_open();
	ok(tw_store_roles_sync(s, TW_NULL, &test_err));
	return 0;
}

static int close_store(void **state)
{
	tw_store_close(s);
	tw_arena_release(&a);
	return 0;
}

static bool has(const struct tw_perm *v, size_t n, const char *action, const char *resource)
{
	for (size_t i = 0; i < n; i++)
		if (tw_str_is(v[i].action, action) && tw_str_is(v[i].resource, resource))
			return true;
	return false;
}

static bool role_has(const char *role, const char *action, const char *resource)
{
	struct tw_role_row r;

	ok(tw_store_role(s, tw_str(role), &a, &r, &test_err));
	return has(r.perms, r.nperms, action, resource);
}

static size_t role_size(const char *role)
{
	struct tw_role_row r;

	ok(tw_store_role(s, tw_str(role), &a, &r, &test_err));
	return r.nperms;
}

static void fab_s_roles_are_there(void **state)
{
	assert_int_equal(role_size("Public"), 0);
	assert_int_equal(role_size("Viewer"), 34);
	assert_int_equal(role_size("User"), 44);
	assert_int_equal(role_size("Op"), 75);
	assert_int_equal(role_size("Admin"), 105);
	assert_true(role_has("Viewer", "can_read", "DAGs") && !role_has("Viewer", "can_edit", "DAGs"));
	assert_true(role_has("User", "can_create", "DAG Runs") && !role_has("User", "can_read", "Connections"));
	assert_true(role_has("Op", "can_delete", "Variables") && !role_has("Op", "can_read", "Audit Logs"));
	ok(tw_store_roles_sync(s, TW_NULL, &test_err));
	assert_int_equal(role_size("Admin"), 105);
}

static struct tw_user_row user(const char *name, const char *role)
{
	struct tw_str *roles = tw_arena_array(&a, struct tw_str, 1);

	roles[0] = tw_str(role);
	return (struct tw_user_row){
		.username = tw_str(name),
		.first_name = TW_STR("F"),
		.last_name = TW_STR("L"),
		.email = tw_str(tw_arena_printf(&a, "%s@example.org", name)),
		.password = TW_STR("scrypt:…"),
		.active = true,
		.roles = roles,
		.nroles = 1,
	};
}

static void users_come_and_go(void **state)
{
	struct tw_user_row u = user("Anna", "Viewer"), twin = user("anna", "Viewer"), found, lost = user("x", "Nobody");
	int64_t before, after, id;

	ok(tw_store_auth_stamp(s, &before, &test_err));
	ok(tw_store_user_put(s, &u, &test_err));
	ok(tw_store_auth_stamp(s, &after, &test_err));
	assert_true(after > before);
	ok(tw_store_user(s, TW_STR("aNNa"), &a, &found, &test_err));
	tw_assert_str(found.username, "Anna");
	tw_assert_str(found.roles[0], "Viewer");
	assert_int_equal(tw_store_user_put(s, &twin, &test_err), TW_ERR_EXISTS);
	assert_int_equal(tw_store_user_put(s, &lost, &test_err), TW_ERR_INVALID);
	assert_int_equal(tw_store_user(s, TW_STR("x"), &a, &found, &test_err), TW_ERR_NOT_FOUND);
	ok(tw_store_user_signed_in(s, u.id, false, &test_err));
	ok(tw_store_user_by_id(s, u.id, &a, &found, &test_err));
	assert_int_equal(found.fail_login_count, 1);
	ok(tw_store_user_signed_in(s, u.id, true, &test_err));
	ok(tw_store_user_by_email(s, TW_STR("Anna@example.org"), &a, &found, &test_err));
	assert_int_equal(found.login_count, 1);
	assert_int_equal(found.fail_login_count, 0);
	id = u.id;
	ok(tw_store_user_delete(s, u.id, &test_err));
	ok(tw_store_user_put(s, &twin, &test_err));
	assert_true(twin.id > id); /* a token of the one who left never fits who came after */
}

static void sync_dag(const char *json)
{
	struct tw_value v = TW_NULL;

	if (json)
		ok(tw_json_parse(&a, tw_str(json), &v, &test_err));
	ok(tw_store_dag_perms_sync(s, TW_STR("etl"), v, &test_err));
}

static enum tw_rc try_dag(const char *json)
{
	struct tw_value v;

	ok(tw_json_parse(&a, tw_str(json), &v, &test_err));
	return tw_store_dag_perms_sync(s, TW_STR("etl"), v, &test_err);
}

static void dags_say_who_may(void **state)
{
	int64_t team;
	bool there;

	ok(tw_store_role_add(s, TW_STR("team"), &team, &test_err));
	sync_dag(NULL);
	ok(tw_store_resource_there(s, TW_STR("DAG:etl"), &there, &test_err));
	assert_true(there);
	sync_dag("{\"team\": [\"can_edit\", \"can_read\"], \"Public\": [\"can_read\"]}");
	assert_true(role_has("team", "can_edit", "DAG:etl") && role_has("Public", "can_read", "DAG:etl"));
	sync_dag("{\"team\": {\"DAGs\": [\"can_read\"], \"DAG Runs\": [\"can_create\"]}}");
	assert_true(role_has("team", "can_read", "DAG:etl") && role_has("team", "can_create", "DAG Run:etl"));
	assert_false(role_has("team", "can_edit", "DAG:etl") || role_has("Public", "can_read", "DAG:etl"));
	sync_dag(NULL); /* it says nothing: nothing changes */
	assert_true(role_has("team", "can_read", "DAG:etl"));
	assert_int_equal(try_dag("{\"nobody\": [\"can_read\"]}"), TW_ERR_INVALID);
	assert_non_null(strstr(test_err.msg, "includes a role named 'nobody', but that role does not exist"));
	assert_int_equal(try_dag("{\"team\": [\"can_fly\"]}"), TW_ERR_INVALID);
	assert_int_equal(try_dag("{\"team\": {\"Pools\": [\"can_read\"]}}"), TW_ERR_INVALID);
	assert_true(role_has("team", "can_read", "DAG:etl")); /* what could not be taken changed nothing */
	ok(tw_store_roles_sync(s, TW_NULL, &test_err));
	assert_false(role_has("Admin", "can_read", "DAG:etl"));
}

static void what_a_user_may(void **state)
{
	struct tw_user_row u = user("bob", "Viewer");
	struct tw_perm *perms;
	struct tw_str *roles;
	size_t n, nroles;

	ok(tw_store_user_put(s, &u, &test_err));
	ok(tw_store_user_perms(s, u.id, &a, &perms, &n, &roles, &nroles, &test_err));
	assert_int_equal(n, 34);
	assert_int_equal(nroles, 1);
	assert_true(has(perms, n, "can_read", "DAGs") && !has(perms, n, "can_edit", "DAGs"));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, open_store, close_store)
	const struct CMUnitTest tests[] = {T(fab_s_roles_are_there), T(users_come_and_go), T(dags_say_who_may),
					   T(what_a_user_may)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
