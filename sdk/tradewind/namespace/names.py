"""Which names every module of `airflow` has, and where they are.

`"module": "where: name, public=actual; other: *"`. An actual name of `.` is the module itself; `*` is all it has.
"""

from __future__ import annotations

_DAG = "tradewind.dag"
_OP = "tradewind.operator"
_NODE = "tradewind.node: chain, chain_linear, cross_downstream"
_STATES = (
    "tradewind.states: State, TaskInstanceState, DagRunState, TerminalTIState, IntermediateTIState, JobState"
)
_PYTHON = (
    "tradewind.operators.python: PythonOperator, BranchPythonOperator, ShortCircuitOperator; "
    "tradewind.operators.virtualenv: PythonVirtualenvOperator, ExternalPythonOperator, "
    "BranchPythonVirtualenvOperator, BranchExternalPythonOperator, is_venv_installed, "
    "_BasePythonVirtualenvOperator, _SERIALIZERS; tradewind.context: get_current_context; "
    "tradewind.skip: SkipMixin"
)
_SENSOR = (
    "tradewind.sensors.base: BaseSensorOperator, PokeReturnValue, poke_mode_only; tradewind.skip: SkipMixin"
)
_EXTERNAL = "tradewind.sensors.external_task: *"
_ASSETS = (
    "tradewind.assets: Asset, AssetAlias, AssetAll, AssetAny, AssetWatcher, AssetRef, AssetNameRef, AssetUriRef, "
    "AssetUniqueKey, AssetAliasUniqueKey, AssetBooleanCondition, BaseAsset, Model, Dataset, Metadata, "
    "AssetAccessControl"
)
_DATASETS = (
    "tradewind.assets: Dataset, DatasetAlias=AssetAlias, DatasetAll=AssetAll, DatasetAny=AssetAny, Asset, "
    "BaseDataset=BaseAsset, DatasetAliasEvent=AssetAlias, DatasetBooleanCondition=AssetBooleanCondition"
)
_CONTEXT = (
    "tradewind.context: get_current_context, set_current_context, VariableAccessor, ConnectionAccessor; "
    "tradewind.context_types: Context, get_parsing_context; tradewind.helpers: context_merge, context_copy_partial"
)
_DECORATORS = (
    "tradewind.decorators: task, task_group, setup, teardown, result, TaskDecorator, TaskDecoratorCollection, "
    f"DecoratedOperator, task_decorator_factory, get_unique_task_id; {_DAG}: dag"
)
_DECORATOR_BASE = "tradewind.decorators: *; tradewind.context_vars: KeywordParameters, determine_kwargs, make_kwargs_callable"
_OPLINK = "tradewind.links: BaseOperatorLink"
_TRIGGER = "tradewind.triggers.base: *"
_LOGGING = (
    "tradewind.hook: LoggingMixin; tradewind.helpers: redirect_stdout=redirect, redirect_stderr=redirect, "
    "StreamLogWriter=NoSession, remove_escape_codes"
)
_MASK = (
    "tradewind.secrets_backends: mask_secret, redact; tradewind.helpers: SecretsMasker, "
    "_secrets_masker, should_hide_value_for_key"
)
_TYPES = (
    f"{_OP}: NOTSET, ArgNotSet=_NotSet, SET_DURING_EXECUTION=NOTSET; "
    "tradewind.states: DagRunType, DagRunTriggeredByType; tradewind.context_types: is_arg_set, EdgeInfoType"
)
_MAPPERS = "tradewind.partitions: *"

_SDK = (
    f"tradewind: __version__=SDK_VERSION; {_DAG}: DAG, dag; {_ASSETS}, asset; {_OP}: BaseOperator, BaseAsyncOperator; {_NODE}, EdgeModifier, Label; "
    "tradewind.operators.branch: BaseBranchOperator, BranchMixIn; tradewind.skip: SkipMixin; "
    "tradewind.hook: BaseHook; tradewind.notifier: BaseNotifier; tradewind.links: BaseOperatorLink; "
    "tradewind.sensors.base: BaseSensorOperator, PokeReturnValue; tradewind.xcom: BaseXCom; "
    "tradewind.connection: Connection; tradewind.variable: Variable; tradewind.conf: conf; "
    "tradewind.context_types: Context, get_parsing_context, NEVER_EXPIRE; "
    "tradewind.context: get_current_context; "
    "tradewind.deadline: DeadlineAlert, DeadlineReference, BaseDeadlineReference, deadline_reference, "
    "AsyncCallback, SyncCallback; "
    "tradewind.retry_policy: RetryAction, RetryDecision, RetryPolicy, RetryRule, ExceptionRetryPolicy, "
    "ChainRetryPolicy; "
    "tradewind.partitions: AllowedKeyMapper, ChainMapper, FanOutMapper, FixedKeyMapper, IdentityMapper, "
    "PartitionMapper, ProductMapper, RollupMapper, StartOfDayMapper, StartOfHourMapper, StartOfMonthMapper, "
    "StartOfQuarterMapper, StartOfWeekMapper, StartOfYearMapper, DayWindow, HourWindow, MonthWindow, "
    "QuarterWindow, SegmentWindow, WeekWindow, YearWindow, Window, WaitForAll, MinimumCount; "
    "tradewind.params: Param, ParamsDict; tradewind.storage: ObjectStoragePath; "
    "tradewind.taskgroup: TaskGroup; tradewind.execution.ti: TaskInstance=RuntimeTaskInstance; "
    "tradewind.states: TaskInstanceState, DagRunState, TriggerRule, WeightRule; "
    "tradewind.timetables: AssetOrTimeSchedule, CronDataIntervalTimetable, CronTriggerTimetable, "
    "CronPartitionTimetable, DeltaDataIntervalTimetable, DeltaTriggerTimetable, EventsTimetable, "
    "MultipleCronTriggerTimetable, PartitionedAssetTimetable, PartitionedAtRuntime; "
    "tradewind.xcom_arg: XComArg; tradewind.decorators: task, task_group, setup, teardown, result; "
    "tradewind.templater: literal; tradewind.execution: macros=.macros; tradewind.resumable: ResumableJobMixin; "
    "tradewind.triggers.base: BaseTrigger, TriggerEvent"
).replace("tradewind.execution: macros=.macros", "tradewind.execution.macros: macros=.")

_EXCEPTIONS = "tradewind.exceptions: *"
_TIMETABLE_BASE = (
    "tradewind.timetables: Timetable, BaseTimetable=Timetable, DagRunInfo, DataInterval, TimeRestriction, *"
)
_TIMETABLES = "tradewind.timetables: *"
_TI = (
    "tradewind.execution.ti: TaskInstance=RuntimeTaskInstance, TaskInstanceKey, RuntimeTaskInstance; "
    "tradewind.context_types: Context, SimpleTaskInstance=Context; tradewind.context: set_current_context; "
    "tradewind.context_types: clear_task_instances; tradewind.models: TaskInstanceNote"
)
_MODELS = (
    f"{_DAG}: DAG; {_OP}: BaseOperator; {_OPLINK}; tradewind.connection: Connection; "
    "tradewind.variable: Variable; tradewind.params: Param, ParamsDict; tradewind.xcom: XCom, BaseXCom; "
    "tradewind.xcom_arg: XComArg; tradewind.mapped: MappedOperator; tradewind.skip: SkipMixin; "
    "tradewind.dagbag: DagBag; tradewind.execution.ti: TaskInstance=RuntimeTaskInstance; "
    "tradewind.models: DagRun, DagModel, DagTag, Log, SlaMiss, Pool, TaskReschedule, TaskFail, DagPickle, Trigger, "
    "ImportError, RenderedTaskInstanceFields, Base, ID_LEN, DbCallbackRequest; "
    "tradewind.exceptions: TaskNotFound"
)
_COMPAT_SDK = (
    f"{_SDK}; {_EXCEPTIONS}; {_DECORATOR_BASE}; tradewind.mapped: MappedOperator; "
    "tradewind.decorators: DecoratedMappedOperator; "
    "tradewind.sensors.base: poke_mode_only; tradewind.xcom: XCom; "
    "tradewind.plugins_manager: AirflowPlugin; tradewind.execution.ti: TaskInstanceKey; "
    "tradewind.context_types: SET_DURING_EXECUTION, RuntimeTaskInstanceProtocol, Logger; "
    "tradewind.helpers: context_merge; "
    "tradewind.context_vars: context_to_airflow_vars, AIRFLOW_VAR_NAME_FORMAT_MAPPING; "
    "tradewind.execution.timeout: timeout; tradewind.xcom_arg: XCOM_RETURN_KEY; "
    "tradewind.lineage: HookLineageCollector, HookLineageReader, HookLineage, NoOpCollector, "
    "get_hook_lineage_collector; tradewind.stats: Stats, Trace; tradewind.secrets_backends: redact, mask_secret; "
    "tradewind.listeners: hookimpl, get_listener_manager; tradewind.timezone: timezone=.; "
    "tradewind.storage: io=.; tradewind.weights: PriorityWeightStrategy; "
    "tradewind.operators.branch: BranchMixIn; tradewind.hook: LoggingMixin; tradewind.compat_versions: *"
)

NAMES: dict[str, str] = {
    "airflow": (
        f"{_DAG}: DAG, dag; {_DATASETS}; tradewind.xcom_arg: XComArg; tradewind.conf: conf, configuration=.; "
        "tradewind.exceptions: AirflowException"
    ),
    "airflow.sdk": _SDK,
    # -- airflow.sdk, below -------------------------------------------------------------------------
    "airflow.sdk.api": "tradewind.execution.dagrun: DagRun",
    "airflow.sdk.api.datamodels": "tradewind.execution.dagrun: DagRun",
    "airflow.sdk.api.datamodels._generated": (
        "tradewind.states: TaskInstanceState, DagRunState, TriggerRule, WeightRule, DagRunType, "
        "IntermediateTIState, TerminalTIState; tradewind.execution.dagrun: DagRun; "
        "tradewind.execution.ti: TaskInstance=RuntimeTaskInstance"
    ),
    "airflow.sdk.bases": "tradewind.operator: BaseOperator",
    "airflow.sdk.bases.branch": "tradewind.operators.branch: BaseBranchOperator, BranchMixIn",
    "airflow.sdk.bases.decorator": _DECORATOR_BASE,
    "airflow.sdk.bases.hook": "tradewind.hook: BaseHook",
    "airflow.sdk.bases.notifier": "tradewind.notifier: BaseNotifier",
    "airflow.sdk.bases.operator": f"{_OP}: *; {_NODE}",
    "airflow.sdk.bases.operatorlink": _OPLINK,
    "airflow.sdk.bases.resumablejobmixin": "tradewind.resumable: ResumableJobMixin",
    "airflow.sdk.bases.secrets_backend": "tradewind.secrets_backends: BaseSecretsBackend",
    "airflow.sdk.bases.sensor": _SENSOR,
    "airflow.sdk.bases.skipmixin": "tradewind.skip: *",
    "airflow.sdk.bases.timetable": _TIMETABLE_BASE,
    "airflow.sdk.bases.xcom": "tradewind.xcom: *",
    "airflow.sdk.configuration": "tradewind.conf: *",
    "airflow.sdk.crypto": "tradewind.context_types: get_fernet",
    "airflow.sdk.definitions": f"{_DAG}: DAG",
    "airflow.sdk.definitions._internal": f"{_OP}: NOTSET",
    "airflow.sdk.definitions._internal.abstractoperator": f"{_OP}: *; tradewind.task_defaults: *",
    "airflow.sdk.definitions._internal.contextmanager": (
        "tradewind.stacks: DagContext, TaskGroupContext; tradewind.context: *"
    ),
    "airflow.sdk.definitions._internal.decorators": "tradewind.helpers: *",
    "airflow.sdk.definitions._internal.dag_parsing_context": "tradewind.context_types: *",
    "airflow.sdk.definitions._internal.expandinput": "tradewind.mapped: *",
    "airflow.sdk.definitions._internal.mixins": "tradewind.node: DependencyMixin",
    "airflow.sdk.definitions._internal.node": "tradewind.node: *; tradewind.operator: validate_key",
    "airflow.sdk.definitions._internal.setup_teardown": "tradewind.node: SetupTeardownContext, *",
    "airflow.sdk.definitions._internal.templater": "tradewind.templater: *; tradewind.template_native: *",
    "airflow.sdk.definitions._internal.types": _TYPES,
    "airflow.sdk.definitions.asset": f"{_ASSETS}, *",
    "airflow.sdk.definitions.asset.decorators": "tradewind.assets: asset, AssetDefinition, MultiAssetDefinition",
    "airflow.sdk.definitions.asset.metadata": "tradewind.assets: Metadata",
    "airflow.sdk.definitions.baseoperator": f"{_OP}: *; {_NODE}",
    "airflow.sdk.definitions.callback": "tradewind.deadline: AsyncCallback, SyncCallback, Callback=_Callback",
    "airflow.sdk.definitions.connection": "tradewind.connection: *",
    "airflow.sdk.definitions.context": _CONTEXT,
    "airflow.sdk.definitions.dag": f"{_DAG}: *",
    "airflow.sdk.definitions.deadline": "tradewind.deadline: *",
    "airflow.sdk.definitions.decorators": _DECORATORS,
    "airflow.sdk.definitions.decorators.task_group": "tradewind.decorators: task_group",
    "airflow.sdk.definitions.edges": "tradewind.node: EdgeModifier, Label; tradewind.context_types: EdgeInfoType",
    "airflow.sdk.definitions.mappedoperator": "tradewind.mapped: *",
    "airflow.sdk.definitions.notset": _TYPES,
    "airflow.sdk.definitions.operator_resources": "tradewind.context_types: Resources",
    "airflow.sdk.definitions.param": "tradewind.params: *",
    "airflow.sdk.definitions.partition_mappers": _MAPPERS,
    "airflow.sdk.definitions.partition_mappers.allowed_key": _MAPPERS,
    "airflow.sdk.definitions.partition_mappers.base": _MAPPERS,
    "airflow.sdk.definitions.partition_mappers.chain": _MAPPERS,
    "airflow.sdk.definitions.partition_mappers.fixed_key": _MAPPERS,
    "airflow.sdk.definitions.partition_mappers.identity": _MAPPERS,
    "airflow.sdk.definitions.partition_mappers.product": _MAPPERS,
    "airflow.sdk.definitions.partition_mappers.temporal": _MAPPERS,
    "airflow.sdk.definitions.partition_mappers.wait_policy": _MAPPERS,
    "airflow.sdk.definitions.partition_mappers.window": _MAPPERS,
    "airflow.sdk.definitions.retry_policy": "tradewind.retry_policy: *",
    "airflow.sdk.definitions.taskgroup": "tradewind.taskgroup: *",
    "airflow.sdk.definitions.template": "tradewind.templater: literal, LiteralValue",
    "airflow.sdk.definitions.timetables": _TIMETABLES,
    "airflow.sdk.definitions.timetables.assets": _TIMETABLES,
    "airflow.sdk.definitions.timetables.events": _TIMETABLES,
    "airflow.sdk.definitions.timetables.interval": _TIMETABLES,
    "airflow.sdk.definitions.timetables.simple": _TIMETABLES,
    "airflow.sdk.definitions.timetables.trigger": _TIMETABLES,
    "airflow.sdk.definitions.variable": "tradewind.variable: *",
    "airflow.sdk.definitions.xcom_arg": "tradewind.xcom_arg: *",
    "airflow.sdk.exceptions": _EXCEPTIONS,
    "airflow.sdk.execution_time": "tradewind.execution.macros: macros=.",
    "airflow.sdk.execution_time.comms": "tradewind.xcom: XComResult; tradewind.comms: *",
    "airflow.sdk.execution_time.context": (
        "tradewind.context: *; tradewind.context_types: *; tradewind.context_vars: *; tradewind.execution.assets: *"
    ),
    "airflow.sdk.execution_time.lazy_sequence": "tradewind.lazy_xcom: *",
    "airflow.sdk.execution_time.macros": "tradewind.execution.macros: *",
    "airflow.sdk.execution_time.secrets": "tradewind.secrets_backends: *",
    "airflow.sdk.execution_time.secrets_masker": _MASK,
    "airflow.sdk.execution_time.supervisor": "tradewind.comms: *",
    "airflow.sdk.execution_time.task_runner": (
        "tradewind.execution.ti: RuntimeTaskInstance; tradewind.comms: SUPERVISOR_COMMS=request"
    ),
    "airflow.sdk.execution_time.timeout": "tradewind.execution.timeout: timeout, TimeoutPosix=timeout",
    "airflow.sdk.execution_time.xcom": "tradewind.xcom: XCom, *",
    "airflow.sdk.io": "tradewind.storage: *",
    "airflow.sdk.io.path": "tradewind.storage: *",
    "airflow.sdk.io.store": "tradewind.storage: *",
    "airflow.sdk.lineage": "tradewind.lineage: *",
    "airflow.sdk.listener": "tradewind.listeners: *",
    "airflow.sdk.log": f"{_MASK}; tradewind.helpers: *",
    "airflow.sdk.module_loading": "tradewind.module_loading: *",
    "airflow.sdk.observability": "tradewind.stats: *",
    "airflow.sdk.observability.stats": "tradewind.stats: *",
    "airflow.sdk.observability.trace": "tradewind.stats: *",
    "airflow.sdk.plugins_manager": "tradewind.plugins_manager: *",
    "airflow.sdk.providers_manager_runtime": (
        "tradewind.providers: ProvidersManagerTaskRuntime=ProvidersManager, ProvidersManager"
    ),
    "airflow.sdk.serde": "tradewind.serde: *",
    "airflow.sdk.serde.serializers": "tradewind.serde: *",
    "airflow.sdk.state": "tradewind.states: *; tradewind.compat_facet: *",
    "airflow.sdk.timezone": "tradewind.timezone: *",
    "airflow.sdk.types": (
        f"{_TYPES}; tradewind.context_types: *; tradewind.execution.ti: TaskInstanceKey, RuntimeTaskInstance; "
        "tradewind.execution.dagrun: DagRun"
    ),
    "airflow.sdk.yaml": "tradewind.context_types: yaml; yaml: *",
    "airflow.sdk._shared": "tradewind: __version__",
    "airflow.sdk._shared.configuration": "tradewind.exceptions: AirflowConfigException",
    "airflow.sdk._shared.configuration.exceptions": "tradewind.exceptions: AirflowConfigException",
    "airflow.sdk._shared.listeners": "tradewind.listeners: *",
    "airflow.sdk._shared.secrets_masker": _MASK,
    "airflow.sdk._shared.timezones": "tradewind.timezone: timezone=.",
    "airflow.sdk._shared.timezones.timezone": "tradewind.timezone: *",
    "airflow.sdk._shared.module_loading": "tradewind.module_loading: *",
    "airflow.sdk._shared.observability": "tradewind.stats: *",
    "airflow.sdk._shared.observability.metrics": "tradewind.stats: *",
    "airflow.sdk._shared.observability.metrics.stats": "tradewind.stats: *",
    "airflow._shared": "tradewind: __version__",
    "airflow._shared.configuration": "tradewind.exceptions: AirflowConfigException",
    "airflow._shared.configuration.exceptions": "tradewind.exceptions: AirflowConfigException",
    "airflow._shared.timezones": "tradewind.timezone: timezone=.",
    "airflow._shared.timezones.timezone": "tradewind.timezone: *",
    "airflow._shared.secrets_masker": _MASK,
    "airflow._shared.module_loading": "tradewind.module_loading: *",
    "airflow._shared.observability": "tradewind.stats: *",
    "airflow._shared.observability.metrics": "tradewind.stats: *",
    "airflow._shared.observability.metrics.stats": "tradewind.stats: *",
    # -- the standard provider ----------------------------------------------------------------------
    "airflow.providers.standard": "tradewind: __version__",
    "airflow.providers.standard.decorators": _DECORATORS,
    "airflow.providers.standard.decorators.bash": "tradewind.operators.decorated: *; tradewind.decorators: *",
    "airflow.providers.standard.decorators.branch_external_python": "tradewind.operators.decorated: *",
    "airflow.providers.standard.decorators.branch_python": "tradewind.operators.decorated: *",
    "airflow.providers.standard.decorators.branch_virtualenv": "tradewind.operators.decorated: *",
    "airflow.providers.standard.decorators.external_python": "tradewind.operators.decorated: *",
    "airflow.providers.standard.decorators.python": "tradewind.operators.decorated: *; tradewind.decorators: *",
    "airflow.providers.standard.decorators.python_virtualenv": "tradewind.operators.decorated: *",
    "airflow.providers.standard.decorators.sensor": "tradewind.operators.decorated: *",
    "airflow.providers.standard.decorators.short_circuit": "tradewind.operators.decorated: *",
    "airflow.providers.standard.decorators.stub": "tradewind.operators.decorated: *",
    "airflow.providers.standard.exceptions": (
        f"tradewind.sensors.external_task: *; tradewind.operators.hitl: *; {_EXCEPTIONS}"
    ),
    "airflow.providers.standard.hooks": "tradewind.hook: FSHook",
    "airflow.providers.standard.hooks.filesystem": "tradewind.hook: FSHook",
    "airflow.providers.standard.hooks.package_index": "tradewind.hook: PackageIndexHook",
    "airflow.providers.standard.hooks.subprocess": "tradewind.hook: SubprocessHook, SubprocessResult",
    "airflow.providers.standard.operators": "tradewind.operators.empty: EmptyOperator",
    "airflow.providers.standard.operators.bash": "tradewind.operators.bash: BashOperator",
    "airflow.providers.standard.operators.branch": (
        "tradewind.operators.branch: BaseBranchOperator, BranchMixIn; tradewind.skip: SkipMixin"
    ),
    "airflow.providers.standard.operators.datetime": "tradewind.operators.datetime: *",
    "airflow.providers.standard.operators.empty": "tradewind.operators.empty: EmptyOperator",
    "airflow.providers.standard.operators.hitl": "tradewind.operators.hitl: *",
    "airflow.providers.standard.operators.latest_only": "tradewind.operators.latest_only: LatestOnlyOperator",
    "airflow.providers.standard.operators.python": _PYTHON,
    "airflow.providers.standard.operators.smooth": "tradewind.operators.smooth: SmoothOperator",
    "airflow.providers.standard.operators.trigger_dagrun": "tradewind.operators.trigger_dagrun: *",
    "airflow.providers.standard.operators.weekday": "tradewind.operators.weekday: *",
    "airflow.providers.standard.sensors": "tradewind.sensors.base: BaseSensorOperator",
    "airflow.providers.standard.sensors.bash": "tradewind.sensors.bash: BashSensor",
    "airflow.providers.standard.sensors.date_time": "tradewind.sensors.time: DateTimeSensor, DateTimeSensorAsync",
    "airflow.providers.standard.sensors.external_task": _EXTERNAL,
    "airflow.providers.standard.sensors.filesystem": "tradewind.sensors.filesystem: FileSensor",
    "airflow.providers.standard.sensors.python": "tradewind.sensors.python: PythonSensor",
    "airflow.providers.standard.sensors.time": "tradewind.sensors.time: TimeSensor, TimeSensorAsync",
    "airflow.providers.standard.sensors.time_delta": (
        "tradewind.sensors.time: TimeDeltaSensor, TimeDeltaSensorAsync, WaitSensor"
    ),
    "airflow.providers.standard.sensors.time_sensor": "tradewind.sensors.time: TimeSensor, TimeSensorAsync",
    "airflow.providers.standard.sensors.weekday": "tradewind.sensors.time: DayOfWeekSensor",
    "airflow.providers.standard.triggers": "tradewind.triggers.base: BaseTrigger",
    "airflow.providers.standard.triggers.external_task": "tradewind.triggers.external_task: *",
    "airflow.providers.standard.triggers.file": "tradewind.triggers.file: *",
    "airflow.providers.standard.triggers.temporal": "tradewind.triggers.temporal: *",
    "airflow.providers.standard.utils": "tradewind.states: WeekDay",
    "airflow.providers.standard.utils.python_virtualenv": "tradewind.compat_versions: *",
    "airflow.providers.standard.utils.skipmixin": "tradewind.skip: *",
    "airflow.providers.standard.utils.sensor_helper": "tradewind.sensors.external_task: *",
    "airflow.providers.standard.utils.weekday": "tradewind.states: WeekDay",
    "airflow.providers.standard.version_compat": "tradewind.compat_versions: *",
    # -- common.compat ------------------------------------------------------------------------------
    "airflow.providers.common.compat": "tradewind: __version__",
    "airflow.providers.common.compat.sdk": _COMPAT_SDK,
    "airflow.providers.common.compat.assets": f"{_ASSETS}; {_DATASETS}; tradewind.assets: expand_alias_to_assets=Asset",
    "airflow.providers.common.compat.check": "tradewind.compat_versions: require_provider_version",
    "airflow.providers.common.compat.connection": "tradewind.compat_versions: get_async_connection, get_async_extra_dejson",
    "airflow.providers.common.compat.hook": "tradewind.hook: BaseHook",
    "airflow.providers.common.compat.lineage": "tradewind.lineage: *",
    "airflow.providers.common.compat.lineage.entities": "tradewind.lineage: *",
    "airflow.providers.common.compat.lineage.hook": "tradewind.lineage: *; tradewind.context_types: LineageContext",
    "airflow.providers.common.compat.module_loading": "tradewind.module_loading: *",
    "airflow.providers.common.compat.notifier": "tradewind.notifier: BaseNotifier",
    "airflow.providers.common.compat.openlineage": "tradewind.compat_facet: *",
    "airflow.providers.common.compat.openlineage.check": "tradewind.compat_facet: require_openlineage_version",
    "airflow.providers.common.compat.openlineage.facet": "tradewind.compat_facet: *",
    "airflow.providers.common.compat.openlineage.utils": "tradewind.compat_facet: *",
    "airflow.providers.common.compat.openlineage.utils.spark": "tradewind.compat_facet: *",
    "airflow.providers.common.compat.openlineage.utils.sql": "tradewind.compat_facet: *",
    "airflow.providers.common.compat.openlineage.utils.utils": "tradewind.compat_facet: *",
    "airflow.providers.common.compat.security": "tradewind.compat_facet: *",
    "airflow.providers.common.compat.security.permissions": "tradewind.compat_facet: *",
    "airflow.providers.common.compat.sqlalchemy": "tradewind.compat_facet: *",
    "airflow.providers.common.compat.sqlalchemy.orm": "tradewind.compat_facet: *",
    "airflow.providers.common.compat.standard": "tradewind: __version__",
    "airflow.providers.common.compat.standard.operators": (
        f"{_PYTHON}; {_OP}: BaseOperator, BaseAsyncOperator; tradewind.helpers: is_async_callable; tradewind.operators.branch: *"
    ),
    "airflow.providers.common.compat.standard.triggers": "tradewind.triggers.temporal: *",
    "airflow.providers.common.compat.standard.utils": "tradewind.compat_versions: *",
    "airflow.providers.common.compat.triggers": _TRIGGER,
    "airflow.providers.common.compat.version_compat": "tradewind.compat_versions: *",
    # -- 2.x and 1.10: DAGs, models -----------------------------------------------------------------
    "airflow.models": _MODELS,
    "airflow.models.abstractoperator": f"{_OP}: *; tradewind.task_defaults: *",
    "airflow.models.asset": "tradewind.models: *",
    "airflow.models.base": "tradewind.models: Base, ID_LEN",
    "airflow.models.baseoperator": f"{_OP}: *; {_NODE}; {_OPLINK}; tradewind.task_defaults: *",
    "airflow.models.baseoperatorlink": _OPLINK,
    "airflow.models.connection": "tradewind.connection: *",
    "airflow.models.crypto": "tradewind.context_types: get_fernet",
    "airflow.models.dag": (
        f"{_DAG}: *; tradewind.models: DagModel, DagTag; tradewind.stacks: DagContext; "
        "tradewind.timetables: create_timetable; tradewind.params: DagParam"
    ),
    "airflow.models.dagbag": "tradewind.dagbag: *",
    "airflow.models.dagparam": "tradewind.params: DagParam",
    "airflow.models.dagrun": "tradewind.models: DagRun, DagRunNote; tradewind.states: DagRunState, DagRunType",
    "airflow.models.dataset": "tradewind.models: *; tradewind.assets: Dataset",
    "airflow.models.errors": "tradewind.models: *",
    "airflow.models.expandinput": "tradewind.mapped: *",
    "airflow.models.log": "tradewind.models: Log",
    "airflow.models.mappedoperator": "tradewind.mapped: *",
    "airflow.models.operator": f"{_OP}: Operator=AbstractOperator",
    "airflow.models.param": "tradewind.params: *",
    "airflow.models.pool": "tradewind.models: Pool; tradewind.exceptions: PoolNotFound",
    "airflow.models.renderedtifields": "tradewind.models: *",
    "airflow.models.serialized_dag": "tradewind.models: *",
    "airflow.models.skipmixin": "tradewind.skip: *",
    "airflow.models.slamiss": "tradewind.models: SlaMiss",
    "airflow.models.taskfail": "tradewind.models: *",
    "airflow.models.taskinstance": _TI,
    "airflow.models.taskinstancekey": "tradewind.execution.ti: TaskInstanceKey",
    "airflow.models.dagcode": "tradewind.models: DagCode",
    "airflow.models.dagpickle": "tradewind.models: DagPickle",
    "airflow.models.dagwarning": "tradewind.models: DagWarning",
    "airflow.models.dag_version": "tradewind.models: DagVersion",
    "airflow.models.dagbundle": "tradewind.models: DagBundleModel",
    "airflow.models.taskinstancehistory": "tradewind.models: TaskInstanceHistory",
    "airflow.models.taskmap": "tradewind.models: TaskMap",
    "airflow.models.taskmixin": "tradewind.node: DependencyMixin, DAGNode, TaskMixin=DependencyMixin",
    "airflow.models.taskreschedule": "tradewind.models: TaskReschedule",
    "airflow.models.trigger": "tradewind.models: Trigger",
    "airflow.models.variable": "tradewind.variable: *",
    "airflow.models.xcom": "tradewind.xcom: XCom, *; tradewind.xcom_arg: XCOM_RETURN_KEY",
    "airflow.models.xcom_arg": "tradewind.xcom_arg: *",
    # -- assets -------------------------------------------------------------------------------------
    "airflow.assets": _ASSETS,
    "airflow.assets.manager": "tradewind.models: AssetManager=Base, asset_manager=Base",
    "airflow.assets.metadata": "tradewind.assets: Metadata",
    "airflow.datasets": _DATASETS,
    "airflow.datasets.manager": "tradewind.models: DatasetManager=Base, dataset_manager=Base",
    "airflow.datasets.metadata": "tradewind.assets: Metadata",
    "airflow.partition_mappers": _MAPPERS,
    "airflow.partition_mappers.base": _MAPPERS,
    "airflow.partition_mappers.temporal": _MAPPERS,
    "airflow.partition_mappers.window": _MAPPERS,
    # -- operators ----------------------------------------------------------------------------------
    "airflow.decorators": _DECORATORS,
    "airflow.decorators.base": _DECORATOR_BASE,
    "airflow.decorators.bash": "tradewind.operators.decorated: *; tradewind.decorators: *",
    "airflow.decorators.python": "tradewind.operators.decorated: *; tradewind.decorators: *",
    "airflow.decorators.branch_external_python": "tradewind.operators.decorated: *; tradewind.decorators: *",
    "airflow.decorators.branch_python": "tradewind.operators.decorated: *; tradewind.decorators: *",
    "airflow.decorators.branch_virtualenv": "tradewind.operators.decorated: *; tradewind.decorators: *",
    "airflow.decorators.condition": "tradewind.decorators: *",
    "airflow.decorators.external_python": "tradewind.operators.decorated: *; tradewind.decorators: *",
    "airflow.decorators.python_virtualenv": "tradewind.operators.decorated: *; tradewind.decorators: *",
    "airflow.decorators.short_circuit": "tradewind.operators.decorated: *; tradewind.decorators: *",
    "airflow.decorators.sensor": "tradewind.operators.decorated: *",
    "airflow.decorators.setup_teardown": "tradewind.decorators: setup, teardown",
    "airflow.decorators.task_group": "tradewind.decorators: task_group, TaskGroupDecorator=_TaskGroupFactory",
    "airflow.operators": (
        f"{_PYTHON}; tradewind.operators.bash: BashOperator; tradewind.operators.email: EmailOperator; "
        "tradewind.operators.empty: EmptyOperator, DummyOperator; tradewind.operator: BaseOperator; "
        "tradewind.operators.latest_only: LatestOnlyOperator; tradewind.operators.subdag: SubDagOperator; "
        "tradewind.operators.trigger_dagrun: TriggerDagRunOperator; tradewind.sensors.base: BaseSensorOperator; "
        "tradewind.sensors.external_task: ExternalTaskSensor; tradewind.sensors.time: TimeDeltaSensor, TimeSensor"
    ),
    "airflow.operators.bash": "tradewind.operators.bash: BashOperator",
    "airflow.operators.bash_operator": "tradewind.operators.bash: BashOperator",
    "airflow.operators.branch": "tradewind.operators.branch: *; tradewind.skip: SkipMixin",
    "airflow.operators.branch_operator": "tradewind.operators.branch: *",
    "airflow.operators.dagrun_operator": "tradewind.operators.trigger_dagrun: *",
    "airflow.operators.datetime": "tradewind.operators.datetime: *",
    "airflow.operators.dummy": "tradewind.operators.empty: DummyOperator, EmptyOperator",
    "airflow.operators.dummy_operator": "tradewind.operators.empty: DummyOperator, EmptyOperator",
    "airflow.operators.email": "tradewind.operators.email: EmailOperator",
    "airflow.operators.email_operator": "tradewind.operators.email: EmailOperator",
    "airflow.operators.empty": "tradewind.operators.empty: EmptyOperator, DummyOperator",
    "airflow.operators.http_operator": "airflow.providers.http.operators.http: SimpleHttpOperator=HttpOperator, *",
    "airflow.operators.latest_only": "tradewind.operators.latest_only: LatestOnlyOperator",
    "airflow.operators.latest_only_operator": "tradewind.operators.latest_only: LatestOnlyOperator",
    "airflow.operators.python": f"{_PYTHON}; tradewind.decorators: task",
    "airflow.operators.python_operator": _PYTHON,
    "airflow.operators.sensors": (
        f"{_SENSOR}; {_EXTERNAL}; tradewind.sensors.time: TimeDeltaSensor, TimeSensor, DateTimeSensor; "
        "tradewind.sensors.filesystem: FileSensor; tradewind.sensors.python: PythonSensor; "
        "tradewind.sensors.bash: BashSensor"
    ),
    "airflow.operators.smooth": "tradewind.operators.smooth: SmoothOperator",
    "airflow.operators.subdag": "tradewind.operators.subdag: *",
    "airflow.operators.subdag_operator": "tradewind.operators.subdag: *",
    "airflow.operators.trigger_dagrun": "tradewind.operators.trigger_dagrun: *",
    "airflow.operators.weekday": "tradewind.operators.weekday: *",
    # -- sensors ------------------------------------------------------------------------------------
    "airflow.sensors": _SENSOR,
    "airflow.sensors.base": _SENSOR,
    "airflow.sensors.base_sensor_operator": _SENSOR,
    "airflow.sensors.bash": "tradewind.sensors.bash: BashSensor",
    "airflow.sensors.date_time": "tradewind.sensors.time: DateTimeSensor, DateTimeSensorAsync",
    "airflow.sensors.date_time_sensor": "tradewind.sensors.time: DateTimeSensor",
    "airflow.sensors.external_task": _EXTERNAL,
    "airflow.sensors.external_task_sensor": _EXTERNAL,
    "airflow.sensors.filesystem": "tradewind.sensors.filesystem: FileSensor",
    "airflow.sensors.python": "tradewind.sensors.python: PythonSensor",
    "airflow.sensors.time_delta": "tradewind.sensors.time: TimeDeltaSensor, TimeDeltaSensorAsync, WaitSensor",
    "airflow.sensors.time_delta_sensor": "tradewind.sensors.time: TimeDeltaSensor",
    "airflow.sensors.time_sensor": "tradewind.sensors.time: TimeSensor, TimeSensorAsync",
    "airflow.sensors.weekday": "tradewind.sensors.time: DayOfWeekSensor",
    # -- hooks, triggers, notifications -------------------------------------------------------------
    "airflow.hooks": "tradewind.hook: BaseHook",
    "airflow.hooks.base": "tradewind.hook: BaseHook, DiscoverableHook",
    "airflow.hooks.base_hook": "tradewind.hook: BaseHook; tradewind.secrets_backends: CONN_ENV_PREFIX",
    "airflow.hooks.filesystem": "tradewind.hook: FSHook",
    "airflow.hooks.package_index": "tradewind.hook: PackageIndexHook",
    "airflow.hooks.subprocess": "tradewind.hook: SubprocessHook, SubprocessResult",
    "airflow.triggers": "tradewind.triggers.base: BaseTrigger",
    "airflow.triggers.base": _TRIGGER,
    "airflow.triggers.external_task": "tradewind.triggers.external_task: *",
    "airflow.triggers.file": "tradewind.triggers.file: *",
    "airflow.triggers.temporal": "tradewind.triggers.temporal: *",
    "airflow.triggers.testing": _TRIGGER,
    "airflow.notifications": "tradewind.notifier: BaseNotifier",
    "airflow.notifications.basenotifier": "tradewind.notifier: BaseNotifier",
    # -- timetables ---------------------------------------------------------------------------------
    "airflow.timetables": "tradewind.timetables: Timetable",
    "airflow.timetables._cron": _TIMETABLES,
    "airflow.timetables._delta": _TIMETABLES,
    "airflow.timetables.assets": _TIMETABLES,
    "airflow.timetables.base": _TIMETABLE_BASE,
    "airflow.timetables.datasets": _TIMETABLES,
    "airflow.timetables.events": _TIMETABLES,
    "airflow.timetables.interval": _TIMETABLES,
    "airflow.timetables.simple": (
        "tradewind.timetables: *, DatasetTriggeredTimetable=AssetTriggeredTimetable, PartitionedAssetTimetable"
    ),
    "airflow.timetables.trigger": _TIMETABLES,
    # -- settings, configuration, plugins -----------------------------------------------------------
    "airflow.configuration": (
        "tradewind.conf: conf, AirflowConfigParser=Configuration, *; tradewind.helpers: log"
    ),
    "airflow.exceptions": _EXCEPTIONS,
    "airflow.macros": "tradewind.execution.macros: *",
    "airflow.config_templates": "tradewind: __version__",
    "airflow.config_templates.airflow_local_settings": "tradewind.logging_config: *",
    "airflow.logging_config": "tradewind.helpers: configure_logging=no_database",
    "airflow.plugins_manager": "tradewind.plugins_manager: *",
    "airflow.policies": "tradewind.listeners: hookimpl; tradewind.policies: *",
    "airflow.providers_manager": "tradewind.providers: ProvidersManager",
    "airflow.settings": "tradewind.settings: *",
    "airflow.stats": "tradewind.stats: Stats, *",
    "airflow.observability": "tradewind.stats: *",
    "airflow.observability.stats": "tradewind.stats: *",
    "airflow.observability.trace": "tradewind.stats: *",
    "airflow.observability.traces": "tradewind.stats: *",
    "airflow.metrics": "tradewind.stats: *",
    "airflow.metrics.validators": "tradewind.stats: *",
    "airflow.traces": "tradewind.stats: *",
    "airflow.traces.tracer": "tradewind.stats: *",
    "airflow.security.kerberos": "tradewind.kerberos: *",
    "airflow.version": "tradewind: version=AIRFLOW_VERSION",
    "airflow.typing_compat": "typing: *; tradewind.context_types: Self, ParamSpec, TypedDict, Literal, Protocol",
    "airflow.compat": "functools: cache",
    "airflow.compat.functools": "functools: *",
    "airflow.executors": (
        "tradewind.settings: BaseExecutor, LocalExecutor, SequentialExecutor, CeleryExecutor, KubernetesExecutor, "
        "get_default_executor, GetDefaultExecutor=get_default_executor"
    ),
    "airflow.executors.celery_executor": "tradewind.settings: CeleryExecutor",
    "airflow.executors.kubernetes_executor": "tradewind.settings: KubernetesExecutor",
    "airflow.executors.executor_constants": "tradewind.settings: *",
    "airflow.executors.executor_loader": "tradewind.settings: *",
    "airflow.executors.base_executor": "tradewind.settings: BaseExecutor",
    "airflow.executors.local_executor": "tradewind.settings: LocalExecutor",
    "airflow.executors.debug_executor": "tradewind.settings: DebugExecutor",
    "airflow.executors.sequential_executor": "tradewind.settings: SequentialExecutor",
    "airflow.secrets": "tradewind.secrets_backends: BaseSecretsBackend",
    "airflow.secrets.base_secrets": "tradewind.secrets_backends: BaseSecretsBackend",
    "airflow.secrets.environment_variables": (
        "tradewind.secrets_backends: EnvironmentVariablesBackend, CONN_ENV_PREFIX, VAR_ENV_PREFIX"
    ),
    "airflow.secrets.local_filesystem": (
        "tradewind.secrets_backends: LocalFilesystemBackend, load_variables, "
        "load_connections_dict=load_connections"
    ),
    "airflow.secrets.metastore": "tradewind.secrets_backends: MetastoreBackend=SupervisorBackend",
    "airflow.security": "tradewind.compat_facet: permissions=_Permissions",
    "airflow.security.permissions": "tradewind.compat_facet: *",
    "airflow.security.utils": "tradewind.compat_facet: *",
    "airflow.serialization": "tradewind.serialize: *",
    "airflow.serialization.serde": "tradewind.serde: *",
    "airflow.serialization.serialized_objects": (
        f"tradewind.serialize: *; tradewind.coders: *; {_DAG}: SerializedDAG=DAG; "
        f"{_OP}: SerializedBaseOperator=BaseOperator"
    ),
    "airflow.serialization.encoders": "tradewind.coders: *",
    "airflow.serialization.decoders": "tradewind.coders: *",
    "airflow.serialization.enums": "tradewind.serialize: *",
    "airflow.serialization.definitions": f"{_DAG}: DAG",
    "airflow.serialization.definitions.notset": _TYPES,
    "airflow.task": "tradewind.weights: PriorityWeightStrategy",
    "airflow.task.priority_strategy": "tradewind.weights: PriorityWeightStrategy",
    "airflow.task.trigger_rule": "tradewind.states: TriggerRule",
    "airflow.task.weight_rule": "tradewind.states: WeightRule, db_safe_priority",
    "airflow.ti_deps": "tradewind.models: Base",
    "airflow.ti_deps.deps": "tradewind.models: Base",
    "airflow.ti_deps.deps.base_ti_dep": "tradewind.models: BaseTIDep=Base",
    "airflow.listeners": "tradewind.listeners: hookimpl",
    "airflow.listeners.listener": "tradewind.listeners: *",
    "airflow.listeners.types": "tradewind.listeners: AssetEvent",
    "airflow.lineage": "tradewind.lineage: *",
    "airflow.lineage.entities": "tradewind.lineage: *",
    "airflow.lineage.hook": "tradewind.lineage: *",
    "airflow.io": "tradewind.storage: *",
    "airflow.io.path": "tradewind.storage: *",
    "airflow.io.store": "tradewind.storage: *",
    "airflow.io.storage": "tradewind.storage: *",
    "airflow.dag_processing": "tradewind.models: Base",
    "airflow.dag_processing.bundles": "tradewind.models: Base",
    "airflow.dag_processing.bundles.base": "tradewind.settings: BaseDagBundle",
    "airflow.dag_processing.dagbag": "tradewind.dagbag: *",
    "airflow.www": "tradewind: __version__",
    "airflow.www.app": "tradewind.helpers: csrf",
    "airflow.www.utils": "tradewind.helpers: *",
    "airflow.www.auth": "tradewind.helpers: has_access=skip_decorator, has_access_view=skip_decorator",
    "airflow.api": "tradewind: __version__",
    "airflow.api_fastapi.common.types": "tradewind.helpers: UIAlert",
    "airflow.api.client": "tradewind.local_client: Client, get_current_api_client",
    "airflow.api.client.api_client": "tradewind.local_client: Client",
    "airflow.api.client.local_client": "tradewind.local_client: Client",
    "airflow.api.common": "tradewind: __version__",
    "airflow.api.common.experimental": "tradewind: __version__",
    "airflow.api.common.experimental.pool": "tradewind.helpers: get_pool=no_database, create_pool=no_database",
    "airflow.api.common.trigger_dag": "tradewind.settings: trigger_dag",
    "airflow.api.common.experimental.trigger_dag": "tradewind.settings: trigger_dag",
    "airflow.jobs": "tradewind.models: BaseJob=Job",
    "airflow.jobs.base_job": "tradewind.models: BaseJob=Job",
    "airflow.jobs.job": "tradewind.models: Job",
    "airflow.sensors.sql": "airflow.providers.common.sql.sensors.sql: *",
    # -- airflow.utils ------------------------------------------------------------------------------
    "airflow.utils": f"tradewind.timezone: timezone=.; yaml: yaml=.; {_OP}: apply_defaults",
    "airflow.utils.cli": "tradewind.settings: *; tradewind.helpers: *",
    "airflow.utils.code_utils": "tradewind.helpers: *",
    "airflow.utils.context": _CONTEXT,
    "airflow.utils.dag_cycle_tester": f"{_DAG}: check_cycle, test_cycle=check_cycle",
    "airflow.utils.dag_parsing_context": "tradewind.context_types: get_parsing_context",
    "airflow.utils.dates": "tradewind.helpers: *; tradewind.timetables: cron_presets",
    "airflow.utils.db": (
        "tradewind.helpers: provide_session, create_session, initdb=no_database, resetdb=no_database, "
        "upgradedb=no_database, merge_conn=no_database, create_default_connections=no_database"
    ),
    "airflow.utils.decorators": (
        f"{_OP}: apply_defaults; tradewind.helpers: fixup_decorator_warning_stack=skip_decorator; "
        "tradewind.decorators: remove_task_decorator=strip_decorators"
    ),
    "airflow.utils.deprecation_tools": "tradewind.helpers: add_deprecated_classes=no_database",
    "airflow.utils.edgemodifier": "tradewind.node: EdgeModifier, Label",
    "airflow.utils.email": "tradewind.mail: *",
    "airflow.utils.entry_points": "tradewind.module_loading: entry_points_with_dist",
    "airflow.utils.file": "tradewind.helpers: *",
    "airflow.utils.hashlib_wrapper": "tradewind.helpers: md5",
    "airflow.utils.helpers": "tradewind.helpers: *",
    "airflow.utils.json": "tradewind.xcom_json: *",
    "airflow.template": "tradewind.templater: Templater",
    "airflow.template.templater": "tradewind.templater: *; tradewind.template_native: *",
    "airflow.utils.log": "tradewind.hook: LoggingMixin",
    "airflow.utils.log.file_task_handler": "tradewind.settings: *",
    "airflow.utils.log.logging_mixin": _LOGGING,
    "airflow.utils.log.secrets_masker": _MASK,
    "airflow.utils.log.trigger_handler": "tradewind.settings: *",
    "airflow.utils.log.json_formatter": "tradewind.logging_config: JSONFormatter",
    "airflow.utils.log.timezone_aware": "tradewind.logging_config: TimezoneAware",
    "airflow.utils.mixins": "tradewind.models: *",
    "airflow.utils.module_loading": "tradewind.module_loading: *",
    "airflow.utils.net": "tradewind.helpers: getfqdn, get_hostname, get_host_ip_address",
    "airflow.utils.operator_helpers": (
        "tradewind.context_vars: *; tradewind.helpers: ExecutionCallableRunner=skip_decorator"
    ),
    "airflow.utils.operator_resources": "tradewind.context_types: Resources",
    "airflow.utils.platform": "tradewind.helpers: getuser, is_tty, get_airflow_git_version=no_database",
    "airflow.utils.process_utils": "tradewind.helpers: *",
    "airflow.utils.providers_configuration_loader": (
        "tradewind.helpers: providers_configuration_loaded=skip_decorator"
    ),
    "airflow.utils.python_virtualenv": "tradewind.compat_versions: *",
    "airflow.utils.redact": _MASK,
    "airflow.utils.retries": "tradewind.helpers: retry_db_transaction=skip_decorator",
    "airflow.utils.serve_logs": "tradewind.helpers: *",
    "airflow.utils.session": (
        "tradewind.helpers: provide_session, create_session, create_session_async=create_session, NEW_SESSION"
    ),
    "airflow.utils.setup_teardown": "tradewind.node: SetupTeardownContext, *",
    "airflow.utils.sqlalchemy": "tradewind.compat_facet: *",
    "airflow.utils.state": f"{_STATES}, *",
    "airflow.utils.strings": "tradewind.helpers: *",
    "airflow.utils.task_group": "tradewind.taskgroup: *",
    "airflow.utils.template": "tradewind.templater: literal",
    "airflow.utils.timeout": "tradewind.execution.timeout: timeout",
    "airflow.utils.timezone": "tradewind.timezone: *",
    "airflow.utils.trigger_rule": "tradewind.states: TriggerRule",
    "airflow.utils.types": _TYPES,
    "airflow.utils.warnings": "tradewind.helpers: capture_with_reraise=redirect",
    "airflow.utils.weekday": "tradewind.states: WeekDay",
    "airflow.utils.weight_rule": "tradewind.states: WeightRule, db_safe_priority",
    "airflow.utils.xcom": "tradewind.xcom_arg: XCOM_RETURN_KEY",
    "airflow.utils.yaml": "yaml: *",
    # -- 1.10's contrib: what is not a provider's ---------------------------------------------------
    "airflow.contrib": "tradewind: __version__",
    "airflow.contrib.hooks": "tradewind.hook: BaseHook",
    "airflow.contrib.hooks.fs_hook": "tradewind.hook: FSHook",
    "airflow.contrib.operators": "tradewind.operator: BaseOperator",
    "airflow.contrib.sensors": "tradewind.sensors.base: BaseSensorOperator",
    "airflow.contrib.sensors.bash_sensor": "tradewind.sensors.bash: BashSensor",
    "airflow.contrib.sensors.file_sensor": "tradewind.sensors.filesystem: FileSensor",
    "airflow.contrib.sensors.python_sensor": "tradewind.sensors.python: PythonSensor",
    "airflow.contrib.sensors.weekday_sensor": "tradewind.sensors.time: DayOfWeekSensor",
    "airflow.contrib.utils": "tradewind.states: WeekDay",
    "airflow.contrib.utils.weekday": "tradewind.states: WeekDay",
}

#: packages whose other modules come from what is installed
OPEN = (
    "airflow.contrib.example_dags",
    "airflow.example_dags",
    "airflow.providers",
    "airflow.providers.apache",
    "airflow.providers.atlassian",
    "airflow.providers.cncf",
    "airflow.providers.common",
    "airflow.providers.common.compat",
    "airflow.providers.dbt",
    "airflow.providers.facebook",
    "airflow.providers.microsoft",
    "airflow.providers.standard",
)

#: modules of 1.10 and 2.0 that moved into a provider: old name → module of the provider
_MOVED = """
operators.docker_operator docker.operators.docker
operators.druid_check_operator apache.druid.operators.druid_check
operators.hive_operator apache.hive.operators.hive
operators.hive_stats_operator apache.hive.operators.hive_stats
operators.hive_to_mysql apache.hive.transfers.hive_to_mysql
operators.jdbc_operator jdbc.operators.jdbc
operators.mssql_operator microsoft.mssql.operators.mssql
operators.mysql_operator mysql.operators.mysql
operators.mysql_to_hive apache.hive.transfers.mysql_to_hive
operators.oracle_operator oracle.operators.oracle
operators.papermill_operator papermill.operators.papermill
operators.pig_operator apache.pig.operators.pig
operators.postgres_operator postgres.operators.postgres
operators.presto_check_operator presto.operators.presto_check
operators.redshift_to_s3_operator amazon.aws.transfers.redshift_to_s3
operators.s3_file_transform_operator amazon.aws.operators.s3
operators.s3_to_hive_operator apache.hive.transfers.s3_to_hive
operators.s3_to_redshift_operator amazon.aws.transfers.s3_to_redshift
operators.slack_operator slack.operators.slack
operators.sqlite_operator sqlite.operators.sqlite
operators.check_operator common.sql.operators.sql
operators.generic_transfer common.sql.operators.generic_transfer
operators.sql common.sql.operators.sql
operators.sql_branch_operator common.sql.operators.sql
operators.google_api_to_s3_transfer amazon.aws.transfers.google_api_to_s3
operators.gcs_to_s3 amazon.aws.transfers.gcs_to_s3
hooks.dbapi common.sql.hooks.sql
hooks.dbapi_hook common.sql.hooks.sql
hooks.docker_hook docker.hooks.docker
hooks.druid_hook apache.druid.hooks.druid
hooks.hdfs_hook apache.hdfs.hooks.hdfs
hooks.hive_hooks apache.hive.hooks.hive
hooks.http_hook http.hooks.http
hooks.jdbc_hook jdbc.hooks.jdbc
hooks.mssql_hook microsoft.mssql.hooks.mssql
hooks.mysql_hook mysql.hooks.mysql
hooks.oracle_hook oracle.hooks.oracle
hooks.pig_hook apache.pig.hooks.pig
hooks.postgres_hook postgres.hooks.postgres
hooks.presto_hook presto.hooks.presto
hooks.S3_hook amazon.aws.hooks.s3
hooks.samba_hook samba.hooks.samba
hooks.slack_hook slack.hooks.slack
hooks.sqlite_hook sqlite.hooks.sqlite
hooks.webhdfs_hook apache.hdfs.hooks.webhdfs
hooks.zendesk_hook zendesk.hooks.zendesk
sensors.hdfs_sensor apache.hdfs.sensors.hdfs
sensors.hive_partition_sensor apache.hive.sensors.hive_partition
sensors.http_sensor http.sensors.http
sensors.metastore_partition_sensor apache.hive.sensors.metastore_partition
sensors.named_hive_partition_sensor apache.hive.sensors.named_hive_partition
sensors.s3_key_sensor amazon.aws.sensors.s3
sensors.s3_prefix_sensor amazon.aws.sensors.s3
sensors.sql_sensor common.sql.sensors.sql
sensors.web_hdfs_sensor apache.hdfs.sensors.web_hdfs
contrib.hooks.aws_hook amazon.aws.hooks.base_aws
contrib.hooks.bigquery_hook google.cloud.hooks.bigquery
contrib.hooks.databricks_hook databricks.hooks.databricks
contrib.hooks.ftp_hook ftp.hooks.ftp
contrib.hooks.gcs_hook google.cloud.hooks.gcs
contrib.hooks.gcp_api_base_hook google.common.hooks.base_google
contrib.hooks.mongo_hook mongo.hooks.mongo
contrib.hooks.redis_hook redis.hooks.redis
contrib.hooks.redshift_hook amazon.aws.hooks.redshift_cluster
contrib.hooks.sftp_hook sftp.hooks.sftp
contrib.hooks.snowflake_hook snowflake.hooks.snowflake
contrib.hooks.ssh_hook ssh.hooks.ssh
contrib.hooks.slack_webhook_hook slack.hooks.slack_webhook
contrib.operators.bigquery_operator google.cloud.operators.bigquery
contrib.operators.bigquery_get_data google.cloud.operators.bigquery
contrib.operators.bigquery_to_gcs google.cloud.transfers.bigquery_to_gcs
contrib.operators.gcs_to_bq google.cloud.transfers.gcs_to_bigquery
contrib.operators.databricks_operator databricks.operators.databricks
contrib.operators.dataproc_operator google.cloud.operators.dataproc
contrib.operators.ecs_operator amazon.aws.operators.ecs
contrib.operators.emr_add_steps_operator amazon.aws.operators.emr
contrib.operators.emr_create_job_flow_operator amazon.aws.operators.emr
contrib.operators.emr_terminate_job_flow_operator amazon.aws.operators.emr
contrib.operators.kubernetes_pod_operator cncf.kubernetes.operators.pod
contrib.operators.sftp_operator sftp.operators.sftp
contrib.operators.slack_webhook_operator slack.operators.slack_webhook
contrib.operators.snowflake_operator snowflake.operators.snowflake
contrib.operators.spark_submit_operator apache.spark.operators.spark_submit
contrib.operators.ssh_operator ssh.operators.ssh
contrib.sensors.aws_athena_sensor amazon.aws.sensors.athena
contrib.sensors.bigquery_sensor google.cloud.sensors.bigquery
contrib.sensors.emr_job_flow_sensor amazon.aws.sensors.emr
contrib.sensors.emr_step_sensor amazon.aws.sensors.emr
contrib.sensors.gcs_sensor google.cloud.sensors.gcs
contrib.sensors.sftp_sensor sftp.sensors.sftp
contrib.kubernetes.secret cncf.kubernetes.secret
contrib.kubernetes.pod cncf.kubernetes.backcompat.pod
kubernetes.secret cncf.kubernetes.secret
kubernetes.pod cncf.kubernetes.backcompat.pod
kubernetes.volume cncf.kubernetes.backcompat.volume
kubernetes.volume_mount cncf.kubernetes.backcompat.volume_mount
"""
for _line in _MOVED.split("\n"):
    _old, _, _new = _line.partition(" ")
    if _new:
        NAMES[f"airflow.{_old}"] = f"airflow.providers.{_new}: *"

#: classes that 1.10 has in a package itself: package, its module, what it has there (old=new name where the provider renamed it)
_LATE = """
operators check_operator CheckOperator=SQLCheckOperator ValueCheckOperator=SQLValueCheckOperator
operators check_operator IntervalCheckOperator=SQLIntervalCheckOperator
operators hive_operator HiveOperator
operators hive_stats_operator HiveStatsCollectionOperator
operators hive_to_mysql HiveToMySqlTransfer=HiveToMySqlOperator
operators mysql_to_hive MySqlToHiveTransfer=MySqlToHiveOperator
operators s3_to_hive_operator S3ToHiveTransfer=S3ToHiveOperator
operators pig_operator PigOperator
operators presto_check_operator PrestoCheckOperator PrestoValueCheckOperator PrestoIntervalCheckOperator
operators mysql_operator MySqlOperator
operators sqlite_operator SqliteOperator
operators postgres_operator PostgresOperator
operators s3_file_transform_operator S3FileTransformOperator
operators http_operator SimpleHttpOperator
operators jdbc_operator JdbcOperator
operators mssql_operator MsSqlOperator
operators slack_operator SlackAPIOperator SlackAPIPostOperator
operators generic_transfer GenericTransfer
operators oracle_operator OracleOperator
hooks hive_hooks HiveCliHook HiveMetastoreHook HiveServer2Hook
hooks hdfs_hook HDFSHook
hooks webhdfs_hook WebHDFSHook
hooks pig_hook PigCliHook
hooks mysql_hook MySqlHook
hooks postgres_hook PostgresHook
hooks presto_hook PrestoHook
hooks samba_hook SambaHook
hooks sqlite_hook SqliteHook
hooks S3_hook S3Hook
hooks zendesk_hook ZendeskHook
hooks http_hook HttpHook
hooks druid_hook DruidHook DruidDbApiHook
hooks jdbc_hook JdbcHook
hooks dbapi_hook DbApiHook
hooks mssql_hook MsSqlHook
hooks oracle_hook OracleHook
hooks slack_hook SlackHook
sensors hdfs_sensor HdfsSensor
sensors hive_partition_sensor HivePartitionSensor
sensors named_hive_partition_sensor NamedHivePartitionSensor
sensors metastore_partition_sensor MetastorePartitionSensor
sensors http_sensor HttpSensor
sensors s3_key_sensor S3KeySensor
sensors s3_prefix_sensor S3PrefixSensor=S3KeySensor
sensors sql_sensor SqlSensor
sensors web_hdfs_sensor WebHdfsSensor
contrib.hooks ftp_hook FTPHook FTPSHook
contrib.hooks ssh_hook SSHHook
contrib.hooks sftp_hook SFTPHook
contrib.hooks bigquery_hook BigQueryHook
contrib.hooks gcs_hook GoogleCloudStorageHook=GCSHook
contrib.hooks redshift_hook RedshiftHook
contrib.operators ssh_operator SSHOperator
contrib.operators spark_submit_operator SparkSubmitOperator
"""
LATE: dict[str, dict[str, tuple[str, str]]] = {}
for _line in filter(None, _LATE.split("\n")):
    _package, _module_name, *_listed = _line.split()
    for _item in _listed:
        _old, _, _new = _item.partition("=")
        _found = (f"airflow.{_package}.{_module_name}", _new or _old)
        LATE.setdefault(f"airflow.{_package}", {})[_old] = _found
        if _package == "sensors":  # 1.10 had them in both
            LATE["airflow.operators"][_old] = _found
            LATE.setdefault("airflow.operators.sensors", {})[_old] = _found

#: words in the name of a 1.10 module → the package it is in now
_CONTRIB_WORDS = (
    (
        "bigquery bq gcp gcs google dataflow dataproc datastore pubsub mlengine cloud_sql bigtable spanner cloud dlp",
        "google",
    ),
    (
        "aws s3 ecs emr redshift dynamodb sagemaker sqs sns batch glue athena kinesis lambda cloudwatch datasync",
        "amazon",
    ),
    ("azure wasb adls cosmos", "microsoft-azure"),
    ("winrm", "microsoft-winrm"),
    ("databricks", "databricks"),
    ("snowflake", "snowflake"),
    ("slack", "slack"),
    ("discord", "discord"),
    ("dingding", "dingding"),
    ("sftp", "sftp"),
    ("ftp", "ftp"),
    ("ssh", "ssh"),
    ("kubernetes pod", "cncf-kubernetes"),
    ("docker", "docker"),
    ("spark", "apache-spark"),
    ("sqoop", "apache-sqoop"),
    ("druid", "apache-druid"),
    ("pinot", "apache-pinot"),
    ("cassandra", "apache-cassandra"),
    ("livy", "apache-livy"),
    ("hive", "apache-hive"),
    ("hdfs", "apache-hdfs"),
    ("mongo", "mongo"),
    ("redis", "redis"),
    ("vertica", "vertica"),
    ("opsgenie", "opsgenie"),
    ("segment", "segment"),
    ("qubole", "qubole"),
    ("jira", "atlassian-jira"),
    ("jenkins", "jenkins"),
    ("salesforce", "salesforce"),
    ("sendgrid", "sendgrid"),
    ("grpc", "grpc"),
    ("imap", "imap"),
    ("oracle", "oracle"),
    ("mysql", "mysql"),
    ("postgres", "postgres"),
    ("vertica", "vertica"),
    ("http", "http"),
    ("sql", "common-sql"),
)

_TWO_PARTS = frozenset(("apache", "atlassian", "cncf", "common", "dbt", "facebook", "ibm", "microsoft"))


def package_of(name: str) -> str | None:
    """The package that brings a module which nobody found; None when its own package is installed."""
    import sys

    parts = name.split(".")
    if parts[1:2] == ["providers"] and len(parts) > 2:
        depth = 4 if parts[2] in _TWO_PARTS else 3
        if len(parts) < depth or ".".join(parts[:depth]) in sys.modules and len(parts) > depth:
            return None
        own = ".".join(parts[:depth])
        if own in NAMES:
            return None
        return "apache-airflow-providers-" + "-".join(parts[2:depth])
    if parts[1:2] == ["contrib"] and len(parts) > 3 or parts[1:2] in (["operators"], ["hooks"], ["sensors"]):
        words = set(parts[-1].lower().split("_")) | {parts[-1].lower()}
        for listed, package in _CONTRIB_WORDS:
            if any(word in words for word in listed.split()):
                return f"apache-airflow-providers-{package}"
    return None
