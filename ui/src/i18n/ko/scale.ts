/** Grid, graph and lists. */
import type { scale as english } from "../en/scale";

export const scale: Record<keyof typeof english, string> = {};
