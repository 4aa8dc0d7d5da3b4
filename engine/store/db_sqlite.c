/* SQLite: WAL, one writer at a time, readers never wait for it. */
#include "store/db.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "io/clock.h"
#include "store/checkpoint.h"
#include "store/stamp.h"

struct tw_db {
	sqlite3 *h;
	bool memory;
	struct tw_checkpointer *checkpointer; /* NULL: commits do it */
	char *feed_file;                      /* beside the database; NULL: in memory */
	int feed_fd;                          /* -1: not needed yet */
	int64_t patience;                     /* µs; 0: endless */
	sqlite3_stmt *version;
	void (*planned)(void *arg, struct tw_str sql, struct tw_str plan);
	void *planned_arg;
};

/* When the question that this thread asks began; 0: it is none. µs, monotonic. */
static _Thread_local int64_t asked_at;

/* A statement is SQLite's own; the struct is never defined. */
static sqlite3_stmt *raw(struct tw_stmt *st)
{
	return (sqlite3_stmt *)st;
}

static enum tw_rc failed(sqlite3 *h, int code, struct tw_err *err)
{
	int extended = sqlite3_extended_errcode(h);
	const char *msg = sqlite3_errmsg(h);

	switch (code & 0xff) {
	case SQLITE_CONSTRAINT:
		if (extended == SQLITE_CONSTRAINT_UNIQUE ||
		    extended == SQLITE_CONSTRAINT_PRIMARYKEY || extended == SQLITE_CONSTRAINT_ROWID)
			return tw_err_set(err, TW_ERR_EXISTS, "%s", msg);
		return tw_err_set(err, TW_ERR_INVALID, "%s", msg);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return tw_err_set(err, TW_ERR_TIMEOUT, "the database is locked by another process");
	case SQLITE_INTERRUPT:
		return tw_err_set(err, TW_ERR_TIMEOUT,
				  "the question takes too long: narrow it, by a DAG, a run or a time");
	case SQLITE_TOOBIG:
		return tw_err_set(err, TW_ERR_LIMIT, "%s", msg);
	case SQLITE_NOTADB:
		return tw_err_set(err, TW_ERR_IO, "the file is not a SQLite database");
	default:
		return tw_err_set(err, TW_ERR_IO, "sqlite: %s", msg);
	}
}

static enum tw_rc db_exec(struct tw_db *db, const char *sql, struct tw_err *err)
{
	int code = sqlite3_exec(db->h, sql, NULL, NULL, NULL);

	return code == SQLITE_OK ? TW_OK : failed(db->h, code, err);
}

/*
 * sqlite:////abs, sqlite:///rel; a plain path is one too. The path goes to out, "" is in memory. Of
 * the parameters behind a
 * '?' synchronous=normal counts; the others are SQLAlchemy's and mean nothing here.
 */
static bool read_url(const char *url, struct tw_buf *out, bool *ret_relaxed)
{
	struct tw_str query, item, path = tw_str(url);

	if (tw_str_starts(path, "sqlite")) {
		tw_str_cut(path, ':', &path);
		for (int i = 0; i < 3 && path.n && path.p[0] == '/'; i++)
			path = tw_strn(path.p + 1, path.n - 1);
	} else if (strstr(url, "://")) {
		return false;
	}
	path = tw_str_cut(path, '?', &query);
	while (query.p) {
		item = tw_str_cut(query, '&', &query);
		*ret_relaxed |= tw_str_caseeq(item, "synchronous=normal");
	}
	tw_buf_adds(out, "");
	if (!tw_str_is(path, ":memory:"))
		tw_buf_addstr(out, path);
	return true;
}

static int on_commit(void *arg, sqlite3 *h, const char *name, int pages)
{
	struct tw_db *db = arg;

	if (db->checkpointer)
		tw_checkpointer_committed(db->checkpointer, pages);
	return SQLITE_OK;
}

/* The hook takes the place of checkpoints inside of commits. */
static enum tw_rc checkpoint_elsewhere(struct tw_db *db, const struct tw_store_opts *o, const char *path,
				       struct tw_err *err)
{
	if (db->memory || o->checkpoints == TW_CHECKPOINTS_IN_COMMITS)
		return TW_OK;
	if (o->checkpoints == TW_CHECKPOINTS_ASIDE)
		TW_TRY(tw_checkpointer_new(path, &db->checkpointer, err));
	sqlite3_wal_hook(db->h, on_commit, db);
	return TW_OK;
}

/* Asked every so many steps of SQLite's machine. */
static int lose_patience(void *arg)
{
	struct tw_db *db = arg;

	return asked_at && tw_monotonic() - asked_at > db->patience;
}

static enum tw_rc set_up(struct tw_db *db, const struct tw_store_opts *o, bool relaxed,
			 struct tw_err *err)
{
	sqlite3_busy_timeout(db->h, o->busy_ms > 0 ? o->busy_ms : 10000);
	db->patience = o->patience_ms * 1000LL;
	db->planned = o->planned;
	db->planned_arg = o->planned_arg;
	if (db->patience)
		sqlite3_progress_handler(db->h, 100000, lose_patience, db);
	TW_TRY(db_exec(db, "pragma temp_store=memory; pragma cache_size=-8000", err));
	if (o->read_only)
		return db_exec(db, "pragma query_only=on", err);
	if (!db->memory)
		TW_TRY(db_exec(db,
			       "pragma journal_mode=wal; pragma wal_autocheckpoint=2000;"
			       "pragma journal_size_limit=67108864",
			       err));
	return db_exec(db, relaxed ? "pragma synchronous=normal" : "pragma synchronous=full", err);
}

static void db_close(struct tw_db *db)
{
	tw_checkpointer_free(db->checkpointer);
	sqlite3_finalize(db->version);
	sqlite3_close_v2(db->h);
	if (db->feed_fd >= 0)
		close(db->feed_fd);
	free(db->feed_file);
	free(db);
}

static enum tw_rc db_open(const struct tw_store_opts *o, struct tw_db **ret_db, struct tw_err *err)
{
	int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_READWRITE;
	struct tw_buf path TW_AUTO(tw_buf_release) = {0};
	bool relaxed = o->relaxed;
	struct tw_db *db;
	enum tw_rc rc;
	int code;

	if (!read_url(o->url, &path, &relaxed))
		return tw_err_set(err, TW_ERR_INVALID, "not a SQLite URL");
	/* A reader opens for writing too: in WAL mode even reading needs the shared index. */
	if (!o->read_only)
		flags |= SQLITE_OPEN_CREATE;
	db = tw_new(struct tw_db);
	db->memory = path.n == 0;
	db->feed_fd = -1;
	db->feed_file = db->memory ? NULL : tw_asprintf("%s-feed", path.p);
	code = sqlite3_open_v2(db->memory ? ":memory:" : path.p, &db->h, flags, NULL);
	if (code != SQLITE_OK) {
		rc = tw_err_set(err,
				(code & 0xff) == SQLITE_CANTOPEN ? TW_ERR_NOT_FOUND : TW_ERR_IO,
				"cannot open the database %s: %s", path.p,
				db->h ? sqlite3_errmsg(db->h) : "out of memory");
	} else {
		rc = set_up(db, o, relaxed, err);
		if (rc == TW_OK)
			rc = checkpoint_elsewhere(db, o, path.p, err);
		if (rc < 0)
			tw_err_wrap(err, "database %s", path.p);
	}
	if (rc < 0) {
		db_close(db);
		return rc;
	}
	*ret_db = db;
	return TW_OK;
}

/* The pragma counts what other connections commit; this one's own changes it counts itself. */
static uint64_t stamp(struct tw_db *db)
{
	uint64_t version = 0;

	if (!db->version && sqlite3_prepare_v3(db->h, "pragma data_version", -1, SQLITE_PREPARE_PERSISTENT, &db->version, NULL) != SQLITE_OK)
		return 0;
	if (sqlite3_step(db->version) == SQLITE_ROW)
		version = (uint64_t)sqlite3_column_int64(db->version, 0);
	sqlite3_reset(db->version);
	return version << 32 | (uint32_t)sqlite3_total_changes(db->h);
}

/* Whoever watches the file hears of it; nobody reads what is in it. */
static void feed_announce(struct tw_db *db)
{
	if (!db->feed_file)
		return;
	if (db->feed_fd < 0)
		db->feed_fd = open(db->feed_file, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (db->feed_fd >= 0 && pwrite(db->feed_fd, "\n", 1, 0) < 0)
		tw_debug("%s: %s", db->feed_file, strerror(errno));
}

static const char *feed_file(struct tw_db *db)
{
	return db->feed_file;
}

static enum tw_rc db_begin(struct tw_db *db, bool write, struct tw_err *err)
{
	return db_exec(db, write ? "begin immediate" : "begin", err);
}

static enum tw_rc db_commit(struct tw_db *db, struct tw_err *err)
{
	return db_exec(db, "commit", err);
}

static void db_rollback(struct tw_db *db)
{
	if (!sqlite3_get_autocommit(db->h))
		sqlite3_exec(db->h, "rollback", NULL, NULL, NULL);
}

static void tell_plan(struct tw_db *db, struct tw_str sql)
{
	struct tw_buf plan TW_AUTO(tw_buf_release) = {0};
	char *ask = sqlite3_mprintf("explain query plan %.*s", (int)sql.n, sql.p);
	int parents[64] = {0}, depth = 0;
	sqlite3_stmt *st = NULL;

	sqlite3_prepare_v2(db->h, ask, -1, &st, NULL);
	sqlite3_free(ask);
	while (sqlite3_step(st) == SQLITE_ROW) {
		while (depth && parents[depth] != sqlite3_column_int(st, 1))
			depth--;
		tw_buf_printf(&plan, "%*s%s\n", depth, "", (const char *)sqlite3_column_text(st, 3));
		if (depth < 63)
			parents[++depth] = sqlite3_column_int(st, 0);
	}
	sqlite3_finalize(st);
	db->planned(db->planned_arg, sql, tw_buf_str(&plan));
}

static enum tw_rc db_prepare(struct tw_db *db, struct tw_str sql, struct tw_stmt **ret_st,
			     struct tw_err *err)
{
	sqlite3_stmt *st = NULL;
	int code =
		sqlite3_prepare_v3(db->h, sql.p, (int)sql.n, SQLITE_PREPARE_PERSISTENT, &st, NULL);

	if (code != SQLITE_OK)
		return failed(db->h, code, err);
	if (db->planned)
		tell_plan(db, sql);
	*ret_st = (struct tw_stmt *)st;
	return TW_OK;
}

static void stmt_free(struct tw_stmt *st)
{
	sqlite3_finalize(raw(st));
}

/* Binding fails only for an index that the SQL does not have or for want of memory. */
static void bound(int code)
{
	TW_ASSERT(code == SQLITE_OK);
}

static void bind_null(struct tw_stmt *st, int i)
{
	bound(sqlite3_bind_null(raw(st), i + 1));
}

static void bind_int(struct tw_stmt *st, int i, int64_t v)
{
	bound(sqlite3_bind_int64(raw(st), i + 1, v));
}

static void bind_real(struct tw_stmt *st, int i, double v)
{
	bound(sqlite3_bind_double(raw(st), i + 1, v));
}

static void bind_text(struct tw_stmt *st, int i, struct tw_str v)
{
	if (!v.p) {
		bind_null(st, i);
		return;
	}
	bound(sqlite3_bind_text64(raw(st), i + 1, v.p, v.n, SQLITE_STATIC, SQLITE_UTF8));
}

static void bind_time(struct tw_stmt *st, int i, tw_time v)
{
	char text[TW_STAMP_LEN + 1];

	if (!tw_time_ok(v)) {
		bind_null(st, i);
		return;
	}
	tw_stamp_write(text, v);
	bound(sqlite3_bind_text(raw(st), i + 1, text, TW_STAMP_LEN, SQLITE_TRANSIENT));
}

static void bind_uuid(struct tw_stmt *st, int i, struct tw_id v)
{
	static const char digits[] = "0123456789abcdef";
	char hex[32];

	for (int k = 0; k < 16; k++) {
		hex[2 * k] = digits[v.b[k] >> 4];
		hex[2 * k + 1] = digits[v.b[k] & 15];
	}
	bound(sqlite3_bind_text(raw(st), i + 1, hex, sizeof hex, SQLITE_TRANSIENT));
}

static int step(struct tw_stmt *st, struct tw_err *err)
{
	int code;

	if (!sqlite3_stmt_busy(raw(st)))
		asked_at = sqlite3_stmt_readonly(raw(st)) ? tw_monotonic() : 0;
	code = sqlite3_step(raw(st));
	if (code == SQLITE_ROW)
		return 1;
	return code == SQLITE_DONE ? 0 : failed(sqlite3_db_handle(raw(st)), code, err);
}

static void reset(struct tw_stmt *st)
{
	sqlite3_reset(raw(st));
	sqlite3_clear_bindings(raw(st));
}

static bool is_null(struct tw_stmt *st, int i)
{
	return sqlite3_column_type(raw(st), i) == SQLITE_NULL;
}

static int64_t get_int(struct tw_stmt *st, int i)
{
	return sqlite3_column_int64(raw(st), i);
}

static double get_real(struct tw_stmt *st, int i)
{
	return sqlite3_column_double(raw(st), i);
}

static int columns(struct tw_stmt *st)
{
	return sqlite3_column_count(raw(st));
}

static struct tw_str column_name(struct tw_stmt *st, int i)
{
	return tw_str(sqlite3_column_name(raw(st), i));
}

static struct tw_str get_text(struct tw_stmt *st, int i)
{
	const char *p = (const char *)sqlite3_column_text(raw(st), i);

	return tw_strn(p, p ? (size_t)sqlite3_column_bytes(raw(st), i) : 0);
}

static tw_time get_time(struct tw_stmt *st, int i)
{
	return tw_stamp_read(get_text(st, i));
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool get_uuid(struct tw_stmt *st, int i, struct tw_id *ret)
{
	struct tw_str s = get_text(st, i);
	struct tw_id id;
	size_t n = 0;

	for (size_t k = 0; k < s.n; k++) {
		int d = hex_digit(s.p[k]);

		if (s.p[k] == '-')
			continue;
		if (d < 0 || n == 32)
			return false;
		id.b[n / 2] = (uint8_t)(n % 2 ? id.b[n / 2] | d : d << 4);
		n++;
	}
	if (n != 32)
		return false;
	*ret = id;
	return true;
}

static int64_t changes(struct tw_db *db)
{
	return sqlite3_changes64(db->h);
}

static int64_t last_id(struct tw_db *db)
{
	return sqlite3_last_insert_rowid(db->h);
}

static bool has_table(struct tw_db *db, const char *name, struct tw_err *err)
{
	sqlite3_stmt *st = NULL;
	bool has;

	if (sqlite3_prepare_v2(db->h, "select 1 from sqlite_master where type='table' and name=?",
			       -1, &st, NULL) != SQLITE_OK) {
		failed(db->h, sqlite3_errcode(db->h), err);
		return false;
	}
	sqlite3_bind_text(st, 1, name, -1, SQLITE_STATIC);
	has = sqlite3_step(st) == SQLITE_ROW;
	sqlite3_finalize(st);
	return has;
}

static enum tw_rc tables(struct tw_db *db, const char *kind, struct tw_arena *a,
			 struct tw_str **ret_v, size_t *ret_n, struct tw_err *err)
{
	TW_VEC(struct tw_str) names = {0};
	sqlite3_stmt *st = NULL;
	int code =
		sqlite3_prepare_v2(db->h,
				   "select name from sqlite_master where type=? and name not like "
				   "'sqlite\\_%' escape '\\' order by name",
				   -1, &st, NULL);

	if (code != SQLITE_OK)
		return failed(db->h, code, err);
	sqlite3_bind_text(st, 1, kind, -1, SQLITE_STATIC);
	while ((code = sqlite3_step(st)) == SQLITE_ROW)
		tw_vec_push(&names, tw_str_copy(a, get_text((struct tw_stmt *)st, 0)));
	sqlite3_finalize(st);
	if (code != SQLITE_DONE) {
		tw_vec_release(&names);
		return failed(db->h, code, err);
	}
	*ret_v = tw_arena_array(a, struct tw_str, names.n);
	memcpy(*ret_v, names.v ? names.v : (void *)*ret_v, names.n * sizeof **ret_v);
	*ret_n = names.n;
	tw_vec_release(&names);
	return TW_OK;
}

static int64_t pragma_int(struct tw_db *db, const char *sql)
{
	sqlite3_stmt *st = NULL;
	int64_t v = 0;

	if (sqlite3_prepare_v2(db->h, sql, -1, &st, NULL) == SQLITE_OK &&
	    sqlite3_step(st) == SQLITE_ROW)
		v = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return v;
}

static int64_t size(struct tw_db *db)
{
	return pragma_int(db, "pragma page_count") * pragma_int(db, "pragma page_size");
}

static enum tw_rc tidy(struct tw_db *db, struct tw_err *err)
{
	return db_exec(db, "pragma wal_checkpoint(truncate); vacuum", err);
}

static void rest(struct tw_db *db)
{
	sqlite3_db_release_memory(db->h);
}

const struct tw_db_ops tw_db_sqlite = {
	.name = "sqlite",
	.no_index = "+",
	.open = db_open,
	.close = db_close,
	.exec = db_exec,
	.begin = db_begin,
	.commit = db_commit,
	.rollback = db_rollback,
	.prepare = db_prepare,
	.stmt_free = stmt_free,
	.bind_null = bind_null,
	.bind_int = bind_int,
	.bind_real = bind_real,
	.bind_text = bind_text,
	.bind_time = bind_time,
	.bind_uuid = bind_uuid,
	.step = step,
	.reset = reset,
	.is_null = is_null,
	.get_int = get_int,
	.get_real = get_real,
	.get_text = get_text,
	.columns = columns,
	.column_name = column_name,
	.get_time = get_time,
	.get_uuid = get_uuid,
	.changes = changes,
	.last_id = last_id,
	.stamp = stamp,
	.feed_announce = feed_announce,
	.feed_file = feed_file,
	.has_table = has_table,
	.tables = tables,
	.size = size,
	.tidy = tidy,
	.rest = rest,
};
