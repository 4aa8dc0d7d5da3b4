"""Rendered template fields as they are kept and shown."""

from __future__ import annotations

import inspect
from typing import Any

from tradewind.module_loading import qualname


def shown(value: Any) -> Any:
    """JSON that says what the value is, the same in every process:

    No addresses, sets sorted, keys as text.
    """
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, str):
        return value if type(value) is str else str(value)
    if isinstance(value, float):
        return value if value == value and value not in (float("inf"), float("-inf")) else str(value)
    if isinstance(value, dict):
        return dict(sorted(((str(shown(k)), shown(v)) for k, v in value.items()), key=lambda kv: kv[0]))
    if isinstance(value, (list, tuple)):
        return [shown(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted((shown(item) for item in value), key=lambda x: (type(x).__name__, str(x)))
    if callable(inspect.getattr_static(value, "serialize", None)):
        return shown(value.serialize())
    kubernetes = type(value).__module__.startswith(("kubernetes.", "kubernetes_asyncio."))
    if kubernetes and callable(inspect.getattr_static(value, "to_dict", None)):
        return shown(value.to_dict())
    if callable(value):
        return f"<callable {qualname(value, True)}>"
    if type(value).__str__ is not object.__str__ or type(value).__repr__ is not object.__repr__:
        return str(value)
    return f"<{qualname(type(value), True)} object>"


def _cut(text: str, limit: int) -> str:
    head = "Truncated. You can change this behaviour in [core]max_templated_field_length. "
    return f"{head}{text[: max(0, limit - len(head) - 3)]}..."


def fields_of(task: Any) -> dict[str, Any]:
    """All template fields of a rendered task, secrets replaced, long ones cut."""
    from tradewind.conf import conf
    from tradewind.secrets_backends import redact

    limit = conf.getint("core", "max_templated_field_length", fallback=4096)
    found: dict[str, Any] = {}
    for name in task.template_fields:
        value = shown(getattr(task, name, None))
        value = redact(value, name)
        if not isinstance(value, (bool, int, float)) and value is not None:
            text = value if isinstance(value, str) else str(value)
            if len(text) > limit:
                value = _cut(text, limit)
        found[name] = value
    for path in getattr(task, "template_fields_renderers", None) or {}:
        base, dot, rest = path.partition(".")
        if not dot or base not in task.template_fields:
            continue
        current = getattr(task, base, None)
        for key in rest.split("."):
            current = current.get(key) if isinstance(current, dict) else getattr(current, key, None)
            if current is None:
                break
        if current is not None:
            found[path] = redact(shown(current), path)
    return found
