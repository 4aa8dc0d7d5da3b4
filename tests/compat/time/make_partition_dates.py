"""partition_dates.jsonl: when the partition of a key begins, by Airflow 3.3's timetables.

A row holds a schedule object (docs/schedule.md), a key and the date that `resolve_partition_date` gives; `refused` where it raises.
"""

from __future__ import annotations

import logging
import warnings
from datetime import UTC
from typing import Any

import common

warnings.simplefilter("ignore")
logging.disable()

from airflow import partition_mappers
from airflow.sdk import Asset
from airflow.serialization.encoders import encode_timetable
from airflow.serialization.serialized_objects import decode_timetable
from airflow.sdk.definitions.timetables.assets import PartitionedAssetTimetable
from airflow.sdk.definitions.timetables.trigger import CronPartitionTimetable
import airflow.sdk as sdk

assert partition_mappers

Row = dict[str, Any]

KEYS = [
    "2026-06-14T03:00:00", "2026-06-14", "2026-06-14T03", "2026-06-08 (W24)", "2026-06-10 (W24)", "2026-06", "2026-Q2", "2026-Q5",
    "2026", "us", "", "us|2026-06-14", "2026-06-14|us", "2026-06-14|2026-06", "us|2026-06-14|x", "2026-13-01", "14/06/2026",
    "2026-06-14T03:00:00+0900", "2026-03-08T02", "2026-03-08T02:30:00", "2026-11-01T01", "2026-11-01T01:30:00", "20260614",
]  # fmt: skip


def day(**more: Any) -> Row:
    return {"type": "StartOfDayMapper", **more}


def of(kind: str, **more: Any) -> Row:
    return {"type": f"StartOf{kind}Mapper", **more}


MAPPERS: list[Row | None] = [
    None, {"type": "IdentityMapper"}, {"type": "AllowedKeyMapper", "allowed_keys": ["us", "2026"]},
    {"type": "FixedKeyMapper", "downstream_key": "us"},
    *[of(k, **z) for k in ("Hour", "Day", "Week", "Month", "Quarter", "Year") for z in ({}, {"timezone": "America/New_York"}, {"timezone": "Asia/Kathmandu"})],
    day(output_format="%d/%m/%Y"), day(output_format="%Y%m%d", timezone="Asia/Kathmandu"),
    of("Hour", output_format="%Y-%m-%dT%H:%M:%S"), of("Hour", output_format="%Y-%m-%dT%H:%M:%S%z", timezone="Asia/Kathmandu"),
    of("Week", output_format="%Y-%m-%d"), of("Quarter", output_format="{quarter}/%Y"),
    {"type": "ProductMapper", "mappers": [{"type": "IdentityMapper"}, day()]},
    {"type": "ProductMapper", "mappers": [day(timezone="Asia/Kathmandu"), {"type": "IdentityMapper"}]},
    {"type": "ProductMapper", "mappers": [day(), of("Month")]},
    {"type": "ProductMapper", "mappers": [{"type": "IdentityMapper"}, {"type": "IdentityMapper"}], "delimiter": "-"},
    {"type": "ChainMapper", "mappers": [of("Hour"), of("Month")]},
    {"type": "ChainMapper", "mappers": [day(), {"type": "IdentityMapper"}]},
    {"type": "RollupMapper", "upstream_mapper": day(timezone="Asia/Kathmandu"), "window": {"type": "DayWindow"}},
    {"type": "FanOutMapper", "upstream_mapper": of("Week"), "window": {"type": "WeekWindow"}, "downstream_mapper": day()},
]  # fmt: skip
CRONS = [
    {"expression": "0 0 * * *", "timezone": "UTC"}, {"expression": "0 0 * * *", "timezone": "Asia/Kathmandu"},
    {"expression": "0 * * * *", "timezone": "America/New_York"},
    {"expression": "0 0 * * *", "timezone": "America/New_York", "key_format": "%Y-%m-%d"},
    {"expression": "0 0 1 * *", "timezone": "UTC", "key_format": "%Y-%m"},
    {"expression": "0 * * * *", "timezone": "UTC", "key_format": "%Y-%m-%dT%H:%M:%S%z"},
]  # fmt: skip


def made(v: Any) -> Any:
    """A mapper or window of Airflow's, of ours as the document has it."""
    if isinstance(v, list):
        return [made(x) for x in v]
    if not isinstance(v, dict):
        return v
    values = {k: made(x) for k, x in v.items() if k != "type"}
    kind = getattr(sdk, v["type"])
    if v["type"] in ("ProductMapper", "ChainMapper"):
        mappers = values.pop("mappers")
        return kind(*mappers, **values)
    if v["type"] == "AllowedKeyMapper":
        return kind(values["allowed_keys"])
    return kind(**values)


def row(schedule: Row, timetable: Any, key: str) -> Row:
    try:
        date = timetable.resolve_partition_date(key)
    except ValueError:
        return {"schedule": schedule, "key": key, "refused": True}
    return {"schedule": schedule, "key": key, "date": date and date.astimezone(UTC).isoformat()}


def rows() -> list[Row]:
    out = []
    for cron in CRONS:
        words = {**cron}
        timetable = decode_timetable(encode_timetable(CronPartitionTimetable(words.pop("expression"), **words)))
        out += [row({"type": "cron_partition", **cron}, timetable, key) for key in KEYS]
    assets = {n: Asset(n, uri=n) for n in "ab"}
    for mapper in MAPPERS:
        timetable = PartitionedAssetTimetable(assets=assets["a"], **({"default_partition_mapper": made(mapper)} if mapper else {}))
        timetable = decode_timetable(encode_timetable(timetable))
        out += [row({"type": "partitioned_asset", "condition": {"asset": "a"}, "default_mapper": mapper}, timetable, key) for key in KEYS]
    for one, other in [(day(), {"type": "IdentityMapper"}), (day(), day(timezone="Asia/Kathmandu")), (day(), of("Week", output_format="%Y-%m-%d"))]:
        timetable = PartitionedAssetTimetable(
            assets=assets["a"] & assets["b"], default_partition_mapper=made(one), partition_mapper_config={assets["b"]: made(other)}
        )
        schedule = {
            "type": "partitioned_asset", "condition": {"all": [{"asset": "a"}, {"asset": "b"}]}, "default_mapper": one,
            "mappers": [{"asset": {"asset": "b"}, "mapper": other}],
        }  # fmt: skip
        out += [row(schedule, decode_timetable(encode_timetable(timetable)), key) for key in ("2026-06-14", "2026-06-08", "us")]
    return out


common.write("partition_dates.jsonl", rows())
