import { Button, Group } from "@mantine/core";
import type { ColumnDef } from "@tanstack/react-table";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { type Run, type RunPage, seg } from "../api";
import { IconActivity, IconArrowsLeftRight } from "../icons";
import { useGet } from "../live";
import { Empty, Loaded, PageHead, useTitle } from "../parts/bits";
import { BulkRuns, usePicked } from "../parts/bulk";
import { dagColumn, runColumn } from "../parts/columns";
import { DayFilter, RunTypeFilter, Search, StateFilter, useDays } from "../parts/filter";
import { StateMark } from "../parts/state";
import { DataTable, useListState } from "../parts/table";
import { Took, When } from "../time";
import { comparePath } from "./compare";
import { useDag } from "./dag";

function Runs({ dagId }: { dagId: string | null }) {
  const { t } = useTranslation();
  const list = useListState("-run_after");
  const { search, set } = list;
  const days = useDays();
  const states = search.getAll("state");
  const q = search.get("q") ?? "";
  const path = `/api/v2/dags/${dagId === null ? "~" : seg(dagId)}/dagRuns`;
  const asking = {
    ...list.params,
    state: states,
    run_type: search.getAll("run_type"),
    ...(q ? { [dagId === null ? "dag_id_pattern" : "run_id_pattern"]: `%${q}%` } : {}),
    run_after_gte: days.from(search.get("after")),
    run_after_lt: days.until(search.get("before")),
    ...(search.get("by") ? { triggering_user_name_pattern: `%${search.get("by")}%` } : {}),
    ...(search.get("conf") ? { conf_contains: search.get("conf") } : {}),
    ...(/^\d+$/.test(search.get("version") ?? "") ? { dag_version: search.get("version") } : {}),
    ...(search.get("backfill") ? { backfill_id: search.get("backfill") } : {}),
    ...(search.get("ended_after") ? { end_date_gte: search.get("ended_after") } : {}),
  };
  const runs = useGet<RunPage>(path, asking, { every: 4000 });
  const navigate = useNavigate();
  const picked = usePicked(runs.data?.dag_runs, (r) => (dagId === null ? `${r.dag_id} ${r.dag_run_id}` : r.dag_run_id), {
    path,
    key: "dag_runs",
    params: asking,
    total: runs.data?.total_entries,
  });
  const compare = () => {
    const [a, b] = [...picked.rows].sort((x, y) => x.run_after.localeCompare(y.run_after));
    if (a && b) navigate(comparePath(a.dag_id, a.dag_run_id, b.dag_run_id));
  };
  const columns: ColumnDef<Run>[] = [
    picked.column,
    {
      id: "state",
      header: () => t("state"),
      meta: { sort: "state", width: "1%" },
      cell: ({ row }) => <StateMark state={row.original.state} />,
    },
    ...(dagId === null ? [dagColumn<Run>(t, "dag_id")] : []),
    runColumn<Run>(t, "run_id"),
    {
      id: "type",
      header: () => t("run.type"),
      meta: { sort: "run_type" },
      cell: ({ row }) => (
        <span className="one-line">{t(`runType.${row.original.run_type}`, { defaultValue: row.original.run_type })}</span>
      ),
    },
    {
      id: "after",
      header: () => t("run.after"),
      meta: { sort: "run_after" },
      cell: ({ row }) => <When at={row.original.run_after} />,
    },
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
      cell: ({ row: { original: r } }) => <Took start={r.start_date} end={r.end_date} />,
    },
    { id: "by", header: () => t("run.by"), cell: ({ row: { original: r } }) => r.triggering_user_name ?? "" },
    {
      id: "version",
      header: () => t("code.version"),
      cell: ({ row: { original: r } }) => r.dag_versions.map((v) => `v${v.version_number}`).join(", "),
    },
    {
      id: "note",
      header: () => t("note"),
      cell: ({ row }) => (
        <span className="cut" style={{ maxWidth: 180 }} title={row.original.note ?? undefined}>
          {row.original.note}
        </span>
      ),
    },
  ];
  return (
    <>
      <Group mb="sm" gap="sm">
        <Search label={dagId === null ? t("run.findDag") : t("run.find")} value={q} onFind={(v) => set({ q: v })} w={180} />
        <StateFilter label={t("run.state")} w={170} value={states} onChange={(v) => set({ state: v })} />
        <RunTypeFilter w={140} value={search.get("run_type")} onChange={(v) => set({ run_type: v })} />
        <Search label={t("run.findBy")} value={search.get("by")} onFind={(v) => set({ by: v })} w={115} />
        {dagId !== null && (
          <Search label={t("code.version")} value={search.get("version")} onFind={(v) => set({ version: v })} w={100} />
        )}
        <Search label={t("run.findConf")} value={search.get("conf")} onFind={(v) => set({ conf: v })} w={115} />
        <DayFilter label={t("run.from")} value={search.get("after")} onChange={(v) => set({ after: v })} />
        <DayFilter end label={t("run.to")} value={search.get("before")} onChange={(v) => set({ before: v })} />
        {dagId !== null && (
          <Button
            size="xs"
            variant="default"
            leftSection={<IconArrowsLeftRight size={15} />}
            disabled={picked.rows.length !== 2}
            onClick={compare}
          >
            {t("compare.picked")}
          </Button>
        )}
      </Group>
      <BulkRuns picked={picked} />
      <Loaded of={runs}>
        {(r) => (
          <DataTable
            label={t("nav.runs")}
            rows={r.dag_runs}
            columns={columns}
            total={r.total_entries}
            list={list}
            empty={<Empty icon={<IconActivity size={30} />} title={t("run.none")} />}
          />
        )}
      </Loaded>
    </>
  );
}

export function DagRuns() {
  return <Runs dagId={useDag().dag_id} />;
}
export function AllRuns() {
  const { t } = useTranslation();
  useTitle(t("nav.runs"));
  return (
    <>
      <PageHead title={t("nav.runs")} />
      <Runs dagId={null} />
    </>
  );
}
