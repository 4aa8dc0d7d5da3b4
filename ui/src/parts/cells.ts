/**
 * The cells of many runs, for the grid: asked for as they come into sight, kept in columns of numbers, and from then on
 * changed by events alone.
 */
import { useEffect, useRef, useSyncExternalStore } from "react";
import { ApiError, type Cell, type GridRun, get, seg, type TiState } from "../api";
import { cellOf } from "../fresh";
import { isLive, type LiveEvent, onEvent } from "../stream";
import type { Cells } from "./tree";

interface Columns {
  run_id: string;
  tasks?: string[];
  state: string;
  at: number | null;
  start: number[];
  took: number[];
  tries: number[];
  many: Record<string, Record<string, number>>;
}
interface Answer {
  states: (TiState | null)[];
  runs: Columns[];
}

/** One run's. What events have said stands before what was asked. */
export class RunCells implements Cells {
  private changed: Map<string, Cell> | null = null;
  constructor(
    private readonly places: ReadonlyMap<string, number>,
    private readonly columns: Columns,
    private readonly names: (TiState | null)[],
  ) {}
  get(id: string): Cell | undefined {
    const told = this.changed?.get(id);
    if (told) return told;
    const i = this.places.get(id);
    if (i === undefined) return undefined;
    const c = this.columns;
    const start = c.start[i]! < 0 ? null : c.at! + c.start[i]! / 1000;
    const end = start === null || c.took[i]! < 0 ? null : start + c.took[i]! / 1000;
    const state = this.names[c.state.charCodeAt(i) - 97] ?? null;
    const many = c.many[i];
    return many ? [id, state, start, end, c.tries[i]!, many] : [id, state, start, end, c.tries[i]!];
  }
  isMapped(id: string): boolean {
    return (this.changed?.get(id)?.length ?? 0) > 5 || this.columns.many[this.places.get(id) ?? -1] !== undefined;
  }
  /** The same run with these cells: another one, so that whoever compares sees it. */
  with(cells: Cell[]): RunCells {
    const next = new RunCells(this.places, this.columns, this.names);
    next.changed = new Map(this.changed);
    for (const c of cells) next.changed.set(c[0], c);
    return next;
  }
}

/** Runs asked for at once: the first picture comes soon, the rest behind it. */
const AT_ONCE = 16;
/** Between two questions while something changes (and so many times what they took), and two pictures of what has changed. */
const PAUSE_MS = 100;
const PAUSE_TIMES = 9;
const PICTURE_MS = 80;
/** When nobody tells. */
const LOOK_MS = 5000;

export class CellStore {
  private runs = new Map<string, RunCells>();
  private asking = new Set<string>();
  private wanted: string[] = [];
  /** What is to be asked anew: a run's one mapped task, or (null) all of it; and when it last was. */
  private stale = new Map<string, Set<string> | null>();
  private looked = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private picture: ReturnType<typeof setTimeout> | undefined;
  private drawn = 0;
  private version = 0;
  private listeners = new Set<() => void>();
  error: unknown = null;

  constructor(private readonly dagId: string) {}

  of = (runId: string): RunCells | undefined => this.runs.get(runId);
  snapshot = () => this.version;
  follow = (fn: () => void) => {
    this.listeners.add(fn);
    return () => {
      this.listeners.delete(fn);
    };
  };

  /** Listens until the returned function is called. */
  open(): () => void {
    const off = onEvent((e) => this.take(e));
    const look = setInterval(() => {
      if (!isLive()) for (const id of this.wanted) this.spoil(id, null);
    }, LOOK_MS);
    return () => {
      off();
      clearInterval(look);
      clearTimeout(this.timer);
      clearTimeout(this.picture);
    };
  }

  /** These are in sight; of those the others are only kept while they are in the list. */
  want(ids: string[], list: GridRun[]) {
    this.wanted = ids;
    const known = new Set(list.map((r) => r.run_id));
    for (const id of this.runs.keys()) if (!known.has(id)) this.runs.delete(id);
    const missing = ids.filter((id) => !this.runs.has(id) && !this.asking.has(id));
    // The newest are the last, and the first that one looks at.
    for (let end = missing.length; end > 0; end -= AT_ONCE) this.ask(missing.slice(Math.max(0, end - AT_ONCE), end));
  }

  private changed() {
    if (this.picture !== undefined) return;
    this.picture = setTimeout(
      () => {
        this.picture = undefined;
        this.drawn = Date.now();
        this.version++;
        for (const fn of this.listeners) fn();
      },
      Math.max(0, this.drawn + PICTURE_MS - Date.now()),
    );
  }

  private async fetch(ids: string[], task?: string): Promise<Answer> {
    return get<Answer>(`/ui/dags/${seg(this.dagId)}/cells`, { run_id: ids, task_id: task });
  }

  private async ask(ids: string[]) {
    for (const id of ids) this.asking.add(id);
    try {
      const { states, runs } = await this.fetch(ids);
      let places = new Map<string, number>();
      for (const columns of runs) {
        if (columns.tasks) places = new Map(columns.tasks.map((id, i) => [id, i]));
        delete columns.tasks;
        this.runs.set(columns.run_id, new RunCells(places, columns, states));
      }
      this.error = null;
    } catch (e) {
      this.error = e;
      if (!(e instanceof ApiError)) for (const id of ids) this.spoil(id, null);
    }
    for (const id of ids) this.asking.delete(id);
    this.changed();
  }

  private async askTask(id: string, task: string) {
    const { states, runs } = await this.fetch([id], task);
    const cell = new RunCells(new Map([[task, 0]]), runs[0]!, states).get(task);
    const run = this.runs.get(id);
    if (run && cell && runs[0]!.state) this.runs.set(id, run.with([cell]));
    this.changed();
  }

  private take(e: LiveEvent) {
    if (e.kind === "reset") {
      for (const id of this.runs.keys()) this.spoil(id, null);
      return;
    }
    if (e.dag_id !== this.dagId || !e.run_id || (e.kind !== "task" && e.kind !== "tasks")) return;
    const run = this.runs.get(e.run_id);
    // Its answer may be older than this.
    if (this.asking.has(e.run_id)) this.spoil(e.run_id, null);
    if (!run) return;
    if (e.kind === "tasks" || e.deleted) this.spoil(e.run_id, null);
    else if (e.map_index !== -1 || run.isMapped(e.task_id!)) this.spoil(e.run_id, e.task_id!);
    else {
      this.runs.set(e.run_id, run.with([cellOf(e)]));
      this.changed();
    }
  }

  private spoil(id: string, task: string | null) {
    const of = this.stale.get(id);
    if (task === null || of === null || (of && of.size > 8)) this.stale.set(id, null);
    else this.stale.set(id, (of ?? new Set()).add(task));
    this.timer ??= setTimeout(() => this.mend(), Math.max(0, this.looked + PAUSE_MS - Date.now()));
  }

  /** Asks anew what is in sight; what is not is forgotten until it is. */
  private async mend() {
    const seen = new Set(this.wanted);
    const all: string[] = [];
    const some: [string, string][] = [];
    for (const [id, tasks] of this.stale) {
      if (!seen.has(id)) this.runs.delete(id);
      else if (tasks === null) all.push(id);
      else for (const t of tasks) some.push([id, t]);
    }
    this.stale.clear();
    const began = Date.now();
    const asked: Promise<unknown>[] = some.map(([id, t]) => this.askTask(id, t).catch(() => this.spoil(id, null)));
    for (let i = 0; i < all.length; i += AT_ONCE) asked.push(this.ask(all.slice(i, i + AT_ONCE)));
    await Promise.all(asked);
    this.looked = Date.now() + (Date.now() - began) * PAUSE_TIMES;
    this.timer = undefined;
    if (this.stale.size) this.timer = setTimeout(() => this.mend(), Math.max(0, this.looked + PAUSE_MS - Date.now()));
  }
}

/** The cells of a DAG's runs while the component is there. */
export function useCells(dagId: string): CellStore {
  const store = useRef<CellStore>(null);
  store.current ??= new CellStore(dagId);
  useEffect(() => store.current!.open(), []);
  useSyncExternalStore(store.current.follow, store.current.snapshot);
  return store.current;
}
