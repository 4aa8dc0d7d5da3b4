#include "api/auth/fab.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "io/clock.h"

#define USERS_MAX 1024

struct tw_fab {
	pthread_mutex_t lock;
	struct tw_map users; /* id as text → struct tw_grants, with a reference */
	int64_t ttl;
	char *public_role;
};

struct tw_fab *tw_fab_new(int64_t cache_ttl_us, const char *public_role)
{
	struct tw_fab *fab = tw_new(struct tw_fab);

	pthread_mutex_init(&fab->lock, NULL);
	fab->ttl = cache_ttl_us;
	fab->public_role = public_role && *public_role ? tw_strdup(public_role) : NULL;
	return fab;
}

void tw_grants_unref(const struct tw_grants *g)
{
	struct tw_grants *mine = (struct tw_grants *)g;

	if (!g || __atomic_sub_fetch(&mine->refs, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	tw_map_release(&mine->named);
	tw_arena_release(&mine->arena);
	free(mine);
}

static void forget_all(struct tw_fab *fab)
{
	tw_map_foreach(&fab->users, e)
		tw_grants_unref(e->value);
	tw_map_clear(&fab->users);
}

void tw_fab_free(struct tw_fab *fab)
{
	if (!fab)
		return;
	forget_all(fab);
	tw_map_release(&fab->users);
	pthread_mutex_destroy(&fab->lock);
	free(fab->public_role);
	free(fab);
}

/* ── loading ──────────────────────────────────────────────────────────────────────────── */

static unsigned act_bit(struct tw_str action)
{
	static const struct {
		const char *name;
		enum tw_act act;
	} acts[] = {{"can_read", TW_READ},     {"can_create", TW_CREATE},  {"can_edit", TW_EDIT},
		    {"can_delete", TW_DELETE}, {"menu_access", TW_MENU}};

	for (size_t i = 0; i < sizeof acts / sizeof *acts; i++)
		if (tw_str_is(action, acts[i].name))
			return 1u << acts[i].act;
	return 0;
}

static void take_perm(struct tw_grants *g, const struct tw_perm *p)
{
	unsigned bit = act_bit(p->action);

	for (enum tw_on on = TW_ON_DAG; on < TW_ON_N; on++)
		if (tw_str_is(p->resource, tw_on_names[on]))
			g->all[on] |= (uint8_t)bit;
	if (tw_str_starts(p->resource, "DAG:") || tw_str_starts(p->resource, "DAG Run:")) {
		uintptr_t had = (uintptr_t)tw_map_get(&g->named, p->resource);

		tw_map_set(&g->named, p->resource, (void *)(had | bit | 1));
		g->some_dag |= bit == 1u << TW_READ && p->resource.p[3] == ':';
	}
}

static enum tw_rc load_user(struct tw_grants *g, struct tw_store *s, struct tw_perm **ret_v, size_t *ret_n,
			    struct tw_err *err)
{
	struct tw_user_row u;
	enum tw_rc rc = tw_store_user_by_id(s, g->id, &g->arena, &u, err);

	if (rc < 0)
		return rc;
	g->active = u.active;
	g->username = u.username;
	g->display = tw_str(tw_arena_printf(&g->arena, TW_STR_FMT " " TW_STR_FMT, TW_STR_ARG(u.first_name),
					    TW_STR_ARG(u.last_name)));
	g->roles = u.roles;
	g->nroles = u.nroles;
	return tw_store_user_perms(s, g->id, &g->arena, ret_v, ret_n, &g->role_ids, &g->nrole_ids, err);
}

static enum tw_rc load_public(const struct tw_fab *fab, struct tw_grants *g, struct tw_store *s, struct tw_perm **ret_v,
			      size_t *ret_n, struct tw_err *err)
{
	struct tw_role_row r;
	enum tw_rc rc;

	if (!fab->public_role)
		return tw_err_set(err, TW_ERR_NOT_FOUND, "nothing is public");
	rc = tw_store_role(s, tw_str(fab->public_role), &g->arena, &r, err);
	if (rc < 0)
		return rc;
	g->active = true;
	g->username = g->display = TW_STR("Anonymous");
	g->roles = tw_arena_new(&g->arena, struct tw_str);
	g->role_ids = tw_arena_new(&g->arena, struct tw_str);
	g->roles[0] = r.name;
	g->role_ids[0] = tw_str(tw_arena_printf(&g->arena, "%lld", (long long)r.id));
	g->nroles = g->nrole_ids = 1;
	*ret_v = r.perms;
	*ret_n = r.nperms;
	return TW_OK;
}

static enum tw_rc load(const struct tw_fab *fab, struct tw_store *s, int64_t id, int64_t stamp, struct tw_grants **ret_g,
		       struct tw_err *err)
{
	struct tw_grants *g = tw_new(struct tw_grants);
	struct tw_perm *perms = NULL;
	size_t n = 0;
	enum tw_rc rc;

	*g = (struct tw_grants){.id = id, .refs = 1, .stamp = stamp, .loaded_at = tw_monotonic()};
	rc = id ? load_user(g, s, &perms, &n, err) : load_public(fab, g, s, &perms, &n, err);
	if (rc < 0) {
		tw_grants_unref(g);
		return rc;
	}
	for (size_t i = 0; i < n; i++)
		take_perm(g, &perms[i]);
	*ret_g = g;
	return TW_OK;
}

/* With a reference for the caller; NULL: not there, or too old. */
static struct tw_grants *known(struct tw_fab *fab, struct tw_str key, int64_t stamp)
{
	struct tw_grants *g;

	pthread_mutex_lock(&fab->lock);
	g = tw_map_get(&fab->users, key);
	if (g && (g->stamp != stamp || g->loaded_at + fab->ttl < tw_monotonic()))
		g = NULL;
	if (g)
		__atomic_add_fetch(&g->refs, 1, __ATOMIC_RELAXED);
	pthread_mutex_unlock(&fab->lock);
	return g;
}

static void remember(struct tw_fab *fab, struct tw_str key, struct tw_grants *g)
{
	pthread_mutex_lock(&fab->lock);
	if (fab->users.len >= USERS_MAX)
		forget_all(fab);
	__atomic_add_fetch(&g->refs, 1, __ATOMIC_RELAXED);
	tw_grants_unref(tw_map_set(&fab->users, key, g));
	pthread_mutex_unlock(&fab->lock);
}

enum tw_rc tw_fab_grants(struct tw_fab *fab, struct tw_store *s, int64_t id, const struct tw_grants **ret_g,
			 struct tw_err *err)
{
	char text[24];
	struct tw_str key;
	struct tw_grants *g;
	int64_t stamp;
	enum tw_rc rc = tw_store_auth_stamp(s, &stamp, err);

	if (rc < 0)
		return rc;
	snprintf(text, sizeof text, "%lld", (long long)id);
	key = tw_str(text);
	g = known(fab, key, stamp);
	if (!g) {
		rc = load(fab, s, id, stamp, &g, err);
		if (rc < 0)
			return rc;
		remember(fab, key, g);
	}
	*ret_g = g;
	return TW_OK;
}

/* ── asking ───────────────────────────────────────────────────────────────────────────── */

static bool has(const struct tw_grants *g, enum tw_on on, enum tw_act act)
{
	return g->all[on] >> act & 1;
}

static bool has_named(const struct tw_grants *g, const char *prefix, enum tw_act act, struct tw_str dag_id)
{
	struct tw_buf name TW_AUTO(tw_buf_release) = {0};

	if (!dag_id.p || !g->named.len)
		return false;
	tw_buf_printf(&name, "%s" TW_STR_FMT, prefix, TW_STR_ARG(dag_id));
	return (uintptr_t)tw_map_get(&g->named, tw_buf_str(&name)) >> act & 1;
}

static bool may_dag(const struct tw_grants *g, enum tw_act act, struct tw_str dag_id)
{
	return has(g, TW_ON_DAG, act) || has_named(g, "DAG:", act, dag_id);
}

/*
 * What belongs to a DAG is asked for as a kind of thing, and then the DAG itself: to be read, or to be
 * edited. A task instance needs its run's permission as well as its own; runs may also be allowed for
 * one DAG by its name.
 */
static bool may_kind(const struct tw_grants *g, enum tw_on on, enum tw_act act, struct tw_str dag_id)
{
	if (on == TW_ON_TI)
		return has(g, TW_ON_TI, act) && has(g, TW_ON_DAG_RUN, act);
	return has(g, on, act) || (on == TW_ON_DAG_RUN && has_named(g, "DAG Run:", act, dag_id));
}

bool tw_fab_may(const struct tw_grants *g, enum tw_on on, enum tw_act act, struct tw_str dag_id)
{
	if (on == TW_SIGNED_IN)
		return true;
	if (act == TW_MENU || on > TW_ON_AUDIT_LOG)
		return has(g, on, act);
	if (on != TW_ON_DAG && !may_kind(g, on, act, dag_id))
		return false;
	if (act == TW_READ && !dag_id.p)
		return has(g, TW_ON_DAG, TW_READ) || g->some_dag;
	if (on == TW_ON_DAG)
		return may_dag(g, act, dag_id);
	return !dag_id.p || may_dag(g, act == TW_READ ? TW_READ : TW_EDIT, dag_id);
}
