import pendulum
from airflow.models.dag import DAG
from airflow.operators.empty import EmptyOperator
from airflow.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sensors.external_task import ExternalTaskMarker, ExternalTaskSensor
from airflow.api.common.trigger_dag import trigger_dag  # noqa
from airflow.utils.state import DagRunState, State, TaskInstanceState
from airflow.utils.session import provide_session, create_session

start_date = pendulum.datetime(2021, 1, 1, tz="UTC")
with DAG(dag_id="wild2_parent", start_date=start_date, catchup=False, schedule=None, tags=["example2"]) as parent_dag:
    TriggerDagRunOperator(task_id="go", trigger_dag_id="wild2_child", conf={"message": "Hello {{ ds }}"}, wait_for_completion=True, poke_interval=1,
                          allowed_states=[State.SUCCESS, "success"], failed_states=[DagRunState.FAILED], reset_dag_run=True,
                          trigger_run_id="from_parent__{{ ts_nodash }}")
with DAG(dag_id="wild2_child", start_date=start_date, schedule=None, catchup=False) as child_dag:
    from airflow.operators.bash import BashOperator
    BashOperator(task_id="say", bash_command="test \"{{ dag_run.conf['message'] if dag_run.conf else 'Hello' }}\" != ''")
    EmptyOperator(task_id="end")
with DAG(dag_id="wild2_waiter", start_date=start_date, schedule="@daily", catchup=False) as waiter:
    ExternalTaskSensor(task_id="wait_all", external_dag_id="wild2_parent", external_task_id=None, timeout=0.5, poke_interval=0.2, soft_fail=True,
                       allowed_states=["success"], failed_states=["failed"], mode="poke",
                       execution_date_fn=lambda dt: dt - pendulum.duration(years=9))
    ExternalTaskMarker(task_id="marker", external_dag_id="wild2_parent", external_task_id="go")
