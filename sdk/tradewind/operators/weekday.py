"""Branches by the day of the week."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tradewind.operators.branch import BaseBranchOperator
from tradewind.states import WeekDay


class BranchDayOfWeekOperator(BaseBranchOperator):
    """Follows one way on the given days, else the other."""

    _airflow_module = "airflow.providers.standard.operators.weekday"

    def __init__(
        self,
        *,
        follow_task_ids_if_true: str | Iterable[str],
        follow_task_ids_if_false: str | Iterable[str],
        week_day: Any,
        use_task_logical_date: bool = False,
        use_task_execution_day: bool = False,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.follow_task_ids_if_true = follow_task_ids_if_true
        self.follow_task_ids_if_false = follow_task_ids_if_false
        self.week_day = week_day
        self.use_task_logical_date = use_task_logical_date or use_task_execution_day
        self._week_day_num = WeekDay.validate_week_day(week_day)

    def choose_branch(self, context: Any) -> str | Iterable[str]:
        from tradewind import timezone

        now = timezone.make_naive(timezone.utcnow(), self.dag.timezone)
        if self.use_task_logical_date:
            now = context.get("logical_date") or context["dag_run"].run_after
        chosen = {int(d) for d in self._week_day_num}
        return self.follow_task_ids_if_true if now.isoweekday() in chosen else self.follow_task_ids_if_false
