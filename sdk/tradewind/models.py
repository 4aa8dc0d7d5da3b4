"""Names of Airflow's database models. DAG files import them for type hints, or ask them what the task instance knows."""

from __future__ import annotations

from typing import Any

from tradewind.exceptions import AirflowException


class _Model:
    """A model without a database: it may be named, made and annotated with; queries explain themselves."""

    def __init__(self, *args: Any, **kwargs: Any):
        self.__dict__.update(kwargs)

    @classmethod
    def _refuse(cls, what: str) -> AirflowException:
        return AirflowException(
            f"{cls.__name__}.{what}: DAG code has no database here. Use the REST API, or what the context offers"
        )


class _Findable(type):
    def __getattr__(cls, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return _Column(f"{cls.__name__}.{name}")


class _Column:
    """An attribute of a model, as queries name it."""

    def __init__(self, name: str):
        self.name = name

    def __repr__(self) -> str:
        return self.name

    def __call__(self, *_: Any, **__: Any) -> Any:
        raise AirflowException(
            f"{self.name}: DAG code has no database here. Use the REST API, or what the context offers"
        )

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Column(f"{self.name}.{name}")

    __hash__ = object.__hash__


class DagRun(_Model, metaclass=_Findable):
    """A run of a DAG."""

    @staticmethod
    def find(
        dag_id: Any = None,
        run_id: Any = None,
        execution_date: Any = None,
        state: Any = None,
        external_trigger: bool | None = None,
        no_backfills: bool = False,
        run_type: Any = None,
        execution_start_date: Any = None,
        execution_end_date: Any = None,
        logical_date: Any = None,
        **_: Any,
    ) -> list[Any]:
        """The runs of a DAG that match, by logical date."""
        from tradewind.comms import supervisor
        from tradewind.execution import found

        if dag_id is None or supervisor() is None:
            raise DagRun._refuse("find" if dag_id is not None else "find without a dag_id")
        when = logical_date if logical_date is not None else execution_date
        runs = [
            run
            for each in _several(dag_id)
            for run in found.runs(
                each,
                run_ids=_several(run_id),
                logical_dates=_several(when),
                states=_several(state),
            )
        ]
        kind = None if run_type is None else str(getattr(run_type, "value", run_type))
        return [
            run
            for run in runs
            if (kind is None or str(run.run_type) == kind)
            and (not no_backfills or not run.is_backfill)
            and (external_trigger is None or run.external_trigger == external_trigger)
            and (execution_start_date is None or _later(run.logical_date, execution_start_date))
            and (execution_end_date is None or _later(execution_end_date, run.logical_date))
        ]

    @staticmethod
    def generate_run_id(run_type: Any, execution_date: Any = None, **kwargs: Any) -> str:
        at: Any = execution_date or kwargs.get("logical_date") or kwargs.get("run_after")
        return f"{getattr(run_type, 'value', run_type)}__{at.isoformat()}"


def _several(value: Any) -> list[Any] | None:
    if value is None:
        return None
    return list(value) if isinstance(value, (list, tuple, set)) else [value]


def _later(one: Any, other: Any) -> bool:
    """Is it the same instant, or a later one? Dates without a zone are UTC."""
    from tradewind.timezone import convert_to_utc

    return one is not None and other is not None and convert_to_utc(one) >= convert_to_utc(other)


class DagModel(_Model, metaclass=_Findable):
    """A row of the DAG list."""

    @classmethod
    def get_dagmodel(cls, dag_id: str, *_: Any, **__: Any) -> Any:
        """What the DAG list says of a DAG; None when it is not there."""
        from tradewind.comms import RequestError, request

        try:
            return cls(**request("dag_get", dag_id=dag_id))
        except RequestError as e:
            if e.kind == "not_found":
                return None
            raise

    get_current = get_dagmodel


class DagBag:
    """Found at `tradewind.dagbag`."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        from tradewind.dagbag import DagBag as Bag

        return Bag(*args, **kwargs)


class DagTag(_Model, metaclass=_Findable):
    pass


class Log(_Model, metaclass=_Findable):
    pass


class SlaMiss(_Model, metaclass=_Findable):
    pass


class Pool(_Model, metaclass=_Findable):
    DEFAULT_POOL_NAME = "default_pool"


class TaskReschedule(_Model, metaclass=_Findable):
    pass


class TaskFail(_Model, metaclass=_Findable):
    pass


class RenderedTaskInstanceFields(_Model, metaclass=_Findable):
    pass


class DagPickle(_Model, metaclass=_Findable):
    pass


class ImportError(_Model, metaclass=_Findable):  # noqa: A001
    pass


class Trigger(_Model, metaclass=_Findable):
    pass


class DbCallbackRequest(_Model, metaclass=_Findable):
    pass


class SerializedDagModel(_Model, metaclass=_Findable):
    pass


class Job(_Model, metaclass=_Findable):
    pass


class DagCode(_Model, metaclass=_Findable):
    pass


class DagWarning(_Model, metaclass=_Findable):
    pass


class DagVersion(_Model, metaclass=_Findable):
    pass


class DagBundleModel(_Model, metaclass=_Findable):
    pass


class TaskInstanceHistory(_Model, metaclass=_Findable):
    pass


class TaskMap(_Model, metaclass=_Findable):
    pass


class DagRunNote(_Model, metaclass=_Findable):
    pass


class TaskInstanceNote(_Model, metaclass=_Findable):
    pass


class AssetModel(_Model, metaclass=_Findable):
    pass


class AssetEvent(_Model, metaclass=_Findable):
    pass


class AssetAliasModel(_Model, metaclass=_Findable):
    pass


class AssetDagRunQueue(_Model, metaclass=_Findable):
    pass


class TaskOutletAssetReference(_Model, metaclass=_Findable):
    pass


class DagScheduleAssetReference(_Model, metaclass=_Findable):
    pass


DatasetModel, DatasetEvent, DatasetAliasModel = AssetModel, AssetEvent, AssetAliasModel
DatasetDagRunQueue = AssetDagRunQueue
TaskOutletDatasetReference, DagScheduleDatasetReference = TaskOutletAssetReference, DagScheduleAssetReference


class Base(_Model, metaclass=_Findable):
    metadata: Any = None


ID_LEN = 250
del DagBag
