/** States, told by colour and by shape; the one place that knows either. */
import { useComputedColorScheme } from "@mantine/core";
import { type CSSProperties, memo, useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { TiState } from "../api";

/** In the order people count them. */
export const states: TiState[] = [
  "success",
  "running",
  "failed",
  "upstream_failed",
  "up_for_retry",
  "queued",
  "scheduled",
  "deferred",
  "up_for_reschedule",
  "awaiting_input",
  "restarting",
  "skipped",
  "removed",
  "none",
];
export const runStates = ["queued", "running", "success", "failed"] as const;
export const unfinished = new Set([
  "running",
  "queued",
  "scheduled",
  "up_for_retry",
  "up_for_reschedule",
  "deferred",
  "restarting",
  "awaiting_input",
  "none",
]);

/** On a field of 16 by 16. Outlined: the ones that have not begun. */
const shapes: Record<TiState, { body: "circle" | "square" | "diamond" | "triangle" | "ring" | "dotted"; sign: string }> = {
  success: { body: "circle", sign: "M4.8 8.3l2.2 2.2 4.2-4.6" },
  failed: { body: "square", sign: "M5.4 5.4l5.2 5.2M10.6 5.4l-5.2 5.2" },
  running: { body: "circle", sign: "M6.6 5.2v5.6l4.4-2.8z" },
  queued: { body: "ring", sign: "M8 5.2V8l2 1.4" },
  scheduled: { body: "ring", sign: "" },
  up_for_retry: { body: "triangle", sign: "M8 6.2v3.2M8 11.2v.2" },
  up_for_reschedule: { body: "diamond", sign: "M5.6 8h4.8" },
  deferred: { body: "diamond", sign: "M6.8 6v4M9.2 6v4" },
  skipped: { body: "circle", sign: "M5 5.4L7.6 8 5 10.6M8.6 5.4L11.2 8l-2.6 2.6" },
  upstream_failed: { body: "square", sign: "M8 11V5.2M5.4 7.6L8 5l2.6 2.6" },
  removed: { body: "ring", sign: "M4.8 8h6.4" },
  restarting: { body: "circle", sign: "M10.8 6.4A3.2 3.2 0 1 0 11.2 8M11 4.8v1.8H9.2" },
  awaiting_input: { body: "diamond", sign: "M6.6 6.6a1.4 1.4 0 1 1 2 1.3c-.5.2-.6.5-.6.9M8 10.4v.1" },
  none: { body: "dotted", sign: "" },
};
const bodies = {
  circle: <circle cx="8" cy="8" r="7" className="st-fill" />,
  square: <rect x="1.5" y="1.5" width="13" height="13" rx="2" className="st-fill" />,
  diamond: <path d="M8 .6l7.4 7.4L8 15.4.6 8z" className="st-fill" />,
  triangle: <path d="M8 1l7.4 13.4H.6z" className="st-fill" strokeLinejoin="round" />,
  ring: <circle cx="8" cy="8" r="6.2" className="st-line" />,
  dotted: <circle cx="8" cy="8" r="6.2" className="st-line" strokeDasharray="1.8 2.4" />,
};

export function known(state: string | null | undefined): TiState {
  return state && state in shapes ? (state as TiState) : "none";
}

/** Drawn once; every mark on the page refers to these. */
export function StateSprite() {
  return (
    <svg width="0" height="0" style={{ position: "absolute" }} aria-hidden="true">
      <title>states</title>
      <defs>
        {Object.entries(shapes).map(([name, { body, sign }]) => (
          <symbol key={name} id={`st-${name}`} viewBox="0 0 16 16">
            {bodies[body]}
            {sign && <path d={sign} className={body === "ring" || body === "dotted" ? "st-sign-line" : "st-sign"} />}
          </symbol>
        ))}
      </defs>
    </svg>
  );
}

/** The mark alone, for where the text stands beside it. */
export const Mark = memo(function Mark({ state, size = 16 }: { state: string | null | undefined; size?: number }) {
  const s = known(state);
  return (
    <svg className={`mark st-${s}`} width={size} height={size} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <use href={`#st-${s}`} />
    </svg>
  );
});

/**
 * The marks as pictures, for where there are thousands of them: custom properties --mark-STATE for the element that holds them, whose
 * children have the class mark-STATE. A picture does not see the page's style, so that its colours are written into it.
 */
export function useMarkPictures(): CSSProperties {
  const scheme = useComputedColorScheme();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the colours are the scheme's
  return useMemo(() => {
    const page = getComputedStyle(document.documentElement);
    const color = (name: string) => page.getPropertyValue(`--st-${name}`).trim();
    const sign = color("sign");
    return Object.fromEntries(
      Object.keys(shapes).map((s) => {
        const style = `.st-fill{fill:${color(s)}}.st-line{fill:none;stroke:${color(s)};stroke-width:1.8}.st-sign,.st-sign-line{fill:none;stroke:${sign};stroke-width:1.7;stroke-linecap:round;stroke-linejoin:round}.st-sign-line{stroke:${color(s)}}`;
        const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="15" height="15" viewBox="0 0 16 16"><style>${style}</style>${document.getElementById(`st-${s}`)?.innerHTML ?? ""}</svg>`;
        return [`--mark-${s}`, `url("data:image/svg+xml,${encodeURIComponent(svg)}")`];
      }),
    );
  }, [scheme]);
}

export function useStateName(): (state: string | null | undefined) => string {
  const { t } = useTranslation();
  return useMemo(() => {
    // Asked thousands of times by a grid: each is looked up once.
    const names = new Map<string, string>();
    return (state) => {
      const s = known(state);
      const name = names.get(s) ?? t(`state.${s}`);
      names.set(s, name);
      return name;
    };
  }, [t]);
}

/** The mark with its name: in sight, or for screen readers and in the tip. */
export function StateMark({ state, bare = false, size }: { state: string | null | undefined; bare?: boolean; size?: number }) {
  const name = useStateName()(state);
  const mark = <Mark state={state} {...(size ? { size } : {})} />;
  if (bare)
    return (
      <span className="state" role="img" aria-label={name} data-tip={name}>
        {mark}
      </span>
    );
  return (
    <span className="state">
      {mark} {name}
    </span>
  );
}
