// Changes states and reads a log, and tells in JSON how many milliseconds later the page showed it (bench/live).
import { createRequire } from "node:module";

const require = createRequire(new URL("../ui/package.json", import.meta.url));
const { chromium } = require("playwright-core");
const { BASE, CHROMIUM, CHANGES } = process.env;
const api = async (method, path, body) => {
  const r = await fetch(BASE + path, { method, headers: { "Content-Type": "application/json" }, ...(body ? { body: JSON.stringify(body) } : {}) });
  if (!r.ok) throw new Error(`${method} ${path}: ${r.status} ${await r.text()}`);
  return r.json();
};
const run = "/api/v2/dags/live/dagRuns/bench";
const state = async (task) => (await api("GET", `${run}/taskInstances/${task}`)).state;
const pause = (ms) => new Promise((r) => setTimeout(r, ms));
const of = (v) => {
  const s = [...v].sort((a, b) => a - b);
  const at = (q) => Math.round(s[Math.min(s.length - 1, Math.floor(s.length * q))]);
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99), n: s.length };
};

const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--headless", "--no-sandbox", "--disable-gpu"] });
const page = await browser.newPage({ locale: "en-US" });
await api("POST", "/api/v2/dags/live/dagRuns", { logical_date: null, dag_run_id: "bench" });
for (let i = 0; (await state("talks")) !== "running" || (await state("marked")) !== "success"; i++) {
  if (i > 600) throw new Error("the run does not begin");
  await pause(100);
}

// Lines say when they were written; the page says when it drew them.
await page.addInitScript(() => {
  window.lines = new Map();
  const seen = (node) => {
    for (const [, at] of (node.textContent ?? "").matchAll(/at (\d{13})/g)) if (!window.lines.has(at)) window.lines.set(at, Date.now());
  };
  new MutationObserver((list) => list.forEach((m) => (m.type === "characterData" ? seen(m.target) : m.addedNodes.forEach(seen)))).observe(document, {
    childList: true,
    subtree: true,
    characterData: true,
  });
});
await page.goto(`${BASE}/dags/live/runs/bench/tasks/talks`);
await page.getByRole("log").waitFor();
await pause(1500);
const from = Date.now();
await pause(8000);
const lines = await page.evaluate(() => [...window.lines]);
const late = lines.filter(([at]) => Number(at) > from).map(([at, shown]) => shown - Number(at));

await page.goto(`${BASE}/dags/live/runs/bench/tasks/marked`);
const head = page.locator(".page-head .state");
await head.getByText("Success").waitFor();
await page.evaluate(() => {
  const now = () => document.querySelector(".page-head .state")?.textContent?.trim();
  let last = now();
  window.changed = [];
  new MutationObserver(() => {
    if (now() && now() !== last) window.changed.push([(last = now()), Date.now()]);
  }).observe(document.body, { childList: true, subtree: true, characterData: true });
});
await pause(1500);
const asked = [];
const took = [];
for (let i = 0; i < Number(CHANGES); i++) {
  const to = i % 2 ? "success" : "failed";
  const began = Date.now();
  await api("PATCH", `${run}/taskInstances/marked`, { new_state: to });
  asked.push(Date.now() - began);
  await page.waitForFunction((n) => window.changed.length > n, i);
  took.push((await page.evaluate((n) => window.changed[n][1], i)) - began);
  await pause(400);
}
await browser.close();
console.log(
  JSON.stringify({
    "a line of a log, from writing to the page": of(late),
    "a state, from asking for it to the page": of(took),
    "of that: until the API has answered": of(asked),
  }),
);
