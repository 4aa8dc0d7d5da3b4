"""Asking an Execution API, and keeping what it answers in a form that two servers may share."""

from __future__ import annotations

import http.client
import json
import re
import time
from typing import Any

import jwt

AUDIENCE = "urn:airflow.apache.org:task"
KEPT = ("refreshed-api-token", "content-range", "correlation-id", "content-type")
MOMENT = re.compile(r"20\d\d-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)?")
FIXED = re.compile(r"2026-0[1-3]-|2036-")


class Talk:
    def __init__(self, port: int, secret: str) -> None:
        self.port = port
        self.secret = secret
        self.answers: dict[str, Any] = {}
        self.names: dict[str, str] = {}

    def named(self, ti: str, name: str) -> str:
        self.names[ti] = f"<{name}>"
        return ti

    def token(self, sub: str, scope: str | None = "execution", key: str | None = None, ttl: int = 600, **claims: Any) -> str:
        now = int(time.time())
        said = {"sub": sub, "scope": scope, "aud": AUDIENCE, "iat": now, "nbf": now, "exp": now + ttl, **claims}
        return jwt.encode({k: v for k, v in said.items() if v is not None}, key or self.secret, "HS512")

    def plain(self, text: str) -> str:
        """Without ids and moments that are nobody's business."""
        for ti, name in self.names.items():
            text = text.replace(ti, name)

        def moment(m: re.Match[str]) -> str:
            return m[0].replace("+00:00", "Z") if FIXED.match(m[0]) else "<moment>"

        return MOMENT.sub(moment, text)

    def shape(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {k: self.shape(v) for k, v in value.items()}
        if isinstance(value, list):
            return [self.shape(v) for v in value]
        return self.plain(value) if isinstance(value, str) else value

    def send(self, method: str, path: str, body: Any, token: str | None, version: str | None, headers: dict[str, str]) -> tuple[http.client.HTTPResponse, bytes]:
        sent = {"Content-Type": "application/json", **{k.replace("_", "-"): v for k, v in headers.items()}}
        if token:
            sent["Authorization"] = f"Bearer {token}"
        if version:
            sent["Airflow-API-Version"] = version
        data = None if body is None and method in ("GET", "HEAD", "DELETE") else b"" if body is None else json.dumps(body).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, "/execution" + path, data, sent)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer, text

    def raw(self, method: str, path: str, body: Any, token: str) -> Any:
        return json.loads(self.send(method, path, body, token, None, {})[1])

    def ask(self, name: str, method: str, path: str, body: Any = None, token: str | None = None, version: str | None = None, **headers: str) -> None:
        answer, text = self.send(method, path, body, token, version, headers)
        kept = {k: answer.headers[k] for k in KEPT if answer.headers[k]}
        if "refreshed-api-token" in kept:
            kept["refreshed-api-token"] = jwt.decode(kept["refreshed-api-token"], options={"verify_signature": False}).get("scope")
        if not text:
            kept.pop("content-type", None)
        try:
            said = json.loads(text) if text else None
        except ValueError:
            said = text.decode()
        assert name not in self.answers, name
        self.answers[name] = {"status": answer.status, "headers": kept, "body": self.shape(said)}
