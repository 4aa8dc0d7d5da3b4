// The part of the walk (walk.mjs) around runs: compared, foretold, measured, undone, triggered with every kind of Param.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export function runs(w) {
  const { step, button, link, until, look, seen, api, go, window_ } = w;
  const { DAGS } = process.env;
  const run = (id) => `/api/v2/dags/paces/dagRuns/${id}`;
  const start = (id, conf = {}) => api("POST", "/api/v2/dags/paces/dagRuns", { logical_date: null, dag_run_id: id, conf });
  const state = async (id) => (await api("GET", run(id))).state;
  const ended = (id) => until(`${id} ends`, async () => (await state(id)) === "success");
  const dialog = () => w.page.getByRole("dialog");
  const region = (name) => w.page.getByRole("region", { name, exact: true });
  const row = (table, name) => w.page.getByRole("table", { name: table }).getByRole("row", { name });

  step("a run foretells its end, and says when it is slow", async () => {
    for (let i = 1; i <= 6; i++) {
      await start(`pace${i}`, { fruit: i % 2 ? "apple" : "pear" });
      await ended(`pace${i}`);
    }
    await start("slow", { slow: 20 });
    await go("/dags/paces/runs/slow");
    const panel = region("Duration and expected end");
    await panel.getByText("Usual duration").waitFor();
    await panel.getByText(/of 6 runs/).waitFor();
    await panel.getByText("Expected end").waitFor();
    await panel.getByText("Slower than usual").waitFor();
    await panel.getByText("Critical path").click();
    await row("Critical path", /work\.long/).waitFor();
    await look("run-expected");
    await ended("slow");
    await until("the end on the page", async () => (await panel.getByText("Expected end").count()) === 0);
    await row("Critical path", /^end Success/).waitFor();
    assert.equal(await panel.getByText(/have not/).count(), 0);
    const names = await w.page.getByRole("table", { name: "Critical path" }).getByRole("rowheader").allTextContents();
    assert.deepEqual(names.map((n) => n.replace(/ \[\d\]/, "")), ["begin", "work.long", "each", "end"]);
    await look("run-path");
  });

  step("the critical path in the gantt and in the graph", async () => {
    await go("/dags/paces/runs/slow?view=gantt");
    await w.page.getByRole("switch", { name: "Critical path" }).press("Space");
    await w.page.getByRole("img", { name: /^work\.long: Success, .*Critical path/ }).waitFor();
    assert.equal(await w.page.getByRole("img", { name: /^work\.short: .*Critical path/ }).count(), 0);
    await look("gantt-path");
    await go("/dags/paces/graph?run=slow");
    await w.page.getByRole("switch", { name: "Critical path" }).press("Space");
    await w.page.getByRole("link", { name: /^long Success.*Critical path/ }).waitFor();
    assert.equal(await w.page.getByRole("link", { name: /^short Success.*Critical path/ }).count(), 0);
    await look("graph-path");
  });

  step("compare two runs: ticked in the list; times, inputs, fields, XComs, code", async () => {
    const file = join(DAGS, "paces.py");
    const before = (await api("GET", "/api/v2/dags/paces/dagVersions")).total_entries;
    writeFileSync(file, readFileSync(file, "utf8").replace("measured", "weighed"));
    await until("a new version", async () => (await api("GET", "/api/v2/dags/paces/dagVersions")).total_entries > before);
    await start("newer", { fruit: "pear", slow: 0.5 });
    await ended("newer");
    await go("/dags/paces/runs");
    assert.ok(await button("Compare the two").isDisabled());
    await w.page.getByRole("checkbox", { name: "Select newer" }).press("Space");
    await w.page.getByRole("checkbox", { name: "Select pace1" }).press("Space");
    await look("runs-picked");
    await button("Compare the two").click();
    await w.page.waitForURL(/\/dags\/paces\/compare\/pace1\/newer$/);
    await row("The two runs", /Version.*v1.*v2.*/).waitFor();
    await w.page.getByRole("region", { name: "Configuration" }).last().getByText(/\+.*"fruit": "pear"/).waitFor();
    await row("States and durations", /^work\.long .*\+/).waitFor();
    await w.page.getByRole("region", { name: "begin · bash_command" }).getByText("+ echo pear weighed").waitFor();
    await w.page.getByRole("region", { name: "begin · return_value" }).getByText('- "apple measured"').waitFor();
    await region("Code").locator(".cm-deletedChunk, .cm-changedText").first().waitFor();
    await look("compare");
    await button("Swap").click();
    await w.page.waitForURL(/\/compare\/newer\/pace1$/);
    await w.page.getByLabel("Only tasks with another state or number of tries").press("Space");
    await seen("Every task ended alike in both.");
    await go("/dags/paces/runs/newer");
    await button("Compare with").click();
    await w.page.getByRole("menuitem", { name: "The run before it" }).click();
    await w.page.waitForURL(/\/compare\/slow\/newer$/);
  });

  step("durations and landing times, as pictures and as numbers", async () => {
    await go("/dags/paces/durations");
    const of = region("Durations of runs");
    await of.getByRole("link", { name: /Success, [2-5]\d s/ }).first().waitFor();
    await of.getByText("The numbers").click();
    await row("Durations of runs", /^slow /).waitFor();
    await region("Landing times").getByText("from the time a run was due to its end", { exact: false }).waitFor();
    await region("Durations of tasks").getByText("The numbers").click();
    await row("Durations of tasks", /^work\.long /).waitFor();
    await look("durations");
    await w.page.getByRole("combobox", { name: "Choose tasks" }).click();
    await w.page.getByRole("option", { name: "twice" }).click();
    await until("it is in the address", async () => /task=twice/.test(w.page.url()));
    await region("Durations of tasks").getByText("twice", { exact: true }).first().waitFor();
    await w.page.keyboard.press("Escape");
    await of.getByRole("link", { name: /Success, [2-5]\d s/ }).first().click();
    await w.page.waitForURL(/\/runs\/slow$/);
  });

  step("what can be taken back says so, and is taken back", async () => {
    await go("/dags/paces/runs/newer/tasks/end");
    await button("Clear").click();
    await dialog().getByText(/A clear cannot be undone/).waitFor();
    await dialog().getByRole("button", { name: "Cancel" }).click();
    await button("Mark as").click();
    await w.page.getByRole("menuitem", { name: "Failed" }).click();
    await dialog().getByText(/It can be undone/).waitFor();
    await look("undo-hint");
    await dialog().getByRole("button", { name: "Mark", exact: true }).click();
    const of = async () => (await api("GET", `${run("newer")}/taskInstances/end`)).state;
    await until("marked", async () => (await of()) === "failed");
    await button("Undo").hover(); // so long it stays
    await look("undo");
    await button("Undo").click();
    await until("back again", async () => (await of()) === "success");
    await seen("It is as it was");
    await button("Add a note").click();
    await w.page.getByRole("textbox", { name: "Note" }).fill("never mind");
    await button("Save").click();
    await until("noted", async () => (await api("GET", `${run("newer")}/taskInstances/end`)).note === "never mind");
    await button("Undo").click();
    await until("no note", async () => !(await api("GET", `${run("newer")}/taskInstances/end`)).note);
    await go("/dags/paces");
    await w.page.getByRole("switch", { name: "paces is active" }).press("Space");
    await until("paused", async () => (await api("GET", "/api/v2/dags/paces")).is_paused);
    await button("Undo").click();
    await until("active", async () => !(await api("GET", "/api/v2/dags/paces")).is_paused);
  });

  step("every kind of Param; the last values; again; a backfill from the same dialog", async () => {
    await go("/dags/paces");
    await button("Trigger").click();
    await dialog().getByLabel("Seconds").fill("0.2");
    await dialog().getByRole("combobox", { name: "fruit" }).fill("plum");
    await dialog().getByRole("combobox", { name: "Kind" }).click();
    await w.page.getByRole("option", { name: "Kind B" }).click();
    await dialog().getByRole("combobox", { name: "Several" }).click();
    await w.page.getByRole("option", { name: "Why" }).click();
    await w.page.keyboard.press("Escape");
    await dialog().getByLabel("Counts").first().fill("7");
    await w.page.keyboard.press("Enter");
    await dialog().getByRole("button", { name: "Add one" }).click();
    const second = dialog().getByRole("group", { name: "People 2" });
    await second.getByLabel("Name").fill("Lee");
    await second.getByLabel("Age").fill("9");
    await dialog().getByText("bold", { exact: true }).waitFor();
    const [chooser] = await Promise.all([
      w.page.waitForEvent("filechooser"),
      dialog().getByRole("button", { name: "Story: From a file" }).click(),
    ]);
    await chooser.setFiles({ name: "story.txt", mimeType: "text/plain", buffer: Buffer.from("from a file\n안녕") });
    await until("the file's text", async () => (await dialog().getByRole("textbox", { name: "Story" }).inputValue()) === "from a file\n안녕");
    assert.equal(await dialog().getByLabel("Moment").inputValue(), "2026-02-03T13:05:06", "in Seoul");
    assert.equal(await dialog().getByText("fixed", { exact: true }).count(), 0, "what is constant has no field");
    await look("trigger-fields");
    await dialog().getByRole("button", { name: "More", exact: true }).click();
    await dialog().getByLabel("Run ID").fill("by-form");
    await dialog().getByLabel(/^Run after/).fill("2026-01-01T10:02:03");
    await dialog().getByRole("button", { name: "Trigger", exact: true }).click();
    await w.page.waitForURL(/\/runs\/by-form/);
    const made = await api("GET", run("by-form"));
    assert.deepEqual(made.conf, {
      slow: 0.2, fruit: "plum", kind: "b", several: ["x", "y"], counts: [1, 2, 7],
      people: [{ name: "Kim", age: 3 }, { name: "Lee", age: 9 }],
      story: "from a file\n안녕", when: "2026-02-03T04:05:06+00:00", maybe: null, fixed: 42, more: { deep: { er: 1 } },
    });
    assert.equal(made.run_after, "2026-01-01T01:02:03Z");
    await button("Trigger again").click();
    await until("what it was given", async () => (await dialog().getByRole("combobox", { name: "fruit" }).inputValue()) === "plum");
    await w.page.keyboard.press("Escape");
    await go("/dags/paces");
    await button("Trigger").click();
    assert.equal(await dialog().getByRole("combobox", { name: "fruit" }).inputValue(), "apple");
    await dialog().getByRole("button", { name: "As the last time" }).click();
    assert.equal(await dialog().getByRole("combobox", { name: "fruit" }).inputValue(), "plum");
    await dialog().getByText("Backfill", { exact: true }).click();
    await dialog().getByLabel(/^From/).first().fill("2026-01-02T09:00");
    await dialog().getByLabel("To", { exact: false }).last().fill("2026-01-03T09:00");
    await dialog().getByText("Makes 2 runs").waitFor();
    await look("trigger-backfill");
    await w.page.keyboard.press("Escape");
  });

  step("attempts side by side; a log by keys; from one mapped instance to the next", async () => {
    await go("/dags/paces/runs/newer/tasks/twice");
    await w.page.getByRole("combobox", { name: "Beside it…" }).click();
    await w.page.getByRole("option", { name: "Attempt 1" }).click();
    await w.page.getByRole("log", { name: "Log of attempt 1" }).getByText("try 1", { exact: true }).waitFor();
    await w.page.getByRole("log", { name: "Log of attempt 2" }).getByText("try 2", { exact: true }).waitFor();
    assert.match(w.page.url(), /beside=1/);
    await look("attempts");
    const log = w.page.getByRole("log", { name: "Log of attempt 2" });
    await log.focus();
    await w.page.keyboard.press("w");
    await until("lines are not wrapped", async () => !/wrap/.test(await log.getAttribute("class")));
    await w.page.keyboard.press("w");
    await w.page.keyboard.press("s");
    await w.page.keyboard.type("try 2");
    await seen(/^1 \/ \d$/);
    await go("/dags/paces/runs/newer/tasks/each/mapped/0");
    const near = w.page.getByRole("navigation", { name: "Mapped instances" });
    await near.getByText("1 of 3").waitFor();
    await near.getByRole("link", { name: "The next instance" }).click();
    await w.page.waitForURL(/mapped\/1$/);
    await near.getByText("2 of 3").waitFor();
  });

  step("nothing is asked for while nothing happens, and what happens shows at once", async () => {
    const asked = [];
    const hear = (r) => {
      const path = new URL(r.url()).pathname;
      if (/^\/(api|ui)\//.test(path) && !/events$/.test(path)) asked.push(path);
    };
    for (const path of ["/dags/paces", "/dags/paces/runs/newer", "/dags/paces/runs/newer/tasks/end", "/dags/paces/graph"]) {
      await go(path);
      await seen("Live");
      await w.page.waitForLoadState("networkidle").catch(() => {});
      await w.page.waitForTimeout(1500);
      asked.length = 0;
      w.page.on("request", hear);
      await w.page.waitForTimeout(6000);
      w.page.off("request", hear);
      assert.deepEqual(asked, [], `${path} asks while nothing happens`);
    }
    await go("/dags/paces/runs/newer/tasks/end");
    await w.page.locator(".page-head").getByText("Success").waitFor();
    const began = Date.now();
    await api("PATCH", `${run("newer")}/taskInstances/end`, { new_state: "failed" });
    await w.page.locator(".page-head").getByText("Failed").waitFor();
    assert.ok(Date.now() - began < 3000, `it took ${Date.now() - began} ms`);
    await api("PATCH", `${run("newer")}/taskInstances/end`, { new_state: "success" });
    await w.page.locator(".page-head").getByText("Success").waitFor();
  });

  step("runs in Korean, on a tablet, dark", async () => {
    const before = w.page;
    w.page = await window_({ viewport: { width: 820, height: 1100 } });
    await w.page.addInitScript(() => {
      localStorage.setItem("tradewind.language", "ko");
      localStorage.setItem("mantine-color-scheme-value", "dark");
    });
    for (const [name, path, words] of [
      ["ko-compare", "/dags/paces/compare/pace1/newer", "실행 비교"],
      ["ko-durations", "/dags/paces/durations", "랜딩 타임"],
      ["ko-run-path", "/dags/paces/runs/slow", "평소 소요 시간"],
      ["ko-attempts", "/dags/paces/runs/newer/tasks/twice?beside=1", "로그"],
    ]) {
      await go(path);
      await seen(words);
      await w.page.waitForLoadState("networkidle").catch(() => {});
      const wide = await w.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.ok(wide <= 0, `${path} is ${wide} px too wide for a tablet`);
      await look(name);
    }
    await w.page.context().close();
    w.page = before;
  });
}
