import type { ops as english } from "../en/ops";

export const ops: Record<keyof typeof english, string> = {
  "backfill.deleted": "{{n}}개 삭제됨",
  "backfill.deletedHint": "이 백필의 실행 중 삭제된 것",
  "backfill.left": "{{n}}개 유지됨",
  "backfill.leftHint": "기존 실행을 그대로 둔 날짜",
  "config.instead": "기본값: {{value}}",
  "config.secret": "숨김",
  "config.source": "출처",
  "config.source.command": "명령",
  "config.source.default": "기본값",
  "config.source.environment": "환경 변수",
  "config.source.file": "파일",
  "config.source.secret": "시크릿 백엔드",
};
