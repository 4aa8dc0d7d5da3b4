"""`@task` and its family, `@task_group`, `@setup`, `@teardown`."""

from __future__ import annotations

import functools
import inspect
import re
import textwrap
import typing
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from tradewind.exceptions import AirflowException
from tradewind.mapped import (
    DictOfListsExpandInput,
    ListOfDictsExpandInput,
    MappedArgument,
    MappedOperator,
    _no_duplicates,
    _validate_argument_names,
    ensure_expandable,
    make_mapped,
)
from tradewind.operator import NOTSET, BaseOperator
from tradewind.stacks import DagContext, TaskGroupContext
from tradewind.states import TriggerRule
from tradewind.xcom_arg import PlainXComArg, XComArg

CONTEXT_KEYS = frozenset(
    """conn conf context_carrier dag dag_run data_interval_end data_interval_start ds ds_nodash exception
    execution_date expanded_ti_count inlet_events inlets logical_date macros map_index_template next_ds
    asset_state_store next_ds_nodash next_execution_date outlet_events outlets params partition_date partition_key
    prev_data_interval_end_success prev_data_interval_start_success prev_ds prev_ds_nodash prev_end_date_success
    prev_execution_date prev_execution_date_success prev_start_date_success reason run_id start_date task
    task_instance task_instance_key_str task_reschedule_count task_state_store templates_dict test_mode ti
    tomorrow_ds tomorrow_ds_nodash triggering_asset_events triggering_dataset_events try_number ts ts_nodash
    ts_nodash_with_tz var yesterday_ds yesterday_ds_nodash""".split()
)


def get_unique_task_id(task_id: str, dag: Any = None, task_group: Any = None) -> str:
    """`task_id`, with a number when the DAG has a task of that name."""
    dag = dag or DagContext.get_current()
    if dag is None:
        return task_id
    group = task_group or TaskGroupContext.get_current(dag)

    def full(name: str) -> str:
        return group.child_id(name) if group is not None else name

    if full(task_id) not in dag.task_dict and full(task_id) not in dag.task_group.used_group_ids:
        return task_id
    base = re.split(r"__\d+$", task_id)[0]
    last = 0
    for other in dag.task_dict:
        match = re.match(rf"^{re.escape(full(base))}__(\d+)$", other)
        if match:
            last = max(last, int(match.group(1)))
    return f"{base}__{last + 1}"


def infer_multiple_outputs(function: Callable) -> bool:
    """Whether the function says that it returns a dictionary with text keys."""
    try:
        result = typing.get_type_hints(function).get("return")
    except Exception:
        result = getattr(function, "__annotations__", {}).get("return")
    if isinstance(result, str) or result is None:
        return isinstance(result, str) and bool(
            re.match(r"(typing\.)?[dD]ict\[|(typing\.)?Mapping\[", result)
        )
    origin = typing.get_origin(result) or result
    if typing.is_typeddict(result) if hasattr(typing, "is_typeddict") else False:
        return True
    return isinstance(origin, type) and issubclass(origin, Mapping)


class DecoratedOperator(BaseOperator):
    """The base of operators made from a function."""

    template_fields: Collection[str] = ("op_args", "op_kwargs")
    template_fields_renderers = {"op_args": "py", "op_kwargs": "py"}
    shallow_copy_attrs: Sequence[str] = ("python_callable", "op_kwargs")
    custom_operator_name = "@task"
    op_args: Collection[Any]
    op_kwargs: Mapping[str, Any]

    def __init__(
        self,
        *,
        python_callable: Callable,
        task_id: str,
        op_args: Collection[Any] | None = None,
        op_kwargs: Mapping[str, Any] | None = None,
        kwargs_to_upstream: dict[str, Any] | None = None,
        **kwargs: Any,
    ):
        if "_tw_unmapped_of" not in self.__dict__:
            task_id = get_unique_task_id(task_id, kwargs.get("dag"), kwargs.get("task_group"))
        op_args = op_args or ()
        op_kwargs = dict(op_kwargs or {})
        self.python_callable = python_callable
        _bind(python_callable, op_args, op_kwargs)
        self.op_args = op_args
        self.op_kwargs = op_kwargs
        super().__init__(task_id=task_id, **(kwargs_to_upstream or {}), **kwargs)

    def get_python_source(self) -> str:
        """The function's source without decorators of `@task`."""
        text = textwrap.dedent(inspect.getsource(self.python_callable))
        return strip_decorators(text, self.custom_operator_name)


def _bind(function: Callable, op_args: Collection[Any], op_kwargs: Mapping[str, Any]) -> None:
    """Check that the arguments fit the function; names of the context need not be given."""
    try:
        signature = inspect.signature(function)
    except (ValueError, TypeError):
        return
    parameters = []
    for p in signature.parameters.values():
        if p.name in CONTEXT_KEYS and p.kind is not inspect.Parameter.VAR_KEYWORD:
            if p.default not in (None, inspect.Parameter.empty):
                raise ValueError(f"Context key parameter {p.name} can't have a default other than None")
            p = p.replace(default=None)
        parameters.append(p)
    # a parameter without default may follow one that has got a default here
    fixed = []
    seen_default = False
    for p in parameters:
        if p.kind in (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD):
            if p.default is not inspect.Parameter.empty:
                seen_default = True
            elif seen_default:
                p = p.replace(default=NOTSET)
        fixed.append(p)
    bound = signature.replace(parameters=fixed).bind(*op_args, **op_kwargs)
    for p in fixed:
        if p.default is NOTSET and p.name not in bound.arguments:
            raise TypeError(f"missing a required argument: {p.name!r}")


def determine_call(
    function: Callable, op_args: Any, op_kwargs: Mapping[str, Any], context: Any
) -> dict[str, Any]:
    """The keyword arguments of a call: its own, and the context's values that the function names."""
    from tradewind.context_vars import determine_kwargs

    return dict(determine_kwargs(function, op_args, {**dict(context), **op_kwargs}))


def strip_decorators(text: str, name: str = "@task") -> str:
    """`text` of a function without the `@task…`, `@setup` and `@teardown` above it."""
    import ast

    tree = ast.parse(text)
    node = tree.body[0]
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return text

    def ours(decorator: ast.expr) -> bool:
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        while isinstance(target, ast.Attribute):
            target = target.value
        return isinstance(target, ast.Name) and target.id in (
            "task",
            "setup",
            "teardown",
            name.lstrip("@").split(".")[0],
        )

    lines = text.splitlines(keepends=True)
    drop: set[int] = set()
    for decorator in node.decorator_list:
        if ours(decorator):
            drop.update(range(decorator.lineno - 1, decorator.end_lineno or decorator.lineno))
    return "".join(line for i, line in enumerate(lines) if i not in drop)


class _TaskDecorator:
    """What `@task` makes of a function: calling it makes a task."""

    _is_task_decorator = True

    def __init__(
        self,
        function: Callable,
        operator_class: Any,
        multiple_outputs: bool | None = None,
        kwargs: dict[str, Any] | None = None,
    ):
        self.function = function
        self.operator_class = operator_class
        self.kwargs = dict(kwargs or {})
        self.multiple_outputs = (
            infer_multiple_outputs(function) if multiple_outputs is None else multiple_outputs
        )
        self.kwargs.setdefault("task_id", getattr(function, "__name__", "task"))
        self.is_setup = False
        self.is_teardown = False
        self.on_failure_fail_dagrun = False
        self.is_result = False
        functools.update_wrapper(self, function, updated=())

    def __repr__(self) -> str:
        return f"<TaskDecorator {self.operator_class.custom_operator_name} {self.function.__qualname__}>"

    def __call__(self, *args: Any, **kwargs: Any) -> XComArg:
        if self.is_teardown:
            self.kwargs.setdefault("trigger_rule", TriggerRule.ALL_DONE_SETUP_SUCCESS)
        operator = self.operator_class(
            python_callable=self.function,
            op_args=args,
            op_kwargs=kwargs,
            multiple_outputs=self.multiple_outputs,
            **self._options(),
        )
        self._mark(operator)
        return PlainXComArg(operator)

    def _options(self, documented: bool = True) -> dict[str, Any]:
        options = dict(self.kwargs)
        options.pop("is_setup", None)
        options.pop("is_teardown", None)
        options.pop("on_failure_fail_dagrun", None)
        function = self.function
        if documented and function.__doc__ and not any(k.startswith("doc") for k in options):
            options["doc_md"] = function.__doc__
        return options

    def _mark(self, operator: Any) -> None:
        operator.is_setup = self.is_setup or bool(self.kwargs.get("is_setup"))
        operator.is_teardown = self.is_teardown or bool(self.kwargs.get("is_teardown"))
        operator.on_failure_fail_dagrun = self.on_failure_fail_dagrun or bool(
            self.kwargs.get("on_failure_fail_dagrun")
        )
        if operator.is_teardown:
            operator.trigger_rule = TriggerRule.ALL_DONE_SETUP_SUCCESS

    def _copy(self, **changes: Any) -> _TaskDecorator:
        new = type(self).__new__(type(self))
        new.__dict__.update(self.__dict__)
        new.__dict__.update(changes)
        return new

    def override(self, **kwargs: Any) -> _TaskDecorator:
        """The same task with other arguments of the operator."""
        options = {**self.kwargs, **kwargs}
        multiple = options.pop("multiple_outputs", self.multiple_outputs)
        return self._copy(kwargs=options, multiple_outputs=multiple)

    def _names(self) -> tuple[set[str], bool]:
        parameters = inspect.signature(self.function).parameters
        return set(parameters), any(p.kind is p.VAR_KEYWORD for p in parameters.values())

    def _check_names(self, func: str, names: Any) -> None:
        known, anything = self._names()
        unknown = sorted(n for n in names if n not in known)
        if unknown and not anything:
            text = ", ".join(map(repr, unknown))
            plural = "s" if len(unknown) > 1 else ""
            article = "" if plural else "an "
            raise TypeError(f"{func}() got {article}unexpected keyword argument{plural} {text}")
        for name in names:
            if name in CONTEXT_KEYS:
                raise ValueError(f"cannot call {func}() on task context variable {name!r}")

    def partial(self, **kwargs: Any) -> _TaskDecorator:
        """Arguments of the function that all mapped instances share."""
        self._check_names("partial", kwargs)
        op_kwargs = self.kwargs.get("op_kwargs", {})
        _no_duplicates(op_kwargs, kwargs, "partial")
        return self._copy(kwargs={**self.kwargs, "op_kwargs": {**op_kwargs, **kwargs}})

    def expand(self, **mapped: Any) -> XComArg:
        """One instance per element of the cross product."""
        if not mapped:
            raise TypeError("no arguments to expand against")
        self._check_names("expand", mapped)
        _no_duplicates(self.kwargs.get("op_kwargs", {}), mapped, "partial")
        ensure_expandable(mapped)
        if any(isinstance(v, XComArg) for v in mapped.values()):
            self._refuse_always("expand")
        return self._expand(DictOfListsExpandInput(mapped))

    def expand_kwargs(self, kwargs: Any, *, strict: bool = True) -> XComArg:
        """One instance per set of arguments."""
        if isinstance(kwargs, XComArg):
            self._refuse_always("expand_kwargs")
        elif isinstance(kwargs, (list, tuple)):
            for item in kwargs:
                if not isinstance(item, (XComArg, Mapping)):
                    raise TypeError(f"expected XComArg or list[dict], not {type(kwargs).__name__}")
        else:
            raise TypeError(f"expected XComArg or list[dict], not {type(kwargs).__name__}")
        return self._expand(ListOfDictsExpandInput(kwargs))

    def _refuse_always(self, func: str) -> None:
        if self.kwargs.get("trigger_rule") == TriggerRule.ALWAYS:
            raise ValueError(
                f"Task-generated mapping within a task using '{func}' is not allowed with trigger rule 'always'."
            )

    def _expand(self, expand_input: Any) -> XComArg:
        options = self._options(documented=False)
        dag = options.get("dag") or DagContext.get_current()
        options["task_id"] = get_unique_task_id(options["task_id"], dag, options.get("task_group"))
        names = {k for k in options if k not in ("op_kwargs", "op_args")}
        _validate_argument_names(self.operator_class, "partial", names)
        operator = make_mapped(
            self.operator_class,
            {
                **options,
                "python_callable": self.function,
                "multiple_outputs": self.multiple_outputs,
                "op_kwargs": dict(options.get("op_kwargs", {})),
            },
            expand_input,
            over_op_kwargs=True,
        )
        self._mark(operator)
        return PlainXComArg(operator)


class DecoratedMappedOperator(MappedOperator):
    """Airflow's name of a mapped `@task`."""


def task_decorator_factory(
    python_callable: Callable | None = None,
    *,
    multiple_outputs: bool | None = None,
    decorated_operator_class: Any,
    **kwargs: Any,
) -> Any:
    """How a provider makes its `@task.xyz` from its operator class."""
    if multiple_outputs is None and "multiple_outputs" in kwargs:
        multiple_outputs = kwargs.pop("multiple_outputs")
    if python_callable is not None:
        if isinstance(python_callable, _TaskDecorator):
            raise TypeError("Attempted to decorate an already decorated task")
        if not callable(python_callable):
            raise TypeError("No args allowed while using @task, use kwargs instead")
        return _TaskDecorator(python_callable, decorated_operator_class, multiple_outputs, kwargs)

    def wrap(function: Callable) -> _TaskDecorator:
        return _TaskDecorator(function, decorated_operator_class, multiple_outputs, kwargs)

    return wrap


#: `task.NAME` → where its operator class is; what is not here comes from installed providers
_FAMILY = {
    "python": "tradewind.operators.decorated:_PythonDecoratedOperator",
    "bash": "tradewind.operators.decorated:_BashDecoratedOperator",
    "branch": "tradewind.operators.decorated:_BranchPythonDecoratedOperator",
    "short_circuit": "tradewind.operators.decorated:_ShortCircuitDecoratedOperator",
    "virtualenv": "tradewind.operators.decorated:_PythonVirtualenvDecoratedOperator",
    "external_python": "tradewind.operators.decorated:_PythonExternalDecoratedOperator",
    "branch_virtualenv": "tradewind.operators.decorated:_BranchPythonVirtualenvDecoratedOperator",
    "branch_external_python": "tradewind.operators.decorated:_BranchExternalPythonDecoratedOperator",
    "sensor": "tradewind.operators.decorated:DecoratedSensorOperator",
    "stub": "tradewind.operators.decorated:_StubOperator",
}

_PROVIDERS = {
    "docker": "apache-airflow-providers-docker",
    "kubernetes": "apache-airflow-providers-cncf-kubernetes",
    "kubernetes_cmd": "apache-airflow-providers-cncf-kubernetes",
    "pyspark": "apache-airflow-providers-apache-spark",
    "snowpark": "apache-airflow-providers-snowflake",
    "llm": "apache-airflow-providers-common-ai",
    "agent": "apache-airflow-providers-common-ai",
    "llm_branch": "apache-airflow-providers-common-ai",
    "llm_sql": "apache-airflow-providers-common-ai",
    "llm_schema_compare": "apache-airflow-providers-common-ai",
    "llm_file_analysis": "apache-airflow-providers-common-ai",
    "embed": "apache-airflow-providers-openai",
    "analytics": "apache-airflow-providers-common-sql",
    "sql": "apache-airflow-providers-common-sql",
}

# Where providers keep the decorators that they announce; asked only when the provider is installed.
_PROVIDER_DECORATORS = {
    "docker": "airflow.providers.docker.decorators.docker:docker_task",
    "kubernetes": "airflow.providers.cncf.kubernetes.decorators.kubernetes:kubernetes_task",
    "kubernetes_cmd": "airflow.providers.cncf.kubernetes.decorators.kubernetes_cmd:kubernetes_cmd_task",
    "pyspark": "airflow.providers.apache.spark.decorators.pyspark:pyspark_task",
    "snowpark": "airflow.providers.snowflake.decorators.snowpark:snowpark_task",
}


def _load(target: str) -> Any:
    import importlib

    module, _, name = target.partition(":")
    return getattr(importlib.import_module(module), name)


class TaskDecoratorCollection:
    """`task`, and `task.bash`, `task.branch`, …"""

    def __call__(
        self, python_callable: Any = None, multiple_outputs: bool | None = None, **kwargs: Any
    ) -> Any:
        return self._factory("python")(python_callable, multiple_outputs=multiple_outputs, **kwargs)

    @staticmethod
    def _factory(name: str) -> Callable:
        def make(python_callable: Any = None, multiple_outputs: bool | None = None, **kwargs: Any) -> Any:
            cls = _load(_FAMILY[name])
            if name not in ("python", "virtualenv", "external_python") and multiple_outputs is None:
                multiple_outputs = False
            return task_decorator_factory(
                python_callable, multiple_outputs=multiple_outputs, decorated_operator_class=cls, **kwargs
            )

        make.__name__ = f"{name}_task"
        return make

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name in _FAMILY:
            factory: Any = self._factory(name)
        else:
            factory = _provider_decorator(name)
        self.__dict__[name] = factory
        return factory

    @staticmethod
    def skip_if(condition: Callable[[Any], Any], skip_message: str | None = None) -> Callable:
        """Skip the task when the condition holds."""
        return _conditional(condition, skip_message, True)

    @staticmethod
    def run_if(condition: Callable[[Any], Any], skip_message: str | None = None) -> Callable:
        """Skip the task unless the condition holds."""
        return _conditional(condition, skip_message, False)


def _provider_decorator(name: str) -> Any:
    if name in _PROVIDER_DECORATORS:
        try:
            return _load(_PROVIDER_DECORATORS[name])
        except ImportError as e:
            raise AttributeError(f"task.{name} needs the package {_PROVIDERS[name]}: {e}") from e
    from tradewind.module_loading import entry_points_with_dist

    for entry, _ in entry_points_with_dist("apache_airflow_provider"):
        try:
            info = entry.load()()
        except Exception:
            continue
        for decorator in info.get("task-decorators", ()):
            if decorator.get("name") == name:
                module, _, attribute = decorator["class-name"].rpartition(".")
                return _load(f"{module}:{attribute}")
    if name in _PROVIDERS:
        raise AttributeError(f"task.{name} needs the package {_PROVIDERS[name]}, which is not installed")
    raise AttributeError(f"task decorator {name!r} not found")


def _conditional(condition: Callable[[Any], Any], message: str | None, skip_when: bool) -> Callable:
    def decorate(decorated: Any) -> Any:
        if not isinstance(decorated, _TaskDecorator):
            word = "skip_if" if skip_when else "run_if"
            raise TypeError(f"`{word}` can only be used with task. decorate with `task` before `{word}`.")
        before = decorated.kwargs.get("pre_execute")

        def pre_execute(context: Any) -> None:
            from tradewind.exceptions import AirflowSkipException

            result = condition(context)
            if isinstance(result, tuple):
                hold, reason = result
            else:
                hold, reason = result, message
            if bool(hold) is skip_when:
                raise AirflowSkipException(reason or "the condition of the task said to skip it")
            if before is not None:
                before(context)

        decorated.kwargs["pre_execute"] = pre_execute
        return decorated

    return decorate


task = TaskDecoratorCollection()
TaskDecorator = _TaskDecorator


# -- setup and teardown -------------------------------------------------------------------------------


def setup(func: Callable | None = None) -> Any:
    """Makes a task (or each task of a group) a setup."""
    if func is None:
        return setup
    if isinstance(func, _TaskGroupFactory):
        raise AirflowException("Task groups cannot be marked as setup or teardown.")
    made = func if isinstance(func, _TaskDecorator) else task(func)
    made.is_setup = True
    return made


def teardown(_func: Callable | None = None, *, on_failure_fail_dagrun: bool = False) -> Any:
    """Makes a task a teardown."""

    def wrap(func: Callable) -> Any:
        if isinstance(func, _TaskGroupFactory):
            raise AirflowException("Task groups cannot be marked as setup or teardown.")
        made = func if isinstance(func, _TaskDecorator) else task(func)
        made.is_teardown = True
        made.on_failure_fail_dagrun = on_failure_fail_dagrun
        return made

    return wrap if _func is None else wrap(_func)


def result(func: Any = None) -> Any:
    """Marks the task whose return value is the run's result."""
    if func is None:
        return result
    made: Any = func if isinstance(func, _TaskDecorator) else task(func)
    made.is_result = True
    return made


# -- task groups --------------------------------------------------------------------------------------


class _TaskGroupFactory:
    """What `@task_group` makes of a function: calling it makes a group."""

    def __init__(self, function: Callable, kwargs: dict[str, Any]):
        self.function = function
        self.kwargs = dict(kwargs)
        self.kwargs.setdefault("group_id", function.__name__)
        self.partial_kwargs: dict[str, Any] = {}
        if function.__doc__ and not self.kwargs.get("tooltip"):
            self.kwargs["tooltip"] = inspect.cleandoc(function.__doc__)
        functools.update_wrapper(self, function, updated=())

    def _make(self, group: Any, args: Any, kwargs: Any) -> Any:
        with group:
            value = self.function(*args, **kwargs)
        if isinstance(value, XComArg) or hasattr(value, "set_upstream"):
            return value
        return group if value is None else value

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        from tradewind.taskgroup import TaskGroup

        group = TaskGroup(**{"add_suffix_on_collision": True, **self.kwargs})
        inputs = {**self.partial_kwargs, **kwargs}
        return self._make(group, args, inputs)

    def override(self, **kwargs: Any) -> _TaskGroupFactory:
        new = _TaskGroupFactory(self.function, {**self.kwargs, **kwargs})
        new.partial_kwargs = dict(self.partial_kwargs)
        return new

    def partial(self, **kwargs: Any) -> _TaskGroupFactory:
        self._check("partial", kwargs)
        _no_duplicates(self.partial_kwargs, kwargs, "partial")
        new = _TaskGroupFactory(self.function, self.kwargs)
        new.partial_kwargs = {**self.partial_kwargs, **kwargs}
        return new

    def _check(self, func: str, kwargs: Mapping[str, Any]) -> None:
        known = inspect.signature(self.function).parameters
        unknown = sorted(k for k in kwargs if k not in known)
        if unknown and not any(p.kind is p.VAR_KEYWORD for p in known.values()):
            raise TypeError(f"{func}() got an unexpected keyword argument {', '.join(map(repr, unknown))}")

    def expand(self, **kwargs: Any) -> Any:
        if not kwargs:
            raise TypeError("no arguments to expand against")
        self._check("expand", kwargs)
        _no_duplicates(self.partial_kwargs, kwargs, "partial")
        ensure_expandable(kwargs)
        expand_input = DictOfListsExpandInput(kwargs)
        return self._expand(expand_input, {k: MappedArgument(expand_input, k) for k in kwargs})

    def expand_kwargs(self, kwargs: Any) -> Any:
        if not isinstance(kwargs, (XComArg, list, tuple)):
            raise TypeError(f"expected XComArg or list[dict], not {type(kwargs).__name__}")
        expand_input = ListOfDictsExpandInput(kwargs)
        names = [n for n in inspect.signature(self.function).parameters if n not in self.partial_kwargs]
        return self._expand(expand_input, {n: MappedArgument(expand_input, n) for n in names})

    def _expand(self, expand_input: Any, arguments: dict[str, Any]) -> Any:
        from tradewind.taskgroup import MappedTaskGroup

        group = MappedTaskGroup(expand_input=expand_input, **{"add_suffix_on_collision": True, **self.kwargs})
        return self._make(group, (), {**self.partial_kwargs, **arguments})


def task_group(function: Any = None, **kwargs: Any) -> Any:
    """A function whose call makes a task group."""
    if callable(function):
        return _TaskGroupFactory(function, kwargs)
    if function is not None:
        kwargs["group_id"] = function
    return lambda f: _TaskGroupFactory(f, kwargs)
