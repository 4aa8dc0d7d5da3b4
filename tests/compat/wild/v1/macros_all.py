from airflow import DAG
from airflow.operators.bash_operator import BashOperator
from airflow.operators.python_operator import PythonOperator
from datetime import datetime, timedelta

default_args = {'owner': 'x', 'start_date': datetime(2020, 1, 1)}


def templates_dict_check(templates_dict, **context):
    assert templates_dict['ds'] == context['ds']
    assert context['tomorrow_ds'] > context['ds'] > context['yesterday_ds']
    assert context['next_ds'] >= context['ds']
    assert context['ts_nodash'].startswith(context['ds_nodash'])
    assert context['conf'].get('core', 'dags_folder')
    assert context['execution_date'].strftime('%Y-%m-%d') == context['ds']
    assert context['inlets'] == [] and context['params'] == {}


with DAG('wild1_macros', default_args=default_args, schedule_interval='@daily', catchup=False) as dag:
    BashOperator(task_id='dates', bash_command='''
        set -e
        test "{{ ds }}" = "{{ execution_date.strftime('%Y-%m-%d') }}"
        test "{{ macros.ds_add(ds, -1) }}" = "{{ yesterday_ds }}"
        test "{{ tomorrow_ds_nodash }}" = "{{ macros.ds_format(tomorrow_ds, '%Y-%m-%d', '%Y%m%d') }}"
        test "{{ (execution_date - macros.timedelta(days=1)).strftime('%Y%m%d') }}" = "{{ yesterday_ds_nodash }}"
        echo "{{ next_execution_date }} {{ prev_execution_date }} {{ next_ds }} {{ prev_ds }} {{ ts }}"
        echo "{{ task.owner }} {{ task_instance.task_id }} {{ ti.hostname }} {{ dag.dag_id }} {{ test_mode }}"
        echo "{{ var.value.get('wild_nothing', 'fallback') }} {{ conf.get('core', 'dags_folder') }}"
        echo "{{ macros.datetime.now() }} {{ macros.uuid.uuid4() }} {{ macros.random() }} {{ macros.time.time() }}"
    ''')
    PythonOperator(task_id='templates', python_callable=templates_dict_check, templates_dict={'ds': '{{ ds }}'}, provide_context=True)
