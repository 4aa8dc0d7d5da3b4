"""A form for whoever triggers it: typed parameters with a schema, checked before the run exists."""

from datetime import datetime

from airflow.sdk import Param, dag, task


@dag(
    schedule=None,
    start_date=datetime(2026, 1, 1),
    params={
        "name": Param("world", type="string", minLength=2, description="whom to greet"),
        "times": Param(3, type="integer", minimum=1, maximum=10),
        "loud": Param(False, type="boolean"),
        "day": Param(None, type=["null", "string"], format="date"),
    },
    tags=["example"],
)
def params_and_conf():
    @task.bash
    def greet() -> str:
        return "for i in $(seq {{ params.times }}); do echo hello {{ params.name }}{{ '!' if params.loud }}; done"

    @task
    def show(params, dag_run=None):
        print("params:", dict(params))
        print("conf of this run:", dag_run.conf)

    greet() >> show()


params_and_conf()
