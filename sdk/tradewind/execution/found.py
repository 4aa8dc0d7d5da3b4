"""Runs and task instances that a task asks for by Airflow's models: `DagRun.find`, `TaskInstance(task, date)`, `get_task_instances`."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

from tradewind import comms
from tradewind.execution.dagrun import DagRun, instant, text
from tradewind.execution.ti import RuntimeTaskInstance
from tradewind.states import TaskInstanceState

_DATES = ("start_date", "end_date", "queued_dttm")


class FoundTaskInstance(RuntimeTaskInstance):
    """What the metastore has of an instance. Its XComs, log and run can be asked as those of the running one."""

    def __init__(self, *_: Any, **__: Any) -> None:
        """Made by `make`: `TaskInstance(…)` gives one of these, and Python then calls this with the same arguments."""

    @classmethod
    def make(cls, fields: dict[str, Any], dag_run: DagRun, task: Any) -> FoundTaskInstance:
        made = object.__new__(cls)
        workload = {"dag_id": dag_run.dag_id, "run_id": dag_run.run_id, "run": dag_run.fields, **fields}
        RuntimeTaskInstance.__init__(made, workload, dag_run.dag, task)
        made.dag_run = dag_run
        made._take(fields)
        return made

    def _take(self, fields: dict[str, Any]) -> None:
        state = fields.get("state")
        self.state = TaskInstanceState(state) if state else None
        self.try_number = int(fields.get("try_number") or 0)
        for name in _DATES:
            setattr(self, name, instant(fields.get(name)))
        self.pool = fields.get("pool") or self.pool
        self.queue = fields.get("queue") or self.queue
        self.hostname, self.note, self.pid = fields.get("hostname"), fields.get("note"), None
        self._operator = fields.get("operator")

    @property
    def operator(self) -> Any:
        return self._operator or getattr(self.task, "task_type", None)

    operator_name = operator

    def refresh_from_db(self, *_: Any, **__: Any) -> None:
        for fields in _ask(self.dag_id, [self.run_id], None, [self.task_id], self.map_index):
            self._take(fields)

    def current_state(self, *_: Any, **__: Any) -> Any:
        self.refresh_from_db()
        return self.state


def _ask(
    dag_id: str, run_ids: list[str] | None, dates: list[Any] | None, task_ids: list[str] | None, index: Any
) -> list[dict[str, Any]]:
    return (
        comms.request(
            "task_instances",
            dag_id=dag_id,
            run_ids=run_ids,
            logical_dates=None if dates is None else [text(d) for d in dates],
            task_ids=task_ids,
            map_index=index,
        )
        or []
    )


def instances_of(dag_run: DagRun, states: set[str | None] | None) -> list[FoundTaskInstance]:
    """Those of a run, in any of the states."""
    tasks = getattr(dag_run.dag, "task_dict", None) or {}
    rows = _ask(dag_run.dag_id, [dag_run.run_id], None, None, None)
    return [
        FoundTaskInstance.make(row, dag_run, tasks.get(row["task_id"]))
        for row in rows
        if states is None or row.get("state") in states
    ]


def task_instance(
    task: Any,
    execution_date: Any = None,
    run_id: str | None = None,
    state: Any = None,
    map_index: int = -1,
    logical_date: Any = None,
    **_: Any,
) -> FoundTaskInstance:
    """Airflow's `TaskInstance(task, …)`: the instance of a run, by its date or its id. Outside of a task it is one that never ran."""
    when = logical_date or execution_date
    if isinstance(when, str):
        when = instant(when)
    dag_id, fields = task.dag_id, {"task_id": task.task_id, "map_index": map_index}
    run: DagRun | None = None
    try:
        dates = None if when is None else [when]
        found = runs(dag_id, run_ids=[run_id] if run_id else None, logical_dates=dates)
        run = found[-1] if found else None
        rows = _ask(dag_id, [run.run_id], None, [task.task_id], map_index) if run is not None else []
        fields = rows[0] if rows else fields
    except comms.NoSupervisor:
        pass
    if run is None:
        made = run_id or (f"manual__{when.isoformat()}" if when is not None else "")
        run = DagRun({"dag_id": dag_id, "run_id": made, "logical_date": text(when)})
    run.dag = getattr(task, "dag", None)
    made = FoundTaskInstance.make(fields, run, task)
    if state is not None:
        made.state = state
    return made


def runs(
    dag_id: str,
    run_ids: Iterable[str] | None = None,
    logical_dates: Iterable[datetime.datetime] | None = None,
    states: Iterable[Any] | None = None,
) -> list[DagRun]:
    """Runs of a DAG by logical date."""
    found = comms.request(
        "dag_runs",
        dag_id=dag_id,
        run_ids=None if run_ids is None else list(run_ids),
        logical_dates=None if logical_dates is None else [text(d) for d in logical_dates],
        states=None if states is None else [str(getattr(s, "value", s)) for s in states],
    )
    return [DagRun({"dag_id": dag_id, **fields}) for fields in found or []]


def run_id_at(dag_id: str, logical_date: Any) -> str | None:
    """The id of the run of a date; None when there is none."""
    found = runs(dag_id, logical_dates=[logical_date])
    return found[-1].run_id if found else None
