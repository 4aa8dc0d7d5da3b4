/** What the lines of a log are shown as. */

interface Frame {
  filename: string;
  lineno: number;
  name: string;
}
export interface Line {
  timestamp?: string | null;
  level?: string;
  event: string;
  logger?: string;
  error_detail?: { exc_type: string; exc_value: string; frames?: Frame[] }[];
}

/** One line on the screen; of an exception there are several. */
export interface Row {
  /** Its number in the log, from 1. */
  n: number;
  at: string | null;
  /** As its line says, and the one it counts as: below a line of the same. */
  level: string;
  of: string;
  text: string;
  source: boolean;
}

/** As the engine counts them (tw_log_rows): each has its number, so there are no more and no fewer. */
export function rowsOf(line: Line, n: number, before: string): Row[] {
  const level = line.level ?? "";
  const at = line.timestamp ?? null;
  const source = at === null && level === "";
  let of = level || (at === null ? before : "");
  const rows: Row[] = [];
  const add = (text: string, own: string, stamp: string | null) => {
    of = own || of;
    rows.push({ n: n + rows.length, at: stamp, level: own, of, text, source });
  };
  const texts = String(line.event ?? "")
    .replace(/^::group::/, "▾ ")
    .split("\n");
  for (const [i, text] of texts.entries()) add(text, level, i ? null : at);
  for (const e of line.error_detail ?? []) {
    add(`${e.exc_type}: ${e.exc_value}`, "error", null);
    for (const f of e.frames ?? []) add(`    ${f.filename}:${f.lineno} in ${f.name}`, "error", null);
  }
  return rows;
}
