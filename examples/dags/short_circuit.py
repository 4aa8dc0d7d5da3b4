"""Stop early when there is nothing to do, and the latest-only gate for backlogs."""

from datetime import datetime

from airflow.operators.empty import EmptyOperator
from airflow.operators.latest_only import LatestOnlyOperator
from airflow.sdk import Param, dag, task


@dag(schedule=None, start_date=datetime(2026, 1, 1), params={"rows": Param(0, type="integer")}, tags=["example"])
def short_circuit():
    @task.short_circuit
    def is_there_work(params):
        return params["rows"] > 0

    @task
    def work():
        print("working")

    is_there_work() >> work() >> EmptyOperator(task_id="done")
    LatestOnlyOperator(task_id="latest_only") >> EmptyOperator(task_id="only_for_the_newest")


short_circuit()
