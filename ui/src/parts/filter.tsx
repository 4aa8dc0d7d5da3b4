/** What lists are filtered by: words, states, kinds of runs. */
import { MultiSelect, Select, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useTranslation } from "react-i18next";
import { useZone } from "../settings";
import { dayStart, zoneMark } from "../zone";
import { runStates, useStateName } from "./state";

/** Words to search for, told when the typing pauses. */
export function Search({
  label,
  value,
  onFind,
  w,
  mb,
}: {
  label: string;
  value: string | null;
  onFind: (words: string | null) => void;
  w?: number;
  mb?: string;
}) {
  const find = useDebouncedCallback((v: string) => onFind(v || null), 250);
  return (
    <TextInput
      size="xs"
      w={w}
      mb={mb}
      type="search"
      placeholder={label}
      aria-label={label}
      defaultValue={value ?? ""}
      onChange={(e) => find(e.currentTarget.value)}
    />
  );
}

/** States of runs, or of whatever has the states that are given. */
export function StateFilter({
  label,
  w,
  value,
  onChange,
  of = runStates,
}: {
  label: string;
  w: number;
  value: string[];
  onChange: (states: string[]) => void;
  of?: readonly string[];
}) {
  const { t } = useTranslation();
  const name = useStateName();
  return (
    <MultiSelect
      size="xs"
      w={w}
      clearable
      clearButtonProps={{ "aria-label": t("clearFilter") }}
      placeholder={value.length ? "" : label}
      aria-label={label}
      value={value}
      onChange={onChange}
      data={of.map((s) => ({ value: s, label: name(s) }))}
    />
  );
}

/** A day that a list begins or ends with. */
export function DayFilter({
  end = false,
  label,
  value,
  onChange,
}: {
  end?: boolean;
  label: string;
  value: string | null;
  onChange: (day: string | null) => void;
}) {
  const { t } = useTranslation();
  const zone = useZone();
  const begins = (value && dayStart(value, zone)) || new Date();
  return (
    <TextInput
      size="xs"
      w={212}
      type="date"
      aria-label={`${label} (${zone})`}
      title={`${label} (${zone})`}
      rightSection={
        <span className="zone" style={{ fontSize: 11 }}>
          {zoneMark(begins, zone)}
        </span>
      }
      rightSectionWidth={54}
      leftSection={<span className="small">{t(end ? "backfill.to" : "backfill.from")}</span>}
      leftSectionWidth={54}
      value={value ?? ""}
      onChange={(e) => onChange(e.currentTarget.value || null)}
    />
  );
}

/** The instants between which the days of an address lie, as the reader's clocks have them; both days are meant with them. */
export function useDays() {
  const zone = useZone();
  const iso = (day: string | null, later: number) => (day ? dayStart(day, zone, later)?.toISOString() : undefined);
  return { from: (day: string | null) => iso(day, 0), until: (day: string | null) => iso(day, 1) };
}

export function RunTypeFilter({
  w,
  value,
  onChange,
}: {
  w: number;
  value: string | null;
  onChange: (type: string | null) => void;
}) {
  const { t } = useTranslation();
  return (
    <Select
      size="xs"
      w={w}
      clearable
      clearButtonProps={{ "aria-label": t("clearFilter") }}
      placeholder={t("run.type")}
      aria-label={t("run.type")}
      value={value}
      onChange={onChange}
      data={["scheduled", "manual", "backfill", "asset_triggered", "asset_materialization", "operator_triggered"].map((s) => ({
        value: s,
        label: t(`runType.${s}`),
      }))}
    />
  );
}
