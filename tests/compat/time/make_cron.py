"""cron.jsonl: what croniter makes of each expression over naive times. Needs croniter and airflow 3."""

from __future__ import annotations

import logging
import warnings
from datetime import datetime
from typing import Any

from airflow.timetables._cron import CronMixin
from airflow.utils.dates import cron_presets
from croniter import CroniterBadDateError, CroniterError, croniter

import common

warnings.simplefilter("ignore")
logging.disable()

STARTS = [
    datetime(2026, 1, 31, 10, 30, 15, 250000),
    datetime(2026, 3, 1),
    datetime(2024, 2, 29, 23, 59, 59, 999999),
    datetime(2026, 12, 31, 23, 59),
]


def walk(expr: str, start: datetime, back: bool) -> list[str | None]:
    """Four steps; None where croniter finds no date."""
    it = croniter(cron_presets.get(expr, expr), start)
    out: list[str | None] = []
    for _ in range(4):
        try:
            out.append((it.get_prev(datetime) if back else it.get_next(datetime)).isoformat())
        except CroniterBadDateError:
            out.append(None)
            break
    return out


def rows() -> list[dict[str, Any]]:
    out = []
    for expr in common.expressions():
        try:
            cron = croniter(cron_presets.get(expr, expr))
        except (CroniterError, ValueError) as e:
            out.append({"expr": expr, "error": str(e)})
            continue
        text = CronMixin(expr, "UTC").description
        row: dict[str, Any] = {
            "expr": expr,
            "every_hour": cron.expanded[1] == ["*"],
            "description": text,
            "walks": [],
        }
        for start in STARTS:
            row["walks"].append([start.isoformat(), walk(expr, start, False), walk(expr, start, True)])
        out.append(row)
    return out


if __name__ == "__main__":
    common.write("cron.jsonl", rows())
