#include "store/query.h"

static void open_stmt(struct tw_q *q, struct tw_store *s, struct tw_str sql)
{
	*q = (struct tw_q){.s = s};
	q->rc = s->ops->prepare(s->db, sql, &q->st, &q->err);
}

void tw_q_once(struct tw_q *q, struct tw_store *s, struct tw_str sql)
{
	open_stmt(q, s, sql);
}

/*
 * Lists make their SQL from what is asked, so there is no end of different texts. When there are
 * too many all go, and those in use come back.
 */
#define CACHE_MAX 300

static void trim_cache(struct tw_store *s)
{
	if (s->cache.len < CACHE_MAX)
		return;
	tw_map_foreach(&s->cache, e)
	{
		struct tw_cached *c = e->value;

		if (c->busy)
			continue;
		s->ops->stmt_free(c->st);
		free(c);
		tw_map_del(&s->cache, e->key);
	}
}

void tw_q(struct tw_q *q, struct tw_store *s, const char *sql)
{
	struct tw_str key = tw_str(sql);
	struct tw_cached *c = tw_map_get(&s->cache, key);

	if (c && c->busy) { /* a question inside the walk of the same question */
		open_stmt(q, s, key);
		return;
	}
	if (!c) {
		open_stmt(q, s, key);
		if (q->rc < 0)
			return;
		trim_cache(s);
		c = tw_new(struct tw_cached);
		c->st = q->st;
		tw_map_set(&s->cache, key, c);
	} else {
		*q = (struct tw_q){.s = s, .st = c->st};
	}
	c->busy = true;
	q->cached = c;
}

void tw_q_done(struct tw_q *q)
{
	if (!q->st)
		return;
	if (q->cached) {
		q->s->ops->reset(q->st);
		q->cached->busy = false;
	} else {
		q->s->ops->stmt_free(q->st);
	}
	q->st = NULL;
}

/* After a failed prepare nothing is bound; run or next tell the error. */
#define PUT(fn, ...)                                                                               \
	do {                                                                                       \
		if (q->st)                                                                         \
			q->s->ops->fn(q->st, q->param++, ##__VA_ARGS__);                           \
	} while (0)

void tw_q_put_null(struct tw_q *q)
{
	PUT(bind_null);
}

void tw_q_put_int(struct tw_q *q, int64_t v)
{
	PUT(bind_int, v);
}

void tw_q_put_id(struct tw_q *q, int64_t v)
{
	if (v)
		PUT(bind_int, v);
	else
		PUT(bind_null);
}

void tw_q_put_real(struct tw_q *q, double v)
{
	PUT(bind_real, v);
}

void tw_q_put_str(struct tw_q *q, struct tw_str v)
{
	PUT(bind_text, v);
}

void tw_q_put_cstr(struct tw_q *q, const char *v)
{
	PUT(bind_text, tw_str(v));
}

void tw_q_put_time(struct tw_q *q, tw_time v)
{
	PUT(bind_time, v);
}

void tw_q_put_uuid(struct tw_q *q, struct tw_id v)
{
	PUT(bind_uuid, v);
}

void tw_q_put_uuid_text(struct tw_q *q, struct tw_str v)
{
	struct tw_id id;

	if (!v.n)
		PUT(bind_null);
	else if (tw_id_parse(v, &id))
		PUT(bind_uuid, id);
	else
		PUT(bind_text, v);
}

enum tw_rc tw_q_run(struct tw_q *q, int64_t *ret_changes, struct tw_err *err)
{
	int rc = q->rc;

	if (rc < 0) {
		if (err)
			*err = q->err;
		return rc;
	}
	rc = tw_store_fault(q->s, "write", err);
	if (rc == 0)
		rc = q->s->ops->step(q->st, err);
	if (rc >= 0 && ret_changes)
		*ret_changes = q->s->ops->changes(q->s->db);
	tw_q_done(q);
	return rc < 0 ? rc : TW_OK;
}

int tw_q_next(struct tw_q *q, struct tw_err *err)
{
	int rc = q->rc;

	if (rc < 0) {
		if (err)
			*err = q->err;
		return rc;
	}
	q->col = 0;
	rc = q->s->ops->step(q->st, err);
	if (rc <= 0) {
		q->rc = rc;
		tw_q_done(q);
	}
	return rc;
}

enum tw_rc tw_q_one(struct tw_q *q, struct tw_err *err)
{
	int rc = tw_q_next(q, err);

	if (rc == 0)
		return tw_err_set(err, TW_ERR_NOT_FOUND, "not found");
	return rc < 0 ? rc : TW_OK;
}

bool tw_q_is_null(struct tw_q *q)
{
	return q->s->ops->is_null(q->st, q->col);
}

int64_t tw_q_get_int(struct tw_q *q)
{
	return q->s->ops->get_int(q->st, q->col++);
}

double tw_q_get_real(struct tw_q *q, double dflt)
{
	int i = q->col++;

	return q->s->ops->is_null(q->st, i) ? dflt : q->s->ops->get_real(q->st, i);
}

struct tw_str tw_q_get_str(struct tw_q *q, struct tw_arena *a)
{
	struct tw_str s = q->s->ops->get_text(q->st, q->col++);

	return s.p ? tw_str_copy(a, s) : s;
}

tw_time tw_q_get_time(struct tw_q *q)
{
	return q->s->ops->get_time(q->st, q->col++);
}

struct tw_id tw_q_get_uuid(struct tw_q *q)
{
	struct tw_id id = {0};

	q->s->ops->get_uuid(q->st, q->col++, &id);
	return id;
}

struct tw_str tw_q_get_uuid_text(struct tw_q *q, struct tw_arena *a)
{
	struct tw_id id;
	char text[37];

	if (!q->s->ops->get_uuid(q->st, q->col, &id))
		return tw_q_get_str(q, a);
	q->col++;
	tw_id_text(id, text);
	return tw_str_copy(a, tw_strn(text, 36));
}

void tw_q_skip(struct tw_q *q)
{
	q->col++;
}

static void put_all(struct tw_q *q, const char *fmt, va_list ap)
{
	for (; *fmt; fmt++)
		switch (*fmt) {
		case 'i':
			tw_q_put_int(q, va_arg(ap, int64_t));
			break;
		case 's':
			tw_q_put_str(q, va_arg(ap, struct tw_str));
			break;
		case 'c':
			tw_q_put_cstr(q, va_arg(ap, const char *));
			break;
		case 't':
			tw_q_put_time(q, va_arg(ap, tw_time));
			break;
		case 'u':
			tw_q_put_uuid_text(q, va_arg(ap, struct tw_str));
			break;
		default:
			TW_ASSERT(!"known letter");
		}
}

enum tw_rc tw_q_exec(struct tw_store *s, int64_t *ret_changes, struct tw_err *err, const char *sql,
		     const char *fmt, ...)
{
	struct tw_q q;
	va_list ap;

	tw_q(&q, s, sql);
	va_start(ap, fmt);
	put_all(&q, fmt, ap);
	va_end(ap);
	return tw_q_run(&q, ret_changes, err);
}

enum tw_rc tw_q_number(struct tw_store *s, int64_t *ret, struct tw_err *err, const char *sql,
		       const char *fmt, ...)
{
	struct tw_q q;
	va_list ap;
	int rc;

	tw_q(&q, s, sql);
	va_start(ap, fmt);
	put_all(&q, fmt, ap);
	va_end(ap);
	rc = tw_q_next(&q, err);
	if (rc < 0)
		return rc;
	*ret = rc ? tw_q_get_int(&q) : 0;
	tw_q_done(&q);
	return TW_OK;
}

enum tw_rc tw_tx_enter(struct tw_store *s, bool *ret_own, struct tw_err *err)
{
	*ret_own = !s->in_tx;
	return s->in_tx ? TW_OK : tw_store_begin(s, err);
}

enum tw_rc tw_tx_enter_read(struct tw_store *s, bool *ret_own, struct tw_err *err)
{
	*ret_own = !s->in_tx;
	return s->in_tx ? TW_OK : tw_store_begin_read(s, err);
}

enum tw_rc tw_tx_leave(struct tw_store *s, bool own, enum tw_rc rc, struct tw_err *err)
{
	if (!own)
		return rc;
	if (rc < 0) {
		tw_store_rollback(s);
		return rc;
	}
	return tw_store_end(s, err);
}
