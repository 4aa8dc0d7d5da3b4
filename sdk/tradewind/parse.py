"""One DAG file → its documents, its errors, and what it read (docs/runner-protocol.md, "A parse child's socket").

`python -m tradewind.parse FILE` prints the same for people.
"""

from __future__ import annotations

import os
import sys
import threading
import warnings
from typing import TYPE_CHECKING, Any

from tradewind import dagfile
from tradewind.recording import Recorder

if TYPE_CHECKING:
    from tradewind.execution.traces import Traces


def parse_file(
    path: str,
    bundle_path: str | None = None,
    compat: int | None = None,
    safe_mode: bool = True,
    traces: Traces | None = None,
    **_: Any,
) -> dict[str, Any]:
    """Import the file and write its documents. Never raises for what the file does.

    With `traces` the file's modules are forgotten again, and `left` says what cannot be.
    """
    from tradewind.conf import conf
    from tradewind.execution.timeout import import_limit
    from tradewind.operator import Defaults

    path = os.path.abspath(path)
    if compat is not None:
        conf.set_compat(compat)
    Defaults.forget()
    traced = conf.getboolean("core", "dagbag_import_error_tracebacks", fallback=True)
    told = dagfile.error_text if traced else str
    dagfile.add_paths(bundle_path, path)
    folder = bundle_path or os.path.dirname(path)
    recorder = Recorder([folder, os.path.dirname(path)]).start()
    recorder.paths.add(dagfile.split_zip(path)[0])
    if traces is not None:
        traces.begin(recorder.inside)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        try:
            with import_limit(path):
                loaded = dagfile.load(path, safe_mode)
            documents, errors = _documents(loaded, bundle_path)
        finally:
            recorder.stop()
    return {
        "op": "parsed",
        "documents": documents,
        "errors": [{"file": file, "trace": told(e)} for file, e in errors],
        "inputs": recorder.inputs(),
        "modules": sorted(recorder.modules),
        "variables": sorted(recorder.variables),
        "connections": sorted(recorder.connections),
        "warnings": sorted({_warning(w) for w in caught if recorder.inside(w.filename)}),
        "threads": _threads(),
        "left": traces.end() if traces is not None else None,
    }


def _documents(
    loaded: dagfile.LoadedFile, bundle_path: str | None
) -> tuple[list[dict[str, Any]], list[tuple[str, BaseException]]]:
    from tradewind import policies
    from tradewind.serialize import dag_document

    errors = list(loaded.errors)
    by_id: dict[str, dict[str, Any]] = {}
    unsafe = _threads() > 0
    for dag, file in loaded.dags:
        try:
            dag.fileloc = file
            dag.relative_fileloc = relative(file, bundle_path)
            policies.apply(dag)
            dag.validate()
            document = dag_document(dag, unsafe_to_fork=unsafe)
        except policies.SkipDag:
            continue
        except KeyboardInterrupt:
            raise
        except Exception as e:
            errors.append((file, e))
            continue
        by_id[dag.dag_id] = document
    return list(by_id.values()), errors


def relative(file: str, bundle_path: str | None) -> str:
    """The path below the bundle's folder."""
    if bundle_path:
        for base in (os.path.abspath(bundle_path), os.path.realpath(bundle_path)):
            if file.startswith(base.rstrip(os.sep) + os.sep):
                return os.path.relpath(file, base)
    return os.path.basename(file)


def _threads() -> int:
    return max(0, threading.active_count() - 1)


def _warning(w: Any) -> str:
    return f"{w.filename}:{w.lineno}: {w.category.__name__}: {w.message}"


def main(argv: list[str] | None = None) -> int:
    import argparse
    import json

    parser = argparse.ArgumentParser(prog="python -m tradewind.parse", description="DAG files as documents")
    parser.add_argument("file", nargs="+")
    parser.add_argument("--bundle-path", help="the DAG folder")
    parser.add_argument("--compat", type=int, choices=(2, 3))
    parser.add_argument("--no-safe-mode", action="store_true")
    args = parser.parse_args(argv)
    failed = 0
    for file in args.file:
        result = parse_file(file, args.bundle_path, args.compat, not args.no_safe_mode)
        json.dump(result, sys.stdout, indent=2, ensure_ascii=False)
        print()
        failed += bool(result["errors"])
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
