"""What tasks leave for each other: return values, several outputs, keys of their own, templates that read them."""

from datetime import datetime, timezone
from decimal import Decimal

from airflow.operators.bash import BashOperator
from airflow.sdk import dag, task


@dag(schedule=None, start_date=datetime(2026, 1, 1), tags=["example"])
def xcom_exchange():
    @task(multiple_outputs=True)
    def measure():
        return {"mean": 3.5, "count": 12}

    @task
    def rich_values(ti=None):
        ti.xcom_push(key="when", value=datetime(2026, 5, 1, tzinfo=timezone.utc))
        return {"price": Decimal("19.90"), "sizes": ("S", "M", "L")}

    @task
    def read(mean: float, count: int, ti=None):
        print("mean", mean, "of", count)
        print("pushed by hand:", ti.xcom_pull(task_ids="rich_values", key="when"))

    numbers = measure()
    by_template = BashOperator(
        task_id="by_template",
        bash_command="echo count is {{ ti.xcom_pull(task_ids='measure', key='count') }}",
    )
    rich = rich_values()
    reader = read(numbers["mean"], numbers["count"])
    rich >> reader
    numbers >> by_template


xcom_exchange()
