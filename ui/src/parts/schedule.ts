/** When a DAG runs, in the reader's words. The engine says it in English: what is commonly asked for is put into words here. */
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";

interface Scheduled {
  timetable_summary: string | null;
  timetable_description: string | null;
}

const two = (n: string) => n.padStart(2, "0");
const isNumber = (s: string) => /^\d{1,2}$/.test(s);
const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const aliases: Record<string, string> = {
  "@hourly": "0 * * * *",
  "@daily": "0 0 * * *",
  "@weekly": "0 0 * * 0",
  "@monthly": "0 0 1 * *",
  "@quarterly": "0 0 1 */3 *",
  "@yearly": "0 0 1 1 *",
};

function weekday(day: string, language: string): string | null {
  const at = WEEKDAYS.indexOf(day.toLowerCase());
  const n = at >= 0 ? at : /^[0-7]$/.test(day) ? Number(day) % 7 : -1;
  // The first of January 2023 was a Sunday.
  return n < 0 ? null : new Intl.DateTimeFormat(language, { weekday: "short", timeZone: "UTC" }).format(Date.UTC(2023, 0, 1 + n));
}
/** Single days, a list or a span of them. */
function weekdays(field: string, language: string): string | null {
  const words = field.split(",").map((one) => one.split("-").map((d) => weekday(d, language)));
  return words.every((span) => span.length <= 2 && span.every((w) => w !== null))
    ? words.map((s) => s.join("–")).join(", ")
    : null;
}
function month(field: string, language: string): string | null {
  const at = MONTHS.indexOf(field.toLowerCase());
  const n = at >= 0 ? at : isNumber(field) ? Number(field) - 1 : -1;
  return n < 0 || n > 11
    ? null
    : new Intl.DateTimeFormat(language, { month: "long", timeZone: "UTC" }).format(Date.UTC(2023, n, 1));
}

/** A cron expression of a usual kind; null where it is of another. */
export function cronWords(expression: string, t: TFunction, language: string): string | null {
  const fields = (aliases[expression] ?? expression).trim().split(/\s+/);
  if (fields.length !== 5) return null;
  const [minute, hour, day, ofMonth, ofWeek] = fields as [string, string, string, string, string];
  const everyDay = day === "*" && ofMonth === "*" && ofWeek === "*";
  const step = /^\*\/(\d+)$/;
  if (everyDay && hour === "*" && minute === "*") return t("schedule.minutely");
  if (everyDay && hour === "*" && step.test(minute)) return t("schedule.minutes", { n: step.exec(minute)![1] });
  if (!isNumber(minute)) return null;
  if (everyDay && hour === "*") return t("schedule.hourly", { minute: two(minute) });
  if (everyDay && step.test(hour)) return t("schedule.hours", { n: step.exec(hour)![1], minute: two(minute) });
  const hours = hour.split(",");
  if (!hours.every(isNumber)) return null;
  const time = hours.map((h) => `${two(h)}:${two(minute)}`).join(", ");
  if (everyDay) return t("schedule.daily", { time });
  if (day === "*" && ofMonth === "*") {
    const days = weekdays(ofWeek, language);
    return days && t("schedule.weekly", { days, time });
  }
  if (ofWeek !== "*" || !day.split(",").every(isNumber)) return null;
  const days = day.split(",").join(", ");
  if (ofMonth === "*") return t("schedule.monthly", { day: days, time });
  if (step.test(ofMonth)) return t("schedule.months", { n: step.exec(ofMonth)![1], day: days, time });
  const name = month(ofMonth, language);
  return name && t("schedule.yearly", { month: name, day: days, time });
}

/** A span as Python writes it: "1 day, 0:30:00". */
function spanWords(text: string, t: TFunction, language: string): string | null {
  const m = /^(?:(\d+) days?, )?(\d+):(\d\d):(\d\d)$/.exec(text);
  if (!m) return null;
  const units = ["day", "hour", "minute", "second"] as const;
  const words = units.flatMap((unit, i) => {
    const n = Number(m[i + 1] ?? 0);
    return n ? [new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" }).format(n)] : [];
  });
  return words.length ? t("schedule.span", { span: words.join(" ") }) : null;
}

const fixed: Record<string, string> = {
  "@once": "schedule.once",
  "@continuous": "schedule.continuous",
  Asset: "schedule.asset",
  "Partitioned Asset": "schedule.assetParts",
  PartitionedAtRuntime: "schedule.partsAtRun",
};
const ASSET_OR = "Asset or ";

/** Its short name, in which a cron expression stays one; null where nothing is scheduled. */
export function scheduleName(summary: string | null, t: TFunction, language: string): string | null {
  if (!summary) return null;
  if (summary.startsWith(ASSET_OR))
    return t("schedule.assetOr", { other: scheduleName(summary.slice(ASSET_OR.length), t, language) });
  const events = /^(\d+) events$/.exec(summary);
  if (events) return t("schedule.events", { n: events[1] });
  return summary in fixed ? t(`${fixed[summary]}`) : (spanWords(summary, t, language) ?? summary);
}

/** It in words; what the engine says where there are none for it. */
export function scheduleWords(of: Scheduled, t: TFunction, language: string): string | null {
  const s = of.timetable_summary;
  if (!s) return null;
  if (s.startsWith(ASSET_OR)) {
    const other = { timetable_summary: s.slice(ASSET_OR.length), timetable_description: null };
    const words = scheduleWords(other, t, language);
    return words ? t("schedule.assetOr", { other: words }) : of.timetable_description;
  }
  if (s in fixed) return t(`${fixed[s]}.text`);
  return cronWords(s, t, language) ?? spanWords(s, t, language) ?? of.timetable_description ?? s;
}

export function useSchedule() {
  const { t, i18n } = useTranslation();
  return {
    name: (of: Scheduled) => scheduleName(of.timetable_summary, t, i18n.language) ?? t("dag.manual"),
    words: (of: Scheduled) => scheduleWords(of, t, i18n.language) ?? t("dag.manual"),
  };
}
