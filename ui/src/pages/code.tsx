import { Button, CopyButton, Group, Select, Text } from "@mantine/core";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { type DagVersion, seg } from "../api";
import { IconCopy, IconDownload } from "../icons";
import { useGet } from "../live";
import { announce } from "../parts/announce";
import { Busy, Loaded } from "../parts/bits";
import { save } from "../parts/file";
import { useZone } from "../settings";
import { formatTime, zoneMark } from "../time";
import { useDag } from "./dag";

const Code = lazy(() => import("../parts/code"));

export function Component() {
  const { t } = useTranslation();
  const dag = useDag();
  const zone = useZone();
  const [search, setSearch] = useSearchParams();
  const versions = useGet<{ dag_versions: DagVersion[] }>(`/api/v2/dags/${seg(dag.dag_id)}/dagVersions`, {
    order_by: "-version_number",
    limit: 100,
  });
  const list = versions.data?.dag_versions ?? [];
  const version = search.get("version") ?? (list[0] ? String(list[0].version_number) : null);
  const against = search.get("against");
  const path = `/api/v2/dagSources/${seg(dag.dag_id)}`;
  const source = useGet<{ content: string }>(path, version ? { version_number: version } : {}, {
    enabled: version !== null || versions.isError,
  });
  const other = useGet<{ content: string }>(path, { version_number: against }, { enabled: against !== null });
  const set = (k: string, v: string | null) =>
    setSearch(
      (b) => {
        const n = new URLSearchParams(b);
        if (v) n.set(k, v);
        else n.delete(k);
        return n;
      },
      { replace: true },
    );
  const options = list.map((v) => {
    const at = new Date(v.created_at);
    return { value: String(v.version_number), label: `v${v.version_number} · ${formatTime(at, zone)} ${zoneMark(at, zone)}` };
  });
  /** "etl.v3.py": which version it is stays with the file. */
  const fileName = (dag.relative_fileloc ?? dag.fileloc)
    .replace(/^.*\//, "")
    .replace(/(\.\w+)?$/, `${version ? `.v${version}` : ""}$1`);
  const yaml = /\.ya?ml$/.test(dag.fileloc);
  return (
    <>
      <Group mb="xs" gap="sm">
        <Select
          size="xs"
          w={270}
          aria-label={t("code.version")}
          data={options}
          value={version}
          onChange={(v) => set("version", v)}
          allowDeselect={false}
        />
        <Select
          size="xs"
          w={270}
          clearable
          clearButtonProps={{ "aria-label": t("clearFilter") }}
          placeholder={t("code.compare")}
          aria-label={t("code.compare")}
          data={options.filter((o) => o.value !== version)}
          value={against}
          onChange={(v) => set("against", v)}
          nothingFoundMessage={t("code.oneVersion")}
        />
        <span className="grow" />
        {source.data && (
          <>
            <CopyButton value={source.data.content ?? ""}>
              {({ copied, copy }) => (
                <Button
                  size="compact-xs"
                  variant="default"
                  leftSection={<IconCopy size={13} />}
                  onClick={() => {
                    copy();
                    announce(t("copied"));
                  }}
                >
                  {t(copied ? "copied" : "copy")}
                </Button>
              )}
            </CopyButton>
            <Button
              size="compact-xs"
              variant="default"
              leftSection={<IconDownload size={13} />}
              onClick={() => save(fileName, source.data?.content ?? "", "text/plain;charset=utf-8")}
            >
              {t("log.download")}
            </Button>
          </>
        )}
        <Text fz={12} c="dimmed" className="mono">
          {dag.relative_fileloc ?? dag.fileloc}
        </Text>
      </Group>
      <Loaded of={source}>
        {(s) => (
          <Suspense fallback={<Busy />}>
            <Code
              text={s.content ?? ""}
              language={yaml ? "yaml" : "python"}
              label={t("tab.code")}
              {...(against && other.data ? { against: other.data.content ?? "" } : {})}
            />
          </Suspense>
        )}
      </Loaded>
    </>
  );
}
