"""Methods that a DAG had before Airflow 3. What needs only the DAG and its timetable works; the metastore's rows are out of a DAG's reach."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterator
from typing import Any

from tradewind.exceptions import AirflowException


def _ask_elsewhere(name: str, instead: str) -> Any:
    def method(self: Any, *_: Any, **__: Any) -> Any:
        raise AirflowException(f"DAG.{name}: DAG code has no database here. {instead}")

    method.__name__ = name
    return method


_RUNS = "A task has its run in the context (dag_run, ti.get_previous_dagrun(), ti.get_dagrun_state()); else use the REST API"
_WRITES = "Use TriggerDagRunOperator, the REST API or `tradewind dags trigger`"


class OldDag:
    """What `DAG` takes over from 1.10 and 2.x."""

    @property
    def log(self) -> logging.Logger:
        return logging.getLogger(f"{type(self).__module__}.{type(self).__qualname__}")

    # -- dates --------------------------------------------------------------------------------------

    def infer_automated_data_interval(self, logical_date: dt.datetime) -> Any:
        """The data interval of a scheduled run of that logical date."""
        from tradewind.dag import to_instant
        from tradewind.timetables import DataInterval

        start = to_instant(logical_date, self.timezone_object)  # type: ignore[attr-defined]
        infos = self.iter_dagrun_infos_between(start, start)  # type: ignore[attr-defined]
        return next((i.data_interval for i in infos if i.logical_date == start), None) or DataInterval.exact(
            start
        )

    def following_schedule(self, dttm: dt.datetime) -> Any:
        """The logical date after this one; None when the schedule has none."""
        interval = self.infer_automated_data_interval(dttm)
        info = self.next_dagrun_info(interval, restricted=False)  # type: ignore[attr-defined]
        return None if info is None else info.logical_date

    def previous_schedule(self, dttm: dt.datetime) -> Any:
        """The logical date before this one; None when the schedule has none."""
        from tradewind.dag import to_instant

        at = to_instant(dttm, self.timezone_object)  # type: ignore[attr-defined]
        delta = getattr(self.timetable, "_delta", None)  # type: ignore[attr-defined]
        if delta is not None:
            return at - delta
        width = dt.timedelta(hours=2)
        while width < dt.timedelta(days=4000):
            infos = self.iter_dagrun_infos_between(at - width, at)  # type: ignore[attr-defined]
            dates = [info.logical_date for info in infos if info.logical_date < at]
            if dates:
                return dates[-1]
            width *= 6
        return None

    def normalize_schedule(self, dttm: dt.datetime) -> Any:
        """The date itself if the schedule has it, else the next one that it has."""
        from tradewind.dag import to_instant

        at = to_instant(dttm, self.timezone_object)  # type: ignore[attr-defined]
        far = at + dt.timedelta(days=4000)
        return next((i.logical_date for i in self.iter_dagrun_infos_between(at, far)), at)  # type: ignore[attr-defined]

    def date_range(self, start_date: Any, num: int | None = None, end_date: Any = None) -> list[Any]:
        """The logical dates from `start_date` on: so many, or up to `end_date` (now)."""
        from tradewind.timezone import utcnow

        end = end_date if end_date is not None or num is not None else utcnow()
        found: list[Any] = []
        for info in self.iter_dagrun_infos_between(start_date, end):  # type: ignore[attr-defined]
            if num is not None and len(found) >= num:
                break
            found.append(info.logical_date)
        return found or [start_date]

    def next_dagrun_after_date(self, date_last_automated_dagrun: Any) -> Any:
        if date_last_automated_dagrun is None:
            info = self.next_dagrun_info(None)  # type: ignore[attr-defined]
            return None if info is None else info.run_after
        return self.following_schedule(date_last_automated_dagrun)

    def get_next_data_interval(self, dag_model: Any) -> Any:
        return getattr(dag_model, "next_dagrun_data_interval", None)

    # -- looks --------------------------------------------------------------------------------------

    def get_tree_view(self) -> str:
        """The tasks, each below what it waits for."""
        lines: list[str] = []

        def add(task: Any, level: int) -> None:
            lines.append(" " * level * 4 + str(task))
            for below in sorted(task.downstream_list, key=lambda t: t.task_id):
                add(below, level + 1)

        for root in sorted(self.roots, key=lambda t: t.task_id):  # type: ignore[attr-defined]
            add(root, 0)
        return "\n".join(lines) + "\n" if lines else ""

    def tree_view(self) -> None:
        print(self.get_tree_view())

    def get_default_view(self) -> str:
        return self.default_view  # type: ignore[attr-defined]

    def get_doc_md(self, doc_md: str | None) -> str | None:
        return self._read_doc(doc_md)  # type: ignore[attr-defined]

    def iter_invalid_owner_links(self) -> Iterator[tuple[str, str]]:
        from urllib.parse import urlsplit

        for owner, link in self.owner_links.items():  # type: ignore[attr-defined]
            if not urlsplit(link).scheme:
                yield owner, link

    # -- runs ---------------------------------------------------------------------------------------

    def clear(self, *_: Any, **__: Any) -> int:
        """Nothing: `dag.run()` and `dag.test()` begin anew each time. In a running task it says where runs are cleared."""
        from tradewind.comms import supervisor

        if supervisor() is not None:
            raise AirflowException("DAG.clear: use the REST API or `tradewind tasks clear`")
        return 0

    def run(
        self,
        start_date: Any = None,
        end_date: Any = None,
        run_backwards: bool = False,
        conf: Any = None,
        **_: Any,
    ) -> None:
        """Run the DAG here, in this process, for each logical date between the two."""
        from tradewind.timezone import utcnow

        first = start_date or self.start_date  # type: ignore[attr-defined]
        dates = self.date_range(first, end_date=end_date or utcnow()) if first else [None]
        for date in reversed(dates) if run_backwards else dates:
            run = self.test(logical_date=date, run_conf=conf)  # type: ignore[attr-defined]
            if str(run.state) != "success":
                raise AirflowException(f"the run of {date} ended as {run.state}")

    def get_dagrun(self, execution_date: Any = None, run_id: str | None = None, **_: Any) -> Any:
        """The run of a date or of an id, or None."""
        found = self._runs(execution_date=execution_date, run_id=run_id)
        return found[-1] if found else None

    fetch_dagrun = get_dagrun

    def get_last_dagrun(self, include_externally_triggered: bool = False, **_: Any) -> Any:
        """The run with the newest logical date: a scheduled one, or any."""
        found = self._runs(external_trigger=None if include_externally_triggered else False)
        return found[-1] if found else None

    def get_dagruns_between(self, start_date: Any, end_date: Any, **_: Any) -> list[Any]:
        return self._runs(execution_start_date=start_date, execution_end_date=end_date)

    def get_active_runs(self) -> list[Any]:
        """The logical dates of runs that run."""
        return [run.logical_date for run in self._runs(state="running")]

    def get_num_active_runs(
        self, external_trigger: bool | None = None, only_running: bool = True, **_: Any
    ) -> int:
        states = ["running"] if only_running else ["running", "queued"]
        return len(self._runs(state=states, external_trigger=external_trigger))

    def get_latest_execution_date(self, **_: Any) -> Any:
        found = [run.logical_date for run in self._runs() if run.logical_date is not None]
        return found[-1] if found else None

    latest_execution_date = property(get_latest_execution_date)

    def has_dag_runs(self, include_externally_triggered: bool = True, **_: Any) -> bool:
        return self.get_last_dagrun(include_externally_triggered) is not None

    def _runs(self, **asked: Any) -> list[Any]:
        from tradewind.models import DagRun

        found = DagRun.find(dag_id=self.dag_id, **asked)  # type: ignore[attr-defined]
        for run in found:
            run.dag = self
        return found

    get_task_instances = _ask_elsewhere("get_task_instances", _RUNS)
    get_task_instances_before = _ask_elsewhere("get_task_instances_before", _RUNS)
    get_num_task_instances = _ask_elsewhere("get_num_task_instances", _RUNS)
    create_dagrun = _ask_elsewhere("create_dagrun", _WRITES)
    set_dag_runs_state = _ask_elsewhere("set_dag_runs_state", _WRITES)
    set_task_instance_state = _ask_elsewhere("set_task_instance_state", _WRITES)
    set_task_group_state = _ask_elsewhere("set_task_group_state", _WRITES)
    sync_to_db = _ask_elsewhere("sync_to_db", "The DAG processor writes what it reads")
    bulk_write_to_db = _ask_elsewhere("bulk_write_to_db", "The DAG processor writes what it reads")
