/** Starting a run: a form made of the DAG's Params, or its conf as JSON. */
import {
  Alert,
  Button,
  Checkbox,
  Collapse,
  Group,
  JsonInput,
  Modal,
  NumberInput,
  Select,
  Switch,
  TagsInput,
  Textarea,
  TextInput,
} from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { type DagDetails, type JsonSchema, type ParamSpec, type Run, seg, send } from "../api";
import { useGet } from "../live";
import { patchDag } from "../shell";
import { Loaded, told } from "./bits";

type Values = Record<string, unknown>;
const types = (s: JsonSchema): string[] => (Array.isArray(s.type) ? s.type : s.type ? [s.type] : []);
const shown = (v: unknown) => (v === null || v === undefined ? "" : typeof v === "string" ? v : JSON.stringify(v, null, 2));

/** One Param as a field; null when it may be and nothing was entered. */
export function ParamField({
  name,
  spec,
  value,
  onChange,
}: {
  name: string;
  spec: ParamSpec;
  value: unknown;
  onChange: (v: unknown) => void;
}) {
  const s = spec.schema ?? {};
  const kinds = types(s);
  const kind =
    kinds.find((k) => k !== "null") ??
    (typeof spec.value === "number"
      ? "number"
      : typeof spec.value === "boolean"
        ? "boolean"
        : typeof spec.value === "object" && spec.value !== null
          ? "object"
          : "string");
  const nullable = kinds.includes("null");
  const label = s.title ?? name;
  const description = s.description ?? spec.description ?? undefined;
  const common = { label, description, required: !nullable && kind !== "boolean", withAsterisk: !nullable && kind !== "boolean" };
  const text = (v: string) => onChange(v === "" && nullable ? null : v);
  if (s.const !== undefined) return <TextInput {...common} value={shown(s.const)} readOnly />;
  if (s.enum)
    return (
      <Select
        {...common}
        data={s.enum
          .filter((e) => e !== null)
          .map((e) => ({ value: JSON.stringify(e), label: s.values_display?.[String(e)] ?? shown(e) }))}
        value={value === null || value === undefined ? null : JSON.stringify(value)}
        onChange={(v) => onChange(v === null ? null : JSON.parse(v))}
        clearable={nullable}
        allowDeselect={nullable}
        searchable={s.enum.length > 8}
      />
    );
  if (kind === "boolean")
    return (
      <Switch
        label={label}
        description={description}
        checked={value === true}
        onChange={(e) => onChange(e.currentTarget.checked)}
      />
    );
  if (kind === "integer" || kind === "number")
    return (
      <NumberInput
        {...common}
        value={(value as number) ?? ""}
        onChange={(v) => onChange(v === "" ? null : Number(v))}
        allowDecimal={kind === "number"}
        {...(s.minimum !== undefined ? { min: s.minimum } : {})}
        {...(s.maximum !== undefined ? { max: s.maximum } : {})}
        clampBehavior="none"
      />
    );
  if (
    kind === "array" &&
    (!s.items || types(s.items).includes("string")) &&
    (!Array.isArray(value) || value.every((v) => typeof v === "string"))
  )
    return (
      <TagsInput
        {...common}
        data={(s.examples as string[] | undefined) ?? []}
        value={(value as string[]) ?? []}
        onChange={(v) => onChange(v)}
        clearButtonProps={{ "aria-label": `${label}: ×` }}
      />
    );
  if (kind === "array" || kind === "object") return <JsonField {...common} value={value} onChange={onChange} />;
  if (s.format === "date" || s.format === "time" || s.format === "date-time")
    return (
      <TextInput
        {...common}
        type={s.format === "date" ? "date" : s.format === "time" ? "time" : "datetime-local"}
        step={1}
        value={s.format === "date-time" ? shown(value).slice(0, 19) : shown(value)}
        onChange={(e) =>
          text(s.format === "date-time" && e.currentTarget.value ? `${e.currentTarget.value}+00:00` : e.currentTarget.value)
        }
      />
    );
  if (s.format === "multiline")
    return <Textarea {...common} autosize minRows={4} value={shown(value)} onChange={(e) => text(e.currentTarget.value)} />;
  if (s.examples?.length)
    return (
      <TextInput
        {...common}
        list={`examples-${name}`}
        value={shown(value)}
        onChange={(e) => text(e.currentTarget.value)}
        rightSection={
          <datalist id={`examples-${name}`}>
            {s.examples.map((x) => (
              <option key={String(x)} value={String(x)} />
            ))}
          </datalist>
        }
      />
    );
  return (
    <TextInput
      {...common}
      value={shown(value)}
      onChange={(e) => text(e.currentTarget.value)}
      {...(s.minLength ? { minLength: s.minLength } : {})}
      {...(s.maxLength ? { maxLength: s.maxLength } : {})}
      {...(s.pattern ? { pattern: s.pattern } : {})}
    />
  );
}

function JsonField({
  value,
  onChange,
  ...common
}: {
  value: unknown;
  onChange: (v: unknown) => void;
  label: ReactNode;
  description?: string | undefined;
  required?: boolean;
}) {
  const { t } = useTranslation();
  const [text, setText] = useState(() => shown(value));
  const [bad, setBad] = useState(false);
  return (
    <JsonInput
      {...common}
      description={common.description ?? "JSON"}
      autosize
      minRows={2}
      formatOnBlur
      value={text}
      error={bad ? t("json.bad") : undefined}
      onChange={(v) => {
        setText(v);
        try {
          onChange(v.trim() === "" ? null : JSON.parse(v));
          setBad(false);
        } catch {
          setBad(true);
        }
      }}
    />
  );
}

function Form({ dag, conf, onClose }: { dag: DagDetails; conf: Values | undefined; onClose: () => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const client = useQueryClient();
  const specs = useMemo(() => Object.entries(dag.params ?? {}), [dag]);
  const [values, setValues] = useState<Values>(() => ({
    ...Object.fromEntries(specs.map(([k, p]) => [k, p.value ?? null])),
    ...(conf ?? {}),
  }));
  const [asJson, setAsJson] = useState(false);
  const [json, setJson] = useState("");
  const [unpause, setUnpause] = useState(true);
  const [more, setMore] = useState(false);
  const [date, setDate] = useState("");
  const [runId, setRunId] = useState("");
  const [note, setNote] = useState("");
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    if (asJson) setJson(JSON.stringify(values, null, 2));
  }, [asJson, values]);
  const sections = useMemo(() => {
    const by = new Map<string, [string, ParamSpec][]>();
    for (const [name, spec] of specs) {
      const section = spec.schema?.section ?? "";
      by.set(section, [...(by.get(section) ?? []), [name, spec]]);
    }
    return [...by];
  }, [specs]);
  const submit = async () => {
    setError(null);
    let conf = values;
    if (asJson || specs.length === 0) {
      try {
        conf = json.trim() ? (JSON.parse(json) as Values) : {};
      } catch (e) {
        setError(`${t("json.bad")}: ${(e as Error).message}`);
        return;
      }
    }
    setBusy(true);
    try {
      if (dag.is_paused && unpause) await patchDag(dag.dag_id, false);
      const run = await send<Run>(
        "POST",
        `/api/v2/dags/${seg(dag.dag_id)}/dagRuns`,
        {},
        {
          logical_date: date ? new Date(`${date}Z`).toISOString() : null,
          ...(runId ? { dag_run_id: runId } : {}),
          conf,
          ...(note ? { note } : {}),
        },
      );
      await client.invalidateQueries({ predicate: (q) => /dagRuns|grid|recent/.test(String(q.queryKey[0])) });
      told(t("trigger.done", { run: run.dag_run_id }));
      onClose();
      navigate(`/dags/${seg(dag.dag_id)}/runs/${seg(run.dag_run_id)}`);
    } catch (e) {
      setError((e as Error).message);
      setBusy(false);
    }
  };
  return (
    <form
      className="form"
      onSubmit={(e) => {
        e.preventDefault();
        submit();
      }}
    >
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
      {specs.length > 0 && !asJson
        ? sections.map(([section, list]) => (
            <fieldset key={section} className="fieldset">
              {section && <legend>{section}</legend>}
              {list.map(([name, spec]) => (
                <ParamField
                  key={name}
                  name={name}
                  spec={spec}
                  value={values[name]}
                  onChange={(v) => setValues((before) => ({ ...before, [name]: v }))}
                />
              ))}
            </fieldset>
          ))
        : null}
      {(asJson || specs.length === 0) && (
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
        <Checkbox
          checked={asJson}
          label={t("trigger.asJson")}
          onChange={(e) => {
            if (!e.currentTarget.checked) {
              try {
                setValues({ ...values, ...(JSON.parse(json) as Values) });
              } catch {
                // What is no JSON stays behind: the form keeps what it had.
              }
            }
            setAsJson(e.currentTarget.checked);
          }}
        />
      )}
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
          <TextInput
            type="datetime-local"
            step={1}
            label={t("trigger.date")}
            description={t("trigger.dateHint")}
            value={date}
            onChange={(e) => setDate(e.currentTarget.value)}
          />
          <TextInput
            label={t("run.id")}
            description={t("trigger.idHint")}
            value={runId}
            onChange={(e) => setRunId(e.currentTarget.value)}
          />
          <Textarea label={t("note")} value={note} onChange={(e) => setNote(e.currentTarget.value)} autosize minRows={2} />
        </div>
      </Collapse>
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
    </form>
  );
}

export function TriggerDialog({ dagId, conf, onClose }: { dagId: string; conf?: Values; onClose: () => void }) {
  const { t } = useTranslation();
  const dag = useGet<DagDetails>(`/api/v2/dags/${seg(dagId)}/details`, {}, { keep: false });
  return (
    <Modal
      opened
      onClose={onClose}
      title={t("trigger.of", { name: dag.data?.dag_display_name ?? dagId })}
      size="lg"
      closeButtonProps={{ "aria-label": t("close") }}
    >
      <Loaded of={dag}>{(d) => <Form dag={d} conf={conf} onClose={onClose} />}</Loaded>
    </Modal>
  );
}
