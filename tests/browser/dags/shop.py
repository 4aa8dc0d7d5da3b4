"""What the walk through the UI looks at."""

from datetime import datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import DAG, Asset, Label, Param, TaskGroup, task

report = Asset("daily_report", "file://reports/daily")

with DAG(
    "shop",
    schedule="@daily",
    start_date=datetime(2026, 1, 1),
    end_date=datetime(2026, 1, 10),
    catchup=False,
    tags=["sales", "daily"],
    description="Orders of the day",
    doc_md="# Shop\n\nTakes the **orders** in. See [the list](https://example.org).",
    default_args={"owner": "anna"},
    params={
        "country": Param("kr", enum=["kr", "de", "us"], title="Country"),
        "limit": Param(
            100, type="integer", minimum=1, maximum=500, description="How many rows"
        ),
        "full": Param(False, type="boolean"),
        "since": Param("2026-01-01", type="string", format="date"),
    },
) as shop:
    fetch = BashOperator(
        task_id="fetch",
        bash_command="printf '\\033[31mred words\\033[0m\\n'; for i in $(seq 1 200); do echo row $i of {{ params.country }}; done",
    )
    with TaskGroup("clean", tooltip="Takes out what is odd") as clean:
        BashOperator(
            task_id="dedupe", bash_command="echo {{ params.limit }}"
        ) >> BashOperator(task_id="check", bash_command="echo fine")

    @task
    def score(part):
        print("scoring", part)
        return part * 2

    publish = BashOperator(
        task_id="publish", bash_command="echo done", outlets=[report]
    )
    fetch >> Label("raw rows") >> clean >> score.expand(part=[1, 2, 3]) >> publish

with DAG("reader", schedule=[report], start_date=datetime(2026, 1, 1), tags=["sales"]):
    BashOperator(task_id="read", bash_command="echo read")

with DAG("fails", schedule=None, start_date=datetime(2026, 1, 1), tags=["broken"]):
    bad = BashOperator(
        task_id="bad",
        bash_command="echo about to fail; exit 3",
        retries=1,
        retry_delay=timedelta(seconds=1),
    )
    bad >> BashOperator(task_id="after", bash_command="echo after")

with DAG("waits", schedule=None, start_date=datetime(2026, 1, 1)):
    BashOperator(
        task_id="holder",
        bash_command="for i in $(seq 1 600); do echo tick $i; sleep 0.5; done",
        pool="narrow",
        priority_weight=9,
    )
    BashOperator(task_id="starved", bash_command="echo at last", pool="narrow")

with DAG("asks", schedule=None, start_date=datetime(2026, 1, 1)):
    ApprovalOperator(
        task_id="approve", subject="Ship the release?", body="All **green**."
    ) >> BashOperator(task_id="ship", bash_command="echo shipped")
