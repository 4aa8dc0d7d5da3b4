/** Where things have their pages. */
import { seg, type Ti } from "../api";

export function tiPath(t: Pick<Ti, "dag_id" | "dag_run_id" | "task_id" | "map_index">): string {
  const at = `/dags/${seg(t.dag_id)}/runs/${seg(t.dag_run_id)}/tasks/${seg(t.task_id)}`;
  return t.map_index >= 0 ? `${at}/mapped/${t.map_index}` : at;
}
