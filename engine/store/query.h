/*
 * How the questions are asked: a cached statement with a cursor over its parameters and columns, lists
 * with filters, transactions that join the caller's. Only store/ includes this.
 */
#pragma once

#include "base/map.h"
#include "store/db.h"

struct tw_cached {
	struct tw_stmt *st;
	bool busy;
};

struct tw_store {
	const struct tw_db_ops *ops;
	struct tw_db *db;
	struct tw_store_opts opts;
	struct tw_map cache;    /* SQL → struct tw_cached */
	struct tw_map texts;    /* set of columns → SQL of the update (ti_row.c) */
	bool in_tx, tx_writes;
	struct tw_buf said;     /* what this transaction tells to the feed (feed_write.h) */
};

int64_t tw_store_now(const struct tw_store *s);
/* The failure tests' hook; TW_ERR_IO when it says so. */
enum tw_rc tw_store_fault(struct tw_store *s, const char *what, struct tw_err *err);

/*
 * A statement in use. tw_q opens it, the tw_q_put_… functions bind the parameters from left to right, then
 * either tw_q_run (a write) or tw_q_next until it says no more; tw_q_done at any time ends it
 * early. tw_q_get_… read a row's columns from left to right.
 */
struct tw_q {
	struct tw_store *s;
	struct tw_stmt *st;
	struct tw_cached *cached; /* NULL: freed when done */
	int param, col;
	enum tw_rc rc;            /* the error that prepare met; told by run or next */
	struct tw_err err;
};

void tw_q(struct tw_q *q, struct tw_store *s, const char *sql);
void tw_q_once(struct tw_q *q, struct tw_store *s, struct tw_str sql); /* made up for the moment: not cached */
void tw_q_done(struct tw_q *q);

void tw_q_put_null(struct tw_q *q);
void tw_q_put_int(struct tw_q *q, int64_t v);
void tw_q_put_id(struct tw_q *q, int64_t v);              /* 0 = null */
void tw_q_put_real(struct tw_q *q, double v);
void tw_q_put_str(struct tw_q *q, struct tw_str v);
void tw_q_put_cstr(struct tw_q *q, const char *v);        /* must live until run */
void tw_q_put_time(struct tw_q *q, tw_time v);
void tw_q_put_uuid(struct tw_q *q, struct tw_id v);
void tw_q_put_uuid_text(struct tw_q *q, struct tw_str v); /* empty = null; no UUID = as it is */

enum tw_rc tw_q_run(struct tw_q *q, int64_t *ret_changes, struct tw_err *err);
int tw_q_next(struct tw_q *q, struct tw_err *err);        /* 1 row, 0 end, negative error; 0 and less end it */
/* The first row, if there is one, stays open for reading; TW_ERR_NOT_FOUND without a message. */
enum tw_rc tw_q_one(struct tw_q *q, struct tw_err *err);

bool tw_q_is_null(struct tw_q *q);                        /* does not go on */
int64_t tw_q_get_int(struct tw_q *q);                     /* null: 0 */
double tw_q_get_real(struct tw_q *q, double dflt);
struct tw_str tw_q_get_str(struct tw_q *q, struct tw_arena *a);
tw_time tw_q_get_time(struct tw_q *q);
struct tw_id tw_q_get_uuid(struct tw_q *q);               /* null: zeroes */
struct tw_str tw_q_get_uuid_text(struct tw_q *q, struct tw_arena *a);
void tw_q_skip(struct tw_q *q);

/* One write without results; binds by the format: i int64_t, s struct tw_str, c const char *, t tw_time, u id text. */
enum tw_rc tw_q_exec(struct tw_store *s, int64_t *ret_changes, struct tw_err *err, const char *sql,
		     const char *fmt, ...);
/* One number, 0 when there is no row or it is null. */
enum tw_rc tw_q_number(struct tw_store *s, int64_t *ret, struct tw_err *err, const char *sql, const char *fmt, ...);

/* Joins the open transaction or begins one of its own; *ret_own says which. */
enum tw_rc tw_tx_enter(struct tw_store *s, bool *ret_own, struct tw_err *err);
/* Commits or, with rc < 0, rolls back what enter began; returns the outcome. */
enum tw_rc tw_tx_leave(struct tw_store *s, bool own, enum tw_rc rc, struct tw_err *err);
enum tw_rc tw_tx_enter_read(struct tw_store *s, bool *ret_own, struct tw_err *err);

/* ── lists (list.c) ─────────────────────────────────────────────────────────────────── */

enum tw_field_type { TW_F_TEXT, TW_F_INT, TW_F_REAL, TW_F_BOOL, TW_F_TIME, TW_F_UUID, TW_F_STATE };

struct tw_field {
	const char *name;
	const char *expr;
	enum tw_field_type type;
	bool far;                    /* expr needs the joins */
	/* NULL, or a subquery with one %s where the condition goes: "exists (select 1 from … where %s)" */
	const char *within;
	bool sure;                   /* never null: what comes behind a row is one stretch of its index */
	bool walks;                  /* an index has the whole table in its order */
	bool scope;                  /* equality with it (a DAG) is never set aside: what belongs together came together */
	bool walks_scope;            /* an index has the rows of one scope in its order */
	const char *lead;            /* NULL, or the parent's column that is the same: patterns are looked for there */
	bool leads;                  /* and an index has the parents in its order */
};

/*
 * The field "readable_by", asked with the ids of roles (TW_OP_IN): may one of them read the DAG that
 * `dag`, an expression, names? far: dag needs the joins. _OR: within more
 * of a condition.
 */
#define TW_DAG_READABLE                                                                                   \
	" in (select substr(v.name, 5) from ab_view_menu v join ab_permission_view pv on pv.view_menu_id = v.id" \
	" join ab_permission p on p.id = pv.permission_id and p.name = 'can_read'"                        \
	" join ab_permission_view_role x on x.permission_view_id = pv.id"                                 \
	" where v.name >= 'DAG:' and v.name < 'DAG;' and %s)"
#define TW_READABLE(dag, far)                                                                             \
	{                                                                                                 \
		"readable_by", "x.role_id", TW_F_INT, far, dag TW_DAG_READABLE                            \
	}
#define TW_READABLE_OR(before, dag, after)                                                                \
	{                                                                                                 \
		"readable_by", "x.role_id", TW_F_INT, false, "(" before dag TW_DAG_READABLE after ")"     \
	}

/*
 * The page is found first, in the table alone when no condition or order needs the joins: so that
 * skipping a million rows walks one index. Then its rows are joined. Which way it is found is told to the database once it is
 * known how many rows there are (list_way.h).
 */
struct tw_list_def {
	const char *what;            /* for messages: "task instance" */
	const char *cols;
	const char *table;           /* with its alias: "dag_run r" */
	const char *joins;           /* "" or "join … left join …", at most one row for each of table's */
	const char *where;           /* NULL, or a condition that always holds (on table alone) */
	const char *key;             /* integer or text, unique: "r.id" */
	const struct tw_field *fields;
	size_t nfields;
	bool text_key;               /* the key is text */
	/*
	 * NULL, or the table led by its parent ("dag_run r cross join task_instance ti on …"), for orders that begin with a column of
	 * the parent (its alias is that of parent_key, "r.id"): the parent's index is walked, and nothing but one parent's rows sorted.
	 * And for conditions on the parent, patterns of what both have, or those of `by_parent` together (names of fields, compared by
	 * "=", and NULL).
	 */
	const char *from_parent, *parent_key;
	const char *const *by_parent;
};

/* Reads the columns of one row. */
typedef void (*tw_read_fn)(struct tw_q *q, struct tw_arena *a, void *row);

/* The whole list: *ret_v is an array of n items of `size` bytes. */
enum tw_rc tw_list(struct tw_store *s, const struct tw_list_def *def, const struct tw_ask *ask, size_t size,
		   tw_read_fn read, struct tw_arena *a, void **ret_v, size_t *ret_n, int64_t *ret_total,
		   struct tw_err *err);
/*
 * " where …" of an ask; *ret_far: a condition needs the joins. mark: "", or what keeps the indexes of the columns that
 * are compared out of the plan (tw_db_ops.no_index).
 */
enum tw_rc tw_list_where(const struct tw_list_def *def, const struct tw_ask *ask, const char *mark, struct tw_buf *sql,
			 bool *ret_far, struct tw_err *err);
/* Its parameters. What patterns need goes into the arena. */
void tw_list_bind(const struct tw_list_def *def, const struct tw_ask *ask, struct tw_q *q, struct tw_arena *a);
/* All rows that an open query has left. */
enum tw_rc tw_q_all(struct tw_q *q, size_t size, tw_read_fn read, struct tw_arena *a, void **ret_v, size_t *ret_n,
		    struct tw_err *err);

/* Typed fronts of the two: `out` is a struct … **. */
#define TW_LIST(s, def, ask, row_type, read, a, ret_v, ret_n, ret_total, err)                              \
	({                                                                                         \
		void *tw_list_v_ = NULL;                                                           \
		enum tw_rc tw_list_rc_ = tw_list(s, def, ask, sizeof(row_type), read, a,           \
						 &tw_list_v_, ret_n, ret_total, err);              \
		if (tw_list_rc_ >= 0)                                                          \
			*(ret_v) = tw_list_v_;                                                     \
		tw_list_rc_;                                                                       \
	})
#define TW_Q_ALL(q, row_type, read, a, ret_v, ret_n, err)                                                  \
	({                                                                                         \
		void *tw_all_v_ = NULL;                                                            \
		enum tw_rc tw_all_rc_ =                                                            \
			tw_q_all(q, sizeof(row_type), read, a, &tw_all_v_, ret_n, err);            \
		if (tw_all_rc_ >= 0)                                                           \
			*(ret_v) = tw_all_v_;                                                      \
		tw_all_rc_;                                                                        \
	})
