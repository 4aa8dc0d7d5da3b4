/* What requests of the Execution API look like: spec/execution.txt, and what older callers cannot know of it. */
#include <pthread.h>
#include <stdio.h>

#include "api/embedded.h"
#include "api/exec.h"
#include "api/spec.h"

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

/* Fields of bodies that came later than the API. */
static const struct {
	const char *where; /* the operation, or the model of one that takes several */
	const char *field;
	enum tw_exec_version since;
} newer[] = {
	{ "TITerminalStatePayload", "rendered_map_index", TW_EXEC_2025_04_28 },
	{ "TISuccessStatePayload", "rendered_map_index", TW_EXEC_2025_04_28 },
	{ "TIDeferredStatePayload", "rendered_map_index", TW_EXEC_2025_04_28 },
	{ "TIRetryStatePayload", "rendered_map_index", TW_EXEC_2025_04_28 },
	{ "TIRetryStatePayload", "retry_delay_seconds", TW_EXEC_2026_06_30 },
	{ "TIRetryStatePayload", "retry_reason", TW_EXEC_2026_06_30 },
	{ "trigger_dag_run", "partition_key", TW_EXEC_2026_04_06 },
	{ "trigger_dag_run", "note", TW_EXEC_2026_04_06 },
	{ "trigger_dag_run", "run_after", TW_EXEC_2026_04_06 },
};

/* Unknown fields, for a caller of that day. tag: NULL, or what faults call the model. false: it has replied. */
static bool of_its_day(struct tw_exec *x, struct tw_str where, const char *tag)
{
	const struct tw_place body = { .name = TW_STR("body") }, model = { .up = &body, .name = tw_str(tag) };
	struct tw_faults f;

	tw_faults_init(&f, x->resp);
	for (size_t i = 0; i < sizeof newer / sizeof *newer; i++) {
		const struct tw_value *v = tw_map_findc(x->req->json, newer[i].field);

		if (v && tw_str_is(where, newer[i].where) && !tw_exec_knows(x, newer[i].since))
			tw_fault_at(&f, "extra_forbidden",
				    &(struct tw_place){ .up = tag ? &model : &body, .name = tw_str(newer[i].field) },
				    "Extra inputs are not permitted", *v, NULL, TW_NULL);
	}
	return !tw_faults_any(&f);
}

bool tw_exec_admits(struct tw_exec *x, const char *method, const char *pattern)
{
	const struct tw_route route = { .method = method, .pattern = pattern };
	const struct tw_operation *op = tw_spec_op(exec_spec(), &route);

	return !op || (tw_spec_check(op, x->req, x->resp) && of_its_day(x, op->id, NULL));
}

bool tw_exec_admits_as(struct tw_exec *x, const char *model, const char *tag)
{
	const struct tw_model *m = tw_map_get(&exec_spec()->models, tw_str(model));

	TW_ASSERT(m);
	return tw_spec_check_as(m, tag, x->req, x->resp) && of_its_day(x, tw_str(model), tag);
}
