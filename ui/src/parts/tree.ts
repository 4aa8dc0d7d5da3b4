/** Tasks in their groups: the rows of grid and gantt, with what is folded left out. */
import type { Cell, Structure, StructureGroup, StructureTask, TiState } from "../api";

export interface Row {
  id: string;
  label: string;
  depth: number;
  /** Of a group: the tasks below it. */
  tasks: StructureTask[];
  group: StructureGroup | null;
  task: StructureTask | null;
  open: boolean;
}

interface Node {
  group: StructureGroup | null;
  children: (Node | StructureTask)[];
  tasks: StructureTask[];
}

function build(s: Structure): Node {
  const root: Node = { group: null, children: [], tasks: [] };
  const nodes = new Map<string, Node>();
  for (const g of s.groups) nodes.set(g.id, { group: g, children: [], tasks: [] });
  const attached = new Set<string>();
  // A group stands where its first task does.
  const attach = (id: string | null): Node => {
    if (id === null) return root;
    const node = nodes.get(id);
    if (!node) return root;
    if (!attached.has(id)) {
      attached.add(id);
      attach(node.group!.parent).children.push(node);
    }
    return node;
  };
  for (const i of s.order) {
    const t = s.tasks[i]!;
    attach(t.group).children.push(t);
    for (let g: string | null = t.group; g !== null; g = nodes.get(g)?.group?.parent ?? null) nodes.get(g)?.tasks.push(t);
    root.tasks.push(t);
  }
  return root;
}

const built = new WeakMap<Structure, Node>();

export function rows(s: Structure, folded: ReadonlySet<string>): Row[] {
  let root = built.get(s);
  if (!root) {
    root = build(s);
    built.set(s, root);
  }
  const list: Row[] = [];
  const walk = (node: Node, depth: number) => {
    for (const c of node.children)
      if ("children" in c) {
        const g = c.group!;
        const open = !folded.has(g.id);
        list.push({ id: g.id, label: g.label, depth, tasks: c.tasks, group: g, task: null, open });
        if (open) walk(c, depth + 1);
      } else list.push({ id: c.id, label: c.label, depth, tasks: [c], group: null, task: c, open: false });
  };
  walk(root, 0);
  return list;
}

/** When several are shown as one: what a person must know of first. */
const first: (TiState | null)[] = [
  "failed",
  "upstream_failed",
  "up_for_retry",
  "running",
  "restarting",
  "awaiting_input",
  "deferred",
  "up_for_reschedule",
  "queued",
  "scheduled",
  null,
  "success",
  "skipped",
  "removed",
];
const rank = new Map(first.map((s, i) => [s, i]));

export interface Sum {
  state: TiState | null;
  start: number | null;
  end: number | null;
  counts: Record<string, number>;
  tries: number;
}

/** The cells of one run by task. */
export interface Cells {
  get(id: string): Cell | undefined;
}

const sums = new WeakMap<Cells, Map<string, Sum | undefined>>();

/** undefined: none of the tasks is in the run. Reckoned once for the same cells. */
export function sum(row: Row, cells: Cells): Sum | undefined {
  const of = sums.get(cells) ?? new Map<string, Sum | undefined>();
  sums.set(cells, of);
  if (!of.has(row.id)) of.set(row.id, reckon(row, cells));
  return of.get(row.id);
}

/** The same, for those who do not ask twice: nothing is kept. */
export function reckon(row: Row, cells: Cells): Sum | undefined {
  let out: Sum | undefined;
  let open = false;
  for (const t of row.tasks) {
    const c = cells.get(t.id);
    if (!c) continue;
    const [, state, start, end, tries, counts] = c;
    if (!out) out = { state, start, end, counts: {}, tries };
    else {
      if ((rank.get(state) ?? 99) < (rank.get(out.state) ?? 99)) out.state = state;
      if (start !== null && (out.start === null || start < out.start)) out.start = start;
      if (end !== null && (out.end === null || end > out.end)) out.end = end;
      out.tries = Math.max(out.tries, tries);
    }
    if (start !== null && end === null) open = true;
    if (counts) for (const [s, n] of Object.entries(counts)) out.counts[s] = (out.counts[s] ?? 0) + n;
    else out.counts[state ?? "none"] = (out.counts[state ?? "none"] ?? 0) + 1;
  }
  if (out && open) out.end = null;
  return out;
}

export function cellMap(cells: Cell[] | undefined): Map<string, Cell> {
  return new Map((cells ?? []).map((c) => [c[0], c]));
}

/** Folded at first when there are many tasks: what one opens stays open. */
export function foldedAtFirst(s: Structure): Set<string> {
  return s.tasks.length > 60 ? new Set(s.groups.map((g) => g.id)) : new Set();
}
