#include "cli/match.h"

#include <regex.h>
#include <stdlib.h>

#include "cli/context.h"
#include "store/dags.h"

static void compile(regex_t *re, const char *pattern)
{
	if (regcomp(re, pattern, REG_EXTENDED | REG_NOSUB))
		tw_cli_dief("'%s' is no regular expression", pattern);
}

static bool matches(const regex_t *re, struct tw_str id)
{
	char *text = tw_str_dup(id);
	bool found = regexec(re, text, 0, NULL, 0) == 0;

	free(text);
	return found;
}

void tw_match_tasks(const char *pattern, const struct tw_dag *dag, tw_bits *set)
{
	regex_t re;

	compile(&re, pattern ? pattern : ".");
	for (int i = 0; i < dag->ntasks; i++)
		if (matches(&re, dag->tasks[i].task_id))
			tw_bit_set(set, i);
	regfree(&re);
}

tw_names tw_match_dags(const char *pattern, bool stale)
{
	struct tw_cond fresh = {.field = "is_stale", .op = TW_OP_EQ, .num = 0};
	struct tw_ask ask = {.conds = &fresh, .nconds = stale ? 0 : 1, .limit = -1};
	struct tw_dag_row *dags;
	struct tw_err err = {0};
	tw_names found = {0};
	int64_t total;
	regex_t re;
	size_t n;

	compile(&re, pattern);
	if (tw_store_dags(tw_cli_store(), &ask, &tw_cli()->arena, &dags, &n, &total, &err) < 0)
		tw_cli_die(&err);
	for (size_t i = 0; i < n; i++)
		if (matches(&re, dags[i].dag_id))
			tw_vec_push(&found, dags[i].dag_id);
	regfree(&re);
	return found;
}
