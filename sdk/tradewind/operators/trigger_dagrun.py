"""Starts a run of another DAG."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from tradewind.exceptions import AirflowException, DagIsPaused, DagRunTriggerException  # noqa: F401
from tradewind.links import BaseOperatorLink, run_url
from tradewind.operator import NOTSET, BaseOperator, Defaults

XCOM_LOGICAL_DATE_ISO = "trigger_logical_date_iso"
XCOM_EXECUTION_DATE_ISO = "trigger_execution_date_iso"
XCOM_RUN_ID = "trigger_run_id"


class TriggerDagRunLink(BaseOperatorLink):
    """The link from the task to the run it started."""

    name = "Triggered DAG"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        from tradewind.xcom import BaseXCom

        run_id = BaseXCom.get_one(
            key=XCOM_RUN_ID,
            dag_id=ti_key.dag_id,
            task_id=ti_key.task_id,
            run_id=ti_key.run_id,
            map_index=ti_key.map_index,
        )
        return run_url(operator.trigger_dag_id, str(run_id)) if run_id else ""


class TriggerDagRunOperator(BaseOperator):
    """Asks the engine for a run of `trigger_dag_id` and, if told, waits for its end."""

    template_fields = (
        "trigger_dag_id",
        "trigger_run_id",
        "logical_date",
        "run_after",
        "conf",
        "wait_for_completion",
        "skip_when_already_exists",
        "note",
    )
    template_fields_renderers = {"conf": "py"}
    ui_color = "#ffefeb"
    operator_extra_links = [TriggerDagRunLink()]
    _airflow_module = "airflow.providers.standard.operators.trigger_dagrun"

    def __init__(
        self,
        *,
        trigger_dag_id: str,
        trigger_run_id: str | None = None,
        conf: Any = None,
        logical_date: Any = NOTSET,
        execution_date: Any = NOTSET,
        run_after: Any = NOTSET,
        reset_dag_run: bool = False,
        wait_for_completion: bool = False,
        poke_interval: int = 60,
        allowed_states: list[Any] | None = None,
        failed_states: list[Any] | None = None,
        skip_when_already_exists: bool = False,
        fail_when_dag_is_paused: bool = False,
        deferrable: bool | None = None,
        openlineage_inject_parent_info: bool = True,
        note: str | None = None,
        python_callable: Any = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.trigger_dag_id = trigger_dag_id
        self.trigger_run_id = trigger_run_id
        self.conf = conf
        self.reset_dag_run = reset_dag_run
        self.wait_for_completion = wait_for_completion
        self.poke_interval = poke_interval
        self.allowed_states = list(allowed_states) if allowed_states else ["success"]
        self.failed_states = ["failed"] if failed_states is None else list(failed_states)
        self.skip_when_already_exists = skip_when_already_exists
        self.fail_when_dag_is_paused = fail_when_dag_is_paused
        self.deferrable = Defaults.get()["deferrable"] if deferrable is None else deferrable
        self.openlineage_inject_parent_info = openlineage_inject_parent_info
        self.note = note
        self.run_after = run_after
        self.python_callable = python_callable  # 1.10's: fills a run's payload
        when = execution_date if logical_date is NOTSET else logical_date
        if when is not NOTSET and when is not None and not isinstance(when, (str, dt.datetime)):
            raise TypeError(
                f"Expected str, datetime.datetime, or None for parameter 'logical_date'. Got {type(when).__name__}"
            )
        self.logical_date = when

    def execute(self, context: Any) -> None:
        from tradewind import timezone

        when: Any = self.logical_date
        if when is NOTSET:  # with a time to run after, the run has no date of its own
            when = timezone.utcnow() if self.run_after is NOTSET else None
        elif isinstance(when, str):
            when = timezone.parse(when) if when else None
        run_after = None if self.run_after is NOTSET else self.run_after
        if isinstance(run_after, str):
            run_after = timezone.parse(run_after)
        conf = self.conf
        if isinstance(conf, str):
            conf = json.loads(conf)
        if conf is not None:
            try:
                json.dumps(conf)
            except TypeError as e:
                raise ValueError("conf parameter should be JSON Serializable") from e
        if self.python_callable is not None:
            payload = _Payload(self.trigger_run_id, conf)
            payload = self.python_callable(context, payload)
            if payload is None:
                return
            self.trigger_run_id, conf = payload.run_id, payload.payload
        run_id = self.trigger_run_id
        if not run_id:
            at: Any = run_after or when or timezone.utcnow()
            run_id = f"manual__{at.isoformat()}"
        raise DagRunTriggerException(
            trigger_dag_id=self.trigger_dag_id,
            dag_run_id=run_id,
            conf=conf,
            logical_date=when,
            run_after=run_after,
            reset_dag_run=self.reset_dag_run,
            skip_when_already_exists=self.skip_when_already_exists,
            fail_when_dag_is_paused=self.fail_when_dag_is_paused,
            wait_for_completion=self.wait_for_completion,
            allowed_states=self.allowed_states,
            failed_states=self.failed_states,
            poke_interval=self.poke_interval,
            deferrable=self.deferrable,
            note=self.note,
        )

    def execute_complete(self, context: Any, event: Any) -> None:
        """After the deferral: how the run ended."""
        data = event[1] if isinstance(event, (tuple, list)) else event
        states = {k: v for k, v in data.items() if k in (data.get("run_ids") or ())}
        for run_id in data.get("run_ids") or ():
            state = states.get(run_id)
            if state in self.failed_states:
                raise AirflowException(f"{self.trigger_dag_id} failed with failed state {state}")
            if state in self.allowed_states:
                self.log.info("%s finished with allowed state %s", self.trigger_dag_id, state)
                return
            raise AirflowException(
                f"{self.trigger_dag_id} return {state} which is not in {self.failed_states} or {self.allowed_states}"
            )


class _Payload:
    """1.10's DagRunOrder."""

    def __init__(self, run_id: str | None = None, payload: Any = None):
        self.run_id = run_id
        self.payload = payload


DagRunOrder = _Payload
