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
    await dialog().getByText("Changes 1 task instances").waitFor();
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
    await trigger("waits", "held");
    const holder = async () => api("GET", "/api/v2/dags/waits/dagRuns/held/taskInstances/holder");
    await until("it runs", async () => (await holder()).state === "running");
    await go("/dags/waits/runs/held/tasks/holder");
    await button("Clear").click();
    await dialog().getByText(/1 of these are running/).waitFor();
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
}
