"""Links of operators."""

from __future__ import annotations

from typing import Any


class BaseOperatorLink:
    """A link shown with a task instance. Write `name` and `get_link`."""

    operators: list[Any] = []

    @property
    def name(self) -> str:
        raise NotImplementedError

    @property
    def xcom_key(self) -> str:
        return f"_link_{type(self).__name__}"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        raise NotImplementedError
