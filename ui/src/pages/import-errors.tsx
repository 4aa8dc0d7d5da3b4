import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "react-router";
import type { Page } from "../api";
import { IconCircleCheck } from "../icons";
import { useGet } from "../live";
import { Empty, Loaded, PageHead, useTitle } from "../parts/bits";
import { Mark } from "../parts/state";
import { When } from "../time";

interface ImportError {
  import_error_id: number;
  filename: string;
  bundle_name: string | null;
  timestamp: string;
  stack_trace: string;
}
export function Component() {
  const { t } = useTranslation();
  const { hash } = useLocation();
  useTitle(t("nav.importErrors"));
  const asked = useGet<{ import_errors: ImportError[] } & Page>(
    "/api/v2/importErrors",
    { limit: 100, order_by: "-timestamp" },
    { every: 5000 },
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: once they are there
  useEffect(() => {
    if (hash) document.getElementById(hash.slice(1))?.scrollIntoView();
  }, [hash, asked.isSuccess]);
  return (
    <>
      <PageHead title={t("nav.importErrors")} />
      <Loaded of={asked}>
        {(r) =>
          r.import_errors.length === 0 ? (
            <div className="card">
              <Empty icon={<IconCircleCheck size={30} />} title={t("import.none")}>
                {t("import.noneHint")}
              </Empty>
            </div>
          ) : (
            <div className="stack">
              {r.import_errors.map((e) => (
                <section key={e.import_error_id} id={`e${e.import_error_id}`} className="card tile" aria-label={e.filename}>
                  <div className="page-head" style={{ marginBottom: 8 }}>
                    <span className="state">
                      <Mark state="failed" />
                      <span className="mono strong">{e.filename}</span>
                    </span>
                    <span className="grow" />
                    <span className="small">
                      <When at={e.timestamp} />
                    </span>
                  </div>
                  <pre className="pre" tabIndex={0}>
                    {e.stack_trace}
                  </pre>
                </section>
              ))}
            </div>
          )
        }
      </Loaded>
    </>
  );
}
