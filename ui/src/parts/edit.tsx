/** What pages share whose rows are made, changed and deleted in place. */
import { ActionIcon, Button, Group } from "@mantine/core";
import { type InvalidateQueryFilters, useQueryClient } from "@tanstack/react-query";
import type { ColumnDef } from "@tanstack/react-table";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { send } from "../api";
import { IconPencil, IconTrash } from "../icons";
import { failed, told } from "./bits";
import { Confirm } from "./confirm";
import { inWords } from "./reasons";

function RowButtons({ name, onEdit, onDelete }: { name: string; onEdit: () => void; onDelete?: () => void }) {
  const { t } = useTranslation();
  return (
    <Group gap={2} wrap="nowrap">
      <ActionIcon variant="subtle" color="gray" aria-label={t("edit.of", { name })} onClick={onEdit}>
        <IconPencil size={16} />
      </ActionIcon>
      {onDelete && (
        <ActionIcon variant="subtle" color="red" aria-label={t("delete.of", { name })} onClick={onDelete}>
          <IconTrash size={16} />
        </ActionIcon>
      )}
    </Group>
  );
}

/** The last column: edit, and delete but for what stays. */
export function editColumn<T>(
  header: string,
  name: (row: T) => string,
  onEdit: (row: T) => void,
  onDelete: (row: T) => void,
  stays: (row: T) => boolean = () => false,
): ColumnDef<T> {
  return {
    id: "act",
    header: () => <span className="sr-only">{header}</span>,
    meta: { width: "1%" },
    cell: ({ row: { original: x } }) => (
      <RowButtons name={name(x)} onEdit={() => onEdit(x)} onDelete={stays(x) ? undefined : () => onDelete(x)} />
    ),
  };
}

/** Of a form: what is wrong, and how it is saved: sent, what shows it asked anew, told of and closed; or it stays, and says why. */
export function useSave(onClose: () => void, shows?: InvalidateQueryFilters) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [error, setError] = useState<string | null>(null);
  const save = async (act: () => Promise<unknown>) => {
    try {
      await act();
      if (shows) await client.invalidateQueries(shows);
      told(t("saved"));
      onClose();
    } catch (err) {
      setError(inWords(err));
    }
  };
  return { error, setError, save };
}

/** What is wrong, what else one can do, cancel, save. */
export function FormFoot({ error, onClose, children }: { error: string | null; onClose: () => void; children?: ReactNode }) {
  const { t } = useTranslation();
  return (
    <div className="form-foot">
      {error && (
        <div role="alert" className="form-error">
          {error}
        </div>
      )}
      <Group justify="flex-end">
        {children}
        <Button variant="default" onClick={onClose}>
          {t("cancel")}
        </Button>
        <Button type="submit">{t("save")}</Button>
      </Group>
    </div>
  );
}

/** Deletes the one at the path, and the list is asked anew. */
export function Delete({
  name,
  text,
  list,
  path,
  onClose,
}: {
  name: string;
  text: string;
  list: string;
  path: string;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const client = useQueryClient();
  return (
    <Confirm
      title={t("delete.of", { name })}
      text={text}
      action={t("delete")}
      onClose={onClose}
      onConfirm={async () => {
        await send("DELETE", path).catch(failed);
        await client.invalidateQueries({ queryKey: [list] });
      }}
    />
  );
}
