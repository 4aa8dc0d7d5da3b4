import { ActionIcon, Group, Loader, SegmentedControl, Select, Text, Tooltip, useComputedColorScheme } from "@mantine/core";
import {
  Background,
  BaseEdge,
  Controls,
  type Edge,
  EdgeLabelRenderer,
  type EdgeProps,
  Handle,
  MiniMap,
  type Node,
  type NodeHandle,
  type NodeProps,
  Position,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
  useStore,
  useStoreApi,
} from "@xyflow/react";
import "@xyflow/react/dist/style.css";
import type { ElkExtendedEdge, ElkNode } from "elkjs/lib/elk-api";
import { createContext, memo, useContext, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "react-router";
import { type Cell, type GridRun, type Structure, seg } from "../api";
import { IconArrowsMaximize, IconArrowsMinimize, IconChevronDown, IconChevronRight } from "../icons";
import { useGet } from "../live";
import { askRuns, askStructure } from "../parts/ahead";
import { Loaded, Trouble } from "../parts/bits";
import { looking, useFlowLabels, useNodeKeys } from "../parts/flow";
import { useOnPath, usePathArrow, usePathSwitch } from "../parts/forecast";
import { beginning } from "../parts/layers";
import { layout, prepare } from "../parts/layout";

import { Mark, StateMark, useStateName } from "../parts/state";
import { cellMap, foldedAtFirst, type Row, type Sum, sum } from "../parts/tree";
import { useZone } from "../settings";
import { formatDuration, formatTime, Took, zoneMark } from "../time";
import { useDag } from "./dag";

interface TaskData extends Record<string, unknown> {
  label: string;
  kind: string;
  state: Sum | undefined;
  href: string | null;
  mapped: boolean;
  badge: string;
}
interface GroupData extends Record<string, unknown> {
  label: string;
  count: number;
  open: boolean;
  state: Sum | undefined;
  run: boolean;
  toggle: () => void;
  tip: string | null;
}
const W = 190;
const H = 50;

function Counts({ of }: { of: Sum }) {
  const all = Object.values(of.counts).reduce((a, b) => a + b, 0);
  const done = (of.counts.success ?? 0) + (of.counts.skipped ?? 0);
  return (
    <span className="gcount">
      {done}/{all}
    </span>
  );
}

/** Looked at from so far away that nothing can be read: colours alone. */
const Far = createContext(false);
const FAR = 0.4;
/** With more nodes it begins at the first ones instead of showing all at once. */
const MANY = 150;

const TaskNode = memo(function TaskNode({ id, data }: NodeProps<Node<TaskData>>) {
  const { t } = useTranslation();
  const name = useStateName();
  const onPath = useOnPath(id.slice(2));
  const far = useContext(Far);
  const s = data.state;
  if (far)
    return (
      <div className={`node node-far st-${s?.state ?? "none"}${onPath ? " on-path" : ""}`}>
        <Handle type="target" position={Position.Left} isConnectable={false} />
        {data.href && (
          <Link
            to={data.href}
            tabIndex={-1}
            className="node-link nodrag"
            aria-label={`${data.label} ${s ? name(s.state) : ""}`}
          />
        )}
        <Handle type="source" position={Position.Right} isConnectable={false} />
      </div>
    );
  const inner = (
    <>
      <span className="node-top">
        {s && <Mark state={s.state} size={15} />}
        <span className="cut">{data.label}</span>
        {s && <span className="sr-only"> {name(s.state)} </span>}
        {onPath && <span className="sr-only">{t("path.title")}</span>}
        {data.mapped && (s?.counts ? <Counts of={s} /> : <span className="gcount">[ ]</span>)}
      </span>
      <span className="node-sub">
        <span className="cut">
          {data.badge}
          {data.kind}
        </span>
        {s?.start ? <Took start={s.start * 1000} end={s.end ? s.end * 1000 : null} /> : s ? name(s.state) : null}
      </span>
    </>
  );
  return (
    <div className={`node ${s ? `edge-${s.state ?? "none"}` : ""}${onPath ? " on-path" : ""}`}>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      {data.href ? (
        <Link to={data.href} tabIndex={-1} className="node-link nodrag">
          {inner}
        </Link>
      ) : (
        <div className="node-link">{inner}</div>
      )}
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </div>
  );
});

const GroupNode = memo(function GroupNode({ data }: NodeProps<Node<GroupData>>) {
  return (
    <div className={data.open ? "group-box" : "node group-closed"} title={data.tip ?? ""}>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <button type="button" tabIndex={-1} className="gfold nodrag group-head" onClick={data.toggle} aria-expanded={data.open}>
        {data.open ? <IconChevronDown size={14} /> : <IconChevronRight size={14} />}
        {data.state && <Mark state={data.state.state} size={14} />}
        <span className="cut">{data.label}</span>
        {data.state ? <Counts of={data.state} /> : <span className="gcount">{data.count}</span>}
      </button>
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </div>
  );
});

type Routed = Edge<{ points: { x: number; y: number }[]; label?: string; lx?: number; ly?: number }>;
const RoutedEdge = memo(function RoutedEdge({ id, source, target, data, markerEnd }: EdgeProps<Routed>) {
  const onPath = usePathArrow(source.slice(2), target.slice(2));
  if (!data) return null;
  const [a, ...rest] = data.points;
  // Corners are rounded a little.
  let d = `M${a!.x},${a!.y}`;
  rest.forEach((p, i) => {
    const next = rest[i + 1];
    if (!next) {
      d += `L${p.x},${p.y}`;
      return;
    }
    const before = i ? rest[i - 1]! : a!;
    const cut = (q: { x: number; y: number }) => {
      const l = Math.hypot(q.x - p.x, q.y - p.y) || 1;
      const r = Math.min(7, l / 2) / l;
      return { x: p.x + (q.x - p.x) * r, y: p.y + (q.y - p.y) * r };
    };
    const f = cut(before);
    const g = cut(next);
    d += `L${f.x},${f.y}Q${p.x},${p.y} ${g.x},${g.y}`;
  });
  return (
    <>
      <BaseEdge
        id={id}
        path={d}
        interactionWidth={0}
        className={onPath ? "edge-on-path" : ""}
        {...(markerEnd ? { markerEnd } : {})}
      />
      {data.label && (
        <EdgeLabelRenderer>
          <div className="edge-label" style={{ transform: `translate(${data.lx}px,${data.ly}px)` }}>
            {data.label}
          </div>
        </EdgeLabelRenderer>
      )}
    </>
  );
});
const nodeTypes = { task: TaskNode, tasks: GroupNode };
const edgeTypes = { routed: RoutedEdge };

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
function sameNode(a: Node, b: Node): boolean {
  const [x, y] = [a.data as TaskData & GroupData, b.data as TaskData & GroupData];
  return (
    a.position.x === b.position.x &&
    a.position.y === b.position.y &&
    a.width === b.width &&
    a.height === b.height &&
    a.parentId === b.parentId &&
    a.type === b.type &&
    x.href === y.href &&
    x.open === y.open &&
    x.run === y.run &&
    x.label === y.label &&
    x.kind === y.kind &&
    sameSum(x.state, y.state)
  );
}

interface Placed {
  graph: ElkNode;
  /** of elk's ids */
  rows: Map<string, Row>;
}

/** Where arrows may end. Told, because React Flow draws every node once to measure it where it is not. */
const handles = (w: number, h: number): NodeHandle[] => [
  { type: "target", position: Position.Left, x: 0, y: h / 2, width: 1, height: 1 },
  { type: "source", position: Position.Right, x: w, y: h / 2, width: 1, height: 1 },
];

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
              "elk.nodeSize.minimum": `(${Math.min(320, 90 + info.label.length * 8)},60)`,
            },
          }
        : { id, width: W, height: 40 };
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
      width: Math.max(120, Math.min(280, Math.max(58 + t.label.length * 7.6, 84 + t.operator.length * 6.2))),
      height: H,
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
      if (label && !e.labels) e.labels = [{ text: label, width: 12 + label.length * 6.4, height: 18 }];
      seen.set(id, e);
    }
  });
  root.edges = [...seen.values()];
  return { graph: root, rows };
}

/** A task with its page, a group that folds. */
const canBeUsed = (data: Record<string, unknown>) => data.href !== null;

function Graph({ structure, run }: { structure: Structure; run: GridRun | undefined }) {
  const { t } = useTranslation();
  const dag = useDag();
  const scheme = useComputedColorScheme();
  const labels = useFlowLabels();
  const keys = useNodeKeys(canBeUsed);
  const [folded, setFolded] = useState<Set<string>>(() => foldedAtFirst(structure));
  const [direction, setDirection] = useState("RIGHT");
  const [placed, setPlaced] = useState<Placed | null>(null);
  const [trouble, setTrouble] = useState<unknown>(null);
  const flow = useReactFlow();
  const store = useStoreApi();
  const far = useStore((s) => s.transform[2] < FAR);
  useEffect(() => {
    if (structure.tasks.length < 1000) prepare();
  }, [structure]);
  useEffect(() => {
    let wanted = true;
    const { graph, rows } = elkGraph(structure, folded);
    layout(graph, direction)
      .then((g) => {
        if (!wanted) return;
        const { width, height } = store.getState();
        // Before it is drawn, where it can be: what is not in sight there is then not drawn at all.
        if (g.children!.length > MANY && width) flow.setViewport(beginning(g, direction, width, height));
        else requestAnimationFrame(() => requestAnimationFrame(() => flow.fitView({ maxZoom: 1, padding: 0.08 })));
        setPlaced({ graph: g, rows });
      })
      .catch(setTrouble);
    return () => {
      wanted = false;
    };
  }, [structure, folded, direction, flow, store]);
  const cells = useMemo(() => (run ? cellMap(run.tasks) : new Map<string, Cell>()), [run]);
  const before = useRef(new Map<string, Node>());
  const nodes = useMemo(() => {
    const list: Node[] = [];
    if (!placed) return list;
    const walk = (n: ElkNode, parent: string | undefined) => {
      for (const c of n.children ?? []) {
        const row = placed.rows.get(c.id)!;
        const state = run ? sum(row, cells) : undefined;
        const at = {
          id: c.id,
          position: { x: c.x ?? 0, y: c.y ?? 0 },
          width: c.width ?? W,
          height: c.height ?? H,
          handles: handles(c.width ?? W, c.height ?? H),
          ...(parent ? { parentId: parent } : {}),
        };
        if (row.group) {
          const toggle = () =>
            setFolded((before) => {
              const next = new Set(before);
              if (!next.delete(row.id)) next.add(row.id);
              return next;
            });
          list.push({
            ...at,
            type: "tasks",
            data: {
              label: row.label,
              count: row.tasks.length,
              open: row.open,
              state,
              run: run !== undefined,
              toggle,
              tip: row.group.tooltip,
            } satisfies GroupData,
          });
          walk(c, c.id);
        } else {
          const task = row.task!;
          const href = run
            ? `/dags/${seg(dag.dag_id)}/runs/${seg(run.run_id)}/tasks/${seg(task.id)}`
            : `/dags/${seg(dag.dag_id)}/tasks/${seg(task.id)}`;
          const badge = task.setup ? "⬇ " : task.teardown ? "⬆ " : "";
          list.push({
            ...at,
            type: "task",
            data: { label: task.label, kind: task.operator, state, href, mapped: task.mapped, badge } satisfies TaskData,
          });
        }
      }
    };
    walk(placed.graph, undefined);
    // Who has not changed stays the same, so that it is not drawn again.
    const kept = list.map((n) => {
      const old = before.current.get(n.id);
      return old && sameNode(old, n) ? old : n;
    });
    before.current = new Map(kept.map((n) => [n.id, n]));
    return kept;
  }, [placed, cells, run, dag.dag_id]);
  const edges = useMemo(() => {
    if (!placed) return [];
    // Sections of edges are told relative to the container that elk put the edge into.
    const at = new Map<string, { x: number; y: number }>([["root", { x: 0, y: 0 }]]);
    const walk = (n: ElkNode, x: number, y: number) => {
      for (const c of n.children ?? []) {
        at.set(c.id, { x: x + (c.x ?? 0), y: y + (c.y ?? 0) });
        walk(c, x + (c.x ?? 0), y + (c.y ?? 0));
      }
    };
    walk(placed.graph, 0, 0);
    return (placed.graph.edges ?? []).map((e): Routed => {
      const o = at.get((e as { container?: string }).container ?? "root") ?? { x: 0, y: 0 };
      const points = (e.sections ?? [])
        .flatMap((s) => [s.startPoint, ...(s.bendPoints ?? []), s.endPoint])
        .map((p) => ({ x: p.x + o.x, y: p.y + o.y }));
      const label = e.labels?.[0];
      return {
        id: e.id,
        source: e.sources[0]!,
        target: e.targets[0]!,
        type: "routed",
        markerEnd: { type: "arrowclosed" as never, width: 16, height: 16 },
        data: { points, ...(label ? { label: label.text!, lx: (label.x ?? 0) + o.x, ly: (label.y ?? 0) + o.y } : {}) },
      };
    });
  }, [placed]);
  if (trouble) return <Trouble error={trouble} />;
  return (
    <div className="card flow" style={{ height: "calc(100vh - 245px)" }}>
      <Group className="flow-tools" gap={6}>
        <SegmentedControl
          size="xs"
          value={direction}
          onChange={setDirection}
          aria-label={t("graph.direction")}
          data={[
            { value: "RIGHT", label: t("graph.right") },
            { value: "DOWN", label: t("graph.down") },
          ]}
        />
        {structure.groups.length > 0 && (
          <ActionIcon.Group>
            <Tooltip label={t("grid.openAll")}>
              <ActionIcon variant="default" aria-label={t("grid.openAll")} onClick={() => setFolded(new Set())}>
                <IconArrowsMaximize size={14} />
              </ActionIcon>
            </Tooltip>
            <Tooltip label={t("grid.closeAll")}>
              <ActionIcon
                variant="default"
                aria-label={t("grid.closeAll")}
                onClick={() => setFolded(new Set(structure.groups.map((g) => g.id)))}
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
      <Far value={far}>
        <ReactFlow
          nodes={nodes}
          edges={edges}
          nodeTypes={nodeTypes}
          edgeTypes={edgeTypes}
          colorMode={scheme}
          {...looking}
          {...keys}
          ariaLabelConfig={labels}
          onlyRenderVisibleElements={nodes.length > MANY}
          aria-label={t("tab.graph")}
        >
          <Background gap={22} size={1} />
          <Controls showInteractive={false} />
          {nodes.length > 12 && (
            <MiniMap
              pannable
              zoomable
              ariaLabel={t("graph.map")}
              nodeColor={(n) => {
                const s = (n.data as { state?: Sum }).state;
                return n.type === "tasks" && (n.data as GroupData).open
                  ? "transparent"
                  : s
                    ? `var(--st-${s.state ?? "none"})`
                    : "var(--st-none)";
              }}
            />
          )}
        </ReactFlow>
      </Far>
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
