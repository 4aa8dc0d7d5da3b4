/* One file to documents: in a Python child, which may parse others after it. */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "daemon/parse.h"
#include "daemon/pychild.h"
#include "io/clock.h"
#include "io/file.h"
#include "io/sock.h"
#include "store/dags.h"
#include "value/json.h"

#define DEATHS_MAX 3 /* of the zygote, until a file is not tried again */

/* Nothing else is being parsed or waits for it: what was found is stored at once. */
static bool nothing_else(const struct dagproc *dp)
{
	return dp->queue_head == dp->queue.n && dp->active.n <= 1;
}

/* The file failed as a whole. */
static void take_failure(struct parse *p, struct tw_str why)
{
	struct found *j = found_new(p->dp, p->file, p->started);

	found_error(j, why);
	found_done(j, nothing_else(p->dp));
}

/* ── which files were broken before (a listener is told whether an error is new) ──────── */

static void load_broken(struct dagproc *dp)
{
	struct tw_arena a = { 0 };
	struct tw_import_error_row *v;
	int64_t total;
	size_t n = 0;

	if (tw_store_import_errors(dp->store, &TW_ASK_ALL, &a, &v, &n, &total, NULL) == TW_OK)
		for (size_t i = 0; i < n; i++)
			if (tw_str_is(v[i].bundle_name, dp->opts->bundle))
				tw_map_set(&dp->broken, v[i].filename, dp);
	dp->broken_known = true;
	tw_arena_release(&a);
}

static bool was_broken(struct dagproc *dp, const struct pfile *f)
{
	if (!dp->broken_known)
		load_broken(dp);
	return tw_map_get(&dp->broken, tw_str(f->relative)) != NULL;
}

static void note_broken(struct dagproc *dp, const struct pfile *f, bool broken)
{
	if (broken)
		tw_map_set(&dp->broken, tw_str(f->relative), dp);
	else
		tw_map_del(&dp->broken, tw_str(f->relative));
}

/* A zip's member: "a.zip/b.py" as its documents say; the errors' files likewise. */
static void take_parsed(struct parse *p, struct tw_value v)
{
	struct found *j = found_new(p->dp, p->file, p->started);
	struct tw_value docs = tw_map_value(v, "documents"), errors = tw_map_value(v, "errors");

	for (size_t i = 0; i < tw_value_len(docs); i++)
		found_document(j, docs.list->v[i], tw_map_value(v, "warnings"));
	for (size_t i = 0; i < tw_value_len(errors); i++)
		found_error(j, tw_map_str(errors.list->v[i], "trace", "unknown error"));
	note_broken(p->dp, p->file, tw_value_len(errors) > 0);
	found_done(j, nothing_else(p->dp));
	dagproc_set_inputs(p->file, p->dp, v);
}

/* In a process that has parsed other files before, one that fails gets a process of its own: only there is it an error. */
static void try_alone(struct parse *p)
{
	p->file->alone = p->file->changed = true;
}

static void on_parsed(struct parse *p, struct tw_value v)
{
	struct tw_str left = tw_map_str(v, "left", "");

	p->done = true;
	if (p->file)
		p->file->deaths = 0;
	if (p->file && p->before && tw_value_len(tw_map_value(v, "errors")))
		try_alone(p);
	else if (p->file)
		take_parsed(p, v);
	if (p->file && left.n)
		tw_debug("a process of its own: it " TW_STR_FMT " file=%s", TW_STR_ARG(left), p->file->relative);
	if (tw_map_bool(v, "more", false) && !p->exited && !p->timed_out && dagproc_more(p))
		return;
	tw_link_close(p->link);
	p->link = NULL;
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
		on_parsed(p, v);
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

static void set_timer(struct parse *p);

/* Its result was there while we were busy with something else: it was not the file that took so long. */
static bool was_in_time(struct parse *p)
{
	int before = p->before;
	bool done = p->done;

	tw_link_drain(p->link);
	return p->before != before || p->done != done;
}

static void on_timeout(uv_timer_t *t)
{
	struct parse *p = t->data;

	if (was_in_time(p)) {
		set_timer(p);
		return;
	}
	p->timed_out = true;
	if (p->pid)
		tw_proc_kill_group(p->pid, SIGKILL, NULL);
}

static void set_timer(struct parse *p)
{
	uv_timer_start(&p->timer, on_timeout, (uint64_t)(p->dp->opts->timeout * 1000), 0);
}

static void write_ask(const struct parse *p, struct tw_buf *out)
{
	const struct tw_dagproc_options *o = p->dp->opts;
	struct tw_jw w = { .out = out };

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
	tw_jw_key(&w, "first");
	tw_jw_bool(&w, !p->before);
	tw_jw_key(&w, "was_broken");
	tw_jw_bool(&w, was_broken(p->dp, p->file));
	tw_jw_key(&w, "memory_limit");
	tw_jw_int(&w, o->memory_limit);
	tw_jw_end(&w);
}

/* The file is given to its process: to the zygote with the other end of the socket, when that process is yet to be forked. */
static void ask(struct parse *p, struct pfile *f, int child_end)
{
	struct tw_buf b = { 0 };
	struct tw_err err = { 0 };
	enum tw_rc rc;

	p->file = f;
	p->done = false;
	p->started = tw_now();
	f->parse = p;
	f->changed = f->alone = false;
	set_timer(p);
	write_ask(p, &b);
	if (child_end < 0)
		rc = tw_link_send(p->link, tw_buf_str(&b), &err);
	else
		rc = tw_link_send_fds(p->dp->zygote.link, tw_buf_str(&b), &child_end, 1, &err);
	tw_buf_release(&b);
	if (rc < 0)
		tw_error("cannot ask the parser process: %s", err.msg);
}

void parse_again(struct parse *p, struct pfile *f)
{
	p->before++;
	ask(p, f, -1);
}

void parse_start(struct dagproc *dp, struct pfile *f)
{
	struct parse *p;
	struct tw_err err = { 0 };
	int fds[2];

	if (tw_sock_pair(fds, &err) < 0) {
		tw_error("cannot parse %s: %s", f->relative, err.msg);
		return;
	}
	p = tw_new(struct parse);
	p->dp = dp;
	p->id = ++dp->next_id;
	p->link = tw_link_new(&dp->loop, fds[0], &child_ops, p);
	uv_timer_init(&dp->loop, &p->timer);
	p->timer.data = p;
	tw_vec_push(&dp->active, p);
	ask(p, f, fds[1]);
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

/* What it sent may still be in its socket: the exit comes on another. */
void parse_exited(struct dagproc *dp, int64_t id, int status)
{
	struct parse *p = find(dp, id);
	struct tw_buf why = { 0 };

	if (!p)
		return;
	p->exited = true;
	tw_link_drain(p->link);
	if (!p->done && p->file && p->before && !p->timed_out) {
		try_alone(p);
	} else if (!p->done && p->file) {
		describe_exit(p, status, &why);
		take_failure(p, tw_buf_str(&why));
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

/* Again, and when it was the only one for the last times: it did that, so it is its error. */
static void lost_zygote(struct parse *p, const char *why)
{
	struct pfile *f = p->file;

	f->deaths++;
	if (f->deaths < DEATHS_MAX) {
		f->changed = f->alone = true;
		return;
	}
	f->deaths = 0;
	take_failure(p, tw_str(why));
}

void parse_fail_all(struct dagproc *dp, const char *why)
{
	while (dp->active.n) {
		struct parse *p = dp->active.v[0];

		if (p->pid)
			tw_proc_kill_group(p->pid, SIGKILL, NULL); /* nobody is left who would end it */
		if (p->file && !p->done)
			lost_zygote(p, why);
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
