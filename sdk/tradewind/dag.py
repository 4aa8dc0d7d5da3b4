"""The DAG."""

from __future__ import annotations

import copy
import datetime as dt
import functools
import inspect
import os
import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

from tradewind.dag_old import OldDag
from tradewind.exceptions import (
    AirflowDagCycleException,
    AirflowException,
    DuplicateTaskIdFound,
    FailFastDagInvalidTriggerRule,
    ParamValidationError,
    TaskNotFound,
)
from tradewind.operator import NOTSET, validate_key
from tradewind.stacks import DagContext, TaskGroupContext
from tradewind.states import TriggerRule
from tradewind.taskgroup import TaskGroup

_HERE = os.path.dirname(os.path.abspath(__file__))
_TAG_MAX_LEN = 100
DEFAULT_VIEW_PRESETS = ["grid", "graph", "duration", "gantt", "landing_times"]
ORIENTATION_PRESETS = ["LR", "TB", "RL", "BT"]


def to_instant(value: Any, tz: Any) -> Any:
    """A date argument (datetime, date or text) as an aware UTC instant."""
    from tradewind import timezone

    if value is None:
        return None
    if isinstance(value, str):
        value = timezone.parse(value, timezone=tz)
    elif not isinstance(value, dt.datetime) and isinstance(value, dt.date):
        value = dt.datetime(value.year, value.month, value.day)
    elif isinstance(value, dt.timedelta):
        value = timezone.utcnow() - value  # 1.10's DAGs give an age
    if not isinstance(value, dt.datetime):
        raise TypeError(f"a date must be a datetime, not {type(value).__name__}")
    if value.utcoffset() is None and tz is not None:
        value = timezone.make_aware(value, tz)
    return timezone.convert_to_utc(value)


def _caller_file() -> str:
    """The file of the nearest frame that is not ours."""
    frame = sys._getframe(1)
    while frame is not None:
        name = frame.f_code.co_filename
        if not name.startswith(_HERE) and not name.startswith("<frozen"):
            return name
        frame = frame.f_back  # type: ignore[assignment]
    return ""


class DAG(OldDag):
    """A directed acyclic graph of tasks and when it runs. Arguments are those of every Airflow generation."""

    partial: bool = False
    default_view = "grid"
    orientation = "LR"

    def __init__(
        self,
        dag_id: str,
        description: str | None = None,
        schedule: Any = NOTSET,
        schedule_interval: Any = NOTSET,
        timetable: Any = None,
        start_date: Any = None,
        end_date: Any = None,
        full_filepath: str | None = None,
        template_searchpath: str | Iterable[str] | None = None,
        template_undefined: Any = None,
        user_defined_macros: dict[str, Any] | None = None,
        user_defined_filters: dict[str, Callable] | None = None,
        default_args: dict[str, Any] | None = None,
        concurrency: int | None = None,
        max_active_tasks: int | None = None,
        max_active_runs: int | None = None,
        max_consecutive_failed_dag_runs: int | None = None,
        dagrun_timeout: dt.timedelta | None = None,
        sla_miss_callback: Any = None,
        default_view: str | None = None,
        orientation: str | None = None,
        catchup: bool | None = None,
        on_success_callback: Any = None,
        on_failure_callback: Any = None,
        doc_md: str | None = None,
        params: Any = None,
        access_control: dict[str, Any] | None = None,
        is_paused_upon_creation: bool | None = None,
        jinja_environment_kwargs: dict[str, Any] | None = None,
        render_template_as_native_obj: bool = False,
        tags: Collection[str] | None = None,
        owner_links: dict[str, str] | None = None,
        auto_register: bool = True,
        fail_stop: bool = False,
        fail_fast: bool | None = None,
        dag_display_name: str | None = None,
        disable_bundle_versioning: bool | None = None,
        rerun_with_latest_version: bool | None = None,
        deadline: Any = None,
        allowed_run_types: Any = None,
        **kwargs: Any,
    ):
        from tradewind import timezone
        from tradewind.conf import conf
        from tradewind.params import ParamsDict
        from tradewind.timetables import create_timetable

        if kwargs:
            raise TypeError(f"DAG.__init__() got an unexpected keyword argument {sorted(kwargs)[0]!r}")
        validate_key(dag_id)
        self.dag_id = dag_id
        self.compat = conf.compat()
        self.description = description
        self.fileloc = full_filepath or _caller_file()
        self.relative_fileloc: str | None = None
        self.default_args: dict[str, Any] = copy.deepcopy(default_args or {})
        self.params = ParamsDict(params)
        if "params" in self.default_args:
            merged = dict(self.params.raw_items())  # those of default_args win, as in every generation
            merged.update(ParamsDict(self.default_args.pop("params")).raw_items())
            self.params = ParamsDict(merged)

        tz = None
        for date in (start_date, self.default_args.get("start_date")):
            if isinstance(date, str):
                date = timezone.parse(date)
            if isinstance(date, dt.datetime) and date.tzinfo is not None:
                tz = date.tzinfo
                break
            if date is not None:
                break
        self._timezone_name = timezone.zone_name(tz) if tz is not None else timezone.default_timezone_name()
        self._timezone: Any = tz
        zone = self.timezone_object
        self.start_date = to_instant(start_date, zone)
        self.end_date = to_instant(end_date, zone)
        for name in ("start_date", "end_date"):
            if self.default_args.get(name) is not None:
                self.default_args[name] = to_instant(self.default_args[name], zone)

        given = [v for v in (schedule, schedule_interval) if v is not NOTSET]
        given += [timetable] if timetable is not None else []
        if len(given) > 1:
            raise ValueError("At most one allowed for args 'schedule_interval', 'timetable', and 'schedule'.")
        self.schedule: Any = given[0] if given else (dt.timedelta(days=1) if self.compat == 2 else None)
        self.timetable = create_timetable(self.schedule, zone, self._timezone_name)

        self.template_searchpath = (
            [template_searchpath] if isinstance(template_searchpath, str) else template_searchpath
        )
        if self.template_searchpath is not None:
            self.template_searchpath = [os.fspath(p) for p in self.template_searchpath]
        self.template_undefined = template_undefined
        self.user_defined_macros = user_defined_macros
        self.user_defined_filters = user_defined_filters
        self.jinja_environment_kwargs = jinja_environment_kwargs
        self.render_template_as_native_obj = render_template_as_native_obj

        def number(value: int | None, section: str, key: str) -> int:
            return conf.getint(section, key) if value is None else value

        tasks = concurrency if max_active_tasks is None else max_active_tasks
        self.max_active_tasks = number(tasks, "core", "max_active_tasks_per_dag")
        self.max_active_runs = number(max_active_runs, "core", "max_active_runs_per_dag")
        self.max_consecutive_failed_dag_runs = number(
            max_consecutive_failed_dag_runs, "core", "max_consecutive_failed_dag_runs_per_dag"
        )
        if self.max_consecutive_failed_dag_runs < 0:
            raise AirflowException(
                "Invalid max_consecutive_failed_dag_runs: "
                f"{self.max_consecutive_failed_dag_runs}. Requires max_consecutive_failed_dag_runs >= 0"
            )
        limit = getattr(self.timetable, "active_runs_limit", None)
        if limit is not None and self.max_active_runs > limit:
            raise ValueError(
                f"Invalid max_active_runs: {type(self.timetable).__name__} requires max_active_runs <= {limit}"
            )
        if isinstance(dagrun_timeout, (int, float)) and not isinstance(dagrun_timeout, bool):
            dagrun_timeout = dt.timedelta(seconds=dagrun_timeout)
        self.dagrun_timeout = dagrun_timeout
        self.catchup = conf.getboolean("scheduler", "catchup_by_default") if catchup is None else catchup
        if self.catchup and self.compat == 3 and self.timetable.can_be_scheduled:
            if self.start_date is None and "start_date" not in self.default_args:
                raise ValueError("start_date is required when catchup=True")
        self.on_success_callback = on_success_callback
        self.on_failure_callback = on_failure_callback
        self.sla_miss_callback = sla_miss_callback
        if sla_miss_callback is not None:
            from tradewind.operator import _warn_of_sla

            _warn_of_sla(f"sla_miss_callback of DAG {dag_id!r}")
        self.has_on_success_callback = on_success_callback is not None
        self.has_on_failure_callback = on_failure_callback is not None
        if default_view is not None:
            self.default_view = default_view
        if orientation is not None:
            self.orientation = orientation
        self.access_control = access_control
        self.is_paused_upon_creation = is_paused_upon_creation
        self.auto_register = auto_register
        self.fail_fast = bool(fail_stop if fail_fast is None else fail_fast)
        self.tags: set[str] = set(tags or ())
        for tag in self.tags:
            if len(tag) > _TAG_MAX_LEN:
                raise AirflowException(f"tag cannot be longer than {_TAG_MAX_LEN} characters")
        self.owner_links = owner_links or {}
        _check_owner_links(self.owner_links)
        self._dag_display_name = dag_display_name
        self.disable_bundle_versioning = disable_bundle_versioning
        self.rerun_with_latest_version = rerun_with_latest_version
        self.deadline = deadline
        self.allowed_run_types = allowed_run_types
        self.doc_md = self._read_doc(doc_md)
        self.last_loaded: Any = None
        self.safe_dag_id = dag_id.replace(".", "__dot__")
        self.edge_info: dict[str, dict[str, Any]] = {}
        self.task_dict: dict[str, Any] = {}
        self._task_group = TaskGroup.create_root(self)

    # -- identity -----------------------------------------------------------------------------------

    def __repr__(self) -> str:
        return f"<DAG: {self.dag_id}>"

    @property
    def timezone_object(self) -> Any:
        """The DAG's zone; dates without one are read in it."""
        if self._timezone is None:
            from tradewind import timezone

            self._timezone = timezone.zone(self._timezone_name)
        return self._timezone

    @property
    def timezone(self) -> Any:
        return self.timezone_object

    @property
    def timezone_name(self) -> str:
        return self._timezone_name

    @property
    def dag_display_name(self) -> str:
        return self._dag_display_name or self.dag_id

    @property
    def task_group(self) -> TaskGroup:
        return self._task_group

    @property
    def is_subdag(self) -> bool:
        return False

    parent_dag = None

    @property
    def subdags(self) -> list[DAG]:
        return []

    @property
    def schedule_interval(self) -> Any:
        return self.schedule

    @property
    def normalized_schedule_interval(self) -> Any:
        return self.schedule

    @property
    def concurrency(self) -> int:
        return self.max_active_tasks

    @property
    def fail_stop(self) -> bool:
        return self.fail_fast

    @property
    def filepath(self) -> str:
        return self.relative_fileloc or self.fileloc

    @property
    def full_filepath(self) -> str:
        return self.fileloc

    @property
    def folder(self) -> str:
        return os.path.dirname(self.fileloc)

    @property
    def owner(self) -> str:
        return ", ".join(sorted({t.owner for t in self.tasks}))

    @property
    def allow_future_exec_dates(self) -> bool:
        return False

    @property
    def is_paused(self) -> bool | None:
        return self.is_paused_upon_creation

    def get_is_paused(self, *_: Any, **__: Any) -> bool | None:
        return self.is_paused_upon_creation

    @property
    def task(self) -> Any:
        """`@dag.task`: the decorator for this DAG, outside of its `with` block."""
        from tradewind.decorators import task

        return functools.partial(task, dag=self)

    @property
    def dataset_triggers(self) -> Any:
        return getattr(self.timetable, "asset_condition", None)

    def _read_doc(self, doc_md: str | None) -> str | None:
        if doc_md is None or not doc_md.endswith(".md"):
            return doc_md
        path = doc_md if os.path.isabs(doc_md) else os.path.join(self.folder, doc_md)
        try:
            with open(path, encoding="utf-8") as f:
                return f.read()
        except OSError:
            return doc_md

    # -- tasks --------------------------------------------------------------------------------------

    @property
    def tasks(self) -> list[Any]:
        return list(self.task_dict.values())

    @tasks.setter
    def tasks(self, _: Any) -> None:
        raise AttributeError("DAG.tasks can not be modified. Use dag.add_task() instead.")

    @property
    def task_ids(self) -> list[str]:
        return list(self.task_dict)

    @property
    def teardowns(self) -> list[Any]:
        return [t for t in self.tasks if t.is_teardown]

    @property
    def tasks_upstream_of_teardowns(self) -> list[Any]:
        ids = {up for t in self.teardowns for up in t.upstream_task_ids}
        return [self.task_dict[i] for i in sorted(ids)]

    @property
    def active_task_ids(self) -> list[str]:
        return self.task_ids

    active_tasks = tasks

    @property
    def task_count(self) -> int:
        return len(self.task_dict)

    @property
    def roots(self) -> list[Any]:
        return [t for t in self.tasks if not t.upstream_task_ids]

    @property
    def leaves(self) -> list[Any]:
        return [t for t in self.tasks if not t.downstream_task_ids]

    def has_task(self, task_id: str) -> bool:
        return task_id in self.task_dict

    def has_task_group(self, task_group_id: str) -> bool:
        return task_group_id in self.task_group_dict

    @property
    def task_group_dict(self) -> dict[str, TaskGroup]:
        return {k: v for k, v in self._task_group.get_task_group_dict().items() if k is not None}

    def get_task(self, task_id: str, include_subdags: bool = False) -> Any:
        try:
            return self.task_dict[task_id]
        except KeyError:
            raise TaskNotFound(f"Task {task_id} not found")

    def add_task(self, task: Any) -> None:
        """Take a task in."""
        for name, choose in (("start_date", max), ("end_date", min)):
            mine, its = getattr(self, name), getattr(task, name)
            if mine is not None:
                setattr(task, name, mine if its is None else choose(mine, its))
        task_id = task.task_id
        existing = self.task_dict.get(task_id)
        if existing is task:
            return
        if existing is not None:
            raise DuplicateTaskIdFound(f"Task id '{task_id}' has already been added to the DAG")
        if task.task_group is None:
            group = TaskGroupContext.get_current(self) or self._task_group
            group.add(task)
            task.task_group = group
        self.task_dict[task_id] = task
        task._dag = self
        self._task_group.used_group_ids.add(task_id)
        FailFastDagInvalidTriggerRule.check_fail_fast_dag(dag=self, task=task)

    def add_tasks(self, tasks: Iterable[Any]) -> None:
        for task in tasks:
            self.add_task(task)

    def set_dependency(self, upstream_task_id: str, downstream_task_id: str) -> None:
        self.get_task(upstream_task_id).set_downstream(self.get_task(downstream_task_id))

    def topological_sort(self, include_subdag_tasks: bool = False) -> tuple[Any, ...]:
        """Tasks, upstreams first; in the order of definition where there is a choice."""
        order = _kahn(self.task_dict)
        if len(order) != len(self.task_dict):
            raise AirflowDagCycleException(f"A cyclic dependency occurred in dag: {self.dag_id}")
        return tuple(self.task_dict[i] for i in order)

    def set_edge_info(self, upstream_task_id: str, downstream_task_id: str, info: dict[str, Any]) -> None:
        self.edge_info.setdefault(upstream_task_id, {})[downstream_task_id] = info

    def get_edge_info(self, upstream_task_id: str, downstream_task_id: str) -> dict[str, Any]:
        return self.edge_info.get(upstream_task_id, {}).get(downstream_task_id, {})

    def resolve_template_files(self) -> None:
        for task in self.tasks:
            task.resolve_template_files()

    def add_result(self, xcom_arg: Any) -> Any:
        """Mark the task whose return value is the run's result."""
        if getattr(xcom_arg, "key", None) != "return_value":
            raise ValueError("Only plain return value can be used as dag result")
        xcom_arg.operator.returns_dag_result = True
        return xcom_arg

    def param(self, name: str, default: Any = NOTSET) -> Any:
        from tradewind.params import DagParam

        return DagParam(current_dag=self, name=name, default=default)

    # -- checks -------------------------------------------------------------------------------------

    def check_cycle(self) -> None:
        cycle = find_cycle(self.task_dict)
        if cycle:
            raise AirflowDagCycleException(f"Cycle detected in DAG: {self.dag_id}. Faulty task: {cycle[0]}")

    def validate(self) -> None:
        """All that can be known to be wrong before a run."""
        self.validate_schedule_and_params()
        self.timetable.validate()
        self.validate_setup_teardown()
        self.check_cycle()
        for tag in self.tags:
            if not isinstance(tag, str):
                raise TypeError(f"tags must be strings, not {type(tag).__name__}")

    def validate_schedule_and_params(self) -> None:
        """With a schedule, every param needs a value that fits."""
        if not self.timetable.can_be_scheduled:
            return
        try:
            self.params.validate()
        except ParamValidationError as e:
            raise ParamValidationError(
                "DAG Schedule must be None, if there are any required params without default values or default "
                f"values not matching schema: {e}"
            ) from e

    def validate_setup_teardown(self) -> None:
        for task in self.tasks:
            if task.is_setup:
                for down in task.downstream_list:
                    if not down.is_teardown and down.trigger_rule != TriggerRule.ALL_SUCCESS:
                        raise ValueError("Setup tasks must be followed with trigger rule ALL_SUCCESS.")
            FailFastDagInvalidTriggerRule.check_fail_fast_dag(dag=self, task=task)

    # -- templates ----------------------------------------------------------------------------------

    def get_template_env(self, *, force_sandboxed: bool = False) -> Any:
        from tradewind.templater import make_environment

        paths = [self.folder, *(self.template_searchpath or [])]
        return make_environment(
            searchpath=[p for p in paths if p],
            native=self.render_template_as_native_obj and not force_sandboxed,
            undefined=self.template_undefined,
            macros=self.user_defined_macros,
            filters=self.user_defined_filters,
            options=self.jinja_environment_kwargs,
        )

    # -- parts --------------------------------------------------------------------------------------

    def partial_subset(
        self,
        task_ids: Any = None,
        include_downstream: bool = False,
        include_upstream: bool = True,
        include_direct_upstream: bool = False,
        task_ids_or_regex: Any = None,
        **_: Any,
    ) -> DAG:
        """A copy with the matching tasks, and those before or after them as asked."""
        import re

        wanted = task_ids if task_ids is not None else task_ids_or_regex
        if hasattr(wanted, "search") or isinstance(wanted, str):
            matched = [t for t in self.tasks if re.findall(wanted, t.task_id)]
        else:
            matched = [t for t in self.tasks if t.task_id in set(wanted or ())]
        keep = {t.task_id for t in matched}
        for task in matched:
            if include_downstream:
                keep |= task.get_flat_relative_ids(upstream=False)
            if include_upstream:
                keep |= task.get_flat_relative_ids(upstream=True)
            elif include_direct_upstream:
                keep |= task.upstream_task_ids
        new = copy.deepcopy(self)
        new.partial = len(keep) < len(self.task_dict)
        for task_id in [i for i in new.task_dict if i not in keep]:
            task = new.task_dict.pop(task_id)
            task.task_group.children.pop(task_id, None)
        for task in new.tasks:
            task.upstream_task_ids &= keep
            task.downstream_task_ids &= keep
        return new

    sub_dag = partial_subset

    def __deepcopy__(self, memo: dict[int, Any]) -> DAG:
        new = type(self).__new__(type(self))
        memo[id(self)] = new
        shared = (
            "user_defined_macros",
            "user_defined_filters",
            "template_undefined",
            "_timezone",
            "timetable",
        )
        for key, value in self.__dict__.items():
            new.__dict__[key] = value if key in shared else copy.deepcopy(value, memo)
        return new

    # -- as a context manager -----------------------------------------------------------------------

    def __enter__(self) -> DAG:
        DagContext.push(self)
        TaskGroupContext.push(self._task_group)
        return self

    def __exit__(self, *_: Any) -> None:
        TaskGroupContext.pop()
        DagContext.pop()

    # -- runs ---------------------------------------------------------------------------------------

    def test(self, *args: Any, **kwargs: Any) -> Any:
        """Run the DAG once in this process; decisions are the engine's."""
        from tradewind.dagtest import run_dag

        return run_dag(self, *args, **kwargs)

    def cli(self) -> None:
        """`python file.py …`: hand over to the engine's command."""
        from tradewind.dagtest import engine_binary

        os.execv(engine_binary(), ["tradewind", *sys.argv[1:]])

    def to_document(self) -> dict[str, Any]:
        """This DAG as the engine sees it (docs/dag-document.md)."""
        from tradewind.serialize import dag_document

        return dag_document(self)

    def next_dagrun_info(self, last_automated_dagrun: Any = None, *, restricted: bool = True) -> Any:
        """The run that the schedule makes after the given one (a data interval, a run, or None for the first)."""
        from tradewind.timetables import DataInterval, TimeRestriction

        last = last_automated_dagrun
        if last is not None and not isinstance(last, tuple):
            last = DataInterval(last.data_interval_start, last.data_interval_end)
        earliest = min([d for d in (self.start_date, *(t.start_date for t in self.tasks)) if d], default=None)
        latest = self.end_date if restricted else None
        return self.timetable.next_dagrun_info(
            last_automated_data_interval=last,
            restriction=TimeRestriction(
                earliest if restricted else None, latest, self.catchup or not restricted
            ),
        )

    def iter_dagrun_infos_between(self, earliest: Any, latest: Any, *, align: bool = True) -> Iterator[Any]:
        """All runs of the schedule whose logical date lies between the two."""
        from tradewind.timetables import TimeRestriction

        zone = self.timezone_object
        earliest, latest = to_instant(earliest, zone), to_instant(latest, zone)
        restriction = TimeRestriction(earliest if earliest is not None else self.start_date, latest, True)
        last = None
        while True:
            info = self.timetable.next_dagrun_info(last_automated_data_interval=last, restriction=restriction)
            if info is None or latest is not None and info.logical_date > latest:
                return
            yield info
            last = info.data_interval

    def get_run_dates(self, start_date: Any, end_date: Any = None, **_: Any) -> list[Any]:
        """The logical dates between the two."""
        from tradewind.timezone import utcnow

        end = end_date if end_date is not None else utcnow()
        return [info.logical_date for info in self.iter_dagrun_infos_between(start_date, end)]

    def get_run_data_interval(self, run: Any) -> Any:
        from tradewind.timetables import DataInterval

        return DataInterval(run.data_interval_start, run.data_interval_end)

    def get_serialized_fields(self) -> frozenset[str]:
        return frozenset(self.__dict__)


def _check_owner_links(links: dict[str, str]) -> None:
    from urllib.parse import urlsplit

    for owner, link in links.items():
        url = urlsplit(link)
        if not (url.scheme == "mailto" and url.path or url.scheme and url.netloc):
            raise AirflowException(
                f"Wrong link format was used for the owner. Use a valid link \n"
                f"Bad formatted links are: {{{owner!r}: {link!r}}}"
            )


def _kahn(tasks: dict[str, Any]) -> list[str]:
    waiting = {i: sum(1 for u in t.upstream_task_ids if u in tasks) for i, t in tasks.items()}
    ready = [i for i, n in waiting.items() if n == 0]
    order: list[str] = []
    position = {i: n for n, i in enumerate(tasks)}
    import heapq

    heap = [(position[i], i) for i in ready]
    heapq.heapify(heap)
    while heap:
        _, task_id = heapq.heappop(heap)
        order.append(task_id)
        for down in tasks[task_id].downstream_task_ids:
            if down in waiting:
                waiting[down] -= 1
                if waiting[down] == 0:
                    heapq.heappush(heap, (position[down], down))
    return order


def find_cycle(tasks: dict[str, Any]) -> list[str] | None:
    """The task ids of one cycle in order (the first repeated at the end), or None."""
    order = set(_kahn(tasks))
    left = [i for i in tasks if i not in order]
    if not left:
        return None
    rest = set(left)
    path: list[str] = []
    seen: dict[str, int] = {}
    node = left[0]
    while node not in seen:  # everything left has an upstream that is left
        seen[node] = len(path)
        path.append(node)
        node = next(u for u in sorted(tasks[node].upstream_task_ids) if u in rest)
    cycle = path[seen[node] :][::-1]
    return [*cycle, cycle[0]]


def dag(dag_id: Any = None, *dag_args: Any, **dag_kwargs: Any) -> Any:
    """A function whose call makes a DAG; its parameters are params of the DAG."""

    def wrap(f: Callable) -> Callable:
        @functools.wraps(f)
        def factory(*args: Any, **kwargs: Any) -> DAG:
            bound = inspect.signature(f).bind(*args, **kwargs)
            bound.apply_defaults()
            options = dict(dag_kwargs)
            name = dag_id if isinstance(dag_id, str) and dag_id else options.pop("dag_id", None) or f.__name__
            if options.get("doc_md") is None and f.__doc__:
                options["doc_md"] = f.__doc__
            with DAG(name, *dag_args, **options) as new:
                new.fileloc = f.__code__.co_filename
                f_kwargs = {}
                for key, value in bound.arguments.items():
                    if value is inspect.Parameter.empty:
                        f_kwargs[key] = new.param(key)
                    else:
                        f_kwargs[key] = new.param(key, value)
                f(**f_kwargs)
            return new

        return factory

    if callable(dag_id) and not dag_kwargs and not dag_args:
        function, dag_id = dag_id, None
        return wrap(function)
    return wrap


def check_cycle(dag: DAG) -> None:
    """Raise AirflowDagCycleException when the DAG has a cycle."""
    dag.check_cycle()


DagStateChangeCallback = Callable[[Any], None]
ScheduleInterval = ScheduleIntervalArg = ScheduleArg = Any
ScheduleIntervalArgNotSet = NOTSET
DEFAULT_SCHEDULE_INTERVAL = dt.timedelta(days=1)
