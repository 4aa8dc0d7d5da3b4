"""Retry policies: what a task's exception says about the next attempt."""

from __future__ import annotations

import datetime as dt
import enum
from typing import Any


class RetryAction(str, enum.Enum):
    RETRY = "retry"
    FAIL = "fail"
    DEFAULT = "default"


class RetryDecision:
    """Fail, retry (after a delay of its own), or what the task says anyway."""

    def __init__(
        self, action: RetryAction, retry_delay: dt.timedelta | None = None, reason: str | None = None
    ):
        self.action = action
        self.retry_delay = retry_delay
        self.reason = reason

    @classmethod
    def default(cls) -> RetryDecision:
        return cls(RetryAction.DEFAULT)


class RetryPolicy:
    """Base of policies: write `evaluate`."""

    def evaluate(
        self, exception: BaseException, try_number: int, max_tries: int, context: Any = None
    ) -> RetryDecision:
        raise NotImplementedError


class RetryRule:
    """One exception class (or its dotted name) and what follows from it."""

    def __init__(
        self,
        exception: Any,
        action: RetryAction = RetryAction.RETRY,
        retry_delay: dt.timedelta | None = None,
        reason: str | None = None,
        match_subclasses: bool = True,
    ):
        self.exception = exception
        self.action = action
        self.retry_delay = retry_delay
        self.reason = reason
        self.match_subclasses = match_subclasses

    def matches(self, exception: BaseException) -> bool:
        classes = type(exception).__mro__ if self.match_subclasses else (type(exception),)
        if isinstance(self.exception, str):
            return any(f"{c.__module__}.{c.__qualname__}" == self.exception for c in classes)
        return self.exception in classes


class ExceptionRetryPolicy(RetryPolicy):
    """The first rule that matches decides."""

    def __init__(self, rules: list[RetryRule], default: RetryAction = RetryAction.DEFAULT):
        self.rules = list(rules)
        self.default = default

    def evaluate(
        self, exception: BaseException, try_number: int, max_tries: int, context: Any = None
    ) -> RetryDecision:
        for rule in self.rules:
            if rule.matches(exception):
                return RetryDecision(rule.action, rule.retry_delay, rule.reason)
        return RetryDecision(self.default)


class ChainRetryPolicy(RetryPolicy):
    """The first policy that has an opinion decides."""

    def __init__(self, *policies: RetryPolicy):
        self.policies = list(policies)

    def evaluate(
        self, exception: BaseException, try_number: int, max_tries: int, context: Any = None
    ) -> RetryDecision:
        for policy in self.policies:
            decision = policy.evaluate(exception, try_number, max_tries, context)
            if decision.action is not RetryAction.DEFAULT:
                return decision
        return RetryDecision.default()
