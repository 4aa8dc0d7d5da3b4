#include "cli/signin.h"

#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

#include "api/auth/ldap.h"
#include "api/auth/login.h"
#include "api/auth/oauth.h"
#include "base/log.h"
#include "cli/context.h"
#include "daemon/pyask.h"
#include "io/file.h"
#include "value/json.h"

/* What webserver_config.py has defined; null: it is not there, or not to be read. */
static struct tw_value file;
static const char *python_file; /* it says who somebody is; NULL: the rules do */

/* ── one option ───────────────────────────────────────────────────────────────────────── */

static const char *as_text(struct tw_value v)
{
	struct tw_buf out TW_AUTO(tw_buf_release) = {0};
	struct tw_arena *a = &tw_cli()->arena;

	switch (v.kind) {
	case TW_V_NULL:
		return "";
	case TW_V_BOOL:
		return v.b ? "True" : "False";
	case TW_V_STR:
		return tw_arena_strndup(a, v.s.p, v.s.n);
	default:
		tw_json_write(&out, v, TW_JSON_COMPACT);
		return tw_arena_strdup(a, tw_buf_cstr(&out));
	}
}

/* [fab] where somebody has set it, else the file's (in capitals), else the default. */
static const char *setting(const char *option)
{
	const struct tw_config_entry *e = tw_config_find(tw_cli()->config, "fab", option);
	char *upper = tw_arena_strdup(&tw_cli()->arena, option);
	const struct tw_value *v;

	TW_ASSERT(e);
	for (char *p = upper; *p; p++)
		*p = (char)toupper((unsigned char)*p);
	v = tw_map_findc(file, upper);
	return e->source == TW_CONFIG_DEFAULT && v ? as_text(*v) : e->value;
}

static bool flag(const char *option)
{
	const char *text = setting(option);

	return strcasecmp(text, "true") == 0 || strcasecmp(text, "t") == 0 || strcmp(text, "1") == 0;
}

/* ── a directory ──────────────────────────────────────────────────────────────────────── */

static const struct tw_ldap_sign_in *ldap_sign_in(void)
{
	struct tw_ldap_sign_in *o = tw_arena_new(&tw_cli()->arena, struct tw_ldap_sign_in);

	*o = (struct tw_ldap_sign_in){
		.server = setting("auth_ldap_server"),
		.bind_user = setting("auth_ldap_bind_user"),
		.bind_password = setting("auth_ldap_bind_password"),
		.search = setting("auth_ldap_search"),
		.search_filter = setting("auth_ldap_search_filter"),
		.append_domain = setting("auth_ldap_append_domain"),
		.username_format = setting("auth_ldap_username_format"),
		.ca_file = setting("auth_ldap_tls_cacertfile"),
		.ca_dir = setting("auth_ldap_tls_cacertdir"),
		.cert_file = setting("auth_ldap_tls_certfile"),
		.key_file = setting("auth_ldap_tls_keyfile"),
		.uid_field = setting("auth_ldap_uid_field"),
		.firstname_field = setting("auth_ldap_firstname_field"),
		.lastname_field = setting("auth_ldap_lastname_field"),
		.email_field = setting("auth_ldap_email_field"),
		.group_field = setting("auth_ldap_group_field"),
		.start_tls = flag("auth_ldap_use_tls"),
		/* FAB's two words for it: which certificates are taken. */
		.allow_self_signed = flag("auth_ldap_allow_self_signed") && !flag("auth_ldap_tls_demand"),
		.nested_groups = flag("auth_ldap_use_nested_groups_for_roles"),
	};
	if (o->start_tls && strncmp(o->server, "ldaps://", 8) == 0)
		tw_cli_dief("[fab] auth_ldap_use_tls is StartTLS, which begins at ldap://; '%s' is encrypted from the start: turn it off",
			    o->server);
	if (strncmp(o->server, "ldap://", 7) != 0 && strncmp(o->server, "ldaps://", 8) != 0)
		tw_cli_dief("[fab] auth_ldap_server: it must be ldap://host or ldaps://host, not '%s'", o->server);
	return o;
}

/* ── providers ────────────────────────────────────────────────────────────────────────── */

static const struct tw_oauth_opts *oauth_sign_in(void)
{
	struct tw_oauth_opts *o = tw_arena_new(&tw_cli()->arena, struct tw_oauth_opts);

	*o = (struct tw_oauth_opts){
		.providers = setting("oauth_providers"),
		.client_secret = setting("oauth_client_secret"),
		.role_keys = setting("auth_oauth_role_keys"),
		.python_file = python_file,
		.old_paths = tw_config_compat(tw_cli()->config) < 3,
	};
	if (!*o->providers)
		tw_cli_dief("[fab] auth_type is AUTH_OAUTH, and there are no providers: set OAUTH_PROVIDERS in webserver_config.py, "
			    "or [fab] oauth_providers");
	return o;
}

/* ── a proxy ────────────────────────────────────────────────────────────────────────────── */

/* "HTTP_X_REMOTE_USER", as WSGI calls the header X-Remote-User. */
static void remote_user(struct tw_apiserver_options *o)
{
	const char *variable = setting("auth_remote_user_env_var");
	char *header;

	o->remote_from = setting("auth_remote_user_from");
	if (strncmp(variable, "HTTP_", 5) != 0 || !variable[5])
		tw_cli_dief("[fab] auth_type is AUTH_REMOTE_USER, and auth_remote_user_env_var is '%s': name the header in which your "
			    "proxy names the user, as HTTP_X_REMOTE_USER for X-Remote-User",
			    variable);
	if (!tw_proxies_ok(o->remote_from))
		tw_cli_dief("[fab] auth_remote_user_from must list your proxies' addresses (10.0.0.5, 10.1.0.0/16), from where the header "
			    "is believed, not '%s'",
			    o->remote_from);
	header = tw_arena_strdup(&tw_cli()->arena, variable + 5);
	for (char *p = header; *p; p++)
		*p = *p == '_' ? '-' : *p;
	o->remote_header = header;
}

/* ── webserver_config.py ──────────────────────────────────────────────────────────────── */

static const char *words(struct tw_value list)
{
	struct tw_buf out TW_AUTO(tw_buf_release) = {0};

	for (size_t i = 0; i < tw_value_len(list); i++)
		tw_buf_printf(&out, "%s" TW_STR_FMT, i ? ", " : "", TW_STR_ARG(list.list->v[i].s));
	return tw_arena_strdup(&tw_cli()->arena, tw_buf_cstr(&out));
}

/* A security manager may say who somebody is; one that decides more than that is refused, not left out. */
static void judge_manager(const char *path, struct tw_value answer)
{
	struct tw_value refused = tw_map_value(answer, "refused");
	const char *manager = as_text(tw_map_value(answer, "manager"));

	if (tw_value_len(refused))
		tw_cli_dief("%s: the security manager %s has a %s of its own, and FAB is not here to run it: of such a class only "
			    "get_oauth_user_info() is asked. Take it out of the class, or set [fab] config_file to nothing and "
			    "say in [fab] what the file says",
			    path, manager, words(refused));
	if (tw_map_bool(answer, "asks", false))
		python_file = path;
	else if (*manager)
		tw_warn("%s: the security manager %s has no effect: it says nothing that is asked here", path, manager);
	if (tw_map_findc(file, "AUTH_USER_REGISTRATION_ROLE_JMESPATH") &&
	    tw_map_value(file, "AUTH_USER_REGISTRATION_ROLE_JMESPATH").kind != TW_V_NULL)
		python_file = path;
}

/* What it says that nobody here listens to. */
static void tell_unheard(const char *path, struct tw_value answer)
{
	struct tw_value told = tw_map_value(answer, "told");

	for (size_t i = 0; i < tw_value_len(told); i++)
		tw_warn("%s: " TW_STR_FMT, path, TW_STR_ARG(told.list->v[i].s));
	for (size_t i = 0; file.kind == TW_V_MAP && i < file.map->n; i++) {
		char *option = tw_arena_strndup(&tw_cli()->arena, file.map->v[i].key.s.p, file.map->v[i].key.s.n);

		for (char *p = option; *p; p++)
			*p = (char)tolower((unsigned char)*p);
		if (!tw_config_find(tw_cli()->config, "fab", option) && strcmp(option, "auth_role_admin") != 0 &&
		    strcmp(option, "auth_user_registration_role_jmespath") != 0 &&
		    file.map->v[i].value.kind != TW_V_NULL)
			tw_warn("%s: " TW_STR_FMT " has no effect", path, TW_STR_ARG(file.map->v[i].key.s));
	}
}

/* A Python process runs it, once. */
static void read_file(const struct tw_apiserver_options *o)
{
	struct tw_cli *c = tw_cli();
	const char *path = tw_config_get(c->config, "fab", "config_file");
	struct tw_pyask_env env = {
		.paths = &c->paths,
		.dags_folder = o->dags_folder,
		.plugins_folder = o->plugins_folder,
		.zones = &c->zones,
		.timeout_s = 60,
	};
	struct tw_buf question TW_AUTO(tw_buf_release) = {0};
	struct tw_jw w = {.out = &question};
	struct tw_value answer;
	struct tw_err err = {0};

	if (!*path || !tw_file_exists(path))
		return;
	env.store = tw_cli_store();
	tw_jw_obj(&w);
	tw_jw_str_at(&w, "op", TW_STR("webserver_config"));
	tw_jw_str_at(&w, "file", tw_str(path));
	tw_jw_end(&w);
	if (tw_pyask_wait(&env, tw_buf_str(&question), &c->arena, &answer, &err) < 0)
		tw_cli_dief("%s: %s", path, err.msg);
	file = tw_map_value(answer, "settings");
	judge_manager(path, answer);
	tell_unheard(path, answer);
}

/* ── all of it ────────────────────────────────────────────────────────────────────────── */

/* "5 per 40 second": how often in a row; how long who fails has to wait grows by itself. */
static int sign_in_tries(void)
{
	struct tw_str rest, first = tw_str_cut(tw_str_trim(tw_str(setting("auth_rate_limit"))), ' ', &rest);
	int64_t n;

	if (!flag("auth_rate_limited"))
		return -1;
	return tw_str_to_int(first, &n) && n > 0 && n < 100000 ? (int)n : 0;
}

static void newcomers(struct tw_newcomers *o)
{
	struct tw_err err = {0};

	o->registration = flag("auth_user_registration");
	o->registration_role = setting("auth_user_registration_role");
	o->sync_roles = flag("auth_roles_sync_at_login");
	if (tw_newcomers_mapping(&tw_cli()->arena, setting("auth_roles_mapping"), &o->roles_mapping, &err) < 0)
		tw_cli_die(&err);
}

void cli_sign_in_options(struct tw_apiserver_options *o)
{
	const char *type;

	if (o->fab)
		read_file(o);
	o->sign_in_tries = sign_in_tries();
	if (!o->fab)
		return;
	type = setting("auth_type");
	o->fab_public_role = setting("auth_role_public");
	newcomers(&o->newcomers);
	if (strcmp(type, "AUTH_LDAP") == 0)
		o->ldap = ldap_sign_in();
	else if (strcmp(type, "AUTH_OAUTH") == 0)
		o->oauth = oauth_sign_in();
	else if (strcmp(type, "AUTH_REMOTE_USER") == 0)
		remote_user(o);
	else if (*type && strcmp(type, "AUTH_DB") != 0)
		tw_cli_dief("[fab] auth_type: '%s' is not there; it must be AUTH_DB, AUTH_LDAP, AUTH_OAUTH or AUTH_REMOTE_USER", type);
}
