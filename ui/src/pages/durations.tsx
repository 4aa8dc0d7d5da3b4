/** How long the DAG's runs and tasks take, and when they land, over its last runs. */
import { Group, MultiSelect, SegmentedControl, Text } from "@mantine/core";
import { useEffect, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "react-router";
import { type GridRun, type Run, seg } from "../api";
import { IconTimeline } from "../icons";
import { useGet } from "../live";
import { Empty, Loaded } from "../parts/bits";
import { Chart, Figure, Legend, type Mark } from "../parts/chart";
import { RunTypeFilter, StateFilter } from "../parts/filter";
import { StateMark, useStateName } from "../parts/state";
import { useZone } from "../settings";
import { formatDuration, formatTime, When, zoneMark } from "../time";
import { useDag } from "./dag";

interface TaskSeries {
  task_id: string;
  band: { p10: number; p50: number; p90: number; n: number } | null;
  /** As the runs: newest first. */
  seconds: (number | null)[];
}
interface Answer {
  runs: Run[];
  tasks: TaskSeries[];
}
const LONGEST = 5;
const MOST = 8;

const median = (v: number[]) => {
  const s = [...v].sort((a, b) => a - b);
  return s.length ? (s[(s.length - 1) >> 1]! + s[s.length >> 1]!) / 2 : null;
};
const known = (v: (number | null)[]) => v.filter((x): x is number => x !== null);
const landing = (r: Run) => (r.end_date ? (Date.parse(r.end_date) - Date.parse(r.run_after)) / 1000 : null);
const signed = (s: number | null) => (s === null ? "–" : s < 0 ? `−${formatDuration(-s)}` : formatDuration(s));

function Charts({ data, chosen, choose }: { data: Answer; chosen: string[]; choose: (ids: string[]) => void }) {
  const { t } = useTranslation();
  const name = useStateName();
  const zone = useZone();
  const dag = useDag();
  const runs = useMemo(() => [...data.runs].reverse(), [data]);
  const day = runs.length > 1 && Date.parse(runs[runs.length - 1]!.run_after) - Date.parse(runs[0]!.run_after) > 2 * 86400_000;
  const columns = runs.map((r) => {
    const text = formatTime(new Date(r.run_after), zone);
    return day ? text.slice(5, 10) : text.slice(11, 16);
  });
  const label = (r: Run) => `${formatTime(new Date(r.run_after), zone)} ${zoneMark(new Date(r.run_after), zone)}`;
  const mark = runs[0] && zoneMark(new Date(runs[0].run_after), zone);
  const bars = (of: (r: Run) => number | null): Mark[] =>
    runs.map((r) => ({
      y: of(r),
      className: `st-${r.state}`,
      failed: r.state === "failed",
      text: `${label(r)}, ${name(r.state)}, ${signed(of(r))}`,
      to: `/dags/${seg(dag.dag_id)}/runs/${seg(r.dag_run_id)}`,
    }));
  const usual = median(known(runs.map((r) => r.duration)));
  const usualLanding = median(known(runs.map(landing)));
  const longest = useMemo(() => [...data.tasks].filter((x) => x.band).sort((a, b) => b.band!.p50 - a.band!.p50), [data]);
  const ids = chosen.length ? chosen : longest.slice(0, LONGEST).map((x) => x.task_id);
  const shown = ids.flatMap((id) => data.tasks.find((x) => x.task_id === id) ?? []);
  const numbers = (title: string, of: (r: Run) => number | null) => (
    <details className="fold">
      <summary>{t("durations.table")}</summary>
      <div className="table-box" style={{ maxHeight: 360 }}>
        <table className="table slim" aria-label={title}>
          <thead>
            <tr>
              <th scope="col">{t("run")}</th>
              <th scope="col">{t("run.after")}</th>
              <th scope="col">{t("state")}</th>
              <th scope="col" className="num">
                {title}
              </th>
            </tr>
          </thead>
          <tbody>
            {data.runs.map((r) => (
              <tr key={r.dag_run_id}>
                <th scope="row" className="plain mono">
                  <Link to={`/dags/${seg(dag.dag_id)}/runs/${seg(r.dag_run_id)}`}>{r.dag_run_id}</Link>
                </th>
                <td>
                  <When at={r.run_after} />
                </td>
                <td>
                  <StateMark state={r.state} />
                </td>
                <td className="num">{signed(of(r))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
  return (
    <>
      <Figure
        title={t("durations.runs")}
        hint={usual === null ? "" : t("durations.median", { n: formatDuration(usual) })}
        table={numbers(t("durations.runs"), (r) => r.duration)}
      >
        <Chart label={t("durations.runs")} zone={mark} columns={columns} bars={bars((r) => r.duration)} usual={usual} />
      </Figure>
      <Figure
        title={t("durations.tasks")}
        hint={chosen.length ? "" : t("durations.longest", { n: Math.min(LONGEST, longest.length) })}
        control={
          <MultiSelect
            size="xs"
            w={340}
            searchable
            clearable
            maxValues={MOST}
            clearButtonProps={{ "aria-label": t("clearFilter") }}
            aria-label={t("durations.choose")}
            placeholder={chosen.length ? "" : t("durations.choose")}
            data={data.tasks.map((x) => x.task_id)}
            value={chosen}
            onChange={choose}
          />
        }
        table={
          <details className="fold">
            <summary>{t("durations.table")}</summary>
            <div className="table-box" style={{ maxHeight: 360 }}>
              <table className="table slim" aria-label={t("durations.tasks")}>
                <thead>
                  <tr>
                    <th scope="col">{t("task")}</th>
                    {["durations.half", "durations.p10", "durations.p90", "durations.max", "durations.last", "durations.n"].map(
                      (k) => (
                        <th key={k} scope="col" className="num">
                          {t(k)}
                        </th>
                      ),
                    )}
                  </tr>
                </thead>
                <tbody>
                  {longest.map((x) => (
                    <tr key={x.task_id}>
                      <th scope="row" className="plain">
                        <Link to={`/dags/${seg(dag.dag_id)}/tasks/${seg(x.task_id)}`}>{x.task_id}</Link>
                      </th>
                      <td className="num">{formatDuration(x.band!.p50)}</td>
                      <td className="num">{formatDuration(x.band!.p10)}</td>
                      <td className="num">{formatDuration(x.band!.p90)}</td>
                      <td className="num">{formatDuration(Math.max(...known(x.seconds)))}</td>
                      <td className="num">{formatDuration(known(x.seconds)[0])}</td>
                      <td className="num">{x.band!.n}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          </details>
        }
      >
        <Chart
          label={t("durations.tasks")}
          zone={mark}
          columns={columns}
          series={shown.map((s) => {
            const y = [...s.seconds].reverse();
            return { name: s.task_id, y, text: (i) => `${s.task_id}, ${label(runs[i]!)}, ${formatDuration(y[i])}` };
          })}
        />
        <Legend names={shown.map((s) => s.task_id)} />
      </Figure>
      <Figure
        title={t("durations.landing")}
        hint={`${t("durations.landingHint")}${usualLanding === null ? "" : ` · ${t("durations.median", { n: signed(usualLanding) })}`}`}
        table={numbers(t("durations.landing"), landing)}
      >
        <Chart label={t("durations.landing")} zone={mark} columns={columns} bars={bars(landing)} usual={usualLanding} />
      </Figure>
    </>
  );
}

export function Component() {
  const { t } = useTranslation();
  const dag = useDag();
  const [search, setSearch] = useSearchParams();
  const limit = search.get("runs") ?? "50";
  const states = search.getAll("state");
  const type = search.get("run_type");
  const set = (key: string, values: (string | null)[]) =>
    setSearch(
      (before) => {
        const next = new URLSearchParams(before);
        next.delete(key);
        for (const v of values) if (v) next.append(key, v);
        return next;
      },
      { replace: true },
    );
  const asked = useGet<Answer>(
    `/ui/dags/${seg(dag.dag_id)}/durations`,
    { limit: Number(limit), state: states, run_type: type },
    { every: 30_000 },
  );
  // The page's head knows the newest run: when something becomes of it there is more to draw.
  const latest = useGet<{ runs: GridRun[] }>(`/ui/dags/${seg(dag.dag_id)}/grid`, { limit: 1, cells: false }, { every: 3000 });
  const newest = latest.data?.runs[0] && `${latest.data.runs[0].run_id} ${latest.data.runs[0].state}`;
  const drawn = useRef(newest);
  const { refetch } = asked;
  useEffect(() => {
    if (drawn.current !== undefined && drawn.current !== newest) refetch();
    drawn.current = newest;
  }, [newest, refetch]);
  return (
    <>
      <Group mb="sm" gap="sm">
        <SegmentedControl
          size="xs"
          aria-label={t("grid.runs")}
          value={limit}
          onChange={(v) => set("runs", [v])}
          data={["25", "50", "100", "365"].map((n) => ({ value: n, label: t("grid.last", { n }) }))}
        />
        <StateFilter label={t("run.state")} w={220} value={states} onChange={(v) => set("state", v)} />
        <RunTypeFilter w={170} value={type} onChange={(v) => set("run_type", [v])} />
      </Group>
      <Loaded of={asked}>
        {(data) =>
          data.runs.length === 0 ? (
            <div className="card">
              <Empty icon={<IconTimeline size={30} />} title={t("run.none")} />
            </div>
          ) : (
            <>
              <Charts data={data} chosen={search.getAll("task")} choose={(ids) => set("task", ids)} />
              <Text fz={12} c="dimmed">
                {t("durations.count", { count: data.runs.length })}
              </Text>
            </>
          )
        }
      </Loaded>
    </>
  );
}
