/** One thing followed as it happens: a stream of events that ends by itself, held while the page is in sight. */
import { useEffect, useRef, useState } from "react";

const AGAIN_MS = 3000;

/**
 * Hears `kinds` of the stream until its event "end". A page that nobody sees holds no stream: coming back it begins anew, after the
 * last id that was heard. Returns true once the stream has answered.
 */
export function useFollow(
  at: string | null,
  kinds: readonly string[],
  hear: (m: MessageEvent<string>) => void,
  over?: () => void,
  /** Where it is when it begins, or begins anew; `at` without it. */
  address?: () => string,
): { open: boolean; lost: boolean } {
  const [open, setOpen] = useState(false);
  const [lost, setLost] = useState(false);
  const [hidden, setHidden] = useState(document.hidden);
  const ended = useRef<string | null>(null);
  const call = useRef({ hear, over, address });
  call.current = { hear, over, address };
  useEffect(() => {
    const look = () => setHidden(document.hidden);
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the kinds are those of one call and never change
  useEffect(() => {
    if (at === null || hidden || ended.current === at) return;
    let source: EventSource;
    let again: ReturnType<typeof setTimeout> | undefined;
    const finish = () => {
      ended.current = at;
      source.close();
      call.current.over?.();
    };
    const begin = () => {
      source = new EventSource(call.current.address?.() ?? at);
      source.onopen = () => {
        setOpen(true);
        setLost(false);
      };
      for (const kind of kinds) source.addEventListener(kind, (m) => call.current.hear(m as MessageEvent<string>));
      source.addEventListener("end", finish);
      source.onerror = () => {
        setLost(true);
        // The browser comes back by itself, but not when it was refused.
        if (source.readyState === EventSource.CLOSED) again = setTimeout(begin, AGAIN_MS);
      };
    };
    begin();
    return () => {
      source.close();
      clearTimeout(again);
    };
  }, [at, hidden]);
  return { open, lost };
}
