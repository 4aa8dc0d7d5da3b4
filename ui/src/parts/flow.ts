import { useMemo } from "react";
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
