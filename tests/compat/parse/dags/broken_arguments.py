import datetime as dt

from airflow import DAG
from airflow.operators.python import PythonOperator

with DAG("args", schedule=None, start_date=dt.datetime(2026, 1, 1)):
    PythonOperator(task_id="x", python_callable=print, no_such_argument=1)
