// The part of the walk (walk.mjs) that has no mouse and no keyboard: a tablet under a finger.
import assert from "node:assert/strict";

export function touch(w) {
  const { step, button, window_, until } = w;

  step("by finger: the menu beside the page, tips by holding, a graph that is pushed and spread", async () => {
    const before = w.page;
    w.page = await window_({ viewport: { width: 820, height: 1180 }, hasTouch: true, isMobile: true });
    const finger = await w.page.context().newCDPSession(w.page);
    const put = (type, ...points) => finger.send("Input.dispatchTouchEvent", { type, touchPoints: points.map(([x, y], id) => ({ x, y, id })) });
    const middle = async (of) => {
      const r = await of.boundingBox();
      return [r.x + r.width / 2, r.y + r.height / 2];
    };
    const tip = (words) => w.page.getByRole("tooltip").getByText(words).waitFor();
    const holds = async (of, words) => {
      const where = await middle(of);
      const at = w.page.url();
      await put("touchStart", where);
      await tip(words);
      await put("touchEnd");
      assert.equal(w.page.url(), at, "what is held is not followed");
    };
    await w.go("/dags/shop");
    await w.page.locator(".gcell").first().waitFor();
    await button("Open or close the menu").tap();
    await w.page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Pools" }).waitFor();
    await w.page.touchscreen.tap(700, 800);
    await until("the menu closed", async () => (await button("Open or close the menu").getAttribute("data-opened")) === null && (await w.page.locator(".side-veil").count()) === 0);
    await holds(w.page.locator(".gcell").first(), /^fetch, /);
    await w.page.getByRole("heading", { name: "shop" }).tap();
    await w.page.locator(".page-head time").first().tap();
    await tip(/ UTC$/);
    await w.page.getByRole("link", { name: "Graph" }).tap();
    const node = w.page.locator("a.scene-item", { hasText: "fetch" });
    await holds(node, /BashOperator/);
    const view = () => w.page.locator(".react-flow__viewport").evaluate((e) => new DOMMatrix(getComputedStyle(e).transform)).then((m) => [m.a, m.f]);
    const [size, top] = await view();
    const [x, y] = await middle(w.page.locator(".flow"));
    await put("touchStart", [x, y + 200]);
    for (const d of [20, 60, 100]) await put("touchMove", [x, y + 200 + d]);
    await put("touchEnd");
    await until("the graph pushed", async () => (await view())[1] > top + 50);
    await put("touchStart", [x - 60, y], [x + 60, y]);
    for (const d of [20, 60, 100]) await put("touchMove", [x - 60 - d, y], [x + 60 + d, y]);
    await put("touchEnd");
    await until("the graph spread", async () => (await view())[0] > size * 1.3);
    await w.page.context().close();
    w.page = before;
  });
}
