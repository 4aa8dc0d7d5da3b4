// Walks through the pages as a person does: finds things by role, label and text; says in TAP how it went.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { launch, unfit as unfitNow } from "./browser.mjs";
import { house } from "./house.mjs";
import { office } from "./office.mjs";
import { keys } from "./keys.mjs";
import { runs } from "./runs.mjs";
import { touch } from "./touch.mjs";
import { views } from "./views.mjs";

const { BASE, GUARDED, DAGS, ONLY = "", SHOTS } = process.env;

const browser = await launch();
const errors = [];
const unfit = [];

/** A window of its own. */
async function window_(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1360, height: 860 }, locale: "en-US", timezoneId: "Asia/Seoul", ...options });
  context.setDefaultTimeout(Number(process.env.PATIENCE ?? 20_000));
  const page = await context.newPage();
  page.on("pageerror", (e) => errors.push(`${page.url()}: ${e.message}`));
  page.on("console", (m) => {
    if (/Content Security Policy|violates/.test(m.text())) errors.push(`${page.url()}: ${m.text()}`);
  });
  return page;
}
let page = await window_();
const go = (path) => page.goto(BASE + path);
const button = (name, exact = true) => page.getByRole("button", { name, exact });
const link = (name, exact = true) => page.getByRole("link", { name, exact });
const seen = (text) => page.getByText(text).filter({ visible: true }).first().waitFor();
const api = async (method, path, body) => {
  const r = await fetch(BASE + path, { method, headers: { "Content-Type": "application/json" }, ...(body ? { body: JSON.stringify(body) } : {}) });
  const text = await r.text();
  assert.ok(r.ok, `${method} ${path}: ${r.status} ${text}`);
  return text ? JSON.parse(text) : null;
};
const trigger = (dag, id) => api("POST", `/api/v2/dags/${dag}/dagRuns`, { logical_date: null, dag_run_id: id });
async function until(what, check, ms = 60_000) {
  const end = Date.now() + ms;
  for (;;) {
    if (await check()) return;
    assert.ok(Date.now() < end, `${what} does not come`);
    await new Promise((r) => setTimeout(r, 100));
  }
}
const ended = (dag, id, state) => until(`${dag} ${id} ${state}`, async () => (await api("GET", `/api/v2/dags/${dag}/dagRuns/${id}`)).state === state);

/** axe, and a picture for whoever wants to look. */
async function look(name) {
  await page.waitForTimeout(250);
  if (SHOTS) await page.screenshot({ path: join(SHOTS, `${name}.png`) });
  for (const f of await unfitNow(page)) unfit.push(`${name}: ${f}`);
}

const steps = [];
const step = (name, fn) => steps.push([name, fn]);

step("a run to look at", async () => {
  await api("POST", "/api/v2/dags/shop/dagRuns", { logical_date: "2026-01-01T00:00:00Z", dag_run_id: "first", conf: { country: "de" } });
  await ended("shop", "first", "success");
});

step("home: health, import errors, pools; every number leads somewhere", async () => {
  await go("/");
  await page.getByRole("heading", { name: "Home" }).waitFor();
  await page.getByRole("region", { name: "Health" }).getByText("Scheduler").waitFor();
  await until("healthy", async () => (await page.getByText("healthy", { exact: true }).count()) >= 3);
  await seen("broken.py");
  await look("home");
  await page.getByRole("region", { name: /Import errors/ }).getByRole("link", { name: "broken.py" }).click();
  await seen(/No module named 'no_such_module_at_all'/);
  await look("import-errors");
});

step("DAG list: search, tags, pause, favourite", async () => {
  await go("/dags");
  await link("shop").waitFor();
  await look("dags");
  await page.getByRole("searchbox", { name: "Search DAGs" }).fill("fail");
  await until("only one", async () => (await page.getByRole("row").count()) === 2);
  assert.match(page.url(), /q=fail/);
  await page.getByRole("searchbox", { name: "Search DAGs" }).fill("no such dag");
  await seen("No DAG fits these filters");
  await button("Clear filters").click();
  await link("shop").waitFor();
  const active = page.getByRole("switch", { name: "reader is active" });
  await active.press("Space");
  await until("paused", async () => (await api("GET", "/api/v2/dags/reader")).is_paused && !(await active.isChecked()));
  await active.press("Space");
  await until("active", async () => !(await api("GET", "/api/v2/dags/reader")).is_paused);
  await button("fails is a favourite").click();
  await page.getByText("Favourites", { exact: true }).click();
  await until("favourites only", async () => (await page.getByRole("row").count()) === 2);
  await page.getByText("All", { exact: true }).click();
  await page.getByRole("combobox", { name: "Import errors, warnings" }).click();
  await page.getByRole("option", { name: "With warnings (0)" }).click();
  await seen("No DAG fits these filters");
  assert.match(page.url(), /trouble=warnings/);
});

step("trigger with params, and watch it run without touching the page", async () => {
  await go("/dags/shop");
  await button("Trigger").click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Country").click();
  await page.getByRole("option", { name: "de" }).click();
  await dialog.getByLabel("limit").fill("42");
  await dialog.getByRole("switch", { name: "full" }).click();
  await look("trigger");
  await dialog.getByRole("button", { name: "Trigger", exact: true }).click();
  await page.waitForURL(/\/runs\/manual__/);
  await page.getByRole("main").getByText("Success", { exact: true }).first().waitFor();
  await until("the run's end on the page", async () => (await page.locator(".page-head").getByText("Success").count()) === 1);
  const id = decodeURIComponent(page.url().split("/runs/")[1]);
  const run = await api("GET", `/api/v2/dags/shop/dagRuns/${encodeURIComponent(id)}`);
  assert.deepEqual(run.conf, { country: "de", limit: 42, full: true, since: "2026-01-01" });
  await look("run");
  await link("Details").click();
  await seen('"country": "de"');
  await look("run-details");
  await link("Gantt").click();
  await page.getByRole("table", { name: "Gantt" }).getByText("publish").waitFor();
  await look("run-gantt");
});

step("a change shows within a moment, without polling", async () => {
  await go("/dags/fails");
  await seen("Live");
  await seen("No runs yet");
  await look("no-runs");
  const began = Date.now();
  await trigger("fails", "live");
  await page.getByRole("columnheader", { name: /Running|Queued|Failed/ }).first().waitFor();
  assert.ok(Date.now() - began < 2000, `it took ${Date.now() - began} ms`);
  await ended("fails", "live", "failed");
  await page.getByRole("gridcell", { name: /^bad, .*Failed/ }).waitFor();
});

step("nothing is asked while nothing happens", async () => {
  for (const path of ["/", "/dags/shop", "/dags/shop/graph", "/dags/shop/runs/first"]) {
    await go(path);
    await seen("Live");
    await until("content", async () => (await page.getByRole("status", { name: "Loading" }).count()) === 0);
    const asked = [];
    const note = (r) => asked.push(r.url().replace(BASE, ""));
    let quiet = Date.now();
    page.on("request", () => (quiet = Date.now()));
    await until(`${path} at rest`, async () => Date.now() - quiet > 3000);
    page.on("request", note);
    await page.waitForTimeout(5000);
    page.off("request", note);
    assert.deepEqual(asked, [], `${path} polls`);
  }
});

step("grid by keyboard alone", async () => {
  await go("/dags/shop");
  const grid = page.getByRole("grid", { name: "Grid" });
  await grid.waitFor();
  await page.getByRole("gridcell", { name: /^fetch, .*Success/ }).first().waitFor();
  await look("grid");
  await grid.focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Home");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/tasks\/fetch/);
  await page.getByRole("log").waitFor();
});

step("logs: colours, search, a link to a line, download; what was rendered", async () => {
  await go("/dags/shop/runs/first/tasks/fetch");
  await seen("red words");
  assert.equal(await page.locator(".ansi-red").first().textContent(), "red words");
  await page.getByRole("searchbox", { name: "Search the log" }).fill("row 150 of de");
  await seen("1 / 1");
  await page.keyboard.press("Enter");
  await seen("row 150 of de");
  await look("logs");
  await page.getByRole("log").getByText("row 150 of de").locator("xpath=ancestor::div[1]").getByRole("link").click();
  assert.match(page.url(), /line=\d+/);
  const line = page.url().match(/line=(\d+)/)[1];
  await page.reload();
  await page.getByRole("link", { name: line, exact: true }).waitFor();
  await seen("row 150 of de");
  const [file] = await Promise.all([page.waitForEvent("download"), link("Download").click()]);
  assert.match(file.suggestedFilename(), /fetch-1\.log$/);
  assert.match(readFileSync(await file.path(), "utf8"), /INFO - row 150 of de\n/);
  await link("Rendered").click();
  await seen(/echo row \$i of de/);
  await look("rendered");
  await link("Details").click();
  await seen("default_pool (1)");
  await look("ti-details");
});

step("mapped instances: a list, and each by itself", async () => {
  await go("/dags/shop");
  await page.getByRole("gridcell", { name: /^score, .*Success 3/ }).first().click();
  await seen("3 mapped instances");
  await look("mapped");
  await link("2").click();
  await seen(/scoring 3/);
  await link("XCom").click();
  await page.getByRole("cell", { name: "6", exact: true }).waitFor();
  await look("xcom");
});

step("graph: states, labels, groups that fold, a task to open", async () => {
  await go("/dags/shop/graph");
  await page.getByRole("link", { name: /^fetch Success/ }).waitFor();
  await seen("raw rows");
  await look("graph");
  // Far away and pressed by the mouse it stays where it is; "Show all" brings it back.
  const picture = page.locator(".react-flow");
  const view = () => page.evaluate(() => document.querySelector(".react-flow__viewport").style.transform);
  const room = await picture.boundingBox();
  await page.mouse.move(room.x + room.width / 2, room.y + room.height - 60);
  const near = await view();
  for (let i = 0; i < 10; i++) await page.mouse.wheel(0, 200);
  await until("far away", async () => Number((await view()).match(/scale\((.*)\)/)[1]) < 0.3);
  await page.waitForTimeout(300);
  const far = await view();
  await page.mouse.down();
  await page.mouse.up();
  await page.waitForTimeout(100);
  assert.equal(await view(), far);
  assert.equal(await page.evaluate(() => document.activeElement.tagName), "DIV");
  await button("Show all").click();
  await until("all in sight", async () => (await view()) === near);
  await button("Fold all groups").click();
  await until("folded", async () => (await page.getByRole("link", { name: /^dedupe/ }).count()) === 0);
  await page.getByRole("button", { name: /^clean/ }).click();
  await page.getByRole("link", { name: /^dedupe Success/ }).click();
  await page.waitForURL(/tasks\/clean\.dedupe/);
});

step("failed: why, both attempts, clear with a preview, mark with a preview", async () => {
  await go("/dags/fails/runs/live/tasks/bad");
  await seen(/Bash command failed/);
  await page.getByRole("radiogroup", { name: "Attempt" }).getByText("Attempt 1", { exact: true }).click();
  await seen("about to fail");
  await look("failed");
  await link("Tries").click();
  await page.getByRole("table", { name: "Tries" }).getByRole("row").nth(2).waitFor();
  await look("tries");
  await button("Clear").click();
  await seen("Changes 2 task instances");
  await look("clear");
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Downstream", { exact: true }).click();
  await seen("Changes 1 task instance");
  await dialog.getByRole("button", { name: "Clear", exact: true }).click();
  await until("cleared", async () => (await api("GET", "/api/v2/dags/fails/dagRuns/live/taskInstances/bad")).try_number > 2);
  await ended("fails", "live", "failed");
  await button("Mark as").click();
  await page.getByRole("menuitem", { name: "Success" }).click();
  await seen("Changes 1 task instance");
  await page.getByRole("dialog").getByRole("button", { name: "Mark", exact: true }).click();
  await until("marked", async () => (await api("GET", "/api/v2/dags/fails/dagRuns/live/taskInstances/bad")).state === "success");
  await page.locator(".page-head").getByText("Success").waitFor();
});

step("why it does not run; a log as it is written", async () => {
  await trigger("waits", "one");
  await until("held", async () => (await api("GET", "/api/v2/dags/waits/dagRuns/one/taskInstances")).task_instances.some((x) => x.state === "running"));
  await go("/dags/waits/runs/one/tasks/starved");
  await page.getByRole("list", { name: "Why it waits" }).getByText(/pool.*narrow|narrow.*pool/i).waitFor();
  await look("why");
  await page.locator("main").getByRole("link", { name: "narrow" }).click();
  await page.getByRole("cell", { name: "narrow", exact: true }).waitFor();
  await until("that pool alone", async () => (await page.getByRole("cell", { name: "default_pool", exact: true }).count()) === 0);
  await go("/dags/waits/runs/one/tasks/holder");
  await seen(/^tick \d+$/);
  const last = async () => Math.max(...(await page.getByText(/^tick \d+$/).allTextContents()).map((x) => Number(x.slice(5))));
  const before = await last();
  await until("more lines", async () => (await last()) > before + 2);
  await go("/dags/waits/runs/one");
  await button("Mark as").click();
  await page.getByRole("menuitem", { name: "Failed" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Mark", exact: true }).click();
  await ended("waits", "one", "failed");
  await page.locator(".page-head").getByText("Failed").waitFor();
});

step("notes", async () => {
  await go("/dags/fails/runs/live");
  await button("Add a note").click();
  await page.getByRole("textbox", { name: "Note" }).fill("looked at it, the disk was full");
  await button("Save").click();
  await until("noted", async () => (await api("GET", "/api/v2/dags/fails/dagRuns/live")).note === "looked at it, the disk was full");
  await seen("looked at it, the disk was full");
});

step("a log of 300,000 lines: opens at its end; scrolls, is searched, linked and filtered with little of it loaded", async () => {
  await trigger("shop", "long");
  await ended("shop", "long", "success");
  const at = "/dags/shop/dagRuns/long/taskInstances/fetch/logs/1";
  const [, source] = (await api("GET", `/api/v2${at}`)).content;
  const N = 300_000;
  const one = (i) => `{"timestamp":"2026-01-01T00:00:00.${String(i).padStart(6, "0")}Z","level":"${i % 1000 ? "info" : "error"}","event":"line ${i} of a long log, which is as long as lines are","logger":"task"}\n`;
  writeFileSync(source.event, Array.from({ length: N }, (_, i) => one(i)).join(""));
  const log = page.getByRole("log");
  const began = Date.now();
  await go("/dags/shop/runs/long/tasks/fetch");
  await log.getByText(`line ${N - 1} of`).waitFor();
  console.log(`# the last line of ${N} after ${Date.now() - began} ms`);
  await seen(/of 300,002 lines/);
  await look("log-long");
  await log.focus();
  await page.keyboard.press("Home");
  await log.getByText("line 0 of").waitFor();
  await page.keyboard.press("PageDown");
  await until("further down", async () => (await log.getByText("line 0 of").count()) === 0 || (await log.evaluate((e) => e.scrollTop)) > 0);
  // The middle, by the slider's keys.
  await page.getByRole("slider", { name: "Place in the log" }).focus();
  await page.keyboard.press("End");
  await log.getByText(`line ${N - 1} of`).waitFor();
  await page.getByRole("searchbox", { name: "Search the log" }).fill("LINE 123456 of");
  await seen("1 / 1");
  await page.keyboard.press("Enter");
  await log.getByText("line 123456 of").waitFor();
  await log.getByText("line 123456 of").locator("xpath=ancestor::div[1]").getByRole("link").click();
  await page.waitForURL(/line=123459/);
  // A link is only a place: what was not loaded before can still be looked at.
  await page.getByRole("searchbox", { name: "Search the log" }).fill("line 23456");
  await seen("1 / 11");
  await page.keyboard.press("Enter");
  await log.getByText("line 234560 of").waitFor();
  await page.reload();
  await log.getByText("line 123456 of").waitFor();
  await until("marked", async () => /line 123456 of/.test(await log.locator(".marked").textContent()));
  await page.getByRole("combobox", { name: "Levels" }).click();
  await page.getByRole("option", { name: "error" }).click();
  await page.keyboard.press("Escape");
  await log.getByText("line 299000 of").or(log.getByText("line 1000 of")).first().waitFor();
  assert.equal(await log.getByText("line 123456 of").count(), 0);
  const kept = await page.evaluate(() => document.querySelectorAll(".log-line").length);
  assert.ok(kept < 200, `${kept} lines are in the page`);
  await api("DELETE", "/api/v2/dags/shop/dagRuns/long");
});

step("code, versions and their difference", async () => {
  await go("/dags/shop/code");
  await seen("Takes out what is odd");
  const [source] = await Promise.all([page.waitForEvent("download"), button("Download").click()]);
  assert.match(source.suggestedFilename(), /^shop\.v\d+\.py$/);
  assert.match(readFileSync(await source.path(), "utf8"), /Takes out what is odd/);
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await button("Copy").click();
  await button("Copied").waitFor();
  assert.match(await page.evaluate(() => navigator.clipboard.readText()), /Takes out what is odd/);
  await look("code");
  await link("Details").click();
  await page.getByRole("heading", { name: "Shop" }).waitFor();
  await seen("Orders of the day");
  await look("details");
  await link("Tasks").click();
  await page.getByRole("cell", { name: "clean.check" }).first().waitFor();
  await look("tasks");
  await page.getByRole("searchbox", { name: "Search tasks" }).fill("dedup");
  await until("that task alone", async () => (await page.getByRole("row").count()) === 2);
  await link("Calendar").click();
  await page.getByRole("button", { name: /Success \d/ }).first().waitFor();
  await look("calendar");
  await link("Gantt").click();
  await page.getByRole("table", { name: "Gantt" }).waitFor();
  await look("gantt");
});

step("backfill: preview, start, watch it end", async () => {
  await go("/dags/shop/backfills");
  await seen("No backfills yet");
  await button("New backfill").click();
  await page.getByLabel(/^From/).fill("2026-01-02T09:00");
  await page.getByLabel(/^To/).fill("2026-01-03T09:00");
  await seen("Makes 2 runs");
  await look("backfill");
  await api("PATCH", "/api/v2/dags/shop", { is_paused: true }); // so that it goes on for as long as one looks
  await button("Start backfill").click();
  const row = page.getByRole("row", { name: /2026-01-02/ });
  await row.getByRole("link", { name: "Queued 2" }).waitFor();
  await row.getByRole("cell", { name: "Running", exact: true }).waitFor();
  const asked = [];
  const note = (r) => /backfills/.test(r.url()) && r.method() === "GET" && asked.push(r.url().replace(BASE, ""));
  await page.waitForLoadState("networkidle").catch(() => {});
  await page.waitForTimeout(1500);
  page.on("request", note);
  await page.waitForTimeout(4000);
  page.off("request", note);
  assert.deepEqual(asked, [], "it polls while a backfill goes on");
  const number = Number(await row.getByRole("cell").first().textContent());
  await api("PUT", `/api/v2/backfills/${number}/pause`); // by somebody else
  await row.getByRole("cell", { name: "Paused" }).waitFor();
  await row.getByRole("button", { name: "Resume backfill" }).click();
  await row.getByRole("button", { name: "Pause backfill" }).waitFor();
  await api("PATCH", "/api/v2/dags/shop", { is_paused: false });
  await page.getByRole("cell", { name: "Completed" }).waitFor({ timeout: 60_000 });
  await row.getByRole("link", { name: "Success 2" }).click();
  await until("the backfill's runs", async () => (await page.getByRole("row", { name: /backfill__/ }).count()) === 2);
  await go("/dags/shop/backfills");
  await link("Runs of backfills").click();
  await until("two runs", async () => (await page.getByRole("row", { name: /backfill__/ }).count()) === 2);
  await look("runs");
});

step("approve what waits for a person", async () => {
  await trigger("asks", "ship-it");
  await go("/required_actions");
  await seen("Ship the release?");
  await look("required");
  await button("Approve").click();
  await ended("asks", "ship-it", "success");
});

step("assets: who makes it, whom it starts, its events", async () => {
  await go("/assets");
  await link("daily_report").waitFor();
  await look("assets");
  await link("daily_report").click();
  await page.getByRole("region", { name: "Made by" }).getByText("shop").waitFor();
  await page.getByRole("region", { name: "Starts" }).getByText("reader").waitFor();
  await button("Create event").click();
  await page.getByRole("cell", { name: "by hand" }).waitFor();
  await look("asset");
});

step("variables: make, mask, change, delete", async () => {
  await go("/variables");
  await seen("No variables yet");
  await button("New variable").click();
  await page.getByRole("textbox", { name: "Key" }).fill("db_password");
  await page.getByRole("textbox", { name: "Value" }).fill("hunter2");
  await button("Save").click();
  await page.getByRole("cell", { name: "db_password", exact: true }).waitFor();
  assert.equal(await page.getByText("hunter2").count(), 0, "the secret is not shown");
  await look("variables");
  await button("Delete db_password").click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete", exact: true }).click();
  await seen("No variables yet");
});

step("connections: make, test, change", async () => {
  await go("/connections");
  await button("New connection").click();
  await page.getByRole("textbox", { name: "Connection ID" }).fill("warehouse");
  await page.getByRole("combobox", { name: "Type" }).fill("postgres");
  await page.getByRole("textbox", { name: "Host" }).fill("db.example.org");
  await page.getByRole("textbox", { name: "Port" }).fill("5432");
  await page.getByLabel("Password", { exact: true }).fill("s3cret");
  await look("connection");
  await button("Test").click();
  await page.getByRole("status").filter({ hasText: /\w/ }).last().waitFor();
  await button("Save").click();
  await page.getByRole("cell", { name: "db.example.org:5432" }).waitFor();
  await button("Edit warehouse").click();
  await page.getByRole("textbox", { name: "Host" }).fill("other.example.org");
  await button("Save").click();
  await page.getByRole("cell", { name: "other.example.org:5432" }).waitFor();
  await look("connections");
});

step("pools: make, change", async () => {
  await go("/pools");
  await button("New pool").click();
  await page.getByRole("textbox", { name: "Pool" }).fill("wide");
  await page.getByRole("textbox", { name: "Slots" }).fill("7");
  await button("Save").click();
  await page.getByRole("row", { name: /wide.*0 of 7/ }).waitFor();
  await look("pools");
});

for (const [path, heading] of [["/providers", "Providers"], ["/plugins", "Plugins"], ["/jobs", "Jobs"], ["/configs", "Configuration"], ["/events", "Audit log"], ["/dag_runs", "Runs"], ["/task_instances", "Task instances"], ["/styles", "Styles"]])
  step(`page ${path}`, async () => {
    await go(path);
    await page.getByRole("heading", { name: heading, level: 1 }).waitFor();
    await until("content", async () => (await page.getByRole("status", { name: "Loading" }).count()) === 0);
    await look(path.slice(1));
  });

step("the audit log tells what was done here", async () => {
  await go("/events");
  await page.getByRole("cell", { name: "trigger_dag_run" }).first().waitFor();
});

step("palette: Ctrl-K, a few letters, Enter", async () => {
  await go("/");
  await page.getByRole("heading", { name: "Home" }).waitFor();
  await page.keyboard.press("Control+k");
  await page.getByPlaceholder("Search DAGs and pages").fill("shop");
  await page.getByRole("dialog").getByText("Orders of the day").waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/dags\/shop$/);
});

step("a tablet: the menu lies beside the page, the view that is shown is in sight, graphs go downward", async () => {
  const before = page;
  page = await window_({ viewport: { width: 820, height: 1180 } });
  await go("/dags/shop/graph");
  await page.getByRole("radio", { name: "Down", checked: true }).waitFor({ state: "attached" });
  const inSight = async (name) => {
    const [box, tab] = await Promise.all([page.locator(".tabs").boundingBox(), page.locator(".tabs").getByRole("link", { name, exact: true }).boundingBox()]);
    return tab.x >= box.x - 1 && tab.x + tab.width <= box.x + box.width + 1;
  };
  await page.setViewportSize({ width: 500, height: 900 });
  await go("/dags/shop/details");
  await until("its tab in sight", () => inSight("Details"));
  await page.setViewportSize({ width: 820, height: 1180 });
  const menu = page.getByRole("navigation", { name: "Main" });
  await button("Open or close the menu").click();
  await menu.getByRole("link", { name: "Pools" }).waitFor();
  await page.mouse.click(700, 600);
  await until("the menu is gone", async () => { const at = await menu.boundingBox(); return !at || at.x + at.width <= 0; });
  await page.context().close();
  page = before;
});

step("dark, Korean, a tablet, UTC: and it is remembered", async () => {
  const before = page;
  page = await window_({ viewport: { width: 820, height: 1100 } });
  await go("/");
  await button("Theme").click();
  await page.getByRole("menuitem", { name: "Dark" }).click();
  await button("Language").click();
  await page.getByRole("menuitem", { name: "한국어" }).click();
  await page.getByRole("heading", { name: "홈" }).waitFor();
  await page.reload();
  await page.getByRole("heading", { name: "홈" }).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.dataset.mantineColorScheme), "dark");
  assert.equal(await page.evaluate(() => document.documentElement.lang), "ko");
  for (const [name, path] of [["ko-home", "/"], ["ko-dags", "/dags"], ["ko-grid", "/dags/shop"], ["ko-graph", "/dags/shop/graph"], ["ko-run", "/dags/fails/runs/live"], ["ko-log", "/dags/fails/runs/live/tasks/bad"], ["ko-pools", "/pools"]]) {
    await go(path);
    await page.waitForLoadState("networkidle").catch(() => {});
    await page.waitForTimeout(500);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(wide <= 0, `${path} is ${wide} px too wide for a tablet`);
    await look(name);
  }
  await page.context().close();
  page = before;
});

step("times in the reader's zone, in UTC, in any other: shown, entered, counted by days, and remembered", async () => {
  const zone = async (words, name) => {
    await page.getByRole("button", { name: /^Time zone/ }).click();
    await page.getByRole("textbox", { name: "Find a place or an offset" }).fill(words);
    if (words === "berlin") await look("zones");
    await page.getByRole("option", { name }).click();
    await page.getByRole("listbox", { name: "Time zone" }).waitFor({ state: "hidden" });
  };
  await go("/dags/shop/runs/first?view=details");
  await seen("UTC+9");
  await zone("", /^UTC/);
  await until("UTC", async () => (await page.getByText("UTC+9").count()) === 0);
  await zone("-3:30", /St Johns/);
  await page.getByRole("button", { name: "Time zone: America/St_Johns" }).waitFor();
  await seen(/UTC-[23]:30/);
  await zone("berlin", /^Europe\/Berlin/);
  await page.reload();
  await seen(/UTC\+[12]$/);
  await go("/dags/shop/calendar");
  await seen(/Days of Europe\/Berlin \(UTC\+[12]\)/);
  await go("/dags/shop");
  await button("Trigger").click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "More", exact: true }).click();
  await dialog.getByLabel(/^Logical date/).fill("2026-03-29T02:30");
  await seen("The clocks of Europe/Berlin skip this time: 2026-03-29 03:30:00 UTC+2 is taken.");
  await dialog.getByLabel(/^Run after/).fill("2026-07-01T00:30");
  await dialog.getByLabel(/^Run after UTC\+2/).waitFor();
  await dialog.getByLabel(/^Logical date/).fill("2025-10-26T02:30");
  await seen("In Europe/Berlin this time comes twice:");
  await dialog.getByText("02:30:00 UTC+1", { exact: true }).click();
  await look("twice");
  await dialog.getByLabel("Run ID").fill("berlin");
  await dialog.getByRole("button", { name: "Trigger", exact: true }).click();
  await page.waitForURL(/\/runs\/berlin/);
  const made = await api("GET", "/api/v2/dags/shop/dagRuns/berlin");
  assert.equal(made.logical_date, "2025-10-26T01:30:00Z");
  assert.equal(made.run_after, "2026-06-30T22:30:00Z");
  await go("/dags/shop/runs?after=2026-07-01&before=2026-07-01");
  await link("berlin").waitFor();
  await zone("utc", /^UTC/);
  await until("its day is another", async () => (await link("berlin").count()) === 0);
  await api("DELETE", "/api/v2/dags/shop/dagRuns/berlin");
  await zone("yours", /^Yours/);
});

step("a new version of a DAG appears by itself, and what has changed", async () => {
  await go("/dags/fails/code");
  await seen("about to fail");
  const file = join(DAGS, "shop.py");
  writeFileSync(file, readFileSync(file, "utf8").replace("about to fail", "certain to fail"));
  await seen("certain to fail");
  await page.getByRole("combobox", { name: "Compare with" }).click();
  await page.getByRole("option", { name: /^v1/ }).click();
  await page.locator(".cm-deletedChunk, .cm-changedText").first().waitFor();
  await look("code-diff");
});

step("a lost connection is told, and mends itself", async () => {
  await go("/pools");
  await page.getByRole("cell", { name: "default_pool", exact: true }).waitFor();
  await page.context().setOffline(true);
  await page.getByRole("alert").getByText(/connection to the engine is lost/).waitFor();
  await page.context().setOffline(false);
  await until("mended", async () => (await page.getByText(/connection to the engine is lost/).count()) === 0);
});

const walk = {
  step, go, button, link, seen, api, trigger, ended, until, look, window_,
  get page() { return page; },
  set page(p) { page = p; },
};
runs(walk);
house(walk);
office(walk);
views(walk);
touch(walk);
keys(walk);

step("sign in; a viewer is refused what a viewer may not", async () => {
  const before = page;
  page = await window_();
  await page.goto(`${GUARDED}/dags/shop`);
  await page.waitForURL(/\/login\?next=/);
  await look("login");
  await page.getByRole("textbox", { name: "User name" }).fill("vic");
  await page.getByLabel(/^Password/).fill("wrong");
  await button("Sign in").click();
  await page.getByRole("alert").getByText("The name or the password is not right.").waitFor();
  await page.getByLabel(/^Password/).fill("only looks");
  await button("Sign in").click();
  await page.waitForURL(/\/dags\/shop$/);
  await page.getByRole("heading", { name: "shop" }).waitFor();
  assert.equal(await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Variables" }).count(), 0);
  await page.goto(`${GUARDED}/variables`);
  await page.getByRole("alert").getByText("You may not do that").waitFor();
  await page.goto(`${GUARDED}/dags/shop`);
  assert.equal(await button("Trigger").count(), 0, "a viewer is not offered to trigger");
  await button("User").click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.waitForURL(/\/login/);
  await page.getByRole("textbox", { name: "User name" }).fill("anna");
  await page.getByLabel(/^Password/).fill("open sesame");
  await button("Sign in").click();
  await page.waitForURL((u) => u.pathname !== "/login");
  await page.goto(`${GUARDED}/dags/shop`);
  await button("Trigger").waitFor();
  await page.context().close();
  page = before;
});

let failed = 0;
const chosen = steps.filter(([name]) => ONLY.split("|").some((word) => name.includes(word)));
console.log(`1..${chosen.length + 2}`);
for (const [i, [name, fn]] of chosen.entries()) {
  const began = Date.now();
  const own = page;
  try {
    await fn();
    console.log(`ok ${i + 1} - ${name} # ${Date.now() - began} ms`);
  } catch (e) {
    failed++;
    console.log(`not ok ${i + 1} - ${name}\n# ${String(e.stack ?? e).split("\n").slice(0, 14).join("\n# ")}\n# at ${page.url()}`);
    if (SHOTS) await page.screenshot({ path: join(SHOTS, `failed-${i + 1}.png`) }).catch(() => {});
    await page.context().close();
    page = own.isClosed() ? await window_() : own;
  }
}
console.log(`${errors.length ? "not ok" : "ok"} ${chosen.length + 1} - no script has failed, nothing broke the page's own policy`);
for (const e of new Set(errors)) console.log(`# ${e}`);
console.log(`${unfit.length ? "not ok" : "ok"} ${chosen.length + 2} - axe finds nothing serious on any page`);
for (const u of new Set(unfit)) console.log(`# ${u}`);
await browser.close();
process.exit(failed || errors.length || unfit.length ? 1 : 0);
