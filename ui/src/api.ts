/** Requests to the engine, and what it answers. */

export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export type Params = Record<string, string | number | boolean | null | undefined | readonly (string | number)[]>;

/** Where the pages are served from, with a slash at its end. */
export const base = new URL(document.baseURI).pathname;

export function url(path: string, params: Params = {}): string {
  const u = new URL(path.replace(/^\//, ""), document.baseURI);
  for (const [name, value] of Object.entries(params))
    for (const one of Array.isArray(value) ? value : [value])
      if (one !== undefined && one !== null && one !== "") u.searchParams.append(name, String(one));
  return u.toString();
}

/** The text of any of the shapes that errors come in. */
function detail(body: unknown, status: number): string {
  const d = (body as { detail?: unknown })?.detail ?? body;
  if (typeof d === "string") return d;
  if (Array.isArray(d))
    return d
      .map((f: { loc?: unknown[]; msg?: string }) => `${(f.loc ?? []).slice(1).join(".")}: ${f.msg ?? ""}`.replace(/^: /, ""))
      .join("; ");
  const reason = (d as { reason?: string; message?: string } | null)?.reason ?? (d as { message?: string } | null)?.message;
  return reason ?? `HTTP ${status}`;
}

let onDenied: () => void = () => {};
/** Called when the session is no good any more. */
export function whenDenied(fn: () => void): void {
  onDenied = fn;
}

export async function send<T>(
  method: string,
  path: string,
  params: Params = {},
  body?: unknown,
  signal?: AbortSignal,
): Promise<T> {
  const answer = await fetch(url(path, params), {
    method,
    credentials: "same-origin",
    headers:
      body === undefined ? { Accept: "application/json" } : { Accept: "application/json", "Content-Type": "application/json" },
    body: body === undefined ? null : JSON.stringify(body),
    signal: signal ?? null,
  });
  const text = await answer.text();
  let data: unknown = null;
  try {
    data = text ? JSON.parse(text) : null;
  } catch {
    data = text;
  }
  if (answer.ok) return data as T;
  if (answer.status === 401 && !path.startsWith("/auth/")) onDenied();
  throw new ApiError(answer.status, detail(data, answer.status));
}

export const get = <T>(path: string, params?: Params, signal?: AbortSignal) => send<T>("GET", path, params, undefined, signal);

/** An answer that comes line by line, each of which is JSON: taken as they come. */
export async function ndjson<T>(path: string, params: Params, signal: AbortSignal, take: (one: T) => void): Promise<void> {
  const answer = await fetch(url(path, params), { signal, credentials: "same-origin" });
  if (!answer.ok || !answer.body) {
    if (answer.status === 401) onDenied();
    throw new ApiError(answer.status, detail(await answer.json().catch(() => null), answer.status));
  }
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    const lines = (rest + (value ?? "")).split("\n");
    rest = lines.pop() ?? "";
    for (const l of lines) if (l) take(JSON.parse(l) as T);
    if (done) return;
  }
}

/** A piece of a path. */
export const seg = encodeURIComponent;

export type RunState = "queued" | "running" | "success" | "failed";
export type TiState =
  | "none"
  | "scheduled"
  | "queued"
  | "running"
  | "success"
  | "failed"
  | "skipped"
  | "upstream_failed"
  | "removed"
  | "restarting"
  | "up_for_retry"
  | "up_for_reschedule"
  | "deferred"
  | "awaiting_input";

export interface Dag {
  dag_id: string;
  dag_display_name: string;
  is_paused: boolean;
  is_stale: boolean;
  description: string | null;
  timetable_summary: string | null;
  timetable_description: string | null;
  tags: { name: string }[];
  owners: string[];
  has_import_errors: boolean;
  next_dagrun_run_after: string | null;
  next_dagrun_logical_date: string | null;
  fileloc: string;
  relative_fileloc: string | null;
  last_parsed_time: string | null;
  max_active_runs: number;
  max_active_tasks: number;
  is_backfillable?: boolean;
}

export interface ParamSpec {
  value: unknown;
  description: string | null;
  schema: JsonSchema;
}

export interface JsonSchema {
  type?: string | string[];
  enum?: unknown[];
  title?: string;
  description?: string;
  format?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  items?: JsonSchema;
  section?: string;
  examples?: unknown[];
  values_display?: Record<string, string>;
  description_md?: string;
  const?: unknown;
  default?: unknown;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  contentEncoding?: string;
}

export interface DagDetails extends Dag {
  catchup: boolean;
  dag_run_timeout: string | null;
  doc_md: string | null;
  start_date: string | null;
  end_date: string | null;
  params: Record<string, ParamSpec> | null;
  timezone: string | null;
  default_args: Record<string, unknown> | null;
  is_favorite: boolean;
  active_runs_count: number;
  latest_dag_version: DagVersion | null;
  owner_links: Record<string, string> | null;
  render_template_as_native_obj: boolean;
  rerun_with_latest_version: boolean | null;
  asset_expression: unknown;
  file_token: string;
}

export interface DagVersion {
  id: string;
  version_number: number;
  dag_id: string;
  bundle_name: string | null;
  created_at: string;
}

export interface Run {
  dag_run_id: string;
  dag_id: string;
  dag_display_name: string;
  state: RunState;
  run_type: string;
  logical_date: string | null;
  run_after: string;
  queued_at: string | null;
  start_date: string | null;
  end_date: string | null;
  duration: number | null;
  data_interval_start: string | null;
  data_interval_end: string | null;
  triggered_by: string | null;
  triggering_user_name: string | null;
  conf: Record<string, unknown> | null;
  note: string | null;
  dag_versions: DagVersion[];
  bundle_version: string | null;
}

export interface Ti {
  id: string;
  task_id: string;
  task_display_name: string;
  dag_id: string;
  dag_display_name: string;
  dag_run_id: string;
  map_index: number;
  rendered_map_index: string | null;
  logical_date: string | null;
  run_after: string;
  start_date: string | null;
  end_date: string | null;
  duration: number | null;
  state: TiState | null;
  try_number: number;
  max_tries: number;
  hostname: string | null;
  unixname: string | null;
  pool: string;
  pool_slots: number;
  queue: string | null;
  priority_weight: number | null;
  operator: string | null;
  operator_name: string | null;
  queued_when: string | null;
  scheduled_when: string | null;
  pid: number | null;
  executor: string | null;
  note: string | null;
  rendered_fields: Record<string, unknown>;
  trigger: { classpath: string; created_date: string } | null;
  dag_version: DagVersion | null;
}

export interface Page {
  total_entries: number;
}
export interface RunPage extends Page {
  dag_runs: Run[];
}
export interface TiPage extends Page {
  task_instances: Ti[];
}
export interface DagPage extends Page {
  dags: Dag[];
}

/* ── the pages' own endpoints ── */

export interface StructureTask {
  id: string;
  label: string;
  operator: string;
  group: string | null;
  trigger_rule: string;
  upstream: number[];
  mapped: boolean;
  setup: boolean;
  teardown: boolean;
  native: boolean;
}
export interface StructureGroup {
  id: string;
  label: string;
  parent: string | null;
  tooltip: string | null;
  mapped: boolean;
}
export interface Structure {
  dag_id: string;
  tasks: StructureTask[];
  order: number[];
  groups: StructureGroup[];
  edge_labels: { from: string; to: string; label: string }[] | null;
  dependencies: { kind: string; source: string; target: string; id: string }[] | null;
}
export interface GridRun {
  run_id: string;
  state: RunState;
  run_type: string;
  logical_date: string | null;
  run_after: string;
  queued_at: string | null;
  start_date: string | null;
  end_date: string | null;
  version: number;
  tasks?: Cell[];
}
/** task, state, start, end (seconds), tries, instances by state when mapped */
export type Cell = [string, TiState | null, number | null, number | null, number, Record<string, number>?];

/** How one signs in here: with a password, or at somebody else's. */
export interface Ways {
  password: boolean;
  /** Who asks the page of the server comes in by a proxy's word. */
  proxy: boolean;
  providers: { name: string; label: string }[];
}

export const waysIn = () =>
  send<Ways>("GET", "/ui/auth/ways").catch((): Ways => ({ password: true, proxy: false, providers: [] }));
