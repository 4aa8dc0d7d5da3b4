"""Backfills: a range of dates run on purpose, beside the schedule."""

from __future__ import annotations

import json
from typing import Any

from engine import Engine, wait_until

FILE = """
import pendulum
from datetime import timedelta
from airflow.sdk import DAG, task
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.bash import BashOperator

START = pendulum.datetime(2026, 1, 1)
with DAG("daily", schedule="0 6 * * *", start_date=START, params={"n": 1}):
    EmptyOperator(task_id="a") >> EmptyOperator(task_id="b")
with DAG("slow", schedule="@daily", start_date=START):
    BashOperator(task_id="a", bash_command="sleep 600")
with DAG("chained", schedule="@daily", start_date=START):
    EmptyOperator(task_id="a", depends_on_past=True)
with DAG("by_hand", schedule=None):
    EmptyOperator(task_id="a")
"""


def runs(engine: Engine, dag_id: str) -> list[dict[str, Any]]:
    path = f"/api/v2/dags/{dag_id}/dagRuns?limit=100&order_by=id"
    return [r for r in engine.get(path)["dag_runs"] if r["run_type"] == "backfill"]


def backfill(engine: Engine, number: int) -> dict[str, Any]:
    return engine.get(f"/api/v2/backfills/{number}")


def body(dag_id: str, first: str, last: str, **more: Any) -> dict[str, Any]:
    return {"dag_id": dag_id, "from_date": f"2026-01-{first}T00:00:00Z", "to_date": f"2026-01-{last}T00:00:00Z", **more}


def rows(engine: Engine, sql: str) -> list[tuple[Any, ...]]:
    import sqlite3

    with sqlite3.connect(engine.home / "tradewind.db") as db:
        return db.execute(sql).fetchall()


def test_a_range_is_run_and_the_backfill_completes(engine: Engine) -> None:
    engine.write("dags.py", FILE)
    engine.up()
    engine.serve()
    ask = body("daily", "02", "05", run_backwards=True, dag_run_conf={"n": 7})
    status, dry = engine.ask("POST", "/api/v2/backfills/dry_run", ask)
    assert (status, dry["total_entries"]) == (200, 3)
    assert [d["logical_date"] for d in dry["backfills"]] == [f"2026-01-0{n}T06:00:00Z" for n in (4, 3, 2)]
    status, made = engine.ask("POST", "/api/v2/backfills", ask)
    assert status == 200 and made["completed_at"] is None and made["max_active_runs"] == 10
    wait_until(lambda: backfill(engine, made["id"])["completed_at"], 60, "it does not complete")
    found = runs(engine, "daily")
    assert [r["dag_run_id"] for r in found] == [f"backfill__2026-01-0{n}T06:00:00+00:00" for n in (4, 3, 2)]
    assert all(r["state"] == "success" and r["conf"] == {"n": 7} and r["triggered_by"] == "backfill" for r in found)
    status, listed = engine.ask("GET", "/api/v2/backfills?dag_id=daily")
    assert (status, listed["total_entries"]) == (200, 1)
    assert engine.ask("PUT", f"/api/v2/backfills/{made['id']}/pause")[0] == 409
    assert engine.ask("GET", "/api/v2/backfills/99")[0] == 404


def test_runs_that_are_there_are_left_or_run_again(engine: Engine) -> None:
    engine.write("dags.py", FILE)
    engine.up()
    engine.serve()

    def create(**more: Any) -> dict[str, Any]:
        status, made = engine.ask("POST", "/api/v2/backfills", body("daily", "01", "04", **more))
        assert status == 200, made
        return wait_until(
            lambda: (b := backfill(engine, made["id"]))["completed_at"] and b, 60, "the backfill does not complete"
        )

    first = create()
    assert len(runs(engine, "daily")) == 3
    engine.ask("PATCH", "/api/v2/dags/daily/dagRuns/backfill__2026-01-02T06:00:00%2B00:00", {"state": "failed"})
    second = create(reprocess_behavior="failed", dag_run_conf={"n": 2})
    states = "select logical_date, exception_reason, dag_run_id is null from backfill_dag_run where backfill_id = {} order by sort_ordinal"
    assert [r[1:] for r in rows(engine, states.format(second["id"]))] == [
        ("already exists", 1),
        (None, 0),
        ("already exists", 1),
    ]
    again = next(r for r in runs(engine, "daily") if r["logical_date"] == "2026-01-02T06:00:00Z")
    assert again["state"] == "success" and again["conf"] == {"n": 2}
    third = create(reprocess_behavior="completed")
    assert [r[1:] for r in rows(engine, states.format(third["id"]))] == [(None, 0)] * 3
    assert rows(engine, f"select count(*) from dag_run where backfill_id = {third['id']}") == [(3,)]
    assert first["id"] < second["id"] < third["id"]


def test_pause_cancel_and_the_limit_of_its_own(engine: Engine) -> None:
    engine.write("dags.py", FILE)
    engine.up()
    engine.serve()
    dates = ["--from-date", "2026-01-01", "--to-date", "2026-01-06"]
    engine.run("backfill", "create", "--dag-id", "slow", *dates, "--max-active-runs", "2")
    number = engine.get("/api/v2/backfills?dag_id=slow")["backfills"][0]["id"]

    def states() -> list[str]:
        return [r["state"] for r in runs(engine, "slow")]

    wait_until(lambda: states() == ["running"] * 2 + ["queued"] * 4, 30, "two at a time")
    status, answer = engine.ask("POST", "/api/v2/backfills", body("slow", "01", "03"))
    assert status == 409 and answer["detail"] == "There is already a running backfill for dag slow"
    assert engine.ask("PUT", f"/api/v2/backfills/{number}/pause")[1]["is_paused"] is True
    path = "/api/v2/dags/slow/dagRuns/backfill__2026-01-01T00:00:00%2B00:00"
    assert engine.ask("PATCH", path, {"state": "failed"})[0] == 200
    wait_until(lambda: states()[0] == "failed", 30, "the run does not fail")
    assert states()[1:] == ["running"] + ["queued"] * 4
    assert engine.ask("PUT", f"/api/v2/backfills/{number}/unpause")[1]["is_paused"] is False
    wait_until(lambda: states() == ["failed", "running", "running"] + ["queued"] * 3, 30, "it does not go on")
    status, cancelled = engine.ask("PUT", f"/api/v2/backfills/{number}/cancel")
    assert status == 200 and cancelled["completed_at"]
    wait_until(lambda: states() == ["failed", "running", "running"] + ["failed"] * 3, 30, "queued runs do not fail")
    # Nothing ran in them, nothing was decided of their tasks.
    left = rows(engine, "select state from task_instance where run_id like 'backfill__2026-01-06%'")
    assert left == [(None,)]


def test_what_is_refused(engine: Engine) -> None:
    engine.write("dags.py", FILE)
    engine.up()
    engine.serve()

    def refused(**ask: Any) -> tuple[int, Any]:
        status, answer = engine.ask("POST", "/api/v2/backfills", ask)
        return status, answer["detail"]

    assert refused(**body("nowhere", "01", "02")) == (404, "Could not find dag nowhere")
    assert refused(**body("by_hand", "01", "02")) == (
        422,
        "by_hand has a non-periodic schedule that does not support backfills",
    )
    assert refused(**body("daily", "03", "02")) == (
        422,
        "from_date (2026-01-03T00:00:00+00:00) must not be after to_date (2026-01-02T00:00:00+00:00).",
    )
    future = {"dag_id": "daily", "from_date": "2100-01-01T00:00:00Z", "to_date": "2100-01-02T00:00:00Z"}
    assert refused(**future) == (422, "Backfill cannot be executed for future dates.")
    assert refused(**body("daily", "02", "02")) == (
        422,
        "No runs to create for Dag daily in the range [2026-01-02 00:00:00+00:00, 2026-01-02 00:00:00+00:00]",
    )
    assert "You must set reprocess behavior" in refused(**body("chained", "01", "02"))[1]
    backwards = body("chained", "01", "02", reprocess_behavior="failed", run_backwards=True)
    assert "cannot be run in reverse" in refused(**backwards)[1]
    assert refused(**body("daily", "01", "03"), surprise=1)[0] == 422


def test_depends_on_past_within_a_backfill(engine: Engine) -> None:
    engine.write("dags.py", FILE)
    engine.up()
    engine.serve()
    status, made = engine.ask(
        "POST",
        "/api/v2/backfills",
        body("chained", "03", "08", reprocess_behavior="completed", max_active_runs=1),
    )
    assert status == 200
    wait_until(lambda: backfill(engine, made["id"])["completed_at"], 60, "it does not complete")
    found = runs(engine, "chained")
    assert [r["state"] for r in found] == ["success"] * 6
    ends = [r["end_date"] for r in found]
    assert ends == sorted(ends)


def test_the_command_of_2_waits_for_its_end(engine: Engine) -> None:
    engine.write("dags.py", FILE)
    engine.up()
    done = engine.run("dags", "backfill", "daily", "-s", "2026-01-01", "-e", "2026-01-03", "--dry-run")
    assert "Runs to be attempted:" in done.stdout and "2026-01-02 06:00:00+00:00" in done.stdout
    done = engine.run("dags", "backfill", "daily", "-s", "2026-01-01", "-e", "2026-01-03")
    assert "2 new runs" in done.stdout and "finished run 2 of 2" in done.stderr
    states = {r["run_id"]: r["state"] for r in engine.json("dags", "list-runs", "daily") if "backfill" in r["run_id"]}
    assert set(states.values()) == {"success"} and len(states) == 2
    listed = engine.json("backfill", "list", "--dag-id", "daily")
    assert len(listed) == 1 and json.dumps(listed)


def test_a_date_that_was_backfilled_is_not_run_again_by_the_schedule(engine: Engine) -> None:
    engine.write(
        "dags.py",
        """
import pendulum
from airflow.sdk import DAG
from airflow.providers.standard.operators.empty import EmptyOperator
with DAG("late", schedule="@daily", start_date=pendulum.datetime(2026, 1, 1), end_date=pendulum.datetime(2026, 1, 5),
         catchup=True, is_paused_upon_creation=True):
    EmptyOperator(task_id="a")
""",
    )
    engine.up()
    engine.serve()
    # By hand, for a date that the schedule has yet to come to; it ends before.
    ask = {"logical_date": "2026-01-03T00:00:00Z"}
    run = engine.ask("POST", "/api/v2/dags/late/dagRuns", ask)[1]["dag_run_id"]
    engine.run("dags", "unpause", "late")
    assert engine.finish("late", run) == "success"
    wait_until(
        lambda: len(done := engine.get("/api/v2/dags/late/dagRuns")["dag_runs"]) == 5
        and all(r["state"] == "success" for r in done),
        60,
        "the schedule stops at a date that is taken",
    )
    types = {r["logical_date"][:10]: r["run_type"] for r in engine.get("/api/v2/dags/late/dagRuns")["dag_runs"]}
    assert types["2026-01-03"] == "manual" and types["2026-01-04"] == "scheduled"


OLD = """
from datetime import datetime, timedelta
from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.empty import EmptyOperator

DAILY = dict(schedule="@daily", start_date=datetime(2026, 1, 1), end_date=datetime(2026, 1, 9))

def bash(name, command, **more):
    return BashOperator(task_id=name, bash_command=command, **more)

with DAG("part", **DAILY):
    bash("above", "echo above >> {out}") >> bash("wanted", "echo wanted >> {out}") >> bash("below", "echo below >> {out}")
    bash("beside", "echo beside >> {out}")
with DAG("broken", **DAILY, max_active_runs=1):
    one = bash("good", "echo good >> {out}")
    one >> BashOperator.partial(task_id="bad", retries=3, retry_delay=timedelta(seconds=0)).expand(
        bash_command=["test -e {out}.fixed", "true"])
with DAG("broken_too", **DAILY):
    EmptyOperator(task_id="past", depends_on_past=True)
"""
DATES = ["-s", "2026-01-01", "-e", "2026-01-03"]


def old(engine: Engine) -> Any:
    """Ready to go; what the tasks wrote, sorted, and forgotten with the question."""
    out = engine.home.parent / "out"
    engine.write("old.py", OLD.replace("{out}", str(out)))
    engine.up()

    def said() -> list[str]:
        lines = sorted(out.read_text().split()) if out.exists() else []
        out.unlink(missing_ok=True)
        return lines

    return said


def test_some_tasks_of_a_dag_are_backfilled(engine: Engine) -> None:
    """2.x: the tasks that match, with or without what is above them; the others are not there."""
    said = old(engine)
    done = engine.run("dags", "backfill", "part", "-s", "2026-01-01", "-t", "^wan", "-x", "--local", "-S", "/dags")
    assert said() == ["above", "wanted"]
    assert [line.split()[0] for line in done.stderr.splitlines() if "no effect" in line] == ["--donot-pickle", "--local", "--subdir"]
    run = "backfill__2026-01-01T00:00:00+00:00"
    assert engine.states("part", run) == {"above": "success", "wanted": "success", "below": "removed", "beside": "removed"}
    engine.run("dags", "backfill", "part", "-s", "2026-01-02", "-t", "wanted", "-i")
    assert said() == ["wanted"]
    engine.kill("scheduler")
    engine.start("scheduler")
    engine.run("dags", "backfill", "part", "-s", "2026-01-02", "-t", "below", "-i", "--reset-dagruns", "-y")
    assert said() == ["below"]
    engine.run("dags", "backfill", "part", "-s", "2026-01-04", "-m")
    assert said() == [] and set(engine.states("part", "backfill__2026-01-04T00:00:00+00:00").values()) == {"success"}
    failed = engine.run("dags", "backfill", "part", "-s", "2026-01-05", "-t", "nothing", check=False)
    assert failed.returncode == 1 and "no task of 'part' matches 'nothing'" in failed.stderr
    assert "Provide a start_date and/or end_date" in engine.run("dags", "backfill", "part", check=False).stderr


def test_a_failure_stops_a_backfill_of_2x_and_what_failed_is_run_again(engine: Engine) -> None:
    said = old(engine)
    engine.run("pools", "set", "small", "1", "for backfills")
    done = engine.run("dags", "backfill", "broken", *DATES, "--disable-retry", "--pool", "small", check=False)
    assert done.returncode == 1 and "Some task instances failed" in done.stdout and "2026-01-01" in done.stdout
    assert "2 of 3 dates were not begun" in done.stderr and rows(engine, "select count(*) from dag_run") == [(1,)]
    tis = "select task_id, map_index, state, try_number, pool from task_instance order by task_id, map_index"
    assert rows(engine, tis) == [
        ("bad", 0, "failed", 1, "small"), ("bad", 1, "success", 1, "small"), ("good", -1, "success", 1, "small"),
    ]  # fmt: skip
    assert said() == ["good"]
    done = engine.run("dags", "backfill", "broken", *DATES, "--disable-retry", "--continue-on-failures", check=False)
    assert done.returncode == 1 and said() == ["good", "good"]
    (engine.home.parent / "out.fixed").touch()
    engine.run("dags", "backfill", "broken", *DATES, "--rerun-failed-tasks")
    assert said() == [] and rows(engine, "select distinct state from dag_run") == [("success",)]


def test_dags_are_backfilled_by_a_regular_expression(engine: Engine) -> None:
    old(engine)
    (engine.home.parent / "out.fixed").touch()
    engine.run("dags", "backfill", "^broken", *DATES, "--treat-dag-id-as-regex", "-I")
    assert rows(engine, "select dag_id, count(*) from dag_run where state = 'success' group by 1") == [("broken", 3), ("broken_too", 3)]
    failed = engine.run("dags", "backfill", "broken_too", *DATES, "-B", check=False)
    assert failed.returncode == 1 and "depends_on_past" in failed.stderr
