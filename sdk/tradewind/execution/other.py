"""The other pieces of work that a DAG file's process does: callbacks, custom timetables."""

from __future__ import annotations

import logging
import os
from typing import Any

from tradewind import comms
from tradewind import context as contexts
from tradewind.comms import Link
from tradewind.execution import callbacks, listeners, load
from tradewind.execution.dagrun import DagRun, instant, text
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
    if workload.get("op") == "connection":
        return _try_connection(workload["connection"])
    if workload.get("op") == "yaml":
        from tradewind import yaml_check

        return {"state": "success", **yaml_check.check(workload)}
    if workload.get("op") == "installed":
        from tradewind import installed

        return {"state": "success", **installed.describe()}
    if workload.get("op") in ("webserver_config", "oauth_user"):
        from tradewind import webserver_config

        ask = webserver_config.read if workload["op"] == "webserver_config" else webserver_config.user_info
        return {"state": "success", **ask(workload)}
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


def _try_connection(fields: dict[str, Any]) -> dict[str, Any]:
    """What the connection's hook says of it. A hook may look its connection up, so that it has a name for the while."""
    from tradewind import secrets_backends
    from tradewind.connection import Connection

    conn = Connection("tradewind_tried", **fields)
    secrets_backends.mask_connection(conn)
    os.environ[secrets_backends.CONN_ENV_PREFIX + "TRADEWIND_TRIED"] = conn.as_json()
    good, message = conn.test_connection()
    return {"state": "success", "good": bool(good), "message": secrets_backends.redact(str(message))}


def _callback(workload: dict[str, Any], dag: Any) -> dict[str, Any]:
    kind = str(workload.get("kind"))
    if kind in _TASK_KINDS:
        _task_callback(workload, dag, kind)
    elif kind in ("dag_success", "dag_failure"):
        _dag_callback(workload, dag, f"on_{kind[4:]}_callback")
    elif kind.startswith("dag_run_"):
        run = DagRun({"dag_id": dag.dag_id, **(workload.get("run") or {})}, dag)
        listeners.tell(f"on_{kind}", dag_run=run, msg=workload.get("reason") or "")
    elif kind == "sla_miss":
        _sla_miss(workload, dag)
    elif kind == "deadline":
        return _deadline(workload, dag)
    elif kind == "deadline_reference":
        _deadline_reference(workload, dag)
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
            from tradewind import mail

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
    run = DagRun({"dag_id": dag.dag_id, **(workload.get("run") or {})}, dag)
    event = "on_dag_run_success" if kind == "on_success_callback" else "on_dag_run_failed"
    listeners.tell(event, dag_run=run, msg=workload.get("reason") or "")


# -- deadlines and SLAs --------------------------------------------------------------------------------


def _alert(workload: dict[str, Any], dag: Any) -> Any:
    found = dag.deadline if isinstance(dag.deadline, (list, tuple)) else [dag.deadline]
    number = int(workload["about"]["alert"])
    if number >= len(found) or found[number] is None:
        raise LookupError(f"DAG {dag.dag_id!r} has no deadline number {number} any more")
    return found[number]


def _deadline(workload: dict[str, Any], dag: Any) -> dict[str, Any]:
    """A deadline was missed: its callback, with the run and the deadline as context."""
    from tradewind import deadline

    alert, about = _alert(workload, dag), workload["about"]
    run = {k: v for k, v in (workload.get("run") or {}).items() if k not in ("run_id", "external_trigger")}
    run["dag_run_id"] = workload.get("run_id")
    context = {
        "dag_run": run,
        "deadline": {"id": about["id"], "deadline_time": instant(about["deadline_time"])},
    }
    logger.info(
        "Deadline %s of DAG %s, run %s was missed; calling %s",
        about["deadline_time"],
        dag.dag_id,
        workload.get("run_id"),
        alert.callback.path,
    )
    result = deadline.call(alert.callback, context)
    return {"state": "success", "output": "" if result is None else str(result)}


def _deadline_reference(workload: dict[str, Any], dag: Any) -> None:
    """What a deadline counts from, by a class of the author's."""
    alert = _alert(workload, dag)
    base = alert.reference.evaluate_with(dag_id=dag.dag_id, run_id=workload.get("run_id"))
    if base is None:
        logger.info("There is no deadline for run %s: its reference says none", workload.get("run_id"))
        return
    comms.request("deadline_set", alert=int(workload["about"]["alert"]), base=text(base))


class _Miss:
    """A row of sla_miss as callbacks know it."""

    def __init__(self, dag_id: str, task_id: str, date: Any) -> None:
        self.dag_id, self.task_id, self.execution_date = dag_id, task_id, date
        self.email_sent = self.notification_sent = False

    def __repr__(self) -> str:
        return str((self.dag_id, self.task_id, self.execution_date.isoformat()))


def _sla_miss(workload: dict[str, Any], dag: Any) -> None:
    """2.x: the DAG's callback with its five arguments, and one mail to everybody named in the DAG."""
    about, run = workload["about"], DagRun({"dag_id": dag.dag_id, **(workload.get("run") or {})}, dag)
    date = run.logical_date
    slas = [_Miss(dag.dag_id, task_id, date) for task_id in about["slas"]]
    blocking = []
    for one in about["blocking"]:
        if one["task_id"] in dag.task_dict:
            ti = RuntimeTaskInstance(
                {**workload, "task_id": one["task_id"]}, dag, dag.task_dict[one["task_id"]]
            )
            ti.state = TaskInstanceState(one["state"]) if one["state"] else None
            blocking.append(ti)
    task_list = "\n".join(f"{sla.task_id} on {date.isoformat()}" for sla in slas)
    blocking_list = "\n".join(f"{ti.task_id} on {date.isoformat()}" for ti in blocking)
    found = dag.sla_miss_callback
    for callback in found if isinstance(found, (list, tuple)) else [found] if found else []:
        logger.info("Calling SLA miss callback %s", getattr(callback, "__qualname__", callback))
        try:
            callback(dag, task_list, blocking_list, slas, blocking)
        except Exception:
            logger.exception("Could not call sla_miss_callback of DAG %s", dag.dag_id)
    _sla_mail(dag, task_list, blocking_list)


def _sla_mail(dag: Any, task_list: str, blocking_list: str) -> None:
    from tradewind import mail

    everybody = {a for task in dag.tasks if task.email for a in mail.get_email_address_list(task.email)}
    if not everybody:
        return
    body = (
        f"Here's a list of tasks that missed their SLAs:\n<pre><code>{task_list}\n<code></pre>\n"
        f"Blocking tasks:\n<pre><code>{blocking_list}</code></pre>\n"
    )
    try:
        mail.send_email(sorted(everybody), f"[airflow] SLA miss on DAG={dag.dag_id}", body)
    except Exception:
        logger.exception("Could not send SLA miss email notification of DAG %s", dag.dag_id)
