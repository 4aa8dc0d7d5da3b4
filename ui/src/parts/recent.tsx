/** The last runs of a DAG, or instances of a task, as bars: how each went, and how long it took. */
import type { ReactNode } from "react";
import { useZone } from "../settings";
import { formatDuration, formatTime, zoneMark } from "../time";
import { Chart, Figure } from "./chart";
import { useStateName } from "./state";

export interface Recent {
  at: string;
  state: Parameters<ReturnType<typeof useStateName>>[0];
  /** null: it has not begun. */
  seconds: number | null;
  to: string;
}

/** The newest first, as lists come. */
export function RecentBars({ title, of, control }: { title: string; of: Recent[]; control?: ReactNode }) {
  const name = useStateName();
  const zone = useZone();
  const shown = [...of].reverse().map((r) => ({ ...r, at: new Date(r.at) }));
  return (
    <Figure title={title} table={null} alone {...(control ? { control } : {})}>
      <Chart
        label={title}
        zone={shown[0] && zoneMark(shown[0].at, zone)}
        columns={shown.map((r) => formatTime(r.at, zone).slice(5, 16))}
        bars={shown.map((r) => ({
          y: r.seconds,
          className: `st-${r.state}`,
          failed: r.state === "failed",
          text: `${formatTime(r.at, zone)} ${zoneMark(r.at, zone)}, ${name(r.state)}, ${formatDuration(r.seconds)}`,
          to: r.to,
        }))}
      />
    </Figure>
  );
}
