/** Clear or mark, with what it will change shown before it is done. */
import { Alert, Button, Checkbox, Group, Menu, ScrollArea, Text, Textarea } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, type DagDetails, seg, send, type Ti, type TiState } from "../api";
import { IconChevronDown, IconEraser } from "../icons";
import { useGet } from "../live";
import { useMay, useMe } from "../session";
import { askDag } from "./ahead";
import { failed, Trouble, told } from "./bits";
import { Dialog } from "./dialog";
import { Mark, StateMark } from "./state";
import { toldWithUndo } from "./undo";

export interface Target {
  dagId: string;
  runId: string;
  /** Absent: the whole run. */
  taskId?: string;
  mapIndex?: number;
}
type Verb = "clear" | "success" | "failed" | "skipped";

export function refresh(client: ReturnType<typeof useQueryClient>) {
  return client.invalidateQueries({ predicate: (q) => /dagRuns|grid|recent|taskInstances|pools/.test(String(q.queryKey[0])) });
}

interface Choice {
  upstream: boolean;
  downstream: boolean;
  past: boolean;
  future: boolean;
  onlyFailed: boolean;
  /** Of a whole run: the tasks that its DAG has got since. */
  onlyNew: boolean;
  /** Refused when one of them runs by then. */
  noneRunning: boolean;
  /** null: as the DAG or the configuration says. */
  latest: boolean | null;
}

async function ask(verb: Verb, target: Target, c: Choice, dry: boolean, note: string): Promise<Ti[]> {
  const { dagId, runId, taskId, mapIndex } = target;
  const dag = `/api/v2/dags/${seg(dagId)}`;
  const run = `${dag}/dagRuns/${seg(runId)}`;
  const noted = note && !dry ? { note } : {};
  const latest = c.latest === null ? {} : { run_on_latest_version: c.latest };
  type Answer = { task_instances?: Ti[] };
  if (verb === "clear" && !taskId) {
    const a = await send<Answer>(
      "POST",
      `${run}/clear`,
      {},
      { dry_run: dry, only_failed: c.onlyFailed, only_new: c.onlyNew, ...latest, ...noted },
    );
    return a.task_instances ?? [];
  }
  if (verb === "clear") {
    const a = await send<Answer>(
      "POST",
      `${dag}/clearTaskInstances`,
      {},
      {
        dry_run: dry,
        dag_run_id: runId,
        task_ids: [mapIndex === undefined || mapIndex < 0 ? taskId : [taskId, mapIndex]],
        include_upstream: c.upstream,
        include_downstream: c.downstream,
        include_past: c.past,
        include_future: c.future,
        only_failed: c.onlyFailed,
        prevent_running_task: c.noneRunning,
        ...latest,
        ...noted,
      },
    );
    return a.task_instances ?? [];
  }
  if (!taskId) {
    if (dry) return [];
    await send("PATCH", run, {}, { state: verb, ...noted });
    return [];
  }
  const at = `${run}/taskInstances/${seg(taskId)}${mapIndex === undefined || mapIndex < 0 ? "" : `/${mapIndex}`}`;
  const body = {
    new_state: verb,
    include_upstream: c.upstream,
    include_downstream: c.downstream,
    include_past: c.past,
    include_future: c.future,
  };
  const a = await send<Answer>("PATCH", dry ? `${at}/dry_run` : at, {}, { ...body, ...noted });
  return a.task_instances ?? [];
}

/* ── back again ── */

/** A mark can be taken back by another mark of these; what had not begun is as good as new when it is cleared. */
const markable = new Set<string>(["success", "failed", "skipped"]);
const notBegun = new Set<TiState | null>([null, "none", "scheduled"]);
const MOST_BACK = 50;

function canGoBack(rows: Ti[]): boolean {
  return rows.length > 0 && rows.length <= MOST_BACK && rows.every((r) => markable.has(r.state ?? "") || notBegun.has(r.state));
}

async function goBack(rows: Ti[]) {
  const fresh = rows.filter((r) => notBegun.has(r.state));
  for (const r of rows.filter((x) => markable.has(x.state ?? ""))) {
    const at = `/api/v2/dags/${seg(r.dag_id)}/dagRuns/${seg(r.dag_run_id)}/taskInstances/${seg(r.task_id)}${r.map_index >= 0 ? `/${r.map_index}` : ""}`;
    await send("PATCH", at, {}, { new_state: r.state });
  }
  for (const run of new Set(fresh.map((r) => r.dag_run_id))) {
    const of = fresh.filter((r) => r.dag_run_id === run);
    await send(
      "POST",
      `/api/v2/dags/${seg(of[0]!.dag_id)}/clearTaskInstances`,
      {},
      {
        dry_run: false,
        dag_run_id: run,
        only_failed: false,
        task_ids: of.map((r) => (r.map_index >= 0 ? [r.task_id, r.map_index] : r.task_id)),
      },
    );
  }
}

/** Before it is done: what of it can be taken back, and what stays as it will be. */
function hint(verb: Verb, whole: boolean, rows: Ti[]): string {
  if (verb === "clear") return "undo.clear";
  if (whole) return "undo.run";
  if (rows.some((r) => r.state === "running" || r.state === "queued" || r.state === "deferred")) return "undo.stops";
  return canGoBack(rows) ? "undo.mark" : "undo.markNot";
}

/** Does a clear take the DAG's newest version when nobody says so? */
function useRerunsLatest(dagId: string): boolean {
  const dag = useGet<DagDetails>(...askDag(dagId));
  const me = useMe();
  return dag.data?.rerun_with_latest_version ?? me.data?.rerun_with_latest_version ?? false;
}

export function ActDialog({ verb, target, onClose }: { verb: Verb; target: Target; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [c, set] = useState<Choice>({
    upstream: false,
    downstream: verb === "clear" && target.taskId !== undefined,
    past: false,
    future: false,
    onlyFailed: false,
    onlyNew: false,
    noneRunning: true,
    latest: null,
  });
  const [note, setNote] = useState("");
  const [busy, setBusy] = useState(false);
  const whole = target.taskId === undefined;
  const preview = useQuery({
    queryKey: ["preview", verb, target, c],
    queryFn: () => ask(verb, target, c, true, ""),
    staleTime: 0,
    gcTime: 0,
    enabled: !(whole && verb !== "clear"),
    retry: false,
  });
  const latestHere = useRerunsLatest(target.dagId);
  const box = (key: keyof Choice, label: string, also: Partial<Choice> = {}) => (
    <Checkbox
      key={key}
      size="sm"
      label={label}
      checked={c[key] ?? latestHere}
      onChange={(e) => set({ ...c, ...also, [key]: e.currentTarget.checked })}
    />
  );
  const nothing = preview.error instanceof ApiError && preview.error.status === 404;
  const rows = preview.data ?? [];
  const running = !whole && verb === "clear" && c.noneRunning ? rows.filter((r) => r.state === "running").length : 0;
  const go = async () => {
    setBusy(true);
    try {
      await ask(verb, target, c, false, note);
      await refresh(client);
      if (verb !== "clear" && !whole && canGoBack(rows))
        toldWithUndo(t("act.marked"), () => goBack(rows).then(() => refresh(client)));
      else told(t(verb === "clear" ? "act.cleared" : "act.marked"));
      onClose();
    } catch (e) {
      failed(e);
      setBusy(false);
    }
  };
  return (
    <Dialog
      onClose={onClose}
      size="lg"
      title={t(verb === "clear" ? "act.clearTitle" : "act.markTitle", {
        what: target.taskId ?? target.runId,
        state: t(`state.${verb}`, { defaultValue: verb }),
      })}
    >
      <div className="form">
        <Group gap="md">
          {!whole && box("upstream", t("act.upstream"))}
          {!whole && box("downstream", t("act.downstream"))}
          {!whole && box("past", t("act.past"))}
          {!whole && box("future", t("act.future"))}
          {verb === "clear" && box("onlyFailed", t("act.onlyFailed"), { onlyNew: false })}
          {verb === "clear" && whole && box("onlyNew", t("act.onlyNew"), { onlyFailed: false })}
          {verb === "clear" && !c.onlyNew && box("latest", t("act.latest"))}
          {verb === "clear" && !whole && box("noneRunning", t("act.noneRunning"))}
        </Group>
        {whole && verb !== "clear" ? (
          <Alert color="blue" py="xs">
            {t(verb === "failed" ? "act.runFailed" : "act.runSuccess")}
          </Alert>
        ) : (
          <section aria-live="polite" aria-label={t("act.preview")}>
            <Text fz={13} fw={600} mb={4}>
              {preview.isPending ? t("loading") : t("act.affects", { count: rows.length })}
            </Text>
            {preview.error && !nothing ? <Trouble error={preview.error} /> : null}
            {rows.length > 0 && (
              <ScrollArea.Autosize mah={260} className="card">
                <table className="table" aria-label={t("act.preview")}>
                  <tbody>
                    {rows.slice(0, 500).map((ti, i) => (
                      <tr key={i}>
                        <td>{ti.task_id}</td>
                        <td>{ti.map_index !== undefined && ti.map_index >= 0 ? `[${ti.map_index}]` : ""}</td>
                        <td className="mono">{ti.dag_run_id}</td>
                        <td>{ti.dag_run_id ? <StateMark state={ti.state} /> : t("act.new")}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </ScrollArea.Autosize>
            )}
          </section>
        )}
        {running > 0 && (
          <Alert color="yellow" py="xs">
            {t("act.isRunning", { count: running })}
          </Alert>
        )}
        {c.onlyNew && preview.isSuccess && rows.length === 0 && (
          <Text fz={13} c="dimmed">
            {t("act.noneNew")}
          </Text>
        )}
        {(whole || rows.length > 0) && (
          <Text fz={12.5} c="dimmed" className="undo-hint">
            {t(c.onlyNew ? "undo.new" : hint(verb, whole, rows))}
          </Text>
        )}
        <Textarea
          label={t("note")}
          value={note}
          onChange={(e) => setNote(e.currentTarget.value)}
          maxLength={1000}
          autosize
          minRows={1}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t("cancel")}
          </Button>
          <Button
            onClick={go}
            loading={busy}
            disabled={running > 0 || (!(whole && verb !== "clear") && (preview.isPending || rows.length === 0))}
            color={verb === "failed" ? "red.9" : "wind"}
          >
            {verb === "clear" ? t("act.clear") : t("act.mark")}
          </Button>
        </Group>
      </div>
    </Dialog>
  );
}

/** The two buttons that a run and an instance have. */
export function Actions({ target, size = "xs" }: { target: Target; size?: "compact-sm" | "xs" }) {
  const { t } = useTranslation();
  const may = useMay();
  const [verb, setVerb] = useState<Verb | null>(null);
  const verbs: Verb[] = target.taskId === undefined ? ["success", "failed"] : ["success", "failed", "skipped"];
  if (!may(target.taskId === undefined ? "run" : "ti")) return null;
  return (
    <>
      <Button size={size} variant="default" leftSection={<IconEraser size={15} />} onClick={() => setVerb("clear")}>
        {t("act.clear")}
      </Button>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button size={size} variant="default" rightSection={<IconChevronDown size={14} />}>
            {t("act.markAs")}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {verbs.map((v) => (
            <Menu.Item key={v} leftSection={<Mark state={v} />} onClick={() => setVerb(v)}>
              {t(`state.${v}`)}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      {verb && <ActDialog verb={verb} target={target} onClose={() => setVerb(null)} />}
    </>
  );
}
