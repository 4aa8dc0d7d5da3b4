#!/usr/bin/env python3
"""Which of the files of refused.py the SDK takes: PYTHONPATH=sdk python refused_here.py 3|2 prints what make_refused.py keeps for Airflow."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE / "dags")]


def taken(path: Path, generation: str) -> dict[str, Any]:
    from tradewind.parse import parse_file

    found = parse_file(str(path), str(path.parent), int(generation))
    for error in found["errors"]:
        return {"error": error["trace"].strip().splitlines()[-1]}
    return {"dags": {d["dag_id"]: sorted(t["task_id"] for t in d["tasks"]) for d in found["documents"]}}


def main() -> int:
    generation = sys.argv[1]
    os.environ["SEMANTICS_GENERATION"] = generation
    from refused import FILES, HEAD

    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, text in FILES.items():
            path = Path(folder) / f"{name}_dag.py"
            path.write_text("# airflow dag\n" + HEAD + text)
            found[name] = taken(path, generation)
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
