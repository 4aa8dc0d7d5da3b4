"""Running one attempt and saying how it ended."""

from __future__ import annotations

import datetime
import inspect
import logging
import os
from collections.abc import Mapping
from typing import Any

from tradewind import comms, jinja, policies, xcom
from tradewind import context as contexts
from tradewind.conf import conf
from tradewind.context_vars import context_to_airflow_vars
from tradewind.exceptions import (
    AirflowFailException,
    AirflowRescheduleException,
    AirflowSensorTimeout,
    AirflowSkipException,
    AirflowTaskTerminated,
    AirflowTaskTimeout,
    DagRunTriggerException,
    DownstreamTasksSkipped,
    TaskAwaitingInput,
    TaskDeferred,
    UnmappableXComLengthPushed,
    UnmappableXComTypePushed,
    XComForMappingNotPushed,
)
from tradewind.execution import callbacks, listeners
from tradewind.execution.dagrun import text
from tradewind.execution.ti import RuntimeTaskInstance
from tradewind.links import key_of, links_of
from tradewind.states import TaskInstanceState

logger = logging.getLogger("task")


class Attempt:
    """`run()` gives the body of `finished`; `after()` does what follows the report."""

    def __init__(self, ti: RuntimeTaskInstance, process: Any) -> None:
        self.ti = ti
        self.process = process
        self.context: dict[str, Any] = {}
        self.error: BaseException | None = None
        self.state = ""
        self.retrying = False
        self.silent = False
        self.xcoms: list[dict[str, Any]] = []
        self.outlet_events: list[dict[str, Any]] = []

    @property
    def task(self) -> Any:
        return self.ti.task

    # -- the way to an end -------------------------------------------------------------------------

    def run(self) -> dict[str, Any]:
        try:
            finished = self._run()
            self._check(finished)
        except BaseException as e:  # a handler failed: defer, trigger, push
            finished = self.failed(e)
        self.state = finished["state"]
        self.retrying = self.state == "failed" and self.ti.is_eligible_to_retry()
        self.silent = isinstance(self.error, AirflowTaskTerminated) and self._decided_elsewhere()
        self.ti.end_date = _now()
        if self.ti.rendered_map_index:
            finished["map_index_label"] = self.ti.rendered_map_index
        if self.ti.skip_decision is not None and "skip" not in finished:
            finished["skip"] = self.ti.skip_decision
        if self._has_more_to_do():
            finished["callbacks"] = True
        return finished

    @staticmethod
    def _check(finished: dict[str, Any]) -> None:
        """What cannot be sent is the task's failure: an extra that is no JSON, a value beyond all limits."""
        if "outlet_events" in finished or "xcoms" in finished:
            comms.pack(finished)

    def _run(self) -> dict[str, Any]:
        try:
            self.context = self.ti.get_template_context()
            with contexts.set_current_context(self.context):
                self._prepare()
                try:
                    result = self._execute()
                except Exception:
                    self._label(quiet=True)
                    raise
                self._label()
            self._push_result(result)
            return self.success()
        except DownstreamTasksSkipped as e:
            tasks = e.tasks if isinstance(e.tasks, (list, tuple, set)) else [e.tasks]
            return self.success(self.ti.skip_decision or {"skipped": _task_list(tasks)})
        except DagRunTriggerException as e:
            from tradewind.execution import trigger_run

            return trigger_run.perform(self, e)
        except TaskDeferred as e:
            return self.deferred(e)
        except TaskAwaitingInput as e:
            logger.info("Pausing task as AWAITING_INPUT.")
            return {"state": "awaiting_input", "defer": self._resumption(e)}
        except AirflowSkipException as e:
            logger.info("Skipping task.%s", f" {e.args[0]}" if e.args else "")
            return {"state": "skipped", "reason": str(e) or None}
        except AirflowRescheduleException as e:
            logger.info("Rescheduling task, marking task as UP_FOR_RESCHEDULE")
            return {"state": "up_for_reschedule", "reschedule_at": text(e.reschedule_date)}

    def _prepare(self) -> None:
        ti, context = self.ti, self.context
        dag = ti.task.dag
        if ti.is_mapped:
            ti.task = self._unmap()
        policies.mutate(ti)
        ti.task = self.process.task = context["task"] = ti.task.prepare_for_execution()
        env = jinja.environment_of(dag)
        ti.task.finish_template_fields()
        ti.task.render_template_fields(context, env)
        if "templates_dict" in context:
            context["templates_dict"] = getattr(ti.task, "templates_dict", None)
        if ti.task.template_fields:
            from tradewind.execution import rendered

            comms.notify("rendered", fields=rendered.fields_of(ti.task))
        self._label(quiet=True, tell=True)
        listeners.tell("on_task_instance_running", previous_state=TaskInstanceState.QUEUED, task_instance=ti)
        os.environ.update(context_to_airflow_vars(context, in_env_var_format=True))

    def _unmap(self) -> Any:
        """The operator of this instance, with its items of the mapped arguments; params may be one of them."""
        from tradewind.params import process_params

        told = (self.ti.workload.get("expand") or {}).get("args") or {}
        indexes = {name: item["index"] if isinstance(item, dict) else item for name, item in told.items()}
        task = self.ti.task.unmap(self.context, indexes=indexes or None)
        params = process_params(task.dag, task, self.context["dag_run"].conf, suppress_exception=False)
        self.context.update(inlets=task.inlets, outlets=task.outlets, params=params)
        return task

    def _label(self, quiet: bool = False, tell: bool = False) -> None:
        """Render map_index_template: the name of this instance among its siblings."""
        template = self.context.get("map_index_template")
        if template is None:
            return
        try:
            env = jinja.environment_of(self.task.dag)
            label = str(env.from_string(template).render(self.context))
        except Exception:
            if not quiet:
                raise
            return
        if label and tell:
            comms.notify("map_index_label", label=label)
        self.ti.rendered_map_index = label or self.ti.rendered_map_index

    def _execute(self) -> Any:
        task, context = self.task, self.context
        entry = self._entry()

        def execute(context: Any) -> Any:
            result = entry(context)
            return self._exhaust(result) if _yields(task, result) else result

        self._check_assets()
        task.pre_execute(context)
        callbacks.run(task, "on_execute_callback", context)
        self.process.running()
        limit = task.execution_timeout
        if limit is None:
            result = execute(context)
        else:
            from tradewind.execution.timeout import timeout

            try:
                with timeout(limit.total_seconds()):
                    result = execute(context)
            except AirflowTaskTimeout:
                task.on_kill()
                raise
        task.post_execute(context, result)
        return result

    def _check_assets(self) -> None:
        inactive = self.ti.workload.get("inactive_assets")
        if inactive:
            from tradewind.assets import AssetUniqueKey
            from tradewind.exceptions import AirflowInactiveAssetInInletOrOutletException

            keys = [AssetUniqueKey(a["name"], a["uri"]) for a in inactive]
            raise AirflowInactiveAssetInInletOrOutletException(keys)

    def _exhaust(self, generator: Any) -> Any:
        """A function that yields tells of its outlets so; what it returns at last is the result."""
        while True:
            try:
                item = next(generator)
            except StopIteration as end:
                return end.value
            if type(item).__name__ != "Metadata" or not hasattr(item, "asset"):
                logger.warning("Ignoring unknown data of %r received from task", type(item))
                continue
            events = self.context["outlet_events"]
            events[item.asset].extra.update(item.extra or {})
            if getattr(item, "alias", None):
                events[item.alias].add(item.asset, extra=item.extra)

    def _entry(self) -> Any:
        task, ti = self.task, self.ti
        if not ti.next_method:
            if getattr(task, "start_from_trigger", False) and task.start_trigger_args is not None:
                return lambda context: _start_from_trigger(task)
            return lambda context: task.execute(context)
        from tradewind.execution.encode import decode

        kwargs = decode(ti.next_kwargs or {})
        if isinstance(kwargs.get("traceback"), str):  # of a trigger that failed
            kwargs["traceback"] = kwargs["traceback"].splitlines()
        method = ti.next_method
        if method == "__end__":
            return lambda context: self._end_as_told(kwargs)
        return lambda context: task.resume_execution(method, kwargs, context)

    def _end_as_told(self, told: dict[str, Any]) -> None:
        """A trigger has ended the task; here it ends so that callbacks, mail and assets hear of it."""
        from tradewind import exceptions
        from tradewind.sensors import external_task

        state, reason = told.get("state"), told.get("reason") or ""
        self.xcoms += told.get("xcoms") or []
        if state == "success":
            return
        if state == "skipped":
            raise AirflowSkipException(reason)
        name = told.get("exception") or ""
        kind = getattr(exceptions, name, None) or getattr(external_task, name, None)
        if not (isinstance(kind, type) and issubclass(kind, BaseException)):
            kind = exceptions.AirflowFailException if state == "failed_final" else exceptions.AirflowException
        raise kind(reason)

    # -- XComs -------------------------------------------------------------------------------------

    def _push_result(self, result: Any) -> None:
        """The return value, and with multiple_outputs each of its keys; they travel with the report."""
        task, ti = self.task, self.ti
        value = result if task.do_xcom_push else None
        maps = not ti.is_mapped and _is_mapped_over(ti)
        if value is None:
            if maps:
                raise XComForMappingNotPushed()
            return
        length = None
        if maps:
            if not _is_mappable(value):
                raise UnmappableXComTypePushed(value)
            length = len(value)
            most = conf.getint("core", "max_map_length")
            if length > most:
                raise UnmappableXComLengthPushed(value, most)
        if task.multiple_outputs:
            if not isinstance(value, Mapping):
                raise TypeError(
                    f"Returned output was type {type(value)} expected dictionary for multiple_outputs"
                )
            for key in value:
                if not isinstance(key, str):
                    raise TypeError(
                        "Returned dictionary keys must be strings when using "
                        f"multiple_outputs, found {key} ({type(key)}) instead"
                    )
            for key, item in value.items():
                self.keep_xcom(key, item)
        self.keep_xcom(xcom.XCOM_RETURN_KEY, value, length)

    def keep_xcom(self, key: str, value: Any, mapped_length: int | None = None) -> None:
        ti = self.ti
        stored = xcom.backend().pack(
            key, value, dag_id=ti.dag_id, task_id=ti.task_id, run_id=ti.run_id, map_index=ti.map_index
        )
        entry = {"key": key, "value": stored}
        if mapped_length is not None:
            entry["mapped_length"] = mapped_length
        self.xcoms.append(entry)

    def _keep_links(self) -> None:
        for name, link in links_of(self.task).items():
            try:
                self.keep_xcom(key_of(link), link.get_link(self.task, ti_key=self.ti))
            except Exception:
                logger.exception("Failed to make the operator's extra link %s", name)

    # -- ends --------------------------------------------------------------------------------------

    def success(self, skip: dict[str, Any] | None = None) -> dict[str, Any]:
        self._keep_links()
        finished: dict[str, Any] = {"state": "success"}
        if self.xcoms:
            finished["xcoms"] = self.xcoms
            length = self.xcoms[-1].get("mapped_length")
            if length is not None:
                finished["mapped_length"] = length
        if skip is not None:
            finished["skip"] = skip
        events = self.context["outlet_events"].events(self.task.outlets)
        if events:
            finished["outlet_events"] = self.outlet_events = events
        return finished

    def failed(self, error: BaseException) -> dict[str, Any]:
        self.error = error
        if isinstance(error, SystemExit):
            logger.error("Task exited with status %s", error.code)
            reason = f"SystemExit: {error.code}"
        else:
            logger.error("Task failed with exception", exc_info=error)
            reason = f"{type(error).__name__}: {error}"
        final = isinstance(error, (AirflowFailException, AirflowSensorTimeout))
        finished: dict[str, Any] = {"state": "failed_final" if final else "failed", "reason": reason[:2000]}
        if not final:
            self._ask_policy(error, finished)
        return finished

    def _ask_policy(self, error: BaseException, finished: dict[str, Any]) -> None:
        """A retry_policy may say no, or when."""
        policy = getattr(self.task, "retry_policy", None)
        if policy is None or isinstance(error, AirflowTaskTerminated):
            return
        try:
            decision = policy.evaluate(
                exception=error,
                try_number=self.ti.try_number,
                max_tries=self.ti.max_tries,
                context=self.context,
            )
        except Exception:
            logger.exception("Retry policy evaluation failed, falling back to default behaviour")
            return
        if decision is None:
            return
        action = str(getattr(decision.action, "value", decision.action)).lower()
        if action == "fail":
            finished["state"] = "failed_final"
        elif action == "retry" and decision.retry_delay is not None:
            finished["retry_delay"] = decision.retry_delay.total_seconds()
        if getattr(decision, "reason", None):
            finished["retry_reason"] = str(decision.reason)[:500]

    def deferred(self, defer: TaskDeferred) -> dict[str, Any]:
        from tradewind.execution.encode import encode

        classpath, kwargs = defer.trigger.serialize()
        logger.info("Pausing task as DEFERRED.")
        told = {"classpath": classpath, "kwargs": encode(kwargs), **self._resumption(defer)}
        queue = self._trigger_queue(defer.trigger)
        if queue:
            told["queue"] = queue
        limit = self.task.execution_timeout
        if limit is not None and (self.ti.workload.get("dag") or {}).get("compat") == 2:
            # 2.x: the time a task may take counts while it is deferred, too
            passed = (_now() - self.ti.start_date).total_seconds() if self.ti.start_date else 0.0
            left = max(limit.total_seconds() - passed, 0.0)
            told["timeout"] = left if told["timeout"] is None else min(told["timeout"], left)
        return {"state": "deferred", "defer": told}

    def _trigger_queue(self, trigger: Any) -> str | None:
        from tradewind.conf import conf

        if not conf.getboolean("triggerer", "queues_enabled", fallback=False):
            return None
        return self.task.queue if getattr(trigger, "supports_triggerer_queue", True) else None

    @staticmethod
    def _resumption(pause: Any) -> dict[str, Any]:
        """How the task goes on: the same for a trigger and for a person."""
        from tradewind.execution.encode import encode

        timeout = pause.timeout
        if isinstance(timeout, datetime.timedelta):
            timeout = timeout.total_seconds()
        kwargs = encode(pause.kwargs or {})
        return {"next_method": pause.method_name, "next_kwargs": kwargs, "timeout": timeout}

    # -- after the report --------------------------------------------------------------------------

    def _kind(self) -> str | None:
        if self.state == "failed":
            return "on_retry_callback" if self.retrying else "on_failure_callback"
        return {
            "success": "on_success_callback",
            "skipped": "on_skipped_callback",
            "failed_final": "on_failure_callback",
        }.get(self.state)

    def _wants_mail(self) -> bool:
        if self.state not in ("failed", "failed_final") or not self.task.email:
            return False
        return bool(self.task.email_on_retry if self.retrying else self.task.email_on_failure)

    def _decided_elsewhere(self) -> bool:
        """It was told to end since a person marked or cleared it, or its run ended: that is no failure to call about."""
        ti = self.ti
        try:
            found = comms.request(
                "task_states",
                dag_id=ti.dag_id,
                run_ids=[ti.run_id],
                task_ids=[ti.task_id],
                map_index=ti.map_index if ti.map_index >= 0 else None,
            )
        except Exception:
            return False
        key = ti.task_id if ti.map_index < 0 else f"{ti.task_id}_{ti.map_index}"
        state = ((found or {}).get(ti.run_id) or {}).get(key, "running")
        return state not in ("running", "failed")

    def _has_more_to_do(self) -> bool:
        if self.silent:
            return False
        kind = self._kind()
        called = kind is not None and (getattr(self.task, kind, None) or listeners.any_at_all())
        return bool(called) or self._wants_mail() or self._rewrites_fields()

    def _rewrites_fields(self) -> bool:
        return bool(getattr(self.task, "overwrite_rtif_after_execution", False) and self.task.template_fields)

    def after(self) -> None:
        """Callbacks, mail, fields that the operator changed as it ran."""
        if not self._has_more_to_do():
            return
        state = {"failed_final": "failed"}.get(self.state, self.state)
        self.ti.state = TaskInstanceState("up_for_retry" if self.retrying else state)
        context = self.context or {
            "task": self.task,
            "ti": self.ti,
            "task_instance": self.ti,
            "dag": self.task.dag,
        }
        context["exception"] = self.error
        if self._rewrites_fields():
            from tradewind.execution import rendered

            comms.notify("rendered", fields=rendered.fields_of(self.task))
        kind = self._kind()
        with contexts.set_current_context(context):
            if kind is not None:
                callbacks.run(self.task, kind, context)
                self._tell_listeners(state)
            if self._wants_mail():
                from tradewind import mail

                mail.send_failure(self.task, self.ti, context, self.error)

    def _tell_listeners(self, state: str) -> None:
        about: dict[str, Any] = {"previous_state": TaskInstanceState.RUNNING, "task_instance": self.ti}
        if state == "failed":
            about["error"] = self.error
        listeners.tell(f"on_task_instance_{state}", **about)
        for event in self.outlet_events:
            listeners.tell_asset(event, self.ti)


def _start_from_trigger(task: Any) -> None:
    """What the scheduler does for plain tasks: a mapped one, or one with templates, has to be asked."""
    arguments = task.start_trigger_args
    kwargs = dict(arguments.trigger_kwargs or {})
    kwargs.update(getattr(task, "trigger_kwargs", None) or {})
    for name in kwargs:
        if name in task.template_fields:
            kwargs[name] = getattr(task, name)
    raise TaskDeferred(
        trigger=_Arguments(arguments.trigger_cls, kwargs),
        method_name=arguments.next_method,
        kwargs=arguments.next_kwargs,
        timeout=arguments.timeout,
    )


class _Arguments:
    """A trigger that is made in the triggerer only."""

    def __init__(self, classpath: str, kwargs: dict[str, Any]) -> None:
        self.classpath = classpath
        self.kwargs = kwargs

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return self.classpath, self.kwargs


def _now() -> Any:
    import pendulum

    return pendulum.now("UTC")


def _is_mapped_over(ti: RuntimeTaskInstance) -> bool:
    """Does a downstream task map over what this one returns?"""
    return ti.task_id in sources_of_mappings(ti.task.dag)


def sources_of_mappings(dag: Any) -> frozenset[str]:
    """The tasks whose return values others map over."""
    known = dag.__dict__.get("_tw_mapped_over")
    if known is None:
        inputs = [task.expand_input for task in dag.tasks if getattr(task, "is_mapped", False)]
        inputs += [g.expand_input for g in dag.task_group_dict.values() if getattr(g, "expand_input", None)]
        known = frozenset(
            operator.task_id
            for expand_input in inputs
            for operator, key in expand_input.iter_sources()
            if key == xcom.XCOM_RETURN_KEY
        )
        dag.__dict__["_tw_mapped_over"] = known
    return known


def _is_mappable(value: Any) -> bool:
    return isinstance(value, (Mapping, list, tuple)) or getattr(
        type(value), "_tradewind_lazy_sequence", False
    )


def _task_list(tasks: Any) -> list[Any]:
    """Task ids, or [task_id, map_index], whatever the raiser gave."""
    found: list[Any] = []
    for task in tasks:
        if isinstance(task, (list, tuple)):
            found.append([getattr(task[0], "task_id", task[0]), task[1]])
        else:
            found.append(getattr(task, "task_id", task))
    return found


def _yields(task: Any, result: Any) -> bool:
    """Is it the generator of a function with `yield`, and not one that a function returned as its value?"""
    if not inspect.isgenerator(result):
        return False
    functions = [getattr(task, "python_callable", None), type(task).execute]
    return any(
        getattr(inspect.unwrap(f), "__code__", None) is result.gi_code for f in functions if callable(f)
    )
