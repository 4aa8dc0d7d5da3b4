"""Callbacks as an author of DAGs sees them: which are called, with what, where their output is, after what crash."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

from engine import Engine, wait_until

HEAD = """
import json, os, time
from datetime import datetime, timedelta
from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.python import PythonOperator

OUT = {out!r}

def note(what):
    def call(context):
        ti = context.get("ti")
        print(f"noting {{what}}")
        line = {{"what": what, "reason": context.get("reason"), "run_id": context["run_id"],
                 "exception": str(context.get("exception")),
                 "ti": ti and [ti.task_id, str(getattr(ti.state, "value", ti.state)), ti.try_number]}}
        with open(OUT, "a") as f:
            f.write(json.dumps(line) + "\\n")
    return call

ALL = dict(on_execute_callback=note("execute"), on_success_callback=note("success"), on_failure_callback=note("failure"),
           on_retry_callback=note("retry"), on_skipped_callback=note("skipped"))
DAGS = dict(schedule=None, start_date=datetime(2026, 1, 1), on_success_callback=note("dag success"),
            on_failure_callback=[note("dag failure"), note("dag failure too")])
"""


class Noted:
    """What the callbacks wrote down."""

    def __init__(self, engine: Engine) -> None:
        self.path = engine.home.parent / "noted.jsonl"
        self.engine = engine

    def write(self, name: str, body: str) -> None:
        self.engine.write(name, HEAD.format(out=str(self.path)) + body)

    def lines(self) -> list[dict[str, Any]]:
        return (
            [json.loads(line) for line in self.path.read_text().splitlines()]
            if self.path.exists()
            else []
        )

    def of(self, what: str, n: int = 1) -> list[dict[str, Any]]:
        def found() -> list[dict[str, Any]] | None:
            some = [line for line in self.lines() if line["what"] == what]
            return some if len(some) >= n else None

        return wait_until(found, 30, f"{what} was not called: {self.lines()}")


def up(engine: Engine) -> None:
    engine.up()
    engine.start("dag-processor")


def dag_log(engine: Engine, name: str) -> str:
    [path] = (engine.home / "logs" / "dag_processor").glob(f"*/dags-folder/{name}.log")
    return path.read_text()


def test_a_run_calls_back_with_its_reason_and_the_instance_that_decided_it(
    engine: Engine,
) -> None:
    noted = Noted(engine)
    noted.write(
        "ends.py",
        """
def fail():
    raise ValueError("no good")

with DAG("good", **DAGS):
    BashOperator(task_id="a", bash_command="true") >> PythonOperator(task_id="b", python_callable=print)
with DAG("bad", **DAGS):
    PythonOperator(task_id="a", python_callable=fail) >> BashOperator(task_id="b", bash_command="true")
with DAG("slow", dagrun_timeout=timedelta(seconds=1), **DAGS):
    BashOperator(task_id="a", bash_command="sleep 60")
""",
    )
    up(engine)
    for dag_id in ("good", "bad", "slow"):
        engine.finish(dag_id, engine.trigger(dag_id))
    [good] = noted.of("dag success")
    assert good["reason"] == "success" and good["ti"] == ["b", "success", 1]
    by_reason = {line["reason"]: line for line in noted.of("dag failure", 2)}
    assert by_reason["task_failure"]["ti"] == ["a", "failed", 1]
    assert set(by_reason) == {"task_failure", "timed_out"}
    assert len(noted.of("dag failure too", 2)) == 2
    wait_until(
        lambda: "noting dag failure too" in dag_log(engine, "ends.py"), 20, "no log"
    )
    assert "noting dag success" in dag_log(engine, "ends.py")


def test_a_task_that_is_killed_is_called_back_for_in_its_own_log(
    engine: Engine,
) -> None:
    noted = Noted(engine)
    noted.write(
        "killed.py",
        """
def die():
    os.kill(os.getpid(), 9)

with DAG("killed", schedule=None, start_date=datetime(2026, 1, 1)):
    PythonOperator(task_id="a", python_callable=die, retries=1, retry_delay=timedelta(seconds=0.1), **ALL)
""",
    )
    up(engine)
    run = engine.trigger("killed")
    assert engine.finish("killed", run) == "failed"
    [retry] = noted.of("retry")
    assert retry["ti"] == ["a", "up_for_retry", 1] and "signal 9" in retry["exception"]
    [failure] = noted.of("failure")
    assert failure["ti"] == ["a", "failed", 2]
    wait_until(
        lambda: "noting failure" in engine.log("killed", run, "a", 2),
        20,
        "no output in the attempt's log",
    )
    assert "noting retry" in engine.log("killed", run, "a", 1)
    assert sorted(line["what"] for line in noted.lines()) == [
        "execute",
        "execute",
        "failure",
        "retry",
    ]


def test_a_tasks_own_callbacks_come_after_its_report_and_once(engine: Engine) -> None:
    noted = Noted(engine)
    noted.write(
        "own.py",
        """
from airflow.exceptions import AirflowFailException, AirflowSkipException

def skip():
    raise AirflowSkipException("not today")

def final():
    raise AirflowFailException("never again")

def bad(context):
    raise RuntimeError("the callback itself fails")

with DAG("own", schedule=None, start_date=datetime(2026, 1, 1)):
    PythonOperator(task_id="good", python_callable=print,
                   on_success_callback=[bad, note("after a bad one")])
    PythonOperator(task_id="skip", python_callable=skip, **ALL)
    PythonOperator(task_id="final", python_callable=final, retries=3, **ALL)
    PythonOperator(task_id="exit", python_callable=lambda: os._exit(3), on_failure_callback=note("exit failed"))
    PythonOperator(task_id="late", python_callable=lambda: time.sleep(30), execution_timeout=timedelta(seconds=1),
                   on_failure_callback=note("late failed"))
""",
    )
    up(engine)
    run = engine.trigger("own")
    assert engine.finish("own", run) == "failed"
    noted.of("after a bad one")
    assert [line["ti"][0] for line in noted.of("skipped")] == ["skip"]
    assert [line["ti"] for line in noted.of("failure")] == [["final", "failed", 1]]
    assert "exit code 3" in noted.of("exit failed")[0]["exception"]
    assert "Timeout" in noted.of("late failed")[0]["exception"]
    assert "the callback itself fails" in engine.log("own", run, "good")
    assert engine.states("own", run)["good"] == "success"


def test_a_tasks_own_callback_may_ask_when_its_run_has_long_ended(engine: Engine) -> None:
    """As one that sends a message does: it needs a connection, and what the task had found out."""
    noted = Noted(engine)
    noted.write(
        "asks.py",
        """
def ask(context):
    while not os.path.exists(OUT + ".go"):
        time.sleep(0.05)
    from airflow.hooks.base import BaseHook
    from airflow.models import Variable
    ti = context["ti"]
    found = [Variable.get("channel"), BaseHook.get_connection("chat").host, ti.xcom_pull(task_ids="first")]
    with open(OUT, "a") as f:
        f.write(json.dumps({"what": f"asked {ti.try_number}", "found": found}) + "\\n")

def fail():
    raise ValueError

with DAG("asks", schedule=None, start_date=datetime(2026, 1, 1)):
    PythonOperator(task_id="first", python_callable=lambda: 7) >> PythonOperator(
        task_id="t", python_callable=fail, retries=1, retry_delay=timedelta(0), on_retry_callback=ask, on_failure_callback=ask)
""",
    )
    up(engine)
    engine.run("variables", "set", "channel", "#data")
    engine.run("connections", "add", "chat", "--conn-type", "http", "--conn-host", "chat.example.org")
    engine.finish("asks", engine.trigger("asks"))
    (noted.path.parent / f"{noted.path.name}.go").touch()
    for number in (1, 2):
        assert noted.of(f"asked {number}")[0]["found"] == ["#data", "chat.example.org", 7]


def test_callbacks_wait_for_a_dag_processor_and_survive_its_death(
    engine: Engine,
) -> None:
    noted = Noted(engine)
    started = engine.home.parent / "started"
    noted.write(
        "crash.py",
        f"""
def slow(context):
    with open({str(started)!r}, "a") as f:
        f.write("x")
    if os.path.getsize({str(started)!r}) == 1:
        time.sleep(600)
    note("slow")(context)

with DAG("crash", schedule=None, start_date=datetime(2026, 1, 1), on_success_callback=slow):
    BashOperator(task_id="a", bash_command="true")
""",
    )
    engine.env["AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD"] = "6"
    engine.up()
    assert engine.finish("crash", engine.trigger("crash")) == "success"
    assert not started.exists()  # nobody is there to run it
    engine.start("dag-processor")
    wait_until(started.exists, 30, "the callback was not taken")
    engine.kill("dag-processor")
    for pid in engine.children("tradewind.zygote"):
        if os.getpgid(pid) != os.getpgid(engine.processes["scheduler"].pid):
            os.kill(pid, signal.SIGKILL)
    engine.start("dag-processor")
    assert len(noted.of("slow")) == 1
    assert started.stat().st_size == 2


def test_secrets_do_not_reach_a_callbacks_log(engine: Engine, tmp_path: Path) -> None:
    noted = Noted(engine)
    noted.write(
        "secret.py",
        """
from airflow.models import Variable

def tell(context):
    print("it is", Variable.get("api_key"))
    os.system("echo it is $SAID")
    note("told")(context)

with DAG("secret", schedule=None, start_date=datetime(2026, 1, 1), on_success_callback=tell):
    BashOperator(task_id="a", bash_command="true")
""",
    )
    up(engine)
    engine.run("variables", "set", "api_key", "hush-hush-1")
    engine.finish("secret", engine.trigger("secret"))
    noted.of("told")
    wait_until(
        lambda: "it is ***" in dag_log(engine, "secret.py"), 20, "no masked line"
    )
    assert "hush-hush-1" not in dag_log(engine, "secret.py")


def test_what_a_person_decides_is_no_failure_but_what_they_fail_is(engine: Engine) -> None:
    noted = Noted(engine)
    noted.write(
        "marked.py",
        """
with DAG("marked", schedule=None, start_date=datetime(2026, 1, 1), on_failure_callback=note("dag failure")):
    for name in ("good", "bad"):
        PythonOperator(task_id=name, python_callable=lambda: time.sleep(60), on_success_callback=note("success"),
                       on_failure_callback=note("failure"), on_retry_callback=note("retry"))
""",
    )
    up(engine)
    engine.start("api-server")
    run = engine.trigger("marked")
    wait_until(lambda: set(engine.states("marked", run).values()) == {"running"}, 30, "they do not run")
    wait_until(lambda: len(engine.children("tradewind.zygote")) >= 5, 30, "their processes are not there")
    mark(engine, run, "good", "success")
    mark(engine, run, "bad", "failed")
    assert engine.finish("marked", run) == "failed"
    assert noted.of("failure")[0]["ti"] == ["bad", "failed", 1]
    noted.of("dag failure")
    assert {line["what"] for line in noted.lines()} == {"failure", "dag failure"}


def mark(engine: Engine, run: str, task: str, state: str) -> None:
    import urllib.request

    request = urllib.request.Request(
        f"http://127.0.0.1:{engine.port}/api/v2/dags/marked/dagRuns/{run}/taskInstances/{task}".replace("+", "%2B"),
        data=json.dumps({"new_state": state}).encode(),
        method="PATCH",
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20):
        pass


def test_a_lost_heartbeat_and_fail_fast_with_real_processes(engine: Engine) -> None:
    noted = Noted(engine)
    noted.write(
        "lost.py",
        """
with DAG("lost", schedule=None, start_date=datetime(2026, 1, 1), on_failure_callback=note("dag failure")):
    PythonOperator(task_id="a", python_callable=lambda: time.sleep(300), on_failure_callback=note("failure"))
with DAG("fast", schedule=None, start_date=datetime(2026, 1, 1), fail_fast=True):
    BashOperator(task_id="slow", bash_command="sleep 300")
    BashOperator(task_id="bad", bash_command="sleep 1; exit 1")
    BashOperator(task_id="wait", bash_command="true", max_active_tis_per_dag=1) << BashOperator(
        task_id="slow2", bash_command="sleep 300")
""",
    )
    engine.env["AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT"] = "12"
    up(engine)
    fast = engine.trigger("fast")
    assert engine.finish("fast", fast) == "failed"
    assert engine.states("fast", fast) == {"slow": "failed", "bad": "failed", "slow2": "failed", "wait": "skipped"}
    lost = engine.trigger("lost")
    wait_until(lambda: engine.states("lost", lost)["a"] == "running", 30, "it does not run")
    for pid in engine.children("runner"):
        os.kill(pid, signal.SIGSTOP)
    try:
        [failure] = noted.of("failure")
    finally:
        for pid in engine.children("runner"):
            os.kill(pid, signal.SIGCONT)
    assert failure["exception"] == "heartbeat lost" and failure["ti"] == ["a", "failed", 1]
    assert engine.finish("lost", lost) == "failed"
    assert [line["ti"][0] for line in noted.of("dag failure")] == ["a"]
