/** What screen readers are told, politely: in one place, not more often than one can listen, and of one thing only the last. */
import { useEffect, useRef, useState } from "react";

/** What comes within so many milliseconds is told together; then nothing for a while; what was told does not stay in the page. */
const TOGETHER_MS = 300;
const APART_MS = 1500;
const GONE_MS = 4000;

const waiting = new Map<string, string>();
let hear: (() => void) | null = null;

/** `about` is what it is of: what is said of it later replaces what was not told yet. */
export function announce(text: string, about = text) {
  waiting.delete(about);
  waiting.set(about, text);
  hear?.();
}

/** Says when the text changes, not what it is at first: a state, of a thing that is looked at. */
export function useSaid(about: string, text: string | undefined) {
  const before = useRef<[string, string] | null>(null);
  useEffect(() => {
    if (text === undefined) return;
    if (before.current?.[0] === about && before.current[1] !== text) announce(text, about);
    before.current = [about, text];
  }, [about, text]);
}

/** Once in the page. */
export function Announcer() {
  const [text, setText] = useState("");
  useEffect(() => {
    let said = 0;
    let next: ReturnType<typeof setTimeout> | undefined;
    let gone: ReturnType<typeof setTimeout> | undefined;
    const say = () => {
      next = undefined;
      said = Date.now();
      setText([...waiting.values()].join(". "));
      waiting.clear();
      clearTimeout(gone);
      gone = setTimeout(() => setText(""), GONE_MS);
    };
    hear = () => {
      next ??= setTimeout(say, Math.max(TOGETHER_MS, said + APART_MS - Date.now()));
    };
    return () => {
      hear = null;
      clearTimeout(next);
      clearTimeout(gone);
    };
  }, []);
  return (
    <div className="sr-only" role="status">
      {text}
    </div>
  );
}
