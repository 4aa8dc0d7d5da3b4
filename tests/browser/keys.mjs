// The part of the walk (walk.mjs) that has no mouse: Tab, arrows, Enter, Escape; pages magnified, without movement, with the reader's own colours.
import assert from "node:assert/strict";

export function keys(w) {
  const { step, button, seen, go, until, window_ } = w;
  const press = async (...names) => {
    for (const n of names) await w.page.keyboard.press(n);
  };
  const dialog = () => w.page.getByRole("dialog");
  const pages = ["/", "/dags", "/dags/shop", "/dags/shop/graph", "/dags/shop/gantt", "/dags/shop/runs", "/dags/shop/details", "/dags/shop/runs/first", "/dags/shop/runs/first/tasks/fetch", "/needs?after=0", "/log_search", "/assets/graph", "/connections", "/editor", "/styles"];
  const settled = async () => {
    await w.page.locator("h1").first().waitFor();
    await until("content", async () => (await w.page.locator(".mantine-Loader-root").count()) === 0);
  };

  /** From now on the page writes down what gets the focus, and whether one sees that. */
  const watch = () =>
    w.page.evaluate(() => {
      window.came = [];
      const ringed = (x) => {
        const c = x && getComputedStyle(x);
        return c && ((c.outlineStyle !== "none" && Number.parseFloat(c.outlineWidth) > 0) || c.boxShadow !== "none");
      };
      document.addEventListener("focusin", ({ target: e }) => {
        e.dataset.reached = "yes";
        // Of a grid the cell that is meant is marked; of a switch its track; of an input the box around it.
        const inside = e.querySelector(".focus") ?? e.parentElement?.querySelector("label, .mantine-Switch-track, .mantine-Checkbox-icon");
        const ring = ringed(e) || ringed(inside) || ["INPUT", "TEXTAREA"].includes(e.tagName);
        const name = `${e.tagName.toLowerCase()}.${String(e.className.baseVal ?? e.className).split(" ")[0]} "${(e.getAttribute("aria-label") ?? e.textContent ?? "").trim().slice(0, 40)}"`;
        window.came.push({ name, ring, shown: e.getClientRects().length > 0 && getComputedStyle(e).visibility !== "hidden" });
      });
    });

  /** What a mouse can use and Tab has not come to; lists and rows that arrows move in count as one. */
  const missed = () =>
    w.page.evaluate(() =>
      [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [role=button], [role=link], [tabindex='0']")]
        .filter((e) => !e.disabled && e.getClientRects().length && getComputedStyle(e).visibility !== "hidden" && !e.dataset.reached)
        .filter((e) => e.type !== "radio" && !e.closest("[role=grid], [role=tablist], [aria-hidden=true], .cm-editor, .react-flow__attribution, .react-flow__panel"))
        .map((e) => `${e.tagName.toLowerCase()}.${String(e.className.baseVal ?? e.className).split(" ")[0]} "${(e.getAttribute("aria-label") ?? e.textContent ?? "").trim().slice(0, 40)}"`),
    );

  step("keyboard: Tab comes to all that can be used, is seen where it is, and gets out again", async () => {
    const wrong = [];
    const MOST = 140;
    for (const path of ["/", "/dags/shop", "/dags/shop/graph", "/dags/shop/runs", "/dags/shop/runs/first", "/dags/shop/runs/first/tasks/fetch", "/log_search", "/pools", "/styles"]) {
      await go(path);
      await settled();
      await watch();
      let n = 0;
      let out = false;
      for (; n < MOST && !out; n += 20) {
        for (let i = 0; i < 20; i++) await w.page.keyboard.press("Tab");
        // Past the last one the browser begins anew.
        out = await w.page.evaluate(() => window.came.filter((x) => x.name === window.came[0].name).length > 1);
      }
      const came = await w.page.evaluate(() => window.came);
      for (const x of came) {
        if (!x.ring) wrong.push(`${path}: one does not see that ${x.name} has the focus`);
        if (!x.shown) wrong.push(`${path}: ${x.name} has the focus and is not shown`);
      }
      if (came.length < 20) wrong.push(`${path}: ${came.at(-1)?.name} holds the focus`);
      if (!out) continue; // a long list: what comes after it is on other pages, too
      for (const m of await missed()) wrong.push(`${path}: Tab does not come to ${m}`);
    }
    assert.deepEqual([...new Set(wrong)], []);
  });

  step("keyboard: past the menu to the content; the page that has come is told", async () => {
    await go("/dags");
    await settled();
    await press("Tab");
    await until("the skip link", async () => (await button("Skip to the page").evaluate((e) => e === document.activeElement)));
    await press("Enter");
    assert.equal(await w.page.evaluate(() => document.activeElement.id), "main");
    assert.match(w.page.url(), /\/dags$/);
    await w.page.getByRole("link", { name: "shop", exact: true }).focus();
    await press("Enter");
    await w.page.waitForURL(/\/dags\/shop$/);
    await w.page.getByRole("status").getByText("shop", { exact: false }).first().waitFor({ state: "attached" });
    assert.match(await w.page.title(), /shop/);
  });

  step("keyboard: dialogs take the focus, keep it and give it back; menus by arrows", async () => {
    await go("/dags/shop");
    await settled();
    await button("Trigger").focus();
    await press("Enter");
    await dialog().waitFor();
    await until("focus in the dialog", () => w.page.evaluate(() => document.activeElement.closest("[role=dialog]") !== null));
    for (let i = 0; i < 40; i++) {
      await press(i % 7 === 6 ? "Shift+Tab" : "Tab");
      assert.ok(await w.page.evaluate(() => document.activeElement.closest("[role=dialog]") !== null), "the focus stays in the dialog");
    }
    await press("Escape");
    await dialog().waitFor({ state: "detached" });
    await until("focus is back", () => button("Trigger").evaluate((e) => e === document.activeElement));
    await go("/dags/shop/runs/first");
    await settled();
    await button("Mark as").focus();
    await press("Enter");
    await w.page.getByRole("menu").waitFor();
    await press("ArrowDown", "ArrowUp");
    await until("an item has the focus", () => w.page.evaluate(() => document.activeElement.getAttribute("role") === "menuitem"));
    await press("Escape");
    await until("focus is back at the menu's button", () => button("Mark as").evaluate((e) => e === document.activeElement));
    await press("Control+k");
    await dialog().getByRole("textbox").or(dialog().getByRole("combobox")).or(dialog().getByPlaceholder("Search DAGs and pages")).first().waitFor();
    await press("Escape");
    await dialog().waitFor({ state: "detached" });
  });

  step("keyboard: a group of the grid folds and opens; tips come by focus and go by Escape", async () => {
    await go("/dags/shop");
    const grid = w.page.getByRole("grid", { name: "Grid" });
    await grid.focus();
    await press("Control+Home", "Home", "ArrowDown");
    await go("/dags");
    await settled();
    const tip = w.page.getByRole("tooltip").filter({ visible: true });
    await w.page.getByRole("button", { name: "Trigger shop" }).focus();
    await tip.first().waitFor();
    await press("Escape");
    await until("no tip", async () => (await tip.count()) === 0);
  });

  step("keyboard: the editor lets go", async () => {
    await go("/editor");
    await settled();
    await button("New DAG").first().focus();
    await press("Enter");
    await w.page.getByRole("textbox", { name: "File in the DAG folder" }).fill("keys.yaml");
    const text = w.page.getByRole("textbox", { name: "Text of keys.yaml" });
    await text.focus();
    await w.page.keyboard.type("dag_id: k");
    await press("Escape", "Tab");
    assert.equal(await text.evaluate((e) => e === document.activeElement), false, "Escape and Tab lead out of the text");
  });

  step("magnified to 400 %, and with wide spacing: nothing is lost at the sides", async () => {
    const before = w.page;
    const wrong = [];
    for (const [name, viewport, css] of [
      ["400 %", { width: 320, height: 640 }, ""],
      ["200 %", { width: 680, height: 430 }, ""],
      ["wide spacing", { width: 1280, height: 800 }, "* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important } p { margin-bottom: 2em !important }"],
    ]) {
      w.page = await window_({ viewport });
      for (const path of pages) {
        await go(path);
        await settled();
        if (css) await w.page.addStyleTag({ content: css });
        await w.page.waitForTimeout(150);
        const wide = await w.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        if (wide > 0) wrong.push(`${path}, ${name}: ${wide} px too wide`);
      }
      await w.page.context().close();
    }
    w.page = before;
    assert.deepEqual(wrong, []);
  });

  step("nothing moves for whoever wants that; the reader's own colours keep shapes and words", async () => {
    const before = w.page;
    w.page = await window_({ reducedMotion: "reduce", forcedColors: "active" });
    await go("/styles");
    await settled();
    const moving = await w.page.evaluate(() => document.getAnimations().filter((a) => a.playState === "running" && a.effect?.getComputedTiming().iterations === Number.POSITIVE_INFINITY).length);
    assert.equal(moving, 0, "something goes on moving");
    for (const s of ["Success", "Failed", "Running", "Skipped"]) await w.page.getByText(s, { exact: true }).first().waitFor();
    await w.look("forced-colors");
    await w.page.context().close();
    w.page = before;
  });
}
