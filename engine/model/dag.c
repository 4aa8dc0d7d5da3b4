/* What is left to a DAG once it is read: references, look-ups, names, the hash. */
#include "model/dag.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <utf8proc.h>

#include "base/utf8.h"
#include "model/params.h"
#include "value/json.h"

static const char *const rule_names[] = {
#define X(id, name) name,
	TW_TRIGGER_RULES(X)
#undef X
};

const char *tw_trigger_rule_name(enum tw_trigger_rule r)
{
	return r < TW_RULE_N ? rule_names[r] : NULL;
}

bool tw_trigger_rule_parse(struct tw_str name, enum tw_trigger_rule *ret)
{
	if (tw_str_is(name, "dummy"))
		name = TW_STR("always");
	else if (tw_str_is(name, "none_failed_or_skipped"))
		name = TW_STR("none_failed_min_one_success");
	for (int i = 0; i < TW_RULE_N; i++)
		if (tw_str_is(name, rule_names[i])) {
			*ret = i;
			return true;
		}
	return false;
}

struct tw_dag *tw_dag_ref(const struct tw_dag *dag)
{
	struct tw_dag *d = (struct tw_dag *)dag;

	if (d)
		__atomic_add_fetch(&d->refs, 1, __ATOMIC_RELAXED);
	return d;
}

void tw_dag_unref(const struct tw_dag *dag)
{
	struct tw_dag *d = (struct tw_dag *)dag;

	if (!d || __atomic_sub_fetch(&d->refs, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	tw_timetable_free(d->timetable);
	tw_map_release(&d->by_id);
	tw_arena_release(&d->arena);
	free(d);
}

bool tw_dag_shared(const struct tw_dag *dag)
{
	return __atomic_load_n(&dag->refs, __ATOMIC_RELAXED) > 1;
}

int tw_dag_task(const struct tw_dag *dag, struct tw_str task_id)
{
	const struct tw_task *t = tw_map_get(&dag->by_id, task_id);

	return t ? t->index : -1;
}

struct tw_str tw_task_operator(const struct tw_task *t)
{
	return t->op_name.n ? t->op_name : t->op_class;
}

/* ── the hash ───────────────────────────────────────────────────────────────────────────── */

void tw_dag_hash(struct tw_value doc, char ret_hex[65])
{
	static const char *const unhashed[] = { "fileloc", "relative_fileloc", "unsafe_to_fork" };
	struct tw_arena a = { 0 };
	struct tw_buf text = { 0 };
	struct tw_value bare = tw_v_map(&a);
	unsigned char sum[32];

	for (size_t i = 0; doc.kind == TW_V_MAP && i < doc.map->n; i++) {
		const struct tw_pair *p = &doc.map->v[i];
		bool leave = p->key.kind != TW_V_STR;
		for (size_t k = 0; !leave && k < sizeof unhashed / sizeof *unhashed; k++)
			leave = tw_str_is(p->key.s, unhashed[k]);
		if (!leave)
			tw_map_put(&a, bare, p->key.s, p->value);
	}
	tw_json_write(&text, bare, TW_JSON_COMPACT | TW_JSON_SORT);
	TW_ASSERT(EVP_Digest(text.p, text.n, sum, NULL, EVP_sha256(), NULL) == 1);
	for (int i = 0; i < 32; i++) {
		ret_hex[2 * i] = "0123456789abcdef"[sum[i] >> 4];
		ret_hex[2 * i + 1] = "0123456789abcdef"[sum[i] & 15];
	}
	ret_hex[64] = '\0';
	tw_buf_release(&text);
	tw_arena_release(&a);
}

/* ── names ──────────────────────────────────────────────────────────────────────────────── */

/* Python's \w: letters and digits of any script, and '_'. */
static bool is_word(uint32_t cp)
{
	if (cp < 128)
		return cp == '_' || (cp >= '0' && cp <= '9') || ((cp | 32) >= 'a' && (cp | 32) <= 'z');
	if (cp > 0x10FFFF || tw_utf8_is_surrogate(cp))
		return false;
	utf8proc_category_t c = utf8proc_category((utf8proc_int32_t)cp);
	return (c >= UTF8PROC_CATEGORY_LU && c <= UTF8PROC_CATEGORY_LO) ||
	       (c >= UTF8PROC_CATEGORY_ND && c <= UTF8PROC_CATEGORY_NO);
}

static enum tw_rc id_check(const char *what, struct tw_str id, const char *others, int max,
			   struct tw_err *err)
{
	int n = 0;

	if (!id.n)
		return tw_err_set(err, TW_ERR_INVALID, "%s is empty", what);
	for (size_t i = 0, len; i < id.n; i += len, n++) {
		uint32_t cp;
		len = tw_utf8_next(id.p + i, id.n - i, &cp);
		if (len && (is_word(cp) || (cp < 128 && cp && strchr(others, (int)cp))))
			continue;
		return tw_err_set(err, TW_ERR_INVALID,
				  "%s '%.*s' has to be made of alphanumeric characters, %s and underscores exclusively",
				  what, (int)(id.n > 260 ? 260 : id.n), id.p,
				  strlen(others) > 1 ? "dashes, dots" : "dashes");
	}
	if (n > max)
		return tw_err_set(err, TW_ERR_INVALID, "%s '%.*s…' is %d characters long; at most %d are allowed",
				  what, 40, id.p, n, max);
	return TW_OK;
}

enum tw_rc tw_id_check(const char *what, struct tw_str id, struct tw_err *err)
{
	return id_check(what, id, ".-", TW_ID_MAX, err);
}

enum tw_rc tw_group_id_check(struct tw_str id, struct tw_err *err)
{
	return id_check("group_id", id, "-", TW_GROUP_ID_MAX, err);
}

enum tw_run_type tw_run_type_of_id(struct tw_str run_id)
{
	for (int t = 0; t < TW_RUNTYPE_N; t++) {
		const char *name = tw_run_type_name(t);
		size_t n = strlen(name);
		if (run_id.n >= n + 2 && !memcmp(run_id.p, name, n) && !memcmp(run_id.p + n, "__", 2))
			return t;
	}
	return tw_str_starts(run_id, "dataset_triggered__") ? TW_RUNTYPE_ASSET_TRIGGERED :
							      TW_RUNTYPE_MANUAL;
}

#define RUN_ID_ALWAYS                                                                              \
	"^(?:manual|scheduled|asset_triggered)__(?:\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\+00:00)$"

enum tw_rc tw_run_id_allowed(struct tw_str run_id, const char *pattern, struct tw_err *err)
{
	struct tw_str given = tw_str_trim(tw_str(pattern ? pattern : "^[A-Za-z0-9_.~:+-]+$"));
	struct tw_buf begins = { 0 };
	bool ok = tw_pattern_matches(TW_STR(RUN_ID_ALWAYS), run_id);

	tw_buf_printf(&begins, "^(" TW_STR_FMT ")", TW_STR_ARG(given)); /* as re.match */
	ok = ok || (given.n && tw_pattern_matches(tw_buf_str(&begins), run_id));
	tw_buf_release(&begins);
	return ok ? TW_OK :
		    tw_err_set(err, TW_ERR_INVALID,
			       "The run_id provided '" TW_STR_FMT "' does not match regex pattern '" TW_STR_FMT "' or '%s'",
			       TW_STR_ARG(run_id), TW_STR_ARG(given), RUN_ID_ALWAYS);
}

enum tw_rc tw_run_id_check(struct tw_str run_id, enum tw_run_type type, struct tw_err *err)
{
	if (!run_id.n)
		return tw_err_set(err, TW_ERR_INVALID, "run_id is empty");
	if (run_id.n > TW_ID_MAX)
		return tw_err_set(err, TW_ERR_INVALID, "run_id is longer than %d bytes", TW_ID_MAX);
	if (tw_str_find(run_id, TW_STR(".."), 0) >= 0)
		return tw_err_set(err, TW_ERR_INVALID, "The run_id '" TW_STR_FMT "' must not contain '..' to prevent path traversal",
				  TW_STR_ARG(run_id));
	for (size_t i = 0; i < run_id.n; i++)
		if ((unsigned char)run_id.p[i] < ' ' || run_id.p[i] == 127 || run_id.p[i] == '/')
			return tw_err_set(err, TW_ERR_INVALID, "run_id '" TW_STR_FMT "' must not hold '/' or control characters",
					  TW_STR_ARG(run_id));
	enum tw_run_type other = tw_run_type_of_id(run_id);
	if (type == TW_RUNTYPE_MANUAL && other != TW_RUNTYPE_MANUAL)
		return tw_err_set(err, TW_ERR_INVALID,
				  "A manual DAG run cannot use ID '" TW_STR_FMT "' since it is reserved for %s runs",
				  TW_STR_ARG(run_id), tw_run_type_name(other));
	return TW_OK;
}
