#!/usr/bin/env python3
"""What run_examples.py writes of the engine, of real Airflow.

    VENV/bin/python tests/compat/run_examples_airflow.py FOLDER OUT.tsv --generation 3|2|1 --database postgresql+psycopg2://… [--seconds N]

VENV has apache-airflow 3.3.2, 2.11.0 or 1.10.15 (and psycopg2). An empty database is made Airflow's; all of Airflow is started once with LocalExecutor.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "semantics"))

from make_golden import Airflow, settings

ENDED = ("success", "failed")


class Airflow1(Airflow):
    """1.10: other names for the same things."""

    def start(self) -> None:
        os.environ["AIRFLOW__CORE__SQL_ALCHEMY_CONN"] = os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]
        os.environ["AIRFLOW__SCHEDULER__MIN_FILE_PROCESS_INTERVAL"] = "0"  # a run goes on when its file is processed
        self.cli("initdb")
        self.start_parts(["scheduler"])

    def ready(self) -> bool:
        return True

    def ask(self, question: str) -> list[tuple]:
        from airflow.utils.db import create_session

        with create_session() as session:
            return [tuple(r) for r in session.execute(question)] if question.startswith("SELECT") else session.execute(question)

    def unpause(self) -> None:
        self.ask("UPDATE dag SET is_paused = false")

    def trigger(self, dag_id, date, conf) -> None:
        from airflow.api.common.experimental.trigger_dag import trigger_dag

        trigger_dag(dag_id, execution_date=datetime.fromisoformat(date), conf=conf)


def wait_for_dags(airflow: Airflow) -> list[str]:
    table = "dag" if airflow.generation == "1" else "serialized_dag"
    dags, still = [], 0
    while still < 20:  # until nothing new was parsed for some seconds
        time.sleep(1)
        now = sorted(r[0] for r in airflow.ask(f"SELECT dag_id FROM {table}"))
        still = still + 1 if now == dags and now else 0
        dags = now
    while not airflow.ready():
        time.sleep(1)
    if airflow.generation == "1":
        dags = sorted(r[0] for r in airflow.ask("SELECT dag_id FROM dag WHERE NOT is_subdag"))
    return dags


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--generation", choices=("1", "2", "3"), required=True)
    parser.add_argument("--database", required=True)
    parser.add_argument("--seconds", type=float, default=300)
    options = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="examples-airflow-"))
    (home / "notes").mkdir()
    shutil.copytree(str(options.folder), str(home / "dags"), symlinks=False)
    os.environ.update(settings(home, options.generation, options.database, "5"))
    os.environ["AIRFLOW__SCHEDULER__CATCHUP_BY_DEFAULT"] = "False"
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # Airflow is stopped on the way out
    airflow = (Airflow1 if options.generation == "1" else Airflow)(home, options.generation)
    stamp = "execution_date" if options.generation in "12" else "logical_date"
    date = f"{datetime.now(timezone.utc) - timedelta(days=1):%Y-%m-%d}T12:30:00+00:00"
    lines = ["dag\ttask\tmap_index\tstate\ttry_number"]
    try:
        airflow.start()
        dags = wait_for_dags(airflow)
        for file, text in airflow.ask("SELECT filename, stacktrace FROM import_error"):
            lines.append(f"# import error\t{Path(file).name}\t{text.strip().splitlines()[-1]}")
        airflow.unpause()
        for dag in dags:
            try:
                airflow.trigger(dag, date, {})
            except Exception as e:
                body = e.read().decode() if hasattr(e, "read") else ""
                lines.append(f"# not triggered\t{dag}\t{(str(e) + ' ' + body).strip().splitlines()[0]}")
        deadline = time.monotonic() + options.seconds
        runs = f"SELECT dag_id, run_id, state FROM dag_run WHERE {stamp} = '{date}'"
        while time.monotonic() < deadline and any(r[2] not in ENDED for r in airflow.ask(runs)):
            time.sleep(2)
        found = [[d, "", "", s or "none", ""] for d, _, s in airflow.ask(runs)]
        if options.generation == "1":
            tasks = f"SELECT dag_id, task_id, -1, state, try_number FROM task_instance WHERE execution_date = '{date}'"
        else:
            tasks = (
                "SELECT ti.dag_id, ti.task_id, ti.map_index, ti.state, ti.try_number FROM task_instance ti "
                f"JOIN dag_run r ON r.dag_id = ti.dag_id AND r.run_id = ti.run_id WHERE r.{stamp} = '{date}'"
            )
        found += [[d, t, str(i), s or "none", str(n)] for d, t, i, s, n in airflow.ask(tasks)]
        lines += ["\t".join(row) for row in sorted(found, key=lambda r: (r[0], r[1], int(r[2] or -2)))]
    finally:
        airflow.stop()
    options.out.write_text("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
