/** Bars and lines over runs, plain SVG: small, sharp, and each mark a link. The same numbers stand in a table beside. */
import { useElementSize } from "@mantine/hooks";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { formatStep } from "../time";

const H = 200;
const LEFT = 62;
const BOTTOM = 24;
const TOP = 8;
/** Half of a letter below an axis. */
const LETTER = 3.2;
const steps = [
  0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400, 172800, 604800,
];

export interface Mark {
  /** Seconds; null: nothing to show. */
  y: number | null;
  className: string;
  failed?: boolean;
  text: string;
  to: string;
}
export interface Series {
  name: string;
  /** One for each column. */
  y: (number | null)[];
  text: (column: number) => string;
}

function ticksOf(low: number, high: number): number[] {
  const span = high - low || 1;
  const step = steps.find((s) => span / s <= 5) ?? Math.ceil(span / 5 / 604800) * 604800;
  const from = Math.ceil(low / step) * step;
  return Array.from({ length: Math.floor((high - from) / step) + 1 }, (_, i) => from + i * step);
}
const signed = (s: number) => (s < 0 ? `−${formatStep(-s)}` : formatStep(s));

/** Columns oldest first, each with its label; marks as bars from zero, series as lines. */
export function Chart({
  label,
  columns,
  bars,
  series = [],
  usual,
  zone,
}: {
  label: string;
  columns: string[];
  bars?: Mark[];
  series?: Series[];
  /** A line across. */
  usual?: number | null;
  /** Of the columns' times. */
  zone?: string | undefined;
}) {
  const { ref, width } = useElementSize<HTMLDivElement>();
  const all = [...(bars ?? []).map((b) => b.y), ...series.flatMap((s) => s.y), usual ?? null].filter(
    (y): y is number => y !== null,
  );
  const high = Math.max(...all, 0.001);
  const low = Math.min(...all, 0);
  const w = Math.max(200, width) - LEFT;
  const each = w / Math.max(1, columns.length);
  const y = (v: number) => TOP + (H - TOP - BOTTOM) * (1 - (v - low) / (high - low));
  const x = (i: number) => LEFT + each * (i + 0.5);
  const wanted = Math.max(1, Math.ceil(columns.length / Math.max(1, Math.floor(w / 110))));
  const thick = Math.max(1, Math.min(28, each * 0.72));
  const dots = each > 6;
  return (
    <div ref={ref}>
      <svg
        className="chart"
        height={H}
        role="group"
        aria-label={label}
        {...(bars?.length ? { "data-arrows": "last", tabIndex: 0 } : {})}
      >
        {zone && (
          <text x={LEFT - 6} y={H - 6} textAnchor="end">
            {zone}
          </text>
        )}
        {ticksOf(low, high).map((v) => (
          <g key={v}>
            <line className="chart-grid" x1={LEFT} x2={LEFT + w} y1={y(v)} y2={y(v)} />
            <text x={LEFT - 6} y={y(v) + 4} textAnchor="end">
              {signed(v)}
            </text>
          </g>
        ))}
        {columns.map((c, i) =>
          i % wanted === 0 ? (
            // The first one leaves room for what stands before it.
            <text key={i} x={Math.max(x(i), LEFT + c.length * LETTER)} y={H - 6} textAnchor="middle">
              {c}
            </text>
          ) : null,
        )}
        {bars?.map((b, i) =>
          b.y === null ? null : (
            <Link key={i} to={b.to} tabIndex={-1} aria-label={b.text} className={b.className}>
              <title>{b.text}</title>
              <rect
                className="chart-bar"
                x={x(i) - thick / 2}
                y={Math.min(y(b.y), y(0))}
                width={thick}
                height={Math.max(2, Math.abs(y(b.y) - y(0)))}
                rx={Math.min(3, thick / 3)}
              />
              {b.failed && (
                <rect className="chart-cap" x={x(i) - thick / 2} y={Math.min(y(b.y), y(0))} width={thick} height={3} />
              )}
            </Link>
          ),
        )}
        {usual !== undefined && usual !== null && (
          <line className="chart-usual" x1={LEFT} x2={LEFT + w} y1={y(usual)} y2={y(usual)} />
        )}
        {series.map((s, k) => (
          <g key={s.name} className={`chart-c${k % 8}`}>
            <title>{s.name}</title>
            {runsOf(s.y).map((part) => (
              <polyline key={part[0]} className="chart-line" points={part.map((i) => `${x(i)},${y(s.y[i]!)}`).join(" ")} />
            ))}
            {s.y.map((v, i) => (v === null || !dots ? null : <Dot key={i} shape={k} x={x(i)} y={y(v)} title={s.text(i)} />))}
          </g>
        ))}
      </svg>
    </div>
  );
}

/** Places that follow each other without a gap. */
function runsOf(y: (number | null)[]): number[][] {
  const out: number[][] = [];
  y.forEach((v, i) => {
    if (v === null) return;
    const last = out[out.length - 1];
    if (last && last[last.length - 1] === i - 1) last.push(i);
    else out.push([i]);
  });
  return out;
}

/** Told apart by shape, too. */
function Dot({ shape, x, y, title }: { shape: number; x: number; y: number; title?: string }) {
  const r = 3.6;
  const d = [
    `M${x - r},${y}a${r},${r} 0 1,0 ${2 * r},0a${r},${r} 0 1,0 ${-2 * r},0`,
    `M${x - r},${y - r}h${2 * r}v${2 * r}h${-2 * r}z`,
    `M${x},${y - r * 1.3}L${x + r * 1.2},${y + r}H${x - r * 1.2}z`,
    `M${x},${y - r * 1.4}L${x + r * 1.4},${y}L${x},${y + r * 1.4}L${x - r * 1.4},${y}z`,
    `M${x - r * 1.2},${y - r}H${x + r * 1.2}L${x},${y + r * 1.3}z`,
  ];
  return (
    <path className="chart-dot" d={d[shape % d.length]}>
      {title && <title>{title}</title>}
    </path>
  );
}

export function Legend({ names }: { names: string[] }) {
  return (
    <ul className="legend">
      {names.map((n, k) => (
        <li key={n} className={`chart-c${k % 8}`}>
          <svg className="legend-key" viewBox="0 0 14 14" aria-hidden="true">
            <line className="chart-line" x1="0" x2="14" y1="7" y2="7" />
            <Dot shape={k} x={7} y={7} />
          </svg>
          <span style={{ color: "var(--tw-text)" }}>{n}</span>
        </li>
      ))}
    </ul>
  );
}

/** A chart, or its numbers. */
export function Figure({
  title,
  hint,
  table,
  children,
  control,
  alone = false,
}: {
  title: string;
  hint?: string;
  table: ReactNode;
  children: ReactNode;
  control?: ReactNode;
  /** What is around it keeps the distance. */
  alone?: boolean;
}) {
  return (
    <section className="card tile" aria-label={title} style={alone ? {} : { marginBottom: 12 }}>
      <div className="page-head" style={{ marginBottom: 6 }}>
        <h2 className="section-head" style={{ margin: 0 }}>
          {title}
        </h2>
        {hint && (
          <span className="dim" style={{ fontSize: 12 }}>
            {hint}
          </span>
        )}
        <span className="grow" />
        {control}
      </div>
      {children}
      {table}
    </section>
  );
}
