import { ActionIcon, Button, Group, MultiSelect, SegmentedControl, Select, Switch, Text, TextInput } from "@mantine/core";
import { useDebouncedCallback, useMediaQuery } from "@mantine/hooks";
import { useQueryClient } from "@tanstack/react-query";
import type { ColumnDef } from "@tanstack/react-table";
import { useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { type Dag, type DagPage, type GridRun, seg, send } from "../api";
import { IconPlayerPlay, IconSearch, IconSitemap, IconStar, IconStarFilled } from "../icons";
import { useGet } from "../live";
import { RunBars } from "../parts/bars";
import { Empty, failed, Loaded, PageHead, useTitle } from "../parts/bits";
import { BulkDags, usePicked } from "../parts/bulk";
import { Search } from "../parts/filter";
import { useSchedule } from "../parts/schedule";
import { runStates, StateMark, useStateName } from "../parts/state";
import { DataTable, useListState } from "../parts/table";
import { TriggerDialog } from "../parts/trigger";
import { toldWithUndo } from "../parts/undo";
import { useMay } from "../session";
import { patchDag } from "../shell";
import { When } from "../time";

export function PauseSwitch({ dag }: { dag: Pick<Dag, "dag_id" | "is_paused" | "dag_display_name"> }) {
  const { t } = useTranslation();
  const may = useMay();
  const [wanted, setWanted] = useState<boolean | null>(null);
  const on = wanted ?? !dag.is_paused;
  // What was wanted is shown until the engine says the same.
  useEffect(() => setWanted((w) => (w === !dag.is_paused ? null : w)), [dag.is_paused]);
  return (
    <span style={{ display: "inline-flex" }} data-tip={on ? t("dag.pause") : t("dag.unpause")}>
      <Switch
        size="xs"
        checked={on}
        disabled={!may("dag")}
        aria-label={t("dag.active", { name: dag.dag_display_name })}
        onChange={(e) => {
          const paused = !e.currentTarget.checked;
          const put = (p: boolean) => {
            setWanted(!p);
            return patchDag(dag.dag_id, p).catch((error) => {
              setWanted(null);
              throw error;
            });
          };
          put(paused)
            .then(() =>
              toldWithUndo(t(paused ? "undo.paused" : "undo.unpaused", { name: dag.dag_display_name }), () => put(!paused)),
            )
            .catch(failed);
        }}
      />
    </span>
  );
}

function Star({ dag, on }: { dag: Dag; on: boolean }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  return (
    <ActionIcon
      variant="subtle"
      color={on ? "yellow" : "gray"}
      size="sm"
      aria-pressed={on}
      aria-label={t("dag.favourite", { name: dag.dag_display_name })}
      onClick={() =>
        send("POST", `/api/v2/dags/${seg(dag.dag_id)}/${on ? "unfavorite" : "favorite"}`)
          .then(() => client.invalidateQueries({ queryKey: ["/api/v2/dags"] }))
          .catch(failed)
      }
    >
      {on ? <IconStarFilled size={15} /> : <IconStar size={15} />}
    </ActionIcon>
  );
}

export function Component() {
  const { t } = useTranslation();
  const stateName = useStateName();
  const schedule = useSchedule();
  // On a tablet the owners stand on the page of the DAG.
  const roomy = useMediaQuery("(min-width: 62em)", true, { getInitialValueInEffect: false });
  const may = useMay();
  useTitle(t("nav.dags"));
  const list = useListState("dag_display_name");
  const { search, set } = list;
  const q = search.get("q") ?? "";
  const [typed, setTyped] = useState(q);
  const type = useDebouncedCallback((v: string) => set({ q: v || null }), 250);
  const tags = search.getAll("tag");
  const show = search.get("show") ?? "all";
  const state = search.get("state");
  const trouble = search.get("trouble");
  const asking = {
    ...list.params,
    ...(q ? { dag_display_name_pattern: `%${q}%` } : {}),
    tags,
    ...(show === "active"
      ? { paused: false }
      : show === "paused"
        ? { paused: true }
        : show === "favourite"
          ? { is_favorite: true }
          : {}),
    ...(state ? { last_dag_run_state: state } : {}),
    owners: search.getAll("owner"),
    ...(trouble === "import_errors" || trouble === "warnings" ? { [`has_${trouble}`]: true } : {}),
  };
  const broken = useGet<DagPage>("/api/v2/dags", { has_import_errors: true, limit: 0 }).data?.total_entries;
  const warned = useGet<DagPage>("/api/v2/dags", { has_warnings: true, limit: 0 }).data?.total_entries;
  const dags = useGet<DagPage>("/api/v2/dags", asking, { every: 10_000 });
  const picked = usePicked(dags.data?.dags, (d) => d.dag_display_name, {
    path: "/api/v2/dags",
    key: "dags",
    params: asking,
    total: dags.data?.total_entries,
  });
  const ids = useMemo(() => dags.data?.dags.map((d) => d.dag_id) ?? [], [dags.data]);
  const recent = useGet<Record<string, GridRun[]>>(
    "/ui/dags/recent",
    { dag_id: ids, runs: 14 },
    { enabled: ids.length > 0, every: 5000 },
  );
  const favourites = useGet<DagPage>("/api/v2/dags", { is_favorite: true, limit: 100 });
  const liked = useMemo(() => new Set(favourites.data?.dags.map((d) => d.dag_id)), [favourites.data]);
  const allTags = useGet<{ tags: string[] }>("/api/v2/dagTags", { limit: 100 });
  const [trigger, setTrigger] = useState<Dag | null>(null);

  const columns: ColumnDef<Dag>[] = [
    ...(may("dag") ? [picked.column] : []),
    {
      id: "pause",
      header: () => <span className="sr-only">{t("dag.state")}</span>,
      meta: { width: "1%" },
      cell: ({ row }) => <PauseSwitch dag={row.original} />,
    },
    {
      id: "name",
      header: () => t("dag.name"),
      meta: { sort: "dag_display_name" },
      cell: ({ row: { original: d } }) => (
        <div>
          <div className="line">
            <Link to={`/dags/${seg(d.dag_id)}`} className="strong-link id">
              {d.dag_display_name}
            </Link>
            <Star dag={d} on={liked.has(d.dag_id)} />
            {d.has_import_errors && (
              <Link to="/import_errors" title={t("nav.importErrors")}>
                <StateMark state="failed" bare size={14} />
              </Link>
            )}
          </div>
          <div className="line wrap">
            {d.tags.map((tag) => (
              <button
                key={tag.name}
                type="button"
                className="tag"
                title={t("dag.filterTag", { tag: tag.name })}
                onClick={() => set({ tag: [...new Set([...tags, tag.name])] })}
              >
                {tag.name}
              </button>
            ))}
            {d.description && (
              <span className="small cut dag-about" title={d.description}>
                {d.description}
              </span>
            )}
          </div>
        </div>
      ),
    },
    {
      id: "schedule",
      header: () => t("dag.schedule"),
      meta: { sort: "next_dagrun" },
      cell: ({ row: { original: d } }) => (
        <div>
          <div title={schedule.words(d)} className={`cut dag-when${d.timetable_summary ? "" : " dim"}`}>
            {schedule.name(d)}
          </div>
          {d.next_dagrun_run_after && !d.is_paused && (
            <div className="small">
              {t("dag.next")} <When at={d.next_dagrun_run_after} relative />
            </div>
          )}
        </div>
      ),
    },
    {
      id: "latest",
      header: () => t("dag.latest"),
      meta: { sort: "last_run_start_date" },
      cell: ({ row: { original: d } }) => {
        const r = recent.data?.[d.dag_id]?.[0];
        if (!r) return <span className="dim">{t("dag.never")}</span>;
        return (
          <Link to={`/dags/${seg(d.dag_id)}/runs/${seg(r.run_id)}`} className="plain-link">
            <StateMark state={r.state} />
            <div className="small">
              <When at={r.start_date ?? r.run_after} relative />
            </div>
          </Link>
        );
      },
    },
    {
      id: "bars",
      header: () => t("dag.runs"),
      cell: ({ row: { original: d } }) => <RunBars dagId={d.dag_id} runs={recent.data?.[d.dag_id] ?? []} />,
    },
    ...(roomy
      ? [
          {
            id: "owner",
            header: () => t("dag.owner"),
            cell: ({ row }) => (
              <div className="cut dag-owner" title={row.original.owners.join(", ")}>
                {row.original.owners.map((o) => (
                  <button
                    key={o}
                    type="button"
                    className="text-button"
                    title={t("dag.filterOwner", { owner: o })}
                    onClick={() => set({ owner: o })}
                  >
                    {o}
                  </button>
                ))}
              </div>
            ),
          } satisfies ColumnDef<Dag>,
        ]
      : []),
    {
      id: "act",
      header: () => <span className="sr-only">{t("actions")}</span>,
      meta: { width: "1%" },
      cell: ({ row: { original: d } }) =>
        may("run") && (
          <ActionIcon
            variant="light"
            size="md"
            data-tip={t("trigger")}
            aria-label={t("trigger.of", { name: d.dag_display_name })}
            onClick={() => setTrigger(d)}
          >
            <IconPlayerPlay size={15} />
          </ActionIcon>
        ),
    },
  ];
  const filtered = q || tags.length || show !== "all" || state || trouble || search.get("owner");
  return (
    <>
      <PageHead title={t("nav.dags")}>
        {dags.data && (
          <Text span c="dimmed" fz={14}>
            {dags.data.total_entries.toLocaleString()}
          </Text>
        )}
      </PageHead>
      <Group mb="sm" gap="sm">
        <TextInput
          w={220}
          size="xs"
          leftSection={<IconSearch size={15} />}
          placeholder={t("dag.search")}
          aria-label={t("dag.search")}
          value={typed}
          onChange={(e) => {
            setTyped(e.currentTarget.value);
            type(e.currentTarget.value);
          }}
          type="search"
        />
        <SegmentedControl
          size="xs"
          value={show}
          onChange={(v) => set({ show: v === "all" ? null : v })}
          aria-label={t("dag.show")}
          data={["all", "active", "paused", "favourite"].map((v) => ({ value: v, label: t(`dag.show.${v}`) }))}
        />
        <SegmentedControl
          size="xs"
          value={state ?? ""}
          onChange={(v) => set({ state: v || null })}
          aria-label={t("dag.lastState")}
          data={[{ value: "", label: t("dag.anyState") }, ...runStates.map((s) => ({ value: s, label: stateName(s) }))]}
        />
        <MultiSelect
          size="xs"
          w={220}
          searchable
          clearable
          clearButtonProps={{ "aria-label": t("clearFilter") }}
          placeholder={tags.length ? "" : t("dag.tags")}
          aria-label={t("dag.tags")}
          data={[...new Set([...(allTags.data?.tags ?? []), ...tags])]}
          value={tags}
          onChange={(v) => set({ tag: v })}
        />
        <Search
          key={search.get("owner")}
          label={t("dag.findOwner")}
          value={search.get("owner")}
          onFind={(v) => set({ owner: v })}
          w={130}
        />
        <Select
          size="xs"
          w={190}
          clearable
          clearButtonProps={{ "aria-label": t("clearFilter") }}
          placeholder={t("dag.trouble")}
          aria-label={t("dag.trouble")}
          value={trouble}
          onChange={(v) => set({ trouble: v })}
          data={[
            { value: "import_errors", label: `${t("dag.trouble.import_errors")} (${broken ?? "–"})` },
            { value: "warnings", label: `${t("dag.trouble.warnings")} (${warned ?? "–"})` },
          ]}
        />
      </Group>
      <BulkDags picked={picked} />
      <Loaded of={dags}>
        {(d) => (
          <DataTable
            label={t("nav.dags")}
            rows={d.dags}
            columns={columns}
            total={d.total_entries}
            list={list}
            empty={
              filtered ? (
                <Empty
                  icon={<IconSearch size={30} />}
                  title={t("dag.noneFound")}
                  action={
                    <Button
                      variant="default"
                      onClick={() => {
                        setTyped("");
                        set({ q: null, tag: null, show: null, state: null, owner: null, trouble: null });
                      }}
                    >
                      {t("clearFilters")}
                    </Button>
                  }
                />
              ) : (
                <Empty icon={<IconSitemap size={30} />} title={t("home.welcome")}>
                  {t("home.welcomeHint")}
                </Empty>
              )
            }
          />
        )}
      </Loaded>
      {trigger && <TriggerDialog dagId={trigger.dag_id} onClose={() => setTrigger(null)} />}
    </>
  );
}
