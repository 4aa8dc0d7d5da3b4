"""Workers elsewhere: they take workloads over HTTP and tell, each attempt with a token of its own (docs/execution-api.md)."""

from __future__ import annotations

import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import jwt
import pytest
from engine import BINARY, Engine, wait_until
from execution_client import Task, Worker

DAGS = """
from datetime import timedelta
from airflow.sdk import DAG, task
from airflow.providers.standard.operators.bash import BashOperator

with DAG("two", schedule=None):
    BashOperator(task_id="first", bash_command="echo {{ run_id }}") >> BashOperator(task_id="second", bash_command="true")

with DAG("again", schedule=None):
    BashOperator(task_id="a", bash_command="true", retries=1, retry_delay=timedelta(0))

with DAG("queued", schedule=None):
    BashOperator(task_id="heavy", bash_command="true", queue="heavy")
    BashOperator(task_id="light", bash_command="true")

with DAG("mapped", schedule=None):
    @task
    def numbers():
        return [1, 2, 3]

    @task
    def each(n):
        return n

    each.expand(n=numbers())

with DAG("branch", schedule=None):
    @task.branch
    def choose():
        return "left"

    choose() >> [BashOperator(task_id=t, bash_command="true") for t in ("left", "right")]
"""


PYTHON = """
from datetime import timedelta
from airflow.sdk import DAG, Variable, task
from airflow.providers.standard.operators.bash import BashOperator

with DAG("python", schedule=None):
    @task
    def push():
        return Variable.get("word") + " from push"

    @task
    def pull(said, ti=None):
        assert said == "hello from push"
        assert ti.xcom_pull(task_ids="bash") == "hello from push"

    @task(retries=1, retry_delay=timedelta(0))
    def flaky(ti=None):
        if ti.try_number == 1:
            raise ValueError("once")

    said = push()
    bash = BashOperator(task_id="bash", bash_command="echo {{ ti.xcom_pull(task_ids='push') }}")
    said >> bash >> pull(said)
    flaky()

for name, seconds in (("slow", 300), ("short", 2)):
    with DAG(name, schedule=None):
        BashOperator(task_id="sleep", bash_command=f"sleep {seconds}.25")
"""


class Away:
    """`tradewind worker` in another home, as if on another machine."""

    def __init__(self, engine: Engine, home: Path) -> None:
        home.mkdir()
        self.home = home
        env = {**engine.env, "TRADEWIND_HOME": str(home), "TRADEWIND__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{engine.port}/execution/"}
        with open(home / "worker.log", "wb") as log:
            self.process = subprocess.Popen([BINARY, "worker", "--slots", "3"], env=env, stdout=log, stderr=log, start_new_session=True)

    def log(self) -> str:
        return (self.home / "worker.log").read_text()

    def sleeping(self) -> bool:
        """Does a task of this home sleep?"""
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and b"sleep" in (entry / "cmdline").read_bytes() and str(self.home).encode() in (entry / "environ").read_bytes():
                    return True
            except OSError:
                continue
        return False

    def stop(self) -> None:
        self.process.terminate()
        try:
            assert self.process.wait(30) == 0, self.log()
        finally:
            self.process.kill()


@pytest.fixture
def far(tmp_path: Path) -> Iterator[tuple[Engine, Worker]]:
    engine = Engine(tmp_path, TRADEWIND__CORE__EXECUTOR="RemoteExecutor", TRADEWIND__API_AUTH__JWT_SECRET="s" * 64)
    engine.write("far.py", DAGS)
    try:
        engine.up()
        engine.serve()
        yield engine, Worker(engine.port, "s" * 64)
    finally:
        engine.stop()


def take(worker: Worker) -> Task:
    got = worker.take()
    assert got, "nothing to do"
    return Task(worker, got[0])


def test_a_task_from_its_queue_to_its_end(far: tuple[Engine, Worker]) -> None:
    engine, worker = far
    run = engine.trigger("two")
    first = take(worker)
    assert first.ti["task_id"] == "first" and first.ti["try_number"] == 1
    assert worker.take(wait=0) == [], "it is given to one worker only"
    answer = first.start()
    assert answer.status == 200
    assert answer.body["dag_run"]["run_id"] == run and answer.body["dag_run"]["state"] == "running"
    assert answer.headers["Refreshed-API-Token"] == first.bearer
    assert engine.states("two", run)["first"] == "running"
    assert first.start().status == 200, "the same one may say it twice"
    assert first.beat().status == 204
    assert first.own("PUT", "rtif", {"bash_command": f"echo {run}", "env": None}).status == 201
    assert first.call("POST", first.xcom("return_value"), "hello").status == 201
    assert first.end().status == 204
    assert first.end().status == 200, "told twice"
    second = take(worker)
    second.start()
    assert second.call("GET", second.xcom("return_value", task="first")).body == {"key": "return_value", "value": "hello"}
    assert second.end().status == 204
    assert engine.finish("two", run) == "success"


def test_a_failure_is_tried_again_under_another_id(far: tuple[Engine, Worker]) -> None:
    engine, worker = far
    run = engine.trigger("again")
    one = take(worker)
    assert one.start().body["should_retry"] is True
    assert one.end("up_for_retry").status == 204
    two = take(worker)
    assert (two.ti["try_number"], two.id != one.id) == (2, True)
    assert one.beat().status == 410
    assert one.start().status == 404
    assert two.start().body["should_retry"] is False
    assert two.end("failed").status == 204
    assert engine.finish("again", run) == "failed"


def test_a_worker_that_dies_loses_what_it_ran(far: tuple[Engine, Worker]) -> None:
    engine, worker = far
    engine.trigger("again")
    one = take(worker)
    one.start()
    worker.gone(one, "exit code 137")
    two = take(worker)
    assert two.ti["try_number"] == 2
    assert two.start().status == 200


def test_a_late_word_about_the_first_half_is_not_the_second_halfs(far: tuple[Engine, Worker]) -> None:
    engine, worker = far
    engine.start("triggerer")
    run = engine.trigger("two")
    one = take(worker)
    one.start()
    past = {"__classname__": "datetime.datetime", "__version__": 2, "__data__": {"timestamp": 1.0, "tz": None}}
    deferral = {
        "state": "deferred",
        "classpath": "airflow.providers.standard.triggers.temporal.DateTimeTrigger",
        "trigger_kwargs": {"moment": past, "end_from_trigger": False},
        "next_method": "execute_complete",
        "next_kwargs": {"a": 1},
    }
    assert one.own("PATCH", "state", deferral).status == 204
    wait_until(lambda: engine.states("two", run)["first"] == "queued", 30, "the trigger does not fire")
    worker.gone(one, "exit code 0")
    two = take(worker)
    assert two.id == one.id and two.claim != one.claim
    worker.gone(one, "exit code 0")
    answer = two.start()
    assert answer.body["next_method"] == "execute_complete"
    assert answer.body["next_kwargs"]["a"] == 1 and answer.body["next_kwargs"]["event"]["__classname__"] == "datetime.datetime"
    worker.gone(one, "exit code 0")
    assert two.beat().status == 204
    worker.gone(two, "exit code 9")
    wait_until(lambda: engine.states("two", run)["first"] == "failed", 20, "the second half is not lost")


def test_who_is_marked_or_elsewhere_is_told_to_stop(far: tuple[Engine, Worker]) -> None:
    engine, worker = far
    run = engine.trigger("two")
    one = take(worker)
    one.start()
    assert one.beat(pid=1).body["detail"]["reason"] == "running_elsewhere"
    path = f"/api/v2/dags/two/dagRuns/{run}/taskInstances/first".replace("+", "%2B")
    assert engine.ask("PATCH", path, {"new_state": "failed"})[0] == 200
    beat = one.beat()
    assert (beat.status, beat.body["detail"]["reason"], beat.body["detail"]["current_state"]) == (409, "not_running", "failed")
    assert one.end().status == 409
    worker.gone(one, "stopped")
    assert engine.finish("two", run) == "failed"


def test_cleared_while_it_runs_it_begins_again_when_the_first_is_gone(far: tuple[Engine, Worker]) -> None:
    engine, worker = far
    run = engine.trigger("two")
    one = take(worker)
    one.start()
    engine.run("tasks", "clear", "two", "-t", "first", "-y")
    wait_until(lambda: engine.states("two", run)["first"] == "restarting", 20, "not cleared")
    beat = one.beat()
    assert (beat.status, beat.body["detail"]["current_state"]) == (409, "restarting")
    assert worker.take(wait=0.5) == [], "the first one runs still"
    assert one.end().status == 409
    worker.gone(one, "stopped")
    two = take(worker)
    assert two.id != one.id
    assert two.start().status == 200 and one.beat().status == 410


def test_what_is_taken_and_not_begun_is_queued_again(tmp_path: Path) -> None:
    engine = Engine(
        tmp_path,
        TRADEWIND__CORE__EXECUTOR="RemoteExecutor",
        TRADEWIND__API_AUTH__JWT_SECRET="s" * 64,
        TRADEWIND__SCHEDULER__TASK_QUEUED_TIMEOUT="1",
    )
    engine.write("far.py", DAGS)
    try:
        engine.up()
        engine.serve()
        worker = Worker(engine.port, "s" * 64)
        engine.trigger("two")
        one = take(worker)
        two = take(worker)
        assert two.id != one.id
        assert one.start().status in (403, 404), "its token is worth nothing any more"
        assert two.start().status == 200
    finally:
        engine.stop()


def test_a_worker_gives_back_what_it_cannot_run(far: tuple[Engine, Worker]) -> None:
    engine, worker = far
    engine.trigger("two")
    one = take(worker)
    path, token = f"/workloads/{one.id}/release", worker.token("w1", "worker")
    assert worker.call("POST", path, {"claim": "another's"}, token).status == 204
    assert worker.take(wait=0.2) == []
    assert worker.call("POST", path, {"claim": one.claim}, token).status == 204
    assert take(worker).id == one.id


def test_queues_are_for_their_workers(far: tuple[Engine, Worker]) -> None:
    engine, worker = far
    run = engine.trigger("queued")
    assert worker.take(queues=["nobody's"], wait=0.5) == []
    why = f"/api/v2/dags/queued/dagRuns/{run}/taskInstances/heavy/dependencies".replace("+", "%2B")
    assert "no worker of the queue 'heavy' has taken it" in str(engine.ask("GET", why)[1])
    light = Task(worker, worker.take(queues=["default", "other"])[0])
    assert light.ti["task_id"] == "light"
    heavy = Task(worker, worker.take(queues=["heavy"])[0])
    assert (heavy.ti["task_id"], heavy.ti["queue"]) == ("heavy", "heavy")


def test_mapped_over_what_was_pushed(far: tuple[Engine, Worker]) -> None:
    engine, worker = far
    run = engine.trigger("mapped")
    numbers = take(worker)
    numbers.start()
    assert numbers.call("POST", numbers.xcom("return_value") + "?mapped_length=2000", [1]).status == 400
    assert numbers.call("POST", numbers.xcom("return_value") + "?mapped_length=3", [1, 2, 3]).status == 201
    assert numbers.end().status == 204
    seen = []
    for _ in range(3):
        one = take(worker)
        one.start()
        seen.append(one.ti["map_index"])
        one.call("POST", one.xcom("return_value") + f"?map_index={one.ti['map_index']}", one.ti["map_index"] + 1)
        assert one.end(rendered_map_index=f"no {one.ti['map_index']}").status == 204
    assert sorted(seen) == [0, 1, 2]
    assert engine.finish("mapped", run) == "success"
    each = one.xcom("return_value")
    assert one.call("HEAD", each).headers["Content-Range"] == "map_indexes 3"
    assert one.call("GET", each + "/slice?start=-2").body == [2, 3]
    assert one.call("GET", each + "/item/-1").body == 3


def test_a_branch_skips_and_stays_skipped(far: tuple[Engine, Worker]) -> None:
    engine, worker = far
    run = engine.trigger("branch")
    choose = take(worker)
    choose.start()
    assert choose.call("POST", choose.xcom("skipmixin_key"), {"followed": ["left"]}).status == 201
    assert choose.own("PATCH", "skip-downstream", {"tasks": ["right"]}).status == 204
    wait_until(lambda: engine.states("branch", run)["right"] == "skipped", 20, "not skipped")
    assert choose.end().status == 204
    left = take(worker)
    left.start()
    left.end()
    assert engine.finish("branch", run) == "success"
    engine.run("tasks", "clear", "branch", "-t", "right", "-y")
    wait_until(lambda: engine.states("branch", run)["right"] == "skipped", 20, "not skipped again")


def test_our_own_worker_runs_them_from_a_home_of_its_own(far: tuple[Engine, Worker], tmp_path: Path) -> None:
    engine, worker = far
    engine.write("python.py", PYTHON)
    engine.run("dag-processor", "--num-runs", "1")
    engine.run("variables", "set", "word", "hello")
    away = Away(engine, tmp_path / "away")
    try:
        run = engine.trigger("python")
        assert engine.finish("python", run) == "success", away.log()
        assert engine.states("python", run) == {"push": "success", "bash": "success", "pull": "success", "flaky": "success"}
        told = away.home / "logs" / "dag_id=python" / f"run_id={run}" / "task_id=bash" / "attempt=1.log"
        assert "hello from push" in told.read_text()
        slow = engine.trigger("slow")
        wait_until(lambda: engine.states("slow", slow)["sleep"] == "running", 30, "does not run")
        path = f"/api/v2/dags/slow/dagRuns/{slow}/taskInstances/sleep".replace("+", "%2B")
        assert engine.ask("PATCH", path, {"new_state": "failed"})[0] == 200
        wait_until(lambda: not away.sleeping(), 40, "it was not killed")
        last = engine.trigger("short")
        wait_until(lambda: engine.states("short", last)["sleep"] == "running", 30, "does not run")
    finally:
        away.stop()
    assert engine.finish("short", last) == "success", "a worker that is told to stop waits for what it runs"


def test_a_callback_on_a_worker_may_ask_when_the_next_attempt_has_ended(far: tuple[Engine, Worker], tmp_path: Path) -> None:
    engine, worker = far
    out = tmp_path / "asked"
    engine.write(
        "calls.py",
        f"""
import os, time
from datetime import timedelta
from airflow.sdk import DAG, Variable, task

def ask(context):
    while not os.path.exists({str(out)!r} + ".go"):
        time.sleep(0.05)
    ti = context["ti"]
    line = f"{{ti.try_number}} {{Variable.get('word')}} {{ti.xcom_pull(task_ids='first')}}\\n"
    with open({str(out)!r}, "a") as f:
        f.write(line)

with DAG("calls", schedule=None):
    @task
    def first():
        return 7

    @task(retries=1, retry_delay=timedelta(0), on_retry_callback=ask, on_failure_callback=ask)
    def fails():
        raise ValueError

    first() >> fails()
""",
    )
    engine.run("dag-processor", "--num-runs", "1")
    engine.run("variables", "set", "word", "hello")
    away = Away(engine, tmp_path / "away")
    try:
        assert engine.finish("calls", engine.trigger("calls")) == "failed", away.log()
        (tmp_path / "asked.go").touch()
        wait_until(lambda: out.exists() and sorted(out.read_text().splitlines()) == ["1 hello 7", "2 hello 7"], 30, "not answered")
    finally:
        away.stop()


def test_a_server_that_goes_away_and_comes_back(far: tuple[Engine, Worker], tmp_path: Path) -> None:
    engine, worker = far
    engine.write("python.py", PYTHON)
    engine.run("dag-processor", "--num-runs", "1")
    away = Away(engine, tmp_path / "away")
    try:
        run = engine.trigger("short")
        wait_until(lambda: engine.states("short", run)["sleep"] == "running", 30, "does not run")
        engine.kill("api-server")
        wait_until(lambda: not away.sleeping(), 40, "it sleeps for ever")
        engine.serve()
        assert engine.finish("short", run) == "success", away.log()
    finally:
        away.stop()


def test_a_scheduler_that_comes_back_knows_its_attempts(far: tuple[Engine, Worker]) -> None:
    engine, worker = far
    run = engine.trigger("two")
    one = take(worker)
    one.start()
    engine.kill("scheduler")
    assert one.beat().status == 204
    engine.start("scheduler")
    assert one.end().status == 204 or one.end().status in (200, 204)
    two = take(worker)
    two.start()
    two.end()
    assert engine.finish("two", run) == "success"


def test_a_tasks_token_does_not_open_the_rest_api(tmp_path: Path) -> None:
    engine = Engine(tmp_path, TRADEWIND__API_AUTH__JWT_SECRET="s" * 64)
    engine.env["TRADEWIND__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS"] = "False"
    try:
        engine.parse()
        engine.serve()
        token = Worker(engine.port, "s" * 64).token("01890000-0000-7000-8000-000000000000")
        for said in (token, Worker(engine.port, "s" * 64).token("admin", "worker")):
            request = urllib.request.Request(f"http://127.0.0.1:{engine.port}/api/v2/dags", headers={"Authorization": f"Bearer {said}"})
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(request)
            assert refused.value.code in (401, 403)
    finally:
        engine.stop()


def test_nonsense_from_a_worker_fells_nobody(far: tuple[Engine, Worker]) -> None:
    engine, worker = far
    run = engine.trigger("two")
    one = take(worker)
    one.start()
    for tasks in ({"a": 1}, [{}], [[]], [[1, 2]], ["a", 5], [["a", "b"]]):
        assert one.own("PATCH", "skip-downstream", {"tasks": tasks}).status == 422
        answer = one.own("POST", "ask", {"do": "skip_downstream", "tasks": tasks})
        assert answer.status == 200 and (tasks == {"a": 1} or answer.body["error"]["kind"] == "invalid")
    for frame in ({"xcoms": {"a": 1}}, {"xcoms": [1]}, {"skip": 5}, {"defer": []}, {"outlet_events": {"a": 1}}, {"outlet_events": [3]}):
        assert one.own("PATCH", "finished", {"state": "success", **frame}).status == 422
    lies = {"state": "success", "outlet_events": [{"asset": 1, "partition_keys": {"a": 1}}], "xcoms": [{"key": "k"}], "skip": {"followed": 3}}
    assert one.own("PATCH", "finished", lies).status == 204
    assert engine.states("two", run)["first"] == "success"


def test_no_other_token_opens_the_door(far: tuple[Engine, Worker]) -> None:
    engine, worker = far
    engine.trigger("two")
    one = take(worker)
    other = worker.token("01890000-0000-7000-8000-000000000000")
    workload = one.bearer
    path = f"/task-instances/{one.id}/heartbeat"
    beat = {"hostname": "far", "pid": one.pid}
    assert worker.call("PUT", path, beat).status == 401
    assert worker.call("PUT", path, beat, other).status == 403
    assert worker.call("PUT", path, beat, workload).status == 403, "a workload token only starts its attempt"
    assert worker.call("GET", "/variables/x", token=workload).status == 403
    assert worker.call("PUT", path, beat, worker.token(one.id, ttl=-100)).status == 403
    assert worker.call("PUT", path, beat, worker.token(one.id, aud="apache-airflow")).status == 403
    assert worker.call("PUT", path, beat, Worker(1, "t" * 64).token(one.id)).status == 403
    claims = jwt.decode(worker.token(one.id), options={"verify_signature": False})
    assert worker.call("PUT", path, beat, jwt.encode(claims, None, "none")).status == 403
    assert worker.call("PUT", path, beat, jwt.encode(claims, "s" * 64, "HS256")).status == 403
    user = jwt.encode({**claims, "sub": "admin", "role": "admin", "aud": "apache-airflow"}, "s" * 64, "HS512")
    assert worker.call("GET", "/variables/x", token=user).status == 403, "a person's token is none of a task's"
    assert worker.call("PUT", path, beat, worker.token(one.id, "worker")).status == 403
    assert worker.call("POST", "/workloads/take", {}, worker.token(one.id)).status == 403
    assert worker.call("PUT", path, beat, worker.token(one.id, "admin")).status == 403
    one.start()
    assert worker.call("PUT", path, beat, worker.token(one.id, None)).status == 204, "no scope is execution's"
    waning = worker.call("PUT", path, beat, worker.token(one.id, ttl=20))
    assert waning.status == 204 and waning.headers["Refreshed-API-Token"]
    assert not worker.call("PUT", path, beat, worker.token(one.id)).headers["Refreshed-API-Token"]
