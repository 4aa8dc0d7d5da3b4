"""What Python says of a timetable of the user's own: coming runs at any instant, manual intervals, weights by attempt."""

from __future__ import annotations

import datetime as dt
import sys
from datetime import timedelta
from types import SimpleNamespace

import pendulum
import pytest

from airflow import DAG
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.task.priority_strategy import PriorityWeightStrategy
from airflow.timetables.assets import AssetOrTimeSchedule
from airflow.timetables.base import DagRunInfo, DataInterval, Timetable
from airflow.timetables.trigger import CronTriggerTimetable
from tradewind import engine_time  # noqa: F401
from tradewind.execution import clock, coming


class Hourly(Timetable):
    def infer_manual_data_interval(self, *, run_after):
        return DataInterval(run_after - timedelta(hours=1), run_after)

    def next_dagrun_info(self, *, last_automated_data_interval, restriction):
        start = last_automated_data_interval.end if last_automated_data_interval else restriction.earliest
        if not restriction.catchup:
            start = max(start, pendulum.now("UTC").start_of("hour").subtract(hours=1))
        if restriction.latest and start > restriction.latest:
            return None
        return DagRunInfo.interval(start, start.add(hours=1))


class Named(CronTriggerTimetable):
    def generate_run_id(self, *, run_type, run_after, data_interval, **extra):
        return f"{run_type}-{run_after:%Y%m%d}"


class Stuck(Hourly):
    def next_dagrun_info(self, **kwargs):
        return DagRunInfo.exact(pendulum.datetime(2026, 1, 1))


@pytest.fixture
def real_time():
    """`pretend` is for a process that ends; the tests' one goes on."""
    names = (
        "pendulum",
        "pendulum.datetime",
        "pendulum.date",
        "tradewind.timezone",
        "tradewind.engine_time",
        __name__,
    )
    modules = [sys.modules[n] for n in names]
    kept = [(m, dict(vars(m))) for m in modules]
    yield
    for module, names in kept:
        vars(module).update(names)


def test_the_next_run_after_the_last():
    answer = coming.answer(
        SimpleNamespace(timetable=Hourly()),
        {
            "last": {
                "run_after": "2026-03-01T05:00:00Z",
                "start": "2026-03-01T04:00:00Z",
                "end": "2026-03-01T05:00:00Z",
            },
            "earliest": "2026-01-01T00:00:00Z",
            "latest": "2026-03-01T06:30:00Z",
            "catchup": True,
            "count": 5,
        },
    )
    assert [r["logical_date"] for r in answer["runs"]] == [
        "2026-03-01T05:00:00+00:00",
        "2026-03-01T06:00:00+00:00",
    ]
    assert answer["runs"][1] == {
        "logical_date": "2026-03-01T06:00:00+00:00",
        "run_after": "2026-03-01T07:00:00+00:00",
        "start": "2026-03-01T06:00:00+00:00",
        "end": "2026-03-01T07:00:00+00:00",
    }


def test_at_another_instant(real_time):
    runs = coming.coming_runs(
        Hourly(), {"earliest": "2026-01-01T00:00:00Z", "now": "2031-05-06T07:08:09Z", "count": 2}
    )
    assert [r["run_after"] for r in runs] == ["2031-05-06T07:00:00+00:00", "2031-05-06T08:00:00+00:00"]
    assert isinstance(pendulum.now("UTC"), dt.datetime) and pendulum.now("UTC").year == 2031
    assert clock.FakeDate.today().year == 2031


def test_between_two_dates_it_catches_up():
    runs = coming.coming_runs(
        Hourly(),
        {
            "what": "between",
            "earliest": "2020-01-01T00:00:00Z",
            "latest": "2020-01-01T03:00:00Z",
            "count": 1000,
        },
    )
    assert len(runs) == 4 and runs[0]["logical_date"] == "2020-01-01T00:00:00+00:00"


def test_the_interval_of_a_run_by_hand():
    answer = coming.answer(
        SimpleNamespace(timetable=Hourly()), {"what": "manual", "run_after": "2026-03-01T05:30:00+02:00"}
    )
    assert answer == {"interval": {"start": "2026-03-01T02:30:00+00:00", "end": "2026-03-01T03:30:00+00:00"}}


def test_its_own_run_id():
    ask = {"earliest": "2026-01-01T00:00:00Z", "catchup": True}
    (run,) = coming.coming_runs(Named("0 6 * * *", timezone="UTC"), ask)
    assert run["run_id"] == "scheduled-20260101"


def test_one_that_stands_still_is_an_error():
    ask = {"last": {"start": "2026-01-01T00:00:00Z", "end": "2026-01-01T00:00:00Z"}}
    with pytest.raises(ValueError, match="the same run again"):
        coming.coming_runs(Stuck(), ask)


def test_behind_an_asset_schedule():
    from airflow.sdk import Asset

    timetable = AssetOrTimeSchedule(timetable=Hourly(), assets=[Asset("a")])
    ask = {"earliest": "2026-01-01T00:00:00Z", "catchup": True}
    (run,) = coming.coming_runs(timetable, ask)
    assert run["logical_date"] == "2026-01-01T00:00:00+00:00"
    assert (
        coming.manual_interval(timetable, pendulum.datetime(2026, 1, 2))["start"]
        == "2026-01-01T23:00:00+00:00"
    )


class Decreasing(PriorityWeightStrategy):
    def get_weight(self, ti):
        return max(3 - (ti.try_number or 0) + 1, 1)


class Curious(PriorityWeightStrategy):
    def get_weight(self, ti):
        return ti.dag_run.conf["weight"]


def test_weights_of_ones_own_rule():
    with DAG("d") as dag:
        EmptyOperator(task_id="a", weight_rule=Decreasing(), retries=9)
        EmptyOperator(task_id="b", weight_rule=Curious(), priority_weight=7)
    with pytest.warns(UserWarning, match="weight rule Curious of task 'b' failed, its weight is 7"):
        a, b = dag.to_document()["tasks"]
    assert a["weight_rule"]["weights"] == [4, 3, 2, 1]
    assert "weights" not in b["weight_rule"]
