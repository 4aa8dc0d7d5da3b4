// The part of the walk (walk.mjs) around daily work: filters, many at once, XComs, connections that are tried, settings, what is refused.
import assert from "node:assert/strict";

export function office(w) {
  const { step, button, link, until, look, seen, api, go, trigger, ended, window_ } = w;
  const { FAB } = process.env;
  const dialog = () => w.page.getByRole("dialog");
  const row = (name) => w.page.getByRole("row", { name });
  const table = (name) => w.page.getByRole("table", { name, exact: true });
  const pick = (name) => w.page.getByRole("checkbox", { name: `Select ${name}`, exact: true });
  const chosen = (n) => w.page.getByRole("group", { name: `${n} selected` });
  const rows = async (name) => (await table(name).getByRole("row").count()) - 1;

  step("audit log: by event, by person, by DAG and by day", async () => {
    await trigger("fails", "audited");
    await ended("fails", "audited", "failed");
    await go("/events");
    await w.page.getByRole("searchbox", { name: "Search events" }).fill("trigger_dag");
    await until("only triggers", async () => {
      const cells = await table("Audit log").getByRole("cell", { name: "trigger_dag_run", exact: true }).count();
      return cells > 0 && cells === (await rows("Audit log"));
    });
    assert.match(w.page.url(), /event=trigger_dag/);
    await w.page.getByRole("searchbox", { name: "Search by DAG" }).fill("fails");
    await until("of one DAG", async () => (await table("Audit log").getByRole("link", { name: "fails" }).count()) === (await rows("Audit log")));
    await w.page.getByLabel("Until this day").fill("2020-01-01");
    await seen("Nothing has happened yet");
    await w.page.getByLabel("Until this day").fill("");
    await w.page.getByLabel("From this day on").fill("2020-01-01");
    await table("Audit log").getByRole("link", { name: "audited" }).first().click();
    await w.page.waitForURL(/\/runs\/audited$/);
    await go("/events?owner=nobody-of-that-name");
    await seen("Nothing has happened yet");
  });

  step("jobs: by kind, by state, by host", async () => {
    await go("/jobs");
    await table("Jobs").getByRole("row", { name: /SchedulerJob/ }).first().waitFor();
    await w.page.getByRole("combobox", { name: "Job" }).click();
    await w.page.getByRole("option", { name: "TriggererJob" }).click();
    await until("triggerers only", async () => (await table("Jobs").getByRole("row", { name: /SchedulerJob/ }).count()) === 0);
    await table("Jobs").getByRole("row", { name: /TriggererJob.*Running/ }).waitFor();
    await w.page.getByRole("combobox", { name: "State" }).click();
    await w.page.getByRole("option", { name: "Failed" }).click();
    await until("none", async () => (await table("Jobs").getByRole("row", { name: /TriggererJob/ }).count()) === 0);
    assert.match(w.page.url(), /type=TriggererJob.*state=failed/);
    await go("/jobs");
    await table("Jobs").getByRole("row", { name: /SchedulerJob/ }).first().getByRole("button").click();
    assert.match(w.page.url(), /host=/);
    await table("Jobs").getByRole("row", { name: /SchedulerJob/ }).first().waitFor();
  });

  step("DAG list: by owner, and a favourite that is none any more", async () => {
    await go("/dags");
    await row(/shop/).getByRole("button", { name: "anna" }).click();
    await until("of anna", async () => (await w.page.getByRole("table", { name: "DAGs" }).getByRole("row").count()) === 2);
    assert.match(w.page.url(), /owner=anna/);
    await button("shop is a favourite").click();
    await go("/dags?show=favourite");
    await link("shop").waitFor();
    await button("shop is a favourite").click();
    await until("none any more", async () => (await link("shop").count()) === 0);
    await go("/dags?owner=nobody");
    await seen("No DAG fits these filters");
  });

  step("calendar: a day leads to its runs", async () => {
    await go("/dags/shop/calendar");
    const day = w.page.getByRole("button", { name: /^\d{4}-\d\d-\d\d: .*Success/ }).last();
    const date = (await day.getAttribute("aria-label")).slice(0, 10);
    await day.click();
    await link(`Runs of ${date}`).click();
    await w.page.waitForURL((u) => u.searchParams.get("after") === date);
    await link("first").waitFor();
  });

  step("a note is changed, and taken away", async () => {
    await trigger("reader", "noted");
    await go("/dags/reader/runs/noted");
    await button("Add a note").click();
    await w.page.getByRole("textbox", { name: "Note" }).fill("first thought");
    await button("Save").click();
    await w.page.getByRole("button", { name: "first thought" }).click();
    await w.page.getByRole("textbox", { name: "Note" }).fill("second thought");
    await button("Save").click();
    await w.page.getByRole("button", { name: "second thought" }).waitFor();
    const note = async () => (await api("GET", "/api/v2/dags/reader/dagRuns/noted")).note;
    assert.equal(await note(), "second thought");
    await w.page.getByRole("button", { name: "second thought" }).click();
    await w.page.getByRole("textbox", { name: "Note" }).fill("");
    await button("Save").click();
    await until("no note", async () => !(await note()));
    await button("Add a note").waitFor();
  });

  step("pool: deferred tasks are counted from now on", async () => {
    await go("/pools");
    await button("Edit narrow").click();
    await dialog().getByRole("checkbox", { name: "Deferred tasks take slots, too" }).check();
    await dialog().getByRole("textbox", { name: "Slots" }).fill("2");
    await button("Save").click();
    await until("changed", async () => {
      const pool = await api("GET", "/api/v2/pools/narrow");
      return pool.include_deferred && pool.slots === 2;
    });
    await row(/narrow.*0 of 2/).waitFor();
    await api("PATCH", "/api/v2/pools/narrow", { pool: "narrow", slots: 1, include_deferred: false });
  });

  step("variables come in from a file; many are deleted together", async () => {
    await go("/variables");
    const [chooser] = await Promise.all([w.page.waitForEvent("filechooser"), button("Import JSON").click()]);
    const made = { in_a: "1", in_b: { deep: true }, in_c: { value: "with words", description: "said" } };
    await chooser.setFiles({ name: "v.json", mimeType: "application/json", buffer: Buffer.from(JSON.stringify(made)) });
    await row(/in_c.*with words.*said/).waitFor();
    await w.page.getByRole("searchbox", { name: "Search variables" }).fill("in_");
    await until("three", async () => (await rows("Variables")) === 3);
    await pick("in_a").check();
    await pick("in_c").check();
    await chosen(2).getByRole("button", { name: "Delete selected" }).click();
    await look("bulk-delete");
    await dialog().getByRole("table", { name: "What will change" }).getByText("in_c").waitFor();
    await dialog().getByRole("button", { name: "Delete", exact: true }).click();
    await until("one is left", async () => (await rows("Variables")) === 1);
    assert.equal(await w.page.getByRole("group", { name: /selected$/ }).count(), 0);
    await w.page.getByRole("checkbox", { name: "Select all on this page" }).check();
    await chosen(1).getByRole("button", { name: "Delete selected" }).click();
    await dialog().getByRole("button", { name: "Delete", exact: true }).click();
    await seen("Nothing found");
  });

  step("a connection is tried: what its hook says, and no secret in it", async () => {
    await go("/connections");
    await button("New connection").click();
    await dialog().getByRole("textbox", { name: "Connection ID" }).fill("acme_far");
    await dialog().getByRole("combobox", { name: "Type" }).fill("acme");
    await dialog().getByRole("textbox", { name: "Host", exact: true }).fill("far");
    await dialog().getByLabel("Password", { exact: true }).fill("pa55word");
    await button("Test").click();
    await dialog().getByText("far refuses ***").waitFor();
    await dialog().getByRole("textbox", { name: "Host", exact: true }).fill("good");
    await button("Test").click();
    await dialog().getByText("hello nobody").waitFor();
    await look("connection-tried");
    await button("Save").click();
    await row(/acme_far/).waitFor();
    await button("Edit acme_far").click();
    await dialog().getByRole("textbox", { name: "Description" }).fill("tried and good");
    await button("Save").click();
    await until("described", async () => (await api("GET", "/api/v2/connections/acme_far")).description === "tried and good");
    await pick("acme_far").check();
    await chosen(1).getByRole("button", { name: "Delete selected" }).click();
    await dialog().getByRole("button", { name: "Delete", exact: true }).click();
    await until("gone", async () => (await row(/acme_far/).count()) === 0);
  });

  step("many runs: cleared, marked, deleted together; refused ones say why", async () => {
    for (const id of ["many-1", "many-2", "many-3"]) await trigger("fails", id);
    for (const id of ["many-1", "many-2", "many-3"]) await ended("fails", id, "failed");
    await go("/dags/fails/runs?q=many");
    await pick("many-1").check();
    await pick("many-2").check();
    await chosen(2).getByRole("button", { name: "Mark selected as" }).click();
    await w.page.getByRole("menuitem", { name: "Success" }).click();
    await look("bulk-runs");
    await dialog().getByRole("button", { name: "Mark", exact: true }).click();
    await ended("fails", "many-1", "success");
    await ended("fails", "many-2", "success");
    await table("Runs").getByRole("row", { name: /Success many-1/ }).waitFor();
    await chosen(2).waitFor({ state: "hidden" });
    await pick("many-2").check();
    await pick("many-3").check();
    await chosen(2).getByRole("button", { name: "Clear selected" }).click();
    await dialog().getByRole("checkbox", { name: "Only failed" }).check();
    await dialog().getByRole("button", { name: "Clear", exact: true }).click();
    const tries = async (id) => (await api("GET", `/api/v2/dags/fails/dagRuns/${id}/taskInstances/bad`)).try_number;
    await until("it ran again", async () => (await tries("many-3")) > 2);
    await ended("fails", "many-3", "failed");
    await chosen(2).waitFor({ state: "hidden" });
    await w.page.getByRole("checkbox", { name: "Select all on this page" }).check();
    await chosen(3).getByRole("button", { name: "Delete selected" }).click();
    await dialog().getByRole("button", { name: "Delete", exact: true }).click();
    await seen("No runs found");
    await trigger("waits", "busy");
    await until("it runs", async () => (await api("GET", "/api/v2/dags/waits/dagRuns/busy")).state === "running");
    await go("/dag_runs?q=waits&state=running");
    await pick("waits busy").check();
    await chosen(1).getByRole("button", { name: "Delete selected" }).click();
    await dialog().getByRole("button", { name: "Delete", exact: true }).click();
    await dialog().getByRole("alert").waitFor();
    await look("bulk-refused");
    await dialog().getByRole("button", { name: "Cancel" }).click();
    await api("PATCH", "/api/v2/dags/waits/dagRuns/busy", { state: "failed" });
  });

  step("runs: by who started them, by what stands in their conf", async () => {
    await api("POST", "/api/v2/dags/shop/dagRuns", { logical_date: null, dag_run_id: "american", conf: { country: "us" } });
    await ended("shop", "american", "success");
    await go("/dags/shop/runs");
    await w.page.getByRole("searchbox", { name: "In its conf" }).fill('"us"');
    await until("one", async () => (await rows("Runs")) === 1);
    await link("american").waitFor();
    await w.page.getByRole("searchbox", { name: "Started by" }).fill("nobody-of-that-name");
    await seen("No runs found");
  });

  step("many task instances: marked and cleared together; one run deleted", async () => {
    await api("POST", "/api/v2/dags/shop/dagRuns", { logical_date: null, dag_run_id: "office", conf: {} });
    await ended("shop", "office", "success");
    await go("/dags/shop/runs/office");
    const state = async (task) => (await api("GET", `/api/v2/dags/shop/dagRuns/office/taskInstances/${task}`)).state;
    await pick("clean.dedupe").check();
    await pick("clean.check").check();
    await chosen(2).getByRole("button", { name: "Mark selected as" }).click();
    await w.page.getByRole("menuitem", { name: "Skipped" }).click();
    await dialog().getByRole("button", { name: "Mark", exact: true }).click();
    await until("both are skipped", async () => (await state("clean.dedupe")) === "skipped" && (await state("clean.check")) === "skipped");
    await chosen(2).waitFor({ state: "hidden" });
    await pick("clean.dedupe").check();
    await pick("clean.check").check();
    await pick("score [1]").check();
    await chosen(3).getByRole("button", { name: "Clear selected" }).click();
    await dialog().getByRole("checkbox", { name: "Downstream" }).check();
    await look("bulk-tis");
    await dialog().getByRole("button", { name: "Clear", exact: true }).click();
    const tries = async (path) => (await api("GET", `/api/v2/dags/shop/dagRuns/office/taskInstances/${path}`)).try_number;
    await until("all ran again", async () => (await tries("clean.check")) > 1 && (await tries("score/1")) > 1 && (await tries("publish")) > 1);
    assert.equal(await tries("fetch"), 1);
    await ended("shop", "office", "success");
  });

  step("XComs of all DAGs: found, changed, added, deleted", async () => {
    await go("/xcoms");
    await w.page.getByRole("searchbox", { name: "Task" }).fill("score");
    await w.page.waitForURL(/task=score/);
    await w.page.getByRole("searchbox", { name: "Run" }).fill("office");
    await until("three", async () => (await rows("XCom")) === 3);
    await look("xcoms");
    await row(/score \[1\]/).getByRole("button", { name: "Edit score return_value" }).click();
    const value = dialog().getByRole("textbox", { name: "Value" });
    assert.equal(await value.inputValue(), "4");
    await value.fill("{oops");
    await button("Save").click();
    await dialog().getByRole("alert").getByText(/no JSON/).waitFor();
    await value.fill('{"by": "hand"}');
    await button("Save").click();
    await row(/score \[1\]/).getByText('"by": "hand"').waitFor();
    await row(/score \[1\]/).getByRole("link", { name: "score [1]" }).click();
    await w.page.waitForURL(/mapped\/1\?view=xcom/);
    await button("Add XCom").click();
    await dialog().getByRole("textbox", { name: "Key" }).fill("verdict");
    await value.fill('"fine"');
    await button("Save").click();
    await w.page.getByRole("cell", { name: "verdict", exact: true }).waitFor();
    await button("Delete score verdict").click();
    await dialog().getByRole("button", { name: "Delete", exact: true }).click();
    await until("gone", async () => (await w.page.getByRole("cell", { name: "verdict", exact: true }).count()) === 0);
    await go("/dags/shop/runs/office");
    await button("Delete office").click();
    await dialog().getByRole("button", { name: "Delete", exact: true }).click();
    await w.page.waitForURL(/\/dags\/shop\/runs$/);
    await until("gone", async () => (await link("office").count()) === 0);
  });

  step("configuration: where each value comes from, searched, and no secret", async () => {
    await go("/configs");
    await table("core").getByRole("row", { name: /dags_folder.*Environment.*TRADEWIND__CORE__DAGS_FOLDER/ }).waitFor();
    await look("configs-sources");
    await w.page.getByRole("combobox", { name: "Source" }).click();
    await w.page.getByRole("option", { name: "Environment" }).click();
    await until("only those", async () => (await w.page.getByRole("cell", { name: "Default", exact: true }).count()) === 0);
    assert.match(w.page.url(), /source=environment/);
    await w.page.getByRole("searchbox", { name: "Search options" }).fill("api port");
    await table("api").getByRole("row", { name: /^port.*Default: 8080/ }).waitFor();
    await go("/configs?q=fernet_key");
    await table("core").getByRole("row", { name: /fernet_key hidden/ }).waitFor();
    await go("/configs?q=no_such_option_at_all");
    await seen("Nothing found");
  });

  step("log search goes on where it stopped", async () => {
    for (let i = 0; i < 11; i++) await api("POST", "/api/v2/dags/shop/dagRuns", { logical_date: null, dag_run_id: `log-${i}`, conf: {} });
    for (let i = 0; i < 11; i++) await ended("shop", `log-${i}`, "success");
    await go("/log_search?q=row&dag_id=shop&task_id=fetch");
    const more = button("Search further back");
    await more.waitFor();
    const hits = async () => (await w.page.getByRole("table", { name: "Hits" }).getByRole("row").count()) - 1;
    const before = await hits();
    assert.equal(before, 200);
    await more.click();
    await until("more hits", async () => (await hits()) > before);
  });

  step("who has the role Public signs in and is refused everything", async () => {
    const before = w.page;
    w.page = await window_();
    await w.page.goto(`${FAB}/login`);
    await w.page.getByRole("textbox", { name: "User name" }).fill("public");
    await w.page.getByLabel(/^Password/).fill("public knows");
    await button("Sign in").click();
    await w.page.waitForURL((u) => u.pathname !== "/login");
    for (const path of ["/dags/shop", "/pools", "/variables", "/connections", "/configs", "/events", "/jobs", "/users", "/xcoms", "/dags/shop/runs/first"]) {
      await w.page.goto(FAB + path);
      await w.page.getByRole("alert").getByText("You may not do that").first().waitFor();
    }
    const statuses = await w.page.evaluate(async () => {
      const ask = async (method, path) => (await fetch(path, { method })).status;
      return [await ask("GET", "/api/v2/dags"), await ask("GET", "/api/v2/pools"), await ask("DELETE", "/api/v2/dags/shop"), await ask("GET", "/ui/config"), await ask("GET", "/ui/dags/shop/backfills?id=1")];
    });
    assert.deepEqual(statuses, [403, 403, 403, 403, 403]);
    await w.page.context().close();
    w.page = before;
  });

  step("an asset's event made by hand starts whom it starts", async () => {
    const runs = async () => (await api("GET", "/api/v2/dags/reader/dagRuns")).total_entries;
    const before = await runs();
    await go("/assets");
    await link("daily_report").click();
    await button("Create event").click();
    await until("the reader runs", async () => (await runs()) > before);
  });

  step("a DAG's file is read again; a DAG is deleted, and comes back without its runs", async () => {
    await go("/dags/fails/details");
    const parsed = async () => (await api("GET", "/api/v2/dags/fails")).last_parsed_time;
    const before = await parsed();
    await button("Read the file again").click();
    await until("it was read", async () => (await parsed()) !== before);
    await button("Delete DAG").click();
    await dialog().getByText(/comes back without them/).waitFor();
    await look("dag-delete");
    await dialog().getByRole("button", { name: "Delete", exact: true }).click();
    await w.page.waitForURL(/\/dags$/);
    await until("no run is left", async () => {
      const r = await fetch(`${process.env.BASE}/api/v2/dags/fails/dagRuns`);
      return r.status === 404 || (await r.json()).total_entries === 0;
    });
    await go("/dags/waits/details"); // of the same file
    await button("Read the file again").click();
    await until("it has come back", async () => (await fetch(`${process.env.BASE}/api/v2/dags/fails`)).ok);
  });
}
