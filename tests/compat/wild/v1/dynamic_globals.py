# One DAG a customer, registered through globals()
from datetime import datetime
from airflow import DAG
from airflow.operators.python_operator import PythonOperator


def create_dag(dag_id, schedule, dag_number, default_args):

    def hello_world_py(*args, **kwargs):
        print('Hello World')
        print('This is DAG: {}'.format(str(dag_number)))
        print(args, sorted(kwargs))

    dag = DAG(dag_id, schedule_interval=schedule, default_args=default_args)

    with dag:
        t1 = PythonOperator(task_id='hello_world', python_callable=hello_world_py, dag_number=dag_number) \
            if False else PythonOperator(task_id='hello_world', python_callable=hello_world_py, op_args=[dag_number])

    return dag


for n in range(1, 4):
    dag_id = 'wild1_dynamic_{}'.format(str(n))
    default_args = {'owner': 'airflow', 'start_date': datetime(2018, 1, 1)}
    globals()[dag_id] = create_dag(dag_id, '@daily', n, default_args)
