/* What `db clean` has kept. */
#include "store/house.h"

#include "store/write.h"

enum tw_rc tw_store_archives(struct tw_store *s, struct tw_arena *a, struct tw_str **ret_v,
			     size_t *ret_n, struct tw_err *err)
{
	struct tw_str *v;
	size_t n, k = 0;

	TW_TRY(s->ops->tables(s->db, "table", a, &v, &n, err));
	for (size_t i = 0; i < n; i++)
		if (tw_str_starts(v[i], TW_ARCHIVE_PREFIX))
			v[k++] = v[i];
	*ret_v = v;
	*ret_n = k;
	return TW_OK;
}

bool tw_archive_is_of(struct tw_str archive, const struct tw_str *tables, size_t n)
{
	struct tw_str rest = tw_strn(archive.p + strlen(TW_ARCHIVE_PREFIX), archive.n - strlen(TW_ARCHIVE_PREFIX));

	for (size_t i = 0; i < n; i++)
		if (rest.n > tables[i].n + 2 && memcmp(rest.p, tables[i].p, tables[i].n) == 0 &&
		    memcmp(rest.p + tables[i].n, "__", 2) == 0)
			return true;
	return n == 0;
}

enum tw_rc tw_store_archives_drop(struct tw_store *s, const struct tw_str *tables, size_t n,
				  struct tw_err *err)
{
	struct tw_buf sql TW_AUTO(tw_buf_release) = {0};
	struct tw_arena a = {0};
	enum tw_rc rc;
	struct tw_str *v;
	size_t nv;

	rc = tw_store_archives(s, &a, &v, &nv, err);
	if (rc == TW_OK) {
		tw_buf_adds(&sql, "");
		for (size_t i = 0; i < nv; i++)
			if (tw_archive_is_of(v[i], tables, n))
				tw_buf_printf(&sql, "drop table \"" TW_STR_FMT "\";",
					      TW_STR_ARG(v[i]));
		rc = s->ops->exec(s->db, tw_buf_cstr(&sql), err);
	}
	tw_arena_release(&a);
	return rc;
}

/* The statement's row, or the names of its columns. */
static enum tw_rc hand_on(struct tw_store *s, struct tw_stmt *st, int n, bool names, struct tw_arena *a,
			  tw_archive_row each, void *arg, struct tw_err *err)
{
	struct tw_str *cells = tw_arena_array(a, struct tw_str, (size_t)n + 1);

	for (int i = 0; i < n; i++)
		cells[i] = names ? s->ops->column_name(st, i) : s->ops->get_text(st, i);
	return each(arg, cells, (size_t)n, err);
}

enum tw_rc tw_store_archive_read(struct tw_store *s, struct tw_str archive, tw_archive_row each, void *arg,
				 struct tw_err *err)
{
	struct tw_buf sql TW_AUTO(tw_buf_release) = {0};
	struct tw_arena a = {0};
	struct tw_q q;
	enum tw_rc rc;
	int n, more = 0;

	tw_buf_printf(&sql, "select * from \"" TW_STR_FMT "\"", TW_STR_ARG(archive));
	tw_q_once(&q, s, tw_buf_str(&sql));
	if (q.rc < 0) {
		more = tw_q_next(&q, err);
		return (enum tw_rc)more;
	}
	n = s->ops->columns(q.st);
	rc = hand_on(s, q.st, n, true, &a, each, arg, err);
	while (rc == TW_OK && (more = tw_q_next(&q, err)) > 0) {
		tw_arena_clear(&a);
		rc = hand_on(s, q.st, n, false, &a, each, arg, err);
	}
	tw_q_done(&q);
	tw_arena_release(&a);
	return rc < 0 ? rc : more < 0 ? (enum tw_rc)more : TW_OK;
}
