#!/usr/bin/env python3
"""Compares what the example DAGs ended as here with what they end as on real Airflow. Each difference needs a reason in reasons.tsv.

    tests/compat/compare_examples.py
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent / "examples"


def states(path: Path) -> dict[tuple[str, str, str], str]:
    rows = [line.split("\t") for line in path.read_text().splitlines()[1:] if not line.startswith("#")]
    return {(dag, task, index): state for dag, task, index, state, _ in rows}


def main() -> int:
    rows = [line.split("\t") for line in (HERE / "reasons.tsv").read_text().splitlines()[1:]]
    reasons = {(version, dag): why for version, dag, why in rows}
    faults = 0
    for version in ("3.3.2", "2.11.0", "1.10.15"):
        ours, theirs = states(HERE / f"{version}.tsv"), states(HERE / f"{version}-airflow.tsv")
        differ = {k[0] for k in {*ours, *theirs} if ours.get(k) != theirs.get(k)}
        explained = {dag for dag in differ if (version, dag) in reasons or ("*", dag) in reasons}
        dags = {k[0] for k in {*ours, *theirs}}
        print(f"{version}: {len(dags)} DAGs, {len(dags - differ)} end as on Airflow in every task, {len(explained)} differ for a known reason")
        for dag in sorted(differ - explained):
            faults += 1
            print(f"  {dag}: differs, and nobody knows why")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
