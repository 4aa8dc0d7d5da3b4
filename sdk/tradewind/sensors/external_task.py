"""Waits for tasks, task groups or whole runs of another DAG."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable
from typing import Any

from tradewind.exceptions import AirflowException, AirflowSkipException
from tradewind.links import BaseOperatorLink, run_url
from tradewind.operator import Defaults
from tradewind.operators.empty import EmptyOperator
from tradewind.sensors.base import BaseSensorOperator
from tradewind.states import DagRunState, TaskInstanceState


class ExternalDagLink(BaseOperatorLink):
    """The link to the other DAG's run of the same name."""

    name = "External DAG"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        return run_url(operator.external_dag_id, ti_key.run_id)


ExternalTaskSensorLink = ExternalDagLink


class ExternalTaskFailedError(AirflowException):
    """What was waited for failed."""


class ExternalTaskGroupFailedError(ExternalTaskFailedError):
    pass


class ExternalTaskNotFoundError(AirflowException):
    pass


class ExternalTaskGroupNotFoundError(AirflowException):
    pass


class ExternalDagNotFoundError(AirflowException):
    pass


class ExternalDagFailedError(ExternalTaskFailedError):
    pass


class ExternalDagDeletedError(AirflowException):
    pass


class ExternalTaskSensor(BaseSensorOperator):
    """True when everything named is in one of `allowed_states`, for the same logical date (shifted if told)."""

    template_fields: Collection[str] = (
        "external_dag_id",
        "external_task_id",
        "external_task_ids",
        "external_task_group_id",
    )
    ui_color = "#4db7db"
    operator_extra_links = [ExternalDagLink()]
    _airflow_module = "airflow.providers.standard.sensors.external_task"

    def __init__(
        self,
        *,
        external_dag_id: str,
        external_task_id: str | None = None,
        external_task_ids: Collection[str] | None = None,
        external_task_group_id: str | None = None,
        allowed_states: Iterable[str] | None = None,
        skipped_states: Iterable[str] | None = None,
        failed_states: Iterable[str] | None = None,
        execution_delta: dt.timedelta | None = None,
        execution_date_fn: Callable | None = None,
        check_existence: bool = False,
        poll_interval: float | None = None,
        deferrable: bool | None = None,
        **kwargs: Any,
    ):
        if poll_interval is not None:
            kwargs.setdefault("poke_interval", poll_interval)
        super().__init__(**kwargs)
        self.allowed_states = list(allowed_states) if allowed_states else [TaskInstanceState.SUCCESS.value]
        self.skipped_states = list(skipped_states or [])
        self.failed_states = list(failed_states or [])
        words = [*self.allowed_states, *self.skipped_states, *self.failed_states]
        for state in set(words):
            if words.count(state) > 1:
                raise AirflowException(
                    "Duplicate values provided across allowed_states, skipped_states and failed_states."
                )
        if external_task_id is not None and external_task_ids is not None:
            raise ValueError(
                "Only one of `external_task_id` or `external_task_ids` may be provided to ExternalTaskSensor; "
                "use external_task_id or external_task_ids or external_task_group_id."
            )
        if external_task_group_id is not None and (
            external_task_id is not None or external_task_ids is not None
        ):
            raise ValueError(
                "Only one of `external_task_group_id` or `external_task_ids` may be provided to ExternalTaskSensor"
            )
        named = external_task_id or external_task_ids or external_task_group_id
        valid = {s.value for s in TaskInstanceState} if named else {s.value for s in DagRunState}
        if not {str(getattr(s, "value", s)) for s in words} <= {*valid, None}:
            raise ValueError(
                f"Valid values for `allowed_states`, `skipped_states` and `failed_states` when "
                f"{'`external_task_id` or `external_task_ids` or `external_task_group_id`' if named else '`external_task_id` and `external_task_group_id`'} "
                f"is {'not ' if named else ''}`None`: {sorted(valid)}"
            )
        if execution_delta is not None and execution_date_fn is not None:
            raise ValueError(
                "Only one of `execution_delta` or `execution_date_fn` may be provided to ExternalTaskSensor; not both."
            )
        self.execution_delta = execution_delta
        self.execution_date_fn = execution_date_fn
        self.external_dag_id = external_dag_id
        self.external_task_id = external_task_id
        if external_task_id is not None:
            external_task_ids = [external_task_id]
        elif external_task_ids is not None and not isinstance(external_task_ids, str):
            external_task_ids = list(external_task_ids)
            if len(set(external_task_ids)) < len(external_task_ids):
                raise ValueError("Duplicate task_ids passed in external_task_ids parameter")
        self.external_task_ids = external_task_ids
        self.external_task_group_id = external_task_group_id
        self.check_existence = check_existence
        self._has_checked_existence = False
        self.deferrable = Defaults.get()["deferrable"] if deferrable is None else deferrable

    @property
    def poll_interval(self) -> float:
        """An older name of poke_interval."""
        return self.poke_interval

    # -- which runs ---------------------------------------------------------------------------------

    def _get_dttm_filter(self, context: Any) -> list[Any]:
        when = context.get("logical_date") or context["dag_run"].run_after
        if self.execution_delta is not None:
            result: Any = when - self.execution_delta
        elif self.execution_date_fn is not None:
            result = self._handle_execution_date_fn(when, context)
        else:
            result = when
        return list(result) if isinstance(result, (list, tuple, set)) else [result]

    def _handle_execution_date_fn(self, when: Any, context: Any) -> Any:
        from tradewind.context_vars import make_kwargs_callable

        function = self.execution_date_fn
        assert function is not None
        if function.__code__.co_argcount > 2 if hasattr(function, "__code__") else False:
            return function(when, **context)
        values = {k: v for k, v in dict(context).items() if k != "logical_date"}
        return make_kwargs_callable(function)(when, **values)

    # -- counting -----------------------------------------------------------------------------------

    def _count(self, context: Any, dates: list[Any], states: list[str], over: Any = all) -> float:
        """How many of the runs have everything in one of the states; a part of a run counts as a part."""
        ti = context["ti"]
        words = [str(getattr(s, "value", s)) for s in states]
        if self.external_task_ids:
            n = 0
            for task_id in self.external_task_ids:
                found = ti.get_task_states(
                    dag_id=self.external_dag_id, task_ids=[task_id], logical_dates=dates
                )
                # a mapped task is there when all of its instances are; it has failed when one has
                n += sum(1 for tasks in found.values() if tasks and over(s in words for s in tasks.values()))
            return n / len(self.external_task_ids)
        if self.external_task_group_id:
            found = ti.get_task_states(
                dag_id=self.external_dag_id, task_group_id=self.external_task_group_id, logical_dates=dates
            )
            return float(
                sum(
                    1 for tasks in found.values() if tasks and all(state in words for state in tasks.values())
                )
            )
        return float(ti.get_dr_count(dag_id=self.external_dag_id, logical_dates=dates, states=words))

    def poke(self, context: Any) -> bool:
        dates = self._get_dttm_filter(context)
        text = ",".join(d.isoformat() for d in dates)
        what = self.external_task_ids or self.external_task_group_id or "the DAG"
        self.log.info("Poking for %s in dag %s on %s ... ", what, self.external_dag_id, text)
        if self.check_existence and not self._has_checked_existence:
            self._check_existence()
        if self.failed_states and self._count(context, dates, self.failed_states, any) > 0:
            self._failed()
        if self.skipped_states and self._count(context, dates, self.skipped_states, any) > 0:
            raise AirflowSkipException(
                f"{self._named('Some of the external tasks')} reached a state in our states-to-skip-on list. Skipping."
            )
        return self._count(context, dates, self.allowed_states) == len(dates)

    def _named(self, some: str) -> str:
        if self.external_task_ids:
            return f"{some} {self.external_task_ids} in DAG {self.external_dag_id}"
        if self.external_task_group_id:
            return f"The external task_group '{self.external_task_group_id}' in DAG {self.external_dag_id}"
        return f"The external DAG {self.external_dag_id}"

    def _failed(self) -> None:
        message = f"{self._named('Some of the external tasks')} failed."
        if self.soft_fail:
            raise AirflowSkipException(f"{message} Skipping due to soft_fail.")
        if self.external_task_ids:
            raise ExternalTaskFailedError(message)
        if self.external_task_group_id:
            raise ExternalTaskGroupFailedError(message)
        raise ExternalDagFailedError(message)

    def _check_existence(self) -> None:
        from tradewind.comms import RequestError, request

        try:
            known = request(
                "dag_get",
                dag_id=self.external_dag_id,
                task_ids=self.external_task_ids or [],
                task_group_id=self.external_task_group_id,
            )
        except RequestError as e:
            if e.kind != "not_found":
                self.log.warning("cannot check whether DAG %s exists: %s", self.external_dag_id, e)
                self._has_checked_existence = True
                return
            known = None
        if not known:
            raise ExternalDagNotFoundError(f"The external DAG {self.external_dag_id} does not exist.")
        if known.get("missing_group"):
            raise ExternalTaskGroupNotFoundError(
                f"The external task group '{self.external_task_group_id}' in "
                f"DAG '{self.external_dag_id}' does not exist."
            )
        for task_id in known.get("missing_task_ids") or ():
            raise ExternalTaskNotFoundError(
                f"The external task {task_id} in DAG {self.external_dag_id} does not exist."
            )
        self._has_checked_existence = True

    def execute(self, context: Any) -> Any:
        if not self.deferrable:
            return super().execute(context)
        from tradewind.module_loading import import_string

        trigger = import_string("airflow.providers.standard.triggers.external_task.WorkflowTrigger")
        return self.defer(
            timeout=dt.timedelta(seconds=self.timeout),
            trigger=trigger(
                external_dag_id=self.external_dag_id,
                external_task_group_id=self.external_task_group_id,
                external_task_ids=self.external_task_ids,
                logical_dates=self._get_dttm_filter(context),
                allowed_states=self.allowed_states,
                failed_states=self.failed_states,
                skipped_states=self.skipped_states,
                poke_interval=self.poke_interval,
                soft_fail=self.soft_fail,
            ),
            method_name="execute_complete",
        )

    def execute_complete(self, context: Any, event: Any = None) -> None:
        if event is None:
            raise ExternalTaskNotFoundError("No event received from trigger")
        status = event.get("status")
        if status == "success":
            self.log.info("External tasks %s has executed successfully.", self.external_task_ids)
            return
        if status == "skipped":
            raise AirflowSkipException("External job has skipped skipping.")
        if self.soft_fail:
            raise AirflowSkipException("External job has failed skipping.")
        if status == "failed":
            raise ExternalDagFailedError("External job has failed.")
        raise ExternalTaskNotFoundError(
            "Error occurred while trying to retrieve task status. Please, check the name of executed task and Dag."
        )


class ExternalTaskMarker(EmptyOperator):
    """Says that a task of another DAG depends on this one: clearing goes on there."""

    template_fields = ("external_dag_id", "external_task_id", "logical_date")
    ui_color = "#4db7db"
    operator_extra_links = [ExternalDagLink()]
    _airflow_module = "airflow.providers.standard.sensors.external_task"

    def __init__(
        self,
        *,
        external_dag_id: str,
        external_task_id: str,
        logical_date: Any = "{{ logical_date.isoformat() }}",
        execution_date: Any = None,
        recursion_depth: int = 10,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.external_dag_id = external_dag_id
        self.external_task_id = external_task_id
        when = logical_date if execution_date is None else execution_date
        if isinstance(when, dt.datetime):
            self.logical_date: Any = when.isoformat()
        elif isinstance(when, str):
            self.logical_date = when
        else:
            raise TypeError(f"Expected str or datetime.datetime type for logical_date. Got {type(when)}")
        if recursion_depth <= 0:
            raise ValueError("recursion_depth should be a positive integer")
        self.recursion_depth = recursion_depth
