"""What never starts, and what can never go on: it ends, and says why."""

from __future__ import annotations

import os
import signal
import sqlite3
from typing import Any

from engine import Engine, wait_until

HEAD = """
from datetime import datetime, timedelta
from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.empty import EmptyOperator
from airflow.operators.python import PythonOperator
from airflow.sdk import task
START = datetime(2026, 1, 1)
"""


def rows(engine: Engine, sql: str) -> list[Any]:
    with sqlite3.connect(f"file:{engine.home}/tradewind.db?mode=ro", uri=True) as db:
        return db.execute(sql).fetchall()


def why(engine: Engine, dag_id: str, run_id: str, task_id: str) -> str:
    return engine.run("tasks", "failed-deps", dag_id, task_id, run_id).stdout


def test_a_task_that_no_executor_starts_is_queued_again_and_fails_in_the_end(engine: Engine) -> None:
    """The runner is frozen. What it starts late, when it thaws, counts for nothing any more."""
    engine.env.update(AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT="2", AIRFLOW__SCHEDULER__NUM_STUCK_IN_QUEUED_RETRIES="1")
    engine.write(
        "stuck.py",
        HEAD
        + """
with DAG("stuck", schedule=None, start_date=START):
    BashOperator(task_id="first", bash_command="true", retries=3, retry_delay=0)
with DAG("other", schedule=None, start_date=START):
    BashOperator(task_id="a", bash_command="true")
""",
    )
    engine.up()
    assert engine.finish("other", engine.trigger("other")) == "success"  # the runner is there
    runners = engine.children("runner")
    for pid in runners:
        os.kill(pid, signal.SIGSTOP)
    try:
        run = engine.trigger("stuck")
        wait_until(lambda: engine.states("stuck", run)["first"] == "queued", 20, "it is not queued")
        assert "it was given to the executor at" in why(engine, "stuck", run, "first")
        assert engine.finish("stuck", run) == "failed"
    finally:
        for pid in runners:
            os.kill(pid, signal.SIGCONT)
    assert "Task is in the 'failed' state: stuck in queued." in why(engine, "stuck", run, "first")
    assert rows(engine, f"select state, state_reason from task_instance where run_id = '{run}'") == [("failed", "stuck in queued")]
    assert rows(engine, "select count(*) from log where event = 'stuck in queued reschedule'") == [(1,)]
    assert engine.finish("other", engine.trigger("other")) == "success"
    engine.run("tasks", "clear", "stuck", "-y")
    assert engine.finish("stuck", run) == "success"


def test_a_run_in_which_nothing_can_happen_any_more_fails(engine: Engine) -> None:
    """A task that begins later than the run's date has no instance in it, and what is below waits for ever."""
    out = engine.home.parent / "told"
    engine.write(
        "dead.py",
        HEAD
        + f"""
def told(context):
    open({str(out)!r}, "a").write(context["reason"] + "\\n")

with DAG("dead", schedule=None, start_date=START, on_failure_callback=told):
    EmptyOperator(task_id="early") >> EmptyOperator(task_id="late", start_date=datetime(2090, 1, 1)) >> EmptyOperator(task_id="never")
""",
    )
    engine.up()
    engine.start("dag-processor")
    run = engine.trigger("dead", "-l", "2026-01-02T00:00:00+00:00")
    assert engine.finish("dead", run) == "failed"
    assert engine.states("dead", run) == {"early": "success", "never": ""}
    wait_until(lambda: out.exists() and out.read_text() == "all_tasks_deadlocked\n", 30, "nobody was told")
    assert "the run is failed" in why(engine, "dead", run, "never")


def test_a_mapped_task_whose_source_gave_nothing(engine: Engine) -> None:
    """Failed: it could not run. Skipped: it is skipped. An empty list: skipped. No list at all: the source fails."""
    engine.write(
        "mapped.py",
        HEAD
        + """
from airflow.exceptions import AirflowSkipException

with DAG("mapped", schedule=None, start_date=START):
    @task
    def fails():
        raise ValueError("no list")

    @task
    def skips():
        raise AirflowSkipException("none today")

    @task
    def empty():
        return []

    @task
    def number():
        return 3

    @task(trigger_rule="all_done")
    def anyway(xs=None):
        print("ANYWAY", list(xs or []))

    for source in (fails, skips, empty, number):
        name = source.function.__name__

        @task(task_id="over_" + name)
        def over(x):
            return x

        mapped = over.expand(x=source())
        anyway.override(task_id="after_" + name)(mapped)
""",
    )
    engine.up()
    run = engine.trigger("mapped")
    assert engine.finish("mapped", run) == "success"  # its leaves run all the same
    states = engine.states("mapped", run)
    assert {name: state for name, state in states.items() if name.startswith("over_")} == {
        "over_fails": "upstream_failed", "over_skips": "skipped", "over_empty": "skipped", "over_number": "upstream_failed",
    }  # fmt: skip
    assert states["number"] == "failed" and states["empty"] == "success"
    assert {states[f"after_{name}"] for name in ("fails", "skips", "empty", "number")} == {"success"}
    assert "ANYWAY []" in engine.log("mapped", run, "after_fails")
    reasons = why(engine, "mapped", run, "over_fails")
    assert "Task is in the 'upstream_failed' state." in reasons
