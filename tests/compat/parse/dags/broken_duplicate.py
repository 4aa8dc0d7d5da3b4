import datetime as dt

from airflow import DAG
from airflow.operators.python import PythonOperator

with DAG("dup", schedule=None, start_date=dt.datetime(2026, 1, 1)):
    PythonOperator(task_id="same", python_callable=print)
    PythonOperator(task_id="same", python_callable=print)
