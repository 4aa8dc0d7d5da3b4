/*
 * What a task costs the core: DAGs of 1,000 to 100,000 tasks, in layers, finished as soon as they are
 * dispatched. The cost per task must not grow with the DAG. Prints one line per shape and size.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/sched.h"

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Layers of `width`; each task has `fan` upstreams in the layer before. width 1 is a chain. */
static struct tw_dag *layered(int n, int width, int fan, const char *native, struct tw_zones *zones)
{
	struct tw_buf j = { 0 };
	struct tw_dag *d = NULL;
	struct tw_err err;

	tw_buf_adds(&j, "{\"dag_id\":\"bench\",\"max_active_tasks\":100000,\"tasks\":[");
	for (int i = 0; i < n; i++) {
		int layer = i / width, at = i % width;
		tw_buf_printf(&j, "%s{\"task_id\":\"t%d\"%s,\"upstream\":[", i ? "," : "", i, native);
		for (int k = 0; layer && k < fan && k < width; k++)
			tw_buf_printf(&j, "%s\"t%d\"", k ? "," : "", (layer - 1) * width + (at + k) % width);
		tw_buf_adds(&j, "]}");
	}
	tw_buf_adds(&j, "]}");
	if (tw_dag_parse_json(tw_buf_str(&j), zones, &d, &err) < 0) {
		fprintf(stderr, "%s\n", err.msg);
		exit(1);
	}
	tw_buf_release(&j);
	return d;
}

static tw_time clock_us = 1767225600 * TW_US_SEC;
static TW_VEC(struct tw_id) open_ids;
static long rows;

static void take(struct tw_effects *fx)
{
	for (size_t i = 0; i < fx->dispatch.n; i++)
		tw_vec_push(&open_ids, fx->dispatch.v[i].ti.id);
	rows += (long)fx->tis.n;
	tw_effects_free(fx);
}

static void one(struct tw_sched *s, struct tw_event ev)
{
	struct tw_effects *fx = tw_effects_new();
	struct tw_err err;

	ev.at = ++clock_us;
	if (tw_sched_step(s, &ev, fx, &err) < 0) {
		fprintf(stderr, "%s\n", err.msg);
		exit(1);
	}
	take(fx);
}

/* What is open starts and ends; up to 100 reports share a turn, as in a daemon under load. */
static void work(struct tw_sched *s)
{
	while (open_ids.n) {
		struct tw_effects *fx = tw_effects_new();
		size_t n = open_ids.n < 100 ? open_ids.n : 100;
		for (size_t i = 0; i < n; i++) {
			struct tw_id id = open_ids.v[--open_ids.n];
			struct tw_event a = { .type = TW_EV_STARTED, .at = ++clock_us,
					      .started = { .attempt = id, .pid = 1, .hostname = TW_STR("h") } };
			struct tw_event b = { .type = TW_EV_FINISHED, .at = ++clock_us,
					      .finished = { .attempt = id, .mapped_length = -1 } };
			tw_sched_step(s, &a, fx, NULL);
			tw_sched_step(s, &b, fx, NULL);
		}
		take(fx);
	}
}

static void measure(const char *shape, int n, int width, int fan, const char *native)
{
	struct tw_zones zones = { 0 };
	struct tw_sched_config cfg = tw_sched_config_default();
	double t0 = now_s();
	struct tw_dag *d = layered(n, width, fan, native, &zones);
	double t1 = now_s();

	cfg.parallelism = 0;
	struct tw_sched *s = tw_sched_new(&cfg);
	one(s, (struct tw_event){ .type = TW_EV_POOL, .pool = { .name = TW_STR("default_pool"), .slots = 128 } });
	one(s, (struct tw_event){ .type = TW_EV_DAG, .dag = { .dag = d, .last_run.run_after = TW_TIME_NONE } });
	rows = 0;
	double t2 = now_s();
	struct tw_run_row row = { .dag_id = TW_STR("bench"), .run_id = TW_STR("r"), .logical_date = TW_TIME_NONE,
				  .interval_start = TW_TIME_NONE, .interval_end = TW_TIME_NONE, .run_after = TW_TIME_NONE };
	one(s, (struct tw_event){ .type = TW_EV_RUN_NEW, .run_new = { .row = row } });
	double t3 = now_s();
	work(s);
	double t4 = now_s();
	struct tw_run_row end;
	bool ok = tw_sched_run(s, (struct tw_run_ref){ TW_STR("bench"), TW_STR("r") }, &end) && end.state == TW_RUN_SUCCESS;
	printf("%-22s %7d tasks: parse %6.2f, make run %5.2f, run %5.2f us/task, %ld rows%s\n", shape, n,
	       (t1 - t0) / n * 1e6, (t3 - t2) / n * 1e6, (t4 - t3) / n * 1e6, rows, ok ? "" : "  NOT A SUCCESS");
	tw_sched_free(s);
	tw_dag_unref(d);
	tw_zones_release(&zones);
}

int main(void)
{
	static const int sizes[] = { 1000, 10000, 100000 };

	for (int i = 0; i < 3; i++)
		measure("layers of 100, fan 3", sizes[i], 100, 3, "");
	for (int i = 0; i < 3; i++)
		measure("independent", sizes[i], sizes[i], 0, "");
	for (int i = 0; i < 3; i++)
		measure("chain", sizes[i], 1, 1, "");
	for (int i = 0; i < 3; i++)
		measure("empty, layers, fan 3", sizes[i], 100, 3, ",\"native\":\"empty\"");
	tw_vec_release(&open_ids);
	return 0;
}
