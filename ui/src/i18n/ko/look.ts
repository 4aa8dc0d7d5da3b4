/** Where one is, what is not there, pictures. */
import type { look as english } from "../en/look";

export const look: Record<keyof typeof english, string> = {
  crumbs: "현재 위치",
  "duration.units": "ms|초|분|시간|일",
  "error.toDags": "DAG 목록으로",
  "flow.controls": "확대와 축소",
  "flow.edge": "{{from}}에서 {{to}}(으)로",
  "flow.fit": "전체 보기",
  "flow.zoomIn": "확대",
  "flow.zoomOut": "축소",
  "log.never.removed": "더 이상 DAG에 없습니다",
  "log.never.removedHint": "실행되기 전에 DAG에서 빠졌습니다.",
  "log.never.skipped": "건너뛰었습니다",
  "log.never.skippedHint": "실행되지 않아 로그가 없습니다. 분기, 단락(short circuit) 또는 건너뛴 상위 태스크 때문입니다.",
  "log.never.upstream_failed": "앞선 태스크가 실패했습니다",
  "log.never.upstream_failedHint":
    "실행되지 않아 로그가 없습니다. 실패한 태스크를 고치고 하위 태스크와 함께 초기화하면 이 태스크도 실행됩니다.",
  "log.never.upstreams": "실행 보기",
  "missing.hint": "이 주소에는 페이지가 없습니다. Ctrl K로 DAG와 페이지를 이름으로 찾으세요.",
  "styles.title": "화면 요소",
};
