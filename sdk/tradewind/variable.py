"""Variables."""

from __future__ import annotations

import json
from typing import Any

from tradewind import recording

_NO_DEFAULT = object()


class Variable:
    """A named text. `get` asks the secrets backends, the environment and the engine, in this order."""

    _NO_DEFAULT_SENTINEL = _NO_DEFAULT

    def __init__(
        self, key: str | None = None, val: Any = None, description: str | None = None, *, value: Any = None
    ):
        self.key = key
        self.val = val if val is not None else value
        self.description = description

    @property
    def value(self) -> Any:
        return self.val

    def get_val(self) -> Any:
        return self.val

    def __repr__(self) -> str:
        return f"{self.key} : ***"

    @classmethod
    def get(
        cls,
        key: str,
        default: Any = _NO_DEFAULT,
        deserialize_json: bool = False,
        default_var: Any = _NO_DEFAULT,
        **_: Any,
    ) -> Any:
        """The value; the default if there is none; KeyError if there is no default either."""
        from tradewind import secrets_backends

        if default is _NO_DEFAULT:
            default = default_var
        recording.variable(key)
        value = secrets_backends.get_variable(key)
        if value is None:
            if default is _NO_DEFAULT:
                raise VariableNotFound(f"Variable {key} does not exist")
            return default
        if deserialize_json:
            out = json.loads(value)
            secrets_backends.mask_secret(out, key)
            return out
        secrets_backends.mask_secret(value, key)
        return value

    @classmethod
    def set(
        cls, key: str, value: Any, description: str | None = None, serialize_json: bool = False, **_: Any
    ) -> None:
        from tradewind.comms import request

        text = json.dumps(value, indent=2) if serialize_json else str(value)
        request("variable_set", key=key, value=text, description=description)

    @classmethod
    def update(cls, key: str, value: Any, serialize_json: bool = False, **_: Any) -> None:
        if cls.get(key, default=None) is None:
            raise KeyError(f"Variable {key} does not exist")
        cls.set(key, value, serialize_json=serialize_json)

    @classmethod
    def delete(cls, key: str, **_: Any) -> int:
        from tradewind.comms import request

        request("variable_delete", key=key)
        return 1

    @classmethod
    def keys(cls, **_: Any) -> list[str]:
        from tradewind.comms import request

        return list(request("variable_keys") or [])

    @classmethod
    def setdefault(
        cls, key: str, default: Any, description: str | None = None, deserialize_json: bool = False
    ) -> Any:
        """The value; if there is none, the default, which is then stored."""
        value = cls.get(key, default=None, deserialize_json=deserialize_json)
        if value is not None:
            return value
        if default is None:
            raise ValueError("Default Value must be set")
        cls.set(key, default, description=description, serialize_json=deserialize_json)
        return default

    @staticmethod
    def get_variable_from_secrets(key: str, **_: Any) -> str | None:
        from tradewind import secrets_backends

        recording.variable(key)
        return secrets_backends.get_variable(key)


class VariableNotFound(KeyError):
    """KeyError as 2.x raises it, with a message that reads as one."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""
