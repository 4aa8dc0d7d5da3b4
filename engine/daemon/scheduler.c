#include "daemon/scheduler.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "daemon/crypt.h"
#include "daemon/job.h"
#include "daemon/requests.h"
#include "daemon/shell.h"
#include "daemon/timetable.h"
#include "io/clock.h"
#include "io/doorbell.h"
#include "io/file.h"
#include "io/proc.h"
#include "io/token.h"
#include "io/zoneinfo.h"
#include "store/house.h"


tw_time shell_now(struct shell *sh)
{
	return tw_now();
}

void shell_fail(struct shell *sh, const struct tw_err *err)
{
	tw_log(TW_LOG_CRITICAL, "the scheduler stops here and starts again from the metastore: %s", err->msg);
	sh->status = 1;
	sh->stopping = true;
	uv_stop(&sh->loop);
}

static void on_signal(uv_signal_t *sig, int signum)
{
	struct shell *sh = sig->data;

	tw_info("stopping");
	sh->stopping = true;
	uv_stop(&sh->loop);
}

static void on_tick(uv_timer_t *t)
{
	struct shell *sh = t->data;
	struct tw_event ev = { .type = TW_EV_TICK, .at = shell_now(sh) };
	struct tw_err err = { 0 };

	if (shell_step(sh, &ev, &err) < 0)
		tw_warn("tick: %s", err.msg);
	alarms_ring(sh);
}

static void on_bell(void *arg)
{
	struct shell *sh = arg;

	sh->inbox_rung = true;
}

/* What documents and large runs took goes back to the system when nothing is under way. */
static void rest(struct shell *sh)
{
	struct tw_sched_stats st;

	tw_sched_stats(sh->core, &st);
	if (!sh->worked || sh->writing || st.scheduled + st.queued + st.running)
		return;
	sh->worked = false;
	tw_store_rest(sh->reader);
	tw_store_rest(sh->writer);
	tw_mem_give_back();
}

/* Signs of life, and a look into the inbox in case a bell was not heard. */
static void on_beat(uv_timer_t *t)
{
	struct shell *sh = t->data;

	sh->inbox_rung = true;
	remote_beats(sh);
	requests_alive(sh);
	stats_beat(sh);
	rest(sh);
}

static void on_round(uv_prepare_t *p)
{
	turn_flush(p->data);
}

static bool is_healthy(void *arg)
{
	struct shell *sh = arg;

	return !sh->stopping && tw_now() - atomic_load(&sh->beaten) < sh->opts->health_timeout;
}

static enum tw_rc serve_health(struct shell *sh, struct tw_err *err)
{
	atomic_store(&sh->beaten, tw_now());
	if (!sh->opts->health_host)
		return TW_OK;
	return tw_healthport_new(&sh->loop, sh->opts->health_host, sh->opts->health_port, is_healthy, sh, &sh->health, err);
}

static enum tw_rc open_stores(struct shell *sh, struct tw_crypt *crypt, struct tw_err *err)
{
	struct tw_store_opts opts = {
		.url = sh->opts->store_url,
		.mode = TW_STORE_CHECK,
		.relaxed = sh->opts->store_relaxed
	};
	enum tw_rc rc;

	tw_crypt_hook(crypt, &opts);
	opts.checkpoints = TW_CHECKPOINTS_BY_OTHERS;
	rc = tw_store_open(&opts, &sh->reader, err);
	opts.checkpoints = TW_CHECKPOINTS_ASIDE;
	return rc < 0 ? rc : tw_store_open(&opts, &sh->writer, err);
}

static enum tw_rc make_executors(struct shell *sh, struct tw_err *err)
{
	static const char *runner_argv[3];
	struct tw_executor_opts opts = {
		.loop = &sh->loop,
		.sink = news_sink(sh),
		.home = sh->opts->paths->home,
		.runner_argv = runner_argv,
		.parallelism = sh->opts->parallelism,
	};

	runner_argv[0] = sh->opts->paths->self;
	runner_argv[1] = "runner";
	return tw_executors_new(&opts, tw_str(sh->opts->executor), &sh->executors, err);
}

static enum tw_rc set_up(struct shell *sh, struct tw_err *err)
{
	struct tw_sched_config core = sh->opts->core;
	enum tw_rc rc;

	tw_random(&core.seed, sizeof core.seed);
	rc = tw_statsd_new(&sh->opts->statsd, &sh->statsd, err);
	if (rc == TW_OK)
		rc = make_executors(sh, err);
	if (rc == TW_OK) {
		core.default_executor = tw_str(sh->executors.v[0]->name);
		core.loading = true; /* until boot_load has told everything */
		sh->core = tw_sched_new(&core);
		rc = boot_lease(sh, err);
	}
	if (rc == TW_OK)
		rc = tw_bell_new(&sh->loop, sh->opts->paths->bell, on_bell, sh, &sh->bell, err);
	if (rc < 0)
		return rc;
	sh->gathering = turn_new(sh);
	if ((rc = tw_job_begin(sh->reader, "SchedulerJob", sh->opts->executor, &sh->job_id, err)) < 0 || (rc = boot_load(sh, err)) < 0 ||
	    (rc = turn_writer_start(sh, err)) < 0 || (rc = requests_start(sh, err)) < 0 ||
	    (rc = serve_health(sh, err)) < 0)
		return rc;
	for (size_t i = 0; i < sh->executors.n; i++)
		if ((rc = tw_executor_start(sh->executors.v[i], err)) < 0)
			return rc;
	boot_adopt(sh);
	sh->inbox_rung = true;
	return TW_OK;
}

static void set_handles(struct shell *sh)
{
	uv_timer_init(&sh->loop, &sh->tick);
	uv_timer_init(&sh->loop, &sh->beat);
	uv_prepare_init(&sh->loop, &sh->prepare);
	uv_signal_init(&sh->loop, &sh->term);
	uv_signal_init(&sh->loop, &sh->intr);
	sh->tick.data = sh->beat.data = sh->prepare.data = sh->term.data = sh->intr.data = sh;
	uv_timer_start(&sh->tick, on_tick, 0, 0);
	uv_timer_start(&sh->beat, on_beat, (uint64_t)sh->opts->beat_ms, (uint64_t)sh->opts->beat_ms);
	uv_prepare_start(&sh->prepare, on_round);
	uv_signal_start(&sh->term, on_signal, SIGTERM);
	uv_signal_start(&sh->intr, on_signal, SIGINT);
}

static void close_handle(uv_handle_t *h, void *arg)
{
	if (!uv_is_closing(h))
		uv_close(h, NULL);
}

/* Waits for the turn that is being written, so that a stop loses nothing that was decided. */
static void tear_down(struct shell *sh)
{
	if (sh->writer_thread)
		turn_writer_stop(sh);
	uv_timer_stop(&sh->tick); /* the loop runs on below, for the last frames only */
	uv_timer_stop(&sh->beat);
	uv_prepare_stop(&sh->prepare);
	requests_stop(sh);
	timetables_free(sh->timetables);
	sh->timetables = NULL;
	/* A supervisor that was killed did not mean the tasks to end. */
	tw_executors_free(&sh->executors, sh->opts->supervisor && getppid() == sh->opts->supervisor && !sh->status);
	tw_bell_free(sh->bell);
	tw_healthport_free(sh->health);
	turn_free(sh->writing); /* it is in the metastore; whoever comes next does what follows from it */
	turn_free(sh->gathering);
	sh->writing = sh->gathering = NULL;
	tw_sched_free(sh->core);
	if (sh->reader && sh->job_id)
		tw_store_job_end(sh->reader, sh->job_id, sh->status ? "failed" : "success", tw_now(), NULL);
	if (sh->reader && sh->lease.epoch)
		tw_store_lease_give_up(sh->reader, sh->lease.name, sh->lease.epoch, NULL);
	tw_store_close(sh->reader);
	tw_store_close(sh->writer);
	tw_map_foreach(&sh->versions, e) {
		struct version *v = e->value;

		tw_dag_unref(v->dag);
		free(v);
	}
	tw_map_release(&sh->versions);
	filekey_release(sh);
	attempts_release(sh);
	tw_map_foreach(&sh->run_contexts, e)
		free(e->value);
	tw_map_release(&sh->run_contexts);
	tw_statsd_free(sh->statsd);
	alarms_release(&sh->alarms);
	listeners_release(&sh->listeners);
	tw_map_release(&sh->pools);
	tw_arena_release(&sh->lease_arena);
	for (int i = 0; i < 10; i++)
		uv_run(&sh->loop, UV_RUN_NOWAIT); /* the last frames leave */
	uv_walk(&sh->loop, close_handle, NULL);
	uv_run(&sh->loop, UV_RUN_DEFAULT);
	uv_loop_close(&sh->loop);
	tw_zones_release(&sh->zones);
}

int tw_scheduler_run(const struct tw_scheduler_options *opts, struct tw_err *err)
{
	struct shell sh = { .opts = opts, .zones = { .load = tw_zoneinfo_load } };
	struct tw_crypt crypt = { 0 };

	tw_log_component("scheduler");
	uv_loop_init(&sh.loop);
	pthread_mutex_init(&sh.lock, NULL);
	pthread_mutex_init(&sh.write_lock, NULL);
	pthread_cond_init(&sh.work, NULL);
	if (tw_crypt_init(&crypt, tw_str(opts->fernet_keys), err) < 0 || open_stores(&sh, &crypt, err) < 0 ||
	    set_up(&sh, err) < 0) {
		sh.status = 1;
		sh.stopping = true;
	} else {
		set_handles(&sh);
		tw_info("ready executor=%s", opts->executor);
		uv_run(&sh.loop, UV_RUN_DEFAULT);
	}
	tear_down(&sh);
	return sh.status;
}
