import { Button, FileButton, Textarea, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import type { ColumnDef } from "@tanstack/react-table";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { type Page, send } from "../api";
import { IconDownload, IconFileUpload, IconLock, IconPlus, IconVariable } from "../icons";
import { useGet } from "../live";
import { Empty, failed, Loaded, PageHead, told, useTitle } from "../parts/bits";
import { BulkDelete, usePicked } from "../parts/bulk";
import { Dialog } from "../parts/dialog";
import { Delete, editColumn, FormFoot, useSave } from "../parts/edit";
import { all, save } from "../parts/file";
import { Search } from "../parts/filter";
import { DataTable, useListState } from "../parts/table";
import { readable } from "../parts/value";
import { useMay } from "../session";

interface Variable {
  key: string;
  value: string | null;
  description: string | null;
  is_encrypted: boolean;
}
const path = (key: string) => `/api/v2/variables/${encodeURIComponent(key)}`;

function Form({ of, onClose }: { of: Variable | null; onClose: () => void }) {
  const { t } = useTranslation();
  const { error, save } = useSave(onClose, { queryKey: ["/api/v2/variables"] });
  const submit = (e: FormEvent<HTMLFormElement>) => {
    e.preventDefault();
    const f = new FormData(e.currentTarget);
    const body = {
      key: of?.key ?? String(f.get("key")),
      value: String(f.get("value") ?? ""),
      description: String(f.get("description") ?? "") || null,
    };
    return save(async () => {
      if (of) await send("PATCH", path(of.key), {}, body);
      else await send("POST", "/api/v2/variables", {}, body);
    });
  };
  return (
    <Dialog onClose={onClose} title={of ? t("variable.edit") : t("variable.new")}>
      <form onSubmit={submit} className="form">
        <TextInput
          name="key"
          label={t("variable.key")}
          defaultValue={of?.key ?? ""}
          disabled={of !== null}
          required
          maxLength={250}
          data-autofocus
        />
        <Textarea
          name="value"
          label={t("variable.value")}
          description={t("variable.secretHint")}
          defaultValue={readable(of?.value ?? "")}
          autosize
          minRows={3}
          maxRows={14}
        />
        <TextInput name="description" label={t("description")} defaultValue={of?.description ?? ""} />
        <FormFoot error={error} onClose={onClose} />
      </form>
    </Dialog>
  );
}

export function Component() {
  const { t } = useTranslation();
  const may = useMay();
  useTitle(t("nav.variables"));
  const client = useQueryClient();
  const list = useListState("key");
  const q = list.search.get("q") ?? "";
  const asking = { ...list.params, ...(q ? { variable_key_pattern: `%${q}%` } : {}) };
  const asked = useGet<{ variables: Variable[] } & Page>("/api/v2/variables", asking);
  const [form, setForm] = useState<Variable | "new" | null>(null);
  const [doomed, setDoomed] = useState<Variable | null>(null);
  const again = () => client.invalidateQueries({ queryKey: ["/api/v2/variables"] });
  const load = async (file: File | null) => {
    if (!file) return;
    try {
      const read = JSON.parse(await file.text()) as Record<string, unknown>;
      const entities = Object.entries(read).map(([key, v]) => {
        const wrapped =
          v !== null && typeof v === "object" && "value" in v ? (v as { value: unknown; description?: string }) : { value: v };
        return {
          key,
          value: typeof wrapped.value === "string" ? wrapped.value : JSON.stringify(wrapped.value),
          description: wrapped.description ?? null,
        };
      });
      await send(
        "PATCH",
        "/api/v2/variables",
        {},
        { actions: [{ action: "create", action_on_existence: "overwrite", entities }] },
      );
      await again();
      told(t("variable.imported", { count: entities.length }));
    } catch (e) {
      failed(e);
    }
  };
  /** As `variables import` and this page read it. What is masked here is not known here: it stays out. */
  const write = async () => {
    try {
      const rows = await all<Variable>("/api/v2/variables", "variables", { order_by: "key" });
      const open = rows.filter((v) => v.value !== "***");
      const out = open.map((v) => [v.key, v.description ? { value: v.value, description: v.description } : v.value]);
      save("variables.json", `${JSON.stringify(Object.fromEntries(out), null, 2)}\n`);
      told(t("variable.exported", { n: open.length, masked: rows.length - open.length }));
    } catch (e) {
      failed(e);
    }
  };
  const picked = usePicked(asked.data?.variables, (v) => v.key, {
    path: "/api/v2/variables",
    key: "variables",
    params: asking,
    total: asked.data?.total_entries,
  });
  const columns: ColumnDef<Variable>[] = [
    ...(may("variable", "delete") ? [picked.column] : []),
    {
      id: "key",
      header: () => t("variable.key"),
      meta: { sort: "key" },
      cell: ({ row }) => <span className="mono strong id">{row.original.key}</span>,
    },
    {
      id: "value",
      header: () => t("variable.value"),
      meta: { rest: true },
      cell: ({ row }) => (
        <span className="mono cut" title={readable(row.original.value ?? "")}>
          {readable(row.original.value ?? "")}
        </span>
      ),
    },
    {
      id: "description",
      header: () => t("description"),
      cell: ({ row }) => <div className="about">{row.original.description}</div>,
    },
    {
      id: "enc",
      header: () => t("variable.encrypted"),
      cell: ({ row }) =>
        row.original.is_encrypted && <IconLock size={15} aria-label={t("yes")} role="img" style={{ display: "block" }} />,
    },
    ...(may("variable") ? [editColumn<Variable>(t("actions"), (v) => v.key, setForm, setDoomed)] : []),
  ];
  return (
    <>
      <PageHead title={t("nav.variables")}>
        <span className="grow" />
        <Button size="xs" variant="default" leftSection={<IconDownload size={15} />} onClick={write}>
          {t("export")}
        </Button>
        <FileButton onChange={load} accept="application/json,.json">
          {(props) => (
            <Button {...props} size="xs" variant="default" leftSection={<IconFileUpload size={15} />}>
              {t("variable.import")}
            </Button>
          )}
        </FileButton>
        {may("variable") && (
          <Button size="xs" leftSection={<IconPlus size={15} />} onClick={() => setForm("new")}>
            {t("variable.new")}
          </Button>
        )}
      </PageHead>
      <Search label={t("variable.find")} value={q} onFind={(v) => list.set({ q: v })} w={260} mb="sm" />
      <BulkDelete picked={picked} path="/api/v2/variables" name={(v) => v.key} />
      <Loaded of={asked}>
        {(r) => (
          <DataTable
            label={t("nav.variables")}
            rows={r.variables}
            columns={columns}
            total={r.total_entries}
            list={list}
            empty={
              <Empty icon={<IconVariable size={30} />} title={q ? t("nothingFound") : t("variable.none")}>
                {!q && t("variable.noneHint")}
              </Empty>
            }
          />
        )}
      </Loaded>
      {form && <Form of={form === "new" ? null : form} onClose={() => setForm(null)} />}
      {doomed && (
        <Delete
          name={doomed.key}
          text={t("delete.hint")}
          list="/api/v2/variables"
          path={path(doomed.key)}
          onClose={() => setDoomed(null)}
        />
      )}
    </>
  );
}
