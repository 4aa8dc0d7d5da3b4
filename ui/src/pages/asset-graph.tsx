/** Which DAGs make which assets, and whom these start: over all DAGs, or around one asset. */
import { Button, Group, Select, Text } from "@mantine/core";
import { useQueries } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "react-router";
import { get, type Page, seg } from "../api";
import { IconStack2 } from "../icons";
import { useGet } from "../live";
import { AssetEvents } from "../parts/asset-events";
import { Empty, Loaded, PageHead, useTitle } from "../parts/bits";
import { Drawing, type Picture } from "../parts/things";
import type { AssetRow } from "./assets";

type Expression =
  | { all: Expression[] }
  | { any: Expression[] }
  | { asset: { name: string; uri: string } }
  | { alias: { name: string } }
  | { asset_ref: { name?: string; uri?: string } };
const most = 60;

/** The assets by name; DAGs with more than one condition have gates before them. */
function draw(rows: AssetRow[], conditions: Map<string, Expression>, here: number | null, words: Record<string, string>) {
  const p: Picture = { things: new Map(), edges: new Map() };
  const dag = (id: string) => {
    const key = `dag:${id}`;
    p.things.set(key, { kind: "dag", label: id, sub: words.dag!, href: `/dags/${seg(id)}`, here: false });
    return key;
  };
  const edge = (from: string, to: string, tip = "") => {
    const old = p.edges.get(`${from}>${to}`);
    p.edges.set(`${from}>${to}`, { from, to, tip: old?.tip && tip ? `${old.tip}, ${tip}` : tip || old?.tip || "" });
  };
  const alias = (name: string) => {
    const key = `alias:${name}`;
    if (!p.things.has(key)) p.things.set(key, { kind: "alias", label: name, sub: words.alias!, href: null, here: false });
    return key;
  };
  const named = new Map<string, string>();
  for (const a of rows) {
    const key = `asset:${a.id}`;
    named.set(a.name, key);
    if (!named.has(a.uri)) named.set(a.uri, key);
    p.things.set(key, {
      kind: "asset",
      label: a.name,
      sub: a.uri === a.name ? a.group : a.uri,
      href: `/assets/${a.id}`,
      here: a.id === here,
    });
    for (const x of a.producing_tasks) edge(dag(x.dag_id), key, x.task_id);
    for (const x of a.consuming_tasks) edge(key, dag(x.dag_id), x.task_id);
    for (const x of a.aliases ?? []) edge(alias(x.name), key);
  }
  const gates = (dagId: string, e: Expression, to: string, path: string) => {
    const list = "all" in e ? e.all : "any" in e ? e.any : null;
    if (list && list.length === 1) gates(dagId, list[0]!, to, path);
    else if (list) {
      const key = `gate:${dagId}:${path}`;
      p.things.set(key, { kind: "gate", label: "all" in e ? words.and! : words.or!, sub: "", href: null, here: false });
      edge(key, to);
      list.forEach((x, i) => {
        gates(dagId, x, key, `${path}.${i}`);
      });
    } else if ("alias" in e) edge(alias(e.alias.name), to);
    else {
      const of = "asset" in e ? e.asset : "asset_ref" in e ? e.asset_ref : {};
      const key = named.get(of.name ?? "") ?? named.get(of.uri ?? "");
      if (key) edge(key, to);
    }
  };
  for (const a of rows)
    for (const x of a.scheduled_dags) {
      const to = dag(x.dag_id);
      if (!conditions.has(x.dag_id)) edge(`asset:${a.id}`, to);
    }
  for (const [id, e] of conditions) if (p.things.has(`dag:${id}`)) gates(id, e, `dag:${id}`, "0");
  return p;
}

/** What leads to the thing and what it leads to, and nothing else. */
function around(p: Picture, start: string): Picture {
  const keep = new Set<string>([start]);
  const walk = (at: string, way: "from" | "to") => {
    for (const e of p.edges.values()) {
      const next = e[way];
      if (e[way === "from" ? "to" : "from"] === at && !keep.has(next)) {
        keep.add(next);
        walk(next, way);
      }
    }
  };
  walk(start, "from");
  const before = new Set(keep);
  keep.clear();
  keep.add(start);
  walk(start, "to");
  for (const k of before) keep.add(k);
  return {
    things: new Map([...p.things].filter(([k]) => keep.has(k))),
    edges: new Map([...p.edges].filter(([, e]) => keep.has(e.from) && keep.has(e.to))),
  };
}

function History({ of }: { of: number | null }) {
  const { t } = useTranslation();
  return (
    <>
      <h2 className="sub-head" style={{ marginTop: 18 }}>
        {t("agraph.history")}
      </h2>
      <AssetEvents
        path="/api/v2/assets/events"
        params={{ limit: 12, order_by: "-timestamp", ...(of ? { asset_id: of } : {}) }}
        label={t("agraph.history")}
        empty={t("asset.noEvents")}
        ofOne={of !== null}
      />
    </>
  );
}

export function Component() {
  const { t } = useTranslation();
  useTitle(t("agraph.title"), t("nav.assets"));
  const [search, setSearch] = useSearchParams();
  const here = Number(search.get("asset")) || null;
  const asked = useGet<{ assets: AssetRow[] } & Page>("/api/v2/assets", { limit: 1000, order_by: "name" }, { every: 10_000 });
  // Only where several assets start one DAG is there a condition to be asked for.
  const several = useMemo(() => {
    const n = new Map<string, number>();
    for (const a of asked.data?.assets ?? []) for (const d of a.scheduled_dags) n.set(d.dag_id, (n.get(d.dag_id) ?? 0) + 1);
    return [...n].filter(([, k]) => k > 1).map(([id]) => id);
  }, [asked.data]);
  const details = useQueries({
    queries: several.slice(0, most).map((id) => ({
      queryKey: [`/api/v2/dags/${seg(id)}/details`, {}],
      queryFn: () => get<{ dag_id: string; asset_expression: Expression | null }>(`/api/v2/dags/${seg(id)}/details`),
      staleTime: 60_000,
    })),
  });
  const known = details.map((d) => d.data?.dag_id ?? "").join(" ");
  // biome-ignore lint/correctness/useExhaustiveDependencies: the answers are told apart by whose they are
  const picture = useMemo(() => {
    const conditions = new Map<string, Expression>();
    for (const d of details) if (d.data?.asset_expression) conditions.set(d.data.dag_id, d.data.asset_expression);
    const all = draw(asked.data?.assets ?? [], conditions, here, {
      dag: t("dag"),
      alias: t("agraph.alias"),
      and: t("agraph.and"),
      or: t("agraph.or"),
    });
    return here && all.things.has(`asset:${here}`) ? around(all, `asset:${here}`) : all;
  }, [asked.data, known, here, t]);
  return (
    <>
      <PageHead title={t("agraph.title")} crumbs={[{ label: t("nav.assets"), to: "/assets" }]}>
        <span className="grow" />
        <Group gap="sm">
          <Select
            size="xs"
            w={260}
            searchable
            clearable
            clearButtonProps={{ "aria-label": t("clearFilter") }}
            aria-label={t("agraph.around")}
            placeholder={t("agraph.around")}
            data={(asked.data?.assets ?? []).map((a) => ({ value: String(a.id), label: a.name }))}
            value={here ? String(here) : null}
            onChange={(v) => setSearch(v ? { asset: v } : {}, { replace: true })}
          />
          {here && (
            <Button size="xs" variant="default" component={Link} to={`/assets/${here}`}>
              {t("agraph.open")}
            </Button>
          )}
        </Group>
      </PageHead>
      <Loaded of={asked}>
        {(r) =>
          r.assets.length === 0 ? (
            <div className="card">
              <Empty icon={<IconStack2 size={30} />} title={t("asset.none")}>
                {t("asset.noneHint")}
              </Empty>
            </div>
          ) : (
            <>
              {(r.total_entries > r.assets.length || several.length > most) && (
                <Text size="sm" c="dimmed" mb="xs">
                  {t("agraph.cut", { n: r.assets.length, of: r.total_entries })}
                </Text>
              )}
              <Drawing picture={picture} label={t("agraph.title")} height="max(420px, calc(100vh - 330px))" />
              <History of={here} />
            </>
          )
        }
      </Loaded>
    </>
  );
}
