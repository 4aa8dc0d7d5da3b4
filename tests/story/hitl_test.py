"""A person in the loop: a task asks, somebody answers through the API (or nobody does), and the run goes on by the answer."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

from engine import Engine, wait_until

DAGS = """
from datetime import datetime, timedelta
from airflow.sdk import DAG, Param
from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.hitl import (
    ApprovalOperator, HITLBranchOperator, HITLEntryOperator, HITLOperator)

with DAG("approve", schedule=None):
    ask = ApprovalOperator(task_id="ask", subject="Release {{ run_id }}?", body="Look at it",
                           assigned_users=[{"id": "anna", "name": "Anna"}])
    ask >> BashOperator(task_id="release", bash_command="true")

with DAG("branch", schedule=None):
    ask = HITLBranchOperator(task_id="ask", subject="Which way?", options=["left", "Right way"],
                             options_mapping={"Right way": "right"})
    ask >> [BashOperator(task_id=t, bash_command="true") for t in ("left", "right")]

with DAG("entry", schedule=None):
    ask = HITLEntryOperator(task_id="ask", subject="How many?", params={"n": Param(3, type="integer", minimum=1)})
    ask >> BashOperator(task_id="say", bash_command="echo it is {{ ti.xcom_pull(task_ids='ask')['params_input']['n'] }}")

with DAG("late", schedule=None):
    HITLOperator(task_id="defaults", subject="s", options=["a", "b"], defaults="b", params={"x": 1},
                 response_timeout=timedelta(seconds=1))
    HITLOperator(task_id="none", subject="s", options=["a", "b"], response_timeout=timedelta(seconds=1))
"""


def up(engine: Engine) -> None:
    engine.write("people.py", DAGS)
    engine.up()
    engine.start("api-server")
    wait_until(lambda: answers(engine), 30, "no api-server")


def answers(engine: Engine) -> bool:
    try:
        return bool(engine.get("/api/v2/monitor/health"))
    except OSError:
        return False


def details(engine: Engine, dag_id: str, run_id: str) -> str:
    return f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances/ask/-1/hitlDetails".replace(
        "+", "%2B"
    )


def respond(engine: Engine, path: str, body: Any) -> tuple[int, Any]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{engine.port}{path}",
        data=json.dumps(body).encode(),
        method="PATCH",
        headers={"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as r:
            return r.status, json.load(r)
    except urllib.error.HTTPError as e:
        return e.code, json.load(e)


def asked(engine: Engine, dag_id: str) -> str:
    run_id = engine.trigger(dag_id)
    wait_until(
        lambda: engine.states(dag_id, run_id)["ask"] == "awaiting_input",
        30,
        "nobody asks",
    )
    return run_id


def test_an_approval_waits_without_a_process_and_goes_on_with_the_answer(
    engine: Engine,
) -> None:
    up(engine)
    run = asked(engine, "approve")
    path = details(engine, "approve", run)
    shown = engine.get(path)
    assert shown["subject"] == f"Release {run}?" and shown["options"] == [
        "Approve",
        "Reject",
    ]
    assert (
        shown["assigned_users"] == [{"id": "anna", "name": "Anna"}]
        and not shown["response_received"]
    )
    assert shown["task_instance"]["state"] == "awaiting_input"
    listed = engine.get(
        "/api/v2/dags/~/dagRuns/~/hitlDetails?response_received=false&dag_id_pattern=approve"
    )
    assert (
        listed["total_entries"] == 1
        and listed["hitl_details"][0]["subject"] == shown["subject"]
    )
    assert respond(engine, path, {"chosen_options": []})[0] == 422
    status, fault = respond(engine, path, {"chosen_options": ["Maybe"]})
    assert (status, fault["detail"]) == (
        400,
        "Invalid options ['Maybe']; allowed options are ['Approve', 'Reject'].",
    )
    assert respond(engine, path, {"chosen_options": ["Approve", "Reject"]})[0] == 400
    status, answer = respond(engine, path, {"chosen_options": ["Approve"]})
    assert (
        status == 200
        and answer["chosen_options"] == ["Approve"]
        and answer["responded_by"]["id"]
    )
    assert respond(engine, path, {"chosen_options": ["Approve"]})[0] == 409
    assert engine.finish("approve", run) == "success"
    assert engine.states("approve", run) == {"ask": "success", "release": "success"}
    assert (
        engine.get("/api/v2/dags/~/dagRuns/~/hitlDetails?response_received=false")[
            "total_entries"
        ]
        == 0
    )


def test_a_rejection_skips_and_a_branch_follows_the_answer(engine: Engine) -> None:
    up(engine)
    run = asked(engine, "approve")
    respond(engine, details(engine, "approve", run), {"chosen_options": ["Reject"]})
    assert engine.finish("approve", run) == "success"
    assert engine.states("approve", run) == {"ask": "success", "release": "skipped"}
    run = asked(engine, "branch")
    respond(engine, details(engine, "branch", run), {"chosen_options": ["Right way"]})
    assert engine.finish("branch", run) == "success"
    assert engine.states("branch", run) == {
        "ask": "success",
        "left": "skipped",
        "right": "success",
    }


def test_values_that_a_person_enters_are_the_result(engine: Engine) -> None:
    up(engine)
    run = asked(engine, "entry")
    assert (
        engine.get(details(engine, "entry", run))["params"]["n"]["schema"]["minimum"]
        == 1
    )
    respond(
        engine,
        details(engine, "entry", run),
        {"chosen_options": ["OK"], "params_input": {"n": 7}},
    )
    assert engine.finish("entry", run) == "success"
    assert "it is 7" in engine.log("entry", run, "say")


def test_nobody_answers_and_the_defaults_are_taken(engine: Engine) -> None:
    up(engine)
    run = engine.trigger("late")
    assert engine.finish("late", run) == "failed"
    assert engine.states("late", run) == {"defaults": "success", "none": "failed"}
    shown = engine.get(details(engine, "late", run).replace("/ask/", "/defaults/"))
    assert shown["chosen_options"] == ["b"] and shown["params_input"] == {"x": 1}
    assert shown["response_received"] and shown["responded_by_user"] is None
    assert "HITLTimeoutError" in engine.log("late", run, "none")


def test_an_answer_survives_a_scheduler_that_is_away(engine: Engine) -> None:
    up(engine)
    run = asked(engine, "approve")
    engine.kill("scheduler")
    assert (
        respond(
            engine, details(engine, "approve", run), {"chosen_options": ["Approve"]}
        )[0]
        == 200
    )
    engine.start("scheduler")
    assert engine.finish("approve", run) == "success"
