"""The house's own rules, read off the source: includes point up only, the pure folders stay pure, files stay small."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ENGINE = Path(__file__).resolve().parent.parent / "engine"
PURE = ["base", "value", "time", "template", "model", "core"]
BUSY = ["io", "store", "broker", "operator", "runner", "executor", "api", "daemon", "cli"]
ORDER = PURE + BUSY
# Past the pure line siblings don't know each other, save these; daemon and cli join all of them.
SIBLINGS = {("executor", "broker"), ("runner", "operator"), ("api", "store"), ("daemon", "api")}
JOINERS = {"daemon", "cli"}
# Headers of the system that a pure file has no use for.
IMPURE = {
    "fcntl.h",
    "netdb.h",
    "pthread.h",
    "signal.h",
    "sys/socket.h",
    "sys/stat.h",
    "sys/wait.h",
    "unistd.h",
    "uv.h",
    "sqlite3.h",
    "microhttpd.h",
    "curl/curl.h",
}
MAX_LINES = 1200
# Sections that Python code of providers reads through `conf`.
PROVIDERS = {"common.io", "kerberos"}


def allowed(folder: str, target: str) -> bool:
    if folder == target:
        return True
    if ORDER.index(target) > ORDER.index(folder):
        return False
    if target in PURE or target == "io" or folder in JOINERS:
        return True
    return (folder, target) in SIBLINGS


def problems() -> list[str]:
    found = []
    for path in sorted(ENGINE.rglob("*.[ch]")):
        folder = path.relative_to(ENGINE).parts[0]
        is_test = path.stem.endswith("_test") or path.stem.endswith("testing")
        text = path.read_text()
        for line_number, line in enumerate(text.splitlines(), 1):
            where = f"{path.relative_to(ENGINE.parent)}:{line_number}"
            own = re.match(r'#include "([a-z]+)/', line)
            if own and own[1] in ORDER and not is_test and not allowed(folder, own[1]):
                found.append(f"{where}: {folder} must not include {own[1]}")
            system = re.match(r"#include <(.+)>", line)
            if system and folder in PURE and not is_test and system[1] in IMPURE and path.name != "log.c":
                found.append(f"{where}: a pure folder includes <{system[1]}>")
        if text.count("\n") > MAX_LINES and not is_test:
            found.append(f"{path.relative_to(ENGINE.parent)}: {text.count(chr(10))} lines; look for the seam")
    for path in sorted((ENGINE.parent / "sdk" / "airflow").rglob("*.py")):
        for line_number, line in enumerate(path.read_text().splitlines(), 1):
            if re.match(r"\s*(for|while) ", line):
                found.append(f"{path.relative_to(ENGINE.parent)}:{line_number}: the airflow namespace holds re-exports only")
    return found + options()


def options() -> list[str]:
    """Each option of Airflow is read somewhere, or has a reason why not, which the docs give as well."""
    root = ENGINE.parent
    tables = {n: (ENGINE / "daemon" / f"config_{n}.h").read_text() for n in ("table", "ignored")}
    known = re.findall(r'\bOPTION\("([^"]+)", "([^"]+)"', tables["table"])
    ignored = re.findall(r'\bIGNORED\("([^"]+)", "([^"]+)", "([^"]+)"\)', tables["ignored"])
    reasons = {(section, option): why for section, option, why in ignored}
    rows = re.findall(r"^\| `\[(.+)\]` \| (.+) \| (.+) \|$", (root / "docs" / "configuration.md").read_text(), re.M)
    told = {(section, option): why for section, names, why in rows for option in re.findall("`([^`]+)`", names)}
    sources = [*ENGINE.rglob("*.[ch]"), *(root / "sdk" / "tradewind").rglob("*.py")]
    text = "\n".join(f.read_text() for f in sources if not re.match(r"config_(table|ignored)|_config_defaults|.*_test", f.name))
    found = []
    for section, option in known:
        why = reasons.get((section, option)) or reasons.get((section, "*"))
        if not why and section not in PROVIDERS and f'"{option}"' not in text:
            found.append(f"[{section}] {option}: nothing reads it; obey it, or say why not in config_ignored.h")
    found += [f"[{s}] {o}: docs/configuration.md must say why it has no effect" for (s, o), w in reasons.items() if told.get((s, o)) != w]
    return found


if __name__ == "__main__":
    for problem in problems():
        print(problem)
    sys.exit(1 if problems() else 0)
