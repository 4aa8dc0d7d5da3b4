"""Writes golden.json: what real Airflow answers. Its daemons run already, with dags/ here as DAG folder and a fresh database:

    record.py http://localhost:8080 [FILE]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from checks import all_checks
from talk import Talk


def main(host: str, file: str = str(Path(__file__).with_name("golden.json"))) -> None:
    talk = Talk(host)
    try:
        all_checks(talk)
    finally:
        Path(file).write_text(json.dumps(talk.answers, indent=1, sort_keys=True) + "\n")
    for misfit in talk.misfits:
        print("does not fit:", misfit)
    print(f"{len(talk.answers)} answers")


if __name__ == "__main__":
    main(*sys.argv[1:])
