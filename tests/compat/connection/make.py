"""Connections by URI and by JSON as Airflow itself reads and writes them → golden.jsonl.

python make.py > golden.jsonl        # with apache-airflow installed
"""

from __future__ import annotations

import itertools
import json
import random
from pathlib import Path

from airflow.models.connection import Connection

FIELDS = (
    "conn_type",
    "description",
    "host",
    "login",
    "password",
    "schema",
    "port",
    "extra",
)

TYPES = ["postgres", "postgresql", "google-cloud-platform", "http", "aws", "x"]
# "my_db" as a URI's scheme would be no scheme to urlsplit
JSON_TYPES = [*TYPES, "Mixed-Case", "my_db"]
AUTHORITIES = [
    "",
    "host",
    "host:5432",
    "user@host",
    "user:pass@host:1",
    ":pass@host",
    "us%40er:p%2Fa%3Ass%20w@ho%2Dst:99",
    "user:@host",
    "@host",
    "user@:5432",
    "10.0.0.1:80",
    "[::1]:8080",
    "https://inner.example:8443",
    "user:pw@https://inner.example",
    "h-o.s_t",
    "HOST.Example",
    "user:p:w@host",
    "user:p@ss@host",
    "%2Fvar%2Frun%2Fsocket",
]
PATHS = ["", "/", "/schema", "/sch%20ema", "/a/b", "/a%2Fb"]
QUERIES = [
    "",
    "?a=1",
    "?a=x&b=y",
    "?a=%7B%22k%22%3A1%7D",
    "?a=true&b=null&c=1.5",
    "?__extra__=%7B%22n%22%3A%7B%22m%22%3A%5B1%2C2%5D%7D%7D",
    "?__extra__=plain%20text",
    "?a=&b",
    "?a=1&a=2",
    "?k%20y=v+w%2Bx",
    "?__extra__=",
    "?",
]
VALUES = {
    "host": [
        "h",
        "ex-ample.com",
        "https://h.example",
        "with space",
        "ü.example",
        "a/b",
        "h?x",
        "h#f",
    ],
    "login": ["u", "us@er", "u:x", "a b", "ñ", "a+b~c"],
    "password": ["p", "p@:/?#[]", "100%", "a&b=c", "'\""],
    "schema": ["db", "d b", "a/b", "s?x", "s#f"],
    "port": [1, 5432, 65535],
    "extra": [
        "{}",
        '{"a": "b"}',
        '{"a": 1}',
        '{"a": {"b": [1, null]}, "c": "x y"}',
        '{"a+b": "c&d=e"}',
        '{"k": ""}',
    ],
    "description": ["what it is for"],
}


def fields(c: Connection) -> dict[str, object]:
    return {name: getattr(c, name) for name in FIELDS}


def from_uri(uri: str) -> dict[str, object]:
    try:
        c = Connection(conn_id="c", uri=uri)
        return {"uri": uri, "fields": fields(c), "written": c.get_uri()}
    except Exception as e:  # noqa: BLE001  (whatever it is, that is the answer)
        return {"uri": uri, "error": type(e).__name__}


def from_json(value: dict[str, object]) -> dict[str, object]:
    text = json.dumps(value)
    try:
        c = Connection.from_json(text, conn_id="c")
        return {"json": text, "fields": fields(c), "written": c.get_uri()}
    except Exception as e:  # noqa: BLE001  (whatever it is, that is the answer)
        return {"json": text, "error": type(e).__name__}


def main() -> None:
    pick = random.Random(7)
    cases: list[dict[str, object]] = []
    uris = [
        f"{t}://{a}{p}{q}"
        for t, a, p, q in itertools.chain(
            ((t, "u:p@h:1", "/s", "?a=1") for t in TYPES),
            (("http", a, "/s", "") for a in AUTHORITIES),
            (
                ("mysql", a, p, q)
                for a in ("u:p@h:1", "h", "")
                for p in PATHS
                for q in QUERIES
            ),
        )
    ]
    uris += [
        f"{pick.choice(TYPES)}://{pick.choice(AUTHORITIES)}{pick.choice(PATHS)}{pick.choice(QUERIES)}"
        for _ in range(200)
    ]
    uris += [
        "Mixed-Case://u:p@h:1/s",
        "type://h:port",
        "type://h:99999",
        "t://u%zz@h",
        "t://h/a%2",
    ]
    for uri in dict.fromkeys(uris):
        cases.append(from_uri(uri))
    for _ in range(250):
        names = [n for n in VALUES if pick.random() < 0.6]
        value: dict[str, object] = {
            "conn_type": pick.choice(JSON_TYPES),
            **{n: pick.choice(VALUES[n]) for n in names},
        }
        if isinstance(value.get("extra"), str) and pick.random() < 0.5:
            value["extra"] = json.loads(str(value["extra"]))
        if "port" in value and pick.random() < 0.3:
            value["port"] = str(value["port"])
        cases.append(from_json(value))
    Path(__file__).with_name("golden.jsonl").write_text(
        "".join(json.dumps(c) + "\n" for c in cases)
    )


main()
