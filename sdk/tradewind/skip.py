"""Skipping what comes after a task."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

XCOM_SKIPMIXIN_KEY = "skipmixin_key"
XCOM_SKIPMIXIN_SKIPPED = "skipped"
XCOM_SKIPMIXIN_FOLLOWED = "followed"


class SkipMixin:
    """Records which downstream tasks are skipped, so that the decision outlives clearing."""

    def skip(self, *args: Any, **kwargs: Any) -> None:
        """Skip the given tasks: `skip(ti=ti, tasks=tasks)`, or 2.x's `skip(dag_run, execution_date, tasks, …)`."""
        tasks = kwargs.get("tasks")
        if tasks is None:
            lists = [a for a in args if isinstance(a, (list, tuple, set)) or _is_generator(a)]
            tasks = lists[-1] if lists else []
        ti = kwargs.get("ti")
        if ti is None:
            from tradewind.context import get_current_context

            ti = get_current_context()["ti"]
        ids = [t.task_id for t in tasks if not isinstance(t, str)] + [t for t in tasks if isinstance(t, str)]
        if not ids:
            return
        ti.xcom_push(key=XCOM_SKIPMIXIN_KEY, value={XCOM_SKIPMIXIN_SKIPPED: ids})
        _skip_now(ti, ids)

    @staticmethod
    def get_tasks_id(tasks: Iterable[Any]) -> list[str]:
        return [t if isinstance(t, str) else t.task_id for t in tasks]

    def skip_all_except(self, ti: Any, branch_task_ids: None | str | Iterable[str], **_: Any) -> None:
        """Follow the given ids and what comes after them; skip the other direct downstreams."""
        from tradewind.exceptions import AirflowException

        if isinstance(branch_task_ids, str):
            chosen: set[str] = {branch_task_ids}
        elif branch_task_ids is None:
            chosen = set()
        elif isinstance(branch_task_ids, Iterable):
            items = list(branch_task_ids)
            wrong = {(type(i).__name__, str(i)) for i in items if not isinstance(i, str)}
            if wrong:
                raise AirflowException(
                    f"'branch_task_ids' expected all task IDs are strings. Invalid tasks found: {sorted(wrong)}."
                )
            chosen = set(items)
        else:
            raise AirflowException(
                "'branch_task_ids' must be either None, a task ID, or an Iterable of IDs, "
                f"but got {type(branch_task_ids).__name__!r}."
            )
        task = ti.task
        dag = task.dag
        groups = dag.task_group_dict
        expanded: set[str] = set()
        for i in sorted(chosen):
            if i in groups:
                expanded.update(t.task_id for t in groups[i].roots)
            else:
                expanded.add(i)
        unknown = expanded - set(dag.task_dict)
        if unknown:
            raise AirflowException(
                f"'branch_task_ids' must contain only valid task_ids. Invalid tasks found: {unknown}"
            )
        direct = task.downstream_list
        if not direct:
            return
        kept = set(expanded)
        for i in expanded:
            kept |= dag.get_task(i).get_flat_relative_ids(upstream=False)
        skipped = [t.task_id for t in direct if t.task_id not in kept]
        followed = [t.task_id for t in direct if t.task_id in kept]
        ti.xcom_push(key=XCOM_SKIPMIXIN_KEY, value={XCOM_SKIPMIXIN_FOLLOWED: followed})
        _skip_now(ti, skipped)

    def short_circuit(
        self, context: Any, condition: Any, ignore_downstream_trigger_rules: bool = True
    ) -> Any:
        """Skip all descendants, or only the direct ones; never teardowns."""
        task = context["task"]
        if not task.downstream_task_ids:
            self.log.info("No downstream tasks; nothing to do.")  # type: ignore[attr-defined]
            return condition
        tasks: Sequence[Any] = (
            task.get_flat_relatives(upstream=False)
            if ignore_downstream_trigger_rules
            else task.downstream_list
        )
        self.skip(ti=context["ti"], tasks=[t for t in tasks if not t.is_teardown])
        return condition


def _in_group(task: Any, group: Any) -> bool:
    return any(g is group for g in task.iter_mapped_task_groups())


def _is_generator(value: Any) -> bool:
    return hasattr(value, "__next__")


def _skip_now(ti: Any, ids: list[str]) -> None:
    """Skip these at once. One index of many speaks for its own index of the mapped group it is in, and for nobody else."""
    from tradewind.comms import request

    index = ti.map_index
    if index is not None and index >= 0:
        group = ti.task.get_closest_mapped_task_group()
        dag = ti.task.dag
        tasks = [[i, index] for i in ids if group is not None and _in_group(dag.get_task(i), group)]
    else:
        tasks = [[i, -1] for i in ids]
    if tasks:
        request("skip_downstream", tasks=tasks)
