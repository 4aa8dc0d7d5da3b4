"""The triggerer's process over a real socket."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from harness import SDK, Peer, pair

from tradewind.execution.encode import encode

MINE = """
import asyncio
from tradewind.triggers.base import BaseTrigger, TaskSuccessEvent, TriggerEvent

class Mine(BaseTrigger):
    def __init__(self, how): super().__init__(); self.how = how
    def serialize(self): return "mine.Mine", {"how": self.how}
    async def run(self):
        self.log.info("running %s for %s", self.how, self.task_id)
        if self.how == "fail": raise ValueError("bad")
        if self.how == "wait": await asyncio.sleep(60)
        if self.how == "variable":
            from tradewind.variable import Variable
            yield TriggerEvent(Variable.get("v"))
        if self.how == "end": yield TaskSuccessEvent(xcoms={"a": (1,)})
    async def cleanup(self): print("cleanup", self.how, flush=True)
    async def on_kill(self): print("on_kill", self.how, flush=True)

class Echo(BaseTrigger):
    def __init__(self, what): super().__init__(); self.what = what
    def serialize(self): return "mine.Echo", {"what": self.what}
    async def run(self): yield TriggerEvent(repr(self.what[0]))
"""


class Triggerer:
    def __init__(self, home: str) -> None:
        os.makedirs(f"{home}/plugins")
        with open(f"{home}/plugins/mine.py", "w") as f:
            f.write(MINE)
        self.peer, theirs = pair()
        env = {**os.environ, "AIRFLOW_HOME": home, "PYTHONPATH": SDK}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tradewind.triggers_main", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            env=env,
            stdout=subprocess.PIPE,
            text=True,
        )
        theirs.close()
        self.peer.expect("hello")

    def start(self, number: int, classpath: str, **kwargs: Any) -> Peer:
        more = kwargs.pop("_more", {})
        self.peer.send(
            {"op": "start", "id": number, "classpath": classpath, "kwargs": encode(kwargs), **more}
        )
        return self.peer

    def end(self) -> str:
        self.peer.close()
        out, _ = self.process.communicate(timeout=20)
        assert self.process.returncode == 0
        return out


@pytest.fixture
def triggerer(tmp_path):
    made = Triggerer(str(tmp_path / "home"))
    yield made
    if made.process.poll() is None:
        made.end()


def test_time(triggerer):
    moment = datetime.now(timezone.utc) + timedelta(seconds=0.3)
    path = "tradewind.triggers.temporal.DateTimeTrigger"
    peer = triggerer.start(1, path, moment=moment)
    frame = peer.expect("event", id=1)
    assert frame["payload"] == {"__type": "datetime", "__var": moment.isoformat()}
    assert datetime.now(timezone.utc) >= moment


def test_values_of_airflows_task_sdk(triggerer):
    """A task that it deferred has its rich values in the form of XComs."""
    how = {"__classname__": "decimal.Decimal", "__version__": 1, "__data__": "1.50"}
    triggerer.peer.send({"op": "start", "id": 3, "classpath": "mine.Echo", "kwargs": {"what": [how, (1, 2)]}})
    frame = triggerer.peer.expect("event", id=3)
    assert frame["payload"] == "Decimal('1.50')"


def test_file(triggerer, tmp_path):
    wanted = tmp_path / "x.flag"
    peer = triggerer.start(
        7, "tradewind.triggers.file.FileTrigger", filepath=str(tmp_path / "*.flag"), poke_interval=0.05
    )
    wanted.write_text("")
    peer.expect("event", id=7, payload=True)
    peer = triggerer.start(
        8, "tradewind.triggers.file.FileDeleteTrigger", filepath=str(wanted), poke_interval=0.05
    )
    peer.expect("event", id=8, payload=True)
    assert not wanted.exists()


def test_other_dags(triggerer):
    path = "tradewind.triggers.external_task."
    peer = triggerer.start(
        1,
        path + "WorkflowTrigger",
        external_dag_id="o",
        run_ids=["a", "b"],
        external_task_ids=["t", "u"],
        failed_states=["failed"],
        allowed_states=["success"],
        poke_interval=0.01,
    )
    for failed, good in ((0, 3), (0, 4)):
        for states, count in ((["failed"], failed), (["success"], good)):
            asked = peer.expect("request", do="ti_count", dag_id="o", run_ids=["a", "b"], states=states)
            peer.send({"op": "reply", "id": asked["id"], "result": count})
    peer.expect("event", payload={"status": "success"})
    peer = triggerer.start(2, path + "DagStateTrigger", dag_id="o", states=["success"], run_ids=["a"])
    peer.send({"op": "reply", "id": peer.expect("request", do="dag_run_count")["id"], "result": 1})
    asked = peer.expect("request", do="dag_run_get", run_id="a")
    peer.send({"op": "reply", "id": asked["id"], "result": {"state": "success"}})
    payload = peer.expect("event", id=2)["payload"]
    assert payload["__type"] == "tuple" and payload["__var"][1]["a"] == "success"


def test_ends(triggerer, tmp_path):
    log_path = str(tmp_path / "logs" / "attempt=1.log.trigger.1.log")
    more = {"log_path": log_path, "context": {"task_id": "t", "dag_id": "d"}}
    peer = triggerer.start(1, "mine.Mine", how="fail", _more=more)
    assert "ValueError: bad" in peer.expect("failed", id=1)["error"]
    with open(log_path) as f:
        events = [json.loads(line)["event"] for line in f]
    assert events[0] == "running fail for t"
    peer = triggerer.start(2, "mine.Mine", how="nothing")
    assert "without sending an event" in peer.expect("failed", id=2)["error"]
    peer = triggerer.start(3, "mine.Mine", how="end")
    frame = peer.expect("event", id=3, task_state="success")
    assert frame["xcoms"][0]["key"] == "a"
    peer = triggerer.start(4, "nothing.Here")
    assert "ModuleNotFoundError" in peer.expect("failed", id=4)["error"]
    triggerer.start(5, "mine.Mine", how="wait")
    triggerer.start(6, "mine.Mine", how="wait")
    triggerer.start(7, "mine.Mine", how="variable")
    asked = triggerer.peer.expect("request", do="variable_get", key="v")
    triggerer.peer.send({"op": "stop", "id": 5, "user_action": True})
    triggerer.peer.send({"op": "stop", "id": 6})
    triggerer.peer.send({"op": "reply", "id": asked["id"], "result": "value"})
    triggerer.peer.expect("event", id=7, payload="value")
    out = triggerer.end().splitlines()
    assert out.count("on_kill wait") == 1 and out.count("cleanup wait") == 2
