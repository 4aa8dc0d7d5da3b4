from datetime import datetime
from airflow.models.dag import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.dummy import DummyOperator
from airflow.operators.empty import EmptyOperator
from airflow.utils.edgemodifier import Label
from airflow.utils.task_group import TaskGroup
from airflow.decorators import task, task_group
from airflow.models.baseoperator import chain, cross_downstream, chain_linear

with DAG(dag_id="wild2_task_groups", start_date=datetime(2021, 1, 1), tags=["example"], schedule_interval="@daily", catchup=False) as dag:
    start = DummyOperator(task_id="start")
    with TaskGroup("section_1", tooltip="Tasks for section_1") as section_1:
        task_1 = EmptyOperator(task_id="task_1")
        task_2 = BashOperator(task_id="task_2", bash_command="echo 1")
        task_1 >> task_2
    with TaskGroup(group_id="section_2", default_args={"owner": "two"}, prefix_group_id=False) as section_2:
        t = EmptyOperator(task_id="two_1")
        assert t.owner == "two"
        with TaskGroup("inner", ui_color="blue") as inner:
            a = [EmptyOperator(task_id=f"a{i}") for i in range(3)]
            b = [EmptyOperator(task_id=f"b{i}") for i in range(3)]
            cross_downstream(a, b)
        t >> inner

    @task_group(group_id="deco")
    def deco(x):
        @task
        def one(v):
            return v + 1

        @task
        def two(v):
            assert v == 11
            return v
        return two(one(x))

    end = EmptyOperator(task_id="end", trigger_rule="none_failed_min_one_success")
    start >> section_1 >> Label("then") >> section_2
    chain(section_2, deco(10), end)
    x, y, z, w = (EmptyOperator(task_id=k) for k in "xyzw")
    chain_linear([x, y], [z, w], end)
