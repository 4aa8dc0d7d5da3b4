/** Ctrl-K: to any page, any DAG, and what can be done with it. */

import { useMantineColorScheme } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { Spotlight, spotlight } from "@mantine/spotlight";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { type DagPage, seg } from "./api";
import { IconSearch } from "./icons";
import { useGet } from "./live";

export const openPalette = () => spotlight.open();

const pages: [string, string][] = [
  ["/", "nav.home"],
  ["/dags", "nav.dags"],
  ["/assets", "nav.assets"],
  ["/dag_runs", "nav.runs"],
  ["/task_instances", "nav.tis"],
  ["/needs", "nav.needs"],
  ["/log_search", "nav.logSearch"],
  ["/editor", "nav.editor"],
  ["/assets/graph", "agraph.title"],
  ["/required_actions", "nav.required"],
  ["/import_errors", "nav.importErrors"],
  ["/events", "nav.events"],
  ["/pools", "nav.pools"],
  ["/variables", "nav.variables"],
  ["/connections", "nav.connections"],
  ["/providers", "nav.providers"],
  ["/plugins", "nav.plugins"],
  ["/jobs", "nav.jobs"],
  ["/configs", "nav.config"],
  ["/users", "nav.users"],
  ["/roles", "nav.roles"],
  ["/tokens", "nav.tokens"],
  ["/account", "nav.account"],
];

export default function Palette() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const [query, setQuery] = useState("");
  const [wanted] = useDebouncedValue(query.trim(), 150);
  const dags = useGet<DagPage>(
    "/api/v2/dags",
    { dag_display_name_pattern: `%${wanted}%`, limit: 8 },
    { enabled: wanted.length > 0 },
  );
  const hit = (s: string) => s.toLowerCase().includes(query.trim().toLowerCase());
  const places = pages.filter(([, key]) => hit(t(key)));
  const theme = colorScheme === "dark" ? "light" : "dark";
  return (
    <Spotlight.Root
      attributes={{ content: { "aria-label": t("palette.hint") } }}
      shortcut={null}
      query={query}
      onQueryChange={setQuery}
      scrollable
      maxHeight={420}
    >
      <Spotlight.Search placeholder={t("palette.hint")} aria-label={t("palette.hint")} leftSection={<IconSearch size={17} />} />
      <Spotlight.ActionsList>
        {wanted && (dags.data?.dags.length ?? 0) > 0 && (
          <Spotlight.ActionsGroup label={t("nav.dags")}>
            {dags.data!.dags.flatMap((d) => [
              <Spotlight.Action
                key={d.dag_id}
                label={d.dag_display_name}
                description={d.description ?? ""}
                onClick={() => navigate(`/dags/${seg(d.dag_id)}`)}
              />,
            ])}
          </Spotlight.ActionsGroup>
        )}
        {places.length > 0 && (
          <Spotlight.ActionsGroup label={t("palette.pages")}>
            {places.map(([to, key]) => (
              <Spotlight.Action key={to} label={t(key)} onClick={() => navigate(to)} />
            ))}
          </Spotlight.ActionsGroup>
        )}
        {hit(t("theme")) && (
          <Spotlight.ActionsGroup label={t("palette.do")}>
            <Spotlight.Action label={`${t("theme")}: ${t(`theme.${theme}`)}`} onClick={() => setColorScheme(theme)} />
          </Spotlight.ActionsGroup>
        )}
        {query && !places.length && !dags.data?.dags.length && <Spotlight.Empty>{t("palette.none")}</Spotlight.Empty>}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  );
}
