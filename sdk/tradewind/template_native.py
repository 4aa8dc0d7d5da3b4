"""Jinja environments: the sandbox (which lets single underscores pass), and native Python values."""

from __future__ import annotations

from typing import Any

import jinja2.nativetypes
import jinja2.sandbox


class _Templates:
    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """`_x` is allowed, `__x` and Python's internals are not."""
        return not jinja2.sandbox.is_internal_attribute(obj, attr)


class SandboxedEnvironment(_Templates, jinja2.sandbox.SandboxedEnvironment):
    pass


class NativeEnvironment(jinja2.nativetypes.NativeEnvironment):
    def render_native_value(self, template: Any, context: Any) -> Any:
        """The value of the template, not its text. An undefined name gives the Undefined object itself."""
        return jinja2.nativetypes.native_concat(
            template.root_render_func(template.new_context(dict(context), shared=False))
        )
