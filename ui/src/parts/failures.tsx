/** The latest failures of a DAG or of one of its tasks, each with the end of its log. */
import { Button, Group, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { ndjson, seg, type Ti, type TiPage } from "../api";
import { useGet } from "../live";
import { useMay } from "../session";
import { When } from "../time";
import { plain } from "./ansi";
import { Trouble } from "./bits";
import { type Line, type Row, rowsOf } from "./log-rows";
import { tiPath } from "./paths";
import { Mark, StateMark } from "./state";

const LATEST = 5;
const LINES = 12;

/** Asked for when it is wanted. */
function LogEnd({ of: x }: { of: Ti }) {
  const { t } = useTranslation();
  const path = `/ui/dags/${seg(x.dag_id)}/dagRuns/${seg(x.dag_run_id)}/taskInstances/${seg(x.task_id)}/logs/${x.try_number}/lines`;
  const asked = useQuery({
    queryKey: [path, x.map_index],
    queryFn: async ({ signal }) => {
      const rows: Row[] = [];
      const params = { last: 3 * LINES, map_index: x.map_index >= 0 ? x.map_index : undefined };
      await ndjson<{ line: Line }>(path, params, signal, ({ line }) => rows.push(...rowsOf(line, 1, "")));
      return rows;
    },
  });
  if (asked.error) return <Trouble error={asked.error} />;
  const lines = (asked.data ?? []).filter((l) => !l.source && l.text.trim() !== "");
  return (
    <pre className="pre" tabIndex={0}>
      {asked.data ? lines.slice(-LINES).map((l) => `${plain(l.text)}\n`) : t("loading")}
    </pre>
  );
}

function Failure({ of: x }: { of: Ti }) {
  const { t } = useTranslation();
  const may = useMay();
  const [open, setOpen] = useState(false);
  const name = `${x.task_display_name}${x.map_index >= 0 ? ` [${x.rendered_map_index ?? x.map_index}]` : ""}`;
  return (
    <li className="need">
      <StateMark state={x.state} bare size={15} />
      <div className="need-text">
        <Link to={tiPath(x)} className="strong-link">
          {name}
        </Link>{" "}
        <Link to={`/dags/${seg(x.dag_id)}/runs/${seg(x.dag_run_id)}`} className="mono">
          {x.dag_run_id}
        </Link>
        {open && <LogEnd of={x} />}
      </div>
      <div className="need-side">
        <When at={x.end_date} relative />
        {may("log", "read") && (
          <Button
            size="compact-xs"
            variant="default"
            aria-expanded={open}
            aria-label={t(open ? "overview.hideLogOf" : "overview.logOf", { name: `${name} ${x.dag_run_id}` })}
            onClick={() => setOpen(!open)}
          >
            {t(open ? "overview.hideLog" : "overview.log")}
          </Button>
        )}
      </div>
    </li>
  );
}

export function Failures({ dagId, taskId, since }: { dagId: string; taskId?: string; since: string }) {
  const { t } = useTranslation();
  const asked = useGet<TiPage>(
    `/api/v2/dags/${seg(dagId)}/dagRuns/~/taskInstances`,
    {
      state: ["failed"],
      order_by: "-end_date",
      limit: LATEST,
      end_date_gte: since,
      ...(taskId ? { task_id: taskId } : {}),
    },
    { every: 5000 },
  );
  const rows = asked.data?.task_instances ?? [];
  return (
    <section className="card" aria-labelledby="failures">
      <Group justify="space-between" className="need-head">
        <h2 id="failures" className="section-head" style={{ margin: 0 }}>
          {t("overview.failures")}
        </h2>
        {(asked.data?.total_entries ?? 0) > rows.length && (
          <Link to={`/task_instances?dag=${seg(dagId)}&state=failed&ended_after=${seg(since)}`}>
            {t("need.all", { n: asked.data!.total_entries })}
          </Link>
        )}
      </Group>
      {asked.error && <Trouble error={asked.error} />}
      {asked.data && rows.length === 0 && (
        <Text fz={13} c="dimmed" px={14} pt={4} pb="sm">
          <span className="state">
            <Mark state="success" size={13} /> {t("overview.noFailures")}
          </span>
        </Text>
      )}
      <ul className="needs">
        {rows.map((x) => (
          <Failure key={x.id} of={x} />
        ))}
      </ul>
    </section>
  );
}
