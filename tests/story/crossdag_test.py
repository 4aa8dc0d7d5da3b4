"""One DAG and another: asking for runs, waiting for them, clearing what hangs on them."""

from __future__ import annotations

import json
import urllib.request

import pytest
from engine import Engine, wait_until
from waiting_test import HEAD, up

TRIGGER = (
    HEAD
    + """
from airflow.operators.trigger_dagrun import TriggerDagRunOperator

def end(dag_run, **_):
    if dag_run.conf.get("fail"):
        raise ValueError("on purpose")

with DAG("child", schedule=None, start_date=dt.datetime(2026, 1, 1)):
    PythonOperator(task_id="work", python_callable=end)

with DAG("asleep", schedule=None, start_date=dt.datetime(2026, 1, 1), is_paused_upon_creation=True):
    EmptyOperator(task_id="work")

with DAG("d", schedule=None, start_date=dt.datetime(2026, 1, 1)):
    often = dict(poke_interval=1)
    TriggerDagRunOperator(task_id="fire", trigger_dag_id="child", conf={"n": "{{ run_id }}"}, trigger_run_id="fired")
    TriggerDagRunOperator(task_id="wait", trigger_dag_id="child", wait_for_completion=True, **often)
    TriggerDagRunOperator(task_id="wait_fail", trigger_dag_id="child", wait_for_completion=True, conf={"fail": 1}, **often)
    TriggerDagRunOperator(task_id="fail_is_fine", trigger_dag_id="child", wait_for_completion=True, conf={"fail": 1},
                          allowed_states=["failed"], failed_states=["success"], **often)
    TriggerDagRunOperator(task_id="deferred", trigger_dag_id="child", wait_for_completion=True, deferrable=True, **often)
    TriggerDagRunOperator(task_id="deferred_fail", trigger_dag_id="child", wait_for_completion=True, deferrable=True,
                          conf={"fail": 1}, **often)
    TriggerDagRunOperator(task_id="dated", trigger_dag_id="child", logical_date="2026-03-04T00:00:00+00:00")
    TriggerDagRunOperator(task_id="paused", trigger_dag_id="asleep", fail_when_dag_is_paused=True)
    TriggerDagRunOperator(task_id="unknown", trigger_dag_id="nowhere")
"""
)

ENDS = {
    "fire": "success",
    "wait": "success",
    "wait_fail": "failed",
    "fail_is_fine": "success",
    "deferred": "success",
    "deferred_fail": "failed",
    "dated": "success",
    "paused": "failed",
    "unknown": "failed",
}


@pytest.mark.parametrize("native", ["True", "False"])
def test_a_dag_runs_another(engine: Engine, native: str) -> None:
    engine.env["AIRFLOW__CORE__NATIVE_OPERATORS"] = native
    engine.write("d.py", TRIGGER)
    up(engine)
    run = engine.trigger("d")
    assert engine.finish("d", run, 90) == "failed"
    assert engine.states("d", run) == ENDS
    runs = {r["run_id"]: r for r in engine.json("dags", "list-runs", "child")}
    assert runs["fired"]["state"] == "success"
    assert sum(str(r["logical_date"]).startswith("2026-03-04") for r in runs.values()) == 1
    assert "failed with failed state failed" in engine.log("d", run, "wait_fail")
    assert "Dag asleep is paused" in engine.log("d", run, "paused")


AGAIN = (
    HEAD
    + """
from airflow.operators.trigger_dagrun import TriggerDagRunOperator

with DAG("child", schedule=None, start_date=dt.datetime(2026, 1, 1)):
    EmptyOperator(task_id="work")

with DAG("d", schedule=None, start_date=dt.datetime(2026, 1, 1)):
    one = dict(trigger_dag_id="child", trigger_run_id="one")
    first = TriggerDagRunOperator(task_id="first", wait_for_completion=True, poke_interval=1, **one)
    first >> TriggerDagRunOperator(task_id="again", retries=2, **one)
    first >> TriggerDagRunOperator(task_id="skip", skip_when_already_exists=True, **one)
    first >> TriggerDagRunOperator(task_id="reset", reset_dag_run=True, wait_for_completion=True, poke_interval=1, **one)
"""
)


def test_a_run_that_is_there_already(engine: Engine) -> None:
    engine.write("d.py", AGAIN)
    up(engine)
    run = engine.trigger("d")
    assert engine.finish("d", run, 90) == "failed"
    assert engine.states("d", run) == {"first": "success", "again": "failed", "skip": "skipped", "reset": "success"}


MAPPED = (
    HEAD
    + """
from airflow.sdk import task_group

@task
def one(x):
    if x == "bad":
        raise ValueError(x)

with DAG("other", schedule=None, start_date=dt.datetime(2026, 1, 1)):
    one.override(task_id="good").expand(x=[1, 2, 3])
    one.override(task_id="part").expand(x=[1, "bad"])

    @task_group
    def grp(x):
        one.override(task_id="in_group")(x)
        EmptyOperator(task_id="too")

    grp.expand(x=[1, 2])

with DAG("d", schedule=None, start_date=dt.datetime(2026, 1, 1)):
    often = dict(poke_interval=0.2, timeout=60, external_dag_id="other")
    ExternalTaskSensor(task_id="mapped", external_task_id="good", **often)
    ExternalTaskSensor(task_id="mapped_fails", external_task_id="part", failed_states=["failed"], **often)
    ExternalTaskSensor(task_id="group", external_task_group_id="grp", **often)
    ExternalTaskSensor(task_id="no_task", external_task_id="nowhere", check_existence=True, **often)
    ExternalTaskSensor(task_id="no_group", external_task_group_id="nowhere", check_existence=True, **often)
    ExternalTaskSensor(task_id="no_dag", check_existence=True, **{**often, "external_dag_id": "nowhere"})
"""
)


@pytest.mark.parametrize("native", ["True", "False"])
def test_waiting_for_mapped_tasks_and_groups(engine: Engine, native: str) -> None:
    engine.env["AIRFLOW__CORE__NATIVE_OPERATORS"] = native
    engine.write("d.py", MAPPED)
    up(engine)
    when = ("--logical-date", "2026-02-03T04:05:06+00:00")
    engine.trigger("other", *when)
    run = engine.trigger("d", *when)
    assert engine.finish("d", run, 90) == "failed"
    assert engine.states("d", run) == {
        "mapped": "success",
        "mapped_fails": "failed",
        "group": "success",
        "no_task": "failed",
        "no_group": "failed",
        "no_dag": "failed",
    }
    for task_id in ("no_task", "no_group", "no_dag"):
        assert "does not exist." in engine.log("d", run, task_id)




MARKERS = (
    HEAD
    + """
from airflow.sensors.external_task import ExternalTaskMarker

with DAG("parent", schedule=None, start_date=dt.datetime(2026, 1, 1)):
    start = BashOperator(task_id="start", bash_command="true")
    start >> ExternalTaskMarker(task_id="to_child", external_dag_id="child", external_task_id="wait", recursion_depth={depth})

with DAG("child", schedule=None, start_date=dt.datetime(2026, 1, 1)):
    before = BashOperator(task_id="before", bash_command="true")
    wait = BashOperator(task_id="wait", bash_command="true")
    before >> wait >> ExternalTaskMarker(task_id="to_grandchild", external_dag_id="grandchild", external_task_id="wait")

with DAG("grandchild", schedule=None, start_date=dt.datetime(2026, 1, 1)):
    BashOperator(task_id="wait", bash_command="true") >> BashOperator(task_id="after", bash_command="true")
    BashOperator(task_id="beside", bash_command="true")
"""
)


def _tries(engine: Engine, dag_id: str, run: str) -> dict[str, int]:
    rows = engine.get(f"/api/v2/dags/{dag_id}/dagRuns/{run}/taskInstances")["task_instances"]
    return {r["task_id"]: r["try_number"] for r in rows}


def _three_runs(engine: Engine, depth: int) -> str:
    engine.write("d.py", MARKERS.replace("{depth}", str(depth)))
    engine.up()
    engine.start("api-server")
    when = ("--logical-date", "2026-02-03T00:00:00+00:00", "--run-id", "r")
    for dag_id in ("grandchild", "child", "parent"):
        engine.trigger(dag_id, *when)
        assert engine.finish(dag_id, "r") == "success"
    return "r"


def _all_done_again(engine: Engine) -> None:
    for dag_id in ("parent", "child", "grandchild"):
        assert engine.finish(dag_id, "r") == "success"


def test_clearing_goes_on_through_markers(engine: Engine) -> None:
    run = _three_runs(engine, 10)
    engine.run("tasks", "clear", "parent", "-t", "^start$", "-d", "-y")
    wait_until(lambda: _tries(engine, "grandchild", run)["after"] == 2, 30, "the grandchild is not cleared")
    _all_done_again(engine)
    assert _tries(engine, "child", run) == {"before": 1, "wait": 2, "to_grandchild": 2}
    assert _tries(engine, "grandchild", run) == {"wait": 2, "after": 2, "beside": 1}
    engine.run("tasks", "clear", "parent", "-t", "to_child", "-x", "-y")
    wait_until(lambda: _tries(engine, "parent", run)["to_child"] == 3, 30, "the marker is not cleared")
    _all_done_again(engine)
    assert _tries(engine, "child", run)["wait"] == 2
    body = {"dry_run": False, "only_failed": False, "dag_run_id": run, "task_ids": ["to_child"]}
    told = post(engine, "/api/v2/dags/parent/clearTaskInstances", body)
    assert sorted((t["dag_id"], t["task_id"]) for t in told["task_instances"]) == [
        ("child", "to_grandchild"),
        ("child", "wait"),
        ("grandchild", "after"),
        ("grandchild", "wait"),
        ("parent", "to_child"),
    ]


def test_markers_go_only_so_deep(engine: Engine) -> None:
    _three_runs(engine, 1)
    done = engine.run("tasks", "clear", "parent", "-t", "to_child", "-y", check=False)
    assert done.returncode != 0
    assert "Maximum recursion depth 1 reached for ExternalTaskMarker to_grandchild" in done.stderr


def post(engine: Engine, path: str, body: dict[str, object]) -> dict[str, list[dict[str, str]]]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{engine.port}{path}",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
        method="POST",
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)
