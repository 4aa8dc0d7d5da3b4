/** A form made of the DAG's Params, or its conf as JSON; for one run, or for the runs of a backfill. */
import { Alert, Button, Checkbox, Collapse, Group, JsonInput, SegmentedControl, Text, Textarea, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { type DagDetails, type Run, seg, send } from "../api";
import { remember, remembered } from "../settings";
import { patchDag } from "../shell";
import { BackfillForm } from "./backfill";
import { told } from "./bits";
import { InstantField } from "./instant";
import { ParamFields, type Values } from "./params";
import { inWords } from "./reasons";

/* ── what was entered the last time, in this browser ── */

const SENSITIVE = /passw|secret|token|api_?key|credential|private/i;
const key = (dagId: string) => `params.${dagId}`;

function keep(dag: DagDetails, values: Values) {
  const open = Object.entries(values).filter(
    ([name]) => !SENSITIVE.test(name) && dag.params?.[name]?.schema?.format !== "password",
  );
  remember(key(dag.dag_id), JSON.stringify(Object.fromEntries(open)));
}

/** Of the Params that there still are; null: nothing else than what they are by default. */
function lastValues(dag: DagDetails): Values | null {
  try {
    const kept = JSON.parse(remembered(key(dag.dag_id), "{}")) as Values;
    const known = Object.entries(kept).filter(([name, v]) => {
      const param = dag.params?.[name];
      return param && param.schema?.const === undefined && JSON.stringify(v) !== JSON.stringify(param.value ?? null);
    });
    return known.length ? Object.fromEntries(known) : null;
  } catch {
    return null;
  }
}

/* ── when: instants, "" for none ── */

interface Moments {
  date: string;
  after: string;
  from: string;
  to: string;
}
const nowhen: Moments = { date: "", after: "", from: "", to: "" };

function When({ of, set }: { of: Moments; set: (m: Moments) => void }) {
  const { t } = useTranslation();
  const field = (name: keyof Moments, label: string, description?: string) => (
    <InstantField
      label={t(label)}
      {...(description ? { description: t(description) } : {})}
      value={of[name]}
      onChange={(v) => set({ ...of, [name]: v })}
    />
  );
  return (
    <>
      <Group grow align="start">
        {field("date", "trigger.date", "trigger.dateHint")}
        {field("after", "trigger.after", "trigger.afterHint")}
      </Group>
      <Group grow align="start">
        {field("from", "trigger.intervalFrom")}
        {field("to", "trigger.intervalTo")}
      </Group>
    </>
  );
}

export default function Form({ dag, conf: given, onClose }: { dag: DagDetails; conf: Values | undefined; onClose: () => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const client = useQueryClient();
  const specs = useMemo(() => Object.entries(dag.params ?? {}), [dag]);
  const dflt = useMemo(() => Object.fromEntries(specs.map(([k, p]) => [k, p.value ?? null])), [specs]);
  const [values, setValues] = useState<Values>({ ...dflt, ...given });
  // Fields that hold a text of their own begin anew with other values.
  const [round, setRound] = useState(0);
  const last = useMemo(() => (given ? null : lastValues(dag)), [dag, given]);
  const [many, setMany] = useState(false);
  const [asJson, setAsJson] = useState(specs.length === 0);
  const [json, setJson] = useState(
    specs.length === 0 && given && Object.keys(given).length ? JSON.stringify(given, null, 2) : "",
  );
  const [unpause, setUnpause] = useState(true);
  const [more, setMore] = useState(false);
  const [when, setWhen] = useState(nowhen);
  const [runId, setRunId] = useState("");
  const [note, setNote] = useState("");
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const fill = (v: Values) => {
    setValues({ ...dflt, ...v });
    setRound((n) => n + 1);
  };
  const toJson = (on: boolean) => {
    if (on) setJson(JSON.stringify(values, null, 2));
    else
      try {
        fill({ ...values, ...(JSON.parse(json) as Values) });
      } catch {
        // What is no JSON stays behind: the form keeps what it had.
      }
    setAsJson(on);
  };
  /** undefined: it is no JSON, and that is said. */
  const entered = (): Values | undefined => {
    if (!asJson) return values;
    try {
      return json.trim() ? (JSON.parse(json) as Values) : {};
    } catch (e) {
      setError(`${t("json.bad")}: ${(e as Error).message}`);
      return undefined;
    }
  };
  const submit = async () => {
    setError(null);
    const conf = entered();
    if (!conf) return;
    setBusy(true);
    try {
      if (dag.is_paused && unpause) await patchDag(dag.dag_id, false);
      const run = await send<Run>(
        "POST",
        `/api/v2/dags/${seg(dag.dag_id)}/dagRuns`,
        {},
        {
          logical_date: when.date || null,
          run_after: when.after || undefined,
          data_interval_start: when.from || undefined,
          data_interval_end: when.to || undefined,
          ...(runId ? { dag_run_id: runId } : {}),
          conf,
          ...(note ? { note } : {}),
        },
      );
      keep(dag, conf);
      void client.invalidateQueries({ predicate: (q) => /dagRuns|grid|recent/.test(String(q.queryKey[0])) });
      // The run's page begins with what the run was when it was made, so that it tells what became of it meanwhile.
      client.setQueryData([`/api/v2/dags/${seg(dag.dag_id)}/dagRuns/${seg(run.dag_run_id)}`, {}], run, { updatedAt: 0 });
      told(t("trigger.done", { run: run.dag_run_id }));
      onClose();
      navigate(`/dags/${seg(dag.dag_id)}/runs/${seg(run.dag_run_id)}`);
    } catch (e) {
      setError(inWords(e));
      setBusy(false);
    }
  };
  const params = (
    <>
      {last && !asJson && (
        <Group gap="xs">
          <Button size="compact-sm" variant="light" onClick={() => fill(last)}>
            {t("trigger.last")}
          </Button>
          <Text fz={12} c="dimmed" className="cut" style={{ maxWidth: 380 }}>
            {Object.entries(last)
              .map(([k, v]) => `${k}: ${typeof v === "string" ? v : JSON.stringify(v)}`)
              .join(", ")}
          </Text>
        </Group>
      )}
      {!asJson && (
        <ParamFields
          key={round}
          specs={specs}
          values={values}
          onChange={(name, v) => setValues((before) => ({ ...before, [name]: v }))}
        />
      )}
      {asJson && (
        <JsonInput
          label={t("trigger.conf")}
          description={t("trigger.confHint")}
          value={json}
          onChange={setJson}
          autosize
          minRows={4}
          formatOnBlur
          validationError={t("json.bad")}
        />
      )}
      {specs.length > 0 && (
        <Checkbox checked={asJson} label={t("trigger.asJson")} onChange={(e) => toJson(e.currentTarget.checked)} />
      )}
    </>
  );
  const kind =
    dag.is_backfillable === false ? null : (
      <SegmentedControl
        size="xs"
        aria-label={t("trigger.what")}
        value={many ? "many" : "one"}
        onChange={(v) => setMany(v === "many")}
        data={[
          { value: "one", label: t("trigger.one") },
          { value: "many", label: t("trigger.many") },
        ]}
      />
    );
  if (many) {
    let conf: Values = values;
    try {
      if (asJson) conf = json.trim() ? (JSON.parse(json) as Values) : {};
    } catch {
      // Said by the field itself; the preview keeps the last that was one.
    }
    return (
      <div className="form">
        {kind}
        {params}
        <BackfillForm dagId={dag.dag_id} conf={conf} onClose={onClose} />
      </div>
    );
  }
  return (
    <form
      className="form"
      onSubmit={(e) => {
        e.preventDefault();
        submit();
      }}
    >
      {kind}
      {dag.is_paused && (
        <Alert color="yellow" py="xs">
          <Checkbox
            checked={unpause}
            onChange={(e) => setUnpause(e.currentTarget.checked)}
            label={t("trigger.unpause")}
            description={t("trigger.paused")}
          />
        </Alert>
      )}
      {params}
      <Button
        variant="subtle"
        size="compact-sm"
        onClick={() => setMore(!more)}
        aria-expanded={more}
        style={{ alignSelf: "flex-start" }}
      >
        {t("trigger.more")}
      </Button>
      <Collapse expanded={more}>
        <div className="form">
          <When of={when} set={setWhen} />
          <TextInput
            label={t("run.id")}
            description={t("trigger.idHint")}
            value={runId}
            onChange={(e) => setRunId(e.currentTarget.value)}
          />
          <Textarea label={t("note")} value={note} onChange={(e) => setNote(e.currentTarget.value)} autosize minRows={2} />
        </div>
      </Collapse>
      <div className="form-foot">
        {error && (
          <Alert color="red" role="alert" py="xs">
            {error}
          </Alert>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t("cancel")}
          </Button>
          <Button type="submit" loading={busy}>
            {t("trigger")}
          </Button>
        </Group>
      </div>
    </form>
  );
}
