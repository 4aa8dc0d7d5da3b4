/** An instant that is entered as the clocks of the reader's zone show it; which zone that is stands beside. */
import { SegmentedControl, Text, TextInput } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { useZone } from "../settings";
import { formatTime, instantsOf, wallOf, zoneMark } from "../zone";

export function InstantField({
  label,
  description,
  value,
  onChange,
  required = false,
  focus = false,
}: {
  label: string;
  description?: ReactNode;
  /** ISO 8601; "": none. */
  value: string;
  onChange: (iso: string) => void;
  required?: boolean;
  focus?: boolean;
}) {
  const { t } = useTranslation();
  const zone = useZone();
  const shown = value ? new Date(value) : null;
  // What was typed stays as it is, for as long as it means what the value is.
  const [typed, setTyped] = useState({ wall: "", zone, value: "" });
  const wall = typed.zone === zone && typed.value === value ? typed.wall : shown ? wallOf(shown, zone) : "";
  const means = instantsOf(wall, zone);
  const enter = (next: string) => {
    const iso = instantsOf(next, zone)?.at[0]?.toISOString() ?? "";
    setTyped({ wall: next, zone, value: iso });
    onChange(iso);
  };
  const mark = zoneMark(shown && !Number.isNaN(shown.getTime()) ? shown : new Date(), zone);
  return (
    <div>
      <TextInput
        type="datetime-local"
        step={1}
        label={
          <>
            {label} <span className="zone">{mark}</span>
          </>
        }
        {...(description ? { description } : {})}
        required={required}
        withAsterisk={required}
        title={zone}
        value={wall}
        onChange={(e) => enter(e.currentTarget.value)}
        {...(focus ? { "data-autofocus": true } : {})}
      />
      <div role="status">
        {means?.comes === "never" && (
          <Text fz={12} mt={4} c="orange" className="warned">
            {t("zone.never", { zone, time: formatTime(means.at[0]!, zone), mark: zoneMark(means.at[0]!, zone) })}
          </Text>
        )}
        {means?.comes === "twice" && (
          <Text fz={12} mt={4}>
            {t("zone.twice", { zone })}
          </Text>
        )}
      </div>
      {means?.comes === "twice" && (
        <SegmentedControl
          size="xs"
          mt={4}
          aria-label={t("zone.which")}
          value={String(
            Math.max(
              0,
              means.at.findIndex((d) => d.getTime() === shown?.getTime()),
            ),
          )}
          onChange={(i) => {
            const iso = means.at[Number(i)]!.toISOString();
            setTyped({ wall, zone, value: iso });
            onChange(iso);
          }}
          data={means.at.map((d, i) => ({ value: String(i), label: `${formatTime(d, zone).slice(11)} ${zoneMark(d, zone)}` }))}
        />
      )}
    </div>
  );
}
