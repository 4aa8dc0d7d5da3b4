"""The task instance as the running task sees it."""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterable
from itertools import product
from typing import Any
from urllib.parse import quote

from tradewind import comms, xcom
from tradewind.execution.dagrun import DagRun, instant, previous_run, text
from tradewind.states import TaskInstanceState

SKIP_KEY = "skipmixin_key"


class _NotSet:
    def __repr__(self) -> str:
        return "NOTSET"


NOTSET: Any = _NotSet()


class TaskInstanceKey(tuple):
    """(dag_id, task_id, run_id, try_number, map_index)."""

    dag_id = property(lambda self: self[0])
    task_id = property(lambda self: self[1])
    run_id = property(lambda self: self[2])
    try_number = property(lambda self: self[3])
    map_index = property(lambda self: self[4])


class RuntimeTaskInstance:
    """Made from the workload; `task` becomes the unmapped, rendered operator on the way.

    `TaskInstance(task, date)`, as Airflow's own is made, gives the instance that the metastore has.
    """

    def __new__(cls, *args: Any, **given: Any) -> Any:
        asked = (args or given) and not (args and isinstance(args[0], dict)) and "workload" not in given
        if not asked or cls is not RuntimeTaskInstance:
            return super().__new__(cls)
        from tradewind.execution.found import task_instance

        return task_instance(*args, **given)

    def __init__(self, workload: dict[str, Any], dag: Any, task: Any) -> None:
        self.id = workload.get("attempt")
        self.dag_id: str = workload.get("dag_id") or dag.dag_id
        self.run_id: str = workload.get("run_id") or ""
        self.task_id: str = workload.get("task_id") or task.task_id
        map_index = workload.get("map_index")
        self.map_index: int = -1 if map_index is None else int(map_index)
        self.try_number = int(workload.get("try_number") or 1)
        self.max_tries = int(workload.get("max_tries") or 0)
        self.queue = workload.get("queue")
        self.priority_weight = workload.get("priority_weight", 1)
        self.pool_slots = workload.get("pool_slots", 1)
        self.pool = getattr(task, "pool", None)
        self.executor_config = getattr(task, "executor_config", None)
        self.task = task
        self.dag_run = DagRun(
            {"dag_id": self.dag_id, "run_id": self.run_id, **(workload.get("run") or {})}, dag
        )
        self.logical_date = self.execution_date = self.dag_run.logical_date
        self.state: Any = TaskInstanceState.RUNNING
        self.start_date = _now()
        self.end_date: Any = None
        self.hostname = os.environ.get("TRADEWIND_HOSTNAME") or os.uname().nodename
        self.pid = os.getpid()
        self.is_mapped = bool(getattr(task, "is_mapped", False))
        self.job_id: int | None = None
        self.rendered_map_index: str | None = None
        self.test_mode = False
        self.workload = workload
        self.skip_decision: dict[str, Any] | None = None
        self._context: dict[str, Any] | None = None
        resume = workload.get("resume") or {}
        self.next_method = resume.get("next_method")
        self.next_kwargs = resume.get("next_kwargs")

    # -- what it is --------------------------------------------------------------------------------

    @property
    def key(self) -> TaskInstanceKey:
        return TaskInstanceKey((self.dag_id, self.task_id, self.run_id, self.try_number, self.map_index))

    @property
    def operator(self) -> str:
        return self.task.task_type

    @property
    def operator_name(self) -> str:
        return self.task.operator_name

    @property
    def task_display_name(self) -> str:
        return getattr(self.task, "task_display_name", self.task_id)

    @property
    def duration(self) -> float | None:
        if self.start_date is None or self.end_date is None:
            return None
        return (self.end_date - self.start_date).total_seconds()

    @property
    def unixname(self) -> str:
        import getpass

        return getpass.getuser()

    def refresh_from_db(self, *_: Any, **__: Any) -> None:
        """Nothing: who runs knows what it is."""

    @property
    def prev_attempted_tries(self) -> int:
        return self.try_number

    @property
    def log(self) -> Any:
        import logging

        return logging.getLogger("airflow.task")

    @property
    def log_url(self) -> str:
        from tradewind.conf import conf

        base = conf.get("api", "base_url", fallback=None) or "http://localhost:8080/"
        mapped = f"/mapped/{self.map_index}" if self.map_index >= 0 else ""
        attempt = f"?try_number={self.try_number}" if self.try_number > 0 else ""
        where = f"dags/{self.dag_id}/runs/{quote(self.run_id)}/tasks/{self.task_id}"
        return f"{base.rstrip('/')}/{where}{mapped}{attempt}"

    @property
    def mark_success_url(self) -> str:
        return self.log_url

    def current_state(self, *_: Any, **__: Any) -> Any:
        return self.state

    def is_eligible_to_retry(self) -> bool:
        """Would a failure of this attempt be followed by another?"""
        return bool(self.max_tries) and self.try_number <= self.max_tries

    def get_dagrun(self, *_: Any, **__: Any) -> DagRun:
        return self.dag_run

    def get_template_context(self, *_: Any, **__: Any) -> dict[str, Any]:
        if self._context is None:
            from tradewind import context

            self._context = context.build(self, self.workload)
        return self._context

    def render_templates(self, context: Any = None, jinja_env: Any = None) -> Any:
        original = self.task
        self.task.render_template_fields(context or self.get_template_context(), jinja_env)
        return original

    def __repr__(self) -> str:
        mapped = f" map_index={self.map_index}" if self.map_index >= 0 else ""
        state = getattr(self.state, "value", self.state)
        return f"<TaskInstance: {self.dag_id}.{self.task_id} {self.run_id}{mapped} [{state}]>"

    # -- XComs -------------------------------------------------------------------------------------

    def xcom_push(self, key: str, value: Any, *_: Any, **__: Any) -> None:
        """Make a value available to other tasks."""
        if key == SKIP_KEY and isinstance(value, dict):
            self.skip_decision = value  # told with the result: the engine keeps it
            return
        xcom.backend().set(
            key, value, dag_id=self.dag_id, task_id=self.task_id, run_id=self.run_id, map_index=self.map_index
        )

    def xcom_pull(
        self,
        task_ids: str | Iterable[str] | None = None,
        dag_id: str | None = None,
        key: Any = xcom.XCOM_RETURN_KEY,
        include_prior_dates: bool = False,
        session: Any = None,
        *,
        map_indexes: int | Iterable[int] | None = NOTSET,
        default: Any = None,
        run_id: str | None = None,
    ) -> Any:
        """Values that tasks pushed.

        One task id (or none: this task) and no map_indexes: the value if there is one, a list if there are
        more. map_indexes=None: what the task as a whole returned, for a mapped task the sequence of its
        instances' values. Several task ids or indexes: a list.
        """
        ids, single = self._task_ids(task_ids)
        where: dict[str, Any] = {"dag_id": dag_id or self.dag_id, "run_id": run_id or self.run_id}
        if map_indexes is None:
            each: list[str | None] = [None] if ids is None else [*ids]
            whole = [self._whole(task_id, key, where, include_prior_dates, default) for task_id in each]
            return whole[0] if single else whole
        if ids == []:
            return []
        indexes = self._relevant(ids, map_indexes, where)
        rows = xcom.rows_of(
            key=key, task_ids=ids, map_indexes=indexes, include_prior_dates=include_prior_dates, **where
        )
        if key is None:  # any: the newest of each instance
            newest: dict[Any, dict[str, Any]] = {}
            for row in rows:
                newest.setdefault((row["task_id"], row.get("map_index", -1)), row)
            rows = list(newest.values())
        cls = xcom.backend()

        def value(row: dict[str, Any]) -> Any:
            return cls.unpack_row(key, row, where["dag_id"], where["run_id"])

        if map_indexes is NOTSET:
            return self._all(ids, rows, value, single, default)
        wanted = [map_indexes] if isinstance(map_indexes, int) else list(map_indexes)
        found = {(row["task_id"], row.get("map_index", -1)): row for row in rows}
        values = []
        for task_id, index in product(ids or [self.task_id], wanted):
            stored = found.get((task_id, index))
            values.append(default if stored is None or stored.get("value") is None else value(stored))
        return values[0] if single and isinstance(map_indexes, int) else values

    def _task_ids(self, task_ids: Any) -> tuple[list[str] | None, bool]:
        if task_ids is None:
            from tradewind.conf import conf

            return (None if conf.compat() == 2 else [self.task_id]), True
        if isinstance(task_ids, str):
            return [task_ids], True
        return [getattr(t, "task_id", t) for t in task_ids], False

    def _relevant(self, ids: list[str] | None, map_indexes: Any, where: dict[str, Any]) -> Any:
        """The map indexes to ask for: those given, or inside a mapped group those of our own slice."""
        if map_indexes is not NOTSET:
            return map_indexes if isinstance(map_indexes, int) else list(map_indexes)
        slices = self.workload.get("upstream_map") or {}
        if ids and len(ids) == 1 and ids[0] in slices and where["run_id"] == self.run_id:
            return slices[ids[0]]
        return None

    def _all(self, ids: Any, rows: list[dict[str, Any]], value: Any, single: bool, default: Any) -> Any:
        if single:
            if not rows:
                return default
            if len(rows) == 1 or ids is None:
                found = value(rows[0])
                return default if found is None else found
            return [value(row) for row in rows]
        values: list[Any] = []
        for task_id in ids:
            mine = [value(row) for row in rows if row["task_id"] == task_id]
            values.extend(mine or [default])
        return values

    def _whole(self, task_id: Any, key: str, where: dict[str, Any], prior: bool, default: Any) -> Any:
        """The value of a plain task; for a mapped one a sequence over its instances."""
        rows = xcom.rows_of(
            key=key,
            task_ids=None if task_id is None else [task_id],
            map_indexes=-1,
            include_prior_dates=prior,
            **where,
        )
        if rows:
            found = xcom.backend().unpack_row(key, rows[0], where["dag_id"], where["run_id"])
            return default if found is None else found
        if task_id is None or not self._has_instances(task_id, where):
            return default
        from tradewind.lazy_xcom import LazyXComSequence

        return LazyXComSequence(task_id, key, where["dag_id"], where["run_id"])

    def _has_instances(self, task_id: str, where: dict[str, Any]) -> bool:
        dag = getattr(self.task, "dag", None)
        if where["dag_id"] != self.dag_id or dag is None or task_id not in dag.task_dict:
            return bool(xcom.rows_of(key=xcom.XCOM_RETURN_KEY, task_ids=[task_id], limit=1, **where))
        task = dag.task_dict[task_id]
        return bool(getattr(task, "is_mapped", False) or next(iter(task.iter_mapped_task_groups()), None))

    async def axcom_pull(self, *args: Any, **kwargs: Any) -> Any:
        import asyncio

        return await asyncio.get_running_loop().run_in_executor(None, lambda: self.xcom_pull(*args, **kwargs))

    async def axcom_push(self, key: str, value: Any) -> None:
        import asyncio

        await asyncio.get_running_loop().run_in_executor(None, lambda: self.xcom_push(key, value))

    # -- other runs and instances -------------------------------------------------------------------

    def get_previous_dagrun(self, state: Any = None, *_: Any, **__: Any) -> DagRun | None:
        return previous_run(self.dag_id, self.logical_date, state, self.dag_run.dag)

    def get_previous_ti(self, state: Any = None, *_: Any, **__: Any) -> Any:
        found = comms.request("previous_ti", state=_word(state), task_id=self.task_id)
        return _Fields(found) if found else None

    @property
    def previous_ti(self) -> Any:
        return self.get_previous_ti()

    @property
    def previous_ti_success(self) -> Any:
        return self.get_previous_ti(state="success")

    @property
    def previous_start_date_success(self) -> Any:
        found = self.get_previous_ti(state="success")
        return found.start_date if found else None

    def get_previous_execution_date(self, state: Any = None) -> Any:
        run = self.get_previous_dagrun(state)
        return run.logical_date if run else None

    def get_previous_start_date(self, state: Any = None) -> Any:
        run = self.get_previous_dagrun(state)
        return run.start_date if run else None

    def get_first_reschedule_date(self, context: Any = None) -> Any:
        """When a sensor in reschedule mode began to wait, or None at its first poke."""
        known = self.workload.get("reschedule_start")
        if known:
            return instant(known)
        count = (self.workload.get("context") or {}).get("task_reschedule_count")
        if not count:
            return None
        return instant(comms.request("reschedule_start"))

    def get_relevant_upstream_map_indexes(
        self, upstream: Any, ti_count: Any = None, *_: Any, **__: Any
    ) -> Any:
        slices = self.workload.get("upstream_map") or {}
        return slices.get(getattr(upstream, "task_id", upstream))

    @staticmethod
    def get_ti_count(dag_id: str, map_index: int | None = None, **filters: Any) -> int:
        return int(comms.request("ti_count", dag_id=dag_id, map_index=map_index, **_filters(filters)) or 0)

    @staticmethod
    def get_task_states(dag_id: str, map_index: int | None = None, **filters: Any) -> dict[str, Any]:
        return comms.request("task_states", dag_id=dag_id, map_index=map_index, **_filters(filters)) or {}

    @staticmethod
    def get_dr_count(dag_id: str, **filters: Any) -> int:
        return int(comms.request("dag_run_count", dag_id=dag_id, **_filters(filters)) or 0)

    @staticmethod
    def get_dagrun_state(dag_id: str, run_id: str) -> str | None:
        found = comms.request("dag_run_get", dag_id=dag_id, run_id=run_id)
        return found.get("state") if found else None

    @staticmethod
    def get_task_breadcrumbs(dag_id: str, run_id: str) -> list[dict[str, Any]]:
        states = comms.request("task_states", dag_id=dag_id, run_ids=[run_id]) or {}
        return [{"task_id": task_id, "state": state} for task_id, state in (states.get(run_id) or {}).items()]


class _Fields:
    """The fields of an answer as attributes; dates are instants."""

    def __init__(self, fields: dict[str, Any]) -> None:
        for name, value in fields.items():
            setattr(self, name, instant(value) if name.endswith("_date") else value)

    def __repr__(self) -> str:
        return f"<TaskInstance: {self.__dict__}>"


def _word(value: Any) -> str | None:
    return None if value is None else str(getattr(value, "value", value))


def _filters(filters: dict[str, Any]) -> dict[str, Any]:
    """Arguments of a count as a frame has them: instants as text, states as words."""
    plain = {}
    for name, value in filters.items():
        if isinstance(value, (list, tuple, set)):
            value = [text(v) if isinstance(v, datetime.datetime) else _plain(v) for v in value]
        plain[name] = value
    return plain


def _plain(value: Any) -> Any:
    return getattr(value, "value", value)


def _now() -> Any:
    import pendulum

    return pendulum.now("UTC")
