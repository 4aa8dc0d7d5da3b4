#include "store/list_way.h"

#include <stdio.h>

const struct tw_field *tw_list_field(const struct tw_list_def *def, const char *name)
{
	for (size_t i = 0; i < def->nfields; i++)
		if (strcmp(def->fields[i].name, name) == 0)
			return &def->fields[i];
	return NULL;
}

bool tw_list_of_parent(const struct tw_list_def *def, const struct tw_field *f)
{
	return def->from_parent && strncmp(f->expr, def->parent_key, 2) == 0;
}

/* All conditions are the table's own or its parent's. */
static bool parent_knows(const struct tw_list_def *def, const struct tw_ask *ask)
{
	for (size_t i = 0; i < ask->nconds; i++) {
		const struct tw_field *f = tw_list_field(def, ask->conds[i].field);

		if (!f || (f->far && !tw_list_of_parent(def, f)))
			return false;
	}
	return true;
}

static const struct tw_cond *find_cond(const struct tw_ask *ask, const char *field)
{
	for (size_t i = 0; i < ask->nconds; i++)
		if (strcmp(ask->conds[i].field, field) == 0)
			return &ask->conds[i];
	return NULL;
}

bool tw_list_asks_parent(const struct tw_list_def *def, const struct tw_field *f, const struct tw_cond *c)
{
	return def->from_parent && f->lead && (c->op == TW_OP_LIKE || c->op == TW_OP_PREFIX);
}

bool tw_list_by_parent(const struct tw_list_def *def, const struct tw_ask *ask)
{
	bool all = def->by_parent, any = false;

	if (!def->from_parent || !parent_knows(def, ask))
		return false;
	for (const char *const *p = def->by_parent; p && *p; p++) {
		const struct tw_cond *c = find_cond(ask, *p);

		all &= c && c->op == TW_OP_EQ;
	}
	for (size_t i = 0; i < ask->nconds; i++) {
		const struct tw_field *f = tw_list_field(def, ask->conds[i].field);

		any |= tw_list_of_parent(def, f) || tw_list_asks_parent(def, f, &ask->conds[i]);
	}
	return all || any;
}

static const struct tw_field *first_order(const struct tw_list_def *def, const struct tw_ask *ask)
{
	for (size_t i = 0; i < ask->norder; i++) {
		const struct tw_field *f = tw_list_field(def, ask->order_by[i] + (ask->order_by[i][0] == '-'));

		if (!f || !tw_list_fixed(def, ask, f))
			return f;
	}
	return NULL;
}

bool tw_list_led_by_parent(const struct tw_list_def *def, const struct tw_ask *ask)
{
	const struct tw_field *f = first_order(def, ask);

	return f && def->from_parent && (f->leads || tw_list_of_parent(def, f)) && parent_knows(def, ask);
}

void tw_list_from(const struct tw_list_def *def, const struct tw_ask *ask, enum tw_way way, bool far, struct tw_buf *sql)
{
	bool led = tw_list_led_by_parent(def, ask);

	if ((led && way != TW_WAY_SORT) || (way != TW_WAY_WALK && tw_list_by_parent(def, ask)))
		tw_buf_adds(sql, def->from_parent);
	else
		tw_buf_printf(sql, "%s %s", def->table, far || led ? def->joins : "");
}

bool tw_list_fixed(const struct tw_list_def *def, const struct tw_ask *ask, const struct tw_field *f)
{
	for (size_t i = 0; i < ask->nconds; i++) {
		const struct tw_field *c = tw_list_field(def, ask->conds[i].field);

		if (c && ask->conds[i].op == TW_OP_EQ && !c->within && strcmp(c->expr, f->expr) == 0)
			return true;
	}
	return false;
}

static bool scoped(const struct tw_list_def *def, const struct tw_ask *ask)
{
	for (size_t i = 0; i < ask->nconds; i++)
		if (ask->conds[i].op == TW_OP_EQ && tw_list_field(def, ask->conds[i].field)->scope)
			return true;
	return false;
}

/* An index leads from row to row in the order that was asked for. */
static bool walkable(const struct tw_list_def *def, const struct tw_ask *ask, const struct tw_field *f)
{
	if (tw_list_led_by_parent(def, ask))
		return true;
	return scoped(def, ask) ? f && f->walks_scope : !f || f->walks;
}

/*
 * Times grow with the order in which rows came, and with each other. Who looks for the latest from the oldest on passes by all
 * that are not meant.
 */
static bool against(const struct tw_list_def *def, const struct tw_ask *ask, const struct tw_field *first)
{
	bool falls = ask->norder && ask->order_by[0][0] == '-';

	for (size_t i = 0; i < ask->nconds; i++) {
		const struct tw_cond *c = &ask->conds[i];
		const struct tw_field *f = tw_list_field(def, c->field);
		bool from = c->op == TW_OP_GE || c->op == TW_OP_GT, to = c->op == TW_OP_LE || c->op == TW_OP_LT;

		if (f->type == TW_F_TIME && (!first || strcmp(f->expr, first->expr) != 0) && (falls ? to : from))
			return true;
	}
	return false;
}

/* Sorting looks at all of them; walking at one row in total/all until the page is full. */
enum tw_rc tw_list_way(struct tw_store *s, const struct tw_list_def *def, const struct tw_ask *ask, int64_t total,
		       enum tw_way *ret_way, struct tw_err *err)
{
	const struct tw_field *first = first_order(def, ask);
	double walk, n = (double)total, wanted = ask->limit < 0 ? n : (double)ask->limit + (double)ask->offset;
	char sql[200];
	int64_t all;

	*ret_way = TW_WAY_OPEN;
	if (def->text_key || !ask->nconds || !walkable(def, ask, first))
		return TW_OK;
	snprintf(sql, sizeof sql, "select max(%s) from %s", def->key, def->table);
	TW_TRY(tw_q_number(s, &all, err, sql, ""));
	walk = n > 0 ? wanted * (double)all / n : (double)all;
	if (against(def, ask, first) && walk < ((double)all - n) / 2)
		walk = ((double)all - n) / 2;
	*ret_way = n <= walk ? TW_WAY_SORT : TW_WAY_WALK;
	return TW_OK;
}
