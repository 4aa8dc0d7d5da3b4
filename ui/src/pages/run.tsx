import { ActionIcon, Button, Menu, Text, Tooltip } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate, useParams, useSearchParams } from "react-router";
import { type GridRun, get, type Run, type RunPage, type Structure, seg, send } from "../api";
import { IconArrowsLeftRight, IconPlayerPlay, IconTrash } from "../icons";
import { useGet } from "../live";
import { Actions } from "../parts/act";
import { useSaid } from "../parts/announce";
import { RunAssetEvents } from "../parts/asset-events";
import { Facts, failed, Loaded, PageHead, Tabs, told, useTitle } from "../parts/bits";
import { Confirm } from "../parts/confirm";
import { DeadlineMark, Deadlines, useRunDeadlines } from "../parts/deadlines";
import { ForecastPanel, usePathSwitch } from "../parts/forecast";
import { Note } from "../parts/note";
import { startedBy } from "../parts/reasons";
import { StateMark, useStateName } from "../parts/state";
import { TriggerDialog } from "../parts/trigger";
import { Value } from "../parts/value";
import { Framed, routeOf, useViews } from "../parts/views";
import { useMay } from "../session";
import { Took, When } from "../time";
import { comparePath } from "./compare";
import { useDagContext } from "./dag";
import { Events } from "./events";
import { Gantt } from "./gantt";
import { Instances } from "./tis";
import { XComs } from "./xcoms";

/** The other run is looked for when it is asked for. */
function CompareWith({ run }: { run: Run }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const find = (state?: string) =>
    get<RunPage>(`/api/v2/dags/${seg(run.dag_id)}/dagRuns`, {
      run_after_lt: run.run_after,
      order_by: "-run_after",
      limit: 1,
      state,
    })
      .then((r) => {
        const other = r.dag_runs[0];
        if (other) navigate(comparePath(run.dag_id, other.dag_run_id, run.dag_run_id));
        else told(t("compare.none"));
      })
      .catch(failed);
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button size="xs" variant="default" leftSection={<IconArrowsLeftRight size={15} />}>
          {t("compare.with")}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => find()}>{t("compare.previous")}</Menu.Item>
        <Menu.Item onClick={() => find("success")}>{t("compare.lastSuccess")}</Menu.Item>
        <Menu.Item component={Link} to={comparePath(run.dag_id, run.dag_run_id)}>
          {t("compare.other")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** The same again: what this run was given stands in the form. */
function Again({ run }: { run: Run }) {
  const { t } = useTranslation();
  const may = useMay();
  const [open, setOpen] = useState(false);
  if (!may("run")) return null;
  return (
    <>
      <Button size="xs" variant="default" leftSection={<IconPlayerPlay size={15} />} onClick={() => setOpen(true)}>
        {t("trigger.again")}
      </Button>
      {open && <TriggerDialog dagId={run.dag_id} conf={run.conf ?? {}} onClose={() => setOpen(false)} />}
    </>
  );
}

function DeleteRun({ run }: { run: Run }) {
  const { t } = useTranslation();
  const may = useMay();
  const navigate = useNavigate();
  const [open, setOpen] = useState(false);
  if (!may("run", "delete")) return null;
  const name = t("delete.of", { name: run.dag_run_id });
  return (
    <>
      <Tooltip label={t("run.delete")}>
        <ActionIcon variant="default" size={30} aria-label={name} onClick={() => setOpen(true)}>
          <IconTrash size={15} />
        </ActionIcon>
      </Tooltip>
      {open && (
        <Confirm
          title={name}
          text={t("bulk.deleteRunsHint")}
          action={t("delete")}
          onClose={() => setOpen(false)}
          onConfirm={() =>
            send("DELETE", `/api/v2/dags/${seg(run.dag_id)}/dagRuns/${seg(run.dag_run_id)}`)
              .then(() => navigate(`/dags/${seg(run.dag_id)}/runs`))
              .catch(failed)
          }
        />
      )}
    </>
  );
}

export function Component() {
  const { t } = useTranslation();
  const stateName = useStateName();
  const { dagId = "", runId = "" } = useParams();
  const [search] = useSearchParams();
  const dag = useDagContext(dagId);
  const path = `/api/v2/dags/${seg(dagId)}/dagRuns/${seg(runId)}`;
  const asked = useGet<Run>(path, {}, { keep: false, every: (r) => (r?.end_date ? 10_000 : 1500) });
  const view = search.get("view") ?? "tasks";
  const grid = useGet<{ runs: GridRun[] }>(
    `/ui/dags/${seg(dagId)}/grid`,
    { run_id: runId, limit: 1 },
    { enabled: view === "gantt", every: 3000 },
  );
  const critical = usePathSwitch(dagId, view === "gantt" ? grid.data?.runs[0] : undefined);
  const version = grid.data?.runs[0]?.version;
  const structure = useGet<Structure>(`/ui/dags/${seg(dagId)}/structure`, version ? { version_number: version } : {}, {
    enabled: view === "gantt" && grid.data !== undefined,
  });
  const deadlines = useRunDeadlines(dagId, runId);
  useTitle(runId, dag.data?.dag_display_name ?? dagId);
  useSaid(runId, asked.data && `${runId}: ${stateName(asked.data.state)}`);
  const here = `/dags/${seg(dagId)}/runs/${seg(runId)}`;
  return (
    <Loaded of={asked}>
      {(run) => (
        <>
          <PageHead
            crumbs={[
              { label: t("nav.dags"), to: "/dags" },
              { label: run.dag_display_name, to: `/dags/${seg(dagId)}` },
              { label: t("nav.runs"), to: `/dags/${seg(dagId)}/runs` },
            ]}
            title={<span className="mono">{run.dag_run_id}</span>}
          >
            <StateMark state={run.state} />
            <Text span fz={13} c="dimmed">
              {t(`runType.${run.run_type}`, { defaultValue: run.run_type })} · <Took start={run.start_date} end={run.end_date} />
            </Text>
            <DeadlineMark of={deadlines} to={`${here}?view=deadlines`} />
            <Note path={path} note={run.note} />
            <div className="page-acts">
              <CompareWith run={run} />
              <Again run={run} />
              <Actions target={{ dagId, runId }} />
              <DeleteRun run={run} />
            </div>
          </PageHead>
          {(view === "tasks" || view === "gantt") && <ForecastPanel dagId={dagId} run={run} />}
          <RunTabs here={here} view={view} dagId={dagId} runId={runId} deadlines={deadlines.length > 0} />
          {view === "tasks" && <Instances dagId={dagId} runId={runId} />}
          {view === "gantt" && (
            <>
              <div className="page-head">{critical.control}</div>
              <Loaded of={structure}>
                {(s) => grid.data?.runs[0] && <Gantt structure={s} run={grid.data.runs[0]} dagId={dagId} path={critical.steps} />}
              </Loaded>
            </>
          )}
          {view === "xcom" && <XComs dagId={dagId} runId={runId} />}
          {view === "assets" && <RunAssetEvents dagId={dagId} runId={runId} />}
          {view === "deadlines" && <Deadlines dagId={dagId} runId={runId} />}
          {view.startsWith(PLUGIN) && <Framed of="dag_run" route={view.slice(PLUGIN.length)} about={{ dagId, runId }} />}
          {view === "events" && <Events dagId={dagId} runId={runId} />}
          {view === "details" && (
            <div className="card tile">
              <Facts
                of={[
                  [
                    t("run.id"),
                    <span key="i" className="mono">
                      {run.dag_run_id}
                    </span>,
                  ],
                  [t("run.type"), t(`runType.${run.run_type}`, { defaultValue: run.run_type })],
                  [t("run.triggeredBy"), startedBy(run, t)],
                  [t("run.logical"), <When key="l" at={run.logical_date} />],
                  [t("run.after"), <When key="a" at={run.run_after} />],
                  [
                    t("run.interval"),
                    run.data_interval_start ? (
                      <span key="d">
                        <When at={run.data_interval_start} /> … <When at={run.data_interval_end} />
                      </span>
                    ) : null,
                  ],
                  [t("run.queued"), <When key="q" at={run.queued_at} />],
                  [t("start"), <When key="s" at={run.start_date} />],
                  [t("end"), <When key="e" at={run.end_date} />],
                  [t("duration"), <Took key="t" start={run.start_date} end={run.end_date} />],
                  [
                    t("code.version"),
                    run.dag_versions.length
                      ? run.dag_versions.map((v) => (
                          <Link key={v.id} to={`/dags/${seg(dagId)}/code?version=${v.version_number}`}>
                            v{v.version_number}{" "}
                          </Link>
                        ))
                      : null,
                  ],
                  [t("run.bundle"), run.bundle_version],
                  [t("note"), run.note],
                  [t("trigger.conf"), <Value key="c" of={run.conf ?? {}} />],
                ]}
              />
            </div>
          )}
        </>
      )}
    </Loaded>
  );
}

/** Before the route of a plugin's view, among our own. */
export const PLUGIN = "plugin:";

function RunTabs({
  here,
  view,
  dagId,
  runId,
  deadlines,
}: {
  here: string;
  view: string;
  dagId: string;
  runId: string;
  deadlines: boolean;
}) {
  const { t } = useTranslation();
  const views = useViews("dag_run") ?? [];
  const tabs: [string, string][] = [
    ["tasks", t("nav.tis")],
    ["gantt", t("tab.gantt")],
    ["xcom", "XCom"],
    ["assets", t("tab.assets")],
    ["details", t("tab.details")],
    ["events", t("tab.events")],
    ...views.map((v): [string, string] => [PLUGIN + routeOf(v), v.name]),
    ...(view === "deadlines" || deadlines ? ([["deadlines", t("nav.deadlines")]] as [string, string][]) : []),
  ];
  return (
    <ViewTabs
      here={here}
      view={view}
      tabs={tabs}
      first="tasks"
      more={[{ to: `/dags/${seg(dagId)}/graph?run=${seg(runId)}`, label: t("tab.graph") }]}
    />
  );
}

/** Tabs that the query tells apart, for pages whose path is a deep link already. */
export function ViewTabs({
  here,
  view,
  tabs,
  first,
  more = [],
}: {
  here: string;
  view: string;
  tabs: [string, string][];
  first: string;
  more?: { to: string; label: string }[];
}) {
  const { t } = useTranslation();
  return (
    <Tabs label={t("views")}>
      {tabs.map(([id, label]) => (
        <Link
          key={id}
          to={id === first ? here : `${here}?view=${seg(id)}`}
          className={`tab${view === id ? " active" : ""}`}
          {...(view === id ? { "aria-current": "page" as const } : {})}
        >
          {label}
        </Link>
      ))}
      {more.map((m) => (
        <Link key={m.to} to={m.to} className="tab">
          {m.label}
        </Link>
      ))}
    </Tabs>
  );
}
