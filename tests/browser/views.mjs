// The part of the walk (walk.mjs) around what pages of before have shown: clears with choices, many DAGs at once, addresses that are none,
// what started a run, deadlines, overviews, views of plugins.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export function views(w) {
  const { step, button, link, until, look, seen, api, go, trigger, ended } = w;
  const { BASE, DAGS } = process.env;
  const dialog = () => w.page.getByRole("dialog");
  const box = (name) => w.page.getByRole("checkbox", { name, exact: true });
  const chosen = (n) => w.page.getByRole("group", { name: `${n} selected` });
  const table = (name) => w.page.getByRole("table", { name, exact: true });

  step("clear: only new tasks; nothing that runs, unless it is wanted", async () => {
    await trigger("grows", "old");
    await ended("grows", "old", "success");
    const file = join(DAGS, "views.py");
    const versions = async () => (await api("GET", "/api/v2/dags/grows/dagVersions")).total_entries;
    const before = await versions();
    writeFileSync(file, readFileSync(file, "utf8").replace("# one more task", 'BashOperator(task_id="added", bash_command="echo new")'));
    await until("a new version", async () => (await versions()) > before);
    await go("/dags/grows/runs/old");
    await button("Clear").click();
    await dialog().getByRole("checkbox", { name: "Only new tasks" }).check();
    await dialog().getByText("Changes 1 task instance").waitFor();
    await dialog().getByRole("table", { name: "What will change" }).getByRole("row", { name: /added.*new task/ }).waitFor();
    await look("clear-new");
    await dialog().getByRole("button", { name: "Clear", exact: true }).click();
    const ti = async (task) => api("GET", `/api/v2/dags/grows/dagRuns/old/taskInstances/${task}`);
    await until("the new task ran", async () => {
      const r = await api("GET", "/api/v2/dags/grows/dagRuns/old/taskInstances");
      return r.task_instances.some((x) => x.task_id === "added" && x.state === "success");
    });
    await ended("grows", "old", "success");
    assert.equal((await ti("make")).try_number, 1, "what the run had did not run again");
    const [version] = (await api("GET", "/api/v2/dags/grows/dagRuns/old")).dag_versions;
    await go(`/dags/grows/runs?version=${version.version_number}`);
    await link("old").waitFor();
    await w.page.getByRole("searchbox", { name: "Version" }).fill("99");
    await seen("No runs found");
    await trigger("waits", "held");
    const holder = async () =>
      (await api("GET", "/api/v2/dags/waits/dagRuns/held/taskInstances")).task_instances.find((x) => x.task_id === "holder");
    await until("it runs", async () => (await holder())?.state === "running");
    await go("/dags/waits/runs/held/tasks/holder");
    await button("Clear").click();
    await dialog().getByText(/One of these is running/).waitFor();
    assert.ok(await dialog().getByRole("button", { name: "Clear", exact: true }).isDisabled());
    await look("clear-running");
    await dialog().getByRole("checkbox", { name: "Only if none is running" }).uncheck();
    await dialog().getByRole("button", { name: "Clear", exact: true }).click();
    await until("it runs again", async () => (await holder()).try_number === 2);
    await api("PATCH", "/api/v2/dags/waits/dagRuns/held", { state: "failed" });
  });

  step("many DAGs: all that match, beyond the page, are paused; and active again", async () => {
    const paused = async (id) => (await api("GET", `/api/v2/dags/${id}`)).is_paused;
    await go("/dags?tag=sales&limit=1");
    await box("Select all on this page").check();
    await chosen(1).getByRole("button", { name: "Select all 2 that match" }).click();
    await chosen(2).getByRole("button", { name: "Pause selected" }).click();
    await dialog().getByRole("table", { name: "What will change" }).getByText("reader").waitFor();
    await look("bulk-pause");
    await dialog().getByRole("button", { name: "Pause", exact: true }).click();
    await seen("2 DAGs are paused");
    await until("paused", async () => (await paused("shop")) && (await paused("reader")));
    assert.equal(await paused("fails"), false);
    await button("Undo").click();
    await until("active", async () => !(await paused("shop")) && !(await paused("reader")));
    await go("/dags?tag=sales");
    await box("Select shop").check();
    await chosen(1).getByRole("button", { name: "Activate selected" }).click();
    assert.ok(await dialog().getByRole("button", { name: "Activate", exact: true }).isDisabled(), "it is active already");
    await w.page.keyboard.press("Escape");
  });

  step("an address that is none; text that is not ASCII; pools deleted together", async () => {
    const lost = await go("/no/such/page");
    assert.equal(lost.status(), 404);
    await w.page.getByRole("heading", { name: "That is not here" }).waitFor();
    await seen(/No page has this address/);
    assert.deepEqual(await (await fetch(`${BASE}/no/such/page`)).json(), { detail: "Not Found" });
    await api("POST", "/api/v2/variables", { key: "in_korean", value: '{"도시": "서울 \\u00e9"}' });
    await api("PATCH", "/api/v2/variables", { actions: [{ action: "create", entities: [{ key: "in_json", value: { 이름: "바람" } }] }] });
    await go("/variables?q=in_");
    await table("Variables").getByRole("row", { name: /in_json.*"이름": "바람"/ }).waitFor();
    await table("Variables").getByRole("row", { name: /in_korean.*서울 é/ }).waitFor();
    for (const name of ["in_korean", "in_json"]) await api("DELETE", `/api/v2/variables/${name}`);
    for (const name of ["spare_1", "spare_2"]) await api("POST", "/api/v2/pools", { name, slots: 1 });
    await go("/pools");
    await box("Select spare_1").check();
    await box("Select spare_2").check();
    await chosen(2).getByRole("button", { name: "Delete selected" }).click();
    await dialog().getByRole("button", { name: "Delete", exact: true }).click();
    await until("gone", async () => (await table("Pools").getByRole("row", { name: /spare_/ }).count()) === 0);
    await table("Pools").getByRole("row", { name: /default_pool/ }).waitFor();
  });

  step("what started a run and what it made; its deadline, missed, and who needs to know", async () => {
    await trigger("makes", "late");
    await until("the other run", async () => (await api("GET", "/api/v2/dags/takes/dagRuns")).total_entries > 0);
    const [taken] = (await api("GET", "/api/v2/dags/takes/dagRuns")).dag_runs;
    await go("/dags/makes/runs/late");
    await link("Asset events").click();
    await table("Asset events that it has made").getByRole("link", { name: "goods" }).waitFor();
    await w.page.getByText("No asset event has started it").waitFor();
    await look("run-assets");
    await table("Asset events that it has made").getByRole("link", { name: "takes" }).click();
    await w.page.waitForURL((u) => decodeURIComponent(u.pathname) === `/dags/takes/runs/${taken.dag_run_id}`);
    await w.page.getByRole("heading", { name: taken.dag_run_id }).waitFor();
    await link("Asset events").click();
    await table("Asset events that have started it").getByRole("link", { name: "makes · build" }).click();
    await w.page.waitForURL(/\/dags\/makes\/runs\/late\/tasks\/build/);
    await w.page.getByRole("heading", { name: "build" }).waitFor();
    await link("Asset events").click();
    await table("Asset events that it has made").getByRole("link", { name: "takes" }).waitFor();
    await go(`/dags/takes/runs/${encodeURIComponent(taken.dag_run_id)}/tasks/look?view=assets`);
    await w.page.getByRole("region", { name: "Assets that it reads" }).getByRole("link", { name: "goods" }).waitFor();
    await go("/dags/makes/runs/late");
    await link("Deadline “at once”: Missed", false).click();
    await table("Deadlines").getByRole("row", { name: /Missed .*at once/ }).waitFor();
    await seen(/1(\.0)? s after the run was queued/);
    await go("/deadlines?missed=true");
    await table("Deadlines").getByRole("link", { name: "late" }).waitFor();
    await look("deadlines");
    await w.page.getByRole("combobox", { name: "State of the deadline" }).click();
    await w.page.getByRole("option", { name: "To come" }).click();
    await seen("No deadlines");
    await go("/needs");
    const missed = w.page.getByRole("region", { name: /Missed deadlines/ });
    await missed.getByText("A run of makes has missed the deadline “at once”").waitFor();
    await look("needs-deadline");
    await missed.getByRole("button", { name: "I saw it: makes" }).click();
    await until("it is seen to", async () => (await missed.count()) === 0);
  });

  step("a DAG and a task at a glance: numbers, durations, what failed and the end of its log", async () => {
    await trigger("fails", "glance");
    await ended("fails", "glance", "failed");
    await go("/dags/fails");
    await link("Overview").click();
    await w.page.getByRole("link", { name: /\d+ runs failed/ }).waitFor();
    await w.page.getByRole("group", { name: "Recent runs" }).getByRole("link", { name: /Failed/ }).first().waitFor();
    const of = w.page.getByRole("region", { name: "Latest failures" });
    await of.getByRole("button", { name: "End of its log: bad glance" }).click();
    await of.getByText(/(about|certain) to fail/).first().waitFor();
    await look("overview");
    await w.page.getByRole("link", { name: /\d+ tasks failed/ }).click();
    await w.page.waitForURL(/\/task_instances\?dag=fails&state=failed/);
    await table("Task instances").getByRole("link", { name: "glance" }).waitFor();
    await go("/dags/fails/tasks/bad");
    await w.page.getByRole("group", { name: "Recent instances" }).getByRole("link", { name: /Failed/ }).first().waitFor();
    await w.page.getByRole("region", { name: "Latest failures" }).getByRole("link", { name: "glance" }).waitFor();
    await look("task-overview");
    await go("/dags/makes/overview");
    await w.page.getByRole("region", { name: "What runs are held to" }).getByText("at once").waitFor();
    await table("Latest asset events that it has made").getByRole("link", { name: "goods" }).first().waitFor();
    await go("/dags/grows/tasks/make");
    const doc = w.page.getByRole("region", { name: "Documentation" });
    await doc.getByText("one", { exact: true }).waitFor();
    assert.equal(await doc.getByRole("link", { name: "why" }).getAttribute("href"), "https://example.org/why");
  });

  step("a group of tasks in a run, from the grid: its instances, to be cleared or marked together", async () => {
    await go("/dags/shop");
    await w.page.getByRole("gridcell", { name: /^clean, .*Success/ }).first().click();
    await w.page.waitForURL(/\/runs\/.*\?group=clean$/);
    await until("its two", async () => (await table("Task instances").getByRole("row").count()) === 3);
    await box("Select all on this page").check();
    await chosen(2).getByRole("button", { name: "Clear selected" }).waitFor();
    await look("group");
    await button("Group clean: Show all groups").click();
    await until("all", async () => (await table("Task instances").getByRole("row").count()) > 3);
  });

  step("what plugins show: in the menu, beside a DAG, a run and an instance; what is not served is said", async () => {
    const main = w.page.getByRole("navigation", { name: "Main" });
    const framed = (name) => w.page.frameLocator(`iframe[title="${name}"]`);
    await go("/dags/grows");
    await main.getByRole("link", { name: "Handbook" }).click();
    await w.page.waitForURL(/\/plugin\/handbook$/);
    await framed("Handbook").getByText("told of /handbook").waitFor();
    await w.page.getByRole("heading", { name: "Handbook" }).waitFor();
    await look("plugin-view");
    assert.match(await main.getByRole("link", { name: "Far away" }).getAttribute("href"), /\/far$/);
    assert.equal(await main.getByRole("link", { name: "Old link" }).getAttribute("target"), "_blank");
    await go("/dags/grows");
    await link("Costs").click();
    await framed("Costs").getByText("told of /costs?dag=grows").waitFor();
    await go("/dags/grows/runs/old");
    await link("Lineage").click();
    await framed("Lineage").getByText("told of /of/grows/old").waitFor();
    await go("/dags/grows/runs/old/tasks/make");
    await link("Trace").click();
    await framed("Trace").getByText("told of /of/make").waitFor();
    await go("/plugin/nothing");
    await seen("No plugin shows this");
    await go("/plugins");
    await seen(/Not served here: shown \(fastapi_apps\)/);
    await w.page.getByRole("link", { name: "Handbook" }).last().waitFor();
  });
}
