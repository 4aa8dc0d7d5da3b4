/** What a run hangs on, when it will end, and whether that is usual. The engine computes it (engine/api/ui/forecast.h). */
import { Switch, Text } from "@mantine/core";
import { createContext, useContext, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { type GridRun, type Run, seg, type TiState } from "../api";
import { IconHourglass } from "../icons";
import { useGet } from "../live";
import { useZone } from "../settings";
import { formatDuration, formatTime, useNow, When, zoneMark } from "../time";
import { StateMark, useStateName } from "./state";

interface Band<T> {
  p10: T;
  p50: T;
  p90: T;
  n: number;
}
export interface PathStep {
  task_id: string;
  map_index: number;
  state: TiState | null;
  try_number: number;
  ready: string;
  scheduled: string | null;
  queued: string | null;
  start: string | null;
  end: string;
  expected: boolean;
  span: Band<number> | null;
}
export interface Forecast {
  now: string;
  usual: Band<number> | null;
  end: Band<string> | null;
  slow: boolean | null;
  few: number;
  ended: number;
  open: number;
  unknown: number;
  path: PathStep[];
}

/** While a run goes on the clock alone changes what is expected of it: then it is asked anew, and when the run's state changes. */
export function useForecast(dagId: string, run: { id: string; state: string } | undefined, enabled = true) {
  const asked = useGet<Forecast>(
    `/ui/dags/${seg(dagId)}/runs/${seg(run?.id ?? "")}/forecast`,
    {},
    { enabled: enabled && run !== undefined, every: (f) => (f?.open ? 5000 : 0), untold: true, keep: false },
  );
  const { refetch } = asked;
  const was = useRef(run?.state);
  useEffect(() => {
    if (was.current !== run?.state && enabled) refetch();
    was.current = run?.state;
  }, [run?.state, enabled, refetch]);
  return asked;
}

/* ── the path in other pictures ── */

const Path = createContext<ReadonlySet<string>>(new Set());
/** Is this task on the path that is shown? */
export const useOnPath = (taskId: string) => useContext(Path).has(taskId);
/** Its tasks, and `from>to` of its arrows. */
export const usePath = () => useContext(Path);

/** A switch that shows the path in what stands below, and what it is below of. */
export function usePathSwitch(dagId: string, run: Pick<GridRun, "run_id" | "state"> | undefined) {
  const { t } = useTranslation();
  const [on, setOn] = useState(false);
  const asked = useForecast(dagId, run && { id: run.run_id, state: run.state }, on);
  const path = asked.data?.path;
  const value = useMemo(() => {
    const list = (on && path) || [];
    return new Set(list.flatMap((s, i) => [s.task_id, ...(i ? [`${list[i - 1]!.task_id}>${s.task_id}`] : [])]));
  }, [on, path]);
  const control = run ? (
    <Switch size="xs" label={t("path.show")} checked={on} onChange={(e) => setOn(e.currentTarget.checked)} />
  ) : null;
  const wrap = (children: React.ReactNode) => <Path.Provider value={value}>{children}</Path.Provider>;
  return { control, wrap, steps: on ? path : undefined };
}

/* ── the panel ── */

const ms = (at: string) => Date.parse(at);
const between = (from: string, to: string) => Math.max(0, (ms(to) - ms(from)) / 1000);

/** The usual band as a bar, and this run on it. */
function BandBar({ usual, takes, open }: { usual: Band<number>; takes: number; open: boolean }) {
  const { t } = useTranslation();
  const most = Math.max(usual.p90, takes) * 1.1 || 1;
  const at = (x: number) => `${(x / most) * 100}%`;
  const text = t("forecast.bandText", {
    from: formatDuration(usual.p10),
    to: formatDuration(usual.p90),
    takes: formatDuration(takes),
  });
  return (
    <div className="band" role="img" aria-label={text}>
      <span
        className="band-usual"
        style={{ left: at(usual.p10), width: `max(3px, ${((usual.p90 - usual.p10) / most) * 100}%)` }}
      />
      <span className="band-half" style={{ left: at(usual.p50) }} />
      <span className={`band-this${open ? " open" : ""}`} style={{ width: at(takes) }} />
    </div>
  );
}

function Ends({ of, run }: { of: Forecast; run: Run }) {
  const { t } = useTranslation();
  const zone = useZone();
  if (run.end_date) return null;
  if (!of.end)
    return (
      <Text fz={13} c="dimmed">
        {t("forecast.noEnd")}
      </Text>
    );
  const clock = (at: string) => formatTime(new Date(at), zone).slice(11);
  const { p10, p50, p90 } = of.end;
  return (
    <div>
      <Text fz={12} c="dimmed">
        {t("forecast.end")}
      </Text>
      <Text fz={17} fw={650} component="div">
        <When at={p50} />
      </Text>
      <Text fz={12} c="dimmed">
        {ms(p90) - ms(p10) > 1000
          ? t("forecast.endBand", { from: clock(p10), to: clock(p90), zone: zoneMark(new Date(p50), zone) })
          : t("forecast.endSharp")}
      </Text>
    </div>
  );
}

function Usual({ of, run }: { of: Forecast; run: Run }) {
  const { t } = useTranslation();
  const now = useNow(run.end_date ? 3600_000 : 1000);
  const { usual } = of;
  const takes = run.start_date ? Math.max(0, ((run.end_date ? ms(run.end_date) : now) - ms(run.start_date)) / 1000) : 0;
  if (!usual)
    return (
      <Text fz={13} c="dimmed">
        {t("forecast.noPast")}
      </Text>
    );
  return (
    <div className="forecast-usual">
      <Text fz={12} c="dimmed">
        {t("forecast.usual")}
      </Text>
      <Text fz={17} fw={650} component="div">
        {formatDuration(usual.p50)}{" "}
        <Text span fz={12} fw={400} c="dimmed">
          {usual.n >= of.few
            ? t("forecast.usualBand", { from: formatDuration(usual.p10), to: formatDuration(usual.p90), n: usual.n })
            : t("forecast.usualFew", { n: usual.n })}
        </Text>
      </Text>
      {run.start_date && <BandBar usual={usual} takes={takes} open={!run.end_date} />}
    </div>
  );
}

/** Where the time of a step went before it began. */
function useWait() {
  const { t } = useTranslation();
  return (s: PathStep) => {
    const began = s.start && ms(s.start) > ms(s.ready) ? s.start : s.ready;
    const parts: string[] = [];
    const add = (key: string, from: string | null, to: string | null) => {
      if (from && to && between(from, to) >= 0.05) parts.push(t(key, { n: formatDuration(between(from, to)) }));
    };
    if (s.try_number > 1) add("path.tries", s.ready, began);
    else {
      add("path.held", s.ready, s.scheduled);
      add("path.slot", s.scheduled, s.queued);
      add("path.start", s.queued, s.start);
    }
    return { seconds: between(s.ready, began), why: parts.join(" · ") };
  };
}

function Steps({ dagId, runId, steps }: { dagId: string; runId: string; steps: PathStep[] }) {
  const { t } = useTranslation();
  const name = useStateName();
  const wait = useWait();
  const [all, setAll] = useState(false);
  const total = steps.length ? between(steps[0]!.ready, steps[steps.length - 1]!.end) || 1 : 1;
  // The longest are shown first when there are many; in the order of the path all the same.
  const longest = new Set([...steps].sort((a, b) => between(b.ready, b.end) - between(a.ready, a.end)).slice(0, 8));
  const list = all ? steps : steps.filter((s) => longest.has(s));
  return (
    <>
      <div className="path-strip" aria-hidden="true">
        {steps.map((s) => {
          const w = wait(s).seconds;
          const took = between(s.ready, s.end);
          return (
            <span
              key={`${s.task_id} ${s.map_index}`}
              data-tip={`${s.task_id}: ${name(s.state)}, ${formatDuration(took)}`}
              className={`path-part st-${s.state ?? "none"}${s.expected ? " expected" : ""}`}
              style={{ flexGrow: Math.max(took / total, 0.004) }}
            >
              <span className="path-wait" style={{ width: `${took ? (w / took) * 100 : 0}%` }} />
            </span>
          );
        })}
      </div>
      <div className="table-box">
        <table className="table slim" aria-label={t("path.title")}>
          <thead>
            <tr>
              <th scope="col">{t("task")}</th>
              <th scope="col">{t("state")}</th>
              <th scope="col" className="num">
                {t("ti.waited")}
              </th>
              <th scope="col" className="num">
                {t("path.ran")}
              </th>
              <th scope="col" className="num">
                {t("path.share")}
              </th>
              <th scope="col" className="num">
                {t("path.usual")}
              </th>
              <th scope="col">{t("path.why")}</th>
            </tr>
          </thead>
          <tbody>
            {list.map((s) => {
              const w = wait(s);
              const took = between(s.ready, s.end);
              return (
                <tr key={`${s.task_id} ${s.map_index}`}>
                  <th scope="row" className="plain">
                    <Link
                      to={`/dags/${seg(dagId)}/runs/${seg(runId)}/tasks/${seg(s.task_id)}${s.map_index >= 0 ? `/mapped/${s.map_index}` : ""}`}
                    >
                      {s.task_id}
                      {s.map_index >= 0 && ` [${s.map_index}]`}
                    </Link>
                  </th>
                  <td>
                    <StateMark state={s.state} />
                  </td>
                  <td className="num">{s.expected && !s.start ? "–" : formatDuration(w.seconds)}</td>
                  <td className="num">
                    {s.expected && "≈ "}
                    {formatDuration(Math.max(0, took - (s.expected && !s.start ? 0 : w.seconds)))}
                  </td>
                  <td className="num">{Math.round((took / total) * 100)} %</td>
                  <td className="num">
                    {s.span ? (
                      <span
                        data-tip={t("path.usualTip", {
                          from: formatDuration(s.span.p10),
                          to: formatDuration(s.span.p90),
                          n: s.span.n,
                        })}
                      >
                        {formatDuration(s.span.p50)}
                      </span>
                    ) : (
                      "–"
                    )}
                  </td>
                  <td className="dim">{w.why}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      {steps.length > list.length || all
        ? steps.length > 8 && (
            <button type="button" className="link-button" onClick={() => setAll(!all)}>
              {all ? t("path.fewer") : t("path.all", { n: steps.length })}
            </button>
          )
        : null}
    </>
  );
}

export function ForecastPanel({ dagId, run }: { dagId: string; run: Run }) {
  const { t } = useTranslation();
  const asked = useForecast(dagId, { id: run.dag_run_id, state: run.state });
  const of = asked.data;
  if (!of) return null;
  const steps = of.path;
  return (
    <section className="card tile forecast" aria-label={t("forecast.title")}>
      <div className="forecast-top">
        <Usual of={of} run={run} />
        <Ends of={of} run={run} />
        {of.slow && (
          <span className="slow">
            <IconHourglass size={16} /> {t("forecast.slow")}
          </span>
        )}
        {of.open > 0 && (
          <Text fz={13} c="dimmed">
            {t("forecast.tasks", { ended: of.ended, open: of.open })}
            {of.unknown > 0 && of.usual && ` ${t("forecast.unknown", { n: of.unknown })}`}
          </Text>
        )}
      </div>
      {steps.length > 0 && (
        <details className="fold">
          <summary>
            <span className="one-line">{t("path.title")}</span>{" "}
            <Text span fz={12} c="dimmed" ml={4}>
              {steps
                .slice(0, 5)
                .map((s) => s.task_id)
                .join(" → ")}
              {steps.length > 5 && ` … (${steps.length})`}
            </Text>
          </summary>
          <Text fz={12} c="dimmed" my={6}>
            {t(run.end_date ? "path.hint" : "path.hintOpen")}
          </Text>
          <Steps dagId={dagId} runId={run.dag_run_id} steps={steps} />
        </details>
      )}
    </section>
  );
}
