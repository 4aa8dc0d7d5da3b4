// What whoever has no mouse, needs large words or their own colours meets on a page: which way the focus goes, whether it is seen, what it
// never comes to, what gets lost. Each of these runs in the page and answers what is wrong, in words.

/** From now on the page keeps what gets the focus, and knows how one sees it. Once for each page. */
export function watch() {
  const says = (e) => {
    const text = e.getAttribute("aria-label") ?? e.labels?.[0]?.textContent ?? e.textContent ?? "";
    return `${e.tagName.toLowerCase()}.${String(e.className.baseVal ?? e.className).split(" ")[0]} "${text.trim().slice(0, 40)}"`;
  };
  const numbers = (color) => (color.match(/[\d.]+/g) ?? []).map(Number);
  const light = (color) => {
    const [r, g, b] = numbers(color).map((v) => (v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a, b) => {
    const [x, y] = [light(a), light(b)].sort((p, q) => q - p);
    return (x + 0.05) / (y + 0.05);
  };
  const ground = (e) => {
    for (let at = e; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      const [, , , alpha = 1] = numbers(color);
      if (alpha > 0.9) return color;
    }
    return "rgb(255, 255, 255)";
  };
  /** How many sides of the ring are inside of all that cuts it off. */
  const sides = (e, out) => {
    const r = e.getBoundingClientRect();
    const ring = [r.top - out, r.right + out, r.bottom + out, r.left - out];
    let seen = [true, true, true, true];
    for (let at = e.parentElement; at && at !== document.body; at = at.parentElement) {
      const s = getComputedStyle(at);
      if (s.position === "fixed") break;
      if (s.overflowX === "visible" && s.overflowY === "visible") continue;
      const b = at.getBoundingClientRect();
      seen = [seen[0] && ring[0] >= b.top - 1, seen[1] && ring[1] <= b.right + 1, seen[2] && ring[2] <= b.bottom + 1, seen[3] && ring[3] >= b.left - 1];
    }
    return seen.filter(Boolean).length;
  };
  /** What shows that e has the focus: itself; of a grid the cell that is meant; of a hidden switch what is drawn for it. */
  const rings = (e) => {
    const meant = document.getElementById(e.getAttribute("aria-activedescendant") ?? "");
    const near = [e, meant, e.nextElementSibling, ...(e.id ? document.querySelectorAll(`label[for="${CSS.escape(e.id)}"]`) : []), e.closest(".cm-editor"), e.parentElement?.querySelector("[class*=track], [class*=icon]")];
    return near.filter(Boolean).flatMap((x) => {
      const s = getComputedStyle(x);
      const width = Number.parseFloat(s.outlineWidth);
      if (s.outlineStyle === "none" || width < 1) return [];
      const out = Number.parseFloat(s.outlineOffset) + width;
      return [{ contrast: contrast(s.outlineColor, ground(Number.parseFloat(s.outlineOffset) < 0 ? x : (x.parentElement ?? x))), sides: sides(x, out) }];
    });
  };
  const wrong = new Set();
  window.reach = {
    wrong,
    /** What comes later, when Tab has gone by, has not been missed. */
    there: new WeakSet(document.querySelectorAll("*")),
    says,
    /** After each Tab: what has the focus now, and what is wrong with that. */
    step() {
      const e = document.activeElement;
      if (!e || e === document.body) return null;
      const inside = e.closest("#main, [role=dialog]") !== null;
      if (!inside) return { name: says(e), again: false, inside };
      const again = e.dataset.reached !== undefined;
      const same = e === window.reach.last;
      window.reach.last = e;
      e.dataset.reached = "";
      const name = says(e);
      const box = e.getBoundingClientRect();
      const found = rings(e);
      if (!found.length) wrong.add(`nothing shows that ${name} has the focus`);
      else {
        if (Math.max(...found.map((x) => x.contrast)) < 3) wrong.add(`what shows the focus of ${name} has a contrast of ${Math.max(...found.map((x) => x.contrast)).toFixed(1)}`);
        if (Math.max(...found.map((x) => x.sides)) < 3) wrong.add(`what shows the focus of ${name} is cut off: ${Math.max(...found.map((x) => x.sides))} sides are left`);
      }
      const drawn = box.width > 2 && box.height > 2 && getComputedStyle(e).opacity !== "0" ? box : (e.nextElementSibling ?? e.parentElement).getBoundingClientRect();
      const [x, y] = [Math.min(Math.max(drawn.left + drawn.width / 2, 1), innerWidth - 2), drawn.top + Math.min(drawn.height / 2, 40)];
      const top = document.elementFromPoint(x, y);
      if (!top) wrong.add(`${name} has the focus outside of what one sees`);
      else if (!(e.contains(top) || top.contains(e) || e.closest("label")?.contains(top) || [...(e.labels ?? [])].some((l) => l.contains(top)) || e.parentElement.contains(top))) wrong.add(`${name} has the focus below ${says(top)}`);
      return { name, again, same, inside };
    },
  };
}

/** What can be used by a mouse and has not been reached. What arrows move in counts as one. */
export function missed() {
  const { says } = window.reach;
  const shown = (e) => e.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true });
  const reached = (e) => e.dataset?.reached !== undefined;
  const moved = "[role=grid], [role=log], [role=tablist], [role=radiogroup], [role=menu], [role=listbox], [data-arrows], .react-flow, .cm-editor";
  const root = document.querySelector("[role=dialog]") ?? document.getElementById("main") ?? document.body;
  const wrong = [];
  for (const e of root.querySelectorAll("*")) {
    if (!shown(e) || !window.reach.there.has(e)) continue;
    const usable = e.matches("a[href], button, input, select, textarea, summary, [role=button], [role=link], [tabindex='0']");
    const pointed = getComputedStyle(e).cursor === "pointer" && getComputedStyle(e.parentElement).cursor !== "pointer";
    if (!usable && !pointed) continue;
    if (e.disabled || e.closest("[aria-disabled=true], [data-disabled]")) continue;
    // A switch is drawn by what stands beside its input.
    const drawn = e.closest(".mantine-Switch-root, .mantine-Checkbox-root, .mantine-Radio-root, .mantine-Input-wrapper");
    if (reached(e) || e.closest("[data-reached]") || (!usable && (e.querySelector("[data-reached]") ?? drawn?.querySelector("[data-reached], :disabled")))) continue;
    const composite = e.closest(moved);
    if (composite && (reached(composite) || composite.querySelector("[data-reached]"))) continue;
    if (e.matches("label") && (reached(e.control) || e.control?.disabled || e.control?.type === "radio")) continue;
    if (e.type === "radio" && [...document.getElementsByName(e.name)].some(reached)) continue;
    wrong.push(`Tab does not come to ${says(e)}`);
  }
  for (const e of root.querySelectorAll("*")) {
    const s = getComputedStyle(e);
    if (e.tabIndex > 0) wrong.push(`${says(e)} has an order of its own`);
    if (shown(e) && (s.order !== "0" || /reverse/.test(s.flexDirection)) && e.querySelectorAll("a, button, input").length > 1) wrong.push(`${says(e)} is not drawn in the order it is read in`);
  }
  return wrong;
}

/** Whatever is wider than its place, unless it is a picture or a table, which may be scrolled in both ways; what is cut off and said nowhere else. */
export function lost() {
  const shown = (e) => e.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true });
  const wrong = [];
  const page = document.documentElement;
  if (page.scrollWidth > page.clientWidth) {
    const over = [...document.querySelectorAll("#main *, [role=dialog] *")].filter((e) => shown(e) && e.getBoundingClientRect().right > page.clientWidth + 1 && !e.closest(".table-box, .gbox, .flow, .log, .cm-editor, pre, .tabs"));
    wrong.push(`the page is ${page.scrollWidth - page.clientWidth} px too wide: ${over.slice(0, 2).map((e) => `${e.tagName.toLowerCase()}.${String(e.className.baseVal ?? e.className).slice(0, 40)}`).join(", ")}`);
  }
  for (const e of document.querySelectorAll(".head a, .head button")) if (shown(e) && e.getBoundingClientRect().right > page.clientWidth) wrong.push(`${e.getAttribute("aria-label") ?? e.textContent} is outside of the head`);
  const may = ".table-box, .gbox, .flow, .log, .cm-editor, pre, .pre, .diff, .gantt, .tabs, .asset-flow, svg, .mantine-ScrollArea-root";
  for (const e of document.querySelectorAll("body *")) {
    if (!shown(e) || e.closest(may) || e.clientWidth < 2 || e.clientHeight < 2) continue;
    const s = getComputedStyle(e);
    if (s.clipPath !== "none" || e.matches("input, textarea")) continue;
    const text = e.textContent.trim().slice(0, 50);
    const elsewhere = e.closest("[title],[data-tip]") ?? e.querySelector("[title],[data-tip]");
    const tag = `${e.tagName.toLowerCase()}.${String(e.className.baseVal ?? e.className).slice(0, 40)} "${text}"`;
    if (!text) continue;
    if (/auto|scroll/.test(s.overflowX) && e.scrollWidth > e.clientWidth + 1) wrong.push(`has to be scrolled aside: ${tag}`);
    if (s.overflowX === "hidden" && e.scrollWidth > e.clientWidth + 1 && !elsewhere) wrong.push(`is cut off at the side: ${tag}`);
    if (s.overflowY === "hidden" && e.scrollHeight > e.clientHeight + 3 && !elsewhere) wrong.push(`is cut off below: ${tag}`);
  }
  return wrong;
}

/** Spacing that a reader may set (WCAG 1.4.12). */
export const spacing = "* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important } p { margin-bottom: 2em !important }";

/** All words twice as large, as a browser does that zooms text only. */
export function twice() {
  const all = [...document.querySelectorAll("body, body *")].map((e) => [e, getComputedStyle(e)]).map(([e, s]) => [e, Number.parseFloat(s.fontSize), s.lineHeight]);
  for (const [e, size, line] of all) {
    e.style.setProperty("font-size", `${size * 2}px`, "important");
    if (line !== "normal") e.style.setProperty("line-height", `${Number.parseFloat(line) * 2}px`, "important");
  }
}

/** What a finger cannot hit: smaller than 24 by 24, and nearer to the next one than that; links in a line of text, and marks in a picture, are as large as they are. */
export function small() {
  const shown = (e) => e.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true });
  const picture = ".chart, .bars, .cal, .react-flow, .cm-editor, .log, .gbox, .skip-link";
  const targets = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [role=button]")].filter((e) => shown(e) && !e.closest(picture)).map((e) => {
    // Who is drawn by a label or a track is hit there, too.
    const boxes = [e, ...(e.labels ?? []), e.closest("label")].filter(Boolean).map((x) => x.getBoundingClientRect());
    return { e, r: { left: Math.min(...boxes.map((b) => b.left)), top: Math.min(...boxes.map((b) => b.top)), right: Math.max(...boxes.map((b) => b.right)), bottom: Math.max(...boxes.map((b) => b.bottom)) } };
  });
  const tiny = ({ r }) => r.right - r.left < 23.5 || r.bottom - r.top < 23.5;
  const middle = ({ r }) => [(r.left + r.right) / 2, (r.top + r.bottom) / 2];
  const wrong = [];
  for (const a of targets) {
    const s = getComputedStyle(a.e);
    if (!tiny(a) || (s.display === "inline" && a.e.matches("a, button"))) continue;
    const [x, y] = middle(a);
    const near = targets.find((b) => {
      if (b === a || (a.e.closest(".head") === null) !== (b.e.closest(".head") === null) || b.e.contains(a.e) || a.e.contains(b.e)) return false;
      if (tiny(b)) {
        const [p, q] = middle(b);
        return Math.hypot(x - p, y - q) < 23.5;
      }
      const [dx, dy] = [Math.max(b.r.left - x, 0, x - b.r.right), Math.max(b.r.top - y, 0, y - b.r.bottom)];
      return Math.hypot(dx, dy) < 11.5;
    });
    if (near) wrong.push(`${window.reach.says(a.e)} is ${Math.round(a.r.right - a.r.left)} by ${Math.round(a.r.bottom - a.r.top)}, and beside it is ${window.reach.says(near.e)}`);
  }
  return wrong;
}
