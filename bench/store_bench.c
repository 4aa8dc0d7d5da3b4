/*
 * How fast the metastore takes batches: commits per second of 1 and of 32 task-instance updates,
 * inserts of a whole run, pages of a list over many instances, 10,000 DAGs. Usage: store_bench [instances in
 * the list, default 20000]
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/file.h"
#include "store/dags.h"
#include "store/runs.h"
#include "store/tis.h"

static struct tw_err err;

static void must(enum tw_rc rc)
{
	if (rc < 0) {
		fprintf(stderr, "store_bench: %s\n", err.msg);
		exit(1);
	}
}

static struct tw_id id_of(int n)
{
	struct tw_id id = {{1, 2, 3, 4, 5, 6, 0x70, 8, 0x80}};

	for (int i = 0; i < 4; i++)
		id.b[12 + i] = (uint8_t)(n >> (24 - 8 * i));
	return id;
}

static struct tw_ti_row ti_of(int n, const char *run, char *task)
{
	struct tw_ti_row t = {.id = id_of(n),
			      .dag_id = TW_STR("bench_dag"),
			      .run_id = tw_str(run),
			      .task_id = tw_str(task),
			      .map_index = -1,
			      .pool = TW_STR("default_pool"),
			      .queue = TW_STR("default"),
			      .operator_name = TW_STR("BashOperator"),
			      .pool_slots = 1,
			      .priority_weight = 1};

	t.scheduled_dttm = t.queued_dttm = t.start_date = t.end_date = t.last_heartbeat =
		TW_TIME_NONE;
	t.next_retry = t.reschedule_start = t.updated_at = t.trigger_timeout = TW_TIME_NONE;
	return t;
}

/* A run with n instances in one batch; microseconds it took. */
static int64_t add_run(struct tw_store *s, const char *run_id, int first, int n,
		       struct tw_ti_row *rows, struct tw_arena *a)
{
	int64_t begin = tw_monotonic();
	struct tw_run_row run = {.dag_id = TW_STR("bench_dag"),
				 .run_id = tw_str(run_id),
				 .state = TW_RUN_RUNNING,
				 .logical_date = TW_TIME_NONE,
				 .run_after = tw_now(),
				 .interval_start = TW_TIME_NONE,
				 .interval_end = TW_TIME_NONE,
				 .queued_at = tw_now(),
				 .start_date = tw_now(),
				 .end_date = TW_TIME_NONE,
				 .updated_at = TW_TIME_NONE,
				 .last_scheduling_decision = TW_TIME_NONE};
	struct tw_batch b = {0};

	tw_batch_run_new(&b, &run);
	for (int i = 0; i < n; i++) {
		rows[i] = ti_of(first + i, run_id, tw_arena_printf(a, "task_number_%d", i));
		tw_batch_ti_new(&b, &rows[i]);
	}
	must(tw_store_commit(s, &b, &err));
	tw_batch_release(&b);
	return tw_monotonic() - begin;
}

static void updates(struct tw_store *s, struct tw_ti_row *rows, int nrows, int per_commit,
		    int commits, const char *what)
{
	int64_t begin = tw_monotonic(), us;
	struct tw_batch b = {0};

	for (int c = 0; c < commits; c++) {
		tw_batch_clear(&b);
		for (int i = 0; i < per_commit; i++) {
			struct tw_ti_row *t = &rows[(c * per_commit + i) % nrows];

			t->state = t->state == TW_TI_RUNNING ? TW_TI_SUCCESS : TW_TI_RUNNING;
			t->start_date = tw_now();
			tw_batch_ti(&b, t, -1, TW_TICOL_ALL);
		}
		must(tw_store_commit(s, &b, &err));
	}
	us = tw_monotonic() - begin;
	tw_batch_release(&b);
	printf("%-44s %9.0f commits/s  %9.0f updates/s\n", what, commits * 1e6 / (double)us,
	       (double)commits * per_commit * 1e6 / (double)us);
}

static void pages(struct tw_store *s, const char *what, struct tw_ask ask)
{
	struct tw_arena a = {0};
	struct tw_ti_view *v;
	int64_t worst = 0, sum = 0, total;
	size_t n;

	for (int i = 0; i < 50; i++) {
		int64_t begin = tw_monotonic(), us;

		must(tw_store_tis(s, &ask, &a, &v, &n, &total, &err));
		us = tw_monotonic() - begin;
		sum += us;
		worst = us > worst ? us : worst;
		tw_arena_clear(&a);
	}
	tw_arena_release(&a);
	printf("%-44s %9.2f ms mean  %9.2f ms worst\n", what, (double)sum / 50e3,
	       (double)worst / 1e3);
}

static void lists(struct tw_store *s, int64_t instances)
{
	struct tw_cond failed = {.field = "state", .op = TW_OP_EQ, .text = TW_STR("failed")};
	struct tw_cond of_run[] = {{.field = "dag_id", .op = TW_OP_EQ, .text = TW_STR("bench_dag")},
				   {.field = "run_id", .op = TW_OP_EQ, .text = TW_STR("run_1")}};
	const char *by_start[] = {"-start_date"};

	pages(s, "list, first page of 100", (struct tw_ask){.limit = 100});
	pages(s, "list, last page of 100",
	      (struct tw_ask){.limit = 100, .offset = instances - 100});
	pages(s, "list, by -start_date",
	      (struct tw_ask){.limit = 100, .order_by = by_start, .norder = 1});
	pages(s, "list, state failed, counted",
	      (struct tw_ask){.limit = 100, .conds = &failed, .nconds = 1, .count = true});
	pages(s, "list, one run, counted",
	      (struct tw_ask){.limit = 100, .conds = of_run, .nconds = 2, .count = true});
	pages(s, "list, all, counted up to 10,000",
	      (struct tw_ask){.limit = 100, .count = true, .count_cap = 10000});
}

#define NDAGS 10000

/* All DAGs, one file each, 100 files in a transaction; microseconds. */
static int64_t put_dags(struct tw_store *s, struct tw_arena *a)
{
	static struct tw_dag_put d[100];
	static struct tw_file_put f[100];
	static char document[4001];
	struct tw_str tags[] = { TW_STR("etl"), TW_STR("daily") };
	int64_t begin = tw_monotonic();

	memset(document, ' ', sizeof document - 1);
	for (int i = 0; i < NDAGS; i++) {
		int k = i % 100;

		d[k] = (struct tw_dag_put){
			.dag = { .dag_id = tw_str(tw_arena_printf(a, "dag_%05d", i)), .tags = tags, .ntags = 2 },
			.document = tw_str(document),
			.hash = TW_STR("0123456789abcdef"),
			.source = tw_strn(document, 1000),
		};
		f[k] = (struct tw_file_put){ .bundle_name = TW_STR("dags-folder"), .dags = &d[k], .ndags = 1,
					     .fileloc = d[k].dag.dag_id, .relative_fileloc = d[k].dag.dag_id,
					     .parsed_at = tw_now() };
		if (k == 99)
			must(tw_store_files_put(s, f, 100, a, &err));
	}
	return tw_monotonic() - begin;
}

static void dags(struct tw_store *s)
{
	struct tw_cond active = { .field = "is_stale", .op = TW_OP_EQ, .num = 0 };
	struct tw_ask ask = { .limit = 100, .count = true, .conds = &active, .nconds = 1 };
	struct tw_arena a = { 0 };
	struct tw_dag_row *v;
	int64_t us, total;
	size_t n;

	us = put_dags(s, &a);
	printf("%-44s %9.0f DAGs/s\n", "new DAGs", NDAGS * 1e6 / (double)us);
	us = put_dags(s, &a);
	printf("%-44s %9.0f DAGs/s\n", "the same again", NDAGS * 1e6 / (double)us);
	us = tw_monotonic();
	for (int i = 0; i < 100; i++) {
		ask.offset = i * 100;
		must(tw_store_dags(s, &ask, &a, &v, &n, &total, &err));
		tw_arena_clear(&a);
	}
	us = tw_monotonic() - us;
	printf("%-44s %9.2f ms mean\n", "list of 100 DAGs of 10,000, counted", (double)us / 100e3);
	tw_arena_release(&a);
}

int main(int argc, char **argv)
{
	int instances = argc > 1 ? atoi(argv[1]) : 20000, per_run = 1000, n = 0;
	char dir[] = "/tmp/store-bench-XXXXXX", url[64];
	struct tw_store_opts opts = {.url = url, .mode = TW_STORE_MIGRATE};
	struct tw_ti_row *rows = tw_alloc((size_t)per_run * sizeof *rows);
	struct tw_arena a = {0};
	struct tw_live live;
	struct tw_store *s;
	int64_t us = 0;

	if (!mkdtemp(dir))
		return 1;
	snprintf(url, sizeof url, "sqlite:///%s/bench.db", dir);
	must(tw_store_open(&opts, &s, &err));
	for (int r = 0; n < instances; r++, n += per_run)
		us += add_run(s, tw_arena_printf(&a, "run_%d", r), n, per_run, rows, &a);
	printf("%-44s %9.0f rows/s\n", "runs of 1,000 instances, one commit each",
	       n * 1e6 / (double)us);
	updates(s, rows, per_run, 1, 1000, "1 update a commit");
	updates(s, rows, per_run, 32, 300, "32 updates a commit");
	lists(s, n);
	dags(s);
	us = tw_monotonic();
	must(tw_store_live(s, &a, &live, &err));
	us = tw_monotonic() - us;
	printf("%-44s %9.0f instances/s\n", "loading what is unfinished",
	       (double)n * 1e6 / (double)us);
	tw_store_close(s);
	tw_arena_release(&a);
	free(rows);
	tw_file_remove_tree(dir, NULL);
	return 0;
}
