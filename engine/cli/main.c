/* `tradewind`: a table of verbs (Airflow's), and what finds the one that was asked for. */
#include <stdio.h>
#include <string.h>

#include "cli/args.h"
#include "cli/context.h"
#include "cli/doc.h"

static int cmd_help(const struct tw_args *args);

static const struct tw_opt help_opts[] = {
	{"markdown", 0, TW_OPT_FLAG, "the whole reference, as docs/cli.md", NULL, NULL, NULL},
	{0},
};

static const struct tw_verb main_verbs[] = {
	{NULL, "help", "Show the commands.", "[group]", help_opts, cmd_help, false},
	{0},
};

extern const struct tw_verb tw_daemon_verbs[], tw_db_verbs[], tw_dags_verbs[], tw_dags_show_verbs[],
	tw_dags_test_verbs[], tw_dags_clear_verbs[], tw_runs_verbs[], tw_tasks_verbs[],
	tw_tasks_test_verbs[], tw_step_verbs[], tw_vault_verbs[], tw_default_conns_verbs[], tw_pools_verbs[], tw_users_verbs[], tw_roles_verbs[], tw_tokens_verbs[], tw_assets_verbs[],
	tw_config_verbs[], tw_info_verbs[], tw_doc_verbs[], tw_backfill_verbs[],
	tw_dags_backfill_verbs[];

/* A group's verbs stand together, also where two files hold them. */
const struct tw_verb *const tw_verb_tables[] = {
	tw_daemon_verbs,
	tw_dags_verbs,
	tw_dags_show_verbs,
	tw_dags_test_verbs,
	tw_dags_clear_verbs,
	tw_dags_backfill_verbs,
	tw_backfill_verbs,
	tw_runs_verbs,
	tw_tasks_verbs,
	tw_tasks_test_verbs,
	tw_vault_verbs,
	tw_default_conns_verbs,
	tw_pools_verbs,
	tw_users_verbs,
	tw_roles_verbs,
	tw_tokens_verbs,
	tw_assets_verbs,
	tw_db_verbs,
	tw_config_verbs,
	tw_info_verbs,
	tw_doc_verbs,
	tw_step_verbs,
	main_verbs,
	NULL,
};

static const struct tw_verb *find_verb(const char *group, const char *name)
{
	for (const struct tw_verb *const *t = tw_verb_tables; *t; t++)
		for (const struct tw_verb *v = *t; v->name; v++)
			if (strcmp(v->name, name) == 0 && (!group == !v->group) &&
			    (!group || strcmp(group, v->group) == 0))
				return v;
	return NULL;
}

static bool is_group(const char *name)
{
	for (const struct tw_verb *const *t = tw_verb_tables; *t; t++)
		for (const struct tw_verb *v = *t; v->name; v++)
			if (v->group && strcmp(v->group, name) == 0)
				return true;
	return false;
}

/* Groups appear once, where their first verb stands. */
static bool seen_group(const struct tw_verb *upto)
{
	for (const struct tw_verb *const *t = tw_verb_tables; *t; t++)
		for (const struct tw_verb *v = *t; v->name; v++) {
			if (v == upto)
				return false;
			if (v->group && strcmp(v->group, upto->group) == 0)
				return true;
		}
	return false;
}

static void list_commands(FILE *to, const char *group)
{
	fprintf(to, "usage: tradewind %s COMMAND [options]\n\ncommands:\n",
		group ? group : "[GROUP]");
	for (const struct tw_verb *const *t = tw_verb_tables; *t; t++)
		for (const struct tw_verb *v = *t; v->name; v++) {
			if (v->hidden)
				continue;
			if (group && v->group && strcmp(group, v->group) == 0)
				fprintf(to, "  %-28s %s\n", v->name, v->help);
			else if (!group && !v->group)
				fprintf(to, "  %-28s %s\n", v->name, v->help);
			else if (!group && v->group && !seen_group(v))
				fprintf(to, "  %-28s a group of commands; see `tradewind %s -h`\n",
					v->group, v->group);
		}
}

static int cmd_help(const struct tw_args *args)
{
	const char *group = tw_arg_pos(args, 0);

	if (tw_arg_flag(args, "markdown")) {
		tw_doc_markdown(stdout);
		return 0;
	}
	list_commands(stdout, group && is_group(group) ? group : NULL);
	return 0;
}

static bool is_help(const char *word)
{
	return strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0;
}

int main(int argc, char **argv)
{
	const struct tw_verb *verb = NULL;
	const char *group = NULL;
	struct tw_args args;
	int status, i = 1;

	if (argc < 2 || is_help(argv[1])) {
		list_commands(argc < 2 ? stderr : stdout, NULL);
		return argc < 2 ? 2 : 0;
	}
	if (strcmp(argv[1], "--version") == 0) {
		puts(TW_VERSION);
		return 0;
	}
	if (is_group(argv[1])) {
		group = argv[i++];
		if (i == argc || is_help(argv[i])) {
			list_commands(i == argc ? stderr : stdout, group);
			return i == argc ? 2 : 0;
		}
	}
	verb = find_verb(group, argv[i]);
	if (!verb) {
		fprintf(stderr,
			"usage: tradewind %s COMMAND [options]; `tradewind %s%s-h` lists the "
			"commands\n",
			group ? group : "[GROUP]", group ? group : "", group ? " " : "");
		fprintf(stderr, "tradewind: error: no such command: '%s%s%s'\n", group ? group : "",
			group ? " " : "", argv[i]);
		return 2;
	}
	status = tw_args_parse(&args, verb, argv + i + 1);
	if (status < 0)
		status = verb->run(&args);
	tw_args_release(&args);
	tw_cli_release();
	return status;
}
