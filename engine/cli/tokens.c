/* `tradewind tokens …`: tokens with a name, for programs. */
#include <stdio.h>
#include <stdlib.h>

#include "api/auth/auth.h"
#include "cli/fab.h"
#include "cli/row.h"
#include "daemon/apiserver.h"
#include "io/clock.h"
#include "store/tokens.h"

#define DAYS 90
#define DAYS_MAX 3650

static struct tw_apiserver_options options(void)
{
	struct tw_config *cfg = tw_cli()->config;

	return (struct tw_apiserver_options){
		.paths = &tw_cli()->paths,
		.store_url = tw_cli()->store_url,
		.fernet_keys = tw_cli()->fernet_keys,
		.fab = tw_cli_fab(),
		.fab_keep_roles = true,
		.users = tw_config_get(cfg, "core", "simple_auth_manager_users"),
		.passwords_file = tw_config_get(cfg, "core", "simple_auth_manager_passwords_file"),
		.jwt_secret = tw_config_get(cfg, "api_auth", "jwt_secret"),
		.jwt_audience = tw_config_get(cfg, "api_auth", "jwt_audience"),
		.jwt_issuer = tw_config_get(cfg, "api_auth", "jwt_issuer"),
		.secret_key = tw_config_get(cfg, "api", "secret_key"),
	};
}

/* Who the token is for, as the auth manager in use knows them. */
static struct tw_http_user find_user(const struct tw_apiserver_options *o, const char *name)
{
	struct tw_http_user user = {.name = tw_str(name), .id = tw_str(name)};
	struct tw_str users = tw_str(o->users && *o->users ? o->users : "admin:admin");
	struct tw_user_row row;
	struct tw_err err = {0};
	enum tw_rc rc;

	if (!o->fab) {
		if (!tw_auth_role(users, user.name, &user.role))
			tw_cli_dief("there is no user '%s' in [core] simple_auth_manager_users", name);
		return user;
	}
	rc = tw_store_user(tw_cli_store(), user.name, &tw_cli()->arena, &row, &err);
	if (rc == TW_ERR_NOT_FOUND)
		tw_cli_dief("User \"%s\" does not exist", name);
	if (rc < 0)
		tw_cli_die(&err);
	user.id = tw_str(tw_arena_printf(&tw_cli()->arena, "%lld", (long long)row.id));
	return user;
}

static int cmd_create(const struct tw_args *args)
{
	struct tw_apiserver_options o = options();
	const char *name = tw_arg(args, "username");
	int64_t days = tw_arg_int(args, "days", DAYS);
	struct tw_token_row t = {.name = tw_str(tw_arg_pos(args, 0)), .expires_at = tw_now() + days * TW_US_DAY};
	struct tw_http_user user;
	struct tw_buf text = {0};
	struct tw_err err = {0};

	if (!name)
		return tw_usage_error(args->verb, "the following arguments are required: --username");
	if (days < 1 || days > DAYS_MAX)
		return tw_usage_error(args->verb, "argument --days: it must be between 1 and %d", DAYS_MAX);
	user = find_user(&o, name);
	t.owner = user.id;
	t.created_at = TW_TIME_NONE;
	if (tw_apiserver_token(&o, &user, days * 86400, &tw_cli()->arena, &text, &t.jti, &err) < 0 ||
	    tw_store_token_add(tw_cli_store(), &t, &t.id, &err) < 0)
		tw_cli_die(&err);
	cli_audit("cli_tokens_create", tw_arg_pos(args, 0));
	printf("%s\n", tw_buf_cstr(&text));
	tw_buf_release(&text);
	return 0;
}

static int cmd_list(const struct tw_args *args)
{
	struct tw_value rows = tw_v_list(&tw_cli()->arena);
	struct tw_ask ask = TW_ASK_ALL;
	struct tw_token_row *v;
	struct tw_err err = {0};
	int64_t total;
	size_t n;

	if (tw_store_tokens(tw_cli_store(), &ask, &tw_cli()->arena, &v, &n, &total, &err) < 0)
		tw_cli_die(&err);
	for (size_t i = 0; i < n; i++) {
		struct tw_value row = row_new(rows);

		row_int(row, "id", v[i].id);
		row_str(row, "name", v[i].name);
		row_str(row, "owner", v[i].owner);
		row_time(row, "created_at", v[i].created_at);
		row_time(row, "expires_at", v[i].expires_at);
		row_time(row, "revoked_at", v[i].revoked_at);
	}
	tw_output_rows(args, rows);
	return 0;
}

static int cmd_revoke(const struct tw_args *args)
{
	struct tw_err err = {0};
	int64_t id;
	enum tw_rc rc;

	if (!tw_str_to_int(tw_str(tw_arg_pos(args, 0)), &id))
		return tw_usage_error(args->verb, "argument id: invalid int value: '%s'", tw_arg_pos(args, 0));
	rc = tw_store_token_end(tw_cli_store(), id, &err);
	if (rc == TW_ERR_NOT_FOUND)
		tw_cli_dief("there is no token %s", tw_arg_pos(args, 0));
	if (rc < 0)
		tw_cli_die(&err);
	cli_audit("cli_tokens_revoke", tw_arg_pos(args, 0));
	printf("Token %s revoked\n", tw_arg_pos(args, 0));
	return 0;
}

static const struct tw_opt create_opts[] = {
	{"username", 'u', TW_OPT_STR, "whose it is: it may what they may", NULL, NULL, NULL},
	{"days", 'd', TW_OPT_INT, "how long it counts", NULL, "90", NULL},
	{0},
};
static const struct tw_opt output_opts[] = {TW_OPT_OUTPUT, {0}};

const struct tw_verb tw_tokens_verbs[] = {
	{"tokens", "create", "Make a token for a program and print it, this once.", "name", create_opts, cmd_create, false},
	{"tokens", "list", "List the tokens that have a name.", NULL, output_opts, cmd_list, false},
	{"tokens", "revoke", "Let a token count no more.", "id", NULL, cmd_revoke, false},
	{0},
};
