import assert from "node:assert/strict";
import { test } from "node:test";
import { dayStart, formatTime, instantsOf, wallOf, zoneMark, zoneNames } from "./zone";

const shown = (iso: string, zone: string) => `${formatTime(new Date(iso), zone)} ${zoneMark(new Date(iso), zone)}`;
const meant = (wall: string, zone: string) => {
  const r = instantsOf(wall, zone);
  return r && [r.comes, ...r.at.map((d) => d.toISOString())];
};

test("an instant as the clocks of zones show it, over their changes", () => {
  assert.equal(shown("2026-01-31T09:00:00Z", "Asia/Seoul"), "2026-01-31 18:00:00 UTC+9");
  assert.equal(shown("2026-01-31T09:00:00Z", "UTC"), "2026-01-31 09:00:00 UTC");
  assert.equal(shown("2026-01-31T09:00:00Z", "Asia/Kolkata"), "2026-01-31 14:30:00 UTC+5:30");
  assert.equal(shown("2026-03-29T00:59:59Z", "Europe/Berlin"), "2026-03-29 01:59:59 UTC+1");
  assert.equal(shown("2026-03-29T01:00:00Z", "Europe/Berlin"), "2026-03-29 03:00:00 UTC+2");
  assert.equal(shown("2026-10-25T00:30:00Z", "Europe/Berlin"), "2026-10-25 02:30:00 UTC+2");
  assert.equal(shown("2026-10-25T01:30:00Z", "Europe/Berlin"), "2026-10-25 02:30:00 UTC+1");
  assert.equal(shown("2026-07-01T02:00:00Z", "America/New_York"), "2026-06-30 22:00:00 UTC-4");
});

test("a time that is entered, and back", () => {
  assert.deepEqual(meant("2026-01-31T18:00", "Asia/Seoul"), ["once", "2026-01-31T09:00:00.000Z"]);
  assert.deepEqual(meant("2026-01-31T09:00:07", "UTC"), ["once", "2026-01-31T09:00:07.000Z"]);
  assert.deepEqual(meant("2026-07-01T00:00", "Asia/Kathmandu"), ["once", "2026-06-30T18:15:00.000Z"]);
  assert.equal(instantsOf("", "UTC"), null);
  assert.equal(instantsOf("2026-13-01T00:00", "Asia/Seoul"), null);
  for (const zone of ["Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Chatham", "Africa/Casablanca"])
    for (let at = Date.UTC(2026, 0, 1); at < Date.UTC(2027, 0, 1); at += 7 * 900_000) {
      const back = instantsOf(wallOf(new Date(at), zone), zone)!;
      assert.ok(back.comes !== "never" && back.at.some((d) => d.getTime() === at), `${zone} ${new Date(at).toISOString()}`);
    }
});

test("the hour that comes twice is two instants, the one that never comes goes forward", () => {
  assert.deepEqual(meant("2026-10-25T02:30", "Europe/Berlin"), ["twice", "2026-10-25T00:30:00.000Z", "2026-10-25T01:30:00.000Z"]);
  assert.deepEqual(meant("2026-10-25T01:59", "Europe/Berlin"), ["once", "2026-10-24T23:59:00.000Z"]);
  assert.deepEqual(meant("2026-10-25T03:00", "Europe/Berlin"), ["once", "2026-10-25T02:00:00.000Z"]);
  const never = instantsOf("2026-03-29T02:30", "Europe/Berlin")!;
  assert.equal(never.comes, "never");
  assert.equal(wallOf(never.at[0]!, "Europe/Berlin"), "2026-03-29T03:30:00");
  assert.deepEqual(meant("2026-11-01T01:15", "America/New_York"), [
    "twice",
    "2026-11-01T05:15:00.000Z",
    "2026-11-01T06:15:00.000Z",
  ]);
  // Half an hour only.
  assert.equal(instantsOf("2026-10-04T02:15", "Australia/Lord_Howe")!.comes, "never");
  assert.equal(instantsOf("2026-10-04T02:45", "Australia/Lord_Howe")!.comes, "once");
});

test("a day begins where its zone says", () => {
  const begins = (day: string, zone: string, later?: number) => dayStart(day, zone, later)?.toISOString();
  assert.equal(begins("2026-01-31", "Asia/Seoul"), "2026-01-30T15:00:00.000Z");
  assert.equal(begins("2026-03-29", "Europe/Berlin"), "2026-03-28T23:00:00.000Z");
  assert.equal(begins("2026-03-29", "Europe/Berlin", 1), "2026-03-29T22:00:00.000Z"); // 23 hours
  assert.equal(begins("2026-12-31", "UTC", 1), "2027-01-01T00:00:00.000Z");
  assert.equal(begins("2018-11-04", "America/Sao_Paulo"), "2018-11-04T03:00:00.000Z"); // at one o'clock
  assert.equal(begins("yesterday", "UTC"), undefined);
  assert.equal(begins("2026-02-40", "UTC"), undefined);
});

test("zones that can be chosen", () => {
  const all = zoneNames();
  assert.equal(all[0], "UTC");
  assert.equal(new Set(all).size, all.length);
  assert.ok(all.length > 350 && all.includes("Asia/Seoul") && all.includes("America/New_York"));
});
