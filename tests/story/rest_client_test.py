"""The real client package asks this engine what it asked real Airflow (tests/compat/rest): the answers must be the same."""

from __future__ import annotations

import json
import shutil
import sys
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from engine import Engine, wait_until

REST = Path(__file__).resolve().parents[1] / "compat" / "rest"
sys.path.insert(0, str(REST))

from checks import all_checks  # noqa: E402
from talk import Talk  # noqa: E402

# Their models do not fit Airflow's own answers either: the package takes a task instance for two models at once.
MISFITS = {"clear run, dry", "clear runs, dry"}


def unlike(want: Any, have: Any, path: str = "") -> list[tuple[str, str]]:
    """(path, what differs) of two answers."""
    if isinstance(want, dict) and isinstance(have, dict):
        found = []
        for key in sorted(want.keys() | have.keys()):
            at = f"{path}.{key}" if path else key
            if key not in have:
                found.append((at, "is missing"))
            elif key not in want:
                found.append((at, f"is too much: {have[key]!r}"))
            else:
                found += unlike(want[key], have[key], at)
        return found
    if isinstance(want, list) and isinstance(have, list) and len(want) == len(have):
        return [d for n, (w, h) in enumerate(zip(want, have)) for d in unlike(w, h, f"{path}.{n}")]
    return [] if type(want) is type(have) and want == have else [(path, f"{have!r}, not {want!r}")]


def all_healthy(engine: Engine) -> bool:
    health = engine.get("/api/v2/monitor/health")
    return all(part["status"] == "healthy" for part in health.values())


def test_answers_are_airflows(tmp_path: Path) -> None:
    engine = Engine(tmp_path)
    engine.env["TRADEWIND__CORE__DAGS_ARE_PAUSED_AT_CREATION"] = "True"
    for file in (REST / "dags").glob("*.py"):
        shutil.copy(file, engine.dags)
    try:
        engine.up()
        engine.start("dag-processor")
        engine.start("triggerer")
        engine.serve()
        wait_until(lambda: all_healthy(engine), 30, "not every daemon is healthy")
        talk = Talk(f"http://127.0.0.1:{engine.port}")
        all_checks(talk)
    finally:
        engine.stop()
    golden = json.loads((REST / "golden.json").read_text())
    explained = json.loads((REST / "differences.json").read_text())
    assert len(talk.answers) >= 150
    assert talk.answers.keys() == golden.keys()
    used: set[int] = set()
    wrong = []
    for name, want in golden.items():
        for path, what in unlike(want, talk.answers[name]):
            hits = [n for n, d in enumerate(explained) if fnmatch(name, d["check"]) and fnmatch(path, d["path"])]
            used.update(hits)
            if not hits:
                wrong.append(f"{name}: {path} {what}")
    (tmp_path / "answers.json").write_text(json.dumps(talk.answers, indent=1, sort_keys=True))
    assert not wrong, f"{len(wrong)} differences\n" + "\n".join(wrong)
    assert {m.split(":")[0] for m in talk.misfits} == MISFITS, talk.misfits
    idle = [d for n, d in enumerate(explained) if n not in used]
    assert not idle, f"these differences are no more: {idle}"
