"""Python callables: in this process, in a virtualenv, in another Python; branching and short circuits."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from tradewind.context_vars import KeywordParameters, context_to_airflow_vars
from tradewind.helpers import context_merge
from tradewind.operator import BaseOperator
from tradewind.operators.branch import BranchMixIn
from tradewind.skip import SkipMixin


class PythonOperator(BaseOperator):
    """Calls a function. Context variables are passed to the parameters that have their names."""

    template_fields: Collection[str] = ("templates_dict", "op_args", "op_kwargs")
    template_fields_renderers = {"templates_dict": "json", "op_args": "py", "op_kwargs": "py"}
    BLUE = "#ffefeb"
    ui_color = BLUE
    shallow_copy_attrs: Sequence[str] = ("python_callable", "op_kwargs")
    _airflow_module = "airflow.providers.standard.operators.python"

    def __init__(
        self,
        *,
        python_callable: Callable,
        op_args: Collection[Any] | None = None,
        op_kwargs: Mapping[str, Any] | None = None,
        templates_dict: dict[str, Any] | None = None,
        templates_exts: Collection[str] | None = None,
        show_return_value_in_logs: bool = True,
        provide_context: bool | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if not callable(python_callable):
            raise _error("`python_callable` param must be callable")
        self.python_callable = python_callable
        self.op_args = op_args if op_args is not None else ()
        self.op_kwargs = op_kwargs if op_kwargs is not None else {}
        self.templates_dict = templates_dict
        if templates_exts:
            self.template_ext = tuple(templates_exts)
        self.show_return_value_in_logs = show_return_value_in_logs

    def execute(self, context: Any) -> Any:
        # in the context itself: map_index_template and callbacks may name the arguments
        context_merge(context, self.op_kwargs, templates_dict=self.templates_dict)
        self._context_vars = context_to_airflow_vars(context, in_env_var_format=True)
        self.op_kwargs = self.determine_kwargs(context)
        result = self.execute_callable()
        if self.show_return_value_in_logs:
            self.log.info("Done. Returned value was: %s", result)
        else:
            self.log.info("Done. Returned value not shown")
        return result

    def determine_kwargs(self, context: Any) -> Mapping[str, Any]:
        return KeywordParameters.determine(self.python_callable, self.op_args, context).unpacking()

    def execute_callable(self) -> Any:
        """Call the function with its arguments; a coroutine function is run to its end."""
        result = self.python_callable(*self.op_args, **self.op_kwargs)
        if inspect.iscoroutine(result):
            import asyncio

            return asyncio.run(result)
        return result


def _error(message: str) -> Exception:
    from tradewind.exceptions import AirflowException

    return AirflowException(message)


class BranchPythonOperator(BranchMixIn, PythonOperator):
    """The function returns the id(s) of the task(s) or group(s) to follow; other direct downstreams are skipped."""

    inherits_from_skipmixin = True

    def choose_branch(self, context: Any) -> str | Iterable[str] | None:
        return super(BranchMixIn, self).execute(context)

    def execute(self, context: Any) -> Any:
        return self.do_branch(context, PythonOperator.execute(self, context))


class ShortCircuitOperator(SkipMixin, PythonOperator):
    """A falsy result skips what comes after."""

    inherits_from_skipmixin = True

    def __init__(self, *, ignore_downstream_trigger_rules: bool = True, **kwargs: Any):
        super().__init__(**kwargs)
        self.ignore_downstream_trigger_rules = ignore_downstream_trigger_rules

    def execute(self, context: Any) -> Any:
        condition = PythonOperator.execute(self, context)
        self.log.info("Condition result is %s", condition)
        if condition:
            return condition
        return self.short_circuit(context, condition, self.ignore_downstream_trigger_rules)


def __getattr__(name: str) -> Any:
    if name in (
        "PythonVirtualenvOperator",
        "ExternalPythonOperator",
        "BranchPythonVirtualenvOperator",
        "BranchExternalPythonOperator",
        "is_venv_installed",
        "_BasePythonVirtualenvOperator",
        "_PythonVersionInfo",
    ):
        from tradewind.operators import virtualenv

        return getattr(virtualenv, name)
    if name == "get_current_context":
        from tradewind.context import get_current_context

        return get_current_context
    raise AttributeError(name)
