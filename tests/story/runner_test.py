"""Plays the scheduler against a real runner: docs/runner-protocol.md, from both ends of the socket."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

ROOT = Path(os.environ.get("TW_SOURCE_ROOT", Path(__file__).resolve().parents[2]))
RUNNER = os.environ["TW_RUNNER"]
VENV = ROOT / "build" / "venv" / "bin" / "python"
PYTHON = os.environ.get("TRADEWIND_PYTHON") or (str(VENV) if VENV.exists() else sys.executable)
Frame = dict[str, Any]


def group_lives(pgid: int) -> bool:
    """Is there a process of this group that is no zombie?"""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, group = stat.read_text().rpartition(")")[2].split()[:3]
            if int(group) == pgid and state != "Z":
                return True
    return False


def zygotes(runner: int) -> list[int]:
    """The Python processes that are children of the runner."""
    out = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            if parent == runner and b"tradewind.zygote" in (stat.parent / "cmdline").read_bytes():
                out.append(int(stat.parent.name))
    return out


def within(condition: Callable[[], Any], timeout: float = 30) -> bool:
    """Whether it comes true; a busy machine is given time."""
    end = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def gone(pgid: int) -> bool:
    """A killed group takes a moment."""
    return within(lambda: not group_lives(pgid))


class Scheduler:
    """One connection to a runner. Everything that came is kept in `seen`."""

    def __init__(self, home: Path, timeout: float = 30) -> None:
        path = str(home / "run" / "runner.sock")
        end = time.monotonic() + timeout
        while True:
            self.sock = socket.socket(socket.AF_UNIX)
            try:
                self.sock.connect(path)
                break
            except OSError:
                self.sock.close()
                if time.monotonic() > end:
                    raise
                time.sleep(0.01)
        self.buf = b""
        self.seen: list[Frame] = []
        self.answers: dict[str, Any] = {}

    def send(self, **frame: Any) -> None:
        body = json.dumps(frame).encode()
        self.sock.sendall(struct.pack(">I", len(body)) + body)

    def recv(self, timeout: float = 60) -> Frame:
        self.sock.settimeout(timeout)
        while len(self.buf) < 4 or len(self.buf) < 4 + struct.unpack(">I", self.buf[:4])[0]:
            piece = self.sock.recv(1 << 16)
            if not piece:
                raise EOFError
            self.buf += piece
        n = struct.unpack(">I", self.buf[:4])[0]
        frame: Frame = json.loads(self.buf[4 : 4 + n])
        self.buf = self.buf[4 + n :]
        self.seen.append(frame)
        if frame["op"] == "request" and "id" in frame:
            self.answer(frame)
        return frame

    def answer(self, request: Frame) -> None:
        answer = self.answers.get(request["do"])
        if callable(answer):
            answer = answer(request)
        if isinstance(answer, Exception):
            self.send(op="reply", id=request["id"], error={"kind": "not_found", "message": str(answer)})
        else:
            self.send(op="reply", id=request["id"], result=answer)

    def wait(self, op: str, attempt: str | None = None, timeout: float = 60) -> Frame:
        end = time.monotonic() + timeout
        for frame in self.seen:
            if frame["op"] == op and (attempt is None or frame.get("attempt") == attempt):
                return frame
        while time.monotonic() < end:
            frame = self.recv(end - time.monotonic())
            if frame["op"] == op and (attempt is None or frame.get("attempt") == attempt):
                return frame
        raise TimeoutError(op)

    def close(self) -> None:
        self.sock.close()


class RunnerCase(unittest.TestCase):
    settings: ClassVar[dict[str, str]] = {}

    def setUp(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="tw-runner-"))
        self.processes: list[subprocess.Popen[bytes]] = []
        self.stderr = self.enterContext(open(self.home / "runner.log", "ab"))
        self.start_runner()

    def start_runner(self) -> subprocess.Popen[bytes]:
        env = {
            **os.environ,
            "TRADEWIND_HOME": str(self.home),
            "TMPDIR": str(self.home),
            "TW_TEST_PYTHON": PYTHON,
            "TW_TEST_SDK": str(ROOT / "sdk"),
            "TW_TEST_TERM_GRACE": "1",
            "TW_TEST_CLEANUP": "2",
            **self.settings,
        }
        process = subprocess.Popen([RUNNER], env=env, stderr=self.stderr)
        self.processes.append(process)
        return process

    def connect(self, sync: bool = True) -> Scheduler:
        s = Scheduler(self.home)
        self.addCleanup(s.close)
        s.wait("hello")
        if sync:
            s.send(op="sync")
            s.wait("have")
        return s

    def tearDown(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.terminate()
        for process in self.processes:
            code = process.wait(20)
            self.assertIn(code, (0, -signal.SIGKILL, 3), (self.home / "runner.log").read_text())
        shutil.rmtree(self.home)

    def workload(self, command: str | None = None, **more: Any) -> Frame:
        attempt = str(uuid.uuid4())
        args = {"bash_command": command, **more.pop("args", {})}
        task: Frame = {
            "task_id": "t",
            "operator": {"module": "airflow.providers.standard.operators.bash", "class": "BashOperator"},
            "args": args,
            "template_fields": ["bash_command", "env", "cwd"],
            "template_ext": [".sh", ".bash"],
            "owner": "me",
            **more.pop("task", {}),
        }
        return {
            "op": "run",
            "attempt": attempt,
            "dag_id": "d",
            "run_id": "manual__2026-01-01T00:00:00+00:00",
            "task_id": "t",
            "map_index": -1,
            "try_number": 1,
            "native": "bash",
            "task": task,
            "dag": {"dag_id": "d", "fileloc": "/nowhere/d.py", "relative_fileloc": "d.py", "compat": 3},
            "run": {
                "run_id": "manual__2026-01-01T00:00:00+00:00",
                "run_type": "manual",
                "logical_date": "2026-01-01T00:00:00+00:00",
                "conf": {},
            },
            "log_path": str(self.home / "logs" / f"{attempt}.log"),
            **more,
        }

    def log(self, work: Frame) -> list[Frame]:
        return [json.loads(line) for line in Path(work["log_path"]).read_text().splitlines()]

    def events(self, work: Frame) -> list[str]:
        return [line["event"] for line in self.log(work)]

    def run_one(self, s: Scheduler, work: Frame, timeout: float = 60) -> Frame:
        s.send(**work)
        return s.wait("finished", work["attempt"], timeout)


class Bash(RunnerCase):
    def test_success(self) -> None:
        s = self.connect()
        work = self.workload("echo one; echo two >&2; echo $AIRFLOW_CTX_DAG_ID $AIRFLOW_CTX_TASK_ID; pwd")
        done = self.run_one(s, work)
        started = s.wait("started", work["attempt"])
        self.assertGreater(started["pid"], 1)
        self.assertEqual((done["state"], done["exit"]), ("success", 0))
        events = self.events(work)
        self.assertEqual(events[0], f"Tmp dir root location: {self.home}")
        self.assertIn("Running command: [", events[1])
        self.assertEqual(events[2:6], ["Output:", "one", "two", "d t"])
        self.assertEqual(events[-1], "Command exited with return code 0")
        folder = done["xcoms"][0]["value"]
        self.assertEqual(done["xcoms"][0]["key"], "return_value")
        self.assertTrue(folder.startswith(f"{self.home}/airflowtmp"))
        self.assertTrue(within(lambda: not os.path.exists(folder)))
        self.assertEqual(done["rendered"]["bash_command"], work["task"]["args"]["bash_command"])

    def test_outcomes(self) -> None:
        s = self.connect()
        for command, args, state, reason in [
            ("exit 1", {}, "failed", "The command returned a non-zero exit code 1."),
            ("exit 99", {}, "skipped", "Bash command returned exit code 99. Skipping."),
            ("exit 99", {"skip_on_exit_code": None}, "failed", "exit code 99."),
            ("exit 3", {"skip_on_exit_code": [2, 3]}, "skipped", "exit code 3."),
            ("kill -9 $$", {}, "failed", "killed by signal 9 (out of memory?)"),
            ("pwd", {"cwd": "/nonexistent"}, "failed", "Can not find the cwd: /nonexistent"),
            ("pwd", {"cwd": "/etc/passwd"}, "failed", "must be a directory"),
        ]:
            with self.subTest(command=command, args=args):
                done = self.run_one(s, self.workload(command, args=args))
                self.assertEqual(done["state"], state)
                self.assertIn(reason, done["reason"])
                self.assertNotIn("xcoms", done)

    def test_values(self) -> None:
        s = self.connect()
        cases: list[tuple[str, Frame, Frame, str]] = [
            ("echo a; echo 'b  '; echo", {}, {}, ""),
            ("printf 'x\\ny'", {}, {}, "y"),
            ("printf '\\377z\\n'", {}, {}, "\\xffz"),
            ("printf '\\374\\n'", {"output_encoding": "latin-1"}, {}, "ü"),
            ("echo $A-$HOME", {"env": {"A": "1"}}, {}, "1-"),
            ("echo $A-$PATH", {"env": {"A": "1"}, "append_env": True}, {}, "1-" + os.environ["PATH"]),
            ("pwd", {"cwd": "/usr"}, {}, "/usr"),
        ]
        for command, args, task, value in cases:
            with self.subTest(command=command):
                done = self.run_one(s, self.workload(command, args=args, task=task))
                self.assertEqual(done["state"], "success", done)
                self.assertEqual(done["xcoms"][0]["value"], value)
        done = self.run_one(s, self.workload("echo x", task={"do_xcom_push": False}))
        self.assertNotIn("xcoms", done)

    def test_log_is_readable_meanwhile(self) -> None:
        s = self.connect()
        work = self.workload(f"echo early; until [ -e {self.home}/go ]; do sleep 0.1; done; echo late")
        s.send(**work)
        s.wait("started", work["attempt"])
        self.assertTrue(within(lambda: "early" in self.events(work)))
        self.assertNotIn("late", self.events(work))
        (self.home / "go").touch()
        s.wait("finished", work["attempt"])

    def test_timeout_and_kill(self) -> None:
        s = self.connect()
        stubborn = "trap '' TERM; sleep 60 & sleep 60; sleep 60"
        late = self.workload(stubborn, execution_timeout=0.5)
        killed = self.workload("sleep 77 & sleep 60")
        s.send(**late)
        s.send(**killed)
        pid = s.wait("started", killed["attempt"])["pid"]
        time.sleep(0.2)
        s.send(op="kill", attempt=killed["attempt"], reason="marked failed")
        done = s.wait("finished", killed["attempt"])
        self.assertEqual((done["state"], done["reason"]), ("failed", "marked failed"))
        self.assertTrue(gone(pid))
        done = s.wait("finished", late["attempt"])
        self.assertEqual((done["state"], done["reason"]), ("failed", "timed out after 0.5 s"))
        self.assertTrue(gone(s.wait("started", late["attempt"])["pid"]))

    def test_what_was_killed_leaves_no_value(self) -> None:
        """It ends well when it is told to end, and has failed all the same."""
        s = self.connect()
        work = self.workload("trap 'echo trapped; exit 0' TERM; sleep 60 & wait", execution_timeout=0.5)
        done = self.run_one(s, work)
        self.assertEqual((done["state"], done["reason"], done.get("xcoms")), ("failed", "timed out after 0.5 s", None))

    def test_thousand(self) -> None:
        s = self.connect()
        works = [self.workload(f"echo {i}") for i in range(1000)]
        begin = time.monotonic()
        for work in works:
            s.send(**work)
        finished: dict[str, Frame] = {}
        while len(finished) < len(works):
            frame = s.recv(60)
            if frame["op"] == "finished":
                finished[frame["attempt"]] = frame
                s.send(op="ack", attempt=frame["attempt"])
        took = time.monotonic() - begin
        for i, work in enumerate(works):
            self.assertEqual(finished[work["attempt"]]["xcoms"][0]["value"], str(i))
        print(f"# 1,000 bash tasks in {took:.2f} s", file=sys.stderr)

    def test_templates(self) -> None:
        s = self.connect()
        (self.home / "script.sh").write_text("echo {{ params.who }} {{ ds_nodash }}\n")
        variables = {"greeting": "hello", "db_password": "very-secret", "json": '{"a": {"b": 7}}'}
        s.answers["variable_get"] = lambda q: variables.get(q["key"])
        s.answers["connection_get"] = lambda q: (
            {
                "conn_id": "c",
                "conn_type": "http",
                "host": "example.org",
                "password": "swordfish",
                "extra": "{}",
            }
            if q["conn_id"] == "c"
            else None
        )
        rows = {"up": [{"task_id": "up", "map_index": -1, "value": {"k": [1, 2]}}]}
        s.answers["xcom_pull"] = lambda q: rows.get(q["task_ids"][0], [])
        for command, value in [
            ("echo {{ ds }} {{ ti.task_id }} {{ dag.dag_id }} {{ run_id }}", None),
            (
                "echo {{ var.value.greeting }} {{ var.json.json.a.b }} {{ conn.c.host }}",
                "hello 7 example.org",
            ),
            ("echo {{ ti.xcom_pull(task_ids='up')['k'][1] }} {{ ti.xcom_pull('none') }}", "2 None"),
            ("script.sh", "you 20260101"),
            ("echo {{ params.who }} {{ dag_run.conf['extra'] }}", "you x"),
            ("echo {{ macros.ds_add(ds, 5) }} {{ logical_date.strftime('%H') }}", "2026-01-06 00"),
            ("echo {{ var.value.db_password }} {{ conn.c.password }}", "very-secret swordfish"),
        ]:
            with self.subTest(command=command):
                work = self.workload(command)
                work["dag"]["fileloc"] = str(self.home / "d.py")
                work["dag"]["params"] = {"who": {"value": "me"}, "n": {"value": 1}}
                work["run"]["conf"] = {"who": "you", "extra": "x"}
                done = self.run_one(s, work)
                self.assertEqual(done["state"], "success", done)
                want = f"2026-01-01 t d {work['run_id']}" if value is None else value
                self.assertEqual(done["xcoms"][0]["value"], want)
                self.assertNotIn("very-secret", Path(work["log_path"]).read_text())
                self.assertNotIn("swordfish", json.dumps(done["rendered"]))
        for command, reason in [
            ("echo {{ nonsense }}", "'nonsense' is undefined"),
            ("echo {{ 1 / 0 }}", "division by zero"),
            ("echo {{ var.value.missing }}", "missing"),
            ("missing.sh", "missing.sh"),
        ]:
            with self.subTest(command=command):
                done = self.run_one(s, self.workload(command))
                self.assertEqual(done["state"], "failed", done)
                self.assertIn(reason, done["reason"])

    def test_arguments_of_tasks_before(self) -> None:
        s = self.connect()
        rows = {"up": [{"task_id": "up", "map_index": -1, "value": "echo '{{ ds }}'"}]}
        s.answers["xcom_pull"] = lambda q: rows.get(q["task_ids"][0], [])
        ref = {"__type": "xcom", "__var": {"task": "up", "key": "return_value", "map": False}}
        work = self.workload(args={"bash_command": ref})
        done = self.run_one(s, work)
        self.assertEqual(done["xcoms"][0]["value"], "{{ ds }}", "what an XCom holds is not rendered")

    def test_mapped(self) -> None:
        s = self.connect()
        left = {"one": ["echo a", "echo {{ ds }}"], "many": ["echo x", "echo y"]}
        s.answers["xcom_pull"] = lambda q: [
            {
                "task_id": (name := q["task_ids"][0]),
                "map_index": -1 if name == "one" else q["item"],
                "item": q["item"],
                "value": left[name][q["item"]],
            }
        ]
        for source, index, value in [
            ({"literal": ["echo 1", "echo {{ ds }}-{{ ti.map_index }}"]}, 1, "2026-01-01-1"),
            ({"xcom": {"task": "one", "key": "return_value"}}, 1, "{{ ds }}"),
            ({"xcom": {"task": "many", "key": "return_value"}}, 1, "y"),
        ]:
            with self.subTest(source=source):
                over = [{"arg": "bash_command", "value": source}]
                work = self.workload(
                    map_index=index, task={"map": {"kind": "expand", "over": over}, "args": {}}
                )
                work["expand"] = {"args": {"bash_command": {"index": index}}}
                done = self.run_one(s, work)
                self.assertEqual(done["state"], "success", done)
                self.assertEqual(done["xcoms"][0]["value"], value)

    def test_another_user(self) -> None:
        s = self.connect()
        done = self.run_one(s, self.workload("true", task={"run_as_user": "somebody-else"}))
        self.assertEqual(done["state"], "failed")
        self.assertIn("run_as_user", done["reason"])

    def test_outlets(self) -> None:
        s = self.connect()
        outlets = [{"asset": "s3://b/k"}, {"asset": "name:x"}]
        work = self.workload(native="empty", task={"args": {}, "outlets": outlets})
        done = self.run_one(s, work)
        self.assertEqual(done["state"], "success")
        self.assertEqual(done["outlet_events"][0]["asset"]["uri"], "s3://b/k")
        self.assertEqual(done["outlet_events"][1]["asset"]["name"], "x")


class Links(RunnerCase):
    def test_survives_schedulers(self) -> None:
        s = self.connect()
        quick = self.workload("echo quick")
        slow = self.workload(f"until [ -e {self.home}/go ]; do sleep 0.1; done; echo slow")
        s.send(**quick)
        s.send(**slow)
        s.wait("finished", quick["attempt"])
        s.close()
        time.sleep(0.3)
        s = self.connect()
        have = {a["attempt"]: a["state"] for a in s.wait("have")["attempts"]}
        self.assertEqual(have, {quick["attempt"]: "finished", slow["attempt"]: "running"})
        self.assertEqual(s.wait("finished", quick["attempt"])["state"], "success")
        s.wait("started", slow["attempt"])
        (self.home / "go").touch()
        s.wait("finished", slow["attempt"])
        for work in (quick, slow):
            s.send(op="ack", attempt=work["attempt"])
        s.send(op="sync")
        s.seen.clear()
        self.assertEqual(s.wait("have")["attempts"], [])

    def test_newest_wins_and_twice_is_once(self) -> None:
        first = self.connect()
        work = self.workload("echo x >> $TMPDIR/ran; sleep 0.5")
        first.send(**work)
        first.wait("started")
        second = self.connect()
        with self.assertRaises(EOFError):
            while True:
                first.recv()
        second.send(**work)
        second.wait("finished", work["attempt"])
        second.send(**work)
        time.sleep(0.3)
        self.assertEqual((self.home / "ran").read_text(), "x\n")

    def test_what_was_taken_back_while_it_stood_still_is_not_begun(self) -> None:
        s = self.connect()
        runner = self.processes[0]
        self.run_one(s, self.workload("true"))
        runner.send_signal(signal.SIGSTOP)
        kept, taken_back = self.workload("true"), self.workload(f"touch {self.home}/begun")
        for work in (taken_back, kept):
            s.send(**work)
        s.send(op="kill", attempt=taken_back["attempt"], reason="stuck in queued")
        runner.send_signal(signal.SIGCONT)
        self.assertEqual(s.wait("finished", kept["attempt"])["state"], "success")
        done = s.wait("finished", taken_back["attempt"])
        self.assertEqual((done["state"], done["reason"], done.get("started_at")), ("failed", "stuck in queued", None))
        self.assertNotIn(("started", taken_back["attempt"]), [(f["op"], f.get("attempt")) for f in s.seen])
        self.assertFalse((self.home / "begun").exists())

    def test_runner_killed(self) -> None:
        s = self.connect()
        done, running = self.workload("echo done"), self.workload("sleep 60 & sleep 60")
        s.send(**done)
        s.send(**running)
        s.wait("finished", done["attempt"])
        pid = s.wait("started", running["attempt"])["pid"]
        self.processes[0].kill()
        self.processes[0].wait()
        self.assertTrue(group_lives(pid))
        self.start_runner()
        s = self.connect()
        self.assertEqual(s.wait("finished", done["attempt"])["xcoms"][0]["value"], "done")
        lost = s.wait("finished", running["attempt"])
        self.assertEqual((lost["state"], lost["reason"]), ("lost", "its runner died"))
        self.assertIn("started_at", lost, "so that nobody takes it for one that never started")
        self.assertTrue(gone(pid))

    def folders(self) -> list[Path]:
        return list(self.home.glob("airflowtmp*"))

    def test_folders_of_a_killed_runner_go_with_the_next_one(self) -> None:
        s = self.connect()
        work = self.workload("echo x > file; pwd; sleep 60")
        s.send(**work)
        s.wait("started", work["attempt"])
        self.assertTrue(within(lambda: list(self.home.glob("airflowtmp*/*/file"))))
        (left,) = self.folders()
        self.processes[0].kill()
        self.processes[0].wait()
        s.close()
        self.assertTrue(left.exists())
        self.start_runner()
        s = self.connect()
        done = self.run_one(s, self.workload("pwd"))
        self.assertEqual(done["state"], "success")
        self.assertTrue(within(lambda: not left.exists()))
        self.assertEqual([str(f) for f in self.folders()], [str(Path(done["xcoms"][0]["value"]).parent)])
        self.processes[-1].terminate()
        self.assertEqual(self.processes[-1].wait(20), 0)
        self.assertEqual(self.folders(), [])

    def test_folders_that_somebody_tidied_up_are_made_again(self) -> None:
        s = self.connect()
        self.assertEqual(self.run_one(s, self.workload("true"))["state"], "success")
        while self.folders():
            shutil.rmtree(self.folders()[0], ignore_errors=True)  # the runner is removing in it, too
        done = self.run_one(s, self.workload("pwd"))
        self.assertEqual((done["state"], Path(done["xcoms"][0]["value"]).parent), ("success", self.folders()[0]))

    def test_one_runner_a_home(self) -> None:
        self.connect()
        self.assertEqual(self.start_runner().wait(10), 3)

    def test_shutdown_ends_tasks(self) -> None:
        s = self.connect()
        work = self.workload("sleep 60")
        s.send(**work)
        s.wait("started")
        s.send(op="shutdown")
        done = s.wait("finished", work["attempt"])
        self.assertEqual((done["state"], done["reason"]), ("failed", "the runner was shut down"))
        self.assertEqual(self.processes[0].wait(5), 0)
        self.start_runner()
        s = self.connect()
        self.assertEqual(s.wait("finished", work["attempt"])["reason"], "the runner was shut down")

    def test_nonsense(self) -> None:
        s = self.connect()
        for body in (b"", b"{", b"[]", b"7", b'{"op":"run"}', b'{"op":"run","attempt":"a b"}'):
            s.sock.sendall(struct.pack(">I", len(body)) + body)
        s.send(op="dance")
        s.wait("error")
        work = self.workload("true")
        del work["run"], work["dag"]
        self.assertEqual(self.run_one(s, work)["state"], "success")


DAG_FILE = """
import logging
import os
import sys
import threading
import time

from airflow.sdk import DAG, task, Variable, BaseHook

with DAG("p", schedule=None):

    @task
    def add(a, b):
        print("on stdout")
        print("on stderr", file=sys.stderr)
        logging.getLogger("my.logger").warning("logged %s", a)
        return a + b

    @task
    def secrets():
        password = BaseHook.get_connection("db").password
        print("password", password)
        print("variable", Variable.get("api_key"))
        print("plain", Variable.get("greeting"))

    @task
    def later():
        import datetime as dt
        from airflow.exceptions import AirflowRescheduleException
        raise AirflowRescheduleException(dt.datetime(2100, 1, 1, tzinfo=dt.timezone.utc))

    @task
    def fail():
        raise ValueError("on purpose")

    @task
    def die():
        os.kill(os.getpid(), 9)

    @task
    def leave():
        os._exit(7)

    @task
    def sleep():
        time.sleep(60)

    @task
    def ask():
        Variable.get("greeting")
        time.sleep(60)

    @task
    def stubborn():
        import signal

        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.system("sleep 60 & sleep 60")

    @task
    def pid():
        return os.getppid()

    add(1, 2) >> secrets() >> fail() >> die() >> leave() >> sleep() >> ask() >> stubborn() >> pid() >> later()
"""


class Frozen(RunnerCase):
    settings: ClassVar[dict[str, str]] = {"TW_TEST_BEAT": "1"}

    def test_more_than_one_read_was_taken_back(self) -> None:
        """It stands still for several beats, and is told far more than a socket holds."""
        s = self.connect()
        runner = self.processes[0]
        runner.send_signal(signal.SIGSTOP)
        works = [self.workload(f"touch {self.home}/begun") for _ in range(500)]
        frozen = time.monotonic()

        def tell() -> None:
            for work in works:
                s.send(**work)
            for work in works[1:]:
                s.send(op="kill", attempt=work["attempt"], reason="stuck in queued")

        teller = threading.Thread(target=tell)
        teller.start()
        time.sleep(max(0, 3 - (time.monotonic() - frozen)))  # longer than two beats
        runner.send_signal(signal.SIGCONT)
        ends = {w["attempt"]: s.wait("finished", w["attempt"])["state"] for w in works}
        teller.join()
        self.assertEqual(list(ends.values()), ["success"] + ["failed"] * 499)
        self.assertEqual([f["attempt"] for f in s.seen if f["op"] == "started"], [works[0]["attempt"]])


class PythonCase(RunnerCase):
    def setUp(self) -> None:
        super().setUp()
        self.dags = self.home / "dags"
        self.dags.mkdir()
        self.write(DAG_FILE)

    def write(self, text: str, name: str = "p.py") -> None:
        (self.dags / name).write_text(text)

    def python(self, task_id: str, digest: str = "v1", file: str = "p.py", **more: Any) -> Frame:
        work = self.workload(**more)
        del work["native"]
        work["task"] = {
            "task_id": task_id,
            "operator": {"module": "airflow.sdk", "class": "PythonOperator"},
            "args": {},
            "template_fields": [],
            **work["task"].get("extra", {}),
        }
        work.update(dag_id="p", task_id=task_id, digest=digest)
        work["dag"] = {
            "dag_id": "p",
            "fileloc": str(self.dags / file),
            "relative_fileloc": file,
            "compat": 3,
            "unsafe_to_fork": False,
        }
        return work


class Python(PythonCase):
    settings: ClassVar[dict[str, str]] = {"TW_TEST_WARM_CHILDREN": "2"}

    def test_next_part_of_an_attempt_may_come_before_the_process_of_the_last_is_gone(self) -> None:
        s = self.connect()
        work = self.python("later")
        s.answers["reschedule_start"] = None
        for _ in range(20):
            s.seen.clear()
            s.send(**work)
            self.assertEqual(s.wait("finished", work["attempt"])["state"], "up_for_reschedule")
            s.send(op="ack", attempt=work["attempt"])

    def test_success(self) -> None:
        s = self.connect()
        work = self.python("add")
        done = self.run_one(s, work)
        self.assertEqual(done["state"], "success", (self.home / "runner.log").read_text())
        self.assertEqual(done["xcoms"][0]["value"], 3)
        lines = {line["event"]: line for line in self.log(work)}
        self.assertEqual(lines["on stdout"]["logger"], "task.stdout")
        self.assertEqual(lines["on stdout"]["level"], "info")
        self.assertEqual(lines["on stderr"]["level"], "error")
        self.assertEqual(lines["logged 1"]["level"], "warning")
        self.assertEqual(lines["logged 1"]["logger"], "my.logger")

    def test_secrets(self) -> None:
        s = self.connect()
        s.answers["connection_get"] = {
            "conn_id": "db",
            "conn_type": "postgres",
            "host": "h",
            "login": "me",
            "password": "hunter-two",
            "extra": '{"token": "tok-12345"}',
        }
        variables = {"api_key": "key-98765", "greeting": "hello there"}
        s.answers["variable_get"] = lambda q: variables[q["key"]]
        work = self.python("secrets")
        self.assertEqual(self.run_one(s, work)["state"], "success")
        events = self.events(work)
        self.assertIn("password ***", events)
        self.assertIn("variable ***", events)
        self.assertIn("plain hello there", events)
        self.assertNotIn("hunter-two", Path(work["log_path"]).read_text())

    def test_failures(self) -> None:
        s = self.connect()
        for task_id, reason in [
            ("fail", "on purpose"),
            ("die", "killed by signal 9 (out of memory?)"),
            ("leave", "exit code 7"),
        ]:
            with self.subTest(task_id=task_id):
                work = self.python(task_id)
                done = self.run_one(s, work)
                self.assertEqual(done["state"], "failed")
                self.assertIn(reason, done["reason"])

    def test_kill(self) -> None:
        s = self.connect()
        for task_id in ("sleep", "stubborn"):
            with self.subTest(task_id=task_id):
                work = self.python(task_id)
                s.send(**work)
                pid = s.wait("started", work["attempt"])["pid"]
                time.sleep(0.5)
                s.send(op="kill", attempt=work["attempt"], reason="cleared")
                done = s.wait("finished", work["attempt"])
                self.assertEqual((done["state"], done["reason"]), ("failed", "cleared"))
                self.assertTrue(gone(pid))

    def test_warm_children(self) -> None:
        s = self.connect()

        def parent(digest: str, file: str = "p.py") -> int:
            done = self.run_one(s, self.python("pid", digest, file))
            return int(done["xcoms"][0]["value"])

        first = parent("v1")
        self.assertEqual(parent("v1"), first)
        second = parent("v2")
        self.assertNotEqual(second, first)
        self.assertEqual(parent("v2"), second)
        self.assertEqual(parent("v1"), first)
        parent("v3")
        self.assertTrue(within(lambda: not Path(f"/proc/{second}").exists()), "the one longest unused went")
        os.kill(first, signal.SIGKILL)
        self.assertTrue(within(lambda: not Path(f"/proc/{first}").exists()))
        self.assertNotEqual(parent("v1"), first)

    def test_helper_modules_are_watched(self) -> None:
        text = "from helper_of_mine import VALUE\n" + DAG_FILE.replace("return os.getppid()", "return VALUE")
        self.write(text, "uses.py")
        s = self.connect()
        for value in (1, 22, 333):
            self.write(f"VALUE = {value}\n", "helper_of_mine.py")
            for _ in range(2):
                done = self.run_one(s, self.python("pid", "h1", "uses.py"))
                self.assertEqual(done["xcoms"][0]["value"], value, done)

    def test_threads_mean_cold_starts(self) -> None:
        text = DAG_FILE.replace(
            "with DAG", "threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\nwith DAG"
        )
        self.write(text, "threads.py")
        s = self.connect()
        done = [self.run_one(s, self.python("pid", "t1", "threads.py")) for _ in range(2)]
        self.assertEqual([d["state"] for d in done], ["success"] * 2)
        self.assertEqual(done[0]["xcoms"][0]["value"], done[1]["xcoms"][0]["value"])

    def test_another_interpreter(self) -> None:
        other = self.home / "python-of-mine"
        other.write_text(f'#!/bin/sh\nexec {PYTHON} "$@"\n')
        other.chmod(0o755)
        s = self.connect()
        parents = []
        for interpreter in (None, str(other), str(other), None):
            work = self.python("pid")
            work["task"]["interpreter"] = interpreter
            parents.append(self.run_one(s, work)["xcoms"][0]["value"])
        self.assertEqual(parents[0], parents[3])
        self.assertEqual(parents[1], parents[2])
        self.assertNotEqual(parents[0], parents[1])

    def test_broken_file(self) -> None:
        self.write("import nonsense_that_is_not_there\n", "broken.py")
        s = self.connect()
        work = self.python("add", "b1", "broken.py")
        self.assertEqual(self.run_one(s, work)["state"], "failed")
        self.assertIn("nonsense_that_is_not_there", Path(work["log_path"]).read_text())

    def test_zygote_killed(self) -> None:
        s = self.connect()
        running = self.python("sleep")
        s.send(**running)
        s.wait("started", running["attempt"])
        os.kill(zygotes(self.processes[0].pid)[0], signal.SIGKILL)
        self.assertEqual(self.run_one(s, self.python("add", "other"))["state"], "success")
        s.send(op="kill", attempt=running["attempt"], reason="enough")
        self.assertEqual(s.wait("finished", running["attempt"])["reason"], "enough")

    def test_runner_killed(self) -> None:
        s = self.connect()
        work = self.python("sleep")
        s.send(**work)
        pid = s.wait("started", work["attempt"])["pid"]
        self.processes[0].kill()
        self.processes[0].wait()
        self.start_runner()
        s = self.connect()
        self.assertEqual(s.wait("finished", work["attempt"])["state"], "lost")
        self.assertTrue(gone(pid))

    def test_chain_is_quick(self) -> None:
        s = self.connect()
        self.run_one(s, self.python("add"))
        begin = time.monotonic()
        for _ in range(40):
            self.assertEqual(self.run_one(s, self.python("add"))["state"], "success")
        each = (time.monotonic() - begin) / 40 * 1000
        print(f"# 40 python tasks in a row: {each:.1f} ms each", file=sys.stderr)


class Chaos(PythonCase):
    """Everything at once, from a seed: each attempt ends once, and the runner ends clean (leaks fail its exit)."""

    settings: ClassVar[dict[str, str]] = {"TW_TEST_WARM_CHILDREN": "2", "TW_TEST_CLEANUP": "1"}

    def one(self, dice: random.Random) -> Frame:
        command = dice.choice(
            ["echo x", "sleep 0.2", "exit 1", "sleep 30 & sleep 30", "echo {{ var.value.v }}"]
        )
        timeout = dice.choice([None, None, 0.3])
        if dice.random() < 0.5:
            return self.workload(command, execution_timeout=timeout)
        return self.python(
            dice.choice(["add", "fail", "leave", "sleep", "secrets", "die"]), dice.choice("abc")
        )

    def hurt(self, dice: random.Random, s: Scheduler, works: list[Frame]) -> Scheduler:
        what = dice.randrange(12)
        if what < 3:
            s.send(op="kill", attempt=dice.choice(works)["attempt"], reason="chaos")
        elif what == 3:
            s.close()
            s = self.connect()
            s.answers = self.answers
        elif what == 4:
            for pid in zygotes(self.processes[-1].pid):
                with contextlib.suppress(ProcessLookupError):  # it may have gone by itself
                    os.kill(pid, signal.SIGKILL)
        elif what == 5:
            s.send(**dice.choice(works))
        return s

    def test_all_at_once(self) -> None:
        self.answers = {"variable_get": "value", "connection_get": {"conn_id": "db", "password": "pw-123456"}}
        for seed in range(2):
            dice = random.Random(seed)
            s = self.connect()
            s.answers = self.answers
            works = []
            for _ in range(60):
                works.append(self.one(dice))
                s.send(**works[-1])
                s = self.hurt(dice, s, works)
            for work in works:
                s.send(**work)
            ends: dict[str, str] = {}
            begin = time.monotonic()
            while len(ends) < len(works):
                missing = {w["attempt"] for w in works} - ends.keys()
                self.assertLess(time.monotonic() - begin, 60, missing)
                for attempt in missing if time.monotonic() - begin > 4 else ():
                    s.send(op="kill", attempt=attempt, reason="time is up")
                with contextlib.suppress(TimeoutError):
                    frame = s.recv(1)
                    if frame["op"] == "finished":
                        self.assertEqual(ends.setdefault(frame["attempt"], frame["at"]), frame["at"])
            for attempt in ends:
                s.send(op="ack", attempt=attempt)
            s.seen.clear()
            s.send(op="sync")
            self.assertEqual(s.wait("have")["attempts"], [])
            s.close()


class NoPython(RunnerCase):
    settings: ClassVar[dict[str, str]] = {"TW_TEST_PYTHON": "/nonexistent/python"}

    def test_says_why(self) -> None:
        s = self.connect()
        work = self.workload("true")
        del work["native"]
        done = self.run_one(s, work)
        self.assertEqual(done["state"], "failed")
        self.assertIn("/nonexistent/python", done["reason"])


class Alone(PythonCase):
    settings: ClassVar[dict[str, str]] = {"TW_TEST_CLEANUP": "60"}

    def test_a_shutdown_without_a_scheduler_waits_for_no_answer(self) -> None:
        s = self.connect()
        s.answer = lambda request: None  # it never comes to that
        work = self.python("ask")
        s.send(**work)
        s.wait("request", work["attempt"])
        s.close()
        self.processes[0].terminate()
        self.assertEqual(self.processes[0].wait(60), 0)
        self.start_runner()
        s = self.connect()
        self.assertEqual(s.wait("finished", work["attempt"])["state"], "failed")


class ShortLived(RunnerCase):
    settings: ClassVar[dict[str, str]] = {"TW_TEST_IDLE_EXIT": "1", "TW_TEST_BEAT": "1"}

    def test_goes_when_idle(self) -> None:
        s = self.connect()
        work = self.workload(f"until [ -e {self.home}/go ]; do sleep 0.1; done")
        s.send(**work)
        self.assertEqual(s.wait("beat")["attempts"], [work["attempt"]])
        s.close()
        time.sleep(2)  # longer than one that has nothing to do stays
        self.assertIsNone(self.processes[0].poll())
        (self.home / "go").touch()
        self.assertEqual(self.processes[0].wait(60), 0)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        unittest.main(verbosity=2)
