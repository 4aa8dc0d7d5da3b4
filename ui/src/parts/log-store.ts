/**
 * A log of any size: where every few hundred rows begin in its file, and those of the rows that somebody looks at. The server
 * (engine/api/ui/log_pages.c) counts and searches; lines that are written meanwhile are added at the end.
 */
import { ndjson, type Params } from "../api";
import { type Line, type Row, rowsOf } from "./log-rows";

interface Mark {
  row: number;
  n: number;
  offset: number;
  level: string;
}
interface Block {
  rows: Row[];
  /** Of the file: what lies before it is in rows. */
  to: number;
  loading: boolean;
}
interface Scanned {
  mark?: [row: number, n: number, offset: number, level: string];
  hits?: [row: number, n: number][];
  end?: { rows: number; n: number; offset: number; level: string; hits: number; file: boolean; over: boolean };
}

export interface Hit {
  row: number;
  n: number;
}

/** Rows from one place to the next, about; as the server has it. */
const BLOCK = 500;
/** So many are kept: what was looked at last. */
const KEPT = 40;
const TAIL = 60;
/** Changes are told together when several come within so many milliseconds. */
const GATHER_MS = 50;

export class LogStore {
  /** Of the levels that are wanted; and of all lines so far. */
  rows = 0;
  all = 0;
  /** It was gone through. */
  ready = false;
  file = false;
  error: Error | null = null;
  hits: Hit[] = [];
  /** More may have been found than are told. */
  found = 0;
  searching = false;
  /** Up to here the file is known. */
  offset = 0;

  private marks: Mark[] = [];
  private blocks = new Map<number, Block>();
  private level = "";
  private words = "";
  private looking: AbortController | null = null;
  private readonly gone = new AbortController();
  private told = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private listeners = new Set<() => void>();

  constructor(
    private readonly path: string,
    private readonly params: Params,
    private readonly levels: readonly string[],
  ) {}

  follow = (fn: () => void) => {
    this.listeners.add(fn);
    return () => {
      this.listeners.delete(fn);
    };
  };
  version = () => this.told;
  private tell() {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.told++;
      for (const fn of this.listeners) fn();
    }, GATHER_MS);
  }
  private tellNow() {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.told++;
    for (const fn of this.listeners) fn();
  }

  stop() {
    this.gone.abort();
    this.looking?.abort();
    clearTimeout(this.timer);
  }

  /** Goes through all of it; also once more, when there was no file yet. */
  async scan() {
    const marks: Mark[] = [];
    this.error = null;
    try {
      await ndjson<Scanned>(`${this.path}/scan`, { ...this.params, level: this.levels }, this.gone.signal, (said) => {
        if (said.mark) marks.push({ row: said.mark[0], n: said.mark[1], offset: said.mark[2], level: said.mark[3] });
        if (!said.end) return;
        this.marks = marks;
        this.blocks.clear();
        this.rows = said.end.rows;
        this.all = said.end.n - 1;
        this.offset = said.end.offset;
        this.level = said.end.level;
        this.file = said.end.file;
        this.ready = true;
      });
    } catch (e) {
      if (this.gone.signal.aborted) return;
      this.error = e as Error;
    }
    this.tellNow();
  }

  /** The last lines, for whom going through the whole takes too long; their numbers are not known yet. */
  tail: Row[] = [];
  async peek() {
    const rows: Row[] = [];
    const params = { ...this.params, level: this.levels, last: TAIL };
    await ndjson<{ line: Line }>(`${this.path}/lines`, params, this.gone.signal, (said) =>
      rows.push(...rowsOf(said.line, 0, "")),
    ).catch(() => {});
    if (this.ready || this.gone.signal.aborted) return;
    this.tail = rows;
    this.tellNow();
  }

  /* ── rows ── */

  /** The last place that is not behind, by row or by number. */
  private before(value: number, by: "row" | "n"): number {
    let from = 0;
    let to = this.marks.length - 1;
    while (from < to) {
      const half = (from + to + 1) >> 1;
      if (this.marks[half]![by] <= value) from = half;
      else to = half - 1;
    }
    return from;
  }
  private endOf(k: number): number {
    return this.marks[k + 1]?.offset ?? this.offset;
  }
  /** undefined: it was not asked for, or is on its way. */
  row(i: number): Row | undefined {
    const k = this.before(i, "row");
    const mark = this.marks[k];
    return mark && this.blocks.get(k)?.rows[i - mark.row];
  }

  /** Somebody looks at these rows. */
  need(from: number, to: number) {
    if (!this.marks.length || from > to) return;
    const last = this.before(Math.min(to, this.rows - 1), "row");
    for (let k = this.before(Math.max(0, from), "row"); k <= last; k++) {
      const block = this.blocks.get(k);
      if (block) {
        // The last that was looked at is forgotten last.
        this.blocks.delete(k);
        this.blocks.set(k, block);
      }
      if (!block || (!block.loading && block.to < this.endOf(k))) void this.load(k);
    }
    for (const k of this.blocks.keys()) {
      if (this.blocks.size <= KEPT) break;
      this.blocks.delete(k);
    }
  }

  private async load(k: number): Promise<void> {
    const mark = this.marks[k]!;
    const block: Block = { rows: this.blocks.get(k)?.rows ?? [], to: this.endOf(k), loading: true };
    this.blocks.set(k, block);
    const rows: Row[] = [];
    const params = { from: mark.offset, to: block.to, n: mark.n, after: mark.level, level: this.levels };
    let level = mark.level;
    try {
      await ndjson<{ n: number; line: Line }>(`${this.path}/lines`, { ...this.params, ...params }, this.gone.signal, (said) => {
        const more = rowsOf(said.line, said.n, level);
        level = more.at(-1)?.of ?? level;
        rows.push(...more);
      });
      block.rows = rows;
      block.loading = false;
    } catch (e) {
      if (this.gone.signal.aborted) return;
      this.blocks.delete(k);
      this.error = e as Error;
    }
    this.tellNow();
  }

  /** Which row has that number; null: none of the levels that are wanted. */
  async locate(n: number): Promise<number | null> {
    if (!this.marks.length) return null;
    if (!this.levels.length) return n >= 1 && n <= this.rows ? n - 1 : null;
    const k = this.before(n, "n");
    if (!this.blocks.get(k)?.rows.length) await this.load(k);
    const i = this.blocks.get(k)?.rows.findIndex((r) => r.n === n) ?? -1;
    return i < 0 ? null : this.marks[k]!.row + i;
  }

  /* ── words ── */

  async find(words: string) {
    this.looking?.abort();
    this.words = words;
    this.hits = [];
    this.found = 0;
    this.searching = words !== "";
    this.tellNow();
    if (!words) return;
    const looking = new AbortController();
    this.looking = looking;
    try {
      const params = { ...this.params, level: this.levels, q: words };
      await ndjson<Scanned>(`${this.path}/scan`, params, looking.signal, (said) => {
        if (said.hits) this.hits = [...this.hits, ...said.hits.map(([row, n]) => ({ row, n }))];
        if (said.hits) this.found = this.hits.length;
        if (said.end) this.found = said.end.hits;
        this.tell();
      });
    } catch (e) {
      if (looking.signal.aborted) return;
      this.error = e as Error;
    }
    this.searching = false;
    this.tellNow();
  }

  /* ── as it is written ── */

  /** A line that ends there in the file. false: there was no file when it was gone through, that is to be done anew. */
  append(line: Line, end: number): boolean {
    if (!this.file) return false;
    if (end <= this.offset) return true;
    const rows = rowsOf(line, this.all + 1, this.level);
    const begin = this.offset;
    const of = rows.at(-1)?.of ?? this.level;
    this.offset = end;
    if (!this.levels.length || (rows[0] && this.levels.includes(rows[0].of))) {
      const last = this.marks.at(-1);
      if (!last || this.rows - last.row >= BLOCK) {
        this.marks.push({ row: this.rows, n: this.all + 1, offset: begin, level: this.level });
        this.blocks.set(this.marks.length - 1, { rows, to: end, loading: false });
      } else {
        const block = this.blocks.get(this.marks.length - 1);
        // Else it is loaded when somebody looks at it.
        if (block && !block.loading && block.to >= begin) {
          block.rows.push(...rows);
          block.to = end;
        }
      }
      if (this.words && !this.searching) this.look(rows);
      this.rows += rows.length;
    } else {
      const block = this.blocks.get(this.marks.length - 1);
      if (block && !block.loading && block.to >= begin) block.to = end;
    }
    this.all += rows.length;
    this.level = of;
    this.tell();
    return true;
  }
  private look(rows: Row[]) {
    const words = this.words.toLowerCase();
    const more = rows.flatMap((r, i) => (r.text.toLowerCase().includes(words) ? [{ row: this.rows + i, n: r.n }] : []));
    this.found += more.length;
    if (more.length) this.hits = [...this.hits, ...more];
  }
}
