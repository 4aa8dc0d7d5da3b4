import { ActionIcon, Text, Tooltip } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { type GridRun, type Structure, seg } from "../api";
import { IconArrowsMaximize, IconArrowsMinimize, IconChevronDown, IconChevronRight, IconTimeline } from "../icons";
import { useGet } from "../live";
import { askStructure } from "../parts/ahead";
import { arrows } from "../parts/arrows";
import { Empty, Loaded } from "../parts/bits";
import { type PathStep, usePathSwitch } from "../parts/forecast";
import { useRest } from "../parts/room";
import { Mark, useStateName } from "../parts/state";
import { cellMap, foldedAtFirst, rows as rowsOf, sum } from "../parts/tree";
import { useZone } from "../settings";
import { formatDuration, formatStep, formatTime, useNow, zoneMark } from "../time";
import { useDag } from "./dag";
import { RunChoice, useRunChoice } from "./graph";

/** A row with its line below. */
const ROW = 27;

const steps = [0.1, 0.25, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 43200, 86400, 172800, 604800];

/** Tasks as bars over time. */
export function Gantt({
  structure,
  run,
  dagId,
  path,
}: {
  structure: Structure;
  run: GridRun;
  dagId: string;
  /** What decided the run's end, to be marked. */
  path?: PathStep[] | undefined;
}) {
  const { t } = useTranslation();
  const name = useStateName();
  const zone = useZone();
  const [folded, setFolded] = useState<Set<string>>(() => foldedAtFirst(structure));
  const moving = run.state === "running";
  const now = useNow(moving ? 1000 : 3600_000) / 1000;
  const rows = useMemo(() => rowsOf(structure, folded), [structure, folded]);
  const cells = useMemo(() => cellMap(run.tasks), [run.tasks]);
  const bars = rows.map((r) => sum(r, cells));
  const onPath = useMemo(() => new Map((path ?? []).map((s) => [s.task_id, s])), [path]);
  const starts = bars.flatMap((b) => (b?.start ? [b.start] : []));
  const from = Math.min(...(run.start_date ? [Date.parse(run.start_date) / 1000] : []), ...starts);
  const ends = bars.flatMap((b) => (b?.start ? [b.end ?? (moving ? now : b.start)] : []));
  const to = Math.max(...ends, ...(run.end_date ? [Date.parse(run.end_date) / 1000] : moving ? [now] : []), from + 0.05);
  const box = useRef<HTMLDivElement>(null);
  const maxHeight = useRest(box, 240);
  const seen = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW,
    overscan: 15,
  });
  if (!starts.length) return <Empty icon={<IconTimeline size={30} />} title={t("gantt.none")} />;
  const span = to - from;
  const step = steps.find((s) => span / s <= 8) ?? span / 8;
  // The last one has to have room for its words.
  const ticks = Array.from({ length: Math.floor(span / step) + 1 }, (_, i) => i * step).filter((x) => x <= span * 0.94);
  const pct = (x: number) => `${((x - from) / span) * 100}%`;
  return (
    <div className="card gantt" role="table" aria-rowcount={rows.length + 1} aria-label={t("tab.gantt")}>
      <div className="gantt-row gantt-head" role="row">
        <div className="gantt-name" role="columnheader">
          {structure.groups.length > 0 && (
            <>
              <Tooltip label={t("grid.openAll")}>
                <ActionIcon
                  size="sm"
                  variant="subtle"
                  color="gray"
                  aria-label={t("grid.openAll")}
                  onClick={() => setFolded(new Set())}
                >
                  <IconArrowsMaximize size={13} />
                </ActionIcon>
              </Tooltip>
              <Tooltip label={t("grid.closeAll")}>
                <ActionIcon
                  size="sm"
                  variant="subtle"
                  color="gray"
                  aria-label={t("grid.closeAll")}
                  onClick={() => setFolded(new Set(structure.groups.map((g) => g.id)))}
                >
                  <IconArrowsMinimize size={13} />
                </ActionIcon>
              </Tooltip>
            </>
          )}
          <Text span fz={12} c="dimmed">
            {formatTime(new Date(from * 1000), zone)} <span className="zone">{zoneMark(new Date(from * 1000), zone)}</span>
          </Text>
        </div>
        <div className="gantt-lane" role="columnheader" aria-label={t("duration")}>
          {ticks.map((x) => (
            <span key={x} className="gantt-tick" style={{ left: `${(x / span) * 100}%` }}>
              {x === 0 ? "0" : `+${formatStep(x)}`}
            </span>
          ))}
        </div>
      </div>
      <div className="gantt-body" ref={box} {...arrows(t("gantt.rows"))} role="rowgroup" style={{ maxHeight }}>
        <div style={{ height: seen.getTotalSize(), position: "relative" }}>
          {seen.getVirtualItems().map((item) => {
            const r = rows[item.index]!;
            const b = bars[item.index];
            const step = r.task ? onPath.get(r.task.id) : undefined;
            const on = step !== undefined || (r.group !== null && !r.open && r.tasks.some((x) => onPath.has(x.id)));
            const text =
              (b ? `${r.id}: ${name(b.state)}, ${b.start ? formatDuration((b.end ?? now) - b.start) : "–"}` : r.id) +
              (on ? `, ${t("path.title")}` : "");
            const ready = step ? Date.parse(step.ready) / 1000 : 0;
            return (
              <div
                key={r.id}
                className={`gantt-row${on ? " on-path" : ""}`}
                role="row"
                aria-rowindex={item.index + 2}
                style={{ top: item.start }}
              >
                <div className="gantt-name" role="rowheader" style={{ paddingLeft: 8 + r.depth * 14 }}>
                  {r.group ? (
                    <button
                      type="button"
                      className="gfold"
                      tabIndex={-1}
                      aria-expanded={r.open}
                      onClick={() =>
                        setFolded((before) => {
                          const next = new Set(before);
                          if (!next.delete(r.id)) next.add(r.id);
                          return next;
                        })
                      }
                    >
                      {r.open ? <IconChevronDown size={14} /> : <IconChevronRight size={14} />}
                      <Mark state={b?.state} size={13} />
                      <span className="cut">{r.label}</span>
                    </button>
                  ) : (
                    <Link
                      className="gfold gantt-leaf"
                      tabIndex={-1}
                      to={`/dags/${seg(dagId)}/runs/${seg(run.run_id)}/tasks/${seg(r.id)}`}
                    >
                      <Mark state={b?.state} size={13} />
                      <span className="cut">{r.label}</span>
                    </Link>
                  )}
                </div>
                <div className="gantt-lane" role="cell">
                  {step && b?.start && b.start - ready > span / 500 ? (
                    <span
                      className="gantt-wait"
                      style={{ left: pct(ready), width: `${((b.start - ready) / span) * 100}%` }}
                      aria-hidden="true"
                    />
                  ) : null}
                  {b?.start ? (
                    <span
                      data-tip={text}
                      className={`gantt-bar st-${b.state ?? "none"} ${r.group ? "thin" : ""}${on ? " on-path" : ""}`}
                      style={{
                        left: pct(b.start),
                        width: `max(3px, ${(((b.end ?? (moving ? now : b.start)) - b.start) / span) * 100}%)`,
                      }}
                      role="img"
                      aria-label={text}
                    />
                  ) : (
                    <span className="sr-only">{text}</span>
                  )}
                </div>
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

export function Component() {
  const { t } = useTranslation();
  const dag = useDag();
  const choice = useRunChoice(dag.dag_id);
  const path = usePathSwitch(dag.dag_id, choice.run);
  const structure = useGet<Structure>(...askStructure(dag.dag_id, choice.version ?? undefined), {
    enabled: choice.version !== null && choice.wanted !== undefined,
  });
  if (choice.runs.data?.runs.length === 0)
    return (
      <div className="card">
        <Empty icon={<IconTimeline size={30} />} title={t("grid.none")} />
      </div>
    );
  return (
    <>
      <RunChoice of={choice}>{path.control}</RunChoice>
      <Loaded of={structure}>
        {(s) => choice.run && <Gantt structure={s} run={choice.run} dagId={dag.dag_id} path={path.steps} />}
      </Loaded>
    </>
  );
}
