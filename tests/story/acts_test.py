"""DAG files that are edited while their run lives, and what people do to runs (tests/compat/acts): here it ends as on real Airflow."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from engine import ROOT

FOLDER = ROOT / "tests" / "compat" / "acts"
sys.path[:0] = [str(FOLDER), str(FOLDER.parent / "semantics")]

from told_here import golden, told, told_differences

STORIES = [(g, name) for g in ("3", "2") for name in sorted(golden(g))]


@pytest.fixture(scope="module")
def ends() -> dict[str, dict[str, Any]]:
    return {}


@pytest.mark.parametrize(("generation", "name"), STORIES)
def test_ends_as_on_airflow(ends: dict[str, dict[str, Any]], generation: str, name: str) -> None:
    if generation not in ends:
        ends[generation] = told(generation)
    lines = told_differences(generation, name, ends[generation][name])
    assert not lines, "\n".join(lines)
