"""Waiting: sensors, deferred tasks and their triggers, and what happens when those who wait for them die."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from engine import Engine, wait_until


@pytest.fixture
def waiting(engine: Engine) -> Iterator[Engine]:
    """Ready for parse(); the triggerer lives before the scheduler, so that sensors are native from the first."""
    yield engine


def up(engine: Engine) -> None:
    engine.parse()
    engine.start("triggerer")
    wait_until(lambda: "ready" in (engine.home / "triggerer.log").read_text(), 20, "no triggerer")
    engine.start("scheduler")


def reach(engine: Engine, run: str, want: dict[str, str], dag_id: str = "d", timeout: float = 40) -> None:
    def there() -> bool:
        states = engine.states(dag_id, run)
        return all(states.get(t) == s for t, s in want.items())

    try:
        wait_until(there, timeout, "")
    except AssertionError:
        raise AssertionError(f"{engine.states(dag_id, run)}, not {want}") from None


HEAD = """
import datetime as dt
from airflow import DAG
from airflow.sensors.filesystem import FileSensor
from airflow.sensors.date_time import DateTimeSensor, DateTimeSensorAsync
from airflow.sensors.time_sensor import TimeSensor
from airflow.sensors.time_delta import TimeDeltaSensor
from airflow.sensors.external_task import ExternalTaskSensor
from airflow.operators.bash import BashOperator
from airflow.operators.empty import EmptyOperator
from airflow.operators.python import PythonOperator
from airflow.sdk import task
"""


def test_native_sensors_wait_without_a_slot_and_end_as_sensors_do(waiting: Engine, tmp_path: Path) -> None:
    """Six sensors in a pool of one slot, with parallelism of one: each waits, and the work gets its slot."""
    waiting.env["AIRFLOW__CORE__PARALLELISM"] = "1"
    waiting.write(
        "d.py",
        HEAD
        + f"""
def told(context):
    print("told of", context["ti"].task_id, type(context["exception"]).__name__)

with DAG("d", schedule=None, start_date=dt.datetime(2026, 1, 1)):
    when = "{{{{ (dag_run.start_date + macros.timedelta(seconds=%d)).isoformat() }}}}"
    file = FileSensor(task_id="file", filepath="{tmp_path}/in/*.csv", poke_interval=0.2, timeout=60)
    FileSensor(task_id="deferred", filepath="{tmp_path}/in/*.csv", poke_interval=0.2, timeout=60, deferrable=True)
    DateTimeSensor(task_id="moment", target_time=when % 2, poke_interval=60)
    DateTimeSensorAsync(task_id="async", target_time=when % 2)
    FileSensor(task_id="late", filepath="/nonexistent/x", poke_interval=0.2, timeout=1, retries=2, retry_delay=0)
    FileSensor(task_id="soft", filepath="/nonexistent/x", poke_interval=0.2, timeout=1, soft_fail=True, mode="reschedule")
    FileSensor(task_id="heard", filepath="/nonexistent/x", poke_interval=0.2, timeout=1, on_failure_callback=told)
    FileSensor(task_id="limited", filepath="/nonexistent/x", poke_interval=0.2, execution_timeout=dt.timedelta(seconds=1))
    work = BashOperator(task_id="work", bash_command="mkdir -p {tmp_path}/in && touch {tmp_path}/in/a.csv")
    file >> BashOperator(task_id="after", bash_command="echo it is there")
""",
    )
    up(waiting)
    run = waiting.trigger("d")
    assert waiting.finish("d", run) == "failed"
    assert waiting.states("d", run) == {
        "file": "success",
        "deferred": "success",
        "moment": "success",
        "async": "success",
        "late": "failed",
        "soft": "skipped",
        "heard": "failed",
        "limited": "failed",
        "work": "success",
        "after": "success",
    }
    log = waiting.log("d", run, "file")
    assert f"Poking for file {tmp_path}/in/*.csv" in log
    assert "Success criteria met. Exiting." in log
    assert f"Found File {tmp_path}/in/a.csv last modified: " in log
    late = waiting.log("d", run, "late")
    assert "AirflowSensorTimeout" in late and "exceeds the specified timeout of 1" in late
    assert "told of heard AirflowSensorTimeout" in waiting.log("d", run, "heard")
    assert not (waiting.home / "logs/dag_id=d" / f"run_id={run}" / "task_id=late/attempt=2.log").exists()
    assert not waiting.children("triggers_main")  # nothing of it was Python


def test_native_execution_turned_off_the_python_forms_run(waiting: Engine, tmp_path: Path) -> None:
    waiting.env["AIRFLOW__CORE__NATIVE_OPERATORS"] = "False"
    waiting.write(
        "d.py",
        HEAD
        + f"""
with DAG("d", schedule=None, start_date=dt.datetime(2026, 1, 1)):
    FileSensor(task_id="poke", filepath="{tmp_path}/a", poke_interval=0.2, timeout=60)
    FileSensor(task_id="reschedule", filepath="{tmp_path}/a", poke_interval=0.2, timeout=60, mode="reschedule")
    FileSensor(task_id="deferred", filepath="{tmp_path}/a", poke_interval=0.2, timeout=60, deferrable=True)
    FileSensor(task_id="late", filepath="/nonexistent/x", poke_interval=0.2, timeout=1, deferrable=True)
""",
    )
    up(waiting)
    run = waiting.trigger("d")
    reach(waiting, run, {"poke": "running", "deferred": "deferred"})
    (tmp_path / "a").touch()
    assert waiting.finish("d", run) == "failed"
    assert waiting.states("d", run) == {"poke": "success", "reschedule": "success", "deferred": "success", "late": "failed"}
    assert waiting.log("d", run, "reschedule").count("Poking for file") > 1
    assert "AirflowSensorTimeout" in waiting.log("d", run, "late")


EXTERNAL = (
    HEAD
    + """
def fail():
    raise ValueError("on purpose")

with DAG("other", schedule=None, start_date=dt.datetime(2026, 1, 1)):
    EmptyOperator(task_id="good")
    PythonOperator(task_id="bad", python_callable=fail)

with DAG("d", schedule=None, start_date=dt.datetime(2026, 1, 1)):
    often = dict(poke_interval=0.2, timeout=60)
    ExternalTaskSensor(task_id="task", external_dag_id="other", external_task_id="good", **often)
    ExternalTaskSensor(task_id="both", external_dag_id="other", external_task_ids=["good", "bad"],
                       allowed_states=["success", "failed"], **often)
    ExternalTaskSensor(task_id="fails", external_dag_id="other", external_task_id="bad", failed_states=["failed"], **often)
    ExternalTaskSensor(task_id="skips", external_dag_id="other", external_task_id="bad", skipped_states=["failed"], **often)
    ExternalTaskSensor(task_id="soft", external_dag_id="other", external_task_id="bad", failed_states=["failed"],
                       soft_fail=True, **often)
    ExternalTaskSensor(task_id="run", external_dag_id="other", allowed_states=["failed"], deferrable=True, **often)
    ExternalTaskSensor(task_id="earlier", external_dag_id="other", execution_delta=dt.timedelta(days=1),
                       poke_interval=0.2, timeout=1)
    ExternalTaskSensor(task_id="python", external_dag_id="other", external_task_id="good",
                       execution_date_fn=lambda when: when, **often)
"""
)


@pytest.mark.parametrize("native", ["True", "False"])
def test_a_dag_waits_for_another(waiting: Engine, native: str) -> None:
    waiting.env["AIRFLOW__CORE__NATIVE_OPERATORS"] = native
    waiting.write("d.py", EXTERNAL)
    up(waiting)
    when = ("--logical-date", "2026-02-03T04:05:06+00:00")
    run = waiting.trigger("d", *when)
    wait_until(lambda: waiting.states("d", run).get("task") in ("running", "deferred"), 30, "it does not wait")
    waiting.trigger("other", *when)
    assert waiting.finish("d", run) == "failed"
    assert waiting.states("d", run) == {
        "task": "success",
        "both": "success",
        "fails": "failed",
        "skips": "skipped",
        "soft": "skipped",
        "run": "success",
        "earlier": "failed",
        "python": "success",
    }
    log = waiting.log("d", run, "fails")
    assert "Some of the external tasks ['bad'] in DAG other failed." in log and "ExternalTaskFailedError" in log


TRIGGERS = """
import asyncio, os, pathlib
from airflow.triggers.base import BaseTrigger, TaskFailedEvent, TaskSuccessEvent, TriggerEvent
from airflow.sdk import BaseOperator
import datetime as dt
from airflow import DAG

HERE = pathlib.Path(__file__).parent

class Mine(BaseTrigger):
    def __init__(self, name, how):
        super().__init__()
        self.name, self.how = name, how

    def serialize(self):
        return "mine.Mine", {"name": self.name, "how": self.how}

    def note(self, text):
        with open(HERE / (self.name + ".notes"), "a") as f:
            f.write(f"{text} {os.getpid()}\\n")

    async def run(self):
        self.note("began")
        while not (HERE / (self.name + ".go")).exists():
            await asyncio.sleep(0.05)
        if self.how == "raise":
            raise ValueError("no good")
        if self.how == "end":
            yield TaskSuccessEvent(xcoms={"return_value": [1, 2], "more": "x"})
        elif self.how == "fail":
            yield TaskFailedEvent()
        else:
            yield TriggerEvent({"said": self.how})

    async def on_kill(self):
        self.note("killed")

    async def cleanup(self):
        self.note("cleaned")

class Waits(BaseOperator):
    def __init__(self, how="event", timeout=None, **kwargs):
        super().__init__(**kwargs)
        self.how, self.timeout = how, timeout

    def execute(self, context):
        self.defer(trigger=Mine(name=self.task_id, how=self.how), method_name="go_on", timeout=self.timeout,
                   kwargs={"from_before": 7})

    def go_on(self, context, event, from_before):
        return {"event": event, "before": from_before}
"""


def notes(engine: Engine, name: str) -> list[str]:
    path = engine.dags / f"{name}.notes"
    return [line.split()[0] for line in path.read_text().splitlines()] if path.exists() else []


def go(engine: Engine, *names: str) -> None:
    for name in names:
        (engine.dags / f"{name}.go").touch()


def deferred(engine: Engine, dag: str, **names: str) -> str:
    engine.write("mine.py", TRIGGERS)
    engine.write("d.py", "from airflow import DAG\nfrom mine import *\n" + dag)
    up(engine)
    run = engine.trigger("d")
    for name in names.values():
        wait_until(lambda name=name: notes(engine, name) == ["began"], 40, f"{name} does not wait")
    return run


def test_triggers_of_the_users_own(waiting: Engine) -> None:
    run = deferred(
        waiting,
        """
with DAG("d", schedule=None, start_date=dt.datetime(2026, 1, 1)):
    Waits(task_id="event")
    Waits(task_id="raise", how="raise")
    Waits(task_id="end", how="end")
    Waits(task_id="fail", how="fail", retries=3)
    Waits(task_id="late", timeout=dt.timedelta(seconds=1))
""",
        a="event",
        b="raise",
        c="end",
        d="fail",
    )
    go(waiting, "event", "raise", "end", "fail")
    assert waiting.finish("d", run) == "failed"
    states = {"event": "success", "raise": "failed", "end": "success", "fail": "failed", "late": "failed"}
    assert waiting.states("d", run) == states
    assert "ValueError: no good" in waiting.log("d", run, "raise")
    assert "TaskDeferralTimeout" in waiting.log("d", run, "late")
    assert notes(waiting, "event") == ["began", "cleaned"]
    wait_until(lambda: notes(waiting, "late") == ["began", "cleaned"], 20, "a timeout is no person's doing")
    waiting.start("api-server")
    wait_until(lambda: _answers(waiting), 20, "no API")
    base = f"/api/v2/dags/d/dagRuns/{run}/taskInstances"
    assert waiting.get(f"{base}/event/xcomEntries/return_value")["value"] == {"event": {"said": "event"}, "before": 7}
    assert waiting.get(f"{base}/end/xcomEntries/more")["value"] == "x"


def _answers(engine: Engine) -> bool:
    try:
        return bool(engine.get("/api/v2/monitor/health"))
    except OSError:
        return False


def test_a_person_ends_a_waiting_task(waiting: Engine) -> None:
    """Its trigger may end what it began elsewhere; cleared, the task waits anew."""
    run = deferred(
        waiting,
        """
with DAG("d", schedule=None, start_date=dt.datetime(2026, 1, 1)):
    Waits(task_id="a")
""",
        a="a",
    )
    waiting.run("tasks", "clear", "d", "-t", "a", "-y")
    wait_until(lambda: sorted(notes(waiting, "a")) == ["began", "began", "cleaned", "killed"], 30, "not cancelled")
    go(waiting, "a")
    assert waiting.finish("d", run) == "success"
    assert notes(waiting, "a").count("killed") == 1


@pytest.mark.parametrize("who", ["triggerer", "python", "scheduler"])
def test_waiting_outlives_whoever_dies(waiting: Engine, tmp_path: Path, who: str) -> None:
    waiting.env["AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD"] = "2"
    run = deferred(
        waiting,
        f"""
from airflow.sensors.filesystem import FileSensor
with DAG("d", schedule=None, start_date=dt.datetime(2026, 1, 1)):
    Waits(task_id="a")
    FileSensor(task_id="native", filepath="{tmp_path}/x", poke_interval=0.2)
""",
        a="a",
    )
    reach(waiting, run, {"a": "deferred", "native": "deferred"})
    if who == "python":
        for pid in waiting.children("triggers_main"):
            os.kill(pid, signal.SIGKILL)
        waiting.processes.pop("triggerer").wait(20)
        waiting.start("triggerer")
    else:
        waiting.kill(who)
        waiting.start(who)
    if who != "scheduler":
        wait_until(lambda: notes(waiting, "a").count("began") == 2, 40, "nobody took the trigger over")
    (tmp_path / "x").touch()
    go(waiting, "a")
    assert waiting.finish("d", run) == "success"
    assert waiting.states("d", run) == {"a": "success", "native": "success"}


def _second(engine: Engine, **config: str) -> Any:
    """Another triggerer of the same metastore."""
    other = Engine.__new__(Engine)
    other.__dict__.update(engine.__dict__)
    other.processes, other.env = {}, {**engine.env, **config}
    return other


def test_triggerers_share_the_work(waiting: Engine) -> None:
    """Each takes up to its capacity; what one that died had is taken over."""
    waiting.env["AIRFLOW__TRIGGERER__CAPACITY"] = "2"
    waiting.env["AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD"] = "8"
    waiting.write("mine.py", TRIGGERS)
    waiting.write(
        "d.py",
        """from airflow import DAG
from mine import *
with DAG("d", schedule=None, start_date=dt.datetime(2026, 1, 1)):
    for i in range(4):
        Waits(task_id=f"w{i}")
""",
    )
    up(waiting)
    names = [f"w{i}" for i in range(4)]
    run = waiting.trigger("d")

    def begun() -> int:
        return sum(notes(waiting, n).count("began") for n in names)

    wait_until(lambda: begun() == 2, 40, "the first takes two")
    reach(waiting, run, dict.fromkeys(names, "deferred"))
    other = _second(waiting)
    other.start("triggerer")
    try:
        wait_until(lambda: begun() == 4, 40, "the second takes the other two")
        other.kill("triggerer")
        taken = [n for n in names if (waiting.dags / f"{n}.notes").exists()]
        go(waiting, *taken[:2])
        go(waiting, *names)
        assert waiting.finish("d", run, 90) == "success"
    finally:
        other.stop()


def _pokes(engine: Engine, run: str) -> int:
    return engine.log("d", run, "file").count("Poking for file")


def test_back_off_goes_on_when_the_triggerer_dies(waiting: Engine) -> None:
    """Pokes 1, 2, 4, 8 … seconds apart: who takes over pokes once, and keeps the pause that it had come to."""
    waiting.write(
        "d.py",
        HEAD
        + """
with DAG("d", schedule=None, start_date=dt.datetime(2026, 1, 1)):
    FileSensor(task_id="file", filepath="/nonexistent/x", poke_interval=1, timeout=3600, exponential_backoff=True)
""",
    )
    up(waiting)
    run = waiting.trigger("d")
    reach(waiting, run, {"file": "deferred"})
    wait_until(lambda: _pokes(waiting, run) >= 4, 40, "no pokes")
    waiting.kill("triggerer")
    begun = _pokes(waiting, run)
    waiting.start("triggerer")
    wait_until(lambda: _pokes(waiting, run) > begun, 40, "nobody took the wait over")
    at = time.monotonic()
    wait_until(lambda: _pokes(waiting, run) > begun + 1, 40, "it does not go on")
    assert time.monotonic() - at > 2.5
