/*
 * A document is read or refused with a message. One that is read is whole: its order holds every task after
 * its upstreams, and a run of it, whose tasks succeed, ends.
 */
#include "fuzz.h"

#include <stdlib.h>

#include "core/sched.h"
#include "model/graph.h"
#include "model/params.h"

static void check_order(const struct tw_dag *d)
{
	tw_bits *seen = tw_bits_new(d->ntasks);

	for (int k = 0; k < d->ntasks; k++) {
		const struct tw_task *t = &d->tasks[d->topo[k]];
		for (int i = 0; i < t->nupstream; i++)
			TW_ASSERT(tw_bit(seen, t->upstream[i]));
		tw_bit_set(seen, t->index);
	}
	free(seen);
}

static void step(struct tw_sched *s, struct tw_event ev, struct tw_effects **ret)
{
	struct tw_err err;

	*ret = tw_effects_new();
	tw_sched_step(s, &ev, *ret, &err);
}

/* Everything that is given out ends well, for a while. */
static void run(const struct tw_dag *d)
{
	struct tw_sched_config cfg = tw_sched_config_default();
	struct tw_sched *s = tw_sched_new(&cfg);
	struct tw_effects *fx;
	TW_VEC(struct tw_id) open = { 0 };
	tw_time now = 1767225600 * TW_US_SEC;
	struct tw_run_row row = { .dag_id = d->dag_id, .logical_date = now, .interval_start = TW_TIME_NONE,
				  .interval_end = TW_TIME_NONE, .run_after = now };

	step(s, (struct tw_event){ .type = TW_EV_POOL, .pool = { .name = TW_STR(TW_POOL_DEFAULT), .slots = 8 } }, &fx);
	tw_effects_free(fx);
	step(s, (struct tw_event){ .type = TW_EV_DAG, .at = now, .dag = { .dag = d, .last_run.run_after = TW_TIME_NONE } }, &fx);
	for (int i = 0; i < 300; i++) {
		for (size_t k = 0; k < fx->dispatch.n; k++)
			tw_vec_push(&open, fx->dispatch.v[k].ti.id);
		tw_effects_free(fx);
		struct tw_event ev = { .type = TW_EV_TICK, .at = now += TW_US_SEC };
		if (i == 0)
			ev = (struct tw_event){ .type = TW_EV_RUN_NEW, .at = now, .run_new.row = row };
		else if (open.n)
			ev = (struct tw_event){ .type = TW_EV_FINISHED, .at = now,
						.finished = { .attempt = open.v[--open.n], .has_return = i % 2, .mapped_length = i % 3 } };
		step(s, ev, &fx);
	}
	tw_effects_free(fx);
	tw_sched_free(s);
	tw_vec_release(&open);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tw_zones zones = { 0 };
	struct tw_err err = { 0 };
	struct tw_dag *d;

	if (tw_dag_parse_json(tw_strn((const char *)data, size), &zones, &d, &err) < 0) {
		TW_ASSERT(err.rc < 0 && err.msg[0]);
	} else {
		tw_params_check(d, TW_NULL, &err);
		check_order(d);
		if (d->ntasks < 50)
			run(d);
		tw_dag_unref(d);
	}
	tw_zones_release(&zones);
	return 0;
}
