#!/usr/bin/env python3
"""Runs the probe DAGs on real Airflow and writes what they ended as.

    VENV/bin/python tests/compat/semantics/make_golden.py --generation 3|2 --database postgresql+psycopg2://… [--files rules.py,…] [--dag ID]…

VENV has apache-airflow 3.3.2 or 2.11.0 (and psycopg2). An empty database is made Airflow's. All of Airflow is started once: scheduler with LocalExecutor,
triggerer, and in 3 API server and DAG processor. Rows of golden-3.jsonl (golden-2.jsonl) are replaced for the DAGs that were run, the others stay.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from datetime import datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))


AIRFLOW = [sys.executable, str(Path(sys.executable).with_name("airflow"))]


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def settings(home: Path, generation: str, database: str, pace: str) -> dict[str, str]:
    url = f"http://127.0.0.1:{free_port()}"
    common = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database,
        "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(HERE / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "True",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "12",
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.1",
        "AIRFLOW__SCHEDULER__MAX_DAGRUNS_PER_LOOP_TO_SCHEDULE": "50",
        "AIRFLOW__SCHEDULER__PARSING_PROCESSES": "1",
        "AIRFLOW__SCHEDULER__MIN_FILE_PROCESS_INTERVAL": "3600",
        "AIRFLOW__CORE__DAG_FILE_PROCESSOR_TIMEOUT": "1200",
        "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": "600",
        "AIRFLOW__TRIGGERER__JOB_HEARTBEAT_SEC": "1",
        "SEMANTICS_GENERATION": generation,
        "SEMANTICS_PACE": pace,
        "SEMANTICS_LONG": "60",
        "SEMANTICS_NOTES": str(home / "notes"),
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }
    if generation == "3":
        common |= {
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
            "AIRFLOW__API__PORT": url.rpartition(":")[2],
            "AIRFLOW__API__BASE_URL": url,
            "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
            "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "3600",
        }
    return common


class Airflow:
    """Real Airflow as a world. Its settings must be in this process's environment before."""

    def __init__(self, home: Path, generation: str) -> None:
        self.home, self.generation = home, generation
        self.token = ""
        self.processes: list[subprocess.Popen[bytes]] = []

    def cli(self, *args: str) -> None:
        done = subprocess.run([*AIRFLOW, *args], capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{' '.join(args)}: {done.stdout[-2000:]}{done.stderr[-2000:]}")

    def start(self) -> None:
        self.cli("db", "migrate")
        parts = [["scheduler"], ["triggerer"]]
        if self.generation == "3":
            parts += [["api-server", "--port", os.environ["AIRFLOW__API__PORT"]], ["dag-processor"]]
        self.start_parts(*parts)

    def start_parts(self, *parts: list[str]) -> None:
        for part in parts:
            with open(self.home / f"{part[0]}.log", "ab") as log:
                self.processes.append(
                    subprocess.Popen([*AIRFLOW, *part], stdout=log, stderr=log, start_new_session=True)
                )

    def stop(self) -> None:
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 9)

    def ask(self, question: str) -> list[tuple]:
        from airflow.utils.session import create_session
        from sqlalchemy import text

        with create_session() as session:
            return [tuple(r) for r in session.execute(text(question))]

    def trigger(self, dag_id: str, date: str | None, conf: dict[str, Any]) -> None:
        if self.generation == "3":
            self.rest(f"/api/v2/dags/{dag_id}/dagRuns", {"logical_date": date, "conf": conf})
        else:
            from airflow.api.common.trigger_dag import trigger_dag

            trigger_dag(dag_id, execution_date=datetime.fromisoformat(date) if date else None, conf=conf)

    def rest(self, path: str, body: dict[str, Any] | None = None) -> Any:
        url = os.environ["AIRFLOW__API__BASE_URL"]
        if not self.token and path != "/auth/token":
            self.token = self.rest("/auth/token")["access_token"]
        asked = urllib.request.Request(url + path, json.dumps(body).encode() if body else None)
        asked.add_header("Authorization", f"Bearer {self.token}")
        asked.add_header("Content-Type", "application/json")
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(asked, timeout=120) as answer:
            return json.load(answer)

    def ready(self) -> bool:
        """Does the API server answer? Nothing may run before, as tasks would fail."""
        try:
            return self.generation == "2" or bool(self.rest("/auth/token"))
        except OSError:
            return False

    def unpause(self) -> None:
        from airflow.utils.session import create_session
        from sqlalchemy import text

        with create_session() as session:
            session.execute(text("UPDATE dag SET is_paused = false"))

    def clear(self, dag_id: str, how: dict[str, Any]) -> None:
        from drive import clear_body, cleared_run

        run, date = cleared_run(self, dag_id, how)
        if self.generation == "3":
            self.rest(f"/api/v2/dags/{dag_id}/clearTaskInstances", clear_body(run, how))
        else:
            args = ["-s", date.isoformat(), *([] if how.get("future") else ["-e", date.isoformat()])]
            args += ["-t", f"^({'|'.join(how['tasks'])})$"] if "tasks" in how else []
            args += [flag for key, flag in (("downstream", "-d"), ("upstream", "-u"), ("failed", "-f")) if how.get(key)]
            self.cli("tasks", "clear", dag_id, "-y", *args)


def rows(path: Path) -> dict[str, Any]:
    lines = path.read_text().splitlines() if path.exists() else []
    return {row["dag"]: row for row in map(json.loads, lines)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--generation", choices=("2", "3"), required=True)
    parser.add_argument("--database", required=True)
    parser.add_argument("--files", default="", help="these DAG files only")
    parser.add_argument("--dag", action="append", default=[], help="this DAG only")
    parser.add_argument("--pace", default="5", help="seconds in a beat")
    parser.add_argument("--wave", type=int, default=30, help="so many DAGs at a time")
    parser.add_argument("--seconds", type=float, default=3600)
    args = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="semantics-airflow-"))
    (home / "notes").mkdir()
    (home / "dags").mkdir()
    wanted = {f for f in args.files.split(",") if f}
    for file in sorted((HERE / "dags").iterdir()):
        if file.is_file() and (not wanted or file.name in wanted or file.name in (".airflowignore", "semantics_common.py")):
            shutil.copy(file, home / "dags")
    os.environ.update(settings(home, args.generation, args.database, args.pace))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # Airflow is stopped on the way out
    airflow = Airflow(home, args.generation)
    from drive import drive
    from plan import POOLS, plan
    from shape import shape

    try:
        airflow.start()
        for name, slots in POOLS.items():
            airflow.cli("pools", "set", name, str(slots), "probe")
        dags: list[str] = []
        still = 0
        files = {f.name for f in (home / "dags").glob("*.py")} - {"semantics_common.py"}
        while still < (20 if not files else 120):  # until every file was parsed (one may have no DAGs of this generation), and nothing new for some seconds
            time.sleep(1)
            found_now = airflow.ask(f"SELECT d.dag_id, d.fileloc FROM dag d JOIN serialized_dag s ON s.dag_id = d.dag_id WHERE d.fileloc LIKE '{home}/%'")
            now = sorted({r[0] for r in found_now})
            files -= {Path(r[1]).name for r in found_now}
            still = still + 1 if now == dags and now else 0
            dags = now
        while not airflow.ready():
            time.sleep(1)
        airflow.unpause()
        errors = airflow.ask("SELECT filename, stacktrace FROM import_error")
        for file, text in errors:
            print(f"import error: {Path(file).name}: {text.strip().splitlines()[-1]}", flush=True)
        broken = {Path(file).name for file, _ in errors}  # 3 does not start a run of a file that has one
        refused = {r[0] for r in airflow.ask("SELECT dag_id, fileloc FROM dag") if Path(r[1]).name in broken}
        todo = [d for d in dags if not plan(d).get("called") and (not args.dag or d in args.dag) and (args.generation == "2" or d not in refused)]
        print(f"{len(dags)} DAGs in {home}, {len(todo)} to run", flush=True)
        left = drive(airflow, todo, args.seconds, args.wave, 1)
        print("did not end:", left)
        path = HERE / f"golden-{args.generation}.jsonl"
        found = rows(path)
        for dag_id in dags:
            if dag_id not in left and (not args.dag or dag_id in args.dag):
                found[dag_id] = shape(airflow.ask, dag_id, args.generation, home / "notes", args.generation == "3" and not args.database.startswith("sqlite"))
        path.write_text("".join(json.dumps(found[d], sort_keys=True) + "\n" for d in sorted(found)))
        print(f"{len(found)} rows in {path}")
    finally:
        airflow.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
