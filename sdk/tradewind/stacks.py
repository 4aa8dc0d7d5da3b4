"""Which DAG and which task group a new task belongs to: the `with` blocks we are inside of."""

from __future__ import annotations

import sys
from typing import Any


class DagContext:
    """The stack of `with DAG(...)` blocks, and the DAGs that register themselves when left."""

    _stack: list[Any] = []
    autoregistered_dags: dict[tuple[Any, Any], None] = {}  # in the order of the file
    current_autoregister_module_name: str | None = None

    @classmethod
    def push(cls, dag: Any) -> None:
        cls._stack.append(dag)

    push_context_managed_dag = push

    @classmethod
    def pop(cls) -> Any:
        dag = cls._stack.pop()
        name = cls.current_autoregister_module_name
        if name and getattr(dag, "auto_register", True):
            cls.autoregistered_dags[(dag, sys.modules.get(name))] = None
        return dag

    pop_context_managed_dag = pop

    @classmethod
    def get_current(cls) -> Any:
        return cls._stack[-1] if cls._stack else None

    get_current_dag = get_current


class TaskGroupContext:
    """The stack of `with TaskGroup(...)` blocks. A DAG's block begins at its root group."""

    _stack: list[Any] = []

    @classmethod
    def push(cls, group: Any) -> None:
        cls._stack.append(group)

    push_context_managed_task_group = push

    @classmethod
    def pop(cls) -> Any:
        return cls._stack.pop()

    pop_context_managed_task_group = pop

    @classmethod
    def get_current(cls, dag: Any = None) -> Any:
        """The innermost open group of `dag`, else that DAG's root group."""
        for group in reversed(cls._stack):
            if dag is None or group.dag is dag or group.dag is None:
                return group
            break
        if dag is None:
            dag = DagContext.get_current()
        return dag.task_group if dag is not None else None

    get_current_task_group = get_current


def reset() -> None:
    """Forget every open block: a file that failed inside one must not disturb the next."""
    DagContext._stack.clear()
    DagContext.autoregistered_dags.clear()
    DagContext.current_autoregister_module_name = None
    TaskGroupContext._stack.clear()
    from tradewind.node import SetupTeardownContext

    SetupTeardownContext._frames.clear()
    SetupTeardownContext.active = False
