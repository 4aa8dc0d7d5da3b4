"""Names of optional extras (OpenLineage, FAB permissions, SQLAlchemy types): any name is a class that keeps its fields."""

from __future__ import annotations

from typing import Any


class _Fields:
    """A record of whatever it is given."""

    def __init__(self, *args: Any, **kwargs: Any):
        self.args = args
        self.__dict__.update(kwargs)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return id(type(self))

    def __repr__(self) -> str:
        fields = ", ".join(f"{k}={v!r}" for k, v in vars(self).items() if k != "args" or v)
        return f"{type(self).__name__}({fields})"


def require_openlineage_version(*_: Any, **__: Any) -> Any:
    return lambda f: f


def get_openlineage_facets_with_sql(*_: Any, **__: Any) -> None:
    return None


def inject_parent_job_information_into_spark_properties(properties: Any, context: Any = None) -> Any:
    return properties


inject_transport_information_into_spark_properties = inject_parent_job_information_into_spark_properties


def translate_airflow_asset(*_: Any, **__: Any) -> None:
    return None


class _Permissions:
    """FAB's permission names."""

    ACTION_CAN_READ = "can_read"
    ACTION_CAN_EDIT = "can_edit"
    ACTION_CAN_CREATE = "can_create"
    ACTION_CAN_DELETE = "can_delete"
    ACTION_CAN_ACCESS_MENU = "menu_access"
    RESOURCE_DAG = "DAGs"
    RESOURCE_DAG_RUN = "DAG Runs"


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    if name.startswith(("ACTION_", "RESOURCE_")):
        return getattr(_Permissions, name, name.partition("_")[2].lower())
    made = type(name, (_Fields,), {"__module__": __name__})
    globals()[name] = made
    return made
