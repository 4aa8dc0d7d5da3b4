from datetime import datetime, timedelta
import pendulum
from airflow import DAG
from airflow.operators.bash_operator import BashOperator
from airflow.operators.python_operator import PythonOperator

local_tz = pendulum.timezone("Europe/Amsterdam")


def task_fail_slack_alert(context):
    ti = context.get('task_instance')
    print('FAILED', ti.task_id, ti.dag_id, context.get('execution_date'), ti.log_url, context['exception'])


def sla_alert(dag, task_list, blocking_task_list, slas, blocking_tis):
    print(dag, task_list)


default_args = {
    'owner': 'team',
    'start_date': datetime(2020, 1, 1, tzinfo=local_tz),
    'on_failure_callback': task_fail_slack_alert,
    'on_success_callback': lambda context: print('fine', context['ti'].task_id),
    'sla': timedelta(hours=2),
    'execution_timeout': timedelta(seconds=60),
    'priority_weight': 5,
    'weight_rule': 'absolute',
    'queue': 'default',
    'wait_for_downstream': False,
    'trigger_rule': 'all_success',
    'task_concurrency': 2,
}

dag = DAG(dag_id='wild1_callbacks', default_args=default_args, schedule_interval='15 0 * * *', catchup=False,
          sla_miss_callback=sla_alert, on_failure_callback=lambda c: print('dag failed'),
          template_searchpath=['/tmp'], user_defined_macros={'today': lambda: '2020', 'json': __import__('json')},
          user_defined_filters={'shout': lambda s: s.upper() + '!'},
          params={'env': 'dev', 'depth': 3},
          access_control={'Ops': {'can_dag_read', 'can_dag_edit'}})

fails = BashOperator(task_id='fails', bash_command='echo {{ today() }} {{ params.env|shout }}; exit 1', dag=dag)
ok = BashOperator(task_id='ok', bash_command='echo {{ json.dumps({"a": 1}) }} $X', env={'X': '{{ ds }}'}, xcom_push=True, dag=dag)
after = PythonOperator(task_id='after', python_callable=lambda ti, **kw: print(ti.xcom_pull(task_ids='ok')), trigger_rule='all_done',
                       provide_context=True, dag=dag)
[fails, ok] >> after
after.doc_md = "#Title"
dag.doc_md = __doc__
