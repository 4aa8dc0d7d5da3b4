import { ActionIcon, Button, Group, Tooltip } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import type { ColumnDef } from "@tanstack/react-table";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { type Page, seg, send } from "../api";
import { IconHistoryToggle, IconPlayerPause, IconPlayerPlay, IconPlayerStop, IconPlus } from "../icons";
import { useGet } from "../live";
import { BackfillForm } from "../parts/backfill";
import { Empty, failed, Loaded } from "../parts/bits";
import { Confirm } from "../parts/confirm";
import { Dialog } from "../parts/dialog";
import { Mark, runStates, useStateName } from "../parts/state";
import { DataTable, useListState } from "../parts/table";
import { Took, When } from "../time";
import { useDag } from "./dag";

interface Backfill {
  id: number;
  dag_id: string;
  from_date: string;
  to_date: string;
  is_paused: boolean;
  reprocess_behavior: string;
  max_active_runs: number;
  created_at: string;
  completed_at: string | null;
}

function Create({ dagId, onClose }: { dagId: string; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Dialog onClose={onClose} title={t("backfill.new")}>
      <BackfillForm dagId={dagId} onClose={onClose} />
    </Dialog>
  );
}

/** Its runs by state, each number leading to them; how many dates were left to runs that are there. */
function Progress({ dagId, id, counts }: { dagId: string; id: number; counts: Record<string, number> | undefined }) {
  const { t } = useTranslation();
  const name = useStateName();
  if (!counts) return null;
  const of = `/dags/${seg(dagId)}/runs?backfill=${id}`;
  return (
    <Group gap={8} wrap="nowrap">
      {runStates.map((s) =>
        counts[s] ? (
          <Link key={s} to={`${of}&state=${s}`} className="state" aria-label={`${name(s)} ${counts[s]}`}>
            <Mark state={s} /> {counts[s]}
          </Link>
        ) : null,
      )}
      {(["left", "deleted"] as const).map((k) =>
        counts[k] ? (
          <span key={k} className="dim" title={t(`backfill.${k}Hint`)}>
            {t(`backfill.${k}`, { n: counts[k] })}
          </span>
        ) : null,
      )}
    </Group>
  );
}

export function Component() {
  const { t } = useTranslation();
  const dag = useDag();
  const client = useQueryClient();
  const list = useListState("-id");
  const backfills = useGet<{ backfills: Backfill[] } & Page>(
    "/api/v2/backfills",
    { ...list.params, dag_id: dag.dag_id },
    { every: (d) => (d?.backfills.some((b) => !b.completed_at) ? 2000 : 0) },
  );
  const ids = backfills.data?.backfills.map((b) => b.id) ?? [];
  const progress = useGet<Record<string, Record<string, number>>>(
    `/ui/dags/${seg(dag.dag_id)}/backfills`,
    { id: ids },
    { enabled: ids.length > 0, every: () => (backfills.data?.backfills.some((b) => !b.completed_at) ? 2000 : 0) },
  );
  const [create, setCreate] = useState(false);
  const [doomed, setDoomed] = useState<Backfill | null>(null);
  const act = (b: Backfill, verb: string) =>
    send("PUT", `/api/v2/backfills/${b.id}/${verb}`)
      .then(() => client.invalidateQueries({ queryKey: ["/api/v2/backfills"] }))
      .catch(failed);
  const columns: ColumnDef<Backfill>[] = [
    { id: "id", header: () => "#", cell: ({ row }) => row.original.id },
    {
      id: "state",
      header: () => t("state"),
      cell: ({ row: { original: b } }) => (
        <span className="state">
          <Mark state={b.completed_at ? "success" : b.is_paused ? "queued" : "running"} />
          {b.completed_at ? t("backfill.done") : b.is_paused ? t("dag.paused") : t("state.running")}
        </span>
      ),
    },
    { id: "from", header: () => t("backfill.from"), cell: ({ row }) => <When at={row.original.from_date} /> },
    { id: "to", header: () => t("backfill.to"), cell: ({ row }) => <When at={row.original.to_date} /> },
    {
      id: "again",
      header: () => t("backfill.again"),
      cell: ({ row }) =>
        t(`backfill.again.${row.original.reprocess_behavior}`, { defaultValue: row.original.reprocess_behavior }),
    },
    {
      id: "runs",
      header: () => t("nav.runs"),
      cell: ({ row: { original: b } }) => <Progress dagId={dag.dag_id} id={b.id} counts={progress.data?.[b.id]} />,
    },
    { id: "most", header: () => t("backfill.most"), meta: { num: true }, cell: ({ row }) => row.original.max_active_runs },
    { id: "made", header: () => t("made"), cell: ({ row }) => <When at={row.original.created_at} relative /> },
    {
      id: "took",
      header: () => t("duration"),
      meta: { num: true },
      cell: ({ row: { original: b } }) => <Took start={b.created_at} end={b.completed_at} />,
    },
    {
      id: "act",
      header: () => <span className="sr-only">{t("actions")}</span>,
      cell: ({ row: { original: b } }) =>
        !b.completed_at && (
          <Group gap={2} wrap="nowrap">
            <Tooltip label={b.is_paused ? t("backfill.unpause") : t("backfill.pause")}>
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={b.is_paused ? t("backfill.unpause") : t("backfill.pause")}
                onClick={() => act(b, b.is_paused ? "unpause" : "pause")}
              >
                {b.is_paused ? <IconPlayerPlay size={16} /> : <IconPlayerPause size={16} />}
              </ActionIcon>
            </Tooltip>
            <Tooltip label={t("backfill.cancel")}>
              <ActionIcon variant="subtle" color="red" aria-label={t("backfill.cancel")} onClick={() => setDoomed(b)}>
                <IconPlayerStop size={16} />
              </ActionIcon>
            </Tooltip>
          </Group>
        ),
    },
  ];
  const button = (
    <Button size="xs" leftSection={<IconPlus size={15} />} onClick={() => setCreate(true)}>
      {t("backfill.new")}
    </Button>
  );
  return (
    <>
      <Group mb="sm" gap="sm">
        {button}
        <span className="grow" />
        <Link to="../runs?run_type=backfill" style={{ fontSize: 13 }}>
          {t("backfill.runs")}
        </Link>
      </Group>
      <Loaded of={backfills}>
        {(r) => (
          <DataTable
            label={t("tab.backfills")}
            rows={r.backfills}
            columns={columns}
            total={r.total_entries}
            list={list}
            empty={
              <Empty icon={<IconHistoryToggle size={30} />} title={t("backfill.none")}>
                {t("backfill.noneHint")}
              </Empty>
            }
          />
        )}
      </Loaded>
      {create && <Create dagId={dag.dag_id} onClose={() => setCreate(false)} />}
      {doomed && (
        <Confirm
          title={t("backfill.cancel")}
          text={t("backfill.cancelHint")}
          action={t("backfill.cancel")}
          onClose={() => setDoomed(null)}
          onConfirm={() => act(doomed, "cancel")}
        />
      )}
    </>
  );
}
