"""Extra links: made by an operator's own class, by a plugin, and by those that come along."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from engine import Engine

PLUGIN = '''
from airflow.sdk import BaseOperatorLink
from airflow.plugins_manager import AirflowPlugin
from airflow.providers.standard.operators.python import PythonOperator

class Docs(BaseOperatorLink):
    name = "Docs"
    operators = [PythonOperator]
    def get_link(self, operator, *, ti_key):
        return f"https://docs.example/{ti_key.dag_id}/{operator.task_id}/{ti_key.map_index}"

class LinksPlugin(AirflowPlugin):
    name = "links"
    operator_extra_links = [Docs()]
'''

DAG = '''
from datetime import datetime
from airflow.sdk import DAG, BaseOperator, BaseOperatorLink
from airflow.providers.standard.operators.python import PythonOperator
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.providers.standard.sensors.external_task import ExternalTaskSensor

class Console(BaseOperatorLink):
    name = "Console"
    def get_link(self, operator, *, ti_key):
        return f"https://console.example/{operator.job}"

class JobOperator(BaseOperator):
    operator_extra_links = (Console(),)
    def execute(self, context):
        self.job = "job-7"

with DAG("other", schedule=None):
    PythonOperator(task_id="o", python_callable=print)
with DAG("linked", schedule=None, start_date=datetime(2024, 1, 1)):
    JobOperator(task_id="job")
    PythonOperator(task_id="py", python_callable=print)
    PythonOperator.partial(task_id="each", python_callable=print).expand(op_args=[[1], [2]])
    TriggerDagRunOperator(task_id="go", trigger_dag_id="other", trigger_run_id="started")
    ExternalTaskSensor(task_id="wait", external_dag_id="other", external_task_id="o", timeout=1, poke_interval=0.5, soft_fail=True)
'''


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    folder = tmp_path_factory.mktemp("links")
    e = Engine(folder, TRADEWIND__CORE__PLUGINS_FOLDER=str(folder / "plugins"))
    (folder / "plugins").mkdir()
    (folder / "plugins" / "links_plugin.py").write_text(PLUGIN)
    e.write("linked.py", DAG)
    e.up()
    e.serve()
    e.trigger("linked", "--run-id", "r")
    e.finish("linked", "r")
    yield e
    e.stop()


def links(engine: Engine, task: str, query: str = "") -> dict[str, str | None]:
    answer = engine.get(f"/api/v2/dags/linked/dagRuns/r/taskInstances/{task}/links{query}")
    assert answer["total_entries"] == len(answer["extra_links"])
    return answer["extra_links"]


def test_of_an_operator(engine: Engine) -> None:
    assert links(engine, "job") == {"Console": "https://console.example/job-7"}
    assert engine.get("/api/v2/dags/linked/tasks/job")["extra_links"] == ["Console"]
    key = engine.get("/api/v2/dags/linked/dagRuns/r/taskInstances/job/xcomEntries/_link_Console")
    assert key["value"] == "https://console.example/job-7"


def test_of_a_plugin(engine: Engine) -> None:
    assert links(engine, "py") == {"Docs": "https://docs.example/linked/py/-1"}
    assert links(engine, "each", "?map_index=1") == {"Docs": "https://docs.example/linked/each/1"}


def test_to_other_dags(engine: Engine) -> None:
    assert links(engine, "go") == {"Triggered DAG": "/dags/other/runs/started"}
    assert links(engine, "wait") == {"External DAG": "/dags/other/runs/r"}


def test_of_what_is_not_there(engine: Engine) -> None:
    base = "/api/v2/dags/linked/dagRuns/r/taskInstances"
    assert engine.ask("GET", f"{base}/nothing/links") == (404, {"detail": "TaskInstance not found"})
    assert engine.ask("GET", f"{base}/py/links?map_index=7")[0] == 404
    status, answer = engine.ask("GET", f"{base}/py/links?try_number=9")
    assert (status, answer["detail"]) == (404, "TaskInstanceHistory not found for try_number=9")
