"""Importing DAG files: plain ones and those in zip archives, and finding their DAGs."""

from __future__ import annotations

import hashlib
import importlib
import importlib.machinery
import importlib.util
import os
import re
import sys
import traceback
import zipfile
from typing import Any

_ZIP_SPLIT = re.compile(rf"^(.*\.zip)(?:{re.escape(os.sep)}(.*))?$")
YAML = (".yaml", ".yml")
_HERE = os.path.dirname(os.path.abspath(__file__))


def module_name(path: str) -> str:
    """The name a DAG file is imported under: it must not clash with anything."""
    digest = hashlib.sha1(path.encode("utf-8", "surrogateescape"), usedforsecurity=False).hexdigest()
    stem = os.path.splitext(os.path.basename(path))[0]
    return f"unusual_prefix_{digest}_{re.sub(r'[^0-9a-zA-Z_]', '_', stem)}"


def split_zip(path: str) -> tuple[str, str | None]:
    """`…/a.zip/b.py` → (`…/a.zip`, `b.py`)."""
    match = _ZIP_SPLIT.match(path)
    if match and zipfile.is_zipfile(match.group(1)):
        return match.group(1), match.group(2)
    return path, None


def might_contain_dag(source: bytes) -> bool:
    """Safe mode: the file must speak of airflow and of a DAG or an asset."""
    text = source.lower()
    return (b"airflow" in text or b"tradewind" in text) and (b"dag" in text or b"asset" in text)


_HEURISTIC = "airflow.utils.file.might_contain_dag_via_default_heuristic"


def may_contain_dag(path: str, source: bytes, zip_file: zipfile.ZipFile | None = None) -> bool:
    """Safe mode by `[core] might_contain_dag_callable`; path is the member's name inside of a zip."""
    from tradewind.conf import conf
    from tradewind.module_loading import import_string

    callable_ = conf.get("core", "might_contain_dag_callable", fallback=_HEURISTIC) or _HEURISTIC
    if callable_ == _HEURISTIC:
        return might_contain_dag(source)
    return bool(import_string(callable_)(file_path=path, zip_file=zip_file))


#: the DAG folders of this process: `airflow.example_dags` is found in them
folders: list[str] = []


def add_paths(bundle_path: str | None, path: str | None = None) -> None:
    """What DAG files import from: the DAG folder, `config` and `plugins` of the home folder."""
    from tradewind.conf import conf, home

    own = bundle_path or (os.path.dirname(os.path.abspath(path)) if path is not None else None)
    if own is not None and own not in folders:
        folders.append(own)
    for folder in (own, os.path.join(home(), "config"), conf.get("core", "plugins_folder", fallback=None)):
        if folder and os.path.isdir(folder) and folder not in sys.path:
            sys.path.append(folder)


class _BadArchive(Exception):
    """Says it all in one line."""


class LoadedFile:
    """The modules of one file (several in a zip), their DAGs in order, and what went wrong."""

    def __init__(self, path: str):
        self.path = path
        self.dags: list[tuple[Any, str]] = []  # the DAG and the file it came from
        self.errors: list[tuple[str, BaseException]] = []
        self.skipped: list[str] = []


def load(path: str, safe_mode: bool = True) -> LoadedFile:
    """Import the file or the members of the archive. Only KeyboardInterrupt gets out."""
    loaded = LoadedFile(path)
    archive, member = split_zip(path)
    if archive != path or path.endswith(".zip"):
        try:
            _load_zip(loaded, archive, member, safe_mode)
        except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError) as e:
            loaded.errors.append(
                (path, _BadArchive(f"{os.path.basename(archive)}: no readable zip archive: {e}"))
            )
        return loaded
    try:
        with open(path, "rb") as f:
            source = f.read()
    except OSError as e:
        loaded.errors.append((path, e))
        return loaded
    name = module_name(path)
    if path.endswith(YAML):
        from tradewind import yaml_dags

        if yaml_dags.is_candidate(source):
            _run(loaded, path, name, lambda: yaml_dags.module(path))
        else:
            loaded.skipped.append(path)
        return loaded
    if safe_mode and not may_contain_dag(path, source):
        loaded.skipped.append(path)
        return loaded

    def execute() -> Any:
        loader = importlib.machinery.SourceFileLoader(name, path)
        spec = importlib.util.spec_from_loader(name, loader)
        assert spec is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        loader.exec_module(module)
        return module

    _run(loaded, path, name, execute)
    return loaded


def _load_zip(loaded: LoadedFile, archive: str, only: str | None, safe_mode: bool) -> None:
    with zipfile.ZipFile(archive) as z:
        members = sorted(n for n in z.namelist() if "/" not in n and n.endswith((".py", ".pyc")))
        for member in members:
            if only is not None and member != only:
                continue
            path = os.path.join(archive, member)
            if safe_mode and not may_contain_dag(member, z.read(member), z):
                loaded.skipped.append(path)
                continue
            name = os.path.splitext(member)[0]
            if archive not in sys.path:
                sys.path.insert(0, archive)
            sys.modules.pop(name, None)
            importlib.invalidate_caches()
            _run(loaded, path, name, lambda name=name: importlib.import_module(name))


def _run(loaded: LoadedFile, path: str, name: str, execute: Any) -> None:
    from tradewind import stacks
    from tradewind.dag import DAG

    stacks.reset()
    stacks.DagContext.current_autoregister_module_name = name
    try:
        module = execute()
    except KeyboardInterrupt:
        raise
    except BaseException as e:
        loaded.errors.append((path, e))
        sys.modules.pop(name, None)
        return
    finally:
        registered = list(stacks.DagContext.autoregistered_dags)
        stacks.reset()
    found: dict[int, Any] = {}
    for value in list(vars(module).values()):
        if isinstance(value, DAG):
            found.setdefault(id(value), value)
    # of two with one id the last counts
    for dag, _ in sorted(registered, key=lambda item: item[0].dag_id):
        found.setdefault(id(dag), dag)
    for dag in found.values():
        if not hasattr(dag, "_moved_into"):  # a sub-DAG's tasks are its parent's now
            loaded.dags.append((dag, path))


def error_text(error: BaseException) -> str:
    """The traceback as the file's author wants it: without the frames of the loader."""
    if isinstance(error, _BadArchive) or type(error).__name__ == "YamlError":
        return str(error)
    tb = error.__traceback__
    while tb is not None and _is_loader(tb.tb_frame.f_code.co_filename):
        tb = tb.tb_next
    if isinstance(error, SyntaxError):
        tb = None
    return "".join(traceback.format_exception(type(error), error, tb)).rstrip("\n")


def _is_loader(filename: str) -> bool:
    return filename.startswith((_HERE + os.sep, "<frozen importlib"))
