"""A connection is tried through the API: its provider's hook is asked in a process of its own, and no secret comes back."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from engine import Engine

PROVIDER = '''
import os, sys

def info():
    return {"package-name": "acme", "name": "Acme", "description": "d",
            "connection-types": [{"connection-type": "acme", "hook-class-name": "acme_provider.AcmeHook"}]}

class AcmeHook:
    def __init__(self, conn_id): self.conn_id = conn_id
    def test_connection(self):
        from airflow.sdk import BaseHook
        conn = BaseHook.get_connection(self.conn_id)
        if conn.host == "dies": os._exit(3)
        if conn.host == "good": return True, f"hello {conn.login}"
        return False, f"{conn.host} refuses {conn.password} and {conn.extra_dejson.get('api_key')}"
'''


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    folder = tmp_path_factory.mktemp("try")
    site = folder / "site"
    dist = site / "acme-1.0.dist-info"
    dist.mkdir(parents=True)
    (site / "acme_provider.py").write_text(PROVIDER)
    (dist / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (dist / "entry_points.txt").write_text("[apache_airflow_provider]\nprovider_info=acme_provider:info\n")
    e = Engine(folder, TRADEWIND__CORE__TEST_CONNECTION="Enabled")
    e.env["PYTHONPATH"] += f":{site}"
    e.run("db", "migrate")
    e.serve()
    yield e
    e.stop()


def tried(engine: Engine, **body: Any) -> tuple[int, Any]:
    return engine.ask("POST", "/api/v2/connections/test", {"connection_id": "c", "conn_type": "acme", **body})


def test_what_the_hook_says(engine: Engine) -> None:
    assert tried(engine, host="good", login="anna") == (200, {"status": True, "message": "hello anna"})
    secrets = {"password": "pa55word", "extra": '{"api_key": "k3yk3y"}'}
    assert tried(engine, host="far", **secrets) == (200, {"status": False, "message": "far refuses *** and ***"})
    status, answer = tried(engine, conn_type="nobody_has_this")
    assert status == 200 and not answer["status"] and "nobody_has_this" in answer["message"]


def test_a_hook_that_dies(engine: Engine) -> None:
    status, answer = tried(engine, host="dies")
    assert status == 200 and not answer["status"] and "without an answer" in answer["message"]
    assert tried(engine, host="good")[1]["status"], "the next one is not hindered"


def test_stored_secrets_go_only_to_their_own_host(engine: Engine) -> None:
    stored = {"connection_id": "kept", "conn_type": "acme", "host": "far", "password": "pa55word", "login": "l"}
    assert engine.ask("POST", "/api/v2/connections", stored)[0] == 201
    again = {"connection_id": "kept", "host": "far", "password": "***"}
    assert tried(engine, **again)[1]["message"] == "far refuses *** and None"
    status, answer = tried(engine, connection_id="kept", host="thief", password="***")
    assert status == 400 and "Include the credentials" in answer["detail"]
    assert tried(engine, connection_id="kept", host="thief", password="other-word")[0] == 200


def test_asked_for_later(engine: Engine) -> None:
    body = {"connection_id": "new", "conn_type": "acme", "host": "good", "login": "bert", "commit_on_success": True}
    status, queued = engine.ask("POST", "/api/v2/connections/enqueue-test", body)
    assert (status, queued["state"], queued["connection_id"]) == (202, "pending", "new")
    url = f"http://127.0.0.1:{engine.port}/api/v2/connections/enqueue-test"
    asked = urllib.request.Request(url, headers={"Airflow-Connection-Test-Token": queued["token"]})
    with urllib.request.urlopen(asked, timeout=20) as r:
        text = r.read().decode()
    assert '"state":"success"' in text and "hello bert" in text
    assert engine.get("/api/v2/connections/new")["login"] == "bert"


def test_switched_off_it_is_refused(tmp_path: Path) -> None:
    e = Engine(tmp_path)
    e.run("db", "migrate")
    e.serve()
    try:
        assert tried(e, host="good")[0] == 403
    finally:
        e.stop()
