"""Task mapping: `partial`, `expand`, `expand_kwargs`, and what a mapped task is until it runs."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tradewind.exceptions import InvalidArguments
from tradewind.operator import BASE_ARGUMENTS, BaseOperator
from tradewind.stacks import TaskGroupContext
from tradewind.xcom_arg import ResolveMixin, XComArg, iter_references, resolve_all


class ListOfDictsExpandInput:
    """`expand_kwargs`: a list of argument sets, or an XComArg that will be one."""

    kind = "expand_kwargs"

    def __init__(self, value: Any):
        self.value = value

    def iter_references(self) -> Iterator[tuple[Any, str]]:
        return iter_references(self.value)

    def iter_sources(self) -> Iterator[tuple[Any, str]]:
        """Only those whose value is the list that is mapped over."""
        return self.value.iter_references() if isinstance(self.value, ResolveMixin) else iter(())

    def argument_names(self) -> set[str]:
        if isinstance(self.value, XComArg) or not isinstance(self.value, Sequence):
            return set()
        return {k for item in self.value if isinstance(item, Mapping) for k in item}

    def comes_from_tasks(self, name: str) -> bool:
        """Never: Airflow renders what is in the dictionaries, whoever made them."""
        return False

    def to_document(self) -> dict[str, Any]:
        return {"kind": self.kind, "value": source(self.value)}

    def resolve(
        self, context: Any, map_index: int, indexes: Mapping[str, int] | None = None
    ) -> dict[str, Any]:
        """The arguments of the instance with that index."""
        item = (
            self.value.item(context, map_index) if isinstance(self.value, XComArg) else self.value[map_index]
        )
        if isinstance(item, ResolveMixin):
            item = item.resolve(context)
        if not isinstance(item, Mapping):
            raise ValueError(f"expand_kwargs() expects a list[dict], not list[{type(item).__name__}]")
        for key in item:
            if not isinstance(key, str):
                raise ValueError(
                    f"expand_kwargs() input dict keys must all be str, but {key!r} is of type {type(key).__name__}"
                )
        return {k: resolve_all(v, context) for k, v in item.items()}


class DictOfListsExpandInput:
    """`expand`: the cross product of several sources, the last argument fastest."""

    kind = "expand"

    def __init__(self, value: dict[str, Any]):
        self.value = value

    def iter_references(self) -> Iterator[tuple[Any, str]]:
        for item in self.value.values():
            yield from iter_references(item)

    def iter_sources(self) -> Iterator[tuple[Any, str]]:
        """Only those whose value is a list that is mapped over, not those that are an item of one."""
        for item in self.value.values():
            if isinstance(item, ResolveMixin):
                yield from item.iter_references()

    def argument_names(self) -> set[str]:
        return set(self.value)

    def comes_from_tasks(self, name: str) -> bool:
        """Are the items of that argument what tasks gave? They are data: no templates."""
        return isinstance(self.value.get(name), ResolveMixin)

    def to_document(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "over": [{"arg": name, "value": source(item)} for name, item in self.value.items()],
        }

    def resolve(
        self, context: Any, map_index: int, indexes: Mapping[str, int] | None = None
    ) -> dict[str, Any]:
        """The arguments of the instance with that index; `indexes` says which item of each source, if known."""
        if len(self.value) == 1:
            [(name, only)] = self.value.items()
            if isinstance(only, XComArg):
                return {name: resolve_all(only.item(context, map_index), context)}
        values = {
            name: item.resolve(context) if isinstance(item, ResolveMixin) else item
            for name, item in self.value.items()
        }
        if indexes is None:
            left = map_index
            chosen: dict[str, int] = {}
            for name in reversed(list(values)):
                left, chosen[name] = divmod(left, len(values[name]))
            indexes = chosen
        out: dict[str, Any] = {}
        for name, value in values.items():
            i = indexes[name]
            if isinstance(value, Mapping):
                item: Any = list(value.items())[i]
            elif isinstance(value, (set, frozenset)):
                item = list(value)[i]
            else:
                item = value[i]
            out[name] = resolve_all(item, context)
        return out


def source(value: Any) -> dict[str, Any]:
    """The document's Source of a mapping input."""
    if isinstance(value, XComArg):
        return value.source()
    from tradewind.serialize import encode

    if isinstance(value, Mapping):
        return {"literal": {"__type": "dict", "__var": [[encode(k), encode(v)] for k, v in value.items()]}}
    return {"literal": [encode(item) for item in value]}


class MappedArgument(ResolveMixin):
    """A parameter of a mapped task group, seen by a task inside it."""

    def __init__(self, expand_input: Any, key: str):
        self.input = expand_input
        self.key = key

    def iter_references(self) -> Iterator[tuple[Any, str]]:
        return self.input.iter_references()

    def resolve(self, context: Any, *_: Any, **__: Any) -> Any:
        return self.input.resolve(context, context["ti"].map_index, context.get("expanded_indexes"))[self.key]

    def __repr__(self) -> str:
        return f"MappedArgument({self.key!r})"


def ensure_expandable(value: dict[str, Any], func: str = "expand") -> None:
    for name, item in value.items():
        if isinstance(item, (XComArg, MappedArgument)):
            continue
        if isinstance(item, (str, bytes)) or not isinstance(item, (Sequence, Mapping, set, frozenset)):
            raise ValueError(
                f"{func}() got an unexpected type {type(item).__name__!r} for keyword argument {name!r}"
            )


class OperatorPartial:
    """`Op.partial(…)`, waiting for `expand`."""

    def __init__(self, operator_class: Any, kwargs: dict[str, Any], params: Any = None):
        self.operator_class = operator_class
        self.kwargs = kwargs
        self.params = params
        self._expand_called = True  # nothing to warn of while the arguments may be wrong
        _validate_argument_names(operator_class, "partial", kwargs)
        self._expand_called = False

    def __repr__(self) -> str:
        args = ", ".join(f"{k}={v!r}" for k, v in self.kwargs.items())
        return f"{self.operator_class.__name__}.partial({args})"

    def __del__(self) -> None:
        if not self.__dict__.get("_expand_called", True):
            try:
                task_id = repr(self.kwargs["task_id"])
            except KeyError:
                task_id = f"at {hex(id(self))}"
            warnings.warn(f"Task {task_id} was never mapped!", category=UserWarning, stacklevel=1)

    def expand(self, **mapped_kwargs: Any) -> MappedOperator:
        if not mapped_kwargs:
            raise TypeError("no arguments to expand against")
        _validate_argument_names(self.operator_class, "expand", mapped_kwargs)
        _no_duplicates(self.kwargs, mapped_kwargs)
        ensure_expandable(mapped_kwargs)
        return self._expand(DictOfListsExpandInput(mapped_kwargs), strict=False)

    def expand_kwargs(self, kwargs: Any, *, strict: bool = True) -> MappedOperator:
        if isinstance(kwargs, Sequence) and not isinstance(kwargs, str):
            for item in kwargs:
                if not isinstance(item, (XComArg, Mapping)):
                    raise TypeError(f"expected XComArg or list[dict], not {type(kwargs).__name__}")
        elif not isinstance(kwargs, (XComArg, MappedArgument)):
            raise TypeError(f"expected XComArg or list[dict], not {type(kwargs).__name__}")
        return self._expand(ListOfDictsExpandInput(kwargs), strict=strict)

    def _expand(self, expand_input: Any, *, strict: bool) -> MappedOperator:
        self._expand_called = True
        return make_mapped(self.operator_class, self.kwargs, expand_input)


def _validate_argument_names(cls: Any, func: str, values: Any) -> None:
    known: set[str] = set()
    for base in cls.__mro__:
        init = base.__dict__.get("__init__")
        known |= getattr(init, "_tw_parameters", frozenset())
    unknown = sorted(k for k in values if k not in known)
    if func == "expand":
        fixed = {
            "task_id",
            "dag",
            "task_group",
            "start_date",
            "end_date",
            "retries",
            "pool",
            "queue",
            "trigger_rule",
        }
        for name in values:
            if name in fixed:
                raise TypeError(f"{name!r} cannot be mapped: it must be given to partial()")
    if len(unknown) == 1:
        raise TypeError(f"{cls.__name__}.{func}() got an unexpected keyword argument {unknown[0]!r}")
    if unknown:
        names = ", ".join(repr(n) for n in unknown)
        raise TypeError(f"{cls.__name__}.{func}() got unexpected keyword arguments {names}")


def _no_duplicates(partial: Mapping[str, Any], mapped: Mapping[str, Any], func: str = "partial") -> None:
    twice = sorted(k for k in mapped if k in partial)
    if twice:
        raise TypeError(f"mapping already {func}: {', '.join(twice)}")


def make_mapped(
    cls: Any, kwargs: dict[str, Any], expand_input: Any, over_op_kwargs: bool = False
) -> MappedOperator:
    """A mapped task: its base arguments are checked now, its class is instantiated once per index later."""
    if not issubclass(cls, BaseOperator):
        raise InvalidArguments(f"{cls.__name__} is not an operator class")
    base = {k: v for k, v in kwargs.items() if k in BASE_ARGUMENTS}
    own = {k: v for k, v in kwargs.items() if k not in BASE_ARGUMENTS}
    task = MappedOperator.__new__(MappedOperator)
    state = task.__dict__
    state["_tw_class"] = cls
    state["partial_kwargs"] = own
    state["_tw_base_kwargs"] = base
    state["expand_input"] = expand_input
    state["over_op_kwargs"] = over_op_kwargs
    group = base.get("task_group") or TaskGroupContext.get_current(base.get("dag"))
    if group is not None and next(iter(group.iter_mapped_task_groups()), None) is not None:
        raise NotImplementedError("operator expansion in an expanded task group is not yet supported")
    task.__init__(**base)  # type: ignore[misc]
    return task


class MappedOperator(BaseOperator):
    """A task that runs once per item of its mapping."""

    is_mapped = True
    _tw_class: Any
    partial_kwargs: dict[str, Any]
    expand_input: Any
    over_op_kwargs: bool

    @property
    def operator_class(self) -> Any:
        return self._tw_class

    @property
    def task_type(self) -> str:
        return self._tw_class.__name__

    @property
    def operator_name(self) -> str:
        return getattr(self._tw_class, "custom_operator_name", None) or self._tw_class.__name__

    @property
    def template_fields(self) -> Any:  # type: ignore[override]
        return self._tw_class.template_fields

    @property
    def template_ext(self) -> Any:  # type: ignore[override]
        return self._tw_class.template_ext

    @property
    def template_fields_renderers(self) -> Any:  # type: ignore[override]
        return self._tw_class.template_fields_renderers

    @property
    def ui_color(self) -> str:  # type: ignore[override]
        return self._tw_class.ui_color

    @property
    def ui_fgcolor(self) -> str:  # type: ignore[override]
        return self._tw_class.ui_fgcolor

    @property
    def operator_extra_links(self) -> Any:  # type: ignore[override]
        return self._tw_class.operator_extra_links

    @property
    def inherits_from_empty_operator(self) -> bool:  # type: ignore[override]
        from tradewind.operators.empty import EmptyOperator

        return issubclass(self._tw_class, EmptyOperator)

    def __repr__(self) -> str:
        return f"<Mapped({self.task_type}): {self.task_id}>"

    def __setattr__(self, key: str, value: Any) -> None:
        object.__setattr__(self, key, value)

    def set_xcomargs_dependencies(self) -> None:
        for values in (self.partial_kwargs, self.expand_input):
            refs = values.iter_references() if values is self.expand_input else iter_references(values)
            for operator, _ in refs:
                if operator is not self:
                    self.set_upstream(operator)

    def get_field(self, name: str) -> Any:
        """A template field's value that all instances share; None when it is mapped."""
        return self.partial_kwargs.get(name, self._tw_defaults.get(name) if self._tw_defaults else None)

    def expand_start_from_trigger(self, **_: Any) -> bool:
        return bool(self.partial_kwargs.get("start_from_trigger", self._tw_class.start_from_trigger))

    def unmap(self, resolve: Any = None, map_index: int | None = None, indexes: Any = None) -> BaseOperator:
        """The plain operator of one instance. `resolve` is the context, or the arguments themselves."""
        if resolve is None:
            mapped: dict[str, Any] = {}
        elif map_index is None and isinstance(resolve, Mapping) and "ti" not in resolve:
            mapped = dict(resolve)
        else:
            index = resolve["ti"].map_index if map_index is None else map_index
            mapped = self.expand_input.resolve(resolve, index, indexes)
        kwargs = {**self._tw_base_kwargs, **self.partial_kwargs}
        if self.over_op_kwargs:
            _no_duplicates(kwargs.get("op_kwargs", {}), mapped, "partial")
            kwargs["op_kwargs"] = {**kwargs.get("op_kwargs", {}), **mapped}
        else:
            for name, value in mapped.items():
                if name == "params" and kwargs.get("params"):
                    value = {**dict(kwargs["params"]), **dict(value)}
                kwargs[name] = value
        kwargs.pop("dag", None)
        kwargs.pop("task_group", None)
        kwargs["task_id"] = self.task_id
        kwargs["default_args"] = {**self._tw_defaults, **(kwargs.get("default_args") or {})}
        cls = self._tw_class
        operator = cls.__new__(cls)
        operator.__dict__["_tw_unmapped_of"] = self
        operator.__init__(**kwargs)
        operator.__dict__["_tw_data"] = [
            v for k, v in mapped.items() if self.expand_input.comes_from_tasks(k)
        ]
        operator._dag = self._dag
        operator.task_group = self.task_group
        operator.upstream_task_ids = set(self.upstream_task_ids)
        operator.downstream_task_ids = set(self.downstream_task_ids)
        operator.start_date, operator.end_date = self.start_date, self.end_date
        operator.is_setup, operator.is_teardown = self.is_setup, self.is_teardown
        operator.on_failure_fail_dagrun = self.on_failure_fail_dagrun
        operator.trigger_rule = self.trigger_rule
        return operator

    _tw_base_kwargs: dict[str, Any]

    def execute(self, context: Any) -> Any:
        return self.unmap(context).execute(context)
