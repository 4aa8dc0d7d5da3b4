/** Which keys there are, and whether those without Ctrl do anything. */
import { Kbd, Switch } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useRemembered } from "../settings";
import { Dialog } from "./dialog";

const lists: [string, [string[], string][]][] = [
  [
    "everywhere",
    [
      [["Ctrl K"], "palette"],
      [["/"], "palette"],
      [["?"], "this"],
      [["Ctrl Z"], "undo"],
      [["Tab", "Shift Tab"], "tab"],
      [["Esc"], "escape"],
    ],
  ],
  [
    "many",
    [
      [["←", "→", "↑", "↓"], "arrows"],
      [["Home", "End"], "ends"],
      [["Enter"], "open"],
    ],
  ],
  [
    "grid",
    [
      [["←", "→", "↑", "↓"], "cells"],
      [["Home", "End"], "runs"],
      [["Ctrl Home", "Ctrl End"], "corners"],
      [["Page Up", "Page Down"], "rows"],
      [["Enter"], "openCell"],
    ],
  ],
  [
    "log",
    [
      [["s"], "search"],
      [["n", "N"], "hits"],
      [["l"], "line"],
      [["f"], "follow"],
      [["w"], "wrap"],
    ],
  ],
  [
    "editor",
    [
      [["Ctrl S"], "save"],
      [["Ctrl Space"], "complete"],
      [["Esc", "Tab"], "out"],
    ],
  ],
];

export default function Keys({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const [single, setSingle] = useRemembered("keys.single", "yes");
  return (
    <Dialog title={t("keys.title")} onClose={onClose} size="lg">
      <div className="form">
        {lists.map(([name, keys]) => (
          <table key={name} className="table slim" aria-label={t(`keys.of.${name}`)}>
            <thead>
              <tr>
                <th scope="col" colSpan={2}>
                  {t(`keys.of.${name}`)}
                </th>
              </tr>
            </thead>
            <tbody>
              {keys.map(([names, does]) => (
                <tr key={names.join() + does}>
                  <th scope="row" className="plain keys-names">
                    {names.map((k) => (
                      <Kbd key={k}>{k}</Kbd>
                    ))}
                  </th>
                  <td>{t(`keys.${does}`)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        ))}
        <Switch
          label={t("keys.single")}
          description={t("keys.singleHint")}
          checked={single === "yes"}
          onChange={(e) => setSingle(e.currentTarget.checked ? "yes" : "no")}
        />
      </div>
    </Dialog>
  );
}
