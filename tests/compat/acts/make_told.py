#!/usr/bin/env python3
"""Tells the stories to real Airflow and writes what it made of them.

    VENV/bin/python tests/compat/acts/make_told.py --generation 3|2 --database postgresql+psycopg2://… [--story NAME]…

VENV has apache-airflow 3.3.2 or 2.11.0 (and psycopg2, asyncpg). An empty database is made Airflow's. Rows of told-3.jsonl (told-2.jsonl) are replaced for the
stories that were told, the others stay.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import signal
import sys
import tempfile
import time
import urllib.error
import urllib.request
from datetime import datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "semantics")]

from make_golden import AIRFLOW, Airflow, settings
from stories import stories
from tell import DATE, POOLS, Command, drive, outcome

EAGER = {
    "AIRFLOW__CORE__PARALLELISM": "24",
    "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "10",
    "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "5",
    "AIRFLOW__DAG_PROCESSOR__STALE_DAG_THRESHOLD": "15",
    "AIRFLOW__SCHEDULER__MIN_FILE_PROCESS_INTERVAL": "10",
    "AIRFLOW__SCHEDULER__DAG_DIR_LIST_INTERVAL": "5",
    "AIRFLOW__SCHEDULER__DAG_STALE_NOT_SEEN_DURATION": "15",
    "AIRFLOW__SCHEDULER__PARSING_CLEANUP_INTERVAL": "5",
    "AIRFLOW__SCHEDULER__SCHEDULE_AFTER_TASK_EXECUTION": "False",  # 2.x: or a worker decides by the file that it loaded, the old one
    "AIRFLOW__CORE__MIN_SERIALIZED_DAG_UPDATE_INTERVAL": "1",
    "AIRFLOW__CORE__MIN_SERIALIZED_DAG_FETCH_INTERVAL": "1",
}


class Told(Airflow):
    """Real Airflow as a world."""

    quiet = 12.0

    def __init__(self, home: Path, generation: str) -> None:
        super().__init__(home, generation)
        self.go = home / "go"

    def write(self, name: str, text: str | None) -> None:
        path = self.home / "dags" / f"{name}.py"
        if text is None:
            path.unlink()
            return
        aside = path.with_suffix(".new")
        aside.write_text(text)
        aside.rename(path)

    def trigger(self, dag_id: str, run_id: str, date: str | None = DATE, conf: dict[str, Any] | None = None) -> None:
        if self.generation == "3":
            body = {"dag_run_id": run_id, "logical_date": date, "conf": conf or {}}
            self.rest(f"/api/v2/dags/{dag_id}/dagRuns", body)
        else:
            from airflow.api.common.trigger_dag import trigger_dag

            trigger_dag(dag_id, run_id=run_id, execution_date=datetime.fromisoformat(date or DATE), conf=conf)

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """An answer of the API, good or bad."""
        if not self.token:
            self.token = self.rest("/auth/token")["access_token"]
        data = None if body is None else json.dumps(body).encode()
        asked = urllib.request.Request(os.environ["AIRFLOW__API__BASE_URL"] + path, data, method=method)
        asked.add_header("Authorization", f"Bearer {self.token}")
        asked.add_header("Content-Type", "application/json")
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(asked, timeout=120) as answer:
                text = answer.read()
                return answer.status, json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            text = error.read()
            try:
                return error.code, json.loads(text)
            except ValueError:
                return error.code, text.decode(errors="replace")

    def command(self, words: list[str]) -> Any:
        if words[1] in ("backfill", "run"):
            return Command([*AIRFLOW, *words]).look
        from airflow.cli import cli_parser

        status, out = 0, io.StringIO()  # the others here: Airflow is long in starting
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
            try:
                args = cli_parser.get_parser().parse_args(words)
                args.func(args)
            except SystemExit as end:
                status = int(isinstance(end.code, str) or bool(end.code))
            except Exception:  # noqa: BLE001 - of whatever kind it is, Airflow's command would end with it
                status = 1
        return lambda: outcome(words, status, out.getvalue())

    def clear_run(self, dag_id: str, run_id: str) -> Any:
        if self.generation == "3":
            body = {"dry_run": False, "only_failed": False, "reset_dag_runs": True, "dag_run_id": run_id}
            return self.call("POST", f"/api/v2/dags/{dag_id}/clearTaskInstances", body)[0]
        try:
            self.cli("tasks", "clear", dag_id, "-y")
            return 200
        except RuntimeError as error:
            return str(error).strip().splitlines()[-1]

    def marks(self, dag_id: str) -> Any:
        active = "is_stale" if self.generation == "3" else "is_active"
        return (
            self.ask(f"SELECT dag_hash FROM serialized_dag WHERE dag_id = '{dag_id}' ORDER BY 1"),
            self.ask(f"SELECT {active} FROM dag WHERE dag_id = '{dag_id}'"),
            self.ask(f"SELECT count(*) FROM import_error WHERE filename LIKE '%/{dag_id}.py' OR filename = '{dag_id}.py'"),
        )

    def loaded(self, names: set[str]) -> bool:
        return names <= {r[0] for r in self.ask("SELECT dag_id FROM serialized_dag")}


def rows(path: Path) -> dict[str, Any]:
    lines = path.read_text().splitlines() if path.exists() else []
    return {row["story"]: row for row in map(json.loads, lines)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--generation", choices=("2", "3"), required=True)
    parser.add_argument("--database", required=True)
    parser.add_argument("--story", action="append", default=[], help="this story only")
    parser.add_argument("--kind", default="", help="stories whose names begin so")
    parser.add_argument("--wave", type=int, default=10, help="so many stories at a time")
    parser.add_argument("--patience", type=float, default=150, help="seconds that a wait may take; a command of 2.x's starts for long on a machine with other work")
    parser.add_argument("--quiet", type=float, default=12, help="seconds without a change after which nothing more is to come")
    args = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="acts-airflow-"))
    (home / "dags").mkdir()
    (home / "go").mkdir()
    os.environ.update(settings(home, args.generation, args.database, "1") | EAGER, ACTS_GO=str(home / "go"), ACTS_DELAY="45")
    os.environ["AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION"] = "False"
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # Airflow is stopped on the way out
    airflow = Told(home, args.generation)
    airflow.quiet = args.quiet
    tales = {n: s for n, s in stories(args.generation).items() if (not args.story or n in args.story) and n.startswith(tuple(args.kind.split(',')))}
    dags: set[str] = set()
    for tale in tales.values():
        for name, text in tale.files.items():
            airflow.write(name, text)
        dags |= tale.dags
    try:
        airflow.start()
        for name, slots in POOLS.items():
            airflow.cli("pools", "set", name, str(slots), "probe")
        until = time.monotonic() + 600
        while not airflow.loaded(dags) or not airflow.ready():
            if time.monotonic() > until:
                loaded = {r[0] for r in airflow.ask("SELECT dag_id FROM serialized_dag")}
                print("not loaded:", sorted(dags - loaded), airflow.ask("SELECT filename, stacktrace FROM import_error"))
                return 1
            time.sleep(1)
        print(f"{len(tales)} stories in {home}", flush=True)
        ready = args.generation == "3" and not args.database.startswith("sqlite")
        found = drive(airflow, {n: lambda t=t: t.tell(airflow, ready, args.patience) for n, t in tales.items()}, args.wave, 1)
        path = HERE / f"told-{args.generation}.jsonl"
        kept = rows(path) | found
        path.write_text("".join(json.dumps(kept[n], sort_keys=True) + "\n" for n in sorted(kept)))
        print(f"{len(kept)} rows in {path}")
    finally:
        airflow.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
