"""Ticks in Python, against the expressions' plain meaning."""

from __future__ import annotations

import datetime as dt

import pendulum
import pytest

from airflow.timetables.base import DataInterval, TimeRestriction
from airflow.timetables.interval import CronDataIntervalTimetable, DeltaDataIntervalTimetable
from airflow.timetables.trigger import CronTriggerTimetable
from tradewind.engine_time import Cron

UTC = pendulum.timezone("UTC")
BERLIN = pendulum.timezone("Europe/Berlin")


def utc(*args):
    return pendulum.datetime(*args)


@pytest.mark.parametrize(
    "text, start, ticks",
    [
        ("*/15 * * * *", utc(2026, 1, 1), ["2026-01-01T00:15", "2026-01-01T00:30"]),
        ("0 6 * * mon-fri", utc(2026, 1, 2, 7), ["2026-01-05T06:00", "2026-01-06T06:00"]),
        ("0 0 13 * fri", utc(2026, 2, 10), ["2026-02-13T00:00", "2026-02-20T00:00"]),
        ("0 0 L * *", utc(2026, 2, 1), ["2026-02-28T00:00", "2026-03-31T00:00"]),
        ("0 0 * * 5#2", utc(2026, 1, 1), ["2026-01-09T00:00", "2026-02-13T00:00"]),
        ("@quarterly", utc(2026, 1, 1), ["2026-04-01T00:00", "2026-07-01T00:00"]),
        ("0 22-2/2 * * *", utc(2026, 1, 1), ["2026-01-01T02:00", "2026-01-01T22:00"]),
    ],
)
def test_ticks(text, start, ticks):
    cron = Cron(text, UTC)
    one = cron.after(start)
    assert [t.format("YYYY-MM-DDTHH:mm") for t in (one, cron.after(one))] == ticks
    assert cron.before(cron.after(one)) == one
    assert cron.align_next(one) == one == cron.align_prev(one)


def test_daylight_saving():
    daily = Cron("30 2 * * *", BERLIN)
    assert (
        daily.after(utc(2026, 3, 28, 12)).isoformat() == "2026-03-29T01:30:00+00:00"
    )  # 02:30 is skipped: 03:30
    hourly = Cron("0 * * * *", BERLIN)
    at = utc(2026, 10, 24, 23, 30)
    seen = []
    for _ in range(3):
        at = hourly.after(at)
        seen.append(at.hour)
    assert seen == [0, 1, 2]


def test_a_timetable_built_on_a_shipped_one():
    table = CronDataIntervalTimetable("@daily", UTC)
    info = table.next_dagrun_info(
        last_automated_data_interval=None, restriction=TimeRestriction(utc(2026, 1, 1, 5), None, catchup=True)
    )
    assert info.data_interval == DataInterval(utc(2026, 1, 2), utc(2026, 1, 3)) and info.run_after == utc(
        2026, 1, 3
    )
    assert table.infer_manual_data_interval(run_after=utc(2026, 1, 5, 3)) == (
        utc(2026, 1, 4),
        utc(2026, 1, 5),
    )
    trigger = CronTriggerTimetable("0 6 * * *", timezone="UTC")
    info = trigger.next_dagrun_info(
        last_automated_data_interval=DataInterval.exact(utc(2026, 1, 1, 6)),
        restriction=TimeRestriction(None, None, catchup=True),
    )
    assert info.logical_date == utc(2026, 1, 2, 6)
    delta = DeltaDataIntervalTimetable(dt.timedelta(hours=2))
    info = delta.next_dagrun_info(
        last_automated_data_interval=None,
        restriction=TimeRestriction(utc(2026, 1, 1), utc(2026, 1, 2), catchup=True),
    )
    assert info.run_after == utc(2026, 1, 1, 2)


def test_the_runs_of_a_dag():
    from airflow import DAG

    dag = DAG("d", schedule="0 6 * * *", start_date=utc(2026, 1, 1), catchup=True)
    infos = list(dag.iter_dagrun_infos_between(utc(2026, 1, 1), utc(2026, 1, 3, 12)))
    assert [i.logical_date for i in infos] == [utc(2026, 1, d, 6) for d in (1, 2, 3)]
    assert dag.next_dagrun_info(None).logical_date == utc(2026, 1, 1, 6)
    assert dag.next_dagrun_info(infos[0].data_interval).logical_date == utc(2026, 1, 2, 6)
