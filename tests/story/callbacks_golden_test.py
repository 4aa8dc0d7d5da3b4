"""Callbacks against real Airflow: the same DAGs (tests/compat/callbacks), which are called, in what order, with which keys."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from engine import ROOT, Engine, wait_until

FOLDER = ROOT / "tests" / "compat" / "callbacks"

#: keys that real Airflow has and we do not need to
UNMADE = {"task_state_store", "expanded_ti_count"}


def golden(generation: int) -> dict[str, list[dict[str, Any]]]:
    return json.loads((FOLDER / f"golden_{generation}.json").read_text())["calls"]


def expected(calls: list[dict[str, Any]], generation: int) -> list[Any]:
    """What is to be called, without what we do on purpose otherwise (docs/callbacks.md)."""
    kept = []
    for c in calls:
        if generation == 2 and c["what"] == "success" and c["state"] == "skipped":
            continue  # 2.11 calls it after a skip, too
        of_run = c["what"].startswith("dag ")
        if generation == 2 and of_run and c["dag"] == "cb_timeout":
            continue  # 2.11's dag.test() is over with the timeout: nobody could be called
        exception = "SystemExit" if c["exception"] == "str" else c["exception"]  # 2.11 tells it as a text
        state = None if of_run or c["what"].startswith("execute") else c["state"]
        task = None if of_run and (generation == 2 or c["what"] == "dag success") else c["task"]
        kept.append((c["what"], task, None if of_run else c["try"], state, c["reason"], exception))
    return kept


def by_task(dag_id: str, calls: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The calls of each task in their order, the run's last: what processes of different tasks do is in no order."""
    mine = [c for c in calls if c["dag"] == dag_id]
    return sorted(mine, key=lambda c: (c["what"].startswith("dag "), c["task"] or ""))


@pytest.mark.parametrize("generation", [3, 2])
def test_as_real_airflow_calls(engine: Engine, tmp_path: Path, generation: int) -> None:
    out = tmp_path / "out.jsonl"
    engine.env.update(PROBE_OUT=str(out), AIRFLOW__CORE__COMPAT=str(generation))
    shutil.copy(FOLDER / "probe.py", engine.dags / "probe.py")
    engine.up()
    engine.start("dag-processor")
    wanted = golden(generation)
    runs = {dag_id: engine.trigger(dag_id, "--logical-date", "2026-01-02T00:00:00+00:00") for dag_id in wanted}
    for dag_id, run in runs.items():
        engine.finish(dag_id, run)

    def lines() -> list[dict[str, Any]]:
        return [json.loads(line) for line in out.read_text().splitlines()] if out.exists() else []

    total = sum(len(expected(calls, generation)) for calls in wanted.values())
    wait_until(lambda: len(expected(lines(), generation)) >= total, 40, "not all are called")
    for dag_id, calls in wanted.items():
        want = expected(by_task(dag_id, calls), generation)
        assert expected(by_task(dag_id, lines()), generation) == want, dag_id
        keys = {(c["what"], c["task"]): set(c["keys"]) for c in lines() if c["dag"] == dag_id}
        for c in calls:
            if (c["what"], c["task"]) in keys:
                missing = set(c["keys"]) - keys[c["what"], c["task"]] - UNMADE
                assert not missing, (dag_id, c["what"], missing)
