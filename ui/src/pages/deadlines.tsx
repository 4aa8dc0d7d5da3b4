/** Deadlines of all runs, and missed SLAs; those of one DAG beside its other pages. */
import { useTranslation } from "react-i18next";
import { PageHead, useTitle } from "../parts/bits";
import { Deadlines, Slas } from "../parts/deadlines";
import { useDag } from "./dag";

export function Component() {
  const { t } = useTranslation();
  useTitle(t("nav.deadlines"));
  return (
    <>
      <PageHead title={t("nav.deadlines")} />
      <Deadlines />
      <Slas />
    </>
  );
}

export function DagDeadlines() {
  const { dag_id } = useDag();
  return (
    <>
      <Deadlines dagId={dag_id} />
      <Slas dagId={dag_id} />
    </>
  );
}
