"""The probe DAGs of tests/compat/semantics end here as they ended on real Airflow: one engine for each generation, every DAG of it at once."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from engine import ROOT

sys.path.insert(0, str(ROOT / "tests" / "compat" / "semantics"))

from here import differences, golden, seen
from plan import LOOSE

PROBES = [(g, dag_id) for g in ("3", "2") for dag_id in sorted(golden(g))]


@pytest.fixture(scope="module")
def ends() -> dict[str, dict[str, Any]]:
    return {}


@pytest.mark.parametrize(("generation", "dag_id"), PROBES)
def test_ends_as_on_airflow(ends: dict[str, dict[str, Any]], generation: str, dag_id: str) -> None:
    if generation not in ends:
        ends[generation] = seen(generation)
    assert dag_id in ends[generation], "its file does not load"
    lines = differences(ends[generation][dag_id], golden(generation)[dag_id])
    lines = [line for line in lines if not any(place in line for place in LOOSE.get(dag_id, {}))]
    assert not lines, "\n".join(lines)
