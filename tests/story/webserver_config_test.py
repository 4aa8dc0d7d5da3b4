"""A team moves over from Airflow and brings its webserver_config.py along."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from auth_test import ask
from fab_test import MANAGER
from oidc_test import SECRET, Liar, log, of, try_it

from engine import Engine

HEAD = """
import os
from airflow.www.fab_security.manager import AUTH_OAUTH, AUTH_DB
from flask_appbuilder.security.manager import AUTH_LDAP
from flask_appbuilder import const, expose
from flask import flash, redirect, session
from airflow.providers.fab.auth_manager.security_manager.override import FabAirflowSecurityManagerOverride
from airflow.www.security import AirflowSecurityManager

assert (AUTH_DB, AUTH_LDAP, AUTH_OAUTH, const.AUTH_REMOTE_USER) == (1, 2, 4, 3)
basedir = os.path.abspath(os.path.dirname(__file__))
WTF_CSRF_ENABLED = True
AUTH_TYPE = AUTH_OAUTH
AUTH_USER_REGISTRATION = True
AUTH_USER_REGISTRATION_ROLE = "Viewer"
AUTH_ROLES_SYNC_AT_LOGIN = True
AUTH_ROLES_MAPPING = {"admins": ["Admin"], "night": ("Op",)}
AUTH_RATE_LIMITED = False
OAUTH_PROVIDERS = [{
    "name": "liar", "icon": "fa-key", "token_key": "access_token",
    "remote_app": {"client_id": "tw", "client_secret": os.environ["LIARS_SECRET"], "server_metadata_url": "ISSUER/.well-known/openid-configuration",
                   "api_base_url": "ISSUER", "client_kwargs": {"scope": "openid email profile"}},
}]
"""
TEAM = """
class Team(FabAirflowSecurityManagerOverride):
    def get_oauth_user_info(self, provider, resp):
        assert provider == "liar" and resp["access_token"] == "at"
        by_rule = super().get_oauth_user_info(provider, resp)
        me = self.appbuilder.sm.oauth_remotes[provider].get("user").json()
        if me.get("fault"):
            raise ValueError(me["fault"])
        return {"username": "team_" + by_rule["username"], "email": me["mail"], "first_name": "T", "role_keys": me["teams"]}

SECURITY_MANAGER_CLASS = Team
"""


@pytest.fixture
def moved(tmp_path: Path) -> Iterator[tuple[Engine, Liar]]:
    liar = Liar()
    e = Engine(tmp_path, TRADEWIND__CORE__AUTH_MANAGER=MANAGER, LIARS_SECRET=SECRET)
    e.run("db", "migrate")
    e.run("roles", "create", "night")
    yield e, liar
    e.stop()
    liar.server.shutdown()


def write(e: Engine, liar: Liar, *parts: str) -> Path:
    path = e.home / "webserver_config.py"
    path.write_text("".join(parts).replace("ISSUER", liar.issuer))
    return path


def test_as_it_is(moved: tuple[Engine, Liar]) -> None:
    e, liar = moved
    write(e, liar, HEAD)
    e.serve()
    liar.id_token = lambda c: liar.good({**c, "groups": ["admins", "night", "others"]})
    assert try_it(e, liar)[1].status == 303
    ada = of(e, "ada")
    assert sorted(ada["roles"]) == ["Admin", "Op", "Viewer"] and ada["first_name"] == "Ada"
    assert SECRET not in log(e) and "has no effect" not in log(e)


def test_what_fab_says_in_the_configuration_comes_first(moved: tuple[Engine, Liar]) -> None:
    e, liar = moved
    write(e, liar, HEAD)
    e.env["TRADEWIND__FAB__AUTH_USER_REGISTRATION_ROLE"] = "User"
    e.serve()
    assert try_it(e, liar)[1].status == 303 and of(e, "ada")["roles"] == ["User"]


def test_a_security_manager_that_says_who_it_is(moved: tuple[Engine, Liar]) -> None:
    e, liar = moved
    write(e, liar, HEAD, TEAM)
    e.serve()
    liar.userinfo = {"sub": "77", "mail": "a@team.example.org", "teams": ["night"]}
    assert try_it(e, liar)[1].status == 303
    ada = of(e, "team_ada")
    assert sorted(ada["roles"]) == ["Op", "Viewer"] and ada["email"] == "a@team.example.org"
    liar.userinfo["fault"] = "no team"
    b, page = try_it(e, liar)
    assert page.status == 502 and "names no user" in page.text and "no team" not in page.text and not b.token()
    assert "ValueError: no team" in log(e) and SECRET not in log(e)


def test_by_the_older_name(moved: tuple[Engine, Liar]) -> None:
    e, liar = moved
    write(e, liar, HEAD, "class Old(AirflowSecurityManager):\n    def oauth_user_info(self, provider, response=None):\n        return {'username': 'old'}\n"
                         "FAB_SECURITY_MANAGER_CLASS = Old\n")  # fmt: skip
    e.serve()
    assert try_it(e, liar)[1].status == 303 and of(e, "old")["roles"] == ["Viewer"]


def test_a_security_manager_that_decides_more_is_refused(moved: tuple[Engine, Liar]) -> None:
    e, liar = moved
    path = write(e, liar, HEAD, "class Strict(AirflowSecurityManager):\n    def auth_user_oauth(self, userinfo):\n        return None\nSECURITY_MANAGER_CLASS = Strict\n")
    done = e.run("api-server", check=False)
    assert done.returncode != 0 and f"{path}: the security manager Strict has a auth_user_oauth of its own" in done.stderr
    e.env["TRADEWIND__FAB__CONFIG_FILE"] = ""
    e.serve()  # it is not read
    assert 'type="password"' in ask(e, "GET", "/auth/login").text


def test_a_file_that_does_not_run(moved: tuple[Engine, Liar]) -> None:
    e, liar = moved
    path = write(e, liar, "AUTH_TYPE = 4\nOAUTH_PROVIDERS = [\n")
    done = e.run("api-server", check=False)
    assert done.returncode != 0 and str(path) in done.stderr and "SyntaxError" in done.stderr
    write(e, liar, "import nobody_has_this\n")
    assert "No module named 'nobody_has_this'" in e.run("api-server", check=False).stderr


def test_what_nobody_listens_to_is_told(moved: tuple[Engine, Liar]) -> None:
    e, liar = moved
    write(e, liar, HEAD, "AUTH_SAML_THINGS = 1\nAUTH_OAUTH_ROLE_KEYS = {'liar': 'teams'}\nAUTH_LDAP_CALLBACK = len\n")
    e.serve()
    assert "AUTH_SAML_THINGS has no effect" in log(e) and "AUTH_LDAP_CALLBACK has no effect" in log(e)
    liar.id_token = lambda c: liar.good({**c, "teams": ["admins"]})
    assert try_it(e, liar)[1].status == 303 and sorted(of(e, "ada")["roles"]) == ["Admin", "Viewer"]
