/* Whoever does not run is told why, and what is told is true. */
#include "sim/sim.h"

static void tell_ti(struct sim *m, const struct srow *t)
{
	struct tw_reasons why = { 0 };
	const struct tw_ti_row *row = &t->l.row;

	fprintf(stderr, "  " TW_STR_FMT "[%d] %s\n", TW_STR_ARG(row->task_id), row->map_index,
		row->state ? tw_ti_state_name(row->state) : "none");
	tw_sched_why(m->s, (struct tw_run_ref){ row->dag_id, row->run_id }, row->task_id, row->map_index, &why, NULL);
	for (size_t i = 0; i < why.v.n; i++)
		fprintf(stderr, "    " TW_STR_FMT "\n", TW_STR_ARG(why.v.v[i]));
	tw_reasons_release(&why);
}

void why_tell_run(struct sim *m, const struct srun *r)
{
	fprintf(stderr, TW_STR_FMT " " TW_STR_FMT " %s, version " TW_STR_FMT "\n", TW_STR_ARG(r->row.dag_id),
		TW_STR_ARG(r->row.run_id), tw_run_state_name(r->row.state), TW_STR_ARG(r->row.version_id));
	for (size_t i = 0; i < r->tis.n; i++)
		tell_ti(m, r->tis.v[i]);
}

void why_tell(struct sim *m)
{
	for (size_t k = 0; k < m->runs.n; k++)
		if (!m->runs.v[k]->gone && !tw_run_finished(m->runs.v[k]->row.state))
			why_tell_run(m, m->runs.v[k]);
}

static void check_ti(struct sim *m, const struct srow *t)
{
	const struct tw_ti_row *row = &t->l.row;
	struct tw_reasons why = { 0 };

	if (tw_ti_finished(row->state) || row->state == TW_TI_RUNNING || tw_dag_task(t->run->doc->dag, row->task_id) < 0)
		return;
	tw_sched_why(m->s, (struct tw_run_ref){ row->dag_id, row->run_id }, row->task_id, row->map_index, &why, NULL);
	m->asked_why++;
	if (!why.v.n)
		sim_fail_run(m, t->run, TW_STR_FMT "[%d] of " TW_STR_FMT " does not run and there is no reason",
			     TW_STR_ARG(row->task_id), row->map_index, TW_STR_ARG(row->run_id));
	tw_reasons_release(&why);
}

/* Some of those that live, chosen by chance. */
void why_check(struct sim *m)
{
	for (int i = 0; i < 30 && m->live.n; i++) {
		const struct srun *r = m->live.v[sim_random(m, m->live.n)];
		if (!r->gone && !tw_run_finished(r->row.state) && r->tis.n)
			check_ti(m, r->tis.v[sim_random(m, r->tis.n)]);
	}
}
