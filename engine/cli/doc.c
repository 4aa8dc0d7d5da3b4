#include "cli/doc.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "cli/args.h"

#define EACH_VERB(v)                                                                               \
	for (const struct tw_verb *const *t_ = tw_verb_tables; *t_; t_++)                          \
		for (const struct tw_verb *v = *t_; v->name; v++)                                  \
			if (!v->hidden)

/* Are this verb and the one before it of one group? Verbs without a group are one, too. */
static bool same_group(const struct tw_verb *a, const struct tw_verb *b)
{
	return a && !a->group == !b->group && (!a->group || strcmp(a->group, b->group) == 0);
}

static const char *const generations[][2] = {
	{"db init, db upgrade", "db migrate"},
	{"dags list-runs -d DAG", "dags list-runs DAG"},
	{"dags trigger -e DATE, --exec-date DATE", "dags trigger -l DATE"},
	{"dags delete, pause, … -S FOLDER, --subdir FOLDER",
	 "accepted where DAG files are read; else not needed"},
	{"tasks run DAG TASK RUN", "asks the scheduler to run it, and waits for its end; tasks test runs it here"},
	{"tasks list --tree", "dags show"},
	{"providers auth", "providers auth-managers"},
	{"webserver", "api-server"},
};

/* ── the reference ────────────────────────────────────────────────────────────────────── */

static void metavar(FILE *to, const struct tw_opt *o)
{
	if (o->kind == TW_OPT_FLAG)
		return;
	if (o->choices) {
		fputs(" ", to);
		for (const char *p = o->choices; *p; p++)
			fputc(*p, to);
		return;
	}
	fputc(' ', to);
	for (const char *p = o->name; *p; p++)
		fputc(*p == '-' ? '_' : toupper((unsigned char)*p), to);
}

static void markdown_option(FILE *to, const struct tw_opt *o)
{
	fputs("- `", to);
	if (o->letter)
		fprintf(to, "-%c, ", o->letter);
	fprintf(to, "--%s", o->name);
	metavar(to, o);
	fprintf(to, "`: %s", o->help);
	if (o->dflt)
		fprintf(to, " (default: `%s`)", o->dflt);
	if (o->kind == TW_OPT_APPEND)
		fputs("; may be repeated", to);
	if (o->alias)
		fprintf(to, "; also `--%s`", o->alias);
	fputs("\n", to);
}

static void markdown_verb(FILE *to, const struct tw_verb *v)
{
	fprintf(to, "\n### tradewind %s%s%s\n\n%s\n\n```\ntradewind %s%s%s%s%s%s\n```\n",
		v->group ? v->group : "", v->group ? " " : "", v->name, v->help,
		v->group ? v->group : "", v->group ? " " : "", v->name,
		v->opts && v->opts->name ? " [options]" : "", v->positionals ? " " : "",
		v->positionals ? v->positionals : "");
	if (v->opts && v->opts->name)
		fputc('\n', to);
	for (const struct tw_opt *o = v->opts; o && o->name; o++)
		markdown_option(to, o);
}

void tw_doc_markdown(FILE *to)
{
	const struct tw_verb *last = NULL;

	fputs("# The command line\n\n"
	      "Written by `tradewind help --markdown`; `tradewind VERB -h` prints the same for one "
	      "verb.\n\n"
	      "- Every verb takes `-h` and `-v`. Errors go to stderr. Exit status: 0 well, 1 "
	      "failed, 2 the command line is wrong.\n"
	      "- `-o table|json|yaml|plain` chooses how lists are printed. As with Airflow, JSON "
	      "and YAML hold numbers and\n"
	      "  booleans as strings (`\"True\"`, `\"128\"`); null, lists and objects stay what "
	      "they are.\n"
	      "- Times are ISO 8601; without an offset they are in `[core] default_timezone`.\n"
	      "- `TRADEWIND_HOME` (or `AIRFLOW_HOME`) names the home; `TRADEWIND_PYTHON` the "
	      "interpreter of tasks.\n"
	      "- Verbs that change runs (`tasks clear`, `dags trigger`, …) post what is asked for; "
	      "the scheduler does it.\n\n"
	      "## Spellings of Airflow 2.x\n\n| Airflow 2.x | here |\n|---|---|\n",
	      to);
	for (size_t i = 0; i < sizeof generations / sizeof *generations; i++)
		fprintf(to, "| `%s` | %s |\n", generations[i][0], generations[i][1]);
	EACH_VERB(v)
	{
		if (!same_group(last, v))
			fprintf(to, "\n## %s\n", v->group ? v->group : "General");
		last = v;
		markdown_verb(to, v);
	}
}

/* ── the man page ─────────────────────────────────────────────────────────────────────── */

/* Text with what troff would take as its own made harmless. */
static void troff(FILE *to, const char *text)
{
	for (const char *p = text; *p; p++) {
		if (*p == '\\')
			fputs("\\e", to);
		else if (*p == '-')
			fputs("\\-", to);
		else if ((*p == '.' || *p == '\'') && (p == text || p[-1] == '\n'))
			fprintf(to, "\\&%c", *p);
		else
			fputc(*p, to);
	}
}

static void man_option(FILE *to, const struct tw_opt *o)
{
	fputs(".TP\n.B ", to);
	if (o->letter)
		fprintf(to, "\\-%c, ", o->letter);
	fputs("\\-\\-", to);
	troff(to, o->name);
	metavar(to, o);
	fputc('\n', to);
	troff(to, o->help);
	if (o->dflt) {
		fputs(" (default: ", to);
		troff(to, o->dflt);
		fputc(')', to);
	}
	fputc('\n', to);
}

void tw_doc_man(FILE *to)
{
	const struct tw_verb *last = NULL;

	fprintf(to,
		".TH TRADEWIND 1 \"\" \"Tradewind %s\" \"User Commands\"\n.SH NAME\ntradewind \\- "
		"schedule and run workflows\n"
		".SH SYNOPSIS\n.B tradewind\n[\\fIgroup\\fR] \\fIcommand\\fR "
		"[\\fIoptions\\fR]\n.SH DESCRIPTION\n"
		"Tradewind runs the DAG files, and obeys the commands and the configuration, of "
		"Apache Airflow.\n"
		"Exit status: 0 well, 1 failed, 2 the command line is wrong.\n",
		TW_VERSION);
	EACH_VERB(v)
	{
		if (!same_group(last, v))
			fprintf(to, ".SH %s\n", v->group ? v->group : "GENERAL");
		last = v;
		fputs(".SS ", to);
		fprintf(to, "%s%s", v->group ? v->group : "", v->group ? " " : "");
		troff(to, v->name);
		fprintf(to, "%s%s\n", v->positionals ? " " : "",
			v->positionals ? v->positionals : "");
		troff(to, v->help);
		fputc('\n', to);
		for (const struct tw_opt *o = v->opts; o && o->name; o++)
			man_option(to, o);
	}
	fputs(".SH ENVIRONMENT\n.TP\n.B TRADEWIND_HOME, AIRFLOW_HOME\nThe home folder (default: "
	      "~/.tradewind).\n"
	      ".TP\n.B TRADEWIND_PYTHON\nThe interpreter that tasks use.\n"
	      ".TP\n.B TRADEWIND__SECTION__KEY, AIRFLOW__SECTION__KEY\nAn option of the "
	      "configuration.\n",
	      to);
}

static int cmd_man(const struct tw_args *args)
{
	tw_doc_man(stdout);
	return 0;
}

/* ── completion ───────────────────────────────────────────────────────────────────────── */

static bool is_first_of_group(const struct tw_verb *verb)
{
	EACH_VERB(v)
	{
		if (v == verb)
			return true;
		if (same_group(v, verb))
			return false;
	}
	return false;
}

static void first_words(FILE *to, const char *sep)
{
	bool any = false;

	EACH_VERB(v)
	{
		if (v->group && !is_first_of_group(v))
			continue;
		fprintf(to, "%s%s", any ? sep : "", v->group ? v->group : v->name);
		any = true;
	}
}

static void options_of(FILE *to, const struct tw_verb *v)
{
	fputs("-h --help", to);
	for (const struct tw_opt *o = v->opts; o && o->name; o++) {
		if (o->letter)
			fprintf(to, " -%c", o->letter);
		fprintf(to, " --%s", o->name);
	}
}

static void verbs_of(FILE *to, const char *group)
{
	bool any = false;

	EACH_VERB(v)
	if (v->group && strcmp(v->group, group) == 0) {
		fprintf(to, "%s%s", any ? " " : "", v->name);
		any = true;
	}
}

static void bash_choices(FILE *to)
{
	EACH_VERB(v)
	for (const struct tw_opt *o = v->opts; o && o->name; o++) {
		if (!o->choices)
			continue;
		fprintf(to, "\t'%s%s%s:--%s'", v->group ? v->group : "", v->group ? " " : "",
			v->name, o->name);
		if (o->letter)
			fprintf(to, "|'%s%s%s:-%c'", v->group ? v->group : "", v->group ? " " : "",
				v->name, o->letter);
		fputs(") words='", to);
		for (const char *p = o->choices; *p; p++)
			fputc(*p == '|' ? ' ' : *p, to);
		fputs("';;\n", to);
	}
}

static void bash_completion(FILE *to)
{
	fputs("# bash completion for tradewind\n"
	      "_tradewind() {\n"
	      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} verb= "
	      "words=\n"
	      "\tif [ \"$COMP_CWORD\" = 1 ]; then\n\t\twords='",
	      to);
	first_words(to, " ");
	fputs("'\n\t\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\")); return\n\tfi\n\tcase "
	      "${COMP_WORDS[1]} in\n",
	      to);
	EACH_VERB(v)
	if (v->group && is_first_of_group(v)) {
		fprintf(to, "\t%s)\n\t\tif [ \"$COMP_CWORD\" = 2 ]; then\n\t\t\twords='", v->group);
		verbs_of(to, v->group);
		fputs("'\n\t\t\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\")); return\n\t\tfi\n"
		      "\t\tverb=\"${COMP_WORDS[1]} ${COMP_WORDS[2]}\";;\n",
		      to);
	}
	fputs("\t*) verb=${COMP_WORDS[1]};;\n\tesac\n\tcase \"$verb:$prev\" in\n", to);
	bash_choices(to);
	fputs("\tesac\n\tif [ -n \"$words\" ]; then\n\t\tCOMPREPLY=($(compgen -W \"$words\" -- "
	      "\"$cur\")); return\n\tfi\n"
	      "\tcase $cur in -*)\n\t\tcase $verb in\n",
	      to);
	EACH_VERB(v)
	{
		fprintf(to, "\t\t'%s%s%s') words='", v->group ? v->group : "", v->group ? " " : "",
			v->name);
		options_of(to, v);
		fputs("';;\n", to);
	}
	fputs("\t\tesac\n\t\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"));;\n"
	      "\t*) COMPREPLY=($(compgen -f -- \"$cur\"));;\n\tesac\n}\ncomplete -o filenames -F "
	      "_tradewind tradewind\n",
	      to);
}

static void quoted(FILE *to, const char *text)
{
	for (const char *p = text; *p; p++) {
		if (*p == '\'')
			fputs("'\\''", to);
		else
			fputc(*p, to);
	}
}

static void fish_completion(FILE *to)
{
	fputs("# fish completion for tradewind\ncomplete -c tradewind -f\n", to);
	EACH_VERB(v)
	{
		const char *g = v->group ? v->group : v->name;

		if (!v->group || is_first_of_group(v)) {
			fprintf(to, "complete -c tradewind -n __fish_use_subcommand -a %s -d '", g);
			quoted(to, v->group ? "commands" : v->help);
			fputs("'\n", to);
		}
		if (v->group) {
			fprintf(to,
				"complete -c tradewind -n '__fish_seen_subcommand_from %s; and not "
				"__fish_seen_subcommand_from ",
				v->group);
			verbs_of(to, v->group);
			fprintf(to, "' -a %s -d '", v->name);
			quoted(to, v->help);
			fputs("'\n", to);
		}
		for (const struct tw_opt *o = v->opts; o && o->name; o++) {
			fprintf(to, "complete -c tradewind -n '__fish_seen_subcommand_from %s", g);
			if (v->group)
				fprintf(to, "; and __fish_seen_subcommand_from %s", v->name);
			fprintf(to, "' -l %s", o->name);
			if (o->letter)
				fprintf(to, " -s %c", o->letter);
			if (o->choices) {
				fputs(" -x -a '", to);
				for (const char *p = o->choices; *p; p++)
					fputc(*p == '|' ? ' ' : *p, to);
				fputc('\'', to);
			} else if (o->kind != TW_OPT_FLAG) {
				fputs(" -r", to);
			}
			fputs(" -d '", to);
			quoted(to, o->help);
			fputs("'\n", to);
		}
	}
}

static int cmd_completion(const struct tw_args *args)
{
	const char *shell = tw_arg_pos(args, 0);

	if (strcmp(shell, "fish") == 0) {
		fish_completion(stdout);
	} else if (strcmp(shell, "zsh") == 0) {
		puts("#compdef tradewind\nautoload -U +X bashcompinit && bashcompinit");
		bash_completion(stdout);
	} else if (strcmp(shell, "bash") == 0) {
		bash_completion(stdout);
	} else {
		return tw_usage_error(
			args->verb,
			"argument shell: invalid choice: '%s' (choose from bash, zsh, fish)",
			shell);
	}
	return 0;
}

const struct tw_verb tw_doc_verbs[] = {
	{NULL, "completion",
	 "Print the completion for a shell: `eval \"$(tradewind completion bash)\"`.", "shell",
	 NULL, cmd_completion, false},
	{NULL, "man", "Print the manual page: `tradewind man | man -l -`.", NULL, NULL, cmd_man,
	 false},
	{0},
};
