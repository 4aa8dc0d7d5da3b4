"""Compiled templates, kept by their text: a warm child compiles them before its tasks are forked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import jinja2

_MAX_KEPT = 5000


def keep_compiled(env: jinja2.Environment) -> jinja2.Environment:
    """Let `env.from_string` remember what it compiled. The texts of a DAG are few, and come again."""
    if "from_string" in env.__dict__:
        return env
    compile_text = env.from_string
    kept: dict[str, jinja2.Template] = {}

    def from_string(source: Any, *args: Any, **kwargs: Any) -> jinja2.Template:
        if args or kwargs or type(source) is not str:
            return compile_text(source, *args, **kwargs)
        template = kept.get(source)
        if template is None:
            template = compile_text(source)
            if len(kept) < _MAX_KEPT:
                kept[source] = template
        return template

    env.from_string = from_string  # type: ignore[method-assign]
    return env


_environments: dict[int, tuple[Any, jinja2.Environment]] = {}


def environment_of(dag: Any) -> jinja2.Environment:
    """The DAG's environment, made once in a process."""
    kept = _environments.get(id(dag))
    if kept is None or kept[0] is not dag:
        kept = _environments[id(dag)] = (dag, keep_compiled(dag.get_template_env()))
    return kept[1]


def compile_ahead(value: Any, env: jinja2.Environment, depth: int = 0) -> None:
    """Compile the texts in a value. What does not compile fails when it is rendered."""
    if isinstance(value, str):
        try:
            env.from_string(value)
        except Exception:
            pass
    elif depth < 6:
        items: Iterable[Any] = ()
        if isinstance(value, dict):
            items = value.values()
        elif isinstance(value, (list, tuple, set)):
            items = value
        for item in items:
            compile_ahead(item, env, depth + 1)
