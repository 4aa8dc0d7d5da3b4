"""XComs' rich values, encoded values, secrets, configuration of backends."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import json
import logging
import uuid
import zoneinfo
from typing import Any, NamedTuple

import pendulum
import pytest
from dateutil.relativedelta import FR, relativedelta

from tradewind import comms, log, secrets_backends, serde
from tradewind.execution.encode import decode, encode
from tradewind.execution.proxy import LazyProxy
from tradewind.execution.rendered import shown

UTC = datetime.timezone.utc
AMSTERDAM = pendulum.timezone("Europe/Amsterdam")
HERE = __name__


@dataclasses.dataclass
class Point:
    x: int
    y: tuple[int, ...] = ()


class Pair(NamedTuple):
    a: int
    b: int


@pytest.mark.parametrize(
    "value,stored",
    [
        ((1, 2), {"__classname__": "builtins.tuple", "__version__": 1, "__data__": [1, 2]}),
        ({1}, {"__classname__": "builtins.set", "__version__": 1, "__data__": [1]}),
        (
            pendulum.datetime(2024, 1, 2, tz="Europe/Amsterdam"),
            {
                "__classname__": "pendulum.datetime.DateTime",
                "__version__": 2,
                "__data__": {
                    "timestamp": 1704150000.0,
                    "tz": {
                        "__classname__": "builtins.tuple",
                        "__version__": 1,
                        "__data__": ["Europe/Amsterdam", "pendulum.tz.timezone.Timezone", 1, True],
                    },
                },
            },
        ),
        (
            datetime.datetime(2024, 1, 2, 3, 4, 5, 6),
            {
                "__classname__": "datetime.datetime",
                "__version__": 2,
                "__data__": {"timestamp": 1704164645.000006, "tz": None},
            },
        ),
        (
            datetime.timedelta(days=1, seconds=2.5),
            {"__classname__": "datetime.timedelta", "__version__": 2, "__data__": 86402.5},
        ),
        (
            datetime.date(2024, 1, 2),
            {"__classname__": "datetime.date", "__version__": 2, "__data__": "2024-01-02"},
        ),
        (decimal.Decimal("1.25"), {"__classname__": "decimal.Decimal", "__version__": 1, "__data__": 1.25}),
        (decimal.Decimal("3"), {"__classname__": "decimal.Decimal", "__version__": 1, "__data__": 3}),
        (
            uuid.UUID(int=5),
            {
                "__classname__": "uuid.UUID",
                "__version__": 1,
                "__data__": "00000000-0000-0000-0000-000000000005",
            },
        ),
        (
            zoneinfo.ZoneInfo("Asia/Tokyo"),
            {"__classname__": "zoneinfo.ZoneInfo", "__version__": 1, "__data__": "Asia/Tokyo"},
        ),
    ],
)
def test_rich_values_as_airflow_stores_them(value, stored):
    assert serde.serialize(value) == stored
    back = serde.deserialize(json.loads(json.dumps(stored)))
    assert back == value and type(back) is type(value)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        5,
        10**30,
        1.5,
        "s",
        [1, {"a": (1, [2])}],
        frozenset([1]),
        datetime.datetime(2024, 1, 2, tzinfo=UTC),
        datetime.datetime(2024, 7, 2, tzinfo=AMSTERDAM),
        datetime.datetime(2024, 7, 2, tzinfo=datetime.timezone(datetime.timedelta(hours=5, minutes=30))),
        decimal.Decimal("0.12345678901234567890"),
        decimal.Decimal("Infinity"),
        float("inf"),
    ],
)
def test_there_and_back(value):
    assert serde.deserialize(json.loads(json.dumps(serde.serialize(value), allow_nan=False))) == value


def test_classes_need_to_be_allowed(monkeypatch):
    stored = serde.serialize(Point(1, (2, 3)))
    assert stored["__classname__"] == f"{HERE}.Point" and stored["__data__"]["x"] == 1
    with pytest.raises(ImportError, match="was not found in allow list"):
        serde.deserialize(stored)
    monkeypatch.setenv("AIRFLOW__CORE__ALLOWED_DESERIALIZATION_CLASSES", f"airflow.* {HERE}.*")
    assert serde.deserialize(stored) == Point(1, (2, 3))
    assert "Point@version=0(x=1" in serde.deserialize(stored, full=False)


def test_what_cannot_be_stored():
    for value in (object(), b"x", datetime.time(1), test_there_and_back):
        with pytest.raises(TypeError, match="Cannot serialize"):
            serde.serialize(value)
    with pytest.raises(AttributeError, match="reserved key"):
        serde.serialize({"__classname__": "x"})
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(RecursionError):
        serde.serialize(endless)
    assert serde.serialize(Pair(1, 2))["__data__"] == [1, 2]
    assert serde.serialize(LazyProxy(lambda: 5)) == 5


@pytest.mark.parametrize(
    "value",
    [
        {"a": [1, (2, {3})]},
        {1: "x", (1, 2): 3},
        {"__type": 1},
        datetime.datetime(2024, 1, 2, 3, 4, 5, 6),
        pendulum.datetime(2024, 1, 2),
        datetime.timedelta(seconds=90.5),
        relativedelta(months=1, weekday=FR(-1)),
        uuid.UUID(int=7),
        float("inf"),
    ],
)
def test_encoded_values(value):
    assert decode(json.loads(json.dumps(encode(value), allow_nan=False))) == value


def test_shown_values_are_the_same_everywhere():
    assert shown({"b": {2, 1}, "a": (1, object)}) == {"a": [1, "<callable builtins.object>"], "b": [1, 2]}
    assert shown(Point(1)) == str(Point(1)) and shown(object()) == "<builtins.object object>"


class Answers:
    def __init__(self, **found: Any) -> None:
        self.found = found
        self.masked: list[str] = []

    def request(self, do: str, args: dict[str, Any]) -> Any:
        value = self.found.get(do)
        return value(args) if callable(value) else value

    def notify(self, do: str, args: dict[str, Any]) -> None:
        assert do == "mask"
        self.masked += args["values"]


@pytest.fixture
def answers(monkeypatch):
    secrets_backends.reset()
    monkeypatch.setattr(secrets_backends, "masked", set())
    made = Answers()
    before = comms.set_supervisor(made)
    yield made
    comms.set_supervisor(before)
    secrets_backends.reset()


def test_the_environment_comes_before_the_engine(answers, monkeypatch):
    from tradewind.connection import Connection
    from tradewind.variable import Variable

    answers.found = {
        "variable_get": lambda args: "from the engine" if args["key"] == "v" else None,
        "connection_get": {
            "conn_id": "c",
            "conn_type": "http",
            "host": "h",
            "password": "s3cret",
            "port": 80,
        },
    }
    assert Variable.get("v") == "from the engine"
    monkeypatch.setenv("AIRFLOW_VAR_V", '{"a": 1}')
    assert Variable.get("v", deserialize_json=True) == {"a": 1}
    with pytest.raises(KeyError):
        Variable.get("nothing")
    assert Variable.get("nothing", default="d") == "d"
    conn = Connection.get("c")
    assert (conn.host, conn.port, conn.password) == ("h", 80, "s3cret")
    assert "s3cret" in answers.masked
    monkeypatch.setenv("AIRFLOW_CONN_C", "postgres://u:pa%2Fss@db:5432/x?sslmode=require")
    conn = Connection.get("c")
    assert (conn.conn_type, conn.password, conn.schema) == ("postgres", "pa/ss", "x")
    assert {"pa/ss", "pa%2Fss"} <= set(answers.masked)


def test_a_configured_backend_comes_first(answers, monkeypatch, tmp_path):
    from tradewind.connection import Connection
    from tradewind.variable import Variable

    (tmp_path / "v.json").write_text('{"v": "file", "n": {"a": 1}}')
    (tmp_path / "c.yaml").write_text(
        "c: http://host\nd:\n  conn_type: ssh\n  host: h\n  extra_dejson: {k: 1}\n"
    )
    (tmp_path / "v.env").write_text("# comment\nv = plain\n")
    path = "tradewind.secrets_backends.LocalFilesystemBackend"
    monkeypatch.setenv("AIRFLOW__SECRETS__BACKEND", path)
    kwargs = {"variables_file_path": f"{tmp_path}/v.json", "connections_file_path": f"{tmp_path}/c.yaml"}
    monkeypatch.setenv("AIRFLOW__SECRETS__BACKEND_KWARGS", json.dumps(kwargs))
    monkeypatch.setenv("AIRFLOW_VAR_V", "environment")
    assert Variable.get("v") == "file" and Variable.get("n", deserialize_json=True) == {"a": 1}
    assert Connection.get("c").host == "host" and Connection.get("d").extra_dejson == {"k": 1}
    assert secrets_backends.load_variables(f"{tmp_path}/v.env") == {"v": "plain"}


def test_secret_names(answers):
    secrets_backends.mask_secret("hidden1", "my_password")
    secrets_backends.mask_secret("shown1", "my_name")
    secrets_backends.mask_secret({"token": "hidden2", "host": "shown2", "deep": {"api_key": ["hidden3"]}})
    assert sorted(answers.masked) == ["hidden1", "hidden2", "hidden3"]
    redacted = secrets_backends.redact({"a": "x hidden1 y", "password": "p", "list": ["hidden2"]})
    assert redacted == {"a": "x *** y", "password": "***", "list": ["***"]}


def test_denied_is_not_asked_elsewhere(answers):
    from tradewind.exceptions import AirflowSecretsBackendAccessDenied

    def deny(args):
        raise comms.RequestError("denied", "no")

    answers.found = {"variable_get": deny}
    with pytest.raises(AirflowSecretsBackendAccessDenied):
        secrets_backends.get_variable("v")


def test_xcom_backend_of_ones_own(answers, monkeypatch):
    from tradewind import xcom

    class Mine(xcom.BaseXCom):
        kept: dict[str, Any] = {}

        @staticmethod
        def serialize_value(value, *, key=None, task_id=None, dag_id=None, run_id=None, map_index=None):
            Mine.kept[f"{task_id}/{key}"] = value
            return xcom.BaseXCom.serialize_value(f"ref:{task_id}/{key}")

        @staticmethod
        def deserialize_value(result):
            return Mine.kept[xcom.BaseXCom.deserialize_value(result)[4:]]

    where = {"dag_id": "d", "task_id": "t", "run_id": "r", "map_index": -1}
    stored = Mine.pack("k", {1: object}, **where)
    assert stored == "ref:t/k" and Mine.unpack("k", stored, **where) == {1: object}
    old = type("Old", (xcom.BaseXCom,), {"serialize_value": staticmethod(lambda value: b'{"a": 1}')})
    assert old.pack("k", 5, **where) == {"a": 1}


def test_error_detail_of_a_group_and_a_syntax_error():
    try:
        compile("a b", "f.py", "exec")
    except SyntaxError as e:
        assert log.error_detail(e)[0]["syntax_error"]["lineno"] == 1

    def deep(n):
        return deep(n - 1) if n else 1 / 0

    try:
        deep(200)
    except ZeroDivisionError as e:
        frames = log.error_detail(e)[0]["frames"]
        assert len(frames) == 51 and any("frames" in f["name"] for f in frames)


def test_a_record_that_does_not_format(tmp_path):
    with open(tmp_path / "log", "wb", buffering=0) as f:
        handler = log.JsonLines(f.fileno())
        handler.emit(logging.LogRecord("x", logging.INFO, "f.py", 1, "%d", ("no",), None))
        handler.emit(logging.LogRecord("x", logging.INFO, "f.py", 1, "bad \udc80", None, None))
    events = [json.loads(line)["event"] for line in (tmp_path / "log").read_text().splitlines()]
    assert events == ["%d ('no',)", "bad ?"]
