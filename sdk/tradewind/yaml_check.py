"""A YAML file as somebody is writing it: its mistakes with their lines, and what its DAGs would be. Nothing is kept of it."""

from __future__ import annotations

import datetime as dt
import os
import re
from typing import Any

_AT = re.compile(r"^[^\s:]+:(\d+)(?::(\d+))?: ?")
_TASKS = 100  # of which fields are rendered


def check(question: dict[str, Any]) -> dict[str, Any]:
    """`path` below `folder`, `text`: the errors, else each DAG's document, coming runs and rendered fields."""
    from tradewind import dagfile, yaml_dags

    path = os.path.join(question["folder"], question["path"])
    dagfile.add_paths(question["folder"])
    try:
        found = vars(yaml_dags.module(path, question["text"]))
        dags = [v for k, v in found.items() if k.startswith("dag_")]
        if not dags:
            return {"errors": [_error("there is no DAG in it: a DAG has dag_id and tasks")], "dags": []}
        return {"errors": [], "dags": [_dag(dag, path, question["path"]) for dag in dags]}
    except yaml_dags.YamlError as e:
        return {"errors": [_error(m) for m in e.mistakes], "dags": []}
    except Exception as e:
        return {"errors": [_error(f"{type(e).__name__}: {e}")], "dags": []}


def _error(text: str) -> dict[str, Any]:
    at = _AT.match(text)
    return {
        "message": text[at.end() :] if at else text,
        "line": int(at.group(1)) if at else None,
        "column": int(at.group(2)) if at and at.group(2) else None,
    }


def _dag(dag: Any, path: str, relative: str) -> dict[str, Any]:
    from tradewind import policies
    from tradewind.serialize import dag_document

    dag.fileloc, dag.relative_fileloc = path, relative
    policies.apply(dag)
    dag.validate()
    document = dag_document(dag)
    runs, why_not = _runs(dag)
    return {
        "dag_id": dag.dag_id,
        "document": document,
        "runs": runs,
        "runs_error": why_not,
        "rendered": _rendered(dag, runs),
    }


def _runs(dag: Any) -> tuple[list[dict[str, Any]], str | None]:
    """The next three, as if it were switched on now."""
    from tradewind.execution import coming
    from tradewind.execution.dagrun import text

    ask: dict[str, Any] = {
        "count": 3,
        "now": text(dt.datetime.now(dt.timezone.utc)),
        "catchup": bool(dag.catchup),
    }
    for name, value in (("earliest", dag.start_date), ("latest", dag.end_date)):
        if value is not None:
            ask[name] = text(value)
    try:
        return coming.coming_runs(dag.timetable, ask), None
    except Exception as e:
        return [], f"{type(e).__name__}: {e}"


def _rendered(dag: Any, runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The template fields of each task as its next run would have them; what cannot be said yet says why."""
    from tradewind.dagtest import task_workload
    from tradewind.execution.dagrun import instant

    when = instant(runs[0].get("logical_date")) if runs else None
    out = []
    for task in list(dag.tasks)[:_TASKS]:
        if not task.template_fields:
            continue
        one: dict[str, Any] = {"task_id": task.task_id, "fields": {}, "error": None}
        if getattr(task, "is_mapped", False):
            one["error"] = "it is mapped: its fields are known when it runs"
        else:
            try:
                workload = task_workload(
                    dag, task.task_id, None, when or dt.datetime.now(dt.timezone.utc), None, -1
                )
                one["fields"] = _fields(dag, task, workload)
            except Exception as e:
                one["error"] = f"{type(e).__name__}: {e}"
        out.append(one)
    return out


def _fields(dag: Any, task: Any, workload: dict[str, Any]) -> dict[str, Any]:
    from tradewind import jinja
    from tradewind.execution import rendered
    from tradewind.execution.ti import RuntimeTaskInstance

    ti = RuntimeTaskInstance(workload, dag, task)
    context = ti.get_template_context()
    ready = ti.task.prepare_for_execution()
    ready.render_template_fields(context, jinja.environment_of(dag))
    return {k: v for k, v in rendered.fields_of(ready).items() if v not in (None, "")}
