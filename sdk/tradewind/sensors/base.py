"""Sensors: poke until something is there."""

from __future__ import annotations

import datetime as dt
import hashlib
import time
from typing import Any

from tradewind.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowRescheduleException,
    AirflowSensorTimeout,
    AirflowSkipException,
    AirflowTaskTimeout,
)
from tradewind.operator import BaseOperator
from tradewind.skip import SkipMixin


class PokeReturnValue:
    """What a poke may return: whether it is done, and the XCom to push."""

    def __init__(self, is_done: bool, xcom_value: Any = None):
        self.is_done = is_done
        self.xcom_value = xcom_value

    def __bool__(self) -> bool:
        return self.is_done


def _number(value: Any, name: str) -> float:
    if isinstance(value, dt.timedelta):
        return value.total_seconds()
    if isinstance(value, (int, float)) and value >= 0:
        return value
    if isinstance(value, (int, float)):
        raise ValueError(f"{name} must be a non-negative number")
    raise TypeError(
        f"Operator arg `{name}` must be timedelta object or a non-negative number, not {type(value).__name__}"
    )


class BaseSensorOperator(BaseOperator, SkipMixin):
    """Write `poke`. Between two pokes the sensor sleeps (`poke`) or gives its slot back (`reschedule`)."""

    ui_color = "#e6f1f2"
    valid_modes = ("poke", "reschedule")
    inherits_from_skipmixin = True

    def __init__(
        self,
        *,
        poke_interval: dt.timedelta | float = 60,
        timeout: dt.timedelta | float | None = None,
        soft_fail: bool = False,
        mode: str = "poke",
        exponential_backoff: bool = False,
        max_wait: dt.timedelta | float | None = None,
        silent_fail: bool = False,
        never_fail: bool = False,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if timeout is None:
            from tradewind.conf import conf

            timeout = conf.getfloat("sensors", "default_timeout", fallback=604800.0)
        self.poke_interval = _number(poke_interval, "poke_interval")
        self.timeout = _number(timeout, "timeout")
        self.soft_fail = soft_fail
        self.mode = mode
        self.exponential_backoff = exponential_backoff
        self.max_wait = None if max_wait is None else _number(max_wait, "max_wait")
        if soft_fail and never_fail:
            raise ValueError("soft_fail and never_fail are mutually exclusive, you can not provide both.")
        self.silent_fail = silent_fail
        self.never_fail = never_fail
        if mode not in self.valid_modes:
            where = f"{self.dag.dag_id if self.dag else ''}.{self.task_id}"
            raise ValueError(
                f"The mode must be one of {list(self.valid_modes)},'{where}'; received '{mode}'."
            )

    @property
    def reschedule(self) -> bool:
        """Whether the slot is given back between pokes."""
        return self.mode == "reschedule"

    def poke(self, context: Any) -> bool | PokeReturnValue:
        """True when what is waited for is there."""
        raise AirflowException("Override me.")

    def execute(self, context: Any) -> Any:
        ti = context["ti"]
        begin = time.monotonic()
        started: Any = None
        if self.reschedule:
            first = ti.get_first_reschedule_date(context)
            started = first or dt.datetime.now(dt.timezone.utc)
        started_text = started if started is not None else getattr(ti, "start_date", None)
        tries = 1 + int(context.get("task_reschedule_count") or getattr(ti, "task_reschedule_count", 0) or 0)

        def elapsed() -> float:
            if started is not None:
                return (dt.datetime.now(dt.timezone.utc) - started).total_seconds()
            return time.monotonic() - begin

        value = None
        while True:
            try:
                result = self.poke(context)
            except (AirflowSensorTimeout, AirflowTaskTimeout, AirflowFailException) as e:
                if self.soft_fail:
                    raise AirflowSkipException("Skipping due to soft_fail is set to True.") from e
                if self.never_fail:
                    raise AirflowSkipException("Skipping due to never_fail is set to True.") from e
                raise
            except AirflowSkipException:
                raise
            except Exception as e:
                if self.silent_fail:
                    self.log.error("Sensor poke failed: \n %s", e, exc_info=True)
                    result = False
                elif self.never_fail:
                    raise AirflowSkipException("Skipping due to never_fail is set to True.") from e
                else:
                    raise
            if result:
                if isinstance(result, PokeReturnValue):
                    value = result.xcom_value
                break
            if elapsed() > self.timeout:
                message = f"Sensor has timed out; run duration of {elapsed()} seconds exceeds the specified timeout of {self.timeout}."
                if self.soft_fail:
                    raise AirflowSkipException(message)
                raise AirflowSensorTimeout(message)
            wait = self._next_poke(tries, started_text)
            if self.reschedule:
                at = dt.datetime.now(dt.timezone.utc) + dt.timedelta(seconds=wait)
                raise AirflowRescheduleException(at)
            time.sleep(wait)
            tries += 1
        self.log.info("Success criteria met. Exiting.")
        return value

    def resume_execution(self, next_method: str, next_kwargs: Any, context: Any) -> Any:
        from tradewind.exceptions import TaskDeferralError, TaskDeferralTimeout

        try:
            return super().resume_execution(next_method, next_kwargs, context)
        except TaskDeferralTimeout as e:
            raise AirflowSensorTimeout(*e.args) from e
        except (AirflowException, TaskDeferralError) as e:
            if self.soft_fail:
                raise AirflowSkipException(str(e)) from e
            raise

    def _next_poke(self, tries: int, started: Any) -> float:
        """Seconds until the next poke."""
        if not self.exponential_backoff:
            return self.poke_interval
        base = int(self.poke_interval * 2 ** (tries - 2))
        text = f"{self.dag_id}#{self.task_id}#{started}#{tries}"
        digest = int(hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest(), 16)
        wait = float(base + digest % base) if base > 0 else float(self.poke_interval)
        if self.max_wait is not None:
            wait = min(self.max_wait, wait)
        return min(wait, 86400.0)


def poke_mode_only(cls: Any) -> Any:
    """A sensor class that cannot give its slot back."""

    def get_mode(self: Any) -> str:
        return "poke"

    def set_mode(self: Any, value: str) -> None:
        if value != "poke":
            raise ValueError(f"Cannot set mode to '{value}'. Only 'poke' is acceptable")

    def set_reschedule(self: Any, value: bool) -> None:
        raise ValueError("Cannot set mode to 'reschedule'. Only 'poke' is acceptable")

    if not (isinstance(cls, type) and issubclass(cls, BaseSensorOperator)):
        raise ValueError(
            f"poke_mode_only decorator should only be applied to subclasses of BaseSensorOperator, got: {cls}."
        )
    setattr(cls, "mode", property(get_mode, set_mode))  # noqa: B010
    setattr(cls, "change_mode_to_reschedule", set_reschedule)  # noqa: B010
    return cls
