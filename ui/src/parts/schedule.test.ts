/// <reference types="node" />
import assert from "node:assert/strict";
import { test } from "node:test";
import i18next from "i18next";
import { en } from "../i18n/en";
import { ko } from "../i18n/ko";
import { cronWords, scheduleName, scheduleWords } from "./schedule";

const options = { keySeparator: false, nsSeparator: false, interpolation: { escapeValue: false } } as const;
const say = i18next.createInstance({ ...options, resources: { en: { translation: en }, ko: { translation: ko } } });
say.init({ lng: "en", initAsync: false, ...options });
const both = (fn: (t: typeof say.t, language: string) => string | null) =>
  ["en", "ko"].map((l) => fn(say.getFixedT(l) as typeof say.t, l));
const cron = (e: string) => both((t, l) => cronWords(e, t, l));

test("usual cron expressions have words in each language", () => {
  assert.deepEqual(cron("0 0 * * *"), ["Every day at 00:00", "매일 00:00"]);
  assert.deepEqual(cron("@daily"), ["Every day at 00:00", "매일 00:00"]);
  assert.deepEqual(cron("5 * * * *"), ["Every hour at :05", "매시 05분"]);
  assert.deepEqual(cron("*/15 * * * *"), ["Every 15 minutes", "15분마다"]);
  assert.deepEqual(cron("30 */6 * * *"), ["Every 6 hours at :30", "6시간마다 30분"]);
  assert.deepEqual(cron("15 3 * * 1-5"), ["Mon–Fri at 03:15", "매주 월–금 03:15"]);
  assert.deepEqual(cron("0 8,20 * * SUN,7"), ["Sun, Sun at 08:00, 20:00", "매주 일, 일 08:00, 20:00"]);
  assert.deepEqual(cron("0 0 1,15 * *"), ["Every month on day 1, 15 at 00:00", "매월 1, 15일 00:00"]);
  assert.deepEqual(cron("0 0 1 */3 *"), ["Every 3 months on day 1 at 00:00", "3개월마다 1일 00:00"]);
  assert.deepEqual(cron("0 6 24 DEC *"), ["Every year on December 24 at 06:00", "매년 12월 24일 06:00"]);
});

test("others have none", () => {
  for (const e of ["0-10 * * * *", "0 0 L * *", "0 0 * * 5#3", "0 0 13 * 5", "1/7 * * * *", "0 0 1 13 *", "0 0 * * 8", "x", ""])
    assert.deepEqual(cron(e), [null, null], e);
});

test("what is no cron expression is named, too, and what has no words keeps those of the engine", () => {
  const named = (s: string | null) => both((t, l) => scheduleName(s, t, l));
  const told = (s: string | null, d = "as the engine says") =>
    both((t, l) => scheduleWords({ timetable_summary: s, timetable_description: d }, t, l));
  assert.deepEqual(named("Asset"), ["Assets", "에셋"]);
  assert.deepEqual(named("Asset or 0 0 * * *"), ["Assets, or: 0 0 * * *", "에셋 또는 0 0 * * *"]);
  assert.deepEqual(told("Asset or 0 0 * * *"), ["Assets, or: Every day at 00:00", "에셋 또는 매일 00:00"]);
  assert.deepEqual(told("1 day, 0:30:00"), ["Every 1 day 30 minutes", "1일 30분마다"]);
  assert.deepEqual(named("3 events"), ["3 events", "이벤트 3건"]);
  assert.deepEqual(told("WorkdayTimetable"), ["as the engine says", "as the engine says"]);
  assert.deepEqual([...named(null), ...told(null)], [null, null, null, null]);
});
