import assert from "node:assert/strict";
import { test } from "node:test";
import { rowsOf } from "./log-rows";

test("a line is as many rows as the engine counts", () => {
  const of = { timestamp: "2026-01-01T00:00:00Z", level: "info", event: "one\ntwo" };
  assert.deepEqual(
    rowsOf(of, 7, "").map((r) => [r.n, r.at, r.of, r.text]),
    [
      [7, "2026-01-01T00:00:00Z", "info", "one"],
      [8, null, "info", "two"],
    ],
  );
  const fault = { exc_type: "E", exc_value: "v", frames: [{ filename: "a.py", lineno: 3, name: "f" }] };
  assert.deepEqual(
    rowsOf({ ...of, event: "x", error_detail: [fault] }, 1, "").map((r) => [r.of, r.text]),
    [
      ["info", "x"],
      ["error", "E: v"],
      ["error", "    a.py:3 in f"],
    ],
  );
});

test("what says no level and no instant is of the level before it", () => {
  assert.equal(rowsOf({ event: "goes on" }, 1, "warning")[0]!.of, "warning");
  assert.equal(rowsOf({ event: "of no level", timestamp: "2026-01-01T00:00:00Z" }, 1, "warning")[0]!.of, "");
});
