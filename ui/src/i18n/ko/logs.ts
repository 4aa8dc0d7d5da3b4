/** 긴 로그, 문제가 있는 DAG. */
import type { logs as english } from "../en/logs";

export const logs: Record<keyof typeof english, string> = {
  "dag.trouble": "가져오기 오류, 경고",
  "dag.trouble.import_errors": "가져오기 오류 있음",
  "dag.trouble.warnings": "경고 있음",
  "log.begin": "처음으로",
  "log.end": "끝으로",
  "log.noneOf": "이 수준의 줄이 없습니다",
  "log.part": "전체 {{rows}}줄 중 {{from}}~{{to}}",
  "log.place": "로그에서의 위치",
  "log.searching": "검색 중…",
};
