/** What is fresh: the stream of events that says what to ask anew, and whether the engine can be reached at all. */
import { QueryCache, QueryClient, type UseQueryResult, useQuery } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { ApiError, get, type Params, url } from "./api";

/* ── is there anybody? ── */

let lost = false;
const listeners = new Set<() => void>();
function setLost(now: boolean) {
  if (lost === now) return;
  lost = now;
  for (const fn of listeners) fn();
}
/** Nothing answered the last request. */
export function useLost(): boolean {
  return useSyncExternalStore(
    (fn) => {
      listeners.add(fn);
      return () => listeners.delete(fn);
    },
    () => lost,
  );
}

export const client = new QueryClient({
  queryCache: new QueryCache({
    onError: (e) => setLost(!(e instanceof ApiError) && (e as Error).name !== "AbortError"),
    onSuccess: () => setLost(false),
  }),
  defaultOptions: {
    queries: {
      staleTime: 1000,
      // A refusal stays one; a lost connection is tried again by its interval.
      retry: (n, e) => !(e instanceof ApiError) && n < 1,
      refetchOnWindowFocus: true,
    },
  },
});

/** Does anybody answer? */
function probe() {
  get("/api/v2/version")
    .then(() => {
      if (lost) client.invalidateQueries();
      setLost(false);
    })
    .catch((e) => setLost(!(e instanceof ApiError)));
}
addEventListener("offline", () => setLost(true));
addEventListener("online", probe);

/* ── events ── */

export interface LiveEvent {
  kind: string;
  dag_id?: string;
  run_id?: string;
  task_id?: string;
  map_index?: number;
}

/** Which requests an event makes stale, by what their path says. */
function concerns(path: string, params: Params, events: LiveEvent[], kinds: Set<string>): boolean {
  const of = path.match(/\/dags\/([^/]+)\//)?.[1];
  const dags = events.filter(
    (e) => !of || of === "~" || of === "recent" || e.dag_id === undefined || encodeURIComponent(e.dag_id) === of,
  );
  if (/\/(dagVersions|structure|tasks|details)$|\/dagSources\//.test(path)) return dags.some((e) => e.kind === "dag");
  if (/\/(grid|recent|days|hours|dagRuns|dagStats|backfills)/.test(path) || path === "/ui/hours") {
    if (path.includes("/taskInstances")) return dags.some((e) => e.kind === "task" || e.kind === "tasks");
    const run = typeof params.run_id === "string" ? params.run_id : undefined;
    return dags.some(
      (e) =>
        e.kind === "run" || ((e.kind === "task" || e.kind === "tasks") && path.endsWith("/grid") && (!run || e.run_id === run)),
    );
  }
  if (path.startsWith("/api/v2/dags")) return kinds.has("dag") || kinds.has("run");
  if (path.startsWith("/api/v2/pools")) return kinds.has("pool") || kinds.has("run") || kinds.has("task") || kinds.has("tasks");
  if (path.startsWith("/api/v2/importErrors")) return kinds.has("import_error");
  if (path.startsWith("/api/v2/assets")) return kinds.has("asset") || kinds.has("run");
  if (path.startsWith("/api/v2/monitor")) return kinds.has("health");
  return false;
}

const GATHER_MS = 120;
const Live = createContext<{ on: boolean; setScope: (dagId: string | null) => void }>({ on: false, setScope: () => {} });

/** One stream for the page: of the DAG that is open, else of all without their tasks. A hidden page holds none. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const [scope, setScope] = useState<string | null>(null);
  const [on, setOn] = useState(false);
  const [hidden, setHidden] = useState(document.hidden);
  useEffect(() => {
    const look = () => setHidden(document.hidden);
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, []);
  useEffect(() => {
    if (hidden) return;
    let source: EventSource | null = null;
    let again: ReturnType<typeof setTimeout> | undefined;
    let gathered: LiveEvent[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const flush = () => {
      timer = undefined;
      const events = gathered;
      const kinds = new Set(events.map((e) => e.kind));
      gathered = [];
      client.invalidateQueries({
        predicate: (q) =>
          typeof q.queryKey[0] === "string" && concerns(q.queryKey[0], (q.queryKey[1] as Params) ?? {}, events, kinds),
      });
    };
    const take = (m: MessageEvent<string>) => {
      gathered.push({ kind: m.type, ...(JSON.parse(m.data) as object) });
      timer ??= setTimeout(flush, GATHER_MS);
    };
    const open = () => {
      const kinds = scope ? "run,task,dag,import_error,pool,asset,health" : "run,dag,import_error,pool,asset,health";
      source = new EventSource(url("/api/v2/events", { kinds, dag_id: scope }));
      for (const kind of ["run", "task", "tasks", "dag", "import_error", "pool", "asset", "health"])
        source.addEventListener(kind, take);
      let first = true;
      source.addEventListener("ready", () => {
        setOn(true);
        setLost(false);
        if (!first) client.invalidateQueries();
        first = false;
      });
      source.addEventListener("reset", () => client.invalidateQueries());
      source.onerror = () => {
        setOn(false);
        probe();
        // Refused or gone for good: the browser does not come back by itself then.
        if (source?.readyState === EventSource.CLOSED) again = setTimeout(open, 10_000);
      };
    };
    open();
    return () => {
      source?.close();
      clearTimeout(again);
      clearTimeout(timer);
      setOn(false);
    };
  }, [scope, hidden]);
  const value = useRef({ on, setScope });
  if (value.current.on !== on) value.current = { on, setScope };
  return <Live.Provider value={value.current}>{children}</Live.Provider>;
}
export const useLive = () => useContext(Live).on;
/** While this page is open events of its DAG's tasks are wanted, too. */
export function useLiveScope(dagId: string) {
  const { setScope } = useContext(Live);
  useEffect(() => {
    setScope(dagId);
    return () => setScope(null);
  }, [dagId, setScope]);
}

interface Options<T> {
  /** Milliseconds between two looks while no event can tell; a function says so by what is there. 0: never. */
  every?: number | ((data: T | undefined) => number);
  /** Events tell nothing about it: look even then. */
  untold?: boolean;
  enabled?: boolean;
  /** Keep showing the last page while the next one loads. */
  keep?: boolean;
}

/** GET, kept fresh. */
export function useGet<T>(path: string, params: Params = {}, options: Options<T> = {}): UseQueryResult<T, Error> {
  const live = useLive();
  const { every = 0, untold = false, enabled = true, keep = true } = options;
  return useQuery<T, Error, T, [string, Params]>({
    queryKey: [path, params],
    queryFn: ({ signal }) => get<T>(path, params, signal),
    enabled,
    // Of the same thing only: another DAG's tasks are never shown under this one's name.
    placeholderData: ((before: T | undefined, query?: { queryKey: [string, Params] }) =>
      keep && query?.queryKey[0] === path ? before : undefined) as never,
    refetchInterval: (q) => {
      if (q.state.status === "error") return q.state.error instanceof ApiError ? false : 3000;
      const ms = typeof every === "function" ? every(q.state.data) : every;
      return (live && !untold ? ms * 10 : ms) || false;
    },
  });
}
