/** What of a graph is drawn: where it is looked at and some way around. And who stands beside whom. Pure: tested without a page. */

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}
export interface Point {
  x: number;
  y: number;
}
export type View = readonly [x: number, y: number, zoom: number];

/** Looked at from so far away that a node's words cannot be read: its name alone, large, in its colour. */
const FAR = 0.5;
/** Still farther away: colours alone. */
const NAMELESS = 0.2;
/** How far around what is in sight, and in what steps, in pixels of the screen. */
const AROUND = 160;

export interface Region {
  left: number;
  top: number;
  right: number;
  bottom: number;
  far: boolean;
  names: boolean;
}

/** In the graph's own measure. Its sides move in steps, so that a graph that is moved is drawn anew seldom, and little of it each time. */
export function region([x, y, zoom]: View, width: number, height: number): Region {
  const step = 2 ** Math.round(Math.log2(AROUND / zoom));
  const low = (at: number) => Math.floor((-at - AROUND) / zoom / step) * step;
  const high = (at: number, size: number) => Math.ceil((size - at + AROUND) / zoom / step) * step;
  return { left: low(x), top: low(y), right: high(x, width), bottom: high(y, height), far: zoom < FAR, names: zoom >= NAMELESS };
}

export function sameRegion(a: Region, b: Region): boolean {
  return (["left", "top", "right", "bottom", "far", "names"] as const).every((k) => a[k] === b[k]);
}

export function inside(b: Box, r: Region): boolean {
  return b.x <= r.right && b.x + b.width >= r.left && b.y <= r.bottom && b.y + b.height >= r.top;
}

/** Around all of them. */
export function bounds(boxes: Iterable<Box>): Box {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const b of boxes) {
    left = Math.min(left, b.x);
    top = Math.min(top, b.y);
    right = Math.max(right, b.x + b.width);
    bottom = Math.max(bottom, b.y + b.height);
  }
  return left > right ? { x: 0, y: 0, width: 0, height: 0 } : { x: left, y: top, width: right - left, height: bottom - top };
}

export type Way = "left" | "right" | "up" | "down";
/** Of a key. */
export const ways: Record<string, Way> = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down" };

/** Who stands next in that direction: more than `least` ahead, near, and rather straight ahead than aside, which counts `aside` times. */
export function beside<T extends Box>(
  from: Box,
  all: readonly T[],
  way: Way,
  { least = 4, aside: weight = 2.5 } = {},
): T | undefined {
  const level = way === "left" || way === "right";
  const sign = way === "left" || way === "up" ? -1 : 1;
  const middle = (b: Box) => ({ x: b.x + b.width / 2, y: b.y + b.height / 2 });
  const at = middle(from);
  let best: T | undefined;
  let nearest = Infinity;
  for (const b of all) {
    const to = middle(b);
    const ahead = sign * (level ? to.x - at.x : to.y - at.y);
    const aside = Math.abs(level ? to.y - at.y : to.x - at.x);
    if (ahead <= least) continue;
    const far = ahead + weight * aside;
    if (far < nearest) [best, nearest] = [b, far];
  }
  return best;
}

/** A line through all of these points, its corners rounded a little. */
export function line(points: readonly Point[]): string {
  const round = (n: number) => Math.round(n * 10) / 10;
  const cut = (q: Point, p: Point) => {
    const l = Math.hypot(q.x - p.x, q.y - p.y) || 1;
    const r = Math.min(7, l / 2) / l;
    return `${round(p.x + (q.x - p.x) * r)},${round(p.y + (q.y - p.y) * r)}`;
  };
  let d = "";
  points.forEach((p, i) => {
    const [before, after] = [points[i - 1], points[i + 1]];
    if (!before) d += `M${round(p.x)},${round(p.y)}`;
    else if (!after) d += `L${round(p.x)},${round(p.y)}`;
    else d += `L${cut(before, p)}Q${round(p.x)},${round(p.y)} ${cut(after, p)}`;
  });
  return d;
}

/** The head of an arrow that ends there. */
export function head(points: readonly Point[]): string {
  const [from, to] = points.slice(-2);
  if (!from || !to) return "";
  const l = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const [dx, dy] = [(to.x - from.x) / l, (to.y - from.y) / l];
  const corner = (back: number, aside: number) =>
    `${(to.x - dx * back - dy * aside).toFixed(1)},${(to.y - dy * back + dx * aside).toFixed(1)}`;
  return `M${to.x},${to.y}L${corner(8, 4)}L${corner(8, -4)}z`;
}

/** Arrows that lie close together, drawn as one. */
export interface Bundle extends Box {
  id: string;
  lines: string;
  heads: string;
}

const CELL = 600;

/** Short ones by where they are, long ones by that more coarsely: a bundle is not much larger than its largest arrow. */
export function bundles(arrows: readonly (readonly Point[])[]): Bundle[] {
  const made = new Map<string, Bundle>();
  for (const points of arrows) {
    if (points.length < 2) continue;
    const b = bounds(points.map((p) => ({ ...p, width: 0, height: 0 })));
    const cell = CELL * 2 ** Math.max(0, Math.ceil(Math.log2(Math.max(b.width, b.height) / CELL)));
    const id = `${cell} ${Math.floor((b.x + b.width / 2) / cell)} ${Math.floor((b.y + b.height / 2) / cell)}`;
    const of = made.get(id);
    const [lines, heads] = [line(points), head(points)];
    made.set(id, of ? { id, lines: of.lines + lines, heads: of.heads + heads, ...bounds([of, b]) } : { id, lines, heads, ...b });
  }
  return [...made.values()];
}
