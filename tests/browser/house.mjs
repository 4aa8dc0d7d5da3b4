// The part of the walk (walk.mjs) around administration: users, roles, tokens.
import assert from "node:assert/strict";

export function house(w) {
  const { step, button, until, look, window_ } = w;
  const { FAB } = process.env;
  const main = () => w.page.getByRole("navigation", { name: "Main" });
  const cell = (name) => w.page.getByRole("cell", { name, exact: true });
  const dialog = () => w.page.getByRole("dialog");

  async function signIn(name, password = `${name} knows`) {
    await w.page.goto(`${FAB}/login`);
    await w.page.getByRole("textbox", { name: "User name" }).fill(name);
    await w.page.getByLabel(/^Password/).fill(password);
    await button("Sign in").click();
    await w.page.waitForURL((u) => u.pathname !== "/login");
    await w.page.getByRole("heading", { name: "Home" }).waitFor();
  }
  /** fn in a window of its own, signed in as that user. */
  async function as(name, fn, password) {
    const before = w.page;
    w.page = await window_();
    try {
      await signIn(name, password);
      await fn();
      await w.page.context().close();
    } finally {
      w.page = before;
    }
  }

  step("without users the pages say where users come from", async () => {
    await w.go("/users");
    await w.seen("Nobody has to sign in here");
    await look("users-none");
    await w.go("/roles");
    await w.seen("reads all but connections and variables");
    await w.go("/account");
    await w.seen("Nobody signs in here, so there is nobody to make a token for");
  });

  step("admin: make a user, a role with rights on one DAG; deactivate", async () => {
    await as("admin", async () => {
      await main().getByRole("link", { name: "Roles" }).click();
      await w.page.getByRole("table", { name: "Permissions" }).waitFor();
      await look("roles");
      await button("New role").click();
      await dialog().getByRole("textbox", { name: "Role" }).fill("night");
      await dialog().getByRole("searchbox", { name: "Search resources" }).fill("pools");
      await dialog().getByRole("checkbox", { name: "Read: Pools" }).check();
      await dialog().getByRole("searchbox", { name: "Search resources" }).fill("");
      await dialog().getByRole("combobox", { name: "Permissions for one DAG" }).fill("shop");
      await w.page.getByRole("option", { name: "shop" }).click();
      await dialog().getByRole("checkbox", { name: "Edit: DAG:shop" }).check();
      await look("role-form");
      await button("Save").click();
      await w.page.getByRole("table", { name: "Single DAGs" }).getByRole("row", { name: /DAG:shop/ }).waitFor();
      await main().getByRole("link", { name: "Users" }).click();
      await cell("viewer@example.org").waitFor();
      await button("New user").click();
      await dialog().getByRole("textbox", { name: "User name" }).fill("nina");
      await dialog().getByRole("textbox", { name: "First name" }).fill("Nina");
      await dialog().getByRole("textbox", { name: "Last name" }).fill("Night");
      await dialog().getByRole("textbox", { name: "E-mail" }).fill("nina@example.org");
      await dialog().getByLabel(/^Password/).fill("first words");
      await dialog().getByRole("combobox", { name: "Roles" }).fill("night");
      await w.page.getByRole("option", { name: "night" }).click();
      await w.page.keyboard.press("Escape");
      await look("user-form");
      await button("Save").click();
      await cell("nina@example.org").waitFor();
      await look("users");
    });
    await as("nina", async () => {
      await button("User").click();
      await w.page.getByRole("menuitem", { name: "My account" }).click();
      await button("Change password").click();
      await dialog().getByLabel(/^Present password/).fill("wrong");
      await dialog().getByLabel(/^New password( \*|$)/).fill("second words");
      await dialog().getByLabel(/^New password, again/).fill("second words");
      await button("Save").click();
      await dialog().getByRole("alert").getByText("The present password is not right").waitFor();
      await dialog().getByLabel(/^Present password/).fill("first words");
      await button("Save").click();
      await w.seen("Saved");
    }, "first words");
    await as("nina", async () => {
      await w.page.goto(`${FAB}/pools`);
      await cell("default_pool").waitFor();
    }, "second words");
    await as("admin", async () => {
      await w.page.goto(`${FAB}/users`);
      await button("Edit nina").click();
      await dialog().getByRole("checkbox", { name: "Active" }).uncheck();
      await button("Save").click();
      await w.page.getByRole("row", { name: /nina.*Not active/ }).waitFor();
    });
    const r = await fetch(`${FAB}/auth/token`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ username: "nina", password: "second words" }),
    });
    assert.equal(r.status, 401, "who is not active does not come in");
  });

  step("each role sees and does what it may, and is refused the rest", async () => {
    const pages = { "/connections": "Connections", "/variables": "Variables", "/users": "Users", "/roles": "Roles", "/events": "Audit log", "/configs": "Configuration" };
    const may = {
      admin: Object.keys(pages),
      op: ["/connections", "/variables", "/configs"],
      user: [],
      viewer: [],
    };
    for (const [name, open] of Object.entries(may))
      await as(name, async () => {
        await main().getByRole("link", { name: "DAGs", exact: true }).waitFor();
        for (const [path, title] of Object.entries(pages)) {
          await w.page.goto(FAB + path);
          if (open.includes(path)) await w.page.getByRole("heading", { name: title, level: 1 }).waitFor();
          else await w.page.getByRole("alert").getByText("You may not do that").first().waitFor();
          const there = await main().getByRole("link", { name: title, exact: true }).count();
          assert.equal(there, open.includes(path) ? 1 : 0, `${name}: ${title} in the menu`);
        }
        await w.page.goto(`${FAB}/dags/shop`);
        await w.page.getByRole("heading", { name: "Shop" }).waitFor();
        await w.page.getByRole("gridcell").first().waitFor();
        assert.equal(await button("Trigger").count(), name === "viewer" ? 0 : 1, `${name}: trigger`);
        await w.page.goto(`${FAB}/pools`);
        await cell("default_pool").waitFor();
        assert.equal(await button("New pool").count(), ["admin", "op"].includes(name) ? 1 : 0, `${name}: pools`);
        // And not only the pages say so.
        const status = (method, path, body) =>
          w.page.evaluate(
            async ([m, p, b]) =>
              (await fetch(p, { method: m, headers: { "Content-Type": "application/json" }, body: b && JSON.stringify(b) })).status,
            [method, path, body],
          );
        const refused = { admin: false, op: true, user: true, viewer: true }[name];
        assert.equal((await status("GET", "/auth/fab/v1/users")) === 403, refused, `${name}: users`);
        const pool = await status("POST", "/api/v2/pools", { name: `of-${name}`, slots: 1 });
        assert.equal(pool === 201, ["admin", "op"].includes(name), `${name}: pool ${pool}`);
        const pause = await status("PATCH", "/api/v2/dags/reader", { is_paused: false });
        assert.equal(pause === 200, name !== "viewer", `${name}: pause ${pause}`);
      });
  });

  step("my account: a token that is shown once, works, and is revoked", async () => {
    await as("viewer", async () => {
      await w.page.goto(`${FAB}/account`);
      await w.page.getByRole("table", { name: "What you may do" }).waitFor();
      await button("New token").click();
      await dialog().getByRole("textbox", { name: "Name" }).fill("nightly report");
      await dialog().getByRole("textbox", { name: "Days until it ends" }).fill("7");
      await button("Save").click();
      const token = await dialog().getByRole("textbox", { name: "The token" }).inputValue();
      assert.match(token, /^ey.*\..*\..*/);
      const ask = async () => (await fetch(`${FAB}/api/v2/dags`, { headers: { Authorization: `Bearer ${token}` } })).status;
      assert.equal(await ask(), 200);
      await button("I have kept it").click();
      await w.page.getByRole("row", { name: /nightly report.*Valid/ }).waitFor();
      await look("account");
      await button("Revoke nightly report").click();
      await dialog().getByRole("button", { name: "Revoke", exact: true }).click();
      await w.page.getByRole("row", { name: /nightly report.*Revoked/ }).waitFor();
      await until("refused", async () => (await ask()) !== 200);
    });
  });

  step("needs a person: what, since when, what to do; seen, it goes", async () => {
    await w.trigger("asks", "needs-one");
    await w.trigger("waits", "needs-pool");
    const all = async () => (await w.api("GET", "/ui/needs?after=0")).items;
    await until("all kinds", async () => {
      const kinds = new Set((await all()).map((x) => x.kind));
      return ["approval", "pool", "failure", "import_error"].every((k) => kinds.has(k));
    });
    await w.go("/needs?after=0");
    await w.page.getByRole("region", { name: /Questions to a person/ }).getByRole("link", { name: /of asks waits for an answer/ }).waitFor();
    await w.page.getByRole("region", { name: /Starved pools/ }).getByText(/waits? for the pool narrow/).waitFor();
    await w.page.getByRole("region", { name: /Broken files/ }).getByText("broken.py does not load").waitFor();
    await look("needs");
    const failures = w.page.getByRole("region", { name: /Failures nobody has looked at/ });
    const button = failures.getByRole("button", { name: /I saw it: waits/ });
    while (await button.count()) {
      await button.first().click();
      await w.page.waitForTimeout(300);
    }
    assert.equal((await all()).filter((x) => x.kind === "failure" && x.dag_id === "waits").length, 0);
    await w.page.getByRole("link", { name: /of asks waits for an answer/ }).click();
    await w.page.getByRole("button", { name: "Approve" }).click();
    await w.ended("asks", "needs-one", "success");
    await w.api("PATCH", "/api/v2/dags/waits/dagRuns/needs-pool", { state: "failed" });
    await w.go("/");
    await w.page.getByRole("region", { name: /Needs a person/ }).getByText("broken.py does not load").waitFor();
  });

  step("connection forms: fields by type, JSON that is checked, a copy without the password", async () => {
    await w.go("/connections");
    await button("New connection").click();
    await dialog().getByRole("textbox", { name: "Connection ID" }).fill("backup_host");
    await dialog().getByRole("combobox", { name: "Type" }).fill("ssh");
    await dialog().getByRole("textbox", { name: "User name" }).fill("deploy");
    assert.equal(await dialog().getByRole("textbox", { name: "Schema" }).count(), 0, "ssh has no schema");
    await dialog().getByRole("textbox", { name: "Host", exact: true }).fill("backup.example.org");
    await dialog().getByLabel("Password", { exact: true }).fill("hush hush");
    const fields = dialog().getByRole("group", { name: "Fields of SSH" });
    await fields.getByRole("textbox", { name: "Private key file" }).fill("/keys/id");
    await fields.getByRole("checkbox", { name: "Take any host key" }).check();
    const extra = dialog().getByRole("textbox", { name: "Extra" });
    assert.deepEqual(JSON.parse(await extra.inputValue()), { key_file: "/keys/id", no_host_key_check: true });
    await look("connection-form");
    await extra.fill("[1, 2");
    await dialog().getByText(/has to be a JSON object/).first().waitFor();
    await extra.fill('{"key_file": "/keys/id", "more": 1}');
    await button("Save").click();
    await cell("backup.example.org").waitFor();
    await button("Copy backup_host").click();
    assert.equal(await dialog().getByRole("textbox", { name: "Host", exact: true }).inputValue(), "backup.example.org");
    assert.equal(await dialog().getByLabel("Password", { exact: true }).inputValue(), "", "the password is not copied");
    await button("Save").click();
    await cell("backup_host_copy").waitFor();
    assert.equal(await w.page.getByText("hush hush").count(), 0);
  });

  step("variables and pools go out as JSON and come back", async () => {
    await w.api("POST", "/api/v2/variables", { key: "bucket", value: "s3://one" });
    await w.go("/variables");
    await cell("bucket").waitFor();
    const [file] = await Promise.all([w.page.waitForEvent("download"), button("Export").click()]);
    assert.equal(file.suggestedFilename(), "variables.json");
    const stream = await file.createReadStream();
    let text = "";
    for await (const chunk of stream) text += chunk;
    assert.equal(JSON.parse(text).bucket, "s3://one");
    await w.api("DELETE", "/api/v2/variables/bucket");
    await w.go("/pools");
    const [chooser] = await Promise.all([w.page.waitForEvent("filechooser"), button("Import JSON").click()]);
    const made = { "from-file": { slots: 3, description: "brought", include_deferred: false } };
    await chooser.setFiles({ name: "pools.json", mimeType: "application/json", buffer: Buffer.from(JSON.stringify(made)) });
    await w.page.getByRole("row", { name: /from-file.*0 of 3/ }).waitFor();
  });

  step("search all logs: words, an expression, and on to the line", async () => {
    await w.go("/log_search");
    await w.page.getByRole("searchbox", { name: "Words" }).fill("row 150 of de");
    await button("Search").click();
    const hits = w.page.getByRole("table", { name: "Hits" });
    await hits.getByRole("link", { name: "row 150 of de" }).first().waitFor();
    await w.page.getByRole("status").getByText(/attempts searched/).waitFor();
    await look("log-search");
    await hits.getByRole("link", { name: "row 150 of de" }).last().click();
    await w.page.waitForURL(/line=\d+/);
    const line = w.page.url().match(/line=(\d+)/)[1];
    const row = w.page.getByRole("log").getByRole("link", { name: line, exact: true }).locator("xpath=ancestor::div[1]");
    await row.getByText("row 150 of de").waitFor();
    await w.go("/log_search?q=row+15%5B01%5D+of&regex=true&dag_id=shop");
    await w.page.getByRole("table", { name: "Hits" }).getByRole("link", { name: /row 151 of/ }).first().waitFor();
    await w.go("/log_search?q=(open&regex=true");
    await w.page.getByRole("alert").getByText(/no regular expression/).waitFor();
  });

  step("asset graph: who makes what, and whom it starts", async () => {
    await w.go("/assets");
    await w.page.getByRole("link", { name: "Asset graph" }).click();
    for (const name of ["DAG: shop", "Asset: daily_report", "DAG: reader"]) await w.page.getByRole("link", { name }).waitFor();
    await look("asset-graph");
    await w.page.getByRole("table", { name: "Latest events" }).getByRole("link", { name: "daily_report" }).first().waitFor();
    await w.page.getByRole("link", { name: "Asset: daily_report" }).click();
    await w.page.waitForURL(/\/assets\/\d+/);
    await w.page.getByRole("link", { name: "Asset graph" }).click();
    await w.page.waitForURL(/asset=\d+/);
    await w.page.getByRole("link", { name: "DAG: shop" }).waitFor();
  });

  step("YAML editor: a mistake at its line, what it would be, saved, and there as a DAG", async () => {
    await w.go("/editor");
    await button("New DAG").first().click();
    await w.page.getByRole("textbox", { name: "File in the DAG folder" }).fill("typed.yaml");
    const text = w.page.getByRole("textbox", { name: "Text of typed.yaml" });
    const write = async (lines) => {
      await text.click();
      await w.page.keyboard.press("Control+a");
      await w.page.keyboard.insertText(lines);
    };
    const good = 'dag_id: typed\nschedule: "@daily"\nstart_date: 2026-01-01\ntasks:\n  hello:\n    operator: bash\n    bash_command: "echo {{ dag.dag_id }}"\n';
    await write(good.replace("bash_command", "bash_comand").replace("start_date", "colour: red\nstart_date"));
    const mistakes = w.page.getByRole("region", { name: "Mistakes" });
    await mistakes.getByText("Line 8").waitFor();
    await mistakes.getByText("Line 3").waitFor();
    await w.page.getByRole("status").getByText("2 mistakes").waitFor();
    await look("editor-mistake");
    await write(good);
    await w.page.getByRole("status").getByText("No mistake: 1 DAG", { exact: true }).waitFor();
    await w.page.getByRole("region", { name: "typed" }).getByText("hello").first().waitFor();
    await look("editor");
    await w.page.getByText("Rendered", { exact: true }).click();
    await w.page.getByText("echo typed", { exact: true }).waitFor();
    await w.page.getByText("Next runs", { exact: true }).click();
    await until("three runs", async () => (await w.page.getByRole("region", { name: "typed" }).getByRole("listitem").count()) === 3);
    await button("Save").click();
    await w.seen(/typed.yaml was saved/);
    await until("a DAG", async () => (await w.api("GET", "/api/v2/dags?dag_id_pattern=typed")).total_entries === 1);
  });

  step("the pages around the house in Korean, dark, on a tablet", async () => {
    const before = w.page;
    w.page = await window_({ viewport: { width: 820, height: 1100 } });
    await w.go("/");
    await button("Theme").click();
    await w.page.getByRole("menuitem", { name: "Dark" }).click();
    await button("Language").click();
    await w.page.getByRole("menuitem", { name: "한국어" }).click();
    await w.page.getByRole("heading", { name: "홈", level: 1 }).waitFor();
    for (const [name, path, title] of [["needs", "/needs", "확인 필요"], ["logs", "/log_search?q=row", "로그 검색"], ["assets", "/assets/graph", "에셋 그래프"], ["editor", "/editor?file=typed.yaml", "YAML 편집기"], ["account", "/account", "내 계정"], ["users", "/users", "사용자"], ["connections", "/connections", "연결"]]) {
      await w.go(path);
      await w.page.getByRole("heading", { name: title, level: 1 }).waitFor();
      await w.page.waitForTimeout(1200);
      const wide = await w.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.ok(wide <= 0, `${path} is ${wide} px too wide for a tablet`);
      await look(`ko-${name}`);
    }
    // What the server refuses is said in the reader's words, with the particle that fits the name.
    await w.go("/dags/no_such_dag");
    await w.page.getByRole("alert").getByText("DAG 'no_such_dag'를 찾을 수 없습니다").waitFor();
    await w.page.context().close();
    w.page = before;
  });
}
