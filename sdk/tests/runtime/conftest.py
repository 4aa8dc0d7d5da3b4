from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from harness import Peer, Result, Runner, Store, workload  # noqa: E402


@pytest.fixture(scope="session")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    environ = {"AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": "2"}
    runner = Runner(str(tmp_path_factory.mktemp("home")), environ)
    yield runner
    assert runner.close() == 0


@pytest.fixture
def dag_file(tmp_path: Any) -> Callable[..., str]:
    def write(text: str, name: str = "dags.py") -> str:
        path = tmp_path / name
        path.write_text(textwrap.dedent(text))
        return str(path)

    return write


@pytest.fixture
def store() -> Store:
    return Store()


class File:
    """A DAG file in a warm child."""

    def __init__(self, runner: Runner, path: str) -> None:
        self.runner = runner
        self.path = path
        self.peer: Peer = runner.warm(path)
        self.ready = self.peer.seen[0]

    def run(self, task_id: str, store: Store | None = None, dag_id: str = "d", **more: Any) -> Result:
        return self.runner.run(self.peer, workload(self.path, dag_id, task_id, **more), store)


@pytest.fixture
def warm(runner: Runner, dag_file: Callable[..., str]) -> Iterator[Callable[[str], File]]:
    made: list[File] = []

    def make(text: str) -> File:
        made.append(File(runner, dag_file(text)))
        return made[-1]

    yield make
    for file in made:
        file.peer.send({"op": "stop"})
        assert file.peer.at_end()
        runner.zygote.expect("exited")
