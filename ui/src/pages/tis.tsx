import { Button, Group } from "@mantine/core";
import type { ColumnDef } from "@tanstack/react-table";
import { useTranslation } from "react-i18next";
import { Link, useParams, useSearchParams } from "react-router";
import { seg, type Ti, type TiPage } from "../api";
import { IconListCheck, IconX } from "../icons";
import { useGet } from "../live";
import { Empty, Loaded, PageHead, useTitle } from "../parts/bits";
import { BulkTis, usePicked } from "../parts/bulk";
import { dagColumn, runColumn } from "../parts/columns";
import { Failures } from "../parts/failures";
import { Search, StateFilter } from "../parts/filter";
import { Markdown } from "../parts/markdown";
import { tiPath } from "../parts/paths";
import { RecentBars } from "../parts/recent";
import { useSpan } from "../parts/span";
import { StateMark, states } from "../parts/state";
import { DataTable, useListState } from "../parts/table";
import { Framed, routeOf, useViews } from "../parts/views";
import { Took, When } from "../time";
import { useDag } from "./dag";

/** Instances of everything, of a run, or of a task over all runs. */
export function Instances({
  dagId,
  runId,
  taskId,
  mapped = false,
}: {
  dagId?: string;
  runId?: string;
  taskId?: string;
  mapped?: boolean;
}) {
  const { t } = useTranslation();
  const list = useListState(mapped ? "map_index" : runId ? "start_date" : "-start_date");
  const { search, set } = list;
  const chosen = search.getAll("state");
  const q = search.get("q") ?? "";
  const group = runId && !taskId ? search.get("group") : null;
  const base = `/api/v2/dags/${dagId ? seg(dagId) : "~"}/dagRuns/${runId ? seg(runId) : "~"}/taskInstances`;
  const path = mapped && taskId ? `${base}/${seg(taskId)}/listMapped` : base;
  const asking = {
    ...list.params,
    state: chosen,
    pool: search.getAll("pool"),
    queue: search.getAll("queue"),
    ...(search.get("operator") ? { operator_name_pattern: `%${search.get("operator")}%` } : {}),
    ...(search.get("ended_after") ? { end_date_gte: search.get("ended_after") } : {}),
    ...(taskId && !mapped ? { task_id: taskId } : {}),
    ...(group ? { task_group_id: group } : {}),
    ...(q ? (mapped ? { rendered_map_index_pattern: `%${q}%` } : { task_display_name_pattern: `%${q}%` }) : {}),
  };
  const tis = useGet<TiPage>(path, asking, { every: 3000 });
  const picked = usePicked(
    tis.data?.task_instances,
    (x) =>
      [
        ...(dagId ? [] : [x.dag_id]),
        ...(runId ? [] : [x.dag_run_id]),
        `${x.task_id}${x.map_index >= 0 ? ` [${x.map_index}]` : ""}`,
      ].join(" "),
    { path, key: "task_instances", params: asking, total: tis.data?.total_entries },
  );
  const columns: ColumnDef<Ti>[] = [
    picked.column,
    {
      id: "state",
      header: () => t("state"),
      meta: { sort: "state", width: "1%" },
      cell: ({ row }) => <StateMark state={row.original.state} />,
    },
    ...(dagId ? [] : [dagColumn<Ti>(t)]),
    ...(runId ? [] : [runColumn<Ti>(t, "run_after")]),
    ...(mapped
      ? [
          {
            id: "index",
            header: () => t("ti.index"),
            meta: { sort: "map_index" },
            cell: ({ row: { original: x } }) => (
              <Link to={tiPath(x)}>
                {x.map_index}
                {x.rendered_map_index && x.rendered_map_index !== String(x.map_index) ? ` · ${x.rendered_map_index}` : ""}
              </Link>
            ),
          } satisfies ColumnDef<Ti>,
        ]
      : [
          {
            id: "task",
            header: () => t("task"),
            cell: ({ row: { original: x } }) => (
              <Link to={tiPath(x)} className="strong-link id">
                {x.task_display_name}
                {x.map_index >= 0 && ` [${x.rendered_map_index ?? x.map_index}]`}
              </Link>
            ),
          } satisfies ColumnDef<Ti>,
        ]),
    {
      id: "start",
      header: () => t("start"),
      meta: { sort: "start_date" },
      cell: ({ row }) => <When at={row.original.start_date} />,
    },
    {
      id: "took",
      header: () => t("duration"),
      meta: { sort: "duration", num: true },
      cell: ({ row: { original: x } }) =>
        x.state === "running" || x.end_date ? <Took start={x.start_date} end={x.end_date} /> : "–",
    },
    {
      id: "tries",
      header: () => t("ti.tries"),
      meta: { num: true },
      cell: ({ row: { original: x } }) => `${x.try_number} / ${x.max_tries + 1}`,
    },
    // Of one task it is the same in all of them.
    ...(taskId
      ? []
      : [
          {
            id: "operator",
            header: () => t("ti.operator"),
            cell: ({ row }) => row.original.operator_name,
          } satisfies ColumnDef<Ti>,
        ]),
    { id: "pool", header: () => t("ti.pool"), cell: ({ row }) => row.original.pool },
    { id: "host", header: () => t("ti.host"), cell: ({ row }) => row.original.hostname },
  ];
  return (
    <>
      <Group mb="sm" gap="sm">
        {group && (
          <Button
            size="xs"
            variant="light"
            rightSection={<IconX size={14} />}
            aria-label={`${t("ti.ofGroup", { name: group })}: ${t("ti.notOfGroup")}`}
            onClick={() => set({ group: null })}
          >
            {t("ti.ofGroup", { name: group })}
          </Button>
        )}
        {(mapped || !taskId) && (
          <Search label={mapped ? t("ti.findIndex") : t("grid.find")} value={q} onFind={(v) => set({ q: v })} w={220} />
        )}
        {!taskId && (
          <Search label={t("ti.operator")} value={search.get("operator")} onFind={(v) => set({ operator: v })} w={150} />
        )}
        <StateFilter label={t("ti.state")} w={220} value={chosen} onChange={(v) => set({ state: v })} of={states} />
      </Group>
      <BulkTis picked={picked} />
      <Loaded of={tis}>
        {(r) => (
          <DataTable
            label={t("nav.tis")}
            rows={r.task_instances}
            columns={columns}
            total={r.total_entries}
            list={list}
            empty={<Empty icon={<IconListCheck size={30} />} title={t("ti.none")} />}
          />
        )}
      </Loaded>
    </>
  );
}

const RECENT = 30;

/** How a task's last instances went and how long they took, and what failed of late. */
function TaskOverview({ dagId, taskId }: { dagId: string; taskId: string }) {
  const { t } = useTranslation();
  const { since, control } = useSpan();
  const asked = useGet<TiPage>(
    `/api/v2/dags/${seg(dagId)}/dagRuns/~/taskInstances`,
    { task_id: taskId, order_by: "-run_after", limit: RECENT },
    { every: 5000 },
  );
  const last = asked.data?.task_instances ?? [];
  if (!last.length) return null;
  return (
    <div className="home-cols" style={{ marginBottom: 12 }}>
      <RecentBars
        title={t("overview.taskDurations")}
        of={last.map((x) => ({
          at: x.run_after,
          state: x.state,
          seconds: x.start_date ? (x.duration ?? 0) : null,
          to: tiPath(x),
        }))}
      />
      <div>
        <Group mb="xs">{control}</Group>
        <Failures dagId={dagId} taskId={taskId} since={since} />
      </div>
    </div>
  );
}

export function TaskInstances() {
  const dag = useDag();
  const { t } = useTranslation();
  const { taskId = "" } = useParams();
  const views = useViews("task") ?? [];
  const [search, setSearch] = useSearchParams();
  const shown = search.get("plugin");
  const task = useGet<{ doc_md: string | null }>(`/api/v2/dags/${seg(dag.dag_id)}/tasks/${seg(taskId)}`);
  return (
    <>
      <h2 className="sub-head anywhere">{taskId}</h2>
      {views.length > 0 && (
        <Group gap="xs" mb="sm">
          {views.map((v) => (
            <Button
              key={v.name}
              size="compact-sm"
              variant={shown === routeOf(v) ? "light" : "default"}
              aria-pressed={shown === routeOf(v)}
              onClick={() => setSearch(shown === routeOf(v) ? {} : { plugin: routeOf(v) }, { replace: true })}
            >
              {v.name}
            </Button>
          ))}
        </Group>
      )}
      {shown && <Framed of="task" route={shown} about={{ dagId: dag.dag_id, taskId }} />}
      {task.data?.doc_md && (
        <section className="card tile" aria-label={t("task.doc")} style={{ marginBottom: 12 }}>
          <Markdown text={task.data.doc_md} />
        </section>
      )}
      <TaskOverview dagId={dag.dag_id} taskId={taskId} />
      <Instances dagId={dag.dag_id} taskId={taskId} />
    </>
  );
}
export function AllInstances() {
  const { t } = useTranslation();
  const [search] = useSearchParams();
  const dag = search.get("dag");
  useTitle(t("nav.tis"));
  return (
    <>
      <PageHead title={t("nav.tis")} crumbs={dag ? [{ label: dag, to: `/dags/${seg(dag)}` }] : []} />
      <Instances key={dag} {...(dag ? { dagId: dag } : {})} />
    </>
  );
}
