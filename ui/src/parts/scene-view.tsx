/**
 * A graph's nodes and arrows, drawn where it is looked at, all in one layer that the browser moves as a whole: React Flow moves and
 * zooms it, and knows of none of them.
 */
import { Panel, useReactFlow, useStore, ViewportPortal } from "@xyflow/react";
import { createContext, memo, useCallback, useContext, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useHref, useNavigate } from "react-router";
import { IconChevronDown, IconChevronRight } from "../icons";
import { Took } from "../time";
import { usePath } from "./forecast";
import { type Box, type Bundle, bounds, bundles, head, inside, line, type Point, type Region, region, sameRegion } from "./scene";
import { known, Mark, useMarkPictures, useStateName } from "./state";
import type { Sum } from "./tree";

export interface Task extends Box {
  type: "task";
  id: string;
  task: string;
  label: string;
  kind: string;
  state: Sum | undefined;
  href: string;
  mapped: boolean;
  badge: string;
}
export interface Group extends Box {
  type: "group";
  id: string;
  group: string;
  label: string;
  count: number;
  open: boolean;
  state: Sum | undefined;
  tip: string | null;
}
export type Item = Task | Group;

export interface Arrow {
  /** Tasks or groups. */
  from: string;
  to: string;
  points: Point[];
  label?: Box & { text: string };
}

function Counts({ of }: { of: Sum }) {
  const all = Object.values(of.counts).reduce((a, b) => a + b, 0);
  const done = (of.counts.success ?? 0) + (of.counts.skipped ?? 0);
  return (
    <span className="gcount">
      {done}/{all}
    </span>
  );
}

const place = (b: Box) => ({ left: b.x, top: b.y, width: b.width, height: b.height });

/** From far away: the colour, and the name as long as it can be read. */
const farLook = (s: Sum | undefined) => `node-far st-${s?.state ?? "none"}`;

const TaskNode = memo(function TaskNode({
  of,
  far,
  names,
  onPath,
  root,
}: {
  of: Task;
  far: boolean;
  names: boolean;
  onPath: boolean;
  root: string;
}) {
  const { t } = useTranslation();
  const name = useStateName();
  const s = of.state;
  const state = s ? known(s.state) : "";
  const common = { href: root + of.href, "data-id": of.id, draggable: false, tabIndex: -1, style: place(of) };
  if (far)
    return (
      // biome-ignore lint/a11y/useAriaPropsSupportedByRole: it is a link
      <a
        {...common}
        className={`scene-item node ${farLook(s)}${onPath ? " on-path" : ""}`}
        aria-label={`${of.label} ${s ? name(s.state) : ""}${onPath ? ` ${t("path.title")}` : ""}`}
      >
        {names && <span className="far-name">{of.label}</span>}
      </a>
    );
  return (
    <a
      {...common}
      className={`scene-item node node-link ${state && `edge-${state}`}${onPath ? " on-path" : ""}`}
      title={`${of.label}\n${of.kind}${s ? `\n${name(s.state)}` : ""}`}
    >
      <span className="node-top">
        {state && <span className={`node-mark mark-${state}`} />}
        <span className="cut">{of.label}</span>
        {s && <span className="sr-only"> {name(s.state)} </span>}
        {onPath && <span className="sr-only">{t("path.title")}</span>}
        {of.mapped && (s?.counts ? <Counts of={s} /> : <span className="gcount">[ ]</span>)}
      </span>
      <span className="node-sub">
        <span className="cut">
          {of.badge}
          {of.kind}
        </span>
        {s?.start ? <Took start={s.start * 1000} end={s.end ? s.end * 1000 : null} /> : s ? name(s.state) : null}
      </span>
    </a>
  );
});

const GroupNode = memo(function GroupNode({
  of,
  far,
  names,
  toggle,
}: {
  of: Group;
  far: boolean;
  names: boolean;
  toggle: (group: string) => void;
}) {
  const name = useStateName();
  const look = of.open ? "group-box" : far ? `node ${farLook(of.state)}` : "node group-closed";
  const head = {
    type: "button",
    tabIndex: -1,
    "data-id": of.id,
    onClick: () => toggle(of.group),
    "aria-expanded": of.open,
  } as const;
  if (far)
    return (
      <div className={`scene-item ${look}`} style={place(of)} title={of.tip ?? of.label}>
        <button
          {...head}
          className={`gfold ${of.open ? "group-head" : "group-far"}`}
          aria-label={`${of.label} ${of.state ? name(of.state.state) : ""}`}
        >
          {names && <span className="far-name">{of.label}</span>}
        </button>
      </div>
    );
  return (
    <div className={`scene-item ${look}`} style={place(of)} title={of.tip ?? of.label}>
      <button {...head} className="gfold group-head">
        {of.open ? <IconChevronDown size={14} /> : <IconChevronRight size={14} />}
        {of.state && <Mark state={of.state.state} size={14} />}
        <span className="cut">{of.label}</span>
        {of.state ? <Counts of={of.state} /> : <span className="gcount">{of.count}</span>}
      </button>
    </div>
  );
});

const BundleOfArrows = memo(function BundleOfArrows({ of }: { of: Bundle }) {
  return (
    <>
      <path className="arrow" d={of.lines} />
      <path className="arrow-head" d={of.heads} />
    </>
  );
});

/** What is drawn of it now. */
const Drawn = createContext<Region | null>(null);

function Arrows({ of, path }: { of: readonly Arrow[]; path: ReadonlySet<string> }) {
  const drawn = useContext(Drawn)!;
  const made = useMemo(() => bundles(of.map((a) => a.points)), [of]);
  const size = useMemo(() => bounds(made), [made]);
  const marked = useMemo(() => (path.size ? of.filter((a) => path.has(`${a.from}>${a.to}`)) : []), [of, path]);
  const labelled = useMemo(() => of.filter((a) => a.label), [of]);
  return (
    <>
      <svg className="arrows" width={size.x + size.width + 10} height={size.y + size.height + 10} aria-hidden="true">
        {made.map((b) => inside(b, drawn) && <BundleOfArrows key={b.id} of={b} />)}
        {marked.map((a) => (
          <g key={`${a.from}>${a.to}`}>
            <path className="arrow edge-on-path" d={line(a.points)} />
            <path className="arrow-head edge-on-path" d={head(a.points)} />
          </g>
        ))}
      </svg>
      {!drawn.far &&
        labelled.map(
          ({ from, to, label }) =>
            inside(label!, drawn) && (
              <div key={`${from}>${to}`} className="edge-label" style={{ left: label!.x, top: label!.y }}>
                {label!.text}
              </div>
            ),
        )}
    </>
  );
}

export function Scene({
  items,
  arrows,
  toggle,
}: {
  items: readonly Item[];
  arrows: readonly Arrow[];
  toggle: (group: string) => void;
}) {
  const drawn = useStore(
    useCallback(
      (s: { transform: [number, number, number]; width: number; height: number }) => region(s.transform, s.width, s.height),
      [],
    ),
    sameRegion,
  );
  const path = usePath();
  const root = useHref("/").replace(/\/$/, "");
  const navigate = useNavigate();
  const pictures = useMarkPictures();
  // What has the focus stays, also out of sight.
  const [held, hold] = useState<string | null>(null);
  const open = (e: React.MouseEvent) => {
    const link = (e.target as HTMLElement).closest("a");
    if (!link || e.defaultPrevented || e.button || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey) return;
    e.preventDefault();
    navigate(link.getAttribute("href")!.slice(root.length));
  };
  return (
    <ViewportPortal>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: for the links and buttons in it */}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: links are clicked by Enter */}
      <div
        className="scene"
        style={pictures}
        onClick={open}
        onFocus={(e) => hold(e.target.closest("[data-id]")?.getAttribute("data-id") ?? null)}
        onBlur={() => hold(null)}
      >
        <Drawn value={drawn}>
          <Arrows of={arrows} path={path} />
        </Drawn>
        {items.map((i) =>
          i.id !== held && !inside(i, drawn) ? null : i.type === "task" ? (
            <TaskNode key={i.id} of={i} far={drawn.far} names={drawn.names} onPath={path.has(i.task)} root={root} />
          ) : (
            <GroupNode key={i.id} of={i} far={drawn.far} names={drawn.names} toggle={toggle} />
          ),
        )}
      </div>
    </ViewportPortal>
  );
}

/* ── the map ── */

const MAP_WIDTH = 200;
const MAP_HEIGHT = 150;

/** What is in sight, in the map. */
function InSight({ all, scale }: { all: Box; scale: number }) {
  const seen = useStore(
    useCallback(
      (s: { transform: [number, number, number]; width: number; height: number }) => {
        const [x, y, zoom] = s.transform;
        const at = (view: number, from: number) => Math.round((-view / zoom - from) * scale);
        return [at(x, all.x), at(y, all.y), Math.round((s.width / zoom) * scale), Math.round((s.height / zoom) * scale)];
      },
      [all, scale],
    ),
    (a, b) => a.every((n, i) => n === b[i]),
  );
  const [left, top, width, height] = seen as [number, number, number, number];
  return <div className="map-sight" style={{ left, top, width, height }} />;
}

/** Whether nothing of it is out of sight: then the map would only hide some of it. */
function useWhole(all: Box): boolean {
  return useStore(
    useCallback(
      (s: { transform: [number, number, number]; width: number; height: number }) => {
        const [x, y, zoom] = s.transform;
        const within = (at: number, from: number, size: number, room: number) =>
          from * zoom + at >= 0 && (from + size) * zoom + at <= room;
        return within(x, all.x, all.width, s.width) && within(y, all.y, all.height, s.height);
      },
      [all],
    ),
  );
}

/** All of the graph in little; pressed or dragged it shows what is there, and the wheel zooms. */
export function SceneMap({ items, scheme }: { items: readonly Item[]; scheme: string }) {
  const all = useMemo(() => bounds(items), [items]);
  return useWhole(all) ? null : <TheMap items={items} all={all} scheme={scheme} />;
}

function TheMap({ items, all, scheme }: { items: readonly Item[]; all: Box; scheme: string }) {
  const { t } = useTranslation();
  const flow = useReactFlow();
  const canvas = useRef<HTMLCanvasElement>(null);
  const scale = Math.min((MAP_WIDTH - 12) / (all.width || 1), (MAP_HEIGHT - 12) / (all.height || 1));
  const from = useMemo(
    () => ({
      x: all.x - (MAP_WIDTH / scale - all.width) / 2,
      y: all.y - (MAP_HEIGHT / scale - all.height) / 2,
      width: MAP_WIDTH / scale,
      height: MAP_HEIGHT / scale,
    }),
    [all, scale],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: the colours are the scheme's
  useEffect(() => {
    const id = requestAnimationFrame(() => {
      const c = canvas.current?.getContext("2d");
      if (!c) return;
      const page = getComputedStyle(document.documentElement);
      const colors = new Map<string, string>();
      const color = (s: string) => {
        if (!colors.has(s)) colors.set(s, page.getPropertyValue(`--st-${s}`).trim());
        return colors.get(s)!;
      };
      const sharp = devicePixelRatio;
      c.canvas.width = MAP_WIDTH * sharp;
      c.canvas.height = MAP_HEIGHT * sharp;
      c.scale(sharp, sharp);
      for (const i of items) {
        const box = [
          (i.x - from.x) * scale,
          (i.y - from.y) * scale,
          Math.max(1, i.width * scale),
          Math.max(1, i.height * scale),
        ] as const;
        const group = i.type === "group" && i.open;
        c[group ? "strokeStyle" : "fillStyle"] = color(group ? "none" : known(i.state?.state));
        if (group) c.strokeRect(...box);
        else c.fillRect(...box);
      }
    });
    return () => cancelAnimationFrame(id);
  }, [items, from, scale, scheme]);
  const go = (e: React.PointerEvent) => {
    if (!(e.buttons & 1)) return;
    const r = e.currentTarget.getBoundingClientRect();
    flow.setCenter((e.clientX - r.left) / scale + from.x, (e.clientY - r.top) / scale + from.y, { zoom: flow.getZoom() });
  };
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const el = box.current!;
    const zoom = (e: WheelEvent) => {
      e.preventDefault();
      flow.zoomTo(flow.getZoom() * 2 ** (-e.deltaY * 0.002));
    };
    el.addEventListener("wheel", zoom, { passive: false });
    return () => el.removeEventListener("wheel", zoom);
  }, [flow]);
  return (
    <Panel position="bottom-right">
      <div
        ref={box}
        className="map nopan nowheel"
        role="img"
        aria-label={t("graph.map")}
        style={{ width: MAP_WIDTH, height: MAP_HEIGHT }}
        onPointerDown={(e) => {
          e.currentTarget.setPointerCapture(e.pointerId);
          go(e);
        }}
        onPointerMove={go}
      >
        <canvas ref={canvas} style={{ width: MAP_WIDTH, height: MAP_HEIGHT }} />
        <InSight all={from} scale={scale} />
      </div>
    </Panel>
  );
}
