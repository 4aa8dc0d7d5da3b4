#include "api/log_match.h"

#include <stdlib.h>

#include "value/json.h"
#include "value/vmap.h"

#define LINE_MAX 65536 /* what comes behind is not looked at by an expression */

static const char *const levels[] = {"", "debug", "info", "warning", "error", "critical"};

static int level_of(struct tw_str name)
{
	for (int i = 1; i < 6; i++)
		if (tw_str_caseeq(name, levels[i]))
			return i;
	return tw_str_caseeq(name, "warn") ? 3 : tw_str_caseeq(name, "fatal") ? 5 : 0;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* Only what is found in a time that grows with the line: no references back, one counted repetition. */
static const char *too_much(struct tw_str re)
{
	int counted = 0;

	for (size_t i = 0; i < re.n; i++) {
		if (re.p[i] == '\\' && i + 1 < re.n) {
			if (re.p[++i] >= '1' && re.p[i] <= '9')
				return "references back (\\1) are not searched for";
		} else if (re.p[i] == '{' && ++counted > 1) {
			return "one counted repetition ({n,m}) is the most";
		}
	}
	return NULL;
}

static enum tw_rc compile(struct tw_log_query *q, struct tw_str text, struct tw_arena *a, struct tw_err *err)
{
	const char *fault = too_much(text);
	char why[120];
	int rc;

	if (fault)
		return tw_err_set(err, TW_ERR_INVALID, "%s", fault);
	rc = regcomp(&q->re, tw_arena_printf(a, TW_STR_FMT, TW_STR_ARG(text)), REG_EXTENDED | REG_ICASE);
	if (rc) {
		regerror(rc, &q->re, why, sizeof why);
		return tw_err_set(err, TW_ERR_INVALID, "it is no regular expression: %s", why);
	}
	q->regex = true;
	return TW_OK;
}

enum tw_rc tw_log_query_init(struct tw_log_query *q, struct tw_str text, bool regex, struct tw_str level, struct tw_arena *a,
			     struct tw_err *err)
{
	char *copy = tw_arena_alloc(a, text.n + 1);

	*q = (struct tw_log_query){.level = level.n ? level_of(level) : 0};
	if (level.n && !q->level)
		return tw_err_set(err, TW_ERR_INVALID, "level is debug, info, warning, error or critical");
	if (text.n > TW_LOG_QUERY_MAX || memchr(text.p ? text.p : "", '\0', text.n))
		return tw_err_set(err, TW_ERR_INVALID, "what is looked for has at most %d bytes", TW_LOG_QUERY_MAX);
	if (regex)
		return compile(q, text, a, err);
	q->quick = true;
	for (size_t i = 0; i < text.n; i++) {
		copy[i] = lower(text.p[i]);
		/* JSON may spell these otherwise than they are. */
		q->quick &= copy[i] >= ' ' && copy[i] < 0x7f && !strchr("\"\\/<>&'", copy[i]);
	}
	q->text = tw_strn(copy, text.n);
	return TW_OK;
}

void tw_log_query_release(struct tw_log_query *q)
{
	if (q->regex)
		regfree(&q->re);
	q->regex = false;
}

static ptrdiff_t find(struct tw_str words, struct tw_str in)
{
	char first, other;

	if (!words.n)
		return 0;
	first = words.p[0];
	other = first >= 'a' && first <= 'z' ? (char)(first - 32) : first;
	for (size_t i = 0; i + words.n <= in.n; i++) {
		size_t k = 1;

		if (in.p[i] != first && in.p[i] != other)
			continue;
		while (k < words.n && lower(in.p[i + k]) == words.p[k])
			k++;
		if (k == words.n)
			return (ptrdiff_t)i;
	}
	return -1;
}

bool tw_log_may_match(const struct tw_log_query *q, struct tw_str raw)
{
	return !q->quick || find(q->text, raw) >= 0;
}

ptrdiff_t tw_log_match(const struct tw_log_query *q, struct tw_str text)
{
	regmatch_t at = {.rm_so = 0, .rm_eo = (regoff_t)(text.n < LINE_MAX ? text.n : LINE_MAX)};

	if (!q->regex)
		return find(q->text, text);
	if (!text.p)
		text = TW_STR("");
	return regexec(&q->re, text.p, 1, &at, REG_STARTEND) == 0 ? at.rm_so : -1;
}

bool tw_log_level_fits(const struct tw_log_query *q, struct tw_str level)
{
	int of = level_of(level);

	return (of ? of : 2) >= q->level;
}

static int64_t newlines(struct tw_str s)
{
	int64_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == '\n';
	return n;
}

struct tw_str tw_log_trim(struct tw_str raw)
{
	while (raw.n && (raw.p[raw.n - 1] == '\r' || raw.p[raw.n - 1] == '\0'))
		raw.n--;
	return raw;
}

struct tw_value tw_log_parse(struct tw_arena *a, struct tw_str raw)
{
	struct tw_value v;

	if (tw_json_parse(a, raw, &v, NULL) < 0 || tw_map_value(v, "event").kind != TW_V_STR)
		return TW_NULL;
	return v;
}

int64_t tw_log_height(struct tw_value line)
{
	struct tw_value event = tw_map_value(line, "event"), faults = tw_map_value(line, "error_detail");
	int64_t n;

	if (line.kind != TW_V_MAP || event.kind != TW_V_STR)
		return 1;
	n = 1 + newlines(event.s);
	for (size_t i = 0; faults.kind == TW_V_LIST && i < faults.list->n; i++)
		n += 1 + (int64_t)tw_value_len(tw_map_value(faults.list->v[i], "frames"));
	return n;
}

/* An exception and where it came from. */
static void rows_of_fault(struct tw_value fault, struct tw_arena *a, tw_log_row_fn *row, void *ctx)
{
	struct tw_value frames = tw_map_value(fault, "frames");
	struct tw_str type = tw_map_str(fault, "exc_type", ""), value = tw_map_str(fault, "exc_value", "");

	row(ctx, tw_str(tw_arena_printf(a, TW_STR_FMT ": " TW_STR_FMT, TW_STR_ARG(type), TW_STR_ARG(value))));
	for (size_t i = 0; frames.kind == TW_V_LIST && i < frames.list->n; i++) {
		struct tw_value f = frames.list->v[i];
		struct tw_str file = tw_map_str(f, "filename", ""), name = tw_map_str(f, "name", "");

		row(ctx, tw_str(tw_arena_printf(a, TW_STR_FMT ":%lld in " TW_STR_FMT, TW_STR_ARG(file),
						(long long)tw_map_int(f, "lineno", 0), TW_STR_ARG(name))));
	}
}

void tw_log_rows(struct tw_value v, struct tw_str raw, struct tw_arena *a, tw_log_row_fn *row, void *ctx)
{
	struct tw_value list = tw_map_value(v, "error_detail");
	struct tw_str rest = v.kind == TW_V_MAP ? tw_map_str(v, "event", "") : raw;

	do
		row(ctx, tw_str_cut(rest, '\n', &rest));
	while (rest.p);
	for (size_t i = 0; list.kind == TW_V_LIST && i < list.list->n; i++)
		rows_of_fault(list.list->v[i], a, row, ctx);
}
