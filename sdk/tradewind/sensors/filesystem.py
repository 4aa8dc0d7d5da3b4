"""Waits for files."""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
from glob import glob
from typing import Any

from tradewind.exceptions import AirflowException
from tradewind.operator import Defaults
from tradewind.sensors.base import BaseSensorOperator
from tradewind.triggers.base import StartTriggerArgs


class FileSensor(BaseSensorOperator):
    """True when the path (a glob) matches a file, or a folder with a file in it."""

    template_fields = ("filepath", "fs_conn_id")
    ui_color = "#91818a"
    _airflow_module = "airflow.providers.standard.sensors.filesystem"
    start_trigger_args = StartTriggerArgs(
        trigger_cls="airflow.providers.standard.triggers.file.FileTrigger",
        trigger_kwargs={},
        next_method="execute_complete",
    )

    def __init__(
        self,
        *,
        filepath: Any,
        fs_conn_id: str = "fs_default",
        recursive: bool = False,
        deferrable: bool | None = None,
        start_from_trigger: bool = False,
        trigger_kwargs: dict[str, Any] | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.filepath = filepath
        self.fs_conn_id = fs_conn_id
        self.recursive = recursive
        self.deferrable = Defaults.get()["deferrable"] if deferrable is None else deferrable
        self.start_from_trigger = start_from_trigger and self.deferrable
        self.trigger_kwargs = trigger_kwargs
        if self.start_from_trigger:
            self.start_trigger_args = dataclasses.replace(
                self.start_trigger_args,
                timeout=dt.timedelta(seconds=self.timeout),
                trigger_kwargs={
                    "filepath": self.path,
                    "recursive": self.recursive,
                    "poke_interval": self.poke_interval,
                },
            )

    @property
    def path(self) -> str:
        from tradewind.exceptions import AirflowNotFoundException
        from tradewind.hook import FSHook

        try:
            base = FSHook(self.fs_conn_id).get_path()
        except AirflowNotFoundException:
            if self.fs_conn_id != "fs_default":
                raise
            base = ""
        return os.path.join(base or "/", os.fspath(self.filepath))

    def poke(self, context: Any) -> bool:
        full = self.path
        self.log.info("Poking for file %s", full)
        for path in glob(full, recursive=self.recursive):
            if os.path.isfile(path):
                at = dt.datetime.fromtimestamp(os.path.getmtime(path)).strftime("%Y%m%d%H%M%S")
                self.log.info("Found File %s last modified: %s", path, at)
                return True
            for _, _, files in os.walk(path):
                if files:
                    return True
        return False

    def execute(self, context: Any) -> Any:
        if not self.deferrable:
            super().execute(context)
        elif not self.poke(context):
            from tradewind.module_loading import import_string

            trigger = import_string("airflow.providers.standard.triggers.file.FileTrigger")
            self.defer(
                timeout=dt.timedelta(seconds=self.timeout),
                trigger=trigger(
                    filepath=self.path, recursive=self.recursive, poke_interval=self.poke_interval
                ),
                method_name="execute_complete",
            )

    def execute_complete(self, context: Any, event: bool | None = None) -> None:
        if not event:
            raise AirflowException(f"{self.task_id} task failed as {self.filepath} not found.")
        self.log.info("%s completed successfully as %s found.", self.task_id, self.filepath)
