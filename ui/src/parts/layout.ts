/** Where the nodes of a graph go: ELK in a worker, loaded when a graph is first shown. */
import type { ELK, ElkNode } from "elkjs/lib/elk-api";
import workerUrl from "elkjs/lib/elk-worker.min.js?url";

let elk: Promise<ELK> | undefined;
function engine(): Promise<ELK> {
  elk ??= import("elkjs/lib/elk-api.js").then(({ default: Elk }) => new Elk({ workerFactory: () => new Worker(workerUrl) }));
  return elk;
}

// While the page still asks for the tasks.
engine();

export async function layout(graph: ElkNode, direction: string): Promise<ElkNode> {
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
