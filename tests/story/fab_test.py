"""FAB's auth manager: users and roles of the metastore, what each may, single DAGs for single roles, and moving over from Airflow."""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from auth_test import Answer, ask, form

from engine import ROOT, Engine, wait_until

MANAGER = "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"
GOLDEN = ROOT / "tests" / "compat" / "fab"
DAGS = """
from airflow.sdk import DAG
from airflow.providers.standard.operators.empty import EmptyOperator
with DAG("other", schedule=None, tags=["other", "both"]):
    EmptyOperator(task_id="t")
with DAG("mine", schedule=None, tags=["mine", "both"],
         access_control={"team": {"DAGs": {"can_read", "can_edit"}, "DAG Runs": {"can_create"}}}):
    EmptyOperator(task_id="t")
with DAG("old_way", schedule=None, access_control={"team": {"can_read"}}):
    EmptyOperator(task_id="t")
"""
ROLES = ["Viewer", "User", "Op", "Admin", "Public"]


def user(e: Engine, name: str, role: str) -> None:
    e.run("users", "create", "-u", name, "-f", "F", "-l", "L", "-e", f"{name}@example.org", "-r", role, "-p", f"{name}'s")


def token(e: Engine, name: str, word: str | None = None) -> dict[str, str]:
    a = ask(e, "POST", "/auth/token", {"username": name, "password": word or f"{name}'s"})
    assert a.status == 201, a.text
    return {"Authorization": f"Bearer {a.json['access_token']}"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    e = Engine(tmp_path_factory.mktemp("fab"), TRADEWIND__CORE__AUTH_MANAGER=MANAGER)
    e.write("d.py", DAGS)
    e.run("db", "migrate")
    for role in ROLES:
        user(e, role.lower(), role)
    e.run("roles", "create", "team")
    e.run("roles", "add-perms", "team", "-a", "can_read", "-r", "DAG Runs", "Task Instances", "XComs", "DAG Versions", "DAG Code",
          "DAG Warnings", "ImportError", "Website")  # fmt: skip
    user(e, "team", "team")
    e.run("roles", "create", "auditors")
    e.run("roles", "add-perms", "auditors", "-a", "can_read", "-r", "Audit Logs")
    user(e, "teams_auditor", "team")
    e.run("users", "add-role", "-u", "teams_auditor", "-r", "auditors")
    e.run("dag-processor", "--num-runs", "1")
    e.start("scheduler")
    e.serve()
    yield e
    e.stop()


def test_all_admins_is_no_matter_here(home: Engine) -> None:
    assert ask(home, "GET", "/api/v2/dags").status == 401
    assert ask(home, "GET", "/auth/token").status == 403


def test_people_sign_in(home: Engine) -> None:
    page = ask(home, "POST", "/auth/login", form("Admin", "admin's"))
    assert page.status == 303
    me = ask(home, "GET", "/ui/auth/me", Cookie=page.cookie).json
    assert (me["username"], me["display_name"], me["roles"], me["auth_manager"]) == ("admin", "F L", ["Admin"], "fab")
    assert ask(home, "POST", "/auth/token", {"username": "admin", "password": "x"}).status == 401
    assert ask(home, "POST", "/auth/token", {"username": "who", "password": "x"}).status == 401
    assert ask(home, "POST", "/auth/token", {"username": "op@example.org", "password": "op's"}).status == 201
    told = ask(home, "GET", "/auth/fab/v1/users/admin", **token(home, "admin")).json
    assert told["login_count"] >= 2 and told["fail_login_count"] == 0 and told["last_login"] and "password" not in told


def test_each_role_may_what_fab_lets_it(home: Engine) -> None:
    """golden.json: what Airflow 3.3.2 with its FAB provider refused, by role and operation (record.py)."""
    golden: dict[str, list[str]] = json.loads((GOLDEN / "golden.json").read_text())
    names = {**{r: r.lower() for r in ROLES}, "team": "team"}
    operations = sorted({o for refused in golden.values() for o in refused} | set(golden.pop("allowed")))
    assert len(operations) > 120
    wrong = []
    for role, refused in golden.items():
        held = token(home, names[role])
        for operation in operations:
            method, path = operation.split(" ", 1)
            body = None if method in ("GET", "DELETE") else {}
            forbidden = ask(home, method, path, body, **held).status == 403
            if forbidden != (operation in refused):
                wrong.append(f"{role} {operation}: {'refused' if forbidden else 'allowed'} here")
    assert not wrong, "\n".join(wrong)


def listed(a: Answer, key: str, what: str = "dag_id") -> list[str]:
    assert a.status == 200, a.text
    assert a.json["total_entries"] == len(a.json[key])
    return sorted({x[what] for x in a.json[key]})


def test_a_team_sees_its_own_dags_alone(home: Engine) -> None:
    admin, team = token(home, "admin"), token(home, "team")
    for dag in ("mine", "other", "old_way"):
        assert ask(home, "POST", f"/api/v2/dags/{dag}/dagRuns", {"logical_date": None}, **admin).status == 200
    instances = "/api/v2/dags/~/dagRuns/~/taskInstances"
    wait_until(lambda: ask(home, "GET", instances, **admin).json["total_entries"] == 3, 30, "the runs have no task instances")
    everything = ["mine", "old_way", "other"]
    own = ["mine", "old_way"]
    lists = {
        "/api/v2/dags": ("dags", "dag_id"),
        "/api/v2/dagStats": ("dags", "dag_id"),
        "/api/v2/dags/~/dagRuns": ("dag_runs", "dag_id"),
        "/api/v2/dags/~/dagVersions": ("dag_versions", "dag_id"),
        instances: ("task_instances", "dag_id"),
    }
    for path, (key, what) in lists.items():
        assert listed(ask(home, "GET", path, **admin), key, what) == everything, path
        assert listed(ask(home, "GET", path, **team), key, what) == own, path
    stats = [ask(home, "GET", f"/api/v2/dagStats{which}", **team).json for which in ("", "?dag_ids=mine&dag_ids=other")]
    assert [[d["dag_id"] for d in s["dags"]] for s in stats] == [own, ["mine"]]
    assert ask(home, "POST", "/api/v2/dags/mine/dagRuns", {"logical_date": None}, **admin).status == 200
    runs = [sum(x["count"] for x in ask(home, "GET", "/api/v2/dagStats", **who).json["dags"][0]["stats"]) for who in (admin, team)]
    assert runs == [2, 2]
    assert ask(home, "GET", "/api/v2/dagTags", **admin).json["tags"] == ["both", "mine", "other"]
    assert ask(home, "GET", "/api/v2/dagTags", **team).json["tags"] == ["both", "mine"]
    for path, key in (("/api/v2/dags/~/dagRuns/list", "dag_runs"), ("/api/v2/dags/~/dagRuns/~/taskInstances/list", "task_instances")):
        assert listed(ask(home, "POST", path, {}, **team), key) == own
        assert listed(ask(home, "POST", path, {"dag_ids": ["other", "mine"]}, **team), key) == ["mine"]
    auditor = token(home, "teams_auditor")
    logs = ask(home, "GET", "/api/v2/eventLogs", **auditor).json["event_logs"]
    assert {x["dag_id"] for x in logs} <= {"mine", "old_way", None} and "mine" in {x["dag_id"] for x in logs}
    strange = next(x for x in ask(home, "GET", "/api/v2/eventLogs?dag_id=other", **admin).json["event_logs"])
    assert ask(home, "GET", f"/api/v2/eventLogs/{strange['event_log_id']}", **auditor).status == 403


def test_a_team_changes_its_own_dags_alone(home: Engine) -> None:
    team = token(home, "team")

    def status(method: str, path: str, body: Any = None) -> int:
        return ask(home, method, f"/api/v2/{path}", body, **team).status

    assert status("GET", "dags/mine/details") == 200 and status("GET", "dags/other/details") == 403
    assert status("POST", "dags/mine/dagRuns", {"logical_date": None}) == 200
    assert status("POST", "dags/other/dagRuns", {"logical_date": None}) == 403
    assert status("POST", "dags/old_way/dagRuns", {"logical_date": None}) == 403  # it may only read that one
    assert status("PATCH", "dags/mine", {"is_paused": False}) == 200 and status("PATCH", "dags/old_way", {"is_paused": True}) == 403
    assert status("DELETE", "dags/mine") == 403
    assert status("PATCH", "dags?dag_id_pattern=~", {"is_paused": True}) == 403
    run = {"dag_id": "other", "dag_run_id": "x"}
    assert status("PATCH", "dags/~/dagRuns", {"actions": [{"action": "delete", "entities": [run]}]}) == 403
    assert status("POST", "dags/~/clearDagRuns", {"dag_runs": [run], "dry_run": True}) == 403
    many = ask(home, "PATCH", "/api/v2/dags/~/dagRuns/~/taskInstances", {
        "actions": [{"action": "update", "entities": [{**run, "task_id": "t", "new_state": "success"}]}]}, **token(home, "team"))
    assert many.status == 403  # no role of theirs edits task instances
    ask_for = {"dag_id": "other", "from_date": "2026-01-01T00:00:00Z", "to_date": "2026-01-02T00:00:00Z"}
    assert status("POST", "backfills/dry_run", ask_for) == 403
    source = ask(home, "GET", "/api/v2/dagSources/mine", **team).json["content"]
    assert source.startswith("REDACTED") and "other" in ask(home, "GET", "/api/v2/dagSources/mine", **token(home, "admin")).json["content"]


def test_what_changes_counts_at_once(home: Engine) -> None:
    user(home, "zoe", "Viewer")
    zoe, admin = token(home, "zoe"), token(home, "admin")
    assert ask(home, "GET", "/api/v2/variables", **zoe).status == 403
    home.run("users", "add-role", "-u", "zoe", "-r", "Op")
    assert ask(home, "GET", "/api/v2/variables", **zoe).status == 200
    home.run("users", "remove-role", "-u", "zoe", "-r", "Op")
    assert ask(home, "GET", "/api/v2/variables", **zoe).status == 403
    home.run("roles", "add-perms", "Viewer", "-r", "Variables", "-a", "can_read")
    assert ask(home, "GET", "/api/v2/variables", **zoe).status == 200
    home.run("roles", "del-perms", "Viewer", "-r", "Variables")
    assert ask(home, "GET", "/api/v2/variables", **zoe).status == 403
    home.run("users", "reset-password", "-u", "zoe", "-p", "another")
    assert ask(home, "POST", "/auth/token", {"username": "zoe", "password": "zoe's"}).status == 401
    assert token(home, "zoe", "another")
    assert ask(home, "DELETE", "/auth/fab/v1/users/zoe", **admin).status == 204
    assert ask(home, "GET", "/api/v2/dags", **zoe).status == 403


def test_users_and_roles_by_rest(home: Engine) -> None:
    admin = token(home, "admin")

    def call(method: str, path: str, body: Any = None) -> Answer:
        return ask(home, method, f"/auth/fab/v1/{path}", body, **admin)

    made = call("POST", "roles", {"name": "night", "actions": [{"action": {"name": "can_read"}, "resource": {"name": "Pools"}}]})
    assert made.status == 200 and made.json == {"name": "night", "actions": [{"action": {"name": "can_read"}, "resource": {"name": "Pools"}}]}
    assert call("POST", "roles", {"name": "night"}).json["detail"] == "Role with name 'night' already exists; please update with the PATCH endpoint"
    assert call("POST", "roles", {"name": "x", "actions": [{"action": {"name": "can_fly"}, "resource": {"name": "Pools"}}]}).status == 400
    person = {"username": "nina", "email": "n@example.org", "first_name": "Nina", "last_name": "N", "password": "geheim", "roles": [{"name": "night"}]}
    made = call("POST", "users", person)
    assert made.status == 200 and made.json["roles"] == [{"name": "night"}] and "geheim" not in made.text and "scrypt" not in made.text
    assert call("POST", "users", person).json["detail"] == "Username `nina` already exists. Use PATCH to update."
    assert call("POST", "users", {**person, "username": "n2"}).status == 409
    assert call("POST", "users", {**person, "username": "n3", "email": "x", "roles": [{"name": "no"}]}).json["detail"] == "Unknown roles: 'no'"
    nina = token(home, "nina", "geheim")
    assert ask(home, "GET", "/api/v2/pools", **nina).status == 200 and ask(home, "GET", "/auth/fab/v1/users", **nina).status == 403
    assert call("PATCH", "roles/night", {"name": "night", "actions": []}).json["actions"] == []
    assert ask(home, "GET", "/api/v2/pools", **nina).status == 403
    assert call("PATCH", "users/nina?update_mask=last_name", {"last_name": "M", "first_name": "X"}).json["first_name"] == "Nina"
    assert call("PATCH", "users/nina?update_mask=shoe", {}).status == 400
    assert call("GET", "users/none").status == 404 and call("GET", "roles/none").status == 404
    assert call("GET", "users?order_by=shoe").status == 400
    assert [u["username"] for u in call("GET", "users?order_by=-username&limit=2").json["users"]] == ["viewer", "user"]
    assert call("GET", "permissions?limit=3").json["total_entries"] > 100
    assert call("DELETE", "roles/night").status == 200 and call("GET", "users/nina").json["roles"] == []
    rows = ask(home, "GET", "/api/v2/eventLogs?event=create_user&limit=100", **admin).json["event_logs"]
    said = next(r for r in rows if '"nina"' in r["extra"])
    assert said["owner"] == "admin" and json.loads(said["extra"])["password"] == "***" and "geheim" not in json.dumps(rows)


def test_users_and_roles_by_command(home: Engine, tmp_path: Path) -> None:
    user(home, "carl", "User")
    assert "already exists" in home.run("users", "create", "-u", "carl", "-f", "C", "-l", "L", "-e", "c@x", "-r", "User", "-p", "x").stdout
    lost = home.run("users", "create", "-u", "x", "-f", "C", "-l", "L", "-e", "c@x", "-r", "Chief", "-p", "x", check=False)
    assert lost.returncode == 1 and "Chief is not a valid role. Valid roles are: [Admin, Op, Public, User, Viewer" in lost.stderr
    assert {u["username"]: u["roles"] for u in home.json("users", "list")}["carl"] == ["User"]
    home.run("users", "export", str(tmp_path / "u.json"))
    people = json.loads((tmp_path / "u.json").read_text())
    carl = next(p for p in people if p["username"] == "carl")
    assert set(carl) == {"email", "firstname", "id", "lastname", "roles", "username"} and "scrypt" not in (tmp_path / "u.json").read_text()
    (tmp_path / "u.json").write_text(json.dumps([{**carl, "roles": ["Op"]}, {**carl, "username": "dora", "email": "d@x"}]))
    assert home.run("users", "import", str(tmp_path / "u.json")).stdout == "Created 1 users, updated 1\n"
    assert token(home, "carl")  # the password stays
    (tmp_path / "u.json").write_text(json.dumps([{**carl, "username": "karl"}]))
    assert "Changing the username is not allowed" in home.run("users", "import", str(tmp_path / "u.json"), check=False).stderr
    home.run("roles", "create", "a", "b")
    home.run("roles", "add-perms", "a", "-r", "Pools", "Variables", "-a", "can_read", "can_edit")
    home.run("roles", "export", str(tmp_path / "r.json"))
    rows = json.loads((tmp_path / "r.json").read_text())
    assert {"name": "a", "resource": "Pools", "action": "can_edit,can_read"} in rows and {"name": "b", "resource": "", "action": ""} in rows
    home.run("roles", "delete", "a", "b")
    home.run("roles", "import", str(tmp_path / "r.json"))
    mine = [r for r in home.json("roles", "list", "-p") if r["name"] == "a"]
    assert [(r["resource"], r["action"]) for r in mine] == [("Pools", "can_edit,can_read"), ("Variables", "can_edit,can_read")]
    assert home.run("roles", "add-perms", "a", "-r", "Moons", "-a", "can_read", check=False).returncode == 1
    home.run("sync-perm", "--include-dags")
    for name in ("carl", "dora"):
        home.run("users", "delete", "-u", name)


def test_a_role_that_is_not_there_is_told_of(tmp_path: Path) -> None:
    e = Engine(tmp_path, TRADEWIND__CORE__AUTH_MANAGER=MANAGER)
    e.write("d.py", DAGS)
    done = e.run("db", "migrate") and e.run("dag-processor", "--num-runs", "1")
    assert "includes a role named 'team', but that role does not exist" in done.stdout + done.stderr
    assert {d["dag_id"] for d in e.json("dags", "list")} == {"mine", "other", "old_way"}
    e.run("roles", "create", "team")
    e.run("sync-perm", "--include-dags")
    assert {(r["resource"], r["action"]) for r in e.json("roles", "list", "-p") if r["name"] == "team"} == {
        ("DAG Run:mine", "can_create"), ("DAG:mine", "can_edit,can_read"), ("DAG:old_way", "can_read"), ("Website", "can_read")}


def test_tables_of_airflow_are_moved_over(tmp_path: Path) -> None:
    """ab.sql: the ab_ tables of Airflow 3.3.2 with FAB provider 3.10.2, as `sqlite3 airflow.db .dump` writes them."""
    there = sqlite3.connect(tmp_path / "airflow.db")
    there.executescript((GOLDEN / "ab.sql").read_text())
    there.close()
    e = Engine(tmp_path, TRADEWIND__CORE__AUTH_MANAGER=MANAGER)
    e.run("db", "migrate")
    db = sqlite3.connect(next(e.home.glob("*.db")))
    db.execute("attach ? as old", (str(tmp_path / "airflow.db"),))
    for table in ("permission", "view_menu", "role", "user", "user_role", "permission_view", "permission_view_role"):
        db.execute(f"insert into ab_{table} select * from old.ab_{table}")
    db.commit()
    db.close()
    try:
        e.serve()
        for name, role in (("scrypt", "Viewer"), ("pbkdf2", "night shift")):
            held = token(e, name, f"{name} secret")
            assert ask(e, "GET", "/ui/auth/me", **held).json["roles"] == [role]
        assert ask(e, "GET", "/api/v2/pools", **held).status == 200 and ask(e, "GET", "/api/v2/dags", **held).status == 403
        assert ask(e, "POST", "/auth/token", {"username": "gone", "password": "gone secret"}).status == 401  # not active
        user(e, "new", "Viewer")
        assert ask(e, "GET", "/api/v2/dags", **token(e, "new")).status == 200
    finally:
        e.stop()


def test_what_is_public(tmp_path: Path) -> None:
    e = Engine(tmp_path, TRADEWIND__CORE__AUTH_MANAGER=MANAGER, TRADEWIND__FAB__AUTH_ROLE_PUBLIC="Viewer",
               TRADEWIND__FAB__CUSTOM_ROLES=json.dumps({"own": [{"action": "can_read", "resource": "Pools"}]}))  # fmt: skip
    e.write("d.py", DAGS.replace("team", "Public"))
    e.parse()
    try:
        e.serve()
        assert listed(ask(e, "GET", "/api/v2/dags"), "dags") == ["mine", "old_way", "other"]
        assert ask(e, "PATCH", "/api/v2/dags/mine", {"is_paused": True}).status == 403
        assert ask(e, "GET", "/api/v2/variables").status == 403
        assert ask(e, "GET", "/api/v2/dags", Authorization="Bearer forged").status == 403
        assert {"name": "own", "resource": "Pools", "action": "can_read"} in e.json("roles", "list", "-p")
    finally:
        e.stop()


def test_many_sign_in_at_once(home: Engine) -> None:
    """Checking passwords takes long; who is signed in is served meanwhile."""
    from concurrent.futures import ThreadPoolExecutor

    held = token(home, "viewer")
    with ThreadPoolExecutor(8) as pool:
        tries = [pool.submit(ask, home, "POST", "/auth/token", {"username": n, "password": f"{n}'s"}) for n in ("user", "op", "admin") * 4]
        waits = []
        while not all(t.done() for t in tries):
            started = time.monotonic()
            assert ask(home, "GET", "/api/v2/version", **held).status == 200
            waits.append(time.monotonic() - started)
    assert [t.result().status for t in tries] == [201] * 12
    assert sorted(waits)[len(waits) // 2] < 1


def test_only_managers_that_are_there(tmp_path: Path) -> None:
    e = Engine(tmp_path, TRADEWIND__CORE__AUTH_MANAGER="my.company.KeycloakAuthManager")
    e.run("db", "migrate")
    refused = e.run("api-server", check=False)
    assert refused.returncode == 1 and re.search(r"\[core\] auth_manager: 'my\.company\.KeycloakAuthManager' is not there", refused.stderr)
    e.env["TRADEWIND__CORE__AUTH_MANAGER"] = ""
    assert "set [core] auth_manager to" in e.run("users", "list", check=False).stderr
