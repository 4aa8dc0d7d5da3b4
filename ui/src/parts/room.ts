/** How much place there is, and how much a word needs. */
import { type RefObject, useLayoutEffect, useState } from "react";

/** About as wide as a text is drawn, in px, where a Latin letter takes `letter`: Korean, Chinese and Japanese take nearly twice as much. */
export function textWidth(text: string, letter: number): number {
  let n = 0;
  for (const c of text) n += c.codePointAt(0)! >= 0x1100 ? 1.75 : 1;
  return n * letter;
}

const EDGE = 20;
/** From where something stands to the lower edge of the window, as a height; never less than `least` px. */
export function useRest(of: RefObject<HTMLElement | null>, least: number): string {
  const [top, setTop] = useState<number | null>(null);
  useLayoutEffect(() => {
    const look = () => of.current && setTop(Math.round(of.current.getBoundingClientRect().top + window.scrollY));
    look();
    // What stands above it may grow: a title that breaks, a message.
    const change = new ResizeObserver(look);
    const main = document.getElementById("main");
    if (main) change.observe(main);
    return () => change.disconnect();
  }, [of]);
  return `max(${least}px, calc(100vh - ${(top ?? 250) + EDGE}px))`;
}
