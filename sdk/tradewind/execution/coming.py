"""What only Python can say of a schedule: the runs of a timetable of the user's own, its manual intervals."""

from __future__ import annotations

from typing import Any

from tradewind.execution.dagrun import instant, text

LIMIT = 100_000  # runs of one answer


def answer(dag: Any, ask: dict[str, Any]) -> dict[str, Any]:
    """`what`: next (the default), between, manual (docs/runner-protocol.md, "Other pieces of work")."""
    if ask.get("what") == "manual":
        return {"interval": manual_interval(dag.timetable, instant(ask["run_after"]))}
    return {"runs": coming_runs(dag.timetable, ask)}


def manual_interval(timetable: Any, run_after: Any) -> dict[str, Any]:
    """The data interval of a run that somebody asks for at that instant."""
    interval = timetable.infer_manual_data_interval(run_after=_aware(run_after))
    return _interval(interval)


def coming_runs(timetable: Any, ask: dict[str, Any]) -> list[dict[str, Any]]:
    """The next runs after `last`, at most `count`; with `now`, as if it were that instant."""
    from tradewind import timetables

    now = instant(ask.get("now"))
    between = ask.get("what") == "between"
    restriction = timetables.TimeRestriction(
        earliest=instant(ask.get("earliest")),
        latest=instant(ask.get("latest")),
        catchup=between or bool(ask.get("catchup", False)),
    )
    last = _last(ask.get("last"))
    runs: list[dict[str, Any]] = []
    for _ in range(max(1, min(int(ask.get("count") or 1), LIMIT))):
        if now is not None:
            from tradewind.execution import clock

            clock.pretend(now, type(timetable))
        info = _next(timetable, last, restriction)
        if info is None:
            break
        if last is not None and last.data_interval and info.data_interval == last.data_interval:
            raise ValueError(f"{type(timetable).__name__} gave the same run again: {info.data_interval}")
        runs.append(_run(timetable, info))
        last = info
        if now is not None:
            now = max(now, _aware(info.run_after))
    return runs


def _last(given: dict[str, Any] | None) -> Any:
    from tradewind import timetables

    if not given:
        return None
    start, end = instant(given.get("start")), instant(given.get("end"))
    interval = timetables.DataInterval(start, end) if start is not None and end is not None else None
    return timetables.DagRunInfo(run_after=instant(given.get("run_after")) or end, data_interval=interval)


def _next(timetable: Any, last: Any, restriction: Any) -> Any:
    newer = getattr(timetable, "next_dagrun_info_v2", None)
    if newer is not None:
        return newer(last_dagrun_info=last, restriction=restriction)
    return timetable.next_dagrun_info(
        last_automated_data_interval=last.data_interval if last is not None else None, restriction=restriction
    )


def _run(timetable: Any, info: Any) -> dict[str, Any]:
    run = {
        "logical_date": text(_aware(info.logical_date)),
        "run_after": text(_aware(info.run_after)),
        "partition_key": getattr(info, "partition_key", None),
        "partition_date": text(_aware(getattr(info, "partition_date", None))),
        "run_id": _own_run_id(timetable, info),
        **_interval(info.data_interval),
    }
    return {key: value for key, value in run.items() if value is not None}


def _own_run_id(timetable: Any, info: Any) -> str | None:
    """The id of the scheduled run, when the timetable has its own way of naming it."""
    from tradewind.states import DagRunType
    from tradewind.timetables import Timetable

    method = getattr(type(timetable), "generate_run_id", None)
    if method is None or method is Timetable.generate_run_id:
        return None
    return str(
        timetable.generate_run_id(
            run_type=DagRunType.SCHEDULED,
            run_after=info.run_after,
            data_interval=info.data_interval,
            partition_key=getattr(info, "partition_key", None),
        )
    )


def _interval(interval: Any) -> dict[str, Any]:
    if interval is None:
        return {}
    return {"start": text(_aware(interval.start)), "end": text(_aware(interval.end))}


def _aware(value: Any) -> Any:
    """In UTC; a naive instant is taken to be in UTC, as Airflow's timetables have them."""
    if value is None:
        return None
    from tradewind.timezone import coerce_datetime, convert_to_utc

    return convert_to_utc(coerce_datetime(value))
