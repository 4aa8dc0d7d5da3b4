import { Group } from "@mantine/core";
import type { ColumnDef } from "@tanstack/react-table";
import { useTranslation } from "react-i18next";
import type { Page } from "../api";
import { IconHistory } from "../icons";
import { useGet } from "../live";
import { Empty, Loaded, PageHead, useTitle } from "../parts/bits";
import { dagColumn, runColumn } from "../parts/columns";
import { DayFilter, Search, useDays } from "../parts/filter";
import { DataTable, useListState } from "../parts/table";
import { When } from "../time";
import { useDag } from "./dag";

interface Event {
  event_log_id: number;
  when: string;
  dag_id: string | null;
  task_id: string | null;
  run_id: string | null;
  map_index: number | null;
  event: string;
  owner: string | null;
  extra: string | null;
}

export function Events({ dagId, runId, taskId }: { dagId?: string; runId?: string; taskId?: string }) {
  const { t } = useTranslation();
  const list = useListState("-when");
  const { search, set } = list;
  const like = (k: string) => (search.get(k) ? { [`${k}_pattern`]: `%${search.get(k)}%` } : {});
  const days = useDays();
  const events = useGet<{ event_logs: Event[] } & Page>(
    "/api/v2/eventLogs",
    {
      ...list.params,
      dag_id: dagId,
      run_id: runId,
      task_id: taskId,
      ...like("event"),
      ...like("owner"),
      ...(dagId ? {} : like("dag_id")),
      after: days.from(search.get("after")),
      before: days.until(search.get("before")),
    },
    { every: 5000, untold: true },
  );
  const columns: ColumnDef<Event>[] = [
    {
      id: "when",
      header: () => t("event.when"),
      meta: { sort: "when", width: "1%" },
      cell: ({ row }) => <When at={row.original.when} />,
    },
    {
      id: "event",
      header: () => t("event"),
      meta: { sort: "event" },
      cell: ({ row }) => <span className="mono">{row.original.event}</span>,
    },
    { id: "who", header: () => t("event.who"), meta: { sort: "owner" }, cell: ({ row }) => row.original.owner },
    ...(dagId ? [] : [dagColumn<Event>(t, "dag_id")]),
    ...(runId ? [] : [runColumn<Event>(t)]),
    {
      id: "task",
      header: () => t("task"),
      cell: ({ row: { original: e } }) =>
        e.task_id && (
          <span className="id">{`${e.task_id}${e.map_index !== null && e.map_index >= 0 ? ` [${e.map_index}]` : ""}`}</span>
        ),
    },
    {
      id: "extra",
      header: () => t("event.extra"),
      meta: { rest: true },
      cell: ({ row }) => (
        <span className="mono cut" title={row.original.extra ?? ""}>
          {row.original.extra}
        </span>
      ),
    },
  ];
  return (
    <>
      <Group mb="sm" gap="sm">
        <Search label={t("event.find")} value={search.get("event")} onFind={(v) => set({ event: v })} w={150} />
        <Search label={t("event.findWho")} value={search.get("owner")} onFind={(v) => set({ owner: v })} w={150} />
        {!dagId && <Search label={t("event.findDag")} value={search.get("dag_id")} onFind={(v) => set({ dag_id: v })} w={150} />}
        <DayFilter label={t("event.after")} value={search.get("after")} onChange={(v) => set({ after: v })} />
        <DayFilter end label={t("event.before")} value={search.get("before")} onChange={(v) => set({ before: v })} />
      </Group>
      <Loaded of={events}>
        {(r) => (
          <DataTable
            label={t("nav.events")}
            rows={r.event_logs}
            columns={columns}
            total={r.total_entries}
            list={list}
            empty={
              <Empty icon={<IconHistory size={30} />} title={t("event.none")}>
                {t("event.noneHint")}
              </Empty>
            }
          />
        )}
      </Loaded>
    </>
  );
}
export function DagEvents() {
  return <Events dagId={useDag().dag_id} />;
}
export function AuditLog() {
  const { t } = useTranslation();
  useTitle(t("nav.events"));
  return (
    <>
      <PageHead title={t("nav.events")} />
      <Events />
    </>
  );
}
