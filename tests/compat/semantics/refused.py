"""DAG files that Airflow refuses, or that look as if it should: name → what stands below the common import."""

from __future__ import annotations

HEAD = "from semantics_common import *\n\n"

FILES = {
    "cycle": """
with probe("d"):
    a, b, c = empties("a b c")
    a >> b >> c >> a
""",
    "cycle_of_one": """
with probe("d"):
    a = empty("a")
    a >> a
""",
    "duplicate_task": """
with probe("d"):
    empty("a")
    empty("a")
""",
    "duplicate_group": """
with probe("d"):
    with TaskGroup("g"):
        empty("a")
    with TaskGroup("g"):
        empty("b")
""",
    "group_like_task": """
with probe("d"):
    empty("g")
    with TaskGroup("g"):
        empty("b")
""",
    "group_suffix": """
with probe("d"):
    for n in range(2):
        with TaskGroup("g", add_suffix_on_collision=True):
            empty("b")
""",
    "bad_task_id": """
with probe("d"):
    empty("a b")
""",
    "bad_dag_id": """
with probe("d e"):
    empty("a")
""",
    "long_task_id": """
with probe("d"):
    empty("a" * 251)
""",
    "empty_task_id": """
with probe("d"):
    empty("")
""",
    "bad_group_id": """
with probe("d"):
    with TaskGroup("g.h"):
        empty("a")
""",
    "bad_cron": """
with probe("d", schedule="0 25 * * *"):
    empty("a")
""",
    "bad_preset": """
with probe("d", schedule="@sometimes"):
    empty("a")
""",
    "bad_rule": """
with probe("d"):
    empty("a", trigger_rule="sometimes")
""",
    "bad_weight_rule": """
with probe("d"):
    empty("a", weight_rule="heavy")
""",
    "no_task_id": """
with probe("d"):
    EmptyOperator()
""",
    "unknown_argument": """
with probe("d"):
    empty("a", nobody_knows=1)
""",
    "missing_argument": """
with probe("d"):
    BashOperator(task_id="a")
""",
    "unknown_dag_argument": """
with DAG("d", nobody_knows=1):
    empty("a")
""",
    "callable_is_not": """
with probe("d"):
    PythonOperator(task_id="a", python_callable="text")
""",
    "bad_param": """
with probe("d", schedule="@daily", params={"a": Param("x", type="integer")}):
    empty("a")
""",
    "bad_param_unscheduled": """
with probe("d", params={"a": Param("x", type="integer")}):
    empty("a")
""",
    "param_without_value": """
with probe("d", schedule="@daily", params={"a": Param(type="integer")}):
    empty("a")
""",
    "setup_rule": """
with probe("d"):
    does("s", "S").as_setup() >> empty("a", trigger_rule="all_done")
""",
    "setup_and_teardown": """
with probe("d"):
    does("s", "S").as_setup().as_teardown()
""",
    "teardown_setup": """
with probe("d"):
    does("s", "S").as_teardown().as_setup()
""",
    "expand_always": """
with probe("d"):
    give.override(trigger_rule="always").expand(x=give.override(task_id="up")([1]))
""",
    "group_always": """
with probe("d"):
    @task_group
    def g(x):
        empty("a", trigger_rule="always")
    g.expand(x=[1])
""",
    "expand_nothing": """
with probe("d"):
    give.expand()
""",
    "expand_text": """
with probe("d"):
    give.expand(x="text")
""",
    "expand_number": """
with probe("d"):
    give.expand(x=5)
""",
    "expand_unknown": """
with probe("d"):
    give.expand(y=[1])
""",
    "expand_twice": """
with probe("d"):
    give.partial(x=1).expand(x=[1])
""",
    "expand_task_id": """
with probe("d"):
    EmptyOperator.partial().expand(task_id=["a", "b"])
""",
    "expand_unmappable": """
with probe("d"):
    EmptyOperator.partial(task_id="a").expand(queue=["a", "b"])
""",
    "expand_kwargs_text": """
with probe("d"):
    give.expand_kwargs("text")
""",
    "partial_left_over": """
with probe("d"):
    EmptyOperator.partial(task_id="a")
""",
    "partial_unknown": """
with probe("d"):
    give.partial(y=1).expand(x=[1])
""",
    "concat_literal": """
with probe("d"):
    give.expand(x=give.override(task_id="up")([1]).concat([2]))
""",
    "group_in_mapped_group": """
with probe("d"):
    @task_group
    def inner(x):
        give(x)
    @task_group
    def outer(x):
        inner.expand(x=[1, 2])
    outer.expand(x=[1])
""",
    "expand_in_mapped_group": """
with probe("d"):
    @task_group
    def g(x):
        give.expand(x=[1, 2])
    g.expand(x=[1])
""",
    "iterate_output": """
with probe("d"):
    for x in give([1, 2]):
        pass
""",
    "output_in_condition": """
with probe("d"):
    if give(True):
        empty("a")
""",
    "missing_call_argument": """
with probe("d"):
    @task
    def needs(a, b):
        pass
    needs(1)
""",
    "context_name_default": """
with probe("d"):
    @task
    def wants(ds="x"):
        pass
    wants()
""",
    "context_name_default_none": """
with probe("d"):
    @task
    def wants(ds=None):
        pass
    wants()
""",
    "arrow_between_dags": """
with probe("d"):
    a = empty("a")
with probe("e"):
    b = empty("b")
a >> b
""",
    "arrow_to_text": """
with probe("d"):
    empty("a") >> "b"
""",
    "list_to_list": """
with probe("d"):
    empties("a b") >> empties("c d")
""",
    "task_without_dag": """
a = empty("a")
b = empty("b")
a >> b
""",
    "same_dag_twice": """
with probe("d"):
    empty("a")
with probe("d"):
    empty("b")
""",
    "fail_fast_rule": """
with probe("d", **{"fail_fast" if V3 else "fail_stop": True}):
    empty("a", trigger_rule="all_done")
""",
    "bad_tag": """
with probe("d", tags=["x" * 101]):
    empty("a")
""",
    "continuous": """
with probe("d", schedule="@continuous"):
    empty("a")
""",
    "bad_pool_slots": """
with probe("d"):
    empty("a", pool_slots=0)
""",
    "retries_text": """
with probe("d"):
    empty("a", retries="many")
""",
    "retries_none": """
with probe("d"):
    empty("a", retries=None)
""",
    "bad_execution_timeout": """
with probe("d"):
    empty("a", execution_timeout=10)
""",
    "bad_sensor_mode": """
with probe("d"):
    PythonSensor(task_id="a", python_callable=bool, mode="sleep")
""",
    "bad_sensor_timeout": """
with probe("d"):
    PythonSensor(task_id="a", python_callable=bool, timeout=-1)
""",
    "bad_poke_interval": """
with probe("d"):
    PythonSensor(task_id="a", python_callable=bool, poke_interval=-1)
""",
    "chain_uneven": """
with probe("d"):
    chain(empties("a b"), empties("c d e"))
""",
    "external_without_dag": """
with probe("d"):
    ExternalTaskSensor(task_id="a", external_task_id="x")
""",
    "external_both": """
with probe("d"):
    ExternalTaskSensor(task_id="a", external_dag_id="x", external_task_id="x", external_task_ids=["y"])
""",
    "external_overlap": """
with probe("d"):
    ExternalTaskSensor(task_id="a", external_dag_id="x", allowed_states=["success"], failed_states=["success"])
""",
    "multiple_outputs_of_list": """
with probe("d"):
    @task(multiple_outputs=True)
    def two() -> list:
        return []
    two()
""",
    "max_active_runs_zero": """
with probe("d", max_active_runs=0):
    empty("a")
""",
    "start_date_text": """
with probe("d", start_date="2026-01-01"):
    empty("a")
""",
    "end_before_start": """
with probe("d", end_date=dt.datetime(2020, 1, 1, tzinfo=dt.timezone.utc)):
    empty("a")
""",
    "no_start_date": """
with DAG("d", schedule="@daily"):
    empty("a")
""",
    "owner_link": """
with probe("d", owner_links={"me": "no link"}):
    empty("a")
""",
    "import_missing": """
import nobody_has_this_module
""",
    "syntax": """
with probe("d")
""",
    "raises": """
raise RuntimeError("at import")
""",
    "exits": """
import sys
sys.exit(3)
""",
    "bad_default_args": """
with probe("d", default_args=[1]):
    empty("a")
""",
    "bad_inlet": """
with probe("d"):
    empty("a", outlets=5)
""",
    "retry_delay_text": """
with probe("d"):
    empty("a", retry_delay="soon")
""",
    "depends_in_teardown_only": """
with probe("d"):
    with does("t", "S").as_teardown():
        empty("a")
""",
    "as_setup_of_group": """
with probe("d"):
    with TaskGroup("g") as g:
        empty("a")
    g.as_setup()
""",
    "wait_for_downstream": """
with probe("d"):
    empty("a", wait_for_downstream=True, depends_on_past=False)
""",
    "map_index_template_number": """
with probe("d"):
    EmptyOperator(task_id="a", map_index_template=5)
""",
    "label_of_text": """
with probe("d"):
    empty("a") >> Label("x") >> Label("y") >> empty("b")
""",
}

# Where we differ, and why (docs/differences.md).
OTHERWISE = {
    "expand_twice": "refused here when the file is read; Airflow takes it",
    "group_in_mapped_group": "refused here; Airflow takes it",
    "start_date_text": "a text that is a date is taken here",
    "same_dag_twice": "which of two DAGs with one id counts is chance in Airflow, and the last here",
    "no_start_date": "3.x takes it, and so do we for both generations",
}
