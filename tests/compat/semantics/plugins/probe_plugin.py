"""What the probe DAGs have as a plugin: a trigger, timetables."""

from __future__ import annotations

import asyncio
import datetime as dt

import pendulum
from airflow.plugins_manager import AirflowPlugin
from airflow.timetables.base import DagRunInfo, DataInterval, Timetable
from airflow.triggers.base import BaseTrigger, TriggerEvent


class Ends(BaseTrigger):
    """An event, several, an error, or nothing at all."""

    def __init__(self, how, wait=1.0):
        super().__init__()
        self.how, self.wait = how, wait

    def serialize(self):
        return ("probe_plugin.Ends", {"how": self.how, "wait": self.wait})

    async def run(self):
        await asyncio.sleep(self.wait)
        if self.how == "raises":
            raise ValueError("in the trigger")
        if self.how == "several":
            yield TriggerEvent(1)
            yield TriggerEvent(2)
        elif self.how != "silent":
            yield TriggerEvent({"how": self.how, "when": [1, None, {"x": "y"}]})


class Gaps(Timetable):
    """Each even day has an interval of two hours from `hour` on; its run comes a day later. None in the first week of a month."""

    def __init__(self, hour=5):
        self.hour = hour

    def serialize(self):
        return {"hour": self.hour}

    @classmethod
    def deserialize(cls, data):
        return cls(data["hour"])

    @property
    def summary(self):
        return f"gaps from {self.hour}"

    def infer_manual_data_interval(self, *, run_after):
        return DataInterval(run_after.subtract(hours=1), run_after)

    def next_dagrun_info(self, *, last_automated_data_interval, restriction):
        if restriction.earliest is None:
            return None
        if last_automated_data_interval is not None:
            day = last_automated_data_interval.start.add(days=1)
        else:
            day = restriction.earliest if restriction.catchup else max(restriction.earliest, pendulum.now("UTC").subtract(days=3))
        start = pendulum.datetime(day.year, day.month, day.day, self.hour)
        while start < restriction.earliest or start.day <= 7 or start.day % 2:
            start = start.add(days=1)
        if restriction.latest is not None and start > restriction.latest:
            return None
        return DagRunInfo(run_after=start.add(days=1), data_interval=DataInterval(start, start.add(hours=2)))


class Stops(Gaps):
    """As Gaps, but ends after its second run."""

    def next_dagrun_info(self, *, last_automated_data_interval, restriction):
        found = super().next_dagrun_info(last_automated_data_interval=last_automated_data_interval, restriction=restriction)
        return None if found is not None and found.data_interval.start.day > 10 else found


class ProbePlugin(AirflowPlugin):
    name = "probe_plugin"
    timetables = [Gaps, Stops]
