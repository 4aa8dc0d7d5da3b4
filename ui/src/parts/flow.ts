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
