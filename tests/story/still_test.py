"""Who listens and may not any more is hung up on within seconds; and what users may by the groups they are in."""

from __future__ import annotations

import http.client
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing

import pytest
from auth_test import ask
from fab_test import MANAGER, token, user

from engine import Engine

DAG = """
from airflow.sdk import DAG
from airflow.providers.standard.operators.bash import BashOperator
with DAG("d", schedule=None):
    BashOperator(task_id="t", bash_command="echo begun; sleep 600")
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    e = Engine(tmp_path_factory.mktemp("still"), TRADEWIND__CORE__AUTH_MANAGER=MANAGER)
    e.write("d.py", DAG)
    e.run("db", "migrate")
    for name, role in (("root", "Admin"), ("ada", "Viewer"), ("bob", "Viewer"), ("eve", "Viewer"), ("joe", "Public")):
        user(e, name, role)
    e.run("dag-processor", "--num-runs", "1")
    e.start("scheduler")
    e.serve()
    yield e
    e.stop()


class Stream:
    """An event stream, read until it ends."""

    def __init__(self, e: Engine, path: str, headers: dict[str, str]):
        self.c = http.client.HTTPConnection("127.0.0.1", e.port, timeout=30)
        self.c.request("GET", path, headers={"Accept": "text/event-stream", **headers})
        self.r = self.c.getresponse()

    def until(self, word: str) -> None:
        while word not in (line := self.r.readline().decode()):
            assert line, f"it has ended without {word}"

    def ends_in(self) -> float:
        began = time.monotonic()
        while self.r.readline():
            pass
        self.c.close()
        return time.monotonic() - began


def test_a_token_that_is_revoked(home: Engine) -> None:
    bearer = token(home, "ada")
    s = Stream(home, "/api/v2/events", bearer)
    s.until("event: ready")
    other = Stream(home, "/api/v2/events", token(home, "ada"))
    other.until("event: ready")
    assert ask(home, "POST", "/auth/logout", None, **bearer).status == 303
    assert s.ends_in() < 5
    other.c.sock.settimeout(2)
    with pytest.raises(TimeoutError):  # the other one goes on
        while other.r.readline():
            pass
    other.c.close()


def test_a_user_who_is_gone(home: Engine) -> None:
    s = Stream(home, "/api/v2/events", token(home, "bob"))
    s.until("event: ready")
    home.run("users", "delete", "-u", "bob")
    assert s.ends_in() < 5


def test_a_role_that_is_taken_away(home: Engine) -> None:
    run = home.trigger("d")
    root, eve = token(home, "root"), token(home, "eve")
    log = f"/api/v2/dags/d/dagRuns/{run}/taskInstances/t/logs/1"
    s = Stream(home, log, eve)
    s.until("begun")
    waits = Stream(home, f"/api/v2/dags/d/dagRuns/{run}/wait?interval=3600", eve)
    all_of_it = Stream(home, "/api/v2/events?kinds=run", eve)
    all_of_it.until("event: ready")
    home.run("users", "remove-role", "-u", "eve", "-r", "Viewer")
    assert s.ends_in() < 5 and waits.ends_in() < 5
    assert ask(home, "GET", log, None, **eve).status == 403
    assert ask(home, "PATCH", f"/api/v2/dags/d/dagRuns/{run}", {"state": "failed"}, **root).status == 200
    all_of_it.c.sock.settimeout(3)
    with pytest.raises(TimeoutError):  # it goes on, and tells nothing of what is no more for her
        while line := all_of_it.r.readline().decode():
            assert "event: run" not in line
    all_of_it.c.close()


def test_roles_by_groups(home: Engine) -> None:
    joe = token(home, "joe")
    assert ask(home, "GET", "/api/v2/pools", None, **joe).status == 403
    with closing(sqlite3.connect(home.home / "tradewind.db", timeout=10)) as db, db:  # as they are moved over
        db.execute("insert into ab_group (id, name, label, description) values (7, 'house', 'House', null)")
        db.execute("insert into ab_group_role (id, group_id, role_id) select 1, 7, id from ab_role where name = 'Op'")
        db.execute("insert into ab_user_group (id, user_id, group_id) select 1, id, 7 from ab_user where username = 'joe'")
        db.execute("update auth_change set n = n + 1")
    assert ask(home, "GET", "/api/v2/pools", None, **joe).status == 200
    assert ask(home, "POST", "/api/v2/pools", {"name": "x", "slots": 1}, **joe).status == 201
    home.run("roles", "delete", "Op")
    assert ask(home, "GET", "/api/v2/pools", None, **joe).status == 403
