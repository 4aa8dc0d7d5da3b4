/** What is done without a mouse. */
import type { keys as english } from "../en/keys";

export const keys: Record<keyof typeof english, string> = {
  "calendar.days": "{{year}}년의 날짜",
  "dag.runsOf": "{{name}}의 최근 실행",
  "gantt.rows": "태스크",
  "graph.keys": "화살표 키로 움직이는 그림",
};
