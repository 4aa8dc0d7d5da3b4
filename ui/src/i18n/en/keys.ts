/** What is done without a mouse. */
export const keys = {
  "calendar.days": "Days of {{year}}",
  "dag.runsOf": "Recent runs of {{name}}",
  "gantt.rows": "Tasks",
  "graph.keys": "picture that arrow keys move in",
};
