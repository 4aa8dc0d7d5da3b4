/** Files that come from and go to the reader's machine. */
import { get, type Page, type Params } from "../api";

export function save(name: string, text: string, type = "application/json") {
  const a = document.createElement("a");
  a.href = URL.createObjectURL(new Blob([text], { type }));
  a.download = name;
  a.click();
  setTimeout(() => URL.revokeObjectURL(a.href), 10_000);
}

/** Every row of a list, page by page; or the first so many. */
export async function all<T>(path: string, key: string, params: Params = {}, most = Number.POSITIVE_INFINITY): Promise<T[]> {
  const rows: T[] = [];
  for (;;) {
    const page = await get<Page & Record<string, unknown>>(path, { ...params, limit: 100, offset: rows.length });
    const got = page[key] as T[];
    rows.push(...got);
    if (got.length === 0 || rows.length >= Math.min(most, page.total_entries)) return rows.slice(0, most);
  }
}
