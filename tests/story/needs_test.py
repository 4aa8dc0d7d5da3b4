"""What needs a person: told when it is there, gone when it was seen to, and only to those who may see it."""

from __future__ import annotations

from typing import Any

import pytest
from engine import Engine, wait_until

DAGS = """
from datetime import datetime
from airflow.sdk import DAG
from airflow.providers.standard.operators.bash import BashOperator

with DAG("breaks", schedule=None, start_date=datetime(2026, 1, 1), default_args={"owner": "ada"}):
    BashOperator(task_id="one", bash_command="exit 1")

with DAG("elsewhere", schedule=None, start_date=datetime(2026, 1, 1)):
    BashOperator(task_id="far", bash_command="true", executor="RemoteExecutor", queue="gpu")

with DAG("crowded", schedule=None, start_date=datetime(2026, 1, 1)):
    BashOperator(task_id="holds", bash_command="sleep 60", pool="narrow", priority_weight=9)
    BashOperator(task_id="waits", bash_command="true", pool="narrow")
"""


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Any:
    engine = Engine(
        tmp_path_factory.mktemp("needs"),
        TRADEWIND__CORE__EXECUTOR="LocalExecutor,RemoteExecutor",
        TRADEWIND__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD="10",
    )
    engine.write("dags.py", DAGS)
    engine.write("broken.py", "from airflow.sdk import DAG\nimport no_such_module_at_all\n")
    try:
        engine.run("db", "migrate")
        engine.run("pools", "set", "narrow", "1", "one at a time")
        engine.up()
        engine.serve()
        yield engine
    finally:
        engine.stop()


def needs(engine: Engine, kind: str, after: int = 0) -> list[Any]:
    return [x for x in engine.get(f"/ui/needs?after={after}")["items"] if x["kind"] == kind]


def test_a_file_that_does_not_load(engine: Engine) -> None:
    (one,) = needs(engine, "import_error")
    assert one["name"] == "broken.py" and "no_such_module_at_all" in one["text"]


def test_a_failure_until_somebody_leaves_a_note(engine: Engine) -> None:
    first, second = engine.trigger("breaks"), None
    engine.finish("breaks", first)
    (one,) = needs(engine, "failure")
    assert (one["dag_id"], one["run_id"], one["owners"], one["n"]) == ("breaks", first, "ada", 1)
    second = engine.trigger("breaks")
    engine.finish("breaks", second)
    (one,) = needs(engine, "failure")
    assert (one["run_id"], one["n"]) == (second, 2)
    for run in (first, second):
        assert engine.ask("PATCH", f"/api/v2/dags/breaks/dagRuns/{run}?update_mask=note", {"note": "seen"})[0] == 200
    assert needs(engine, "failure") == []


def test_a_queue_that_nobody_serves(engine: Engine) -> None:
    engine.trigger("elsewhere")
    one = wait_until(lambda: needs(engine, "queue"), 30, "the queue is not told of")[0]
    assert (one["name"], one["n"]) == ("gpu", 1)
    assert needs(engine, "queue", 600) == [], "it waits but a moment"
    assert needs(engine, "stuck") == [], "told once"


def test_a_starved_pool(engine: Engine) -> None:
    engine.trigger("crowded")
    one = wait_until(lambda: needs(engine, "pool"), 30, "the pool is not told of")[0]
    assert (one["name"], one["n"]) == ("narrow", 1) and one["since"]
    assert needs(engine, "pool", 600) == []


def test_a_component_that_is_gone(engine: Engine) -> None:
    def missed() -> bool:
        return "scheduler" in [x["name"] for x in needs(engine, "component")]

    wait_until(lambda: not missed(), 60, "the scheduler is missed though it lives")
    engine.kill("scheduler")
    wait_until(missed, 60, "the scheduler is not missed")
    engine.start("scheduler")
    wait_until(lambda: not missed(), 60, "the scheduler is not back")
