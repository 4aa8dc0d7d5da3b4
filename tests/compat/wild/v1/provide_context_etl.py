import logging
import airflow
from airflow.models import DAG, Variable
from airflow.operators.python_operator import PythonOperator
from airflow.operators.dummy_operator import DummyOperator
from airflow.utils.dates import days_ago

args = {
    'owner': 'data-eng',
    'start_date': airflow.utils.dates.days_ago(2),
    'provide_context': True,
}

dag = DAG('wild1_provide_context', schedule_interval='@once', default_args=args, catchup=False, concurrency=4, max_active_runs=1)

value_1 = [1, 2, 3]
value_2 = {'a': 'b'}


def push(**kwargs):
    """Pushes an XCom without a specific target"""
    kwargs['ti'].xcom_push(key='value from pusher 1', value=value_1)


def push_by_returning(**kwargs):
    logging.info("execution date is %s, ds %s", kwargs['execution_date'], kwargs['ds'])
    return value_2


def puller(**kwargs):
    ti = kwargs['ti']
    v1 = ti.xcom_pull(key=None, task_ids='push')
    assert v1 == value_1, v1
    v2 = ti.xcom_pull(task_ids='push_by_returning')
    assert v2 == value_2
    v1, v2 = ti.xcom_pull(key=None, task_ids=['push', 'push_by_returning'])
    assert (v1, v2) == (value_1, value_2)
    assert kwargs['dag_run'].conf in (None, {})
    assert kwargs['task_instance_key_str'].startswith('wild1_provide_context__puller__')
    assert Variable.get('wild_nothing', default_var='none') == 'none'
    assert kwargs['var']['value'].get('wild_nothing', 'x') == 'x'


start = DummyOperator(task_id='start', dag=dag)
push1 = PythonOperator(task_id='push', dag=dag, python_callable=push)
push2 = PythonOperator(task_id='push_by_returning', dag=dag, python_callable=push_by_returning)
pull = PythonOperator(task_id='puller', dag=dag, python_callable=puller)

start >> [push1, push2] >> pull
