import { Badge, Button, Group, Text } from "@mantine/core";
import { createContext, useContext, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Outlet, useLocation, useParams } from "react-router";
import { type DagDetails, type GridRun, seg } from "../api";
import { IconPlayerPlay } from "../icons";
import { useGet, useLiveScope } from "../live";
import { askDag, askNewest } from "../parts/ahead";
import { Loaded, PageHead, TabLinks, useTitle } from "../parts/bits";
import { useSchedule } from "../parts/schedule";
import { StateMark } from "../parts/state";
import { TriggerDialog } from "../parts/trigger";
import { routeOf, useViews } from "../parts/views";
import { useMay } from "../session";
import { useSettings } from "../settings";
import { When } from "../time";
import { PauseSwitch } from "./dags";

const Context = createContext<DagDetails | null>(null);
/** The DAG whose page this is. */
export function useDag(): DagDetails {
  const dag = useContext(Context);
  if (!dag) throw new Error("outside of a DAG's page");
  return dag;
}

/** Times may be shown in the DAG's zone while one of its pages is open; events of its tasks come in. */
export function useDagContext(dagId: string) {
  const { setDagZone } = useSettings();
  const dag = useGet<DagDetails>(...askDag(dagId), { keep: false, every: 15_000 });
  const zone = dag.data?.timezone ?? null;
  useEffect(() => {
    setDagZone(zone);
    return () => setDagZone(null);
  }, [zone, setDagZone]);
  useLiveScope(dagId);
  return dag;
}

export function Component() {
  const { t } = useTranslation();
  const schedule = useSchedule();
  const may = useMay();
  const { dagId = "" } = useParams();
  const { pathname } = useLocation();
  const asked = useDagContext(dagId);
  const views = useViews("dag") ?? [];
  const latest = useGet<{ runs: GridRun[] }>(...askNewest(dagId), { every: 3000 });
  const [trigger, setTrigger] = useState(false);
  useTitle(asked.data?.dag_display_name ?? dagId);
  const run = latest.data?.runs[0];
  const base = `/dags/${seg(dagId)}`;
  return (
    <Loaded of={asked}>
      {(dag) => (
        <Context.Provider value={dag}>
          <PageHead
            crumbs={[{ label: t("nav.dags"), to: "/dags" }]}
            title={
              <Group gap={10} wrap="nowrap" component="span">
                <PauseSwitch dag={dag} />
                <span>{dag.dag_display_name}</span>
              </Group>
            }
          >
            {dag.is_paused && (
              <Badge color="gray" variant="light" tt="none">
                {t("dag.paused")}
              </Badge>
            )}
            {dag.is_stale && (
              <Badge color="red" variant="light" tt="none">
                {t("dag.stale")}
              </Badge>
            )}
            {run && (
              <Text span fz={13} c="dimmed">
                <StateMark state={run.state} /> <When at={run.start_date ?? run.run_after} relative />
              </Text>
            )}
            <span className="grow" />
            <Text span fz={13} c="dimmed">
              <span data-tip={`${schedule.words(dag)} · ${dag.timezone}`}>{schedule.name(dag)}</span>
              {dag.next_dagrun_run_after && !dag.is_paused && (
                <>
                  {" · "}
                  {t("dag.next")} <When at={dag.next_dagrun_run_after} relative />
                </>
              )}
            </Text>
            {may("run") && (
              <Button size="xs" leftSection={<IconPlayerPlay size={15} />} onClick={() => setTrigger(true)}>
                {t("trigger")}
              </Button>
            )}
          </PageHead>
          <TabLinks
            label={dag.dag_display_name}
            tabs={[
              { to: base, label: t("tab.grid"), end: true },
              { to: `${base}/overview`, label: t("tab.overview") },
              { to: `${base}/graph`, label: t("tab.graph") },
              { to: `${base}/gantt`, label: t("tab.gantt") },
              { to: `${base}/durations`, label: t("tab.durations") },
              { to: `${base}/calendar`, label: t("tab.calendar") },
              { to: `${base}/runs`, label: t("tab.runs") },
              { to: `${base}/tasks`, label: t("tab.tasks") },
              { to: `${base}/code`, label: t("tab.code") },
              { to: `${base}/backfills`, label: t("tab.backfills") },
              { to: `${base}/events`, label: t("tab.events") },
              ...(pathname.endsWith("/deadlines") ? [{ to: `${base}/deadlines`, label: t("nav.deadlines") }] : []),
              { to: `${base}/details`, label: t("tab.details") },
              ...views.map((v) => ({ to: `${base}/plugin/${routeOf(v)}`, label: v.name })),
            ]}
          />
          <Outlet />
          {trigger && <TriggerDialog dagId={dagId} onClose={() => setTrigger(false)} />}
        </Context.Provider>
      )}
    </Loaded>
  );
}
