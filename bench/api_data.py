"""A large metastore for bench/api and the tests of its indexes: many DAGs, runs and task instances, all made in SQL.

    python bench/api_data.py DATABASE [DAGS [RUNS [TASKS]]]      # 10,000 DAGs, 10 runs each of 10 tasks: 1,000,000 instances
    … --grid                                                     # and one DAG of 1,000 tasks with 365 runs: 365,000 more
"""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from pathlib import Path

GRID = "grid_1000x365"
STATES = ("success", "success", "success", "success", "success", "success", "failed", "upstream_failed", "skipped", "success")


def document(dag_id: str, tasks: int, wide: int = 1) -> str:
    """Tasks in rows of `wide`; each runs after the one above it."""
    return json.dumps(
        {
            "format": 1,
            "dag_id": dag_id,
            "schedule": {"type": "cron_interval", "expression": "0 0 * * *"},
            "start_date": "2026-01-01T00:00:00+00:00",
            "tags": ["bench"],
            "tasks": [
                {
                    "task_id": f"task_{n}",
                    "operator": {
                        "module": "airflow.providers.standard.operators.bash",
                        "class": "BashOperator",
                        "name": "BashOperator",
                    },
                    "native": "bash",
                    "args": {"bash_command": "true"},
                    "template_fields": ["bash_command"],
                    "upstream": [f"task_{n - wide}"] if n >= wide else [],
                }
                for n in range(tasks)
            ],
        },
        separators=(",", ":"),
    )


def task_instances(db: sqlite3.Connection, tasks: int, where: str = "", bound: tuple[str, ...] = ()) -> None:
    """Of all runs that `where` names."""
    state = "case (r.id + t.k) % 10 " + " ".join(f"when {i} then '{s}'" for i, s in enumerate(STATES)) + " end"
    db.execute(
        "with recursive t(k) as (select 0 union all select k + 1 from t where k < ? - 1) insert into task_instance (id, dag_id, run_id,"
        " task_id, state, try_number, max_tries, start_date, end_date, duration, scheduled_dttm, queued_dttm, hostname, unixname, pid,"
        " pool, pool_slots, queue, priority_weight, operator, custom_operator_name, task_display_name, dag_version_id, updated_at)"
        f" select printf('0198%012x800000%010x', r.id, t.k), r.dag_id, r.run_id, 'task_' || t.k, {state}, 1, 0, r.start_date, r.end_date,"
        " 6, r.start_date, r.start_date, 'host', 'airflow', 1000 + t.k, 'default_pool', 1, 'default', 10 - t.k, 'BashOperator',"
        f" 'BashOperator', 'task_' || t.k, r.created_dag_version_id, r.end_date from dag_run r cross join t {where}",
        (tasks, *bound),
    )


def fill(db: sqlite3.Connection, dags: int = 10_000, runs: int = 10, tasks: int = 10) -> None:
    """The schema is there. Everything is in the past, so that a scheduler has nothing to do with it."""
    db.executescript("pragma synchronous=off; pragma cache_size=-400000; pragma temp_store=memory")
    db.execute("begin")
    db.execute("create temp table d (n integer primary key, dag_id text, version text)")
    db.execute(
        "with recursive c(n) as (select 0 union all select n + 1 from c where n < ? - 1) insert into d"
        " select n, printf('bench_%05d', n), printf('0198%08x7000800000%010x', n, n) from c",
        (dags,),
    )
    db.execute("insert or ignore into dag_bundle (name, active) values ('dags-folder', 1)")
    db.execute(
        "insert into dag (dag_id, is_paused, is_stale, last_parsed_time, last_parse_duration, fileloc, relative_fileloc, bundle_name,"
        " owners, dag_display_name, description, timetable_type, timetable_summary, timetable_description, timetable_periodic,"
        " max_active_tasks, max_active_runs, max_consecutive_failed_dag_runs, has_task_concurrency_limits)"
        " select dag_id, n % 2, 0, '2026-01-01 00:00:00.000000', 0.01, '/dags/' || dag_id || '.py', dag_id || '.py', 'dags-folder',"
        " 'airflow', dag_id, null, 'cron_interval', '0 0 * * *', 'At 00:00', 1, 16, 16, 0, 0 from d"
    )
    db.execute("insert into dag_tag (name, dag_id) select 'bench', dag_id from d union all select 'tag_' || (n % 50), dag_id from d")
    db.execute(
        "insert into dag_version (id, version_number, dag_id, bundle_name, created_at, last_updated)"
        " select version, 1, dag_id, 'dags-folder', '2026-01-01 00:00:00.000000', '2026-01-01 00:00:00.000000' from d"
    )
    text = document("@", tasks)
    db.execute(
        "insert into serialized_dag (id, dag_id, data, created_at, last_updated, dag_hash, dag_version_id)"
        " select 'a' || substr(version, 2), dag_id, replace(?, '@', dag_id), '2026-01-01 00:00:00.000000',"
        " '2026-01-01 00:00:00.000000', dag_id, version from d",
        (text,),
    )
    stamp = "strftime('%Y-%m-%d %H:%M:%S.000000', 1767225600 + {}, 'unixepoch')"
    db.execute(
        "with recursive r(k) as (select 0 union all select k + 1 from r where k < ? - 1) insert into dag_run (dag_id, run_id, state,"
        " run_type, queued_at, logical_date, start_date, end_date, duration, triggered_by, data_interval_start, data_interval_end,"
        " run_after, created_at, updated_at, created_dag_version_id)"
        f" select dag_id, printf('scheduled__2026-01-%02d', k + 1), case when (n + k) % 10 = 0 then 'failed' else 'success' end,"
        f" 'scheduled', {stamp.format('k * 86400')}, {stamp.format('k * 86400')}, {stamp.format('k * 86400 + n')},"
        f" {stamp.format('k * 86400 + n + 60')}, 60, 'timetable', {stamp.format('k * 86400')}, {stamp.format('k * 86400')},"
        f" {stamp.format('k * 86400')}, {stamp.format('k * 86400')}, {stamp.format('k * 86400')}, version"
        " from r cross join d order by k, n",
        (runs,),
    )
    task_instances(db, tasks)
    db.execute(
        "insert into xcom (dag_run_id, task_id, map_index, key, dag_id, run_id, value, timestamp) select id, 'task_0', -1, 'return_value',"
        " dag_id, run_id, '\"value\"', end_date from dag_run"
    )
    db.execute(
        "insert into log (dttm, event, dag_id, run_id, owner) select start_date, 'trigger_dag_run', dag_id, run_id, 'airflow' from dag_run"
    )
    db.execute("commit")
    db.execute("analyze" if "--analyze" in sys.argv else "select 1")
    db.execute("pragma wal_checkpoint(truncate)").fetchall()


def grid(db: sqlite3.Connection, dag_id: str = GRID, tasks: int = 1_000, runs: int = 365) -> None:
    """One more DAG, of many tasks and runs, as its grid shows them; fill() was there before."""
    version, day = f"0199{0:028x}", "'2025-01-01'"
    stamp = f"strftime('%Y-%m-%d %H:%M:%S.000000', {day}, ({{}}) || ' days', {{}} || ' seconds')"
    db.execute("begin")
    for table in ("dag", "dag_version", "serialized_dag"):
        columns = [c[1] for c in db.execute(f"pragma table_info({table})")]
        new = {"dag_id": dag_id, "dag_display_name": dag_id, "is_paused": 1, "fileloc": f"/dags/{dag_id}.py", "dag_hash": dag_id}
        new |= {"relative_fileloc": f"{dag_id}.py", "dag_version_id": version, "data": document(dag_id, tasks, 20)}
        new |= {"id": version if table == "dag_version" else f"a{version[1:]}"}
        kept = ", ".join(f":{c}" if c in new else c for c in columns)
        db.execute(f"insert into {table} ({', '.join(columns)}) select {kept} from {table} limit 1", {c: new[c] for c in columns if c in new})
    db.execute("insert into dag_tag (name, dag_id) values ('bench', ?)", (dag_id,))
    db.execute(
        "with recursive r(k) as (select 0 union all select k + 1 from r where k < ? - 1) insert into dag_run (dag_id, run_id, state,"
        " run_type, queued_at, logical_date, start_date, end_date, duration, triggered_by, data_interval_start, data_interval_end,"
        f" run_after, created_at, updated_at, created_dag_version_id) select ?, 'scheduled__' || date({day}, k || ' days'),"
        " case when k % 7 = 0 then 'failed' else 'success' end, 'scheduled',"
        f" {stamp.format('k', '0')}, {stamp.format('k', '0')}, {stamp.format('k', '1')}, {stamp.format('k', '3001')}, 3000, 'timetable',"
        f" {stamp.format('k', '0')}, {stamp.format('k + 1', '0')}, {stamp.format('k + 1', '0')}, {stamp.format('k', '0')},"
        f" {stamp.format('k', '0')}, ? from r",
        (runs, dag_id, version),
    )
    task_instances(db, tasks, "where r.dag_id = ? and t.k >= 0", (dag_id,))
    db.execute("commit")


def main() -> int:
    path, *sizes = [a for a in sys.argv[1:] if not a.startswith("-")]
    begin = time.monotonic()
    db = sqlite3.connect(path, isolation_level=None)
    fill(db, *map(int, sizes))
    if "--grid" in sys.argv:
        grid(db)
    db.close()
    print(f"{Path(path).stat().st_size / 2**20:.0f} MiB in {time.monotonic() - begin:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
