"""A file as it was written for Airflow 1.10: old import paths, days_ago, provide_context, schedule_interval."""

from datetime import timedelta

from airflow import DAG
from airflow.operators.bash_operator import BashOperator
from airflow.operators.dummy_operator import DummyOperator
from airflow.operators.python_operator import PythonOperator
from airflow.utils.dates import days_ago

args = {"owner": "airflow", "depends_on_past": False, "start_date": days_ago(2), "retries": 1, "retry_delay": timedelta(minutes=5)}

dag = DAG("old_style_1_10", default_args=args, schedule_interval="@daily", catchup=False, concurrency=4, tags=["example"])


def show(**kwargs):
    print("execution date:", kwargs.get("execution_date"))
    kwargs["ti"].xcom_push(key="seen", value=str(kwargs.get("execution_date")))


begin = DummyOperator(task_id="begin", dag=dag)
python = PythonOperator(task_id="python", python_callable=show, provide_context=True, dag=dag)
bash = BashOperator(task_id="bash", bash_command="echo {{ next_ds | default('no next date') }} {{ ts | default('no date') }}", dag=dag)
python.set_upstream(begin)
python.set_downstream(bash)
