"""What templates find under `macros`."""

from __future__ import annotations

import datetime as _dt
import json
import random as _random
import time
import uuid
from datetime import timedelta
from typing import Any

random = _random.random
datetime = _dt.datetime

__all__ = [
    "datetime",
    "datetime_diff_for_humans",
    "ds_add",
    "ds_format",
    "ds_format_locale",
    "json",
    "random",
    "time",
    "timedelta",
    "uuid",
]


def __getattr__(name: str) -> Any:
    if name == "dateutil":
        import dateutil.parser
        import dateutil.relativedelta  # noqa: F401

        value: Any = dateutil
    elif name == "yaml":
        import yaml

        value = yaml
    else:
        value = _plugin_macros(name)
    globals()[name] = value
    return value


def _plugin_macros(name: str) -> Any:
    try:
        from tradewind import plugins_manager
    except ImportError:
        raise AttributeError(f"macros has no attribute {name!r}") from None
    find = getattr(plugins_manager, "macros_module", None)
    found = find(name) if find is not None and not name.startswith("__") else None
    if found is None:
        raise AttributeError(f"macros has no attribute {name!r}")
    return found


def ds_add(ds: str, days: int) -> str:
    """A date as text, `days` later."""
    if not days:
        return str(ds)
    return (_dt.datetime.strptime(str(ds), "%Y-%m-%d") + timedelta(days=days)).strftime("%Y-%m-%d")


def ds_format(ds: str, input_format: str, output_format: str) -> str:
    return _dt.datetime.strptime(str(ds), input_format).strftime(output_format)


def ds_format_locale(ds: str, input_format: str, output_format: str, locale: Any = None) -> str:
    """As ds_format, with Babel's pattern language and month names for output."""
    from babel import Locale
    from babel.dates import LC_TIME, format_datetime

    return format_datetime(
        _dt.datetime.strptime(str(ds), input_format),
        format=output_format,
        locale=locale or LC_TIME or Locale("en"),
    )


def datetime_diff_for_humans(dt: Any, since: Any = None) -> str:
    """`3 days ago`, `in 2 hours`; with `since`: `1 week before`."""
    import pendulum

    return pendulum.instance(dt).diff_for_humans(since)
