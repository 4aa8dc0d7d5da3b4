/** What plugins show: pages elsewhere, in the menu and beside the pages of DAGs, runs and tasks. */
import { Button, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Params } from "../api";
import { IconPuzzle } from "../icons";
import { fetched } from "../live";
import { useMay } from "../session";
import { Busy, Empty } from "./bits";

export type Destination = "nav" | "dag" | "dag_run" | "task" | "task_instance";
export interface View {
  name: string;
  href: string;
  url_route?: string | null;
  category?: string | null;
  destination?: Destination;
  nav_top_level?: boolean | null;
}

interface Plugins {
  plugins: { external_views?: View[] }[];
}

/** What the pages ask first goes first. */
const LATER_MS = 1500;
const FRESH_MS = 300_000;

/** Those of one place; null while it is not known. Other addresses than of pages are left out. */
export function useViews(of: Destination): View[] | null {
  const may = useMay();
  const [later, setLater] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLater(true), LATER_MS);
    return () => clearTimeout(timer);
  }, []);
  const asked = useQuery<Plugins, Error, Plugins, [string, Params]>({
    queryKey: ["/api/v2/plugins", { limit: 100 }],
    queryFn: fetched<Plugins>,
    enabled: later && may("plugin", "read"),
    staleTime: FRESH_MS,
    retry: false,
  });
  if (!asked.data) return asked.isError ? [] : null;
  return asked.data.plugins
    .flatMap((p) => p.external_views ?? [])
    .filter((v) => (v.destination ?? "nav") === of && /^(https?:\/\/|\/)/.test(v.href));
}

/** Under which it stands in our own addresses. */
export const routeOf = (v: View) => v.url_route || v.name;

/** Of whom the view is to tell. */
export interface About {
  dagId?: string | undefined;
  runId?: string | undefined;
  taskId?: string | undefined;
  mapIndex?: number | undefined;
}
function hrefOf(v: View, about: About): string {
  const words: Record<string, string | number | undefined> = {
    DAG_ID: about.dagId,
    RUN_ID: about.runId,
    TASK_ID: about.taskId,
    MAP_INDEX: about.mapIndex,
  };
  return v.href.replace(/\{(DAG_ID|RUN_ID|TASK_ID|MAP_INDEX)\}/g, (as, name: string) =>
    words[name] === undefined ? as : encodeURIComponent(words[name]),
  );
}

/** The page itself, in a frame: scripts of its own, nothing of ours. */
export function Framed({ of, route, about = {} }: { of: Destination; route: string; about?: About }) {
  const { t } = useTranslation();
  const views = useViews(of);
  if (!views) return <Busy />;
  const view = views.find((v) => routeOf(v) === route);
  if (!view)
    return (
      <div className="card">
        <Empty icon={<IconPuzzle size={30} />} title={t("view.gone")}>
          {t("view.goneHint")}
        </Empty>
      </div>
    );
  const href = hrefOf(view, about);
  const own = new URL(href, document.baseURI).origin === location.origin;
  return (
    <>
      <div className="page-head">
        <Text fz={12.5} c="dimmed" className="anywhere">
          {href}
        </Text>
        <span className="grow" />
        <Button size="xs" variant="default" component="a" href={href} target="_blank" rel="noreferrer noopener">
          {t("view.open")}
        </Button>
      </div>
      <iframe
        title={view.name}
        src={href}
        className="view-frame card"
        referrerPolicy="no-referrer"
        sandbox={`allow-scripts allow-forms allow-popups${own ? "" : " allow-same-origin"}`}
      />
    </>
  );
}
