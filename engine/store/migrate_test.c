#include "store/testing.h"

#include <unistd.h>

#include "io/file.h"
#include "store/migrate.h"

static char dir[64], url[128];

static int make_dir(void **state)
{
	strcpy(dir, "/tmp/tw-store-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(url, sizeof url, "sqlite:///%s/t.db", dir);
	return 0;
}

static int drop_dir(void **state)
{
	return tw_file_remove_tree(dir, NULL);
}

static struct tw_store *open_as_is(void)
{
	return test_open_with((struct tw_store_opts){.url = url, .mode = TW_STORE_AS_IS});
}

/* The whole schema as text. */
static char *schema_of(struct tw_store *s)
{
	struct tw_arena a = {0};
	struct tw_buf out = {0};
	struct tw_q q;

	tw_q(&q, s, "select sql from sqlite_master where sql is not null order by type, name");
	while (tw_q_next(&q, &test_err) > 0) {
		tw_buf_addstr(&out, tw_q_get_str(&q, &a));
		tw_buf_addc(&out, '\n');
	}
	tw_arena_release(&a);
	return tw_buf_steal(&out);
}

static void an_empty_database_is_refused_or_made(void **state)
{
	struct tw_store_opts o = {.url = url, .mode = TW_STORE_CHECK};
	struct tw_store *s = NULL;
	int v;

	assert_int_equal(tw_store_open(&o, &s, &test_err), TW_ERR_UNSUPPORTED);
	assert_non_null(strstr(test_err.msg, "tradewind db migrate"));
	o.mode = TW_STORE_MIGRATE;
	ok(tw_store_open(&o, &s, &test_err));
	ok(tw_store_schema_version(s, &v, &test_err));
	assert_int_equal(v, tw_store_schema_newest());
	assert_string_equal(tw_store_backend(s), "sqlite");
	ok(tw_store_ping(s, &test_err));
	tw_store_close(s);
	o.mode = TW_STORE_CHECK;
	ok(tw_store_open(&o, &s, &test_err));
	tw_store_close(s);
}

static void from_every_version(void **state)
{
	char *whole = NULL;

	for (int from = 0; from <= tw_store_schema_newest(); from++) {
		struct tw_store *s = open_as_is();
		char *schema;
		int v;

		if (from)
			ok(tw_store_migrate(s, from, &test_err));
		ok(tw_store_schema_version(s, &v, &test_err));
		assert_int_equal(v, from);
		ok(tw_store_migrate(s, 0, &test_err));
		ok(tw_store_schema_version(s, &v, &test_err));
		assert_int_equal(v, tw_store_schema_newest());
		schema = schema_of(s);
		if (whole)
			assert_string_equal(schema, whole);
		free(whole);
		whole = schema;
		tw_store_close(s);
		drop_dir(NULL);
		make_dir(NULL);
	}
	free(whole);
}

static const struct tw_schema_step steps[] = {
	{1, "one",
	 "create table one (id {rowid}, at {stamp}, name {key} not null);insert into one (name) values ('x')"},
	{2, "two", "alter table one add column more {text}; update one set more = name || '!'"},
	{3, "broken", "create table three (id {serial}); create table one (id {rowid})"},
};

static void steps_move_data_and_fail_whole(void **state)
{
	struct tw_store *s = open_as_is();
	int64_t n;
	int v;

	ok(tw_migrate_with(s, steps, 3, 1, &test_err));
	ok(tw_migrate_with(s, steps, 2, 0, &test_err));
	ok(tw_q_number(s, &n, &test_err, "select count(*) from one where more = 'x!'", ""));
	assert_int_equal(n, 1);
	assert_int_equal(tw_migrate_with(s, steps, 2, 1, &test_err),
			 TW_ERR_UNSUPPORTED); /* never back */
	assert_int_equal(tw_migrate_with(s, steps, 2, 9, &test_err), TW_ERR_INVALID);
	assert_int_equal(tw_migrate_with(s, steps, 1, 0, &test_err),
			 TW_ERR_UNSUPPORTED); /* made by a newer one */
	assert_true(tw_migrate_with(s, steps, 3, 0, &test_err) < 0);
	assert_non_null(strstr(test_err.msg, "migration 3 (broken)"));
	ok(tw_store_schema_version(s, &v, &test_err));
	assert_int_equal(v, 2);
	assert_false(s->ops->has_table(s->db, "three", NULL));
	tw_store_close(s);
}

struct fault {
	int left;
};

static bool fails(void *arg, const char *what)
{
	struct fault *f = arg;

	return f->left > 0 && --f->left == 0;
}

static void a_migration_that_is_cut_goes_on_next_time(void **state)
{
	int n = 0, v = 0;

	while (v < tw_store_schema_newest()) {
		struct fault f = {++n};
		struct tw_store_opts o = {
			.url = url, .mode = TW_STORE_AS_IS, .fault = fails, .fault_arg = &f};
		struct tw_store *s = NULL;

		assert_true(n < 20);
		ok(tw_store_open(&o, &s, &test_err));
		tw_store_migrate(s, 0, &test_err);
		ok(tw_store_schema_version(s, &v, &test_err));
		tw_store_close(s);
	}
	tw_store_close(test_open_with((struct tw_store_opts){.url = url, .mode = TW_STORE_CHECK}));
}

static void what_is_not_ours_is_refused(void **state)
{
	struct tw_store_opts o = {.url = url, .mode = TW_STORE_MIGRATE};
	struct tw_store *s = open_as_is();

	ok(s->ops->exec(s->db, "create table alembic_version (version_num text)", &test_err));
	tw_store_close(s);
	assert_int_equal(tw_store_open(&o, &s, &test_err), TW_ERR_UNSUPPORTED);
	assert_non_null(strstr(test_err.msg, "Airflow installation"));
	o.url = "postgresql+psycopg2://u@h/db";
	assert_int_equal(tw_store_open(&o, &s, &test_err), TW_ERR_UNSUPPORTED);
	assert_non_null(strstr(test_err.msg, "postgresql"));
	o.url = "sqlite:////no/such/folder/x.db";
	assert_int_equal(tw_store_open(&o, &s, &test_err), TW_ERR_NOT_FOUND);
}

static void a_file_that_is_no_database(void **state)
{
	struct tw_store_opts o = {.url = url, .mode = TW_STORE_MIGRATE};
	struct tw_store *s = NULL;
	char path[100];

	snprintf(path, sizeof path, "%s/t.db", dir);
	ok(tw_file_write(path, S("this is not a database, it is a letter to you"), 0600,
			 &test_err));
	assert_int_equal(tw_store_open(&o, &s, &test_err), TW_ERR_IO);
	assert_non_null(strstr(test_err.msg, path));
}

static void reset_makes_it_anew(void **state)
{
	struct tw_store *s =
		test_open_with((struct tw_store_opts){.url = url, .mode = TW_STORE_MIGRATE});
	struct tw_run_row run = test_run("d", "r", TW_RUN_QUEUED, T0);
	struct tw_pool_view pool;
	struct tw_arena a = {0};
	int64_t n;

	test_commit_run(s, &run, NULL, 0);
	ok(tw_store_drop(s, &test_err));
	assert_false(s->ops->has_table(s->db, "dag_run", NULL));
	ok(tw_store_migrate(s, 0, &test_err));
	ok(tw_q_number(s, &n, &test_err, "select count(*) from dag_run", ""));
	assert_int_equal(n, 0);
	ok(tw_store_pool(s, S("default_pool"), &a, &pool, &test_err));
	tw_arena_release(&a);
	tw_store_close(s);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, make_dir, drop_dir)
	const struct CMUnitTest tests[] = {
		T(an_empty_database_is_refused_or_made),
		T(from_every_version),
		T(steps_move_data_and_fail_whole),
		T(a_migration_that_is_cut_goes_on_next_time),
		T(what_is_not_ours_is_refused),
		T(a_file_that_is_no_database),
		T(reset_makes_it_anew),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
