"""Importing a DAG file for its tasks to run: in a warm child once, in a cold task each time."""

from __future__ import annotations

import gc
import os
import sys
import threading
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
    """Import the file (or the archive). Whatever it raises becomes `error`; only a signal gets out."""
    from tradewind import dagfile, policies
    from tradewind.conf import conf
    from tradewind.execution.timeout import import_limit
    from tradewind.operator import Defaults

    if compat is not None:
        conf.set_compat(int(compat))
        Defaults.forget()
    loaded = LoadedFile(file)
    gc.disable()
    try:
        dagfile.add_paths(bundle_path, file)
        with import_limit(file):
            found = dagfile.load(file, safe_mode=False)
        loaded.dags = {dag.dag_id: dag for dag, _ in found.dags}
        if found.errors:
            loaded.error = "\n".join(dagfile.error_text(error) for _, error in found.errors)
        for dag, path in found.dags:
            dag.fileloc = path
            policies.apply(dag)
    except KeyboardInterrupt:
        raise
    except BaseException as e:
        loaded.error = dagfile.error_text(e)
    finally:
        gc.enable()
    return loaded


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
    """What this process costs: pages shared with others count in part, where the system tells."""
    try:
        with open("/proc/self/smaps_rollup") as f:
            return next(int(line.split()[1]) << 10 for line in f if line.startswith("Pss:"))
    except (OSError, ValueError, IndexError, StopIteration):
        import resource

        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
