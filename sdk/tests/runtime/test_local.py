"""Tasks in this process, answered from memory."""

from __future__ import annotations

import os
from datetime import datetime

from tradewind.dag import DAG
from tradewind.decorators import task
from tradewind.execution.local import Memory, run_task
from tradewind.operators.python import PythonOperator

RUN = {
    "run_id": "manual__1",
    "run_type": "manual",
    "logical_date": "2024-01-01T00:00:00+00:00",
    "conf": {"c": 1},
}


def test_a_dag_by_hand():
    from tradewind.variable import Variable

    seen = []
    with DAG("d", start_date=datetime(2024, 1, 1), schedule=None, params={"c": 0}) as dag:

        @task
        def one(params=None):
            Variable.set("v", "w")
            return [params["c"], 2]

        @task
        def two(value, ti=None):
            ti.xcom_push("mine", (value, Variable.get("v")))
            return value * 10

        two.partial().expand(value=one())
        PythonOperator(
            task_id="pull",
            python_callable=lambda ti: ti.xcom_pull(key=None, task_ids="two", map_indexes=1),
            on_success_callback=lambda context: seen.append(context["ti"].xcom_pull(task_ids="pull")),
        )
    memory = Memory()
    work = {"run": RUN, "try_number": 1}
    before = dict(os.environ)
    assert run_task(dag, "one", work, memory)["mapped_length"] == 2
    for i in range(2):
        assert run_task(dag, "two", {**work, "map_index": i}, memory)["state"] == "success"
    states = []
    finished = run_task(dag, "pull", work, memory, on_finished=lambda f: states.append(f["state"]))
    assert states == ["success"] and finished["xcoms"][0]["value"] == 20
    assert seen == [20]
    assert dict(os.environ) == before
    assert memory.rendered["d", "manual__1", "two", 1]["op_kwargs"] == {"value": 2}


def test_what_memory_does_not_know():
    with DAG("d", schedule=None) as dag:
        PythonOperator(task_id="t", python_callable=lambda ti: ti.get_dr_count(dag_id="x"))
    finished = run_task(dag, "t", {"run": RUN}, Memory())
    assert finished["state"] == "failed" and "without the engine" in finished["reason"]
    assert run_task(dag, "t", {"run": RUN}, Memory(other=lambda do, args: 7))["xcoms"][0]["value"] == 7
