from __future__ import annotations
import datetime
from airflow.sdk import DAG, Asset, Label, Param, TaskGroup, Variable, Connection, chain, cross_downstream, dag, task, task_group, setup, teardown, get_current_context, BaseOperator, BaseSensorOperator, PokeReturnValue, BaseNotifier, ObjectStoragePath, XComArg, TriggerRule, WeightRule, get_parsing_context, Context, literal, timezone  # noqa
from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.python import PythonOperator
from airflow.providers.standard.sensors.python import PythonSensor
from airflow.sdk.exceptions import AirflowException, AirflowSkipException
from airflow.timetables.trigger import CronTriggerTimetable, MultipleCronTriggerTimetable, DeltaTriggerTimetable

with DAG("wild3_basic", schedule=MultipleCronTriggerTimetable("10 2 * * *", "30 4 * * 1", timezone="Europe/Berlin"), start_date=datetime.datetime(2025, 1, 1), catchup=False,
         tags={"a", "b"}, params={"x": Param(1, type="integer")}, fail_fast=True, dag_display_name="Basic") as dag:
    a = BashOperator(task_id="a", bash_command="echo {{ params.x }} {{ logical_date }} {{ data_interval_start }}")

    @task(retries=2, retry_delay=datetime.timedelta(seconds=1), pool="default_pool", trigger_rule=TriggerRule.ALL_SUCCESS)
    def b(x, **context):
        assert context["params"]["x"] == 1
        return x

    @task
    def c(ti, dag_run, logical_date=None):
        assert ti.xcom_pull(task_ids="b") == 5
        assert dag_run.run_type in ("manual", "scheduled")
    chain(a, b(5), Label("x"), c())

    @dag.task
    def through_dag():
        return 1

    @dag.task(task_id="named")
    def through_dag2():
        return 2
    through_dag() >> through_dag2()
