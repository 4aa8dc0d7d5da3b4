"""Asks a server through the real client package and keeps every answer in a form that two servers can share.

What must differ between two servers (instants of this hour, ids, hosts, paths, tokens) is replaced by a word for what it is; all else
stays as it was sent.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from typing import Any

from airflow_client import client

INSTANT = re.compile(r"20(?:2[5-9]|[3-9]\d)-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?")
UUID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
SEARCHED = re.compile(r"look for ID \w+")
TOKEN = re.compile(r"\bey[\w-]+\.[\w-]+\.[\w-]*|\.?ey[\w-]{20,}(?:\.[\w-]+)+")
PATH = re.compile(r"/[^\s'\"]*/(rest_\w+\.py)")
LINE = re.compile(r"line \d+")

IDS = {"id", "pid", "event_log_id", "import_error_id", "trigger_id", "asset_id", "triggerer_id", "backfill_id"}
HOSTS = {"hostname", "unixname"}
NUMBERS = {"duration", "last_parse_duration"}

Keep = Callable[[Any], Any]


def common(value: Any, key: str = "") -> Any:
    """The answer without what belongs to one server alone."""
    if isinstance(value, dict):
        return {k: common(v, k) for k, v in sorted(value.items())}
    if isinstance(value, list) and key == "owners":
        return sorted(value)
    if isinstance(value, list):
        kept = [common(v, key) for v in value]
        return [v for n, v in enumerate(kept) if key != "detail" or v not in kept[:n]]  # Airflow tells some faults twice
    if isinstance(value, bool) or value is None:
        return value
    if key in IDS and isinstance(value, int):
        return "<id>"
    if key in NUMBERS and isinstance(value, (int, float)):
        return "<number>"
    if key in HOSTS:
        return "<host>"
    if isinstance(value, str):
        value = INSTANT.sub("<instant>", value)
        value = UUID.sub("<uuid>", value)
        value = TOKEN.sub("<token>", value)
        value = PATH.sub(r"<path>/\1", value)
        value = SEARCHED.sub("look for ID <token>", value)
        return LINE.sub("line <n>", value)
    return value


class Talk:
    """One conversation. `answers` has a name, a status and a body for every question."""

    def __init__(self, host: str, token: str | None = None) -> None:
        self.client = client.ApiClient(client.Configuration(host=host, access_token=token))
        self.answers: dict[str, dict[str, Any]] = {}
        self.sent: dict[str, tuple[str, int, str, str]] = {}  # operation, status, media type and text of each answer
        self.misfits: list[str] = []
        self.chapter = ""  # before the names of the questions that follow

    def ask(self, name: str, call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """What the client made of the answer; None when it was an error. A body that no model takes is a misfit."""
        name = self.chapter + name
        assert name not in self.answers, f"two checks are named {name}"
        method = getattr(call.__self__, call.__name__ + "_without_preload_content")  # type: ignore[attr-defined]
        try:
            raw = method(*args, **kwargs)
            status, text, headers = raw.status, raw.read().decode(), raw.headers
        except client.ApiException as e:
            status, text, headers = e.status or 0, e.body or "", e.headers or {}
        self.kept(name, call.__name__, status, headers, text)
        if not 200 <= status < 300:
            return None
        return self.fitted(name, call, raw, text)

    def http(
        self, name: str, method: str, path: str, body: Any = None, *, accept: str = "application/json", keep: Keep | None = None
    ) -> Any:
        """A question that the package would not send, or not so: limits that are none, texts for numbers. The body, whatever it says."""
        name = self.chapter + name
        assert name not in self.answers, f"two checks are named {name}"
        headers = {"Accept": accept, "Content-Type": "application/json", "Connection": "close"}
        token = self.client.configuration.access_token
        if token:
            headers["Authorization"] = f"Bearer {token}"
        for _ in range(30):
            raw = self.client.rest_client.request(method, self.client.configuration.host + path, headers, body)
            if raw.status != 503:  # Airflow on SQLite: "Database is locked"
                break
            time.sleep(0.5)
        text = (raw.read() or b"").decode()
        return self.kept(name, f"{method} {path.partition('?')[0]}", raw.status, raw.headers, text, keep)

    def kept(self, name: str, operation: str, status: int, headers: Any, text: str, keep: Keep | None = None) -> Any:
        """The body, after its form for two servers has been kept; of a good one what `keep` makes of it."""
        body: Any
        try:
            body = json.loads(text) if text else None
        except ValueError:
            body = [json.loads(line) if line.startswith("{") else line for line in text.splitlines()]
        if "dry" in name and isinstance(body, dict) and "task_instances" in body:  # in no order
            body["task_instances"].sort(key=lambda ti: (ti["task_id"], ti.get("map_index", -1)))
        media = (headers.get("Content-Type") or "").split(";")[0]
        self.sent[name] = (operation, status, media, text)
        told = keep(body) if keep and 200 <= status < 300 else body
        self.answers[name] = {"status": status, "body": common(told)}
        return body

    def fitted(self, name: str, call: Callable[..., Any], raw: Any, text: str) -> Any:
        """The body as the client's own model of this operation."""
        types = self.types(call)
        wanted = types.get(str(raw.status))
        if wanted in (None, "object") or not text or text[:1] not in "{[":
            return text
        try:
            return self.client.deserialize(text, wanted, "application/json")
        except (ValueError, TypeError, AttributeError) as e:
            self.misfits.append(f"{name}: {type(e).__name__}: {str(e)[:300]}")
            return None

    @staticmethod
    def types(call: Callable[..., Any]) -> dict[str, str | None]:
        """Status → model, as the client's own code has it."""
        import inspect

        source = inspect.getsource(call)
        found = re.search(r"_response_types_map[^=]*= \{(.*?)\}", source, re.S)
        pairs = re.findall(r"'(\d+)': (?:\"([^\"]*)\"|None)", found.group(1)) if found else []
        return {status: model or None for status, model in pairs}

    def until(self, what: str, condition: Callable[[], Any], seconds: float = 120) -> Any:
        """Not a check: waits without keeping answers."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                value = condition()
            except client.ApiException:
                value = None
            if value:
                return value
            time.sleep(0.2)
        raise AssertionError(f"{what} does not come")
