/** Users, tokens, connections' forms, what needs a person, editing, searching logs, the asset graph. */
export const house = {};
