"""The probe DAGs of tests/compat/semantics end here as they ended on real Airflow: one engine for each generation, every DAG of it at once."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import tempfile
import warnings
from typing import Any

import pytest

from engine import ROOT

FOLDER = ROOT / "tests" / "compat" / "semantics"
sys.path.insert(0, str(FOLDER))

from here import differences, golden, seen
from plan import OTHERWISE_2, loose, plan
from refused import FILES, OTHERWISE

PROBES = [
    (g, dag_id) for g in ("3", "2") for dag_id in sorted(golden(g)) if g == "3" or not dag_id.startswith(tuple(OTHERWISE_2))
]


FEW = 6
RACED = ("here skipped, Airflow upstream_failed", "here upstream_failed, Airflow skipped")


def unequal(generation: str, dag_id: str, found: dict[str, Any]) -> list[str]:
    lines = differences(found[dag_id], golden(generation)[dag_id])
    return [line for line in lines if not line.startswith(loose(generation, dag_id))]


def ran(generation: str) -> dict[str, Any]:
    """What every probe ended as. All run at once, ten times as fast as Airflow was asked to: where a skip and a failure race for the same
    instance, either may be first. A few that differ are run once more by themselves, at a pace like that of the recording."""
    found = seen(generation)
    lines = {d: unequal(generation, d, found) for g, d in PROBES if g == generation and d in found}
    other = [d for d in lines if any(line.endswith(RACED) for line in lines[d]) and not plan(d).get("called")]
    if 0 < len(other) <= FEW:
        warnings.warn(f"run again at a slower pace: {', '.join(other)}", stacklevel=2)
        found.update(seen(generation, other, pace="3"))
    return found


@pytest.fixture(scope="module")
def ends() -> dict[str, dict[str, Any]]:
    return {}


@pytest.mark.parametrize(("generation", "dag_id"), PROBES)
def test_ends_as_on_airflow(ends: dict[str, dict[str, Any]], generation: str, dag_id: str) -> None:
    if generation not in ends:
        ends[generation] = ran(generation)
    assert dag_id in ends[generation], "its file does not load"
    lines = unequal(generation, dag_id, ends[generation])
    assert not lines, "\n".join(lines)


@functools.cache
def taken_here(generation: str) -> dict[str, Any]:
    argv = [sys.executable, str(FOLDER / "refused_here.py"), generation]
    with tempfile.TemporaryDirectory() as home:  # not the configuration of who runs the tests
        env = {**os.environ, "PYTHONPATH": str(ROOT / "sdk"), "TRADEWIND_HOME": home, "AIRFLOW_HOME": home}
        return json.loads(subprocess.run(argv, env=env, capture_output=True, text=True, check=True, timeout=120).stdout)


@pytest.mark.parametrize("generation", ["3", "2"])
@pytest.mark.parametrize("name", sorted(FILES))
def test_file_is_taken_or_refused_as_by_airflow(name: str, generation: str) -> None:
    there = json.loads((FOLDER / f"refused-{generation}.json").read_text())[name]
    here = taken_here(generation)[name]
    if name not in OTHERWISE:
        assert ("error" in here) == ("error" in there), (here, there)
        assert here.get("dags") == there.get("dags")
