"""Params: values with a JSON schema."""

from __future__ import annotations

import contextlib
import copy
import json
from collections.abc import ItemsView, Iterable, MutableMapping, ValuesView
from typing import Any

from tradewind.exceptions import ParamValidationError
from tradewind.operator import NOTSET
from tradewind.xcom_arg import ResolveMixin


class Param:
    """One value, its JSON schema (the keyword arguments) and a description."""

    CLASS_IDENTIFIER = "__class"

    def __init__(
        self, default: Any = NOTSET, description: str | None = None, source: str | None = None, **kwargs: Any
    ):
        self.value = self._plain(default)
        self.description = description
        self.source = source
        self.schema = kwargs.pop("schema") if "schema" in kwargs else kwargs

    @staticmethod
    def _plain(value: Any) -> Any:
        if isinstance(value, (set, tuple)):
            return list(value)
        return value

    @property
    def has_value(self) -> bool:
        return self.value is not NOTSET and self.value is not None

    @property
    def default(self) -> Any:
        return self.value

    def resolve(self, value: Any = NOTSET, suppress_exception: bool = False, **_: Any) -> Any:
        """The value if it fits the schema; ParamValidationError (or None, if suppressed) if not."""
        if value is not NOTSET:
            self._check_json(value)
        final = self.value if value is NOTSET else self._plain(value)
        if final is NOTSET:
            if suppress_exception:
                return None
            raise ParamValidationError("No value passed and Param has no default value")
        message = schema_error(final, self.schema)
        if message is not None:
            if suppress_exception:
                return None
            raise ParamValidationError(message)
        self.value = final
        return final

    @staticmethod
    def _check_json(value: Any) -> None:
        try:
            json.dumps(value)
        except Exception:
            raise ParamValidationError(
                f"All provided parameters must be json-serializable. The value '{value}' is not serializable."
            )

    def dump(self) -> dict[str, Any]:
        out = {"value": None if self.value is NOTSET else self.value, "description": self.description}
        return {**out, "schema": self.schema, self.CLASS_IDENTIFIER: f"{type(self).__module__}.Param"}

    def serialize(self) -> dict[str, Any]:
        return {
            "value": None if self.value is NOTSET else self.value,
            "description": self.description,
            "schema": self.schema,
            "source": self.source,
        }

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Param) and (self.value, self.schema) == (other.value, other.schema)

    __hash__ = None  # type: ignore[assignment]

    def __copy__(self) -> Param:
        new = type(self).__new__(type(self))
        new.__dict__.update(self.__dict__)
        return new

    def __repr__(self) -> str:
        return f"Param({self.value!r})"


def schema_error(value: Any, schema: dict[str, Any]) -> str | None:
    """Why the value does not fit the schema, or None. Types are checked without help; the rest by jsonschema."""
    if not schema:
        return None
    kind = schema.get("type")
    plain = {
        "type",
        "title",
        "description",
        "section",
        "examples",
        "values_display",
        "description_md",
        "default",
    }
    if set(schema) <= plain and (kind is None or _is_type(value, kind)):
        return None
    try:
        import jsonschema
        from jsonschema import FormatChecker
        from jsonschema.exceptions import ValidationError
    except ImportError:
        if kind is not None and not _is_type(value, kind):
            return (
                f"{value!r} is not of type {json.dumps(kind)[1:-1] if isinstance(kind, list) else repr(kind)}"
            )
        return None
    try:
        jsonschema.validate(value, schema, format_checker=FormatChecker())
    except ValidationError as e:
        return str(e)
    return None


def _is_type(value: Any, kind: Any) -> bool:
    if isinstance(kind, list):
        return any(_is_type(value, k) for k in kind)
    if kind == "null":
        return value is None
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "integer":
        return (
            isinstance(value, int)
            and not isinstance(value, bool)
            or (isinstance(value, float) and value.is_integer())
        )
    if kind == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind == "string":
        return isinstance(value, str)
    if kind == "array":
        return isinstance(value, list)
    return isinstance(value, dict) if kind == "object" else False


class ParamsDict(MutableMapping):
    """Params by name; reading gives the values, checked."""

    def __init__(self, dict_obj: Any = None, suppress_exception: bool = False):
        self.suppress_exception = suppress_exception
        self._data: dict[str, Param] = {}
        if isinstance(dict_obj, ParamsDict):
            dict_obj = dict(dict_obj.raw_items())
        for name, value in (dict_obj or {}).items():
            self._data[name] = value if isinstance(value, Param) else Param(value)

    def raw_items(self) -> Iterable[tuple[str, Param]]:
        return self._data.items()

    def __eq__(self, other: object) -> bool:
        if isinstance(other, ParamsDict):
            return self.dump() == other.dump()
        return isinstance(other, dict) and self.dump() == other

    __hash__ = None  # type: ignore[assignment]

    def __contains__(self, o: object) -> bool:
        return o in self._data

    def __len__(self) -> int:
        return len(self._data)

    def __iter__(self) -> Any:
        return iter(self._data)

    def __repr__(self) -> str:
        return repr(self.dump())

    def __setitem__(self, key: str, value: Any) -> None:
        if isinstance(value, Param):
            self._data[key] = value
            return
        param = copy.copy(self._data[key]) if key in self._data else Param()
        try:
            param.resolve(value, self.suppress_exception)
        except ParamValidationError as e:
            raise ParamValidationError(f"Invalid input for param {key}: {e}") from None
        if self.suppress_exception:
            param.value = value
        self._data[key] = param

    def __getitem__(self, key: str) -> Any:
        return self._data[key].resolve(suppress_exception=self.suppress_exception)

    def __delitem__(self, key: str) -> None:
        del self._data[key]

    def get_param(self, key: str) -> Param:
        return self._data[key]

    def items(self) -> ItemsView:
        return ItemsView(self.dump())

    def values(self) -> ValuesView:
        return ValuesView(self.dump())

    def update(self, *args: Any, **kwargs: Any) -> None:
        if len(args) == 1 and not kwargs and isinstance(args[0], ParamsDict):
            super().update(args[0]._data)
            return
        super().update(*args, **kwargs)

    def dump(self) -> dict[str, Any]:
        """Names and values, checked unless told to be lenient."""
        return {k: p.resolve(suppress_exception=self.suppress_exception) for k, p in self._data.items()}

    def validate(self) -> dict[str, Any]:
        resolved = {}
        name = ""
        try:
            for name, param in self._data.items():
                resolved[name] = param.resolve(suppress_exception=self.suppress_exception)
        except ParamValidationError as e:
            raise ParamValidationError(f"Invalid input for param {name}: {e}") from None
        return resolved

    def deep_merge(self, data: dict[str, Any]) -> None:
        for key, value in data.items():
            if isinstance(self.get(key), dict) and isinstance(value, dict):
                self[key] = {**self[key], **value}
            else:
                self[key] = value


class DagParam(ResolveMixin):
    """`dag.param("x")`: the run's value of a param, given to a task as an argument."""

    def __init__(self, current_dag: Any, name: str, default: Any = NOTSET):
        if default is not NOTSET:
            current_dag.params[name] = default
        self._name = name
        self._default = default

    def iter_references(self) -> Any:
        return iter(())

    def resolve(self, context: Any, *_: Any, **__: Any) -> Any:
        with contextlib.suppress(KeyError, AttributeError, TypeError):
            conf = context["dag_run"].conf
            if conf and self._name in conf:
                return conf[self._name]
        if self._default is not NOTSET:
            return self._default
        with contextlib.suppress(KeyError):
            return context["params"][self._name]
        raise ValueError(f"No value could be resolved for parameter {self._name}")

    def serialize(self) -> dict[str, Any]:
        return {"name": self._name, "default": None if self._default is NOTSET else self._default}


def process_params(
    dag: Any, task: Any, dagrun_conf: dict[str, Any] | None, *, suppress_exception: bool
) -> dict[str, Any]:
    """A task's params: the DAG's, then its own, then the run's conf."""
    from tradewind.conf import conf

    params = ParamsDict(suppress_exception=suppress_exception)
    if dag is not None:
        params.update(ParamsDict(dag.params))
    if task is not None and task.params:
        params.update(ParamsDict(task.params))
    if dagrun_conf and conf.getboolean("core", "dag_run_conf_overrides_params", fallback=True):
        params.deep_merge(dagrun_conf)
    return params.validate()
