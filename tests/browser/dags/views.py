"""What the part of the walk in views.mjs looks at."""

from datetime import datetime

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

with DAG("grows", schedule=None, start_date=datetime(2026, 1, 1)):
    BashOperator(
        task_id="make",
        bash_command="echo made",
        doc_md="Makes **one** thing, see [why](https://example.org/why).",
    )
    # one more task
