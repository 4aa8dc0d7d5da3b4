/*
 * `tradewind core-step`: the core as a coprocess, for dag.test(). No metastore, no executor, no other runs: whoever started
 * it sends a DAG document and the run it wants, executes the workloads it is given, and tells how they ended
 * (docs/runner-protocol.md, "core-step"). So a test decides exactly as the scheduler does.
 */
#pragma once

/* Serves frames from in_fd to out_fd until the stream ends. Returns the exit status. */
int tw_corestep_run(int in_fd, int out_fd);
