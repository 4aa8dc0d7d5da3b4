"""DAGs whose callbacks write down that they were called, in what order and with what: run by real Airflow and by us.

Works in Airflow 2.11 and 3. `PROBE_OUT` names the file that lines go to.
"""

import json
import os
from datetime import datetime, timedelta

from airflow import DAG

try:
    from airflow.sdk.bases.notifier import BaseNotifier
except ImportError:
    from airflow.notifications.basenotifier import BaseNotifier
try:
    from airflow.providers.standard.operators.python import BranchPythonOperator, PythonOperator
except ImportError:
    from airflow.operators.python import BranchPythonOperator, PythonOperator
from airflow.exceptions import AirflowFailException, AirflowSkipException


def write(what, context):
    ti = context.get("ti")
    exception = context.get("exception")
    line = {
        "dag": context["dag"].dag_id,
        "what": what,
        "task": ti and ti.task_id,
        "try": ti and ti.try_number,
        "state": ti and str(getattr(ti.state, "value", ti.state)),
        "reason": context.get("reason"),
        "exception": None if exception is None else type(exception).__name__,
        "keys": sorted(k for k in context),
    }
    with open(os.environ["PROBE_OUT"], "a") as f:
        f.write(json.dumps(line) + "\n")


def note(what):
    return lambda context: write(what, context)


def raises(context):
    raise RuntimeError("a callback fails")


class Notifier(BaseNotifier):
    template_fields = ("text",)

    def __init__(self, text):
        super().__init__()
        self.text = text

    def notify(self, context):
        write(f"notifier {self.text}", context)


TASK = {
    "on_execute_callback": note("execute"),
    "on_success_callback": note("success"),
    "on_failure_callback": note("failure"),
    "on_retry_callback": note("retry"),
    "on_skipped_callback": note("skipped"),
    "retry_delay": timedelta(seconds=0.1),
}


def dag(name):
    return DAG(
        name,
        schedule=None,
        start_date=datetime(2026, 1, 1),
        catchup=False,
        default_args=TASK,
        on_success_callback=note("dag success"),
        on_failure_callback=note("dag failure"),
    )


def fail(error):
    def call():
        raise error

    return call


def nothing(*args):
    pass


def leave():
    raise SystemExit(3)


def only_first(ti):
    if ti.try_number == 1:
        raise ValueError("once")


with dag("cb_success"):
    a = PythonOperator(task_id="a", python_callable=nothing)
    a >> PythonOperator(task_id="b", python_callable=nothing)

with dag("cb_failure"):
    a = PythonOperator(task_id="a", python_callable=fail(ValueError("no")))
    a >> PythonOperator(task_id="b", python_callable=nothing)

with dag("cb_retry"):
    PythonOperator(task_id="a", python_callable=only_first, retries=1)

with dag("cb_retry_out"):
    PythonOperator(task_id="a", python_callable=fail(ValueError("no")), retries=1)

with dag("cb_final"):
    PythonOperator(task_id="a", python_callable=fail(AirflowFailException("never")), retries=2)

with dag("cb_skip"):
    a = PythonOperator(task_id="a", python_callable=fail(AirflowSkipException("not now")))
    a >> PythonOperator(task_id="b", python_callable=nothing)

with dag("cb_branch"):
    a = BranchPythonOperator(task_id="a", python_callable=lambda: "b")
    a >> [PythonOperator(task_id=t, python_callable=nothing) for t in ("b", "c")]

with dag("cb_timeout"):
    PythonOperator(
        task_id="a",
        python_callable=lambda: __import__("time").sleep(20),
        execution_timeout=timedelta(seconds=1),
    )

with dag("cb_exit"):
    PythonOperator(task_id="a", python_callable=leave)

with dag("cb_list"):
    PythonOperator(
        task_id="a",
        python_callable=nothing,
        on_success_callback=[raises, note("after"), Notifier("of {{ ti.task_id }}"), note("last")],
    )

with dag("cb_template"):
    PythonOperator(task_id="a", python_callable=nothing, op_args=["{{ no_such_name.x }}"])

with dag("cb_execute_raises"):
    PythonOperator(task_id="a", python_callable=nothing, on_execute_callback=[raises, note("execute after")])
