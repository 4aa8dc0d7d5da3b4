/** Things and what leads from one to another, placed by ELK. */
import { Loader, useComputedColorScheme } from "@mantine/core";
import {
  ControlButton,
  Controls,
  type Edge,
  Handle,
  MarkerType,
  MiniMap,
  type Node,
  type NodeProps,
  Position,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
} from "@xyflow/react";
import "@xyflow/react/dist/style.css";
import type { ElkNode } from "elkjs/lib/elk-api";
import { useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { IconArrowsMaximize, IconSitemap, IconStack2 } from "../icons";
import { Trouble } from "./bits";
import { looking, useFlowLabels, useFlowPlaces, useNodeKeys } from "./flow";
import { direction } from "./layers";
import { layout } from "./layout";
import { textWidth } from "./room";

export interface Thing extends Record<string, unknown> {
  kind: "dag" | "task" | "asset" | "alias" | "gate";
  label: string;
  sub: string;
  href: string | null;
  here: boolean;
}
export interface Picture {
  things: Map<string, Thing>;
  edges: Map<string, { from: string; to: string; tip: string }>;
}
const sizes = { dag: [170, 46], task: [150, 46], asset: [170, 46], alias: [150, 40], gate: [46, 30] } as const;
const WIDEST = 340;
const LEFT = { "elk.alignment": "LEFT" };
function size(x: Thing): { width: number; height: number } {
  const [width, height] = sizes[x.kind];
  if (x.kind === "gate") return { width, height };
  const words = Math.max(textWidth(x.label, 7.8) + 44, textWidth(x.sub, 6.2) + 26);
  return { width: Math.round(Math.max(width, Math.min(WIDEST, words))), height };
}

function Box({ data, targetPosition, sourcePosition }: NodeProps<Node<Thing>>) {
  const { t } = useTranslation();
  const told = data.kind === "gate" ? undefined : `${data.label}\n${data.sub}`;
  const inside =
    data.kind === "gate" ? (
      <span className="gate">{data.label}</span>
    ) : (
      <>
        <span className="node-top">
          {data.kind === "dag" ? <IconSitemap size={14} /> : data.kind === "task" ? null : <IconStack2 size={14} />}
          <span className="sr-only">{t(`agraph.${data.kind}`)}: </span>
          <span className="cut">{data.label}</span>
        </span>
        <span className="node-sub">
          <span className="cut">{data.sub}</span>
        </span>
      </>
    );
  return (
    <div className={`node anode-${data.kind}${data.here ? " anode-here" : ""}`}>
      <Handle type="target" position={targetPosition ?? Position.Left} isConnectable={false} />
      {data.href ? (
        <Link to={data.href} tabIndex={-1} className="node-link" title={told}>
          {inside}
        </Link>
      ) : (
        <div className="node-link" title={told}>
          {inside}
        </div>
      )}
      <Handle type="source" position={sourcePosition ?? Position.Right} isConnectable={false} />
    </div>
  );
}
const nodeTypes = { thing: Box };
const hasPage = (data: Record<string, unknown>) => data.href !== null;

function Placed({ picture, label, height }: { picture: Picture; label: string; height: string }) {
  const { t } = useTranslation();
  const scheme = useComputedColorScheme();
  const labels = useFlowLabels();
  const keys = useNodeKeys(useFlowPlaces(hasPage));
  const flow = useReactFlow();
  const frame = useRef<HTMLDivElement>(null);
  const [placed, setPlaced] = useState<ElkNode | null>(null);
  const [down, setDown] = useState(false);
  const [trouble, setTrouble] = useState<unknown>(null);
  const fit = useCallback(() => void flow.fitView({ maxZoom: 1, padding: 0.1 }), [flow]);
  useEffect(() => {
    let wanted = true;
    const graph = {
      id: "root",
      children: [...picture.things].map(([id, x]) => ({
        id,
        ...size(x),
        ...(x.kind === "gate" ? {} : { layoutOptions: LEFT }),
      })),
      edges: [...picture.edges].map(([id, e]) => ({ id, sources: [e.from], targets: [e.to] })),
    };
    const way = direction(graph, frame.current?.clientWidth ?? 0, frame.current?.clientHeight ?? 0);
    layout(graph, way)
      .then((g) => {
        if (!wanted) return;
        setPlaced(g);
        setDown(way === "DOWN");
        requestAnimationFrame(() => requestAnimationFrame(fit));
      })
      .catch(setTrouble);
    return () => {
      wanted = false;
    };
  }, [picture, fit]);
  const nodes: Node<Thing>[] = (placed?.children ?? []).flatMap((n) => {
    const x = picture.things.get(n.id);
    return x
      ? [
          {
            id: n.id,
            type: "thing",
            position: { x: n.x ?? 0, y: n.y ?? 0 },
            ...size(x),
            data: x,
            targetPosition: down ? Position.Top : Position.Left,
            sourcePosition: down ? Position.Bottom : Position.Right,
          },
        ]
      : [];
  });
  const edges: Edge[] = [...picture.edges].map(([id, e]) => ({
    id,
    source: e.from,
    target: e.to,
    markerEnd: { type: MarkerType.ArrowClosed },
    ariaLabel: e.tip || t("flow.edge", { from: picture.things.get(e.from)?.label, to: picture.things.get(e.to)?.label }),
    ...(e.from.startsWith("alias:") && e.to.startsWith("asset:") ? { style: { strokeDasharray: "5 4" } } : {}),
  }));
  if (trouble) return <Trouble error={trouble} />;
  return (
    <div ref={frame} className="card flow" style={{ height }}>
      {!placed && (
        <div className="empty">
          <Loader size="sm" />
        </div>
      )}
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        colorMode={scheme}
        {...looking}
        {...keys}
        ariaLabelConfig={labels}
        onlyRenderVisibleElements={nodes.length > 150}
        fitView
        aria-label={label}
      >
        <Controls showInteractive={false} showFitView={false}>
          <ControlButton onClick={fit} title={t("flow.fit")} aria-label={t("flow.fit")}>
            <IconArrowsMaximize />
          </ControlButton>
        </Controls>
        {nodes.length > 12 && <MiniMap pannable zoomable ariaLabel={t("graph.map")} nodeColor="var(--tw-dim)" />}
      </ReactFlow>
    </div>
  );
}

export function Drawing(props: { picture: Picture; label: string; height: string }) {
  return (
    <ReactFlowProvider>
      <Placed {...props} />
    </ReactFlowProvider>
  );
}
