/** A DAG at a glance: how its last runs went and how long they took, what failed of late, what it is held to, what it makes. */
import { Alert, Group, SimpleGrid } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { type GridRun, type Page, seg } from "../api";
import { IconAlertTriangle, IconTimeline } from "../icons";
import { useGet } from "../live";
import { AssetEvents } from "../parts/asset-events";
import { seconds } from "../parts/bars";
import { Empty } from "../parts/bits";
import { Rules } from "../parts/deadlines";
import { Failures } from "../parts/failures";
import { RecentBars } from "../parts/recent";
import { useSpan } from "../parts/span";
import { useDag } from "./dag";
import { Tile } from "./home";

const RUNS = 30;

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
      <SimpleGrid cols={{ base: 2, sm: 3, lg: 6 }} spacing="sm">
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
          params={{ state: "running" }}
          to={`/task_instances?dag=${seg(id)}&state=running`}
          state="running"
          label={t("home.tisRunning")}
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
          <RecentBars
            title={t("dag.runs")}
            of={runs.data.runs.map((r) => ({
              at: r.run_after,
              state: r.state,
              seconds: r.start_date ? seconds(r) : null,
              to: `/dags/${seg(id)}/runs/${seg(r.run_id)}`,
            }))}
            control={
              <Link to={`/dags/${seg(id)}/durations`} style={{ fontSize: 13 }}>
                {t("tab.durations")}
              </Link>
            }
          />
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
