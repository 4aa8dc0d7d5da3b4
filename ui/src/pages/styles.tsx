import { ActionIcon, Alert, Badge, Button, Checkbox, Group, SegmentedControl, Select, Switch, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { ApiError } from "../api";
import { IconPencil, IconRocket } from "../icons";
import { Empty, Facts, PageHead, Trouble, useTitle } from "../parts/bits";
import { Markdown } from "../parts/markdown";
import { StateMark, states } from "../parts/state";
import { Value } from "../parts/value";
import { When } from "../time";

/** Every part in one place, to be looked at in both themes. */
export function Component() {
  const { t } = useTranslation();
  useTitle(t("styles.title"));
  return (
    <>
      <PageHead title={t("styles.title")} crumbs={[{ label: "Tradewind", to: "/" }]}>
        <StateMark state="running" />
      </PageHead>
      <div className="stack">
        <div className="card tile">
          <Group gap="lg">
            {states.map((s) => (
              <StateMark key={s} state={s} />
            ))}
          </Group>
          <Group gap={4} mt="sm">
            {states.map((s) => (
              <StateMark key={s} state={s} bare size={22} />
            ))}
          </Group>
        </div>
        <div className="card tile">
          <Group>
            <Button>{t("trigger")}</Button>
            <Button variant="default">{t("cancel")}</Button>
            <Button variant="light">{t("save")}</Button>
            <Button color="red">{t("delete")}</Button>
            <ActionIcon aria-label={t("edit.of", { name: "x" })} variant="subtle" color="gray">
              <IconPencil size={16} />
            </ActionIcon>
            <Badge variant="light" tt="none">
              v2
            </Badge>
            <Switch label={t("dag.active", { name: "x" })} />
            <Checkbox label={t("act.downstream")} />
            <SegmentedControl size="xs" data={["a", "b"]} aria-label="a, b" />
            <TextInput size="xs" aria-label={t("dag.search")} placeholder={t("dag.search")} />
            <Select size="xs" aria-label={t("run.type")} placeholder={t("run.type")} data={["x"]} />
            <When at="2026-01-31T09:00:00Z" />
          </Group>
        </div>
        <Trouble error={new ApiError(404, "The Dag with ID: `x` was not found")} />
        <Trouble error={new ApiError(403, "Forbidden")} />
        <Trouble error={new Error("fetch")} />
        <Alert color="blue">{t("act.runFailed")}</Alert>
        <div className="card">
          <Empty icon={<IconRocket size={30} />} title={t("home.welcome")}>
            {t("home.welcomeHint")}
          </Empty>
        </div>
        <div className="card tile">
          <Facts
            of={[
              ["text", "value"],
              ["nothing", null],
              ["JSON", <Value key="j" of={{ a: [1, 2, { b: null }] }} />],
            ]}
          />
        </div>
        <div className="card tile">
          <Markdown
            text={
              "## Title\nSome **bold**, *italic* and `code`, [a link](https://example.org).\n\n- one\n- two\n\n> quoted\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```\nblock\n```"
            }
          />
        </div>
      </div>
    </>
  );
}
