"""Partition mappers: which of a consumer's partitions an asset event of a partition belongs to."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import Any


class _Described:
    """Keeps the arguments it was made with: they are the document."""

    _arguments: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any):
        values = dict(zip(self._arguments, args))
        values.update(kwargs)
        self.__dict__.update(values)
        self._values = values
        self._rest = args[len(self._arguments) :]

    def __repr__(self) -> str:
        parts = [repr(a) for a in self._rest] + [f"{k}={v!r}" for k, v in self._values.items()]
        return f"{type(self).__name__}({', '.join(parts)})"

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and (self._values, self._rest) == (other._values, other._rest)  # type: ignore[attr-defined]

    def __hash__(self) -> int:
        return hash(repr(self))


class PartitionMapper(_Described):
    """Base of mappers."""

    is_rollup = False

    def to_downstream(self, key: str) -> Any:
        raise NotImplementedError

    def serialize(self) -> dict[str, Any]:
        return dict(self._values)

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> PartitionMapper:
        return cls(**data)


class IdentityMapper(PartitionMapper):
    def to_downstream(self, key: str) -> str:
        return key


class AllowedKeyMapper(PartitionMapper):
    _arguments = ("allowed_keys",)

    def to_downstream(self, key: str) -> str:
        if key not in self.allowed_keys:  # type: ignore[attr-defined]
            raise ValueError(f"Key {key!r} not in allowed keys {self.allowed_keys}")  # type: ignore[attr-defined]
        return key


class FixedKeyMapper(PartitionMapper):
    _arguments = ("downstream_key",)

    def to_downstream(self, key: str) -> str:
        return self.__dict__["downstream_key"]


class ProductMapper(PartitionMapper):
    def __init__(self, *mappers: PartitionMapper, delimiter: str = "|"):
        super().__init__(mappers=list(mappers), delimiter=delimiter)


class ChainMapper(PartitionMapper):
    def __init__(self, *mappers: PartitionMapper):
        super().__init__(mappers=list(mappers))


class FanOutMapper(PartitionMapper):
    def __init__(
        self,
        *,
        upstream_mapper: PartitionMapper,
        window: Window,
        downstream_mapper: PartitionMapper | None = None,
        max_downstream_keys: int | None = None,
    ):
        if downstream_mapper is None:
            for kind, default in _FAN_OUT_TO:
                if type(window) is kind:
                    downstream_mapper = default()
                    break
            else:
                raise ValueError(f"FanOutMapper needs downstream_mapper for {type(window).__name__}")
        super().__init__(upstream_mapper=upstream_mapper, window=window, downstream_mapper=downstream_mapper)
        if max_downstream_keys is not None:
            if max_downstream_keys < 1:
                raise ValueError("max_downstream_keys must be positive")
            self._values["max_downstream_keys"] = max_downstream_keys
        else:
            from tradewind.conf import conf

            most = conf.getint("scheduler", "partition_mapper_max_downstream_keys", fallback=1000)
            if most != 1000:
                self._values["max_downstream_keys"] = most


class RollupMapper(PartitionMapper):
    _arguments = ("upstream_mapper", "window", "wait_policy")
    is_rollup = True


class _StartOf(PartitionMapper):
    _arguments = ("input_format", "output_format")
    default_output_format = "%Y-%m-%d"

    def __init__(
        self,
        *,
        timezone: Any = "UTC",
        input_timezone: Any = None,
        input_format: str = "%Y-%m-%dT%H:%M:%S",
        output_format: str | None = None,
        **kwargs: Any,
    ):
        from tradewind.timetables import _zone_text

        super().__init__(
            timezone=_zone_text(input_timezone if input_timezone is not None else timezone),
            input_format=input_format,
            output_format=output_format or self.default_output_format,
            **kwargs,
        )


class StartOfHourMapper(_StartOf):
    default_output_format = "%Y-%m-%dT%H"


class StartOfDayMapper(_StartOf):
    default_output_format = "%Y-%m-%d"


class StartOfWeekMapper(_StartOf):
    default_output_format = "%Y-%m-%d (W%V)"


class StartOfMonthMapper(_StartOf):
    default_output_format = "%Y-%m"


class StartOfQuarterMapper(_StartOf):
    default_output_format = "%Y-Q{quarter}"


class StartOfYearMapper(_StartOf):
    default_output_format = "%Y"


class Window(_Described):
    """The members of a period: hours of a day, days of a month, …"""

    class Direction(str, enum.Enum):
        """Whether the period begins or ends with its key."""

        FORWARD = "forward"
        BACKWARD = "backward"

    def __init__(self, *, direction: Any = Direction.FORWARD, **kwargs: Any):
        super().__init__(**kwargs)
        self.direction = self.Direction(direction)
        if self.direction is not self.Direction.FORWARD:
            self._values["direction"] = self.direction.value


class HourWindow(Window):
    pass


class DayWindow(Window):
    pass


class WeekWindow(Window):
    pass


class MonthWindow(Window):
    pass


class QuarterWindow(Window):
    pass


class YearWindow(Window):
    pass


class SegmentWindow(Window):
    def __init__(self, segments: Any, **kwargs: Any):
        if not segments or any(not isinstance(s, str) for s in segments):
            raise ValueError("SegmentWindow needs a non-empty list of text keys")
        super().__init__(segments=sorted(set(segments)), **kwargs)


_FAN_OUT_TO: tuple[tuple[type, type], ...] = (
    (DayWindow, StartOfHourMapper),
    (WeekWindow, StartOfDayMapper),
    (MonthWindow, StartOfDayMapper),
    (QuarterWindow, StartOfMonthMapper),
    (YearWindow, StartOfMonthMapper),
)


class WaitPolicy(_Described):
    """How many upstream partitions are enough."""


class WaitForAll(WaitPolicy):
    pass


class MinimumCount(WaitPolicy):
    _arguments = ("n",)


def mapper_document(value: Any) -> Any:
    """A mapper (or window, or wait policy) as the document has it."""
    if value is None:
        return None
    if isinstance(value, type):
        value = value()
    if isinstance(value, _Described):
        out: dict[str, Any] = {"type": type(value).__name__}
        for name, item in value._values.items():
            out[name] = _plain(item)
        if value._rest:
            out["args"] = [_plain(item) for item in value._rest]
        return out
    return _plain(value)


def _plain(value: Any) -> Any:
    from tradewind.serialize import encode

    if isinstance(value, _Described) or isinstance(value, type) and issubclass(value, _Described):
        return mapper_document(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(v) for v in value]
    return encode(value)
