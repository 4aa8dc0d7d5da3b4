"""The exceptions DAG files and providers raise and catch, under Airflow's names."""

from __future__ import annotations

import enum
from typing import Any, NamedTuple


class AirflowException(Exception):
    """Base of what Airflow raises."""

    status_code = 500

    def serialize(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        cls = type(self)
        return f"{cls.__module__}.{cls.__name__}", (str(self),), {}


class AirflowBadRequest(AirflowException):
    status_code = 400


class AirflowNotFoundException(AirflowException):
    status_code = 404


class AirflowConfigException(AirflowException):
    pass


class AirflowOptionalProviderFeatureException(AirflowException):
    pass


class AirflowSecretsBackendAccessDenied(PermissionError):
    pass


class AirflowInternalRuntimeError(BaseException):
    pass


class AirflowRuntimeError(Exception):
    def __init__(self, error: Any):
        self.error = error
        kind = getattr(getattr(error, "error", None), "value", None)
        super().__init__(f"{kind}: {error.detail}" if kind else str(error))


class ErrorType(enum.Enum):
    CONNECTION_NOT_FOUND = "CONNECTION_NOT_FOUND"
    VARIABLE_NOT_FOUND = "VARIABLE_NOT_FOUND"
    XCOM_NOT_FOUND = "XCOM_NOT_FOUND"
    ASSET_NOT_FOUND = "ASSET_NOT_FOUND"
    DAGRUN_ALREADY_EXISTS = "DAGRUN_ALREADY_EXISTS"
    PERMISSION_DENIED = "PERMISSION_DENIED"
    GENERIC_ERROR = "GENERIC_ERROR"
    API_SERVER_ERROR = "API_SERVER_ERROR"


# -- what a task raises to end otherwise than well or badly -----------------------------------------


class AirflowFailException(AirflowException):
    """Fail now, without a retry."""


class AirflowInactiveAssetInInletOrOutletException(AirflowFailException):
    """An inlet or outlet that no DAG file names any more, or whose name or URI another asset has."""

    def __init__(self, inactive_asset_keys: Any):
        self.inactive_asset_keys = inactive_asset_keys
        shown = ", ".join(f"Asset(name={k.name!r}, uri={k.uri!r})" for k in inactive_asset_keys)
        super().__init__(f"Task has the following inactive assets in its inlets or outlets: {shown}")


class AirflowSensorTimeout(AirflowException):
    """A sensor waited too long: fail without a retry."""


class AirflowSkipException(AirflowException):
    """End as skipped."""


class AirflowTaskTimeout(BaseException):
    """The attempt took longer than its execution_timeout."""


class AirflowTaskTerminated(BaseException):
    """The task was told to stop."""


class AirflowRescheduleException(AirflowException):
    """Give the slot back and start again at `reschedule_date`."""

    def __init__(self, reschedule_date: Any):
        super().__init__()
        self.reschedule_date = reschedule_date

    def serialize(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        cls = type(self)
        return f"{cls.__module__}.{cls.__name__}", (), {"reschedule_date": self.reschedule_date}


class TaskDeferred(BaseException):
    """Wait for a trigger; then go on in `method_name`."""

    def __init__(
        self,
        *,
        trigger: Any,
        method_name: str,
        kwargs: dict[str, Any] | None = None,
        timeout: Any = None,
    ):
        super().__init__()
        self.trigger = trigger
        self.method_name = method_name
        self.kwargs = kwargs
        if timeout is not None and not hasattr(timeout, "total_seconds"):
            if isinstance(timeout, (int, float)):
                import datetime

                timeout = datetime.timedelta(seconds=timeout)
            else:
                raise ValueError("Timeout value must be a timedelta or a number of seconds")
        self.timeout = timeout

    def serialize(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        cls = type(self)
        fields = {n: getattr(self, n) for n in ("trigger", "method_name", "kwargs", "timeout")}
        return f"{cls.__module__}.{cls.__name__}", (), fields

    def __repr__(self) -> str:
        return f"<TaskDeferred trigger={self.trigger} method={self.method_name}>"


class TaskAwaitingInput(BaseException):
    """Wait for a person's answer; then go on in `method_name`."""

    def __init__(self, *, method_name: str, kwargs: dict[str, Any] | None = None, timeout: Any = None):
        super().__init__()
        self.method_name = method_name
        self.kwargs = kwargs
        self.timeout = timeout


class TaskDeferralError(AirflowException):
    """The trigger failed."""


class TaskDeferralTimeout(AirflowException):
    """The trigger took too long."""


class DagRunTriggerException(AirflowException):
    """Ask the engine for a run of another DAG; its fields say which and how to wait for it."""

    def __init__(self, **fields: Any):
        super().__init__()
        self.__dict__.update(fields)


class DownstreamTasksSkipped(AirflowException):
    """Skip the listed tasks and end well."""

    def __init__(self, *, tasks: Any):
        super().__init__()
        self.tasks = tasks


# -- data -------------------------------------------------------------------------------------------


class XComNotFound(AirflowException):
    def __init__(self, dag_id: str, task_id: str, key: str):
        super().__init__()
        self.dag_id, self.task_id, self.key = dag_id, task_id, key

    def __str__(self) -> str:
        return f'XComArg result from {self.task_id} at {self.dag_id} with key="{self.key}" is not found!'


class XComForMappingNotPushed(TypeError):
    def __str__(self) -> str:
        return "did not push XCom for task mapping"


class UnmappableXComTypePushed(TypeError):
    def __init__(self, value: Any, *values: Any):
        super().__init__(value, *values)

    def __str__(self) -> str:
        text = type(self.args[0]).__qualname__
        for arg in self.args[1:]:
            text = f"{text}[{type(arg).__qualname__}]"
        return f"unmappable return type {text!r}"


class UnmappableXComLengthPushed(ValueError):
    def __init__(self, value: Any, max_length: int):
        super().__init__(value)
        self.value = value
        self.max_length = max_length

    def __str__(self) -> str:
        return (
            f"unmappable return value length: {len(self.value)} > {self.max_length} "
            "([core] max_map_length is the limit)"
        )


class ParamValidationError(AirflowException, ValueError):
    pass


class SerializationError(AirflowException):
    pass


class DeserializationError(Exception):
    pass


class DeserializingResultError(ValueError):
    def __str__(self) -> str:
        return (
            "Error deserializing result. Note that result deserialization is not supported across major Python "
            f"versions. Cause: {self.__cause__}"
        )


# -- faults of a DAG file ---------------------------------------------------------------------------


class AirflowDagCycleException(AirflowException):
    pass


class AirflowDagInvalidTriggerRule(AirflowException):
    pass


class AirflowDagDuplicatedIdException(AirflowException):
    def __init__(self, dag_id: str, incoming: str | None, existing: str | None):
        super().__init__(dag_id, incoming, existing)
        self.dag_id, self.incoming, self.existing = dag_id, incoming, existing

    def __str__(self) -> str:
        return f"Ignoring DAG {self.dag_id} from {self.incoming} - also found in {self.existing}"


class AirflowTimetableInvalid(AirflowException):
    pass


class AirflowDagInconsistent(AirflowException):
    pass


class AirflowClusterPolicyViolation(AirflowException):
    pass


class AirflowClusterPolicySkipDag(AirflowException):
    pass


class AirflowClusterPolicyError(AirflowException):
    pass


class DuplicateTaskIdFound(AirflowException):
    pass


class TaskAlreadyInTaskGroup(AirflowException):
    def __init__(self, task_id: str, existing_group_id: str | None, new_group_id: str | None):
        super().__init__(task_id, new_group_id)
        self.task_id, self.existing_group_id, self.new_group_id = task_id, existing_group_id, new_group_id

    def __str__(self) -> str:
        if self.existing_group_id is None:
            existing = "the DAG's root group"
        else:
            existing = f"group {self.existing_group_id!r}"
        return f"cannot add {self.task_id!r} to {self.new_group_id!r} (already in {existing})"


class TaskNotFound(AirflowNotFoundException):
    pass


class NodeNotFound(TaskNotFound, KeyError):
    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class FailFastDagInvalidTriggerRule(AirflowException):
    """fail_fast allows only the trigger rule all_success."""

    @classmethod
    def check_fail_fast_dag(cls, *, dag: Any, task: Any) -> None:
        rule = str(getattr(task.trigger_rule, "value", task.trigger_rule))
        if not dag.fail_fast or rule == "all_success":
            return
        if task.is_teardown and rule == "all_done_setup_success":
            return
        raise cls("A 'fail_fast' dag can only have all_success trigger rule")


class InvalidArguments(AirflowException, TypeError):
    """An operator was made with arguments it does not have, or without one it needs."""


class MissingProvider(ModuleNotFoundError):
    """An import needs a package that is not installed; the message names it."""


class NotMapped(Exception):
    pass


class DagNotFound(AirflowNotFoundException):
    pass


class DagIsPaused(AirflowException):
    """The DAG that was to be triggered is paused."""

    def __init__(self, dag_id: str):
        super().__init__(dag_id)
        self.dag_id = dag_id

    def __str__(self) -> str:
        return f"Dag {self.dag_id} is paused"


class DagCodeNotFound(AirflowNotFoundException):
    pass


class DagRunNotFound(AirflowNotFoundException):
    pass


class DagRunAlreadyExists(AirflowBadRequest):
    def __init__(self, dag_run: Any = None, *args: Any):
        super().__init__(*(("A DAG run already exists", dag_run) if dag_run is not None else args))
        self.dag_run = dag_run


class DagRunTypeNotAllowed(AirflowException):
    pass


class DagFileExists(AirflowBadRequest):
    pass


class TaskInstanceNotFound(AirflowNotFoundException):
    pass


class TaskAlreadyRunningError(AirflowException):
    pass


class PoolNotFound(AirflowNotFoundException):
    pass


class NoAvailablePoolSlot(AirflowException):
    pass


class ConnectionNotUnique(AirflowException):
    pass


class VariableNotUnique(AirflowException):
    pass


class UnknownExecutorException(ValueError):
    pass


class InvalidStatsNameException(AirflowException):
    pass


class AirflowWebServerException(AirflowException):
    pass


class FileSyntaxError(NamedTuple):
    line_no: int | None
    message: str

    def __str__(self) -> str:
        return f"{self.message}. Line number: {self.line_no}"


class AirflowFileParseException(AirflowException):
    def __init__(self, msg: str, file_path: str, parse_errors: list[FileSyntaxError] | None = None):
        super().__init__(msg)
        self.msg, self.file_path, self.parse_errors = msg, file_path, parse_errors or []

    def __str__(self) -> str:
        return "\n".join([self.msg, f"Filename: {self.file_path}", *map(str, self.parse_errors)])


class AirflowUnsupportedFileTypeException(AirflowException):
    pass


class RemovedInAirflow3Warning(DeprecationWarning):
    deprecated_provider_since: str | None = None


class RemovedInAirflow4Warning(DeprecationWarning):
    deprecated_since: str | None = None


class AirflowProviderDeprecationWarning(DeprecationWarning):
    deprecated_provider_since: str | None = None


class AirflowDeprecationWarning(DeprecationWarning):
    pass


class UnmappableOperator(AirflowException):
    pass


class BackfillUnfinished(AirflowException):
    pass


class PodMutationHookException(AirflowException):
    pass


class PodReconciliationError(AirflowException):
    pass


class DagConcurrencyLimitReached(AirflowException):
    pass


class TaskConcurrencyLimitReached(AirflowException):
    pass


class AirflowClearRunningTaskException(AirflowException):
    pass


class InvalidPartitionKeyError(AirflowException):
    pass


class DagNotPartitionedError(AirflowException):
    pass


FailStopDagInvalidTriggerRule = FailFastDagInvalidTriggerRule
