/** A value described by JSON schema, as a field: whatever Airflow's Params have, and what questions to people have. */
import {
  ActionIcon,
  Button,
  FileButton,
  JsonInput,
  MultiSelect,
  NumberInput,
  Select,
  Switch,
  TagsInput,
  Textarea,
  TextInput,
  Tooltip,
} from "@mantine/core";
import { type ReactNode, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import type { JsonSchema, ParamSpec } from "../api";
import { IconFileUpload, IconPlus, IconTrash } from "../icons";
import { InstantField } from "./instant";
import { Markdown } from "./markdown";

export type Values = Record<string, unknown>;

const types = (s: JsonSchema): string[] => (Array.isArray(s.type) ? s.type : s.type ? [s.type] : []);
const shown = (v: unknown) => (v === null || v === undefined ? "" : typeof v === "string" ? v : JSON.stringify(v, null, 2));

function kindOf(s: JsonSchema, value: unknown): string {
  const kind = types(s).find((k) => k !== "null");
  if (kind) return kind;
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return "number";
  if (typeof value === "boolean") return "boolean";
  return typeof value === "object" && value !== null ? "object" : "string";
}

interface Common {
  label: string;
  description?: ReactNode;
  required: boolean;
  withAsterisk: boolean;
}
interface FieldProps {
  s: JsonSchema;
  common: Common;
  value: unknown;
  nullable: boolean;
  onChange: (v: unknown) => void;
}

const nameOf = (s: JsonSchema, v: unknown) => s.values_display?.[String(v)] ?? shown(v);

/** One of a few. */
function Choice({ s, common, value, nullable, onChange }: FieldProps) {
  const list = (s.enum ?? []).filter((e) => e !== null);
  return (
    <Select
      {...common}
      data={list.map((e) => ({ value: JSON.stringify(e), label: nameOf(s, e) }))}
      value={value === null || value === undefined ? null : JSON.stringify(value)}
      onChange={(v) => onChange(v === null ? null : JSON.parse(v))}
      clearable={nullable}
      allowDeselect={nullable}
      searchable={list.length > 8}
    />
  );
}

/** Some of those that are proposed, as Airflow takes `examples` of an array, or of its items' `enum`. */
function Some({ s, common, value, onChange, of }: FieldProps & { of: unknown[] }) {
  const { t } = useTranslation();
  const chosen = Array.isArray(value) ? value : [];
  const all = [...of, ...chosen.filter((v) => !of.some((o) => JSON.stringify(o) === JSON.stringify(v)))];
  return (
    <MultiSelect
      {...common}
      data={all.map((e) => ({ value: JSON.stringify(e), label: nameOf(s, e) }))}
      value={chosen.map((v) => JSON.stringify(v))}
      onChange={(v) => onChange(v.map((x) => JSON.parse(x)))}
      searchable
      clearable
      clearButtonProps={{ "aria-label": t("clearFilter") }}
    />
  );
}

function Numbers({ s, common, value, onChange }: FieldProps) {
  return (
    <NumberInput
      {...common}
      value={(value as number) ?? ""}
      onChange={(v) => onChange(v === "" ? null : Number(v))}
      allowDecimal={!types(s).includes("integer")}
      {...(s.minimum !== undefined ? { min: s.minimum } : {})}
      {...(s.maximum !== undefined ? { max: s.maximum } : {})}
      clampBehavior="none"
    />
  );
}

/** Texts or numbers, one after the other. */
function Tags({ s, common, value, onChange }: FieldProps) {
  const numbers = types(s.items ?? {}).some((k) => k === "number" || k === "integer");
  return (
    <TagsInput
      {...common}
      value={Array.isArray(value) ? value.map(String) : []}
      onChange={(v) => onChange(numbers ? v.map(Number).filter((x) => !Number.isNaN(x)) : v)}
      clearButtonProps={{ "aria-label": `${String(common.label)}: ×` }}
    />
  );
}

const propertiesOf = (s: JsonSchema): [string, ParamSpec][] =>
  Object.entries(s.properties ?? {}).map(([k, p]) => [
    k,
    { value: p.default ?? null, description: null, schema: s.required?.includes(k) ? p : { ...p, type: [...types(p), "null"] } },
  ]);
/** What is left empty and need not be there is left out. */
const without = (v: Values, key: string, to: unknown, s: JsonSchema): Values => {
  const { [key]: _, ...rest } = v;
  return to === null && !s.required?.includes(key) ? rest : { ...rest, [key]: to };
};

function Properties({ s, value, onChange }: { s: JsonSchema; value: unknown; onChange: (v: unknown) => void }) {
  const of = (typeof value === "object" && value !== null ? value : {}) as Values;
  return (
    <>
      {propertiesOf(s).map(([k, spec]) => (
        <ParamField key={k} name={k} spec={spec} value={of[k] ?? null} onChange={(v) => onChange(without(of, k, v, s))} />
      ))}
    </>
  );
}

function ObjectFields({ s, common, value, onChange }: FieldProps) {
  return (
    <fieldset className="fieldset nested">
      <legend>{common.label}</legend>
      {common.description}
      <Properties s={s} value={value} onChange={onChange} />
    </fieldset>
  );
}

/** A list of objects, each with its own fields. */
function Objects({ s, common, value, onChange }: FieldProps) {
  const { t } = useTranslation();
  const list = Array.isArray(value) ? (value as Values[]) : [];
  const item = s.items ?? {};
  return (
    <fieldset className="fieldset nested">
      <legend>{common.label}</legend>
      {common.description}
      {list.map((v, i) => (
        <fieldset key={i} className="fieldset item" aria-label={`${String(common.label)} ${i + 1}`}>
          <legend>
            {i + 1}{" "}
            <ActionIcon
              size="sm"
              variant="subtle"
              color="gray"
              aria-label={t("params.remove", { n: i + 1 })}
              onClick={() => onChange(list.filter((_, k) => k !== i))}
            >
              <IconTrash size={14} />
            </ActionIcon>
          </legend>
          <Properties s={item} value={v} onChange={(x) => onChange(list.with(i, x as Values))} />
        </fieldset>
      ))}
      <Button
        size="compact-sm"
        variant="light"
        style={{ alignSelf: "flex-start" }}
        leftSection={<IconPlus size={14} />}
        onClick={() =>
          onChange([
            ...list,
            Object.fromEntries(propertiesOf(item).flatMap(([k, p]) => (p.value === null ? [] : [[k, p.value]]))),
          ])
        }
      >
        {t("params.add")}
      </Button>
    </fieldset>
  );
}

/** Puts what a file holds into the field: text as it is, or in base64 when that is what is wanted. */
function FromFile({ label, base64, onText }: { label: ReactNode; base64: boolean; onText: (text: string) => void }) {
  const { t } = useTranslation();
  const take = async (f: File | null) => {
    if (!f) return;
    if (!base64) onText(await f.text());
    else {
      let bytes = "";
      for (const b of new Uint8Array(await f.arrayBuffer())) bytes += String.fromCharCode(b);
      onText(btoa(bytes));
    }
  };
  return (
    <FileButton onChange={take}>
      {(props) => (
        <Tooltip label={t("params.file")}>
          <ActionIcon {...props} variant="subtle" color="gray" aria-label={`${String(label)}: ${t("params.file")}`}>
            <IconFileUpload size={16} />
          </ActionIcon>
        </Tooltip>
      )}
    </FileButton>
  );
}

function Json({ common, value, onChange }: FieldProps) {
  const { t } = useTranslation();
  const [text, setText] = useState(() => shown(value));
  const [bad, setBad] = useState(false);
  const change = (v: string) => {
    setText(v);
    try {
      onChange(v.trim() === "" ? null : JSON.parse(v));
      setBad(false);
    } catch {
      setBad(true);
    }
  };
  return (
    <JsonInput
      {...common}
      description={common.description ?? "JSON"}
      autosize
      minRows={2}
      formatOnBlur
      value={text}
      error={bad ? t("json.bad") : undefined}
      onChange={change}
      rightSection={<FromFile label={common.label} base64={false} onText={change} />}
    />
  );
}

const inputs: Record<string, string> = {
  date: "date",
  time: "time",
  "date-time": "datetime-local",
  email: "email",
  "idn-email": "email",
  uri: "url",
  url: "url",
  password: "password",
};

/** A day or a time of day, which are of no zone. */
function Times({ s, common, value, nullable, onChange }: FieldProps) {
  return (
    <TextInput
      {...common}
      type={inputs[s.format!]!}
      step={1}
      value={shown(value)}
      onChange={(e) => onChange(e.currentTarget.value === "" && nullable ? null : e.currentTarget.value)}
    />
  );
}
/** An instant: entered in the reader's zone, whatever zone it was written in; the run is given it in UTC. */
function Stamp({ common, value, nullable, onChange }: FieldProps) {
  return (
    <InstantField
      {...common}
      value={iso(shown(value))}
      onChange={(v) => onChange(v === "" ? (nullable ? null : "") : v.replace(/(\.000)?Z$/, "+00:00"))}
    />
  );
}
/** As fields have it; "" for what is no time. A text without an offset is UTC. */
function iso(text: string): string {
  const at = new Date(/^\d{4}-\d\d-\d\d[T ][\d:.]+$/.test(text) ? `${text.replace(" ", "T")}Z` : text);
  return Number.isNaN(at.getTime()) ? "" : at.toISOString();
}

function Text({ s, common, value, nullable, onChange }: FieldProps) {
  const id = useId();
  const text = (v: string) => onChange(v === "" && nullable ? null : v);
  const file = s.format === "file" || s.contentEncoding === "base64";
  const long = s.format === "multiline" || file || shown(value).includes("\n");
  const limits = {
    ...(s.minLength ? { minLength: s.minLength } : {}),
    ...(s.maxLength ? { maxLength: s.maxLength } : {}),
  };
  if (long)
    return (
      <Textarea
        {...common}
        {...limits}
        autosize
        minRows={file ? 2 : 4}
        maxRows={16}
        value={shown(value)}
        onChange={(e) => text(e.currentTarget.value)}
        rightSection={<FromFile label={common.label} base64={s.contentEncoding === "base64"} onText={text} />}
      />
    );
  return (
    <>
      <TextInput
        {...common}
        {...limits}
        {...(s.pattern ? { pattern: s.pattern, title: s.pattern } : {})}
        {...(inputs[s.format ?? ""] ? { type: inputs[s.format!]! } : {})}
        {...(s.format === "password" ? { autoComplete: "off" } : {})}
        list={s.examples?.length ? id : undefined}
        value={shown(value)}
        onChange={(e) => text(e.currentTarget.value)}
      />
      {s.examples?.length ? (
        <datalist id={id}>
          {s.examples.map((x) => (
            <option key={String(x)} value={String(x)} label={nameOf(s, x)} />
          ))}
        </datalist>
      ) : null}
    </>
  );
}

function fieldFor(s: JsonSchema, kind: string, value: unknown): (p: FieldProps) => ReactNode {
  if (s.enum) return Choice;
  if (kind === "integer" || kind === "number") return Numbers;
  if (kind === "array") {
    const item = s.items ?? {};
    const some = s.examples ?? item.enum;
    if (some?.length)
      return (p) => <Some {...p} s={{ ...p.s, values_display: p.s.values_display ?? item.values_display ?? {} }} of={some} />;
    if (item.properties) return Objects;
    const plain = (v: unknown) => typeof v === "string" || (typeof v === "number" && types(item).length > 0);
    const simple = types(item).every((k) => ["string", "number", "integer"].includes(k));
    return simple && (!Array.isArray(value) || value.every(plain)) ? Tags : Json;
  }
  if (kind === "object") return s.properties && Object.keys(s.properties).length > 0 ? ObjectFields : Json;
  if (s.format === "date-time") return Stamp;
  return s.format === "date" || s.format === "time" ? Times : Text;
}

/** One Param as a field; null when it may be and nothing was entered. What is constant has none. */
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
  const kind = kindOf(s, spec.value);
  const nullable =
    types(s).includes("null") || s.enum?.includes(null) === true || (types(s).length === 0 && (spec.value ?? null) === null);
  const label = s.title ?? name;
  const plain = s.description ?? spec.description ?? undefined;
  const description = s.description_md ? <Markdown text={s.description_md} /> : plain;
  if (s.const !== undefined) return null;
  if (kind === "boolean")
    return (
      <Switch
        label={label}
        description={description}
        checked={value === true}
        onChange={(e) => onChange(e.currentTarget.checked)}
      />
    );
  const common: Common = { label, ...(description ? { description } : {}), required: !nullable, withAsterisk: !nullable };
  // The kind of field does not change while somebody types.
  return <Field of={fieldFor(s, kind, spec.value)} p={{ s, common, value, nullable, onChange }} />;
}
function Field({ of, p }: { of: (p: FieldProps) => ReactNode; p: FieldProps }) {
  const [Kind] = useState(() => of);
  return <Kind {...p} />;
}

/** Params in their sections, in the order in which they were defined; those without a section come first. */
export function ParamFields({
  specs,
  values,
  onChange,
}: {
  specs: [string, ParamSpec][];
  values: Values;
  onChange: (name: string, v: unknown) => void;
}) {
  const by = new Map<string, [string, ParamSpec][]>([["", []]]);
  for (const [name, spec] of specs) {
    const section = spec.schema?.section ?? "";
    by.set(section, [...(by.get(section) ?? []), [name, spec]]);
  }
  return [...by]
    .filter(([, list]) => list.some(([, p]) => p.schema?.const === undefined))
    .map(([section, list]) => (
      <fieldset key={section} className="fieldset">
        {section && <legend>{section}</legend>}
        {list.map(([name, spec]) => (
          <ParamField key={name} name={name} spec={spec} value={values[name]} onChange={(v) => onChange(name, v)} />
        ))}
      </fieldset>
    ));
}
