"""What the questions of deep.py are about: failures, retries, mapped tasks, questions to people, backfills, assets, logs."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.hitl import (
    ApprovalOperator,
    HITLEntryOperator,
    HITLOperator,
)
from airflow.sdk import DAG, Asset, AssetAlias, Param, TaskGroup, task

START = datetime(2024, 1, 1, tzinfo=UTC)
ONE, TWO = Asset("deep_one", uri="s3://deep/one"), Asset("deep_two", uri="s3://deep/two", group="deep", extra={"n": 2})

with DAG("deep_flow", schedule=None, start_date=START, tags=["deep"], max_active_runs=8):
    a = EmptyOperator(task_id="a")
    b = BashOperator(task_id="b", bash_command="exit {{ dag_run.conf.get('code', 0) }}")
    c = EmptyOperator(task_id="c", trigger_rule="all_success")

    @task(map_index_template="{{ 'item-' ~ n }}")
    def each(n: int) -> int:
        return n

    with TaskGroup("g") as g:
        EmptyOperator(task_id="x") >> EmptyOperator(task_id="y", pool="default_pool", priority_weight=5)

    a >> b >> c
    a >> each.expand(n=[10, 20]) >> g

with DAG("deep_two", schedule=None, start_date=START, max_active_runs=1, description="Second"):
    EmptyOperator(task_id="only")

with DAG("deep_day", schedule="@daily", start_date=START, end_date=datetime(2024, 6, 1, tzinfo=UTC), catchup=False):
    EmptyOperator(task_id="only")

with DAG("deep_past", schedule="@daily", start_date=START, catchup=False):
    EmptyOperator(task_id="only", depends_on_past=True)

with DAG("deep_ask", schedule=None, start_date=START):
    HITLOperator(
        task_id="choose",
        subject="Which one?",
        body="Look",
        options=["red", "green"],
        multiple=True,
        params={"n": Param(3, type="integer", minimum=1)},
    )
    ApprovalOperator(task_id="approve", subject="Go?", assigned_users=[{"id": "anna", "name": "Anna"}])
    HITLEntryOperator(task_id="enter", subject="How many?", params={"n": Param(3, type="integer", minimum=1)})
    HITLOperator(
        task_id="late", subject="Late", options=["a", "b"], defaults=["b"], response_timeout=timedelta(seconds=1)
    )

with DAG("deep_make", schedule=None, start_date=START):
    BashOperator(task_id="make", bash_command="true", outlets=[ONE, TWO, AssetAlias("deep_alias")])

with DAG("deep_use", schedule=[ONE, TWO], start_date=START, catchup=False):
    EmptyOperator(task_id="use")

with DAG("deep_either", schedule=(ONE | TWO), start_date=START, catchup=False):
    EmptyOperator(task_id="use")

with DAG("deep_log", schedule=None, start_date=START):

    @task
    def talk() -> None:
        print("say: printed")
        print("say: to stderr", file=sys.stderr)
        logging.getLogger("deep").warning("say: warned %s", {"a": 1})
        logging.getLogger("deep").info("say: told")
        logging.getLogger("deep").debug("say: whispered")
        logging.getLogger("deep").error("say: two\nlines")
        print("say: \x1b[31mred\x1b[0m ☃")

    @task(retries=1, retry_delay=timedelta(seconds=0))
    def fails() -> None:
        print("say: before")
        raise ValueError("say: broken")

    @task
    def mapped(n: int) -> None:
        print(f"say: number {n}")

    BashOperator(task_id="shell", bash_command="echo say: from a shell; echo say: its stderr >&2")
    EmptyOperator(task_id="nothing")
    talk()
    fails()
    mapped.expand(n=[1, 2])
