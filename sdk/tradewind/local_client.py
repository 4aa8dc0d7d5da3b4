"""`airflow.api.client`: what a task's own code may ask of Airflow by it. Runs are made; the rest is the REST API's."""

from __future__ import annotations

from typing import Any

from tradewind.exceptions import AirflowException


class Client:
    """Airflow's local client."""

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def trigger_dag(
        self,
        dag_id: str,
        run_id: str | None = None,
        conf: Any = None,
        execution_date: Any = None,
        logical_date: Any = None,
        **_: Any,
    ) -> dict[str, Any]:
        """Make a run of a DAG, as `airflow dags trigger` does. Returns what it is."""
        import json

        from tradewind import timezone
        from tradewind.settings import trigger_dag

        when = logical_date or execution_date
        if isinstance(when, str):
            when = timezone.parse(when)
        if isinstance(conf, str):
            conf = json.loads(conf) if conf else None
        run_id = run_id or f"manual__{(when or timezone.utcnow()).isoformat()}"
        made = trigger_dag(dag_id=dag_id, run_id=run_id, conf=conf, logical_date=when)
        made = made if isinstance(made, dict) else {}
        return {
            "dag_id": dag_id,
            "dag_run_id": made.get("run_id", run_id),
            "conf": conf or {},
            "logical_date": made.get("logical_date", when.isoformat() if when is not None else None),
            "state": "queued",
        }

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise AirflowException(
            f"airflow.api.client: {name} is nothing that a task can ask for here. Use the REST API"
        )


def get_current_api_client() -> Client:
    return Client()
