"""Python callables in another interpreter: a virtualenv made for the task, or one that is there."""

from __future__ import annotations

import hashlib
import inspect
import json
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from tradewind.exceptions import AirflowException, AirflowSkipException, DeserializingResultError
from tradewind.operators.branch import BranchMixIn
from tradewind.operators.python import PythonOperator

_SERIALIZERS = ("pickle", "cloudpickle", "dill")

#: context values that can travel to another interpreter
_PLAIN_KEYS = frozenset(
    """ds ds_nodash expanded_ti_count inlets outlets next_ds next_ds_nodash prev_ds prev_ds_nodash run_id
    task_instance_key_str test_mode tomorrow_ds tomorrow_ds_nodash ts ts_nodash ts_nodash_with_tz yesterday_ds
    yesterday_ds_nodash map_index_template templates_dict params""".split()
)
_DATE_KEYS = frozenset(
    """data_interval_end data_interval_start execution_date logical_date next_execution_date prev_execution_date
    prev_data_interval_start_success prev_data_interval_end_success prev_start_date_success
    prev_end_date_success""".split()
)

_SCRIPT = """\
import sys
{serializer_import}

if {with_airflow}:
    try:
        from airflow.plugins_manager import integrate_macros_plugins
        integrate_macros_plugins()
    except Exception:
        pass

with open(sys.argv[1], "rb") as file:
    arg_dict = {serializer}.load(file) if {has_args} else {{"args": [], "kwargs": {{}}}}

virtualenv_string_args = []
if len(sys.argv) > 3:
    with open(sys.argv[3]) as file:
        virtualenv_string_args = [line.strip() for line in file]

{source}

try:
    res = {name}(*arg_dict["args"], **arg_dict["kwargs"])
except Exception as e:
    with open(sys.argv[4], "w") as file:
        file.write(str(e))
    if type(e).__name__ == "AirflowSkipException":
        sys.exit(99)
    raise

with open(sys.argv[2], "wb") as file:
    if res is not None:
        {serializer}.dump(res, file)
"""


def is_venv_installed() -> bool:
    """Whether virtualenvs can be made here."""
    import importlib.util

    return bool(
        shutil.which("virtualenv")
        or importlib.util.find_spec("virtualenv")
        or importlib.util.find_spec("venv")
    )


class _BasePythonVirtualenvOperator(PythonOperator):
    template_fields: Collection[str] = (*PythonOperator.template_fields, "serializer")
    _script = _SCRIPT

    def __init__(
        self,
        *,
        python_callable: Callable,
        serializer: str | None = None,
        use_dill: bool = False,
        op_args: Collection[Any] | None = None,
        op_kwargs: Mapping[str, Any] | None = None,
        string_args: Iterable[str] | None = None,
        templates_dict: dict[str, Any] | None = None,
        templates_exts: list[str] | None = None,
        expect_airflow: bool = True,
        skip_on_exit_code: int | Collection[int] | None = None,
        env_vars: dict[str, str] | None = None,
        inherit_env: bool = True,
        **kwargs: Any,
    ):
        if not inspect.isfunction(python_callable) or python_callable.__name__ == "<lambda>":
            raise ValueError(f"{type(self).__name__} only supports functions for python_callable arg")
        if use_dill and serializer and serializer != "dill":
            raise AirflowException(
                "Both 'use_dill' and 'serializer' parameters are set. Please set only one of them"
            )
        serializer = "dill" if use_dill else serializer or "pickle"
        if serializer not in _SERIALIZERS:
            raise AirflowException(
                f"Unsupported serializer {serializer!r}. Expected one of {', '.join(map(repr, _SERIALIZERS))}"
            )
        super().__init__(
            python_callable=python_callable,
            op_args=op_args,
            op_kwargs=op_kwargs,
            templates_dict=templates_dict,
            templates_exts=templates_exts,
            **kwargs,
        )
        self.string_args = list(string_args or [])
        self.serializer = serializer
        self.expect_airflow = expect_airflow
        if skip_on_exit_code is None:
            self.skip_on_exit_code: list[int] = []
        else:
            self.skip_on_exit_code = (
                [skip_on_exit_code] if isinstance(skip_on_exit_code, int) else list(skip_on_exit_code)
            )
        self.env_vars = env_vars
        self.inherit_env = inherit_env

    # -- arguments ----------------------------------------------------------------------------------

    def determine_kwargs(self, context: Any) -> Mapping[str, Any]:
        """What travels: named context values that can be carried, and the operator's own arguments."""
        wanted = super().determine_kwargs(context)
        own = set(self.op_kwargs)
        return {
            k: v
            for k, v in wanted.items()
            if k in own or k in _PLAIN_KEYS or k in _DATE_KEYS and self._has_dates()
        }

    def _has_dates(self) -> bool:
        return True

    def get_python_source(self) -> str:
        from tradewind.decorators import strip_decorators

        return strip_decorators(textwrap.dedent(inspect.getsource(self.python_callable)))

    def _pickler(self) -> Any:
        import importlib

        return pickle if self.serializer == "pickle" else importlib.import_module(self.serializer)

    def _run(self, python: str | Path, folder: Path) -> Any:
        """Write script and arguments into `folder`, run, and read the result."""
        names = ("script.py", "script.in", "script.out", "string_args.txt", "termination.log")
        script, inputs, outputs, strings, termination = (folder / name for name in names)
        has_args = bool(self.op_args or self.op_kwargs)
        with open(inputs, "wb") as f:
            if has_args:
                kwargs = {k: self._portable(v) for k, v in self.op_kwargs.items()}
                self._pickler().dump({"args": list(self.op_args), "kwargs": kwargs}, f)
        strings.write_text("\n".join(map(str, self.string_args)))
        serializer = self.serializer
        script.write_text(
            self._script.format(
                serializer_import=f"import {serializer}",
                serializer=serializer,
                has_args=has_args,
                with_airflow=False,
                source=self.get_python_source(),
                name=self.python_callable.__name__,
            )
        )
        env = dict(os.environ) if self.inherit_env else {}
        env.update(getattr(self, "_context_vars", {}))
        env.update(self.env_vars or {})
        if self.expect_airflow and not self._knows_airflow(python):
            root = str(Path(__file__).resolve().parents[2])
            env["PYTHONPATH"] = os.pathsep.join(p for p in (env.get("PYTHONPATH"), root) if p)
        command = [os.fspath(python), *map(str, (script, inputs, outputs, strings, termination))]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env)
        assert process.stdout is not None
        for raw in iter(process.stdout.readline, b""):
            self.log.info("%s", raw.decode("utf-8", "backslashreplace").rstrip())
        code = process.wait()
        if code:
            message = termination.read_text() if termination.exists() and termination.stat().st_size else None
            if code == 99 and message is not None or code in self.skip_on_exit_code:
                raise AirflowSkipException(message or f"Process exited with code {code}. Skipping.")
            text = f"Process returned non-zero exit status {code}."
            raise AirflowException(f"{text}\n{message}" if message else text) from None
        if not outputs.exists() or outputs.stat().st_size == 0:
            return None
        try:
            with open(outputs, "rb") as f:
                return self._pickler().load(f)
        except ValueError as e:
            raise DeserializingResultError() from e

    @staticmethod
    def _portable(value: Any) -> Any:
        """Lazy values (prev_*_success and the like) as what they stand for."""
        for name in ("__wrapped__",):
            inner = getattr(value, name, None)
            if inner is not None and type(value).__module__.startswith(("tradewind.", "lazy_object_proxy")):
                return inner
        if type(value).__name__ == "ParamsDict":
            return dict(value)
        return value

    def _knows_airflow(self, python: str | Path) -> bool:
        return os.path.realpath(python) == os.path.realpath(sys.executable)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        memo[id(self.python_callable)] = self.python_callable
        return super().__deepcopy__(memo)


class PythonVirtualenvOperator(_BasePythonVirtualenvOperator):
    """Makes a virtualenv with the requirements (kept under `venv_cache_path`, if given) and runs the function there."""

    template_fields: Collection[str] = (
        *_BasePythonVirtualenvOperator.template_fields,
        "requirements",
        "index_urls",
        "index_urls_from_connection_ids",
        "venv_cache_path",
    )
    template_ext = (".txt",)
    _airflow_module = "airflow.providers.standard.operators.python"

    def __init__(
        self,
        *,
        python_callable: Callable,
        requirements: None | Iterable[str] | str = None,
        python_version: Any = None,
        system_site_packages: bool = True,
        pip_install_options: list[str] | None = None,
        index_urls: None | Collection[str] | str = None,
        index_urls_from_connection_ids: Any = None,
        venv_cache_path: None | os.PathLike[str] | str = None,
        **kwargs: Any,
    ):
        if not requirements:
            self.requirements: Any = []
        elif isinstance(requirements, str):
            self.requirements = [requirements] if requirements.endswith(".txt") else requirements.splitlines()
        else:
            self.requirements = list(requirements)
        self.python_version = str(python_version) if python_version else None
        self.system_site_packages = system_site_packages
        self.pip_install_options = pip_install_options or []
        self.index_urls: list[str] = [index_urls] if isinstance(index_urls, str) else list(index_urls or ())
        self.index_urls_from_connection_ids = index_urls_from_connection_ids
        self.venv_cache_path = venv_cache_path
        super().__init__(python_callable=python_callable, **kwargs)

    def _lines(self) -> list[str]:
        lines: list[str] = []
        for item in self.requirements:
            lines.extend(str(item).splitlines())
        if self.serializer != "pickle" and not any(self.serializer in line for line in lines):
            lines.append(self.serializer)
        return [line for line in lines if line.strip()]

    def _python(self) -> str:
        if not self.python_version:
            return sys.executable
        version = self.python_version
        found = shutil.which(f"python{version}" if version[0].isdigit() else version)
        if not found and version != f"{sys.version_info.major}.{sys.version_info.minor}":
            raise AirflowException(f"python{version} is not installed here")
        return found or sys.executable

    def _make(self, folder: Path) -> Path:
        """A virtualenv in `folder`."""
        arguments = [self._python(), "-m", "venv", os.fspath(folder)]
        if self.system_site_packages:
            arguments.append("--system-site-packages")
        lines = self._lines()
        if not lines:
            arguments.append("--without-pip")
        self._command(arguments)
        python = folder / "bin" / "python"
        if lines:
            requirements = folder / "requirements.txt"
            requirements.write_text("\n".join(lines) + "\n")
            index = []
            if self.index_urls:
                index = ["--index-url", self.index_urls[0]]
                for url in self.index_urls[1:]:
                    index += ["--extra-index-url", url]
            self._command(
                [
                    os.fspath(python),
                    "-m",
                    "pip",
                    "install",
                    "--disable-pip-version-check",
                    "-q",
                    *index,
                    *self.pip_install_options,
                    "-r",
                    os.fspath(requirements),
                ]
            )
        return python

    def _command(self, arguments: list[str]) -> None:
        self.log.info("Executing cmd: %s", " ".join(arguments))
        done = subprocess.run(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        for line in done.stdout.decode("utf-8", "backslashreplace").splitlines():
            self.log.info("%s", line)
        if done.returncode:
            raise AirflowException(f"{arguments[0]} ended with exit code {done.returncode}")

    def _cache_key(self) -> str:
        body = {
            "requirements": self._lines(),
            "python": self._python(),
            "pip": self.pip_install_options,
            "index": self.index_urls,
            "site": self.system_site_packages,
        }
        return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:16]

    def _cached(self, cache: Path) -> Path:
        import fcntl

        cache.mkdir(parents=True, exist_ok=True)
        folder = cache / f"venv-{self._cache_key()}"
        with open(f"{folder}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            marker = folder / "tradewind_complete"
            if marker.exists():
                self.log.info("Re-using cached virtual environment in %s", folder)
                return folder / "bin" / "python"
            if folder.exists():
                shutil.rmtree(folder)
            python = self._make(folder)
            marker.touch()
            return python

    def execute_callable(self) -> Any:
        with tempfile.TemporaryDirectory(prefix="venv") as name:
            folder = Path(name)
            if self.venv_cache_path:
                python = self._cached(Path(os.fspath(self.venv_cache_path)))
            else:
                python = self._make(folder / "venv")
            return self._run(python, folder)

    def _knows_airflow(self, python: str | Path) -> bool:
        return False


class BranchPythonVirtualenvOperator(BranchMixIn, PythonVirtualenvOperator):
    """The function runs in a virtualenv and returns what to follow."""

    def execute(self, context: Any) -> Any:
        return self.do_branch(context, PythonVirtualenvOperator.execute(self, context))


class ExternalPythonOperator(_BasePythonVirtualenvOperator):
    """Runs the function in an interpreter that is there."""

    template_fields: Collection[str] = ("python", *_BasePythonVirtualenvOperator.template_fields)
    _airflow_module = "airflow.providers.standard.operators.python"

    def __init__(
        self,
        *,
        python: str,
        python_callable: Callable,
        expect_pendulum: bool = False,
        **kwargs: Any,
    ):
        if not python:
            raise ValueError("Python Path must be defined in ExternalPythonOperator")
        self.python = python
        self.expect_pendulum = expect_pendulum
        super().__init__(python_callable=python_callable, **kwargs)

    def execute_callable(self) -> Any:
        path = Path(self.python)
        if not path.exists():
            raise ValueError(f"Python Path '{path}' must exists")
        if path.is_dir():
            raise ValueError(f"Python Path '{path}' must be a file")
        with tempfile.TemporaryDirectory(prefix="tmd") as name:
            return self._run(path, Path(name))


class BranchExternalPythonOperator(BranchMixIn, ExternalPythonOperator):
    """The function runs in another interpreter and returns what to follow."""

    def execute(self, context: Any) -> Any:
        return self.do_branch(context, ExternalPythonOperator.execute(self, context))
