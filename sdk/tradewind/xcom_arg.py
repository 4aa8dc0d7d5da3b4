"""XComArg: the value a task will have pushed, as an argument of another task."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from tradewind.exceptions import XComNotFound
from tradewind.node import DependencyMixin

XCOM_RETURN_KEY = "return_value"


class ResolveMixin:
    """Something that stands for a value until the task runs."""

    def iter_references(self) -> Iterator[tuple[Any, str]]:
        """The tasks (with XCom keys) this depends on."""
        raise NotImplementedError

    def resolve(self, context: Any, *_: Any, **__: Any) -> Any:
        raise NotImplementedError


def iter_references(arg: Any) -> Iterator[tuple[Any, str]]:
    """Every (operator, key) mentioned anywhere inside `arg`."""
    if isinstance(arg, ResolveMixin):
        yield from arg.iter_references()
    elif isinstance(arg, (str, bytes, int, float)) or arg is None:
        return
    elif isinstance(arg, Mapping):
        for value in arg.values():
            yield from iter_references(value)
    elif isinstance(arg, (list, tuple, set, frozenset)):
        for value in arg:
            yield from iter_references(value)
    elif getattr(arg, "template_fields", None) and not isinstance(arg, type):
        for name in arg.template_fields:
            yield from iter_references(getattr(arg, name, None))


class XComArg(ResolveMixin, DependencyMixin):
    """`XComArg(operator, key)` is the plain kind; `.map`, `.zip` and `.concat` make the others."""

    def __new__(cls, *args: Any, **kwargs: Any) -> XComArg:
        return super().__new__(PlainXComArg if cls is XComArg else cls)

    @property
    def roots(self) -> list[Any]:
        return list(dict.fromkeys(op for op, _ in self.iter_references()))

    @property
    def leaves(self) -> list[Any]:
        return self.roots

    def set_upstream(self, other: Any, edge_modifier: Any = None) -> None:
        for operator in self.roots:
            operator.set_upstream(other, edge_modifier)

    def set_downstream(self, other: Any, edge_modifier: Any = None) -> None:
        for operator in self.roots:
            operator.set_downstream(other, edge_modifier)

    def update_relative(self, other: Any, upstream: bool = True, edge_modifier: Any = None) -> None:
        for operator in self.roots:
            operator.update_relative(other, upstream, edge_modifier)

    @staticmethod
    def iter_xcom_references(arg: Any) -> Iterator[tuple[Any, str]]:
        return iter_references(arg)

    iter_xcom_args = iter_xcom_references

    @staticmethod
    def apply_upstream_relationship(op: Any, arg: Any) -> None:
        """Put the tasks `arg` mentions before `op`."""
        for operator, _ in iter_references(arg):
            if operator is not op:
                op.set_upstream(operator)

    def map(self, f: Callable[[Any], Any]) -> MapXComArg:
        """Apply `f` to each item, lazily, in the task that consumes it."""
        return MapXComArg(self, [f])

    def zip(self, *others: XComArg, fillvalue: Any = NotImplemented) -> ZipXComArg:
        return ZipXComArg([self, *others], fillvalue)

    def concat(self, *others: XComArg) -> ConcatXComArg:
        return ConcatXComArg([self, *others])

    def as_setup(self) -> XComArg:
        for operator in self.roots:
            operator.is_setup = True
        return self

    def as_teardown(self, *, setups: Any = None, on_failure_fail_dagrun: bool | None = None) -> XComArg:
        for operator in self.roots:
            operator.as_teardown(setups=setups, on_failure_fail_dagrun=on_failure_fail_dagrun)
        return self

    def __enter__(self) -> Any:
        from tradewind.node import ContextWrapper

        return ContextWrapper(self.roots).__enter__()

    def __exit__(self, *_: Any) -> None:
        from tradewind.node import SetupTeardownContext

        SetupTeardownContext.pop()

    # -- at run time -------------------------------------------------------------------------------

    def source(self) -> dict[str, Any]:
        """The document's Source object."""
        raise NotImplementedError

    def item(self, context: Any, index: int) -> Any:
        """What the instance with that index gets when a task is mapped over this."""
        value = _items(self.resolve(context))
        return list(value)[index] if isinstance(value, (set, frozenset)) else value[index]


class PlainXComArg(XComArg):
    def __init__(self, operator: Any, key: str = XCOM_RETURN_KEY):
        self.operator = operator
        self.key = key

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PlainXComArg) and (self.operator, self.key) == (other.operator, other.key)

    def __hash__(self) -> int:
        return hash((id(self.operator), self.key))

    def __getitem__(self, item: str) -> XComArg:
        """Another key of the same task (`multiple_outputs`)."""
        if not isinstance(item, str):
            raise ValueError(f"XComArg only supports str lookup, received {type(item).__name__}")
        return PlainXComArg(self.operator, item)

    def __iter__(self) -> Any:
        raise TypeError("'XComArg' object is not iterable")

    def __repr__(self) -> str:
        if self.key == XCOM_RETURN_KEY:
            return f"XComArg({self.operator!r})"
        return f"XComArg({self.operator!r}, {self.key!r})"

    def __str__(self) -> str:
        """A template that pulls the value: what lets an XComArg stand inside an f-string."""
        parts = [f"task_ids='{self.operator.task_id}'", f"dag_id='{self.operator.dag_id}'"]
        if self.operator.is_mapped:
            parts.append("map_indexes=None")
        if self.key is not None:
            parts.append(f"key='{self.key}'")
        return "{{ task_instance.xcom_pull(" + ", ".join(parts) + ") }}"

    def zip(self, *others: XComArg, fillvalue: Any = NotImplemented) -> ZipXComArg:
        if self.key != XCOM_RETURN_KEY:
            raise ValueError("cannot map against non-return XCom")
        return super().zip(*others, fillvalue=fillvalue)

    def map(self, f: Callable[[Any], Any]) -> MapXComArg:
        if self.key != XCOM_RETURN_KEY:
            raise ValueError("cannot map against non-return XCom")
        return super().map(f)

    def concat(self, *others: XComArg) -> ConcatXComArg:
        if self.key != XCOM_RETURN_KEY:
            raise ValueError("cannot concatenate non-return XCom")
        return super().concat(*others)

    def iter_references(self) -> Iterator[tuple[Any, str]]:
        yield self.operator, self.key

    def source(self) -> dict[str, Any]:
        return {"xcom": {"task": self.operator.task_id, "key": self.key}}

    def resolve(self, context: Any, *_: Any, **__: Any) -> Any:
        ti = context["ti"]
        operator = self.operator
        map_indexes: Any = None
        if not operator.is_mapped:
            group = next(iter(operator.iter_mapped_task_groups()), None)
            if group is None:
                map_indexes = -1
            elif group in set(context["task"].iter_mapped_task_groups()):
                map_indexes = ti.map_index
        result = ti.xcom_pull(task_ids=operator.task_id, key=self.key, map_indexes=map_indexes)
        if result is None and self.key != XCOM_RETURN_KEY:
            if getattr(operator, "multiple_outputs", False):
                return None  # a dict that had no such key, or nothing was returned
            raise XComNotFound(ti.dag_id, operator.task_id, self.key)
        return result

    def item(self, context: Any, index: int) -> Any:
        from tradewind import xcom

        if (
            xcom.backend() is xcom.BaseXCom
            and next(iter(self.operator.iter_mapped_task_groups()), None) is None
        ):
            where = {"dag_id": context["ti"].dag_id, "run_id": context["ti"].run_id}
            for row in xcom.rows_of(key=self.key, task_ids=[self.operator.task_id], item=index, **where):
                if row.get("item") == index:
                    return xcom.BaseXCom.unpack_row(self.key, row, **where)
        return super().item(context, index)


def _name_of(f: Any) -> str:
    return getattr(f, "__qualname__", None) or type(f).__name__


class MapXComArg(XComArg):
    def __init__(self, arg: XComArg, callables: Sequence[Callable[[Any], Any]]):
        for f in callables:
            if getattr(f, "_is_task_decorator", False):
                raise ValueError("map() argument must be a plain function, not a @task operator")
        self.arg = arg
        self.callables = list(callables)

    def __repr__(self) -> str:
        return f"{self.arg!r}" + "".join(f".map({_name_of(f)})" for f in self.callables)

    def map(self, f: Callable[[Any], Any]) -> MapXComArg:
        if getattr(f, "_is_task_decorator", False):
            raise ValueError("map() argument must be a plain function, not a @task operator")
        return MapXComArg(self.arg, [*self.callables, f])

    def iter_references(self) -> Iterator[tuple[Any, str]]:
        yield from self.arg.iter_references()

    def source(self) -> dict[str, Any]:
        return {"map": self.arg.source(), "calls": len(self.callables)}

    def resolve(self, context: Any, *_: Any, **__: Any) -> Any:
        return MapResult(self.arg.resolve(context), self.callables)

    def item(self, context: Any, index: int) -> Any:
        return MapResult([self.arg.item(context, index)], self.callables)[0]


class ZipXComArg(XComArg):
    def __init__(self, args: Sequence[XComArg], fillvalue: Any = NotImplemented):
        if any(not isinstance(a, XComArg) for a in args):
            raise TypeError("zip() arguments must be XComArg")
        self.args = list(args)
        self.fillvalue = fillvalue

    def __repr__(self) -> str:
        rest = ", ".join(map(repr, self.args[1:]))
        fill = "" if self.fillvalue is NotImplemented else f", fillvalue={self.fillvalue!r}"
        return f"{self.args[0]!r}.zip({rest}{fill})"

    def iter_references(self) -> Iterator[tuple[Any, str]]:
        for arg in self.args:
            yield from arg.iter_references()

    def source(self) -> dict[str, Any]:
        return {"zip": [a.source() for a in self.args], "fill": self.fillvalue is not NotImplemented}

    def resolve(self, context: Any, *_: Any, **__: Any) -> Any:
        return ZipResult([a.resolve(context) for a in self.args], self.fillvalue)


class ConcatXComArg(XComArg):
    def __init__(self, args: Sequence[XComArg]):
        if any(not isinstance(a, XComArg) for a in args):
            raise TypeError("concat() arguments must be XComArg")
        self.args = list(args)

    def __repr__(self) -> str:
        return f"{self.args[0]!r}.concat({', '.join(map(repr, self.args[1:]))})"

    def concat(self, *others: XComArg) -> ConcatXComArg:
        return ConcatXComArg([*self.args, *others])

    def iter_references(self) -> Iterator[tuple[Any, str]]:
        for arg in self.args:
            yield from arg.iter_references()

    def source(self) -> dict[str, Any]:
        return {"concat": [a.source() for a in self.args]}

    def resolve(self, context: Any, *_: Any, **__: Any) -> Any:
        return ConcatResult([a.resolve(context) for a in self.args])


def _items(value: Any) -> Any:
    """What index i of a mapping source means: the list itself, or the pairs of a dictionary."""
    return list(value.items()) if isinstance(value, Mapping) else value


class MapResult(Sequence):
    def __init__(self, value: Any, callables: Sequence[Callable[[Any], Any]]):
        self.value = _items(value)
        self.callables = callables

    def __getitem__(self, index: Any) -> Any:
        value = self.value[index]
        for f in self.callables:
            value = f(value)
        return value

    def __len__(self) -> int:
        return len(self.value)


class ZipResult(Sequence):
    def __init__(self, values: Iterable[Any], fillvalue: Any):
        self.values = [_items(v) for v in values]
        self.fillvalue = fillvalue

    def __getitem__(self, index: Any) -> Any:
        if index >= len(self):
            raise IndexError(index)
        return tuple(v[index] if index < len(v) else self.fillvalue for v in self.values)

    def __len__(self) -> int:
        lengths = [len(v) for v in self.values]
        return min(lengths) if self.fillvalue is NotImplemented else max(lengths)


class ConcatResult(Sequence):
    def __init__(self, values: Iterable[Any]):
        self.values = [_items(v) for v in values]

    def __getitem__(self, index: Any) -> Any:
        i = index + len(self) if index < 0 else index
        for value in self.values:
            if i < len(value):
                return value[i]
            i -= len(value)
        raise IndexError("list index out of range")

    def __len__(self) -> int:
        return sum(len(v) for v in self.values)


def resolve_all(value: Any, context: Any) -> Any:
    """`value` with every XComArg inside it replaced by what it stands for."""
    if isinstance(value, ResolveMixin):
        return value.resolve(context)
    if isinstance(value, dict):
        return {k: resolve_all(v, context) for k, v in value.items()}
    if isinstance(value, list):
        return [resolve_all(v, context) for v in value]
    if isinstance(value, tuple):
        items = [resolve_all(v, context) for v in value]
        return type(value)(*items) if hasattr(value, "_fields") else tuple(items)
    if isinstance(value, set):
        return {resolve_all(v, context) for v in value}
    return value
