/*
 * What parsing found: documents to rows, gathered, and stored many files to a transaction, as long as more are under way.
 */
#include <stdlib.h>

#include "base/log.h"
#include "daemon/parse.h"
#include "io/clock.h"
#include "io/doorbell.h"
#include "io/file.h"
#include "model/dag.h"
#include "store/users.h"
#include "value/json.h"

#define SOURCE_LIMIT (16u << 20)
#define GATHER_FILES 64
#define GATHER_MS 100

struct found {
	struct dagproc *dp;
	struct tw_arena arena;
	struct tw_str path, relative, source;
	TW_VEC(struct tw_dag *) dags;
	TW_VEC(struct tw_dag_put) puts;
	struct tw_buf error;
	int64_t started, ended;
};

/* ── documents → rows ─────────────────────────────────────────────────────────────────── */

static struct tw_str joined_owners(struct tw_arena *a, struct tw_value owners)
{
	struct tw_buf b = { 0 };
	struct tw_str s;

	for (size_t i = 0; i < tw_value_len(owners); i++) {
		if (i)
			tw_buf_adds(&b, ", ");
		tw_buf_addstr(&b, owners.list->v[i].s);
	}
	s = tw_str_copy(a, tw_buf_str(&b));
	tw_buf_release(&b);
	return s;
}

static struct tw_str json_of(struct tw_arena *a, struct tw_value v)
{
	struct tw_buf b = { 0 };
	struct tw_str s;

	if (v.kind == TW_V_NULL || !tw_value_len(v))
		return (struct tw_str){ 0 };
	tw_json_write(&b, v, TW_JSON_COMPACT);
	s = tw_str_copy(a, tw_buf_str(&b));
	tw_buf_release(&b);
	return s;
}

static bool has_limits(const struct tw_dag *dag)
{
	for (int i = 0; i < dag->ntasks; i++)
		if (dag->tasks[i].max_active_per_dag >= 0 || dag->tasks[i].max_active_per_run >= 0)
			return true;
	return false;
}

/* The dag row, its strings borrowed from the document's dag, which the caller keeps until the commit. */
static void fill_row(struct dagproc *dp, struct tw_arena *a, const struct tw_dag *dag, struct tw_dag_row *row)
{
	size_t n = tw_value_len(dag->tags);

	*row = (struct tw_dag_row){
		.dag_id = dag->dag_id,
		.display_name = dag->display_name,
		.description = dag->description,
		.is_paused = dag->paused_upon_creation < 0 ? dp->opts->paused_at_creation : dag->paused_upon_creation,
		.has_task_concurrency_limits = has_limits(dag),
		.fail_fast = dag->fail_fast,
		.timetable_periodic = dag->timetable->periodic,
		.timetable_partitioned = dag->timetable->partitioned,
		.last_expired = TW_TIME_NONE,
		.bundle_name = tw_str(dp->opts->bundle),
		.fileloc = dag->fileloc,
		.relative_fileloc = dag->relative_fileloc,
		.owners = joined_owners(a, dag->owners),
		.timetable_type = tw_str(dag->timetable->type_name),
		.timetable_summary = dag->timetable_summary,
		.timetable_description = dag->timetable_description,
		.max_active_tasks = dag->max_active_tasks,
		.max_active_runs = dag->max_active_runs,
		.max_consecutive_failed = dag->max_consecutive_failed,
		.owner_links = json_of(a, tw_map_value(dag->doc, "owner_links")),
		.allowed_run_types = json_of(a, tw_map_value(dag->doc, "allowed_run_types")),
	};
	if (dag->asset_condition)
		row->asset_expression = json_of(a, tw_asset_term_value(dag, a, dag->asset_condition));
	row->tags = tw_arena_array(a, struct tw_str, n + 1);
	for (size_t i = 0; i < n; i++)
		row->tags[row->ntags++] = dag->tags.list->v[i].s;
}

struct found *found_new(struct dagproc *dp, const struct pfile *f, int64_t started)
{
	struct found *j = tw_new(struct found);
	struct tw_buf text = { 0 };

	j->dp = dp;
	j->started = started;
	j->path = tw_str_copy(&j->arena, tw_str(f->path));
	j->relative = tw_str_copy(&j->arena, tw_str(f->relative));
	j->source = TW_STR("");
	if (!tw_str_ends(j->path, ".zip") && tw_file_read(f->path, SOURCE_LIMIT, &text, NULL) == TW_OK)
		j->source = tw_str_copy(&j->arena, tw_buf_str(&text));
	tw_buf_release(&text);
	return j;
}

static void found_free(struct found *j)
{
	for (size_t i = 0; i < j->dags.n; i++)
		tw_dag_unref(j->dags.v[i]);
	tw_vec_release(&j->dags);
	tw_vec_release(&j->puts);
	tw_buf_release(&j->error);
	tw_arena_release(&j->arena);
	free(j);
}

void found_error(struct found *j, struct tw_str text)
{
	if (j->error.n)
		tw_buf_addc(&j->error, '\n');
	tw_buf_addstr(&j->error, text);
}

/* Who may do what with it, where FAB's auth manager asks. false: what it says cannot be, and nothing has changed. */
static bool sync_perms(struct found *j, struct tw_str dag_id, struct tw_value access_control, struct tw_err *err)
{
	if (!j->dp->opts->fab || tw_store_dag_perms_sync(j->dp->store, dag_id, access_control, err) == TW_OK)
		return true;
	tw_warn(TW_STR_FMT ": %s", TW_STR_ARG(j->relative), err->msg);
	return false;
}

void found_document(struct found *j, struct tw_value doc, struct tw_value warnings)
{
	struct tw_dag *dag;
	struct tw_err err = { 0 };
	struct tw_dag_put put = { 0 };
	struct tw_buf json = { 0 };
	size_t n = tw_value_len(warnings);
	struct tw_str *texts = tw_arena_array(&j->arena, struct tw_str, n + 2);

	if (tw_dag_parse(doc, &j->dp->zones, &dag, &err) < 0) {
		found_error(j, tw_str(err.msg));
		return;
	}
	tw_vec_push(&j->dags, dag);
	fill_row(j->dp, &j->arena, dag, &put.dag);
	tw_json_write(&json, doc, TW_JSON_COMPACT);
	put.document = tw_str_copy(&j->arena, tw_buf_str(&json));
	tw_buf_release(&json);
	put.hash = tw_str(dag->hash);
	put.parsed = dag;
	put.source = j->source;
	for (size_t i = 0; i < n; i++)
		if (warnings.list->v[i].kind == TW_V_STR)
			texts[put.nwarnings++] = tw_str_copy(&j->arena, warnings.list->v[i].s);
	if (!sync_perms(j, dag->dag_id, tw_map_value(doc, "access_control"), &err))
		texts[put.nwarnings++] = tw_str(tw_arena_strdup(&j->arena, err.msg));
	put.warnings = texts;
	tw_vec_push(&j->puts, put);
}

/* ── storing ──────────────────────────────────────────────────────────────────────────── */

static struct tw_file_put put_of(const struct found *j)
{
	return (struct tw_file_put){
		.bundle_name = tw_str(j->dp->opts->bundle),
		.fileloc = j->path,
		.relative_fileloc = j->relative,
		.dags = j->puts.v,
		.ndags = j->puts.n,
		.error = j->error.n ? tw_buf_str(&j->error) : (struct tw_str){ 0 },
		.parsed_at = j->ended,
		.duration = (double)(j->ended - j->started) / 1e6,
	};
}

/* All in one transaction; when that fails each in one of its own, so that one file spoils no other. */
static void store(struct dagproc *dp, struct tw_file_put *puts, size_t n)
{
	struct tw_arena a = { 0 };
	struct tw_err err = { 0 };

	if (tw_store_files_put(dp->store, puts, n, &a, &err) < 0) {
		for (size_t i = 0; n > 1 && i < n; i++)
			store(dp, &puts[i], 1);
		if (n == 1)
			tw_error("what was parsed cannot be stored: %s file=" TW_STR_FMT, err.msg,
				 TW_STR_ARG(puts->relative_fileloc));
	}
	tw_arena_release(&a);
}

void found_store_all(struct dagproc *dp)
{
	TW_VEC(struct tw_file_put) puts = { 0 };

	if (!dp->found.n)
		return;
	uv_timer_stop(&dp->gather);
	for (size_t i = 0; i < dp->found.n; i++)
		tw_vec_push(&puts, put_of(dp->found.v[i]));
	store(dp, puts.v, puts.n);
	tw_bell_ring(dp->opts->paths->bell);
	for (size_t i = 0; i < dp->found.n; i++)
		found_free(dp->found.v[i]);
	tw_vec_clear(&dp->found);
	tw_vec_release(&puts);
	dp->worked = true;
}

/* Of a traceback: what was raised. */
static struct tw_str last_line(struct tw_str text)
{
	struct tw_str t = tw_str_trim(text);
	size_t from = t.n;

	while (from && t.p[from - 1] != '\n')
		from--;
	return tw_strn(t.p + from, t.n - from);
}

static void on_gathered(uv_timer_t *t)
{
	found_store_all(t->data);
}

void found_done(struct found *j, bool at_once)
{
	struct dagproc *dp = j->dp;

	j->ended = tw_now();
	if (j->error.n)
		tw_warn("import error in " TW_STR_FMT ": " TW_STR_FMT, TW_STR_ARG(j->relative),
			TW_STR_ARG(last_line(tw_buf_str(&j->error))));
	tw_vec_push(&dp->found, j);
	if (at_once || dp->found.n >= GATHER_FILES)
		found_store_all(dp);
	else if (!uv_is_active((uv_handle_t *)&dp->gather))
		uv_timer_start(&dp->gather, on_gathered, GATHER_MS, 0);
}
