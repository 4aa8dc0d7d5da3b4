/// <reference types="node" />
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { TFunction } from "i18next";
import { ko } from "../i18n/ko";
import { errors } from "../i18n/ko/errors";
import { reasons } from "../i18n/ko/reasons";
import { reasonIn } from "./reasons";

const t = ((key: string, o?: { defaultValue?: string }) =>
  (ko as Record<string, string>)[key] ?? o?.defaultValue ?? key) as TFunction;
const said = (text: string) => reasonIn(text, reasons, t);

test("what the scheduler says is said in Korean, its names and numbers in it", () => {
  assert.equal(said("it needs 2 slots and pool 'narrow' has only 1"), "슬롯 2개가 필요한데 풀 'narrow'에는 1개뿐입니다");
  assert.equal(said("upstream 'a.b' is up_for_retry"), "상위 태스크 'a.b': 재시도 대기");
  assert.equal(said("upstream 'a' is waiting"), "상위 태스크 'a'이(가) 기다리는 중입니다");
  assert.equal(said("try 2 of 6 is due at 2026-01-01T00:00:00Z"), "6번 중 2번째 시도 예정: 2026-01-01T00:00:00Z");
  assert.equal(said("something new"), "something new");
});

test("what is missing or refused is said in Korean", () => {
  const said = (text: string) => reasonIn(text, errors, t);
  assert.equal(said("The Dag with ID: `no_such_dag` was not found"), "DAG 'no_such_dag'을(를) 찾을 수 없습니다");
  assert.equal(
    said("The DagRun with dag_id: `shop` and run_id: `no_such_run` was not found"),
    "DAG 'shop'에 실행 'no_such_run'이(가) 없습니다",
  );
  for (const more of [" and map_index: `-1`", ""])
    assert.equal(
      said(
        `The Task Instance with dag_id: \`shop\`, run_id: \`s1\`${more ? "," : " and"} task_id: \`no_such_task\`${more} was not found`,
      ),
      "DAG 'shop'의 실행 's1'에 태스크 'no_such_task'의 인스턴스가 없습니다",
    );
  assert.equal(said("Dag with dag_id: 'x' not found"), "DAG 'x'을(를) 찾을 수 없습니다");
  assert.equal(said("from_date (2026-01-02) must not be after to_date (2026-01-01)."), "시작일이 종료일보다 늦습니다");
  assert.equal(said("Task id load is already in success state"), "태스크 'load'은(는) 이미 성공 상태입니다");
  assert.equal(said("The Variable with key: `bucket` already exists"), "변수 'bucket'이(가) 이미 있습니다");
});

test("there is no sentence of the engine that Korean has no words for", () => {
  for (const [file, least] of [
    ["../engine/core/why.c", 38],
    ["../engine/api/reasons.c", 4],
  ] as const) {
    const source = readFileSync(file, "utf8").replace(/"\s*\n\s*"/g, "");
    const calls = source.matchAll(
      /\bsay\((?:out|ret),\s*(?:tw_arena_printf\(o->arena,\s*)?(?:[^,;"]*\? )?((?:"[^"]*"|\s|TW_STR_FMT|PRId64)+(?: : "[^"]*")?)/g,
    );
    let n = 0;
    for (const [, literals] of calls)
      for (const one of literals!.split(" : ")) {
        const text = one
          .replaceAll("TW_STR_FMT", '"x"')
          .replaceAll("PRId64", '"d"')
          .replace(/"\s*"/g, "")
          .replace(/^\s*"|"\s*$/g, "")
          .replaceAll("%s%s", "")
          .replace(/^%s: /, "depends_on_past: ")
          .replace(/(runs of|instances of|the run waits for its time,) %s/, "$1 the DAG")
          .replace(/%[du]d?/g, "3")
          .replaceAll("%s", "success");
        n++;
        assert.notEqual(said(text), text, `${file}: ${text}`);
      }
    assert.ok(n >= least, `${file} has ${n} sentences`);
  }
});
