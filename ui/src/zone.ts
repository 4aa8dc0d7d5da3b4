/** Instants as the clocks of a zone show them, and back: also what they show twice, or never. */

const formats = new Map<string, Intl.DateTimeFormat>();
/** How many minutes a zone is ahead of UTC then; asking Intl for each time would take longer than drawing the page. */
function ahead(at: Date, zone: string): number {
  if (zone === "UTC" || Number.isNaN(at.getTime())) return 0;
  let f = formats.get(zone);
  if (!f) {
    f = new Intl.DateTimeFormat("en-GB", { timeZone: zone, timeZoneName: "longOffset" });
    formats.set(zone, f);
  }
  const name = f.formatToParts(at).find((p) => p.type === "timeZoneName")?.value ?? "";
  const m = name.match(/([+-])(\d\d):(\d\d)(?::(\d\d))?/);
  return m ? (m[1] === "-" ? -1 : 1) * (Number(m[2]) * 60 + Number(m[3]) + Number(m[4] ?? 0) / 60) : 0;
}
const known = new Map<string, number>();
const QUARTER = 900_000;
function offset(at: Date, zone: string): number {
  const key = `${zone} ${Math.floor(at.getTime() / QUARTER)}`;
  let minutes = known.get(key);
  if (minutes === undefined) {
    minutes = ahead(at, zone);
    if (known.size > 5000) known.clear();
    known.set(key, minutes);
  }
  return minutes;
}

export function zoneMark(at: Date, zone: string): string {
  const minutes = Math.round(offset(at, zone));
  if (minutes === 0) return "UTC";
  const m = Math.abs(minutes);
  return `UTC${minutes < 0 ? "-" : "+"}${Math.floor(m / 60)}${m % 60 ? `:${String(m % 60).padStart(2, "0")}` : ""}`;
}
export function formatTime(at: Date, zone: string, seconds = true): string {
  if (Number.isNaN(at.getTime())) return "–";
  const text = new Date(at.getTime() + offset(at, zone) * 60_000).toISOString();
  const t = text.lastIndexOf("T");
  return `${text.slice(0, t)} ${text.slice(t + 1, t + (seconds ? 9 : 6))}`;
}
export function formatDay(at: Date, zone: string): string {
  return formatTime(at, zone).slice(0, 10);
}

const DAY = 86400_000;

export interface Instants {
  /** The earlier first. */
  at: Date[];
  /** "twice": the clocks are set back over it. "never": they skip it, and what they show instead is taken. */
  comes: "once" | "twice" | "never";
}
/** When the zone's clocks show that time ("2026-03-29T02:30", with or without seconds); null: it is no time. */
export function instantsOf(wall: string, zone: string): Instants | null {
  const as = Date.parse(`${wall}Z`);
  if (Number.isNaN(as)) return null;
  const before = offset(new Date(as - DAY), zone);
  const at = [...new Set([before, offset(new Date(as + DAY), zone)])]
    .map((minutes) => ({ minutes, at: new Date(as - minutes * 60_000) }))
    .filter((x) => offset(x.at, zone) === x.minutes)
    .map((x) => x.at)
    .sort((a, b) => a.getTime() - b.getTime());
  if (!at.length) return { at: [new Date(as - before * 60_000)], comes: "never" };
  return { at, comes: at.length > 1 ? "twice" : "once" };
}
/** What a field for times holds of an instant: "2026-03-29T02:30:00". */
export const wallOf = (at: Date, zone: string): string =>
  Number.isNaN(at.getTime()) ? "" : formatTime(at, zone).replace(" ", "T");

/** Where a day ("2026-03-29") begins in the zone, or so many days later; null: it is no day. */
export function dayStart(day: string, zone: string, later = 0): Date | null {
  const as = /^\d{4}-\d\d-\d\d$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(as)) return null;
  return instantsOf(new Date(as + later * DAY).toISOString().slice(0, 19), zone)?.at[0] ?? null;
}

/** All zones that the browser names, and UTC. */
export const zoneNames = (): string[] => ["UTC", ...Intl.supportedValuesOf("timeZone").filter((z) => z !== "UTC")];
