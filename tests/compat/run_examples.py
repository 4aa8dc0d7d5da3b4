#!/usr/bin/env python3
"""Run every DAG of a folder (Airflow's own examples, say) on the engine and write what each ended as.

    tests/compat/run_examples.py FOLDER OUT.tsv [--compat 2|3] [--seconds N] [--dag DAG_ID]… [--keep DIR]

Each DAG is triggered once by hand, with half past noon of yesterday as its logical date (without one Airflow 3 has no `ds`). A run that did not end in time has the state it was left in: examples that wait for another
system, another DAG or a person do. Import errors are listed first, then one row per DAG run and task instance.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "story"))

from engine import Engine

ENDED = ("success", "failed")


def recorded(home: Path, question: str) -> list[tuple]:
    with sqlite3.connect(
        f"file:{home / 'tradewind.db'}?mode=ro", uri=True, timeout=20
    ) as db:
        return db.execute(question).fetchall()


def wait(home: Path, runs: dict[str, str], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        states = {
            (d, r): s
            for d, r, s in recorded(home, "SELECT dag_id, run_id, state FROM dag_run")
        }
        if all(states.get(run) in ENDED for run in runs.items()):
            return
        time.sleep(1)


def rows(engine: Engine, runs: dict[str, str]) -> list[list[str]]:
    found = []
    for dag, run, state in recorded(
        engine.home, "SELECT dag_id, run_id, state FROM dag_run"
    ):
        if runs.get(dag) == run:
            found.append([dag, "", "", state or "none", ""])
    question = "SELECT dag_id, run_id, task_id, map_index, state, try_number FROM task_instance"
    for dag, run, task, index, state, tries in recorded(engine.home, question):
        if runs.get(dag) == run:
            found.append([dag, task, str(index), state or "none", str(tries)])
    return sorted(found, key=lambda r: (r[0], r[1], int(r[2] or -2)))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--compat", choices=("2", "3"), default="3")
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument(
        "--dag",
        action="append",
        default=[],
        help="run this one only; may be given more than once",
    )
    parser.add_argument(
        "--keep", type=Path, help="make the engine's home here and leave it"
    )
    options = parser.parse_args()
    home = options.keep or Path(tempfile.mkdtemp(prefix="tradewind-examples-"))
    home.mkdir(parents=True, exist_ok=True)
    engine = Engine(
        home,
        TRADEWIND__CORE__COMPAT=options.compat,
        TRADEWIND__CORE__EXECUTOR="LocalExecutor",
        TRADEWIND__CORE__PARALLELISM="16",
        TRADEWIND__CORE__LOAD_EXAMPLES="False",
        TRADEWIND__SCHEDULER__CATCHUP_BY_DEFAULT="False",
    )
    engine.env["TRADEWIND__CORE__DAGS_FOLDER"] = str(options.folder.resolve())
    try:
        engine.parse()
        listed = engine.run(
            "dags", "list-import-errors", "-o", "json", check=False
        ).stdout
        errors = json.loads(listed) if listed.lstrip().startswith("[") else []
        dags = sorted(d["dag_id"] for d in engine.json("dags", "list"))
        engine.start("scheduler")
        engine.start("triggerer")
        runs, refused = {}, {}
        date = (
            f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%d}T12:30:00+00:00"
        )
        for dag in dags:
            if not options.dag or dag in options.dag:
                done = engine.run(
                    "dags", "trigger", dag, "-l", date, "-o", "json", check=False
                )
                if done.returncode:
                    refused[dag] = done.stderr.strip()
                else:
                    runs[dag] = json.loads(done.stdout)[0]["dag_run_id"]
        wait(engine.home, runs, options.seconds)
        found = rows(engine, runs)
    finally:
        engine.stop()
    lines = ["dag\ttask\tmap_index\tstate\ttry_number"]
    lines += [
        f"# import error\t{e['filepath']}\t{e['error'].strip().splitlines()[-1]}"
        for e in errors
    ]
    lines += [f"# not triggered\t{dag}\t{why}" for dag, why in refused.items()]
    lines += ["\t".join(row) for row in found]
    options.out.write_text("\n".join(lines) + "\n")
    ends = [row[3] for row in found if not row[1]]
    print(
        f"{options.folder}: {len(errors)} import errors, "
        + ", ".join(f"{ends.count(s)} {s}" for s in sorted(set(ends)))
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
