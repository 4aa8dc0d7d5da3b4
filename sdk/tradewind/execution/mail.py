"""Mail about a failed attempt, to the addresses in the task's `email`."""

from __future__ import annotations

import html
import logging
import os
from typing import Any

logger = logging.getLogger("task")

_SUBJECT = "Airflow alert: {{ti}}"
_BODY = (
    "Try {{try_number}} out of {{max_tries + 1}}<br>"
    "Exception:<br>{{exception_html}}<br>"
    'Log: <a href="{{ti.log_url}}">Link</a><br>'
    "Host: {{ti.hostname}}<br>"
    'Mark success: <a href="{{ti.mark_success_url}}">Link</a><br>'
)


def send_failure(task: Any, ti: Any, context: dict[str, Any], error: Any) -> None:
    """What goes wrong here is logged; the attempt has ended already."""
    from tradewind.mail import send_email

    try:
        subject, body = _texts(task, ti, context, error)
        send_email(task.email, subject, body)
    except Exception:
        logger.exception("Failed to send email notification")


def _texts(task: Any, ti: Any, context: dict[str, Any], error: Any) -> tuple[str, str]:
    from tradewind.templater import make_environment

    env = make_environment()
    values = {
        **context,
        "ti": ti,
        "exception": error,
        "exception_html": html.escape(str(error)).replace("\n", "<br>"),
        "try_number": ti.try_number,
        "max_tries": ti.max_tries,
    }
    subject = env.from_string(_template("subject_template", _SUBJECT)).render(values)
    return subject, env.from_string(_template("html_content_template", _BODY)).render(values)


def _template(key: str, default: str) -> str:
    from tradewind.conf import conf

    path = conf.get("email", key, fallback=None)
    if path and os.path.exists(path):
        with open(path, encoding="utf-8") as f:
            return f.read()
    return default
