/** By when a run has to have ended: what its DAG holds it to, what is to come, what was missed; missed SLAs of tasks. */
import { Badge, Group, Select, Text } from "@mantine/core";
import type { ColumnDef } from "@tanstack/react-table";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { type Page, seg } from "../api";
import { IconAlarm } from "../icons";
import { useGet } from "../live";
import { formatStep, When } from "../time";
import { Empty, Loaded } from "./bits";
import { dagColumn, runColumn } from "./columns";
import { DataTable, useListState } from "./table";

interface Deadline {
  id: string;
  deadline_time: string;
  missed: boolean;
  created_at: string;
  dag_id: string;
  dag_run_id: string;
  alert: number;
  alert_name: string | null;
}
interface Alert {
  alert: number;
  name: string | null;
  reference_type: string;
  interval: number | null;
  interval_variable: string | null;
}
interface Sla {
  dag_id: string;
  task_id: string;
  dag_run_id: string | null;
  logical_date: string;
  timestamp: string;
}
const LOOK_MS = 10_000;
/** So long after its instant the scheduler has surely seen that one was missed. */
const SEEN_MS = 30_000;
const known = new Set(["dagrun_logical_date", "dagrun_queued_at", "fixed_datetime", "average_runtime"]);

/** In words: "Report: 2 hours after the run was queued". */
function Rule({ of: a }: { of: Alert }) {
  const { t } = useTranslation();
  const from = known.has(a.reference_type)
    ? t(`deadline.from.${a.reference_type}`)
    : t("deadline.from.own", { name: a.reference_type });
  const after = a.interval === null ? t("deadline.variable", { key: a.interval_variable }) : formatStep(a.interval);
  return (
    <li>
      {a.name && <span className="strong">{a.name}: </span>}
      {t("deadline.rule", { after, from })}
    </li>
  );
}

/** When to look again: as the next one passes, which nothing tells; then until the scheduler has seen it. */
function nextLook(of: Deadline[] | undefined): number {
  const now = Date.now();
  const due = (of ?? []).filter((d) => !d.missed).map((d) => Date.parse(d.deadline_time) - now);
  if (!due.length) return 0;
  const late = due.some((ms) => ms <= 0 && ms > -SEEN_MS);
  const next = Math.min(...due.filter((ms) => ms > 0), LOOK_MS);
  return late ? Math.min(1000, next + 50) : next + 50;
}

/** Those that a run has. */
export function useRunDeadlines(dagId: string, runId: string): Deadline[] {
  const asked = useGet<{ deadlines: Deadline[] }>(
    `/ui/dags/${seg(dagId)}/dagRuns/${seg(runId)}/deadlines`,
    { limit: 20, order_by: "deadline_time" },
    { every: (d) => nextLook(d?.deadlines), untold: true },
  );
  return asked.data?.deadlines ?? [];
}

/** In a run's head: one that it has missed, or the next that is to come. */
export function DeadlineMark({ of, to }: { of: Deadline[]; to: string }) {
  const { t } = useTranslation();
  const d = of.find((x) => x.missed) ?? of[0];
  if (!d) return null;
  return (
    <Link to={to} className={d.missed ? "deadline-missed" : "deadline-coming"}>
      <IconAlarm size={14} /> {t("deadline.inRun")}
      {d.alert_name ? ` “${d.alert_name}”` : ""}: {d.missed ? t("deadline.missed") : <When at={d.deadline_time} relative />}
    </Link>
  );
}

function Status({ missed }: { missed: boolean }) {
  const { t } = useTranslation();
  return (
    <Badge miw="max-content" color={missed ? "red" : "gray"} variant="light" tt="none" leftSection={<IconAlarm size={12} />}>
      {t(missed ? "deadline.missed" : "deadline.pending")}
    </Badge>
  );
}

/** What a DAG's runs are held to; nothing where that is nothing. */
export function Rules({ dagId }: { dagId: string }) {
  const { t } = useTranslation();
  const alerts = useGet<{ deadline_alerts: Alert[] }>(`/ui/dags/${seg(dagId)}/deadlineAlerts`);
  const rules = alerts.data?.deadline_alerts ?? [];
  if (!rules.length) return null;
  return (
    <section className="card tile" aria-labelledby="rules">
      <h2 className="section-head" id="rules" style={{ margin: 0 }}>
        <Link to={`/dags/${seg(dagId)}/deadlines`} className="plain-link">
          {t("deadline.rules")}
        </Link>
      </h2>
      <ul className="deadline-rules">
        {rules.map((a) => (
          <Rule key={a.alert} of={a} />
        ))}
      </ul>
    </section>
  );
}

/** Of a run, of a DAG, or of all. */
export function Deadlines({ dagId, runId }: { dagId?: string; runId?: string }) {
  const { t } = useTranslation();
  const list = useListState("-deadline_time");
  const { search, set } = list;
  const missed = search.get("missed");
  const asked = useGet<{ deadlines: Deadline[] } & Page>(
    `/ui/dags/${dagId ? seg(dagId) : "~"}/dagRuns/${runId ? seg(runId) : "~"}/deadlines`,
    { ...list.params, ...(missed ? { missed } : {}) },
    { every: (d) => nextLook(d?.deadlines) || LOOK_MS, untold: true },
  );
  const columns: ColumnDef<Deadline>[] = [
    {
      id: "status",
      header: () => t("state"),
      meta: { sort: "missed", width: "1%" },
      cell: ({ row }) => <Status missed={row.original.missed} />,
    },
    {
      id: "at",
      header: () => t("deadline.at"),
      meta: { sort: "deadline_time" },
      cell: ({ row }) => <When at={row.original.deadline_time} />,
    },
    {
      id: "name",
      header: () => t("deadline.name"),
      meta: { sort: "alert_name" },
      cell: ({ row: { original: d } }) => d.alert_name ?? t("deadline.nth", { n: d.alert + 1 }),
    },
    ...(dagId ? [] : [dagColumn<Deadline>(t, "dag_id")]),
    ...(runId ? [] : [runColumn<Deadline>(t, "dag_run_id")]),
  ];
  return (
    <section aria-label={t("nav.deadlines")}>
      {dagId && (
        <div className="above">
          <Rules dagId={dagId} />
        </div>
      )}
      {!runId && (
        <Select
          size="xs"
          w={170}
          mb="sm"
          clearable
          clearButtonProps={{ "aria-label": t("clearFilter") }}
          placeholder={t("deadline.any")}
          aria-label={t("deadline.which")}
          value={missed}
          onChange={(v) => set({ missed: v })}
          data={[
            { value: "true", label: t("deadline.missed") },
            { value: "false", label: t("deadline.pending") },
          ]}
        />
      )}
      <Loaded of={asked}>
        {(r) => (
          <DataTable
            label={t("nav.deadlines")}
            rows={r.deadlines}
            columns={columns}
            total={r.total_entries}
            list={list}
            empty={
              <Empty icon={<IconAlarm size={30} />} title={t("deadline.none")}>
                {t(dagId ? "deadline.metHint" : "deadline.noneHint")}
              </Empty>
            }
          />
        )}
      </Loaded>
    </section>
  );
}

/** Missed SLAs of tasks (generation 2); nothing where there are none. */
export function Slas({ dagId }: { dagId?: string }) {
  const { t } = useTranslation();
  const asked = useGet<{ sla_misses: Sla[] } & Page>(
    "/ui/slas",
    { limit: 100, ...(dagId ? { dag_id: dagId } : {}) },
    { every: 10_000, untold: true },
  );
  const r = asked.data;
  if (!r?.total_entries) return null;
  const task = (m: Sla) => `/dags/${seg(m.dag_id)}${m.dag_run_id ? `/runs/${seg(m.dag_run_id)}` : ""}/tasks/${seg(m.task_id)}`;
  const columns: ColumnDef<Sla>[] = [
    { id: "at", header: () => t("sla.at"), cell: ({ row }) => <When at={row.original.timestamp} /> },
    ...(dagId ? [] : [{ id: "dag", header: () => t("dag"), cell: ({ row }) => row.original.dag_id } satisfies ColumnDef<Sla>]),
    {
      id: "task",
      header: () => t("task"),
      cell: ({ row: { original: m } }) => (
        <Link to={task(m)} className="id-link">
          {m.task_id}
        </Link>
      ),
    },
    { id: "date", header: () => t("run.logical"), cell: ({ row }) => <When at={row.original.logical_date} /> },
  ];
  return (
    <section aria-labelledby="slas" style={{ marginTop: 18 }}>
      <Group gap={8}>
        <h2 className="sub-head" id="slas">
          {t("sla.title")}
        </h2>
        <Text span fz={13} c="dimmed">
          {r.total_entries}
        </Text>
      </Group>
      <DataTable label={t("sla.title")} rows={r.sla_misses} columns={columns} />
    </section>
  );
}
