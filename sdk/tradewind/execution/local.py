"""A task in this very process, and a store in memory that answers it: what `dag.test()` and unit tests need.

memory = Memory()
finished = run_task(dag, "task", workload, memory)   # the body of `finished`; its XComs are in memory
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from tradewind import comms
from tradewind.execution.ti import RuntimeTaskInstance

#: dag_id, run_id, task_id, map_index, key
XComKey = tuple[str, str, str, int, str]


class Memory:
    """Answers requests from dictionaries. What it does not know it asks `other`, if given, else refuses."""

    def __init__(self, other: Callable[[str, dict[str, Any]], Any] | None = None) -> None:
        self.xcoms: dict[XComKey, Any] = {}
        self.variables: dict[str, str] = {}
        self.connections: dict[str, dict[str, Any]] = {}
        self.rendered: dict[tuple[str, str, str, int], dict[str, Any]] = {}
        self.states: dict[str, dict[str, dict[str, str]]] = {}  # dag_id → run_id → task → state
        self.other = other
        self.work: dict[str, Any] = {}

    def begin(self, workload: dict[str, Any]) -> None:
        """Whose requests come now. Its XComs of an earlier attempt go, unless it resumes."""
        self.work = workload
        if not workload.get("resume"):
            mine = self._own()
            for key in [k for k in self.xcoms if k[:4] == mine]:
                del self.xcoms[key]

    def end(self, finished: dict[str, Any]) -> None:
        """Keep what the attempt left."""
        for entry in finished.get("xcoms") or ():
            self.xcoms[(*self._own(), entry["key"])] = entry["value"]
        if finished.get("skip"):
            self.xcoms[(*self._own(), "skipmixin_key")] = finished["skip"]

    def _own(self) -> tuple[str, str, str, int]:
        index = self.work.get("map_index")
        index = -1 if index is None else index
        return self.work["dag_id"], self.work["run_id"], self.work["task_id"], index

    def notify(self, do: str, args: dict[str, Any]) -> None:
        if do == "rendered":
            self.rendered[self._own()] = args["fields"]

    def request(self, do: str, args: dict[str, Any]) -> Any:
        method = getattr(self, f"do_{do}", None)
        if method is not None:
            return method(args)
        if self.other is not None:
            return self.other(do, args)
        raise comms.RequestError("unknown_do", f"{do} is not to be had without the engine")

    # -- XComs -------------------------------------------------------------------------------------

    def do_xcom_push(self, args: dict[str, Any]) -> None:
        dag_id, run_id, task_id, index = self._own()
        index = index if args.get("map_index") is None else args["map_index"]
        self.xcoms[dag_id, run_id, task_id, index, args["key"]] = args["value"]

    def do_xcom_delete(self, args: dict[str, Any]) -> None:
        self.xcoms.pop((*self._own(), args["key"]), None)

    def do_xcom_pull(self, args: dict[str, Any]) -> list[dict[str, Any]]:
        rows = self._rows(args)[args.get("offset") or 0 :]
        limit = args.get("limit")
        return rows if limit is None else rows[:limit]

    def do_xcom_count(self, args: dict[str, Any]) -> int:
        return len(self._rows(args))

    def _rows(self, args: dict[str, Any]) -> list[dict[str, Any]]:
        where = args.get("dag_id") or self.work["dag_id"], args.get("run_id") or self.work["run_id"]
        ids, indexes, wanted = args.get("task_ids"), args.get("map_indexes"), args.get("key")
        if isinstance(indexes, int):
            indexes = [indexes]
        rows = [
            {"task_id": task_id, "map_index": index, "value": value}
            for (dag_id, run_id, task_id, index, key), value in self.xcoms.items()
            if (dag_id, run_id) == where
            and (wanted is None or key == wanted)
            and (ids is None or task_id in ids)
            and (indexes is None or index in indexes)
        ]
        if wanted is None:
            rows.reverse()
        order = {task_id: i for i, task_id in enumerate(ids or ())}
        return sorted(rows, key=lambda row: (order.get(row["task_id"], 0), row["map_index"]))

    # -- the rest ----------------------------------------------------------------------------------

    def do_variable_get(self, args: dict[str, Any]) -> Any:
        if args["key"] not in self.variables and self.other is not None:
            return self.other("variable_get", args)
        return self.variables.get(args["key"])

    def do_variable_set(self, args: dict[str, Any]) -> None:
        self.variables[args["key"]] = args["value"]

    def do_variable_delete(self, args: dict[str, Any]) -> bool:
        return self.variables.pop(args["key"], None) is not None

    def do_variable_keys(self, args: dict[str, Any]) -> list[str]:
        return sorted(k for k in self.variables if k.startswith(args.get("prefix") or ""))

    def do_connection_get(self, args: dict[str, Any]) -> Any:
        if args["conn_id"] not in self.connections and self.other is not None:
            return self.other("connection_get", args)
        return self.connections.get(args["conn_id"])

    def do_skip_downstream(self, args: dict[str, Any]) -> None:
        """The decision itself comes with the result."""

    def do_previous_successful(self, args: dict[str, Any]) -> dict[str, Any]:
        return {}

    def do_previous_ti(self, args: dict[str, Any]) -> None:
        return None

    def do_dag_run_previous(self, args: dict[str, Any]) -> None:
        return None

    def do_reschedule_start(self, args: dict[str, Any]) -> None:
        return None

    def do_asset_events(self, args: dict[str, Any]) -> list[Any]:
        return []

    def do_task_states(self, args: dict[str, Any]) -> dict[str, dict[str, str]]:
        runs = self.states.get(args["dag_id"], {})
        wanted = args.get("run_ids")
        return {run_id: dict(tasks) for run_id, tasks in runs.items() if wanted is None or run_id in wanted}


class _Here:
    """The process that an attempt is told of: this one."""

    task: Any = None

    def running(self) -> None:
        pass


def run_task(
    dag: Any,
    task_id: str,
    workload: dict[str, Any],
    supervisor: Any,
    on_finished: Callable[[dict[str, Any]], None] | None = None,
) -> dict[str, Any]:
    """Run one attempt in this process and give the body of `finished`. Callbacks run after `on_finished`.

    `supervisor` answers its requests; a Memory is also told of beginning and end. The environment is as
    before afterwards; what the task prints and logs goes where this process's output goes.
    """
    from tradewind.execution.outcome import Attempt

    workload = {"dag_id": dag.dag_id, "task_id": task_id, **workload}
    workload.setdefault("run_id", (workload.get("run") or {}).get("run_id"))
    before, environ = comms.set_supervisor(supervisor), dict(os.environ)
    try:
        if hasattr(supervisor, "begin"):
            supervisor.begin(workload)
        attempt = Attempt(RuntimeTaskInstance(workload, dag, dag.task_dict[task_id]), _Here())
        finished = attempt.run()
        if hasattr(supervisor, "end"):
            supervisor.end(finished)
        if on_finished is not None:
            on_finished(finished)
        attempt.after()
        return finished
    finally:
        comms.set_supervisor(before)
        os.environ.clear()
        os.environ.update(environ)
