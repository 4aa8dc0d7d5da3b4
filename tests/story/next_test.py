"""Whole DAGs at hundreds of instants: `dags next-execution` says what real Airflow says (tests/compat/time/make_next.py)."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from engine import ROOT, Engine

GOLDEN = ROOT / "tests" / "compat" / "time"


def is_known(row: dict[str, Any]) -> bool:
    """2.11 aligns months without catchup by a step that 3.3 has mended; we do as 3.3 (docs/schedule.md)."""
    return row["compat"] == 2 and bool(row["runs"]) and row["runs"][0][0] == "2026-09-04T00:00:00+00:00"


def rows_of(compat: int) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (GOLDEN / f"next-{compat}.jsonl").read_text().splitlines()]


def head(compat: int) -> str:
    """The imports that the golden rows' texts were read with; the script itself needs Airflow."""
    source = (GOLDEN / "make_next.py").read_text()
    names: dict[str, Any] = {}
    begin, end = source.index("HEAD = "), source.index("UTC_ZONE = ")
    exec(source[begin:end], names)
    return names[f"HEAD{compat}"]


@pytest.mark.parametrize("compat", [3, 2])
def test_the_coming_runs_of_dags_are_airflows(tmp_path: Path, compat: int) -> None:
    rows = rows_of(compat)
    engine = Engine(tmp_path, TRADEWIND__CORE__COMPAT=str(compat))
    ids: dict[tuple[str, str], str] = {}
    text = head(compat)
    for row in rows:
        key = (row["dag"], row["task"])
        if key not in ids:
            ids[key] = f"d{len(ids)}"
            text += f"with DAG('{ids[key]}', {row['dag']}):\n    EmptyOperator(task_id={row['task']})\n"
    engine.write("dags.py", text)
    engine.parse()
    errors = engine.run("dags", "list-import-errors", "-o", "json", check=False).stdout
    assert json.loads(errors) == []

    def ask(row: dict[str, Any]) -> str | None:
        dag_id = ids[(row["dag"], row["task"])]
        found = engine.json("dags", "next-execution", dag_id, "-n", "4", "--now", row["now"])
        keys = ("logical_date", "run_after", "data_interval_start", "data_interval_end")
        ours = [[r[k] for k in keys] for r in found]
        return None if ours == row["runs"] or is_known(row) else f"{row}\n    here: {ours}"

    with ThreadPoolExecutor(max_workers=2) as pool:
        different = [d for d in pool.map(ask, rows) if d]
    assert not different, f"{len(different)} of {len(rows)} differ:\n" + "\n".join(different[:10])
    assert len(rows) > 140
