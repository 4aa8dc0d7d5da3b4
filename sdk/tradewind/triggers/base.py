"""The base of triggers, and the events they yield."""

from __future__ import annotations

import abc
import datetime
import logging
from collections.abc import AsyncIterator, Hashable
from dataclasses import dataclass
from typing import Any

from tradewind.templater import Templater


@dataclass
class StartTriggerArgs:
    """What a task that starts in the triggerer begins with."""

    trigger_cls: str
    next_method: str
    trigger_kwargs: dict[str, Any] | None = None
    next_kwargs: dict[str, Any] | None = None
    timeout: datetime.timedelta | None = None


class BaseTrigger(abc.ABC, Templater):
    """Write `serialize` and `run`. An instance is made anew, from what `serialize` gave, in the triggerer."""

    supports_triggerer_queue = True

    def __init__(self, **kwargs: Any) -> None:
        self._task_instance: Any = None
        self.trigger_id: Any = None
        self.task_id: str | None = None
        self.template_fields = ()
        self.template_ext = ()

    @property
    def log(self) -> logging.Logger:
        return logging.getLogger(f"{type(self).__module__}.{type(self).__name__}")

    @property
    def task_instance(self) -> Any:
        return self.__dict__.get("_task_instance")

    @task_instance.setter
    def task_instance(self, value: Any) -> None:
        self._task_instance = value
        self.task_id = getattr(value, "task_id", None)

    @property
    def task(self) -> Any:
        return getattr(self.task_instance, "task", None)

    @abc.abstractmethod
    def serialize(self) -> tuple[str, dict[str, Any]]:
        """The class's path and the arguments that make this trigger again."""
        raise NotImplementedError("Triggers must implement serialize()")

    @abc.abstractmethod
    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Yield an event when what is waited for is there."""
        raise NotImplementedError("Triggers must implement run()")
        yield  # an iterator, then

    async def cleanup(self) -> None:
        """Called at every end, here or elsewhere: let go of what this instance holds."""

    async def on_kill(self) -> None:
        """Called when a person ends the waiting task: stop the work outside."""

    @staticmethod
    def repr(classpath: str, kwargs: dict[str, Any]) -> str:
        return f"<{classpath} {', '.join(f'{k}={v}' for k, v in kwargs.items())}>"

    def __repr__(self) -> str:
        return self.repr(*self.serialize())


class BaseEventTrigger(BaseTrigger):
    """A trigger that may watch over an asset."""

    def shared_stream_key(self) -> Hashable | None:
        return None

    @staticmethod
    def hash(classpath: str, kwargs: dict[str, Any]) -> int:
        import json

        from tradewind.execution.encode import encode

        return hash((classpath, json.dumps(encode(kwargs), sort_keys=True).encode()))


class TriggerEvent:
    """Something happened; the payload is what the task is told of it."""

    def __init__(self, payload: Any = None, **kwargs: Any) -> None:
        self.payload = payload

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.payload == self.payload  # type: ignore[attr-defined]

    def __hash__(self) -> int:
        return hash((type(self), str(self.payload)))

    def __repr__(self) -> str:
        return f"TriggerEvent<{self.payload!r}>"


class BaseTaskEndEvent(TriggerEvent):
    """Ends the task itself, without going back to a worker."""

    task_instance_state = ""

    def __init__(self, *, xcoms: dict[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(payload=self.task_instance_state, **kwargs)
        self.xcoms = xcoms


class TaskSuccessEvent(BaseTaskEndEvent):
    task_instance_state = "success"


class TaskFailedEvent(BaseTaskEndEvent):
    task_instance_state = "failed"


class TaskSkippedEvent(BaseTaskEndEvent):
    task_instance_state = "skipped"
