/** Grid, graph and lists. */
export const scale = {};
