"""People and programs that mean no good ask the API: nothing leaks, nothing falls over, honest clients are still served."""

from __future__ import annotations

import base64
import gzip
import hashlib
import hmac
import json
import re
import resource
import socket
import threading
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import closing

import pytest
from engine import Engine

NASTY = [
    "' or 1=1 --",
    "x'; drop table dag_run; --",
    '" union select password from connection --',
    "%' escape '",
    "<script>alert(1)</script>",
    "../../../../etc/passwd",
    "%2e%2e%2f",
    "\x01\x02",
    "a" * 5000,
    "😀|%|_",
    "-9223372036854775809",
    "1e999",
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    e = Engine(tmp_path_factory.mktemp("hostile"))
    e.env["TRADEWIND__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS"] = "False"
    e.env["TRADEWIND__CORE__SIMPLE_AUTH_MANAGER_USERS"] = "admin:admin,anna:viewer"
    e.write("d.py", "from airflow.sdk import DAG\nfrom airflow.providers.standard.operators.empty import EmptyOperator\n"
                    "with DAG('d', schedule=None):\n    EmptyOperator(task_id='t')\n")
    e.parse()
    e.serve()
    yield e
    e.stop()


def raw(e: Engine, data: bytes, timeout: float = 20) -> bytes:
    """What comes back until the server closes or is silent."""
    got = b""
    with closing(socket.create_connection(("127.0.0.1", e.port), timeout)) as s:
        try:
            s.sendall(data)
            while part := s.recv(65536):
                got += part
        except (TimeoutError, ConnectionError):
            pass
    return got


def request(e: Engine, method: str, path: str, token: str | None = None, body: bytes = b"", more: str = "") -> tuple[int, bytes]:
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{e.port}\r\nConnection: close\r\n{more}"
    if token:
        head += f"Authorization: Bearer {token}\r\n"
    if body:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    answer = raw(e, head.encode() + b"\r\n" + body)
    status = re.match(rb"HTTP/1\.1 (\d+)", answer)
    return (int(status.group(1)) if status else 0), answer.partition(b"\r\n\r\n")[2]


def password(e: Engine, user: str) -> str:
    return json.loads((e.home / "simple_auth_manager_passwords.json.generated").read_text())[user]


def sign_in(e: Engine, user: str) -> str:
    body = json.dumps({"username": user, "password": password(e, user)}).encode()
    status, text = request(e, "POST", "/auth/token", body=body)
    assert status == 201, text
    return json.loads(text)["access_token"]


def served(e: Engine) -> None:
    started = time.monotonic()
    status, _ = request(e, "GET", "/api/v2/monitor/health")
    assert status == 200 and time.monotonic() - started < 5


def lists() -> list[tuple[str, list[str]]]:
    """Every list of the contract with its filters, from the client package's own code."""
    import inspect

    from airflow_client.client import api

    found = []
    for _, cls in inspect.getmembers(api, inspect.isclass):
        for name, call in inspect.getmembers(cls, inspect.isfunction):
            if not name.endswith("_serialize"):
                continue
            source = inspect.getsource(call)
            path = re.search(r"resource_path='([^']+)'", source)
            if path and "method='GET'" in source and "/wait" not in path.group(1) and "/logout" not in path.group(1):
                found.append((path.group(1), re.findall(r"_query_params\.append\(\('(\w+)'", source)))
    return found


def test_nasty_words_in_every_filter_and_path(home: Engine) -> None:
    token = sign_in(home, "admin")
    asked = 0
    for path, names in lists():
        for word in NASTY:
            quoted = urllib.parse.quote(word, safe="")
            at = re.sub(r"\{\w+\}", quoted, path)
            urls = [f"{at}?" + "&".join(f"{n}={quoted}" for n in names)] if names else [at]
            if names:
                plain = re.sub(r"\{\w+\}", "~", path)
                urls += [f"{plain}?{n}={quoted}" for n in names if word in NASTY[:4]]
            for url in urls:
                status, body = request(home, "GET", url, token)
                asked += 1
                assert status in (200, 400, 403, 404, 406, 414, 422, 431, 307), f"{url}: {status} {body[:300]!r}"
                assert b"root:" not in body and b"SQL" not in body and b"sqlite" not in body.lower(), f"{url}: {body[:300]!r}"
    assert asked > 1000
    assert request(home, "GET", "/api/v2/dags/d", token)[0] == 200
    served(home)


def encode(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_tokens_that_are_none(home: Engine) -> None:
    good = sign_in(home, "anna")
    head, claims, signature = good.split(".")
    told = json.loads(base64.urlsafe_b64decode(claims + "=="))
    admin = encode({**told, "sub": "admin", "role": "admin"})
    old = encode({**told, "exp": 1})
    key = b"guessed"
    guessed = base64.urlsafe_b64encode(hmac.new(key, f"{head}.{admin}".encode(), hashlib.sha512).digest()).rstrip(b"=").decode()
    bad = [
        f"{encode({'alg': 'none', 'typ': 'JWT'})}.{admin}.",
        f"{encode({'alg': 'None'})}.{admin}.{signature}",
        f"{encode({'alg': 'HS256', 'typ': 'JWT'})}.{claims}.{signature}",
        f"{head}.{admin}.{signature}",
        f"{head}.{admin}.{guessed}",
        f"{head}.{old}.{signature}",
        f"{head}.{claims}.",
        f"{head}.{claims}",
        "nonsense",
        "." * 3000,
    ]
    assert request(home, "GET", "/api/v2/dags", good)[0] == 200
    for token in bad:
        assert request(home, "GET", "/api/v2/dags", token)[0] in (401, 403, 431), token[:80]
    assert request(home, "GET", "/api/v2/connections", good)[0] == 403
    assert request(home, "GET", "/api/v2/variables", good)[0] == 403
    assert request(home, "DELETE", "/api/v2/dags/d", good)[0] == 403
    assert request(home, "PATCH", "/api/v2/dags/~/dagRuns", good, b'{"actions": []}')[0] == 403
    assert request(home, "GET", "/api/v2/dags")[0] == 401


def test_tokens_of_the_right_key_that_are_none_either(home: Engine) -> None:
    """Whoever has the key still has to say the right things with it; and what we sign for other ends opens nothing."""
    good = sign_in(home, "anna")
    told = json.loads(base64.urlsafe_b64decode(good.split(".")[1] + "=="))
    secret = (home.home / "run" / "jwt_secret").read_bytes().strip()

    def signed(head: object, claims: object, digest: str = "sha512") -> str:
        text = f"{encode(head)}.{encode(claims)}"
        return text + "." + base64.urlsafe_b64encode(hmac.new(secret, text.encode(), digest).digest()).rstrip(b"=").decode()

    head = {"alg": "HS512", "typ": "JWT"}

    def without(*names: str) -> dict[str, object]:
        return {k: v for k, v in told.items() if k not in names}

    assert request(home, "GET", "/api/v2/dags", signed(head, told))[0] == 200
    bad = {
        "another audience": signed(head, {**told, "aud": "another"}),
        "many audiences, none ours": signed(head, {**told, "aud": ["a", "b"]}),
        "no audience": signed(head, without("aud")),
        "no end": signed(head, without("exp")),
        "an end that is no time": signed(head, {**told, "exp": "never"}),
        "not yet": signed(head, {**told, "nbf": int(time.time()) + 3600}),
        "from the future": signed(head, {**told, "iat": int(time.time()) + 3600}),
        "over": signed(head, {**told, "exp": int(time.time()) - 60}),
        "somebody who is not there": signed(head, {**told, "sub": "nobody", "role": "admin"}),
        "nobody": signed(head, without("sub")),
        "a number": signed(head, {**told, "sub": 1}),
        "downgraded": signed({"alg": "HS256", "typ": "JWT"}, told, "sha256"),
        "another kind of key": signed({"alg": "RS256", "typ": "JWT"}, told),
        "a key of its own": signed({"alg": "HS512", "typ": "JWT", "crit": ["x"]}, told),
        "two of them": f"{good}, {good}",
        "csrf": json.loads(request(home, "GET", "/ui/auth/me", good)[1])["csrf_token"],
        "a file's": json.loads(request(home, "GET", "/api/v2/dags/d/details", good)[1])["file_token"],
    }
    for what, token in bad.items():
        for more in ("", f"Cookie: _token={token}\r\n"):
            status, body = request(home, "GET", "/api/v2/dags", None if more else token, more=more)
            assert status in (401, 403) and secret not in body, what
    # a role that the token claims is not the role that its user has
    assert request(home, "GET", "/api/v2/connections", signed(head, {**told, "role": "admin"}))[0] == 403
    assert request(home, "GET", "/api/v2/variables", signed(head, {**told, "role": ["admin"]}))[0] == 403
    # a bad token is not made good by a good cookie, and none is taken from elsewhere
    assert request(home, "GET", "/api/v2/dags", bad["over"], more=f"Cookie: _token={good}\r\n")[0] == 401
    for path in (f"/api/v2/dags?access_token={good}", f"/api/v2/dags?token={good}", f"/api/v2/dags?_token={good}"):
        assert request(home, "GET", path)[0] == 401
    assert request(home, "GET", "/api/v2/dags", more=f"Authorization: Basic {good}\r\n")[0] == 401
    served(home)


def test_bodies_without_end(home: Engine) -> None:
    token = sign_in(home, "admin")
    auth = f"Host: 127.0.0.1\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"
    said = raw(home, f"POST /api/v2/variables HTTP/1.1\r\n{auth}Content-Length: 99999999999\r\n\r\n".encode() + b"x" * 1000, 5)
    assert not said or said.startswith((b"HTTP/1.1 413", b"HTTP/1.1 400", b"HTTP/1.1 408")), said[:200]
    big = b'{"key": "k", "value": "' + b"v" * (17 << 20) + b'"}'
    assert request(home, "POST", "/api/v2/variables", token, big)[0] in (413, 0)
    deep = b'{"key": "deep", "value": ' + b"[" * 100000 + b"]" * 100000 + b"}"
    assert request(home, "POST", "/api/v2/variables", token, deep)[0] == 422
    for body in (b"{", b"null", b"[]", b'"x"', b"\xff\xfe", b'{"key": 1}', b'{"key": "a\\u0000b", "value": 1}'):
        assert request(home, "POST", "/api/v2/variables", token, body)[0] in (400, 422), body
    served(home)


def test_requests_of_two_minds(home: Engine) -> None:
    """Headers by which a proxy and this server could disagree where a request ends: refused, and the connection is over."""
    token = sign_in(home, "admin")
    host = f"Host: 127.0.0.1:{home.port}\r\n"
    post = f"POST /api/v2/variables HTTP/1.1\r\n{host}Authorization: Bearer {token}\r\nContent-Type: application/json\r\n"
    hidden = f"GET /api/v2/version HTTP/1.1\r\n{host}\r\n"
    body = '{"key":"two_minds","value":1}'
    n = len(body)
    chunks = f"{n:x}\r\n{body}\r\n0\r\n\r\n"
    bad = {
        "length and chunks": f"{post}Content-Length: {n}\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}",
        "chunks and length": f"{post}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n{chunks}",
        "two lengths": f"{post}Content-Length: {n}\r\nContent-Length: 5\r\n\r\n{body}",
        "the same length twice": f"{post}Content-Length: {n}\r\nContent-Length: {n}\r\n\r\n{body}",
        "a list of lengths": f"{post}Content-Length: {n}, {n}\r\n\r\n{body}",
        "a length with a sign": f"{post}Content-Length: +{n}\r\n\r\n{body}",
        "two encodings": f"{post}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n{chunks}",
        "another encoding": f"{post}Transfer-Encoding: xchunked\r\n\r\n{chunks}",
        "an encoding before": f"{post}Transfer-Encoding: gzip, chunked\r\n\r\n{chunks}",
        "a blank before the colon": f"{post}Transfer-Encoding : chunked\r\nContent-Length: {n}\r\n\r\n{body}",
        "two hosts": f"GET /api/v2/dags HTTP/1.1\r\nHost: evil.example\r\n{host}\r\n",
        "no host": "GET /api/v2/dags HTTP/1.1\r\n\r\n",
        "a chunk of a negative length": f"{post}Transfer-Encoding: chunked\r\n\r\n-1\r\n{body}\r\n0\r\n\r\n",
    }
    for what, text in bad.items():
        got = raw(home, (text + hidden).encode(), 10)
        assert got.startswith(b"HTTP/1.1 400"), f"{what}: {got[:200]!r}"
        assert b" 200 OK" not in got, f"{what}: the hidden request was answered"
    assert request(home, "GET", "/api/v2/variables/two_minds", token)[0] == 404
    good = raw(home, f"{post}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}".encode(), 10)
    assert good.startswith(b"HTTP/1.1 201"), good[:200]
    served(home)


def test_texts_that_are_hardly_any(home: Engine) -> None:
    """Bodies and paths at the edge of what is text: an answer each, never another status than promised, never a body that is no JSON."""
    token = sign_in(home, "admin")
    for n, value in enumerate(
        [b'"\\ud800"', b'"\\ud83d\\ude00"', b"9" * 100000, b"1e999999", b"-0", b"NaN", b"[" * 600 + b"]" * 600, b'"\xe2\x98"', b"{\"a\": 1, \"a\": 2}"]
    ):
        status, text = request(home, "POST", "/api/v2/variables", token, b'{"key": "edge_%d", "value": %s}' % (n, value))
        assert status in (201, 422), (value[:50], status)
        json.loads(text)
        assert request(home, "GET", f"/api/v2/variables/edge_{n}", token)[0] == (200 if status == 201 else 404)
    assert request(home, "POST", "/api/v2/variables", token, b'{"__proto__": {"a": 1}, "key": "k", "value": 1}')[0] == 422
    squeezed = gzip.compress(b'{"key": "squeezed", "value": "' + b"0" * 10_000_000 + b'"}')
    assert request(home, "POST", "/api/v2/variables", token, squeezed, more="Content-Encoding: gzip\r\n")[0] in (400, 415, 422)
    for path in ("/api/v2/dags/%c0%ae", "/api/v2/dags/%ff", "/api/v2/dags/%zz", "/api/v2/dags/a%00b", "/api/v2/dags?dag_id_pattern=%ff%00", "/api/v2/../v2/dags", "//api/v2/dags"):
        status, text = request(home, "GET", path, token)
        assert status in (200, 400, 404), (path, status)
        json.loads(text)
    many = "".join(f"X-{n}: 1\r\n" for n in range(5000))
    assert request(home, "GET", "/api/v2/dags", token, more=many)[0] == 431
    assert request(home, "GET", "/api/v2/dags?" + "tags=a&" * 20000, token)[0] in (414, 431)
    served(home)


def test_ten_thousand_at_once_on_one_line(home: Engine) -> None:
    """Requests that do not wait for answers: all are answered, in order, and others are served meanwhile."""
    one = f"GET /api/v2/version HTTP/1.1\r\nHost: 127.0.0.1:{home.port}\r\n"
    with closing(socket.create_connection(("127.0.0.1", home.port), 60)) as s:
        sender = threading.Thread(target=s.sendall, args=((f"{one}\r\n" * 9_999 + f"{one}Connection: close\r\n\r\n").encode(),))
        sender.start()
        got = s.recv(65536)
        served(home)
        while part := s.recv(1 << 20):
            got += part
        sender.join()
    assert got.count(b"HTTP/1.1 200") == 10_000


def test_a_thousand_who_say_nothing(home: Engine) -> None:
    idle = []
    try:
        for n in range(1000):
            s = socket.create_connection(("127.0.0.1", home.port), 10)
            idle.append(s)
            if n % 2:
                s.sendall(b"GET /api/v2/dags HTTP/1.1\r\nHost: 127.")
        served(home)
        served(home)
    finally:
        for s in idle:
            s.close()
    served(home)


def test_more_who_say_nothing_than_there_is_room_for(home: Engine) -> None:
    """Who comes later takes the place of who has been silent for longest: nobody waits until those have timed out."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    flood = []
    try:
        for _ in range(min(5000, hard - 200)):
            flood.append(socket.create_connection(("127.0.0.1", home.port), 10))
        began = time.monotonic()
        served(home)
        assert time.monotonic() - began < 10
    finally:
        for s in flood:
            s.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    served(home)


def test_every_path_of_the_contract_is_described(home: Engine) -> None:
    status, body = request(home, "GET", "/openapi.json")
    spec = json.loads(body)
    assert status == 200 and spec["openapi"].startswith("3.1")
    for path, item in spec["paths"].items():
        for operation in item.values():
            in_path = [p["name"] for p in operation["parameters"] if p["in"] == "path"]
            assert in_path == re.findall(r"\{(\w+)\}", path)
            assert operation["responses"]
    wrong = b'{"username": "nobody at all", "password": "x"}'
    for method, path in (("GET", "/auth/token"), ("GET", "/auth/token/login"), ("POST", "/auth/token"), ("POST", "/auth/token/cli"), ("POST", "/auth/login")):
        refused, _ = request(home, method, path, body=wrong if method == "POST" else b"")
        assert refused in (401, 403) and str(refused) in spec["paths"][path][method.lower()]["responses"], path
    missing = {path for path, _ in lists()} - spec["paths"].keys()
    assert not {re.sub(r"\{\w+\}", "{}", p) for p in missing} - {re.sub(r"\{\w+\}", "{}", p) for p in spec["paths"]}


def test_a_byte_at_a_time(home: Engine) -> None:
    """Who sends a header or a body by drops is hung up on; those who ask meanwhile are served."""
    head = f"GET /api/v2/version HTTP/1.1\r\nHost: 127.0.0.1:{home.port}\r\nX-Slow: ".encode()
    body = f"POST /auth/token HTTP/1.1\r\nHost: 127.0.0.1:{home.port}\r\nContent-Length: 100000\r\n\r\n".encode()
    slow = [socket.create_connection(("127.0.0.1", home.port), 20) for _ in range(400)]
    started = time.monotonic()
    try:
        for n, s in enumerate(slow):
            s.sendall(head if n % 2 else body)
        left = list(slow)
        while left and time.monotonic() - started < 60:
            served(home)
            for s in list(left):
                try:
                    s.sendall(b"a")
                except OSError:
                    left.remove(s)
            time.sleep(1)
        assert not left, f"{len(left)} slow clients still hold on"
        assert time.monotonic() - started > 20
    finally:
        for s in slow:
            s.close()
