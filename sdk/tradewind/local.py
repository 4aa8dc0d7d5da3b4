"""Who answers a task's requests when it runs in this process: `dag.test()`, `tradewind tasks test`.

XComs and states live in memory. Variables, Connections and other DAGs' runs come from the engine's metastore through its
command line, if there is one; what the task changes in it (Variables) is kept in memory. Only runs of other DAGs that the
task triggers are made for real.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from typing import Any

from tradewind.comms import RequestError


def engine_binary() -> str:
    """The engine's executable: $TRADEWIND_BINARY, the wheel's, the checkout's, or the one on PATH."""
    here = os.path.dirname(os.path.abspath(__file__))
    candidates = [
        os.environ.get("TRADEWIND_BINARY") or "",
        os.path.join(here, "_bin", "tradewind"),
        os.path.join(here, "..", "..", "build", "tradewind"),
    ]
    for path in candidates:
        if path and os.access(path, os.X_OK):
            return os.path.normpath(path)
    found = shutil.which("tradewind")
    if found is None:
        raise FileNotFoundError("the tradewind binary is not found; set TRADEWIND_BINARY to its path")
    return found


class Xcom:
    """The XComs of one run, in memory."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], dict[tuple[str, int], Any]] = {}

    def put(self, run: tuple[str, str], task_id: str, map_index: int, key: str, value: Any) -> None:
        of_run = self.rows.setdefault(run, {})
        of_task = of_run.setdefault((task_id, map_index), {})
        of_task[key] = value

    def clear(self, run: tuple[str, str], task_id: str, map_index: int) -> None:
        self.rows.get(run, {}).pop((task_id, map_index), None)

    def find(
        self, run: tuple[str, str], tasks: list[str] | None, key: str | None, indexes: Any
    ) -> list[dict[str, Any]]:
        wanted = None if indexes is None else {indexes} if isinstance(indexes, int) else set(indexes)
        found = [
            {"task_id": task_id, "map_index": index, "value": values[each], "key": each}
            for (task_id, index), values in self.rows.get(run, {}).items()
            if (tasks is None or task_id in tasks) and (wanted is None or index in wanted)
            for each in (reversed(values) if key is None else [key])
            if each in values
        ]
        if tasks is None:
            return sorted(found, key=lambda row: (row["task_id"], row["map_index"]))
        return sorted(found, key=lambda row: (tasks.index(row["task_id"]), row["map_index"]))


class LocalSupervisor:
    """`workload` is the attempt that is running; `states` the run's task instances as the driver knows them."""

    def __init__(self) -> None:
        self.workload: dict[str, Any] = {}
        self.xcoms = Xcom()
        self.states: dict[tuple[str, int], str | None] = {}
        self.told: dict[tuple[str, int], dict[str, Any]] = {}  # what else is known of them
        self.states_kept: dict[Any, dict[str, Any]] = {}
        self.variables: dict[str, str | None] = {}
        self.connections: dict[str, Any] = {}
        self.rendered: dict[str, Any] = {}
        self.secrets: set[str] = set()
        self.question: dict[str, Any] = {}  # the last one that a task asked
        self.skip: Callable[[list[Any]], None] | None = None
        self._reachable: bool | None = None

    # -- the protocol of comms.Supervisor ----------------------------------------------------------

    def request(self, do: str, args: dict[str, Any]) -> Any:
        method = getattr(self, f"_do_{do}", None)
        if method is None:
            raise RequestError("unknown_do", f"{do} is not to be had in a test run")
        return method(args)

    def notify(self, do: str, args: dict[str, Any]) -> None:
        if do == "rendered":
            self.rendered = args.get("fields") or {}
        elif do == "mask":
            self.secrets.update(v for v in args.get("values") or () if isinstance(v, str) and v)

    def _do_hitl_ask(self, args: dict[str, Any]) -> None:
        self.question = args

    # -- XComs -------------------------------------------------------------------------------------

    def _here(self, args: dict[str, Any]) -> tuple[str, str]:
        own = self.workload
        return (
            args.get("dag_id") or own.get("dag_id") or "",
            args.get("run_id") or own.get("run_id") or "",
        )

    def _index(self, args: dict[str, Any]) -> int:
        index = args.get("map_index")
        if index is None:
            index = self.workload.get("map_index")
        return -1 if index is None else int(index)

    def _do_xcom_push(self, args: dict[str, Any]) -> None:
        self.xcoms.put(
            self._here({}), self.workload["task_id"], self._index(args), args["key"], args.get("value")
        )

    def _do_xcom_pull(self, args: dict[str, Any]) -> list[dict[str, Any]]:
        found = self.xcoms.find(
            self._here(args), args.get("task_ids"), args.get("key"), args.get("map_indexes")
        )
        offset, limit = args.get("offset") or 0, args.get("limit")
        return found[offset:] if limit is None else found[offset : offset + limit]

    def _do_xcom_count(self, args: dict[str, Any]) -> int:
        return len(self._do_xcom_pull({**args, "map_indexes": None, "offset": 0, "limit": None}))

    def _do_xcom_delete(self, args: dict[str, Any]) -> None:
        rows = self.xcoms.rows.get(self._here({}), {})
        rows.get((self.workload["task_id"], self._index({})), {}).pop(args["key"], None)

    # -- Variables and Connections -----------------------------------------------------------------

    def _engine(self, *words: str) -> str | None:
        """What the command prints; None when it fails."""
        if self._reachable is False:
            return None
        try:
            binary = engine_binary()
            if self._reachable is None:
                asked = ["db", "check-migrations", "-t", "0"]
                check = subprocess.run([binary, *asked], capture_output=True, timeout=30)
                self._reachable = check.returncode == 0
                if not self._reachable:
                    return None
            done = subprocess.run([binary, *words], capture_output=True, text=True, timeout=60)
        except (OSError, subprocess.SubprocessError):
            self._reachable = False
            return None
        return done.stdout if done.returncode == 0 else None

    def _rows(self, *words: str) -> list[dict[str, Any]]:
        text = self._engine(*words, "-o", "json")
        return json.loads(text) if text else []

    def _do_variable_get(self, args: dict[str, Any]) -> str | None:
        key = args["key"]
        if key not in self.variables:
            text = self._engine("variables", "get", key)
            self.variables[key] = text[:-1] if text is not None and text.endswith("\n") else text
        return self.variables[key]

    def _do_variable_set(self, args: dict[str, Any]) -> None:
        self.variables[args["key"]] = args.get("value")

    def _do_variable_delete(self, args: dict[str, Any]) -> bool:
        there = self._do_variable_get(args) is not None
        self.variables[args["key"]] = None
        return there

    def _do_variable_keys(self, args: dict[str, Any]) -> list[str]:
        keys = {row["key"] for row in self._rows("variables", "list")}
        keys.update(k for k, v in self.variables.items() if v is not None)
        keys.difference_update(k for k, v in self.variables.items() if v is None)
        found = sorted(k for k in keys if k.startswith(args.get("prefix") or ""))
        offset, limit = args.get("offset") or 0, args.get("limit")
        return found[offset:] if limit is None else found[offset : offset + limit]

    def _do_connection_get(self, args: dict[str, Any]) -> dict[str, Any] | None:
        conn_id = args["conn_id"]
        if conn_id not in self.connections:
            text = self._engine("connections", "export", "-", "--file-format", "json")
            for name, fields in (json.loads(text) if text else {}).items():
                self.connections.setdefault(name, {"conn_id": name, **fields})
            self.connections.setdefault(conn_id, None)
        return self.connections[conn_id]

    # -- runs --------------------------------------------------------------------------------------

    def _is_own(self, dag_id: Any, run_ids: Any, dates: Any) -> bool:
        own = self.workload
        run = own.get("run") or {}
        if dag_id not in (None, own.get("dag_id")):
            return False
        return (not run_ids or own.get("run_id") in run_ids) and (
            not dates or run.get("logical_date") in dates
        )

    def _runs_of(self, dag_id: str, args: dict[str, Any]) -> list[dict[str, Any]]:
        run_ids, dates = args.get("run_ids"), args.get("logical_dates")
        return [
            row
            for row in self._rows("dags", "list-runs", dag_id)
            if (not run_ids or row["run_id"] in run_ids)
            and (not dates or _same_instant(row.get("logical_date"), dates))
            and (not args.get("states") or row["state"] in args["states"])
        ]

    def _do_dag_get(self, args: dict[str, Any]) -> dict[str, Any]:
        dag_id = args.get("dag_id") or self.workload.get("dag_id")
        if dag_id == self.workload.get("dag_id"):
            return {"dag_id": dag_id, "is_paused": False, "is_stale": False}
        for row in self._rows("dags", "list"):
            if row["dag_id"] == dag_id:
                return {**row, "is_paused": str(row.get("is_paused")) == "True", "is_stale": False}
        raise RequestError("not_found", f"Dag with dag_id: {dag_id!r} not found")

    def _do_dag_run_get(self, args: dict[str, Any]) -> dict[str, Any] | None:
        if args.get("dag_id") == self.workload.get("dag_id") and args.get("run_id") == self.workload.get(
            "run_id"
        ):
            return self.workload.get("run")
        found = self._runs_of(args["dag_id"], {"run_ids": [args.get("run_id")]})
        return {k: v or None for k, v in found[0].items()} if found else None

    def _do_dag_run_count(self, args: dict[str, Any]) -> int:
        return len(self._runs_of(args["dag_id"], args))

    def _do_dag_run_previous(self, args: dict[str, Any]) -> None:
        return None

    def _do_dag_runs(self, args: dict[str, Any]) -> list[dict[str, Any]]:
        own = {**(self.workload.get("run") or {}), "run_id": self.workload.get("run_id")}
        dag_id = args.get("dag_id") or self.workload.get("dag_id") or ""
        found = [{k: v or None for k, v in row.items()} for row in self._runs_of(dag_id, args)]
        mine = self._is_own(dag_id, args.get("run_ids"), None) and (
            not args.get("logical_dates") or _same_instant(own.get("logical_date"), args["logical_dates"])
        )
        if mine and own.get("state", "running") in (args.get("states") or [own.get("state", "running")]):
            found = [row for row in found if row.get("run_id") != own["run_id"]] + [own]
        return sorted(found, key=lambda row: row.get("logical_date") or "")

    def _do_task_instances(self, args: dict[str, Any]) -> list[dict[str, Any]]:
        dag_id = args.get("dag_id") or self.workload.get("dag_id") or ""
        if self._is_own(dag_id, args.get("run_ids"), args.get("logical_dates")):
            tasks, index = args.get("task_ids"), args.get("map_index")
            return [
                {**self.told.get(key, {}), "task_id": key[0], "map_index": key[1], "state": state}
                for key, state in self.states.items()
                if (not tasks or key[0] in tasks) and (index is None or index == key[1])
            ]
        out = []
        for run in self._runs_of(dag_id, {k: args.get(k) for k in ("run_ids", "logical_dates")}):
            for row in self._rows("tasks", "states-for-dag-run", dag_id, run["run_id"]):
                index = row.get("map_index")
                at = -1 if index in (None, "") else int(index)
                if args.get("map_index") in (None, at) and row["task_id"] in (
                    args.get("task_ids") or [row["task_id"]]
                ):
                    out.append(
                        {**{k: v or None for k, v in row.items()}, "run_id": run["run_id"], "map_index": at}
                    )
        return out

    def _do_trigger_dag_run(self, args: dict[str, Any]) -> dict[str, Any]:
        words = ["dags", "trigger", args["dag_id"], "-c", json.dumps(args.get("conf") or {})]
        if args.get("run_id"):
            words += ["-r", args["run_id"]]
        if args.get("logical_date"):
            words += ["-l", args["logical_date"], "--no-replace-microseconds"]
        rows = self._rows(*words)
        if not rows:
            exists = args.get("run_id") and self._do_dag_run_get(args)
            kind = "conflict" if exists else "unavailable"
            raise RequestError(kind, f"the run of {args['dag_id']} could not be made")
        row = rows[0]
        return {
            "dag_id": row["dag_id"],
            "run_id": row["dag_run_id"],
            "logical_date": row.get("logical_date"),
            "state": row.get("state"),
        }

    def _do_task_states(self, args: dict[str, Any]) -> dict[str, dict[str, str | None]]:
        dag_id = args.get("dag_id") or self.workload.get("dag_id") or ""
        if self._is_own(dag_id, args.get("run_ids"), args.get("logical_dates")):
            return {self.workload["run_id"]: _wanted(self.states, args)}
        out = {}
        for run in self._runs_of(dag_id, {k: args.get(k) for k in ("run_ids", "logical_dates")}):
            states = {
                (row["task_id"], int(row.get("map_index") or -1)): row["state"] or None
                for row in self._rows("tasks", "states-for-dag-run", dag_id, run["run_id"])
            }
            out[run["run_id"]] = _wanted(states, args)
        return out

    def _do_ti_count(self, args: dict[str, Any]) -> int:
        states = args.get("states")
        return sum(
            1
            for of_run in self._do_task_states(args).values()
            for state in of_run.values()
            if not states or state in states
        )

    def _do_skip_downstream(self, args: dict[str, Any]) -> None:
        if self.skip is not None:
            self.skip(args.get("tasks") or [])

    def _do_reschedule_start(self, args: dict[str, Any]) -> Any:
        return self.workload.get("reschedule_start")

    def _do_asset_get(self, args: dict[str, Any]) -> dict[str, Any] | None:
        name, uri = args.get("name"), args.get("uri")
        return {"name": name or uri, "uri": uri or name, "group": "asset", "extra": {}}

    def _do_asset_events(self, args: dict[str, Any]) -> list[Any]:
        return []

    def _do_assets_by_alias(self, args: dict[str, Any]) -> list[Any]:
        return []

    def _state(self, args: dict[str, Any]) -> dict[str, Any]:
        """What this process keeps instead of the metastore: by task instance, by asset."""
        asset = args.get("name") or args.get("uri")
        mine = (self.workload.get("task_id"), self.workload.get("map_index", -1))
        return self.states_kept.setdefault(asset or mine, {})

    def _do_task_state_get(self, args: dict[str, Any]) -> Any:
        return self._state(args).get(args["key"])

    def _do_task_state_set(self, args: dict[str, Any]) -> None:
        self._state(args)[args["key"]] = args["value"]

    def _do_task_state_delete(self, args: dict[str, Any]) -> None:
        self._state(args).pop(args["key"], None)

    def _do_task_state_clear(self, args: dict[str, Any]) -> None:
        self._state(args).clear()

    _do_asset_state_get, _do_asset_state_set = _do_task_state_get, _do_task_state_set
    _do_asset_state_delete, _do_asset_state_clear = _do_task_state_delete, _do_task_state_clear

    def _do_previous_successful(self, args: dict[str, Any]) -> dict[str, Any]:
        return {}

    def _do_previous_ti(self, args: dict[str, Any]) -> None:
        return None


def _wanted(states: dict[tuple[str, int], str | None], args: dict[str, Any]) -> dict[str, str | None]:
    tasks, group, index = args.get("task_ids"), args.get("task_group_id"), args.get("map_index")
    return {
        task_id if map_index < 0 else f"{task_id}_{map_index}": state
        for (task_id, map_index), state in states.items()
        if (not tasks or task_id in tasks)
        and (not group or task_id.startswith(f"{group}."))
        and (index is None or index == map_index)
    }


def _same_instant(text: str | None, dates: list[str]) -> bool:
    from tradewind.execution.dagrun import instant

    return bool(text) and any(instant(text) == instant(date) for date in dates)
