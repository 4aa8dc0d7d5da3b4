"""Runs templates through the real Jinja2, in Airflow's sandbox, and keeps what came out.

Needs Airflow 3.3.2 and its dependencies:  python make_golden.py  rewrites golden.jsonl beside it.
A row: t the template; c the context's name (contexts.json); f files it may load; o options; then ok
(the text; for n, native rendering, the repr of a list of the value) or err (undefined, security, syntax, runtime), exc and msg. A text that holds an object's
address cannot be kept: such a row has addr instead, and the engine must call it unsupported.
"""

from __future__ import annotations

import datetime
import json
import random
import re
import sys
from pathlib import Path
from typing import Any

import jinja2
import jinja2.exceptions
import jinja2.sandbox
import pendulum
from airflow.sdk.definitions._internal.templater import NativeEnvironment, SandboxedEnvironment
from airflow.sdk.definitions.context import render_template_as_native
from airflow.sdk.execution_time import macros

sys.path.insert(0, str(Path(__file__).parent))
import cases

HERE = Path(__file__).parent


def decode(value: Any) -> Any:
    """Turns the tags of contexts.json into Python values; contexts_test.c does the same."""
    if isinstance(value, list):
        return [decode(v) for v in value]
    if not isinstance(value, dict):
        return value
    if "$dt" in value:
        return pendulum.parse(value["$dt"]).in_timezone(value.get("tz", "UTC"))
    if "$plain" in value:
        return datetime.datetime.fromisoformat(value["$plain"])
    if "$delta" in value:
        return datetime.timedelta(microseconds=value["$delta"])
    if "$tuple" in value:
        return tuple(decode(v) for v in value["$tuple"])
    if "$macros" in value:
        return macros
    return {k: decode(v) for k, v in value.items()}


def error(exc: Exception) -> dict[str, str]:
    kind = "runtime"
    if isinstance(exc, jinja2.exceptions.SecurityError):
        kind = "security"
    elif isinstance(exc, jinja2.exceptions.UndefinedError):
        kind = "undefined"
    elif isinstance(exc, (jinja2.exceptions.TemplateSyntaxError, SyntaxError)):
        kind = "syntax"
    message = exc.message if isinstance(exc, jinja2.exceptions.TemplateSyntaxError) else str(exc)
    row = {"err": kind, "exc": type(exc).__name__, "msg": message}
    if isinstance(exc, jinja2.exceptions.TemplateSyntaxError):
        row["line"] = exc.lineno
    return row


def render(case: dict[str, Any], contexts: dict[str, Any]) -> dict[str, Any]:
    options: dict[str, Any] = {
        "undefined": jinja2.StrictUndefined,
        "extensions": ["jinja2.ext.do"],
        "cache_size": 0,
    }
    for name in case.get("o", []):
        if name == "loopcontrols":
            options["extensions"] = ["jinja2.ext.do", "jinja2.ext.loopcontrols"]
        else:
            options[name] = True
    if "f" in case:
        options["loader"] = jinja2.DictLoader(case["f"])
    context = decode(contexts[case["c"]])
    random.seed(1)
    env: Any
    try:
        if case.get("n"):
            env = NativeEnvironment(**options)
            text = repr([render_template_as_native(env.from_string(case["t"]), context)])
        else:
            env = SandboxedEnvironment(**options)
            text = env.from_string(case["t"]).render(**context)
    except Exception as exc:  # noqa: BLE001
        return error(exc)
    if re.search(r" at 0x[0-9a-f]+", text) or (case.get("n") and "Undefined" in text):
        return {"addr": True}
    return {"ok": text}


def main() -> None:
    contexts = json.loads((HERE / "contexts.json").read_text())
    seen: set[str] = set()
    with (HERE / "golden.jsonl").open("w") as out:
        for case in cases.all_cases():
            key = json.dumps(case, sort_keys=True)
            if key in seen:
                continue
            seen.add(key)
            out.write(json.dumps(case | render(case, contexts)) + "\n")
    print(len(seen), "cases")


if __name__ == "__main__":
    main()
