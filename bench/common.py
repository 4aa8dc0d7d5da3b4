"""What both benchmarks share: the DAG files, how runs are watched in the metastore, the report.

Tradewind's metastore and Airflow's carry the same names for what is read here, so that one set of queries measures
both, by their own clocks: start_date and end_date of task instances.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import sqlite3
import statistics
import subprocess
import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

CHAIN = 40
MANY = 1000
FILES = 1000
LAYERS, WIDTH = 100, 100

HEAD = """
from datetime import datetime

try:
    from airflow.sdk import DAG, task
    from airflow.providers.standard.operators.bash import BashOperator
    from airflow.providers.standard.operators.empty import EmptyOperator
except ImportError:
    from airflow import DAG
    from airflow.decorators import task
    from airflow.operators.bash import BashOperator
    from airflow.operators.empty import EmptyOperator

COMMON = dict(schedule=None, start_date=datetime(2024, 1, 1), catchup=False)
"""

DAG_FILES = {
    "bench_native_chain": f"""
with DAG("bench_native_chain", **COMMON):
    before = None
    for i in range({CHAIN}):
        op = BashOperator(task_id=f"t{{i:03}}", bash_command="true")
        if before:
            before >> op
        before = op
""",
    "bench_python_chain": f"""
with DAG("bench_python_chain", **COMMON):

    def make(i):
        @task(task_id=f"t{{i:03}}")
        def one():
            return i

        return one()

    before = None
    for i in range({CHAIN}):
        op = make(i)
        if before:
            before >> op
        before = op
""",
    "bench_many_bash": f"""
with DAG("bench_many_bash", max_active_tasks={MANY}, **COMMON):
    for i in range({MANY}):
        BashOperator(task_id=f"t{{i:04}}", bash_command="true", do_xcom_push=False)
""",
    "bench_layers": f"""
with DAG("bench_layers", max_active_tasks={LAYERS * WIDTH}, **COMMON):
    above = []
    for layer in range({LAYERS}):
        row = [EmptyOperator(task_id=f"l{{layer:03}}_{{i:03}}") for i in range({WIDTH})]
        for i, op in enumerate(row):
            for j in (i, (i + 1) % {WIDTH}) if above else ():
                above[j] >> op
        above = row
""",
}

SMALL_FILE = """
with DAG("file_{n:04}", tags=["bench"], **COMMON):
    first = BashOperator(task_id="first", bash_command="echo {{{{ ds }}}}")

    @task
    def middle(x):
        return x

    first >> middle({n}) >> EmptyOperator(task_id="last")
"""


def write_dags(folder: Path, files: int = 0) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, body in DAG_FILES.items():
        (folder / f"{name}.py").write_text(HEAD + body)
    write_files(folder, files)


def write_files(folder: Path, files: int) -> None:
    for n in range(files):
        (folder / f"file_{n:04}.py").write_text(HEAD + SMALL_FILE.format(n=n))


def instant(text: str) -> float:
    """Seconds since some epoch; only differences are used."""
    return datetime.fromisoformat(text[:26]).timestamp()


class Metastore:
    def __init__(self, path: Path) -> None:
        self.path = path

    def rows(self, sql: str, *args: Any) -> list[tuple[Any, ...]]:
        for _ in range(200):
            with contextlib.suppress(sqlite3.OperationalError):
                db = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=5)
                try:
                    return db.execute(sql, args).fetchall()
                finally:
                    db.close()
            time.sleep(0.05)
        raise RuntimeError(f"cannot read {self.path}")

    def dags(self) -> set[str]:
        try:
            return {row[0] for row in self.rows("SELECT dag_id FROM dag")}
        except RuntimeError:
            return set()

    def wait_for_dags(self, names: set[str], timeout: float) -> float:
        begin = time.monotonic()
        while not names <= self.dags():
            if time.monotonic() - begin > timeout:
                raise TimeoutError(f"{len(names - self.dags())} DAGs are missing")
            time.sleep(0.05)
        return time.monotonic() - begin

    def wait_for_run(self, dag_id: str, run_id: str, timeout: float, every: float = 0.05) -> str:
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            rows = self.rows("SELECT state FROM dag_run WHERE dag_id = ? AND run_id = ?", dag_id, run_id)
            if rows and rows[0][0] in ("success", "failed"):
                return str(rows[0][0])
            time.sleep(every)
        raise TimeoutError(f"{dag_id} {run_id} did not end")

    def times(self, dag_id: str, run_id: str) -> list[tuple[float, float]]:
        """Start and end of each task instance, in order of start."""
        rows = self.rows(
            "SELECT start_date, end_date FROM task_instance WHERE dag_id = ? AND run_id = ?", dag_id, run_id
        )
        return sorted((instant(a), instant(b)) for a, b in rows if a is not None and b is not None)


@dataclass
class Chain:
    per_task: float
    gap: float
    worst_gap: float


def chain_of(times: list[tuple[float, float]]) -> Chain:
    gaps = [b[0] - a[1] for a, b in itertools.pairwise(times)]
    span = times[-1][1] - times[0][0]
    return Chain(span / len(times), statistics.median(gaps), max(gaps))


def processes_below(roots: set[int], home: Path) -> set[int]:
    """Those processes, their descendants, and whoever has this home in its environment."""
    parents: dict[int, int] = {}
    found = set(roots)
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError):
            pid = int(entry.name)
            parents[pid] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            env = (entry / "environ").read_bytes().split(b"\0")
            if any(v.endswith(b"_HOME=" + os.fsencode(home)) for v in env):
                found.add(pid)
    grown = True
    while grown:
        more = {pid for pid, parent in parents.items() if parent in found} - found
        found |= more
        grown = bool(more)
    return found - {os.getpid()}


def pss_mib(pids: set[int]) -> float:
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
    return total / 1024


def cpu_seconds(pids: set[int]) -> float:
    ticks = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


@dataclass
class Idle:
    pss: float
    cpu_percent: float
    processes: int


def measure_idle(roots: set[int], home: Path, settle: float, seconds: float) -> Idle:
    time.sleep(settle)
    pids = processes_below(roots, home)
    before, begin = cpu_seconds(pids), time.monotonic()
    time.sleep(seconds)
    used = cpu_seconds(pids) - before
    return Idle(pss_mib(pids), 100 * used / (time.monotonic() - begin), len(pids))


@dataclass
class Report:
    title: str
    lines: list[tuple[str, str, str, str]] = field(default_factory=list)
    values: dict[str, float] = field(default_factory=dict)

    def add(self, key: str, what: str, value: float, unit: str, note: str = "") -> None:
        self.values[key] = value
        self.lines.append((what, f"{value:,.2f}" if value < 100 else f"{value:,.0f}", unit, note))
        print(f"  {what}: {self.lines[-1][1]} {unit}  {note}", flush=True)

    def show(self, other: dict[str, float] | None = None) -> None:
        keys = list(self.values)
        print(f"\n{self.title}\n")
        width = max(len(line[0]) for line in self.lines)
        for key, (what, value, unit, note) in zip(keys, self.lines, strict=True):
            ratio = ""
            if other and other.get(key) and self.values[key]:
                ratio = f"{other[key] / self.values[key]:8.1f}×"
            print(f"{what:<{width}}  {value:>10} {unit:<9} {ratio:>10}  {note}")

    def save(self, path: str | None) -> None:
        if path:
            Path(path).write_text(json.dumps(self.values, indent=1) + "\n")


def floor_rate(argv: list[str], count: int, stdin: bytes = b"") -> float:
    """Commands a second."""
    begin = time.monotonic()
    subprocess.run(argv, input=stdin, stdout=subprocess.DEVNULL, check=True)
    return count / (time.monotonic() - begin)


def now_id(name: str) -> str:
    return f"manual__{name}_{int(time.time() * 1000)}"
