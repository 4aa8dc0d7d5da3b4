"""An operator that does nothing."""

from __future__ import annotations

from typing import Any

from tradewind.operator import BaseOperator


class EmptyOperator(BaseOperator):
    """Groups or joins other tasks; the engine sets its state without running anything."""

    ui_color = "#e8f7e4"
    _airflow_module = "airflow.providers.standard.operators.empty"

    def execute(self, context: Any) -> None:
        pass


class DummyOperator(EmptyOperator):
    """The name it had in 1.10 and 2.0."""

    _airflow_module = "airflow.operators.dummy"
