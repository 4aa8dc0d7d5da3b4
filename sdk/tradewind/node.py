"""Arrows. Whatever stands at one end of `>>` is a `DependencyMixin`: a task, a group, an XComArg, an edge label."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from tradewind.exceptions import AirflowException


class DependencyMixin:
    """What can stand at either end of an arrow."""

    @property
    def roots(self) -> Iterable[Any]:
        """The tasks an arrow into this reaches."""
        raise NotImplementedError

    @property
    def leaves(self) -> Iterable[Any]:
        """The tasks an arrow out of this leaves from."""
        raise NotImplementedError

    def set_upstream(self, other: Any, edge_modifier: Any = None) -> None:
        raise NotImplementedError

    def set_downstream(self, other: Any, edge_modifier: Any = None) -> None:
        raise NotImplementedError

    def as_setup(self) -> Any:
        raise NotImplementedError

    def as_teardown(self, *, setups: Any = None, on_failure_fail_dagrun: bool | None = None) -> Any:
        raise NotImplementedError

    def update_relative(self, other: Any, upstream: bool = True, edge_modifier: Any = None) -> None:
        """Hear that `other` was put before (`upstream`) or after this; labels and groups remember it."""

    def __lshift__(self, other: Any) -> Any:
        self.set_upstream(other)
        return other

    def __rshift__(self, other: Any) -> Any:
        self.set_downstream(other)
        return other

    def __rrshift__(self, other: Any) -> Any:
        self.__lshift__(other)
        return self

    def __rlshift__(self, other: Any) -> Any:
        self.__rshift__(other)
        return self


def as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple, set, frozenset)) else [value]


class yielding:
    """A property that gives way to an operator's own attribute of that name: 1.10's operators were free to call theirs `label` or
    `output`."""

    def __init__(self, get: Any):
        self.get = get
        self.__doc__ = get.__doc__

    def __get__(self, node: Any, owner: Any = None) -> Any:
        return self if node is None else self.get(node)


class DAGNode(DependencyMixin):
    """A task or a group: it has an id and a place in a DAG."""

    dag: Any
    task_group: Any
    upstream_task_ids: set[str]
    downstream_task_ids: set[str]

    @property
    def node_id(self) -> str:
        raise NotImplementedError

    @yielding
    def label(self) -> str:
        """The id without the group's prefix."""
        return self.node_label()

    def node_label(self) -> str:
        group = self.task_group
        if group is not None and group.node_id and group.prefix_group_id:
            start = f"{group.node_id}."
            if self.node_id.startswith(start):
                return self.node_id[len(start) :]
        return self.node_id

    def has_dag(self) -> bool:
        return self.dag is not None

    @property
    def dag_id(self) -> str:
        return self.dag.dag_id if self.dag is not None else "_in_memory_dag_"

    @property
    def log(self) -> Any:
        import logging

        return logging.getLogger(f"{type(self).__module__}.{type(self).__name__}")

    @property
    def upstream_list(self) -> list[Any]:
        return [self._task(tid) for tid in sorted(self.upstream_task_ids)]

    @property
    def downstream_list(self) -> list[Any]:
        return [self._task(tid) for tid in sorted(self.downstream_task_ids)]

    def _task(self, task_id: str) -> Any:
        if self.dag is None:
            raise AirflowException(f"Operator {self} has not been assigned to a DAG yet")
        return self.dag.get_task(task_id)

    def get_direct_relative_ids(self, upstream: bool = False) -> set[str]:
        return self.upstream_task_ids if upstream else self.downstream_task_ids

    def get_direct_relatives(self, upstream: bool = False) -> list[Any]:
        return self.upstream_list if upstream else self.downstream_list

    def get_flat_relative_ids(self, *, upstream: bool = False) -> set[str]:
        """The ids of all that come before (or after), however far."""
        seen: set[str] = set()
        waiting = list(self.get_direct_relative_ids(upstream))
        while waiting:
            task_id = waiting.pop()
            if task_id not in seen:
                seen.add(task_id)
                waiting.extend(self._task(task_id).get_direct_relative_ids(upstream))
        return seen

    def get_flat_relatives(self, upstream: bool = False) -> list[Any]:
        return [self._task(t) for t in sorted(self.get_flat_relative_ids(upstream=upstream))]

    def get_upstreams_follow_setups(self) -> Iterator[Any]:
        for task in self.get_flat_relatives(upstream=True):
            yield task
            if task.is_setup and not task.is_teardown:
                for teardown in task.downstream_list:
                    if teardown.is_teardown and teardown is not self:
                        yield teardown

    def get_upstreams_only_setups_and_teardowns(self) -> Iterator[Any]:
        """Setups whose scope this task stands in, and the teardowns that close it."""
        down = self.get_flat_relative_ids(upstream=False)
        for task in self.get_flat_relatives(upstream=True):
            if not task.is_setup:
                continue
            teardowns = {t.task_id for t in task.downstream_list if t.is_teardown}
            if not teardowns or not teardowns.isdisjoint(down) or self.node_id in teardowns:
                yield task
                for t in task.downstream_list:
                    if t.is_teardown and t is not self:
                        yield t

    def get_upstreams_only_setups(self) -> Iterator[Any]:
        for task in self.get_upstreams_only_setups_and_teardowns():
            if task.is_setup:
                yield task

    def _link(self, others: Any, upstream: bool, edge_modifier: Any = None) -> None:
        """Draw arrows between this and every task of `others`."""
        tasks: list[Any] = []
        for other in as_list(others):
            if not isinstance(other, DependencyMixin):
                raise AirflowException(
                    f"Relationships can only be set between Operators; received {type(other).__name__}"
                )
            other.update_relative(self, not upstream, edge_modifier=edge_modifier)
            tasks.extend(other.leaves if upstream else other.roots)
        for task in tasks:
            if not hasattr(task, "upstream_task_ids"):
                raise AirflowException(
                    f"Relationships can only be set between Operators; received {type(task).__name__}"
                )
        mine = list(self.roots if upstream else self.leaves)
        dags = {id(t.dag): t.dag for t in [*mine, *tasks] if t.dag is not None}
        if len(dags) > 1:
            names = sorted(d.dag_id for d in dags.values())
            raise AirflowException(
                f"Tried to set relationships between tasks in more than one DAG: {', '.join(names)}"
            )
        if not dags and (mine or tasks):
            raise AirflowException(
                "Tried to create relationships between tasks that don't have DAGs yet. Set the DAG for at least one "
                f"task and try again: {[t.task_id for t in [*mine, *tasks]]}"
            )
        for dag in dags.values():
            for task in [*mine, *tasks]:
                if task.dag is None:
                    task.dag = dag
            for here in mine:
                for there in tasks:
                    first, second = (there, here) if upstream else (here, there)
                    first.downstream_task_ids.add(second.node_id)
                    second.upstream_task_ids.add(first.node_id)
                    if edge_modifier is not None:
                        edge_modifier.add_edge_info(dag, first.node_id, second.node_id)

    def set_upstream(self, other: Any, edge_modifier: Any = None) -> None:
        self._link(other, True, edge_modifier)

    def set_downstream(self, other: Any, edge_modifier: Any = None) -> None:
        self._link(other, False, edge_modifier)


# -- edge labels ------------------------------------------------------------------------------------


class EdgeModifier(DependencyMixin):
    """A label on an arrow: `a >> Label("why") >> b`."""

    def __init__(self, label: str | None = None):
        self.label = label
        self._upstream: list[Any] = []
        self._downstream: list[Any] = []
        self._stream_state: str | None = None

    @property
    def roots(self) -> Iterable[Any]:
        return self._downstream

    @property
    def leaves(self) -> Iterable[Any]:
        return self._upstream

    @staticmethod
    def _nodes(value: Any) -> list[Any]:
        return [getattr(v, "operator", v) if not isinstance(v, DAGNode) else v for v in as_list(value)]

    def _take(self, nodes: Any, upstream: bool) -> None:
        if any(isinstance(n, EdgeModifier) for n in as_list(nodes)):
            raise TypeError("Cannot use edge labels with EdgeModifier, only tasks, XComArg or TaskGroups")
        side = self._upstream if upstream else self._downstream
        side.extend(n for n in self._nodes(nodes) if n is not self and n not in side)

    def set_upstream(self, other: Any, edge_modifier: Any = None) -> None:
        self._take(other, True)
        self._connect()

    def set_downstream(self, other: Any, edge_modifier: Any = None) -> None:
        self._take(other, False)
        self._connect()

    def update_relative(self, other: Any, upstream: bool = True, edge_modifier: Any = None) -> None:
        self._take(other, upstream)
        self._connect()

    def _connect(self) -> None:
        if self._upstream and self._downstream:
            for node in self._upstream:
                node.set_downstream(list(self._downstream), edge_modifier=self)

    def add_edge_info(self, dag: Any, upstream_id: str, downstream_id: str) -> None:
        dag.set_edge_info(upstream_id, downstream_id, {"label": self.label})


def Label(label: str) -> EdgeModifier:
    """A label to put between two arrows."""
    return EdgeModifier(label)


# -- chains -----------------------------------------------------------------------------------------


def chain(*tasks: Any) -> None:
    """`a >> b >> c`; two lists beside each other of equal length are joined one to one."""
    for up, down in zip(tasks, tasks[1:]):
        if isinstance(up, DependencyMixin):
            up.set_downstream(down)
        elif isinstance(down, DependencyMixin):
            down.set_upstream(up)
        elif isinstance(up, Sequence) and isinstance(down, Sequence) and not isinstance(up, str):
            if len(up) != len(down):
                raise AirflowException(
                    f"Chain not supported for different length Iterable. Got {len(up)} and {len(down)}."
                )
            for one, other in zip(up, down):
                one.set_downstream(other)
        else:
            raise TypeError(f"Chain not supported between instances of {type(up)} and {type(down)}")


def chain_linear(*elements: Any) -> None:
    """Like `chain`, but every member of one list comes before every member of the next."""
    if not elements:
        raise ValueError("No tasks provided; nothing to do.")
    previous: list[Any] | None = None
    linked = False
    for element in elements:
        items = as_list(element)
        if previous is not None:
            for up in previous:
                if isinstance(up, DependencyMixin):
                    up.set_downstream(items)
                    linked = True
        previous = items if items else previous
    if not linked:
        raise ValueError("No dependencies were set. Did you forget to expand with `*`?")


def cross_downstream(from_tasks: Iterable[Any], to_tasks: Any) -> None:
    """Every task of the first list before every task of the second."""
    for task in from_tasks:
        task.set_downstream(to_tasks)


# -- setup and teardown as context managers ----------------------------------------------------------


class SetupTeardownContext:
    """What a `with` around a setup or a teardown yields; tasks made inside stand between the two."""

    active = False
    _frames: list[tuple[list[Any], list[Any], list[Any]]] = []  # setups, teardowns, tasks

    @classmethod
    def push(cls, nodes: list[Any]) -> None:
        setups: list[Any] = []
        teardowns: list[Any] = []
        for node in nodes:
            if node.is_teardown:
                teardowns.append(node)
                setups.extend(t for t in node.upstream_list if t.is_setup and t not in setups)
            elif node.is_setup:
                setups.append(node)
                teardowns.extend(t for t in node.downstream_list if t.is_teardown and t not in teardowns)
            else:
                raise AirflowException("Only setup/teardown tasks can be used as context managers.")
        if cls._frames:
            outer_setups, outer_teardowns, _ = cls._frames[-1]
            for outer in outer_setups:
                for inner in setups:
                    outer.set_downstream(inner)
            for outer in outer_teardowns:
                for inner in teardowns:
                    inner.set_downstream(outer)
        cls._frames.append((setups, teardowns, []))
        cls.active = True

    @classmethod
    def pop(cls) -> None:
        setups, teardowns, tasks = cls._frames.pop()
        cls.active = bool(cls._frames)
        work = [t for t in tasks if not t.is_setup and not t.is_teardown]
        if setups and work:
            first = [t for t in work if not t.upstream_task_ids] or work[:1]
            for setup in setups:
                setup.set_downstream(first)
        if teardowns and work:
            last = [t for t in work if not t.downstream_task_ids] or work[-1:]
            for teardown in teardowns:
                teardown.set_upstream(last)

    @classmethod
    def update_context_map(cls, task: Any) -> None:
        if cls._frames:
            setups, teardowns, tasks = cls._frames[-1]
            if task not in tasks and task not in setups and task not in teardowns:
                tasks.append(task)

    @classmethod
    def add_task(cls, task: Any) -> None:
        """Put a task made elsewhere into the scope."""
        if not cls._frames:
            raise AirflowException("Cannot add task to context outside the context manager.")
        for node in as_list(task):
            cls.update_context_map(getattr(node, "operator", node))


class ContextWrapper(list):
    """Several setups or teardowns as one context manager."""

    def __init__(self, tasks: Any):
        super().__init__(as_list(tasks))
        self.tasks = list(self)

    def __enter__(self) -> type[SetupTeardownContext]:
        SetupTeardownContext.push([getattr(t, "operator", t) for t in self])
        return SetupTeardownContext

    def __exit__(self, *_: Any) -> None:
        SetupTeardownContext.pop()


context_wrapper = ContextWrapper
