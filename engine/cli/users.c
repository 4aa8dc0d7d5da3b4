/* `tradewind users …`: people who sign in, with FAB's auth manager. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cli/fab.h"
#include "cli/row.h"
#include "io/passhash.h"
#include "io/token.h"
#include "store/house.h"
#include "value/json.h"

#define RANDOM_LEN 16

void cli_need_fab(void)
{
	if (!tw_cli_fab())
		tw_cli_dief("users and roles belong to FAB's auth manager: set [core] auth_manager to "
			    "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager");
}

struct tw_role_row *cli_roles(bool perms, size_t *ret_n)
{
	const char *order[] = {"name"};
	struct tw_ask ask = {.order_by = order, .norder = 1, .limit = -1};
	struct tw_role_row *v;
	struct tw_err err = {0};
	int64_t total;

	cli_need_fab();
	if (tw_store_roles(tw_cli_store(), &ask, perms, &tw_cli()->arena, &v, ret_n, &total, &err) < 0)
		tw_cli_die(&err);
	return v;
}

/* "[Admin, Op, …]" */
static const char *valid_roles(void)
{
	struct tw_buf out = {0};
	const char *text;
	size_t n;
	struct tw_role_row *v = cli_roles(false, &n);

	for (size_t i = 0; i < n; i++)
		tw_buf_printf(&out, "%s" TW_STR_FMT, i ? ", " : "[", TW_STR_ARG(v[i].name));
	tw_buf_addc(&out, ']');
	text = tw_arena_strdup(&tw_cli()->arena, tw_buf_cstr(&out));
	tw_buf_release(&out);
	return text;
}

static void need_role(const char *name)
{
	struct tw_role_row r;
	struct tw_err err = {0};
	enum tw_rc rc = tw_store_role(tw_cli_store(), tw_str(name), &tw_cli()->arena, &r, &err);

	if (rc == TW_ERR_NOT_FOUND)
		tw_cli_dief("%s is not a valid role. Valid roles are: %s", name, valid_roles());
	if (rc < 0)
		tw_cli_die(&err);
}

void cli_audit(const char *event, const char *about)
{
	struct tw_audit_row row = {
		.at = TW_TIME_NONE,
		.event = tw_str(event),
		.owner = tw_cli_user(),
		.owner_display_name = tw_cli_user(),
		.map_index = -1,
		.try_number = -1,
		.logical_date = TW_TIME_NONE,
	};
	struct tw_value extra = tw_v_map(&tw_cli()->arena);
	struct tw_err err = {0};
	char *text;

	tw_map_putc(&tw_cli()->arena, extra, "about", tw_v_cstr(about));
	text = tw_json_dump(extra, TW_JSON_PYTHON);
	row.extra = tw_str(text);
	if (tw_store_audit(tw_cli_store(), &row, &err) < 0)
		fprintf(stderr, "warning: audit log: %s\n", err.msg);
	free(text);
}

/* ── passwords ────────────────────────────────────────────────────────────────────────── */

/* A line from the terminal that is not shown, or from whatever standard input is. */
static char *read_secret(const char *prompt)
{
	struct termios was, quiet;
	bool tty = tcgetattr(STDIN_FILENO, &was) == 0;
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	fputs(prompt, stderr);
	if (tty) {
		quiet = was;
		quiet.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	}
	n = getline(&line, &cap, stdin);
	if (tty) {
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &was);
		fputc('\n', stderr);
	}
	if (n < 0)
		tw_cli_dief("no password was given");
	line[strcspn(line, "\r\n")] = '\0';
	return line;
}

/* The hash of the password that the arguments name, or ask for. */
static struct tw_str password_hash(const struct tw_args *args)
{
	const char *given = tw_arg(args, "password");
	char *typed = NULL, *again, made[RANDOM_LEN + 1];
	struct tw_buf hash = {0};
	struct tw_str kept;

	if (tw_arg_flag(args, "use-random-password")) {
		tw_password(made, RANDOM_LEN);
		given = made;
	} else if (!given) {
		given = typed = read_secret("Password:");
		again = read_secret("Repeat for confirmation:");
		if (strcmp(typed, again) != 0)
			tw_cli_dief("Passwords did not match");
		free(again);
	}
	if (!*given)
		tw_cli_dief("the password is empty");
	tw_passhash_make(tw_str(given), &hash);
	free(typed);
	kept = tw_str_copy(&tw_cli()->arena, tw_buf_str(&hash));
	tw_buf_release(&hash);
	return kept;
}

/* ── verbs ────────────────────────────────────────────────────────────────────────────── */

static struct tw_user_row *all_users(size_t *ret_n)
{
	struct tw_ask ask = TW_ASK_ALL;
	struct tw_user_row *v;
	struct tw_err err = {0};
	int64_t total;

	cli_need_fab();
	if (tw_store_users(tw_cli_store(), &ask, &tw_cli()->arena, &v, ret_n, &total, &err) < 0)
		tw_cli_die(&err);
	return v;
}

static struct tw_value role_list(const struct tw_user_row *u)
{
	struct tw_value list = tw_v_list(&tw_cli()->arena);

	for (size_t i = 0; i < u->nroles; i++)
		tw_list_push(&tw_cli()->arena, list, tw_v_str(u->roles[i]));
	return list;
}

static int cmd_list(const struct tw_args *args)
{
	struct tw_value rows = tw_v_list(&tw_cli()->arena);
	size_t n;
	struct tw_user_row *v = all_users(&n);

	for (size_t i = 0; i < n; i++) {
		struct tw_value row = row_new(rows);

		row_int(row, "id", v[i].id);
		row_str(row, "username", v[i].username);
		row_str(row, "email", v[i].email);
		row_str(row, "first_name", v[i].first_name);
		row_str(row, "last_name", v[i].last_name);
		tw_map_putc(&tw_cli()->arena, row, "roles", role_list(&v[i]));
	}
	tw_output_rows(args, rows);
	return 0;
}

static const char *need(const struct tw_args *args, const char *name)
{
	const char *value = tw_arg(args, name);

	if (!value)
		exit(tw_usage_error(args->verb, "the following arguments are required: --%s", name));
	return value;
}

static void put(struct tw_user_row *u)
{
	struct tw_err err = {0};

	if (tw_store_user_put(tw_cli_store(), u, &err) < 0)
		tw_cli_die(&err);
}

static int cmd_create(const struct tw_args *args)
{
	const char *name = need(args, "username"), *role = need(args, "role");
	struct tw_str role_name = tw_str(role);
	struct tw_user_row u = {
		.username = tw_str(name),
		.email = tw_str(need(args, "email")),
		.first_name = tw_str(need(args, "firstname")),
		.last_name = tw_str(need(args, "lastname")),
		.active = true,
		.roles = &role_name,
		.nroles = 1,
	}, found;

	cli_need_fab();
	cli_sync_roles();
	need_role(role);
	if (tw_store_user(tw_cli_store(), u.username, &tw_cli()->arena, &found, NULL) == TW_OK) {
		printf("%s already exists in the db\n", name);
		return 0;
	}
	u.password = password_hash(args);
	put(&u);
	cli_audit("cli_users_create", name);
	printf("User \"%s\" created with role \"%s\"\n", name, role);
	return 0;
}

static struct tw_user_row find_user(const struct tw_args *args)
{
	const char *name = tw_arg(args, "username"), *email = tw_arg(args, "email");
	struct tw_store *s;
	struct tw_user_row u;
	struct tw_err err = {0};
	enum tw_rc rc;

	cli_need_fab();
	s = tw_cli_store();
	if (!name && !email)
		tw_cli_dief("Missing args: must supply one of --username or --email");
	if (name && email)
		tw_cli_dief("Conflicting args: must supply either --username or --email, but not both");
	rc = name ? tw_store_user(s, tw_str(name), &tw_cli()->arena, &u, &err)
		  : tw_store_user_by_email(s, tw_str(email), &tw_cli()->arena, &u, &err);
	if (rc == TW_ERR_NOT_FOUND)
		tw_cli_dief("User \"%s\" does not exist", name ? name : email);
	if (rc < 0)
		tw_cli_die(&err);
	return u;
}

static const char *named(const struct tw_user_row *u)
{
	return tw_arena_printf(&tw_cli()->arena, TW_STR_FMT, TW_STR_ARG(u->username));
}

static int cmd_reset_password(const struct tw_args *args)
{
	struct tw_user_row u = find_user(args);

	u.password = password_hash(args);
	put(&u);
	cli_audit("cli_user_reset_password", named(&u));
	printf("User \"%s\" password reset successfully\n", named(&u));
	return 0;
}

static int cmd_delete(const struct tw_args *args)
{
	struct tw_user_row u = find_user(args);
	struct tw_err err = {0};

	if (tw_store_user_delete(tw_cli_store(), u.id, &err) < 0)
		tw_cli_die(&err);
	cli_audit("cli_users_delete", named(&u));
	printf("User \"%s\" deleted\n", named(&u));
	return 0;
}

static size_t role_at(const struct tw_user_row *u, const char *role)
{
	size_t i = 0;

	while (i < u->nroles && !tw_str_is(u->roles[i], role))
		i++;
	return i;
}

static int cmd_add_role(const struct tw_args *args)
{
	const char *role = need(args, "role");
	struct tw_user_row u = find_user(args);
	struct tw_str *more = tw_arena_array(&tw_cli()->arena, struct tw_str, u.nroles + 1);

	need_role(role);
	if (role_at(&u, role) < u.nroles)
		tw_cli_dief("User \"%s\" is already a member of role \"%s\"", named(&u), role);
	memcpy(more, u.roles, u.nroles * sizeof *more);
	more[u.nroles++] = tw_str(role);
	u.roles = more;
	put(&u);
	cli_audit("cli_users_add_role", named(&u));
	printf("User \"%s\" added to role \"%s\"\n", named(&u), role);
	return 0;
}

static int cmd_remove_role(const struct tw_args *args)
{
	const char *role = need(args, "role");
	struct tw_user_row u = find_user(args);
	size_t at;

	need_role(role);
	at = role_at(&u, role);
	if (at == u.nroles)
		tw_cli_dief("User \"%s\" is not a member of role \"%s\"", named(&u), role);
	memmove(u.roles + at, u.roles + at + 1, (--u.nroles - at) * sizeof *u.roles);
	put(&u);
	cli_audit("cli_users_remove_role", named(&u));
	printf("User \"%s\" removed from role \"%s\"\n", named(&u), role);
	return 0;
}

static int cmd_export(const struct tw_args *args)
{
	struct tw_arena *a = &tw_cli()->arena;
	struct tw_value list = tw_v_list(a);
	size_t n;
	struct tw_user_row *v = all_users(&n);

	for (size_t i = 0; i < n; i++) {
		struct tw_value row = tw_v_map(a);

		tw_map_putc(a, row, "email", tw_v_str(v[i].email));
		tw_map_putc(a, row, "firstname", tw_v_str(v[i].first_name));
		tw_map_putc(a, row, "id", tw_v_int(v[i].id));
		tw_map_putc(a, row, "lastname", tw_v_str(v[i].last_name));
		tw_map_putc(a, row, "roles", role_list(&v[i]));
		tw_map_putc(a, row, "username", tw_v_str(v[i].username));
		tw_list_push(a, list, row);
	}
	cli_write_file(tw_arg_pos(args, 0), list, "json");
	fprintf(stderr, "%zu users successfully exported to %s\n", n, tw_arg_pos(args, 0));
	return 0;
}

/* One item of the file as a user, or what is wrong with it. */
static const char *read_item(struct tw_value v, struct tw_user_row *u)
{
	static const char *const keys[] = {"email", "firstname", "lastname", "username"};
	struct tw_str *into[] = {&u->email, &u->first_name, &u->last_name, &u->username};
	struct tw_value roles = tw_map_value(v, "roles");

	for (size_t i = 0; i < 4; i++) {
		struct tw_value text = tw_map_value(v, keys[i]);

		if (text.kind != TW_V_STR || !text.s.n)
			return tw_arena_printf(&tw_cli()->arena, "%s: it must be text", keys[i]);
		*into[i] = text.s;
	}
	if (roles.kind != TW_V_LIST || !roles.list->n)
		return "roles: it must be a list of at least one role";
	u->roles = tw_arena_array(&tw_cli()->arena, struct tw_str, roles.list->n);
	for (u->nroles = 0; u->nroles < roles.list->n; u->nroles++) {
		if (roles.list->v[u->nroles].kind != TW_V_STR)
			return "roles: each must be text";
		u->roles[u->nroles] = roles.list->v[u->nroles].s;
	}
	return NULL;
}

/* Users are known by their address; a name is not changed this way. */
static const char *import_item(struct tw_value v, bool *ret_new, struct tw_err *err)
{
	struct tw_user_row u = {.active = true}, old;
	const char *fault = read_item(v, &u);
	struct tw_store *s = tw_cli_store();

	if (fault)
		return fault;
	*ret_new = tw_store_user_by_email(s, u.email, &tw_cli()->arena, &old, NULL) < 0;
	if (!*ret_new) {
		if (!tw_str_eq(old.username, u.username))
			return "Changing the username is not allowed: delete the user and make it anew";
		u.id = old.id;
		u.password = old.password;
		u.active = old.active;
	}
	return tw_store_user_put(s, &u, err) < 0 ? err->msg : NULL;
}

static int cmd_import(const struct tw_args *args)
{
	struct tw_value v;
	size_t created = 0;
	struct tw_err err = {0};

	cli_need_fab();
	cli_sync_roles();
	v = cli_read_list(tw_arg_pos(args, 0));
	if (tw_store_begin(tw_cli_store(), &err) < 0)
		tw_cli_die(&err);
	for (size_t i = 0; i < v.list->n; i++) {
		bool fresh = false;
		const char *fault = import_item(v.list->v[i], &fresh, &err);

		if (fault) {
			tw_store_rollback(tw_cli_store());
			tw_cli_dief("%s: item %zu: %s; nothing was imported", tw_arg_pos(args, 0), i, fault);
		}
		created += fresh;
	}
	if (tw_store_end(tw_cli_store(), &err) < 0)
		tw_cli_die(&err);
	cli_audit("cli_users_import", tw_arg_pos(args, 0));
	printf("Created %zu users, updated %zu\n", created, v.list->n - created);
	return 0;
}

#define NAME {"username", 'u', TW_OPT_STR, "name to sign in with", NULL, NULL, NULL}
#define EMAIL {"email", 'e', TW_OPT_STR, "address", NULL, NULL, NULL}
#define ROLE {"role", 'r', TW_OPT_STR, "role: Admin, Op, User, Viewer, Public, or one of your own", NULL, NULL, NULL}
#define PASSWORD                                                                                          \
	{"password", 'p', TW_OPT_STR, "password; without it and the next, it is asked for", NULL, NULL, NULL}, \
	{                                                                                                 \
		"use-random-password", 0, TW_OPT_FLAG, "make one that nobody knows", NULL, NULL, NULL     \
	}

static const struct tw_opt output_opts[] = {TW_OPT_OUTPUT, {0}};
static const struct tw_opt create_opts[] = {
	ROLE,
	NAME,
	EMAIL,
	{"firstname", 'f', TW_OPT_STR, "first name", NULL, NULL, NULL},
	{"lastname", 'l', TW_OPT_STR, "last name", NULL, NULL, NULL},
	PASSWORD,
	{0},
};
static const struct tw_opt who_opts[] = {NAME, EMAIL, {0}};
static const struct tw_opt role_opts[] = {NAME, EMAIL, ROLE, {0}};
static const struct tw_opt password_opts[] = {NAME, EMAIL, PASSWORD, {0}};

const struct tw_verb tw_users_verbs[] = {
	{"users", "list", "List the users.", NULL, output_opts, cmd_list, false},
	{"users", "create", "Make a user.", NULL, create_opts, cmd_create, false},
	{"users", "reset-password", "Give a user another password.", NULL, password_opts, cmd_reset_password, false},
	{"users", "delete", "Delete a user.", NULL, who_opts, cmd_delete, false},
	{"users", "add-role", "Give a user a role.", NULL, role_opts, cmd_add_role, false},
	{"users", "remove-role", "Take a role from a user.", NULL, role_opts, cmd_remove_role, false},
	{"users", "import", "Make or change users as a JSON file says.", "filepath", NULL, cmd_import, false},
	{"users", "export", "Write all users into a JSON file, without passwords.", "filepath", NULL, cmd_export, false},
	{0},
};
