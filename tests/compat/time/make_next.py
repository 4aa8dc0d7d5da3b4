"""next.jsonl: the coming runs of whole DAGs at some instant, as Airflow has them.

Run it with Airflow 3.3.2 and with 2.11; each writes its own rows (compat 3, 2). A row holds the text of a DAG's arguments and of its
task's, an instant, and up to four runs that follow one another, each [logical date, run after, interval start, interval end]. The clock
goes with the runs, no run was made before. tests/story/next_test.py asks `tradewind dags next-execution` the same.
"""

from __future__ import annotations

import json
import logging
import sys
import types
import warnings
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

warnings.simplefilter("ignore")
logging.disable()

import airflow

HEAD = """
from datetime import datetime, timedelta
import pendulum
from dateutil.relativedelta import relativedelta
from airflow import DAG
from airflow.timetables.interval import CronDataIntervalTimetable, DeltaDataIntervalTimetable
from airflow.timetables.events import EventsTimetable
from airflow.timetables.trigger import CronTriggerTimetable
"""
HEAD3 = HEAD + """
from airflow.timetables.trigger import DeltaTriggerTimetable, MultipleCronTriggerTimetable
from airflow.providers.standard.operators.empty import EmptyOperator
"""
HEAD2 = HEAD + """
from airflow.operators.empty import EmptyOperator
"""
UTC_ZONE = 'pendulum.timezone("UTC")'
BERLIN = 'pendulum.timezone("Europe/Berlin")'
SCHEDULES = [
    '"@daily"', '"0 6 * * mon-fri"', '"*/20 * * * *"', '"30 2 * * *"', "timedelta(hours=7)", "relativedelta(months=1)", '"@once"', "None",
    f'CronDataIntervalTimetable("15 3 * * *", {UTC_ZONE})',
    "DeltaDataIntervalTimetable(timedelta(days=2))",
    f'CronTriggerTimetable("0 12 * * *", timezone={BERLIN}, interval=timedelta(hours=6))',
    'EventsTimetable([pendulum.datetime(2026, 3, n) for n in (20, 28, 30)] + [pendulum.datetime(2027, 1, 1)])',
]  # fmt: skip
ONLY_3 = [
    'MultipleCronTriggerTimetable("0 6 * * *", "30 18 * * 5", timezone="UTC")',
    "DeltaTriggerTimetable(timedelta(hours=10), interval=timedelta(hours=1))",
    f'CronTriggerTimetable("0 0 * * 0", timezone={UTC_ZONE}, run_immediately=True)',
    '"@continuous", max_active_runs=1',
]
DATES = [
    ("start_date=pendulum.datetime(2026, 3, 1, 5)", ""),
    ('start_date=pendulum.datetime(2026, 3, 26, tz="Europe/Berlin"), end_date=pendulum.datetime(2026, 3, 30, 12)', ""),
    ("", "start_date=pendulum.datetime(2026, 3, 27, 1), end_date=pendulum.datetime(2026, 4, 2)"),
    ("start_date=datetime(2026, 4, 1)", "start_date=datetime(2026, 3, 15)"),
]  # fmt: skip
NOWS = ["2026-03-29T00:30:00+00:00", "2026-03-29T06:00:00+00:00", "2026-04-01T00:00:00+00:00", "2026-10-25T01:10:00+00:00"]


def freeze(now: datetime) -> None:
    """Every clock a timetable reads shows now."""
    import pendulum
    from airflow.timetables import events, interval, simple, trigger

    at = pendulum.instance(now)
    for module in (interval, trigger, getattr(simple, "timezone", simple), getattr(events, "timezone", events)):
        if hasattr(module, "utcnow"):
            module.utcnow = lambda: at
    if hasattr(trigger, "time"):
        trigger.time = types.SimpleNamespace(time=at.timestamp)


def serialized(dag: Any) -> Any:
    if airflow.__version__.startswith("3"):
        from airflow.serialization.serialized_objects import DagSerialization

        return DagSerialization.from_dict(DagSerialization.to_dict(dag))
    from airflow.serialization.serialized_objects import SerializedDAG

    return SerializedDAG.from_dict(SerializedDAG.to_dict(dag))


def iso(t: Any) -> str | None:
    return None if t is None else t.astimezone(UTC).isoformat()


def coming(dag: Any, now: datetime) -> list[list[str | None]]:
    last, runs = None, []
    for _ in range(4):
        freeze(now)
        info = dag.timetable.next_dagrun_info(last_automated_data_interval=last, restriction=dag._time_restriction)
        if info is None:
            break
        last = info.data_interval
        runs.append([iso(info.logical_date), iso(info.run_after), iso(last.start), iso(last.end)])
        now = max(now, info.run_after)
    return runs


def main() -> None:
    three = airflow.__version__.startswith("3")
    names: dict[str, Any] = {}
    exec(HEAD3 if three else HEAD2, names)
    rows = []
    for number, (schedule, catchup, (dag_dates, task_dates)) in enumerate(
        product(SCHEDULES + (ONLY_3 if three else []), (True, False), DATES)
    ):
        args = f"schedule={schedule}, catchup={catchup}" + (f", {dag_dates}" if dag_dates else "")
        task = '"a"' if not task_dates else f'"a", {task_dates}'
        text = f"with DAG('d', {args}) as dag:\n    EmptyOperator(task_id={task})\n"
        try:
            exec(text, names)
        except ValueError:  # no start date, and it wants one
            continue
        dag = serialized(names["dag"])
        for now in (NOWS[number % 4], NOWS[(number + 1) % 4]):
            rows.append(
                {"compat": 3 if three else 2, "dag": args, "task": task, "now": now,
                 "runs": coming(dag, datetime.fromisoformat(now))}
            )  # fmt: skip
    path = Path(__file__).with_name(f"next-{3 if three else 2}.jsonl")
    path.write_text("".join(json.dumps(r, separators=(",", ":")) + "\n" for r in rows))
    print(f"{len(rows)} rows in {path.name}", file=sys.stderr)


if __name__ == "__main__":
    main()
