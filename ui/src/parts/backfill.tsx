/** Asking for a backfill, with what it will make shown before it is made. */
import { Alert, Button, Group, NumberInput, Select, Switch, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Page, send } from "../api";
import { When } from "../time";
import { failed, Trouble, told } from "./bits";
import { InstantField } from "./instant";

/** Runs of past dates. conf: what each of them is given. */
export function BackfillForm({
  dagId,
  conf = {},
  onClose,
}: {
  dagId: string;
  conf?: Record<string, unknown>;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  const [again, setAgain] = useState("none");
  const [most, setMost] = useState<number | string>(10);
  const [back, setBack] = useState(false);
  const [busy, setBusy] = useState(false);
  const body = {
    dag_id: dagId,
    from_date: from,
    to_date: to,
    run_backwards: back,
    reprocess_behavior: again,
    max_active_runs: Number(most) || 1,
    dag_run_conf: conf,
  };
  const preview = useQuery({
    queryKey: ["backfill", body],
    queryFn: () => send<{ backfills: { logical_date: string }[] } & Page>("POST", "/api/v2/backfills/dry_run", {}, body),
    enabled: Boolean(from && to),
    retry: false,
    gcTime: 0,
  });
  const go = async () => {
    setBusy(true);
    try {
      await send("POST", "/api/v2/backfills", {}, body);
      await client.invalidateQueries({ predicate: (q) => /backfills|dagRuns|grid/.test(String(q.queryKey[0])) });
      told(t("backfill.made"));
      onClose();
    } catch (e) {
      failed(e);
      setBusy(false);
    }
  };
  const dates = preview.data?.backfills ?? [];
  return (
    <div className="form">
      <Group grow>
        <InstantField label={t("backfill.from")} value={from} onChange={setFrom} required focus />
        <InstantField label={t("backfill.to")} value={to} onChange={setTo} required />
      </Group>
      <Select
        label={t("backfill.again")}
        value={again}
        onChange={(v) => setAgain(v ?? "none")}
        allowDeselect={false}
        data={["none", "failed", "completed"].map((v) => ({ value: v, label: t(`backfill.again.${v}`) }))}
      />
      <NumberInput label={t("backfill.most")} value={most} onChange={setMost} min={1} />
      <Switch label={t("backfill.backwards")} checked={back} onChange={(e) => setBack(e.currentTarget.checked)} />
      <div aria-live="polite">
        {preview.error ? (
          <Trouble error={preview.error} />
        ) : preview.data ? (
          <Alert color="blue" py="xs">
            {t("backfill.preview", { count: preview.data.total_entries })}{" "}
            {dates.length > 0 && (
              <Text fz={12} c="dimmed">
                <When at={dates[0]!.logical_date} /> … <When at={dates.at(-1)!.logical_date} />
              </Text>
            )}
          </Alert>
        ) : null}
      </div>
      <div className="form-foot">
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t("cancel")}
          </Button>
          <Button onClick={go} loading={busy} disabled={!preview.data || preview.data.total_entries === 0}>
            {t("backfill.start")}
          </Button>
        </Group>
      </div>
    </div>
  );
}
