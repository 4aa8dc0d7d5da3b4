/* `tradewind variables …` and `tradewind connections …` */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/conn_uri.h"
#include "cli/python.h"
#include "cli/row.h"
#include "io/file.h"
#include "model/dag.h"
#include "runner/masker.h"
#include "store/vault.h"
#include "value/json.h"

#define FILE_LIMIT (64u << 20)

/* ── variables ────────────────────────────────────────────────────────────────────────── */

static struct tw_variable_row *all_variables(size_t *ret_n)
{
	const char *order[] = {"key"};
	struct tw_ask ask = {.order_by = order, .norder = 1, .limit = -1};
	struct tw_variable_row *v;
	struct tw_err err = {0};
	int64_t total;

	if (tw_store_variables(tw_cli_store(), &ask, &tw_cli()->arena, &v, ret_n, &total, &err) < 0)
		tw_cli_die(&err);
	return v;
}

static int var_list(const struct tw_args *args)
{
	struct tw_value rows = tw_v_list(&tw_cli()->arena);
	size_t n;
	struct tw_variable_row *v = all_variables(&n);

	for (size_t i = 0; i < n; i++) {
		struct tw_value row = row_new(rows);

		row_str(row, "key", v[i].key);
		if (tw_arg_flag(args, "show-values"))
			row_str(row, "val",
				tw_arg_flag(args, "hide-sensitive") &&
						tw_config_is_sensitive_name(tw_cli()->config,
									    v[i].key)
					? TW_STR("***")
					: v[i].value);
	}
	tw_output_rows(args, rows);
	return 0;
}

static int var_get(const struct tw_args *args)
{
	struct tw_variable_row v;
	struct tw_err err = {0};
	const char *dflt = tw_arg(args, "default");
	enum tw_rc rc = tw_store_variable(tw_cli_store(), tw_str(tw_arg_pos(args, 0)),
					  &tw_cli()->arena, &v, &err);
	struct tw_value parsed;

	if (rc == TW_ERR_NOT_FOUND) {
		if (!dflt)
			tw_cli_dief("Variable %s does not exist", tw_arg_pos(args, 0));
		v.value = tw_str(dflt);
	} else if (rc < 0) {
		tw_cli_die(&err);
	}
	if (tw_arg_flag(args, "json") &&
	    tw_json_parse(&tw_cli()->arena, v.value, &parsed, &err) < 0)
		tw_cli_dief("Variable %s is no JSON: %s", tw_arg_pos(args, 0), err.msg);
	printf(TW_STR_FMT "\n", TW_STR_ARG(v.value));
	return 0;
}

static void put_variable(struct tw_str key, struct tw_str value, struct tw_str description)
{
	struct tw_variable_row v = {.key = key, .value = value, .description = description};
	struct tw_err err = {0};

	if (tw_store_variable_put(tw_cli_store(), &v, TW_PUT_UPSERT, &err) < 0)
		tw_cli_die(&err);
}

#define VARIABLE_KEY_MAX 250

static int var_set(const struct tw_args *args)
{
	struct tw_str value = tw_str(tw_arg_pos(args, 1));
	size_t n = strlen(tw_arg_pos(args, 0));
	char *json = NULL;

	if (!n || n > VARIABLE_KEY_MAX)
		tw_cli_dief("a Variable's key has 1 to %d bytes, this one %zu", VARIABLE_KEY_MAX, n);
	if (tw_arg_flag(args, "json")) {
		json = tw_json_dump(tw_v_str(value), TW_JSON_PYTHON);
		value = tw_str(json);
	}
	put_variable(tw_str(tw_arg_pos(args, 0)), value, tw_str(tw_arg(args, "description")));
	free(json);
	printf("Variable %s created\n", tw_arg_pos(args, 0));
	return 0;
}

static int var_delete(const struct tw_args *args)
{
	struct tw_err err = {0};

	if (tw_store_variable_delete(tw_cli_store(), tw_str(tw_arg_pos(args, 0)), &err) < 0)
		tw_cli_die(&err);
	printf("Variable %s deleted\n", tw_arg_pos(args, 0));
	return 0;
}

static int var_export(const struct tw_args *args)
{
	struct tw_value out = tw_v_map(&tw_cli()->arena), parsed;
	size_t n;
	struct tw_variable_row *v = all_variables(&n);

	for (size_t i = 0; i < n; i++)
		tw_map_put(&tw_cli()->arena, out, v[i].key,
			   tw_json_parse(&tw_cli()->arena, v[i].value, &parsed, NULL) == TW_OK
				   ? parsed
				   : tw_v_str(v[i].value));
	cli_write_file(tw_arg_pos(args, 0), out, NULL);
	fprintf(stderr, "%zu variables successfully exported to %s\n", n, tw_arg_pos(args, 0));
	return 0;
}

static int var_import(const struct tw_args *args)
{
	struct tw_value v = cli_read_file(tw_arg_pos(args, 0));
	const char *how = tw_arg(args, "action-on-existing-key");
	size_t done = 0, skipped = 0;

	for (size_t i = 0; i < v.map->n; i++) {
		struct tw_variable_row old;
		struct tw_pair *p = &v.map->v[i];
		char *json =
			p->value.kind == TW_V_STR ? NULL : tw_json_dump(p->value, TW_JSON_PYTHON);
		bool exists = strcmp(how, "overwrite") != 0 &&
			      tw_store_variable(tw_cli_store(), p->key.s, &tw_cli()->arena, &old,
						NULL) == TW_OK;

		if (exists && strcmp(how, "fail") == 0)
			tw_cli_dief("Variable " TW_STR_FMT
				    " is there already; nothing after it was imported",
				    TW_STR_ARG(p->key.s));
		if (exists) {
			skipped++;
		} else {
			put_variable(p->key.s, json ? tw_str(json) : p->value.s,
				     (struct tw_str){0});
			done++;
		}
		free(json);
	}
	printf("%zu of %zu variables successfully updated.\n", done, v.map->n);
	if (skipped)
		printf("%zu were there already and skipped.\n", skipped);
	return 0;
}

/* ── connections ──────────────────────────────────────────────────────────────────────── */

static struct tw_connection_row *all_connections(size_t *ret_n)
{
	const char *order[] = {"conn_id"};
	struct tw_ask ask = {.order_by = order, .norder = 1, .limit = -1};
	struct tw_connection_row *v;
	struct tw_err err = {0};
	int64_t total;

	if (tw_store_connections(tw_cli_store(), &ask, &tw_cli()->arena, &v, ret_n, &total, &err) <
	    0)
		tw_cli_die(&err);
	return v;
}

static void row_port(struct tw_value row, int64_t port)
{
	if (port)
		row_int(row, "port", port);
	else
		row_cstr(row, "port", NULL);
}

/* All of it, as `get` and `list --show-values` print it. */
static void conn_row(struct tw_value rows, const struct tw_connection_row *c, bool hide)
{
	struct tw_value row = row_new(rows);
	struct tw_buf uri = {0};

	row_int(row, "id", c->id);
	row_str(row, "conn_id", c->conn_id);
	row_str(row, "conn_type", c->conn_type);
	row_str(row, "description", c->description);
	row_str(row, "host", c->host);
	row_str(row, "schema", c->schema);
	row_str(row, "login", c->login);
	row_str(row, "password", hide && c->password.n ? TW_STR("***") : c->password);
	row_port(row, c->port);
	row_bool(row, "is_encrypted", c->is_encrypted);
	row_bool(row, "is_extra_encrypted", c->is_extra_encrypted);
	if (hide && c->extra.n)
		row_cstr(row, "extra_dejson", "***");
	else
		row_json(row, "extra_dejson", c->extra.n ? c->extra : TW_STR("{}"));
	tw_conn_to_uri(c, &uri);
	row_str(row, "get_uri",
		hide ? TW_STR("***") : tw_str_copy(&tw_cli()->arena, tw_buf_str(&uri)));
	tw_buf_release(&uri);
}

static int conn_list(const struct tw_args *args)
{
	const char *only = tw_arg(args, "conn-id");
	struct tw_value rows = tw_v_list(&tw_cli()->arena);
	size_t n;
	struct tw_connection_row *v = all_connections(&n);

	for (size_t i = 0; i < n; i++) {
		struct tw_value row;

		if (only && !tw_str_eq(v[i].conn_id, tw_str(only)))
			continue;
		if (tw_arg_flag(args, "show-values")) {
			conn_row(rows, &v[i], tw_arg_flag(args, "hide-sensitive"));
			continue;
		}
		row = row_new(rows);
		row_str(row, "conn_id", v[i].conn_id);
		row_str(row, "conn_type", v[i].conn_type);
	}
	tw_output_rows(args, rows);
	return 0;
}

static int conn_get(const struct tw_args *args)
{
	struct tw_arena *a = &tw_cli()->arena;
	struct tw_value rows = tw_v_list(a);
	struct tw_connection_row c;
	struct tw_err err = {0};
	enum tw_rc rc =
		tw_store_connection(tw_cli_store(), tw_str(tw_arg_pos(args, 0)), a, &c, &err);

	if (rc == TW_ERR_NOT_FOUND)
		tw_cli_dief("Connection %s not found.", tw_arg_pos(args, 0));
	if (rc < 0)
		tw_cli_die(&err);
	conn_row(rows, &c, false);
	tw_output_rows(args, rows);
	return 0;
}

/* The hook of the connection's type tries it, in Python: given by its variable, as secrets are kept off command lines. */
static int conn_test(const struct tw_args *args)
{
	struct tw_cli *c = tw_cli();
	const char *id = tw_arg_pos(args, 0);
	struct tw_buf name = {0}, uri = {0};
	struct tw_connection_row row;
	struct tw_err err = {0};

	if (strcasecmp(tw_config_get(c->config, "core", "test_connection"), "enabled") != 0)
		tw_cli_dief("Testing connections is disabled; [core] test_connection = Enabled allows it.");
	if (tw_store_connection(tw_cli_store(), tw_str(id), &c->arena, &row, &err) == TW_OK) {
		tw_conn_to_uri(&row, &uri);
		tw_buf_adds(&name, "AIRFLOW_CONN_");
		for (const char *p = id; *p; p++)
			tw_buf_addc(&name, (char)toupper((unsigned char)*p));
		setenv(tw_buf_cstr(&name), tw_buf_cstr(&uri), 0);
	}
	cli_python_exec((const char *const[]){"connections-test", id, NULL});
}

static void from_options(const struct tw_args *args, struct tw_connection_row *c)
{
	c->conn_type = tw_str(tw_arg(args, "conn-type"));
	c->host = tw_str(tw_arg(args, "conn-host"));
	c->login = tw_str(tw_arg(args, "conn-login"));
	c->password = tw_str(tw_arg(args, "conn-password"));
	c->schema = tw_str(tw_arg(args, "conn-schema"));
	c->extra = tw_str(tw_arg(args, "conn-extra"));
	c->port = tw_arg_int(args, "conn-port", 0);
	if (!c->conn_type.n)
		tw_cli_dief("Must supply either conn-uri or conn-json or conn-type");
}

/* Its name and extra are what Airflow would take. Returns the extra as it may be shown: without its secrets. */
static struct tw_str check_new(const struct tw_connection_row *c)
{
	struct tw_arena *a = &tw_cli()->arena;
	struct tw_masker masker = {.min_length = 1};
	struct tw_buf shown = {0};
	struct tw_value extra;
	struct tw_err err = {0};
	struct tw_str text;

	if (tw_id_check("conn_id", c->conn_id, &err) < 0)
		tw_cli_die(&err);
	if (!c->extra.n)
		return TW_STR("{}");
	if (tw_json_parse(a, c->extra, &extra, &err) < 0)
		tw_cli_dief("the extra of connection " TW_STR_FMT " is no JSON: %s", TW_STR_ARG(c->conn_id), err.msg);
	if (extra.kind != TW_V_MAP)
		tw_cli_dief("the extra of connection " TW_STR_FMT " must be a JSON object, such as {\"timeout\": 5}",
			    TW_STR_ARG(c->conn_id));
	tw_masker_add_sensitive(&masker, TW_STR(""), extra);
	tw_masker_mask(&masker, c->extra, true, &shown);
	text = tw_str_copy(a, tw_buf_str(&shown));
	tw_buf_release(&shown);
	tw_masker_release(&masker);
	return text;
}

static int conn_add(const struct tw_args *args)
{
	const char *uri = tw_arg(args, "conn-uri"), *json = tw_arg(args, "conn-json");
	struct tw_connection_row c = {0};
	struct tw_value rows = tw_v_list(&tw_cli()->arena), row;
	struct tw_str extra;
	struct tw_err err = {0};
	enum tw_rc rc;

	if (uri) {
		if (tw_conn_from_uri(&tw_cli()->arena, tw_str(uri), &c, &err) < 0)
			tw_cli_die(&err);
	} else if (json) {
		if (tw_conn_from_json(&tw_cli()->arena, tw_str(json), &c, &err) < 0)
			tw_cli_die(&err);
		if (!c.conn_type.n)
			tw_cli_dief("--conn-json has no \"conn_type\" that is text");
	} else {
		from_options(args, &c);
	}
	c.conn_id = tw_str(tw_arg_pos(args, 0));
	if (tw_arg(args, "conn-description"))
		c.description = tw_str(tw_arg(args, "conn-description"));
	extra = check_new(&c);
	rc = tw_store_connection_put(tw_cli_store(), &c, TW_PUT_INSERT, &err);
	if (rc == TW_ERR_EXISTS)
		tw_cli_dief("A connection with `conn_id`=%s already exists.", tw_arg_pos(args, 0));
	if (rc < 0)
		tw_cli_die(&err);
	printf("Successfully added `conn_id`=%s\n", tw_arg_pos(args, 0));
	row = row_new(rows);
	row_str(row, "conn_id", c.conn_id);
	row_str(row, "conn_type", c.conn_type);
	row_str(row, "host", c.host);
	row_str(row, "login", c.login);
	row_port(row, c.port);
	row_json(row, "extra", extra);
	tw_output_rows(args, rows);
	return 0;
}

static int conn_delete(const struct tw_args *args)
{
	struct tw_err err = {0};
	enum tw_rc rc =
		tw_store_connection_delete(tw_cli_store(), tw_str(tw_arg_pos(args, 0)), &err);

	if (rc == TW_ERR_NOT_FOUND)
		tw_cli_dief("Did not find a connection with `conn_id`=%s", tw_arg_pos(args, 0));
	if (rc < 0)
		tw_cli_die(&err);
	printf("Successfully deleted connection with `conn_id`=%s\n", tw_arg_pos(args, 0));
	return 0;
}

static struct tw_value conn_value(const struct tw_connection_row *c, bool as_uri)
{
	struct tw_arena *a = &tw_cli()->arena;
	struct tw_value v = tw_v_map(a);
	struct tw_buf uri = {0};

	if (as_uri) {
		tw_conn_to_uri(c, &uri);
		v = tw_v_str(tw_str_copy(a, tw_buf_str(&uri)));
		tw_buf_release(&uri);
		return v;
	}
	row_str(v, "conn_type", c->conn_type);
	row_str(v, "description", c->description);
	row_str(v, "login", c->login);
	row_str(v, "password", c->password);
	row_str(v, "host", c->host);
	if (c->port)
		row_int(v, "port", c->port);
	else
		row_str(v, "port", (struct tw_str){0});
	row_str(v, "schema", c->schema);
	row_str(v, "extra", c->extra);
	return v;
}

static void export_env(const struct tw_connection_row *v, size_t n, const char *path)
{
	struct tw_buf out = {0};
	struct tw_err err = {0};

	for (size_t i = 0; i < n; i++) {
		tw_buf_addstr(&out, v[i].conn_id);
		tw_buf_addc(&out, '=');
		tw_conn_to_uri(&v[i], &out);
		tw_buf_addc(&out, '\n');
	}
	if (strcmp(path, "-") == 0)
		fputs(tw_buf_cstr(&out), stdout);
	else if (tw_file_write(path, tw_buf_str(&out), 0600, &err) < 0)
		tw_cli_die(&err);
	tw_buf_release(&out);
}

static int conn_export(const struct tw_args *args)
{
	const char *path = tw_arg_pos(args, 0), *format = tw_arg(args, "file-format"),
		   *serialization = tw_arg(args, "serialization-format");
	struct tw_value out = tw_v_map(&tw_cli()->arena);
	size_t n;
	struct tw_connection_row *v = all_connections(&n);

	if ((format && strcmp(format, "env") == 0) ||
	    (!format && tw_str_ends(tw_str(path), ".env"))) {
		export_env(v, n, path);
	} else {
		for (size_t i = 0; i < n; i++)
			tw_map_put(&tw_cli()->arena, out, v[i].conn_id,
				   conn_value(&v[i],
					      serialization && strcmp(serialization, "uri") == 0));
		cli_write_file(path, out, format);
	}
	fprintf(stderr, "Connections successfully exported to %s.\n", path);
	return 0;
}

/* NAME=URI lines to the shape that JSON files have. */
static struct tw_value read_env_file(const char *path)
{
	struct tw_arena *a = &tw_cli()->arena;
	struct tw_value v = tw_v_map(a);
	struct tw_buf text = {0};
	struct tw_err err = {0};
	struct tw_str rest;

	if (tw_file_read(path, FILE_LIMIT, &text, &err) < 0)
		tw_cli_die(&err);
	rest = tw_str_copy(a, tw_buf_str(&text));
	tw_buf_release(&text);
	while (rest.p) {
		struct tw_str line = tw_str_trim(tw_str_cut(rest, '\n', &rest)), value, name;

		if (!line.n || line.p[0] == '#')
			continue;
		name = tw_str_cut(line, '=', &value);
		tw_map_put(a, v, name, tw_v_str(value.p ? value : TW_STR("")));
	}
	return v;
}

static int conn_import(const struct tw_args *args)
{
	const char *path = tw_arg_pos(args, 0);
	struct tw_value v =
		tw_str_ends(tw_str(path), ".env") ? read_env_file(path) : cli_read_file(path);
	bool overwrite = tw_arg_flag(args, "overwrite");
	struct tw_err err = {0};

	for (size_t i = 0; i < v.map->n; i++) {
		struct tw_pair *p = &v.map->v[i];
		struct tw_connection_row c = {0};
		enum tw_rc rc = p->value.kind == TW_V_STR
					? tw_conn_from_uri(&tw_cli()->arena, p->value.s, &c, &err)
					: tw_conn_from_value(&tw_cli()->arena, p->value, &c, &err);

		if (rc < 0)
			tw_cli_dief("connection " TW_STR_FMT ": %s", TW_STR_ARG(p->key.s), err.msg);
		c.conn_id = p->key.s;
		rc = tw_store_connection_put(tw_cli_store(), &c,
					     overwrite ? TW_PUT_UPSERT : TW_PUT_INSERT, &err);
		if (rc == TW_ERR_EXISTS)
			printf("Could not import connection " TW_STR_FMT
			       ": connection already exists.\n",
			       TW_STR_ARG(p->key.s));
		else if (rc < 0)
			tw_cli_die(&err);
		else
			printf("Imported connection " TW_STR_FMT "\n", TW_STR_ARG(p->key.s));
	}
	return 0;
}

/* ── tables ───────────────────────────────────────────────────────────────────────────── */

#define LIST_OPTIONS                                                                               \
	{"show-values", 0, TW_OPT_FLAG, "with their values", NULL, NULL, NULL},                    \
	{"hide-sensitive", 0, TW_OPT_FLAG, "mask what looks secret", NULL, NULL, NULL},            \
	TW_OPT_OUTPUT
static const struct tw_opt list_opts[] = {LIST_OPTIONS, {0}};
static const struct tw_opt conn_list_opts[] = {
	{"conn-id", 0, TW_OPT_STR, "only this one (2.x)", NULL, NULL, NULL},
	LIST_OPTIONS,
	{0},
};
static const struct tw_opt get_var_opts[] = {
	{"default", 'd', TW_OPT_STR, "printed when there is none", NULL, NULL, NULL},
	{"json", 'j', TW_OPT_FLAG, "it must be JSON", NULL, NULL, NULL},
	{0},
};
static const struct tw_opt set_var_opts[] = {
	{"json", 'j', TW_OPT_FLAG, "store it as a JSON string", NULL, NULL, NULL},
	{"description", 0, TW_OPT_STR, "what it is for", NULL, NULL, NULL},
	{0},
};
static const struct tw_opt import_var_opts[] = {
	{"action-on-existing-key", 'a', TW_OPT_STR, "what to do with those there are",
	 "overwrite|fail|skip", "overwrite", NULL},
	{0},
};
static const struct tw_opt get_opts[] = {TW_OPT_OUTPUT, {0}};
static const struct tw_opt none_opts[] = {{"color", 0, TW_OPT_STR, "accepted", NULL, NULL, NULL},
					  {0}};
static const struct tw_opt add_opts[] = {
	{"conn-uri", 0, TW_OPT_STR, "all of it as a URI", NULL, NULL, NULL},
	{"conn-json", 0, TW_OPT_STR, "all of it as JSON", NULL, NULL, NULL},
	{"conn-type", 0, TW_OPT_STR, "its type", NULL, NULL, NULL},
	{"conn-description", 0, TW_OPT_STR, "what it is for", NULL, NULL, NULL},
	{"conn-host", 0, TW_OPT_STR, "host", NULL, NULL, NULL},
	{"conn-login", 0, TW_OPT_STR, "login", NULL, NULL, NULL},
	{"conn-password", 0, TW_OPT_STR, "password", NULL, NULL, NULL},
	{"conn-schema", 0, TW_OPT_STR, "schema or database", NULL, NULL, NULL},
	{"conn-port", 0, TW_OPT_INT, "port", NULL, NULL, NULL},
	{"conn-extra", 0, TW_OPT_STR, "extra, as JSON", NULL, NULL, NULL},
	{0},
};
static const struct tw_opt export_opts[] = {
	{"file-format", 0, TW_OPT_STR, "of the file", "json|yaml|env", NULL, "format"},
	{"serialization-format", 0, TW_OPT_STR, "of each connection", "json|uri", NULL, NULL},
	{0},
};
static const struct tw_opt import_opts[] = {
	{"overwrite", 0, TW_OPT_FLAG, "replace those there are", NULL, NULL, NULL},
	{0},
};

const struct tw_verb tw_vault_verbs[] = {
	{"variables", "list", "List the Variables.", NULL, list_opts, var_list, false},
	{"variables", "get", "Print a Variable's value.", "key", get_var_opts, var_get, false},
	{"variables", "set", "Set a Variable.", "key value", set_var_opts, var_set, false},
	{"variables", "delete", "Delete a Variable.", "key", none_opts, var_delete, false},
	{"variables", "export",
	 "Write all Variables into a file (JSON or YAML; - for standard output).", "file",
	 none_opts, var_export, false},
	{"variables", "import", "Read Variables from a JSON or YAML file.", "file", import_var_opts,
	 var_import, false},
	{"connections", "list", "List the Connections.", NULL, conn_list_opts, conn_list, false},
	{"connections", "get", "Print a Connection.", "conn_id", get_opts, conn_get, false},
	{"connections", "test", "Try a Connection with its hook.", "conn_id", none_opts, conn_test, false},
	{"connections", "add", "Add a Connection.", "conn_id", add_opts, conn_add, false},
	{"connections", "delete", "Delete a Connection.", "conn_id", none_opts, conn_delete, false},
	{"connections", "export", "Write all Connections into a file (JSON, YAML or env).", "file",
	 export_opts, conn_export, false},
	{"connections", "import", "Read Connections from a file.", "file", import_opts, conn_import,
	 false},
	{0},
};
