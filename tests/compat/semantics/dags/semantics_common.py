"""What the probe DAGs share: names of both generations of Airflow, tasks that end as one wishes, notes, and a pace."""

from __future__ import annotations

import datetime as dt
import os
import time
from pathlib import Path

V3 = os.environ.get("SEMANTICS_GENERATION", "3") == "3"

if V3:
    from airflow.providers.standard.operators.bash import BashOperator
    from airflow.providers.standard.operators.empty import EmptyOperator
    from airflow.providers.standard.operators.latest_only import LatestOnlyOperator
    from airflow.providers.standard.operators.python import (
        BranchPythonOperator,
        PythonOperator,
        ShortCircuitOperator,
    )
    from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
    from airflow.providers.standard.sensors.external_task import ExternalTaskMarker, ExternalTaskSensor
    from airflow.providers.standard.sensors.python import PythonSensor
    from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger
    from airflow.sdk import (
        DAG,
        BaseOperator,
        BaseSensorOperator,
        Label,
        Param,
        PokeReturnValue,
        TaskGroup,
        XComArg,
        chain,
        cross_downstream,
        get_current_context,
        setup,
        task,
        task_group,
        teardown,
    )
    from airflow.sdk.bases.branch import BaseBranchOperator
else:
    from airflow import DAG
    from airflow.decorators import setup, task, task_group, teardown
    from airflow.models.baseoperator import BaseOperator, chain, cross_downstream
    from airflow.models.param import Param
    from airflow.models.xcom_arg import XComArg
    from airflow.operators.bash import BashOperator
    from airflow.operators.branch import BaseBranchOperator
    from airflow.operators.empty import EmptyOperator
    from airflow.operators.latest_only import LatestOnlyOperator
    from airflow.operators.python import (
        BranchPythonOperator,
        PythonOperator,
        ShortCircuitOperator,
        get_current_context,
    )
    from airflow.operators.trigger_dagrun import TriggerDagRunOperator
    from airflow.sensors.base import BaseSensorOperator, PokeReturnValue
    from airflow.sensors.external_task import ExternalTaskMarker, ExternalTaskSensor
    from airflow.sensors.python import PythonSensor
    from airflow.triggers.temporal import TimeDeltaTrigger
    from airflow.utils.edgemodifier import Label
    from airflow.utils.task_group import TaskGroup

from airflow.exceptions import AirflowException, AirflowFailException, AirflowSkipException

START = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)
PACE = float(os.environ.get("SEMANTICS_PACE", "1"))
LONG = float(os.environ.get("SEMANTICS_LONG", "20"))  # seconds in which anything that can run has run
NOTES = Path(os.environ.get("SEMANTICS_NOTES", "/tmp"))

RULES = [
    "all_success",
    "all_failed",
    "all_done",
    "one_success",
    "one_failed",
    "one_done",
    "none_failed",
    "none_failed_min_one_success",
    "none_skipped",
    "all_skipped",
    "always",
]
if V3:
    RULES.append("all_done_min_one_success")


def probe(dag_id, **kwargs):
    """A DAG that is started by hand."""
    return DAG(dag_id, **{"schedule": None, "start_date": START, "catchup": False, **kwargs})


def beats(n):
    """So long that the scheduler has certainly looked in between: seconds, by the pace of who runs this."""
    return n * PACE


def beat(n=1):
    time.sleep(beats(n))


def nap():
    """Longer than anything may last."""
    time.sleep(10 * LONG)


def begins(name):
    """Say that this has begun."""
    (NOTES / f"{name}.begun").touch()


def await_begun(*names):
    """Until all of these have begun: how soon is a matter of what else runs."""
    while not all((NOTES / f"{n}.begun").exists() for n in names):
        time.sleep(0.05)


def note(dag_id, words):
    """Put down that something happened; the notes of a DAG are compared as a set."""
    with open(NOTES / f"{dag_id}.txt", "a") as f:
        f.write(words + "\n")


def told(word, *names):
    """A callback that notes itself, its task and what else of the context is named."""

    def callback(context):
        ti = context.get("task_instance") or context.get("ti")
        where = f"{ti.task_id} {ti.map_index}" if ti is not None else "run"
        found = " ".join(str(context.get(n)) for n in names)
        dag = context.get("dag")
        note(dag.dag_id if dag is not None else ti.dag_id, f"{where} {word} {found}".strip())

    return callback


def empty(task_id, **kwargs):
    return EmptyOperator(task_id=task_id, **kwargs)


def empties(names, **kwargs):
    return [empty(n, **kwargs) for n in names.split()]


def end(how, pause=0):
    """End as the letter says: S success, F failed, K skipped."""
    beat(pause)
    if how == "F":
        raise ValueError("as told")
    if how == "K":
        raise AirflowSkipException("as told")
    return how


def does(task_id, how, pause=0, **kwargs):
    """A task that ends as the letter says."""
    if how == "S" and not pause and not kwargs.get("retries"):
        return EmptyOperator(task_id=task_id, **kwargs)
    return PythonOperator(task_id=task_id, python_callable=end, op_args=[how, pause], **kwargs)


def by_rule(upstream, rules=None, prefix=""):
    """One task of each trigger rule below `upstream`."""
    for rule in rules or RULES:
        upstream >> EmptyOperator(task_id=f"{prefix}{rule}", trigger_rule=rule)


@task
def give(x=None):
    return x


@task
def fail(*_):
    raise ValueError("as told")


@task
def skip(*_):
    raise AirflowSkipException("as told")


@task
def letter(x):
    """Ends as the letter says; digits after it are beats to wait first."""
    return end(x[0], int(x[1:] or 0))
