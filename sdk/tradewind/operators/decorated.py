"""The operators behind `@task` and its family."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from tradewind.decorators import DecoratedOperator, determine_call
from tradewind.exceptions import AirflowException
from tradewind.helpers import context_merge
from tradewind.operators.bash import BashOperator
from tradewind.operators.python import BranchPythonOperator, PythonOperator, ShortCircuitOperator
from tradewind.operators.virtualenv import (
    BranchExternalPythonOperator,
    BranchPythonVirtualenvOperator,
    ExternalPythonOperator,
    PythonVirtualenvOperator,
)
from tradewind.sensors.python import PythonSensor

_FIELDS = ("templates_dict", "op_args", "op_kwargs")


class _PythonDecorated(DecoratedOperator):
    """A function's arguments go both to the check of its signature and to the operator itself."""

    template_fields: Collection[str] = _FIELDS
    template_fields_renderers = {"templates_dict": "json", "op_args": "py", "op_kwargs": "py"}

    def __init__(
        self, *, python_callable: Callable, op_args: Any = None, op_kwargs: Any = None, **kwargs: Any
    ):
        upstream = {"python_callable": python_callable, "op_args": op_args, "op_kwargs": op_kwargs}
        super().__init__(
            kwargs_to_upstream=upstream,
            python_callable=python_callable,
            op_args=op_args,
            op_kwargs=op_kwargs,
            **kwargs,
        )

    def _returned(self, context: Any, value: Any) -> Any:
        """`multiple_outputs` wants a dictionary with text keys."""
        if not self.multiple_outputs or value is None:
            return value
        if not isinstance(value, Mapping):
            raise AirflowException(
                f"Returned output was type {type(value)} expected dictionary for multiple_outputs"
            )
        for key in value:
            if not isinstance(key, str):
                raise AirflowException(
                    "Returned dictionary keys must be strings when using multiple_outputs, "
                    f"found {key} ({type(key)}) instead"
                )
        return value


class _PythonDecoratedOperator(_PythonDecorated, PythonOperator):
    custom_operator_name = "@task"
    _airflow_module = "airflow.providers.standard.decorators.python"

    def execute(self, context: Any) -> Any:
        return self._returned(context, PythonOperator.execute(self, context))


class _BranchPythonDecoratedOperator(_PythonDecorated, BranchPythonOperator):
    custom_operator_name = "@task.branch"
    _airflow_module = "airflow.providers.standard.decorators.branch_python"


class _ShortCircuitDecoratedOperator(_PythonDecorated, ShortCircuitOperator):
    custom_operator_name = "@task.short_circuit"
    _airflow_module = "airflow.providers.standard.decorators.short_circuit"


class _PythonVirtualenvDecoratedOperator(_PythonDecorated, PythonVirtualenvOperator):
    template_fields: Collection[str] = (*PythonVirtualenvOperator.template_fields,)
    custom_operator_name = "@task.virtualenv"
    _airflow_module = "airflow.providers.standard.decorators.python_virtualenv"


class _PythonExternalDecoratedOperator(_PythonDecorated, ExternalPythonOperator):
    template_fields: Collection[str] = (*ExternalPythonOperator.template_fields,)
    custom_operator_name = "@task.external_python"
    _airflow_module = "airflow.providers.standard.decorators.external_python"


class _BranchPythonVirtualenvDecoratedOperator(_PythonDecorated, BranchPythonVirtualenvOperator):
    template_fields: Collection[str] = (*BranchPythonVirtualenvOperator.template_fields,)
    custom_operator_name = "@task.branch_virtualenv"
    _airflow_module = "airflow.providers.standard.decorators.branch_virtualenv"


class _BranchExternalPythonDecoratedOperator(_PythonDecorated, BranchExternalPythonOperator):
    template_fields: Collection[str] = (*BranchExternalPythonOperator.template_fields,)
    custom_operator_name = "@task.branch_external_python"
    _airflow_module = "airflow.providers.standard.decorators.branch_external_python"


class DecoratedSensorOperator(PythonSensor):
    """The function is the poke."""

    template_fields: Collection[str] = ("op_args", "op_kwargs")
    custom_operator_name = "@task.sensor"
    _airflow_module = "airflow.providers.standard.decorators.sensor"

    def __init__(self, *, task_id: str, multiple_outputs: bool | None = None, **kwargs: Any):
        from tradewind.decorators import _bind, get_unique_task_id

        if "_tw_unmapped_of" not in self.__dict__:
            task_id = get_unique_task_id(task_id, kwargs.get("dag"), kwargs.get("task_group"))
        _bind(kwargs["python_callable"], kwargs.get("op_args") or (), kwargs.get("op_kwargs") or {})
        super().__init__(task_id=task_id, **kwargs)


class _BashDecoratedOperator(DecoratedOperator, BashOperator):
    """The function returns the command."""

    template_fields: Collection[str] = (*DecoratedOperator.template_fields, *BashOperator.template_fields)
    template_fields_renderers = {
        **DecoratedOperator.template_fields_renderers,
        **BashOperator.template_fields_renderers,
    }
    overwrite_rtif_after_execution = True
    custom_operator_name = "@task.bash"
    _airflow_module = "airflow.providers.standard.decorators.bash"

    def __init__(
        self, *, python_callable: Callable, op_args: Any = None, op_kwargs: Any = None, **kwargs: Any
    ):
        super().__init__(
            kwargs_to_upstream={"bash_command": None},
            python_callable=python_callable,
            op_args=op_args,
            op_kwargs=op_kwargs,
            **kwargs,
        )

    def execute(self, context: Any) -> Any:
        kwargs = determine_call(self.python_callable, self.op_args, self.op_kwargs, context)
        context_merge(context, self.op_kwargs)
        command = self.python_callable(*self.op_args, **kwargs)
        if not isinstance(command, str) or command.strip() == "":
            raise TypeError("The returned value from the TaskFlow callable must be a non-empty string.")
        self.bash_command = command
        self.bash_command = self.render_template(command, context)
        return BashOperator.execute(self, context)


class _StubOperator(DecoratedOperator):
    """A task whose work is written in another language."""

    custom_operator_name = "@task.stub"

    def execute(self, context: Any) -> Any:
        raise RuntimeError("@task.stub cannot be executed in Python")
