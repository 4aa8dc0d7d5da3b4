from __future__ import annotations
import asyncio
from datetime import datetime, timedelta
from typing import Any
from airflow import DAG
from airflow.decorators import task
from airflow.models.baseoperator import BaseOperator
from airflow.sensors.base import BaseSensorOperator, PokeReturnValue, poke_mode_only
from airflow.sensors.date_time import DateTimeSensor, DateTimeSensorAsync
from airflow.sensors.time_delta import TimeDeltaSensor, TimeDeltaSensorAsync
from airflow.sensors.python import PythonSensor
from airflow.sensors.bash import BashSensor
from airflow.sensors.filesystem import FileSensor
from airflow.sensors.time_sensor import TimeSensor
from airflow.sensors.weekday import DayOfWeekSensor
from airflow.triggers.temporal import TimeDeltaTrigger, DateTimeTrigger
from airflow.utils.context import Context
from airflow.utils import timezone


class WaitOneSecond(BaseSensorOperator):
    def execute(self, context: Context) -> None:
        self.defer(trigger=TimeDeltaTrigger(timedelta(seconds=1)), method_name="execute_complete", kwargs={"k": 1})

    def execute_complete(self, context: Context, event: dict[str, Any] | None = None, k=None) -> None:
        assert k == 1
        return


with DAG("wild2_deferrables", start_date=datetime(2021, 1, 1), schedule="@once", catchup=False) as dag:
    WaitOneSecond(task_id="wait")
    DateTimeSensor(task_id="dt", target_time="{{ macros.datetime(2022, 1, 1).isoformat() }}")
    DateTimeSensorAsync(task_id="dta", target_time=datetime(2022, 1, 1, tzinfo=timezone.utc))
    TimeDeltaSensor(task_id="td", delta=timedelta(seconds=1))
    BashSensor(task_id="bash", bash_command="exit 0", timeout=5)
    FileSensor(task_id="file", filepath=__file__, deferrable=False)
    TimeSensor(task_id="time", target_time=timezone.datetime(2000, 1, 1, 0, 0, 1).time())
    DayOfWeekSensor(task_id="dow", week_day={"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"})

    @task.sensor(poke_interval=0.2, timeout=10, mode="poke")
    def wait_for_upstream() -> PokeReturnValue:
        return PokeReturnValue(is_done=True, xcom_value="xcom_value")

    @task
    def see(v):
        assert v == "xcom_value"
    see(wait_for_upstream())
