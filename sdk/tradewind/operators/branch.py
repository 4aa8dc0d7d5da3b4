"""Operators that choose which way to go."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tradewind.operator import BaseOperator
from tradewind.skip import SkipMixin


class BranchMixIn(SkipMixin):
    """Follows the branch a task chose."""

    inherits_from_skipmixin = True

    def do_branch(self, context: Any, branches_to_execute: str | Iterable[str] | None) -> Any:
        self.log.info("Branch into %s", branches_to_execute)  # type: ignore[attr-defined]
        self.skip_all_except(context["ti"], branches_to_execute)
        return branches_to_execute


class BaseBranchOperator(BranchMixIn, BaseOperator):
    """Write `choose_branch`: it returns the id(s) to follow."""

    _airflow_module = "airflow.providers.standard.operators.branch"

    def choose_branch(self, context: Any) -> str | Iterable[str] | None:
        raise NotImplementedError

    def execute(self, context: Any) -> Any:
        return self.do_branch(context, self.choose_branch(context))
