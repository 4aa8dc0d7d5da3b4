import { Alert, Button, Group } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate } from "react-router";
import { type DagDetails, type Page, seg, send } from "../api";
import { IconFileSearch, IconTrash } from "../icons";
import { useGet } from "../live";
import { Facts, failed, told } from "../parts/bits";
import { Confirm } from "../parts/confirm";
import { Markdown } from "../parts/markdown";
import { useSchedule } from "../parts/schedule";
import { Value } from "../parts/value";
import { useMay } from "../session";
import { When } from "../time";
import { useDag } from "./dag";

interface Warning {
  warning_type: string;
  message: string;
  timestamp: string;
}
/** Have the file read anew at once; delete the DAG with all its history. */
function Acts({ dag }: { dag: DagDetails }) {
  const { t } = useTranslation();
  const may = useMay();
  const navigate = useNavigate();
  const [doomed, setDoomed] = useState(false);
  return (
    <Group gap="xs" mb="sm">
      {may("dag") && (
        <Button
          size="xs"
          variant="default"
          leftSection={<IconFileSearch size={15} />}
          onClick={() =>
            send("PUT", `/api/v2/parseDagFile/${dag.file_token}`)
              .then(() => told(t("dag.reparsed")))
              .catch(failed)
          }
        >
          {t("dag.reparse")}
        </Button>
      )}
      {may("dag", "delete") && (
        <Button size="xs" variant="default" leftSection={<IconTrash size={15} />} onClick={() => setDoomed(true)}>
          {t("dag.delete")}
        </Button>
      )}
      {doomed && (
        <Confirm
          title={t("delete.of", { name: dag.dag_id })}
          text={t("dag.deleteHint")}
          action={t("delete")}
          onClose={() => setDoomed(false)}
          onConfirm={() =>
            send("DELETE", `/api/v2/dags/${seg(dag.dag_id)}`)
              .then(() => navigate("/dags"))
              .catch(failed)
          }
        />
      )}
    </Group>
  );
}

/** Each leads to the page that the DAG names for it, else to the DAGs of the same owner. */
function Owners({ dag }: { dag: DagDetails }) {
  return dag.owners.map((o, i) => {
    const page = dag.owner_links?.[o];
    return (
      <span key={o}>
        {i > 0 && ", "}
        {page && /^(https?:|mailto:)/.test(page) ? (
          <a href={page} target="_blank" rel="noreferrer noopener">
            {o}
          </a>
        ) : (
          <Link to={`/dags?owner=${seg(o)}`}>{o}</Link>
        )}
      </span>
    );
  });
}

export function Component() {
  const { t } = useTranslation();
  const schedule = useSchedule();
  const dag = useDag();
  const warnings = useGet<{ dag_warnings: Warning[] } & Page>("/api/v2/dagWarnings", { dag_id: dag.dag_id });
  const yes = (b: boolean) => (b ? t("yes") : t("no"));
  return (
    <div className="home-cols">
      <div className="card tile">
        <Acts dag={dag} />
        {warnings.data?.dag_warnings.map((w) => (
          <Alert key={w.message} color="yellow" mb="sm" title={w.warning_type}>
            {w.message}
          </Alert>
        ))}
        <Facts
          of={[
            [
              t("dag.id"),
              <span key="i" className="mono">
                {dag.dag_id}
              </span>,
            ],
            [t("description"), dag.description],
            [
              t("dag.file"),
              <span key="f" className="mono">
                {dag.fileloc}
              </span>,
            ],
            [t("dag.owner"), <Owners key="o" dag={dag} />],
            [
              t("dag.tags"),
              dag.tags.length ? (
                <span key="t" className="line wrap">
                  {dag.tags.map((x) => (
                    <Link key={x.name} to={`/dags?tag=${encodeURIComponent(x.name)}`} className="tag">
                      {x.name}
                    </Link>
                  ))}
                </span>
              ) : null,
            ],
            [t("dag.schedule"), schedule.name(dag)],
            [t("dag.scheduleText"), schedule.words(dag)],
            [t("zone"), dag.timezone],
            [t("dag.start"), <When key="s" at={dag.start_date} />],
            [t("dag.end"), <When key="e" at={dag.end_date} />],
            [t("dag.nextRun"), <When key="n" at={dag.next_dagrun_run_after} />],
            [t("dag.catchup"), yes(dag.catchup)],
            [
              t("dag.maxRuns"),
              <span key="r">
                {dag.active_runs_count ? <Link to="../runs?state=running&state=queued">{dag.active_runs_count}</Link> : 0} /{" "}
                {dag.max_active_runs}
              </span>,
            ],
            [t("dag.maxTasks"), dag.max_active_tasks],
            [t("dag.timeout"), dag.dag_run_timeout],
            [t("dag.parsed"), <When key="p" at={dag.last_parsed_time} />],
            [
              t("code.version"),
              dag.latest_dag_version ? (
                <Link key="c" to={`../code?version=${dag.latest_dag_version.version_number}`}>
                  v{dag.latest_dag_version.version_number}
                </Link>
              ) : null,
            ],
            [t("dag.assets"), dag.asset_expression ? <Value key="a" of={dag.asset_expression} /> : null],
            [
              t("params"),
              dag.params && Object.keys(dag.params).length ? (
                <Value key="v" of={Object.fromEntries(Object.entries(dag.params).map(([k, p]) => [k, p.value]))} />
              ) : null,
            ],
          ]}
        />
      </div>
      <div className="card tile">
        {dag.doc_md ? <Markdown text={dag.doc_md} /> : <div className="empty">{t("dag.noDoc")}</div>}
      </div>
    </div>
  );
}
