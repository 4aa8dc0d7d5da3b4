/* What documents say of assets: the assets themselves, who names them, and which of them are active. */
#include "model/dag.h"
#include "store/secret.h"
#include "store/write.h"
#include "value/json.h"

/* A reference as the tables have it. */
struct ref {
	int64_t id;                  /* asset or alias; 0: by text */
	struct tw_str text;          /* task_id, name or uri; p NULL = none */
	bool there;                  /* it stands in the table already */
};

struct refs {
	TW_VEC(struct ref) v;
};

static enum tw_rc asset_id(struct tw_store *s, struct tw_asset_key key, int64_t *ret_id, struct tw_err *err)
{
	return tw_q_number(s, ret_id, err, "select id from asset where name = ? and uri = ?", "ss", key.name, key.uri);
}

static enum tw_rc put_asset(struct tw_store *s, const struct tw_asset *a, struct tw_err *err)
{
	struct tw_buf extra TW_AUTO(tw_buf_release) = {0};
	tw_time now = tw_store_now(s);

	if (a->extra.kind == TW_V_MAP)
		tw_json_write(&extra, a->extra, TW_JSON_COMPACT);
	else
		tw_buf_adds(&extra, "{}");
	return tw_q_exec(
		s, NULL, err,
		"insert into asset (name, uri, \"group\", extra, created_at, updated_at) values (?, ?, ?, ?, ?, ?)"
		" on conflict (name, uri) do update set \"group\" = excluded.\"group\", extra = excluded.extra,"
		" updated_at = excluded.updated_at"
		" where asset.\"group\" <> excluded.\"group\" or asset.extra <> excluded.extra",
		"sssstt", a->key.name, a->key.uri, a->group, tw_buf_str(&extra), now, now);
}

/* ── references ─────────────────────────────────────────────────────────────────────── */

struct collect {
	struct tw_store *s;
	enum tw_rc rc;
	struct tw_err *err;
	struct refs schedule, aliases, names, uris;
};

static void add_ref(struct refs *r, int64_t id, struct tw_str text)
{
	struct ref one = {id, text, false};

	for (size_t i = 0; i < r->v.n; i++)
		if (r->v.v[i].id == id && tw_str_eq(r->v.v[i].text, text))
			return;
	tw_vec_push(&r->v, one);
}

static int64_t put_alias(struct collect *c, const struct tw_asset_term *t)
{
	int64_t id = 0;

	if (c->rc == TW_OK)
		c->rc = tw_q_exec(c->s, NULL, c->err,
				  "insert into asset_alias (name, \"group\") values (?, ?)"
				  " on conflict (name) do update set \"group\" = excluded.\"group\"",
				  "ss", t->key.name, t->group);
	if (c->rc == TW_OK)
		c->rc = tw_q_number(c->s, &id, c->err, "select id from asset_alias where name = ?", "s",
				    t->key.name);
	return id;
}

static void collect_leaf(void *arg, const struct tw_asset_term *t)
{
	struct collect *c = arg;
	int64_t id;

	if (c->rc < 0)
		return;
	if (t->kind == TW_ASSET_EXACT) {
		c->rc = asset_id(c->s, t->key, &id, c->err);
		add_ref(&c->schedule, id, tw_str(NULL));
	} else if (t->kind == TW_ASSET_ALIAS) {
		add_ref(&c->aliases, put_alias(c, t), tw_str(NULL));
	} else if (t->kind == TW_ASSET_NAME_REF) {
		add_ref(&c->names, 0, t->key.name);
	} else {
		add_ref(&c->uris, 0, t->key.uri);
	}
}

/* One table of references: its columns beside dag_id, and how its rows go in and out. */
struct ref_table {
	const char *select, *insert, *remove;
	bool has_id, has_text;
};

static const struct ref_table tables[] = {
	{"select asset_id from dag_schedule_asset_reference where dag_id = ?",
	 "insert into dag_schedule_asset_reference (asset_id, dag_id, created_at, updated_at) values (?, ?, ?, ?)",
	 "delete from dag_schedule_asset_reference where asset_id = ? and dag_id = ?", true, false},
	{"select alias_id from dag_schedule_asset_alias_reference where dag_id = ?",
	 "insert into dag_schedule_asset_alias_reference (alias_id, dag_id, created_at, updated_at)"
	 " values (?, ?, ?, ?)",
	 "delete from dag_schedule_asset_alias_reference where alias_id = ? and dag_id = ?", true, false},
	{"select name from dag_schedule_asset_name_reference where dag_id = ?",
	 "insert into dag_schedule_asset_name_reference (name, dag_id, created_at) values (?, ?, ?)",
	 "delete from dag_schedule_asset_name_reference where name = ? and dag_id = ?", false, true},
	{"select uri from dag_schedule_asset_uri_reference where dag_id = ?",
	 "insert into dag_schedule_asset_uri_reference (uri, dag_id, created_at) values (?, ?, ?)",
	 "delete from dag_schedule_asset_uri_reference where uri = ? and dag_id = ?", false, true},
	{"select asset_id, task_id from task_outlet_asset_reference where dag_id = ?",
	 "insert into task_outlet_asset_reference (asset_id, task_id, dag_id, created_at, updated_at)"
	 " values (?, ?, ?, ?, ?)",
	 "delete from task_outlet_asset_reference where asset_id = ? and task_id = ? and dag_id = ?", true, true},
	{"select asset_id, task_id from task_inlet_asset_reference where dag_id = ?",
	 "insert into task_inlet_asset_reference (asset_id, task_id, dag_id, created_at, updated_at)"
	 " values (?, ?, ?, ?, ?)",
	 "delete from task_inlet_asset_reference where asset_id = ? and task_id = ? and dag_id = ?", true, true},
};
enum { T_SCHEDULE, T_ALIAS, T_NAME, T_URI, T_OUTLET, T_INLET };

static void bind_ref(struct tw_q *q, const struct ref_table *t, const struct ref *r, struct tw_str dag_id)
{
	if (t->has_id)
		tw_q_put_int(q, r->id);
	if (t->has_text)
		tw_q_put_str(q, r->text);
	tw_q_put_str(q, dag_id);
}

static enum tw_rc read_refs(struct tw_store *s, const struct ref_table *t, struct tw_str dag_id, struct tw_arena *a,
			    struct refs *ret, struct tw_err *err)
{
	struct tw_q q;
	int rc;

	tw_q(&q, s, t->select);
	tw_q_put_str(&q, dag_id);
	while ((rc = tw_q_next(&q, err)) > 0) {
		struct ref r = {.id = t->has_id ? tw_q_get_int(&q) : 0};

		if (t->has_text)
			r.text = tw_q_get_str(&q, a);
		tw_vec_push(&ret->v, r);
	}
	return rc;
}

/* Those that stand there and are wanted keep their dates. */
static enum tw_rc set_refs(struct tw_store *s, int table, struct tw_str dag_id, struct refs *want, bool *ret_changed,
			   struct tw_err *err)
{
	const struct ref_table *t = &tables[table];
	struct tw_arena a TW_AUTO(tw_arena_release) = {0};
	struct refs have = {0};
	tw_time now = tw_store_now(s);
	enum tw_rc rc = read_refs(s, t, dag_id, &a, &have, err);
	struct tw_q q;

	for (size_t i = 0; rc == TW_OK && i < have.v.n; i++) {
		bool wanted = false;

		for (size_t k = 0; k < want->v.n; k++)
			if (want->v.v[k].id == have.v.v[i].id && tw_str_eq(want->v.v[k].text, have.v.v[i].text))
				wanted = want->v.v[k].there = true;
		if (wanted)
			continue;
		tw_q(&q, s, t->remove);
		bind_ref(&q, t, &have.v.v[i], dag_id);
		rc = tw_q_run(&q, NULL, err);
		*ret_changed = true;
	}
	for (size_t k = 0; rc == TW_OK && k < want->v.n; k++) {
		if (want->v.v[k].there)
			continue;
		tw_q(&q, s, t->insert);
		bind_ref(&q, t, &want->v.v[k], dag_id);
		tw_q_put_time(&q, now);
		if (t->has_id)
			tw_q_put_time(&q, now);
		rc = tw_q_run(&q, NULL, err);
		*ret_changed = true;
	}
	tw_vec_release(&have.v);
	return rc;
}

static enum tw_rc collect_tasks(struct collect *c, const struct tw_dag *dag, bool outlets, struct refs *ret)
{
	for (int i = 0; c->rc == TW_OK && i < dag->ntasks; i++) {
		const struct tw_task *t = &dag->tasks[i];
		const struct tw_asset_term *v = outlets ? t->outlets : t->inlets;
		int n = outlets ? t->noutlets : t->ninlets;

		for (int k = 0; c->rc == TW_OK && k < n; k++) {
			int64_t id;

			if (v[k].kind == TW_ASSET_ALIAS) {
				put_alias(c, &v[k]);
			} else if (v[k].kind == TW_ASSET_EXACT) {
				c->rc = asset_id(c->s, v[k].key, &id, c->err);
				add_ref(ret, id, t->task_id);
			}
		}
	}
	return c->rc;
}

static enum tw_rc put_refs(struct collect *c, const struct tw_dag *dag, bool *ret_changed, struct tw_err *err)
{
	struct refs outlets = {0}, inlets = {0};
	struct refs *all[] = {&c->schedule, &c->aliases, &c->names, &c->uris, &outlets, &inlets};

	if (dag->asset_condition)
		tw_asset_term_each(dag->asset_condition, collect_leaf, c);
	collect_tasks(c, dag, true, &outlets);
	collect_tasks(c, dag, false, &inlets);
	for (int i = 0; c->rc == TW_OK && i <= T_INLET; i++)
		c->rc = set_refs(c->s, i, dag->dag_id, all[i], ret_changed, err);
	for (int i = 0; i <= T_INLET; i++)
		tw_vec_release(&all[i]->v);
	return c->rc;
}

enum tw_rc tw_write_dag_assets(struct tw_store *s, const struct tw_dag *dag, bool *ret_changed, struct tw_err *err)
{
	struct collect c = {.s = s, .err = err};

	for (int i = 0; i < dag->nassets; i++)
		TW_TRY(put_asset(s, &dag->asset_list[i], err));
	return put_refs(&c, dag, ret_changed, err);
}

/* ── active, or not ─────────────────────────────────────────────────────────────────── */

#define NAMED                                                                                                       \
	"(exists (select 1 from dag_schedule_asset_reference r where r.asset_id = a.id)"                            \
	" or exists (select 1 from task_outlet_asset_reference r where r.asset_id = a.id)"                          \
	" or exists (select 1 from task_inlet_asset_reference r where r.asset_id = a.id)"                           \
	" or exists (select 1 from asset_alias_asset r where r.asset_id = a.id))"

/* A warning for each DAG that names an asset which cannot be active, with the one that stands in its way. */
static enum tw_rc warn_of_conflicts(struct tw_store *s, struct tw_err *err)
{
	TW_TRY(tw_q_exec(s, NULL, err, "delete from dag_warning where warning_type = 'asset conflict'", ""));
	return tw_q_exec(
		s, NULL, err,
		"insert into dag_warning (dag_id, warning_type, message, timestamp)"
		" select r.dag_id, 'asset conflict', 'Cannot activate asset Asset(name=\"' || a.name || '\", uri=\"' ||"
		" a.uri || '\", group=\"' || a.\"group\" || '\"); ' || case when n.uri is not null then"
		" 'name is already associated to ''' || n.uri else 'uri is already associated to ''' || u.name end || '''',"
		" ? from asset a join (select asset_id, dag_id from dag_schedule_asset_reference"
		" union select asset_id, dag_id from task_outlet_asset_reference"
		" union select asset_id, dag_id from task_inlet_asset_reference) r on r.asset_id = a.id"
		" left join asset_active n on n.name = a.name left join asset_active u on u.uri = a.uri"
		" where not exists (select 1 from asset_active x where x.name = a.name and x.uri = a.uri)"
		" and (n.uri is not null or u.name is not null)",
		"t", (tw_time)tw_store_now(s));
}

enum tw_rc tw_write_assets_settle(struct tw_store *s, struct tw_err *err)
{
	TW_TRY(tw_q_exec(s, NULL, err,
			 "delete from asset_active where not exists (select 1 from asset a where"
			 " a.name = asset_active.name and a.uri = asset_active.uri and " NAMED ")",
			 ""));
	/* Of several with one name or URI the first one known; the others wait for it to go. */
	TW_TRY(tw_q_exec(s, NULL, err,
			 "insert into asset_active (name, uri) select a.name, a.uri from asset a where " NAMED
			 " and not exists (select 1 from asset_active x where x.name = a.name and x.uri = a.uri)"
			 " order by a.id on conflict do nothing",
			 ""));
	return warn_of_conflicts(s, err);
}
