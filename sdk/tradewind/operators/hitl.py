"""Operators that ask a person."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from tradewind.exceptions import AirflowException, TaskAwaitingInput
from tradewind.operator import BaseOperator
from tradewind.skip import SkipMixin


class HITLTriggerEventError(Exception):
    """The wait for an answer failed."""


class HITLTimeoutError(HITLTriggerEventError):
    """Nobody answered in time."""


class HITLRejectException(AirflowException):
    """The answer was no."""


class HITLOperator(BaseOperator):
    """Shows a subject with options and params, and waits for somebody's answer."""

    template_fields: Collection[str] = ("subject", "body")
    _airflow_module = "airflow.providers.standard.operators.hitl"

    def __init__(
        self,
        *,
        subject: str,
        options: list[str],
        body: str | None = None,
        defaults: str | list[str] | None = None,
        multiple: bool = False,
        params: Any = None,
        notifiers: Any = None,
        assigned_users: Any = None,
        respondents: Any = None,
        response_timeout: Any = None,
        **kwargs: Any,
    ):
        if response_timeout is not None:
            kwargs.setdefault("execution_timeout", None)
        super().__init__(**kwargs)
        from tradewind.params import ParamsDict

        self.subject = subject
        self.body = body
        self.options = options
        self.defaults = [defaults] if isinstance(defaults, str) else defaults
        self.multiple = multiple
        self.response_timeout = response_timeout
        self.params = params if isinstance(params, ParamsDict) else ParamsDict(params or {})
        if not isinstance(notifiers, (list, tuple, type(None))):
            notifiers = [notifiers]
        self.notifiers = list(notifiers or [])
        users = assigned_users if assigned_users is not None else respondents
        if users is not None and not isinstance(users, (list, tuple)):
            users = [users]
        self.assigned_users = list(users) if users is not None else None
        self.validate_options()
        self.validate_params()
        self.validate_defaults()

    def validate_options(self) -> None:
        if not self.options:
            raise ValueError('"options" cannot be empty.')
        if any("," in option for option in self.options if isinstance(option, str)):
            raise ValueError('"," is not allowed in option')

    def validate_params(self) -> None:
        if "_options" in self.params:
            raise ValueError('"_options" is not allowed in params')

    def validate_defaults(self) -> None:
        if self.defaults is None:
            return
        unknown = [d for d in self.defaults if d not in self.options]
        if unknown:
            raise ValueError(f'defaults "{self.defaults}" should be a subset of options "{self.options}"')
        if not self.multiple and len(self.defaults) > 1:
            raise ValueError('More than one defaults given when "multiple" is set to False.')

    def execute(self, context: Any) -> Any:
        from tradewind.comms import request

        request(
            "hitl_ask",
            subject=self.subject,
            body=self.body,
            options=list(self.options),
            defaults=self.defaults,
            multiple=self.multiple,
            params={name: param.serialize() for name, param in self.params.raw_items()},
            assigned_users=[
                dict(u) if isinstance(u, Mapping) else {"id": u, "name": u} for u in self.assigned_users
            ]
            if self.assigned_users
            else None,
        )
        for notifier in self.notifiers:
            notifier(context)
        raise TaskAwaitingInput(method_name="execute_complete", timeout=self.response_timeout)

    def execute_complete(self, context: Any, event: Mapping[str, Any]) -> Any:
        if event.get("error"):
            self.process_trigger_event_error(event)
        chosen, values = event.get("chosen_options") or [], event.get("params_input") or {}
        self.validate_chosen_options(chosen)
        self.validate_params_input(values)
        return {
            "chosen_options": list(chosen),
            "params_input": dict(values),
            "responded_at": event.get("responded_at"),
            "responded_by_user": event.get("responded_by_user"),
        }

    def process_trigger_event_error(self, event: Mapping[str, Any]) -> None:
        kind = HITLTimeoutError if event.get("error_type") == "timeout" else HITLTriggerEventError
        raise kind(event)

    def validate_chosen_options(self, chosen_options: list[str]) -> None:
        wrong = set(chosen_options) - set(self.options)
        if wrong:
            raise ValueError(f"Responses {wrong} not in {self.options}")

    def validate_params_input(self, params_input: Mapping[str, Any]) -> None:
        """All params were answered and no others, and each value holds its schema."""
        names = {name for name, _ in self.params.raw_items()}
        if names and params_input and names ^ set(params_input):
            raise ValueError(f"params_input {params_input} does not match params {self.params}")
        for name, value in params_input.items():
            self.params[name] = value

    # -- where a person answers --------------------------------------------------------------------

    def generate_link_to_ui(
        self,
        *,
        task_instance: Any,
        base_url: str | None = None,
        options: str | list[str] | None = None,
        params_input: dict[str, Any] | None = None,
    ) -> str:
        """The page of a task instance's question, with an answer filled in if one is given."""
        from urllib.parse import urlencode, urlsplit, urlunsplit

        from tradewind.conf import conf

        options = [options] if isinstance(options, str) else options
        query: dict[str, Any] = {}
        if options:
            if wrong := set(options) - set(self.options):
                raise ValueError(f"options {wrong} are not valid options")
            query["_options"] = options
        if params_input:
            if unknown := set(params_input) - {name for name, _ in self.params.raw_items()}:
                raise ValueError(f"params {unknown} are not valid params")
            query.update(params_input)
        base = base_url or conf.get("api", "base_url", fallback=None)
        if not base:
            raise ValueError("Not able to retrieve base_url")
        query["map_index"] = task_instance.map_index
        ti, parts = task_instance, urlsplit(base)
        path = f"/dags/{ti.dag_id}/runs/{ti.run_id}/tasks/{ti.task_id}/required_actions"
        return urlunsplit((parts.scheme, parts.netloc, path, urlencode(query), ""))

    @staticmethod
    def generate_link_to_ui_from_context(
        *,
        context: Any,
        base_url: str | None = None,
        options: list[str] | None = None,
        params_input: dict[str, Any] | None = None,
    ) -> str:
        task = context["task"]
        if not isinstance(task, HITLOperator):
            raise ValueError("This method only supports HITLOperator")
        return task.generate_link_to_ui(
            task_instance=context["task_instance"],
            base_url=base_url,
            options=options,
            params_input=params_input,
        )


class ApprovalOperator(HITLOperator, SkipMixin):
    """Approve or reject: rejection skips what comes after, or fails."""

    _airflow_module = "airflow.providers.standard.operators.hitl"

    inherits_from_skipmixin = True
    FIXED_ARGS = ["options", "multiple"]
    APPROVE = "Approve"
    REJECT = "Reject"

    def __init__(
        self, *, ignore_downstream_trigger_rules: bool = False, fail_on_reject: bool = False, **kwargs: Any
    ):
        for name in self.FIXED_ARGS:
            if name in kwargs:
                raise ValueError(f"Passing {name} to ApprovalOperator is not allowed.")
        self.ignore_downstream_trigger_rules = ignore_downstream_trigger_rules
        self.fail_on_reject = fail_on_reject
        super().__init__(options=[self.APPROVE, self.REJECT], multiple=False, **kwargs)

    def execute_complete(self, context: Any, event: Mapping[str, Any]) -> Any:
        answer = super().execute_complete(context, event)
        if answer["chosen_options"] and answer["chosen_options"][0] == self.APPROVE:
            return answer
        if self.fail_on_reject:
            raise HITLRejectException('Receive "Reject"')
        return self.short_circuit(context, answer, self.ignore_downstream_trigger_rules)


class HITLBranchOperator(HITLOperator, SkipMixin):
    """The answer names the task to follow."""

    _airflow_module = "airflow.providers.standard.operators.hitl"

    inherits_from_skipmixin = True

    def __init__(self, *, options_mapping: dict[str, str] | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.options_mapping = options_mapping or {}
        unknown = [k for k in self.options_mapping if k not in self.options]
        if unknown:
            raise ValueError(f"options_mapping contains keys that are not in options: {unknown}")

    def execute_complete(self, context: Any, event: Mapping[str, Any]) -> Any:
        answer = super().execute_complete(context, event)
        follow = [self.options_mapping.get(option, option) for option in answer["chosen_options"]]
        self.skip_all_except(context["ti"], follow)
        return answer


class HITLEntryOperator(HITLOperator):
    """Asks for values only."""

    _airflow_module = "airflow.providers.standard.operators.hitl"

    OK = "OK"

    def __init__(self, **kwargs: Any):
        if "options" not in kwargs:
            kwargs["options"] = [self.OK]
            kwargs.setdefault("defaults", [self.OK])
        super().__init__(**kwargs)


HITLUser = dict
