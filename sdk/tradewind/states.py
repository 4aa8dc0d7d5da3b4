"""The words: states, trigger rules, weight rules, run types. Members are strings and compare as such."""

from __future__ import annotations

from enum import Enum
from typing import Any


class _Word(str, Enum):
    def __str__(self) -> str:
        return self.value


class TerminalTIState(_Word):
    SUCCESS = "success"
    FAILED = "failed"
    SKIPPED = "skipped"
    UPSTREAM_FAILED = "upstream_failed"
    REMOVED = "removed"


class IntermediateTIState(_Word):
    SCHEDULED = "scheduled"
    QUEUED = "queued"
    RESTARTING = "restarting"
    UP_FOR_RETRY = "up_for_retry"
    UP_FOR_RESCHEDULE = "up_for_reschedule"
    DEFERRED = "deferred"
    AWAITING_INPUT = "awaiting_input"


class TaskInstanceState(_Word):
    REMOVED = "removed"
    SCHEDULED = "scheduled"
    QUEUED = "queued"
    RUNNING = "running"
    SUCCESS = "success"
    RESTARTING = "restarting"
    FAILED = "failed"
    UP_FOR_RETRY = "up_for_retry"
    UP_FOR_RESCHEDULE = "up_for_reschedule"
    UPSTREAM_FAILED = "upstream_failed"
    SKIPPED = "skipped"
    DEFERRED = "deferred"
    AWAITING_INPUT = "awaiting_input"


class DagRunState(_Word):
    QUEUED = "queued"
    RUNNING = "running"
    SUCCESS = "success"
    FAILED = "failed"


class JobState(_Word):
    RUNNING = "running"
    SUCCESS = "success"
    RESTARTING = "restarting"
    FAILED = "failed"


class DagRunType(_Word):
    BACKFILL_JOB = "backfill"
    SCHEDULED = "scheduled"
    MANUAL = "manual"
    OPERATOR_TRIGGERED = "operator_triggered"
    ASSET_TRIGGERED = "asset_triggered"
    ASSET_MATERIALIZATION = "asset_materialization"

    @staticmethod
    def from_run_id(run_id: str) -> DagRunType:
        for kind in DagRunType:
            if run_id and run_id.startswith(f"{kind.value}__"):
                return kind
        return DagRunType.MANUAL

    def generate_run_id(self, suffix: Any) -> str:
        return f"{self.value}__{suffix.isoformat() if hasattr(suffix, 'isoformat') else suffix}"


class DagRunTriggeredByType(_Word):
    CLI = "cli"
    OPERATOR = "operator"
    REST_API = "rest_api"
    UI = "ui"
    TEST = "test"
    TIMETABLE = "timetable"
    ASSET = "asset"
    BACKFILL = "backfill"


class State:
    """All states by name, and the sets people ask for."""

    SUCCESS = TaskInstanceState.SUCCESS
    RUNNING = TaskInstanceState.RUNNING
    FAILED = TaskInstanceState.FAILED
    NONE = None
    REMOVED = TaskInstanceState.REMOVED
    SCHEDULED = TaskInstanceState.SCHEDULED
    QUEUED = TaskInstanceState.QUEUED
    RESTARTING = TaskInstanceState.RESTARTING
    SHUTDOWN = "shutdown"
    UP_FOR_RETRY = TaskInstanceState.UP_FOR_RETRY
    UP_FOR_RESCHEDULE = TaskInstanceState.UP_FOR_RESCHEDULE
    UPSTREAM_FAILED = TaskInstanceState.UPSTREAM_FAILED
    SKIPPED = TaskInstanceState.SKIPPED
    DEFERRED = TaskInstanceState.DEFERRED
    AWAITING_INPUT = TaskInstanceState.AWAITING_INPUT

    finished_dr_states = frozenset([DagRunState.SUCCESS, DagRunState.FAILED])
    unfinished_dr_states = frozenset([DagRunState.QUEUED, DagRunState.RUNNING])
    task_states = (None, *TaskInstanceState)
    dag_states = (DagRunState.QUEUED, DagRunState.SUCCESS, DagRunState.RUNNING, DagRunState.FAILED)
    finished = frozenset(TaskInstanceState(s.value) for s in TerminalTIState)
    unfinished = frozenset([None, *TaskInstanceState]) - finished
    failed_states = frozenset([TaskInstanceState.FAILED, TaskInstanceState.UPSTREAM_FAILED])
    success_states = frozenset([TaskInstanceState.SUCCESS, TaskInstanceState.SKIPPED])
    terminating_states = frozenset([TaskInstanceState.RESTARTING])
    adoptable_states = frozenset(
        [TaskInstanceState.QUEUED, TaskInstanceState.RUNNING, TaskInstanceState.RESTARTING]
    )
    state_color = {
        None: "lightblue",
        "queued": "gray",
        "running": "lime",
        "success": "green",
        "restarting": "violet",
        "failed": "red",
        "up_for_retry": "gold",
        "up_for_reschedule": "turquoise",
        "upstream_failed": "orange",
        "skipped": "hotpink",
        "removed": "lightgrey",
        "scheduled": "tan",
        "deferred": "mediumpurple",
        "awaiting_input": "mediumorchid",
    }

    @classmethod
    def color(cls, state: Any) -> str:
        return cls.state_color.get(state, "white")

    @classmethod
    def color_fg(cls, state: Any) -> str:
        return "white" if cls.color(state) in ("green", "red") else "black"


class TriggerRule(_Word):
    ALL_SUCCESS = "all_success"
    ALL_FAILED = "all_failed"
    ALL_DONE = "all_done"
    ALL_DONE_MIN_ONE_SUCCESS = "all_done_min_one_success"
    ALL_DONE_SETUP_SUCCESS = "all_done_setup_success"
    ONE_SUCCESS = "one_success"
    ONE_FAILED = "one_failed"
    ONE_DONE = "one_done"
    NONE_FAILED = "none_failed"
    NONE_SKIPPED = "none_skipped"
    ALWAYS = "always"
    NONE_FAILED_MIN_ONE_SUCCESS = "none_failed_min_one_success"
    ALL_SKIPPED = "all_skipped"
    # names of 2.x and 1.10: other names for the same rules
    DUMMY = "always"
    NONE_FAILED_OR_SKIPPED = "none_failed_min_one_success"

    @classmethod
    def _missing_(cls, value: Any) -> Any:
        return cls._value2member_map_.get(_OLD_RULES.get(value))

    @classmethod
    def is_valid(cls, rule: Any) -> bool:
        try:
            cls(rule)
        except ValueError:
            return False
        return True

    @classmethod
    def all_triggers(cls) -> set[TriggerRule]:
        return set(cls)


_OLD_RULES = {"dummy": "always", "none_failed_or_skipped": "none_failed_min_one_success"}


class WeightRule(_Word):
    DOWNSTREAM = "downstream"
    UPSTREAM = "upstream"
    ABSOLUTE = "absolute"

    @classmethod
    def is_valid(cls, rule: Any) -> bool:
        return rule in cls._value2member_map_

    @classmethod
    def all_weight_rules(cls) -> set[str]:
        return set(cls)


DB_SAFE_MINIMUM = -2147483648
DB_SAFE_MAXIMUM = 2147483647


def db_safe_priority(priority_weight: int) -> int:
    return max(DB_SAFE_MINIMUM, min(DB_SAFE_MAXIMUM, priority_weight))


class WeekDay(int, Enum):
    MONDAY = 1
    TUESDAY = 2
    WEDNESDAY = 3
    THURSDAY = 4
    FRIDAY = 5
    SATURDAY = 6
    SUNDAY = 7

    @classmethod
    def get_weekday_number(cls, week_day_str: str) -> WeekDay:
        name = week_day_str.upper()
        if name in cls.__members__:
            return cls[name]
        raise AttributeError(f'Invalid Week Day passed: "{week_day_str}"')

    @classmethod
    def convert(cls, day: Any) -> WeekDay:
        return cls.get_weekday_number(day) if isinstance(day, str) else cls(day)

    @classmethod
    def validate_week_day(cls, week_day: Any) -> set[WeekDay]:
        """One day, a name, or a collection of either → the set of days."""
        if not isinstance(week_day, (str, WeekDay, int)):
            try:
                return {cls.convert(item) for item in week_day}
            except TypeError:
                pass
        if isinstance(week_day, (str, WeekDay)):
            return {cls.convert(week_day)}
        raise TypeError(
            f"Unsupported Type for week_day parameter: {type(week_day)}. Input should be iterable type: "
            "str, set, list, dict or Weekday enum type"
        )
