"""Connections, Variables, configuration, assets, timetables."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from airflow.configuration import conf
from airflow.exceptions import AirflowConfigException, AirflowNotFoundException, AirflowTimetableInvalid
from airflow.hooks.base import BaseHook
from airflow.models import Connection, Variable
from airflow.sdk import DAG, Asset, AssetAlias, asset
from airflow.timetables.trigger import CronTriggerTimetable, MultipleCronTriggerTimetable


@pytest.mark.parametrize(
    "uri, fields",
    [
        (
            "postgresql://user:p%40ss@host:5432/db?sslmode=require",
            ("postgres", "user", "p@ss", "host", 5432, "db", {"sslmode": "require"}),
        ),
        ("http://https://host:443", ("http", None, None, "https://host", 443, "", {})),
        (
            "google-cloud-platform://?extra__x=1",
            ("google_cloud_platform", None, None, "", None, "", {"extra__x": 1}),
        ),
        ("aws://AK%2FID:se%2Fcret@", ("aws", "AK/ID", "se/cret", "", None, "", {})),
        (
            "x://h?__extra__=%7B%22a%22%3A+%7B%22b%22%3A+1%7D%7D",
            ("x", None, None, "h", None, "", {"a": {"b": 1}}),
        ),
        ("type://:pw@h/a%2Fb", ("type", "", "pw", "h", None, "a/b", {})),
        ("s3://h?a=%7B%22b%22%3A1%7D&c=2", ("s3", None, None, "h", None, "", {"a": {"b": 1}, "c": 2})),
    ],
)
def test_connection_uri(uri, fields):
    c = Connection(conn_id="c", uri=uri)
    assert (c.conn_type, c.login, c.password, c.host, c.port, c.schema, c.extra_dejson) == fields
    again = Connection(conn_id="c", uri=c.get_uri())
    assert (again.conn_type, again.login, again.password, again.host, again.port, again.schema) == fields[:6]


def test_connection_json():
    c = Connection.from_json('{"conn_type": "a", "port": "12", "extra": {"k": [1]}}', conn_id="x")
    assert (c.conn_id, c.port, c.extra_dejson) == ("x", 12, {"k": [1]})
    with pytest.raises(ValueError, match="Expected integer"):
        Connection.from_json('{"port": "many"}')
    assert json.loads(c.as_json()) == {"conn_type": "a", "port": 12, "extra": {"k": [1]}}


def test_connections_of_the_environment(monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_MY_DB", "mysql://u:p@h/s")
    assert BaseHook.get_connection("my_db").host == "h"
    with pytest.raises(Exception, match="nothing_here"):
        BaseHook.get_connection("nothing_here")


def test_variables_of_the_environment(monkeypatch):
    monkeypatch.setenv("AIRFLOW_VAR_THING", '{"a": 1}')
    assert Variable.get("thing") == '{"a": 1}'
    assert Variable.get("thing", deserialize_json=True) == {"a": 1}


def test_a_variable_that_nobody_has(monkeypatch):
    from tradewind import comms

    class Nobody:
        def request(self, do, args):
            return None

        def notify(self, do, args):
            pass

    before = comms.set_supervisor(Nobody())
    try:
        assert Variable.get("no", default_var=7) == 7
        assert Variable.get("no", default=None) is None
        with pytest.raises(KeyError, match="Variable no does not exist"):
            Variable.get("no")
        with pytest.raises(AirflowNotFoundException):
            BaseHook.get_connection("no")
    finally:
        comms.set_supervisor(before)


def test_configuration(monkeypatch, tmp_path):
    assert conf.getint("core", "parallelism") == 32
    monkeypatch.setenv("AIRFLOW__CORE__PARALLELISM", "5")
    assert conf.getint("core", "parallelism") == 5
    monkeypatch.setenv("TRADEWIND__CORE__PARALLELISM", "6")
    assert conf.getint("core", "parallelism") == 6
    (tmp_path / "airflow.cfg").write_text("[core]\ndefault_timezone = Europe/Berlin\n[my_section]\nx = 1\n")
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path))
    conf.reload()
    assert conf.get("core", "default_timezone") == "Europe/Berlin" and conf.get("my_section", "x") == "1"
    assert conf.get("core", "dags_folder") == f"{tmp_path}/dags"
    with pytest.raises(AirflowConfigException):
        conf.get("no", "such")
    assert conf.get("no", "such", fallback=3) == 3
    assert conf.getboolean("scheduler", "catchup_by_default") is False
    monkeypatch.setenv("AIRFLOW__CORE__COMPAT", "2")
    assert conf.getboolean("scheduler", "catchup_by_default") is True


def test_schedules():
    def schedule(value, **kw):
        return DAG("d", schedule=value, **kw).to_document()["schedule"]

    assert schedule(dt.timedelta(minutes=90)) == {"type": "delta_trigger", "delta": 5400}
    from dateutil.relativedelta import MO, relativedelta

    assert schedule(relativedelta(months=1, hour=0, weekday=MO(1)))["delta"] == {
        "months": 1,
        "hour": 0,
        "weekday": [0, 1],
    }
    assert schedule("@once") == {"type": "once"}
    assert schedule(CronTriggerTimetable("0 1 * * *", timezone="UTC", interval=dt.timedelta(days=1))) == {
        "type": "cron_trigger",
        "expression": "0 1 * * *",
        "timezone": "UTC",
        "interval": 86400,
    }
    many = MultipleCronTriggerTimetable("0 1 * * *", "0 2 * * *", timezone="UTC", run_immediately=True)
    assert schedule(many)["expressions"] == ["0 1 * * *", "0 2 * * *"]
    with pytest.raises(ValueError, match="not a valid schedule"):
        schedule(object())


def test_a_timetable_of_ones_own():
    from airflow.timetables.base import DataInterval, Timetable

    class Mine(Timetable):
        def __init__(self, n=1):
            self.n = n

        def serialize(self):
            return {"n": self.n}

        def infer_manual_data_interval(self, *, run_after):
            return DataInterval.exact(run_after)

        def next_dagrun_info(self, *, last_automated_data_interval, restriction):
            return None

    doc = DAG("d", schedule=Mine(3)).to_document()["schedule"]
    assert doc["type"] == "custom" and doc["data"] == {"n": 3} and doc["classpath"].endswith("Mine")


@pytest.mark.parametrize(
    "text", ["* * * * *", "*/5 1-3,7 L 1-12/2 mon-fri", "0 0 * * 5#2", "@daily", "0 0 1 1 * 30"]
)
def test_good_cron(text):
    DAG("d", schedule=text).timetable.validate()


@pytest.mark.parametrize(
    "text", ["* * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "a b c d e", "*/0 * * * *"]
)
def test_bad_cron(text):
    with pytest.raises(AirflowTimetableInvalid):
        DAG("d", schedule=text).timetable.validate()


def test_assets():
    a, b = Asset("s3://Bucket/key/"), Asset(name="n", uri="x://u")
    assert a.uri == "s3://Bucket/key" and a.name == "s3://Bucket/key/"
    with DAG("d", schedule=(a & b) | AssetAlias("al")) as d:
        pass
    assert d.to_document()["schedule"]["condition"] == {
        "any": [
            {
                "all": [
                    {"asset": "s3://Bucket/key", "name": "s3://Bucket/key/"},
                    {"asset": "x://u", "name": "n"},
                ]
            },
            {"alias": "al"},
        ]
    }
    assert [x["key"] for x in d.to_document()["assets"]] == ["s3://Bucket/key", "x://u"]
    assert DAG("e", schedule=[a, b]).to_document()["schedule"]["condition"] == {
        "all": [{"asset": "s3://Bucket/key", "name": "s3://Bucket/key/"}, {"asset": "x://u", "name": "n"}]
    }
    for wrong in ("", "   ", "airflow://x"):
        with pytest.raises(ValueError):
            Asset(uri=wrong)
    with pytest.raises(ValueError):
        DAG("f", schedule=[a, 1])


def test_asset_decorator():
    @asset(schedule="@daily", uri="file:///tmp/x")
    def numbers(self, context, upstream_one):
        return 1

    doc = numbers.dag.to_document()
    assert doc["dag_id"] == "numbers"
    (one,) = doc["tasks"]
    assert one["task_id"] == "numbers" and one["outlets"] == [{"asset": "file:///tmp/x", "name": "numbers"}]
    assert one["inlets"] == [{"asset": "name:upstream_one"}]

    @asset.multi(schedule=None, outlets=[Asset("a"), Asset("b")])
    def both():
        pass

    assert [o["asset"] for o in both.dag.to_document()["tasks"][0]["outlets"]] == ["a", "b"]


def test_encoded_values():
    from tradewind.serialize import encode

    assert encode((1, {2})) == {"__type": "tuple", "__var": [1, {"__type": "set", "__var": [2]}]}
    assert encode(dt.timedelta(minutes=1)) == {"__type": "timedelta", "__var": 60}
    assert encode(dt.datetime(2026, 1, 2, 3)) == {"__type": "datetime", "__var": "2026-01-02T03:00:00"}
    assert encode({1: 2}) == {"__type": "dict", "__var": [[1, 2]]}
    assert encode(float("nan"))["__type"] == "python"
    assert encode(print)["__var"] == "<callable builtins.print>"
    assert encode(object())["__var"] == "<builtins.object object>"
