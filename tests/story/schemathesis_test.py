"""schemathesis asks a real server everything that /openapi.json says may be asked, and more: no failure of the server, no hang, no answer
that the description does not promise. A few questions for each operation, always the same ones; `TW_SCHEMATHESIS=500` asks more, in all phases, and
asks a server with users (FAB's auth manager), too."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from fab_test import MANAGER, token, user

from engine import Engine, wait_until

REST = Path(__file__).resolve().parents[1] / "compat" / "rest"
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,negative_data_rejection"
# Streams that end when the caller goes, and what would close the door behind it.
LEFT_OUT = ["get_events", "sign_out", "logout"]
# What would take the rights from whoever asks.
RIGHTS = ["update_user", "delete_user", "patch_role", "delete_role"]
MORE = os.environ.get("TW_SCHEMATHESIS", "")


def populate(e: Engine) -> None:
    def post(method: str, path: str, body: object) -> None:
        status, answer = e.ask(method, f"/api/v2{path}", body)
        assert 200 <= status < 300, (path, answer)

    wait_until(lambda: e.ask("GET", "/api/v2/dags/rest_main")[0] == 200, 30, "no DAG rest_main")
    post("POST", "/dags/rest_main/dagRuns", {"logical_date": None, "dag_run_id": "run_1"})
    post("POST", "/variables", {"key": "known", "value": "1"})
    post("POST", "/connections", {"connection_id": "known", "conn_type": "http"})
    post("POST", "/pools", {"name": "known", "slots": 3})
    asset = e.get("/api/v2/assets")["assets"][0]["id"]
    post("PUT", f"/assets/{asset}/state-store/known", {"value": 1})
    e.finish("rest_main", "run_1")


def ask_everything(e: Engine, folder: Path, phases: str, examples: str, left_out: list[str], checks: str, *more: str) -> None:
    command = [
        str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(REST / "schemathesis.toml"), "--no-color", "run",
        f"http://127.0.0.1:{e.port}/openapi.json", "--checks", checks, "--phases", phases,
        "--max-examples", examples, "--seed", "1", "--generation-database", "none", "--suppress-health-check", "all",
        "--request-timeout", "20", "--continue-on-failure", "--output-truncate", "false", *more,
    ]  # fmt: skip
    for operation in left_out:
        command += ["--exclude-operation-id", operation]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600 if examples == "2" else 36000)
    assert e.get("/api/v2/monitor/health")["metadatabase"]["status"] == "healthy"
    (folder / "said.txt").write_text(done.stdout)
    tested = re.search(r"Tested: (\d+)", done.stdout)
    assert done.returncode == 0 and tested and int(tested[1]) >= 130, done.stdout[-60000:] + done.stderr[-2000:]


def set_up(e: Engine) -> None:
    for file in (REST / "dags").glob("*.py"):
        shutil.copy(file, e.dags)
    e.up()
    e.start("triggerer")
    e.serve()


def test_the_whole_description(tmp_path: Path) -> None:
    e = Engine(tmp_path)
    try:
        set_up(e)
        populate(e)
        ask_everything(e, tmp_path, "coverage,fuzzing,stateful" if MORE else "fuzzing", MORE or "2", LEFT_OUT, CHECKS)
    finally:
        e.stop()


if MORE:  # it takes hours

    def test_where_there_are_users(tmp_path: Path) -> None:
        e = Engine(tmp_path, TRADEWIND__CORE__AUTH_MANAGER=MANAGER)
        try:
            e.run("db", "migrate")
            user(e, "admin", "Admin")
            set_up(e)
            e.token = token(e, "admin")["Authorization"].removeprefix("Bearer ")
            populate(e)
            ask_everything(e, tmp_path, "coverage,fuzzing,stateful", MORE, [*LEFT_OUT, *RIGHTS], f"{CHECKS},ignored_auth",
                           "--header", f"Authorization: Bearer {e.token}")  # fmt: skip
        finally:
            e.stop()
