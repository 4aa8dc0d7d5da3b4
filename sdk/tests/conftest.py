"""The SDK from this checkout; no home folder, no configuration of the person who runs the tests."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory):
    import os

    from tradewind import stacks
    from tradewind.conf import conf
    from tradewind.operator import Defaults

    for name in list(os.environ):
        if name.startswith(("AIRFLOW_", "TRADEWIND__")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path_factory.mktemp("home")))
    conf.reload()
    conf.set_compat(None)
    Defaults.forget()
    stacks.reset()
    yield
    conf.reload()
    conf.set_compat(None)
    Defaults.forget()
    stacks.reset()
