/*
 * What decides when a run ends, and when it will: computed from the DAG, the run's instances and those of past runs. Pure.
 *
 * A task is ready when the last of its upstreams has ended (the first one, for rules that wait for one), or when the run began.
 * Its span is from there to the end of its last instance: waiting for a slot, retries and the instances of a mapped task are in it.
 *
 * Expected end: each past run is one scenario. What has not ended in this run takes as long as it took then; of what goes on
 * already only spans that are longer than it has taken so far count. The ends of all scenarios, in order, give the band: tasks
 * that are slow together stay so, and the band is not the sum of each task's worst.
 */
#pragma once

#include "model/dag.h"

#define TW_FORECAST_FEW 5 /* with fewer past runs nothing is called usual */

struct tw_fc_ti {
	int task;
	int map_index;
	enum tw_ti_state state;
	int try_number;
	tw_time scheduled, queued, start, end;
};
/* A run's instances, those of one task beside each other. */
struct tw_fc_run {
	tw_time start, end; /* NONE: not yet */
	const struct tw_fc_ti *v;
	size_t n;
};

/* Of n numbers the tenth, half and nine tenths (µs); all 0 when n is. */
struct tw_band {
	int64_t p10, p50, p90;
	size_t n;
};
struct tw_band tw_band_of(const int64_t *v, size_t n);

/* One link of the chain, first to last. */
struct tw_fc_step {
	int task;
	int map_index; /* that instance; -1: unmapped, or all of a mapped task that has not ended */
	enum tw_ti_state state;
	int try_number;
	tw_time ready, scheduled, queued, start, end; /* NONE: not yet; ready and end always are */
	bool expected;                                /* end is a guess */
	struct tw_band span;                          /* of past runs */
};

struct tw_forecast {
	struct tw_band usual;    /* how long past runs took */
	struct tw_band end;      /* instants; n 0: it has ended, or no past run tells */
	int slow;                /* 1: this one takes longer than usual; 0: it does not; -1: too few to tell */
	int ended, open, unknown; /* tasks; unknown: of the open ones, in no past run */
	struct tw_fc_step *path;
	size_t npath;
};

/* past: successful ones. Everything returned is in the arena. */
void tw_forecast(const struct tw_dag *dag, const struct tw_fc_run *run, const struct tw_fc_run *past, size_t npast, tw_time now,
		 struct tw_arena *a, struct tw_forecast *ret);
