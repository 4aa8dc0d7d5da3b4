"""Shell commands."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Collection, Container
from typing import Any

from tradewind.exceptions import AirflowException, AirflowSkipException
from tradewind.operator import BaseOperator


class BashOperator(BaseOperator):
    """Runs a command with bash. Exit code 99 means skip; the last line of output is the return value."""

    template_fields: Collection[str] = ("bash_command", "env", "cwd")
    template_fields_renderers = {"bash_command": "bash", "env": "json"}
    template_ext = (".sh", ".bash")
    ui_color = "#f0ede4"
    _airflow_module = "airflow.providers.standard.operators.bash"

    def __init__(
        self,
        *,
        bash_command: Any,
        env: dict[str, str] | None = None,
        append_env: bool = False,
        output_encoding: str = "utf-8",
        skip_on_exit_code: int | Container[int] | None = 99,
        skip_exit_code: int | None = None,
        cwd: str | None = None,
        output_processor: Callable[[str], Any] | None = None,
        xcom_push: bool | None = None,
        **kwargs: Any,
    ):
        if xcom_push is not None:
            kwargs.setdefault("do_xcom_push", xcom_push)
        super().__init__(**kwargs)
        self.bash_command = bash_command
        self.env = env
        self.output_encoding = output_encoding
        code = skip_on_exit_code if skip_exit_code is None else skip_exit_code
        if code is None:
            self.skip_on_exit_code: list[int] = []
        else:
            self.skip_on_exit_code = [code] if isinstance(code, int) else list(code)  # type: ignore[call-overload]
        self.cwd = cwd
        self.append_env = append_env
        self.output_processor = output_processor
        self._process: subprocess.Popen | None = None

    def get_env(self, context: Any) -> dict[str, str]:
        """The command's environment: the process's own unless `env` replaces it, and the AIRFLOW_CTX_ variables."""
        from tradewind.context_vars import context_to_airflow_vars

        system = dict(os.environ)
        if self.env is None:
            env = system
        else:
            env = {**system, **self.env} if self.append_env else dict(self.env)
        env.update(context_to_airflow_vars(context, in_env_var_format=True))
        return {k: str(v) for k, v in env.items()}

    def execute(self, context: Any) -> Any:
        shell = shutil.which("bash") or "bash"
        if self.cwd is not None:
            if not os.path.exists(self.cwd):
                raise AirflowException(f"Can not find the cwd: {self.cwd}")
            if not os.path.isdir(self.cwd):
                raise AirflowException(f"The cwd {self.cwd} must be a directory")
        with tempfile.TemporaryDirectory(prefix="airflowtmp") as folder:
            cwd = self.cwd or folder
            self.log.info("Running command: %s", [shell, "-c", self.bash_command])
            self._process = subprocess.Popen(
                [shell, "-c", self.bash_command],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                cwd=cwd,
                env=self.get_env(context),
                start_new_session=True,
            )
            line = ""
            assert self._process.stdout is not None
            for raw in iter(self._process.stdout.readline, b""):
                line = raw.decode(self.output_encoding, errors="backslashreplace").rstrip()
                self.log.info("%s", line)
            code = self._process.wait()
        self.log.info("Command exited with return code %s", code)
        if code in self.skip_on_exit_code:
            raise AirflowSkipException(f"Bash command returned exit code {code}. Skipping.")
        if code != 0:
            raise AirflowException(f"Bash command failed. The command returned a non-zero exit code {code}.")
        return self.output_processor(line) if self.output_processor else line

    def on_kill(self) -> None:
        if self._process is not None and self._process.poll() is None:
            import signal

            os.killpg(os.getpgid(self._process.pid), signal.SIGTERM)
