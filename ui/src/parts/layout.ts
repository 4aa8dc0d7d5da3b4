/** Where the nodes of a graph go: ELK in a worker, loaded when a graph is first shown; large ones are laid out here. */
import type { ELK, ElkNode } from "elkjs/lib/elk-api";
import workerUrl from "elkjs/lib/elk-worker.min.js?url";
import { layered } from "./layers";

/** With more nodes ELK takes longer than one wants to wait. */
const MANY = 250;

let elk: Promise<ELK> | undefined;
function engine(): Promise<ELK> {
  elk ??= import("elkjs/lib/elk-api.js").then(({ default: Elk }) => new Elk({ workerFactory: () => new Worker(workerUrl) }));
  return elk;
}

/** While the page still asks for the tasks. */
export function prepare() {
  engine();
}

function count(n: ElkNode): number {
  return (n.children ?? []).reduce((a, c) => a + count(c), 1);
}

export async function layout(graph: ElkNode, direction: string): Promise<ElkNode> {
  if (count(graph) > MANY) return layered(graph, direction);
  try {
    return await elkLayout(graph, direction);
  } catch (e) {
    console.warn("ELK gives up on this graph:", e);
    return layered(graph, direction);
  }
}

async function elkLayout(graph: ElkNode, direction: string): Promise<ElkNode> {
  return (await engine()).layout(graph, {
    layoutOptions: {
      "elk.algorithm": "layered",
      "elk.direction": direction,
      "elk.hierarchyHandling": "INCLUDE_CHILDREN",
      "elk.layered.spacing.nodeNodeBetweenLayers": "46",
      "elk.spacing.nodeNode": "16",
      "elk.layered.spacing.edgeNodeBetweenLayers": "16",
      "elk.layered.nodePlacement.strategy": "BRANDES_KOEPF",
      // The order of definition is kept where ELK can: across the borders of groups it cannot.
      "elk.layered.considerModelOrder.strategy": graph.children?.some((n) => n.children) ? "NONE" : "NODES_AND_EDGES",
      "elk.edgeLabels.inline": "true",
    },
  });
}
