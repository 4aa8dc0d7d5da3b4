import { Alert, Group, Select } from "@mantine/core";
import type { ColumnDef } from "@tanstack/react-table";
import { useTranslation } from "react-i18next";
import { ApiError, type Page } from "../api";
import { IconLock, IconPackage, IconPuzzle } from "../icons";
import { useGet } from "../live";
import { Empty, Loaded, PageHead, Trouble, useTitle } from "../parts/bits";
import { Search } from "../parts/filter";
import { Mark } from "../parts/state";
import { DataTable, TableBox, useListState } from "../parts/table";
import { When } from "../time";

interface Provider {
  package_name: string;
  description: string;
  version: string;
  documentation_url: string | null;
}
export function Providers() {
  const { t } = useTranslation();
  useTitle(t("nav.providers"));
  const asked = useGet<{ providers: Provider[] } & Page>("/api/v2/providers", { limit: 100 });
  const columns: ColumnDef<Provider>[] = [
    {
      id: "name",
      header: () => t("provider.name"),
      cell: ({ row: { original: p } }) =>
        p.documentation_url ? (
          <a href={p.documentation_url} target="_blank" rel="noreferrer noopener" className="mono">
            {p.package_name}
          </a>
        ) : (
          <span className="mono">{p.package_name}</span>
        ),
    },
    { id: "version", header: () => t("provider.version"), cell: ({ row }) => row.original.version },
    { id: "description", header: () => t("description"), cell: ({ row }) => row.original.description },
  ];
  return (
    <>
      <PageHead title={t("nav.providers")} />
      <Loaded of={asked}>
        {(r) => (
          <DataTable
            label={t("nav.providers")}
            rows={r.providers}
            columns={columns}
            empty={
              <Empty icon={<IconPackage size={30} />} title={t("provider.none")}>
                {t("provider.noneHint")} <code>tradewind providers install NAME</code>
              </Empty>
            }
          />
        )}
      </Loaded>
    </>
  );
}

interface Plugin {
  name: string;
  source: string;
  macros: string[];
  listeners: string[];
  external_views?: { name: string; href: string }[];
  timetables: string[];
  operator_extra_links: string[];
  global_operator_extra_links: string[];
  [more: string]: unknown;
}
export function Plugins() {
  const { t } = useTranslation();
  useTitle(t("nav.plugins"));
  const asked = useGet<{ plugins: Plugin[] } & Page>("/api/v2/plugins", { limit: 100 });
  const errors = useGet<{ import_errors: { source: string; error: string }[] }>("/api/v2/plugins/importErrors");
  const unserved = (asked.data?.plugins ?? []).flatMap((p) =>
    ["fastapi_apps", "fastapi_root_middlewares", "flask_blueprints", "react_apps", "appbuilder_views"]
      .filter((k) => Array.isArray(p[k]) && (p[k] as unknown[]).length > 0)
      .map((k) => `${p.name} (${k})`),
  );
  const columns: ColumnDef<Plugin>[] = [
    { id: "name", header: () => t("plugin.name"), cell: ({ row }) => <span className="strong">{row.original.name}</span> },
    { id: "source", header: () => t("plugin.source"), cell: ({ row }) => <span className="mono">{row.original.source}</span> },
    {
      id: "opens",
      header: () => t("plugin.opens"),
      cell: ({ row: { original: p } }) =>
        (p.external_views ?? [])
          .filter((v) => /^(https?:|\/)/.test(v.href))
          .map((v) => (
            <a
              key={v.name}
              href={v.href}
              target="_blank"
              rel="noreferrer noopener"
              style={{ marginRight: 10, display: "inline-block", padding: "2px 0" }}
            >
              {v.name}
            </a>
          )),
    },
    {
      id: "gives",
      header: () => t("plugin.gives"),
      cell: ({ row: { original: p } }) =>
        Object.entries(p)
          .filter(([, v]) => Array.isArray(v) && v.length > 0)
          .map(([k, v]) => `${k}: ${(v as unknown[]).length}`)
          .join(", "),
    },
  ];
  return (
    <>
      <PageHead title={t("nav.plugins")} />
      {unserved.length > 0 && (
        <Alert color="yellow" mb="sm" py="xs">
          {t("plugin.notServed", { what: unserved.join(", ") })}
        </Alert>
      )}
      {errors.data?.import_errors.map((e) => (
        <Trouble key={e.source} error={new Error(`${e.source}: ${e.error}`)} />
      ))}
      <Loaded of={asked}>
        {(r) => (
          <DataTable
            label={t("nav.plugins")}
            rows={r.plugins}
            columns={columns}
            empty={
              <Empty icon={<IconPuzzle size={30} />} title={t("plugin.none")}>
                {t("plugin.noneHint")}
              </Empty>
            }
          />
        )}
      </Loaded>
    </>
  );
}

interface Job {
  id: number;
  job_type: string | null;
  state: string | null;
  hostname: string | null;
  unixname: string | null;
  start_date: string | null;
  end_date: string | null;
  latest_heartbeat: string | null;
  executor_class: string | null;
}
export function Jobs() {
  const { t } = useTranslation();
  useTitle(t("nav.jobs"));
  const list = useListState("-id");
  const { search, set } = list;
  const asked = useGet<{ jobs: Job[] } & Page>(
    "/api/v2/jobs",
    { ...list.params, hostname: search.get("host"), job_type: search.get("type"), job_state: search.get("state") },
    { every: 5000, untold: true },
  );
  const columns: ColumnDef<Job>[] = [
    { id: "id", header: () => "#", meta: { sort: "id" }, cell: ({ row }) => row.original.id },
    {
      id: "type",
      header: () => t("job.type"),
      meta: { sort: "job_type" },
      cell: ({ row }) => <span className="strong">{row.original.job_type}</span>,
    },
    {
      id: "state",
      header: () => t("state"),
      cell: ({ row: { original: j } }) => (
        <span className="state">
          <Mark state={j.state} /> {t(`state.${j.state}`, { defaultValue: j.state ?? "" })}
        </span>
      ),
    },
    {
      id: "host",
      header: () => t("ti.host"),
      meta: { sort: "hostname" },
      cell: ({ row: { original: j } }) =>
        j.hostname && (
          <button type="button" className="text-button" onClick={() => set({ host: j.hostname })}>
            {j.hostname}
          </button>
        ),
    },
    { id: "executor", header: () => t("ti.executor"), cell: ({ row }) => row.original.executor_class },
    {
      id: "start",
      header: () => t("start"),
      meta: { sort: "start_date" },
      cell: ({ row }) => <When at={row.original.start_date} />,
    },
    {
      id: "beat",
      header: () => t("job.beat"),
      meta: { sort: "latest_heartbeat" },
      cell: ({ row }) => <When at={row.original.latest_heartbeat} relative />,
    },
    { id: "end", header: () => t("end"), cell: ({ row }) => <When at={row.original.end_date} /> },
  ];
  return (
    <>
      <PageHead title={t("nav.jobs")} />
      <Group mb="sm" gap="sm">
        <Search key={search.get("host")} label={t("job.host")} value={search.get("host")} onFind={(v) => set({ host: v })} />
        {(["type", "state"] as const).map((k) => (
          <Select
            key={k}
            size="xs"
            w={180}
            clearable
            clearButtonProps={{ "aria-label": t("clearFilter") }}
            aria-label={t(k === "type" ? "job.type" : "state")}
            placeholder={t(k === "type" ? "job.type" : "state")}
            value={search.get(k)}
            onChange={(v) => set({ [k]: v })}
            data={
              k === "type"
                ? ["SchedulerJob", "DagProcessorJob", "TriggererJob"]
                : ["running", "success", "failed"].map((s) => ({ value: s, label: t(`state.${s}`) }))
            }
          />
        ))}
      </Group>
      <Loaded of={asked}>
        {(r) => <DataTable label={t("nav.jobs")} rows={r.jobs} columns={columns} total={r.total_entries} list={list} />}
      </Loaded>
    </>
  );
}

interface Option {
  section: string;
  key: string;
  value: string;
  default: string;
  source: "default" | "file" | "environment" | "command" | "secret";
  where: string;
  description: string | null;
  sensitive: boolean;
}
const sources = ["file", "environment", "command", "secret", "default"] as const;

function Sources({ options }: { options: Option[] }) {
  const { t } = useTranslation();
  return (
    <tbody>
      {options.map((o) => (
        <tr key={o.key}>
          <td className="mono" style={{ width: "30%" }} title={o.description ?? undefined}>
            {o.key}
          </td>
          <td className="mono anywhere">
            {o.sensitive ? <span className="dim">{t("config.secret")}</span> : o.value}
            {!o.sensitive && o.source !== "default" && o.value !== o.default && (
              <div className="dim">{t("config.instead", { value: o.default || '""' })}</div>
            )}
          </td>
          <td style={{ width: "26%" }}>
            {o.source === "default" ? (
              <span className="dim">{t("config.source.default")}</span>
            ) : (
              <>
                {t(`config.source.${o.source}`)} <span className="mono dim anywhere">{o.where}</span>
              </>
            )}
          </td>
        </tr>
      ))}
    </tbody>
  );
}

export function Config() {
  const { t } = useTranslation();
  useTitle(t("nav.config"));
  const { search, set } = useListState("");
  const q = search.get("q") ?? "";
  const source = search.get("source");
  const asked = useGet<Option[]>("/ui/config");
  const hidden = asked.error instanceof ApiError && asked.error.status === 403 && /not to expose/.test(asked.error.message);
  const hit = (o: Option) =>
    (!source || o.source === source) &&
    q
      .trim()
      .toLowerCase()
      .split(/\s+/)
      .every((word) => `[${o.section}] ${o.key} ${o.value} ${o.where}`.toLowerCase().includes(word));
  return (
    <>
      <PageHead title={t("nav.config")} />
      <Group mb="sm" gap="sm">
        <Search label={t("config.find")} value={q} onFind={(v) => set({ q: v })} w={260} />
        <Select
          size="xs"
          w={200}
          clearable
          clearButtonProps={{ "aria-label": t("clearFilter") }}
          aria-label={t("config.source")}
          placeholder={t("config.source")}
          value={source}
          onChange={(v) => set({ source: v })}
          data={sources.map((s) => ({ value: s, label: t(`config.source.${s}`) }))}
        />
      </Group>
      {hidden && (
        <div className="card">
          <Empty icon={<IconLock size={30} />} title={t("config.hidden")}>
            {t("config.hiddenHint")} <code>[api] expose_config = True</code>
          </Empty>
        </div>
      )}
      {!hidden && (
        <Loaded of={asked}>
          {(all) => {
            const found = all.filter(hit);
            const sections = [...new Set(found.map((o) => o.section))];
            if (!found.length)
              return (
                <div className="card">
                  <Empty icon={<IconLock size={30} />} title={t("nothingFound")} />
                </div>
              );
            return sections.map((s) => (
              <div key={s} style={{ marginBottom: 10 }}>
                <TableBox label={s}>
                  <table className="table" aria-label={s}>
                    <thead>
                      <tr>
                        <th scope="col" className="mono">
                          [{s}]
                        </th>
                        <th scope="col">{t("variable.value")}</th>
                        <th scope="col">{t("config.source")}</th>
                      </tr>
                    </thead>
                    <Sources options={found.filter((o) => o.section === s)} />
                  </table>
                </TableBox>
              </div>
            ));
          }}
        </Loaded>
      )}
    </>
  );
}
