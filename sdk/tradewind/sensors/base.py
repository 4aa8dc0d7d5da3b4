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


class _Clock:
    """How long the sensor has waited: of this process, or since the first poke of a sensor that reschedules."""

    def __init__(self, first: dt.datetime | None | bool = False) -> None:
        self.started: Any = time.monotonic() if first is False else first or dt.datetime.now(dt.timezone.utc)

    def elapsed(self) -> float:
        if isinstance(self.started, float):
            return time.monotonic() - self.started
        return (dt.datetime.now(dt.timezone.utc) - self.started).total_seconds()


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
        clock = _Clock(context["ti"].get_first_reschedule_date(context)) if self.reschedule else _Clock()
        pokes = 1
        while not (result := self._poke_once(context)):
            if clock.elapsed() > self.timeout:
                message = (
                    f"Sensor has timed out; run duration of {clock.elapsed()} seconds exceeds the specified "
                    f"timeout of {self.timeout}."
                )
                raise AirflowSkipException(message) if self.soft_fail else AirflowSensorTimeout(message)
            wait = self._next_poke(clock, pokes)
            if self.reschedule:
                at = dt.datetime.now(dt.timezone.utc) + dt.timedelta(seconds=wait)
                raise AirflowRescheduleException(at)
            time.sleep(wait)
            pokes += 1
        self.log.info("Success criteria met. Exiting.")
        return result.xcom_value if isinstance(result, PokeReturnValue) else None

    def _poke_once(self, context: Any) -> Any:
        try:
            return self.poke(context)
        except AirflowSkipException:
            raise
        except (AirflowSensorTimeout, AirflowTaskTimeout, AirflowFailException) as e:
            self._skip_if_told(e)
            raise
        except Exception as e:
            if self.silent_fail:
                self.log.error("Sensor poke failed: \n %s", e, exc_info=True)
                return False
            if self.never_fail:
                raise AirflowSkipException("Skipping due to never_fail is set to True.") from e
            raise

    def _skip_if_told(self, error: Exception) -> None:
        for name in ("soft_fail", "never_fail"):
            if getattr(self, name):
                raise AirflowSkipException(f"Skipping due to {name} is set to True.") from error

    def resume_execution(self, next_method: str, next_kwargs: Any, context: Any) -> Any:
        from tradewind.exceptions import TaskDeferralError, TaskDeferralTimeout

        try:
            try:
                return super().resume_execution(next_method, next_kwargs, context)
            except TaskDeferralTimeout as e:
                raise AirflowSensorTimeout(*e.args) from e
        except AirflowSkipException:
            raise
        except (AirflowException, TaskDeferralError) as e:
            self._skip_if_told(e)
            raise

    def _next_poke(self, clock: _Clock, pokes: int) -> float:
        """Seconds until the next poke."""
        if not self.exponential_backoff:
            return self.poke_interval
        if self.reschedule:
            # Each poke is a process of its own: how many there were is guessed from the time.
            pokes, passed = 0, 0
            while passed <= clock.elapsed():
                pokes += 1
                passed += self._spread(clock, pokes)
            pokes = pokes or 1
        wait = min(self.timeout - int(clock.elapsed()), self._spread(clock, pokes))
        if self.max_wait:
            wait = min(self.max_wait, wait)
        self.log.info("new %s interval is %s", self.mode, wait)
        return wait

    def _spread(self, clock: _Clock, pokes: int) -> int:
        """Between one and two times poke_interval, doubled with every poke."""
        least = max(int(self.poke_interval * 2 ** (pokes - 2)), 1)
        text = f"{self.dag_id}#{self.task_id}#{clock.started}#{pokes}"
        digest = int(hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest(), 16)
        return min(least + digest % least, 86399999999999)


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
