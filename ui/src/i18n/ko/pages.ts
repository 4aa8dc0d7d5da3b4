import type { pages as english } from "../en/pages";

export const pages: Record<keyof typeof english, string> = {
  "act.isRunning": "이 중 {{n}}개가 실행 중입니다. 끝나기를 기다리거나, 위에서 중지를 허용하세요.",
  "act.noneNew": "DAG에 이 실행에 없는 태스크가 없습니다.",
  "act.noneRunning": "실행 중인 것이 없을 때만",
  "act.onlyNew": "새 태스크만",
  "undo.new": "실행에 이미 있는 것은 그대로 두고 새 태스크만 실행합니다. 되돌릴 수 없습니다.",
  "bulk.first": "처음 {{n}}개 선택",
  "bulk.matching": "조건에 맞는 {{n}}개 모두 선택",
  "bulk.pause": "선택 항목 일시 중지",
  "bulk.pauseHint": "다시 활성화할 때까지 새 실행이 시작되지 않습니다. 실행 중인 것은 계속됩니다.",
  "bulk.pauseThem": "일시 중지",
  "bulk.pauseTitle": "DAG {{n}}개 일시 중지",
  "bulk.paused": "DAG {{n}}개를 일시 중지했습니다",
  "bulk.unpause": "선택 항목 활성화",
  "bulk.unpauseHint": "지금부터 일정이 이어집니다. catchup이 켜진 DAG는 놓친 실행도 만듭니다.",
  "bulk.unpauseThem": "활성화",
  "bulk.unpauseTitle": "DAG {{n}}개 활성화",
  "bulk.unpaused": "DAG {{n}}개를 활성화했습니다",
  "undo.back": "알림이 보이는 동안에는 되돌릴 수 있습니다.",
};
