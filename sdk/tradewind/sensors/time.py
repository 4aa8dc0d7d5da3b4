"""Waits for a time of day, an instant, a while after the interval, a day of the week."""

from __future__ import annotations

import datetime as dt
from typing import Any

from tradewind.operator import Defaults
from tradewind.sensors.base import BaseSensorOperator
from tradewind.states import WeekDay


def _utcnow() -> dt.datetime:
    return dt.datetime.now(dt.timezone.utc)


def _wait_until(sensor: Any, moment: dt.datetime, timeout: float | None = None) -> None:
    """Defer until that instant."""
    from tradewind.module_loading import import_string

    trigger = import_string("airflow.providers.standard.triggers.temporal.DateTimeTrigger")
    sensor.defer(
        trigger=trigger(moment=moment, end_from_trigger=getattr(sensor, "end_from_trigger", False)),
        method_name="execute_complete",
        timeout=dt.timedelta(seconds=timeout) if timeout is not None else None,
    )


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
        self.deferrable = True

    def execute(self, context: Any) -> None:
        _wait_until(self, self._moment, self.timeout)

    def execute_complete(self, context: Any, event: Any = None) -> None:
        pass


class TimeDeltaSensor(BaseSensorOperator):
    """Waits for a while after the end of the data interval."""

    template_fields = ("delta",)
    _airflow_module = "airflow.providers.standard.sensors.time_delta"

    def __init__(
        self,
        *,
        delta: dt.timedelta,
        deferrable: bool | None = None,
        end_from_trigger: bool = False,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.delta = delta
        self.deferrable = Defaults.get()["deferrable"] if deferrable is None else deferrable
        self.end_from_trigger = end_from_trigger

    def _moment(self, context: Any) -> dt.datetime:
        base = context.get("data_interval_end") or context["dag_run"].run_after
        return base + self.delta

    def poke(self, context: Any) -> bool:
        moment = self._moment(context)
        self.log.info("Checking if the delta has elapsed target_dttm=%s", moment)
        return _utcnow() > moment

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

    _airflow_module = "airflow.providers.standard.sensors.time_delta"

    def __init__(self, time_to_wait: Any = None, deferrable: bool | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.deferrable = Defaults.get()["deferrable"] if deferrable is None else deferrable
        if isinstance(time_to_wait, (int, float)):
            time_to_wait = dt.timedelta(minutes=time_to_wait)
        self.time_to_wait = time_to_wait

    def execute(self, context: Any) -> None:
        if self.deferrable:
            _wait_until(self, _utcnow() + self.time_to_wait)
        else:
            import time

            time.sleep(self.time_to_wait.total_seconds())

    def execute_complete(self, context: Any, event: Any = None) -> None:
        pass


class TimeSensor(BaseSensorOperator):
    """Waits for a time of the day on which the task runs."""

    _airflow_module = "airflow.providers.standard.sensors.time"

    def __init__(
        self,
        *,
        target_time: dt.time,
        deferrable: bool | None = None,
        end_from_trigger: bool = False,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.target_time = target_time
        self.deferrable = Defaults.get()["deferrable"] if deferrable is None else deferrable
        self.end_from_trigger = end_from_trigger

    @property
    def target_datetime(self) -> dt.datetime:
        from tradewind import timezone

        zone = self.dag.timezone if self.dag is not None else timezone.zone("UTC")
        today = _utcnow().astimezone(zone)
        moment = dt.datetime.combine(today.date(), self.target_time.replace(tzinfo=None))
        aware = (
            moment.replace(tzinfo=self.target_time.tzinfo)
            if self.target_time.tzinfo
            else timezone.make_aware(moment, zone)
        )
        return timezone.convert_to_utc(aware)

    def poke(self, context: Any) -> bool:
        self.log.info("Checking if the time (%s) has come", self.target_time)
        return _utcnow() > self.target_datetime

    def execute(self, context: Any) -> Any:
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
        from tradewind import timezone

        now = timezone.make_naive(timezone.utcnow(), self.dag.timezone)
        if self.use_task_logical_date:
            now = context.get("logical_date") or context["dag_run"].run_after
        return now.isoweekday() in {int(d) for d in self._week_day_num}
