/** Instants and spans of time, never ambiguous: the zone stands beside, the others are in the tip. */
import i18next from "i18next";
import { useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { isKnown, localZone, useSettings, useZone } from "./settings";
import { formatTime, zoneMark } from "./zone";

export { formatDay, formatTime, zoneMark } from "./zone";

export function formatDuration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || Number.isNaN(seconds)) return "–";
  const [ms, s, m, h, d] = i18next.t("duration.units").split("|");
  const two = (n: number) => String(Math.floor(n)).padStart(2, "0");
  if (seconds < 1) return `${Math.max(0, Math.round(seconds * 1000))}${ms}`;
  if (seconds < 10) return `${seconds.toFixed(1)}${s}`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}${s}`;
  if (whole < 3600) return `${Math.floor(whole / 60)}${m} ${two(whole % 60)}${s}`;
  if (whole < 86400) return `${Math.floor(whole / 3600)}${h} ${two((whole % 3600) / 60)}${m}`;
  return `${Math.floor(whole / 86400)}${d} ${Math.floor((whole % 86400) / 3600)}${h}`;
}

/** On a scale: "5 s", where 5.2 s would be told as "5.2 s". */
export function formatStep(seconds: number): string {
  return seconds === 0 ? "0" : formatDuration(seconds).replace(".0", "");
}

/** One clock for all that tick alike. */
class Clock {
  private now = Date.now();
  private listeners = new Set<() => void>();
  private timer: ReturnType<typeof setInterval> | undefined;
  constructor(private readonly every: number) {}
  get = () => this.now;
  follow = (fn: () => void) => {
    this.listeners.add(fn);
    this.timer ??= setInterval(() => {
      this.now = Date.now();
      for (const one of this.listeners) one();
    }, this.every);
    return () => {
      this.listeners.delete(fn);
      if (this.listeners.size) return;
      clearInterval(this.timer);
      this.timer = undefined;
    };
  };
  /** It stood still while nobody looked. */
  wind() {
    if (!this.timer && Date.now() - this.now > this.every / 4) this.now = Date.now();
    return this;
  }
}
const clocks = new Map<number, Clock>();
export function useNow(every = 1000): number {
  let clock = clocks.get(every);
  if (!clock) {
    clock = new Clock(every);
    clocks.set(every, clock);
  }
  return useSyncExternalStore(clock.follow, clock.wind().get);
}

const agos = new Map<string, Intl.RelativeTimeFormat>();
function ago(language: string): Intl.RelativeTimeFormat {
  let f = agos.get(language);
  if (!f) {
    f = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
    agos.set(language, f);
  }
  return f;
}
const units: [limit: number, size: number, unit: Intl.RelativeTimeFormatUnit][] = [
  [60, 1, "second"],
  [3600, 60, "minute"],
  [86400, 3600, "hour"],
  [86400 * 30, 86400, "day"],
  [86400 * 365, 86400 * 30, "month"],
  [Number.POSITIVE_INFINITY, 86400 * 365, "year"],
];

/** An instant. `relative`: how far away it is, the instant itself in the tip. */
export function When({
  at,
  relative = false,
  seconds = true,
}: {
  at: string | number | null | undefined;
  relative?: boolean;
  seconds?: boolean;
}) {
  const zone = useZone();
  const { dagZone } = useSettings();
  if (at === null || at === undefined) return <span className="dim">–</span>;
  const date = new Date(at);
  const zones = [...new Set([zone, localZone, "UTC", ...(dagZone && isKnown(dagZone) ? [dagZone] : [])])];
  const [day, hour] = formatTime(date, zone, seconds).split(" ");
  return (
    <time
      dateTime={date.toISOString()}
      className={relative ? "when" : "when when-full"}
      data-tip-time={date.toISOString()}
      data-tip-zones={zones.join(" ")}
    >
      {relative ? (
        <Ago at={date} />
      ) : (
        <>
          <span className="one-line">{day}</span>{" "}
          <span className="one-line">
            {hour} <span className="zone">{zoneMark(date, zone)}</span>
          </span>
        </>
      )}
    </time>
  );
}

function Ago({ at }: { at: Date }) {
  const { i18n } = useTranslation();
  const now = useNow(10_000);
  const s = Math.round((at.getTime() - now) / 1000);
  const [, size, unit] = units.find(([limit]) => Math.abs(s) < limit)!;
  return <>{ago(i18n.language).format(Math.round(s / size), unit)}</>;
}

/** From start to end; ticks while there is no end. */
export function Took({ start, end }: { start: string | number | null | undefined; end: string | number | null | undefined }) {
  if (!start) return <>–</>;
  const from = new Date(start).getTime();
  if (!end) return <Ticking from={from} />;
  return <>{formatDuration((new Date(end).getTime() - from) / 1000)}</>;
}
function Ticking({ from }: { from: number }) {
  const now = useNow();
  return <>{formatDuration(Math.max(0, Math.floor((now - from) / 1000)))}</>;
}
