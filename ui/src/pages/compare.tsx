/** Two runs of a DAG side by side: times, inputs, states, rendered fields, XComs, code. */
import { Alert, Button, Checkbox, Group, Select, Text } from "@mantine/core";
import { lazy, type ReactNode, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate, useParams } from "react-router";
import { type GridRun, type Run, seg, type TiState } from "../api";
import { IconArrowsLeftRight } from "../icons";
import { useGet } from "../live";
import { Busy, Empty, Loaded, useTitle } from "../parts/bits";
import { Diff } from "../parts/diff";
import { startedBy } from "../parts/reasons";
import { StateMark, useStateName } from "../parts/state";
import { useZone } from "../settings";
import { formatDuration, formatTime, Took, When, zoneMark } from "../time";
import { useDag } from "./dag";

const Code = lazy(() => import("../parts/code"));

interface Side {
  state: TiState | null;
  try_number: number;
  queued: string | null;
  start: string | null;
  end: string | null;
  pool: string | null;
  operator: string | null;
}
interface Pair {
  task_id: string;
  map_index: number;
  rendered_map_index: string | null;
  a: Side | null;
  b: Side | null;
}
interface Difference {
  task_id: string;
  map_index: number;
  key?: string;
  field?: string;
  a: string | null;
  b: string | null;
  cut: boolean;
}
interface Answer {
  runs: [Run, Run];
  tasks: Pair[];
  rendered: Difference[];
  xcoms: Difference[] | null;
  most: number;
}

const took = (s: { start: string | null; end: string | null } | null) =>
  s?.start && s.end ? Math.max(0, (Date.parse(s.end) - Date.parse(s.start)) / 1000) : null;
const pretty = (v: unknown) => JSON.stringify(v ?? {}, null, 2);
/** JSON text in lines, so that its lines can be compared. */
function spread(text: string): string {
  if (!/^[[{]/.test(text)) return text;
  try {
    return pretty(JSON.parse(text));
  } catch {
    return text;
  }
}

export const comparePath = (dagId: string, a: string, b?: string) =>
  `/dags/${seg(dagId)}/compare/${seg(a)}${b === undefined ? "" : `/${seg(b)}`}`;

/* ── which two ── */

function Choice({ dagId, a, b }: { dagId: string; a: string; b: string | undefined }) {
  const { t } = useTranslation();
  const zone = useZone();
  const navigate = useNavigate();
  const runs = useGet<{ runs: GridRun[] }>(`/ui/dags/${seg(dagId)}/grid`, { limit: 200, cells: false });
  const name = useStateName();
  const options = useMemo(() => {
    const list = runs.data?.runs ?? [];
    const known = list.map((r) => {
      const at = new Date(r.run_after);
      return { value: r.run_id, label: `${formatTime(at, zone)} ${zoneMark(at, zone)} · ${name(r.state)} · ${r.run_id}` };
    });
    const more = [a, b].filter((id): id is string => id !== undefined && !list.some((r) => r.run_id === id));
    return [...known, ...more.map((id) => ({ value: id, label: id }))];
  }, [runs.data, zone, a, b, name]);
  const select = (side: string, value: string | null, set: (id: string) => void) => (
    <Select
      size="xs"
      label={side}
      data={options}
      value={value}
      searchable
      allowDeselect={false}
      placeholder={t("compare.choose")}
      nothingFoundMessage={t("run.none")}
      onChange={(v) => v && set(v)}
    />
  );
  return (
    <div className="compare-head">
      {select(t("compare.first"), a, (id) => navigate(comparePath(dagId, id, b)))}
      <Button
        size="xs"
        variant="default"
        leftSection={<IconArrowsLeftRight size={15} />}
        disabled={b === undefined}
        onClick={() => navigate(comparePath(dagId, b!, a))}
      >
        {t("compare.swap")}
      </Button>
      {select(t("compare.second"), b ?? null, (id) => navigate(comparePath(dagId, a, id)))}
    </div>
  );
}

/* ── the runs ── */

function Differs({ yes }: { yes: boolean }) {
  const { t } = useTranslation();
  return yes ? (
    <span className="differs-mark" role="img" aria-label={t("compare.differs")}>
      ≠
    </span>
  ) : null;
}

interface AssetEvent {
  id: number;
  name?: string;
  uri?: string;
  asset_id: number;
  source_run_id: string | null;
  source_dag_id: string | null;
  timestamp: string;
}
function useAssetEvents(run: Run) {
  return useGet<{ asset_events: AssetEvent[] }>(
    `/api/v2/dags/${seg(run.dag_id)}/dagRuns/${seg(run.dag_run_id)}/upstreamAssetEvents`,
    {},
    { keep: false, enabled: run.run_type === "asset_triggered" },
  );
}

function Facts2({ runs: [a, b] }: { runs: [Run, Run] }) {
  const { t } = useTranslation();
  const events = [useAssetEvents(a), useAssetEvents(b)] as const;
  const version = (r: Run) => r.dag_versions.map((v) => `v${v.version_number}`).join(", ");
  const interval = (r: Run) =>
    r.data_interval_start ? (
      <>
        <When at={r.data_interval_start} /> … <When at={r.data_interval_end} />
      </>
    ) : (
      "–"
    );
  const eventText = (i: 0 | 1) =>
    events[i].data?.asset_events.map((e) => `${e.name ?? e.uri ?? e.asset_id} ${e.timestamp}`).join(", ") ?? "";
  const eventList = (i: 0 | 1) => {
    const list = events[i].data?.asset_events ?? [];
    if (!list.length) return "–";
    return list.map((e) => (
      <div key={e.id}>
        {e.name ?? e.uri ?? e.asset_id} <When at={e.timestamp} />
        {e.source_run_id && e.source_dag_id && (
          <>
            {" "}
            <Link to={`/dags/${seg(e.source_dag_id)}/runs/${seg(e.source_run_id)}`}>{e.source_dag_id}</Link>
          </>
        )}
      </div>
    ));
  };
  // What each run has of its own in any case is not called a difference.
  const rows: [string, ReactNode, ReactNode, boolean][] = [
    [t("state"), <StateMark key="a" state={a.state} />, <StateMark key="b" state={b.state} />, a.state !== b.state],
    [
      t("run.type"),
      t(`runType.${a.run_type}`, { defaultValue: a.run_type }),
      t(`runType.${b.run_type}`, { defaultValue: b.run_type }),
      a.run_type !== b.run_type,
    ],
    [t("run.logical"), <When key="a" at={a.logical_date} />, <When key="b" at={b.logical_date} />, false],
    [t("run.interval"), interval(a), interval(b), false],
    [t("run.after"), <When key="a" at={a.run_after} />, <When key="b" at={b.run_after} />, false],
    [t("start"), <When key="a" at={a.start_date} />, <When key="b" at={b.start_date} />, false],
    [
      t("compare.late"),
      <Took key="a" start={a.run_after} end={a.start_date ?? a.run_after} />,
      <Took key="b" start={b.run_after} end={b.start_date ?? b.run_after} />,
      false,
    ],
    [
      t("duration"),
      <Took key="a" start={a.start_date} end={a.end_date} />,
      <>
        <Took start={b.start_date} end={b.end_date} /> <Change a={a.duration} b={b.duration} />
      </>,
      false,
    ],
    [t("code.version"), version(a), version(b), version(a) !== version(b)],
    [t("run.triggeredBy"), startedBy(a, t), startedBy(b, t), false],
    ...(events[0].data || events[1].data
      ? ([[t("compare.assetEvents"), eventList(0), eventList(1), eventText(0) !== eventText(1)]] as [
          string,
          ReactNode,
          ReactNode,
          boolean,
        ][])
      : []),
    [t("note"), a.note ?? "–", b.note ?? "–", (a.note ?? "") !== (b.note ?? "")],
  ];
  return (
    <div className="card table-box">
      <table className="table" aria-label={t("compare.runs")}>
        <thead>
          <tr>
            <td />
            {[a, b].map((r, i) => (
              <th key={i} scope="col">
                <span className="compare-side">{i ? "B" : "A"}</span>
                <Link to={`/dags/${seg(r.dag_id)}/runs/${seg(r.dag_run_id)}`} className="mono">
                  {r.dag_run_id}
                </Link>
              </th>
            ))}
            <td style={{ width: "1%" }} />
          </tr>
        </thead>
        <tbody>
          {rows.map(([what, x, y, differs]) => (
            <tr key={what} className={differs ? "differs" : ""}>
              <th scope="row" className="plain">
                {what}
              </th>
              <td>{x}</td>
              <td>{y}</td>
              <td>
                <Differs yes={differs} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** How much more or less b is. */
function Change({ a, b }: { a: number | null; b: number | null }) {
  const { t } = useTranslation();
  if (a === null || b === null) return null;
  const d = b - a;
  const times = a > 0.05 && b > 0 ? ` (${(b / a).toFixed(b / a < 10 ? 1 : 0)}×)` : "";
  if (Math.abs(d) < 0.005) return <>{t("compare.same")}</>;
  return (
    <span>
      {d > 0 ? "+" : "−"}
      {formatDuration(Math.abs(d))}
      {times}
    </span>
  );
}

function Conf({ runs: [a, b] }: { runs: [Run, Run] }) {
  const { t } = useTranslation();
  const [x, y] = [pretty(a.conf), pretty(b.conf)];
  return (
    <section aria-label={t("trigger.conf")}>
      <h3 className="section-head">
        {t("trigger.conf")} <Differs yes={x !== y} />
      </h3>
      {x === y ? (
        <Text fz={13} c="dimmed">
          {x === "{}" ? t("compare.noConf") : t("compare.sameConf")}
        </Text>
      ) : (
        <Diff a={x} b={y} label={t("trigger.conf")} />
      )}
    </section>
  );
}

/* ── tasks ── */

const ROWS = 200;
function Tasks({ dagId, runs, pairs }: { dagId: string; runs: [Run, Run]; pairs: Pair[] }) {
  const { t } = useTranslation();
  const [only, setOnly] = useState(false);
  const [all, setAll] = useState(false);
  const list = useMemo(() => {
    const rows = pairs.map((p) => {
      const [x, y] = [took(p.a), took(p.b)];
      return { p, x, y, by: x !== null && y !== null ? y - x : null };
    });
    const weight = (r: (typeof rows)[0]) => (r.by === null ? (r.p.a?.state !== r.p.b?.state ? 1e12 : -1) : Math.abs(r.by));
    return rows.sort((q, r) => weight(r) - weight(q));
  }, [pairs]);
  const differs = (p: Pair) => p.a?.state !== p.b?.state || p.a?.try_number !== p.b?.try_number || !p.a || !p.b;
  const most = Math.max(...list.map((r) => Math.abs(r.by ?? 0)), 0.001);
  const shown = list.filter((r) => !only || differs(r.p));
  const link = (r: Run, p: Pair) =>
    `/dags/${seg(dagId)}/runs/${seg(r.dag_run_id)}/tasks/${seg(p.task_id)}${p.map_index >= 0 ? `/mapped/${p.map_index}` : ""}`;
  const side = (s: Side | null, r: Run, p: Pair) =>
    s ? (
      <Link to={link(r, p)}>
        <StateMark state={s.state} />
        {s.try_number > 1 && (
          <Text span fz={12} c="dimmed">
            {" "}
            {t("compare.tries", { n: s.try_number })}
          </Text>
        )}
      </Link>
    ) : (
      <Text span fz={13} c="dimmed">
        {t("compare.notThere")}
      </Text>
    );
  return (
    <section aria-label={t("compare.tasks")}>
      <Group mt="lg" mb="xs">
        <h3 className="section-head" style={{ margin: 0 }}>
          {t("compare.tasks")}
        </h3>
        <Checkbox size="xs" label={t("compare.onlyStates")} checked={only} onChange={(e) => setOnly(e.currentTarget.checked)} />
      </Group>
      {shown.length === 0 ? (
        <Text fz={13} c="dimmed">
          {t("compare.sameStates")}
        </Text>
      ) : (
        <div className="card table-box">
          <table className="table slim" aria-label={t("compare.tasks")}>
            <thead>
              <tr>
                <th scope="col">{t("task")}</th>
                <th scope="col">A</th>
                <th scope="col">B</th>
                <th scope="col" className="num">
                  A
                </th>
                <th scope="col" className="num">
                  B
                </th>
                <th scope="col">{t("compare.difference")}</th>
                <th scope="col" className="num">
                  {t("compare.by")}
                </th>
                <td style={{ width: "1%" }} />
              </tr>
            </thead>
            <tbody>
              {(all ? shown : shown.slice(0, ROWS)).map(({ p, x, y, by }) => (
                <tr key={`${p.task_id} ${p.map_index}`} className={differs(p) ? "differs" : ""}>
                  <th scope="row" className="plain">
                    {p.task_id}
                    {p.map_index >= 0 && ` [${p.rendered_map_index ?? p.map_index}]`}
                  </th>
                  <td>{side(p.a, runs[0], p)}</td>
                  <td>{side(p.b, runs[1], p)}</td>
                  <td className="num">{formatDuration(x)}</td>
                  <td className="num">{formatDuration(y)}</td>
                  <td>
                    {by !== null && (
                      <span className="diverge" aria-hidden="true">
                        <span
                          className={`diverge-bar ${by >= 0 ? "slower" : "faster"}`}
                          style={{ width: `${(Math.abs(by) / most) * 50}%` }}
                        />
                      </span>
                    )}
                  </td>
                  <td className="num">
                    <Change a={x} b={y} />
                  </td>
                  <td>
                    <Differs yes={differs(p)} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {shown.length > ROWS && !all && (
        <button type="button" className="link-button" onClick={() => setAll(true)}>
          {t("compare.all", { n: shown.length })}
        </button>
      )}
    </section>
  );
}

/* ── texts ── */

function Texts({ title, none, list, most }: { title: string; none: string; list: Difference[]; most: number }) {
  const { t } = useTranslation();
  const of = (d: Difference) => `${d.task_id}${d.map_index >= 0 ? ` [${d.map_index}]` : ""} · ${d.key ?? d.field}`;
  return (
    <section aria-label={title}>
      <h3 className="section-head">
        {title} <Differs yes={list.length > 0} />
      </h3>
      {list.length === 0 ? (
        <Text fz={13} c="dimmed">
          {none}
        </Text>
      ) : (
        list.map((d, i) => (
          <details key={of(d)} className="card tile fold" open={i < 10}>
            <summary>
              {of(d)}{" "}
              {(d.a === null || d.b === null) && (
                <Text span fz={12} c="dimmed">
                  {t("compare.onlyIn", { side: d.a === null ? "B" : "A" })}
                </Text>
              )}
            </summary>
            {d.a === null || d.b === null ? (
              <pre className="pre" tabIndex={0}>
                {spread(d.a ?? d.b ?? "")}
              </pre>
            ) : (
              <Diff a={spread(d.a)} b={spread(d.b)} label={of(d)} />
            )}
            {d.cut && (
              <Text fz={12} c="dimmed">
                {t("compare.cut")}
              </Text>
            )}
          </details>
        ))
      )}
      {list.length >= most && (
        <Text fz={12} c="dimmed">
          {t("compare.most", { n: most })}
        </Text>
      )}
    </section>
  );
}

function Source({ dagId, runs }: { dagId: string; runs: [Run, Run] }) {
  const { t } = useTranslation();
  const dag = useDag();
  const [a, b] = runs.map((r) => r.dag_versions[r.dag_versions.length - 1]?.version_number) as [
    number | undefined,
    number | undefined,
  ];
  const differ = a !== undefined && b !== undefined && a !== b;
  const path = `/api/v2/dagSources/${seg(dagId)}`;
  const x = useGet<{ content: string }>(path, { version_number: a }, { enabled: differ });
  const y = useGet<{ content: string }>(path, { version_number: b }, { enabled: differ });
  const broken = x.error ?? y.error;
  return (
    <section aria-label={t("compare.code")}>
      <h3 className="section-head">
        {t("compare.code")} <Differs yes={differ} />
      </h3>
      {!differ ? (
        <Text fz={13} c="dimmed">
          {t("compare.sameVersion", { n: a ?? "?" })}
        </Text>
      ) : broken ? (
        <Text fz={13} c="dimmed">
          {t("compare.noCode")}
        </Text>
      ) : x.data && y.data ? (
        x.data.content === y.data.content ? (
          <Text fz={13} c="dimmed">
            {t("compare.sameCode", { a, b })}
          </Text>
        ) : (
          <Suspense fallback={<Busy />}>
            <Code
              text={y.data.content}
              against={x.data.content}
              language={/\.ya?ml$/.test(dag.fileloc) ? "yaml" : "python"}
              label={t("compare.code")}
              height="70vh"
            />
          </Suspense>
        )
      ) : (
        <Busy />
      )}
    </section>
  );
}

export function Component() {
  const { t } = useTranslation();
  const dag = useDag();
  const { runA = "", runB } = useParams();
  useTitle(t("compare.title"), dag.dag_display_name);
  const asked = useGet<Answer>(`/ui/dags/${seg(dag.dag_id)}/compare`, { a: runA, b: runB }, { enabled: runB !== undefined });
  return (
    <>
      <h2 className="sub-head">{t("compare.title")}</h2>
      <Choice dagId={dag.dag_id} a={runA} b={runB} />
      {runB === undefined ? (
        <div className="card">
          <Empty icon={<IconArrowsLeftRight size={30} />} title={t("compare.chooseTitle")}>
            {t("compare.chooseHint")}
          </Empty>
        </div>
      ) : (
        <Loaded of={asked}>
          {(c) => (
            <>
              {runA === runB && (
                <Alert color="yellow" py="xs" mb="sm">
                  {t("compare.oneRun")}
                </Alert>
              )}
              <Facts2 runs={c.runs} />
              <Conf runs={c.runs} />
              <Tasks dagId={dag.dag_id} runs={c.runs} pairs={c.tasks} />
              <Texts title={t("compare.rendered")} none={t("compare.sameRendered")} list={c.rendered} most={c.most} />
              {c.xcoms && <Texts title="XCom" none={t("compare.sameXcoms")} list={c.xcoms} most={c.most} />}
              <Source dagId={dag.dag_id} runs={c.runs} />
            </>
          )}
        </Loaded>
      )}
    </>
  );
}
