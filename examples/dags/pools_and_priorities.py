"""Who goes first when there is not room for all: priority weights in a pool, and limits on one task."""

from datetime import datetime

from airflow.operators.bash import BashOperator
from airflow.sdk import DAG

with DAG("pools_and_priorities", schedule=None, start_date=datetime(2026, 1, 1), max_active_tasks=2, tags=["example"]):
    for n in range(6):
        BashOperator(
            task_id=f"job_{n}",
            bash_command="sleep 0.3",
            priority_weight=n,
            weight_rule="absolute",
            pool="default_pool",
            pool_slots=1,
        )
