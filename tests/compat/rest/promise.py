"""The published description of the API (/openapi.json), held against answers and against Airflow's own contract."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

FORMATS = FormatChecker(formats=())
STAND_INS = {"<id>": 1, "<number>": 1.5, "<instant>": "2026-01-02T03:04:05Z", "<uuid>": str(uuid.UUID(int=1))}


@FORMATS.checks("date-time")
def is_instant(value: object) -> bool:
    if not isinstance(value, str):
        return True
    try:
        return datetime.fromisoformat(value.replace("Z", "+00:00")).tzinfo is not None
    except ValueError:
        return False


@FORMATS.checks("uuid")
def is_uuid(value: object) -> bool:
    return not isinstance(value, str) or re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", value) is not None


@FORMATS.checks("duration")
def is_duration(value: object) -> bool:
    return not isinstance(value, str) or re.fullmatch(r"-?P(\d+D)?(T(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?", value) is not None


def plausible(value: Any) -> Any:
    """A kept answer (talk.py) with something of the right kind where it says what kind of thing there was."""
    if isinstance(value, dict):
        return {k: plausible(v) for k, v in value.items()}
    if isinstance(value, list):
        return [plausible(v) for v in value]
    return STAND_INS.get(value, value) if isinstance(value, str) else value


@dataclass
class Operation:
    method: str
    path: str
    said: dict[str, Any]

    def parameters(self, place: str) -> dict[str, dict[str, Any]]:
        return {p["name"]: p for p in self.said["parameters"] if p["in"] == place}


class Promise:
    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.operations = {
            said["operationId"]: Operation(method.upper(), path, said)
            for path, item in document["paths"].items()
            for method, said in item.items()
        }

    def named(self, asked: str) -> str | None:
        """The operation of "GET /path"; None: there is none. What has no parameters counts first."""
        method, path = asked.split(" ", 1)
        found = [
            (said.path.count("{"), name)
            for name, said in self.operations.items()
            if said.method == method and re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(said.path)), path)
        ]
        return min(found)[1] if found else None

    def validator(self, schema: dict[str, Any]) -> Draft202012Validator:
        whole = {**schema, "components": self.document["components"]}
        return Draft202012Validator(whole, format_checker=FORMATS)

    def unlike(self, operation: str, status: int, body: Any, media: str = "application/json") -> list[str]:
        """What of an answer the description does not say."""
        answer = self.operations[operation].said["responses"].get(str(status))
        if answer is None:
            return [f"status {status} is not described"]
        content = answer.get("content")
        if content is None:
            return [] if body in (None, "") else [f"status {status} has a body"]
        if media not in content:
            return [f"no {media} is described for status {status}"]
        errors = self.validator(content[media]["schema"]).iter_errors(body)
        return [f"{error.json_path}: {error.message[:200]}" for error in errors]


def contract() -> Iterator[tuple[str, str, str, list[str]]]:
    """(method, path, operation, parameters) of Airflow's API; the ranges spelled out."""
    for line in (Path(__file__).with_name("contract.tsv")).read_text().splitlines():
        if line.startswith(("#", "method\t")):
            continue
        method, path, operation, _, query, *_ = line.split("\t")
        names = []
        for word in query.split(" HDR ")[0].split():
            found = re.match(r"(\w+?)(?:_\{([\w,]+)\})?!?:", word)
            if found and found[2]:
                names += [f"{found[1]}_{end}" for end in found[2].split(",")]
            elif found:
                names.append(found[1])
        yield method, path, operation, names
