/* How long until the next try, against what real Airflow waits (tests/compat/core/retry-delays.tsv). */
#include "core/testing.h"

#include "time/instant.h"

#define COLUMNS 8

static const struct script always_fails[] = { { "*", ANY, .outcome = TW_OUT_FAILED }, { 0 } };

static void begin(struct world *w, char *col[COLUMNS], struct script *script)
{
	struct tw_buf doc = { 0 };
	struct tw_run_row run = blank_run(col[0], "r");
	struct tw_err err = { 0 };

	tw_buf_printf(&doc,
		      "{\"dag_id\":\"%s\",\"tasks\":[{\"task_id\":\"%s\",\"retries\":40,\"retry_delay\":%s,"
		      "\"retry_exponential_backoff\":%s%s%s}]}",
		      col[0], col[1], col[3], col[4], *col[5] ? ",\"max_retry_delay\":" : "", col[5]);
	script->task = col[1];
	world_open(w);
	world_pool(w, "default_pool", 128, false);
	world_dag(w, doc.p, false);
	w->script = script;
	run.logical_date = TW_TIME_NONE;
	if (*col[2] && tw_time_parse(tw_str(col[2]), NULL, &run.logical_date, &err) < 0)
		fail_msg("%s", err.msg);
	step(w, (struct tw_event){ .type = TW_EV_RUN_NEW, .run_new = { .row = run } });
	if (w->rc < 0)
		fail_msg("%s", w->err.msg);
	tw_buf_release(&doc);
}

/* The wait after the attempt of that number. */
static int64_t wait_after(struct world *w, char *col[COLUMNS], int try_number)
{
	struct tw_ti_row row = { 0 };

	for (int i = 1; i <= try_number; i++) {
		world_go(w, false);
		if (!tw_sched_ti(w->s, (struct tw_run_ref){ tw_str(col[0]), tw_str("r") }, tw_str(col[1]), -1, &row))
			fail_msg("no instance");
		if (row.try_number != i)
			fail_msg("try %d, not %d", row.try_number, i);
		if (i < try_number) {
			w->now = row.next_retry;
			world_later(w, 0);
		}
	}
	return row.next_retry - row.end_date;
}

static void one_row(char *line)
{
	struct script script[2] = { always_fails[0], { 0 } };
	char *col[COLUMNS], *rest = line;
	struct world w;
	int64_t got, want;

	for (int i = 0; i < COLUMNS; i++)
		col[i] = strsep(&rest, "\t");
	want = (int64_t)(atof(col[7]) * 1e6 + 0.5);
	if (!want)
		return; /* no wait: the next attempt is out already */
	begin(&w, col, script);
	got = wait_after(&w, col, atoi(col[6]));
	if (got != want)
		fail_msg("%s#%s %s delay %s, multiplier %s, most %s, try %s: %lld µs, Airflow %s s", col[0], col[1], col[2],
			 col[3], col[4], col[5], col[6], (long long)got, col[7]);
	world_close(&w);
}

static void as_airflow_waits(void **state)
{
	struct tw_buf text = tw_test_read("tests/compat/core/retry-delays.tsv");
	char *rest = text.p, *line;
	int n = 0;

	while ((line = strsep(&rest, "\n"))) {
		if (!*line || *line == '#')
			continue;
		one_row(line);
		n++;
	}
	assert_true(n > 600);
	tw_buf_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(as_airflow_waits) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
