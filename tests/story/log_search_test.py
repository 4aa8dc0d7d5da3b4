"""Searching the logs of all attempts: what is found and where, how far one request goes, and for whom."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

import pytest
from engine import Engine

DAGS = """
from datetime import datetime, timedelta
from airflow.sdk import DAG, task
from airflow.providers.standard.operators.bash import BashOperator

with DAG("open_one", schedule=None, start_date=datetime(2026, 1, 1)):
    BashOperator(task_id="says", bash_command="echo one fish; echo two fish; echo 'needle \\"quoted\\"'; echo last")

    @task
    def breaks():
        raise ValueError("needle in an exception")

    breaks()

with DAG("closed_one", schedule=None, start_date=datetime(2026, 1, 1)):
    BashOperator(task_id="says", bash_command="echo needle of the closed one", retries=1, retry_delay=timedelta(0))
"""
FAB = "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Any:
    engine = Engine(tmp_path_factory.mktemp("logs"))
    engine.write("dags.py", DAGS)
    try:
        engine.up()
        engine.serve()
        engine.finish("open_one", engine.trigger("open_one"))
        engine.finish("closed_one", engine.trigger("closed_one"))
        yield engine
    finally:
        engine.stop()


def search(base: str, headers: dict[str, str] | None = None, **query: Any) -> tuple[list[Any], Any]:
    address = f"{base}/ui/logs/search?{urllib.parse.urlencode(query, doseq=True)}"
    with urllib.request.urlopen(urllib.request.Request(address, headers=headers or {})) as r:
        assert r.headers["Content-Type"] == "application/x-ndjson"
        pieces = [json.loads(line) for line in r]
    assert "end" in pieces[-1]
    return [p["hit"] for p in pieces if "hit" in p], pieces[-1]["end"]


def shown(engine: Engine, hit: Any) -> str:
    """The line of that number, as the page of the log numbers them."""
    path = f"/api/v2/dags/{hit['dag_id']}/dagRuns/{urllib.parse.quote(hit['run_id'])}/taskInstances/{hit['task_id']}/logs/{hit['try_number']}"
    status, body = engine.ask("GET", path)
    assert status == 200
    lines: list[str] = []
    for e in body["content"]:
        if e["event"] == "::endgroup::":
            continue
        lines += e["event"].split("\n")
        for fault in e.get("error_detail") or []:
            lines.append(f"{fault['exc_type']}: {fault['exc_value']}")
            lines += [f"{f['filename']}:{f['lineno']} in {f['name']}" for f in fault.get("frames") or []]
    return lines[hit["line"] - 1]


def test_words_are_found_newest_first_with_their_line(engine: Engine) -> None:
    hits, end = search(f"http://127.0.0.1:{engine.port}", q="NEEDLE")
    assert hits[0]["dag_id"] == "closed_one"
    assert {(h["dag_id"], h["task_id"]) for h in hits} == {("closed_one", "says"), ("open_one", "says"), ("open_one", "breaks")}
    for h in hits:
        assert "needle" in shown(engine, h) and "needle" in h["text"]
    assert end["token"] is None and end["hits"] == len(hits) and end["bytes"] > 0


def test_an_expression_a_level_a_dag(engine: Engine) -> None:
    base = f"http://127.0.0.1:{engine.port}"
    hits, _ = search(base, q="^(one|two) fish$", regex="true", dag_id="open_one")
    assert [h["text"] for h in hits] == ["one fish", "two fish"]
    assert search(base, q="needle", dag_id="no_such")[0] == []
    errors, _ = search(base, q="needle", level="error")
    assert errors and all(h["level"] in ("error", "critical") for h in errors)
    assert [h["text"] for h in search(base, q='"quoted"')[0] if h["text"].startswith("needle")] == ['needle "quoted"']


def test_what_would_take_for_ever_is_refused(engine: Engine) -> None:
    for q in ("(open", "(a)\\1", "(a{9}){9}", "x" * 201):
        with pytest.raises(urllib.error.HTTPError) as e:
            search(f"http://127.0.0.1:{engine.port}", q=q, regex="true")
        assert e.value.code == 422
    with pytest.raises(urllib.error.HTTPError) as e:
        search(f"http://127.0.0.1:{engine.port}", q="x", token="from elsewhere")
    assert e.value.code == 422


def test_who_may_see_one_dag_finds_its_lines_alone(engine: Engine) -> None:
    engine.env["TRADEWIND__CORE__AUTH_MANAGER"] = FAB
    engine.run("sync-perm")
    engine.run("roles", "create", "narrow")
    engine.run("roles", "add-perms", "narrow", "-r", "Task Logs", "Task Instances", "DAG Runs", "Website", "-a", "can_read")
    engine.run("users", "create", "-u", "nat", "-f", "N", "-l", "N", "-e", "nat@example.org", "-r", "narrow", "-p", "narrow words")
    engine.write("dags.py", DAGS.replace('DAG("open_one",', 'DAG("open_one", access_control={"narrow": {"can_read"}},'))
    engine.run("dag-processor", "--num-runs", "1")
    engine.kill("api-server")
    engine.serve()
    status, body = engine.ask("POST", "/auth/token", {"username": "nat", "password": "narrow words"})
    assert status == 201, body
    token = {"Authorization": f"Bearer {body['access_token']}"}
    hits, _ = search(f"http://127.0.0.1:{engine.port}", token, q="needle")
    assert {h["dag_id"] for h in hits} == {"open_one"}
