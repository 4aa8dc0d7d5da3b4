#include "store/migrate.h"

/* What the steps' words are in each database. */
static const struct {
	const char *word, *sqlite;
} types[] = {
	{"{serial}", "INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT"},
	{"{rowid}", "INTEGER NOT NULL PRIMARY KEY"},
	{"{stamp}", "TIMESTAMP"},
	{"{uuid}", "CHAR(32)"},
	{"{bool}", "BOOLEAN"},
	{"{real}", "FLOAT"},
	{"{key}", "VARCHAR(250)"},
	{"{text}", "TEXT"},
	/* Never "JSON": to SQLite that is a numeric column, which keeps 1.0 as 1. */
	{"{json}", "TEXT"},
};

static void translate(struct tw_buf *out, const char *sql)
{
	while (*sql) {
		size_t i, n = TW_COUNT(types);

		for (i = 0; *sql == '{' && i < n; i++)
			if (strncmp(sql, types[i].word, strlen(types[i].word)) == 0)
				break;
		if (*sql == '{' && i < n) {
			tw_buf_adds(out, types[i].sqlite);
			sql += strlen(types[i].word);
		} else {
			tw_buf_addc(out, *sql++);
		}
	}
}

int tw_store_schema_newest(void)
{
	return tw_schema_steps[tw_schema_nsteps - 1].version;
}

enum tw_rc tw_store_schema_version(struct tw_store *s, int *ret_version, struct tw_err *err)
{
	struct tw_err e = {0};
	int64_t v;

	if (!s->ops->has_table(s->db, "tradewind_schema", &e)) {
		if (e.rc < 0) {
			if (err)
				*err = e;
			return e.rc;
		}
		*ret_version = TW_SCHEMA_NONE;
		return TW_OK;
	}
	TW_TRY(tw_q_number(s, &v, err, "select max(version) from tradewind_schema", ""));
	*ret_version = (int)v;
	return TW_OK;
}

/* An Airflow database is not ours to write into. */
static enum tw_rc refuse_foreign(struct tw_store *s, struct tw_err *err)
{
	if (s->ops->has_table(s->db, "alembic_version", NULL))
		return tw_err_set(
			err, TW_ERR_UNSUPPORTED,
			"this is the metastore of an Airflow installation: name another database in "
			"[database] sql_alchemy_conn");
	return TW_OK;
}

static void step_sql(struct tw_store *s, const struct tw_schema_step *step, struct tw_buf *ret_sql)
{
	translate(ret_sql, step->only && strcmp(step->only, s->ops->name) != 0 ? "" : step->sql);
}

static enum tw_rc apply(struct tw_store *s, const struct tw_schema_step *step, struct tw_err *err)
{
	struct tw_buf sql TW_AUTO(tw_buf_release) = {0};

	step_sql(s, step, &sql);
	TW_TRY(s->ops->exec(s->db, tw_buf_cstr(&sql), err));
	TW_TRY(tw_store_fault(s, "migration", err));
	return tw_q_exec(
		s, NULL, err,
		"insert into tradewind_schema (version, name, applied_at) values (?, ?, ?)", "ict",
		(int64_t)step->version, step->name, (tw_time)tw_store_now(s));
}

/* One step, unless another process has just made it. */
static enum tw_rc advance(struct tw_store *s, const struct tw_schema_step *step, struct tw_err *err)
{
	enum tw_rc rc;
	int have;

	TW_TRY(tw_store_begin(s, err));
	rc = s->ops->exec(
		s->db,
		"create table if not exists tradewind_schema (version INTEGER NOT NULL PRIMARY KEY, "
		"name VARCHAR(250) NOT NULL, applied_at TIMESTAMP NOT NULL)",
		err);
	if (rc == TW_OK)
		rc = tw_store_schema_version(s, &have, err);
	if (rc == TW_OK && have < step->version)
		rc = apply(s, step, err);
	if (rc < 0) {
		tw_store_rollback(s);
		return tw_err_wrap(err, "migration %d (%s)", step->version, step->name);
	}
	return tw_store_end(s, err);
}

enum tw_rc tw_migrate_with(struct tw_store *s, const struct tw_schema_step *steps, size_t n, int to,
			   struct tw_err *err)
{
	int have;

	TW_TRY(refuse_foreign(s, err));
	TW_TRY(tw_store_schema_version(s, &have, err));
	if (to && to < have)
		return tw_err_set(err, TW_ERR_UNSUPPORTED,
				  "the schema has version %d and does not go back to %d", have, to);
	if (to > steps[n - 1].version)
		return tw_err_set(err, TW_ERR_INVALID,
				  "there is no schema version %d; the newest is %d", to,
				  steps[n - 1].version);
	if (have > steps[n - 1].version)
		return tw_err_set(err, TW_ERR_UNSUPPORTED,
				  "the schema has version %d, newer than this program's %d", have,
				  steps[n - 1].version);
	for (size_t i = 0; i < n; i++)
		if (steps[i].version > have && (!to || steps[i].version <= to))
			TW_TRY(advance(s, &steps[i], err));
	return TW_OK;
}

enum tw_rc tw_store_migrate(struct tw_store *s, int to, struct tw_err *err)
{
	return tw_migrate_with(s, tw_schema_steps, tw_schema_nsteps, to, err);
}

enum tw_rc tw_store_migration_sql(struct tw_store *s, struct tw_buf *ret_sql, struct tw_err *err)
{
	int have;

	TW_TRY(refuse_foreign(s, err));
	TW_TRY(tw_store_schema_version(s, &have, err));
	for (size_t i = 0; i < tw_schema_nsteps; i++) {
		const struct tw_schema_step *step = &tw_schema_steps[i];

		if (step->version <= have)
			continue;
		tw_buf_printf(ret_sql, "-- %d: %s\n", step->version, step->name);
		step_sql(s, step, ret_sql);
		tw_buf_adds(ret_sql, "\n");
	}
	return TW_OK;
}

static enum tw_rc drop_all(struct tw_store *s, const char *kind, struct tw_err *err)
{
	struct tw_buf sql TW_AUTO(tw_buf_release) = {0};
	struct tw_arena a = {0};
	struct tw_str *names;
	enum tw_rc rc;
	size_t n;

	rc = s->ops->tables(s->db, kind, &a, &names, &n, err);
	tw_buf_adds(&sql, "");
	for (size_t i = 0; rc == TW_OK && i < n; i++)
		tw_buf_printf(&sql, "drop %s \"" TW_STR_FMT "\";", kind, TW_STR_ARG(names[i]));
	tw_arena_release(&a);
	return rc < 0 ? rc : s->ops->exec(s->db, tw_buf_cstr(&sql), err);
}

enum tw_rc tw_store_drop(struct tw_store *s, struct tw_err *err)
{
	enum tw_rc rc;

	TW_TRY(refuse_foreign(s, err));
	TW_TRY(tw_store_begin(s, err));
	rc = drop_all(s, "view", err);
	if (rc == TW_OK)
		rc = drop_all(s, "table", err);
	return tw_tx_leave(s, true, rc, err);
}
