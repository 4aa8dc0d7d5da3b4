"""Triggers that wait for a moment."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import AsyncIterator
from typing import Any

from tradewind import timezone
from tradewind.triggers.base import BaseTrigger, TaskSuccessEvent, TriggerEvent

#: the clock may be set while we sleep, so no sleep is longer (seconds)
_LONGEST = 60.0


class DateTimeTrigger(BaseTrigger):
    """Fires at `moment` (aware), or at `target_time`, which may be text."""

    def __init__(
        self,
        moment: datetime.datetime | None = None,
        *,
        target_time: datetime.datetime | str | None = None,
        end_from_trigger: bool = False,
    ) -> None:
        super().__init__()
        if (moment is None) == (target_time is None):
            raise TypeError("DateTimeTrigger requires exactly one of 'moment' or 'target_time'")
        self.target_time = target_time
        self.end_from_trigger = end_from_trigger
        self._moment: Any = None
        if moment is not None:
            if not isinstance(moment, datetime.datetime):
                raise TypeError(f"Expected datetime.datetime type for moment. Got {type(moment)}")
            if moment.tzinfo is None:
                raise ValueError("You cannot pass naive datetimes")
            self._moment = timezone.convert_to_utc(moment)

    @property
    def moment(self) -> Any:
        if self._moment is None:
            value: Any = self.target_time
            if isinstance(value, str) and value:
                value = timezone.parse(value)
            if not isinstance(value, datetime.datetime):
                raise TypeError("DateTimeTrigger has neither a 'moment' nor a usable 'target_time'")
            self._moment = timezone.convert_to_utc(value)
        return self._moment

    def serialize(self) -> tuple[str, dict[str, Any]]:
        when = {"target_time": self.target_time} if self._moment is None else {"moment": self._moment}
        path = "airflow.providers.standard.triggers.temporal.DateTimeTrigger"
        return path, {**when, "end_from_trigger": self.end_from_trigger}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        self.log.info("waiting until %s", self.moment)
        while (left := (self.moment - timezone.utcnow()).total_seconds()) > 0:
            await asyncio.sleep(min(left, _LONGEST))
        yield TaskSuccessEvent() if self.end_from_trigger else TriggerEvent(self.moment)


class TimeDeltaTrigger(DateTimeTrigger):
    """Fires after a while; elsewhere it is a DateTimeTrigger."""

    def __init__(self, delta: datetime.timedelta, *, end_from_trigger: bool = False) -> None:
        super().__init__(moment=timezone.utcnow() + delta, end_from_trigger=end_from_trigger)
