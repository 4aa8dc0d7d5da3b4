"""DagBag: all DAGs of a folder, for integrity tests and tools."""

from __future__ import annotations

import fnmatch
import logging
import os
import re
import time
import zipfile
from collections.abc import Iterator
from typing import Any, NamedTuple

from tradewind import dagfile
from tradewind.exceptions import AirflowDagDuplicatedIdException

log = logging.getLogger(__name__)


class FileLoadStat(NamedTuple):
    """One row of `dagbag_report`."""

    file: str
    duration: Any
    dag_num: int
    task_num: int
    dags: str
    warning_num: int = 0


class _Ignore:
    """`.airflowignore` files, by folder: gitignore-like globs (3.x) or regular expressions (2.x)."""

    def __init__(self, root: str, syntax: str, file: str = ".airflowignore"):
        self.root = root
        self.syntax = syntax
        self.file = file
        self._rules: dict[str, list[Any]] = {}

    def read(self, folder: str) -> None:
        rules: list[Any] = []
        path = os.path.join(folder, self.file)
        if os.path.isfile(path):
            with open(path, encoding="utf-8") as f:
                for line in f:
                    text = line.rstrip("\n")
                    if self.syntax == "regexp":
                        text = re.sub(r"\s*#.*", "", text)
                        if text:
                            rules.append(re.compile(text))
                    elif text.strip() and not text.startswith("#"):
                        rules.append(text.strip())
        self._rules[folder] = rules

    def ignored(self, path: str, is_folder: bool) -> bool:
        hidden = False
        for folder, rules in self._rules.items():
            if path != folder and not path.startswith(folder.rstrip(os.sep) + os.sep):
                continue
            relative = os.path.relpath(path, folder)
            for rule in rules:
                if isinstance(rule, re.Pattern):
                    hidden = hidden or bool(rule.search(relative))
                else:
                    negated, text = rule.startswith("!"), rule.lstrip("!")
                    if _glob(text, relative, is_folder):
                        hidden = not negated
        return hidden


def _glob(pattern: str, path: str, is_folder: bool) -> bool:
    """One line of a gitignore file."""
    only_folders = pattern.endswith("/")
    pattern = pattern.rstrip("/")
    anchored = "/" in pattern
    pattern = pattern.lstrip("/")
    parts = path.split(os.sep)
    if not anchored:
        for i, part in enumerate(parts):
            last = i == len(parts) - 1
            if fnmatch.fnmatchcase(part, pattern) and not (only_folders and last and not is_folder):
                return True
        return False
    expression = ""
    i = 0
    while i < len(pattern):
        if pattern.startswith("**/", i):
            expression += "(?:.*/)?"
            i += 3
        elif pattern.startswith("**", i):
            expression += ".*"
            i += 2
        elif pattern[i] == "*":
            expression += "[^/]*"
            i += 1
        elif pattern[i] == "?":
            expression += "[^/]"
            i += 1
        else:
            expression += re.escape(pattern[i])
            i += 1
    for n in range(1, len(parts) + 1):
        if re.fullmatch(expression, "/".join(parts[:n])) and not (
            only_folders and n == len(parts) and not is_folder
        ):
            return True
    return False


def kept_files(
    folder: str, syntax: str, ignore_file: str = ".airflowignore"
) -> Iterator[tuple[str, list[str]]]:
    """Each folder below one with its files, without what the ignore files name."""
    ignore = _Ignore(folder, syntax, ignore_file)
    for root, folders, files in os.walk(folder, followlinks=True):
        ignore.read(root)
        folders[:] = sorted(
            d for d in folders if d != "__pycache__" and not ignore.ignored(os.path.join(root, d), True)
        )
        yield root, [name for name in sorted(files) if not ignore.ignored(os.path.join(root, name), False)]


def find_dag_files(folder: str, safe_mode: bool = True) -> Iterator[str]:
    """The `.py`, `.zip` and YAML files that may hold DAGs, `.airflowignore` obeyed."""
    from tradewind.conf import conf
    from tradewind.yaml_dags import is_candidate

    if os.path.isfile(folder):
        yield folder
        return
    syntax = conf.get("core", "dag_ignore_file_syntax", fallback="glob")
    for root, files in kept_files(folder, syntax):
        for name in files:
            path = os.path.join(root, name)
            if name.endswith(".zip") and zipfile.is_zipfile(path):
                yield path
            elif name.endswith((".py", *dagfile.YAML)):
                try:
                    with open(path, "rb") as f:
                        source = f.read()
                except OSError:
                    continue
                if not name.endswith(".py") and not is_candidate(source):
                    continue
                if name.endswith(".py") and safe_mode and not dagfile.may_contain_dag(path, source):
                    continue
                yield path


class DagBag:
    """DAGs by id, and the import errors by file."""

    def __init__(
        self,
        dag_folder: Any = None,
        include_examples: Any = None,
        safe_mode: Any = None,
        read_dags_from_db: bool = False,
        load_op_links: bool = True,
        collect_dags: bool = True,
        known_pools: Any = None,
        bundle_path: Any = None,
        bundle_name: str | None = None,
        **_: Any,
    ):
        from tradewind.conf import conf

        folder = dag_folder if dag_folder is not None else conf.get("core", "dags_folder")
        self.dag_folder = os.path.abspath(os.path.expanduser(os.fspath(folder)))
        self.bundle_path = os.fspath(bundle_path) if bundle_path else None
        self.dags: dict[str, Any] = {}
        self.import_errors: dict[str, str] = {}
        self.captured_warnings: dict[str, tuple[str, ...]] = {}
        self.dagbag_stats: list[FileLoadStat] = []
        self.file_last_changed: dict[str, float] = {}
        self.dagbag_import_error_tracebacks = conf.getboolean(
            "core", "dagbag_import_error_tracebacks", fallback=True
        )
        self.has_logged = False
        if collect_dags:
            self.collect_dags(self.dag_folder, include_examples=bool(include_examples), safe_mode=safe_mode)

    @property
    def dag_ids(self) -> list[str]:
        return list(self.dags)

    def size(self) -> int:
        return len(self.dags)

    def get_dag(self, dag_id: str, *_: Any, **__: Any) -> Any:
        return self.dags.get(dag_id)

    def collect_dags(
        self,
        dag_folder: Any = None,
        only_if_updated: bool = True,
        include_examples: bool = False,
        safe_mode: Any = None,
    ) -> None:
        """Import every DAG file of the folder."""
        from tradewind.conf import conf

        folder = os.fspath(dag_folder or self.dag_folder)
        if safe_mode is None:
            safe_mode = conf.getboolean("core", "dag_discovery_safe_mode", fallback=True)
        for path in find_dag_files(folder, safe_mode):
            begin = time.perf_counter()
            found = self.process_file(path, only_if_updated=only_if_updated, safe_mode=safe_mode)
            import datetime as dt

            self.dagbag_stats.append(
                FileLoadStat(
                    file=path.replace(folder, ""),
                    duration=dt.timedelta(seconds=time.perf_counter() - begin),
                    dag_num=len(found),
                    task_num=sum(len(d.tasks) for d in found),
                    dags=str([d.dag_id for d in found]),
                )
            )

    def process_file(self, filepath: Any, only_if_updated: bool = True, safe_mode: bool = True) -> list[Any]:
        """Import one file; the DAGs it gave."""
        filepath = os.fspath(filepath)
        if filepath is None or not os.path.isfile(filepath):
            return []
        changed = os.path.getmtime(filepath)
        if only_if_updated and self.file_last_changed.get(filepath) == changed:
            return []
        base = self.bundle_path or (
            self.dag_folder if os.path.isdir(self.dag_folder) else os.path.dirname(filepath)
        )
        dagfile.add_paths(base, filepath)
        self.import_errors.pop(filepath, None)
        loaded = dagfile.load(filepath, safe_mode)
        for file, error in loaded.errors:
            self._failed(file, error)
        found = []
        for dag, file in loaded.dags:
            from tradewind.parse import relative

            dag.fileloc = file
            dag.relative_fileloc = relative(file, base)
            try:
                self.bag_dag(dag)
            except Exception as e:
                self._failed(file, e)
            else:
                found.append(dag)
        self.file_last_changed[filepath] = changed
        return found

    def _failed(self, file: str, error: BaseException) -> None:
        log.debug("Failed to import: %s", file, exc_info=error)
        self.import_errors[file] = (
            dagfile.error_text(error) if self.dagbag_import_error_tracebacks else str(error)
        )

    def bag_dag(self, dag: Any, *_: Any, **__: Any) -> None:
        """Check a DAG and take it in."""
        from tradewind import policies
        from tradewind.serialize import dag_document

        policies.apply(dag)
        dag.validate()
        dag_document(dag)
        existing = self.dags.get(dag.dag_id)
        if existing is not None and existing.fileloc != dag.fileloc:
            raise AirflowDagDuplicatedIdException(dag.dag_id, incoming=dag.fileloc, existing=existing.fileloc)
        self.dags[dag.dag_id] = dag

    def dagbag_report(self) -> str:
        rows = "\n".join(
            f"{s.file} | {s.duration} | {s.dag_num} | {s.task_num} | {s.dags}" for s in self.dagbag_stats
        )
        dags = sum(s.dag_num for s in self.dagbag_stats)
        tasks = sum(s.task_num for s in self.dagbag_stats)
        return f"DagBag loading stats for {self.dag_folder}\nNumber of DAGs: {dags}\nTotal task number: {tasks}\n{rows}"

    def sync_to_db(self, *_: Any, **__: Any) -> None:
        """The dag-processor writes to the metastore."""
