"""Notifiers: callbacks that send a message."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from tradewind.templater import Templater


class BaseNotifier(Templater):
    """Write `notify`. Its template fields are rendered before."""

    template_fields: Sequence[str] = ()
    template_ext: Sequence[str] = ()
    context: Any = None  # also of a notifier whose __init__ does not call this one's

    def __init__(self, context: Any = None, **_: Any):
        self.context = context or {}

    @property
    def log(self) -> logging.Logger:
        return logging.getLogger(f"{type(self).__module__}.{type(self).__name__}")

    def _update_context(self, context: Any) -> Any:
        """In place, as Airflow does it: what comes after a notifier sees its fields, too."""
        merged = {} if context is None else context
        for name, value in (self.context or {}).items():
            merged.setdefault(name, value)
        merged.update((name, getattr(self, name)) for name in self.template_fields)
        return merged

    def _render(self, template: Any, context: Any, dag: Any = None) -> Any:  # type: ignore[override]
        if isinstance(template, str):
            return self.render_template(template, context, self.get_template_env(dag))
        return Templater._render(template, context)

    def render_template_fields(self, context: Any, jinja_env: Any = None) -> None:
        dag = (context or {}).get("dag")
        env = jinja_env or self.get_template_env(dag)
        self._render_fields(self, self.template_fields, context, env, set())

    def notify(self, context: Any) -> None:
        """Send the message."""
        raise NotImplementedError

    async def async_notify(self, context: Any) -> None:
        raise NotImplementedError

    def __call__(self, *args: Any) -> None:
        """As a callback: with the context, or with the five arguments of an SLA callback."""
        if len(args) == 1:
            context = args[0]
        else:
            names = ("dag", "task_list", "blocking_task_list", "slas", "blocking_tis")
            context = dict(zip(names, args))
        context = self._update_context(context)
        try:
            self.render_template_fields(context)
            self.notify(context)
        except Exception as e:
            self.log.exception("Failed to send notification: %s", e)

    def __await__(self) -> Any:
        return self.async_notify(self.context).__await__()
