/**
 * Tips for what a page has hundreds of: whoever has `data-tip` gets one, and there is a single one for all. A component of its
 * own for each bar and each time costs more than the page itself.
 */
import { useEffect, useState } from "react";
import { formatTime } from "../time";

const DELAY_MS = 180;

interface Shown {
  text: string;
  x: number;
  top: number;
  bottom: number;
}

/** `data-tip` is the text; `data-tip-time` an instant, told in the zones of `data-tip-zones`. */
function textOf(of: HTMLElement): string {
  const { tip, tipTime, tipZones } = of.dataset;
  if (!tipTime) return tip ?? "";
  const at = new Date(tipTime);
  return (tipZones ?? "UTC")
    .split(" ")
    .map((z) => `${formatTime(at, z)} ${z}`)
    .join("\n");
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
    const show = (e: Event) => {
      const next = (e.target as Element).closest?.<HTMLElement>("[data-tip],[data-tip-time]") ?? null;
      if (next === of) return;
      hide();
      if (next) begin(next);
    };
    const begin = (next: HTMLElement) => {
      of = next;
      timer = setTimeout(() => {
        if (!next.isConnected) return;
        const r = next.getBoundingClientRect();
        setShown({ text: textOf(next), x: r.left + r.width / 2, top: r.top, bottom: r.bottom });
      }, DELAY_MS);
    };
    // Who comes by keyboard is scrolled to: the tip comes after that.
    const scrolled = () => {
      const held = of;
      hide();
      if (held?.matches(":focus-within")) begin(held);
    };
    const key = (e: KeyboardEvent) => e.key === "Escape" && hide();
    document.addEventListener("pointerover", show, { passive: true });
    document.addEventListener("focusin", show);
    document.addEventListener("focusout", hide);
    document.addEventListener("scroll", scrolled, { capture: true, passive: true });
    document.addEventListener("pointerdown", hide, { passive: true });
    document.addEventListener("keydown", key);
    return () => {
      clearTimeout(timer);
      document.removeEventListener("pointerover", show);
      document.removeEventListener("focusin", show);
      document.removeEventListener("focusout", hide);
      document.removeEventListener("scroll", scrolled, { capture: true });
      document.removeEventListener("pointerdown", hide);
      document.removeEventListener("keydown", key);
    };
  }, []);
  if (!shown?.text) return null;
  // Above, unless there is no room; never over the edge.
  const above = shown.top > 80;
  const half = 170;
  return (
    <div
      role="tooltip"
      className={`tip${above ? " tip-above" : ""}`}
      style={{
        left: Math.min(Math.max(shown.x, half / 2), window.innerWidth - half / 2),
        top: above ? shown.top - 6 : shown.bottom + 6,
      }}
    >
      {shown.text}
    </div>
  );
}
