import { Group, Text } from "@mantine/core";
import { useCallback, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { seg } from "../api";
import { useGet } from "../live";
import { arrows } from "../parts/arrows";
import { Loaded } from "../parts/bits";
import { Mark, StateMark, useStateName } from "../parts/state";
import { useZone } from "../settings";
import { formatDay, formatDuration } from "../time";
import { zoneMark } from "../zone";
import { useDag } from "./dag";

interface Day {
  day: string;
  state: string;
  n: number;
  seconds: number;
}
interface Sum {
  counts: Record<string, number>;
  all: number;
  seconds: number;
}
const iso = (ms: number) => new Date(ms).toISOString().slice(0, 10);

function Year({
  days,
  year,
  onDay,
  chosen,
}: {
  days: Map<string, Sum>;
  year: number;
  onDay: (d: string) => void;
  chosen: string | null;
}) {
  const { t, i18n } = useTranslation();
  const name = useStateName();
  const first = Date.UTC(year, 0, 1);
  const lead = (new Date(first).getUTCDay() + 6) % 7;
  const n = (Date.UTC(year + 1, 0, 1) - first) / 86400_000;
  const some = [...days.keys()].some((d) => d.startsWith(String(year)));
  const weekday = (i: number) =>
    new Intl.DateTimeFormat(i18n.language, { weekday: "short", timeZone: "UTC" }).format(Date.UTC(2024, 0, 1 + i));
  const month = (m: number) =>
    new Intl.DateTimeFormat(i18n.language, { month: "short", timeZone: "UTC" }).format(Date.UTC(year, m, 1));
  return (
    <section aria-label={String(year)} style={{ marginBottom: 18 }}>
      <Text fw={600} fz={14} mb={4} component="h2">
        {year}
      </Text>
      <div
        className="cal"
        style={{ gridTemplateColumns: `34px repeat(${Math.ceil((lead + n) / 7)}, var(--cal-cell))` }}
        {...(some ? arrows(t("calendar.days", { year }), "last") : {})}
      >
        {Array.from({ length: 12 }, (_, m) => {
          const at = (Date.UTC(year, m, 1) - first) / 86400_000;
          return (
            <span key={m} className="cal-month" style={{ gridColumn: 2 + Math.floor((lead + at) / 7), gridRow: 1 }}>
              {month(m)}
            </span>
          );
        })}
        {[0, 2, 4, 6].map((i) => (
          <span key={i} className="cal-week" style={{ gridColumn: 1, gridRow: 2 + i }}>
            {weekday(i)}
          </span>
        ))}
        {Array.from({ length: n }, (_, i) => {
          const day = iso(first + i * 86400_000);
          const s = days.get(day);
          const at = { gridColumn: 2 + Math.floor((lead + i) / 7), gridRow: 2 + ((lead + i) % 7) };
          if (!s) return <span key={day} className="cal-day" style={at} />;
          const failed = s.counts.failed ?? 0;
          const state = failed ? "failed" : s.counts.running ? "running" : s.counts.queued ? "queued" : "success";
          const text = `${day}: ${Object.entries(s.counts)
            .map(([k, c]) => `${name(k)} ${c}`)
            .join(", ")}, ${formatDuration(s.seconds)}`;
          return (
            <button
              key={day}
              type="button"
              tabIndex={-1}
              aria-pressed={chosen === day}
              data-tip={text}
              className={`cal-day cal-on${chosen === day ? " chosen" : ""}`}
              style={at}
              aria-label={text}
              onClick={() => onDay(day)}
            >
              {/* How much of the day's runs failed is the filled part. */}
              <span className="cal-fill st-success" style={{ opacity: 0.35 + 0.65 * Math.min(1, s.all / 8) }} />
              {failed > 0 && (
                <span className="cal-fill st-failed" style={{ height: `${Math.max(25, (failed / s.all) * 100)}%` }} />
              )}
              {state !== "success" && <Mark state={state} size={10} />}
            </button>
          );
        })}
      </div>
    </section>
  );
}

export function Component() {
  const { t } = useTranslation();
  const dag = useDag();
  const zone = useZone();
  const [chosen, setChosen] = useState<string | null>(null);
  const asked = useGet<Day[]>(`/ui/dags/${seg(dag.dag_id)}/days`, { days: 1100, zone }, { every: 15_000 });
  const days = useMemo(() => {
    const map = new Map<string, Sum>();
    for (const d of asked.data ?? []) {
      const s = map.get(d.day) ?? { counts: {}, all: 0, seconds: 0 };
      s.counts[d.state] = (s.counts[d.state] ?? 0) + d.n;
      s.all += d.n;
      s.seconds += d.seconds;
      map.set(d.day, s);
    }
    return map;
  }, [asked.data]);
  const today = formatDay(new Date(), zone);
  const years = [...new Set([...[...days.keys()].map((d) => Number(d.slice(0, 4))), Number(today.slice(0, 4))])].sort(
    (a, b) => b - a,
  );
  // Where the whole year does not fit, this month is what is looked at first.
  const begin = useCallback((box: HTMLDivElement | null) => {
    if (!box) return;
    const year = Date.UTC(new Date().getUTCFullYear(), 0, 1);
    box.scrollLeft = ((Date.now() - year) / (366 * 86400_000)) * box.scrollWidth - box.clientWidth + 80;
  }, []);
  return (
    <Loaded of={asked}>
      {() => (
        <div className="card tile">
          <div className="cal-box table-box" ref={begin}>
            {years.map((y) => (
              <Year key={y} year={y} days={days} onDay={setChosen} chosen={chosen} />
            ))}
          </div>
          <Group gap="md" fz={12}>
            <StateMark state="success" size={12} />
            <StateMark state="failed" size={12} />
            <StateMark state="running" size={12} />
            <Text fz={12} c="dimmed">
              {t("calendar.zone", { zone: zone.replaceAll("_", " "), mark: zoneMark(new Date(), zone) })}
            </Text>
            {chosen && (
              <Link to={`/dags/${seg(dag.dag_id)}/runs?after=${chosen}&before=${chosen}`}>
                {t("calendar.runsOf", { day: chosen })}
              </Link>
            )}
          </Group>
        </div>
      )}
    </Loaded>
  );
}
