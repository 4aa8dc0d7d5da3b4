/** What was just done, with a way back while it is in sight. */
import { Button, Group } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import i18next from "i18next";
import { failed, told } from "./bits";

const IN_SIGHT_MS = 12_000;

export function toldWithUndo(message: string, undo: () => Promise<unknown>) {
  const id = notifications.show({
    color: "wind",
    autoClose: IN_SIGHT_MS,
    closeButtonProps: { "aria-label": i18next.t("close") },
    message: (
      <Group justify="space-between" wrap="nowrap">
        <span>{message}</span>
        <Button
          size="compact-sm"
          variant="light"
          onClick={() => {
            notifications.hide(id);
            undo()
              .then(() => told(i18next.t("undo.done")))
              .catch(failed);
          }}
        >
          {i18next.t("undo")}
        </Button>
      </Group>
    ),
  });
}
