"""Operators: the base class, and how default_args reach every constructor of a class's family."""

from __future__ import annotations

import abc
import copy
import datetime as dt
import inspect
import logging
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import wraps
from typing import Any

from tradewind.exceptions import (
    AirflowException,
    FailFastDagInvalidTriggerRule,
    InvalidArguments,
    TaskDeferralError,
    TaskDeferralTimeout,
    TaskDeferred,
)
from tradewind.links import links_of
from tradewind.node import DAGNode, SetupTeardownContext, as_list, yielding
from tradewind.stacks import DagContext, TaskGroupContext
from tradewind.states import TriggerRule, WeightRule
from tradewind.templater import Templater
from tradewind.xcom_arg import PlainXComArg, XComArg, iter_references

_KEY = re.compile(r"^[\w.-]+$")

DEFAULT_PRIORITY_WEIGHT = 1
DEFAULT_POOL_SLOTS = 1
DEFAULT_POOL_NAME = "default_pool"
DEFAULT_TRIGGER_RULE = TriggerRule.ALL_SUCCESS
DEFAULT_RETRY_DELAY_MULTIPLIER = 2.0


class _NotSet:
    def __repr__(self) -> str:
        return "NOTSET"

    def __bool__(self) -> bool:
        return False

    def __reduce__(self) -> str:  # a copy is the same
        return "NOTSET"


NOTSET = _NotSet()


def validate_key(key: str, max_length: int = 250) -> None:
    if not isinstance(key, str):
        raise TypeError(f"The key has to be a string and is {type(key)}:{key}")
    if len(key) > max_length:
        raise AirflowException(f"The key has to be less than {max_length} characters, not {len(key)}")
    if not _KEY.match(key):
        raise AirflowException(
            f"The key {key!r} has to be made of alphanumeric characters, dashes, dots, and underscores exclusively"
        )


class Defaults:
    """The configured defaults of operator arguments, read once per parse."""

    _current: dict[str, Any] | None = None

    @classmethod
    def get(cls) -> dict[str, Any]:
        if cls._current is None:
            from tradewind.conf import conf

            timeout = conf.getint("core", "default_task_execution_timeout", fallback=None) or None
            cls._current = {
                "max_task_retry_delay": conf.getint("core", "max_task_retry_delay", fallback=86400),
                "owner": conf.get("operators", "default_owner", fallback="airflow") or "airflow",
                "queue": conf.get("operators", "default_queue", fallback="default") or "default",
                "retries": conf.getint("core", "default_task_retries", fallback=0),
                "retry_delay": dt.timedelta(
                    seconds=conf.getint("core", "default_task_retry_delay", fallback=300)
                ),
                "weight_rule": conf.get("core", "default_task_weight_rule", fallback="downstream")
                or "downstream",
                "execution_timeout": dt.timedelta(seconds=timeout) if timeout else None,
                "ignore_first_depends_on_past": conf.getboolean(
                    "scheduler", "ignore_first_depends_on_past_by_default", fallback=True
                ),
                "email_on_failure": conf.getboolean("email", "default_email_on_failure", fallback=True),
                "email_on_retry": conf.getboolean("email", "default_email_on_retry", fallback=True),
                "illegal": conf.getboolean("operators", "allow_illegal_arguments", fallback=False),
                "deferrable": conf.getboolean("operators", "default_deferrable", fallback=False),
            }
        return cls._current

    @classmethod
    def forget(cls) -> None:
        cls._current = None


def _seconds(value: Any) -> Any:
    return dt.timedelta(seconds=value) if isinstance(value, (int, float)) else value


def merged_defaults(dag: Any, group: Any, explicit: dict[str, Any] | None) -> dict[str, Any]:
    """default_args as a task sees them: the DAG's, then its groups', then those given to the task itself."""
    merged: dict[str, Any] = {}
    if dag is not None:
        merged.update(dag.default_args)
    if group is not None:
        merged.update(group.default_args)
    if explicit:
        if not isinstance(explicit, dict):
            raise TypeError("default_args must be a mapping")
        merged.update(explicit)
    return merged


def _with_defaults(init: Callable[..., None]) -> Callable[..., None]:
    """Wrap one class's `__init__`: fill its arguments from default_args, then check that none is missing."""
    parameters = list(inspect.signature(init).parameters.values())[1:]
    kinds = inspect.Parameter
    named = [p for p in parameters if p.kind not in (kinds.VAR_KEYWORD, kinds.VAR_POSITIONAL)]
    fillable = frozenset(p.name for p in named)
    required = [p.name for p in named if p.default is kinds.empty]
    takes_default_args = "default_args" in fillable

    @wraps(init)
    def apply_defaults(self: Any, *args: Any, **kwargs: Any) -> None:
        state = self.__dict__
        outermost = "_tw_defaults" not in state
        if args:
            raise InvalidArguments("Use keyword arguments when initializing operators")
        explicit = kwargs.pop("default_args", None)
        if outermost:
            dag = kwargs.get("dag") or DagContext.get_current()
            group = kwargs.get("task_group") or (
                TaskGroupContext.get_current(dag) if dag is not None else None
            )
            state["_tw_defaults"] = merged_defaults(dag, group, explicit)
            state["_tw_init_kwargs"] = {}
        elif explicit:
            state["_tw_defaults"].update(explicit)
        defaults = state["_tw_defaults"]
        if defaults:
            for name in fillable & defaults.keys():
                if name not in kwargs:
                    kwargs[name] = defaults[name]
        missing = [name for name in required if name not in kwargs]
        if len(missing) == 1:
            raise InvalidArguments(f"missing keyword argument {missing[0]!r}")
        if missing:
            raise InvalidArguments(f"missing keyword arguments {', '.join(map(repr, sorted(missing)))}")
        if takes_default_args:
            kwargs["default_args"] = dict(defaults)
        state["_tw_init_kwargs"].update(kwargs)
        init(self, **kwargs)
        if outermost:
            state["_tw_ready"] = True
            self._finish_init()

    apply_defaults._tw_parameters = fillable  # type: ignore[attr-defined]
    return apply_defaults


class BaseOperatorMeta(abc.ABCMeta):
    """Wraps the constructor of every operator class."""

    def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **kwargs: Any) -> Any:
        if "__init__" in namespace:
            namespace["__init__"] = _with_defaults(namespace["__init__"])
        new = super().__new__(cls, name, bases, namespace, **kwargs)
        fields = namespace.get("template_fields")
        if isinstance(fields, str):
            raise TypeError(
                f"Missing a comma? template_fields of {name} must be a collection of names, not the string {fields!r}"
            )
        return new


class AbstractOperator(Templater, DAGNode):
    """What plain and mapped operators share."""

    task_id: str
    is_mapped = False
    operator_extra_links: Collection[Any] = ()
    template_fields_renderers: dict[str, str] = {}
    ui_color = "#fff"
    ui_fgcolor = "#000"
    inherits_from_empty_operator = False
    inherits_from_skipmixin = False
    start_trigger_args: Any = None
    start_from_trigger = False
    subdag: Any = None

    @property
    def node_id(self) -> str:
        return self.task_id

    @property
    def task_type(self) -> str:
        return type(self).__name__

    @property
    def operator_class(self) -> type:
        return type(self)

    @property
    def operator_name(self) -> str:
        return getattr(self, "custom_operator_name", None) or self.task_type

    @property
    def task_display_name(self) -> str:
        return self._task_display_name or self.task_id  # type: ignore[attr-defined]

    @property
    def roots(self) -> list[Any]:
        return [self]

    @property
    def leaves(self) -> list[Any]:
        return [self]

    @yielding
    def output(self) -> XComArg:
        return PlainXComArg(self)

    def iter_mapped_task_groups(self) -> Iterator[Any]:
        group = self.task_group
        return group.iter_mapped_task_groups() if group is not None else iter(())

    def get_closest_mapped_task_group(self) -> Any:
        return next(iter(self.iter_mapped_task_groups()), None)

    def get_needs_expansion(self) -> bool:
        return self.is_mapped or self.get_closest_mapped_task_group() is not None

    def as_setup(self) -> Any:
        if self.is_teardown:
            raise ValueError(f"Cannot mark task '{self.task_id}' as setup; task is already a teardown.")
        self.is_setup = True
        return self

    def as_teardown(self, *, setups: Any = None, on_failure_fail_dagrun: bool | None = None) -> Any:
        if self.is_setup:
            raise ValueError(f"Cannot mark task '{self.task_id}' as teardown; task is already a setup.")
        self.is_teardown = True
        self.trigger_rule = TriggerRule.ALL_DONE_SETUP_SUCCESS
        if on_failure_fail_dagrun is not None:
            self.on_failure_fail_dagrun = on_failure_fail_dagrun
        if setups is not None:
            for setup in as_list(setups):
                task = getattr(setup, "operator", setup)
                task.as_setup()
                task.set_downstream(self)
        return self

    def __enter__(self) -> Any:
        if not self.is_setup and not self.is_teardown:
            raise AirflowException("Only setup/teardown tasks can be used as context managers.")
        SetupTeardownContext.push([self])
        return SetupTeardownContext

    def __exit__(self, *_: Any) -> None:
        SetupTeardownContext.pop()

    def add_to_taskgroup(self, task_group: Any) -> None:
        task_group.add(self)

    @property
    def extra_links(self) -> list[str]:
        return sorted(links_of(self))

    @property
    def global_operator_extra_link_dict(self) -> dict[str, Any]:
        return {}

    @property
    def operator_extra_link_dict(self) -> dict[str, Any]:
        return links_of(self)

    def get_extra_links(self, ti: Any, link_name: str) -> str | None:
        link = self.operator_extra_link_dict.get(link_name)
        if link is None:
            return None
        return link.get_link(self.unmap(None), ti_key=getattr(ti, "key", ti))

    def unmap(self, resolve: Any = None) -> Any:
        return self

    @property
    def priority_weight_total(self) -> int:
        """Own weight plus that of what comes after (or before), as the weight rule says."""
        rule = self.weight_rule
        own = self.priority_weight
        if rule == WeightRule.ABSOLUTE:
            return own
        if rule in (WeightRule.DOWNSTREAM, WeightRule.UPSTREAM):
            others = self.get_flat_relatives(upstream=rule == WeightRule.UPSTREAM)
            return own + sum(t.priority_weight for t in others)
        return own

    weight_rule: Any
    priority_weight: int
    is_setup: bool
    is_teardown: bool
    on_failure_fail_dagrun: bool
    trigger_rule: Any

    def __repr__(self) -> str:
        return f"<Task({self.task_type}): {self.task_id}>"


def _warn_of_sla(what: str) -> None:
    """2.x has SLAs; in 3 they are read and do nothing."""
    import warnings

    from tradewind.conf import conf

    if conf.compat() != 2:
        warnings.warn(
            f"{what} is ignored: SLAs are of Airflow 2 ([core] compat = 2); 3.1 has DeadlineAlert",
            UserWarning,
            stacklevel=4,
        )


class BaseOperator(AbstractOperator, metaclass=BaseOperatorMeta):
    """The base of every operator. Arguments, defaults and checks are Airflow's."""

    template_fields: Collection[str] = ()
    template_ext: Sequence[str] = ()
    deferrable: bool = False
    resources: Any = None
    shallow_copy_attrs: Sequence[str] = ()
    _base_operator_shallow_copy_attrs = ("user_defined_macros", "user_defined_filters", "params")
    supports_lineage = False
    mapped_arguments_validated_by_init = False
    pool: str

    def __init__(
        self,
        *,
        task_id: str,
        owner: str = NOTSET,  # type: ignore[assignment]
        email: str | list[str] | None = None,
        email_on_retry: bool = NOTSET,  # type: ignore[assignment]
        email_on_failure: bool = NOTSET,  # type: ignore[assignment]
        retries: int | None = NOTSET,  # type: ignore[assignment]
        retry_delay: dt.timedelta | float = NOTSET,  # type: ignore[assignment]
        retry_exponential_backoff: bool | float = False,
        max_retry_delay: dt.timedelta | float | None = None,
        retry_policy: Any = None,
        start_date: dt.datetime | None = None,
        end_date: dt.datetime | None = None,
        depends_on_past: bool = False,
        ignore_first_depends_on_past: bool = NOTSET,  # type: ignore[assignment]
        wait_for_past_depends_before_skipping: bool = False,
        wait_for_downstream: bool = False,
        dag: Any = None,
        params: Any = None,
        default_args: dict[str, Any] | None = None,
        priority_weight: int = DEFAULT_PRIORITY_WEIGHT,
        weight_rule: Any = NOTSET,
        queue: str | None = None,
        pool: str | None = None,
        pool_slots: int = DEFAULT_POOL_SLOTS,
        sla: dt.timedelta | None = None,
        execution_timeout: dt.timedelta | None = NOTSET,  # type: ignore[assignment]
        on_execute_callback: Any = None,
        on_failure_callback: Any = None,
        on_success_callback: Any = None,
        on_retry_callback: Any = None,
        on_skipped_callback: Any = None,
        pre_execute: Callable[[Any], None] | None = None,
        post_execute: Callable[[Any, Any], None] | None = None,
        trigger_rule: str = DEFAULT_TRIGGER_RULE,
        resources: dict[str, Any] | None = None,
        run_as_user: str | None = None,
        map_index_template: str | None = None,
        max_active_tis_per_dag: int | None = None,
        max_active_tis_per_dagrun: int | None = None,
        task_concurrency: int | None = None,
        executor: str | None = None,
        executor_config: dict[str, Any] | None = None,
        do_xcom_push: bool = True,
        multiple_outputs: bool = False,
        inlets: Any = None,
        outlets: Any = None,
        task_group: Any = None,
        doc: str | None = None,
        doc_md: str | None = None,
        doc_json: str | None = None,
        doc_yaml: str | None = None,
        doc_rst: str | None = None,
        task_display_name: str | None = None,
        logger_name: str | None = None,
        allow_nested_operators: bool = True,
        render_template_as_native_obj: bool | None = None,
        is_setup: bool = False,
        is_teardown: bool = False,
        on_failure_fail_dagrun: bool = False,
        **kwargs: Any,
    ):
        conf = Defaults.get()
        kwargs.pop("provide_context", None)
        kwargs.pop("_airflow_map_validation_only", None)
        kwargs.pop("_airflow_mapped_validation_only", None)
        kwargs.pop("_airflow_from_mapped", None)
        if kwargs and not conf["illegal"]:
            raise InvalidArguments(
                f"Invalid arguments were passed to {type(self).__name__} (task_id: {task_id}). "
                f"Invalid arguments were:\n**kwargs: {redact_kwargs(kwargs)}"
            )
        validate_key(task_id)
        dag = dag or DagContext.get_current()
        unmapped = "_tw_unmapped_of" in self.__dict__
        if task_group is None and dag is not None:
            task_group = TaskGroupContext.get_current(dag)
        if isinstance(dag, type) or (dag is not None and not hasattr(dag, "task_dict")):
            raise TypeError(f"Expected DAG; received {type(dag).__name__}")
        self._dag: Any = None
        self.task_group: Any = None
        self.task_id = task_group.child_id(task_id) if task_group and not unmapped else task_id
        self.upstream_task_ids: set[str] = set()
        self.downstream_task_ids: set[str] = set()

        self.default_args = dict(default_args or {})
        self.owner = conf["owner"] if owner is NOTSET else owner
        self.email = email
        self.email_on_retry = conf["email_on_retry"] if email_on_retry is NOTSET else email_on_retry
        self.email_on_failure = conf["email_on_failure"] if email_on_failure is NOTSET else email_on_failure
        self.retries = _retries(conf["retries"] if retries is NOTSET else retries)
        self.retry_delay = conf["retry_delay"] if retry_delay is NOTSET else _seconds(retry_delay)
        self.retry_exponential_backoff = retry_exponential_backoff
        self.max_retry_delay = _seconds(max_retry_delay)
        self.retry_policy = retry_policy
        self.start_date = _date(start_date, dag)
        self.end_date = _date(end_date, dag)
        self.wait_for_downstream = wait_for_downstream
        self.depends_on_past = depends_on_past or wait_for_downstream
        self.ignore_first_depends_on_past = (
            conf["ignore_first_depends_on_past"]
            if ignore_first_depends_on_past is NOTSET
            else ignore_first_depends_on_past
        )
        self.wait_for_past_depends_before_skipping = wait_for_past_depends_before_skipping
        self.priority_weight = priority_weight
        self.weight_rule = _weight_rule(conf["weight_rule"] if weight_rule is NOTSET else weight_rule, self)
        self.queue = conf["queue"] if queue is None else queue
        self.pool = DEFAULT_POOL_NAME if pool is None else pool
        self.pool_slots = pool_slots
        if pool_slots < 1:
            where = f" in dag {dag.dag_id}" if dag else ""
            raise ValueError(f"pool slots for {self.task_id}{where} cannot be less than 1")
        self.sla = sla
        if sla is not None:
            _warn_of_sla(f"sla of task {self.task_id!r}")
        self.execution_timeout = (
            conf["execution_timeout"] if execution_timeout is NOTSET else execution_timeout
        )
        if self.execution_timeout is not None and not isinstance(self.execution_timeout, dt.timedelta):
            raise ValueError(
                f"execution_timeout must be timedelta object but passed as type: {type(self.execution_timeout)}"
            )
        self.on_execute_callback = _callbacks(on_execute_callback)
        self.on_failure_callback = _callbacks(on_failure_callback)
        self.on_success_callback = _callbacks(on_success_callback)
        self.on_retry_callback = _callbacks(on_retry_callback)
        self.on_skipped_callback = _callbacks(on_skipped_callback)
        self._pre_execute_hook = pre_execute
        self._post_execute_hook = post_execute
        self.is_setup = is_setup
        self.is_teardown = is_teardown
        self.on_failure_fail_dagrun = on_failure_fail_dagrun
        if not TriggerRule.is_valid(trigger_rule):
            raise AirflowException(
                f"The trigger_rule must be one of {sorted(r.value for r in TriggerRule)}, "
                f"'{dag.dag_id if dag else ''}.{self.task_id}'; received '{trigger_rule}'."
            )
        self.trigger_rule = TriggerRule(trigger_rule)
        if dag is not None:
            FailFastDagInvalidTriggerRule.check_fail_fast_dag(dag=dag, task=self)
        self.resources = resources
        self.run_as_user = run_as_user
        if map_index_template is not None and not isinstance(map_index_template, str):
            raise TypeError(
                f"'map_index_template' for task '{task_id}' expects a text, "
                f"got {type(map_index_template).__name__} {map_index_template!r}"
            )
        self.map_index_template = map_index_template
        self.max_active_tis_per_dag = (
            task_concurrency if max_active_tis_per_dag is None else max_active_tis_per_dag
        )
        self.max_active_tis_per_dagrun = max_active_tis_per_dagrun
        self.executor = executor
        self.executor_config = executor_config or {}
        self.do_xcom_push = do_xcom_push
        self.multiple_outputs = multiple_outputs
        self.inlets = _assets(inlets)
        self.outlets = _assets(outlets)
        self.doc, self.doc_md, self.doc_json = doc, doc_md, doc_json
        self.doc_yaml, self.doc_rst = doc_yaml, doc_rst
        self._task_display_name = task_display_name
        self._logger_name = logger_name
        self.allow_nested_operators = allow_nested_operators
        self.render_template_as_native_obj = render_template_as_native_obj
        self.params = _params(dag, self._tw_defaults.get("params"), params)
        if unmapped:
            return
        if task_group is not None:
            task_group.add(self)
            self.task_group = task_group
        if dag is not None:
            self.dag = dag
        SetupTeardownContext.update_context_map(self)

    _tw_defaults: dict[str, Any]
    _tw_init_kwargs: dict[str, Any]
    _tw_ready = False

    def _finish_init(self) -> None:
        self.set_xcomargs_dependencies()

    def __setattr__(self, key: str, value: Any) -> None:
        object.__setattr__(self, key, value)
        if self._tw_ready and key in self.template_fields and "_tw_unmapped_of" not in self.__dict__:
            if not self.__dict__.get("_tw_running"):
                XComArg.apply_upstream_relationship(self, value)

    def set_xcomargs_dependencies(self) -> None:
        """The tasks whose XComs stand in template fields come before this one."""
        if "_tw_unmapped_of" in self.__dict__:
            return
        for field in self.template_fields:
            value = getattr(self, field, None)
            if value is not None:
                for operator, _ in iter_references(value):
                    if operator is not self:
                        self.set_upstream(operator)

    # -- the DAG ------------------------------------------------------------------------------------

    @property
    def dag(self) -> Any:
        return self._dag

    @dag.setter
    def dag(self, dag: Any) -> None:
        if dag is None:
            self._dag = None
            return
        if not hasattr(dag, "task_dict"):
            raise TypeError(f"Expected DAG; received {type(dag).__name__}")
        if self._dag is not None and self._dag is not dag:
            raise AirflowException(f"The DAG assigned to {self} can not be changed.")
        if dag.task_dict.get(self.task_id) is not self:
            dag.add_task(self)
        self._dag = dag

    def get_dag(self) -> Any:
        return self._dag

    @property
    def task_concurrency(self) -> int | None:
        return self.max_active_tis_per_dag

    @property
    def executor_config(self) -> dict[str, Any]:
        return self._executor_config

    @executor_config.setter
    def executor_config(self, value: dict[str, Any] | None) -> None:
        self._executor_config = value or {}

    @property
    def log(self) -> logging.Logger:
        from tradewind.hook import logger_of

        return logger_of(type(self), "airflow.task.operators", self.__dict__.get("_logger_name"))

    @log.setter
    def log(self, value: Any) -> None:  # some operators assign their own
        pass

    @property
    def leaves(self) -> list[Any]:
        return [self]

    @property
    def inherits_from_empty_operator(self) -> bool:  # type: ignore[override]
        from tradewind.operators.empty import EmptyOperator

        return isinstance(self, EmptyOperator)

    def get_inlet_defs(self) -> list[Any]:
        return self.inlets

    def get_outlet_defs(self) -> list[Any]:
        return self.outlets

    def add_inlets(self, inlets: Any) -> None:
        self.inlets.extend(inlets)

    def add_outlets(self, outlets: Any) -> None:
        self.outlets.extend(outlets)

    def prepare_for_execution(self) -> BaseOperator:
        other = copy.copy(self)
        other.__dict__["_tw_running"] = True
        return other

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        cls = type(self)
        new = cls.__new__(cls)
        memo[id(self)] = new
        shallow = {*self.shallow_copy_attrs, *self._base_operator_shallow_copy_attrs}
        for key, value in self.__dict__.items():
            new.__dict__[key] = copy.copy(value) if key in shallow else copy.deepcopy(value, memo)
        return new

    # -- running ------------------------------------------------------------------------------------

    def pre_execute(self, context: Any) -> None:
        """Called just before `execute`."""
        if self._pre_execute_hook is not None:
            self._pre_execute_hook(context)

    def execute(self, context: Any) -> Any:
        """What the operator does; subclasses write it."""
        raise NotImplementedError()

    def post_execute(self, context: Any, result: Any = None) -> None:
        """Called just after `execute` returned."""
        if self._post_execute_hook is not None:
            self._post_execute_hook(context, result)

    def on_kill(self) -> None:
        """Clean up when the task is killed."""

    def dry_run(self) -> None:
        """Log the template fields as they are."""
        self.log.info("Dry run")
        for field in self.template_fields:
            self.log.info("Rendering template for %s", field)
            self.log.info(getattr(self, field, None))

    def defer(
        self,
        *,
        trigger: Any,
        method_name: str,
        kwargs: dict[str, Any] | None = None,
        timeout: dt.timedelta | int | float | None = None,
    ) -> Any:
        """Leave the slot until the trigger fires; go on in `method_name`."""
        raise TaskDeferred(trigger=trigger, method_name=method_name, kwargs=kwargs, timeout=timeout)

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Any) -> Any:
        """Go on after a deferral."""
        kwargs = dict(next_kwargs or {})
        if next_method == "__fail__":
            error = kwargs.get("error", "Unknown")
            traceback = kwargs.get("traceback")
            if traceback:
                self.log.error("Trigger failed:\n%s", "\n".join(traceback))
            if error == "Trigger timeout" or str(error).endswith("TRIGGER_TIMEOUT"):
                raise TaskDeferralTimeout(error)
            raise TaskDeferralError(error)
        return getattr(self, next_method)(context, **kwargs)

    def run(self, *_: Any, **__: Any) -> None:
        raise AirflowException("BaseOperator.run() is gone: use dag.test(), or `tradewind tasks test`")

    @staticmethod
    def xcom_push(context: Any, key: str, value: Any, **_: Any) -> None:
        context["ti"].xcom_push(key=key, value=value)

    @staticmethod
    def xcom_pull(
        context: Any,
        task_ids: Any = None,
        dag_id: str | None = None,
        key: str = "return_value",
        include_prior_dates: bool | None = None,
        **_: Any,
    ) -> Any:
        return context["ti"].xcom_pull(
            key=key, task_ids=task_ids, dag_id=dag_id, include_prior_dates=include_prior_dates or False
        )

    # -- mapping ------------------------------------------------------------------------------------

    @classmethod
    def partial(cls, *, task_id: str, **kwargs: Any) -> Any:
        """The arguments that all mapped instances share."""
        from tradewind.mapped import OperatorPartial

        return OperatorPartial(cls, {"task_id": task_id, **kwargs})

    @classmethod
    def get_serialized_fields(cls) -> frozenset[str]:
        return frozenset(BASE_ARGUMENTS)


BASE_ARGUMENTS: frozenset[str] = BaseOperator.__init__._tw_parameters - {"self"}  # type: ignore[attr-defined]


def redact_kwargs(kwargs: dict[str, Any]) -> dict[str, Any]:
    words = ("password", "secret", "token", "api_key", "apikey", "passwd", "passphrase", "private_key")
    return {k: "***" if any(w in k.lower() for w in words) else v for k, v in kwargs.items()}


def _retries(value: Any) -> int:
    if value is None:
        return 0
    try:
        return max(0, int(value))  # Airflow takes a negative number, and does not retry either
    except (ValueError, TypeError):
        raise AirflowException(f"'retries' type must be int, not {type(value).__name__}")


def _date(value: Any, dag: Any) -> Any:
    if value is None:
        return None
    from tradewind.dag import to_instant

    return to_instant(value, dag.timezone_object if dag is not None else None)


def _callbacks(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _assets(value: Any) -> list[Any]:
    if value is None:
        return []
    if isinstance(value, (list, tuple, set)):
        return list(value)
    return [value]


def _params(dag: Any, from_defaults: Any, own: Any) -> Any:
    from tradewind.params import ParamsDict

    merged: dict[str, Any] = {}
    if dag is not None:
        merged.update(dag.params.raw_items())
    for part in (from_defaults, own):
        if part:
            merged.update(part.raw_items() if isinstance(part, ParamsDict) else part)
    return ParamsDict(merged, suppress_exception=True)


def _weight_rule(value: Any, operator: Any) -> Any:
    if isinstance(value, str):
        if WeightRule.is_valid(value):
            return WeightRule(value)
        from tradewind.weights import find_strategy

        strategy = find_strategy(value)
        if strategy is not None:
            return strategy
        rules = sorted(r.value for r in WeightRule)
        raise AirflowException(
            f"The weight_rule must be one of {rules}, '{operator.task_id}'; received '{value}'."
        )
    return value() if isinstance(value, type) else value


def apply_defaults(f: Any = None) -> Any:
    """The decorator of 1.10's operators: nothing is left for it to do."""
    return f if f is not None else (lambda g: g)


class BaseAsyncOperator(BaseOperator):
    """An operator whose work is a coroutine."""

    is_async = True

    async def aexecute(self, context: Any) -> Any:
        raise NotImplementedError()

    def execute(self, context: Any) -> Any:
        import asyncio

        return asyncio.run(self.aexecute(context))
