/** Which zone times are shown and entered in: the reader's own, UTC, the DAG's, or any other, found by name or offset. */
import { Combobox, Text, Tooltip, UnstyledButton, useCombobox } from "@mantine/core";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { IconClock } from "../icons";
import { isKnown, localZone, useSettings, useZone, type ZoneChoice } from "../settings";
import { zoneMark, zoneNames } from "../zone";

/** "America/New_York" is found as "new york", too. */
const plain = (s: string) => s.toLowerCase().replaceAll("_", " ");

interface Zone {
  choice: ZoneChoice;
  label: string;
  /** The zone that it means now. */
  zone: string;
}

export function ZoneMenu() {
  const { t } = useTranslation();
  const { zone: chosen, setZone, dagZone } = useSettings();
  const zone = useZone();
  const [query, setQuery] = useState("");
  const box = useCombobox({
    onDropdownClose: () => {
      box.resetSelectedOption();
      setQuery("");
    },
    onDropdownOpen: () => box.focusSearchInput(),
  });
  const own: Zone[] = [
    { choice: "local", label: t("zone.local", { zone: localZone }), zone: localZone },
    { choice: "utc", label: "UTC", zone: "UTC" },
    { choice: "dag", label: dagZone ? t("zone.dag", { zone: dagZone }) : t("zone.dagAny"), zone: dagZone ?? zone },
  ];
  const name = own.find((z) => z.choice === chosen)?.label ?? zone;
  const others = useMemo(() => {
    if (!box.dropdownOpened) return [];
    const now = new Date();
    const all = zoneNames().filter((z) => z !== "UTC");
    // A name of old, or one that the browser calls otherwise.
    const typed = query.trim().replaceAll(" ", "_");
    if (/[a-z]\/[a-z]/i.test(typed) && isKnown(typed) && !all.some((z) => z.toLowerCase() === typed.toLowerCase()))
      all.unshift(typed);
    return all.map((z) => ({ choice: z, label: z.replaceAll("_", " "), zone: z, mark: zoneMark(now, z) }));
  }, [box.dropdownOpened, query]);
  const fits = (z: Zone) => {
    const words = plain(query).trim();
    return (
      !words ||
      plain(z.label).includes(words) ||
      zoneMark(new Date(), z.zone)
        .toLowerCase()
        .startsWith(words.replace(/^(?=[+-])/, "utc"))
    );
  };
  const option = (z: Zone) => (
    <Combobox.Option key={z.choice} value={z.choice} active={z.choice === chosen} className="zone-option">
      <span className={z.choice === chosen ? "chosen" : undefined}>{z.label}</span>
      <span className="zone">{z.choice === "dag" && !dagZone ? "" : zoneMark(new Date(), z.zone)}</span>
    </Combobox.Option>
  );
  const mine = own.filter(fits);
  const found = others.filter(fits);
  return (
    <Combobox
      store={box}
      width={320}
      position="bottom-end"
      onOptionSubmit={(z) => {
        setZone(z);
        box.closeDropdown();
        box.focusTarget();
      }}
    >
      <Combobox.Target withAriaAttributes={false}>
        <Tooltip label={t("zone")} disabled={box.dropdownOpened}>
          <UnstyledButton
            className="head-button"
            aria-label={`${t("zone")}: ${name}`}
            aria-haspopup="listbox"
            aria-expanded={box.dropdownOpened}
            onClick={() => box.toggleDropdown()}
          >
            <IconClock size={17} />
            <Text span fz={13} visibleFrom="md">
              {chosen === "dag" && !dagZone ? "DAG" : zone.replaceAll("_", " ")}
            </Text>
          </UnstyledButton>
        </Tooltip>
      </Combobox.Target>
      <Combobox.Dropdown>
        <Combobox.Search
          value={query}
          placeholder={t("zone.find")}
          aria-label={t("zone.find")}
          onChange={(e) => {
            setQuery(e.currentTarget.value);
            box.updateSelectedOptionIndex();
          }}
        />
        <Combobox.Options mah={340} style={{ overflowY: "auto" }} aria-label={t("zone")}>
          {box.dropdownOpened && (
            <>
              {mine.map(option)}
              {found.length > 0 && <Combobox.Group label={t("zone.all")}>{found.map(option)}</Combobox.Group>}
              {!mine.length && !found.length && <Combobox.Empty>{t("zone.none")}</Combobox.Empty>}
            </>
          )}
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  );
}
