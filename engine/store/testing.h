/*
 * What the store's tests share: a metastore in memory or in a file, a clock that stands still, rows with
 * short names. Only x_test.c files include this.
 */
#pragma once

#include "base/testing.h"
#include "store/dags.h"
#include "store/house.h"
#include "store/runs.h"
#include "store/tis.h"
#include "store/vault.h"
#include "store/xcoms.h"

#define T0 1767225600000000LL /* 2026-01-01 00:00 UTC */
#define S(lit) TW_STR(lit)

static TW_UNUSED int64_t test_now = T0;
static inline int64_t test_clock(void)
{
	return test_now;
}

#define ok(call)                                                                                   \
	do {                                                                                       \
		struct tw_err *e_ = &test_err;                                                     \
		enum tw_rc rc_ = (call);                                                           \
		if (rc_ < 0)                                                                       \
			fail_msg("%s: %d %s", #call, rc_, e_->msg);                                \
	} while (0)

static TW_UNUSED struct tw_err test_err;

static inline struct tw_store *test_open_with(struct tw_store_opts o)
{
	struct tw_store *s = NULL;

	if (!o.url)
		o.url = "sqlite://";
	o.now = test_clock;
	ok(tw_store_open(&o, &s, &test_err));
	return s;
}

static inline struct tw_store *test_open(void)
{
	return test_open_with((struct tw_store_opts){ .mode = TW_STORE_MIGRATE });
}

static inline struct tw_run_row test_run(const char *dag_id, const char *run_id, enum tw_run_state state, tw_time date)
{
	return (struct tw_run_row){ .dag_id = tw_str(dag_id), .run_id = tw_str(run_id), .state = state,
				    .type = TW_RUNTYPE_SCHEDULED, .logical_date = date, .interval_start = date,
				    .interval_end = date, .run_after = date > 0 ? date : T0, .queued_at = T0,
				    .start_date = TW_TIME_NONE, .end_date = TW_TIME_NONE, .updated_at = T0,
				    .last_scheduling_decision = TW_TIME_NONE };
}

static inline struct tw_id test_id(int n)
{
	struct tw_id id = { { 1, 2, 3, 4, 5, 6, 0x70, 8, 0x80 } };

	id.b[12] = (uint8_t)(n >> 24);
	id.b[13] = (uint8_t)(n >> 16);
	id.b[14] = (uint8_t)(n >> 8);
	id.b[15] = (uint8_t)n;
	return id;
}

static inline struct tw_ti_row test_ti(int id, const char *dag_id, const char *run_id, const char *task_id,
				       enum tw_ti_state state)
{
	return (struct tw_ti_row){ .id = test_id(id), .dag_id = tw_str(dag_id), .run_id = tw_str(run_id),
				   .task_id = tw_str(task_id), .map_index = -1, .state = state, .try_number = 1,
				   .max_tries = 1, .scheduled_dttm = TW_TIME_NONE, .queued_dttm = TW_TIME_NONE,
				   .start_date = TW_TIME_NONE, .end_date = TW_TIME_NONE,
				   .last_heartbeat = TW_TIME_NONE, .next_retry = TW_TIME_NONE,
				   .reschedule_start = TW_TIME_NONE, .updated_at = TW_TIME_NONE,
				   .trigger_timeout = TW_TIME_NONE, .pool = S("default_pool"), .pool_slots = 1,
				   .priority_weight = 1, .operator_name = S("BashOperator") };
}

static inline void test_commit_run(struct tw_store *s, const struct tw_run_row *run, const struct tw_ti_row *tis,
				   size_t n)
{
	struct tw_batch b = { 0 };

	tw_batch_run_new(&b, run);
	for (size_t i = 0; i < n; i++)
		tw_batch_ti_new(&b, &tis[i]);
	ok(tw_store_commit(s, &b, &test_err));
	tw_batch_release(&b);
}
