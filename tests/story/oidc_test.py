"""People sign in with what a provider knows of them: AUTH_OAUTH, against a certified OpenID provider, and against one that lies."""

from __future__ import annotations

import base64
import hashlib
import http.client
import http.cookies
import json
import os
import shutil
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import jwt
import pytest
from auth_test import ask
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from fab_test import MANAGER
from jwt.algorithms import RSAAlgorithm

from engine import ROOT, Engine, free_port, wait_until

SECRET = "a client's secret, & nobody else's"
# What npm has installed (script/bootstrap test); TW_OIDC_MODULES: elsewhere.
MODULES = Path(os.environ.get("TW_OIDC_MODULES", str(ROOT / "build" / "oidc" / "node_modules")))


class Page:
    def __init__(self, status: int, url: str, headers: http.client.HTTPMessage, text: str):
        self.status, self.url, self.headers, self.text = status, url, headers, text

    @property
    def location(self) -> str:
        return urljoin(self.url, self.headers["Location"])

    @property
    def query(self) -> dict[str, str]:
        return {k: v[0] for k, v in parse_qs(urlsplit(self.location).query).items()}


class Browser:
    """Cookies by host, and redirects as far as one wants to follow them."""

    def __init__(self) -> None:
        self.cookies: dict[tuple[str, str], tuple[str, str]] = {}

    def get(self, url: str, method: str = "GET", form: str | None = None) -> Page:
        at = urlsplit(url)
        c = http.client.HTTPConnection(at.hostname or "", at.port, timeout=30)
        host = at.hostname or ""
        mine = "; ".join(f"{n}={v}" for (h, n), (v, path) in self.cookies.items() if h == host and at.path.startswith(path))
        told = {"Cookie": mine} if mine else {}
        if form:
            told["Content-Type"] = "application/x-www-form-urlencoded"
        c.request(method, at.path + (f"?{at.query}" if at.query else ""), form, told)
        r = c.getresponse()
        for line in r.headers.get_all("Set-Cookie") or []:
            for name, morsel in http.cookies.SimpleCookie(line).items():
                if morsel["max-age"] == "0" or not morsel.value:
                    self.cookies.pop((host, name), None)
                else:
                    self.cookies[host, name] = (morsel.value, morsel["path"] or "/")
        page = Page(r.status, url, r.headers, r.read().decode())
        c.close()
        return page

    def follow(self, url: str, until: Callable[[Page], bool] = lambda p: False) -> Page:
        for _ in range(20):
            page = self.get(url)
            if until(page) or "Location" not in page.headers:
                return page
            url = page.location
        raise AssertionError(f"round and round, at {url}")

    def token(self) -> str:
        return next((v for (_, n), (v, _) in self.cookies.items() if n == "_token"), "")


def url(e: Engine, path: str) -> str:
    return f"http://127.0.0.1:{e.port}{path}"


def engine(folder: Path, providers: list[dict[str, Any]], **options: str) -> Engine:
    told = {f"TRADEWIND__FAB__{k.upper()}": v for k, v in options.items()}
    e = Engine(folder, TRADEWIND__CORE__AUTH_MANAGER=MANAGER, TRADEWIND__FAB__AUTH_TYPE="AUTH_OAUTH",
               TRADEWIND__FAB__OAUTH_PROVIDERS=json.dumps(providers), TRADEWIND__FAB__AUTH_RATE_LIMIT="1000 per 1 second", **told)  # fmt: skip
    e.run("db", "migrate")
    e.run(
        "users",
        "create",
        "-u",
        "root",
        "-f",
        "F",
        "-l",
        "L",
        "-e",
        "root@x",
        "-r",
        "Admin",
        "-p",
        "of the house",
    )
    return e


def of(e: Engine, name: str) -> dict[str, Any]:
    return next((u for u in e.json("users", "list") if u["username"] == name), {})


def log(e: Engine) -> str:
    return (e.home / "api-server.log").read_text()


# ── a provider that is real ────────────────────────────────────────────────────────────


class Provider:
    def __init__(self, folder: Path, clients: list[dict[str, Any]]):
        self.port = free_port()
        self.issuer = f"http://localhost:{self.port}"
        (folder / "clients.json").write_text(json.dumps(clients))
        self.log = (folder / "provider.log").open("ab")
        self.process = subprocess.Popen(
            ["node", str(ROOT / "tests/compat/oidc/provider.mjs"), str(self.port), str(folder / "clients.json")],
            env={**os.environ, "OIDC_MODULES": str(MODULES)}, stdout=self.log, stderr=self.log)  # fmt: skip
        wait_until(self.listens, 60, "the provider does not listen")

    def listens(self) -> bool:
        assert self.process.poll() is None, "the provider has ended"
        try:
            return Browser().get(f"{self.issuer}/.well-known/openid-configuration").status == 200
        except OSError:
            return False

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        self.log.close()

    def entry(self, name: str = "house", **more: Any) -> dict[str, Any]:
        return {"name": name, "icon": "fa-key", "token_key": "access_token", **more, "remote_app": {
            "client_id": "tradewind", "client_secret": SECRET, "server_metadata_url": f"{self.issuer}/.well-known/openid-configuration",
            "client_kwargs": {"scope": "openid email profile groups"}}}  # fmt: skip


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Engine, Provider]]:
    if not MODULES.exists() or not shutil.which("node"):
        said = "no OpenID provider is here: script/bootstrap test installs one"
        pytest.fail(said) if os.environ.get("CI") else pytest.skip(said)
    folder = tmp_path_factory.mktemp("oidc")
    e = engine(folder, [{"name": "x", "remote_app": {}}])
    client = {"client_id": "tradewind", "client_secret": SECRET, "post_logout_redirect_uris": [url(e, "/auth/login")],
              "redirect_uris": [url(e, "/auth/oauth-authorized/house"), url(e, "/auth/oauth-authorized/second")]}  # fmt: skip
    provider = Provider(folder, [client])
    mapping = {"admins": ["Admin"], "night": ["Viewer", "nobody knows this one"]}
    e.env.update(TRADEWIND__FAB__OAUTH_PROVIDERS=json.dumps([provider.entry(), provider.entry("second", label="the other", logout=True)]),
                 TRADEWIND__FAB__AUTH_USER_REGISTRATION="True", TRADEWIND__FAB__AUTH_USER_REGISTRATION_ROLE="Public",
                 TRADEWIND__FAB__AUTH_ROLES_MAPPING=json.dumps(mapping), TRADEWIND__FAB__AUTH_ROLES_SYNC_AT_LOGIN="True")  # fmt: skip
    e.serve()
    yield e, provider
    e.stop()
    provider.stop()


def sign_in(e: Engine, login: str, name: str = "house", following: str = "/") -> tuple[Browser, Page]:
    """As far as the page that is gone on to, or the one that says why not."""
    b = Browser()
    page = b.follow(
        url(e, f"/auth/login/{name}?next={following}"),
        until=lambda p: "/interaction/" in p.url,
    )
    page = b.follow(f"{page.url}?login={login}", until=lambda p: "oauth-authorized" in p.url)
    return b, page


def test_a_person_comes_in(real: tuple[Engine, Provider]) -> None:
    e, _ = real
    page = ask(e, "GET", "/auth/login?next=/dags%3Fx%3D1%262")
    assert "Sign in with house" in page.text and "Sign in with the other" in page.text and 'type="password"' not in page.text
    assert 'href="/auth/login/house?next=%2Fdags%3Fx%3D1%262"' in page.text
    assert ask(e, "GET", "/ui/auth/ways").json == {
        "password": False,
        "proxy": False,
        "providers": [
            {"name": "house", "label": "house"},
            {"name": "second", "label": "the other"},
        ],
    }
    b, done = sign_in(e, "ada", following="/dags%3Fx%3D1%262")
    assert done.status == 303 and done.headers["Location"] == "/dags?x=1&2"
    me = json.loads(b.get(url(e, "/ui/auth/me")).text)
    assert me["username"] == "ada" and set(me["roles"]) == {"Admin", "Viewer", "Public"}
    ada = of(e, "ada")
    assert (ada["first_name"], ada["last_name"], ada["email"]) == (
        "Ada",
        "Lovelace",
        "ada@example.org",
    )
    _, done = sign_in(e, "bob")
    assert done.status == 303 and sorted(of(e, "bob")["roles"]) == ["Public", "Viewer"]
    e.run("users", "add-role", "-u", "bob", "-r", "Op")
    sign_in(e, "bob")
    assert "Op" not in of(e, "bob")["roles"]  # as the provider says
    assert ask(e, "POST", "/auth/token", {"username": "root", "password": "of the house"}).status == 201  # programs of the house


def test_an_address_that_nobody_has_verified_is_no_name(
    real: tuple[Engine, Provider],
) -> None:
    e, _ = real
    _, done = sign_in(e, "eve")
    assert done.status in (303, 500) and of(e, "ada")["first_name"] == "Ada"
    assert not of(e, "ada@example.org")


def test_keys_turn(real: tuple[Engine, Provider]) -> None:
    e, provider = real
    assert sign_in(e, "ada")[1].status == 303
    assert Browser().get(f"{provider.issuer}/turn-keys").text == "turned"
    wait_until(lambda: sign_in(e, "ada")[1].status == 303, 30, "the new keys are not taken")


def test_the_provider_says_no(real: tuple[Engine, Provider]) -> None:
    e, _ = real
    b, page = sign_in(e, "nobody")
    assert page.status == 403 and "did not let you in, or you have declined" in page.text.replace("&#39;", "'") and not b.token()


def test_a_user_who_is_not_active(real: tuple[Engine, Provider]) -> None:
    e, _ = real
    assert sign_in(e, "bob")[1].status == 303
    for active, status in ((0, 403), (1, 303)):
        with closing(sqlite3.connect(e.home / "tradewind.db", timeout=10)) as db, db:
            db.execute("update ab_user set active = ? where username = 'bob'", (active,))
        b, page = sign_in(e, "bob")
        assert page.status == status and bool(b.token()) == bool(active)


def test_signing_out_there_too(real: tuple[Engine, Provider]) -> None:
    e, provider = real
    b, _ = sign_in(e, "ada", "second")
    out = b.get(url(e, "/auth/logout"))
    assert out.status == 307 and out.location.startswith(f"{provider.issuer}/session/end?")
    assert out.query["client_id"] == "tradewind" and out.query["post_logout_redirect_uri"] == url(e, "/auth/login") and out.query["id_token_hint"].count(".") == 2
    assert b.get(out.location).status == 200  # it asks whether one wants to
    assert b.get(url(e, "/ui/auth/me")).status == 401 and b.get(url(e, "/auth/logout")).location == url(e, "/auth/login")
    b, _ = sign_in(e, "ada")  # here it is not asked for, unless one asks
    first = b.cookies.copy()
    assert b.get(url(e, "/auth/logout")).location == url(e, "/auth/login")
    b.cookies = first
    assert b.get(url(e, "/auth/logout?provider=1")).location.startswith(provider.issuer)


def test_what_was_not_begun_here(real: tuple[Engine, Provider]) -> None:
    e, _ = real
    b = Browser()
    begun = b.get(url(e, "/auth/login/house?next=/dags"))
    state, mine = begun.query["state"], dict(b.cookies)
    assert {"nonce", "code_challenge"} <= set(begun.query) and begun.query["code_challenge_method"] == "S256" and len(state) > 40
    for path in (f"/auth/oauth-authorized/house?code=x&state={state}x", "/auth/oauth-authorized/house?code=x", "/auth/oauth-authorized/house",
                 f"/auth/oauth-authorized/second?code=x&state={state}"):  # fmt: skip
        b.cookies = dict(mine)
        page = b.get(url(e, path))
        assert page.status == 400 and "was not begun in this browser" in page.text, path
    other = Browser().get(url(e, f"/auth/oauth-authorized/house?code=x&state={state}"))
    assert other.status == 400 and "was not begun in this browser" in other.text
    assert (
        Browser()
        .get(
            url(
                e,
                "/auth/oauth-authorized/house?error=%3Cscript%3E&error_description=give+me+your+password",
            )
        )
        .text.count("password")
        == 0
    )
    assert ask(e, "GET", "/auth/login/nobody").status == 404 and ask(e, "GET", "/auth/oauth-authorized/nobody").status == 404


def test_a_code_counts_once(real: tuple[Engine, Provider]) -> None:
    e, _ = real
    b = Browser()
    page = b.follow(url(e, "/auth/login/house"), until=lambda p: "/interaction/" in p.url)
    back = b.follow(
        f"{page.url}?login=ada",
        until=lambda p: "oauth-authorized" in p.headers.get("Location", ""),
    )
    kept = dict(b.cookies)
    assert b.get(back.location).status == 303
    b.cookies = {k: v for k, v in kept.items() if k[1] != "_token"}  # somebody has copied it all
    again = b.get(back.location)
    assert again.status == 400 and "over already" in again.text and not b.token()


@pytest.mark.parametrize(
    "following",
    [
        "//evil.example.org/x",
        "https://evil.example.org",
        "/\\evil.example.org",
        "javascript:alert(1)",
        "/%09/evil.example.org",
    ],
)
def test_no_other_host_is_gone_on_to(real: tuple[Engine, Provider], following: str) -> None:
    e, _ = real
    _, done = sign_in(e, "ada", following=following)
    assert done.status == 303 and done.headers["Location"] == "/"


def test_the_secret_stays_where_it_is(real: tuple[Engine, Provider]) -> None:
    e, _ = real
    sign_in(e, "ada")
    assert SECRET not in log(e) and SECRET not in e.run("config", "list").stdout
    assert SECRET not in ask(e, "GET", "/auth/login").text


# ── a provider that lies ───────────────────────────────────────────────────────────────


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Liar:
    """A provider in whose place the test speaks: `id_token(claims)` makes the token, `userinfo` is what it tells."""

    def __init__(self) -> None:
        self.keys = {"one": rsa.generate_private_key(65537, 2048)}
        self.other = rsa.generate_private_key(65537, 2048)
        self.id_token: Callable[[dict[str, Any]], str | None] = self.good
        self.userinfo: dict[str, Any] = {}
        self.document: dict[str, Any] = {}
        self.answer: tuple[int, str] | None = None
        self.thinks = threading.Event()  # it answers when this is set
        self.thinks.set()
        self.asked: list[tuple[str, dict[str, str], str]] = []
        self.nonce = ""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *args: Any) -> None:
                pass

            def do_GET(self) -> None:
                outer.serve(self, "")

            def do_POST(self) -> None:
                outer.serve(self, self.rfile.read(int(self.headers["Content-Length"])).decode())

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def serve(self, h: BaseHTTPRequestHandler, body: str) -> None:
        path = urlsplit(h.path).path
        self.asked.append((path, dict(h.headers), body))
        status, text = 200, ""
        if path == "/.well-known/openid-configuration":
            text = json.dumps({"issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize", "token_endpoint": f"{self.issuer}/token",
                               "jwks_uri": f"{self.issuer}/keys", "userinfo_endpoint": f"{self.issuer}/userinfo",
                               "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"], **self.document})  # fmt: skip
        elif path == "/keys":
            text = json.dumps(
                {
                    "keys": [
                        {
                            **json.loads(RSAAlgorithm.to_jwk(k.public_key())),
                            "kid": kid,
                            "use": "sig",
                        }
                        for kid, k in self.keys.items()
                    ]
                }
            )
        elif path == "/token":
            self.thinks.wait(30)
            token = self.id_token(self.claims())
            status, text = self.answer or (
                200,
                json.dumps(
                    {
                        "access_token": "at",
                        "token_type": "Bearer",
                        **({"id_token": token} if token else {}),
                    }
                ),
            )
        elif path in ("/userinfo", "/user"):
            text = json.dumps(self.userinfo)
        else:
            status = 404
        h.send_response(status)
        h.send_header("Content-Length", str(len(text)))
        h.end_headers()
        h.wfile.write(text.encode())

    def claims(self) -> dict[str, Any]:
        now = int(time.time())
        return {"iss": self.issuer, "aud": "tw", "sub": "77", "exp": now + 300, "iat": now, "nonce": self.nonce,
                "preferred_username": "ada", "email": "ada@example.org", "given_name": "Ada", "groups": []}  # fmt: skip

    def good(self, claims: dict[str, Any]) -> str:
        return jwt.encode(claims, self.keys["one"], "RS256", {"kid": "one"})

    def entry(self, name: str = "liar", **app: Any) -> dict[str, Any]:
        return {
            "name": name,
            "remote_app": {
                "client_id": "tw",
                "client_secret": SECRET,
                "server_metadata_url": f"{self.issuer}/.well-known/openid-configuration",
                **app,
            },
        }


@pytest.fixture(scope="module")
def lying(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Engine, Liar]]:
    liar = Liar()
    git = {"client_id": "tw", "client_secret": SECRET, "api_base_url": liar.issuer, "access_token_url": f"{liar.issuer}/token",
           "authorize_url": f"{liar.issuer}/authorize?prompt=x", "client_kwargs": {"scope": "read:user", "token_endpoint_auth_method": "client_secret_post"}}  # fmt: skip
    e = engine(tmp_path_factory.mktemp("liar"), [liar.entry(), {"name": "github", "remote_app": git}, {**liar.entry("listed"), "whitelist": ["@example.com"]}],
               auth_user_registration="True", auth_user_registration_role="Viewer")  # fmt: skip
    e.serve()
    yield e, liar
    e.stop()
    liar.server.shutdown()


def try_it(e: Engine, liar: Liar, name: str = "liar") -> tuple[Browser, Page]:
    b = Browser()
    begun = b.get(url(e, f"/auth/login/{name}"))
    liar.nonce = begun.query.get("nonce", "")
    return b, b.get(url(e, f"/auth/oauth-authorized/{name}?code=c&state={begun.query['state']}"))


def hs256(claims: dict[str, Any], secret: bytes) -> str:
    import hmac

    text = b64(b'{"alg":"HS256","kid":"one"}') + "." + b64(json.dumps(claims).encode())
    return text + "." + b64(hmac.new(secret, text.encode(), hashlib.sha256).digest())


def test_tokens_that_are_none(lying: tuple[Engine, Liar]) -> None:
    e, liar = lying
    assert try_it(e, liar)[1].status == 303
    pem = liar.keys["one"].public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    forged: dict[str, Callable[[dict[str, Any]], str | None]] = {
        "alg none": lambda c: b64(b'{"alg":"none"}') + "." + b64(json.dumps(c).encode()) + ".",
        "HS256 with the public key": lambda c: hs256(c, pem),
        "HS256 with the client's secret": lambda c: hs256(c, SECRET.encode()),
        "HS256 with nothing": lambda c: hs256(c, b""),
        "another's key": lambda c: jwt.encode(c, liar.other, "RS256", {"kid": "one"}),
        "a key that is not published": lambda c: jwt.encode(c, liar.other, "RS256", {"kid": "two"}),
        "RS512, which it does not sign with": lambda c: jwt.encode(c, liar.keys["one"], "RS512", {"kid": "one"}),
        "another issuer": lambda c: liar.good({**c, "iss": "https://accounts.example.org"}),
        "another audience": lambda c: liar.good({**c, "aud": "somebody"}),
        "no audience": lambda c: liar.good({k: v for k, v in c.items() if k != "aud"}),
        "two audiences and no azp": lambda c: liar.good({**c, "aud": ["tw", "other"]}),
        "another azp": lambda c: liar.good({**c, "azp": "other"}),
        "expired": lambda c: liar.good({**c, "exp": int(time.time()) - 120}),
        "no exp": lambda c: liar.good({k: v for k, v in c.items() if k != "exp"}),
        "another nonce": lambda c: liar.good({**c, "nonce": "other"}),
        "no nonce": lambda c: liar.good({k: v for k, v in c.items() if k != "nonce"}),
        "no sub": lambda c: liar.good({k: v for k, v in c.items() if k != "sub"}),
        "no token at all": lambda c: None,
        "words": lambda c: "a.b.c",
    }  # fmt: skip
    try:
        for what, make in forged.items():
            liar.id_token = make
            b, page = try_it(e, liar)
            assert page.status in (401, 502) and "could not be verified" in page.text and not b.token(), what
        liar.id_token = lambda c: liar.good({**c, "aud": ["tw", "other"], "azp": "tw"})
        assert try_it(e, liar)[1].status == 303
    finally:
        liar.id_token = liar.good
    assert SECRET not in log(e) and "could not be verified" in log(e)


def test_what_the_token_lacks_userinfo_tells(lying: tuple[Engine, Liar]) -> None:
    e, liar = lying
    try:
        liar.id_token = lambda c: liar.good({k: v for k, v in c.items() if k not in ("preferred_username", "email", "given_name", "groups")})
        liar.userinfo = {
            "sub": "77",
            "preferred_username": "grace",
            "email": "grace@example.org",
            "given_name": "Grace",
        }
        assert try_it(e, liar)[1].status == 303 and of(e, "grace")["first_name"] == "Grace"
        liar.userinfo["sub"] = "78"
        b, page = try_it(e, liar)
        assert page.status == 401 and not b.token()
    finally:
        liar.id_token, liar.userinfo = liar.good, {}


def test_oauth_without_openid(lying: tuple[Engine, Liar]) -> None:
    e, liar = lying
    liar.userinfo, liar.id_token = (
        {"login": "octo", "email": "octo@example.org"},
        lambda c: None,
    )
    try:
        assert try_it(e, liar, "github")[1].status == 303
        octo = of(e, "github_octo")  # as FAB names them
        assert octo["email"] == "github_octo@email.notfound" and octo["roles"] == ["Viewer"]
        body = parse_qs(next(b for p, _, b in reversed(liar.asked) if p == "/token"))
        assert body["client_secret"] == [SECRET] and body["code"] == ["c"] and len(body["code_verifier"][0]) >= 43
    finally:
        liar.userinfo, liar.id_token = {}, liar.good


def test_the_secret_goes_where_the_provider_wants_it(
    lying: tuple[Engine, Liar],
) -> None:
    e, liar = lying
    assert try_it(e, liar)[1].status == 303
    headers, body = next((h, b) for p, h, b in reversed(liar.asked) if p == "/token")
    shown = base64.b64decode(headers["Authorization"].removeprefix("Basic ")).decode()
    assert shown == "tw:" + urlencode({"x": SECRET})[2:].replace("+", "%20") and "secret" not in body


def test_addresses_on_the_list(lying: tuple[Engine, Liar]) -> None:
    e, liar = lying
    b, page = try_it(e, liar, "listed")
    assert page.status == 403 and not b.token()
    try:
        liar.id_token = lambda c: liar.good({**c, "email": "ada@example.com", "preferred_username": "listed"})
        assert try_it(e, liar, "listed")[1].status == 303
        liar.id_token = lambda c: liar.good({**c, "email": "ada@example.com", "email_verified": False})
        assert try_it(e, liar, "listed")[1].status == 403
    finally:
        liar.id_token = liar.good


def test_what_the_token_endpoint_says_is_told_in_words(
    lying: tuple[Engine, Liar],
) -> None:
    e, liar = lying
    try:
        for answer, status, said in (((400, '{"error":"invalid_grant"}'), 401, "did not accept this sign-in"), ((401, '{"error":"invalid_client"}'), 502, "client id and secret"),
                                     ((500, "<html>"), 502, "an answer that is none"), ((200, "[]"), 502, "an answer that is none")):  # fmt: skip
            liar.answer = answer
            b, page = try_it(e, liar)
            assert page.status == status and said in page.text and not b.token(), page.text
    finally:
        liar.answer = None


def test_others_are_served_while_a_provider_thinks(lying: tuple[Engine, Liar]) -> None:
    e, liar = lying
    liar.thinks.clear()
    done: list[int] = []
    waiting = [threading.Thread(target=lambda: done.append(try_it(e, liar)[1].status)) for _ in range(8)]
    try:
        for t in waiting:
            t.start()
        wait_until(lambda: sum(p == "/token" for p, _, _ in liar.asked) >= 8, 20, "nobody asks")
        for _ in range(20):
            assert ask(e, "GET", "/api/v2/version").status == 200
        assert not done
    finally:
        liar.thinks.set()
        for t in waiting:
            t.join()
    assert len(done) == 8


def test_a_document_of_another_issuer(tmp_path: Path) -> None:
    liar = Liar()
    e = engine(tmp_path, [liar.entry()])
    e.serve()
    try:
        liar.document = {"issuer": "https://accounts.example.org"}
        page = ask(e, "GET", "/auth/login/liar")
        assert page.status == 503 and "cannot be reached" in page.text and "of another issuer" in log(e)
        liar.document = {}
        liar.server.shutdown()
        liar.server.server_close()
        assert ask(e, "GET", "/auth/login/liar").status == 503
    finally:
        e.stop()


def test_nobody_is_registered_unless_told(tmp_path: Path) -> None:
    liar = Liar()
    e = engine(tmp_path, [liar.entry()])
    e.run(
        "users",
        "create",
        "-u",
        "grace",
        "-f",
        "G",
        "-l",
        "H",
        "-e",
        "grace@x",
        "-r",
        "Op",
        "-p",
        "x",
    )
    e.serve()
    try:
        b, page = try_it(e, liar)
        assert page.status == 403 and "there is no such user here" in page.text and not b.token() and not of(e, "ada")
        liar.id_token = lambda c: liar.good({**c, "preferred_username": "grace"})
        assert try_it(e, liar)[1].status == 303 and of(e, "grace")["roles"] == ["Op"]
    finally:
        e.stop()
        liar.server.shutdown()


def test_what_is_said_wrongly(tmp_path: Path) -> None:
    e = engine(tmp_path, [])
    for providers, said in (("", "there are no providers"), ("[]", "must be a list of providers"), ('[{"name": "a b"}]', "needs a name, of letters"),
                            ('[{"name": "a", "remote_app": {}}]', "provider 'a' needs client_id"),
                            ('[{"name": "a", "remote_app": {"client_id": "x", "authorize_url": "https://x"}}]', "provider 'a' needs access_token_url"),
                            ('[{"name": "a", "remote_app": {"client_id": "x", "server_metadata_url": "ftp://x"}}]', "is no http or https URL")):  # fmt: skip
        e.env["TRADEWIND__FAB__OAUTH_PROVIDERS"] = providers
        done = e.run("api-server", check=False)
        assert done.returncode != 0 and said in done.stderr, done.stderr
    e.env["TRADEWIND__FAB__AUTH_TYPE"] = "AUTH_SAML"
    assert "it must be AUTH_DB, AUTH_LDAP" in e.run("api-server", check=False).stderr


def test_the_secret_by_itself(tmp_path: Path) -> None:
    liar = Liar()
    entry = liar.entry()
    del entry["remote_app"]["client_secret"]
    e = engine(
        tmp_path,
        [entry],
        oauth_client_secret_cmd="echo from a command",
        auth_user_registration="True",
    )
    e.serve()
    try:
        assert try_it(e, liar)[1].status == 303
        headers = next(h for p, h, _ in reversed(liar.asked) if p == "/token")
        assert base64.b64decode(headers["Authorization"].removeprefix("Basic ")).decode() == "tw:from%20a%20command"
    finally:
        e.stop()
        liar.server.shutdown()


# ── dex ────────────────────────────────────────────────────────────────────────────────

# TW_DEX: a dex, as tests/compat/oidc/build-dex.sh makes one; that takes too long to be a part of every run.
DEX = os.environ.get("TW_DEX", "")
DEX_CONFIG = """
issuer: {issuer}
storage: {{type: memory}}
web: {{http: 127.0.0.1:{port}}}
oauth2: {{skipApprovalScreen: true}}
enablePasswordDB: true
staticClients:
- {{id: tradewind, secret: "{secret}", name: Tradewind, redirectURIs: ["{back}"]}}
staticPasswords:
- email: grace@example.org
  hash: "$2a$10$2b2cU8CPhOTaGrs1HRQuAueS7JTT5ZHsHSzYiFPm1leZck7Mc8T4W"
  username: grace
  userID: "08a8684b-db88-4b73-90a9-3cd1661f5466"
"""


def test_with_dex(tmp_path: Path) -> None:
    port = free_port()
    issuer = f"http://127.0.0.1:{port}/dex"
    entry = {"name": "dex", "remote_app": {"client_id": "tradewind", "client_secret": SECRET, "server_metadata_url": f"{issuer}/.well-known/openid-configuration",
                                           "client_kwargs": {"scope": "openid email profile groups"}}}  # fmt: skip
    e = engine(tmp_path, [entry], auth_user_registration="True", auth_user_registration_role="Viewer")
    config = tmp_path / "dex.yaml"
    config.write_text(DEX_CONFIG.format(issuer=issuer, port=port, secret=SECRET, back=url(e, "/auth/oauth-authorized/dex")))
    process = subprocess.Popen([DEX, "serve", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        e.serve()

        def listens() -> bool:
            try:
                return Browser().get(f"{issuer}/.well-known/openid-configuration").status == 200
            except OSError:
                return False

        wait_until(listens, 60, "dex does not listen")
        b = Browser()
        page = b.follow(url(e, "/auth/login/dex?next=/dags"))
        assert 'name="password"' in page.text, page.text
        page = b.get(page.url, "POST", urlencode({"login": "grace@example.org", "password": "password"}))
        while "oauth-authorized" not in page.url:
            assert "Location" in page.headers, page.text
            page = b.get(page.location)
        assert page.status == 303 and page.headers["Location"] == "/dags", page.text
        grace = next(u for u in e.json("users", "list") if u["email"] == "grace@example.org")
        assert grace["roles"] == ["Viewer"] and json.loads(b.get(url(e, "/ui/auth/me")).text)["username"] == grace["username"]
    finally:
        e.stop()
        process.kill()
        process.wait()


test_with_dex.__test__ = bool(DEX)  # type: ignore[attr-defined]
