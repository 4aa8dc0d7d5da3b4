from datetime import datetime, timedelta
import pendulum
from dateutil.relativedelta import relativedelta
from airflow import DAG
from airflow.operators.empty import EmptyOperator
from airflow.timetables.interval import CronDataIntervalTimetable, DeltaDataIntervalTimetable
from airflow.timetables.trigger import CronTriggerTimetable
from airflow.timetables.events import EventsTimetable
from airflow.timetables.base import DagRunInfo, DataInterval, TimeRestriction, Timetable

tz = pendulum.timezone("America/New_York")
for name, schedule in {
    "monthly": "@monthly", "cron": "*/15 8-18 * * MON-FRI", "last": "0 0 L * *", "delta": timedelta(hours=6), "rel": relativedelta(months=1),
    "ct": CronTriggerTimetable("0 1 * * 3", timezone="UTC", interval=timedelta(days=4)), "cdi": CronDataIntervalTimetable("0 0 * * *", tz),
    "ddi": DeltaDataIntervalTimetable(timedelta(days=1)), "cont": "@continuous", "once": "@once", "none": None,
    "events": EventsTimetable(event_dates=[pendulum.datetime(2022, 4, 5, tz=tz)], restrict_to_events=False),
}.items():
    with DAG(f"wild2_schedule_{name}", schedule=schedule, start_date=datetime(2024, 1, 1, tzinfo=tz), catchup=False, max_active_runs=1) as dag:
        EmptyOperator(task_id="only")
    globals()[dag.dag_id] = dag
