import pprint
import airflow
from airflow.models import DAG
from airflow.operators.dagrun_operator import TriggerDagRunOperator
from airflow.operators.python_operator import PythonOperator


def conditionally_trigger(context, dag_run_obj):
    """This function decides whether or not to Trigger the remote DAG"""
    c_p = context['params']['condition_param']
    if context['params']['condition_param']:
        dag_run_obj.payload = {'message': context['params']['message']}
        pprint.pprint(dag_run_obj.payload)
        return dag_run_obj


dag = DAG(
    dag_id="wild1_trigger_controller",
    default_args={"owner": "Airflow", "start_date": airflow.utils.dates.days_ago(2)},
    schedule_interval="@once",
)

trigger = TriggerDagRunOperator(
    task_id="test_trigger_dagrun",
    trigger_dag_id="wild1_dynamic_1",
    python_callable=conditionally_trigger,
    params={'condition_param': True, 'message': 'Hello World'},
    dag=dag,
)
