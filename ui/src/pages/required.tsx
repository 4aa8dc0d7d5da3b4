import { Badge, Button, Group, MultiSelect, SegmentedControl, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "react-router";
import { type Page, type ParamSpec, seg, send, type Ti } from "../api";
import { nameOf } from "../i18n";
import { IconHandStop } from "../icons";
import { useGet } from "../live";
import { Empty, failed, Loaded, PageHead, told, useTitle } from "../parts/bits";
import { Markdown } from "../parts/markdown";
import { ParamField } from "../parts/params";
import { tiPath } from "../parts/paths";
import { StateMark } from "../parts/state";
import { Value } from "../parts/value";
import { When } from "../time";

interface Detail {
  options: string[];
  subject: string;
  body: string | null;
  defaults: string[] | null;
  multiple: boolean;
  params: Record<string, unknown>;
  params_input: Record<string, unknown>;
  created_at: string;
  responded_at: string | null;
  responded_by_user: { id: string; name: string } | null;
  response_received: boolean;
  chosen_options: string[] | null;
  task_instance: Ti;
}
function spec(value: unknown): ParamSpec {
  return value !== null && typeof value === "object" && "schema" in value
    ? (value as ParamSpec)
    : { value, schema: {}, description: null };
}

const approval = ["Approve", "Reject"];
/** What an ApprovalOperator offers has words in each language; what a DAG's author has written stays. */
const called = (of: Detail, option: string) => (of.options.every((o) => approval.includes(o)) ? nameOf(option) : option);

function Ask({ of }: { of: Detail }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const specs = Object.entries(of.params ?? {}).map(([k, v]) => [k, spec(v)] as const);
  const [values, setValues] = useState<Record<string, unknown>>(() =>
    Object.fromEntries(specs.map(([k, p]) => [k, p.value ?? null])),
  );
  const [chosen, setChosen] = useState<string[]>(of.defaults ?? []);
  const [busy, setBusy] = useState(false);
  const ti = of.task_instance;
  const answer = async (options: string[]) => {
    setBusy(true);
    try {
      await send(
        "PATCH",
        `/api/v2/dags/${seg(ti.dag_id)}/dagRuns/${seg(ti.dag_run_id)}/taskInstances/${seg(ti.task_id)}/${ti.map_index}/hitlDetails`,
        {},
        { chosen_options: options, params_input: values },
      );
      await client.invalidateQueries({
        predicate: (q) => String(q.queryKey[0]).includes("hitlDetails") || String(q.queryKey[0]).includes("taskInstances"),
      });
      told(t("required.answered"));
    } catch (e) {
      failed(e);
      setBusy(false);
    }
  };
  return (
    <section className="card tile" aria-label={of.subject}>
      <Group justify="space-between" mb={4}>
        <Text fw={600}>{of.subject}</Text>
        <Group gap={8} fz={13}>
          <StateMark state={ti.state} />
          <When at={of.created_at} relative />
        </Group>
      </Group>
      <Text fz={13} c="dimmed" mb="xs">
        <Link to={tiPath(ti)}>
          {ti.dag_display_name} · {ti.task_id}
        </Link>
      </Text>
      {of.body && <Markdown text={of.body} />}
      {of.response_received ? (
        <Group gap={8} mt="xs">
          {of.chosen_options?.map((o) => (
            <Badge key={o} variant="light" tt="none">
              {called(of, o)}
            </Badge>
          ))}
          <Text fz={13} c="dimmed">
            {of.responded_by_user?.name} <When at={of.responded_at} relative />
          </Text>
          {Object.keys(of.params_input ?? {}).length > 0 && <Value of={of.params_input} />}
        </Group>
      ) : (
        <div className="form" style={{ marginTop: 10, maxWidth: 560 }}>
          {specs.map(([name, p]) => (
            <ParamField
              key={name}
              name={name}
              spec={p}
              value={values[name]}
              onChange={(v) => setValues((b) => ({ ...b, [name]: v }))}
            />
          ))}
          {of.multiple ? (
            <Group align="flex-end">
              <MultiSelect
                flex={1}
                label={t("required.options")}
                data={of.options}
                value={chosen}
                onChange={setChosen}
                clearButtonProps={{ "aria-label": t("clearFilter") }}
              />
              <Button onClick={() => answer(chosen)} disabled={!chosen.length} loading={busy}>
                {t("required.answer")}
              </Button>
            </Group>
          ) : (
            <Group gap="xs">
              {of.options.map((o) => (
                <Button
                  key={o}
                  variant={of.defaults?.includes(o) || (!of.defaults && /^(approve|ok|yes)$/i.test(o)) ? "filled" : "default"}
                  onClick={() => answer([o])}
                  loading={busy}
                  title={called(of, o) === o ? undefined : o}
                >
                  {called(of, o)}
                </Button>
              ))}
            </Group>
          )}
        </div>
      )}
    </section>
  );
}

export function Component() {
  const { t } = useTranslation();
  useTitle(t("nav.required"));
  const [search, setSearch] = useSearchParams();
  const done = search.get("done") === "yes";
  const asked = useGet<{ hitl_details: Detail[] } & Page>(
    "/api/v2/dags/~/dagRuns/~/hitlDetails",
    { response_received: done, limit: 50, order_by: "-created_at" },
    { every: 3000 },
  );
  return (
    <>
      <PageHead title={t("nav.required")}>
        <SegmentedControl
          size="xs"
          aria-label={t("required.show")}
          value={done ? "yes" : "no"}
          onChange={(v) => setSearch(v === "yes" ? { done: "yes" } : {}, { replace: true })}
          data={[
            { value: "no", label: t("required.open") },
            { value: "yes", label: t("required.done") },
          ]}
        />
      </PageHead>
      <Loaded of={asked}>
        {(r) =>
          r.hitl_details.length === 0 ? (
            <div className="card">
              <Empty icon={<IconHandStop size={30} />} title={t("required.none")}>
                {t("required.noneHint")}
              </Empty>
            </div>
          ) : (
            <div className="stack">
              {r.hitl_details.map((d) => (
                <Ask key={d.task_instance.id} of={d} />
              ))}
            </div>
          )
        }
      </Loaded>
    </>
  );
}
