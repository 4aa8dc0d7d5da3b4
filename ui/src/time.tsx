/** Instants and spans of time, never ambiguous: the zone stands beside, the others are in the tip. */
import { Text, Tooltip } from "@mantine/core";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { localZone, useSettings, useZone } from "./settings";

const formats = new Map<string, Intl.DateTimeFormat>();
function parts(at: Date, zone: string): Record<string, string> {
  let f = formats.get(zone);
  if (!f) {
    f = new Intl.DateTimeFormat("en-GB", {
      timeZone: zone,
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      hourCycle: "h23",
      timeZoneName: "shortOffset",
    });
    formats.set(zone, f);
  }
  return Object.fromEntries(f.formatToParts(at).map((p) => [p.type, p.value]));
}

export function zoneMark(at: Date, zone: string): string {
  const name = parts(at, zone).timeZoneName ?? "";
  return name === "GMT" || zone === "UTC" ? "UTC" : name.replace("GMT", "UTC");
}
export function formatTime(at: Date, zone: string, seconds = true): string {
  const p = parts(at, zone);
  return `${p.year}-${p.month}-${p.day} ${p.hour}:${p.minute}${seconds ? `:${p.second}` : ""}`;
}
export function formatDay(at: Date, zone: string): string {
  return formatTime(at, zone).slice(0, 10);
}

export function formatDuration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || Number.isNaN(seconds)) return "–";
  if (seconds < 1) return `${Math.max(0, Math.round(seconds * 1000))} ms`;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const s = Math.round(seconds);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} m ${String(s % 60).padStart(2, "0")} s`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ${String(Math.floor((s % 3600) / 60)).padStart(2, "0")} m`;
  return `${Math.floor(s / 86400)} d ${Math.floor((s % 86400) / 3600)} h`;
}

export function useNow(every = 1000): number {
  const [now, set] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => set(Date.now()), every);
    return () => clearInterval(timer);
  }, [every]);
  return now;
}

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
  if (at === null || at === undefined)
    return (
      <Text span inherit c="dimmed">
        –
      </Text>
    );
  const date = new Date(at);
  const zones = [...new Set([localZone, "UTC", ...(dagZone ? [dagZone] : [])])];
  return (
    <Tooltip
      multiline
      openDelay={200}
      label={zones.map((z) => {
        try {
          return (
            <div key={z}>
              {formatTime(date, z)} {z}
            </div>
          );
        } catch {
          return null;
        }
      })}
    >
      <time dateTime={date.toISOString()} className="when">
        {relative ? (
          <Ago at={date} />
        ) : (
          <>
            {formatTime(date, zone, seconds)} <span className="zone">{zoneMark(date, zone)}</span>
          </>
        )}
      </time>
    </Tooltip>
  );
}

function Ago({ at }: { at: Date }) {
  const { i18n } = useTranslation();
  const now = useNow(10_000);
  const s = (at.getTime() - now) / 1000;
  const steps: [number, Intl.RelativeTimeFormatUnit][] = [
    [60, "second"],
    [3600, "minute"],
    [86400, "hour"],
    [86400 * 30, "day"],
    [86400 * 365, "month"],
    [Number.POSITIVE_INFINITY, "year"],
  ];
  const sizes: Record<string, number> = { second: 1, minute: 60, hour: 3600, day: 86400, month: 86400 * 30, year: 86400 * 365 };
  const unit = steps.find(([limit]) => Math.abs(s) < limit)![1];
  return (
    <>
      {new Intl.RelativeTimeFormat(i18n.language, { numeric: "auto", style: "short" }).format(Math.round(s / sizes[unit]!), unit)}
    </>
  );
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
