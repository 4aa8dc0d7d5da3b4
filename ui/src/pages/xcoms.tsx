import { Button, Group, Textarea, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import type { ColumnDef } from "@tanstack/react-table";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { get, type Page, seg, send } from "../api";
import { IconDatabaseExport, IconPlus } from "../icons";
import { useGet } from "../live";
import { Empty, failed, Loaded, PageHead, useTitle } from "../parts/bits";
import { dagColumn, runColumn } from "../parts/columns";
import { Confirm } from "../parts/confirm";
import { Dialog } from "../parts/dialog";
import { editColumn, FormFoot, useSave } from "../parts/edit";
import { Search } from "../parts/filter";
import { tiPath } from "../parts/paths";
import { DataTable, useListState } from "../parts/table";
import { Value } from "../parts/value";
import { useMay } from "../session";
import { When } from "../time";

interface XCom {
  key: string;
  task_id: string;
  run_id: string;
  dag_id: string;
  dag_display_name: string;
  map_index: number;
  timestamp: string;
}
interface Place {
  dagId?: string;
  runId?: string;
  taskId?: string;
  mapIndex?: number;
}
const part = (name: string | undefined) => (name === undefined ? "~" : seg(name));
const entries = ({ dagId, runId, taskId }: Place) =>
  `/api/v2/dags/${part(dagId)}/dagRuns/${part(runId)}/taskInstances/${part(taskId)}/xcomEntries`;
const placeOf = (x: XCom): Place => ({ dagId: x.dag_id, runId: x.run_id, taskId: x.task_id, mapIndex: x.map_index });
const pathOf = (x: XCom) => `${entries(placeOf(x))}/${seg(x.key)}`;

function XComValue({ of }: { of: XCom }) {
  const asked = useGet<{ value: unknown }>(
    pathOf(of),
    { map_index: of.map_index, deserialize: false, stringify: false },
    { keep: false },
  );
  return <Loaded of={asked}>{(x) => <Value of={x.value} />}</Loaded>;
}

/** A new one of an instance, or another value of one that is there. */
function Form({ place, of, value, onClose }: { place: Place; of?: XCom; value?: unknown; onClose: () => void }) {
  const { t } = useTranslation();
  const { error, setError, save } = useSave(onClose, { predicate: (q) => /xcomEntries/.test(String(q.queryKey[0])) });
  const submit = (e: FormEvent<HTMLFormElement>) => {
    e.preventDefault();
    const f = new FormData(e.currentTarget);
    let next: unknown;
    try {
      next = JSON.parse(String(f.get("value")));
    } catch (err) {
      setError(t("xcom.notJson", { why: (err as Error).message }));
      return;
    }
    const map_index = place.mapIndex ?? -1;
    return save(async () => {
      if (of) await send("PATCH", pathOf(of), {}, { value: next, map_index });
      else await send("POST", entries(place), {}, { key: String(f.get("key")), value: next, map_index });
    });
  };
  return (
    <Dialog onClose={onClose} title={t(of ? "xcom.edit" : "xcom.add")}>
      <form onSubmit={submit} className="form">
        <TextInput
          name="key"
          label={t("xcom.key")}
          defaultValue={of?.key ?? ""}
          disabled={of !== undefined}
          required
          data-autofocus
        />
        <Textarea
          name="value"
          label={t("xcom.value")}
          description={t("xcom.json")}
          defaultValue={of ? JSON.stringify(value, null, 2) : ""}
          autosize
          minRows={3}
          maxRows={14}
          required
          ff="monospace"
        />
        <FormFoot error={error} onClose={onClose} />
      </form>
    </Dialog>
  );
}

/** XComs of an instance, a run, or of everything. */
export function XComs({ dagId, runId, taskId, mapIndex }: Place) {
  const { t } = useTranslation();
  const may = useMay();
  const client = useQueryClient();
  const list = useListState("");
  const { search, set } = list;
  const like = (param: string, name: string) => (search.get(param) ? { [name]: `%${search.get(param)}%` } : {});
  const place = { dagId, runId, taskId, mapIndex } as Place;
  const asked = useGet<{ xcom_entries: XCom[] } & Page>(
    entries(place),
    {
      ...list.params,
      map_index: mapIndex,
      ...like("key", "xcom_key_pattern"),
      ...like("dag", "dag_display_name_pattern"),
      ...like("run", "run_id_pattern"),
      ...like("task", "task_id_pattern"),
    },
    { every: 5000 },
  );
  const [form, setForm] = useState<{ of?: XCom; value?: unknown } | null>(null);
  const [doomed, setDoomed] = useState<XCom | null>(null);
  const edit = (x: XCom) =>
    get<{ value: unknown }>(pathOf(x), { map_index: x.map_index })
      .then((r) => setForm({ of: x, value: r.value }))
      .catch(failed);
  const columns: ColumnDef<XCom>[] = [
    ...(dagId ? [] : [dagColumn<XCom>(t), runColumn<XCom>(t)]),
    ...(taskId
      ? []
      : [
          {
            id: "task",
            header: () => t("task"),
            cell: ({ row: { original: x } }) => (
              <Link to={`${tiPath({ ...x, dag_run_id: x.run_id })}?view=xcom`}>
                {x.task_id}
                {x.map_index >= 0 && ` [${x.map_index}]`}
              </Link>
            ),
          } satisfies ColumnDef<XCom>,
        ]),
    {
      id: "key",
      header: () => t("xcom.key"),
      meta: { width: "1%" },
      cell: ({ row }) => <span className="mono">{row.original.key}</span>,
    },
    { id: "value", header: () => t("xcom.value"), cell: ({ row: { original: x } }) => <XComValue of={x} /> },
    { id: "at", header: () => t("event.when"), meta: { width: "1%" }, cell: ({ row }) => <When at={row.original.timestamp} /> },
    ...(may("xcom") ? [editColumn<XCom>(t("actions"), (x) => `${x.task_id} ${x.key}`, edit, setDoomed)] : []),
  ];
  return (
    <>
      <Group mb="sm" gap="sm">
        <Search label={t("xcom.find")} value={search.get("key")} onFind={(v) => set({ key: v })} w={180} />
        {!dagId && <Search label={t("dag")} value={search.get("dag")} onFind={(v) => set({ dag: v })} w={180} />}
        {!runId && <Search label={t("run")} value={search.get("run")} onFind={(v) => set({ run: v })} w={180} />}
        {!taskId && <Search label={t("task")} value={search.get("task")} onFind={(v) => set({ task: v })} w={180} />}
        {taskId && may("xcom", "create") && (
          <Button size="xs" variant="default" leftSection={<IconPlus size={15} />} onClick={() => setForm({})}>
            {t("xcom.add")}
          </Button>
        )}
      </Group>
      <Loaded of={asked}>
        {(r) => (
          <DataTable
            label="XCom"
            rows={r.xcom_entries}
            columns={columns}
            total={r.total_entries}
            list={list}
            empty={
              <Empty icon={<IconDatabaseExport size={30} />} title={t("xcom.none")}>
                {t("xcom.noneHint")}
              </Empty>
            }
          />
        )}
      </Loaded>
      {form && <Form place={form.of ? placeOf(form.of) : place} {...form} onClose={() => setForm(null)} />}
      {doomed && (
        <Confirm
          title={t("delete.of", { name: doomed.key })}
          text={t("delete.hint")}
          action={t("delete")}
          onClose={() => setDoomed(null)}
          onConfirm={() =>
            send("DELETE", pathOf(doomed), { map_index: doomed.map_index })
              .then(() => client.invalidateQueries({ predicate: (q) => /xcomEntries/.test(String(q.queryKey[0])) }))
              .catch(failed)
          }
        />
      )}
    </>
  );
}

export function Component() {
  const { t } = useTranslation();
  useTitle(t("nav.xcoms"));
  return (
    <>
      <PageHead title={t("nav.xcoms")} />
      <XComs />
    </>
  );
}
