#include "executor/executor.h"

#include <stdlib.h>

static const char *const end_names[] = {
#define X(id, name) [TW_END_##id] = name,
	TW_ENDS(X)
#undef X
};

const char *tw_end_name(enum tw_end e)
{
	TW_ASSERT(e < TW_END_N);
	return end_names[e];
}

bool tw_end_parse(struct tw_str name, enum tw_end *ret_e)
{
	for (int e = 0; e < TW_END_N; e++) {
		if (tw_str_is(name, end_names[e])) {
			*ret_e = (enum tw_end)e;
			return true;
		}
	}
	return false;
}

int64_t tw_executor_free_slots(const struct tw_executor *ex)
{
	if (ex->parallelism <= 0)
		return INT64_MAX;
	int64_t left = ex->parallelism - (int64_t)ex->held;
	return left > 0 ? left : 0;
}

/* What configuration names -------------------------------------------------------------------- */

typedef enum tw_rc (*make_fn)(const struct tw_executor_opts *opts, struct tw_executor **ret_ex,
			      struct tw_err *err);

static enum tw_rc make_sequential(const struct tw_executor_opts *opts, struct tw_executor **ret_ex,
				  struct tw_err *err)
{
	struct tw_executor_opts one = *opts;
	one.parallelism = 1;
	return tw_executor_local_new(&one, ret_ex, err);
}

static const struct known {
	const char *name, *module;
	make_fn make; /* NULL: known by name only */
	bool local;   /* uses this machine's runner */
} known[] = {
	{"LocalExecutor", "airflow.executors.local_executor.LocalExecutor", tw_executor_local_new,
	 true},
	{"SequentialExecutor", "airflow.executors.sequential_executor.SequentialExecutor",
	 make_sequential, true},
	{"NullExecutor", "tradewind.executors.NullExecutor", tw_executor_null_new, false},
	{"RemoteExecutor", "tradewind.executors.RemoteExecutor", tw_executor_remote_new, false},
	{"CeleryExecutor", "airflow.providers.celery.executors.celery_executor.CeleryExecutor",
	 NULL, false},
	{"KubernetesExecutor",
	 "airflow.providers.cncf.kubernetes.executors.kubernetes_executor.KubernetesExecutor", NULL,
	 false},
	{"CeleryKubernetesExecutor",
	 "airflow.providers.celery.executors.celery_kubernetes_executor.CeleryKubernetesExecutor",
	 NULL, false},
	{"LocalKubernetesExecutor",
	 "airflow.providers.cncf.kubernetes.executors.local_kubernetes_executor."
	 "LocalKubernetesExecutor",
	 NULL, false},
	{"EdgeExecutor", "airflow.providers.edge3.executors.edge_executor.EdgeExecutor", NULL,
	 false},
};

static const struct known *find_known(struct tw_str name)
{
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (tw_str_is(name, known[i].name) || tw_str_is(name, known[i].module))
			return &known[i];
	return NULL;
}

/* Is it one that has this machine's runner? */
static bool uses_runner(const struct tw_executor *ex)
{
	return find_known(tw_str(ex->known_as))->local;
}

static enum tw_rc add(struct tw_executors *xs, const struct tw_executor_opts *opts,
		      struct tw_str entry, struct tw_err *err)
{
	struct tw_str name, alias = tw_str_trim(tw_str_cut(entry, ':', &name));
	name = name.p ? tw_str_trim(name) : alias;
	const struct known *k = find_known(name);
	if (!k)
		return tw_err_set(err, TW_ERR_INVALID,
				  "[core] executor: there is no executor '" TW_STR_FMT
				  "'; use LocalExecutor, SequentialExecutor or RemoteExecutor",
				  TW_STR_ARG(name));
	if (!k->make)
		return tw_err_set(err, TW_ERR_UNSUPPORTED,
				  "[core] executor: this version does not have %s yet; use "
				  "LocalExecutor",
				  k->name);
	if (tw_executors_find(xs, alias) && xs->n)
		return tw_err_set(err, TW_ERR_INVALID,
				  "[core] executor: '" TW_STR_FMT "' is named twice",
				  TW_STR_ARG(alias));
	for (size_t i = 0; i < xs->n; i++)
		if (k->local && uses_runner(xs->v[i]))
			return tw_err_set(err, TW_ERR_INVALID,
					  "[core] executor: %s and %s would share one runner; "
					  "name one of them",
					  xs->v[i]->known_as, k->name);
	struct tw_executor *ex;
	enum tw_rc rc = k->make(opts, &ex, err);
	if (rc < 0)
		return rc;
	ex->name = tw_str_dup(tw_str_eq(alias, name) ? tw_str(k->name) : alias);
	ex->known_as = k->name;
	ex->module = k->module;
	xs->v = tw_reallocarray(xs->v, xs->n + 1, sizeof(struct tw_executor *));
	xs->v[xs->n++] = ex;
	return TW_OK;
}

enum tw_rc tw_executors_new(const struct tw_executor_opts *opts, struct tw_str spec,
			    struct tw_executors *ret_xs, struct tw_err *err)
{
	struct tw_executors xs = {0};
	enum tw_rc rc = TW_OK;
	for (struct tw_str rest = spec; rest.p && rc == TW_OK;) {
		struct tw_str entry = tw_str_trim(tw_str_cut(rest, ',', &rest));
		if (entry.n)
			rc = add(&xs, opts, entry, err);
	}
	if (rc == TW_OK && !xs.n)
		rc = tw_err_set(err, TW_ERR_INVALID,
				"[core] executor names none; use LocalExecutor");
	if (rc < 0) {
		tw_executors_free(&xs, false);
		return rc;
	}
	*ret_xs = xs;
	return TW_OK;
}

void tw_executors_free(struct tw_executors *xs, bool stop_runner)
{
	for (size_t i = 0; i < xs->n; i++) {
		char *name = (char *)xs->v[i]->name;
		xs->v[i]->ops->free(xs->v[i], stop_runner);
		free(name);
	}
	free(xs->v);
	*xs = (struct tw_executors){0};
}

struct tw_executor *tw_executors_find(const struct tw_executors *xs, struct tw_str name)
{
	if (!name.n)
		return xs->n ? xs->v[0] : NULL;
	for (size_t i = 0; i < xs->n; i++)
		if (tw_str_is(name, xs->v[i]->name))
			return xs->v[i];
	for (size_t i = 0; i < xs->n; i++)
		if (tw_str_is(name, xs->v[i]->known_as) || tw_str_is(name, xs->v[i]->module))
			return xs->v[i];
	return NULL;
}
