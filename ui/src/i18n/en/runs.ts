/** Comparing runs, durations, critical paths, triggering. */
export const runs = {};
