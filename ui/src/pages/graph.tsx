import { ActionIcon, Group, Loader, SegmentedControl, Select, Text, Tooltip, useComputedColorScheme } from "@mantine/core";
import {
  ControlButton,
  Controls,
  getViewportForBounds,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
  useStoreApi,
} from "@xyflow/react";
import "@xyflow/react/dist/style.css";
import type { ElkExtendedEdge, ElkNode } from "elkjs/lib/elk-api";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { type Cell, type GridRun, type Structure, seg } from "../api";
import { IconArrowsMaximize, IconArrowsMinimize } from "../icons";
import { useGet } from "../live";
import { askRuns, askStructure } from "../parts/ahead";
import { Loaded, Trouble } from "../parts/bits";
import { headOf, looking, useFlowLabels, useNodeKeys } from "../parts/flow";
import { usePathSwitch } from "../parts/forecast";
import { beginning, direction as bestDirection } from "../parts/layers";
import { layout, prepare } from "../parts/layout";
import { textWidth, useRest } from "../parts/room";
import { type Box, bounds, type Point } from "../parts/scene";
import { type Arrow, type Item, Scene, SceneMap } from "../parts/scene-view";
import { StateMark } from "../parts/state";
import { cellMap, foldedAtFirst, type Row, type Sum, sum } from "../parts/tree";
import { useZone } from "../settings";
import { formatDuration, formatTime, Took, zoneMark } from "../time";
import { useDag } from "./dag";

const W = 190;
const WIDEST = 340;
const H = 50;

/** With more nodes it begins at the first ones instead of showing all at once. */
const MANY = 150;

function sameSum(a: Sum | undefined, b: Sum | undefined): boolean {
  if (!a || !b) return a === b;
  const states = Object.keys(a.counts);
  return (
    a.state === b.state &&
    a.start === b.start &&
    a.end === b.end &&
    a.tries === b.tries &&
    states.length === Object.keys(b.counts).length &&
    states.every((s) => a.counts[s] === b.counts[s])
  );
}
function same(a: Item, b: Item): boolean {
  return (Object.keys(b) as (keyof Item)[]).every((k) => (k === "state" ? sameSum(a.state, b.state) : a[k] === b[k]));
}

interface Placed {
  graph: ElkNode;
  /** of elk's ids */
  rows: Map<string, Row>;
  direction: string;
}

/** Nodes with absolute places, each after what it is in. */
function boxes({ graph }: Placed): (Box & { id: string })[] {
  const list: (Box & { id: string })[] = [];
  const walk = (n: ElkNode, x: number, y: number) => {
    for (const c of n.children ?? []) {
      const at = { x: x + (c.x ?? 0), y: y + (c.y ?? 0) };
      list.push({ id: c.id, ...at, width: c.width ?? W, height: c.height ?? H });
      walk(c, at.x, at.y);
    }
  };
  walk(graph, 0, 0);
  return list;
}

/** Their sections are told relative to the container that elk put the edge into. */
function arrowsOf(placed: Placed): Arrow[] {
  const at = new Map<string, Point>([["root", { x: 0, y: 0 }], ...boxes(placed).map((b) => [b.id, b] as const)]);
  return (placed.graph.edges ?? []).map((e) => {
    const o = at.get((e as { container?: string }).container ?? "root") ?? { x: 0, y: 0 };
    const points = (e.sections ?? [])
      .flatMap((s) => [s.startPoint, ...(s.bendPoints ?? []), s.endPoint])
      .map((p) => ({ x: p.x + o.x, y: p.y + o.y }));
    const l = e.labels?.[0];
    return {
      from: e.sources[0]!.slice(2),
      to: e.targets[0]!.slice(2),
      points,
      ...(l && {
        label: { text: l.text!, x: (l.x ?? 0) + o.x, y: (l.y ?? 0) + o.y, width: l.width ?? 0, height: l.height ?? 0 },
      }),
    };
  });
}

/** What stands in one layer begins at one line. */
const LEFT = { "elk.alignment": "LEFT" };

/** What is visible: of folded groups only the box; an arrow ends at what is visible of its ends. */
function elkGraph(s: Structure, folded: ReadonlySet<string>): { graph: ElkNode; rows: Map<string, Row> } {
  const parents = new Map(s.groups.map((g) => [g.id, g.parent]));
  const chain = (g: string | null): string[] => {
    const list: string[] = [];
    for (let at = g; at !== null && at !== undefined; at = parents.get(at) ?? null) list.unshift(at);
    return list;
  };
  const rows = new Map<string, Row>();
  const nodes = new Map<string, ElkNode>();
  const root: ElkNode = { id: "root", children: [], edges: [] };
  const shownAs: string[] = [];
  const into = (g: string, up: ElkNode): ElkNode => {
    const id = `g:${g}`;
    let n = nodes.get(id);
    if (!n) {
      const info = s.groups.find((x) => x.id === g)!;
      const open = !folded.has(g);
      n = open
        ? {
            id,
            children: [],
            layoutOptions: {
              "elk.padding": "[top=38,left=14,bottom=14,right=14]",
              "elk.nodeSize.constraints": "MINIMUM_SIZE",
              "elk.nodeSize.minimum": `(${Math.min(420, 90 + textWidth(info.label, 8))},60)`,
            },
          }
        : { id, width: Math.max(W, Math.min(WIDEST, 84 + textWidth(info.label, 7.6))), height: 40, layoutOptions: LEFT };
      nodes.set(id, n);
      rows.set(id, { id: g, label: info.label, depth: 0, tasks: [], group: info, task: null, open });
      up.children!.push(n);
    }
    return n;
  };
  for (const i of s.order) {
    const t = s.tasks[i]!;
    let up = root;
    let hidden: string | null = null;
    for (const g of chain(t.group)) {
      if (hidden === null) {
        up = into(g, up);
        if (folded.has(g)) hidden = `g:${g}`;
      }
      if (nodes.has(`g:${g}`)) rows.get(`g:${g}`)!.tasks.push(t);
    }
    if (hidden) {
      shownAs[i] = hidden;
      continue;
    }
    const id = `t:${t.id}`;
    shownAs[i] = id;
    rows.set(id, { id: t.id, label: t.label, depth: 0, tasks: [t], group: null, task: t, open: false });
    up.children!.push({
      id,
      width: Math.max(120, Math.min(WIDEST, Math.max(58 + textWidth(t.label, 7.6), 90 + t.operator.length * 6.2))),
      height: H,
      layoutOptions: LEFT,
    });
  }
  const labels = new Map((s.edge_labels ?? []).map((l) => [`${l.from}\n${l.to}`, l.label]));
  const seen = new Map<string, ElkExtendedEdge>();
  s.tasks.forEach((t, i) => {
    for (const u of t.upstream) {
      const [from, to] = [shownAs[u]!, shownAs[i]!];
      if (from === to) continue;
      const id = `${from}>${to}`;
      const label = labels.get(`${s.tasks[u]!.id}\n${t.id}`);
      const e = seen.get(id) ?? { id, sources: [from], targets: [to] };
      if (label && !e.labels) e.labels = [{ text: label, width: 12 + textWidth(label, 6.4), height: 18 }];
      seen.set(id, e);
    }
  });
  root.edges = [...seen.values()];
  return { graph: root, rows };
}

function Graph({ structure, run }: { structure: Structure; run: GridRun | undefined }) {
  const { t } = useTranslation();
  const dag = useDag();
  const scheme = useComputedColorScheme();
  const labels = useFlowLabels();
  const [folded, setFolded] = useState<Set<string>>(() => foldedAtFirst(structure));
  const [direction, setDirection] = useState<string | null>(null);
  const chosen = useRef(false);
  /** With other groups open it may fit the page better another way. */
  const fold = (groups: Set<string>) => {
    setFolded(groups);
    if (!chosen.current) setDirection(null);
  };
  const [placed, setPlaced] = useState<Placed | null>(null);
  const [trouble, setTrouble] = useState<unknown>(null);
  const flow = useReactFlow();
  const store = useStoreApi();
  const frame = useRef<HTMLDivElement>(null);
  const height = useRest(frame, 360);
  useEffect(() => {
    if (structure.tasks.length < 1000) prepare();
  }, [structure]);
  useEffect(() => {
    let wanted = true;
    const { graph, rows } = elkGraph(structure, folded);
    // As it fits the page best, until somebody says otherwise.
    if (direction === null) {
      setDirection(bestDirection(graph, frame.current?.clientWidth ?? 0, frame.current?.clientHeight ?? 0));
      return;
    }
    layout(graph, direction)
      .then((g) => wanted && setPlaced({ graph: g, rows, direction }))
      .catch(setTrouble);
    return () => {
      wanted = false;
    };
  }, [structure, folded, direction]);
  const fit = useCallback(() => {
    const { width, height } = store.getState();
    if (placed) flow.setViewport(getViewportForBounds(bounds(boxes(placed)), width, height, looking.minZoom, 1, 0.08));
  }, [placed, flow, store]);
  // Before it is drawn, and as soon as the room for it is known.
  useLayoutEffect(() => {
    if (!placed) return;
    let again = 0;
    const show = () => {
      const { width, height } = store.getState();
      if (!width) again = requestAnimationFrame(show);
      else if (placed.graph.children!.length > MANY) flow.setViewport(beginning(placed.graph, placed.direction, width, height));
      else fit();
    };
    show();
    return () => cancelAnimationFrame(again);
  }, [placed, fit, flow, store]);
  const toggle = useCallback(
    (group: string) =>
      setFolded((before) => {
        const next = new Set(before);
        if (!next.delete(group)) next.add(group);
        return next;
      }),
    [],
  );
  const cells = useMemo(() => (run ? cellMap(run.tasks) : new Map<string, Cell>()), [run]);
  const before = useRef(new Map<string, Item>());
  const items = useMemo(() => {
    if (!placed) return [];
    const up = `/dags/${seg(dag.dag_id)}/${run ? `runs/${seg(run.run_id)}/` : ""}tasks/`;
    const list = boxes(placed).map(({ id, ...box }): Item => {
      const row = placed.rows.get(id)!;
      const state = run ? sum(row, cells) : undefined;
      const { group, task } = row;
      const common = { id, ...box, label: row.label, state };
      if (group) return { ...common, type: "group", group: row.id, count: row.tasks.length, open: row.open, tip: group.tooltip };
      const badge = task!.setup ? "⬇ " : task!.teardown ? "⬆ " : "";
      return { ...common, type: "task", task: row.id, kind: task!.operator, href: up + seg(row.id), mapped: task!.mapped, badge };
    });
    // Who has not changed stays the same, so that it is not drawn again.
    const kept = list.map((i) => {
      const old = before.current.get(i.id);
      return old && same(old, i) ? old : i;
    });
    before.current = new Map(kept.map((i) => [i.id, i]));
    return kept;
  }, [placed, cells, run, dag.dag_id]);
  const now = useRef(items);
  now.current = items;
  const keys = useNodeKeys(useCallback(() => now.current.map((i) => (i.type === "group" ? headOf(i) : i)), []));
  const arrows = useMemo(() => (placed ? arrowsOf(placed) : []), [placed]);
  if (trouble) return <Trouble error={trouble} />;
  return (
    <div ref={frame} className="card flow" style={{ height }}>
      <Group className="flow-tools" gap={6}>
        <SegmentedControl
          size="xs"
          value={direction ?? "RIGHT"}
          onChange={(way) => {
            chosen.current = true;
            setDirection(way);
          }}
          aria-label={t("graph.direction")}
          data={[
            { value: "RIGHT", label: t("graph.right") },
            { value: "DOWN", label: t("graph.down") },
          ]}
        />
        {structure.groups.length > 0 && (
          <ActionIcon.Group>
            <Tooltip label={t("grid.openAll")}>
              <ActionIcon variant="default" aria-label={t("grid.openAll")} onClick={() => fold(new Set())}>
                <IconArrowsMaximize size={14} />
              </ActionIcon>
            </Tooltip>
            <Tooltip label={t("grid.closeAll")}>
              <ActionIcon
                variant="default"
                aria-label={t("grid.closeAll")}
                onClick={() => fold(new Set(structure.groups.map((g) => g.id)))}
              >
                <IconArrowsMinimize size={14} />
              </ActionIcon>
            </Tooltip>
          </ActionIcon.Group>
        )}
      </Group>
      {!placed && (
        <div className="empty" role="status" aria-label={t("loading")}>
          <Loader size="sm" />
        </div>
      )}
      <ReactFlow
        colorMode={scheme}
        {...looking}
        {...keys}
        ariaLabelConfig={labels}
        aria-label={t("tab.graph")}
        onMoveStart={() => frame.current?.classList.add("moving")}
        onMoveEnd={() => frame.current?.classList.remove("moving")}
      >
        <Scene items={items} arrows={arrows} toggle={toggle} />
        <Controls showInteractive={false} showFitView={false}>
          <ControlButton onClick={fit} title={t("flow.fit")} aria-label={t("flow.fit")}>
            <IconArrowsMaximize />
          </ControlButton>
        </Controls>
        {items.length > 12 && <SceneMap items={items} scheme={scheme} />}
      </ReactFlow>
    </div>
  );
}

/** Which run is looked at: the address says so, else the newest. */
export function useRunChoice(dagId: string) {
  const [search, setSearch] = useSearchParams();
  const runs = useGet<{ runs: GridRun[] }>(...askRuns(dagId), { every: 5000 });
  const wanted = search.get("run") ?? runs.data?.runs[0]?.run_id;
  const grid = useGet<{ runs: GridRun[] }>(
    `/ui/dags/${seg(dagId)}/grid`,
    { run_id: wanted, limit: 1 },
    {
      enabled: wanted !== undefined,
      every: (d) => (d?.runs[0] && (d.runs[0].state === "running" || d.runs[0].state === "queued") ? 1500 : 10_000),
    },
  );
  const choose = (id: string | null) =>
    setSearch(
      (b) => {
        const n = new URLSearchParams(b);
        if (id) n.set("run", id);
        else n.delete("run");
        return n;
      },
      { replace: true },
    );
  const run = grid.data?.runs[0];
  // Of the DAG, that the run is of: the list knows it before the run itself is there. undefined: of none; null: not known yet.
  const listed = runs.data?.runs.find((r) => r.run_id === wanted) ?? run;
  const settled = runs.error || (runs.data && !wanted) || grid.data || grid.error;
  const version = listed ? listed.version : settled ? undefined : null;
  return { runs, wanted, run, version, choose };
}

export function RunChoice({ of, children }: { of: ReturnType<typeof useRunChoice>; children?: React.ReactNode }) {
  const { t } = useTranslation();
  const zone = useZone();
  const list = of.runs.data?.runs ?? [];
  return (
    <Group mb="xs" gap="sm">
      <Select
        size="xs"
        w={330}
        aria-label={t("run")}
        value={of.wanted ?? null}
        onChange={of.choose}
        allowDeselect={false}
        searchable
        placeholder={t("run.noneYet")}
        nothingFoundMessage={t("run.none")}
        data={[...new Set([...list.map((r) => r.run_id), ...(of.wanted ? [of.wanted] : [])])].map((id) => {
          const r = list.find((x) => x.run_id === id);
          const at = r && new Date(r.run_after);
          return {
            value: id,
            label: at
              ? `${formatTime(at, zone)} ${zoneMark(at, zone)} · ${t(`runType.${r.run_type}`, { defaultValue: r.run_type })}`
              : id,
          };
        })}
      />
      {of.run && (
        <Text span fz={13} c="dimmed">
          <StateMark state={of.run.state} /> ·{" "}
          {of.run.end_date && of.run.start_date ? (
            formatDuration((Date.parse(of.run.end_date) - Date.parse(of.run.start_date)) / 1000)
          ) : (
            <Took start={of.run.start_date} end={of.run.end_date} />
          )}
        </Text>
      )}
      {children}
    </Group>
  );
}

export function Component() {
  const dag = useDag();
  const choice = useRunChoice(dag.dag_id);
  const path = usePathSwitch(dag.dag_id, choice.run);
  const structure = useGet<Structure>(...askStructure(dag.dag_id, choice.version ?? undefined), {
    every: 60_000,
    enabled: choice.version !== null,
  });
  return (
    <>
      <RunChoice of={choice}>{path.control}</RunChoice>
      <Loaded of={structure}>
        {(s) =>
          path.wrap(
            <ReactFlowProvider>
              <Graph key={`${dag.dag_id}`} structure={s} run={choice.run} />
            </ReactFlowProvider>,
          )
        }
      </Loaded>
    </>
  );
}
