"""Reports and callbacks as they were written for Airflow 2: they ask its models of runs, task instances and XComs."""

from datetime import datetime, timedelta
from urllib.parse import quote

from airflow import DAG
from airflow.models import DagModel, DagRun, TaskInstance, XCom
from airflow.operators.python import PythonOperator, get_current_context, task
from airflow.utils.state import DagRunState, State, TaskInstanceState
from airflow.utils.trigger_rule import TriggerRule


def fail():
    get_current_context()["ti"].xcom_push("reason", "on purpose")
    raise ValueError("on purpose")


def of_instances(dag_run, dag, ti, execution_date, **_):
    found = {one.task_id: one for one in ti.get_dagrun().get_task_instances()}
    assert set(found) == {"extract", "break_it", "of_instances", "of_runs", "of_xcoms"}
    assert [one.task_id for one in dag_run.get_task_instances(state=State.FAILED)] == [
        "break_it"
    ]
    extract, broken = found["extract"], dag_run.get_task_instance("break_it")
    assert (
        extract.state == TaskInstanceState.SUCCESS
        and extract.operator == "_PythonDecoratedOperator"
    )
    assert (
        extract.end_date > extract.start_date
        and extract.duration > 0
        and extract.try_number == 1
    )
    assert (
        broken.state == "failed" and broken.pool == "default_pool" and broken.hostname
    )
    assert (
        "/tasks/break_it" in broken.log_url
        and quote(dag_run.run_id) in broken.log_url
    )
    assert extract.xcom_pull(task_ids="extract") == {"rows": 3}
    for one in (
        TaskInstance(dag.get_task("extract"), execution_date),
        TaskInstance(task=dag.get_task("extract"), execution_date=execution_date),
        TaskInstance(task=dag.get_task("extract"), run_id=dag_run.run_id),
    ):
        assert one.current_state() == "success" and isinstance(one, TaskInstance)
    coming = TaskInstance(
        dag.get_task("of_xcoms"), execution_date - timedelta(days=400)
    )
    assert coming.current_state() is None
    ti.refresh_from_db()
    assert (
        isinstance(ti, TaskInstance)
        and ti.current_state() == State.RUNNING
        and ti.unixname
    )


def of_runs(dag_run, dag, execution_date, **_):
    same = {"dag_id": dag.dag_id, "execution_date": execution_date}
    assert [run.run_id for run in DagRun.find(**same)] == [dag_run.run_id]
    assert (
        DagRun.find(
            dag_id=dag.dag_id, execution_date=execution_date - timedelta(days=400)
        )
        == []
    )
    assert dag_run.run_id in [
        run.run_id for run in DagRun.find(dag_id=dag.dag_id, state=DagRunState.RUNNING)
    ]
    assert (
        DagRun.find(
            dag_id=dag.dag_id, execution_start_date=execution_date + timedelta(days=9)
        )
        == []
    )
    assert dag_run.run_id in [
        run.run_id for run in dag.get_dagruns_between(execution_date, execution_date)
    ]
    assert dag.get_dagrun(execution_date=execution_date).run_id == dag_run.run_id
    assert dag.get_last_dagrun(include_externally_triggered=True).dag_id == dag.dag_id
    assert dag.get_num_active_runs() >= 1
    model = DagModel.get_dagmodel(dag.dag_id)
    assert model.is_paused is False and DagModel.get_current("of nobody") is None


def of_xcoms(dag_run, dag, execution_date, **_):
    where = {"dag_id": dag.dag_id, "task_id": "extract"}
    assert XCom.get_one(execution_date=execution_date, key="file", **where) == "a.csv"
    assert XCom.get_one(run_id=dag_run.run_id, key="file", **where) == "a.csv"
    assert (
        XCom.get_one(
            execution_date=execution_date - timedelta(days=400), key="file", **where
        )
        is None
    )
    many = XCom.get_many(
        run_id=dag_run.run_id, dag_ids=[dag.dag_id], task_ids="extract"
    )
    assert {one.key: one.value for one in many} == {
        "file": "a.csv",
        "return_value": {"rows": 3},
    }
    last = XCom.get_many(
        run_id=dag_run.run_id, dag_ids=dag.dag_id, task_ids=["extract"], key="file"
    ).first()
    assert last.value == "a.csv" and last.task_id == "extract"
    assert (
        XCom.get_many(run_id=dag_run.run_id, dag_ids=dag.dag_id, key="nobody's").first()
        is None
    )
    key = dag_run.get_task_instance("extract").key
    assert XCom.get_value(ti_key=key, key="file") == "a.csv"


with DAG(
    "wild2_asks",
    start_date=datetime(2024, 1, 1),
    schedule=None,
    default_args={"retries": 0},
) as dag:

    @task
    def extract(ti=None):
        ti.xcom_push("file", "a.csv")
        return {"rows": 3}

    broken = PythonOperator(task_id="break_it", python_callable=fail)
    reports = [
        PythonOperator(
            task_id=f.__name__, python_callable=f, trigger_rule=TriggerRule.ALL_DONE
        )
        for f in (of_instances, of_runs, of_xcoms)
    ]
    [extract(), broken] >> reports[0] >> reports[1] >> reports[2]
