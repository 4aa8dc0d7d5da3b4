"""timetables.jsonl: next runs, manual intervals and texts of Airflow's own timetables.

Run it first with Airflow 3.3.2, then with 2.11: the second only adds, to timetables-2.jsonl, the rows of the two data-interval
kinds that 2.11 answers otherwise. A row holds a schedule object (docs/schedule.md), restriction, clock, the last interval and
the runs that follow one another, each [logical date, start, end, run_after] with partition date and key behind; null ends them.
"""

from __future__ import annotations

import logging
import random
import types
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import common

warnings.simplefilter("ignore")
logging.disable()

import airflow
import pendulum
from airflow.timetables import events, interval, simple, trigger
from airflow.timetables.base import DataInterval, TimeRestriction
from dateutil.relativedelta import relativedelta, weekday

V3 = airflow.__version__.startswith("3")
Row = dict[str, Any]

CRONS = [
    "0 0 * * *", "30 2 * * *", "0 * * * *", "*/15 * * * *", "30 * * * *", "0 */2 * * *", "0 1-3 * * *", "0 0 * * 0", "@monthly",
    "15 0 * * *", "0 2 L * *", "*/20 1,2 * * *", "0 3 * * *", "30 4 13 * 5", "45 1 * * * 30", "0 12 * * mon-fri",
]  # fmt: skip
DELTAS: list[Any] = [
    3600, 86400, 5400, 0.5, 604800, {"days": 1}, {"months": 1}, {"years": 1}, {"weeks": 2}, {"days": 1, "hours": 12}, {"months": 3},
    {"months": 1, "day": 31}, {"days": 7, "weekday": [0]}, {"days": 1, "hour": 6, "minute": 30},
]  # fmt: skip


def freeze(now: datetime) -> None:
    """Every clock a timetable reads shows now."""
    at = pendulum.instance(now)
    for module in (interval, trigger, simple.timezone, events.timezone):
        module.utcnow = lambda: at
    trigger.time = types.SimpleNamespace(time=at.timestamp)


def delta_of(spec: Any) -> Any:
    if not isinstance(spec, dict):
        return timedelta(seconds=spec)
    spec = dict(spec)
    if "weekday" in spec:
        spec["weekday"] = weekday(*spec["weekday"])
    return relativedelta(**spec)


def build(s: Row) -> Any:
    """A schedule object to the timetable it stands for."""
    kind = s["type"]
    zone = pendulum.timezone(s.get("timezone", "UTC"))
    if kind == "cron_interval":
        return interval.CronDataIntervalTimetable(s["expression"], zone)
    if kind == "delta_interval":
        return interval.DeltaDataIntervalTimetable(delta_of(s["delta"]))
    more: Row = {}
    if "interval" in s:
        more["interval"] = delta_of(s["interval"])
    if "run_immediately" in s:
        run = s["run_immediately"]
        more["run_immediately"] = run if isinstance(run, bool) or run is None else timedelta(seconds=run)
    if kind == "cron_trigger":
        return trigger.CronTriggerTimetable(s["expression"], timezone=zone, **more)
    if kind == "delta_trigger":
        return trigger.DeltaTriggerTimetable(delta_of(s["delta"]), **more)
    if kind == "multiple_cron":
        return trigger.MultipleCronTriggerTimetable(*s["expressions"], timezone=zone, **more)
    if kind == "cron_partition":
        keys = {k: s[k] for k in ("run_offset", "key_format") if k in s}
        return trigger.CronPartitionTimetable(s["expression"], timezone=zone, **more, **keys)
    if kind == "events":
        dates = [pendulum.DateTime.fromisoformat(e) for e in s["events"]]
        return events.EventsTimetable(dates, s.get("restrict_to_events", False), False, s.get("description"))
    if kind == "asset_or_time":
        from airflow.timetables.assets import AssetOrTimeSchedule

        return AssetOrTimeSchedule(timetable=build(s["timetable"]), assets=[])
    if kind == "asset":
        return simple.AssetTriggeredTimetable([])
    if kind == "partitioned_at_runtime":
        return simple.PartitionedAtRuntime()
    return {
        "null": simple.NullTimetable, "once": simple.OnceTimetable, "continuous": simple.ContinuousTimetable,
    }[kind]()  # fmt: skip


def iso(t: Any) -> str | None:
    return None if t is None else t.astimezone(UTC).isoformat()


def aware(t: datetime | None) -> Any:
    return None if t is None else pendulum.instance(t)


def chain(s: Row, now: datetime, earliest: datetime | None, catchup: bool, steps: int, **more: Any) -> Row:
    """Runs from a restriction on, each following the one before, at one clock."""
    latest, last = more.get("latest"), more.get("last")
    row: Row = {
        "schedule": s,
        "now": iso(now),
        "earliest": iso(earliest),
        "latest": iso(latest),
        "catchup": catchup,
    }
    row["last"] = last and [iso(x) for x in last]
    row["runs"] = []
    if more.get("live"):  # the clock goes with the runs: a second after the last one is due
        row["live"] = True
    freeze(now)
    table = build(s)
    restriction = TimeRestriction(aware(earliest), aware(latest), catchup)
    data: Any = last and DataInterval(*(aware(x) for x in last))
    info: Any = None
    for _ in range(steps):
        try:
            if s["type"] == "cron_partition":
                info = table.next_dagrun_info_v2(last_dagrun_info=info, restriction=restriction)
            else:
                info = table.next_dagrun_info(last_automated_data_interval=data, restriction=restriction)
        except (ValueError, AssertionError) as e:
            row["error"] = f"{type(e).__name__}: {e}"
            break
        if info is None:
            row["runs"].append(None)
            break
        data = info.data_interval
        run = [iso(info.logical_date), iso(data and data.start), iso(data and data.end), iso(info.run_after)]
        if s["type"] == "cron_partition":
            run += [iso(info.partition_date), info.partition_key]
        row["runs"].append(run)
        if more.get("live"):
            now = max(now, info.run_after + timedelta(seconds=1))
            freeze(now)
    return row


def manual(s: Row, times: list[datetime]) -> Row:
    row: Row = {"schedule": s, "manual": []}
    table = build(s)
    for t in times:
        data = table.infer_manual_data_interval(run_after=aware(t))
        row["manual"].append([iso(t), iso(data.start), iso(data.end)])
    return row


def changes(name: str) -> list[datetime]:
    """A zone's next spring and autumn changes after June 2025."""
    zone = ZoneInfo(name)
    t = datetime(2025, 6, 1, tzinfo=UTC)
    out: dict[bool, datetime] = {}
    while t < datetime(2027, 1, 1, tzinfo=UTC):
        a, b = t.astimezone(zone).utcoffset(), (t + timedelta(hours=1)).astimezone(zone).utcoffset()
        assert a is not None and b is not None
        if a != b:
            out.setdefault(b > a, t + timedelta(hours=1))
        t += timedelta(hours=1)
    if not out:
        return [datetime(2026, 3, 29, 1, tzinfo=UTC)]
    return list(out.values())


def around_changes(rnd: random.Random) -> Iterator[Row]:
    """Cron over gaps and folds, in both kinds."""
    for name in common.ZONES:
        for change in changes(name):
            for expr in rnd.sample(CRONS, 7):
                for kind in ("cron_trigger", "cron_interval"):
                    s = {"type": kind, "expression": expr, "timezone": name}
                    short = f"{expr} - -".split()[1] in ("*", "*/2", "1-3", "1,2")
                    earliest = change - (timedelta(hours=5) if short else timedelta(days=2))
                    yield chain(s, change + timedelta(days=400), earliest, True, 8)
                    shift = timedelta(
                        seconds=rnd.choice([-5400, -1800, -600, 0, 600, 1500, 2400, 3600, 5400, 9000])
                    )
                    yield chain(s, change + shift, change - timedelta(days=40), False, 3)


def live(rnd: random.Random) -> Iterator[Row]:
    """A scheduler that keeps up, over a gap and a fold."""
    for name in common.ZONES:
        for change in changes(name):
            for expr in rnd.sample(CRONS, 4):
                for kind in ("cron_trigger", "cron_interval"):
                    s = {"type": kind, "expression": expr, "timezone": name}
                    ahead = (
                        timedelta(hours=6)
                        if "* * *" in expr and expr.split()[1] != "0"
                        else timedelta(days=2)
                    )
                    yield chain(
                        s, change - ahead, datetime(2025, 1, 1, tzinfo=UTC), rnd.random() < 0.2, 7, live=True
                    )


def half_hours() -> Iterator[Row]:
    """Lord Howe shifts by half an hour, where real Airflow raises or stops."""
    for change in changes("Australia/Lord_Howe"):
        for expr in ("0 * * * *", "*/20 * * * *", "30 2 * * *", "0 2 * * *", "15 * * * *"):
            for kind in ("cron_trigger", "cron_interval"):
                s = {"type": kind, "expression": expr, "timezone": "Australia/Lord_Howe"}
                for minutes in (-70, -40, -20, -10, 0, 5, 10, 20, 40, 70, 130):
                    yield chain(s, change + timedelta(minutes=minutes), None, False, 3)


def restrictions(rnd: random.Random) -> Iterator[Row]:
    """Every kind with and without start, end, catchup and a last run."""
    now = datetime(2026, 6, 10, 10, 20, 30, 500000, tzinfo=UTC)
    kinds: list[Row] = []
    for expr in ("@daily", "*/15 * * * *", "0 6 * * 1", "@yearly", "20 10 10 6 *"):
        kinds += [
            {"type": t, "expression": expr, "timezone": "Europe/Berlin"}
            for t in ("cron_trigger", "cron_interval")
        ]
    for run in (True, False, None, 3600, 0, 700000):
        kinds.append(
            {"type": "cron_trigger", "expression": "0 6 * * *", "timezone": "UTC", "run_immediately": run}
        )
    for gap in (600, 86400, {"days": 1}, {"months": 1}):
        kinds.append(
            {
                "type": "cron_trigger",
                "expression": "0 0 * * *",
                "timezone": "America/New_York",
                "interval": gap,
            }
        )
    kinds.append(
        {"type": "cron_trigger", "expression": "*/30 * * * *", "timezone": "Asia/Kathmandu", "interval": 1800}
    )
    for d in DELTAS:
        kinds += [{"type": "delta_trigger", "delta": d}, {"type": "delta_interval", "delta": d}]
    kinds.append({"type": "delta_trigger", "delta": 3600, "interval": 3600})
    kinds.append({"type": "delta_trigger", "delta": {"months": 1}, "interval": {"months": 1}})
    many = {
        "type": "multiple_cron",
        "expressions": ["0 6 * * *", "30 10 * * 3", "0 0 1 * *"],
        "timezone": "UTC",
    }
    kinds += [
        many,
        {**many, "run_immediately": True, "interval": 3600},
        {**many, "timezone": "America/Sao_Paulo"},
    ]
    part = {"type": "cron_partition", "expression": "0 0 * * *", "timezone": "Europe/Berlin"}
    kinds += [part, {**part, "run_offset": -1}, {**part, "run_offset": 2, "key_format": "%Y%m%d/%H"}]
    kinds += [{**part, "expression": "0 * * * *", "run_immediately": True}]
    dates = ["2026-06-01T00:00:00+00:00", "2026-06-10T10:20:30.500000+00:00", "2026-05-01T12:00:00+02:00"]
    dates += ["2026-12-24T18:00:00+00:00"]
    kinds += [{"type": "events", "events": dates}, {"type": "events", "events": []}]
    kinds += [{"type": "once"}, {"type": "continuous"}, {"type": "null"}, {"type": "asset"}]
    kinds += [{"type": "asset_or_time", "timetable": {"type": "cron_trigger", "expression": "@hourly"}}]
    starts = [
        None,
        datetime(2026, 1, 31, 7, 3, tzinfo=UTC),
        datetime(2024, 2, 29, tzinfo=UTC),
        datetime(2026, 8, 1, tzinfo=UTC),
    ]
    ends = [
        None,
        None,
        datetime(2026, 6, 10, tzinfo=UTC),
        datetime(2026, 6, 12, tzinfo=UTC),
        datetime(2025, 1, 1, tzinfo=UTC),
    ]
    for s in kinds:
        for earliest in starts:
            for catchup in (True, False):
                clock = now if rnd.random() < 0.7 else now.replace(hour=0, minute=0, second=0, microsecond=0)
                if s.get("delta") == 0.5 and catchup:
                    continue
                yield chain(s, clock, earliest, catchup, 3, latest=rnd.choice(ends))
        if s["type"] == "cron_partition":
            continue
        for catchup in (True, False):
            last = (datetime(2026, 6, 1, 6, 30, tzinfo=UTC), datetime(2026, 6, 2, 6, 30, tzinfo=UTC))
            yield chain(s, now, starts[1], catchup, 3, last=last)
            future = (datetime(2026, 6, 11, tzinfo=UTC), datetime(2026, 6, 12, tzinfo=UTC))
            yield chain(s, now, None, catchup, 2, last=future)
            on = datetime(2026, 6, 10, tzinfo=UTC)
            yield chain(s, on, starts[1], catchup, 2, last=(on - timedelta(days=1), on))


def corners() -> Iterator[Row]:
    now = datetime(2026, 6, 10, 10, 20, tzinfo=UTC)
    for kind in ("cron_trigger", "cron_interval"):
        for expr in (
            "0 0 30 2 *",
            "0 0 29 2 *",
            "0 0 1 1 * 0 2030",
            "0 0 1 1 * 0 2020",
            "0 0 1 1 * 0 2026-2028",
        ):
            s = {"type": kind, "expression": expr, "timezone": "UTC"}
            for catchup in (True, False):
                yield chain(s, now, datetime(2026, 1, 1, tzinfo=UTC), catchup, 2)
                yield chain(s, now, None, catchup, 2)
    # A coarser schedule than the one that made the last run.
    for expr in ("0 0 1 * *", "0 0 * * 0", "@yearly"):
        s = {"type": "cron_interval", "expression": expr, "timezone": "UTC"}
        last = (datetime(2026, 6, 5, tzinfo=UTC), datetime(2026, 6, 6, tzinfo=UTC))
        yield chain(s, now, datetime(2026, 1, 1, tzinfo=UTC), True, 2, last=last)
        yield chain(s, now, datetime(2026, 1, 1, tzinfo=UTC), False, 2, last=last)


def manuals() -> Iterator[Row]:
    times = [
        datetime(2026, 6, 10, 10, 20, 30, 500000, tzinfo=UTC), datetime(2026, 6, 10, tzinfo=UTC),
        datetime(2026, 3, 29, 1, 30, tzinfo=UTC), datetime(2026, 10, 25, 0, 45, tzinfo=UTC),
        datetime(2026, 10, 25, 1, 15, tzinfo=UTC), datetime(2026, 4, 4, 15, 10, tzinfo=UTC),
    ]  # fmt: skip
    for name in ("UTC", "Europe/Berlin", "Australia/Lord_Howe", "America/New_York"):
        for expr in CRONS:
            yield manual({"type": "cron_interval", "expression": expr, "timezone": name}, times)
    yield manual(
        {"type": "cron_trigger", "expression": "@daily", "timezone": "UTC", "interval": 86400}, times
    )
    for d in DELTAS:
        yield manual({"type": "delta_interval", "delta": d}, times)
        yield manual({"type": "delta_trigger", "delta": d, "interval": d}, times)
    dates = ["2026-06-01T00:00:00+00:00", "2026-05-01T12:00:00+02:00", "2026-12-24T18:00:00+00:00"]
    yield manual({"type": "events", "events": dates}, times)
    yield manual({"type": "events", "events": dates, "restrict_to_events": True}, times)
    yield manual({"type": "once"}, times)
    yield manual({"type": "continuous"}, times)
    yield manual({"type": "null"}, times)


def texts() -> Iterator[Row]:
    some: list[Row] = [{"type": t} for t in ("null", "once", "continuous", "asset", "partitioned_at_runtime")]
    some += [
        {"type": "cron_trigger", "expression": e}
        for e in ("@daily", "0 6 * * 1-5", "@quarterly", "@midnight", "0 0 * * * 5")
    ]
    some += [{"type": "cron_interval", "expression": "0 0 13 * 5", "timezone": "Asia/Tokyo"}]
    some += [{"type": t, "delta": d} for d in DELTAS for t in ("delta_trigger", "delta_interval")]
    some += [{"type": "multiple_cron", "expressions": ["@daily", "0 6 * * 1"]}]
    some += [{"type": "cron_partition", "expression": "@weekly"}]
    some += [{"type": "events", "events": ["2026-06-01T00:00:00+02:00", "2026-05-01T12:00:00.250000+00:00"]}]
    some += [{"type": "events", "events": []}, {"type": "events", "events": [], "description": "Finals"}]
    some += [{"type": "asset_or_time", "timetable": {"type": "once"}}]
    some += [{"type": "asset_or_time", "timetable": {"type": "cron_trigger", "expression": "@hourly"}}]
    for s in some:
        t = build(s)
        words = {"summary": t.summary, "description": t.description, "type_name": t.type_name}
        words |= {
            "periodic": t.periodic,
            "can_be_scheduled": t.can_be_scheduled,
            "limit": t.active_runs_limit,
        }
        yield {"schedule": s, "text": words}


def second_opinion() -> list[Row]:
    """2.11's answers to the data-interval rows, where they are not 3.3.2's."""
    import json

    def when(text: str | None) -> datetime | None:
        return None if text is None else datetime.fromisoformat(text)

    out = []
    for line in (common.HERE / "timetables.jsonl").read_text().splitlines():
        row = json.loads(line)
        if row["schedule"]["type"] not in ("cron_interval", "delta_interval") or "text" in row:
            continue
        if "manual" in row:
            mine = manual(row["schedule"], [datetime.fromisoformat(m[0]) for m in row["manual"]])
        else:
            last = row["last"] and tuple(datetime.fromisoformat(x) for x in row["last"])
            now = datetime.fromisoformat(row["now"])
            steps = max(len(row["runs"]) + ("error" in row), 1)
            mine = chain(
                row["schedule"],
                now,
                when(row["earliest"]),
                row["catchup"],
                steps,
                latest=when(row["latest"]),
                last=last,
                live=row.get("live"),
            )
        if mine != row:
            out.append(mine)
    return out


if __name__ == "__main__":
    if V3:
        rnd = random.Random(3)
        rows = [
            *around_changes(rnd),
            *live(rnd),
            *half_hours(),
            *restrictions(rnd),
            *corners(),
            *manuals(),
            *texts(),
        ]
        common.write("timetables.jsonl", rows)
    else:
        common.write("timetables-2.jsonl", second_opinion())
