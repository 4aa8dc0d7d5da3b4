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
  graph: [`${dag}/graph`, () => document.querySelectorAll(".scene-item").length > 5],
  gantt: [`${dag}/gantt`, () => document.querySelectorAll(".gantt-bar").length > 10],
  durations: [`${dag}/durations`, () => document.querySelectorAll(".chart-bar").length > 50],
  runs: [`${dag}/runs`, () => document.querySelectorAll("table tbody tr").length > 20],
  "task instances": [`/task_instances?dag_id=${DAG}`, () => document.querySelectorAll("table tbody tr").length > 20],
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
  // What the page's thread works by its own clock: the same on a machine that does much else.
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const busy = async () => (await session.send("Performance.getMetrics")).metrics.find((m) => m.name === "TaskDuration").value * 1000;
  const idle = await busy();
  await page.goto(BASE + path, { waitUntil: "commit" });
  const ms = await page.evaluate(`window.usable(${ready})`);
  const work = (await busy()) - idle;
  const usableBytes = bytes;
  await page.waitForTimeout(300);
  const slow = await page.evaluate(() => window.slow.map(([, d]) => Math.round(d)));
  await session.detach();
  return { ms, work, bytes: usableBytes, requests, slow, paths };
}

if (wanted("open")) {
  console.log("from navigation until usable, ms              first visit    again (median of 3)   requests   KiB first / again   longest task   work of the page's thread");
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
      const again = { ms: median(next.map((x) => x.ms)), work: median(next.map((x) => x.work)), bytes: next[1].bytes, requests: next[1].requests, longest: Math.max(0, ...next[1].slow) };
      figures[name] = { first: first.ms, again: again.ms, requests: again.requests, first_kib: first.bytes / 1024, again_kib: again.bytes / 1024, longest_task: again.longest, work: again.work };
      console.log(`${name.padEnd(44)} ${first.ms.toFixed(0).padStart(12)} ${again.ms.toFixed(0).padStart(12)} ${String(again.requests).padStart(18)} ${(first.bytes / 1024).toFixed(0).padStart(12)} / ${(again.bytes / 1024).toFixed(0).padEnd(6)} ${String(again.longest).padStart(12)} ${again.work.toFixed(0).padStart(12)}`);
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

/** In the page: moves for so long at each frame, and says how long the frames took. */
const frames = async ([how, selector, dx, dy]) => {
  const box = selector ? document.querySelector(selector) : document.scrollingElement;
  const r = box.getBoundingClientRect();
  let [x, y] = [r.left + r.width / 2, r.top + Math.min(r.height, innerHeight) / 2];
  const mouse = (type, more) => box.dispatchEvent(new (type === "wheel" ? WheelEvent : MouseEvent)(type, { bubbles: true, cancelable: true, view: window, clientX: x, clientY: y, buttons: 1, ...more }));
  const took = [];
  if (how === "drag") mouse("mousedown");
  let before = performance.now();
  const end = before + 6000;
  await new Promise((done) => {
    const frame = (now) => {
      took.push(now - before);
      before = now;
      if (how === "scroll") box.scrollBy(dx, dy);
      else if (how === "zoom") mouse("wheel", { deltaY: took.length % 80 < 40 ? 12 : -12 });
      else {
        x += took.length % 120 < 60 ? dx : -dx;
        mouse("mousemove");
      }
      if (now < end) requestAnimationFrame(frame);
      else done();
    };
    requestAnimationFrame(frame);
  });
  if (how === "drag") mouse("mouseup", { buttons: 0 });
  return took.slice(2);
};

if (wanted("scroll")) {
  const empty = `<body style="margin:0"><div class="box" style="overflow:auto;width:1100px;height:610px"><div style="width:8300px;height:26000px;background:repeating-linear-gradient(#fff 0 26px,#eee 26px 52px)"></div></div>`;
  const moves = [
    ["an empty box, down", null, ["scroll", ".box", 0, 60]],
    ["an empty box, across", null, ["scroll", ".box", -60, 0]],
    ["grid, 365 runs, down", "grid, 365 runs", ["scroll", ".gbox", 0, 60]],
    ["grid, 365 runs, across", "grid, 365 runs", ["scroll", ".gbox", -60, 0]],
    ["DAG list, down", "DAG list", ["scroll", null, 0, 20]],
    ["gantt, down", "gantt", ["scroll", ".gantt-body", 0, 60]],
    ["runs, down", "runs", ["scroll", null, 0, 20]],
    ["task instances, down", "task instances", ["scroll", null, 0, 20]],
    ["durations, down", "durations", ["scroll", null, 0, 20]],
    ["graph, dragged", "graph", ["drag", ".react-flow__pane", -24, 0]],
    ["graph, zoomed", "graph", ["zoom", ".react-flow__pane", 0, 0]],
  ];
  for (const [name, view, how] of moves) {
    const page = await newPage();
    page.setDefaultTimeout(60_000);
    if (view) {
      await page.goto(BASE + views[view][0]);
      await page.evaluate(`window.usable(${views[view][1]})`);
      await page.waitForTimeout(1500);
    } else await page.setContent(empty);
    const session = await page.context().newCDPSession(page);
    await session.send("Performance.enable", { timeDomain: "threadTicks" });
    const busy = async () => (await session.send("Performance.getMetrics")).metrics.find((m) => m.name === "TaskDuration").value * 1000;
    const before = await busy();
    const took = await page.evaluate(frames, how);
    const work = ((await busy()) - before) / took.length;
    const long = took.filter((x) => x > 50).length;
    figures[`move: ${name}`] = { frames: took.length, median: median(took), p99: p99(took), over_50: long, work };
    console.log(`${name.padEnd(26)} ${String(took.length).padStart(4)} frames in 6 s, median ${median(took).toFixed(1).padStart(5)} ms, p99 ${p99(took).toFixed(1).padStart(5)} ms, ${String(long).padStart(3)} longer than 50 ms; the page's thread works ${work.toFixed(1)} ms for each`);
    await page.context().close();
  }
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

/** What the pages' processes hold: heaps, nodes, pictures; without the program's own files, that they share with every other Chromium. */
async function held(main) {
  const { processInfo } = await main.send("SystemInfo.getProcessInfo");
  let kib = 0;
  for (const { type, id } of processInfo) {
    if (type !== "renderer") continue;
    try {
      for (const [, n] of readFileSync(`/proc/${id}/smaps_rollup`, "utf8").matchAll(/^Pss_(?:Anon|Shmem):\s+(\d+)/gm)) kib += Number(n);
    } catch {} // ended meanwhile
  }
  return kib / 1024;
}

/** A page that Playwright does not look into: for its view of the network Chromium would keep each answer that the page has had. */
async function unwatched(main, path) {
  const { browserContextId } = await main.send("Target.createBrowserContext");
  const { targetId } = await main.send("Target.createTarget", { url: "about:blank", browserContextId, width: 1360, height: 860 });
  const { sessionId } = await main.send("Target.attachToTarget", { targetId, flatten: false });
  const open = new Map();
  let last = 0;
  main.on("Target.receivedMessageFromTarget", (m) => {
    if (m.sessionId !== sessionId) return;
    const { id, result, error } = JSON.parse(m.message);
    const asked = open.get(id);
    open.delete(id);
    if (error) asked?.fail(new Error(error.message));
    else asked?.done(result);
  });
  const send = (method, params = {}) =>
    new Promise((done, fail) => {
      open.set(++last, { done, fail });
      main.send("Target.sendMessageToTarget", { sessionId, message: JSON.stringify({ id: last, method, params }) }).catch(fail);
    });
  const evaluate = async (expression) => (await send("Runtime.evaluate", { expression, returnByValue: true })).result.value;
  await send("Page.navigate", { url: BASE + path });
  return { send, evaluate, close: () => main.send("Target.disposeBrowserContext", { browserContextId }) };
}

if (wanted("heap")) {
  // Three pages stay where they are, a fourth goes from one to the other within one visit: four fifths of the time it looks at the grid.
  const tour = [`${dag}?n=365`, `${dag}/graph`, "/", "/dags", `${dag}/gantt`];
  const seats = { grid: tour[0], graph: tour[1], home: tour[2], tour: tour[0] };
  const main = await browser.newBrowserCDPSession();
  const pages = {};
  for (const [name, path] of Object.entries(seats)) {
    const page = await unwatched(main, path);
    await page.send("HeapProfiler.enable");
    await page.send("Performance.enable");
    pages[name] = page;
  }
  change();
  const began = Date.now();
  const end = began + Number(MINUTES) * 60_000;
  const step = Math.min(60_000, Math.max(5000, (Number(MINUTES) * 60_000) / 60));
  const samples = [];
  for (let i = 0; Date.now() < end; i++) {
    const to = i % 5 === 4 ? tour[1 + (Math.floor(i / 5) % 4)] : tour[0];
    await pages.tour.evaluate(`if (location.pathname + location.search !== "${to}") {
      history.pushState({}, "", "${to}");
      dispatchEvent(new PopStateEvent("popstate", { state: {} }));
    }`);
    await new Promise((done) => setTimeout(done, step));
    const sample = { minute: (Date.now() - began) / 60_000, tour: to, pages: {} };
    for (const [name, page] of Object.entries(pages)) {
      await page.send("HeapProfiler.collectGarbage");
      const { usedSize } = await page.send("Runtime.getHeapUsage");
      const { metrics } = await page.send("Performance.getMetrics");
      const of = (n) => metrics.find((m) => m.name === n).value;
      sample.pages[name] = { heap: usedSize / 2 ** 20, nodes: of("Nodes"), listeners: of("JSEventListeners"), live: await page.evaluate(`document.querySelector(".live-on") !== null`) };
    }
    sample.processes = await held(main);
    samples.push(sample);
    const said = Object.entries(sample.pages).map(([n, x]) => `${n} ${x.heap.toFixed(1)} (${x.nodes}${x.live ? "" : ", not live"})`);
    console.log(`heap, MiB (and nodes), minute ${sample.minute.toFixed(0)}: ${said.join("   ")}   on tour ${to}   processes ${sample.processes.toFixed(0)} MiB`);
    figures.heap = samples;
    if (OUT) writeFileSync(OUT, JSON.stringify(figures, null, 1));
  }
  const quarter = Number(MINUTES) / 4;
  for (let q = 0; q < 4; q++) {
    const part = samples.filter((s) => s.minute > q * quarter && (s.minute <= (q + 1) * quarter || q === 3));
    const of = (name, v) => (v.length ? `${name} ${Math.min(...v).toFixed(1)} / ${median(v).toFixed(1)} / ${Math.max(...v).toFixed(1)}` : "");
    const said = Object.keys(seats).map((n) => of(n, part.filter((s) => n !== "tour" || s.tour === tour[0]).map((s) => s.pages[n].heap)));
    console.log(`heap, MiB, min / median / max in minutes ${(q * quarter).toFixed(0)} to ${((q + 1) * quarter).toFixed(0)}: ${said.join("   ")}   ${of("processes", part.map((s) => s.processes))}`);
  }
  for (const page of Object.values(pages)) await page.close();
}
if (OUT) writeFileSync(OUT, JSON.stringify(figures, null, 1));
await browser.close();
