import {
  Alert,
  Autocomplete,
  Button,
  Group,
  JsonInput,
  Modal,
  NumberInput,
  PasswordInput,
  Textarea,
  TextInput,
} from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import type { ColumnDef } from "@tanstack/react-table";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { type Page, send } from "../api";
import { IconPlug, IconPlugConnected, IconPlus } from "../icons";
import { useGet } from "../live";
import { Empty, Loaded, PageHead, told, useTitle } from "../parts/bits";
import { Delete, editColumn, FormFoot } from "../parts/edit";
import { Search } from "../parts/filter";
import { DataTable, useListState } from "../parts/table";
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
const kinds = [
  "aws",
  "azure",
  "docker",
  "elasticsearch",
  "fs",
  "ftp",
  "generic",
  "google_cloud_platform",
  "http",
  "jdbc",
  "kafka",
  "kubernetes",
  "mongo",
  "mssql",
  "mysql",
  "odbc",
  "oracle",
  "postgres",
  "redis",
  "sftp",
  "slack",
  "smtp",
  "snowflake",
  "spark",
  "sqlite",
  "ssh",
  "trino",
];
const secret = "***";

function Form({ of, onClose }: { of: Connection | null; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [error, setError] = useState<string | null>(null);
  const [tested, setTested] = useState<{ ok: boolean; text: string } | null>(null);
  const [extra, setExtra] = useState(of?.extra ?? "");
  const [kind, setKind] = useState(of?.conn_type ?? "");
  const body = (form: HTMLFormElement) => {
    const f = new FormData(form);
    const text = (k: string) => String(f.get(k) ?? "") || null;
    return {
      connection_id: of?.connection_id ?? String(f.get("id")),
      conn_type: kind,
      description: text("description"),
      host: text("host"),
      login: text("login"),
      schema: text("schema"),
      port: f.get("port") ? Number(String(f.get("port")).replace(/\D/g, "")) : null,
      password: text("password"),
      extra: extra.trim() || null,
    };
  };
  const save = async (e: FormEvent<HTMLFormElement>) => {
    e.preventDefault();
    try {
      if (of) await send("PATCH", path(of.connection_id), {}, body(e.currentTarget));
      else await send("POST", "/api/v2/connections", {}, body(e.currentTarget));
      await client.invalidateQueries({ queryKey: ["/api/v2/connections"] });
      told(t("saved"));
      onClose();
    } catch (err) {
      setError((err as Error).message);
    }
  };
  const test = async (form: HTMLFormElement) => {
    setTested(null);
    try {
      const a = await send<{ status: boolean; message: string }>("POST", "/api/v2/connections/test", {}, body(form));
      setTested({ ok: a.status, text: a.message });
    } catch (err) {
      setTested({ ok: false, text: (err as Error).message });
    }
  };
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={of ? t("connection.edit") : t("connection.new")}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      <form onSubmit={save} className="form">
        <Group grow align="flex-start">
          <TextInput
            name="id"
            label={t("connection.id")}
            defaultValue={of?.connection_id ?? ""}
            disabled={of !== null}
            required
            pattern="[\w.\-]+"
            maxLength={200}
            data-autofocus
          />
          <Autocomplete label={t("connection.type")} data={kinds} value={kind} onChange={setKind} required />
        </Group>
        <Group grow align="flex-start">
          <TextInput name="host" label={t("connection.host")} defaultValue={of?.host ?? ""} />
          <NumberInput name="port" label={t("connection.port")} defaultValue={of?.port ?? ""} min={1} max={65535} />
        </Group>
        <Group grow align="flex-start">
          <TextInput name="login" label={t("connection.login")} defaultValue={of?.login ?? ""} autoComplete="off" />
          <PasswordInput
            name="password"
            label={t("connection.password")}
            description={of?.password === secret ? t("connection.keep") : undefined}
            defaultValue={of?.password ?? ""}
            autoComplete="new-password"
            visibilityToggleButtonProps={{ "aria-label": t("signIn.show") }}
          />
        </Group>
        <TextInput name="schema" label={t("connection.schema")} defaultValue={of?.schema ?? ""} />
        <JsonInput
          label={t("connection.extra")}
          description={t("connection.extraHint")}
          value={extra}
          onChange={setExtra}
          autosize
          minRows={3}
          formatOnBlur
          validationError={t("json.bad")}
        />
        <Textarea name="description" label={t("description")} defaultValue={of?.description ?? ""} autosize minRows={1} />
        {tested && (
          <Alert color={tested.ok ? "teal" : "yellow"} py="xs" role="status">
            {tested.text}
          </Alert>
        )}
        <FormFoot error={error} onClose={onClose}>
          <Button variant="default" leftSection={<IconPlugConnected size={15} />} onClick={(e) => test(e.currentTarget.form!)}>
            {t("connection.test")}
          </Button>
          <span className="grow" />
        </FormFoot>
      </form>
    </Modal>
  );
}

export function Component() {
  const { t } = useTranslation();
  const may = useMay();
  useTitle(t("nav.connections"));
  const list = useListState("connection_id");
  const q = list.search.get("q") ?? "";
  const asked = useGet<{ connections: Connection[] } & Page>("/api/v2/connections", {
    ...list.params,
    ...(q ? { connection_id_pattern: `%${q}%` } : {}),
  });
  const [form, setForm] = useState<Connection | "new" | null>(null);
  const [doomed, setDoomed] = useState<Connection | null>(null);
  const columns: ColumnDef<Connection>[] = [
    {
      id: "id",
      header: () => t("connection.id"),
      meta: { sort: "connection_id" },
      cell: ({ row }) => <span className="mono strong">{row.original.connection_id}</span>,
    },
    { id: "type", header: () => t("connection.type"), meta: { sort: "conn_type" }, cell: ({ row }) => row.original.conn_type },
    {
      id: "host",
      header: () => t("connection.host"),
      meta: { sort: "host" },
      cell: ({ row: { original: c } }) => <span className="mono">{c.host ? `${c.host}${c.port ? `:${c.port}` : ""}` : ""}</span>,
    },
    { id: "login", header: () => t("connection.login"), cell: ({ row }) => row.original.login },
    { id: "description", header: () => t("description"), cell: ({ row }) => row.original.description },
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
      {form && <Form of={form === "new" ? null : form} onClose={() => setForm(null)} />}
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
