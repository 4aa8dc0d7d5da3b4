/** Users, tokens, connections' forms, what needs a person, editing, searching logs, the asset graph. */
import type { house as english } from "../en/house";

export const house: Record<keyof typeof english, string> = {};
