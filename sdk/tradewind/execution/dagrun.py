"""The DAG run as templates and tasks see it."""

from __future__ import annotations

import datetime
from typing import Any

from tradewind import comms
from tradewind.states import DagRunState, DagRunType

_INSTANTS = (
    "logical_date",
    "data_interval_start",
    "data_interval_end",
    "run_after",
    "start_date",
    "end_date",
    "queued_at",
    "partition_date",
)


def instant(value: Any) -> Any:
    """ISO text → pendulum's DateTime, in the offset it was written with; UTC is the zone, not an offset."""
    import pendulum

    if value is None or value == "":
        return None
    if isinstance(value, str):
        text = value[:-1] + "+00:00" if value.endswith("Z") else value
        try:
            value = datetime.datetime.fromisoformat(text)
        except ValueError:
            return pendulum.parse(text)
    if isinstance(value, datetime.datetime):
        if value.tzinfo is None or not value.utcoffset():
            return pendulum.DateTime(
                value.year,
                value.month,
                value.day,
                value.hour,
                value.minute,
                value.second,
                value.microsecond,
                tzinfo=pendulum.UTC,
            )
        return pendulum.instance(value)
    return value


def text(value: datetime.datetime | None) -> str | None:
    """An instant for a frame."""
    if value is None or isinstance(value, str):
        return value
    if value.tzinfo is None:
        value = value.replace(tzinfo=datetime.timezone.utc)
    return value.isoformat()


class DagRun:
    """Fields of the workload's `run`; instants are pendulum's."""

    dag_id: str
    run_id: str
    logical_date: Any
    data_interval_start: Any
    data_interval_end: Any
    run_after: Any
    start_date: Any
    end_date: Any
    queued_at: Any
    partition_date: Any
    partition_key: Any
    clear_number: Any
    note: Any

    def __init__(self, fields: dict[str, Any], dag: Any = None) -> None:
        for name in _INSTANTS:
            setattr(self, name, instant(fields.get(name)))
        for name in (
            "dag_id",
            "run_id",
            "clear_number",
            "note",
            "triggering_user_name",
            "creating_job_id",
            "partition_key",
            "backfill_id",
            "bundle_version",
            "id",
        ):
            setattr(self, name, fields.get(name))
        self.dag = dag
        self.conf: dict[str, Any] = fields.get("conf") or {}
        self.run_type = _member(DagRunType, fields.get("run_type") or "manual")
        self.state = _member(DagRunState, fields.get("state") or "running")
        external = fields.get("external_trigger")
        self.external_trigger = str(self.run_type) == "manual" if external is None else bool(external)
        self.consumed_asset_events = fields.get("consumed_asset_events") or []
        self.triggered_by = fields.get("triggered_by")
        self.fields = fields

    @property
    def execution_date(self) -> Any:
        return self.logical_date

    @property
    def data_interval(self) -> Any:
        if self.data_interval_start is None:
            return None
        from tradewind.execution.interval import DataInterval

        return DataInterval(self.data_interval_start, self.data_interval_end)

    @property
    def is_backfill(self) -> bool:
        return str(self.run_type) == "backfill"

    def get_state(self) -> Any:
        return self.state

    def get_dag(self) -> Any:
        return self.dag

    def get_previous_dagrun(self, state: Any = None, **_: Any) -> DagRun | None:
        return previous_run(self.dag_id, self.logical_date, state, self.dag)

    def get_previous_scheduled_dagrun(self, **_: Any) -> DagRun | None:
        return self.get_previous_dagrun()

    def task_states(self) -> dict[str, str]:
        """Task id (with `_index` for mapped ones) → state, of this run."""
        found = comms.request("task_states", dag_id=self.dag_id, run_ids=[self.run_id]) or {}
        return found.get(self.run_id) or {}

    def get_task_instance(self, task_id: str, map_index: int = -1, **_: Any) -> Any:
        for ti in self.get_task_instances():
            if ti.task_id == task_id and ti.map_index == map_index:
                return ti
        return None

    fetch_task_instance = get_task_instance

    def get_task_instances(self, state: Any = None, **_: Any) -> list[Any]:
        """Task instances of this run."""
        from tradewind.execution.found import instances_of

        if state is None:
            return instances_of(self, None)
        states = [state] if isinstance(state, str) else list(state)
        return instances_of(self, {None if s is None else str(getattr(s, "value", s)) for s in states})

    fetch_task_instances = get_task_instances

    def refresh_from_db(self, *_: Any, **__: Any) -> None:
        """What it has become by now."""
        found = comms.request("dag_run_get", dag_id=self.dag_id, run_id=self.run_id)
        if found:
            DagRun.__init__(self, {**self.fields, **found}, self.dag)

    def __repr__(self) -> str:
        return (
            f"<DagRun {self.dag_id} @ {self.logical_date}: {self.run_id}, state:{self.state}, "
            f"queued_at: {self.queued_at}. run_type: {self.run_type}>"
        )


def _member(words: Any, value: str) -> Any:
    try:
        return words(value)
    except ValueError:
        return value


def previous_run(dag_id: str, logical_date: Any, state: Any = None, dag: Any = None) -> DagRun | None:
    if logical_date is None:
        return None
    found = comms.request(
        "dag_run_previous",
        dag_id=dag_id,
        logical_date=text(logical_date),
        state=None if state is None else str(getattr(state, "value", state)),
    )
    return DagRun({"dag_id": dag_id, **found}, dag) if found else None
