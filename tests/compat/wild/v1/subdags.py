from airflow.models import DAG
from airflow.operators.dummy_operator import DummyOperator
from airflow.operators.bash_operator import BashOperator
from airflow.operators.subdag_operator import SubDagOperator
from airflow.executors.local_executor import LocalExecutor
from airflow.executors.sequential_executor import SequentialExecutor
from airflow.utils.dates import days_ago

DAG_NAME = 'wild1_subdag'


def subdag(parent_dag_name, child_dag_name, args):
    dag_subdag = DAG(
        dag_id='%s.%s' % (parent_dag_name, child_dag_name),
        default_args=args,
        schedule_interval="@daily",
    )
    for i in range(3):
        BashOperator(
            task_id='%s-task-%s' % (child_dag_name, i + 1),
            bash_command='echo {{ params.n }}',
            params={'n': i},
            default_args=args,
            dag=dag_subdag,
        )
    return dag_subdag


args = {'owner': 'Airflow', 'start_date': days_ago(2)}
dag = DAG(dag_id=DAG_NAME, default_args=args, schedule_interval="@once")
start = DummyOperator(task_id='start', dag=dag)
section_1 = SubDagOperator(
    task_id='section-1',
    subdag=subdag(DAG_NAME, 'section-1', args),
    executor=SequentialExecutor(),
    dag=dag,
)
end = DummyOperator(task_id='end', dag=dag)
start >> section_1 >> end
