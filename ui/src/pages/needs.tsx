/** What goes on only when a person does something: each with what it is, since when, and what to do. */
import { Button, Group, Select, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "react-router";
import { seg, send } from "../api";
import { IconBellRinging, IconCircleCheck } from "../icons";
import { useGet } from "../live";
import { Empty, failed, Loaded, PageHead, useTitle } from "../parts/bits";
import { Mark } from "../parts/state";
import { useMay, useMe } from "../session";
import { When } from "../time";

export interface Need {
  kind:
    | "component"
    | "import_error"
    | "approval"
    | "queue"
    | "stuck"
    | "late"
    | "queued_run"
    | "pool"
    | "deadline"
    | "sla"
    | "failure";
  since: string | null;
  dag_id?: string;
  dag_display_name?: string;
  run_id?: string | null;
  task_id?: string;
  map_index?: number;
  name?: string;
  id?: number;
  n?: number;
  state?: string;
  text?: string | null;
  owners?: string | null;
}
export interface Needs {
  items: Need[];
  total: number;
}
const marks: Record<Need["kind"], string> = {
  component: "failed",
  import_error: "failed",
  approval: "awaiting_input",
  queue: "queued",
  stuck: "up_for_retry",
  late: "up_for_reschedule",
  queued_run: "queued",
  pool: "scheduled",
  deadline: "up_for_retry",
  sla: "up_for_retry",
  failure: "failed",
};

export function useNeeds(after = 300) {
  return useGet<Needs>("/ui/needs", { after }, { every: 60_000, untold: true });
}

/** Where one goes to see to it. */
function place(x: Need): string {
  const run = x.dag_id ? `/dags/${seg(x.dag_id)}${x.run_id ? `/runs/${seg(x.run_id)}` : ""}` : "/";
  switch (x.kind) {
    case "component":
      return "/jobs";
    case "import_error":
      return `/import_errors#e${x.id}`;
    case "approval":
      return "/required_actions";
    case "queue":
      return `/task_instances?state=queued&queue=${seg(x.name ?? "")}`;
    case "pool":
      return `/task_instances?state=scheduled&pool=${seg(x.name ?? "")}`;
    case "stuck":
    case "sla":
      return `${run}/tasks/${seg(x.task_id ?? "")}${(x.map_index ?? -1) >= 0 ? `/mapped/${x.map_index}` : ""}`;
    default:
      return run;
  }
}

function useWords() {
  const { t } = useTranslation();
  return (x: Need): { what: string; todo: string } => {
    const named = { name: x.name, n: x.n ?? 0, count: x.n ?? 0, dag: x.dag_display_name ?? x.dag_id, task: x.task_id };
    const what =
      x.kind === "component"
        ? t(x.n ? "need.component.absent" : "need.component", { ...named, name: t(`health.${x.name}`) })
        : x.kind === "failure" && (x.n ?? 1) > 1
          ? t("need.failure.many", named)
          : x.kind === "stuck"
            ? t(`need.stuck.${x.state}`, named)
            : x.kind === "deadline" && x.name
              ? t("need.deadline.named", named)
              : t(`need.${x.kind}`, named);
    return { what, todo: t(x.kind === "stuck" ? `need.stuck.${x.state}.todo` : `need.${x.kind}.todo`) };
  };
}

function Acknowledge({ of }: { of: Need }) {
  const { t } = useTranslation();
  const me = useMe();
  const client = useQueryClient();
  return (
    <Button
      size="compact-xs"
      variant="default"
      aria-label={t("need.seenOf", { name: of.dag_id })}
      onClick={() =>
        send(
          "PATCH",
          `/api/v2/dags/${seg(of.dag_id!)}/dagRuns/${seg(of.run_id!)}`,
          { update_mask: "note" },
          { note: t("need.seenNote", { who: me.data?.display_name ?? "" }) },
        )
          .then(() => client.invalidateQueries({ queryKey: ["/ui/needs"] }))
          .catch(failed)
      }
    >
      {t("need.seen")}
    </Button>
  );
}

export function NeedRow({ of: x, children }: { of: Need; children?: ReactNode }) {
  const { t } = useTranslation();
  const { what, todo } = useWords()(x);
  return (
    <li className="need">
      <Mark state={marks[x.kind]} size={15} />
      <div className="need-text">
        <Link to={place(x)} className="strong-link">
          {what}
        </Link>
        {x.kind === "failure" && (
          <Text span fz={12} c="dimmed">
            {" "}
            · {x.owners ? t("need.owner", { who: x.owners }) : t("need.nobody")}
          </Text>
        )}
        {x.text && (
          <Text fz={12} c="dimmed" lineClamp={2} title={x.text}>
            {x.text}
          </Text>
        )}
        <Text fz={12.5}>{todo}</Text>
      </div>
      <div className="need-side">
        {x.since && <When at={x.since} relative />}
        {children}
      </div>
    </li>
  );
}

export function Component() {
  const { t } = useTranslation();
  const may = useMay();
  useTitle(t("nav.needs"));
  const [search, setSearch] = useSearchParams();
  const after = search.get("after") ?? "300";
  const asked = useNeeds(Number(after));
  return (
    <>
      <PageHead title={t("nav.needs")}>
        <span className="grow" />
        <Group gap={6}>
          <Text size="sm" id="needs-after">
            {t("need.after")}
          </Text>
          <Select
            size="xs"
            w={130}
            aria-labelledby="needs-after"
            allowDeselect={false}
            value={after}
            onChange={(v) => v && setSearch({ after: v }, { replace: true })}
            data={["0", "60", "300", "1800", "3600"].map((s) => ({ value: s, label: t(`need.after.${s}`) }))}
          />
        </Group>
      </PageHead>
      <Loaded of={asked}>
        {(r) => {
          if (r.items.length === 0)
            return (
              <div className="card">
                <Empty icon={<IconCircleCheck size={30} />} title={t("need.none")}>
                  {t("need.noneHint")}
                </Empty>
              </div>
            );
          const kinds = [...new Set(r.items.map((x) => x.kind))];
          return (
            <div className="stack">
              {kinds.map((kind) => {
                const items = r.items.filter((x) => x.kind === kind);
                return (
                  <section key={kind} className="card" aria-labelledby={`need-${kind}`}>
                    <h2 className="need-head" id={`need-${kind}`}>
                      {t(`need.kind.${kind}`)} ({items.length})
                    </h2>
                    <ul className="needs">
                      {items.map((x) => (
                        <NeedRow key={JSON.stringify([x.dag_id, x.run_id, x.task_id, x.map_index, x.name, x.id])} of={x}>
                          {["failure", "deadline", "sla"].includes(kind) && may("run") && <Acknowledge of={x} />}
                        </NeedRow>
                      ))}
                    </ul>
                  </section>
                );
              })}
            </div>
          );
        }}
      </Loaded>
    </>
  );
}

/** The most urgent of it, on the home page. */
export function NeedsCard() {
  const { t } = useTranslation();
  const asked = useNeeds();
  if (!asked.data?.total) return null;
  return (
    <section className="card" aria-labelledby="needs">
      <h2 className="need-head" id="needs">
        <IconBellRinging size={16} style={{ verticalAlign: -3 }} />{" "}
        <Link to="/needs" className="strong-link">
          {t("nav.needs")} ({asked.data.total})
        </Link>
      </h2>
      <ul className="needs">
        {asked.data.items.slice(0, 4).map((x) => (
          <NeedRow key={JSON.stringify([x.kind, x.dag_id, x.run_id, x.task_id, x.map_index, x.name, x.id])} of={x} />
        ))}
      </ul>
      {asked.data.total > 4 && (
        <Text p="sm" pt={0} fz={13}>
          <Link to="/needs">{t("need.all", { n: asked.data.total })}</Link>
        </Text>
      )}
    </section>
  );
}
