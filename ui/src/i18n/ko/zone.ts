/** 시간을 표시하고 입력하는 시간대. */
import type { zone as english } from "../en/zone";

export const zone: Record<keyof typeof english, string> = {
  "calendar.zone": "날짜 기준: {{zone}} ({{mark}})",
  zone: "시간대",
  "zone.all": "모든 시간대",
  "zone.dag": "DAG 시간대: {{zone}}",
  "zone.dagAny": "DAG 시간대 (DAG 페이지에서)",
  "zone.find": "지역 또는 시차로 찾기",
  "zone.local": "내 시간대: {{zone}}",
  "zone.never": "{{zone}}에서는 시계가 앞당겨져 이 시각이 없습니다. {{time}} {{mark}} 시각을 사용합니다.",
  "zone.none": "일치하는 시간대가 없습니다",
  "zone.twice": "{{zone}}에서는 이 시각이 두 번 있습니다:",
  "zone.which": "둘 중 어느 시각인지",
};
