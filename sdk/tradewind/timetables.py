"""Timetables. The shipped ones only say what they are: the engine computes their runs. One's own computes itself, in Python."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from tradewind.exceptions import AirflowTimetableInvalid

PRESETS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@quarterly": "0 0 1 */3 *",
    "@yearly": "0 0 1 1 *",
    "@midnight": "0 0 * * *",
    "@annually": "0 0 1 1 *",
}
cron_presets = PRESETS


class DataInterval(NamedTuple):
    start: Any
    end: Any

    @classmethod
    def exact(cls, at: Any) -> DataInterval:
        return cls(start=at, end=at)


class TimeRestriction(NamedTuple):
    earliest: Any
    latest: Any
    catchup: bool


class DagRunInfo(NamedTuple):
    run_after: Any
    data_interval: Any
    partition_date: Any = None
    partition_key: str | None = None

    @classmethod
    def exact(cls, at: Any) -> DagRunInfo:
        return cls(run_after=at, data_interval=DataInterval.exact(at))

    @classmethod
    def interval(cls, start: Any, end: Any) -> DagRunInfo:
        return cls(run_after=end, data_interval=DataInterval(start, end))

    @property
    def logical_date(self) -> Any:
        return self.data_interval.start if self.data_interval is not None else None


class Timetable:
    """The base of a timetable of one's own: write `infer_manual_data_interval` and `next_dagrun_info`."""

    description: str = ""
    periodic: bool = True
    can_be_scheduled: bool = True
    run_ordering: Sequence[str] = ("data_interval_end", "logical_date")
    active_runs_limit: int | None = None
    asset_condition: Any = None
    partitioned: bool = False
    partitioned_at_runtime: bool = False

    @property
    def summary(self) -> str:
        return type(self).__name__

    @property
    def type_name(self) -> str:
        return type(self).__name__

    @property
    def _type(self) -> str:
        return "custom"

    def serialize(self) -> dict[str, Any]:
        return {}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> Timetable:
        return cls(**data)

    def validate(self) -> None:
        """Raise AirflowTimetableInvalid when it cannot work."""

    def infer_manual_data_interval(self, *, run_after: Any) -> DataInterval:
        raise NotImplementedError()

    def next_dagrun_info(self, *, last_automated_data_interval: Any, restriction: TimeRestriction) -> Any:
        raise NotImplementedError()

    def next_dagrun_info_v2(self, *, last_dagrun_info: Any, restriction: TimeRestriction) -> Any:
        """What the engine asks; a timetable that needs more of the last run than its interval overrides it."""
        last = last_dagrun_info.data_interval if last_dagrun_info is not None else None
        return self.next_dagrun_info(last_automated_data_interval=last, restriction=restriction)

    def generate_run_id(self, *, run_type: Any, run_after: Any, data_interval: Any = None, **_: Any) -> str:
        return f"{run_type}__{run_after.isoformat()}"

    def to_document(self) -> dict[str, Any]:
        """The schedule object (docs/schedule.md)."""
        cls = type(self)
        return {
            "type": "custom",
            "classpath": f"{cls.__module__}.{cls.__qualname__}",
            "data": self.serialize(),
            "summary": self.summary,
            "description": self.description,
            "periodic": self.periodic,
            "can_be_scheduled": self.can_be_scheduled,
            "active_runs_limit": self.active_runs_limit,
        }


class _Shipped(Timetable):
    """A timetable that the engine knows. A subclass of one is a timetable of one's own."""

    _word = ""

    def keys(self) -> dict[str, Any]:
        return {}

    def serialize(self) -> dict[str, Any]:
        return self.keys()

    def to_document(self) -> dict[str, Any]:
        if not type(self).__module__.startswith("tradewind."):
            return super().to_document()
        return {"type": self._word, **self.keys()}

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.keys() == other.keys()  # type: ignore[attr-defined]

    def __hash__(self) -> int:
        return hash((type(self), repr(sorted(self.keys().items(), key=str))))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in self.keys().items())})"

    def infer_manual_data_interval(self, *, run_after: Any) -> DataInterval:
        from tradewind.engine_time import manual_interval

        return manual_interval(self, run_after)

    def next_dagrun_info(self, *, last_automated_data_interval: Any, restriction: TimeRestriction) -> Any:
        from tradewind.engine_time import next_info

        return next_info(self, last_automated_data_interval, restriction)


class NullTimetable(_Shipped):
    _word = "null"
    can_be_scheduled = False
    periodic = False
    description = "Never, external triggers only"
    summary = "None"  # type: ignore[assignment]


class OnceTimetable(_Shipped):
    _word = "once"
    periodic = False
    description = "Once, as soon as possible"
    summary = "@once"  # type: ignore[assignment]


class ContinuousTimetable(_Shipped):
    _word = "continuous"
    active_runs_limit = 1
    description = "As frequently as possible, but only one run at a time."
    summary = "@continuous"  # type: ignore[assignment]


# -- cron and deltas ----------------------------------------------------------------------------------


def _zone_text(timezone: Any) -> str:
    from tradewind.timezone import zone_name

    return timezone if isinstance(timezone, str) else zone_name(timezone)


def _duration(value: Any) -> Any:
    """A number of seconds, or the fields of a relativedelta."""
    if isinstance(value, dt.timedelta):
        seconds = value.total_seconds()
        return int(seconds) if seconds == int(seconds) else seconds
    if isinstance(value, (int, float)):
        return value
    out: dict[str, Any] = {}
    for name in ("years", "months", "days", "leapdays", "hours", "minutes", "seconds", "microseconds"):
        amount = getattr(value, name, 0)
        if amount:
            out[name] = int(amount) if amount == int(amount) else amount
    for name in ("year", "month", "day", "hour", "minute", "second", "microsecond"):
        amount = getattr(value, name, None)
        if amount is not None:
            out[name] = amount
    day = getattr(value, "weekday", None)
    if day is not None:
        n = getattr(day, "n", None)
        out["weekday"] = [day.weekday] if n is None else [day.weekday, n]
    return out


_NAMES = {
    3: "jan feb mar apr may jun jul aug sep oct nov dec".split(),
    4: "sun mon tue wed thu fri sat".split(),
}
_RANGES = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7), (0, 59), (1970, 2099)]
_ITEM = re.compile(r"^(\*|[a-z0-9]+)(?:-([a-z0-9]+))?(?:/(\d+))?$")


def cron_error(expression: str) -> str | None:
    """Why a cron text is not one, or None."""
    text = PRESETS.get(expression.strip().lower(), expression).lower()
    fields = text.split()
    if len(fields) not in (5, 6, 7):
        return "Exactly 5, 6 or 7 columns has to be specified for iterator expression."
    for i, field in enumerate(fields):
        low, high = _RANGES[i]
        for item in field.split(","):
            if (item == "?" and i in (2, 4)) or (item == "l" and i == 2):
                continue
            if i == 2 and re.match(r"^(\d+w|w\d+|l?w|lw)$", item):
                continue
            if i == 4 and re.match(r"^(l[0-7]|[0-7]l|([0-7]|sun|mon|tue|wed|thu|fri|sat)#([1-5]|l))$", item):
                continue
            match = _ITEM.match(item)
            if not match:
                return f"[{expression}] is not acceptable"
            first, last, step = match.groups()
            if step is not None and int(step) == 0:
                return f"[{expression}] is not acceptable"
            for value in (first, last):
                if value is None or value == "*":
                    continue
                if value in _NAMES.get(i, ()):
                    continue
                if not value.isdigit() or not low <= int(value) <= high:
                    return f"[{expression}] is not acceptable, out of range"
    return None


class _Ticking(_Shipped):
    """A timetable of ticks.

    Its runs are made of these five, which a subclass may call or write anew: a holiday calendar that overrides `_get_next` and
    `_get_prev` has its runs aligned to the days that are left.
    """

    def _ticks(self) -> Any:
        raise NotImplementedError()

    def _get_next(self, current: Any) -> Any:
        """The first tick after an instant."""
        return self._ticks().after(_utc(current))

    def _get_prev(self, current: Any) -> Any:
        """The last tick before an instant."""
        return self._ticks().before(_utc(current))

    def _align_to_next(self, current: Any) -> Any:
        """The tick at an instant or the first after it."""
        current = _utc(current)
        following = self._get_next(current)
        previous = self._get_prev(following)
        return previous if previous == current else following

    def _align_to_prev(self, current: Any) -> Any:
        """The tick at an instant or the last before it."""
        current = _utc(current)
        previous = self._get_prev(current)
        following = self._get_next(previous)
        return following if following == current else previous

    def _calc_first_run(self) -> Any:
        """Where runs begin that have neither a start date nor one before: `run_immediately` says whether with the last tick."""
        from tradewind.engine_time import now

        present = now()
        past, coming = self._align_to_prev(present), self._align_to_next(present)
        within = getattr(self, "_run_immediately", False)
        if within is None:
            within = (coming - past) / 10
        if within is True or isinstance(within, dt.timedelta) and present - past <= within:
            return past
        return coming


def _utc(at: Any) -> Any:
    from tradewind.timezone import convert_to_utc

    return convert_to_utc(at)


class _DataIntervalTimetable(_Ticking):
    """Runs that each have the time between two ticks as their data interval, and start at its end."""

    def _skip_to_latest(self, earliest: Any) -> Any:
        """Without catchup: where the interval begins that ended last."""
        from tradewind.engine_time import now

        start = self._get_prev(self._align_to_prev(now()))
        return start if earliest is None else max(start, self._align_to_next(earliest))

    def infer_manual_data_interval(self, *, run_after: Any) -> DataInterval:
        end = self._align_to_prev(_utc(run_after))
        return DataInterval(self._get_prev(end), end)

    def next_dagrun_info(self, *, last_automated_data_interval: Any, restriction: TimeRestriction) -> Any:
        from tradewind.engine_time import interval_info

        return interval_info(self, last_automated_data_interval, restriction)


def _encoded(timetable: Any) -> dict[str, Any]:
    """What timetables of ticks that say their own data interval have besides."""
    from tradewind.coders import encode_interval, encode_run_immediately

    out: dict[str, Any] = {"interval": encode_interval(timetable._interval)}
    if hasattr(timetable, "_run_immediately"):
        out["run_immediately"] = encode_run_immediately(timetable._run_immediately)
    return out


def _decoded(data: dict[str, Any]) -> dict[str, Any]:
    from tradewind.coders import decode_interval, decode_run_immediately

    decoders = {"interval": decode_interval, "run_immediately": decode_run_immediately}
    return {name: decode(data[name]) for name, decode in decoders.items() if name in data}


class _Cron(_Ticking):
    def __init__(self, cron: str, timezone: Any = "UTC"):
        own = not type(self).__module__.startswith("tradewind.")
        self._expression = PRESETS.get(cron, cron) if own else cron
        self._timezone_name = _zone_text(timezone)

    def _ticks(self) -> Any:
        from tradewind.engine_time import Cron

        return Cron(self._expression, self._timezone)

    @property
    def _timezone(self) -> Any:
        from tradewind.timezone import zone

        return zone(self._timezone_name)

    @_timezone.setter
    def _timezone(self, value: Any) -> None:
        self._timezone_name = _zone_text(value)

    def serialize(self) -> dict[str, Any]:
        from tradewind.coders import encode_timezone

        return {"expression": self.expression, "timezone": encode_timezone(self._timezone)}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> Timetable:
        return cls(data["expression"], timezone=data["timezone"], **_decoded(data))

    @property
    def expression(self) -> str:
        return PRESETS.get(self._expression, self._expression)

    @property
    def summary(self) -> str:
        return self.expression

    def validate(self) -> None:
        error = cron_error(self._expression)
        if error:
            raise AirflowTimetableInvalid(error)


class CronDataIntervalTimetable(_Cron, _DataIntervalTimetable):
    _word = "cron_interval"

    def keys(self) -> dict[str, Any]:
        return {"expression": self._expression, "timezone": self._timezone_name}


class CronTriggerTimetable(_Cron):
    _word = "cron_trigger"

    def __init__(
        self,
        cron: str,
        *,
        timezone: Any,
        interval: Any = dt.timedelta(0),
        run_immediately: bool | dt.timedelta = False,
    ):
        super().__init__(cron, timezone)
        self._interval = interval
        self._run_immediately = run_immediately

    def keys(self) -> dict[str, Any]:
        return {
            "expression": self._expression,
            "timezone": self._timezone_name,
            **_trigger_keys(self._interval, self._run_immediately),
        }

    def serialize(self) -> dict[str, Any]:
        return {**super().serialize(), **_encoded(self)}


def _trigger_keys(interval: Any, immediately: Any) -> dict[str, Any]:
    keys: dict[str, Any] = {}
    if _duration(interval):
        keys["interval"] = _duration(interval)
    if isinstance(immediately, dt.timedelta):
        keys["run_immediately"] = immediately.total_seconds()
    elif immediately:
        keys["run_immediately"] = True
    return keys


class MultipleCronTriggerTimetable(_Shipped):
    _word = "multiple_cron"

    def __init__(
        self,
        *crons: str,
        timezone: Any,
        interval: Any = dt.timedelta(0),
        run_immediately: bool | dt.timedelta = False,
    ):
        if not crons:
            raise ValueError("cron expression required")
        self._crons = list(crons)
        self._timezone_name = _zone_text(timezone)
        self._interval = interval
        self._run_immediately = run_immediately

    @property
    def _timetables(self) -> list[CronTriggerTimetable]:
        return [
            CronTriggerTimetable(
                cron,
                timezone=self._timezone_name,
                interval=self._interval,
                run_immediately=self._run_immediately,
            )
            for cron in self._crons
        ]

    @property
    def summary(self) -> str:
        return ", ".join(self._crons)

    def validate(self) -> None:
        for cron in self._crons:
            if error := cron_error(cron):
                raise AirflowTimetableInvalid(error)

    def keys(self) -> dict[str, Any]:
        return {
            "expressions": self._crons,
            "timezone": self._timezone_name,
            **_trigger_keys(self._interval, self._run_immediately),
        }

    def serialize(self) -> dict[str, Any]:
        return {"expressions": self._crons, "timezone": self._timezone_name, **_encoded(self)}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> Timetable:
        return cls(*data["expressions"], timezone=data["timezone"], **_decoded(data))


class CronPartitionTimetable(_Cron):
    _word = "cron_partition"
    partitioned = True

    def __init__(
        self,
        cron: str,
        *,
        timezone: Any,
        run_offset: int | dt.timedelta | None = None,
        run_immediately: bool | dt.timedelta = False,
        key_format: str = "%Y-%m-%dT%H:%M:%S",
        **_: Any,
    ):
        super().__init__(cron, timezone)
        self._run_offset = run_offset
        self._run_immediately = run_immediately
        self._key_format = key_format

    def keys(self) -> dict[str, Any]:
        keys = {
            "expression": self._expression,
            "timezone": self._timezone_name,
            **_trigger_keys(0, self._run_immediately),
            "key_format": self._key_format,
        }
        if self._run_offset:
            keys["run_offset"] = (
                _duration(self._run_offset)
                if isinstance(self._run_offset, dt.timedelta)
                else self._run_offset
            )
        return keys


class _Delta(_Ticking):
    def __init__(self, delta: Any):
        self._delta = delta

    def _ticks(self) -> Any:
        from tradewind.engine_time import Delta

        return Delta(self._delta)

    def _align_to_next(self, current: Any) -> Any:
        return _utc(current)

    def _align_to_prev(self, current: Any) -> Any:
        return _utc(current)

    def serialize(self) -> dict[str, Any]:
        from tradewind.coders import encode_interval

        return {"delta": encode_interval(self._delta)}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> Timetable:
        from tradewind.coders import decode_interval

        return cls(decode_interval(data["delta"]), **_decoded(data))

    @property
    def summary(self) -> str:
        return str(self._delta)

    def validate(self) -> None:
        anchor = dt.datetime(2000, 1, 1)
        if (anchor + self._delta) <= anchor:
            raise AirflowTimetableInvalid(f"schedule interval must be positive, not {self._delta!r}")


class DeltaDataIntervalTimetable(_Delta, _DataIntervalTimetable):
    _word = "delta_interval"

    def _skip_to_latest(self, earliest: Any) -> Any:
        """Intervals of a fixed length are cut from the epoch on, those of months from the start date on."""
        from tradewind.engine_time import now
        from tradewind.timezone import from_timestamp

        present, length = now(), self._delta
        if not isinstance(length, dt.timedelta):
            fields = {n: getattr(length, n, 0) for n in ("days", "hours", "minutes", "seconds")}
            months = length.years or length.months
            length = dt.timedelta() if months else dt.timedelta(**fields)
        if length > dt.timedelta():
            step = length.total_seconds()
            start = self._get_prev(from_timestamp(present.timestamp() // step * step))
            return start if earliest is None else max(start, _utc(earliest))
        if earliest is None:
            return self._get_prev(present)
        start = _utc(earliest)
        while self._get_next(following := self._get_next(start)) <= present:
            start = following
        return start

    def keys(self) -> dict[str, Any]:
        return {"delta": _duration(self._delta)}


class DeltaTriggerTimetable(_Delta):
    _word = "delta_trigger"

    def __init__(self, delta: Any, *, interval: Any = dt.timedelta(0)):
        super().__init__(delta)
        self._interval = interval

    def keys(self) -> dict[str, Any]:
        keys = {"delta": _duration(self._delta)}
        if _duration(self._interval):
            keys["interval"] = _duration(self._interval)
        return keys

    def serialize(self) -> dict[str, Any]:
        return {**super().serialize(), **_encoded(self)}


class EventsTimetable(_Shipped):
    _word = "events"
    periodic = False

    def __init__(
        self,
        event_dates: Iterable[Any],
        restrict_to_events: bool = False,
        presorted: bool = False,
        description: str | None = None,
    ):
        from tradewind.timezone import coerce_datetime

        self.event_dates = [coerce_datetime(e) for e in event_dates]
        if not presorted:
            self.event_dates.sort()
        self.restrict_to_events = restrict_to_events
        self._description = description
        if description is not None:
            self._summary = self.description = description
        elif self.event_dates:
            first, last = self.event_dates[0], self.event_dates[-1]
            self._summary = f"{len(self.event_dates)} events"
            self.description = f"{len(self.event_dates)} events between {first} and {last}"
        else:
            self._summary = self.description = "No events"

    @property
    def summary(self) -> str:
        return self._summary

    def keys(self) -> dict[str, Any]:
        return {
            "events": [e.isoformat() for e in self.event_dates],
            "restrict_to_events": self.restrict_to_events,
            "description": self._description,
        }


# -- assets -------------------------------------------------------------------------------------------


class AssetTriggeredTimetable(_Shipped):
    _word = "asset"
    periodic = False
    description = "Triggered by assets"
    summary = "Asset"  # type: ignore[assignment]

    def __init__(self, assets: Any):
        from tradewind.assets import as_condition

        self.asset_condition = as_condition(assets)

    def keys(self) -> dict[str, Any]:
        return {"condition": self.asset_condition.to_document()}


class PartitionedAssetTimetable(AssetTriggeredTimetable):
    _word = "partitioned_asset"
    partitioned = True

    def __init__(
        self,
        *,
        assets: Any,
        partition_mapper_config: dict[Any, Any] | None = None,
        default_partition_mapper: Any = None,
        **_: Any,
    ):
        super().__init__(assets)
        self.partition_mapper_config = partition_mapper_config or {}
        self.default_partition_mapper = default_partition_mapper

    def keys(self) -> dict[str, Any]:
        from tradewind.partitions import mapper_document

        keys = super().keys()
        keys["default_mapper"] = mapper_document(self.default_partition_mapper)
        if self.partition_mapper_config:
            keys["mappers"] = [
                {"asset": ref.to_document(), "mapper": mapper_document(mapper)}
                for ref, mapper in self.partition_mapper_config.items()
            ]
        return keys


class PartitionedAtRuntime(_Shipped):
    _word = "partitioned_at_runtime"
    periodic = False
    partitioned = True
    can_be_scheduled = False
    summary = "Partitioned at runtime"  # type: ignore[assignment]


class AssetOrTimeSchedule(_Shipped):
    _word = "asset_or_time"

    def __init__(self, *, timetable: Timetable, assets: Any = None, datasets: Any = None):
        from tradewind.assets import as_condition

        self.timetable = timetable
        self.asset_condition = as_condition(assets if assets is not None else datasets)
        self.description = f"Triggered by assets or {timetable.description}"
        self.periodic = timetable.periodic
        self.active_runs_limit = timetable.active_runs_limit

    @property
    def summary(self) -> str:
        return f"Asset or {self.timetable.summary}"

    def validate(self) -> None:
        self.timetable.validate()

    def keys(self) -> dict[str, Any]:
        return {"condition": self.asset_condition.to_document(), "timetable": self.timetable.to_document()}


DatasetOrTimeSchedule = AssetOrTimeSchedule
DatasetTriggeredTimetable = AssetTriggeredTimetable


def create_timetable(schedule: Any, zone: Any, zone_name: str) -> Timetable:
    """What stands after `schedule=` as a timetable."""
    from tradewind.conf import conf

    if schedule is None:
        return NullTimetable()
    if isinstance(schedule, Timetable):
        return schedule
    if isinstance(schedule, str):
        if schedule == "@once":
            return OnceTimetable()
        if schedule == "@continuous":
            return ContinuousTimetable()
        if conf.getboolean("scheduler", "create_cron_data_intervals"):
            return CronDataIntervalTimetable(schedule, zone_name)
        return CronTriggerTimetable(schedule, timezone=zone_name)
    if isinstance(schedule, dt.timedelta) or type(schedule).__name__ == "relativedelta":
        if conf.getboolean("scheduler", "create_delta_data_intervals"):
            return DeltaDataIntervalTimetable(schedule)
        return DeltaTriggerTimetable(schedule)
    from tradewind.assets import BaseAsset

    if isinstance(schedule, BaseAsset):
        return AssetTriggeredTimetable(schedule)
    if isinstance(schedule, Collection):
        if not all(isinstance(item, BaseAsset) for item in schedule):
            raise ValueError(
                "All elements in 'schedule' should be either assets, asset references, or asset aliases"
            )
        return AssetTriggeredTimetable(list(schedule))
    if hasattr(schedule, "next_dagrun_info"):
        return schedule
    raise ValueError(f"{schedule!r} is not a valid schedule.")


#: the names under which timetables of one's own derive from them
CronMixin = _Cron
DeltaMixin = _Delta
