import assert from "node:assert/strict";
import { test } from "node:test";
import { beside, bounds, bundles, head, inside, line, region, sameRegion, type View } from "./scene";

const box = (x: number, y: number, width = 100, height = 50) => ({ x, y, width, height });

test("what is drawn holds all that is in sight and moves in steps", () => {
  const views: View[] = [0, 1, 2, 3, 4].map((i) => [-1000 - i, -300, 0.6]);
  const drawn = views.map((v) => region(v, 1000, 600));
  for (const [i, [x, y, zoom]] of views.entries()) {
    const d = drawn[i]!;
    assert.ok(d.left <= -x / zoom && d.right >= (1000 - x) / zoom && d.top <= -y / zoom && d.bottom >= (600 - y) / zoom);
  }
  assert.ok(drawn.every((d) => sameRegion(d, drawn[0]!)));
  let changes = 0;
  let last = drawn[0]!;
  for (let x = 0; x < 2400; x += 24) {
    const next = region([-1000 - x, -300, 0.6], 1000, 600);
    if (!sameRegion(last, next)) changes++;
    last = next;
  }
  assert.ok(changes > 5 && changes < 50, `${changes} changes in 100 frames`);
});

test("far is far", () => {
  assert.equal(region([0, 0, 0.3], 1000, 600).far, true);
  assert.equal(region([0, 0, 0.3], 1000, 600).names, true);
  assert.equal(region([0, 0, 0.1], 1000, 600).names, false);
  assert.equal(region([0, 0, 0.5], 1000, 600).far, false);
});

test("boxes at the border are inside", () => {
  const r = { left: 0, top: 0, right: 100, bottom: 100, far: false, names: true };
  assert.ok(inside(box(-100, 20), r));
  assert.ok(!inside(box(-101, 20), r));
  assert.ok(inside(box(-500, -500, 2000, 2000), r));
});

test("bounds of many and of none", () => {
  assert.deepEqual(bounds([box(10, 20), box(-5, 100)]), { x: -5, y: 20, width: 115, height: 130 });
  assert.deepEqual(bounds([]), { x: 0, y: 0, width: 0, height: 0 });
});

test("who stands beside", () => {
  const all = [box(0, 0), box(200, 0), box(200, 100), box(400, 0), box(0, 100)];
  assert.equal(beside(all[0]!, all, "right"), all[1]);
  assert.equal(beside(all[0]!, all, "down"), all[4]);
  assert.equal(beside(all[3]!, all, "left"), all[1]);
  assert.equal(beside(all[2]!, all, "up"), all[1]);
  assert.equal(beside(all[0]!, all, "left"), undefined);
});

test("arrows: corners are rounded, heads point where they go, one in two bundles is in none twice", () => {
  const bent = [
    { x: 0, y: 0 },
    { x: 20, y: 0 },
    { x: 20, y: 40 },
  ];
  assert.equal(line(bent), "M0,0L13,0Q20,0 20,7L20,40");
  assert.match(head(bent), /^M20,40L/);
  const near = [bent, bent.map((p) => ({ x: p.x + 30, y: p.y })), bent.map((p) => ({ x: p.x + 5000, y: p.y }))];
  const long = [
    { x: 0, y: 0 },
    { x: 9000, y: 10 },
  ];
  const made = bundles([...near, long]);
  assert.equal(made.length, 3);
  assert.equal(
    made.map((b) => b.lines.match(/M/g)!.length).reduce((a, b) => a + b),
    4,
  );
  for (const b of made.slice(0, 2)) assert.ok(b.width < 600);
  assert.deepEqual(bundles([[], [{ x: 1, y: 1 }]]), []);
});
