/* Variables, connections, pools, the audit log, jobs, counts, cleaning. */
#include "store/testing.h"

#include "io/clock.h"
#include "io/token.h"
#include "store/query.h"

static struct tw_arena a;
static struct tw_store *s;

static enum tw_rc encrypt(void *arg, struct tw_str in, struct tw_buf *out, struct tw_err *err)
{
	tw_fernet_encrypt(arg, in, tw_now(), out);
	return TW_OK;
}

static enum tw_rc decrypt(void *arg, struct tw_str in, struct tw_buf *out, struct tw_err *err)
{
	return tw_fernet_decrypt(arg, in, out, err);
}

static struct tw_fernet fernet;

static int setup(void **state)
{
	char key[45];

	tw_fernet_generate(key);
	ok(tw_fernet_init(&fernet, tw_str(key), &test_err));
	s = test_open_with((struct tw_store_opts){.mode = TW_STORE_MIGRATE,
						  .encrypt = encrypt,
						  .decrypt = decrypt,
						  .crypt_arg = &fernet});
	return 0;
}

static int teardown(void **state)
{
	tw_store_close(s);
	tw_arena_release(&a);
	return 0;
}

static void variables(void **state)
{
	struct tw_variable_row v = {.key = S("k"), .value = S("secret"), .description = S("what")},
			       got, *all;
	int64_t total, n;
	size_t k;

	ok(tw_store_variable_put(s, &v, TW_PUT_INSERT, &test_err));
	assert_int_equal(tw_store_variable_put(s, &v, TW_PUT_INSERT, &test_err), TW_ERR_EXISTS);
	assert_string_equal(test_err.msg, "the variable 'k' exists already");
	ok(tw_q_number(s, &n, &test_err, "select count(*) from variable where val like '%secret%'",
		       ""));
	assert_int_equal(n, 0);
	ok(tw_store_variable(s, S("k"), &a, &got, &test_err));
	tw_assert_str(got.value, "secret");
	assert_true(got.is_encrypted);
	v.value = S("");
	ok(tw_store_variable_put(s, &v, TW_PUT_UPSERT, &test_err));
	ok(tw_store_variable(s, S("k"), &a, &got, &test_err));
	assert_int_equal(got.value.n, 0);
	v.key = S("other");
	assert_int_equal(tw_store_variable_put(s, &v, TW_PUT_UPDATE, &test_err), TW_ERR_NOT_FOUND);
	ok(tw_store_variables(s, &(struct tw_ask){.limit = -1, .count = true}, &a, &all, &k, &total,
			      &test_err));
	assert_int_equal(total, 1);
	ok(tw_store_variable_delete(s, S("k"), &test_err));
	assert_int_equal(tw_store_variable_delete(s, S("k"), &test_err), TW_ERR_NOT_FOUND);
}

static void connections_and_a_new_key(void **state)
{
	struct tw_connection_row c = {.conn_id = S("pg"),
				      .conn_type = S("postgres"),
				      .host = S("h"),
				      .login = S("u"),
				      .password = S("pw"),
				      .extra = S("{\"a\":1}"),
				      .port = 5432};
	struct tw_connection_row got, *all;
	struct tw_fernet old = fernet;
	char key[45];
	int64_t n;
	size_t k;

	ok(tw_store_connection_put(s, &c, TW_PUT_UPSERT, &test_err));
	ok(tw_store_connection(s, S("pg"), &a, &got, &test_err));
	tw_assert_str(got.password, "pw");
	tw_assert_str(got.extra, "{\"a\":1}");
	assert_int_equal(got.port, 5432);
	assert_null(got.schema.p);
	c.password = (struct tw_str){0};
	c.port = 0;
	ok(tw_store_connection_put(s, &c, TW_PUT_UPDATE, &test_err));
	ok(tw_store_connection(s, S("pg"), &a, &got, &test_err));
	assert_null(got.password.p);
	assert_false(got.is_encrypted);
	assert_true(got.is_extra_encrypted);

	/* rotation: new key first, old one behind it */
	tw_fernet_generate(key);
	ok(tw_fernet_init(&fernet, tw_str(key), &test_err));
	fernet.n = 2;
	memcpy(fernet.key[1], old.key[0], sizeof old.key[0]);
	ok(tw_store_vault_rotate(s, &n, &test_err));
	assert_int_equal(n, 1);
	fernet.n = 1;
	ok(tw_store_connection(s, S("pg"), &a, &got, &test_err));
	tw_assert_str(got.extra, "{\"a\":1}");

	/* a lost key: named when asked for by name, null in a list */
	fernet = old;
	assert_int_equal(tw_store_connection(s, S("pg"), &a, &got, &test_err), TW_ERR_DENIED);
	assert_string_equal(test_err.msg,
			    "connection 'pg': no key of [core] fernet_key decrypts the value");
	ok(tw_store_connections(s, &TW_ASK_ALL, &a, &all, &k, NULL, &test_err));
	assert_int_equal(k, 1);
	assert_null(all[0].extra.p);
	ok(tw_store_connection_delete(s, S("pg"), &test_err));
	assert_int_equal(tw_store_connection(s, S("pg"), &a, &got, &test_err), TW_ERR_NOT_FOUND);
}

static void pools(void **state)
{
	struct tw_pool_row p = {.name = S("etl"), .slots = 4, .include_deferred = true};
	struct tw_run_row run = test_run("d", "r", TW_RUN_RUNNING, T0);
	struct tw_ti_row t[] = {test_ti(1, "d", "r", "a", TW_TI_RUNNING),
				test_ti(2, "d", "r", "b", TW_TI_DEFERRED),
				test_ti(3, "d", "r", "c", TW_TI_SUCCESS)};
	struct tw_inbox_row *posts;
	struct tw_pool_view v;
	size_t n;

	ok(tw_store_pool_put(s, &p, TW_PUT_INSERT, &test_err));
	assert_int_equal(tw_store_pool_put(s, &p, TW_PUT_INSERT, &test_err), TW_ERR_EXISTS);
	for (int i = 0; i < 3; i++) {
		t[i].pool = S("etl");
		t[i].pool_slots = 2;
	}
	test_commit_run(s, &run, t, 3);
	ok(tw_store_pool(s, S("etl"), &a, &v, &test_err));
	assert_int_equal(v.running, 2);
	assert_int_equal(v.occupied, 4);
	assert_int_equal(v.open, 0);
	ok(tw_store_inbox_take(s, 0, 9, &a, &posts, &n, &test_err));
	assert_int_equal(n, 1);
	tw_assert_str(posts[0].kind, "pools_changed");
	assert_int_equal(tw_store_pool_delete(s, S("default_pool"), &test_err), TW_ERR_INVALID);
	ok(tw_store_pool_delete(s, S("etl"), &test_err));
	ok(tw_store_pool_default(s, 64, &test_err));
	ok(tw_store_pool_default(s, 32, &test_err)); /* only the first start counts */
	ok(tw_store_pool(s, S("default_pool"), &a, &v, &test_err));
	assert_int_equal(v.pool.slots, 64);
}

static void jobs(void **state)
{
	struct tw_job_row j = {.job_type = S("SchedulerJob"),
			       .hostname = S("h"),
			       .start_date = T0,
			       .end_date = TW_TIME_NONE,
			       .latest_heartbeat = T0};
	struct tw_job_row got;
	int64_t one, two;

	assert_int_equal(tw_store_job_latest(s, "SchedulerJob", &a, &got, &test_err),
			 TW_ERR_NOT_FOUND);
	ok(tw_store_job_start(s, &j, &one, &test_err));
	ok(tw_store_job_start(s, &j, &two, &test_err));
	ok(tw_store_job_beat(s, two, T0 + 9, &test_err));
	ok(tw_store_job_latest(s, "SchedulerJob", &a, &got, &test_err));
	assert_int_equal(got.id, two);
	ok(tw_store_job_end(s, two, "success", T0 + 10, &test_err));
	ok(tw_store_job_latest(s, "SchedulerJob", &a, &got, &test_err));
	assert_int_equal(got.id, one);
	tw_assert_str(got.state, "running");
	assert_int_equal(tw_store_job_beat(s, 99, T0, &test_err), TW_ERR_NOT_FOUND);
}

static void the_audit_log(void **state)
{
	struct tw_audit_row r = {.at = TW_TIME_NONE,
				 .event = S("trigger"),
				 .dag_id = S("d"),
				 .map_index = -1,
				 .try_number = 2,
				 .logical_date = TW_TIME_NONE};
	struct tw_audit_row *v;
	int64_t total;
	size_t n;

	ok(tw_store_audit(s, &r, &test_err));
	ok(tw_store_audits(s, &(struct tw_ask){.limit = -1, .count = true}, &a, &v, &n, &total,
			   &test_err));
	assert_int_equal(total, 1);
	assert_int_equal(v[0].at, T0);
	assert_int_equal(v[0].map_index, -1);
	assert_int_equal(v[0].try_number, 2);
}

/* What has been run goes; what is still to run, or belongs to a live run, stays. */
static void old_callbacks_and_deadlines_are_cleaned(void **state)
{
	static const char *const rows[] = {
		"insert into callback (id, type, fetch_method, data, state, priority_weight, created_at) values"
		" ('c1', 'triggerer', 'import_path', '{}', 'success', 1, '2020-01-01 00:00:00.000000'),"
		" ('c2', 'triggerer', 'import_path', '{}', 'queued', 1, '2020-01-01 00:00:00.000000'),"
		" ('c3', 'dag_processor', 'dag_attribute', '{}', null, 1, '2020-01-01 00:00:00.000000'),"
		" ('c4', 'triggerer', 'import_path', '{}', 'failed', 1, '2020-01-01 00:00:00.000000')",
		"insert into deadline (id, created_at, last_updated_at, dagrun_id, deadline_time, missed, callback_id, dag_id, run_id)"
		" select 'd1', '2020-01-01', '2020-01-01', id, '2020-01-01 00:00:00.000000', 1, 'c4', dag_id, run_id"
		" from dag_run where run_id = 'on'",
		"insert into deadline (id, created_at, last_updated_at, deadline_time, missed, dag_id, run_id)"
		" values ('d2', '2020-01-01', '2020-01-01', '2020-01-01 00:00:00.000000', 1, 'd', 'over')",
	};
	struct tw_run_row live = test_run("d", "on", TW_RUN_RUNNING, T0);
	struct tw_clean_opts o = { .before = T0, .batch = 100 };
	struct tw_clean_result *v;
	int64_t left;
	size_t n;

	o.tables = (struct tw_str[]){ S("deadline"), S("callback") };
	o.ntables = 2;
	test_commit_run(s, &live, NULL, 0);
	for (size_t i = 0; i < TW_COUNT(rows); i++)
		ok(tw_q_exec(s, &left, &test_err, rows[i], ""));
	ok(tw_store_clean(s, &o, &a, &v, &n, &test_err));
	assert_int_equal(n, 2);
	assert_int_equal(v[0].rows + v[1].rows, 2);
	ok(tw_q_number(s, &left, &test_err, "select count(*) from callback where id in ('c2', 'c3', 'c4')", ""));
	assert_int_equal(left, 3);
	ok(tw_q_number(s, &left, &test_err, "select count(*) from deadline where id = 'd1'", ""));
	assert_int_equal(left, 1);
}

static const char *const old_things[] = {
	"insert into sla_miss (task_id, dag_id, execution_date, timestamp) values ('a', 'd', '2020-01-01', '2020-01-01'),"
	" ('a', 'other', '2020-01-01', '2020-01-01'), ('b', 'd', '2099-01-01', '2099-01-01')",
	"insert into task_reschedule (ti_id, start_date, end_date, duration, reschedule_date)"
	" select id, '2020-01-01', '2020-01-01', 1, '2020-01-01' from task_instance",
	"insert into hitl_detail (ti_id, options, subject, created_at, multiple, params, params_input)"
	" select id, '[]', 's', '2020-01-01', 0, '{}', '{}' from task_instance",
	"insert into \"trigger\" (id, classpath, kwargs, created_date) values (1, 'c', '{}', '2020-01-01'), (2, 'c', '{}', '2020-01-01')",
	"update task_instance set trigger_id = 2 where task_id = 'waits'",
	"insert into revoked_token (jti, exp) values ('past', '2020-01-01'), ('valid', '2098-01-01')",
	"insert into partitioned_asset_key_log (asset_id, asset_event_id, asset_partition_dag_run_id, source_partition_key,"
	" target_dag_id, target_partition_key, created_at) values (1, 1, 1, 'k', 'd', 'k', '2020-01-01')",
};

/* What those who wait still need stays; names of Airflow's tables that are not here are no mistake. */
static void every_old_thing_is_cleaned(void **state)
{
	static const struct {
		const char *table;
		int rows;
		bool absent;
	} want[] = {
		{ "sla_miss", 1, false },	 { "task_reschedule", 1, false }, { "hitl_detail", 1, false },
		{ "trigger", 1, false },	 { "revoked_token", 1, false },	  { "partitioned_asset_key_log", 1, false },
		{ "celery_taskmeta", 0, true }, { "task_fail", 0, true },	  { "dataset_event", 0, false },
	};
	struct tw_run_row live = test_run("d", "on", TW_RUN_RUNNING, T0);
	struct tw_ti_row tis[2] = { test_ti(11, "d", "on", "done", TW_TI_SUCCESS), test_ti(12, "d", "on", "waits", TW_TI_DEFERRED) };
	struct tw_str tables[TW_COUNT(want)], dag_id = S("d");
	struct tw_clean_opts o = { .before = T0 + 50 * 365 * TW_US_DAY, .tables = tables, .ntables = TW_COUNT(want),
				   .dag_ids = &dag_id, .ndag_ids = 1, .archive = true };
	struct tw_clean_result *v;
	int64_t ignored;
	size_t n;

	test_commit_run(s, &live, tis, 2);
	for (size_t i = 0; i < TW_COUNT(old_things); i++)
		ok(tw_q_exec(s, &ignored, &test_err, old_things[i], ""));
	for (size_t i = 0; i < TW_COUNT(want); i++)
		tables[i] = tw_str(want[i].table);
	ok(tw_store_clean(s, &o, &a, &v, &n, &test_err));
	for (size_t i = 0; i < n; i++)
		if (v[i].rows != want[i].rows || v[i].absent != want[i].absent)
			fail_msg("%s: %d rows", want[i].table, (int)v[i].rows);
	ok(tw_store_archives_drop(s, NULL, 0, &test_err));
}

static void old_rows_are_cleaned(void **state)
{
	struct tw_run_row old = test_run("d", "old", TW_RUN_SUCCESS, T0),
			  live = test_run("d", "live", TW_RUN_RUNNING, T0 + 1);
	struct tw_run_row newest = test_run("d", "newest", TW_RUN_SUCCESS, T0 + 2);
	struct tw_ti_row t = test_ti(1, "d", "old", "a", TW_TI_SUCCESS),
			 t2 = test_ti(2, "d", "live", "a", TW_TI_SUCCESS);
	struct tw_clean_opts o = {
		.before = T0 + TW_US_DAY, .dry_run = true, .archive = true, .batch = 1};
	struct tw_clean_result *v;
	struct tw_store_stats st;
	struct tw_str *archives;
	int64_t runs, logs;
	size_t n;

	t.start_date = t2.start_date = T0;
	test_commit_run(s, &old, &t, 1);
	test_commit_run(s, &live, &t2, 1);
	test_commit_run(s, &newest, NULL, 0);
	for (int i = 0; i < 3; i++)
		ok(tw_store_audit(s, &(struct tw_audit_row){.at = TW_TIME_NONE, .event = S("e")},
				  &test_err));
	ok(tw_store_clean(s, &o, &a, &v, &n, &test_err));
	assert_int_equal(v[0].rows, 1);
	o.dry_run = false;
	ok(tw_store_clean(s, &o, &a, &v, &n, &test_err));
	for (size_t i = 0; i < n; i++) {
		if (tw_str_is(v[i].table, "dag_run"))
			assert_int_equal(v[i].rows, 1);
		if (tw_str_is(v[i].table, "log"))
			assert_int_equal(v[i].rows, 3); /* in three batches of one */
	}
	ok(tw_store_stats(s, &st, &test_err));
	assert_int_equal(st.runs[TW_RUN_SUCCESS], 1);
	assert_int_equal(st.runs[TW_RUN_RUNNING], 1);
	assert_int_equal(st.tis[TW_TI_SUCCESS], 1); /* the old run's went with it */
	assert_true(st.bytes > 0);
	ok(tw_store_archives(s, &a, &archives, &n, &test_err));
	assert_int_equal(n, 2);
	ok(tw_q_number(s, &runs, &test_err,
		       tw_arena_printf(&a, "select count(*) from \"" TW_STR_FMT "\"",
				       TW_STR_ARG(archives[0])),
		       ""));
	ok(tw_q_number(s, &logs, &test_err,
		       tw_arena_printf(&a, "select count(*) from \"" TW_STR_FMT "\"",
				       TW_STR_ARG(archives[1])),
		       ""));
	assert_int_equal(runs, 1);
	assert_int_equal(logs, 3);
	ok(tw_store_archives_drop(s, (struct tw_str[]){S("log")}, 1, &test_err));
	ok(tw_store_archives(s, &a, &archives, &n, &test_err));
	assert_int_equal(n, 1);
	ok(tw_store_archives_drop(s, NULL, 0, &test_err));
	ok(tw_store_archives(s, &a, &archives, &n, &test_err));
	assert_int_equal(n, 0);
	o.tables = (struct tw_str[]){S("variable")};
	o.ntables = 1;
	assert_int_equal(tw_store_clean(s, &o, &a, &v, &n, &test_err), TW_ERR_INVALID);
	ok(tw_store_tidy(s, &test_err));
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(variables),	  T(connections_and_a_new_key), T(pools), T(jobs),
		T(the_audit_log), T(old_rows_are_cleaned), T(old_callbacks_and_deadlines_are_cleaned),
		T(every_old_thing_is_cleaned),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
