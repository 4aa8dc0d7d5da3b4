/** 그리드, 그래프, 목록, 일정의 이름. */
import type { scale as english } from "../en/scale";

export const scale: Record<keyof typeof english, string> = {
  "schedule.asset": "에셋",
  "schedule.asset.text": "에셋이 갱신될 때",
  "schedule.assetOr": "에셋 또는 {{other}}",
  "schedule.assetParts": "에셋 파티션",
  "schedule.assetParts.text": "에셋의 파티션이 완성될 때",
  "schedule.continuous": "연속",
  "schedule.continuous.text": "쉬지 않고 한 실행씩 이어서",
  "schedule.daily": "매일 {{time}}",
  "schedule.events": "이벤트 {{n}}건",
  "schedule.hourly": "매시 {{minute}}분",
  "schedule.hours": "{{n}}시간마다 {{minute}}분",
  "schedule.minutely": "매분",
  "schedule.minutes": "{{n}}분마다",
  "schedule.monthly": "매월 {{day}}일 {{time}}",
  "schedule.months": "{{n}}개월마다 {{day}}일 {{time}}",
  "schedule.once": "한 번",
  "schedule.once.text": "가능한 한 빨리 한 번",
  "schedule.partsAtRun": "파티션별",
  "schedule.partsAtRun.text": "누군가 파티션을 지정해 실행할 때",
  "schedule.span": "{{span}}마다",
  "schedule.weekly": "매주 {{days}} {{time}}",
  "schedule.yearly": "매년 {{month}} {{day}}일 {{time}}",
};
