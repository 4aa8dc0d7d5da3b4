import { Button, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import type { ColumnDef } from "@tanstack/react-table";
import { useTranslation } from "react-i18next";
import { Link, useParams } from "react-router";
import { type Page, seg, send } from "../api";
import { IconArrowRight, IconSitemap, IconStack2 } from "../icons";
import { useGet } from "../live";
import { AssetEvents } from "../parts/asset-events";
import { Empty, failed, Loaded, PageHead, told, useTitle } from "../parts/bits";
import { Search } from "../parts/filter";
import { DataTable, useListState } from "../parts/table";
import { When } from "../time";

export interface AssetRow {
  id: number;
  name: string;
  uri: string;
  group: string;
  extra: unknown;
  scheduled_dags: { dag_id: string }[];
  producing_tasks: { dag_id: string; task_id: string }[];
  consuming_tasks: { dag_id: string; task_id: string }[];
  aliases?: { id: number; name: string }[];
  last_asset_event: { id: number; timestamp: string } | null;
}
const uniq = <T,>(list: T[], key: (x: T) => string) => [...new Map(list.map((x) => [key(x), x])).values()];

export function Component() {
  const { t } = useTranslation();
  useTitle(t("nav.assets"));
  const list = useListState("name");
  const q = list.search.get("q") ?? "";
  const asked = useGet<{ assets: AssetRow[] } & Page>(
    "/api/v2/assets",
    { ...list.params, ...(q ? { name_pattern: `%${q}%` } : {}) },
    { every: 10_000 },
  );
  const dags = (ids: string[]) =>
    [...new Set(ids)].map((id, i) => (
      <span key={id}>
        {i > 0 && ", "}
        <Link to={`/dags/${seg(id)}`}>{id}</Link>
      </span>
    ));
  const columns: ColumnDef<AssetRow>[] = [
    {
      id: "name",
      header: () => t("asset.name"),
      meta: { sort: "name" },
      cell: ({ row: { original: a } }) => (
        <>
          <Link to={`/assets/${a.id}`} className="strong-link">
            {a.name}
          </Link>
          {a.uri !== a.name && (
            <Text fz={12} c="dimmed" className="mono asset-uri">
              {a.uri}
            </Text>
          )}
        </>
      ),
    },
    {
      id: "last",
      header: () => t("asset.last"),
      cell: ({ row }) => <When at={row.original.last_asset_event?.timestamp} relative />,
    },
    {
      id: "from",
      header: () => t("asset.producers"),
      cell: ({ row }) => dags(row.original.producing_tasks.map((x) => x.dag_id)),
    },
    {
      id: "to",
      header: () => t("asset.consumers"),
      cell: ({ row }) =>
        dags([...row.original.scheduled_dags.map((x) => x.dag_id), ...row.original.consuming_tasks.map((x) => x.dag_id)]),
    },
    { id: "group", header: () => t("asset.group"), cell: ({ row }) => row.original.group },
  ];
  return (
    <>
      <PageHead title={t("nav.assets")}>
        <span className="grow" />
        <Button size="xs" variant="default" component={Link} to="/assets/graph" leftSection={<IconSitemap size={15} />}>
          {t("agraph.title")}
        </Button>
      </PageHead>
      <Search label={t("asset.find")} value={q} onFind={(v) => list.set({ q: v })} w={260} mb="sm" />
      <Loaded of={asked}>
        {(r) => (
          <DataTable
            label={t("nav.assets")}
            rows={r.assets}
            columns={columns}
            total={r.total_entries}
            list={list}
            empty={
              <Empty icon={<IconStack2 size={30} />} title={q ? t("nothingFound") : t("asset.none")}>
                {!q && t("asset.noneHint")}
              </Empty>
            }
          />
        )}
      </Loaded>
    </>
  );
}

/** Who makes it, and whom it starts. */
function Flow({ of: a }: { of: AssetRow }) {
  const { t } = useTranslation();
  const from = uniq(a.producing_tasks, (x) => `${x.dag_id}/${x.task_id}`);
  const to = uniq(a.scheduled_dags, (x) => x.dag_id);
  return (
    <div className="asset-flow card">
      <section aria-label={t("asset.producers")}>
        <Text fz={12} c="dimmed" mb={4}>
          {t("asset.producers")}
        </Text>
        {from.map((x) => (
          <Link key={`${x.dag_id}/${x.task_id}`} className="asset-box" to={`/dags/${seg(x.dag_id)}/tasks/${seg(x.task_id)}`}>
            {x.dag_id}
            <Text span fz={12} c="dimmed">
              {x.task_id}
            </Text>
          </Link>
        ))}
        {from.length === 0 && <Text fz={13}>{t("asset.outside")}</Text>}
      </section>
      <IconArrowRight size={20} aria-hidden="true" />
      <div className="asset-box asset-here">
        <IconStack2 size={16} /> {a.name}
      </div>
      <IconArrowRight size={20} aria-hidden="true" />
      <section aria-label={t("asset.consumers")}>
        <Text fz={12} c="dimmed" mb={4}>
          {t("asset.consumers")}
        </Text>
        {to.map((x) => (
          <Link key={x.dag_id} className="asset-box" to={`/dags/${seg(x.dag_id)}`}>
            {x.dag_id}
          </Link>
        ))}
        {to.length === 0 && <Text fz={13}>{t("asset.nobody")}</Text>}
      </section>
    </div>
  );
}

export function Asset() {
  const { t } = useTranslation();
  const { assetId = "" } = useParams();
  const client = useQueryClient();
  const asked = useGet<AssetRow>(`/api/v2/assets/${seg(assetId)}`, {}, { keep: false, every: 10_000 });
  const list = useListState("-timestamp");
  useTitle(asked.data?.name ?? assetId, t("nav.assets"));
  const act = (p: Promise<unknown>) =>
    p
      .then(() => {
        told(t("asset.done"));
        return client.invalidateQueries({ predicate: (q) => /assets|dagRuns|recent/.test(String(q.queryKey[0])) });
      })
      .catch(failed);
  return (
    <Loaded of={asked}>
      {(a) => (
        <>
          <PageHead crumbs={[{ label: t("nav.assets"), to: "/assets" }]} title={a.name}>
            {a.uri !== a.name && (
              <Text span fz={13} c="dimmed" className="mono anywhere">
                {a.uri}
              </Text>
            )}
            <div className="page-acts">
              <Button size="xs" variant="default" component={Link} to={`/assets/graph?asset=${a.id}`}>
                {t("agraph.title")}
              </Button>
              <Button
                size="xs"
                variant="default"
                onClick={() => act(send("POST", "/api/v2/assets/events", {}, { asset_id: a.id }))}
              >
                {t("asset.event")}
              </Button>
              {a.producing_tasks.length > 0 && (
                <Button size="xs" onClick={() => act(send("POST", `/api/v2/assets/${a.id}/materialize`, {}, {}))}>
                  {t("asset.materialize")}
                </Button>
              )}
            </div>
          </PageHead>
          <Flow of={a} />
          <h2 className="sub-head" style={{ marginTop: 18 }}>
            {t("tab.events")}
          </h2>
          <AssetEvents
            path="/api/v2/assets/events"
            params={{ ...list.params, asset_id: assetId }}
            label={t("tab.events")}
            empty={t("asset.noEvents")}
            list={list}
            ofOne
          />
        </>
      )}
    </Loaded>
  );
}
