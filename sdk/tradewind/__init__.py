"""Tradewind's Python side: what DAG authors import, and what parses and runs their files."""

from __future__ import annotations

__version__ = "0.1.0"

#: the Airflow release whose interface this is; provider packages ask for it
AIRFLOW_VERSION = "3.3.2"
#: the version of the Task SDK that comes with it
SDK_VERSION = "1.3.2"
