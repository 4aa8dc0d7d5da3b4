/** What a person has chosen: language, zone of times. Kept in this browser. */
import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from "react";

export function remembered(key: string, dflt: string): string {
  try {
    return localStorage.getItem(`tradewind.${key}`) ?? dflt;
  } catch {
    return dflt;
  }
}
export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(`tradewind.${key}`, value);
  } catch {
    // Private windows may refuse; the choice then lasts as long as the page.
  }
}
export function useRemembered(key: string, dflt: string): [string, (v: string) => void] {
  const [value, set] = useState(() => remembered(key, dflt));
  const change = useCallback(
    (v: string) => {
      remember(key, v);
      set(v);
    },
    [key],
  );
  return [value, change];
}

/** Do keys without Ctrl do something, outside of what has keys of its own? */
export const singleKeys = () => remembered("keys.single", "yes") === "yes";

/** "local", "utc", "dag", or the IANA name of any other. */
export type ZoneChoice = "local" | "utc" | "dag" | (string & {});
interface Settings {
  zone: ZoneChoice;
  setZone: (z: ZoneChoice) => void;
  /** The DAG's zone, while a page of a DAG is open. */
  dagZone: string | null;
  setDagZone: (z: string | null) => void;
}
const Context = createContext<Settings | null>(null);

export function SettingsProvider({ children }: { children: ReactNode }) {
  const [zone, setZone] = useRemembered("zone", "local");
  const [dagZone, setDagZone] = useState<string | null>(null);
  const value = useMemo<Settings>(() => ({ zone, setZone, dagZone, setDagZone }), [zone, setZone, dagZone]);
  return <Context.Provider value={value}>{children}</Context.Provider>;
}
export function useSettings(): Settings {
  const s = useContext(Context);
  if (!s) throw new Error("outside of SettingsProvider");
  return s;
}
export const localZone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
const understood = new Map<string, boolean>();
/** Does this browser know the zone? */
export function isKnown(zone: string): boolean {
  let yes = understood.get(zone);
  if (yes === undefined) {
    try {
      new Intl.DateTimeFormat("en", { timeZone: zone });
      yes = true;
    } catch {
      yes = false;
    }
    understood.set(zone, yes);
  }
  return yes;
}
/** The IANA name that times are shown in. */
export function useZone(): string {
  const { zone, dagZone } = useSettings();
  return zoneOf(zone, dagZone);
}
export function zoneOf(choice: ZoneChoice, dagZone: string | null): string {
  if (choice === "utc") return "UTC";
  const wanted = choice === "local" ? localZone : choice === "dag" ? (dagZone ?? localZone) : choice;
  // Zones by offset are not all known to browsers.
  return isKnown(wanted) ? wanted : "UTC";
}
