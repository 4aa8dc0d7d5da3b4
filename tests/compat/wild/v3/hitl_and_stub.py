from __future__ import annotations
import pendulum
from airflow.sdk import DAG, Param, task
from airflow.providers.standard.operators.hitl import ApprovalOperator, HITLBranchOperator, HITLEntryOperator, HITLOperator
from airflow.providers.standard.operators.smooth import SmoothOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.providers.standard.sensors.external_task import ExternalTaskSensor
from airflow.providers.standard.sensors.time_delta import TimeDeltaSensor, WaitSensor
from airflow.providers.standard.triggers.temporal import DateTimeTrigger

with DAG("wild3_hitl", start_date=pendulum.datetime(2025, 1, 1), schedule=None) as dag:
    ask = HITLOperator(task_id="ask", subject="Choose", options=["a", "b"], defaults=["a"], execution_timeout=pendulum.duration(seconds=2),
                       trigger_rule="all_failed")
    SmoothOperator(task_id="smooth") >> ask
