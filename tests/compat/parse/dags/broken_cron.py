import datetime as dt

from airflow import DAG

with DAG("cron", schedule="61 * * * *", start_date=dt.datetime(2026, 1, 1)):
    pass
