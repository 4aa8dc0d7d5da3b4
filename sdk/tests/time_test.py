"""Ticks in Python, against the expressions' plain meaning."""

from __future__ import annotations

import datetime as dt

import pendulum
import pytest
from dateutil.relativedelta import relativedelta

from airflow.serialization.serialized_objects import (
    decode_timetable,
    decode_timezone,
    encode_timetable,
    encode_timezone,
)
from airflow.timetables.base import DataInterval, TimeRestriction
from airflow.timetables.interval import (
    CronDataIntervalTimetable,
    DeltaDataIntervalTimetable,
    _DataIntervalTimetable,
)
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
    table = CronDataIntervalTimetable(text, UTC)
    assert table._align_to_next(one) == one == table._align_to_prev(one)


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


class Holidays:
    """As holiday calendars are written: only the two steps are their own."""

    closed = (utc(2026, 1, 6), utc(2026, 1, 7))

    def _get_next(self, current):
        tick = super()._get_next(current)
        return self._get_next(tick) if tick in self.closed else tick

    def _get_prev(self, current):
        tick = super()._get_prev(current)
        return self._get_prev(tick) if tick in self.closed else tick


class Closed(Holidays, CronTriggerTimetable):
    pass


class ClosedInterval(Holidays, CronDataIntervalTimetable):
    pass


class EightHours(_DataIntervalTimetable):
    def _get_next(self, current):
        return current.add(hours=8)

    def _get_prev(self, current):
        return current.subtract(hours=8)

    def _align_to_prev(self, current):
        return current.start_of("day").add(hours=current.hour // 8 * 8)

    def _align_to_next(self, current):
        previous = self._align_to_prev(current)
        return previous if previous == current else self._get_next(previous)


def test_own_steps_make_the_runs():
    from_start = TimeRestriction(utc(2026, 1, 6), None, catchup=True)
    table = Closed("0 0 * * *", timezone="UTC", interval=dt.timedelta(hours=1))
    first = table.next_dagrun_info(last_automated_data_interval=None, restriction=from_start)
    assert first.run_after == utc(2026, 1, 8)
    assert table.infer_manual_data_interval(run_after=utc(2026, 1, 7, 12)).end == utc(2026, 1, 5)
    between = ClosedInterval("0 0 * * *", UTC)
    info = between.next_dagrun_info(
        last_automated_data_interval=DataInterval(utc(2026, 1, 4), utc(2026, 1, 5)),
        restriction=from_start._replace(earliest=None),
    )
    assert info.data_interval == (utc(2026, 1, 5), utc(2026, 1, 8))
    eight = EightHours()
    info = eight.next_dagrun_info(
        last_automated_data_interval=None, restriction=from_start._replace(earliest=utc(2026, 1, 6, 3))
    )
    assert info.data_interval == (utc(2026, 1, 6, 8), utc(2026, 1, 6, 16))
    assert eight.infer_manual_data_interval(run_after=utc(2026, 1, 6, 9)) == (
        utc(2026, 1, 6),
        utc(2026, 1, 6, 8),
    )


def test_an_own_timetable_keeps_zone_and_durations():
    table = Closed("@daily", timezone=BERLIN, interval=dt.timedelta(minutes=90))
    data = table.serialize()
    assert data == {
        "expression": "0 0 * * *",
        "timezone": "Europe/Berlin",
        "interval": 5400.0,
        "run_immediately": False,
    }
    again = Closed.deserialize(data)
    assert again.serialize() == data and again._interval == dt.timedelta(minutes=90)
    again._timezone = decode_timezone("Asia/Seoul")
    assert encode_timezone(again._timezone) == "Asia/Seoul"
    assert decode_timetable(
        encode_timetable(DeltaDataIntervalTimetable(relativedelta(days=1)))
    ).serialize() == {"delta": {"days": 1}}


def test_without_catchup_a_delta_is_cut_from_the_epoch():
    table = DeltaDataIntervalTimetable(dt.timedelta(hours=5))
    info = table.next_dagrun_info(
        last_automated_data_interval=None, restriction=TimeRestriction(None, None, catchup=False)
    )
    assert info.run_after.timestamp() % (5 * 3600) == 0 and info.run_after <= pendulum.now("UTC")
