"""`dag.test()`: one run of a DAG in this process.

What is to run next, and how the run ends, the engine's own core says (`tradewind core-step`, docs/runner-protocol.md);
here its tasks are executed, one after another.
"""

from __future__ import annotations

import asyncio
import datetime
import logging
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tradewind import comms, timezone
from tradewind.comms import Link, LinkClosed
from tradewind.execution.dagrun import DagRun, text
from tradewind.local import LocalSupervisor, engine_binary

__all__ = ["TestRun", "engine_binary", "run_dag", "run_task"]

logger = logging.getLogger("airflow.dagtest")


class CoreError(Exception):
    """The core refused: the DAG or the run asked for is not valid."""


class Core:
    """The coprocess."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        fd = theirs.fileno()
        self.process = subprocess.Popen([engine_binary(), "core-step"], stdin=fd, stdout=fd)
        theirs.close()
        self.link = Link(ours)

    def ask(self, op: str, **args: Any) -> dict[str, Any]:
        try:
            self.link.send({"op": op, **args})
            answer, _ = self.link.recv()
        except LinkClosed:
            raise CoreError(f"{op}: the core ended with status {self.process.wait()}") from None
        if answer.get("op") == "error":
            raise CoreError(str(answer.get("message")))
        return answer

    def close(self) -> None:
        self.link.close()
        self.process.wait()


class TestInstance:
    """A task instance as it ended."""

    __test__ = False

    def __init__(self, run: TestRun, fields: dict[str, Any]) -> None:
        from tradewind.execution.dagrun import instant
        from tradewind.states import TaskInstanceState

        self.dag_run = run
        self.dag_id, self.run_id = run.dag_id, run.run_id
        self.task_id: str = fields["task_id"]
        self.map_index: int = fields["map_index"]
        self.state = TaskInstanceState(fields["state"]) if fields.get("state") else None
        self.try_number: int = fields["try_number"]
        self.max_tries: int = fields["max_tries"]
        self.start_date, self.end_date = instant(fields.get("start_date")), instant(fields.get("end_date"))
        self.rendered_map_index = fields.get("rendered_map_index")
        self.reason = fields.get("reason")
        self.task = run.dag.task_dict.get(self.task_id)

    def xcom_pull(
        self, task_ids: Any = None, key: str = "return_value", map_indexes: Any = None, **_: Any
    ) -> Any:
        """The value that this task, or the tasks named, pushed."""
        from tradewind import xcom

        tasks = (
            [self.task_id]
            if task_ids is None
            else [task_ids]
            if isinstance(task_ids, str)
            else list(task_ids)
        )
        if map_indexes is None and task_ids is None and self.map_index >= 0:
            map_indexes = self.map_index
        found = self.dag_run.supervisor.xcoms.find((self.dag_id, self.run_id), tasks, key, map_indexes)
        values = [xcom.backend().unpack(key, row["value"]) for row in found]
        several = task_ids is not None and not isinstance(task_ids, str)
        mapped = any(row["map_index"] >= 0 for row in found) and not isinstance(map_indexes, int)
        if several or mapped:
            return values
        return values[0] if values else None

    def __repr__(self) -> str:
        index = f"[{self.map_index}]" if self.map_index >= 0 else ""
        return f"<TaskInstance {self.dag_id}.{self.task_id}{index} {self.run_id} [{self.state}]>"


class TestRun(DagRun):
    """The run that `dag.test()` made, with its task instances."""

    __test__ = False

    def __init__(self, fields: dict[str, Any], dag: Any, supervisor: LocalSupervisor) -> None:
        super().__init__(fields, dag)
        self.supervisor = supervisor
        self.task_instances: list[TestInstance] = []

    def get_task_instances(self, state: Any = None, *_: Any, **__: Any) -> list[Any]:
        if state is None:
            return list(self.task_instances)
        wanted = [state] if isinstance(state, str) else list(state)
        return [ti for ti in self.task_instances if ti.state in wanted]

    def get_task_instance(self, task_id: str, map_index: int = -1, *_: Any, **__: Any) -> Any:
        for ti in self.task_instances:
            if ti.task_id == task_id and ti.map_index == map_index:
                return ti
        return None


class _InProcess:
    """What an attempt needs of its process."""

    task: Any = None

    def running(self) -> None:
        pass


class _Masked(logging.Formatter):
    """Known secrets are starred."""

    def __init__(self, supervisor: LocalSupervisor) -> None:
        super().__init__("[%(asctime)s] {%(filename)s:%(lineno)d} %(levelname)s - %(message)s")
        self.supervisor = supervisor

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        for secret in self.supervisor.secrets:
            line = line.replace(secret, "***")
        return line


@contextmanager
def _console(supervisor: LocalSupervisor) -> Iterator[None]:
    """Log lines on stdout, unless the program has set up logging itself."""
    root = logging.getLogger()
    if root.handlers:
        yield
        return
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(_Masked(supervisor))
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


@contextmanager
def _supervised(supervisor: LocalSupervisor) -> Iterator[None]:
    before = comms.set_supervisor(supervisor)
    environ = dict(os.environ)
    try:
        yield
    finally:
        comms.set_supervisor(before)
        os.environ.clear()
        os.environ.update(environ)


# -- one task -----------------------------------------------------------------------------------------


def execute(dag: Any, workload: dict[str, Any], supervisor: LocalSupervisor, report: Any) -> dict[str, Any]:
    """Run one attempt; `report` gets its `finished` body before the callbacks run."""
    from tradewind.execution import outcome
    from tradewind.execution.ti import RuntimeTaskInstance

    supervisor.workload = workload
    supervisor.rendered = {}
    if not workload.get("resume"):
        supervisor.xcoms.clear(
            (workload["dag_id"], workload["run_id"]), workload["task_id"], workload["map_index"]
        )
    task = dag.task_dict[workload["task_id"]]
    environ = dict(os.environ)
    try:
        attempt = outcome.Attempt(RuntimeTaskInstance(workload, dag, task), _InProcess())
        finished = attempt.run()
        if isinstance(attempt.error, KeyboardInterrupt):
            raise attempt.error
        finished.setdefault("attempt", workload.get("attempt"))
        if report(finished):
            keep(supervisor, workload, finished)
        attempt.after()
    finally:
        os.environ.clear()
        os.environ.update(environ)
    return finished


def keep(supervisor: LocalSupervisor, workload: dict[str, Any], finished: dict[str, Any]) -> None:
    """What comes with an accepted end."""
    run = (workload["dag_id"], workload["run_id"])
    for item in finished.get("xcoms") or ():
        supervisor.xcoms.put(run, workload["task_id"], workload["map_index"], item["key"], item.get("value"))
    states = {"failed_final": "failed"}
    state = finished["state"]
    instance = (workload["task_id"], workload["map_index"])
    supervisor.states[instance] = states.get(state, state)
    supervisor.told.setdefault(instance, {})["end_date"] = text(timezone.utcnow())


def await_trigger(defer: dict[str, Any]) -> dict[str, Any]:
    """Run the trigger here until its first event; the `trigger` frame for the core, without its number."""
    from tradewind.execution.encode import decode, encode
    from tradewind.module_loading import import_string

    async def first() -> Any:
        trigger = import_string(str(defer["classpath"]))(**decode(defer.get("kwargs") or {}))
        events = trigger.run()
        try:
            async for event in events:
                return event
        finally:
            await events.aclose()
        raise RuntimeError("the trigger ended without an event")

    logger.info("Waiting for trigger %s", defer["classpath"])
    try:
        event = asyncio.run(asyncio.wait_for(first(), defer.get("timeout")))
    except (TimeoutError, asyncio.TimeoutError):
        return {"what": "timeout"}
    except Exception as e:
        import traceback

        logger.error("Trigger failed: %s", e)
        trace = traceback.format_exc().splitlines()
        return {"what": "failed", "next_kwargs": {"error": "Trigger failure", "traceback": trace}}
    state = getattr(event, "task_instance_state", None)
    if state:  # it ends the task itself
        from tradewind import serde

        word = str(getattr(state, "value", state))
        xcoms = [{"key": k, "value": serde.serialize(v)} for k, v in (event.xcoms or {}).items()]
        return {
            "what": "ended",
            "end": {"state": {"failed": "failed_final"}.get(word, word), "xcoms": xcoms},
        }
    return {"what": "fired", "event": encode(event.payload)}


def _await(finished: dict[str, Any], supervisor: LocalSupervisor) -> dict[str, Any]:
    """A trigger's event, or a person's answer."""
    if finished["state"] == "deferred":
        return await_trigger(finished["defer"])
    from tradewind import asking

    return asking.answer(supervisor.question, finished["defer"].get("timeout"))


# -- a whole run --------------------------------------------------------------------------------------


class _Driver:
    def __init__(self, dag: Any, supervisor: LocalSupervisor, mark_success: str | None) -> None:
        self.dag = dag
        self.supervisor = supervisor
        self.mark_success = re.compile(mark_success) if mark_success else None
        self.core = Core()
        supervisor.skip = self._skip

    def _skip(self, tasks: list[Any]) -> None:
        self.core.ask("skip", attempt=self.supervisor.workload.get("attempt"), tasks=tasks)

    def run(self, document: dict[str, Any], wanted: dict[str, Any], only_tasks: list[str] | None) -> TestRun:
        begun = self.core.ask("begin", document=document, run=wanted, only_tasks=only_tasks)
        run = TestRun(begun["run"], self.dag, self.supervisor)
        for task in self.dag.tasks:
            if not task.is_mapped:
                self.supervisor.states.setdefault((task.task_id, -1), None)
        logger.info("dag run %s of %s", run.run_id, run.dag_id)
        while True:
            answer = self.core.ask("next")
            op = answer["op"]
            if op == "run":
                self._execute(answer)
            elif op == "wait":
                time.sleep(min(max(answer["seconds"], 0.0), 1.0))
            elif op == "ended":
                return self._end(run, answer)
            else:
                why = "; ".join(answer.get("why") or ()) or "nothing can run any more"
                raise CoreError(f"the run does not go on: {why}")

    def _execute(self, workload: dict[str, Any]) -> None:
        task_id, index = workload["task_id"], workload["map_index"]
        name = task_id if index < 0 else f"{task_id}[{index}]"
        self.supervisor.states[(task_id, index)] = "running"
        begun = {
            "try_number": workload["try_number"],
            "start_date": text(timezone.utcnow()),
            "hostname": socket.gethostname(),
        }
        self.supervisor.told[(task_id, index)] = begun
        if self.mark_success is not None and self.mark_success.match(task_id):
            logger.info("%s is marked success without being run", name)
            body = {"attempt": workload["attempt"], "state": "success"}
            self.core.ask("finished", **body)
            keep(self.supervisor, workload, body)
            return
        logger.info("running %s, attempt %s", name, workload["try_number"])
        number: list[Any] = []

        def report(finished: dict[str, Any]) -> bool:
            answer = self.core.ask("finished", **finished)
            number.append(answer.get("trigger"))
            return bool(answer.get("accepted"))

        finished = execute(self.dag, workload, self.supervisor, report)
        logger.info("%s ended as %s", name, finished["state"])
        if finished["state"] in ("deferred", "awaiting_input") and number[-1]:
            told = _await(finished, self.supervisor)
            self.core.ask("trigger", trigger=number[-1], **told)
            if told["what"] == "ended":
                keep(self.supervisor, workload, told["end"])

    def _end(self, run: TestRun, answer: dict[str, Any]) -> TestRun:
        ended = TestRun(answer["run"], self.dag, self.supervisor)
        ended.task_instances = [TestInstance(ended, fields) for fields in answer["tis"]]
        ended.task_instances.sort(key=lambda ti: (_position(self.dag, ti.task_id), ti.map_index))
        for call in answer.get("callbacks") or ():
            self._callback(call, answer["run"])
        logger.info("dag run %s ended as %s", ended.run_id, ended.state)
        return ended

    def _callback(self, call: dict[str, Any], run: dict[str, Any]) -> None:
        from tradewind.execution import other

        workload = {"op": "callback", "dag_id": self.dag.dag_id, "run_id": run["run_id"], "run": run, **call}
        try:
            other._callback(workload, self.dag)
        except Exception:
            logger.exception("the DAG's callback failed")


def _position(dag: Any, task_id: str) -> int:
    ids = list(dag.task_dict)
    return ids.index(task_id) if task_id in ids else len(ids)


def _prepare(dag: Any) -> dict[str, Any]:
    from tradewind import policies
    from tradewind.serialize import dag_document

    if not getattr(dag, "fileloc", None):
        dag.fileloc = ""
    policies.apply(dag)
    dag.validate()
    return dag_document(dag)


def _preload(supervisor: LocalSupervisor, conn_file: Any, variable_file: Any) -> None:
    """Connections and Variables that the caller keeps in files."""
    from tradewind import secrets_backends

    if variable_file:
        found = secrets_backends.load_variables(os.fspath(variable_file))
        supervisor.variables.update(found)
    if conn_file:
        for name, connection in secrets_backends.load_connections(os.fspath(conn_file)).items():
            supervisor.connections[name] = {
                "conn_id": name,
                "conn_type": connection.conn_type,
                **{
                    k: getattr(connection, k)
                    for k in ("host", "schema", "login", "password", "port", "extra")
                },
            }


def run_dag(
    dag: Any,
    run_after: Any = None,
    logical_date: Any = None,
    run_conf: dict[str, Any] | None = None,
    conn_file_path: Any = None,
    variable_file_path: Any = None,
    use_executor: bool = False,
    mark_success_pattern: Any = None,
    *,
    execution_date: Any = None,
    session: Any = None,
    run_id: str | None = None,
    only_tasks: list[str] | None = None,
    **_: Any,
) -> TestRun:
    """Make one run of the DAG and execute it here; the run as it ended."""
    supervisor = LocalSupervisor()
    _preload(supervisor, conn_file_path, variable_file_path)
    if dag.compat == 2 and run_after is not None:  # 2.x's first argument is the execution date
        logical_date, run_after = logical_date or run_after, None
    logical_date = logical_date or execution_date or datetime.datetime.now(datetime.timezone.utc)
    pattern = getattr(mark_success_pattern, "pattern", mark_success_pattern)
    wanted = {
        "run_id": run_id or "",
        "run_type": "manual",
        "logical_date": text(logical_date),
        "run_after": text(run_after),
        "conf": run_conf or {},
    }
    with _console(supervisor), _supervised(supervisor):
        driver = _Driver(dag, supervisor, pattern)
        try:
            return driver.run(_prepare(dag), wanted, only_tasks)
        finally:
            driver.core.close()


# -- a single task ------------------------------------------------------------------------------------


def task_workload(
    dag: Any, task_id: str, run: dict[str, Any] | None, logical_date: Any, run_id: str | None, map_index: int
) -> dict[str, Any]:
    """A workload for a task that runs alone; the run is the one given, or made up by the core."""
    if run is None:
        core = Core()
        logical_date = logical_date or datetime.datetime.now(datetime.timezone.utc)
        try:
            wanted: dict[str, Any] = {
                "run_id": run_id or f"__airflow_temporary_run_{text(logical_date)}__",
                "run_type": "manual",
                "logical_date": text(logical_date),
                "conf": {},
            }
            run = core.ask("begin", document=_prepare(dag), run=wanted)["run"]
        finally:
            core.close()
    else:
        _prepare(dag)
    task = dag.task_dict[task_id]
    return {
        "attempt": None,
        "dag_id": dag.dag_id,
        "run_id": run["run_id"],
        "task_id": task_id,
        "map_index": map_index,
        "try_number": 1,
        "max_tries": int(getattr(task, "retries", 0) or 0),
        "run": run,
    }


def run_task(dag: Any, workload: dict[str, Any], supervisor: LocalSupervisor) -> dict[str, Any]:
    """Run one task alone, its deferrals too; the body of its last `finished`."""
    with _console(supervisor), _supervised(supervisor):
        while True:
            finished = execute(dag, workload, supervisor, lambda body: True)
            if finished["state"] == "up_for_reschedule":
                from tradewind.execution.dagrun import instant

                until = instant(finished["reschedule_at"])
                seconds = (until - datetime.datetime.now(datetime.timezone.utc)).total_seconds()
                logger.info("rescheduled to %s", until)
                time.sleep(max(0.0, seconds))
                workload = {**workload, "resume": None}
                continue
            if finished["state"] not in ("deferred", "awaiting_input"):
                return finished
            defer = finished["defer"]
            told = _await(finished, supervisor)
            method, kwargs = defer["next_method"], told.get("next_kwargs")
            if told["what"] == "ended":
                method, kwargs = "__end__", told["end"]
            elif told["what"] == "fired":
                kwargs = {**(defer.get("next_kwargs") or {}), "event": told["event"]}
            else:
                method, kwargs = "__fail__", kwargs or {"error": "Trigger timeout"}
            workload = {**workload, "resume": {"next_method": method, "next_kwargs": kwargs}}
