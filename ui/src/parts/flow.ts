import { useReactFlow, useStoreApi } from "@xyflow/react";
import { type FocusEvent, type KeyboardEvent, useCallback, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import { type Box, beside, ways } from "./scene";

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

/** A node as the keyboard knows it. */
export interface Place extends Box {
  id: string;
}

/** Of a group its head, which is what can be used of it. */
export const headOf = (p: Place): Place => ({ ...p, width: Math.min(p.width, 200), height: Math.min(p.height, 40) });

/** React Flow's own nodes, those of them that can be opened. */
export function useFlowPlaces(usable: (data: Record<string, unknown>) => boolean) {
  const flow = useReactFlow();
  return useCallback(
    () =>
      flow.getNodes().flatMap((n): Place[] => {
        const of = usable(n.data) && flow.getInternalNode(n.id);
        return of ? [{ id: n.id, ...of.internals.positionAbsolute, width: n.width ?? 0, height: n.height ?? 0 }] : [];
      }),
    [flow, usable],
  );
}

/**
 * The nodes by keyboard, for the picture itself: Tab comes to it once, arrows lead to the nearest node that way, and what has the focus
 * is brought to where it can be read. `places` says which nodes can be opened or folded, their elements have the attribute data-id.
 */
export function useNodeKeys(places: () => readonly Place[]) {
  const { t } = useTranslation();
  const flow = useReactFlow();
  const store = useStoreApi();
  const here = useRef<string | null>(null);
  return useMemo(() => {
    const inSight = ({ x, y, width: w, height: h }: Place) => {
      const { transform, width, height } = store.getState();
      const [dx, dy, zoom] = transform;
      const [left, top] = [x * zoom + dx, y * zoom + dy];
      return left >= MARGIN && top >= TOOLS && left + w * zoom <= width - MARGIN && top + h * zoom <= height - MARGIN;
    };
    const show = (p: Place, root: Element) => {
      here.current = p.id;
      const zoom = store.getState().transform[2];
      if (zoom < READABLE || !inSight(p))
        void flow.setCenter(p.x + p.width / 2, p.y + p.height / 2, { zoom: Math.max(zoom, READABLE) });
      // What is not in sight is not drawn in large pictures: it comes in one of the next frames.
      const focus = (tries: number) => {
        const of = root.querySelector<HTMLElement>(`[data-id="${CSS.escape(p.id)}"]`);
        const within = of?.matches("a, button") ? of : of?.querySelector<HTMLElement>("a, button");
        if (within) within.focus({ preventScroll: true });
        else if (tries) requestAnimationFrame(() => focus(tries - 1));
      };
      focus(20);
    };
    const nodeOf = (e: EventTarget) => (e as Element).closest?.("[data-id]")?.getAttribute("data-id") ?? null;
    /** Where one was, else what is in sight. */
    const enter = (root: Element) => {
      const all = places();
      const first = all.find((n) => n.id === here.current) ?? all.find(inSight) ?? all[0];
      if (first) show(first, root);
    };
    return {
      tabIndex: 0,
      "aria-roledescription": t("graph.keys"),
      onFocus: (e: FocusEvent<HTMLElement>) => {
        const root = e.currentTarget;
        const at = nodeOf(e.target);
        if (e.target === root) {
          // Pressed by the mouse it is to be moved, not to be gone into.
          if (root.matches(":focus-visible")) enter(root);
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
        const id = nodeOf(e.target);
        const way = ways[e.key];
        if (e.ctrlKey || e.metaKey || e.altKey || !(way || e.key === "Home" || e.key === "End")) return;
        if (!id && e.target !== e.currentTarget) return;
        e.preventDefault();
        if (!id) return enter(e.currentTarget);
        const all = places();
        const at = all.find((n) => n.id === id);
        const to = way ? at && beside(at, all, way) : all.at(e.key === "Home" ? 0 : -1);
        if (to) show(to, e.currentTarget);
      },
    };
  }, [flow, store, t, places]);
}
