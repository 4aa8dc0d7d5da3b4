import { ActionIcon, Button, Group, Select, Text, TextInput, Tooltip } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import {
  type KeyboardEvent,
  memo,
  type RefObject,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { useTranslation } from "react-i18next";
import { useNavigate, useSearchParams } from "react-router";
import { type GridRun, type Structure, seg } from "../api";
import {
  IconArrowsMaximize,
  IconArrowsMinimize,
  IconCalendarPlus,
  IconChevronDown,
  IconChevronRight,
  IconSearch,
} from "../icons";
import { useGet } from "../live";
import { askGrid, askStructure } from "../parts/ahead";
import { useSaid } from "../parts/announce";
import { seconds } from "../parts/bars";
import { Empty, Loaded } from "../parts/bits";
import { type CellStore, type RunCells, useCells } from "../parts/cells";
import { RunTypeFilter, StateFilter } from "../parts/filter";
import { textWidth, useRest } from "../parts/room";
import { known, Mark, useMarkPictures, useStateName } from "../parts/state";
import { foldedAtFirst, type Row, reckon, rows as rowsOf, type Sum } from "../parts/tree";
import { TriggerDialog } from "../parts/trigger";
import { useZone } from "../settings";
import { formatDuration, formatTime, zoneMark } from "../time";
import { useDag } from "./dag";

const ROW = 26;
const COL = 24;
const HEAD = 74;
/** At least. */
const NAMES = 250;
const SPARE = 8;

type Name = (s: string | null) => string;

function tip(s: Sum, name: Name): string {
  const many = Object.values(s.counts).reduce((a, b) => a + b, 0);
  const took = s.start === null ? "" : `, ${formatDuration((s.end ?? Date.now() / 1000) - s.start)}`;
  const tries = s.tries > 1 ? `, ×${s.tries}` : "";
  const counts =
    many > 1
      ? ` (${Object.entries(s.counts)
          .map(([k, n]) => `${name(k)} ${n}`)
          .join(", ")})`
      : "";
  return `${name(s.state)}${took}${tries}${counts}`;
}

/** A run as a column: what its head and its cells say of it. */
interface Column {
  run: GridRun;
  time: string;
  label: string;
}

/** Columns that stand together, drawn or not as one: what is scrolled away or into sight, and what has changed, is so many cells of a row. */
interface Block {
  first: number;
  columns: Column[];
  cells: (RunCells | undefined)[];
}
const BLOCK = 8;

function blockOf(first: number, heads: Column[], store: CellStore): Block {
  const columns = heads.slice(first, first + BLOCK);
  return { first, columns, cells: columns.map((c) => store.of(c.run.run_id)) };
}
const same = <T,>(a: T[], b: T[]) => a.length === b.length && a.every((x, i) => x === b[i]);

/** The blocks from one column to another; one that has not changed is the very same as before. */
function useBlocks(heads: Column[], store: CellStore, from: number, to: number): Block[] {
  const before = useRef(new Map<number, Block>());
  const blocks: Block[] = [];
  for (let first = from - (from % BLOCK); first <= to; first += BLOCK) {
    const next = blockOf(first, heads, store);
    const old = before.current.get(first);
    blocks.push(old && same(old.columns, next.columns) && same(old.cells, next.cells) ? old : next);
  }
  useEffect(() => {
    before.current = new Map(blocks.map((b) => [b.first, b]));
  });
  return blocks;
}

/** Of one row: one element for each cell, its mark is a picture behind it. */
const Cells = memo(function Cells({ row, at, of, focus, name }: { row: Row; at: number; of: Block; focus: number; name: Name }) {
  const many = row.group !== null || row.task?.mapped === true ? " many" : "";
  return of.columns.map((column, i) => {
    const cells = of.cells[i];
    const s = cells && reckon(row, cells);
    if (!s) return null;
    const c = of.first + i;
    const label = `${row.id}, ${column.time}: ${tip(s, name)}`;
    return (
      <div
        key={column.run.run_id}
        role="gridcell"
        id={`c-${at}-${c}`}
        aria-colindex={c + 2}
        aria-label={label}
        title={label}
        className={`gcell mark-${known(s.state)}${many}${focus === c ? " focus" : ""}`}
        style={{ left: c * COL }}
      />
    );
  });
});

const Line = memo(function Line({
  row,
  at,
  top,
  blocks,
  focus,
  name,
}: {
  row: Row;
  at: number;
  top: number;
  blocks: Block[];
  focus: number;
  name: Name;
}) {
  return (
    <div role="row" aria-rowindex={at + 2} className="grow-line" style={{ top }}>
      {blocks.map((b) => (
        <Cells
          key={b.first}
          row={row}
          at={at}
          of={b}
          focus={focus >= b.first && focus < b.first + BLOCK ? focus : -1}
          name={name}
        />
      ))}
    </div>
  );
});

const Heads = memo(function Heads({ of, focus, longest }: { of: Block; focus: number; longest: number }) {
  return of.columns.map(({ run: r, label }, i) => {
    const c = of.first + i;
    return (
      <div
        key={r.run_id}
        id={`h-${c}`}
        role="columnheader"
        aria-colindex={c + 2}
        aria-label={label}
        title={`${r.run_id}\n${label}`}
        className={`grun${focus === c ? " focus" : ""}`}
        style={{ left: c * COL, width: COL, height: HEAD }}
      >
        <span className={`bar st-${r.state}`} style={{ height: Math.max(4, (seconds(r) / longest) * (HEAD - 26)), width: 14 }} />
        <Mark state={r.state} size={11} />
      </div>
    );
  });
});

/** How wide the column of names is: as its longest one, where the runs leave place for it. */
function useNames(box: RefObject<HTMLElement | null>, rows: Row[], filtered: boolean, columns: number): number {
  const [names, setNames] = useState(NAMES);
  const longest = useMemo(() => {
    let px = 0;
    for (const r of rows) px = Math.max(px, filtered ? textWidth(r.id, 7.4) : textWidth(r.label, 7.4) + r.depth * 14);
    return Math.ceil(px) + 74;
  }, [rows, filtered]);
  useLayoutEffect(() => {
    const at = box.current!;
    const fit = () => setNames(Math.max(NAMES, Math.min(longest, at.clientWidth - columns * COL - SPARE)));
    fit();
    const change = new ResizeObserver(fit);
    change.observe(at);
    return () => change.disconnect();
  }, [box, longest, columns]);
  return names;
}

/** What is scrolled and changes while one looks; what stands above it is not drawn again for that. */
const Sheet = memo(function Sheet({
  rows,
  runs,
  toggle,
  filtered,
}: {
  rows: Row[];
  runs: GridRun[];
  toggle: (id: string) => void;
  filtered: boolean;
}) {
  const { t } = useTranslation();
  const dag = useDag();
  const navigate = useNavigate();
  const zone = useZone();
  const name = useStateName();
  // Oldest at the left, as one reads.
  const columns = useMemo(() => [...runs].reverse(), [runs]);
  const heads = useMemo(
    () =>
      columns.map((r): Column => {
        const at = new Date(r.run_after);
        const time = formatTime(at, zone);
        return { run: r, time, label: `${time} ${zoneMark(at, zone)}, ${name(r.state)}, ${formatDuration(seconds(r))}` };
      }),
    [columns, zone, name],
  );
  const store = useCells(dag.dag_id);
  const longest = useMemo(() => Math.max(0.001, ...columns.map(seconds)), [columns]);
  const box = useRef<HTMLDivElement>(null);
  const names = useNames(box, rows, filtered, columns.length);
  const maxHeight = useRest(box, 180);
  const [focus, setFocus] = useState<{ r: number; c: number }>({ r: 0, c: Math.max(0, columns.length - 1) });
  const vr = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW,
    overscan: 8,
    scrollPaddingStart: HEAD,
  });
  const vc = useVirtualizer({
    horizontal: true,
    count: columns.length,
    getScrollElement: () => box.current,
    estimateSize: () => COL,
    overscan: 2,
    scrollPaddingStart: names,
    // The newest are looked at first.
    initialOffset: columns.length * COL,
  });
  const toEnd = useRef(false);
  useLayoutEffect(() => {
    if (toEnd.current || !columns.length) return;
    toEnd.current = true;
    box.current?.scrollTo({ left: box.current.scrollWidth });
  }, [columns.length]);
  const open = (r: number, c: number) => {
    const run = columns[c];
    const row = rows[r];
    if (row && c < 0) {
      if (row.task) navigate(`/dags/${seg(dag.dag_id)}/tasks/${seg(row.task.id)}`);
      else toggle(row.id);
    }
    if (!run) return;
    const at = `/dags/${seg(dag.dag_id)}/runs/${seg(run.run_id)}`;
    if (!row) navigate(at);
    else navigate(row.task ? `${at}/tasks/${seg(row.task.id)}` : `${at}?group=${seg(row.id)}`);
  };
  const key = (e: KeyboardEvent) => {
    let { r, c } = focus;
    if (e.key === "ArrowDown") r++;
    else if (e.key === "ArrowUp") r--;
    else if (e.key === "ArrowLeft") c--;
    else if (e.key === "ArrowRight") c++;
    else if (e.key === "Home") [r, c] = [e.ctrlKey ? 0 : r, 0];
    else if (e.key === "End") [r, c] = [e.ctrlKey ? rows.length - 1 : r, columns.length - 1];
    else if (e.key === "PageDown") r += 15;
    else if (e.key === "PageUp") r -= 15;
    else if (e.key === "Enter" || e.key === " ") {
      e.preventDefault();
      open(r, c);
      return;
    } else return;
    e.preventDefault();
    r = Math.max(-1, Math.min(rows.length - 1, r));
    // Left of the first run are the names; over them is nothing.
    c = Math.max(r < 0 ? 0 : -1, Math.min(columns.length - 1, c));
    setFocus({ r, c });
    if (r >= 0) vr.scrollToIndex(r);
    if (c >= 0) vc.scrollToIndex(c);
  };
  const point = (e: { clientX: number; clientY: number }) => {
    const b = box.current!.getBoundingClientRect();
    const x = e.clientX - b.left;
    const y = e.clientY - b.top;
    return {
      c: x < names ? -1 : Math.floor((x - names + box.current!.scrollLeft) / COL),
      r: y < HEAD ? -1 : Math.floor((y - HEAD + box.current!.scrollTop) / ROW),
    };
  };
  // The name of the line that one points at, without anything being drawn anew.
  const over = useRef<HTMLDivElement>(null);
  const hover = (p: { r: number } | null) => {
    const line = over.current!;
    line.style.display = p && p.r >= 0 && p.r < rows.length ? "block" : "none";
    if (p) line.style.transform = `translateY(${p.r * ROW}px)`;
  };
  const items = vr.getVirtualItems();
  const across = vc.getVirtualItems();
  const [from, to] = [across[0]?.index ?? 0, across.at(-1)?.index ?? -1];
  const blocks = useBlocks(heads, store, from, to);
  const list = useRef<Block[]>(blocks);
  if (!same(list.current, blocks)) list.current = blocks;
  const pictures = useMarkPictures();
  const [first, end] = [blocks[0]?.first ?? 0, (blocks.at(-1)?.first ?? -BLOCK) + BLOCK];
  useEffect(
    () =>
      store.want(
        columns.slice(first, end).map((r) => r.run_id),
        runs,
      ),
    [store, columns, runs, first, end],
  );
  return (
    <div
      ref={box}
      className="gbox card"
      role="grid"
      aria-label={t("tab.grid")}
      aria-rowcount={rows.length + 1}
      aria-colcount={columns.length + 1}
      aria-activedescendant={focus.r < 0 ? `h-${focus.c}` : focus.c < 0 ? `n-${focus.r}` : `c-${focus.r}-${focus.c}`}
      tabIndex={0}
      onKeyDown={key}
      onClick={(e) => {
        const p = point(e);
        if (p.c >= 0) {
          setFocus(p);
          open(p.r, p.c);
        }
      }}
      onPointerMove={(e) => hover(point(e))}
      onPointerLeave={() => hover(null)}
      style={{ maxHeight, ...pictures }}
    >
      <div
        style={{
          height: vr.getTotalSize() + HEAD,
          width: vc.getTotalSize() + names + SPARE,
          minWidth: "100%",
          position: "relative",
        }}
      >
        <div className="ghead" style={{ height: HEAD }} role="row" aria-rowindex={1}>
          <div
            className="gcorner"
            style={{ width: names, height: HEAD }}
            role="columnheader"
            aria-colindex={1}
            aria-label={t("task")}
          >
            <span className="gscale">{formatDuration(longest)}</span>
          </div>
          <div className="gheads" role="presentation" style={{ left: names }}>
            {list.current.map((b) => (
              <Heads key={b.first} of={b} longest={longest} focus={focus.r === -1 ? focus.c : -1} />
            ))}
          </div>
        </div>
        {/* One column that stays where it is: were each name held by itself, the browser would move as many layers. */}
        <div className="gnames" role="rowgroup" style={{ width: names, height: vr.getTotalSize() }}>
          <div className="gover" ref={over} style={{ height: ROW }} />
          {items.map((item) => (
            <div
              key={rows[item.index]!.id}
              role="row"
              aria-rowindex={item.index + 2}
              className="gname-line"
              style={{ top: item.start, height: ROW }}
            >
              <RowName
                row={rows[item.index]!}
                id={`n-${item.index}`}
                focus={focus.c < 0 && focus.r === item.index}
                toggle={toggle}
                dagId={dag.dag_id}
                filtered={filtered}
              />
            </div>
          ))}
        </div>
        <div role="rowgroup" className="gbody" style={{ top: HEAD, left: names }}>
          {items.map((item) => (
            <Line
              key={rows[item.index]!.id}
              row={rows[item.index]!}
              at={item.index}
              top={item.start}
              blocks={list.current}
              focus={focus.r === item.index ? focus.c : -1}
              name={name}
            />
          ))}
        </div>
      </div>
    </div>
  );
});

function Grid({ structure, runs }: { structure: Structure; runs: GridRun[] }) {
  const { t } = useTranslation();
  const [search, setSearch] = useSearchParams();
  const [folded, setFolded] = useState<Set<string>>(() => foldedAtFirst(structure));
  const filter = search.get("task") ?? "";
  const rows = useMemo(() => {
    if (!filter) return rowsOf(structure, folded);
    const wanted = filter.toLowerCase();
    return rowsOf(structure, new Set()).filter((r) => r.task && r.id.toLowerCase().includes(wanted));
  }, [structure, folded, filter]);
  const toggle = useCallback(
    (id: string) =>
      setFolded((before) => {
        const next = new Set(before);
        if (!next.delete(id)) next.add(id);
        return next;
      }),
    [],
  );
  const groups = structure.groups.length > 0;
  return (
    <>
      <Group mb="xs" gap="sm">
        <TextInput
          size="xs"
          w={200}
          type="search"
          leftSection={<IconSearch size={14} />}
          placeholder={t("grid.find")}
          aria-label={t("grid.find")}
          value={filter}
          onChange={(e) => {
            const v = e.currentTarget.value;
            setSearch(
              (b) => {
                const n = new URLSearchParams(b);
                if (v) n.set("task", v);
                else n.delete("task");
                return n;
              },
              { replace: true },
            );
          }}
        />
        {groups && (
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
        <RunFilter />
        <span className="grow" />
        <Text fz={12} c="dimmed">
          {t("grid.sizeTasks", { count: structure.tasks.length })}, {t("grid.sizeRuns", { count: runs.length })}
        </Text>
      </Group>
      <Sheet rows={rows} runs={runs} toggle={toggle} filtered={filter !== ""} />
    </>
  );
}

const RowName = memo(function RowName({
  row,
  id,
  focus,
  toggle,
  dagId,
  filtered,
}: {
  row: Row;
  id: string;
  focus: boolean;
  toggle: (id: string) => void;
  dagId: string;
  filtered: boolean;
}) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  return (
    <div
      id={id}
      className={`gname${focus ? " focus" : ""}`}
      role="rowheader"
      aria-colindex={1}
      style={{ height: ROW, paddingLeft: 8 + (filtered ? 0 : row.depth * 14) }}
      title={row.group?.tooltip ?? row.id}
    >
      {row.group ? (
        <button
          type="button"
          tabIndex={-1}
          className="gfold"
          aria-expanded={row.open}
          onClick={(e) => {
            e.stopPropagation();
            toggle(row.id);
          }}
        >
          {row.open ? <IconChevronDown size={14} /> : <IconChevronRight size={14} />}
          <span className="cut">{row.label}</span>
          <span className="gcount">{row.tasks.length}</span>
        </button>
      ) : (
        <button
          type="button"
          tabIndex={-1}
          className="gfold"
          onClick={(e) => {
            e.stopPropagation();
            navigate(`/dags/${seg(dagId)}/tasks/${seg(row.id)}`);
          }}
        >
          <span className="gdot" />
          <span className="cut">{filtered ? row.id : row.label}</span>
          {row.task?.mapped && (
            <span className="gcount" title={t("mapped")}>
              [ ]
            </span>
          )}
        </button>
      )}
    </div>
  );
});

function RunFilter() {
  const { t } = useTranslation();
  const [search, setSearch] = useSearchParams();
  const set = (k: string, v: string[]) =>
    setSearch(
      (b) => {
        const n = new URLSearchParams(b);
        n.delete(k);
        for (const x of v) n.append(k, x);
        return n;
      },
      { replace: true },
    );
  return (
    <>
      <StateFilter label={t("run.state")} w={190} value={search.getAll("state")} onChange={(v) => set("state", v)} />
      <RunTypeFilter w={150} value={search.get("run_type")} onChange={(v) => set("run_type", v ? [v] : [])} />
      <Select
        size="xs"
        w={110}
        aria-label={t("grid.runs")}
        value={search.get("n") ?? "30"}
        onChange={(v) => set("n", v && v !== "30" ? [v] : [])}
        allowDeselect={false}
        data={["10", "30", "90", "365"].map((n) => ({ value: n, label: t("grid.last", { n }) }))}
      />
    </>
  );
}

export function Component() {
  const { t } = useTranslation();
  const dag = useDag();
  const [search] = useSearchParams();
  const [trigger, setTrigger] = useState(false);
  const stateName = useStateName();
  const structure = useGet<Structure>(...askStructure(dag.dag_id), { every: 60_000 });
  const grid = useGet<{ runs: GridRun[] }>(...askGrid(dag.dag_id, search), { every: 5000 });
  const newest = grid.data?.runs[0];
  useSaid(dag.dag_id, grid.data && (newest ? `${newest.run_id}: ${stateName(newest.state)}` : ""));
  return (
    <Loaded of={structure}>
      {(s) => (
        <Loaded of={grid}>
          {(g) =>
            g.runs.length === 0 && !search.has("state") && !search.has("run_type") ? (
              <div className="card">
                <Empty
                  icon={<IconCalendarPlus size={32} />}
                  title={t("grid.none")}
                  action={<Button onClick={() => setTrigger(true)}>{t("trigger")}</Button>}
                >
                  {dag.is_paused ? t("grid.nonePaused") : dag.next_dagrun_run_after ? t("grid.noneNext") : t("grid.noneManual")}
                </Empty>
                {trigger && <TriggerDialog dagId={dag.dag_id} onClose={() => setTrigger(false)} />}
              </div>
            ) : (
              <Grid key={dag.dag_id} structure={s} runs={g.runs} />
            )
          }
        </Loaded>
      )}
    </Loaded>
  );
}
