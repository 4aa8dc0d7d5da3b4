#!/usr/bin/env python3
"""Runs the probe DAGs on the engine and says where an end differs from Airflow's.

    tests/compat/semantics/here.py --generation 3|2 [--dag ID]… [--keep FOLDER]
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import sys
import tempfile
import urllib.request
from pathlib import Path
from typing import Any

PROBES = Path(__file__).resolve().parent
sys.path[:0] = [str(PROBES), str(PROBES.parents[1] / "story")]

from drive import clear_body, cleared_run, drive
from engine import Engine, wait_until
from plan import POOLS, loose, plan
from shape import shape


def golden(generation: str) -> dict[str, Any]:
    path = PROBES / f"golden-{generation}.jsonl"
    return {row["dag"]: row for row in map(json.loads, path.read_text().splitlines())} if path.exists() else {}


class Here:
    """The engine as a world."""

    def __init__(self, folder: Path, generation: str, pace: str) -> None:
        self.generation = generation
        self.engine = Engine(
            folder,
            TRADEWIND__CORE__COMPAT=generation,
            TRADEWIND__CORE__EXECUTOR="LocalExecutor",
            TRADEWIND__CORE__LOAD_EXAMPLES="False",
            TRADEWIND__CORE__PARALLELISM="32",
            SEMANTICS_GENERATION=generation,
            SEMANTICS_PACE=os.environ.get("SEMANTICS_PACE", pace),
            SEMANTICS_LONG=os.environ.get("SEMANTICS_LONG", "30"),
            SEMANTICS_NOTES=str(folder / "notes"),
        )
        self.notes = folder / "notes"
        self.notes.mkdir()
        self.engine.env["TRADEWIND__CORE__DAGS_FOLDER"] = str(PROBES / "dags")
        self.engine.env["TRADEWIND__CORE__PLUGINS_FOLDER"] = str(PROBES / "plugins")

    def start(self) -> None:
        self.engine.run("db", "migrate")
        for name, slots in POOLS.items():
            self.engine.run("pools", "set", name, str(slots), "probe")
        self.engine.run("dag-processor", "--num-runs", "1")
        self.engine.start("standalone")
        wait_until(self.healthy, 60, "the engine does not answer")

    def healthy(self) -> bool:
        try:
            return self.engine.get("/api/v2/monitor/health")["scheduler"]["status"] == "healthy"
        except (OSError, KeyError, ValueError):
            return False

    def ask(self, question: str) -> list[tuple[Any, ...]]:
        with sqlite3.connect(f"file:{self.engine.home / 'tradewind.db'}?mode=ro", uri=True, timeout=20) as db:
            return db.execute(question.replace("execution_date", "logical_date")).fetchall()

    def post(self, path: str, body: dict[str, Any]) -> None:
        asked = urllib.request.Request(
            f"http://127.0.0.1:{self.engine.port}{path}",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(asked, timeout=60) as answer:
            assert answer.status == 200

    def trigger(self, dag_id: str, date: str | None, conf: dict[str, Any]) -> None:
        self.post(f"/api/v2/dags/{dag_id}/dagRuns", {"logical_date": date, "conf": conf})

    def clear(self, dag_id: str, how: dict[str, Any]) -> None:
        run = cleared_run(self, dag_id, how)[0]
        self.post(f"/api/v2/dags/{dag_id}/clearTaskInstances", clear_body(run, how))

    def dags(self) -> list[str]:
        return [r[0] for r in self.ask("SELECT dag_id FROM dag ORDER BY dag_id")]


def seen(generation: str, only: list[str] = [], keep: Path | None = None, pace: str = "0.5") -> dict[str, Any]:
    """What every probe ended as here; `pace`: seconds in a beat."""
    rows = golden(generation)
    with tempfile.TemporaryDirectory() as folder:
        here = Here(keep or Path(folder), generation, pace)
        try:
            here.start()
            dags = [d for d in here.dags() if (d in only if only else not rows or d in rows)]
            left = drive(here, [d for d in dags if not plan(d).get("called") or plan(d).get("wait")], 600)
            found = {d: shape(here.ask, d, "3" if generation == "3" else "2", here.notes) for d in dags}
        finally:
            here.engine.stop()
    return {d: {"did not end": found[d]} if d in left else found[d] for d in found}


def differences(here: Any, there: Any, path: str = "") -> list[str]:
    """One line for each place where they differ."""
    if isinstance(here, dict) and isinstance(there, dict):
        lines = []
        for key in sorted({*here, *there}, key=str):
            if key not in here or key not in there:
                lines.append(f"{path}/{key}: here {here.get(key, 'absent')}, Airflow {there.get(key, 'absent')}")
            else:
                lines += differences(here[key], there[key], f"{path}/{key}")
        return lines
    if isinstance(here, list) and isinstance(there, list) and len(here) == len(there) and here != there:
        return [line for n, (a, b) in enumerate(zip(here, there)) for line in differences(a, b, f"{path}/{n}")]
    return [] if here == there else [f"{path}: here {here}, Airflow {there}"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--generation", choices=("2", "3"), default="3")
    parser.add_argument("--dag", action="append", default=[], help="this DAG only")
    parser.add_argument("--keep", type=Path, help="make the engine's home here and leave it")
    args = parser.parse_args()
    rows, bad = golden(args.generation), 0
    found = seen(args.generation, args.dag, args.keep)
    for dag_id, row in found.items():
        lines = [d for d in differences(row, rows.get(dag_id, {})) if not d.startswith(loose(args.generation, dag_id))]
        bad += bool(lines)
        print(*(f"{dag_id}{line}" for line in lines), sep="\n", end="\n" if lines else "")
    print(f"{len(found)} DAGs, {bad} differ")
    return bad > 0


if __name__ == "__main__":
    sys.exit(main())
