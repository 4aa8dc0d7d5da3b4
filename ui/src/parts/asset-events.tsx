/** Asset events: when, of which asset, what made them, what they started. */
import { Group } from "@mantine/core";
import type { ColumnDef } from "@tanstack/react-table";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { type Page, type Params, seg } from "../api";
import { IconStack2 } from "../icons";
import { useGet } from "../live";
import { When } from "../time";
import { Empty, Loaded } from "./bits";
import { StateMark } from "./state";
import { DataTable, type ListState } from "./table";
import { Value } from "./value";

interface AssetEvent {
  id: number;
  asset_id: number;
  name: string | null;
  uri: string | null;
  timestamp: string;
  extra: unknown;
  partition_key?: string | null;
  source_dag_id: string | null;
  source_task_id: string | null;
  source_run_id: string | null;
  source_map_index: number;
  created_dagruns: { run_id: string; dag_id: string; state: string }[];
}

/** What made it; by hand, when no task has. */
function Source({ of: e }: { of: AssetEvent }) {
  const { t } = useTranslation();
  if (!e.source_dag_id || !e.source_run_id) return <>{t("asset.byHand")}</>;
  const run = `/dags/${seg(e.source_dag_id)}/runs/${seg(e.source_run_id)}`;
  const task = e.source_task_id ? `/tasks/${seg(e.source_task_id)}` : "";
  const mapped = e.source_map_index >= 0 ? `/mapped/${e.source_map_index}` : "";
  return (
    <Link to={`${run}${task}${mapped}`}>
      {e.source_dag_id} · {e.source_task_id}
      {mapped && ` [${e.source_map_index}]`}
    </Link>
  );
}

/** Of a list that pages, or of all that an endpoint tells; the asset is named where it is not the page's own. */
export function AssetEvents({
  path,
  params,
  label,
  empty,
  list,
  ofOne = false,
}: {
  path: string;
  params: Params;
  label: string;
  empty: string;
  list?: ListState;
  ofOne?: boolean;
}) {
  const { t } = useTranslation();
  const asked = useGet<{ asset_events: AssetEvent[] } & Page>(path, params, { every: 3000 });
  const sort = list ? { sort: "timestamp" } : {};
  const columns: ColumnDef<AssetEvent>[] = [
    {
      id: "at",
      header: () => t("event.when"),
      meta: sort,
      cell: ({ row }) => <When at={row.original.timestamp} />,
    },
    ...(ofOne
      ? []
      : [
          {
            id: "asset",
            header: () => t("asset.name"),
            cell: ({ row: { original: e } }) => (
              <Link to={`/assets/${e.asset_id}`} className="id-link">
                {e.name ?? e.uri ?? e.asset_id}
              </Link>
            ),
          } satisfies ColumnDef<AssetEvent>,
        ]),
    { id: "from", header: () => t("asset.source"), cell: ({ row }) => <Source of={row.original} /> },
    {
      id: "runs",
      header: () => t("asset.started"),
      cell: ({ row: { original: e } }) =>
        e.created_dagruns.map((r) => (
          <Group key={`${r.dag_id} ${r.run_id}`} gap={6}>
            <StateMark state={r.state} bare size={13} />
            <Link to={`/dags/${seg(r.dag_id)}/runs/${seg(r.run_id)}`}>{r.dag_id}</Link>
          </Group>
        )),
    },
    {
      id: "extra",
      header: () => t("event.extra"),
      cell: ({ row: { original: e } }) => (
        <>
          {e.partition_key && (
            <div className="small">
              {t("asset.partition")} <span className="mono">{e.partition_key}</span>
            </div>
          )}
          {e.extra && Object.keys(e.extra as object).length ? <Value of={e.extra} /> : null}
        </>
      ),
    },
  ];
  return (
    <Loaded of={asked}>
      {(r) => (
        <DataTable
          label={label}
          rows={r.asset_events}
          columns={columns}
          total={r.total_entries}
          {...(list ? { list } : {})}
          empty={<Empty icon={<IconStack2 size={30} />} title={empty} />}
        />
      )}
    </Loaded>
  );
}

/** Of a run: what has started it, and what its tasks have made. */
export function RunAssetEvents({ dagId, runId }: { dagId: string; runId: string }) {
  const { t } = useTranslation();
  return (
    <div className="stack">
      <section aria-labelledby="ae-by">
        <h2 className="sub-head" id="ae-by">
          {t("asset.startedBy")}
        </h2>
        <AssetEvents
          path={`/api/v2/dags/${seg(dagId)}/dagRuns/${seg(runId)}/upstreamAssetEvents`}
          params={{}}
          label={t("asset.startedBy")}
          empty={t("asset.notStarted")}
        />
      </section>
      <Made params={{ source_dag_id: dagId, source_run_id: runId }} />
    </div>
  );
}

function Made({ params }: { params: Params }) {
  const { t } = useTranslation();
  return (
    <section aria-labelledby="ae-made">
      <h2 className="sub-head" id="ae-made">
        {t("asset.made")}
      </h2>
      <AssetEvents
        path="/api/v2/assets/events"
        params={{ ...params, order_by: "-timestamp", limit: 100 }}
        label={t("asset.made")}
        empty={t("asset.madeNone")}
      />
    </section>
  );
}

interface Reads {
  id: number;
  name: string;
  consuming_tasks: { dag_id: string; task_id: string }[];
}

/** Of a task instance: what it has made, and which assets it reads. */
export function TaskAssetEvents({
  dagId,
  runId,
  taskId,
  mapIndex,
}: {
  dagId: string;
  runId: string;
  taskId: string;
  mapIndex: number;
}) {
  const { t } = useTranslation();
  const assets = useGet<{ assets: Reads[] }>("/api/v2/assets", { dag_ids: [dagId], limit: 100 });
  const reads = (assets.data?.assets ?? []).filter((a) =>
    a.consuming_tasks.some((x) => x.dag_id === dagId && x.task_id === taskId),
  );
  return (
    <div className="stack">
      <Made
        params={{
          source_dag_id: dagId,
          source_run_id: runId,
          source_task_id: taskId,
          ...(mapIndex >= 0 ? { source_map_index: mapIndex } : {}),
        }}
      />
      {reads.length > 0 && (
        <section aria-labelledby="ae-reads">
          <h2 className="sub-head" id="ae-reads">
            {t("asset.reads")}
          </h2>
          <Group gap="sm">
            {reads.map((a) => (
              <Link key={a.id} to={`/assets/${a.id}`} className="asset-box">
                {a.name}
              </Link>
            ))}
            <Link to={`/dags/${seg(dagId)}/runs/${seg(runId)}?view=assets`}>{t("asset.runEvents")}</Link>
          </Group>
        </section>
      )}
    </div>
  );
}
