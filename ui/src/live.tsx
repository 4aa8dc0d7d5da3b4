/** Questions to the engine whose answers stay fresh. */
import { QueryCache, QueryClient, type UseQueryResult, useQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect } from "react";
import { ApiError, get, type Params } from "./api";
import { keepFresh, spent } from "./fresh";
import { answered, isLive, listen, listenTo, useLive } from "./stream";

export { onEvent, useLive, useLost } from "./stream";

export const client = new QueryClient({
  queryCache: new QueryCache({ onError: answered, onSuccess: () => answered() }),
  defaultOptions: {
    queries: {
      staleTime: 1000,
      // A refusal stays one; a lost connection is tried again by its interval.
      retry: (n, e) => !(e instanceof ApiError) && n < 1,
    },
  },
});
keepFresh(client);

export function LiveProvider({ children }: { children: ReactNode }) {
  useEffect(() => {
    listen(true);
    return () => listen(false);
  }, []);
  return <>{children}</>;
}
/** While this page is open events of its DAG's tasks are wanted, too. */
export function useLiveScope(dagId: string) {
  useEffect(() => {
    listenTo(dagId);
    return () => listenTo(null);
  }, [dagId]);
}

interface Options<T> {
  /** Milliseconds between two looks while no event can tell; a function says so by what is there. 0: never. */
  every?: number | ((data: T | undefined) => number);
  /** Events tell nothing about it: look even then. */
  untold?: boolean;
  enabled?: boolean;
  /** Keep showing the last page while the next one loads. */
  keep?: boolean;
}

/** What a question (path and parameters) is answered. */
export async function fetched<T>({
  queryKey: [path, params],
  signal,
}: {
  queryKey: readonly unknown[];
  signal: AbortSignal;
}): Promise<T> {
  const began = performance.now();
  const data = await get<T>(path as string, params as Params, signal);
  spent(path as string, performance.now() - began);
  return data;
}

/** GET, kept fresh. */
export function useGet<T>(path: string, params: Params = {}, options: Options<T> = {}): UseQueryResult<T, Error> {
  const live = useLive();
  const { every = 0, untold = false, enabled = true, keep = true } = options;
  return useQuery<T, Error, T, [string, Params]>({
    queryKey: [path, params],
    queryFn: fetched<T>,
    enabled,
    // Of the same thing only: another DAG's tasks are never shown under this one's name.
    placeholderData: ((before: T | undefined, query?: { queryKey: [string, Params] }) =>
      keep && query?.queryKey[0] === path ? before : undefined) as never,
    refetchOnWindowFocus: () => untold || !isLive(),
    refetchInterval: (q) => {
      if (q.state.status === "error") return q.state.error instanceof ApiError ? false : 3000;
      if (live && !untold) return false;
      return (typeof every === "function" ? every(q.state.data) : every) || false;
    },
  });
}
