"""Runs of the shipped timetables, computed in Python.

The scheduler never asks this: it has its own. It is for timetables of one's own that build on a shipped one, and for code
that asks a DAG's timetable directly.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterable
from typing import Any

from tradewind.timetables import _NAMES, _RANGES, PRESETS, DagRunInfo, DataInterval, TimeRestriction


def _aware(moment: dt.datetime, zone: Any) -> Any:
    from tradewind import timezone

    return timezone.convert_to_utc(timezone.make_aware(moment, zone))


class Cron:
    """The ticks of a cron text, as wall times of a zone."""

    def __init__(self, expression: str, zone: Any):
        self.zone = zone
        text = PRESETS.get(expression.strip().lower(), expression).lower().replace("?", "*")
        fields = text.split()
        self.minutes = self._plain(fields[0], 0)
        self.hours = self._plain(fields[1], 1)
        self.every_hour = len(self.hours) == 24
        self.days = self._plain(",".join(p for p in fields[2].split(",") if p != "l") or "0", 2)
        self.last_day = "l" in fields[2].split(",")
        self.months = self._plain(fields[3], 3)
        self.seconds = self._plain(fields[5], 5) if len(fields) > 5 else [0]
        self.any_day = fields[2] == "*"
        plain, self.nth = [], []
        for part in fields[4].split(","):
            if "#" in part or part.startswith("l") or part.endswith("l") and len(part) == 2:
                day, _, n = part.partition("#") if "#" in part else (part.strip("l"), "", "l")
                number = _NAMES[4].index(day) if day in _NAMES[4] else int(day) % 7
                self.nth.append((number, -1 if n == "l" else int(n)))
            else:
                plain.append(part)
        self.weekdays = {d % 7 for d in self._plain(",".join(plain), 4)} if plain else set()
        self.any_weekday = len(self.weekdays) == 7

    @staticmethod
    def _plain(text: str, field: int) -> list[int]:
        low, high = _RANGES[field]
        if field == 4:
            high = 6
        names = _NAMES.get(field, [])

        def value(word: str) -> int:
            return names.index(word) + (field == 3) if word in names else int(word)

        found: set[int] = set()
        for part in text.split(","):
            span, slash, step = part.partition("/")
            if span == "*":
                first, last = low, high
            elif "-" in span:
                first, last = (value(w) for w in span.split("-"))
            else:
                first = value(span)
                last = high if slash else first
            values: Iterable[int]
            if first <= last:
                values = range(first, last + 1)
            else:
                values = [*range(first, high + 1), *range(low, last + 1)]
            found.update(list(values)[:: int(step) if slash else 1])
        return sorted(found)

    def _day_fits(self, day: dt.date) -> bool:
        if day.month not in self.months:
            return False
        length = calendar.monthrange(day.year, day.month)[1]
        of_month = day.day in self.days or self.last_day and day.day == length
        number = day.isoweekday() % 7
        of_week = number in self.weekdays
        for weekday, n in self.nth:
            if weekday == number:
                of_week = of_week or (day.day + 7 > length if n == -1 else (day.day - 1) // 7 + 1 == n)
        if self.any_day or self.any_weekday:
            return (self.any_day or of_month) and (self.any_weekday or of_week)
        return of_month or of_week

    def _fits(self, at: dt.datetime) -> bool:
        return (
            self._day_fits(at.date())
            and at.hour in self.hours
            and at.minute in self.minutes
            and at.second in self.seconds
        )

    def _step(self, at: Any, forward: bool) -> Any:
        """The next tick after (or the last before) an instant."""
        if self.every_hour:
            return self._elapsed(at, forward)
        wall = at.astimezone(self.zone).replace(tzinfo=None)
        times = [dt.time(h, m, s) for h in self.hours for m in self.minutes for s in self.seconds]
        if not forward:
            times.reverse()
        day = wall.date() + dt.timedelta(days=-1 if forward else 1)
        for _ in range(366 * 12):
            if self._day_fits(day):
                for time in times:
                    tick = _aware(dt.datetime.combine(day, time), self.zone)
                    if tick > at if forward else tick < at:
                        return tick
            day += dt.timedelta(days=1 if forward else -1)
        raise ValueError("this cron text never comes true")

    def _elapsed(self, at: Any, forward: bool) -> Any:
        from tradewind import timezone

        unit = 1 if self.seconds != [0] else 60
        epoch = int(at.timestamp())
        exact = epoch % unit == 0 and at.microsecond == 0
        tick = epoch - epoch % unit + (unit if forward else (-unit if exact else 0))
        for _ in range(366 * 12 * 1440):
            local = dt.datetime.fromtimestamp(tick, self.zone)
            if self._fits(local):
                return timezone.from_timestamp(tick)
            if not self._day_fits(local.date()):
                # on to the edge of the day
                edge = dt.datetime.combine(
                    local.date() + dt.timedelta(days=1 if forward else 0), dt.time(), tzinfo=None
                )
                jump = int(_aware(edge, self.zone).timestamp())
                moved = jump if forward else jump - unit
                tick = moved if moved != tick else tick + (unit if forward else -unit)
                continue
            tick += unit if forward else -unit
        raise ValueError("this cron text never comes true")

    def after(self, at: Any) -> Any:
        return self._step(at, True)

    def before(self, at: Any) -> Any:
        return self._step(at, False)


class Delta:
    """The steps of a timedelta or a relativedelta."""

    def __init__(self, delta: Any):
        self.delta = delta

    def after(self, at: Any) -> Any:
        return at + self.delta

    def before(self, at: Any) -> Any:
        return at - self.delta


def now() -> Any:
    from tradewind import timezone

    return timezone.utcnow()


def manual_interval(timetable: Any, run_after: Any) -> DataInterval:
    """The data interval of a run made by hand."""
    from tradewind.timezone import convert_to_utc

    word = timetable._word
    run_after = convert_to_utc(run_after)
    if word == "cron_trigger":
        end = timetable._align_to_prev(run_after)
        return DataInterval(end - timetable._interval, end)
    if word == "delta_trigger":
        return DataInterval(run_after - timetable._interval, run_after)
    if word == "multiple_cron":
        end = max(t._align_to_prev(run_after) for t in timetable._timetables)
        return DataInterval(end - timetable._interval, end)
    if word == "asset_or_time":
        return timetable.timetable.infer_manual_data_interval(run_after=run_after)
    if word == "events" and timetable.event_dates:
        if timetable.restrict_to_events:
            past = [e for e in timetable.event_dates if e <= run_after]
            return DataInterval.exact(past[-1] if past else timetable.event_dates[0])
        return DataInterval.exact(run_after)
    return DataInterval.exact(run_after)


def _bounds(restriction: TimeRestriction) -> tuple[Any, Any, bool]:
    """Start, end and catchup."""
    from tradewind.timezone import convert_to_utc

    if not restriction:
        return None, None, False
    earliest, latest = (
        convert_to_utc(d) if d is not None else None for d in (restriction.earliest, restriction.latest)
    )
    return earliest, latest, restriction.catchup


def next_info(timetable: Any, last: DataInterval | None, restriction: TimeRestriction) -> DagRunInfo | None:
    """The next run, or None."""
    earliest, latest, catchup = _bounds(restriction)
    word = timetable._word
    if word == "asset_or_time":
        return timetable.timetable.next_dagrun_info(
            last_automated_data_interval=last, restriction=restriction
        )
    if word in ("cron_trigger", "delta_trigger", "multiple_cron"):
        return _trigger_info(timetable, last, earliest, latest, catchup)
    if word == "once":
        if last is not None or earliest is None and catchup:
            return None
        at = earliest or now()
        return None if latest is not None and at > latest else DagRunInfo.exact(at)
    if word == "continuous":
        if earliest is None:
            return None
        start = last.end if last is not None else earliest
        end = max(now(), earliest)
        return None if latest is not None and end > latest else DagRunInfo.interval(start, end)
    if word == "events":
        begin = max([d for d in (earliest, None if catchup else now()) if d is not None], default=None)
        for event in timetable.event_dates:
            if (last is None or event > last.end) and (begin is None or event >= begin):
                return None if latest is not None and event > latest else DagRunInfo.exact(event)
    return None


def interval_info(timetable: Any, last: Any, restriction: TimeRestriction) -> DagRunInfo | None:
    """The next run of a timetable whose runs have the time between two ticks."""
    earliest, latest, catchup = _bounds(restriction)
    if not catchup:
        earliest = timetable._skip_to_latest(earliest)
    elif earliest is not None:
        earliest = timetable._align_to_next(earliest)
    if last is None:
        begin = earliest
    else:
        begin = timetable._align_to_prev(last.end)
        if earliest is not None:
            begin = max(begin, earliest)
    if begin is None or latest is not None and begin > latest:
        return None
    return DagRunInfo.interval(begin, timetable._get_next(begin))


def _trigger_info(timetable: Any, last: Any, earliest: Any, latest: Any, catchup: bool) -> DagRunInfo | None:
    members = timetable._timetables if timetable._word == "multiple_cron" else [timetable]
    present = now()
    found = []
    for member in members:
        if catchup:
            if last is not None:
                tick = member._get_next(last.end)
            elif earliest is None:
                tick = member._calc_first_run()
            else:
                tick = member._align_to_next(earliest)
        else:
            options = [member._align_to_prev(present)]
            if last is not None:
                options.append(member._get_next(last.end))
            elif earliest is None:
                options.append(member._calc_first_run())
            if earliest is not None:
                options.append(member._align_to_next(earliest))
            tick = max(options)
        found.append(tick)
    past = [t for t in found if t <= present]
    tick = max(past) if past and not catchup else min(found)
    if latest is not None and tick > latest:
        return None
    return DagRunInfo(run_after=tick, data_interval=DataInterval(tick - timetable._interval, tick))
