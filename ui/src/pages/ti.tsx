import { Alert, Badge, Button, Group, SegmentedControl, Select, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useParams, useSearchParams } from "react-router";
import { seg, type Ti, type TiPage, url } from "../api";
import { IconHandStop, IconHourglass } from "../icons";
import { useGet } from "../live";
import { Actions } from "../parts/act";
import { useSaid } from "../parts/announce";
import { TaskAssetEvents } from "../parts/asset-events";
import { Busy, Empty, Facts, Loaded, PageHead, Trouble, useTitle } from "../parts/bits";
import { useFollow } from "../parts/follow";
import { LogView } from "../parts/log";
import { Note } from "../parts/note";
import { useReason } from "../parts/reasons";
import { Mark, StateMark, unfinished, useStateName } from "../parts/state";
import { Value } from "../parts/value";
import { Framed, routeOf, useViews } from "../parts/views";
import { Took, When } from "../time";
import { useDagContext } from "./dag";
import { Events } from "./events";
import { PLUGIN, ViewTabs } from "./run";
import { Instances } from "./tis";
import { XComs } from "./xcoms";

interface Reasons {
  dependencies: { name: string; reason: string }[];
  queue?: { pool: string; slots: number; open_slots: number; position: number; length: number; priority_weight: number };
}

/** Why it does not run: what the scheduler says, as it changes. */
function Why({ path, state }: { path: string; state: string | null }) {
  const { t } = useTranslation();
  const reason = useReason();
  const [why, setWhy] = useState<Reasons | null>(null);
  const { lost } = useFollow(url(`${path}/dependencies`), ["why"], (m) => setWhy(JSON.parse(m.data) as Reasons));
  if (!why) return lost ? <Trouble error={new TypeError("network")} /> : <Busy />;
  if (why.dependencies.length === 0)
    return (
      <div className="card">
        <Empty icon={<IconHourglass size={30} />} title={unfinished.has(state ?? "none") ? t("why.nothing") : t("why.over")} />
      </div>
    );
  return (
    <>
      <ol className="why card" aria-label={t("tab.why")} aria-live="polite">
        {why.dependencies.map((d, i) => (
          <li key={i}>
            <Text fw={600} fz={14}>
              {reason(d.reason)}
            </Text>
            <Text fz={12} c="dimmed">
              {reason(d.name)}
            </Text>
          </li>
        ))}
      </ol>
      {why.queue && (
        <Text fz={13} mt="xs">
          <Link className="in-text" to={`/pools?q=${seg(why.queue.pool)}`}>
            {why.queue.pool}
          </Link>
          : {t("why.queue", { n: why.queue.position, of: why.queue.length, open: why.queue.open_slots, slots: why.queue.slots })}
        </Text>
      )}
    </>
  );
}

/** What ended without any attempt; it has no log, and a reason. */
function neverRan(ti: Ti): boolean {
  return ["skipped", "upstream_failed", "removed"].includes(ti.state ?? "") && ti.pid === null && !ti.hostname;
}

function Links({ path }: { path: string }) {
  const links = useGet<{ extra_links: Record<string, string | null> }>(`${path}/links`, {}, { keep: false });
  const list = Object.entries(links.data?.extra_links ?? {}).filter(
    (l): l is [string, string] => l[1] !== null && /^https?:/.test(l[1]),
  );
  if (!list.length) return null;
  return (
    <Group gap={6} mb="sm">
      {list.map(([name, href]) => (
        <Button key={name} component="a" size="compact-xs" variant="light" href={href} target="_blank" rel="noreferrer noopener">
          {name}
        </Button>
      ))}
    </Group>
  );
}

export function Component() {
  const { t } = useTranslation();
  const stateName = useStateName();
  const { dagId = "", runId = "", taskId = "", mapIndex } = useParams();
  const [search] = useSearchParams();
  const dag = useDagContext(dagId);
  const index = mapIndex === undefined ? -1 : Number(mapIndex);
  const views = useViews("task_instance") ?? [];
  const run = `/api/v2/dags/${seg(dagId)}/dagRuns/${seg(runId)}`;
  const task = `${run}/taskInstances/${seg(taskId)}`;
  const path = index >= 0 ? `${task}/${index}` : task;
  useTitle(taskId, runId, dag.data?.dag_display_name ?? dagId);
  // A mapped task is known by its instances alone.
  const mapped = useGet<TiPage>(
    `${task}/listMapped`,
    { limit: 0 },
    { enabled: mapIndex === undefined, keep: false, every: 10_000 },
  );
  // What the page of the whole task had asked for may still be known here.
  const many = mapIndex === undefined && (mapped.data?.total_entries ?? 0) > 0;
  const asked = useGet<Ti>(
    path,
    {},
    {
      enabled: mapIndex !== undefined || mapped.isError || (mapped.isSuccess && !many),
      keep: false,
      every: (x) => (x?.end_date && !unfinished.has(x.state ?? "none") ? 10_000 : 1200),
    },
  );
  useSaid(path, asked.data && `${taskId}: ${stateName(asked.data.state)}`);
  const here = `/dags/${seg(dagId)}/runs/${seg(runId)}/tasks/${seg(taskId)}${index >= 0 ? `/mapped/${index}` : ""}`;
  const crumbs = [
    { label: t("nav.dags"), to: "/dags" },
    { label: dag.data?.dag_display_name ?? dagId, to: `/dags/${seg(dagId)}` },
    { label: runId, to: `/dags/${seg(dagId)}/runs/${seg(runId)}` },
    ...(index >= 0 ? [{ label: taskId, to: `/dags/${seg(dagId)}/runs/${seg(runId)}/tasks/${seg(taskId)}` }] : []),
  ];
  if (many)
    return (
      <>
        <PageHead crumbs={crumbs} title={taskId}>
          <Badge variant="light" tt="none">
            {t("ti.mapped", { count: mapped.data!.total_entries })}
          </Badge>
          <div className="page-acts">
            <Actions target={{ dagId, runId, taskId }} />
          </div>
        </PageHead>
        <Instances dagId={dagId} runId={runId} taskId={taskId} mapped />
      </>
    );
  return (
    <Loaded of={asked}>
      {(ti) => {
        const waiting =
          ti.state === null ||
          ["scheduled", "queued", "up_for_retry", "up_for_reschedule", "deferred", "awaiting_input"].includes(ti.state);
        const begun = ti.start_date !== null || ti.try_number > 1;
        const held = ti.state === null || ti.state === "scheduled" || ti.state === "queued";
        const first = held ? "why" : "logs";
        const view = search.get("view") ?? first;
        const attempt = Number(search.get("try_number") ?? search.get("try")) || ti.try_number;
        const other = Number(search.get("beside"));
        const beside = other && other !== attempt && other <= ti.try_number ? other : null;
        return (
          <>
            <PageHead
              crumbs={crumbs}
              title={`${ti.task_display_name}${index >= 0 ? ` [${ti.rendered_map_index ?? index}]` : ""}`}
            >
              <StateMark state={ti.state} />
              <Text span fz={13} c="dimmed">
                {ti.operator_name} · {ti.start_date ? <Took start={ti.start_date} end={ti.end_date} /> : "–"}
                {ti.max_tries > 0 && ` · ${t("ti.try", { n: ti.try_number, of: ti.max_tries + 1 })}`}
              </Text>
              <Note path={path} note={ti.note} />
              {index >= 0 && <Neighbours task={task} here={here} index={index} />}
              <div className="page-acts">
                <Actions target={{ dagId, runId, taskId, mapIndex: index }} />
              </div>
            </PageHead>
            {ti.state === "awaiting_input" && (
              <Alert color="grape" icon={<IconHandStop size={18} />} mb="sm" py="xs">
                <Link to="/required_actions">{t("required.waits")}</Link>
              </Alert>
            )}
            <ViewTabs
              here={here}
              view={view}
              first={first}
              tabs={[
                ...(waiting ? ([["why", t("tab.why")]] as [string, string][]) : []),
                ["logs", t("tab.logs")],
                ["rendered", t("tab.rendered")],
                ["xcom", "XCom"],
                ["assets", t("tab.assets")],
                ["tries", t("ti.tries")],
                ["details", t("tab.details")],
                ["events", t("tab.events")],
                ...views.map((v): [string, string] => [PLUGIN + routeOf(v), v.name]),
              ]}
            />
            {view === "why" && <Why path={path} state={ti.state} />}
            {view === "logs" &&
              (neverRan(ti) ? (
                <div className="card">
                  <Empty
                    icon={<Mark state={ti.state} size={30} />}
                    title={t(`log.never.${ti.state}`)}
                    action={
                      <Button component={Link} size="xs" variant="light" to={`/dags/${seg(dagId)}/graph?run=${seg(runId)}`}>
                        {t("log.never.upstreams")}
                      </Button>
                    }
                  >
                    {t(`log.never.${ti.state}Hint`)}
                  </Empty>
                </div>
              ) : begun ? (
                <>
                  <Links path={path} />
                  {ti.try_number > 1 && <Attempts of={ti} attempt={attempt} beside={beside} />}
                  <div className={beside ? "side-by-side" : ""}>
                    {[attempt, ...(beside ? [beside] : [])].map((n, i) => (
                      <LogView
                        key={n}
                        path={`${task}/logs/${n}`}
                        mapIndex={index}
                        running={n === ti.try_number && unfinished.has(ti.state ?? "none")}
                        name={`${dagId}-${runId}-${taskId}-${n}`}
                        linked={i === 0}
                        {...(beside ? { label: t("ti.logOf", { n }) } : {})}
                      />
                    ))}
                  </div>
                </>
              ) : (
                <div className="card">
                  <Empty icon={<IconHourglass size={30} />} title={t("log.notYet")}>
                    {t("log.notYetHint")}
                  </Empty>
                </div>
              ))}
            {view === "rendered" && <Rendered of={ti} />}
            {view === "xcom" && <XComs dagId={dagId} runId={runId} taskId={taskId} mapIndex={index} />}
            {view === "tries" && <Tries path={path} here={here} />}
            {view === "details" && <Details of={ti} />}
            {view === "assets" && <TaskAssetEvents dagId={dagId} runId={runId} taskId={taskId} mapIndex={index} />}
            {view.startsWith(PLUGIN) && (
              <Framed of="task_instance" route={view.slice(PLUGIN.length)} about={{ dagId, runId, taskId, mapIndex: index }} />
            )}
            {view === "events" && <Events dagId={dagId} runId={runId} taskId={taskId} />}
          </>
        );
      }}
    </Loaded>
  );
}

function Attempts({ of, attempt, beside }: { of: Ti; attempt: number; beside: number | null }) {
  const { t } = useTranslation();
  const [, setSearch] = useSearchParams();
  const set = (changes: Record<string, string | null>) =>
    setSearch(
      (b) => {
        const n = new URLSearchParams(b);
        n.delete("line");
        for (const [k, v] of Object.entries(changes))
          if (v) n.set(k, v);
          else n.delete(k);
        return n;
      },
      { replace: true },
    );
  const all = Array.from({ length: of.try_number }, (_, i) => ({ value: String(i + 1), label: t("ti.attemptN", { n: i + 1 }) }));
  return (
    <Group mb="xs" gap="sm">
      {all.length <= 8 ? (
        <SegmentedControl
          size="xs"
          aria-label={t("ti.attempt")}
          value={String(attempt)}
          onChange={(v) => set({ try_number: v })}
          data={all}
        />
      ) : (
        <Select
          size="xs"
          w={160}
          aria-label={t("ti.attempt")}
          value={String(attempt)}
          onChange={(v) => set({ try_number: v })}
          data={all}
          allowDeselect={false}
        />
      )}
      <Select
        size="xs"
        w={190}
        clearable
        clearButtonProps={{ "aria-label": t("clearFilter") }}
        aria-label={t("ti.beside")}
        placeholder={t("ti.beside")}
        value={beside ? String(beside) : null}
        onChange={(v) => set({ beside: v })}
        data={all.filter((x) => x.value !== String(attempt))}
      />
    </Group>
  );
}

/** From one mapped instance to its neighbours. */
function Neighbours({ task, here, index }: { task: string; here: string; index: number }) {
  const { t } = useTranslation();
  const all = useGet<TiPage>(`${task}/listMapped`, { limit: 0 }, { every: 10_000 });
  const n = all.data?.total_entries ?? 0;
  const to = (i: number) => `${here.replace(/\/mapped\/\d+$/, "")}/mapped/${i}`;
  return (
    <nav aria-label={t("ti.neighbours")} className="neighbours">
      {index > 0 && (
        <Link to={to(index - 1)} aria-label={`‹ ${index - 1} ${t("ti.before")}`} rel="prev">
          ‹ {index - 1}
        </Link>
      )}
      <Text span fz={13} c="dimmed">
        {t("ti.nth", { n: index + 1, of: n })}
      </Text>
      {index + 1 < n && (
        <Link to={to(index + 1)} aria-label={`${index + 1} › ${t("ti.after")}`} rel="next">
          {index + 1} ›
        </Link>
      )}
    </nav>
  );
}

function Rendered({ of }: { of: Ti }) {
  const { t } = useTranslation();
  const list = Object.entries(of.rendered_fields ?? {});
  if (!list.length)
    return (
      <div className="card">
        <Empty title={t("rendered.none")}>{t("rendered.noneHint")}</Empty>
      </div>
    );
  return (
    <div className="card tile">
      <Facts of={list.map(([k, v]) => [k, <Value key={k} of={v} />])} />
    </div>
  );
}

function Tries({ path, here }: { path: string; here: string }) {
  const { t } = useTranslation();
  const tries = useGet<TiPage>(`${path}/tries`, {}, { every: 3000 });
  return (
    <Loaded of={tries}>
      {(r) =>
        r.task_instances.length === 0 ? (
          <div className="card">
            <Empty title={t("log.notYet")} />
          </div>
        ) : (
          <div className="card table-box">
            <table className="table" aria-label={t("ti.tries")}>
              <thead>
                <tr>
                  <th>#</th>
                  <th>{t("state")}</th>
                  <th>{t("run.queued")}</th>
                  <th>{t("start")}</th>
                  <th>{t("end")}</th>
                  <th className="num">{t("ti.waited")}</th>
                  <th className="num">{t("duration")}</th>
                  <th>{t("ti.host")}</th>
                  <th>{t("tab.logs")}</th>
                </tr>
              </thead>
              <tbody>
                {r.task_instances.map((x) => (
                  <tr key={x.try_number}>
                    <td>{x.try_number}</td>
                    <td>
                      <StateMark state={x.state} />
                    </td>
                    <td>
                      <When at={x.queued_when} />
                    </td>
                    <td>
                      <When at={x.start_date} />
                    </td>
                    <td>
                      <When at={x.end_date} />
                    </td>
                    <td className="num">
                      {x.scheduled_when && x.start_date ? <Took start={x.scheduled_when} end={x.start_date} /> : "–"}
                    </td>
                    <td className="num">{x.end_date ? <Took start={x.start_date} end={x.end_date} /> : "–"}</td>
                    <td>{x.hostname}</td>
                    <td>
                      <Link to={`${here}?view=logs&try_number=${x.try_number}`}>{t("tab.logs")}</Link>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )
      }
    </Loaded>
  );
}

function Details({ of: x }: { of: Ti }) {
  const { t } = useTranslation();
  return (
    <div className="card tile">
      <Facts
        of={[
          [
            t("task"),
            <span key="t" className="mono">
              {x.task_id}
            </span>,
          ],
          [
            "ID",
            <span key="i" className="mono">
              {x.id}
            </span>,
          ],
          [t("ti.operator"), x.operator_name],
          [t("ti.tries"), `${x.try_number} / ${x.max_tries + 1}`],
          [t("scheduled"), <When key="s" at={x.scheduled_when} />],
          [t("run.queued"), <When key="q" at={x.queued_when} />],
          [t("start"), <When key="b" at={x.start_date} />],
          [t("end"), <When key="e" at={x.end_date} />],
          [t("duration"), x.start_date ? <Took key="d" start={x.start_date} end={x.end_date} /> : null],
          [
            t("ti.pool"),
            <span key="p">
              <Link to={`/pools?q=${seg(x.pool)}`}>{x.pool}</Link> ({x.pool_slots})
            </span>,
          ],
          [t("ti.queue"), x.queue],
          [t("ti.priority"), x.priority_weight],
          [t("ti.executor"), x.executor],
          [t("ti.host"), x.hostname],
          [t("ti.unixname"), x.unixname],
          ["PID", x.pid],
          [
            t("code.version"),
            x.dag_version ? (
              <Link key="v" to={`/dags/${seg(x.dag_id)}/code?version=${x.dag_version.version_number}`}>
                v{x.dag_version.version_number}
              </Link>
            ) : null,
          ],
          [t("ti.trigger"), x.trigger ? <Value key="g" of={x.trigger} /> : null],
          [t("note"), x.note],
        ]}
      />
    </div>
  );
}
