// The part of the walk (walk.mjs) that has no mouse: Tab, arrows, Enter, Escape.
import assert from "node:assert/strict";

export function keys(w) {
  const { step, button, go, until } = w;
  const press = async (...names) => {
    for (const n of names) await w.page.keyboard.press(n);
  };
  const dialog = () => w.page.getByRole("dialog");
  const settled = async () => {
    await w.page.locator("h1").first().waitFor();
    await until("content", async () => (await w.page.locator(".mantine-Loader-root").count()) === 0);
  };

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
}
