/** Many rows at once: ticked in a list, then cleared, marked, paused or deleted together, with what it changes shown before. */
import { Button, Checkbox, Group, Menu, ScrollArea, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import type { ColumnDef } from "@tanstack/react-table";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { type Dag, type Params, type Run, seg, send, type Ti } from "../api";
import { IconChevronDown, IconEraser, IconPlayerPause, IconPlayerPlay, IconTrash } from "../icons";
import { useMay } from "../session";
import { refresh } from "./act";
import { failed, told } from "./bits";
import { Dialog } from "./dialog";
import { all } from "./file";
import { inWords } from "./reasons";
import { Mark, StateMark } from "./state";
import { toldWithUndo } from "./undo";

export interface Picked<T> {
  rows: T[];
  column: ColumnDef<T>;
  clear: () => void;
  /** When all of the page are ticked and there are more: how many match, and how to tick them too. */
  more: { n: number; take: () => Promise<void> } | null;
}

/** The list that a page is a part of: where it is asked for, under which name its rows come, how many there are. */
interface Whole<T> {
  path: string;
  key: string;
  params: Params;
  total: number | undefined;
  /** Which rows may be ticked at all. */
  may?: (row: T) => boolean;
}
/** So many are ticked at most. */
const MOST = 2000;

/** The rows that are ticked, also those of pages that one has left; and the column to tick them in. */
export function usePicked<T>(shown: T[] | undefined, name: (row: T) => string, whole: Whole<T>): Picked<T> {
  const { t } = useTranslation();
  const [ticked, setTicked] = useState<Map<string, T>>(new Map());
  const [taken, setTaken] = useState(false);
  const here = shown ?? [];
  const rows = [...ticked].map(([key, row]) => here.find((x) => name(x) === key) ?? row);
  const set = (change: T[], on: boolean) =>
    setTicked((before) => {
      const next = new Map(before);
      for (const x of change) {
        if (on) next.set(name(x), x);
        else next.delete(name(x));
      }
      return next;
    });
  const among = here.filter((x) => ticked.has(name(x))).length;
  const column: ColumnDef<T> = {
    id: "pick",
    header: () => (
      <Checkbox
        size="xs"
        aria-label={t("bulk.all")}
        checked={among > 0 && among === here.length}
        indeterminate={among > 0 && among < here.length}
        onChange={(e) => set(here, e.currentTarget.checked)}
      />
    ),
    meta: { width: "1%" },
    cell: ({ row: { original: x } }) => (
      <Checkbox
        size="xs"
        aria-label={t("bulk.pick", { name: name(x) })}
        checked={ticked.has(name(x))}
        onChange={(e) => set([x], e.currentTarget.checked)}
      />
    ),
  };
  const clear = () => {
    setTicked(new Map());
    setTaken(false);
  };
  const n = Math.min(whole.total ?? 0, MOST);
  const take = () =>
    all<T>(whole.path, whole.key, whole.params, MOST)
      .then((found) => {
        set(whole.may ? found.filter(whole.may) : found, true);
        setTaken(true);
      })
      .catch(failed);
  const more = among > 0 && among === here.length && !taken && n > ticked.size ? { n, take } : null;
  return { rows, column, clear, more };
}

/** How many are ticked, and what can be done with them; nothing while none is. */
export function BulkBar<T>({ picked, children }: { picked: Picked<T>; children: ReactNode }) {
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);
  const n = picked.rows.length;
  const { more } = picked;
  if (!n) return null;
  return (
    <Group role="group" aria-label={t("bulk.n", { n })} gap="xs" mb="sm">
      <Text fz={13} fw={600} aria-live="polite">
        {t("bulk.n", { n })}
      </Text>
      {more && (
        <Button
          size="xs"
          variant="subtle"
          loading={busy}
          onClick={() => {
            setBusy(true);
            more.take().finally(() => setBusy(false));
          }}
        >
          {t(more.n === MOST ? "bulk.first" : "bulk.matching", { count: more.n })}
        </Button>
      )}
      {children}
      <Button size="xs" variant="subtle" color="gray" onClick={picked.clear}>
        {t("bulk.clear")}
      </Button>
    </Group>
  );
}

interface Outcome {
  success: string[];
  errors: { error: string; status_code: number }[];
}
type Answer = Partial<Record<"create" | "update" | "delete", Outcome | null>>;

/** One action on many: what was refused is thrown, with how many were not. */
async function bulk(path: string, action: "update" | "delete", entities: unknown[]): Promise<number> {
  const missing = action === "delete" ? { action_on_non_existence: "skip" } : {};
  const answer = await send<Answer>("PATCH", path, {}, { actions: [{ action, entities, ...missing }] });
  const { success = [], errors = [] } = answer[action] ?? {};
  if (errors.length) throw new Error([...new Set(errors.map((e) => e.error))].join("\n"));
  return success.length;
}

/** What is meant, then done or not. It stays open, with the reason, when something was refused. */
function BulkDialog({
  title,
  lines,
  text,
  action,
  danger = false,
  tells = true,
  options,
  onDo,
  onClose,
}: {
  title: string;
  lines: ReactNode[];
  text: string;
  action: string;
  danger?: boolean;
  /** false: onDo says itself what was done. */
  tells?: boolean;
  options?: ReactNode;
  onDo: () => Promise<unknown>;
  onClose: (done: boolean) => void;
}) {
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const go = async () => {
    setBusy(true);
    try {
      await onDo();
      if (tells) told(t("bulk.done", { n: lines.length }));
      onClose(true);
    } catch (e) {
      setError(inWords(e));
      setBusy(false);
    }
  };
  return (
    <Dialog onClose={() => onClose(false)} title={title} size="lg">
      <div className="form">
        {options}
        <ScrollArea.Autosize mah={260} className="card">
          <table className="table" aria-label={t("act.preview")}>
            <tbody>
              {lines.slice(0, 500).map((line, i) => (
                <tr key={i}>
                  <td>{line}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollArea.Autosize>
        <Text fz={12.5} c="dimmed">
          {text}
        </Text>
        {error && (
          <div role="alert" className="form-error" style={{ whiteSpace: "pre-wrap" }}>
            {error}
          </div>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={() => onClose(false)} data-autofocus>
            {t("cancel")}
          </Button>
          <Button color={danger ? "red.9" : "wind"} loading={busy} disabled={lines.length === 0} onClick={go}>
            {action}
          </Button>
        </Group>
      </div>
    </Dialog>
  );
}

/** Deletes the ticked ones of a list that has a bulk action. */
export function BulkDelete<T>({ picked, path, name }: { picked: Picked<T>; path: string; name: (row: T) => string }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [open, setOpen] = useState(false);
  const names = picked.rows.map(name);
  return (
    <BulkBar picked={picked}>
      <Button size="xs" variant="default" leftSection={<IconTrash size={15} />} onClick={() => setOpen(true)}>
        {t("bulk.delete")}
      </Button>
      {open && (
        <BulkDialog
          title={t("bulk.deleteTitle", { count: names.length })}
          lines={names}
          text={t("delete.hint")}
          action={t("delete")}
          danger
          onDo={() => bulk(path, "delete", names).finally(() => client.invalidateQueries({ queryKey: [path] }))}
          onClose={(done) => {
            setOpen(false);
            if (done) picked.clear();
          }}
        />
      )}
    </BulkBar>
  );
}

type Verb = "clear" | "success" | "failed" | "skipped" | "delete";

function Verbs({ marks, remove, onPick }: { marks: Verb[]; remove: boolean; onPick: (v: Verb) => void }) {
  const { t } = useTranslation();
  return (
    <>
      <Button size="xs" variant="default" leftSection={<IconEraser size={15} />} onClick={() => onPick("clear")}>
        {t("bulk.clearThem")}
      </Button>
      <Menu position="bottom-start">
        <Menu.Target>
          <Button size="xs" variant="default" rightSection={<IconChevronDown size={14} />}>
            {t("bulk.markAs")}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {marks.map((v) => (
            <Menu.Item key={v} leftSection={<Mark state={v as Ti["state"]} />} onClick={() => onPick(v)}>
              {t(`state.${v}`)}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      {remove && (
        <Button size="xs" variant="default" leftSection={<IconTrash size={15} />} onClick={() => onPick("delete")}>
          {t("bulk.delete")}
        </Button>
      )}
    </>
  );
}

function groups<T>(rows: T[], by: (row: T) => string): T[][] {
  const found = new Map<string, T[]>();
  for (const r of rows) found.set(by(r), [...(found.get(by(r)) ?? []), r]);
  return [...found.values()];
}

interface RunChoice {
  onlyFailed: boolean;
  onlyNew: boolean;
}

async function doRuns(verb: Verb, rows: Run[], { onlyFailed, onlyNew }: RunChoice) {
  for (const of of groups(rows, (r) => r.dag_id)) {
    const dag = `/api/v2/dags/${seg(of[0]!.dag_id)}`;
    const names = of.map((r) => ({ dag_run_id: r.dag_run_id, dag_id: r.dag_id }));
    if (verb === "clear")
      await send(
        "POST",
        `${dag}/clearDagRuns`,
        {},
        { dry_run: false, only_failed: onlyFailed, only_new: onlyNew, dag_runs: names },
      );
    else if (verb === "delete") await bulk(`${dag}/dagRuns`, "delete", names);
    else
      await bulk(
        `${dag}/dagRuns`,
        "update",
        names.map((n) => ({ ...n, state: verb })),
      );
  }
}

/** What can be done with the ticked ones, and a look at them before it is done. */
function BulkVerbs<T>({
  picked,
  marks,
  remove = false,
  may,
  clears,
  row,
  text,
  options,
  onDo,
  children,
}: {
  picked: Picked<T>;
  marks: Verb[];
  remove?: boolean;
  may: boolean;
  /** The title of clearing them. */
  clears: string;
  row: (of: T) => ReactNode;
  text: (verb: Verb) => string;
  options: (verb: Verb) => ReactNode;
  onDo: (verb: Verb) => Promise<unknown>;
  children?: ReactNode;
}) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [verb, setVerb] = useState<Verb | null>(null);
  const n = picked.rows.length;
  return (
    <BulkBar picked={picked}>
      {may && <Verbs marks={marks} remove={remove} onPick={setVerb} />}
      {children}
      {verb && (
        <BulkDialog
          title={t(verb === "clear" ? clears : verb === "delete" ? "bulk.deleteTitle" : "bulk.markTitle", {
            n,
            count: n,
            state: t(`state.${verb}`, { defaultValue: verb }),
          })}
          lines={picked.rows.map(row)}
          text={text(verb)}
          action={t(verb === "clear" ? "act.clear" : verb === "delete" ? "delete" : "act.mark")}
          danger={verb === "delete" || verb === "failed"}
          options={options(verb)}
          onDo={() => onDo(verb).finally(() => refresh(client))}
          onClose={(done) => {
            setVerb(null);
            if (done) picked.clear();
          }}
        />
      )}
    </BulkBar>
  );
}

/** Clear, mark and delete the ticked runs. */
export function BulkRuns({ picked, children }: { picked: Picked<Run>; children?: ReactNode }) {
  const { t } = useTranslation();
  const may = useMay();
  const [choice, setChoice] = useState<RunChoice>({ onlyFailed: false, onlyNew: false });
  const box = (key: keyof RunChoice, other: keyof RunChoice) => (
    <Checkbox
      size="sm"
      label={t(`act.${key}`)}
      checked={choice[key]}
      onChange={(e) => setChoice({ ...choice, [key]: e.currentTarget.checked, [other]: false })}
    />
  );
  return (
    <BulkVerbs
      picked={picked}
      marks={["success", "failed"]}
      remove={may("run", "delete")}
      may={may("run")}
      clears="bulk.clearRuns"
      row={(r) => (
        <Group key={`${r.dag_id} ${r.dag_run_id}`} gap="sm">
          <StateMark state={r.state} />
          <span>{r.dag_display_name}</span>
          <span className="mono">{r.dag_run_id}</span>
        </Group>
      )}
      text={(verb) =>
        t(verb === "delete" ? "bulk.deleteRunsHint" : verb !== "clear" ? "undo.run" : choice.onlyNew ? "undo.new" : "undo.clear")
      }
      options={(verb) =>
        verb === "clear" && (
          <Group gap="md">
            {box("onlyFailed", "onlyNew")}
            {box("onlyNew", "onlyFailed")}
          </Group>
        )
      }
      onDo={(verb) => doRuns(verb, picked.rows, choice)}
    >
      {children}
    </BulkVerbs>
  );
}

async function doTis(verb: Verb, rows: Ti[], downstream: boolean, noneRunning: boolean) {
  for (const of of groups(rows, (r) => `${r.dag_id}\n${r.dag_run_id}`)) {
    const { dag_id, dag_run_id } = of[0]!;
    const dag = `/api/v2/dags/${seg(dag_id)}`;
    if (verb === "clear")
      await send(
        "POST",
        `${dag}/clearTaskInstances`,
        {},
        {
          dry_run: false,
          dag_run_id,
          only_failed: false,
          include_downstream: downstream,
          prevent_running_task: noneRunning,
          task_ids: of.map((x) => (x.map_index >= 0 ? [x.task_id, x.map_index] : x.task_id)),
        },
      );
    else
      await bulk(
        `${dag}/dagRuns/${seg(dag_run_id)}/taskInstances`,
        "update",
        of.map((x) => ({ task_id: x.task_id, map_index: x.map_index, new_state: verb, include_downstream: downstream })),
      );
  }
}

/** Clear and mark the ticked task instances. */
export function BulkTis({ picked }: { picked: Picked<Ti> }) {
  const { t } = useTranslation();
  const may = useMay();
  const [downstream, setDownstream] = useState(false);
  const [noneRunning, setNoneRunning] = useState(true);
  return (
    <BulkVerbs
      picked={picked}
      marks={["success", "failed", "skipped"]}
      may={may("ti")}
      clears="bulk.clearTis"
      row={(x) => (
        <Group key={x.id} gap="sm">
          <StateMark state={x.state} />
          <span>
            {x.task_display_name}
            {x.map_index >= 0 && ` [${x.map_index}]`}
          </span>
          <span className="mono">{x.dag_run_id}</span>
        </Group>
      )}
      text={(verb) => t(verb === "clear" ? "undo.clear" : "undo.markNot")}
      options={(verb) => (
        <Group gap="md">
          <Checkbox
            size="sm"
            label={t("act.downstream")}
            checked={downstream}
            onChange={(e) => setDownstream(e.currentTarget.checked)}
          />
          {verb === "clear" && (
            <Checkbox
              size="sm"
              label={t("act.noneRunning")}
              checked={noneRunning}
              onChange={(e) => setNoneRunning(e.currentTarget.checked)}
            />
          )}
        </Group>
      )}
      onDo={(verb) => doTis(verb, picked.rows, downstream, noneRunning)}
    />
  );
}

/* ── DAGs ── */

const AT_ONCE = 6;

/** Each by its name, a few at a time; what was refused is thrown when all others are done. */
async function pause(ids: string[], paused: boolean) {
  const left = [...ids];
  const wrong = new Set<string>();
  const work = async () => {
    for (let id = left.shift(); id !== undefined; id = left.shift())
      await send("PATCH", `/api/v2/dags/${seg(id)}`, {}, { is_paused: paused }).catch((e) => wrong.add((e as Error).message));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  if (wrong.size) throw new Error([...wrong].join("\n"));
}

/** Pause the ticked DAGs, or make them active; and back again as long as the message is in sight. */
export function BulkDags({ picked }: { picked: Picked<Dag> }) {
  const { t } = useTranslation();
  const may = useMay();
  const client = useQueryClient();
  const [asked, setAsked] = useState<boolean | null>(null);
  if (!may("dag")) return null;
  const put = (ids: string[], paused: boolean) =>
    pause(ids, paused).finally(() =>
      client.invalidateQueries({ predicate: (q) => String(q.queryKey[0]).startsWith("/api/v2/dags") }),
    );
  const change = picked.rows.filter((d) => d.is_paused !== asked);
  const go = async (paused: boolean) => {
    const ids = change.map((d) => d.dag_id);
    await put(ids, paused);
    toldWithUndo(t(paused ? "bulk.paused" : "bulk.unpaused", { count: ids.length }), () => put(ids, !paused));
  };
  return (
    <BulkBar picked={picked}>
      <Button size="xs" variant="default" leftSection={<IconPlayerPause size={15} />} onClick={() => setAsked(true)}>
        {t("bulk.pause")}
      </Button>
      <Button size="xs" variant="default" leftSection={<IconPlayerPlay size={15} />} onClick={() => setAsked(false)}>
        {t("bulk.unpause")}
      </Button>
      {asked !== null && (
        <BulkDialog
          title={t(asked ? "bulk.pauseTitle" : "bulk.unpauseTitle", { count: change.length })}
          lines={change.map((d) => d.dag_display_name)}
          text={`${t(asked ? "bulk.pauseHint" : "bulk.unpauseHint")} ${t("undo.back")}`}
          action={t(asked ? "bulk.pauseThem" : "bulk.unpauseThem")}
          tells={false}
          onDo={() => go(asked)}
          onClose={(done) => {
            setAsked(null);
            if (done) picked.clear();
          }}
        />
      )}
    </BulkBar>
  );
}
