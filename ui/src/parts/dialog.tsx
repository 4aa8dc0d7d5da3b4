/** Every dialog: a Modal that is there only while it is open, and gives the focus back to where it came from when it goes. */
import { Modal, type ModalProps } from "@mantine/core";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";

/** What has the focus now; of an item of a menu, which goes with its menu, the button that had opened it. */
function holder(): HTMLElement | null {
  const at = document.activeElement;
  const menu = at?.closest("[role=menu]");
  const opener = menu?.id ? document.querySelector(`[aria-controls="${CSS.escape(menu.id)}"]`) : null;
  return (opener ?? at) as HTMLElement | null;
}

/** When a dialog has come and has given the focus to whom it wanted. */
const SOON_MS = 80;

const nameOf = (e: Element) => e.getAttribute("aria-label") ?? e.textContent;
/** The same, or what has come in its place: a row that was saved may have been drawn anew. */
function again(of: HTMLElement | null): HTMLElement | undefined {
  if (!of || of.isConnected) return of ?? undefined;
  return [...document.querySelectorAll<HTMLElement>(of.tagName)].find((e) => nameOf(e) === nameOf(of));
}

export function Dialog(props: Omit<ModalProps, "opened" | "closeButtonProps">) {
  const { t } = useTranslation();
  const before = useRef<HTMLElement | null>(null);
  if (before.current === null) before.current = holder();
  useEffect(
    () => () => {
      const to = before.current;
      // Once it is gone; whoever has gone on to something else is left there.
      setTimeout(() => {
        if (document.activeElement === document.body) again(to)?.focus();
      });
    },
    [],
  );
  useEffect(() => {
    // What is to have the focus first may be what cannot be changed, and takes none.
    const timer = setTimeout(() => {
      const of = [...document.querySelectorAll<HTMLElement>("[role=dialog]")].at(-1);
      if (!of || of.contains(document.activeElement)) return;
      const first = of.querySelector<HTMLElement>(":is(input, textarea, select):not(:disabled, [tabindex='-1'])");
      (first ?? of).focus();
    }, SOON_MS);
    return () => clearTimeout(timer);
  }, []);
  return <Modal opened closeButtonProps={{ "aria-label": t("close") }} {...props} />;
}
