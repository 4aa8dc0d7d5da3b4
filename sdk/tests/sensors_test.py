"""Sensors: which are native, what they carry, and the rules of those that run in Python."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tradewind.dag import DAG
from tradewind.exceptions import AirflowSensorTimeout, AirflowSkipException, TaskDeferralError
from tradewind.sensors.base import BaseSensorOperator, _Clock
from tradewind.sensors.external_task import ExternalTaskMarker, ExternalTaskSensor
from tradewind.sensors.filesystem import FileSensor
from tradewind.sensors.time import (
    DateTimeSensor,
    DateTimeSensorAsync,
    DayOfWeekSensor,
    TimeDeltaSensor,
    TimeSensor,
    WaitSensor,
)
from tradewind.serialize import dag_document


def document(make: Any) -> dict[str, Any]:
    with DAG("d", schedule=None, start_date=dt.datetime(2026, 1, 1)) as dag:
        make()
    return dag_document(dag)["tasks"][0]


NATIVE = {
    "file_sensor": lambda: FileSensor(task_id="t", filepath="/x/*", recursive=True),
    "date_time_sensor": lambda: DateTimeSensorAsync(
        task_id="t", target_time=dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)
    ),
    "time_sensor": lambda: TimeSensor(task_id="t", target_time=dt.time(7, 30)),
    "time_delta_sensor": lambda: TimeDeltaSensor(task_id="t", delta=dt.timedelta(hours=1), mode="reschedule"),
    "wait_sensor": lambda: WaitSensor(task_id="t", time_to_wait=5, deferrable=True),
    "day_of_week_sensor": lambda: DayOfWeekSensor(task_id="t", week_day={"Monday", "Friday"}),
    "external_task_sensor": lambda: ExternalTaskSensor(
        task_id="t", external_dag_id="o", external_task_id="x", execution_delta=dt.timedelta(days=1)
    ),
}


@pytest.mark.parametrize("name", NATIVE)
def test_shipped_sensors_are_native(name: str) -> None:
    assert document(NATIVE[name]).get("native") == name


def test_what_native_sensors_read() -> None:
    assert document(NATIVE["file_sensor"])["args"] == {
        "filepath": "/x/*",
        "fs_conn_id": "fs_default",
        "recursive": True,
    }
    assert document(NATIVE["time_sensor"])["args"] == {"target_time": "07:30:00"}
    assert document(NATIVE["day_of_week_sensor"])["args"]["days"] == [1, 5]
    external = document(NATIVE["external_task_sensor"])["args"]
    assert external["external_task_ids"] == ["x"] and external["allowed_states"] == ["success"]
    assert external["execution_delta"] == {"__type": "timedelta", "__var": 86400}


class Mine(FileSensor):
    pass


NOT_NATIVE = {
    "a subclass": lambda: Mine(task_id="t", filepath="/x"),
    "a hook": lambda: FileSensor(task_id="t", filepath="/x", pre_execute=lambda c: None),
    "on_execute": lambda: FileSensor(task_id="t", filepath="/x", on_execute_callback=lambda c: None),
    "a date function": lambda: ExternalTaskSensor(
        task_id="t", external_dag_id="o", execution_date_fn=lambda d: d
    ),
    "existence": lambda: ExternalTaskSensor(task_id="t", external_dag_id="o", check_existence=True),
    "from the trigger": lambda: DateTimeSensorAsync(
        task_id="t", target_time="2026-01-01", start_from_trigger=True
    ),
}


@pytest.mark.parametrize("why", NOT_NATIVE)
def test_these_need_python(why: str) -> None:
    assert "native" not in document(NOT_NATIVE[why])


def test_a_listener_at_the_end_is_no_reason() -> None:
    assert (
        document(lambda: FileSensor(task_id="t", filepath="/x", on_failure_callback=print))["native"]
        == "file_sensor"
    )


def test_mapped_over_template_fields() -> None:
    task = document(
        lambda: FileSensor.partial(task_id="t", poke_interval=5, recursive=True).expand(filepath=["/a", "/b"])
    )
    assert task["native"] == "file_sensor"
    assert task["args"]["recursive"] is True and task["sensor"]["poke_interval"] == 5
    assert "native" not in document(
        lambda: DateTimeSensor.partial(task_id="t").expand_kwargs([{"target_time": "2026-01-01"}])
    )


def test_start_from_trigger() -> None:
    plain = document(NOT_NATIVE["from the trigger"])["start_from_trigger"]
    assert plain["kwargs"] == {"target_time": "2026-01-01", "end_from_trigger": False}
    templated = document(
        lambda: DateTimeSensorAsync(
            task_id="t", target_time="{{ data_interval_end }}", start_from_trigger=True
        )
    )
    assert "start_from_trigger" not in templated


def test_markers_say_how_deep() -> None:
    def make() -> None:
        ExternalTaskMarker(task_id="t", external_dag_id="o", external_task_id="x", recursion_depth=3)

    assert document(make)["args"]["recursion_depth"] == 3


class Poker(BaseSensorOperator):
    def __init__(self, *, answers: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.answers = list(answers)

    def poke(self, context: Any) -> Any:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def go_on(self, context: Any, error: Exception) -> None:
        raise error


def poker(*answers: Any, **kwargs: Any) -> Poker:
    return Poker(task_id="t", poke_interval=0, answers=answers, **kwargs)


class Ti:
    def get_first_reschedule_date(self, context: Any) -> None:
        return None


def poke(sensor: Poker) -> Any:
    return sensor.execute({"ti": Ti()})


def test_failing_pokes() -> None:
    with pytest.raises(ValueError):
        poke(poker(ValueError(), soft_fail=True))
    with pytest.raises(AirflowSkipException, match="never_fail"):
        poke(poker(ValueError(), never_fail=True))
    assert poke(poker(ValueError(), True, silent_fail=True)) is None
    with pytest.raises(AirflowSensorTimeout):
        poke(poker(False, timeout=0, never_fail=True))
    with pytest.raises(AirflowSkipException):
        poke(poker(False, timeout=0, soft_fail=True))


def test_coming_back_from_a_trigger() -> None:
    for flag in ("soft_fail", "never_fail"):
        with pytest.raises(AirflowSkipException, match=flag):
            poker(True, **{flag: True}).resume_execution("go_on", {"error": TaskDeferralError("x")}, {})
    with pytest.raises(AirflowSensorTimeout):
        poker(True).resume_execution("__fail__", {"error": "Trigger timeout"}, {})


def test_intervals_are_airflows() -> None:
    """Figures of 3.3.2 for the same DAG, task and start."""
    clock = _Clock(dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc))
    clock.elapsed = lambda: 5.0  # type: ignore[method-assign]
    with DAG("d", schedule=None):
        sensor = poker(True, timeout=100000, exponential_backoff=True)
    sensor.poke_interval = 60
    assert [sensor._next_poke(clock, n) for n in (1, 2, 3, 5, 8, 20)] == [59, 95, 218, 630, 6190, 99995]
    sensor.max_wait = 500
    assert sensor._next_poke(clock, 8) == 500
    with DAG("d", schedule=None):
        later = poker(True, timeout=100000, exponential_backoff=True, mode="reschedule")
    later.poke_interval = 60
    for elapsed, wait in ((0.5, 59), (70, 95), (400, 473), (5000.25, 2869)):
        clock.elapsed = lambda elapsed=elapsed: elapsed  # type: ignore[method-assign]
        assert later._next_poke(clock, 1) == wait


def test_the_time_of_day_stays_when_midnight_passes() -> None:
    with DAG("d", schedule=None, start_date=dt.datetime(2026, 1, 1)):
        sensor = TimeSensor(task_id="t", target_time=dt.time(23, 59))
    before = sensor.target_datetime
    assert sensor.target_datetime is before
