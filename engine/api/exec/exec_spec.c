/* What requests of the Execution API look like: spec/execution.txt. As at Airflow's, an older caller may send what came later. */
#include <pthread.h>
#include <stdio.h>

#include "api/embedded.h"
#include "api/exec/exec.h"
#include "api/spec/spec.h"

static struct tw_spec spec;

static void read_spec(void)
{
	struct tw_err err = { 0 };

	if (tw_spec_read(&spec, tw_strn(tw_embed_execution, tw_embed_execution_n),
			 tw_strn(tw_embed_execution_models, tw_embed_execution_models_n), &err) < 0)
		fprintf(stderr, "execution: %s\n", err.msg);
	TW_ASSERT(!err.msg[0]);
}

static const struct tw_spec *exec_spec(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, read_spec);
	return &spec;
}

static const struct tw_operation *operation(const char *method, const char *pattern)
{
	const struct tw_route route = { .method = method, .pattern = pattern };

	return tw_spec_op(exec_spec(), &route);
}

bool tw_exec_described(const char *method, const char *pattern)
{
	return operation(method, pattern) != NULL;
}

bool tw_exec_admits(struct tw_exec *x, const char *method, const char *pattern)
{
	const struct tw_operation *op = operation(method, pattern);

	return !op || tw_spec_check(op, x->req, x->resp);
}

bool tw_exec_admits_as(struct tw_exec *x, const char *model, const char *tag)
{
	const struct tw_model *m = tw_map_get(&exec_spec()->models, tw_str(model));

	TW_ASSERT(m);
	return tw_spec_check_as(m, tag, x->req, x->resp);
}
