"""Asking for a run of another DAG, and waiting for its end if the operator wants that."""

from __future__ import annotations

import datetime as dt
import logging
import time
from typing import Any

from tradewind import comms
from tradewind.exceptions import AirflowException, DagIsPaused, TaskDeferred
from tradewind.execution.dagrun import text

logger = logging.getLogger("task")


def perform(attempt: Any, wish: Any) -> dict[str, Any]:
    """The `finished` body of a task that raised DagRunTriggerException."""
    dag_id = wish.trigger_dag_id
    if getattr(wish, "fail_when_dag_is_paused", False):
        known = comms.request("dag_get", dag_id=dag_id)
        if (known or {}).get("is_paused"):
            raise DagIsPaused(dag_id=dag_id)
    logger.info("Triggering Dag Run of %s.", dag_id)
    try:
        run = comms.request(
            "trigger_dag_run",
            dag_id=dag_id,
            run_id=getattr(wish, "dag_run_id", None),
            logical_date=text(getattr(wish, "logical_date", None)),
            run_after=text(getattr(wish, "run_after", None)),
            conf=getattr(wish, "conf", None) or {},
            reset=bool(getattr(wish, "reset_dag_run", False)),
            note=getattr(wish, "note", None),
        )
    except comms.RequestError as e:
        if e.kind != "conflict":
            raise AirflowException(f"Dag Run of {dag_id} could not be triggered: {e.message}") from e
        if getattr(wish, "skip_when_already_exists", False):
            logger.info("Dag Run already exists, skipping task as skip_when_already_exists is set to True.")
            return {"state": "skipped", "reason": "Dag Run already exists"}
        logger.error("Dag Run already exists, marking task as failed.")
        return {"state": "failed_final", "reason": f"Dag Run of {dag_id} already exists"}
    run_id = (run or {}).get("run_id") or wish.dag_run_id
    logger.info("Dag Run %s of %s triggered.", run_id, dag_id)
    attempt.ti.xcom_push(
        key="trigger_run_id", value=run_id
    )  # for those who look while it waits, and its link
    if not getattr(wish, "wait_for_completion", False):
        return attempt.success()
    return _wait(attempt, wish, dag_id, run_id)


def _wait(attempt: Any, wish: Any, dag_id: str, run_id: str) -> dict[str, Any]:
    allowed = [str(getattr(s, "value", s)) for s in getattr(wish, "allowed_states", None) or ["success"]]
    failed_states = getattr(wish, "failed_states", None)  # an empty list: no end fails it
    failed = ["failed"] if failed_states is None else [str(getattr(s, "value", s)) for s in failed_states]
    interval = getattr(wish, "poke_interval", 60)
    if getattr(wish, "deferrable", False):
        from tradewind.module_loading import import_string

        trigger_class = import_string("airflow.providers.standard.triggers.external_task.DagStateTrigger")
        trigger = trigger_class(
            dag_id=dag_id,
            states=allowed + failed,
            execution_dates=None,
            run_ids=[run_id],
            poll_interval=interval,
        )
        finished = attempt.deferred(TaskDeferred(trigger=trigger, method_name="execute_complete"))
        finished["xcoms"] = attempt.xcoms
        return finished
    if attempt.ti.workload.get("waits"):
        return _wait_without_a_slot(attempt, dag_id, run_id, allowed, failed, interval)
    while True:
        logger.info("Waiting for %s of %s to reach one of %s.", run_id, dag_id, allowed)
        time.sleep(interval)
        found = comms.request("dag_run_get", dag_id=dag_id, run_id=run_id)
        state = (found or {}).get("state")
        if state in failed:
            raise AirflowException(f"{dag_id} failed with failed state {state}")
        if state in allowed:
            logger.info("%s of %s ended as %s.", run_id, dag_id, state)
            return attempt.success()


def _wait_without_a_slot(
    attempt: Any, dag_id: str, run_id: str, allowed: list[str], failed: list[str], interval: float
) -> dict[str, Any]:
    """The triggerer looks in this process's stead, and ends the task as the loop above would."""
    ti = attempt.ti
    started = ti.start_date or dt.datetime.now(dt.timezone.utc)
    limit = attempt.task.execution_timeout
    spec = {
        "kind": "external",
        "dag_id": dag_id,
        "run_ids": [run_id],
        "allowed": allowed,
        "failed": failed,
        "failure": f"{dag_id} failed with failed state {{state}}",
        "say": f"Waiting for {run_id} of {dag_id} to reach one of {allowed}.",
        "started": started.isoformat(),
        "poke_interval": interval,
        "limit": limit.total_seconds() if limit is not None else None,
        "log": ti.workload.get("log_path"),
        "logger": "task",
    }
    logger.info("Pausing task as DEFERRED.")
    defer = {"classpath": "tradewind.native.Wait", "kwargs": spec, "next_method": "execute_complete"}
    return {"state": "deferred", "defer": defer, "xcoms": attempt.xcoms}
