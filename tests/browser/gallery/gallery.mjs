// Takes a picture of every page, in both themes and languages, on a desk and on a tablet, and writes down what looks wrong:
// what is wider than the page, what is cut off and says so nowhere, English that is left in Korean, what axe finds.
//   ONLY=word   pages with the word in their name     HOW=light-en-desk,dark-ko-tablet   only these
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { launch, unfit } from "../browser.mjs";
import { views } from "./views.mjs";

const { BASE, FAB, SHOTS, ONLY = "", HOW = "", SEED = "yes", UI = "" } = process.env;
mkdirSync(SHOTS, { recursive: true });
const browser = await launch();

async function api(method, path, body) {
  const r = await fetch(BASE + path, { method, headers: { "Content-Type": "application/json" }, ...(body ? { body: JSON.stringify(body) } : {}) });
  const text = await r.text();
  assert.ok(r.ok || r.status === 409, `${method} ${path}: ${r.status} ${text}`);
  return text ? JSON.parse(text) : null;
}
async function until(what, check, ms = 120_000) {
  for (const end = Date.now() + ms; ; ) {
    if (await check()) return;
    assert.ok(Date.now() < end, `${what} does not come`);
    await new Promise((r) => setTimeout(r, 200));
  }
}
const LONG = "the_nightly_import_of_everything_that_the_shops_of_all_countries_have_sold_returned_and_promised";

/** Runs of every kind, so that no page is empty that need not be. */
async function seed() {
  const run = (dag, id, more = {}) => api("POST", `/api/v2/dags/${dag}/dagRuns`, { logical_date: null, dag_run_id: id, ...more });
  const is = (dag, id, ...states) =>
    until(`${dag} ${id}`, async () => states.includes((await api("GET", `/api/v2/dags/${dag}/dagRuns/${id}`)).state));
  await run("states", "all");
  await run("mapped_thousand", "m1");
  for (let i = 1; i <= 3; i++) await run("thousand", `t${i}`);
  for (let i = 1; i <= 12; i++) await run("three", `day${i}`, { logical_date: `2026-01-${String(i).padStart(2, "0")}T00:00:00Z` });
  for (let i = 1; i <= 24; i++) await run("orders", `order${i}`);
  for (let i = 1; i <= 6; i++) await run("shop", `s${i}`, { conf: { country: i % 2 ? "kr" : "de" } });
  await run("fails", "f1", { note: "looked at it, the disk was full" });
  await run(LONG, "manual__the_run_that_somebody_has_started_by_hand_with_a_name_of_his_own_2026-01-01T00:00:00");
  for (let i = 1; i <= 3; i++) await run("korean", `week-${i}`);
  await run("asks", "question");
  await run("stocktaking", "c1");
  await run("makes", "late1");
  for (let i = 1; i <= 6; i++) {
    await run("paces", `pace${i}`, { conf: { fruit: i % 2 ? "apple" : "pear" } });
    await is("paces", `pace${i}`, "success");
  }
  await run("paces", "slow", { conf: { slow: 20 } });
  await run("waits", "w1");
  await api("POST", "/api/v2/backfills", { dag_id: "shop", from_date: "2026-01-02T00:00:00Z", to_date: "2026-01-05T00:00:00Z", max_active_runs: 1 }).catch(() => {});
  for (const [id, type, host] of [["warehouse", "postgres", "db.example.org"], ["lake", "aws", ""], ["a_connection_whose_name_is_far_longer_than_it_should_be_for_a_table", "http", "a-very-long-host-name.of.a.very-long-domain.example.org"]])
    await api("POST", "/api/v2/connections", { connection_id: id, conn_type: type, host, port: 5432, login: "reader", password: "hush", description: "For reading" });
  for (const [key, value] of [["bucket", "s3://one/two"], ["api_token", "hush"], ["규칙", '{"최대": 3, "국가": ["한국", "독일"]}'], ["long", "x".repeat(900)]])
    await api("POST", "/api/v2/variables", { key, value, description: key === "bucket" ? "Where the raw files are" : null });
  await api("POST", "/api/v2/pools", { name: "a_pool_with_a_name_that_is_rather_long_for_a_table_of_pools", slots: 128, description: "For the nightly import" });
  await is("shop", "s6", "success");
  await is("thousand", "t3", "success");
  await is("paces", "slow", "success");
  await is("korean", "week-3", "success");
}

/** A session of the administrator of the metastore's users. */
async function admin() {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${FAB}/login`);
  await page.getByRole("textbox", { name: "User name" }).fill("admin");
  await page.getByLabel(/^Password/).fill("admin knows");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.waitForURL((u) => u.pathname !== "/login");
  const state = await context.storageState();
  await context.close();
  return state.cookies;
}

/** What can be seen to be wrong without eyes. */
const faults = (korean) => {
  const found = [];
  let cut = 0;
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) found.push(`page is ${root.scrollWidth - root.clientWidth} px too wide`);
  const shown = (e) => e.getClientRects().length > 0 && getComputedStyle(e).visibility !== "hidden";
  for (const e of document.querySelectorAll("body *")) {
    const s = getComputedStyle(e);
    if (s.overflowX === "hidden" && e.scrollWidth > e.clientWidth + 1 && shown(e) && e.clientWidth > 1 && !e.querySelector("canvas, .react-flow, input")) {
      const text = e.textContent.trim().slice(0, 60);
      const told = e.closest("[title],[data-tip]") || e.querySelector("[title],[data-tip]");
      if (text && !told && ++cut <= 4) found.push(`cut: ${e.tagName.toLowerCase()}.${String(e.className).slice(0, 30)} "${text}"`);
    }
  }
  let before = 0;
  for (const h of document.querySelectorAll("h1,h2,h3,h4,h5,h6")) {
    if (!shown(h)) continue;
    const level = Number(h.tagName[1]);
    if (level > before + 1) found.push(`heading ${h.tagName} "${h.textContent.slice(0, 30)}" after h${before}`);
    before = level;
  }
  if (korean) {
    const words = new Set();
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let n = walk.nextNode(); n; n = walk.nextNode()) {
      const text = n.textContent.trim();
      if (/[A-Za-z]{3,}/.test(text) && !/[가-힣]/.test(text) && shown(n.parentElement) && !n.parentElement.closest(".mono, pre, code, .log, .cm-editor, style, script")) words.add(text.slice(0, 50));
    }
    for (const e of document.querySelectorAll("[aria-label],[title],[data-tip],[placeholder]"))
      for (const a of ["aria-label", "title", "data-tip", "placeholder"]) {
        const text = e.getAttribute(a);
        if (text && /[A-Za-z]{3,} [A-Za-z]{2,}/.test(text) && !/[가-힣]/.test(text)) words.add(`@${a} ${text.slice(0, 50)}`);
      }
    found.push(`latin: ${[...words].join(" ¦ ")}`);
  }
  return found;
};

if (SEED === "yes") await seed();
const cookies = await admin();
/** The page has all it asked for (what goes on for ever, a stream, apart) and stands still. */
async function settled(page, asked) {
  await page.locator("h1").first().waitFor({ timeout: 8000 }).catch(() => {});
  // A graph and a grid are drawn when they are laid out, which is after the last answer.
  const drawn = page.locator(".flow, .gbox");
  if (await drawn.count()) await drawn.locator(".react-flow__node, .scene-item, .gcell, .empty:not([role])").first().waitFor({ timeout: 8000 });
  let before = "";
  let still = 0;
  await until(
    "a page at rest",
    async () => {
      const now = await page.evaluate(() => `${document.querySelectorAll(".mantine-Loader-root").length} ${document.querySelectorAll("body *").length} ${document.body.innerText.length} ${document.querySelector(".react-flow__viewport")?.style.transform}`);
      still = now === before && now.startsWith("0 ") && asked.size === 0 ? still + 1 : 0;
      before = now;
      return still >= 2;
    },
    10_000,
  );
}
/** The requests of a page that have not been answered. */
function requests(page) {
  const open = new Set();
  page.on("request", (r) => r.resourceType() !== "eventsource" && open.add(r));
  for (const event of ["requestfinished", "requestfailed"]) page.on(event, (r) => open.delete(r));
  return open;
}

const sizes = { desk: { width: 1440, height: 900 }, tablet: { width: 820, height: 1180 } };
const report = [];
for (const scheme of ["light", "dark"])
  for (const language of ["en", "ko"])
    for (const [size, viewport] of Object.entries(sizes)) {
      const how = `${scheme}-${language}-${size}`;
      if (HOW && !HOW.split(",").includes(how)) continue;
      const context = await browser.newContext({ viewport, locale: "en-US", timezoneId: "Asia/Seoul", reducedMotion: "reduce" });
      context.setDefaultTimeout(12_000);
      await context.addCookies(cookies);
      await context.addInitScript(
        ([s, l]) => {
          // A plugin's view in its frame may not ask.
          if (self !== top) return;
          localStorage.setItem("tradewind.language", l);
          localStorage.setItem("mantine-color-scheme-value", s);
        },
        [scheme, language],
      );
      for (const { name, path, at, act } of views(LONG)) {
        if (!ONLY.split("|").some((w) => name.includes(w))) continue;
        const page = await context.newPage();
        const wrong = [];
        const asked = requests(page);
        page.on("pageerror", (e) => wrong.push(`script: ${e.message}`));
        try {
          await page.goto(((at === "fab" ? FAB : UI || BASE)) + path);
          const rest = () => settled(page, asked).catch((e) => wrong.push(`not at rest: ${e.message.split("\n")[0]} ${[...asked].map((r) => r.url())}`));
          await rest();
          if (act) {
            await act(page);
            await rest();
          }
          await page.screenshot({ path: join(SHOTS, `${name}.${how}.png`) });
          wrong.push(...(await page.evaluate(faults, language === "ko")));
          // The colours are those of the theme, the rest does not depend on it: axe, which takes seconds, looks at each theme once.
          if (/^light-en-desk|^dark-ko-tablet/.test(how)) wrong.push(...(await unfit(page)).map((f) => `axe: ${f}`));
        } catch (e) {
          wrong.push(`failed: ${String(e.message).split("\n")[0]}`);
          await page.screenshot({ path: join(SHOTS, `${name}.${how}.png`) }).catch(() => {});
        }
        for (const w of wrong) report.push(`${name} ${how}: ${w}`);
        await page.close();
        await context.setOffline(false);
        writeFileSync(join(SHOTS, "wrong.txt"), report.join("\n"));
      }
      await context.close();
    }
console.log(`${report.filter((r) => !/: latin: /.test(r)).length} remarks in ${join(SHOTS, "wrong.txt")}`);
await browser.close();
