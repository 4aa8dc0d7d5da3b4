/* `tradewind config …`: what is set, where, and what is wrong with it. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/row.h"

static void print_variable(const struct tw_config_entry *e)
{
	fputs("# Variable: AIRFLOW__", stdout);
	for (const char *p = e->section; *p; p++)
		putchar(toupper((unsigned char)*p));
	fputs("__", stdout);
	for (const char *p = e->option; *p; p++)
		putchar(toupper((unsigned char)*p));
	fputs("\n#\n", stdout);
}

static void print_description(const struct tw_config_entry *e)
{
	struct tw_str rest = tw_str(e->description);

	while (rest.p && rest.n) {
		struct tw_str line = tw_str_cut(rest, '\n', &rest);

		printf("# " TW_STR_FMT "\n", TW_STR_ARG(line));
	}
	fputs("#\n", stdout);
}

static void print_option(const struct tw_args *args, const struct tw_config_entry *e)
{
	bool show = tw_arg_flag(args, "show-values"), defaults = tw_arg_flag(args, "defaults");
	const char *value = defaults ? e->dflt : e->value;

	if (tw_arg_flag(args, "include-descriptions") && e->description)
		print_description(e);
	if (tw_arg_flag(args, "include-sources"))
		printf("# Source: %s\n#\n", e->where);
	if (tw_arg_flag(args, "include-env-vars"))
		print_variable(e);
	if (!show)
		value = "";
	else if (e->sensitive && tw_arg_flag(args, "hide-sensitive"))
		value = "< hidden >";
	printf("%s%s = %s\n",
	       !show || defaults || tw_arg_flag(args, "comment-out-everything") ? "# " : "",
	       e->option, value ? value : "");
}

static int cmd_list(const struct tw_args *args)
{
	const struct tw_config *c = tw_cli()->config;
	const char *section = tw_arg(args, "section"), *last = "";
	bool any = false;

	if (!tw_arg_flag(args, "show-values"))
		fputs("Values are hidden by default. Use `--show-values` to display them.\n",
		      stderr);
	for (size_t i = 0; i < tw_config_count(c); i++) {
		const struct tw_config_entry *e = tw_config_at(c, i);

		if (section && strcmp(section, e->section) != 0)
			continue;
		if (strcmp(last, e->section) != 0)
			printf("%s[%s]\n", any ? "\n" : "", e->section);
		last = e->section;
		any = true;
		print_option(args, e);
	}
	if (!any)
		tw_cli_dief("there is no section [%s]", section ? section : "");
	return 0;
}

static int cmd_get_value(const struct tw_args *args)
{
	const char *section = tw_arg_pos(args, 0), *option = tw_arg_pos(args, 1);
	const struct tw_config_entry *e = tw_config_find(tw_cli()->config, section, option);

	if (!e)
		tw_cli_dief("The option [%s/%s] is not found in config.", section, option);
	puts(e->value ? e->value : "");
	return 0;
}

static bool is_word(char ch)
{
	return isalnum((unsigned char)ch) || ch == '_' || ch == '-';
}

/* Does the warning name one of these, as a whole word? */
static bool names_any(const char *warning, const char *list)
{
	struct tw_str text = tw_str(warning), rest = tw_str(list);

	while (rest.p) {
		struct tw_str word = tw_str_trim(tw_str_cut(rest, ',', &rest));

		for (ptrdiff_t at = word.n ? tw_str_find(text, word, 0) : -1; at >= 0;
		     at = tw_str_find(text, word, (size_t)at + 1)) {
			size_t end = (size_t)at + word.n;

			if ((at == 0 || !is_word(text.p[at - 1])) &&
			    (end == text.n || !is_word(text.p[end])))
				return true;
		}
	}
	return false;
}

static bool lint_wanted(const struct tw_args *args, const char *warning)
{
	const char *section = tw_arg(args, "section"), *option = tw_arg(args, "option");

	if ((section && !names_any(warning, section)) || (option && !names_any(warning, option)))
		return false;
	return !names_any(warning, tw_arg(args, "ignore-section")) &&
	       !names_any(warning, tw_arg(args, "ignore-option"));
}

static int cmd_lint(const struct tw_args *args)
{
	const struct tw_config *c = tw_cli()->config;
	size_t n = 0;

	for (size_t i = 0; i < tw_config_nwarnings(c); i++) {
		if (!lint_wanted(args, tw_config_warning(c, i)))
			continue;
		if (!n++)
			puts("Found issues in your configuration:");
		printf("  - %s\n", tw_config_warning(c, i));
	}
	if (!n)
		puts("No issues found in your configuration.");
	return 0;
}

static const struct tw_opt list_opts[] = {
	{"section", 0, TW_OPT_STR, "only this section", NULL, NULL, NULL},
	{"show-values", 0, TW_OPT_FLAG, "with the values", NULL, NULL, NULL},
	{"hide-sensitive", 0, TW_OPT_FLAG, "mask secrets", NULL, NULL, NULL},
	{"defaults", 'a', TW_OPT_FLAG, "the default values instead of those in force", NULL, NULL,
	 NULL},
	{"include-descriptions", 'd', TW_OPT_FLAG, "with what each is for", NULL, NULL, NULL},
	{"include-sources", 's', TW_OPT_FLAG, "with where each was set", NULL, NULL, NULL},
	{"include-env-vars", 'V', TW_OPT_FLAG, "with the environment variable that sets it", NULL,
	 NULL, NULL},
	{"include-examples", 'e', TW_OPT_FLAG, "accepted", NULL, NULL, NULL},
	{"exclude-providers", 'p', TW_OPT_FLAG, "accepted", NULL, NULL, NULL},
	{"comment-out-everything", 'c', TW_OPT_FLAG, "every line as a comment", NULL, NULL, NULL},
	{"color", 0, TW_OPT_STR, "accepted", "off|on|auto", NULL, NULL},
	{0},
};
static const struct tw_opt lint_opts[] = {
	{"section", 0, TW_OPT_STR, "only these sections, separated by commas", NULL, NULL, NULL},
	{"option", 0, TW_OPT_STR, "only these options, separated by commas", NULL, NULL, NULL},
	{"ignore-section", 0, TW_OPT_STR, "not these sections", NULL, NULL, NULL},
	{"ignore-option", 0, TW_OPT_STR, "not these options", NULL, NULL, NULL},
	{0},
};

const struct tw_verb tw_config_verbs[] = {
	{"config", "list", "List the configuration as a file.", NULL, list_opts, cmd_list, false},
	{"config", "get-value", "Print an option's value.", "section option", NULL, cmd_get_value,
	 false},
	{"config", "lint", "Say which options are unknown or deprecated.", NULL, lint_opts,
	 cmd_lint, false},
	{0},
};
