#!/usr/bin/env python3
"""Tells the stories to the engine and says where an end differs from Airflow's.

    tests/compat/acts/told_here.py --generation 3|2 [--story NAME]… [--keep FOLDER]
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent / "semantics"), str(FOLDER.parents[1] / "story")]

from engine import BINARY, Engine, wait_until
from here import differences
from known import KNOWN
from stories import stories
from tell import DATE, POOLS, Command, drive


def golden(generation: str) -> dict[str, Any]:
    path = FOLDER / f"told-{generation}.jsonl"
    return {row["story"]: row for row in map(json.loads, path.read_text().splitlines())} if path.exists() else {}


class Here:
    """The engine as a world."""

    quiet = 2.0

    def __init__(self, folder: Path, generation: str) -> None:
        self.generation = generation
        self.go = folder / "go"
        self.go.mkdir(parents=True)
        self.engine = Engine(
            folder,
            TRADEWIND__CORE__COMPAT=generation,
            TRADEWIND__CORE__EXECUTOR="LocalExecutor",
            TRADEWIND__CORE__LOAD_EXAMPLES="False",
            TRADEWIND__CORE__PARALLELISM="64",
            ACTS_GO=str(self.go),
            ACTS_DELAY="20",
        )

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

    def write(self, name: str, text: str | None) -> None:
        path = self.engine.dags / f"{name}.py"
        if text is None:
            path.unlink()
            return
        aside = path.with_suffix(".new")
        aside.write_text(text)
        aside.rename(path)

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        data = None if body is None else json.dumps(body).encode()
        url = f"http://127.0.0.1:{self.engine.port}{path}"
        asked = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(asked, timeout=60) as answer:
                text = answer.read()
                return answer.status, json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            text = error.read()
            return error.code, json.loads(text) if text else None

    def trigger(self, dag_id: str, run_id: str, date: str | None = DATE, conf: dict[str, Any] | None = None) -> None:
        body = {"dag_run_id": run_id, "logical_date": date, "conf": conf or {}}
        status, said = self.call("POST", f"/api/v2/dags/{dag_id}/dagRuns", body)
        assert status == 200, said

    def clear_run(self, dag_id: str, run_id: str) -> Any:
        body = {"dry_run": False, "only_failed": False, "reset_dag_runs": True, "dag_run_id": run_id}
        if self.generation == "3":
            return self.call("POST", f"/api/v2/dags/{dag_id}/clearTaskInstances", body)[0]
        done = self.engine.run("tasks", "clear", dag_id, "-y", check=False)
        return 200 if done.returncode == 0 else done.stderr.strip()

    def command(self, words: list[str]) -> Callable[[], Any]:
        return Command([BINARY, *words], self.engine.env).look

    def marks(self, dag_id: str) -> Any:
        return (
            self.ask(f"SELECT count(*) FROM dag_version WHERE dag_id = '{dag_id}'"),
            self.ask(f"SELECT is_stale FROM dag WHERE dag_id = '{dag_id}'"),
            self.ask(f"SELECT count(*) FROM import_error WHERE filename LIKE '%{dag_id}.py'"),
        )


def told(generation: str, only: list[str] = [], kind: str = "", keep: Path | None = None) -> dict[str, Any]:
    """What every story came to here."""
    known = golden(generation)  # of what was not recorded there is nothing to compare
    tales = {n: t for n, t in stories(generation).items() if (n in only if only else n in known) and n.startswith(tuple(kind.split(',')))}
    with tempfile.TemporaryDirectory() as folder:
        here = Here(keep or Path(folder), generation)
        try:
            for tale in tales.values():
                for name, text in tale.files.items():
                    here.write(name, text)
            here.start()
            return drive(here, {n: lambda t=t: t.tell(here, False, 120) for n, t in tales.items()}, 100, 0.1)
        finally:
            here.engine.stop()


def told_differences(generation: str, name: str, row: dict[str, Any]) -> list[str]:
    """Where it differs for no known reason."""
    lines = differences(row, golden(generation).get(name, {}))
    return [line for line in lines if not line.startswith(KNOWN[generation].get(name, ("\0",)))]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--generation", choices=("2", "3"), default="3")
    parser.add_argument("--story", action="append", default=[], help="this story only")
    parser.add_argument("--kind", default="", help="stories whose names begin so")
    parser.add_argument("--keep", type=Path, help="make the engine's home here and leave it")
    args = parser.parse_args()
    bad = 0
    found = told(args.generation, args.story, args.kind, args.keep)
    for name, row in sorted(found.items()):
        lines = told_differences(args.generation, name, row)
        bad += bool(lines)
        print(*(f"{name}{line}" for line in lines), sep="\n", end="\n" if lines else "")
    print(f"{len(found)} stories, {bad} differ")
    return bad > 0


if __name__ == "__main__":
    sys.exit(main())
