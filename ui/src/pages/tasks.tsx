import { Badge, Group } from "@mantine/core";
import type { ColumnDef } from "@tanstack/react-table";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { seg } from "../api";
import { IconListCheck } from "../icons";
import { useGet } from "../live";
import { Empty, Loaded } from "../parts/bits";
import { Search } from "../parts/filter";
import { DataTable, useListState } from "../parts/table";
import { formatDuration } from "../time";
import { useDag } from "./dag";

interface Delta {
  days: number;
  seconds: number;
}
interface Task {
  task_id: string;
  task_display_name: string;
  operator_name: string;
  trigger_rule: string;
  retries: number;
  retry_delay: Delta | null;
  pool: string;
  queue: string;
  is_mapped: boolean;
  downstream_task_ids: string[];
  owner: string;
}
const seconds = (d: Delta | null) => (d ? d.days * 86400 + d.seconds : null);

export function Component() {
  const { t } = useTranslation();
  const dag = useDag();
  const { search, set } = useListState("");
  const tasks = useGet<{ tasks: Task[] }>(`/api/v2/dags/${seg(dag.dag_id)}/tasks`);
  const columns: ColumnDef<Task>[] = [
    {
      id: "task",
      header: () => t("task"),
      cell: ({ row: { original: x } }) => (
        <>
          <Link to={`/dags/${seg(dag.dag_id)}/tasks/${seg(x.task_id)}`} className="strong-link id">
            {x.task_id}
          </Link>{" "}
          {x.is_mapped && (
            <Badge size="sm" variant="light" tt="none">
              {t("mapped")}
            </Badge>
          )}
        </>
      ),
    },
    { id: "operator", header: () => t("ti.operator"), cell: ({ row }) => row.original.operator_name },
    { id: "rule", header: () => t("task.rule"), cell: ({ row }) => <span className="mono">{row.original.trigger_rule}</span> },
    {
      id: "retries",
      header: () => t("task.retries"),
      cell: ({ row: { original: x } }) => (x.retries ? `${x.retries} × ${formatDuration(seconds(x.retry_delay))}` : "0"),
    },
    { id: "pool", header: () => t("ti.pool"), cell: ({ row }) => row.original.pool },
    { id: "queue", header: () => t("ti.queue"), cell: ({ row }) => row.original.queue },
    { id: "owner", header: () => t("dag.owner"), cell: ({ row }) => row.original.owner },
    {
      id: "down",
      header: () => t("task.downstream"),
      meta: { rest: true },
      cell: ({ row }) => (
        <span className="cut" title={row.original.downstream_task_ids.join(", ")}>
          {row.original.downstream_task_ids.join(", ")}
        </span>
      ),
    },
  ];
  const wanted = (search.get("q") ?? "").toLowerCase();
  const found = (x: Task) =>
    [x.task_id, x.task_display_name, x.operator_name, x.owner].some((text) => text?.toLowerCase().includes(wanted));
  return (
    <>
      <Group mb="sm" gap="sm">
        <Search label={t("grid.find")} value={search.get("q")} onFind={(v) => set({ q: v })} w={220} />
      </Group>
      <Loaded of={tasks}>
        {(r) => (
          <DataTable
            label={t("tab.tasks")}
            rows={wanted ? r.tasks.filter(found) : r.tasks}
            columns={columns}
            empty={<Empty icon={<IconListCheck size={30} />} title={t("nothingFound")} />}
          />
        )}
      </Loaded>
    </>
  );
}
