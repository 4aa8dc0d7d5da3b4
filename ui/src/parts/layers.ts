/**
 * Where the nodes of a large graph go: in layers, each behind what it comes after; within a layer as close to these as they can
 * be without turning it over and over. Coarser than ELK, but done before one has looked: in milliseconds where ELK takes
 * seconds, and for every graph, also those that ELK gives up on.
 */
import type { ElkExtendedEdge, ElkNode } from "elkjs/lib/elk-api";

const BETWEEN = 56;
const BESIDE = 16;
/** What an open group has around its children. */
const TOP = 38;
const AROUND = 14;
/** A layer that is higher stands in several columns. */
const TALL = 48;
const SWEEPS = 4;

type Links = Map<ElkNode, Set<ElkNode>>;

/** Each one's layer: one behind the last of those that it follows. In a circle (of groups) the first in line goes first. */
function layersOf(nodes: ElkNode[], next: Links): ElkNode[][] {
  const open = new Map(nodes.map((n) => [n, 0]));
  for (const n of nodes) for (const m of next.get(n) ?? []) open.set(m, (open.get(m) ?? 0) + 1);
  const layer = new Map(nodes.map((n) => [n, 0]));
  const layers: ElkNode[][] = [];
  const left = new Set(nodes);
  let ready = nodes.filter((n) => open.get(n) === 0);
  while (left.size) {
    if (!ready.length) ready = [left.values().next().value!];
    const after: ElkNode[] = [];
    for (const n of ready) {
      if (!left.delete(n)) continue;
      const l = layer.get(n)!;
      layers[l] = [...(layers[l] ?? []), n];
      for (const m of next.get(n) ?? []) {
        if (!left.has(m)) continue;
        layer.set(m, Math.max(layer.get(m)!, l + 1));
        open.set(m, open.get(m)! - 1);
        if (open.get(m) === 0) after.push(m);
      }
    }
    ready = after;
  }
  return layers.map((l) => l ?? []);
}

/** Neighbours draw them together: each stands where the middle of its neighbours in the layer beside is. */
function untangle(layers: ElkNode[][], next: Links, before: Links) {
  const place = new Map<ElkNode, number>();
  const note = (l: ElkNode[]) => {
    for (const [i, n] of l.entries()) place.set(n, i / l.length);
  };
  layers.forEach(note);
  const sort = (l: ElkNode[], near: Links) => {
    const pull = new Map(
      l.map((n) => {
        const of = [...(near.get(n) ?? [])];
        return [n, of.length ? of.reduce((a, m) => a + place.get(m)!, 0) / of.length : place.get(n)!];
      }),
    );
    l.sort((a, b) => pull.get(a)! - pull.get(b)!);
    note(l);
  };
  for (let i = 0; i < SWEEPS; i++) {
    for (const l of layers.slice(1)) sort(l, before);
    for (const l of layers.slice(0, -1).reverse()) sort(l, next);
  }
}

/** Gives the children of one container their places, from (left, top) on; returns how much room they take. */
function arrange(nodes: ElkNode[], next: Links, down: boolean, left: number, top: number) {
  const before: Links = new Map();
  for (const [n, of] of next)
    for (const m of of) {
      const set = before.get(m) ?? new Set<ElkNode>();
      set.add(n);
      before.set(m, set);
    }
  const layers = layersOf(nodes, next);
  untangle(layers, next, before);
  const columns = layers.flatMap((l) => {
    const n = Math.ceil(l.length / TALL);
    const size = Math.ceil(l.length / n);
    return Array.from({ length: n }, (_, i) => l.slice(i * size, (i + 1) * size));
  });
  const along = (n: ElkNode) => (down ? n.height! : n.width!);
  const across = (n: ElkNode) => (down ? n.width! : n.height!);
  const heights = columns.map((c) => c.reduce((a, n) => a + across(n) + BESIDE, -BESIDE));
  const most = Math.max(0, ...heights);
  let at = 0;
  columns.forEach((column, i) => {
    const wide = Math.max(...column.map(along));
    let beside = (most - heights[i]!) / 2;
    for (const n of column) {
      const x = Math.round(at + (wide - along(n)) / 2);
      const y = Math.round(beside);
      n.x = left + (down ? y : x);
      n.y = top + (down ? x : y);
      beside += across(n) + BESIDE;
    }
    at += wide + BETWEEN;
  });
  const length = Math.max(0, at - BETWEEN);
  return down ? { width: most, height: length } : { width: length, height: most };
}

/** From the end of one node to the beginning of the other, absolute. */
function route(
  e: ElkExtendedEdge,
  a: { x: number; y: number; n: ElkNode },
  b: { x: number; y: number; n: ElkNode },
  down: boolean,
) {
  const from = down ? { x: a.x + a.n.width! / 2, y: a.y + a.n.height! } : { x: a.x + a.n.width!, y: a.y + a.n.height! / 2 };
  const to = down ? { x: b.x + b.n.width! / 2, y: b.y } : { x: b.x, y: b.y + b.n.height! / 2 };
  const step = BETWEEN / 3;
  e.sections = [
    {
      id: e.id,
      startPoint: from,
      bendPoints: down
        ? [
            { x: from.x, y: from.y + step },
            { x: to.x, y: to.y - step },
          ]
        : [
            { x: from.x + step, y: from.y },
            { x: to.x - step, y: to.y },
          ],
      endPoint: to,
    },
  ];
  const label = e.labels?.[0];
  if (label) {
    label.x = (from.x + to.x - label.width!) / 2;
    label.y = (from.y + to.y - label.height!) / 2;
  }
}

/** The graph that layout() takes, with places, as ELK fills it. */
export function layered(root: ElkNode, direction: string): ElkNode {
  const down = direction === "DOWN";
  const chains = new Map<string, ElkNode[]>();
  const walk = (n: ElkNode, chain: ElkNode[]) => {
    for (const c of n.children ?? []) {
      const own = [...chain, c];
      chains.set(c.id, own);
      walk(c, own);
    }
  };
  walk(root, [root]);
  // An arrow between two containers is one between those of their ancestors that stand side by side.
  const links = new Map<ElkNode, Links>();
  for (const e of root.edges ?? []) {
    const [p, q] = [chains.get(e.sources[0]!), chains.get(e.targets[0]!)];
    const i = p?.findIndex((n, k) => n !== q?.[k]) ?? -1;
    if (!p || !q || i < 1 || !p[i] || !q[i]) continue;
    const of = links.get(p[i - 1]!) ?? new Map<ElkNode, Set<ElkNode>>();
    of.set(p[i]!, (of.get(p[i]!) ?? new Set()).add(q[i]!));
    links.set(p[i - 1]!, of);
  }
  const place = (n: ElkNode) => {
    const children = n.children ?? [];
    for (const c of children) if (c.children) place(c);
    const inner = n !== root;
    const room = arrange(children, links.get(n) ?? new Map(), down, inner ? AROUND : 0, inner ? TOP : 0);
    n.width = Math.max(inner ? 120 : 0, room.width + (inner ? 2 * AROUND : 0));
    n.height = Math.max(inner ? 60 : 0, room.height + (inner ? TOP + AROUND : 0));
  };
  place(root);
  const at = (id: string) => {
    const chain = chains.get(id)!;
    return { x: chain.reduce((a, n) => a + (n.x ?? 0), 0), y: chain.reduce((a, n) => a + (n.y ?? 0), 0), n: chain.at(-1)! };
  };
  for (const e of root.edges ?? [])
    if (chains.has(e.sources[0]!) && chains.has(e.targets[0]!)) route(e, at(e.sources[0]!), at(e.targets[0]!), down);
  return root;
}

/** Room between the frame and the first node. */
const MARGIN = 52;
const READABLE = 0.6;

/** What is around a node, in a picture that ELK or this has laid out: about. */
const ROOM = { ahead: 60, aside: 20 };
/** Which way the layers follow each other: to the right, but in a box that is higher than wide where more can be read of it downward. */
export function direction(graph: ElkNode, width: number, height: number): "RIGHT" | "DOWN" {
  if (height <= width) return "RIGHT";
  const leaves: ElkNode[] = [];
  const byId = new Map<string, ElkNode>();
  const walk = (n: ElkNode) => {
    for (const c of n.children ?? []) {
      if (c.children?.length) walk(c);
      else leaves.push(c);
      byId.set(c.id, c);
    }
  };
  walk(graph);
  const next: Links = new Map(leaves.map((n) => [n, new Set()]));
  for (const e of graph.edges ?? []) {
    const [from, to] = [byId.get(e.sources[0]!), byId.get(e.targets[0]!)];
    if (from && to) next.get(from)?.add(to);
  }
  const layers = layersOf(leaves, next);
  const sum = (of: number[], more: number) => of.reduce((a, b) => a + b + more, 0);
  const most = (of: number[]) => Math.max(1, ...of);
  const wide = (n: ElkNode) => n.width ?? 0;
  const high = (n: ElkNode) => n.height ?? 0;
  const zoom = (w: number, h: number) => Math.min(1, width / w, height / h);
  const right = zoom(
    sum(
      layers.map((l) => most(l.map(wide))),
      ROOM.ahead,
    ),
    most(layers.map((l) => sum(l.map(high), ROOM.aside))),
  );
  const down = zoom(
    most(layers.map((l) => sum(l.map(wide), ROOM.aside))),
    sum(
      layers.map((l) => most(l.map(high))),
      ROOM.ahead,
    ),
  );
  return down > right * 1.1 ? "DOWN" : "RIGHT";
}

/** How a graph that is too large to be read as a whole is looked at first: at its beginning, from as far as one can read, nothing empty before it. */
export function beginning(graph: ElkNode, direction: string, width: number, height: number) {
  const down = direction === "DOWN";
  const nodes = graph.children ?? [];
  const at = (n: ElkNode) => (down ? n.y! : n.x!);
  const beside = (n: ElkNode) => (down ? [n.x!, n.x! + n.width!] : [n.y!, n.y! + n.height!]);
  const start = Math.min(...nodes.map(at));
  const all = nodes.flatMap(beside);
  const room = down ? width : height;
  const zoom = Math.max(READABLE, Math.min(1, (room - 2 * MARGIN) / Math.max(1, Math.max(...all) - Math.min(...all))));
  // All of it in the middle; where that does not fit, those that stand in front.
  const fits = (Math.max(...all) - Math.min(...all)) * zoom <= room;
  const seen = fits ? all : nodes.filter((n) => at(n) < start + 1).flatMap(beside);
  const [low, high] = [Math.min(...seen), Math.max(...seen)];
  const across = (high - low) * zoom > room ? MARGIN - low * zoom : room / 2 - ((low + high) / 2) * zoom;
  const along = MARGIN - start * zoom;
  return down ? { x: across, y: along, zoom } : { x: along, y: across, zoom };
}
