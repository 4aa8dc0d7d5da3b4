"""Waiting for something: a file, an instant, a condition of your own, in poke and in reschedule mode."""

import os
import tempfile
from datetime import datetime, timedelta

from airflow.providers.standard.sensors.filesystem import FileSensor
from airflow.providers.standard.sensors.time_delta import TimeDeltaSensor
from airflow.sdk import dag, task

FLAG = os.path.join(tempfile.gettempdir(), "tradewind-example-flag")


@dag(schedule=None, start_date=datetime(2026, 1, 1), tags=["example"])
def sensors():
    @task
    def raise_flag():
        with open(FLAG, "w") as f:
            f.write("up")

    wait_for_flag = FileSensor(task_id="wait_for_flag", filepath=FLAG, poke_interval=1, timeout=60)
    a_moment = TimeDeltaSensor(task_id="a_moment", delta=timedelta(seconds=1), mode="reschedule", poke_interval=1)

    @task.sensor(poke_interval=1, timeout=30, mode="reschedule")
    def flag_has_text() -> bool:
        return os.path.getsize(FLAG) > 0

    @task(trigger_rule="all_done")
    def lower_flag():
        os.unlink(FLAG)

    [raise_flag(), wait_for_flag] >> flag_has_text() >> a_moment >> lower_flag()


sensors()
