import { useReactFlow, useStoreApi } from "@xyflow/react";
import { type FocusEvent, type KeyboardEvent, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";

/** How pictures of nodes and arrows behave: looked at, moved and zoomed, and nothing in them is pulled about. */
export const looking = {
  nodesDraggable: false,
  nodesConnectable: false,
  elementsSelectable: false,
  nodesFocusable: false,
  edgesFocusable: false,
  minZoom: 0.05,
  maxZoom: 2,
} as const;

/** Its buttons in the reader's language. */
export function useFlowLabels() {
  const { t } = useTranslation();
  // The same as long as the language is: others would have the whole picture looked at again.
  return useMemo(
    () => ({
      "controls.ariaLabel": t("flow.controls"),
      "controls.zoomIn.ariaLabel": t("flow.zoomIn"),
      "controls.zoomOut.ariaLabel": t("flow.zoomOut"),
      "controls.fitView.ariaLabel": t("flow.fit"),
      "minimap.ariaLabel": t("graph.map"),
    }),
    [t],
  );
}

/** How much of a node has to be in sight, what may cover the top, and the zoom below which nothing can be read. */
const MARGIN = 10;
const TOOLS = 56;
const READABLE = 0.5;
const ways: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * The nodes by keyboard, for the picture itself: Tab comes to it once, arrows lead to the nearest node that way, and what has the focus
 * is brought to where it can be read. `usable` says which nodes can be opened or folded.
 */
export function useNodeKeys(usable: (data: Record<string, unknown>) => boolean) {
  const { t } = useTranslation();
  const flow = useReactFlow();
  const store = useStoreApi();
  const here = useRef<string | null>(null);
  return useMemo(() => {
    /** Where it is in the picture; of a group its head, which is what can be used of it. */
    const place = (id: string) => {
      const n = flow.getInternalNode(id);
      if (!n) return null;
      const { x, y } = n.internals.positionAbsolute;
      return {
        id,
        x,
        y,
        w: n.type === "tasks" ? Math.min(n.width ?? 0, 200) : (n.width ?? 0),
        h: n.type === "tasks" ? 40 : (n.height ?? 0),
      };
    };
    const all = () => flow.getNodes().flatMap((n) => (usable(n.data) ? (place(n.id) ?? []) : []));
    const inSight = ({ x, y, w, h }: { x: number; y: number; w: number; h: number }) => {
      const { transform, width, height } = store.getState();
      const [dx, dy, zoom] = transform;
      const [left, top] = [x * zoom + dx, y * zoom + dy];
      return left >= MARGIN && top >= TOOLS && left + w * zoom <= width - MARGIN && top + h * zoom <= height - MARGIN;
    };
    const show = (id: string, root: Element) => {
      const p = place(id);
      if (!p) return;
      here.current = id;
      const zoom = store.getState().transform[2];
      if (zoom < READABLE || !inSight(p)) void flow.setCenter(p.x + p.w / 2, p.y + p.h / 2, { zoom: Math.max(zoom, READABLE) });
      // What is not in sight is not drawn in large pictures: it comes in one of the next frames.
      const focus = (tries: number) => {
        const of = root.querySelector<HTMLElement>(`.react-flow__node[data-id="${CSS.escape(id)}"] :is(a, button)`);
        if (of) of.focus({ preventScroll: true });
        else if (tries) requestAnimationFrame(() => focus(tries - 1));
      };
      focus(20);
    };
    const next = (from: string, [x, y]: [number, number]) => {
      const at = place(from);
      if (!at) return;
      let best: string | undefined;
      let least = Number.POSITIVE_INFINITY;
      for (const n of all()) {
        const [dx, dy] = [n.x + n.w / 2 - at.x - at.w / 2, n.y + n.h / 2 - at.y - at.h / 2];
        const along = dx * x + dy * y;
        const far = along + 2.5 * Math.abs(x ? dy : dx);
        if (along > 4 && far < least) [best, least] = [n.id, far];
      }
      return best;
    };
    const nodeOf = (e: EventTarget) => (e as Element).closest?.(".react-flow__node")?.getAttribute("data-id") ?? null;
    return {
      tabIndex: 0,
      "aria-roledescription": t("graph.keys"),
      onFocus: (e: FocusEvent<HTMLElement>) => {
        const root = e.currentTarget;
        const at = nodeOf(e.target);
        if (e.target === root) {
          const nodes = all();
          const first = nodes.find((n) => n.id === here.current) ?? nodes.find(inSight) ?? nodes[0];
          if (first) show(first.id, root);
        } else if (at) {
          here.current = at;
          // So that Shift+Tab leads out, not to the picture again.
          root.tabIndex = -1;
        }
      },
      onBlur: (e: FocusEvent<HTMLElement>) => {
        if (!e.relatedTarget || !nodeOf(e.relatedTarget)) e.currentTarget.tabIndex = 0;
      },
      onKeyDown: (e: KeyboardEvent<HTMLElement>) => {
        const at = nodeOf(e.target);
        const way = ways[e.key];
        if (!at || e.ctrlKey || e.metaKey || e.altKey || !(way || e.key === "Home" || e.key === "End")) return;
        e.preventDefault();
        const to = way ? next(at, way) : all().at(e.key === "Home" ? 0 : -1)?.id;
        if (to) show(to, e.currentTarget);
      },
    };
  }, [flow, store, t, usable]);
}
