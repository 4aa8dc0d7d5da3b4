"""1.10's and 2.x's SubDagOperator: its DAG becomes a task group of the DAG it stands in."""

from __future__ import annotations

from typing import Any

from tradewind.exceptions import AirflowException
from tradewind.operator import BaseOperator
from tradewind.stacks import DagContext
from tradewind.taskgroup import TaskGroup


class SubDagOperator(TaskGroup):
    """A group with the sub-DAG's tasks. Its id is the task id; ids of its members carry it as a prefix.

    A sub-DAG's own schedule, pool and concurrency no longer apply: its tasks are tasks of the DAG around it.
    """

    ui_color = "#555"
    ui_fgcolor = "#fff"
    template_fields = ()

    def __init__(self, *, subdag: Any = None, task_id: str | None = None, dag: Any = None, **kwargs: Any):
        parent = dag or kwargs.get("parent_dag") or DagContext.get_current()
        if subdag is None:
            raise AirflowException("missing keyword argument 'subdag'")
        if parent is None:
            raise AirflowException("Please pass in the `dag` param or call within a DAG context manager")
        name = task_id or subdag.dag_id.rpartition(".")[2]
        if task_id is not None and subdag.dag_id != f"{parent.dag_id}.{task_id}":
            raise AirflowException(
                "The subdag's dag_id should have the form '{parent_dag_id}.{this_task_id}'. "
                f"Expected '{parent.dag_id}.{task_id}'; received '{subdag.dag_id}'."
            )
        super().__init__(group_id=name.replace(".", "_"), dag=parent, tooltip=subdag.description or "")
        self.subdag = subdag
        self.task_id = self.group_id
        self._take_tasks(subdag, parent, kwargs.get("default_args"))

    def _take_tasks(self, subdag: Any, parent: Any, default_args: Any) -> None:
        """Move the sub-DAG's tasks here, under their new ids."""
        tasks = subdag.tasks
        renamed = {t.task_id: self.child_id(t.task_id) for t in tasks}
        groups: dict[int, TaskGroup] = {id(subdag.task_group): self}

        def place(old: TaskGroup) -> TaskGroup:
            if id(old) not in groups:
                above = place(old.parent_group) if old.parent_group is not None else self
                groups[id(old)] = TaskGroup(
                    group_id=old._group_id,
                    prefix_group_id=old.prefix_group_id,
                    parent_group=above,
                    tooltip=old.tooltip,
                )
            return groups[id(old)]

        for task in tasks:
            task.__dict__["_dag"] = None
            group = place(task.task_group)
            task.__dict__["task_group"] = None
            task.__dict__["task_id"] = renamed[task.task_id]
            task.__dict__["upstream_task_ids"] = {renamed.get(t, t) for t in task.upstream_task_ids}
            task.__dict__["downstream_task_ids"] = {renamed.get(t, t) for t in task.downstream_task_ids}
            group.add(task)
            task.__dict__["task_group"] = group
            parent.add_task(task)
        subdag.auto_register = False
        subdag.__dict__["task_dict"] = {}
        subdag.__dict__["_moved_into"] = parent


class SkippedStatePropagationOptions:
    ALL_LEAVES = "all_leaves"
    ANY_LEAF = "any_leaf"


__all__ = ["BaseOperator", "SkippedStatePropagationOptions", "SubDagOperator"]
