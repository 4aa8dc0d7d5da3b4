"""What the REST answers are about: few tasks, every kind of object that an answer may hold."""

from datetime import datetime, timedelta, timezone

from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, Asset, Param, TaskGroup, task

START = datetime(2024, 1, 1, tzinfo=timezone.utc)
ORDERS = Asset("rest_orders", uri="s3://rest/orders", extra={"team": "shop"})

with DAG(
    "rest_main",
    schedule=None,
    start_date=START,
    tags=["rest", "alpha"],
    description="Every kind of task",
    doc_md="# Main",
    default_args={"owner": "anna", "retries": 0},
    params={"size": Param(3, type="integer", minimum=1, description="How many"), "name": "x"},
    max_active_tasks=8,
    dagrun_timeout=timedelta(hours=1),
):
    first = EmptyOperator(task_id="first", doc_md="the first")

    @task
    def numbers() -> list[int]:
        return [1, 2]

    @task(retries=2, retry_delay=timedelta(minutes=2), pool_slots=1, priority_weight=7)
    def double(n: int) -> int:
        print("doubling", n)
        return n * 2

    with TaskGroup("inner", tooltip="inside"):
        say = BashOperator(task_id="say", bash_command="echo hello {{ params.name }}", owner="bert")
        last = EmptyOperator(task_id="last", trigger_rule="all_done")
        say >> last

    first >> double.expand(n=numbers()) >> say

with DAG("rest_fails", schedule=None, start_date=START, tags=["rest"]):
    BashOperator(task_id="bad", bash_command="exit 3") >> EmptyOperator(task_id="after")

with DAG("rest_daily", schedule="@daily", start_date=START, catchup=False, tags=["rest", "beta"], owner_links={"anna": "mailto:a@b.c"}, default_args={"owner": "anna"}):
    EmptyOperator(task_id="only")

with DAG("rest_cron", schedule="15 3 * * 1-5", start_date=START, end_date=datetime(2024, 3, 1, tzinfo=timezone.utc), catchup=False):
    EmptyOperator(task_id="only")

with DAG("rest_delta", schedule=timedelta(hours=6), start_date=START, catchup=False, max_active_runs=2, dag_display_name="The Delta"):
    EmptyOperator(task_id="only", task_display_name="The Only")

with DAG("rest_producer", schedule=None, start_date=START):
    BashOperator(task_id="make", bash_command="true", outlets=[ORDERS])

with DAG("rest_consumer", schedule=[ORDERS], start_date=START, catchup=False):
    EmptyOperator(task_id="use", inlets=[ORDERS])
