import datetime as dt

from airflow import DAG
from airflow.models.param import Param

with DAG("params", schedule="@daily", start_date=dt.datetime(2026, 1, 1), params={"x": Param(type="string")}):
    pass
