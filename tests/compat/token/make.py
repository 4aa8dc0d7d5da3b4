"""Makes golden.json: tokens made and judged by PyJWT and by cryptography's Fernet."""

from __future__ import annotations

import base64
import datetime
import json
import sys
import warnings
from pathlib import Path
from typing import Any
from unittest import mock

import jwt
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

NOW = 1_700_000_000
KEY = "a-key-for-tests-0123456789-0123456789-0123456789-0123456789-abcdef"

CLAIMS: list[dict[str, Any]] = [
    {},
    {"sub": "1", "exp": NOW + 60, "iat": NOW, "nbf": NOW},
    {"sub": "grüße € 😀", "list": [1, 2.5, None, True], "big": 2**70},
    {"exp": NOW},
    {"exp": NOW + 1},
    {"exp": NOW - 1},
    {"exp": NOW - 9},
    {"exp": NOW - 10},
    {"exp": NOW - 11},
    {"exp": NOW + 0.9},
    {"exp": float(NOW) + 100},
    {"exp": "soon"},
    {"exp": None},
    {"exp": []},
    {"nbf": NOW + 10},
    {"nbf": NOW + 11},
    {"nbf": NOW},
    {"iat": NOW + 10},
    {"iat": NOW + 11},
    {"iat": "now"},
    {"aud": "api"},
    {"aud": ["x", "api"]},
    {"aud": ["x"]},
    {"aud": []},
    {"aud": "apis"},
    {"aud": 5},
    {"aud": ["api", 5]},
    {"iss": "me"},
    {"iss": "you"},
    {"iss": "me", "aud": "api", "exp": NOW + 5},
]


class FrozenTime(datetime.datetime):
    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> FrozenTime:
        return cls.fromtimestamp(NOW, tz)


def judged(token: str, key: str, alg: str, leeway: int, audience: str | None, issuer: str | None) -> Any:
    """The claims as JSON, or the kind of refusal."""
    try:
        with mock.patch("jwt.api_jwt.datetime", FrozenTime):
            got = jwt.decode(token, key, algorithms=[alg], leeway=leeway, audience=audience, issuer=issuer)
        return json.dumps(got, ensure_ascii=False)
    except jwt.ExpiredSignatureError:
        return ["expired"]
    except jwt.PyJWTError:
        return ["refused"]


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def signed(header: dict[str, Any], claims: bytes, alg: str) -> str:
    text = f"{b64(json.dumps(header).encode())}.{b64(claims)}"
    algorithm = jwt.get_algorithm_by_name(alg)
    return f"{text}.{b64(algorithm.sign(text.encode(), algorithm.prepare_key(KEY)))}"


def broken_tokens() -> list[str]:
    good = jwt.encode({"sub": "1"}, KEY, "HS256")
    head, body, sig = good.split(".")
    return [
        "",
        ".",
        "..",
        "...",
        good[:-5],
        good + "A",
        good + ".x",
        good.replace(".", "", 1),
        f"{head}.{b64(b'{}')}.{sig}",
        f"{b64(json.dumps({'alg': 'none', 'typ': 'JWT'}).encode())}.{body}.",
        jwt.encode({"sub": "1"}, "another key that is long enough to be one", "HS256"),
        signed({"typ": "JWT"}, b'{"sub":"1"}', "HS256"),
        signed({"alg": "HS512", "typ": "JWT"}, b'{"sub":"1"}', "HS256"),
        signed({"alg": "HS256", "crit": ["x"], "x": 1}, b'{"sub":"1"}', "HS256"),
        signed({"alg": "HS256", "typ": "other"}, b'{"sub":"1"}', "HS256"),
        signed({"alg": "HS256"}, b"[1]", "HS256"),
        signed({"alg": "HS256"}, b"nonsense", "HS256"),
    ]


def jwt_cases() -> list[dict[str, Any]]:
    tokens = [jwt.encode(c, KEY, alg) for c in CLAIMS for alg in ("HS256", "HS512")] + broken_tokens()
    cases = []
    for token in tokens:
        for alg in ("HS256", "HS512"):
            for leeway, audience, issuer in (
                (0, None, None),
                (10, None, None),
                (0, "api", None),
                (10, None, "me"),
            ):
                want = judged(token, KEY, alg, leeway, audience, issuer)
                case = {
                    "token": token,
                    "alg": alg,
                    "leeway": leeway,
                    "aud": audience,
                    "iss": issuer,
                    "want": want,
                }
                cases.append(case)
    return cases


def fernet_cases() -> list[dict[str, Any]]:
    keys = [base64.urlsafe_b64encode(bytes([i] * 32)).decode() for i in (0, 7, 255)]
    boxes = [Fernet(k) for k in keys]
    cases = []
    for n in (0, 1, 15, 16, 17, 1000):
        plain = ("äb" * n).encode()[:n] if n != 1 else b"x"
        token = boxes[1].encrypt(plain)
        damaged = bytearray(base64.urlsafe_b64decode(token))
        damaged[-1] ^= 1
        for text in (token, base64.urlsafe_b64encode(bytes(damaged)), token[:-8], b"plain text", b""):
            for ring in ((1,), (0, 1), (0, 2)):
                try:
                    raw = MultiFernet([boxes[i] for i in ring]).decrypt(text)
                    want: str | None = raw.decode("latin-1")
                except InvalidToken:
                    want = None
                cases.append({"keys": ",".join(keys[i] for i in ring), "token": text.decode(), "want": want})
    return cases


def main() -> None:
    warnings.simplefilter("ignore")
    out = Path(__file__).with_name("golden.json")
    jwts, fernets = jwt_cases(), fernet_cases()
    data = {"now": NOW, "key": KEY, "jwt": jwts, "fernet": fernets}
    out.write_text(json.dumps(data, indent=0) + "\n", encoding="utf-8")
    print(f"{len(jwts)} + {len(fernets)} cases, {out.stat().st_size} bytes", file=sys.stderr)


if __name__ == "__main__":
    main()
