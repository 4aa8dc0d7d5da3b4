"""Acting on runs: clear, mark, fail, delete, while their DAG changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

from engine import Engine, wait_until

FIRST = """
import pendulum
from airflow.sdk import DAG
from airflow.providers.standard.operators.bash import BashOperator
with DAG("changing", schedule=None, max_consecutive_failed_dag_runs=0):
    BashOperator(task_id="a", bash_command="echo first") >> BashOperator(task_id="gone", bash_command="echo gone")
"""
SECOND = FIRST.replace("first", "second").replace('task_id="gone"', 'task_id="new"')

LONG = """
import pendulum
from airflow.sdk import DAG, Param
from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
with DAG("long", schedule=None, params={{"n": Param(1, type="integer", minimum=1)}}):
    up = BashOperator(task_id="up", bash_command="true")
    work = BashOperator(task_id="work", bash_command="trap 'exit 3' TERM; touch {0}/began; while true; do sleep 0.1; done")
    after = BashOperator(task_id="after", bash_command="true")
    down = BashOperator(task_id="down", bash_command="touch {0}/cleaned").as_teardown(setups=up)
    up >> work >> after >> down
with DAG("daily", schedule="@daily", start_date=pendulum.datetime(2026, 1, 1), end_date=pendulum.datetime(2026, 1, 4), catchup=True):
    EmptyOperator(task_id="a") >> BashOperator(task_id="b", bash_command="exit 1") >> EmptyOperator(task_id="c")
"""


def run_path(dag_id: str, run_id: str) -> str:
    return f"/api/v2/dags/{dag_id}/dagRuns/{quote(run_id)}"


def tasks(engine: Engine, dag_id: str, run_id: str) -> dict[str, Any]:
    found = engine.get(run_path(dag_id, run_id) + "/taskInstances")["task_instances"]
    return {t["task_id"]: t for t in found}


def states(engine: Engine, dag_id: str, run_id: str) -> dict[str, str]:
    return {k: t["state"] for k, t in tasks(engine, dag_id, run_id).items()}


def parse_again(engine: Engine, name: str, text: str) -> None:
    engine.write(name, text)
    engine.run("dag-processor", "--num-runs", "1")


EDITED = """
from airflow.sdk import DAG, task
from airflow.providers.standard.operators.bash import BashOperator
with DAG("edited", schedule=None):
    first = BashOperator(task_id="first", bash_command="touch {0}/began; while [ ! -e {0}/go ]; do sleep 0.05; done")
    @task(task_id="{1}")
    def other():
        print("this is {1}")
    first >> other() >> BashOperator(task_id="last", bash_command="echo {1}")
    {2}
"""


def test_a_live_run_follows_its_file(engine: Engine, tmp_path: Path) -> None:
    engine.write("edited.py", EDITED.format(tmp_path, "old", 'BashOperator(task_id="slow", bash_command="sleep 600")'))
    engine.up()
    run = engine.trigger("edited")
    wait_until((tmp_path / "began").exists, 30, "the first task does not start")
    wait_until(lambda: engine.states("edited", run)["slow"] == "running", 30, "the second does not start")
    parse_again(engine, "edited.py", EDITED.format(tmp_path, "renamed", ""))
    wait_until(lambda: "renamed" in engine.states("edited", run), 30, "the run does not see its file's new task")
    assert engine.states("edited", run)["old"] == engine.states("edited", run)["slow"] == "removed"
    assert engine.states("edited", run)["first"] == "running"
    (tmp_path / "go").touch()
    assert engine.finish("edited", run) == "success"
    assert engine.states("edited", run) == {
        "first": "success",
        "old": "removed",
        "slow": "removed",
        "renamed": "success",
        "last": "success",
    }
    assert "this is renamed" in engine.log("edited", run, "renamed")
    assert "renamed" in engine.log("edited", run, "last")
    wait_until(lambda: not engine.children("sleep 600"), 30, "the removed task's process goes on")


def test_a_run_whose_file_changed_while_nobody_scheduled(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "go").touch()
    engine.write("edited.py", EDITED.format(tmp_path, "old", ""))
    engine.parse()
    run = engine.trigger("edited")
    parse_again(engine, "edited.py", EDITED.format(tmp_path, "renamed", ""))
    engine.start("scheduler")
    assert engine.finish("edited", run) == "success"
    assert engine.states("edited", run)["renamed"] == "success"
    assert "old" not in {k for k, v in engine.states("edited", run).items() if v != "removed"}


def test_a_cleared_run_takes_the_newest_version(engine: Engine) -> None:
    engine.write("changing.py", FIRST)
    engine.up()
    engine.serve()
    run = engine.trigger("changing")
    assert engine.finish("changing", run) == "success"
    parse_again(engine, "changing.py", SECOND)

    def clear(**more: Any) -> None:
        status, answer = engine.ask("POST", run_path("changing", run) + "/clear", {"dry_run": False, **more})
        assert status == 200 and answer["state"] in ("queued", "running"), answer
        assert engine.finish("changing", run) == "success"

    status, rehearsal = engine.ask("POST", run_path("changing", run) + "/clear", {"only_new": True})
    assert status == 200 and [t["task_id"] for t in rehearsal["task_instances"]] == ["new"]
    clear()  # a folder keeps no versions: there is only what its file says now
    left = states(engine, "changing", run)
    assert left == {"a": "success", "gone": "removed", "new": "success"}
    assert "second" in engine.log("changing", run, "a", 2)
    parse_again(engine, "changing.py", FIRST)
    clear(run_on_latest_version=True)
    left = states(engine, "changing", run)
    assert left == {"a": "success", "gone": "success", "new": "removed"}
    assert "first" in engine.log("changing", run, "a", 3)


def test_many_runs_are_cleared_at_once(engine: Engine) -> None:
    engine.write("changing.py", FIRST)
    engine.up()
    engine.serve()
    ids = [engine.trigger("changing", "--run-id", name) for name in ("one", "two", "three")]
    for run in ids:
        assert engine.finish("changing", run) == "success"
    path = "/api/v2/dags/changing/clearDagRuns"
    two = {"dag_runs": [{"dag_run_id": "one"}, {"dag_run_id": "two"}, {"dag_run_id": "one"}]}
    status, rehearsal = engine.ask("POST", path, two)
    assert status == 200 and rehearsal["total_entries"] == 4
    status, answer = engine.ask("POST", path, {**two, "dry_run": False, "note": "again"})
    assert status == 200 and [r["dag_run_id"] for r in answer["dag_runs"]] == ["one", "two"]
    for run in ("one", "two"):
        assert engine.finish("changing", run) == "success"
        assert engine.get(run_path("changing", run))["note"] == "again"
    tries = {run: tasks(engine, "changing", run)["a"]["try_number"] for run in ids}
    assert tries == {"one": 2, "two": 2, "three": 1}
    assert engine.ask("POST", path, {})[0] == 422
    assert engine.ask("POST", path, {"dag_runs": [{"dag_run_id": "none"}]})[0] == 404
    other = {"dag_runs": [{"dag_run_id": "one", "dag_id": "other"}]}
    status, answer = engine.ask("POST", path, other)
    assert (status, answer["detail"]) == (400, "Entry dag_id 'other' does not match the URL dag_id 'changing'.")
    status, answer = engine.ask("POST", "/api/v2/dags/~/clearDagRuns", {"dag_runs": [{"dag_run_id": "one"}]})
    assert status == 400 and "every entry must provide a concrete dag_id" in answer["detail"]


def test_a_run_that_is_failed_stops_its_tasks_and_cleans_up(engine: Engine, tmp_path: Path) -> None:
    engine.write("long.py", LONG.format(tmp_path))
    engine.up()
    engine.serve()
    run = engine.trigger("long")
    wait_until((tmp_path / "began").exists, 60, "the task does not begin")
    assert engine.ask("DELETE", run_path("long", run))[0] == 409
    status, _ = engine.ask("PATCH", run_path("long", run), {"state": "failed", "note": "enough"})
    assert status == 200
    # As in Airflow the teardown still runs, and then the leaves decide: `after` was skipped, which is no failure.
    assert engine.finish("long", run) == "success"
    assert states(engine, "long", run) == {"up": "success", "work": "failed", "after": "skipped", "down": "success"}
    assert (tmp_path / "cleaned").exists()
    assert engine.get(run_path("long", run))["note"] == "enough"
    wait_until(lambda: engine.ask("DELETE", run_path("long", run))[0] == 204, 30, "the run cannot be deleted")
    assert engine.ask("GET", run_path("long", run))[0] == 404


def test_marking_reaches_the_schedules_runs_before_and_after(engine: Engine) -> None:
    engine.write("long.py", LONG.format("/nowhere"))
    engine.up()
    engine.serve()

    def runs() -> dict[str, str]:
        found = engine.get("/api/v2/dags/daily/dagRuns?order_by=logical_date")["dag_runs"]
        return {r["dag_run_id"]: r["state"] for r in found}

    wait_until(lambda: list(runs().values()) == ["failed"] * 4, 60, "the runs do not fail")
    ids = list(runs())
    ask = {"logical_date": "2026-01-02T12:00:00Z"}
    by_hand = engine.ask("POST", "/api/v2/dags/daily/dagRuns", ask)[1]["dag_run_id"]
    assert engine.finish("daily", by_hand) == "failed"
    path = run_path("daily", ids[1]) + "/taskInstances/b"
    body = {"new_state": "success", "include_future": True}
    status, rehearsal = engine.ask("PATCH", path + "/dry_run", body)
    assert status == 200 and [t["dag_run_id"] for t in rehearsal["task_instances"]] == ids[1:]
    assert engine.ask("PATCH", path, body)[0] == 200
    # What could not run below it gets its chance; a run by hand is no neighbour, an earlier one is not meant.
    wait_until(
        lambda: [s for r, s in runs().items() if r != by_hand] == ["failed", "success", "success", "success"],
        60,
        "the runs do not go on",
    )
    assert states(engine, "daily", ids[2]) == {"a": "success", "b": "success", "c": "success"}
    assert states(engine, "daily", by_hand)["b"] == "failed"
    assert states(engine, "daily", ids[0])["c"] == "upstream_failed"


def test_what_a_trigger_refuses(engine: Engine) -> None:
    engine.write("long.py", LONG.format("/nowhere"))
    engine.up()
    engine.serve()

    def refused(**body: Any) -> tuple[int, Any]:
        status, answer = engine.ask("POST", "/api/v2/dags/long/dagRuns", {"logical_date": None, **body})
        return status, answer["detail"]

    assert refused(dag_run_id="scheduled__x") == (
        400,
        "A manual DAG run cannot use ID 'scheduled__x' since it is reserved for scheduled runs",
    )
    assert refused(dag_run_id="a..b") == (400, "The run_id 'a..b' must not contain '..' to prevent path traversal")
    status, detail = refused(dag_run_id="a b")
    assert status == 400 and detail.startswith("The run_id provided 'a b' does not match regex pattern '^[A-Za-z0-9_.~:+-]+$'")
    status, detail = refused(conf={"n": 0})
    assert status == 400 and detail.startswith("Invalid input for param n: 0 is less than the minimum of 1")
    done = engine.run("dags", "trigger", "long", "--conf", '{"n": "x"}', check=False)
    assert done.returncode == 1 and "'x' is not of type 'integer'" in done.stderr


def test_tasks_clear_of_many_dags(engine: Engine) -> None:
    engine.write("one.py", FIRST.replace("changing", "team_one"))
    engine.write("two.py", FIRST.replace("changing", "team_two"))
    engine.up()
    runs = {dag_id: engine.trigger(dag_id) for dag_id in ("team_one", "team_two")}
    for dag_id, run in runs.items():
        assert engine.finish(dag_id, run) == "success"
    done = engine.run("tasks", "clear", "^team_", "--dag-regex", "-t", "^a$", "-d", "-y")
    assert "4 task instances have been cleared" in done.stdout
    for dag_id, run in runs.items():
        assert engine.finish(dag_id, run) == "success"
        assert "first" in engine.log(dag_id, run, "a", 2) and "gone" in engine.log(dag_id, run, "gone", 2)
    assert "Nothing to clear." in engine.run("tasks", "clear", "team_one", "--only-failed", "-y").stdout
