"""Waits for a function to say yes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from tradewind.context_vars import KeywordParameters
from tradewind.helpers import context_merge
from tradewind.sensors.base import BaseSensorOperator, PokeReturnValue


class PythonSensor(BaseSensorOperator):
    template_fields: Collection[str] = ("templates_dict", "op_args", "op_kwargs")
    _airflow_module = "airflow.providers.standard.sensors.python"

    def __init__(
        self,
        *,
        python_callable: Callable,
        op_args: list[Any] | None = None,
        op_kwargs: Mapping[str, Any] | None = None,
        templates_dict: dict[str, Any] | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.python_callable = python_callable
        self.op_args = op_args or []
        self.op_kwargs = op_kwargs or {}
        self.templates_dict = templates_dict

    def poke(self, context: Any) -> PokeReturnValue | bool:
        context_merge(context, self.op_kwargs, templates_dict=self.templates_dict)
        chosen = KeywordParameters.determine(self.python_callable, self.op_args, context).unpacking()
        self.log.info("Poking callable: %s", self.python_callable)
        result = self.python_callable(*self.op_args, **chosen)
        return result if isinstance(result, PokeReturnValue) else bool(result)
