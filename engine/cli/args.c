#include "cli/args.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#define PROGRAM "tradewind"

static const struct tw_opt help_opt = {"help", 'h',  TW_OPT_FLAG, "show this help",
				       NULL,   NULL, NULL};
/* 2.x took the DAG folder on most of its commands; it is known here. */
static const struct tw_opt subdir_opt = {"subdir", 'S',	 TW_OPT_STR, "accepted (2.x)",
					 NULL,	   NULL, NULL};
static const struct tw_opt verbose_opt = {"verbose", 'v',  TW_OPT_FLAG, "say more",
					  NULL,	     NULL, NULL};

static void print_option(FILE *to, const struct tw_opt *o)
{
	char left[80], metavar[40] = "";

	if (o->kind != TW_OPT_FLAG) {
		size_t n = 0;

		metavar[n++] = ' ';
		for (const char *p = o->name; *p && n < sizeof metavar - 1; p++)
			metavar[n++] = *p == '-' ? '_' : (char)toupper((unsigned char)*p);
		metavar[n] = '\0';
	}
	if (o->letter)
		snprintf(left, sizeof left, "-%c, --%s%s", o->letter, o->name, metavar);
	else
		snprintf(left, sizeof left, "--%s%s", o->name, metavar);
	fprintf(to, "  %-34s %s", left, o->help);
	if (o->choices)
		fprintf(to, " (%s)", o->choices);
	if (o->dflt)
		fprintf(to, " [%s]", o->dflt);
	fputc('\n', to);
}

void tw_usage_verb(const struct tw_verb *verb, bool to_stderr)
{
	FILE *to = to_stderr ? stderr : stdout;

	fprintf(to, "usage: " PROGRAM " %s%s%s [options]%s%s\n", verb->group ? verb->group : "",
		verb->group ? " " : "", verb->name, verb->positionals ? " " : "",
		verb->positionals ? verb->positionals : "");
	if (to_stderr)
		return;
	fprintf(to, "\n%s\n\noptions:\n", verb->help);
	print_option(to, &help_opt);
	for (const struct tw_opt *o = verb->opts; o && o->name; o++)
		print_option(to, o);
	print_option(to, &verbose_opt);
}

int tw_usage_error(const struct tw_verb *verb, const char *fmt, ...)
{
	va_list ap;

	tw_usage_verb(verb, true);
	fprintf(stderr, PROGRAM " %s%s%s: error: ", verb->group ? verb->group : "",
		verb->group ? " " : "", verb->name);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return 2;
}

static bool name_is(const struct tw_opt *o, const char *name, size_t n)
{
	return (strlen(o->name) == n && memcmp(o->name, name, n) == 0) ||
	       (o->alias && strlen(o->alias) == n && memcmp(o->alias, name, n) == 0);
}

static const struct tw_opt *find_long(const struct tw_verb *verb, const char *name, size_t n)
{
	for (const struct tw_opt *o = verb->opts; o && o->name; o++)
		if (name_is(o, name, n))
			return o;
	if (name_is(&help_opt, name, n))
		return &help_opt;
	if (name_is(&subdir_opt, name, n))
		return &subdir_opt;
	return name_is(&verbose_opt, name, n) ? &verbose_opt : NULL;
}

static const struct tw_opt *find_letter(const struct tw_verb *verb, char letter)
{
	for (const struct tw_opt *o = verb->opts; o && o->name; o++)
		if (o->letter == letter)
			return o;
	if (letter == 'h')
		return &help_opt;
	if (letter == 'S')
		return &subdir_opt;
	return letter == 'v' ? &verbose_opt : NULL;
}

static bool is_choice(const char *choices, const char *value)
{
	struct tw_str rest = tw_str(choices);

	while (rest.p)
		if (tw_str_is(tw_str_cut(rest, '|', &rest), value))
			return true;
	return false;
}

static int take_value(struct tw_args *args, const struct tw_opt *o, const char *value)
{
	int64_t n;

	if (o->kind == TW_OPT_INT && !tw_str_to_int(tw_str(value), &n))
		return tw_usage_error(args->verb, "argument --%s: invalid int value: '%s'", o->name,
				      value);
	if (o->choices && !is_choice(o->choices, value))
		return tw_usage_error(args->verb,
				      "argument --%s: invalid choice: '%s' (choose from %s)",
				      o->name, value, o->choices);
	tw_vec_push(&args->values, ((struct tw_arg_value){o, value}));
	return -1;
}

/* One option at *argv, with its value behind it or glued on. Moves *argv to the last word used. */
static int take_option(struct tw_args *args, char ***argv)
{
	char *word = **argv, *value = NULL;
	const struct tw_opt *o;

	if (word[1] == '-') {
		char *eq = strchr(word, '=');

		o = find_long(args->verb, word + 2,
			      eq ? (size_t)(eq - word - 2) : strlen(word + 2));
		value = eq ? eq + 1 : NULL;
	} else {
		o = find_letter(args->verb, word[1]);
		value = word[2] ? word + 2 : NULL;
	}
	if (!o)
		return tw_usage_error(args->verb, "unrecognized arguments: %s", word);
	if (o->kind == TW_OPT_FLAG) {
		if (value && word[1] != '-') { /* -yv: the next letter is another switch */
			tw_vec_push(&args->values, ((struct tw_arg_value){o, ""}));
			word[1] = '-';
			memmove(word + 1, word + 2, strlen(word + 2) + 1);
			return take_option(args, argv);
		}
		if (value)
			return tw_usage_error(args->verb, "argument --%s: takes no value", o->name);
		return take_value(args, o, "");
	}
	if (!value) {
		value = (*argv)[1];
		if (!value)
			return tw_usage_error(args->verb, "argument --%s: expected one argument",
					      o->name);
		(*argv)++;
	}
	if (o->kind != TW_OPT_MANY)
		return take_value(args, o, value);
	take_value(args, o, value);
	while ((*argv)[1] && (*argv)[1][0] != '-')
		take_value(args, o, *++*argv);
	return -1;
}

/* How many positionals the verb needs and takes. */
static void count_positionals(const char *spec, size_t *ret_min, size_t *ret_max)
{
	struct tw_str rest = tw_str(spec ? spec : "");

	*ret_min = *ret_max = 0;
	while (rest.p) {
		struct tw_str word = tw_str_trim(tw_str_cut(rest, ' ', &rest));

		if (!word.n)
			continue;
		if (word.p[0] != '[')
			++*ret_min;
		if (tw_str_find(word, TW_STR("..."), 0) >= 0)
			*ret_max = SIZE_MAX;
		else if (*ret_max != SIZE_MAX)
			++*ret_max;
	}
}

static int check_positionals(const struct tw_args *args)
{
	size_t min, max, i = 0;
	struct tw_str rest = tw_str(args->verb->positionals ? args->verb->positionals : "");

	count_positionals(args->verb->positionals, &min, &max);
	if (args->pos.n > max)
		return tw_usage_error(args->verb, "unrecognized arguments: %s", args->pos.v[max]);
	if (args->pos.n >= min)
		return -1;
	while (rest.p) {
		struct tw_str word = tw_str_cut(rest, ' ', &rest);

		if (i++ == args->pos.n)
			return tw_usage_error(args->verb,
					      "the following arguments are required: " TW_STR_FMT,
					      TW_STR_ARG(word));
	}
	return -1;
}

int tw_args_parse(struct tw_args *ret_args, const struct tw_verb *verb, char **argv)
{
	bool only_positionals = false;

	*ret_args = (struct tw_args){.verb = verb};
	if (verb->raw) {
		ret_args->raw = argv;
		return -1;
	}
	for (; *argv; argv++) {
		char *word = *argv;
		bool is_option = !only_positionals && word[0] == '-' && word[1] &&
				 !isdigit((unsigned char)word[1]);
		int status;

		if (is_option && strcmp(word, "--") == 0) {
			only_positionals = true;
			continue;
		}
		if (!is_option) {
			tw_vec_push(&ret_args->pos, word);
			continue;
		}
		status = take_option(ret_args, &argv);
		if (status >= 0)
			return status;
		if (ret_args->values.v[ret_args->values.n - 1].opt == &help_opt) {
			tw_usage_verb(verb, false);
			return 0;
		}
	}
	return check_positionals(ret_args);
}

void tw_args_release(struct tw_args *args)
{
	tw_vec_release(&args->values);
	tw_vec_release(&args->pos);
}

static const struct tw_arg_value *last_value(const struct tw_args *a, const char *name)
{
	for (size_t i = a->values.n; i-- > 0;)
		if (strcmp(a->values.v[i].opt->name, name) == 0)
			return &a->values.v[i];
	return NULL;
}

bool tw_arg_flag(const struct tw_args *a, const char *name)
{
	return last_value(a, name) != NULL;
}

const char *tw_arg(const struct tw_args *a, const char *name)
{
	const struct tw_arg_value *v = last_value(a, name);

	if (v)
		return v->value;
	for (const struct tw_opt *o = a->verb->opts; o && o->name; o++)
		if (strcmp(o->name, name) == 0)
			return o->dflt;
	return NULL;
}

int64_t tw_arg_int(const struct tw_args *a, const char *name, int64_t dflt)
{
	const char *text = tw_arg(a, name);
	int64_t n;

	return text && tw_str_to_int(tw_str(text), &n) ? n : dflt;
}

size_t tw_arg_all(const struct tw_args *a, const char *name, const char **ret_v, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < a->values.n && n < max; i++)
		if (strcmp(a->values.v[i].opt->name, name) == 0)
			ret_v[n++] = a->values.v[i].value;
	return n;
}

const char *tw_arg_pos(const struct tw_args *a, size_t i)
{
	return i < a->pos.n ? a->pos.v[i] : NULL;
}
