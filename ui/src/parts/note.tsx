import { ActionIcon, Button, Group, Textarea, Tooltip } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { send } from "../api";
import { IconNote } from "../icons";
import { refresh } from "./act";
import { failed } from "./bits";
import { toldWithUndo } from "./undo";

/** A note that stands under the head of a run or an instance, and can be changed there. */
export function Note({ path, note }: { path: string; note: string | null }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [text, setText] = useState<string | null>(null);
  if (text === null)
    return note ? (
      <button type="button" className="note" onClick={() => setText(note)} title={t("note.edit")}>
        <IconNote size={15} /> {note}
      </button>
    ) : (
      <Tooltip label={t("note.add")}>
        <ActionIcon variant="subtle" color="gray" aria-label={t("note.add")} onClick={() => setText("")}>
          <IconNote size={17} />
        </ActionIcon>
      </Tooltip>
    );
  return (
    <form
      style={{ width: "100%" }}
      onSubmit={(e) => {
        e.preventDefault();
        const put = (n: string | null) => send("PATCH", path, { update_mask: "note" }, { note: n }).then(() => refresh(client));
        put(text)
          .then(() => {
            setText(null);
            toldWithUndo(t("saved"), () => put(note));
          })
          .catch(failed);
      }}
    >
      <Textarea
        aria-label={t("note")}
        value={text}
        onChange={(e) => setText(e.currentTarget.value)}
        maxLength={1000}
        autosize
        minRows={2}
        autoFocus
      />
      <Group mt={6} gap={6}>
        <Button size="compact-sm" type="submit">
          {t("save")}
        </Button>
        <Button size="compact-sm" variant="default" onClick={() => setText(null)}>
          {t("cancel")}
        </Button>
      </Group>
    </form>
  );
}
