/** A page of a plugin, from the menu or beside a DAG's pages. */
import { useTranslation } from "react-i18next";
import { useParams } from "react-router";
import { PageHead, useTitle } from "../parts/bits";
import { Framed, routeOf, useViews } from "../parts/views";
import { useDag } from "./dag";

export function Component() {
  const { t } = useTranslation();
  const { "*": route = "" } = useParams();
  const view = useViews("nav")?.find((v) => routeOf(v) === route);
  useTitle(view?.name ?? t("nav.plugins"));
  return (
    <>
      <PageHead title={view?.name ?? t("nav.plugins")} />
      <Framed of="nav" route={route} />
    </>
  );
}

export function DagView() {
  const { dag_id } = useDag();
  const { "*": route = "" } = useParams();
  return <Framed of="dag" route={route} about={{ dagId: dag_id }} />;
}
