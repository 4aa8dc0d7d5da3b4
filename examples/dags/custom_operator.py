"""An operator of one's own: template fields, a hook-like helper, a custom sensor."""

from datetime import datetime

from airflow.models import BaseOperator
from airflow.sdk import DAG, BaseSensorOperator


class GreetOperator(BaseOperator):
    template_fields = ("name",)
    ui_color = "#e8f7e4"

    def __init__(self, *, name: str, greeting: str = "hello", **kwargs):
        super().__init__(**kwargs)
        self.name = name
        self.greeting = greeting

    def execute(self, context):
        text = f"{self.greeting} {self.name}"
        self.log.info(text)
        return text


class EvenTrySensor(BaseSensorOperator):
    """True at its third look."""

    looks = 0

    def poke(self, context):
        self.looks += 1
        return self.looks >= 3


with DAG("custom_operator", schedule=None, start_date=datetime(2026, 1, 1), tags=["example"]):
    EvenTrySensor(task_id="wait", poke_interval=0.2, timeout=10) >> GreetOperator(task_id="greet", name="run {{ run_id }}")
