"""A proxy of the team's own has signed people in already, and names them in a header."""

from __future__ import annotations

from pathlib import Path

from auth_test import ask
from fab_test import MANAGER

from engine import Engine


def engine(folder: Path, proxies: str, **more: str) -> Engine:
    e = Engine(folder, TRADEWIND__CORE__AUTH_MANAGER=MANAGER, TRADEWIND__FAB__AUTH_TYPE="AUTH_REMOTE_USER", TRADEWIND__FAB__AUTH_REMOTE_USER_FROM=proxies,
               TRADEWIND__FAB__AUTH_REMOTE_USER_ENV_VAR="HTTP_X_REMOTE_USER", **more)  # fmt: skip
    e.run("db", "migrate")
    e.run("users", "create", "-u", "ada", "-f", "F", "-l", "L", "-e", "ada@x", "-r", "Op", "-p", "x")
    return e


def test_who_is_named_comes_in(tmp_path: Path) -> None:
    e = engine(tmp_path, "10.0.0.5, 127.0.0.0/8", TRADEWIND__FAB__AUTH_USER_REGISTRATION="True", TRADEWIND__FAB__AUTH_USER_REGISTRATION_ROLE="Viewer")
    e.serve()
    try:
        assert ask(e, "GET", "/ui/auth/ways").json["proxy"]
        for name, role in (("ada", "Op"), ("grace", "Viewer")):
            a = ask(e, "GET", "/auth/login?next=/dags", None, X_Remote_User=name)
            assert a.status == 303 and a.headers["Location"] == "/dags"
            me = ask(e, "GET", "/ui/auth/me", None, Cookie=a.cookie).json
            assert (me["username"], me["roles"]) == (name, [role])
        assert ask(e, "GET", "/auth/login").status == 200  # nobody is named
        assert ask(e, "GET", "/ui/auth/me", None, X_Remote_User="ada").status == 401  # the session counts, not the header
        assert ask(e, "GET", "/auth/login?next=//evil.example.org", None, X_Remote_User="ada").headers["Location"] == "/"
    finally:
        e.stop()


def test_nobody_else_is_believed(tmp_path: Path) -> None:
    e = engine(tmp_path, "10.0.0.5, ::1, 126.0.0.0/8, 128.0.0.0/1")
    e.serve()
    try:
        a = ask(e, "GET", "/auth/login", None, X_Remote_User="ada", X_Forwarded_For="10.0.0.5")
        assert a.status == 200 and not a.headers.get("Set-Cookie") and "is not in [fab] auth_remote_user_from" in (e.home / "api-server.log").read_text()
    finally:
        e.stop()


def test_what_must_be_said(tmp_path: Path) -> None:
    e = engine(tmp_path, "")
    assert "must list your proxies' addresses" in e.run("api-server", check=False).stderr
    e.env["TRADEWIND__FAB__AUTH_REMOTE_USER_FROM"] = "10.0.0.0/33"
    assert "must list your proxies' addresses" in e.run("api-server", check=False).stderr
    e.env["TRADEWIND__FAB__AUTH_REMOTE_USER_ENV_VAR"] = "REMOTE_USER"
    assert "as HTTP_X_REMOTE_USER for X-Remote-User" in e.run("api-server", check=False).stderr
