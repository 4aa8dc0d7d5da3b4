/**
 * Many small things beside each other (the bars of runs, the days of a calendar, the rows of a gantt): Tab comes to
 * them once, arrows go from one to the next, Home and End to the first and the last. Whoever has `arrows` is such a one: what can be used
 * in it has tabIndex -1, and there is a single listener for all.
 */
import { useEffect } from "react";
import { beside, type Way, ways } from "./scene";

/** For the element that holds them; `label` says what they are, `from` where one begins. */
export const arrows = (label: string, from: "first" | "last" = "first") =>
  ({ "data-arrows": from, role: "group", tabIndex: 0, "aria-label": label }) as const;

/** Where one was in each of them. */
const last = new WeakMap<Element, Element>();

const holderOf = (e: EventTarget | null) => (e as Element | null)?.closest?.<HTMLElement>("[data-arrows]") ?? null;
const itemsOf = (holder: Element) => [...holder.querySelectorAll<HTMLElement>("a[href], button:not(:disabled)")];

/** The nearest one that way; bars of any height stand beside each other on one ground. */
function next(from: HTMLElement, items: HTMLElement[], way: Way): HTMLElement | undefined {
  const level = way === "left" || way === "right";
  const boxOf = (of: HTMLElement) => {
    const r = of.getBoundingClientRect();
    return { of, x: r.left, y: level ? r.bottom : r.top, width: r.width, height: level ? 0 : r.height };
  };
  return beside(boxOf(from), items.map(boxOf), way, { least: 1, aside: 3 })?.of;
}

function come(e: FocusEvent) {
  const at = e.target as HTMLElement;
  const holder = holderOf(at);
  if (!holder) return;
  if (at === holder) {
    const items = itemsOf(holder);
    const before = last.get(holder);
    const to = items.find((i) => i === before) ?? (holder.dataset.arrows === "last" ? items.at(-1) : items[0]);
    to?.focus();
    return;
  }
  last.set(holder, at);
  // So that Shift+Tab leads out, not to the holder again.
  holder.tabIndex = -1;
}
function go(e: FocusEvent) {
  const holder = holderOf(e.target);
  if (holder && e.target !== holder && holderOf(e.relatedTarget) !== holder) holder.tabIndex = 0;
}
function press(e: KeyboardEvent) {
  const holder = holderOf(e.target);
  if (!holder || e.target === holder || e.ctrlKey || e.metaKey || e.altKey || e.defaultPrevented) return;
  const items = itemsOf(holder);
  const way = ways[e.key];
  const to = way
    ? next(e.target as HTMLElement, items, way)
    : e.key === "Home"
      ? items[0]
      : e.key === "End"
        ? items.at(-1)
        : undefined;
  if (!way && !to) return;
  e.preventDefault();
  if (way || holder.scrollHeight <= holder.clientHeight + 1) to?.focus();
  else {
    // Of a long list only what is in sight is there.
    holder.scrollTop = e.key === "Home" ? 0 : holder.scrollHeight;
    requestAnimationFrame(() =>
      requestAnimationFrame(() =>
        itemsOf(holder)
          .at(e.key === "Home" ? 0 : -1)
          ?.focus(),
      ),
    );
  }
}

/** Once in the page. */
export function Arrows() {
  useEffect(() => {
    document.addEventListener("focusin", come);
    document.addEventListener("focusout", go);
    document.addEventListener("keydown", press);
    return () => {
      document.removeEventListener("focusin", come);
      document.removeEventListener("focusout", go);
      document.removeEventListener("keydown", press);
    };
  }, []);
  return null;
}
