/** Columns that many lists have: of which DAG a row is, and of which run. */
import type { ColumnDef } from "@tanstack/react-table";
import type { TFunction } from "i18next";
import { Link } from "react-router";
import { seg } from "../api";

interface OfDag {
  dag_id: string | null;
  dag_display_name?: string;
}
interface OfRun extends OfDag {
  dag_run_id?: string | null;
  run_id?: string | null;
}

/** sort: what the list is asked to be in the order of. */
export const dagColumn = <T extends OfDag>(t: TFunction, sort?: string): ColumnDef<T> => ({
  id: "dag",
  header: () => t("dag"),
  ...(sort ? { meta: { sort } } : {}),
  cell: ({ row: { original: x } }) =>
    x.dag_id && (
      <Link to={`/dags/${seg(x.dag_id)}`} className="id-link">
        {x.dag_display_name ?? x.dag_id}
      </Link>
    ),
});

export const runColumn = <T extends OfRun>(t: TFunction, sort?: string): ColumnDef<T> => ({
  id: "run",
  header: () => t("run"),
  ...(sort ? { meta: { sort } } : {}),
  cell: ({ row: { original: x } }) => {
    const run = x.dag_run_id ?? x.run_id;
    return (
      x.dag_id &&
      run && (
        <Link to={`/dags/${seg(x.dag_id)}/runs/${seg(run)}`} className="mono id">
          {run}
        </Link>
      )
    );
  },
});
