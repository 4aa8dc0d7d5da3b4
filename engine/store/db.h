/*
 * What a database has to offer to the questions: connections, prepared statements, transactions. One
 * struct of functions per database (db_sqlite.c); everything above is SQL that all of them understand.
 *
 * SQL is written with `?` for parameters; instants, ids and booleans are bound and read by kind, since
 * databases store them differently. Only store/ includes this.
 */
#pragma once

#include "store/store.h"

#define TW_COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct tw_db;
struct tw_stmt;

struct tw_db_ops {
	const char *name;
	const char *no_index; /* before a column: no index of it is used to compare or to order */
	/* Opens what the URL names. Takes what it needs of opts: url, read_only, relaxed, busy_ms. */
	enum tw_rc (*open)(const struct tw_store_opts *opts, struct tw_db **ret_db, struct tw_err *err);
	void (*close)(struct tw_db *db); /* all statements are freed before */
	/* One or more statements without parameters or results. */
	enum tw_rc (*exec)(struct tw_db *db, const char *sql, struct tw_err *err);
	enum tw_rc (*begin)(struct tw_db *db, bool write, struct tw_err *err);
	enum tw_rc (*commit)(struct tw_db *db, struct tw_err *err);
	void (*rollback)(struct tw_db *db);
	enum tw_rc (*prepare)(struct tw_db *db, struct tw_str sql, struct tw_stmt **ret_st, struct tw_err *err);
	void (*stmt_free)(struct tw_stmt *st);
	/* i from 0. Bound bytes must live until reset. */
	void (*bind_null)(struct tw_stmt *st, int i);
	void (*bind_int)(struct tw_stmt *st, int i, int64_t v);
	void (*bind_real)(struct tw_stmt *st, int i, double v);
	void (*bind_text)(struct tw_stmt *st, int i, struct tw_str v); /* p NULL = null */
	void (*bind_time)(struct tw_stmt *st, int i, tw_time v);       /* NONE = null */
	void (*bind_uuid)(struct tw_stmt *st, int i, struct tw_id v);
	/* 1: a row; 0: the end; negative: an error. */
	int (*step)(struct tw_stmt *st, struct tw_err *err);
	void (*reset)(struct tw_stmt *st);
	/* What is read is valid until the next step or reset. */
	bool (*is_null)(struct tw_stmt *st, int i);
	int64_t (*get_int)(struct tw_stmt *st, int i);
	double (*get_real)(struct tw_stmt *st, int i);
	struct tw_str (*get_text)(struct tw_stmt *st, int i);          /* null: p NULL */
	tw_time (*get_time)(struct tw_stmt *st, int i);                /* null, unreadable: NONE */
	bool (*get_uuid)(struct tw_stmt *st, int i, struct tw_id *ret);
	int (*columns)(struct tw_stmt *st);                            /* of its rows */
	struct tw_str (*column_name)(struct tw_stmt *st, int i);
	int64_t (*changes)(struct tw_db *db);                          /* rows that the last write touched */
	int64_t (*last_id)(struct tw_db *db);                          /* the key that the last insert drew */
	bool (*has_table)(struct tw_db *db, const char *name, struct tw_err *err);
	/* Names of all of a kind ("table", "view"), into the arena. */
	enum tw_rc (*tables)(struct tw_db *db, const char *kind, struct tw_arena *a, struct tw_str **ret_v, size_t *ret_n,
			     struct tw_err *err);
	int64_t (*size)(struct tw_db *db);                             /* bytes */
	enum tw_rc (*tidy)(struct tw_db *db, struct tw_err *err);
	void (*rest)(struct tw_db *db);                                /* gives caches back */
	uint64_t (*stamp)(struct tw_db *db);                           /* another one after each commit of anybody; 0: not known */
	void (*feed_announce)(struct tw_db *db);                       /* there is a new row in the feed */
	const char *(*feed_file)(struct tw_db *db);                    /* what announcing writes to; NULL: nothing */
};

extern const struct tw_db_ops tw_db_sqlite;
