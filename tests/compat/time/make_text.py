"""text.jsonl: reading and writing dates as Airflow does (pendulum.parse, isoformat, strftime, strptime)."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pendulum

import common

logging.disable()

PARSE = """
2026|2026-02|2026-02-03|20260203|2026-02-03T04:05:06|2026-02-03 04:05:06|2026-02-03T04:05|2026-02-03T04|20260203T040506|20260203T0405
2026-02-03T04:05:06Z|2026-02-03T04:05:06+00:00|2026-02-03T04:05:06+05:30|2026-02-03T04:05:06-0800|2026-02-03T04:05:06+02
2026-02-03T04:05:06.1|2026-02-03T04:05:06.123456|2026-02-03T04:05:06.123456789|2026-02-03T04:05:06,25|2026-02-03T04:05:06.123456+01:00
2026-02-03 04:05:06.000001-03:30|2026-W05|2026-W05-1|2026-W05-7|2026W05|2026W051|2026-W53|2020-W53-5|2026-W01-1|2026-W05-1T10:00
2026-001|2026-365|2024-366|2026366|2026034|2026-034T12:00:00+01:00|2026/02/03|2026/02/03 10:20:30|2024-02-29|2000-02-29
2026-02-29|2026-13-01|2026-00-10|2026-02-00|2026-04-31|0000-01-01|2026-02-03T24:00:00|2026-02-03T23:60:00|2026-02-03T23:59:60
2026-02-03T|2026-02-03Tabc|abc||2026-|2026-W54|2026-W00|2026-366|2026-000|2026-02-03T04:05:06+25:00|2026-02-03X04:05|26-02-03
2026-02-03T04:05:|2026-02-03T04:|2026-02-03T04:05:06.|9999-12-31T23:59:59.999999|0001-01-01|2026-02-03T4:05|1969-12-31T23:59:59Z
2026-03-29T02:30:00|2026-10-25T02:30:00|2026-10-25T02:30:00+02:00|1883-11-18T12:00:00|2026-02-03T04:05:06 |+2026-02-03
"""

FORMATS = """
%Y-%m-%d|%Y%m%d|%H:%M:%S|%d %b %Y|%A %B %e|%a %p %I|%j|%U|%W|%V|%G-W%V-%u|%w|%y|%C|%D|%F|%T|%R|%r|%c|%x|%X|%h|%k|%l|%s|%n%t%%
%-d|%-m/%-d/%-y|%-H:%-M|%_d|%_H|%05d|%^a|%^B|%#Z|%#p|%P|%10Y|%-j|%03H|%f|%z|%Z|%Y-%m-%dT%H:%M:%S.%f%z|%%Y|100%|%Q|%E|%Ey|%Od|plain text
%g|%-I%P|%S.%f|%^Z|%10A|%-10A|%_5m|%Y%|%u%w|%I:%M:%S %p
"""

INSTANTS = [
    ("2026-02-03T04:05:06.000789+00:00", "UTC"),
    ("2026-07-01T12:00:00+00:00", "Europe/Berlin"),
    ("2021-01-03T23:59:59.999999+00:00", "America/New_York"),
    ("2024-12-30T00:00:00+00:00", "Asia/Kathmandu"),
    ("2020-02-29T13:14:15.5+00:00", "America/St_Johns"),
    ("1900-01-01T00:00:00+00:00", "Africa/Monrovia"),
    ("2026-10-25T01:30:00+00:00", "Europe/Berlin"),
    ("2099-12-31T23:00:00+00:00", "Australia/Lord_Howe"),
]

STRPTIME = [
    ("2026-02-03", "%Y-%m-%d"),
    ("20260203", "%Y%m%d"),
    ("3 Feb 2026", "%d %b %Y"),
    ("February 3, 2026", "%B %d, %Y"),
    ("Tue Feb  3 04:05:06 2026", "%c"),
    ("02/03/26", "%x"),
    ("2026-02-03T04:05:06.25", "%Y-%m-%dT%H:%M:%S.%f"),
    ("2026-02-03 04:05 PM", "%Y-%m-%d %I:%M %p"),
    ("2026-02-03 12:05 AM", "%Y-%m-%d %I:%M %p"),
    ("2026-02-03 04:05:06 +0530", "%Y-%m-%d %H:%M:%S %z"),
    ("2026-02-03 04:05:06 -05:30", "%Y-%m-%d %H:%M:%S %z"),
    ("2026-02-03 04:05:06Z", "%Y-%m-%d %H:%M:%S%z"),
    ("2026 034", "%Y %j"),
    ("2026 5 1", "%G %V %u"),
    ("2026 5 1", "%Y %W %w"),
    ("2026 5 0", "%Y %U %w"),
    ("68 69", "%y 69"),
    ("69", "%y"),
    ("2026-2-3", "%Y-%m-%d"),
    ("2026-02-30", "%Y-%m-%d"),
    ("2026-02-03x", "%Y-%m-%d"),
    ("x2026", "%Y"),
    ("202602", "%Y-%m"),
    ("26", "%Y"),
    ("10%", "%d%%"),
    ("FEB", "%b"),
    ("2026", "%K"),
    ("2026", "%"),
    ("2026  02", "%Y %m"),
    ("tuesday 3", "%A %d"),
]


def parse_rows() -> Iterator[dict[str, Any]]:
    for text in "|".join(PARSE.strip("\n").split("\n")).split("|"):
        for zone in ("UTC", "Europe/Berlin"):
            row: dict[str, Any] = {"kind": "parse", "text": text, "zone": zone}
            try:
                value = pendulum.parse(text, tz=pendulum.timezone(zone), strict=True)
                assert isinstance(value, pendulum.DateTime), "a time of today"
                row["iso"] = value.in_timezone("UTC").isoformat()
            except (ValueError, AssertionError, OverflowError) as e:
                row["error"] = str(e)
            yield row


def format_rows() -> Iterator[dict[str, Any]]:
    for text, zone in INSTANTS:
        at = datetime.fromisoformat(text).astimezone(ZoneInfo(zone))
        yield {"kind": "iso", "at": text, "zone": zone, "iso": at.isoformat()}
        for fmt in "|".join(FORMATS.strip("\n").split("\n")).split("|"):
            yield {"kind": "strftime", "at": text, "zone": zone, "fmt": fmt, "text": at.strftime(fmt)}


def strptime_rows() -> Iterator[dict[str, Any]]:
    for text, fmt in STRPTIME:
        row: dict[str, Any] = {"kind": "strptime", "text": text, "fmt": fmt}
        try:
            value = datetime.strptime(text, fmt)
            row["naive"] = value.replace(tzinfo=None).isoformat()
            offset = value.utcoffset()
            row["offset"] = None if offset is None else int(offset.total_seconds())
        except ValueError as e:
            row["error"] = str(e)
        yield row


if __name__ == "__main__":
    common.write("text.jsonl", [*parse_rows(), *format_rows(), *strptime_rows()])
