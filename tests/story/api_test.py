"""Another program drives the engine over its REST API: triggers a run, reads its log while it is written, clears, marks, deletes.

Everything runs as `tradewind standalone` does, on a home of its own. With the client package installed
(TW_CLIENT_PYTHON names an interpreter that has it) the same questions are asked through it, too.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(os.environ.get("TW_SOURCE_ROOT", Path(__file__).resolve().parents[2]))
BINARY = os.environ.get("TW_BINARY", str(ROOT / "build" / "tradewind"))

DAG_FILE = """
from airflow.sdk import DAG
from airflow.providers.standard.operators.bash import BashOperator

with DAG("demo", schedule=None, is_paused_upon_creation=False, tags=["story"]):
    first = BashOperator(task_id="first", bash_command="echo one; sleep 1; echo two")
    second = BashOperator(task_id="second", bash_command="exit 3")
    third = BashOperator(task_id="third", bash_command="echo never")
    first >> second >> third
"""


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


class Engine:
    """A standalone engine on a home of its own."""

    def __init__(self, all_admins: bool = True, components: bool = True) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="tw-api-"))
        (self.home / "dags").mkdir()
        (self.home / "dags" / "demo.py").write_text(DAG_FILE)
        self.port = free_port()
        self.token: str | None = None
        env = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "TRADEWIND__"))}
        env |= {
            "TRADEWIND_HOME": str(self.home),
            "TRADEWIND__API__PORT": str(self.port),
            "TRADEWIND__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": str(all_admins),
            "TRADEWIND__CORE__LOAD_EXAMPLES": "False",
            "PYTHONPATH": str(ROOT / "sdk"),
        }
        self.log = self.home / "out.log"
        if not components:
            subprocess.run([BINARY, "db", "migrate"], env=env, check=True, capture_output=True)
        with self.log.open("w") as out:
            self.process = subprocess.Popen(
                [BINARY, "standalone" if components else "api-server"], env=env, stdout=out, stderr=out
            )
        self.until(lambda: self.ask("GET", "/monitor/health")[0] == 200, "the API answers")

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: dict[str, str] | None = None,
        base: str = "/api/v2",
    ) -> tuple[int, Any]:
        """Status and JSON (text when it is none); status 0: nobody listens."""
        data = None if body is None else json.dumps(body).encode()
        req = urllib.request.Request(f"http://127.0.0.1:{self.port}{base}{path}", data=data, method=method)
        req.add_header("Content-Type", "application/json")
        if self.token:
            req.add_header("Authorization", f"Bearer {self.token}")
        for k, v in (headers or {}).items():
            req.add_header(k, v)
        try:
            with urllib.request.urlopen(req, timeout=20) as resp:
                status, text = resp.status, resp.read().decode()
        except urllib.error.HTTPError as e:
            status, text = e.code, e.read().decode()
        except OSError:
            return 0, None
        try:
            return status, json.loads(text) if text else None
        except ValueError:
            return status, text

    def until(self, done: Any, what: str, timeout: float = 30) -> None:
        end = time.monotonic() + timeout
        while not done():
            if time.monotonic() > end or self.process.poll() is not None:
                raise AssertionError(f"never: {what}\n{self.log.read_text()[-3000:]}")
            time.sleep(0.05)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        shutil.rmtree(self.home, ignore_errors=True)
        return status


class Story(unittest.TestCase):
    engine: Engine

    @classmethod
    def setUpClass(cls) -> None:
        cls.engine = Engine()
        cls.engine.until(lambda: cls.engine.ask("GET", "/dags/demo")[0] == 200, "the DAG is parsed")

    @classmethod
    def tearDownClass(cls) -> None:
        cls.engine.stop()

    def ask(self, method: str, path: str, body: Any = None, want: int = 200, **more: Any) -> Any:
        status, answer = self.engine.ask(method, path, body, **more)
        self.assertEqual(status, want, f"{method} {path}: {answer}")
        return answer

    def trigger(self) -> str:
        run = self.ask("POST", "/dags/demo/dagRuns", {"logical_date": None})
        self.assertEqual(run["state"], "queued")
        self.assertRegex(run["dag_run_id"], r"^manual__\d{4}-\d\d-\d\dT")
        return "/dags/demo/dagRuns/" + urllib.parse.quote(run["dag_run_id"])

    def states(self, run: str) -> dict[str, str]:
        return {t["task_id"]: t["state"] for t in self.ask("GET", run + "/taskInstances")["task_instances"]}

    def finish(self, run: str) -> str:
        text = self.ask("GET", run + "/wait?interval=0.2")
        lines = text.splitlines() if isinstance(text, str) else [json.dumps(text)]
        return str(json.loads(lines[-1])["state"])

    def test_healthy(self) -> None:
        health = self.ask("GET", "/monitor/health")
        self.assertEqual({k: v["status"] for k, v in health.items()}, dict.fromkeys(health, "healthy"))

    def test_run(self) -> None:
        run = self.trigger()
        self.engine.until(lambda: self.states(run).get("first") == "running", "the first task runs")
        path = run + "/taskInstances/first/logs/1"
        page = self.ask("GET", path)
        self.assertTrue(page["continuation_token"])
        seen = [line["event"] for line in page["content"]]
        while page["continuation_token"]:
            time.sleep(0.1)
            page = self.ask("GET", path + "?token=" + page["continuation_token"])
            seen += [line["event"] for line in page["content"]]
        self.assertEqual(seen[0], "::group::Log message source details")
        self.assertLess(seen.index("one"), seen.index("two"))
        self.assertEqual(seen.count("one"), 1)
        self.assertEqual(self.finish(run), "failed")
        want = {"first": "success", "second": "failed", "third": "upstream_failed"}
        self.assertEqual(self.states(run), want)

    def test_change(self) -> None:
        run = self.trigger()
        self.assertEqual(self.finish(run), "failed")
        run_id = urllib.parse.unquote(run.rsplit("/", 1)[1])
        body = {"dag_run_id": run_id, "task_ids": ["second"], "include_downstream": True, "dry_run": True}
        listed = self.ask("POST", "/dags/demo/clearTaskInstances", body)
        self.assertEqual([t["task_id"] for t in listed["task_instances"]], ["second", "third"])
        self.ask("POST", "/dags/demo/clearTaskInstances", body | {"dry_run": False})
        self.assertEqual(self.finish(run), "failed")
        tries = self.ask("GET", run + "/taskInstances/second/tries")
        self.assertEqual([t["try_number"] for t in tries["task_instances"]], [1, 2])
        changed = self.ask(
            "PATCH", run + "/taskInstances/second", {"new_state": "success", "note": "by hand"}
        )
        self.assertEqual(changed["task_instances"][0]["state"], "success")
        self.assertEqual(self.finish(run), "success")
        self.assertEqual(self.states(run)["third"], "success")
        self.assertEqual(self.ask("PATCH", run, {"state": "failed", "note": "no"})["state"], "failed")
        self.ask("DELETE", run, want=204)
        self.ask("GET", run, want=404)

    def test_pause(self) -> None:
        self.assertTrue(self.ask("PATCH", "/dags/demo", {"is_paused": True})["is_paused"])
        self.assertFalse(self.ask("PATCH", "/dags/demo", {"is_paused": False})["is_paused"])
        events = self.ask("GET", "/eventLogs?dag_id=demo&order_by=-id")["event_logs"]
        self.assertTrue(any("pause" in e["extra"] for e in events))

    @unittest.skipUnless(os.environ.get("TW_CLIENT_PYTHON"), "no interpreter with the client package")
    def test_client(self) -> None:
        script = Path(__file__).with_name("api_client.py")
        python = os.environ["TW_CLIENT_PYTHON"]
        subprocess.run([python, str(script), f"http://127.0.0.1:{self.engine.port}"], check=True)


class SignIn(unittest.TestCase):
    def setUp(self) -> None:
        self.engine = Engine(all_admins=False, components=False)

    def tearDown(self) -> None:
        self.assertEqual(self.engine.stop(), 0)

    def test_sign_in(self) -> None:
        e = self.engine
        self.assertEqual(e.ask("GET", "/dags")[0], 401)
        path = e.home / "simple_auth_manager_passwords.json.generated"
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        for secret in ("jwt_secret", "secret_key"):
            self.assertEqual(stat.S_IMODE((e.home / "run" / secret).stat().st_mode), 0o600)
        password = json.loads(path.read_text())["admin"]
        wrong = {"username": "admin", "password": "x"}
        self.assertEqual(e.ask("POST", "/auth/token", wrong, base="")[0], 401)
        status, answer = e.ask("POST", "/auth/token", {"username": "admin", "password": password}, base="")
        self.assertEqual(status, 201)
        e.token = answer["access_token"]
        self.assertEqual(e.ask("GET", "/dags")[0], 200)
        e.token += "x"
        self.assertEqual(e.ask("GET", "/dags")[0], 403)

    def test_all_admins_stays_at_home(self) -> None:
        env = dict(os.environ, TRADEWIND_HOME=str(self.engine.home))
        env["TRADEWIND__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS"] = "True"
        done = subprocess.run(
            [BINARY, "api-server", "--host", "0.0.0.0", "--port", "0"],
            env=env,
            check=False,
            capture_output=True,
            text=True,
            timeout=20,
        )
        self.assertEqual(done.returncode, 1)
        self.assertIn("loopback", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv[:1])
