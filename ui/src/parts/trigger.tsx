/** Starting a run, or a backfill. The form is loaded when it is wanted. */
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { type DagDetails, seg } from "../api";
import { useGet } from "../live";
import { Busy, Loaded } from "./bits";
import { Dialog } from "./dialog";
import type { Values } from "./params";

const Form = lazy(() => import("./trigger-form"));

export function TriggerDialog({ dagId, conf, onClose }: { dagId: string; conf?: Values; onClose: () => void }) {
  const { t } = useTranslation();
  const dag = useGet<DagDetails>(`/api/v2/dags/${seg(dagId)}/details`, {}, { keep: false });
  return (
    <Dialog onClose={onClose} title={t("trigger.of", { name: dag.data?.dag_display_name ?? dagId })} size="lg">
      <Loaded of={dag}>
        {(d) => (
          <Suspense fallback={<Busy />}>
            <Form dag={d} conf={conf} onClose={onClose} />
          </Suspense>
        )}
      </Loaded>
    </Dialog>
  );
}
