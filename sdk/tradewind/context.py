"""The template context of a task: the names that templates and `execute(context)` find."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Iterator
from typing import Any

from tradewind import comms
from tradewind.conf import conf
from tradewind.execution.dagrun import DagRun, instant
from tradewind.execution.proxy import LazyProxy

#: what `execute` is handed: a plain dictionary
Context = dict

_stack: list[dict[str, Any]] = []
_MISSING = object()


@contextlib.contextmanager
def set_current_context(context: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Let `get_current_context` give this one while the block runs."""
    _stack.append(context)
    try:
        yield context
    finally:
        _stack.pop()


def get_current_context() -> dict[str, Any]:
    """The context of the task that runs; an error outside of one."""
    if not _stack:
        raise RuntimeError(
            "Current context was requested but no context was found! Are you running within an Airflow task?"
        )
    return _stack[-1]


class VariableAccessor:
    """`var.value.K` and `var.json.K`, with `.get(key, default)`."""

    def __init__(self, deserialize_json: bool) -> None:
        self._json = deserialize_json

    def _get(self, key: str) -> Any:
        from tradewind.variable import Variable

        return Variable.get(key, deserialize_json=self._json)

    def __getattr__(self, key: str) -> Any:
        if key.startswith("__"):
            raise AttributeError(key)
        return self._get(key)

    __getitem__ = _get

    def get(self, key: str, default: Any = None, default_var: Any = _MISSING) -> Any:
        from tradewind import secrets_backends

        if secrets_backends.get_variable(key) is None:
            return default if default_var is _MISSING else default_var
        return self._get(key)

    def __repr__(self) -> str:
        return "<VariableAccessor (dynamic access)>"


class ConnectionAccessor:
    """`conn.ID`, with `.get(conn_id, default)`."""

    def __getattr__(self, conn_id: str) -> Any:
        if conn_id.startswith("__"):
            raise AttributeError(conn_id)
        return self[conn_id]

    def __getitem__(self, conn_id: str) -> Any:
        from tradewind.connection import Connection

        return Connection.get(conn_id)

    def get(self, conn_id: str, default_conn: Any = None) -> Any:
        from tradewind import secrets_backends

        found = secrets_backends.get_connection(conn_id)
        return default_conn if found is None else found

    def __repr__(self) -> str:
        return "<ConnectionAccessor (dynamic access)>"


class MacrosAccessor:
    """`macros.x`; the module is imported when somebody asks for something."""

    def __getattr__(self, name: str) -> Any:
        from tradewind.execution import macros

        return getattr(macros, name)

    def __repr__(self) -> str:
        return "<MacrosAccessor (dynamic access to macros)>"


class ConfAccessor:
    """`conf` of 2.x's context."""

    def __getattr__(self, name: str) -> Any:
        from tradewind.conf import conf

        return getattr(conf, name)

    def __repr__(self) -> str:
        return "<ConfAccessor>"


def _day(value: datetime.datetime | None) -> str | None:
    return None if value is None else value.strftime("%Y-%m-%d")


def _nodash(text: str | None) -> str | None:
    return None if text is None else text.replace("-", "")


class _PreviousSuccess:
    """The run that succeeded last before this one; asked for once."""

    def __init__(self, run: dict[str, Any]) -> None:
        self._run = run
        self._found: dict[str, Any] | None = None

    def get(self, name: str) -> Any:
        key = f"prev_{name}_success"
        if key in self._run:
            return instant(self._run[key])
        if self._found is None:
            self._found = comms.request("previous_successful") or {}
        return instant(self._found.get(name))

    def lazy(self, name: str) -> LazyProxy:
        return LazyProxy(lambda: self.get(name))


def build(ti: Any, workload: dict[str, Any]) -> dict[str, Any]:
    """The whole context of a task instance. `ti.task` and `ti.dag_run` are set."""
    from tradewind.execution import assets, state_store
    from tradewind.params import process_params

    task, run = ti.task, ti.dag_run
    more = workload.get("context") or {}
    previous = _PreviousSuccess(workload.get("run") or {})
    context: dict[str, Any] = {
        "conn": ConnectionAccessor(),
        "conf": ConfAccessor(),
        "dag": task.dag,
        "dag_run": run,
        "inlet_events": assets.InletEventsAccessors(task.inlets),
        "inlets": task.inlets,
        "macros": MacrosAccessor(),
        "map_index_template": task.map_index_template,
        "outlet_events": assets.OutletEventAccessors(),
        "outlets": task.outlets,
        "params": process_params(task.dag, task, run.conf, suppress_exception=False),
        "partition_date": run.partition_date,
        "partition_key": run.partition_key,
        "prev_end_date_success": previous.lazy("end_date"),
        "prev_start_date_success": previous.lazy("start_date"),
        "run_id": ti.run_id,
        "task": task,
        "task_instance": ti,
        "task_instance_key_str": f"{ti.dag_id}__{ti.task_id}__{ti.run_id}",
        "task_state_store": state_store.TaskStateStore(),
        "task_reschedule_count": more.get("task_reschedule_count") or 0,
        "test_mode": bool(more.get("test_mode", False)),
        "ti": ti,
        "try_number": ti.try_number,
        "templates_dict": None,
        "triggering_asset_events": assets.TriggeringAssetEvents.build(
            more.get("triggering_asset_events") or run.consumed_asset_events
        ),
        "var": {"json": VariableAccessor(True), "value": VariableAccessor(False)},
    }
    context["triggering_dataset_events"] = context["triggering_asset_events"]
    if task.inlets or task.outlets:
        context["asset_state_store"] = state_store.AssetStateStores(task.inlets, task.outlets)
    if more.get("expanded_ti_count") is not None or conf.compat() == 2:  # there it is always named
        context["expanded_ti_count"] = more.get("expanded_ti_count")
    if run.logical_date is not None:
        context.update(_dated(ti, run, previous))
    return context


def _dated(ti: Any, run: DagRun, previous: _PreviousSuccess) -> dict[str, Any]:
    """What only a run with a logical date has; 2.x's names among it."""
    logical = run.logical_date
    ds = logical.strftime("%Y-%m-%d")
    ds_nodash = ds.replace("-", "")
    ts = logical.isoformat()
    day = datetime.timedelta(days=1)
    yesterday, tomorrow = _day(logical - day), _day(logical + day)
    before, after = _neighbours(run)
    return {
        "data_interval_end": run.data_interval_end,
        "data_interval_start": run.data_interval_start,
        "ds": ds,
        "ds_nodash": ds_nodash,
        "execution_date": logical,
        "logical_date": logical,
        "next_ds": _day(after),
        "next_ds_nodash": _nodash(_day(after)),
        "next_execution_date": after,
        "prev_data_interval_end_success": previous.lazy("data_interval_end"),
        "prev_data_interval_start_success": previous.lazy("data_interval_start"),
        "prev_ds": _day(before),
        "prev_ds_nodash": _nodash(_day(before)),
        "prev_execution_date": before,
        "prev_execution_date_success": previous.lazy("data_interval_start"),
        "task_instance_key_str": f"{ti.dag_id}__{ti.task_id}__{ds_nodash}",
        "tomorrow_ds": tomorrow,
        "tomorrow_ds_nodash": _nodash(tomorrow),
        "ts": ts,
        "ts_nodash": logical.strftime("%Y%m%dT%H%M%S"),
        "ts_nodash_with_tz": ts.replace("-", "").replace(":", ""),
        "yesterday_ds": yesterday,
        "yesterday_ds_nodash": _nodash(yesterday),
    }


def _neighbours(run: DagRun) -> tuple[Any, Any]:
    """The logical dates of the runs before and after by schedule;

    A run made by hand has its own date for both, as in 2.x.
    """
    if run.external_trigger:
        return run.logical_date, run.logical_date
    before = instant(run.fields.get("prev_logical_date"))
    after = instant(run.fields.get("next_logical_date"))
    start, end = run.data_interval_start, run.data_interval_end
    if start is not None and end is not None and end > start:
        after = end
        before = before or start - (end - start)
    return before, after


def __getattr__(name: str) -> Any:
    if name == "context_to_airflow_vars":
        from tradewind.context_vars import context_to_airflow_vars

        return context_to_airflow_vars
    raise AttributeError(name)
