"""Task groups."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from typing import Any

from tradewind.exceptions import AirflowException, DuplicateTaskIdFound, TaskAlreadyInTaskGroup
from tradewind.node import DAGNode, as_list
from tradewind.stacks import DagContext, TaskGroupContext

_GROUP_ID = re.compile(r"^[\w-]+$")


def validate_group_key(key: str, max_length: int = 200) -> None:
    if not isinstance(key, str):
        raise TypeError(f"The key has to be a string and is {type(key)}:{key}")
    if len(key) > max_length:
        raise AirflowException(f"The key has to be less than {max_length} characters, not {len(key)}")
    if not _GROUP_ID.match(key):
        raise AirflowException(
            f"The key {key!r} has to be made of alphanumeric characters, dashes and underscores exclusively"
        )


class TaskGroup(DAGNode):
    """Tasks shown together; their ids carry the group's as a prefix unless `prefix_group_id` is false."""

    def __init__(
        self,
        group_id: str | None = None,
        prefix_group_id: bool = True,
        parent_group: TaskGroup | None = None,
        dag: Any = None,
        default_args: dict[str, Any] | None = None,
        tooltip: str = "",
        ui_color: str = "CornflowerBlue",
        ui_fgcolor: str = "#000",
        add_suffix_on_collision: bool = False,
        group_display_name: str = "",
        doc_md: str | None = None,
        *,
        _root: bool = False,
    ):
        self._root = group_id is None and parent_group is None and dag is not None and _root
        self.prefix_group_id = prefix_group_id
        self.default_args = copy.deepcopy(default_args or {})
        self.tooltip = tooltip
        self.ui_color = ui_color
        self.ui_fgcolor = ui_fgcolor
        self.group_display_name = group_display_name
        self.doc_md = doc_md
        self.add_suffix_on_collision = add_suffix_on_collision
        self.children: dict[str, Any] = {}
        self.upstream_group_ids: set[str | None] = set()
        self.downstream_group_ids: set[str | None] = set()
        self.upstream_task_ids: set[str] = set()
        self.downstream_task_ids: set[str] = set()
        self.is_setup = self.is_teardown = False
        self.map_input: Any = None
        self._group_id: str | None
        if self._root:
            self.dag = dag
            self.parent_group = None
            self._group_id = None
            self.used_group_ids: set[str] = set()
            return
        if parent_group is None:
            if dag is None:
                dag = DagContext.get_current()
            parent_group = TaskGroupContext.get_current(dag) if dag is not None else None
            if parent_group is None and dag is not None:
                parent_group = dag.task_group
        if parent_group is None:
            raise RuntimeError("TaskGroup can only be used inside a dag")
        self.parent_group = parent_group
        self.dag = parent_group.dag
        if self.dag is None:
            raise RuntimeError("TaskGroup can only be used inside a dag")
        if group_id is None:
            raise AirflowException("group_id must not be empty")
        validate_group_key(group_id)
        self.used_group_ids = parent_group.used_group_ids
        self._group_id = self._free_id(group_id, add_suffix_on_collision)
        parent_group.add(self)
        self.used_group_ids.add(self.group_id)  # type: ignore[arg-type]
        if self.group_id:
            self.used_group_ids.update({self.upstream_join_id, self.downstream_join_id})
        if parent_group.default_args:
            self.default_args = {**parent_group.default_args, **self.default_args}

    def _free_id(self, group_id: str, add_suffix: bool) -> str:
        def full(candidate: str) -> str:
            return self.parent_group.child_id(candidate) if self.parent_group else candidate

        taken = self.used_group_ids
        if full(group_id) not in taken:
            return group_id
        if not add_suffix:
            raise DuplicateTaskIdFound(f"group_id '{full(group_id)}' has already been added to the DAG")
        base = re.split(r"__\d+$", group_id)[0]
        number = 1
        while full(f"{base}__{number}") in taken:
            number += 1
        return f"{base}__{number}"

    def get_dag(self) -> Any:
        return self.dag

    @classmethod
    def create_root(cls, dag: Any) -> TaskGroup:
        return cls(dag=dag, _root=True)

    # -- identity -----------------------------------------------------------------------------------

    @property
    def group_id(self) -> str | None:
        parent = self.parent_group
        if parent is not None and parent.node_id and parent.prefix_group_id:
            return parent.child_id(self._group_id or "")
        return self._group_id

    @property
    def node_id(self) -> str:  # type: ignore[override]
        return self.group_id or ""

    @property
    def task_group(self) -> TaskGroup | None:  # type: ignore[override]
        return self.parent_group

    @property
    def label(self) -> str:
        return self.group_display_name or self._group_id or ""

    @property
    def is_root(self) -> bool:
        return self.parent_group is None

    @property
    def upstream_join_id(self) -> str:
        return f"{self.group_id}.upstream_join_id"

    @property
    def downstream_join_id(self) -> str:
        return f"{self.group_id}.downstream_join_id"

    def child_id(self, label: str) -> str:
        """The id of a member with this label."""
        if self.prefix_group_id and self.group_id:
            return f"{self.group_id}.{label}"
        return label

    def __repr__(self) -> str:
        return f"<TaskGroup: {self.group_id or 'root'}>"

    # -- members ------------------------------------------------------------------------------------

    def add(self, node: DAGNode) -> DAGNode:
        """Take a task or a group in."""
        if isinstance(node, TaskGroup):
            if self.dag is not None and node.dag is not None and node.dag is not self.dag:
                raise RuntimeError(
                    f"Cannot mix TaskGroups from different DAGs: {self.dag.dag_id} and {node.dag.dag_id}"
                )
            if node is not self and node.children:
                raise AirflowException("Cannot add a non-empty TaskGroup")
        else:
            existing = getattr(node, "task_group", None)
            if existing is not None and existing is not self:
                raise TaskAlreadyInTaskGroup(node.node_id, existing.node_id, self.node_id)
        key = node.node_id
        if key in self.children:
            kind = "Group" if isinstance(node, TaskGroup) else "Task"
            raise DuplicateTaskIdFound(f"{kind} id '{key}' has already been added to the DAG")
        if not isinstance(node, TaskGroup):
            self.used_group_ids.add(key)
        self.children[key] = node
        return node

    def __iter__(self) -> Iterator[Any]:
        for child in self.children.values():
            yield from self._iter_child(child)

    @staticmethod
    def _iter_child(child: Any) -> Iterator[Any]:
        if isinstance(child, TaskGroup):
            yield from child
        else:
            yield child

    def iter_tasks(self) -> Iterator[Any]:
        return iter(self)

    def has_task(self, task: Any) -> bool:
        return any(t is task for t in self)

    def get_child_by_label(self, label: str) -> Any:
        return self.children[self.child_id(label)]

    def get_task_group_dict(self) -> dict[str | None, TaskGroup]:
        found: dict[str | None, TaskGroup] = {self.group_id: self}
        for child in self.children.values():
            if isinstance(child, TaskGroup):
                found.update(child.get_task_group_dict())
        return found

    def iter_mapped_task_groups(self) -> Iterator[TaskGroup]:
        group: TaskGroup | None = self
        while group is not None:
            if group.map_input is not None:
                yield group
            group = group.parent_group

    def topological_sort(self) -> list[Any]:
        return list(self.children.values())

    def hierarchical_alphabetical_sort(self) -> list[Any]:
        return sorted(
            self.children.values(),
            key=lambda n: (not isinstance(n, TaskGroup), getattr(n, "label", n.node_id)),
        )

    # -- arrows -------------------------------------------------------------------------------------

    @property
    def roots(self) -> list[Any]:
        tasks = list(self)
        if not tasks:
            return self._beside(self.downstream_task_ids)
        ids = {t.task_id for t in tasks}
        return [t for t in tasks if t.upstream_task_ids.isdisjoint(ids)]

    def _beside(self, task_ids: set[str]) -> list[Any]:
        """What an arrow through an empty group reaches (3.x; in 2.x such an arrow ends there)."""
        if self.dag is None or self.dag.compat == 2:
            return []
        return [self.dag.task_dict[i] for i in sorted(task_ids) if i in self.dag.task_dict]

    get_roots = lambda self: iter(self.roots)  # noqa: E731

    @property
    def leaves(self) -> list[Any]:
        """The last tasks; for a teardown, what comes before it (an arrow out of a group does not wait for teardowns)."""
        tasks = list(self)
        if not tasks:
            return self._beside(self.upstream_task_ids)
        by_id = {t.task_id: t for t in tasks}
        found: list[Any] = []

        def before(task: Any) -> None:
            for task_id in sorted(task.upstream_task_ids):
                up = by_id.get(task_id)
                if up is None:
                    continue
                if up.is_teardown:
                    before(up)
                elif not (task.is_teardown and up.is_setup) and up not in found:
                    found.append(up)

        for task in tasks:
            if task.downstream_task_ids.isdisjoint(by_id):
                if task.is_teardown:
                    before(task)
                elif task not in found:
                    found.append(task)
        return found

    get_leaves = lambda self: iter(self.leaves)  # noqa: E731

    def update_relative(self, other: Any, upstream: bool = True, edge_modifier: Any = None) -> None:
        for node in as_list(other):
            if isinstance(node, TaskGroup):
                (self.upstream_group_ids if upstream else self.downstream_group_ids).add(node.group_id)
                (node.downstream_group_ids if upstream else node.upstream_group_ids).add(self.group_id)
            elif hasattr(node, "task_id") or hasattr(node, "operator"):
                task = getattr(node, "operator", node) if not hasattr(node, "task_id") else node
                (self.upstream_task_ids if upstream else self.downstream_task_ids).add(task.node_id)

    def _link(self, others: Any, upstream: bool, edge_modifier: Any = None) -> None:
        for other in as_list(others):
            self.update_relative(other, upstream, edge_modifier)
        super()._link(others, upstream, edge_modifier)

    def as_setup(self) -> TaskGroup:
        raise NotImplementedError("A task group cannot be a setup; mark its tasks.")

    def as_teardown(self, *, setups: Any = None, on_failure_fail_dagrun: bool | None = None) -> TaskGroup:
        raise NotImplementedError("A task group cannot be a teardown; mark its tasks.")

    def add_task(self, task: Any) -> None:
        if not TaskGroupContext._stack:
            raise AirflowException(
                "Using this method on a task group that's not a context manager is not supported."
            )
        task.add_to_taskgroup(self)

    def add_to_taskgroup(self, task_group: TaskGroup) -> None:
        task_group.add(self)

    def __enter__(self) -> TaskGroup:
        TaskGroupContext.push(self)
        return self

    def __exit__(self, *_: Any) -> None:
        TaskGroupContext.pop()


class MappedTaskGroup(TaskGroup):
    """A group that runs once per item; its members share the index."""

    def __init__(self, *, expand_input: Any, **kwargs: Any):
        super().__init__(**kwargs)
        if self.parent_group is not None and next(iter(self.parent_group.iter_mapped_task_groups()), None):
            raise NotImplementedError("task group expansion in an expanded task group is not yet supported")
        self.map_input = expand_input
        self._expand_input = expand_input

    def __exit__(self, *exc: Any) -> None:
        for operator, _ in self.map_input.iter_references():
            self.set_upstream(operator)
        super().__exit__(*exc)


def task_group_to_dict(node: Any) -> dict[str, Any]:
    """A group as the nested dictionaries a graph view draws."""
    if not isinstance(node, TaskGroup):
        return {"id": node.task_id, "label": node.node_label(), "type": "task"}
    return {
        "id": node.group_id,
        "label": node.label,
        "tooltip": node.tooltip,
        "type": "task_group",
        "children": [task_group_to_dict(child) for child in node.hierarchical_alphabetical_sort()],
    }
