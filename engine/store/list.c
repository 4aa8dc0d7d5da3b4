/* Lists: filters, orders and pages as SQL. Field names are looked up in a table, values are always
 * bound. */
#include "io/clock.h"
#include "store/cursor.h"
#include "store/list_way.h"
#include "store/totals.h"

#define ORDER_MAX 10

static enum tw_rc need_field(const struct tw_list_def *def, const char *name,
			     const struct tw_field **ret_f, struct tw_err *err)
{
	*ret_f = tw_list_field(def, name);
	if (!*ret_f)
		return tw_err_set(err, TW_ERR_INVALID, "a %s has no field '%s'", def->what, name);
	return TW_OK;
}

static bool is_null_entry(const struct tw_field *f, struct tw_str s)
{
	return !s.p || (f->type == TW_F_STATE && (tw_str_is(s, "none") || tw_str_is(s, "null")));
}

/* The next non-empty term of "a|b"; false when there is none left. */
static bool next_term(struct tw_str *rest, struct tw_str *ret_term)
{
	while (rest->p) {
		*ret_term = tw_str_trim(tw_str_cut(*rest, '|', rest));
		if (ret_term->n)
			return true;
	}
	return false;
}

static void terms_sql(struct tw_buf *out, const char *mark, const char *expr, struct tw_str text, bool prefix)
{
	struct tw_str term;
	bool any = false;

	tw_buf_addc(out, '(');
	while (next_term(&text, &term)) {
		tw_buf_adds(out, any ? " or " : "");
		if (prefix)
			tw_buf_printf(out, "(%s%s >= ? and %s%s < ?)", mark, expr, mark, expr);
		else
			tw_buf_printf(out, "%s like ?", expr);
		any = true;
	}
	tw_buf_adds(out, any ? ")" : "1=1)");
}

static void in_sql(struct tw_buf *out, const char *mark, const struct tw_field *f, const struct tw_cond *c)
{
	bool null = false;
	size_t n = 0;

	tw_buf_addc(out, '(');
	for (size_t i = 0; i < c->nlist; i++) {
		if (is_null_entry(f, c->list[i])) {
			null = true;
			continue;
		}
		if (!n++)
			tw_buf_printf(out, "%s%s in (?", mark, f->expr);
		else
			tw_buf_adds(out, ",?");
	}
	tw_buf_adds(out, n ? ")" : null ? "" : "1=0");
	if (null)
		tw_buf_printf(out, "%s%s%s is null", n ? " or " : "", mark, f->expr);
	tw_buf_addc(out, ')');
}

static void cond_sql(struct tw_buf *out, const char *mark, const struct tw_field *f, const struct tw_cond *c)
{
	static const char *const signs[] = {
		[TW_OP_EQ] = "=",  [TW_OP_NE] = "<>", [TW_OP_LT] = "<",
		[TW_OP_LE] = "<=", [TW_OP_GT] = ">",  [TW_OP_GE] = ">="};

	switch (c->op) {
	case TW_OP_LIKE:
	case TW_OP_PREFIX:
		terms_sql(out, mark, f->expr, c->text, c->op == TW_OP_PREFIX);
		return;
	case TW_OP_HAS:
		tw_buf_printf(out, "replace(lower(%s), lower(?), '') <> lower(%s)", f->expr, f->expr);
		return;
	case TW_OP_IN:
		in_sql(out, mark, f, c);
		return;
	case TW_OP_NULL:
	case TW_OP_NOT_NULL:
		tw_buf_printf(out, "%s%s is %snull", mark, f->expr, c->op == TW_OP_NULL ? "" : "not ");
		return;
	default:
		if (f->type == TW_F_STATE && is_null_entry(f, c->text))
			tw_buf_printf(out, "%s%s is %snull", mark, f->expr,
				      c->op == TW_OP_EQ ? "" : "not ");
		else
			tw_buf_printf(out, "%s%s %s ?", mark, f->expr, signs[c->op]);
	}
}

enum tw_rc tw_list_where(const struct tw_list_def *def, const struct tw_ask *ask, const char *mark,
			 struct tw_buf *sql, bool *ret_far, struct tw_err *err)
{
	struct tw_buf one = {0};
	bool by_parent = !*mark && tw_list_by_parent(def, ask);

	if (def->where)
		tw_buf_printf(sql, " where %s", def->where);
	for (size_t i = 0; i < ask->nconds; i++) {
		const struct tw_field *f;
		struct tw_field parents;
		enum tw_rc rc = need_field(def, ask->conds[i].field, &f, err);

		if (rc < 0) {
			tw_buf_release(&one);
			return rc;
		}
		parents = *f;
		parents.expr = f->lead;
		if (by_parent && tw_list_asks_parent(def, f, &ask->conds[i]))
			f = &parents;
		tw_buf_clear(&one);
		cond_sql(&one, f->within || (f->scope && ask->conds[i].op == TW_OP_EQ) ? "" : mark, f, &ask->conds[i]);
		tw_buf_adds(sql, i || def->where ? " and " : " where ");
		if (f->within) {
			const char *at = strstr(f->within, "%s");

			tw_buf_add(sql, f->within, (size_t)(at - f->within));
			tw_buf_addstr(sql, tw_buf_str(&one));
			tw_buf_adds(sql, at + 2);
		} else {
			tw_buf_addstr(sql, tw_buf_str(&one));
		}
		*ret_far |= f->far;
	}
	tw_buf_release(&one);
	return TW_OK;
}

static void bind_terms(struct tw_q *q, struct tw_str text, bool prefix, struct tw_arena *a)
{
	struct tw_str term;

	while (next_term(&text, &term)) {
		if (prefix) {
			/* up to the prefix with the highest character behind it */
			tw_q_put_str(q, term);
			tw_q_put_cstr(q, tw_arena_printf(a, TW_STR_FMT "\xf4\x8f\xbf\xbf",
							 TW_STR_ARG(term)));
		} else {
			tw_q_put_cstr(q,
				      tw_arena_printf(a, "%%" TW_STR_FMT "%%", TW_STR_ARG(term)));
		}
	}
}

static void bind_text(struct tw_q *q, const struct tw_field *f, struct tw_str text)
{
	int64_t i;

	if (f->type == TW_F_UUID)
		tw_q_put_uuid_text(q, text);
	else if ((f->type == TW_F_INT || f->type == TW_F_BOOL) && tw_str_to_int(text, &i))
		tw_q_put_int(q, i);
	else
		tw_q_put_str(q, text);
}

static void bind_plain(struct tw_q *q, const struct tw_field *f, const struct tw_cond *c)
{
	double d;

	switch (f->type) {
	case TW_F_TIME:
		tw_q_put_time(q, c->time);
		return;
	case TW_F_INT:
	case TW_F_BOOL:
		tw_q_put_int(q, c->num);
		return;
	case TW_F_REAL:
		if (c->text.n && tw_str_to_double(c->text, &d))
			tw_q_put_real(q, d);
		else
			tw_q_put_int(q, c->num);
		return;
	case TW_F_STATE:
		if (is_null_entry(f, c->text))
			return;
		/* fallthrough */
	default:
		bind_text(q, f, c->text);
	}
}

void tw_list_bind(const struct tw_list_def *def, const struct tw_ask *ask, struct tw_q *q,
		  struct tw_arena *a)
{
	for (size_t i = 0; i < ask->nconds; i++) {
		const struct tw_cond *c = &ask->conds[i];
		const struct tw_field *f = tw_list_field(def, c->field);

		switch (c->op) {
		case TW_OP_LIKE:
		case TW_OP_PREFIX:
			bind_terms(q, c->text, c->op == TW_OP_PREFIX, a);
			break;
		case TW_OP_IN:
			for (size_t k = 0; k < c->nlist; k++)
				if (!is_null_entry(f, c->list[k]))
					bind_text(q, f, c->list[k]);
			break;
		case TW_OP_NULL:
		case TW_OP_NOT_NULL:
			break;
		default:
			bind_plain(q, f, c);
		}
	}
}

enum tw_rc tw_order_terms(const struct tw_list_def *def, const struct tw_ask *ask,
			  struct tw_order_term ret_terms[TW_ORDER_TERMS], size_t *ret_n, bool *ret_far, struct tw_err *err)
{
	bool led = tw_list_led_by_parent(def, ask), down = ask->norder && ask->order_by[0][0] == '-';
	size_t n = 0;

	if (ask->norder > ORDER_MAX)
		return tw_err_set(err, TW_ERR_INVALID, "a list is ordered by at most %d fields",
				  ORDER_MAX);
	for (size_t i = 0; i < ask->norder; i++) {
		const char *name = ask->order_by[i];
		const struct tw_field *f;
		bool falls = name[0] == '-';

		TW_TRY(need_field(def, name + falls, &f, err));
		if (f->within)
			return tw_err_set(err, TW_ERR_INVALID, "a %s cannot be ordered by '%s'",
					  def->what, f->name);
		if (tw_list_fixed(def, ask, f))
			continue;
		ret_terms[n] = (struct tw_order_term){led && !n && f->leads ? f->lead : f->expr, f->type, falls,
						      f->sure || strcmp(f->expr, def->key) == 0};
		n++;
		*ret_far |= f->far;
	}
	if (led)
		ret_terms[n++] = (struct tw_order_term){def->parent_key, TW_F_INT, down, true};
	ret_terms[n++] = (struct tw_order_term){def->key, def->text_key ? TW_F_TEXT : TW_F_INT, down, true};
	*ret_n = n;
	return TW_OK;
}

void tw_order_aside(struct tw_order_term *terms, size_t n, const char *mark, struct tw_arena *a)
{
	for (size_t i = 0; i < n; i++)
		terms[i].expr = tw_arena_printf(a, "%s%s", mark, terms[i].expr);
}

void tw_order_sql(const struct tw_order_term *terms, size_t n, struct tw_buf *sql)
{
	for (size_t i = 0; i < n; i++)
		tw_buf_printf(sql, "%s%s%s", i ? ", " : " order by ", terms[i].expr, terms[i].down ? " desc" : "");
}

/* Where there is a choice of ways counting goes on behind the cap: are they few or many? 0: there is no cap. */
static int64_t counted_up_to(const struct tw_ask *ask)
{
	return ask->nconds ? ask->count_cap * 16 : ask->count_cap;
}

static enum tw_rc count_now(struct tw_store *s, const struct tw_list_def *def, const struct tw_ask *ask,
			    const char *sql, struct tw_arena *a, int64_t *ret_total, struct tw_err *err)
{
	struct tw_q q;
	int rc;

	tw_q(&q, s, sql);
	tw_list_bind(def, ask, &q, a);
	if (ask->count_cap > 0)
		tw_q_put_int(&q, counted_up_to(ask));
	rc = tw_q_next(&q, err);
	if (rc > 0)
		*ret_total = tw_q_get_int(&q);
	tw_q_done(&q);
	return rc < 0 ? rc : TW_OK;
}

/* How many there are; of very many what they were a moment ago (totals.h). *ret_now: it is the truth. */
static enum tw_rc count(struct tw_store *s, const struct tw_list_def *def, const struct tw_ask *ask,
			struct tw_str where, bool far, struct tw_arena *a, int64_t *ret_total, bool *ret_now,
			struct tw_err *err)
{
	struct tw_buf sql TW_AUTO(tw_buf_release) = {0}, key TW_AUTO(tw_buf_release) = {0};
	int64_t began = tw_monotonic();
	enum tw_rc rc;

	tw_buf_printf(&sql, "select count(*) from %s", ask->count_cap > 0 ? "(select 1 from " : "");
	if (tw_list_by_parent(def, ask))
		tw_buf_adds(&sql, def->from_parent);
	else
		tw_buf_printf(&sql, "%s %s", def->table, far ? def->joins : "");
	tw_buf_addstr(&sql, where);
	if (ask->count_cap > 0)
		tw_buf_adds(&sql, " limit ?) n");
	tw_totals_key(s, tw_buf_str(&sql), ask, &key);
	if (!ask->cursor && tw_totals_recall(tw_buf_str(&key), ret_total))
		return TW_OK;
	rc = count_now(s, def, ask, tw_buf_cstr(&sql), a, ret_total, err);
	*ret_now = true;
	if (!ask->cursor)
		tw_totals_keep(tw_buf_str(&key), *ret_total, rc == TW_OK ? tw_monotonic() - began : -1);
	return rc;
}

enum tw_rc tw_q_all(struct tw_q *q, size_t size, tw_read_fn read, struct tw_arena *a, void **ret_v,
		    size_t *ret_n, struct tw_err *err)
{
	size_t n = 0, cap = 0;
	char *rows = NULL;
	int rc;

	while ((rc = tw_q_next(q, err)) > 0) {
		if (n == cap) {
			cap = cap ? cap * 2 : 16;
			rows = tw_reallocarray(rows, cap, size);
		}
		memset(rows + n * size, 0, size);
		read(q, a, rows + n * size);
		n++;
	}
	if (rc == 0) {
		*ret_v = tw_arena_alloc(a, n * size);
		if (n)
			memcpy(*ret_v, rows, n * size);
		*ret_n = n;
	}
	free(rows);
	return rc;
}

static enum tw_rc page(struct tw_store *s, const struct tw_list_def *def, const struct tw_ask *ask,
		       struct tw_str where, bool far, enum tw_way way, size_t size, tw_read_fn read,
		       struct tw_arena *a, void **ret_v, size_t *ret_n, struct tw_err *err)
{
	struct tw_buf order TW_AUTO(tw_buf_release) = {0}, sql TW_AUTO(tw_buf_release) = {0};
	struct tw_order_term terms[TW_ORDER_TERMS];
	struct tw_q q;
	size_t nterms;

	TW_TRY(tw_order_terms(def, ask, terms, &nterms, &far, err));
	if (way == TW_WAY_SORT)
		tw_order_aside(terms, nterms, s->ops->no_index, a);
	tw_order_sql(terms, nterms, &order);
	tw_buf_printf(&sql, "select %s from (select %s as k from ", def->cols, def->key);
	tw_list_from(def, ask, way, far, &sql);
	tw_buf_addstr(&sql, where);
	tw_buf_addstr(&sql, tw_buf_str(&order));
	tw_buf_printf(&sql, " limit ? offset ?) p cross join %s on %s = p.k %s", def->table, def->key,
		      def->joins);
	tw_buf_addstr(&sql, tw_buf_str(&order));
	tw_q(&q, s, tw_buf_cstr(&sql));
	tw_list_bind(def, ask, &q, a);
	tw_q_put_int(&q, ask->limit < 0 ? INT64_MAX : ask->limit);
	tw_q_put_int(&q, ask->offset < 0 ? 0 : ask->offset);
	return tw_q_all(&q, size, read, a, ret_v, ret_n, err);
}

enum tw_rc tw_list(struct tw_store *s, const struct tw_list_def *def, const struct tw_ask *ask,
		   size_t size, tw_read_fn read, struct tw_arena *a, void **ret_v, size_t *ret_n,
		   int64_t *ret_total, struct tw_err *err)
{
	struct tw_buf where TW_AUTO(tw_buf_release) = {0};
	bool far = false, now = false, counted = ask->count && ret_total;
	enum tw_way way = TW_WAY_OPEN;
	int64_t total = 0;
	void *rows = NULL;
	size_t n = 0;

	tw_buf_adds(&where, "");
	TW_TRY(tw_list_where(def, ask, "", &where, &far, err));
	if (counted)
		TW_TRY(count(s, def, ask, tw_buf_str(&where), far, a, &total, &now, err));
	if (counted)
		TW_TRY(tw_list_way(s, def, ask, ask->count_cap && total >= counted_up_to(ask) ? INT64_MAX : total, &way, err));
	if (way == TW_WAY_WALK) {
		tw_buf_clear(&where);
		TW_TRY(tw_list_where(def, ask, s->ops->no_index, &where, &far, err));
	}
	if (ask->limit == 0 || (now && !total && s->in_tx))
		; /* no row is wanted, or none is there */
	else if (ask->cursor)
		TW_TRY(tw_list_at(s, def, ask, tw_buf_str(&where), far, way, size, read, a, &rows, &n, err));
	else
		TW_TRY(page(s, def, ask, tw_buf_str(&where), far, way, size, read, a, &rows, &n, err));
	*ret_v = rows;
	*ret_n = n;
	if (ret_total)
		*ret_total = ask->count_cap && total > ask->count_cap ? ask->count_cap : total;
	return TW_OK;
}
