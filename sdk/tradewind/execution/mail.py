"""Mail about a failed attempt, to the addresses in the task's `email`."""

from __future__ import annotations

import html
import logging
import os
import re
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import formatdate
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
_DEFAULT_BACKENDS = ("airflow.utils.email.send_email_smtp", "tradewind.execution.mail.send_smtp", "")


def send_failure(task: Any, ti: Any, context: dict[str, Any], error: Any) -> None:
    """What goes wrong here is logged; the attempt has ended already."""
    try:
        subject, body = _texts(task, ti, context, error)
        send(addresses(task.email), subject, body)
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


def addresses(value: Any) -> list[str]:
    """One address, several in a text separated by comma or semicolon, or a list of such."""
    if not value:
        return []
    if isinstance(value, str):
        return [a for a in re.split(r"\s*[,;]\s*", value.strip()) if a]
    return [a for item in value for a in addresses(item)]


def send(to: Any, subject: str, html_content: str, **kwargs: Any) -> None:
    """Through `[email] email_backend`, by default SMTP."""
    from tradewind.conf import conf

    backend = conf.get("email", "email_backend", fallback="") or ""
    if backend in _DEFAULT_BACKENDS:
        send_smtp(to, subject, html_content, **kwargs)
        return
    from tradewind.module_loading import import_string

    conn_id = conf.get("email", "email_conn_id", fallback=None)
    import_string(backend)(to, subject, html_content, conn_id=conn_id, **kwargs)


def send_smtp(
    to: Any,
    subject: str,
    html_content: str,
    files: list[str] | None = None,
    dryrun: bool = False,
    cc: Any = None,
    bcc: Any = None,
    mime_subtype: str = "mixed",
    mime_charset: str = "utf-8",
    conn_id: str = "smtp_default",
    from_email: str | None = None,
    custom_headers: dict[str, Any] | None = None,
    **_: Any,
) -> None:
    from tradewind.conf import conf

    sender = from_email or conf.get("smtp", "smtp_mail_from", fallback="airflow@example.com")
    receivers = addresses(to)
    message = MIMEMultipart(mime_subtype)
    message["Subject"] = " ".join(subject.split("\n"))
    message["From"] = sender
    message["To"] = ", ".join(receivers)
    message["Date"] = formatdate(localtime=True)
    if cc:
        message["CC"] = ", ".join(addresses(cc))
    for name, value in (custom_headers or {}).items():
        message[name] = value
    message.attach(MIMEText(html_content, "html", mime_charset))
    for path in files or []:
        from email.mime.application import MIMEApplication

        with open(path, "rb") as f:
            part = MIMEApplication(f.read(), Name=os.path.basename(path))
        part["Content-Disposition"] = f'attachment; filename="{os.path.basename(path)}"'
        message.attach(part)
    if not dryrun:
        _deliver(sender, receivers + addresses(cc) + addresses(bcc), message, conn_id)


def _deliver(sender: str, receivers: list[str], message: MIMEMultipart, conn_id: str) -> None:
    import smtplib

    from tradewind import secrets_backends
    from tradewind.conf import conf

    host = conf.get("smtp", "smtp_host", fallback="localhost") or "localhost"
    port = conf.getint("smtp", "smtp_port", fallback=25)
    user = conf.get("smtp", "smtp_user", fallback=None) or None
    password = conf.get("smtp", "smtp_password", fallback=None) or None
    starttls = conf.getboolean("smtp", "smtp_starttls", fallback=True)
    use_ssl = conf.getboolean("smtp", "smtp_ssl", fallback=False)
    limit = conf.getfloat("smtp", "smtp_timeout", fallback=30)
    tries = conf.getint("smtp", "smtp_retry_limit", fallback=5)
    conn = secrets_backends.get_connection(conn_id) if conn_id and user is None else None
    if conn is not None:
        host, port = conn.host or host, conn.port or port
        user, password = conn.login or user, conn.password or password
    connect = smtplib.SMTP_SSL if use_ssl else smtplib.SMTP
    for attempt in range(1, tries + 1):
        try:
            server = connect(host=host, port=port, timeout=limit)
        except smtplib.SMTPServerDisconnected:
            if attempt == tries:
                raise
            continue
        with server:
            if starttls and not use_ssl:
                server.starttls()
            if user and password:
                server.login(user, password)
            logger.info("Sent an alert email to %s", receivers)
            server.sendmail(sender, receivers, message.as_string())
        return
