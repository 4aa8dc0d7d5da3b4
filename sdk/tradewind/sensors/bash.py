"""Waits for a command to end well."""

from __future__ import annotations

import os
import subprocess
import tempfile
from typing import Any

from tradewind.exceptions import AirflowFailException
from tradewind.sensors.base import BaseSensorOperator


class BashSensor(BaseSensorOperator):
    """True when the command ends with exit code 0."""

    template_fields = ("bash_command", "env")
    _airflow_module = "airflow.providers.standard.sensors.bash"

    def __init__(
        self,
        *,
        bash_command: str,
        env: dict[str, str] | None = None,
        output_encoding: str = "utf-8",
        retry_exit_code: int | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.bash_command = bash_command
        self.env = env
        self.output_encoding = output_encoding
        self.retry_exit_code = retry_exit_code

    def poke(self, context: Any) -> bool:
        with tempfile.TemporaryDirectory(prefix="airflowtmp") as folder:
            process = subprocess.Popen(
                ["bash", "-c", self.bash_command],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                close_fds=True,
                cwd=folder,
                env=self.env if self.env is not None else dict(os.environ),
                start_new_session=True,
            )
            assert process.stdout is not None
            for raw in iter(process.stdout.readline, b""):
                self.log.info("%s", raw.decode(self.output_encoding, "backslashreplace").strip())
            code = process.wait()
        self.log.info("Command exited with return code %s", code)
        if code == 0:
            return True
        if self.retry_exit_code is not None and code != self.retry_exit_code:
            raise AirflowFailException(f"Command exited with return code {code}")
        return False
