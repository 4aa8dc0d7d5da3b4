"""Cluster policies: of `config/airflow_local_settings.py` and of a package's entry point, on runs of the engine."""

from __future__ import annotations

import os
import sqlite3
import textwrap
from pathlib import Path

from engine import Engine

SETTINGS = """
from airflow.exceptions import AirflowClusterPolicyViolation
from airflow.www.utils import UIAlert

DASHBOARD_UIALERTS = [UIAlert("Maintenance on Sunday", category="warning")]

def task_policy(task):
    if task.task_type == "BashOperator":
        task.owner = "shell"

def dag_policy(dag):
    dag.tags.add("seen")

def task_instance_mutation_hook(ti):
    if ti.operator == "PythonOperator" and ti.try_number < 1:
        ti.pool, ti.pool_slots = "narrow", 2
    if ti.task_id == "forbidden" and ti.run_id:
        raise AirflowClusterPolicyViolation("not on a " + ti.run_id.split("__")[0] + " run")
    if ti.run_id.startswith("manual"):
        ti.task.op_kwargs = {"given": "by the policy"}

def get_airflow_context_vars(context):
    return {"team": "data of " + context["ti"].task_id}

def get_dagbag_import_timeout(dag_file_path):
    return 1 if dag_file_path.endswith("slow.py") else 30
"""

PACKAGE = """
from airflow.policies import hookimpl

@hookimpl
def task_policy(task):
    task.retries = 1

def dag_policy(dag):
    raise ValueError("this one is not marked")
"""

DAGS = """
import os
from datetime import datetime, timedelta
from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.python import PythonOperator

with DAG("ruled", schedule=None, start_date=datetime(2026, 1, 1), default_args={"retry_delay": timedelta(0)}):
    tell = PythonOperator(task_id="tell", python_callable=lambda given="nothing": given)
    shell = BashOperator(task_id="shell", bash_command="echo team=$AIRFLOW_CTX_TEAM", do_xcom_push=True)
    forbidden = PythonOperator(task_id="forbidden", python_callable=print)
    tell >> shell >> forbidden
"""


def test_policies(engine: Engine, tmp_path: Path) -> None:
    config = engine.home / "config"
    config.mkdir()
    (config / "airflow_local_settings.py").write_text(textwrap.dedent(SETTINGS))
    site = tmp_path / "site"
    described = site / "ruler-1.dist-info"
    described.mkdir(parents=True)
    (site / "ruler.py").write_text(PACKAGE)
    (described / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: ruler\nVersion: 1\n"
    )
    (described / "entry_points.txt").write_text("[airflow.policy]\nruler = ruler\n")
    engine.env["PYTHONPATH"] += os.pathsep + str(site)
    engine.write("ruled.py", DAGS)
    engine.write(
        "slow.py",
        "import time\nfrom airflow import DAG\ntime.sleep(20)\nd = DAG('slow')\n",
    )
    engine.parse()
    errors = engine.run("dags", "list-import-errors", "-o", "json", check=False).stdout
    assert (
        "slow.py" in errors and "import timeout" in errors and "ruled.py" not in errors
    )

    engine.run("pools", "set", "narrow", "2", "of the policy")
    engine.start("scheduler")
    engine.trigger("ruled", "-r", "manual__one")
    assert engine.finish("ruled", "manual__one") == "failed"
    with sqlite3.connect(
        f"file:{engine.home / 'tradewind.db'}?mode=ro", uri=True
    ) as db:
        rows = {
            task: found
            for task, *found in db.execute(
                "SELECT task_id, state, pool, pool_slots, try_number FROM task_instance WHERE dag_id = 'ruled'"
            )
        }
        xcoms = dict(
            db.execute(
                "SELECT task_id, value FROM xcom WHERE dag_id = 'ruled' AND key = 'return_value'"
            )
        )
    assert rows["tell"] == ["success", "narrow", 2, 1]
    assert rows["shell"] == ["success", "default_pool", 1, 1]
    assert rows["forbidden"] == [
        "failed",
        "narrow",
        2,
        2,
    ]  # the package's policy gave it a retry
    assert "by the policy" in str(xcoms["tell"])
    assert "team=data of shell" in str(xcoms["shell"])
    assert "not on a manual run" in engine.log("ruled", "manual__one", "forbidden", 2)
