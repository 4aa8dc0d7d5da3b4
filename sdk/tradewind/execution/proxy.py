"""A value that is fetched when somebody looks at it, and stands for itself from then on."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

_UNSET = object()


class LazyProxy:
    """Behaves as the value of `make()`, which is called at the first use."""

    __slots__ = ("_make", "_value")

    def __init__(self, make: Callable[[], Any]) -> None:
        object.__setattr__(self, "_make", make)
        object.__setattr__(self, "_value", _UNSET)

    @property
    def __wrapped__(self) -> Any:
        value = object.__getattribute__(self, "_value")
        if value is _UNSET:
            value = object.__getattribute__(self, "_make")()
            object.__setattr__(self, "_value", value)
        return value

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return type(self.__wrapped__)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__wrapped__, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.__wrapped__, name, value)

    def __str__(self) -> str:
        return str(self.__wrapped__)

    def __repr__(self) -> str:
        return repr(self.__wrapped__)

    def __format__(self, spec: str) -> str:
        return format(self.__wrapped__, spec)

    def __bool__(self) -> bool:
        return bool(self.__wrapped__)

    def __hash__(self) -> int:
        return hash(self.__wrapped__)

    def __len__(self) -> int:
        return len(self.__wrapped__)

    def __iter__(self) -> Any:
        return iter(self.__wrapped__)

    def __getitem__(self, item: Any) -> Any:
        return self.__wrapped__[item]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.__wrapped__(*args, **kwargs)


def _unwrap(value: Any) -> Any:
    return value.__wrapped__ if type(value) is LazyProxy else value


def _binary(function: Callable[[Any, Any], Any]) -> Any:
    return lambda self, other: function(self.__wrapped__, _unwrap(other))


def _reflected(function: Callable[[Any, Any], Any]) -> Any:
    return lambda self, other: function(_unwrap(other), self.__wrapped__)


for _name in ("eq", "ne", "lt", "le", "gt", "ge"):
    setattr(LazyProxy, f"__{_name}__", _binary(getattr(operator, f"__{_name}__")))
for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod"):
    _function = getattr(operator, f"__{_name}__")
    setattr(LazyProxy, f"__{_name}__", _binary(_function))
    setattr(LazyProxy, f"__r{_name}__", _reflected(_function))
