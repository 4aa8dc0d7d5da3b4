"""One file, several DAGs: made in a loop, registered by themselves."""

from datetime import datetime

from airflow.operators.bash import BashOperator
from airflow.sdk import DAG

CUSTOMERS = {"acme": "@daily", "globex": "@hourly", "initech": None}

for customer, schedule in CUSTOMERS.items():
    with DAG(f"report_{customer}", schedule=schedule, start_date=datetime(2026, 1, 1), catchup=False, tags=["example", "generated"]):
        BashOperator(task_id="collect", bash_command=f"echo collecting {customer}") >> BashOperator(
            task_id="send", bash_command=f"echo sending the report of {{{{ dag_run.run_after | ds }}}} to {customer}"
        )
