/** The one stream of events that a page listens to, and whether the engine can be reached at all. */
import { useSyncExternalStore } from "react";
import { ApiError, get, url } from "./api";

/** What happened. "reset": more than can be told, everything is to be asked anew. */
export interface LiveEvent {
  kind: "run" | "task" | "tasks" | "dag" | "import_error" | "pool" | "asset" | "backfill" | "health" | "reset";
  dag_id?: string;
  run_id?: string;
  task_id?: string;
  map_index?: number;
  state?: string | null;
  try_number?: number;
  run_type?: string;
  logical_date?: string | null;
  run_after?: string;
  queued_at?: string | null;
  start_date?: string | null;
  end_date?: string | null;
  deleted?: boolean;
  /** Of a backfill. */
  id?: number;
  is_paused?: boolean;
  completed_at?: string | null;
}

/** A value that components follow. */
class Told<T> {
  private listeners = new Set<() => void>();
  constructor(private now: T) {}
  get = () => this.now;
  set(next: T) {
    if (this.now === next) return;
    this.now = next;
    for (const fn of this.listeners) fn();
  }
  follow = (fn: () => void) => {
    this.listeners.add(fn);
    return () => {
      this.listeners.delete(fn);
    };
  };
}

const lost = new Told(false);
const on = new Told(false);
/** Nothing answered the last request. */
export const useLost = () => useSyncExternalStore(lost.follow, lost.get);
/** Changes are told: nobody has to look for them. */
export const useLive = () => useSyncExternalStore(on.follow, on.get);
export const isLive = on.get;

/** So long a question waits for the stream at most: where none comes through it is not held up. */
const WAIT_MS = 150;
/** Resolved when changes are told: what is asked from then on has not to be asked again. */
export const heard = () =>
  new Promise<void>((done) => {
    if (on.get()) return done();
    const off = on.follow(() => {
      off();
      done();
    });
    setTimeout(done, WAIT_MS);
  });

const takers = new Set<(e: LiveEvent) => void>();
/** Each event, as it comes. */
export function onEvent(fn: (e: LiveEvent) => void): () => void {
  takers.add(fn);
  return () => {
    takers.delete(fn);
  };
}
function tell(e: LiveEvent) {
  for (const fn of takers) fn(e);
}

export function answered(error?: unknown) {
  if (!error) lost.set(false);
  else if (!(error instanceof ApiError) && (error as Error).name !== "AbortError") lost.set(true);
}
function probe() {
  get("/api/v2/version").then(
    () => {
      if (lost.get()) tell({ kind: "reset" });
      answered();
    },
    (e) => answered(e instanceof ApiError ? undefined : e),
  );
}
addEventListener("offline", () => lost.set(true));
addEventListener("online", probe);

const KINDS = ["run", "task", "tasks", "dag", "import_error", "pool", "asset", "backfill", "health"] as const;
/** Refused or gone for good: the browser does not come back by itself then. */
const AGAIN_MS = 5000;

let source: EventSource | null = null;
let again: ReturnType<typeof setTimeout> | undefined;
let wanted = false;
let scope = "";
/** The last that was heard of, so that what comes behind it is not missed while no stream is open. */
let last = "";

function open() {
  close();
  if (!wanted || document.hidden) return;
  const resumed = last !== "";
  const s = new EventSource(url("/api/v2/events", { brief: true, tasks_of: scope, last_event_id: last }));
  source = s;
  const hear = (m: MessageEvent<string>) => {
    if (s !== source) return;
    if (m.lastEventId) last = m.lastEventId;
    tell({ kind: m.type, ...(JSON.parse(m.data) as object) } as LiveEvent);
  };
  for (const kind of KINDS) s.addEventListener(kind, hear);
  s.addEventListener("reset", hear);
  let first = !resumed;
  s.addEventListener("ready", (m) => {
    if (s !== source) return;
    if (m.lastEventId) last = m.lastEventId;
    on.set(true);
    answered();
    // What was asked for before there was a stream may have changed in between.
    if (first) tell({ kind: "reset" });
    first = false;
  });
  s.onerror = () => {
    if (s !== source) return;
    on.set(false);
    probe();
    if (s.readyState === EventSource.CLOSED) again = setTimeout(open, AGAIN_MS);
  };
}
function close() {
  clearTimeout(again);
  source?.close();
  source = null;
}

// A page that nobody sees holds no stream.
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) open();
  else {
    close();
    on.set(false);
  }
});

/** Listen, or stop listening. */
export function listen(yes: boolean) {
  if (wanted === yes) return;
  wanted = yes;
  if (yes) open();
  else {
    close();
    on.set(false);
    last = "";
  }
}
/** The DAG whose tasks are told one by one; of all others only that there was something. */
export function listenTo(dagId: string | null) {
  if (scope === (dagId ?? "")) return;
  scope = dagId ?? "";
  if (wanted) open();
}
