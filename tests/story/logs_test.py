"""Where logs are and what hosts are called, as the configuration says."""

from __future__ import annotations

from engine import Engine, wait_until

DAG = """
from datetime import datetime
from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.python import PythonOperator

with DAG("named", schedule=None, start_date=datetime(2026, 1, 1)):
    BashOperator(task_id="bash", bash_command="echo from bash")
    PythonOperator(task_id="python", python_callable=lambda ti: print("from python on", ti.hostname))
"""


def test_a_log_filename_template_and_a_hostname_callable_are_obeyed(engine: Engine) -> None:
    engine.env.update(
        AIRFLOW__LOGGING__LOG_FILENAME_TEMPLATE="{{ ti.dag_id }}/{{ ti.task_id }}/{{ ts_nodash }}/{{ try_number }}.log",
        AIRFLOW__CORE__HOSTNAME_CALLABLE="my_hosts.name",
    )
    plugins = engine.home / "plugins"
    plugins.mkdir()
    (plugins / "my_hosts.py").write_text("def name():\n    return 'host-of-mine'\n")
    engine.write("named.py", DAG)
    engine.up()
    engine.start("api-server")
    run = engine.trigger("named", "--logical-date", "2026-02-03T04:05:06+00:00")
    assert engine.finish("named", run) == "success"
    folder = engine.home / "logs" / "named"
    assert "from bash" in (folder / "bash" / "20260203T040506" / "1.log").read_text()
    assert "from python on host-of-mine" in (folder / "python" / "20260203T040506" / "1.log").read_text()

    def shown() -> bool:
        try:
            path = f"/api/v2/dags/named/dagRuns/{run}/taskInstances/bash/logs/1".replace("+", "%2B")
            return "from bash" in str(engine.get(path))
        except OSError:
            return False

    wait_until(shown, 30, "the API does not find the log")
    path = f"/api/v2/dags/named/dagRuns/{run}/taskInstances/python".replace("+", "%2B")
    assert engine.get(path)["hostname"] == "host-of-mine"


def test_what_cannot_be_done_is_said(engine: Engine) -> None:
    engine.run("db", "migrate")
    engine.env["AIRFLOW__CORE__HOSTNAME_CALLABLE"] = "no.such.function"
    done = engine.run("scheduler", check=False)
    assert done.returncode and "[core] hostname_callable" in done.stderr
    engine.env["AIRFLOW__CORE__HOSTNAME_CALLABLE"] = "socket.gethostname"
    engine.env["AIRFLOW__LOGGING__LOG_FILENAME_TEMPLATE"] = "{{ ti.dag_id"
    assert "log_filename_template" in engine.run("pools", "list").stderr


DEFERRED = """
import logging
from datetime import datetime
from airflow import DAG
from airflow.sdk import BaseOperator
from my_trigger import Loud

class Waits(BaseOperator):
    def execute(self, context):
        self.log.info("before the wait")
        self.defer(trigger=Loud(), method_name="after")

    def after(self, context, event=None):
        self.log.info("after the wait")

with DAG("waits", schedule=None, start_date=datetime(2026, 1, 1)):
    Waits(task_id="a")
"""

TRIGGER = """
from airflow.models import Variable
from airflow.triggers.base import BaseTrigger, TriggerEvent
import asyncio

class Loud(BaseTrigger):
    def serialize(self):
        return "my_trigger.Loud", {}

    async def run(self):
        secret = await asyncio.to_thread(Variable.get, "api_key")
        self.log.info("the trigger waits for %s with %s", self.task_id, secret)
        yield TriggerEvent(True)
"""


def test_what_a_trigger_logs_is_in_its_tasks_log_without_secrets(engine: Engine) -> None:
    plugins = engine.home / "plugins"
    plugins.mkdir()
    (plugins / "my_trigger.py").write_text(TRIGGER)
    engine.write("waits.py", DEFERRED)
    engine.up()
    engine.run("variables", "set", "api_key", "hush-hush-2")
    engine.start("triggerer")
    engine.start("api-server")
    run = engine.trigger("waits")
    assert engine.finish("waits", run) == "success"
    folder = engine.home / "logs" / "dag_id=waits" / f"run_id={run}" / "task_id=a"
    [path] = folder.glob("attempt=1.log.trigger.*.log")
    assert "the trigger waits for a with ***" in path.read_text() and "hush-hush-2" not in path.read_text()

    def words() -> list[str]:
        try:
            shown = engine.get(f"/api/v2/dags/waits/dagRuns/{run}/taskInstances/a/logs/1".replace("+", "%2B"))
        except OSError:
            return []
        return [line["event"] for line in shown["content"]]

    events = wait_until(words, 30, "no log")
    order = [events.index(w) for w in ("before the wait", "the trigger waits for a with ***", "after the wait")]
    assert order == sorted(order)
