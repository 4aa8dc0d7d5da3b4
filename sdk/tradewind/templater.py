"""Rendering the template fields of an operator with Jinja, in the task process."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from tradewind.xcom_arg import ResolveMixin


class LiteralValue(ResolveMixin):
    """A value that is not a template, whatever it looks like."""

    def __init__(self, value: Any):
        self.value = value

    def iter_references(self) -> Any:
        return iter(())

    def resolve(self, context: Any, *_: Any, **__: Any) -> Any:
        return self.value

    def __repr__(self) -> str:
        return f"literal({self.value!r})"


def literal(value: Any) -> LiteralValue:
    return LiteralValue(value)


class Templater:
    """Template fields: what they are, and how they are rendered."""

    template_fields: Collection[str] = ()
    template_ext: Sequence[str] = ()

    def get_template_env(self, dag: Any = None) -> Any:
        dag = dag or getattr(self, "dag", None)
        if dag is not None:
            return dag.get_template_env()
        return make_environment()

    def prepare_template(self) -> None:
        """A hook for subclasses: called after template files were read, before rendering."""

    def resolve_template_files(self) -> None:
        """Replace fields that name a template file by the file's text."""
        if not self.template_ext:
            self.prepare_template()
            return
        env: Any = None
        for field in self.template_fields:
            content = getattr(self, field, None)
            if isinstance(content, str) and content.endswith(tuple(self.template_ext)):
                env = env or self.get_template_env()
                setattr(self, field, env.loader.get_source(env, content)[0])
            elif isinstance(content, list) and content:
                env = env or self.get_template_env()
                for i, item in enumerate(content):
                    if isinstance(item, str) and item.endswith(tuple(self.template_ext)):
                        content[i] = env.loader.get_source(env, item)[0]
        self.prepare_template()

    def finish_template_fields(self) -> None:
        """Before rendering, in the task's process: what a subclass wants to do when its files have been read."""
        if type(self).prepare_template is not Templater.prepare_template:
            self.resolve_template_files()

    def render_template_fields(self, context: Any, jinja_env: Any = None) -> None:
        """Render all fields in place; what other tasks gave to be mapped over is data, and stays as it is."""
        seen = {id(value) for value in getattr(self, "_tw_data", ())}
        self._render_fields(self, self.template_fields, context, jinja_env or self.get_template_env(), seen)

    def _render_fields(self, parent: Any, fields: Any, context: Any, env: Any, seen: set[int]) -> None:
        for name in fields:
            try:
                value = getattr(parent, name)
            except AttributeError:
                kind = getattr(parent, "task_type", type(parent).__name__)
                raise AttributeError(
                    f"{name!r} is configured as a template field but {kind} does not have this attribute."
                )
            if not value:
                continue
            if callable(value):  # `def sql(context, jinja_env)`: makes the value itself
                setattr(parent, name, value(context=context, jinja_env=env))
            else:
                setattr(parent, name, self.render_template(value, context, env, seen))

    def render_template(
        self, content: Any, context: Any, jinja_env: Any = None, seen_oids: set[int] | None = None
    ) -> Any:
        """`content` with all templates inside it rendered; its shape is kept."""
        seen = set() if seen_oids is None else seen_oids
        if id(content) in seen:
            return content
        env = jinja_env or self.get_template_env()
        if isinstance(content, str):
            if self.template_ext and content.endswith(tuple(self.template_ext)):
                return self._render(env.get_template(content), context)
            return self._render(env.from_string(content), context)
        if isinstance(content, ResolveMixin):
            return content.resolve(context)
        if type(content).__module__.startswith(("upath.", "fsspec.")) or hasattr(
            content, "is_tradewind_path"
        ):
            return content
        if isinstance(content, os.PathLike) and hasattr(content, "_render_path"):
            return content._render_path(lambda text: self.render_template(text, context, env, seen))
        if isinstance(content, tuple):
            items = [self.render_template(v, context, env, seen) for v in content]
            return type(content)(*items) if hasattr(content, "_fields") else tuple(items)
        if isinstance(content, list):
            return [self.render_template(v, context, env, seen) for v in content]
        if type(content).__name__ == "ParamsDict":  # keeps its schemas; the values are data
            return content
        if isinstance(content, Mapping):
            return {k: self.render_template(v, context, env, seen) for k, v in content.items()}
        if isinstance(content, (set, frozenset)):
            return {self.render_template(v, context, env, seen) for v in content}
        fields = getattr(type(content), "template_fields", None)
        if fields and not isinstance(content, type):
            seen.add(id(content))
            self._render_fields(content, fields, context, env, seen)
        return content

    @staticmethod
    def _render(template: Any, context: Any) -> Any:
        if hasattr(template.environment, "render_native_value"):
            return template.environment.render_native_value(template, context)
        return template.render(context)


def make_environment(
    *,
    searchpath: Sequence[str] = (),
    native: bool = False,
    undefined: Any = None,
    macros: Mapping[str, Any] | None = None,
    filters: Mapping[str, Any] | None = None,
    options: Mapping[str, Any] | None = None,
) -> Any:
    """The Jinja environment of a DAG: sandboxed (native ones are not), strict, with Airflow's filters."""
    import jinja2

    from tradewind import template_filters

    settings: dict[str, Any] = {
        "loader": jinja2.FileSystemLoader(list(searchpath)) if searchpath else None,
        "undefined": undefined or jinja2.StrictUndefined,
        "extensions": ["jinja2.ext.do"],
        "cache_size": 0,
    }
    settings.update(options or {})
    if native:
        from tradewind.template_native import NativeEnvironment

        env: Any = NativeEnvironment(**settings)
    else:
        from tradewind.template_native import SandboxedEnvironment

        env = SandboxedEnvironment(**settings)
    env.filters.update(template_filters.FILTERS)
    if macros:
        env.globals.update(macros)
    if filters:
        env.filters.update(filters)
    return env
