"""What the part of the walk in views.mjs looks at."""

from datetime import datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, Asset, DeadlineAlert, DeadlineReference, SyncCallback

with DAG("grows", schedule=None, start_date=datetime(2026, 1, 1)):
    BashOperator(
        task_id="make",
        bash_command="echo made",
        doc_md="Makes **one** thing, see [why](https://example.org/why).",
    )
    # one more task

# What a run of it makes starts the one below; it is late from its first moment.
goods = Asset("goods", "file://goods")

with DAG(
    "makes",
    schedule=None,
    start_date=datetime(2026, 1, 1),
    deadline=DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=timedelta(seconds=1),
        callback=SyncCallback("builtins.print"),
        name="at once",
    ),
):
    BashOperator(task_id="build", bash_command="sleep 3", outlets=[goods])

with DAG("takes", schedule=[goods], start_date=datetime(2026, 1, 1)):
    BashOperator(task_id="look", bash_command="echo taken", inlets=[goods])
