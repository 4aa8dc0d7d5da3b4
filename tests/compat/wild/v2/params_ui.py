import datetime
from airflow.decorators import task, dag
from airflow.models.param import Param, ParamsDict
from airflow.models.dag import DAG
from airflow.models import TaskInstance, DagRun
from airflow.operators.bash import BashOperator

with DAG(
    dag_id="wild2_params",
    schedule=None,
    start_date=datetime.datetime(2022, 3, 4),
    catchup=False,
    doc_md=__doc__,
    render_template_as_native_obj=True,
    params={
        "names": Param(["Linda", "Martha"], type="array", description="names", title="Names"),
        "english": Param(True, type="boolean", title="English"),
        "n": Param(3, type="integer", minimum=1, maximum=5, section="numbers"),
        "opt": Param(None, type=["null", "string"], enum=[None, "a"]),
        "plain": "text",
        "date": Param(f"{datetime.date(2024, 1, 2)}", type="string", format="date"),
    },
) as dag:
    @task(task_id="get_names")
    def get_names(**kwargs) -> list:
        ti: TaskInstance = kwargs["ti"]
        dag_run: DagRun = ti.dag_run
        assert kwargs["params"]["n"] == 3
        assert isinstance(kwargs["params"], (dict, ParamsDict))
        return kwargs["params"]["names"] if "names" in kwargs["params"] else dag_run.conf["names"]

    @task
    def native(n, names, params):
        assert n == 3 and names == ["Linda", "Martha"], (n, names)
        assert params["plain"] == "text"
    native("{{ params.n }}", "{{ params.names }}")
    BashOperator(task_id="b", bash_command="echo {{ params.plain }} {{ params['date'] }} {{ params.opt }}")

    @task
    def greet(name):
        return f"hi {name}"
    greet.expand(name=get_names())
