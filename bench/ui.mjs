// The browser's half of bench/ui: opens pages, scrolls, waits for what changes, and says how long it all took.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(new URL("../ui/package.json", import.meta.url));
const { chromium } = require("playwright-core");
const { BASE, CHROMIUM, DAG, CHANGES, MINUTES, RATE, ONLY, OUT, SHOTS } = process.env;
const wanted = (part) => !ONLY || ONLY.split(",").includes(part);
const figures = {};
const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--enable-precise-memory-info", "--js-flags=--expose-gc"],
});

// In the page: when what makes it usable was first there, and painted.
const watch = () => {
  window.usable = (ready) =>
    new Promise((done, fail) => {
      const end = performance.now() + 20_000;
      const look = () => {
        if (ready()) requestAnimationFrame(() => setTimeout(() => done(performance.now())));
        else if (performance.now() > end) fail(new Error("it does not become usable"));
        else requestAnimationFrame(look);
      };
      look();
    });
  window.slow = [];
  new PerformanceObserver((l) => window.slow.push(...l.getEntries().map((e) => [e.startTime, e.duration]))).observe({ type: "longtask", buffered: true });
};
const newPage = async () => {
  const context = await browser.newContext({ viewport: { width: 1360, height: 860 }, locale: "en-US" });
  const page = await context.newPage();
  page.on("pageerror", (e) => console.log(`# ${e.message}`));
  await page.addInitScript(watch);
  return page;
};

const RUN = "scheduled__2025-12-31";
const dag = `/dags/${DAG}`;
const views = {
  home: ["/", () => document.querySelectorAll(".tile-number").length === 6 && [...document.querySelectorAll(".tile-number")].every((x) => x.textContent !== "–")],
  "DAG list": ["/dags", () => document.querySelectorAll("table tbody tr").length >= 25 && document.querySelector(".runbars, .bars, td .bar") !== null],
  "grid, 30 runs": [dag, () => document.querySelectorAll(".gcell").length > 300],
  "grid, 365 runs": [`${dag}?n=365`, () => document.querySelectorAll(".gcell").length > 300],
  graph: [`${dag}/graph`, () => document.querySelectorAll(".react-flow__node a").length > 5 && getComputedStyle(document.querySelector(".react-flow__node")).visibility === "visible"],
  gantt: [`${dag}/gantt`, () => document.querySelectorAll(".gantt-bar").length > 10],
  calendar: [`${dag}/calendar`, () => document.querySelectorAll(".cal-on").length > 100],
  run: [`${dag}/runs/${RUN}`, () => document.querySelectorAll("table tbody tr").length > 10],
  "task instance": [`${dag}/runs/${RUN}/tasks/task_7?view=details`, () => document.querySelector("dl.kv dd") !== null],
};

const median = (v) => [...v].sort((a, b) => a - b)[Math.floor(v.length / 2)];
const p99 = (v) => [...v].sort((a, b) => a - b)[Math.min(v.length - 1, Math.floor(v.length * 0.99))];

async function open(page, path, ready) {
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  let bytes = 0;
  let requests = 0;
  const paths = [];
  session.on("Network.requestWillBeSent", (e) => {
    requests++;
    paths.push(e.request.url.replace(BASE, ""));
  });
  session.on("Network.dataReceived", (e) => (bytes += e.encodedDataLength));
  await page.goto(BASE + path, { waitUntil: "commit" });
  const ms = await page.evaluate(`window.usable(${ready})`);
  const usableBytes = bytes;
  await page.waitForTimeout(300);
  const slow = await page.evaluate(() => window.slow.map(([, d]) => Math.round(d)));
  await session.detach();
  return { ms, bytes: usableBytes, requests, slow, paths };
}

if (wanted("open")) {
  console.log("from navigation until usable, ms              first visit    again (median of 3)   requests   KiB first / again   longest task");
  for (const [name, [path, ready]] of Object.entries(views)) {
    try {
      const page = await newPage();
      page.setDefaultTimeout(60_000);
      const first = await open(page, path, ready);
      const next = [];
      for (let i = 0; i < 3; i++) {
        await page.goto("about:blank");
        next.push(await open(page, path, ready));
      }
      const again = { ms: median(next.map((x) => x.ms)), bytes: next[1].bytes, requests: next[1].requests, longest: Math.max(0, ...next[1].slow) };
      figures[name] = { first: first.ms, again: again.ms, requests: again.requests, first_kib: first.bytes / 1024, again_kib: again.bytes / 1024, longest_task: again.longest };
      console.log(`${name.padEnd(44)} ${first.ms.toFixed(0).padStart(12)} ${again.ms.toFixed(0).padStart(12)} ${String(again.requests).padStart(18)} ${(first.bytes / 1024).toFixed(0).padStart(12)} / ${(again.bytes / 1024).toFixed(0).padEnd(6)} ${again.longest}`);
      if (process.env.PATHS) console.log(next[1].paths.filter((p) => !p.startsWith("/static")).join("\n"));
      if (SHOTS) await page.screenshot({ path: join(SHOTS, `${name.replace(/\W+/g, "-")}.png`) });
      await page.context().close();
    } catch (e) {
      console.log(`${name.padEnd(44)} ${String(e.message).split("\n")[0]}`);
    }
  }
  // From page to page within one visit.
  const page = await newPage();
  page.setDefaultTimeout(60_000);
  await page.goto(BASE + "/");
  await page.evaluate(`window.usable(${views.home[1]})`);
  for (const name of ["DAG list", "grid, 365 runs", "graph", "gantt", "run", "home"]) {
    const [path, ready] = views[name];
    const took = [];
    for (let i = 0; i < 3; i++) {
      await page.evaluate(() => {
        history.pushState({}, "", "/styles");
        dispatchEvent(new PopStateEvent("popstate", { state: {} }));
      });
      await page.getByRole("heading", { name: "Styles", level: 1 }).waitFor();
      took.push(
        await page.evaluate(`(async () => {
          const from = performance.now();
          history.pushState({}, "", ${JSON.stringify(path)});
          dispatchEvent(new PopStateEvent("popstate", { state: {} }));
          return (await window.usable(${ready})) - from;
        })()`),
      );
    }
    figures[`to ${name}`] = { ms: median(took) };
    console.log(`within a visit, to ${name.padEnd(25)} ${took.map((x) => x.toFixed(0)).join(", ")} ms`);
  }
  await page.context().close();
}

if (wanted("scroll")) {
  const page = await newPage();
  await page.goto(`${BASE}${dag}?n=365`);
  await page.evaluate(`window.usable(${views["grid, 365 runs"][1]})`);
  await page.waitForTimeout(1500);
  for (const [name, dx, dy] of [["down", 0, 60], ["across", -60, 0]]) {
    const frames = await page.evaluate(
      async ([dx, dy]) => {
        const box = document.querySelector(".gbox");
        const deltas = [];
        let before = performance.now();
        const end = before + 6000;
        await new Promise((done) => {
          const frame = (now) => {
            deltas.push(now - before);
            before = now;
            box.scrollBy(dx, dy);
            if (now < end) requestAnimationFrame(frame);
            else done();
          };
          requestAnimationFrame(frame);
        });
        return deltas.slice(1);
      },
      [dx, dy],
    );
    const long = frames.filter((x) => x > 50);
    figures[`scroll ${name}`] = { frames: frames.length, median: median(frames), p99: p99(frames), over_50: long.length };
    console.log(`grid, scrolling ${name}: ${frames.length} frames in 6 s, median ${median(frames).toFixed(1)} ms, p99 ${p99(frames).toFixed(1)} ms, ${long.length} longer than 50 ms (the longest ${Math.max(...frames).toFixed(0)})`);
  }
  await page.context().close();
}

/** Each label that changes in the page, and when. */
const observe = () => {
  window.seen = [];
  new MutationObserver((list) => {
    const at = performance.timeOrigin + performance.now();
    for (const m of list) window.seen.push([at, m.target.getAttribute("aria-label")]);
  }).observe(document.querySelector(".gbox"), { subtree: true, attributes: true, attributeFilter: ["aria-label"] });
};
let asked = false;
const change = () => {
  if (!asked) console.log("changes, please");
  asked = true;
};

if (wanted("live")) {
  const page = await newPage();
  await page.goto(BASE + dag);
  await page.evaluate(`window.usable(${views["grid, 30 runs"][1]})`);
  await page.waitForTimeout(1500);
  // Nothing changes, and nothing is asked.
  let idle = 0;
  const count = () => idle++;
  page.on("request", count);
  await page.waitForTimeout(10_000);
  page.off("request", count);
  await page.evaluate(observe);
  const before = Date.now();
  let requests = 0;
  page.on("request", () => requests++);
  change();
  await page.waitForTimeout(30_000);
  const seen = await page.evaluate(() => window.seen);
  const changes = readFileSync(CHANGES, "utf8").trim().split("\n").map((l) => JSON.parse(l));
  const late = [];
  const names = { queued: "Queued", running: "Running", success: "Success" };
  const took = new Set();
  for (const [at, label] of seen) {
    const [, task, state] = label.match(/^(\S+), \S+ \S+: (\w+)/) ?? [];
    const i = changes.findLastIndex(([t, id, s]) => t <= at + 5 && id === task && names[s] === state);
    if (i >= 0 && !took.has(i)) {
      took.add(i);
      late.push(Math.max(0, at - changes[i][0]));
    }
  }
  const seconds = (Date.now() - before) / 1000;
  figures.live = { changes: late.length, median: median(late), p99: p99(late), longest: Math.max(...late), idle_requests: idle, requests_per_second: requests / seconds };
  console.log(`live, ${RATE} changes a second: ${late.length} seen, median ${median(late).toFixed(0)} ms, p99 ${p99(late).toFixed(0)} ms, longest ${Math.max(...late).toFixed(0)} ms from commit to page; requests while idle for 10 s: ${idle}, while changing: ${(requests / seconds).toFixed(1)} a second`);
  await page.context().close();
}

if (wanted("heap")) {
  const page = await newPage();
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.enable");
  await session.send("Performance.enable");
  change();
  const tour = [`${dag}?n=365`, `${dag}/graph`, "/", "/dags", `${dag}/gantt`];
  await page.goto(BASE + tour[0]);
  const end = Date.now() + Number(MINUTES) * 60_000;
  const step = Math.min(60_000, Math.max(5000, (Number(MINUTES) * 60_000) / 60));
  const samples = [];
  for (let i = 0; Date.now() < end; i++) {
    // Four fifths of the time on the grid, the rest on other pages, within one visit.
    const to = i % 5 === 4 ? tour[1 + (Math.floor(i / 5) % 4)] : tour[0];
    await page.evaluate((path) => {
      if (location.pathname + location.search === path) return;
      history.pushState({}, "", path);
      dispatchEvent(new PopStateEvent("popstate", { state: {} }));
    }, to);
    await page.waitForTimeout(step);
    await session.send("HeapProfiler.collectGarbage");
    const { usedSize } = await session.send("Runtime.getHeapUsage");
    const { metrics } = await session.send("Performance.getMetrics");
    const of = (n) => metrics.find((m) => m.name === n).value;
    samples.push({ at: Date.now(), page: to, heap: usedSize / 2 ** 20, nodes: of("Nodes"), listeners: of("JSEventListeners"), live: await page.locator(".live-on").count() });
    const s = samples.at(-1);
    console.log(`heap ${new Date(s.at).toISOString().slice(11, 19)} ${s.heap.toFixed(1)} MiB, ${s.nodes} nodes, ${s.listeners} listeners ${s.live ? "" : "(not live) "}${to}`);
    figures.heap = samples;
    if (OUT) writeFileSync(OUT, JSON.stringify(figures, null, 1));
  }
  const grids = samples.filter((s) => s.page === tour[0]).map((s) => s.heap);
  const half = Math.floor(grids.length / 2);
  console.log(`heap on the grid: median ${median(grids.slice(0, half)).toFixed(1)} MiB in the first half, ${median(grids.slice(half)).toFixed(1)} MiB in the second`);
  await page.context().close();
}
if (OUT) writeFileSync(OUT, JSON.stringify(figures, null, 1));
await browser.close();
