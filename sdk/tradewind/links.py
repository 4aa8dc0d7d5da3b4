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


def run_url(dag_id: str, run_id: str) -> str:
    """A run's page of the UI."""
    from urllib.parse import urljoin

    from tradewind.conf import conf

    base = conf.get("api", "base_url", fallback="") or ""
    return urljoin(base.rstrip("/") + "/", f"dags/{dag_id}/runs/{run_id}")


def _of_plugins(task: Any) -> list[Any]:
    from tradewind import plugins_manager

    theirs = plugins_manager.collected("operator_extra_links")
    cls = getattr(task, "_tw_class", None) or type(task)
    fitting = [
        link for link in theirs if any(isinstance(c, type) and issubclass(cls, c) for c in link.operators)
    ]
    return [*plugins_manager.collected("global_operator_extra_links"), *fitting]


def links_of(task: Any) -> dict[str, Any]:
    """Name → link: those of all operators, the operator's own, and those that plugins give this operator, which come before."""
    everywhere = _of_plugins(task)
    own = task.operator_extra_links or ()
    named = [link for link in (*own, *everywhere) if isinstance(getattr(link, "name", None), str)]
    return {link.name: link for link in named}


def key_of(link: Any) -> str:
    """The XCom that keeps the link once the task has ended."""
    return getattr(link, "xcom_key", None) or f"_link_{type(link).__name__}"
