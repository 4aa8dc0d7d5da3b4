import { Anchor, Button, Group, SimpleGrid, Text } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { type DagPage, type Page, type RunPage, seg } from "../api";
import { IconHeartbeat, IconRocket } from "../icons";
import { useGet } from "../live";
import { Busy, Empty, Loaded, PageHead, Trouble, useTitle } from "../parts/bits";
import { DayOrWeek } from "../parts/span";
import { Mark, runStates, StateMark, useStateName } from "../parts/state";
import { useZone } from "../settings";
import { formatTime, Took, When, zoneMark } from "../time";
import { wallOf } from "../zone";
import { NeedsCard } from "./needs";
import type { Pool } from "./pools";

type Part = { status: "healthy" | "unhealthy" | null } & Record<string, string | null>;
type Health = Record<"metadatabase" | "scheduler" | "triggerer" | "dag_processor", Part>;
interface Hour {
  hour: string;
  state: string;
  n: number;
}

export function Tile({
  path,
  params,
  to,
  state,
  label,
}: {
  path: string;
  params: Record<string, string | number>;
  to: string;
  state: string;
  label: string;
}) {
  const count = useGet<Page>(path, { ...params, limit: 0 }, { every: 5000 });
  return (
    <Link to={to} className="card tile">
      <div className="tile-number">{count.data ? count.data.total_entries.toLocaleString() : "–"}</div>
      <div className="tile-label">
        <Mark state={state} /> {label}
      </div>
    </Link>
  );
}

function HealthCard() {
  const { t } = useTranslation();
  const health = useGet<Health>("/api/v2/monitor/health", {}, { every: 5000 });
  return (
    <section className="card tile" aria-labelledby="health">
      <Text component="h2" id="health" fw={600} fz={14} m={0} mb={8}>
        <IconHeartbeat size={16} style={{ verticalAlign: -3 }} /> {t("home.health")}
      </Text>
      <Loaded of={health}>
        {(h) => (
          <Group gap="lg">
            {(["scheduler", "dag_processor", "triggerer", "metadatabase"] as const).map((name) => {
              const part = h[name];
              const beat = Object.entries(part).find(([k]) => k.startsWith("latest"))?.[1];
              const state = part.status === "healthy" ? "success" : part.status === null ? "none" : "failed";
              return (
                <div key={name}>
                  <span className="state" style={{ fontSize: 14 }}>
                    <Mark state={state} /> {t(`health.${name}`)}
                  </span>
                  <Text fz={12} c="dimmed">
                    {part.status === "healthy"
                      ? t("health.healthy")
                      : part.status === null
                        ? t("health.absent")
                        : t("health.unhealthy")}
                    {beat && part.status !== "healthy" && (
                      <>
                        {" "}
                        · <When at={beat} relative />
                      </>
                    )}
                  </Text>
                </div>
              );
            })}
          </Group>
        )}
      </Loaded>
    </section>
  );
}

function History() {
  const { t } = useTranslation();
  const name = useStateName();
  const zone = useZone();
  const [hours, setHours] = useState("24");
  const asked = useGet<Hour[]>("/ui/hours", { hours: Number(hours) }, { every: 15_000 });
  const step = hours === "24" ? 1 : 6;
  const n = Number(hours) / step;
  const columns = useMemo(() => {
    // Columns of several hours begin with the reader's day.
    const ahead = (Date.parse(`${wallOf(new Date(), zone)}Z`) - Date.now()) / 3600_000;
    const lead = step === 1 ? 0 : Math.round(ahead);
    const from = Math.floor((Date.now() / 3600_000 + lead) / step) - n + 1;
    const list = Array.from({ length: n }, (_, i) => ({
      at: ((from + i) * step - lead) * 3600_000,
      counts: {} as Record<string, number>,
    }));
    for (const h of asked.data ?? []) {
      const i = Math.floor((Date.parse(`${h.hour.replace(" ", "T")}:00:00Z`) / 3600_000 + lead) / step) - from;
      const c = list[i];
      if (c) c.counts[h.state] = (c.counts[h.state] ?? 0) + h.n;
    }
    return list;
  }, [asked.data, n, step, zone]);
  const top = Math.max(1, ...columns.map((c) => Object.values(c.counts).reduce((a, b) => a + b, 0)));
  const w = 640;
  const h = 150;
  const bw = w / n;
  return (
    <section className="card tile" aria-labelledby="history">
      <Group justify="space-between" mb={8}>
        <Text component="h2" id="history" fw={600} fz={14} m={0}>
          {t("home.history")} <span className="zone">{zoneMark(new Date(), zone)}</span>
        </Text>
        <DayOrWeek hours={hours} onChange={setHours} />
      </Group>
      {asked.error ? (
        <Trouble error={asked.error} />
      ) : (
        <svg
          viewBox={`0 0 ${w} ${h + 18}`}
          width="100%"
          role="img"
          aria-label={t("home.historyHint", {
            count: columns.reduce((a, c) => a + Object.values(c.counts).reduce((x, y) => x + y, 0), 0),
          })}
        >
          <line x1={0} x2={w} y1={h} y2={h} stroke="var(--tw-line)" />
          <text x={0} y={10} fontSize={10} fill="var(--tw-dim)">
            {top}
          </text>
          {columns.map((c, i) => {
            let y = h;
            const at = new Date(c.at);
            const tip = `${formatTime(at, zone, false)} ${zoneMark(at, zone)}: ${Object.entries(c.counts)
              .map(([s, k]) => `${name(s)} ${k}`)
              .join(", ")}`;
            return (
              <g key={c.at}>
                <title>{tip}</title>
                <rect x={i * bw} y={0} width={bw} height={h} fill="transparent" />
                {(["success", "running", "queued", "failed"] as const).map((s) => {
                  const k = c.counts[s];
                  if (!k) return null;
                  const bh = (k / top) * (h - 14);
                  y -= bh;
                  return (
                    <rect key={s} x={i * bw + 1.5} y={y} width={bw - 3} height={bh} rx={1.5} className={`st-fill st-${s}`} />
                  );
                })}
                {(step === 1 ? i % 4 === 0 : i % 4 === 0) && (
                  <text x={i * bw + 1} y={h + 13} fontSize={10} fill="var(--tw-dim)">
                    {step === 1 ? formatTime(at, zone).slice(11, 16) : formatTime(at, zone).slice(5, 10)}
                  </text>
                )}
              </g>
            );
          })}
        </svg>
      )}
      <Group gap="md" mt={4} fz={12}>
        {runStates.map((s) => (
          <StateMark key={s} state={s} size={12} />
        ))}
      </Group>
    </section>
  );
}

function Pools() {
  const { t } = useTranslation();
  const pools = useGet<{ pools: Pool[] } & Page>("/api/v2/pools", { limit: 8 }, { every: 5000 });
  return (
    <section className="card tile" aria-labelledby="pools">
      <Text component="h2" id="pools" fw={600} fz={14} m={0} mb={8}>
        <Anchor component={Link} to="/pools" inherit c="inherit">
          {t("nav.pools")}
        </Anchor>
      </Text>
      <Loaded of={pools}>
        {(p) => (
          <>
            {p.pools.map((pool) => (
              <PoolUse key={pool.name} pool={pool} named />
            ))}
          </>
        )}
      </Loaded>
    </section>
  );
}

export function PoolUse({ pool, named = false }: { pool: Pool; named?: boolean }) {
  const { t } = useTranslation();
  const all = pool.slots < 0 ? Math.max(1, pool.occupied_slots) : Math.max(1, pool.slots, pool.occupied_slots);
  const text = t("pool.use", { used: pool.occupied_slots, slots: pool.slots < 0 ? "∞" : pool.slots });
  return (
    <div className="pool" title={`${pool.name}: ${text}`}>
      {named && (
        <Group justify="space-between" gap={8} fz={13} wrap="nowrap">
          <span className="cut">{pool.name}</span>
          <Text span fz={12} c="dimmed">
            {text}
            {pool.scheduled_slots > 0 && ` · ${t("pool.waiting", { n: pool.scheduled_slots })}`}
          </Text>
        </Group>
      )}
      <div className="meter" role="img" aria-label={`${pool.name}: ${text}`}>
        <span className="st-running" style={{ width: `${(pool.running_slots / all) * 100}%` }} />
        <span className="st-queued" style={{ width: `${(pool.queued_slots / all) * 100}%` }} />
        <span className="st-deferred" style={{ width: `${(pool.deferred_slots / all) * 100}%` }} />
      </div>
    </div>
  );
}

function Failures() {
  const { t } = useTranslation();
  const since = useMemo(() => new Date(Date.now() - 86400_000).toISOString(), []);
  const runs = useGet<RunPage>(
    "/api/v2/dags/~/dagRuns",
    { state: "failed", end_date_gte: since, order_by: "-end_date", limit: 8 },
    { every: 5000 },
  );
  return (
    <section className="card" aria-labelledby="failures">
      <Text component="h2" id="failures" fw={600} fz={14} m={0} p="sm" pb={4}>
        {t("home.failures")}
      </Text>
      <Loaded of={runs}>
        {(r) =>
          r.dag_runs.length === 0 ? (
            <Text px="sm" pt={4} pb="sm" fz={13} c="dimmed">
              <span className="state">
                <Mark state="success" size={13} /> {t("home.noFailures")}
              </span>
            </Text>
          ) : (
            <table className="table" aria-label={t("home.failures")}>
              <tbody>
                {r.dag_runs.map((run) => (
                  <tr key={run.dag_id + run.dag_run_id}>
                    <td style={{ width: "1%" }}>
                      <StateMark state={run.state} bare />
                    </td>
                    <td className="anywhere">
                      <Link to={`/dags/${seg(run.dag_id)}`}>{run.dag_display_name}</Link>
                      <div className="small">
                        <Link to={`/dags/${seg(run.dag_id)}/runs/${seg(run.dag_run_id)}`}>{run.dag_run_id}</Link>
                      </div>
                    </td>
                    <td className="num">
                      <When at={run.end_date} relative />
                      <Text fz={12} c="dimmed">
                        <Took start={run.start_date} end={run.end_date} />
                      </Text>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )
        }
      </Loaded>
    </section>
  );
}

interface ImportError {
  import_error_id: number;
  filename: string;
  timestamp: string;
  stack_trace: string;
}
function Imports() {
  const { t } = useTranslation();
  const errors = useGet<{ import_errors: ImportError[] } & Page>("/api/v2/importErrors", { limit: 5 }, { every: 15_000 });
  if (!errors.data?.total_entries) return null;
  return (
    <section className="card tile" aria-labelledby="imports">
      <Text component="h2" id="imports" fw={600} fz={14} m={0} mb={8}>
        <Anchor component={Link} to="/import_errors" inherit c="inherit">
          {t("nav.importErrors")} ({errors.data.total_entries})
        </Anchor>
      </Text>
      {errors.data.import_errors.map((e) => (
        <div key={e.import_error_id} style={{ marginBottom: 6 }}>
          <span className="state">
            <Mark state="failed" size={13} />
            <Link to={`/import_errors#e${e.import_error_id}`}>{e.filename}</Link>
          </span>
          <Text fz={12} c="dimmed" className="anywhere" lineClamp={2} title={e.stack_trace.trim().split("\n").at(-1) ?? ""}>
            {e.stack_trace.trim().split("\n").at(-1)}
          </Text>
        </div>
      ))}
    </section>
  );
}

export function Component() {
  const { t } = useTranslation();
  useTitle(t("nav.home"));
  const since = useMemo(() => new Date(Date.now() - 86400_000).toISOString(), []);
  const dags = useGet<DagPage>("/api/v2/dags", { limit: 0 }, { every: 15_000 });
  const runs = "/api/v2/dags/~/dagRuns";
  const tis = "/api/v2/dags/~/dagRuns/~/taskInstances";
  // In one column what somebody has to do comes before how it went.
  const narrow = useMediaQuery("(max-width: 1100px)", false, { getInitialValueInEffect: false });
  const how = (
    <div key="how" className="stack">
      <HealthCard />
      <History />
      <Pools />
    </div>
  );
  const todo = (
    <div key="todo" className="stack">
      <NeedsCard />
      <Failures />
      <Imports />
    </div>
  );
  return (
    <>
      <PageHead title={t("nav.home")} />
      {dags.isPending && <Busy />}
      {dags.data?.total_entries === 0 && (
        <div className="card" style={{ marginBottom: 16 }}>
          <Empty
            icon={<IconRocket size={32} />}
            title={t("home.welcome")}
            action={
              <Button component={Link} to="/configs?q=dags_folder" variant="light">
                {t("home.folder")}
              </Button>
            }
          >
            {t("home.welcomeHint")}
          </Empty>
        </div>
      )}
      <SimpleGrid cols={{ base: 2, sm: 3, lg: 6 }} spacing="sm" mb="sm">
        <Tile
          path={runs}
          params={{ state: "running" }}
          to="/dag_runs?state=running"
          state="running"
          label={t("home.runsRunning")}
        />
        <Tile path={runs} params={{ state: "queued" }} to="/dag_runs?state=queued" state="queued" label={t("home.runsQueued")} />
        <Tile
          path={runs}
          params={{ state: "failed", end_date_gte: since }}
          to={`/dag_runs?state=failed&ended_after=${since}`}
          state="failed"
          label={t("home.runsFailed")}
        />
        <Tile
          path={tis}
          params={{ state: "running" }}
          to="/task_instances?state=running"
          state="running"
          label={t("home.tisRunning")}
        />
        <Tile
          path={tis}
          params={{ state: "queued" }}
          to="/task_instances?state=queued"
          state="queued"
          label={t("home.tisQueued")}
        />
        <Tile
          path={tis}
          params={{ state: "up_for_retry" }}
          to="/task_instances?state=up_for_retry"
          state="up_for_retry"
          label={t("home.tisRetry")}
        />
      </SimpleGrid>
      <div className="home-cols">{narrow ? [todo, how] : [how, todo]}</div>
    </>
  );
}
