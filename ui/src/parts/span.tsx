/** The day or the week up to now. */
import { SegmentedControl } from "@mantine/core";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";

export function DayOrWeek({ hours, onChange }: { hours: string; onChange: (hours: string) => void }) {
  const { t } = useTranslation();
  return (
    <SegmentedControl
      size="xs"
      aria-label={t("home.span")}
      value={hours}
      onChange={onChange}
      data={[
        { value: "24", label: t("home.day") },
        { value: "168", label: t("home.week") },
      ]}
    />
  );
}

/** Which one the address names, and since when that is: told once, so that it is one question. */
export function useSpan() {
  const [search, setSearch] = useSearchParams();
  const hours = search.get("hours") === "168" ? 168 : 24;
  const since = useMemo(() => new Date(Date.now() - hours * 3600_000).toISOString(), [hours]);
  const control = (
    <DayOrWeek
      hours={String(hours)}
      onChange={(v) =>
        setSearch(
          (before) => {
            const next = new URLSearchParams(before);
            next.set("hours", v);
            return next;
          },
          { replace: true },
        )
      }
    />
  );
  return { since, control };
}
