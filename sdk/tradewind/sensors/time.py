"""Waits for a time of day, an instant, a while after the interval, a day of the week."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from typing import Any

from tradewind.operator import Defaults
from tradewind.sensors.base import BaseSensorOperator
from tradewind.states import WeekDay
from tradewind.triggers.base import StartTriggerArgs

_AT_A_MOMENT = StartTriggerArgs(
    trigger_cls="airflow.providers.standard.triggers.temporal.DateTimeTrigger",
    trigger_kwargs={"moment": "", "end_from_trigger": False},
    next_method="execute_complete",
)


def _utcnow() -> dt.datetime:
    return dt.datetime.now(dt.timezone.utc)


def _wait_until(sensor: Any, moment: dt.datetime, timeout: float | None = None, *, end: bool = False) -> None:
    """Defer until that instant."""
    from tradewind.module_loading import import_string

    trigger = import_string(_AT_A_MOMENT.trigger_cls)
    sensor.defer(
        trigger=trigger(moment=moment, end_from_trigger=end or getattr(sensor, "end_from_trigger", False)),
        method_name="execute_complete",
        timeout=dt.timedelta(seconds=timeout) if timeout is not None else None,
    )


def _delta(value: Any) -> dt.timedelta:
    """A timedelta; a number, or text, is minutes."""
    return value if isinstance(value, dt.timedelta) else dt.timedelta(minutes=int(value))


class DateTimeSensor(BaseSensorOperator):
    """Waits for an instant; it may be a template."""

    template_fields = ("target_time",)
    _airflow_module = "airflow.providers.standard.sensors.date_time"

    def __init__(self, *, target_time: str | dt.datetime, **kwargs: Any):
        super().__init__(**kwargs)
        if isinstance(target_time, dt.datetime):
            self.target_time: Any = target_time.isoformat()
        elif isinstance(target_time, str):
            self.target_time = target_time
        else:
            raise TypeError(
                f"Expected str or datetime.datetime type for target_time. Got {type(target_time)}"
            )

    @property
    def _moment(self) -> dt.datetime:
        from tradewind import timezone

        return timezone.parse(self.target_time)

    def poke(self, context: Any) -> bool:
        self.log.info("Checking if the time (%s) has come", self.target_time)
        return _utcnow() > self._moment


class DateTimeSensorAsync(DateTimeSensor):
    """The same, in the triggerer."""

    start_trigger_args = _AT_A_MOMENT

    def __init__(
        self,
        *,
        start_from_trigger: bool = False,
        end_from_trigger: bool = False,
        trigger_kwargs: Any = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.start_from_trigger = start_from_trigger
        self.end_from_trigger = end_from_trigger
        self.trigger_kwargs = trigger_kwargs
        self.deferrable = True
        if start_from_trigger:
            told = {"target_time": self.target_time, "end_from_trigger": end_from_trigger}
            self.start_trigger_args = dataclasses.replace(_AT_A_MOMENT, trigger_kwargs=told)

    def execute(self, context: Any) -> None:
        _wait_until(self, self._moment)

    def execute_complete(self, context: Any, event: Any = None) -> None:
        pass


class TimeDeltaSensor(BaseSensorOperator):
    """Waits for a while after the end of the data interval."""

    template_fields = ("delta",)
    _airflow_module = "airflow.providers.standard.sensors.time_delta"

    def __init__(
        self,
        *,
        delta: dt.timedelta | int,
        deferrable: bool | None = None,
        end_from_trigger: bool = False,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.delta = delta
        self.deferrable = Defaults.get()["deferrable"] if deferrable is None else deferrable
        self.end_from_trigger = end_from_trigger

    @staticmethod
    def _base(context: Mapping[str, Any]) -> Any:
        return context.get("data_interval_end") or context["dag_run"].run_after

    def _moment(self, context: Any) -> dt.datetime:
        return self._base(context) + _delta(self.delta)

    def poke(self, context: Any) -> bool:
        base, delta = self._base(context), _delta(self.delta)
        self.log.info("Checking if the delta has elapsed base_time=%s, delta=%s", base, delta)
        return _utcnow() > base + delta

    def execute(self, context: Any) -> Any:
        if not self.deferrable:
            return super().execute(context)
        moment = self._moment(context)
        if _utcnow() > moment:
            return True
        return _wait_until(self, moment, self.timeout)

    def execute_complete(self, context: Any, event: Any = None) -> None:
        pass


class TimeDeltaSensorAsync(TimeDeltaSensor):
    def __init__(self, *, deferrable: bool = True, **kwargs: Any):
        super().__init__(deferrable=deferrable, **kwargs)


class WaitSensor(BaseSensorOperator):
    """Waits for a while after the task began."""

    template_fields = ("time_to_wait",)
    _airflow_module = "airflow.providers.standard.sensors.time_delta"

    def __init__(
        self, time_to_wait: dt.timedelta | int, deferrable: bool | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.deferrable = Defaults.get()["deferrable"] if deferrable is None else deferrable
        self.time_to_wait = time_to_wait

    def execute(self, context: Any) -> None:
        wait = _delta(self.time_to_wait)
        if self.deferrable:
            _wait_until(self, _utcnow() + wait, end=True)
        else:
            import time

            time.sleep(int(wait.total_seconds()))

    def execute_complete(self, context: Any, event: Any = None) -> None:
        pass


class TimeSensor(BaseSensorOperator):
    """Waits for a time of the day on which the task starts, in the DAG's zone."""

    _airflow_module = "airflow.providers.standard.sensors.time"

    def __init__(
        self,
        *,
        target_time: dt.time,
        deferrable: bool | None = None,
        start_from_trigger: bool = False,
        end_from_trigger: bool = False,
        trigger_kwargs: dict[str, Any] | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.target_time = target_time
        # The moment is known when the task starts only: it cannot begin in the triggerer, but it goes there at once.
        self.deferrable = bool(
            (Defaults.get()["deferrable"] if deferrable is None else deferrable) or start_from_trigger
        )
        self.end_from_trigger = end_from_trigger
        self.trigger_kwargs = trigger_kwargs
        self._target: dt.datetime | None = None

    @property
    def target_datetime(self) -> dt.datetime:
        """The moment; it stays when midnight passes while the sensor waits."""
        from tradewind import timezone

        if self._target is None:
            zone = self.dag.timezone if self.dag is not None else timezone.zone("UTC")
            today = _utcnow().astimezone(zone).date()
            at = dt.datetime.combine(today, self.target_time.replace(tzinfo=None), zone)
            self._target = timezone.convert_to_utc(at)
        return self._target

    def poke(self, context: Any) -> bool:
        self.log.info("Checking if the time (%s) has come", self.target_datetime)
        return _utcnow() > self.target_datetime

    def execute(self, context: Any) -> Any:
        self._target = None
        if not self.deferrable:
            return super().execute(context)
        return _wait_until(self, self.target_datetime)

    def execute_complete(self, context: Any, event: Any = None) -> None:
        pass


class TimeSensorAsync(TimeSensor):
    def __init__(self, *, deferrable: bool = True, **kwargs: Any):
        super().__init__(deferrable=deferrable, **kwargs)


class DayOfWeekSensor(BaseSensorOperator):
    """Waits for a day of the week."""

    _airflow_module = "airflow.providers.standard.sensors.weekday"

    def __init__(
        self,
        *,
        week_day: Any,
        use_task_logical_date: bool = False,
        use_task_execution_day: bool = False,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.week_day = week_day
        self.use_task_logical_date = use_task_logical_date or use_task_execution_day
        self._week_day_num = WeekDay.validate_week_day(week_day)

    def poke(self, context: Any) -> bool:
        today = _utcnow().isoweekday()
        self.log.info("Poking until weekday is in %s, Today is %s", self.week_day, WeekDay(today).name)
        if self.use_task_logical_date:
            today = (context.get("logical_date") or context["dag_run"].run_after).isoweekday()
        return today in {int(d) for d in self._week_day_num}
