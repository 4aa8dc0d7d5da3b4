/** Why something waits: what the scheduler says, in the reader's language and with times in the reader's zone. */
import i18next, { type TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import { polish, type Reasons, reasonsOf } from "../i18n";
import { useZone } from "../settings";
import { formatTime, zoneMark } from "../time";

const INSTANT = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)/g;

export function reasonIn(said: string, of: Reasons, t: TFunction): string {
  for (const [pattern, text] of of) {
    const m = pattern.exec(said);
    if (m)
      return text.replace(/\{(\d)(:state)?\}/g, (_, n: string, state?: string) => {
        const part = m[Number(n)]!;
        return state ? t(`state.${part}`, { defaultValue: part }) : part;
      });
  }
  return said;
}

/** What has gone wrong, in the reader's language as far as the engine's words are known. */
export function inWords(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return polish(reasonIn(text, reasonsOf(i18next.language), i18next.t));
}

/** By what way a run came, and by whom. */
export function startedBy(run: { triggered_by: string | null; triggering_user_name: string | null }, t: TFunction): string {
  const way = run.triggered_by && t(`by.${run.triggered_by}`, { defaultValue: run.triggered_by });
  return [way, run.triggering_user_name].filter(Boolean).join(", ");
}

export function useReason(): (said: string) => string {
  const { t, i18n } = useTranslation();
  const zone = useZone();
  return (said) =>
    polish(reasonIn(said, reasonsOf(i18n.language), t)).replace(INSTANT, (text) => {
      const at = new Date(text);
      return `${formatTime(at, zone)} ${zoneMark(at, zone)}`;
    });
}
