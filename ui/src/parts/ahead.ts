/**
 * What a DAG's pages ask first: said here once, so that it can be asked while their code is still on its way, and all at once where one
 * page would wait for what another has asked.
 */
import type { LoaderFunctionArgs } from "react-router";
import { type Params, seg } from "../api";
import { client, fetched } from "../live";
import { heard } from "../stream";

type Ask = [path: string, params: Params];

export const askDag = (id: string): Ask => [`/api/v2/dags/${seg(id)}/details`, {}];
export const askNewest = (id: string): Ask => [`/ui/dags/${seg(id)}/grid`, { limit: 1, cells: false }];
export const askRuns = (id: string): Ask => [`/ui/dags/${seg(id)}/grid`, { limit: 50, cells: false }];
export const askStructure = (id: string, version?: number): Ask => [
  `/ui/dags/${seg(id)}/structure`,
  version ? { version_number: version } : {},
];
export const askGrid = (id: string, search: URLSearchParams): Ask => [
  `/ui/dags/${seg(id)}/grid`,
  { limit: Number(search.get("n")) || 30, cells: false, state: search.getAll("state"), run_type: search.getAll("run_type") },
];

const first = {
  dag: (id: string) => [askDag(id), askNewest(id)],
  grid: (id: string, search: URLSearchParams) => [askStructure(id), askGrid(id, search)],
  runs: (id: string) => [askRuns(id)],
};

/** For a route: its page's first questions go out as soon as one is on the way to it. */
export const ahead = (page: keyof typeof first) => ({
  loader: ({ params, request }: LoaderFunctionArgs) => {
    const keys = first[page](params.dagId ?? "", new URL(request.url).searchParams);
    heard().then(() => {
      for (const queryKey of keys) if (!client.getQueryState(queryKey)) client.prefetchQuery({ queryKey, queryFn: fetched });
    });
    return null;
  },
  // What has changed meanwhile is not its business.
  shouldRevalidate: () => false,
});
