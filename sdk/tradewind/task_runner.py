"""A task's process: from the workload on its socket to the `finished` frame, and the callbacks after it.

`run_forked` is what zygote and warm child call in a fresh child. `python -m tradewind.task_runner SOCKET_FD
LOG_FD` does the same without them. The order is Airflow's: import, context, render, `pre_execute`,
`execute`, `post_execute`, XComs, state, callbacks.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import warnings
from typing import Any

from tradewind import comms, jinja, log
from tradewind.comms import Link, LinkClosed, SocketSupervisor
from tradewind.execution import load
from tradewind.execution.ti import RuntimeTaskInstance

logger = logging.getLogger("task")

#: exit status of a process that could not even report
LOST = 70


def warm_up() -> None:
    """Import, before the fork, what every task uses after it."""
    import importlib

    for name in (
        "pendulum",
        "tradewind.conf",
        "tradewind._config_defaults",
        "tradewind.execution.assets",
        "tradewind.execution.encode",
        "tradewind.execution.listeners",
        "tradewind.execution.macros",
        "tradewind.execution.outcome",
        "tradewind.execution.rendered",
        "tradewind.execution.state_store",
        "tradewind.execution.timeout",
        "tradewind.lazy_xcom",
        "tradewind.params",
        "tradewind.secrets_backends",
        "tradewind.serde",
        "tradewind.xcom",
        "tradewind.exceptions",
    ):
        importlib.import_module(name)
    from tradewind import plugins_manager, xcom
    from tradewind.execution import macros

    plugins_manager.ensure_plugins_loaded()
    xcom.backend()
    macros.ds_format(
        macros.ds_add("2024-02-28", 2), "%Y-%m-%d", "%d.%m.%Y"
    )  # strptime has a module of its own
    rehearse()


def rehearse() -> None:
    """Take an empty task most of its way: what it touches is then loaded, and this process's own."""
    from tradewind.dag import DAG
    from tradewind.execution import listeners, outcome
    from tradewind.operators.python import PythonOperator

    class Nobody:
        task = None

        def running(self) -> None:
            pass

    instant = "2024-02-28T00:00:00+00:00"
    dag = DAG("rehearsal", schedule=None)
    text = "{{ ds }} {{ macros.ds_add(ds, 1) }} {{ data_interval_end | ts_nodash }} {{ params }}"
    task = PythonOperator(
        task_id="nothing",
        dag=dag,
        python_callable=lambda ds, **_: [ds],
        op_kwargs={"text": text},
    )
    workload = {
        "attempt": "",
        "run_id": "manual__2024",
        "task_id": "nothing",
        "run": {"logical_date": instant, "data_interval_start": instant, "data_interval_end": instant},
    }
    environ = dict(os.environ)
    with listeners.silence(), open(os.devnull, "wb", buffering=0) as nowhere:
        handler = log.JsonLines(nowhere.fileno())
        handler.emit(logging.LogRecord("task", logging.INFO, __file__, 1, "%s", ("nothing",), None))
        try:
            attempt = outcome.Attempt(RuntimeTaskInstance(workload, dag, task), Nobody())
            comms.pack(attempt.run())
        finally:
            os.environ.clear()
            os.environ.update(environ)


def prepare(dag: Any) -> None:
    """Make the DAG's template environment and compile its tasks' templates."""
    from tradewind.execution.outcome import sources_of_mappings

    sources_of_mappings(dag)
    env = jinja.environment_of(dag)
    for task in list(dag.tasks)[:2000]:
        if getattr(task, "is_mapped", False):
            jinja.compile_ahead(getattr(task, "partial_kwargs", None), env)
            continue
        for field in task.template_fields:
            jinja.compile_ahead(getattr(task, field, None), env)


# -- the process --------------------------------------------------------------------------------------


def run_forked(fds: list[int], loaded: load.LoadedFile | None) -> int:
    """In a fresh child: fds are the socket, stdout, stderr and the log. The exit status."""
    task_fd, stdout_fd, stderr_fd, log_fd = fds
    log.attach_streams(stdout_fd, stderr_fd)
    fds.clear()  # ours now
    return run(task_fd, log_fd, loaded, catch=True)


def run(task_fd: int, log_fd: int, loaded: load.LoadedFile | None, catch: bool = False) -> int:
    """`catch`: what is printed goes to the log, too."""
    link = Link.from_fd(task_fd)
    supervisor = SocketSupervisor(link)
    comms.set_supervisor(supervisor)
    handler = log.setup(log_fd, _level())
    if catch:
        log.catch_streams(handler)
    try:
        workload, extra = link.recv()
        for fd in extra:
            os.close(fd)
        op = workload.get("op")
        if op == "run":
            Process(link, workload, loaded).run()
        else:
            from tradewind.execution import other

            other.perform(link, workload, loaded)
    except LinkClosed:
        return LOST
    except SystemExit as e:
        return e.code if isinstance(e.code, int) else 1
    finally:
        log.flush_streams()
    return 0


def _level() -> str:
    from tradewind.conf import conf

    return conf.get("logging", "logging_level", fallback="INFO") or "INFO"


class Process:
    """One attempt of one task."""

    def __init__(self, link: Link, workload: dict[str, Any], loaded: load.LoadedFile | None) -> None:
        self.link = link
        self.workload = workload
        self.loaded = loaded
        self.pid = os.getpid()
        self.task: Any = None
        self.terminating = False
        self.reported = False

    def run(self) -> None:
        from tradewind.execution import outcome

        signal.signal(signal.SIGTERM, self._on_term)
        try:
            ti = self._task_instance()
        except BaseException as e:
            if not isinstance(e, ImportFailed):
                logger.exception("The task could not be started")
            self._report({"state": "failed", "reason": str(e)})
            return
        attempt = outcome.Attempt(ti, self)
        self._report(attempt.run())
        attempt.after()

    def _report(self, finished: dict[str, Any]) -> None:
        log.flush_streams()
        self.link.send({"op": "finished", **finished})
        self.reported = True

    def running(self) -> None:
        """The user's code is about to start."""
        self.link.send({"op": "running"})

    def _on_term(self, signum: int, frame: Any) -> None:
        if os.getpid() != self.pid:  # a process the task forked
            signal.signal(signum, signal.SIG_DFL)
            os.kill(os.getpid(), signum)
            return
        if self.terminating or self.reported:
            log.flush_streams()
            os._exit(128 + signum)
        self.terminating = True
        logger.error("Received SIGTERM. Terminating subprocesses.")
        if self.task is not None:
            try:
                self.task.on_kill()
            except Exception:
                logger.exception("on_kill failed")
        from tradewind.exceptions import AirflowTaskTerminated

        raise AirflowTaskTerminated("Task received SIGTERM signal")

    # -- finding the task --------------------------------------------------------------------------

    def _task_instance(self) -> RuntimeTaskInstance:
        workload = self.workload
        about = workload.get("dag") or {}
        self._become(workload)
        loaded = self.loaded
        dag_id, task_id = workload.get("dag_id") or about.get("dag_id"), workload.get("task_id")
        if loaded is None:
            loaded = _load_cold(about, str(dag_id), str(task_id))
        if loaded.error is not None and dag_id not in loaded.dags:
            logger.error("The DAG file could not be imported: %s\n%s", loaded.file, loaded.error)
            raise ImportFailed(loaded.error.rstrip().rpartition("\n")[2])
        try:
            dag, task = loaded.task(str(dag_id), str(task_id))
        except LookupError as e:
            logger.error("%s", e.args[0])
            raise ImportFailed(str(e.args[0])) from None
        return RuntimeTaskInstance(workload, dag, task)

    def _become(self, workload: dict[str, Any]) -> None:
        """Another user, if the task asks for one (`run_as_user`) and we may."""
        from tradewind.conf import conf

        user = (workload.get("task") or {}).get("run_as_user")
        user = user or conf.get("core", "default_impersonation", fallback=None) or None
        if not user:
            return
        import pwd

        found = pwd.getpwnam(user)
        if found.pw_uid == os.geteuid():
            return
        os.initgroups(user, found.pw_gid)
        os.setgid(found.pw_gid)
        os.setuid(found.pw_uid)
        os.environ.update({"HOME": found.pw_dir, "USER": user, "LOGNAME": user})


def _load_cold(about: dict[str, Any], dag_id: str, task_id: str) -> load.LoadedFile:
    """Import the DAG file for one task; `get_parsing_context()` says which, so that the file may make no other."""
    named = {"_AIRFLOW_PARSING_CONTEXT_DAG_ID": dag_id, "_AIRFLOW_PARSING_CONTEXT_TASK_ID": task_id}
    os.environ.update(named)
    try:
        return load.load(about.get("fileloc") or "", about.get("bundle_path"), about.get("compat"))
    finally:
        for name in named:
            os.environ.pop(name, None)


class ImportFailed(Exception):
    """The DAG file, or the task in it, is not to be had; the log says why."""


def main(argv: list[str] | None = None) -> int:
    args = sys.argv[1:] if argv is None else argv
    if len(args) != 2 or not all(a.isdigit() for a in args):
        print("usage: python -m tradewind.task_runner SOCKET_FD LOG_FD", file=sys.stderr)
        return 2
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    warnings.simplefilter("default")
    status = run(int(args[0]), int(args[1]), None)
    log.flush_streams()
    os._exit(status)


if __name__ == "__main__":
    sys.modules["tradewind.task_runner"] = sys.modules["__main__"]
    main()
