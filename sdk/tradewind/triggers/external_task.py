"""Triggers that wait for other DAGs' runs and tasks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from typing import Any

from tradewind.execution.ti import RuntimeTaskInstance
from tradewind.triggers.base import BaseTrigger, TriggerEvent


async def _ask(function: Any, **kwargs: Any) -> Any:
    return await asyncio.get_running_loop().run_in_executor(None, lambda: function(**kwargs))


def _words(states: Collection[Any] | None) -> list[str] | None:
    return [str(getattr(s, "value", s)) for s in states] if states else None


def count_of_matching(states_by_run: dict[str, dict[str, str]], states: Collection[str]) -> int:
    """The runs all of whose tasks are in one of the states."""
    return sum(
        1 for tasks in states_by_run.values() if tasks and all(state in states for state in tasks.values())
    )


class WorkflowTrigger(BaseTrigger):
    """Fires when the tasks, the task group or the runs are in the allowed states; or failed, or skipped."""

    def __init__(
        self,
        external_dag_id: str,
        run_ids: list[str] | None = None,
        execution_dates: list[Any] | None = None,
        logical_dates: list[Any] | None = None,
        external_task_ids: Collection[str] | None = None,
        external_task_group_id: str | None = None,
        failed_states: Collection[str] | None = None,
        skipped_states: Collection[str] | None = None,
        allowed_states: Collection[str] | None = None,
        poke_interval: float = 2.0,
        soft_fail: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.external_dag_id = external_dag_id
        self.external_task_ids = external_task_ids
        self.external_task_group_id = external_task_group_id
        self.failed_states = failed_states
        self.skipped_states = skipped_states
        self.allowed_states = allowed_states
        self.run_ids = run_ids
        self.logical_dates = logical_dates or execution_dates
        self.poke_interval = poke_interval
        self.soft_fail = soft_fail

    def serialize(self) -> tuple[str, dict[str, Any]]:
        names = (
            "external_dag_id",
            "external_task_ids",
            "external_task_group_id",
            "failed_states",
            "skipped_states",
            "allowed_states",
            "poke_interval",
            "soft_fail",
            "run_ids",
            "logical_dates",
        )
        path = "airflow.providers.standard.triggers.external_task.WorkflowTrigger"
        return path, {n: getattr(self, n) for n in names}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        wanted = len(self.run_ids or self.logical_dates or [])
        while True:
            if self.failed_states and await self._count(self.failed_states) > 0:
                yield TriggerEvent({"status": "failed"})
                return
            if self.skipped_states and await self._count(self.skipped_states) > 0:
                yield TriggerEvent({"status": "skipped"})
                return
            if await self._count(self.allowed_states) == wanted:
                yield TriggerEvent({"status": "success"})
                return
            await asyncio.sleep(self.poke_interval)

    async def _count(self, states: Collection[str] | None) -> int:
        words = _words(states)
        where = {
            "dag_id": self.external_dag_id,
            "logical_dates": self.logical_dates,
            "run_ids": self.run_ids,
        }
        if self.external_task_ids:
            ids = list(self.external_task_ids)
            count = await _ask(RuntimeTaskInstance.get_ti_count, task_ids=ids, states=words, **where)
            return count // len(ids)
        if self.external_task_group_id:
            group = self.external_task_group_id
            found = await _ask(RuntimeTaskInstance.get_task_states, task_group_id=group, **where)
            return count_of_matching(found, words or [])
        return await _ask(RuntimeTaskInstance.get_dr_count, states=words, **where)


class DagStateTrigger(BaseTrigger):
    """Fires when all the runs are in one of the states, and says in which."""

    def __init__(
        self,
        dag_id: str,
        states: list[Any],
        run_ids: list[str] | None = None,
        execution_dates: list[Any] | None = None,
        poll_interval: float = 5.0,
    ) -> None:
        super().__init__()
        self.dag_id = dag_id
        self.states = states
        self.run_ids = run_ids
        self.execution_dates = execution_dates
        self.poll_interval = poll_interval

    def serialize(self) -> tuple[str, dict[str, Any]]:
        names = ("dag_id", "states", "poll_interval", "run_ids", "execution_dates")
        path = "airflow.providers.standard.triggers.external_task.DagStateTrigger"
        return path, {n: getattr(self, n) for n in names}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        wanted = len(self.run_ids or self.execution_dates or [])
        where = {
            "dag_id": self.dag_id,
            "run_ids": self.run_ids,
            "states": _words(self.states),
            "logical_dates": self.execution_dates,
        }
        while await _ask(RuntimeTaskInstance.get_dr_count, **where) != wanted:
            await asyncio.sleep(self.poll_interval)
        path, data = self.serialize()
        for run_id in self.run_ids or []:
            data[run_id] = await _ask(RuntimeTaskInstance.get_dagrun_state, dag_id=self.dag_id, run_id=run_id)
        yield TriggerEvent((path, data))
