/** A DAG at a glance: how its last runs went and how long they took, what failed of late, what it is held to, what it makes. */
import { Alert, Group, SegmentedControl, SimpleGrid } from "@mantine/core";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "react-router";
import { type GridRun, type Page, seg } from "../api";
import { IconAlertTriangle, IconTimeline } from "../icons";
import { useGet } from "../live";
import { AssetEvents } from "../parts/asset-events";
import { seconds } from "../parts/bars";
import { Empty } from "../parts/bits";
import { Chart, Figure } from "../parts/chart";
import { Rules } from "../parts/deadlines";
import { Failures } from "../parts/failures";
import { useStateName } from "../parts/state";
import { useZone } from "../settings";
import { formatDuration, formatTime, zoneMark } from "../time";
import { useDag } from "./dag";
import { Tile } from "./home";

const RUNS = 30;

/** The day or the week that failures are counted in, and since when: told once, so that it is one question. */
export function useSpan() {
  const { t } = useTranslation();
  const [search, setSearch] = useSearchParams();
  const hours = search.get("hours") === "168" ? 168 : 24;
  const since = useMemo(() => new Date(Date.now() - hours * 3600_000).toISOString(), [hours]);
  const control = (
    <SegmentedControl
      size="xs"
      aria-label={t("home.span")}
      value={String(hours)}
      onChange={(v) =>
        setSearch(
          (before) => {
            const next = new URLSearchParams(before);
            next.set("hours", v);
            return next;
          },
          { replace: true },
        )
      }
      data={[
        { value: "24", label: t("home.day") },
        { value: "168", label: t("home.week") },
      ]}
    />
  );
  return { since, control };
}

function LastRuns({ runs, dagId }: { runs: GridRun[]; dagId: string }) {
  const { t } = useTranslation();
  const name = useStateName();
  const zone = useZone();
  const shown = [...runs].reverse();
  const label = (r: GridRun) => `${formatTime(new Date(r.run_after), zone)} ${zoneMark(new Date(r.run_after), zone)}`;
  return (
    <Figure
      title={t("dag.runs")}
      table={null}
      control={
        <Link to={`/dags/${seg(dagId)}/durations`} style={{ fontSize: 13 }}>
          {t("tab.durations")}
        </Link>
      }
    >
      <Chart
        label={t("dag.runs")}
        columns={shown.map((r) => formatTime(new Date(r.run_after), zone).slice(5, 16))}
        bars={shown.map((r) => ({
          y: r.start_date ? seconds(r) : null,
          className: `st-${r.state}`,
          text: `${label(r)}, ${name(r.state)}, ${formatDuration(seconds(r))}`,
          to: `/dags/${seg(dagId)}/runs/${seg(r.run_id)}`,
        }))}
      />
    </Figure>
  );
}

export function Component() {
  const { t } = useTranslation();
  const dag = useDag();
  const id = dag.dag_id;
  const { since, control } = useSpan();
  const base = `/api/v2/dags/${seg(id)}/dagRuns`;
  const runs = useGet<{ runs: GridRun[] }>(`/ui/dags/${seg(id)}/grid`, { limit: RUNS, cells: false }, { every: 5000 });
  const warnings = useGet<{ dag_warnings: { warning_type: string; message: string }[] }>("/api/v2/dagWarnings", { dag_id: id });
  const made = useGet<Page>("/api/v2/assets/events", { source_dag_id: id, limit: 0 });
  const list = `/dags/${seg(id)}/runs`;
  return (
    <div className="stack">
      {dag.has_import_errors && (
        <Alert color="red" icon={<IconAlertTriangle size={18} />} py="xs">
          <Link to="/import_errors">{t("overview.broken")}</Link>
        </Alert>
      )}
      {warnings.data?.dag_warnings.map((w) => (
        <Alert key={w.message} color="yellow" title={w.warning_type}>
          {w.message}
        </Alert>
      ))}
      <Group>{control}</Group>
      <SimpleGrid cols={{ base: 2, sm: 3, lg: 5 }} spacing="sm">
        <Tile
          path={base}
          params={{ state: "running" }}
          to={`${list}?state=running`}
          state="running"
          label={t("home.runsRunning")}
        />
        <Tile path={base} params={{ state: "queued" }} to={`${list}?state=queued`} state="queued" label={t("home.runsQueued")} />
        <Tile
          path={base}
          params={{ state: "failed", end_date_gte: since }}
          to={`${list}?state=failed&ended_after=${seg(since)}`}
          state="failed"
          label={t("overview.runsFailed")}
        />
        <Tile
          path={`${base}/~/taskInstances`}
          params={{ state: "failed", end_date_gte: since }}
          to={`/task_instances?dag=${seg(id)}&state=failed&ended_after=${seg(since)}`}
          state="failed"
          label={t("overview.tisFailed")}
        />
        <Tile
          path={`/ui/dags/${seg(id)}/dagRuns/~/deadlines`}
          params={{ missed: "true", deadline_time_gte: since }}
          to={`/dags/${seg(id)}/deadlines?missed=true`}
          state="up_for_retry"
          label={t("overview.deadlinesMissed")}
        />
      </SimpleGrid>
      {runs.data &&
        (runs.data.runs.length ? (
          <LastRuns runs={runs.data.runs} dagId={id} />
        ) : (
          <div className="card">
            <Empty icon={<IconTimeline size={30} />} title={t("grid.none")} />
          </div>
        ))}
      <Rules dagId={id} />
      <Failures dagId={id} since={since} />
      {(made.data?.total_entries ?? 0) > 0 && (
        <section aria-labelledby="made">
          <h2 className="sub-head" id="made">
            {t("overview.assetEvents")}
          </h2>
          <AssetEvents
            path="/api/v2/assets/events"
            params={{ source_dag_id: id, order_by: "-timestamp", limit: 5 }}
            label={t("overview.assetEvents")}
            empty={t("asset.noEvents")}
          />
        </section>
      )}
    </div>
  );
}
