/** What events do to what is known: what they say is written into it at once, what they leave open is asked anew, not too often. */
import type { QueryClient } from "@tanstack/react-query";
import type { Cell, GridRun, Params, RunState, TiState } from "./api";
import { type LiveEvent, onEvent } from "./stream";

type Data = Record<string, unknown>;

const seconds = (at: string | null | undefined) => (at ? Date.parse(at) / 1000 : null);
const took = (e: LiveEvent) => (e.start_date && e.end_date ? (Date.parse(e.end_date) - Date.parse(e.start_date)) / 1000 : null);

/* ── what an event says ── */

function patchRun<T extends Data>(run: T, e: LiveEvent): T {
  const { queued_at = null, start_date = null, end_date = null } = e;
  const next = { ...run, state: e.state as RunState, queued_at, start_date, end_date };
  return "duration" in run ? { ...next, duration: took(e) } : next;
}

function patchTi<T extends Data>(ti: T, e: LiveEvent): T {
  const { start_date = null, end_date = null } = e;
  return { ...ti, state: e.state as TiState | null, try_number: e.try_number, start_date, end_date, duration: took(e) };
}

export const cellOf = (e: LiveEvent): Cell => [
  e.task_id!,
  (e.state ?? null) as TiState | null,
  seconds(e.start_date),
  seconds(e.end_date),
  e.try_number ?? 0,
];

/** Of a list: those whom the event is about, changed. The list itself when it is about none. */
function each<T>(list: T[], is: (x: T) => boolean, change: (x: T) => T): T[] {
  const at = list.findIndex(is);
  return at < 0 ? list : list.with(at, change(list[at]!));
}

const newRun = (e: LiveEvent, version: number): GridRun => ({
  run_id: e.run_id!,
  state: e.state as RunState,
  run_type: e.run_type!,
  logical_date: e.logical_date ?? null,
  run_after: e.run_after!,
  queued_at: e.queued_at ?? null,
  start_date: e.start_date ?? null,
  end_date: e.end_date ?? null,
  version,
});

function patchRecent(data: Record<string, GridRun[]>, e: LiveEvent, most: number) {
  const runs = data[e.dag_id!];
  if (e.kind !== "run" || e.deleted || !runs) return data;
  const next = runs.some((r) => r.run_id === e.run_id)
    ? each(
        runs,
        (r) => r.run_id === e.run_id,
        (r) => patchRun(r as GridRun & Data, e),
      )
    : [newRun(e, runs[0]?.version ?? 1), ...runs].sort((a, b) => (a.run_after < b.run_after ? 1 : -1)).slice(0, most);
  return { ...data, [e.dag_id!]: next };
}

function patchGrid(data: { runs: GridRun[] }, e: LiveEvent) {
  const runs = each(
    data.runs,
    (r) => r.run_id === e.run_id,
    (r) => {
      if (e.kind === "run") return patchRun(r as GridRun & Data, e);
      if (!r.tasks || e.kind !== "task") return r;
      const plain = (c: Cell) => c[0] === e.task_id && c.length < 6 && e.map_index === -1;
      return { ...r, tasks: each(r.tasks, plain, () => cellOf(e)) };
    },
  );
  return runs === data.runs ? data : { ...data, runs };
}

function patchBackfills(data: { backfills?: Data[] }, e: LiveEvent) {
  const list = data.backfills ?? [];
  const { is_paused, completed_at } = e;
  const next = each(
    list,
    (b) => b.id === e.id && (b.is_paused !== is_paused || b.completed_at !== completed_at),
    (b) => ({ ...b, is_paused, completed_at }),
  );
  return next === list ? data : { ...data, backfills: next };
}

/** The same with what the event says; the very same when it says nothing of it. */
export function patched(path: string, params: Params, data: unknown, e: LiveEvent): unknown {
  if (e.kind === "backfill" && path === "/api/v2/backfills") return patchBackfills(data as { backfills?: Data[] }, e);
  if (e.deleted || (e.kind !== "run" && e.kind !== "task") || typeof data !== "object" || data === null) return data;
  if (path === "/ui/dags/recent") return patchRecent(data as Record<string, GridRun[]>, e, Number(params.runs) || 14);
  const at = path.split("/").map(decodeURIComponent);
  if (at[1] === "ui") return at[4] === "grid" && at[3] === e.dag_id ? patchGrid(data as { runs: GridRun[] }, e) : data;
  const [, , , dags, dagId, dagRuns, runId, tis, taskId, mapIndex] = at;
  if (dags !== "dags" || dagRuns !== "dagRuns" || (dagId !== "~" && dagId !== e.dag_id)) return data;
  const is = (x: Data) => x.dag_id === e.dag_id && (x.dag_run_id ?? x.run_id) === e.run_id;
  if (e.kind === "run") {
    if (tis !== undefined) return data;
    if (runId !== undefined) return runId === e.run_id ? patchRun(data as Data, e) : data;
    const list = (data as { dag_runs?: Data[] }).dag_runs ?? [];
    const next = each(list, is, (x) => patchRun(x, e));
    return next === list ? data : { ...data, dag_runs: next };
  }
  if (tis !== "taskInstances" || (runId !== "~" && runId !== e.run_id)) return data;
  if (taskId !== undefined && mapIndex !== "listMapped") {
    const one = mapIndex === undefined ? -1 : Number(mapIndex);
    return at.length <= 10 && taskId === e.task_id && one === e.map_index ? patchTi(data as Data, e) : data;
  }
  const list = (data as { task_instances?: Data[] }).task_instances ?? [];
  const next = each(
    list,
    (x) => is(x) && x.task_id === e.task_id && x.map_index === e.map_index,
    (x) => patchTi(x, e),
  );
  return next === list ? data : { ...data, task_instances: next };
}

/* ── what it leaves open ── */

function gridIsStale(params: Params, data: unknown, e: LiveEvent): boolean {
  const runs = (data as { runs: GridRun[] } | undefined)?.runs;
  const own = typeof params.run_id === "string" ? params.run_id : undefined;
  if (!runs || (own && own !== e.run_id)) return !runs;
  const run = runs.find((r) => r.run_id === e.run_id);
  if (e.kind === "run") return e.deleted === true || !run || [params.state].flat().some((s) => s !== undefined);
  if (!run?.tasks) return false;
  return e.kind === "tasks" || e.deleted === true || !run.tasks.some((c) => c[0] === e.task_id && c.length < 6);
}

/** Has it to be asked anew, when it knows what the event says? */
export function stale(path: string, params: Params, data: unknown, e: LiveEvent): boolean {
  if (e.kind === "reset") return true;
  const run = e.kind === "run";
  const task = e.kind === "task" || e.kind === "tasks";
  const of = path.match(/\/dags\/([^/]+)\//)?.[1];
  if (of && of !== "~" && of !== "recent" && e.dag_id !== undefined && encodeURIComponent(e.dag_id) !== of) return false;
  if (/\/(dagVersions|structure|tasks|details|deadlineAlerts)$|\/dagSources\//.test(path)) return e.kind === "dag";
  if (path.endsWith("/grid")) return (run || task) && gridIsStale(params, data, e);
  if (path === "/ui/dags/recent") return run && e.deleted === true;
  if (/\/hitlDetails/.test(path)) return task;
  // What has waited for too long is told by no event: these are looked at every minute as well.
  if (path === "/ui/needs") return run || task || e.kind === "import_error" || e.kind === "pool" || e.kind === "health";
  const ofRun = path.match(/\/dagRuns\/([^/]+)/)?.[1];
  if (ofRun && ofRun !== "~" && e.run_id !== undefined && encodeURIComponent(e.run_id) !== ofRun) return false;
  const ofTask = path.match(/\/taskInstances\/([^/]+)/)?.[1];
  if (ofTask && ofTask !== "~" && e.task_id !== undefined && encodeURIComponent(e.task_id) !== ofTask) return false;
  if (/\/(taskInstances|listMapped)/.test(path)) return task;
  if (/\/backfills$/.test(path)) return e.kind === "backfill" || (run && e.deleted === true);
  if (/\/(dagRuns|days|hours|dagStats|slas)/.test(path)) return run;
  if (path === "/api/v2/dags")
    return e.kind === "dag" || (run && (params.last_dag_run_state !== undefined || /last_run/.test(String(params.order_by))));
  if (path.startsWith("/api/v2/dags")) return e.kind === "dag" || run;
  if (path.startsWith("/api/v2/pools")) return e.kind === "pool" || run || task;
  if (path.startsWith("/api/v2/importErrors") || path.startsWith("/api/v2/dagWarnings"))
    return e.kind === "import_error" || e.kind === "dag";
  if (path.startsWith("/api/v2/assets")) return e.kind === "asset" || run;
  if (path.startsWith("/api/v2/monitor")) return e.kind === "health";
  return false;
}

/* ── the two together ── */

/** Between two looks at the page's data because of events. */
const GATHER_MS = 80;
/** Between two questions for the same thing: of what is looked at closely, of lists and counts; and how many times as long as the answer took. */
const PAUSE_CLOSE_MS = 150;
const PAUSE_MS = 1000;
const PAUSE_TIMES = 10;

const cost = new Map<string, number>();
/** So long took an answer. */
export function spent(path: string, ms: number) {
  cost.set(path, Math.max(ms, (cost.get(path) ?? 0) * 0.7));
  if (cost.size > 500) cost.clear();
}

/** From now on events keep the client's data fresh. */
export function keepFresh(client: QueryClient) {
  let gathered: LiveEvent[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let looked = 0;
  const later = new Map<string, ReturnType<typeof setTimeout>>();

  const askAnew = (hash: string) => {
    const q = client.getQueryCache().get(hash);
    if (!q) return;
    if (!q.isActive()) {
      q.invalidate();
      return;
    }
    if (later.has(hash)) return;
    const path = String(q.queryKey[0]);
    const pause = Math.max(path.endsWith("/grid") ? PAUSE_CLOSE_MS : PAUSE_MS, PAUSE_TIMES * (cost.get(path) ?? 0));
    const wait = q.state.fetchStatus === "fetching" ? pause : (asked.get(hash) ?? 0) + pause - Date.now();
    const ask = () => {
      later.delete(hash);
      if (!client.getQueryCache().get(hash)) return;
      asked.set(hash, Date.now());
      client.invalidateQueries({ queryKey: q.queryKey, exact: true });
    };
    if (wait > 0) later.set(hash, setTimeout(ask, wait));
    else ask();
  };
  /** When each was last asked because of an event. */
  const asked = new Map<string, number>();
  client.getQueryCache().subscribe((n) => {
    if (n.type !== "removed") return;
    asked.delete(n.query.queryHash);
    clearTimeout(later.get(n.query.queryHash));
    later.delete(n.query.queryHash);
  });

  const look = () => {
    const events = gathered;
    timer = undefined;
    gathered = [];
    looked = Date.now();
    for (const q of client.getQueryCache().getAll()) {
      const [path, params = {}] = q.queryKey as [string, Params?];
      if (typeof path !== "string") continue;
      let data = q.state.data;
      let again = false;
      for (const e of events) {
        again = again || stale(path, params, data, e);
        if (data !== undefined) data = patched(path, params, data, e);
      }
      if (data !== q.state.data) client.setQueryData(q.queryKey, data, { updatedAt: q.state.dataUpdatedAt });
      if (again) askAnew(q.queryHash);
    }
  };
  onEvent((e) => {
    gathered.push(e);
    if (e.kind === "reset") {
      clearTimeout(timer); // of all that has been asked up to now, and of nothing else
      look();
    } else timer ??= setTimeout(look, Math.max(0, looked + GATHER_MS - Date.now()));
  });
}
