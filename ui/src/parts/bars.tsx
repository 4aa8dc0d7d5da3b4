/** Runs as bars: how long each took and what became of it. */
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { type GridRun, seg } from "../api";
import { useZone } from "../settings";
import { formatDuration, formatTime, zoneMark } from "../time";
import { arrows } from "./arrows";
import { useStateName } from "./state";

export function seconds(r: { start_date: string | null; end_date: string | null }): number {
  if (!r.start_date) return 0;
  return ((r.end_date ? new Date(r.end_date).getTime() : Date.now()) - new Date(r.start_date).getTime()) / 1000;
}

/** Newest first as the server tells them; the newest is drawn at the right. */
export function RunBars({ dagId, runs, height = 26 }: { dagId: string; runs: GridRun[]; height?: number }) {
  const { t } = useTranslation();
  const name = useStateName();
  const zone = useZone();
  const longest = Math.max(...runs.map(seconds), 0.001);
  return (
    <span className="bars" style={{ height }} {...(runs.length ? arrows(t("dag.runsOf", { name: dagId }), "last") : {})}>
      {[...runs].reverse().map((r) => {
        const at = new Date(r.run_after);
        const text = `${formatTime(at, zone)} ${zoneMark(at, zone)}, ${name(r.state)}, ${formatDuration(seconds(r))}`;
        return (
          <Link
            key={r.run_id}
            to={`/dags/${seg(dagId)}/runs/${seg(r.run_id)}`}
            className={`bar st-${r.state}`}
            tabIndex={-1}
            aria-label={text}
            data-tip={text}
            style={{ height: Math.max(5, (seconds(r) / longest) * height) }}
          />
        );
      })}
    </span>
  );
}
