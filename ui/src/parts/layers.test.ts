/// <reference types="node" />
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ElkNode } from "elkjs/lib/elk-api";
import { beginning, direction, layered } from "./layers";

const node = (id: string, children?: ElkNode[]): ElkNode => (children ? { id, children } : { id, width: 190, height: 50 });
const edge = (from: string, to: string) => ({ id: `${from}>${to}`, sources: [from], targets: [to] });
const graph = (children: ElkNode[], ...arrows: [string, string][]): ElkNode => ({
  id: "root",
  children,
  edges: arrows.map(([a, b]) => edge(a, b)),
});
const ids = (n: number, of = "t") => Array.from({ length: n }, (_, i) => `${of}${i}`);

/** All nodes with their places on the whole plane. */
function places(root: ElkNode) {
  const all = new Map<string, { x: number; y: number; width: number; height: number }>();
  const walk = (n: ElkNode, x: number, y: number) => {
    for (const c of n.children ?? []) {
      const at = { x: x + c.x!, y: y + c.y!, width: c.width!, height: c.height! };
      all.set(c.id, at);
      walk(c, at.x, at.y);
    }
  };
  walk(root, 0, 0);
  return all;
}

function nobodyOverlaps(children: ElkNode[]) {
  for (const [i, a] of children.entries())
    for (const b of children.slice(i + 1)) {
      const apart = a.x! + a.width! <= b.x! || b.x! + b.width! <= a.x! || a.y! + a.height! <= b.y! || b.y! + b.height! <= a.y!;
      assert.ok(apart, `${a.id} lies on ${b.id}`);
    }
}

test("each node stands behind what it follows", () => {
  const g = graph(
    ids(4).map((i) => node(i)),
    ["t0", "t1"],
    ["t0", "t2"],
    ["t1", "t3"],
    ["t2", "t3"],
    ["t0", "t3"],
  );
  const at = places(layered(g, "RIGHT"));
  for (const e of g.edges!) {
    const [a, b] = [at.get(e.sources[0]!)!, at.get(e.targets[0]!)!];
    assert.ok(a.x + a.width < b.x, `${e.id} goes backwards`);
  }
  assert.equal(at.get("t1")!.x, at.get("t2")!.x);
  nobodyOverlaps(g.children!);
});

test("from top to bottom it is the same, turned", () => {
  const g = graph(
    ids(3).map((i) => node(i)),
    ["t0", "t1"],
    ["t1", "t2"],
  );
  const at = places(layered(g, "DOWN"));
  assert.ok(at.get("t0")!.y + 50 < at.get("t1")!.y && at.get("t1")!.y + 50 < at.get("t2")!.y);
  assert.equal(at.get("t0")!.x, at.get("t2")!.x);
});

test("an arrow begins at the end of the one node and ends at the beginning of the other", () => {
  const g = layered(graph([node("a"), node("b")], ["a", "b"]), "RIGHT");
  const [a, b] = g.children!;
  const [s] = g.edges![0]!.sections!;
  assert.deepEqual(s!.startPoint, { x: a!.x! + a!.width!, y: a!.y! + 25 });
  assert.deepEqual(s!.endPoint, { x: b!.x!, y: b!.y! + 25 });
});

test("arrows do not cross where they need not", () => {
  // Written down crosswise.
  const g = graph(
    ["a", "b", "x", "y"].map((i) => node(i)),
    ["a", "y"],
    ["b", "x"],
  );
  const at = places(layered(g, "RIGHT"));
  assert.equal(at.get("a")!.y < at.get("b")!.y, at.get("y")!.y < at.get("x")!.y);
});

test("a layer of many nodes stands in several columns, and what follows stands behind all of them", () => {
  const many = ids(500);
  const g = graph(
    [node("first"), ...many.map((i) => node(i)), node("last")],
    ...many.flatMap((i): [string, string][] => [
      ["first", i],
      [i, "last"],
    ]),
  );
  const at = places(layered(g, "RIGHT"));
  const columns = new Set(many.map((i) => at.get(i)!.x));
  assert.ok(columns.size > 5, `${columns.size} columns`);
  assert.ok(g.height! < 4000, `${g.height} high`);
  for (const i of many) assert.ok(at.get("first")!.x < at.get(i)!.x && at.get(i)!.x < at.get("last")!.x);
  nobodyOverlaps(g.children!);
});

test("a group holds its children, and arrows between groups put them behind each other", () => {
  const g = graph(
    [node("a", [node("a1"), node("a2")]), node("b", [node("b1", [node("b11")])]), node("c")],
    ["a1", "a2"],
    ["a2", "b11"],
    ["b11", "c"],
  );
  const at = places(layered(g, "RIGHT"));
  const inside = (child: string, of: string) => {
    const [c, o] = [at.get(child)!, at.get(of)!];
    assert.ok(
      c.x >= o.x && c.y >= o.y && c.x + c.width <= o.x + o.width && c.y + c.height <= o.y + o.height,
      `${child} in ${of}`,
    );
  };
  inside("a1", "a");
  inside("a2", "a");
  inside("b1", "b");
  inside("b11", "b1");
  assert.ok(at.get("a")!.x + at.get("a")!.width < at.get("b")!.x && at.get("b")!.x + at.get("b")!.width < at.get("c")!.x);
  nobodyOverlaps(g.children!);
});

test("groups that follow each other in a circle are laid out nevertheless", () => {
  const g = graph([node("a", [node("a1"), node("a2")]), node("b", [node("b1")])], ["a1", "b1"], ["b1", "a2"]);
  layered(g, "RIGHT");
  nobodyOverlaps(g.children!);
  for (const e of g.edges!) assert.equal(e.sections!.length, 1);
});

test("nothing at all", () => {
  const g = layered(graph([]), "RIGHT");
  assert.equal(g.width, 0);
});

test("a chain of a thousand takes no longer than one looks", () => {
  const g = graph(
    ids(1000).map((i) => node(i)),
    ...ids(999).map((_, i): [string, string] => [`t${i}`, `t${i + 1}`]),
  );
  const began = performance.now();
  layered(g, "RIGHT");
  assert.ok(performance.now() - began < 2000);
  nobodyOverlaps(g.children!.slice(0, 50));
});

const [W, H] = [1090, 600];
/** What of a node's place is seen on a screen that looks at it so. */
const seen = (n: ElkNode, v: { x: number; y: number; zoom: number }) => ({
  left: n.x! * v.zoom + v.x,
  right: (n.x! + n.width!) * v.zoom + v.x,
  top: n.y! * v.zoom + v.y,
  bottom: (n.y! + n.height!) * v.zoom + v.y,
});

test("a long chain is first looked at from its beginning, at the left, in the middle of the height", () => {
  const g = layered(
    graph(
      ids(300).map((i) => node(i)),
      ...ids(299).map((_, i): [string, string] => [`t${i}`, `t${i + 1}`]),
    ),
    "RIGHT",
  );
  const first = seen(g.children![0]!, beginning(g, "RIGHT", W, H));
  assert.ok(first.left > 20 && first.left < 90, `begins at ${first.left}`);
  assert.ok(Math.abs((first.top + first.bottom) / 2 - H / 2) < 2);
});

test("of a graph that is higher than the screen what stands in front is seen first", () => {
  const many = ids(600);
  const g = layered(
    graph([node("first"), ...many.map((i) => node(i))], ...many.map((i): [string, string] => ["first", i])),
    "RIGHT",
  );
  const view = beginning(g, "RIGHT", W, H);
  const first = seen(g.children![0]!, view);
  assert.ok(first.left > 20 && first.left < 90 && first.top > 0 && first.bottom < H, JSON.stringify(first));
  assert.ok(view.zoom >= 0.6 && view.zoom <= 1);
});

test("from top to bottom it is looked at from its top", () => {
  const g = layered(
    graph(
      ids(300).map((i) => node(i)),
      ...ids(299).map((_, i): [string, string] => [`t${i}`, `t${i + 1}`]),
    ),
    "DOWN",
  );
  const first = seen(g.children![0]!, beginning(g, "DOWN", W, H));
  assert.ok(first.top > 20 && first.top < 90, `begins at ${first.top}`);
  assert.ok(Math.abs((first.left + first.right) / 2 - W / 2) < 2);
});

test("where not even what stands in front fits it begins at its first", () => {
  const chains = ids(20).flatMap((i) => [`${i}a`, `${i}b`]);
  const g = layered(
    graph(
      chains.map((i) => node(i)),
      ...ids(20).map((i): [string, string] => [`${i}a`, `${i}b`]),
    ),
    "RIGHT",
  );
  const first = seen(g.children![0]!, beginning(g, "RIGHT", W, H));
  assert.ok(first.top > 20 && first.top < 90, `begins at ${first.top}`);
});

test("layers go to the right, and downward in a high box where more can be read of them so", () => {
  const nine = ids(9);
  const chain = graph(
    nine.map((id) => node(id)),
    ...nine.slice(1).map((id, i): [string, string] => [nine[i]!, id]),
  );
  assert.equal(direction(chain, 1200, 700), "RIGHT");
  assert.equal(direction(chain, 780, 930), "DOWN");
  assert.equal(direction(graph(nine.map((id) => node(id))), 780, 930), "RIGHT");
});
