import pendulum
from airflow.decorators import setup, task, task_group, teardown
from airflow.models.dag import DAG
from airflow.operators.bash import BashOperator

with DAG(dag_id="wild2_setup_teardown", start_date=pendulum.datetime(2021, 1, 1, tz="UTC"), catchup=False, schedule=None) as dag:
    create = BashOperator(task_id="create", bash_command="echo create").as_setup()
    work = BashOperator(task_id="work", bash_command="exit 1")
    delete = BashOperator(task_id="delete", bash_command="echo delete").as_teardown(setups=create)
    create >> work >> delete

    @setup
    def outer_setup():
        return "cluster_id"

    @teardown
    def outer_teardown(cluster_id):
        assert cluster_id == "cluster_id"

    @task
    def outer_work():
        print("just a normal task")

    s = outer_setup()
    td = outer_teardown(s)
    s >> td
    with td:
        outer_work()
