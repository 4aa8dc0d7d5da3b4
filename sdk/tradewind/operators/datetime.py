"""Branches by the time of day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from tradewind.exceptions import AirflowException
from tradewind.operators.branch import BaseBranchOperator


class BranchDateTimeOperator(BaseBranchOperator):
    """Follows one way if now (or the logical date) lies between two times or instants, else the other."""

    _airflow_module = "airflow.providers.standard.operators.datetime"

    def __init__(
        self,
        *,
        follow_task_ids_if_true: str | Iterable[str],
        follow_task_ids_if_false: str | Iterable[str],
        target_lower: dt.datetime | dt.time | None,
        target_upper: dt.datetime | dt.time | None,
        use_task_logical_date: bool = False,
        use_task_execution_date: bool = False,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if target_lower is None and target_upper is None:
            raise AirflowException(
                "Both target_upper and target_lower are None. At least one must be defined to be compared to the "
                "current datetime"
            )
        self.target_lower = target_lower
        self.target_upper = target_upper
        self.follow_task_ids_if_true = follow_task_ids_if_true
        self.follow_task_ids_if_false = follow_task_ids_if_false
        self.use_task_logical_date = use_task_logical_date or use_task_execution_date

    def choose_branch(self, context: Any) -> str | Iterable[str]:
        from tradewind import timezone

        now = timezone.utcnow()
        if self.use_task_logical_date:
            now = context.get("logical_date") or context["dag_run"].run_after
        now = timezone.make_naive(now, self.dag.timezone)
        lower, upper = target_times_as_dates(now, self.target_lower, self.target_upper)
        lower = timezone.make_naive(lower, self.dag.timezone) if lower is not None and lower.tzinfo else lower
        upper = timezone.make_naive(upper, self.dag.timezone) if upper is not None and upper.tzinfo else upper
        if upper is not None and upper < now or lower is not None and lower > now:
            return self.follow_task_ids_if_false
        return self.follow_task_ids_if_true


def target_times_as_dates(base_date: dt.datetime, lower: Any, upper: Any) -> tuple[Any, Any]:
    """Times of day as instants of that day; an upper one before the lower means the next day."""
    if isinstance(lower, dt.time):
        lower = dt.datetime.combine(base_date, lower)
    if isinstance(upper, dt.time):
        upper = dt.datetime.combine(base_date, upper)
    if lower is not None and upper is not None and upper < lower:
        upper += dt.timedelta(days=1)
    return lower, upper
