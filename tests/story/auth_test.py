"""People sign in with a browser and with programs, go away again, and nobody else gets in meanwhile."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest

from engine import Engine

DAG = """
from airflow.sdk import DAG
from airflow.providers.standard.operators.empty import EmptyOperator
with DAG("d", schedule=None):
    EmptyOperator(task_id="t")
"""


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    text: str

    @property
    def json(self) -> dict:
        return json.loads(self.text)

    @property
    def cookie(self) -> str:
        """The session's cookie as a browser sends it back; "" when it was taken away."""
        found = [c.split(";")[0] for c in self.headers.get_all("Set-Cookie", []) if c.startswith("_token=")]
        return found[-1] if found and found[-1] != "_token=" else ""


def ask(e: Engine, method: str, path: str, body: object = None, **headers: str) -> Answer:
    """Underscores in names of headers are dashes; a dict is sent as JSON, a text as a form."""
    c = http.client.HTTPConnection("127.0.0.1", e.port, timeout=30)
    told = {k.replace("_", "-"): v for k, v in headers.items()}
    data = None
    if isinstance(body, str):
        told.setdefault("Content-Type", "application/x-www-form-urlencoded")
        data = body.encode()
    elif body is not None:
        told.setdefault("Content-Type", "application/json")
        data = json.dumps(body).encode()
    c.request(method, path, data, told)
    r = c.getresponse()
    answer = Answer(r.status, r.headers, r.read().decode())
    c.close()
    return answer


def password(e: Engine, user: str) -> str:
    return json.loads((e.home / "simple_auth_manager_passwords.json.generated").read_text())[user]


def form(user: str, word: str, following: str = "/") -> str:
    return urlencode({"username": user, "password": word, "next": following})


def sign_in(e: Engine, user: str) -> str:
    a = ask(e, "POST", "/auth/login", form(user, password(e, user)))
    assert a.status == 303, a.text
    return a.cookie


def bearer(e: Engine, user: str) -> dict[str, str]:
    a = ask(e, "POST", "/auth/token", {"username": user, "password": password(e, user)})
    assert a.status == 201, a.text
    return {"Authorization": f"Bearer {a.json['access_token']}"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    e = Engine(tmp_path_factory.mktemp("auth"))
    e.env["TRADEWIND__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS"] = "False"
    e.env["TRADEWIND__CORE__SIMPLE_AUTH_MANAGER_USERS"] = "admin:admin,anna:viewer,otto:op,slow:viewer"
    e.write("d.py", DAG)
    e.parse()
    e.serve()
    yield e
    e.stop()


def test_a_browser_signs_in_and_out(home: Engine) -> None:
    page = ask(home, "GET", "/auth/login?next=/dags%3Fa%3D1")
    assert page.status == 200 and page.headers["Content-Type"].startswith("text/html")
    assert "<script" not in page.text and 'method="post"' in page.text and 'value="/dags?a=1"' in page.text
    assert "script-src" not in page.headers["Content-Security-Policy"] and "default-src 'none'" in page.headers["Content-Security-Policy"]
    wrong = ask(home, "POST", "/auth/login", form("anna", "wrong"), Origin=f"http://127.0.0.1:{home.port}")
    assert wrong.status == 401 and not wrong.cookie and "Wrong user name or password" in wrong.text
    right = ask(home, "POST", "/auth/login", form("anna", password(home, "anna"), "/dags?a=1"), Sec_Fetch_Site="same-origin")
    assert right.status == 303 and right.headers["Location"] == "/dags?a=1"
    told = right.headers["Set-Cookie"]
    assert "HttpOnly" in told and "SameSite=Lax" in told and "Path=/" in told and "Secure" not in told
    me = ask(home, "GET", "/ui/auth/me", Cookie=right.cookie).json
    assert (me["id"], me["username"], me["roles"]) == ("anna", "anna", ["viewer"])
    assert me["permissions"]["DAGs"] == ["read", "menu"] and "read" not in me["permissions"]["Connections"]
    assert "Dags" in ask(home, "GET", "/ui/auth/menus", Cookie=right.cookie).json["authorized_menu_items"]
    out = ask(home, "GET", "/api/v2/auth/logout", Cookie=right.cookie)
    assert out.status == 307 and out.headers["Location"] == "/auth/login" and not out.cookie
    assert ask(home, "GET", "/ui/auth/me", Cookie=right.cookie).status == 403
    assert ask(home, "GET", "/ui/auth/me").status == 401


def test_what_the_airflow_paths_lead_to(home: Engine) -> None:
    assert ask(home, "GET", "/api/v2/auth/login").headers["Location"] == "/auth/login"
    assert ask(home, "GET", "/api/v2/auth/login?next=/a%26b").headers["Location"] == "/auth/login?next=/a%26b"
    for bad in ("http://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        quoted = urlencode({"next": bad})
        assert ask(home, "GET", f"/api/v2/auth/login?{quoted}").status == 400
        assert "evil" not in ask(home, "GET", f"/auth/login?{quoted}").text
        done = ask(home, "POST", "/auth/login", form("anna", password(home, "anna"), bad))
        assert done.status == 303 and done.headers["Location"] == "/"
    shown = ask(home, "POST", "/auth/login", form('"><script>alert(1)</script>', "x"))
    assert shown.status == 401 and "<script" not in shown.text and "&lt;script" in shown.text


def test_a_program_signs_out(home: Engine) -> None:
    token, other = bearer(home, "anna"), bearer(home, "anna")
    assert ask(home, "GET", "/api/v2/dags", **token).status == 200
    ask(home, "POST", "/auth/logout", **token)
    refused = ask(home, "GET", "/api/v2/dags", **token)
    assert refused.status == 403 and refused.json["detail"] == "Invalid JWT token"
    assert ask(home, "GET", "/api/v2/dags", **other).status == 200
    more = ask(home, "POST", "/ui/auth/token", {"token_type": "cli"}, **other).json
    assert more["expires_in_seconds"] == 3600
    assert ask(home, "GET", "/api/v2/dags", Authorization=f"Bearer {more['access_token']}").status == 200


def test_tokens_with_a_name(home: Engine) -> None:
    anna, otto, admin = bearer(home, "anna"), bearer(home, "otto"), bearer(home, "admin")
    made = ask(home, "POST", "/tradewind/tokens", {"name": "nightly", "days": 7}, **anna)
    assert made.status == 201 and made.json["owner"] == "anna"
    held = {"Authorization": f"Bearer {made.json['access_token']}"}
    assert ask(home, "GET", "/ui/auth/me", **held).json["username"] == "anna"
    assert ask(home, "POST", "/tradewind/tokens", {"name": "", "days": 0}, **anna).status == 422
    listed = ask(home, "GET", "/tradewind/tokens", **anna)
    assert [t["name"] for t in listed.json["tokens"]] == ["nightly"] and "ey" not in listed.text
    assert ask(home, "GET", "/tradewind/tokens", **otto).json["tokens"] == []
    assert [t["owner"] for t in ask(home, "GET", "/tradewind/tokens", **admin).json["tokens"]] == ["anna"]
    number = made.json["id"]
    assert ask(home, "DELETE", f"/tradewind/tokens/{number}", **otto).status == 404
    assert ask(home, "DELETE", f"/tradewind/tokens/{number}", **anna).status == 204
    assert ask(home, "GET", "/ui/auth/me", **held).status == 403
    assert ask(home, "GET", "/tradewind/tokens", **anna).json["tokens"][0]["revoked_at"]
    made = home.run("tokens", "create", "ci", "-u", "otto", "-d", "1").stdout.strip()
    assert ask(home, "GET", "/ui/auth/me", Authorization=f"Bearer {made}").json["roles"] == ["op"]
    row = home.json("tokens", "list")[-1]
    assert (row["name"], row["owner"], row["revoked_at"]) == ("ci", "otto", None)
    home.run("tokens", "revoke", row["id"])
    assert ask(home, "GET", "/ui/auth/me", Authorization=f"Bearer {made}").status == 403
    assert home.run("tokens", "create", "x", "-u", "nobody", check=False).returncode == 1


def test_other_pages_change_nothing(home: Engine) -> None:
    cookie = sign_in(home, "admin")
    change = {"is_paused": True}
    here, there = f"http://127.0.0.1:{home.port}", "http://evil.example"

    def patch(**headers: str) -> int:
        return ask(home, "PATCH", "/api/v2/dags/d", change, **headers).status

    assert patch(Cookie=cookie, Origin=here) == 200
    assert patch(Cookie=cookie, Sec_Fetch_Site="same-origin") == 200
    assert patch(Cookie=cookie, Origin=there) == 403
    assert patch(Cookie=cookie, Origin="null") == 403
    assert patch(Cookie=cookie, Origin=f"http://127.0.0.1:{home.port + 1}") == 403
    assert patch(Cookie=cookie, Sec_Fetch_Site="cross-site") == 403
    assert patch(Cookie=cookie, Sec_Fetch_Site="same-site", Origin=here) == 403
    assert patch(Cookie=cookie) == 403
    csrf = ask(home, "GET", "/ui/auth/me", Cookie=cookie).json["csrf_token"]
    assert patch(Cookie=cookie, X_CSRF_Token=csrf) == 200
    assert patch(Cookie=sign_in(home, "admin"), X_CSRF_Token=csrf) == 403
    assert patch(**bearer(home, "admin"), Origin=there) == 200  # who holds the token needs no page
    assert ask(home, "GET", "/api/v2/dags", Cookie=cookie, Sec_Fetch_Site="cross-site").status == 200
    assert ask(home, "POST", "/auth/login", form("anna", password(home, "anna")), Origin=there).status == 403


def test_guessing_takes_longer_and_longer(home: Engine) -> None:
    told = [ask(home, "POST", "/auth/token", {"username": "slow", "password": f"guess {n}"}) for n in range(8)]
    assert [a.status for a in told][:5] == [401] * 5 and told[-1].status == 429
    assert int(told[-1].headers["Retry-After"]) >= 1
    right = {"username": "slow", "password": password(home, "slow")}
    assert ask(home, "POST", "/auth/token", right).status == 429
    assert ask(home, "POST", "/auth/login", form("slow", right["password"])).status == 429
    assert ask(home, "GET", "/api/v2/dags", **bearer(home, "anna")).status == 200
    assert "guess" not in (home.home / "api-server.log").read_text()


def test_every_answer_is_shut_tight(home: Engine) -> None:
    for path in ("/api/v2/dags", "/api/v2/monitor/health", "/auth/login", "/nowhere", "/api/v2/nowhere"):
        h = ask(home, "GET", path).headers
        assert h["X-Content-Type-Options"] == "nosniff" and "frame-ancestors 'none'" in h["Content-Security-Policy"]
        assert h["X-Frame-Options"] == "DENY" and h["Referrer-Policy"] == "same-origin" and h["Cache-Control"] == "no-store"
        assert not h["Strict-Transport-Security"]


def test_over_tls_the_cookie_is_for_tls(tmp_path: Path) -> None:
    import ssl
    import subprocess
    import urllib.request

    from engine import wait_until

    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", "/CN=localhost", "-keyout", str(key), "-out", str(cert)], check=True, capture_output=True)
    e = Engine(tmp_path, TRADEWIND__API__SSL_CERT=str(cert), TRADEWIND__API__SSL_KEY=str(key))
    e.env["TRADEWIND__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS"] = "False"
    try:
        e.run("db", "migrate")
        e.start("api-server")
        trust = ssl._create_unverified_context()

        def page() -> http.client.HTTPResponse | None:
            try:
                return urllib.request.urlopen(f"https://127.0.0.1:{e.port}/auth/login", timeout=5, context=trust)
            except OSError:
                return None

        assert wait_until(page, 30, "nobody listens").headers["Strict-Transport-Security"].startswith("max-age=")
        c = http.client.HTTPSConnection("127.0.0.1", e.port, context=trust, timeout=20)
        c.request("POST", "/auth/login", form("admin", password(e, "admin")), {"Content-Type": "application/x-www-form-urlencoded"})
        assert re.search(r"_token=ey.*; Secure", c.getresponse().headers["Set-Cookie"])
        c.close()
    finally:
        e.stop()


def test_below_a_path_of_a_proxy(tmp_path: Path) -> None:
    e = Engine(tmp_path)
    e.env["TRADEWIND__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS"] = "False"
    e.env["TRADEWIND__API__BASE_URL"] = "http://example.org/flow"
    try:
        e.run("db", "migrate")
        e.serve()
        for following, leads_to in (("/dags?a=1", "/flow/dags?a=1"), ("/flow/dags", "/flow/dags"), ("/", "/flow/"), ("//evil.org", "/flow/")):
            a = ask(e, "POST", "/auth/login", form("admin", password(e, "admin"), following))
            assert a.status == 303 and a.headers["Location"] == leads_to
    finally:
        e.stop()


def test_who_is_configured_no_more_is_out(tmp_path: Path) -> None:
    e = Engine(tmp_path)
    e.env["TRADEWIND__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS"] = "True"
    try:
        e.run("db", "migrate")
        e.serve()
        everybody = ask(e, "GET", "/auth/token").json["access_token"]
        me = ask(e, "GET", "/ui/auth/me").json
        assert me["username"] == "Anonymous" and not me["can_sign_out"] and "delete" in me["permissions"]["DAGs"]
        e.stop()
        e.env["TRADEWIND__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS"] = "False"
        e.serve()
        assert ask(e, "GET", "/api/v2/dags", Authorization=f"Bearer {everybody}").status == 403
    finally:
        e.stop()
