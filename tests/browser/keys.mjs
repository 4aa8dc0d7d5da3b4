// The part of the walk (walk.mjs) that has no mouse: every view by Tab, everything done by keys; pages magnified, with large words,
// without movement, in the reader's own colours; what a screen reader is told.
import assert from "node:assert/strict";
import { lost, missed, small, spacing, twice, watch } from "./reach.mjs";

export function keys(w) {
  const { step, button, link, seen, go, until, api, trigger, ended, window_ } = w;
  const { BASE, GUARDED } = process.env;
  const press = async (...names) => {
    for (const n of names) await w.page.keyboard.press(n);
  };
  const type = (text) => w.page.keyboard.type(text);
  const dialog = () => w.page.getByRole("dialog");
  const focused = (of) => of.evaluate((e) => e === document.activeElement || e.contains(document.activeElement)).catch(() => false);
  const settled = () =>
    w.page.waitForFunction(() => document.querySelector("h1") && !document.querySelector(".mantine-Loader-root, [role=status][aria-label=Loading]"));
  /** By Tab, from where the focus is, as far as it takes. */
  const tabTo = async (of, most = 90) => {
    await of.waitFor({ state: "attached" });
    for (let i = 0; i < most; i++) {
      if (await focused(of)) return;
      await press("Tab");
    }
    assert.fail(`Tab does not come to ${of}`);
  };
  /** A page, and past the menu. */
  const open = async (path) => {
    await go(path);
    await settled();
    await press("Tab", "Enter");
    await until("past the menu", () => w.page.evaluate(() => document.activeElement.id === "main"));
  };
  const field = (role, name) => dialog().getByRole(role, { name, exact: true });
  /** Over what stands in a field. */
  const write = async (of, text) => {
    await tabTo(of);
    await press("Control+a");
    await type(text);
  };
  const into = async (name) => {
    await tabTo(button(name));
    await press("Enter");
    await dialog().waitFor();
    await until("focus in the dialog", () => focused(dialog()));
  };
  const finish = async (name) => {
    await tabTo(dialog().getByRole("button", { name, exact: true }));
    await press("Enter");
    await dialog().waitFor({ state: "detached" });
  };
  const run = (dag, id) => `/api/v2/dags/${dag}/dagRuns/${id}`;
  const make = async (dag, id, conf = {}) => {
    const there = await fetch(`${BASE}${run(dag, id)}`);
    if (there.status === 404) await api("POST", `/api/v2/dags/${dag}/dagRuns`, { logical_date: null, dag_run_id: id, conf });
  };

  step("keyboard: something to look at", async () => {
    for (const id of ["first", "keys"]) await make("shop", id, { country: "de" });
    for (const id of ["pace1", "newer"]) await make("paces", id);
    for (const [dag, id] of [["shop", "first"], ["shop", "keys"], ["paces", "pace1"], ["paces", "newer"]]) await ended(dag, id, "success");
  });

  const views = {
    "home, lists": ["/", "/dags?q=sho", "/dag_runs?limit=25&dag_id=shop", "/task_instances?limit=25&run=keys", "/xcoms?run=keys", "/needs?after=0", "/required_actions", "/import_errors", "/log_search?q=row+15&dag_id=paces", "/events?limit=25"],
    "a DAG": ["/dags/shop", "/dags/shop/graph", "/dags/shop/gantt", "/dags/shop/calendar", "/dags/paces/durations", "/dags/shop/runs", "/dags/shop/tasks", "/dags/shop/code", "/dags/shop/details", "/dags/shop/backfills", "/dags/shop/events?limit=25", "/dags/paces/compare/pace1/newer", "/dags/shop/tasks/fetch"],
    "a run, a task instance": ["/dags/shop/runs/keys", ...["gantt", "xcom", "details", "events"].map((v) => `/dags/shop/runs/keys?view=${v}`), "/dags/shop/runs/keys/tasks/fetch", ...["rendered", "tries", "details", "events"].map((v) => `/dags/shop/runs/keys/tasks/fetch?view=${v}`), "/dags/shop/runs/keys/tasks/score", "/dags/shop/runs/keys/tasks/score/mapped/1?view=xcom"],
    "administration": ["/assets", "/assets/graph", "/assets/1", "/editor", "/pools", "/variables", "/connections", "/providers", "/plugins", "/jobs", "/configs?q=port", "/users", "/roles", "/tokens", "/account", "/styles", "/no/such/page"],
  };
  const MOST = 120;
  /** Tab through what is on the page, to its end; a list may be longer than one wants to go. */
  async function through(path) {
    const wrong = [];
    await w.page.evaluate(() => document.getElementById("main").focus());
    let same = 0;
    let out = false;
    for (let n = 0; n < MOST && !out; n++) {
      await press("Tab");
      const s = await w.page.evaluate(() => window.reach.step());
      // A date is several stops.
      same = s?.same ? same + 1 : 0;
      if (same > 8) return [`${path}: ${s.name} holds the focus`];
      out = !s || !s.inside || (s.again && !same);
    }
    wrong.push(...(await w.page.evaluate(() => [...window.reach.wrong])));
    if (out) wrong.push(...(await w.page.evaluate(missed)));
    return [...new Set(wrong)].map((x) => `${path}: ${x}`);
  }
  /** The same page narrow, spaced, with large words. */
  async function reshaped(path) {
    const wrong = [];
    const say = (how, list) => wrong.push(...list.map((x) => `${path}, ${how}: ${x}`));
    /** The menu glides away, pictures are drawn anew: what is lost stays lost. */
    const gone = async () => {
      for (let i = 0; ; i++) {
        await w.page.evaluate(() => new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r))));
        const list = await w.page.evaluate(lost);
        if (!list.length || i === 12) return list;
        await w.page.waitForTimeout(80);
      }
    };
    say("targets", await w.page.evaluate(small));
    await w.page.setViewportSize({ width: 320, height: 640 });
    say("400 %", await gone());
    await w.page.setViewportSize({ width: 1280, height: 860 });
    const style = await w.page.addStyleTag({ content: spacing });
    say("wide spacing", await gone());
    await style.evaluate((e) => e.remove());
    await w.page.evaluate(twice);
    say("large words", await gone());
    return wrong;
  }
  for (const [name, paths] of Object.entries(views))
    step(`keyboard: ${name}: Tab comes to all that can be used, one sees where, and out again; nothing is lost when it is magnified`, async () => {
      const before = w.page;
      w.page = await window_({ viewport: { width: 1280, height: 860 }, colorScheme: name === "a DAG" ? "dark" : "light" });
      const wrong = [];
      for (const path of paths) {
        await go(path);
        await settled();
        // What plugins add, and what is asked for last, comes a little later.
        let before = -1;
        await until("all of it", async () => before === (before = await w.page.locator("a, button, input").count()));
        await w.page.evaluate(watch);
        wrong.push(...(await through(path)), ...(await reshaped(path)));
        await w.page.setViewportSize({ width: 1280, height: 860 });
      }
      await w.page.context().close();
      w.page = before;
      assert.deepEqual(wrong, []);
    });

  step("keyboard: past the menu to the content; the page that has come is told", async () => {
    await go("/dags");
    await settled();
    await press("Tab");
    await until("the skip link", () => focused(button("Skip to the page")));
    await press("Enter");
    assert.equal(await w.page.evaluate(() => document.activeElement.id), "main");
    assert.match(w.page.url(), /\/dags$/);
    await tabTo(link("shop"), 400);
    await press("Enter");
    await w.page.waitForURL(/\/dags\/shop$/);
    await w.page.getByRole("status").getByText("shop", { exact: false }).first().waitFor({ state: "attached" });
    assert.match(await w.page.title(), /shop/);
  });

  step("keyboard: dialogs take the focus, keep it and give it back; menus by arrows; all keys in one list", async () => {
    await open("/dags/shop");
    await into("Trigger");
    for (let i = 0; i < 40; i++) {
      await press(i % 7 === 6 ? "Shift+Tab" : "Tab");
      assert.ok(await focused(dialog()), "the focus stays in the dialog");
    }
    await press("Escape");
    await dialog().waitFor({ state: "detached" });
    await until("focus is back", () => focused(button("Trigger")));
    await press("?");
    await dialog().getByRole("table", { name: "Grid" }).waitFor();
    await w.look("keys");
    await tabTo(dialog().getByRole("switch", { name: "Keys without Ctrl" }));
    await press("Space", "Escape");
    await dialog().waitFor({ state: "detached" });
    await press("/", "?");
    assert.equal(await dialog().count(), 0, "they are switched off");
    await open("/dags/shop/runs/keys");
    await tabTo(button("Mark as"));
    await press("Enter");
    await w.page.getByRole("menu").waitFor();
    await until("the arrows come to an item", async () => {
      await press("ArrowDown"); // nowhere, while the menu still opens
      return w.page.evaluate(() => document.activeElement.getAttribute("role") === "menuitem");
    });
    await press("Escape");
    await until("focus is back at the menu's button", () => focused(button("Mark as")));
    await press("Control+k");
    await dialog().getByPlaceholder("Search DAGs and pages").waitFor();
    await press("Escape");
    await dialog().waitFor({ state: "detached" });
    await w.page.evaluate(() => localStorage.removeItem("tradewind.keys.single"));
  });

  step("keyboard: trigger with params, clear, mark, take it back; what becomes of it is told", async () => {
    await open("/dags/shop");
    await into("Trigger");
    await tabTo(field("combobox", "Country"));
    await press("Enter");
    await w.page.getByRole("option", { name: "de" }).waitFor();
    await w.page.evaluate(() => new Promise((then) => setTimeout(then))); // the list finds what is chosen in a task of its own
    await press("ArrowDown", "Enter");
    assert.equal(await field("combobox", "Country").inputValue(), "de");
    await write(dialog().getByLabel("limit"), "7");
    await tabTo(field("switch", "full"));
    await press("Space");
    await tabTo(field("button", "Trigger"));
    await w.page.evaluate(() => {
      window.heard = [];
      new MutationObserver((list) => {
        for (const m of list) {
          const region = (m.target.nodeType === 1 ? m.target : m.target.parentElement)?.closest("[role=status], [role=alert], [aria-live=polite], [aria-live=assertive]");
          if (region?.textContent.trim()) window.heard.push([region.getAttribute("role"), region.textContent.trim()]);
        }
      }).observe(document.body, { subtree: true, childList: true, characterData: true });
    });
    await press("Enter");
    await w.page.waitForURL(/\/runs\/manual__/);
    const id = decodeURIComponent(w.page.url().split("/runs/")[1]);
    await w.page.getByRole("status").getByText(`${id}: Success`).waitFor({ state: "attached" });
    const heard = await w.page.evaluate(() => window.heard);
    assert.deepEqual(heard.filter(([role]) => role === "alert"), [], "nothing interrupts");
    assert.ok(new Set(heard.map(([, text]) => text)).size <= 12, `a run of six tasks is told in ${heard.length} messages`);
    const made = await api("GET", run("shop", encodeURIComponent(id)));
    assert.deepEqual([made.conf.country, made.conf.limit, made.conf.full], ["de", 7, true]);

    await open("/dags/shop/runs/keys/tasks/publish");
    const state = async () => (await api("GET", `${run("shop", "keys")}/taskInstances/publish`)).state;
    await tabTo(button("Mark as"));
    await press("Enter");
    await w.page.getByRole("menu").waitFor();
    await tabTo(w.page.getByRole("menuitem", { name: "Failed" }), 0).catch(() => {});
    while (!(await focused(w.page.getByRole("menuitem", { name: "Failed" })))) await press("ArrowDown");
    await press("Enter");
    await finish("Mark");
    await until("marked", async () => (await state()) === "failed");
    await w.page.getByRole("status").getByText(/Undo: Ctrl Z/).waitFor({ state: "attached" });
    await until("focus is back", () => focused(button("Mark as")));
    await press("Control+z");
    await until("back again", async () => (await state()) === "success");
    await tabTo(button("Clear"));
    await press("Enter");
    await dialog().waitFor();
    await finish("Clear");
    await until("it ran again", async () => (await api("GET", `${run("shop", "keys")}/taskInstances/publish`)).try_number === 2);
    await ended("shop", "keys", "success");
  });

  step("keyboard: a list is filtered, a DAG paused and taken back; the bars of its runs by arrows", async () => {
    await open("/dags");
    await tabTo(w.page.getByRole("searchbox", { name: "Search DAGs" }));
    await type("shop");
    await until("only what was typed", async () => (await link("reader").count()) === 0 && (await link("shop").count()) === 1);
    const active = w.page.getByRole("switch", { name: "shop is active" });
    const paused = async () => (await api("GET", "/api/v2/dags/shop")).is_paused;
    await tabTo(active);
    await press("Space");
    await until("paused", paused);
    await button("Undo").waitFor();
    await tabTo(active);
    await press("Control+z");
    await until("active", async () => !(await paused()));
    const bars = w.page.getByRole("group", { name: "Recent runs of shop" });
    await tabTo(bars);
    const newest = await w.page.evaluate(() => document.activeElement.getAttribute("aria-label"));
    await press("ArrowLeft");
    assert.notEqual(await w.page.evaluate(() => document.activeElement.getAttribute("aria-label")), newest);
    await w.page.getByRole("tooltip").waitFor();
    await press("Escape");
    await w.page.getByRole("tooltip").waitFor({ state: "detached" });
    await press("End", "Tab");
    assert.equal(await focused(bars), false, "one stop for Tab");
    await press("Shift+Tab", "Enter");
    await w.page.waitForURL(/\/dags\/shop\/runs\//);
  });

  step("keyboard: from the grid to a log, which is searched; a line into the address", async () => {
    await open("/dags/shop");
    const grid = w.page.getByRole("grid", { name: "Grid" });
    await w.page.getByRole("gridcell", { name: /^fetch, .*Success/ }).first().waitFor();
    await tabTo(grid);
    const meant = () => grid.evaluate((e) => document.getElementById(e.getAttribute("aria-activedescendant"))?.textContent ?? "");
    await press("Control+Home", "ArrowLeft", "ArrowDown");
    assert.match(await meant(), /^clean/);
    await press("Enter");
    await until("folded", async () => (await w.page.getByRole("rowheader", { name: "dedupe" }).count()) === 0);
    await press("Enter");
    await w.page.getByRole("rowheader", { name: "dedupe" }).waitFor();
    await press("ArrowUp", "End", "Enter");
    await w.page.waitForURL(/\/runs\/.*\/tasks\/fetch/);
    const log = w.page.getByRole("log");
    await log.waitFor();
    await tabTo(log);
    await press("s");
    await type("row 15 of");
    await press("Enter");
    await seen("1 / 1");
    await press("Shift+Tab");
    await tabTo(log);
    await press("n", "l");
    await w.page.waitForURL(/line=\d+/);
    const line = w.page.url().match(/line=(\d+)/)[1];
    await log.getByRole("link", { name: line, exact: true }).waitFor();
  });

  step("keyboard: around the graph, into a task; the gantt and the calendar by arrows", async () => {
    await open("/dags/shop/graph");
    await w.page.getByRole("link", { name: /^fetch Success/ }).waitFor();
    await tabTo(w.page.getByRole("link", { name: /^fetch Success/ }));
    const here = () => w.page.evaluate(() => document.activeElement.textContent);
    const been = new Set([await here()]);
    for (const way of ["ArrowRight", "ArrowRight", "ArrowRight", "ArrowRight", "ArrowRight", "ArrowUp", "ArrowDown"]) {
      await press(way);
      await w.page.waitForTimeout(60);
      been.add(await here());
    }
    assert.ok(been.size >= 5, `arrows came to ${[...been].join("; ")}`);
    await press("End");
    await until("the last", async () => /^publish/.test(await here()));
    await press("Enter");
    await w.page.waitForURL(/tasks\/publish/);
    await open("/dags/shop/gantt");
    await tabTo(w.page.getByRole("table", { name: "Gantt" }).getByRole("link", { name: "fetch" }));
    await press("ArrowDown", "ArrowDown");
    assert.match(await here(), /dedupe/);
    await open("/dags/shop/calendar");
    await tabTo(w.page.getByRole("button", { name: /Success \d/ }).last());
    await press("Enter");
    await tabTo(w.page.getByRole("link", { name: /Runs of/ }));
  });

  step("keyboard: many rows at once; two runs compared", async () => {
    for (const key of ["keys_one", "keys_two", "keys_three"]) await api("POST", "/api/v2/variables", { key, value: key });
    await open("/variables");
    for (const key of ["keys_one", "keys_two"]) {
      await tabTo(w.page.getByRole("checkbox", { name: `Select ${key}` }), 200);
      await press("Space");
      await press("Shift+Tab", "Shift+Tab", "Shift+Tab", "Shift+Tab", "Shift+Tab", "Shift+Tab");
    }
    await tabTo(button("Delete selected"), 200);
    await press("Enter");
    await dialog().waitFor();
    await finish("Delete");
    await until("two are gone", async () => (await api("GET", "/api/v2/variables?variable_key_pattern=keys_%25")).total_entries === 1);
    await open("/dags/shop/runs");
    for (const id of ["keys", "first"]) {
      await tabTo(w.page.getByRole("checkbox", { name: `Select ${id}`, exact: true }), 250);
      await press("Space");
    }
    await tabTo(button("Compare the two"), 250);
    await press("Enter");
    await w.page.waitForURL(/\/compare\//);
  });

  step("keyboard: a variable, a connection and a pool are changed", async () => {
    const there = (path, body) => fetch(`${BASE}/api/v2/${path}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    await there("variables", { key: "keys_three", value: "by hand" });
    await there("pools", { name: "keys", slots: 1 });
    await there("connections", { connection_id: "keys", conn_type: "http", host: "one" });
    await open("/variables");
    await into("Edit keys_three");
    await write(field("textbox", "Value"), "by keys");
    await finish("Save");
    await until("saved", async () => (await api("GET", "/api/v2/variables/keys_three")).value === "by keys");
    await until("focus is back", () => focused(button("Edit keys_three")));
    await open("/connections");
    await into("Edit keys");
    await write(field("textbox", "Host"), "two.example.org");
    await finish("Save");
    await until("saved", async () => (await api("GET", "/api/v2/connections/keys")).host === "two.example.org");
    await open("/pools");
    await into("Edit keys");
    await write(field("textbox", "Slots"), "3");
    await finish("Save");
    await until("saved", async () => (await api("GET", "/api/v2/pools/keys")).slots === 3);
    for (const path of ["/variables/keys_three", "/connections/keys", "/pools/keys"]) await api("DELETE", `/api/v2${path}`);
  });

  step("keyboard: a backfill is made and cancelled; a question is answered", async () => {
    await api("PATCH", "/api/v2/dags/shop", { is_paused: true }); // so that it goes on for as long as one looks
    await open("/dags/shop/backfills");
    await into("New backfill");
    await tabTo(dialog().getByLabel("From", { exact: false }).first());
    await type("01042026");
    await press("ArrowRight"); // from the year to the hour
    await type("090000AM");
    await tabTo(dialog().getByLabel("To", { exact: false }).first());
    await type("01052026");
    await press("ArrowRight"); // from the year to the hour
    await type("090000AM");
    await dialog().getByText("Makes 2 runs").waitFor();
    await finish("Start backfill");
    const row = w.page.getByRole("row", { name: /2026-01-04/ });
    await tabTo(row.getByRole("button", { name: "Cancel backfill" }), 200);
    await press("Enter");
    if (await dialog().count()) await finish("Cancel backfill");
    await until("cancelled", async () => (await api("GET", "/api/v2/backfills?dag_id=shop")).backfills.every((b) => b.completed_at));
    await api("PATCH", "/api/v2/dags/shop", { is_paused: false });
    await trigger("asks", "keys");
    await open("/required_actions");
    await tabTo(button("Approve").first());
    await press("Enter");
    await ended("asks", "keys", "success");
  });

  step("keyboard: the editor lets go", async () => {
    await open("/editor");
    await tabTo(button("New DAG").first());
    await press("Enter");
    await write(w.page.getByRole("textbox", { name: "File in the DAG folder" }), "keys.yaml");
    const text = w.page.getByRole("textbox", { name: "Text of keys.yaml" });
    await tabTo(text);
    await press("Control+a");
    await type("dag_id: keys");
    await press("Escape", "Tab");
    assert.equal(await focused(text), false, "Escape and Tab lead out of the text");
    await tabTo(text);
    await press("Escape", "Shift+Tab");
    assert.equal(await focused(text), false, "and back");
  });

  step("keyboard: sign in, language, theme, sign out", async () => {
    const before = w.page;
    w.page = await window_();
    await w.page.goto(`${GUARDED}/login?next=/pools`);
    await w.page.getByRole("textbox", { name: "User name" }).waitFor();
    await until("one may type at once", () => focused(w.page.getByRole("textbox", { name: "User name" })));
    await type("anna");
    await press("Tab");
    await type("open sesame");
    await press("Enter");
    await w.page.waitForURL(/\/pools$/);
    const choose = async (menu, item) => {
      await tabTo(menu);
      await press("Enter");
      const at = w.page.getByRole("menuitem", { name: item });
      await at.waitFor();
      for (let i = 0; i < 8 && !(await focused(at)); i++) await press("ArrowDown");
      await press("Enter");
      await w.page.getByRole("menu").waitFor({ state: "detached" });
    };
    await choose(button("Language"), "한국어");
    await w.page.getByRole("heading", { name: "풀", level: 1 }).waitFor();
    await choose(button("테마"), "어둡게");
    await until("dark", () => w.page.evaluate(() => document.documentElement.dataset.mantineColorScheme === "dark"));
    await press("?");
    await dialog().getByRole("table", { name: "그리드" }).waitFor();
    await w.look("ko-keys");
    await press("Escape");
    await dialog().waitFor({ state: "detached" });
    await choose(button("사용자"), "로그아웃");
    await w.page.waitForURL(/\/login/);
    await w.page.context().close();
    w.page = before;
  });

  step("keyboard: nothing moves for whoever wants that; in the reader's own colours each state has a shape and the focus a ring", async () => {
    const before = w.page;
    w.page = await window_({ reducedMotion: "reduce", forcedColors: "active" });
    const moving = () => w.page.evaluate(() => document.getAnimations().filter((a) => a.playState === "running" && a.effect.getComputedTiming().duration > 50).map((a) => `${a.effect.target?.className} ${a.animationName ?? a.transitionProperty}`));
    await go("/styles");
    await settled();
    assert.deepEqual(await moving(), []);
    await w.look("forced-colors");
    const marks = w.page.locator("main .state").filter({ has: w.page.locator("svg.mark") });
    const drawn = new Map();
    for (let i = 0; i < (await marks.count()); i++) {
      const name = ((await marks.nth(i).getAttribute("aria-label")) ?? (await marks.nth(i).textContent())).trim();
      if (drawn.has(name)) continue;
      drawn.set(name, (await marks.nth(i).locator("svg.mark").screenshot()).toString("base64"));
    }
    assert.ok(drawn.size >= 12, [...drawn.keys()].join());
    assert.equal(new Set(drawn.values()).size, drawn.size, "two states look the same");
    await go("/dags/shop");
    await settled();
    await w.page.evaluate(watch);
    await press("Tab", "Enter", "Tab", "Tab", "Tab", "Tab");
    await w.page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
    await w.page.evaluate(() => window.reach.step());
    await tabTo(button("Trigger"));
    await press("Enter");
    await dialog().waitFor();
    assert.deepEqual(await moving(), []);
    assert.deepEqual(await w.page.evaluate(() => [...window.reach.wrong]), []);
    await w.page.context().close();
    w.page = before;
  });
}
