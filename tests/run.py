"""The whole suite: unit tests of the engine under sanitizers, the SDK's tests, stories with real daemons, the house rules.

Prints a line per test program as it ends and `N passed, N failed` last. A program that crashes, times out or reports no test
counts as a failure. `tests/run.py --build DIR [--only WORD]`.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TIMEOUT = 900


@dataclass
class Result:
    name: str
    passed: int
    failed: int
    seconds: float
    output: str


def environment(build: Path) -> dict[str, str]:
    env = dict(os.environ)
    for key in list(env):
        if key.startswith(("AIRFLOW", "TRADEWIND")):
            del env[key]
    env.update(
        TW_SOURCE_ROOT=str(ROOT),
        TW_BINARY=str(build / "tradewind"),
        TW_CLIENT_PYTHON=sys.executable,
        # Node may be the wheel's, beside our Python.
        PATH=f"{os.environ['PATH']}:{Path(sys.executable).parent}",
        CMOCKA_MESSAGE_OUTPUT="TAP",
        ASAN_OPTIONS="detect_leaks=1:abort_on_error=0",
        UBSAN_OPTIONS="print_stacktrace=1:halt_on_error=1",
        PYTHONDONTWRITEBYTECODE="1",
    )
    return env


def run(name: str, argv: list[str], env: dict[str, str], cwd: Path = ROOT) -> tuple[int, str, float]:
    started = time.monotonic()
    try:
        done = subprocess.run(
            argv, env=env, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=TIMEOUT
        )
        status, output = done.returncode, done.stdout.decode(errors="replace")
    except subprocess.TimeoutExpired as e:
        status, output = -1, (e.stdout or b"").decode(errors="replace") + f"\n{name} did not end within {TIMEOUT} s"
    return status, output, time.monotonic() - started


def tap(name: str, argv: list[str], env: dict[str, str]) -> Result:
    status, output, seconds = run(name, argv, env)
    passed = len(re.findall(r"^ok ", output, re.M))
    failed = len(re.findall(r"^not ok ", output, re.M))
    if (status != 0 and failed == 0) or passed + failed == 0:
        failed += 1
    return Result(name, passed, failed, seconds, output)


def plain(name: str, argv: list[str], env: dict[str, str]) -> Result:
    """A check that is one test: it passes when it exits with 0. A closing line `N passed, N failed` is believed."""
    status, output, seconds = run(name, argv, env)
    ran = re.findall(r"^Ran (\d+) tests? in", output, re.M)
    if ran:  # unittest
        bad = sum(int(n) for n in re.findall(r"(?:failures|errors|skipped)=(\d+)", output))
        return Result(name, int(ran[-1]) - bad, bad if bad or status == 0 else 1, seconds, output)
    counts = re.findall(r"^(\d+) passed, (\d+) failed$", output, re.M)
    if counts:
        passed, failed = int(counts[-1][0]), int(counts[-1][1])
        return Result(name, passed, failed if failed or status == 0 else 1, seconds, output)
    return Result(name, int(status == 0), int(status != 0), seconds, output)


def pytest(name: str, folder: Path, env: dict[str, str], build: Path) -> Result:
    report = build / f"pytest-{name}.xml"
    report.unlink(missing_ok=True)
    plugins = ["no:cacheprovider", "no:schemathesis", "no:hypothesispytest"]  # the latter two take a second to load, and none is used
    tidy = ["-o", "tmp_path_retention_policy=failed", "-o", "tmp_path_retention_count=1"]
    argv = [sys.executable, "-m", "pytest", "-q", "--tb=short", *(a for p in plugins for a in ("-p", p)), *tidy, f"--junitxml={report}", str(folder)]
    status, output, seconds = run(name, argv, {**env, "PYTHONPATH": str(ROOT / "sdk")})
    if not report.exists():
        return Result(name, 0, 1, seconds, output)
    suite = ET.parse(report).getroot().find("testsuite")
    assert suite is not None
    total, skipped = int(suite.get("tests", 0)), int(suite.get("skipped", 0))
    failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
    if (status != 0 and failed == 0) or total == 0 or (skipped and os.environ.get("CI")):
        failed += 1
    return Result(name, total - failed - skipped if total else 0, failed, seconds, output)


@dataclass
class Program:
    """A test that meson knows."""

    name: str
    argv: list[str]
    env: dict[str, str]
    tap: bool


def programs(build: Path) -> list[Program]:
    listed = json.loads(subprocess.check_output(["meson", "introspect", "--tests", str(build)], text=True))
    found = []
    for t in listed:
        argv = [str(c) for c in t["cmd"]]
        if Path(argv[0]).name.startswith("python"):
            argv[0] = sys.executable
        found.append(Program(t["name"], argv, t["env"], t["protocol"] == "tap"))
    return found


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--only", default="")
    args = parser.parse_args()
    build = args.build.resolve()
    env = environment(build)

    jobs = []
    for p in programs(build):
        run_it = tap if p.tap else plain
        jobs.append((p.name, lambda p=p, r=run_it: r(p.name, p.argv, {**env, **p.env})))
    jobs.append(("house-rules", lambda: plain("house-rules", [sys.executable, "tests/house_rules.py"], env)))
    ruff = [sys.executable, "-m", "ruff"]
    jobs.append(("ruff-check", lambda: plain("ruff-check", [*ruff, "check", "--no-cache", "sdk/tradewind", "sdk/airflow"], env)))
    jobs.append(("ruff-format", lambda: plain("ruff-format", [*ruff, "format", "--no-cache", "--check", "sdk"], env)))
    jobs.append(("sdk", lambda: pytest("sdk", ROOT / "sdk" / "tests", env, build)))
    known = {Path(a).name for p in programs(build) for a in p.argv}
    for story in sorted(s for s in (ROOT / "tests" / "story").glob("*_test.py") if s.name not in known):
        jobs.append((story.stem, lambda s=story: pytest(s.stem, s, env, build)))

    jobs.append(("ui-check", lambda: plain("ui-check", ["npm", "--prefix", "ui", "run", "--silent", "check"], env)))
    jobs.append(("browser", lambda: tap("browser", [sys.executable, "tests/browser/run.py"], env)))

    passed = failed = 0
    chosen = [(name, job) for name, job in jobs if args.only in name]
    with ThreadPoolExecutor(max_workers=2) as pool:
        for future in [pool.submit(job) for _, job in chosen]:
            r = future.result()
            passed += r.passed
            failed += r.failed
            print(f"{'FAIL' if r.failed else 'ok':4} {r.name:32} {r.passed:5} passed {r.failed:3} failed {r.seconds:7.1f} s", flush=True)
            if r.failed:
                print("\n".join("     | " + line for line in r.output.splitlines()[-200:]), flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
