"""Triggers that wait for files."""

from __future__ import annotations

import asyncio
import glob
import os
from collections.abc import AsyncIterator, Hashable
from typing import Any

from tradewind.triggers.base import BaseEventTrigger, BaseTrigger, TriggerEvent


def _found(pattern: str, recursive: bool) -> str | None:
    """A file that the pattern names, or a folder with a file somewhere in it."""
    for path in glob.glob(pattern, recursive=recursive):
        if os.path.isfile(path):
            return path
        for _, _, files in os.walk(path):
            if files:
                return path
    return None


def _take(path: str) -> bool:
    """Remove the file; False when there is none."""
    if not os.path.isfile(path):
        return False
    os.unlink(path)
    return True


async def _in_thread(function: Any, *args: Any) -> Any:
    return await asyncio.get_running_loop().run_in_executor(None, function, *args)


class FileTrigger(BaseTrigger):
    """Fires when a path (or glob) is there."""

    def __init__(
        self, filepath: str, recursive: bool = False, poke_interval: float = 5.0, **kwargs: Any
    ) -> None:
        super().__init__()
        self.filepath = filepath
        self.recursive = recursive
        self.poke_interval = poke_interval

    def serialize(self) -> tuple[str, dict[str, Any]]:
        names = ("filepath", "recursive", "poke_interval")
        return "airflow.providers.standard.triggers.file.FileTrigger", {n: getattr(self, n) for n in names}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        while True:
            path = await _in_thread(_found, self.filepath, self.recursive)
            if path is not None:
                self.log.info("Found %s", path)
                yield TriggerEvent(True)
                return
            await asyncio.sleep(self.poke_interval)


class FileDeleteTrigger(BaseEventTrigger):
    """Fires when a file is there, and removes it."""

    def __init__(self, filepath: str, poke_interval: float = 5.0, **kwargs: Any) -> None:
        super().__init__()
        self.filepath = filepath
        self.poke_interval = poke_interval

    def serialize(self) -> tuple[str, dict[str, Any]]:
        kwargs = {"filepath": self.filepath, "poke_interval": self.poke_interval}
        return "airflow.providers.standard.triggers.file.FileDeleteTrigger", kwargs

    async def run(self) -> AsyncIterator[TriggerEvent]:
        while not await _in_thread(_take, self.filepath):
            await asyncio.sleep(self.poke_interval)
        self.log.info("File %s was found, and deleted", self.filepath)
        yield TriggerEvent(True)


class DirectoryFileDeleteTrigger(BaseEventTrigger):
    """The same for a file in a folder that several triggers watch."""

    def __init__(self, *, directory: str, filename: str, poke_interval: float = 5.0) -> None:
        super().__init__()
        self.directory = directory
        self.filename = filename
        self.poke_interval = poke_interval

    def serialize(self) -> tuple[str, dict[str, Any]]:
        names = ("directory", "filename", "poke_interval")
        path = "airflow.providers.standard.triggers.file.DirectoryFileDeleteTrigger"
        return path, {n: getattr(self, n) for n in names}

    def shared_stream_key(self) -> Hashable | None:
        return "directory-scan", os.path.realpath(self.directory), self.poke_interval

    async def run(self) -> AsyncIterator[TriggerEvent]:
        path = os.path.join(self.directory, self.filename)
        while not await _in_thread(_take, path):
            await asyncio.sleep(self.poke_interval)
        yield TriggerEvent(True)
