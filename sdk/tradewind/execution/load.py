"""Importing a DAG file for its tasks to run: in a warm child once, in a cold task each time."""

from __future__ import annotations

import gc
import os
import sys
import threading
import traceback
from dataclasses import dataclass, field
from typing import Any


@dataclass
class LoadedFile:
    """A DAG file as this process imported it. `error` is the traceback if it could not be."""

    file: str
    dags: dict[str, Any] = field(default_factory=dict)
    error: str | None = None

    def task(self, dag_id: str, task_id: str) -> tuple[Any, Any]:
        """The DAG object and the task object; LookupError when the file has them no more."""
        dag = self.dags.get(dag_id)
        if dag is None:
            raise LookupError(f"DAG {dag_id!r} is not in {self.file}")
        task = dag.task_dict.get(task_id)
        if task is None:
            raise LookupError(f"task {task_id!r} is not in DAG {dag_id!r} of {self.file}")
        return dag, task


def load(file: str, bundle_path: str | None = None, compat: int | None = None) -> LoadedFile:
    """Import the file. Whatever it raises becomes `error`; only a signal gets out."""
    from tradewind.conf import conf

    if compat is not None:
        conf.set_compat(int(compat))
    loaded = LoadedFile(file)
    gc.disable()
    try:
        loaded.dags = _import(file, bundle_path)
    except KeyboardInterrupt:
        raise
    except BaseException as e:
        loaded.error = import_error(e)
    finally:
        gc.enable()
    return loaded


def _import(file: str, bundle_path: str | None) -> dict[str, Any]:
    """Run the file as a module and collect its DAGs:

    Those in its namespace and those that registered themselves.
    """
    import importlib.util

    from tradewind.dag import DAG
    from tradewind.stacks import DagContext, reset

    for path in (bundle_path, os.path.dirname(file)):
        if path and path not in sys.path:
            sys.path.append(path)
    name = f"unusual_prefix_{abs(hash(file)):x}_{os.path.splitext(os.path.basename(file))[0]}"
    reset()
    DagContext.current_autoregister_module_name = name
    try:
        spec = importlib.util.spec_from_file_location(name, file)
        if spec is None or spec.loader is None:
            raise ImportError(f"cannot import {file}")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        found = [v for v in vars(module).values() if isinstance(v, DAG)]
        found += [dag for dag, _ in DagContext.autoregistered_dags]
        return {dag.dag_id: dag for dag in found}
    finally:
        reset()


def import_error(error: BaseException) -> str:
    """The traceback as its author wants it: without the loader's own frames."""
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    tb = error.__traceback__
    while tb is not None and _is_ours(tb.tb_frame.f_code.co_filename, here):
        tb = tb.tb_next
    if isinstance(error, SyntaxError):
        tb = None
    return "".join(traceback.format_exception(type(error), error, tb)).rstrip("\n")


def _is_ours(filename: str, here: str) -> bool:
    return filename.startswith((here + os.sep, "<frozen importlib"))


def settle() -> int:
    """Make the heap ready to be shared by forks; the number of threads besides this one."""
    gc.collect()
    gc.freeze()
    return threading.active_count() - 1 if threading.active_count() > 1 else _native_threads()


def _native_threads() -> int:
    """Threads that Python did not start (a library's pool), where the system tells."""
    try:
        return max(0, len(os.listdir("/proc/self/task")) - 1)
    except OSError:
        return 0


def resident_bytes() -> int:
    try:
        with open("/proc/self/statm") as f:
            return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        import resource

        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
