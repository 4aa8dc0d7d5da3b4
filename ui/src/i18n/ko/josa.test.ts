/// <reference types="node" />
import assert from "node:assert/strict";
import { test } from "node:test";
import { josa } from "./josa";

test("the particle fits the sound that the word before it ends in", () => {
  for (const [said, is] of [
    ["성공(으)로 지정", "성공으로 지정"],
    ["실패(으)로 지정", "실패로 지정"],
    ["건너뜀(으)로 지정", "건너뜀으로 지정"],
    ["서울(으)로", "서울로"],
    ["스케줄러이(가) 실행 중이 아닙니다", "스케줄러가 실행 중이 아닙니다"],
    ["주간 매출을(를) 찾을 수 없습니다", "주간 매출을 찾을 수 없습니다"],
    ["broken.py을(를) 불러올 수 없습니다", "broken.py를 불러올 수 없습니다"],
    ["asks의 approve이(가) 기다립니다", "asks의 approve가 기다립니다"],
    ["extract은(는)", "extract는"],
    ["sales_pipeline을(를)", "sales_pipeline을"],
    ["run_all이(가)", "run_all이"],
    ["task_1을(를)", "task_1을"],
    ["task_2을(를)", "task_2를"],
    ["'URL'이(가)", "'URL'이"],
    ["'DAG'을(를)", "'DAG'를"],
    // How these are read cannot be told from their letters.
    ["hook을(를)", "hook을(를)"],
    ["no_such_dag을(를)", "no_such_dag를"],
    ["cleanup을(를)", "cleanup을"],
    ["check_이(가)", "check_이(가)"],
    ["호스트(정확히 일치)", "호스트(정확히 일치)"],
  ])
    assert.equal(josa(said!), is);
});
