import { Button, Checkbox, FileButton, NumberInput, Textarea, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type ColumnDef, flexRender } from "@tanstack/react-table";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { type Page, send } from "../api";
import { IconDownload, IconFileUpload, IconLayoutGrid, IconPlus } from "../icons";
import { useGet } from "../live";
import { Empty, failed, Loaded, PageHead, told, useTitle } from "../parts/bits";
import { BulkDelete, usePicked } from "../parts/bulk";
import { Dialog } from "../parts/dialog";
import { Delete, editColumn, FormFoot, useSave } from "../parts/edit";
import { all, save } from "../parts/file";
import { Search } from "../parts/filter";
import { DataTable, useListState } from "../parts/table";
import { useMay } from "../session";
import { PoolUse } from "./home";

/** The default pool stays. */
const mayGo = (p: Pool) => p.name !== "default_pool";

export interface Pool {
  name: string;
  slots: number;
  description: string | null;
  include_deferred: boolean;
  occupied_slots: number;
  running_slots: number;
  queued_slots: number;
  scheduled_slots: number;
  deferred_slots: number;
  open_slots: number;
}
const path = (name: string) => `/api/v2/pools/${encodeURIComponent(name)}`;

function Form({ pool, onClose }: { pool: Pool | null; onClose: () => void }) {
  const { t } = useTranslation();
  const { error, save } = useSave(onClose, { queryKey: ["/api/v2/pools"] });
  const submit = (e: FormEvent<HTMLFormElement>) => {
    e.preventDefault();
    const f = new FormData(e.currentTarget);
    const body = {
      slots: Number(f.get("slots")),
      description: String(f.get("description") ?? ""),
      include_deferred: f.get("deferred") !== null,
    };
    return save(async () => {
      if (pool)
        await send("PATCH", path(pool.name), {}, { ...body, ...(pool.name === "default_pool" ? {} : { pool: pool.name }) });
      else await send("POST", "/api/v2/pools", {}, { name: f.get("name"), ...body });
    });
  };
  return (
    <Dialog onClose={onClose} title={pool ? t("pool.edit") : t("pool.new")}>
      <form onSubmit={submit} className="form">
        <TextInput
          name="name"
          label={t("pool.name")}
          defaultValue={pool?.name ?? ""}
          disabled={pool !== null}
          required
          data-autofocus
        />
        <NumberInput
          name="slots"
          label={t("pool.slots")}
          description={t("pool.slotsHint")}
          defaultValue={pool?.slots ?? 1}
          min={-1}
          required
        />
        <Textarea name="description" label={t("description")} defaultValue={pool?.description ?? ""} autosize minRows={2} />
        <Checkbox name="deferred" label={t("pool.deferred")} defaultChecked={pool?.include_deferred ?? false} />
        <FormFoot error={error} onClose={onClose} />
      </form>
    </Dialog>
  );
}

export function Component() {
  const { t } = useTranslation();
  const may = useMay();
  useTitle(t("nav.pools"));
  const list = useListState("name");
  const q = list.search.get("q") ?? "";
  const asking = { ...list.params, ...(q ? { pool_name_pattern: `%${q}%` } : {}) };
  const pools = useGet<{ pools: Pool[] } & Page>("/api/v2/pools", asking, { every: 5000 });
  const [form, setForm] = useState<Pool | "new" | null>(null);
  const [doomed, setDoomed] = useState<Pool | null>(null);
  const tis = (pool: Pool, state: string, n: number) =>
    n ? <Link to={`/task_instances?pool=${encodeURIComponent(pool.name)}&state=${state}`}>{n}</Link> : "0";
  const client = useQueryClient();
  /** As `pools import` and `pools export` have it. */
  const write = async () => {
    try {
      const rows = await all<Pool>("/api/v2/pools", "pools", { order_by: "name" });
      const out = rows.map((p) => [
        p.name,
        { slots: p.slots, description: p.description ?? "", include_deferred: p.include_deferred },
      ]);
      save("pools.json", `${JSON.stringify(Object.fromEntries(out), null, 2)}\n`);
    } catch (e) {
      failed(e);
    }
  };
  const load = async (file: File | null) => {
    if (!file) return;
    try {
      const read = JSON.parse(await file.text()) as Record<string, Partial<Pool>>;
      const entities = Object.entries(read).map(([name, p]) => ({
        name,
        slots: p.slots,
        description: p.description ?? null,
        include_deferred: p.include_deferred ?? false,
      }));
      await send("PATCH", "/api/v2/pools", {}, { actions: [{ action: "create", action_on_existence: "overwrite", entities }] });
      await client.invalidateQueries({ queryKey: ["/api/v2/pools"] });
      told(t("pool.imported", { count: entities.length }));
    } catch (e) {
      failed(e);
    }
  };
  const picked = usePicked(pools.data?.pools.filter(mayGo), (p) => p.name, {
    path: "/api/v2/pools",
    key: "pools",
    params: asking,
    total: pools.data && pools.data.total_entries - ("default_pool".includes(q.toLowerCase()) ? 1 : 0),
    may: mayGo,
  });
  const columns: ColumnDef<Pool>[] = [
    ...(may("pool", "delete")
      ? [
          {
            ...picked.column,
            cell: (c) => c.row.original.name !== "default_pool" && flexRender(picked.column.cell, c),
          } satisfies ColumnDef<Pool>,
        ]
      : []),
    {
      id: "name",
      header: () => t("pool.name"),
      meta: { sort: "name" },
      cell: ({ row }) => <span className="strong id">{row.original.name}</span>,
    },
    { id: "use", header: () => t("pool.used"), meta: { width: "22%" }, cell: ({ row }) => <PoolUse pool={row.original} /> },
    {
      id: "slots",
      header: () => t("pool.slots"),
      meta: { num: true, sort: "slots" },
      cell: ({ row }) => (row.original.slots < 0 ? "∞" : row.original.slots),
    },
    {
      id: "running",
      header: () => t("state.running"),
      meta: { num: true },
      cell: ({ row: { original: p } }) => tis(p, "running", p.running_slots),
    },
    {
      id: "queued",
      header: () => t("state.queued"),
      meta: { num: true },
      cell: ({ row: { original: p } }) => tis(p, "queued", p.queued_slots),
    },
    {
      id: "scheduled",
      header: () => t("pool.wait"),
      meta: { num: true },
      cell: ({ row: { original: p } }) => tis(p, "scheduled", p.scheduled_slots),
    },
    {
      id: "deferred",
      header: () => t("state.deferred"),
      meta: { num: true },
      cell: ({ row: { original: p } }) => tis(p, "deferred", p.deferred_slots),
    },
    {
      id: "description",
      header: () => t("description"),
      cell: ({ row }) => <div className="about">{row.original.description}</div>,
    },
    ...(may("pool")
      ? [
          editColumn<Pool>(
            t("actions"),
            (p) => p.name,
            setForm,
            setDoomed,
            (p) => p.name === "default_pool",
          ),
        ]
      : []),
  ];
  return (
    <>
      <PageHead title={t("nav.pools")}>
        <span className="grow" />
        <Button size="xs" variant="default" leftSection={<IconDownload size={15} />} onClick={write}>
          {t("export")}
        </Button>
        {may("pool") && (
          <FileButton onChange={load} accept="application/json,.json">
            {(props) => (
              <Button {...props} size="xs" variant="default" leftSection={<IconFileUpload size={15} />}>
                {t("variable.import")}
              </Button>
            )}
          </FileButton>
        )}
        {may("pool") && (
          <Button size="xs" leftSection={<IconPlus size={15} />} onClick={() => setForm("new")}>
            {t("pool.new")}
          </Button>
        )}
      </PageHead>
      <Search label={t("pool.find")} value={q} onFind={(v) => list.set({ q: v })} w={260} mb="sm" />
      <BulkDelete picked={picked} path="/api/v2/pools" name={(p) => p.name} />
      <Loaded of={pools}>
        {(p) => (
          <DataTable
            label={t("nav.pools")}
            rows={p.pools}
            columns={columns}
            total={p.total_entries}
            list={list}
            empty={<Empty icon={<IconLayoutGrid size={30} />} title={t(q ? "nothingFound" : "pool.none")} />}
          />
        )}
      </Loaded>
      {form && <Form pool={form === "new" ? null : form} onClose={() => setForm(null)} />}
      {doomed && (
        <Delete
          name={doomed.name}
          text={t("pool.deleteHint")}
          list="/api/v2/pools"
          path={path(doomed.name)}
          onClose={() => setDoomed(null)}
        />
      )}
    </>
  );
}
