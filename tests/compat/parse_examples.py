#!/usr/bin/env python3
"""Parse every DAG file under the given folders and say which fail and why.

    tests/compat/parse_examples.py [--compat 2|3] [--verbose] FOLDER…

A file that only lacks a third-party provider (or another package that is not ours to bring) counts as "needs"; everything else
that goes wrong is a failure, and the exit code is 1. Each file is parsed in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "sdk"))

CHILD = """
import json, os, sys
from tradewind.parse import parse_file
for line in sys.stdin:
    path, base, compat = json.loads(line)
    pid = os.fork()
    if pid == 0:
        out = os.fdopen(os.dup(1), "w")
        os.dup2(2, 1)
        try:
            result = parse_file(path, base, compat)
        except BaseException as e:
            result = {"documents": [], "errors": [{"trace": f"the parser itself failed: {e!r}"}]}
        out.write(json.dumps(result) + "\\n")
        out.flush()
        os._exit(0)
    os.waitpid(pid, 0)
"""


class Parser:
    """A process that imported the SDK and forks for each file."""

    def __init__(self) -> None:
        # a home folder of its own: no configuration of whoever runs this
        self.home = tempfile.TemporaryDirectory(prefix="parse-examples")
        env = dict(os.environ, PYTHONPATH=str(ROOT / "sdk"), AIRFLOW_HOME=self.home.name)
        env.pop("TRADEWIND_HOME", None)
        self.process = subprocess.Popen(
            [sys.executable, "-c", CHILD],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=env,
        )

    def parse(self, path: str, base: str, compat: int | None) -> dict:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps([path, base, compat]) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the parser died at {path}")
        return json.loads(line)


def verdict(result: dict) -> tuple[str, str]:
    """ok, needs (a package), none (no DAG in it) or FAIL, and why."""
    if not result["errors"]:
        return ("ok", "") if result["documents"] else ("none", "")
    last = result["errors"][0]["trace"].strip().splitlines()[-1]
    missing = ("MissingProvider", "ModuleNotFoundError: No module named")
    own = ("No module named 'airflow", "No module named 'tradewind")
    if any(word in last for word in missing) and not (
        "MissingProvider" not in last and any(w in last for w in own)
    ):
        return "needs", last
    if "ObjectStoragePath needs the packages" in last or "which is not installed" in last:
        return "needs", last
    return "FAIL", last


def main() -> int:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("folder", nargs="+")
    arguments.add_argument("--compat", type=int, choices=(2, 3))
    arguments.add_argument("--verbose", action="store_true")
    options = arguments.parse_args()
    from tradewind.dagbag import find_dag_files

    parser = Parser()
    failed = 0
    for folder in options.folder:
        counts: dict[str, int] = {}
        for path in find_dag_files(os.path.abspath(folder)):
            result = parser.parse(path, os.path.abspath(folder), options.compat)
            word, why = verdict(result)
            counts[word] = counts.get(word, 0) + 1
            failed += word == "FAIL"
            if word == "FAIL" or options.verbose:
                print(f"{word:5} {os.path.relpath(path, folder)}  {why}")
        print(f"{folder}: " + ", ".join(f"{n} {word}" for word, n in sorted(counts.items())))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
