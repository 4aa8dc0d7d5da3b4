"""What providers ask to know which Airflow they run on, and helpers of the compat provider."""

from __future__ import annotations

from typing import Any

from tradewind import AIRFLOW_VERSION

AIRFLOW_V_2_9_PLUS = AIRFLOW_V_2_10_PLUS = AIRFLOW_V_2_11_PLUS = True
AIRFLOW_V_3_0_PLUS = AIRFLOW_V_3_0_1_PLUS = AIRFLOW_V_3_1_PLUS = AIRFLOW_V_3_2_PLUS = AIRFLOW_V_3_3_PLUS = (
    True
)
AIRFLOW_V_3_1_1_PLUS = AIRFLOW_V_3_1_2_PLUS = AIRFLOW_V_3_1_3_PLUS = AIRFLOW_V_3_2_1_PLUS = True
AIRFLOW_V_3_4_PLUS = False


def get_base_airflow_version_tuple() -> tuple[int, int, int]:
    major, minor, micro = AIRFLOW_VERSION.split(".")
    return int(major), int(minor), int(micro)


def require_provider_version(provider_name: str, provider_min_version: str) -> Any:
    """A decorator that refuses to run with an older provider."""

    def decorate(function: Any) -> Any:
        import functools

        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            from importlib import metadata

            from tradewind.exceptions import AirflowOptionalProviderFeatureException

            try:
                metadata.version(provider_name)
            except metadata.PackageNotFoundError as e:
                raise AirflowOptionalProviderFeatureException(
                    f"Provider's `{provider_name}` package not found or has no version, "
                    f"when calling function `{function.__name__}`."
                ) from e
            return function(*args, **kwargs)

        return call

    return decorate


async def get_async_connection(conn_id: str, hook: Any = None) -> Any:
    from tradewind.connection import Connection

    return await Connection.async_get(conn_id)


async def get_async_extra_dejson(conn: Any) -> dict[str, Any]:
    return await conn.aextra_dejson()


def write_python_script(
    jinja_context: dict[str, Any], filename: str, render_template_as_native_obj: bool = False
) -> None:
    from tradewind.operators.virtualenv import _SCRIPT

    with open(filename, "w") as f:
        f.write(_SCRIPT.format(**jinja_context))


def prepare_virtualenv(
    venv_directory: str,
    python_bin: str,
    system_site_packages: bool,
    requirements: list[str] | None = None,
    requirements_file_path: str | None = None,
    pip_install_options: list[str] | None = None,
    **_: Any,
) -> str:
    """Make a virtualenv and install into it; the path of its Python."""
    import os
    import subprocess

    command = [python_bin, "-m", "venv", venv_directory]
    if system_site_packages:
        command.append("--system-site-packages")
    subprocess.run(command, check=True)
    python = os.path.join(venv_directory, "bin", "python")
    install = [python, "-m", "pip", "install", *(pip_install_options or [])]
    if requirements_file_path:
        subprocess.run([*install, "-r", requirements_file_path], check=True)
    elif requirements:
        subprocess.run([*install, *requirements], check=True)
    return python


def remove_task_decorator(python_source: str, task_decorator_name: str) -> str:
    from tradewind.decorators import strip_decorators

    return strip_decorators(python_source, task_decorator_name)
