"""Callbacks: which were called, with what. An Airflow dag file."""

from semantics_common import *


def all_told():
    return {f"on_{w}_callback": told(w) for w in ("execute", "success", "failure", "retry", "skipped")}


with probe("cb_ends"):
    for how in "SFK":
        PythonOperator(task_id=f"ends_{how}", python_callable=end, op_args=[how], **all_told())

with probe("cb_retry"):
    PythonOperator(
        task_id="t", python_callable=end, op_args=["F"], retries=1, retry_delay=dt.timedelta(seconds=0.1), **all_told()
    )

with probe("cb_not_run"):
    # What never ran calls nothing.
    does("f", "F") >> empty("upstream_failed", on_failure_callback=told("failure"), on_success_callback=told("success"))
    does("k", "K") >> PythonOperator(task_id="skipped", python_callable=end, op_args=["S"], **all_told())

with probe("cb_list"):
    PythonOperator(task_id="t", python_callable=end, op_args=["S"], on_success_callback=[told("one"), told("two")])

with probe("cb_raises"):

    def breaks(context):
        note("cb_raises", "called")
        raise ValueError("callback")

    PythonOperator(task_id="s", python_callable=end, op_args=["S"], on_success_callback=[breaks, told("next")])
    PythonOperator(task_id="f", python_callable=end, op_args=["F"], on_failure_callback=breaks)

with probe("cb_exception"):
    PythonOperator(task_id="t", python_callable=end, op_args=["F"], on_failure_callback=told("failure", "exception"))

with probe("cb_dag_success", on_success_callback=told("dag success", "reason"), on_failure_callback=told("dag failure", "reason")):
    does("a", "S") >> does("b", "S")

with probe("cb_dag_failure", on_success_callback=told("dag success"), on_failure_callback=told("dag failure")):
    PythonOperator(task_id="a", python_callable=end, op_args=["F"]) >> empty("b")

with probe("cb_default_args", default_args={"on_failure_callback": told("failure"), "on_success_callback": told("success")}):
    PythonOperator(task_id="a", python_callable=end, op_args=["S"])
    PythonOperator(task_id="b", python_callable=end, op_args=["F"])

with probe("cb_mapped"):
    PythonOperator.partial(task_id="m", python_callable=end, on_success_callback=told("success"), on_failure_callback=told("failure")).expand(
        op_args=[["S"], ["F"]]
    )

with probe("cb_fail_exception"):

    def final():
        raise AirflowFailException("final")

    PythonOperator(task_id="t", python_callable=final, retries=2, **all_told())

with probe("cb_sensor"):
    PythonSensor(task_id="t", python_callable=lambda: False, poke_interval=0.1, timeout=0.3, **all_told())
    PythonSensor(task_id="soft", python_callable=lambda: False, poke_interval=0.1, timeout=0.3, soft_fail=True, **all_told())
