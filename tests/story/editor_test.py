"""YAML DAGs written in the browser: mistakes by line, what they would be, saving without overwriting others, and nothing outside of the folder."""

from __future__ import annotations

import os
import urllib.parse
from typing import Any

import pytest
from engine import Engine

GOOD = """dag_id: made
schedule: "30 2 * * *"
start_date: 2026-01-01
tasks:
  first:
    operator: bash
    bash_command: "echo {{ ds_nodash }} {{ params.region }}"
  then:
    operator: empty
    depends_on: first
params:
  region: eu
"""


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("editor")
    engine = Engine(folder)
    (folder / "outside.yaml").write_text("secret: 1\n")
    (engine.dags / "link.yaml").symlink_to(folder / "outside.yaml")
    (engine.dags / "away").symlink_to(folder)
    try:
        engine.run("db", "migrate")
        engine.serve()
        yield engine
    finally:
        engine.stop()


def check(engine: Engine, text: str, path: str = "made.yaml") -> Any:
    status, body = engine.ask("POST", "/ui/editor/check", {"path": path, "text": text})
    assert status == 200, body
    return body


def save(engine: Engine, path: str, text: str, etag: str | None = None) -> tuple[int, Any]:
    return engine.ask("PUT", "/ui/editor/file", {"path": path, "text": text, "etag": etag})


def read(engine: Engine, path: str) -> tuple[int, Any]:
    return engine.ask("GET", f"/ui/editor/file?path={urllib.parse.quote(path)}")


def test_a_mistake_is_told_with_its_line(engine: Engine) -> None:
    (error,) = check(engine, GOOD.replace("bash_command:", "bash_comand:"))["errors"]
    assert error["line"] == 7 and "bash_comand" in error["message"]
    (error,) = check(engine, "dag_id: x\ntasks: [\n")["errors"]
    assert error["line"] and error["line"] >= 2
    (error,) = check(engine, "other: 1\n")["errors"]
    assert "no DAG" in error["message"]


def test_all_mistakes_are_told_each_at_its_line(engine: Engine) -> None:
    text = """dag_id: many
shedule: x
schedule: "61 * * * *"
max_active_runs: many
max_active_runs: 2
tasks:
  a:
    operator: bash
    bash_comand: x
    colour: red
  b:
    operator: nowhere.Operator
    depends_on: [a, ghost]
  c:
    operator: empty
    depends_on: b
    trigger_rule: sometimes
  d:
    operator: bash
    depends_on: c
---
dag_id: second
tasks:
  a:
    operator: python
"""
    told = [
        (2, "shedule: a DAG knows no such key"),
        (3, "61 * * * *"),
        (5, "the key 'max_active_runs' is there twice"),
        (9, "task 'a': bash_comand: this operator knows no such key"),
        (10, "task 'a': colour: this operator knows no such key"),
        (12, "cannot import nowhere.Operator"),
        (13, "there is no task or group 'ghost'"),
        (17, "trigger_rule"),
        (19, "task 'd': bash_command: it is missing"),
        (25, "task 'a': python_callable: it is missing"),
    ]
    errors = check(engine, text)["errors"]
    assert [e["line"] for e in errors] == [line for line, _ in told], errors
    for error, (_, words) in zip(errors, told, strict=True):
        assert words in error["message"]


def test_it_shows_what_the_dag_would_be(engine: Engine) -> None:
    answer = check(engine, GOOD)
    assert answer["errors"] == []
    (dag,) = answer["dags"]
    assert dag["dag_id"] == "made" and dag["error"] is None
    assert [t["id"] for t in dag["structure"]["tasks"]] == ["first", "then"]
    assert len(dag["runs"]) == 3 and all("T02:30:00" in r["run_after"] for r in dag["runs"])
    (first,) = [r for r in dag["rendered"] if r["task_id"] == "first"]
    assert first["error"] is None, first
    words = first["fields"]["bash_command"].split()
    assert words[0] == "echo" and len(words[1]) == 8 and words[2] == "eu", first
    assert not (engine.dags / "made.yaml").exists(), "a look leaves nothing"


def test_saving_never_overwrites_what_somebody_else_wrote(engine: Engine) -> None:
    status, made = save(engine, "made.yaml", GOOD)
    assert status == 200 and (engine.dags / "made.yaml").read_text() == GOOD
    assert save(engine, "made.yaml", "again")[0] == 409
    status, newer = save(engine, "made.yaml", GOOD + "# more\n", made["etag"])
    assert status == 200
    assert save(engine, "made.yaml", "stale", made["etag"])[0] == 409
    assert read(engine, "made.yaml")[1] == newer
    os.remove(engine.dags / "made.yaml")
    assert save(engine, "made.yaml", GOOD, newer["etag"])[0] == 409
    assert [f for f in os.listdir(engine.dags) if f.startswith(".")] == []
    audits = engine.get("/api/v2/eventLogs?event=save_yaml_file")["event_logs"]
    assert audits and all("first" not in a["extra"] and "made.yaml" in a["extra"] for a in audits)


@pytest.mark.parametrize("path", ["../outside.yaml", "/etc/x.yaml", "a/../b.yaml", "x.py", ".hidden.yaml", "a//b.yaml", "a/.git/b.yaml"])
def test_no_path_leads_out(engine: Engine, path: str) -> None:
    assert save(engine, path, "x")[0] == 422
    assert read(engine, path)[0] == 422


@pytest.mark.parametrize("path", ["link.yaml", "away/outside.yaml"])
def test_no_link_leads_out(engine: Engine, path: str) -> None:
    assert read(engine, path)[0] == 403
    assert save(engine, path, "x")[0] == 403
    assert (engine.dags.parent / "outside.yaml").read_text() == "secret: 1\n"


def test_it_is_off_where_people_sign_in(engine: Engine) -> None:
    engine.env["TRADEWIND__CORE__AUTH_MANAGER"] = "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"
    for role in ("Admin", "User"):
        engine.run("users", "create", "-u", role, "-f", "A", "-l", "B", "-e", f"{role}@example.org", "-r", role, "-p", "words")

    def allowed(role: str) -> dict[str, int]:
        import json
        import urllib.error
        import urllib.request

        token = engine.ask("POST", "/auth/token", {"username": role, "password": "words"})[1]["access_token"]
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        out = {}
        for method, path in (("POST", "/ui/editor/check"), ("PUT", "/ui/editor/file")):
            data = json.dumps({"path": "new.yaml", "text": GOOD}).encode()
            request = urllib.request.Request(f"http://127.0.0.1:{engine.port}{path}", data, headers, method=method)
            try:
                with urllib.request.urlopen(request) as r:
                    out[method] = r.status
            except urllib.error.HTTPError as e:
                out[method] = e.code
        return out

    for mode, admin, user in (
        ("auto", {"POST": 403, "PUT": 403}, {"POST": 403, "PUT": 403}),
        ("check", {"POST": 200, "PUT": 403}, {"POST": 403, "PUT": 403}),
        ("write", {"POST": 200, "PUT": 200}, {"POST": 403, "PUT": 403}),
    ):
        engine.env["TRADEWIND__API__YAML_EDITOR"] = mode
        engine.kill("api-server")
        engine.serve()
        assert allowed("User") == user, mode
        assert allowed("Admin") == admin, mode
