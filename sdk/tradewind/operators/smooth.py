"""A joke of Airflow's."""

from __future__ import annotations

from typing import Any

from tradewind.operator import BaseOperator


class SmoothOperator(BaseOperator):
    """Logs a link to a song."""

    ui_color = "#e8f7e4"
    _airflow_module = "airflow.providers.standard.operators.smooth"

    def execute(self, context: Any) -> None:
        self.log.info("Enjoy Sade - Smooth Operator: https://www.youtube.com/watch?v=4TYv2PhG89A")
