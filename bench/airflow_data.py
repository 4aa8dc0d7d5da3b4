"""The same large metastore as api_data.py makes, for a real Airflow 3 on SQLite: one DAG that Airflow has parsed, copied in SQL.

python bench/airflow_data.py HOME VENV [DAGS [RUNS [TASKS]]]      # HOME/airflow.db is made
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

from api_data import STATES

DAG_FILE = """
from datetime import datetime
from airflow.sdk import DAG
from airflow.providers.standard.operators.bash import BashOperator

with DAG("bench_00000", schedule="@daily", start_date=datetime(2026, 1, 1), catchup=False, tags=["bench", "tag_0"]):
    before = None
    for k in range({tasks}):
        task = BashOperator(task_id=f"task_{{k}}", bash_command="true")
        if before:
            before >> task
        before = task
"""


def environment(home: Path, venv: Path) -> dict[str, str]:
    """Airflow as bench/api starts it."""
    env = {
        **os.environ, "AIRFLOW_HOME": str(home), "AIRFLOW__CORE__LOAD_EXAMPLES": "False", "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True", "AIRFLOW__API__WORKERS": "2",
        "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
    }  # fmt: skip
    for name in [n for n in env if n.startswith(("TRADEWIND", "AIRFLOW__API__PORT"))]:
        del env[name]
    env["PATH"] = f"{venv / 'bin'}:{env['PATH']}"
    return env


def copy_dags(db: sqlite3.Connection, dags: int) -> None:
    db.execute("create temp table d (n integer primary key, dag_id text)")
    db.execute(
        "with recursive c(n) as (select 0 union all select n + 1 from c where n < ? - 1) insert into d select n, printf('bench_%05d', n) from c",
        (dags,),
    )
    db.execute("update dag set is_paused = 0")
    for table in ("dag", "dag_version", "serialized_dag", "dag_code"):
        columns = [c[1] for c in db.execute(f"pragma table_info({table})")]
        ours = {"dag_id": "d.dag_id", "is_paused": "d.n % 2", "data": "replace(o.data, 'bench_00000', d.dag_id)"}
        ours |= {name: f"printf('a%07x', d.n) || substr(o.{name}, 9)" for name in ("id", "dag_version_id")}
        values = ", ".join(ours.get(c, f"o.{c}") for c in columns)
        db.execute(f"insert into {table} select {values} from {table} o cross join d where o.dag_id = 'bench_00000' and d.n > 0")
    db.execute("delete from dag_tag")
    db.execute("insert into dag_tag (name, dag_id) select 'bench', dag_id from d union all select 'tag_' || (n % 50), dag_id from d")


def add_runs(db: sqlite3.Connection, runs: int, tasks: int) -> None:
    stamp = "strftime('%Y-%m-%d %H:%M:%S.000000', 1767225600 + {}, 'unixepoch')"
    day, begun = stamp.format("k * 86400"), stamp.format("k * 86400 + n")
    db.execute(
        "with recursive r(k) as (select 0 union all select k + 1 from r where k < ? - 1) insert into dag_run (dag_id, run_id, state, run_type,"
        " queued_at, logical_date, start_date, end_date, triggered_by, data_interval_start, data_interval_end, run_after, created_at,"
        " updated_at, clear_number, log_template_id, span_status, created_dag_version_id)"
        " select d.dag_id, printf('scheduled__2026-01-%02d', k + 1), case when (n + k) % 10 = 0 then 'failed' else 'success' end, 'scheduled',"
        f" {day}, {day}, {begun}, {stamp.format('k * 86400 + n + 60')}, 'TIMETABLE', {day}, {day}, {day}, {day}, {day}, 0,"
        " (select max(id) from log_template), 'not_started', v.id from r cross join d join dag_version v on v.dag_id = d.dag_id order by k, n",
        (runs,),
    )
    state = "case (r.id + t.k) % 10 " + " ".join(f"when {i} then '{s}'" for i, s in enumerate(STATES)) + " end"
    db.execute(
        "with recursive t(k) as (select 0 union all select k + 1 from t where k < ? - 1) insert into task_instance (id, dag_id, run_id,"
        " task_id, map_index, state, try_number, max_tries, start_date, end_date, duration, scheduled_dttm, queued_dttm, hostname, unixname,"
        " pid, pool, pool_slots, queue, priority_weight, operator, custom_operator_name, task_display_name, dag_version_id, updated_at,"
        " span_status, executor_config)"
        f" select printf('0198%012x800000%010x', r.id, t.k), r.dag_id, r.run_id, 'task_' || t.k, -1, {state}, 1, 0, r.start_date, r.end_date,"
        " 6, r.start_date, r.start_date, 'host', 'airflow', 1000 + t.k, 'default_pool', 1, 'default', 10 - t.k, 'BashOperator',"
        " 'BashOperator', 'task_' || t.k, r.created_dag_version_id, r.end_date, 'not_started', X'80057D942E' from dag_run r cross join t",
        (tasks,),
    )


def fill(home: Path, venv: Path, dags: int = 10_000, runs: int = 10, tasks: int = 10) -> None:
    (home / "dags").mkdir(parents=True, exist_ok=True)
    (home / "dags" / "bench.py").write_text(DAG_FILE.format(tasks=tasks))
    for command in (["db", "migrate"], ["dags", "reserialize"]):
        subprocess.run([str(venv / "bin" / "airflow"), *command], env=environment(home, venv), check=True, capture_output=True)
    db = sqlite3.connect(home / "airflow.db", isolation_level=None)
    db.executescript("pragma synchronous=off; pragma cache_size=-400000; pragma temp_store=memory")
    db.execute("begin")
    copy_dags(db, dags)
    add_runs(db, runs, tasks)
    db.execute("commit")
    db.execute("pragma wal_checkpoint(truncate)").fetchall()
    db.close()


if __name__ == "__main__":
    fill(Path(sys.argv[1]).resolve(), Path(sys.argv[2]), *map(int, sys.argv[3:]))
