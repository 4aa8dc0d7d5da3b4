/** Lists that the server sorts and pages. Where one stands is in the address, so that it can be sent to somebody. */
import { Group, Pagination, Select, Text } from "@mantine/core";
import { type Column, type ColumnDef, getCoreRowModel, type RowData, useReactTable } from "@tanstack/react-table";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import type { Params } from "../api";
import { IconArrowDown, IconArrowsSort, IconArrowUp } from "../icons";

declare module "@tanstack/react-table" {
  interface ColumnMeta<TData extends RowData, TValue> {
    /** What the server calls it in order_by. */
    sort?: string;
    num?: boolean;
    width?: string;
    /** Takes the place that others leave, and is cut where that is not enough. */
    rest?: boolean;
  }
}

const sizes = ["25", "50", "100"];

/** Numbers stand at the right; what can be done with a row stays in sight when the table is wider than the page. */
function place<T>({ id, columnDef }: Column<T>): string {
  return columnDef.meta?.num ? "num" : columnDef.meta?.rest ? "rest" : id === "act" ? "stays" : "";
}

/** Called, not made a component of: a page says its columns anew each time, and the focus would be lost with what it is on. */
function drawn<P>(what: string | ((of: P) => ReactNode) | undefined, of: P): ReactNode {
  return typeof what === "function" ? what(of) : what;
}

/** As much is hidden at least where the edge says so: the room around the words of the last column is not missed. */
const SOME_PX = 20;

/** What may be wider than the page: it can be scrolled by keyboard as long as it is. */
export function TableBox({ label, children }: { label: string; children: ReactNode }) {
  const box = useRef<HTMLElement>(null);
  const [hidden, setHidden] = useState(0);
  useEffect(() => {
    const at = box.current!;
    const look = new ResizeObserver(() => setHidden(at.scrollWidth - at.clientWidth));
    look.observe(at);
    if (at.firstElementChild) look.observe(at.firstElementChild);
    return () => look.disconnect();
  }, []);
  return (
    <section
      ref={box}
      className={`card table-box${hidden > SOME_PX ? " wide" : ""}`}
      {...(hidden > 1 ? { tabIndex: 0, "aria-label": label } : {})}
    >
      {children}
    </section>
  );
}

/** limit, offset, order_by as the address says; and how to change it. */
export function useListState(dfltOrder: string, dfltLimit = 50) {
  const [search, setSearch] = useSearchParams();
  const limit = Number(search.get("limit")) || dfltLimit;
  const page = Math.max(1, Number(search.get("page")) || 1);
  const order = search.get("order") ?? dfltOrder;
  // What was set last may not stand in the address yet when the next is set: two filters that are typed one after the other.
  const newest = useRef(search);
  useEffect(() => {
    newest.current = search;
  }, [search]);
  const set = (changes: Record<string, string | string[] | null>, keepPage = false) => {
    const next = new URLSearchParams(newest.current);
    if (!keepPage) next.delete("page");
    for (const [k, v] of Object.entries(changes)) {
      next.delete(k);
      for (const one of Array.isArray(v) ? v : [v]) if (one) next.append(k, one);
    }
    newest.current = next;
    setSearch(next, { replace: true });
  };
  const params: Params = { limit, offset: (page - 1) * limit, ...(order ? { order_by: order } : {}) };
  return { search, set, params, limit, page, order };
}
export type ListState = ReturnType<typeof useListState>;

export function DataTable<T>({
  rows,
  columns,
  total,
  list,
  label,
  empty,
}: {
  rows: T[];
  // biome-ignore lint/suspicious/noExplicitAny: each column has a type of its own
  columns: ColumnDef<T, any>[];
  total?: number;
  list?: ListState;
  label: string;
  empty?: ReactNode;
}) {
  const { t } = useTranslation();
  const table = useReactTable({
    data: rows,
    columns,
    getCoreRowModel: getCoreRowModel(),
    manualSorting: true,
    manualPagination: true,
  });
  if (rows.length === 0 && empty) return <div className="card">{empty}</div>;
  return (
    <>
      <TableBox label={label}>
        <table className="table" aria-label={label}>
          <thead>
            {table.getHeaderGroups().map((g) => (
              <tr key={g.id}>
                {g.headers.map((h) => {
                  const meta = h.column.columnDef.meta;
                  const text = drawn(h.column.columnDef.header, h.getContext());
                  const sort = meta?.sort;
                  const way =
                    list && sort
                      ? list.order === sort
                        ? "ascending"
                        : list.order === `-${sort}`
                          ? "descending"
                          : "none"
                      : undefined;
                  return (
                    <th key={h.id} scope="col" className={place(h.column)} style={{ width: meta?.width }} aria-sort={way}>
                      {list && sort ? (
                        <button
                          type="button"
                          className="th-sort"
                          onClick={() => list.set({ order: way === "descending" ? sort : `-${sort}` })}
                        >
                          {text}
                          {way === "ascending" ? (
                            <IconArrowUp size={13} />
                          ) : way === "descending" ? (
                            <IconArrowDown size={13} />
                          ) : (
                            <IconArrowsSort size={13} opacity={0.45} />
                          )}
                        </button>
                      ) : (
                        text
                      )}
                    </th>
                  );
                })}
              </tr>
            ))}
          </thead>
          <tbody>
            {table.getRowModel().rows.map((r) => (
              <tr key={r.id}>
                {r.getVisibleCells().map((c) => (
                  <td key={c.id} className={place(c.column)}>
                    {drawn(c.column.columnDef.cell, c.getContext())}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </TableBox>
      {list && total !== undefined && (
        <Group mt="sm" gap="md">
          <Text size="sm" c="dimmed">
            {t("list.range", {
              from: total ? (list.page - 1) * list.limit + 1 : 0,
              to: Math.min(total, list.page * list.limit),
              total,
            })}
          </Text>
          {total > list.limit && (
            <Pagination
              size="sm"
              total={Math.ceil(total / list.limit)}
              value={list.page}
              onChange={(p) => list.set({ page: p === 1 ? null : String(p) }, true)}
              getControlProps={(c) => ({ "aria-label": t(`list.${c}`) })}
              getItemProps={(p) => ({ "aria-label": t("list.page", { page: p }) })}
            />
          )}
          {total > 25 && (
            <Select
              size="xs"
              w={90}
              aria-label={t("list.size")}
              data={sizes}
              value={String(list.limit)}
              onChange={(v) => list.set({ limit: v })}
              allowDeselect={false}
            />
          )}
        </Group>
      )}
    </>
  );
}
