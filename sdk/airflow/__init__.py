"""Airflow's names for Tradewind's SDK.

Nothing here does any work: each module of this package is a list of names (`tradewind.namespace.names`), looked up in `tradewind` when first used.
Providers that are installed elsewhere on the path are found below this package as well.
"""

from __future__ import annotations

import sys
from pkgutil import extend_path
from typing import Any

__path__ = extend_path(__path__, __name__)

from tradewind.namespace import finder as _finder  # noqa: E402
from tradewind.namespace import names as _names

_finder.install()

__version__ = "3.3.2"


def __getattr__(name: str) -> Any:
    return _finder.attribute(sys.modules[__name__], _names.NAMES["airflow"], name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_finder.names_of(_names.NAMES["airflow"])})
