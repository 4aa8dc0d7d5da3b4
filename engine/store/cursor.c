/*
 * Pages by place: the rows behind (or before) one that was shown, told apart by what the list is
 * ordered by and the key. Rows that come or go move nobody's page, and the way to a late page is as
 * short as to the first: an index leads there.
 */
#include "store/cursor.h"

#include "value/json.h"

/* Nulls come first, as the order has them. */
struct places {
	const struct tw_order_term *terms;
	size_t n;
	struct tw_value values;	 /* the place: one for each term */
	size_t bound[4 * TW_ORDER_TERMS]; /* which values the SQL wants, in order */
	size_t nbound;
};

static struct tw_value value(const struct places *p, size_t i)
{
	return p->values.list->v[i];
}

static void wants(struct places *p, struct tw_buf *sql, size_t i, const char *sign)
{
	tw_buf_printf(sql, "%s %s ?", p->terms[i].expr, sign);
	p->bound[p->nbound++] = i;
}

/* Rows whose term i comes behind the place's; or_same: or is the same. */
static void behind(struct places *p, struct tw_buf *sql, size_t i, bool or_same)
{
	const struct tw_order_term *t = &p->terms[i];
	bool null = value(p, i).kind == TW_V_NULL;

	if (null && !t->down) {
		tw_buf_printf(sql, or_same ? "1=1" : "%s is not null", t->expr);
	} else if (null) {
		tw_buf_printf(sql, or_same ? "%s is null" : "1=0", t->expr);
	} else if (!t->down || t->sure) {
		wants(p, sql, i, t->down ? (or_same ? "<=" : "<") : or_same ? ">=" : ">");
	} else {
		tw_buf_addc(sql, '(');
		wants(p, sql, i, or_same ? "<=" : "<");
		tw_buf_printf(sql, " or %s is null)", t->expr);
	}
}

static void same(struct places *p, struct tw_buf *sql, size_t i)
{
	if (value(p, i).kind == TW_V_NULL)
		tw_buf_printf(sql, "%s is null", p->terms[i].expr);
	else
		wants(p, sql, i, "=");
}

/* (a behind or (a same and (b behind or (b same and key behind)))), led by what an index can use. */
static void predicate(struct places *p, struct tw_buf *sql)
{
	size_t last = p->n - 1;

	if (last) {
		behind(p, sql, 0, true);
		tw_buf_adds(sql, " and ");
	}
	for (size_t i = 0; i < last; i++) {
		tw_buf_addc(sql, '(');
		behind(p, sql, i, false);
		tw_buf_adds(sql, " or (");
		same(p, sql, i);
		tw_buf_adds(sql, " and ");
	}
	behind(p, sql, last, false);
	for (size_t i = 0; i < last; i++)
		tw_buf_adds(sql, "))");
}

static void bind(struct places *p, struct tw_q *q)
{
	for (size_t k = 0; k < p->nbound; k++) {
		struct tw_value v = value(p, p->bound[k]);

		switch (p->terms[p->bound[k]].type) {
		case TW_F_TIME:
			tw_q_put_time(q, v.kind == TW_V_INT ? v.i : TW_TIME_NONE);
			break;
		case TW_F_INT:
		case TW_F_BOOL:
			tw_q_put_int(q, v.kind == TW_V_INT ? v.i : 0);
			break;
		case TW_F_REAL:
			tw_q_put_real(q, v.kind == TW_V_INT ? (double)v.i : v.kind == TW_V_FLOAT ? v.f : 0);
			break;
		case TW_F_UUID:
			tw_q_put_uuid_text(q, v.kind == TW_V_STR ? v.s : (struct tw_str){0});
			break;
		default:
			tw_q_put_str(q, v.kind == TW_V_STR ? v.s : (struct tw_str){0});
		}
	}
}

/* The columns behind the row's own, as JSON. */
static struct tw_str place_of(struct tw_q *q, const struct tw_order_term *terms, size_t n, struct tw_arena *a)
{
	struct tw_buf text TW_AUTO(tw_buf_release) = {0};
	struct tw_jw w = {.out = &text};

	tw_jw_list(&w);
	for (size_t i = 0; i < n; i++) {
		if (tw_q_is_null(q)) {
			tw_jw_null(&w);
			tw_q_skip(q);
		} else if (terms[i].type == TW_F_TIME) {
			tw_jw_int(&w, tw_q_get_time(q));
		} else if (terms[i].type == TW_F_INT || terms[i].type == TW_F_BOOL) {
			tw_jw_int(&w, tw_q_get_int(q));
		} else if (terms[i].type == TW_F_REAL) {
			tw_jw_float(&w, tw_q_get_real(q, 0));
		} else if (terms[i].type == TW_F_UUID) {
			tw_jw_str(&w, tw_q_get_uuid_text(q, a));
		} else {
			tw_jw_str(&w, tw_q_get_str(q, a));
		}
	}
	tw_jw_end(&w);
	return tw_str_copy(a, tw_buf_str(&text));
}

static enum tw_rc read_place(struct places *p, struct tw_str text, struct tw_arena *a, struct tw_err *err)
{
	if (tw_json_parse(a, text, &p->values, NULL) < 0 || p->values.kind != TW_V_LIST || tw_value_len(p->values) != p->n)
		return tw_err_set(err, TW_ERR_INVALID, "Invalid cursor token");
	return TW_OK;
}

/* The rows of the page, at most limit + 1 in the order in which they were asked for, and the place of each. */
static enum tw_rc fetch(struct tw_q *q, const struct tw_order_term *terms, size_t nterms, size_t size, tw_read_fn read,
			struct tw_arena *a, size_t room, char *rows, struct tw_str *places, size_t *ret_n, struct tw_err *err)
{
	int own = q->st ? q->s->ops->columns(q->st) - (int)nterms : 0, rc = 0;
	size_t n = 0;

	while (n < room && (rc = tw_q_next(q, err)) > 0) {
		read(q, a, rows + n * size);
		q->col = own;
		places[n++] = place_of(q, terms, nterms, a);
	}
	tw_q_done(q);
	*ret_n = n;
	return rc < 0 ? rc : TW_OK;
}

static void turn_round(char *rows, struct tw_str *places, size_t n, size_t size)
{
	char *spare = tw_alloc(size);

	for (size_t i = 0; i < n / 2; i++) {
		struct tw_str place = places[i];

		memcpy(spare, rows + i * size, size);
		memcpy(rows + i * size, rows + (n - 1 - i) * size, size);
		memcpy(rows + (n - 1 - i) * size, spare, size);
		places[i] = places[n - 1 - i];
		places[n - 1 - i] = place;
	}
	free(spare);
}

enum tw_rc tw_list_at(struct tw_store *s, const struct tw_list_def *def, const struct tw_ask *ask, struct tw_str where,
		      bool far, enum tw_way way, size_t size, tw_read_fn read, struct tw_arena *a, void **ret_v,
		      size_t *ret_n, struct tw_err *err)
{
	struct tw_buf sql TW_AUTO(tw_buf_release) = {0};
	struct tw_cursor *c = ask->cursor;
	struct tw_order_term terms[TW_ORDER_TERMS];
	struct places p = {.terms = terms};
	size_t room = (size_t)(ask->limit > 0 ? ask->limit : 0) + 1, n;
	char *rows = tw_arena_zalloc(a, room * size);
	struct tw_str *places = tw_arena_array(a, struct tw_str, room);
	struct tw_q q;

	TW_TRY(tw_order_terms(def, ask, terms, &p.n, &far, err));
	for (size_t i = 0; c->back && i < p.n; i++)
		terms[i].down = !terms[i].down;
	if (way == TW_WAY_SORT)
		tw_order_aside(terms, p.n, s->ops->no_index, a);
	if (c->at.p)
		TW_TRY(read_place(&p, c->at, a, err));
	tw_buf_printf(&sql, "select %s", def->cols);
	for (size_t i = 0; i < p.n; i++)
		tw_buf_printf(&sql, ", %s", terms[i].expr);
	tw_buf_printf(&sql, " from (select %s as k from ", def->key);
	tw_list_from(def, ask, way, far, &sql);
	tw_buf_addstr(&sql, where);
	if (c->at.p) {
		tw_buf_adds(&sql, where.n ? " and " : " where ");
		predicate(&p, &sql);
	}
	tw_order_sql(terms, p.n, &sql);
	tw_buf_printf(&sql, " limit ?) p cross join %s on %s = p.k %s", def->table, def->key, def->joins);
	tw_order_sql(terms, p.n, &sql);
	tw_q(&q, s, tw_buf_cstr(&sql));
	tw_list_bind(def, ask, &q, a);
	bind(&p, &q);
	tw_q_put_int(&q, (int64_t)room);
	TW_TRY(fetch(&q, terms, p.n, size, read, a, room, rows, places, &n, err));
	c->more = n == room;
	n -= c->more;
	if (c->back)
		turn_round(rows, places, n, size);
	c->first = n ? places[0] : (struct tw_str){0};
	c->last = n ? places[n - 1] : (struct tw_str){0};
	*ret_v = rows;
	*ret_n = n;
	return TW_OK;
}
