/* `tradewind roles …` and `sync-perm`: what people may, with FAB's auth manager. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/fab.h"
#include "cli/row.h"
#include "daemon/apiserver.h"
#include "io/file.h"
#include "store/dags.h"
#include "value/json.h"

#define FILE_LIMIT (64u << 20)
#define WORDS 256

static void sync_roles(void)
{
	struct tw_err err = {0};

	if (tw_roles_prepare(tw_cli_store(), tw_config_get(tw_cli()->config, "fab", "custom_roles"), &err) < 0)
		tw_cli_die(&err);
}

void cli_sync_roles(void)
{
	size_t n;

	cli_roles(false, &n);
	if (!n)
		sync_roles();
}

struct tw_value cli_read_list(const char *path)
{
	struct tw_buf text = {0};
	struct tw_value v;
	struct tw_err err = {0};

	if (tw_file_read(path, FILE_LIMIT, &text, &err) < 0)
		tw_cli_die(&err);
	if (tw_json_parse(&tw_cli()->arena, tw_buf_str(&text), &v, &err) < 0)
		tw_cli_dief("%s: %s", path, err.msg);
	tw_buf_release(&text);
	if (v.kind != TW_V_LIST)
		tw_cli_dief("%s: expected a list at the top", path);
	return v;
}

/* A role's actions on one resource, which stand together: "can_edit,can_read". Moves *i past them. */
static struct tw_str actions_at(const struct tw_role_row *r, size_t *i)
{
	struct tw_str resource = r->perms[*i].resource, kept;
	struct tw_buf out = {0};

	for (; *i < r->nperms && tw_str_eq(r->perms[*i].resource, resource); ++*i)
		tw_buf_printf(&out, "%s" TW_STR_FMT, out.n ? "," : "", TW_STR_ARG(r->perms[*i].action));
	kept = tw_str_copy(&tw_cli()->arena, tw_buf_str(&out));
	tw_buf_release(&out);
	return kept;
}

static void perm_rows(struct tw_value rows, const struct tw_role_row *r)
{
	for (size_t i = 0; i < r->nperms;) {
		struct tw_value row = row_new(rows);

		row_str(row, "name", r->name);
		row_str(row, "resource", r->perms[i].resource);
		row_str(row, "action", actions_at(r, &i));
	}
}

static int cmd_list(const struct tw_args *args)
{
	bool perms = tw_arg_flag(args, "permission");
	struct tw_value rows = tw_v_list(&tw_cli()->arena);
	size_t n;
	struct tw_role_row *v = cli_roles(perms, &n);

	for (size_t i = 0; i < n; i++)
		if (perms)
			perm_rows(rows, &v[i]);
		else
			row_str(row_new(rows), "name", v[i].name);
	tw_output_rows(args, rows);
	return 0;
}

static int64_t add_role(struct tw_str name)
{
	struct tw_err err = {0};
	int64_t id;

	if (tw_store_role_add(tw_cli_store(), name, &id, &err) < 0)
		tw_cli_die(&err);
	return id;
}

static int cmd_create(const struct tw_args *args)
{
	cli_need_fab();
	for (size_t i = 0; i < args->pos.n; i++) {
		add_role(tw_str(args->pos.v[i]));
		cli_audit("cli_roles_create", args->pos.v[i]);
	}
	printf("Added %zu role(s)\n", args->pos.n);
	return 0;
}

static struct tw_role_row need_role(const char *name)
{
	struct tw_role_row r;
	struct tw_err err = {0};
	enum tw_rc rc = tw_store_role(tw_cli_store(), tw_str(name), &tw_cli()->arena, &r, &err);

	if (rc == TW_ERR_NOT_FOUND)
		tw_cli_dief("Role named '%s' does not exist", name);
	if (rc < 0)
		tw_cli_die(&err);
	return r;
}

static int cmd_delete(const struct tw_args *args)
{
	struct tw_err err = {0};

	cli_need_fab();
	for (size_t i = 0; i < args->pos.n; i++)
		need_role(args->pos.v[i]);
	for (size_t i = 0; i < args->pos.n; i++) {
		if (tw_store_role_delete(tw_cli_store(), need_role(args->pos.v[i]).id, &err) < 0)
			tw_cli_die(&err);
		cli_audit("cli_roles_delete", args->pos.v[i]);
	}
	printf("Deleted %zu role(s)\n", args->pos.n);
	return 0;
}

/* ── permissions ──────────────────────────────────────────────────────────────────────── */

struct words {
	const char *v[WORDS];
	size_t n;
};

static struct words words_of(const struct tw_args *args, const char *name)
{
	struct words w;

	w.n = tw_arg_all(args, name, w.v, WORDS);
	return w;
}

static void need_resource(const char *name)
{
	struct tw_err err = {0};
	bool there;

	if (tw_store_resource_there(tw_cli_store(), tw_str(name), &there, &err) < 0)
		tw_cli_die(&err);
	if (!there)
		tw_cli_dief("Resource named '%s' does not exist", name);
}

static void need_action(const char *name)
{
	struct tw_err err = {0};
	bool there;

	if (tw_store_action_there(tw_cli_store(), tw_str(name), &there, &err) < 0)
		tw_cli_die(&err);
	if (!there)
		tw_cli_dief("Action named '%s' does not exist", name);
}

static size_t change_one(const struct tw_role_row *r, const char *action, const char *resource, bool add)
{
	struct tw_perm perm = {tw_str(action), tw_str(resource)};
	struct tw_store *s = tw_cli_store();
	struct tw_err err = {0};
	bool changed = false;

	if ((add ? tw_store_role_grant(s, r->id, perm, &changed, &err) : tw_store_role_revoke(s, r->id, perm, &changed, &err)) <
	    0)
		tw_cli_die(&err);
	if (changed)
		printf("%s %s on %s %s role " TW_STR_FMT "\n", add ? "Added" : "Deleted", action, resource, add ? "to" : "from",
		       TW_STR_ARG(r->name));
	return changed;
}

/* Without actions: all that the role has on the resource. */
static size_t change_resource(const struct tw_role_row *r, const char *resource, const struct words *actions, bool add)
{
	size_t n = 0;

	for (size_t i = 0; i < actions->n; i++)
		n += change_one(r, actions->v[i], resource, add);
	for (size_t i = 0; !actions->n && i < r->nperms; i++)
		if (tw_str_is(r->perms[i].resource, resource))
			n += change_one(r, tw_arena_printf(&tw_cli()->arena, TW_STR_FMT, TW_STR_ARG(r->perms[i].action)), resource,
					add);
	return n;
}

static int change_perms(const struct tw_args *args, bool add)
{
	struct words resources = words_of(args, "resource"), actions = words_of(args, "action");
	size_t n = 0;

	if (!resources.n || (add && !actions.n))
		return tw_usage_error(args->verb, "the following arguments are required: --%s",
				      resources.n ? "action" : "resource");
	cli_need_fab();
	for (size_t i = 0; i < args->pos.n; i++)
		need_role(args->pos.v[i]);
	for (size_t i = 0; i < resources.n; i++)
		need_resource(resources.v[i]);
	for (size_t i = 0; i < actions.n; i++)
		need_action(actions.v[i]);
	for (size_t i = 0; i < args->pos.n; i++) {
		struct tw_role_row r = need_role(args->pos.v[i]);

		for (size_t k = 0; k < resources.n; k++)
			n += change_resource(&r, resources.v[k], &actions, add);
		cli_audit(add ? "cli_roles_add_perms" : "cli_roles_del_perms", args->pos.v[i]);
	}
	printf("%s %zu permission(s)\n", add ? "Added" : "Deleted", n);
	return 0;
}

static int cmd_add_perms(const struct tw_args *args)
{
	return change_perms(args, true);
}

static int cmd_del_perms(const struct tw_args *args)
{
	return change_perms(args, false);
}

/* ── files ────────────────────────────────────────────────────────────────────────────── */

static bool built_in(struct tw_str name)
{
	static const char *const names[] = {"Admin", "Op", "User", "Viewer", "Public"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (tw_str_is(name, names[i]))
			return true;
	return false;
}

static int cmd_export(const struct tw_args *args)
{
	struct tw_value rows = tw_v_list(&tw_cli()->arena);
	size_t n, roles = 0;
	struct tw_role_row *v = cli_roles(true, &n);

	for (size_t i = 0; i < n; i++) {
		if (built_in(v[i].name))
			continue;
		roles++;
		perm_rows(rows, &v[i]);
		if (!v[i].nperms) {
			struct tw_value row = row_new(rows);

			row_str(row, "name", v[i].name);
			row_str(row, "resource", TW_STR(""));
			row_str(row, "action", TW_STR(""));
		}
	}
	cli_write_file(tw_arg_pos(args, 0), rows, "json");
	fprintf(stderr, "%zu roles with %zu linked permissions successfully exported to %s\n", roles, rows.list->n,
		tw_arg_pos(args, 0));
	return 0;
}

static bool among(const struct tw_role_row *v, size_t n, struct tw_str name)
{
	for (size_t i = 0; i < n; i++)
		if (tw_str_eq(v[i].name, name))
			return true;
	return false;
}

static const char *import_row(struct tw_value row, struct tw_err *err)
{
	struct tw_str name = tw_map_str(row, "name", ""), resource = tw_map_str(row, "resource", ""),
		      rest = tw_map_str(row, "action", "");
	int64_t id;

	if (!name.n)
		return "name: it must be text";
	id = add_role(name);
	while (resource.n && rest.n) {
		struct tw_str action = tw_str_cut(rest, ',', &rest);

		need_resource(tw_arena_printf(&tw_cli()->arena, TW_STR_FMT, TW_STR_ARG(resource)));
		need_action(tw_arena_printf(&tw_cli()->arena, TW_STR_FMT, TW_STR_ARG(action)));
		if (tw_store_role_grant(tw_cli_store(), id, (struct tw_perm){action, resource}, NULL, err) < 0)
			return err->msg;
	}
	return NULL;
}

/* Roles that are there already stay as they are. */
static int cmd_import(const struct tw_args *args)
{
	size_t n;
	struct tw_role_row *there = cli_roles(false, &n);
	struct tw_value v = cli_read_list(tw_arg_pos(args, 0));
	struct tw_err err = {0};

	if (tw_store_begin(tw_cli_store(), &err) < 0)
		tw_cli_die(&err);
	for (size_t i = 0; i < v.list->n; i++) {
		const char *fault = NULL;

		if (!among(there, n, tw_map_str(v.list->v[i], "name", "")))
			fault = import_row(v.list->v[i], &err);
		if (fault)
			tw_cli_dief("%s: item %zu: %s; no roles were imported", tw_arg_pos(args, 0), i, fault);
	}
	if (tw_store_end(tw_cli_store(), &err) < 0)
		tw_cli_die(&err);
	cli_audit("cli_roles_import", tw_arg_pos(args, 0));
	printf("roles and permissions successfully imported\n");
	return 0;
}

/* ── sync-perm ────────────────────────────────────────────────────────────────────────── */

/* What all DAGs say of themselves; one that says something wrong is told of and left out. */
static void sync_dags(void)
{
	struct tw_ask ask = TW_ASK_ALL;
	struct tw_dag_row *v;
	struct tw_err err = {0};
	int64_t total;
	size_t n;

	if (tw_store_dags(tw_cli_store(), &ask, &tw_cli()->arena, &v, &n, &total, &err) < 0)
		tw_cli_die(&err);
	for (size_t i = 0; i < n; i++) {
		struct tw_arena a = {0};
		struct tw_value doc = TW_NULL;
		struct tw_str json;

		if (tw_store_document_newest(tw_cli_store(), v[i].dag_id, &a, &json, NULL, &err) < 0 ||
		    tw_json_parse(&a, json, &doc, &err) < 0 ||
		    tw_store_dag_perms_sync(tw_cli_store(), v[i].dag_id, tw_map_value(doc, "access_control"), &err) < 0)
			fprintf(stderr, "warning: dag '" TW_STR_FMT "': %s\n", TW_STR_ARG(v[i].dag_id), err.msg);
		tw_arena_release(&a);
	}
}

static int cmd_sync_perm(const struct tw_args *args)
{
	cli_need_fab();
	printf("Updating actions and resources for all existing roles\n");
	sync_roles();
	if (tw_arg_flag(args, "include-dags")) {
		printf("Updating permission on all DAG views\n");
		sync_dags();
	}
	return 0;
}

static const struct tw_opt list_opts[] = {
	{"permission", 'p', TW_OPT_FLAG, "show what each role may", NULL, NULL, NULL}, TW_OPT_OUTPUT, {0}};
static const struct tw_opt perm_opts[] = {
	{"resource", 'r', TW_OPT_MANY, "resources: DAGs Pools DAG:etl …", NULL, NULL, NULL},
	{"action", 'a', TW_OPT_MANY, "actions: can_read can_create can_edit can_delete menu_access", NULL, NULL, NULL},
	{0},
};
static const struct tw_opt export_opts[] = {
	{"pretty", 'p', TW_OPT_FLAG, "for people to read (it always is)", NULL, NULL, NULL}, {0}};
static const struct tw_opt sync_opts[] = {
	{"include-dags", 0, TW_OPT_FLAG, "also what each DAG's access_control says", NULL, NULL, NULL}, {0}};

const struct tw_verb tw_roles_verbs[] = {
	{"roles", "list", "List the roles.", NULL, list_opts, cmd_list, false},
	{"roles", "create", "Make roles that may nothing yet.", "role...", NULL, cmd_create, false},
	{"roles", "delete", "Delete roles.", "role...", NULL, cmd_delete, false},
	{"roles", "add-perms", "Let roles do something.", "role...", perm_opts, cmd_add_perms, false},
	{"roles", "del-perms", "Let roles do it no more; without actions, nothing on the resources.", "role...", perm_opts,
	 cmd_del_perms, false},
	{"roles", "export", "Write your own roles into a JSON file.", "file", export_opts, cmd_export, false},
	{"roles", "import", "Make the roles of a JSON file that are not there yet.", "file", NULL, cmd_import, false},
	{NULL, "sync-perm", "Give the built-in roles what they should have.", NULL, sync_opts, cmd_sync_perm, false},
	{0},
};
