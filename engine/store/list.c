/* Lists: filters, orders and pages as SQL. Field names are looked up in a table, values are always
 * bound. */
#include "io/clock.h"
#include "store/cursor.h"
#include "store/totals.h"

#define ORDER_MAX 10

static const struct tw_field *find_field(const struct tw_list_def *def, const char *name)
{
	for (size_t i = 0; i < def->nfields; i++)
		if (strcmp(def->fields[i].name, name) == 0)
			return &def->fields[i];
	return NULL;
}

static enum tw_rc need_field(const struct tw_list_def *def, const char *name,
			     const struct tw_field **ret_f, struct tw_err *err)
{
	*ret_f = find_field(def, name);
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

static void terms_sql(struct tw_buf *out, const char *expr, struct tw_str text, bool prefix)
{
	struct tw_str term;
	bool any = false;

	tw_buf_addc(out, '(');
	while (next_term(&text, &term)) {
		tw_buf_adds(out, any ? " or " : "");
		if (prefix)
			tw_buf_printf(out, "(%s >= ? and %s < ?)", expr, expr);
		else
			tw_buf_printf(out, "%s like ?", expr);
		any = true;
	}
	tw_buf_adds(out, any ? ")" : "1=1)");
}

static void in_sql(struct tw_buf *out, const struct tw_field *f, const struct tw_cond *c)
{
	bool null = false;
	size_t n = 0;

	tw_buf_printf(out, "(%s in (", f->expr);
	for (size_t i = 0; i < c->nlist; i++) {
		if (is_null_entry(f, c->list[i])) {
			null = true;
			continue;
		}
		tw_buf_adds(out, n++ ? ",?" : "?");
	}
	tw_buf_addc(out, ')');
	if (null)
		tw_buf_printf(out, " or %s is null", f->expr);
	tw_buf_addc(out, ')');
}

static void cond_sql(struct tw_buf *out, const struct tw_field *f, const struct tw_cond *c)
{
	static const char *const signs[] = {
		[TW_OP_EQ] = "=",  [TW_OP_NE] = "<>", [TW_OP_LT] = "<",
		[TW_OP_LE] = "<=", [TW_OP_GT] = ">",  [TW_OP_GE] = ">="};

	switch (c->op) {
	case TW_OP_LIKE:
	case TW_OP_PREFIX:
		terms_sql(out, f->expr, c->text, c->op == TW_OP_PREFIX);
		return;
	case TW_OP_HAS:
		tw_buf_printf(out, "replace(lower(%s), lower(?), '') <> lower(%s)", f->expr, f->expr);
		return;
	case TW_OP_IN:
		in_sql(out, f, c);
		return;
	case TW_OP_NULL:
	case TW_OP_NOT_NULL:
		tw_buf_printf(out, "%s is %snull", f->expr, c->op == TW_OP_NULL ? "" : "not ");
		return;
	default:
		if (f->type == TW_F_STATE && is_null_entry(f, c->text))
			tw_buf_printf(out, "%s is %snull", f->expr,
				      c->op == TW_OP_EQ ? "" : "not ");
		else
			tw_buf_printf(out, "%s %s ?", f->expr, signs[c->op]);
	}
}

enum tw_rc tw_list_where(const struct tw_list_def *def, const struct tw_ask *ask,
			 struct tw_buf *sql, bool *ret_far, struct tw_err *err)
{
	struct tw_buf one = {0};

	if (def->where)
		tw_buf_printf(sql, " where %s", def->where);
	for (size_t i = 0; i < ask->nconds; i++) {
		const struct tw_field *f;
		enum tw_rc rc = need_field(def, ask->conds[i].field, &f, err);

		if (rc < 0) {
			tw_buf_release(&one);
			return rc;
		}
		tw_buf_clear(&one);
		cond_sql(&one, f, &ask->conds[i]);
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
		const struct tw_field *f = find_field(def, c->field);

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

/* The order begins with a column of the parent, and all conditions are the table's own: then its index is walked. */
static bool led_by_parent(const struct tw_list_def *def, const struct tw_ask *ask)
{
	const char *first = ask->norder ? ask->order_by[0] + (ask->order_by[0][0] == '-') : "";
	const struct tw_field *f = find_field(def, first);

	if (!def->from_parent || ask->cursor || !f || strncmp(f->expr, def->parent_key, 2) != 0)
		return false;
	for (size_t i = 0; i < ask->nconds; i++) {
		const struct tw_field *c = find_field(def, ask->conds[i].field);

		if (!c || (c->far && strncmp(c->expr, def->parent_key, 2) != 0))
			return false;
	}
	return true;
}

enum tw_rc tw_order_terms(const struct tw_list_def *def, const struct tw_ask *ask,
			  struct tw_order_term ret_terms[TW_ORDER_TERMS], size_t *ret_n, bool *ret_far, struct tw_err *err)
{
	size_t n = 0;

	if (ask->norder > ORDER_MAX)
		return tw_err_set(err, TW_ERR_INVALID, "a list is ordered by at most %d fields",
				  ORDER_MAX);
	for (size_t i = 0; i < ask->norder; i++) {
		const char *name = ask->order_by[i];
		const struct tw_field *f;
		bool down = name[0] == '-';

		TW_TRY(need_field(def, name + down, &f, err));
		if (f->within)
			return tw_err_set(err, TW_ERR_INVALID, "a %s cannot be ordered by '%s'",
					  def->what, f->name);
		ret_terms[n++] = (struct tw_order_term){f->expr, f->type, down,
							f->sure || strcmp(f->expr, def->key) == 0};
		*ret_far |= f->far;
	}
	ret_terms[n++] = (struct tw_order_term){def->key, def->text_key ? TW_F_TEXT : TW_F_INT,
						ask->norder && ret_terms[0].down, true};
	*ret_n = n;
	return TW_OK;
}

void tw_order_sql(const struct tw_order_term *terms, size_t n, struct tw_buf *sql)
{
	for (size_t i = 0; i < n; i++)
		tw_buf_printf(sql, "%s%s%s", i ? ", " : " order by ", terms[i].expr, terms[i].down ? " desc" : "");
}

static enum tw_rc count_now(struct tw_store *s, const struct tw_list_def *def, const struct tw_ask *ask,
			    const char *sql, struct tw_arena *a, int64_t *ret_total, struct tw_err *err)
{
	struct tw_q q;
	int rc;

	tw_q(&q, s, sql);
	tw_list_bind(def, ask, &q, a);
	if (ask->count_cap > 0)
		tw_q_put_int(&q, ask->count_cap);
	rc = tw_q_next(&q, err);
	if (rc > 0)
		*ret_total = tw_q_get_int(&q);
	tw_q_done(&q);
	return rc < 0 ? rc : TW_OK;
}

/* How many there are; of very many what they were a moment ago (totals.h). */
static enum tw_rc count(struct tw_store *s, const struct tw_list_def *def, const struct tw_ask *ask,
			struct tw_str where, bool far, struct tw_arena *a, int64_t *ret_total,
			struct tw_err *err)
{
	struct tw_buf sql TW_AUTO(tw_buf_release) = {0}, key TW_AUTO(tw_buf_release) = {0};
	int64_t began = tw_monotonic();
	enum tw_rc rc;

	if (ask->count_cap > 0)
		tw_buf_adds(&sql, "select count(*) from (select 1 from ");
	else
		tw_buf_adds(&sql, "select count(*) from ");
	tw_buf_printf(&sql, "%s %s" TW_STR_FMT, def->table, far ? def->joins : "",
		      TW_STR_ARG(where));
	if (ask->count_cap > 0)
		tw_buf_adds(&sql, " limit ?) n");
	tw_totals_key(s, tw_buf_str(&sql), ask, &key);
	if (ask->cursor)
		return count_now(s, def, ask, tw_buf_cstr(&sql), a, ret_total, err);
	if (tw_totals_recall(tw_buf_str(&key), ret_total))
		return TW_OK;
	rc = count_now(s, def, ask, tw_buf_cstr(&sql), a, ret_total, err);
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
		       struct tw_str where, bool far, size_t size, tw_read_fn read,
		       struct tw_arena *a, void **ret_v, size_t *ret_n, struct tw_err *err)
{
	struct tw_buf order TW_AUTO(tw_buf_release) = {0}, sql TW_AUTO(tw_buf_release) = {0};
	struct tw_order_term terms[TW_ORDER_TERMS];
	bool led = led_by_parent(def, ask), far_order = false;
	struct tw_q q;
	size_t nterms;

	TW_TRY(tw_order_terms(def, ask, terms, &nterms, &far_order, err));
	if (led) { /* the parent's key stands before the row's own */
		terms[nterms] = terms[nterms - 1];
		terms[nterms++ - 1].expr = def->parent_key;
	}
	tw_order_sql(terms, nterms, &order);
	tw_buf_printf(&sql, "select %s from (select %s as k from %s %s", def->cols, def->key, led ? def->from_parent : def->table,
		      led ? "" : far || far_order ? def->joins : "");
	tw_buf_addstr(&sql, where);
	tw_buf_addstr(&sql, tw_buf_str(&order));
	tw_buf_printf(&sql, " limit ? offset ?) p join %s on %s = p.k %s", def->table, def->key,
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
	int64_t total = 0;
	void *rows = NULL;
	bool far = false;
	size_t n = 0;

	tw_buf_adds(&where, "");
	TW_TRY(tw_list_where(def, ask, &where, &far, err));
	if (ask->count && ret_total)
		TW_TRY(count(s, def, ask, tw_buf_str(&where), far, a, &total, err));
	if (ask->limit != 0 && ask->cursor)
		TW_TRY(tw_list_at(s, def, ask, tw_buf_str(&where), far, size, read, a, &rows, &n, err));
	else if (ask->limit != 0)
		TW_TRY(page(s, def, ask, tw_buf_str(&where), far, size, read, a, &rows, &n, err));
	*ret_v = rows;
	*ret_n = n;
	if (ret_total)
		*ret_total = total;
	return TW_OK;
}
