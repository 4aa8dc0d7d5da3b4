"""A parse child takes one file after another, as long as each leaves the process as a new one would be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from harness import Peer, Runner, pair

DAG = """
from datetime import datetime
from airflow.sdk import DAG
from airflow.providers.standard.operators.bash import BashOperator
{before}
with DAG("{name}", schedule=None, start_date=datetime(2024, 1, 1)) as dag:
    BashOperator(task_id="t", bash_command="true")
{after}
"""


class Folder:
    """A DAG folder, and a process that parses its files."""

    def __init__(self, runner: Runner, path: Path) -> None:
        self.runner = runner
        self.path = path
        self.peer: Peer | None = None

    def write(self, name: str, before: str = "", after: str = "") -> None:
        target = self.path / f"{name}.py"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(DAG.format(name=name, before=before, after=after))

    def parse(self, name: str) -> dict[str, Any]:
        message = {
            "op": "parse",
            "id": 1,
            "file": str(self.path / f"{name}.py"),
            "bundle_path": str(self.path),
        }
        if self.peer is None:
            self.peer, theirs = pair()
            self.runner.zygote.send(message, [theirs.fileno()])
            theirs.close()
            self.runner.zygote.expect("forked", id=1)
        else:
            self.peer.send(message)
        parsed = self.peer.expect("parsed")
        if not parsed["more"]:
            self.end()
        return parsed

    def end(self) -> None:
        if self.peer is not None:
            self.peer.close()
            self.runner.zygote.expect("exited", id=1, status=0)
            self.peer = None


@pytest.fixture
def folder(runner: Runner, tmp_path: Path) -> Iterator[Folder]:
    made = Folder(runner, tmp_path)
    yield made
    made.end()


def names(parsed: dict[str, Any]) -> list[str]:
    return [Path(i["path"]).name for i in parsed["inputs"]]


def test_several_files_are_parsed_by_one_process(folder: Folder) -> None:
    for name in ("a", "b", "c"):
        folder.write(name)
    for name in ("a", "b", "c", "a"):
        parsed = folder.parse(name)
        assert [d["dag_id"] for d in parsed["documents"]] == [name] and not parsed["errors"]
        assert names(parsed) == [f"{name}.py"]
        assert parsed["more"], parsed["left"]


def test_a_module_of_the_folder_is_imported_anew_by_each_file(folder: Folder) -> None:
    (folder.path / "shared").mkdir()
    (folder.path / "shared" / "settings.py").write_text("values = []\n")
    use = "import sys; sys.path.insert(0, '/nowhere')\nfrom shared import settings\nsettings.values.append(1)"
    for name in ("a", "b"):
        folder.write(name, use, "dag.doc_md = str((settings.values, sys.path.count('/nowhere')))")
    for name in ("a", "b", "a"):
        parsed = folder.parse(name)
        assert parsed["more"], parsed["left"]
        assert parsed["documents"][0]["doc_md"] == "([1], 1)"
        assert names(parsed) == [f"{name}.py", "settings.py"] and "shared.settings" in parsed["modules"]


def test_a_changed_module_is_seen_at_once(folder: Folder) -> None:
    helper = folder.path / "helper.py"
    folder.write("a", "import helper", "dag.doc_md = helper.text")
    for text in ("one", "another"):
        helper.write_text(f"text = {text!r}\n")
        parsed = folder.parse("a")
        assert parsed["documents"][0]["doc_md"] == text and parsed["more"]


def test_a_file_that_fails_is_the_last_of_its_process(folder: Folder) -> None:
    folder.write("a", "import no_such_module")
    parsed = folder.parse("a")
    assert "no_such_module" in parsed["errors"][0]["trace"] and not parsed["more"]


ORDINARY = {
    "an operator of its own": """
class Mine(BashOperator):
    def __init__(self, more=None, **kwargs):
        super().__init__(**kwargs)
        self.more = more
""",
    "a task's code that changes something": """
def work(frame):
    frame.columns = ["a"]
    setattr(frame, "index", 3)
""",
    "a named tuple and a data class": """
from collections import namedtuple
from dataclasses import dataclass
Point = namedtuple("Point", "x y", defaults=(1,))
@dataclass
class Thing:
    x: int = 1
""",
    "the standard library": "import csv, sqlite3, decimal, xml.dom.minidom, concurrent.futures",
    "doc_md": "dag = DAG('x', schedule=None)\ndag.doc_md = 'hello'",
}


@pytest.mark.parametrize("what", ORDINARY)
def test_ordinary_files_leave_nothing(folder: Folder, what: str) -> None:
    folder.write("a", ORDINARY[what])
    for _ in range(2):
        parsed = folder.parse("a")
        assert parsed["more"], parsed["left"]


LEFT = {
    "changed the environment": "import os; os.environ['LEFT_BY_A_DAG'] = '1'",
    "changed the working directory": "import os; os.chdir('/')",
    "changed os.getlogin": "import os; os.getlogin = lambda: 'me'",
    "changed json.decoder.JSONDecoder.decode": "import json.decoder as d; d.JSONDecoder.decode = lambda *a: None",
    "changed tradewind.dag.DAG.validate": "setattr(DAG, 'validate', lambda self: None)",
    "changed tradewind.operators.bash.BashOperator.ui_color": "BashOperator.ui_color = '#000'",
    "changed builtins": "import builtins; builtins.shout = print",
    "replaced the module json": "import sys, types; sys.modules['json'] = types.ModuleType('json')",
    "made the module made_up": "import sys, types; sys.modules['made_up'] = types.ModuleType('made_up')",
    "left a thread": "import threading, time; threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
    "left a child process": "import subprocess; child = subprocess.Popen(['sleep', '60'])",
    "changed open files": "import os; os.open('/dev/null', os.O_RDONLY)",
    "changed signal handlers": "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)",
    "changed settings of Python": "import sys; sys.setrecursionlimit(5000)",
    "changed the standard streams": "import io, sys; sys.stdout = io.StringIO()",
    "changed hooks": "import sys; sys.excepthook = print",
    "changed the configuration": "from airflow.configuration import conf; conf.set('core', 'x', '1')",
    "calls umask": "import os; os.umask(0o22)",
    "took much memory": "x = bytearray(200 << 20); x[::4096] = b'1' * len(x[::4096])",
}


@pytest.mark.parametrize("what", LEFT)
def test_what_a_file_leaves_is_noticed(folder: Folder, what: str) -> None:
    folder.write("first")
    assert folder.parse("first")["more"]
    folder.write("a", LEFT[what])
    parsed = folder.parse("a")
    assert [d["dag_id"] for d in parsed["documents"]] == ["a"], parsed["errors"]
    assert (parsed["left"], parsed["more"]) == (what, False)


def test_what_a_module_of_the_folder_leaves_is_noticed(folder: Folder) -> None:
    (folder.path / "patches.py").write_text("import shutil\nshutil.which = None\n")
    folder.write("a", "import patches")
    assert folder.parse("a")["left"] == "changed shutil.which"


def test_after_many_files_there_is_a_new_process(folder: Folder) -> None:
    folder.write("a")
    taken = 1
    while folder.parse("a")["more"]:
        taken += 1
    assert taken == 100
