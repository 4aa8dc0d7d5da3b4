/* The roles that are there from the start, and what DAGs say of who may do what with them. */
#include "store/perms.h"

#define DAG_PREFIX "DAG:"
#define RUN_PREFIX "DAG Run:"

static const char *const actions[] = {"can_read", "can_create", "can_edit", "can_delete", "menu_access"};
#define NACTIONS TW_COUNT(actions)

/* From which role on an action is allowed: V(iewer), U(ser), O(p), A(dmin); each has what those before have. */
static const struct {
	const char *resource, *from; /* in the order of actions; - nobody asks for it */
} built_in[] = {
	{"Actions", "----A"},
	{"Admin", "----O"},
	{"All Audit Logs", "A----"},
	{"All Import Errors", "A----"},
	{"All Reparses", "A----"},
	{"Asset Aliases", "V----"},
	{"Assets", "VUOOV"},
	{"Audit Logs", "A---A"},
	{"Backfills", "VOOO-"},
	{"Browse", "----V"},
	{"Cluster Activity", "V---V"},
	{"Configurations", "O---O"},
	{"Connections", "OOOOO"},
	{"DAG Code", "V----"},
	{"DAG Dependencies", "V---V"},
	{"DAG Runs", "VUUUV"},
	{"DAG Versions", "V----"},
	{"DAG Warnings", "V----"},
	{"DAGs", "V-UUV"},
	{"Docs", "----V"},
	{"Documentation", "----V"},
	{"HITL Detail", "V-U-O"},
	{"ImportError", "V----"},
	{"Jobs", "V---V"},
	{"List Roles", "----A"},
	{"List Users", "----A"},
	{"My Password", "V-V--"},
	{"My Profile", "V-V--"},
	{"Passwords", "A-A--"},
	{"Permission Pairs", "----A"},
	{"Permission Views", "A----"},
	{"Permissions", "A----"},
	{"Plugins", "O---O"},
	{"Pools", "VOOOO"},
	{"Providers", "O---O"},
	{"Resources", "----A"},
	{"Roles", "AAAA-"},
	{"SLA Misses", "V---V"},
	{"Security", "----A"},
	{"Task Instances", "VUUUV"},
	{"Task Logs", "V----"},
	{"Task Reschedules", "A---A"},
	{"Triggers", "A---A"},
	{"User Stats Chart", "A----"},
	{"User's Statistics", "----A"},
	{"Users", "AAAA-"},
	{"Variables", "OOOOO"},
	{"View Menus", "A----"},
	{"Website", "V----"},
	{"XComs", "VOOOO"},
};
static const char ranks[] = "VUOA";
static const char *const role_names[] = {"Viewer", "User", "Op", "Admin"};

/* ── the built-in roles ─────────────────────────────────────────────────────────────── */

static enum tw_rc grant_built_in(struct tw_store *s, const int64_t roles[4], struct tw_err *err)
{
	for (size_t i = 0; i < TW_COUNT(built_in); i++)
		for (size_t k = 0; k < NACTIONS; k++) {
			struct tw_perm perm = {tw_str(actions[k]), tw_str(built_in[i].resource)};
			const char *from = strchr(ranks, built_in[i].from[k]);

			for (size_t r = from ? (size_t)(from - ranks) : 4; r < 4; r++)
				TW_TRY(tw_store_role_grant(s, roles[r], perm, NULL, err));
		}
	return TW_OK;
}

/* What is about single DAGs Admin has by "DAGs" and "DAG Runs". */
static enum tw_rc grant_rest_to_admin(struct tw_store *s, int64_t admin, struct tw_err *err)
{
	int64_t n;

	TW_TRY(tw_q_exec(s, &n, err,
			 "insert into ab_permission_view_role (permission_view_id, role_id) select pv.id, ?"
			 " from ab_permission_view pv join ab_view_menu v on v.id = pv.view_menu_id"
			 " where v.name not like 'DAG:%' and v.name not like 'DAG Run:%'"
			 " and not exists (select 1 from ab_permission_view_role x where x.permission_view_id = pv.id"
			 " and x.role_id = ?)",
			 "ii", admin, admin));
	return n ? tw_auth_changed(s, err) : TW_OK;
}

static enum tw_rc custom_role(struct tw_store *s, struct tw_str name, struct tw_value perms, struct tw_err *err)
{
	int64_t id;
	bool was;

	TW_TRY(tw_q_number(s, &id, err, "select count(*) from ab_role where name = ?", "s", name));
	was = id > 0;
	TW_TRY(tw_store_role_add(s, name, &id, err));
	for (size_t i = 0; !was && i < tw_value_len(perms); i++) {
		struct tw_perm perm = {tw_map_str(perms.list->v[i], "action", ""), tw_map_str(perms.list->v[i], "resource", "")};

		if (!perm.action.n || !perm.resource.n)
			return tw_err_set(err, TW_ERR_INVALID,
					  "[fab] custom_roles: each item of '" TW_STR_FMT
					  "' must be {\"action\": …, \"resource\": …}",
					  TW_STR_ARG(name));
		TW_TRY(tw_store_role_grant(s, id, perm, NULL, err));
	}
	return TW_OK;
}

static enum tw_rc sync_roles(struct tw_store *s, struct tw_value custom, struct tw_err *err)
{
	int64_t roles[4], pair, n;

	TW_TRY(tw_store_role_add(s, TW_STR("Public"), &n, err));
	for (size_t i = 0; i < 4; i++)
		TW_TRY(tw_store_role_add(s, tw_str(role_names[i]), &roles[i], err));
	TW_TRY(grant_built_in(s, roles, err));
	for (size_t i = 0; custom.kind == TW_V_MAP && i < custom.map->n; i++)
		TW_TRY(custom_role(s, custom.map->v[i].key.s, custom.map->v[i].value, err));
	/* Every role but the built-in ones may open the pages at all. */
	TW_TRY(tw_perm_make(s, (struct tw_perm){TW_STR("can_read"), TW_STR("Website")}, &pair, err));
	TW_TRY(tw_q_exec(s, &n, err,
			 "insert into ab_permission_view_role (permission_view_id, role_id) select ?, r.id from ab_role r"
			 " where r.name <> 'Public' and not exists (select 1 from ab_permission_view_role x"
			 " where x.role_id = r.id and x.permission_view_id = ?)",
			 "ii", pair, pair));
	if (n)
		TW_TRY(tw_auth_changed(s, err));
	return grant_rest_to_admin(s, roles[3], err);
}

enum tw_rc tw_store_roles_sync(struct tw_store *s, struct tw_value custom, struct tw_err *err)
{
	bool own;

	TW_TRY(tw_tx_enter(s, &own, err));
	return tw_tx_leave(s, own, sync_roles(s, custom, err), err);
}

/* ── of one DAG ─────────────────────────────────────────────────────────────────────── */

static const struct kind {
	const char *name, *prefix, *actions; /* in the order of `actions` above: x it has, - it has not */
} kinds[] = {
	{"DAGs", DAG_PREFIX, "x-xx-"},
	{"DAG Runs", RUN_PREFIX, "xx-xx"},
};

static bool listed(struct tw_value list, struct tw_str action)
{
	for (size_t i = 0; list.kind == TW_V_LIST && i < list.list->n; i++)
		if (list.list->v[i].kind == TW_V_STR && tw_str_eq(list.list->v[i].s, action))
			return true;
	return false;
}

/* Which actions a role is given on a kind of resource; a list alone is about the DAG itself. */
static struct tw_value given(struct tw_value access_control, struct tw_str role, const struct kind *k)
{
	const struct tw_value *v = tw_map_find(access_control, role);

	if (!v)
		return TW_NULL;
	if (v->kind == TW_V_MAP)
		return tw_map_value(*v, k->name);
	return k == &kinds[0] ? *v : TW_NULL;
}

struct holding {
	int64_t role;
	struct tw_str role_name, action;
};

static void read_holding(struct tw_q *q, struct tw_arena *a, void *row)
{
	struct holding *h = row;

	h->role = tw_q_get_int(q);
	h->role_name = tw_q_get_str(q, a);
	h->action = tw_q_get_str(q, a);
}

/* What roles have on this DAG and are not given any more. */
static enum tw_rc take_back(struct tw_store *s, const struct kind *k, struct tw_str resource, struct tw_value access,
			    struct tw_arena *a, struct tw_err *err)
{
	struct holding *v;
	struct tw_q q;
	size_t n;

	tw_q(&q, s,
	     "select r.id, r.name, p.name from ab_view_menu v join ab_permission_view pv on pv.view_menu_id = v.id"
	     " join ab_permission p on p.id = pv.permission_id join ab_permission_view_role x on x.permission_view_id = pv.id"
	     " join ab_role r on r.id = x.role_id where v.name = ? and r.name <> 'Admin'");
	tw_q_put_str(&q, resource);
	TW_TRY(TW_Q_ALL(&q, struct holding, read_holding, a, &v, &n, err));
	for (size_t i = 0; i < n; i++)
		if (!listed(given(access, v[i].role_name, k), v[i].action))
			TW_TRY(tw_store_role_revoke(s, v[i].role, (struct tw_perm){v[i].action, resource}, NULL, err));
	return TW_OK;
}

static bool known(const struct kind *k, struct tw_str action)
{
	for (size_t i = 0; i < NACTIONS; i++)
		if (tw_str_is(action, actions[i]))
			return k->actions[i] == 'x';
	return false;
}

static enum tw_rc give(struct tw_store *s, const struct kind *k, struct tw_str dag_id, struct tw_str resource,
		       struct tw_str role_name, struct tw_value list, struct tw_err *err)
{
	int64_t role;

	TW_TRY(tw_q_number(s, &role, err, "select id from ab_role where name = ?", "s", role_name));
	if (!role)
		return tw_err_set(err, TW_ERR_INVALID,
				  "The access_control mapping for DAG '" TW_STR_FMT "' includes a role named '" TW_STR_FMT
				  "', but that role does not exist",
				  TW_STR_ARG(dag_id), TW_STR_ARG(role_name));
	for (size_t i = 0; list.kind == TW_V_LIST && i < list.list->n; i++) {
		struct tw_value action = list.list->v[i];

		if (action.kind != TW_V_STR || !known(k, action.s))
			return tw_err_set(err, TW_ERR_INVALID,
					  "The access_control map for DAG '" TW_STR_FMT
					  "' includes the invalid permission '" TW_STR_FMT "' on %s",
					  TW_STR_ARG(dag_id), TW_STR_ARG(action.kind == TW_V_STR ? action.s : TW_STR("?")), k->name);
		TW_TRY(tw_store_role_grant(s, role, (struct tw_perm){action.s, resource}, NULL, err));
	}
	return TW_OK;
}

/* {role: {"DAGs": …}}: are there only resources that a DAG has? */
static enum tw_rc check_kinds(struct tw_str dag_id, struct tw_value access, struct tw_err *err)
{
	for (size_t i = 0; i < access.map->n; i++) {
		struct tw_value v = access.map->v[i].value;

		for (size_t k = 0; v.kind == TW_V_MAP && k < v.map->n; k++)
			if (!tw_str_is(v.map->v[k].key.s, kinds[0].name) && !tw_str_is(v.map->v[k].key.s, kinds[1].name))
				return tw_err_set(err, TW_ERR_INVALID,
						  "The access_control map for DAG '" TW_STR_FMT
						  "' includes the invalid resource name '" TW_STR_FMT
						  "': it must be 'DAGs' or 'DAG Runs'",
						  TW_STR_ARG(dag_id), TW_STR_ARG(v.map->v[k].key.s));
	}
	return TW_OK;
}

static enum tw_rc sync_kind(struct tw_store *s, const struct kind *k, struct tw_str dag_id, struct tw_value access,
			    struct tw_arena *a, struct tw_err *err)
{
	struct tw_str resource = tw_str(tw_arena_printf(a, "%s" TW_STR_FMT, k->prefix, TW_STR_ARG(dag_id)));

	for (size_t i = 0; i < NACTIONS; i++) {
		int64_t id;

		if (k->actions[i] == 'x')
			TW_TRY(tw_perm_make(s, (struct tw_perm){tw_str(actions[i]), resource}, &id, err));
	}
	if (access.kind != TW_V_MAP)
		return TW_OK;
	TW_TRY(take_back(s, k, resource, access, a, err));
	for (size_t i = 0; i < access.map->n; i++)
		TW_TRY(give(s, k, dag_id, resource, access.map->v[i].key.s, given(access, access.map->v[i].key.s, k), err));
	return TW_OK;
}

static enum tw_rc sync_dag(struct tw_store *s, struct tw_str dag_id, struct tw_value access, struct tw_arena *a,
			   struct tw_err *err)
{
	if (access.kind == TW_V_MAP)
		TW_TRY(check_kinds(dag_id, access, err));
	for (size_t k = 0; k < TW_COUNT(kinds); k++)
		TW_TRY(sync_kind(s, &kinds[k], dag_id, access, a, err));
	return TW_OK;
}

enum tw_rc tw_store_dag_perms_sync(struct tw_store *s, struct tw_str dag_id, struct tw_value access_control,
				   struct tw_err *err)
{
	struct tw_arena a = {0};
	enum tw_rc rc;
	bool own;

	TW_TRY(tw_tx_enter(s, &own, err));
	rc = sync_dag(s, dag_id, access_control, &a, err);
	tw_arena_release(&a);
	return tw_tx_leave(s, own, rc, err);
}
