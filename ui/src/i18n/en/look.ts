/** Where one is, what is not there, pictures. */
export const look = {
  crumbs: "Where this page is",
  "duration.units": " ms| s| m| h| d",
  "error.toDags": "To the list of DAGs",
  "flow.controls": "Zoom",
  "flow.edge": "From {{from}} to {{to}}",
  "flow.fit": "Show all",
  "flow.zoomIn": "Zoom in",
  "flow.zoomOut": "Zoom out",
  "log.never.removed": "It is not in the DAG any more",
  "log.never.removedHint": "It was taken out of the DAG before it ran.",
  "log.never.skipped": "It was skipped",
  "log.never.skippedHint":
    "It did not run, so there is no log. A branch, a short circuit or an upstream task that was skipped decided so.",
  "log.never.upstream_failed": "A task before it has failed",
  "log.never.upstream_failedHint":
    "It did not run, so there is no log. Mend what has failed and clear it with its downstream tasks: then this one runs, too.",
  "log.never.upstreams": "See the run",
  "missing.hint": "No page has this address. Ctrl K finds DAGs and pages by name.",
  "styles.title": "Styles",
};
