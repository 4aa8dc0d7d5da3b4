/** What an address shows that leads nowhere. */
import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "react-router";
import { IconSearch } from "../icons";
import { Empty, PageHead, useTitle } from "../parts/bits";

export function Component() {
  const { t } = useTranslation();
  const { pathname } = useLocation();
  useTitle(t("error.missing"));
  return (
    <>
      <PageHead title={t("error.missing")} />
      <div className="card">
        <Empty
          icon={<IconSearch size={30} />}
          title={pathname}
          action={
            <Button component={Link} to="/dags" variant="light">
              {t("error.toDags")}
            </Button>
          }
        >
          {t("missing.hint")}
        </Empty>
      </div>
    </>
  );
}
