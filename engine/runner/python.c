#include "runner/python.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/map.h"
#include "base/vec.h"
#include "io/clock.h"
#include "io/frame.h"
#include "io/sock.h"
#include "operator/env.h"
#include "value/json.h"

#define ZYGOTE_FD 3
#define ZYGOTE_TRIES 3 /* that die before their hello, one after the other */

/* A file that a warm child's import read, as it was then. */
struct input {
	char *path;
	int64_t mtime_ns, size;
};

/* A process that forks tasks: the zygote, or a warm child. */
struct parent {
	struct tw_python *py;
	struct tw_link *link;
	char *key; /* NULL: the zygote */
	pid_t pid; /* 0: not known yet */
	bool ready;
	bool stopped; /* it was told to end, or its file may not be forked: no more tasks */
	int64_t rss;
	int64_t last_used;	/* monotonic */
	struct tw_map launches; /* attempt → struct tw_launch */
	TW_VEC(struct input) inputs;
	struct parent *prev, *next; /* of the warm ones, stopped ones too */
};

struct tw_launch {
	struct tw_python *py;
	struct parent *parent; /* NULL: it died */
	char *attempt;
	char *key, *file, *bundle_path;
	int compat;
	int fds[TW_LAUNCH_FDS];
	bool forked, cold;
	const struct tw_launch_ops *ops;
	void *arg;
};

struct tw_python {
	struct tw_python_opts opts;
	struct parent zygote;
	bool running; /* the zygote's process lives */
	bool ending;  /* and is on its way out: what comes waits for the next */
	int failures;
	struct tw_map waiting; /* attempt → struct tw_launch */
	struct tw_map warm;    /* key → struct parent, those that take tasks */
	struct parent *all;
	struct tw_map cold_only; /* keys whose file holds threads */
	uv_timer_t *sweep;	 /* ends warm children that nobody uses */
};

static enum tw_rc place(struct tw_launch *l, struct tw_err *err);

enum tw_rc tw_python_socket(int ret_pair[2], struct tw_err *err)
{
	int pair[2];
	enum tw_rc rc = tw_sock_pair(pair, err);
	if (rc < 0)
		return rc;
	int flags = fcntl(pair[1], F_GETFL);
	if (flags < 0 || fcntl(pair[1], F_SETFL, flags & ~O_NONBLOCK) < 0) {
		rc = tw_err_errno(err, errno, "cannot make a socket wait");
		close(pair[0]);
		close(pair[1]);
		return rc;
	}
	memcpy(ret_pair, pair, sizeof pair);
	return TW_OK;
}

/* Launches ---------------------------------------------------------------------------------- */

static void close_fds(struct tw_launch *l)
{
	for (size_t i = 0; i < TW_LAUNCH_FDS; i++) {
		if (l->fds[i] >= 0)
			close(l->fds[i]);
		l->fds[i] = -1;
	}
}

static void launch_free(struct tw_launch *l)
{
	if (l->parent)
		tw_map_del(&l->parent->launches, tw_str(l->attempt));
	tw_map_del(&l->py->waiting, tw_str(l->attempt));
	close_fds(l);
	free(l->attempt);
	free(l->key);
	free(l->file);
	free(l->bundle_path);
	free(l);
}

void tw_launch_forget(struct tw_launch *l)
{
	if (l)
		launch_free(l);
}

static void launch_fail(struct tw_launch *l, struct tw_str why)
{
	const struct tw_launch_ops *ops = l->ops;
	void *arg = l->arg;
	launch_free(l);
	ops->on_failed(arg, why);
}

static void place_again(struct tw_launch *l)
{
	struct tw_err err = {0};
	l->cold = true;
	if (place(l, &err) < 0)
		launch_fail(l, tw_str(err.msg));
}

static void send_task(struct parent *p, struct tw_launch *l)
{
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	struct tw_jw w = {.out = &b};
	struct tw_err err = {0};
	tw_jw_obj(&w);
	tw_jw_key(&w, "op");
	tw_jw_cstr(&w, "task");
	tw_jw_key(&w, "attempt");
	tw_jw_cstr(&w, l->attempt);
	tw_jw_end(&w);
	/* A link that has broken says so by itself, and then the launch is placed anew. */
	if (tw_link_send_fds(p->link, tw_buf_str(&b), l->fds, TW_LAUNCH_FDS, &err) < 0)
		tw_warn("cannot send a task to Python: %s", err.msg);
	p->last_used = tw_monotonic();
}

static void hand_to(struct parent *p, struct tw_launch *l)
{
	l->parent = p;
	tw_map_set(&p->launches, tw_str(l->attempt), l);
	send_task(p, l);
}

/* Parents' frames ---------------------------------------------------------------------------- */

static struct tw_launch *launch_of(struct parent *p, struct tw_value msg)
{
	return tw_map_get(&p->launches, tw_map_str(msg, "attempt", ""));
}

static void on_forked(struct parent *p, struct tw_value msg)
{
	struct tw_launch *l = launch_of(p, msg);
	pid_t pid = (pid_t)tw_map_int(msg, "pid", 0);
	if (!l || pid <= 1)
		return;
	l->forked = true;
	close_fds(l);
	l->ops->on_forked(l->arg, pid);
}

static void on_exited(struct parent *p, struct tw_value msg)
{
	struct tw_launch *l = launch_of(p, msg);
	if (!l)
		return;
	const struct tw_launch_ops *ops = l->ops;
	void *arg = l->arg;
	launch_free(l);
	ops->on_exited(arg, (int)tw_map_int(msg, "status", 0));
}

static void stop_warm(struct parent *p)
{
	if (p->stopped)
		return;
	p->stopped = true;
	tw_map_del(&p->py->warm, tw_str(p->key));
	(void)tw_link_send(p->link, TW_STR("{\"op\":\"stop\"}"), NULL);
}

/* Its file holds threads: nobody forks from it any more, and never again for this key. */
static void give_up_warm(struct parent *p)
{
	if (!tw_map_get(&p->py->cold_only, tw_str(p->key)))
		tw_info("a DAG file holds threads after its import, its tasks start cold key=%s",
			p->key);
	tw_map_set(&p->py->cold_only, tw_str(p->key), p->py);
	stop_warm(p);
}

static void on_fork_failed(struct parent *p, struct tw_value msg)
{
	struct tw_launch *l = launch_of(p, msg);
	struct tw_str error = tw_map_str(msg, "error", "cannot fork");
	if (!l)
		return;
	if (p->key && !l->cold) {
		if (tw_str_is(error, "threads"))
			give_up_warm(p);
		tw_map_del(&p->launches, tw_str(l->attempt));
		l->parent = NULL;
		place_again(l);
		return;
	}
	launch_fail(l, error);
}

/* The memory of warm children is bounded: the ones longest unused go, never one just made. */
static void enforce_ceiling(struct tw_python *py, const struct parent *keep)
{
	for (;;) {
		int64_t rss = 0;
		struct parent *oldest = NULL;
		tw_map_foreach(&py->warm, e)
		{
			struct parent *p = e->value;
			rss += p->rss;
			if (p != keep && (!oldest || p->last_used < oldest->last_used))
				oldest = p;
		}
		bool over = (int)py->warm.len > py->opts.warm_children ||
			    rss > (int64_t)py->opts.warm_memory_mib << 20;
		if (!over || !oldest)
			return;
		stop_warm(oldest);
	}
}

static void take_inputs(struct parent *p, struct tw_value list)
{
	for (size_t i = 0; list.kind == TW_V_LIST && i < list.list->n; i++) {
		struct tw_value v = list.list->v[i];
		const struct input in = {
			.path = tw_str_dup(tw_map_str(v, "path", "")),
			.mtime_ns = tw_map_int(v, "mtime_ns", 0),
			.size = tw_map_int(v, "size", 0),
		};
		tw_vec_push(&p->inputs, in);
	}
}

/* Did what it imported change since? The file itself is in its key; this sees the modules beside
 * it. */
static bool is_stale(const struct parent *p)
{
	for (size_t i = 0; i < p->inputs.n; i++) {
		const struct input *in = &p->inputs.v[i];
		struct stat st;
		if (stat(in->path, &st) != 0)
			return true;
		int64_t mtime = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
		bool same =
			mtime == in->mtime_ns && (S_ISDIR(st.st_mode) || st.st_size == in->size);
		if (!same)
			return true;
	}
	return false;
}

static void on_ready(struct parent *p, struct tw_value msg)
{
	take_inputs(p, tw_map_value(msg, "inputs"));
	p->ready = true;
	p->pid = (pid_t)tw_map_int(msg, "pid", p->pid);
	p->rss = tw_map_int(msg, "rss", 0);
	if (p->key && tw_map_int(msg, "threads", 0) > 0)
		give_up_warm(p);
	else if (p->key)
		enforce_ceiling(p->py, p);
}

static void on_hello(struct parent *p, struct tw_value msg)
{
	p->ready = true;
	p->py->failures = 0;
	tw_debug("zygote is ready pid=%d python=" TW_STR_FMT, (int)p->pid,
		 TW_STR_ARG(tw_map_str(msg, "python", "?")));
}

static void on_warm_failed(struct tw_python *py, struct tw_value msg)
{
	/* Its socket ends too, and what waited for it is placed anew. */
	tw_warn("cannot fork a warm child: " TW_STR_FMT,
		TW_STR_ARG(tw_map_str(msg, "error", "unknown")));
}

static void on_frame(void *arg, struct tw_link *link, struct tw_str body, int *fds, size_t nfds)
{
	struct parent *p = arg;
	TW_AUTO(tw_arena_release) struct tw_arena a = {0};
	struct tw_value msg;
	struct tw_err err = {0};
	if (tw_json_parse(&a, body, &msg, &err) < 0) {
		tw_warn("a Python process sent what is no JSON: %s", err.msg);
		return;
	}
	struct tw_str op = tw_map_str(msg, "op", "");
	if (tw_str_is(op, "forked"))
		on_forked(p, msg);
	else if (tw_str_is(op, "exited"))
		on_exited(p, msg);
	else if (tw_str_is(op, "fork_failed"))
		on_fork_failed(p, msg);
	else if (tw_str_is(op, "ready"))
		on_ready(p, msg);
	else if (tw_str_is(op, "hello"))
		on_hello(p, msg);
	else if (tw_str_is(op, "warm_failed"))
		on_warm_failed(p->py, msg);
}

/* Deaths -------------------------------------------------------------------------------------- */

/* What a dead parent had not forked yet starts elsewhere; what it had forked runs on. */
static void orphan_launches(struct parent *p, const char *why)
{
	struct tw_map launches = p->launches;
	p->launches = (struct tw_map){0};
	tw_map_foreach(&launches, e)
	{
		struct tw_launch *l = e->value;
		l->parent = NULL;
		if (l->forked)
			continue;
		if (p->key && !l->cold)
			place_again(l);
		else
			launch_fail(l, tw_str(why));
	}
	tw_map_release(&launches);
}

static void list_remove(struct parent *p)
{
	if (p->prev)
		p->prev->next = p->next;
	else
		p->py->all = p->next;
	if (p->next)
		p->next->prev = p->prev;
}

static void parent_release(struct parent *p)
{
	tw_link_close(p->link);
	p->link = NULL;
	free(p->key);
	p->key = NULL;
	for (size_t i = 0; i < p->inputs.n; i++)
		free(p->inputs.v[i].path);
	tw_vec_release(&p->inputs);
	tw_map_release(&p->launches);
}

static void on_warm_end(struct parent *p)
{
	if (!p->stopped)
		tw_map_del(&p->py->warm, tw_str(p->key));
	p->stopped = true;
	orphan_launches(p, "its warm child died");
	list_remove(p);
	parent_release(p);
	free(p);
}

static void on_end(void *arg, struct tw_link *link, const struct tw_err *why)
{
	struct parent *p = arg;
	if (p->key) {
		on_warm_end(p);
		return;
	}
	/* The zygote: tasks are told when its process ends, which says more. */
	tw_link_close(p->link);
	p->link = NULL;
	if (p->py->running && !p->py->ending)
		tw_reaper_terminate(p->py->opts.reaper, p->pid, 2000);
	p->py->ending = p->py->running;
}

static const struct tw_link_ops link_ops = {.on_frame = on_frame, .on_end = on_end};

/* Those that came while the zygote was ending. */
static void place_waiting(struct tw_python *py)
{
	struct tw_map waiting = py->waiting;
	py->waiting = (struct tw_map){0};
	tw_map_foreach(&waiting, e)
	{
		struct tw_launch *l = e->value;
		struct tw_err err = {0};
		if (place(l, &err) < 0)
			launch_fail(l, tw_str(err.msg));
	}
	tw_map_release(&waiting);
}

static void on_zygote_exit(void *arg, const struct tw_exit *e)
{
	struct tw_python *py = arg;
	struct parent *z = &py->zygote;
	char why[200];
	if (e->signal)
		snprintf(why, sizeof why, "the Python zygote was killed by signal %d", e->signal);
	else
		snprintf(why, sizeof why, "the Python zygote (%s) exited with code %d%s",
			 py->opts.python, e->code,
			 z->ready ? "" : " before it was ready; see the runner's log");
	if (!py->ending || e->code != 0)
		tw_error("%s", why);
	py->running = py->ending = false;
	if (!z->ready)
		py->failures++;
	z->ready = false;
	tw_link_close(z->link);
	z->link = NULL;
	orphan_launches(z, why);
	place_waiting(py);
}

/* Starting ------------------------------------------------------------------------------------ */

static enum tw_rc spawn_zygote(struct tw_python *py, struct tw_err *err)
{
	extern char **environ;
	int pair[2];
	enum tw_rc rc = tw_python_socket(pair, err);
	if (rc < 0)
		return rc;
	TW_AUTO(tw_arena_release) struct tw_arena a = {0};
	TW_AUTO(tw_env_release) struct tw_env env = {.arena = &a};
	tw_env_add_list(&env, (const char *const *)environ);
	const char *old = getenv("PYTHONPATH");
	if (py->opts.sdk_path)
		tw_env_set(&env, TW_STR("PYTHONPATH"),
			   tw_str(old && *old ? tw_arena_printf(&a, "%s:%s", py->opts.sdk_path, old)
					      : py->opts.sdk_path));
	const char *const argv[] = {py->opts.python, "-m", "tradewind.zygote", "3", NULL};
	const struct tw_fd_map maps[] = {{-1, 0}, {2, 1}, {pair[1], ZYGOTE_FD}};
	const struct tw_proc_opts o = {
		.argv = argv, .envp = env.v, .fds = maps, .nfds = 3, .group = TW_PROC_OWN_GROUP};
	struct parent *z = &py->zygote;
	rc = tw_proc_spawn(&o, &z->pid, err);
	close(pair[1]);
	if (rc < 0) {
		close(pair[0]);
		return rc;
	}
	py->running = true;
	tw_reaper_watch(py->opts.reaper, z->pid, 0, on_zygote_exit, py);
	z->link = tw_link_new(py->opts.loop, pair[0], &link_ops, z);
	return TW_OK;
}

static enum tw_rc need_zygote(struct tw_python *py, struct tw_err *err)
{
	if (py->ending)
		return TW_ERR_AGAIN;
	if (py->running)
		return TW_OK;
	if (py->failures >= ZYGOTE_TRIES) {
		py->failures--; /* the next task gets one more try */
		return tw_err_set(err, TW_ERR_IO,
				  "the Python zygote (%s -m tradewind.zygote) does not start; see "
				  "the runner's log",
				  py->opts.python);
	}
	return spawn_zygote(py, err);
}

static void send_warm(struct tw_python *py, struct tw_launch *l, int fd)
{
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	struct tw_jw w = {.out = &b};
	tw_jw_obj(&w);
	tw_jw_key(&w, "op");
	tw_jw_cstr(&w, "warm");
	tw_jw_key(&w, "key");
	tw_jw_cstr(&w, l->key);
	tw_jw_key(&w, "file");
	tw_jw_cstr(&w, l->file);
	tw_jw_key(&w, "bundle_path");
	tw_jw_cstr(&w, l->bundle_path);
	tw_jw_key(&w, "compat");
	tw_jw_int(&w, l->compat);
	tw_jw_end(&w);
	(void)tw_link_send_fds(py->zygote.link, tw_buf_str(&b), &fd, 1, NULL);
	py->zygote.last_used = tw_monotonic();
}

/* The warm child of a key, made if need be; NULL when there can be none. */
static struct parent *warm_for(struct tw_python *py, struct tw_launch *l)
{
	struct parent *p = tw_map_get(&py->warm, tw_str(l->key));
	if (p)
		return p;
	int pair[2];
	if (tw_python_socket(pair, NULL) < 0)
		return NULL;
	p = tw_new(struct parent);
	p->py = py;
	p->key = tw_strdup(l->key);
	p->link = tw_link_new(py->opts.loop, pair[0], &link_ops, p);
	p->last_used = tw_monotonic();
	p->next = py->all;
	if (p->next)
		p->next->prev = p;
	py->all = p;
	tw_map_set(&py->warm, tw_str(p->key), p);
	send_warm(py, l, pair[1]);
	close(pair[1]);
	enforce_ceiling(py, p);
	return p;
}

/* Finds a parent for a launch that has none; fails when there can be no zygote. */
static enum tw_rc place(struct tw_launch *l, struct tw_err *err)
{
	struct tw_python *py = l->py;
	bool warm = !l->cold && *l->key && py->opts.warm_children > 0 &&
		    !tw_map_get(&py->cold_only, tw_str(l->key));
	struct parent *p = warm ? tw_map_get(&py->warm, tw_str(l->key)) : NULL;
	if (p && is_stale(p)) {
		stop_warm(p);
		p = NULL;
	}
	enum tw_rc rc = p ? TW_OK : need_zygote(py, err);
	if (rc == TW_ERR_AGAIN) {
		tw_map_set(&py->waiting, tw_str(l->attempt), l);
		return TW_OK;
	}
	if (rc < 0)
		return rc;
	if (!p && warm)
		p = warm_for(py, l);
	l->cold = p == NULL;
	hand_to(p ? p : &py->zygote, l);
	return TW_OK;
}

struct tw_launch *tw_python_launch(struct tw_python *py, const struct tw_python_origin *origin,
				   const char *attempt, const int fds[TW_LAUNCH_FDS],
				   const struct tw_launch_ops *ops, void *arg, struct tw_err *err)
{
	struct tw_launch *l = tw_new(struct tw_launch);
	*l = (struct tw_launch){
		.py = py,
		.attempt = tw_strdup(attempt),
		.key = tw_str_dup(origin->key),
		.file = tw_str_dup(origin->file),
		.bundle_path = tw_str_dup(origin->bundle_path),
		.compat = origin->compat,
		.cold = origin->unsafe_to_fork,
		.ops = ops,
		.arg = arg,
	};
	memcpy(l->fds, fds, sizeof l->fds);
	if (place(l, err) == TW_OK)
		return l;
	launch_free(l);
	return NULL;
}

/* Housekeeping -------------------------------------------------------------------------------- */

static void on_sweep(uv_timer_t *t)
{
	struct tw_python *py = t->data;
	int64_t limit = tw_monotonic() - (int64_t)py->opts.warm_idle_s * 1000000;
	tw_map_foreach(&py->warm, e)
	{
		struct parent *p = e->value;
		if (p->launches.len == 0 && p->last_used < limit)
			stop_warm(p);
	}
	struct parent *z = &py->zygote;
	if (py->running && !py->ending && z->ready && !py->all && z->launches.len == 0 &&
	    z->last_used < limit) {
		py->ending = true;
		(void)tw_link_send(z->link, TW_STR("{\"op\":\"quit\"}"), NULL);
	}
}

struct tw_python *tw_python_new(const struct tw_python_opts *opts)
{
	struct tw_python *py = tw_new(struct tw_python);
	py->opts = *opts;
	py->opts.python = tw_strdup(opts->python);
	py->zygote.py = py;
	py->sweep = tw_new(uv_timer_t);
	uv_timer_init(opts->loop, py->sweep);
	py->sweep->data = py;
	uint64_t each = (uint64_t)opts->warm_idle_s * 1000 / 4 + 1000;
	uv_timer_start(py->sweep, on_sweep, each, each);
	uv_unref((uv_handle_t *)py->sweep);
	return py;
}

static void on_timer_closed(uv_handle_t *h)
{
	free(h);
}

void tw_python_free(struct tw_python *py)
{
	if (!py)
		return;
	while (py->all) {
		struct parent *p = py->all;
		list_remove(p);
		parent_release(p);
		free(p);
	}
	tw_map_release(&py->waiting);
	tw_map_release(&py->warm);
	tw_map_release(&py->cold_only);
	if (py->running)
		tw_reaper_unwatch(py->opts.reaper, py->zygote.pid);
	parent_release(&py->zygote); /* at the end of its socket it ends its children and itself */
	uv_close((uv_handle_t *)py->sweep, on_timer_closed);
	free((char *)py->opts.python);
	free(py);
}
