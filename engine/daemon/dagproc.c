#include "daemon/dagproc.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "daemon/crypt.h"
#include "daemon/job.h"
#include "daemon/parse.h"
#include "io/clock.h"
#include "io/doorbell.h"
#include "io/zoneinfo.h"

#define QUIET_MS 50
#define KERNEL_TICK_US 10000 /* a file's time may be so much behind the clock */

static void enqueue(struct dagproc *dp, struct pfile *f)
{
	if (f->queued)
		return;
	if (f->parse) {
		f->changed = true;
		return;
	}
	f->queued = true;
	tw_vec_push(&dp->queue, f);
}

/* ── what a file depends on ───────────────────────────────────────────────────────────── */

static void drop_inputs(struct dagproc *dp, struct pfile *f)
{
	for (size_t i = 0; i < f->inputs.n; i++) {
		struct dependents *d = tw_map_get(&dp->inputs, tw_str(f->inputs.v[i]));

		for (size_t k = 0; d && k < d->files.n; k++)
			if (d->files.v[k] == f)
				d->files.v[k--] = d->files.v[--d->files.n];
		free(f->inputs.v[i]);
	}
	f->inputs.n = 0;
}

/* While it was being read for the first time nobody watched it: an edit of then would not be heard of. */
static bool changed_since(const char *path, tw_time since)
{
	struct stat st;

	return stat(path, &st) == 0 &&
	       (tw_time)st.st_ctim.tv_sec * TW_US_SEC + st.st_ctim.tv_nsec / 1000 > since - KERNEL_TICK_US;
}

static void add_input(struct dagproc *dp, struct pfile *f, const char *path)
{
	struct dependents *d = tw_map_get(&dp->inputs, tw_str(path));
	struct tw_err err = { 0 };

	if (!d) {
		d = tw_new(struct dependents);
		tw_map_set(&dp->inputs, tw_str(path), d);
		if (dp->watch && tw_watch_add(dp->watch, path, &err) < 0)
			tw_debug("not watched: %s", err.msg);
		if (f->parse && changed_since(path, f->parse->started))
			f->changed = true;
	}
	for (size_t i = 0; i < d->files.n; i++)
		if (d->files.v[i] == f)
			return;
	tw_vec_push(&d->files, f);
	tw_vec_push(&f->inputs, tw_strdup(path));
}

void dagproc_set_inputs(struct pfile *f, struct dagproc *dp, struct tw_value parsed)
{
	struct tw_value inputs = tw_map_value(parsed, "inputs");

	drop_inputs(dp, f);
	add_input(dp, f, f->path);
	for (size_t i = 0; i < tw_value_len(inputs); i++) {
		struct tw_str path = tw_map_str(inputs.list->v[i], "path", "");

		if (path.n) {
			char *p = tw_str_dup(path);

			add_input(dp, f, p);
			free(p);
		}
	}
}

/* ── the queue ────────────────────────────────────────────────────────────────────────── */

static bool all_parsed(struct dagproc *dp)
{
	if (dp->queue_head < dp->queue.n || dp->active.n || dp->calls.n)
		return false;
	tw_map_foreach(&dp->files, e)
		if (((struct pfile *)e->value)->parses < dp->opts->num_runs)
			return false;
	return true;
}

static void stop(struct dagproc *dp)
{
	dp->stopping = true;
	uv_stop(&dp->loop);
}

static struct pfile *take(struct dagproc *dp)
{
	struct pfile *f = dp->queue.v[dp->queue_head++];

	f->queued = false;
	if (dp->queue_head == dp->queue.n)
		dp->queue_head = dp->queue.n = 0;
	return f;
}

/* A file during whose parse the zygote died is parsed by itself, so that others do not pay for it. */
static bool has_room(const struct dagproc *dp)
{
	if (dp->active.n && dp->queue.v[dp->queue_head]->deaths)
		return false;
	for (size_t i = 0; i < dp->active.n; i++)
		if (dp->active.v[i]->file && dp->active.v[i]->file->deaths)
			return false;
	return dp->active.n < (size_t)dp->opts->processes;
}

void dagproc_next(struct dagproc *dp)
{
	while (dp->zygote.ready && !dp->stopping && dp->queue_head < dp->queue.n && has_room(dp))
		parse_start(dp, take(dp));
	if (dp->zygote.ready && dp->opts->num_runs > 0 && all_parsed(dp))
		stop(dp);
}

static void file_parsed(struct dagproc *dp, struct pfile *f)
{
	f->parse = NULL;
	if (!f->alone)
		f->parses++;
	if (!f->inputs.n)
		add_input(dp, f, f->path);
	if (f->changed)
		enqueue(dp, f);
}

bool dagproc_more(struct parse *p)
{
	struct dagproc *dp = p->dp;

	if (p->file)
		file_parsed(dp, p->file);
	p->file = NULL;
	if (dp->stopping || dp->queue_head == dp->queue.n || dp->queue.v[dp->queue_head]->alone)
		return false;
	parse_again(p, take(dp));
	return true;
}

void dagproc_parse_ended(struct parse *p)
{
	struct dagproc *dp = p->dp;

	for (size_t i = 0; i < dp->active.n; i++)
		if (dp->active.v[i] == p)
			dp->active.v[i--] = dp->active.v[--dp->active.n];
	if (p->file)
		file_parsed(dp, p->file);
	parse_close(p);
	dagproc_next(dp);
}

/* ── the folder ───────────────────────────────────────────────────────────────────────── */

static void forget(struct dagproc *dp, struct pfile *f)
{
	if (f->parse)
		f->parse->file = NULL;
	drop_inputs(dp, f);
	tw_vec_release(&f->inputs);
	tw_map_del(&dp->files, tw_str(f->path));
	free(f->path);
	free(f->relative);
	free(f);
}

static void take_file(struct dagproc *dp, const struct tw_dagfile *found)
{
	struct pfile *f = tw_map_get(&dp->files, tw_str(found->path));

	if (!f) {
		if (dp->opts->safe_mode && !dp->opts->own_judge && !tw_dagfile_may_define(found->path))
			return;
		f = tw_new(struct pfile);
		f->path = tw_strdup(found->path);
		f->relative = tw_strdup(found->relative);
		tw_map_set(&dp->files, tw_str(f->path), f);
		add_input(dp, f, f->path); /* watched before it is read */
		enqueue(dp, f);
	}
	f->seen = true;
}

static void leave_queue(struct dagproc *dp)
{
	size_t kept = dp->queue_head;

	for (size_t i = dp->queue_head; i < dp->queue.n; i++)
		if (dp->queue.v[i]->seen)
			dp->queue.v[kept++] = dp->queue.v[i];
	dp->queue.n = kept;
}

static void drop_unseen(struct dagproc *dp)
{
	TW_VEC(struct pfile *) gone = { 0 };
	TW_VEC(struct tw_str) names = { 0 };
	struct tw_err err = { 0 };

	tw_map_foreach(&dp->files, e) {
		struct pfile *f = e->value;

		if (f->seen)
			continue;
		tw_vec_push(&gone, f);
		tw_vec_push(&names, tw_str(f->relative));
	}
	if (gone.n) {
		leave_queue(dp);
		found_store_all(dp);
		if (tw_store_files_gone(dp->store, tw_str(dp->opts->bundle), names.v, names.n, &err) < 0)
			tw_error("%s", err.msg);
		tw_bell_ring(dp->opts->paths->bell);
	}
	for (size_t i = 0; i < gone.n; i++)
		forget(dp, gone.v[i]);
	tw_map_foreach(&dp->files, e)
		((struct pfile *)e->value)->seen = false;
	tw_vec_release(&gone);
	tw_vec_release(&names);
}

static void look(struct dagproc *dp)
{
	struct tw_dagfiles found;
	struct tw_err err = { 0 };

	if (tw_dagfiles_find(dp->opts->dags_folder, dp->opts->ignore_syntax, &found, &err) < 0) {
		tw_error("%s", err.msg);
		return;
	}
	for (size_t i = 0; i < found.folders.n; i++)
		if (tw_watch_add(dp->watch, found.folders.v[i], &err) < 0)
			tw_debug("not watched: %s", err.msg);
	for (size_t i = 0; i < found.files.n; i++)
		take_file(dp, &found.files.v[i]);
	drop_unseen(dp);
	tw_dagfiles_release(&found);
	dagproc_next(dp);
}

static void on_rescan(uv_timer_t *t)
{
	look(t->data);
}

static void on_change(void *arg, const char *path)
{
	struct dagproc *dp = arg;
	struct dependents *d = tw_map_get(&dp->inputs, tw_str(path));

	for (size_t i = 0; d && i < d->files.n; i++)
		enqueue(dp, d->files.v[i]);
	if (!uv_is_active((uv_handle_t *)&dp->rescan))
		uv_timer_start(&dp->rescan, on_rescan, QUIET_MS, 0);
	dagproc_next(dp);
}

static void on_lost(void *arg)
{
	struct dagproc *dp = arg;

	tw_map_foreach(&dp->files, e)
		enqueue(dp, e->value);
	look(dp);
}

/* Before all that waits. */
static void enqueue_first(struct dagproc *dp, struct pfile *f)
{
	size_t at;

	enqueue(dp, f);
	if (!f->queued)
		return;
	for (at = dp->queue_head; dp->queue.v[at] != f; at++)
		;
	for (; at > dp->queue_head; at--)
		dp->queue.v[at] = dp->queue.v[at - 1];
	dp->queue.v[at] = f;
}

/* Files that somebody wants to be parsed again, changed or not. */
static void asked_look(struct dagproc *dp)
{
	struct tw_arena a = { 0 };
	struct tw_str *names;
	struct tw_err err = { 0 };
	size_t n = 0;

	if (tw_store_parse_asked(dp->store, tw_str(dp->opts->bundle), &a, &names, &n, &err) < 0)
		tw_error("parse requests: %s", err.msg);
	for (size_t i = 0; i < n; i++)
		tw_map_foreach(&dp->files, e)
			if (tw_str_is(names[i], ((struct pfile *)e->value)->relative))
				enqueue_first(dp, e->value);
	tw_arena_release(&a);
	dagproc_next(dp);
}

void dagproc_rung(void *arg)
{
	struct dagproc *dp = arg;

	if (dp->opts->other_bell)
		tw_bell_ring(dp->opts->other_bell);
	if (!dp->zygote.ready || dp->stopping)
		return;
	asked_look(dp);
	calls_look(dp);
}

/* What large documents took goes back to the system when nothing is under way. */
static void rest(struct dagproc *dp)
{
	if (!dp->worked || dp->active.n || dp->queue_head < dp->queue.n)
		return;
	dp->worked = false;
	tw_store_rest(dp->store);
	tw_mem_give_back();
}

static void on_beat(uv_timer_t *t)
{
	struct dagproc *dp = t->data;
	struct tw_err err = { 0 };

	if (tw_store_job_beat(dp->store, dp->job_id, tw_now(), &err) < 0)
		tw_error("heartbeat: %s", err.msg);
	rest(dp);
	dagproc_rung(dp); /* in case a bell was not heard */
}

static void on_signal(uv_signal_t *sig, int signum)
{
	tw_info("stopping");
	stop(sig->data);
}

/* ── the daemon ───────────────────────────────────────────────────────────────────────── */

static enum tw_rc retire(struct dagproc *dp, struct tw_err *err)
{
	size_t n = 0;
	enum tw_rc rc;

	if (!dp->opts->retired)
		return TW_OK;
	rc = tw_store_dags_expire(dp->store, tw_str(dp->opts->retired), tw_now(), &n, err);
	if (n)
		tw_bell_ring(dp->opts->paths->bell);
	return rc;
}

static enum tw_rc set_up(struct dagproc *dp, struct tw_crypt *crypt, struct tw_err *err)
{
	static const struct tw_watch_ops watch_ops = { on_change, on_lost };
	struct tw_store_opts store = { .url = dp->opts->store_url, .mode = TW_STORE_CHECK };
	enum tw_rc rc = tw_crypt_init(crypt, tw_str(dp->opts->fernet_keys), err);

	tw_crypt_hook(crypt, &store);
	if (rc == TW_OK)
		rc = tw_store_open(&store, &dp->store, err);
	if (rc == TW_OK)
		rc = tw_store_bundle_put(dp->store, tw_str(dp->opts->bundle), true, (struct tw_str){ 0 }, tw_now(), err);
	if (rc == TW_OK)
		rc = retire(dp, err);
	if (rc == TW_OK)
		rc = tw_job_begin(dp->store, "DagProcessorJob", NULL, &dp->job_id, err);
	if (rc == TW_OK)
		rc = tw_reaper_new(&dp->loop, &dp->reaper, err);
	if (rc == TW_OK)
		rc = tw_watch_new(&dp->loop, QUIET_MS, &watch_ops, dp, &dp->watch, err);
	if (rc == TW_OK)
		rc = calls_start(dp, err);
	return rc == TW_OK ? zygote_start(dp, err) : rc;
}

static void set_handles(struct dagproc *dp)
{
	uint64_t refresh = (uint64_t)(dp->opts->refresh * 1000);

	uv_timer_init(&dp->loop, &dp->gather);
	uv_timer_init(&dp->loop, &dp->rescan);
	uv_timer_init(&dp->loop, &dp->refresh);
	uv_timer_init(&dp->loop, &dp->beat);
	uv_signal_init(&dp->loop, &dp->term);
	uv_signal_init(&dp->loop, &dp->intr);
	dp->gather.data = dp->rescan.data = dp->refresh.data = dp->beat.data = dp->term.data = dp->intr.data = dp;
	uv_timer_start(&dp->refresh, on_rescan, refresh, refresh);
	uv_timer_start(&dp->beat, on_beat, (uint64_t)dp->opts->beat_ms, (uint64_t)dp->opts->beat_ms);
	uv_signal_start(&dp->term, on_signal, SIGTERM);
	uv_signal_start(&dp->intr, on_signal, SIGINT);
}

static void close_handle(uv_handle_t *h, void *arg)
{
	if (!uv_is_closing(h))
		uv_close(h, NULL);
}

static void tear_down(struct dagproc *dp)
{
	while (dp->active.n) {
		struct parse *p = dp->active.v[--dp->active.n];

		if (p->pid)
			tw_proc_kill_group(p->pid, SIGKILL, NULL);
		parse_close(p);
	}
	calls_stop(dp);
	if (dp->store)
		found_store_all(dp);
	zygote_stop(dp);
	for (int i = 0; dp->zygote.pid && i < 400; i++) {
		uv_run(&dp->loop, UV_RUN_NOWAIT);
		usleep(10000);
	}
	tw_watch_free(dp->watch);
	tw_reaper_free(dp->reaper);
	if (dp->store && dp->job_id)
		tw_store_job_end(dp->store, dp->job_id, dp->status ? "failed" : "success", tw_now(), NULL);
	tw_store_close(dp->store);
	tw_map_foreach(&dp->files, e) {
		struct pfile *f = e->value;

		drop_inputs(dp, f);
		tw_vec_release(&f->inputs);
		free(f->path);
		free(f->relative);
		free(f);
	}
	tw_map_release(&dp->files);
	tw_map_release(&dp->broken);
	tw_map_foreach(&dp->inputs, e) {
		struct dependents *d = e->value;

		tw_vec_release(&d->files);
		free(d);
	}
	tw_map_release(&dp->inputs);
	tw_vec_release(&dp->queue);
	tw_vec_release(&dp->active);
	tw_vec_release(&dp->calls);
	tw_vec_release(&dp->found);
	uv_walk(&dp->loop, close_handle, NULL);
	uv_run(&dp->loop, UV_RUN_DEFAULT);
	uv_loop_close(&dp->loop);
	tw_zones_release(&dp->zones);
}

int tw_dagproc_run(const struct tw_dagproc_options *opts, struct tw_err *err)
{
	struct dagproc dp = { .opts = opts, .zones = { .load = tw_zoneinfo_load } };
	struct tw_crypt crypt = { 0 };

	tw_log_component("dag-processor");
	uv_loop_init(&dp.loop);
	if (set_up(&dp, &crypt, err) < 0) {
		dp.status = 1;
		dp.stopping = true;
	} else {
		set_handles(&dp);
		look(&dp);
		tw_info("ready folder=%s files=%zu", opts->dags_folder, dp.files.len);
		uv_run(&dp.loop, UV_RUN_DEFAULT);
	}
	tear_down(&dp);
	return dp.status;
}
