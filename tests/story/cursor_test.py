"""Paging by cursor: every row once, forwards and back, in any order, while others come and go."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from engine import Engine

RUNS = "/api/v2/dags/d/dagRuns"


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    e = Engine(tmp_path_factory.mktemp("cursor"))
    e.write("d.py", "from airflow.sdk import DAG\nfrom airflow.providers.standard.operators.empty import EmptyOperator\n"
                    "with DAG('d', schedule=None):\n    EmptyOperator(task_id='t')\n")
    e.parse()
    e.serve()
    for n in range(23):  # some have a logical date, some share it with nothing at all
        date = f"2024-01-{n % 28 + 1:02}T00:00:00Z" if n % 3 else None
        add(e, f"r{n:02}", date)
    yield e
    e.stop()


def add(e: Engine, run_id: str, date: str | None = None) -> None:
    status, answer = e.ask("POST", RUNS, {"dag_run_id": run_id, "logical_date": date})
    assert status == 200, answer


def page(e: Engine, cursor: str, order: list[str], limit: int = 4) -> Any:
    query = urlencode({"cursor": cursor, "limit": limit, "order_by": order}, doseq=True)
    return e.get(f"{RUNS}?{query}")


def ids(answer: Any) -> list[str]:
    return [run["dag_run_id"] for run in answer["dag_runs"]]


@pytest.mark.parametrize("order", [["id"], ["-id"], ["logical_date"], ["-logical_date"], ["state", "-run_after"], ["-end_date", "run_id"]])
def test_every_row_once_there_and_back(engine: Engine, order: list[str]) -> None:
    everything = ids(engine.get(f"{RUNS}?{urlencode({'limit': 100, 'order_by': order}, doseq=True)}"))
    pages, cursor = [], ""
    while cursor is not None:
        pages.append(page(engine, cursor, order))
        cursor = pages[-1]["next_cursor"]
    assert [i for p in pages for i in ids(p)] == everything
    assert pages[0]["previous_cursor"] is None and pages[0]["total_entries_limit"] == 1000
    back, cursor = [], pages[-1]["previous_cursor"]
    while cursor is not None:
        back.insert(0, page(engine, cursor, order))
        cursor = back[0]["previous_cursor"]
    assert [i for p in [*back, pages[-1]] for i in ids(p)] == everything
    assert ids(page(engine, back[0]["next_cursor"], order)) == ids(back[1])


def test_rows_that_come_and_go_move_nothing(engine: Engine) -> None:
    before = ids(engine.get(f"{RUNS}?limit=100&order_by=-id"))
    first = page(engine, "", ["-id"])
    add(engine, "new")  # it stands at the front now
    assert engine.ask("DELETE", f"{RUNS}/{ids(first)[-1]}")[0] in (204, 409)
    seen, cursor = ids(first), first["next_cursor"]
    while cursor is not None:
        answer = page(engine, cursor, ["-id"])
        seen, cursor = seen + ids(answer), answer["next_cursor"]
    assert seen == before


def test_a_cursor_of_nowhere(engine: Engine) -> None:
    other = page(engine, "", ["id"])["next_cursor"]
    for cursor, order in (("nonsense", "id"), ("~", "id"), ("e30", "id"), (other, "-id"), (other + "AA", "id")):
        query = urlencode({"cursor": cursor, "limit": 4, "order_by": order})
        assert engine.ask("GET", f"{RUNS}?{query}") == (400, {"detail": "Invalid cursor token"}), cursor
    assert page(engine, "", ["id"], limit=0)["dag_runs"] == []
