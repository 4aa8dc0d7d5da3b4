import { Button, Group, Text } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { Dialog } from "./dialog";

export function Confirm({
  title,
  text,
  action,
  danger = true,
  onClose,
  onConfirm,
}: {
  title: string;
  text?: ReactNode;
  action: string;
  danger?: boolean;
  onClose: () => void;
  onConfirm: () => Promise<unknown>;
}) {
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);
  return (
    <Dialog onClose={onClose} title={title}>
      {text && <Text size="sm">{text}</Text>}
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={onClose} data-autofocus>
          {t("cancel")}
        </Button>
        <Button
          color={danger ? "red.9" : "wind"}
          loading={busy}
          onClick={() => {
            setBusy(true);
            onConfirm().finally(onClose);
          }}
        >
          {action}
        </Button>
      </Group>
    </Dialog>
  );
}
