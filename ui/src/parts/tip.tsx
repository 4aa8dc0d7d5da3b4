/**
 * Tips for what a page has hundreds of: whoever has `data-tip` gets one, and there is a single one for all. A component of its
 * own for each bar and each time costs more than the page itself.
 */
import { useEffect, useState } from "react";
import { formatTime } from "../time";

const DELAY_MS = 180;
/** So long a finger holds what does something of its own, and stays about where it is. */
const HOLD_MS = 400;
const SLIP_PX = 10;
const EDGE_PX = 6;

interface Shown {
  text: string;
  x: number;
  top: number;
  bottom: number;
}

const told = "[data-tip],[data-tip-time]";
/** No mouse comes over what is touched: what a browser or a component would tell that one is told here as well. */
const toldToFinger = `${told},[title]:not(iframe),button[aria-label],a[aria-label]`;
const acts = "a, button, input, select, textarea, label, summary, .gcell, .grun";

/** `data-tip` is the text; `data-tip-time` an instant, told in the zones of `data-tip-zones`. */
function textOf(of: HTMLElement): string {
  const { tip, tipTime, tipZones } = of.dataset;
  if (!tipTime) return tip ?? (of.title || of.getAttribute("aria-label") || "");
  const at = new Date(tipTime);
  return (tipZones ?? "UTC")
    .split(" ")
    .map((z) => `${formatTime(at, z)} ${z}`)
    .join("\n");
}

/** A finger cannot hover: it touches what does nothing of its own, and holds what does something. */
function byFinger(show: (of: HTMLElement) => void): () => void {
  let on: { of: HTMLElement; x: number; y: number; timer: ReturnType<typeof setTimeout> | undefined } | null = null;
  let held = false;
  const end = () => {
    clearTimeout(on?.timer);
    on = null;
  };
  const hold = () => {
    if (!on) return;
    held = true;
    show(on.of);
    end();
  };
  const down = (e: PointerEvent) => {
    end();
    held = false;
    const at = e.target as Element;
    const of = e.pointerType === "touch" && e.isPrimary ? at.closest<HTMLElement>(toldToFinger) : null;
    if (of) on = { of, x: e.clientX, y: e.clientY, timer: at.closest(acts) ? setTimeout(hold, HOLD_MS) : undefined };
  };
  const move = (e: PointerEvent) => {
    if (on && Math.hypot(e.clientX - on.x, e.clientY - on.y) > SLIP_PX) end();
  };
  const up = () => {
    if (on && !on.timer) show(on.of);
    end();
  };
  // The browser has a menu of its own for what is held, and what was held is not meant to be followed.
  const menu = (e: Event) => {
    if (on?.timer) hold();
    if (held) e.preventDefault();
  };
  const click = (e: Event) => {
    if (!held) return;
    held = false;
    e.preventDefault();
    e.stopPropagation();
  };
  document.addEventListener("pointerdown", down, { passive: true });
  document.addEventListener("pointermove", move, { passive: true });
  document.addEventListener("pointerup", up, { passive: true });
  document.addEventListener("pointercancel", end, { passive: true });
  document.addEventListener("contextmenu", menu);
  document.addEventListener("click", click, { capture: true });
  return () => {
    end();
    document.removeEventListener("pointerdown", down);
    document.removeEventListener("pointermove", move);
    document.removeEventListener("pointerup", up);
    document.removeEventListener("pointercancel", end);
    document.removeEventListener("contextmenu", menu);
    document.removeEventListener("click", click, { capture: true });
  };
}

/** Once in the page. */
export function Tips() {
  const [shown, setShown] = useState<Shown | null>(null);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let of: HTMLElement | null = null;
    const hide = () => {
      clearTimeout(timer);
      of = null;
      setShown(null);
    };
    const draw = (next: HTMLElement) => {
      if (!next.isConnected) return;
      const r = next.getBoundingClientRect();
      setShown({ text: textOf(next), x: r.left + r.width / 2, top: r.top, bottom: r.bottom });
    };
    const show = (e: Event) => {
      if ((e as PointerEvent).pointerType === "touch") return;
      const next = (e.target as Element).closest?.<HTMLElement>(told) ?? null;
      if (next === of) return;
      hide();
      if (next) begin(next);
    };
    const begin = (next: HTMLElement) => {
      of = next;
      timer = setTimeout(() => draw(next), DELAY_MS);
    };
    // Who comes by keyboard is scrolled to: the tip comes after that.
    const scrolled = () => {
      const held = of;
      hide();
      if (held?.matches(":focus-within")) begin(held);
    };
    // What a finger has called stays when the focus goes to what it has held.
    const left = () => of && hide();
    const key = (e: KeyboardEvent) => e.key === "Escape" && hide();
    document.addEventListener("pointerover", show, { passive: true });
    document.addEventListener("focusin", show);
    document.addEventListener("focusout", left);
    document.addEventListener("scroll", scrolled, { capture: true, passive: true });
    document.addEventListener("pointerdown", hide, { passive: true });
    document.addEventListener("keydown", key);
    const lift = byFinger(draw);
    return () => {
      lift();
      clearTimeout(timer);
      document.removeEventListener("pointerover", show);
      document.removeEventListener("focusin", show);
      document.removeEventListener("focusout", left);
      document.removeEventListener("scroll", scrolled, { capture: true });
      document.removeEventListener("pointerdown", hide);
      document.removeEventListener("keydown", key);
    };
  }, []);
  if (!shown?.text) return null;
  // Above, unless there is no room; never over the edge.
  const above = shown.top > 80;
  const inside = (e: HTMLElement | null) => {
    if (!e) return;
    const half = e.offsetWidth / 2 + EDGE_PX;
    e.style.left = `${Math.max(half, Math.min(shown.x, window.innerWidth - half))}px`;
  };
  return (
    <div
      ref={inside}
      role="tooltip"
      className={`tip${above ? " tip-above" : ""}`}
      style={{ top: above ? shown.top - 6 : shown.bottom + 6 }}
    >
      {shown.text}
    </div>
  );
}
