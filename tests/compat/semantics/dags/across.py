"""Other DAGs: triggering and waiting for them. An Airflow dag file."""

from semantics_common import *

with probe("xd_child"):
    PythonOperator(task_id="t", python_callable=lambda dag_run=None: dag_run.conf or {}) >> empty("e")

with probe("xd_child_fails"):
    does("t", "F")

with probe("xd_trigger"):
    TriggerDagRunOperator(task_id="go", trigger_dag_id="xd_child", conf={"from": "{{ ds }}", "n": [1]}) >> empty("after")

with probe("xd_child_waited"):
    does("t", "S", 1)

with probe("xd_trigger_wait"):
    TriggerDagRunOperator(
        task_id="go", trigger_dag_id="xd_child_waited", wait_for_completion=True, poke_interval=1
    ) >> empty("after")

with probe("xd_trigger_wait_fails"):
    TriggerDagRunOperator(
        task_id="go", trigger_dag_id="xd_child_fails", wait_for_completion=True, poke_interval=1
    ) >> empty("after")

with probe("xd_child_named"):
    empty("t")

with probe("xd_trigger_named"):
    TriggerDagRunOperator(
        task_id="go",
        trigger_dag_id="xd_child_named",
        trigger_run_id="named__{{ ds }}",
        **{"logical_date" if V3 else "execution_date": "2026-01-05T00:00:00+00:00"},
    ) >> empty("after")

with probe("xd_child_twice"):
    empty("t")

with probe("xd_trigger_twice"):
    kw = {"trigger_dag_id": "xd_child_twice", "trigger_run_id": "same", "logical_date" if V3 else "execution_date": START}
    first = TriggerDagRunOperator(task_id="first", **kw)
    first >> TriggerDagRunOperator(task_id="second", **kw) >> empty("after")
    first >> TriggerDagRunOperator(task_id="skips", skip_when_already_exists=True, **kw) >> empty("after_skips")

with probe("xd_trigger_nobody"):
    TriggerDagRunOperator(task_id="go", trigger_dag_id="nobody_has_this") >> empty("after")

with probe("xd_child_deferred"):
    does("t", "S", 1)

with probe("xd_trigger_deferrable"):
    TriggerDagRunOperator(
        task_id="go", trigger_dag_id="xd_child_deferred", wait_for_completion=True, poke_interval=1, deferrable=True
    ) >> empty("after")

with probe("xd_child_mapped"):
    PythonOperator(task_id="t", python_callable=lambda dag_run=None: dag_run.conf)

with probe("xd_trigger_mapped"):
    TriggerDagRunOperator.partial(task_id="go", trigger_dag_id="xd_child_mapped").expand(conf=[{"n": 1}, {"n": 1}]) >> empty("after")

# Waiting for a DAG of the same date
with probe("xs_told"):
    does("good", "S") >> does("bad", "F")
    does("skipped", "K")

QUICK = {"poke_interval": 0.3, "timeout": max(beats(6), 0.75 * LONG)}
with probe("xs_waits"):
    ExternalTaskSensor(task_id="task", external_dag_id="xs_told", external_task_id="good", **QUICK) >> empty("a")
    ExternalTaskSensor(task_id="tasks", external_dag_id="xs_told", external_task_ids=["good", "bad"], allowed_states=["success", "failed"], **QUICK) >> empty("b")
    ExternalTaskSensor(task_id="dag", external_dag_id="xs_told", allowed_states=["failed"], **QUICK) >> empty("c")
    ExternalTaskSensor(task_id="failed", external_dag_id="xs_told", external_task_id="bad", failed_states=["failed"], **QUICK) >> empty("d")
    ExternalTaskSensor(task_id="soft", external_dag_id="xs_told", external_task_id="bad", failed_states=["failed"], soft_fail=True, **QUICK) >> empty("e")
    ExternalTaskSensor(task_id="skips", external_dag_id="xs_told", external_task_id="skipped", skipped_states=["skipped"], **QUICK) >> empty("f")
    ExternalTaskSensor(task_id="never", external_dag_id="xs_told", external_task_id="good", execution_delta=dt.timedelta(days=40), **QUICK) >> empty("g")
    ExternalTaskSensor(task_id="no_dag", external_dag_id="nobody_has_this", check_existence=True, **QUICK) >> empty("h")
    ExternalTaskSensor(task_id="no_task", external_dag_id="xs_told", external_task_id="nobody", check_existence=True, **QUICK) >> empty("i")
    ExternalTaskSensor(task_id="by_function", external_dag_id="xs_told", external_task_id="good", execution_date_fn=lambda d: d, **QUICK) >> empty("j")
    ExternalTaskSensor(task_id="resched", external_dag_id="xs_told", external_task_id="good", mode="reschedule", **QUICK) >> empty("k")
