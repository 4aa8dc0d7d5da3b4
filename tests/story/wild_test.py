"""DAG files as people write them, of each of Airflow's generations: all load, and each run ends as it would there.

The files are in `tests/compat/wild/{v1,v2,v3}`; what they import and use follows the counts of public repositories.
"""

from __future__ import annotations

import json
import sqlite3
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from engine import ROOT, Engine

WILD = ROOT / "tests" / "compat" / "wild"

#: Those that are made to fail, and one that is paused; all others succeed.
FAIL = {"wild2_notifiers", "wild2_setup_teardown"}
PAUSED = {"wild3_weights"}


def states(home: Path) -> dict[str, str]:
    with sqlite3.connect(f"file:{home / 'tradewind.db'}?mode=ro", uri=True) as db:
        return {dag: state for dag, state in db.execute("SELECT dag_id, state FROM dag_run WHERE run_id = 'wild'")}


def test_files_of_every_generation_run(engine: Engine) -> None:
    engine.env["TRADEWIND__CORE__DAGS_FOLDER"] = str(WILD)
    engine.env["TRADEWIND__CORE__PARALLELISM"] = "16"
    engine.parse()
    errors = engine.run("dags", "list-import-errors", "-o", "json", check=False).stdout
    assert "{" not in errors, errors
    dags = sorted(d["dag_id"] for d in engine.json("dags", "list"))
    assert len(dags) >= 58
    engine.start("scheduler")
    engine.start("triggerer")
    date = f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%d}T12:30:00+00:00"
    for dag in dags:
        engine.run("dags", "trigger", dag, "-l", date, "-r", "wild")
    wanted = {dag: "failed" if dag in FAIL else "success" for dag in dags if dag not in PAUSED}
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        found = states(engine.home)
        if all(found.get(dag) in ("success", "failed") for dag in wanted):
            break
        time.sleep(0.2)
    wrong = {dag: found.get(dag) for dag, end in wanted.items() if found.get(dag) != end}
    assert not wrong, json.dumps(wrong)
