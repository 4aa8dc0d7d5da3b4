from builtins import range
import random
from datetime import timedelta

import airflow
from airflow.models import DAG
from airflow.operators.bash_operator import BashOperator
from airflow.operators.dummy_operator import DummyOperator
from airflow.operators.python_operator import BranchPythonOperator, ShortCircuitOperator, PythonOperator
from airflow.operators.latest_only_operator import LatestOnlyOperator
from airflow.utils.helpers import chain

args = {
    'owner': 'Airflow',
    'start_date': airflow.utils.dates.days_ago(2),
}

dag = DAG(
    dag_id='wild1_branch',
    default_args=args,
    schedule_interval="@daily",
    dagrun_timeout=timedelta(minutes=60),
    default_view='graph',
    orientation='LR',
)

run_this_first = DummyOperator(task_id='run_this_first', dag=dag)
options = ['branch_a', 'branch_b', 'branch_c', 'branch_d']
branching = BranchPythonOperator(task_id='branching', python_callable=lambda: options[1], dag=dag)
run_this_first >> branching
join = DummyOperator(task_id='join', trigger_rule='one_success', dag=dag)

for option in options:
    t = DummyOperator(task_id=option, dag=dag)
    dummy_follow = DummyOperator(task_id='follow_' + option, dag=dag)
    branching >> t >> dummy_follow >> join

cond_true = ShortCircuitOperator(task_id='condition_is_True', python_callable=lambda: True, dag=dag)
cond_false = ShortCircuitOperator(task_id='condition_is_False', python_callable=lambda: False, dag=dag)
ds_true = [DummyOperator(task_id='true_' + str(i), dag=dag) for i in [1, 2]]
ds_false = [DummyOperator(task_id='false_' + str(i), dag=dag) for i in [1, 2]]
chain(cond_true, *ds_true)
chain(cond_false, *ds_false)
final = BashOperator(task_id='final', bash_command='echo {{ run_id }} {{ dag_run.run_id }}', trigger_rule='all_done', dag=dag)
final << ds_true
final << join
