"""What workers are given while the Execution API is asked: bodies never run, the tasks are told of by hand."""

from datetime import timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, Asset, TaskGroup, task

with DAG("ex_main", schedule=None, tags=["b", "a"], default_args={"owner": "anna"}, max_active_tasks=30):
    for name in ("life", "fails", "skips", "sleeps", "waits", "asks", "marked", "stays"):
        BashOperator(task_id=name, bash_command="true")
    BashOperator(task_id="again", bash_command="true", retries=2, retry_delay=timedelta(0))
    BashOperator(task_id="tells", bash_command="true", outlets=[Asset("a1", uri="s3://bucket/a1")])
    with TaskGroup("group"):
        BashOperator(task_id="inner", bash_command="true")

    @task
    def numbers():
        return [1, 2]

    @task
    def each(n):
        return n

    each.expand(n=numbers())

with DAG("ex_other", schedule=None):
    BashOperator(task_id="only", bash_command="true")
