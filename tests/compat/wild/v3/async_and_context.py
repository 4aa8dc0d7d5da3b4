from __future__ import annotations
import asyncio
import logging
import time
from datetime import timedelta
import pendulum
from airflow.sdk import dag, task, get_current_context, AsyncCallback, DeadlineAlert, DeadlineReference
from airflow.sdk.bases.operator import BaseOperator
from airflow.sdk.definitions.context import Context
from airflow.sdk import ExceptionRetryPolicy, RetryRule, RetryAction

log = logging.getLogger("airflow.task")


class Doubler(BaseOperator):
    template_fields = ("n", "nested")

    def __init__(self, *, n: str | int, nested: dict | None = None, **kwargs):
        super().__init__(**kwargs)
        self.n, self.nested = n, nested

    def execute(self, context: Context):
        assert self.nested == {"run": [context["run_id"]]}, self.nested
        return int(self.n) * 2

    def pre_execute(self, context):
        log.info("before")

    def post_execute(self, context, result=None):
        assert result == 42


@dag(dag_id="wild3_async", start_date=pendulum.datetime(2025, 1, 1, tz="UTC"), schedule=None)
def build():
    @task
    async def waits(n: int):
        await asyncio.sleep(0.05)
        return n

    @task
    def reads():
        context = get_current_context()
        ti = context["ti"]
        log.info("%s %s %s", ti.try_number, ti.map_index, context["dag_run"].run_id)
        return context["task"].task_id

    waits(1) >> reads() >> Doubler(task_id="doubler", n="{{ 20 + 1 }}", nested={"run": ["{{ run_id }}"]})

    @task.run_if(lambda context: False)
    @task
    def never():
        raise AssertionError
    never()

    @task.skip_if(lambda context: context["task_instance"].task_id == "other")
    @task.bash
    def maybe():
        return "echo hi"
    maybe()


build()
