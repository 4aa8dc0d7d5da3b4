#!/usr/bin/env python3
"""Which of the files of refused.py real Airflow takes: VENV/bin/python make_refused.py 3|2 writes refused-3.json or refused-2.json.

A file is taken when it imports, its DAGs are valid and can be written as documents. What is kept: the ids of its DAGs and tasks, or the last line of the error.
"""

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
    if generation == "3":
        from airflow.dag_processing.dagbag import DagBag
        from airflow.serialization.serialized_objects import DagSerialization as Writer

        bag = DagBag(str(path), bundle_path=path.parent)
    else:
        from airflow.models.dagbag import DagBag
        from airflow.serialization.serialized_objects import SerializedDAG as Writer

        bag = DagBag(str(path), include_examples=False, read_dags_from_db=False)
    for text in bag.import_errors.values():
        return {"error": text.strip().splitlines()[-1]}
    try:
        for dag in bag.dags.values():
            Writer.to_dict(dag)
    except Exception as e:
        return {"error": f"{type(e).__name__}: {e}".splitlines()[0]}
    return {"dags": {d.dag_id: sorted(d.task_ids) for d in bag.dags.values()}}


def main() -> int:
    generation = sys.argv[1]
    os.environ["SEMANTICS_GENERATION"] = generation
    from refused import FILES, HEAD

    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, text in FILES.items():
            path = Path(folder) / f"{name}_dag.py"
            path.write_text("# airflow dag\n" + HEAD + text)
            try:
                found[name] = taken(path, generation)
            except SystemExit as e:
                found[name] = {"error": f"SystemExit: {e}"}
    (HERE / f"refused-{generation}.json").write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
