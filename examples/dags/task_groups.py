"""Groups fold a big graph: nested, by decorator and by context manager, with arrows between whole groups."""

from datetime import datetime

from airflow.operators.bash import BashOperator
from airflow.operators.empty import EmptyOperator
from airflow.sdk import DAG, TaskGroup, chain, task, task_group

with DAG("task_groups", schedule=None, start_date=datetime(2026, 1, 1), tags=["example"]):
    with TaskGroup("extract", tooltip="read the sources") as extract:
        for source in ("orders", "customers", "products"):
            BashOperator(task_id=source, bash_command=f"echo reading {source}")

    @task_group
    def check(limit: int):
        @task
        def count() -> int:
            return limit * 2

        @task
        def enough(n: int):
            assert n >= limit

        enough(count())

    with TaskGroup("publish") as publish:
        with TaskGroup("reports"):
            chain(EmptyOperator(task_id="build"), EmptyOperator(task_id="send"))
        EmptyOperator(task_id="dashboards")

    extract >> check(10) >> publish
