"""Operators instantiated one by one and tied together with >>: how DAGs have been written since 1.x."""

from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.empty import EmptyOperator
from airflow.operators.python import PythonOperator


def summarise(dag_run, **context):
    day = dag_run.run_after.date().isoformat()
    print(f"the day is {day}, the run is {context['run_id']}")
    return {"day": day, "rows": 42}


with DAG(
    dag_id="classic_operators",
    description="Bash, Python and Empty operators with default_args, retries and templates",
    schedule="0 6 * * *",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    default_args={"owner": "data-team", "retries": 2, "retry_delay": timedelta(seconds=30)},
    tags=["example"],
    doc_md=__doc__,
) as dag:
    start = EmptyOperator(task_id="start")
    extract = BashOperator(
        task_id="extract",
        bash_command="echo extracting {{ dag_run.run_after | ds }} into {{ dag.dag_id }}/{{ dag_run.run_after | ds_nodash }}.csv",
    )
    transform = PythonOperator(task_id="transform", python_callable=summarise)
    load = BashOperator(
        task_id="load",
        bash_command="echo loading {{ ti.xcom_pull(task_ids='transform')['rows'] }} rows",
    )
    end = EmptyOperator(task_id="end")

    start >> extract >> transform >> load >> end
