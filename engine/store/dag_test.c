#include "store/testing.h"

#include "store/query.h"

static struct tw_arena a;

static int clear(void **state)
{
	tw_arena_release(&a);
	return 0;
}

static struct tw_dag_put doc(const char *dag_id, const char *hash)
{
	return (struct tw_dag_put){
		.dag = {.dag_id = tw_str(dag_id),
			.timetable_type = S("cron"),
			.max_active_runs = 16,
			.max_active_tasks = 16,
			.is_paused = true},
		.document = tw_str(
			tw_arena_printf(&a, "{\"dag_id\":\"%s\",\"h\":\"%s\"}", dag_id, hash)),
		.hash = tw_str(hash),
		.source = tw_str(tw_arena_printf(&a, "# %s", hash)),
	};
}

static struct tw_file_put file_of(const char *name, const struct tw_dag_put *dags, size_t n)
{
	return (struct tw_file_put){.bundle_name = S("dags-folder"),
				    .fileloc = tw_str(tw_arena_printf(&a, "/d/%s", name)),
				    .relative_fileloc = tw_str(name),
				    .dags = dags,
				    .ndags = n,
				    .parsed_at = test_now,
				    .duration = 0.1};
}

/* Puts one file; the inbox's "dag_changed" rows since the last call as text. */
static const char *put(struct tw_store *s, struct tw_file_put *f)
{
	static int64_t after;
	static struct tw_store *of;
	struct tw_buf out = {0};
	struct tw_inbox_row *rows;
	const char *text;
	size_t n;

	if (of != s)
		after = 0;
	of = s;
	ok(tw_store_files_put(s, f, 1, &a, &test_err));
	ok(tw_store_inbox_take(s, after, 100, &a, &rows, &n, &test_err));
	tw_buf_adds(&out, "");
	for (size_t i = 0; i < n; i++) {
		tw_buf_printf(&out, TW_STR_FMT " ", TW_STR_ARG(rows[i].dag_id));
		after = rows[i].id;
	}
	text = tw_arena_strdup(&a, tw_buf_cstr(&out));
	tw_buf_release(&out);
	return text;
}

static void versions_by_hash_and_use(void **state)
{
	struct tw_store *s = test_open();
	struct tw_dag_put d = doc("x", "h1");
	struct tw_file_put f = file_of("x.py", &d, 1);
	struct tw_run_row run = test_run("x", "r", TW_RUN_RUNNING, T0);
	struct tw_version_row v;
	struct tw_str json, first;

	assert_string_equal(put(s, &f), "x ");
	assert_int_equal(f.outcomes[0].result, TW_PUT_NEW_DAG);
	assert_int_equal(f.outcomes[0].version_number, 1);
	first = f.outcomes[0].version_id;
	assert_string_equal(put(s, &f), "");
	assert_int_equal(f.outcomes[0].result, TW_PUT_SAME);
	assert_true(tw_str_eq(f.outcomes[0].version_id, first));

	/* nobody used it: the version takes the new document */
	d = doc("x", "h2");
	assert_string_equal(put(s, &f), "x ");
	assert_int_equal(f.outcomes[0].result, TW_PUT_OVERWRITTEN);
	assert_int_equal(f.outcomes[0].version_number, 1);
	assert_true(tw_str_eq(f.outcomes[0].version_id, first));
	ok(tw_store_source(s, S("x"), 0, &a, &json, &test_err));
	tw_assert_str(json, "# h2");

	/* a run used it: a new version, and the old one stays */
	run.version_id = first;
	test_commit_run(s, &run, NULL, 0);
	d = doc("x", "h3");
	assert_string_equal(put(s, &f), "x ");
	assert_int_equal(f.outcomes[0].result, TW_PUT_NEW_VERSION);
	assert_int_equal(f.outcomes[0].version_number, 2);
	ok(tw_store_document_newest(s, S("x"), &a, &json, &v, &test_err));
	tw_assert_str(json, "{\"dag_id\":\"x\",\"h\":\"h3\"}");
	assert_int_equal(v.number, 2);
	tw_assert_str(v.hash, "h3");
	ok(tw_store_document(s, first, &a, &json, &test_err));
	tw_assert_str(json, "{\"dag_id\":\"x\",\"h\":\"h2\"}");
	ok(tw_store_version(s, S("x"), 1, &a, &v, &test_err));
	assert_true(tw_str_eq(v.id, first));
	assert_int_equal(tw_store_version(s, S("x"), 3, &a, &v, &test_err), TW_ERR_NOT_FOUND);

	/* the same hash with another text (it moved): the scheduler must hear of it */
	d.document = S("{\"dag_id\":\"x\",\"h\":\"h3\",\"fileloc\":\"/other\"}");
	assert_string_equal(put(s, &f), "x ");
	assert_int_equal(f.outcomes[0].result, TW_PUT_SAME);
	tw_store_close(s);
}

static void a_dag_that_leaves_its_file(void **state)
{
	struct tw_store *s = test_open();
	struct tw_dag_put two[] = {doc("a", "1"), doc("b", "1")};
	struct tw_file_put f = file_of("x.py", two, 2), moved = file_of("y.py", &two[1], 1);
	struct tw_dag_row d;

	assert_string_equal(put(s, &f), "a b ");
	f.ndags = 1;
	assert_string_equal(put(s, &f), "b ");
	ok(tw_store_dag(s, S("b"), &a, &d, &test_err));
	assert_true(d.is_stale);
	assert_string_equal(put(s, &moved), "b "); /* and turns up in another: awake again */
	assert_true(moved.outcomes[0].woken);
	assert_int_equal(moved.outcomes[0].result, TW_PUT_SAME);
	ok(tw_store_dag(s, S("b"), &a, &d, &test_err));
	assert_false(d.is_stale);
	tw_assert_str(d.relative_fileloc, "y.py");
	ok(tw_store_files_gone(s, S("dags-folder"), (struct tw_str[]){S("y.py")}, 1, &test_err));
	ok(tw_store_dag(s, S("b"), &a, &d, &test_err));
	assert_true(d.is_stale);
	tw_store_close(s);
}

static void an_import_error_keeps_the_document(void **state)
{
	struct tw_store *s = test_open();
	struct tw_dag_put one = doc("a", "1");
	struct tw_file_put good = file_of("x.py", &one, 1), bad = file_of("x.py", NULL, 0);
	struct tw_import_error_row *errors;
	struct tw_dag_row d;
	int64_t total, id;
	size_t n;

	bad.error = S("Traceback: boom");
	put(s, &good);
	assert_string_equal(put(s, &bad), "a ");
	assert_string_equal(put(s, &bad), "");
	ok(tw_store_dag(s, S("a"), &a, &d, &test_err));
	assert_true(d.has_import_errors);
	assert_false(d.is_stale);
	ok(tw_store_import_errors(s, &(struct tw_ask){.limit = -1, .count = true}, &a, &errors, &n,
				  &total, &test_err));
	assert_int_equal(n, 1);
	assert_int_equal(total, 1);
	tw_assert_str(errors[0].stacktrace, "Traceback: boom");
	tw_assert_str(errors[0].filename, "x.py");
	id = errors[0].id;
	bad.error = S("other");
	put(s, &bad);
	ok(tw_store_import_errors(s, &TW_ASK_ALL, &a, &errors, &n, &total, &test_err));
	assert_int_equal(n, 1);
	assert_int_equal(errors[0].id, id);
	tw_assert_str(errors[0].stacktrace, "other");
	assert_string_equal(put(s, &good), "a ");
	ok(tw_store_import_errors(s, &TW_ASK_ALL, &a, &errors, &n, &total, &test_err));
	assert_int_equal(n, 0);
	ok(tw_store_dag(s, S("a"), &a, &d, &test_err));
	assert_false(d.has_import_errors);
	tw_store_close(s);
}

static void dags_are_listed_by_what_is_asked(void **state)
{
	struct tw_store *s = test_open();
	struct tw_dag_put three[] = {doc("alpha", "1"), doc("beta", "1"), doc("gamma_ray", "1")};
	struct tw_str ab[] = {S("etl"), S("daily")}, b[] = {S("etl")};
	struct tw_file_put f = file_of("x.py", three, 3);
	struct tw_run_row run = test_run("beta", "r", TW_RUN_FAILED, T0);
	struct tw_next_run next = {.dag_id = S("alpha"),
				   .logical_date = T0,
				   .interval_start = T0,
				   .interval_end = T0,
				   .create_after = T0 + 9,
				   .partition_date = TW_TIME_NONE};
	struct tw_batch batch = {0};
	struct tw_dag_row *v, d;
	struct tw_str *tags;
	int64_t total;
	size_t n;
	bool changed;

	three[0].dag.tags = ab;
	three[0].dag.ntags = 2;
	three[1].dag.tags = b;
	three[1].dag.ntags = 1;
	put(s, &f);
	run.start_date = T0;
	test_commit_run(s, &run, NULL, 0);
#define LIST(...)                                                                                  \
	ok(tw_store_dags(s, &(struct tw_ask){.limit = -1, .count = true, __VA_ARGS__}, &a, &v, &n, \
			 &total, &test_err))
#define CONDS(...)                                                                                 \
	.conds = (struct tw_cond[]){__VA_ARGS__},                                                  \
	.nconds = sizeof((struct tw_cond[]){__VA_ARGS__}) / sizeof(struct tw_cond)
#define ORDER(...)                                                                                 \
	.order_by = (const char *[]){__VA_ARGS__},                                                 \
	.norder = sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *)
	LIST(ORDER("-dag_id"));
	assert_int_equal(n, 3);
	tw_assert_str(v[0].dag_id, "gamma_ray");
	assert_int_equal(v[2].ntags, 2);
	tw_assert_str(v[2].tags[0], "daily");
	assert_int_equal(v[0].version_number, 1);
	LIST(CONDS({.field = "dag_id", .op = TW_OP_LIKE, .text = S("MMA_|^|lph")}));
	assert_int_equal(total, 2);
	LIST(CONDS({.field = "dag_id", .op = TW_OP_PREFIX, .text = S("a|g")}));
	assert_int_equal(total, 2);
	LIST(CONDS({.field = "dag_id", .op = TW_OP_PREFIX, .text = S("A")}));
	assert_int_equal(total, 0);
	LIST(CONDS({.field = "tag", .op = TW_OP_EQ, .text = S("etl")},
		   {.field = "tag", .op = TW_OP_EQ, .text = S("daily")}));
	assert_int_equal(total, 1);
	LIST(CONDS({.field = "tag", .op = TW_OP_IN, .list = ab, .nlist = 2}));
	assert_int_equal(total, 2);
	LIST(CONDS({.field = "last_run_state", .op = TW_OP_EQ, .text = S("failed")}));
	assert_int_equal(total, 1);
	tw_assert_str(v[0].dag_id, "beta");
	LIST(CONDS({.field = "last_run_state", .op = TW_OP_NULL}), .offset = 1);
	assert_int_equal(total, 2);
	assert_int_equal(n, 1);
	assert_int_equal(tw_store_dags(s, &(struct tw_ask){.limit = 1, ORDER("; drop table dag")},
				       &a, &v, &n, &total, &test_err),
			 TW_ERR_INVALID);
	assert_string_equal(test_err.msg, "a dag has no field '; drop table dag'");

	ok(tw_store_dag_pause(s, S("beta"), false, S("me"), &changed, &test_err));
	assert_true(changed);
	ok(tw_store_dag_pause(s, S("beta"), false, S("me"), &changed, &test_err));
	assert_false(changed);
	assert_int_equal(tw_store_dag_pause(s, S("nope"), false, S("me"), &changed, &test_err),
			 TW_ERR_NOT_FOUND);
	LIST(CONDS({.field = "is_paused", .op = TW_OP_EQ, .num = 0}));
	assert_int_equal(total, 1);

	tw_batch_next_run(&batch, &next);
	tw_batch_dag_paused(&batch, S("beta"), true);
	ok(tw_store_commit(s, &batch, &test_err));
	assert_int_equal(batch.missing, 0);
	tw_batch_release(&batch);
	ok(tw_store_dag(s, S("alpha"), &a, &d, &test_err));
	assert_int_equal(d.next.create_after, T0 + 9);
	assert_int_equal(d.next.partition_date, TW_TIME_NONE);

	ok(tw_store_tags(s, &(struct tw_ask){.limit = -1, .count = true}, &a, &tags, &n, &total, &test_err));
	assert_int_equal(n, 2);
	ok(tw_store_tags(s,
			 &(struct tw_ask){.conds = &(struct tw_cond){.field = "name", .op = TW_OP_LIKE, .text = S("dai|nothing")},
					  .nconds = 1,
					  .limit = -1,
					  .count = true},
			 &a, &tags, &n, &total, &test_err));
	tw_assert_str(tags[0], "daily");
	tw_store_close(s);
}

static enum tw_rc visit(void *arg, const struct tw_dag_doc *d, struct tw_err *err)
{
	tw_buf_printf(arg, TW_STR_FMT "=" TW_STR_FMT ";", TW_STR_ARG(d->dag.dag_id),
		      TW_STR_ARG(d->document));
	return TW_OK;
}

static void the_scheduler_reads_all_documents(void **state)
{
	struct tw_store *s = test_open();
	struct tw_dag_put two[] = {doc("a", "1"), doc("b", "2")};
	struct tw_file_put f = file_of("x.py", two, 2);
	struct tw_buf out = {0};
	struct tw_dag_doc d;

	put(s, &f);
	ok(tw_store_documents(s, visit, &out, &test_err));
	assert_string_equal(tw_buf_cstr(&out),
			    "a={\"dag_id\":\"a\",\"h\":\"1\"};b={\"dag_id\":\"b\",\"h\":\"2\"};");
	tw_buf_release(&out);
	ok(tw_store_dag_doc(s, S("b"), &a, &d, &test_err));
	assert_true(tw_str_eq(d.version_id, f.outcomes[1].version_id));
	assert_int_equal(tw_store_dag_doc(s, S("c"), &a, &d, &test_err), TW_ERR_NOT_FOUND);
	tw_store_close(s);
}

static void deleting_a_dag(void **state)
{
	struct tw_store *s = test_open();
	struct tw_dag_put two[] = {doc("a", "1"), doc("b", "2")};
	struct tw_file_put f = file_of("x.py", two, 2);
	struct tw_run_row run = test_run("a", "r", TW_RUN_RUNNING, T0);
	struct tw_ti_row ti = test_ti(1, "a", "r", "t", TW_TI_RUNNING);
	struct tw_batch batch = {0};
	int64_t n;

	put(s, &f);
	test_commit_run(s, &run, &ti, 1);
	assert_int_equal(tw_store_dag_delete(s, S("a"), &n, &test_err), TW_ERR_CONFLICT);
	assert_string_equal(test_err.msg, "1 task instance of dag 'a' still runs");
	ti.state = TW_TI_SUCCESS;
	tw_batch_ti(&batch, &ti, -1, TW_TICOL_ALL);
	ok(tw_store_commit(s, &batch, &test_err));
	tw_batch_release(&batch);
	ok(tw_store_dag_delete(s, S("a"), &n, &test_err));
	assert_int_equal(n, 6); /* instance, run, code, document, version, dag */
	assert_int_equal(tw_store_dag_delete(s, S("a"), &n, &test_err), TW_ERR_NOT_FOUND);
	ok(tw_q_number(s, &n, &test_err, "select count(*) from serialized_dag", ""));
	assert_int_equal(n, 1);
	tw_store_close(s);
}

int main(void)
{
#define T(fn) cmocka_unit_test_teardown(fn, clear)
	const struct CMUnitTest tests[] = {
		T(versions_by_hash_and_use),	       T(a_dag_that_leaves_its_file),
		T(an_import_error_keeps_the_document), T(dags_are_listed_by_what_is_asked),
		T(the_scheduler_reads_all_documents),  T(deleting_a_dag),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
