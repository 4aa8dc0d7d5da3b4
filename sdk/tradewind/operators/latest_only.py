"""Skips what comes after unless this is the newest run."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from tradewind.operators.branch import BaseBranchOperator


class LatestOnlyOperator(BaseBranchOperator):
    """Direct downstreams are skipped unless now lies in the interval after this run's own; manual runs go on."""

    ui_color = "#e9ffdb"
    _airflow_module = "airflow.providers.standard.operators.latest_only"

    def choose_branch(self, context: Any) -> str | Iterable[str]:
        run = context["dag_run"]
        everything = list(context["task"].get_direct_relative_ids(upstream=False))
        if str(run.run_type) == "manual" or getattr(run, "external_trigger", False):
            self.log.info("Manually triggered DAG run: allowing execution to proceed.")
            return everything
        now = dt.datetime.now(dt.timezone.utc)
        left, right = self._window(context)
        self.log.info("Checking latest only with left_window: %s right_window: %s now: %s", left, right, now)
        if left < now <= right:
            return everything
        self.log.info("Not latest execution, skipping downstream.")
        return []

    @staticmethod
    def _window(context: Any) -> tuple[dt.datetime, dt.datetime]:
        start, end = context["data_interval_start"], context["data_interval_end"]
        if start != end:
            return end, end + (end - start)
        from tradewind.execution.dagrun import instant

        upcoming = instant((getattr(context["dag_run"], "fields", None) or {}).get("next_logical_date"))
        if upcoming is None:
            from tradewind.timetables import DataInterval, TimeRestriction

            info = context["task"].dag.timetable.next_dagrun_info(
                last_automated_data_interval=DataInterval(start, end),
                restriction=TimeRestriction(None, None, catchup=True),
            )
            upcoming = info.run_after if info is not None else dt.datetime.max.replace(tzinfo=dt.timezone.utc)
        return end, upcoming
