/** What was just done, with a way back while it is in sight. */
import { Button, Group } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import i18next from "i18next";
import { announce } from "./announce";
import { failed, told } from "./bits";

const IN_SIGHT_MS = 12_000;
let last: { id: string; undo: () => void } | null = null;

/** By key: the last one that is in sight. */
export function undoLast() {
  last?.undo();
}

export function toldWithUndo(message: string, undo: () => Promise<unknown>) {
  const back = () => {
    notifications.hide(id);
    undo()
      .then(() => told(i18next.t("undo.done")))
      .catch(failed);
  };
  const id = notifications.show({
    color: "wind",
    autoClose: IN_SIGHT_MS,
    role: "group",
    closeButtonProps: { "aria-label": i18next.t("close") },
    onClose: (of) => {
      if (last?.id === of.id) last = null;
    },
    message: (
      <Group justify="space-between" wrap="nowrap">
        <span>{message}</span>
        <Button size="compact-sm" variant="light" aria-keyshortcuts="Control+Z" onClick={back}>
          {i18next.t("undo")}
        </Button>
      </Group>
    ),
  });
  last = { id, undo: back };
  announce(`${message}. ${i18next.t("undo")}: Ctrl Z`);
}
