"""A test run's questions to a person: asked on the terminal, or answered by what is piped in."""

from __future__ import annotations

import datetime
import getpass
import json
import logging
import os
import select
import sys
import time
from typing import Any

from tradewind.execution.encode import encode

logger = logging.getLogger("tradewind.dagtest")


class _NoAnswer(Exception):
    """Nobody is there, or says nothing in time."""


class _Lines:
    """Lines of standard input, read past its buffer so that one can wait for the next with a limit."""

    def __init__(self) -> None:
        self.rest = b""

    def next(self, until: float | None) -> str:
        """Without a terminal only what is there already counts."""
        terminal = sys.stdin is not None and sys.stdin.isatty()
        while b"\n" not in self.rest:
            left = 0.0 if not terminal else None if until is None else max(0.0, until - time.monotonic())
            if not select.select([0], [], [], left)[0]:
                raise _NoAnswer
            more = os.read(0, 4096)
            if not more:
                if not self.rest:
                    raise _NoAnswer
                more = b"\n"
            self.rest += more
        line, _, self.rest = self.rest.partition(b"\n")
        return line.decode(errors="replace").strip()


_lines = _Lines()


def _show(question: dict[str, Any]) -> None:
    print(f"\n{question['subject']}")
    if question.get("body"):
        print(question["body"])
    for n, option in enumerate(question["options"], 1):
        print(f"  {n}) {option}")
    many = "numbers or names, separated by commas" if question.get("multiple") else "number or name"
    defaults = f" [{', '.join(question['defaults'])}]" if question.get("defaults") else ""
    print(f"{many}{defaults}: ", end="", flush=True)


def _options(question: dict[str, Any], line: str) -> list[str]:
    """What a line names; ValueError when it is none of them."""
    options: list[str] = question["options"]
    if not line:
        if question.get("defaults"):
            return list(question["defaults"])
        if len(options) == 1:
            return list(options)
        raise ValueError("nothing was chosen")
    chosen = []
    for word in line.split(",") if question.get("multiple") else [line]:
        word = word.strip()
        named = [o for o in options if o == word] or [o for o in options if o.lower() == word.lower()]
        if not named and word.isdigit() and 0 < int(word) <= len(options):
            named = [options[int(word) - 1]]
        if not named:
            raise ValueError(f"{word!r} is none of {options}")
        chosen.append(named[0])
    return chosen


def _params(question: dict[str, Any], until: float | None) -> dict[str, Any]:
    values = _param_defaults(question)
    for name, value in values.items():
        print(f"{name} [{json.dumps(value)}]: ", end="", flush=True)
        try:
            line = _lines.next(until)
        except _NoAnswer:
            print()
            return values
        if line:
            try:
                values[name] = json.loads(line)
            except ValueError:
                values[name] = line
    return values


def _param_defaults(question: dict[str, Any]) -> dict[str, Any]:
    found = {}
    for name, param in (question.get("params") or {}).items():
        found[name] = param.get("value") if isinstance(param, dict) and "value" in param else param
    return found


def _ask(question: dict[str, Any], until: float | None) -> tuple[list[str], dict[str, Any]]:
    while True:
        _show(question)
        line = _lines.next(until)
        try:
            chosen = _options(question, line)
        except ValueError as e:
            if not sys.stdin.isatty():
                raise
            print(e)
            continue
        return chosen, _params(question, until)


def answer(question: dict[str, Any], timeout: float | None) -> dict[str, Any]:
    """The `trigger` frame for the core, without its number."""
    until = None if timeout is None else time.monotonic() + timeout
    user: dict[str, Any] | None = {"id": getpass.getuser(), "name": getpass.getuser()}
    late = False
    try:
        chosen, values = _ask(question, until)
    except (_NoAnswer, OSError):
        print()
        if not question.get("defaults"):
            logger.warning(
                "nobody answers %r, and it has no defaults (a test run asks on the terminal, or takes piped lines)",
                question["subject"],
            )
            error = "The Human-in-the-loop response timeout has passed without a response."
            return {"what": "fired", "event": {"error": error, "error_type": "timeout"}}
        chosen, values, user, late = list(question["defaults"]), _param_defaults(question), None, True
        logger.info("nobody answers %r: the defaults %s are taken", question["subject"], chosen)
    except ValueError as e:
        return {"what": "fired", "event": {"error": str(e), "error_type": "unknown"}}
    event = {
        "chosen_options": chosen,
        "params_input": values,
        "responded_at": datetime.datetime.now(datetime.timezone.utc),
        "responded_by_user": user,
        "timedout": late,
    }
    return {"what": "fired", "event": encode(event)}
