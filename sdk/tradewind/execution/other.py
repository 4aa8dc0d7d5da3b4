"""The other pieces of work that a DAG file's process does: callbacks, custom timetables."""

from __future__ import annotations

import logging
from typing import Any

from tradewind import context as contexts
from tradewind.comms import Link
from tradewind.execution import callbacks, load
from tradewind.execution.dagrun import DagRun, instant
from tradewind.execution.ti import RuntimeTaskInstance
from tradewind.states import TaskInstanceState

logger = logging.getLogger("task")

_TASK_KINDS = {
    "task_success": "on_success_callback",
    "task_failure": "on_failure_callback",
    "task_retry": "on_retry_callback",
    "task_skipped": "on_skipped_callback",
}


def perform(link: Link, workload: dict[str, Any], loaded: load.LoadedFile | None) -> None:
    """Do what `op` says, and report."""
    try:
        finished = answer(workload, loaded)
    except Exception as e:
        logger.exception("%s failed", workload.get("op"))
        finished = {"state": "failed", "reason": f"{type(e).__name__}: {e}"}
    link.send({"op": "finished", **finished})


def answer(workload: dict[str, Any], loaded: load.LoadedFile | None) -> dict[str, Any]:
    """The body of `finished`; what the user's code raises gets out."""
    about = workload.get("dag") or {}
    if loaded is None:
        loaded = load.load(about.get("fileloc") or "", about.get("bundle_path"), about.get("compat"))
    dag_id = str(workload.get("dag_id") or about.get("dag_id"))
    dag = loaded.dags.get(dag_id)
    if dag is None:
        raise LookupError(loaded.error or f"DAG {dag_id!r} is not in {loaded.file}")
    op = workload.get("op")
    if op == "callback":
        return _callback(workload, dag)
    if op == "timetable":
        from tradewind.execution import coming

        return {"state": "success", **coming.answer(dag, workload)}
    return {"state": "failed", "reason": f"unknown op {op!r}"}


def _callback(workload: dict[str, Any], dag: Any) -> dict[str, Any]:
    kind = str(workload.get("kind"))
    if kind in _TASK_KINDS:
        _task_callback(workload, dag, kind)
    elif kind in ("dag_success", "dag_failure"):
        _dag_callback(workload, dag, f"on_{kind[4:]}_callback")
    elif kind == "sla_miss":
        _sla_miss(workload, dag)
    else:
        return {"state": "failed", "reason": f"unknown kind {kind!r}"}
    return {"state": "success"}


def _instance(workload: dict[str, Any], dag: Any, task: Any) -> RuntimeTaskInstance:
    """The task instance as it was, from what the scheduler knows of it."""
    ti = RuntimeTaskInstance(workload, dag, task)
    facts = workload.get("ti") or {}
    for name in ("start_date", "end_date"):
        if facts.get(name):
            setattr(ti, name, instant(facts[name]))
    for name in ("hostname", "pid", "rendered_map_index"):
        if facts.get(name):
            setattr(ti, name, facts[name])
    if facts.get("state"):
        ti.state = TaskInstanceState(facts["state"])
    return ti


def _task_callback(workload: dict[str, Any], dag: Any, kind: str) -> None:
    """A task that died could not call these itself; fields are not rendered."""
    task = dag.task_dict[str(workload["task_id"])]
    ti = _instance(workload, dag, task)
    context = ti.get_template_context()
    states = {"task_retry": "up_for_retry", "task_failure": "failed"}
    ti.state = TaskInstanceState(states.get(kind, kind[5:]))
    context["exception"] = context["reason"] = workload.get("reason")
    with contexts.set_current_context(context):
        callbacks.run(task, _TASK_KINDS[kind], context)
        failed = kind in ("task_failure", "task_retry")
        wants = task.email_on_retry if kind == "task_retry" else task.email_on_failure
        if failed and task.email and wants:
            from tradewind.execution import mail

            mail.send_failure(task, ti, context, workload.get("reason"))


def _dag_callback(workload: dict[str, Any], dag: Any, kind: str) -> None:
    """With the context of the instance that decided the run's end, where there is one."""
    context: dict[str, Any] = {"dag": dag, "run_id": workload.get("run_id")}
    task_id = workload.get("task_id")
    if task_id and task_id in dag.task_dict:
        context = _instance(workload, dag, dag.task_dict[task_id]).get_template_context()
    else:
        if task_id:
            logger.warning("Task %r is not in the DAG any more; the callback gets a short context", task_id)
        run = DagRun({"dag_id": dag.dag_id, **(workload.get("run") or {})}, dag)
        context.update(run_id=run.run_id, dag_run=run, logical_date=run.logical_date, params=dict(dag.params))
        context["execution_date"] = run.logical_date
    context["reason"] = workload.get("reason")
    logger.info("Executing %s of DAG %s, run %s", kind, dag.dag_id, workload.get("run_id"))
    with contexts.set_current_context(context):
        callbacks.run(dag, kind, context)


def _sla_miss(workload: dict[str, Any], dag: Any) -> None:
    found = getattr(dag, "sla_miss_callback", None)
    for callback in found if isinstance(found, (list, tuple)) else [found] if found else []:
        tasks = workload.get("tasks") or []
        callback(dag, "\n".join(tasks), "", [], [])
