import { createBrowserRouter, useRouteError } from "react-router";
import { base } from "./api";
import { ahead } from "./parts/ahead";
import { Broken } from "./parts/bits";
import { Shell } from "./shell";

function Fault() {
  return <Broken error={useRouteError()} />;
}

export const router = createBrowserRouter(
  [
    { path: "/login", lazy: () => import("./pages/login"), errorElement: <Fault />, hydrateFallbackElement: <></> },
    {
      path: "/",
      element: <Shell />,
      errorElement: <Fault />,
      // Nothing is shown until the first page's code is there.
      hydrateFallbackElement: <></>,
      children: [
        {
          errorElement: <Fault />,
          children: [
            { index: true, lazy: () => import("./pages/home") },
            { path: "dags", lazy: () => import("./pages/dags") },
            {
              path: "dags/:dagId",
              ...ahead("dag"),
              lazy: () => import("./pages/dag"),
              children: [
                { index: true, ...ahead("grid"), lazy: () => import("./pages/grid") },
                { path: "plugin/*", lazy: async () => ({ Component: (await import("./pages/view")).DagView }) },
                { path: "overview", lazy: () => import("./pages/overview") },
                { path: "graph", ...ahead("runs"), lazy: () => import("./pages/graph") },
                { path: "gantt", ...ahead("runs"), lazy: () => import("./pages/gantt") },
                { path: "durations", lazy: () => import("./pages/durations") },
                { path: "compare/:runA/:runB?", lazy: () => import("./pages/compare") },
                { path: "calendar", lazy: () => import("./pages/calendar") },
                { path: "runs", lazy: async () => ({ Component: (await import("./pages/runs")).DagRuns }) },
                { path: "tasks", lazy: () => import("./pages/tasks") },
                { path: "code", lazy: () => import("./pages/code") },
                { path: "details", lazy: () => import("./pages/details") },
                { path: "backfills", lazy: () => import("./pages/backfills") },
                { path: "events", lazy: async () => ({ Component: (await import("./pages/events")).DagEvents }) },
                { path: "deadlines", lazy: async () => ({ Component: (await import("./pages/deadlines")).DagDeadlines }) },
                { path: "tasks/:taskId", lazy: async () => ({ Component: (await import("./pages/tis")).TaskInstances }) },
              ],
            },
            { path: "dags/:dagId/runs/:runId", lazy: () => import("./pages/run") },
            { path: "dags/:dagId/runs/:runId/tasks/:taskId", lazy: () => import("./pages/ti") },
            { path: "dags/:dagId/runs/:runId/tasks/:taskId/mapped/:mapIndex", lazy: () => import("./pages/ti") },
            { path: "dag_runs", lazy: async () => ({ Component: (await import("./pages/runs")).AllRuns }) },
            { path: "task_instances", lazy: async () => ({ Component: (await import("./pages/tis")).AllInstances }) },
            { path: "import_errors", lazy: () => import("./pages/import-errors") },
            { path: "required_actions", lazy: () => import("./pages/required") },
            { path: "assets", lazy: () => import("./pages/assets") },
            { path: "assets/graph", lazy: () => import("./pages/asset-graph") },
            { path: "editor", lazy: () => import("./pages/editor") },
            { path: "log_search", lazy: () => import("./pages/log-search") },
            { path: "assets/:assetId", lazy: async () => ({ Component: (await import("./pages/assets")).Asset }) },
            { path: "xcoms", lazy: () => import("./pages/xcoms") },
            { path: "variables", lazy: () => import("./pages/variables") },
            { path: "connections", lazy: () => import("./pages/connections") },
            { path: "pools", lazy: () => import("./pages/pools") },
            { path: "plugins", lazy: async () => ({ Component: (await import("./pages/admin")).Plugins }) },
            { path: "providers", lazy: async () => ({ Component: (await import("./pages/admin")).Providers }) },
            { path: "configs", lazy: async () => ({ Component: (await import("./pages/admin")).Config }) },
            { path: "jobs", lazy: async () => ({ Component: (await import("./pages/admin")).Jobs }) },
            { path: "events", lazy: async () => ({ Component: (await import("./pages/events")).AuditLog }) },
            { path: "deadlines", lazy: () => import("./pages/deadlines") },
            { path: "plugin/*", lazy: () => import("./pages/view") },
            { path: "needs", lazy: () => import("./pages/needs") },
            { path: "users", lazy: () => import("./pages/users") },
            { path: "roles", lazy: () => import("./pages/roles") },
            { path: "account", lazy: () => import("./pages/account") },
            { path: "tokens", lazy: async () => ({ Component: (await import("./pages/account")).Tokens }) },
            { path: "styles", lazy: () => import("./pages/styles") },
            { path: "*", lazy: () => import("./pages/missing") },
          ],
        },
      ],
    },
  ],
  { basename: base.replace(/\/$/, "") || "/" },
);
