"""One of several roads: a branch, the skipped ones, and a join that does not mind."""

from datetime import datetime

from airflow.sdk import Label, Param, dag, task


@dag(
    schedule=None,
    start_date=datetime(2026, 1, 1),
    params={"road": Param("left", enum=["left", "right", "both"], description="which way to go")},
    tags=["example"],
)
def branching():
    @task.branch
    def choose(params):
        return {"left": "left", "right": "right", "both": ["left", "right"]}[params["road"]]

    @task
    def left():
        print("went left")

    @task
    def right():
        print("went right")

    @task(trigger_rule="none_failed_min_one_success")
    def meet():
        print("together again")

    crossing = choose()
    lefty, righty, joined = left(), right(), meet()
    crossing >> Label("left road") >> lefty >> joined
    crossing >> Label("right road") >> righty >> joined


branching()
