"""A long log in parts, as its page asks for them: rows, places, words, levels, the end; the same rows as the public API's log has."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

import pytest
from engine import Engine

DAGS = """
from datetime import datetime
from airflow.sdk import DAG
from airflow.providers.standard.operators.bash import BashOperator

with DAG("long", schedule=None, start_date=datetime(2026, 1, 1)):
    BashOperator(task_id="says", bash_command="echo hello")
"""
LEVELS = ("debug", "info", "warning", "error")
LINES = 20_000


def line(i: int) -> str:
    """Every kind of line that there is."""
    if i % 1000 == 7:
        return f"somebody wrote this by hand {i}"
    if i % 1000 == 8:
        return json.dumps({"event": f"without an instant {i}"}, separators=(",", ":"))
    of: dict[str, Any] = {
        "timestamp": f"2026-01-01T00:00:00.{i:06}Z",
        "level": LEVELS[i % 4 if i % 500 == 3 else 1],
        "event": f"row {i} of many",
    }
    if i % 500 == 3:
        of["event"] += "\n  its second row\n  its third"
    if i % 2500 == 11:
        of["level"] = "error"
        of["error_detail"] = [
            {
                "exc_type": "ValueError",
                "exc_value": f"fault {i}",
                "frames": [{"filename": "a.py", "lineno": i, "name": "f"}],
            }
        ]
    if i == 12345:
        of["event"] = "the \x1b[31mNeedle\x1b[0m"
    return json.dumps(of, separators=(",", ":"))


def rows_of(of: dict[str, Any]) -> list[str]:
    """As the page shows a line (ui/src/parts/log.tsx, unfold)."""
    faults = [
        [
            f"{e['exc_type']}: {e['exc_value']}",
            *(f"{f['filename']}:{f['lineno']} in {f['name']}" for f in e["frames"]),
        ]
        for e in of.get("error_detail", [])
    ]
    return [*of["event"].split("\n"), *(row for fault in faults for row in fault)]


class Log:
    def __init__(self, engine: Engine) -> None:
        self.base = f"http://127.0.0.1:{engine.port}"
        run = engine.trigger("long")
        engine.finish("long", run)
        self.at = f"/dags/long/dagRuns/{run}/taskInstances/says/logs/1"
        source = self.ask(f"/api/v2{self.at}", "application/json")[0]["content"][1][
            "event"
        ]
        with open(source, "w") as f:
            f.writelines(line(i) + "\n" for i in range(LINES))
        self.size = sum(len(line(i)) + 1 for i in range(LINES))

    def ask(self, path: str, accept: str = "*/*", **query: Any) -> list[Any]:
        address = f"{self.base}{path}?{urllib.parse.urlencode(query, doseq=True)}"
        with urllib.request.urlopen(
            urllib.request.Request(address, headers={"Accept": accept})
        ) as r:
            return [json.loads(one) for one in r.read().split(b"\n") if one]

    def scan(
        self, **query: Any
    ) -> tuple[list[list[Any]], list[list[int]], dict[str, Any]]:
        said = self.ask(f"/ui{self.at}/scan", **query)
        hits = [hit for x in said for hit in x.get("hits", [])]
        return [x["mark"] for x in said if "mark" in x], hits, said[-1]["end"]

    def lines(self, **query: Any) -> list[dict[str, Any]]:
        return self.ask(f"/ui{self.at}/lines", **query)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Any:
    engine = Engine(tmp_path_factory.mktemp("pages"))
    engine.write("dags.py", DAGS)
    try:
        engine.up()
        engine.serve()
        yield Log(engine)
    finally:
        engine.stop()


def public(log: Log) -> list[str]:
    content = log.ask(f"/api/v2{log.at}", "application/json")[0]["content"]
    return [
        row for of in content if of["event"] != "::endgroup::" for row in rows_of(of)
    ]


def test_places_lead_to_the_rows_of_the_public_log(log: Log) -> None:
    rows = public(log)
    marks, _, end = log.scan()
    assert (
        end["rows"] == len(rows)
        and end["n"] == len(rows) + 1
        and end["offset"] == log.size
        and end["file"]
        and end["over"]
    )
    assert marks[0] == [0, 1, 0, ""] and 35 < len(marks) < 50
    for (row, n, offset, level), to in [
        *zip(marks, [m[2] for m in marks[1:]], strict=False),
        (marks[-1], log.size),
    ]:
        got = log.lines(**{"from": offset, "to": to, "n": n, "after": level})
        assert got[0]["n"] == n == row + 1
        assert [r for x in got for r in rows_of(x["line"])] == rows[
            row : row + sum(len(rows_of(x["line"])) for x in got)
        ]
        assert all(
            x["n"] == y["n"] - len(rows_of(x["line"]))
            for x, y in zip(got, got[1:], strict=False)
        )


def test_only_some_levels(log: Log) -> None:
    marks, _, end = log.scan(level=["error", "debug"])
    got = [
        x
        for i, m in enumerate(marks)
        for x in log.lines(
            **{
                "from": m[2],
                "to": marks[i + 1][2] if i + 1 < len(marks) else log.size,
                "n": m[1],
                "after": m[3],
                "level": ["error", "debug"],
            }
        )
    ]
    texts = [r for x in got for r in rows_of(x["line"])]
    assert end["rows"] == len(texts) > 30 and end["n"] == len(public(log)) + 1
    assert "  its second row" in texts and not any(
        "of many" in x for x in texts if "row 1 of" in x
    )
    rows = public(log)
    for x in got:
        assert rows[x["n"] - 1] == rows_of(x["line"])[0], (
            "each keeps the number that it has among all"
        )
    assert log.scan(level="critical")[2]["rows"] == 0


def test_words_are_found_wherever_they_are(log: Log) -> None:
    rows = public(log)
    for words in (
        "row 777 of",
        "NEEDLE",
        "its third",
        "fault 2511",
        "a.py:5011 in f",
        "by hand 19007",
        "of many",
    ):
        _, hits, end = log.scan(q=words)
        expected = [i for i, row in enumerate(rows) if words.lower() in row.lower()]
        assert [n - 1 for _, n in hits] == expected[:10_000] and [
            row for row, _ in hits
        ] == expected[:10_000], words
        assert end["hits"] == len(expected)
    assert log.scan(q="no such words")[1] == []
    with pytest.raises(urllib.error.HTTPError) as e:
        log.scan(q="x" * 300)
    assert e.value.code == 422


def test_the_end_alone_and_all_as_text(log: Log) -> None:
    assert [x["line"]["event"] for x in log.lines(last=3)] == [
        f"row {i} of many" for i in range(LINES - 3, LINES)
    ]
    with urllib.request.urlopen(f"{log.base}/ui{log.at}/text") as r:
        text = r.read().decode()
    assert text.endswith(
        f"[2026-01-01T00:00:00.{LINES - 1:06}Z] INFO - row {LINES - 1} of many\n"
    )
    assert (
        "INFO - the Needle\n" in text
        and "ERROR - ValueError: fault 2511\nERROR - a.py:2511 in f\n" in text
    )
    assert len(text.splitlines()) == len(public(log))


def test_it_goes_on_where_the_scan_has_ended(log: Log) -> None:
    """What an attempt writes from then on comes as events, with nothing twice."""
    end = log.scan()[2]
    path = f"{log.base}/api/v2{log.at}?last_event_id={end['offset']}"
    with urllib.request.urlopen(
        urllib.request.Request(path, headers={"Accept": "text/event-stream"})
    ) as r:
        assert r.status == 204, "it is over"
    path = f"{log.base}/api/v2{log.at}?last_event_id={end['offset'] - len(line(LINES - 1)) - 1}"
    with urllib.request.urlopen(
        urllib.request.Request(path, headers={"Accept": "text/event-stream"})
    ) as r:
        said = r.read().decode()
    assert (
        said.count("event: log") == 1
        and f"row {LINES - 1} of many" in said
        and f"id: {end['offset']}\n" in said
    )
    with pytest.raises(urllib.error.HTTPError) as e:
        log.ask(f"/ui{log.at[:-1]}9/scan")
    assert e.value.code == 404
