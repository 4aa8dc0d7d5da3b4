"""The `tradewind` (and `airflow`) command of an installed wheel: becomes the binary that came along."""

from __future__ import annotations

import os
import sys


def main() -> None:
    binary = os.path.join(os.path.dirname(os.path.abspath(__file__)), "_bin", "tradewind")
    os.environ.setdefault("TRADEWIND_PYTHON", sys.executable)
    os.execv(binary, ["tradewind", *sys.argv[1:]])
