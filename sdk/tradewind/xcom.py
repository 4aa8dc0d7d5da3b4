"""XComs: values that tasks hand on, through the supervisor, with a custom backend if one is configured."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from tradewind import comms, serde

XCOM_RETURN_KEY = "return_value"
MAX_XCOM_SIZE = 49344


class XComResult:
    """A stored XCom as a backend's `deserialize_value` sees it."""

    def __init__(self, key: str, value: Any, **where: Any) -> None:
        self.key = key
        self.value = value
        self.dag_id = where.get("dag_id")
        self.run_id = where.get("run_id")
        self.task_id = where.get("task_id")
        self.map_index = where.get("map_index", -1)

    def __repr__(self) -> str:
        return f"XComResult(key={self.key!r}, value={self.value!r})"


class Found(list[XComResult]):
    """The answer of `XCom.get_many`."""

    def first(self) -> XComResult | None:
        return self[0] if self else None

    one_or_none = first

    def all(self) -> list[XComResult]:
        return list(self)

    def limit(self, n: int) -> Found:
        return Found(self[:n])


#: of a date that no run has
NO_RUN = object()


def run_of(dag_id: str | None, run_id: str | None, date: Any) -> Any:
    """The run that an id or a logical date names; None is the asking task's own."""
    if run_id is not None or date is None or dag_id is None:
        return run_id
    from tradewind.execution.found import run_id_at

    return run_id_at(dag_id, date) or NO_RUN


class BaseXCom:
    """What an XCom backend derives from. The defaults keep the value itself in the metastore."""

    XCOM_RETURN_KEY = XCOM_RETURN_KEY

    # -- to override -------------------------------------------------------------------------------

    @staticmethod
    def serialize_value(
        value: Any,
        *,
        key: str | None = None,
        task_id: str | None = None,
        dag_id: str | None = None,
        run_id: str | None = None,
        map_index: int | None = None,
    ) -> Any:
        """What to store for a value: JSON."""
        return serde.serialize(value)

    @staticmethod
    def deserialize_value(result: Any) -> Any:
        """The value of what was stored."""
        return serde.deserialize(_as_json(getattr(result, "value", result)))

    @classmethod
    def purge(cls, xcom: Any, *args: Any) -> None:
        """Called before an XCom is deleted, for what the backend keeps elsewhere."""

    @staticmethod
    def orm_deserialize_value(result: Any) -> Any:
        return serde.deserialize(_as_json(getattr(result, "value", result)), full=False)

    # -- what is done with it ----------------------------------------------------------------------

    @classmethod
    def pack(cls, key: str, value: Any, **where: Any) -> Any:
        """A value as JSON for a frame."""
        names = ("task_id", "dag_id", "run_id", "map_index")
        kwargs = {name: where.get(name) for name in names}
        try:
            stored = cls.serialize_value(value, key=key, **kwargs)
        except TypeError as e:
            # backends written for old releases take the value alone
            if "unexpected keyword argument" not in str(e):
                raise
            stored = cls.serialize_value(value)
        return _as_json(stored)

    @classmethod
    def unpack(cls, key: str, stored: Any, **where: Any) -> Any:
        return cls.deserialize_value(XComResult(key, stored, **where))

    @classmethod
    def set(
        cls,
        key: str,
        value: Any,
        *,
        dag_id: str,
        task_id: str,
        run_id: str,
        map_index: int = -1,
        _mapped_length: int | None = None,
        **_: Any,
    ) -> None:
        where = {"dag_id": dag_id, "task_id": task_id, "run_id": run_id, "map_index": map_index}
        stored = cls.pack(key, value, **where)
        comms.request("xcom_push", key=key, value=stored, map_index=map_index, mapped_length=_mapped_length)

    @classmethod
    def get_one(
        cls,
        execution_date: Any = None,
        *,
        key: str | None = XCOM_RETURN_KEY,
        dag_id: str | None = None,
        task_id: str | None = None,
        run_id: str | None = None,
        map_index: int | None = None,
        include_prior_dates: bool = False,
        **_: Any,
    ) -> Any:
        found = run_of(dag_id, run_id, execution_date)
        if found is NO_RUN:
            return None
        rows = rows_of(
            key=key,
            dag_id=dag_id,
            run_id=found,
            task_ids=None if task_id is None else [task_id],
            map_indexes=map_index,
            include_prior_dates=include_prior_dates,
            limit=1,
        )
        return cls.unpack_row(key or rows[0].get("key", ""), rows[0], dag_id, run_id) if rows else None

    @classmethod
    def get_value(cls, *, ti_key: Any = None, key: str | None = XCOM_RETURN_KEY, **where: Any) -> Any:
        """What the instance of a key pushed; without a key as `get_one`."""
        if ti_key is None:
            return cls.get_one(key=key, **where)
        dag_id, task_id, run_id, _, map_index = ti_key
        return cls.get_one(key=key, dag_id=dag_id, task_id=task_id, run_id=run_id, map_index=map_index)

    @classmethod
    def get_many(
        cls,
        execution_date: Any = None,
        *,
        run_id: str | None = None,
        key: str | None = None,
        task_ids: Any = None,
        dag_ids: Any = None,
        map_indexes: Any = None,
        include_prior_dates: bool = False,
        limit: int | None = None,
        **_: Any,
    ) -> Found:
        """The XComs that match, as Airflow's query gives them: `first()`, `all()`, or one after the other."""
        each = [dag_ids] if dag_ids is None or isinstance(dag_ids, str) else list(dag_ids)
        tasks = [task_ids] if isinstance(task_ids, str) else task_ids
        found = Found()
        for dag_id in each:
            run = run_of(dag_id, run_id, execution_date)
            if run is NO_RUN:
                continue
            where = {"dag_id": dag_id, "run_id": run, "task_ids": tasks, "map_indexes": map_indexes}
            for row in rows_of(key=key, include_prior_dates=include_prior_dates, limit=limit, **where):
                name = key or row.get("key", "")
                known = {"task_id": row.get("task_id"), "map_index": row.get("map_index", -1)}
                value = cls.unpack_row(name, row, dag_id, run_id)
                found.append(XComResult(name, value, dag_id=dag_id, run_id=run, **known))
        return found

    @classmethod
    def get_all(
        cls,
        *,
        key: str = XCOM_RETURN_KEY,
        dag_id: str | None = None,
        task_id: str | None = None,
        run_id: str | None = None,
        include_prior_dates: bool = False,
        **_: Any,
    ) -> list[Any] | None:
        rows = rows_of(
            key=key,
            dag_id=dag_id,
            run_id=run_id,
            task_ids=None if task_id is None else [task_id],
            map_indexes=None,
            include_prior_dates=include_prior_dates,
        )
        return [cls.unpack_row(key, row, dag_id, run_id) for row in rows] or None

    # -- the same for tasks that are coroutines ----------------------------------------------------

    @classmethod
    async def aset(cls, key: str, value: Any, **where: Any) -> None:
        await _aside(cls.set, key, value, **where)

    @classmethod
    async def aget_one(cls, **where: Any) -> Any:
        return await _aside(cls.get_one, **where)

    @classmethod
    async def aget_value(cls, **where: Any) -> Any:
        return await _aside(cls.get_value, **where)

    @classmethod
    async def aget_all(cls, **where: Any) -> Any:
        return await _aside(cls.get_all, **where)

    @classmethod
    def delete(cls, key: str, **where: Any) -> None:
        comms.request("xcom_delete", key=key)

    @classmethod
    def unpack_row(cls, key: str, row: dict[str, Any], dag_id: str | None, run_id: str | None) -> Any:
        return cls.unpack(
            key,
            row.get("value"),
            dag_id=dag_id,
            run_id=run_id,
            task_id=row.get("task_id"),
            map_index=row.get("map_index", -1),
        )


async def _aside(call: Any, *args: Any, **where: Any) -> Any:
    """A call that waits, beside the event loop."""
    import asyncio

    return await asyncio.to_thread(call, *args, **where)


def _as_json(stored: Any) -> Any:
    """Backends of 2.x give bytes or text of JSON where 3.x gives the value itself."""
    if isinstance(stored, (bytes, bytearray)):
        return json.loads(bytes(stored).decode("utf-8"))
    return stored


def rows_of(
    *,
    key: str | None,
    dag_id: str | None = None,
    run_id: str | None = None,
    task_ids: Iterable[str] | None = None,
    map_indexes: Any = None,
    include_prior_dates: bool = False,
    offset: int | None = None,
    limit: int | None = None,
    item: int | None = None,
) -> list[dict[str, Any]]:
    """The stored rows, in the order of task_ids, then map_index.

    `item`: only what an instance mapped over the task gets at that index; a row that says so holds just that.
    """
    args: dict[str, Any] = {
        "key": key,
        "dag_id": dag_id,
        "run_id": run_id,
        "task_ids": None if task_ids is None else list(task_ids),
        "map_indexes": map_indexes
        if map_indexes is None or isinstance(map_indexes, int)
        else list(map_indexes),
        "include_prior_dates": include_prior_dates,
    }
    if offset is not None:
        args["offset"] = offset
    if limit is not None:
        args["limit"] = limit
    if item is not None:
        args["item"] = item
    return comms.request("xcom_pull", **args) or []


_backend: type[BaseXCom] | None = None


def backend() -> type[BaseXCom]:
    """The class named by `[core] xcom_backend`, else BaseXCom."""
    global _backend
    if _backend is None:
        from tradewind.conf import conf

        path = conf.get("core", "xcom_backend", fallback="") or ""
        if path.rpartition(".")[2] in ("", "BaseXCom", "XCom"):
            _backend = BaseXCom
        else:
            from tradewind.module_loading import import_string

            found = import_string(path)
            if not (isinstance(found, type) and issubclass(found, BaseXCom)):
                raise TypeError(f"Your custom XCom class `{path}` is not a subclass of `BaseXCom`.")
            _backend = found
    return _backend


def __getattr__(name: str) -> Any:
    if name == "XCom":
        return backend()
    if name in ("LazyXComSelectSequence", "LazyXComSequence", "LazyXComAccess"):
        from tradewind.lazy_xcom import LazyXComSequence

        return LazyXComSequence
    raise AttributeError(name)
