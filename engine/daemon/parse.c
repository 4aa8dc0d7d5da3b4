/* One file to documents, stored: in a Python child, or here when it is YAML. */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "daemon/parse.h"
#include "daemon/pychild.h"
#include "io/clock.h"
#include "io/doorbell.h"
#include "io/file.h"
#include "io/sock.h"
#include "model/dag.h"
#include "model/yaml.h"
#include "value/json.h"

#define SOURCE_LIMIT (16u << 20)

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
	row->tags = tw_arena_array(a, struct tw_str, n + 1);
	for (size_t i = 0; i < n; i++)
		row->tags[row->ntags++] = dag->tags.list->v[i].s;
}

struct store_job {
	struct dagproc *dp;
	struct pfile *file;
	struct tw_arena arena;
	TW_VEC(struct tw_dag *) dags;
	TW_VEC(struct tw_dag_put) puts;
	struct tw_buf error;
	struct tw_str source;
	int64_t started;
};

static void add_error(struct store_job *j, struct tw_str text)
{
	if (j->error.n)
		tw_buf_addc(&j->error, '\n');
	tw_buf_addstr(&j->error, text);
}

static void add_document(struct store_job *j, struct tw_value doc, struct tw_value warnings)
{
	struct tw_dag *dag;
	struct tw_err err = { 0 };
	struct tw_dag_put put = { 0 };
	struct tw_buf json = { 0 };
	size_t n = tw_value_len(warnings);
	struct tw_str *texts = tw_arena_array(&j->arena, struct tw_str, n + 1);

	if (tw_dag_parse(doc, &j->dp->zones, &dag, &err) < 0) {
		add_error(j, tw_str(err.msg));
		return;
	}
	tw_vec_push(&j->dags, dag);
	fill_row(j->dp, &j->arena, dag, &put.dag);
	tw_json_write(&json, doc, TW_JSON_COMPACT);
	put.document = tw_str_copy(&j->arena, tw_buf_str(&json));
	tw_buf_release(&json);
	put.hash = tw_str(dag->hash);
	put.source = j->source;
	for (size_t i = 0; i < n; i++)
		if (warnings.list->v[i].kind == TW_V_STR)
			texts[put.nwarnings++] = warnings.list->v[i].s;
	put.warnings = texts;
	tw_vec_push(&j->puts, put);
}

static void read_source(struct store_job *j)
{
	struct tw_buf text = { 0 };

	if (!tw_str_ends(tw_str(j->file->path), ".zip") &&
	    tw_file_read(j->file->path, SOURCE_LIMIT, &text, NULL) == TW_OK)
		j->source = tw_str_copy(&j->arena, tw_buf_str(&text));
	else
		j->source = TW_STR("");
	tw_buf_release(&text);
}

static void store_job_begin(struct store_job *j, struct dagproc *dp, struct pfile *f, int64_t started)
{
	*j = (struct store_job){ .dp = dp, .file = f, .started = started };
	read_source(j);
}

static void store_job_end(struct store_job *j)
{
	struct tw_file_put put = {
		.bundle_name = tw_str(j->dp->opts->bundle),
		.fileloc = tw_str(j->file->path),
		.relative_fileloc = tw_str(j->file->relative),
		.dags = j->puts.v,
		.ndags = j->puts.n,
		.error = j->error.n ? tw_buf_str(&j->error) : (struct tw_str){ 0 },
		.parsed_at = tw_now(),
		.duration = (double)(tw_now() - j->started) / 1e6,
	};
	struct tw_err err = { 0 };

	if (tw_store_files_put(j->dp->store, &put, 1, &j->arena, &err) < 0)
		tw_error("what was parsed cannot be stored: %s file=%s", err.msg, j->file->relative);
	else
		tw_bell_ring(j->dp->opts->paths->bell);
	for (size_t i = 0; i < j->dags.n; i++)
		tw_dag_unref(j->dags.v[i]);
	tw_vec_release(&j->dags);
	tw_vec_release(&j->puts);
	tw_buf_release(&j->error);
	tw_arena_release(&j->arena);
}

/* The file failed as a whole. */
static void store_failure(struct dagproc *dp, struct pfile *f, int64_t started, struct tw_str why)
{
	struct store_job j;

	store_job_begin(&j, dp, f, started);
	add_error(&j, why);
	store_job_end(&j);
	tw_warn("import error: " TW_STR_FMT " file=%s", TW_STR_ARG(why), f->relative);
}

/* ── YAML ─────────────────────────────────────────────────────────────────────────────── */

static void parse_yaml(struct dagproc *dp, struct pfile *f)
{
	struct store_job j;
	struct tw_yaml_defaults dflt = { .compat = dp->opts->compat, .catchup = dp->opts->catchup,
					 .data_intervals = dp->opts->data_intervals };
	struct tw_value docs;
	struct tw_err err = { 0 };

	store_job_begin(&j, dp, f, tw_now());
	if (tw_yaml_dags(&j.arena, j.source, tw_str(f->path), tw_str(f->relative), &dflt, &docs, &err) < 0) {
		add_error(&j, tw_str(err.msg));
		tw_warn("import error: %s file=%s", err.msg, f->relative);
	} else {
		for (size_t i = 0; i < tw_value_len(docs); i++)
			add_document(&j, docs.list->v[i], TW_NULL);
	}
	store_job_end(&j);
	dagproc_set_inputs(f, dp, TW_NULL);
	f->parses++;
}

/* ── Python ───────────────────────────────────────────────────────────────────────────── */

/* Of a traceback: what was raised. */
static struct tw_str last_line(struct tw_str text)
{
	struct tw_str t = tw_str_trim(text);
	size_t from = t.n;

	while (from && t.p[from - 1] != '\n')
		from--;
	return tw_strn(t.p + from, t.n - from);
}

/* A zip's member: "a.zip/b.py" as its documents say; the errors' files likewise. */
static void store_parsed(struct parse *p, struct tw_value v)
{
	struct store_job j;
	struct tw_value docs = tw_map_value(v, "documents"), errors = tw_map_value(v, "errors");
	struct tw_value warnings = tw_map_value(v, "warnings");

	store_job_begin(&j, p->dp, p->file, p->started);
	for (size_t i = 0; i < tw_value_len(docs); i++)
		add_document(&j, docs.list->v[i], warnings);
	for (size_t i = 0; i < tw_value_len(errors); i++)
		add_error(&j, tw_map_str(errors.list->v[i], "trace", "unknown error"));
	if (j.error.n)
		tw_warn("import error in %s: " TW_STR_FMT, p->file->relative, TW_STR_ARG(last_line(tw_buf_str(&j.error))));
	store_job_end(&j);
	dagproc_set_inputs(p->file, p->dp, v);
}

static void on_child_frame(void *arg, struct tw_link *link, struct tw_str body, int *fds, size_t nfds)
{
	struct parse *p = arg;
	struct tw_arena a = { 0 };
	struct tw_value v;
	struct tw_err err = { 0 };

	if (tw_json_parse(&a, body, &v, &err) < 0) {
		tw_error("a parse child sent no JSON: %s", err.msg);
	} else if (tw_str_is(tw_map_str(v, "op", ""), "request")) {
		tw_pychild_answer(p->link, p->dp->store, &p->dp->zones, v);
	} else if (tw_str_is(tw_map_str(v, "op", ""), "parsed") && !p->done) {
		p->done = true;
		if (p->file)
			store_parsed(p, v);
		if (p->exited)
			dagproc_parse_ended(p);
	}
	tw_arena_release(&a);
}

static void on_child_end(void *arg, struct tw_link *link, const struct tw_err *why)
{
	struct parse *p = arg;

	tw_link_close(p->link);
	p->link = NULL;
}

static const struct tw_link_ops child_ops = { on_child_frame, on_child_end, NULL };

static void on_timeout(uv_timer_t *t)
{
	struct parse *p = t->data;

	p->timed_out = true;
	if (p->pid)
		tw_proc_kill_group(p->pid, SIGKILL, NULL);
}

static enum tw_rc ask_zygote(struct parse *p, int child_end, struct tw_err *err)
{
	const struct tw_dagproc_options *o = p->dp->opts;
	struct tw_buf b = { 0 };
	struct tw_jw w = { .out = &b };
	enum tw_rc rc;

	tw_jw_obj(&w);
	tw_jw_key(&w, "op");
	tw_jw_cstr(&w, "parse");
	tw_jw_key(&w, "id");
	tw_jw_int(&w, p->id);
	tw_jw_key(&w, "file");
	tw_jw_cstr(&w, p->file->path);
	tw_jw_key(&w, "bundle_path");
	tw_jw_cstr(&w, o->dags_folder);
	tw_jw_key(&w, "compat");
	tw_jw_int(&w, o->compat);
	tw_jw_key(&w, "safe_mode");
	tw_jw_bool(&w, o->safe_mode);
	tw_jw_key(&w, "memory_limit");
	tw_jw_int(&w, o->memory_limit);
	tw_jw_end(&w);
	rc = tw_link_send_fds(p->dp->zygote.link, tw_buf_str(&b), &child_end, 1, err);
	tw_buf_release(&b);
	return rc;
}

void parse_start(struct dagproc *dp, struct pfile *f)
{
	struct parse *p;
	struct tw_err err = { 0 };
	int fds[2];

	f->changed = false;
	if (!tw_str_ends(tw_str(f->path), ".py") && !tw_str_ends(tw_str(f->path), ".zip")) {
		parse_yaml(dp, f);
		return;
	}
	if (tw_sock_pair(fds, &err) < 0) {
		tw_error("cannot parse %s: %s", f->relative, err.msg);
		return;
	}
	p = tw_new(struct parse);
	p->dp = dp;
	p->file = f;
	p->id = ++dp->next_id;
	p->started = tw_now();
	p->link = tw_link_new(&dp->loop, fds[0], &child_ops, p);
	uv_timer_init(&dp->loop, &p->timer);
	p->timer.data = p;
	uv_timer_start(&p->timer, on_timeout, (uint64_t)(dp->opts->timeout * 1000), 0);
	f->parse = p;
	tw_vec_push(&dp->active, p);
	if (ask_zygote(p, fds[1], &err) < 0)
		tw_error("cannot ask the parser process: %s", err.msg);
	close(fds[1]);
}

static struct parse *find(struct dagproc *dp, int64_t id)
{
	for (size_t i = 0; i < dp->active.n; i++)
		if (dp->active.v[i]->id == id)
			return dp->active.v[i];
	return NULL;
}

void parse_forked(struct dagproc *dp, int64_t id, pid_t pid)
{
	struct parse *p = find(dp, id);

	if (!p)
		return;
	p->pid = pid;
	if (p->timed_out)
		tw_proc_kill_group(pid, SIGKILL, NULL);
}

static void describe_exit(const struct parse *p, int status, struct tw_buf *out)
{
	if (p->timed_out)
		tw_buf_printf(out, "importing it took longer than %g seconds ([dag_processor] dag_file_processor_timeout) "
				   "and was stopped", p->dp->opts->timeout);
	else if (WIFSIGNALED(status))
		tw_buf_printf(out, "importing it crashed Python: signal %d (%s)", WTERMSIG(status),
			      strsignal(WTERMSIG(status)));
	else
		tw_buf_printf(out, "importing it ended the process with exit status %d (sys.exit or os._exit in the file?)",
			      WEXITSTATUS(status));
}

/* What it sent may still be in its socket: the exit comes on another. So the socket is read empty first. */
static void on_drained(uv_timer_t *t)
{
	struct parse *p = t->data;

	if (!p->done && p->file)
		store_failure(p->dp, p->file, p->started, TW_STR("importing it ended the process without a result"));
	dagproc_parse_ended(p);
}

void parse_exited(struct dagproc *dp, int64_t id, int status)
{
	struct parse *p = find(dp, id);
	struct tw_buf why = { 0 };

	if (!p)
		return;
	if (!p->done && p->link && !p->timed_out && WIFEXITED(status) && WEXITSTATUS(status) == 0) {
		p->exited = true;
		uv_timer_start(&p->timer, on_drained, 200, 0);
		return;
	}
	if (!p->done && p->file) {
		describe_exit(p, status, &why);
		store_failure(dp, p->file, p->started, tw_buf_str(&why));
		tw_buf_release(&why);
	}
	dagproc_parse_ended(p);
}

void parse_fork_failed(struct dagproc *dp, int64_t id, struct tw_str why)
{
	struct parse *p = find(dp, id);

	if (!p)
		return;
	tw_error("cannot fork a parse child: " TW_STR_FMT, TW_STR_ARG(why));
	if (p->file)
		p->file->changed = true;
	dagproc_parse_ended(p);
}

void parse_fail_all(struct dagproc *dp, const char *why)
{
	while (dp->active.n) {
		struct parse *p = dp->active.v[0];

		if (p->file)
			p->file->changed = true;
		dagproc_parse_ended(p);
	}
}

static void on_timer_closed(uv_handle_t *h)
{
	free(h->data);
}

void parse_close(struct parse *p)
{
	tw_link_close(p->link);
	uv_timer_stop(&p->timer);
	uv_close((uv_handle_t *)&p->timer, on_timer_closed);
}
