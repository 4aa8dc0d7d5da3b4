import {
  ActionIcon,
  Alert,
  Autocomplete,
  Button,
  Checkbox,
  Group,
  JsonInput,
  NumberInput,
  PasswordInput,
  Select,
  SimpleGrid,
  Text,
  Textarea,
  TextInput,
} from "@mantine/core";
import type { ColumnDef } from "@tanstack/react-table";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, type JsonSchema, type Page, send } from "../api";
import { IconCopy, IconPlug, IconPlugConnected, IconPlus } from "../icons";
import { useGet } from "../live";
import { Empty, Loaded, PageHead, useTitle } from "../parts/bits";
import { BulkDelete, usePicked } from "../parts/bulk";
import { Dialog } from "../parts/dialog";
import { Delete, editColumn, FormFoot, useSave } from "../parts/edit";
import { Search } from "../parts/filter";
import { DataTable, useListState } from "../parts/table";
import { readable } from "../parts/value";
import { useMay } from "../session";

interface Connection {
  connection_id: string;
  conn_type: string;
  description: string | null;
  host: string | null;
  login: string | null;
  schema: string | null;
  port: number | null;
  password: string | null;
  extra: string | null;
}
const path = (id: string) => `/api/v2/connections/${encodeURIComponent(id)}`;
const secret = "***";

interface Part {
  hidden: boolean | null;
  title: string | null;
  placeholder: string | null;
}
interface Kind {
  connection_type: string;
  hook_name: string;
  hook_class_name: string | null;
  standard_fields: Record<"description" | "url_schema" | "host" | "port" | "login" | "password", Part | null> | null;
  extra_fields: Record<string, { value: unknown; schema: JsonSchema; description: string | null }> | null;
}
type Extra = Record<string, unknown>;

/** null: it is no JSON object. */
function asObject(text: string): Extra | null {
  if (!text.trim()) return {};
  try {
    const v: unknown = JSON.parse(text);
    return v !== null && typeof v === "object" && !Array.isArray(v) ? (v as Extra) : null;
  } catch {
    return null;
  }
}

/** What a type keeps in the extra, each with a field of its own; they change the JSON below them. */
function ExtraFields({ kind, extra, onChange }: { kind: Kind; extra: Extra; onChange: (extra: Extra) => void }) {
  const { t } = useTranslation();
  const set = (name: string, value: unknown) => {
    const next = { ...extra };
    if (value === "" || value === null || value === undefined) delete next[name];
    else next[name] = value;
    onChange(next);
  };
  return (
    <fieldset className="fieldset" aria-label={t("connection.of", { name: kind.hook_name })}>
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm" verticalSpacing="xs">
        {Object.entries(kind.extra_fields ?? {}).map(([name, f]) => {
          const types = [f.schema.type ?? "string"].flat();
          const common = {
            label: f.schema.title ?? name,
            description: f.description ?? undefined,
            size: "xs" as const,
          };
          // Older providers keep it under its long name.
          const long = `extra__${kind.connection_type}__${name}`;
          const at = long in extra && !(name in extra) ? long : name;
          const value = extra[at];
          if (f.schema.enum)
            return (
              <Select
                key={name}
                {...common}
                clearable
                clearButtonProps={{ "aria-label": t("clearFilter") }}
                placeholder={f.schema.default === undefined ? "" : String(f.schema.default)}
                data={f.schema.enum.map(String)}
                value={value === undefined ? null : String(value)}
                onChange={(v) => set(at, v)}
              />
            );
          if (types.includes("boolean"))
            return (
              <Checkbox
                key={name}
                {...common}
                checked={value === true || value === "true" || value === "True"}
                onChange={(e) => set(at, e.currentTarget.checked ? true : f.schema.default === true ? false : null)}
              />
            );
          if (types.includes("integer") || types.includes("number"))
            return (
              <NumberInput
                key={name}
                {...common}
                placeholder={f.schema.default === undefined ? "" : String(f.schema.default)}
                value={value === undefined ? "" : (value as number)}
                onChange={(v) => set(at, v)}
                allowDecimal={!types.includes("integer")}
              />
            );
          const text = value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value);
          if (f.schema.format === "password")
            return (
              <PasswordInput
                key={name}
                {...common}
                autoComplete="new-password"
                visibilityToggleButtonProps={{ "aria-label": t("signIn.show"), tabIndex: 0 }}
                value={text}
                onChange={(e) => set(at, e.currentTarget.value)}
              />
            );
          return (
            <TextInput
              key={name}
              {...common}
              placeholder={f.schema.default == null ? "" : String(f.schema.default)}
              value={text}
              onChange={(e) => set(at, e.currentTarget.value)}
            />
          );
        })}
      </SimpleGrid>
    </fieldset>
  );
}

/** What a copy takes along: no password and nothing masked, as the server tells neither. */
function copyOf(c: Connection): Connection {
  const extra = asObject(c.extra ?? "") ?? {};
  const open = Object.fromEntries(Object.entries(extra).filter(([, v]) => v !== secret));
  return {
    ...c,
    connection_id: `${c.connection_id}_copy`,
    password: null,
    extra: Object.keys(open).length ? JSON.stringify(open, null, 2) : null,
  };
}

function Form({ of, copy, onClose }: { of: Connection | null; copy: Connection | null; onClose: () => void }) {
  const { t } = useTranslation();
  const from = of ?? copy;
  const kinds = useGet<Kind[]>("/ui/connections/hook_meta");
  const { error, setError, save } = useSave(onClose, { queryKey: ["/api/v2/connections"] });
  const [tested, setTested] = useState<{ ok: boolean; text: string } | null>(null);
  const [testing, setTesting] = useState(false);
  const [extra, setExtra] = useState(readable(from?.extra ?? ""));
  const [type, setType] = useState(from?.conn_type ?? "");
  const kind = kinds.data?.find((k) => k.connection_type === type);
  const object = asObject(extra);
  const body = (form: HTMLFormElement) => {
    const f = new FormData(form);
    const text = (k: string) => String(f.get(k) ?? "") || null;
    return {
      connection_id: of?.connection_id ?? String(f.get("id")),
      conn_type: type,
      description: text("description"),
      host: text("host"),
      login: text("login"),
      schema: text("schema"),
      port: f.get("port") ? Number(String(f.get("port")).replace(/\D/g, "")) : null,
      password: text("password"),
      extra: extra.trim() || null,
    };
  };
  const submit = (e: FormEvent<HTMLFormElement>) => {
    e.preventDefault();
    if (!object) {
      setError(t("connection.extraBad"));
      return;
    }
    return save(async () => {
      if (of) await send("PATCH", path(of.connection_id), {}, body(e.currentTarget));
      else await send("POST", "/api/v2/connections", {}, body(e.currentTarget));
    });
  };
  const test = async (form: HTMLFormElement) => {
    setTested(null);
    setTesting(true);
    try {
      const a = await send<{ status: boolean; message: string }>("POST", "/api/v2/connections/test", {}, body(form));
      setTested({ ok: a.status, text: a.message });
    } catch (err) {
      const off = err instanceof ApiError && err.status === 403 && /disabled/.test(err.message);
      setTested({ ok: false, text: off ? t("connection.testOff") : (err as Error).message });
    } finally {
      setTesting(false);
    }
  };
  const part = (name: "url_schema" | "host" | "port" | "login" | "password", own: string, value: unknown) => {
    const p = kind?.standard_fields?.[name];
    // What is set is shown even where the type has no use for it: else nobody could take it away.
    return { shown: !p?.hidden || Boolean(value), label: p?.title || own, placeholder: p?.placeholder ?? "" };
  };
  const host = part("host", t("connection.host"), from?.host);
  const port = part("port", t("connection.port"), from?.port);
  const login = part("login", t("connection.login"), from?.login);
  const password = part("password", t("connection.password"), from?.password);
  const schema = part("url_schema", t("connection.schema"), from?.schema);
  return (
    <Dialog onClose={onClose} size="lg" title={of ? t("connection.edit") : t("connection.new")}>
      <form onSubmit={submit} className="form">
        <Group grow align="flex-start">
          <TextInput
            name="id"
            label={t("connection.id")}
            defaultValue={from?.connection_id ?? ""}
            disabled={of !== null}
            required
            pattern="[\w.\-]+"
            maxLength={200}
            data-autofocus
          />
          <Autocomplete
            label={t("connection.type")}
            description={kind ? kind.hook_name : type && kinds.data ? t("connection.otherType") : undefined}
            inputWrapperOrder={["label", "input", "description", "error"]}
            data={(kinds.data ?? []).map((k) => k.connection_type)}
            renderOption={({ option }) => (
              <span>
                {option.value}{" "}
                <Text span fz={12} c="dimmed">
                  {kinds.data?.find((k) => k.connection_type === option.value)?.hook_name}
                </Text>
              </span>
            )}
            limit={60}
            value={type}
            onChange={setType}
            required
          />
        </Group>
        {kinds.error && (
          <Text size="sm" c="dimmed">
            {t("connection.noForms")} {kinds.error.message}
          </Text>
        )}
        {(host.shown || port.shown) && (
          <Group grow align="flex-start">
            {host.shown && (
              <TextInput name="host" label={host.label} placeholder={host.placeholder} defaultValue={from?.host ?? ""} />
            )}
            {port.shown && (
              <NumberInput
                name="port"
                label={port.label}
                placeholder={port.placeholder}
                defaultValue={from?.port ?? ""}
                min={1}
                max={65535}
                thousandSeparator=""
              />
            )}
          </Group>
        )}
        {(login.shown || password.shown) && (
          <Group grow align="flex-start">
            {login.shown && (
              <TextInput
                name="login"
                label={login.label}
                placeholder={login.placeholder}
                defaultValue={from?.login ?? ""}
                autoComplete="off"
              />
            )}
            {password.shown && (
              <PasswordInput
                name="password"
                label={password.label}
                placeholder={password.placeholder}
                description={of?.password === secret ? t("connection.keep") : copy ? t("connection.copyHint") : undefined}
                inputWrapperOrder={["label", "input", "description", "error"]}
                defaultValue={from?.password ?? ""}
                autoComplete="new-password"
                visibilityToggleButtonProps={{ "aria-label": t("signIn.show"), tabIndex: 0 }}
              />
            )}
          </Group>
        )}
        {schema.shown && (
          <TextInput name="schema" label={schema.label} placeholder={schema.placeholder} defaultValue={from?.schema ?? ""} />
        )}
        {kind?.extra_fields && object && (
          <ExtraFields
            kind={kind}
            extra={object}
            onChange={(v) => setExtra(Object.keys(v).length ? JSON.stringify(v, null, 2) : "")}
          />
        )}
        <JsonInput
          label={t("connection.extra")}
          description={kind?.extra_fields ? t("connection.extraFields") : t("connection.extraHint")}
          value={extra}
          onChange={setExtra}
          autosize
          minRows={2}
          maxRows={12}
          error={object ? undefined : t("connection.extraBad")}
        />
        <Textarea name="description" label={t("description")} defaultValue={from?.description ?? ""} autosize minRows={1} />
        {tested && (
          <Alert color={tested.ok ? "teal" : "yellow"} py="xs" role="status">
            {tested.text}
          </Alert>
        )}
        <FormFoot error={error} onClose={onClose}>
          <Button
            variant="default"
            leftSection={<IconPlugConnected size={15} />}
            loading={testing}
            onClick={(e) => test(e.currentTarget.form!)}
          >
            {t("connection.test")}
          </Button>
          <span className="grow" />
        </FormFoot>
      </form>
    </Dialog>
  );
}

export function Component() {
  const { t } = useTranslation();
  const may = useMay();
  useTitle(t("nav.connections"));
  const list = useListState("connection_id");
  const q = list.search.get("q") ?? "";
  const asking = { ...list.params, ...(q ? { connection_id_pattern: `%${q}%` } : {}) };
  const asked = useGet<{ connections: Connection[] } & Page>("/api/v2/connections", asking);
  const [form, setForm] = useState<Connection | "new" | null>(null);
  const [copy, setCopy] = useState<Connection | null>(null);
  const [doomed, setDoomed] = useState<Connection | null>(null);
  const picked = usePicked(asked.data?.connections, (c) => c.connection_id, {
    path: "/api/v2/connections",
    key: "connections",
    params: asking,
    total: asked.data?.total_entries,
  });
  const columns: ColumnDef<Connection>[] = [
    ...(may("connection", "delete") ? [picked.column] : []),
    {
      id: "id",
      header: () => t("connection.id"),
      meta: { sort: "connection_id" },
      cell: ({ row }) => <span className="mono strong id">{row.original.connection_id}</span>,
    },
    { id: "type", header: () => t("connection.type"), meta: { sort: "conn_type" }, cell: ({ row }) => row.original.conn_type },
    {
      id: "host",
      header: () => t("connection.host"),
      meta: { sort: "host" },
      cell: ({ row: { original: c } }) => <span className="mono">{c.host ? `${c.host}${c.port ? `:${c.port}` : ""}` : ""}</span>,
    },
    { id: "login", header: () => t("connection.login"), cell: ({ row }) => row.original.login },
    {
      id: "description",
      header: () => t("description"),
      cell: ({ row }) => <div className="about">{row.original.description}</div>,
    },
    ...(may("connection", "create")
      ? [
          {
            id: "copy",
            header: () => <span className="sr-only">{t("copy")}</span>,
            meta: { width: "1%" },
            cell: ({ row: { original: c } }) => (
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={t("copy.of", { name: c.connection_id })}
                onClick={() => setCopy(copyOf(c))}
              >
                <IconCopy size={16} />
              </ActionIcon>
            ),
          } satisfies ColumnDef<Connection>,
        ]
      : []),
    ...(may("connection") ? [editColumn<Connection>(t("actions"), (c) => c.connection_id, setForm, setDoomed)] : []),
  ];
  return (
    <>
      <PageHead title={t("nav.connections")}>
        <span className="grow" />
        {may("connection") && (
          <Button size="xs" leftSection={<IconPlus size={15} />} onClick={() => setForm("new")}>
            {t("connection.new")}
          </Button>
        )}
      </PageHead>
      <Search label={t("connection.find")} value={q} onFind={(v) => list.set({ q: v })} w={260} mb="sm" />
      <BulkDelete picked={picked} path="/api/v2/connections" name={(c) => c.connection_id} />
      <Loaded of={asked}>
        {(r) => (
          <DataTable
            label={t("nav.connections")}
            rows={r.connections}
            columns={columns}
            total={r.total_entries}
            list={list}
            empty={
              <Empty icon={<IconPlug size={30} />} title={q ? t("nothingFound") : t("connection.none")}>
                {!q && t("connection.noneHint")}
              </Empty>
            }
          />
        )}
      </Loaded>
      {form && <Form of={form === "new" ? null : form} copy={null} onClose={() => setForm(null)} />}
      {copy && <Form of={null} copy={copy} onClose={() => setCopy(null)} />}
      {doomed && (
        <Delete
          name={doomed.connection_id}
          text={t("delete.hint")}
          list="/api/v2/connections"
          path={path(doomed.connection_id)}
          onClose={() => setDoomed(null)}
        />
      )}
    </>
  );
}
